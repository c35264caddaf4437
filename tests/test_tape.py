"""The tape: recording, backward passes, giving memory back, replacing rules, higher order."""

import operator
import sys
import weakref
from itertools import product

import numpy as np
import pytest
from internals import Node, Value, activation_hook, ancestors, leaf, operation

import autograd_mini as ag
from autograd_mini import Tensor, enable_grad, grad, no_grad, primitive

pytestmark = pytest.mark.usefixtures("registry")


# ── gradients arrive ──


def test_a_tensor_used_many_times_receives_every_gradient():
    x, w = leaf([2.0, 3.0]), np.arange(1.0, 8.0)
    (x * x + sum(x * c for c in w)).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * x.numpy() + w.sum())


def test_backward_adds_to_grad_in_a_new_array_until_it_is_cleared():
    x = leaf([1.0])
    (2 * x).sum().backward()
    before = x.grad
    (3 * x).sum().backward()
    np.testing.assert_array_equal([before, x.grad], [[2], [5]])
    x.grad = None
    (3 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [3])


def test_broadcasting_is_undone_for_every_pair_of_shapes():
    rng = np.random.default_rng(0)
    for a_shape, b_shape in product([(), (1,), (3,), (2, 1), (2, 3), (1, 1, 3), (4, 1, 1), (4, 2, 3)], repeat=2):
        a, b, d = leaf(rng.standard_normal(a_shape)), leaf(rng.standard_normal(b_shape)), rng.standard_normal(a_shape)
        g = rng.standard_normal(np.broadcast_shapes(a_shape, b_shape))
        ga, gb = grad(a * b, [a, b], g)
        assert (ga.shape, gb.shape) == (a_shape, b_shape)
        # moving a along any direction d moves ⟨g, a·b⟩ by ⟨ga, d⟩
        np.testing.assert_allclose((ga.numpy() * d).sum(), (g * (d * b.numpy())).sum(), rtol=1e-12, atol=1e-12)


