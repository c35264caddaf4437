"""What a Tensor cannot be made of or turned into."""

import math

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from .given import A, T


def assign(array, index, value):
    array[index] = value


CALLS = {
    "Tensor": {
        "of text": lambda: Tensor("abc"),
        "of objects": lambda: Tensor([object()]),
        "of None": lambda: Tensor(None),
        "of dates": lambda: Tensor(np.array(["2020-01-01"], "M8[D]")),
        "of ragged lists": lambda: Tensor([[1.0, 2.0], [3.0]]),
        "of integers with a gradient": lambda: Tensor([1], requires_grad=True),
        "of booleans with a gradient": lambda: Tensor([True], requires_grad=True),
        "requires_grad set on integers": lambda: setattr(Tensor([1]), "requires_grad", True),
        "of a dict": lambda: Tensor({"a": 1.0}),
        "of a generator": lambda: Tensor(i for i in range(3)),
        "of bytes": lambda: Tensor(b"ab"),
        "of records": lambda: Tensor(np.zeros(2, [("a", float)])),
        "of integers too large for any dtype": lambda: Tensor([2**70]),
        "data replaced by text": lambda: setattr(T(2), "data", "abc"),
        "data replaced by None": lambda: setattr(T(2), "data", None),
        "data of a leaf replaced by integers": lambda: setattr(T(2), "data", np.array([1, 2])),
    },
    "requires_grad": {
        "of a result": lambda: setattr(T(3) * 2, "requires_grad", False),
    },
    "item": {
        "of six": lambda: T(2, 3).item(),
        "of nothing": lambda: T(0).item(),
        "by float": lambda: float(T(2)),
        "by int": lambda: int(T(2)),
        "by a function of math": lambda: math.sqrt(T(2)),
    },
    "bool": {
        "of six": lambda: bool(T(2, 3)),
        "of nothing": lambda: bool(T(0)),
        "by sorted": lambda: sorted([T(2), T(2)]),
        "by max": lambda: max(T(2), T(2)),
        "by looking for one in a list": lambda: T(2) in [T(2)],
        "by if": lambda: 1 if T(2) > 0 else 0,
        "by a chain of comparisons": lambda: 0 < T(2) < 1,
        "by and": lambda: (T(2) > 0) and (T(2) < 1),
    },
    "len": {
        "of a number": lambda: len(T()),
        "by iterating": lambda: list(T()),
        "by unpacking": lambda: [*T()],
    },
    "astype": {
        "of text": lambda: T(2).astype(str),
        "of nonsense": lambda: T(2).astype("nonsense"),
        "to objects": lambda: T(2).astype(object),
        "to dates": lambda: T(2).astype("M8[D]"),
        "a text": lambda: ag.astype("a", float),
        "None": lambda: ag.astype(None, float),
        "to a number": lambda: T(2).astype(3),
    },
    "__dlpack__": {
        "of a leaf": lambda: T(2).__dlpack__(),
    },
    "setitem": {
        "of a row of an array": lambda: assign(A(2, 3), 0, T(3)),
        "of a slice, a list of Tensors": lambda: assign(A(2, 3), slice(2), [T(3), T(3)]),
    },
    "data": {
        "of a recorded result": lambda: setattr((T(3) * 2).named("hidden"), "data", A(3)),
    },
}
