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

from ..core.primitive import primitive
from ..kernels import conv as kernels
from ..kernels.layout import Geometry, Pair
from .reduce import sum


@primitive
def conv2d(x: Any, w: Any, b: Any, *, geometry: Geometry) -> Any:
    """∂F/∂y, plus a bias. x (N, C, H, W), w (K, C, kh, kw), b (K,) or None -> (N, K, Hout, Wout)."""
    return kernels.conv2d(x, w, b, geometry)


@primitive
def conv_transpose2d(y: Any, w: Any, *, size: Pair, geometry: Geometry) -> Any:
    """∂F/∂x. y (N, K, Hy, Wy), w (K, C, kh, kw) -> (N, C, *size)."""
    return kernels.conv_transpose2d(y, w, size, geometry)


@primitive
def conv2d_filter(x: Any, y: Any, *, size: Pair, geometry: Geometry) -> Any:
    """∂F/∂w. x (N, C, H, W), y (N, K, Hy, Wy) -> (K, C, *size)."""
    return kernels.conv2d_filter(x, y, size, geometry)


@conv2d.implementation
def conv2d_rectified(x: Any, w: Any, b: Any, *, geometry: Geometry) -> Any:
    """conv2d with negative results already 0, for a relu that follows and need not touch them again."""
    return kernels.conv2d(x, w, b, geometry, rectify=True)


# fmt: off
conv2d.defvjp(
    x=lambda g, w, shape, *, geometry: conv_transpose2d(g, w, size=shape[2:], geometry=geometry),
    w=lambda g, x, shape, *, geometry: conv2d_filter(x, g, size=shape[2:], geometry=geometry),
    b=lambda g: sum(g, axis=(0, 2, 3), keepdims=False),
)
conv_transpose2d.defvjp(
    y=lambda g, w, *, geometry: conv2d(g, w, None, geometry=geometry),
    w=lambda g, y, shape, *, geometry: conv2d_filter(g, y, size=shape[2:], geometry=geometry),
)
conv2d_filter.defvjp(
    x=lambda g, y, shape, *, geometry: conv_transpose2d(y, g, size=shape[2:], geometry=geometry),
    y=lambda g, x, *, geometry: conv2d(x, g, None, geometry=geometry),
)
# fmt: on

# every element of the maps meets every weight of its filter, whichever face it is
conv2d.defcost(lambda out, w: prod(out) * prod(w[1:]))
conv_transpose2d.defcost(lambda y, w: prod(y) * prod(w[1:]))
conv2d_filter.defcost(lambda out, y: prod(y) * prod(out[1:]))
