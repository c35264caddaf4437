"""Fourier transforms along several axes, one by one; their frequencies; and convolution by them."""

from collections.abc import Iterable
from typing import Annotated, Any

import numpy as np

from ..arguments import AxesOrNone, Parameter, Whole, axes_of, axis_of, is_whole
from ..core.primitive import operand
from .fft import SAME, Norm, explained, fft, ifft, irfft, normed, prepared, real_only, rfft
from .kinds import definition
from .precision import in_single
from .shape import getitem, rolled

Lengths = Annotated[Any, Parameter(None, "Sequence[int] | None")]
Spacing = Annotated[Any, Parameter(None, "float")]
Mode = Annotated[Any, Parameter(None, 'Literal["full", "same", "valid"]')]

# ── several axes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _along(name: str, a: Any, s: Any, axes: Any, norm: Any, half: bool = False) -> tuple[list[tuple[Any, int]], str]:
    """The length and the axis of each one-dimensional transform, None for as many as there are."""
    if axes is None:
        count = len(a.shape) if s is None else len(_lengths(name, s))
        if count > len(a.shape):
            raise ValueError(f"{name}: shape {a.shape} has fewer axes than s has lengths, {count}")
        axes = range(len(a.shape) - count, len(a.shape))
    given = [axis_of(name, a.shape, axis) for axis in (axes if isinstance(axes, Iterable) else [axes])]
    lengths = [None] * len(given) if s is None else _lengths(name, s)
    if len(lengths) != len(given):
        raise ValueError(f"{name}: shape {a.shape}: {len(lengths)} lengths {tuple(lengths)} for {len(given)} axes")
    if half and not given:
        raise ValueError(f"{name}: shape {a.shape}: there must be at least one axis")
    kept = [None if n == -1 else n for n in lengths]  # -1 is the axis as it is
    return [*zip(kept, given, strict=True)], normed(name, norm)


def _lengths(name: str, s: Any) -> list[Any]:
    if not isinstance(s, Iterable) or not all(is_whole(n) for n in s):
        raise ValueError(f"{name}: s must be a sequence of integers, not {s!r}")
    return [*s]


def _each(name: str, transform: Any, a: Any, along: list[tuple[Any, int]], norm: str, half: bool = False) -> Any:
    """The transform along several axes, the last of them first."""
    for n, axis in reversed(along):
        a, how = prepared(name, a, n, axis, norm, half)
        a = transform.bind(a, **how)
    return a


@definition(within="fft", numpy=[np.fft.fftn])
@explained("numbers", SAME, """\
>>> ag.fft.fftn(Tensor([[1.0, 2.0], [3.0, 5.0]])).real.numpy()
array([[11., -3.],
       [-5.,  1.]])""")  # fmt: skip
def fftn(a: Any, s: Lengths = None, axes: AxesOrNone = None, norm: Norm = None) -> Any:
    """The Fourier transform along several axes. a (..., m) -> (..., n)."""
    return _each("fftn", fft, a, *_along("fftn", a, s, axes, norm))


@definition(within="fft", numpy=[np.fft.ifftn])
@explained("numbers", SAME, """\
>>> ag.fft.ifftn(ag.fft.fftn(Tensor([[1.0, 2.0], [3.0, 5.0]]))).real.numpy()
array([[1., 2.],
       [3., 5.]])""")  # fmt: skip
def ifftn(a: Any, s: Lengths = None, axes: AxesOrNone = None, norm: Norm = None) -> Any:
    """The inverse Fourier transform along several axes. a (..., m) -> (..., n)."""
    return _each("ifftn", ifft, a, *_along("ifftn", a, s, axes, norm))


@definition(within="fft", numpy=[np.fft.rfftn])
@explained("real numbers", "Complex numbers in a's precision.", """\
>>> ag.fft.rfftn(Tensor(np.ones((2, 4)))).shape
(2, 3)""", "TypeError: for complex numbers.")  # fmt: skip
def rfftn(a: Any, s: Lengths = None, axes: AxesOrNone = None, norm: Norm = None) -> Any:
    """The Fourier transform of real numbers along several axes, half of the last. a (..., m) -> (..., n // 2 + 1)."""
    return _rfftn("rfftn", a, s, axes, norm)


@definition(within="fft", numpy=[np.fft.irfftn])
@explained("numbers",
    "Real numbers in a's precision, along the last axis 2 (m − 1) of them by default.", """\
>>> ag.fft.irfftn(ag.fft.rfftn(Tensor([[1.0, 2.0], [3.0, 5.0]]))).numpy()
array([[1., 2.],
       [3., 5.]])""")  # fmt: skip
