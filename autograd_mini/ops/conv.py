"""Convolution as one trilinear form with three faces, each face's gradients being the other two.

    F(x, w, y) = Σ  y[n,k,i] · w[k,c,u] · x[n, group(k) + c, s·i + d·u − p]        i, u: places, of one to three axes

    conv(x, w)           = ∂F/∂y      images × filters -> maps
    conv_transpose(y, w) = ∂F/∂x      maps   × filters -> images       the report's "deconv", Law 1: (W*)ᵀ Y*
    conv_filter(x, y)    = ∂F/∂w      images × maps    -> filters      Law 2: Y* (X*)ᵀ

A face's gradient by one argument puts g in the place of its own variable: six rules, closed under differentiation.
`size` is that of what comes out, where the other shapes do not determine it. For images in one group, padded alike on
both sides, the faces have names of their own, `conv2d`, `conv_transpose2d` and `conv2d_filter`, and know their sizes.
Source: the report, sections 3.1.2 and 3.2.1.
"""

from math import prod
from typing import Any

import numpy as np

from ..arguments import is_whole
from ..core.primitive import Primitive, call_as
from ..geometry import (
    IntOrPair,
    IntOrSize,
    Padding,
    borders_of,
    check_fits,
    check_maps,
    geometry_of,
    pair_of,
    size_of,
    times,
)
from ..kernels import conv as kernels
from ..kernels import conv_nd
from ..kernels.layout import Geometry, Grouped, Pair, Size
from .elementwise import floating
from .former import relu_keyword
from .kinds import definition, op
from .reduce import sum

AXES = ("D", "H", "W")
_FILTERS = {1: "K, C, kw", 2: "K, C, kh, kw", 3: "K, C, kd, kh, kw"}

# every element of the maps meets every weight of its filter, whichever face it is


@op(cost=lambda out, w: prod(out) * prod(w[1:]))
def conv2d(x: Any, w: Any, b: Any, *, geometry: Geometry) -> Any:
    """∂F/∂y, plus a bias. x (N, C, H, W), w (K, C, kh, kw), b (K,) or None -> (N, K, Hout, Wout)."""
    return kernels.conv2d(x, w, b, geometry)


@op(cost=lambda y, w: prod(y) * prod(w[1:]))
def conv_transpose2d(y: Any, w: Any, *, size: Pair, geometry: Geometry) -> Any:
    """∂F/∂x. y (N, K, Hy, Wy), w (K, C, kh, kw) -> (N, C, *size)."""
    return kernels.conv_transpose2d(y, w, size, geometry)


@op(cost=lambda out, y: prod(y) * prod(out[1:]))
def conv2d_filter(x: Any, y: Any, *, size: Pair, geometry: Geometry) -> Any:
    """∂F/∂w. x (N, C, H, W), y (N, K, Hy, Wy) -> (K, C, *size)."""
    return kernels.conv2d_filter(x, y, size, geometry)


@op(public=False, cost=lambda out, w: prod(out) * prod(w[1:]))
def conv(x: Any, w: Any, b: Any, *, size: Size, geometry: Grouped) -> Any:
    """∂F/∂y, plus a bias. x (N, C, ...), w (K, C / groups, ...), b (K,) or None -> (N, K, *size)."""
    return conv_nd.conv(x, w, b, size, geometry)


@op(public=False, cost=lambda y, w: prod(y) * prod(w[1:]))
def conv_transpose(y: Any, w: Any, *, size: Size, geometry: Grouped) -> Any:
    """∂F/∂x. y (N, K, ...), w (K, C / groups, ...) -> (N, C, *size)."""
    return conv_nd.conv_transpose(y, w, size, geometry)


@op(public=False, cost=lambda out, y: prod(y) * prod(out[1:]))
def conv_filter(x: Any, y: Any, *, size: Size, geometry: Grouped) -> Any:
    """∂F/∂w. x (N, C, ...), y (N, K, ...) -> (K, C / groups, *size)."""
    return conv_nd.conv_filter(x, y, size, geometry)


@conv2d.implementation
def conv2d_then_relu(x: Any, w: Any, b: Any, *, geometry: Geometry) -> Any:
    """conv2d with a relu applied to its result; `relu_done` records that relu."""
    return kernels.conv2d(x, w, b, geometry, then_relu=True)


@conv.implementation
def conv_then_relu(x: Any, w: Any, b: Any, *, size: Size, geometry: Grouped) -> Any:
    """conv with a relu applied to its result; `relu_done` records that relu."""
    out = conv_nd.conv(x, w, b, size, geometry)
    return np.maximum(out, 0, out=out)


