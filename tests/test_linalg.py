"""Linear algebra: NumPy's values, PyTorch's gradients, differences of both orders, and where there is no derivative."""

import inspect

import numpy as np
import pytest
import scipy.linalg
import torch

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck, no_grad
from autograd_mini.ops.kinds import ROWS

L = ag.linalg
RNG = np.random.default_rng
DTYPES = ["real", "complex"]


def drawn(kind, *shape, seed=0):
    rng = RNG([seed, *shape])
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if kind == "complex" else x


def leaf(x):
    return Tensor(x, requires_grad=True)


def H(x):
    """The conjugate transpose, of whichever library's matrices."""
    return x.mT.conj()


def sym(x):
    return x + H(x)


def spd(x):
    eye = np.eye(x.shape[-1])
    return x @ H(x) + (eye if not isinstance(x, torch.Tensor) else torch.tensor(eye))


def well(x):
    """A matrix far from a singular one."""
    eye = 4 * np.eye(x.shape[-1])
    return x + (eye if not isinstance(x, torch.Tensor) else torch.tensor(eye))


def column(w):
    """Numbers that scale columns."""
    return w.reshape((*w.shape[:-1], 1, w.shape[-1]))


def of_svd(f, x):
    u, s, vh = f.svd(x, full_matrices=False)
    return (u * column(s * s + 1)) @ vh


def of_eigh(f, x, **how):
    w, v = f.eigh(sym(x), **how)
    return (v * column(w**3 + w)) @ H(v)


def of_eig(f, x):
    w, v = f.eig(x)
    return abs(v) ** 2 * column(abs(w))


