"""Spoiling: good files made bad, byte by byte and where it hurts: their headers, directories, checksums and notes."""

from __future__ import annotations

import io
import json
import random
import re
import warnings
import zipfile
import zlib
from typing import Any

from safetensors.numpy import load

from nn.io.safetensors_io import DIGEST, digest

from .torch_files import spoiled_pickle

SEAL = re.compile(rb'"%s": *"([0-9a-f]{32})"' % re.escape(DIGEST.encode()))
DEEP = "@deep@"
NUMBERS = (0, 1, 2, 7, 127, 255, 256, 4095, 2**15, 2**16 - 1, 2**20, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1)
VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 3, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30, 10**400, True, False, None),
    *(0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"), -float("inf")),
    *("", "x", "../../x", "/etc/passwd", "\0", "\ud800", "‮", "１", "é" * 40, "<script>", "F32", "F64", "BF16", "U64"),
    *("C64", "F8_E4M3", "BOOL", "model.", "optimizer.", "NaN", "1e999", DEEP, [DEEP], {DEEP: DEEP}),
    *([], {}, [[]], [0, 0], [0, 10**12], [-1], [2**63, 2**63], {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}),
)
HEADERS = (
    "(10**12,)", "(1000000000000,)", "(4294967296, 4294967296)", "(9223372036854775807,)", "(-1,)", "(-3, -2)", "(0,)",
    "()", "(0, 1000000000000)", "(1.5,)", "(True,)", "('x',)", "None", "[2]", "(99999999999999999999999,)", "(2L, 3L)",
    "{}", "(" * 90, "((1,),)", "(1,) * 9", "__import__('os').system('true')",
    "'|O'", "'O8'", "'<f4'", "'>f8'", "'|S0'", "'<U0'", "'|V0'", "'|V9999999999'", "'<U1000000000'", "'<c16'", "'|b1'",
    "'<M8[ns]'", "'m8'", "'f4,O'", "[('a', '<f4'), ('b', '|O')]", "[('a', '<f4', (1000000000,))]", "('<f4', (3,))",
    "[('', '')]", "'{}'", "'\\x00'", "12", "'f' * 9", "True", "False", "2", "b'x'", "...", "-" * 99,
)  # fmt: skip
NAMES = (
    "../../x.npy", "/x.npy", "C:\\x.npy", "x", "x.npy", ".npy", "", "a/b.npy", "weight.npy", "bias.npy", "\udcff.npy",
    "x" * 300 + ".npy", "<script>.npy", "x\n.npy", "x.npy/",
)  # fmt: skip


def spoiled_bytes(data: bytes, rng: random.Random) -> bytes:
    """A change of any kind, at any place."""
    if not data:
        return rng.randbytes(rng.randint(1, 20))
    at, length = rng.randrange(len(data)), rng.randint(1, 40)
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + data[at + length :]
    if kind == 2:
        return data[:at] + data[at : at + length] * rng.randint(2, 9) + data[at + length :]
    if kind == 3:
        return data[:at] + rng.randbytes(length) + data[at + rng.choice((0, length)) :]
    if kind == 4:
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    return _with_number(data, at, rng)


def _with_number(data: bytes, at: int, rng: random.Random) -> bytes:
    """A number of the kind that overflows, in either order of bytes."""
    width = rng.choice((1, 2, 2, 4, 4, 8))
    number = (rng.choice(NUMBERS) + rng.choice((0, 0, 1, -1))) % 256**width
    return data[:at] + number.to_bytes(width, rng.choice(("little", "big"))) + data[at + width :]


