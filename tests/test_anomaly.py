"""detect_anomaly: the first number that is not finite, with operation, module, line and what it was given."""

import re
import weakref
from contextlib import nullcontext

import numpy as np
import pytest
from internals import FRESH, here
from leaves import vector as leaf

import autograd_mini as ag
import nn
from autograd_mini import Tensor, detect_anomaly, no_grad

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def test_the_first_result_that_is_not_finite_is_named_with_line_and_ranges():
    x = leaf(0.0, 1, 2)
    with pytest.raises(FloatingPointError) as error, detect_anomaly():
        ag.exp(ag.log(x * 2.0)).sum()
    called = r"log, called at \S*test_anomaly.py:\d+, in test_the_first\S+: ag\.exp\(ag\.log\(x \* 2\.0\)\)\.sum\(\), "
    gave = r"gave -inf at \(0,\), the first value that is not finite \(1 of 3 elements\)\. "
    given = r"Its arguments: x \(3,\) float64 from 0 to 4"
    assert re.fullmatch(called + gave + given, str(error.value))


def test_the_module_is_named():
    net = nn.Sequential(body=nn.Sequential(fc=nn.Linear(2, 3, rng=0)), relu=nn.ReLU())
    with no_grad():
        net.body.fc.weight.data[0, 1] = np.nan
    message = r"^linear \(body\.fc\), .*w \(3, 2\) float32 .* and 1 not finite"
    with pytest.raises(FloatingPointError, match=message), detect_anomaly():
        net(Tensor(np.ones((1, 2), np.float32)))


def test_the_rule_that_makes_an_infinite_gradient_is_named():
    x = leaf(0.0, 4)
    with detect_anomaly():
        y = ag.sqrt(x).named("root").sum()
    message = r"^backward: the rule of sqrt for x \(root\), called at .* gave inf"
    with pytest.raises(FloatingPointError, match=message), detect_anomaly():
        y.backward()
    assert x.grad is None


def test_a_gradient_given_as_nan_and_a_sum_that_overflows_are_distinguished_from_rules():
    x = leaf(0.5, 0.25)
    with pytest.raises(FloatingPointError, match=r"arrives at multiply's result.* is nan at \(1,\)"), detect_anomaly():
        (x * 2.0).backward(np.array([1.0, np.nan]))
    big = 1.5e308
    message = r"arrives at a leaf is inf.*a sum that is too large"
    with pytest.raises(FloatingPointError, match=message), detect_anomaly():
        ag.grad([x * big, x * big], x, [np.ones(2), np.ones(2)])


def test_operations_without_gradient_and_backward_passes_that_are_recorded_are_looked_at():
    with pytest.raises(FloatingPointError, match=r"^log"), detect_anomaly(), no_grad():
        ag.log(leaf(0.0))
    with pytest.raises(FloatingPointError, match=r"^log"), detect_anomaly():
        ag.log(Tensor([0.0]))
    with pytest.raises(FloatingPointError, match=r"the rule of sqrt for x.* gave inf"), detect_anomaly():
        ag.grad(ag.sqrt(x := leaf(0.0)).sum(), x, create_graph=True)


def test_what_a_rule_computes_on_its_way_to_finite_gradients_is_no_anomaly():
    x = leaf(0.0, 0.0)
    with detect_anomaly():
        slope = ag.grad(ag.linalg.norm(x), x, create_graph=True)
    assert not slope.numpy().any()
    with pytest.raises(FloatingPointError, match=r"^log"), detect_anomaly():  # and what comes after it is looked at
        ag.log(slope)


# ── 0 · ∞ ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def said(loss, **how):
    with pytest.raises(FloatingPointError) as error, detect_anomaly():
        loss.backward(**how)
    return str(error.value)


HALF = np.array([False, True])
CHOOSERS = {
    "where": lambda y: ag.where(HALF, y, 5.0),
    "multiply": lambda y: y * HALF.astype(float),
    "maximum": lambda y: ag.maximum(y, [9.0, -9.0]),
    "minimum": lambda y: ag.minimum(y, [-9.0, 9.0]),
    "clip": lambda y: ag.clip(y, 0.5, 20.0),
    "relu": lambda y: ag.relu(y - 0.5),
    "getitem": lambda y: y[1],
    "take_along_axis": lambda y: ag.take_along_axis(y, np.array([1]), 0),
    "max": lambda y: ag.max(y),
    "max_pool2d": lambda y: ag.max_pool2d(y.reshape(1, 1, 1, 2), kernel_size=(1, 2)),
    "masked_select": lambda y: y[HALF],
}
"""By the operation that sends a 0 to the first of two elements, and something else to the second."""
CALLED = {"masked_select": "getitem"}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("chooser", CHOOSERS)
def test_the_zero_that_an_infinite_slope_makes_nan_of_is_traced_to_what_sent_it(chooser, create_graph):
    x = leaf(0.0, 1.0)
    words = said(CHOOSERS[chooser](ag.sqrt(x)).sum(), create_graph=create_graph)
    assert words.startswith("backward: the rule of sqrt for x, called at ")
    assert "There g is exactly 0 and the slope of sqrt is inf, and 0 · inf is nan. " in words
    source = re.search(r"The 0 was sent back by (\w+), called at \S*test_anomaly.py:\d+, in ", words)
    assert source[1] == CALLED.get(chooser, chooser)
    assert words.endswith("of x only for which the condition holds")


SLOPES = {
    "sqrt": (ag.sqrt, 0.0, "inf"), "log": (ag.log, 0.0, "inf"), "power": (lambda x: x**0.5, 0.0, "inf"),
    "divide": (lambda x: 1.0 / x, 0.0, "-inf"), "arccos": (ag.arccos, 1.0, "-inf"), "arcsin": (ag.arcsin, 1.0, "inf"),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOPES)
