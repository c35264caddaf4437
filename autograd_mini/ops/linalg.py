"""Linear systems, inverses and determinants of matrices and of stacks of them, by LAPACK.

solve(A, ·) ↔ solve(Aᴴ, ·)      solve_triangular, solve_banded, solve_sylvester likewise

What is computed by SciPy loads it when it is first called.
"""

from collections.abc import Callable
from importlib import import_module
from math import prod
from typing import Annotated, Any, NamedTuple

import numpy as np

from ..arguments import AxesOrNone, Flag, Parameter, Whole, axis_of, is_whole
from ..core.observer import is_grad_enabled
from ..core.primitive import Primitive, call_as, clash, operand
from ..core.tape import Value
from .arithmetic import matmul
from .elementwise import where
from .kinds import conjugated, definition, op
from .precision import in_single
from .reduce import sum
from .shape import getitem, reshape, transpose

Widths = Annotated[Any, Parameter(None, "Sequence[int]")]
Transposed = Annotated[Any, Parameter(None, "int | str")]

# ── what the rooms of linear algebra share ────────────────────────────────────────────────────────────────────────────


def hermitian(x: Any) -> Any:
    """The conjugate transpose of matrices."""
    return conjugated(x).mT


def called(primitive: Primitive, **rest: Any) -> Callable[..., Any]:
    """Make calling the primitive call the decorated function, which computes half precision in single."""

    def enter(function: Any) -> Primitive:
        call_as(primitive, in_single(function))
        return primitive

    return enter


def matrix(name: str, x: Any, square: bool = False) -> Any:
    """x if it is a matrix or a stack of them, as `name`. Raises ValueError otherwise, LinAlgError unless square."""
    x = operand(name, x)
    if len(x.shape) < 2:
        raise np.linalg.LinAlgError(f"{name}: shape {x.shape} is not that of a matrix, or of a stack of them")
    if square and x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(f"{name}: shape {x.shape}: the matrix must be square")
    return x


def beside(name: str, a: Any, b: Any) -> tuple[Any, bool]:
    """The right side of A X = B as matrices, and whether it is one vector. Raises ValueError unless it fits A."""
    b = operand(name, b)
    vector = len(b.shape) == 1
    whole = b.reshape((*b.shape, 1)) if vector else b
    if not b.shape or whole.shape[-2] != a.shape[-2]:
        words = f"b must have as many rows as a, {a.shape[-2]}"
        raise ValueError(f"{name}: a {a.shape} and b {b.shape}: {words}")
    stacks = a.shape[:-2], whole.shape[:-2]
    try:
        np.broadcast_shapes(*stacks)
    except ValueError:
        raise ValueError(
            f"{name}: a {a.shape} and b {b.shape}: stacks {stacks[0]} and {stacks[1]}: {clash(stacks)}"
        ) from None
    return whole, vector


def without_axis(x: Any, vector: bool) -> Any:
    """The only column if the right side was a vector."""
    return reshape.bind(x, shape=x.shape[:-1]) if vector else x


def carries(*arrays: Any) -> bool:
    """Whether a gradient can flow to one of the arrays."""
    return is_grad_enabled() and any(isinstance(x, Value) and x.node is not None for x in arrays)


def scipys(name: str, function: str) -> Any:
    """A function of scipy.linalg. Raises ImportError, as `name`, where SciPy is not installed."""
    try:
        return getattr(import_module("scipy.linalg"), function)
    except ImportError:
        raise ImportError(f"{name}: is computed by SciPy, which is not installed: pip install scipy") from None


def each(function: Callable[..., Any], *arrays: Any) -> Any:
    """A function of single matrices, for each of broadcast stacks of them."""
    lead = np.broadcast_shapes(*(x.shape[:-2] for x in arrays))
    if not lead:
        return function(*arrays)
    flat = [np.broadcast_to(x, (*lead, *x.shape[-2:])).reshape(-1, *x.shape[-2:]) for x in arrays]
    found = [function(*one) for one in zip(*flat, strict=True)]
    found = found or [np.zeros(arrays[-1].shape[-2:], np.result_type(*arrays))]
    return np.stack(found)[: prod(lead)].reshape(*lead, *found[0].shape)