def spoiled_value(value: Any, rng: random.Random) -> Any:
    """What JSON holds, changed in one place."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        kind = rng.randrange(8)
        changed = dict(value)
        if kind == 0:
            del changed[key]
        elif kind == 1:
            other = rng.choice([*value, rng.choice(VALUES)])
            changed[other if isinstance(other, str) else str(other)[:50]] = changed.pop(key)
        elif kind == 2:
            changed[f"{key}{rng.choice(('.0', '.9', '2', ' ', '.'))}"] = value[key]
        else:
            changed[key] = spoiled_value(value[key], rng)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.85:
        at, kind = rng.randrange(len(value)), rng.randrange(6)
        if kind == 0:
            return value[:at] + value[at + 1 :]
        if kind == 1:
            return value[: at + 1] * rng.randint(1, 3) + value[at:]
        return [*value[:at], spoiled_value(value[at], rng), *value[at + 1 :]]
    if isinstance(value, str) and value[:1] in ("{", "[") and rng.random() < 0.95:  # a note: JSON inside JSON
        try:
            return _text(spoiled_value(json.loads(value), rng), rng)
        except (ValueError, RecursionError):
            pass
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.3:
        return value + rng.choice((-1, 1, 4, 10**6))
    return rng.choice(VALUES)


def _text(value: Any, rng: random.Random, odd: float = 0.05) -> str:
    """JSON, now and then with a key twice, cut, or nested deeper than any reader goes."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if rng.random() < odd and text.startswith("{") and "," in text:
        text = "{" + text[1:].partition(",")[0] + "," + text[1:]
    if rng.random() < odd:
        text = text[: rng.randrange(len(text) + 1)]
    deep = rng.choice((5, 120, 130, 900, 1100, 3000))
    return text.replace(f'"{DEEP}"', "[" * deep + "]" * deep)


def spoiled_safetensors(data: bytes, rng: random.Random) -> bytes:
    """Another header, other numbers, or a length that is not the header's."""
    length = int.from_bytes(data[:8], "little")
    header, body = data[8 : 8 + length], data[8 + length :]
    try:
        told = json.loads(header)
    except (ValueError, RecursionError):
        return spoiled_bytes(data, rng)
    kind, notes = rng.randrange(10), told.get("__metadata__") if isinstance(told, dict) else None
    if kind == 0:
        return spoiled_bytes(data, rng)
    if kind == 1:
        body = spoiled_bytes(body, rng)
    elif kind < 8 and isinstance(notes, dict) and (key := _note(notes, rng)):
        told["__metadata__"] = notes | {key: _text(spoiled_value(json.loads(notes[key]), rng), rng, 0.005)}
        header = json.dumps(told).encode()
        return _begun(header) + body
    for _ in range(rng.choice((0, 1, 1, 1, 3)) if kind else 1):
        told = spoiled_value(told, rng)
    header = _text(told, rng).encode(errors="surrogatepass")
    return _begun(header, None if rng.random() < 0.95 else rng.choice(NUMBERS)) + body


def _begun(header: bytes, length: int | None = None) -> bytes:
    """The beginning of a safetensors file; length: another than that of the header."""
    header += b" " * (-len(header) % 8)
    return (len(header) if length is None else length).to_bytes(8, "little") + header


def _note(notes: dict[str, Any], rng: random.Random) -> str | None:
    """The name of one that holds JSON."""
    held = [name for name, words in notes.items() if isinstance(words, str) and words.startswith("{")]
    try:
        key = rng.choice(held)
        json.loads(notes[key])
    except (IndexError, ValueError, RecursionError):
        return None
    return key


def sealed(data: bytes) -> bytes:
    """A safetensors file with the digest of what it holds now, for what is behind that check to be reached."""
    found = SEAL.search(data)
    try:
        arrays = load(data)
        notes = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        notes.pop(DIGEST)
        proof = digest(arrays, notes).encode()
    except Exception:  # not a file that any digest makes whole
        return data
    return data if found is None else data[: found.start(1)] + proof + data[found.end(1) :]


def spoiled_npz(data: bytes, rng: random.Random) -> bytes:
    """Other members, other headers of arrays, or a directory that lies about them."""
    if rng.random() < 0.4:
        return _with_lies(data, rng)
    made = io.BytesIO()
    try:
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist() if info.file_size < 10**7]
        at = rng.randrange(len(members))
        name, content = members[at]
        kind = rng.randrange(5)
        if kind == 0:
            members[at] = rng.choice(NAMES), content
        elif kind == 1:
            members.insert(rng.randrange(len(members) + 1), members[rng.randrange(len(members))])
        elif kind == 2:
            members[at] = name, spoiled_bytes(content, rng)
        elif name.endswith("data.pkl"):
            members[at] = name, spoiled_pickle(content, rng)
        else:
            members[at] = name, _with_header(content, rng)
        with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(made, "w") as archive:
            for name, content in members:
                archive.writestr(name, content, rng.choice((8,) * 40 + (12, 14)) if rng.random() < 0.2 else 0)
    except Exception:  # what zipfile will not read or write: spoiled enough
        return spoiled_bytes(data, rng)
    return made.getvalue() if rng.random() < 0.8 else _with_lies(made.getvalue(), rng)


