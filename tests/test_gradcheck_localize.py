"""Where the fault is: the operation, argument, layer, line and likely reason that a failing check names."""

import inspect
import re
from contextlib import contextmanager

import numpy as np
import pytest
from gradchecks import caught, every_mode, line_of, named
from leaves import leaf_of
from leaves import random_leaf as leaf

import autograd_mini as ag
import nn
from autograd_mini import Tensor, gradcheck, gradgradcheck, no_grad
from autograd_mini.arguments import bare
from autograd_mini.gradcheck import localize


@contextmanager
def rule(name, **rules):
    """A primitive of the engine with another rule."""
    op = ag.PRIMITIVES[name]
    before = dict(op.rules)
    op.defvjp(**rules)
    try:
        yield op
    finally:
        op.rules.clear()
        op.rules.update(before)
        op.defvjp()


def found(fn, inputs, **options):
    """What the error names."""
    error = caught(fn, inputs, **options)
    return error.operation, error.argument, error.diagnosis


# ── which operation, argument, layer and line ─────────────────────────────────────────────────────────────────────────


@every_mode
def test_a_wrong_rule_inside_a_net_is_named_with_its_layer_argument_and_line(mode):
    net = nn.Sequential(  # a Tanh, since a ReLU would be done in the pass of the layer before
        conv=nn.Conv2d(1, 2, 3, padding=1, rng=0, dtype=float), squash=nn.Tanh(), flat=nn.Flatten(),
        fc=nn.Linear(18, 2, rng=1, dtype=float),
    )  # fmt: skip

    def score(x):
        features = net(x)
        return ag.sum(features * features)

    with rule("tanh", x=lambda g, out: g * (1 + out * out)):
        error = caught(score, leaf(1, 1, 3, 3), mode=mode)
    assert (error.operation, error.argument, error.layer) == ("tanh", "x", "squash")
    assert error.line.endswith("features = net(x)")
    assert line_of(score, "features = net(x)") in error.line
    assert error.ratio == error.analytic / error.numeric
    assert abs(error.ratio - 1) > 1e-3
    assert f"to blame: tanh in squash, the rule for 'x'\n  called at {error.line}\n" in str(error)


def test_the_whole_message(broken):
    halved = broken(named("halved", lambda x: x * x / 2), x=lambda g, x: 2 * g * x)

    def fn(x, y):
        z = ag.exp(y)
        return halved(x) * z

    x, y = Tensor([4.0, -1.0], requires_grad=True, name="a"), leaf_of([0, 0])
    error = caught(fn, [x, y])
    assert re.sub(r"called at \S*(?=test_gradcheck_localize)", "called at ", str(error)) == (
        "gradcheck: 2 of 8 entries of ∂output 0/∂input 0 ('a') differ\n"
        "the worst is ∂output[0]/∂input[0]: analytic 8, numeric 4, ratio 2 (ε = 1e-06, allowed 8.1e-06)\n"
        "to blame: halved, the rule for 'x'\n"
        f"  called at {line_of(fn, 'return halved(x) * z')}fn: return halved(x) * z\n"
        "  its own worst entry ∂halved[0]/∂x[0]: analytic 8, numeric 4, ratio 2\n"
        "  diagnosis: the gradient is twice what it should be, everywhere"
    )
    assert (error.operation, error.argument, error.layer, error.analytic) == ("halved", "x", None, 8)
    assert (error.numeric, error.ratio) == (pytest.approx(4), pytest.approx(2))
    assert error.diagnosis == "the gradient is twice what it should be, everywhere"


def test_the_first_of_several_wrong_steps_is_named_and_the_others_counted(broken):
    halved = broken(named("halved", lambda x: x / 2), x=lambda g: g)
    tripled = broken(named("tripled", lambda x: x * 3), x=lambda g: g)
    for fn, first, words in (
        (lambda x: tripled(ag.sin(halved(x))), "halved", "\n  1 more step is wrong too"),
        (lambda x: tripled(halved(tripled(x))), "tripled", "\n  2 more steps are wrong too"),
    ):
        error = caught(fn, leaf(2))
        assert error.operation == first
        assert str(error).endswith(words)
    assert "wrong too" not in str(caught(halved, leaf(2)))


