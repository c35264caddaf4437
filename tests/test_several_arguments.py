"""Operations of as many arrays as are given, whose gradients need each other: what is saved, and what it costs."""

from math import prod

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck, primitive


def times(*arrays, scale):
    """The product of all arrays, elementwise."""
    return scale * prod(arrays[1:], start=arrays[0])


def but(arrays, i, g, scale):
    return prod((a for j, a in enumerate(arrays) if j != i), start=g * scale)


JOINT = lambda g, others, wanted, *, scale: [but(others, i, g, scale) if w else None for i, w in enumerate(wanted)]
APIECE = lambda g, others, index, *, scale: but(others, index, g, scale)


@pytest.fixture(params=["joint", "apiece"])
def op(request):
    made = primitive(times)
    made.defvjp(JOINT) if request.param == "joint" else made.defvjp(arrays=APIECE)
    made.defcost(lambda out, scale: prod(out) * int(scale))
    yield made
    ag.PRIMITIVES.pop("times")


def leaves(*wanted):
    rng = np.random.default_rng(3)
    return [Tensor(rng.standard_normal(3), requires_grad=w) for w in wanted]


def test_the_gradients_of_all_are_right_at_both_orders(op):
    assert gradcheck(lambda *xs: op(*xs, scale=2.0), leaves(True, True, True))
    assert gradgradcheck(lambda *xs: op(*xs, scale=2.0), leaves(True, False, True))


@pytest.mark.parametrize(
    ("wanted", "kept"), [((True, False, False), [1, 2]), ((True, True, False), [0, 1, 2]), ((False, True), [0])]
)
def test_an_array_that_only_its_own_gradient_could_need_is_not_saved(op, wanted, kept):
    saved = op(*leaves(*wanted), scale=1.0).node.saved
    assert list(saved) == ["arrays"]
    assert [i for i, array in enumerate(saved["arrays"]) if array is not None] == kept


def test_one_alone_saves_nothing(op):
    (x,) = leaves(True)
    y = op(x, scale=3.0)
    assert y.node.saved == {"arrays": (None,)}
    np.testing.assert_array_equal(grad(y, x, np.ones(3)), [3, 3, 3])


def test_what_is_not_saved_may_be_changed_and_what_is_may_not(op):
    x, y = leaves(True, False)
    out = op(x * 1.0, y, scale=1.0).sum()
    x.data[0] = 7
    np.testing.assert_array_equal(grad(out, x), y.numpy())
    x, y = leaves(True, False)
    out = op(x * 1.0, y, scale=1.0).sum()
    y.data[0] = 7
    with pytest.raises(RuntimeError, match=r"times saved its arrays\[1\]"):
        grad(out, x)


def test_a_cost_may_depend_on_a_parameter(op):
    assert op.multiply_adds((3,), [(3,), None], {"scale": 4.0}) == 12
    with ag.profile() as found:
        op(*leaves(True, True), scale=2.0)
    assert [row.multiply_adds for row in found.rows] == [6]


def test_only_operations_of_several_arrays_have_others():
    with pytest.raises(TypeError, match="asks for 'others', which is not there"):
        ag.PRIMITIVES["exp"].read("x", lambda g, others: g)
