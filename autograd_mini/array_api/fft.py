"""The standard's extension for Fourier transforms."""

from __future__ import annotations

from typing import Any

from .. import fft as _fft
from ..arguments import on_cpu
from ..core.tensor import Tensor

_AS_THEY_ARE = "fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftshift ifftshift".split()  # noqa: SIM905
globals().update({name: getattr(_fft, name) for name in _AS_THEY_ARE})
__all__ = [*_AS_THEY_ARE, "fftfreq", "rfftfreq"]


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Any:
    """The frequencies of the results of `fft`, in cycles per unit of the sample spacing d."""
    on_cpu("fftfreq", device)
    return Tensor(_fft.fftfreq(n, d).astype(float if dtype is None else dtype))


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: str | None = None) -> Any:
    """The frequencies of the results of `rfft`, in cycles per unit of the sample spacing d."""
    on_cpu("rfftfreq", device)
    return Tensor(_fft.rfftfreq(n, d).astype(float if dtype is None else dtype))
