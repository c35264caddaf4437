"""ONNX's operators element by element: arithmetic, comparisons, bits, conversions, activations."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from ...core.tape import Value
from .arrays import dtype_of
from .operators import operator

_SAME: dict[str, Any] = {
    "Abs": f.absolute, "Acos": f.arccos, "Acosh": f.arccosh, "And": f.logical_and, "Asin": f.arcsin, "Asinh": f.arcsinh,
    "Atan": f.arctan, "Atanh": f.arctanh, "BitwiseAnd": f.bitwise_and, "BitwiseNot": f.invert,
    "BitwiseOr": f.bitwise_or, "BitwiseXor": f.bitwise_xor, "Ceil": f.ceil, "Cos": f.cos, "Cosh": f.cosh,
    "Equal": f.equal, "Erf": f.erf, "Exp": f.exp, "Floor": f.floor, "Greater": f.greater,
    "GreaterOrEqual": f.greater_equal, "Less": f.less, "LessOrEqual": f.less_equal, "Log": f.log, "Neg": f.negative,
    "Not": f.logical_not, "Or": f.logical_or, "Reciprocal": f.reciprocal, "Relu": f.relu, "Round": f.rint,
    "Sigmoid": f.sigmoid, "Sign": f.sign, "Sin": f.sin, "Sinh": f.sinh, "Softsign": f.softsign, "Sqrt": f.sqrt,
    "Tan": f.tan, "Tanh": f.tanh, "Xor": f.logical_xor, "IsNaN": f.isnan, "HardSwish": f.hardswish, "Mish": f.mish,
    "Add": f.add, "Sub": f.subtract, "Mul": f.multiply, "Where": f.where,
}  # fmt: skip
"""Operators that are operations here."""


def _named(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *inputs: function(*inputs)


for _name, _function in _SAME.items():
    operator(_name)(_named(_function))


def is_tensor(*values: Any) -> bool:
    """Whether any of them is on the tape."""
    return any(isinstance(value, Value) for value in values)


def kept(x: Any, dtype: Any) -> Any:
    """x in a dtype; as it is if it has that."""
    return x if x.dtype == dtype else f.astype(x, dtype)


def widened(x: Any, function: Callable[[Any], Any]) -> Any:
    """What a function makes of half precision in single, and of other dtypes in their own."""
    return kept(function(f.astype(x, np.float32)), x.dtype) if x.dtype == np.float16 else function(x)


@operator("Identity")
def _identity(x: Any) -> Any:
    return x


@operator("Div")
def _divide(x: Any, y: Any) -> Any:
    if x.dtype.kind not in "iu":
        return f.divide(x, y)
    x, y = (np.asarray(bare(one)) for one in (x, y))
    if not np.all(y):
        raise ZeroDivisionError("an integer is divided by 0")
    found = x // y
    return found + ((found < 0) & (found * y != x)).astype(found.dtype) if x.dtype.kind == "i" else found


@operator("Mod")
def _mod(x: Any, y: Any, *, fmod: int = 0) -> Any:
    return (f.fmod if fmod else f.remainder)(x, y)


@operator("Pow")
def _power(x: Any, y: Any) -> Any:
    if x.dtype.kind in "iu" and y.dtype.kind in "iuf":
        return np.power(np.asarray(bare(x)).astype(np.result_type(x.dtype, y.dtype)), bare(y)).astype(x.dtype)
    return kept(f.power(x, kept(y, x.dtype)), x.dtype)


@operator("BitShift")
def _shift(x: Any, y: Any, *, direction: str) -> Any:
    return (f.left_shift if direction == "LEFT" else f.right_shift)(x, y)


def _all(two: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *inputs: reduce(two, inputs)


operator("Sum")(_all(f.add))
operator("Max")(_all(f.maximum))
operator("Min")(_all(f.minimum))


@operator("Mean")
def _mean(*inputs: Any) -> Any:
    return reduce(f.add, inputs) / len(inputs)


@operator("IsInf")
def _is_inf(x: Any, *, detect_negative: int = 1, detect_positive: int = 1) -> Any:
    x = np.asarray(bare(x))
    return (np.isposinf(x) & bool(detect_positive)) | (np.isneginf(x) & bool(detect_negative))


@operator("Clip")
def _clip(x: Any, low: Any = None, high: Any = None, *, min: float | None = None, max: float | None = None) -> Any:
    low = x.dtype.type(min) if low is None and min is not None else low
    high = x.dtype.type(max) if high is None and max is not None else high
    if low is None and high is None:
        return x
    if low is not None and high is not None and not is_tensor(low, high) and np.any(low > high):
        return f.minimum(f.maximum(x, low), high)
    return f.clip(x, low, high)


# ── conversions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def cast(x: Any, dtype: Any, coarse: bool = False) -> Any:
    """x in another dtype; coarse: rounded to bfloat16, which float32 stands for."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu" and x.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            return np.asarray(bare(x)).astype(dtype)
    if dtype.kind == "b":
        return np.asarray(bare(x)) != 0
    with np.errstate(over="ignore"):
        found = kept(x, dtype)
    if not coarse:
        return found
    numbers = np.asarray(bare(found))
    short = _rounded(numbers)
    with np.errstate(invalid="ignore"):
        return found + np.where(np.isfinite(short), short - numbers, 0) if is_tensor(x) else short


