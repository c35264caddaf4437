"""The tape: recording, backward passes, giving memory back, replacing rules, higher order."""

import gc
import operator
import sys
import threading
import weakref

import numpy as np
import pytest
from internals import Node, Value, activation_hook, ancestors

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, enable_grad, grad, is_grad_enabled, no_grad, primitive


def leaf(data, name=None):
    return Tensor(np.asarray(data, float), requires_grad=True, name=name)


# ── gradients arrive ──


def test_a_tensor_used_twice_receives_both_gradients():
    x = leaf([2.0, 3.0])
    (x * x + 3 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 * x.numpy() + 3)


def test_a_tensor_used_many_times_receives_every_gradient():
    x, w = leaf([1.0, 2.0]), np.arange(1.0, 8.0)
    ag.sum(sum(x * c for c in w)).backward()
    np.testing.assert_array_equal(x.grad, [w.sum()] * 2)


def test_backward_adds_to_grad_until_it_is_cleared():
    x = leaf([1.0])
    (2 * x).sum().backward()
    (3 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [5.0])
    x.grad = None
    (3 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0])


def test_broadcasting_is_undone_for_every_pair_of_shapes():
    shapes = [(), (1,), (3,), (2, 1), (2, 3), (1, 1, 3), (4, 1, 1), (4, 2, 3)]
    rng = np.random.default_rng(0)
    for a_shape in shapes:
        for b_shape in shapes:
            a, b = leaf(rng.standard_normal(a_shape)), leaf(rng.standard_normal(b_shape))
            g = rng.standard_normal(np.broadcast_shapes(a_shape, b_shape))
            ga, gb = grad(a * b, [a, b], g)
            assert ga.shape == a_shape
            assert gb.shape == b_shape
            # moving a along any direction d moves ⟨g, a·b⟩ by ⟨ga, d⟩
            d = rng.standard_normal(a_shape)
            np.testing.assert_allclose((ga.numpy() * d).sum(), (g * (d * b.numpy())).sum(), rtol=1e-12, atol=1e-12)


def test_a_float32_parameter_in_float64_company_gets_a_float32_gradient():
    p = Tensor(np.ones(3, np.float32), requires_grad=True)
    loss = (p * np.full(3, 0.1)).sum()
    assert loss.dtype == np.float64
    loss.backward()
    assert p.grad.dtype == np.float32
    np.testing.assert_array_equal(p.grad, np.full(3, 0.1, np.float32))


def test_a_python_scalar_never_changes_the_dtype():
    x = Tensor(np.ones(3, np.float32), requires_grad=True)
    y = ((2.5 * x + 1) ** 2 / 3 - 1) ** 0.5
    y = ag.where(y > 1, y, 0.1) + ag.maximum(y, 0.3) + ag.clip(y, 0.1, 9.0) + ag.leaky_relu(y) + ag.mean(y)
    assert y.dtype == np.float32
    assert grad(y.sum(), x).dtype == np.float32


def test_grad_takes_results_as_inputs_and_several_outputs():
    x = leaf([1.0, 2.0])
    h = x * x
    np.testing.assert_array_equal(grad((h * 3).sum(), h, retain_graph=True), [3, 3])
    gx, gh = grad([h, (h * h).sum()], [x, h], [np.array([1.0, 0.0]), None])
    np.testing.assert_array_equal(gh, [1 + 2.0, 8.0])
    np.testing.assert_array_equal(gx, np.array([3.0, 8.0]) * 2 * x.numpy())


def test_grad_leaves_grad_alone_and_goes_only_where_it_must():
    visited = []

    @primitive
    def spied(x):
        return x + 0

    spied.defvjp(x=lambda g: visited.append(1) or g)
    a, b = leaf([1.0]), leaf([1.0])
    ga = grad((a * 2 + spied(b)).sum(), a)
    del PRIMITIVES["spied"]
    np.testing.assert_array_equal(ga, [2.0])
    assert not visited
    assert a.grad is None
    assert b.grad is None


def test_an_unused_input_is_none_if_allowed():
    a, b = leaf([1.0]), leaf([1.0])
    ga, gb = grad((2 * a).sum(), [a, b], allow_unused=True)
    np.testing.assert_array_equal(ga, [2.0])
    assert gb is None


