"""Joint rules: all gradients of an operation in one pass, of those arguments that are asked for."""

import operator
from functools import reduce

import numpy as np
import pytest
from internals import leaf, operation

import autograd_mini as ag
from autograd_mini import GradcheckError, grad, gradcheck, gradgradcheck

pytestmark = pytest.mark.usefixtures("registry")


@pytest.fixture
def x():
    return leaf([1.0, 2.0])


@pytest.fixture
def y():
    return leaf([3.0, 4.0])


@pytest.fixture
def times():
    """x · y by a joint rule that notes what it is asked for."""

    def rule(g, x, y, wanted):
        times.asked.append(wanted)
        return g * y if wanted[0] else None, g * x if wanted[1] else None

    times = operation(lambda x, y: x * y, rule, name="times")
    times.asked = []
    return times


@pytest.fixture
def product():
    """The product of any number of arrays by a joint rule, which is given all of them."""

    def rule(g, arrays, wanted):
        product.asked.append((len(arrays), wanted))
        others = [[g, *arrays[:i], *arrays[i + 1 :]] for i in range(len(arrays))]
        return [reduce(operator.mul, these) if asked else None for these, asked in zip(others, wanted, strict=True)]

    product = operation(lambda *arrays: np.prod(np.broadcast_arrays(*arrays), axis=0), rule, name="product")
    product.asked = []
    return product


# ── what is asked for ──


def test_a_joint_rule_runs_once_for_all_arguments(times, x, y):
    gx, gy = grad(times(x, y).sum(), [x, y])
    np.testing.assert_array_equal([gx, gy], [[3, 4], [1, 2]])
    assert times.asked == [(True, True)]


def test_a_joint_rule_is_given_which_gradients_are_wanted(times, x, y):
    grad(times(x, y).sum(), y)
    times(x, np.ones(2)).sum().backward()
    times(np.ones(2), y).sum().backward()
    assert times.asked == [(False, True), (True, False), (False, True)]


def test_a_rule_of_the_callers_takes_its_argument_out_of_what_is_wanted(times, x, y):
    rules = {"times": {"x": lambda g, y: g * y * 10}}
    gx, gy = grad(times(x, y).sum(), [x, y], rules=rules)
    np.testing.assert_array_equal([gx, gy], [[30, 40], [1, 2]])
    grad(times(x, y).sum(), [x], rules=rules)
    both = {times: {"x": lambda g: g, "y": lambda g: g}}
    np.testing.assert_array_equal(grad(times(x, y).sum(), [x, y], rules=both), np.ones((2, 2)))
    assert times.asked == [(False, True)]


def test_a_rule_of_an_arguments_own_takes_it_out_of_the_joint_one(times, x, y):
    times.defvjp(y=lambda g, x: g * x * 100)
    gx, gy = grad(times(x, y).sum(), [x, y])
    np.testing.assert_array_equal([gx, gy], [[3, 4], [100, 200]])
    times.defvjp(y=None)
    gx, gy = grad(times(x, y).sum(), [x, y], allow_unused=True)
    np.testing.assert_array_equal(gx, [3, 4])
    assert gy is None
    assert times(np.ones(2), y).node is None
    assert times.asked == [(True, False)] * 2


def test_a_joint_rule_defined_later_replaces_the_rules_before(times, x, y):
    times.defvjp(x=lambda g: g * 1000, y=None)
    times.defvjp(lambda g, x, y: (g * y, g * x))
    np.testing.assert_array_equal(grad(times(x, y).sum(), [x, y]), [[3, 4], [1, 2]])


def test_a_joint_rule_may_do_without_wanted_and_give_more_than_is_asked_for(times, x, y):
    times.defvjp(lambda g, x, y: [g * y, g * x])
    np.testing.assert_array_equal(grad(times(x, y).sum(), x), [3, 4])
    assert y.grad is None


def test_arguments_left_out_have_a_place_in_wanted_and_in_what_is_returned():
    asked = []

    affine = operation(
        lambda x, w, b=None: x * w if b is None else x * w + b,
        lambda g, x, w, b, wanted: asked.append((b is None, wanted)) or (g * w, g * x, g),
    )
    x, w, b = leaf([1.0]), leaf([2.0]), leaf([3.0])
    np.testing.assert_array_equal(grad(affine(x, w).sum(), [x, w]), [[2], [1]])
    np.testing.assert_array_equal(grad(affine(x, w, b).sum(), [x, w, b]), [[2], [1], [1]])
    assert asked == [(True, (True, True, False)), (False, (True, True, True))]


