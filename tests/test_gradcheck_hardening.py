"""The gradient checker where it is hard: functions near poles, at optima, with vanishing slopes; rules that hide."""

from types import MappingProxyType

import numpy as np
import pytest

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, GradcheckError, Tensor, gradcheck, gradgradcheck, primitive

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
    "saturated scores": (lambda x: nn.cross_entropy(x, np.array([0, 0])), [leaf([[800, 0, -800], [50, 0, -50]])]),
    "scores so far apart that slopes underflow": (lambda x: ag.log_softmax(x, axis=1), [leaf([[515, 0], [300, 1]])]),
    "roots of the tiniest": (ag.sqrt, [leaf([1e-8, 1e-16, 1])]),
    "a gradient whose digits cancel": (lambda x: (ag.exp(x) - 1) / x, [leaf([1e-6, 1e-9])]),
    "deviation of what hardly deviates": (lambda x: ag.std(1 + 1e-8 * x, axis=0), [draw(5, 3)]),
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


def test_second_derivatives_pass_where_masks_move_at_a_kink():
    black = np.pad(np.random.default_rng(0).standard_normal((1, 1, 3, 3)), ((0, 0), (0, 0), (0, 5), (0, 5)))

    def net(x, w, b):
        return ag.max_pool2d(ag.relu(ag.conv2d(x, w, b, padding=1)), kernel_size=2)

    assert gradgradcheck(net, [leaf(black), draw(2, 1, 3, 3, seed=1), leaf([0, 0])], mode="projected")


# ── wrong rules that hide ─────────────────────────────────────────────────────────────────────────────────────────────


def sine_twice_too_steep(made):
    return made(lambda x: np.sin(x), x=lambda g, x: 2 * g * ag.cos(x))


def test_a_wrong_slope_does_not_hide_beside_one_a_thousand_million_times_as_large(made):
    op = made(lambda x: x * [1e9, 1, 1], x=lambda g: g * [1e9, 2, 1])
    for fn in (op, lambda x: op(x).sum()):
        with pytest.raises(GradcheckError) as caught:
            gradcheck(fn, draw(3))
        assert caught.value.operation == op.name


@pytest.mark.parametrize("offset", [1e9, 1e12, 1e15])
@both
def test_a_wrong_rule_does_not_hide_in_rounding_so_large_that_nothing_moves(made, mode, offset):
    op = sine_twice_too_steep(made)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: op(x) + offset, draw(3), mode=mode)
    assert caught.value.operation == op.name


@both
def test_a_rule_that_is_zero_does_not_hide_there_either(made, mode):
    op = made(lambda x: np.sin(x), x=lambda g: g * 0)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: op(x) + 1e12, draw(3), mode=mode)


def test_a_wrong_rule_does_not_hide_behind_steps_too_small_to_move_anything(made):
    with pytest.raises(GradcheckError):
        gradcheck(sine_twice_too_steep(made), draw(3), eps=1e-20)


@both
@pytest.mark.parametrize("kinked", [ag.relu, ag.absolute, ag.max])
def test_a_wrong_rule_does_not_hide_behind_a_kink(made, mode, kinked):
    op = sine_twice_too_steep(made)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: kinked(op(x)), leaf([0, 0, 0]), mode=mode)
    assert caught.value.operation == op.name


@both
@pytest.mark.parametrize(
    "fn",
    [
        lambda x: ag.leaky_relu(x, negative_slope=float(np.sin(x.numpy()).sum())),
        lambda x: ag.pad(x, ((1, 1),), value=float(np.sin(x.numpy()).sum())),
        lambda x: ag.clip(x, low=float(x.numpy().mean())),
    ],
)
def test_a_parameter_computed_from_the_inputs_is_found(mode, fn):
    with pytest.raises(GradcheckError, match=r"its parameter .* moves with the inputs"):
        gradcheck(fn, draw(3), mode=mode)


@both
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
def test_a_rule_that_treats_some_g_otherwise_is_not_linear(made, mode, rule):
    op = made(lambda x: x * 2, x=rule)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(op, draw(3, 4), mode=mode)
    assert caught.value.operation == op.name


# ── what is given, and what is said ───────────────────────────────────────────────────────────────────────────────────


def test_nested_outputs_are_compared_and_called_by_their_place(made):
    op = made(lambda x: x * 2, x=lambda g: 3 * g)
    with pytest.raises(GradcheckError, match=r"∂output 1\['b'\]\[0\]/∂input 0"):
        gradcheck(lambda x: (x * 2, {"a": x, "b": [op(x)]}), draw(3))
    assert gradgradcheck(lambda x: MappingProxyType({"a": [x * x]}), draw(3))


@pytest.mark.parametrize(
    "option",
    [
        {"eps": np.inf}, {"eps": np.nan}, {"atol": -1}, {"rtol": np.nan}, {"projections": 0}, {"projections": 2.5},
        {"seed": -1}, {"seed": None}, {"mode": "fast"},
    ],
    ids=str,
)  # fmt: skip
def test_an_option_that_cannot_be_is_refused_by_name(option):
    with pytest.raises(ValueError, match=f"gradcheck: {next(iter(option))} must be"):
        gradcheck(ag.sin, draw(3), **option)


@pytest.mark.parametrize("given", [None, 3.0, {"x": draw(3)}], ids=["None", "a number", "a dict"])
def test_inputs_that_are_no_sequence_are_refused(given):
    for check in (gradcheck, gradgradcheck):
        with pytest.raises(TypeError, match="inputs must be a Tensor or a sequence of them"):
            check(ag.sin, given)


def test_a_jacobian_beyond_memory_is_refused_and_projections_recommended():
    with pytest.raises(ValueError, match=r"10,000 × 10,000 entries.*projected"):
        gradcheck(ag.sin, draw(10_000))
    assert gradcheck(ag.sin, draw(10_000), mode="projected")


def test_a_function_that_changes_its_mind_later_is_not_deterministic():
    calls = []

    def changing(x):
        calls.append(0)
        return x * (1.0 if len(calls) < 4 else 2.0)

    with pytest.raises(GradcheckError, match="fn is not deterministic"):
        gradcheck(changing, draw(3))


def test_the_report_says_what_nobody_can_tell(made):
    op = made(lambda x: np.sin(x) + 1e12, x=lambda g, x: 1.01 * g * ag.cos(x))
    report = gradcheck(op, draw(3))
    assert set(report.unsettled) == {op.name}
    assert "not settled: made_0" in repr(report)
