"""What NumPy and other array libraries do with a Tensor: `PROTOCOLS` are the methods they call.

    np.exp(t), np.sum(t, axis=0)      recorded, as `numpy_functions.NUMPY` says
    scipy.special.erf(t)              recorded, by the row of that name
    np.apply_along_axis(f, 0, t)      not recorded: refused where a gradient would be lost, else NumPy's own
    array[0] = t                      refused likewise
    np.asarray(t), float(t)           a bare array or number; a GradientLostWarning where a gradient ends in it

It makes no difference which argument carries the gradient, nor how deep in lists, tuples and dicts. Under `no_grad`, or
where nothing carries one, NumPy's own functions get bare arrays. `t.data`, `t.numpy()`, `t.item()`, `t.tolist()` and
`t.detach()` end a gradient on purpose, and do not warn.
"""

from __future__ import annotations

import dis
import sys
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from inspect import signature
from types import FrameType
from typing import Any

import numpy as np

from .arguments import bare
from .core.observer import expose, is_grad_enabled
from .core.primitive import Primitive, explained, plain
from .core.tape import Value
from .numpy_functions import CONSTANT, INSTEAD, LOOKS, NUMPY, UnsupportedError, outer_of, unsupported
from .observe.lines import user_frame
from .ops.from_scipy import recorded

_PLAIN = frozenset({np.ndarray, float, int, bool, complex})
_ARRAYS = (Value, np.ndarray)


class GradientLostWarning(UserWarning):
    """A Tensor that carries a gradient became a bare array or number, in which the gradient ends.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     array = np.asarray(Tensor([1.0], requires_grad=True))  # t.numpy() would say that it is meant
        >>> caught[0].category.__name__
        'GradientLostWarning'
    """


# ── what carries a gradient ───────────────────────────────────────────────────────────────────────────────────────────


def _carries(x: Any) -> bool:
    """Whether there is a Value with a node in here, at any depth."""
    if isinstance(x, Value):
        return x.node is not None
    if isinstance(x, dict):
        return any(map(_carries, x.values()))
    return isinstance(x, list | tuple) and any(map(_carries, x))


def _loses(*given: Any) -> bool:
    """Whether a function that records nothing would lose a gradient of these arguments."""
    return is_grad_enabled() and _carries(given)


def _bare(x: Any, give: Callable[[Value], Any]) -> Any:
    """x with every Value in it, at any depth, replaced by the array that `give` gives."""
    if isinstance(x, Value):
        return give(x)
    if isinstance(x, dict):
        return {key: _bare(entry, give) for key, entry in x.items()}
    if isinstance(x, list | tuple):
        entries = [_bare(entry, give) for entry in x]
        return entries if isinstance(x, list) else tuple(entries)
    return x


_GIVE: dict[Any, Callable[[Value], Any]] = {CONSTANT: bare, LOOKS: lambda value: value._array}
"""How NumPy's own functions are given a Value's array; others have it for good."""


def _clothed(result: Any, kind: type[Value]) -> Any:
    """NumPy's result as a constant of that kind if it is numbers, else as it is."""
    if isinstance(result, tuple):
        return tuple(_clothed(one, kind) for one in result)
    if result is None:
        return None
    array = result if type(result) is np.ndarray else np.asarray(result)
    return kind.made(array, None) if array.dtype.kind in "biufc" else result


# ── NumPy's functions ─────────────────────────────────────────────────────────────────────────────────────────────────


