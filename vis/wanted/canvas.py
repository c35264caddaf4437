"""A picture that can be optimised: parameters, and the colours that they mean.

spectrum (2, C, H, W // 2 + 1) ──► weighed by 1 / frequency ──► inverse Fourier transform ──► colours mixed ──► sigmoid

A step then changes all frequencies, and colours that come together in photographs, alike: without that pixels of high
frequency, which excite units and mean nothing, win. Source: Olah, Mordvintsev & Schubert 2017, "Feature Visualization".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_mini import Tensor, concatenate, einsum, sigmoid
from autograd_mini.fft import irfft2

from ..record import Array

COLOURS = np.array([[0.58, 0.25, 0.03], [0.61, -0.05, -0.08], [0.54, -0.21, 0.06]])
"""How red, green and blue go together in photographs: principal axes times deviations, the longest 1."""


class Canvas:
    """A batch of one picture, (1, C, H, W) in [0, 1], made of a spectrum, or of its pixels.

    parameters: what to optimise. fourier: by a spectrum, else by pixels. decorrelated: whether colours are mixed.
    """

    def __init__(
        self, shape: tuple[int, int, int], fourier: bool, decorrelated: bool, rng: np.random.Generator
    ) -> None:
        self.shape, self.fourier = shape, fourier
        channels, height, width = shape
        self.mixed = decorrelated and channels == 3
        parts = (2, channels, height, width // 2 + 1) if fourier else shape
        start = 0.01 * rng.standard_normal(parts)
        self.parameters = Tensor(start.astype(np.float32), requires_grad=True)
        frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
        weights = np.sqrt(height * width) / np.maximum(frequencies, 1 / max(height, width)) / 4
        self.weights = weights.astype(np.float32)

    def picture(self) -> Tensor:
        """The picture, with the graph that leads back to the parameters."""
        values: Any = self.parameters
        if self.fourier:
            real, imaginary = values[0] * self.weights, values[1] * self.weights
            values = irfft2(real + 1j * imaginary, s=self.shape[1:])
        if self.mixed:
            values = einsum("dc,chw->dhw", COLOURS.astype(np.float32), values)
        made: Tensor = sigmoid(values)[None]
        return made

    def moved(self, step: Array) -> None:
        """Take a step downhill."""
        self.parameters = Tensor(self.parameters.numpy() - step.astype(np.float32), requires_grad=True)


def as_input(model: Any, picture: Tensor) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] as the model's `preprocess` gives them, recorded; without one as they are."""
    preprocess = getattr(model, "preprocess", None)
    if preprocess is None or picture.shape[1] != 3:
        return picture
    order = (2, 1, 0) if preprocess.bgr else (0, 1, 2)
    ordered: Any = concatenate([picture[:, i : i + 1] for i in order], axis=1)
    mean, std = (np.asarray(numbers, picture.dtype)[:, None, None] for numbers in (preprocess.mean, preprocess.std))
    given: Tensor = (ordered * float(preprocess.scale) - mean) / std
    return given


def smoothness(picture: Tensor) -> Any:
    """How much neighbours differ: the mean square of their differences, of which descent makes little."""
    down, across = picture[:, :, 1:] - picture[:, :, :-1], picture[:, :, :, 1:] - picture[:, :, :, :-1]
    return (down * down).mean() + (across * across).mean()


def rgb(picture: Tensor) -> Array:
    """A canvas's picture as numbers, (C, H, W)."""
    array: Array = picture.numpy()[0].copy()
    return array
