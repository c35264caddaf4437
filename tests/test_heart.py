"""The backward pass: what it visits, which memory it adds into, whose its results are; leaves frozen for a while."""

import copy
import warnings

import numpy as np
import pytest
from internals import EVENTS, Observer, ancestors, leaf, observed_by, operation

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, grad
from autograd_mini.kernels.buffers import LARGE, empty

pytestmark = pytest.mark.usefixtures("registry")


class Visits(Observer):
    """Counts the nodes that are arrived at, and those whose rules run."""

    def __init__(self):
        self.arrivals = self.rules = 0

    def arrived(self, node, g):
        self.arrivals += 1

    def entering(self, node):
        self.rules += 1


# ── what is visited ──


def test_only_what_lies_between_outputs_and_inputs_is_visited():
    w, other = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    h = w
    for _ in range(50):
        h = ag.tanh(h)
    loss = (h * ag.exp(ag.exp(other))).sum()
    for inputs, counts in ((h, (3, 2)), (other, (5, 4)), (None, (2 + 2 + 50 + 2, 2 + 2 + 50))):
        with observed_by(visits := Visits()):  # of h: sum, multiply, and h itself
            loss.backward() if inputs is None else grad(loss, inputs, retain_graph=True)
        assert (visits.arrivals, visits.rules) == counts


def test_observers_hear_every_event_with_what_it_is_about():
    heard = []

    class Diary(Observer):
        pass

    for event in EVENTS:
        setattr(Diary, event, lambda self, *given, event=event: heard.append((event, given)))
    x, longer = leaf([1.0, 2.0]), np.ones(3)
    with observed_by(Diary()):
        y = ag.exp(x).named("y")
        y.sum().backward()
        y.numpy()
        with pytest.raises(ValueError, match="do not broadcast"):
            x + longer
        ag.exp(longer)  # of bare arrays nobody hears
    step, back = ["calling", "computed", "recorded"], ["arrived", "entering", "carried", "left", "freed"]
    events = [*step, "named", *step, *back, *back, "arrived", "exposed", "calling", "failed"]
    assert [event for event, _ in heard] == events
    about = dict(heard)  # of each event, what came last
    assert about["calling"] == about["failed"][:2] == (PRIMITIVES["add"], (x, longer))
    assert about["recorded"][1:3] == (PRIMITIVES["sum"], (y,))
    assert about["carried"][0] is y.node
    assert about["freed"] == (y.node,)
    assert about["arrived"][0] is x.node
    assert about["named"] == ("y", y)
    assert about["exposed"] == (y, False)
    assert isinstance(about["failed"][2], ValueError)
    assert not [observer for observer in y.node.notes if isinstance(observer, Diary)]  # nothing to be noted


def looked_at(monkeypatch, program):
    """How many nodes backward passes of a program look at to find their way."""
    seen = []
    monkeypatch.setattr(
        "autograd_mini.core.tape.ancestors", lambda *nodes, **rest: seen.append(ancestors(*nodes, **rest)) or seen[-1]
    )
    program()
    return sum(map(len, seen))


def descending(steps, scaled):
    """Gradient descent that is recorded, perhaps with a new leaf in each step."""
    state = leaf([1.0, 2.0])
    for _ in range(steps):
        leaves = [state, leaf([2.0, 3.0])] if scaled else [state]
        slope, *_ = grad((state * leaves[-1]).sum(), leaves, create_graph=True)
        state = state - 0.1 * slope
    return state


@pytest.mark.parametrize("scaled", [False, True])
def test_a_gradient_in_a_loop_looks_no_further_back_than_its_inputs(scaled, monkeypatch):
    short, long = (looked_at(monkeypatch, lambda steps=steps: descending(steps, scaled)) for steps in (20, 80))
    assert long == 4 * short


def test_nodes_are_visited_newest_first_whatever_leads_to_them():
    order = []

    class Order(Observer):
        def entering(self, node):
            order.append(node.number)

    x = leaf([1.0])
    late = x
    for _ in range(5):
        late = ag.exp(-late)
    early = late * 2
    loss = (early + leaf([1.0]) * ag.sin(x) + late).sum()
    with observed_by(Order()):
        loss.backward()
    assert order == sorted(order, reverse=True)
    assert len(order) == len({*order})


# ── whose memory ──

HELD = []
CACHED = np.full((2, 3), 7.0)
COMPLEX = np.full(3, 7 + 0j)
SCRATCH = np.zeros(3)


