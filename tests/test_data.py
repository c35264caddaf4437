"""Data sets: folders of pictures in every shape and colour mode, arrays, splits, subsets and batches."""

import os
import sys
import threading
import warnings
from itertools import chain

import numpy as np
import pytest
from leaves import no_maker_is_left
from PIL import Image, ImageDraw

import nn

# ── pictures to read ──────────────────────────────────────────────────────────────────────────────────────────────────

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def plain(colour, size=(12, 9)):
    return Image.new("RGB", size, colour)


def quarters(size=16):
    """Red and green above blue and white: turned or mirrored, it shows."""
    pixels = np.zeros((size, size, 3), np.uint8)
    half = size // 2
    pixels[:half, :half], pixels[:half, half:], pixels[half:, :half], pixels[half:, half:] = RED, GREEN, BLUE, WHITE
    return Image.fromarray(pixels)


def corners(array):
    """The colours in the four quarters of a (3, S, S) picture, row by row, as 0 … 255."""
    size = array.shape[1]
    near, far = size // 8, size - 1 - size // 8
    return [tuple(round(255 * v) for v in array[:, i, j].tolist()) for i in (near, far) for j in (near, far)]


@pytest.fixture
def folder(tmp_path):
    """Three classes whose names are not in the order they were made."""
    for name, colour, count in (("zebra", RED, 2), ("ant", GREEN, 3), ("Mole", BLUE, 1)):
        (tmp_path / name).mkdir()
        for i in range(count):
            plain(colour).save(tmp_path / name / f"{name}{i}.png")
    return tmp_path


def saved(tmp_path, picture, name="picture.png", **options):
    picture.save(tmp_path / name, **options)
    return tmp_path / name


# ── ImageFolder ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_classes_are_the_folders_in_alphabetical_order_and_labels_their_numbers(folder):
    data = nn.ImageFolder(folder, size=8)
    assert data.classes == ["Mole", "ant", "zebra"]
    assert data.labels.tolist() == [0, 1, 1, 1, 2, 2]
    assert [file.stem for file in data.files] == ["Mole0", "ant0", "ant1", "ant2", "zebra0", "zebra1"]
    assert len(data) == 6
    colours = [BLUE, *[GREEN] * 3, *[RED] * 2]
    for position, (label, colour) in enumerate(zip(data.labels, colours, strict=True)):
        picture, own = data[position]
        assert (own, picture.shape, corners(picture)) == (label, (3, 8, 8), [colour] * 4)
    batch = data.inputs(np.array([5, 0]))
    assert (batch.shape, batch.dtype) == ((2, 3, 8, 8), np.float32)
    np.testing.assert_array_equal(batch[:, :, 0, 0], [[1, 0, 0], [0, 0, 1]])
    assert nn.ImageFolder(folder)[0][0].shape == (3, 224, 224)
    assert nn.ImageFolder(str(folder), 5)[0][0].shape == (3, 5, 5)


def test_pixels_keep_their_values_when_the_size_is_theirs(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels))
    for resize in ("crop", "stretch"):
        found = nn.read_image(path, 16, resize)
        np.testing.assert_array_equal(found, pixels.transpose(2, 0, 1).astype(np.float32) / np.float32(255))


def test_folders_inside_a_class_and_any_case_of_suffix_count_and_other_files_do_not(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "deep").mkdir(parents=True)
        plain(RED).save(tmp_path / name / "deep" / "one.PNG")
        plain(RED).save(tmp_path / name / "two.JpEg", "jpeg")
        (tmp_path / name / "notes.txt").write_text("not a picture")
        (tmp_path / name / "three.png").mkdir()  # a folder, for all its name
    plain(RED).save(tmp_path / "beside.png")
    (tmp_path / ".hidden").mkdir()
    data = nn.ImageFolder(tmp_path)
    assert data.classes == ["a", "b"]
    assert [file.name for file in data.files] == ["one.PNG", "two.JpEg"] * 2
    assert data.labels.tolist() == [0, 0, 1, 1]


def test_files_are_opened_only_when_they_are_asked_for(folder):
    (folder / "ant" / "ant1.png").write_bytes(b"this is no picture")
    data = nn.ImageFolder(folder, size=4)
    data.inputs(np.array([0, 1, 3]))
    with pytest.raises(ValueError, match=r"ant1\.png cannot be read as an image"):
        data.inputs(np.array([0, 2]))


