"""Memory: what is saved, by which operation, counted once, given back; and the peak of what a block allocates."""

import gc
import threading
import tracemalloc
import weakref
from functools import partial

import numpy as np
import pytest
from internals import FRESH, Saved, here
from leaves import random_constant as constant
from leaves import random_leaf, small_net

import autograd_mini as ag
import nn
from autograd_mini import Tensor, grad, memory_usage, no_grad, saved

leaf = partial(random_leaf, dtype=np.float32)


def by_operation(usage):
    """{operation: (bytes, what it saves)} for usages in which every operation occurs once."""
    assert len({row.operation for row in usage.rows}) == len(usage.rows)
    return {row.operation: (row.nbytes, {k.name: k for k in row.saved}) for row in usage.rows}


# ── what is saved ─


def test_every_byte_of_a_small_net_is_accounted_for_by_hand():
    net, x, labels = small_net(), constant(5, 1, 8, 8), np.arange(5) % 3
    usage = saved(nn.cross_entropy(net(x), labels))
    assert [(row.operation, row.place) for row in usage.rows] == [
        ("conv2d", "conv1"), ("relu", "relu1"), ("conv2d", "conv2"), ("max_pool2d", "pool"), ("reshape", "flat"),
        ("linear", "fc1"), ("relu", "relu2"), ("linear", "fc2"), ("cross_entropy", ""),
    ]  # fmt: skip
    images, maps, pooled, hidden, last = 5 * 1 * 8 * 8 * 4, 5 * 4 * 8 * 8 * 4, 5 * 2 * 4 * 4, 5 * 5 * 4, 5 * 3 * 4
    by_hand = [images, maps, 0, pooled, 0, 4 * pooled, hidden, 0, last + labels.nbytes]
    assert [row.nbytes for row in usage.rows] == by_hand
    assert usage.saved_bytes == sum(by_hand)
    weights = [net.conv2.weight, net.fc1.weight, net.fc2.weight]  # not conv1's: no gradient goes on to the images
    assert usage.parameter_bytes == sum(w.data.nbytes for w in weights)
    assert usage.rows[2].shape == (5, 2, 8, 8)
    assert usage.peak_bytes is None


def test_relu_saves_its_result_add_nothing_and_convolution_what_the_other_gradient_needs():
    x, w = leaf(1, 2, 5, 5), leaf(3, 2, 3, 3)
    usage = by_operation(saved(ag.relu(ag.conv2d(x * 1.0, w) + constant(3, 1, 1))))
    assert {op: (nbytes, *kept) for op, (nbytes, kept) in usage.items() if op != "multiply"} == {
        "conv2d": (x.data.nbytes, "w", "x"), "add": (0,), "relu": (3 * 3 * 3 * 4, "out"),
    }  # fmt: skip
    assert {name: kept.parameter for name, kept in usage["conv2d"][1].items()} == {"x": False, "w": True}


def test_a_buffer_saved_twice_is_counted_where_it_was_saved_first():
    x = leaf(10)
    h = ag.exp(x)
    usage = saved(h * h.reshape(10))  # the result of exp, the same again, and a view of it
    exp, reshape, multiply = usage.rows
    assert (exp.nbytes, reshape.nbytes, multiply.nbytes) == (40, 0, 0)
    assert [k.counted_in for k in multiply.saved] == [0, 0]
    assert usage.saved_bytes == saved(h.detach() * x * 1.0).saved_bytes == 40
    usage = saved((h := leaf(6) + 0.0) * h)  # under two names by one operation
    assert [(k.name, k.counted_in) for k in usage.rows[1].saved] == [("y", None), ("x", 1)]
    assert usage.saved_bytes == 24


def test_a_view_counts_for_the_whole_buffer_and_python_numbers_for_nothing():
    h = leaf(4, 100) + 1.0
    usage = by_operation(saved(leaf(4) * h[:, 0]))
    assert usage["multiply"][1]["y"].nbytes == h.data.nbytes == 1600
    assert saved(leaf(3) * 2.0).saved_bytes == 0


