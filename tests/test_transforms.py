"""Transforms of pictures: each beside Pillow or a loop, how often and within what bounds they act, their masks."""

import colorsys
import pickle
from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

import nn
from nn import transforms
from nn import transforms as T

BYTES = np.random.default_rng(0).integers(0, 256, (3, 21, 19), np.uint8)
FLOATS = np.random.default_rng(1).random((3, 12, 15))
PICTURE = Image.fromarray(BYTES.transpose(1, 2, 0))


def array(picture):
    """A Pillow picture's bytes, (3, H, W)."""
    return np.asarray(picture).transpose(2, 0, 1)


def near(found, expected, steps):
    """Within so many of the 256 steps of a byte."""
    assert found.dtype == expected.dtype == np.uint8
    assert np.abs(found.astype(int) - expected).max() <= steps


ALL = {
    "horizontal flip": transforms.RandomHorizontalFlip(),
    "vertical flip": transforms.RandomVerticalFlip(),
    "crop": transforms.RandomCrop((9, 8), padding=2),
    "resized crop": transforms.RandomResizedCrop(10),
    "centre": transforms.CenterCrop(7),
    "resize": transforms.Resize((9, 20)),
    "rotation": transforms.RandomRotation(30, "bilinear"),
    "affine": transforms.RandomAffine(30, (0.1, 0.2), (0.8, 1.2), (-5, 5, -10, 10)),
    "jitter": transforms.ColorJitter(0.4, 0.4, 0.4, 0.1),
    "grey": transforms.RandomGrayscale(0.5),
    "erasing": transforms.RandomErasing(0.5, value="random"),
    "blur": transforms.GaussianBlur((5, 3)),
}
ALL["all"] = transforms.Compose([ALL["rotation"], ALL["crop"], ALL["jitter"], ALL["erasing"]])
every = pytest.mark.parametrize("name", ALL)


# ── what holds for all ────────────────────────────────────────────────────────────────────────────────────────────────


@every
@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_a_transform_keeps_the_dtype_repeats_for_a_seed_and_changes_nothing_in_place(name, dtype):
    picture = BYTES.copy() if dtype == np.uint8 else FLOATS.astype(dtype)
    before = picture.copy()
    found = ALL[name](picture, 7)
    assert found.dtype == dtype
    np.testing.assert_array_equal(ALL[name](picture, np.random.default_rng(7)), found)
    np.testing.assert_array_equal(picture, before)
    assert 0 <= found.min() <= found.max() <= 255 or name in ("erasing", "all")


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("erasing", "all")])  # their noise is another
def test_bytes_and_floating_numbers_of_a_picture_are_changed_alike(name):
    for seed in range(5):
        found = ALL[name](BYTES / 255, seed)
        near(ALL[name](BYTES, seed), np.rint(found * 255).astype(np.uint8), 1 if name != "resized crop" else 2)


@every
def test_a_pillow_picture_is_its_bytes(name):
    np.testing.assert_array_equal(ALL[name](PICTURE, 3), ALL[name](BYTES, 3))


@every
def test_a_transform_prints_its_parameters_and_can_be_sent_to_a_process(name):
    assert repr(ALL[name]).startswith(type(ALL[name]).__name__ + "(")
    again = pickle.loads(pickle.dumps(ALL[name]))
    assert repr(again) == repr(ALL[name])
    np.testing.assert_array_equal(again(BYTES, 3), ALL[name](BYTES, 3))


