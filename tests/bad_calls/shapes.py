"""What moves elements: shapes, axes, joining, padding, indexing."""

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor

from .given import T

CALLS = {
    "reshape": {
        "to another number of elements": lambda: T(2, 3).reshape(4, 2),
        "with -1": lambda: T(2, 3).reshape(-1, 4),
        "with two -1": lambda: T(2, 3).reshape(-1, -1),
        "with -2": lambda: T(2, 3).reshape(-2, -3),
        "to fractions": lambda: T(2, 3).reshape(2.0, 3.0),
        "to text": lambda: T(2, 3).reshape("a"),
        "to None": lambda: T(4).reshape(None),
        "to True": lambda: T(1).reshape(True),
        "to an array": lambda: T(4).reshape(np.array([2, 2])),
        "to nested lengths": lambda: T(4).reshape((2, (2,))),
        "of nothing with -1": lambda: T(0).reshape(0, -1),
        "to more than can be counted": lambda: T(0).reshape(2**32, 2**32),
    },
    "transpose": {
        "with an axis twice": lambda: T(2, 3).transpose(0, 0),
        "with too few axes": lambda: T(2, 3).transpose(0),
        "with an axis too large": lambda: T(2, 3).transpose(0, 3),
        "with an axis too small": lambda: T(2, 3).transpose(0, -3),
        "by fractions": lambda: ag.transpose(T(2, 3), (1.5, 0.5)),
        "by booleans": lambda: T(2, 3).transpose(True, False),
        "by text": lambda: T(2, 3).transpose("a", "b"),
        "of two axes out of three": lambda: T(2, 3, 4).transpose(1, 2),
        "by an array": lambda: ag.transpose(T(2, 3), np.array([1, 0])),
    },
    "matrix_transpose": {
        "of a vector": lambda: T(3).mT,
    },
    "squeeze": {
        "an axis of another length": lambda: T(2, 1).squeeze(0),
    },
    "flatten": {
        "from an axis that is not there": lambda: T(2, 3).flatten(5),
        "Flatten": lambda: nn.Flatten(7)(T(2, 3)),
        "from two axes": lambda: T(2, 3).flatten((0, 1)),
        "of a number": lambda: T().flatten(1),
    },
    "broadcast_to": {
        "shapes": lambda: ag.broadcast_to(T(2, 3), (2, 4)),
        "fewer axes": lambda: ag.broadcast_to(T(2, 3), (3,)),
        "a number": lambda: ag.broadcast_to(T(1), 3),
        "None": lambda: ag.broadcast_to(T(1), None),
        "a fraction": lambda: ag.broadcast_to(T(1), (2.0,)),
        "-1": lambda: ag.broadcast_to(T(1, 3), (-1, 3)),
    },
    "concatenate": {
        "shapes": lambda: ag.concatenate([T(2, 3), T(2, 4)]),
        "of unequal axes": lambda: ag.concatenate([T(2), T(2, 3)]),
        "of nothing": lambda: ag.concatenate([]),
        "of a number": lambda: ag.concatenate(3),
        "with words": lambda: ag.concatenate([T(2), ["a", "b"]]),
        "of numbers": lambda: ag.concatenate([T(), T()]),
    },
    "stack": {
        "shapes": lambda: ag.stack([T(2), T(3)]),
        "of nothing": lambda: ag.stack([]),
        "of a number": lambda: ag.stack(3),
    },
    "pad": {
        "by less than nothing": lambda: ag.pad(T(2, 3), -1),
        "by fractions": lambda: ag.pad(T(2, 3), 1.5),
        "by too many pairs": lambda: ag.pad(T(2, 3), ((1, 1), (1, 1), (1, 1))),
        "by None": lambda: ag.pad(T(2), None),
        "by True": lambda: ag.pad(T(2), True),
        "by widths in one row": lambda: ag.pad(T(2, 3), (1, 1, 2, 2)),
        "by ragged widths": lambda: ag.pad(T(2, 2), [[1], [1, 2]]),
        "of a number": lambda: ag.pad(T(), 1),
        "with a Tensor": lambda: ag.pad(T(2), 1, Tensor(0.5)),
        "with a complex number": lambda: ag.pad(T(2), 1, 1j),
        "integers with a half": lambda: ag.pad(Tensor([1, 2]), 1, 0.5),
    },
    "getitem": {
        "beyond the last": lambda: T(3)[5],
        "of too many": lambda: T(3)[0, 0],
        "by text": lambda: T(3)["a"],
        "by a mask": lambda: T(3)[np.array([True, False])],
        "by a fraction": lambda: T(3)[1.5],
        "by fractions": lambda: T(3)[[0.0, 1.0]],
        "before the first": lambda: T(3)[-4],
        "of a number": lambda: T()[0],
        "by two ellipses": lambda: T(3)[..., ...],
        "by a step of 0": lambda: T(3)[::0],
        "by a fractional slice": lambda: T(3)[0.5:],
        "by a dict": lambda: T(3)[{}],
        "by a Tensor of fractions": lambda: T(3)[Tensor([0.0])],
        "by a mask of another shape": lambda: T(2, 3)[np.ones((3, 2), bool)],
        "by ragged lists": lambda: T(3)[[[0], [1, 2]]],
        "on the second axis": lambda: T(2, 3)[:, 3],
    },
}