def test_retain_grad_keeps_the_gradient_of_a_result():
    x = leaf([1.0, 2.0])
    h = x * 2
    h.retain_grad()
    (h * h).sum().backward()
    np.testing.assert_array_equal(h.grad, 2 * h.numpy())
    np.testing.assert_array_equal(x.grad, 4 * h.numpy())


def test_gradients_are_arrays_that_nobody_else_holds():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    seed = np.ones(2)
    y = a + b
    y.backward(seed)
    a.grad.numpy()[:] = 7
    np.testing.assert_array_equal(b.grad, [1, 1])
    np.testing.assert_array_equal(seed, [1, 1])
    w = leaf([1.0, 1.0])
    # the rule of sum gives a read-only view, the rule of multiply a saved array times one
    (w * 1.0).sum().backward()
    w.grad.numpy()[:] = 3
    np.testing.assert_array_equal(w.grad, [3, 3])


def test_the_backward_pass_adds_in_place_only_to_arrays_it_made():
    x = leaf([1.0, 1.0])
    seed = np.ones(2)
    (x + x + x + x).backward(seed)
    np.testing.assert_array_equal(seed, [1, 1])
    np.testing.assert_array_equal(x.grad, [4, 4])


# ── recording ──


def test_nothing_is_recorded_without_a_tensor_that_requires_a_gradient():
    assert (Tensor([1.0]) * 2).node is None
    assert not Tensor([1.0]).requires_grad


def test_no_grad_records_nothing_and_nests_and_decorates():
    x = leaf([1.0])
    with no_grad():
        assert not is_grad_enabled()
        assert (x * 2).node is None
        with enable_grad():
            assert (x * 2).requires_grad
        assert not is_grad_enabled()

    @no_grad()
    def double(t):
        return t * 2

    assert double(x).node is None
    assert double(x).node is None
    assert is_grad_enabled()


def test_no_grad_ends_even_if_its_block_fails():
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0
    assert is_grad_enabled()


def test_no_grad_in_one_thread_leaves_another_recording():
    inside, done, seen = threading.Event(), threading.Event(), []

    def other():
        inside.wait(600)
        seen.append((leaf([1.0]) * 2).requires_grad)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        assert done.wait(600)
    thread.join()
    assert seen == [True]


def test_integers_and_booleans_carry_no_gradient():
    x = leaf([1.5, -2.0])
    assert (x > 0).node is None
    assert ag.argmax(x).node is None
    assert ag.astype(x, int).node is None
    assert ag.sign(x).node is None


def test_only_what_a_rule_names_is_kept():
    x, y = leaf([1.0, 2.0]), Tensor([3.0, 4.0])
    assert set((x * y).node.saved) == {"y"}
    assert set((x + y).node.saved) == set()
    assert set(ag.exp(x).node.saved) == {"out"}
    assert set(ag.relu(x).node.saved) == {"out"}
    images, filters = leaf(np.ones((1, 1, 4, 4))), leaf(np.ones((1, 1, 2, 2)))
    assert set(ag.conv2d(images, filters).node.saved) == {"x", "w"}
    assert set(ag.conv2d(images, filters.detach()).node.saved) == {"w"}
    assert set(ag.conv2d(images.detach(), filters).node.saved) == {"x"}
    assert set(ag.max_pool2d(images, kernel_size=2).node.saved) == {"switches"}


def test_kept_arrays_are_bare_and_edges_lead_to_nodes():
    x = leaf([1.0, 2.0])
    for node in ancestors((ag.exp(x) * x).sum().node):
        assert all(parent is None or isinstance(parent, Node) for parent in node.parents)
        assert not any(isinstance(array, Value) for array in (node.saved or {}).values())


def test_switches_take_one_byte():
    x = leaf(np.random.default_rng(0).standard_normal((2, 3, 8, 8)))
    assert ag.max_pool2d(x, kernel_size=2).node.saved["switches"].dtype == np.uint8


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
    del PRIMITIVES["square_and_root"]


# ── memory ──


def test_memory_is_given_back_during_the_backward_pass():
    @primitive
    def probe(x):
        return x + 0

    probe.defvjp(x=lambda g: alive.append(kept() is not None) or g)
    alive = []
    h = ag.exp(probe(leaf(np.zeros((4, 5)))))
    kept = weakref.ref(h.numpy())
    loss = ag.exp(h).sum()
    del PRIMITIVES["probe"], h
    assert kept() is not None
    loss.backward()  # reaches the probe last, after the step that saved its own result
    assert alive == [False]


