"""ONNX's operators on shapes: what is the same numbers in another order, and new arrays of a shape."""

from __future__ import annotations

from math import ceil, prod
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .arrays import dtype_of
from .operators import operator
from .running import Call

MOST = 1 << 31
"""Elements that a value may have: files can ask for any number in a few bytes."""


def whole(x: Any) -> list[int]:
    """Integers that decide on a shape; they leave the tape."""
    return [int(n) for n in np.atleast_1d(np.asarray(bare(x)))]


def within_reason(shape: Any) -> tuple[int, ...]:
    """A shape to make; ValueError if it is negative or too large."""
    lengths = tuple(int(n) for n in shape)
    if min(lengths, default=0) < 0 or prod(lengths) > MOST:
        raise ValueError(f"a value of shape {lengths} is asked for, and {MOST:,} elements are the most there may be")
    return lengths


@operator("Shape")
def _shape(x: Any, *, start: int = 0, end: int | None = None) -> Any:
    return np.array(x.shape, np.int64)[start:end]


@operator("Size")
def _size(x: Any) -> Any:
    return np.array(prod(x.shape), np.int64)


@operator("Reshape")
def _reshape(x: Any, shape: Any, *, allowzero: int = 0) -> Any:
    lengths = whole(shape) if np.size(bare(shape)) else []
    if not allowzero:
        lengths = [x.shape[i] if n == 0 and i < x.ndim else n for i, n in enumerate(lengths)]
    return f.reshape(x, tuple(lengths))


@operator("Flatten")
def _flatten(x: Any, *, axis: int = 1) -> Any:
    axis = axis if axis >= 0 else axis + x.ndim
    return f.reshape(x, (prod(x.shape[:axis]), prod(x.shape[axis:])))


@operator("Transpose")
def _transpose(x: Any, *, perm: Any = None) -> Any:
    return f.transpose(x, tuple(range(x.ndim))[::-1] if perm is None else tuple(perm))


@operator("Squeeze")
def _squeeze(x: Any, given: Any = None, *, axes: Any = None) -> Any:
    axes = axes if given is None else whole(given)
    return f.squeeze(x, tuple(i for i, n in enumerate(x.shape) if n == 1) if axes is None else tuple(axes))


@operator("Unsqueeze")
def _unsqueeze(x: Any, given: Any = None, *, axes: Any = None) -> Any:
    return f.expand_dims(x, tuple(axes if given is None else whole(given)))


@operator("Expand")
def _expand(x: Any, shape: Any) -> Any:
    return f.broadcast_to(x, within_reason(np.broadcast_shapes(x.shape, tuple(whole(shape)))))


@operator("Tile")
def _tile(x: Any, repeats: Any) -> Any:
    times = whole(repeats)
    within_reason(n * k for n, k in zip(x.shape, times, strict=True))
    return f.tile(x, tuple(times))


@operator("Concat")
def _concat(*inputs: Any, axis: int) -> Any:
    return f.concatenate(inputs, axis)


@operator("Split")
def _split(x: Any, sizes: Any = None, *, axis: int = 0, split: Any = None, num_outputs: int = 0, call: Call) -> Any:
    lengths = split if sizes is None else whole(sizes)
    length, count = x.shape[axis], num_outputs or call.outputs
    if lengths is None:
        step = ceil(length / count)
        lengths = [max(min(step, length - i * step), 0) for i in range(count)]
    if sum(lengths) != length or min(lengths, default=0) < 0:
        raise ValueError(f"parts of {list(lengths)} do not make up axis {axis} of {x.shape}")
    return tuple(f.split(x, tuple(np.cumsum(lengths)[:-1].tolist()), axis))


@operator("Slice")
def _slice(x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None, **old: Any) -> Any:
    begins, stops = whole(old.get("starts", starts)), whole(old.get("ends", ends))
    which = old.get("axes", axes)
    along = range(len(begins)) if which is None else whole(which)
    by = [1] * len(begins) if steps is None else whole(steps)
    index = [slice(None)] * x.ndim
    for axis, begin, stop, step in zip(along, begins, stops, by, strict=True):
        n = x.shape[axis]
        first, last, stride = slice(begin, stop, step).indices(n)
        index[axis] = slice(first, last if last >= 0 else None, stride)
    return f.getitem(x, tuple(index))


