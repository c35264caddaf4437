"""Linear operations: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, complex numbers taken as pairs of real ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from rows import is_float, narrowed
from rows.row import Row

from autograd_mini import Tensor, grad

from .holding import bare, cotangent, holds, tensors

SPREAD = {"fftconvolve", "grid_sample"}
"""What rounds by the largest factor: by way of the spectrum, and weights that are 1 − t."""


def line(array: Any) -> np.ndarray:
    """All real numbers of an array, one after another, in double precision."""
    flat = np.ravel(bare(array))
    return flat.astype(complex).view(float) if np.iscomplexobj(flat) else flat.astype(float)


def matrix_of(row: Row, group: tuple[int, ...], arrays: list[Any]) -> np.ndarray:
    """A, column by column, from the oracle: its results for unit vectors."""
    columns = []
    for i in group:
        for place in np.ndindex(arrays[i].shape):
            for unit in (1, 1j) if np.iscomplexobj(arrays[i]) else (1,):
                given = [np.zeros_like(a) if j in group else a for j, a in enumerate(arrays)]
                given[i][place] = unit
                columns.append(line(row.expected(*given)))
    return np.array(columns).reshape(len(columns), line(row.expected(*arrays)).size).T


def magnitude(a: Any) -> Any:
    return np.abs(a).astype(a.dtype) if is_float(a) else a


@holds(lambda row: row.linear)
def what_a_linear_operation_carries_back_is_its_adjoint(row: Row) -> None:
    """Forward Ax and back Aᵀy, with A from the oracle; and their products, to a bound that is derived.

    Every entry is a sum of at most n products, each addition and multiplication rounded by at most u = eps/2 of its
    size: an error of at most n·u·|A||x|, and likewise for Aᵀy. |A| is made of the sizes of all that it multiplies by.
    """
    for dtype in (np.float32, np.float64):
        for group in row.linear:
            inputs = tensors(row.arrays(dtype))
            arrays = [x.numpy() if isinstance(x, Tensor) else x for x in inputs]
            out = row(*inputs)
            y = cotangent(out.shape, out.dtype)
            back = grad(out, [inputs[i] for i in group], y)
            wide = [narrowed(a, np.float64) for a in arrays]
            matrix = matrix_of(row, group, wide)
            sizes = np.maximum(np.abs(matrix), np.abs(matrix_of(row, group, [magnitude(a) for a in wide])))
            if row.name in SPREAD:
                sizes = np.full(sizes.shape, sizes.max())
            x, b = (np.concatenate([line(p) for p in parts]) for parts in ([wide[i] for i in group], back))
            flat, y, eps = line(out), line(y), (x.size + y.size + 4) * np.finfo(dtype).eps
            assert np.all(np.abs(flat - matrix @ x) <= eps * (sizes @ np.abs(x)))
            assert np.all(np.abs(b - matrix.T @ y) <= eps * (sizes.T @ np.abs(y)))
            scale = np.abs(y) @ sizes @ np.abs(x)
            np.testing.assert_allclose(flat @ y, x @ b, rtol=0, atol=2 * eps * scale)


@holds(lambda row: row.linear)
def the_adjoint_of_the_adjoint_is_the_map_itself(row: Row) -> None:
    for group in row.linear:
        inputs = tensors(row.arrays())
        out = row(*inputs)
        g = Tensor(cotangent(out.shape, out.dtype, seed=8), requires_grad=True)
        there = grad(out, [inputs[i] for i in group], g, create_graph=True)
        back = grad(there, g, [inputs[i] for i in group])
        np.testing.assert_allclose(back, out, rtol=1e-12, atol=1e-12)  # sums of a few numbers of order one


def straight(row: Row) -> dict[int, bool]:
    """By each of its arrays, whether f(a + b) = f(a) + f(b), found by trying, with the oracle."""
    arrays, found = row.arrays(), {}
    for i, a in enumerate(arrays):
        if is_float(a) and a.size and row.size:
            # positive, so that logarithms and roots stay defined, and far apart, so that kinks are crossed
            one, two = (np.random.default_rng(seed).uniform(0.1, 9, a.shape).astype(a.dtype) for seed in (3, 4))
            turn = 1 - 2j if np.iscomplexobj(a) else 1
            at = lambda x, i=i: row.expected(*arrays[:i], x, *arrays[i + 1 :])
            with np.errstate(all="ignore"):
                try:
                    sums = at(one - turn * two), at(one) - at(turn * two)
                except ValueError:  # out of its domain
                    sums = 0, 1
            found[i] = np.allclose(*sums, rtol=1e-9, atol=1e-9)
    return found