def test_retain_graph_allows_a_second_backward_pass_with_the_same_result():
    x = leaf([1.0, 2.0])
    y = (x**3).sum()
    first = grad(y, x, retain_graph=True)
    np.testing.assert_array_equal(grad(y, x), first)
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        grad(y, x)


def test_dropping_the_loss_frees_the_graph_by_reference_count_alone():
    x = leaf(np.ones((3, 4)))
    gc.collect()
    gc.disable()
    try:
        h = ag.exp(x * 2)
        loss = ((h @ leaf(np.ones((4, 2)))) ** 2).sum()
        watched = [weakref.ref(h.numpy()), weakref.ref(h), weakref.ref(loss)]
        del h
        assert watched[0]() is not None
        del loss
        assert [ref() for ref in watched] == [None] * 3
    finally:
        gc.enable()


def test_a_failing_rule_leaves_every_grad_untouched():
    @primitive
    def stumbling(x):
        return x * 1

    def rule(g):
        raise ZeroDivisionError

    stumbling.defvjp(x=rule)
    a, b = leaf([1.0]), leaf([1.0])
    loss = (a * 2 + stumbling(b)).sum()
    del PRIMITIVES["stumbling"]
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert a.grad is None
    assert b.grad is None


@pytest.mark.parametrize("steps", [100_000])
def test_the_backward_pass_and_the_release_of_a_long_chain_need_no_recursion(steps):
    x = leaf(1.0)
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
    np.testing.assert_array_equal(grad(x.grad.sum(), x), [12.0])


def test_the_second_derivative_of_a_gradient_norm_matches_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 2, 6, 6)), rng.standard_normal((3, 2, 3, 3))

    def penalty(lib_grad, conv, relu, pool, x, w):
        y = pool(relu(conv(x, w)))
        (gx,) = lib_grad((y * y).sum(), [x], create_graph=True)
        return (gx * gx).sum()

    ours = leaf(x), leaf(w)
    loss = penalty(grad, ag.conv2d, ag.relu, lambda t: ag.max_pool2d(t, kernel_size=2), *ours)
    f = torch.nn.functional
    theirs = [torch.tensor(v, requires_grad=True) for v in (x, w)]
    expected = penalty(torch.autograd.grad, f.conv2d, f.relu, lambda t: f.max_pool2d(t, 2), *theirs)
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-12)
    for got, want in zip(grad(loss, ours), torch.autograd.grad(expected, theirs), strict=True):
        np.testing.assert_allclose(got, want.numpy(), rtol=1e-9, atol=1e-10)


def test_rules_are_replaced_for_one_backward_pass_by_name_or_by_primitive():
    x = leaf([-1.0, 2.0])
    for key in ("relu", ag.relu):
        y = ag.relu(x) * np.array([1.0, -1.0])
        replaced = grad(y.sum(), x, rules={key: {"x": lambda g: g * 10}}, retain_graph=True)
        np.testing.assert_array_equal(replaced, [10, -10])
        np.testing.assert_array_equal(grad(y.sum(), x), [0, -1])


def test_a_replaced_rule_may_name_what_is_kept_and_is_told_if_something_is_not():
    x = leaf([-1.0, 2.0])
    y = ag.relu(x).sum()
    got = grad(y, x, rules={"relu": {"x": lambda g, out: g * out}}, retain_graph=True)
    np.testing.assert_array_equal(got, [0, 2])
    with pytest.raises(RuntimeError, match=r"relu asks for 'x', which was not saved"):
        grad(y, x, rules={"relu": {"x": lambda g, x: g * x}})


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


def test_grad_can_be_set_and_is_checked():
    x = leaf([1.0, 2.0])
    x.grad = np.array([3.0, 4.0])
    (2 * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [5, 6])
    given = Tensor([7.0, 8.0])
    x.grad = given
    assert x.grad is given
    with pytest.raises(ValueError, match=r"grad: shape \(3,\) does not fit"):
        x.grad = np.ones(3)
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        Tensor([1.0]).grad = np.ones(1)


