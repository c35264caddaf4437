"""The gradient of a unit, the plainest way of looking and what most others are made of."""

from __future__ import annotations

from autograd_mini import grad

from ..record import Array
from .protocol import Attribution, Target


class Gradient(Attribution):
    """The gradient of the chosen unit: how much it grows with each pixel (saliency, with its sign).

    Source: Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks", section 3.

    Example:
        >>> weights = np.array([[1.0, -2.0]])
        >>> vis.Gradient()(lambda x: (x @ weights.T).named("sum"), np.array([[3.0, -1.0]]), "sum")
        array([[ 1., -2.]])
    """

    def backward(self, target: Target) -> Array:
        """∂unit/∂x, by the true derivative."""
        ones = target.units.astype(target.value.dtype)
        found: Array = grad(target.value, target.recorded.images, ones).numpy()
        return found
