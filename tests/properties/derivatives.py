"""Derivatives of both orders: beside differences, PyTorch's, forward, recorded, and none where there is none."""

from __future__ import annotations

import builtins
from functools import cache
from typing import Any

import numpy as np
import torch
from internals import Observer, ancestors, observed_by
from rows import is_float
from rows.row import Row

from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

from .holding import bare, cotangent, gradients, holds, leaves, smooth, tensors


def floating(row: Row) -> set[int]:
    return {i for i, array in enumerate(row.arrays()) if is_float(array)}


@holds(lambda row: smooth(row) and not floating(row) <= {i for group in row.linear for i in group})
def gradients_agree_with_two_sided_differences(row: Row) -> None:
    """Those of what is linear are compared with the oracle's matrix, entry by entry (`adjoints`)."""
    inputs = tensors(row.arrays())
    report = gradcheck(row, inputs)
    if not any(np.iscomplexobj(x) for x in (row(*inputs).numpy(), *row.arrays())):
        assert report.entries == row(*inputs).size * builtins.sum(x.size for x in leaves(inputs))


@holds(lambda row: smooth(row) and not row.once and not any(floating(row) <= {*group} for group in row.linear))
def gradients_of_second_order_agree_with_two_sided_differences(row: Row) -> None:
    """By the inputs, and by what comes back; PyTorch's are compared entry by entry."""
    inputs = tensors(row.arrays())
    few = row(*inputs).size * builtins.sum(x.size for x in leaves(inputs)) <= 16 and not row.torch
    assert gradgradcheck(row, inputs, mode="full" if few else "projected", projections=1)


@holds(lambda row: row.torch)
def values_and_gradients_of_both_orders_equal_those_of_torch(row: Row) -> None:
    ours = tensors(row.arrays())
    theirs = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in row.arrays()]
    wanted = [t.requires_grad_() for t, a in zip(theirs, ours, strict=True) if isinstance(a, Tensor)]
    have, want = row(*ours), row.in_torch(*theirs)
    assert have.shape == tuple(want.shape)
    np.testing.assert_allclose(have, bare(want), rtol=1e-9, atol=1e-12)
    if row.flat:
        return
    g = cotangent(have.shape, have.dtype)
    first = grad(have, leaves(ours), g, create_graph=not row.once)
    expected = torch.autograd.grad(want, wanted, torch.tensor(g), create_graph=not row.once)
    seeds = [cotangent(one.shape, one.dtype, seed=i) for i, one in enumerate(first)]
    for one, right in zip(first, expected, strict=True):
        assert one.shape == tuple(right.shape)
        np.testing.assert_allclose(one, bare(right), rtol=1e-9, atol=1e-12)
    once = [(one, right, seed) for one, right, seed in zip(first, expected, seeds, strict=True) if one.requires_grad]
    if once and all(right.requires_grad for _, right, _ in once):
        ones, rights, seeds = zip(*once, strict=True)
        second = grad([*ones], leaves(ours), [*seeds], allow_unused=True)
        expected = torch.autograd.grad(rights, wanted, [*map(torch.tensor, seeds)], allow_unused=True)
        for one, right in zip(second, expected, strict=True):
            one, right = (0 if a is None else bare(a) for a in (one, right))
            np.testing.assert_allclose(one + 0 * right, right + 0 * one, rtol=1e-8, atol=1e-10)


@holds(lambda row: smooth(row) and not row.once)
def a_recorded_backward_pass_gives_the_same_numbers(row: Row) -> None:
    (_, plain), (_, recorded) = (gradients(row, row.arrays(), create_graph=again) for again in (False, True))
    for one, other in zip(plain, recorded, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-12 * row.otherwise, atol=1e-14 * row.otherwise)


@holds(lambda row: row.flat)
def no_gradient_flows_through_what_is_flat(row: Row) -> None:
    assert not any(getattr(result, "requires_grad", False) for result in row.results(*tensors(row.arrays())))


class Calls(Observer):
    """Every call of a primitive: (operation, arrays, parameters, result, further results)."""

    def __init__(self) -> None:
        self.made = []

    def computed(self, op: Any, arrays: Any, params: Any, out: Any, others: Any) -> None:
        self.made.append((op, arrays, params, out, others))


