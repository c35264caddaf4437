"""Padding layers: a border of zeros, of a number, or of what the border surrounds."""

from __future__ import annotations

from typing import Any, ClassVar

import autograd_mini as ag
from autograd_mini.arguments import is_whole
from autograd_mini.geometry import IntOrSize

from ..module import Weightless
from .kinds import Kind

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d",
    "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class _Border(Kind, Weightless):
    """A border around the last axes.

    Arguments:
        padding: how wide: an integer of at least 0; or (left, right), (left, right, top, bottom), or (left, right, top,
            bottom, front, back), the last axis first.
    Raises:
        ValueError: for what is no such width.
    """

    axes: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: IntOrSize) -> None:
        count = 2 * self.axes
        widths = tuple(padding) if isinstance(padding, tuple | list) else (padding,) * count
        if len(widths) != count or not all(is_whole(n, 0) for n in widths):
            raise ValueError(
                f"{type(self).__name__}: padding must be an integer of at least 0 or {count} of them, not {padding!r}"
            )
        self.padding: IntOrSize = widths if isinstance(padding, tuple | list) else padding

    def _widths(self) -> Any:
        """(before, after) for each axis, the first axis first."""
        widths = self.padding if isinstance(self.padding, tuple) else (self.padding,) * 2 * self.axes
        pairs = [*zip(widths[::2], widths[1::2], strict=True)][::-1]
        return {i - self.axes: pair for i, pair in enumerate(pairs)}

    def forward(self, x: Any) -> Any:
        """The input with its border."""
        return ag.pad(x, self._widths(), self.mode)


class _Constant(_Border):
    """A border that is filled with one number.

    Arguments:
        padding: how wide: an integer of at least 0; or (left, right), (left, right, top, bottom), or (left, right, top,
            bottom, front, back), the last axis first.
        value: the number.
    Raises:
        ValueError, TypeError: for what is no such width, or no number.
    """

    mode = "constant"
    value: float

    def __init__(self, padding: IntOrSize, value: float) -> None:
        super().__init__(padding)
        self._numbers(value=value)

    def forward(self, x: Any) -> Any:
        """The input with its border."""
        return ag.pad(x, self._widths(), value=self.value)


class ConstantPad1d(_Constant):
    """Surround each sequence with a border filled with one number.

    x (N, C, W) -> (N, C, Wout), each longer by the two widths.

    Example:
        >>> nn.ConstantPad1d(1, 7.0)(np.array([[[1.0, 2.0, 3.0]]]))
        array([[[7., 1., 2., 3., 7.]]])
    """

    axes = 1


class ConstantPad2d(_Constant):
    """Surround each image with a border filled with one number.

    x (N, C, H, W) -> (N, C, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ConstantPad2d((1, 1, 0, 0), 7.0)(np.array([[[[1.0, 2.0, 3.0]]]]))
        array([[[[7., 1., 2., 3., 7.]]]])
    """

    axes = 2


class ConstantPad3d(_Constant):
    """Surround each volume with a border filled with one number.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ConstantPad3d((1, 1, 0, 0, 0, 0), 7.0)(np.array([[[[[1.0, 2.0, 3.0]]]]])).ravel()
        array([7., 1., 2., 3., 7.])
    """

    axes = 3


class ZeroPad1d(_Border):
    """Surround each sequence with a border of zeros.

    x (N, C, W) -> (N, C, Wout), each longer by the two widths.

    Example:
        >>> nn.ZeroPad1d(1)(np.array([[[1.0, 2.0, 3.0]]]))
        array([[[0., 1., 2., 3., 0.]]])
    """

    axes, mode = 1, "constant"


class ZeroPad2d(_Border):
    """Surround each image with a border of zeros.

    x (N, C, H, W) -> (N, C, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ZeroPad2d((1, 1, 0, 0))(np.array([[[[1.0, 2.0, 3.0]]]]))
        array([[[[0., 1., 2., 3., 0.]]]])
    """

    axes, mode = 2, "constant"