# ── systems ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(analytic=True, takes_complex=True, within="linalg", numpy=[np.linalg.solve])
def solve(a: Any, b: Any) -> Any:
    """X with A X = B. a (..., n, n), b (..., n, k) -> (..., n, k)."""
    return np.linalg.solve(a, b)


def _solve_back(g: Any, a: Any, out: Any, wanted: Any) -> Any:
    w = solve.bind(hermitian(a), g)
    return -matmul.bind(w, hermitian(out)) if wanted[0] else None, w


solve.defvjp(_solve_back)


@called(solve)
def _solve(a: Any, b: Any) -> Any:
    """The solution of the linear systems A X = B. a (..., n, n), b (..., n, k) -> (..., n, k).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
        b: (n,), one vector for every system, or (..., n, k), a matrix for each. Stacks broadcast.
    Returns:
        X in b's shape, (..., n) for a vector.
    Raises:
        LinAlgError: for a matrix that is not square, or singular.
        ValueError: for shapes that do not fit.

    Example:
        >>> b = Tensor([2.0, 8.0], requires_grad=True)
        >>> x = ag.linalg.solve([[2.0, 0.0], [0.0, 4.0]], b)
        >>> x.numpy(), ag.grad(x.sum(), b).numpy()
        (array([1., 2.]), array([0.5 , 0.25]))
    """
    a = matrix("solve", a, square=True)
    b, vector = beside("solve", a, b)
    return without_axis(solve.bind(a, b), vector)


_SMALL = 48  # rows below which calling LAPACK for triangles by SciPy costs more than it spares


@op(analytic=True, takes_complex=True, within="linalg")
def solve_triangular(a: Any, b: Any, *, lower: bool, unit_diagonal: bool) -> Any:
    """X with T X = B, where T is a triangle of A. a (..., n, n), b (..., n, k) -> (..., n, k)."""
    if a.shape[-1] >= _SMALL and b.size:
        solved = scipys("solve_triangular", "solve_triangular")
        return each(lambda a, b: solved(a, b, 0, lower, unit_diagonal, check_finite=False), a, b)
    return np.linalg.solve(_triangle(a, lower, unit_diagonal) + np.eye(a.shape[-1], dtype=a.dtype) * unit_diagonal, b)


def _triangle(a: Any, lower: bool, unit_diagonal: bool) -> Any:
    """A with zeros for the elements that are not read."""
    mask = np.tri(a.shape[-1], k=-unit_diagonal, dtype=bool)
    return where.bind(mask if lower else mask.T, a, 0)


def _triangular_back(g: Any, a: Any, out: Any, wanted: Any, *, lower: bool, unit_diagonal: bool) -> Any:
    w = solve_triangular.bind(hermitian(a), g, lower=not lower, unit_diagonal=unit_diagonal)
    return -_triangle(matmul.bind(w, hermitian(out)), lower, unit_diagonal) if wanted[0] else None, w


solve_triangular.defvjp(_triangular_back)


@called(solve_triangular)
def _solve_triangular(a: Any, b: Any, trans: Transposed = 0, lower: Flag = False, unit_diagonal: Flag = False) -> Any:
    """The solution of triangular systems T X = B, SciPy's `solve_triangular`. a (..., n, n), b (..., n, k) -> X.

    Arguments:
        a: (..., n, n), of which one triangle T is read, and receives a gradient.
        b: (n,), a vector, or (..., n, k), a matrix for each system. Stacks broadcast.
        trans: 0 or "N" for T X = B, 1 or "T" for Tᵀ X = B, 2 or "C" for Tᴴ X = B.
        lower: whether T is the lower triangle, not the upper.
        unit_diagonal: whether T's diagonal counts as ones.
    Returns:
        X in b's shape.
    Raises:
        LinAlgError: for a matrix that is not square, or singular.
        ValueError: for shapes that do not fit, and another `trans`.

    Example:
        >>> b = Tensor([2.0, 8.0], requires_grad=True)
        >>> ag.linalg.solve_triangular([[2.0, 0.0], [2.0, 3.0]], b, lower=True).numpy()
        array([1., 2.])
    """
    a = matrix("solve_triangular", a, square=True)
    b, vector = beside("solve_triangular", a, b)
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f'solve_triangular: trans must be 0, 1, 2, "N", "T" or "C", not {trans!r}')
    diagonal = np.diagonal(a if not isinstance(a, Value) else a._array, axis1=-2, axis2=-1)
    if not unit_diagonal and not diagonal.all():
        raise np.linalg.LinAlgError(f"solve_triangular: {a.shape}: Singular matrix")
    if trans in (1, 2, "T", "C"):
        a, lower = a.mT if trans in (1, "T") else hermitian(a), not lower
    return without_axis(solve_triangular.bind(a, b, lower=bool(lower), unit_diagonal=bool(unit_diagonal)), vector)