def test_a_joint_rule_of_any_number_of_arrays_is_given_all_of_them(product):
    x, y, z = leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf([5.0])
    gx, gz = grad(product(x, y, z).sum(), [x, z])
    np.testing.assert_array_equal(gx, [15, 20])
    np.testing.assert_array_equal(gz, [3 + 8])
    assert product.asked == [(3, (True, False, True))]
    rules = {"product": {"arrays": lambda g, index: g * index}}
    np.testing.assert_array_equal(grad(product(x, y).sum(), y, rules=rules), [1, 1])
    np.testing.assert_array_equal(grad(product(x, x, x).sum(), x), [3, 12])


def test_what_a_joint_rule_names_is_saved_and_nothing_else(times, product, x, y):
    assert list(times(x, y).node.saved) == ["x", "y"]
    assert [type(held) for held in product(x, y).node.saved.values()] == [tuple]
    times.defvjp(lambda g, out: (g * out, g * out))
    assert list(times(x, y).node.saved) == ["out"]


def test_second_derivatives_of_joint_rules_are_right(times, product, x, y):
    assert gradgradcheck(times, [x, y])
    assert gradgradcheck(product, [leaf([1.0, 2.0]), leaf([3.0]), leaf([5.0, 0.5])])


# ── what they must return ──


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, x, y: g * y,
        lambda g, x, y: (g, g, g),
        lambda g, x, y: {"x": g, "y": g},
        lambda g, x, y: None,
        lambda g, x, y: np.stack([g, g]),
    ],
)
def test_a_joint_rule_must_return_a_gradient_for_each_argument(times, rule, x, y):
    times.defvjp(rule)
    with pytest.raises(TypeError, match="the joint rule of times must return a gradient for each of its 2 arguments"):
        times(x, y).sum().backward()


def test_none_for_a_gradient_that_is_wanted_is_refused(times, x, y):
    times.defvjp(lambda g, x, y: (None, g * x))
    np.testing.assert_array_equal(grad(times(x, y).sum(), y), [1, 2])
    with pytest.raises(TypeError, match="a rule of times returned NoneType, not an array"):
        grad(times(x, y).sum(), x)


@pytest.mark.parametrize("name", ["shape", "index", "z"])
def test_a_joint_rule_may_not_name_what_belongs_to_one_argument(times, name):
    with pytest.raises(TypeError, match=f"the rule for 'all arguments' asks for '{name}', which is not there"):
        times.defvjp({"shape": lambda g, shape: 0, "index": lambda g, index: 0, "z": lambda g, z: 0}[name])


# ── the gradient check ──


def test_the_check_asks_a_joint_rule_for_each_argument_alone_and_for_all(times, product, x, y):
    assert gradcheck(times, [x, y])
    assert {*times.asked} == {(True, False), (False, True), (True, True)}
    assert gradcheck(lambda x, y: product(x, np.ones(2), y), [x, y])
    assert {wanted for _, wanted in product.asked} == {(True, False, False), (False, False, True), (True, False, True)}


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("when", [(True, False), (False, True), (True, True)])
def test_a_joint_rule_that_is_wrong_only_when_some_are_wanted_is_found(times, when, mode, x, y):
    times.defvjp(lambda g, x, y, wanted: (g * y * (2 if wanted == when else 1), g * x * (2 if wanted == when else 1)))
    with pytest.raises(GradcheckError, match="joint rule gives another gradient asked for all than for one") as caught:
        gradcheck(times, [x, y], mode=mode)
    assert (caught.value.operation, caught.value.argument) == ("times", "y" if when == (False, True) else "x")


def test_a_joint_rule_that_is_wrong_whatever_is_wanted_is_localized(times, x, y):
    times.defvjp(lambda g, x, y: (g * y, g * x * 1.001))
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x, y: ag.exp(times(x, y)), [x, y])
    assert (caught.value.operation, caught.value.argument) == ("times", "y")


def test_a_joint_rule_that_fails_when_all_are_wanted_is_found(times, x, y):
    def rule(g, x, y, wanted):
        if all(wanted):
            raise ZeroDivisionError
        return g * y, g * x

    times.defvjp(rule)
    with pytest.raises(GradcheckError, match="the joint rule fails: ZeroDivisionError"):
        gradcheck(times, [x, y])


def test_what_a_joint_rule_does_to_its_arguments_is_checked(times, x, y):
    def rule(g, x, y):
        back = g * y
        g *= 0
        return back, back

    times.defvjp(rule)
    with pytest.raises(GradcheckError, match="the rule writes into g"):
        gradcheck(times, [x, y])
