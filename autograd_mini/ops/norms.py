"""Norms of vectors and of matrices, condition numbers and ranks."""

from typing import Annotated, Any

import numpy as np

from ..arguments import Axes, AxesOrNone, Flag, Parameter, axis_of, bare, is_real
from .elementwise import absolute, astype, cast, where
from .inverses import inv
from .kinds import definition, op
from .linalg import Cutoff, matrix
from .precision import in_single
from .reduce import max, min, restored, sum
from .shape import getitem, transpose
from .spectra import svdvals

Order = Annotated[Any, Parameter(None, "float | str | None")]

# ── norms ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@op(takes_complex=True, public=False)
def vector_norm(x: Any, *, axis: tuple[int, ...], p: float, keepdims: bool) -> Any:
    """(Σ|x|ᵖ)¹ᐟᵖ over the axes. x (...) -> (...)."""
    if p == 2 and len(axis) == x.ndim and x.dtype.kind in "fc":
        flat = x.ravel("K")
        root = np.sqrt(np.vdot(flat, flat).real)
        return root.reshape((1,) * x.ndim) if keepdims else root
    return np.linalg.vector_norm(x, axis=axis, ord=p, keepdims=keepdims)


def _norm_back(g: Any, x: Any, out: Any, *, axis: tuple[int, ...], p: float) -> Any:
    """g · x |x|ᵖ⁻² / outᵖ⁻¹, 0 where x is 0."""
    g, out = restored(g, x.shape, axis), restored(out, x.shape, axis)
    size = where.bind(out == 0, np.inf, out)  # flat at 0
    if p == 2:
        return g / size * x
    ratio, none = x / size, x == 0
    return where.bind(none, 0, g * ratio * where.bind(none, 1, absolute(ratio)) ** (p - 2))


vector_norm.defvjp(x=_norm_back)


