"""Copies and pickles of graphs: nothing recurses, what is shared stays shared; and nothing holds a dropped graph."""

import copy
import gc
import io
import pickle
import sys
import weakref

import numpy as np
import pytest
from cases import every
from internals import ancestors, leaf

import autograd_mini as ag
import nn
from autograd_mini import grad


def pickled(values):
    return pickle.loads(pickle.dumps(values))


def pickled_in_python(values):
    """By the pickler that is written in Python, which fetches what it is given before it saves it."""
    file = io.BytesIO()
    pickle._Pickler(file).dump(values)
    return pickle.loads(file.getvalue())


copies = pytest.mark.parametrize("copied", [copy.deepcopy, pickled, pickled_in_python])


def chain(x, steps):
    for _ in range(steps):
        x = x * 1.0
    return x


# ── long and shared ──


@copies
@every("steps", [0, 1, 2, 998, 999, 1000, 1001])
def test_graphs_of_every_length_are_copied(copied, steps):
    x = leaf([1.0, 2.0], "x")
    base, end = copied((x, chain(x, steps)))
    (end * end).sum().backward()
    np.testing.assert_array_equal(base.grad, [2, 4])
    assert (base.name, x.grad) == ("x", None)


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_graph_of_ten_thousand_steps_is_copied_without_recursion(copied):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)
    try:
        end = copied(chain(leaf([1.0]), 10_000))
    finally:
        sys.setrecursionlimit(limit)
    nodes = ancestors(end.node)
    assert len(nodes) == 10_001
    end.sum().backward()
    np.testing.assert_array_equal(nodes[-1].grad, [1])


@copies
def test_several_results_of_one_graph_share_their_nodes_in_the_copy(copied):
    x = leaf([1.0, 2.0])
    h = ag.exp(x)
    two, three, base, again = copied([h * 2, h * 3, x, h * 2])
    assert two.node.parents[0] is three.node.parents[0] is again.node.parents[0]
    assert len(ancestors(two.node, three.node, again.node)) == 1 + 1 + 3
    (two + three).sum().backward()
    np.testing.assert_allclose(base.grad, 5 * np.exp(x.numpy()))


@copies
def test_every_state_of_a_recurrent_loop_can_be_copied_at_once(copied):
    x = leaf([0.5])
    states = [x]
    for _ in range(200):
        states.append(ag.tanh(states[-1] + x))
    found = copied(states)
    assert len(ancestors(*[state.node for state in found])) == len(ancestors(*[state.node for state in states]))
    np.testing.assert_array_equal(grad(found[-1].sum(), found[0]), grad(states[-1].sum(), x))


@copies
def test_a_copy_can_be_computed_with_and_goes_back_in_the_right_order(copied):
    x = leaf([2.0])
    h = x * x
    base, end = copied((x, h))
    new = leaf([3.0])
    loss = (end * new + base * end * end).sum()
    found = grad(loss, [base, end, new])
    np.testing.assert_array_equal(found, [[2 * 2 * 3 + 5 * 2**4], [3 + 2 * 2 * 4], [4]])


@copies
def test_gradients_names_and_what_was_freed_are_copied(copied):
    x = leaf([1.0, 2.0], "x")
    h = (x * x).named("h")
    h.retain_grad()
    h.sum().backward()
    base, end = copied((x, h))
    np.testing.assert_array_equal([base.grad, end.grad], [x.grad, h.grad])
    base.grad.numpy()[:] = 0
    np.testing.assert_array_equal(x.grad, [2, 4])
    assert end.name == "h"
    with pytest.raises(RuntimeError, match="was already passed"):
        end.sum().backward()


@copies
def test_a_leaf_that_is_off_is_copied_with_its_gradient(copied):
    w = leaf([1.0], "w")
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    w.requires_grad = False
    other, later = copied((w, loss))
    assert (other.requires_grad, other.name) == (False, "w")
    np.testing.assert_array_equal(other.grad, [2])
    later.backward()
    np.testing.assert_array_equal(other.grad, [4])


@copies
def test_a_graph_that_was_recorded_in_a_backward_pass_is_copied(copied):
    x = leaf([1.0, 2.0])
    base, slope = copied((x, grad((x**3).sum(), x, create_graph=True)))
    np.testing.assert_allclose(grad(slope.sum(), base), 6 * x.numpy())


