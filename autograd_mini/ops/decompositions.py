"""Decompositions of matrices and of stacks of them: Cholesky, QR, LU, eigenvalues and singular values.

Vectors that belong to a repeated value are any basis of their space. A loss that depends on the choice has no gradient,
and none is given: LinAlgError names the two values and the gap.
"""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ..arguments import Flag, Parameter
from .arithmetic import matmul
from .complex import real
from .elementwise import where
from .kinds import conjugated, definition, op
from .linalg import called, carries, hermitian, matrix, scipys, solve, solve_triangular
from .precision import in_single
from .shape import concatenate, getitem

Triangle = Annotated[Any, Parameter(None, 'Literal["L", "U"]')]
Mode = Annotated[Any, Parameter(None, 'Literal["reduced", "complete", "r"]')]


def _bare(x: Any) -> Any:
    return getattr(x, "_array", x)


def _constants(a: Any, found: Any) -> Any:
    """Results for `a` that carry no gradient: as it is, arrays or Tensors."""
    return found if a is _bare(a) else [type(a).made(x, None) for x in found]


def _eye(x: Any) -> Any:
    return np.eye(x.shape[-1], dtype=bool)


def _diagonal(d: Any) -> Any:
    """Diagonal matrices (..., k, k) of (..., k)."""
    return where.bind(np.eye(d.shape[-1], dtype=bool), d.reshape((*d.shape, 1)), 0)


def _mirrored(m: Any, lower: bool) -> Any:
    """The Hermitian matrix that has M's triangle, with a real diagonal."""
    below = np.tri(m.shape[-1], k=-1, dtype=bool)
    part = where.bind(below if lower else below.T, m, 0)
    return part + hermitian(part) + where.bind(_eye(m), real(m) if m.dtype.kind == "c" else m, 0)


# ── Cholesky ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(takes_complex=True, within="linalg", numpy=[np.linalg.cholesky])
def cholesky(a: Any, *, upper: bool) -> Any:
    """L with A = L Lᴴ, or U with A = Uᴴ U. a (..., n, n) -> (..., n, n)."""
    return np.linalg.cholesky(a, upper=upper)


def _cholesky_back(g: Any, out: Any, *, upper: bool) -> Any:
    """½ L⁻ᴴ S L⁻¹, where S is Hermitian and its lower triangle that of Lᴴ ∇L."""
    factor, g = (hermitian(out), hermitian(g)) if upper else (out, g)
    s = _mirrored(matmul.bind(hermitian(factor), g), lower=True)
    turned = hermitian(factor)
    half = solve_triangular.bind(turned, s / 2, lower=False, unit_diagonal=False)
    return hermitian(solve_triangular.bind(turned, hermitian(half), lower=False, unit_diagonal=False))


cholesky.defvjp(a=_cholesky_back)


@called(cholesky)
def _cholesky(a: Any, /, *, upper: Flag = False) -> Any:
    """The Cholesky factor L of A = L Lᴴ, a lower triangle. a (..., n, n) -> (..., n, n).

    One triangle of A is read. The gradient is Hermitian, as that of a function of Hermitian matrices.

    Arguments:
        a: (..., n, n), Hermitian and positive definite.
        upper: whether to give U of A = Uᴴ U, and to read the upper triangle.
    Returns:
        (..., n, n), the factors, zero in the other triangle.
    Raises:
        LinAlgError: for a matrix that is not square, or not positive definite.

    Example:
        >>> a = Tensor([[4.0, 2.0], [2.0, 5.0]], requires_grad=True)
        >>> ag.linalg.cholesky(a).numpy()
        array([[2., 0.],
               [1., 2.]])
    """
    return cholesky.bind(matrix("cholesky", a, square=True), upper=bool(upper))


# ── QR ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class QRResult(NamedTuple):
    """The two factors, with NumPy's names."""

    Q: Any
    R: Any


@op(outputs=("q", "r"), takes_complex=True, within="linalg", aliases=["qr"], numpy=[np.linalg.qr])
def qr(a: Any) -> Any:
    """A = Q R of matrices that are not wide. a (..., m, n), m ≥ n -> (..., m, n), (..., n, n)."""
    return tuple(np.linalg.qr(a))


def _qr_back(g: Any, q: Any, r: Any, g_r: Any) -> Any:
    """(∇Q + Q S) R⁻ᴴ, where S is Hermitian and its lower triangle that of M = R ∇Rᴴ − ∇Qᴴ Q.

    Source: Seeger et al. 2017, Auto-Differentiating Linear Algebra (there for LQ).
    """
    _check_rank(q.shape[-2], _bare(r))
    m = matmul.bind(r, hermitian(g_r)) - matmul.bind(hermitian(g), q)
    return hermitian(solve.bind(r, hermitian(g + matmul.bind(q, _mirrored(m, lower=True)))))


