"""Complex numbers: every operation that takes them beside PyTorch, both orders; leaves, parts, dtypes and errors."""

import numpy as np
import pytest
import torch
from cases import every

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck


def drawn(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def bare(t):
    return t.detach().resolve_conj().resolve_neg().numpy()


Z, W, R = drawn(2, 3), drawn(2, 3, seed=1), np.random.default_rng(2).uniform(0.5, 2, (2, 3))
M, N = drawn(2, 2, seed=3), drawn(2, 2, seed=4)
ONE = "exp expm1 log log1p sqrt square sin cos tanh abs angle conj real imag negative mean sum cumsum flip var std"
CASES = [
    *((name, getattr(ag, name), getattr(torch, name, None), (Z,)) for name in ONE.split()),
    ("transpose", lambda z: z.T, lambda z: z.T, (Z,)),
    *(
        (name, getattr(ag, name), getattr(torch, other), pair)
        for name, other in [
            ("add", "add"),
            ("subtract", "sub"),
            ("multiply", "mul"),
            ("divide", "div"),
            ("power", "pow"),
        ]
        for pair in [(Z, W), (R, W), (Z, R)]
    ),
    ("where", lambda z, w: ag.where(R > 1, z, w), lambda z, w: torch.where(torch.tensor(R) > 1, z, w), (Z, W)),
    ("matmul", ag.matmul, torch.matmul, (M, N)),
    ("linear", ag.linear, torch.nn.functional.linear, (M, N, drawn(2))),
    ("einsum", lambda a, b: ag.einsum("ij,kj->ik", a, b), lambda a, b: torch.einsum("ij,kj->ik", a, b), (M, N)),
]
LIKE = {"var": lambda z: torch.var(z, correction=0), "std": lambda z: torch.std(z, correction=0),
        "cumsum": lambda z: torch.cumsum(z.ravel(), 0), "flip": lambda z: torch.flip(z, (0, 1))}  # fmt: skip


@every(("name", "ours", "theirs", "arrays"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_values_and_gradients_of_both_orders_are_pytorchs(name, ours, theirs, arrays):
    theirs = LIKE.get(name, theirs)
    mine, other = [Tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]
    out, expected = ours(*mine), theirs(*other)
    np.testing.assert_allclose(out.numpy(), bare(expected), rtol=1e-12)
    weights = drawn(*out.shape, seed=5)
    first = grad(ag.real(out * weights).sum(), mine, create_graph=True)
    known = torch.autograd.grad(torch.real(expected * torch.tensor(weights)).sum(), other, create_graph=True)
    for g, k in zip(first, known, strict=True):
        np.testing.assert_allclose(g.numpy(), bare(k), rtol=1e-12)
    ends = [ag.real(g * g.conj()).sum() for g in first if g.requires_grad]
    behind = [torch.real(k * k.conj()).sum() for k in known if k.requires_grad]
    if not ends or not behind:
        return
    second = grad(sum(ends[1:], ends[0]), mine, allow_unused=True)
    know = torch.autograd.grad(sum(behind), other, allow_unused=True)
    for g, k, a in zip(second, know, arrays, strict=True):
        ours, theirs = (np.zeros(a.shape) if x is None else f(x) for x, f in ((g, Tensor.numpy), (k, bare)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_the_gradient_check_finds_a_rule_without_the_conjugate(broken):
    def scaled(x, y):
        return x * y

    scaled = broken(scaled, x=lambda g, y: g * y, y=lambda g, x: g * x.conj())
    with pytest.raises(ag.GradcheckError, match=r"gradcheck: .* entries of ∂output 0/∂input 0 differ"):
        gradcheck(scaled, [Tensor(Z, requires_grad=True), Tensor(W, requires_grad=True)])


def test_a_leaf_a_gradient_and_a_number_can_be_complex():
    z = Tensor([1 + 2j, 3.0], requires_grad=True)
    assert z.dtype == np.complex128
    (z * z.conj()).real.sum().backward()
    np.testing.assert_array_equal(z.grad.numpy(), [2 + 4j, 6])
    assert (Tensor(np.float32(2)) * 1j).dtype == np.complex64
    assert z[0].item() == 1 + 2j


def test_a_real_tensor_gets_a_real_gradient_through_complex_numbers():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * (1 + 2j) * Tensor([1j, 1.0])).real.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [-2.0, 1.0])


def test_complex_numbers_are_not_made_real_in_silence():
    with pytest.raises(TypeError, match=r"astype: complex128 into float64 would lose the imaginary part; take x\.real"):
        Tensor(Z).astype(float)
    with pytest.raises(TypeError, match="grad: complex128 does not fit a tensor of float64"):
        Tensor([1.0], requires_grad=True).grad = np.array([1j])
    with pytest.raises(ValueError, match="complex"):
        Tensor(1j, requires_grad=True).backward()
