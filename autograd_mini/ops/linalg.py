"""Linear systems, of matrices and of stacks of them, by LAPACK; and what the rooms of linear algebra share.

solve(A, ·) ↔ solve(Aᴴ, ·)      solve_triangular, solve_banded, solve_sylvester likewise

What is computed by SciPy loads it when it is first called.
"""

from collections.abc import Callable
from importlib import import_module
from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import Flag, Parameter, is_whole
from ..core.observer import is_grad_enabled
from ..core.primitive import Primitive, call_as, clash, operand
from ..core.tape import Value
from .arithmetic import matmul
from .elementwise import where
from .kinds import conjugated, definition, op
from .precision import in_single
from .reduce import sum
from .shape import getitem, reshape

Cutoff = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]
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


def raw(x: Any) -> Any:
    """The array of a Value for a check, which is no part of a program."""
    return getattr(x, "_array", x)


def absent(g: Any) -> bool:
    """Whether nothing depends on the output that g is the gradient of: then g is one zero, repeated."""
    return not any(raw(g).strides) and not raw(g).any()


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
    if not (unit_diagonal or np.diagonal(a, axis1=-2, axis2=-1).all()):
        raise np.linalg.LinAlgError("Singular matrix")
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
@in_single
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
    return without_axis(solve_banded.bind(ab, b.reshape((len(b), prod(b.shape[1:]))), l=below, u=above), vector)


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