def array_function(tensor: Value, func: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any:
    """`np.sum(t)`, `np.concatenate([t, u])`: ours where the table has them; else refused, or NumPy's own."""
    for kind in types:
        if not issubclass(kind, _ARRAYS):
            return NotImplemented
    if isinstance(kwargs.get("out"), Value):
        raise _writing(_called(func))
    how = NUMPY.get(func)
    if callable(how):
        if not args and (first := next(iter(signature(func).parameters))) in kwargs:  # np.tril(m=t)
            args, kwargs = (kwargs[first],), {name: given for name, given in kwargs.items() if name != first}
        try:
            return how(*args, **kwargs)
        except UnsupportedError as argument:
            if _loses(args, kwargs):
                raise _lacking(_called(func), argument) from None
        result = func(*_bare(args, expose), **_bare(kwargs, expose))
        return result if kwargs.get("out") is not None else _clothed(result, type(tensor))
    if how is None and _loses(args, kwargs):
        raise _unrecorded(func, _called(func))
    give = _GIVE.get(how, expose)
    return func(*_bare(args, give), **_bare(kwargs, give))


def array_ufunc(tensor: Value, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`np.exp(t)`, `array * t`, `t > 0`, `array += t`: Tensors, recorded where the table says so.

    With `out=` an array, the values are written there, unless a gradient would be lost: `p.data -= 0.1 * p.grad`.
    """
    how = NUMPY.get(ufunc if method in ("__call__", "outer") else getattr(ufunc, method))
    if not kwargs and method == "__call__" and callable(how):
        return how(*inputs)
    if how is None and method == "__call__":
        how = recorded(ufunc)
    if callable(how) and method == "outer":
        how = outer_of(how)
    if callable(how) and kwargs.keys() <= ({"axis"} if ufunc.signature else set()):  # of a product, such as vecdot
        return how(*inputs, **kwargs)
    out, called = kwargs.get("out"), method == "__call__"
    if how is CONSTANT and called and not kwargs and ufunc.nout == 1:
        whole = [x if isinstance(x, Value) else plain(ufunc.__name__, _bare(x, bare)) for x in inputs]
        return _constant(ufunc).bind(*whole)
    if any(isinstance(x, Value) for x in out or ()) or (method == "at" and isinstance(inputs[0], Value)):
        raise _writing(_called(ufunc, method))
    if how is not CONSTANT and _loses(inputs, kwargs):
        if how is None:
            raise _unrecorded(ufunc, _called(ufunc, method))
        try:
            if called:
                raise unsupported(*next(iter(kwargs.items())))
            return how(*inputs, **kwargs)
        except UnsupportedError as argument:
            raise _lacking(_called(ufunc, method), argument) from None
    arrays = [
        x if type(x) in _PLAIN else bare(x) if isinstance(x, Value) else plain(ufunc.__name__, _bare(x, bare))
        for x in inputs
    ]
    if kwargs:
        kwargs = _bare(kwargs, bare)
    try:
        result = ufunc(*arrays, **kwargs) if called else getattr(ufunc, method)(*arrays, **kwargs)
    except (ValueError, TypeError) as error:
        raise explained(ufunc.__name__, error, arrays) from error
    return _clothed(result, type(tensor)) if out is None else result


@cache
def _constant(ufunc: np.ufunc) -> Primitive:
    """A ufunc without derivative as an operation: its result is a constant, and observers see it."""
    op = Primitive(ufunc, ufunc.__name__, __name__, ("out",), takes_complex=True)
    op.defvjp(**dict.fromkeys(op.args, None))
    return op


def _called(func: Any, method: str = "__call__") -> str:
    """A function's name as the user writes it: np.linalg.norm, np.add.reduce."""
    name = func.__name__ if method == "__call__" else f"{func.__name__}.{method}"
    if isinstance(func, np.ufunc):
        return f"np.{name}" if getattr(np, func.__name__, None) is func else name
    return f"{(func.__module__ or 'numpy').replace('numpy', 'np', 1)}.{name}"


def _unrecorded(func: Any, called: str) -> TypeError:
    instead = INSTEAD.get(func, "an operation of autograd_mini")
    return TypeError(f"{called} is not recorded on the tape: use {instead}, or t.numpy() for the bare values")


def _lacking(called: str, argument: UnsupportedError) -> TypeError:
    return TypeError(
        f"{called}: with {argument} it is not recorded on the tape, and the gradient would be lost; leave that out, or "
        "give t.detach()"
    )


def _writing(called: str) -> TypeError:
    return TypeError(
        f"{called}: writes into a Tensor, which the tape may need as it is; take the result, or write into t.data"
    )


# ── arrays and numbers made of Tensors ────────────────────────────────────────────────────────────────────────────────


def array(tensor: Value, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
    """`np.asarray(t)`, and whatever else makes an array of an argument: `array[0] = t`, `np.exp([t])`, SciPy."""
    if is_grad_enabled() and tensor.node is not None:
        _ending(sys._getframe(1), "an array", "t.numpy()", "an operation of autograd_mini, or stack([t, u]),")
    made = np.array(tensor._array, dtype, copy=copy)
    return expose(tensor) if made is tensor._array else made


def number(kind: type[float] | type[complex]) -> Callable[[Any], Any]:
    """`float(t)`, `complex(t)`, and whatever else makes a number of an argument: `array[0] = t`, `math.exp(t)`."""

    def called(tensor: Any) -> Any:
        found = kind(tensor.item())
        if is_grad_enabled() and tensor.node is not None:
            _ending(sys._getframe(1), "a number", "t.item()", "an operation of autograd_mini")
        return found

    return called


def dlpack(
    tensor: Value, *, stream: None = None, max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None, copy: bool | None = None,
) -> Any:  # fmt: skip
    """The array for another library, which may keep it: `torch.from_dlpack(t)`.

    Raises BufferError for a Tensor that carries a gradient.
    """
    if is_grad_enabled() and tensor.node is not None:
        raise BufferError("__dlpack__: the Tensor carries a gradient, which would be lost; give t.detach()")
    return expose(tensor).__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)


def dlpack_device(tensor: Value) -> tuple[int, int]:
    """The device of the array: the processor's memory."""
    device: tuple[int, int] = tensor._array.__dlpack_device__()
    return device


def _ending(frame: FrameType, made: str, meant: str, instead: str) -> None:
    """A gradient ends in an array or number: TypeError where it is written into an array, else a warning once a line.

    frame: that of the code which asked for an array or number.
    """
    code = frame.f_code
    module = frame.f_globals.get("__name__", "")
    if dis.opname[code.co_code[frame.f_lasti]].startswith("STORE_S"):  # STORE_SUBSCR, STORE_SLICE: array[…] = t
        raise TypeError(
            "setitem: an array keeps no gradient, so that of the Tensor would be lost; join Tensors with stack, or "
            "assign t.detach()"
        )
    if module.startswith("numpy.ma."):
        raise TypeError("np.ma: masked arrays are not recorded on the tape; use where, or give t.detach()")
    if module.startswith("numpy.testing."):  # compares
        return
    user = user_frame(frame)
    warnings.warn_explicit(
        f"a Tensor that carries a gradient became {made}, in which the gradient ends; write {meant} where that is "
        f"meant, {instead} where it is not",
        GradientLostWarning,
        user.f_code.co_filename,
        user.f_lineno,
        module=user.f_globals.get("__name__") or "<string>",  # for None no warning is shown
        registry=user.f_globals.setdefault("__warningregistry__", {}),
    )


# ── for Tensor ────────────────────────────────────────────────────────────────────────────────────────────────────────


PROTOCOLS: dict[str, Any] = {
    "__array__": array,
    "_data": property(array),  # an earlier inner name, and what NumPy's masked arrays look for
    "__array_function__": array_function,
    "__array_ufunc__": array_ufunc,
    "__float__": number(float),
    "__complex__": number(complex),
    "__dlpack__": dlpack,
    "__dlpack_device__": dlpack_device,
    "__pandas_priority__": 5000,  # above a Series and a DataFrame, which then leave `series * t` to us
}
