"""Gradient checks of operations with several results: of each result alone, of all together, and of their rules."""

import numpy as np
import pytest
from gradchecks import caught, every_mode

import autograd_mini as ag
from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck, primitive


def halves(x, y):
    """The product of two columns, and the sums of both, which have another shape."""
    return x[:, None] * y, np.stack([x.sum(), y.sum()])


def joint(g, x, y, g_sums, wanted):
    left = (g @ y) + g_sums[0]
    right = (g.T @ x) + g_sums[1]
    return (left if wanted[0] else None), (right if wanted[1] else None)


def columns(dtype=np.float64):
    rng = np.random.default_rng(3)
    return [Tensor(rng.standard_normal(n).astype(dtype), requires_grad=True, name=w) for n, w in ((3, "x"), (4, "y"))]


@pytest.fixture
def made(registry):
    def make(rule):
        op = primitive(outputs=("outer", "sums"))(halves)
        op.defvjp(rule)
        return op

    return make


USES = {
    "all results": lambda op: op,
    "the first": lambda op: lambda x, y: op(x, y)[0],
    "the second": lambda op: lambda x, y: op(x, y)[1],
    "both further on": lambda op: lambda x, y: ag.sum(ag.exp(op(x, y)[0])) * op(x, y)[1],
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_right_rules_of_several_results_pass_at_both_orders(made, use, dtype):
    fn = use(made(joint))
    assert gradcheck(fn, columns(dtype))
    assert gradgradcheck(fn, columns(dtype))


@every_mode
def test_a_rule_that_is_wrong_for_the_second_result_is_named(made, mode):
    fn = made(lambda g, x, y, g_sums, wanted: joint(g, x, y, -g_sums, wanted))
    assert gradcheck(lambda x, y: fn(x, y)[0], columns())  # which it does not reach
    with pytest.raises(GradcheckError, match=r"to blame: halves, the rule for 'x'(.|\n)*halves\.sums\[0\]/∂x"):
        gradcheck(lambda x, y: ag.sum(fn(x, y)[1] * 3.0) + ag.sum(fn(x, y)[0]), columns(), mode=mode)


def test_a_rule_that_lacks_a_property_is_seen_on_every_result(made):
    nonlinear = made(lambda g, x, y, g_sums, wanted: joint(g, x, y, g_sums * abs(g_sums), wanted))
    assert "a rule misbehaves: the rule is not linear in g" in str(caught(nonlinear, columns()))


def test_a_second_derivative_that_is_lost_is_found(made):
    def detached(g, x, y, g_sums, wanted):
        return joint(g, x.detach() if isinstance(x, Tensor) else x, y, g_sums, wanted)

    fn = made(detached)
    assert gradcheck(fn, columns())
    caught(fn, columns(), check=gradgradcheck)


@pytest.mark.parametrize(
    "cut", [lambda x: ag.split(x, [1])[1], lambda x: ag.array_split(x, 3)[0], lambda x: ag.unstack(x)[1]]
)
@pytest.mark.parametrize("x", [[0.5, 0.5, 0.5, 1.0], [0.0, 0.0, 0.0, 0.0]])
def test_one_of_several_results_of_equal_numbers_that_were_sorted_raises_no_alarm(cut, x):
    assert gradcheck(lambda x: ag.cos(cut(ag.sort(x))), Tensor(x, requires_grad=True))
