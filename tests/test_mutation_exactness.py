"""The mutation check sees every change of what was saved, by whatever way, and none beside it."""

import ctypes

import numpy as np
import pytest
from cases import every
from leaves import vector as leaf

import autograd_mini as ag
from autograd_mini import Tensor

CHANGED = "the values were changed since"
MIB = 1 << 20


# ── shape, strides and dtype ──────────────────────────────────────────────────────────────────────────────────────────


def change_the_shape(a):
    a.shape = (1, 4)


def change_the_strides(a):
    a.strides = a.strides[::-1]


def change_the_dtype(a):
    a.dtype = a.dtype.newbyteorder()


LAYOUTS = [
    (change_the_shape, "shape"), (lambda a: a.resize((1, 4), refcheck=False), "shape"), (change_the_strides, "strides"),
    (change_the_dtype, "dtype"),
]  # fmt: skip
FORMS = ["a leaf", "a result", "a constant", "the user's own", "a view", "exposed before", "its view exposed before"]
quiet = pytest.mark.filterwarnings("ignore:Setting the:DeprecationWarning")


def saved_as(form):
    """2 × 2 numbers that an operation is about to save, and how somebody gets hold of the array."""
    values = np.arange(4.0).reshape(2, 2) + 1
    x = Tensor(values, requires_grad=True)
    if form == "the user's own":
        return values, lambda: values
    if form == "a constant":
        x = Tensor(values)
    elif form == "a view":
        x = ag.exp(Tensor(np.ones((4, 2)), requires_grad=True))[1:3]
    elif form != "a leaf":
        x = ag.exp(x)
    if "before" in form:
        held = x.data if form == "exposed before" else x.data[:]
        return x, lambda: held if form == "exposed before" else held.base
    return x, lambda: x.data


@quiet
@every(("change", "part"), LAYOUTS, ids=["shape", "resize", "strides", "dtype"])
@every("form", FORMS)
def test_a_layout_changed_in_place_is_an_error(change, part, form):
    x, held = saved_as(form)
    y = Tensor(np.ones((2, 2)), requires_grad=True) * x
    change(held())
    words = rf"multiply saved its y, \(2, 2\) float64, at .*; its {part} was changed since"
    with pytest.raises(RuntimeError, match=words):
        y.sum().backward()


def test_a_buffer_that_is_no_longer_under_a_saved_view_is_an_error_and_is_not_read():
    own, h = np.arange(4.0), leaf(1, 2, 3, 4) + 0.0
    y, z = leaf(1, 2) * own[1:3], leaf(1, 2) * h[1:3]
    own.resize((5000,), refcheck=False)
    h.data.__setstate__((1, (1 << 16,), np.dtype(float), False, bytes(8 << 16)))
    for result in (y, z):
        with pytest.raises(RuntimeError, match=r"multiply saved its y, \(2,\) float64.*; its buffer was changed since"):
            result.sum().backward()


@quiet
def test_the_shape_of_an_array_is_nothing_to_a_saved_view_of_it():
    h, w = leaf(1, 1, 1, 1) + 0.0, leaf(1, 2)
    y = h[1:3] * w
    h.data.shape = (2, 2)
    y.sum().backward()
    np.testing.assert_array_equal(w.grad, [1, 1])


@quiet
def test_the_array_that_a_view_was_taken_of_is_checked_when_the_view_is_exposed():
    h = leaf(1, 1, 1, 1) + 0.0
    y = h * leaf(1, 2, 3, 4)
    h[1:3].data.base.shape = (2, 2)
    with pytest.raises(RuntimeError, match=r"multiply saved its x, .*its shape was changed since"):
        y.sum().backward()


# ── parts of a buffer ─────────────────────────────────────────────────────────────────────────────────────────────────

PARTS = {
    "the first half": np.s_[: 1 << 10],
    "every other row": np.s_[::2],
    "rows from the last": np.s_[::-2],
    "some columns": np.s_[:, 2:5],
    "one element": np.s_[7:8, 3:4],
    "nothing": np.s_[3:3],
    "a column from the last": np.s_[::-1, 1],
}


