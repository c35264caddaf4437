"""Linear algebra, of real and of complex matrices; factors that are not unique within what is."""

import numpy as np
import scipy.linalg
import torch

from .row import case, complex_numbers, constant, normal, row

# fmt: off

KINDS = (normal, complex_numbers)
SQUARE, STACK, TALL, WIDE = (3, 3), (2, 2, 2), (3, 2), (2, 3)


VECTORS_TOO = ("svdvals", "eigvalsh", "norm", "matrix_norm", "cond")
"""Where a gradient is recorded LAPACK computes vectors too, by another routine."""


def adjoint(x):
    """The conjugate transpose, of whichever library's matrices."""
    return x.mT.conj()


def sym(x):
    return x + adjoint(x)


def eye(x):
    if isinstance(x, torch.Tensor):
        return torch.eye(x.shape[-1], dtype=x.dtype)
    return np.eye(x.shape[-1], dtype=x.dtype)


def positive_definite(x):
    return x @ adjoint(x) + eye(x)


def well(x):
    """Far from a singular one."""
    return x + 4 * eye(x)


def column(w):
    """Numbers that scale columns."""
    return w.reshape((*w.shape[:-1], 1, w.shape[-1]))


def factor(x, upper):
    """A triangle of a matrix far from a singular one."""
    part = np.triu(np.ones(x.shape[-2:])) if upper else np.tril(np.ones(x.shape[-2:]))
    return well(x) * (torch.tensor(part) if isinstance(x, torch.Tensor) else part.astype(bool))


def on_diagonal(ab, l_and_u):
    return 4 * (np.arange(len(ab)) == l_and_u[1])[:, None].astype(ab.dtype)


def of(made):
    """The operation of a matrix that is made of the first array."""
    return lambda f, a, *rest, **how: f(made(a), *rest, **how)


def like_numpy(name, *shapes, kinds=KINDS, there="linalg", params=({},), torch_too=True, **how):
    """Rows beside the functions of that name: shapes of one array, or of several in a list."""
    oracle = getattr(np.linalg if there == "linalg" else scipy.linalg, name)
    theirs = getattr(torch.linalg, name, None) if torch_too else None
    for i, several in enumerate(shapes):  # complex ones of the first shapes
        for kind in kinds if i < 1 else kinds[:1]:
            arrays = [kind(*shape) for shape in (several if isinstance(several, list) else [several])]
            row(f"linalg.{name}", *(case(*arrays, **given) for given in params), oracle=oracle, torch=theirs,
                ties=True, otherwise=name in VECTORS_TOO, **how)


# ── solved ────────────────────────────────────────────────────────────────────────────────────────────────────────────

like_numpy("inv", SQUARE, STACK, (1, 1), (0, 0), around=of(well))
like_numpy("det", SQUARE, STACK, (1, 1), (0, 2, 2))
like_numpy("det", (2, 2, 1), torch_too=False, around=lambda f, a: f(a @ a.mT))  # singular
like_numpy("slogdet", SQUARE, STACK)
like_numpy("solve", [SQUARE, (3, 2)], [STACK, (2, 1)], [SQUARE, (2, 3, 1)], [SQUARE, (3,)], around=of(well), linear="1")
like_numpy("tensorinv", (2, 2, 4), torch_too=False,
           around=lambda f, a: f(well(a.reshape((4, 4))).reshape((2, 2, 2, 2))))
like_numpy("tensorsolve", [(4, 4), (2, 2)], torch_too=False,
           linear="1",
           around=lambda f, a, b: f(well(a.reshape((4, 4))).reshape((2, 2, 4)), b))
TRIANGULAR = ({}, {"trans": 1, "lower": True}, {"trans": "C"}, {"lower": True, "unit_diagonal": True})
like_numpy("solve_triangular", [(2, 2), (2, 2)], [(2, 2), (2,)], there="scipy", torch_too=False, params=TRIANGULAR,
           around=of(well), linear="1")
like_numpy("solve_sylvester", [(2, 2), (2, 2), (2, 2)], there="scipy", torch_too=False,
           around=lambda f, a, b, q: f(well(a), well(b), q), linear="2")
for l_and_u, *shapes in (((1, 2), (4, 5), (5, 2)), ((1, 2), (4, 5), (5,)), ((0, 0), (1, 4), (4,))):
    for kind in KINDS:
        row("linalg.solve_banded", case(constant(l_and_u), *(kind(*shape) for shape in shapes)), ties=True,
            oracle=scipy.linalg.solve_banded, linear="2",
            around=lambda f, l_and_u, ab, b: f(l_and_u, ab + on_diagonal(ab, l_and_u), b))
