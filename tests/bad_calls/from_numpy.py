"""What NumPy's functions and operators ask of Tensors that no tape records, or that would lose a gradient."""

import numpy as np

from autograd_mini import Tensor

from .given import A, T

CALLS = {
    "np.tan": {
        "not recorded": lambda: np.tan(T(3)),
    },
    "np.add.accumulate": {
        "not recorded": lambda: np.add.accumulate(T(3)),
    },
    "np.add.reduce": {
        "into an array": lambda: np.add.reduce(T(2, 3), out=A(3)),
        "in integers": lambda: np.add.reduce(T(3), dtype=int),
    },
    "np.prod": {
        "not recorded": lambda: np.prod(T(2, 2), axis=0),
    },
    "np.dot": {
        "with three axes": lambda: np.dot(T(2), T(1, 2, 2)),
        "into an array": lambda: np.dot(T(2, 2), T(2, 2), out=A(2, 2)),
    },
    "np.tensordot": {
        "not recorded": lambda: np.tensordot(T(2), T(2), 1),
        "the constant first": lambda: np.tensordot(A(2), T(2), 1),
    },
    "np.vstack": {
        "the constant first": lambda: np.vstack([Tensor([1.0, 2.0]), T(2)]),
    },
    "np.interp": {
        "the last argument": lambda: np.interp(0.5, A(2), T(2)),
    },
    "np.average": {
        "a keyword": lambda: np.average(Tensor([1.0, 2.0]), weights=T(2)),
    },
    "np.block": {
        "a nested list": lambda: np.block([[Tensor([1.0]), T(1)], [T(1), T(1)]]),
    },
    "np.copyto": {
        "an array": lambda: np.copyto(A(2), T(2)),
        "a Tensor": lambda: np.copyto(T(2), A(2)),
    },
    "np.partition": {
        "not recorded": lambda: np.partition(T(3), 1),
    },
    "np.array_split": {
        "not recorded": lambda: np.array_split(T(4), 2),
    },
    "np.add.at": {
        "a Tensor": lambda: np.add.at(T(2), [0], 1),
        "an array": lambda: np.add.at(A(2), [0], T(1)),
    },
    "np.add": {
        "into a Tensor": lambda: np.add(T(2), 1, out=T(2)),
        "into an array": lambda: np.add(1, T(2), out=A(2)),
        "array += Tensor": lambda: A(2).__iadd__(T(2)),
        "where": lambda: np.add(T(2), 1, where=np.array([True, False])),
    },
    "np.power": {
        "in a dtype": lambda: np.power(T(2), 2, dtype=float),
    },
    "np.remainder": {
        "by %": lambda: T(2) % 2,
        "by % on the right": lambda: 2 % T(2),
    },
    "np.divmod": {
        "by divmod": lambda: divmod(T(2), 2),
    },
    "np.sum": {
        "in integers": lambda: np.sum(T(3), dtype=int),
        "into an array": lambda: np.sum(T(2, 3), 0, out=A(3)),
        "into a Tensor": lambda: np.sum(A(2, 3), 0, out=T(3)),
    },
    "np.var": {
        "with a mean": lambda: np.var(T(3), mean=A(1)),
        "where": lambda: np.var(T(3), where=np.array([True, False, True])),
        "with half a degree of freedom": lambda: np.var(T(3), ddof=0.5),
    },
    "np.max": {
        "of nothing": lambda: np.max(T(0), initial=1.0),
    },
    "np.clip": {
        "into an array": lambda: np.clip(T(3), 0, 1, out=A(3)),
        "with a rule for casting": lambda: np.clip(T(3), 0, 1, casting="unsafe"),
    },
    "np.pad": {
        "by reflection": lambda: np.pad(T(3), 1, mode="reflect"),
        "with two values": lambda: np.pad(T(3), 1, constant_values=(0, 1)),
        "by a dict": lambda: np.pad(T(3), {0: 1}),
    },
    "np.reshape": {
        "in any order": lambda: np.reshape(T(2, 2), 4, order="A"),
        "copied": lambda: np.reshape(T(2, 2), 4, copy=True),
    },
    "np.concatenate": {
        "into an array": lambda: np.concatenate([T(2), T(2)], out=A(4)),
        "in integers": lambda: np.concatenate([T(2), T(2)], dtype=int, casting="unsafe"),
    },
    "np.ma": {
        "of a Tensor": lambda: np.ma.array(T(2)),
    },
    "bitwise_and": {
        "of shapes": lambda: (T(2) > 0) & (T(3) > 0),
        "of floats": lambda: T(2) & 1,
        "of floats, on the right": lambda: np.array([True, False]) & T(2),
    },
    "invert": {
        "of floats": lambda: ~T(2),
    },
    "left_shift": {
        "of floats": lambda: 1 << T(2),
    },
    "multiply": {
        "by a masked array": lambda: T(2) * np.ma.array([1.0, 2.0], mask=[True, False]),
    },
    "moveaxis": {
        "np.moveaxis to one place": lambda: np.moveaxis(T(2, 3), [0, 1], [0, 0]),
        "np.moveaxis of no such axis": lambda: np.moveaxis(T(2, 3), 2, 0),
    },
    "swapaxes": {
        "np.swapaxes of no such axis": lambda: np.swapaxes(T(2, 3), 0, 2),
    },
    "sum": {
        "np.sum where, of another shape": lambda: np.sum(T(3), where=np.ones((2, 3), bool)),
    },
    "max": {
        "np.max where, without initial": lambda: np.max(T(3), where=np.array([True, False, True])),
    },
    "clip": {
        "np.clip with one bound": lambda: np.clip(T(3), a_min=0),
    },
    "var": {
        "np.var with ddof twice": lambda: np.var(T(3), ddof=1, correction=1),
    },
}