class Kind(np.ndarray):
    pass


def hold(array):
    HELD.append(array)
    return array


RULES = {
    "an array of its own": lambda g: CACHED[0].copy() * g / 7,
    "a cached array": lambda g: CACHED[:1].reshape(3),
    "a view of a cached array": lambda g: CACHED[1],
    "the real part of a cached array": lambda g: COMPLEX.real,
    "a number repeated": lambda g: np.broadcast_to(7.0, (3,)),
    "a cached number repeated": lambda g: np.broadcast_to(CACHED[0, :1], (3,)),
    "one new number seen three times": lambda g: np.ndarray((3,), float, np.full(1, 7.0), strides=(0,)),
    "g": lambda g: g,
    "a slice of g": lambda g: g[:],
    "g turned round twice": lambda g: g[::-1][::-1],
    "g by another library": lambda g: np.asarray(memoryview(g)),
    "g's bytes": lambda g: np.frombuffer(g, g.dtype),
    "g, strided": lambda g: np.lib.stride_tricks.as_strided(g, g.shape, g.strides),
    "a new array that it holds": lambda g: hold(g * 1.0),
    "a view of an array that it holds": lambda g: hold(g * 1.0)[:],
    "an array whose view it holds": lambda g: hold((g * 1.0)[:]).base,
    "an array that a memoryview holds": lambda g: np.asarray(hold(memoryview(g * 1.0))),
    "scratch memory": lambda g: np.add(g, 0, out=SCRATCH),
    "another kind of array": lambda g: g.view(Kind),
    "a read-only array": lambda g: np.frombuffer(g.tobytes()),
}


@pytest.fixture(params=RULES)
def passing_on(request):
    """An operation whose rule gives back 7s where 7s come, in memory of one kind or another."""
    HELD.clear()
    return operation(lambda x: x * 1.0, x=RULES[request.param])


def test_no_array_is_added_into_that_somebody_else_holds(passing_on):
    for _ in range(2):  # what a rule holds shows the second time
        x, y, seed = leaf(np.zeros(3)), leaf(np.zeros(3)), np.full(3, 7.0)
        (passing_on(x) + x * np.arange(3.0) + passing_on(y) + x + passing_on(x)).backward(seed)  # the last comes first
        np.testing.assert_array_equal(x.grad, [21, 28, 35])
        np.testing.assert_array_equal(y.grad, [7] * 3)
        np.testing.assert_array_equal(seed, [7] * 3)
    for held in (CACHED, COMPLEX, *HELD):
        np.testing.assert_array_equal(held, np.full(np.shape(held), 7))


