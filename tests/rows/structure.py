"""Axes moved, arrays joined and taken apart, elements chosen, updated and made."""

import numpy as np
import torch

from .row import apart, case, complex_numbers, constant, dims, doubled, listed, mask, normal, positive, real, row

# fmt: off

T = torch

row("swapaxes", case(real(2, 3, 2), axis1=0, axis2=-1), oracle=np.swapaxes, linear="0",
    torch=lambda x, axis1, axis2: x.swapaxes(axis1, axis2))
row("moveaxis", case(real(2, 3, 2), source=(0, 1), destination=(-1, 0)), oracle=np.moveaxis, torch=T.moveaxis,
    linear="0")
row("rollaxis", case(real(2, 3, 2), axis=2, start=1), case(real(2, 3, 2), axis=0, start=3), oracle=np.rollaxis,
    linear="0")
row("permute_dims", case(real(2, 3, 2), axes=(2, 0, 1)), oracle=np.permute_dims, linear="0",
    torch=lambda x, axes: x.permute(axes))
row("rot90", *(case(real(2, 3, 2), k=k, axes=(1, 2)) for k in (-1, 0, 2, 5)), oracle=np.rot90, linear="0",
    torch=lambda x, k, axes: T.rot90(x, k, axes), around=doubled)
row("fliplr", real(2, 3), oracle=np.fliplr, torch=T.fliplr, linear="0")
row("flipud", real(2, 3), complex_numbers(3), oracle=np.flipud, torch=T.flipud, linear="0")
row("ravel", *(case(real(2, 3), order=order) for order in "CF"), case(real()), oracle=np.ravel, linear="0")
for n, function in enumerate((np.atleast_1d, np.atleast_2d, np.atleast_3d), 1):
    row(f"atleast_{n}d", case(real(2), real(2, 3)), oracle=function, linear="01", around=doubled)
    row(f"atleast_{n}d", real(), real(0, 2), oracle=function, linear="0", around=doubled)
row("broadcast_arrays", case(real(2, 1), real(3)), oracle=np.broadcast_arrays, linear="01",
    torch=T.broadcast_tensors)
row("meshgrid", case(real(2), real(3)), oracle=np.meshgrid, linear="01")
row("meshgrid", case(real(2), real(3), real(2), indexing="ij", sparse=True), oracle=np.meshgrid, linear="012")
row("repeat", case(real(2, 3), repeats=3, axis=1), case(real(2, 3), repeats=[2, 0, 1], axis=1),
    case(real(2, 3), repeats=2), oracle=np.repeat, linear="0")
row("resize", case(real(2, 2), new_shape=(3, 3)), case(real(2, 2), new_shape=3), oracle=np.resize, linear="0")
row("unflatten", case(real(2, 6), axis=1, sizes=(2, -1)), oracle=lambda x, axis, sizes: x.reshape(2, 2, 3),
    torch=lambda x, axis, sizes: x.unflatten(axis, sizes), linear="0")

# ── joined and taken apart ────────────────────────────────────────────────────────────────────────────────────────────

for name in ("vstack", "hstack", "dstack", "column_stack"):
    row(name, case(real(3), real(3)), case(real(2, 3), real(2, 3)), oracle=getattr(np, name),
        torch=getattr(T, name), linear="01", packed=listed)
row("append", case(real(2, 3), real(2, 1), axis=1), case(real(2, 3), real(2)), oracle=np.append, linear="01")
row("concatenate", case(real(2, 3), real(2), axis=None), oracle=np.concatenate, linear="01", packed=listed)
row("block", case(real(2, 2), real(2, 1), real(1, 3)), oracle=np.block, linear="012",
    packed=lambda x, y, z: ([[x, y], [z]],))
SPLIT = {"oracle": np.array_split, "linear": "0"}
row("array_split", case(real(2, 5), indices_or_sections=3, axis=1), **SPLIT,
    torch=lambda x, indices_or_sections, axis: T.tensor_split(x, indices_or_sections, axis))
row("array_split", case(real(2, 5), indices_or_sections=[1, 4], axis=1), **SPLIT)
row("hsplit", case(real(2, 4), indices_or_sections=2), oracle=np.hsplit, linear="0")
row("vsplit", case(real(3, 2), indices_or_sections=[1]), oracle=np.vsplit, linear="0")
row("dsplit", case(real(1, 2, 4), indices_or_sections=2), oracle=np.dsplit, linear="0")
row("unstack", case(real(2, 3), axis=1), oracle=np.unstack, torch=dims(T.unbind), linear="0")
row("chunk", case(real(2, 5), chunks=3, axis=1), oracle=lambda x, chunks, axis: (x[:, :2], x[:, 2:4], x[:, 4:]),
    torch=lambda x, chunks, axis: T.chunk(x, chunks, axis), linear="0")
