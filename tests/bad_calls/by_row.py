"""Bad calls of the kinds that every operation has in common, made from its rows; their messages follow rules.

A row of the table says how the operation is called well. One argument after another is replaced by what it cannot be,
as the signature says: data that are no numbers, arrays whose shapes do not go together, axes that are not there, and
parameters of another type.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_mini import Tensor
from autograd_mini.ops.kinds import ROWS
from tests.rows import TABLE, is_float

from .given import A, T, given

DATA = {  # what is no array of numbers, for a shape, and what the message says it is; "<U" is NumPy's word for text
    "text": (lambda shape: "a", "str|<U"),
    "None": (lambda shape: None, "None"),
    "objects": (lambda shape: np.full(shape, None), "object"),
    "dates": (lambda shape: np.full(shape, "2020-01-01", "M8[D]"), "datetime64"),
    "a dict": (lambda shape: {"a": 1.0}, "dict|object"),
    "a set": (lambda shape: {1.0, 2.0}, "set|object"),
    "text in a list": (lambda shape: ["a", "b"], "<U1"),
    "a list of Tensors": (lambda shape: [T(2), T(2)], "list of Tensors"),
    "ragged lists": (lambda shape: [[1.0], [1.0, 2.0]], "equally long"),
    "a masked array": (lambda shape: np.ma.array([1.0, 2.0], mask=[True, False]), "masked"),
}
MOVED = ("objects", "dates")
"""Bare arrays that what only moves or compares elements takes, as NumPy does."""
ONE = {"9": (9, "9"), "-9": (-9, "-9"), "text": ("a", "'a'"), "a fraction": (0.5, "0.5"), "True": (True, "True")}
SEVERAL = {"an axis twice": ((0, 0), r"0, 0"), "text in a tuple": (("a",), "'a'"), "9 in a tuple": ((0, 9), "9")}
WHOLE = {"text": ("a", "'a'"), "a fraction": (1.5, "1.5"), "nothing": (None, "None"), "True": (True, "True")}
REAL = {"text": ("a", "'?a'?"), "nothing": (None, "None"), "nan": (np.nan, "nan")}
PAIR = {"text": ("a", "'a'"), "a fraction": (1.5, "1.5"), "three": ((1, 2, 3), r"1, 2, 3"), "less": (-1, "-1"),
        "True": (True, "True")}  # fmt: skip
BY_NAME = {
    "n": WHOLE, "ddof": REAL | {"True": WHOLE["True"], "below 0": (-1, "-1")},
    **dict.fromkeys(("negative_slope", "p", "eps"), REAL),
    "value": {how: REAL[how] for how in ("text", "nothing")},
    **dict.fromkeys(
        ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size"), PAIR),
}  # fmt: skip


words = str.split
UNEVEN = words("""
    real imag angle real_if_close float_power lerp add_sequence multiply_sequence dropout1d dropout2d
    dropout3d alpha_dropout elu celu selu prelu rrelu glu permute_dims rot90 atleast_1d atleast_2d
    atleast_3d broadcast_arrays meshgrid equal not_equal logical_and logical_or logical_xor logical_not fmod
    divmod hypot arctan2 sec csc cot sech csch coth arcsec arccsc arccsch arccoth quantile percentile median
    ptp average var_mean std_mean nansum nanprod nanmean nanvar nanstd nanmax nanmin interp unwrap ediff1d
    convolve correlate cov corrcoef vstack hstack dstack column_stack append block sliding_window_view
    compress select choose piecewise masked_fill matrix_trace gather scatter scatter_add index_add
    index_copy segment_sum segment_mean segment_max segment_min array full_like identity linspace logspace
    geomspace copy allclose array_equal partition topk kthvalue dot inner outer vdot vecdot matvec vecmat
    tensordot kron cross cdist searchsorted unique_all unique_counts unique_inverse unique_values
    cumulative_sum cumulative_prod linalg.tensorsolve linalg.tensorinv linalg.norm linalg.cond linalg.cross
    linalg.outer fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft fft.fftn fft.ifftn fft.rfftn
    fft.irfftn fft.fft2 fft.ifft2 fft.rfft2 fft.irfft2 fft.fftshift fft.ifftshift fftconvolve polygamma yn
    scaled_dot_product_attention softmax_focal_loss rms_norm conv3d conv_transpose3d max_pool3d avg_pool3d
    lp_pool3d max_unpool3d adaptive_avg_pool3d adaptive_max_pool3d pixel_shuffle pixel_unshuffle
    channel_shuffle
""")
"""Made of others, or older than the rules: of some bad calls they speak as what they are made of, or as NumPy."""


def taken(row: Any, i: int, other: Any) -> bool:
    """Whether NumPy takes it."""
    arrays = row.arrays()
    arrays[i] = other
    try:
        row.expected(*arrays)
    except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeWarning):
        return False
    return True


def replaced(row: Any, i: int, other: Any) -> None:
    """The row's call with another i-th array."""
    arrays = [T(*a.shape) if is_float(a) else a for a in row.arrays()]
    arrays[i] = other
    row.call(*row.packed(*arrays), **row.params)


def with_parameter(row: Any, name: str, value: Any) -> None:
    arrays = [given(Tensor(a)) if is_float(a) else a for a in row.arrays()]
    row.call(*row.packed(*arrays), **{**row.params, name: value})


def bad_calls() -> Iterator[tuple[str, str, Any, str]]:
    """(operation, how, call, what the message must match)."""
    for name, operation in ROWS.items():
        if name in UNEVEN:
            continue
        fitting = (
            r for r in TABLE if r.name == name and not r.bound and r.size and r.draws and r.draws[0].text != "()"
        )
        row = next(fitting, None)
        if row is None:  # of single numbers, or of none
            continue
        arrays = row.arrays()
        floats = [i for i, a in enumerate(arrays) if is_float(a)]
        for i in floats:
            for how, (make, words) in DATA.items():
                shape = arrays[i].shape
                if (how == "None" and i) or (how in MOVED and taken(row, i, make(shape))):
                    continue  # it may be left out, or goes through
                call = lambda row=row, i=i, make=make, shape=shape: replaced(row, i, make(shape))
                yield name, f"{how} as argument {i}", call, words
            if len(floats) > 1:
                shape = tuple(n + 7 for n in arrays[i].shape) or (7,)
                words = re.escape(str(shape)) if name != "einsum" else "|".join(map(str, shape))  # a letter's lengths
                call = lambda row=row, i=i, shape=shape: replaced(row, i, A(*shape))
                yield name, f"{shape} as argument {i}", call, words
        for parameter in inspect.signature(operation.function).parameters.values():
            axis = parameter.name in ("axis", "axes", "start_axis")
            ways = (ONE if parameter.name != "axes" else SEVERAL) if axis else BY_NAME.get(parameter.name, {})
            if axis and "Sequence" in str(getattr(parameter.annotation, "__metadata__", "")):
                ways = ways | SEVERAL
            for how, (value, words) in ways.items():
                call = lambda row=row, name=parameter.name, value=value: with_parameter(row, name, value)
                yield name, f"{parameter.name} {how}", call, words


GENERATED = [*bad_calls()]
