"""Eigenvalues and singular values, with their vectors, of matrices and of stacks of them.

Vectors that belong to a repeated value are any basis of their space. A loss that depends on the choice has no gradient,
and none is given: LinAlgError names the two values and the gap.
"""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ..arguments import Flag, Parameter, bare
from ..core.tape import Value
from .arithmetic import matmul
from .decompositions import constants
from .elementwise import absolute, where
from .kinds import conjugated, definition, op
from .linalg import absent, called, carries, hermitian, matrix, raw, solve
from .precision import in_single

Triangle = Annotated[Any, Parameter(None, 'Literal["L", "U"]')]


def _eye(x: Any) -> Any:
    return np.eye(x.shape[-1], dtype=bool)


def _row(d: Any) -> Any:
    return d.reshape((*d.shape[:-1], 1, d.shape[-1]))


def _column(d: Any) -> Any:
    return d.reshape((*d.shape, 1))


def _diagonal(d: Any) -> Any:
    """Diagonal matrices (..., k, k) of (..., k)."""
    return where.bind(np.eye(d.shape[-1], dtype=bool), _column(d), 0)


# ── repeated values ───────────────────────────────────────────────────────────────────────────────────────────────────


_UNITS = 64  # of the dtype's precision, as much as rounding may leave of 0


def _noise(*arrays: Any) -> Any:
    """What rounding may leave of 0 in products of unitary matrices with these, (..., 1, 1)."""
    largest = np.max([np.abs(raw(x)).max(axis=(-2, -1), keepdims=True, initial=0) for x in arrays], axis=0)
    return 4 * _UNITS * max(x.shape[-2] for x in arrays) * np.finfo(largest.dtype).eps * largest


def _none(values: Any) -> Any:
    """Values that rounding cannot tell from 0, (..., 1, k)."""
    sizes = absolute(values)
    return _row(sizes <= _UNITS * np.finfo(sizes.dtype).eps * sizes.sum(axis=-1, keepdims=True))


def _same(values: Any) -> Any:
    """The pairs of values that rounding cannot tell apart, (..., k, k), the diagonal among them."""
    gaps, sizes = absolute(_row(values) - _column(values)), absolute(_column(values))
    return gaps <= _UNITS * np.finfo(sizes.dtype).eps * sizes.sum(axis=-2, keepdims=True)


def _check_repeated(name: str, values: Any, mixing: Any, allowed: Any, without_values: bool) -> None:
    """Refuse with LinAlgError what depends on the vectors of a pair of values that are the same.

    mixing: how the loss changes when such vectors are mixed, (..., k, k). Its skew part must be 0 but for what is
    `allowed`: else the loss depends on the choice of the basis. So must the rest, unless the loss depends on vectors
    only (`without_values`): a function of both has a derivative, but it cannot be known from those by each.
    """
    values, mixing = raw(values), raw(mixing)
    same = _same(values)
    skew = np.abs(mixing - np.conj(mixing.mT)) * same > allowed
    rest = (np.abs(mixing) * same * ~_eye(same) > allowed) & (not without_values)
    for wrong, words in (
        (skew, "and the loss depends on the choice of their vectors, so there is no derivative"),
        (rest, "so the derivative of a function of both values and vectors cannot be told from them"),
    ):
        if wrong.any():
            *lead, i, j = (int(n) for n in np.argwhere(wrong)[0])
            if i == j:
                words = "the loss depends on the phases of the vectors, which are arbitrary, so there is no derivative"
                raise np.linalg.LinAlgError(f"{name}: shape {mixing.shape}: {words}")
            one, other = values[(*lead, i)], values[(*lead, j)]
            which = f"values {i} and {j}{f' of matrix {tuple(lead)}' if lead else ''}, {one:.6g} and {other:.6g}"
            raise np.linalg.LinAlgError(f"{name}: {which}, are equal but for {abs(one - other):.1g}, {words}")


# ── eigenvalues ───────────────────────────────────────────────────────────────────────────────────────────────────────


class EighResult(NamedTuple):
    """Eigenvalues and eigenvectors, with NumPy's names."""

    eigenvalues: Any
    eigenvectors: Any


class EigResult(NamedTuple):
    """Eigenvalues and eigenvectors, with NumPy's names."""

    eigenvalues: Any
    eigenvectors: Any


