"""Memory used again: never while anybody looks at it, always once nobody does, and little more than was once needed."""

import gc
import itertools
import os
import threading
import weakref

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import as_strided

import autograd_mini as ag
import nn
from autograd_mini import Tensor
from autograd_mini.kernels import buffers
from autograd_mini.kernels.buffers import LINE, SLACK, WASTE, empty
from tests.reliability.interruptions import at_every_moment, late

SHAPE = (3, 256, 512)  # of float32: 1.5 MiB, so that it is large


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    """A pool of its own for each test."""
    fresh = buffers._Buffers()
    monkeypatch.setattr(buffers, "_buffers", fresh)
    return fresh


def address(array):
    return array.__array_interface__["data"][0]


def held(pool):
    return sum(block.size for block in pool.blocks.values())


# ── handing out ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64, np.float16, bool])
def test_an_array_has_the_shape_and_lies_at_the_beginning_of_a_cache_line(dtype):
    arrays = []
    for shape in [(1 << 20,), (1024, 1025), (3, 5, 7, 11013), (1 << 20, 1)]:
        arrays.append(array := empty(shape, dtype))
        assert (array.shape, array.dtype) == (shape, dtype)
        assert array.flags.c_contiguous and array.flags.writeable and array.flags.aligned  # noqa: PT018
        assert address(array) % LINE == 0
        array[...] = 1  # all of it is there
        assert array.min() == array.max() == 1


def test_what_was_dropped_is_handed_out_again(pool):
    first = empty(SHAPE, np.float32)
    where = address(first)
    del first
    again = empty(SHAPE, np.float32)
    assert address(again) == where
    assert len(pool.blocks) == 1
    other = empty(SHAPE, np.float32)
    assert address(other) != where
    del again
    assert address(empty((512, 3, 256), np.int32)) == where  # of another shape and kind, but as large


def test_of_several_the_smallest_that_is_large_enough_is_taken_and_none_that_is_much_larger():
    sizes = [1 << 21, (1 << 21) + (1 << 18), (1 << 21) + (1 << 17)]
    arrays = [empty((size,), np.uint8) for size in sizes]
    smallest, _, middle = map(address, arrays)
    del arrays
    assert address(empty((1 << 21,), np.uint8)) == smallest
    assert address(empty(((1 << 21) + 1,), np.uint8)) == middle
    small = empty((1 << 20,), np.uint8)
    assert small.base.size <= WASTE * (small.size + LINE)


def test_small_arrays_are_left_to_the_allocator(pool):
    array = empty((buffers.LARGE - 1,), np.uint8)
    assert array.base is None
    assert not pool.blocks
    assert empty((0, 10**6, 10**6), np.float32).shape == (0, 10**6, 10**6)
    assert not pool.blocks
    assert empty((buffers.LARGE,), np.uint8).nbytes == buffers.LARGE
    assert len(pool.blocks) == 1


