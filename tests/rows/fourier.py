"""Fourier transforms: linear, with the exact adjoint, of real and of complex numbers."""

import numpy as np
import scipy.signal
import torch

from .row import case, complex_numbers, dims, doubled, normal, positive, row

# fmt: off

REAL_ONLY = ("rfft", "ihfft", "rfftn", "rfft2")


def transform(name, *cases):
    for kind in (normal,) if name in REAL_ONLY else (normal, complex_numbers):
        row(f"fft.{name}", *(case(kind(*shape), **how) for shape, how in cases), oracle=getattr(np.fft, name),
            torch=dims(getattr(torch.fft, name)), linear="0", least=np.float32)


for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    transform(name, ((5,), {}), ((4,), {"norm": "ortho"}), ((3, 2), {"n": 4, "axis": 0, "norm": "forward"}),
              ((3, 2), {"n": 2, "axis": 0}), ((2, 3), {"n": 1}))
    row(f"fft.{name}", normal(0, 4), oracle=getattr(np.fft, name), linear="0", least=np.float32)  # MKL takes none
for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"):
    transform(name, ((3, 4), {}), ((3, 2, 2), {"axes": (0, 1), "norm": "ortho"}),
              ((2, 3), {"s": (4, 2), "axes": (1, 0)}), ((2, 3), {"s": (3, 2), "axes": (-2, -1), "norm": "forward"}))
for name in ("fftshift", "ifftshift"):
    row(f"fft.{name}", *(case(normal(2, 3, 2), axes=axes) for axes in (None, 0, (1,), (0, -1), ())),
        complex_numbers(3), oracle=getattr(np.fft, name), linear="0", around=doubled)
for name in ("fftfreq", "rfftfreq"):
    row(f"fft.{name}", *(case(positive(), n=n) for n in (1, 5, 8)), oracle=getattr(np.fft, name),
        around=lambda f, d, n: f(n, d), least=np.float64)
for mode in ("full", "same", "valid"):
    for first, second, axes in (((4,), (3,), None), ((3, 4), (3, 2), None), ((2, 4), (1, 3), (1,))):
        for kind in (normal, complex_numbers):
            row("fftconvolve", case(normal(*first), kind(*second), mode=mode, axes=axes), linear="0 1",
                oracle=scipy.signal.fftconvolve)