def test_a_float32_parameter_in_float64_company_gets_a_float32_gradient():
    p = Tensor(np.ones(3, np.float32), requires_grad=True)
    loss = (p * np.full(3, 0.1)).sum()
    loss.backward()
    assert (loss.dtype, p.grad.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(p.grad, np.full(3, 0.1, np.float32))


def test_grad_takes_results_as_inputs_and_several_outputs():
    x = leaf([1.0, 2.0])
    h = x * x
    np.testing.assert_array_equal(grad((h * 3).sum(), h, retain_graph=True), [3, 3])
    gx, gh = grad([h, (h * h).sum()], [x, h], [np.array([1.0, 0.0]), None])
    np.testing.assert_array_equal(gh, [1 + 2.0, 8.0])
    np.testing.assert_array_equal(gx, np.array([3.0, 8.0]) * 2 * x.numpy())


def test_grad_leaves_grad_alone_goes_only_where_it_must_and_gives_none_for_an_unused_input_if_allowed():
    visited = []
    spied = operation(lambda x: x + 0, x=lambda g: visited.append(1) or g)
    a, b = leaf([1.0]), leaf([1.0])
    np.testing.assert_array_equal(grad((a * 2 + spied(b)).sum(), a), [2])
    assert not visited
    assert a.grad is b.grad is None
    ga, gb = grad((2 * a).sum(), [a, b], allow_unused=True)
    np.testing.assert_array_equal(ga, [2])
    assert gb is None


# ── recording ──


def test_no_grad_records_nothing_but_where_enable_grad_does():
    x = leaf([1.0])
    with no_grad():
        assert (x * 2).node is None
        with enable_grad():
            assert (x * 2).requires_grad


def test_only_what_a_rule_names_is_saved():
    x, y = leaf([1.0, 2.0]), Tensor([3.0, 4.0])
    assert set((x * y).node.saved) == {"y"}
    assert set((x + y).node.saved) == set()
    assert set(ag.exp(x).node.saved) == {"out"}
    assert set(ag.relu(x).node.saved) == {"out"}
    images, filters = leaf(np.ones((1, 1, 4, 4))), leaf(np.ones((1, 1, 2, 2)))
    assert set(ag.conv2d(images, filters).node.saved) == {"x", "w"}
    assert set(ag.conv2d(images, filters.detach()).node.saved) == {"w"}
    assert set(ag.conv2d(images.detach(), filters).node.saved) == {"x"}
    (switches,) = ag.max_pool2d(images, kernel_size=2).node.saved.items()
    assert (switches[0], switches[1].dtype) == ("switches", np.uint8)


def test_saved_arrays_are_bare_and_edges_lead_to_nodes():
    x = leaf([1.0, 2.0])
    for node in ancestors((ag.exp(x) * x).sum().node):
        assert all(parent is None or isinstance(parent, Node) for parent in node.parents)
        assert not any(isinstance(array, Value) for array in (node.saved or {}).values())


def test_a_floating_by_product_is_an_output_and_second_derivatives_flow_through_it():
    @primitive(byproducts=("root",))
    def square_and_root(x):
        return x * x, np.sqrt(x)

    square_and_root.defvjp(x=lambda g, g_root, root: 2 * g * root * root + g_root / (2 * root))
    x = leaf([4.0, 9.0])
    square, root = square_and_root(x)
    (first,) = grad([square], [x], [np.ones(2)], create_graph=True)
    np.testing.assert_allclose(first.numpy(), [8, 18])
    np.testing.assert_allclose(grad(root.sum(), x, retain_graph=True).numpy(), [1 / 4, 1 / 6])
    np.testing.assert_allclose(grad(first.sum(), x).numpy(), [2, 2])


# ── memory ──


def test_memory_is_given_back_during_the_backward_pass():
    probe = operation(lambda x: x + 0, x=lambda g: alive.append(held() is not None) or g)
    alive = []
    h = ag.exp(probe(leaf(np.zeros((4, 5)))))
    held = weakref.ref(h.numpy())
    loss = ag.exp(h).sum()
    del h
    assert held() is not None
    loss.backward()  # reaches the probe last, after the step that saved its own result
    assert alive == [False]


def test_retain_graph_allows_a_second_backward_pass_with_the_same_result():
    x = leaf([1.0, 2.0])
    y = (x**3).sum()
    first = grad(y, x, retain_graph=True)
    np.testing.assert_array_equal(grad(y, x), first)
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        grad(y, x)


def test_a_failing_rule_leaves_every_grad_untouched():
    stumbling = operation(lambda x: x * 1, x=lambda g: 1 / 0)
    a, b = leaf([1.0]), leaf([1.0])
    loss = (a * 2 + stumbling(b)).sum()
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert a.grad is None
    assert b.grad is None


def test_the_backward_pass_and_the_release_of_a_long_chain_need_no_recursion():
    x, steps = leaf(1.0), 100_000
    y = x
    for _ in range(steps):
        y = y + 1.0
    assert sys.getrecursionlimit() < steps
    y.backward()
    assert x.grad.item() == 1
    del y


# ── higher order, replaced rules, names ──


def test_third_derivatives_come_from_create_graph():
    x = leaf([0.3, -1.2])
    y = (ag.sin(x) * x**2).sum()
    first = grad(y, x, create_graph=True)
    second = grad(first.sum(), x, create_graph=True)
    third = grad(second.sum(), x)
    s, c, v = np.sin(x.numpy()), np.cos(x.numpy()), x.numpy()
    np.testing.assert_allclose(first, c * v**2 + 2 * v * s, rtol=1e-13)
    np.testing.assert_allclose(second, -s * v**2 + 4 * v * c + 2 * s, rtol=1e-13)
    np.testing.assert_allclose(third, -c * v**2 - 6 * v * s + 6 * c, rtol=1e-13)


def test_backward_with_create_graph_leaves_a_gradient_that_can_be_differentiated():
    x = leaf([2.0])
    (x**3).sum().backward(create_graph=True)
    np.testing.assert_array_equal(grad(x.grad.sum(), x), [12])


def test_rules_are_replaced_for_one_backward_pass_by_name_or_by_primitive_and_may_name_what_is_saved():
    x = leaf([-1.0, 2.0])
    y = ag.relu(x) * np.array([1.0, -1.0])
    for key in ("relu", ag.relu):
        replaced = grad(y.sum(), x, rules={key: {"x": lambda g, out: g * 10 + out}}, retain_graph=True)
        np.testing.assert_array_equal(replaced, [10, -8])
        np.testing.assert_array_equal(grad(y.sum(), x, retain_graph=True), [0, -1])
    with pytest.raises(RuntimeError, match=r"relu asks for 'x', which was not saved"):
        grad(y.sum(), x, rules={"relu": {"x": lambda g, x: g * x}})


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"rleu": {"x": lambda g: g}}, "rules are given for 'rleu', but there is no such primitive; there are .*relu"),
        ({"relu": {"y": lambda g: g}}, "a rule is given for relu's 'y', but its arguments are x"),
    ],
)
def test_rules_for_what_does_not_exist_are_refused(rules, message):
    x = leaf([1.0])
    y = ag.relu(x).sum()
    with pytest.raises(ValueError, match=message):
        grad(y, x, rules=rules)
    assert grad(y, x).item() == 1  # no node was visited


