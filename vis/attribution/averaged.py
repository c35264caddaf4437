"""Averages of a picture over other images near the one asked about, or on the way to it.

SmoothGrad              mean of ∂unit/∂x at x + noise
integrated gradients    (x − x₀) · ∫ ∂unit/∂x at x₀ + α (x − x₀) dα       sums to unit(x) − unit(x₀)
expected gradients      the same, averaged over many x₀ and random α
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini.arguments import generator, is_real

from ..errors import called, refusal
from ..predictions import Fill, fill_colours, whole
from ..record import AfterRelu, Array, as_array
from .gradient import Gradient
from .protocol import Attribution, Target
from .randomised import Rng


@dataclass(frozen=True)
class SmoothGrad(Attribution):
    """SmoothGrad: the mean of a picture over noisy copies of the image, in which what is chance cancels out.

    Arguments:
        n: how many noisy copies of each image.
        sigma: the standard deviation of the noise as a share of the image's range, largest minus smallest value.
        method: what is averaged, by default `Gradient()`; any other Attribution.
        rng: a NumPy Generator, or a seed; images one after the other draw (n, C, H, W) numbers each.
        batch_size: how many copies the model runs on at once.
    Raises:
        TypeError, ValueError: when called, for numbers that mean nothing.
    Source: Smilkov, Thorat, Kim, Viégas & Wattenberg 2017, "SmoothGrad", section 3.

    Example:
        >>> square = lambda x: (x * x).named("square")
        >>> found = vis.SmoothGrad(n=1000, sigma=0.1)(square, np.array([[3.0, 0.0]]), "square")
        >>> found.round(1)  # 2x, whatever the noise
        array([[6., 0.]])
    """

    n: int = 25
    sigma: float = 0.15
    method: Attribution = field(default_factory=Gradient)
    rng: Rng = 0
    batch_size: int = 16

    def __post_init__(self) -> None:
        if not isinstance(self.method, Attribution):
            raise refusal(TypeError, f"SmoothGrad: method must be an Attribution, not {type(self.method).__name__}")

    @property
    def after_relu(self) -> AfterRelu:  # type: ignore[override]
        """As the method looks."""
        return self.method.after_relu

    def backward(self, target: Target) -> Array:
        """The method's pictures of noisy copies, averaged."""
        if not (is_real(self.sigma) and 0 <= self.sigma < np.inf):
            raise refusal(ValueError, f"sigma must be a number of at least 0, not {self.sigma!r}")
        draw, n = generator(called(), self.rng), whole("n", self.n)
        found = np.zeros_like(target.images)
        for i, image in enumerate(target.images):
            noise = draw.standard_normal((n, *image.shape)) * (self.sigma * np.ptp(image))
            for some in _parts(image + noise.astype(image.dtype), whole("batch_size", self.batch_size)):
                copies = target.on(some, np.full(len(some), i), self.method.saving())
                found[i] += self.method.backward(copies).sum(axis=0) / n
        return found

    def picture(self, model: Any, signal: Array, *, scale: float | None = None, zoom: int = 1) -> Image.Image:
        """As the method draws it."""
        return self.method.picture(model, signal, scale=scale, zoom=zoom)


class _AlongLines(Attribution):
    """Gradients at places between images and baselines, times the difference, weighed: what the next two share."""

    batch_size: int

    def backward(self, target: Target) -> Array:
        """Σ weight · (x − baseline) · gradient at the place between."""
        size, gradient = whole("batch_size", self.batch_size), Gradient()
        found = np.zeros_like(target.images)
        for i, (baselines, shares, weights) in enumerate(self._lines(target.images)):
            image = target.images[i]
            shares, weights = (
                numbers.reshape(-1, *[1] * image.ndim).astype(image.dtype) for numbers in (shares, weights)
            )
            between = baselines + shares * (image - baselines)
            scaled = weights * (image - baselines)
            for some, factors in zip(_parts(between, size), _parts(scaled, size), strict=True):
                found[i] += (factors * gradient.backward(target.on(some, np.full(len(some), i)))).sum(axis=0)
        return found

    @abstractmethod
    def _lines(self, images: Array) -> Iterator[tuple[Array, Array, Array]]:
        """For each image: baselines (n, C, H, W), how far on the way from them to it, (n,), and weights (n,)."""