def test_every_infinite_slope_behind_where_is_named_with_its_sign_and_where_with_functions_mends_it(name):
    function, at, slope = SLOPES[name]
    x = leaf(at, 0.5)
    words = said(ag.where(HALF, function(x), 0.0).sum())
    assert f"There g is exactly 0 and the slope of {name} is {slope}, and 0 · {slope} is nan" in words
    assert "The 0 was sent back by where, called at " in words
    with detect_anomaly():
        ag.where(HALF, function, 0.0, of=x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_the_zero_is_followed_through_steps_that_only_hand_it_on():
    x = Tensor(np.array([[0.0], [1.0]]), requires_grad=True)
    y = ag.concatenate([2.0 * ag.sqrt(x) + np.ones(3), np.ones((2, 1))], axis=1).T.reshape(2, 4)
    words = said((ag.where(np.arange(8).reshape(2, 4) % 2 == 1, y, 0.0) * 3.0).sum())
    assert "The 0 was sent back by where, called at " in words
    ag.set_guarded(False)
    try:  # the constant's shape is noted by the mutation check
        y = ag.concatenate([ag.sqrt(leaf(0.0, 1.0)), np.ones(2)])
    finally:
        ag.set_guarded(True)
    assert "The 0 was sent back by concatenate. sqrt need not" in said(ag.where(np.arange(4) % 2 == 1, y, 0.0).sum())
    shared = ag.sqrt(leaf(0.0, 1.0))
    words = said((ag.where(HALF, shared, 0.0) + ag.where(HALF, 2.0 * shared, 0.0)).sum())
    assert "The 0 was sent back by where, called at " in words


def test_a_zero_of_gradients_that_cancel_or_that_was_given_has_no_source():
    y = ag.sqrt(leaf(0.0, 1.0))
    for words in (said((y - y).sum(), retain_graph=True), said(y, gradient=np.array([0.0, 1.0]))):
        assert words.endswith("There g is exactly 0 and the slope of sqrt is inf, and 0 · inf is nan")


def test_nothing_is_said_of_zero_where_nan_has_another_cause():
    inf = np.array([np.inf, 1.0])
    causes = {
        "nan forward": ag.where(HALF, ag.sqrt(leaf(-1.0, 1.0)), 0.0).sum(),
        "an infinite gradient and a slope of 0": (leaf(1.0, 1.0) * np.zeros(2) * inf).sum(),
        "an infinite slope": ag.sqrt(leaf(0.0, 1.0)).sum(),
        "a factor that is nan": (leaf(1.0, 1.0) * np.array([np.nan, 1.0]))[1],
        "inf less inf": (lambda y: y * inf - y * inf)(leaf(1.0, 1.0) + 0.0).sum(),
    }
    for cause, loss in causes.items():
        assert "There g is exactly 0" not in said(loss), cause


def test_zeros_of_one_pass_are_not_taken_for_those_of_another():
    y = ag.sqrt(leaf(0.0, 1.0)) + 1.0
    first, second = y[1], ag.where(HALF, y, 0.0).sum()
    with detect_anomaly():
        with pytest.raises(FloatingPointError, match=r"sent back by where"):
            second.backward(retain_graph=True)
        with pytest.raises(FloatingPointError, match=r"sent back by getitem"):
            first.backward(retain_graph=True)


def test_a_graph_is_freed_inside_the_block():
    with detect_anomaly():
        loss = ag.relu(leaf(-1.0, 1.0) + 0.0).sum()
        loss.backward()
        node = weakref.ref(loss.node.parents[0])
        del loss
        assert node() is None


def test_finite_training_is_quiet_and_the_same():
    def trained(block):
        net = nn.Sequential(a=nn.Linear(4, 8, rng=0), r=nn.ReLU(), b=nn.Linear(8, 3, rng=1))
        optimizer = nn.Adam(net.parameters(), lr=0.01)
        x = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
        for _ in range(5):
            optimizer.zero_grad()
            with block():
                nn.cross_entropy(net(Tensor(x)), np.arange(20) % 3).backward()
            optimizer.step()
        return [p.numpy().tobytes() for p in net.parameters()]

    assert trained(detect_anomaly) == trained(nullcontext)


def test_nothing_is_left_of_it_afterwards():
    with pytest.raises(FloatingPointError), detect_anomaly():
        ag.log(leaf(0.0))
    assert here() == FRESH
    assert np.isneginf(ag.log(leaf(0.0)).data)


def test_integers_booleans_and_empty_results_are_no_anomaly():
    with detect_anomaly():
        x = Tensor(np.zeros((0, 3)), requires_grad=True)
        (x * 2.0).sum().backward()
        assert (leaf(1.0) > 0).data.all()
        assert ag.argmax(leaf(1.0, 2.0)).item() == 1


def test_the_message_counts_what_is_not_finite_among_the_arguments():
    message = r"arrays\[0\] \(2,\) float64 from 1 to 2, arrays\[1\] \(2,\) float64 nowhere finite"
    with pytest.raises(FloatingPointError, match=message), detect_anomaly():
        ag.concatenate([leaf(1.0, 2), np.array([np.nan, np.inf])], axis=0)


def test_complex_numbers_that_are_not_finite_are_found_in_both_passes():
    x = Tensor([1 + 1j, 0j], requires_grad=True)
    with np.errstate(all="ignore"):
        with pytest.raises(FloatingPointError, match=r"^log, .* at \(1,\)"), ag.detect_anomaly():
            ag.log(x)
        with pytest.raises(FloatingPointError, match=r"^backward: the rule of sqrt .* at \(1,\)"), ag.detect_anomaly():
            ag.grad(ag.sqrt(x), x, np.ones(2))
