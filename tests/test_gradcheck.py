"""The checker itself: right rules pass, wrong ones are caught and described."""

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck, primitive
from autograd_mini.primitives import PRIMITIVES


@pytest.fixture
def broken():
    """Make a primitive with a given rule, and take it off the register afterwards."""
    made = []

    def make(forward, **rules):
        op = primitive(forward)
        op.defvjp(**rules)
        made.append(op.name)
        return op

    yield make
    for name in made:
        PRIMITIVES.pop(name, None)


def leaf(*shape, seed=0):
    return Tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


def test_a_right_rule_passes_and_the_report_is_true():
    report = gradcheck(lambda x, y: ag.tanh(x @ y), [leaf(2, 3), leaf(3, 4)])
    assert report
    assert report.entries == 2 * 4 * (6 + 12)
    assert report.worst_error < 1e-8
    assert repr(report).startswith("<gradcheck passed: 144 entries")


@pytest.mark.parametrize(
    ("what", "forward", "rule"),
    [
        ("sign", lambda x: np.sin(x), lambda g, x: -g * ag.cos(x)),
        ("factor two", lambda x: x * x, lambda g, x: g * x),
        ("zero", lambda x: np.exp(x), lambda g: g * 0),
        ("small", lambda x: np.sin(x), lambda g, x: g * ag.cos(x) * 1.001),
        ("transposed", lambda x: x.T * 1, lambda g: g),
        ("nan", lambda x: x * 1, lambda g: g * np.nan),
    ],
)
def test_a_wrong_rule_is_caught(broken, what, forward, rule):
    def op(x):
        return forward(x)

    op = broken(op, x=rule)
    with pytest.raises(GradcheckError, match="entries of ∂output 0/∂input 0 differ"):
        gradcheck(op, leaf(3, 3))


def test_a_softmax_without_its_sum_is_caught_though_an_all_ones_cotangent_is_blind_to_it(broken):
    def softmax_without_sum(x):
        e = np.exp(x)
        return e / e.sum(axis=1, keepdims=True)

    op = broken(softmax_without_sum, x=lambda g, out: g * 0)
    x = leaf(2, 3)
    np.testing.assert_allclose(
        ag.grad(op(x), x, np.ones((2, 3))), ag.grad(ag.softmax(x), x, np.ones((2, 3))), atol=1e-15
    )
    with pytest.raises(GradcheckError):
        gradcheck(op, x)


def test_one_wrong_entry_among_many_is_caught_and_named(broken):
    def copied(x):
        return x * 1

    wrong = np.ones((4, 5))
    wrong[2, 3] = 1.5
    op = broken(copied, x=lambda g: g * wrong)
    message = r"1 of 400 entries of ∂output 0/∂input 0 differ\n.* ∂output\[2, 3\]/∂input\[2, 3\]: "
    with pytest.raises(GradcheckError, match=message + r"analytic 1\.5, numeric 1, ratio 1\.5"):
        gradcheck(op, leaf(4, 5))


def test_a_wrong_second_derivative_is_caught(broken):
    def squared(x):
        return x * x

    # the first derivative is right, but made of bare arrays: the second is lost
    op = broken(squared, x=lambda g, x: 2 * g * np.asarray(x))
    gradcheck(op, leaf(3))
    with pytest.raises(GradcheckError):
        gradgradcheck(op, leaf(3))


def test_a_gradient_missing_where_the_function_moves_is_caught():
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: Tensor(np.asarray(x)) * 2 + x * 0, leaf(2))


def test_functions_of_several_outputs_are_checked_in_each(broken):
    def halved(x):
        return x / 2

    op = broken(halved, x=lambda g: g)
    with pytest.raises(GradcheckError, match="∂output 1/∂input 0"):
        gradcheck(lambda x: (ag.sin(x), op(x)), leaf(2))
    assert gradcheck(lambda x: (ag.sin(x), x / 2), leaf(2))


def test_inputs_and_their_grads_are_left_as_they_were():
    x, c = leaf(2, 2), Tensor(np.ones((2, 2)))
    before = x.numpy().copy()
    gradcheck(lambda x, c: (x * c) ** 3, [x, c])
    np.testing.assert_array_equal(x, before)
    assert x.grad is None


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(ValueError, match="no input requires a gradient"):
        gradcheck(ag.sin, Tensor([1.0]))
    with pytest.raises(ValueError, match="input 0 is int64, and only floating Tensors can"):
        gradcheck(ag.sin, Tensor([1, 2]))