@pytest.mark.parametrize("argument", ["x", "w", "b"])
def test_each_argument_is_distinguished_from_the_others(argument):
    right = ag.PRIMITIVES["linear"].rules[argument].function

    def wrong(*args, **params):
        return right(*args, **params) * 2

    wrong.__signature__ = inspect.signature(right)
    with rule("linear", **{argument: wrong}):
        assert found(ag.linear, [leaf(2, 3), leaf(4, 3, seed=1), leaf(4, seed=2)])[:2] == ("linear", argument)


def test_a_wrong_rule_of_many_arrays_is_named_by_the_name_of_them_all(broken):
    op = broken(
        named("chained", lambda *xs: np.concatenate(xs)),
        xs=lambda g, index: g[2 * index : 2 * index + 2] * (1 + index),
    )
    assert found(lambda x, y: op(x, y), [leaf(2), leaf(2, seed=1)])[:2] == ("chained", "xs")


# ── what is probably wrong ────────────────────────────────────────────────────────────────────────────────────────────

KERNEL = np.random.default_rng(7).standard_normal((3, 3, 3, 3))
MATRIX = np.random.default_rng(4).standard_normal((8, 8))
TABLE = np.random.default_rng(5).standard_normal((4, 5))
RANKS = np.outer(np.arange(1, 16), np.ones(15))
HALF = (np.arange(225) % 2 == 0).reshape(15, 15)
SPOT = np.ones((4, 5))
SPOT[1, 2] = 3


def correlated(x):
    return ag.conv2d(x, KERNEL, padding=1)


def correlated_back(g, w=KERNEL):
    return ag.conv_transpose2d(g, w, padding=1)


def flipped(a, *axes):
    return np.ascontiguousarray(np.flip(np.asarray(a), axes))


def moved(a, by, axis):
    """Shifted, with zeros where nothing is known."""
    out = np.roll(np.asarray(a), by, axis)
    out[(slice(None),) * axis + (0 if by > 0 else -1,)] = 0
    return out