@dataclass(frozen=True)
class IntegratedGradients(_AlongLines):
    """Integrated gradients: the mean gradient on the straight way from a baseline to the image, times the difference.

    The pixels' attributions add up to unit(image) − unit(baseline), as well as n places tell the integral (by
    Gauss–Legendre quadrature).

    Arguments:
        n: at how many places.
        baseline: the image where the way begins: one number, one a channel, "mean" (each image's own), or images
            shaped as the one asked about.
        after_relu: look behind the layer's own ReLU where one alone takes it on.
        batch_size: at how many places the model runs at once.
    Raises:
        TypeError, ValueError: when called, for numbers and baselines that mean nothing.
    Source: Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", section 3.

    Example:
        >>> vis.IntegratedGradients()(lambda x: (x * x).named("square"), np.array([[3.0, 0.0]]), "square").round(6)
        array([[9., 0.]])
    """

    n: int = 50
    baseline: Fill = 0.0
    after_relu: bool = True
    batch_size: int = 16

    def _lines(self, images: Array) -> Iterator[tuple[Array, Array, Array]]:
        places, weights = np.polynomial.legendre.leggauss(whole("n", self.n))
        baselines = baselines_of(self.baseline, images)
        for baseline in baselines:
            yield np.broadcast_to(baseline, (len(places), *baseline.shape)), (1 + places) / 2, weights / 2


@dataclass(frozen=True)
class ExpectedGradients(_AlongLines):
    """Expected gradients: integrated gradients averaged over many baselines, which are images of a data set.

    The attributions add up to unit(image) − the mean unit of the background, the better the larger n is.

    Arguments:
        background: (M, C, H, W), images to start from.
        n: how many times an image of the background, and a place on the way from it, are drawn.
        after_relu: look behind the layer's own ReLU where one alone takes it on.
        rng: a NumPy Generator, or a seed; of each image it draws n numbers of images, then n shares of the way.
        batch_size: at how many places the model runs at once.
    Raises:
        TypeError, ValueError: when called, for numbers that mean nothing and backgrounds of other shapes.
    Source: Erion, Janizek, Sturmfels, Lundberg & Lee 2021, "Improving performance of deep learning models with
        axiomatic attribution priors and expected gradients", section 2.

    Example:
        >>> method = vis.ExpectedGradients(np.zeros((1, 2)), n=2000)
        >>> method(lambda x: (x * x).named("square"), np.array([[3.0, 0.0]]), "square").round()
        array([[9., 0.]])
    """

    background: Array = field(repr=False)
    n: int = 50
    after_relu: bool = True
    rng: Rng = 0
    batch_size: int = 16

    def _lines(self, images: Array) -> Iterator[tuple[Array, Array, Array]]:
        background, n, draw = as_array(self.background), whole("n", self.n), generator(called(), self.rng)
        if background.dtype.kind != "f" or background.shape[1:] != images.shape[1:] or not len(background):
            words = f"must be floating numbers, at least one, shaped as the images {images.shape[1:]}"
            raise refusal(ValueError, f"background {background.dtype} {background.shape} {words}")
        for _ in images:
            chosen = draw.integers(len(background), size=n)
            yield background[chosen].astype(images.dtype), draw.random(n), np.full(n, 1 / n)


def baselines_of(baseline: Any, images: Array) -> Array:
    """What stands for nothing, (N, C, H, W): a colour as `fill_colours` has it, or images of that shape."""
    if not isinstance(baseline, str) and np.ndim(baseline) > 1:
        given = as_array(baseline)
        if given.dtype.kind != "f" or given.shape not in (images.shape, images.shape[1:]):
            words = f"must be floating numbers shaped as the images {images.shape} or one of them"
            raise refusal(ValueError, f"baseline {given.dtype} {given.shape} {words}")
        return np.broadcast_to(given, images.shape).astype(images.dtype)
    colours = fill_colours(baseline, images)
    return np.broadcast_to(colours.reshape(*colours.shape, *[1] * (images.ndim - 2)), images.shape)


def _parts(array: Array, size: int) -> Iterator[Array]:
    return (array[start : start + size] for start in range(0, len(array), size))
