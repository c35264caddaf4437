"""Linear algebra: NumPy's values, PyTorch's gradients, differences of both orders, and where there is no derivative."""

import gc
import inspect
import weakref

import numpy as np
import pytest
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


def H(x):  # noqa: N802
    """The conjugate transpose, of whichever library's matrices."""
    return x.mT.conj()


def sym(x):
    return x + H(x)


def eye(x):
    return (torch if isinstance(x, torch.Tensor) else np).eye(x.shape[-1], dtype=x.dtype)


def well(x):
    """A matrix far from a singular one."""
    return x + 4 * eye(x)


def column(w):
    """Numbers that scale columns."""
    return w.reshape((*w.shape[:-1], 1, w.shape[-1]))


def of_svd(f, x):
    u, s, vh = f.svd(x, full_matrices=False)
    return (u * column(s * s + 1)) @ vh


def of_eigh(f, x, **how):
    w, v = f.eigh(sym(x), **how)
    return (v * column(w**3 + w)) @ H(v)


# a row: what is called, of which namespace; the shapes of its matrices; whether PyTorch has it under that name
SQUARE, STACK, TALL, WIDE = (3, 3), (2, 3, 3), (4, 3), (2, 4)


def results(found):
    return [*found] if isinstance(found, tuple | list) else [found]


def test_signatures_are_numpys():
    for name, row in ROWS.items():
        theirs = getattr(np.linalg, name[7:], None) if name.startswith("linalg.") else None
        if theirs is None or name[7:] in ("matmul", "matrix_transpose", "tensordot", "vecdot"):
            continue
        ours, right = (inspect.signature(f).parameters for f in (row.function, theirs))
        assert [*ours] == [p for p in right if p != "out"], name
        for p in ours:
            assert ours[p].default == right[p].default or right[p].default is np._NoValue, (name, p)


def test_every_function_of_numpys_is_there():
    later = {"LinAlgError", "tensordot", "vecdot"}  # of which the package has, or has not, a row for itself
    assert {*np.linalg.__all__} - {*L.__all__} <= later
    assert L.LinAlgError is np.linalg.LinAlgError


# ── SciPy's ──


@pytest.mark.parametrize("kind", DTYPES)
def test_gradients_of_scipys_functions_are_those_of_pytorch(kind):
    a, b = drawn(kind, 2, 60, 60) + 9 * np.eye(60), drawn(kind, 60, 3)
    x, y = leaf(a), leaf(b)
    t, u = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    ours = [L.solve_triangular(x, y, lower=True), L.expm(x / 30), *L.lu(x)[1:]]
    theirs = [
        torch.linalg.solve_triangular(t, u, upper=False),
        torch.linalg.matrix_exp(t / 30),
        *torch.linalg.lu(t)[1:],
    ]
    for found, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, right.detach(), rtol=1e-8, atol=1e-8)
        g = drawn(kind, *found.shape, seed=5)
        for one, other, given_ in ((x, t, a), (y, u, b)):
            expected = torch.autograd.grad(right, other, torch.tensor(g), retain_graph=True, allow_unused=True)[0]
            if expected is not None:
                np.testing.assert_allclose(grad(found, one, g, retain_graph=True), expected, rtol=1e-6, atol=1e-6)
            assert given_.shape == one.shape


def test_only_the_triangle_that_is_read_counts():
    a = np.array([[2.0, np.nan], [1.0, np.inf]])
    a[1, 1] = 4
    t = leaf(a)
    x = L.solve_triangular(t, leaf(np.array([2.0, 5.0])), lower=True)
    np.testing.assert_array_equal(x.numpy(), [1, 1])
    assert grad(ag.sum(x), t).numpy()[0, 1] == 0


# ── least squares ──


def test_lstsq_and_pinv_of_lower_rank_have_the_gradient_of_changes_that_keep_it():
    column, row = drawn("real", 4, 1), drawn("real", 1, 3)
    b = drawn("real", 4)
    assert gradcheck(lambda c, r: L.pinv(c @ r, rcond=1e-8), [leaf(column), leaf(row)], eps=1e-5)
    x, residuals, rank, s = L.lstsq(leaf(column @ row), leaf(b), rcond=1e-8)
    assert (residuals.shape, rank, s.shape) == ((0,), 1, (3,))
    np.testing.assert_allclose(x.numpy(), np.linalg.pinv(column @ row) @ b)


