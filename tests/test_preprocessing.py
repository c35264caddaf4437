"""Preprocessing: photographs of every kind as a net wants them, and back."""

import tracemalloc
import warnings

import numpy as np
import pytest
from cases import every
from PIL import Image
from test_data import BLUE, GREEN, RED, WHITE, corners, quarters

import nn
from autograd_mini import Tensor

MEANS, DEVIATIONS = (103.939, 116.779, 123.68), (50.0, 60.0, 70.0)

WAYS = {
    "as it is": {},
    "RGB less a mean": {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},
    "BGR bytes less a mean": {"bgr": True, "scale": 255, "mean": MEANS},
    "BGR bytes over a deviation": {"bgr": True, "scale": 255.0, "mean": MEANS, "std": DEVIATIONS, "resize": "stretch"},
}


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


# ── the formula, and back ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_input_is_scaled_then_less_the_mean_then_over_the_deviation_channel_by_channel():
    orange = Image.new("RGB", (5, 4), (250, 120, 30))
    plain = nn.Preprocessing(2, scale=255, mean=MEANS, std=DEVIATIONS)(orange)
    turned = nn.Preprocessing(2, bgr=True, scale=255, mean=MEANS, std=DEVIATIONS)(orange)
    for found, colours in ((plain, (250, 120, 30)), (turned, (30, 120, 250))):
        expected = [(c - m) / s for c, m, s in zip(colours, MEANS, DEVIATIONS, strict=True)]
        assert found.shape == (3, 2, 2)
        np.testing.assert_allclose(found, np.broadcast_to(np.reshape(expected, (3, 1, 1)), (3, 2, 2)), rtol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_an_input_is_float32_in_rows_and_says_nothing_in_the_way_of_warnings(way):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = nn.Preprocessing(8, **WAYS[way])(Image.fromarray(noise(11, 13)))
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    assert found.flags.writeable
    assert found.shape == (3, 8, 8)


@pytest.mark.parametrize("way", WAYS)
def test_inputs_their_batches_and_patches_show_the_photograph_they_were_made_of_and_are_not_changed(way):
    pre, photos = nn.Preprocessing(9, **WAYS[way]), [noise(9, 9, seed) for seed in range(3)]
    batch = np.stack([pre(Image.fromarray(pixels)) for pixels in photos])
    before, shown = batch.copy(), pre.shown(batch)
    assert (shown.dtype, shown.shape) == (np.float32, (3, 3, 9, 9))
    np.testing.assert_allclose(shown, np.stack(photos).transpose(0, 3, 1, 2) / 255, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(shown[1], pre.shown(batch[1]))
    np.testing.assert_array_equal(pre.shown(batch[2][:, 2:5, 1:8]), shown[2][:, 2:5, 1:8])
    np.testing.assert_array_equal(pre.shown(Tensor(batch)), shown)
    pre.colours(batch)
    np.testing.assert_array_equal(batch, before)


def test_what_no_photograph_could_be_is_shown_as_black_or_white():
    pre = nn.Preprocessing(2, bgr=True, scale=255.0, mean=MEANS)
    x = np.full((3, 2, 2), 1000.0)
    x[0] = -1000.0
    shown = pre.shown(x)
    np.testing.assert_array_equal(shown[2], 0)  # the first channel is blue
    np.testing.assert_array_equal(shown[:2], 1)
    assert x.max() == 1000.0


def test_the_channels_of_a_signal_come_in_the_order_red_green_blue():
    signal = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5) - 50
    turned = nn.Preprocessing(4, bgr=True, scale=255.0, mean=MEANS).colours(signal)
    np.testing.assert_array_equal(turned, signal[:, [2, 1, 0]])
    assert turned.dtype == np.float64
    np.testing.assert_array_equal(nn.Preprocessing(4, mean=MEANS).colours(signal[0]), signal[0])


def test_two_preprocessings_that_do_the_same_are_equal():
    one = nn.Preprocessing(227, bgr=True, scale=255, mean=list(MEANS))
    assert one == nn.Preprocessing(227, bgr=True, scale=255.0, mean=np.array(MEANS))
    assert hash(one) == hash(nn.Preprocessing(227, bgr=True, scale=255.0, mean=MEANS))
    assert one != nn.Preprocessing(227, bgr=False, scale=255, mean=MEANS)


# ── what a photograph may be ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("resize", ["crop", "stretch"])
@pytest.mark.parametrize("shape", [(40, 25), (25, 40), (8, 8), (5, 3), (1, 1), (1, 30), (30, 1)])
def test_a_picture_its_file_its_bytes_and_its_floating_array_are_one_photograph(tmp_path, shape, resize):
    pixels = 64 + noise(*shape) // 2  # so mild that resizing clips nothing
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    pre = nn.Preprocessing(8, resize=resize)
    expected = nn.read_image(tmp_path / "photo.png", 8, resize)
    for photo in (Image.fromarray(pixels), tmp_path / "photo.png", str(tmp_path / "photo.png")):
        np.testing.assert_array_equal(pre(photo), expected)
    channels = pixels.transpose(2, 0, 1)
    np.testing.assert_array_equal(pre(channels), expected)
    for dtype in (np.float16, np.float32, np.float64):
        # bytes are rounded after each of the two directions of resizing
        np.testing.assert_allclose(pre((channels / 255).astype(dtype)), expected, rtol=0, atol=1.6 / 255)
    np.testing.assert_allclose(pre(Tensor(channels / 255)), expected, rtol=0, atol=1.6 / 255)


def test_an_array_of_the_right_size_is_taken_to_the_last_bit_and_another_stays_between_0_and_1():
    photo = np.random.default_rng(0).random((3, 7, 7), np.float32)
    for resize in ("crop", "stretch"):
        np.testing.assert_array_equal(nn.Preprocessing(7, resize=resize)(photo), photo)
    edges = np.zeros((3, 6, 6))
    edges[:, :, 3:] = 1
    found = nn.Preprocessing(17)(edges)
    assert (found.min(), found.max()) == (0, 1)


def test_crop_cuts_the_middle_out_and_stretch_keeps_everything():
    pixels = np.full((10, 30, 3), 255, np.uint8)
    pixels[:, :10], pixels[:, 20:] = RED, BLUE
    for photo in (Image.fromarray(pixels), pixels.transpose(2, 0, 1) / 255):
        np.testing.assert_array_equal(nn.Preprocessing(10)(photo), 1)
        stretched = nn.Preprocessing(12, resize="stretch")(photo)
        np.testing.assert_allclose(stretched[:, 6, [0, 6, 11]], [[1, 1, 0], [0, 1, 0], [0, 1, 1]], atol=1e-6)


def palette():
    return quarters().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)