@op(outputs=("w", "v"), takes_complex=True, within="linalg", numpy=[np.linalg.eigh])
def eigh(a: Any, *, UPLO: Any) -> Any:
    """Eigenvalues and vectors of Hermitian matrices. a (..., n, n) -> (..., n), (..., n, n)."""
    return tuple(np.linalg.eigh(a, UPLO))


def _eigh_back(g: Any, w: Any, v: Any, g_v: Any) -> Any:
    """V (diag ∇w + F ∘ skew(Vᴴ ∇V)) Vᴴ with F[i, j] = 1 / (w[j] − w[i]), 0 for pairs that are equal."""
    if absent(g_v):
        return matmul.bind(v * _row(g), hermitian(v))
    k = matmul.bind(hermitian(v), g_v)
    _check_repeated("eigh", w, k, _noise(g_v), absent(g))
    same = _same(w)
    gaps = where.bind(same, 1, _row(w) - _column(w))
    core = _diagonal(g) + where.bind(same, 0, (k - hermitian(k)) / (2 * gaps))
    return matmul.bind(matmul.bind(v, core), hermitian(v))


eigh.defvjp(a=_eigh_back)


def _checked_triangle(name: str, a: Any, uplo: Any) -> tuple[Any, Any]:
    if uplo not in ("L", "U", "l", "u"):
        raise ValueError(f'{name}: UPLO must be "L" or "U", not {uplo!r}')
    return matrix(name, a, square=True), uplo.upper()


@called(eigh)
def _eigh(a: Any, UPLO: Triangle = "L") -> tuple[Any, Any]:
    """The eigenvalues and orthonormal eigenvectors of Hermitian matrices. a (..., n, n) -> (..., n), (..., n, n).

    One triangle of A is read. The gradient is Hermitian, as that of a function of Hermitian matrices.

    Arguments:
        a: (..., n, n), Hermitian.
        UPLO: the triangle that is read, "L" or "U".
    Returns:
        eigenvalues (..., n), real, in ascending order, and eigenvectors (..., n, n), the columns, as a named tuple.
    Raises:
        LinAlgError: for a matrix that is not square; in the backward pass, where the loss depends on the phases of
            vectors, or mixes vectors of a repeated eigenvalue in a way that has no derivative here.
        ValueError: for another UPLO.

    Example:
        >>> a = Tensor([[2.0, 1.0], [1.0, 2.0]], requires_grad=True)
        >>> w, v = ag.linalg.eigh(a)
        >>> w.numpy().round(6), ag.grad(w[1], a).numpy().round(6)  # the gradient is v vᵀ
        (array([1., 3.]), array([[0.5, 0.5],
               [0.5, 0.5]]))
    """
    a, uplo = _checked_triangle("eigh", a, UPLO)
    return EighResult(*eigh.bind(a, UPLO=uplo))


@definition(within="linalg", numpy=[np.linalg.eigvalsh])
@in_single
def eigvalsh(a: Any, UPLO: Triangle = "L") -> Any:
    """The eigenvalues of Hermitian matrices. a (..., n, n) -> (..., n).

    One triangle of A is read. The gradient is Hermitian; of a repeated eigenvalue it is one of the subgradients.

    Arguments:
        a: (..., n, n), Hermitian.
        UPLO: the triangle that is read, "L" or "U".
    Returns:
        (..., n), real, in ascending order.
    Raises:
        LinAlgError: for a matrix that is not square.
        ValueError: for another UPLO.

    Example:
        >>> a = Tensor([[2.0, 1.0], [1.0, 2.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.eigvalsh(a).sum(), a).numpy().round(6) + 0.0  # the sum is the trace
        array([[1., 0.],
               [0., 1.]])
    """
    a, uplo = _checked_triangle("eigvalsh", a, UPLO)
    return np.linalg.eigvalsh(a, uplo) if not isinstance(a, Value) else eigh.bind(a, UPLO=uplo)[0]


@op(outputs=("w", "v"), takes_complex=True, within="linalg", numpy=[np.linalg.eig])
def eig(a: Any) -> Any:
    """Eigenvalues and vectors. a (..., n, n) -> (..., n), (..., n, n)."""
    return tuple(np.linalg.eig(a))


