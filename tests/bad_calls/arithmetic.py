"""Functions of single elements, and products: shapes, dtypes, parameters."""

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from .given import A, T


def in_place(change, name=None):
    x = T(3, name=name)
    change(x)


def under_no_grad(change):
    x = T(3)
    with ag.no_grad():
        change(x)


def add_in_place(x):
    x += 1


def subtract_in_place(x):
    x -= 1


def multiply_in_place(x):
    x *= 2


def divide_in_place(x):
    x /= 2


def add_too_much_in_place():
    x = T(3)
    with ag.no_grad():
        x += np.ones(4)


CALLS = {
    "add": {
        "shapes": lambda: T(2, 3) + T(2, 4),
        "on the left": lambda: A(2) + T(3),
        "of arrays": lambda: ag.add(A(2), A(3)),
        "np.add": lambda: np.add(T(2), A(3)),
        "+=": lambda: in_place(add_in_place, name="w"),
        "+= of another shape": add_too_much_in_place,
        "of a generator": lambda: T(2) + (i for i in range(2)),
        "of text on the left": lambda: "a" + T(2),
        "sum() of other shapes": lambda: sum([T(2), T(3)]),
        "+= of text": lambda: under_no_grad(lambda x: x.__iadd__("a")),
        "+= of None": lambda: under_no_grad(lambda x: x.__iadd__(None)),
        "+= of a complex number": lambda: under_no_grad(lambda x: x.__iadd__(1j)),
        "+= of more": lambda: under_no_grad(lambda x: x.__iadd__(np.ones((2, 3)))),
    },
    "subtract": {
        "shapes": lambda: T(4, 3) - A(2, 3),
        "-=": lambda: in_place(subtract_in_place),
        "of booleans": lambda: Tensor([True]) - Tensor([False]),
        "-= of another shape": lambda: under_no_grad(lambda x: x.__isub__(np.ones(4))),
    },
    "multiply": {
        "shapes": lambda: T(5) * T(3),
        "*=": lambda: in_place(multiply_in_place),
        "*= of another shape": lambda: under_no_grad(lambda x: x.__imul__(np.ones(4))),
    },
    "divide": {
        "shapes": lambda: T(3) / T(4),
        "/=": lambda: in_place(divide_in_place),
        "/= by another shape": lambda: under_no_grad(lambda x: x.__itruediv__(np.ones(4))),
    },
    "power": {
        "shapes": lambda: T(3) ** T(2),
        "of integers to the -1": lambda: Tensor([2]) ** -1,
    },
    "maximum": {
        "shapes": lambda: ag.maximum(T(3), T(4)),
    },
    "minimum": {
        "shapes": lambda: ag.minimum(T(3), T(4)),
    },
    "where": {
        "shapes": lambda: ag.where(A(3) > 0, T(4), T(3)),
        "with None as the condition": lambda: ag.where(None, T(2), T(2)),
        "with text as the condition": lambda: ag.where("abc", T(2), T(2)),
    },
    "less": {
        "shapes": lambda: T(2) < T(3),
        "np.less": lambda: np.less(T(2), A(3)),
        "with None": lambda: T(2) < None,
        "with text": lambda: T(2) < "a",
    },
    "equal": {
        "shapes": lambda: T(2) == T(3),
        "with text": lambda: T(2) == "a",
    },
    "exp": {
        "np.exp of a list of Tensors and text": lambda: ag.exp([T(2), "a"]),
    },
    "relu": {
        "of nothing": lambda: ag.relu(),
        "of two": lambda: ag.relu(T(2), T(3)),
        "replaced rule that asks for an unknown name": lambda: ag.grad(
            ag.relu(x := T(3)).sum(), x, rules={"relu": {"x": lambda g, y: g}}
        ),
    },
    "matmul": {
        "shapes": lambda: T(2, 3) @ T(4, 5),
        "of vectors": lambda: T(3) @ T(4),
        "of a scalar": lambda: T() @ T(3),
        "of stacks": lambda: T(2, 3, 4) @ T(5, 4, 6),
        "with an array of text": lambda: T(2, 2) @ np.array(["a", "b"]),
        "with a number": lambda: T(2, 2) @ 2,
        "with a number on the left": lambda: 2 @ T(2, 2),
        "with objects": lambda: T(2, 2) @ np.full((2, 2), None),
    },
    "linear": {
        "shapes": lambda: ag.linear(T(2, 3), T(4, 5)),
        "of a scalar": lambda: ag.linear(T(), T(2, 3)),
        "bias": lambda: ag.linear(T(5, 2), T(4, 2), T(3)),
        "listed bias": lambda: ag.linear(T(5, 2), T(4, 2), [1.0, 2.0]),
        "with a weight that is a vector": lambda: ag.linear(T(2, 3), T(3)),
        "with the weight as it is in x @ w": lambda: ag.linear(T(2, 3), T(3, 4)),
        "with the bias as a column": lambda: ag.linear(T(2, 3), T(4, 3), T(4, 1)),
        "with a bias in words": lambda: ag.linear(T(2, 3), T(1, 3), "a"),
    },
    "clip": {
        "to nothing": lambda: T(2).clip(),
        "to text": lambda: T(2).clip("a"),
    },
    "dropout": {
        "of everything": lambda: ag.dropout(T(2), 1),
        "of less than nothing": lambda: ag.dropout(T(2), -0.1),
        "with rng in words": lambda: ag.dropout(T(2), 0.5, rng="a"),
        "with rng below 0": lambda: ag.dropout(T(2), 0.5, rng=-1),
    },
    "negative": {
        "of booleans": lambda: -Tensor([True]),
    },
    "leaky_relu": {
        "with a Tensor as its slope": lambda: ag.leaky_relu(T(2), Tensor(0.5)),
    },
}