def _with_header(content: bytes, rng: random.Random) -> bytes:
    """An array whose header says something else."""
    version = rng.choice((1, 1, 1, 2, 3)) if content[6:7] else 1
    start = 10 if content[6:7] == b"\1" else 12
    text = content[start:].partition(b"\n")[0].decode("latin1")
    body = content[start + len(text) + 1 :]
    values = list(re.finditer(r"(?<=: )('[^']*'|\([^)]*\)|True|False)", text))
    if values and rng.random() < 0.85:
        value = rng.choice(values)
        text = text[: value.start()] + rng.choice(HEADERS) + text[value.end() :]
    else:
        text = spoiled_bytes(text.encode("latin1"), rng).decode("latin1")
    header = text.encode("latin1") + b"\n"
    length = (len(header) if rng.random() < 0.9 else rng.choice(NUMBERS)) % 2**16
    return b"\x93NUMPY" + bytes([version, 0]) + length.to_bytes(2 if version == 1 else 4, "little") + header + body


def _with_lies(data: bytes, rng: random.Random) -> bytes:
    """A zip file one of whose records says something else."""
    places = [found.start() for found in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", data)]
    if not places or rng.random() < 0.2:
        return spoiled_bytes(data, rng)
    return _with_number(data, rng.choice(places) + rng.randint(4, 46), rng)


def spoiled_picture(data: bytes, rng: random.Random) -> bytes:
    """A picture with other bytes; a PNG's checksums are put right again, for what is behind them to be reached."""
    if data.startswith(b"\x89PNG") and rng.random() < 0.8:
        return _spoiled_png(data, rng)
    if rng.random() < 0.5:  # sizes and counts stand at the beginning
        return _with_number(data, rng.randrange(min(len(data), 64) or 1), rng)
    return spoiled_bytes(data, rng)


def _spoiled_png(data: bytes, rng: random.Random) -> bytes:
    chunks, at = [], 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return spoiled_bytes(data, rng)
    at, kind = rng.randrange(len(chunks)), rng.randrange(8)
    name, content = chunks[at]
    if kind == 0:
        del chunks[at]
    elif kind == 1:
        chunks.insert(rng.randrange(len(chunks) + 1), chunks[at])
    elif kind == 2:
        bomb = zlib.compress(bytes(rng.choice((10, 10**4, 2 * 10**6))), 1)
        added = rng.choice(((b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0"), (b"IDAT", b"")))
        chunks.insert(rng.randint(1, len(chunks)), (added[0], added[1] + bomb))
    elif kind == 3:
        names = (
            b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"pHYs", b"gAMA", b"sRGB",
            b"cHRM",
        )  # fmt: skip
        chunks[at] = rng.choice(names), content
    elif name == b"IDAT" and kind < 6:
        try:
            content = zlib.compress(spoiled_bytes(zlib.decompress(content), rng))
        except zlib.error:
            content = spoiled_bytes(content, rng)
        chunks[at] = name, content
    else:
        chunks[at] = name, (spoiled_bytes if rng.random() < 0.5 or not content else _in_place)(content, rng)
    sealed = (
        len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")
        for name, content in chunks
    )
    return data[:8] + b"".join(sealed)


def _in_place(content: bytes, rng: random.Random) -> bytes:
    return _with_number(content, rng.randrange(len(content)), rng)[: len(content)]