@operator("Pad")
def _pad(x: Any, given: Any = None, value: Any = None, axes: Any = None, *, mode: str = "constant", **old: Any) -> Any:
    widths = whole(given) if given is not None else [*old["pads"]]
    along = range(x.ndim) if axes is None else [axis % x.ndim for axis in whole(axes)]
    around = [(0, 0)] * x.ndim
    if len(widths) != 2 * len(along):
        raise ValueError(f"{len(widths)} pads are not two for each of {len(along)} axes")
    for i, axis in enumerate(along):
        around[axis] = (widths[i], widths[i + len(along)])
    if any(width < 0 for pair in around for width in pair):  # a negative one takes away
        x = f.getitem(x, tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(around, x.shape, strict=True)))
        around = [(max(a, 0), max(b, 0)) for a, b in around]
    within_reason(n + a + b for (a, b), n in zip(around, x.shape, strict=True))
    if mode != "constant":
        return f.pad(x, tuple(around), mode)
    filling = old.get("value", 0.0) if value is None else np.asarray(bare(value)).reshape(-1)[0]
    if x.dtype.kind == "f":
        return f.pad(x, tuple(around), value=float(filling))
    return np.pad(bare(x), around, constant_values=filling)


@operator("DepthToSpace")
def _depth_to_space(x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    n, c, h, w = x.shape
    b = blocksize
    if mode == "DCR":
        parts = f.transpose(f.reshape(x, (n, b, b, c // (b * b), h, w)), (0, 3, 4, 1, 5, 2))
    else:
        parts = f.transpose(f.reshape(x, (n, c // (b * b), b, b, h, w)), (0, 1, 4, 2, 5, 3))
    return f.reshape(parts, (n, c // (b * b), h * b, w * b))


@operator("SpaceToDepth")
def _space_to_depth(x: Any, *, blocksize: int, mode: str = "DCR") -> Any:
    n, c, h, w = x.shape
    b = blocksize
    parts = f.reshape(x, (n, c, h // b, b, w // b, b))
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    return f.reshape(f.transpose(parts, order), (n, c * b * b, h // b, w // b))


@operator("CenterCropPad")
def _center_crop_pad(x: Any, shape: Any, *, axes: Any = None) -> Any:
    along = range(x.ndim) if axes is None else [axis % x.ndim for axis in axes]
    index, around = [slice(None)] * x.ndim, [(0, 0)] * x.ndim
    for axis, n in zip(along, whole(shape), strict=True):
        more = n - x.shape[axis]
        if more < 0:
            index[axis] = slice(-more // 2, -more // 2 + n)
        else:
            around[axis] = (more // 2, more - more // 2)
    within_reason(n + a + b for (a, b), n in zip(around, x.shape, strict=True))
    return f.pad(f.getitem(x, tuple(index)), tuple(around))


@operator("Trilu")
def _trilu(x: Any, k: Any = None, *, upper: int = 1) -> Any:
    offset = 0 if k is None else whole(k)[0]
    keep = np.tri(x.shape[-2], x.shape[-1], k=offset - (1 if upper else 0), dtype=bool)
    return f.where(~keep if upper else keep, x, np.zeros((), x.dtype))


@operator("ReverseSequence")
def _reverse_sequence(x: Any, lengths: Any, *, batch_axis: int = 1, time_axis: int = 0) -> Any:
    given = whole(lengths)
    t, b = x.shape[time_axis], x.shape[batch_axis]
    place = np.arange(t)[:, None] + np.zeros((1, b), np.int64)
    for i, length in enumerate(given):
        place[:length, i] = place[:length, i][::-1]
    moved = f.moveaxis(x, (time_axis, batch_axis), (0, 1))
    return f.moveaxis(f.getitem(moved, (place, np.arange(b)[None])), (0, 1), (time_axis, batch_axis))


# ── made ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@operator("Constant")
def constant(**given: Any) -> Any:
    """The array that a node holds."""
    if len(given) != 1:
        raise ValueError(f"it must hold one value, not {len(given)}")
    ((name, value),) = given.items()
    if name in ("value", "sparse_value") and isinstance(value, np.ndarray):
        return value
    if name in ("value_float", "value_floats"):
        return np.array(value, np.float32)
    if name in ("value_int", "value_ints"):
        return np.array(value, np.int64)
    raise ValueError(f"its {name} is {value!r:.60}, which is no array of numbers")


@operator("ConstantOfShape")
def constant_of_shape(shape: Any, *, value: Any = None) -> Any:
    """One number everywhere: an array that takes no memory for each."""
    one = np.zeros(1, np.float32) if value is None else value
    if not isinstance(one, np.ndarray) or one.size != 1:
        raise ValueError(f"its value is {one!r:.60}, not an array of one number")
    return np.broadcast_to(one.reshape(()), within_reason(whole(shape) if np.size(bare(shape)) else ()))


@operator("EyeLike")
def _eye_like(x: Any, *, dtype: int | None = None, k: int = 0) -> Any:
    return np.eye(x.shape[0], x.shape[1], k, x.dtype if dtype is None else dtype_of(dtype))


@operator("Range")
def _range(start: Any, limit: Any, delta: Any) -> Any:
    begin, end, step = (np.asarray(bare(one)).reshape(())[()] for one in (start, limit, delta))
    count = max(ceil((end - begin) / step), 0)
    within_reason((count,))
    return (begin + np.arange(count, dtype=begin.dtype) * step).astype(begin.dtype)