qr.defvjp(a=_qr_back)


def _check_rank(rows: int, r: Any) -> None:
    """Raises ValueError, naming the entry, if rounding cannot tell one of R's diagonal from 0."""
    sizes = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    largest = sizes.max(axis=-1, keepdims=True, initial=0)
    small = sizes <= np.where(np.isfinite(largest), rows * np.finfo(r.dtype).eps * largest, -1)
    if small.any():
        *lead, k = (int(i) for i in np.argwhere(small)[0])
        entry = [*lead, k, k]
        value = r[tuple(entry)].real
        raise ValueError(f"qr: R{entry} is {value:.3g}, so the matrix is not of full rank: QR has no derivative there")


@called(qr)
def _qr(a: Any, mode: Mode = "reduced") -> tuple[Any, Any]:
    """The factors of A = Q R: Q has orthonormal columns, R is upper triangular.

    The signs are NumPy's. Half precision is computed in single.

    Arguments:
        a: (..., m, n), a matrix, or a stack of them.
        mode: "reduced"; "complete" for k = m; "r" for R alone.
    Returns:
        Q (..., m, k) and R (..., k, n) with k = min(m, n), as a named tuple. In the mode "r" R alone.
    Raises:
        ValueError: for another mode; in the backward pass, unless the first k columns are of full rank; in the mode
            "complete" for m > n if a gradient is recorded, since the further columns of Q are not unique.
        LinAlgError: for fewer than two axes.

    Example:
        >>> a = Tensor([[3.0, 1.0], [4.0, 2.0]], requires_grad=True)
        >>> q, r = ag.linalg.qr(a)
        >>> np.allclose((q @ r).numpy(), a.numpy())
        True
        >>> ag.grad(r[0, 0] ** 2, a).numpy().round(6) + 0.0  # R₀₀² is the first column's square
        array([[6., 0.],
               [8., 0.]])
    """
    a = matrix("qr", a)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f'qr: mode must be "reduced", "complete" or "r", not {mode!r}')
    k, n = a.shape[-2:]
    if k > n and mode == "complete":
        if carries(a):
            words = "further columns of Q are not unique and have no derivative"
            raise ValueError(f'qr: mode "complete" of shape {a.shape}: {words}; give mode="reduced"')
        return QRResult(*_constants(a, np.linalg.qr(_bare(a), "complete")))
    if k >= n:
        result = QRResult(*qr.bind(a))
    else:
        q, r = qr.bind(getitem.bind(a, index=(..., slice(None, k))))
        rest = matmul.bind(hermitian(q), getitem.bind(a, index=(..., slice(k, None))))
        result = QRResult(q, concatenate([r, rest], -1))
    return result.R if mode == "r" else result


# ── LU ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(outputs=("lower", "upper", "order"), takes_complex=True, public=False)
def lu(a: Any) -> Any:
    """A = (L U)[order] of matrices that are not wide. a (..., m, n), m ≥ n -> (..., m, n), (..., n, n), (..., m)."""
    order, lower, upper = scipys("lu", "lu")(a, p_indices=True, check_finite=False)
    return lower, upper, order


def _lu_back(g: Any, lower: Any, upper: Any, order: Any, g_upper: Any) -> Any:
    """P (L₁⁻ᴴ (tril(L₁ᴴ ∇L₁) + triu((∇U − L₂ᴴ ∇L₂ U⁻ᴴ) Uᴴ)) U⁻ᴴ; ∇L₂ U⁻ᴴ), L₁ being the first n rows of L."""
    n, top = upper.shape[-1], (..., slice(None, upper.shape[-1]), slice(None))
    end = (..., slice(n, None), slice(None))
    by_upper = lambda x: hermitian(  # X U⁻ᴴ
        solve_triangular.bind(upper, hermitian(x), lower=False, unit_diagonal=False)
    )
    tail = by_upper(getitem.bind(g, index=end))
    g_upper = g_upper - matmul.bind(hermitian(getitem.bind(lower, index=end)), tail)
    first = getitem.bind(lower, index=top)
    below = np.tri(n, k=-1, dtype=bool)
    by_lower = matmul.bind(hermitian(first), getitem.bind(g, index=top))
    both = where.bind(below, by_lower, matmul.bind(g_upper, hermitian(upper)))
    head = by_upper(solve_triangular.bind(hermitian(first), both, lower=False, unit_diagonal=True))
    return matmul.bind(_permutation(order, g.dtype), concatenate([head, tail], -2))