def _of_vectors(name: str, x: Any, kind: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    x = cast.bind(x, dtype=np.dtype(float)) if x.dtype.kind in "biu" else x
    if kind is None or (is_real(kind) and kind not in (0, 1, np.inf, -np.inf)):
        return vector_norm.bind(x, axis=axis, p=2 if kind is None else kind, keepdims=keepdims)
    if kind == np.inf:
        return max(absolute(x), axis, keepdims)
    if kind == -np.inf:
        return min(absolute(x), axis, keepdims)
    if is_real(kind):
        terms = absolute(x) if kind else astype(x != 0, absolute(np.zeros((), x.dtype)).dtype)
        return sum.bind(terms, axis=axis, keepdims=keepdims)
    raise ValueError(f"{name}: ord {kind!r} is no norm of vectors; it must be a number")


def _of_matrices(name: str, x: Any, kind: Any, rows: int, columns: int, keepdims: bool) -> Any:
    x = cast.bind(x, dtype=np.dtype(float)) if x.dtype.kind in "biu" else x
    both = tuple(sorted((rows, columns)))
    if kind is None or kind == "fro":
        return vector_norm.bind(x, axis=both, p=2, keepdims=keepdims)
    if kind in (1, -1, np.inf, -np.inf):
        along, across = (rows, columns) if kind in (1, -1) else (columns, rows)
        sums = sum.bind(absolute(x), axis=(along,), keepdims=True)
        return (max if kind > 0 else min)(sums, (along, across), keepdims)
    if kind not in (2, -2, "nuc"):
        words = "it must be 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc'"
        raise ValueError(f"{name}: ord {kind!r} is no norm of matrices; {words}")
    lead = [axis for axis in range(len(x.shape)) if axis not in both]
    values = svdvals(transpose(x, (*lead, rows, columns)))
    found = sum(values, -1) if kind == "nuc" else max(values, -1) if kind == 2 else min(values, -1)
    return restored(found, x.shape, both) if keepdims else found


@definition(within="linalg", numpy=[np.linalg.norm])
@in_single
def norm(x: Any, ord: Order = None, axis: AxesOrNone = None, keepdims: Flag = False) -> Any:  # noqa: A002
    """A norm of vectors or of matrices; by default the root of the sum of squares. x (...) -> (...).

    The gradient at 0 is 0; tied largest or smallest elements share it equally.

    Arguments:
        x: numbers.
        ord: of vectors p for (Σ|x|ᵖ)¹ᐟᵖ, inf, -inf, or 0 for the number of elements that are not 0, which has no
            gradient. Of matrices 1, -1, inf, -inf for sums of columns or rows, 2, -2 for singular values, "fro", "nuc".
        axis: one axis for vectors, two for matrices (rows, columns); None for all of x, which with an `ord` must have
            one or two axes.
        keepdims: whether reduced axes stay, with length 1.
    Returns:
        The norms, real, in x's precision.
    Raises:
        ValueError: for an axis out of range, more than two of them, and another `ord`.

    Example:
        >>> x = Tensor([3.0, 4.0], requires_grad=True)
        >>> ag.linalg.norm(x).item(), ag.grad(ag.linalg.norm(x), x).numpy()
        (5.0, array([0.6, 0.8]))
    """
    every = tuple(range(len(x.shape)))
    if axis is None and ord is None:
        return _of_vectors("norm", x, 2, every, keepdims)
    if axis is None and len(every) not in (1, 2):
        raise ValueError(f"norm: shape {x.shape}: with ord={ord!r} and no axis, x must have one or two axes")
    given = every if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    found = tuple(axis_of("norm", x.shape, one) for one in given)
    if len(found) == 2 and found[0] != found[1]:
        return _of_matrices("norm", x, ord, *found, keepdims)
    if len(found) != 1:
        raise ValueError(f"norm: axis {axis!r}: a norm is taken over one axis, or over two different ones")
    return _of_vectors("norm", x, ord, found, keepdims)


@definition(name="vector_norm", within="linalg", numpy=[np.linalg.vector_norm])
@in_single
def norm_of_vectors(x: Any, *, axis: Axes = None, keepdims: Flag = False, ord: Order = 2) -> Any:  # noqa: A002
    """A norm (Σ|x|ᵖ)¹ᐟᵖ over the given axes, by default all. x (...) -> (...).

    The gradient at 0 is 0; tied largest or smallest elements share it equally.

    Arguments:
        x: numbers.
        axis: one axis or several, together one vector; None for all of them.
        keepdims: whether reduced axes stay, with length 1.
        ord: p, inf, -inf, or 0 for the number of elements that are not 0, which has no gradient.
    Returns:
        The norms, real, in x's precision.
    Raises:
        ValueError: for an axis out of range or named twice, and for an `ord` that is no number.

    Example:
        >>> x = Tensor([3.0, -4.0], requires_grad=True)
        >>> ag.grad(ag.linalg.vector_norm(x, ord=1), x).numpy()
        array([ 1., -1.])
    """
    return _of_vectors("vector_norm", x, ord, axis, keepdims)


@definition(within="linalg", numpy=[np.linalg.matrix_norm])
@in_single
def matrix_norm(x: Any, *, keepdims: Flag = False, ord: Order = "fro") -> Any:  # noqa: A002
    """A norm of matrices, by default Frobenius's. x (..., m, n) -> (...).

    The gradient at 0 is 0; tied largest or smallest sums and singular values share it equally.

    Arguments:
        x: (..., m, n), a matrix or a stack of them.
        keepdims: whether reduced axes stay, with length 1.
        ord: 1, -1 for the largest or smallest sum of a column, inf, -inf of a row; 2, -2 for the largest or smallest
            singular value, "nuc" for their sum; "fro".
    Returns:
        (...), the norms, real.
    Raises:
        LinAlgError: for fewer than two axes.
        ValueError: for another `ord`.

    Example:
        >>> x = Tensor([[3.0, 0.0], [0.0, 2.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.matrix_norm(x, ord=2), x).numpy()
        array([[1., 0.],
               [0., 0.]])
    """
    n = len(matrix("matrix_norm", x).shape)
    return _of_matrices("matrix_norm", x, ord, n - 2, n - 1, keepdims)


@definition(within="linalg", numpy=[np.linalg.cond])
@in_single
def cond(x: Any, p: Order = None) -> Any:
    """The condition number ‖A‖ ‖A⁻¹‖; by default of the 2-norm, from singular values. x (..., m, n) -> (...).

    Arguments:
        x: (..., m, n); square unless p is None, 2 or -2.
        p: the norm, as for `norm`; -2 gives the inverse of what 2 gives.
    Returns:
        (...), the condition numbers, real; inf for a singular matrix.
    Raises:
        LinAlgError: for fewer than two axes, and for a matrix that is not square, or singular, where it is inverted.
        ValueError: for another p.

    Example:
        >>> x = Tensor([[4.0, 0.0], [0.0, 2.0]], requires_grad=True)
        >>> ag.linalg.cond(x).item(), ag.grad(ag.linalg.cond(x), x).numpy() + 0.0
        (2.0, array([[ 0.5,  0. ],
               [ 0. , -1. ]]))
    """
    x = matrix("cond", x, square=p not in (None, 2, -2))
    if p in (None, 2, -2):
        s = svdvals(x)
        ends = getitem(s, (..., 0)), getitem(s, (..., -1))
        with np.errstate(divide="ignore"):
            return ends[0] / ends[1] if p != -2 else ends[1] / ends[0]
    return matrix_norm(x, ord=p) * matrix_norm(inv(x), ord=p)


@op(within="linalg", numpy=[np.linalg.matrix_rank])
def matrix_rank(A: Any, tol: Cutoff = None, hermitian: Flag = False, *, rtol: Cutoff = None) -> Any:
    """The number of singular values above a tolerance. A (..., m, n) -> (...).

    No gradient flows through it.

    Arguments:
        A: (..., m, n), a matrix or a stack of them; a vector has rank 1, or 0 if it is 0.
        tol: the tolerance; None for `rtol` times the largest singular value.
        hermitian: whether A is Hermitian, which is quicker.
        rtol: None for max(m, n) times the dtype's precision.
    Returns:
        (...), the ranks, integers.

    Example:
        >>> ag.linalg.matrix_rank(np.array([[1.0, 2.0], [2.0, 4.0]])).item()
        1
    """
    return np.linalg.matrix_rank(A, bare(tol), hermitian, **({} if rtol is None else {"rtol": bare(rtol)}))


matrix_rank.defvjp(A=None)
