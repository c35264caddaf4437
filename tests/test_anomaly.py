"""detect_anomaly: the first number that is not finite, with operation, module, line and what it was given."""

import re
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
    with pytest.raises(FloatingPointError, match=r"\(backward\)|rule of"), detect_anomaly():
        ag.grad(ag.sqrt(x := leaf(0.0)).sum(), x, create_graph=True)


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
