"""Discrete Fourier transforms. Each one-dimensional transform stands beside its adjoint, in the real inner product.

fft ↔ ifft      rfft ↔ irfft of halved middle terms      padding, cutting ↔ cutting, padding

The scale of an adjoint is that of its transform: "backward" of the one is "forward" of the other. Transforms of
Hermitian signals, and over several axes (`fft_axes`), are made of these.
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from ..arguments import Parameter, Whole, axis_of, is_whole
from ..core.primitive import call_as, operand
from .complex import conjugate
from .elementwise import cast
from .kinds import definition, linear
from .shape import getitem, pad

Norm = Annotated[Any, Parameter(None, 'Literal["backward", "ortho", "forward"] | None')]
Length = Annotated[Any, Parameter(None, "int | None")]

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
def fft(a: Any, *, n: int, axis: int, norm: Any) -> Any:
    """Σ a[j] e⁻²ᵖⁱʲᵏᐟⁿ over j. a (..., m, ...) -> (..., n, ...)."""
    return np.fft.fft(a, n, axis, norm)


@linear(
    lambda g, shape, *, n, axis, norm: _fitted(fft.bind(g, n=n, axis=axis, norm=_SWAPPED[norm]), shape[axis], axis),
    within="fft", numpy=[np.fft.ifft],
)  # fmt: skip
def ifft(a: Any, *, n: int, axis: int, norm: Any) -> Any:
    """Σ a[j] e²ᵖⁱʲᵏᐟⁿ / n over j. a (..., m, ...) -> (..., n, ...)."""
    return np.fft.ifft(a, n, axis, norm)


def _rfft_back(g: Any, shape: Any, *, n: int, axis: int, norm: str) -> Any:
    whole = irfft.bind(_scaled(g, n, axis, 0.5), n=n, axis=axis, norm=_SWAPPED[norm])
    return _fitted(whole, shape[axis], axis)


@linear(_rfft_back, within="fft", numpy=[np.fft.rfft])
def rfft(a: Any, *, n: int, axis: int, norm: Any) -> Any:
    """The terms of frequency 0 to n / 2 of real numbers. a (..., m, ...) -> (..., n // 2 + 1, ...)."""
    return np.fft.rfft(a, n, axis, norm)


def _irfft_back(g: Any, shape: Any, *, n: int, axis: int, norm: str) -> Any:
    half = rfft.bind(g, n=n, axis=axis, norm=_SWAPPED[norm])
    return _fitted(_scaled(half, n, axis, 2.0), shape[axis], axis)


@linear(_irfft_back, within="fft", numpy=[np.fft.irfft])
def irfft(a: Any, *, n: int, axis: int, norm: Any) -> Any:
    """The n real numbers that have the given half spectrum. a (..., m, ...) -> (..., n, ...)."""
    return np.fft.irfft(a, n, axis, norm)


def normed(name: str, norm: Any) -> str:
    """The word for where the scale is. Raises ValueError, as `name`, for another."""
    if norm not in (None, *_SWAPPED):
        raise ValueError(f'{name}: norm must be "backward", "ortho" or "forward", not {norm!r}')
    return norm or "backward"


def prepared(name: str, a: Any, n: Any, axis: Any, norm: Any, half: bool = False) -> tuple[Any, dict[str, Any]]:
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
    return a, {"n": int(n), "axis": along, "norm": normed(name, norm)}


def real_only(name: str, a: Any) -> Any:
    """The array if it is real. Raises TypeError, as `name`, otherwise."""
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
SAME = "Complex numbers in a's precision; real single precision gives complex64."


@explained("numbers", SAME, """\
>>> x = Tensor([1.0, 0.0, 0.0, 0.0], requires_grad=True)
>>> y = ag.fft.fft(x)
>>> y.numpy(), ag.grad(abs(y).sum(), x).numpy()
(array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j]), array([4., 0., 0., 0.]))""")  # fmt: skip
def _fft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The discrete Fourier transform along an axis. a (..., m, ...) -> (..., n, ...)."""
    a, how = prepared("fft", a, n, axis, norm)
    return fft.bind(a, **how)


@explained("numbers", SAME, """\
>>> ag.fft.ifft(ag.fft.fft(Tensor([1.0, 2.0, 5.0]))).real.numpy().round(12)
array([1., 2., 5.])""")  # fmt: skip
def _ifft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The inverse discrete Fourier transform along an axis. a (..., m, ...) -> (..., n, ...)."""
    a, how = prepared("ifft", a, n, axis, norm)
    return ifft.bind(a, **how)


@explained("real numbers", "Complex numbers in a's precision, of the frequencies 0 to n // 2.", """\
>>> x = Tensor([1.0, 2.0, 3.0, 6.0], requires_grad=True)
>>> y = ag.fft.rfft(x)
>>> y.numpy(), ag.grad(y[0].real, x).numpy()  # the first is the sum
(array([12.+0.j, -2.+4.j, -4.+0.j]), array([1., 1., 1., 1.]))""", "TypeError: for complex numbers.")  # fmt: skip
def _rfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The Fourier transform of real numbers, half of its terms. a (..., m, ...) -> (..., n // 2 + 1, ...)."""
    a, how = prepared("rfft", a, n, axis, norm)
    return rfft.bind(real_only("rfft", a), **how)


@explained("numbers; what is imaginary at frequency 0, and at n / 2, is not used",
    "Real numbers in a's precision, n = 2 (m − 1) of them by default.", """\
>>> ag.fft.irfft(ag.fft.rfft(Tensor([1.0, 2.0, 5.0])), 3).numpy().round(12)
array([1., 2., 5.])""")  # fmt: skip
def _irfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The real numbers of which `rfft` gives the half spectrum. a (..., m, ...) -> (..., n, ...)."""
    a, how = prepared("irfft", a, n, axis, norm, half=True)
    return irfft.bind(a, **how)


for transform, function in ((fft, _fft), (ifft, _ifft), (rfft, _rfft), (irfft, _irfft)):
    call_as(transform, function)


@definition(within="fft", numpy=[np.fft.hfft])
@explained("numbers", "Real numbers in a's precision, n = 2 (m − 1) of them by default.", """\
>>> ag.fft.hfft(Tensor([1.0, 2.0, 3.0])).numpy()  # of 1, 2, 3, 2
array([ 8., -2.,  0., -2.])""")  # fmt: skip
def hfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The Fourier transform, real, of a Hermitian signal given by its first half. a (..., m, ...) -> (..., n, ...)."""
    a, how = prepared("hfft", a, n, axis, norm, half=True)
    return irfft.bind(conjugate(a), **{**how, "norm": _SWAPPED[how["norm"]]})


@definition(within="fft", numpy=[np.fft.ihfft])
@explained("real numbers", "Complex numbers in a's precision.", """\
>>> ag.fft.ihfft(Tensor([8.0, -2.0, 0.0, -2.0])).real.numpy()
array([1., 2., 3.])""", "TypeError: for complex numbers.")  # fmt: skip
def ihfft(a: Any, n: Length = None, axis: Whole = -1, norm: Norm = None) -> Any:
    """The inverse of `hfft`: the first half of a Hermitian signal. a (..., m, ...) -> (..., n // 2 + 1, ...)."""
    a, how = prepared("ihfft", a, n, axis, norm)
    return conjugate(rfft.bind(real_only("ihfft", a), **{**how, "norm": _SWAPPED[how["norm"]]}))
