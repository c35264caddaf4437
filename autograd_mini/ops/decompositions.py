"""Matrices, and stacks of them, as products of triangles and of orthonormal columns: Cholesky, QR, LU."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from ..arguments import Flag, Parameter, bare
from ..core.tape import Value
from .arithmetic import matmul
from .complex import real
from .elementwise import where
from .kinds import definition, op
from .linalg import called, carries, hermitian, matrix, raw, scipys, solve, solve_triangular
from .precision import in_single
from .shape import concatenate, getitem

Mode = Annotated[Any, Parameter(None, 'Literal["reduced", "complete", "r"]')]


def constants(a: Any, found: Any) -> Any:
    """Results for `a` that carry no gradient: as it is, arrays or Tensors."""
    return found if not isinstance(a, Value) else [type(a).made(x, None) for x in found]


def _mirrored(m: Any) -> Any:
    """The Hermitian matrix that has M's lower triangle, with a real diagonal."""
    part = where.bind(np.tri(m.shape[-1], k=-1, dtype=bool), m, 0)
    sizes = real(m) if m.dtype.kind == "c" else m
    return part + hermitian(part) + where.bind(np.eye(m.shape[-1], dtype=bool), sizes, 0)


# ── Cholesky ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(takes_complex=True, within="linalg", numpy=[np.linalg.cholesky])
def cholesky(a: Any, *, upper: bool) -> Any:
    """L with A = L Lᴴ, or U with A = Uᴴ U. a (..., n, n) -> (..., n, n)."""
    return np.linalg.cholesky(a, upper=upper)


def _cholesky_back(g: Any, out: Any, *, upper: bool) -> Any:
    """½ L⁻ᴴ S L⁻¹, where S is Hermitian and its lower triangle that of Lᴴ ∇L."""
    factor, g = (hermitian(out), hermitian(g)) if upper else (out, g)
    s = _mirrored(matmul.bind(hermitian(factor), g))
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
    _check_rank(q.shape[-2], raw(r))
    m = matmul.bind(r, hermitian(g_r)) - matmul.bind(hermitian(g), q)
    return hermitian(solve.bind(r, hermitian(g + matmul.bind(q, _mirrored(m)))))


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
        return QRResult(*constants(a, np.linalg.qr(bare(a), "complete")))
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
    *lead, m, n = a.shape
    if not a.size:
        return np.zeros_like(a), np.zeros((*lead, n, n), a.dtype), np.broadcast_to(np.arange(m), (*lead, m))
    order, lower, upper = scipys("lu", "lu")(a, p_indices=True, check_finite=False)
    return lower, upper, order


def _lu_back(g: Any, lower: Any, upper: Any, order: Any, g_upper: Any) -> Any:
    """P (L₁⁻ᴴ (tril(L₁ᴴ ∇L₁) + triu((∇U − L₂ᴴ ∇L₂ U⁻ᴴ) Uᴴ)) U⁻ᴴ; ∇L₂ U⁻ᴴ), L₁ being the first n rows of L."""
    n, top = upper.shape[-1], (..., slice(None, upper.shape[-1]), slice(None))
    end = (..., slice(n, None), slice(None))
    tail = _over(getitem.bind(g, index=end), upper)
    g_upper = g_upper - matmul.bind(hermitian(getitem.bind(lower, index=end)), tail)
    first = getitem.bind(lower, index=top)
    below = np.tri(n, k=-1, dtype=bool)
    by_lower = matmul.bind(hermitian(first), getitem.bind(g, index=top))
    both = where.bind(below, by_lower, matmul.bind(g_upper, hermitian(upper)))
    head = _over(solve_triangular.bind(hermitian(first), both, lower=False, unit_diagonal=True), upper)
    return matmul.bind(row_order.bind(lower, order), concatenate([head, tail], -2))


def _over(x: Any, upper: Any) -> Any:
    """X U⁻ᴴ."""
    return hermitian(solve_triangular.bind(upper, hermitian(x), lower=False, unit_diagonal=False))


lu.defvjp(a=_lu_back)


@op(takes_complex=True, public=False)
def row_order(lower: Any, order: Any) -> Any:
    """The permutation P of A = P L U, in L's precision. lower (..., m, n), order (..., m) -> (..., m, m)."""
    return np.eye(order.shape[-1], dtype=lower.real.dtype)[order]


row_order.defvjp(lower=None, order=None)


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
    permuted = row_order.bind(lower, order)
    if k < a.shape[-1]:
        rest = matmul.bind(permuted.mT, getitem.bind(a, index=(..., slice(k, None))))
        upper = concatenate([upper, solve_triangular.bind(lower, rest, lower=True, unit_diagonal=True)], -1)
    return permuted, lower, upper