@pytest.mark.parametrize("held", [None, lambda g: g, lambda g: g[1:]], ids=["by nobody", "itself", "by a view"])
def test_memory_of_the_pool_is_handed_on_unless_somebody_looks_into_it(held):
    shape, there = (LARGE // 8 + 1,), []

    def rule(g):
        lent = empty(shape, float)
        lent[:] = 7 * g
        there.append(lent.ctypes.data)
        if held is not None:
            HELD.append(held(lent))
        return lent

    op = operation(lambda x: x * 1.0, x=rule)
    HELD.clear()
    x = leaf(np.zeros(shape))
    (x * 2.0 + op(x)).backward(np.ones(shape))  # the last comes first, and the other is added to it
    assert np.all(x.grad.numpy() == 9)
    assert (x.grad.numpy().ctypes.data == there[0]) == (held is None)
    assert all(np.all(other == 7) for other in HELD)
    HELD.clear()


def test_results_are_held_by_nobody_else(passing_on):
    x, y, seed = leaf(np.zeros(3)), leaf(np.zeros(3)), np.full(3, 7.0)
    h = passing_on(x)
    h.retain_grad()
    (h + passing_on(y)).backward(seed)
    for tensor in (x, y, h):
        tensor.grad.numpy()[:] = 99
    found = grad(passing_on(x) + passing_on(y), [x, y, x], seed)
    for i, result in enumerate(found):
        np.testing.assert_array_equal(result, [7] * 3)
        result.numpy()[:] = i
    np.testing.assert_array_equal(found, np.repeat([[0], [1], [2]], 3, axis=1))
    for held in (CACHED, COMPLEX, seed, *HELD):
        np.testing.assert_array_equal(held, np.full(np.shape(held), 7))


@pytest.mark.parametrize("create_graph", [False, True])
def test_seeds_given_by_the_user_are_neither_written_nor_handed_out(create_graph):
    x, seed, tensor = leaf([1.0, 2.0]), np.ones(2), Tensor(np.ones(2))
    found = [
        grad(x, x, seed, create_graph=create_graph),
        grad(x + 0, x, tensor, create_graph=create_graph),
        *grad([x, x, x * 1], [x, x], [seed, tensor, seed], create_graph=create_graph),
    ]
    assert [result.numpy()[0] for result in found] == [1, 1, 3, 3]
    for result in found:
        result.numpy()[:] = 5
    np.testing.assert_array_equal([seed, tensor], np.ones((2, 2)))


def test_one_array_returned_for_two_arguments_becomes_two():
    sum_of_both = operation(lambda x, y: x + y, lambda g: [g * 1.0] * 2)
    x, y = leaf([1.0, 1.0]), leaf([1.0, 1.0])
    gx, gy = grad((sum_of_both(x, y) + x * 3).sum(), [x, y])
    np.testing.assert_array_equal([gx, gy], [[4, 4], [1, 1]])
    (sum_of_both(x, y)).sum().backward()
    x.grad.numpy()[:] = 7
    np.testing.assert_array_equal(y.grad, [1, 1])


# ── leaves frozen for a while ──


def test_a_leaf_switched_off_and_on_again_still_receives_what_was_recorded_before():
    w = leaf([1.0, 2.0], "w")
    loss = (w * w).sum()
    w.requires_grad = False
    assert (w * w).node is None
    w.requires_grad = True
    loss.backward()
    np.testing.assert_array_equal(w.grad, [2, 4])
    assert (w.name, w.is_leaf) == ("w", True)


def test_names_and_gradients_that_are_given_or_arrive_while_a_leaf_is_off_stay():
    w = leaf([1.0, 2.0], "w")
    loss = (w * w).sum()
    w.requires_grad = False
    loss.backward()
    np.testing.assert_array_equal(w.grad, [2, 4])
    assert not w.requires_grad
    w.grad = None
    w.requires_grad = True
    assert w.grad is None
    w.requires_grad = False
    w.named("v").grad = np.array([3.0, 4.0])
    w.requires_grad = True
    (w * w).sum().backward()
    assert w.name == "v"
    np.testing.assert_array_equal(w.grad, [5, 8])


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("dtypes", [(float, float), (float, np.float32), (np.float32, float)])
def test_data_replaced_by_others_of_the_shape_belong_to_the_same_leaf_which_takes_on_their_dtype(dtypes, frozen):
    w = Tensor(np.array([1.0, 2.0], dtypes[0]), requires_grad=True)
    loss = (w * w).sum()
    w.requires_grad = not frozen
    w.data = np.array([5.0, 6.0], dtypes[1])
    w.requires_grad = True
    loss.backward()
    assert w.grad.dtype == dtypes[1]
    np.testing.assert_array_equal(w.grad, [2, 4])  # of the values that it was computed from


@pytest.mark.parametrize("frozen", [False, True])
def test_a_gradient_for_data_of_another_shape_is_refused_instead_of_lost(frozen):
    w, other = leaf([1.0, 2.0], "w"), leaf([1.0, 1.0])
    loss = (w * other).sum()
    w.requires_grad = not frozen
    w.data = np.array([5.0, 6.0, 7.0])
    w.requires_grad = True
    words = r"the leaf 'w' of shape \(2,\) has been given float64 data of shape \(3,\); compute again"
    with pytest.raises(RuntimeError, match=words):
        loss.backward(retain_graph=True)
    assert w.grad is other.grad is None
    np.testing.assert_array_equal(grad(loss, other), [1, 2])
    (w * w).sum().backward()
    np.testing.assert_array_equal(w.grad, [10, 12, 14])


def test_asking_a_result_for_its_gradient_warns_once_and_says_what_to_do():
    w = leaf([1.0, 2.0])
    result = w - 0.1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert result.grad is None
        assert w.grad is None
        assert copy.copy(w).grad is None
        assert (Tensor([1.0]) * 2).grad is None
    assert [str(warning.message) for warning in caught] == [
        "grad: the recorded result of subtract keeps no gradient; call retain_grad() on it before backward(), or ask "
        "the leaf it was computed from"
    ]
    assert caught[0].filename == __file__
    result.retain_grad()
    assert result.grad is None
    result.sum().backward()
    np.testing.assert_array_equal(result.grad, [1, 1])
