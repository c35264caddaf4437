"""Friendly functions on images and feature maps (N, C, H, W): defaults, ints or pairs, errors in the user's words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from .arguments import is_real, is_whole
from .core.observer import is_grad_enabled
from .core.primitive import operand
from .core.tape import Value
from .kernels.layout import Geometry, Pair, Window
from .kernels.pool import pooled_size
from .ops import channels, conv, elementwise, pool
from .ops.precision import in_single

IntOrPair = int | tuple[int, int]
MOST = 1 << 31  # pixels of a side; beyond it, places no longer fit where they are counted


def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    rectify: bool = False,
) -> Any:
    """Slide filters over images: y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, c, s·i + d·u − p, s·j + d·v − p].

    x (N, C, H, W), w (K, C, kh, kw), b (K,) -> (N, K, Hout, Wout) with Hout = ⌊(H + 2p − d(kh − 1) − 1) / s⌋ + 1.
    With rectify, relu(y) in the same pass over memory; on the tape they are two steps.
    Raises ValueError for shapes that do not fit, for stride or dilation below 1, and for a kernel that reaches beyond
    the padded image; TypeError for data that are not real numbers. Source: the report, section 3.1.2.
    """
    x, w, b = _real("conv2d", ("b",), x=x, w=w, b=b)
    geometry = _, p, d = geometry_of("conv2d", stride, padding, dilation)
    _maps("conv2d", "x (N, C, H, W)", x)
    _maps("conv2d", "w (K, C, kh, kw)", w)
    if x.shape[1] != w.shape[1]:
        raise ValueError(
            f"conv2d: x {x.shape} has {x.shape[1]} channels but the filters w {w.shape} expect {w.shape[1]}"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"conv2d: b {b.shape} must have one entry for each of the {w.shape[0]} filters, w {w.shape}")
    _fits("conv2d", x.shape, w.shape[2:], p, d)
    if rectify:
        return elementwise.relu_of_rectified(conv.conv2d_rectified(x, w, b, geometry=geometry))
    return conv.conv2d(x, w, b, geometry=geometry)


def conv_transpose2d(
    y: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The adjoint of conv2d, the report's deconv: every value of a map paints its filter, overlaps add up.

    y (N, K, Hy, Wy), w (K, C, kh, kw), b (C,) -> (N, C, H, W) with H = s(Hy − 1) + d(kh − 1) + 1 − 2p + output_padding.
    `output_padding` (below the stride) says which of the sizes that conv2d maps to Hy is meant. Raises ValueError as
    conv2d does. Source: the report, section 3.2.1.
    """
    name = "conv_transpose2d"
    y, w, b = _real(name, ("b",), y=y, w=w, b=b)
    geometry = s, p, d = geometry_of(name, stride, padding, dilation)
    extra = pair_of(name, "output_padding", output_padding, 0)
    _maps(name, "y (N, K, H, W)", y)
    _maps(name, "w (K, C, kh, kw)", w)
    if y.shape[1] != w.shape[0]:
        raise ValueError(f"{name}: y {y.shape} has {y.shape[1]} channels but w {w.shape} has {w.shape[0]} filters")
    if b is not None and b.shape != w.shape[1:2]:
        raise ValueError(
            f"{name}: b {b.shape} must have one entry for each of the {w.shape[1]} channels of w {w.shape}"
        )
    if extra[0] >= s[0] or extra[1] >= s[1]:
        raise ValueError(f"{name}: output_padding {extra} must be smaller than the stride {s}")
    size = tuple(s[i] * (y.shape[2 + i] - 1) + d[i] * (w.shape[2 + i] - 1) + 1 - 2 * p[i] + extra[i] for i in range(2))
    if min(size) < 1:
        raise ValueError(f"{name}: y {y.shape} with w {w.shape}, padding {p} leaves an image of {size[0]}×{size[1]}")
    out = conv.conv_transpose2d(y, w, size=size, geometry=geometry)
    return out if b is None else out + b.reshape((1, -1, 1, 1))


