"""Figures made of projections: layer by layer, checkpoint by checkpoint, nets side by side; one scale, no leaks."""

import numpy as np
import pytest
from nets import assert_state, images, state_of, two_convs_then_pool
from PIL import Image

import nn
import vis


class Preprocessed:
    """A model whose inputs are blue, green, red, from 0 to 2."""

    def __init__(self, model):
        self.model = model
        self.preprocess = self

    def __call__(self, x):
        return self.model(x)

    def shown(self, image):
        return image[::-1] / 2

    def colours(self, signal):
        return signal[::-1]


def pixels(figure):
    return np.asarray(figure.picture)


def test_reconstructions_are_the_projections_of_each_layers_strongest_unit():
    net, x = two_convs_then_pool(), images(2, 3, 12, 10)
    figure = vis.reconstructions(net, x, ["relu1", "relu2", "conv3"], scale="figure")
    assert list(figure.data) == ["relu1", "relu2", "conv3"]
    for layer, signals in figure.data.items():
        np.testing.assert_array_equal(signals, vis.project(net, x, layer, inside=True))
    values = np.concatenate([np.abs(signals[signals != 0]) for signals in figure.data.values()])
    np.testing.assert_allclose(figure.scale, np.percentile(values, 99))
    beyond = 100 * (values > figure.scale).mean()
    cut = f"±{figure.scale:.3g} and beyond: {beyond:.2g} % of what is not zero, up to {values.max():.3g}"
    assert figure.caption.endswith(cut)
    whole = vis.reconstructions(net, x, ["relu1", "relu2", "conv3"], scale="figure", percentile=100)
    assert whole.scale == values.max()
    assert whole.caption.endswith(f"±{whole.scale:.3g}")
    guided = vis.reconstructions(net, x, ["relu2"], rules=vis.GUIDED, start=1.0)
    np.testing.assert_array_equal(guided.data["relu2"], vis.project(net, x, "relu2", rules=vis.GUIDED, start=1.0))


def test_one_scale_shows_one_value_as_one_grey_in_the_whole_figure():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    figure = vis.reconstructions(net, x, ["relu1", "conv3"], zoom=4, scale="figure", percentile=100)
    weaker = min(figure.data, key=lambda layer: np.abs(figure.data[layer]).max())
    signal = figure.data[weaker][0]
    scales = (figure.scale, np.abs(signal).max())
    by_figure, by_itself = (np.asarray(vis.to_image(signal, scale=scale, zoom=4)) for scale in scales)
    assert contains(pixels(figure), by_figure)
    assert not contains(pixels(figure), by_itself)
    by_layer = vis.reconstructions(net, x, ["relu1", "conv3"], zoom=4, scale="layer", percentile=100)
    assert by_layer.scale is None
    assert contains(pixels(by_layer), by_itself)


@pytest.mark.parametrize("scale", ["picture", "row", "layer", "figure"])
def test_what_has_one_scale_is_a_choice(scale):
    net, x = two_convs_then_pool(), images(3, 3, 12, 10) * np.reshape([1.0, 4.0, 0.2], (3, 1, 1, 1))
    figure = vis.reconstructions(net, x, ["relu1", "conv3"], zoom=2, scale=scale)
    together = {
        "picture": lambda n, layer: [figure.data[layer][n]],
        "row": lambda n, layer: [figure.data[one][n] for one in figure.data],
        "layer": lambda n, layer: [figure.data[layer]],
        "figure": lambda n, layer: list(figure.data.values()),
    }[scale]
    for layer, signals in figure.data.items():
        for n, signal in enumerate(signals):
            white = vis.common_scale(together(n, layer))
            assert contains(pixels(figure), np.asarray(vis.to_image(signal, scale=white, zoom=2)))
    assert (figure.scale is None) == (scale != "figure")
    assert "beyond" in figure.caption
    assert scale == "figure" or f"each {scale} has its scale" in figure.caption


def test_two_nets_never_share_a_scale():
    weak, strong = two_convs_then_pool(), two_convs_then_pool(seed=9)
    strong["conv1"].weight.data[...] *= 1e4
    x = images(1, 3, 12, 10)
    for scale in ("picture", "row", "layer", "figure"):
        figure = vis.side_by_side({"weak": weak, "strong": strong}, x, ["relu1", "relu2"], scale=scale, zoom=2)
        assert figure.scale is None
        alone = vis.reconstructions(weak, x, ["relu1", "relu2"], scale=scale, zoom=2)
        signal = figure.data["weak: relu2"][0]
        white = vis.common_scale(list(alone.data.values()) if scale in ("row", "figure") else [signal])
        assert contains(pixels(figure), np.asarray(vis.to_image(signal, scale=white, zoom=2)))


def contains(sheet, part):
    rows, columns = part.shape[:2]
    corner = np.argwhere((sheet[: len(sheet) - rows + 1, : sheet.shape[1] - columns + 1] == part[0, 0]).all(axis=-1))
    return any(np.array_equal(sheet[i : i + rows, j : j + columns], part) for i, j in corner)