@every
def test_a_mask_is_moved_as_its_picture_is_and_holds_no_other_labels(name):
    """The picture is its mask."""
    labels = np.random.default_rng(2).integers(0, 3, (21, 19))
    picture = (80 * np.stack([labels] * 3)).astype(np.uint8)
    nearest = {"rotation": transforms.RandomRotation(30), "resize": transforms.Resize((9, 20), "nearest"),
               "resized crop": transforms.RandomResizedCrop(10, interpolation="nearest")}  # fmt: skip
    nearest["all"] = transforms.Compose([nearest["rotation"], ALL["crop"]])
    transform = nearest.get(name, ALL[name])
    for seed in range(5):
        changed, mask = transform(picture, seed, labels)
        assert mask.dtype == labels.dtype
        if transform.geometric:
            np.testing.assert_array_equal(changed[0], 80 * mask)
        else:
            np.testing.assert_array_equal(mask, labels)
    assert np.isin(ALL[name](picture, 0, labels)[1], [0, 1, 2]).all()


def test_what_is_beyond_a_mask_is_a_label_of_choice():
    labels = np.ones((8, 8), int)
    for transform in (
        transforms.RandomCrop(12, padding=4, mask_fill=255), transforms.RandomRotation((45, 45), mask_fill=255),
        transforms.RandomAffine(0, scale=(0.5, 0.5), mask_fill=255),
    ):  # fmt: skip
        picture, mask = transform(np.ones((1, 8, 8)), 0, labels)
        assert set(np.unique(mask)) == {1, 255}
        np.testing.assert_array_equal(picture[0], mask == 1)


# ── how often ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [transforms.RandomHorizontalFlip, transforms.RandomVerticalFlip,
                                  transforms.RandomGrayscale, transforms.RandomErasing])  # fmt: skip
@pytest.mark.parametrize("p", [0, 0.2, 0.5, 1])
def test_a_transform_acts_as_often_as_it_is_likely(kind, p):
    rng, transform = np.random.default_rng(0), kind(p)
    acted = sum((transform(BYTES, rng) != BYTES).any() for _ in range(400))
    assert abs(acted - 400 * p) <= 5 * np.sqrt(400 * p * (1 - p))  # binomial


# ── geometry ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_flips_are_mirrors():
    np.testing.assert_array_equal(transforms.RandomHorizontalFlip(1)(BYTES), array(ImageOps.mirror(PICTURE)))
    np.testing.assert_array_equal(transforms.RandomVerticalFlip(1)(BYTES), array(ImageOps.flip(PICTURE)))


def test_a_crop_is_any_part_of_the_padded_picture_each_as_likely():
    picture = np.arange(1, 10.0).reshape(1, 3, 3)
    padded = np.pad(picture, ((0, 0), (1, 1), (0, 0)))
    parts = [padded[:, i : i + 2, j : j + 2].tobytes() for i, j in product(range(4), range(2))]
    rng = np.random.default_rng(0)
    drawn = [transforms.RandomCrop(2, padding=(0, 1))(picture, rng).tobytes() for _ in range(1600)]
    counts = [drawn.count(part) for part in parts]
    assert sum(counts) == 1600
    assert max(abs(count - 200) for count in counts) < 5 * np.sqrt(1600 / 8 * 7 / 8)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_a_picture_is_padded_on_its_four_sides_as_numpy_does(mode):
    found = transforms.RandomCrop((27, 23), padding=(1, 2, 3, 4), fill=9, padding_mode=mode)(BYTES)
    filled = {"constant_values": 9} if mode == "constant" else {}
    np.testing.assert_array_equal(found, np.pad(BYTES, ((0, 0), (2, 4), (1, 3)), mode, **filled))


def test_a_picture_too_small_for_the_part_is_refused_or_padded():
    with pytest.raises(ValueError, match=r"^RandomCrop: a picture of 21×19 has no part of 25×5$"):
        transforms.RandomCrop((25, 5))(BYTES)
    found = {transforms.RandomCrop(25, pad_if_needed=True)(BYTES, seed).tobytes() for seed in range(20)}
    assert len(found) > 5