def irfftn(a: Any, s: Lengths = None, axes: AxesOrNone = None, norm: Norm = None) -> Any:
    """The real numbers of which `rfftn` gives the half spectrum. a (..., m) -> (..., n)."""
    return _irfftn("irfftn", a, s, axes, norm)


def _rfftn(name: str, a: Any, s: Any, axes: Any, norm: Any) -> Any:
    along, norm = _along(name, a, s, axes, norm, half=True)
    first = _each(name, rfft, real_only(name, a), along[-1:], norm)
    return _each(name, fft, first, along[:-1], norm)


def _irfftn(name: str, a: Any, s: Any, axes: Any, norm: Any) -> Any:
    along, norm = _along(name, a, s, axes, norm, half=True)
    first = _each(name, ifft, a, along[:-1][::-1], norm)  # NumPy's order
    return _each(name, irfft, first, along[-1:], norm, half=True)


@definition(within="fft", numpy=[np.fft.fft2])
@explained("numbers", SAME, """\
>>> ag.fft.fft2(Tensor(np.ones((5, 2, 2))))[0].real.numpy()
array([[4., 0.],
       [0., 0.]])""")  # fmt: skip
def fft2(a: Any, s: Lengths = None, axes: AxesOrNone = (-2, -1), norm: Norm = None) -> Any:
    """The Fourier transform along two axes. a (..., m, n) -> (..., m, n)."""
    return _each("fft2", fft, a, *_along("fft2", a, s, axes, norm))


@definition(within="fft", numpy=[np.fft.ifft2])
@explained("numbers", SAME, """\
>>> ag.fft.ifft2(Tensor([[4.0, 0.0], [0.0, 0.0]])).real.numpy()
array([[1., 1.],
       [1., 1.]])""")  # fmt: skip
def ifft2(a: Any, s: Lengths = None, axes: AxesOrNone = (-2, -1), norm: Norm = None) -> Any:
    """The inverse Fourier transform along two axes. a (..., m, n) -> (..., m, n)."""
    return _each("ifft2", ifft, a, *_along("ifft2", a, s, axes, norm))


@definition(within="fft", numpy=[np.fft.rfft2])
@explained("real numbers", "Complex numbers in a's precision.", """\
>>> ag.fft.rfft2(Tensor(np.ones((5, 2, 4)))).shape
(5, 2, 3)""", "TypeError: for complex numbers.")  # fmt: skip
def rfft2(a: Any, s: Lengths = None, axes: AxesOrNone = (-2, -1), norm: Norm = None) -> Any:
    """The Fourier transform of real numbers along two axes, half of the last. a (..., m, n) -> (..., m, n // 2 + 1)."""
    return _rfftn("rfft2", a, s, axes, norm)


@definition(within="fft", numpy=[np.fft.irfft2])
@explained("numbers",
    "Real numbers in a's precision, along the last axis n = 2 (k − 1) of them by default.", """\
>>> ag.fft.irfft2(ag.fft.rfft2(Tensor([[1.0, 2.0], [3.0, 5.0]]))).numpy()
array([[1., 2.],
       [3., 5.]])""")  # fmt: skip
def irfft2(a: Any, s: Lengths = None, axes: AxesOrNone = (-2, -1), norm: Norm = None) -> Any:
    """The real numbers of which `rfft2` gives the half spectrum. a (..., m, k) -> (..., m, n)."""
    return _irfftn("irfft2", a, s, axes, norm)


