"""Discrete Fourier transforms. Each one-dimensional transform stands beside its adjoint, in the real inner product.

fft ↔ ifft      rfft ↔ irfft of halved middle terms      padding, cutting ↔ cutting, padding

The scale of an adjoint is that of its transform: "backward" of the one is "forward" of the other. Transforms over
several axes, and those of Hermitian signals, are made of these.
"""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import numpy as np

from ..arguments import AxesOrNone, Parameter, Whole, axes_of, axis_of, is_whole
from ..core.primitive import call_as, operand
from .complex import conjugate
from .elementwise import cast
from .kinds import definition, linear
from .precision import in_single
from .shape import getitem, pad, rolled

Norm = Annotated[Any, Parameter(None, 'Literal["backward", "ortho", "forward"] | None')]
Length = Annotated[Any, Parameter(None, "int | None")]
Lengths = Annotated[Any, Parameter(None, "Sequence[int] | None")]
Spacing = Annotated[Any, Parameter(None, "float")]
Mode = Annotated[Any, Parameter(None, 'Literal["full", "same", "valid"]')]

_SWAPPED = {"backward": "forward", "ortho": "ortho", "forward": "backward"}

# ── one axis ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _fitted(x: Any, n: int, axis: int) -> Any:
    """x cut, or padded with zeros at its end, to length n along the axis."""
    have = x.shape[axis]
    if have > n:
        return getitem.bind(x, index=(*[slice(None)] * axis, slice(None, n)))
    width = tuple((0, n - have if i == axis else 0) for i in range(len(x.shape)))
    return pad.bind(x, pad_width=width, value=0) if have < n else x


