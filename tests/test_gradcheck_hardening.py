"""The gradient checker where it is hard: functions near poles, at optima, with vanishing slopes; rules that hide."""

import numpy as np
import pytest

import autograd_mini as ag
import nn
from autograd_mini import Tensor, gradcheck
from autograd_mini.primitives import PRIMITIVES, primitive

both = pytest.mark.parametrize("mode", ["full", "projected"])


@pytest.fixture
def made():
    """Make a primitive with given rules, and take it off the register afterwards."""
    names = []

    def make(forward, branch=None, analytic=False, **rules):
        forward.__name__ = f"made_{len(names)}"
        op = primitive(forward)
        op.defvjp(**rules)
        if branch is not None:
            op.defbranch(branch)
        op.analytic = analytic
        names.append(op.name)
        return op

    yield make
    for name in names:
        PRIMITIVES.pop(name, None)


def leaf(values):
    return Tensor(np.array(values, dtype=float), requires_grad=True)


def draw(*shape, seed=0):
    return leaf(np.random.default_rng(seed).standard_normal(shape))


# ── right functions where differences are treacherous ─────────────────────────────────────────────────────────────────


def over_and_over(x, w):
    for _ in range(30):
        x = ag.tanh(x @ w)
    return x


TREACHEROUS = {
    "beside a pole": (lambda x: 1 / x, [leaf([1e-8, 1e-3, 1.0])]),
    "beside poles only": (lambda x: 1 / x, [leaf([1e-8, -1e-9])]),
    "a quotient that bends within 1e-8": (lambda x: x / (ag.absolute(x) + 1e-8), [leaf([0, 1e-8, 1])]),
    "at the optimum of a sum of squares": (lambda x: ((x - [0.0, 1.0, 2.0]) ** 2).sum(), [leaf([0, 1, 2])]),
    "at the optimum of a mean": (
        lambda w, b: ((np.eye(3) @ w + b - 1.0) ** 2).mean(),
        [leaf(np.ones((3, 2))), leaf([0, 0])],
    ),
    "variance of a constant": (ag.var, [leaf(np.ones(5))]),
    "slopes of 1e-9 after thirty tanh": (over_and_over, [draw(2, 4), draw(4, 4, seed=1)]),
}


@both
@pytest.mark.parametrize("what", TREACHEROUS)
def test_right_functions_pass_where_large_steps_mislead(what, mode):
    fn, inputs = TREACHEROUS[what]
    assert gradcheck(fn, inputs, mode=mode)


@both
@pytest.mark.parametrize("near", [1e-5, 1.5e-5, 1e-7])
def test_a_root_near_nought_is_curved_and_has_no_kink(mode, near):
    assert gradcheck(ag.sqrt, leaf(np.full(4, near)), mode=mode)


def test_batch_norm_of_a_black_batch_passes():
    net = nn.VGG("4 M 8 M | 16 5", input_shape=(3, 16, 16), batch_norm=True, rng=0, dtype=np.float64, dropout=0.0)
    assert nn.gradcheck(net, np.zeros((2, 3, 16, 16)), loss=lambda y: nn.cross_entropy(y, np.array([0, 2])))
