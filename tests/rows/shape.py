"""What moves elements, picks and sorts them: all of it linear, but for sorting and a border that is not 0."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F

from .row import apart, case, constant, listed, normal, row

# fmt: off

row("reshape", *(case(normal(*shape), shape=new) for shape, new in (
    ((2, 3, 2), (12,)), ((6,), (2, 1, 3)), ((1, 1), ()), ((2, 3, 2), (-1,)), ((2, 3, 2), [2, -1, 2]), ((2, 3), 6))),
    oracle=np.reshape, torch=lambda x, shape: x.reshape(shape), linear="0")
row("transpose", normal(2, 3, 4), case(normal()),
    *(case(normal(2, 3, 2), axes=axes) for axes in (*itertools.permutations(range(3)), (-1, 0, 1), [0, -1, -2])),
    case(normal(2, 3, 2, 2), axes=(0, 2, 3, 1)), oracle=np.transpose, linear="0",
    torch=lambda x, axes=None: x.permute(tuple(range(x.ndim))[::-1] if axes is None else axes))
row("matrix_transpose", normal(2, 3), normal(2, 3, 4), oracle=lambda x: np.swapaxes(x, -1, -2),
    torch=lambda x: x.mT, linear="0")
row("broadcast_to", *(case(normal(*shape), shape=new) for shape, new in (
    ((1, 3), (4, 3)), ((3,), (2, 2, 3)), ((), (2, 3)), ((2, 1, 3), (2, 4, 3)), ((2, 3), (2, 3)),
    ((1, 3, 1), (2, 2, 3, 2)))), oracle=np.broadcast_to, torch=lambda x, shape: x.broadcast_to(shape), linear="0")
row("flatten", normal(2, 3, 2), *(case(normal(2, 3, 2), start_axis=i) for i in (1, 2, -1)), linear="0",
    oracle=lambda x, start_axis=0: x.reshape(*x.shape[:start_axis], -1),
    torch=lambda x, start_axis=0: x.flatten(start_axis))
row("flatten", normal(), oracle=np.ravel, torch=torch.ravel, linear="0")
row("squeeze", normal(1, 3, 1, 1), *(case(normal(1, 3, 1, 1), axis=axis) for axis in (0, 2, -1, (0, 3), (-2, 0))),
    oracle=np.squeeze, torch=lambda x, axis=None: x.squeeze() if axis is None else x.squeeze(axis), linear="0")
row("expand_dims", *(case(normal(2, 3), axis=axis) for axis in (0, 1, -1, (0, -1), [1, 3])),
    oracle=lambda x, axis: np.expand_dims(x, tuple(axis) if isinstance(axis, list) else axis), linear="0",
    torch=lambda x, axis: x.reshape(np.expand_dims(x.detach(), tuple(np.atleast_1d(axis))).shape))
row("flip", normal(2, 3), *(case(normal(2, 3, 2), axis=axis) for axis in (None, 0, -1, (0, 2), (-1, 1), ())),
    oracle=np.flip, torch=lambda x, axis=None: x.flip(tuple(range(x.ndim)) if axis is None else axis), linear="0")
row("roll", *(case(normal(2, 3, 2), shift=shift, axis=axis) for shift, axis in (
    (1, 0), ((-2, 1), (-1, 0)), (3, (0, 1)), ((1, 1), (0, 0)), (2, None), ((1, 4), None))),
    case(normal(0, 3), shift=1, axis=0), case(normal(), shift=3), oracle=np.roll, linear="0",
    torch=lambda x, shift, axis=None: x.roll(int(np.sum(shift))) if axis is None else x.roll(
        *map(tuple, np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis)))))
row("tile", *(case(normal(2, 3), reps=reps) for reps in (2, (2, 3), (2, 1, 2), ())),
    case(normal(2), reps=np.array([2])), case(normal(), reps=(2, 2)), case(normal(2, 3), reps=(0, 2)),
    oracle=np.tile, linear="0",
    torch=lambda x, reps: x.tile(tuple(np.atleast_1d(reps).astype(int).tolist())))


# ── joining, cutting, padding ─────────────────────────────────────────────────────────────────────────────────────────


def joined(*shapes, **how):
    return case(*(normal(*shape) for shape in shapes), **how)


row("concatenate", joined((3,)), oracle=np.concatenate, torch=torch.cat, linear="0", packed=listed)
row("concatenate", joined((2, 3), (1, 3), (4, 3)), joined((2, 3, 2), (0, 3, 2), (1, 3, 2)), oracle=np.concatenate,
    torch=torch.cat, linear="012", packed=listed)
row("concatenate", joined((3, 2), (3, 5), axis=1), joined((2, 3, 2, 2), (2, 1, 2, 2), axis=1),
    joined((2, 1), (2, 3), axis=-1), oracle=np.concatenate, torch=torch.cat, linear="01", packed=listed)
row("stack", *(joined((2, 3), (2, 3), **how) for how in ({}, {"axis": 1}, {"axis": -1}, {"axis": 2})), joined((), ()),
    oracle=np.stack, torch=lambda parts, axis=0: torch.stack(parts, axis), linear="01", packed=listed)
row("split", *(case(normal(*shape), indices_or_sections=at, axis=axis) for at, axis, shape in (
    (3, 1, (2, 3)), ((1, 3), 0, (4, 2)), ([1, -1], 1, (2, 3)), ((2, 2, 3), -1, (2, 3)), ((0,), 0, (2,)), (1, 0, (2,)))),
    case(normal(2, 3), indices_or_sections=np.array([1, 7])),
    case(normal(0, 3), indices_or_sections=2), linear="0",
    oracle=np.split, torch=lambda x, indices_or_sections, axis=0: torch.cat([part.flatten() for part in
    x.tensor_split(indices_or_sections if np.ndim(indices_or_sections) == 0 else tuple(
        min(int(i), x.shape[axis]) for i in indices_or_sections), axis)]))


row("split", case(normal(2, 3), indices_or_sections=[]), oracle=np.split, linear="0")  # PyTorch wants some


def padded(x, pad_width, value=0.0):
    return np.pad(x, pad_width, constant_values=value)


def padded_in_torch(x, pad_width, value=0.0):
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))[::-1]
    return F.pad(x, tuple(map(int, widths.ravel())), value=value)


WIDTHS = (((1, 2), (0, 3)), ((0, 0), (2, 1)), 1, (1, 2), ((1,), (2,)), 0)
row("pad", *(case(normal(2, 3), pad_width=width) for width in WIDTHS), oracle=padded, torch=padded_in_torch, linear="0")
row("pad", *(case(normal(2, 3), pad_width=width, value=-1.5) for width in WIDTHS), oracle=padded, torch=padded_in_torch)

# ── indexing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

INDICES = {
    "number": 1,
    "negative number": -2,
    "slices": (slice(1, 3), slice(None), 0),
    "steps": (slice(None, None, 2), slice(2, None)),
    "new axes": (None, ..., 1, None),
    "ellipsis between": (1, ..., slice(0, 2)),
    "one element": (1, -1, 0),
    "list": [0, 2, 2],
    "list in a tuple": (slice(None), [2, 0]),
    "array": np.array([[0, 3], [3, 0]]),
    "repeated": np.array([0, 2, 0, 3, 0]),
    "pairs": (np.array([[0, 1], [1, 0]]), np.array([[2, 0], [0, 2]])),
    "arrays that broadcast": (np.array([[0], [1]]), np.array([0, 2, 2])),
    "arrays apart": (np.array([0, 1, 0]), slice(None), np.array([1, 0, 1])),
    "array and new axis": (np.array([0, 1]), None, slice(1, 3)),
    "mixed": (np.array([3, 3, 1]), slice(0, 2), np.array([1, 1, 0])),
    "negative": (np.array([-1, 0, -1]),),
    "mask": np.arange(24).reshape(4, 3, 2) % 5 < 2,
    "mask of rows": np.array([True, False, True, True]),
    "mask of one axis": (slice(None), np.array([True, False, True])),
    "mask and array": (np.array([True, False, True, False]), np.array([0, 2])),
    "nothing": np.array([], int),
    "empty mask": np.zeros(4, bool),
    "everything": ...,
}
BACKWARDS = (slice(None, None, -1), slice(2, None, -2))  # PyTorch has no negative steps


def as_torch(index):
    if isinstance(index, tuple):
        return tuple(map(as_torch, index))
    return torch.tensor(index) if isinstance(index, np.ndarray | list) else index


def added(y, shape, index):
    """One by one, at the flat positions that the index picks."""
    out = np.zeros(shape)
    for place, value in zip(np.arange(out.size).reshape(shape)[index].ravel(), np.ravel(y), strict=True):
        out.flat[place] += value
    return out


def added_in_torch(y, shape, index):
    picked = np.arange(np.prod(shape)).reshape(shape)[index]
    zeros = torch.zeros(int(np.prod(shape)), dtype=y.dtype)
    return zeros.index_add(0, torch.tensor(picked.ravel()), y.reshape(-1)).reshape(shape)


row("getitem", *(case(normal(4, 3, 2), index=index, called=name) for name, index in INDICES.items()),
    oracle=lambda x, index: x[index], torch=lambda x, index: x[as_torch(index)], linear="0")
row("getitem", case(normal(4, 3, 2), index=BACKWARDS, called="backwards"), oracle=lambda x, index: x[index],
    torch=lambda x, index: x.flip(0, 1)[:, ::2], linear="0")
row("index_add", *(case(normal(*np.empty((4, 3, 2))[index].shape), shape=(4, 3, 2), index=index, called=name)
    for name, index in {**INDICES, "backwards": BACKWARDS}.items()), oracle=added, torch=added_in_torch, linear="0",
    bound=True)

# ── along an axis ─────────────────────────────────────────────────────────────────────────────────────────────────────


def added_along(y, indices, shape, axis):
    return added(y, shape, np.unravel_index(places_along(indices, shape, axis), shape))


def places_along(indices, shape, axis):
    return np.take_along_axis(np.arange(np.prod(shape)).reshape(shape), np.asarray(indices), axis)


for shape, indices, axis in (
    ((2, 3), np.array([[2, 0, 2, -1], [1, 1, 0, 2]]), 1),
    ((3, 2), np.array([[-1, 0], [1, -3]]), 0),
    ((2, 3, 2), np.array([[[0], [2]]]), 1),
    ((1, 3), np.array([[0, 1], [2, 2]]), 1),
    ((2, 3), np.array([5, 0, 5]), None),
    ((2, 3), np.empty((0, 3), int), 0),
):
    row("take_along_axis", case(normal(*shape), constant(indices), axis=axis, called=f"{indices.tolist()} of {shape}"),
        oracle=np.take_along_axis, linear="0", torch=lambda x, indices, axis: torch.take_along_dim(
            x, indices if axis is None else indices % x.shape[axis], axis))
    picked = places_along(indices, shape, axis).shape
    row("add_along_axis", case(normal(*picked), constant(indices), shape=shape, axis=axis,
        called=f"{indices.tolist()} of {shape}"), oracle=added_along, linear="0", torch=lambda y, indices, shape, axis:
        added_in_torch(y, shape, np.unravel_index(places_along(indices, shape, axis), shape)))

row("take_along_axis", case(normal(2, 2, 3), constant([[[0, 2]]])), oracle=np.take_along_axis, linear="0",
    torch=lambda x, indices: torch.take_along_dim(x, indices, -1))
ALONG = (apart(2, 2, 3), case(apart(3, 2), axis=0), case(apart(2, 3, 2), axis=1), case(apart(2, 3), axis=None))
row("sort", *ALONG, case(apart(0, 3), axis=0), case(apart(), axis=None), ties=True, oracle=np.sort,
    torch=lambda x, axis=-1: torch.sort(x.reshape(-1) if axis is None else x, -1 if axis is None else axis)[0])
row("argsort", *(case(apart(2, 3, 2), axis=axis) for axis in (None, 0, 2)), oracle=np.argsort, flat=True,
    torch=lambda x, axis: torch.argsort(x.reshape(-1), 0) if axis is None else torch.argsort(x, axis))
