"""Defining operations: what may be given, how it is called, and what is refused with a sentence."""

from __future__ import annotations

import functools
import pickle
import re
from typing import Annotated, Any

import numpy as np
import pytest
import scipy.special
from internals import leaf, operation

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, primitive
from autograd_mini.arguments import Axes

pytestmark = pytest.mark.usefixtures("registry")


X, Y = leaf([1.0, 2.0]), leaf([3.0, 4.0])

# ── how it is called ──


def test_arrays_may_be_given_by_name_and_have_defaults():
    rules = {"x": lambda g, x, by: g * by * x ** (by - 1), "by": lambda g, x, out: g * out * np.log(x)}
    raised = operation(lambda x, by=2.0: x**by, **rules)
    for call in (lambda: raised(X, Y), lambda: raised(X, by=Y), lambda: raised(by=Y, x=X)):
        np.testing.assert_allclose(grad(call().sum(), X), [3, 4 * 8])
    np.testing.assert_allclose(grad(raised(X).sum(), X), [2, 4])
    np.testing.assert_allclose(raised(x=np.array([3.0])), [9])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda op: op(X, Y, Y), "positional argument"),
        (lambda op: op(X, Y, Y), "takes 2 positional arguments (x, y), not 3"),
        (lambda op: op(), "lacks x and y"),
        (lambda op: op(X), "lacks y"),
        (lambda op: op(X, Y, z=1), "has no parameter z; its parameters are x, y"),
        (lambda op: op(X, Y, x=X), "multiple values for argument 'x'"),
    ],
)
def test_a_call_that_does_not_fit_is_refused_under_the_operations_name(call, words):
    def times(x, y):
        return x * y

    with pytest.raises(TypeError, match=re.escape("times() ") + ".*" + re.escape(words)):
        call(primitive(times))


def test_forward_is_given_numbers_as_they_are():
    given, numbers = [], [2, 2.0, np.float32(2), np.int64(2), True, None]
    noted = operation(lambda x, y: given.append(y) or x * 1)
    for number in numbers:
        noted(X.detach(), number)
    assert given == numbers
    assert [*map(type, given)] == [*map(type, numbers)]


def test_annotations_that_are_text_are_read_and_normalise():
    @primitive
    def total(x: Any, axis: Axes = None):
        return x.sum(axis)

    total.defvjp(x=lambda g, shape, *, axis: np.broadcast_to(np.expand_dims(g, axis), shape))
    x = Tensor(np.ones((2, 3)), requires_grad=True)
    assert total(x, -1).node.params == {"axis": (1,)}
    np.testing.assert_array_equal(grad(total(x, axis=[0]).sum(), x), np.ones((2, 3)))
    with pytest.raises(ValueError, match="total: axis 2 is out of range"):
        total(x, 2)


def test_annotations_that_mean_nothing_are_left_alone():
    def half(x: Nowhere, y: Annotated[Any, "a remark"] = None):  # noqa: F821
        return x / 2

    op = primitive(half)
    op.defvjp(x=lambda g: g / 2, y=None)
    assert op.args == ("x", "y")
    np.testing.assert_array_equal(grad(op(X).sum(), X), [0.5, 0.5])


# ── what may be given ──


def test_scipys_ufuncs_become_operations_with_arguments_x_y_z():
    cosm1 = primitive(scipy.special.cosm1)
    cosm1.defvjp(x=lambda g, x: -g * ag.sin(x))
    assert (cosm1.name, cosm1.args, cosm1.__module__) == ("cosm1", ("x",), __name__)
    assert gradcheck(cosm1, leaf([-1.0, 0.2, 1.5]))
    rounded = primitive(scipy.special.xlog1py)
    rounded.defvjp(x=lambda g, y: g * ag.log(1 + y), y=lambda g, x, y: g * x / (1 + y))
    assert gradcheck(rounded, [leaf([1.0, 2.0]), leaf([0.5, 3.0])])
    hypot = primitive(np.hypot)
    hypot.defvjp(x=lambda g, x, out: g * x / out, y=lambda g, y, out: g * y / out)
    assert gradcheck(hypot, [leaf([3.0, 1.0]), leaf([4.0, -2.0])])
    assert hypot(3.0, 4.0) == 5.0


