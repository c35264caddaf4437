"""The gradient checker where it is hard: functions near poles, at optima, with vanishing slopes; rules that hide."""

import numpy as np
import pytest
from cases import every
from gradchecks import caught, every_mode, named
from leaves import leaf_of
from leaves import random_leaf as leaf

import autograd_mini as ag
import nn
from autograd_mini import gradcheck, gradgradcheck

# ── right functions where differences are treacherous ─────────────────────────────────────────────────────────────────


def over_and_over(x, w):
    for _ in range(30):
        x = ag.tanh(x @ w)
    return x


TREACHEROUS = {
    "beside a pole": (lambda x: 1 / x, [leaf_of([1e-8, 1e-3, 1.0])]),
    "beside poles only": (lambda x: 1 / x, [leaf_of([1e-8, -1e-9])]),
    "a quotient that bends within 1e-8": (lambda x: x / (ag.absolute(x) + 1e-8), [leaf_of([0, 1e-8, 1])]),
    "at the optimum of a sum of squares": (lambda x: ((x - [0.0, 1.0, 2.0]) ** 2).sum(), [leaf_of([0, 1, 2])]),
    "at the optimum of a mean": (
        lambda w, b: ((np.eye(3) @ w + b - 1.0) ** 2).mean(), [leaf_of(np.ones((3, 2))), leaf_of([0, 0])],
    ),
    "variance of a constant": (ag.var, [leaf_of(np.ones(5))]),
    "saturated scores": (lambda x: nn.cross_entropy(x, np.array([0, 0])), [leaf_of([[800, 0, -800], [50, 0, -50]])]),
    "scores so far apart that slopes underflow": (lambda x: ag.log_softmax(x, axis=1), [leaf_of([[515, 0], [300, 1]])]),
    "roots of the tiniest": (ag.sqrt, [leaf_of([1e-8, 1e-16, 1])]),
    "a gradient whose digits cancel": (lambda x: (ag.exp(x) - 1) / x, [leaf_of([1e-6, 1e-9])]),
    "deviation of what hardly deviates": (lambda x: ag.std(1 + 1e-8 * x, axis=0), [leaf(5, 3)]),
    "slopes of 1e-9 after thirty tanh": (over_and_over, [leaf(2, 4), leaf(4, 4, seed=1)]),
    "a root near nought, which is curved and has no kink": (ag.sqrt, [leaf_of(np.full(4, 1e-5))]),
    "a little further": (ag.sqrt, [leaf_of(np.full(4, 1.5e-5))]),
    "nearer": (ag.sqrt, [leaf_of(np.full(4, 1e-7))]),
}  # fmt: skip


@every_mode
@every("what", TREACHEROUS)
def test_right_functions_pass_where_large_steps_mislead(what, mode):
    fn, inputs = TREACHEROUS[what]
    assert gradcheck(fn, inputs, mode=mode)


def test_batch_norm_of_a_black_batch_passes():
    net = nn.VGG("4 M 8 M | 16 5", input_shape=(3, 16, 16), batch_norm=True, rng=0, dtype=np.float64, dropout=0.0)
    assert nn.gradcheck(net, np.zeros((2, 3, 16, 16)), loss=lambda y: nn.cross_entropy(y, np.array([0, 2])))


def test_second_derivatives_pass_where_masks_move_at_a_kink():
    black = np.pad(np.random.default_rng(0).standard_normal((1, 1, 3, 3)), ((0, 0), (0, 0), (0, 5), (0, 5)))

    def net(x, w, b):
        return ag.max_pool2d(ag.relu(ag.conv2d(x, w, b, padding=1)), kernel_size=2)

    assert gradgradcheck(net, [leaf_of(black), leaf(2, 1, 3, 3, seed=1), leaf_of([0, 0])], mode="projected")


# ── wrong rules that hide ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def steep(broken):
    """A sine whose rule is twice what it should be."""
    return broken(named("steep", lambda x: np.sin(x)), x=lambda g, x: 2 * g * ag.cos(x))


def test_a_wrong_slope_does_not_hide_beside_one_a_thousand_million_times_as_large(broken):
    op = broken(named("scaled", lambda x: x * [1e9, 1, 1]), x=lambda g: g * [1e9, 2, 1])
    for fn in (op, lambda x: op(x).sum()):
        assert caught(fn, leaf(3)).operation == "scaled"


@pytest.mark.parametrize("offset", [1e9, 1e12, 1e15])
@every_mode
def test_a_wrong_rule_does_not_hide_in_rounding_so_large_that_nothing_moves(steep, mode, offset):
    assert caught(lambda x: steep(x) + offset, leaf(3), mode=mode).operation == "steep"


@every_mode
def test_a_rule_that_is_zero_does_not_hide_there_either(broken, mode):
    op = broken(named("lost", lambda x: np.sin(x)), x=lambda g: g * 0)
    caught(lambda x: op(x) + 1e12, leaf(3), mode=mode)


def test_a_wrong_rule_does_not_hide_behind_steps_too_small_to_move_anything(steep):
    caught(steep, leaf(3), eps=1e-20)


@every_mode
@pytest.mark.parametrize("kinked", [ag.relu, ag.absolute, ag.max])
def test_a_wrong_rule_does_not_hide_behind_a_kink(steep, mode, kinked):
    assert caught(lambda x: kinked(steep(x)), leaf_of([0, 0, 0]), mode=mode).operation == "steep"


@every_mode
@pytest.mark.parametrize(
    "fn",
    [
        lambda x: ag.leaky_relu(x, negative_slope=float(np.sin(x.numpy()).sum())),
        lambda x: ag.pad(x, ((1, 1),), value=float(np.sin(x.numpy()).sum())),
        lambda x: ag.clip(x, low=float(x.numpy().mean())),
    ],
)
def test_a_parameter_computed_from_the_inputs_is_found(mode, fn):
    text = str(caught(fn, leaf(3), mode=mode))
    assert "its parameter '" in text
    assert "' moves with the inputs" in text


@every_mode
@pytest.mark.parametrize(
    "rule",
    [
        lambda g: 2 * np.clip(g, -5, 5),
        lambda g: 2 * np.where(np.abs(g) < 1e-3, 0, g),
        lambda g: 2 * g if np.count_nonzero(g) != 1 else 3 * g,
        lambda g: 2 * g * (g.size if np.argmax(np.abs(g)) else 1),
    ],
    ids=["clipped", "small dropped", "sparse otherwise", "by the largest"],
)
def test_a_rule_that_treats_some_g_otherwise_is_not_linear(broken, mode, rule):
    op = broken(named("doubled", lambda x: x * 2), x=rule)
    assert caught(op, leaf(3, 4), mode=mode).operation == "doubled"


def test_the_report_says_what_nobody_can_tell(broken):
    op = broken(named("lifted", lambda x: np.sin(x) + 1e12), x=lambda g, x: 1.01 * g * ag.cos(x))
    report = gradcheck(op, leaf(3))
    assert set(report.unsettled) == {"lifted"}
    assert "not settled: lifted" in repr(report)