@definition(within="linalg")
@in_single
def cholesky_solve(b: Any, c: Any, upper: Flag = False) -> Any:
    """The solution of A X = B from A's Cholesky factor; PyTorch's `cholesky_solve`. b (..., n, k), c (..., n, n) -> X.

    Arguments:
        b: (n,), a vector, or (..., n, k), a matrix for each system.
        c: (..., n, n), the factor L of A = L Lᴴ, or U of A = Uᴴ U.
        upper: whether c is U, not L.
    Returns:
        X in b's shape.
    Raises:
        LinAlgError: for a factor that is not square, or singular.
        ValueError: for shapes that do not fit.

    Example:
        >>> a = Tensor([[4.0, 2.0], [2.0, 5.0]], requires_grad=True)
        >>> ag.linalg.cholesky_solve([8.0, 12.0], ag.linalg.cholesky(a)).numpy()
        array([1., 2.])
    """
    c = matrix("cholesky_solve", c, square=True)
    b, vector = beside("cholesky_solve", c, b)
    first = solve_triangular(c, b, "C" if upper else "N", lower=not upper)
    return without_axis(solve_triangular(c, first, "N" if upper else "C", lower=not upper), vector)


@op(analytic=True, takes_complex=True, within="linalg")
def solve_banded(ab: Any, b: Any, *, l: int, u: int) -> Any:  # noqa: E741 (SciPy's name)
    """X with A X = B, where A[i, j] = ab[u + i − j, j]. ab (l + u + 1, n), b (n, k) -> (n, k)."""
    return scipys("solve_banded", "solve_banded")((l, u), ab, b, check_finite=False)


def _banded_back(g: Any, ab: Any, out: Any, wanted: Any, *, l: int, u: int) -> Any:  # noqa: E741
    n = ab.shape[1]
    rows, columns = np.arange(l + u + 1)[:, None], np.arange(n)
    i = columns + rows - u  # ab[row, column] is A[i, column]
    inside = (i >= 0) * (i < n)
    back = columns + rows - l  # Aᴴ[i, j] = conj(ab[u + j − i, i])
    flipped = getitem.bind(conjugated(ab), index=(l + u - rows, back.clip(0, n - 1)))
    w = solve_banded.bind(flipped * ((back >= 0) * (back < n)), g, l=u, u=l)
    if not wanted[0]:
        return None, w
    products = getitem.bind(w, index=(i.clip(0, n - 1),)) * conjugated(out)
    return -sum.bind(products, axis=(2,), keepdims=False) * inside, w


solve_banded.defvjp(_banded_back)