# fmt: off
conv2d.defvjp(
    x=lambda g, w, shape, *, geometry: conv_transpose2d.bind(g, w, size=shape[2:], geometry=geometry),
    w=lambda g, x, shape, *, geometry: conv2d_filter.bind(x, g, size=shape[2:], geometry=geometry),
    b=lambda g: sum.bind(g, axis=(0, 2, 3), keepdims=False),
)
conv_transpose2d.defvjp(
    y=lambda g, w, *, geometry: conv2d.bind(g, w, None, geometry=geometry),
    w=lambda g, y, shape, *, geometry: conv2d_filter.bind(g, y, size=shape[2:], geometry=geometry),
)
conv2d_filter.defvjp(
    x=lambda g, y, shape, *, geometry: conv_transpose2d.bind(y, g, size=shape[2:], geometry=geometry),
    y=lambda g, x, *, geometry: conv2d.bind(x, g, None, geometry=geometry),
)

conv.defvjp(
    x=lambda g, w, shape, *, geometry: conv_transpose.bind(g, w, size=shape[2:], geometry=geometry),
    w=lambda g, x, shape, *, geometry: conv_filter.bind(x, g, size=shape[2:], geometry=geometry),
    b=lambda g: _all_but_channels(g),
)
conv_transpose.defvjp(
    y=lambda g, w, shape, *, geometry: conv.bind(g, w, None, size=shape[2:], geometry=geometry),
    w=lambda g, y, shape, *, geometry: conv_filter.bind(g, y, size=shape[2:], geometry=geometry),
)
conv_filter.defvjp(
    x=lambda g, y, shape, *, geometry: conv_transpose.bind(y, g, size=shape[2:], geometry=geometry),
    y=lambda g, x, shape, *, geometry: conv.bind(x, g, None, size=shape[2:], geometry=geometry),
)
# fmt: on


def _all_but_channels(g: Any) -> Any:
    return sum.bind(g, axis=(0, *range(2, len(g.shape))), keepdims=False)


# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _conv1d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrSize = 1,
    padding: Padding = 0,
    dilation: IntOrSize = 1,
    groups: int = 1,
) -> Any:
    """The convolution y[n,k,i] = b[k] + Σ w[k,c,u] · x[n, c, s·i + d·u − p] of sequences x.

    The filters are not flipped: in signal processing this is a cross-correlation.

    Arguments:
        x: (N, C, W), sequences.
        w: (K, C / groups, kw), filters; filter k meets the channels of group ⌊k · groups / K⌋.
        b: (K,), a bias for each filter, or None.
        stride, dilation: integers, in steps.
        padding: an integer, ((before, after),), or "same" or "valid"; "same" keeps the length at stride 1, its odd step
            behind.
        groups: in how many equal parts channels and filters fall; C of them for a depthwise convolution.
    Returns:
        (N, K, Wout) with Wout = ⌊(W + before + after − d(kw − 1) − 1) / s⌋ + 1.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide channels and filters, for a stride or
            dilation below 1, for "same" with a stride above 1, and for a kernel that reaches beyond what is padded.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.conv1d(np.array([[[1.0, 2.0, 4.0, 8.0]]]), np.array([[[-1.0, 1.0]]]), padding=((1, 0),))  # differences
        array([[[1., 1., 2., 4.]]])
    """
    return convolved("conv1d", 1, x, w, b, stride, padding, dilation, groups)


def _conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """The convolution y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, c, s·i + d·u − p, s·j + d·v − p] of images x.

    The filters are not flipped: in signal processing this is a cross-correlation.

    Arguments:
        x: (N, C, H, W), images.
        w: (K, C / groups, kh, kw), filters; filter k meets the channels of group ⌊k · groups / K⌋.
        b: (K,), a bias for each filter, or None.
        stride: an integer or a pair (vertical, horizontal), in pixels.
        padding: the same, or a pair (before, after) for each axis, or "same" or "valid"; "same" keeps the size at
            stride 1, its odd pixel behind.
        dilation: an integer or a pair, in pixels.
        groups: in how many equal parts channels and filters fall; C of them for a depthwise convolution.
    Returns:
        (N, K, Hout, Wout) with Hout = ⌊(H + before + after − d(kh − 1) − 1) / s⌋ + 1.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide channels and filters, for a stride or
            dilation below 1, for "same" with a stride above 1, and for a kernel that reaches beyond the padded image.
        TypeError: for data that are not real numbers.
    Source: the report, section 3.1.2; Howard et al. 2017 for depthwise ones.

    Example:
        >>> x, w = Tensor(np.ones((1, 1, 3, 3))), Tensor(np.ones((1, 1, 2, 2)), requires_grad=True)
        >>> y = ag.conv2d(x, w)
        >>> ag.grad(y.sum(), w).numpy()[0, 0]  # each weight meets four pixels
        array([[4., 4.],
               [4., 4.]])
    """
    return convolved("conv2d", 2, x, w, b, stride, padding, dilation, groups)