def test_a_parameter_seen_through_a_view_is_a_parameter_and_a_copy_of_it_is_not():
    w, x = leaf(4, 4), leaf(2, 4) + 0.0
    size, own = w.data.nbytes, x.data.nbytes
    for out, counted in ((x @ w.T, (size, own)), (x @ w[[1, 0, 2, 3]], (0, own + size))):
        usage = saved(out)
        assert (usage.parameter_bytes, usage.saved_bytes) == counted
    assert saved((x @ w) @ w).parameter_bytes == size


def test_nothing_is_saved_under_no_grad_nor_after_the_backward_pass():
    net, x = small_net(), constant(5, 1, 8, 8)
    with memory_usage() as usage, no_grad():
        net(x)
    assert (usage.rows, usage.saved_bytes, usage.parameter_bytes) == ((), 0, 0)
    loss = net(x).sum()
    assert saved(loss).saved_bytes > 0
    loss.backward()
    after = saved(loss)
    assert after.saved_bytes == 0
    assert [row.saved for row in after.rows] == [()] * 9


def test_a_retained_graph_still_saves_and_several_outputs_are_shown_together():
    h = ag.exp(leaf(5))
    y = h.sum()
    y.backward(retain_graph=True)
    assert saved(y).saved_bytes == 20
    assert [row.operation for row in saved([h * 2, ag.tanh(h)]).rows].count("exp") == 1


def test_what_has_no_graph_is_refused():
    for output in (constant(3), np.ones(3), [leaf(3) * 2, constant(3)]):
        with pytest.raises(ValueError, match="saved: the output has no graph"):
            saved(output)


# ── a block ──


def test_a_block_shows_the_same_rows_as_the_graph_did_before_the_backward_pass():
    net, x, labels = small_net(), constant(5, 1, 8, 8), np.arange(5) % 3
    optimizer = nn.SGD(net.parameters(), lr=0.1)
    with memory_usage() as usage:
        loss = nn.cross_entropy(net(x), labels)
        graph = saved(loss)
        loss.backward()
        optimizer.step()
    assert usage.rows == graph.rows
    assert usage.saved_bytes == graph.saved_bytes > 0


def test_a_second_equal_step_in_the_block_adds_nothing():
    net, x = small_net(), constant(5, 1, 8, 8)
    with memory_usage() as one:
        net(x).sum().backward()
    with memory_usage() as three:
        for _ in range(3):
            net(x).sum().backward()
    assert three.rows == one.rows


def test_the_fullest_moment_counts_a_dropped_graph_makes_room_and_held_ones_add_up():
    x = leaf(100)
    with memory_usage() as usage:
        ag.tanh(ag.tanh(ag.tanh(x))).sum().backward()
        ag.tanh(x).sum().backward()
    assert [row.operation for row in usage.rows] == ["tanh", "tanh", "tanh", "sum"]
    assert usage.saved_bytes == 3 * 400
    with memory_usage() as usage:
        for _ in range(5):
            ag.exp(ag.exp(x))  # dropped at once
    assert usage.saved_bytes == 2 * 400
    assert [row.operation for row in usage.rows] == ["exp", "exp"]
    with memory_usage() as usage:
        held = [ag.exp(x) for _ in range(5)]
    assert usage.saved_bytes == 5 * 400
    del held


def test_the_peak_is_at_least_what_is_saved_and_at_most_a_little_more_than_what_was_made():
    x = leaf(1 << 18)  # 1 MiB
    mib = x.data.nbytes
    with memory_usage() as usage:
        h = ag.tanh(ag.tanh(x))
    assert usage.saved_bytes == 2 * mib
    assert 2 * mib <= usage.peak_bytes < 2 * mib + (1 << 16)
    with memory_usage() as nothing:
        pass
    assert nothing.peak_bytes < 1 << 16  # h was there before
    with memory_usage() as passing:
        np.ones(3 * mib, np.uint8)
    assert 3 * mib <= passing.peak_bytes < 3 * mib + (1 << 16)
    del h