def _solve_banded(l_and_u: Widths, ab: Any, b: Any) -> Any:
    """The solution of a banded system A X = B, SciPy's `solve_banded`. ab (l + u + 1, n), b (n, k) -> (n, k).

    Arguments:
        l_and_u: how many diagonals there are below and above the main one.
        ab: (l + u + 1, n), the diagonals: A[i, j] is ab[u + i − j, j].
        b: (n,), a vector, or (n, k), a matrix.
    Returns:
        X in b's shape.
    Raises:
        LinAlgError: for a singular matrix.
        ValueError: for shapes that do not fit.
        ImportError: if SciPy is not installed.

    Example:
        >>> b = Tensor([2.0, 8.0], requires_grad=True)
        >>> ag.linalg.solve_banded((0, 0), [[2.0, 4.0]], b).numpy()
        array([1., 2.])
    """
    if not (isinstance(l_and_u, tuple | list) and len(l_and_u) == 2 and all(is_whole(n, 0) for n in l_and_u)):
        raise ValueError(f"solve_banded: l_and_u must be two integers of at least 0, not {l_and_u!r}")
    below, above = map(int, l_and_u)
    ab, b = operand("solve_banded", ab), operand("solve_banded", b)
    if len(ab.shape) != 2 or len(ab) != below + above + 1 or len(b.shape) not in (1, 2) or len(b) != ab.shape[1]:
        words = f"ab must be ({below + above + 1}, n), a row for each diagonal, and b have n rows"
        raise ValueError(f"solve_banded: ab {ab.shape} and b {b.shape}: {words}")
    vector = len(b.shape) == 1
    return without_axis(solve_banded.bind(ab, b.reshape((len(b), -1)), l=below, u=above), vector)


call_as(solve_banded, _solve_banded)


@op(takes_complex=True, within="linalg")
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """X with A X + X B = Q. a (..., m, m), b (..., n, n), q (..., m, n) -> (..., m, n)."""
    solved = scipys("solve_sylvester", "solve_sylvester")
    return each(lambda a, b, q: solved(a, b, q) if q.size else q, a, b, q)


def _sylvester_back(g: Any, a: Any, b: Any, out: Any, wanted: Any) -> Any:
    w = solve_sylvester.bind(hermitian(a), hermitian(b), g)
    return (
        -matmul.bind(w, hermitian(out)) if wanted[0] else None,
        -matmul.bind(hermitian(out), w) if wanted[1] else None,
        w,
    )


solve_sylvester.defvjp(_sylvester_back)


@called(solve_sylvester)
def _solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """The solution of Sylvester's equation A X + X B = Q, SciPy's. a (..., m, m), b (..., n, n), q (..., m, n) -> X.

    Arguments:
        a: (..., m, m), a matrix or a stack of them.
        b: (..., n, n), likewise. Stacks broadcast.
        q: (..., m, n), the right side.
    Returns:
        X (..., m, n).
    Raises:
        LinAlgError: for a or b that is not square, and where a and −b have an eigenvalue in common.
        ValueError: for shapes that do not fit.
        ImportError: if SciPy is not installed.

    Example:
        >>> q = Tensor([[4.0]], requires_grad=True)
        >>> ag.linalg.solve_sylvester([[1.0]], [[1.0]], q).numpy()
        array([[2.]])
    """
    a, b, q = matrix("solve_sylvester", a, True), matrix("solve_sylvester", b, True), matrix("solve_sylvester", q)
    if q.shape[-2:] != (a.shape[-1], b.shape[-1]):
        words = f"q must be ({a.shape[-1]}, {b.shape[-1]}), a's rows by b's columns"
        raise ValueError(f"solve_sylvester: a {a.shape}, b {b.shape} and q {q.shape}: {words}")
    return solve_sylvester.bind(a, b, q)


# ── inverses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(analytic=True, takes_complex=True, within="linalg", numpy=[np.linalg.inv])
def inv(a: Any) -> Any:
    """A⁻¹ of matrices that are square. a (..., n, n) -> (..., n, n)."""
    return np.linalg.inv(a)


def _inv_back(g: Any, out: Any) -> Any:
    turned = hermitian(out)
    return -matmul.bind(matmul.bind(turned, g), turned)


inv.defvjp(a=_inv_back)


@called(inv)
def _inv(a: Any) -> Any:
    """The inverse matrix A⁻¹. a (..., n, n) -> (..., n, n).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        (..., n, n), the inverses.
    Raises:
        LinAlgError: for a matrix that is not square, or singular.

    Example:
        >>> a = Tensor([[2.0, 0.0], [0.0, 4.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.inv(a)[0, 0], a).numpy() + 0.0  # -1 / a² in one place
        array([[-0.25,  0.  ],
               [ 0.  ,  0.  ]])
    """
    return inv.bind(matrix("inv", a, square=True))


