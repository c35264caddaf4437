"""Pictures in folders: grounds, other formats, transforms while they are read, masks, and what is passed over."""

import re
import sys
import types

import numpy as np
import pytest
from leaves import no_maker_is_left
from PIL import Image, ImageFile, features
from test_data import BLUE, GREEN, RED, WHITE, corners, folder, plain, quarters, saved  # noqa: F401 (a fixture)

import nn
from nn import transforms

# ── grounds ───────────────────────────────────────────────────────────────────────────────────────────────────────────

TRANSPARENT = {
    "RGBA": lambda: Image.new("RGBA", (8, 8), (255, 0, 0, 0)),
    "LA": lambda: Image.new("LA", (8, 8), (200, 0)),
    "PA": lambda: Image.new("RGBA", (8, 8), (255, 0, 0, 0)).convert("PA"),
}


@pytest.mark.parametrize("mode", TRANSPARENT)
def test_a_transparent_picture_stands_on_the_ground_of_choice(tmp_path, mode):
    picture = TRANSPARENT[mode]()
    for ground, expected in (({}, WHITE), ({"ground": BLUE}, BLUE), ({"ground": [1, 2, 3]}, (1, 2, 3))):
        assert corners(nn.Preprocessing(4, **ground)(picture)) == [expected] * 4
        if mode != "PA":  # PNG has none
            path = saved(tmp_path, picture)
            assert corners(nn.read_image(path, 4, **ground)) == [expected] * 4
            assert corners(nn.Pictures([path], size=4, **ground)[0][0]) == [expected] * 4
    whole = Image.new("RGBA", (8, 8), (255, 0, 0, 51))
    found = nn.Preprocessing(4, ground=(0, 0, 255))(whole)[:, 0, 0]
    np.testing.assert_allclose(found, [0.2, 0, 0.8], atol=1 / 255)


def test_a_ground_is_kept_with_weights_unless_it_is_white():
    for ground, noted in (((0, 0, 0), True), ((255, 255, 255), False)):
        wants = nn.Preprocessing(4, ground=ground)
        assert ("ground" in wants.noted()) == noted
        assert nn.Preprocessing.of_note(wants.noted()) == wants


@pytest.mark.parametrize("ground", [(0, 0), (0, 0, 256), (0, 0, 0.5), "white", 3, None])
def test_what_is_no_ground_is_refused(ground):
    with pytest.raises(
        ValueError, match=r"^Preprocessing: ground must be red, green and blue, each from 0 to 255, not "
    ):
        nn.Preprocessing(4, ground=ground)


# ── formats ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_what_is_called_avif_is_read_as_such_and_no_other_file_is(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        saved(tmp_path / name, plain(RED), "1.avif", quality=100)
    np.testing.assert_allclose(nn.ImageFolder(tmp_path, size=4)[0][0][:, 0, 0], [1, 0, 0], atol=2 / 255)
    (tmp_path / "a" / "1.avif").rename(tmp_path / "called.png")
    with pytest.raises(ValueError, match=r"called\.png cannot be read as an image: cannot identify"):
        nn.read_image(tmp_path / "called.png", 4)


class Heif(ImageFile.ImageFile):
    """What stands for pillow-heif's reader: one byte of grey."""

    format = "HEIF"

    def _open(self):
        self._size, self._mode = (4, 4), "L"
        self.tile = [ImageFile._Tile("raw", (0, 0, 4, 4), 4, ("L", 0, 1))]


def test_heic_is_read_by_its_package_once_a_file_is_called_so_and_else_told(tmp_path, monkeypatch):
    path = tmp_path / "photo.HEIC"
    path.write_bytes(b"HEIF" + bytes([128] * 16))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(
        ValueError, match=r"photo\.HEIC cannot be read as an image: HEIC is read by the package pillow-heif"
    ):
        nn.read_image(path, 2)
    registered = []

    def register():
        registered.append(1)
        monkeypatch.setitem(Image.OPEN, "HEIF", (Heif, lambda begin: begin.startswith(b"HEIF")))

    monkeypatch.setitem(sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register))
    nn.read_image(saved(tmp_path, plain(RED)), 2)
    assert not registered
    np.testing.assert_allclose(nn.read_image(path, 2), 128 / 255)
    assert registered
    assert [file.name for file in nn.pictures_in(tmp_path)] == ["photo.HEIC", "picture.png"]


