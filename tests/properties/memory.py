"""Memory: however arrays lie, whose they are, and that nobody writes into what is not theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
from rows import is_float
from rows.row import Row

from autograd_mini import Tensor, grad

from .holding import cotangent, gradients, holds, leaves, smooth, tensors


def channels_last(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) if array.ndim == 4 else array


def frozen(array: Any) -> np.ndarray:
    array = np.array(array)
    array.flags.writeable = False
    return array


LAYOUTS = {  # the same numbers, lying otherwise
    "Fortran": np.asfortranarray,
    "channels-last": channels_last,
    "every other": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "cut out": lambda a: np.pad(a, 1)[(slice(1, -1),) * a.ndim],
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape) if len(a) else a,
    "read-only": frozen,
}


@holds(lambda row: smooth(row) and not row.chance)
def however_arrays_lie_in_memory_the_numbers_are_the_same(row: Row) -> None:
    arrays = row.arrays()
    for name, layout in LAYOUTS.items():
        if name == "broadcast" and row.ties:
            continue
        lay = lambda a, layout=layout: layout(a) if np.ndim(a) else frozen(a)
        laid = [lay(a) if is_float(a) else a for a in arrays]
        plain = [a.copy() if is_float(a) else a for a in laid]
        right_out = row(*plain)
        g = lay(cotangent(np.shape(right_out), right_out.dtype))
        (have, there), (want, right) = gradients(row, laid, g), gradients(row, plain, g.copy())
        # the order of the sums may differ: a few roundings of numbers of order one
        for one, other in [(have, want), *zip(there, right, strict=True)]:
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=name)


@holds(lambda row: row.maps)
def channels_last_maps_stay_channels_last(row: Row) -> None:
    inputs = tensors([channels_last(a) if isinstance(a, np.ndarray) else a for a in row.arrays()])
    out = row(*inputs)
    carried = [] if row.flat else grad(out, leaves(inputs)[:1], channels_last(cotangent(out.shape)))
    for result in (out, *carried):
        assert result.numpy().transpose(0, 2, 3, 1).flags.c_contiguous


@holds(smooth)
def nobody_writes_into_arrays_that_are_not_theirs(row: Row) -> None:
    arrays = row.arrays()
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arrays]
    inputs = tensors(arrays)
    out = row(*inputs)
    g = cotangent(out.shape, out.dtype)
    seed, result = g.copy(), out.numpy().copy()
    # now even an attempt to write fails, wherever the array is read-only already or made so here
    for array in (*arrays, *(x.numpy() for x in leaves(inputs)), out.numpy(), g):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    row(*arrays)
    row(*(Tensor(a) if is_float(a) else a for a in arrays))
    grad(out, leaves(inputs), g)
    np.testing.assert_array_equal(g, seed)
    np.testing.assert_array_equal(out, result)
    for array, x, kept in zip(arrays, inputs, before, strict=True):
        if isinstance(kept, np.ndarray):
            np.testing.assert_array_equal(array, kept)
            np.testing.assert_array_equal(x, kept)


@holds(smooth)
def returned_gradients_belong_to_the_caller(row: Row) -> None:
    for factor in (None, 2.0):  # at once, and through another step
        inputs = tensors(row.arrays())
        out = row(*inputs) if factor is None else factor * row(*inputs)
        g = cotangent(out.shape, out.dtype)
        found = [t.numpy() for t in grad(out, leaves(inputs), g)]
        others = [g, out.numpy(), *(x.numpy() for x in leaves(inputs))]
        for i, array in enumerate(found):
            assert array.flags.writeable
            assert not any(np.shares_memory(array, other) for other in (*others, *found[:i]))
            counted = np.arange(array.size, dtype=array.dtype).reshape(array.shape)
            array[...] = counted  # a broadcast array would keep the last number everywhere
            np.testing.assert_array_equal(array, counted)


@holds(smooth)
def arguments_used_twice_receive_both_gradients(row: Row) -> None:
    for one_factor, other_factor in ((None, None), (2.0, 3.0)):  # at once, and through another step
        inputs = tensors(row.arrays())
        outputs = [row(*inputs) if f is None else row(*inputs) * f for f in (one_factor, other_factor)]
        seeds = [cotangent(out.shape, out.dtype, seed=i) for i, out in enumerate(outputs)]
        ones, others = (grad(o, leaves(inputs), g, retain_graph=True) for o, g in zip(outputs, seeds, strict=True))
        for have, one, other in zip(grad(outputs, leaves(inputs), seeds), ones, others, strict=True):
            # one addition, rounded once, in either order; of several steps, some in another order
            np.testing.assert_allclose(have, one.numpy() + other.numpy(), rtol=0 if row.direct else 1e-13, atol=1e-15)
