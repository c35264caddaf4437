"""PyTorch's files written without PyTorch, byte by byte: whole ones, and such as claim what is not there."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from typing import Any

import numpy as np

KINDS = {"f4": "Float", "f8": "Double", "f2": "Half", "i8": "Long", "i4": "Int", "u1": "Byte", "b1": "Bool"}
HOSTILE = (
    b"cposix\nsystem\n", b"cbuiltins\neval\n", b"cos\nsystem\n", b"ctorch\nload\n", b"ctorch._utils\n_rebuild\n",
    b"c__builtin__\nexec\n", b"ccollections\nOrderedDict\n", b"cnumpy\nload\n", b"\x8c\x05posix\x8c\x06system\x93",
)  # fmt: skip
"""What asks for something by name; of all these only the ordered dict is given."""


def _word(text: str) -> bytes:
    encoded = text.encode()
    return b"X" + len(encoded).to_bytes(4, "little") + encoded


def whole(number: int) -> bytes:
    """An integer of any size."""
    octets = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(octets)]) + octets


def _sizes(numbers: Any) -> bytes:
    return b"(" + b"".join(map(whole, numbers)) + b"t"


def tensor(key: str, kind: str, length: int, shape: Any, strides: Any, offset: int = 0) -> bytes:
    """The instructions that make a tensor of a storage."""
    storage = b"(" + _word("storage") + f"ctorch\n{kind}Storage\n".encode() + _word(key) + _word("cpu") + whole(length)
    hooks = b"ccollections\nOrderedDict\n)R"
    view = storage + b"tQ" + whole(offset) + _sizes(shape) + _sizes(strides) + b"\x89" + hooks
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + view + b"tR"


def _of_array(key: str, array: np.ndarray[Any, Any]) -> bytes:
    strides = [step // array.itemsize for step in array.strides]
    return tensor(key, KINDS[array.dtype.str[1:]], array.size, array.shape, strides)


def pickled(state: dict[str, bytes], around: str | None = None) -> bytes:
    """A pickle of what the instructions make, by name; around: what the dict is called in another one."""
    inside = b"}(" + b"".join(_word(name) + instructions for name, instructions in state.items()) + b"u"
    return b"\x80\x02" + (b"}" + _word(around) + inside + b"s" if around else inside) + b"."


def zipped(pickle: bytes, storages: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A file as PyTorch writes it since 1.6."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("w/data.pkl", pickle)
        for key, octets in storages.items():
            archive.writestr(f"w/data/{key}", octets)
        archive.writestr("w/byteorder", "little")
        archive.writestr("w/version", "3\n")
    return made.getvalue()


def legacy(pickle: bytes, storages: dict[str, tuple[int, bytes]]) -> bytes:
    """A file as PyTorch before 1.6 wrote it; storages: how many numbers each has, and its bytes."""
    begin = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03."
    begin += b"\x80\x02}" + _word("little_endian") + b"\x88s." + pickle.replace(b"tQ", b"NtQ")
    begin += b"\x80\x02](" + b"".join(map(_word, storages)) + b"e."
    return begin + b"".join(length.to_bytes(8, "little") + octets for length, octets in storages.values())


def of_state(state: dict[str, Any], around: str | None = None) -> tuple[bytes, bytes]:
    """Arrays by name in a file of either kind."""
    arrays = {name: np.asarray(array) for name, array in state.items()}
    pickle = pickled({name: _of_array(str(i), array) for i, (name, array) in enumerate(arrays.items())}, around)
    octets = {str(i): (array.size, array.tobytes("A")) for i, array in enumerate(arrays.values())}
    return zipped(pickle, {key: held for key, (_, held) in octets.items()}), legacy(pickle, octets)


def spoiled_pickle(pickle: bytes, rng: random.Random) -> bytes:
    """A pickle that asks for something else, or makes something else of a number."""
    places = [
        at for at in range(len(pickle)) if pickle[at : at + 1] in (b"c", b"(", b"R", b"\x8a", b"t", b"Q", b"u", b"}")
    ]
    at = rng.choice(places or [0])
    kind = rng.randrange(5)
    if kind == 0:
        return pickle[:at] + rng.choice(HOSTILE) + rng.choice((b"", b")R", b"(X\1\0\0\0atR", b"0")) + pickle[at:]
    if kind == 1 and pickle[at : at + 1] == b"\x8a":
        length = sum(pickle[at + 1 : at + 2])  # a file cut off here has none
        number = whole(rng.choice((-1, 0, 1, 7, 2**31, 2**40, 2**63, 2**64)))
        return pickle[:at] + number + pickle[at + 2 + length :]
    if kind == 2:
        return pickle[:at] + bytes([rng.randrange(256)]) + pickle[at + 1 :]
    return (
        pickle[:at]
        + rng.choice((b"2", b"0", b"(", b")", b"]", b"}", b"q\1h\1", b"h\0", b"b", b"s", b"a", b"\x85"))
        + pickle[at:]
    )


def claiming(rng: random.Random) -> bytes:
    """A small file that claims much, or asks for what it may not have."""
    size = rng.choice((2**27, 2**34, 2**40, 2**50, 2**62, 2**63, 2**64, 2**90))
    kind = rng.randrange(6)
    octets = struct.pack("<8f", *range(8))
    shape, strides = rng.choice((((size,), (1,)), ((8,), (size,)), ((size, size), (1, 1)), ((1,) * 70, (1,) * 70)))
    made = tensor("0", "Float", rng.choice((8, size)), shape, strides, rng.choice((0, 0, 7, size)))
    if kind == 0:
        made = b"(" * 1000 + made
    elif kind == 1:
        made = b"(" + b")" * rng.choice((1000, 600_000)) + b"l"
    elif kind == 2:
        made = b"\x8e" + (size % 2**63).to_bytes(8, "little") + b"abc"
    elif kind == 3:
        made = b")" + b"\x85" * rng.choice((1000, 200_000)) + b"}2s"
    elif kind == 4:
        made = rng.choice(HOSTILE[:-3]) + b"(X\4\0\0\0truetR"
    pickle = pickled({"x": made})
    if rng.random() < 0.5:
        return legacy(pickle, {"0": (rng.choice((8, size % 2**63)), octets)})
    return zipped(pickle, {"0": octets}, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
