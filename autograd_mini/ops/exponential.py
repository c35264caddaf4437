"""Powers and logarithms to other bases, roots and reciprocals, and sums taken in logarithms."""

from math import log as ln
from typing import Any

import numpy as np

from ..core.primitive import Primitive
from .elementwise import sigmoid, where
from .kinds import conjugated, elementwise, op

exp2 = elementwise(np.exp2, lambda out: out * ln(2), """The power 2ˣ, elementwise. x (...) -> (...).

    Example:
        >>> x = Tensor([0.0, 3.0], requires_grad=True)
        >>> ag.grad(ag.exp2(x).sum(), x).numpy()  # 2ˣ · ln 2
        array([0.69314718, 5.54517744])
    """, methods=["exp2"])  # fmt: skip
log2 = elementwise(np.log2, None, """The logarithm to base 2, elementwise. x (...) -> (...).

    As in NumPy it is -inf at 0 and nan below.

    Example:
        >>> ag.log2(Tensor([1.0, 8.0])).numpy()
        array([0., 3.])
    """, product=lambda g, x: g / conjugated(x * ln(2)), methods=["log2"])  # fmt: skip
log10 = elementwise(np.log10, None, """The logarithm to base 10, elementwise. x (...) -> (...).

    As in NumPy it is -inf at 0 and nan below.

    Example:
        >>> ag.log10(Tensor([1.0, 1000.0])).numpy()
        array([0., 3.])
    """, product=lambda g, x: g / conjugated(x * ln(10)), methods=["log10"])  # fmt: skip
cbrt = elementwise(np.cbrt, None, """The cube root, elementwise, of negative numbers too. x (...) -> (...).

    The slope at 0 is inf.

    Example:
        >>> x = Tensor([-8.0, 1.0], requires_grad=True)
        >>> ag.cbrt(x).numpy(), ag.grad(ag.cbrt(x).sum(), x).numpy()
        (array([-2.,  1.]), array([0.08333333, 0.33333333]))
    """, product=lambda g, out: g / (3 * out * out), methods=["cbrt"], analytic=False)  # fmt: skip
reciprocal = elementwise(np.reciprocal, lambda out: -out * out, """The reciprocal 1 / x, elementwise. x (...) -> (...).

    Of integers it is 0 or ±1, as in NumPy.

    Example:
        >>> x = Tensor([2.0, -4.0], requires_grad=True)
        >>> ag.grad(ag.reciprocal(x).sum(), x).numpy()  # −1 / x²
        array([-0.25  , -0.0625])
    """, methods=["reciprocal"])  # fmt: skip


@elementwise(None, lambda out: out * out * out / -2, analytic=True, methods=["rsqrt"])
def rsqrt(x: Any) -> Any:
    """The reciprocal of the square root 1 / √x, elementwise; PyTorch's name. x (...) -> (...).

    It is inf at 0 and nan below.

    Example:
        >>> x = Tensor([4.0, 0.25], requires_grad=True)
        >>> ag.rsqrt(x).numpy(), ag.grad(ag.rsqrt(x).sum(), x).numpy()  # −½ x^(−3/2)
        (array([0.5, 2. ]), array([-0.0625, -4.    ]))
    """
    return 1 / np.sqrt(x)


def _shares(g: Any, x: Any, y: Any, wanted: Any, unit: float) -> tuple[Any, Any]:
    """g for x and y by their parts of the sum of exponentials to a base whose natural logarithm is `unit`."""
    with np.errstate(invalid="ignore"):
        apart = x - y
    if type(apart) is not np.ndarray or (apart != apart).any():
        apart = where((apart != apart) & (x == y), 0, apart)  # equal infinities
    apart = apart if unit == 1 else apart * unit
    return g * sigmoid.bind(apart) if wanted[0] else None, g * sigmoid.bind(-apart) if wanted[1] else None


logaddexp: Primitive = op(np.logaddexp, """The logarithm of a sum, log(eˣ + eʸ), elementwise. x, y (...) -> (...).

    Neither overflows nor loses small terms. Equal infinities share the gradient.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        The logarithms, in the common shape.

    Example:
        >>> x, y = Tensor(1000.0, requires_grad=True), Tensor(1000.0, requires_grad=True)
        >>> [g.item() for g in ag.grad(ag.logaddexp(x, y), [x, y])]
        [0.5, 0.5]
    """)  # fmt: skip
logaddexp.defvjp(lambda g, x, y, wanted: _shares(g, x, y, wanted, 1))

logaddexp2: Primitive = op(np.logaddexp2, """The logarithm of a sum to base 2, log₂(2ˣ + 2ʸ). x, y (...) -> (...).

    Neither overflows nor loses small terms. Equal infinities share the gradient.

    Arguments:
        x, y: real numbers; the shapes broadcast.
    Returns:
        The logarithms, in the common shape.

    Example:
        >>> ag.logaddexp2(Tensor(3.0), 3.0).item()
        4.0
    """)  # fmt: skip
logaddexp2.defvjp(lambda g, x, y, wanted: _shares(g, x, y, wanted, ln(2)))
