"""Functions of matrices: least squares, powers, the exponential, the square root; and NumPy's small products."""

import builtins
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any

import numpy as np

from ..arguments import Flag, Parameter, Several, Whole, axis_of, bare, is_whole
from ..core.primitive import operand
from ..core.tape import Value
from .arithmetic import matmul
from .elementwise import astype
from .inverses import inv
from .kinds import ROWS, definition, op
from .linalg import Cutoff, absent, beside, called, each, hermitian, matrix, scipys, solve_sylvester, without_axis
from .precision import in_single
from .reduce import sum
from .shape import concatenate, getitem, reshape, rolled
from .spectra import svd

DTypeOrNone = Annotated[Any, Parameter(None, "DTypeLike | None")]

# ── least squares ─────────────────────────────────────────────────────────────────────────────────────────────────────


@op(takes_complex=True, within="linalg", numpy=[np.linalg.pinv])
def pinv(a: Any, *, rcond: Any, hermitian: bool) -> Any:
    """A⁺ from the singular values above a tolerance. a (..., m, n) -> (..., n, m)."""
    return np.linalg.pinv(a, rcond, hermitian)


def _pinv_back(g: Any, a: Any, out: Any) -> Any:
    """−Pᴴ G Pᴴ + (I − A P) Gᴴ P Pᴴ + Pᴴ P Gᴴ (I − P A) with P = A⁺, for perturbations that keep the rank.

    Source: Golub and Pereyra 1973, The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems.
    """
    turned, g = hermitian(out), hermitian(g)
    first = matmul.bind(matmul.bind(g, out), turned)
    last = matmul.bind(matmul.bind(turned, out), g)
    middle = matmul.bind(matmul.bind(turned, hermitian(g)), turned)
    first = first - matmul.bind(a, matmul.bind(out, first))
    return first + last - matmul.bind(matmul.bind(last, out), a) - middle


pinv.defvjp(a=_pinv_back)


@called(pinv)
def _pinv(a: Any, rcond: Cutoff = None, hermitian: Flag = False, *, rtol: Cutoff = None) -> Any:
    """The Moore–Penrose pseudo-inverse A⁺. a (..., m, n) -> (..., n, m).

    The gradient is that of changes which keep the rank: at others A⁺ jumps.

    Arguments:
        a: (..., m, n), a matrix or a stack of them.
        rcond: singular values up to rcond times the largest count as 0; None for 1e-15.
        hermitian: whether A is Hermitian, which is quicker.
        rtol: another name of rcond, for which NumPy takes max(m, n) times the dtype's precision if it is not given.
    Returns:
        (..., n, m).
    Raises:
        LinAlgError: for fewer than two axes.
        ValueError: if both tolerances are given.

    Example:
        >>> a = Tensor([[2.0], [0.0]], requires_grad=True)
        >>> ag.linalg.pinv(a).numpy(), ag.grad(ag.linalg.pinv(a)[0, 0], a).numpy()
        (array([[0.5, 0. ]]), array([[-0.25],
               [ 0.  ]]))
    """
    if rcond is not None and rtol is not None:
        raise ValueError("pinv: rcond and rtol are one thing; give one of them")
    return pinv.bind(matrix("pinv", a), rcond=bare(rtol if rcond is None else rcond), hermitian=bool(hermitian))


@op(outputs=("x", "residuals", "rank", "s"), takes_complex=True, within="linalg", numpy=[np.linalg.lstsq])
def lstsq(a: Any, b: Any, *, rcond: Any) -> Any:
    """The x of least norm among those with least ‖A X − B‖. a (m, n), b (m, k) -> (n, k), (k,) or (0,), (), (min,)."""
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond)
    return x, residuals, np.asarray(rank), s


def _lstsq_back(g: Any, a: Any, b: Any, x: Any, wanted: Any, g_residuals: Any, g_s: Any) -> Any:
    """Of x the rule of A⁺ B; of the residuals ‖r‖² with r = B − A X that 2 r is in B, and −2 r Xᴴ in A; of s Uₛ Vᴴ."""
    p = pinv.bind(a, rcond=None, hermitian=False)
    y, r = matmul.bind(hermitian(p), g), b - matmul.bind(a, x)
    slope = 2 * r * g_residuals if g_residuals.shape[0] else 0
    if not wanted[0]:
        return None, y + slope
    back = matmul.bind(r, hermitian(matmul.bind(p, y))) - matmul.bind(y + slope, hermitian(x))
    rest = g - matmul.bind(hermitian(a), y)
    back = back + matmul.bind(matmul.bind(hermitian(p), x), hermitian(rest))
    if not absent(g_s):
        u, _, vh = svd.bind(a)
        back = back + matmul.bind(u * g_s, vh)
    return back, y + slope