class Scaling:
    def __init__(self, by):
        self.by = by

    def scaled(self, x):
        return x * self.by

    @staticmethod
    def tripled(x):
        return x * 3

    def __call__(self, x):
        return x * self.by


@pytest.mark.parametrize(
    ("forward", "name"),
    [
        (Scaling(3.0).scaled, None),
        (Scaling.tripled, None),
        (Scaling(3.0), "scaling"),
        (functools.partial(lambda x, *, by: x * by, by=3.0), "partly"),
        (lambda x, /: x * 3.0, "third"),
    ],
)
def test_methods_instances_partial_functions_and_lambdas_with_a_name_become_operations(forward, name):
    op = primitive(forward, name=name) if name else primitive(forward)
    (arg,) = op.args
    op.defvjp(**{arg: lambda g: 3 * g})
    assert op.name == (name or forward.__name__)
    assert op.__module__ == __name__
    np.testing.assert_array_equal(grad(op(X).sum(), X), [3, 3])


tripled = primitive(lambda x: x * 3, name="tripled")
tripled.defvjp(x=lambda g: g * 3)
cube_root = primitive(np.cbrt, name="cube_root")
cube_root.defvjp(x=lambda g, out: g / (3 * out * out))
for own in (tripled, cube_root):
    del ag.PRIMITIVES[own.name]


@pytest.mark.parametrize("op", [tripled, cube_root])
def test_lambdas_and_ufuncs_are_pickled_under_the_name_they_were_given(op):
    assert pickle.loads(pickle.dumps(op)) is op
    x, y = pickle.loads(pickle.dumps((X, op(X))))
    np.testing.assert_array_equal(grad(y.sum(), x), grad(op(X).sum(), X))


# ── what is refused ──


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: primitive(3), "primitive: takes a function on arrays, not int"),
        (lambda: primitive("exp"), "primitive: takes a function on arrays, not str"),
        (lambda: primitive(lambda x: x), "primitive: '<lambda>' is no name for an operation; give one with name="),
        (lambda: primitive(functools.partial(np.add, 1)), "is no name for an operation"),
        (lambda: primitive(np.sin, name="a b"), "'a b' is no name for an operation"),
        (lambda: primitive(np.sin, name="lambda"), "'lambda' is no name for an operation"),
        (lambda: primitive(lambda x, **more: x, name="f"), "parameters must be named one by one, not **more"),
        (lambda: primitive(lambda x, *more: x, name="f"), "*more must be the only array argument"),
        (lambda: primitive(lambda: 1, name="f"), "there is no array argument"),
        (lambda: primitive(lambda *, x: 1, name="f"), "there is no array argument"),
        (lambda: primitive(max, name="f"), "has no signature that names its arguments; wrap it in a function"),
        (lambda: primitive(np.sin, name="f", output=("a",)), "unexpected keyword argument 'output'"),
        (lambda: primitive(lambda shape: 1, name="f"), "no argument or output can be called 'shape'"),
        (lambda: primitive(lambda x, out: 1, name="f"), "no argument or output can be called 'out'"),
        (lambda: primitive(outputs=("a", "a"), name="f")(lambda x: 1), "can be called 'a'"),
        (lambda: primitive(outputs=("x", "b"), name="f")(lambda x: 1), "can be called 'x'"),
        (lambda: primitive(outputs=("a", "wanted"), name="f")(lambda x: 1), "can be called 'wanted'"),
        (lambda: primitive(outputs=(1, 2), name="f")(lambda x: 1), "can be called '1'"),
    ],
)
def test_what_makes_no_operation_is_refused_where_it_is_defined(make, words):
    before = dict(ag.PRIMITIVES)
    with pytest.raises(TypeError, match=re.escape(words)):
        make()
    assert before == ag.PRIMITIVES


