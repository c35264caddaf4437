"""Operations of several outputs: one joint node and a thin pick per output, seen from everywhere."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from internals import leaf, operation

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck, primitive

pytestmark = pytest.mark.usefixtures("registry")


@pytest.fixture
def eigh():
    """Eigenvalues and eigenvectors of a symmetric matrix, by the rule of Giles, An extended collection, 2008."""

    def rule(g, g_v, w, v):
        n = v.shape[-1]
        off = 1 - np.eye(n)
        f = off / (w.reshape((1, n)) - w.reshape((n, 1)) + np.eye(n))
        return ((v @ (np.eye(n) * g + f * (v.T @ g_v))) @ v.T,)

    return operation(lambda a: np.linalg.eigh(a), rule, outputs=("w", "v"), name="eigh")


@pytest.fixture
def pair():
    """The sum and the product of two arrays, by a joint rule."""

    def rule(g_sum, g_product, x, y, wanted):
        return [(g_sum + g_product * other) if asked else None for other, asked in zip((y, x), wanted, strict=True)]

    return operation(lambda x, y: (x + y, x * y), rule, outputs=("sum", "product"), name="pair")


def symmetric(x):
    return (x + x.T) / 2


X = np.array([[1.0, 0.3], [-0.7, -0.5]])
WEIGHTS = np.array([[1.0, 2.0], [3.0, 4.0]])


def of_eigh(eigh, x):
    w, v = eigh(symmetric(x))
    return (w * np.array([1.0, 2.0])).sum() + (v * v * WEIGHTS).sum()


# ── gradients ──


def test_first_and_second_derivatives_of_eigenvalues_and_eigenvectors_are_right(eigh):
    assert gradcheck(lambda x: of_eigh(eigh, x), leaf(X))
    assert gradgradcheck(lambda x: of_eigh(eigh, x), leaf(X))


def test_each_output_alone_and_both_together_are_checked_as_functions(eigh, pair):
    assert gradcheck(lambda x: eigh(symmetric(x))[0], leaf(X))
    assert gradcheck(lambda x: list(pair(x, x.T)), leaf(X))
    assert gradgradcheck(pair, [leaf([1.0, 2.0]), leaf([3.0, 4.0])])


def test_the_gradient_of_an_output_nothing_depends_on_is_zeros():
    seen = []

    both = operation(
        lambda x: (x * 2, x * 3),
        lambda g, g_b: seen.append((np.copy(g), np.copy(g_b))) or (2 * g + 3 * g_b,),
        outputs=("a", "b"),
    )
    x = leaf([1.0, 2.0])
    a, b = both(x)
    np.testing.assert_array_equal(grad(a.sum(), x, retain_graph=True), [2, 2])
    np.testing.assert_array_equal(grad(b.sum(), x), [3, 3])
    np.testing.assert_array_equal(seen, [([1, 1], [0, 0]), ([0, 0], [1, 1])])


@pytest.mark.parametrize("k", [0, 1])
def test_an_output_that_is_left_alone_carries_its_gradient(pair, k):
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    output = pair(x, y)[k]
    gc.collect()
    gx, gy = grad(output.sum(), [x, y])
    np.testing.assert_array_equal([gx, gy], [[[1, 1], [1, 1]], [[3, 4], [1, 2]]][k])


def test_an_output_used_twice_receives_both_gradients_and_several_may_be_given_seeds(pair):
    x, y = leaf([2.0]), leaf([5.0])
    total, product = pair(x, y)
    (product * product + 3 * product + total).sum().backward()
    np.testing.assert_array_equal(x.grad, [(2 * 10 + 3) * 5 + 1])
    gx = grad(list(pair(x, y)), x, [np.array([10.0]), np.array([100.0])])
    np.testing.assert_array_equal(gx, [10 + 100 * 5])


def test_an_output_is_an_input_of_grad_and_can_retain_its_gradient(pair):
    x, y = leaf([2.0]), leaf([5.0])
    total, product = pair(x, y)
    total.retain_grad()
    loss = (total * product).sum()
    np.testing.assert_array_equal(grad(loss, [total, product], retain_graph=True), [[10], [7]])
    loss.backward()
    np.testing.assert_array_equal(total.grad, [10])
    np.testing.assert_array_equal(x.grad, [10 + 7 * 5])


def test_a_rules_own_use_of_an_output_counts_as_the_outputs():
    rule = lambda g, g_cube, x, root: (g / (2 * root) + 3 * g_cube * x * x,)
    powers = operation(lambda x: (np.sqrt(x), x**3), rule, outputs=("root", "cube"))
    x = leaf([4.0])
    root, _ = powers(x)
    slope = grad(root.sum(), x, create_graph=True)  # 1 / (2 root)
    np.testing.assert_allclose(grad(slope.sum(), root, retain_graph=True), [-1 / (2 * 4)])
    np.testing.assert_allclose(grad(slope.sum(), x), [-1 / (4 * 8)])


def test_whole_numbers_among_outputs_are_bare_arrays_at_any_place():
    @primitive(outputs=("order", "largest", "second"))
    def top(x):
        order = np.argsort(x)
        return order, x[order[-1]], x[order[-2]]

    def rule(g, g_largest, g_second, order):
        at = np.arange(len(order))
        return (g_largest * (at == order[-1]) + g_second * (at == order[-2]),)

    top.defvjp(rule)
    x = leaf([1.0, 5.0, 3.0])
    order, largest, second = top(x)
    assert type(order) is np.ndarray
    np.testing.assert_array_equal(grad(largest * 2 + second, x), [0, 2, 1])
    assert gradcheck(lambda x: top(x)[1:], x)
    with ag.no_grad():
        order, largest, second = top(x)
    assert (type(order), type(largest), largest.node) == (np.ndarray, Tensor, None)


def test_a_gradient_at_an_output_that_no_rule_names_is_refused():
    both = operation(lambda x: (x * 2, x * 3), x=lambda g: 2 * g, outputs=("a", "b"), name="both")
    x = leaf([1.0])
    a, b = both(x)
    np.testing.assert_array_equal(grad(a.sum(), x, retain_graph=True), [2])
    with pytest.raises(TypeError, match="a gradient arrives at 'b' of both, and no rule names g_b; it would be lost"):
        grad(b.sum(), x)


def test_a_wrong_rule_of_several_outputs_is_localized_with_the_output(pair):
    pair.defvjp(lambda g, g_product, x, y: (g + g_product * y, g + g_product * x * 1.01))
    with pytest.raises(ag.GradcheckError, match=r"to blame: pair, the rule for 'y'[\s\S]*∂pair\.product\[0\]/∂y\[0\]"):
        gradcheck(lambda x, y: pair(x, y), [leaf([1.0, 2.0]), leaf([3.0, 4.0])])


def test_narrow_outputs_are_compared_with_wide_ones(pair):
    x, y = (Tensor(np.array(a, np.float32), requires_grad=True) for a in ([1.5, 2.0], [3.0, 4.5]))
    assert gradcheck(pair, [x, y])


# ── memory and copies ──


def test_dropping_the_outputs_frees_the_joint_node_by_reference_count(pair):
    x = leaf([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        total, product = pair(x, x)
        loss = (total * product).sum()
        watched = [weakref.ref(v.node) for v in (total, product, loss)] + [weakref.ref(total.node.parents[0])]
        del total, product
        assert watched[3]() is not None
        del loss
        assert [link() for link in watched] == [None] * 4
    finally:
        gc.enable()


@primitive(outputs=("square", "cube"))
def square_and_cube(x):
    return x**2, x**3


square_and_cube.defvjp(lambda g, g_cube, x, square: (2 * g * x + 3 * g_cube * square,))
del ag.PRIMITIVES["square_and_cube"]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda values: pickle.loads(pickle.dumps(values))])
def test_copies_of_several_outputs_share_their_joint_node(copied):
    x = leaf([2.0, 3.0])
    square, cube, base = copied((*square_and_cube(x), x))
    assert square.node.parents[0] is cube.node.parents[0]
    slope = grad((square * cube).sum(), base, create_graph=True, retain_graph=True)  # of x⁵
    np.testing.assert_allclose(slope, 5 * x.numpy() ** 4)
    np.testing.assert_allclose(grad(slope.sum(), base, retain_graph=True), 20 * x.numpy() ** 3)
    slope = grad(cube.sum(), base, create_graph=True)  # three times the square
    np.testing.assert_array_equal(grad(slope.sum(), square), [3, 3])
    assert x.grad is None


# ── seen by others ──


def test_a_drawing_has_one_operation_and_says_which_output_goes_where(pair):
    x, y = leaf([2.0], "x"), leaf([5.0], "y")
    total, product = pair(x, y)
    lines = ag.to_graphviz((total * product * product).sum()).source.splitlines()
    assert [line.split("[label=")[1].split()[0] for line in lines if "[label=" in line and "->" not in line] == [
        "x", "y", "pair", "multiply", "multiply", '"sum\\nscalar',
    ]  # fmt: skip
    edges = [line.split('label="')[1].split('"')[0].strip() for line in lines if "->" in line]
    assert sorted(edges) == ["1 float64"] * 4 + ["product 1 float64"] * 2 + ["sum 1 float64"]


def test_a_drawing_may_end_or_begin_at_an_output(pair):
    x, y = leaf([2.0], "x"), leaf([5.0], "y")
    total, product = pair(x, y)
    ends = ag.to_graphviz([total, product]).source
    assert ends.count("label=") == 2 + 1 + 2  # two leaves, one operation, two edges
    begins = ag.to_graphviz((product * product).sum(), inputs=product).source
    assert "label=pair" not in begins
    assert begins.count("label=") == 1 + 2 + 3  # where it begins, two operations, three edges


def test_tables_have_one_row_for_all_outputs(pair):
    x, y = leaf([2.0]), leaf([5.0])
    with ag.profile() as profile, ag.memory_usage() as usage:
        total, product = pair(x, y)
        loss = (total * product).sum()
        listed = [row.operation for row in loss.summary().rows if row.operation != "leaf"]
        saved = [row.operation for row in ag.saved(loss).rows]
        loss.backward()
    expected = ["pair", "multiply", "sum"]
    assert (
        listed == saved == [row.operation for row in profile.rows] == [row.operation for row in usage.rows] == expected
    )
    assert profile.rows[0].gradient.norm == np.hypot(10, 7)  # of both outputs
    assert profile.rows[0].backward_seconds > 0


def test_an_anomaly_in_any_output_or_any_gradient_is_found(pair):
    x = leaf([1e200])
    with np.errstate(over="ignore"), ag.detect_anomaly(), pytest.raises(FloatingPointError, match=r"pair.* gave inf"):
        pair(x, x)
    total, product = pair(leaf([0.0]), leaf([0.0]))
    with np.errstate(all="ignore"), ag.detect_anomaly(), pytest.raises(FloatingPointError, match="sqrt"):
        (ag.sqrt(product) + total).sum().backward()


def test_the_mutation_check_looks_at_saved_outputs(eigh):
    w, v = eigh(symmetric(leaf(X)))
    loss = (w * w).sum() + (v * v * WEIGHTS).sum()
    v.numpy()[0, 0] = 7
    with pytest.raises(RuntimeError, match="changed since"):
        loss.backward()


def test_rules_replaced_by_the_caller_take_their_argument_out_of_a_joint_rule_of_several_outputs(pair):
    x, y = leaf([2.0]), leaf([5.0])
    total, product = pair(x, y)
    rules = {"pair": {"x": lambda g, g_product: g + 100 * g_product}}
    gx, gy = grad((total + product).sum(), [x, y], rules=rules)
    np.testing.assert_array_equal([gx, gy], [[101], [3]])