@cache
def calls_of(row: Row) -> tuple[list[Any], list[Any]]:
    """The calls forward, and the nodes of what they and a recorded backward pass leave behind."""
    calls, inputs = Calls(), [Tensor(x) if row.flat and isinstance(x, np.ndarray) else x for x in tensors(row.arrays())]
    with observed_by(calls):
        out = row(*inputs)
    made, nodes = [*calls.made], [getattr(out, "node", None)]
    if nodes[0] is not None and not row.once:
        g = Tensor(cotangent(out.shape, out.dtype), requires_grad=True)
        nodes += [x.node for x in grad(out, leaves(inputs), g, create_graph=True, allow_unused=True) if x is not None]
    return made, [node for end in nodes if end is not None for node in ancestors(end) if node.op is not None]


@holds(smooth)
def tangents_that_follow_from_the_kind_agree_with_differences(row: Row) -> None:
    h = 1e-6
    for op, arrays, params, out, others in calls_of(row)[0]:
        if op.jvp is None or not is_float(arrays[0]) or op.name == "bounded":  # of pixels, which are at its kinks
            continue
        count = len(arrays) if op.variadic else 1
        along = [cotangent(a.shape, np.result_type(a, np.float64), seed=i) for i, a in enumerate(arrays[:count])]
        moved = lambda by, op=op, arrays=arrays, params=params, along=along: op.forward(
            *(a + by * t for a, t in zip(arrays, along, strict=False)), *arrays[len(along) :], **params
        )
        found = op.jvp([*along, *[None] * (len(arrays) - count)], arrays, params, (out, *others) if others else out)
        there, back = moved(h), moved(-h)
        several = isinstance(there, tuple)
        for one, a, b in zip(*((found, there, back) if several else ([found], [there], [back])), strict=True):
            np.testing.assert_allclose(one, (a - b) / (2 * h), rtol=1e-6, atol=1e-7)


def of_complex_numbers(row: Row) -> bool:
    """Whether all of several arrays are complex."""
    arrays = [array for array in row.arrays() if is_float(array)]
    return len(arrays) > 1 and all(map(np.iscomplexobj, arrays))


@holds(lambda row: smooth(row) and of_complex_numbers(row))
def real_numbers_beside_complex_ones_count_as_complex_ones(row: Row) -> None:
    """The value is the same, and the gradient the real part."""
    for i in floating(row):
        real, complexes = row.arrays(), row.arrays()
        real[i] = row.arrays()[i].real.copy()
        complexes[i] = real[i].astype(complex)
        (out, found), (expected, wanted) = gradients(row, real), gradients(row, complexes)
        assert out.dtype == expected.dtype
        np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-13)
        for k, (one, other) in enumerate(zip(found, wanted, strict=True)):
            other = other.numpy().real if k == sorted(floating(row)).index(i) else other.numpy()
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-12)


EDGES = {1: np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0]), 2: np.array([*np.ndindex(4, 4)]).T - 1.0}
"""Where functions of one array, and of two, have their kinks, poles and ends."""
OTHERS = ("fmax", "fmin", "digamma", "polygamma", "flat_root")
"""At ties PyTorch's goes to one of the two, and at poles it is a large number; at 0 ours is 0 by its definition."""


def at_edges(row: Row) -> bool:
    given = [array for array in row.arrays() if isinstance(array, np.ndarray)]
    real = all(array.dtype == np.float64 and array.size for array in given)
    return bool(row.torch) and smooth(row) and real and len(given) in EDGES and row.name not in OTHERS


@holds(at_edges)
def at_kinks_poles_and_ends_of_the_domain_the_gradients_are_those_of_torch(row: Row) -> None:
    """Where they are numbers, or infinite, and the value is one."""
    arrays = row.arrays()
    places = [i for i, array in enumerate(arrays) if isinstance(array, np.ndarray)]
    for i, edge in zip(places, np.atleast_2d(EDGES[len(places)]), strict=True):
        arrays[i] = edge
    try:
        with np.errstate(all="ignore"):
            inputs = tensors(arrays)
            out = row(*inputs)
            found = grad(out, leaves(inputs), np.ones(out.shape, out.dtype), allow_unused=True)
        theirs = [torch.tensor(a, requires_grad=True) if isinstance(a, np.ndarray) else a for a in arrays]
        want = row.in_torch(*theirs)
    except (TypeError, ValueError, IndexError, RuntimeError, RuntimeWarning):
        return  # not of lines, or not of these
    expected = torch.autograd.grad(want, [theirs[i] for i in places], torch.ones_like(want), allow_unused=True)
    for one, right in zip(found, expected, strict=True):
        one, right = (np.zeros(EDGES[len(places)].shape[-1]) if a is None else bare(a) for a in (one, right))
        known = ~np.isnan(right)
        if out.shape == one.shape:
            known &= ~np.isnan(out.numpy())
        np.testing.assert_allclose(one[known], right[known], rtol=1e-9, atol=1e-12)