def _conv3d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrSize = 1,
    padding: Padding = 0,
    dilation: IntOrSize = 1,
    groups: int = 1,
) -> Any:
    """The convolution of volumes x, as `conv2d` with depth as a third axis.


    Arguments:
        x: (N, C, D, H, W), volumes.
        w: (K, C / groups, kd, kh, kw), filters; filter k meets the channels of group ⌊k · groups / K⌋.
        b: (K,), a bias for each filter, or None.
        stride: an integer or three (depth, vertical, horizontal).
        padding: the same, or a pair (before, after) for each axis, or "same" or "valid"; "same" keeps the size at
            stride 1, its odd voxel behind.
        dilation: an integer or three.
        groups: in how many equal parts channels and filters fall; C of them for a depthwise convolution.
    Returns:
        (N, K, Dout, Hout, Wout) with Dout = ⌊(D + before + after − d(kd − 1) − 1) / s⌋ + 1.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide channels and filters, for a stride or
            dilation below 1, for "same" with a stride above 1, and for a kernel that reaches beyond the padded volume.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.conv3d(np.ones((1, 1, 2, 3, 3)), np.ones((1, 1, 2, 2, 2)))[0, 0]
        array([[[8., 8.],
                [8., 8.]]])
    """
    return convolved("conv3d", 3, x, w, b, stride, padding, dilation, groups)


def _conv_transpose1d(
    y: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrSize = 1,
    padding: Padding = 0,
    output_padding: IntOrSize = 0,
    dilation: IntOrSize = 1,
    groups: int = 1,
) -> Any:
    """The adjoint of conv1d in its sequences: each value of a map adds its filter to the sequence.

    Arguments:
        y: (N, K, Wy), maps.
        w: (K, C / groups, kw), filters, as conv1d has them.
        b: (C,), a bias for each channel, or None.
        stride: of conv1d, an integer.
        padding: of conv1d, an integer, or a pair (before, after) for each axis.
        output_padding: an integer, below the stride: which of the sizes that conv1d maps to y's is meant.
        dilation: of conv1d, an integer.
        groups: of conv1d, in how many equal parts channels and filters fall.
    Returns:
        (N, C, W) with W = s(Wy − 1) + d(kw − 1) + 1 − before − after + output_padding.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide the filters, for a stride or dilation
            below 1, for an output_padding that is not below the stride, and for a padding that leaves no sequence.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.conv_transpose1d(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0]]]), stride=2)
        array([[[ 1.,  2., 10., 20.]]])
    """
    return convolved_back("conv_transpose1d", 1, y, w, b, stride, padding, output_padding, dilation, groups)