# ── norms ──


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("p", [None, 1, 1.5, 2, 3, np.inf, -np.inf, "fro", "nuc"])
def test_the_gradient_of_a_norm_at_zero_is_zero(kind, p):
    x = leaf(np.zeros((2, 3), dtype=np.complex128 if kind == "complex" else float))
    vector = p in (1.5, 3)
    n = L.norm(x, p, 1) if vector else L.norm(x, p)
    g = grad(ag.sum(n), x, create_graph=True)
    if p not in (2, "nuc"):  # there it is one of the subgradients
        np.testing.assert_array_equal(g.numpy(), 0)
    if p in (None, "fro", 3):
        np.testing.assert_array_equal(grad(ag.sum(g).real, x).numpy(), 0)
    y = leaf(x.numpy() + np.array([[0, 0, 1], [0, 0, 0]]))  # some zeros
    if vector:
        np.testing.assert_array_equal(grad(ag.sum(L.norm(y, p, 1)), y).numpy(), y.numpy())


def test_what_is_tied_shares_the_gradient_equally():
    x = leaf(np.array([[1.0, -1.0], [1.0, 0.5]]))
    np.testing.assert_array_equal(grad(L.norm(x, 1), x).numpy(), [[1, 0], [1, 0]])
    np.testing.assert_array_equal(grad(L.vector_norm(x, ord=np.inf), x).numpy() * 3, [[1, -1], [1, 0]])
    eye = leaf(np.eye(3) * 2)
    np.testing.assert_allclose(grad(L.norm(eye, 2), eye).numpy(), np.eye(3) / 3, atol=1e-14)


def test_the_number_of_elements_that_are_not_zero_is_a_constant():
    x = leaf(np.array([[0.0, 2.0], [1.0, 3.0]]))
    n = L.norm(x, 0, 1)
    assert n.node is None
    np.testing.assert_array_equal(n.numpy(), [1, 2])
    np.testing.assert_array_equal(L.vector_norm(x, ord=0).numpy(), 3.0)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), (1, 0), (-1, 0)])
def test_norms_are_numpys_over_every_axis(axis, keepdims):
    x = drawn("real", 2, 3)
    for p in (None, 1, 2, np.inf) if axis is not None else (None,):
        right = np.linalg.norm(x, p, axis, keepdims)
        np.testing.assert_allclose(L.norm(leaf(x), p, axis, keepdims).numpy(), right, strict=True)
        np.testing.assert_allclose(np.linalg.norm(leaf(x), p, axis, keepdims).numpy(), right, strict=True)


# ── singular, repeated ──


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize(("n", "rank"), [(3, 1), (3, 2), (4, 3)])
def test_the_determinant_of_a_singular_matrix_has_derivatives_of_both_orders(kind, n, rank):
    a = leaf(drawn(kind, 2, n, rank) @ drawn(kind, 2, rank, n, seed=1))
    assert gradcheck(L.det, a)
    assert gradgradcheck(L.det, a)
    zero = leaf(np.zeros((2, 2)))
    back = grad(L.det(zero), zero, create_graph=True)
    np.testing.assert_array_equal(grad(back[0, 0], zero).numpy(), [[0, 0], [0, 1]])


def test_the_third_derivative_of_the_determinant_is_right_where_there_is_an_inverse():
    a = leaf(drawn("real", 3, 3))
    assert gradgradcheck(lambda a: grad(L.det(a), a, create_graph=True), a)


def repeated(values, kind, m=None):
    """A Hermitian matrix with these eigenvalues; with m, one of m rows with these singular values."""
    n = len(values)
    q, _ = np.linalg.qr(drawn(kind, n, n, seed=3))
    if m is None:
        return (q * values) @ H(q)
    p, _ = np.linalg.qr(drawn(kind, m, n, seed=4))
    return (p * values) @ H(q)


TWICE = np.array([2.0, 2.0, -1.0])


@pytest.mark.parametrize("kind", DTYPES)
def test_of_repeated_eigenvalues_a_symmetric_function_has_its_gradient(kind):
    a = repeated(TWICE, kind)
    for call in (L.eigvalsh, lambda a: L.eigh(a)[0]):
        t = leaf(a)
        np.testing.assert_allclose(grad(ag.sum(call(t) ** 3), t), 3 * a @ a, atol=1e-12)  # of tr A³
        half = lambda a, call=call: ag.sum(ag.exp(call(sym(a))))
        assert gradcheck(half, leaf(a / 2))