class ZeroPad3d(_Border):
    """Surround each volume with a border of zeros.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ZeroPad3d((1, 1, 0, 0, 0, 0))(np.array([[[[[1.0, 2.0, 3.0]]]]])).ravel()
        array([0., 1., 2., 3., 0.])
    """

    axes, mode = 3, "constant"


class ReflectionPad1d(_Border):
    """Surround each sequence with a border of the mirrored elements, without the outermost.

    x (N, C, W) -> (N, C, Wout), each longer by the two widths.

    Example:
        >>> nn.ReflectionPad1d(1)(np.array([[[1.0, 2.0, 3.0]]]))
        array([[[2., 1., 2., 3., 2.]]])
    """

    axes, mode = 1, "reflect"


class ReflectionPad2d(_Border):
    """Surround each image with a border of the mirrored elements, without the outermost.

    x (N, C, H, W) -> (N, C, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ReflectionPad2d((1, 1, 0, 0))(np.array([[[[1.0, 2.0, 3.0]]]]))
        array([[[[2., 1., 2., 3., 2.]]]])
    """

    axes, mode = 2, "reflect"


class ReflectionPad3d(_Border):
    """Surround each volume with a border of the mirrored elements, without the outermost.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ReflectionPad3d((1, 1, 0, 0, 0, 0))(np.array([[[[[1.0, 2.0, 3.0]]]]])).ravel()
        array([2., 1., 2., 3., 2.])
    """

    axes, mode = 3, "reflect"


class ReplicationPad1d(_Border):
    """Surround each sequence with a border of the outermost element.

    x (N, C, W) -> (N, C, Wout), each longer by the two widths.

    Example:
        >>> nn.ReplicationPad1d(1)(np.array([[[1.0, 2.0, 3.0]]]))
        array([[[1., 1., 2., 3., 3.]]])
    """

    axes, mode = 1, "edge"


class ReplicationPad2d(_Border):
    """Surround each image with a border of the outermost element.

    x (N, C, H, W) -> (N, C, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ReplicationPad2d((1, 1, 0, 0))(np.array([[[[1.0, 2.0, 3.0]]]]))
        array([[[[1., 1., 2., 3., 3.]]]])
    """

    axes, mode = 2, "edge"


class ReplicationPad3d(_Border):
    """Surround each volume with a border of the outermost element.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.ReplicationPad3d((1, 1, 0, 0, 0, 0))(np.array([[[[[1.0, 2.0, 3.0]]]]])).ravel()
        array([1., 1., 2., 3., 3.])
    """

    axes, mode = 3, "edge"


class CircularPad1d(_Border):
    """Surround each sequence with a border of the elements of the other end.

    x (N, C, W) -> (N, C, Wout), each longer by the two widths.

    Example:
        >>> nn.CircularPad1d(1)(np.array([[[1.0, 2.0, 3.0]]]))
        array([[[3., 1., 2., 3., 1.]]])
    """

    axes, mode = 1, "wrap"


class CircularPad2d(_Border):
    """Surround each image with a border of the elements of the other end.

    x (N, C, H, W) -> (N, C, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.CircularPad2d((1, 1, 0, 0))(np.array([[[[1.0, 2.0, 3.0]]]]))
        array([[[[3., 1., 2., 3., 1.]]]])
    """

    axes, mode = 2, "wrap"


class CircularPad3d(_Border):
    """Surround each volume with a border of the elements of the other end.

    x (N, C, D, H, W) -> (N, C, Dout, Hout, Wout), each longer by the two widths.

    Example:
        >>> nn.CircularPad3d((1, 1, 0, 0, 0, 0))(np.array([[[[[1.0, 2.0, 3.0]]]]])).ravel()
        array([3., 1., 2., 3., 1.])
    """

    axes, mode = 3, "wrap"