# a row: what is called, of which namespace; the shapes of its matrices; whether PyTorch has it under that name
SQUARE, STACK, TALL, WIDE = (3, 3), (2, 3, 3), (4, 3), (2, 4)
TABLE = {
    "inv": (lambda f, a: f.inv(well(a)), [SQUARE], [STACK], [(1, 1)]),
    "det": (lambda f, a: f.det(a), [SQUARE], [STACK], [(1, 1)], [(2, 2)]),
    "slogdet": (lambda f, a: f.slogdet(a), [SQUARE], [STACK]),
    "solve a matrix": (lambda f, a, b: f.solve(well(a), b), [SQUARE, (3, 2)], [STACK, (3, 2)], [SQUARE, (2, 3, 1)]),
    "solve a vector": (lambda f, a, b: f.solve(well(a), b), [SQUARE, (3,)]),
    "cholesky": (lambda f, a: f.cholesky(spd(a)), [SQUARE], [STACK], [(1, 1)]),
    "cholesky, upper": (lambda f, a: f.cholesky(spd(a), upper=True), [SQUARE], [STACK]),
    "qr": (lambda f, a: f.qr(a), [SQUARE], [TALL], [WIDE], [STACK], [(2, 4, 2)]),
    "qr, r": (lambda f, a: f.qr(a, mode="r"), [TALL], [WIDE]),
    "qr, complete": (lambda f, a: f.qr(a, mode="complete"), [SQUARE], [WIDE]),
    "svd": (of_svd, [SQUARE], [TALL], [WIDE], [(2, 3, 2)]),
    "svdvals": (lambda f, a: f.svdvals(a), [SQUARE], [TALL], [WIDE], [STACK]),
    "eigh": (of_eigh, [SQUARE], [STACK], [(1, 1)]),
    "eigh, upper": (lambda f, a: of_eigh(f, a, UPLO="U"), [SQUARE]),
    "eigvalsh": (lambda f, a: f.eigvalsh(sym(a)), [SQUARE], [STACK]),
    "eig": (of_eig, [SQUARE], [STACK]),
    "eigvals": (lambda f, a: abs(f.eigvals(a)), [SQUARE], [STACK]),
    "pinv": (lambda f, a: f.pinv(a), [SQUARE], [TALL], [WIDE], [(2, 3, 2)]),
    "pinv, hermitian": (lambda f, a: f.pinv(spd(a), hermitian=True), [SQUARE]),
    "matrix_power 3": (lambda f, a: f.matrix_power(a, 3), [SQUARE], [STACK]),
    "matrix_power 6": (lambda f, a: f.matrix_power(a, 6), [SQUARE]),
    "matrix_power -2": (lambda f, a: f.matrix_power(well(a), -2), [SQUARE]),
    "tensorinv": (lambda f, a: f.tensorinv(well(a.reshape(6, 6)).reshape(2, 3, 3, 2)), [(2, 3, 6)]),
    "tensorsolve": (lambda f, a, b: f.tensorsolve(well(a.reshape(6, 6)).reshape(2, 3, 6), b), [(6, 6), (2, 3)]),
    "multi_dot": (lambda f, *xs: f.multi_dot(xs), [(2, 4), (4, 1), (1, 5), (5, 2)], [(4,), (4, 2), (2,)], [(3,), (3,)]),
    "cross": (lambda f, a, b: f.cross(a, b), [(2, 3), (2, 3)], [(2, 3), (1, 3)]),
    "diagonal": (lambda f, a: f.diagonal(a, offset=1), [TALL], [STACK], [WIDE]),
    "cond": (lambda f, a: f.cond(a), [SQUARE], [TALL], [STACK]),
    **{f"cond {p}": (lambda f, a, p=p: f.cond(well(a), p), [SQUARE]) for p in (-2, 1, -1, np.inf, "fro", "nuc")},
    **{f"norm {p}": (lambda f, a, p=p: f.norm(a, p), [TALL], [(2, 2)])
       for p in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc")},
    **{f"norm {p} along an axis": (lambda f, a, p=p: f.norm(a, p, 1), [TALL], [(2, 3, 2)])
       for p in (None, 0.5, 1, 2, 3, -1, -2, np.inf, -np.inf)},
    **{f"matrix norm {p}": (lambda f, a, p=p: f.norm(a, p, (0, -1)), [(2, 3, 2)])
       for p in (1, 2, -2, np.inf, -np.inf, "fro", "nuc")},
    "norm of three axes": (lambda f, a: f.norm(a), [(2, 3, 2)]),
    "vector_norm": (lambda f, a: f.vector_norm(a), [TALL]),
    "vector_norm 3": (lambda f, a: f.vector_norm(a, ord=3), [(2, 3, 2)]),
    "matrix_norm": (lambda f, a: f.matrix_norm(a), [(2, 3, 2)]),
    "matrix_norm 2": (lambda f, a: f.matrix_norm(a, ord=2), [(2, 3, 2)]),
}  # fmt: skip
BY_PARTS = [TABLE[name][0] for name in TABLE if name == "qr, r" or name.startswith("cond ")]


class Torch:
    """What PyTorch does not differentiate, by parts that it does."""

    qr = staticmethod(lambda a, mode: torch.linalg.qr(a).R)

    @staticmethod
    def cond(a, p):
        if p == -2:
            return torch.linalg.norm(a, -2) / torch.linalg.norm(a, 2)
        return torch.linalg.norm(a, p) * torch.linalg.norm(torch.linalg.inv(a), p)


CASES = [
    pytest.param(call, kind, shapes, id=f"{name} {kind} {shapes}")
    for name, (call, *cases) in TABLE.items()
    for shapes in cases
    for kind in DTYPES
]


def results(found):
    return [*found] if isinstance(found, tuple | list) else [found]


def given(call, kind, shapes):
    return [drawn(kind, *shape, seed=i) for i, shape in enumerate(shapes)]


@pytest.mark.parametrize(("call", "kind", "shapes"), CASES)
def test_values_are_numpys_by_either_name(call, kind, shapes):
    arrays = given(call, kind, shapes)
    right = results(call(np.linalg, *arrays))
    for found in (call(L, *map(leaf, arrays)), call(np.linalg, *map(leaf, arrays)), call(L, *arrays)):
        for ours, theirs in zip(results(found), right, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)
            assert ours.dtype == theirs.dtype


def cotangents(found):
    return [drawn("complex" if x.dtype.kind == "c" else "real", *x.shape, seed=9) for x in found]


@pytest.mark.parametrize(("call", "kind", "shapes"), CASES)
def test_gradients_are_those_of_pytorch(call, kind, shapes):
    arrays = given(call, kind, shapes)
    leaves, theirs = [*map(leaf, arrays)], [torch.tensor(a, requires_grad=True) for a in arrays]
    found = results(call(L, *leaves))
    g = cotangents(found)
    there = Torch if call in BY_PARTS else torch.linalg
    right = torch.autograd.grad(results(call(there, *theirs)), theirs, [torch.tensor(x) for x in g])
    for ours, other in zip(grad(found, leaves, g), right, strict=True):
        np.testing.assert_allclose(ours, other.resolve_conj(), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("call", "kind", "shapes"), CASES)
def test_gradients_of_both_orders_agree_with_differences(call, kind, shapes):
    leaves = [*map(leaf, given(call, kind, shapes))]
    assert gradcheck(lambda *xs: call(L, *xs), leaves)
    assert gradgradcheck(lambda *xs: call(L, *xs), leaves)
