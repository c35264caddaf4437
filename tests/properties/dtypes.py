"""Precision: narrow in, narrow out and back; single agrees with double to its own rounding."""

from __future__ import annotations

import numpy as np
from rows import is_float, narrowed
from rows.row import Row

from autograd_mini import Tensor, grad

from .holding import cotangent, gradients, holds, leaves, smooth, tensors

NOT_IN_HALF = {
    "solve",
    "autograd_mini.stats.multivariate.cholesky",
    "moments",
    "channel_sums",
}  # whose results are in single, or which LAPACK computes


def kept(row: Row, result: Tensor, dtype: np.dtype) -> np.dtype:
    """The dtype that a result has which is `result` of double precision; there are no complex numbers of half."""
    least = np.float32 if any(np.iscomplexobj(a) for a in row.arrays()) else row.least
    return narrowed(result.numpy(), row.params.get("dtype") or np.promote_types(dtype, least)).dtype


@holds(smooth)
def the_dtype_of_the_inputs_is_that_of_values_and_gradients(row: Row) -> None:
    wide = row(*row.arrays())
    for dtype in map(np.dtype, (np.float16, np.float32, np.float64)):
        if dtype == np.float16 and row.name in NOT_IN_HALF:
            continue
        arrays = row.arrays(dtype)
        own, wanted = kept(row, Tensor(wide), dtype), [a.dtype for a in arrays if is_float(a)]
        with np.errstate(all="ignore" if dtype == np.float16 else "warn"):
            for options in ({}, {} if row.once else {"create_graph": True}):
                out, found = gradients(row, arrays, **options)
                assert (out.dtype, [g.dtype for g in found]) == (own, wanted), dtype
            inputs = tensors(arrays)  # Python numbers around it change nothing
            out = 0.5 - 2 * row(*(1.0 * x + 0 if isinstance(x, Tensor) else x for x in inputs)) / 3
            assert out.dtype == own
            assert [g.dtype for g in grad(out, leaves(inputs), cotangent(out.shape, out.dtype))] == wanted


APART = ("atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "meshgrid")
"""Each array has a result of its own, in its own dtype."""


@holds(lambda row: smooth(row) and not row.bound and row.name not in APART)
def a_python_number_in_place_of_an_array_changes_no_dtype(row: Row) -> None:
    """Where one array of several may be a single number, that may be Python's."""
    arrays = row.arrays(np.float32)
    places = [i for i, a in enumerate(arrays) if is_float(a) and a.size and a.dtype.kind == "f"]
    for i in places if len(places) > 1 else ():
        number = [Tensor(a) if is_float(a) else a for a in arrays]
        number[i] = float(arrays[i].flat[0])
        single = [*number]
        single[i] = Tensor(np.float32(number[i]))
        try:
            expected = row.floating(*single)
        except (TypeError, ValueError, IndexError):
            continue  # it has to have a shape
        found = row.floating(*number)
        assert [one.dtype for one in found] == [one.dtype for one in expected], i


@holds(smooth)
def single_and_double_precision_agree_to_that_of_single(row: Row) -> None:
    # the same numbers in both: rounded to single first. An entry is a sum of at most `terms` products, each rounded to
    # one part in 2**24, but of magnitudes up to `scale`: cancellation makes the error relative to that, not to the
    # entry. The factor 16 covers the few roundings that a transcendental function adds.
    single = row.arrays(np.float32)
    wide = [narrowed(a, np.float64) for a in single]
    of_it = row(*wide)
    g = cotangent(of_it.shape, kept(row, Tensor(of_it), np.dtype(np.float32)))
    (have, narrow), (want, right) = gradients(row, single, g), gradients(row, wide, g.astype(of_it.dtype))
    terms = max(1, *(a.size for a in single if is_float(a)), have.size)
    for one, other in [(have, want), *zip(narrow, right, strict=True)]:
        scale = np.abs(other.numpy()).max(initial=1)
        np.testing.assert_allclose(one, other, rtol=0, atol=16 * terms * 2.0**-24 * scale)