lu.defvjp(a=_lu_back)


def _permutation(order: Any, dtype: Any) -> Any:
    return np.eye(order.shape[-1], dtype=dtype)[_bare(order)]


@definition(name="lu", within="linalg")
@in_single
def permuted_lu(a: Any) -> tuple[Any, Any, Any]:
    """The factors of A = P L U with pivots, SciPy's `lu`. a (..., m, n) -> (..., m, m), (..., m, k), (..., k, n).

    Arguments:
        a: (..., m, n), a matrix or a stack of them.
    Returns:
        P, a permutation of rows and a constant, L, a lower triangle with ones on its diagonal, and U, an upper one;
        k = min(m, n).
    Raises:
        LinAlgError: for fewer than two axes; in the backward pass, unless the first k columns are of full rank.
        ImportError: if SciPy is not installed.

    Example:
        >>> a = Tensor([[1.0, 2.0], [2.0, 2.0]], requires_grad=True)
        >>> p, l, u = ag.linalg.lu(a)
        >>> u.numpy()
        array([[2., 2.],
               [0., 1.]])
    """
    a = matrix("lu", a)
    k = a.shape[-2]
    first = getitem.bind(a, index=(..., slice(None, k)))
    lower, upper, order = lu.bind(first)
    permuted = _permutation(order, lower.dtype)
    if k < a.shape[-1]:
        rest = matmul.bind(permuted.mT, getitem.bind(a, index=(..., slice(k, None))))
        upper = concatenate([upper, solve_triangular.bind(lower, rest, lower=True, unit_diagonal=True)], -1)
    return *_constants(a, [permuted]), lower, upper


# ── repeated values ───────────────────────────────────────────────────────────────────────────────────────────────────


def _noise(dtype: Any, *arrays: Any) -> Any:
    """What rounding may leave of 0 in products with these matrices, (..., 1, 1)."""
    rows = max(x.shape[-2] for x in arrays)
    largest = np.max([np.abs(_bare(x)).max(axis=(-2, -1), keepdims=True, initial=0) for x in arrays], axis=0)
    return 64 * rows * np.finfo(dtype).eps * largest


def _repeated(name: str, values: Any, mixing: Any, allowed: Any, absent: bool) -> Any:
    """The pairs of values that rounding cannot tell apart, (..., k, k), the diagonal among them.

    mixing: how the loss changes when such vectors are mixed, (..., k, k). Its skew part must be 0 but for what is
    `allowed`: else the loss depends on the choice of the basis. So must the rest, unless the loss depends on vectors
    only (`absent`): a function of both has a derivative, but it cannot be known from those by values and by vectors.
    Raises LinAlgError otherwise.
    """
    values, mixing = _bare(values), _bare(mixing)
    gap = np.abs(values[..., :, None] - values[..., None, :])
    same = gap <= _noise(values.dtype, values[..., None])
    skew = np.abs(mixing - np.conj(mixing.mT)) * same > allowed
    rest = (np.abs(mixing) * same * ~_eye(same) > allowed) & (not absent)
    for wrong, words in (
        (skew, "and the loss depends on the choice of their vectors, so there is no derivative"),
        (rest, "so the derivative of a function of both values and vectors cannot be told from them"),
    ):
        if wrong.any():
            *lead, i, j = (int(n) for n in np.argwhere(wrong)[0])
            if i == j:
                words = "the loss depends on the phases of the vectors, which are arbitrary, so there is no derivative"
                raise np.linalg.LinAlgError(f"{name}: shape {mixing.shape}: {words}")
            pair = f"{values[(*lead, i)]:.6g} and {values[(*lead, j)]:.6g}"
            which = f"values {i} and {j}{f' of matrix {tuple(lead)}' if lead else ''}, {pair}"
            raise np.linalg.LinAlgError(f"{name}: {which}, are equal but for {gap[(*lead, i, j)]:.1g}, {words}")
    return same


def _absent(g: Any) -> bool:
    """Whether nothing depends on the output that g is the gradient of: then g is one zero, repeated."""
    return not any(_bare(g).strides) and not np.any(_bare(g))


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
def eigh(a: Any, *, UPLO: str) -> Any:
    """Eigenvalues and vectors of Hermitian matrices. a (..., n, n) -> (..., n), (..., n, n)."""
    return tuple(np.linalg.eigh(a, UPLO))