@definition(within="linalg", numpy=[np.linalg.tensorsolve])
@in_single
def tensorsolve(a: Any, b: Any, axes: AxesOrNone = None) -> Any:
    """The solution x of the tensor equation Σ a · x = b over x's axes. a (Q, S), b (Q) -> x (S).

    Arguments:
        a: b's axes, then those of x; the lengths of both multiply to the same number.
        b: the right side.
        axes: axes of a to move to its end first; None for none.
    Returns:
        x, in the shape of a's axes behind those of b.
    Raises:
        LinAlgError: if a, as a matrix, is not square, or singular.
        ValueError: for an axis out of range.

    Example:
        >>> b = Tensor(np.ones((2, 3)), requires_grad=True)
        >>> ag.linalg.tensorsolve(np.eye(6).reshape(2, 3, 6), b).shape
        (6,)
    """
    b = operand("tensorsolve", b)
    if axes is not None:
        given = axes if isinstance(axes, tuple | list) else (axes,)
        last = [axis_of("tensorsolve", a.shape, axis) for axis in given]
        a = transpose(a, [*(i for i in range(len(a.shape)) if i not in last), *last])
    found = a.shape[len(b.shape) :]
    if prod(found) ** 2 != prod(a.shape) or prod(b.shape) != prod(found):
        words = "a's axes behind those of b must multiply to as many elements as b has"
        raise np.linalg.LinAlgError(f"tensorsolve: a {a.shape} and b {b.shape}: {words}")
    return solve(a.reshape((-1, prod(found))), b.reshape(-1)).reshape(found)


@definition(within="linalg", numpy=[np.linalg.tensorinv])
@in_single
def tensorinv(a: Any, ind: Whole = 2) -> Any:
    """The inverse of a tensor as a map from its last axes to its first `ind` ones. a (Q, S) -> (S, Q).

    Arguments:
        a: numbers; the lengths of the first `ind` axes and of the others multiply to the same number.
        ind: how many axes come first, an integer of at least 1.
    Returns:
        The inverse, the last axes first.
    Raises:
        LinAlgError: if a, as a matrix, is not square, or singular.
        ValueError: unless ind is an integer of at least 1.

    Example:
        >>> a = Tensor(np.eye(6).reshape(2, 3, 6), requires_grad=True)
        >>> ag.linalg.tensorinv(a).shape
        (6, 2, 3)
    """
    if not is_whole(ind, 1):
        raise ValueError(f"tensorinv: ind must be an integer of at least 1, not {ind!r}")
    first, last = a.shape[:ind], a.shape[ind:]
    if prod(first) != prod(last):
        words = f"the first {ind} axes, and the others, must multiply to the same number"
        raise np.linalg.LinAlgError(f"tensorinv: shape {a.shape}: {words}")
    return inv(a.reshape((prod(first), -1))).reshape((*last, *first))


# ── determinants ──────────────────────────────────────────────────────────────────────────────────────────────────────


class SlogdetResult(NamedTuple):
    """Sign and logarithm, with NumPy's names."""

    sign: Any
    logabsdet: Any


@op(analytic=True, takes_complex=True, within="linalg", numpy=[np.linalg.det])
def det(a: Any) -> Any:
    """The determinants of square matrices. a (..., n, n) -> (...)."""
    return np.linalg.det(a)


@op(takes_complex=True, public=False)
def cofactors(a: Any) -> Any:
    """The gradient of the determinant, det A · A⁻ᵀ where there is an inverse. a (..., n, n) -> (..., n, n)."""
    found = _by_inverse(a)
    if found is not None:
        return found
    u, s, vh = np.linalg.svd(a)
    return _orientation(u, vh) * ((u.conj() * _products(s)[..., None, :]) @ vh.conj())


def _by_inverse(a: Any) -> Any:
    """The cofactors by the inverse matrices; None if one is singular or so near to it that few digits are left."""
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return None
    condition = np.abs(a).sum((-2, -1)) * np.abs(inverse).sum((-2, -1))
    well = (condition < np.finfo(inverse.dtype).eps ** -0.5).all()
    return np.linalg.det(a)[..., None, None] * inverse.mT if well else None