# ── one picture ───────────────────────────────────────────────────────────────────────────────────────────────────────


def wide():
    """A white square between a red and a blue margin, 3 × 1."""
    pixels = np.full((10, 30, 3), 255, np.uint8)
    pixels[:, :10], pixels[:, 20:] = RED, BLUE
    return Image.fromarray(pixels)


def test_crop_keeps_proportions_and_cuts_the_middle_out_and_stretch_keeps_everything(tmp_path):
    for picture in (wide(), wide().transpose(Image.Transpose.ROTATE_90)):
        found = nn.read_image(saved(tmp_path, picture), 10, "crop")
        np.testing.assert_array_equal(found, np.ones((3, 10, 10), np.float32))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        saved(tmp_path / name, wide())
    assert nn.ImageFolder(tmp_path, 10)[0][0].min() == 1
    found = nn.ImageFolder(tmp_path, 12, resize="stretch")[0][0]
    assert [tuple(found[:, 6, j].tolist()) for j in (0, 6, 11)] == [(1, 0, 0), (1, 1, 1), (0, 0, 1)]
    np.testing.assert_array_equal(nn.read_image(tmp_path / "a/picture.png", 12, "stretch"), found)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (3, 2)])
def test_pictures_smaller_than_the_size_are_enlarged(tmp_path, size):
    found = nn.read_image(saved(tmp_path, plain(GREEN, size)), 6)
    assert found.shape == (3, 6, 6)
    assert corners(found) == [GREEN] * 4


def palette_with_alpha():
    return quarters().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)


def with_alpha():
    picture = quarters().convert("RGBA")
    picture.putalpha(128)
    return picture


