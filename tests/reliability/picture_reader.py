"""The reader of pictures, with good ones of all kinds to begin with, and what must hold of any bytes."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

import nn

from .readers import LEAST, BrokenError, Reader, refused
from .spoiling import spoiled_picture


class PictureFiles(Reader):
    """`read_picture` and `Pictures`: a picture in [0, 1], or a refusal; memory for no more pixels than are credible."""

    SUFFIXES = ((b"\x89PNG", ".png"), (b"\xff\xd8", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"RIFF", ".webp"))

    def good(self, folder: Path) -> list[bytes]:
        rng = np.random.default_rng(0)
        rgb = Image.fromarray(rng.integers(0, 255, (7, 9, 3), np.uint8))
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "words"
        words = PngImagePlugin.PngInfo()
        words.add_text("a", "b" * 30, zip=True)
        words.add_itxt("c", "d", zip=True)
        palette, grey = rgb.quantize(8), rgb.convert("L")
        deep = Image.fromarray(rng.integers(0, 2**16, (5, 4), np.uint16))
        frames = {"save_all": True, "append_images": [rgb.rotate(90)], "duration": 10}
        wanted: Sequence[tuple[Image.Image, str, dict[str, Any]]] = (
            (rgb, "png", {"pnginfo": words, "exif": exif, "icc_profile": b"p" * 200}), (deep, "png", {}),
            (palette, "png", {"transparency": 3}), (grey.convert("LA"), "png", {}), (grey.convert("1"), "png", {}),
            (rgb, "png", frames), (rgb, "jpeg", {"exif": exif}), (rgb, "jpeg", {"progressive": True, "quality": 30}),
            (rgb.convert("CMYK"), "jpeg", {}), (grey, "jpeg", {"icc_profile": b"p" * 300}), (rgb, "mpo", frames),
            (palette, "gif", {"transparency": 1, "comment": b"c"}), (rgb, "gif", frames),
            (rgb, "bmp", {}), (palette, "bmp", {}), (grey.convert("1"), "bmp", {}),
            (rgb, "webp", {"exif": exif}), (rgb.convert("RGBA"), "webp", {"lossless": True}), (rgb, "webp", frames),
            (rgb, "tiff", {"exif": exif}), (rgb, "tiff", {"compression": "tiff_lzw"}), (deep, "tiff", {}),
            (rgb, "tiff", {"compression": "jpeg"}), (grey.convert("1"), "tiff", {"compression": "group4"}),
            (rgb.convert("CMYK"), "tiff", {"compression": "packbits"}),
            (rgb.copy(), "tiff", {"save_all": True, "append_images": [grey.copy()]}),
            (grey.convert("F"), "tiff", {"compression": "tiff_adobe_deflate"}), (rgb.convert("LAB"), "tiff", {}),
            (rgb.resize((16, 16)), "ico", {"sizes": [(16, 16)]}), (rgb, "ppm", {}), (rgb, "eps", {}), (rgb, "tga", {}),
        )  # fmt: skip
        files = []
        for picture, kind, options in wanted:
            made = io.BytesIO()
            picture.save(made, kind, **options)
            files.append(made.getvalue())
        return files

    def spoiled(self, data: bytes, rng: random.Random) -> bytes:
        return spoiled_picture(data, rng)

    def suffix(self, data: bytes) -> str:
        return next((suffix for begin, suffix in self.SUFFIXES if data.startswith(begin)), ".tif")

    def bound(self, size: int) -> int:
        return max(2 * LEAST, 2500 * size)

    def attempt(self, path: Path) -> None:
        found: list[Any] = []
        unread = refused(path, lambda: found.append(nn.read_image(path, 6)))
        if found and not (
            found[0].dtype == np.float32 and found[0].shape == (3, 6, 6) and 0 <= found[0].min() <= found[0].max() <= 1
        ):
            raise BrokenError(f"a picture of {found[0].dtype} {found[0].shape}")
        if not path.stat().st_size % 16:
            data = nn.Pictures([path], size=6, resize="stretch", unreadable="skip")
            if [file for file, _ in data.skipped] != [path] * bool(unread) or len(data) != (not unread):
                raise BrokenError(f"refused: {unread}; skipped: {data.skipped}")