def _orientation(u: Any, vh: Any) -> Any:
    return (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


def _products(s: Any, but: int = 1) -> Any:
    """The product of all s but one, (..., n); for but = 2 of all but two different ones, (..., n, n)."""
    n = s.shape[-1]
    kept = ~np.eye(n, dtype=bool)
    kept = kept if but == 1 else kept[:, None] & kept[None] & ~np.eye(n, dtype=bool)[..., None]
    spread = s[(..., *[None] * but, slice(None))]
    found = np.where(kept, spread, 1).prod(-1)
    return found if but == 1 else found * ~np.eye(n, dtype=bool)


@op(takes_complex=True, public=False)
def cofactors_adjoint(g: Any, a: Any) -> Any:
    """What g, the gradient of the cofactors of A, is in A; for singular A too. g, a (..., n, n) -> (..., n, n)."""
    u, s, vh = np.linalg.svd(a)
    two, turned = _products(s, but=2), np.conj(_orientation(u, vh)) * (u.mT @ g @ vh.mT)
    back = -two * turned.mT
    i = np.arange(s.shape[-1])
    back[..., i, i] = (two @ np.diagonal(turned, axis1=-2, axis2=-1)[..., None])[..., 0]
    return u @ back @ vh


def _cofactors_back(g: Any, a: Any, out: Any) -> Any:
    if _by_inverse(getattr(a, "_array", a)) is None:
        return cofactors_adjoint.bind(g, a)
    turned = hermitian(inv.bind(a))
    trace = sum.bind(conjugated(out) * g, axis=(-2 % len(a.shape), len(a.shape) - 1), keepdims=True)
    twice = matmul.bind(matmul.bind(turned, g.mT), turned)
    return trace * turned - conjugated(det.bind(a)).reshape(trace.shape) * twice


det.defvjp(a=lambda g, a: g.reshape((*g.shape, 1, 1)) * conjugated(cofactors.bind(a)))
cofactors.defvjp(a=_cofactors_back)


@called(det)
def _det(a: Any) -> Any:
    """The determinant. a (..., n, n) -> (...).

    The gradient is the matrix of cofactors; it and the second derivative are right for singular matrices too.

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        (...), a number for each matrix.
    Raises:
        LinAlgError: for a matrix that is not square.

    Example:
        >>> a = Tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.det(a), a).numpy().round(12)
        array([[ 4., -2.],
               [-2.,  1.]])
    """
    return det.bind(matrix("det", a, square=True))


@op(outputs=("sign", "logabsdet"), takes_complex=True, within="linalg", numpy=[np.linalg.slogdet])
def slogdet(a: Any) -> Any:
    """The determinant as sign · exp(logabsdet). a (..., n, n) -> (...), (...)."""
    return tuple(np.linalg.slogdet(a))


def _slogdet_back(g: Any, a: Any, sign: Any, g_logabsdet: Any) -> Any:
    """The sign turns by Im tr(A⁻¹ dA), the logarithm grows by Re tr(A⁻¹ dA)."""
    if not np.all(getattr(sign, "_array", sign)):
        raise np.linalg.LinAlgError(f"slogdet: {a.shape}: log|det| of a singular matrix has no derivative")
    if sign.dtype.kind == "c":
        g_logabsdet = g_logabsdet + 1j * (g * conjugated(sign)).imag
    return g_logabsdet.reshape((*g.shape, 1, 1)) * hermitian(inv.bind(a))


slogdet.defvjp(a=_slogdet_back)


@called(slogdet)
def _slogdet(a: Any) -> tuple[Any, Any]:
    """The determinant as its sign and the logarithm of its size, which cannot overflow. a (..., n, n) -> (...), (...).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        sign (...), of complex matrices a number of size 1, and logabsdet (...), as a named tuple. They are 0 and -inf
        for a singular matrix.
    Raises:
        LinAlgError: for a matrix that is not square; in the backward pass for a singular one.

    Example:
        >>> a = Tensor([[2.0, 0.0], [0.0, 4.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.slogdet(a).logabsdet, a).numpy()  # the transposed inverse
        array([[0.5 , 0.  ],
               [0.  , 0.25]])
    """
    return SlogdetResult(*slogdet.bind(matrix("slogdet", a, square=True)))