SIGN = "the sign is wrong: analytic = −numeric everywhere"
ZERO = "the rule gives zero everywhere, yet the function moves"
TRANSPOSED = "the Jacobian itself is transposed: the rule carries gradients forwards"
BACKWARDS = "the gradient is in reverse order along axes 2 and 3 of the argument (a flipped kernel?)"
EVERYWHERE = "the gradient is {} what it should be, everywhere".format
# the forward function, the wrong rule, the input's shape, what is said
PATTERNS = [
    (lambda x: np.sin(x), lambda g, x: -g * np.cos(x), (4, 5), SIGN),
    (lambda x: x * x / 2, lambda g, x: 2 * g * x, (4, 5), EVERYWHERE("twice")),
    (lambda x: x * x, lambda g, x: g * x, (4, 5), EVERYWHERE("half")),
    (
        lambda x: x.sum(axis=1), lambda g: np.repeat(g[:, None], 5, axis=1) / 5, (4, 5),
        EVERYWHERE("1/5 of") + ": a mean in place of a sum, or a wrong scale?",
    ),
    (
        lambda x: x.mean(axis=1), lambda g: np.repeat(g[:, None], 5, axis=1), (4, 5),
        EVERYWHERE("5 times") + ": a sum in place of a mean, or a wrong scale?",
    ),
    (lambda x: np.exp(x), lambda g, out: 0.7 * g * out, (4, 5), EVERYWHERE("0.7 times")),
    (
        lambda x: x @ TABLE, lambda g: (g @ TABLE.T).T, (4, 4),
        "the gradient is transposed: axes 0 and 1 of the argument are exchanged",
    ),
    (
        lambda x: TABLE[:, :4] @ x, lambda g: TABLE[:, :4].T @ g.T, (4, 4),
        "g is transposed: its axes 0 and 1 are exchanged",
    ),
    (
        lambda x: x + np.zeros((3, 5)), lambda g: g[0], (5,),
        "a sum over a broadcast axis is missing: of axis 0 of g only slice 0 arrives",
    ),
    (
        lambda x: x * TABLE, lambda g: (g * TABLE)[:, -1:], (4, 1),
        "a sum over a broadcast axis is missing: of axis 1 of g only slice 4 arrives",
    ),
    (
        correlated, lambda g: correlated_back(g, flipped(KERNEL, 2, 3)), (1, 3, 4, 4),
        "the kernel is flipped along axes 2 and 3",
    ),
    (correlated, lambda g: flipped(correlated_back(g), 2, 3), (1, 3, 4, 4), BACKWARDS),
    (lambda x: x @ TABLE, lambda g: flipped(g, 1) @ TABLE.T, (2, 4), "g is in reverse order along axis 1"),
    (
        lambda x: np.cumsum(x, axis=1) * np.arange(1, 6),
        lambda g: moved(flipped(np.cumsum(flipped(g * np.arange(1, 6), 1), axis=1), 1), 1, 1), (2, 5),
        "the gradient is shifted by +1 along axis 1: off by one, in the padding perhaps",
    ),
    (
        lambda x: np.maximum(x, 0), lambda g, x: g * (bare(x) <= 0), (4, 5),
        "the mask is inverted: the gradient passes where it should be held back",
    ),
    (
        lambda x: np.maximum(x, 0), lambda g: g * 1, (4, 5),
        "the mask is missing: the gradient passes everywhere, as if the function were x itself",
    ),
    (lambda x: np.exp(x), lambda g: g * 0, (4, 5), ZERO),
    (lambda x: np.exp(x), lambda g: g * np.nan, (4, 5), "the rule gives nan, in 400 of 400 entries"),
    (lambda x: np.cumsum(x), lambda g: np.cumsum(g), (5,), TRANSPOSED),
    (
        lambda x: (x.reshape(8) @ MATRIX).reshape(2, 4), lambda g: (g.reshape(8) @ MATRIX).reshape(2, 4), (2, 4),
        TRANSPOSED,
    ),
    (
        lambda x: x[[2, 0, 3, 1]] * 1, lambda g: g[[0, 1, 3, 2]] * 1, (4, 2),
        "the right numbers stand in the wrong places: a permutation",
    ),
    (lambda x: x * 1, lambda g: g * SPOT, (4, 5), "only 1 of 400 entries is wrong"),
    (
        lambda x: np.exp(x), lambda g, out: g * out * (np.arange(10) < 5), (10,),
        "5 of 10 entries that move are zero in the gradient; the others are right",
    ),
    (
        lambda x: 2 * x * (np.arange(10) != 4), lambda g: g * 2, (10,),
        "1 entry is not zero although nothing moves there; the others are right",
    ),
]  # fmt: skip
LARGE = [
    (lambda x: np.sin(x), lambda g, x: -g * np.cos(x), (15, 15), SIGN),
    (lambda x: x * x / 2, lambda g, x: 2 * g * x, (15, 15), EVERYWHERE("twice")),
    (lambda x: x * x, lambda g, x: g * x, (15, 15), EVERYWHERE("half")),
    (
        lambda x: np.repeat(x.sum(axis=1), 200),
        lambda g: np.repeat(g.reshape(2, 200).sum(axis=1)[:, None], 220, axis=1) / 220, (2, 220),
        EVERYWHERE("1/220 of") + ": a mean in place of a sum, or a wrong scale?",
    ),
    (
        lambda x: x @ RANKS + x * 2, lambda g: (g @ RANKS.T + g * 2).T, (15, 15),
        "the gradient is transposed: axes 0 and 1 of the argument are exchanged",
    ),
    (lambda x: np.exp(x), lambda g: g * 0, (15, 15), ZERO),
    (correlated, lambda g: flipped(correlated_back(g), 2, 3), (1, 3, 9, 9), BACKWARDS),
    (
        lambda x: np.exp(x), lambda g, out: g * out * HALF, (15, 15),
        "112 of 225 entries that move are zero in the gradient; the others are right",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("forward", "wrong", "shape", "said"), PATTERNS)
@every_mode
def test_the_likely_reason_is_named(broken, forward, wrong, shape, said, mode):
    op = broken(named("guilty", lambda x: np.asarray(forward(x))), x=wrong)
    assert found(lambda x: op(x) * 1.5, leaf(*shape), mode=mode) == ("guilty", "x", said)


@pytest.mark.parametrize(("forward", "wrong", "shape", "said"), LARGE)
def test_the_likely_reason_is_named_of_a_step_too_large_for_its_whole_jacobian(broken, forward, wrong, shape, said):
    op, x = broken(named("guilty", lambda x: np.asarray(forward(x))), x=wrong), leaf(*shape)
    assert op(x).size * x.size > localize.SMALL
    assert found(op, x, mode="projected") == ("guilty", "x", said)


def test_exchanged_arguments_are_named(broken):
    forward = named("weighted", lambda x, y: x * x * y)
    op = broken(forward, x=lambda g, x: g * x * x, y=lambda g, x, y: 2 * g * x * y)
    error = caught(op, [leaf(3), leaf(3, seed=1)])
    assert (error.operation, error.argument) == ("weighted", "x")
    assert error.diagnosis == "this is the gradient of 'y': two arguments are exchanged"
    assert str(error).count("to blame") == 1


@every_mode
def test_a_rule_that_fails_is_named(broken, mode):
    error = caught(broken(named("copied", lambda x: x * 1), x=lambda g: g @ np.ones((7, 7))), leaf(3), mode=mode)
    assert (error.operation, error.argument) == ("copied", "x")
    assert error.diagnosis.startswith("the rule fails: ValueError: matmul: ")
    assert isinstance(error.__context__.__context__, ValueError)  # with the line of the rule itself


# ── what bypasses the tape ────────────────────────────────────────────────────────────────────────────────────────────


def by_numpy(x):
    squares = x.numpy() ** 2
    return x * squares


def by_detach(x):
    squares = (x**2).detach()
    return x * squares


def by_no_grad(x):
    with no_grad():
        squares = x**2
    return x * squares


DECLARED = "its rule is declared None (no gradient flows), yet its result moves with the argument"


@every_mode
def test_a_detach_that_ends_a_gradient_is_named(mode):
    error = caught(by_detach, leaf(3), mode=mode)
    assert (error.operation, error.argument, error.diagnosis) == ("detach", "x", DECLARED)
    assert line_of(by_detach, "squares = (x**2).detach()") in error.line


@every_mode
@pytest.mark.parametrize("function", [by_numpy, by_no_grad])
def test_what_is_computed_outside_the_tape_is_named_where_it_comes_in(function, mode):
    error = caught(function, leaf(3), mode=mode)
    assert (error.operation, error.layer) == ("multiply", None)
    assert line_of(function, "return x * squares") in error.line
    assert error.diagnosis == (
        "its argument 'y' is a constant on the tape, yet moves with the inputs: it was computed from them outside the "
        "tape (NumPy, .numpy(), detach() or no_grad)"
    )


def test_a_rule_declared_none_although_the_result_moves_is_named(broken):
    op = broken(named("scaled", lambda x, y: x * y), x=lambda g, y: g * y, y=None)
    error = caught(op, [leaf(3), leaf(3, seed=1)])
    assert (error.operation, error.argument) == ("scaled", "y")
    assert error.diagnosis == "the rule for 'y' is declared None, yet the result moves with it"
    assert line_of(caught, "check(fn, inputs, **options)") in error.line


def test_a_step_none_of_whose_rules_lets_a_gradient_through_is_named(broken):
    op = broken(named("smoothed", lambda x: np.tanh(x)), x=None)
    assert found(lambda x: x + op(x), leaf(3)) == ("smoothed", "x", DECLARED)


def test_an_output_that_is_not_on_the_tape_is_named():
    error = caught(lambda x: {"right": x * 2, "lost": Tensor(np.exp(x.numpy()))}, leaf(2))
    assert error.operation is None
    assert "∂output 'lost'/∂input 0" in str(error)
    assert str(error).endswith(
        "output 'lost' is no part of the graph, yet moves with the inputs: it was computed outside the tape"
    )
    assert "output 0 is no part of the graph" in str(caught(lambda x: Tensor(x.numpy() * 2), leaf(2)))


# ── another result each time ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_random_mask_is_named():
    rng = np.random.default_rng(0)

    def noisy(x):
        y = ag.sin(x)
        return y * (rng.random(50) < 0.5)

    error = caught(noisy, leaf(50))
    assert str(error).startswith("gradcheck: fn is not deterministic: the same inputs gave results that differ by ")
    assert error.operation == "multiply"
    assert line_of(noisy, "return y * (rng") in error.line
    assert error.diagnosis == ("its argument 'y' differs from run to run: random numbers (dropout in training)?")


def test_dropout_is_named():
    rng = np.random.default_rng(0)
    error = caught(lambda x: ag.dropout(x, 0.5, rng=rng), leaf(50))
    assert "not deterministic" in str(error)
    assert "dropout in training" in error.diagnosis
    assert gradcheck(lambda x: ag.dropout(x, 0.5, rng=np.random.default_rng(0)), leaf(50))  # the same mask each time


def test_a_random_parameter_a_random_result_and_a_random_rule_are_named(broken):
    rng = np.random.default_rng(0)
    jittered = broken(named("jittered", lambda x: x + rng.random()), x=lambda g: g)
    copied = broken(named("copied", lambda x: x * 1), x=lambda g: g * (1 + rng.random() * 1e-6))
    for fn, operation, argument, words in (
        (lambda x: ag.leaky_relu(x, rng.random()), "leaky_relu", None, "its parameters differ from run to run"),
        (jittered, "jittered", None, "the same arguments give another result each time"),
        (copied, "copied", "x", "the rule gives another gradient when it is called again with the same g"),
    ):
        assert found(fn, leaf(5)) == (operation, argument, words)


def test_a_function_that_changes_its_mind_later_is_not_deterministic():
    calls = []

    def changing(x):
        calls.append(0)
        return x * (1.0 if len(calls) < 4 else 2.0)

    assert "fn is not deterministic" in str(caught(changing, leaf(3)))


# ── changed in place ──────────────────────────────────────────────────────────────────────────────────────────────────


def doubled(x):
    x *= 2
    return x


def raised(x, y):
    y += 1
    return x * y


def test_a_forward_that_changes_its_argument_is_named_and_the_callers_arrays_are_safe(broken):
    op, x = broken(doubled, x=lambda g: 2 * g), leaf(3)
    before = x.numpy().copy()
    error = caught(lambda x: ag.sin(op(x)), x)
    assert str(error).startswith("gradcheck: fn changes input 0 in place\nto blame: doubled")
    assert (error.operation, error.diagnosis) == ("doubled", "it writes into its argument")
    np.testing.assert_array_equal(x, before)
    assert x.grad is None


@pytest.mark.parametrize("wrap", [np.asarray, Tensor], ids=["array", "Tensor"])
def test_a_forward_that_changes_a_constant_is_named_and_the_callers_arrays_are_safe(broken, wrap):
    op, constant = broken(raised, x=lambda g, y: g * y, y=None), wrap(np.ones(3))
    error = caught(lambda x, c: op(x, c), [leaf(3), constant])
    assert str(error).startswith("gradcheck: fn changes input 1 in place\nto blame: raised")
    assert (error.operation, error.diagnosis) == ("raised", "it writes into its argument")
    np.testing.assert_array_equal(constant, np.ones(3))


def test_an_input_changed_by_the_function_itself_is_found():
    c = np.ones(3)
    assert str(caught(raised, [leaf(3), c])).startswith("gradcheck: fn changes input 1 in place")
    np.testing.assert_array_equal(c, np.ones(3))


# ── properties of every rule ──────────────────────────────────────────────────────────────────────────────────────────


def in_g(g):
    g *= 2
    return g


def in_x(g, x):
    if isinstance(x, np.ndarray):
        x *= 1.5
    return g * 2


def in_out(g, out):
    if isinstance(out, np.ndarray):
        out += 1
    return g * 2


LACKING = [
    (in_g, "the rule writes into g, which other rules still need"),
    (in_x, "the rule writes into an array that the operation was given or gave back"),
    (in_out, "the rule writes into an array that the operation was given or gave back"),
    (lambda g: 2.0, "the rule returns float, not an array"),
    (lambda g: 2 * g[0], "the rule returns shape (3,); the argument has shape (2, 3)"),
    (lambda g: np.ones((2, 4)), "the rule returns shape (2, 4); the argument has shape (2, 3)"),
    (lambda g: (2 * g).astype(np.float32), "the rule returns float32 for an argument that is float64"),
    (lambda g: g * 0 + 2, "the rule ignores g: a zero cotangent must give a zero gradient"),
    (lambda g: g * abs(g) * 2, "the rule is not linear in g: −2g does not give −2 times the gradient that g gives"),
]


@pytest.mark.parametrize(("wrong", "said"), LACKING)
def test_a_rule_that_lacks_a_property_of_every_rule_is_named(broken, wrong, said):
    op = broken(named("twice", lambda x: x * 2), x=wrong)
    error = caught(lambda x: ag.sin(op(x)), leaf(2, 3))
    assert (error.operation, error.argument, error.diagnosis) == ("twice", "x", said)
    assert str(error).startswith(f"gradcheck: a rule misbehaves: {said}\nto blame: twice")


def test_a_rule_may_leave_to_the_backward_pass_what_broadcasting_repeated(broken):
    op = broken(named("added", lambda x, y: x + y), x=lambda g: g, y=lambda g: g)
    assert gradcheck(op, [leaf(2, 3), leaf(3)])


# ── second order ──────────────────────────────────────────────────────────────────────────────────────────────────────


def cubed(x):
    return x**3


def test_a_graph_lost_inside_a_rule_is_named_at_second_order(broken):
    op = broken(cubed, x=lambda g, x: g * (3 * bare(x) ** 2))
    assert gradcheck(lambda x: op(ag.sin(x)), leaf(3))
    error = caught(lambda x: op(ag.sin(x)), leaf(3), check=gradgradcheck)
    assert (error.operation, error.argument) == ("cubed", "x")
    assert error.diagnosis.startswith("the rule is right, but its own derivative by 'x' is not: analytic 0, numeric ")
    assert error.diagnosis.endswith("(a rule made of NumPy on bare arrays leaves no trace on the tape)")
    assert str(error).startswith("gradgradcheck: ")


def test_a_rule_that_loses_g_cannot_be_differentiated(broken):
    op = broken(cubed, x=lambda g, x: bare(g) * 3 * bare(x) ** 2)
    operation, argument, diagnosis = found(op, leaf(3), check=gradgradcheck)
    assert (operation, argument) == ("cubed", "x")
    assert diagnosis.startswith("the rule cannot be differentiated: ")


def test_a_wrong_rule_of_a_rule_is_named_at_second_order(broken):
    slope = broken(named("slope", lambda x: 3 * x**2), x=lambda g, x: 5 * g * x)
    op = broken(cubed, x=lambda g, x: g * slope(x))
    assert gradcheck(op, leaf(3))
    assert found(op, leaf(3), check=gradgradcheck)[:2] == ("slope", "x")


def test_a_wrong_first_derivative_that_is_consistent_with_itself_passes_at_second_order(broken):
    op = broken(named("halved", lambda x: x * x / 2), x=lambda g, x: g * x * 2)
    assert gradgradcheck(op, leaf(3))
    caught(op, leaf(3))