def conv2d_filter(
    x: Any,
    y: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The third face: how filters must look to lead from x to y, ∂/∂w ⟨conv2d(x, w), y⟩.

    x (N, C, H, W), y (N, K, Hy, Wy) -> (K, C, *kernel_size). Raises ValueError unless y has the size conv2d gives.
    """
    name = "conv2d_filter"
    x, y = _real(name, (), x=x, y=y)
    kernel = pair_of(name, "kernel_size", kernel_size, 1)
    geometry = s, p, d = geometry_of(name, stride, padding, dilation)
    _maps(name, "x (N, C, H, W)", x)
    _maps(name, "y (N, K, Hy, Wy)", y)
    _fits(name, x.shape, kernel, p, d)
    size = tuple((x.shape[2 + i] + 2 * p[i] - d[i] * (kernel[i] - 1) - 1) // s[i] + 1 for i in range(2))
    if y.shape[2:] != size or y.shape[0] != x.shape[0]:
        raise ValueError(
            f"{name}: conv2d leads from x {x.shape} to maps ({x.shape[0]}, K, {size[0]}, {size[1]}), not y {y.shape}"
        )
    return conv.conv2d_filter(x, y, size=kernel, geometry=geometry)


def max_pool2d(
    x: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window; the stride is the window's size unless given.

    x (N, C, H, W) -> (N, C, Hout, Wout) with Hout = ⌊(H + 2p − k) / s⌋ + 1. With `return_indices` also where each
    maximum stood, as flat positions in the H×W plane. The first maximum in row-major order wins; nan counts as largest;
    padding never wins. Raises ValueError for a padding that is not smaller than the window, or a window that reaches
    beyond the padded image. Source: the report, section 3.1.3.
    """
    (x,) = _real("max_pool2d", (), x=x)
    window = _pooling("max_pool2d", x, kernel_size, stride, padding)
    if not return_indices:
        going_back = isinstance(x, Value) and x.node is not None and is_grad_enabled()
        return (pool.max_pool2d if going_back else pool.max_values2d)(x, window=window)[0]
    out, switches = pool.max_pool2d(x, window=window)
    indices = flat_indices(switches, x.shape, window)
    return out, (type(out).made(indices, None) if isinstance(out, Value) else indices)


def max_unpool2d(
    y: Any,
    indices: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    output_size: Pair | None = None,
) -> Any:
    """Put pooled values back where they stood, zeros elsewhere; where windows overlap, values add up.

    y, indices (N, C, Hout, Wout) -> (N, C, H, W), H = s(Hout − 1) + k − 2p unless `output_size` says otherwise.
    `indices` are those of max_pool2d(…, return_indices=True) with the same geometry; raises ValueError if one lies
    outside its window. Source: Zeiler & Fergus 2014, section 2.1; the report, section 3.2.2.
    """
    (y,) = _real("max_unpool2d", (), y=y)
    _maps("max_unpool2d", "y (N, C, H, W)", y)
    positions = np.asarray(operand("max_unpool2d: indices", indices))
    if positions.shape != y.shape or positions.dtype.kind not in "iu":
        raise ValueError(
            f"max_unpool2d: indices {positions.shape} of {positions.dtype} must be integers, one for each value of "
            f"y {y.shape}"
        )
    window = kernel, s, p = window_of("max_unpool2d", kernel_size, stride, padding)
    rows, columns = (s[i] * (y.shape[2 + i] - 1) + kernel[i] - 2 * p[i] for i in range(2))
    size = (rows, columns) if output_size is None else pair_of("max_unpool2d", "output_size", output_size, 1)
    if pooled_size(size, window) != y.shape[2:]:
        raise ValueError(
            f"max_unpool2d: pooling {size[0]}×{size[1]} with kernel_size {kernel}, stride {s} and padding {p} does not "
            f"give maps like y {y.shape}"
        )
    return pool.unpool(y, switches_at(positions, size, window), size=size, window=window)


def avg_pool2d(x: Any, *, kernel_size: IntOrPair, stride: IntOrPair | None = None, padding: IntOrPair = 0) -> Any:
    """The mean of each window, padding counted as zeros. x (N, C, H, W) -> (N, C, Hout, Wout), sized as max_pool2d."""
    (x,) = _real("avg_pool2d", (), x=x)
    window = _pooling("avg_pool2d", x, kernel_size, stride, padding)
    try:
        count = window.kernel_size[0] * window.kernel_size[1]
        return in_single(lambda x: pool.sum_pool2d(x, window=window) / count)(x)
    except MemoryError as error:
        raise MemoryError(str(error).replace("sum_pool2d", "avg_pool2d", 1)) from error


def batch_norm(
    x: Any,
    mean: Any = None,
    var: Any = None,
    weight: Any = None,
    bias: Any = None,
    *,
    eps: float = 1e-5,
    rectify: bool = False,
    return_statistics: bool = False,
) -> Any:
    """(x − mean) / √(var + eps) · weight + bias, each channel by its own numbers.

    x (N, C, ...), mean, var, weight, bias (C,) -> (N, C, ...). Without mean and var they are those of the batch itself,
    over every axis but 1, and gradients flow through them too. With rectify, relu of the result in the same pass over
    memory; on the tape they are two steps. With `return_statistics` also the mean and the variance. In half precision
    the batch's own are in single, and whichever are used, half x, weight and bias give half.
    Raises ValueError if a vector does not have C entries, if only one of mean and var is given, or if a batch without
    elements should have its own. Source: Ioffe & Szegedy 2015, algorithm 1.
    """
    numbers = {"mean": mean, "var": var, "weight": weight, "bias": bias}
    x, mean, var, weight, bias = _real("batch_norm", numbers, x=x, **numbers)
    if not (is_real(eps) and 0 <= eps < np.inf):
        raise ValueError(f"batch_norm: eps must be a number of at least 0, not {eps!r}")
    if len(x.shape) < 2:
        raise ValueError(f"batch_norm: x {x.shape} has no channel axis; it must be (N, C, ...)")
    for what, v in (("mean", mean), ("var", var), ("weight", weight), ("bias", bias)):
        if v is not None and v.shape != x.shape[1:2]:
            raise ValueError(f"batch_norm: {what} {v.shape} must have one entry for each channel of x {x.shape}")
    if (mean is None) != (var is None):
        raise ValueError("batch_norm: mean and var must both be given, or neither: then they are those of the batch")
    if mean is None:
        if not x.size:
            raise ValueError(f"batch_norm: x {x.shape} has no elements, so there is no mean and no variance")
        m = channels.moments(x, None)
        way = channels.normalise_rectified if rectify else channels.normalise_known
        y, mean, var = way(x, weight, bias, m, eps=eps), m[0], m[1]
    else:
        scale = 1 / elementwise.sqrt(var + eps)
        way = channels.channel_affine_rectified if rectify else channels.channel_affine
        y = way(x, mean, scale if weight is None else scale * weight, bias, None, None)
        kind = np.result_type(*(v.dtype for v in (x, weight, bias) if v is not None))
        y = elementwise.cast(y, dtype=kind) if kind == np.float16 != y.dtype else y
    y = elementwise.relu_of_rectified(y) if rectify else y
    return (y, mean, var) if return_statistics else y


# ── switches and flat indices ─────────────────────────────────────────────────────────────────────────────────────────


def flat_indices(switches: Any, shape: tuple[int, ...], window: Window) -> Any:
    """Switches (place in the window) -> flat positions in the H×W plane of an image of `shape` (N, C, H, W)."""
    rows, columns = _corners(switches.shape, window)
    u, v = np.divmod(switches.astype(np.int64), window.kernel_size[1])
    return (u + rows) * shape[3] + v + columns


def switches_at(indices: Any, size: Pair, window: Window) -> Any:
    """The inverse of `flat_indices`. Raises ValueError if a position is outside its window or outside the image."""
    (kh, kw), stride, padding = window
    rows, columns = _corners(indices.shape, window)
    i, j = np.divmod(indices.astype(np.int64), size[1])
    u, v = i - rows, j - columns
    bad = (u < 0) | (u >= kh) | (v < 0) | (v >= kw) | (i < 0) | (i >= size[0])
    if bad.any():
        where = tuple(map(int, np.argwhere(bad)[0]))
        raise ValueError(
            f"max_unpool2d: the index {indices[where]} at {where} lies outside that value's window; "
            f"are kernel_size {(kh, kw)}, stride {stride} and padding {padding} those of the pooling?"
        )
    return (u * kw + v).astype(np.min_scalar_type(kh * kw - 1))


def _corners(shape: tuple[int, ...], window: Window) -> tuple[Any, Any]:
    """Where each window of maps (N, C, Hout, Wout) begins: rows (Hout, 1), columns (Wout,)."""
    rows, columns = (np.arange(n) * s - p for n, s, p in zip(shape[2:], window.stride, window.padding, strict=True))
    return rows[:, None], columns


# ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _real(name: str, optional: Collection[str], **arrays: Any) -> tuple[Any, ...]:
    """The arguments as floating arrays; integers take on the floating dtype of their company, or float64."""
    given = {key: None if a is None and key in optional else operand(f"{name}: {key}", a) for key, a in arrays.items()}
    for key, a in given.items():
        if a is not None and a.dtype.kind not in "fiub":
            raise TypeError(f"{name}: {key} has dtype {a.dtype}; it must hold real numbers")
    floats = [a.dtype for a in given.values() if a is not None and a.dtype.kind == "f"]
    dtype = np.result_type(*floats) if floats else np.dtype(np.float64)
    return tuple(a if a is None or a.dtype.kind == "f" else elementwise.cast(a, dtype=dtype) for a in given.values())


def pair_of(name: str, what: str, value: Any, least: int) -> Pair:
    """An integer, or a pair of them, as a pair. Raises ValueError, as `name`, for what is neither or below `least`."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(is_whole(n, least) and n < MOST for n in pair):
        raise ValueError(f"{name}: {what} must be an integer of at least {least} or a pair of them, not {value!r}")
    return int(pair[0]), int(pair[1])


def geometry_of(name: str, stride: Any, padding: Any, dilation: Any) -> Geometry:
    """How filters slide, as pairs; checked."""
    return Geometry(
        pair_of(name, "stride", stride, 1), pair_of(name, "padding", padding, 0), pair_of(name, "dilation", dilation, 1)
    )


def _maps(name: str, what: str, array: Any) -> None:
    if len(array.shape) != 4:
        raise ValueError(f"{name}: {what} must have 4 axes, not the {len(array.shape)} of shape {array.shape}")
    filters = what.startswith("w")
    if not array.shape[1] or (filters and 0 in array.shape):
        rule = "there must be a filter, a channel and a kernel" if filters else "there must be at least one channel"
        raise ValueError(f"{name}: {what} of shape {array.shape} is empty: {rule}")


def _fits(name: str, shape: tuple[int, ...], kernel: tuple[int, ...], padding: Pair, dilation: Pair) -> None:
    for side, n, k, p, d in zip(("high", "wide"), shape[2:], kernel, padding, dilation, strict=True):
        if not 0 < d * (k - 1) + 1 <= n + 2 * p:
            raise ValueError(
                f"{name}: a kernel of {kernel[0]}×{kernel[1]} with dilation {d} reaches over {d * (k - 1) + 1} pixels, "
                f"but x {shape} with padding {p} is only {n} + 2·{p} = {n + 2 * p} {side}"
            )


def _pooling(name: str, x: Any, kernel_size: Any, stride: Any, padding: Any) -> Window:
    _maps(name, "x (N, C, H, W)", x)
    window = window_of(name, kernel_size, stride, padding)
    _fits(name, x.shape, window.kernel_size, window.padding, (1, 1))
    return window


def window_of(name: str, kernel_size: Any, stride: Any, padding: Any) -> Window:
    """What slides when pooling, as pairs; checked."""
    kernel = pair_of(name, "kernel_size", kernel_size, 1)
    s = kernel if stride is None else pair_of(name, "stride", stride, 1)
    p = pair_of(name, "padding", padding, 0)
    if p[0] >= kernel[0] or p[1] >= kernel[1]:
        raise ValueError(
            f"{name}: padding {p} must be smaller than kernel_size {kernel}, so that no window is all padding"
        )
    return Window(kernel, s, p)
