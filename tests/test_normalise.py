"""Normalisation beside PyTorch's: values, gradients of all arguments, second derivatives; dtypes, edges, errors."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad
from autograd_mini.kernels.buffers import LARGE


def drawn(*shapes):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.standard_normal(shape)) for shape in shapes]


# name: ours, PyTorch's, shapes of the arrays
CASES = {
    "layer": (lambda x: ag.layer_norm(x, 5), lambda x: F.layer_norm(x, (5,)), [(4, 5)]),
    "layer, weight and bias": (
        lambda x, w, b: ag.layer_norm(x, (3, 5), w, b),
        lambda x, w, b: F.layer_norm(x, (3, 5), w, b),
        [(2, 4, 3, 5), (3, 5), (3, 5)],
    ),
    "layer, bias": (
        lambda x, b: ag.layer_norm(x, [5], bias=b, eps=0.1),
        lambda x, b: F.layer_norm(x, (5,), None, None, 0.1) + b,
        [(5,), (5,)],
    ),
    "layer, no rows": (
        lambda x, w: ag.layer_norm(x, 5, w),
        lambda x, w: F.layer_norm(x, (5,), w),
        [(0, 5), (5,)],
    ),
    "rms": (lambda x: ag.rms_norm(x, 5), lambda x: F.rms_norm(x, (5,)), [(4, 5)]),
    "rms, weight": (
        lambda x, w: ag.rms_norm(x, (3, 5), w, 0.01),
        lambda x, w: F.rms_norm(x, (3, 5), w, 0.01),
        [(2, 3, 5), (3, 5)],
    ),
    "group": (
        lambda x, w, b: ag.group_norm(x, 3, w, b),
        lambda x, w, b: F.group_norm(x, 3, w, b),
        [(2, 6, 3, 2), (6,), (6,)],
    ),
    "group, no axes": (lambda x: ag.group_norm(x, 2), lambda x: F.group_norm(x, 2), [(2, 6)]),
    "group, weight": (lambda x, w: ag.group_norm(x, 1, w), lambda x, w: F.group_norm(x, 1, w), [(2, 4, 3), (4,)]),
    "instance": (lambda x: ag.instance_norm(x), lambda x: F.instance_norm(x), [(2, 3, 7)]),
    "instance, weight and bias": (
        lambda x, w, b: ag.instance_norm(x, w, b, 0.01),
        lambda x, w, b: F.instance_norm(x, None, None, w, b, eps=0.01),
        [(2, 3, 2, 3, 2), (3,), (3,)],
    ),
    "response": (lambda x: ag.local_response_norm(x, 3), lambda x: F.local_response_norm(x, 3), [(2, 6, 4)]),
    "response, even": (
        lambda x: ag.local_response_norm(x, 4, 0.5, 0.6, 2.0),
        lambda x: F.local_response_norm(x, 4, 0.5, 0.6, 2.0),
        [(2, 5, 3, 2)],
    ),
    "response, wide": (lambda x: ag.local_response_norm(x, 9), lambda x: F.local_response_norm(x, 9), [(2, 3, 4)]),
    "unit": (ag.normalize, F.normalize, [(4, 3)]),
    "unit, axes": (
        lambda x: ag.normalize(x, 2, (0, -1)),
        lambda x: F.normalize(x, 2, (0, -1)),
        [(3, 2, 4)],
    ),
    "unit, 1": (lambda x: ag.normalize(x, 1, 0), lambda x: F.normalize(x, 1, 0), [(4, 3)]),
    "unit, 3.5": (lambda x: ag.normalize(x, 3.5, -1), lambda x: F.normalize(x, 3.5, -1), [(4, 3)]),
    "unit, inf": (lambda x: ag.normalize(x, np.inf), lambda x: F.normalize(x, np.inf), [(4, 3)]),
    "unit, below eps": (lambda x: ag.normalize(x, eps=100), lambda x: F.normalize(x, eps=100), [(4, 3)]),
    "batch, (N, C)": (
        lambda x, w, b: ag.batch_norm(x, None, None, w, b),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        [(4, 3), (3,), (3,)],
    ),
    "batch, (N, C, L)": (
        lambda x, w, b: ag.batch_norm(x, None, None, w, b),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        [(2, 3, 5), (3,), (3,)],
    ),
    "batch, (N, C, D, H, W)": (
        lambda x, w, b: ag.batch_norm(x, None, None, w, b),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        [(2, 3, 2, 3, 2), (3,), (3,)],
    ),
}
every = pytest.mark.parametrize("name", CASES)


@every
def test_values_and_derivatives_of_both_orders_are_those_of_pytorch(name):
    ours, theirs, shapes = CASES[name]
    arrays = drawn(*shapes)
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    have, want = ours(*mine), theirs(*other)
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=1e-11, atol=1e-13)
    (v,) = drawn(have.shape)
    g = grad(have, mine, v, create_graph=True)
    t = torch.autograd.grad(want, other, torch.tensor(v), create_graph=True)
    for one, two in zip(g, t, strict=True):
        np.testing.assert_allclose(one.numpy(), two.detach(), rtol=1e-9, atol=1e-11)
    again = grad(sum((a * np.cos(a.numpy())).sum() for a in g), mine, allow_unused=True)
    then = torch.autograd.grad(sum((a * a.detach().cos()).sum() for a in t), other, allow_unused=True)
    for one, two in zip(again, then, strict=True):
        zero = np.zeros(1)
        np.testing.assert_allclose(
            zero if one is None else one.numpy(), zero if two is None else two, rtol=1e-8, atol=1e-10
        )


def test_half_precision_does_not_overflow_in_squares():
    x = np.float16([300, -300, 600, 1000])
    np.testing.assert_allclose(
        ag.layer_norm(x, 4).astype(np.float64), F.layer_norm(torch.tensor(x).double(), (4,)), rtol=2e-3
    )
    assert np.isfinite(ag.rms_norm(x, 4)).all()
    assert np.isfinite(ag.normalize(x[None])).all()


def test_a_large_mean_costs_no_more_digits_than_in_pytorch():
    (x,) = drawn((2, 1000))
    far = (x * 2.0**-8).astype(np.float32) + np.float32(4096)
    want = F.layer_norm(torch.tensor(far).double(), (1000,)).numpy()
    theirs = abs(F.layer_norm(torch.tensor(far), (1000,)).numpy() - want).max()
    assert abs(ag.layer_norm(far, 1000) - want).max() <= theirs


def test_nothing_but_the_arguments_is_saved():
    x, w = Tensor(np.ones((100, 50)), requires_grad=True), Tensor(np.ones(50), requires_grad=True)
    saved = ag.layer_norm(x, 50, w).node.saved
    assert {name for name, array in saved.items() if array is not None} == {"x", "w"}
    assert saved["x"] is x.numpy()
    assert saved["w"] is w.numpy()


def test_a_length_of_zero_has_gradient_zero_where_nothing_is_added():
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    for p in (1, 2, 3, np.inf):
        t = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
        (want,) = torch.autograd.grad(F.normalize(t, p, eps=0.5).sum(), t)
        np.testing.assert_allclose(grad(ag.normalize(x, p, eps=0.5).sum(), x).numpy(), want)


def test_tied_elements_share_the_gradient_of_the_largest():
    x = np.array([[2.0, -2.0, 1.0]])
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    v = np.array([[1.0, 2.0, 5.0]])
    (want,) = torch.autograd.grad(F.normalize(other, np.inf), other, torch.tensor(v))
    np.testing.assert_allclose(grad(ag.normalize(mine, np.inf), mine, v).numpy(), want)


one = np.ones
BAD = {
    "layer_norm: x (2, 3) must end in normalized_shape (2,)": lambda: ag.layer_norm(one((2, 3)), 2),
    "layer_norm: normalized_shape must be positive integers, at least one, not 2.0": lambda: ag.layer_norm(
        one((2, 3)), 2.0
    ),
    "layer_norm: weight (2,) must have normalized_shape (3,)": lambda: ag.layer_norm(one((2, 3)), 3, one(2)),
    "layer_norm: eps must be a number of at least 0, not -1": lambda: ag.layer_norm(one((2, 3)), 3, eps=-1),
    "layer_norm: x has dtype complex128; it must hold real numbers": lambda: ag.layer_norm(1j * one((2, 3)), 3),
    "rms_norm: x (3,) must end in normalized_shape (2, 3)": lambda: ag.rms_norm(one(3), (2, 3)),
    "group_norm: 2 groups must divide the channels of x (2, 3), (N, C, ...)": lambda: ag.group_norm(one((2, 3)), 2),
    "group_norm: bias (2,) must have one entry for each channel of x (2, 3)": lambda: ag.group_norm(
        one((2, 3)), 3, bias=one(2)
    ),
    "group_norm: x (2, 3, 0) has examples without elements, which have no mean and no variance": lambda: ag.group_norm(
        one((2, 3, 0)), 3
    ),
    "instance_norm: x (2, 3) must be (N, C, L, ...): there is nothing to take a mean of": lambda: ag.instance_norm(
        one((2, 3))
    ),
    "local_response_norm: size 0 must be a positive integer, and x (2, 3) (N, C, ...)": (
        lambda: ag.local_response_norm(one((2, 3)), 0)
    ),
    "normalize: p must be a number above 0, inf for the largest element, not 0": lambda: ag.normalize(one((2, 3)), 0),
    "normalize: axis 1 is out of range for shape (2,), which has 1 axes": lambda: ag.normalize(one(2)),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_calls_are_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError)) as error:
        BAD[message]()
    assert str(error.value) == message


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("norm", ["layer_norm", "rms_norm", "group_norm"])
def test_a_large_array_is_normalised_and_carries_back_as_each_of_its_examples(kernels, norm, dtype):
    rng = np.random.default_rng(0)
    x = (3 + rng.standard_normal((300, 4, 1003))).astype(dtype)
    g, w = (rng.standard_normal(n).astype(dtype) for n in (x.shape, 1003 if norm != "group_norm" else 4))
    assert x.nbytes >= LARGE > x[:8].nbytes

    def normalised(x, g):
        t, v = Tensor(x, requires_grad=True), Tensor(w, requires_grad=True)
        y = ag.group_norm(t, 2, v) if norm == "group_norm" else getattr(ag, norm)(t, 1003, v)
        return y.numpy(), *(found.numpy() for found in grad(y, [t, v], g))

    y, back, _ = normalised(x, g)
    for i in (0, 137, 299):
        one, its, _ = normalised(x[i : i + 1], g[i : i + 1])
        tolerance = 50 * np.finfo(dtype).eps
        np.testing.assert_allclose(y[i : i + 1], one, tolerance, tolerance)
        np.testing.assert_allclose(back[i : i + 1], its, tolerance, tolerance)