row("delete", case(real(2, 4), obj=[0, 2], axis=1), case(real(2, 4), obj=slice(1, 3)), oracle=np.delete, linear="0")
row("insert", case(real(2, 3), constant([0, 2]), real(2, 1), axis=1), case(real(2, 3), constant(1), real()),
    case(complex_numbers(3), constant(1), complex_numbers(3)), oracle=np.insert, linear="02")
row("sliding_window_view", case(real(2, 5), window_shape=3, axis=1), case(real(3, 4), window_shape=(2, 3)),
    oracle=lambda x, window_shape, axis=None: np.lib.stride_tricks.sliding_window_view(x, window_shape, axis),
    linear="0")

# ── borders ───────────────────────────────────────────────────────────────────────────────────────────────────────────

for mode in ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean", "median", "minimum"):
    sloped = {} if mode in ("maximum", "median", "minimum") else {"linear": "0"}
    row("pad", case(real(3, 3), pad_width=((1, 2), (3, 0)), mode=mode), case(real(3), pad_width=5, mode=mode),
        oracle=np.pad, ties=not sloped, **sloped)
for mode in ("reflect", "symmetric"):
    row("pad", case(real(3, 4), pad_width=((1, 2), (7, 5)), mode=mode, reflect_type="odd"), oracle=np.pad, linear="0")
row("pad", case(real(3, 3), pad_width=2, mode="mean", stat_length=((1, 2), (2, 1))), oracle=np.pad, linear="0")
row("pad", case(real(3, 3), pad_width=2, mode="linear_ramp", end_values=((5.0, -4.0), (1.0, 2.0))),
    case(real(2, 2), pad_width=1, constant_values=((1.0, 2.0), (3.0, 4.0))),
    case(real(2, 2), pad_width={-1: (1, 2)}, constant_values=3.0), oracle=np.pad)

# ── chosen ────────────────────────────────────────────────────────────────────────────────────────────────────────────

row("take", case(real(2, 3), indices=[[0, 2], [2, -1]], axis=1), case(real(2, 3), indices=[7, -1, 0], mode="wrap"),
    case(real(2, 3), indices=[7, -1, 0], axis=0, mode="clip"), case(real(0, 3), indices=np.zeros((2, 0), int)),
    oracle=np.take, linear="0")
YES = constant([True, False, True])
row("compress", case(YES, real(2, 3), axis=1), oracle=np.compress, linear="1")
row("extract", case(mask(2, 3), real(2, 3)), oracle=np.extract, linear="1")
row("select", case(mask(2, 3), mask(2, 3), real(2, 3), real(3), default=3.0), oracle=np.select,
    packed=lambda a, b, x, y: ([a, b], [x, y]))
row("choose", case(constant([1, 0, 1]), real(2, 3), real(3)), case(constant([5, -2, 1]), real(3), real(3), mode="wrap"),
    oracle=np.choose, packed=lambda a, x, y: (a, [x, y]), linear="12")
row("piecewise", case(real(2, 3)), oracle=np.piecewise,
    around=lambda f, x: f(x, [x < -1, x > 1], [lambda v: v * v, lambda v: 3 * v, 2.0]))
row("masked_fill", case(real(2, 3), mask(3), value=0.5), oracle=lambda x, m, value: np.where(m, value, x),
    torch=lambda x, m, value: x.masked_fill(m, value))
row("diagonal", case(real(3, 2, 3), offset=1, axis1=2, axis2=0), case(real(2, 3)), oracle=np.diagonal, linear="0",
    torch=lambda x, offset=0, axis1=0, axis2=1: T.diagonal(x, offset, axis1, axis2))
row("diag", case(real(3), k=-1), case(real(2, 3), k=1), complex_numbers(2), oracle=np.diag,
    torch=lambda v, k=0: T.diag(v, k), linear="0")
row("diagflat", case(real(2, 2), k=1), oracle=np.diagflat, torch=lambda v, k: T.diagflat(v, k), linear="0")
row("matrix_trace", case(real(3, 3, 2), offset=1), oracle=np.trace, linear="0")
row("tril", case(real(2, 3, 3), k=-1), real(0, 3), case(complex_numbers(2, 2)), oracle=np.tril,
    torch=lambda x, k=0: T.tril(x, k), linear="0")