def test_blocks_inside_one_another_each_see_their_own():
    x = leaf(1 << 16)
    size = x.data.nbytes
    with memory_usage() as outer:
        np.ones(5 * size, np.uint8)  # the outer peak is before the inner block
        a = ag.exp(x)
        with memory_usage() as inner:
            b = ag.exp(x)
        with memory_usage() as second:
            np.ones(2 * size, np.uint8)
    assert (outer.saved_bytes, inner.saved_bytes, second.saved_bytes) == (2 * size, size, 0)
    for usage, least in ((outer, 5 * size), (inner, size), (second, 2 * size)):
        assert least <= usage.peak_bytes < least + (1 << 16)
    assert not tracemalloc.is_tracing()
    with memory_usage() as outer, memory_usage():
        np.ones(4 * size, np.uint8)  # the outer peak is inside the inner block
    assert outer.peak_bytes >= 4 * size
    del a, b


def test_tracing_is_left_as_it_was():
    assert not tracemalloc.is_tracing()
    with memory_usage():
        assert tracemalloc.is_tracing()
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        with memory_usage():
            pass
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()


def test_an_error_goes_through_and_ends_the_observing():
    with pytest.raises(ZeroDivisionError), memory_usage() as usage:  # noqa: PT012 (the block is what is tested)
        y = ag.exp(leaf(10))
        raise ZeroDivisionError
    assert usage.saved_bytes == 40
    assert usage.peak_bytes > 0
    assert not tracemalloc.is_tracing()
    assert here() == FRESH
    ag.exp(y)
    assert len(usage.rows) == 1


def test_observing_keeps_nothing_alive():
    x = leaf(10)
    gc.collect()
    gc.disable()
    try:
        with memory_usage() as usage:
            y = ag.exp(x)
            array = weakref.ref(y.numpy())
            z = y.sum()
            del y
            assert array() is not None
            del z
            assert array() is None
        assert usage.saved_bytes == 40
    finally:
        gc.enable()


def test_other_threads_and_graphs_from_before_the_block_are_not_shown():
    x = leaf(10)
    before = ag.exp(x).sum()
    with memory_usage() as usage:
        thread = threading.Thread(target=lambda: ag.exp(x).sum().backward())
        thread.start()
        thread.join()
        before.backward()
    assert usage.rows == ()


def test_second_derivatives_are_shown_too():
    x = leaf(10)
    with memory_usage() as usage:
        y = ag.sin(x).sum()
        grad(grad(y, x, create_graph=True).sum(), x)
    assert {row.operation for row in usage.rows} >= {"sin", "cos", "multiply"}


# ── the table ──


def test_the_table_names_operations_places_shapes_arrays_and_sizes():
    net = small_net()
    with memory_usage() as usage:
        net(Tensor(np.zeros((64, 1, 8, 8), np.float32))).sum().backward()
    lines = str(usage).splitlines()
    assert lines[0].split() == ["operation", "place", "result", "saves", "for", "the", "backward", "pass", "bytes"]
    assert [" ".join(line.split()) for line in lines[1:4]] == [
        "1 conv2d conv1 (64, 4, 8, 8) x 16.0 KiB 16.0 KiB",
        "2 relu relu1 (64, 4, 8, 8) out 64.0 KiB 64.0 KiB",
        "3 conv2d conv2 (64, 2, 8, 8) w (parameter), x (in 2) –",
    ]
    assert lines[-2] == "saved for the backward pass: 91.2 KiB; parameters: 988 B"
    assert lines[-1].startswith("peak: ")
    assert len({len(line) for line in lines[:-2]}) == 1  # columns line up


@pytest.mark.parametrize(
    ("nbytes", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 << 19, "1.5 MiB"), (5 << 30, "5.0 GiB")]
)
def test_sizes_are_in_human_units(nbytes, text):
    assert str(Saved("x", nbytes, False, None)) == f"x {text}"


def test_a_name_given_after_recording_is_the_place_and_is_escaped_where_it_cannot_be_printed():
    with memory_usage() as usage:
        held = ag.exp(leaf(3)).named("a\n\x1b[2J")
    assert str(usage).splitlines()[1].split()[:3] == ["1", "exp", r"a\n\x1b[2J"]
    assert held.name == "a\n\x1b[2J"