def test_layers_are_chosen_from_first_to_last_behind_their_relus():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    assert list(vis.reconstructions(net, x).data) == ["relu1", "relu2", "relu3"]
    linear = nn.Sequential(one=nn.Conv2d(3, 2, 3, rng=0), two=nn.Conv2d(2, 2, 3, rng=0))
    assert list(vis.reconstructions(linear, x.astype(np.float32)).data) == ["one", "two"]
    mixed = nn.Sequential(one=nn.Conv2d(3, 2, 3, rng=0), relu=nn.ReLU(), two=nn.Conv2d(2, 2, 3, rng=0))
    assert list(vis.reconstructions(mixed, x.astype(np.float32)).data) == ["relu"]


def test_colours_and_pictures_are_shown_as_the_model_prepares_them():
    net, x = Preprocessed(two_convs_then_pool().eval()), np.abs(images(1, 3, 12, 10)).clip(0, 2)
    figure = vis.reconstructions(net, x, ["relu1"], zoom=3)
    assert contains(pixels(figure), np.asarray(vis.to_image(x[0, ::-1] / 2, display="clip", zoom=3)))
    signal = figure.data["relu1"][0]
    assert contains(pixels(figure), np.asarray(vis.to_image(signal[::-1], zoom=3)))


def test_nets_stand_side_by_side_with_their_own_layers_and_inputs():
    one, two = two_convs_then_pool(), two_convs_then_pool(seed=9)
    x, y = images(1, 3, 12, 10), images(1, 3, 12, 10) + 1
    figure = vis.side_by_side(
        {"ours": one, "theirs": two}, {"ours": x, "theirs": y}, {"ours": ["relu1"], "theirs": ["conv3"]}
    )
    assert list(figure.data) == ["ours: relu1", "theirs: conv3"]
    np.testing.assert_array_equal(figure.data["theirs: conv3"], vis.project(two, y, "conv3"))
    assert list(vis.side_by_side({"a": one, "b": two}, x, ["relu2"]).data) == ["a: relu2", "b: relu2"]


def test_one_unit_across_checkpoints_and_the_model_as_it_was():
    net, x = two_convs_then_pool(), images(4, 3, 12, 10)
    states = [state_of(two_convs_then_pool(seed=seed)) for seed in (1, 2, 3)]
    before = state_of(net)
    figure = vis.across_checkpoints(net, zip(("e1", "e2", "e3"), states, strict=True), x, "relu2", channels=[3, 5])
    assert figure.data["projections"].shape == (2, 3, 3, 12, 10)
    assert_state(net, before)
    net.load_state_dict(states[1])
    maps = vis.activations(net, x)["relu2"][:, 5].reshape(4, -1).max(axis=1)
    assert figure.data["images"][1, 1] == maps.argmax()
    assert figure.data["activations"][1, 1] == maps.max()
    strongest = x[[maps.argmax()]]
    np.testing.assert_array_equal(figure.data["projections"][1, 1], vis.project(net, strongest, "relu2", channel=5)[0])


def test_checkpoints_can_be_files_and_errors_put_the_model_back(tmp_path):
    net, x, path = two_convs_then_pool(), images(2, 3, 12, 10), tmp_path / "one.safetensors"
    two_convs_then_pool(seed=1).save(path)
    before = state_of(net)
    assert vis.across_checkpoints(net, {"one": path}, x, "relu2", channels=[0]).data["images"].shape == (1, 1)
    for checkpoint, channel, error in ((path, 8, IndexError), (tmp_path / "missing.safetensors", 0, FileNotFoundError)):
        with pytest.raises(error):
            vis.across_checkpoints(net, {"one": checkpoint}, x, "relu2", channels=[channel])
        assert_state(net, before)


def test_a_figure_is_written_whole_or_not_at_all(tmp_path):
    figure = vis.Figure(Image.new("RGB", (3, 2), "red"))
    with Image.open(figure.save(tmp_path / "x.png")) as written:
        assert written.size == (3, 2)
    assert figure._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"'x\.txt' must end in \.png"):
        figure.save(tmp_path / "x.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_a_percentile_is_of_what_is_not_zero():
    net, x = two_convs_then_pool(), images(1, 3, 12, 10)
    whole = vis.reconstructions(net, x, ["relu1"], percentile=100, scale="figure")
    values = np.abs(whole.data["relu1"][whole.data["relu1"] != 0])
    assert 0 < len(values) < whole.data["relu1"].size / 2
    half = vis.reconstructions(net, x, ["relu1"], percentile=50, scale="figure")
    np.testing.assert_allclose(half.scale, np.median(values))
    assert whole.scale == values.max()
    off = vis.reconstructions(net, -1e3 * np.ones_like(x), ["relu1"], channel=0, start=0.0, scale="figure")
    assert off.scale == 0
    assert off.caption.endswith("±0")