row("triu", case(real(3, 2), k=1), oracle=np.triu, torch=lambda x, k: T.triu(x, k), linear="0")
row("triu", real(3), oracle=np.triu, linear="0")

# ── updated ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def placed(x, axis, indices, values, add=False):
    out, places = x.copy(), np.array(indices)
    for at in np.ndindex(places.shape):
        there = (*at[:axis], places[at], *at[axis + 1:])
        out[there] = values[at] + (out[there] if add else 0)
    return out


def copied(x, axis, indices, values):
    out = x.copy()
    out[(slice(None),) * axis + (np.array(indices),)] = values
    return out


def segments(reduced, empty):
    def of(data, segment_ids, num_segments=None):
        ids = np.asarray(segment_ids)
        parts = [data[ids == k] for k in range(num_segments or ids.max() + 1)]
        return np.array([reduced(part, 0) if len(part) else np.full(data.shape[1:], empty) for part in parts])

    return of


row("gather", case(real(3, 3), constant(0), constant([[0, 1, 0]])), torch=T.gather, linear="0",
    oracle=lambda x, axis, indices: np.take_along_axis(x, indices, axis))
AT = constant(1), constant([[0], [1]]), real(2, 1)
row("scatter", case(real(3, 3), *AT), oracle=placed, torch=T.scatter, linear="03")
row("scatter_add", case(real(3, 3), constant(0), constant([[0, 1, 0]]), real(1, 3)), torch=T.scatter_add,
    linear="03", oracle=lambda *given: placed(*given, add=True))
row("index_add", case(real(3, 3), constant(0), constant([2, 2]), real(2, 3)), torch=T.index_add, linear="03",
    oracle=lambda x, axis, index, values: x + np.eye(3)[:, index] @ values)
row("index_copy", case(real(3, 3), constant(1), constant([2, 0]), real(3, 2)), oracle=copied, torch=T.index_copy,
    linear="03")
for name, of, empty in (("sum", np.sum, 0.0), ("mean", np.mean, 0.0), ("max", np.max, -np.inf),
                        ("min", np.min, np.inf)):
    straight = {"linear": "0"} if not empty else {"ties": True}
    row(f"segment_{name}", case(apart(3, 2), segment_ids=[1, 0, 1]), oracle=segments(of, empty), **straight)
row("segment_sum", case(apart(3, 2), segment_ids=[3, 0, 3]), case(apart(0, 2), segment_ids=np.zeros(0, int),
    num_segments=3), oracle=segments(np.sum, 0.0), linear="0")
row("index_set", case(real(4, 3), real(2, 3), index=np.array([2, 0])), linear="01",
    oracle=lambda x, v, index: copied(x, 0, index, v))

# ── made ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

MADE = {"made": True}
row("linspace", case(real(2), real(2), num=4), case(real(2), real(), num=4, endpoint=False, axis=-1),
    case(complex_numbers(), complex_numbers(), num=3), oracle=np.linspace, linear="01", **MADE)
row("logspace", case(real(), real(2), num=4, base=3.0), oracle=np.logspace, **MADE)
row("geomspace", case(positive(2), positive(2), num=4), oracle=np.geomspace, **MADE)
row("vander", case(real(4), N=3), case(real(3), increasing=True), oracle=np.vander)
row("full_like", real(), oracle=lambda x, v: np.full_like(x, v), linear="0", **MADE,
    around=lambda f, v: f(np.zeros((2, 3), v.dtype), v))
row("full", case(constant((2, 3)), real()), oracle=lambda shape, value: np.full(shape, value), linear="1", **MADE)
row("array", case(real(), real()), oracle=lambda entries: np.array(entries),
    packed=lambda x, y: ([[x, 1.0], [y, 0.5]],), **MADE)
row("copy", real(2, 3), complex_numbers(2), real(), oracle=np.copy, torch=T.clone, linear="0")
for name, given in {
    "zeros": ((2, 3),), "ones": (3,), "empty": ((0, 2),), "eye": (2, 3, 1), "identity": (2,), "tri": (2, 3, 1),
    "arange": (1, 7, 2),
}.items():
    row(name, case(*map(constant, given)), oracle=getattr(np, name), flat=True, **MADE)
for name in ("zeros_like", "ones_like"):
    row(name, normal(2, 3), oracle=getattr(np, name), flat=True, **MADE)
row("empty_like", normal(0, 3), oracle=np.empty_like, flat=True, **MADE)