@pytest.mark.parametrize("shape", [(40, 30), (30, 40), (10, 200), (200, 10), (7, 7)])
def test_a_resized_crop_has_an_area_and_a_shape_within_bounds_or_is_the_middle(shape):
    """Whose part it is shows in a picture that tells its coordinates."""
    down, across = np.meshgrid(*map(np.arange, shape), indexing="ij")
    picture = np.stack([down, across]).astype(float)
    crop = transforms.RandomResizedCrop(64, (0.2, 0.5), (0.5, 2), "nearest")
    for seed in range(30):
        found = crop(picture, seed)
        h, w = (np.ptp(axis) + 1 for axis in found)
        assert h * w == pytest.approx(np.unique(found[0]).size * np.unique(found[1]).size)
        if max(shape) < 5 * min(shape):
            slack = (h + w) / 2 + 1  # half a pixel a side
            assert 0.2 * np.prod(shape) - slack <= h * w <= 0.5 * np.prod(shape) + slack
            assert 0.5 * (h - 1) - 1 <= w <= 2 * (h + 1) + 1
        else:  # nothing of that shape is so large: the largest part in the middle
            assert sorted((h, w)) == [10, 20]
            assert abs(found.mean((1, 2)) - (np.array(shape) - 1) / 2).max() <= 0.5


def test_a_part_is_resized_as_pillow_does():
    whole = transforms.RandomResizedCrop((9, 30), (1, 1), (19 / 21, 19 / 21))(BYTES)
    np.testing.assert_array_equal(whole, array(PICTURE.resize((30, 9), Image.Resampling.BILINEAR)))
    for name in ("nearest", "bilinear", "bicubic"):
        expected = array(PICTURE.resize((10, 11), Image.Resampling[name.upper()]))
        np.testing.assert_array_equal(transforms.Resize(10, name)(BYTES), expected)
        assert transforms.Resize(40, name)(np.rint(FLOATS)).min() >= 0


@pytest.mark.parametrize("size", [(21, 19), (10, 10), (11, 8), (30, 30), (25, 6), (6, 26)])
def test_a_centre_has_as_much_left_out_or_added_on_each_side(size):
    found = transforms.CenterCrop(size)(BYTES)
    assert found.shape[1:] == size
    counted = transforms.CenterCrop(size)(np.ones((1, 21, 19)))[0]
    for axis, (full, part) in enumerate(zip((21, 19), size, strict=True)):
        there = np.flatnonzero(counted.any(1 - axis))
        assert len(there) == min(full, part)
        assert abs(there[0] - (part - 1 - there[-1])) <= 1
    if size == (11, 8):
        np.testing.assert_array_equal(found, BYTES[:, 5:16, 6:14])  # half of 11 is 5.5, and rounds to 6


@pytest.mark.parametrize("angle", [0, 30, 90, -45.5, 180, 270])
@pytest.mark.parametrize("name", ["nearest", "bilinear"])
def test_a_picture_is_turned_anticlockwise_as_pillow_does(angle, name):
    found = transforms.RandomRotation((angle, angle), name, fill=7)(BYTES)
    expected = array(PICTURE.rotate(angle, Image.Resampling[name.upper()], fillcolor=(7, 7, 7)))
    near(found, expected, 1 if name == "bilinear" else 0)


def test_a_picture_is_moved_scaled_and_sheared_as_said():
    """A dot goes where the middle's distance, scaled, sheared and turned, and the move take it."""
    dot = np.zeros((1, 101, 81))
    dot[0, 48:53, 46:51] = 1  # 8 beyond the middle along the width
    where = lambda picture: np.average(np.indices(picture.shape[1:]), axis=(1, 2), weights=picture[0])[::-1]
    middle = np.array([40.0, 50.0])
    for given, expected in (
        ({"degrees": (90, 90)}, (40, 58)),
        ({"degrees": 0, "scale": (2, 2)}, (56, 50)),
        ({"degrees": 0, "shear": (0, 0, 45, 45)}, (48, 50 - 8)),
        ({"degrees": (90, 90), "shear": (45, 45)}, (40, 58)),
    ):
        np.testing.assert_allclose(where(transforms.RandomAffine(**given)(dot)), expected, atol=0.6)
    moves = np.array([where(transforms.RandomAffine(0, (0.1, 0.2))(dot, seed)) for seed in range(60)]) - (48, 50)
    assert (np.abs(moves) <= (8.1, 20.2)).all()
    assert (np.abs(moves).max(0) > (5, 14)).all()
    assert not np.allclose(where(dot), middle)