def _eig_back(g: Any, w: Any, v: Any, g_v: Any) -> Any:
    """V⁻ᴴ (diag ∇w + (K − VᴴV Re diag K) / conj(w[j] − w[i])) Vᴴ with K = Vᴴ ∇V; the columns of V have length 1."""
    k = matmul.bind(hermitian(v), g_v)
    own, allowed = where.bind(_eye(k), k, 0), _noise(g_v)
    _check_repeated("eig", w, own, allowed, False)  # the phases
    k = k - matmul.bind(matmul.bind(hermitian(v), v), own)
    _check_repeated("eig", w, where.bind(_eye(k), 0, k), allowed, False)
    same = _same(w)
    gaps = where.bind(same, 1, conjugated(_row(w) - _column(w)))
    core = _diagonal(g) + where.bind(same, 0, k / gaps)
    return matmul.bind(_by_vectors(v, core), hermitian(v))


def _by_vectors(v: Any, x: Any) -> Any:
    """V⁻ᴴ X."""
    s = np.linalg.svdvals(raw(v))
    if _none(s).any():
        words = "the eigenvectors are no basis (the matrix is defective), so there is no derivative"
        raise np.linalg.LinAlgError(f"eig: {v.shape}: {words}")
    return solve.bind(hermitian(v), x)


eig.defvjp(a=_eig_back)


@called(eig)
def _eig(a: Any) -> tuple[Any, Any]:
    """The eigenvalues and eigenvectors of square matrices. a (..., n, n) -> (..., n), (..., n, n).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        eigenvalues (..., n), in no order, and eigenvectors (..., n, n), columns of length 1, as a named tuple. As in
        NumPy they are real only if all eigenvalues are.
    Raises:
        LinAlgError: for a matrix that is not square; in the backward pass for one without a basis of eigenvectors, and
            where the loss depends on the phases of vectors, or mixes vectors of a repeated eigenvalue in a way that
            has no derivative here.

    Example:
        >>> a = Tensor([[0.0, 1.0], [-1.0, 0.0]], requires_grad=True)
        >>> w, v = ag.linalg.eig(a)
        >>> abs(w.imag).numpy(), ag.grad(abs(w).sum(), a).numpy().round(6) + 0.0
        (array([1., 1.]), array([[ 0.,  1.],
               [-1.,  0.]]))
    """
    return EigResult(*eig.bind(matrix("eig", a, square=True)))


@definition(within="linalg", numpy=[np.linalg.eigvals])
@in_single
def eigvals(a: Any) -> Any:
    """The eigenvalues of square matrices, in no order. a (..., n, n) -> (..., n).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        (..., n), real only if all of them are.
    Raises:
        LinAlgError: for a matrix that is not square; in the backward pass for one without a basis of eigenvectors.

    Example:
        >>> a = Tensor([[2.0, 5.0], [0.0, 3.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.eigvals(a).sum(), a).numpy().round(6) + 0.0  # the sum is the trace
        array([[1., 0.],
               [0., 1.]])
    """
    a = matrix("eigvals", a, square=True)
    return np.linalg.eigvals(a) if not isinstance(a, Value) else eig.bind(a)[0]


# ── singular values ───────────────────────────────────────────────────────────────────────────────────────────────────


class SVDResult(NamedTuple):
    """Singular vectors and values, with NumPy's names."""

    U: Any
    S: Any
    Vh: Any


@op(outputs=("u", "s", "vh"), takes_complex=True, within="linalg", numpy=[np.linalg.svd])
def svd(a: Any) -> Any:
    """A = U diag(s) Vᴴ. a (..., m, n) -> (..., m, k), (..., k), (..., k, n) with k = min(m, n)."""
    return tuple(np.linalg.svd(a, full_matrices=False))


def _svd_back(g: Any, u: Any, s: Any, vh: Any, g_s: Any, g_vh: Any) -> Any:
    """U (diag ∇s + Σ / (s[j] − s[i]) + Δ / (s[j] + s[i])) Vᴴ, and what leads out of the spaces of U and of V.

    Σ and Δ are half the sum and half the difference of skew(Uᴴ ∇U) and skew(Vᴴ ∇V).
    """
    if absent(g) and absent(g_vh):
        return matmul.bind(u * _row(g_s), vh)
    g_v = hermitian(g_vh)
    ku, kv = matmul.bind(hermitian(u), g), matmul.bind(vh, g_v)
    _check_repeated("svd", s, ku + kv, _noise(g, g_v), absent(g_s))
    same, none = _same(s), _none(s)
    row, column = _row(s), _column(s)
    out_u, out_v = g - matmul.bind(u, ku), g_v - matmul.bind(hermitian(vh), kv)
    zero = none & none.mT
    _check_vanishing(*map(raw, (none, zero, ku, kv, out_u, out_v)), allowed=_noise(g, g_v))
    both, differ = (ku + kv) / 2, (ku - kv) / 2
    core = (
        _diagonal(g_s)
        + where.bind(same, 0, (both - hermitian(both)) / where.bind(same, 1, row - column))
        + where.bind(zero, 0, (differ - hermitian(differ)) / where.bind(zero, 1, row + column))
    )
    total = matmul.bind(matmul.bind(u, core), vh)
    inverse = where.bind(none, 0, 1 / where.bind(none, 1, row))
    if u.shape[-2] > s.shape[-1]:
        total = total + matmul.bind(out_u * inverse, vh)
    if vh.shape[-1] > s.shape[-1]:
        total = total + matmul.bind(u, hermitian(out_v * inverse))
    return total