lstsq.defvjp(_lstsq_back)


def _lstsq(a: Any, b: Any, rcond: Cutoff = None) -> tuple[Any, Any, Any, Any]:
    """The least-squares solution of A X ≈ B, of least norm if there are several. a (m, n), b (m, k) -> (n, k), ….

    The gradient is that of changes which keep the rank.

    Arguments:
        a: (m, n), one matrix.
        b: (m,), a vector, or (m, k), a matrix.
        rcond: singular values up to rcond times the largest count as 0; None for max(m, n) times the dtype's precision.
    Returns:
        X (n,) or (n, k); the sums of squared residuals, (1,) or (k,), empty if the rank is below n or m ≤ n; the rank,
        an integer; the singular values of a (min(m, n),).
    Raises:
        LinAlgError: unless a is one matrix.
        ValueError: for shapes that do not fit.

    Example:
        >>> b = Tensor([1.0, 3.0], requires_grad=True)
        >>> x, residuals, rank, s = ag.linalg.lstsq([[1.0], [1.0]], b)
        >>> x.numpy(), residuals.numpy(), ag.grad(x[0], b).numpy()  # the mean
        (array([2.]), array([2.]), array([0.5, 0.5]))
    """
    a = matrix("lstsq", a)
    b, vector = beside("lstsq", a, b)
    if len(a.shape) != 2 or len(b.shape) != 2:
        raise np.linalg.LinAlgError(f"lstsq: a {a.shape} and b {b.shape}: a must be one matrix, b a vector or a matrix")
    x, residuals, rank, s = lstsq.bind(a, b, rcond=bare(rcond))
    return without_axis(x, vector), residuals, int(rank), s


called(lstsq)(_lstsq)

# ── powers and the exponential ────────────────────────────────────────────────────────────────────────────────────────


@definition(within="linalg", numpy=[np.linalg.matrix_power])
@in_single
def matrix_power(a: Any, n: Whole) -> Any:
    """The power Aⁿ of square matrices, by repeated squaring. a (..., k, k) -> (..., k, k).

    Arguments:
        a: (..., k, k), a matrix or a stack of them.
        n: an integer; below 0 it is a power of the inverse.
    Returns:
        (..., k, k); for n = 0 identity matrices, which are constants.
    Raises:
        LinAlgError: for a matrix that is not square, and for a singular one with n < 0.
        TypeError: for an n that is no integer.

    Example:
        >>> a = Tensor([[2.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.matrix_power(a, 3), a).numpy()
        array([[12.]])
    """
    a = matrix("matrix_power", a, square=True)
    if not is_whole(n):
        raise TypeError(f"matrix_power: n must be an integer, not {n!r}")
    if n == 0:
        ones = np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
        return ones.copy() if not isinstance(a, Value) else type(a).made(ones.copy(), None)
    square, power = inv(a) if n < 0 else a, None
    for bit in reversed(bin(abs(n))[2:]):
        if bit == "1":
            power = square if power is None else matmul.bind(power, square)
        square = matmul.bind(square, square)
    return power


@op(takes_complex=True, within="linalg")
def expm(a: Any) -> Any:
    """The exponential of square matrices. a (..., n, n) -> (..., n, n)."""
    return each(scipys("expm", "expm"), a)


def _expm_back(g: Any, a: Any) -> Any:
    """The upper right block of the exponential of [[Aᴴ, G], [0, Aᴴ]]."""
    turned, n = hermitian(a), a.shape[-1]
    upper, lower = concatenate([turned, g], -1), concatenate([g * 0, turned], -1)
    whole = expm.bind(concatenate([upper, lower], -2))
    return getitem.bind(whole, index=(..., slice(None, n), slice(n, None)))


expm.defvjp(a=_expm_back)


