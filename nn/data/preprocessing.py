"""Preprocessing: a photograph as a net wants it, a net's input as a photograph again, a signal in true colours."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from autograd_mini.arguments import array_of, check_whole, is_whole
from autograd_mini.files import open_file

Array = np.ndarray[Any, Any]

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")  # others' decoders are never reached: one starts a program
_MODEST, _PIXELS_A_BYTE = 112 << 20, 256  # bytes any file's pixels may take, pixels a byte of a larger one may claim
_BYTES = {"RGB": 4, "1": 5, "L": 5, "P": 5}
_MOST_BYTES = 11  # that a pixel takes in Pillow, the copies made on the way to RGB included; by mode, and of any other
_LARGEST = 2**14  # pixels a side that a note may ask for

WHITE = (255, 255, 255)
_BY_SUFFIX = {".avif": "AVIF", ".heic": "HEIF", ".heif": "HEIF"}  # decoders reached only by what is called so
_BICUBIC = Image.Resampling.BICUBIC
_UNMULTIPLIED = {"RGBa": "RGBA", "La": "LA"}


@dataclass(frozen=True)
class Preprocessing:
    """What a net was trained to see: `pre(photo)` -> float32 (3, size, size), (photo · scale − mean) / std.

    Arguments:
        size: pixels a side.
        bgr: whether the net takes blue, green, red, not red, green, blue.
        scale: what white is before the mean is taken off, 1 or 255.
        mean, std: one number a channel, in the net's order of channels.
        resize: "crop" scales the shorter side to `size` and cuts the middle out, "stretch" scales both sides.
        ground: what transparent pictures stand on, red, green and blue from 0 to 255.
    Raises:
        ValueError: for other values.

    Example:
        >>> pre = nn.Preprocessing(4, bgr=True, scale=255, mean=(100, 100, 100))
        >>> x = pre(np.ones((3, 8, 8)) * [[[1.0]], [[0.5]], [[0.0]]])
        >>> x[:, 0, 0], pre.shown(x)[:, 0, 0]
        (array([-100. ,   27.5,  155. ], dtype=float32), array([1. , 0.5, 0. ], dtype=float32))
    """

    size: int
    _: KW_ONLY
    bgr: bool = False
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    resize: str = "crop"
    ground: tuple[int, int, int] = WHITE

    def __post_init__(self) -> None:
        check_size("Preprocessing", self.size, self.resize)
        for name, value, shape in (("scale", self.scale, ()), ("mean", self.mean, (3,)), ("std", self.std, (3,))):
            numbers = np.asarray(value)
            if numbers.shape != shape or numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
                what = "one number a channel, three in all" if shape else "a number"
                raise ValueError(f"Preprocessing: {name} must be {what}, not {value!r}")
            if name != "mean" and not (numbers > 0).all():
                raise ValueError(f"Preprocessing: {name} must be above 0, not {value!r}")
            object.__setattr__(self, name, tuple(numbers.tolist()) if shape else numbers.item())
        object.__setattr__(self, "ground", check_ground("Preprocessing", self.ground))

    def __call__(self, photo: Any) -> Array:
        """A photograph as the net wants it.

        Arguments:
            photo: a PIL image of any mode, turned as its EXIF data say and made RGB, on `ground` where it is
                transparent; the path of one; or an RGB array (3, H, W), floating in [0, 1] or bytes.
        Returns:
            float32 (3, size, size).
        Raises:
            ValueError, TypeError: for anything else.
        """
        if isinstance(photo, str | os.PathLike):
            picture = read_picture(photo, self.size, self.resize, self.ground)
        elif isinstance(photo, Image.Image):
            picture = as_array(fitted(as_rgb(photo, "the picture", self.ground), self.size, self.resize))
        else:
            picture = self._of_array(photo)
        picture = self.colours(picture) * np.float32(self.scale)
        picture -= _by_channel(self.mean)
        picture /= _by_channel(self.std)
        return np.ascontiguousarray(picture)

    def shown(self, x: Any) -> Array:
        """The RGB picture in [0, 1] that a net's input shows. (..., 3, H, W) -> same, float32; beyond is clipped."""
        picture: Array = _with_colours("shown", x).astype(np.float32)
        picture *= _by_channel(self.std)
        picture += _by_channel(self.mean)
        picture /= np.float32(self.scale)
        return self.colours(np.clip(picture, 0, 1, out=picture))

    def colours(self, signal: Any) -> Array:
        """A signal at the net's input with its channels as red, green, blue. (..., 3, H, W) -> same."""
        channels = _with_colours("colours", signal)
        return channels[..., ::-1, :, :] if self.bgr else channels

    def noted(self) -> str:
        """Itself in words, for a file of weights."""
        return json.dumps({key: value for key, value in asdict(self).items() if (key, value) != ("ground", WHITE)})

    @classmethod
    def of_note(cls, note: str) -> Preprocessing:
        """The one that `noted` put in words. Raises ValueError for other words."""
        try:
            made = cls(**json.loads(note))
            if made.size > _LARGEST:
                raise ValueError(f"no net sees pictures of {made.size}×{made.size}")
            return made
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"Preprocessing: {note[:80]!r} does not describe one: {error}") from error

    def _of_array(self, photo: Any) -> Array:
        pixels = array_of(photo)
        if pixels.ndim != 3 or pixels.shape[0] != 3 or not pixels.size:
            raise ValueError(
                f"Preprocessing: shape {pixels.shape} must be (3, H, W), red, green and blue, and not empty"
            )
        if pixels.dtype == np.uint8:
            whole = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
            return as_array(fitted(whole, self.size, self.resize))
        if pixels.dtype.kind != "f":
            raise TypeError(f"Preprocessing: pixels must be floating numbers in [0, 1] or bytes, not {pixels.dtype}")
        low, high = pixels.min(), pixels.max()
        if not (low >= 0 and high <= 1):  # also where they are not numbers
            raise ValueError(f"Preprocessing: pixels must lie in [0, 1], not {low:g} to {high:g}; divide bytes by 255")
        picture: Array = np.empty((3, self.size, self.size), np.float32)
        for made, channel in zip(picture, pixels, strict=True):  # one at a time: a photograph may be large
            made[...] = fitted(Image.fromarray(np.asarray(channel, np.float32, order="C")), self.size, self.resize)
        return np.clip(picture, 0, 1, out=picture)  # a cubic curve swings beyond what it runs through