# ── transforms while pictures are read ────────────────────────────────────────────────────────────────────────────────


def test_a_transform_sees_pictures_as_they_are_or_of_a_size_and_each_with_its_own_generator(folder):  # noqa: F811
    crop = transforms.RandomCrop((5, 7))
    data = nn.ImageFolder(folder, transform=crop)
    assert data[0][0].shape == (3, 5, 7)
    assert data.inputs(np.arange(6)).dtype == np.float32
    assert corners(nn.ImageFolder(folder, 12, transform=transforms.RandomCrop(9))[5][0]) == [RED] * 4
    seen = []
    nn.ImageFolder(folder, transform=lambda picture: seen.append(picture.shape) or picture)[0]
    nn.ImageFolder(folder, 6, transform=lambda picture: seen.append(picture.shape) or picture)[0]
    assert seen == [(3, 9, 12), (3, 6, 6)]


def test_pictures_are_the_same_for_a_seed_however_many_threads_read_them_and_wherever_they_begin(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    files = [saved(tmp_path, Image.fromarray(pixels), f"{i}.png") for i in range(7)]
    recipe = transforms.Compose([
        transforms.RandomResizedCrop(6), transforms.RandomHorizontalFlip(), transforms.ColorJitter(0.4, 0.4, 0.4, 0.1),
        transforms.Normalize((0.5, 0.5, 0.5), (0.2, 0.2, 0.2)), transforms.RandomErasing(),
    ])  # fmt: skip
    data = nn.Subset(nn.Pictures(files, np.arange(7), transform=recipe), np.arange(7))
    made = lambda rng=3, **options: [(x.tobytes(), y.tolist()) for x, y in nn.batches(data, 2, rng, **options)]
    whole = made(ahead=0)
    for options in ({}, {"workers": 1}, {"workers": 4}, {"ahead": 5}):
        assert made(**options) == whole
        assert made(first=2, **options) == whole[2:]
    assert made(4) != whole
    (all_of_them, _), = nn.batches(data, 7, 3)  # fmt: skip
    assert len({x.tobytes() for x in all_of_them}) == 7
    assert all_of_them.min() < -1
    no_maker_is_left()


def test_what_a_net_wants_to_see_comes_after_the_transform(folder):  # noqa: F811
    wants = nn.Preprocessing(6, bgr=True, scale=255.0, mean=(1.0, 2.0, 3.0))
    data = nn.ImageFolder(folder, preprocess=wants, transform=transforms.RandomVerticalFlip(0))
    np.testing.assert_array_equal(data[4][0], nn.ImageFolder(folder, preprocess=wants)[4][0])
    assert data[4][0].max() > 200


def test_a_picture_that_a_transform_cannot_change_is_named(folder):  # noqa: F811
    data = nn.ImageFolder(folder, transform=transforms.RandomCrop(10))
    with pytest.raises(ValueError, match=r"Mole0\.png: RandomCrop: a picture of 9×12 has no part of 10×10$"):
        [*nn.batches(data, 2, workers=2)]
    with pytest.raises(TypeError, match=r"^ImageFolder: transform must be a function of a picture, not str$"):
        nn.ImageFolder(folder, transform="flip")
    saved(folder / "ant", plain(RED, (3, 4)), "a.png")
    data = nn.ImageFolder(folder, transform=transforms.RandomHorizontalFlip())
    with pytest.raises(
        ValueError, match=r"^ImageFolder: pictures of one batch must become as large as each other, not "
    ):
        data.inputs(np.arange(3))


# ── what is passed over ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_folder_passes_over_is_listed_and_told_in_one_line(folder, capfd):  # noqa: F811
    nn.ImageFolder(folder)
    assert capfd.readouterr().out == ""
    for name in ("loose.png", ".DS_Store", "ant/.hidden.png", "ant/notes.txt", "ant/more.txt"):
        (folder / name).touch()
    (folder / "zebra" / ".thumbnails").mkdir()
    (folder / "zebra" / ".thumbnails" / "1.png").touch()
    data = nn.ImageFolder(folder)
    assert [(str(file.relative_to(folder)), why) for file, why in data.skipped] == [
        (".DS_Store", "is hidden"),
        ("loose.png", "is in no class's folder"),
        ("ant/.hidden.png", "is hidden"),
        *sorted((f"ant/{name}.txt", "is not called like a picture") for name in ("notes", "more")),
        ("zebra/.thumbnails", "is hidden"),
    ]
    assert capfd.readouterr().out == (
        f"ImageFolder: passed over in {folder}: what is hidden (3), what is not called like a picture (2), what is in "
        "no class's folder (1); `skipped` lists them\n"
    )
    (folder / "ant" / "ant0.png").write_bytes(b"no picture")
    nn.ImageFolder(folder, unreadable="skip")
    assert "what cannot be read as an image (1)" in capfd.readouterr().out


# ── masks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def labels_of(size=(20, 16), classes=4):
    return np.random.default_rng(0).integers(0, classes, size[::-1])


def as_palette(labels):
    picture = Image.new("P", labels.shape[::-1])
    picture.putpalette([*RED, *GREEN, *BLUE, *WHITE])
    picture.putdata(labels.ravel().tolist())
    return picture


MASKS = {
    "palette": as_palette,
    "grey": lambda labels: Image.fromarray(labels.astype(np.uint8)),
    "sixteen bits": lambda labels: Image.fromarray((labels * 300).astype(np.uint16)),
}


def scene(tmp_path, kind="palette", count=3):
    """Folders of pictures and masks, in which a picture's red is 60 times its mask; the last one in a folder deeper."""
    for i in range(count):
        labels = np.roll(labels_of(), i)
        red = Image.fromarray(np.stack([60 * labels] * 3, 2).astype(np.uint8))
        for place, picture in (("images", red), ("masks", MASKS[kind](labels))):
            at = tmp_path / place / ("deep" if i == count - 1 else ".")
            at.mkdir(parents=True, exist_ok=True)
            picture.save(at / f"{i}.png")
    return tmp_path / "images", tmp_path / "masks"


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("options", [{"size": 16}, {"size": 8, "resize": "stretch"}, {"size": 5}])
def test_masks_are_their_integers_cut_and_resized_by_the_nearest_pixel_as_their_pictures_are(tmp_path, kind, options):
    data = nn.Segmentation(*scene(tmp_path, kind), **options)
    assert [file.name for file in data.files] == [file.name for file in data.masks] == ["0.png", "1.png", "2.png"]
    (inputs, masks), = nn.batches(data, 3)  # fmt: skip
    size, unit = options["size"], 300 if kind == "sixteen bits" else 1
    assert (inputs.shape, masks.shape) == ((3, 3, size, size), (3, size, size))
    assert masks.dtype.kind == "i"
    assert set(np.unique(masks)) == {0, unit, 2 * unit, 3 * unit}
    if size == 16:  # the middle, nothing resized
        np.testing.assert_array_equal(masks[0], unit * labels_of()[:, 2:18])
        np.testing.assert_allclose(inputs[:, 0] * 255, 60 * masks / unit, atol=1e-4)


def test_masks_move_with_their_pictures_under_a_transform_that_leaves_labels_alone(tmp_path):
    recipe = transforms.Compose([
        transforms.RandomRotation(40), transforms.RandomResizedCrop(9, interpolation="nearest"),
        transforms.RandomHorizontalFlip(),
    ])  # fmt: skip
    for options in ({}, {"size": 14}):
        data = nn.Segmentation(*scene(tmp_path), transform=recipe, **options)
        for inputs, masks in nn.batches(data, 2, 0, workers=2):
            if not options:
                np.testing.assert_allclose(inputs[:, 0] * 255, 60 * masks, atol=1e-4)
            assert masks.shape[1:] == inputs.shape[2:] == (9, 9)
    brightened = nn.Segmentation(*scene(tmp_path), size=16, transform=transforms.ColorJitter(0.5))
    np.testing.assert_array_equal(brightened[0][1], labels_of()[:, 2:18])
    seen = nn.Segmentation(
        *scene(tmp_path), preprocess=nn.Preprocessing(16), transform=transforms.RandomHorizontalFlip(1)
    )
    np.testing.assert_array_equal(seen[0][1], labels_of()[:, 2:18][:, ::-1])


def test_a_mask_is_turned_as_its_own_exif_data_say(tmp_path):
    images, masks = scene(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 3
    as_palette(labels_of()[::-1, ::-1]).save(masks / "0.png", exif=exif)
    np.testing.assert_array_equal(nn.Segmentation(images, masks, size=16)[0][1], labels_of()[:, 2:18])


def test_pictures_without_masks_and_masks_that_do_not_fit_are_refused_by_name(tmp_path, capfd):
    images, masks = scene(tmp_path)
    (masks / "1.png").rename(masks / "other.png")
    with pytest.raises(ValueError, match=r"^Segmentation: 1 pictures have no mask in .*masks: .*1\.png$"):
        nn.Segmentation(images, masks)
    (images / "1.png").unlink()
    data = nn.Segmentation(images, masks, size=8)
    assert data.skipped == [(masks / "other.png", "is the mask of no picture")]
    assert "what is the mask of no picture (1)" in capfd.readouterr().out
    as_palette(labels_of((9, 9))).save(masks / "0.png")
    with pytest.raises(ValueError, match=r"0\.png: the mask is 9×9, its picture .*0\.png 20×16$"):
        data[0]
    plain(RED, (20, 16)).save(masks / "0.png")
    with pytest.raises(
        ValueError, match=r"masks/0\.png cannot be read as an image: a mask .* is RGB, and palette= says"
    ):
        data[0]
    assert len(nn.Segmentation(images, masks, size=8, unreadable="skip")) == 1
    with pytest.raises(ValueError, match=r"^Segmentation: 2 pictures and 1 masks; each needs the other"):
        nn.Segmentation(data.files, data.masks[:1])
    with pytest.raises(FileNotFoundError, match=r"^Segmentation: there is no folder .*nowhere$"):
        nn.Segmentation(images, tmp_path / "nowhere")


COLOURS = [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("palette", [COLOURS, {tuple(c): n for c, n in zip(COLOURS, (7, 0, 255, 3), strict=True)}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_of_masks_stand_for_the_numbers_that_a_palette_gives_them(tmp_path, palette, mode):
    images, masks = scene(tmp_path)
    numbers = np.array([*palette.values()] if isinstance(palette, dict) else range(4))
    for file in masks.rglob("*.png"):
        picture = Image.open(file).convert("RGB")
        (picture.quantize(4) if mode == "P" else picture.convert(mode)).save(file)
    flip = transforms.RandomHorizontalFlip(1)
    for options, cut in (({}, slice(2, 18)), ({"transform": flip}, slice(-3, -19, -1))):
        data = nn.Segmentation(images, masks, size=16, palette=palette, **options)
        np.testing.assert_array_equal(data[0][1], numbers[labels_of()][:, cut])
        assert data[0][1].dtype.kind == "i"


def test_a_palette_that_lacks_a_colour_or_means_nothing_is_refused(tmp_path):
    images, masks = scene(tmp_path)
    data = nn.Segmentation(images, masks, size=16, palette=COLOURS[:3])
    white = np.argwhere(labels_of() == 3)
    told = rf"{len(white)} of 320 pixels have colours that palette does not hold, the first \(255, 255, 255\) at row "
    with pytest.raises(ValueError, match=told + rf"{white[0][0]}, column {white[0][1]}$"):
        data[0]
    for palette, words in (
        ([], "must hold each colour once, and at least one"),
        ([RED, RED], "must hold each colour once, and at least one"),
        ([(1, 2)], "a colour of palette must be three integers from 0 to 255, not (1, 2)"),
        ([(1, 2, 256)], "a colour of palette must be three integers from 0 to 255, not (1, 2, 256)"),
        ({RED: -1}, f"must give the colour {RED} an integer of at least 0, not -1"),
    ):
        with pytest.raises(ValueError, match=f"^Segmentation: .*{re.escape(words)}$"):
            nn.Segmentation(images, masks, palette=palette)


def test_a_net_that_labels_every_pixel_is_trained_on_masks(tmp_path):
    data = nn.Segmentation(*scene(tmp_path), size=16)
    first, rest = nn.split(data, (1 / 3, 2 / 3))
    assert (len(first), len(rest)) == (1, 2)
    net = nn.Conv2d(3, 4, 1, rng=0)
    learner = nn.Learner(net, nn.cross_entropy, nn.Adam(net.parameters(), lr=0.1))
    history = learner.fit(rest, validation=first, epochs=60, batch_size=2, progress=False, workers=2)
    assert history["loss"][-1] < 0.5 < history["loss"][0]
    outputs = learner.predict(first)
    assert (outputs.argmax(1) == first[0][1]).mean() > 0.9
    no_maker_is_left()
