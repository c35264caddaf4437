"""Projections beside the patches that caused them: whose they are, where they are cropped, how they are drawn."""

import numpy as np
import pytest
from nets import DATA, squeezenet
from PIL import Image

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor


def photographs(count=12, size=(20, 18), seed=0):
    return np.random.default_rng(seed).random((count, 3, *size))


def net():
    rng = np.random.default_rng(4)
    return nn.Sequential(
        conv1=nn.Conv2d(3, 6, 3, padding=1, rng=rng, dtype=np.float64), relu1=nn.ReLU(),
        conv2=nn.Conv2d(6, 5, 3, rng=rng, dtype=np.float64), relu2=nn.ReLU(), pool=nn.MaxPool2d(3, 2),
        conv3=nn.Conv2d(5, 4, 3, padding=1, rng=rng, dtype=np.float64), relu3=nn.ReLU(),
        flat=nn.Flatten(), fc=nn.Linear(4 * 8 * 7, 3, rng=rng, dtype=np.float64),
    )  # fmt: skip


def each(figure):
    """(channel's row, place, projection crop, patch crop, field) of what a figure shows, crops out of their frames."""
    for row, fields in enumerate(figure.data["fields"]):
        for n, numbers in enumerate(fields):
            yield row, n, vis.ReceptiveField(*map(int, numbers))


def cut(picture, field, size):
    """What of a framed crop is inside the image."""
    box, frame = field.clipped(*size), picture.shape[1:]
    height, width = min(field.height, frame[0]), min(field.width, frame[1])
    top, left = (frame[0] - height) // 2, (frame[1] - width) // 2
    top = min(top + max(-field.top, 0), top + height - box.height)
    left = min(left + max(-field.left, 0), left + width - box.width)
    inside = np.zeros(frame, bool)
    inside[top : top + box.height, left : left + box.width] = True
    assert not picture[:, ~inside].any()
    return picture[:, top : top + box.height, left : left + box.width]


def shows(figure, cell):
    """Whether the picture has this picture in it, pixel by pixel."""
    whole, part = np.asarray(figure.picture), np.asarray(cell.convert("RGB"))
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)[:, :, 0]
    rows, columns = np.nonzero((windows[..., 0, 0, :] == part[0, 0]).all(axis=-1))
    return any((windows[i, j] == part).all() for i, j in zip(rows, columns, strict=True))


def pale(figure, above):
    """How many pixels are pale, of the rows above the caption, whose ink has greys of its own."""
    return (np.asarray(figure.picture)[:above] == 0xE8).all(axis=-1).sum()


# ── whose projections, and where they are cropped ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("layer", ["conv1", "relu2", "pool", "relu3", "fc"])
def test_projections_and_patches_are_those_of_the_strongest_units_cropped_by_their_fields(layer, inside):
    model, x = net(), photographs()
    top = vis.top_activations(model, x, layer, k=4, inside=inside)
    figure = vis.patches(model, x, layer, channels=[2, 0], k=4, inside=inside)
    for key, found in (("activations", top.values), ("images", top.images), ("positions", top.positions)):
        np.testing.assert_array_equal(figure.data[key], found[[2, 0]])
    assert inside or figure.data["projections"].any()
    for row, n, field in each(figure):
        image = x[[figure.data["images"][row, n]]]
        unit = {"channel": [2, 0][row], "position": tuple(figure.data["positions"][row, n].tolist())}
        assert field == vis.receptive_field(model, image, layer, **unit)
        whole = vis.project(model, image, layer, **unit)[0]
        np.testing.assert_allclose(cut(figure.data["projections"][row, n], field, (20, 18)), field.crop(whole))
        np.testing.assert_array_equal(cut(figure.data["patches"][row, n], field, (20, 18)), field.crop(image[0]))


@pytest.mark.parametrize("layer", ["relu2", "relu3"])
def test_what_other_channels_of_the_layer_do_changes_nothing(layer):
    model, x = net(), photographs()
    before = vis.patches(model, x, layer, channels=[1], k=4, inside=False)
    conv = model[layer.replace("relu", "conv")]
    others = np.arange(len(conv.bias.numpy())) != 1
    conv.weight.data[others] *= -1.7
    conv.bias.data[others] += 3.0
    after = vis.patches(model, x, layer, channels=[1], k=4, inside=False)
    assert before.data["projections"].any()
    for key, array in before.data.items():
        np.testing.assert_allclose(after.data[key], array, rtol=1e-12, atol=1e-14, err_msg=key)
    np.testing.assert_array_equal(np.asarray(after.picture), np.asarray(before.picture))


def test_other_positions_of_the_same_channel_do_not_leak_either():
    x = np.zeros((1, 3, 9, 9))
    x[0, :, 2, 2], x[0, :, 6, 6] = 1.0, 0.9
    figure = vis.patches(lambda t: (t * 2.0).named("twice"), x, "twice", channels=[1], k=1)
    np.testing.assert_array_equal(figure.data["fields"], [[[2, 2, 3, 3]]])
    np.testing.assert_array_equal(figure.data["projections"][0, 0, :, 0, 0], [0, 4, 0])


