"""The Python array API standard, 2024.12, on Tensors: `x.__array_namespace__()`, for code that suits any array library.

    xp = x.__array_namespace__()
    y = xp.sum(xp.exp(x), axis=-1)         recorded: gradients flow through it

The operations are the package's own, under the standard's names and with its signatures. Functions without a derivative
give constants. A Tensor that carries a gradient cannot be written into, nor given to another library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops as _ops
from . import fft as fft
from . import linalg as linalg
from .creation import *  # noqa: F403
from .dtypes import *  # noqa: F403
from .functions import *  # noqa: F403
from .info import __array_namespace_info__ as __array_namespace_info__

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")
__array_api_version__ = VERSIONS[-1]

inf, nan = float("inf"), float("nan")
e, pi, newaxis = 2.718281828459045, 3.141592653589793, None

AS_THEY_ARE = """
    abs acos acosh add all any argmax argmin asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift
    bitwise_or bitwise_right_shift bitwise_xor broadcast_to ceil conj copysign cos cosh count_nonzero diff divide equal
    exp flip floor greater greater_equal hypot imag isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp
    logical_and logical_not logical_or logical_xor matmul matrix_transpose max maximum mean min minimum moveaxis
    multiply negative nextafter nonzero not_equal permute_dims pow real reciprocal remainder repeat roll round signbit
    sin sinh sqrt square squeeze stack subtract take take_along_axis tan tanh tensordot tile tril triu trunc unique_all
    unique_counts unique_inverse unique_values unstack vecdot where
""".split()  # noqa: SIM905 (a hundred quotation marks)
"""Operations whose names and arguments are the standard's."""

globals().update({name: getattr(_ops, name) for name in AS_THEY_ARE})

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
