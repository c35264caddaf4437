"""The operations of ag.fft; written by `make stubs`, not by hand."""
# mypy: disable-error-code=overload-overlap

from collections.abc import Sequence
from typing import Any, Literal, overload

from numpy.typing import NDArray

from .core.methods import ArrayLike
from .core.tensor import Tensor

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

@overload
def fft(
    a: Tensor,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The discrete Fourier transform along an axis. a (..., m, ...) -> (..., n, ...)."""

@overload
def fft(
    a: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def ifft(
    a: Tensor,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The inverse discrete Fourier transform along an axis. a (..., m, ...) -> (..., n, ...)."""

@overload
def ifft(
    a: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def rfft(
    a: Tensor,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The Fourier transform of real numbers, half of its terms. a (..., m, ...) -> (..., n // 2 + 1, ...)."""

@overload
def rfft(
    a: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def irfft(
    a: Tensor,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The real numbers of which `rfft` gives the half spectrum. a (..., m, ...) -> (..., n, ...)."""

@overload
def irfft(
    a: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def hfft(
    a: Tensor,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The Fourier transform, real, of a Hermitian signal given by its first half. a (..., m, ...) -> (..., n, ...)."""

@overload
def hfft(
    a: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def ihfft(
    a: Tensor,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The inverse of `hfft`: the first half of a Hermitian signal. a (..., m, ...) -> (..., n // 2 + 1, ...)."""

@overload
def ihfft(
    a: ArrayLike,
    n: int | None = None,
    axis: int = -1,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def fftn(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The Fourier transform along several axes. a (..., m) -> (..., n)."""

@overload
def fftn(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def ifftn(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The inverse Fourier transform along several axes. a (..., m) -> (..., n)."""

@overload
def ifftn(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def rfftn(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The Fourier transform of real numbers along several axes, half of the last. a (..., m) -> (..., n // 2 + 1)."""

@overload
def rfftn(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def irfftn(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The real numbers of which `rfftn` gives the half spectrum. a (..., m) -> (..., n)."""

@overload
def irfftn(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = None,
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def fft2(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The Fourier transform along two axes. a (..., m, n) -> (..., m, n)."""

@overload
def fft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def ifft2(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The inverse Fourier transform along two axes. a (..., m, n) -> (..., m, n)."""

@overload
def ifft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def rfft2(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The Fourier transform of real numbers along two axes, half of the last. a (..., m, n) -> (..., m, n // 2 + 1)."""

@overload
def rfft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def irfft2(
    a: Tensor,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> Tensor:
    """The real numbers of which `rfft2` gives the half spectrum. a (..., m, k) -> (..., m, n)."""

@overload
def irfft2(
    a: ArrayLike,
    s: Sequence[int] | None = None,
    axes: int | Sequence[int] | None = (-2, -1),
    norm: Literal["backward", "ortho", "forward"] | None = None,
) -> NDArray[Any]: ...
@overload
def fftshift(x: Tensor, axes: int | Sequence[int] | None = None) -> Tensor:
    """The terms of a transform with frequency 0 moved to the middle. x (...) -> (...)."""

@overload
def fftshift(x: ArrayLike, axes: int | Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def ifftshift(x: Tensor, axes: int | Sequence[int] | None = None) -> Tensor:
    """The inverse of `fftshift`: frequency 0 moved from the middle to the front. x (...) -> (...)."""

@overload
def ifftshift(x: ArrayLike, axes: int | Sequence[int] | None = None) -> NDArray[Any]: ...
def fftfreq(n: int, d: float = 1.0) -> Tensor:
    """The frequencies of the terms of `fft`, in cycles per unit of d. n, d -> (n,)."""

def rfftfreq(n: int, d: float = 1.0) -> Tensor:
    """The frequencies of the terms of `rfft`, in cycles per unit of d. n, d -> (n // 2 + 1,)."""