def _scaled(x: Any, n: int, axis: int, middle: float) -> Any:
    """The half spectrum x of n real numbers with all terms but those of frequency 0 and n / 2 scaled."""
    weights = np.full(x.shape[axis], middle, x.real.dtype if x.dtype.kind == "c" else x.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[n // 2] = 1
    return x * weights.reshape((-1, *[1] * (len(x.shape) - axis - 1)))


@linear(
    lambda g, shape, *, n, axis, norm: _fitted(ifft.bind(g, n=n, axis=axis, norm=_SWAPPED[norm]), shape[axis], axis),
    within="fft", numpy=[np.fft.fft],
)  # fmt: skip
def fft(a: Any, *, n: int, axis: int, norm: str) -> Any:
    """Σ a[j] e⁻²ᵖⁱʲᵏᐟⁿ over j. a (..., m, ...) -> (..., n, ...)."""
    return np.fft.fft(a, n, axis, norm)


@linear(
    lambda g, shape, *, n, axis, norm: _fitted(fft.bind(g, n=n, axis=axis, norm=_SWAPPED[norm]), shape[axis], axis),
    within="fft", numpy=[np.fft.ifft],
)  # fmt: skip
def ifft(a: Any, *, n: int, axis: int, norm: str) -> Any:
    """Σ a[j] e²ᵖⁱʲᵏᐟⁿ / n over j. a (..., m, ...) -> (..., n, ...)."""
    return np.fft.ifft(a, n, axis, norm)


def _rfft_back(g: Any, shape: Any, *, n: int, axis: int, norm: str) -> Any:
    whole = irfft.bind(_scaled(g, n, axis, 0.5), n=n, axis=axis, norm=_SWAPPED[norm])
    return _fitted(whole, shape[axis], axis)


@linear(_rfft_back, within="fft", numpy=[np.fft.rfft])
def rfft(a: Any, *, n: int, axis: int, norm: str) -> Any:
    """The terms of frequency 0 to n / 2 of real numbers. a (..., m, ...) -> (..., n // 2 + 1, ...)."""
    return np.fft.rfft(a, n, axis, norm)


def _irfft_back(g: Any, shape: Any, *, n: int, axis: int, norm: str) -> Any:
    half = rfft.bind(g, n=n, axis=axis, norm=_SWAPPED[norm])
    return _fitted(_scaled(half, n, axis, 2.0), shape[axis], axis)


@linear(_irfft_back, within="fft", numpy=[np.fft.irfft])
def irfft(a: Any, *, n: int, axis: int, norm: str) -> Any:
    """The n real numbers that have the given half spectrum. a (..., m, ...) -> (..., n, ...)."""
    return np.fft.irfft(a, n, axis, norm)


def _normed(name: str, norm: Any) -> str:
    if norm not in (None, *_SWAPPED):
        raise ValueError(f'{name}: norm must be "backward", "ortho" or "forward", not {norm!r}')
    return norm or "backward"


def _prepared(name: str, a: Any, n: Any, axis: Any, norm: Any, half: bool = False) -> tuple[Any, dict[str, Any]]:
    """The array and the parameters of a transform, the length as it is without n. half: of a half spectrum."""
    a = operand(name, a)
    if half and a.dtype.kind != "c":  # so that the real part is all that its gradient has
        a = cast.bind(a, dtype=np.result_type(a.dtype, np.complex64))
    along = axis_of(name, a.shape, axis)
    have = a.shape[along]
    if n is None:
        n = 2 * (have - 1) if half else have
        if n < 1:
            words = "is too short for a half spectrum; give n" if half and have else "has no elements; give n"
            raise ValueError(f"{name}: shape {a.shape}: axis {along}, of length {have}, {words}")
    if not is_whole(n, 1):
        raise ValueError(f"{name}: n must be an integer of at least 1, not {n!r}")
    return a, {"n": int(n), "axis": along, "norm": _normed(name, norm)}


def _real(name: str, a: Any) -> Any:
    if a.dtype.kind == "c":
        raise TypeError(f"{name}: takes real numbers, not {a.dtype}; take a.real, or another transform")
    return a


def explained(a: str, result: str, example: str, raises: str = "") -> Callable[..., Any]:
    """Complete a transform's docstring: what it takes, gives and refuses, and an example."""

    def enter(function: Any) -> Any:
        parameters = [name for name in function.__code__.co_varnames[: function.__code__.co_argcount] if name != "a"]
        blocks = {
            "Arguments": [f"a: {a}.", *(f"{name}: {_PARAMETERS[name]}" for name in parameters)],
            "Returns": [result],
            "Raises": [_REFUSED, *[raises] * bool(raises)],
        }
        lines = [line for head, entries in blocks.items() for line in (f"{head}:", *(f"    {e}" for e in entries))]
        ends = [f"    {line}" for line in example.split("\n")]
        function.__doc__ = "\n".join([function.__doc__, "", *lines, "", "Example:", *ends])
        return function

    return enter


_PARAMETERS = {
    "n": "the length to which the axis is cut, or padded with zeros at its end; None for the one that fits a.",
    "s": "the lengths to which the axes are cut, or padded with zeros at their ends; None for those that fit a.",
    "axis": "the axis.",
    "axes": "the axes; None for all of them, or for the last ones if s is given.",
    "norm": """where the scale 1 / n is: in inverse transforms ("backward", the default), or in the others ("forward");
        or 1 / √n in both ("ortho").""",
}
_REFUSED = "ValueError: for a length below 1, an axis out of range or without elements, and another norm."
_SAME = "Complex numbers in a's precision; real single precision gives complex64."


@explained("numbers", _SAME, """\
>>> x = Tensor([1.0, 0.0, 0.0, 0.0], requires_grad=True)
>>> y = ag.fft.fft(x)
>>> y.numpy(), ag.grad(abs(y).sum(), x).numpy()
(array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j]), array([4., 0., 0., 0.]))""")  # fmt: skip
def _fft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The discrete Fourier transform along an axis. a (..., m, ...) -> (..., n, ...)."""
    a, how = _prepared("fft", a, n, axis, norm)
    return fft.bind(a, **how)


@explained("numbers", _SAME, """\
>>> ag.fft.ifft(ag.fft.fft(Tensor([1.0, 2.0, 5.0]))).real.numpy().round(12)
array([1., 2., 5.])""")  # fmt: skip
def _ifft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The inverse discrete Fourier transform along an axis. a (..., m, ...) -> (..., n, ...)."""
    a, how = _prepared("ifft", a, n, axis, norm)
    return ifft.bind(a, **how)


@explained("real numbers", "Complex numbers in a's precision, of the frequencies 0 to n // 2.", """\
>>> x = Tensor([1.0, 2.0, 3.0, 6.0], requires_grad=True)
>>> y = ag.fft.rfft(x)
>>> y.numpy(), ag.grad(y[0].real, x).numpy()  # the first is the sum
(array([12.+0.j, -2.+4.j, -4.+0.j]), array([1., 1., 1., 1.]))""", "TypeError: for complex numbers.")  # fmt: skip
def _rfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The Fourier transform of real numbers, half of its terms. a (..., m, ...) -> (..., n // 2 + 1, ...)."""
    a, how = _prepared("rfft", a, n, axis, norm)
    return rfft.bind(_real("rfft", a), **how)


@explained("numbers; what is imaginary at frequency 0, and at n / 2, is not used",
    "Real numbers in a's precision, n = 2 (m − 1) of them by default.", """\
>>> ag.fft.irfft(ag.fft.rfft(Tensor([1.0, 2.0, 5.0])), 3).numpy().round(12)
array([1., 2., 5.])""")  # fmt: skip
def _irfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The real numbers of which `rfft` gives the half spectrum. a (..., m, ...) -> (..., n, ...)."""
    a, how = _prepared("irfft", a, n, axis, norm, half=True)
    return irfft.bind(a, **how)


for transform, function in ((fft, _fft), (ifft, _ifft), (rfft, _rfft), (irfft, _irfft)):
    call_as(transform, function)


@definition(within="fft", numpy=[np.fft.hfft])
@explained("numbers", "Real numbers in a's precision, n = 2 (m − 1) of them by default.", """\
>>> ag.fft.hfft(Tensor([1.0, 2.0, 3.0])).numpy()  # of 1, 2, 3, 2
array([ 8., -2.,  0., -2.])""")  # fmt: skip
def hfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The Fourier transform, real, of a Hermitian signal given by its first half. a (..., m, ...) -> (..., n, ...)."""
    a, how = _prepared("hfft", a, n, axis, norm, half=True)
    return irfft.bind(conjugate(a), **{**how, "norm": _SWAPPED[how["norm"]]})


@definition(within="fft", numpy=[np.fft.ihfft])
@explained("real numbers", "Complex numbers in a's precision.", """\
>>> ag.fft.ihfft(Tensor([8.0, -2.0, 0.0, -2.0])).real.numpy()
array([1., 2., 3.])""", "TypeError: for complex numbers.")  # fmt: skip
def ihfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The inverse of `hfft`: the first half of a Hermitian signal. a (..., m, ...) -> (..., n // 2 + 1, ...)."""
    a, how = _prepared("ihfft", a, n, axis, norm)
    return conjugate(rfft.bind(_real("ihfft", a), **{**how, "norm": _SWAPPED[how["norm"]]}))


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
    return [*zip(kept, given, strict=True)], _normed(name, norm)


def _lengths(name: str, s: Any) -> list[Any]:
    if not isinstance(s, Iterable) or not all(is_whole(n) for n in s):
        raise ValueError(f"{name}: s must be a sequence of integers, not {s!r}")
    return [*s]


def _each(name: str, transform: Any, a: Any, along: list[tuple[Any, int]], norm: str, half: bool = False) -> Any:
    """The transform along several axes, the last of them first."""
    for n, axis in reversed(along):
        a, how = _prepared(name, a, n, axis, norm, half)
        a = transform.bind(a, **how)
    return a


@definition(within="fft", numpy=[np.fft.fftn])
@explained("numbers", _SAME, """\
>>> ag.fft.fftn(Tensor([[1.0, 2.0], [3.0, 5.0]])).real.numpy()
array([[11., -3.],
       [-5.,  1.]])""")  # fmt: skip
def fftn(a: Any, s: Lengths = None, axes: AxesOrNone = None, norm: Norm = None) -> Any:
    """The Fourier transform along several axes. a (..., m) -> (..., n)."""
    return _each("fftn", fft, a, *_along("fftn", a, s, axes, norm))


@definition(within="fft", numpy=[np.fft.ifftn])
@explained("numbers", _SAME, """\
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
    first = _each(name, rfft, _real(name, a), along[-1:], norm)
    return _each(name, fft, first, along[:-1], norm)


def _irfftn(name: str, a: Any, s: Any, axes: Any, norm: Any) -> Any:
    along, norm = _along(name, a, s, axes, norm, half=True)
    first = _each(name, ifft, a, along[:-1][::-1], norm)  # NumPy's order
    return _each(name, irfft, first, along[-1:], norm, half=True)


@definition(within="fft", numpy=[np.fft.fft2])
@explained("numbers", _SAME, """\
>>> ag.fft.fft2(Tensor(np.ones((5, 2, 2))))[0].real.numpy()
array([[4., 0.],
       [0., 0.]])""")  # fmt: skip
def fft2(a: Any, s: Lengths = None, axes: AxesOrNone = (-2, -1), norm: Norm = None) -> Any:
    """The Fourier transform along two axes. a (..., m, n) -> (..., m, n)."""
    return _each("fft2", fft, a, *_along("fft2", a, s, axes, norm))


@definition(within="fft", numpy=[np.fft.ifft2])
@explained("numbers", _SAME, """\
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
