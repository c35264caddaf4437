"""0 · inf in the backward pass: the nan is not laid on right rules, and what is to be written instead passes."""

import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from cases import every
from gradchecks import caught, every_mode, named
from internals import bare
from leaves import vector as leaf

import autograd_mini as ag
import nn
from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck

pytestmark = pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow)")  # NumPy says so where it is


REMEDIES = {
    "log": "where(c, log(where(c, x, 1)), 0)", "sqrt": "where(c, sqrt(where(c, x, 1)), 0)",
    "power": "where(c, power(where(c, x, 1), y), 0)", "divide": "where(c, divide(x, where(c, y, 1)), 0)",
}  # fmt: skip
positive = lambda v: v > 0
nonzero = lambda v: v != 0


def trap(fn, inputs, blamed, stopped="where takes another branch", used=positive):
    """The function, its inputs, (operation, argument), what stops the gradient, where the result is used."""
    return fn, inputs, blamed.split("."), stopped, used


TRAPS = {
    "log": trap(lambda v: ag.where(v > 0, ag.log(v), 0), [leaf(-1, 0, 1)], "log.x"),
    "log, a step further": trap(lambda v: ag.where(v > 0, 2 * ag.log(v) + 1, 0), [leaf(-1, 0, 1)], "log.x"),
    "log, its result multiplied": trap(lambda v: ag.where(v > 0, v * ag.log(v), 0), [leaf(0, 1, 2)], "log.x"),
    "sqrt beside inf": trap(
        lambda v: ag.where(v > 0, ag.sqrt(v + np.array([0, 0, np.inf])), 0), [leaf(0, 1, -2)], "sqrt.x"
    ),
    "sqrt": trap(lambda v: ag.where(v > 0, ag.sqrt(v), 0), [leaf(0, 1, 2)], "sqrt.x"),
    "sqrt in float32": trap(lambda v: ag.where(v > 0, ag.sqrt(v), 0), [leaf(0, 1, 2, dtype=np.float32)], "sqrt.x"),
    "division by 0": trap(lambda v: ag.where(v != 0, 1 / v, 0), [leaf(0, 1, 2)], "divide.y", used=nonzero),
    "0 / 0": trap(lambda v: ag.where(v != 0, ag.sin(v) / v, 1), [leaf(0, 1, 2)], "divide.x", used=nonzero),
    "division by one number for all": trap(
        lambda v, n: ag.where(n > 0, v / n, 0), [leaf(0, 1, 2), Tensor(0.0, requires_grad=True)], "divide.x",
        used=lambda v, n: n > 0,
    ),
    "a fractional power": trap(lambda v: ag.where(v > 0, v**0.25, 0), [leaf(0, 1, 2)], "power.x"),
    "a negative power": trap(lambda v: ag.where(v > 0, v**-2, 0), [leaf(0, 1, 2)], "power.x"),
    "the larger": trap(
        lambda v: ag.maximum(ag.log(v), -3), [leaf(0, 1, 2)], "log.x", "maximum takes another branch"
    ),
    "the largest": trap(lambda v: ag.max(ag.log(v)), [leaf(0, 1, 2)], "log.x", "max takes another branch"),
    "limits": trap(lambda v: ag.clip(ag.log(v), -3, 3), [leaf(0, 1, 2)], "log.x", "clip takes another branch"),
    "relu": trap(lambda v: ag.relu(ag.log(v)), [leaf(0, 1, 2)], "log.x", "relu takes another branch"),
    "elements left out": trap(
        lambda v: ag.log(v)[1:] @ np.ones((2, 3)), [leaf(0, 1, 2)], "log.x", "getitem lets nothing through"
    ),
    "a saturated function": trap(lambda v: ag.tanh(ag.log(v)), [leaf(0, 1, 2)], "log.x", "tanh lets nothing through"),
}  # fmt: skip


@every_mode
@every("what", TRAPS)
def test_nan_made_of_0_and_inf_is_laid_on_no_right_rule_and_the_remedy_named_passes(what, mode):
    fn, inputs, (operation, argument), stopped, used = TRAPS[what]
    assert np.isnan(ag.grad(fn(*inputs).sum(), inputs[0]).numpy()).any()
    error = caught(fn, inputs, mode=mode)
    assert np.isnan(error.analytic)
    assert (error.operation, error.argument) == (operation, argument)
    assert f"\nto blame: 0 · inf in the gradient of {operation} by {argument!r}\n" in str(error)
    assert re.search("has no finite slope, and the gradient that comes back to \\w+ is 0, as ", error.diagnosis)
    assert (
        f" {stopped} there: 0 · inf is nan. The rule is right: keep such elements from {operation}" in error.diagnosis
    )
    assert error.diagnosis.endswith(f", as in {REMEDIES[operation]}, with c true where its result is used")
    names = {name: getattr(ag, name) for name in ag.PRIMITIVES if hasattr(ag, name)}

    def mended(*xs):
        x, y = (xs[0], xs[-1]) if operation == "divide" else (xs[0], 0.5)
        return eval(REMEDIES[operation], {**names, "c": used(*xs), "x": x, "y": y})

    assert gradcheck(mended, inputs, mode=mode)