JPEG = {"quality": 100, "subsampling": 0}
MODES = {
    "RGBA": (with_alpha, "png", {}),
    "palette": (lambda: quarters().convert("P"), "png", {}),
    "palette with one transparent colour": (palette_with_alpha, "png", {"transparency": 3}),
    "palette with an alpha for each colour": (palette_with_alpha, "png", {"transparency": bytes([255, 128, 0, 255])}),
    "CMYK": (lambda: quarters().convert("CMYK"), "tif", {}),
    "CMYK as JPEG": (lambda: quarters().convert("CMYK"), "jpg", JPEG),
    "RGB with a transparent colour": (quarters, "png", {"transparency": (1, 2, 3)}),
    **{kind: (quarters, kind, {}) for kind in ("png", "bmp", "gif", "tif", "tiff")},
    **{kind: (quarters, kind, JPEG) for kind in ("jpg", "jpeg")},
    "webp": (quarters, "webp", {"lossless": True}),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_any_kind_and_colour_mode_becomes_its_rgb_on_white_without_a_warning(tmp_path, mode):
    make, suffix, options = MODES[mode]
    path = saved(tmp_path, make(), f"picture.{suffix}", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = nn.read_image(path, 16)
    with Image.open(path) as picture:
        alphas = np.asarray(picture.convert("RGBA"))[[2, 2, -3, -3], [2, -3, 2, -3], 3:] / 255
    expected = alphas * [RED, GREEN, BLUE, WHITE] + (1 - alphas) * WHITE
    # JPEG rounds colours by its nature
    np.testing.assert_allclose(corners(found), expected, rtol=0, atol=5 if "jp" in suffix else alphas.min() < 1)


GREYS = {
    "one bit": lambda: Image.new("1", (8, 8), 1),
    "eight bits": lambda: Image.new("L", (8, 8), 128),
    "eight bits and alpha": lambda: Image.new("LA", (8, 8), (128, 7)),
    "sixteen bits": lambda: Image.fromarray(np.full((8, 8), 128 * 257, np.uint16)),
}


@pytest.mark.parametrize("kind", GREYS)
def test_a_grey_picture_has_three_equal_channels_of_its_grey(tmp_path, kind):
    found = nn.read_image(saved(tmp_path, GREYS[kind]()), 4)
    assert found.shape == (3, 4, 4)
    grey = {"one bit": 1, "eight bits and alpha": (128 * 7 + 255 * 248) / 255**2}.get(kind, 128 / 255)
    np.testing.assert_allclose(found, grey, rtol=0, atol=1 / 255)  # one step of eight bits


def test_a_drawing_on_a_transparent_ground_is_seen_whatever_colours_the_ground_hides(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 4), np.uint8)
    pixels[..., 3] = 0
    pixels[4:12, 4:12] = 0, 0, 0, 255
    for found in (
        nn.read_image(saved(tmp_path, Image.fromarray(pixels)), 16),
        nn.Preprocessing(16)(Image.fromarray(pixels)),
    ):
        assert (found[:, 4:12, 4:12] == 0).all()
        assert found.sum() == 3 * (256 - 64)


@pytest.mark.parametrize(("mode", "size"), [("1", (2480, 3508)), ("L", (2480, 3508)), ("RGB", (4000, 3000))])
def test_a_scanned_page_and_a_flat_drawing_are_no_bombs(tmp_path, mode, size):
    picture = Image.new(mode, size, "white")
    ImageDraw.Draw(picture).rectangle((500, 500, 900, 900), fill=0)
    path = saved(tmp_path, picture)
    assert path.stat().st_size < 50_000
    assert 0 <= nn.read_image(path, 8).min() < 1


TURNED = "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_90", "TRANSVERSE", "ROTATE_270"
"""What was done to the upright picture before it was written, from orientation 2 on."""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_exif_data_say(tmp_path, orientation):
    stored, exif = quarters(), Image.Exif()
    if orientation > 1:
        stored = stored.transpose(Image.Transpose[TURNED[orientation - 2]])
    exif[0x0112] = orientation
    found = nn.read_image(saved(tmp_path, stored, exif=exif), 16)
    assert corners(found) == [RED, GREEN, BLUE, WHITE]


def test_the_first_frame_of_an_animation_is_read(tmp_path):
    path = saved(tmp_path, plain(RED), "a.gif", save_all=True, append_images=[plain(GREEN), plain(BLUE)])
    assert corners(nn.read_image(path, 8)) == [RED] * 4


# ── files and folders that are wrong ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp"])
def test_what_is_no_whole_picture_is_refused_by_name(tmp_path, monkeypatch, suffix):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)  # so that half of it cannot be enough
    path = saved(tmp_path, Image.fromarray(pixels), f"picture.{suffix}")
    whole = path.read_bytes()
    for content in (*(whole[:length] for length in (0, 1, 10, len(whole) // 4, len(whole) // 2)), b"Dear reader,"):
        path.write_bytes(content)
        with pytest.raises(ValueError) as caught:
            nn.read_image(path, 8)
        assert str(caught.value).startswith(f"{path} cannot be read as an image: ")
    path.write_bytes(whole)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"picture\.\w+ cannot be read as an image"):
        nn.read_image(path, 8)


def test_a_missing_file_or_folder_is_a_file_not_found_error(folder):
    data = nn.ImageFolder(folder, size=4)
    (folder / "Mole" / "Mole0.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"Mole0\.png"):
        data[0]
    for path in (folder / "nowhere", folder / "ant/ant0.png"):
        with pytest.raises(FileNotFoundError, match=rf"^ImageFolder: there is no folder {path}$"):
            nn.ImageFolder(path)


def test_a_folder_without_two_classes_that_hold_pictures_is_refused(tmp_path):
    saved(tmp_path, plain(RED), "loose.png")
    two = f"{tmp_path} must hold a folder for each of at least two classes; there is"
    for name, words in (
        ("", f"{two} none"),
        ("cats", f"{two} only 'cats'"),
        ("dogs", "class 'dogs' has no pictures in "),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        if name == "cats":
            saved(tmp_path / name, plain(RED))
        with pytest.raises(ValueError, match=rf"^ImageFolder: {words}"):
            nn.ImageFolder(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, r"^ImageFolder: size must be an integer of at least 1, not 0$"),
        ({"size": 2.5}, r"^ImageFolder: size must be an integer of at least 1, not 2\.5$"),
        ({"resize": "squeeze"}, r"^ImageFolder: resize must be 'crop' or 'stretch', not 'squeeze'$"),
    ],
)
def test_arguments_of_a_folder_are_checked(folder, options, message):
    with pytest.raises(ValueError, match=message):
        nn.ImageFolder(folder, **options)


# ── arrays ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def numbers(count, classes=1):
    """Inputs that say which position they stand at."""
    return nn.ArrayData(np.arange(count) * 10, np.arange(count) % classes)


def test_array_data_give_inputs_by_position():
    data = nn.ArrayData([[1, 2], [3, 4], [5, 6]], [0, 1, 0])
    assert (len(data), data.labels.tolist()) == (3, [0, 1, 0])
    assert data.inputs(np.array([2, 0, 2])).tolist() == [[5, 6], [1, 2], [5, 6]]


# ── batches ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def seen(data, batch_size, rng=None, **options):
    return [(inputs.tolist(), labels.tolist()) for inputs, labels in nn.batches(data, batch_size, rng, **options)]


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (5, [5, 5]), (10, [10]), (99, [10]), (1, [1] * 10)])
@pytest.mark.parametrize("seed", [None, 0])
def test_batches_hold_every_example_once_and_the_last_may_be_smaller(batch_size, sizes, seed):
    rng = None if seed is None else np.random.default_rng(seed)
    found = seen(numbers(10, classes=3), batch_size, rng)
    assert [len(inputs) for inputs, _ in found] == sizes
    inputs, labels = ([*chain(*parts)] for parts in zip(*found, strict=True))
    assert sorted(inputs) == [10 * i for i in range(10)]
    assert labels == [i // 10 % 3 for i in inputs], "labels stay with their inputs"
    assert (inputs == sorted(inputs)) == (seed is None)


def test_batches_repeat_for_a_seed_and_differ_between_passes():
    data = numbers(20)
    first, second = np.random.default_rng(1), np.random.default_rng(1)
    passes = [seen(data, 7, first), seen(data, 7, first)]
    assert passes == [seen(data, 7, second), seen(data, 7, second)]
    assert passes[0] != passes[1]
    assert passes[0] != seen(data, 7, np.random.default_rng(2))


def test_batches_of_pictures_read_only_their_own_files(folder):
    data = nn.ImageFolder(folder, size=4)
    found = [(x.shape, y.tolist()) for x, y in nn.batches(data, 4)]
    assert found == [((4, 3, 4, 4), [0, 1, 1, 1]), ((2, 3, 4, 4), [2, 2])]
    (folder / "zebra" / "zebra0.png").write_bytes(b"broken")
    stream = nn.batches(data, 4)
    next(stream)
    with pytest.raises(ValueError, match=r"zebra0\.png"):
        next(stream)


def test_a_smaller_last_batch_is_left_out_or_joins_the_batch_before_it():
    sizes = lambda count, size, **options: [len(labels) for _, labels in nn.batches(numbers(count), size, **options)]
    assert sizes(10, 4, drop_last=True) == [4, 4]
    assert sizes(8, 4, drop_last=True) == [4, 4]
    assert sizes(3, 4, drop_last=True) == []
    assert sizes(9, 4, least=2) == [4, 5]
    assert sizes(10, 4, least=2) == [4, 4, 2]
    assert sizes(1, 4, least=2) == [1]
    assert sizes(9, 4, least=2, drop_last=True) == [4, 4]
    assert [inputs for inputs, _ in seen(numbers(9), 4, least=2, first=1)] == [[40, 50, 60, 70, 80]]


def test_examples_are_drawn_in_proportion_to_their_weights():
    data, rng = numbers(5, classes=5), np.random.default_rng(0)
    weights = np.array([0, 1, 2, 3, 4])
    draws = np.concatenate([labels for _ in range(2000) for _, labels in nn.batches(data, 2, rng, weights=weights)])
    assert len(draws) == 5 * 2000
    expected = len(draws) * weights / 10
    found = np.bincount(draws, minlength=5)
    deviations = np.sqrt(expected * (1 - weights / 10))  # binomial
    assert found[0] == 0
    assert (np.abs(found - expected)[1:] < 5 * deviations[1:]).all()
    assert seen(data, 2, 3, weights=weights) == seen(data, 2, 3, weights=7 * weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"must be 3 numbers of at least 0, one an example, not int64 \(2,\)$"),
        ([1, 2, -0.5], "must be 3 numbers of at least 0, one an example, not -0.5$"),
        ([1, 2, np.nan], "must be 3 numbers of at least 0, one an example, not nan$"),
        ([0, 0, 0], "^batches: the sum of the weights must be a number above 0, not 0$"),
        ([1, np.inf, 0], "^batches: the sum of the weights must be a number above 0, not inf$"),
    ],
)
def test_what_are_no_weights_is_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        nn.batches(numbers(3), 2, 0, weights=weights)
    with pytest.raises(ValueError, match=r"^batches: examples are drawn by their weights; give rng="):
        nn.batches(numbers(3), 2, weights=[1, 1, 1])