def test_channels_that_see_less_are_cropped_closer():
    rng = np.random.default_rng(0)
    narrow, wide = rng.standard_normal((2, 3, 1, 1)), rng.standard_normal((2, 3, 5, 5))

    def model(x):
        return ag.concatenate([ag.conv2d(x, narrow), ag.conv2d(x, wide, padding=2)], axis=1).named("both")

    figure = vis.patches(model, photographs(), "both", channels=[1, 2], k=3)
    sizes = figure.data["fields"][..., 2:] - figure.data["fields"][..., :2]
    np.testing.assert_array_equal(sizes, [[[1, 1]] * 3, [[5, 5]] * 3])
    # drawn in the middle, on white: pale is what is beyond the image's border
    x = photographs() * 0.9
    figure = vis.patches(model, x, "both", channels=[1, 2], k=6, side=5, inside=False)
    assert figure.data["patches"].shape == (2, 6, 3, 5, 5)
    for n in range(6):
        cell = Image.new("RGB", (5, 5), "white")
        cell.paste(vis.to_image(figure.data["patches"][0, n, :, 2:3, 2:3], display="clip"), (2, 2))
        assert shows(figure, cell)
    inside = [vis.ReceptiveField(*box.tolist()).crop(x[0, 0]).size for box in figure.data["fields"][1]]
    assert pale(figure, 28) == 2 * (6 * 25 - sum(inside)) > 0


# ── conventions ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "options",
    [{"rules": vis.GRADIENT}, {"rules": vis.GUIDED}, {"rules": vis.LINEAR}, {"start": 2.5}, {"overlap": "overwrite"},
     {"overlap": "max"}, {"bias": "subtracted"}],
    ids=lambda options: "-".join(map(str, options)) + str(sum(map(len, map(str, options.values())))),
)  # fmt: skip
def test_every_convention_is_passed_on(options):
    model, x = net(), photographs()
    model["conv1"].bias.data[:] = model["conv2"].bias.data[:] = 0.1
    usual = vis.patches(model, x, "relu3", channels=[0, 1, 2], k=3, inside=False)
    figure = vis.patches(model, x, "relu3", channels=[0, 1, 2], k=3, inside=False, **options)
    np.testing.assert_array_equal(figure.data["images"], usual.data["images"])
    assert np.abs(figure.data["projections"] - usual.data["projections"]).max() > 1e-6
    assert figure.caption != usual.caption
    for row, n, field in each(figure):
        image = x[[figure.data["images"][row, n]]]
        position = tuple(figure.data["positions"][row, n].tolist())
        whole = vis.project(model, image, "relu3", channel=row, position=position, **options)[0]
        np.testing.assert_allclose(cut(figure.data["projections"][row, n], field, (20, 18)), field.crop(whole))


def test_a_unit_that_is_off_projects_nothing_after_its_relu_and_something_before_it():
    model, x = net(), photographs()
    model["conv2"].bias.data[1] = -100.0
    assert not vis.patches(model, x, "conv2", channels=[1], k=2).data["projections"].any()
    assert vis.patches(model, x, "conv2", channels=[1], k=2, after_relu=False).data["projections"].any()


# ── the picture ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scale", ["figure", "channel", "picture"])
@pytest.mark.parametrize("display", ["symmetric", "percentile", "minmax", "clip"])
def test_signals_are_drawn_to_one_scale_which_is_declared_or_to_none(display, scale):
    model, x = net(), photographs() * 4 - 1
    model["conv1"].weight.data[1] *= 0.01  # a weak channel stays weak beside the others
    figure = vis.patches(model, x, "relu1", channels=[0, 1], k=2, display=display, scale=scale, side=12)
    signals, seen, found = figure.data["projections"], x[figure.data["images"]], 0
    for row, n, field in each(figure):
        of, photographs_of = {
            "figure": (signals, seen), "channel": (signals[row], seen[row]),
            "picture": (signals[row, n], seen[row, n]),
        }[scale]  # fmt: skip
        white = np.percentile(np.abs(of[of != 0]), 99 if display == "percentile" else 100)
        options = {"scale": white} if display in ("symmetric", "percentile") else {}
        options |= {"limits": (photographs_of.min(), photographs_of.max())} if display == "clip" else {}
        if field == field.clipped(20, 18):
            found += 1
            assert shows(figure, vis.to_image(signals[row, n], display=display, zoom=4, **options))
            assert shows(figure, vis.to_image(figure.data["patches"][row, n], display="clip", zoom=4))
    assert found
    assert (figure.scale is None) == (scale != "figure" or display in ("minmax", "clip"))
    if figure.scale is not None:
        assert figure.scale == pytest.approx(white)
        assert f"±{white:.3g}" in figure.caption
    assert ("the number below" in figure.caption) == (scale == "channel" and display in ("symmetric", "percentile"))