@pytest.mark.parametrize("given", [[3, 4], np.array([3.0, 4.0]), Tensor([3.0, 4.0])])
def test_a_grad_of_another_dtype_gets_the_tensors(given):
    x = Tensor(np.ones(2, np.float32), requires_grad=True)
    x.grad = given
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [3, 4])


def test_names_are_given_at_birth_or_later_and_announced():
    heard = []
    x = leaf([1.0], name="x")
    with activation_hook(lambda name, value: heard.append((name, value))):
        h = (x * 2).named("hidden")
    (x * 3).named("unheard")
    assert x.name == "x"
    assert h.name == "hidden"
    assert heard == [("hidden", h)]


def test_a_rule_made_of_numpy_ufuncs_on_tensors_is_recorded_too():
    x = leaf([0.5, 1.5])
    np.testing.assert_allclose(grad(np.exp(x).sum(), x), np.exp(x.numpy()))
    np.testing.assert_allclose(grad((np.ones(2) * 3 - x).sum(), x), [-1, -1])
    with pytest.raises(TypeError, match=r"np\.spacing is not recorded"):
        np.spacing(x)


def test_a_parameter_can_be_updated_by_hand_in_both_habits():
    p = leaf([1.0, 2.0])
    (p * p).sum().backward()
    p.data -= 0.5 * p.grad
    np.testing.assert_array_equal(p, [0, 0])
    with no_grad():
        p += 1.0
    assert p.is_leaf
    assert p.requires_grad
    np.testing.assert_array_equal(p, [1, 1])


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
def test_a_recorded_result_that_is_updated_becomes_the_next_one(name):
    x, y = leaf([1.0, 2.0]), leaf([4.0, 5.0])
    expected = getattr(operator, name)(2 * x, y)
    h = before = 2 * x
    h = getattr(operator, f"i{name}")(h, y)
    np.testing.assert_array_equal(before, [2, 4])
    np.testing.assert_array_equal(h, expected)
    np.testing.assert_array_equal(grad(h.sum(), [x, y]), grad(expected.sum(), [x, y]))


def test_a_leaf_never_shares_memory_with_the_callers_array():
    array = np.ones(3)
    p = Tensor(array, requires_grad=True)
    with no_grad():
        p *= 5.0
    np.testing.assert_array_equal(array, 1)


def test_a_leaf_given_data_of_another_dtype_follows_it():
    p = Tensor(np.ones(2, np.float32), requires_grad=True)
    p.data = np.full(3, 1 / 3)
    (p * p).sum().backward()
    assert p.grad.dtype == np.float64
    np.testing.assert_array_equal(p.grad, np.full(3, 2 / 3))


def test_a_rule_is_given_none_for_an_optional_argument_that_was_left_out():
    @primitive
    def scaled(x, by):
        return x * 2 if by is None else x * by

    scaled.defvjp(x=lambda g, by: g * 2 if by is None else g * by, by=lambda g, x: g * x)
    del PRIMITIVES["scaled"]
    x, by = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    assert len(scaled(x, None).node.parents) == 1
    for create_graph in (False, True):
        np.testing.assert_array_equal(grad(scaled(x, None).sum(), x, create_graph=create_graph), [2, 2])
        np.testing.assert_array_equal(grad(scaled(x, by).sum(), x, create_graph=create_graph), [3, 4])


def test_products_of_small_matrices_are_those_of_numpy_in_every_layout():
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        for m, n, p in [(8, 8, 8), (1, 5, 1), (3, 0, 2), (0, 2, 3), (7, 1, 4), (40, 30, 27)]:
            a, b = rng.standard_normal((m, n)).astype(dtype), rng.standard_normal((n, p)).astype(dtype)
            layouts = [(a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (a[::-1], b[:, ::-1])]
            for left, right in layouts:
                got = ag.matmul(left, Tensor(right))
                assert got.dtype == dtype
                np.testing.assert_allclose(got, left @ right, rtol=1e-5 if dtype == np.float32 else 1e-13, atol=1e-6)


def test_contributions_of_different_lengths_arrive_before_their_node_is_visited():
    x = leaf([2.0])
    long = h = x * 3
    for _ in range(20):
        long = long + 1
    (h * long + h).backward()  # h receives from two steps near it and from one far away
    np.testing.assert_array_equal(x.grad, 3 * (long.numpy() + h.numpy() + 1))