MODES = {
    "RGBA": lambda: with_alpha(),
    "RGBa": lambda: with_alpha().convert("RGBa"),
    "P": palette,
    "PA": lambda: palette().convert("PA"),
    **{mode: lambda mode=mode: quarters().convert(mode) for mode in ("RGB", "RGBX", "CMYK", "YCbCr", "LAB", "HSV")},
}


def with_alpha():
    picture = quarters().convert("RGBA")
    picture.putalpha(255)
    picture.putpixel((0, 0), (*RED, 0))
    return picture


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_any_mode_becomes_its_colours(mode):
    photo = MODES[mode]()
    assert photo.mode == mode
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = nn.Preprocessing(16)(photo)
    tolerance = {"YCbCr": 2, "LAB": 30}.get(mode, 0)  # rounded, and cut, on the way there and back
    np.testing.assert_allclose(corners(found), [RED, GREEN, BLUE, WHITE], rtol=0, atol=tolerance)


GREYS = {
    "1": lambda: Image.new("1", (8, 8), 1),
    "L": lambda: Image.new("L", (8, 8), 128),
    "LA": lambda: Image.new("LA", (8, 8), (128, 255)),
    "La": lambda: Image.new("LA", (8, 8), (128, 255)).convert("La"),
    "I;16": lambda: Image.fromarray(np.full((8, 8), 128 * 257, np.uint16)),
    "I;16B": lambda: Image.frombytes("I;16B", (8, 8), np.full((8, 8), 128 * 257, ">u2").tobytes()),
    "I": lambda: Image.new("I", (8, 8), 128 * 257),
}