@pytest.mark.parametrize("kind", DTYPES)
def test_of_repeated_eigenvalues_the_projector_on_their_space_has_its_gradient(kind):
    def projector(a):
        v = L.eigh(sym(a))[1][:, 1:]
        return v @ H(v)

    assert gradcheck(projector, leaf(repeated(TWICE, kind) / 2))


@pytest.mark.parametrize("kind", DTYPES)
def test_other_vectors_beside_a_repeated_eigenvalue_have_gradients_of_both_orders(kind):
    def first(a):
        w, v = L.eigh(sym(a))
        return ag.absolute(v[:, 0]) ** 2 * w[0]

    assert gradcheck(first, leaf(repeated(TWICE, kind) / 2))


def test_what_depends_on_the_choice_of_vectors_is_refused_by_name_pair_and_gap():
    t = leaf(np.diag([1.0, 1.0, 3.0]))
    for call, value in ((L.eigh, "1 and 1"), (lambda a: L.svd(a)[1::-1], "1 and 1"), (L.eig, "1 and 1")):
        w, v = call(t)
        with pytest.raises(
            np.linalg.LinAlgError, match=rf"^(eigh|svd|eig): values \d and \d, {value}, are equal but for 0"
        ):
            grad(ag.sum(v * np.arange(9.0).reshape(3, 3)) + ag.sum(w), t)
    stack = leaf(np.stack([np.diag([1.0, 2.0]), np.eye(2)]))
    with pytest.raises(
        np.linalg.LinAlgError, match=r"values 0 and 1 of matrix \(1,\), 1 and 1, .*choice of their vectors"
    ):
        grad(L.eigh(stack)[1][:, 0, 1].sum(), stack)


@pytest.mark.parametrize("kind", DTYPES)
def test_a_function_of_values_and_vectors_that_cannot_be_told_from_them_is_refused(kind):
    """√A at the identity: its derivative is there, but not in those by values and by vectors."""
    for call in (of_eigh, of_svd):
        t = leaf(np.eye(3) + 0 * drawn(kind, 3, 3))
        with pytest.raises(np.linalg.LinAlgError, match="function of both values and vectors cannot be told from them"):
            grad(ag.sum(ag.absolute(call(L, t)[0, 1] + 1)), t)
    for second in (lambda t: ag.sum(L.eigvalsh(t) ** 2), lambda t: ag.sum(L.svdvals(t) ** 2)):
        t = leaf(np.eye(3))
        back = grad(second(t), t, create_graph=True)
        np.testing.assert_allclose(back.numpy(), 2 * np.eye(3), atol=1e-14)
        with pytest.raises(np.linalg.LinAlgError, match="cannot be told"):
            grad(back[0, 1], t)


@pytest.mark.parametrize("kind", DTYPES)
@pytest.mark.parametrize("m", [3, 5])
def test_of_repeated_singular_values_what_no_choice_of_vectors_changes_has_its_gradient(kind, m):
    a = repeated(np.array([2.0, 2.0, 1.0]), kind, m)

    def polar(a):
        u, _, vh = L.svd(a, full_matrices=False)
        return u @ vh

    assert gradcheck(polar, leaf(a))
    assert gradcheck(lambda a: ag.sum(L.svdvals(a) ** 3), leaf(a))


def test_of_singular_values_that_are_zero_what_does_not_need_their_vectors_has_its_gradient():
    a = leaf(drawn("real", 4, 1) @ drawn("real", 1, 3))
    np.testing.assert_allclose(grad(ag.sum(L.svdvals(a) ** 2), a), 2 * a.numpy(), atol=1e-13)

    def first(a):
        u, s, vh = L.svd(a, full_matrices=False)
        return u[:, :1] @ vh[:1] * s[0] ** 2

    column, row = leaf(drawn("real", 4, 1)), leaf(drawn("real", 1, 3))
    assert gradcheck(lambda c, r: first(c @ r), [column, row])
    u = L.svd(a, full_matrices=False)[0]
    with pytest.raises(
        np.linalg.LinAlgError,
        match=r"^svd: singular value [12] is 0, and the loss depends on the choice|^svd: values 1 and 2",
    ):
        grad(u[0, 2] ** 3, a)


def test_what_depends_on_the_phase_of_a_vector_is_refused():
    for call in (lambda a: L.eigh(sym(a))[1], lambda a: L.eig(a)[1], lambda a: L.svd(a)[0]):
        t = leaf(drawn("complex", 3, 3))
        with pytest.raises(
            np.linalg.LinAlgError, match=r"shape \(3, 3\): the loss depends on the phases of the vectors"
        ):
            grad(call(t)[0, 0].imag, t)


