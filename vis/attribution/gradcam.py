"""Grad-CAM and its kin: which places of a layer's maps raise a unit, laid over the image.

    A (N, K, h, w)                 the maps of a layer on the way
    w_k = mean of ∂unit/∂A_k       how much each map raises the unit
    relu(Σ_k w_k A_k)              where the maps that raise it are strong, stretched to the image's size

Coarse, but of the class asked about: unlike guided and deconvnet pictures they change with what was learned above.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini import Tensor, grad, interpolate, no_grad
from autograd_mini.core.tape import ancestors

from ..errors import refusal
from ..figures.pictures import to_image
from ..options import saving_for
from ..record import Array, Recorded, value_of
from ..rules import GUIDED
from .protocol import Attribution, Target


@dataclass(frozen=True)
class GradCAM(Attribution):
    """Grad-CAM: a layer's maps, each weighed by its mean gradient; of their sum, what is positive.

    The map is stretched to the image bilinearly and the same in each channel. It is at least 0, and drawn as heat.

    Arguments:
        maps: the name of the layer whose maps are weighed, by default the last on the way that has maps.
        after_relu: take maps, and the unit, behind their own ReLU where one alone takes them on.
    Raises:
        KeyError, ValueError: when called, for maps that are not there or that the unit does not depend on.
    Source: Selvaraju et al. 2017, "Grad-CAM", section 3.

    Example:
        >>> net = lambda x: (x * 1).named("maps").mean(axis=(2, 3)).named("out")
        >>> x = np.array([[[[1.0, 0.0], [-1.0, 2.0]]]])
        >>> vis.GradCAM("maps")(net, x, "out")
        array([[[[0.25, 0.  ],
                 [0.  , 0.5 ]]]])
    """

    maps: str | None = None
    after_relu: bool = True

    def backward(self, target: Target, retain_graph: bool = False) -> Array:
        """One backward pass to the maps; with retain_graph another can follow over the same recorded pass."""
        maps = self._maps(target)
        ones = target.units.astype(target.value.dtype)
        slopes = grad(target.value, maps, ones, retain_graph=retain_graph, allow_unused=True)
        if slopes is None:
            raise refusal(ValueError, f"{target.layer!r} does not depend on the maps {self.maps!r}")
        weights = self.weights(slopes.numpy(), maps.numpy())
        heat = np.maximum((weights[:, :, None, None] * maps.numpy()).sum(axis=1, keepdims=True), 0)
        with no_grad():
            stretched = interpolate(Tensor(heat), size=target.images.shape[2:], mode="bilinear").numpy()
        return np.repeat(stretched, target.images.shape[1], axis=1)

    def weights(self, slopes: Array, maps: Array) -> Array:
        """How much each map counts, from the unit's gradient and the maps, both (N, K, h, w) -> (N, K)."""
        weights: Array = slopes.mean(axis=(2, 3))
        return weights

    def picture(self, model: Any, signal: Array, *, scale: float | None = None, zoom: int = 1) -> Image.Image:
        """The map as heat: black is 0, white the scale, by default the largest value."""
        return to_image(signal.mean(axis=0), display="heat", scale=scale, zoom=zoom)

    def _maps(self, target: Target) -> Tensor:
        """The value whose maps are weighed."""
        if target.images.ndim != 4:
            raise refusal(ValueError, f"images {target.images.shape} must be (N, C, H, W): vectors have no places")
        if self.maps is None:
            return last_maps(target.recorded, target.value)
        value = value_of(target.recorded, self.maps, self.after_relu)
        if value.ndim != 4:
            raise refusal(ValueError, f"{self.maps!r} {value.shape} must be maps, (N, K, h, w)")
        return value


def last_maps(recorded: Recorded, value: Tensor) -> Tensor:
    """The last named value with maps of more than one place that another was computed from. Raises ValueError."""
    assert value.node is not None
    behind = set(ancestors(value.node)) - {value.node, recorded.images.node}
    found = [named for named in recorded.named.values() if named.node in behind]
    found = [named for named in found if named.ndim == 4 and max(named.shape[2:]) > 1]
    if not found:
        raise refusal(ValueError, "no activation with maps, (N, K, h, w), comes before the unit; name one: maps=…")
    return max(found, key=lambda named: named.node.number)  # type: ignore[union-attr]


class GradCAMPlusPlus(GradCAM):
    """Grad-CAM++: of a map's gradients only the positive count, each weighed so that places of one object share.

    The unit is taken as the logarithm of a score, as the paper does; the score itself, one factor for a whole map, is
    left out.

    Arguments:
        maps, after_relu: as for `GradCAM`.
    Raises:
        KeyError, ValueError: as `GradCAM` does.
    Source: Chattopadhay et al. 2018, "Grad-CAM++", section 3.2, equations 10 and 19.

    Example:
        >>> net = lambda x: (x * 1).named("maps").sum(axis=(2, 3)).named("out")
        >>> vis.GradCAMPlusPlus("maps")(net, np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), "out")
        array([[[[0.8, 0. ],
                 [0. , 1.6]]]])
    """

    def weights(self, slopes: Array, maps: Array) -> Array:
        """Σ α · relu(g), α = g² / (2g² + g³ Σ A), 0 where the gradient g is."""
        square = slopes**2
        below = 2 * square + slopes * square * maps.sum(axis=(2, 3), keepdims=True)
        shares = np.divide(square, below, out=np.zeros_like(below), where=(slopes != 0) & (below != 0))
        weights: Array = (shares * np.maximum(slopes, 0)).sum(axis=(2, 3))
        return weights


class GuidedGradCAM(GradCAM):
    """Guided Grad-CAM: the guided picture, which is sharp, times Grad-CAM's map, which is of the class.

    Arguments:
        maps, after_relu: as for `GradCAM`.
    Raises:
        KeyError, ValueError: as `GradCAM` does.
    Source: Selvaraju et al. 2017, section 3.2.

    Example:
        >>> net = lambda x: ag.relu(x * 1).named("maps").sum(axis=(2, 3)).named("out")
        >>> vis.GuidedGradCAM("maps")(net, np.array([[[[1.0, 0.0], [-1.0, 2.0]]]]), "out")
        array([[[[1., 0.],
                 [0., 2.]]]])
    """

    def saving(self) -> AbstractContextManager[None]:
        """What the guided rule names."""
        return saving_for(GUIDED)

    def backward(self, target: Target, retain_graph: bool = False) -> Array:
        """Two backward passes over one recorded pass: to the maps, and to the pixels by the guided rule."""
        heat = super().backward(target, retain_graph=True)
        ones = target.units.astype(target.value.dtype)
        back = grad(target.value, target.recorded.images, ones, rules=GUIDED, retain_graph=retain_graph)
        found: Array = back.numpy() * heat
        return found

    picture = Attribution.picture  # signed