for kind in KINDS:
    for upper in (False, True):
        row("linalg.cholesky_solve", case(kind(3, 2), kind(3, 3), upper=upper), ties=True,
            oracle=lambda b, c, upper: np.linalg.solve(adjoint(c) @ c if upper else c @ adjoint(c), b),
            torch=torch.cholesky_solve, linear="0", around=lambda f, b, c, upper: f(b, factor(c, upper), upper=upper))

# ── decomposed ────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_values(f, x, **how):
    w, v = f(x, **how)
    return (v * column(w**3 + w)) @ adjoint(v)


def by_singular_values(f, x, **how):
    u, s, vh = f(x, full_matrices=False)
    return (u * column(s * s + 1)) @ vh


def by_sizes(w, v):
    return abs(v) ** 2 * column(abs(w))


def nearly_symmetric(x):
    """With real eigenvalues, if it is real."""
    return sym(x) + x / 8


like_numpy("cholesky", SQUARE, STACK, (1, 1), params=({}, {"upper": True}), around=of(positive_definite))
like_numpy("qr", SQUARE, TALL, WIDE, STACK)
like_numpy("qr", TALL, WIDE, params=({"mode": "r"},), torch_too=False)
like_numpy("qr", SQUARE, WIDE, params=({"mode": "complete"},))
like_numpy("lu", (2, 2), TALL, WIDE, (2, 1, 2), there="scipy", torch_too=False)
like_numpy("svd", SQUARE, TALL, WIDE, (2, 3, 2), around=by_singular_values)
like_numpy("svdvals", SQUARE, TALL, WIDE, STACK)
like_numpy("eigh", SQUARE, STACK, (1, 1), params=({}, {"UPLO": "U"}),
           around=lambda f, x, **how: by_values(f, sym(x), **how))
like_numpy("eigvalsh", SQUARE, STACK, around=of(sym))
like_numpy("eig", SQUARE, STACK, around=lambda f, a: by_sizes(*f(nearly_symmetric(a))))
like_numpy("eigvals", SQUARE, STACK, around=lambda f, a: abs(f(nearly_symmetric(a))))

# ── functions of matrices ─────────────────────────────────────────────────────────────────────────────────────────────

like_numpy("pinv", (2, 2), TALL, WIDE, (2, 2, 1))
like_numpy("pinv", SQUARE, params=({"hermitian": True},), around=of(positive_definite))
like_numpy("lstsq", [(4, 2), (4,)], [(2, 2), (2, 2)], [(2, 3), (2,)], torch_too=False)
like_numpy("matrix_power", SQUARE, STACK, params=({"n": 3}, {"n": -2}), around=of(well))
like_numpy("matrix_power", SQUARE, params=({"n": 6}, {"n": 1}), around=lambda f, a, n: f(a / 2, n))
like_numpy("expm", (2, 2), (2, 1, 1), there="scipy", torch_too=False)
like_numpy("sqrtm", (2, 2), there="scipy", torch_too=False, around=of(positive_definite))
like_numpy("diagonal", TALL, STACK, WIDE, params=({"offset": 1},), linear="0")
like_numpy("trace", (2, 3, 3), params=({}, {"offset": 1}, {"offset": -9}), torch_too=False, linear="0")
like_numpy("multi_dot", [(2, 3), (3, 1), (1, 2)], kinds=(complex_numbers,), linear="0 1 2",
           packed=lambda *arrays: (arrays,))

# ── norms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

like_numpy("norm", TALL, params=[{"ord": p} for p in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc")],
           torch_too=False)
like_numpy("norm", (2, 2, 2), params=[{"ord": p, "axis": 1} for p in (
    None, 0.5, 1, 2, 3, -1, -2, np.inf, -np.inf)], torch_too=False)
like_numpy("norm", (2, 2, 2), params=[{"ord": p, "axis": (0, -1)} for p in (1, 2, -2, np.inf, -np.inf, "fro", "nuc")],
           torch_too=False)
like_numpy("norm", (2, 2, 2), params=({}, {"keepdims": True}), torch_too=False)
like_numpy("vector_norm", TALL, params=({}, {"ord": 3}, {"ord": 1, "axis": 0}), torch_too=False)
like_numpy("matrix_norm", (2, 3, 2), params=({}, {"ord": 2}, {"keepdims": True}), torch_too=False)
like_numpy("cond", (2, 2), TALL)
like_numpy("cond", (2, 2), params=[{"p": p} for p in (-2, 1, -1, np.inf, "fro", "nuc")], torch_too=False,
           around=of(well))
like_numpy("matrix_rank", SQUARE, TALL, torch_too=False, flat=True)