def times(x, y, *, by=1):
    return x * y * by


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"x": lambda y: y}, "must take g, the gradient, before anything else; its first argument is 'y'"),
        ({"x": lambda x: x}, "its first argument is 'x', which means something else"),
        ({"x": lambda out: out}, "its first argument is 'out', which means something else"),
        ({"x": lambda by: by}, "its first argument is 'by', which means something else"),
        ({"x": lambda shape: 1}, "its first argument is 'shape', which means something else"),
        ({"x": lambda wanted: 1}, "its first argument is 'wanted', which means something else"),
        ({"x": lambda: 1}, "must be a function that takes g, the gradient, before anything else"),
        ({"x": 3}, "the rule for 'x' must be a function that takes g"),
        ({"x": lambda g, z: g}, "asks for 'z', which is not there; after g it may name out, shape, x, y"),
        ({"x": lambda g, by: g}, "asks for 'by', which is not there; after g it may name out, shape, x, y, and"),
        ({"x": lambda g, *, z: g}, "asks for 'z', which is not there"),
        ({"x": lambda g, *more: g}, "asks for 'more', which is not there"),
        ({"x": lambda g, **more: g}, "asks for 'more', which is not there"),
        ({"x": lambda g, wanted: g}, "asks for 'wanted', which is not there"),
        ({"x": lambda g, index: g}, "asks for 'index', which is not there"),
        ({"x": lambda g, g_out: g}, "asks for 'g_out', which is not there"),
        ({"z": lambda g: g}, "there is no argument 'z'; there are x, y"),
        ({"by": lambda g: g}, "there is no argument 'by'; there are x, y"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_where_it_is_defined(rules, words):
    op = primitive(times)
    with pytest.raises(TypeError, match=re.escape(words)):
        op.defvjp(**rules)


def test_an_argument_called_g_is_no_gradient():
    @primitive
    def gated(g, y):
        return g * (y > 0)

    with pytest.raises(TypeError, match="its first argument is 'g', which means something else"):
        gated.defvjp(g=lambda g, y: g * (y > 0))
    gated.defvjp(g=lambda back, y: back * (y > 0), y=None)
    np.testing.assert_array_equal(grad(gated(X, np.array([-1.0, 1.0])).sum(), X), [0, 1])


@pytest.mark.parametrize(
    ("outputs", "result", "words"),
    [
        ((), (1.0, 2.0), "f: forward returned 2 results; `outputs` must name them"),
        ((), [1.0, 2.0], "f: forward returned 2 results; `outputs` must name them"),
        (("a", "b"), np.ones(2), "f: forward returned 1 result, but there are to be 2: a, b"),
        (("a", "b"), (1.0,), "f: forward returned 1 result, but there are to be 2: a, b"),
        (("a", "b"), (1.0, 2.0, 3.0), "f: forward returned 3 results, but there are to be 2: a, b"),
        (("a", "b"), (1.0, None), "f: forward returned NoneType, not an array"),
        ((), None, "f: forward returned NoneType, not an array"),
        ((), {"a": 1.0}, "f: forward returned dict, not an array"),
        ((), "text", "f: forward returned str, not an array"),
        ((), (x for x in ()), "f: forward returned generator, not an array"),
        ((), np.array(["a"]), "f: the result would be <U1, not real numbers"),
        (("a", "b"), (1.0, np.array(["a"])), "f: the result would be <U1, not real numbers"),
    ],
)
def test_what_a_forward_function_may_not_return_is_refused_in_a_sentence(outputs, result, words):
    op = primitive(outputs=outputs, name="f")(lambda x: result)
    with pytest.raises(TypeError, match=re.escape(words)):
        op(X)


def test_complex_results_are_refused_by_operations_whose_rules_are_for_real_numbers():
    for name, call in {"maximum": lambda: ag.maximum(X, 1j), "relu": lambda: ag.relu(X * 1j)}.items():
        with pytest.raises(TypeError, match=f"{name}: the result would be complex128, not real numbers"):
            call()


def test_a_forward_function_that_writes_into_its_argument_is_an_error():
    @primitive
    def doubled(x):
        x *= 2
        return x

    doubled.defvjp(x=lambda g: 2 * g)
    with pytest.raises(RuntimeError, match="doubled: forward wrote into an argument"):
        doubled(leaf([1.0]))


def test_a_function_of_code_without_a_module_is_an_operation():
    scope = {"primitive": primitive}
    exec("@primitive\ndef of_no_module(x): return 2 * x", scope)
    assert scope["of_no_module"](np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
