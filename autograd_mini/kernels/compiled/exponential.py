"""The exponential function without a branch and without a call, so that loops over it use the vector registers.

eˣ = 2ᵏ · eʳ with x = k · log 2 + r and |r| ≤ log 2 / 2: eʳ by a polynomial, and 2ᵏ by its bits.
"""

from __future__ import annotations

from math import factorial, log
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from . import fused

ONE = np.float32(1)
_LOW, _HIGH = np.float32(-104), np.float32(89)  # beyond them the result is 0, or inf
_PER_LOG2, _UPPER, _LOWER = np.float32(1 / log(2)), np.float32(0.693359375), np.float32(log(2) - 0.693359375)
_P2, _P3, _P4, _P5, _P6, _P7 = (
    np.float32(c)
    for c in (0.50000001201, 0.16666665459, 0.041665795894, 0.0083334519073, 0.0013981999507, 0.00019875691500)
)
"""Of r², r³, … in eʳ. Source: Moshier 1989, "Methods and Programs for Mathematical Functions", expf."""
_T1, _T2, _T3, _T4, _T5, _NEAR, TWO = (
    np.float32(c)
    for c in (-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3, 0.625, 2)
)
_LOG2, _PER_WIDE_LOG2 = log(2), 1 / log(2)
_SERIES = tuple(1 / factorial(k) for k in range(8, -1, -1))
_ROUNDED, _ROUNDED_WIDE = np.float32(3 << 22), float(3 << 51)  # added, they leave the nearest integer in the last bits


@intrinsic  # type: ignore[untyped-decorator]
def bits_of(typing: Any, x: Any) -> Any:
    """The bits of a floating number as an integer."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(x.bitwidth))

    return (types.int32 if x.bitwidth == 32 else types.int64)(x), generate


@intrinsic  # type: ignore[untyped-decorator]
def number_of(typing: Any, bits: Any) -> Any:
    """The number of single precision that has these bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.IntType(32)
        return builder.bitcast(builder.trunc(args[0], whole) if bits.bitwidth > 32 else args[0], ir.FloatType())

    return types.float32(bits), generate


@intrinsic  # type: ignore[untyped-decorator]
def _power(typing: Any, k: Any) -> Any:
    """2ᵏ in single precision, −127 < k < 128."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.IntType(32)
        number = builder.trunc(args[0], whole) if args[0].type.width > 32 else args[0]
        return builder.bitcast(builder.shl(builder.add(number, whole(127)), whole(23)), ir.FloatType())

    return types.float32(k), generate


@intrinsic  # type: ignore[untyped-decorator]
def _wide_power(typing: Any, k: Any) -> Any:
    """2ᵏ in double precision, −1023 < k < 1024."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.IntType(64)
        return builder.bitcast(builder.shl(builder.add(args[0], whole(1023)), whole(52)), ir.DoubleType())

    return types.float64(types.int64), generate


@fused
def exp(x):  # type: ignore[no-untyped-def]
    """eˣ of single precision, to the last bit but one; 2ᵏ as two factors, so that no power is too small."""
    inside = min(max(x, _LOW), _HIGH)
    t = inside * _PER_LOG2 + _ROUNDED
    k = bits_of(t) - bits_of(_ROUNDED)
    n = t - _ROUNDED
    r = (inside - n * _UPPER) - n * _LOWER
    p = ((((_P7 * r + _P6) * r + _P5) * r + _P4) * r + _P3) * r + _P2
    value = ((p * r) * r + r + ONE) * _power(k >> 1) * _power(k - (k >> 1))
    return x if x != x else value


@fused
def logistic(x):  # type: ignore[no-untyped-def]
    """1 / (1 + e⁻ˣ) of single precision."""
    e = exp(-abs(x))
    return (e if x < 0 else ONE) / (ONE + e)


@fused
def tanh(x):  # type: ignore[no-untyped-def]
    """The hyperbolic tangent of single precision, to the last bit but one; near 0 by a polynomial.

    Source: Moshier 1989, "Methods and Programs for Mathematical Functions", tanhf.
    """
    size, z = abs(x), x * x
    p = (((_T5 * z + _T4) * z + _T3) * z + _T2) * z + _T1
    far = ONE - TWO / (exp(size + size) + ONE)
    return p * z * x + x if size < _NEAR else (-far if x < 0 else far)


@fused
def exponential(x):  # type: ignore[no-untyped-def]
    """eˣ of double precision to the digits of single, −700 < x < 700."""
    t = x * _PER_WIDE_LOG2 + _ROUNDED_WIDE
    n = t - _ROUNDED_WIDE
    r = x - n * _LOG2
    e = 0.0
    for c in _SERIES:
        e = e * r + c
    return e * _wide_power(bits_of(t) - bits_of(_ROUNDED_WIDE))