@every_mode
def test_the_message_says_where_each_of_the_two_was_called(mode):
    def fn(v):
        y = ag.log(v)
        return ag.where(v > 0, y, 0)

    _, first = inspect.getsourcelines(fn)
    at = f"{Path(__file__).name}:{first + 1}, in fn: y = ag.log(v)"
    error = caught(fn, leaf(-1, 0, 1), mode=mode)
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
    error = caught(lambda v: ag.sqrt((v * v).sum()), leaf(0, 0), mode=mode)
    assert (error.operation, error.argument) == ("sqrt", "x")
    assert error.diagnosis == (
        "at x = 0 sqrt has no finite slope, and the inf that comes back from it meets a slope of 0 in multiply: "
        "inf · 0 is nan. The rule is right: keep such elements from sqrt, as in where(c, sqrt(where(c, x, 1)), 0), "
        "with c true where its result is used"
    )


@every_mode
@pytest.mark.parametrize("fn", [lambda v: ag.where(v > 0, ag.log(v), 0), lambda v: ag.where(v > 0, v**1.5, 0)])
def test_at_second_order_too_no_right_rule_is_named(fn, mode):
    error = caught(fn, leaf(0, 1, 2), check=gradgradcheck, mode=mode)
    assert error.operation in ("log", "power")
    assert f"\nto blame: 0 · inf in the gradient of {error.operation}" in str(error)
    assert "there: 0 · inf is nan. The rule is right" in error.diagnosis


def test_in_a_model_the_layer_is_named():
    class Entropy(nn.Module):
        def forward(self, x):
            return ag.where(x > 0, x * ag.log(x), 0)

    net = nn.Sequential(fc=nn.Linear(3, 8, rng=0), entropy=Entropy())
    with pytest.raises(GradcheckError) as raised:
        nn.gradcheck(net, np.zeros((4, 3), np.float32))  # and no bias
    assert (raised.value.operation, raised.value.layer) == ("log", "entropy")
    assert "to blame: 0 · inf in the gradient of log (entropy) by 'x'" in str(raised.value)


# ── wrong rules are named all the same ────────────────────────────────────────────────────────────────────────────────


@every_mode
def test_a_wrong_rule_is_named_although_it_leads_into_the_trap_as_well(broken, mode):
    op = broken(named("logarithm", lambda x: np.log(x)), x=lambda g, x: 2 * g / x)
    error = caught(lambda v: ag.where(v > 0, op(v), 0), leaf(0, 1, 2), mode=mode)
    assert (error.operation, error.argument) == ("logarithm", "x")
    assert "\nto blame: logarithm, the rule for 'x'\n" in str(error)
    assert "twice" in error.diagnosis


@every_mode
def test_a_wrong_rule_elsewhere_is_counted(broken, mode):
    op = broken(named("halved", lambda x: x / 2), x=lambda g: g)
    error = caught(lambda v: ag.where(v > 0, ag.log(op(v)), 0), leaf(-1, 0, 1, 2), mode=mode)
    assert error.operation == "log"
    assert str(error).endswith("\n  1 more step is wrong too")


@every_mode
@pytest.mark.parametrize(
    "rule",
    [
        lambda g, x, out: 2 * g * out / x,
        lambda g, x: 2 * g / np.where(bare(x) == 0, 0, 1 / np.where(bare(x) == 0, 1, x)),
    ],
    ids=["nan of 0", "inf"],
)
@pytest.mark.parametrize("alone", [True, False], ids=["the rule alone", "where"])
def test_a_rule_that_makes_nan_or_inf_at_a_finite_slope_is_named(broken, mode, alone, rule):
    op = broken(named("squared", lambda x: x * x), x=rule)
    error = caught(lambda v: op(v) if alone else ag.where(v > 0, op(v), 0), leaf(0, 1, 2), mode=mode)
    assert (error.operation, error.argument) == ("squared", "x")
    assert "\nto blame: squared, the rule for 'x'\n" in str(error)


# ── and what is no trap passes ────────────────────────────────────────────────────────────────────────────────────────


@every_mode
def test_an_infinite_slope_itself_is_a_right_one(mode):
    assert ag.grad(ag.sqrt(x := leaf(0, 1)).sum(), x).numpy()[0] == np.inf
    assert gradcheck(lambda v: ag.sqrt(v).sum(), leaf(0, 1), mode=mode)
    assert gradcheck(lambda v: -ag.sqrt(v[0]) + ag.sqrt(v[1]) + v.sum(), leaf(0, 0, 1), mode=mode)


def test_beside_an_infinite_slope_a_wrong_one_does_not_hide(broken):
    op = broken(named("rooted", lambda x: np.sqrt(x)), x=lambda g, out: g / (2 * out) * (out != 2) + g * (out == 2))
    assert caught(lambda v: op(v).sum(), leaf(0, 1, 4), mode="projected").operation == "rooted"


@every_mode
def test_an_element_that_is_not_finite_does_not_move(mode):
    assert gradcheck(lambda v: ag.where(v < 5, 2 * v, 1), leaf(1, 2, np.inf), mode=mode)