@pytest.mark.parametrize(
    ("kind", "wanted"), [(transforms.RandomRotation, "degrees"), (transforms.RandomAffine, "degrees")]
)
def test_angles_are_drawn_between_their_ends(kind, wanted):
    assert getattr(kind(20), wanted) == (-20, 20)
    rng = np.random.default_rng(0)
    picture = np.zeros((1, 61, 61))
    picture[0, 29:32, 45:] = 1
    for _ in range(40):
        turned = kind((10, 40))(picture, rng)[0]
        i, j = np.average(np.indices(turned.shape), axis=(1, 2), weights=turned) - 30
        found = np.rad2deg(np.arctan2(i, j)) * (1 if kind is transforms.RandomAffine else -1)
        assert 8 < found < 42


# ── colours ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("factor", [0, 0.4, 1, 1.7])
@pytest.mark.parametrize(("name", "enhance"), [
    ("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast), ("saturation", ImageEnhance.Color),
])  # fmt: skip
def test_brightness_contrast_and_saturation_are_pillows(name, enhance, factor):
    found = transforms.ColorJitter(**{name: (factor, factor)})(BYTES)
    near(found, array(enhance(PICTURE).enhance(factor)), 1)


@pytest.mark.parametrize("turn", [-0.5, -0.2, 0.1, 0.25, 0.5])
def test_a_hue_is_turned_as_that_of_the_standard_librarys_hsv(turn):
    picture = np.concatenate([FLOATS, np.eye(3)[:, :, None].repeat(12, 2).transpose(0, 2, 1), np.ones((3, 12, 1))], 2)
    expected = np.empty_like(picture)
    for i, j in product(*map(range, picture.shape[1:])):
        hue, saturation, value = colorsys.rgb_to_hsv(*picture[:, i, j])
        expected[:, i, j] = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
    np.testing.assert_allclose(transforms.ColorJitter(hue=(turn, turn))(picture), expected, atol=1e-12)


def test_amounts_are_drawn_within_their_bounds_and_in_any_order():
    jitter = transforms.ColorJitter(0.4, (0.5, 2), 1.5, 0.1)
    assert (jitter.brightness, jitter.contrast) == ((0.6, 1.4), (0.5, 2))
    assert (jitter.saturation, jitter.hue) == ((0, 2.5), (-0.1, 0.1))
    grey = np.full((3, 1, 1), 0.5)
    found = [float(transforms.ColorJitter(brightness=0.4)(grey, seed)[0, 0, 0]) / 0.5 for seed in range(200)]
    assert 0.6 <= min(found) < 0.62 < 1.38 < max(found) <= 1.4
    fixed = transforms.ColorJitter((1.8, 1.8), (0.3, 0.3))
    assert len({fixed(FLOATS, seed).tobytes() for seed in range(20)}) == 2  # what is cut off first shows the order


def test_a_grey_picture_has_no_colours_to_change():
    grey = FLOATS[:1]
    for transform in (transforms.ColorJitter(saturation=1, hue=0.5), transforms.RandomGrayscale(1)):
        np.testing.assert_allclose(transform(grey, 0), grey, rtol=1e-15)
    assert (transforms.ColorJitter(contrast=(0, 0))(grey) == grey.mean()).all()


def test_a_grey_one_keeps_its_channels():
    found = transforms.RandomGrayscale(1)(PICTURE)
    near(found, np.stack([np.asarray(PICTURE.convert("L"))] * 3), 1)


@pytest.mark.parametrize("value", [0, 0.5, (0.1, 0.2, 0.3), "random"])
def test_a_rectangle_within_its_bounds_is_hidden(value):
    erase = transforms.RandomErasing(1, (0.1, 0.3), (0.5, 2), value)
    picture = np.full((3, 40, 50), 7.0)
    corners = set()
    for seed in range(30):
        changed = (found := erase(picture, seed)) != 7
        rows, columns = (np.flatnonzero(changed[0].any(axis)) for axis in (1, 0))
        h, w = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert changed.sum() == 3 * h * w
        assert 0.1 * 2000 - (h + w) <= h * w <= 0.3 * 2000 + (h + w)
        assert 0.5 * (h - 1) - 1 <= w <= 2 * (h + 1) + 1
        corners.add((rows[0], columns[0]))
        if value != "random":
            np.testing.assert_array_equal(
                found[changed].reshape(3, -1), np.broadcast_to(np.reshape(value, (-1, 1)), (3, h * w))
            )
    assert len(corners) > 20


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
def test_a_blur_weighs_neighbours_by_the_normal_density_and_mirrors_the_edges(sigma):
    found = transforms.GaussianBlur((5, 3), sigma)(FLOATS)
    padded = np.pad(FLOATS, ((0, 0), (2, 2), (1, 1)), "reflect")
    total, expected = 0, 0
    for i, j in product(range(5), range(3)):
        weight = np.exp(-((i - 2) ** 2 + (j - 1) ** 2) / (2 * sigma**2))
        total, expected = total + weight, expected + weight * padded[:, i : i + 12, j : j + 15]
    np.testing.assert_allclose(found, expected / total, rtol=1e-12)
    near(transforms.GaussianBlur((5, 3), sigma)(np.full_like(BYTES, 200)), np.full_like(BYTES, 200), 0)


def test_normalising_takes_the_mean_off_and_divides_by_the_deviation():
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    expected = (FLOATS - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1))
    np.testing.assert_allclose(transforms.Normalize(mean, std)(FLOATS), expected)
    of_bytes = transforms.Normalize(mean, std)(BYTES)
    assert of_bytes.dtype == np.float32
    np.testing.assert_allclose(of_bytes, transforms.Normalize(mean, std)(BYTES / 255), rtol=1e-5, atol=1e-6)


