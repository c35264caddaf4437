"""The operators and methods of Tensor, put on the class from the rooms that compute them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .arguments import CPU, on_cpu
from .core.observer import expose
from .core.tensor import Tensor
from .elsewhere import missing
from .numpy_protocol import PROTOCOLS
from .operators import Operators
from .ops.complex import imag, real
from .ops.elementwise import detach
from .ops.kinds import ROWS
from .ops.shape import matrix_transpose, reshape, transpose
from .ops.update import At
from .showing import as_drawing, as_text


def _T(self: Any) -> Any:  # noqa: N802 (NumPy's name)
    """All axes reversed."""
    return transpose(self)


def _mT(self: Any) -> Any:  # noqa: N802
    """The last two axes exchanged: the transposed matrix, or stack of matrices."""
    return matrix_transpose(self)


def _real(self: Any) -> Any:
    """The real part; what is real as it is."""
    return real(self)


def _imag(self: Any) -> Any:
    """The imaginary part; 0 of what is real."""
    return imag(self)


def _reshape(self: Any, *shape: int | Sequence[int]) -> Any:
    """The same elements, in row-major order, in another shape.

    Arguments:
        shape: the lengths, as numbers or as one tuple; one may be -1.
    Returns:
        A Tensor, which shares memory with this one where that is possible.
    Raises:
        ValueError: for a shape with another number of elements.

    Example:
        >>> Tensor(np.zeros((2, 3, 5))).reshape(2, -1).shape
        (2, 15)
    """
    return reshape(self, shape[0] if len(shape) == 1 else shape)


def _transpose(self: Any, *axes: int | Sequence[int] | None) -> Any:
    """The axes in another order.

    Arguments:
        axes: axis i of the result is axis axes[i]; as numbers or as one tuple, none for the reverse order.
    Returns:
        A Tensor, which shares memory with this one.
    Raises:
        ValueError: unless each axis is named once.

    Example:
        >>> Tensor(np.zeros((2, 3, 5))).transpose(0, 2, 1).shape
        (2, 5, 3)
    """
    return transpose(self, (axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes) or None)


def _detach(self: Any) -> Any:
    """The same array as a constant: no gradient flows through it."""
    return detach.bind(self)


def _device(self: Any) -> str:
    """Where the elements are: "cpu", the processor's memory."""
    return CPU


def _to_device(self: Any, device: str, /, *, stream: None = None) -> Any:
    """This Tensor: there is one device, the processor's memory.

    Arguments:
        device: "cpu".
        stream: None.
    Returns:
        This Tensor.
    Raises:
        ValueError: for another device, and for a stream.

    Example:
        >>> Tensor([1.0]).to_device("cpu").device
        'cpu'
    """
    on_cpu("to_device", device)
    if stream is not None:
        raise ValueError(f"to_device: the processor has no streams, and {stream!r} was given")
    return self


def _array_namespace(self: Any, /, *, api_version: str | None = None) -> Any:
    """The functions of the array API standard, for code that is written for any array library."""
    from . import array_api

    if api_version not in (None, *array_api.VERSIONS):
        versions = ", ".join(array_api.VERSIONS)
        raise ValueError(f"__array_namespace__: the versions of the standard are {versions}, not {api_version!r}")
    return array_api


def _at(self: Any) -> At:
    """Elements by their places, for a new Tensor in which they are others: `t.at[0].set(1.0)`."""
    return At(self)


def _tolist(self: Any) -> Any:
    """The elements as nested lists of Python numbers."""
    return expose(self, None).tolist()


def _summary(self: Any) -> Any:
    """The steps it was computed by, as a table to print: names, shapes, parameters, bytes saved, multiply-adds.

    Raises ValueError for a tensor without a graph.
    """
    from .graph.listing import Listing

    return Listing(self)


def _repr_svg(self: Any) -> str | None:
    """Its graph, for notebooks; None without one, if it is too large for a page, or if nothing here can draw."""
    from .graph.notebook import as_svg

    return as_svg(self)


def _repr_html(self: Any) -> str:
    """Its value, and its graph below it, for notebooks."""
    svg = _repr_svg(self)
    return as_text(repr(self)) + ("" if svg is None else as_drawing(svg))


METHODS: dict[str, Any] = {
    "T": property(_T), "mT": property(_mT), "real": property(_real), "imag": property(_imag), "at": property(_at),
    "reshape": _reshape, "transpose": _transpose,
    "device": property(_device), "to_device": _to_device, "__array_namespace__": _array_namespace,
    "detach": _detach, "tolist": _tolist, "summary": _summary, "_repr_svg_": _repr_svg, "_repr_html_": _repr_html,
}  # fmt: skip
for name, member in METHODS.items():
    if not isinstance(member, property):
        member.__qualname__ = f"Tensor.{name}"  # errors of Python's own name it
METHODS["__getattr__"] = missing
for row in ROWS.values():
    METHODS |= dict.fromkeys(row.methods, getattr(row.function, "call", row.function))

for name, member in [*METHODS.items(), *vars(Operators).items(), *PROTOCOLS.items()]:
    if name not in ("__module__", "__slots__", "__doc__", "__annotations__"):
        setattr(Tensor, name, member)