def test_a_matrix_without_a_basis_of_eigenvectors_is_refused():
    t = leaf(np.array([[0.0, 1.0], [0.0, 0.0]]))
    with pytest.raises(np.linalg.LinAlgError, match=r"^eig: \(2, 2\): the eigenvectors are no basis"):
        grad(ag.sum(L.eigvals(t) * np.array([1.0, 2.0])), t)


# ── dtypes, memory, constants ──


EMPTY = {
    "inv": L.inv, "det": L.det, "slogdet": L.slogdet, "svd": lambda a: L.svd(a, full_matrices=False), "eigh": L.eigh,
    "cholesky": L.cholesky, "norm": L.norm, "matrix_norm": L.matrix_norm,
    "matrix_power": lambda a: L.matrix_power(a, 2),
    "trace": L.trace, "solve": lambda a: L.solve(a, a),
}  # fmt: skip


@pytest.mark.parametrize("call", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("shape", [(0, 0), (0, 2, 2), (2, 0, 0)])
def test_of_nothing_there_is_something_to_differentiate(call, shape):
    x = leaf(np.zeros(shape))
    for part in results(call(x)):
        assert grad(ag.sum(part), x, retain_graph=True).shape == shape


def test_ranks_are_constants():
    t = leaf(np.array([[1.0, 2.0], [2.0, 4.0]]))
    for rank in (L.matrix_rank(t), np.linalg.matrix_rank(t), L.matrix_rank(t, rtol=1e-3), L.matrix_rank(t, tol=1e-3)):
        assert (rank.item(), rank.node) == (1, None)


def test_powers_of_zero_and_of_one():
    a = leaf(drawn("real", 2, 3, 3))
    assert L.matrix_power(a, 0).node is None
    np.testing.assert_array_equal(L.matrix_power(a, 0).numpy(), np.linalg.matrix_power(a.numpy(), 0))
    np.testing.assert_array_equal(grad(ag.sum(L.matrix_power(a, 1)), a).numpy(), 1)


def test_factors_that_are_not_unique_are_given_but_not_differentiated():
    a = drawn("real", 4, 2)
    for call in (lambda a: L.svd(a), lambda a: L.qr(a, "complete"), lambda a: np.linalg.svd(a), lambda a: L.svd(a.T)):
        for ours, theirs in zip(call(Tensor(a)), call(a), strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs)
        with no_grad():
            call(leaf(a))
        with pytest.raises(ValueError, match="not unique and have no derivative"):
            call(leaf(a))
    np.testing.assert_allclose(np.linalg.svd(leaf(a), compute_uv=False), np.linalg.svd(a, compute_uv=False))


def test_the_trace_is_that_of_a_dtype():
    x = leaf(drawn("real", 2, 3, 4).astype(np.float32))
    for offset in (-2, 0, 1, 9):
        found = L.trace(x, offset=offset, dtype=np.float64)
        np.testing.assert_allclose(
            found, np.linalg.trace(x.numpy(), offset=offset, dtype=np.float64), rtol=1e-6, strict=True
        )


def test_products_of_numpys_namespace_are_those_of_the_package():
    a, b = drawn("complex", 2, 3, 4), drawn("complex", 4, 2)
    assert L.matmul is ag.matmul
    np.testing.assert_array_equal(np.linalg.matmul(leaf(a), leaf(b)).numpy(), a @ b)
    np.testing.assert_array_equal(np.linalg.matrix_transpose(leaf(a)).numpy(), a.mT)
    np.testing.assert_array_equal(np.linalg.outer(leaf(b[:, 0]), b[0]).numpy(), np.linalg.outer(b[:, 0], b[0]))
    assert gradcheck(L.outer, [leaf(b[:, 0]), leaf(b[0])])


# ── what is refused, and as what it is called ──


def T(*shape):  # noqa: N802
    return leaf(np.ones(shape))


LINALG, VALUE, TYPE = np.linalg.LinAlgError, ValueError, TypeError
REFUSED = [
    *[(lambda f=f: getattr(L, f)(T(2, 3)), LINALG, f"{f}: shape (2, 3): the matrix must be square")
      for f in ("inv", "det", "slogdet", "cholesky", "eigh", "eigvalsh", "eig", "eigvals", "expm", "sqrtm")],
    *[(lambda f=f: getattr(np.linalg, f)(T(3)), LINALG,
       f"{f}: shape (3,) is not that of a matrix, or of a stack of them")
      for f in ("inv", "qr", "svd", "svdvals", "pinv", "cond", "matrix_norm", "trace", "diagonal")],
    (lambda: np.linalg.inv(T(2, 2)), LINALG, "inv: (2, 2): Singular matrix"),
    (lambda: L.inv(np.ones((2, 2))), LINALG, "inv: (2, 2): Singular matrix"),
    (lambda: L.solve(T(2, 2), T(2)), LINALG, "solve: (2, 2) and (2, 1): Singular matrix"),
    (lambda: L.solve(T(2, 3), T(2)), LINALG, "solve: shape (2, 3): the matrix must be square"),
    (lambda: L.solve(T(2, 2), T(3)), VALUE, "solve: a (2, 2) and b (3,): b must have as many rows as a, 2"),
    (lambda: L.solve(T(2, 2), T()), VALUE, "solve: a (2, 2) and b (): b must have as many rows as a, 2"),
    (lambda: L.solve(T(2, 2, 2), T(3, 2, 2)), VALUE, "solve: a (2, 2, 2) and b (3, 2, 2): stacks (2,) and (3,): these "
     "shapes do not broadcast; compared from the right, 2 and 3 differ on axis -1 and neither is 1"),
    (lambda: L.solve_triangular(T(2, 2) * 0, T(2)), LINALG, "solve_triangular: (2, 2) and (2, 1): Singular matrix"),
    (lambda: L.solve_triangular(T(2, 2), T(2), "H"), VALUE,
     "solve_triangular: trans must be 0, 1, 2, \"N\", \"T\" or \"C\", not 'H'"),
    (lambda: L.solve_banded((1,), T(2, 2), T(2)), VALUE,
     "solve_banded: l_and_u must be two integers of at least 0, not (1,)"),
    (lambda: L.solve_banded((1, 1), T(2, 2), T(2)), VALUE,
     "solve_banded: ab (2, 2) and b (2,): ab must be (3, n), a row for each diagonal, and b have n rows"),
    (lambda: L.solve_sylvester(T(2, 2), T(3, 3), T(2, 2)), VALUE,
     "solve_sylvester: a (2, 2), b (3, 3) and q (2, 2): q must be (2, 3), a's rows by b's columns"),
    (lambda: L.cholesky(-T(2, 2)), LINALG, "cholesky: (2, 2): Matrix is not positive definite"),
    (lambda: L.qr(T(2, 2), "raw"), VALUE, "qr: mode must be \"reduced\", \"complete\" or \"r\", not 'raw'"),
    (lambda: L.qr(T(3, 2), "complete"), VALUE, 'qr: mode "complete" of shape (3, 2): further columns of Q are not '
     'unique and have no derivative; give mode="reduced"'),
    (lambda: L.svd(T(3, 2)), VALUE, "svd: shape (3, 2): further columns of the full matrices are not unique and have "
     "no derivative; give full_matrices=False"),
    (lambda: L.eigh(T(2, 2), "X"), VALUE, "eigh: UPLO must be \"L\" or \"U\", not 'X'"),
    (lambda: grad(L.slogdet(x := T(2, 2))[1], x), LINALG,
     "slogdet: (2, 2): log|det| of a singular matrix has no derivative"),
    (lambda: L.pinv(T(2, 2), 1e-3, rtol=1e-3), VALUE, "pinv: rcond and rtol are one thing; give one of them"),
    (lambda: L.lstsq(T(2, 2, 2), T(2)), LINALG,
     "lstsq: a (2, 2, 2) and b (2, 1): a must be one matrix, b a vector or a matrix"),
    (lambda: L.norm(T(2, 2), 1, 2), VALUE, "norm: axis 2 is out of range for shape (2, 2), which has 2 axes"),
    (lambda: L.norm(T(2, 2), 1, (0, 0)), VALUE,
     "norm: axis (0, 0): a norm is taken over one axis, or over two different ones"),
    (lambda: L.norm(T(2, 2, 2), 1), VALUE,
     "norm: shape (2, 2, 2): with ord=1 and no axis, x must have one or two axes"),
    (lambda: L.norm(T(2, 2), 3), VALUE,
     "norm: ord 3 is no norm of matrices; it must be 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc'"),
    (lambda: L.norm(T(2), "fro"), VALUE, "norm: ord 'fro' is no norm of vectors; it must be a number"),
    (lambda: L.vector_norm(T(2), ord="nuc"), VALUE,
     "vector_norm: ord 'nuc' is no norm of vectors; it must be a number"),
    (lambda: L.matrix_power(T(2, 2), 1.5), TYPE, "matrix_power: n must be an integer, not 1.5"),
    (lambda: L.matrix_power(T(2, 2), -1), LINALG, "matrix_power: (2, 2): Singular matrix"),
    (lambda: L.tensorinv(T(2, 3)), LINALG,
     "tensorinv: shape (2, 3): the first 2 axes, and the others, must multiply to the same number"),
    (lambda: L.tensorinv(T(2, 2), 0), VALUE, "tensorinv: ind must be an integer of at least 1, not 0"),
    (lambda: L.tensorsolve(T(2, 3), T(2)), LINALG,
     "tensorsolve: a (2, 3) and b (2,): a's axes behind those of b must multiply to as many elements as b has"),
    (lambda: L.multi_dot([T(2, 2)]), VALUE, "multi_dot: takes a sequence of at least two matrices"),
    (lambda: L.multi_dot([T(2, 2), T(3, 2)]), VALUE,
     "multi_dot: shapes [(2, 2), (3, 2)]: (2, 2) and (3, 2) do not fit"),
    (lambda: L.multi_dot([T(2, 2), T(2), T(2)]), VALUE,
     "multi_dot: shapes [(2, 2), (2,), (2,)]: all must be matrices; only the first and the last may be vectors"),
    (lambda: L.cross(T(2), T(2)), VALUE, "cross: (2,) and (2,): axis -1 must have length 3 in both"),
    (lambda: L.outer(T(2, 2), T(2)), VALUE, "outer: (2, 2) and (2,): both must be vectors"),
    (lambda: L.diagonal(T(2, 2), offset=0.5), TYPE, "diagonal: offset must be an integer, not 0.5"),
    (lambda: L.inv([[T(), T()], [T(), T()]]), TYPE,
     "inv: a list of Tensors would lose their gradients; join them with stack first"),
    (lambda: L.inv("ab"), TYPE, "inv: takes arrays of real numbers, not str"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), REFUSED, ids=[message for *_, message in REFUSED])
def test_bad_calls_are_refused_in_a_sentence(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert (str(caught.value), type(caught.value)) == (message, kind)


def test_scipy_is_loaded_only_when_it_computes(monkeypatch):
    monkeypatch.setattr("autograd_mini.ops.linalg.import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(ImportError, match=r"^expm: is computed by SciPy, which is not installed: pip install scipy"):
        L.expm(T(2, 2))
    assert gradcheck(lambda a: L.inv(well(a)), leaf(drawn("real", 2, 2)))


@pytest.mark.parametrize("shape", [(0, 3, 3), (0, 4, 2), (2, 0, 2, 4), (0, 0), (3, 0), (0, 3), (2, 0, 0)])
def test_factors_of_no_matrices_have_the_shapes_of_factors(shape):
    a = leaf(np.zeros(shape))
    found, known = L.lu(a), torch.linalg.lu(torch.zeros(shape, dtype=torch.float64))
    assert [x.shape for x in found] == [tuple(x.shape) for x in known]
    assert grad(found[1].sum() + found[2].sum(), a).shape == shape


@pytest.mark.parametrize("order", [1, np.inf, -np.inf])
def test_norms_of_complex_numbers_are_flat_at_0_to_second_order(order):
    z = leaf(np.zeros(3, complex))
    slope = grad(L.norm(z, order), z, create_graph=True)
    assert not slope.numpy().any()
    assert not grad(slope, z, [1 + 2j, 1j, 1]).numpy().any()


def test_systems_of_no_equations_have_empty_solutions():
    b = Tensor(np.zeros(0), requires_grad=True)
    for x in (
        ag.linalg.solve_banded((1, 1), np.zeros((3, 0)), b),
        ag.linalg.tensorsolve(np.zeros((0, 0)), b),
        ag.linalg.tensorinv(np.zeros((0, 0)), 1) @ b,
    ):
        assert x.shape == grad(x.sum(), b).shape == (0,)


def test_a_chain_of_products_is_freed_by_reference_count():
    gc.collect()
    gc.disable()
    try:
        a = Tensor(np.eye(2), requires_grad=True)
        node = weakref.ref(a.node)
        ag.linalg.multi_dot([a, np.ones((2, 3)), np.ones((3, 2)), a])
        del a
        assert node() is None
    finally:
        gc.enable()
