"""Input × gradient: how much of a unit's value each pixel brings in, if the net were linear around the image."""

from __future__ import annotations

import numpy as np

from autograd_mini import grad

from ..record import Array
from .protocol import Attribution, Target


class InputTimesGradient(Attribution):
    """The images times the gradient of the chosen unit.

    Of a net that is linear, or piecewise linear without biases, the pixels' attributions add up to the unit's value.

    Source: Shrikumar, Greenside, Shcherbina & Kundaje 2016, "Not Just a Black Box", section 3.

    Example:
        >>> weights = np.array([[1.0, 1.0]])
        >>> vis.InputTimesGradient()(lambda x: (x @ weights.T).named("sum"), np.array([[3.0, -1.0]]), "sum")
        array([[ 3., -1.]])
    """

    def backward(self, target: Target) -> Array:
        """x · ∂unit/∂x, by the true derivative."""
        back = grad(target.value, target.recorded.images, np.where(target.units, 1, 0).astype(target.value.dtype))
        found: Array = target.images * back.numpy()
        return found