# ── splits and subsets ────────────────────────────────────────────────────────────────────────────────────────────────


def positions(subset):
    return [n // 10 for n in subset.inputs(np.arange(len(subset))).tolist()]


def test_a_split_takes_the_fraction_of_every_class_and_shares_nothing():
    labels = np.repeat([0, 1, 2], [40, 20, 10])
    data = nn.ArrayData(np.arange(70) * 10, np.random.default_rng(0).permutation(labels))
    first, second = nn.split(data, 0.7)
    assert np.bincount(first.labels).tolist() == [28, 14, 7]
    assert np.bincount(second.labels).tolist() == [12, 6, 3]
    assert sorted(positions(first) + positions(second)) == list(range(70))
    for part in (first, second):
        np.testing.assert_array_equal(part.labels, data.labels[positions(part)])
        assert positions(part) == sorted(positions(part))


def test_a_split_is_drawn_at_random_and_repeats_for_a_seed():
    data = numbers(50, classes=2)
    drawn = [positions(nn.split(data, 0.5, **seed)[0]) for seed in ({"seed": 3}, {"seed": 4}, {"seed": 0}, {})]
    assert drawn[0] == positions(nn.split(data, 0.5, seed=3)[0]) != drawn[1]
    assert drawn[2] == drawn[3]
    first, _ = nn.split(numbers(1000), 0.5)
    # the number of drawn examples among the first 500 is hypergeometric, with a standard deviation of 7.9
    assert abs(sum(p < 500 for p in positions(first)) - 250) < 5 * 7.9


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.9, 0.99])
def test_each_part_of_a_split_has_an_example_of_a_class_that_has_two(fraction):
    data = nn.ArrayData(np.arange(22), np.repeat([0, 1], [20, 2]))
    assert [np.count_nonzero(part.labels) for part in nn.split(data, fraction)] == [1, 1]