def test_grad_can_be_set_is_checked_and_gets_the_tensors_dtype():
    x = leaf([1.0, 2.0])
    x.grad = np.array([3.0, 4.0])
    (2 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [5, 6])
    x.grad = given = Tensor([7.0, 8.0])
    assert x.grad is given
    single = Tensor(np.ones(2, np.float32), requires_grad=True)
    for given in ([3, 4], np.array([3.0, 4.0]), Tensor([3.0, 4.0])):
        single.grad = given
        assert single.grad.dtype == np.float32
        np.testing.assert_array_equal(single.grad, [3, 4])
    with pytest.raises(ValueError, match=r"grad: shape \(3,\) does not fit"):
        x.grad = np.ones(3)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        Tensor([1.0]).grad = np.ones(1)


def test_names_are_given_at_birth_or_later_and_announced():
    heard = []
    x = leaf([1.0], name="x")
    with activation_hook(lambda name, value: heard.append((name, value))):
        h = (x * 2).named("hidden")
    (x * 3).named("unheard")
    assert x.name == "x"
    assert h.name == "hidden"
    assert heard == [("hidden", h)]


def test_a_parameter_can_be_updated_by_hand_in_both_habits_and_shares_no_memory():
    array = np.array([1.0, 2.0])
    p = Tensor(array, requires_grad=True)
    (p * p).sum().backward()
    p.data -= 0.5 * p.grad
    np.testing.assert_array_equal(p, [0, 0])
    with no_grad():
        p += 1.0
    assert p.is_leaf
    assert p.requires_grad
    np.testing.assert_array_equal([p, array], [[1, 1], [1, 2]])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
def test_a_recorded_result_that_is_updated_becomes_the_next_one(name):
    x, y = leaf([1.0, 2.0]), leaf([4.0, 5.0])
    expected = getattr(operator, name)(2 * x, y)
    before = 2 * x
    h = getattr(operator, f"i{name}")(before, y)
    np.testing.assert_array_equal(before, [2, 4])
    np.testing.assert_array_equal(h, expected)
    np.testing.assert_array_equal(grad(h.sum(), [x, y]), grad(expected.sum(), [x, y]))


def test_a_rule_is_given_none_for_an_optional_argument_that_was_left_out():
    scaled = operation(
        lambda x, by: x * (2 if by is None else by),
        x=lambda g, by: g * (2 if by is None else by),
        by=lambda g, x: g * x,
    )
    x, by = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    assert len(scaled(x, None).node.parents) == 1
    for create_graph in (False, True):
        np.testing.assert_array_equal(grad(scaled(x, None).sum(), x, create_graph=create_graph), [2, 2])
        np.testing.assert_array_equal(grad(scaled(x, by).sum(), x, create_graph=create_graph), [3, 4])


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-13)])
def test_products_of_small_matrices_are_those_of_numpy_in_every_layout(dtype, rtol):
    rng = np.random.default_rng(0)
    for m, n, p in [(8, 8, 8), (1, 5, 1), (3, 0, 2), (0, 2, 3), (7, 1, 4), (40, 30, 27)]:
        a, b = rng.standard_normal((m, n)).astype(dtype), rng.standard_normal((n, p)).astype(dtype)
        for left, right in [(a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (a[::-1], b[:, ::-1])]:
            got = ag.matmul(left, Tensor(right))
            assert got.dtype == dtype
            np.testing.assert_allclose(got, left @ right, rtol=rtol, atol=1e-6)


def test_contributions_of_different_lengths_arrive_before_their_node_is_visited():
    x = leaf([2.0])
    long = h = x * 3
    for _ in range(20):
        long = long + 1
    (h * long + h).backward()  # h receives from two steps near it and from one far away
    np.testing.assert_array_equal(x.grad, 3 * (long.numpy() + h.numpy() + 1))