def test_projections_are_left_and_patches_right_best_first_in_rows():
    x = np.broadcast_to(np.reshape([0.25, 1.0, 0.5, 0.75], (4, 1, 1, 1)), (4, 1, 6, 6))
    how = {"start": 1.0, "display": "symmetric", "side": 10}
    picture = vis.patches(lambda t: (t * 1.0).named("same"), x, "same", channels=[0], k=4, **how).picture
    left = (picture.width - 20 - (2 * 27 + 1)) // 2 + 13  # the margins of three grids; a caption may be wider
    middles = [(13 + 12 * row + 5, left + 27 * part + 12 * column + 5) for row, part, column in np.ndindex(2, 2, 2)]
    assert [int(np.asarray(picture)[place][0]) for place in middles] == [255, 255, 255, 191, 255, 255, 128, 64]


def test_a_unit_that_sees_padding_alone_is_shown_as_such():
    model = nn.Sequential(conv=nn.Conv2d(3, 2, 1, padding=1, dtype=np.float64))
    model["conv"].weight.data[:] = -1.0
    figure = vis.patches(model, photographs(3), "conv", channels=[0], k=2)
    np.testing.assert_array_equal(figure.data["fields"], np.zeros((1, 2, 4)))
    np.testing.assert_array_equal(figure.data["projections"], np.zeros((1, 2, 3, 1, 1)))


@pytest.mark.parametrize(
    ("layer", "side", "least", "most"), [("relu1", 300, 600, 700), ("relu1", 32, 0, 600), ("fc", 8, 0, 150)]
)
def test_small_fields_are_enlarged_and_large_ones_reduced_to_the_side(layer, side, least, most):
    assert least < vis.patches(net(), photographs(6), layer, channels=[0], k=1, side=side).picture.width < most


def test_a_model_with_preprocessing_is_seen_in_true_colours():
    class Turned:
        """A net that takes blue, green, red, doubled."""

        @staticmethod
        def shown(x):
            return np.clip(np.asarray(x)[..., ::-1, :, :] / 2, 0, 1)

        @staticmethod
        def colours(signal):
            return signal[..., ::-1, :, :]

    class Model:
        preprocess = Turned()

        def __call__(self, x):
            return (x[:, :1] * 1.0).named("blue")

    x = 2 * photographs(4)
    figure = vis.patches(Model(), x, "blue", channels=[0], k=1, side=16, display="symmetric")
    image, (y, column) = figure.data["images"][0, 0], figure.data["positions"][0, 0]
    np.testing.assert_allclose(figure.data["patches"][0, 0, :, 0, 0], x[image, ::-1, y, column] / 2)
    assert shows(figure, Image.new("RGB", (16, 16), (128, 128, 255)))  # the signal is the blue channel's


def test_squeezenet_shows_its_photographs():
    model = squeezenet()
    x = np.stack([model.preprocess(Image.open(DATA / name)) for name in ("chelsea.png", "coffee.png")])
    figure = vis.patches(model, x, "fire5", channels=[150, 217], k=2)  # both like eyes
    np.testing.assert_array_equal(figure.data["images"][:, 0], 0)
    assert figure.data["projections"].shape == (2, 2, 3, 63, 63)
    for row, n, field in each(figure):
        seen = cut(figure.data["patches"][row, n], field, (227, 227))
        np.testing.assert_allclose(seen, field.crop(model.preprocess.shown(x)[figure.data["images"][row, n]]))


# ── data ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_data_sets_and_what_was_found_before_give_the_same_figure():
    model, x = net(), photographs()
    whole = vis.patches(model, x, "relu2", channels=[3, 1], k=4)
    assert "relu2: of 12 images the 4 that excite each channel most" in whole.caption
    assert "deconvnet" in whole.caption
    for data, given in (
        (nn.ArrayData(x, np.arange(12)), {"batch_size": 5}),
        (Tensor(x), {}),
        (x, {"top": vis.top_activations(model, x, "relu2", k=6, inside=True)}),
    ):
        figure = vis.patches(model, data, "relu2", channels=[3, 1], k=4, **given)
        assert figure.caption == whole.caption
        np.testing.assert_array_equal(np.asarray(figure.picture), np.asarray(whole.picture))


def test_data_that_give_other_images_the_second_time_are_refused():
    rng = np.random.default_rng(0)
    data = nn.Augmented(nn.ArrayData(photographs(), np.arange(12)), lambda x: rng.random(x.shape))
    with pytest.raises(ValueError, match=r"fetched again, excites channel 0 of 'conv3' by .*same image each time"):
        vis.patches(net(), data, "conv3", channels=[0])


def test_a_choice_that_does_not_exist_is_refused_before_the_data_are_gone_through():
    class Untouched(nn.ArrayData):
        def inputs(self, positions):
            assert len(positions) == 1, "the data were gone through"
            return super().inputs(positions)

    data = Untouched(photographs(), np.arange(12))
    for options in ({"bias": "kept"}, {"overlap": "mean"}, {"start": "one"}, {"display": "nice"}, {"k": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} must be"):
            vis.patches(net(), data, "relu2", channels=[0], **options)
