"""Inverses and determinants of matrices, of stacks of them, and of tensors as matrices."""

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..arguments import AxesOrNone, Whole, axis_of, is_whole
from ..core.primitive import operand
from ..core.tape import Value
from .arithmetic import matmul
from .kinds import conjugated, definition, op
from .linalg import called, hermitian, matrix, raw, solve
from .precision import in_single
from .shape import transpose

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
    return solve(a.reshape((prod(b.shape), prod(found))), b.reshape(prod(b.shape))).reshape(found)


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
    return inv(a.reshape((prod(first), prod(last)))).reshape((*last, *first))


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
    """The gradient of the determinant of matrices that may be singular. a (..., n, n) -> (..., n, n)."""
    u, s, vh = np.linalg.svd(a)
    return _orientation(u, vh) * ((u.conj() * _products(s)[..., None, :]) @ vh.conj())


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


def _adjoint_back(h: Any, a: Any) -> Any:
    raise np.linalg.LinAlgError(f"det: {a.shape}: of a singular matrix there are two derivatives here, no third one")


cofactors_adjoint.defvjp(g=lambda h, a: conjugated(cofactors_adjoint.bind(conjugated(h), a)), a=_adjoint_back)


cofactors.defvjp(a=lambda g, a: cofactors_adjoint.bind(g, a))


def _det_back(g: Any, a: Any, out: Any) -> Any:
    """g · conj(det A) A⁻ᴴ; by the cofactors if a matrix is singular, or so near to it that few digits are left."""
    try:
        inverse = np.linalg.inv(raw(a))
        condition = np.prod([np.abs(x).max(axis=(-2, -1), initial=0) for x in (raw(a), inverse)], axis=0)
        well = (condition * a.shape[-1] < np.finfo(out.dtype).eps ** -0.5).all()
    except np.linalg.LinAlgError:
        well = False
    if not well:
        return g.reshape((*g.shape, 1, 1)) * conjugated(cofactors.bind(a))
    inverse = inv.bind(a) if isinstance(a, Value) else inverse
    return (g * conjugated(out)).reshape((*g.shape, 1, 1)) * hermitian(inverse)


det.defvjp(a=_det_back)


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
    if not np.all(raw(sign)):
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