@pytest.mark.parametrize("mode", GREYS)
def test_a_grey_picture_of_any_depth_becomes_three_equal_channels(mode):
    photo = GREYS[mode]()
    assert photo.mode == mode
    grey = 1 if mode == "1" else 128 / 255
    np.testing.assert_allclose(nn.Preprocessing(4)(photo), np.full((3, 4, 4), grey), rtol=0, atol=1e-6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_data_say_and_itself_left_as_it_was(orientation):
    undone = [None, None, 0, 3, 1, 5, 2, 6, 4][orientation]  # numbers of Image.Transpose; 90° and 270° undo each other
    photo = quarters() if undone is None else quarters().transpose(Image.Transpose(undone))
    photo.getexif()[0x0112] = orientation
    before = photo.tobytes()
    assert corners(nn.Preprocessing(16)(photo)) == [RED, GREEN, BLUE, WHITE]
    assert photo.tobytes() == before
    assert photo.getexif()[0x0112] == orientation


def test_a_photograph_is_not_changed():
    for photo in (quarters(), with_alpha(), quarters().convert("P")):
        mode, before = photo.mode, photo.tobytes()
        nn.Preprocessing(16, bgr=True, scale=255, mean=MEANS)(photo)
        assert (photo.mode, photo.size, photo.tobytes()) == (mode, (16, 16), before)
    array = np.random.default_rng(0).random((3, 16, 16), np.float32)
    before = array.copy()
    nn.Preprocessing(16, bgr=True, scale=255, mean=MEANS)(array)
    np.testing.assert_array_equal(array, before)


def test_no_floating_copy_is_made_of_a_large_photograph():
    pixels = noise(1200, 1500)
    photos = {"picture": Image.fromarray(pixels), "bytes": pixels.transpose(2, 0, 1)}
    photos["floating"] = (pixels.transpose(2, 0, 1) / 255).astype(np.float32)
    for kind, photo in photos.items():
        tracemalloc.start()
        nn.Preprocessing(32)(photo)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # what Pillow holds is not counted; an array's bytes pass through it, one floating channel at a time
        assert peak < {"picture": 0.1, "bytes": 3, "floating": 2 * 4}[kind] * pixels.size / 3, kind


# ── what cannot be ────────────────────────────────────────────────────────────────────────────────────────────────────


@every(
    ("photo", "error", "message"),
    [
        (Image.new("F", (4, 4)), ValueError, "^the picture holds floating numbers; save it with 8 or 16 bits"),
        (Image.new("RGB", (0, 4)), ValueError, "^the picture has no pixels: it is 0×4$"),
        (np.zeros((4, 4, 3)), ValueError, r"^Preprocessing: shape \(4, 4, 3\) must be \(3, H, W\)"),
        (np.zeros((4, 4)), ValueError, r"^Preprocessing: shape \(4, 4\) must be \(3, H, W\)"),
        (np.zeros((1, 3, 4, 4)), ValueError, r"^Preprocessing: shape \(1, 3, 4, 4\) must be \(3, H, W\)"),
        (np.zeros((3, 0, 4)), ValueError, "and not empty$"),
        (None, ValueError, r"^Preprocessing: shape \(\) must be"),
        (np.zeros((3, 4, 4), np.int64), TypeError, "floating numbers in .0, 1. or bytes, not int64$"),
        (np.full((3, 4, 4), 255.0), ValueError, r"^Preprocessing: pixels must lie in \[0, 1\], not 255 to 255; divide"),
        (np.full((3, 4, 4), -0.1), ValueError, "not -0.1 to -0.1"),
        (np.full((3, 4, 4), np.nan), ValueError, "not nan to nan"),
    ],
)
def test_what_is_no_photograph_is_refused_in_one_sentence(photo, error, message):
    with pytest.raises(error, match=message) as caught:
        nn.Preprocessing(4)(photo)
    assert "\n" not in str(caught.value)


@every(
    ("arguments", "message"),
    [
        ({"size": 0}, "size must be an integer of at least 1, not 0$"),
        ({"size": 2.5}, r"size must be an integer of at least 1, not 2\.5$"),
        ({"size": True}, "size must be an integer of at least 1, not True$"),
        ({"resize": "squeeze"}, "resize must be 'crop' or 'stretch', not 'squeeze'$"),
        ({"scale": 0}, "scale must be above 0, not 0$"),
        ({"scale": (1, 2, 3)}, "scale must be a number, not"),
        ({"scale": float("nan")}, "scale must be a number, not nan$"),
        ({"mean": 0.5}, "mean must be one number a channel, three in all, not 0.5$"),
        ({"mean": ("a", "b", "c")}, "mean must be one number a channel"),
        ({"std": (1, 0, 1)}, r"std must be above 0, not \(1, 0, 1\)$"),
        ({"std": (1, 1)}, "std must be one number a channel"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=f"^Preprocessing: {message}"):
        nn.Preprocessing(**{"size": 4, **arguments})


@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4), (2, 4, 3, 3)])
def test_only_what_has_three_channels_can_be_shown(shape):
    pre = nn.Preprocessing(4)
    for name in ("shown", "colours"):
        with pytest.raises(ValueError, match=rf"^{name}: shape .* must be \(3, H, W\) or a batch of them"):
            getattr(pre, name)(np.zeros(shape))