# ── taken by data sets ────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_picture_of_a_batch_is_changed_by_itself_and_again_for_the_same_seed():
    data = nn.Augmented(nn.ArrayData(np.stack([BYTES] * 8), np.arange(8)), transforms.RandomCrop(9))
    made = lambda **options: [x.tobytes() for x, _ in nn.batches(data, 3, 5, **options)]
    (first, labels), *_ = nn.batches(data, 8, 5)
    assert first.shape == (8, 3, 9, 9)
    assert len({x.tobytes() for x in first}) > 5
    assert sorted(labels) == [*range(8)]
    assert made() == made(workers=3) == made(ahead=2)
    assert made(first=1) == made()[1:]
    assert not data.in_turn


def test_labels_that_are_masks_move_with_their_pictures():
    masks = np.random.default_rng(0).integers(0, 5, (4, 12, 15))
    data = nn.Augmented(nn.ArrayData(masks[:, None] / 10, masks), transforms.RandomCrop(6, padding=2))
    for inputs, targets in nn.batches(data, 3, 1):
        np.testing.assert_array_equal(inputs[:, 0], targets / 10)
        assert targets.shape[1:] == (6, 6)


def test_other_functions_stand_among_transforms():
    both = transforms.Compose([lambda picture: 1 - picture, transforms.RandomHorizontalFlip(1)])
    np.testing.assert_array_equal(both(FLOATS), 1 - FLOATS[:, :, ::-1])
    assert repr(transforms.Compose([transforms.CenterCrop(3)])) == "Compose(transforms=[CenterCrop(size=(3, 3))])"