def test_a_shallow_copy_is_the_same_place_on_the_tape():
    x = leaf([1.0, 2.0])
    other = copy.copy(x * 3)
    other.sum().backward()
    twin = copy.copy(x)
    np.testing.assert_array_equal(twin.grad, [3, 3])
    twin.sum().backward()
    np.testing.assert_array_equal(x.grad, [4, 4])


# ── models ──


@copies
@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([lambda: nn.Linear(2, 3, rng=0), nn.ReLU], (4, 2)),
        ([lambda: nn.Linear(2, 3, rng=0), nn.ReLU], (2, 4, 2)),
        ([lambda: nn.Conv2d(1, 2, 3, rng=0), nn.ReLU, lambda: nn.MaxPool2d(2)], (1, 1, 6, 6)),
        ([lambda: nn.BatchNorm2d(2), nn.ReLU], (3, 2, 4, 4)),
        ([lambda: nn.BatchNorm2d(2).eval(), nn.ReLU], (3, 2, 4, 4)),
    ],
)
def test_what_a_layer_and_the_relu_behind_it_gave_is_copied(copied, layers, shape):
    model = nn.Sequential(*(make() for make in layers))
    inputs = leaf(np.random.default_rng(0).standard_normal(shape))
    base, output = copied((inputs, model(inputs)))
    output.sum().backward()
    model(inputs).sum().backward()
    np.testing.assert_array_equal(base.grad, inputs.grad)


def test_a_module_that_keeps_what_it_computed_is_copied_whole():
    class Recurrent(nn.Module):
        def __init__(self):
            self.linear = nn.Linear(2, 2, rng=0)
            self.state = None

        def forward(self, x):
            self.state = ag.tanh(self.linear(x) if self.state is None else self.linear(x) + self.state)
            return self.state

    model = Recurrent()
    for _ in range(500):
        model(np.ones((1, 2), np.float32))
    other = copy.deepcopy(model)
    other.state.sum().backward()
    assert model.linear.weight.grad is None
    assert np.abs(other.linear.weight.grad.numpy()).max() > 0


@every("name", sorted(ag.PRIMITIVES))
def test_every_operation_and_each_way_to_compute_it_is_found_again_by_name(name):
    for one in ag.PRIMITIVES[name]._implementations:
        assert pickled(one) is one
        assert copy.deepcopy(one) is one


# ── dropped ──


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def recorded():
    x = leaf(np.ones((2, 3)))
    h = ag.exp(x * 2)
    return x, h, (h @ leaf(np.ones((3, 2)))).sum()


def refused(*calls):
    with pytest.raises(RuntimeError):
        [call() for call in calls]


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize(
    "passing",
    [
        lambda x, loss: None,
        lambda x, loss: loss.backward(),
        lambda x, loss: loss.backward(retain_graph=True),
        lambda x, loss: grad(loss, x),
        lambda x, loss: grad(grad(loss, x, create_graph=True).sum(), x),
        lambda x, loss: copy.deepcopy(loss),
        lambda x, loss: pickle.dumps(loss),
        lambda x, loss: refused(lambda: grad(loss, leaf([1.0]))),
        lambda x, loss: refused(loss.backward, loss.backward),
        lambda x, loss: ag.to_graphviz(loss),
        lambda x, loss: repr(loss.summary()),
    ],
)
def test_dropping_a_loss_frees_its_graph_without_the_collector(passing):
    x, h, loss = recorded()
    watched = [weakref.ref(value) for value in (h.node, loss.node, h.numpy())]
    passing(x, loss)
    del h
    assert watched[1]() is not None
    del loss
    assert [link() for link in watched] == [None] * 3


@pytest.mark.usefixtures("without_collector")
def test_a_recorded_gradient_is_freed_with_what_it_was_computed_from():
    x, h, loss = recorded()
    slope = grad(loss, x, create_graph=True)
    watched = [weakref.ref(value) for value in (h.node, loss.node, slope.node)]
    del h, loss
    assert watched[0]() is not None  # the slope's own graph needs it
    del slope
    assert [link() for link in watched] == [None] * 3