VIEWS = {
    "itself": lambda a: a,
    "a slice": lambda a: a[1],
    "its last element": lambda a: a[-1:, -1:, -1:],
    "every other": lambda a: a[:, ::2, ::-3],
    "a reshape": lambda a: a.reshape(-1),
    "a transposed view": lambda a: a.T,
    "of another kind": lambda a: a.view(np.uint16),
    "a view of a view of a view": lambda a: a.transpose(2, 0, 1)[5:].swapaxes(0, 1)[None, ..., 7],
    "broadcast": lambda a: np.broadcast_to(a, (4, *a.shape)),
    "strided by hand": lambda a: as_strided(a, (2, 2), (4, 4)),
    "a Tensor": Tensor,
    "a Tensor of a slice": lambda a: Tensor(a)[1:, 3],
    "a Tensor reshaped, transposed and detached": lambda a: Tensor(a).reshape((-1, 512)).T.detach(),
    "a gradient's node": lambda a: Tensor(np.ones(SHAPE, np.float32), requires_grad=True) * a,
    "a memoryview": lambda a: memoryview(a)[1:],
    "a buffer read by NumPy": lambda a: np.frombuffer(a, np.uint8),
    "a PyTorch tensor": torch.from_numpy,
    "an iterator": lambda a: a.flat,
    "a closure": lambda a: lambda: a,
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_nothing_is_handed_out_again_while_it_is_looked_at(view, pool):
    array = empty(SHAPE, np.float32)
    array[...] = 7
    where = address(array)
    looking = view(array)
    del array
    others = [empty(SHAPE, np.float32) for _ in range(3)]
    for other in others:
        assert abs(address(other) - where) >= other.nbytes
        other[...] = -1
    ag.empty_cache()
    block = next(block for block in pool.blocks.values() if address(block) <= where < address(block) + block.size)
    start = where - address(block)
    assert (block[start : start + 4 * np.prod(SHAPE)].view(np.float32) == 7).all()
    del block, looking
    assert address(empty(SHAPE, np.float32)) == where


def test_a_tensor_computed_by_a_kernel_keeps_its_memory():
    x = np.ones((2, 8, 160, 160), np.float32)
    out = ag.relu(Tensor(x))
    part = out[0, 0]
    where = address(part.numpy())
    del out
    assert address(ag.relu(x)) != where
    del part
    assert address(ag.relu(x)) == where


# ── how much is held ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(8))
def test_what_is_held_exceeds_what_was_once_in_use_by_no_more_than_the_slack(seed, pool, monkeypatch):
    monkeypatch.setattr(buffers, "LARGE", 1 << 10)
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(1 << 10, 1 << 13, 6)] if seed % 2 else None  # as in training, or any
    live, most = [], 0
    for _ in range(400):
        if live and rng.random() < (0.7 if len(live) > 8 else 0.4):
            array, mark = live.pop(rng.integers(len(live)))
            assert (array == mark).all()
            del array
        else:
            size = int(rng.choice(sizes)) if sizes else int(rng.integers(1 << 10, 1 << 14))
            array, mark = empty((size,), np.uint8), rng.integers(256)
            array[...] = mark
            live.append((array, mark))
            bounds = sorted((address(a), address(a) + a.size) for a, _ in live)
            assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(bounds))
            # each takes a block that may be a little larger; the memory of a cache line is for its beginning
            assert array.base.size <= WASTE * (size + LINE)
            del array
        most = max(most, sum(a.base.size for a, _ in live))
        assert held(pool) <= SLACK * most
    assert len(pool.blocks) > 3
    assert SLACK < 1.2


def test_a_training_step_needs_no_new_memory_the_second_time(kernels, pool):
    net, images, labels = small_net(), *some_data()
    optimizer = nn.SGD(net.parameters(), 0.01, momentum=0.9)
    steps = []
    for _ in range(4):
        train(net, optimizer, images, labels)
        steps.append(sorted((address(block), block.size) for block in pool.blocks.values()))
    assert steps[1] == steps[2] == steps[3]
    assert steps[3]


def test_empty_cache_gives_back_what_is_free_and_only_that_and_forgets_how_much_was_in_use(pool):
    stay, dropped = empty(SHAPE, np.float32), empty(SHAPE, np.float32)
    stay[...] = 3
    gone, stays = weakref.ref(dropped.base), weakref.ref(stay.base)
    del dropped
    assert gone() is not None
    ag.empty_cache()
    assert gone() is None
    assert stays() is not None
    assert held(pool) == stay.base.size
    assert (stay == 3).all()
    del stay
    ag.empty_cache()
    assert stays() is None
    assert held(pool) == 0
    many = [empty(SHAPE, np.float32) for _ in range(10)]
    del many
    ag.empty_cache()
    empty(SHAPE, np.float32)
    other = empty((SHAPE[0] * 2, *SHAPE[1:]), np.float32)
    assert held(pool) == other.base.size  # the one before did not stay beside it


# ── threads and processes ─────────────────────────────────────────────────────────────────────────────────────────────


def test_threads_at_once_get_different_memory(pool, monkeypatch):
    monkeypatch.setattr(buffers, "LARGE", 1 << 12)
    wrong, start = [], threading.Barrier(4)

    def work(mark):
        rng = np.random.default_rng(mark)
        start.wait()
        for _ in range(150):
            arrays = [empty((int(rng.integers(1 << 12, 1 << 14)),), np.uint8) for _ in range(3)]
            for array in arrays:
                array[...] = mark
            wrong.extend(array for array in arrays if not (array == mark).all())

    workers = [threading.Thread(target=work, args=(mark,)) for mark in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_memory_taken_by_a_signal_handler_in_the_midst_of_taking_some_is_other_memory(pool):
    ours, sizes = [], [(2 + i, 1 << 18) for i in range(4)]

    def handler():
        ours.append(empty(sizes[0], np.float32))
        ours.append(empty(sizes[3], np.float32))
        for array in ours:
            array[...] = 1
        if len(ours) % 4:
            ag.empty_cache()

    def take():
        ours.clear()
        staying = [empty(size, np.float32) for size in sizes]
        del staying[1:]
        fresh = [*staying, empty(sizes[0], np.float32), empty(sizes[3], np.float32)]
        ag.empty_cache()
        for array in fresh:
            array[...] = 2
        assert all((array == 1).all() for array in ours)
        starts = sorted((address(array), address(array) + array.nbytes) for array in [*fresh, *ours])
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(starts))

    assert at_every_moment(take, handler) > 100
    ours.clear()
    ag.empty_cache()
    assert held(pool) == 0


