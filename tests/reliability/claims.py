"""Small files that claim much: terabytes of weights, billions of pixels, zip files that unfold a thousandfold."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nn

from .readers import LEAST, BrokenError, Reader, refused
from .torch_files import claiming

LARGE = 96 << 20  # bytes that bombs unfold to: more than any small file may take


def _safetensors(rng: random.Random) -> bytes:
    size = rng.choice((2**27, 2**34, 2**40, 2**50, 2**62, 2**63, 2**64))
    shape = rng.choice(([size], [size, 1], [2**20, max(size >> 20, 1)], [1] * 40 + [size], [size, size]))
    offsets = rng.choice(([0, 4 * size], [0, size], [size, 2 * size], [0, 8]))
    header = json.dumps({"x": {"dtype": rng.choice(("F32", "U8")), "shape": shape, "data_offsets": offsets}}).encode()
    length = rng.choice((len(header), len(header), 2**26, 10**8, 2**40, 2**63, 2**64 - 1))
    return length.to_bytes(8, "little") + header + bytes(8)


def _deep(rng: random.Random) -> bytes:
    """JSON that nests, or holds a great many empty things."""
    often = rng.choice((200, 5000, 200_000))
    nested = rng.choice(
        (b"[" * often, b'{"a":' * often, b'{"x":[' + b"[]," * often + b"0]}", b'"' + b"\\u0000" * often)
    )
    return len(nested).to_bytes(8, "little") + nested


def _header(shape: str, dtype: str) -> bytes:
    words = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + (len(words) + 1).to_bytes(2, "little") + words + b"\n"


def _npz(rng: random.Random) -> bytes:
    size = rng.choice((2**27, 2**34, 2**40, 2**50, 2**62))
    shape = rng.choice((f"({size},)", f"({size}, {size})", f"(1, {size}, 1)", f"(0, {size}, -1)", f"({-size},)"))
    if rng.random() < 0.3:
        shape, dtype = (
            "()",
            rng.choice((f"'|V{size}'", f"'<U{size}'", f"[('a', '<f4', ({size},))]", f"('<f4', ({size},))")),
        )
    else:
        dtype = rng.choice(("'<f4'", "'|u1'", "'<f8'", "'|S0'", "'<U0'", "'|O'"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        archive.writestr("x.npy", _header(shape, dtype) + bytes(rng.choice((0, 8, 1000))))
    data = made.getvalue()
    if rng.random() < 0.3:  # the directory says that there is as much
        at = data.index(b"PK\1\2")
        data = data[: at + 24] + min(size, 2**32 - 2).to_bytes(4, "little") + data[at + 28 :]
    return data


@cache
def _bombs() -> list[bytes]:
    """Zip files of zeros; one is the same member many times over, another says of itself that it is small."""
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as file:
        file.write(_header(f"({LARGE},)", "'|u1'"))
        for _ in range(LARGE >> 20):
            file.write(bytes(1 << 20))
    whole = inside.getvalue()
    start, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    entry, tail = whole[start:end], bytearray(whole[end:])
    often = 200
    again = [entry.replace(b"x.npy", f"x.np{chr(33 + i % 90)}".encode()) for i in range(often)]
    tail[8:12], tail[12:16] = struct.pack("<HH", often, often), struct.pack("<I", often * len(entry))
    lies = bytearray(whole)
    lies[start + 24 : start + 28] = (1000).to_bytes(4, "little")
    return [whole, whole[:start] + b"".join(again) + bytes(tail), bytes(lies)]


def _bomb(rng: random.Random) -> bytes:
    return rng.choice(_bombs())


def _chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


@cache
def _zeros() -> bytes:
    stream = zlib.compressobj(1)  # a part at a time: what this process takes is measured
    return b"".join(stream.compress(bytes(1 << 20)) for _ in range(LARGE >> 20)) + stream.flush()


def _png(rng: random.Random) -> bytes:
    side = rng.choice((3000, 20_000, 100_000, 2**31 - 1))
    size, added = (side, side), b""
    if rng.random() < 0.3:
        size = (4, 4)
        name, begin = rng.choice(((b"zTXt", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"iCCP", b"a\0\0")))
        added = _chunk(name, begin + _zeros())
    depth, colours = rng.choice(((8, 2), (16, 6), (1, 0), (8, 3)))
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colours, 0, 0, rng.choice((0, 1))))
    return b"\x89PNG\r\n\x1a\n" + head + added + _chunk(b"IDAT", zlib.compress(bytes(100))) + _chunk(b"IEND", b"")


def _other_picture(rng: random.Random) -> bytes:
    side = rng.choice((3000, 16_000, 65_500))
    kind = rng.randrange(5)
    if kind == 0:
        return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + b"," + struct.pack(
            "<HHHHBB", 0, 0, side, side, 0, 2) + b"\2\x4c\1\0;"  # fmt: skip
    if kind == 1:
        wide, high = side * rng.choice((1, 1000)), side * rng.choice((1, -1))
        return b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + struct.pack(
            "<IiiHHIIiiII", 40, wide, high, 1, rng.choice((1, 8, 24, 32)), 0, 0, 0, 0, 0, 0) + bytes(900)  # fmt: skip
    if kind == 2:
        frame = struct.pack(">BHHB", 8, side, side, 3) + bytes((1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0))
        return b"\xff\xd8\xff" + rng.choice((b"\xc0", b"\xc2")) + struct.pack(">H", len(frame) + 2) + frame + bytes(200)
    if kind == 3:
        side = min(side, 16_383)
        canvas = bytes((2, 0, 0, 0)) + (side - 1).to_bytes(3, "little") * 2
        bits = (side - 1) | (side - 1) << 14
        parts = (b"VP8X" + struct.pack("<I", 10) + canvas, b"ANIM" + struct.pack("<I", 6) + bytes(6),
                 b"VP8L" + struct.pack("<I", 6) + b"\x2f" + bits.to_bytes(4, "little") + b"\0")  # fmt: skip
        body = b"WEBP" + (parts[2] if rng.random() < 0.5 else b"".join(parts[:2]))
        return b"RIFF" + struct.pack("<I", len(body)) + body
    tags = {256: side, 257: side, 258: 8, 259: rng.choice((1, 5, 7, 8, 32773)), 262: 1, 277: 1}
    tags |= rng.choice(({273: 8, 278: side, 279: 2**31}, {322: side & ~15, 323: side & ~15, 324: 8, 325: 2**31}))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(300)


class Claims(Reader):
    """Files that must be refused, each with a sentence, and before memory is taken for what they claim."""

    KINDS: tuple[Callable[[random.Random], bytes], ...] = (
        _safetensors, _deep, _npz, _npz, claiming, claiming, _bomb, _png, _other_picture, _other_picture,
    )  # fmt: skip

    def good(self, folder: Path) -> list[bytes]:
        return [kind(random.Random(0)) for kind in self.KINDS]

    def spoiled(self, data: bytes, rng: random.Random) -> bytes:
        return rng.choice(self.KINDS)(rng)

    def suffix(self, data: bytes) -> str:
        if data.startswith(b"PK"):
            return ".npz"
        begins = {b"\x89P": ".png", b"GI": ".gif", b"BM": ".bmp", b"\xff\xd8": ".jpg", b"RI": ".webp", b"II": ".tif"}
        return begins.get(data[:2], ".safetensors")

    def bound(self, size: int) -> int:
        return LEAST

    def attempt(self, path: Path) -> None:
        reads = nn.read_state if path.suffix in (".npz", ".safetensors") else lambda file: nn.read_image(file, 8)
        if refused(path, lambda: reads(path)) is None:
            raise BrokenError("what it claims was believed")