def read_picture(path: str | os.PathLike[str], size: int, resize: str, ground: tuple[int, int, int] = WHITE) -> Array:
    """A picture file as float32 (3, size, size) in [0, 1]. Raises ValueError naming the file if it is none."""
    with opened(path) as picture:
        return as_array(fitted(as_rgb(picture, "it", ground), size, resize))


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """A picture file, to be read inside. Raises ValueError naming the file if it is none, or cannot be read there."""
    try:
        formats = _formats(path)
        with open_file(path, "") as file, Image.open(file, formats=formats) as picture:
            pixels, held = picture.width * picture.height, os.fstat(file.fileno()).st_size
            taken = _MOST_BYTES if "transparency" in picture.info else _BYTES.get(picture.mode, _MOST_BYTES)
            if pixels * taken > _MODEST and pixels > _PIXELS_A_BYTE * held:
                raise ValueError(f"it claims {picture.width}×{picture.height} pixels in {held:,} bytes")
            yield picture
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # whatever Pillow refuses, it refuses in ways of its own
        why = str(error) or type(error).__name__
        raise ValueError(f"{os.fspath(path)} cannot be read as an image: {why:.500}") from error


def _formats(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """What a file may be: of others' decoders only the one that it is called for."""
    more = _BY_SUFFIX.get(os.path.splitext(os.fspath(path))[1].lower())
    if more == "HEIF":
        try:
            from pillow_heif import register_heif_opener
        except ImportError:
            raise ValueError("HEIC is read by the package pillow-heif, which is not installed") from None
        register_heif_opener()
    return FORMATS if more is None else (*FORMATS, more)


def upright(picture: Image.Image, name: str) -> Image.Image:
    """A picture turned as its EXIF data say; itself if they say nothing. Raises ValueError calling it `name`."""
    if not picture.width or not picture.height:
        raise ValueError(f"{name} has no pixels: it is {picture.width}×{picture.height}")
    if picture.getexif().get(ExifTags.Base.Orientation, 1) != 1:  # asked first: turning copies, needed or not
        return ImageOps.exif_transpose(picture)
    return picture


def as_rgb(picture: Image.Image, name: str, ground: tuple[int, int, int] = WHITE) -> Image.Image:
    """A picture of any mode upright and in RGB; itself if it is so already. Raises ValueError calling it `name`."""
    picture = upright(picture, name)
    if picture.mode == "F":
        raise ValueError(f"{name} holds floating numbers; save it with 8 or 16 bits a channel")
    if picture.mode.startswith("I"):  # 16 bits: Pillow would clip at 255
        picture = Image.fromarray(np.clip(np.asarray(picture) >> 8, 0, 255).astype(np.uint8))
    if picture.mode in _UNMULTIPLIED:
        picture = picture.convert(_UNMULTIPLIED[picture.mode])
    if "transparency" in picture.info:  # a palette with it goes by way of RGBA, as Pillow advises
        picture = picture.convert("RGBA")
    if "A" in picture.getbands():
        picture = picture.convert("RGBA")
        below = Image.new("RGB", picture.size, ground)
        below.paste(picture, (0, 0), picture)
        return below
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def fitted(picture: Image.Image, size: int, resize: str, resampling: Image.Resampling = _BICUBIC) -> Image.Image:
    """A picture made size × size: the middle of it ("crop") or all of it ("stretch")."""
    if resize == "crop":
        return ImageOps.fit(picture, (size, size), resampling)
    return picture.resize((size, size), resampling)


def as_array(picture: Image.Image) -> Array:
    """An RGB picture as float32 (3, H, W) in [0, 1]."""
    return np.asarray(picture, np.float32).transpose(2, 0, 1) / 255


def check_size(name: str, size: object, resize: object) -> None:
    """Raise ValueError unless size is a number of pixels and resize a way of resizing."""
    check_whole(name, "size", size, 1)
    if resize not in ("crop", "stretch"):
        raise ValueError(f"{name}: resize must be 'crop' or 'stretch', not {resize!r}")


def check_ground(name: str, ground: Any) -> tuple[int, int, int]:
    """Three bytes. Raises ValueError, as `name`, for anything else."""
    colour = tuple(ground) if isinstance(ground, tuple | list) else ()
    if len(colour) != 3 or not all(is_whole(c, 0) and c <= 255 for c in colour):
        raise ValueError(f"{name}: ground must be red, green and blue, each from 0 to 255, not {ground!r}")
    return int(colour[0]), int(colour[1]), int(colour[2])


def _by_channel(numbers: Any) -> Array:
    return np.asarray(numbers, np.float32).reshape(3, 1, 1)


def _with_colours(name: str, values: Any) -> Array:
    array = array_of(values)
    if array.ndim < 3 or array.shape[-3] != 3:
        raise ValueError(f"{name}: shape {array.shape} must be (3, H, W) or a batch of them, (N, 3, H, W)")
    return array