def _eigh_back(g: Any, w: Any, v: Any, g_v: Any) -> Any:
    """V (diag ∇w + F ∘ skew(Vᴴ ∇V)) Vᴴ with F[i, j] = 1 / (w[j] − w[i]), 0 for pairs that are equal."""
    if _absent(g_v):
        return matmul.bind(v * g.reshape((*g.shape[:-1], 1, -1)), hermitian(v))
    k = matmul.bind(hermitian(v), g_v)
    same = _repeated("eigh", w, k, 4 * _noise(w.dtype, g_v), _absent(g))
    gaps = where.bind(same, 1, w.reshape((*w.shape[:-1], 1, -1)) - w.reshape((*w.shape, 1)))
    core = _diagonal(g) + where.bind(same, 0, (k - hermitian(k)) / (2 * gaps))
    return matmul.bind(matmul.bind(v, core), hermitian(v))


eigh.defvjp(a=_eigh_back)


def _checked_triangle(name: str, a: Any, uplo: Any) -> tuple[Any, str]:
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
    return np.linalg.eigvalsh(a, uplo) if a is _bare(a) else eigh.bind(a, UPLO=uplo)[0]


@op(outputs=("w", "v"), takes_complex=True, within="linalg", numpy=[np.linalg.eig])
def eig(a: Any) -> Any:
    """Eigenvalues and vectors. a (..., n, n) -> (..., n), (..., n, n)."""
    return tuple(np.linalg.eig(a))


def _eig_back(g: Any, w: Any, v: Any, g_v: Any) -> Any:
    """V⁻ᴴ (diag ∇w + (K − VᴴV Re diag K) / conj(w[j] − w[i])) Vᴴ with K = Vᴴ ∇V; the columns of V have length 1."""
    k = matmul.bind(hermitian(v), g_v)
    own, allowed = where.bind(_eye(k), k, 0), 4 * _noise(v.dtype, g_v)
    _repeated("eig", w, own, allowed, False)  # the phases
    k = k - matmul.bind(matmul.bind(hermitian(v), v), own)
    same = _repeated("eig", w, where.bind(_eye(k), 0, k), allowed, False)
    gaps = where.bind(same, 1, conjugated(w.reshape((*w.shape[:-1], 1, -1)) - w.reshape((*w.shape, 1))))
    core = _diagonal(g) + where.bind(same, 0, k / gaps)
    return matmul.bind(_by_vectors(v, core), hermitian(v))


def _by_vectors(v: Any, x: Any) -> Any:
    """V⁻ᴴ X."""
    try:
        return solve.bind(hermitian(v), x)
    except np.linalg.LinAlgError:
        words = "the eigenvectors are no basis (the matrix is defective), so there is no derivative"
        raise np.linalg.LinAlgError(f"eig: {v.shape}: {words}") from None


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
    return np.linalg.eigvals(a) if a is _bare(a) else eig.bind(a)[0]


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
    if _absent(g) and _absent(g_vh):
        return matmul.bind(u * g_s.reshape((*g_s.shape[:-1], 1, -1)), vh)
    g_v = hermitian(g_vh)
    ku, kv = matmul.bind(hermitian(u), g), matmul.bind(vh, g_v)
    same = _repeated("svd", s, ku + kv, 4 * _noise(s.dtype, g, g_v), _absent(g_s))
    row, column = s.reshape((*s.shape[:-1], 1, -1)), s.reshape((*s.shape, 1))
    out_u, out_v = g - matmul.bind(u, ku), g_v - matmul.bind(hermitian(vh), kv)
    none, zero = _vanishing(_bare(s), *map(_bare, (ku, kv, out_u, out_v, g, g_v)))
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


def _vanishing(s: Any, ku: Any, kv: Any, out_u: Any, out_v: Any, g_u: Any, g_v: Any) -> tuple[Any, Any]:
    """Where values are 0, (..., 1, k), and both of a pair. Raises LinAlgError if the loss needs their vectors."""
    none = s[..., None, :] <= _noise(s.dtype, s[..., None])
    zero, allowed = none & none.mT, 4 * _noise(s.dtype, g_u, g_v)
    skews = [np.abs(k - np.conj(k.mT)) * zero for k in (ku, kv)]
    leading = [np.abs(x) * none for x, k in ((out_u, g_u), (out_v, g_v)) if k.shape[-2] > s.shape[-1]]
    if any((x > allowed).any() for x in (*skews, *leading)):
        *lead, _, i = (int(n) for n in np.argwhere(none)[0])
        words = "and the loss depends on the choice of its vectors, so there is no derivative"
        raise np.linalg.LinAlgError(f"svd: singular value {i}{f' of matrix {tuple(lead)}' * bool(lead)} is 0, {words}")
    return none, zero


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
        return SVDResult(*_constants(a, np.linalg.svd(_bare(a))))
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
    return np.linalg.svdvals(x) if x is _bare(x) else svd.bind(x)[1]