@called(expm)
def _expm(a: Any) -> Any:
    """The matrix exponential Σ Aᵏ / k!, SciPy's `expm`. a (..., n, n) -> (..., n, n).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        (..., n, n), the exponentials.
    Raises:
        LinAlgError: for a matrix that is not square.
        ImportError: if SciPy is not installed.

    Example:
        >>> a = Tensor([[0.0, 1.0], [0.0, 0.0]], requires_grad=True)
        >>> ag.linalg.expm(a).numpy()
        array([[1., 1.],
               [0., 1.]])
    """
    return expm.bind(matrix("expm", a, square=True))


@op(takes_complex=True, within="linalg")
def sqrtm(a: Any) -> Any:
    """The principal square root of square matrices. a (..., n, n) -> (..., n, n)."""
    return each(scipys("sqrtm", "sqrtm"), a)


def _sqrtm_back(g: Any, out: Any) -> Any:
    turned = hermitian(out)
    return solve_sylvester.bind(turned, turned, g)


sqrtm.defvjp(a=_sqrtm_back)


@called(sqrtm)
def _sqrtm(a: Any) -> Any:
    """The principal square root S of S S = A, SciPy's `sqrtm`. a (..., n, n) -> (..., n, n).

    Arguments:
        a: (..., n, n), a matrix or a stack of them.
    Returns:
        (..., n, n), complex if a real matrix has eigenvalues below 0.
    Raises:
        LinAlgError: for a matrix that is not square; in the backward pass where S and −S have an eigenvalue in common.
        ImportError: if SciPy is not installed.

    Example:
        >>> a = Tensor([[4.0, 0.0], [0.0, 9.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.sqrtm(a)[0, 0], a).numpy() + 0.0
        array([[0.25, 0.  ],
               [0.  , 0.  ]])
    """
    return sqrtm.bind(matrix("sqrtm", a, square=True))


# ── products ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ROWS |= {f"linalg.{name}": ROWS[name] for name in ("matmul", "matrix_transpose", "tensordot", "vecdot")}


@definition(within="linalg", numpy=[np.linalg.multi_dot])
@in_single
def multi_dot(arrays: Several) -> Any:
    """The product of several matrices, in the order with the fewest multiplications. (a, b), (b, c), … -> (a, z).

    Arguments:
        arrays: at least two matrices; the first may be a vector, which is a row, and the last one, which is a column.
    Returns:
        The product, without the axis that a vector lacks.
    Raises:
        ValueError: for fewer than two arrays, others than matrices, and lengths that differ.

    Example:
        >>> a, b, c = np.ones((10, 2)), np.ones((2, 10)), Tensor(np.ones(10))
        >>> ag.linalg.multi_dot([a, b, c]).shape  # a (b c)
        (10,)
    """
    if not isinstance(arrays, Sequence) or len(arrays) < 2:
        raise ValueError("multi_dot: takes a sequence of at least two matrices")
    given = [operand("multi_dot", x) for x in arrays]
    ends = [len(given[0].shape) == 1, len(given[-1].shape) == 1]
    chain = [given[0].reshape((1, -1)) if ends[0] else given[0], *given[1:]]
    chain[-1] = chain[-1].reshape((-1, 1)) if ends[1] else chain[-1]
    shapes = [x.shape for x in given]
    if any(len(x.shape) != 2 for x in chain):
        raise ValueError(
            f"multi_dot: shapes {shapes}: all must be matrices; only the first and the last may be vectors"
        )
    for x, y in pairwise(chain):
        if x.shape[1] != y.shape[0]:
            raise ValueError(f"multi_dot: shapes {shapes}: {x.shape} and {y.shape} do not fit")
    sizes = [chain[0].shape[0], *(x.shape[1] for x in chain)]
    best: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(len(chain))}
    for length in range(1, len(chain)):
        for i in range(len(chain) - length):
            costs = [
                (best[i, k][0] + best[k + 1, i + length][0] + sizes[i] * sizes[k + 1] * sizes[i + length + 1], k)
                for k in range(i, i + length)
            ]
            best[i, i + length] = builtins.min(costs)

    wanted = [(0, len(chain) - 1)]  # products before their factors
    for i, j in wanted:
        k = best[i, j][1]
        wanted += [(i, k), (k + 1, j)] * (i < j)
    made: dict[tuple[int, int], Any] = {}
    for i, j in reversed(wanted):
        k = best[i, j][1]
        made[i, j] = chain[i] if i == j else matmul.bind(made[i, k], made[k + 1, j])
    found = made[0, len(chain) - 1]
    shape = (*found.shape[ends[0] : 1], *found.shape[1 : 2 - ends[1]])
    return reshape.bind(found, shape=shape) if any(ends) else found


