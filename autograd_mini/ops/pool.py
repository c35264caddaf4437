"""Max-pooling is choosing, then gathering: the switches choose, `pool` gathers by them, `unpool` puts values back.

    max_pool2d(x) -> values, switches         one kernel, one pass
    pool(x, switches) ↔ unpool(y, switches)   linear in their first argument, and each other's adjoint

`unpool` is the gradient of max-pooling and Zeiler & Fergus's unpooling at once.
Source: the report, sections 3.1.3 and 3.2.2.
"""

from typing import Any

import numpy as np

from ..core.primitive import primitive
from ..kernels import pool as kernels
from ..kernels.layout import Pair, Window
from .precision import in_single


@primitive(byproducts=("switches",))
def max_pool2d(x: Any, *, window: Window) -> Any:
    """The maximum of each window and its switch. x (N, C, H, W) -> (N, C, Hout, Wout) twice."""
    return kernels.max_pool2d(x, window)


@max_pool2d.implementation
def max_values2d(x: Any, *, window: Window) -> Any:
    """max_pool2d where nothing is recorded: its switches are nobody's business."""
    return kernels.max_values2d(x, window), np.empty(0, np.uint8)


@primitive
def pool(x: Any, switches: Any, *, window: Window) -> Any:
    """x at the switches. x (N, C, H, W), switches (N, C, Hout, Wout) -> (N, C, Hout, Wout)."""
    return kernels.pool(x, switches, window)


@primitive
@in_single
def unpool(y: Any, switches: Any, *, size: Pair, window: Window) -> Any:
    """y where the switches point, zeros elsewhere, overlaps added. y, switches (N, C, Hout, Wout) -> (N, C, *size)."""
    return kernels.unpool(y, switches, size, window)


@primitive
@in_single
def sum_pool2d(x: Any, *, window: Window) -> Any:
    """The sum over each window. x (N, C, H, W) -> (N, C, Hout, Wout)."""
    return kernels.sum_pool2d(x, window)


@primitive
@in_single
def sum_unpool2d(y: Any, *, size: Pair, window: Window) -> Any:
    """y to every pixel of its window, overlaps added: the adjoint. y (N, C, Hout, Wout) -> (N, C, *size)."""
    return kernels.sum_unpool2d(y, size, window)


# fmt: off
max_pool2d.defvjp(  x=lambda g, switches, shape, *, window: unpool(g, switches, size=shape[2:], window=window))
pool.defvjp(        x=lambda g, switches, shape, *, window: unpool(g, switches, size=shape[2:], window=window),
                    switches=None)
unpool.defvjp(      y=lambda g, switches, *, window: pool(g, switches, window=window), switches=None)
sum_pool2d.defvjp(  x=lambda g, shape, *, window: sum_unpool2d(g, size=shape[2:], window=window))
sum_unpool2d.defvjp(y=lambda g, *, window: sum_pool2d(g, window=window))
# fmt: on
