"""NumPy's functions by their own names: values, both derivatives, NumPy's functions on Tensors, PyTorch, dtypes."""

import numpy as np
import pytest
import torch
from numpy_cases import CASES

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

each = pytest.mark.parametrize("case", CASES, ids=str)


def parts(found):
    return [*found] if isinstance(found, tuple | list) else [found]


def bare(x):
    return x.numpy() if isinstance(x, Tensor) else np.asarray(x.detach() if isinstance(x, torch.Tensor) else x)


def leaves(case, dtype=np.float64):
    return [
        Tensor(a, requires_grad=True) if getattr(a, "dtype", np.dtype(int)).kind == "f" else a
        for a in case.arrays(dtype)
    ]


def ours(case, arrays):
    return (case.ours or case.call)(ag, *arrays)


def scalar(results):
    """The floating results in one number, each element with another weight."""
    total = 0.0
    for r in results:
        if r.dtype.kind == "f" and (not isinstance(r, Tensor | torch.Tensor) or r.requires_grad):
            weights = np.cos(np.arange(r.size if isinstance(r, Tensor) else r.numel())).reshape(tuple(r.shape))
            total = total + (r * (weights if isinstance(r, Tensor) else torch.tensor(weights))).sum()
    return total


def gradients(results, arrays):
    inputs = [a for a in arrays if isinstance(a, Tensor)]
    found = grad(scalar(results), inputs, allow_unused=True)
    return [np.zeros(a.shape, a.dtype) if g is None else bare(g) for g, a in zip(found, inputs, strict=True)]


@each
def test_values_are_numpys(case):
    for found, known in zip(parts(ours(case, case.arrays())), parts(case.call(np, *case.arrays())), strict=True):
        np.testing.assert_allclose(bare(found), known, rtol=1e-12, atol=1e-14)
        assert bare(found).dtype == np.asarray(known).dtype


@each
def test_both_derivatives_agree_with_two_sided_differences(case):
    def floating(*arrays):
        return [r for r in parts(ours(case, arrays)) if isinstance(r, Tensor) and r.requires_grad]

    gradcheck(floating, leaves(case))
    gradgradcheck(floating, leaves(case))


@each
def test_numpys_function_on_tensors_is_recorded_with_the_same_gradient(case):
    mine, theirs = leaves(case), leaves(case)
    here, there = parts(ours(case, mine)), parts(case.call(np, *theirs))
    for found, known in zip(here, there, strict=True):
        np.testing.assert_allclose(bare(found), bare(known), rtol=1e-13)
    for g, k in zip(gradients(here, mine), gradients(there, theirs), strict=True):
        np.testing.assert_allclose(g, k, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", [c for c in CASES if c.torch is not None], ids=str)
def test_values_and_gradients_equal_those_of_torch(case):
    mine = leaves(case)
    others = [torch.tensor(bare(a), requires_grad=True) if isinstance(a, Tensor) else torch.tensor(a) for a in mine]
    here = parts(ours(case, mine))
    there = parts(case.torch(*others))
    for found, known in zip(here, there, strict=False):
        np.testing.assert_allclose(bare(found), bare(known), rtol=1e-12, atol=1e-14)
    known = torch.autograd.grad(scalar_of_torch(there), [a for a in others if a.requires_grad], allow_unused=True)
    for g, k in zip(gradients(here[: len(there)], mine), known, strict=True):
        np.testing.assert_allclose(g, np.zeros(g.shape) if k is None else bare(k), rtol=1e-9, atol=1e-12)


def scalar_of_torch(results):
    total = 0.0
    for r in results:
        if r.requires_grad:
            total = total + (r * torch.cos(torch.arange(r.numel(), dtype=r.dtype)).reshape(r.shape)).sum()
    return total


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float16], ids=["single", "half"])
def test_single_and_half_precision_stay(case, dtype):
    arrays = leaves(case, dtype)
    found = parts(ours(case, arrays))
    kept = np.float64 if case.name == "float_power" else dtype
    assert {r.dtype for r in found if isinstance(r, Tensor) and r.requires_grad} == {np.dtype(kept)}
    with np.errstate(all="ignore"):
        assert all(g.dtype == dtype for g in gradients(found, arrays))
        for r, known in zip(found, parts(ours(case, case.arrays())), strict=True):
            if dtype is np.float32:
                np.testing.assert_allclose(bare(r), bare(known), rtol=2e-5, atol=2e-6)


@each
def test_bare_arrays_give_bare_arrays_and_nothing_writes_into_them(case):
    arrays = case.arrays()
    for a in arrays:
        if isinstance(a, np.ndarray):
            a.flags.writeable = False
    before = [np.array(a) for a in arrays]
    found = parts(ours(case, arrays))
    made = case.name.startswith(("linspace", "logspace", "geomspace", "full_like"))
    assert made or not any(isinstance(r, Tensor) for r in found)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@each
def test_other_memory_layouts_give_the_same(case):
    def strided(a):
        return Tensor(np.repeat(np.asfortranarray(a), 2, 0)[::2] if a.ndim else a, requires_grad=True)

    plain, arrays = leaves(case), [strided(bare(a)) if isinstance(a, Tensor) else a for a in leaves(case)]
    here, there = parts(ours(case, plain)), parts(ours(case, arrays))
    for found, known in zip(here, there, strict=True):
        np.testing.assert_allclose(bare(found), bare(known), rtol=1e-13)
    for g, k in zip(gradients(here, plain), gradients(there, arrays), strict=True):
        np.testing.assert_allclose(g, k, rtol=1e-12, atol=1e-13)
