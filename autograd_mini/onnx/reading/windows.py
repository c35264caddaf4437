"""ONNX's operators that slide over maps: convolutions, pools, and what belongs to them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .elements import is_tensor, kept, swish
from .operators import operator
from .shapes import whole, within_reason

_CONV: dict[int, Any] = {1: f.conv1d, 2: f.conv2d, 3: f.conv3d}
_CONV_TRANSPOSE: dict[int, Any] = {1: f.conv_transpose1d, 2: f.conv_transpose2d, 3: f.conv_transpose3d}
_MAX_POOL: dict[int, Any] = {1: f.max_pool1d, 2: f.max_pool2d, 3: f.max_pool3d}
_AVG_POOL: dict[int, Any] = {1: f.avg_pool1d, 2: f.avg_pool2d, 3: f.avg_pool3d}

Pads = tuple[tuple[int, int], ...]


class Window:
    """How a window slides: kernel, stride, dilation and padding of each axis, whatever way a node tells of them."""

    def __init__(
        self,
        sizes: Any,
        kernel: Any,
        strides: Any = None,
        pads: Any = None,
        dilations: Any = None,
        auto_pad: str = "NOTSET",
        ceil_mode: int = 0,
    ) -> None:
        n = len(sizes)
        if not 1 <= n <= 3:
            raise ValueError(f"maps have one to three axes beside batch and channels, not {n}")
        self.kernel = tuple(int(k) for k in kernel)
        self.stride = tuple(strides or (1,) * n)
        self.dilation = tuple(dilations or (1,) * n)
        for what, found in (("kernel_shape", self.kernel), ("strides", self.stride), ("dilations", self.dilation)):
            if len(found) != n or min(found) < 1:
                raise ValueError(f"{what} {found} must be {n} positive integers")
        self.reach = tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))
        given = [*(pads or (0,) * 2 * n)]
        if len(given) != 2 * n:
            raise ValueError(f"pads {given} must be {2 * n} integers")
        self.pads: Pads = tuple(zip(given[:n], given[n:], strict=True))
        self.ceil = bool(ceil_mode)
        if auto_pad in ("SAME_UPPER", "SAME_LOWER"):
            self.pads, self.ceil = tuple(map(self._same(auto_pad), sizes, self.stride, self.reach)), False
        elif auto_pad == "VALID":
            self.pads = ((0, 0),) * n

    @staticmethod
    def _same(auto_pad: str) -> Any:
        def pads(n: int, stride: int, reach: int) -> tuple[int, int]:
            total = max((-(-n // stride) - 1) * stride + reach - n, 0)
            less, more = total // 2, total - total // 2
            return (less, more) if auto_pad == "SAME_UPPER" else (more, less)

        return pads

    def setting(self) -> dict[str, Any]:
        """For operations here."""
        return {"kernel_size": self.kernel, "stride": self.stride, "padding": self.pads}


@operator("Conv")
def _conv(x: Any, w: Any, b: Any = None, *, group: int = 1, kernel_shape: Any = None, **how: Any) -> Any:
    window = Window(x.shape[2:], w.shape[2:] if kernel_shape is None else kernel_shape, **how)
    if tuple(w.shape[2:]) != window.kernel:
        raise ValueError(f"kernel_shape {window.kernel} is not that of the weight {w.shape}")
    setting = {"stride": window.stride, "padding": window.pads, "dilation": window.dilation, "groups": group}
    return _CONV[x.ndim - 2](x, w, b, **setting)


@operator("CausalConvWithState")
def _causal(x: Any, w: Any, b: Any = None, state: Any = None, *, activation: str = "none") -> Any:
    n, channels, length = x.shape
    k = w.shape[-1]
    before = np.zeros((n, channels, k - 1), x.dtype) if state is None else state
    whole_line = f.concatenate((before, x), -1)
    y = f.conv1d(whole_line, w, b, groups=channels)
    return (y if activation == "none" else swish(y)), f.getitem(whole_line, (..., slice(length, None)))


@operator("ConvTranspose")
def _conv_transpose(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    group: int = 1,
    kernel_shape: Any = None,
    output_padding: Any = None,
    output_shape: Any = None,
    auto_pad: str = "NOTSET",
    pads: Any = None,
    **how: Any,
) -> Any:
    n = x.ndim - 2
    window = Window(x.shape[2:], w.shape[2:] if kernel_shape is None else kernel_shape, pads=pads, **how)
    more = tuple(output_padding or (0,) * n)
    full = [s * (m - 1) + r for m, s, r in zip(x.shape[2:], window.stride, window.reach, strict=True)]
    around = window.pads
    if auto_pad.startswith("SAME") and output_shape is None:
        output_shape = [m * s for m, s in zip(x.shape[2:], window.stride, strict=True)]
    if output_shape is not None:
        spare = [a + o - m for a, o, m in zip(full, more, output_shape[-n:], strict=True)]
        low = [(t // 2 if auto_pad != "SAME_LOWER" else t - t // 2) for t in (max(t, 0) for t in spare)]
        around = tuple((a, t - a) for a, t in zip(low, spare, strict=True))
    within_reason((x.shape[0], w.shape[1] * group, *full))
    y = _CONV_TRANSPOSE[n](x, w, b, stride=window.stride, dilation=window.dilation, groups=group) if b is None else None
    y = _CONV_TRANSPOSE[n](x, w, stride=window.stride, dilation=window.dilation, groups=group) if y is None else y
    index = tuple(slice(a, m - max(c - o, 0)) for (a, c), o, m in zip(around, more, full, strict=True))
    y = f.getitem(y, (slice(None), slice(None), *index))
    behind = tuple((0, max(o - c, 0)) for (_, c), o in zip(around, more, strict=True))
    y = f.pad(y, ((0, 0), (0, 0), *behind)) if any(c for _, c in behind) else y
    return y if b is None else y + f.reshape(b, (-1, *[1] * n))


@operator("DeformConv")
def _deform_conv(
    x: Any,
    w: Any,
    offset: Any,
    b: Any = None,
    mask: Any = None,
    *,
    group: int = 1,
    offset_group: int = 1,
    kernel_shape: Any = None,
    **how: Any,
) -> Any:
    n, channels, height, width = x.shape
    window = Window((height, width), kernel_shape or w.shape[2:], **how)
    (kh, kw), (sh, sw), (dh, dw) = window.kernel, window.stride, window.dilation
    rows, columns = offset.shape[2:]
    moved = f.reshape(offset, (n, offset_group, kh * kw, 2, rows, columns))
    at_y = np.arange(rows)[:, None] * sh - window.pads[0][0] + (np.arange(kh) * dh).repeat(kw)[:, None, None]
    at_x = np.arange(columns)[None] * sw - window.pads[1][0] + np.tile(np.arange(kw) * dw, kh)[:, None, None]
    y = f.getitem(moved, (..., 0, slice(None), slice(None))) + at_y.astype(x.dtype)
    z = f.getitem(moved, (..., 1, slice(None), slice(None))) + at_x.astype(x.dtype)
    taken = f.reshape(bilinear(x, y, z, offset_group), (n, channels, kh * kw, rows, columns))
    if mask is not None:
        weights = f.reshape(mask, (n, offset_group, 1, kh * kw, rows, columns))
        parts = f.reshape(taken, (n, offset_group, channels // offset_group, kh * kw, rows, columns))
        taken = f.reshape(parts * weights, taken.shape)
    columns_of = f.reshape(taken, (n, group, channels // group * kh * kw, rows * columns))
    filters = f.reshape(w, (1, group, w.shape[0] // group, -1))
    found = f.reshape(f.matmul(filters, columns_of), (n, w.shape[0], rows, columns))
    return found if b is None else found + f.reshape(b, (-1, 1, 1))


def bilinear(x: Any, y: Any, z: Any, groups: int) -> Any:
    """Maps (n, c, h, w) at places (n, groups, ...), each of an equal part of the channels; 0 beyond the border."""
    n, channels, height, width = x.shape
    each = channels // groups
    parts = f.transpose(f.reshape(x, (n, groups, each, height * width)), (0, 1, 3, 2))
    at_n = np.arange(n).reshape(-1, 1, *[1] * (y.ndim - 2))
    at_g = np.arange(groups).reshape(1, -1, *[1] * (y.ndim - 2))
    low_y, low_z = (np.floor(np.asarray(bare(one))) for one in (y, z))
    total: Any = 0.0
    for up in (0, 1):
        for right in (0, 1):
            i, j = low_y + up, low_z + right
            inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
            flat = np.where(inside, i * width + j, 0).astype(np.int64)
            share = (1 - f.absolute(y - i.astype(x.dtype))) * (1 - f.absolute(z - j.astype(x.dtype)))
            share = share * inside.astype(x.dtype)
            total = total + f.getitem(parts, (at_n, at_g, flat)) * f.expand_dims(share, (-1,))
    return f.moveaxis(total, -1, 2)


# ── pools ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@operator("MaxPool")
def _max_pool(x: Any, *, kernel_shape: Any, storage_order: int = 0, call: Any, **how: Any) -> Any:
    window = Window(x.shape[2:], kernel_shape, **how)
    setting = window.setting() | {"dilation": window.dilation, "ceil_mode": window.ceil}
    pool, numbers = _MAX_POOL[x.ndim - 2], x if x.dtype.kind == "f" else f.astype(x, np.float64)
    if call.outputs < 2:
        return kept(pool(numbers, **setting), x.dtype)
    values, places = pool(numbers, **setting, return_indices=True)
    found, size = np.asarray(bare(places)).astype(np.int64), x.shape[2:]
    if storage_order:
        found = np.ravel_multi_index(np.unravel_index(found, size), size, order="F")
    planes = np.arange(prod(x.shape[:2])).reshape(*x.shape[:2], *[1] * len(size))
    return kept(values, x.dtype), found + planes * prod(size)


@operator("AveragePool")
def _average_pool(x: Any, *, kernel_shape: Any, count_include_pad: int = 0, **how: Any) -> Any:
    window = Window(x.shape[2:], kernel_shape, **how)
    if set(window.dilation) == {1}:
        more = {"ceil_mode": window.ceil, "count_include_pad": bool(count_include_pad)}
        return _AVG_POOL[x.ndim - 2](x, **window.setting(), **more)
    sums = _sums(x, window)
    ones = np.ones((1, 1, *x.shape[2:]), x.dtype)
    return sums / _sums(_bordered(ones, window, 1.0) if count_include_pad else ones, window, not count_include_pad)


def _bordered(x: Any, window: Window, value: float = 0.0) -> Any:
    """Maps with their padding."""
    return f.pad(x, ((0, 0), (0, 0), *window.pads), value=value)


def _sums(x: Any, window: Window, bordered: bool = True) -> Any:
    """The sum over each window, a last one beyond the border among them if `ceil` is set."""
    x = _bordered(x, window) if bordered else x
    if window.ceil:
        behind: list[tuple[int, int]] = []
        for n, (low, _), s, r in zip(x.shape[2:], window.pads, window.stride, window.reach, strict=True):
            count = -(-(n - r) // s) + 1
            count -= (count - 1) * s >= n - window.pads[len(behind)][1] and low >= 0
            behind.append((0, max((count - 1) * s + r - n, 0)))
        x = f.pad(x, ((0, 0), (0, 0), *behind))
    ones = np.ones((x.shape[1], 1, *window.kernel), x.dtype)
    return _CONV[x.ndim - 2](x, ones, stride=window.stride, dilation=window.dilation, groups=x.shape[1])


@operator("LpPool")
def _lp_pool(x: Any, *, kernel_shape: Any, p: float = 2, **how: Any) -> Any:
    return _root(_sums(f.absolute(x) ** float(p), Window(x.shape[2:], kernel_shape, **how)), p)


def _root(x: Any, p: float) -> Any:
    return f.sqrt(x) if p == 2 else x ** (1 / p)


def _all_axes(x: Any) -> tuple[int, ...]:
    return tuple(range(2, x.ndim))


@operator("GlobalAveragePool")
def _global_average_pool(x: Any) -> Any:
    return f.mean(x, _all_axes(x), True)


@operator("GlobalMaxPool")
def _global_max_pool(x: Any) -> Any:
    return f.max(x, _all_axes(x), True)


@operator("GlobalLpPool")
def _global_lp_pool(x: Any, *, p: int = 2) -> Any:
    return _root(f.sum(f.absolute(x) ** float(p), _all_axes(x), True), p)


@operator("MaxUnpool")
def _max_unpool(
    x: Any, places: Any, size: Any = None, *, kernel_shape: Any, strides: Any = None, pads: Any = None
) -> Any:
    window = Window(x.shape[2:], kernel_shape, strides, pads)
    small = [(m - 1) * s - a - b + k for m, s, (a, b), k in zip(x.shape[2:], window.stride, window.pads, window.kernel,
                                                                strict=True)]  # fmt: skip
    shape = within_reason((*x.shape[:2], *small))
    index = np.asarray(bare(places)).reshape(-1)
    flat = f.scatter_add(np.zeros(prod(shape), x.dtype), 0, index, f.reshape(x, (-1,)))
    found = f.reshape(flat, shape)
    if size is None or tuple(whole(size)) == shape:
        return found
    return f.pad(found, tuple((0, n - m) for n, m in zip(whole(size), shape, strict=True)))


@operator("Col2Im")
def _col2im(x: Any, size: Any, block: Any, *, dilations: Any = None, pads: Any = None, strides: Any = None) -> Any:
    image, kernel = whole(size), whole(block)
    window = Window(image, kernel, strides, pads, dilations)
    n, k, length = x.shape
    channels = k // prod(kernel)
    padded = [m + a + b for m, (a, b) in zip(image, window.pads, strict=True)]
    within_reason((n, channels, *padded))
    counts = [(m - r) // s + 1 for m, r, s in zip(padded, window.reach, window.stride, strict=True)]
    if prod(counts) != length:
        raise ValueError(f"{length} blocks do not cover an image of {image}; {prod(counts)} would")
    grids = np.meshgrid(*(np.arange(c) * s for c, s in zip(counts, window.stride, strict=True)), indexing="ij")
    steps = np.meshgrid(*(np.arange(k) * d for k, d in zip(kernel, window.dilation, strict=True)), indexing="ij")
    where = [b.reshape(-1, 1) + a.reshape(1, -1) for a, b in zip(grids, steps, strict=True)]
    flat = np.ravel_multi_index(where, padded).reshape(-1)
    values = f.reshape(x, (n, channels, prod(kernel) * length))
    zeros = np.zeros((n, channels, prod(padded)), x.dtype)
    found = f.scatter_add(zeros, 2, np.broadcast_to(flat, values.shape), values) if is_tensor(x) else _added(
        zeros, flat, values)  # fmt: skip
    index = tuple(slice(a, a + m) for m, (a, _) in zip(image, window.pads, strict=True))
    return f.getitem(f.reshape(found, (n, channels, *padded)), (slice(None), slice(None), *index))


def _added(zeros: Any, flat: Any, values: Any) -> Any:
    index: Any = (slice(None), slice(None), flat)
    np.add.at(zeros, index, values)
    return zeros
