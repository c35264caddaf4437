"""Single operations that are measured, a line each: what is computed, and the shapes.

conv/batch×channels×side/filters/kernel/s(tride)p(adding)d(ilation), convT likewise, linear/rows×in×out, pooling and
batch norm/maps/kernel,stride,padding, elementwise/elements, a reduction or transpose/shape/axes, all else/shape/shape.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import inputs
from .inputs import Array

NAMES = """
add/100x100/100x100
add/1000x1000/1000
add/1000x1000/1000x1
avgpool/8x64x112/2,2,0
avgpool/8x64x56/3,1,1
bneval/1x64x56
bneval/8x64x56
bntrain/8x512x7
bntrain/8x64x56
concat/8x64x56
conv/1x3x224/64/7/s2p3
conv/1x512x14/512/3/s1p1
conv/1x512x7/512/3/s1p1
conv/1x64x56/128/3/s2p1
conv/1x64x56/64/1/s1
conv/1x64x56/64/3/s1p1
conv/32x20x14/50/5/s1p0
conv/8x128x28/256/3/s2p1
conv/8x12x32/12/3/s1p1
conv/8x16x112/16/3/s1p1
conv/8x16x112/32/3/s2p1
conv/8x256x14/512/3/s2p1
conv/8x256x56/64/1/s1
conv/8x32x56/32/5/s1p2
conv/8x3x224/32/3/s2p1
conv/8x3x224/64/11/s4p2
conv/8x3x224/64/3/s1p1
conv/8x3x224/64/7/s2p3
conv/8x3x224/96/7/s2p1
conv/8x512x14/1000/1/s1
conv/8x512x14/512/3/s1p1
conv/8x512x7/512/3/s1p1
conv/8x64x28/64/5/s1p2
conv/8x64x56/128/1/s2
conv/8x64x56/128/3/s2p1
conv/8x64x56/256/1/s1
conv/8x64x56/64/1/s1
conv/8x64x56/64/3/s1p1
conv/8x64x56/64/3/s1p2d2
conv/8x8x224/8/3/s1p1
convT/8x128x28/64/2/s2p0
convT/8x64x28/32/4/s2p1
convT/8x64x56/3/4/s2p1
convT/8x64x56/64/3/s1p1
cross_entropy/64x10
cross_entropy/64x1000
div/1000x1000/1000x1000
dropout/1e4
dropout/1e6
exp/1e4
exp/1e5
exp/1e6
exp/1e7
fancy/10000x128/4096
leaky/1e6
linear/1x784x256
linear/36x12544x4096
linear/64x784x256
log/1e4
log/1e5
log/1e6
log/1e7
log_softmax/64x1000
matmul/1000x8x8/1000x8x8
matmul/1024x1024/1024x1024
matmul/128x128/128x128
matmul/1x4096/4096x4096
matmul/2048x2048/2048x2048
matmul/256x256/256x256
matmul/32x32/32x32
matmul/512x512/512x512
matmul/64x128x128/64x128x32
matmul/64x128x32/64x32x128
matmul/64x64/64x64
matmul/8x8/8x8
max/1000x1000/0
max/1000x1000/1
maxpool/1x64x112/3,2,1
maxpool/8x64x112/2,2,0
maxpool/8x64x112/3,2,1
mean/32x512x49/2
mean/64x64x56x56/0,2,3
mul/1000x1000/1000x1
mul/1000x1000/1000x1000
pad/8x64x56
relu/1e4
relu/1e5
relu/1e6
relu/1e7
reshape/1000x1000/1000000
sigmoid/1e4
sigmoid/1e5
sigmoid/1e6
sigmoid/1e7
sin/1e6
slice/1000x1000
softmax/64x1000
softmax/8192x128
sqrt/1e6
sum/100x100/1
sum/1000x1000/0
sum/1000x1000/1
sum/1000x1000/all
tanh/1e4
tanh/1e5
tanh/1e6
tanh/1e7
transpose/1024x1024/1,0
transpose/32x64x128x32/0,2,1,3
var/1000x1000/1
where/1e6
""".split()  # noqa: SIM905 (a line each)

ELEMENTWISE = ("dropout", "exp", "leaky", "log", "relu", "sigmoid", "sin", "sqrt", "tanh")
OF_MAPS = ("avgpool", "bneval", "bntrain", "concat", "conv", "convT", "maxpool", "pad")  # memory has two formats
POSITIVE = ("log", "sqrt", "div")  # their arguments are


@dataclass
class Call:
    """An operation's name in an engine's table, the arrays it is given, what else it is given, and which of the arrays
    are maps, to be laid in the side's own memory format,
    which gradients are wanted (all, where it is not said), and whether chance has a part in it."""

    kind: str
    arrays: list[Array]
    options: dict[str, Any] = field(default_factory=dict)
    maps: tuple[int, ...] = ()
    wanted: tuple[int, ...] | None = None
    random: bool = False


def read(name: str) -> Call:
    """The call that a line stands for. Raises ValueError for a line of no known kind."""
    kind, *words = name.split("/")
    if kind == "where":
        arrays = [_numbers(kind, i, (int(float(words[0])),)) for i in range(3)]
        return Call(kind, arrays[:2], {"condition": arrays[2] > 0})
    if kind in ELEMENTWISE:
        return Call(kind, [_numbers(kind, 0, (int(float(words[0])),))], random=kind == "dropout")
    first = _sizes(words[0])
    match kind:
        case "conv" | "convT":
            return _conv(kind, first, *words[1:])
        case "avgpool" | "maxpool":
            kernel, stride, padding = map(int, words[1].split(","))
            options = {"kernel_size": kernel, "stride": stride, "padding": padding}
            return Call(kind, [_numbers(kind, 0, _square(first))], options, maps=(0,))
        case "bneval" | "bntrain":
            c = first[1]
            of_channels = [_numbers("log", i, (c,)) for i in range(1, 5)]  # mean, variance, weight, bias
            return Call(kind, [_numbers(kind, 0, _square(first)), *of_channels], maps=(0,), wanted=(0, 3, 4))
        case "concat":
            return Call(kind, [_numbers(kind, i, _square(first)) for i in range(2)], maps=(0, 1))
        case "pad":
            return Call(kind, [_numbers(kind, 0, _square(first))], maps=(0,))
        case "linear":
            rows, width, out = first
            return Call(kind, [_numbers(kind, i, s) for i, s in enumerate([(rows, width), (out, width), (out,)])])
        case "cross_entropy":
            return Call(kind, [_numbers(kind, 0, first)], {"target": inputs.labels(first[1], first[0])})
        case "fancy":
            return Call(kind, [_numbers(kind, 0, first)], {"index": inputs.labels(first[0], int(words[1]))})
        case "sum" | "mean" | "max" | "var" | "transpose":
            axes = None if words[1] == "all" else tuple(map(int, words[1].split(",")))
            return Call(kind, [_numbers(kind, 0, first)], {"axes": axes})
        case "add" | "mul" | "div" | "matmul":
            return Call(kind, [_numbers(kind, i, _sizes(word)) for i, word in enumerate(words)])
        case "reshape" | "slice" | "softmax" | "log_softmax":
            return Call(kind, [_numbers(kind, 0, first)])
    raise ValueError(f"{name}: there is no operation {kind!r} to be measured")


def _conv(kind: str, maps: tuple[int, ...], filters: str, kernel: str, how: str) -> Call:
    batch, channels, side = maps
    given = dict(re.findall(r"([spd])(\d+)", how))
    stride, padding, dilation = (int(given.get(letter, default)) for letter, default in zip("spd", "101", strict=True))
    out, square = int(filters), (int(kernel), int(kernel))
    weights = (out, channels, *square) if kind == "conv" else (channels, out, *square)
    arrays = [_numbers(kind, 0, (batch, channels, side, side)), _numbers(kind, 1, weights), _numbers(kind, 2, (out,))]
    arrays[1] /= math.sqrt(channels * square[0] ** 2)
    return Call(kind, arrays, {"stride": stride, "padding": padding, "dilation": dilation}, maps=(0,))


def _sizes(word: str) -> tuple[int, ...]:
    return tuple(map(int, word.split("x")))


def _square(maps: tuple[int, ...]) -> tuple[int, ...]:
    """batch×channels×side as (N, C, H, W)."""
    return (*maps, maps[-1])


def _numbers(kind: str, place: int, shape: tuple[int, ...]) -> Array:
    array = inputs.normal(f"argument {place}", shape)
    return np.abs(array, out=array).__iadd__(np.float32(0.1)) if kind in POSITIVE else array