# ── what cannot be ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: T.RandomHorizontalFlip(1.5), "RandomHorizontalFlip: p must be a number from 0 to 1, not 1.5"),
        (lambda: T.RandomCrop(0), r"RandomCrop: size must be an integer of at least 1, or \(hei"),
        (lambda: T.RandomCrop(2, padding=-1), "RandomCrop: padding must be one, two or four integers of at"),
        (lambda: T.RandomCrop(2, padding_mode="wrap"), "RandomCrop: padding_mode must be one of constant, e"),
        (lambda: T.RandomCrop(2, fill="a"), "RandomCrop: fill must be a number, not 'a'"),
        (lambda: T.RandomCrop(2, mask_fill=0.5), "RandomCrop: mask_fill must be an integer, not 0.5"),
        (lambda: T.Resize(2, "cubic"), "Resize: interpolation must be one of nearest, bilinear, bicubic, not"),
        (lambda: T.RandomResizedCrop(2, (0.5, 2)), r"RandomResizedCrop: scale must be two numbers in order, at "
         r"least 0, at most 1, not \(0.5, 2\)"),
        (lambda: T.RandomResizedCrop(2, ratio=(2, 1)), "RandomResizedCrop: ratio must be two numbers in order"),
        (lambda: T.RandomRotation(-3), "RandomRotation: degrees must be at least 0, or two numbers in order"),
        (lambda: T.RandomAffine(3, (2, 0)), r"RandomAffine: translate must be two shares from 0 to 1, no"),
        (lambda: T.RandomAffine(3, shear=(1, 2, 3)), "RandomAffine: shear must be two numbers in order, not"),
        (lambda: T.ColorJitter(-1), "ColorJitter: brightness must be at least 0, or two numbers in order"),
        (lambda: T.ColorJitter(hue=0.6), "ColorJitter: hue must be two numbers in order, at least -0.5, at most"),
        (lambda: T.RandomErasing(value="noise"), "RandomErasing: value must be a number, one a channel, or 'ran"),
        (lambda: T.GaussianBlur(4), "GaussianBlur: kernel_size must be an odd number of at least 1, or two"),
        (lambda: T.GaussianBlur(3, 0), "GaussianBlur: sigma must be two numbers in order, at least"),
        (lambda: T.Normalize([1], [0]), "Normalize: std must be 1 numbers above 0"),
        (lambda: T.Normalize(1, [0]), "Normalize: mean must be one number a channel, not 1"),
        (lambda: T.Normalize([1], [1])(FLOATS), "Normalize: 1 means are not for the 3 channels of"),
        (lambda: T.GaussianBlur(43)(BYTES), "GaussianBlur: a picture of 21×19 must be larger than half the ker"),
        (lambda: T.ColorJitter(1)(FLOATS - 1), r"ColorJitter: floating pixels must lie in \[0, 1\], not -"),
        (lambda: T.ColorJitter(1)(FLOATS[:2]), "ColorJitter: a picture .* must have one channel or three"),
        (lambda: T.CenterCrop(2)(FLOATS[0]), r"CenterCrop: the picture \(12, 15\) must be \(C, H, W\), and not"),
        (lambda: T.CenterCrop(2)(FLOATS, 0, FLOATS[0]), r"CenterCrop: the mask of a picture \(3, 12, 15\) must be"),
        (lambda: T.CenterCrop(2)(FLOATS > 1), "CenterCrop: a picture holds bytes or floating numbers, not bool"),
        (lambda: T.CenterCrop(2)(FLOATS, "a"), "CenterCrop: rng must be a NumPy Generator, a seed"),
        (lambda: T.Compose([3]), "Compose: transforms must be functions of a picture, not int"),
        (lambda: T.Transform()(FLOATS), "Transform: a transform must say what it does, in `draw`"),
        (lambda: nn.Augmented(nn.ArrayData(FLOATS, [0] * 3), T.CenterCrop(2)).inputs([0]), "CenterCrop: pictures "
         r"\(1, 12, 15\) must be \(B, C, H, W\)"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(act, message):
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=f"^{message}"):
        act()