def test_a_split_in_three_takes_the_fractions_of_every_class_or_exactly_as_many_as_are_counted():
    labels = np.repeat([0, 1, 2], [40, 20, 10])
    data = nn.ArrayData(np.arange(70) * 10, np.random.default_rng(0).permutation(labels))
    by_class = lambda parts: [np.bincount(part.labels, minlength=3).tolist() for part in parts]
    parts = nn.split(data, (0.7, 0.2, 0.1))
    assert by_class(parts) == [[28, 14, 7], [8, 4, 2], [4, 2, 1]]
    assert sorted(chain(*map(positions, parts))) == list(range(70))
    counted = nn.split(data, [49, 14, 7], seed=3)
    assert [len(part) for part in counted] == [49, 14, 7]
    assert sorted(chain(*map(positions, counted))) == list(range(70))
    assert np.abs(np.array(by_class(counted)) - by_class(parts)).max() <= 1
    assert by_class(nn.split(nn.ArrayData(np.arange(23), np.repeat([0, 1], [20, 3])), (0.8, 0.1, 0.1))) == [
        [16, 1, 0], [2, 1, 0], [2, 1, 0],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((0.5, 0.2), "the fractions .* must have the sum 1, not 0.7$"),
        ((5, 4), r"the counts \(5, 4\) make 9 examples; the data set has 10$"),
        ((10,), r"parts must be two fractions or more, or two counts or more, not \(10,\)$"),
        ((10, 0), "parts must be two fractions or more"),
        ((5, 0.5), "parts must be two fractions or more"),
        ((), "parts must be two fractions or more"),
        ("half", "the fraction must be between 0 and 1, not 'half'$"),
    ],
)
def test_what_parts_no_data_set_is_refused(parts, message):
    with pytest.raises(ValueError, match=f"^split: {message}"):
        nn.split(numbers(10), parts)