def _conv_transpose2d(
    y: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: Padding = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Any:
    """The adjoint of conv2d in its images, the report's "deconv": each value of a map adds its filter to the image.

    Arguments:
        y: (N, K, Hy, Wy), maps.
        w: (K, C / groups, kh, kw), filters, as conv2d has them.
        b: (C,), a bias for each channel, or None.
        stride: of conv2d, an integer or a pair (vertical, horizontal).
        padding: of conv2d, an integer or a pair (vertical, horizontal), or a pair (before, after) for each axis.
        output_padding: an integer or a pair (vertical, horizontal), below the stride; it says
            which of the sizes that conv2d maps to y's is meant.
        dilation: of conv2d, an integer or a pair (vertical, horizontal).
        groups: of conv2d, in how many equal parts channels and filters fall.
    Returns:
        (N, C, H, W) with H = s(Hy − 1) + d(kh − 1) + 1 − before − after + output_padding.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide the filters, for a stride or dilation
            below 1, for an output_padding that is not below the stride, and for a padding that leaves no image.
        TypeError: for data that are not real numbers.
    Source: the report, section 3.2.1.

    Example:
        >>> y, w = np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0]]]])
        >>> ag.conv_transpose2d(y, w)  # overlaps add up
        array([[[[ 1., 12., 20.]]]])
    """
    return convolved_back("conv_transpose2d", 2, y, w, b, stride, padding, output_padding, dilation, groups)


def _conv_transpose3d(
    y: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrSize = 1,
    padding: Padding = 0,
    output_padding: IntOrSize = 0,
    dilation: IntOrSize = 1,
    groups: int = 1,
) -> Any:
    """The adjoint of conv3d in its volumes: each value of a map adds its filter to the volume.

    Arguments:
        y: (N, K, Dy, Hy, Wy), maps.
        w: (K, C / groups, kd, kh, kw), filters, as conv3d has them.
        b: (C,), a bias for each channel, or None.
        stride: of conv3d, an integer or three (depth, vertical, horizontal).
        padding: of conv3d, an integer or three (depth, vertical, horizontal), or a pair (before, after) for each axis.
        output_padding: an integer or three (depth, vertical, horizontal), below the stride; it says
            which of the sizes that conv3d maps to y's is meant.
        dilation: of conv3d, an integer or three (depth, vertical, horizontal).
        groups: of conv3d, in how many equal parts channels and filters fall.
    Returns:
        (N, C, D, H, W) with D = s(Dy − 1) + d(kd − 1) + 1 − before − after + output_padding.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide the filters, for a stride or dilation
            below 1, for an output_padding that is not below the stride, and for a padding that leaves no volume.
        TypeError: for data that are not real numbers.

    Example:
        >>> y, w = np.array([[[[[1.0]], [[10.0]]]]]), np.ones((1, 1, 2, 1, 1))
        >>> ag.conv_transpose3d(y, w)[0, 0, :, 0, 0]
        array([ 1., 11., 10.])
    """
    return convolved_back("conv_transpose3d", 3, y, w, b, stride, padding, output_padding, dilation, groups)


def conv2d_by(implementation: Primitive, *arrays: Any, **steps: Any) -> Any:
    """The convolution of images by one of the implementations of `conv2d`."""
    how: Any = {"implementation": implementation, **steps}
    return convolved("conv2d", 2, *arrays, **how)


def convolved(
    name: str,
    axes: int,
    x: Any,
    w: Any,
    b: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    implementation: Primitive = conv2d,
) -> Any:
    """The convolution along so many axes, as `name`. implementation: of conv2d, for what it takes."""
    x, w, b = floating(name, ("b",), x=x, w=w, b=b)
    s, d = size_of(name, "stride", stride, 1, axes), size_of(name, "dilation", dilation, 1, axes)
    kernel = w.shape[2:]
    borders = borders_of(name, padding, kernel if len(kernel) == axes else (1,) * axes, s, d)
    check_maps(name, f"x (N, C, {', '.join(AXES[-axes:])})", x)
    check_maps(name, f"w ({_FILTERS[axes]})", w)
    _check_groups(name, groups, w)
    if x.shape[1] != w.shape[1] * groups:
        each = "" if groups == 1 else f" in {groups} groups"
        raise ValueError(
            f"{name}: x {x.shape} has {x.shape[1]} channels but the filters w {w.shape}{each} expect "
            f"{w.shape[1] * groups}"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"{name}: b {b.shape} must have one entry for each of the {w.shape[0]} filters, w {w.shape}")
    check_fits(name, x.shape, kernel, borders, d)
    p = tuple([before for before, _ in borders])
    if axes == 2 and groups == 1 and borders[0][0] == borders[0][1] and borders[1][0] == borders[1][1]:
        return implementation.bind(x, w, b, geometry=Geometry(s, p, d))
    steps = zip(x.shape[2:], kernel, borders, s, d, strict=True)
    size = tuple((n + before + after - d * (k - 1) - 1) // s + 1 for n, k, (before, after), s, d in steps)
    general = conv_then_relu if implementation is conv2d_then_relu else conv
    return general.bind(x, w, b, size=size, geometry=Grouped(s, p, d, groups))


def convolved_back(
    name: str,
    axes: int,
    y: Any,
    w: Any,
    b: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    """The adjoint of `convolved` in its images, as `name`."""
    y, w, b = floating(name, ("b",), y=y, w=w, b=b)
    s, d = size_of(name, "stride", stride, 1, axes), size_of(name, "dilation", dilation, 1, axes)
    kernel = w.shape[2:]
    borders = borders_of(name, padding, kernel if len(kernel) == axes else (1,) * axes, s, d, same=False)
    extra = size_of(name, "output_padding", output_padding, 0, axes)
    check_maps(name, f"y (N, K, {', '.join(AXES[-axes:])})", y)
    check_maps(name, f"w ({_FILTERS[axes]})", w)
    _check_groups(name, groups, w)
    if y.shape[1] != w.shape[0]:
        raise ValueError(f"{name}: y {y.shape} has {y.shape[1]} channels but w {w.shape} has {w.shape[0]} filters")
    if b is not None and b.shape != (w.shape[1] * groups,):
        raise ValueError(
            f"{name}: b {b.shape} must have one entry for each of the {w.shape[1] * groups} channels of w {w.shape}"
        )
    if any(more >= step for more, step in zip(extra, s, strict=True)):
        raise ValueError(f"{name}: output_padding {extra} must be smaller than the stride {s}")
    steps = zip(y.shape[2:], kernel, borders, extra, s, d, strict=True)
    size = tuple(s * (n - 1) + d * (k - 1) + 1 - border[0] - border[1] + more for n, k, border, more, s, d in steps)
    even = all(before == after for before, after in borders)
    p = tuple([before for before, _ in borders])
    if min(size) < 1:
        raise ValueError(
            f"{name}: y {y.shape} with w {w.shape}, padding {p if even else borders} leaves an image of {times(size)}"
        )
    if axes == 2 and groups == 1 and even:
        out = conv_transpose2d.bind(y, w, size=size, geometry=Geometry(s, p, d))
    else:
        out = conv_transpose.bind(y, w, size=size, geometry=Grouped(s, p, d, groups))
    return out if b is None else out + b.reshape((1, -1, *[1] * axes))


def _check_groups(name: str, groups: Any, w: Any) -> None:
    if not is_whole(groups, 1):
        raise ValueError(f"{name}: groups must be an integer of at least 1, not {groups!r}")
    if w.shape[0] % groups:
        raise ValueError(f"{name}: {groups} groups do not divide the {w.shape[0]} filters of w {w.shape}")


def _conv2d_filter(
    x: Any,
    y: Any,
    *,
    kernel_size: IntOrPair,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The adjoint of conv2d in its filters: the gradient of ⟨conv2d(x, w), y⟩ with respect to w.

    PyTorch's `torch.nn.grad.conv2d_weight`.

    Arguments:
        x: (N, C, H, W), images.
        y: (N, K, Hy, Wy), maps, as conv2d makes them of the images.
        kernel_size: (kh, kw), or one integer for both.
        stride, padding, dilation: integers or pairs (vertical, horizontal), in pixels.
    Returns:
        (K, C, kh, kw).
    Raises:
        ValueError: unless y has the size that conv2d gives, and for geometries that conv2d refuses.
        TypeError: for data that are not real numbers.

    Example:
        >>> x = np.array([[[[1.0, 2.0, 5.0]]]])
        >>> ag.conv2d_filter(x, np.array([[[[1.0, 10.0]]]]), kernel_size=(1, 2))
        array([[[[21., 52.]]]])
    """
    name = "conv2d_filter"
    x, y = floating(name, (), x=x, y=y)
    kernel = pair_of(name, "kernel_size", kernel_size, 1)
    geometry = s, p, d = geometry_of(name, stride, padding, dilation)
    check_maps(name, "x (N, C, H, W)", x)
    check_maps(name, "y (N, K, Hy, Wy)", y)
    check_fits(name, x.shape, kernel, p, d)
    size = tuple((x.shape[2 + i] + 2 * p[i] - d[i] * (kernel[i] - 1) - 1) // s[i] + 1 for i in range(2))
    if y.shape[2:] != size or y.shape[0] != x.shape[0]:
        raise ValueError(
            f"{name}: conv2d leads from x {x.shape} to maps ({x.shape[0]}, K, {size[0]}, {size[1]}), not y {y.shape}"
        )
    return conv2d_filter.bind(x, y, size=kernel, geometry=geometry)


call_as(conv2d, relu_keyword(_conv2d))
call_as(conv_transpose2d, _conv_transpose2d)
conv1d = definition(_conv1d, name="conv1d")
conv3d = definition(_conv3d, name="conv3d")
conv_transpose1d = definition(_conv_transpose1d, name="conv_transpose1d")
conv_transpose3d = definition(_conv_transpose3d, name="conv_transpose3d")
call_as(conv2d_filter, _conv2d_filter)
