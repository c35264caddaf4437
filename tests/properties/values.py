"""Values: the oracle's, NumPy's own function's, the method's; of arrays, Tensors, constants and integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from rows import is_float
from rows.row import Row, one_by_one

import autograd_mini as ag
from autograd_mini import Tensor, grad
from autograd_mini.ops.kinds import ROWS

from .holding import always, bare, cotangent, holds, leaves, tensors


@holds(always)
def values_are_the_oracles_and_bare_arrays_give_bare_arrays(row: Row) -> None:
    arrays = row.arrays()
    found, clothed, right = row.results(*arrays), row.results(*tensors(arrays)), row.by(row.oracle, arrays)
    assert len(found) == len(clothed) >= len(right)
    for one, other in zip(found, clothed, strict=True):
        assert row.made == isinstance(one, Tensor)
        np.testing.assert_allclose(bare(one), bare(other), rtol=1e-13 * row.otherwise, strict=np.ndim(one) > 0)
    for one, known in zip(found, right, strict=False):
        assert type(one) in (int, bool) or one.dtype == np.asarray(known).dtype
        np.testing.assert_allclose(bare(one), known, rtol=1e-10, atol=1e-12, strict=np.ndim(known) > 0)
    if not any(map(is_float, arrays)):
        return
    assert isinstance(clothed[0], Tensor) or (row.flat and type(clothed[0]) is bool)
    constants = row.results(*(Tensor(a) if is_float(a) else a for a in arrays))
    with ag.no_grad():
        recorded = [*constants, *row.results(*tensors(arrays))]
    assert not any(isinstance(result, Tensor) and result.node for result in recorded)  # nothing is left behind


def peer(row: Row) -> Any:
    """NumPy's or SciPy's own function, where the oracle is one."""
    function = getattr(row.oracle, "peer", row.oracle)
    public = isinstance(function, np.ufunc) or (getattr(function, "__module__", "") or "").startswith("numpy")
    return function if public and not row.bound and any(map(is_float, row.arrays())) else None


@holds(peer)
def numpys_function_of_tensors_is_the_operation_and_loses_no_gradient(row: Row) -> None:
    inputs = tensors(row.arrays())
    for one, other in zip(row.by(peer(row), inputs), row.results(*inputs), strict=True):
        if not isinstance(other, Tensor):
            assert one == other
            continue
        assert isinstance(one, Tensor) or row.flat
        np.testing.assert_array_equal(bare(one), other.numpy(), strict=True)
        assert getattr(one, "requires_grad", False) == other.requires_grad
        if other.requires_grad:
            g = cotangent(one.shape, one.dtype)
            both = (grad(result, leaves(inputs), g, retain_graph=True, allow_unused=True) for result in (one, other))
            for a, b in zip(*both, strict=True):
                np.testing.assert_array_equal(bare(a), bare(b))


def of_numbers(row: Row) -> bool:
    return all(np.isrealobj(a) and np.isfinite(a).all() for a in row.arrays() if is_float(a))


OTHERWISE = {"power", "quantile", "percentile"}
"""Integers to negative powers are refused; a quantile of integers is of double precision by every method."""


@holds(lambda row: peer(row) and row.name not in OTHERWISE and of_numbers(row))
def of_integers_it_is_what_numpy_gives_and_a_constant(row: Row) -> None:
    whole = [np.asarray(np.floor(10 * a)).astype(int) if is_float(a) else a for a in row.arrays()]
    given = [Tensor(a) if isinstance(a, np.ndarray) and a.dtype.kind == "i" else a for a in whole]
    with np.errstate(all="ignore"):
        try:
            right = row.by(row.oracle, whole)
        except (TypeError, ValueError):  # LinAlgError too
            return
        found = row.results(*given)
    for one, known in zip(found, right, strict=True):
        if isinstance(one, Tensor):
            assert not one.requires_grad
            assert one.dtype == np.asarray(known).dtype
        np.testing.assert_allclose(bare(one), known, rtol=1e-10, atol=1e-10)


def methods(row: Row) -> tuple[str, ...]:
    """The names under which the row's first array has it."""
    mine = not row.bound and row.packed is one_by_one and is_float(next(iter(row.arrays()), None))
    return ROWS[row.name].methods if mine else ()


@holds(methods)
def the_method_is_the_function(row: Row) -> None:
    for name in methods(row):
        x, *others = tensors(row.arrays())
        ways = [row.by(lambda x, *rest, name=name, **how: getattr(x, name)(*rest, **how), [x, *others])]
        if name in ("reshape", "transpose"):  # which take numbers one by one
            whole = [*row.params.values()]
            ways = [[getattr(x, name)(*whole)]]
            ways += [[getattr(x, name)(*given)] for given in whole if isinstance(given, tuple | list) and given]
        for found in ways:
            for one, other in zip(found, row.results(x, *others), strict=True):
                np.testing.assert_array_equal(bare(one), bare(other))
                assert getattr(one, "requires_grad", False) == getattr(other, "requires_grad", False)
