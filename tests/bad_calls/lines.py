"""What goes along one axis, or through all axes by letters: sums, differences, order, parts, copies, products, QR."""

import numpy as np

import autograd_mini as ag

from .given import A, T

CALLS = {
    "cumsum": {
        "over two axes": lambda: T(2, 3).cumsum((0, 1)),
        "of a number over an axis": lambda: ag.cumsum(T(), 0),
    },
    "diff": {
        "−1 times": lambda: T(3).diff(-1),
        "of a number": lambda: ag.diff(2.0),
        "beside what does not fit": lambda: T(2, 3).diff(prepend=T(3)),
        "beside text": lambda: T(3).diff(append="a"),
        "beside a list of Tensors": lambda: T(3).diff(append=[T(), T()]),
    },
    "roll": {
        "by a fraction": lambda: T(3).roll(0.5),
        "by text": lambda: T(3).roll("a"),
        "by three along two": lambda: T(2, 3).roll((1, 2, 3), (0, 1)),
    },
    "tile": {
        "−1 times": lambda: T(3).tile(-1),
        "half a time": lambda: T(3).tile((2, 0.5)),
    },
    "np.sort": {
        "by a field": lambda: np.sort(T(3), order="a"),
    },
    "np.cumsum": {
        "into an array": lambda: np.cumsum(T(3), out=A(3)),
        "in integers": lambda: np.cumsum(T(3), dtype=int),
    },
    "take_along_axis": {
        "at fractions": lambda: ag.take_along_axis(T(3), A(3)),
        "beyond the last": lambda: ag.take_along_axis(T(2, 3), np.array([[3]]), 1),
        "with fewer axes": lambda: ag.take_along_axis(T(2, 3), np.array([0]), 1),
        "with other lengths": lambda: ag.take_along_axis(T(2, 3), np.zeros((5, 2), int), 1),
        "in one line with two axes": lambda: ag.take_along_axis(T(2, 3), np.array([[0]]), None),
    },
    "split": {
        "into unequal parts": lambda: T(4).split(3),
        "into no parts": lambda: T(4).split(0),
        "into half a part": lambda: T(4).split(0.5),
        "before places that go back": lambda: T(4).split([3, 1]),
        "before places in words": lambda: T(4).split(["a"]),
        "np.split into unequal parts": lambda: np.split(T(4), 3),
    },
    "einsum": {
        "with too few operands": lambda: ag.einsum("ij,jk", T(2, 3)),
        "of nothing": lambda: ag.einsum("i"),
        "of too few axes": lambda: ag.einsum("ij", T(3)),
        "of lengths that differ": lambda: ag.einsum("ij,jk", T(2, 3), T(2, 3)),
        "of further axes that differ": lambda: ag.einsum("...,...", T(2, 3), T(2)),
        "of no diagonal": lambda: ag.einsum("ii", T(2, 3)),
        "to a letter twice": lambda: ag.einsum("ij->ii", T(2, 3)),
        "to a letter of no operand": lambda: ag.einsum("ij->k", T(2, 3)),
        "to fewer than the further axes": lambda: ag.einsum("...i->i", T(2, 3)),
        "to two terms": lambda: ag.einsum("i->i,", T(3)),
        "by two arrows": lambda: ag.einsum("i->i->i", T(3)),
        "by two ellipses": lambda: ag.einsum("......", T(3)),
        "by two dots": lambda: ag.einsum("i..", T(3)),
        "by digits": lambda: ag.einsum("1", T(3)),
        "no text": lambda: np.einsum(T(3), "i"),
        "of more axes than letters": lambda: ag.einsum("...,aA", T(*[1] * 51), T(1, 1)),
    },
    "np.einsum": {
        "into an array": lambda: np.einsum("i->", T(3), out=A()),
        "in a dtype": lambda: np.einsum("i->", T(3), dtype=float),
    },
    "qr": {
        "of one axis": lambda: ag.qr(T(3)),
        "back through a column of zeros": lambda: ag.qr(ag.pad(T(3, 1), ((0, 0), (0, 1))))[1].sum().backward(),
        "back through zeros": lambda: ag.qr(T(2, 3, 2) * 0)[0].sum().backward(),
        "back through a wide matrix that begins with zeros": lambda: (
            ag.qr(ag.pad(T(2, 1), ((0, 0), (1, 1))))[1].sum().backward()
        ),
        "complete and tall": lambda: np.linalg.qr(T(3, 2), mode="complete"),
        "in another mode": lambda: np.linalg.qr(T(3, 2), mode="raw"),
    },
}
