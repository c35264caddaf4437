"""The mutation check and users' own primitives: what they write into, fill again, keep, or give back."""

import numpy as np
import pytest
from gradchecks import named
from leaves import vector as leaf

import autograd_mini as ag
from autograd_mini import Tensor, no_grad

CHANGED = "the values were changed since"


def test_a_primitive_of_the_users_is_checked_in_all_it_saves(broken):
    seen = []
    op = broken(named("cubed", lambda x: (seen.append(x), x**3)[1]), x=lambda g, x: g * 3 * x**2)
    y = op(ag.exp(leaf(1, 2, 3)))
    seen[0][0] = 0
    with pytest.raises(RuntimeError, match="cubed saved its x"):
        y.sum().backward()


def test_forward_of_a_primitive_may_not_write_into_its_arguments(broken):
    def shifted(x):
        x -= x.max()
        return x.copy()

    op = broken(shifted, x=lambda g: g)
    with pytest.raises(RuntimeError, match=r"^shifted: forward wrote into an argument"):
        op(leaf(1, 2, 3))


def test_a_forward_function_that_fills_one_buffer_is_an_error_where_the_first_result_is_needed(broken):
    buffer = np.empty(3)
    twice = broken(named("doubled", lambda x: np.multiply(x, 2, out=buffer)), x=lambda g: 2 * g)
    w, a, b = leaf(1, 1, 1), leaf(1, 2, 3), leaf(10, 20, 30)
    unneeded, first, second = twice(a).sum(), (twice(a) * w).sum(), (twice(b) * w).sum()
    with pytest.raises(RuntimeError, match=r"multiply saved its x, .*" + CHANGED):
        first.backward()
    second.backward()
    np.testing.assert_array_equal(w.grad, [20, 40, 60])
    unneeded.backward()
    np.testing.assert_array_equal(a.grad, [2, 2, 2])


def test_a_result_that_is_an_argument_or_a_view_of_it_is_checked(broken):
    same, turned = named("same", lambda x: x), named("turned", lambda x: x[::-1])
    for op in (broken(same, x=lambda g: g), broken(turned, x=lambda g: g[::-1])):
        w, x = leaf(1, 1, 1), leaf(1, 2, 3)
        y = (op(x) * w).sum()
        y.backward(retain_graph=True)
        np.testing.assert_array_equal(np.sort(w.grad), [1, 2, 3])
        x.data[0] = 9
        with pytest.raises(RuntimeError, match="multiply saved its x"):
            y.backward()


def test_what_a_forward_function_holds_of_its_arguments_is_checked_wherever_it_was_saved(broken):
    held = []
    op = broken(named("holding", lambda x: (held.append(x), x + 1)[1]), x=lambda g: g)
    for recording in (True, False):
        h, w = ag.exp(leaf(1, 2, 3)), leaf(1, 1, 1)
        before = (h * w).sum()
        with ag.enable_grad() if recording else no_grad():
            op(h)
        after = (h * w).sum()
        held[-1][1] = 0
        for y in (before, after):
            with pytest.raises(RuntimeError, match=r"multiply saved its x.*last exposed at .*op\(h\)"):
                y.backward()


def test_every_output_and_byproduct_of_a_users_primitive_is_checked(registry):
    floats, signs = np.empty(3), np.empty(3, bool)

    def parted(x):
        return np.floor(x), np.subtract(x, np.floor(x), out=floats), np.greater(x, 1, out=signs)

    op = ag.primitive(outputs=("whole", "rest", "large"))(parted)
    op.defvjp(x=lambda g, large, g_rest: g * 0 + g_rest * large)
    x, w = leaf(0.5, 1.5, 2.5), leaf(1, 1, 1)
    y, rest = op(x)[1].sum(), (op(x)[1] * w).sum()
    rest.backward(retain_graph=True)
    np.testing.assert_array_equal(x.grad, [0, 1, 1])
    op(Tensor([0.1, 0.2, 0.3]))
    with pytest.raises(RuntimeError, match=r"parted saved its large, \(3,\) bool"):
        y.backward()
    with pytest.raises(RuntimeError, match="multiply saved its x"):
        rest.backward()


def test_a_forward_function_that_fails_after_writing_into_an_argument_is_an_error_of_its_own(broken):
    def halved(x):
        x[:2] /= 2
        if x[2] > 2:
            raise ValueError("too large")
        return x.copy()

    def stopped(x):
        x[0] = 0
        raise KeyboardInterrupt

    def careful(x):
        raise ValueError("too large")

    x = ag.exp(leaf(1, 2, 3))
    y = (x * x).sum()
    with pytest.raises(RuntimeError, match=r"^halved: forward wrote into an argument") as error:
        broken(halved, x=lambda g: g / 2)(x)
    assert str(error.value.__cause__) == "too large"
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()
    x = ag.exp(leaf(1, 2, 3))
    y = (x * x).sum()
    with pytest.raises(KeyboardInterrupt):
        broken(stopped, x=lambda g: g)(x)
    with pytest.raises(RuntimeError, match=CHANGED):
        y.backward()
    with pytest.raises(ValueError, match=r"^careful: .*too large"):
        broken(careful, x=lambda g: g)(leaf(1, 2, 3))


@pytest.mark.filterwarnings("ignore:Setting the:DeprecationWarning")
def test_a_forward_function_that_writes_beside_its_argument_or_turns_it_is_seen_where_it_matters(broken):
    def beside(x):
        x.base[0] = 7
        return x + 1

    def flat(x):
        x.shape = (1, 4)
        return x + 1

    h, w = leaf(1, 1, 1) + 0.0, leaf(1, 1)
    whole, part = (h * h).sum(), (h[1:] * w).sum()
    broken(beside, x=lambda g: g)(h[1:])  # the argument itself is as it was
    part.backward()
    np.testing.assert_array_equal(w.grad, [1, 1])
    with pytest.raises(RuntimeError, match=CHANGED):
        whole.backward()
    with pytest.raises(RuntimeError, match=r"^flat: forward wrote into an argument"):
        broken(flat, x=lambda g: g)(ag.exp(Tensor(np.ones((2, 2)), requires_grad=True)))


def test_a_parameter_of_a_users_primitive_is_checked_if_a_rule_needs_it(broken):
    def masked(x, *, mask, seen):
        seen += 1
        return x * mask

    op = broken(masked, x=lambda g, *, mask: g * mask)
    x, mask, seen = leaf(1, 2, 3), np.array([1.0, 0, 1]), np.zeros(3)
    y, z = op(x, mask=mask, seen=seen).sum(), op(x, mask=mask, seen=seen).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 1])
    mask[1] = 1
    with pytest.raises(RuntimeError, match=r"masked saved its mask, \(3,\) float64.*" + CHANGED):
        z.backward()


def test_each_of_several_arguments_under_one_name_is_checked(broken):
    product = named("product", lambda *arrays: arrays[0] * arrays[1])
    op = broken(product, arrays=lambda g, arrays, index: g * arrays[1 - index])
    own, w = np.array([4.0, 5, 6]), leaf(1, 2, 3)
    y = op(w, own).sum()
    y.backward(retain_graph=True)
    np.testing.assert_array_equal(w.grad, [4, 5, 6])
    own[0] = 0
    with pytest.raises(RuntimeError, match=r"product saved its arrays\[1\], \(3,\) float64.*" + CHANGED):
        y.backward()