@every("part", PARTS.values(), ids=PARTS)
@every("turned", [False, True], ids=["C", "Fortran"])
@every("dtype", ["f8", "f4", ">f8"])
def test_a_change_is_an_error_exactly_where_it_meets_the_saved_part(part, turned, dtype):
    """Up to a mebibyte: all elements of the saved part, and all others, are tried at the rim and in the middle."""
    rows, columns = 1 << 11, 8
    inside = np.zeros((rows, columns), bool)
    inside[part] = True
    places = [np.argwhere(inside == wanted) for wanted in (True, False)]
    chosen = {(int(i), int(j)) for at in places for i, j in (at[[0, len(at) // 2, -1]] if len(at) else ())}
    for row, column in sorted(chosen):
        start = np.zeros((columns, rows) if turned else (rows, columns), dtype)
        h = Tensor(start, requires_grad=True) + 1.0
        h = h.T if turned else h
        w = leaf(1)
        y = (h[part] * w).sum()
        assert h.data.nbytes <= MIB
        h.data[row, column] = 5
        if inside[row, column]:
            with pytest.raises(RuntimeError, match=CHANGED):
                y.backward()
        else:
            y.backward()
            np.testing.assert_array_equal(w.grad, [inside.sum()])


@pytest.mark.parametrize("part", [np.s_[:1000], np.s_[:, :5], np.s_[::-1, 3], np.s_[3:3]], ids=str)
def test_of_a_large_buffer_a_change_in_another_block_is_no_error(part):
    def changed_at(row, column):
        h = Tensor(np.zeros((4096, 512), np.float32), requires_grad=True) + 1.0
        w = Tensor(np.ones(1, np.float32), requires_grad=True)
        y = (h[part] * w).sum()
        assert h.data.nbytes > MIB
        h.data[row, column] = 5
        y.backward()
        return w.grad.item()

    saved = np.zeros((4096, 512), bool)
    saved[part] = True
    if saved.any():
        for row, column in np.argwhere(saved)[[0, -1]]:
            with pytest.raises(RuntimeError, match=CHANGED):
                changed_at(row, column)
    blocks = saved.reshape(-1, 1024).any(1)  # of 4 KiB
    free = np.flatnonzero(~blocks)
    for block in free[[0, -1]] if free.size else ():
        assert changed_at(*divmod(int(block) * 1024, 512)) == saved.sum()


def test_of_two_saved_parts_only_the_changed_one_is_an_error():
    h = Tensor(np.zeros(8), requires_grad=True) + 1.0
    w = Tensor(np.ones(4), requires_grad=True)
    left, right = (h[:4] * w).sum(), (h[4:] * w).sum()
    h.data[5] = 3
    left.backward()
    with pytest.raises(RuntimeError, match=CHANGED):
        right.backward()


# ── other ways to write ───────────────────────────────────────────────────────────────────────────────────────────────


def flip_bits(a):
    a ^= 1


WRITES = {
    "memoryview": lambda a: flip_bits(np.asarray(memoryview(a).cast("B"))[3:4]),
    "ctypes": lambda a: ctypes.memset(a.ctypes.data, 1, a.itemsize),
    "frombuffer": lambda a: flip_bits(np.frombuffer(a, np.uint8)[-1:]),
    "a view of bytes": lambda a: flip_bits(a.view(np.uint8)[..., 0]),
    "a structured view": lambda a: flip_bits(a.view([("half", "u4"), ("other", "u4")])["other"]),
    "fill": lambda a: a.fill(9),
    "swapped bytes": lambda a: a.byteswap(inplace=True),
}


@every("write", WRITES.values(), ids=WRITES)
@every("form", FORMS)
def test_a_write_is_seen_by_whatever_way(write, form):
    x, held = saved_as(form)
    y = Tensor(np.ones((2, 2)), requires_grad=True) * x
    write(held())
    with pytest.raises(RuntimeError, match=r"multiply saved its y, \(2, 2\) float64.*" + CHANGED):
        y.sum().backward()


def test_bytes_shared_with_the_users_own_array_are_checked():
    memory = bytearray(np.arange(3.0).tobytes())
    w = leaf(1, 2, 3)
    y = w * np.frombuffer(memory)
    memory[15] ^= 1
    with pytest.raises(RuntimeError, match=CHANGED):
        y.sum().backward()


def test_arrays_without_axes_or_elements_are_checked():
    x = Tensor(np.array(2.0), requires_grad=True)
    y = x * x
    x.data[...] = 3
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()
    empty = Tensor(np.zeros((0, 3)), requires_grad=True)
    y = (empty * empty).sum()
    empty.data[...] = 1
    y.backward()
    np.testing.assert_array_equal(empty.grad, np.zeros((0, 3)))


def test_nan_is_itself_and_a_zeros_sign_is_a_value():
    x = leaf(np.nan, 0.0, 1.0)
    y = (x * x).sum()
    x.data[0] = np.nan
    y.backward()
    x.grad = None
    y = (x * x).sum()
    x.data[1] = -0.0
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()