def test_a_subset_stays_as_it_is_when_the_positions_it_was_given_are_changed():
    order = np.arange(10)[::-1].copy()
    part = nn.Subset(numbers(10, classes=10), order[:4])
    order[:] = 0
    assert (positions(part), part.labels.tolist()) == ([9, 8, 7, 6], [9, 8, 7, 6])
    mask = np.arange(10) < 2
    part = nn.Subset(numbers(10), mask)
    mask[:] = True
    assert len(part) == 2


def test_examples_of_parts_and_changed_data_are_found_one_by_one_and_by_file(folder):
    data = nn.ImageFolder(folder, size=4)
    part = nn.Subset(data, [5, 1])
    assert [file.name for file in part.files] == ["zebra1.png", "ant0.png"]
    picture, label = part[1]
    assert (picture.shape, label) == ((3, 4, 4), 1)
    np.testing.assert_array_equal(part[-1][0], picture)
    with pytest.raises(IndexError):
        part[2]
    np.testing.assert_array_equal(nn.Augmented(part, lambda x: 1 - x)[1][0], 1 - picture)
    assert not hasattr(nn.Subset(numbers(3), [0]), "files")


def test_a_subset_gives_the_examples_at_its_positions_in_its_order_or_those_of_a_mask():
    part = nn.Subset(numbers(10, classes=3), [7, 2, 2])
    assert (len(part), part.labels.tolist()) == (3, [1, 2, 2])
    assert part.inputs(np.array([1, 0])).tolist() == [20, 70]
    assert seen(part, 2) == [([70, 20], [1, 2]), ([20], [2])]
    part = nn.Subset(numbers(4, classes=2), np.array([True, False, False, True]))
    assert (len(part), positions(part)) == (2, [0, 3])


def test_a_subset_of_a_subset_counts_in_the_positions_of_the_subset():
    data = numbers(100, classes=4)
    part = nn.Subset(nn.Subset(data, np.arange(50, 100)), [0, 10, 49])
    assert positions(part) == [50, 60, 99]
    assert part.labels.tolist() == [2, 0, 3]
    first, rest = nn.split(data, 0.5, seed=1)
    second, third = nn.split(rest, 0.5, seed=1)
    assert len(first) + len(second) + len(third) == 100
    assert sorted(positions(first) + positions(second) + positions(third)) == list(range(100))
    for part in (second, third):
        np.testing.assert_array_equal(part.labels, data.labels[positions(part)])


def test_an_augmented_data_set_changes_its_inputs_each_time_and_keeps_its_labels():
    rng = np.random.default_rng(0)
    data = nn.ArrayData(np.zeros((5, 2)), np.arange(5))
    moving = nn.Augmented(data, lambda x: x + rng.standard_normal(x.shape))
    first, again = moving.inputs(np.array([0, 3])), moving.inputs(np.array([0, 3]))
    assert first.shape == (2, 2)
    assert (first != again).all()
    assert len(moving) == 5
    np.testing.assert_array_equal(moving.labels, np.arange(5))
    np.testing.assert_array_equal(data.inputs(np.arange(5)), np.zeros((5, 2)))


@pytest.mark.parametrize("layers", [1, 2])
def test_changes_under_changes_and_parts_of_them_draw_from_the_generator_of_their_batch(layers):
    data = numbers(12)
    for _ in range(layers):
        data = nn.Subset(nn.Augmented(data, lambda x, rng: x + rng.random(x.shape)), np.arange(12))
    assert data.draws
    assert seen(data, 5, 3) == seen(data, 5, 3)
    assert seen(data, 5, 3)[1:] == seen(data, 5, 3, first=1)
    assert seen(data, 5, 3) != seen(data, 5, 4)


def test_what_is_made_of_bytes_is_not_cast_back_to_bytes():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 1, 4, 4), np.uint8)
    changed = lambda change: nn.Augmented(nn.ArrayData(pixels, np.arange(8)), change).inputs(np.arange(8))
    scaled = changed(lambda x: x / 255)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, pixels / 255, rtol=1e-6)
    brighter = changed(lambda x: x + np.full(x.shape, 100))
    np.testing.assert_array_equal(brighter, pixels.astype(int) + 100)
    assert changed(lambda x: x[..., ::-1]).dtype == np.uint8
    assert changed(lambda x: x > 127).dtype == bool


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_inputs_keep_their_dtype_when_they_are_changed(dtype):
    data = nn.ArrayData(np.ones((3, 2), dtype), np.arange(3))
    for change in (lambda x: x * np.ones(2), lambda x: x.astype(int), lambda x: [[1, 2]] * 3):
        assert nn.Augmented(data, change).inputs(np.arange(3)).dtype == dtype
    with pytest.raises(ValueError, match=r"^Augmented: what `change` made: "):
        nn.Augmented(data, lambda x: [[1], [2, 3], [4]]).inputs(np.arange(3))