# ── frequencies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _shifted(name: str, x: Any, axes: Any, sign: int) -> Any:
    along = axes_of(name, x.shape, axes)
    return rolled(x, [sign * (x.shape[axis] // 2) for axis in along], along) if along else x


@definition(within="fft", numpy=[np.fft.fftshift])
def fftshift(x: Any, axes: AxesOrNone = None) -> Any:
    """The terms of a transform with frequency 0 moved to the middle. x (...) -> (...).

    Arguments:
        x: numbers.
        axes: one axis or several; None for all of them.
    Returns:
        The moved elements, in x's shape.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.fft.fftshift(Tensor([0.0, 1.0, 2.0, -2.0, -1.0])).numpy()
        array([-2., -1.,  0.,  1.,  2.])
    """
    return _shifted("fftshift", x, axes, 1)


@definition(within="fft", numpy=[np.fft.ifftshift])
def ifftshift(x: Any, axes: AxesOrNone = None) -> Any:
    """The inverse of `fftshift`: frequency 0 moved from the middle to the front. x (...) -> (...).

    Arguments:
        x: numbers.
        axes: one axis or several; None for all of them.
    Returns:
        The moved elements, in x's shape.
    Raises:
        ValueError: for an axis out of range or named twice.

    Example:
        >>> ag.fft.ifftshift(Tensor([-2.0, -1.0, 0.0, 1.0, 2.0])).numpy()
        array([ 0.,  1.,  2., -2., -1.])
    """
    return _shifted("ifftshift", x, axes, -1)


@definition(within="fft")
def fftfreq(n: Whole, d: Spacing = 1.0) -> Any:
    """The frequencies of the terms of `fft`, in cycles per unit of d. n, d -> (n,).

    No gradient flows through it.

    Arguments:
        n: how many samples are transformed, an integer.
        d: the distance of samples, one number.
    Returns:
        (n,), the frequencies from 0 up, then those below 0.
    Raises:
        ValueError: unless n is an integer of at least 1.

    Example:
        >>> ag.fft.fftfreq(5, 0.1)
        array([ 0.,  2.,  4., -4., -2.])
    """
    if not is_whole(n, 1):
        raise ValueError(f"fftfreq: n must be an integer of at least 1, not {n!r}")
    return np.fft.ifftshift(np.arange(-(n // 2), (n + 1) // 2)) * (1.0 / (n * d))


@definition(within="fft")
def rfftfreq(n: Whole, d: Spacing = 1.0) -> Any:
    """The frequencies of the terms of `rfft`, in cycles per unit of d. n, d -> (n // 2 + 1,).

    No gradient flows through it.

    Arguments:
        n: how many samples are transformed, an integer.
        d: the distance of samples, one number.
    Returns:
        (n // 2 + 1,), the frequencies from 0 up.
    Raises:
        ValueError: unless n is an integer of at least 1.

    Example:
        >>> ag.fft.rfftfreq(5, 0.1)
        array([0., 2., 4.])
    """
    if not is_whole(n, 1):
        raise ValueError(f"rfftfreq: n must be an integer of at least 1, not {n!r}")
    return np.arange(n // 2 + 1) * (1.0 / (n * d))


# ── convolution ───────────────────────────────────────────────────────────────────────────────────────────────────────


@definition
@in_single
def fftconvolve(in1: Any, in2: Any, mode: Mode = "full", axes: AxesOrNone = None) -> Any:
    """The convolution of two arrays by Fourier transforms, SciPy's `fftconvolve`. in1 (m,), in2 (n,) -> (m + n − 1,).

    Arguments:
        in1, in2: numbers, with equally many axes.
        mode: "full" for all sums, "same" for in1's shape from their middle, "valid" for sums of whole overlaps only.
        axes: one axis or several; None for all of them. The others broadcast.
    Returns:
        The sums, m + n − 1 along each axis, or what `mode` leaves of them.
    Raises:
        ValueError: for another mode, numbers of axes that differ, an axis out of range, empty axes, and in the mode
            "valid" unless one array is at least as long as the other along every axis.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> y = ag.fftconvolve(x, [1.0, 1.0])
        >>> y.numpy().round(12), ag.grad(y.sum(), x).numpy().round(12)
        (array([1., 3., 5., 3.]), array([2., 2., 2.]))
    """
    in2 = operand("fftconvolve", in2)
    shapes = f"{in1.shape} and {in2.shape}"
    if len(in1.shape) != len(in2.shape):
        raise ValueError(f"fftconvolve: {shapes}: both must have equally many axes")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f'fftconvolve: mode must be "full", "same" or "valid", not {mode!r}')
    along = axes_of("fftconvolve", in1.shape, axes)
    longer = [in1.shape[axis] - in2.shape[axis] for axis in along]
    if mode == "valid" and min(longer, default=0) < 0 < max(longer, default=0):
        raise ValueError(f'fftconvolve: {shapes}: for "valid" one must be at least as long as the other on every axis')
    if not along:
        return in1 * in2
    full = [in1.shape[axis] + in2.shape[axis] - 1 for axis in along]
    if "c" in (in1.dtype.kind, in2.dtype.kind):
        product = ifftn(fftn(in1, full, along) * fftn(in2, full, along), full, along)
    else:
        product = irfftn(rfftn(in1, full, along) * rfftn(in2, full, along), full, along)
    kept = {
        axis: total if mode == "full" else in1.shape[axis] if mode == "same" else abs(more) + 1
        for axis, total, more in zip(along, full, longer, strict=True)
    }
    starts = {axis: (total - kept[axis]) // 2 for axis, total in zip(along, full, strict=True)}
    index = [slice(starts[i], starts[i] + kept[i]) if i in kept else slice(None) for i in range(len(in1.shape))]
    return product if mode == "full" else getitem.bind(product, index=tuple(index))
