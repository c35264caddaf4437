"""Convolution as one trilinear form with three faces, each face's gradients being the other two.

    F(x, w, y) = Σ  y[n,k,i,j] · w[k,c,u,v] · x[n,c, s·i + d·u − p, s·j + d·v − p]

    conv2d(x, w)           = ∂F/∂y      images × filters -> maps
    conv_transpose2d(y, w) = ∂F/∂x      maps   × filters -> images       the report's "deconv", Law 1: (W*)ᵀ Y*
    conv2d_filter(x, y)    = ∂F/∂w      images × maps    -> filters      Law 2: Y* (X*)ᵀ

A face's gradient by one argument puts g in the place of its own variable: six rules, closed under differentiation.
`size` is the (height, width) of what comes out, where the other shapes do not determine it.
Source: the report, sections 3.1.2 and 3.2.1.
"""

from math import prod
from typing import Any

from ..core.primitive import Primitive, call_as
from ..geometry import IntOrPair, check_fits, check_maps, geometry_of, pair_of
from ..kernels import conv as kernels
from ..kernels.layout import Geometry, Pair
from .elementwise import floating
from .former import relu_keyword
from .kinds import op
from .reduce import sum

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


@conv2d.implementation
def conv2d_then_relu(x: Any, w: Any, b: Any, *, geometry: Geometry) -> Any:
    """conv2d with a relu applied to its result; `relu_done` records that relu."""
    return kernels.conv2d(x, w, b, geometry, then_relu=True)


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
# fmt: on

# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The convolution y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, c, s·i + d·u − p, s·j + d·v − p] of images x.

    The filters are not flipped: in signal processing this is a cross-correlation.

    Arguments:
        x: (N, C, H, W), images.
        w: (K, C, kh, kw), filters.
        b: (K,), a bias for each filter, or None.
        stride, padding, dilation: integers or pairs (vertical, horizontal), in pixels.
    Returns:
        (N, K, Hout, Wout) with Hout = ⌊(H + 2p − d(kh − 1) − 1) / s⌋ + 1.
    Raises:
        ValueError: for shapes that do not fit, for a stride or dilation below 1, and for a kernel that reaches beyond
            the padded image.
        TypeError: for data that are not real numbers.
    Source: the report, section 3.1.2.

    Example:
        >>> x, w = Tensor(np.ones((1, 1, 3, 3))), Tensor(np.ones((1, 1, 2, 2)), requires_grad=True)
        >>> y = ag.conv2d(x, w)
        >>> ag.grad(y.sum(), w).numpy()[0, 0]  # each weight meets four pixels
        array([[4., 4.],
               [4., 4.]])
    """
    return conv2d_by(conv2d, x, w, b, stride, padding, dilation)


def conv2d_by(
    implementation: Primitive,
    x: Any,
    w: Any,
    b: Any = None,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The convolution by one of the implementations of `conv2d`."""
    x, w, b = floating("conv2d", ("b",), x=x, w=w, b=b)
    geometry = _, p, d = geometry_of("conv2d", stride, padding, dilation)
    check_maps("conv2d", "x (N, C, H, W)", x)
    check_maps("conv2d", "w (K, C, kh, kw)", w)
    if x.shape[1] != w.shape[1]:
        raise ValueError(
            f"conv2d: x {x.shape} has {x.shape[1]} channels but the filters w {w.shape} expect {w.shape[1]}"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"conv2d: b {b.shape} must have one entry for each of the {w.shape[0]} filters, w {w.shape}")
    check_fits("conv2d", x.shape, w.shape[2:], p, d)
    return implementation.bind(x, w, b, geometry=geometry)


def _conv_transpose2d(
    y: Any,
    w: Any,
    b: Any = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The adjoint of conv2d in its images, the report's "deconv": each value of a map adds its filter to the image.

    Arguments:
        y: (N, K, Hy, Wy), maps.
        w: (K, C, kh, kw), filters, as conv2d has them.
        b: (C,), a bias for each channel, or None.
        stride, padding: of conv2d, integers or pairs (vertical, horizontal), in pixels.
        output_padding: an integer or a pair, below the stride: which of the sizes that conv2d maps to Hy is meant.
        dilation: of conv2d, an integer or a pair.
    Returns:
        (N, C, H, W) with H = s(Hy − 1) + d(kh − 1) + 1 − 2p + output_padding.
    Raises:
        ValueError: for shapes that do not fit, for a stride or dilation below 1, for an output_padding that is not
            below the stride, and for a padding that leaves no image.
        TypeError: for data that are not real numbers.
    Source: the report, section 3.2.1.

    Example:
        >>> y, w = np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0]]]])
        >>> ag.conv_transpose2d(y, w)  # overlaps add up
        array([[[[ 1., 12., 20.]]]])
    """
    name = "conv_transpose2d"
    y, w, b = floating(name, ("b",), y=y, w=w, b=b)
    geometry = s, p, d = geometry_of(name, stride, padding, dilation)
    extra = pair_of(name, "output_padding", output_padding, 0)
    check_maps(name, "y (N, K, H, W)", y)
    check_maps(name, "w (K, C, kh, kw)", w)
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
    out = conv_transpose2d.bind(y, w, size=size, geometry=geometry)
    return out if b is None else out + b.reshape((1, -1, 1, 1))


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
call_as(conv2d_filter, _conv2d_filter)
