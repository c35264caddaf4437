"""Bad calls of the kinds that every operation has in common, made from its rows; their messages follow rules.

A row of the table says how the operation is called well. One argument after another is replaced by what it cannot be,
as the signature says: data that are no numbers, arrays whose shapes do not go together, axes that are not there, and
parameters of another type.
"""

import inspect
import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import array_of
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


OTHERWISE = {
    "full_like": lambda x: ag.full_like(x, 1.0),
    "piecewise": lambda x: ag.piecewise(x, [np.ones((2, 2), bool)], [2.0]),
    "linalg.tensorsolve": lambda x: ag.linalg.tensorsolve(x, np.ones(2)),
}
"""Calls of those whose rows make what they are called with of the arrays that are drawn."""
NESTED = ("array", "block")
"""Of nested lists: what is a list in them is a part, and may be nested otherwise."""


def works(call: Any, *arrays: Any, **params: Any) -> bool:
    """Whether a call ends in a result; oracles are of several libraries, whose errors are of many kinds."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            call(*arrays, **params)
        except Exception:
            return False
    return True


def taken(row: Any, i: int, other: Any) -> bool:
    """Whether NumPy takes it, or the operation only puts the elements elsewhere."""
    arrays = row.arrays()
    arrays[i] = other
    if works(row.expected, *arrays):
        return True
    functions = [function for function in ROWS[row.name].numpy if not isinstance(function, np.ufunc)]
    if any(works(function, *row.packed(*arrays), **row.params) for function in functions):
        return True
    moves = row.linear == ((0,),) and getattr(other, "dtype", np.dtype(float)).kind in "OM"
    return moves and works(replaced, row, i, other)


def fits(row: Any, i: int, shape: tuple[int, ...]) -> bool:
    """Whether NumPy takes another shape, and gives the same."""
    arrays = row.arrays()
    arrays[i] = np.full(shape, arrays[i].flat[0])
    if not works(row.expected, *arrays):
        return False
    if not works(row, *arrays):
        return False
    found = array_of(row(*arrays))
    expected = np.asarray(row.expected(*arrays))
    return found.shape == expected.shape and np.allclose(found, expected)


def replaced(row: Any, i: int, other: Any) -> None:
    """The row's call with another i-th array."""
    arrays = [T(*a.shape) if is_float(a) else a for a in row.arrays()]
    arrays[i] = other
    row.call(*row.packed(*arrays), **row.params)


def parameters_of(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(ROWS[name].function).parameters)


def with_parameter(row: Any, name: str, value: Any) -> None:
    arrays = [given(Tensor(a)) if is_float(a) else a for a in row.arrays()]
    args, place = [*row.packed(*arrays)], [*parameters_of(row.name)].index(name)
    if place < len(args):  # it is given without its name
        args[place] = value
        row.call(*args, **row.params)
    else:
        row.call(*args, **row.params | {name: value})


@cache
def bad_calls() -> list[tuple[str, str, Any, str]]:
    """(operation, how, call, what the message must match)."""
    return [*_bad_calls()]


def _bad_calls() -> Iterator[tuple[str, str, Any, str]]:
    for name, operation in ROWS.items():
        fitting = (
            r for r in TABLE if r.name == name and not r.bound and r.size and r.draws and r.draws[0].text != "()"
        )
        if name in OTHERWISE:
            for how, (make, words) in DATA.items():
                yield name, how, lambda call=OTHERWISE[name], make=make: call(make((2, 2))), words
            continue
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
                if name in NESTED:
                    words = f"{words}|object|equally (long|deep)"
                call = lambda row=row, i=i, make=make, shape=shape: replaced(row, i, make(shape))
                yield name, f"{how} as argument {i}", call, words
            if len(floats) > 1:
                shape = tuple(n + 7 for n in arrays[i].shape) or (7,)
                if fits(row, i, shape):
                    continue
                words = re.escape(str(shape)) if name != "einsum" else "|".join(map(str, shape))  # a letter's lengths
                words = f"{words}|equally long" if name in NESTED else words
                call = lambda row=row, i=i, shape=shape: replaced(row, i, A(*shape))
                yield name, f"{shape} as argument {i}", call, words
        for place, parameter in enumerate(parameters_of(name).values()):
            if place in floats or parameter.name in getattr(operation.function, "args", ()):
                continue  # an array
            axis = parameter.name in ("axis", "axes", "start_axis")
            ways = (ONE if parameter.name != "axes" else SEVERAL) if axis else BY_NAME.get(parameter.name, {})
            if axis and "Sequence" in str(getattr(parameter.annotation, "__metadata__", "")):
                ways = ways | SEVERAL
            for how, (value, words) in ways.items():
                if value is parameter.default or (how == "three" and name.endswith("3d")):
                    continue
                if how == "an axis twice" and works(row.oracle, *arrays, **row.params | {parameter.name: value}):
                    continue  # one transform after another
                call = lambda row=row, name=parameter.name, value=value: with_parameter(row, name, value)
                yield name, f"{parameter.name} {how}", call, words