def _check_vanishing(none: Any, zero: Any, ku: Any, kv: Any, out_u: Any, out_v: Any, *, allowed: Any) -> None:
    """Refuse with LinAlgError what depends on the vectors of singular values that are 0, alone or in pairs."""
    skews = [np.abs(k - np.conj(k.mT)) * zero for k in (ku, kv)]
    leading = [np.abs(x) * none for x in (out_u, out_v) if x.shape[-2] > none.shape[-1]]
    if any((x > allowed).any() for x in (*skews, *leading)):
        *lead, _, i = (int(n) for n in np.argwhere(none)[0])
        words = "and the loss depends on the choice of its vectors, so there is no derivative"
        raise np.linalg.LinAlgError(f"svd: singular value {i}{f' of matrix {tuple(lead)}' * bool(lead)} is 0, {words}")


svd.defvjp(a=_svd_back)


@called(svd)
def _svd(a: Any, full_matrices: Flag = True, compute_uv: Flag = True, hermitian: Flag = False) -> Any:
    """The singular value decomposition A = U diag(S) Vᴴ. a (..., m, n) -> (..., m, k), (..., k), (..., k, n).

    Arguments:
        a: (..., m, n), a matrix or a stack of them.
        full_matrices: whether U is (..., m, m) and Vᴴ (..., n, n); their further columns are not unique, and refused
            where a gradient is recorded. False for k = min(m, n).
        compute_uv: whether to give U and Vᴴ; without them the result is S alone.
        hermitian: ignored: a Hermitian matrix is decomposed as any other.
    Returns:
        U, S in descending order, and Vh, as a named tuple.
    Raises:
        LinAlgError: for fewer than two axes; in the backward pass, where the loss depends on the phases of vectors, or
            mixes vectors of a repeated singular value, or of 0, in a way that has no derivative here.
        ValueError: for full matrices that are not square, if a gradient is recorded.

    Example:
        >>> a = Tensor([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0]], requires_grad=True)
        >>> u, s, vh = ag.linalg.svd(a, full_matrices=False)
        >>> s.numpy(), ag.grad(s[0], a).numpy()
        (array([3., 2.]), array([[1., 0.],
               [0., 0.],
               [0., 0.]]))
    """
    a = matrix("svd", a)
    if not compute_uv:
        return svdvals(a)
    if full_matrices and a.shape[-2] != a.shape[-1]:
        if carries(a):
            words = "further columns of the full matrices are not unique and have no derivative"
            raise ValueError(f"svd: shape {a.shape}: {words}; give full_matrices=False")
        return SVDResult(*constants(a, np.linalg.svd(bare(a))))
    return SVDResult(*svd.bind(a))


@definition(within="linalg", numpy=[np.linalg.svdvals])
@in_single
def svdvals(x: Any) -> Any:
    """The singular values in descending order. x (..., m, n) -> (..., k) with k = min(m, n).

    Of a repeated singular value, and at 0, the gradient is one of the subgradients.

    Arguments:
        x: (..., m, n), a matrix or a stack of them.
    Returns:
        (..., k), real.
    Raises:
        LinAlgError: for fewer than two axes.

    Example:
        >>> x = Tensor([[3.0, 0.0], [0.0, -2.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.svdvals(x).sum(), x).numpy()  # of the nuclear norm
        array([[ 1.,  0.],
               [ 0., -1.]])
    """
    x = matrix("svdvals", x)
    return np.linalg.svdvals(x) if not isinstance(x, Value) else svd.bind(x)[1]
