"""Operators: what + − * / ** @ < & [] mean for a Value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import ops as f
from .arguments import bare
from .core.observer import expose, is_grad_enabled
from .core.primitive import explained, operand
from .core.tape import Value
from .ops import arithmetic as a
from .ops import elementwise as e
from .ops.rounding import floored


def _as_numpy(ufunc: np.ufunc, reflected: bool = False) -> Callable[[Any, Any], Any]:
    """An operator that does what NumPy's ufunc does. reflected: the Value is on the right."""
    if reflected:
        return lambda self, other: self.__array_ufunc__(ufunc, "__call__", other, self)
    return lambda self, other: self.__array_ufunc__(ufunc, "__call__", self, other)


class Operators(Value):
    """A Value with operators: each calls an operation, and is recorded like it."""

    __slots__ = ()

    __array_ufunc__: Callable[..., Any]  # in `numpy_protocol`
    item: Callable[..., Any]  # Tensor's

    # fmt: off
    __add__      = lambda self, other: a.add(self, other)
    __radd__     = lambda self, other: a.add(other, self)
    __sub__      = lambda self, other: a.subtract(self, other)
    __rsub__     = lambda self, other: a.subtract(other, self)
    __mul__      = lambda self, other: a.multiply(self, other)
    __rmul__     = lambda self, other: a.multiply(other, self)
    __truediv__  = lambda self, other: a.divide(self, other)
    __rtruediv__ = lambda self, other: a.divide(other, self)
    __pow__      = lambda self, other: a.power(self, other)
    __rpow__     = lambda self, other: a.power(other, self)
    __matmul__   = lambda self, other: a.matrix_product(self, other)
    __rmatmul__  = lambda self, other: a.matrix_product(other, self)
    __neg__      = lambda self: a.negative(self)
    __pos__      = lambda self: self
    __abs__      = lambda self: e.absolute(self)
    __getitem__  = lambda self, index: f.getitem(self, index)

    __iadd__     = lambda self, other: self._updated(other, np.add, a.add)
    __isub__     = lambda self, other: self._updated(other, np.subtract, a.subtract)
    __imul__     = lambda self, other: self._updated(other, np.multiply, a.multiply)
    __itruediv__ = lambda self, other: self._updated(other, np.divide, a.divide)

    __lt__        = _as_numpy(np.less)
    __le__        = _as_numpy(np.less_equal)
    __gt__        = _as_numpy(np.greater)
    __ge__        = _as_numpy(np.greater_equal)
    __and__       = _as_numpy(np.bitwise_and)
    __or__        = _as_numpy(np.bitwise_or)
    __xor__       = _as_numpy(np.bitwise_xor)
    __lshift__    = _as_numpy(np.left_shift)
    __rshift__    = _as_numpy(np.right_shift)
    __floordiv__  = lambda self, other: floored(self, other)
    __mod__       = _as_numpy(np.remainder)
    __divmod__    = _as_numpy(np.divmod)
    __rand__      = _as_numpy(np.bitwise_and, reflected=True)
    __ror__       = _as_numpy(np.bitwise_or, reflected=True)
    __rxor__      = _as_numpy(np.bitwise_xor, reflected=True)
    __rlshift__   = _as_numpy(np.left_shift, reflected=True)
    __rrshift__   = _as_numpy(np.right_shift, reflected=True)
    __rfloordiv__ = lambda self, other: floored(other, self)
    __rmod__      = _as_numpy(np.remainder, reflected=True)
    __rdivmod__   = _as_numpy(np.divmod, reflected=True)
    __invert__    = lambda self: self.__array_ufunc__(np.invert, "__call__", self)
    __round__     = lambda self, digits=0: f.round(self, digits or 0)
    __hash__     = object.__hash__  # by identity: == compares elements
    # fmt: on

    def __eq__(self, other: object) -> Any:
        return self.__array_ufunc__(np.equal, "__call__", self, other)

    def __ne__(self, other: object) -> Any:
        return self.__array_ufunc__(np.not_equal, "__call__", self, other)

    def __len__(self) -> int:
        if not self._array.shape:
            raise TypeError("len: a tensor of shape () has no length")
        return int(self._array.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        """Write into a constant; a backward pass that needs it as it was raises an error."""
        if self.node is not None and (self.node.op is not None or is_grad_enabled()):
            raise TypeError("setitem: the tape may need a Tensor as it is; use where() or t.at[...].set(v)")
        if is_grad_enabled() and isinstance(value, Value) and value.node is not None:
            raise TypeError("setitem: what is assigned would lose its gradient; use t.at[...].set(v)")
        own, place = expose(self, writing=True), tuple(map(bare, index)) if isinstance(index, tuple) else bare(index)
        try:
            own[place] = bare(value)
        except (ValueError, TypeError, IndexError) as error:
            raise type(error)(f"setitem: shape {own.shape}: {error}") from error

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iu" or self._array.size != 1:
            raise TypeError(f"index: only one integer can be one, not {self._array.dtype} of shape {self._array.shape}")
        return int(expose(self, None).item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        shape, size = self._array.shape, self._array.size
        if size != 1:
            raise ValueError(f"bool: shape {shape} has {size} elements, so it is neither true nor false")
        return bool(expose(self, None).item())

    def __format__(self, spec: str) -> str:
        shape, size = self._array.shape, self._array.size
        if spec and size != 1:
            raise TypeError(f"format: {spec!r} is for one number, and shape {shape} has {size}; use repr()")
        return format(self.item(), spec) if spec else repr(self)

    def _updated(self, other: Any, ufunc: np.ufunc, op: Callable[[Any, Any], Any]) -> Any:
        """`x += y` is `x = x + y`, but on a leaf under no_grad an update by hand: its own array changes."""
        if self.node is None or self.node.op is not None:
            return op(self, other)
        if is_grad_enabled():
            called = f" {self.node.name!r}" if self.node.name else ""
            raise RuntimeError(
                f"{ufunc.__name__}: the leaf{called} requires a gradient and can be "
                "changed in place only under no_grad(); to record the step, write x = x + y"
            )
        given, own = operand(ufunc.__name__, other), expose(self, writing=True)
        array = given._array if isinstance(given, Value) else given
        try:
            ufunc(own, array, out=own, casting="same_kind")
        except (ValueError, TypeError) as error:
            raise explained(ufunc.__name__, error, [own, array]) from error
        return self
