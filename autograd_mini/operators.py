"""Operators: what + − * / ** @ < & [] mean for a Value, and what NumPy's own functions do when they meet one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from . import ops as f
from .core.observer import expose, is_grad_enabled
from .core.primitive import PRIMITIVES, explained, operand
from .core.tape import Value
from .ops import arithmetic as a
from .ops import elementwise as e
from .ops.kinds import ROWS

_LOOKING = ("shape", "ndim", "size", "result_type", "array_equal", "array_equiv", "array2string", "array_repr")
"""NumPy's functions that only look at an array: it does not go out."""


class Operators(Value):
    """A Value that can be computed with: every operator is a primitive or a friendly function, recorded like them."""

    __slots__ = ()

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
    __matmul__   = lambda self, other: f.matmul(self, other)
    __rmatmul__  = lambda self, other: f.matmul(other, self)
    __neg__      = lambda self: a.negative(self)
    __pos__      = lambda self: self
    __abs__      = lambda self: e.absolute(self)
    __getitem__  = lambda self, index: f.getitem(self, index)

    __iadd__     = lambda self, other: self._updated(other, np.add, a.add)
    __isub__     = lambda self, other: self._updated(other, np.subtract, a.subtract)
    __imul__     = lambda self, other: self._updated(other, np.multiply, a.multiply)
    __itruediv__ = lambda self, other: self._updated(other, np.divide, a.divide)

    __lt__       = lambda self, other: self._compared(np.less, self, other)
    __le__       = lambda self, other: self._compared(np.less_equal, self, other)
    __gt__       = lambda self, other: self._compared(np.greater, self, other)
    __ge__       = lambda self, other: self._compared(np.greater_equal, self, other)
    __and__      = lambda self, other: self._compared(np.logical_and, self, other)
    __or__       = lambda self, other: self._compared(np.logical_or, self, other)
    __xor__      = lambda self, other: self._compared(np.logical_xor, self, other)
    __invert__   = lambda self: self._compared(np.logical_not, self)
    __hash__     = object.__hash__  # by identity: == compares elements
    # fmt: on

    def __eq__(self, other: object) -> Any:
        return self._compared(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return self._compared(np.not_equal, self, other)

    def _updated(self, other: Any, ufunc: np.ufunc, op: Callable[[Any, Any], Any]) -> Any:
        """`x += y` means `x = x + y`, except on a leaf under no_grad, whose own array changes: an update by hand."""
        if self.node is None or self.node.op is not None:
            return op(self, other)
        if is_grad_enabled():
            called = f" {self.node.name!r}" if self.node.name else ""
            raise RuntimeError(
                f"{ufunc.__name__}: the leaf{called} requires a gradient and can be "
                "changed in place only under no_grad(); to record the step, write x = x + y"
            )
        given, own = operand(ufunc.__name__, other), expose(self, writing=True)
        array = given._data if isinstance(given, Value) else given
        try:
            ufunc(own, array, out=own, casting="same_kind")
        except (ValueError, TypeError) as error:
            raise explained(ufunc.__name__, error, [own, array]) from error
        return self

    def _compared(self, ufunc: np.ufunc, *operands: Any) -> Any:
        """A constant of booleans: no gradient flows through a comparison."""
        arrays = [x._data if isinstance(x, Value) else x for x in operands]
        try:
            return type(self).made(np.asarray(ufunc(*arrays)), None)
        except (ValueError, TypeError) as error:
            raise explained(ufunc.__name__, error, arrays) from error

    # ── NumPy's protocols ──

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        made = np.array(self._data, dtype, copy=copy)
        return expose(self) if made is self._data else made

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Let `np.exp(t)` and `array * t` record like `exp(t)` and `t * array`; comparisons give constants.

        With `out=` an array, the values are written there: `p.data -= 0.1 * p.grad`.
        """
        out = kwargs.get("out")
        if method == "__call__" and set(kwargs) == {"out"} and not any(isinstance(x, Value) for x in out or ()):
            return ufunc(*(x._data if isinstance(x, Value) else x for x in inputs), out=out)
        op = f.matmul if ufunc is np.matmul else PRIMITIVES.get(ufunc.__name__)
        if method == "__call__" and not kwargs:
            if op is not None:
                return op(*inputs)
            if all(signature.endswith("->?") or "O" in signature for signature in ufunc.types):
                return self._compared(ufunc, *inputs)
        raise TypeError(
            f"np.{ufunc.__name__}{'' if method == '__call__' else '.' + method} is not recorded on the tape: use an "
            "operation of autograd_mini, or np.asarray(t) for the bare values"
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Let `np.sum(t)` or `np.concatenate([t, u])` be ours; refuse what would lose the gradient in silence."""
        own = next((row.function for name, row in ROWS.items() if name == func.__name__), None)
        if own is not None:
            return own(*args, **kwargs)

        bare = partial(_bare, func.__name__ in _LOOKING)
        result = func(*map(bare, args), **{key: bare(value) for key, value in kwargs.items()})
        results = result if isinstance(result, list | tuple) else [result]
        lost = any(isinstance(r, np.ndarray | np.generic) and r.dtype.kind == "f" for r in results)
        if lost and self.node is not None and is_grad_enabled():
            raise TypeError(
                f"np.{func.__name__} is not recorded on the tape: use an operation of autograd_mini, or np.asarray(t) "
                "for the bare values"
            )
        return result


def _bare(looking: bool, x: Any) -> Any:
    """What a function of NumPy's is to be given for its argument."""
    if isinstance(x, Value):
        return x._data if looking else expose(x)
    return type(x)(_bare(looking, entry) for entry in x) if type(x) in (list, tuple) else x
