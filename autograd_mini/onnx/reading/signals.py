"""ONNX's operators of signals: Fourier transforms, windows, the mel scale. Complex numbers are pairs of reals."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np

from ... import fft
from ... import ops as f
from ...arguments import bare
from .arrays import dtype_of
from .elements import kept
from .operators import operator
from .shapes import whole, within_reason


def _complex(x: Any) -> Any:
    """(..., 1) or (..., 2) as complex numbers, or real ones."""
    real = f.getitem(x, (..., 0))
    return real if x.shape[-1] == 1 else real + 1j * f.getitem(x, (..., 1))


def _pairs(z: Any) -> Any:
    return f.stack((f.real(z), f.imag(z)), -1)


def _dft(x: Any, length: Any, axis: int, inverse: int, onesided: int) -> Any:
    z, along = _complex(x), axis % x.ndim
    m = z.shape[along]
    n = whole(length)[0] if length is not None else 2 * (m - 1) if onesided and inverse else m
    within_reason((n,))
    if onesided and inverse:
        return kept(f.expand_dims(fft.irfft(z, n, along), (-1,)), x.dtype)
    if onesided:
        return kept(_pairs(fft.rfft(z, n, along)), x.dtype)
    return kept(_pairs((fft.ifft if inverse else fft.fft)(z, n, along)), x.dtype)


@operator("DFT", since=17)
def _dft_by_attribute(x: Any, length: Any = None, *, axis: int = 1, inverse: int = 0, onesided: int = 0) -> Any:
    return _dft(x, length, axis, inverse, onesided)


@operator("DFT", since=20)
def _dft_by_input(x: Any, length: Any = None, axis: Any = None, *, inverse: int = 0, onesided: int = 0) -> Any:
    along = -2 if axis is None else whole(axis)[0]
    return _dft(x, length, along, inverse, onesided)


@operator("STFT")
def _stft(x: Any, step: Any, window: Any = None, length: Any = None, *, onesided: int = 1) -> Any:
    z = _complex(x) if x.ndim == 3 else x
    stride = whole(step)[0]
    n = window.shape[0] if window is not None else z.shape[1] if length is None else whole(length)[0]
    if not (stride >= 1 and 1 <= n <= z.shape[1]):
        raise ValueError(f"frames of {n}, {stride} apart, do not go with a signal of {z.shape[1]}")
    begin = np.arange((z.shape[1] - n) // stride + 1) * stride
    frames = f.take(z, begin[:, None] + np.arange(n), 1)
    frames = frames if window is None else frames * window
    transform = fft.rfft if onesided and frames.dtype.kind == "f" else fft.fft
    found = transform(frames, n, -1)
    return kept(_pairs(f.getitem(found, (..., slice(0, n // 2 + 1))) if onesided else found), x.dtype)


def _window(weights: tuple[float, ...]) -> Callable[..., Any]:
    def window(size: Any, *, output_datatype: int = 1, periodic: int = 1) -> Any:
        n = within_reason(whole(size))[0]
        angle = 2 * pi * np.arange(n) / max(n if periodic else n - 1, 1)
        total = sum(weight * np.cos(k * angle) for k, weight in enumerate(weights))
        return np.asarray(total).astype(dtype_of(output_datatype))

    return window


operator("HannWindow")(_window((0.5, -0.5)))
operator("HammingWindow")(_window((25 / 46, -21 / 46)))
operator("BlackmanWindow")(_window((0.42, -0.5, 0.08)))


@operator("MelWeightMatrix")
def _mel(bins: Any, length: Any, rate: Any, low: Any, high: Any, *, output_datatype: int = 1) -> Any:
    count, n = whole(bins)[0], whole(length)[0]
    within_reason((n // 2 + 1, count))
    edges = 2595 * np.log10(1 + np.array([float(np.asarray(bare(one)).reshape(())) for one in (low, high)]) / 700)
    mels = edges[0] + np.arange(count + 2) * (edges[1] - edges[0]) / (count + 2)
    hertz = 700 * (10 ** (mels / 2595) - 1)
    at = ((n + 1) * hertz // whole(rate)[0]).astype(np.int64)
    found = np.zeros((n // 2 + 1, count))
    for i, (first, middle, last) in enumerate(zip(at, at[1:], at[2:], strict=False)):
        if first == middle:
            found[middle, i] = 1
        else:
            up = np.arange(first, middle + 1)
            found[up, i] = (up - first) / (middle - first)
        if last > middle:
            down = np.arange(middle, last)
            found[down, i] = (last - down) / (last - middle)
    return found.astype(dtype_of(output_datatype))