# ── what cannot be read ───────────────────────────────────────────────────────────────────────────────────────────────


def test_files_that_cannot_be_read_are_skipped_and_told_with_the_reason(tmp_path):
    good, bad = tmp_path / "a", tmp_path / "b"
    for place in (good, bad):
        place.mkdir()
        quarters().save(place / "whole.png")
    quarters().convert("P").save(good / "palette.png")
    quarters().convert("CMYK").save(good / "cmyk.jpg")
    Image.fromarray(np.full((9, 9), 2**15, np.uint16)).save(good / "deep.png")
    quarters().save(good / "mislabelled.jpg", "PNG")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(bad / "cut.jpg")
    (bad / "cut.jpg").write_bytes((bad / "cut.jpg").read_bytes()[:900])
    (bad / "empty.png").touch()
    (bad / "text.gif").write_text("no picture")
    (bad / "notes.txt").write_text("no picture")
    if sys.platform != "win32":
        (good / "moved.png").symlink_to("/moved/away.png")
        (good / "round.png").symlink_to("round.png")
        os.mkfifo(good / "pipe.png")
    data = nn.ImageFolder(tmp_path, size=8, unreadable="skip")
    assert [file.name for file in data.files] == ["cmyk.jpg", "deep.png", "mislabelled.jpg", "palette.png", "whole.png",
                                                  "whole.png"]  # fmt: skip
    assert data.labels.tolist() == [0] * 5 + [1]
    reasons = {file.name: why for file, why in data.skipped}
    if sys.platform != "win32":
        assert reasons.pop("moved.png") == reasons.pop("round.png") == "is a link that leads nowhere"
        assert reasons.pop("pipe.png") == "is a pipe or a device"
        with pytest.raises(
            ValueError, match=r"pipe\.png cannot be read as an image: .*pipe\.png is a pipe or a device"
        ):
            nn.read_image(good / "pipe.png", 8)
    assert sorted(reasons) == ["cut.jpg", "empty.png", "notes.txt", "text.gif"]
    assert "truncated" in reasons["cut.jpg"]
    assert reasons["empty.png"].startswith("cannot be read as an image: cannot identify image file")
    assert reasons["notes.txt"] == "is not called like a picture"
    assert data.inputs(np.arange(6)).shape == (6, 3, 8, 8)
    np.testing.assert_allclose(data[1][0], 128 / 255)  # 2¹⁵ of 2¹⁶
    with pytest.raises(ValueError, match=r"cut\.jpg cannot be read as an image"):
        nn.ImageFolder(tmp_path, size=8).inputs(np.arange(7))


def test_a_class_of_which_nothing_can_be_read_is_refused_with_the_reason(folder):
    for file in (folder / "Mole").iterdir():
        file.write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"^ImageFolder: class 'Mole' has no pictures in .*Mole0\.png cannot be read as"
    ):
        nn.ImageFolder(folder, size=8, unreadable="skip")