ROWS["multi_matmul"] = ROWS["linalg.multi_dot"]  # MyGrad's name


@definition(within="linalg", numpy=[np.linalg.cross])
def cross(x1: Any, x2: Any, *, axis: Whole = -1) -> Any:
    """The vector product of vectors in space. x1, x2 (..., 3) -> (..., 3).

    Arguments:
        x1, x2: numbers, whose shapes broadcast.
        axis: the axis of length 3.
    Returns:
        The products, in the shape that both have in common.
    Raises:
        ValueError: for an axis out of range or of another length, and for shapes that do not broadcast.

    Example:
        >>> ag.linalg.cross(Tensor([1.0, 0.0, 0.0]), [0.0, 1.0, 0.0]).numpy()
        array([0., 0., 1.])
    """
    x2 = operand("cross", x2)
    along = [axis_of("cross", x.shape, axis) for x in (x1, x2)]
    if x1.shape[along[0]] != 3 or x2.shape[along[1]] != 3:
        raise ValueError(f"cross: {x1.shape} and {x2.shape}: axis {axis} must have length 3 in both")
    return rolled(x1, -1, axis) * rolled(x2, -2, axis) - rolled(x1, -2, axis) * rolled(x2, -1, axis)


@definition(within="linalg", numpy=[np.linalg.outer])
def outer(x1: Any, x2: Any) -> Any:
    """All products of elements of two vectors. x1 (m,), x2 (n,) -> (m, n).

    Arguments:
        x1, x2: vectors.
    Returns:
        (m, n), x1[i] · x2[j] in row i and column j.
    Raises:
        ValueError: for other shapes.

    Example:
        >>> ag.linalg.outer(Tensor([1.0, 2.0]), [1.0, 10.0]).numpy()
        array([[ 1., 10.],
               [ 2., 20.]])
    """
    x2 = operand("outer", x2)
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ValueError(f"outer: {x1.shape} and {x2.shape}: both must be vectors")
    return x1.reshape((-1, 1)) * x2


@definition(within="linalg", numpy=[np.linalg.diagonal])
def diagonal(x: Any, *, offset: Whole = 0) -> Any:
    """The diagonals of matrices. x (..., m, n) -> (..., k).

    Arguments:
        x: (..., m, n), a matrix or a stack of them.
        offset: how far right of the main diagonal, an integer.
    Returns:
        (..., k), the elements x[i, i + offset].
    Raises:
        LinAlgError: for fewer than two axes.
        TypeError: for an offset that is no integer.

    Example:
        >>> ag.linalg.diagonal(Tensor([[1.0, 2.0], [3.0, 4.0]]), offset=1).numpy()
        array([2.])
    """
    m, n = matrix("diagonal", x).shape[-2:]
    if not is_whole(offset):
        raise TypeError(f"diagonal: offset must be an integer, not {offset!r}")
    first, start = (0, offset) if offset >= 0 else (-offset, 0)
    count = builtins.min(m - first, n - start)
    rows = np.arange(count if count > 0 else 0)
    return getitem.bind(x, index=(..., rows + first, rows + start))


@definition(within="linalg", numpy=[np.linalg.trace])
@in_single
def trace(x: Any, *, offset: Whole = 0, dtype: DTypeOrNone = None) -> Any:
    """The sums along diagonals of matrices. x (..., m, n) -> (...).

    Arguments:
        x: (..., m, n), a matrix or a stack of them.
        offset: how far right of the main diagonal, an integer.
        dtype: that of the sums; None for that of `sum`.
    Returns:
        (...), the sums.
    Raises:
        LinAlgError: for fewer than two axes.

    Example:
        >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> ag.grad(ag.linalg.trace(x), x).numpy()
        array([[1., 0.],
               [0., 1.]])
    """
    terms = diagonal(matrix("trace", x), offset=offset)
    last = (len(terms.shape) - 1,)
    return sum.bind(terms if dtype is None else astype(terms, dtype), axis=last, keepdims=False)
