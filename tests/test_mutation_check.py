"""The mutation check: an array changed between forward and backward pass is an error that names it, and both lines."""

import gc
import os
import re
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from internals import EXPOSED, MUTATION_CHECK, SNAPSHOTS, checksum, root_of
from leaves import vector

import autograd_mini as ag
import nn
from autograd_mini import Tensor, no_grad, set_guarded
from autograd_mini.kernels import buffers
from tests.reliability.loudness import writing_is_loud

CHANGED = "the values were changed since"


@pytest.fixture(autouse=True)
def switch():
    before = ag.is_guarded()
    yield
    set_guarded(before)


leaf = partial(vector, name="w")


def line_of(text):
    """The number of the line of this file that holds a mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(i for i, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def test_the_message_names_tensor_operation_and_both_lines():
    w, x = leaf(1, 2, 3), leaf(4, 5, 6, name="x")
    y = x * w  # saved here
    w.data[0] = 5  # changed here
    with pytest.raises(RuntimeError) as error:
        y.sum().backward()
    text = str(error.value)
    assert text.startswith("backward: multiply saved 'w', which is its y, (3,) float64, at ")
    saved, exposed = re.findall(r"test_mutation_check\.py:(\d+), in test_the_message", text)
    assert int(saved) == line_of("saved here")
    assert int(exposed) == line_of("changed here")
    assert "y = x * w" in text
    assert "w.data[0] = 5" in text
    assert x.grad is None
    assert w.grad is None


def test_the_message_says_the_name_of_a_result_once():
    h = ag.exp(leaf(1, 2)).named("h")
    h.data[0] = 5
    with pytest.raises(RuntimeError, match=re.escape("backward: exp (h) saved its out, (2,) float64, at ")):
        h.sum().backward()


def unrecorded(change):
    def changed(x):
        with no_grad():
            change(x)

    return changed


def augmented(x):
    x.data -= 0.1


CHANGES = {
    "data": lambda x: x.data.__setitem__(1, 9),
    "numpy": lambda x: np.multiply(x.numpy(), 2, out=x.numpy()),
    "asarray": unrecorded(lambda x: np.asarray(x).__setitem__(0, -1)),
    "a view": lambda x: x.data[1:].reshape(-1).__setitem__(0, 7),
    "detached": lambda x: x.detach().data.__setitem__(0, 9),
    "copyto": unrecorded(lambda x: np.copyto(x, np.zeros(3))),
    "out": lambda x: np.add(x.data, 1, out=x.data),
    "an augmented assignment": augmented,
    "order": lambda x: x.data.__setitem__(..., x.data[::-1].copy()),  # the same numbers, elsewhere
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


@each_change
def test_a_leaf_a_result_and_a_constant_are_checked_alike(change):
    w = leaf(1, 2, 3)
    for x in (leaf(4, 5, 6, name="x"), ag.exp(leaf(0.1, 0.2, 0.3)).named("x"), Tensor([4.0, 5, 6], name="x")):
        y = x * w
        change(x)
        with pytest.raises(RuntimeError, match=r"multiply saved 'x'.*" + CHANGED):
            y.sum().backward()


@each_change
def test_the_same_in_silence_when_switched_off(change):
    set_guarded(False)
    w, x = leaf(1, 2, 3), leaf(4, 5, 6)
    y = x * w
    change(x)
    y.sum().backward()
    np.testing.assert_array_equal(w.grad, x.data)


def test_a_view_taken_before_the_call_and_the_users_own_array_are_checked():
    w, x, own, labels = leaf(1, 2, 3), leaf(4, 5, 6, name="x"), np.array([4.0, 5, 6]), np.array([0, 1])
    view = x.data[1:]
    y, z = x * w, w * own
    loss = nn.cross_entropy(Tensor(np.eye(2), requires_grad=True), labels)
    view[0], own[2], labels[1] = 1, 0, 0
    for result, message in (
        (y, "'x'"),
        (z, r"multiply saved its y, \(3,\) float64, at .*y, z = x \* w, w \* own"),
        (loss, "cross_entropy saved its labels"),
    ):
        with pytest.raises(RuntimeError, match=message):
            result.sum().backward()


def test_an_operator_in_place_between_forward_and_backward_is_an_error():
    w, x = leaf(1, 2, 3), leaf(4, 5, 6, name="x")
    y = x * w
    with no_grad():
        x += 1  # in place
    with pytest.raises(RuntimeError, match=rf"'x'.*test_mutation_check\.py:{line_of('in place')}"):
        y.sum().backward()


def two_layers(seed):
    return nn.Sequential(a=nn.Linear(2, 3, rng=seed), b=nn.Linear(3, 2, rng=seed + 1))


def test_a_step_between_forward_and_backward_names_the_layer():
    net = two_layers(0)
    optimizer = nn.SGD(net.parameters(), lr=0.1)
    x, labels = Tensor(np.ones((4, 2), np.float32)), np.zeros(4, int)
    nn.cross_entropy(net(x), labels).backward()
    loss = nn.cross_entropy(net(x), labels)
    optimizer.step()
    with pytest.raises(RuntimeError, match=r"linear \(b\) saved .*optimizer\.step\(\)"):
        loss.backward()


def test_weights_loaded_between_forward_and_backward_are_an_error():
    net = two_layers(0)
    y = net(Tensor(np.ones((4, 2), np.float32))).sum()
    net.load_state_dict(two_layers(2).state_dict())
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()


def test_training_by_hand_is_never_an_error():
    rng = np.random.default_rng(0)
    w, b = leaf(0.1, 0.2, 0.3), leaf(0.0, name="b")
    x = np.empty((5, 3))
    for step in range(6):
        x[...] = rng.standard_normal((5, 3))  # one buffer for all batches
        loss = ((x @ w + b - 1.0) ** 2).mean()
        if step % 2:
            print(loss.data, w.numpy().mean(), b.numpy())
        loss.backward(retain_graph=step == 3)
        for p in (w, b):
            if step % 3:
                p.data -= 0.1 * p.grad.data
            else:
                with no_grad():
                    p -= 0.1 * p.grad
            p.grad = None
    assert np.isfinite(w.data).all()


def test_what_the_backward_pass_does_not_need_may_change():
    w, x = leaf(1, 2, 3), leaf(4, 5, 6)
    y = (x + w).sum()  # addition saves nothing
    x.data[0] = 100
    y.backward()
    np.testing.assert_array_equal(x.grad, np.ones(3))
    z = w * 2.0
    z.data[0] = 5
    z.sum().backward()
    np.testing.assert_array_equal(w.grad, 3 * np.ones(3))


def test_a_retained_graph_and_that_of_a_second_derivative_are_checked():
    x = leaf(4, 5, 6)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    (g,) = ag.grad((x * x * x).sum(), [x], create_graph=True)
    x.data[0] = 0
    for result in (y, g.sum()):
        with pytest.raises(RuntimeError, match=CHANGED):
            result.backward()


def test_intermediate_results_cost_no_checksum_and_what_was_exposed_is_forgotten_with_its_memory():
    gc.collect()
    buffers.empty_cache()
    x = Tensor(np.ones((300, 1000), np.float32), requires_grad=True)
    before = len(EXPOSED), len(SNAPSHOTS)
    h = ag.exp(x)
    y = h * h
    assert y.node.notes[MUTATION_CHECK][1] == {}
    h.numpy()
    assert len(SNAPSHOTS) == before[1] + 1
    del h, y
    gc.collect()
    for _ in range(3):
        ag.exp(x).numpy()
    buffers.empty_cache()
    assert (len(EXPOSED), len(SNAPSHOTS)) == before


def test_what_nothing_saved_needs_no_snapshot():
    before = len(SNAPSHOTS)
    w, layer = leaf(1, 2, 3), nn.Linear(3, 2, rng=0)
    for tensor in (w, layer.weight, layer.bias, Tensor(np.ones(4))):
        tensor.data[...] += 1
        tensor.data, tensor.numpy()
    loss = (w * w).sum()
    loss.data
    assert len(SNAPSHOTS) == before
    w = leaf(1, 2, 3)
    loss = (w * w).sum()
    w.data  # which is saved
    assert len(SNAPSHOTS) == before + 1
    loss.backward()
    w.data -= 0.1 * w.grad.data
    assert len(SNAPSHOTS) == before


@pytest.mark.parametrize(("function", "of_the_pool"), [(ag.exp, False), (ag.relu, True)])
def test_memory_used_again_is_not_taken_for_changed(function, of_the_pool):
    x = Tensor(np.ones((600, 700), np.float32), requires_grad=True)
    for step in range(4):
        h = function(x * (1.0 + step))
        assert buffers.is_lent(root_of(h._array)) == of_the_pool
        y = (h * h).sum()
        h.numpy().mean()
        y.backward()
        x.grad = None
        del h, y


def test_checksums_differ_with_the_order_of_values_not_with_where_they_lie():
    a = np.arange(24.0).reshape(2, 3, 4)
    assert checksum(a) == checksum(a.copy())
    assert checksum(a) != checksum(a[::-1])
    for array in (a.T, a[:, ::2], np.broadcast_to(a[:1], (5, 3, 4)), np.zeros((0, 3)), np.array(2.0), a > 3):
        changed = array.copy("K")
        assert checksum(array) == checksum(array)
        if changed.size:
            changed.flat[-1] = not changed.flat[-1]
            assert checksum(changed) != checksum(array)
    rows = np.broadcast_to(np.arange(3.0), (1 << 40, 3))  # 24 TiB, were not elements that repeat read once
    assert checksum(rows) == checksum(rows[:7])


def test_data_replaced_between_forward_and_backward_belong_to_the_next_call():
    w = leaf(1, 2, 3)
    y = (w * w).sum()
    w.data = np.array([7.0, 8, 9])  # another array: what was saved is as it was
    y.backward()
    np.testing.assert_array_equal(w.grad, [2, 4, 6])
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [2 + 14, 4 + 16, 6 + 18])


def test_what_was_recorded_unchecked_is_not_compared_with_older_snapshots():
    w = leaf(1, 2, 3)
    before = w * w
    w.data[0] = 5  # saved, so a snapshot is taken of it as it was before this
    set_guarded(False)
    y = (w * w).sum()
    set_guarded(True)
    y.backward()
    np.testing.assert_array_equal(w.grad, [10, 4, 6])
    with pytest.raises(RuntimeError, match=CHANGED):
        before.sum().backward()


def test_the_environment_switches_it_off():
    code = "import autograd_mini as ag; print(ag.is_guarded())"
    for value, printed in (("0", "False"), ("1", "True")):
        environment = {**os.environ, "AUTOGRAD_MINI_GUARD": value}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == printed


def test_without_the_check_the_promise_is_broken():
    set_guarded(False)
    assert any("in silence" in failure for failure in writing_is_loud(60, 0).failures)


def test_the_line_is_the_users_also_where_an_operation_is_bound_directly():
    w, x = leaf(1, 2, 3), leaf(4, 5, 6)
    y = ag.PRIMITIVES["multiply"].bind(x, w)  # bound here
    x.data[0] = 0
    with pytest.raises(RuntimeError, match=rf"at \S*test_mutation_check\.py:{line_of('bound here')}, in test_the_line"):
        y.sum().backward()


def test_a_snapshot_takes_the_memory_of_a_small_buffer_and_a_five_hundredth_of_a_large_one():
    for size, expected in ((1 << 20, 1 << 20), (1 << 22, 1 << 13)):
        h = Tensor(np.zeros(size // 8), requires_grad=True) + 1.0
        y = h * h
        before = set(SNAPSHOTS)
        h.data
        (key,) = set(SNAPSHOTS) - before
        assert len(SNAPSHOTS[key].contents) <= expected + 8
        del h, y