def test_a_folder_that_cannot_be_opened_is_told(folder, monkeypatch):
    (folder / "ant" / "locked").mkdir()
    scandir = os.scandir

    def forbidden(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", forbidden)
    data = nn.ImageFolder(folder, size=8, unreadable="skip")
    assert data.skipped == [(folder / "ant" / "locked", "cannot be read: Permission denied")]
    assert len(data) == 6


def test_a_folder_gives_pictures_as_a_net_wants_to_see_them(folder):
    wants = nn.Preprocessing(6, bgr=True, scale=255.0, mean=(1.0, 2.0, 3.0), resize="stretch")
    data = nn.ImageFolder(folder, preprocess=wants)
    np.testing.assert_array_equal(data.inputs(np.array([3]))[0], wants(data.files[3]))
    assert data.inputs(np.arange(2)).shape == (2, 3, 6, 6)


# ── batches made ahead of their use ───────────────────────────────────────────────────────────────────────────────────


class Slow:
    """Numbers that write down who asked for them, and when."""

    readable_ahead = True

    def __init__(self, n=20):
        self.labels, self.asked = np.arange(n), []

    def __len__(self):
        return len(self.labels)

    def inputs(self, positions):
        if 13 in positions:
            raise ValueError("13 cannot be read")
        self.asked.append((threading.current_thread().name, positions.tolist()))
        return self.labels[positions] * 10.0


def test_batches_made_ahead_are_those_made_in_time():
    data = numbers(50, classes=50)
    for rng in (None, 5):
        in_time = seen(data, 7, rng)
        assert seen(data, 7, rng, ahead=3) == in_time
        assert seen(data, 7, rng, first=2) == in_time[2:]


def test_another_thread_makes_the_next_batches_while_one_is_used():
    data = Slow(12)
    made = nn.batches(data, 2)
    assert data.asked == []
    next(made)
    while len(data.asked) < 3:
        pass
    assert {name for name, _ in data.asked} == {"ahead_0"}
    assert [positions for _, positions in data.asked] == [[0, 1], [2, 3], [4, 5]]
    made.close()
    assert len(data.asked) <= 3
    no_maker_is_left()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_however_many_threads_make_the_batches_they_are_the_same_and_draw_the_same(folder, workers):
    for data in (
        nn.Augmented(Slow(12), lambda x, rng: x + rng.random(x.shape)),
        nn.Augmented(nn.ImageFolder(folder, size=4), lambda x, rng: x * rng.random((len(x), 1, 1, 1))),
    ):
        in_time = seen(data, 2, 3, ahead=0)
        assert seen(data, 2, 3, workers=workers) == in_time
        assert seen(data, 2, 3, workers=workers, first=2) == in_time[2:]
        assert seen(data, 2, 3, workers=workers, ahead=1) == in_time


def test_a_change_that_has_a_generator_of_its_own_is_made_in_order_by_one_thread():
    def made(**options):
        rng = np.random.default_rng(0)
        data = nn.Subset(nn.Augmented(Slow(12), lambda x: x + rng.random(x.shape)), np.arange(12))
        return seen(data, 2, **options), {name for name, _ in data.data.data.asked}

    assert made(workers=4) == (made()[0], {"ahead_0"})


def test_a_picture_that_cannot_be_read_is_named_in_the_training_thread(folder):
    (folder / "zebra" / "zebra1.png").write_bytes(b"broken")
    for make in (
        lambda: [*nn.batches(nn.ImageFolder(folder, size=4), 1, workers=3)],
        lambda: nn.Learner(nn.Sequential(nn.Flatten(), nn.Linear(48, 3))).evaluate(
            nn.ImageFolder(folder, size=4), batch_size=1, workers=3
        ),
    ):
        with pytest.raises(ValueError, match=r"zebra1\.png cannot be read as an image"):
            make()
        no_maker_is_left()


def test_what_goes_wrong_ahead_is_raised_where_that_batch_is_due():
    made = nn.batches(Slow(), 4)
    assert [next(made)[1].tolist() for _ in range(3)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    with pytest.raises(ValueError, match=r"^13 cannot be read$"):
        next(made)


def test_data_in_memory_and_changes_that_share_a_generator_are_made_in_time():
    rng = np.random.default_rng(0)
    closed = nn.Augmented(Slow(), lambda x: x + rng.random(x.shape))
    assert not closed.readable_ahead
    assert not nn.Subset(numbers(4), [0]).readable_ahead
    assert nn.Subset(Slow(), [0]).readable_ahead
    assert nn.Augmented(nn.Subset(Slow(), [0]), lambda x, rng: x).readable_ahead


def test_a_change_that_is_given_a_generator_repeats_for_the_seed_of_the_batches():
    data = nn.Augmented(Slow(12), lambda x, rng: x + rng.random(x.shape))

    def made(seed, **options):
        return [x.tolist() for x, _ in nn.batches(data, 5, seed, **options)]

    assert made(3) == made(3, ahead=0) == made(3, ahead=5)
    assert made(3)[1:] == made(3, first=1)
    assert made(3) != made(4)
    rng = np.random.default_rng(3)
    first, second = made(rng), made(rng)
    assert first == made(3)
    assert not np.isin(np.concatenate(second), np.concatenate(first)).any()