def _rounded(x: Any) -> Any:
    """To the nearest number of which the upper half of its bits tells all, the even one of two."""
    bits = x.view(np.uint32)
    found = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return np.where(np.isfinite(x), found, x)


@operator("Cast")
def _cast(x: Any, *, to: int, saturate: int = 1, round_mode: str = "up") -> Any:
    return cast(x, dtype_of(to), coarse=to == 16)


@operator("CastLike")
def _cast_like(x: Any, like: Any, *, saturate: int = 1, round_mode: str = "up") -> Any:
    return cast(x, like.dtype)


@operator("BitCast")
def _bit_cast(x: Any, *, to: int) -> Any:
    return np.ascontiguousarray(bare(x)).view(dtype_of(to)).reshape(x.shape)


# ── activations ───────────────────────────────────────────────────────────────────────────────────────────────────────


@operator("LeakyRelu")
def _leaky_relu(x: Any, *, alpha: float = 0.01) -> Any:
    return f.leaky_relu(x, alpha)


@operator("Elu")
def _elu(x: Any, *, alpha: float = 1.0) -> Any:
    return f.elu(x, alpha)


@operator("Celu")
def _celu(x: Any, *, alpha: float = 1.0) -> Any:
    return f.celu(x, alpha)


@operator("Selu")
def _selu(x: Any, *, alpha: float = 1.67326319217681884765625, gamma: float = 1.05070102214813232421875) -> Any:
    return gamma * f.elu(x, alpha)


@operator("Gelu")
def _gelu(x: Any, *, approximate: Any = "none") -> Any:
    return f.gelu(x, approximate)


@operator("HardSigmoid")
def _hard_sigmoid(x: Any, *, alpha: float = 0.2, beta: float = 0.5) -> Any:
    return f.clip(alpha * x + beta, 0.0, 1.0)


@operator("Softplus")
def _softplus(x: Any) -> Any:
    return f.logaddexp(x, np.zeros((), x.dtype))


@operator("ThresholdedRelu")
def _thresholded_relu(x: Any, *, alpha: float = 1.0) -> Any:
    return f.threshold(x, alpha, 0.0)


@operator("Shrink")
def _shrink(x: Any, *, bias: float = 0.0, lambd: float = 0.5) -> Any:
    found = f.where(x < -lambd, x + bias, f.where(x > lambd, x - bias, 0 * x))
    return kept(found, x.dtype)


@operator("PRelu")
def _prelu(x: Any, slope: Any) -> Any:
    return f.where(x < 0, slope * x, x)


@operator("Swish")
def swish(x: Any, *, alpha: float = 1.0) -> Any:
    """x · σ(αx)."""
    return f.silu(x) if alpha == 1 else x * f.sigmoid(alpha * x)


@operator("SwiGLU")
def _swiglu(gate: Any, x: Any, *, alpha: float = 1.0) -> Any:
    return swish(gate, alpha=alpha) * x


# ── along an axis ─────────────────────────────────────────────────────────────────────────────────────────────────────


@operator("Softmax", since=13)
def _softmax(x: Any, *, axis: int = -1) -> Any:
    return f.softmax(x, axis)


@operator("LogSoftmax", since=13)
def _log_softmax(x: Any, *, axis: int = -1) -> Any:
    return f.log_softmax(x, axis)


@operator("Hardmax", since=13)
def _hardmax(x: Any, *, axis: int = -1) -> Any:
    first = np.argmax(bare(x), axis=axis)
    return f.moveaxis(np.eye(x.shape[axis], dtype=x.dtype)[first], -1, axis)


def _as_matrix(function: Callable[..., Any]) -> Callable[..., Any]:
    """What an operator meant before opset 13: of a matrix, into which the axes from one on are put in a row."""

    def flat(x: Any, *, axis: int = 1) -> Any:
        lines = prod(x.shape[: axis % max(x.ndim, 1)] if axis != x.ndim else x.shape)
        matrix = f.reshape(x, (lines, -1) if x.size else (lines, prod(x.shape) // max(lines, 1)))
        return f.reshape(function(matrix, axis=1), x.shape)

    return flat


operator("Softmax")(_as_matrix(_softmax))
operator("LogSoftmax")(_as_matrix(_log_softmax))
operator("Hardmax")(_as_matrix(_hardmax))
