"""0 · inf on the way back: right rules are not blamed for the nan, and what is to be written instead passes."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from internals import bare

import autograd_mini as ag
import nn
from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck

pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow)")  # NumPy says so where it is
every_mode = pytest.mark.parametrize("mode", ["full", "projected"])


def leaf(*values, dtype=np.float64):
    return Tensor(np.array(values[0] if len(values) == 1 else values, dtype), requires_grad=True)


def blamed(fn, inputs, check=gradcheck, **options):
    with pytest.raises(GradcheckError) as caught:
        check(fn, inputs, **options)
    return caught.value


# what is trapped -> (function, inputs, operation, argument, what stops the gradient, the remedy, what is used)
TRAPS = {
    "log": (
        lambda v: ag.where(v > 0, ag.log(v), 0), [leaf(-1, 0, 1)],
        ("log", "x"), "where takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "log, a step further": (
        lambda v: ag.where(v > 0, 2 * ag.log(v) + 1, 0), [leaf(-1, 0, 1)],
        ("log", "x"), "where takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "log, its result multiplied": (
        lambda v: ag.where(v > 0, v * ag.log(v), 0), [leaf(0, 1, 2)],
        ("log", "x"), "where takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "sqrt beside inf": (
        lambda v: ag.where(v > 0, ag.sqrt(v + np.array([0, 0, np.inf])), 0), [leaf(0, 1, -2)],
        ("sqrt", "x"), "where takes another branch", "where(c, sqrt(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "sqrt": (
        lambda v: ag.where(v > 0, ag.sqrt(v), 0), [leaf(0, 1, 2)],
        ("sqrt", "x"), "where takes another branch", "where(c, sqrt(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "sqrt in float32": (
        lambda v: ag.where(v > 0, ag.sqrt(v), 0), [leaf(0, 1, 2, dtype=np.float32)],
        ("sqrt", "x"), "where takes another branch", "where(c, sqrt(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "division by 0": (
        lambda v: ag.where(v != 0, 1 / v, 0), [leaf(0, 1, 2)],
        ("divide", "y"), "where takes another branch", "where(c, divide(x, where(c, y, 1)), 0)", lambda v: v != 0,
    ),
    "0 / 0": (
        lambda v: ag.where(v != 0, ag.sin(v) / v, 1), [leaf(0, 1, 2)],
        ("divide", "x"), "where takes another branch", "where(c, divide(x, where(c, y, 1)), 0)", lambda v: v != 0,
    ),
    "division by one number for all": (
        lambda v, n: ag.where(n > 0, v / n, 0), [leaf(0, 1, 2), Tensor(0.0, requires_grad=True)],
        ("divide", "x"), "where takes another branch", "where(c, divide(x, where(c, y, 1)), 0)", lambda v, n: n > 0,
    ),
    "a fractional power": (
        lambda v: ag.where(v > 0, v**0.25, 0), [leaf(0, 1, 2)],
        ("power", "x"), "where takes another branch", "where(c, power(where(c, x, 1), y), 0)", lambda v: v > 0,
    ),
    "a negative power": (
        lambda v: ag.where(v > 0, v**-2, 0), [leaf(0, 1, 2)],
        ("power", "x"), "where takes another branch", "where(c, power(where(c, x, 1), y), 0)", lambda v: v > 0,
    ),
    "the larger": (
        lambda v: ag.maximum(ag.log(v), -3), [leaf(0, 1, 2)],
        ("log", "x"), "maximum takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "the largest": (
        lambda v: ag.max(ag.log(v)), [leaf(0, 1, 2)],
        ("log", "x"), "max takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "limits": (
        lambda v: ag.clip(ag.log(v), -3, 3), [leaf(0, 1, 2)],
        ("log", "x"), "clip takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "relu": (
        lambda v: ag.relu(ag.log(v)), [leaf(0, 1, 2)],
        ("log", "x"), "relu takes another branch", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "elements left out": (
        lambda v: ag.log(v)[1:] @ np.ones((2, 3)), [leaf(0, 1, 2)],
        ("log", "x"), "getitem lets nothing through", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
    "a saturated function": (
        lambda v: ag.tanh(ag.log(v)), [leaf(0, 1, 2)],
        ("log", "x"), "tanh lets nothing through", "where(c, log(where(c, x, 1)), 0)", lambda v: v > 0,
    ),
}  # fmt: skip


@every_mode
@pytest.mark.parametrize("what", TRAPS)
def test_a_right_rule_is_not_blamed_for_nan_made_of_0_and_inf_and_the_remedy_named_passes(what, mode):
    fn, inputs, blame, stopped, remedy, used = TRAPS[what]
    assert np.isnan(ag.grad(fn(*inputs).sum(), inputs[0]).numpy()).any()
    error = blamed(fn, inputs, mode=mode)
    assert np.isnan(error.analytic)
    assert (error.operation, error.argument) == blame
    assert f"\nto blame: 0 · inf in the gradient of {blame[0]} by {blame[1]!r}\n" in str(error)
    assert re.search("has no finite slope, and the gradient that comes back to \\w+ is 0, as ", error.diagnosis)
    assert f" {stopped} there: 0 · inf is nan. The rule is right: keep such elements from {blame[0]}" in error.diagnosis
    assert error.diagnosis.endswith(f", as in {remedy}, with c true where its result is used")
    names = {name: getattr(ag, name) for name in ag.PRIMITIVES if hasattr(ag, name)}

    def mended(*xs):
        x, y = (xs[0], xs[-1]) if blame[0] == "divide" else (xs[0], 0.5)
        return eval(remedy, {**names, "c": used(*xs), "x": x, "y": y})

    assert gradcheck(mended, inputs, mode=mode)


@every_mode
def test_the_message_says_where_each_of_the_two_was_called(mode):
    def fn(v):
        y = ag.log(v)
        return ag.where(v > 0, y, 0)

    _, first = inspect.getsourcelines(fn)
    at = f"{Path(__file__).name}:{first + 1}, in fn: y = ag.log(v)"
    error = blamed(fn, leaf(-1, 0, 1), mode=mode)
    assert error.line.endswith(at)
    assert re.sub(r"\S*(?=test_gradcheck_trap)", "", str(error).split("\n", 2)[2]) == (
        "to blame: 0 · inf in the gradient of log by 'x'\n"
        f"  called at {at}\n"
        "  diagnosis: at x[1] = 0 log has no finite slope, and the gradient that comes back to it is 0, as where, "
        f"called at {Path(__file__).name}:{first + 2}, takes another branch there: 0 · inf is nan. The rule is right: "
        "keep such elements from log, as in where(c, log(where(c, x, 1)), 0), with c true where its result is used"
    )


@every_mode
def test_the_norm_of_nothing_is_inf_that_meets_a_slope_of_0(mode):
    error = blamed(lambda v: ag.sqrt((v * v).sum()), leaf(0, 0), mode=mode)
    assert (error.operation, error.argument) == ("sqrt", "x")
    assert error.diagnosis == (
        "at x = 0 sqrt has no finite slope, and the inf that comes back from it meets a slope of 0 in multiply: "
        "inf · 0 is nan. The rule is right: keep such elements from sqrt, as in where(c, sqrt(where(c, x, 1)), 0), "
        "with c true where its result is used"
    )


@every_mode
@pytest.mark.parametrize("fn", [lambda v: ag.where(v > 0, ag.log(v), 0), lambda v: ag.where(v > 0, v**1.5, 0)])
def test_at_second_order_too_no_right_rule_is_blamed(fn, mode):
    error = blamed(fn, leaf(0, 1, 2), check=gradgradcheck, mode=mode)
    assert error.operation in ("log", "power")
    assert f"\nto blame: 0 · inf in the gradient of {error.operation}" in str(error)
    assert "there: 0 · inf is nan. The rule is right" in error.diagnosis


def test_in_a_model_the_layer_is_named():
    class Entropy(nn.Module):
        def forward(self, x):
            return ag.where(x > 0, x * ag.log(x), 0)

    net = nn.Sequential(fc=nn.Linear(3, 8, rng=0), entropy=Entropy())
    with pytest.raises(GradcheckError) as caught:
        nn.gradcheck(net, np.zeros((4, 3), np.float32))  # and no bias
    assert (caught.value.operation, caught.value.layer) == ("log", "entropy")
    assert "to blame: 0 · inf in the gradient of log (entropy) by 'x'" in str(caught.value)


# ── wrong rules are blamed all the same ───────────────────────────────────────────────────────────────────────────────


@every_mode
def test_a_wrong_rule_is_blamed_although_it_leads_into_the_trap_as_well(broken, mode):
    def logarithm(x):
        return np.log(x)

    op = broken(logarithm, x=lambda g, x: 2 * g / x)
    error = blamed(lambda v: ag.where(v > 0, op(v), 0), leaf(0, 1, 2), mode=mode)
    assert (error.operation, error.argument) == ("logarithm", "x")
    assert "\nto blame: logarithm, the rule for 'x'\n" in str(error)
    assert "twice" in error.diagnosis


@every_mode
def test_a_wrong_rule_elsewhere_is_counted(broken, mode):
    def halved(x):
        return x / 2

    op = broken(halved, x=lambda g: g)
    error = blamed(lambda v: ag.where(v > 0, ag.log(op(v)), 0), leaf(-1, 0, 1, 2), mode=mode)
    assert error.operation == "log"
    assert str(error).endswith("\n  1 more step is wrong too")


@every_mode
@pytest.mark.parametrize("kept", [True, False], ids=["the rule alone", "where"])
def test_a_rule_that_makes_nan_of_0_at_a_finite_slope_is_to_blame(broken, mode, kept):
    def squared(x):
        return x * x

    op = broken(squared, x=lambda g, x, out: 2 * g * out / x)
    error = blamed(lambda v: op(v) if kept else ag.where(v > 0, op(v), 0), leaf(0, 1, 2), mode=mode)
    assert (error.operation, error.argument) == ("squared", "x")
    assert "\nto blame: squared, the rule for 'x'\n" in str(error)


@every_mode
def test_a_rule_that_gives_inf_at_a_finite_slope_is_to_blame(broken, mode):
    def squared(x):
        return x * x

    op = broken(squared, x=lambda g, x: 2 * g / np.where(bare(x) == 0, 0, 1 / np.where(bare(x) == 0, 1, x)))
    for fn in (op, lambda v: ag.where(v > 0, op(v), 0)):
        error = blamed(fn, leaf(0, 1, 2), mode=mode)
        assert (error.operation, error.argument) == ("squared", "x")
        assert "\nto blame: squared, the rule for 'x'\n" in str(error)


# ── and what is no trap passes ────────────────────────────────────────────────────────────────────────────────────────


@every_mode
def test_an_infinite_slope_itself_is_a_right_one(mode):
    assert ag.grad(ag.sqrt(x := leaf(0, 1)).sum(), x).numpy()[0] == np.inf
    assert gradcheck(lambda v: ag.sqrt(v).sum(), leaf(0, 1), mode=mode)
    assert gradcheck(lambda v: -ag.sqrt(v[0]) + ag.sqrt(v[1]) + v.sum(), leaf(0, 0, 1), mode=mode)


def test_beside_an_infinite_slope_a_wrong_one_does_not_hide(broken):
    def root(x):
        return np.sqrt(x)

    op = broken(root, x=lambda g, out: g / (2 * out) * (out != 2) + g * (out == 2))
    error = blamed(lambda v: op(v).sum(), leaf(0, 1, 4), mode="projected")
    assert error.operation == "root"


@every_mode
def test_an_element_that_is_not_finite_stays_where_it_is(mode):
    assert gradcheck(lambda v: ag.where(v < 5, 2 * v, 1), leaf(1, 2, np.inf), mode=mode)