def test_an_exception_in_the_midst_of_taking_memory_loses_no_array_and_holds_none(pool):
    staying = empty(SHAPE, np.float32)
    staying[...] = 3

    def take():
        first = empty(SHAPE, np.float32)
        del first
        again = empty(SHAPE, np.float32)
        ag.empty_cache()
        again[...] = 2
        empty((512, 3, 300), np.float32)[...] = 2

    assert at_every_moment(take, late) > 50
    assert (staying == 3).all()
    ag.empty_cache()
    assert held(pool) <= staying.base.size
    del staying
    ag.empty_cache()
    assert held(pool) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_memory_of_its_own_even_while_another_thread_takes_some(pool):
    array = empty(SHAPE, np.float32)
    array[...] = 1
    where = address(array)
    taken, release = threading.Event(), threading.Event()

    def hold():
        nobody = empty((2 * SHAPE[0], *SHAPE[1:]), np.float32)
        pool.reused = lambda block: (taken.set(), release.wait())  # in the midst of it
        del nobody
        empty((2 * SHAPE[0], *SHAPE[1:]), np.float32)

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait()
    child = os.fork()
    if child == 0:
        import signal

        signal.alarm(600)  # rather than wait forever for what nobody here will give back
        pool.reused = lambda block: None
        other = empty(SHAPE, np.float32)
        array[...] = 2
        other[...] = 3
        del array
        ok = address(other) != where and address(empty(SHAPE, np.float32)) == where
        ag.empty_cache()
        os._exit(0 if ok and (other == 3).all() else 1)
    release.set()
    holder.join()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert (array == 1).all()


# ── training ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def small_net():
    rng = np.random.default_rng(1)
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, rng=rng), nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5, rng=rng),
        nn.Flatten(), nn.Linear(16 * 24 * 24, 10, rng=rng),
    )  # fmt: skip


def some_data():
    rng = np.random.default_rng(2)
    return rng.standard_normal((8, 3, 48, 48)).astype(np.float32), rng.integers(0, 10, 8)


def train(net, optimizer, images, labels):
    loss = nn.cross_entropy(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def trained(optimizer):
    """The losses of two steps, and the parameters after them."""
    net, data = small_net(), some_data()
    optimizer = optimizer(net.parameters())
    losses = [train(net, optimizer, *data) for _ in range(2)]
    return *losses, *(p.numpy().copy() for p in net.parameters())


def assert_same(some, others):
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "optimizer", [lambda p: nn.SGD(p, 0.1, momentum=0.9, weight_decay=0.01), nn.AdamW], ids=["SGD", "AdamW"]
)
def test_training_is_the_same_to_the_bit_with_memory_used_again_and_without(kernels, optimizer, pool, monkeypatch):
    found = trained(optimizer)
    assert pool.blocks
    again = trained(optimizer)
    pool.blocks.clear()
    monkeypatch.setattr(buffers, "LARGE", float("inf"))
    expected = trained(optimizer)
    assert not pool.blocks
    assert_same(found, expected)
    assert_same(again, expected)


def test_no_kernel_relies_on_what_was_in_the_memory_before(kernels, monkeypatch):
    expected = trained(nn.Adam)
    take = buffers._Buffers.take

    def poisoned(self, size):
        block = take(self, size)
        block[...] = 0xFF  # nan, as a number
        return block

    monkeypatch.setattr(buffers._Buffers, "take", poisoned)
    assert_same(trained(nn.Adam), expected)


def test_a_graph_that_is_dropped_gives_its_memory_back_without_the_garbage_collector(kernels, pool):
    gc.collect()
    gc.disable()
    try:
        net, data = small_net(), some_data()
        loss = nn.cross_entropy(net(data[0]), data[1])
        assert len(pool.looked_through()[0]) < len(pool.blocks)
        del loss
        assert len(pool.looked_through()[0]) == len(pool.blocks)
    finally:
        gc.enable()
