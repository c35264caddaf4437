"""A profile beside loops that count, `saved`, retained gradients and a clock of our own; what an observer is given.

And what was detached, the names that are shown, errors in the middle, names in recorded backward passes.
"""

import gc
import itertools
import math
import threading
import weakref
from functools import partial

import numpy as np
import pytest
from cases import every
from gradchecks import named
from internals import (
    BACKWARD,
    FRESH,
    Gradient,
    Observer,
    Value,
    ancestors,
    conv2d_relu,
    current,
    here,
    linear_relu,
    observed_by,
    profiler,
    root_of,
)
from leaves import random_constant as constant
from leaves import random_leaf, small_net
from rows import PRODUCTS, TABLE, WITHIN, is_float

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, Tensor, enable_grad, grad, memory_usage, no_grad, profile, saved
from autograd_mini.kernels.buffers import empty_cache

leaf = partial(random_leaf, dtype=np.float32)


def loss_of(net, n=6, dtype=np.float32):
    return nn.cross_entropy(net(constant(n, 1, 8, 8, dtype=dtype)), np.arange(n) % 3)


def seen(found):
    return [(row.operation, row.place) for row in found.rows]


def only(found, operation):
    (row,) = (row for row in found.rows if row.operation == operation)
    return row


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Whatever a test observes or breaks off, this context is as it was afterwards."""
    yield
    assert here() == FRESH


# ── multiply-adds ─────────────────────────────────────────────────────────────────────────────────────────────────────


def faces(x, w, y, stride, padding, dilation):
    """The three faces of convolution as one loop over its seven indices; how often it multiplied and added."""
    (sh, sw), (ph, pw), (dh, dw) = stride, padding, dilation
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    maps, images, filters, count = np.zeros(y.shape), np.zeros(padded.shape), np.zeros(w.shape), 0
    for (n, k, i, j), (c, u, v) in itertools.product(np.ndindex(y.shape), np.ndindex(w.shape[1:])):
        pixel = n, c, sh * i + dh * u, sw * j + dw * v
        maps[n, k, i, j] += w[k, c, u, v] * padded[pixel]
        images[pixel] += w[k, c, u, v] * y[n, k, i, j]
        filters[k, c, u, v] += y[n, k, i, j] * padded[pixel]
        count += 1
    return maps, images[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], filters, count


GEOMETRIES = [
    ((2, 3, 6, 5), (4, 3, 3, 2), (1, 1), (0, 0), (1, 1)),
    ((1, 2, 5, 8), (3, 2, 2, 3), (2, 3), (1, 2), (1, 1)),
    ((3, 1, 7, 9), (2, 1, 3, 1), (1, 2), (2, 0), (2, 3)),
    ((2, 2, 1, 1), (1, 2, 3, 3), (3, 1), (3, 2), (1, 2)),  # mostly padding
    ((0, 2, 4, 4), (3, 2, 3, 3), (1, 1), (1, 1), (1, 1)),  # no images
]


@every(("images", "filters", "stride", "padding", "dilation"), GEOMETRIES)
@every("dtype", [np.float32, np.float64])
def test_each_face_of_convolution_takes_as_many_multiply_adds_as_a_loop(
    images, filters, stride, padding, dilation, dtype, kernels
):
    geometry = {"stride": stride, "padding": padding, "dilation": dilation}
    x, w = leaf(*images, dtype=dtype), leaf(*filters, dtype=dtype)
    y = leaf(*ag.conv2d(x, w, **geometry).shape, dtype=dtype)
    extra = tuple((images[2 + i] + 2 * padding[i] - dilation[i] * (filters[2 + i] - 1) - 1) % stride[i] for i in (0, 1))
    with profile() as found:
        results = [
            ag.conv2d(x, w, **geometry),
            ag.conv_transpose2d(y, w, output_padding=extra, **geometry),
            ag.conv2d_filter(x, y, kernel_size=filters[2:], **geometry),
        ]
    *expected, count = faces(x.numpy(), w.numpy(), y.numpy(), stride, padding, dilation)
    for result, row, want in zip(results, found.rows, expected, strict=True):
        np.testing.assert_allclose(result.numpy(), want, rtol=1e-4, atol=1e-4)  # so that the loop is of this very sum
        assert (row.operation, row.multiply_adds) == (result.node.op.name, count)


def test_a_bias_a_rectifier_and_constant_arguments_change_no_count():
    x, w, b = leaf(2, 3, 6, 5), leaf(4, 3, 3, 2), leaf(4)
    v, c = leaf(7, 5), leaf(7)
    with profile() as found:
        ways = (ag.conv2d, ag.linear), (conv2d_relu, linear_relu)
        for biased, (conv2d, linear), images in itertools.product((True, False), ways, (x, x.numpy())):
            conv2d(images, w, b if biased else None)
            linear(images, v, c if biased else None)
            conv2d(x, w.numpy(), b if biased else None)
    counts = {}
    for row in found.rows:
        counts.setdefault(row.operation, set()).add(row.multiply_adds)
    assert counts == {
        "conv2d": {(2 * 4 * 4 * 4) * (3 * 3 * 2)}, "linear": {(2 * 3 * 6) * 7 * 5}, "relu": {0}, "reshape": {0},
    }  # fmt: skip


FACTORS = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 2)),
]  # fmt: skip


@every(("first", "second"), FACTORS)
def test_products_of_matrices_stacks_and_vectors_take_as_many_multiply_adds_as_a_loop(first, second):
    a, b = leaf(*first, dtype=np.float64), leaf(*second, dtype=np.float64)
    rows = a.numpy() if len(first) > 1 else a.numpy()[None]
    columns = b.numpy() if len(second) > 1 else b.numpy()[:, None]
    lead = np.broadcast_shapes(rows.shape[:-2], columns.shape[:-2])
    rows, columns = (np.broadcast_to(m, lead + m.shape[-2:]) for m in (rows, columns))
    want, count = np.zeros((*lead, rows.shape[-2], columns.shape[-1])), 0
    for *stack, i, j in np.ndindex(want.shape):
        for k in range(rows.shape[-1]):
            want[(*stack, i, j)] += rows[(*stack, i, k)] * columns[(*stack, k, j)]
            count += 1
    with profile() as found:
        out = a @ b
    np.testing.assert_allclose(out.numpy(), want.reshape(out.shape))
    assert sum(row.multiply_adds for row in found.rows) == count
    assert PRIMITIVES["matmul"].multiply_adds(out.shape, [first, second]) == count  # vectors too, as NumPy has them


@every("row", TABLE, ids=str)
def test_only_products_cost_multiply_adds(row):
    with profile() as found:
        row(*(Tensor(a, requires_grad=True) if is_float(a) else a for a in row.arrays()))
    for step in found.rows:
        assert type(step.multiply_adds) is int
        assert (step.multiply_adds > 0) == (step.operation in PRODUCTS | WITHIN)


def test_the_table_holds_every_product():
    assert {row.name for row in TABLE} >= PRODUCTS


@every(
    ("name", "out", "arguments", "cost"),
    [
        ("matmul", (2, 4), [(2, 3), None], None),
        ("matmul", (2, 4), [(2, 3)], None),
        ("matmul", (2, 4), [None, (3, 4)], 24),
        ("conv2d", (1, 2, 3, 3), [None, (2, 5, 3, 3), None], 18 * 45),
        ("conv2d", (1, 2, 3, 3), [(1, 5, 5, 5), None, (2,)], None),
        ("linear", (2, 4), [None, (4, 3), None], 24),
        ("conv_transpose2d", (1, 5, 5, 5), [None, (2, 5, 3, 3)], None),
        ("conv2d_filter", (2, 5, 3, 3), [None, (1, 2, 3, 3)], 18 * 45),
        ("add", (2,), [None, None], 0),
        ("add", (2,), [], 0),
    ],
)
def test_a_cost_that_needs_an_unknown_shape_is_not_known(name, out, arguments, cost):
    assert PRIMITIVES[name].multiply_adds(out, arguments) == cost


def test_a_cost_may_ask_for_arguments_parameters_and_the_result_and_for_nothing_else(broken):
    def between(a, b, *, power):
        return a * b**power

    op = broken(between, a=lambda g, b, *, power: g * b**power, b=None)
    for cost, asks in ((lambda out, c: 1, "c"), (lambda g: 1, "g"), (lambda shape: 1, "shape")):
        message = f"between.defcost: the cost asks for '{asks}', which is not there; there are out, a, b, power"
        with pytest.raises(TypeError, match=message):
            op.defcost(cost)
    assert op.multiply_adds((2,), [(2,), (2,)]) == 0
    op.defcost(lambda: 7)
    assert op.multiply_adds((2,), [None, None]) == 7
    op.defcost(lambda power: 3 * power)
    assert op.multiply_adds((2,), [None, None], {"power": 2}) == 6


def test_a_primitive_of_ones_own_has_one_cost_whatever_the_implementation(broken):
    def outer(a, b):
        return a[:, None] * b

    op = broken(outer, a=lambda g, b: (g * b).sum(axis=1), b=lambda g, a: (g * a.reshape((-1, 1))).sum(axis=0))
    early = op.implementation(lambda a, b: np.multiply.outer(a, b))
    op.defcost(lambda out, a, b: a[0] * b[0])
    late = op.implementation(lambda a, b: np.outer(a, b))
    a, b = leaf(3), leaf(4)
    with profile() as found:
        for way in (op, early, late):
            way(a, b).sum().backward()
    assert [(row.operation, row.multiply_adds) for row in found.rows[::2]] == [("outer", 12)] * 3
    early.defcost(lambda out: 2 * out[0])
    assert [way.multiply_adds((3, 4), [(3,), (4,)]) for way in (op, early, late)] == [6] * 3


# ── what is saved ─────────────────────────────────────────────────────────────────────────────────────────────────────


def twice(x):
    h = ag.exp(x)
    return (h * h.reshape(x.shape) * h).sum()


def seen_from_outside(x):
    w = leaf(*x.shape)
    return (x * w * w.detach() * w.numpy()).sum()  # w is saved as the parameter first, then as a constant


PROGRAMS = {
    "a net": lambda: loss_of(small_net()),
    "channels-last maps": lambda: ag.relu(ag.conv2d(leaf(2, 3, 8, 8), leaf(8, 3, 3, 3)) * constant(8, 1, 1)).sum(),
    "one buffer again and again": lambda: twice(leaf(10)),
    "a parameter, detached": lambda: seen_from_outside(leaf(10)),
    "views": lambda: (leaf(4) * (leaf(4, 100) + 1.0)[:, 0] @ leaf(4, 4).T[1:].T).sum(),
    "numbers": lambda: (leaf(3) * 2.0 / 3 - 1).sum(),
    "pooled memory": lambda: ag.relu(ag.conv2d(leaf(4, 8, 80, 80), leaf(16, 8, 3, 3))).sum(),
    "two branches": lambda: (ag.exp(leaf(7)) * ag.sin(leaf(7)) + ag.max(ag.cos(leaf(7)))).sum(),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_saved_bytes_are_those_that_saved_shows_before_the_backward_pass(program, kernels):
    with profile() as found, memory_usage() as usage:
        out = PROGRAMS[program]()
        graph = saved(out)
        out.backward()
    counted = [(row.operation, row.place, row.shape, row.saved_bytes) for row in found.rows]
    assert sorted(counted) == sorted((row.operation, row.place, row.shape, row.nbytes) for row in graph.rows)
    assert sum(row.saved_bytes for row in found.rows) == graph.saved_bytes == usage.saved_bytes


@pytest.mark.parametrize("backward", [True, False])
def test_equal_steps_save_equal_bytes_though_they_save_the_same_arrays(backward):
    images = constant(8, 4, 64, 64)
    net = nn.Sequential(nn.Conv2d(4, 16, 3, rng=0), nn.ReLU(), nn.Conv2d(16, 4, 3, rng=1))
    steps = []
    empty_cache()
    with profile() as found:
        for _ in range(3):  # the maps are large: their memory is used again in the next step
            out = net(images).sum()
            steps.append([row.nbytes for row in saved(out).rows])
            if backward:
                out.backward()
            del out
    assert [row.saved_bytes for row in found.rows] == [nbytes for step in steps for nbytes in step]
    assert all(step[0] == images.data.nbytes for step in steps)
    assert all(step[1] >= 8 * 16 * 62 * 62 * 4 for step in steps)


def test_what_another_graph_saves_is_not_counted_again():
    x, w = constant(50), leaf(50)
    with profile() as found:
        one = x * w
        two = x * w
        one.sum().backward()
        three = x * w
    assert [row.saved_bytes for row in found.rows] == [200, 0, 0, 200]
    del two, three


# ── a gradient in three numbers ───────────────────────────────────────────────────────────────────────────────────────


ARRAYS = {
    "ordinary": np.random.default_rng(0).standard_normal((3, 4, 5)),
    "some zeros": np.array([0.0, 3.0, -0.0, -4.0, 0.0, 0.0]),
    "a third": np.array([1.0, 0.0, 1.0]),
    "all zeros": np.zeros((2, 3)),
    "minus zero": np.array([-0.0]),
    "0-d": np.array(-3.0),
    "0-d zero": np.array(0.0),
    "large": np.full(9, 1e30),
    "large and small": np.array([1e30, -1e-30, 0.0]),
    "small": np.array([1e-30, -2e-30]),
    "subnormal": np.array([1e-42, 0.0, -3e-42]),
    "ones and a large one": np.array([1.0] * 1000 + [1e25]),
    "read backwards": np.arange(6.0)[::-2],
    "repeated": np.broadcast_to(np.array([[2.0], [0.0]]), (2, 7)),
    "channels last": np.random.default_rng(1).standard_normal((2, 4, 4, 3)).transpose(0, 3, 1, 2),
}


@every("dtype", [np.float32, np.float64])
@every("name", ARRAYS)
def test_a_gradient_is_given_by_its_norm_its_zeros_and_that_it_is_finite(name, dtype):
    array = ARRAYS[name].astype(dtype, copy=False)
    before = array.copy()
    with np.errstate(all="raise"):
        found = Gradient.of(array)
    exact = math.hypot(*map(float, array.flat))
    np.testing.assert_allclose(found.norm, exact, rtol=1e-6 if dtype is np.float32 else 1e-14)
    assert found.zeros == sum(value == 0 for value in array.flat) / array.size
    assert found.finite is True
    assert (type(found.norm), type(found.zeros)) == (float, float)
    np.testing.assert_array_equal(array, before)


def test_norms_beyond_what_squares_can_hold_and_of_nothing_and_in_words():
    for scale in (1e200, 1e-200, 5e-324):
        assert Gradient.of(np.array([3.0, 4.0]) * scale).norm == pytest.approx(5 * scale, rel=1e-14, abs=0)
    beyond = Gradient.of(np.full(4, 1e308))
    assert (beyond.norm, beyond.finite) == (math.inf, True)  # every element is finite, if their norm is not
    assert Gradient.of(np.zeros((0, 3), np.float32)) == Gradient(0.0, 1.0, True)
    words = [str(Gradient(norm, 0.0, True)) for norm in (0.0, 1234.5678, 1.5e-9, 1.0)]
    assert words == ["0", "1.23e+03", "1.5e-09", "1"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_with_inf_and_nan_are_not_finite(dtype):
    nan, inf = np.nan, np.inf
    given = {(1, nan, 0, 0): nan, (1, -inf, 0, 0): inf, (inf, nan, 0, 0): nan, (0, 0, nan, -inf): nan}
    for values, norm in given.items():
        with np.errstate(all="raise"):
            found = Gradient.of(np.array(values, dtype))
        np.testing.assert_equal((found.norm, found.zeros, found.finite, str(found)), (norm, 0.5, False, "not finite"))
    assert not Gradient.of(np.array(nan, dtype)).finite


# ── gradients as the backward pass finds them ─────────────────────────────────────────────────────────────────────────


def branching(dtype):
    x, y = leaf(3, 4, dtype=dtype), leaf(4, dtype=dtype)  # y is broadcast, and so is the sum
    h = ag.exp(x) * y
    return (ag.relu(h) + h.sum(axis=0) - ag.concatenate([h[:1], h[1:] * 2])).mean()


DIFFERENTIATED = {
    "a net": lambda dtype: loss_of(small_net(dtype), dtype=dtype),
    "branches": branching,
    "huge": lambda dtype: ((leaf(5, dtype=dtype) * 1e15).sum() * 1e15 * 1e3).sum(),
    "0-d": lambda dtype: ag.sin(ag.exp(leaf(dtype=dtype)) * 2.0),
    "nothing at all": lambda dtype: (ag.exp(leaf(0, 3, dtype=dtype)) * 2.0).sum(),
    "maps channels-last": lambda dtype: ag.max_pool2d(
        conv2d_relu(leaf(2, 3, 8, 8, dtype=dtype), leaf(8, 3, 3, 3, dtype=dtype)), kernel_size=2
    ).sum(),
}


@every("dtype", [np.float32, np.float64])
@every("program", DIFFERENTIATED)
def test_every_nodes_gradient_is_the_one_that_it_can_retain(program, dtype, kernels):
    with profile() as found:
        out = DIFFERENTIATED[program](dtype)
        nodes = ancestors(out.node)
        for node in nodes:
            node.retains_grad = True
        assert not found.ran_backward
        assert all(found.gradient(node) is None for node in nodes)
        out.backward()
    assert found.ran_backward
    for node in nodes:
        measured, g = found.gradient(node), node.grad.numpy()
        exact = np.linalg.norm(g.astype(np.float64).ravel())
        np.testing.assert_allclose(measured.norm, exact, rtol=1e-6 if dtype is np.float32 else 1e-13)
        assert measured.zeros == (np.mean(g == 0) if g.size else 1.0)
        assert measured.finite
        assert (None if node.op is None else measured) is (None if node.op is None else found.of(node).gradient)
    by_row = {id(found.of(node)): node for node in nodes if node.op is not None}
    assert [row.gradient for row in found.rows] == [found.gradient(by_row[id(row)]) for row in found.rows]


def test_a_dead_relu_shows_where_learning_stops():
    x = leaf(4, 5)
    with profile() as found:
        h = x - 100.0
        ag.relu(h).sum().backward()
    relu, below = only(found, "relu"), only(found, "subtract")
    assert relu.gradient == Gradient(math.sqrt(20), 0.0, True)
    assert below.gradient == found.gradient(x.node) == Gradient(0.0, 1.0, True)
    assert str(below.gradient) == "0"
    with profile() as half:
        ag.relu(Tensor([-1.0, 2.0, -3.0, 4.0], requires_grad=True) * 1.0).sum().backward()
    assert only(half, "multiply").gradient == Gradient(math.sqrt(2), 0.5, True)


def test_a_backward_pass_that_meets_nan_says_where():
    x = Tensor([0.0, 1.0], requires_grad=True)
    with profile() as found, np.errstate(all="ignore"):
        (ag.log(x) * 0.0).sum().backward()
    assert only(found, "log").gradient == Gradient(0.0, 1.0, True)
    assert not found.gradient(x.node).finite
    assert math.isnan(found.gradient(x.node).norm)


def test_only_what_leads_to_the_inputs_has_a_gradient_and_the_last_backward_pass_counts():
    x, y = leaf(3, name="x"), leaf(3, name="y")
    with profile() as found:
        h = ag.exp(x)
        k = ag.sin(h) * ag.cos(y)
        out = k.sum()
        grad(out, h, retain_graph=True)
        assert [row.gradient is None for row in found.rows] == [False, False, True, False, False]
        assert found.gradient(x.node) is found.gradient(y.node) is None
        grad(out, x, grad_outputs=np.float32(3), retain_graph=True)
        assert found.gradient(out.node).norm == 3
        assert found.gradient(y.node) is None
        assert found.rows[-1].gradient.norm == 3
        grad(out, y)
        assert found.gradient(out.node).norm == found.rows[-1].gradient.norm == 1
    assert found.gradient(x.node).norm == pytest.approx(
        3 * np.linalg.norm(h.numpy() * np.cos(h.numpy()) * np.cos(y.numpy()))
    )


def test_replaced_rules_are_what_the_profile_shows():
    x = Tensor([-1.0, 2.0, 3.0], requires_grad=True)
    with profile() as found:
        h = x * 1.0
        out = ag.relu(h)
        grad(out, x, grad_outputs=[1.0, -1.0, 1.0], rules={"relu": {"x": lambda g: ag.relu(g)}})
    assert found.gradient(out.node) == Gradient(math.sqrt(3), 0.0, True)
    assert found.gradient(h.node) == Gradient(math.sqrt(2), 1 / 3, True)  # what was negative before lets it through


# ── detached ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def quietly(function):
    def run(t):
        with no_grad():
            return function(t)

    return run


LEAVINGS = {
    "detach": lambda t: t.detach(),
    "np.asarray under no_grad": quietly(lambda t: Tensor(np.asarray(t))),
    "Tensor": Tensor,
    "numpy": lambda t: t.numpy(),
    "twice": lambda t: Tensor(t.detach().numpy()).detach(),
    "a slice": lambda t: t.numpy()[..., :1],
    "a slice of a slice": lambda t: t.detach()[..., 1:][..., None],
    "turned": lambda t: t.detach().T,
    "reversed under no_grad": quietly(lambda t: ag.flip(t, 0)),
    "one element": lambda t: t.numpy().reshape(-1, copy=None)[:1] if t.numpy().flags.c_contiguous else t.numpy()[0],
}
SOURCES = {
    "elementwise": lambda: leaf(3, 4) * 2.0,
    "maps": lambda: ag.conv2d(leaf(2, 3, 5, 5), leaf(4, 3, 2, 2)),
    "rectified maps": lambda: conv2d_relu(leaf(2, 3, 5, 5), leaf(4, 3, 2, 2)),
    "large maps": lambda: ag.conv2d(leaf(8, 8, 80, 80), leaf(8, 8, 3, 3)),
    "large rectified maps": lambda: conv2d_relu(leaf(8, 8, 80, 80), leaf(8, 8, 3, 3)),
    "pooled": lambda: ag.max_pool2d(leaf(2, 3, 4, 4), kernel_size=2),
    "a product": lambda: leaf(600, 500) @ leaf(500, 600),
    "statistics": lambda: leaf(3, 4).sum(axis=1),
}


@every("leaving", LEAVINGS)
@every("source", SOURCES)
def test_an_argument_that_left_the_graph_is_shown_with_the_result_it_was(source, leaving, kernels):
    with profile() as found:
        t = SOURCES[source]()
        c = LEAVINGS[leaving](t)
        y = c * leaf(*c.shape)
        z = leaf(*c.shape) - c
    assert found.detached(y.node) == {0: t.node}
    assert found.detached(z.node) == {1: t.node}
    assert found.detached(t.node) == {}


def test_views_numbers_and_several_arguments_that_left_are_each_shown():
    w = leaf(3, 4)
    with profile() as found:
        turned, rows = w.T, (w * 1.0).reshape(2, 6)
        one, two = turned.detach() * leaf(4, 3), leaf(2, 6) * rows.detach()
        number = ag.exp(leaf(3)).sum()
        y = leaf(3) / number.detach()
        a, b = leaf(3) * 2.0, leaf(3) + 1.0
        joined = ag.concatenate([a.detach(), leaf(3), b, b.numpy(), np.ones(3, np.float32)])
    ways = [({0: turned}, one), ({1: rows}, two), ({1: number}, y), ({0: a, 3: b}, joined)]
    for left, result in ways:
        assert found.detached(result.node) == {i: value.node for i, value in left.items()}
    assert only(found, "divide").constants == {1: f"{number.item():.6g}"}
    assert only(found, "concatenate").constants == dict.fromkeys((0, 3, 4), "3 float32")


def test_what_never_was_in_the_graph_is_not_said_to_have_left_it():
    w, before = leaf(3), leaf(3) * 2.0
    with profile() as found:
        h = w * 2.0
        view = w.reshape(3, 1)
        for c in (
            h.numpy().copy(), np.exp(h.numpy()), h.detach() * 1.0, np.ones(3), 2.0, w.detach(), w.numpy()[::-1],
            w.numpy().reshape(1, 3), before.detach(), h.numpy() > 0,
        ):  # fmt: skip
            assert found.detached((leaf(3) * c).node) == {}
        assert found.detached(ag.where(h.numpy(), leaf(3), h).node) == {}
    assert found.detached(leaf(3).node) == {}
    del view


def test_arguments_to_which_no_gradient_ever_flows_have_not_left():
    x = leaf(4)
    with profile() as found:
        h = ag.relu(ag.sin(x))
        (g,) = grad((h * x).sum(), [x], create_graph=True)
        k = ag.gate(leaf(4), h)
    gates = [node for node in ancestors(g.node, k.node) if node.op is not None and node.op.name == "gate"]
    assert len(gates) == 2
    assert all(found.detached(node) == {} for node in gates)


def test_an_identity_used_again_makes_no_false_link():
    x, ids, again = leaf(3, 4), set(), 0
    with profile() as found:
        for _ in range(100):
            s = x + 1.0
            ids.add(id(s.numpy()))
            held = s.node
            del s  # its array is gone, its node is not
            c = np.ones((3, 4), np.float32)
            again += id(c) in ids
            assert found.detached((x * c).node) == {}
    assert again
    del held


def test_memory_used_again_makes_no_false_link():
    x, w = leaf(8, 8, 80, 80), leaf(8, 8, 3, 3)
    empty_cache()
    with profile() as found:
        t = ag.conv2d(x, w)
        buffer = id(root_of(t.numpy()))
        s = t.sum()  # keeps the node of t, and not its array
        del t
        with no_grad():
            again = ag.conv2d(x, w)
        assert id(root_of(again.numpy())) == buffer
        y = leaf(8, 8, 78, 78) * again
        z = leaf(8, 8, 78, 78) * again.numpy()[:, :, ::2][:, :, :1]
    assert found.detached(y.node) == found.detached(z.node) == {}
    del s


def test_a_graph_that_is_gone_was_not_left():
    with profile() as found:
        h = leaf(3) * 2.0
        y = leaf(3) * h.detach()
        assert found.detached(y.node) == {1: h.node}
        del h
    assert found.detached(y.node) == {}


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_operation_of_each_step_has_its_row():
    net = small_net()
    optimizer = nn.SGD(net.parameters(), lr=0.1)
    with profile() as found:
        for _ in range(3):
            net.zero_grad()
            loss_of(net).backward()
            optimizer.step()
    steps = [seen(found)[i : i + 9] for i in range(0, 27, 9)]
    assert steps[0] == steps[1] == steps[2] == [(row.operation, row.place) for row in saved(loss_of(net)).rows]
    for row in found.rows:
        assert min(row.gradient.norm, row.backward_seconds, row.seconds) > 0
        assert "test_profiling.py:" in row.line
    assert {row.gradient.norm for row in found.rows if row.operation == "cross_entropy"} == {1}


def test_a_row_tells_shape_constants_and_line():
    x = leaf(2, 3)
    with profile() as found:
        h = x * 2.5  # here
        h = ag.where(np.ones((2, 3), bool), h, np.float32(0))
        ag.linear(h, np.ones((4, 3), np.float32), None)
        x - np.arange(6).reshape(2, 3)
        x + True
        x / np.full((1, 1), 12345678.0)
        x[np.array([1, 0])]
    assert [(row.shape, row.constants) for row in found.rows] == [
        ((2, 3), {1: "2.5"}), ((2, 3), {0: "2×3 bool", 2: "0"}), ((2, 4), {1: "4×3 float32"}),
        ((2, 3), {1: "2×3 int64"}), ((2, 3), {1: "1"}), ((2, 3), {1: "1.23457e+07"}), ((2, 3), {}),
    ]  # fmt: skip
    line = found.rows[0].line
    assert line.endswith("in test_a_row_tells_shape_constants_and_line: h = x * 2.5  # here")
    assert "test_profiling.py:" in line


def test_a_graph_dropped_inside_is_freed_and_its_rows_stay():
    net, x = small_net(), leaf(5, 1, 8, 8)

    def forward():
        return ag.exp(net(x)).sum()

    def backward():
        (loss := forward()).backward()
        return loss

    def to_the_middle():
        middle = ag.exp(x)
        grad(middle.sum(), middle, retain_graph=True)  # the backward pass ends there
        return middle

    gc.collect()
    gc.disable()
    try:
        with profile() as found:
            for make in (forward, backward, to_the_middle):
                end = make()
                node, array = weakref.ref(end.node), weakref.ref(end.numpy())
                del end
                assert node() is array() is None
    finally:
        gc.enable()
    assert len(found.rows) == 2 * 10 + 2
    assert seen(found)[:10] == seen(found)[10:20]
    assert all(row.gradient is None for row in found.rows[:10])
    assert all(row.gradient.finite for row in found.rows[10:])


def test_names_given_later_are_the_ones_shown_also_when_the_graph_is_gone():
    with profile() as found:
        h = ag.exp(leaf(3))
        assert seen(found) == [("exp", "")]
        h.named("hidden")
        assert seen(found) == [("exp", "hidden")]
        k = ag.sin(h).named("early")
        ag.cos(k)
        del k
    h.named("last")
    assert found.of(h.node).place == "last"
    del h
    assert seen(found) == [("exp", "last"), ("sin", "early"), ("cos", "")]
    assert "last" in str(found)


def test_only_what_is_recorded_inside_and_in_this_thread_has_a_row():
    x = leaf(3)
    before = ag.exp(x)
    with profile() as found:
        thread = threading.Thread(target=lambda: ag.exp(x).sum().backward())
        thread.start()
        thread.join()
        ag.exp(x.numpy())
        ag.exp(x.detach())
        with no_grad():
            ag.exp(x)
            with enable_grad():
                inside = ag.sin(x)
        ag.sign(x)  # no gradient flows on
        before.sum().backward()
    ag.cos(x).sum().backward()
    inside.sum().backward()
    assert seen(found) == [("sin", ""), ("sum", "")]
    assert found.of(before.node) is None
    assert found.gradient(before.node).norm == math.sqrt(3)
    assert found.of(x.node) is None
    assert found.of(inside.node).gradient is None


def test_blocks_inside_one_another_each_see_their_own():
    x = leaf(10)
    with profile() as outer:
        y = ag.exp(x)
        with profile() as inner:
            z = ag.sin(y)
            with profile() as empty:
                pass
        z.sum().backward()
    assert [[operation for operation, _ in seen(found)] for found in (outer, inner, empty)] == [
        ["exp", "sin", "sum"], ["sin"], []
    ]  # fmt: skip
    assert (only(inner, "sin").gradient, inner.ran_backward, outer.ran_backward) == (None, False, True)
    assert only(outer, "sin").gradient.norm == pytest.approx(math.sqrt(10))
    assert sum(row.saved_bytes for row in outer.rows) == only(inner, "sin").saved_bytes == 40  # y, which exp saves too


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_inside_the_block_goes_through_and_leaves_what_was_seen():
    x, held = leaf(3), []
    with pytest.raises(ValueError, match="add"), profile() as found:  # noqa: PT012 (the block is what is tested)
        held.append(ag.exp(x).named("before"))
        x + np.ones(4, np.float32)
    held.pop()
    assert seen(found) == [("exp", "before")]
    assert "1 operations" in str(found)
    ag.exp(x)
    assert len(found.rows) == 1


def failing(broken):
    """An operation whose rule fails as long as `failing.now`."""
    state = {"now": True}

    def rule(g):
        if state["now"]:
            raise ZeroDivisionError
        return g * 1.0

    return broken(named("trap", lambda x: x * 1.0), x=rule), state


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_error_inside_a_rule_leaves_a_profile_and_a_recording_that_can_be_used(broken, create_graph):
    trap, state = failing(broken)
    x = leaf(3)
    with profile() as found:
        h = ag.exp(x).named("below")
        k = trap(h).named("trap")
        out = ag.sin(k).named("above").sum()
        with pytest.raises(ZeroDivisionError):
            out.backward(create_graph=create_graph, retain_graph=True)
        assert (current.get().scope, current.get().enabled, current.get().observers.own) == (None, True, (found,))
        known = [found.gradient(node) is not None for node in (out.node, k.node, h.node, x.node)]
        assert known == [True, True, False, False]
        state["now"] = False
        assert ag.exp(x).node.name is None
        (g,) = grad(out, [x], retain_graph=True)
        assert found.gradient(x.node).norm == pytest.approx(np.linalg.norm(g.numpy()))
    assert [line.split()[0] for line in str(found).splitlines() if "trap" in line] == ["trap"]


def test_a_backward_pass_over_what_was_given_back_is_an_error_that_the_profile_survives():
    x = leaf(3)
    with profile() as found:
        out = ag.exp(x).sum()
        out.backward()
        seconds = [row.backward_seconds for row in found.rows]
        with pytest.raises(RuntimeError, match="already passed"):
            out.backward()
    assert [row.backward_seconds for row in found.rows] == seconds
    assert str(found)


# ── seconds ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Clock:
    """A clock that stands still until it is moved."""

    now = 1.0

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(profiler, "perf_counter", clock)
    return clock


@pytest.fixture
def slow(broken, clock):
    """An operation that takes 3 seconds, and 5 to backward pass through."""

    def slowly(x):
        clock.passes(3)
        return x * 1.0

    def rule(g):
        clock.passes(5)
        return g * 1.0

    return broken(slowly, x=rule)


def test_seconds_are_of_the_operation_and_of_its_rules_alone(clock, slow):
    x = leaf(3)
    with profile() as found:
        h = slow(x)
        clock.passes(100)
        k = slow(ag.sin(h))
        out = k.sum()
        clock.passes(100)
        assert [row.seconds for row in found.rows] == [3, 0, 3, 0]
        assert [row.backward_seconds for row in found.rows] == [None] * 4
        out.backward()
        clock.passes(100)
    assert [row.seconds for row in found.rows] == [3, 0, 3, 0]
    assert [row.backward_seconds for row in found.rows] == [5, 0, 5, 0]
    assert str(found).splitlines()[-1].startswith("4 operations: 6 s forward, 10 s backward, ")


def test_several_backward_passes_add_up_and_what_runs_between_them_does_not_count(clock, slow):
    x = leaf(3)
    with profile() as found:
        h = slow(x)
        out = slow(h).sum()
        grad(out, h, retain_graph=True)
        assert [row.backward_seconds for row in found.rows] == [None, 5, 0]
        clock.passes(100)
        grad(h, x, grad_outputs=h.numpy(), retain_graph=True)  # begins where the other has ended
        clock.passes(100)
        out.backward(retain_graph=True)
        clock.passes(100)
        out.backward()
    assert [row.backward_seconds for row in found.rows] == [15, 15, 0]


def test_a_backward_pass_that_broke_off_or_ended_early_is_not_charged_for_what_came_after(clock, slow, broken):
    trap, state = failing(broken)
    x, y = leaf(3), leaf(3)
    with profile() as found:
        out = slow(trap(slow(x))).sum()
        with pytest.raises(ZeroDivisionError):
            out.backward(retain_graph=True)
        state["now"] = False
        clock.passes(100)
        out.backward()
    assert [row.backward_seconds for row in found.rows] == [5, 0, 10, 0]
    state["now"] = True
    with profile() as found:
        out = trap(slow(slow(x)))
        with pytest.raises(ZeroDivisionError):
            out.backward(np.ones(3))
        clock.passes(100)
        y.sum().backward()  # shallower
    assert [row.backward_seconds for row in found.rows] == [None, None, None, 0]
    with profile() as found:
        h = slow(slow(x))
        grad(h.sum(), h)
        clock.passes(100)
        (y * 2.0).sum().backward()  # no deeper than where the other ended
    assert [row.backward_seconds for row in found.rows] == [None, None, 0, 0, 0]


def test_branches_of_one_backward_pass_are_each_charged_with_their_own(clock, slow):
    x, y = leaf(3), leaf(3)
    with profile() as found:
        out = (slow(x) + slow(y) * slow(slow(y))).sum()
        out.backward(retain_graph=True)
    assert {row.backward_seconds for row in found.rows if row.operation == "slowly"} == {5}


def test_the_profiles_own_measuring_is_in_no_seconds(clock, slow, monkeypatch):
    monkeypatch.setattr("autograd_mini.observe.profiler.np.sqrt", lambda x: (clock.passes(1000), math.sqrt(x))[1])
    with profile() as found:
        slow(slow(leaf(3))).sum().backward()
    assert clock.now > 3000
    assert [row.backward_seconds for row in found.rows] == [5, 5, 0]


def test_recorded_backward_passes_take_seconds_too(clock, slow):
    x = leaf(3)
    with profile() as found:
        (g,) = grad(ag.exp(slow(x)).sum(), [x], create_graph=True)
        assert [row.backward_seconds for row in found.rows[:3]] == [5, 0, 0]
        clock.passes(100)
        g.sum().backward()
    assert sum(row.backward_seconds or 0 for row in found.rows) == 10


def test_a_backward_pass_inside_a_rule_belongs_to_the_rules_seconds_too(clock, slow, broken):
    def again(g, x):
        with enable_grad():
            inside = Tensor(np.asarray(x), requires_grad=True)
            out = slow(slow(inside))
        return grad(out, inside, grad_outputs=g).numpy()

    checkpoint = broken(named("twice_over", lambda x: x * 1.0), x=again)
    with profile() as found:
        checkpoint(slow(slow(leaf(3)))).sum().backward()
    assert [(row.operation, row.backward_seconds) for row in found.rows] == [
        ("slowly", 5), ("slowly", 5), ("twice_over", 16), ("sum", 0), ("slowly", 5), ("slowly", 5),
    ]  # fmt: skip


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────

HEADING = ["operation", "place", "result", "calls", "forward", "backward", "multiply-adds", "saved", "‖∇‖", "line"]


def test_the_table_has_a_line_for_each_operation_of_each_place_and_a_total(clock, slow):
    net, x = nn.Sequential(fc=nn.Linear(3, 4, rng=0)), leaf(2, 3)
    with profile() as found:
        for _ in range(2):
            out = slow(net(x * 1.0)).named("end").sum()
            out.backward()
    heading, *lines, total = str(found).splitlines()
    assert heading.split() == HEADING
    (line,) = {line.split()[-1] for line in lines}
    assert "test_profiling.py:" in line
    norms = [str(row.gradient) for row in found.rows[4:]]
    assert norms[-1] == "1"
    assert [" ".join(line.split()[:-1]) for line in lines] == [
        f"multiply (2, 3) 2 0 µs 0 µs – – {norms[0]}",
        f"linear fc (2, 4) 2 0 µs 0 µs 48 24 B {norms[1]}",
        f"slowly end (2, 4) 2 6 s 10 s – – {norms[2]}",
        f"sum () 2 0 µs 0 µs – – {norms[3]}",
    ]
    assert total == "8 operations: 6 s forward, 10 s backward, 48 multiply-adds forward"
    assert {row.index(line) for row in lines} == {heading.index("line")}  # columns line up


def test_of_several_calls_the_table_shows_the_last_ones_gradient_and_bytes():
    x = leaf(4)
    with profile() as found:
        held = []
        for scale in (3.0, 5.0):
            held.append(ag.exp(x))
            (ag.sin(held[0]) * np.float32(scale)).sum().backward(retain_graph=True)
    exp, sin, *_ = (line.split() for line in str(found).splitlines()[1:])
    assert [row.saved_bytes for row in found.rows if row.operation == "sin"] == [0, 0]
    assert exp[2] == sin[2] == "2"
    assert exp[-2] == "–"  # the second exp took no part
    assert sin[-2] == str(Gradient.of(np.full(4, 5.0)))


def test_operations_without_a_name_are_distinguished_by_their_lines_also_in_a_path_with_a_comma():
    x = leaf(3)
    with profile() as found:
        h = ag.exp(x)
        ag.exp(h)
        for _ in range(3):
            ag.exp(x)
        exec(compile("\n\ny = ag.exp(x)", "one,two/three, four.py", "exec"), {"ag": ag, "x": x})
    _, *lines, _ = str(found).splitlines()
    assert [line.split()[2] for line in lines] == ["1", "1", "3", "1"]
    assert lines[3].endswith("  one,two/three, four.py:3")


def test_before_a_backward_pass_the_table_has_dashes_and_that_of_nothing_has_no_lines():
    with profile() as found:
        out = ag.exp(leaf(3))
    _, line, total = str(found).splitlines()
    words = line.split()
    assert words[:3] + words[5:10] == ["exp", "(3,)", "1", "–", "–", "12", "B", "–"]
    assert total.startswith("1 operations: ")
    del out
    with profile() as found:
        pass
    heading, total = str(found).splitlines()
    assert heading.split() == HEADING
    assert total == "0 operations: 0 µs forward, 0 µs backward, 0 multiply-adds forward"
    assert (found.rows, found.ran_backward) == ([], False)


# ── what an observer sees ─────────────────────────────────────────────────────────────────────────────────────────────


class Diary(Observer):
    """Everything as it happens."""

    def __init__(self):
        self.ran, self.events = [], []

    def recorded(self, node, op, args, arrays, params, out, byproducts):
        self.ran.append((op, node, list(arrays), params, out, list(byproducts)))

    def arrived(self, node, g):
        self.events.append(("arrived", node, g, node.saved is not None))

    def freed(self, node):
        self.events.append(("freed", node, None, node.saved is not None))


def test_an_observer_sees_arguments_parameters_results_and_byproducts():
    x, diary = leaf(1, 2, 4, 4), Diary()
    with observed_by(diary):
        out = ag.max_pool2d(x, kernel_size=2)
        where = ag.where(x.numpy() > 0, x, 0.0)
        sign = ag.sign(x)
        ag.argmax(x)
        with no_grad():
            ag.exp(x)
    (op, node, arrays, params, result, (switches,)), second, third = diary.ran
    assert (op.name, node, params["window"].kernel_size) == ("max_pool2d", out.node, (2, 2))
    assert (arrays[0] is x.numpy(), result is out.numpy(), switches is node.saved["switches"]) == (True, True, True)
    assert switches.shape == (1, 2, 2, 2)
    assert second[1] is where.node
    assert (len(second[2]), second[2][1] is x.numpy(), second[2][2]) == (3, True, 0.0)
    assert (third[0].name, third[1], third[4] is sign.numpy()) == ("sign", None, True)
    assert diary.events == []


@pytest.mark.parametrize("retain_graph", [False, True])
def test_an_observer_sees_every_gradient_once_whole_and_before_anything_is_freed(retain_graph):
    x, diary = leaf(3), Diary()
    h = ag.exp(x)
    out = (h * h + x).sum()
    nodes = ancestors(out.node)
    for node in nodes:
        node.retains_grad = True
    with observed_by(diary):
        out.backward(retain_graph=retain_graph)
    out.backward() if retain_graph else None
    freed = [] if retain_graph else [node for node in nodes if node.op is not None]
    order = [(event, node) for event, node, _, _ in diary.events]
    assert order == [(event, node) for node in nodes for event in ("arrived", *["freed"] * (node in freed))]
    for event, node, g, there in diary.events:
        assert there or node.op is None
        if event == "arrived":
            assert type(g) is np.ndarray
            np.testing.assert_array_equal(g * (2 if retain_graph else 1), node.grad.numpy())
    with observed_by(diary := Diary()):
        grad(ag.exp(x).sum(), x, create_graph=True)
    assert [(event, isinstance(g, Value)) for event, _, g, _ in diary.events] == [("arrived", True)] * 3


# ── names in recorded backward passes ─────────────────────────────────────────────────────────────────────────────────


def test_steps_of_a_recorded_backward_pass_are_named_after_the_node_that_they_go_back_over():
    net = small_net()
    with profile() as found:
        loss = loss_of(net).named("loss")
        forward = seen(found)
        grads = grad(loss, net.parameters(), create_graph=True)
        steps = seen(found)[len(forward) :]
        inside = {(operation, place) for operation, place in steps}
        assert {place for _, place in steps} == {f"{BACKWARD}.{place}" for _, place in forward}
        assert {
            ("conv2d_filter", "backward.conv1"), ("conv2d_filter", "backward.conv2"), ("sum", "backward.conv1"),
            ("conv_transpose2d", "backward.conv2"), ("gate", "backward.relu1"), ("unpool", "backward.pool"),
            ("reshape", "backward.flat"), ("matmul", "backward.fc1"), ("matmul", "backward.fc2"),
            ("gate", "backward.relu2"), ("cross_entropy_back", "backward.loss"),
        } <= inside  # fmt: skip
        assert ("conv_transpose2d", "backward.conv1") not in inside  # the images ask for no gradient
        assert current.get().scope is None
        before = len(found.rows)
        sum(g.sum() for g in grads).backward()
        assert len(found.rows) == before + 2 * len(grads)
    assert {place for _, place in seen(found)[before:]} == {""}


def test_without_a_name_they_are_just_backward_and_a_third_derivative_says_so_twice():
    x, ones = leaf(3, name="x"), np.ones(3, np.float32)
    with profile() as found:
        (g,) = grad(ag.sin(x).named("wave"), [x], ones, create_graph=True)
        (h,) = grad(g, [x], ones, create_graph=True)
        (k,) = grad((ag.exp(x) * x), [x], ones, create_graph=True)
    places = [(place, len([*steps])) for place, steps in itertools.groupby(place for _, place in seen(found))]
    assert [place for place, _ in places] == ["wave", "backward.wave", "backward.backward.wave", "", "backward"]
    assert dict(places)[""] == 2
    np.testing.assert_allclose(h.numpy(), -np.sin(x.numpy()), rtol=1e-6)
    assert k.node.name == "backward"


class Penalised(nn.Module):
    """Takes a gradient while it runs."""

    def __init__(self):
        self.fc = nn.Linear(3, 1, rng=0)

    def forward(self, x):
        (g,) = grad(ag.exp(self.fc(x)).sum(), [x], create_graph=True)
        assert current.get().scope == "penalty"
        return (g * g).sum()


def test_inside_a_module_the_scope_is_restored():
    net = nn.Sequential(penalty=Penalised())
    with profile() as found:
        net(leaf(2, 3)).backward()
    assert seen(found)[:2] == [("linear", "penalty.fc"), ("exp", "penalty")]
    assert seen(found)[-2:] == [("multiply", "penalty"), ("sum", "penalty")]
    between = seen(found)[3:-2]
    assert ("matmul", "backward.penalty.fc") in between
    assert {place for _, place in between} == {"backward.penalty", "backward.penalty.fc"}


def test_a_backward_pass_that_is_not_recorded_has_no_place(broken):
    places = []

    def spot(x):
        return x * 1.0

    op = broken(spot, x=lambda g: (places.append(current.get().scope), g)[1])
    y = op(leaf(3)).named("here")
    y.sum().backward(retain_graph=True)
    y.sum().backward(create_graph=True, retain_graph=True)
    assert places == [None, "backward.here"]


# ── second derivatives ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_backward_pass_through_a_recorded_one_is_observed_too():
    x, norms = leaf(4, dtype=np.float64), []
    with profile() as found:
        (g,) = grad(ag.exp(x * 2.0).sum(), [x], create_graph=True)
        norms.append(found.gradient(x.node).norm)
        g.sum().backward()
        norms.append(found.gradient(x.node).norm)
    slope = np.linalg.norm(2 * np.exp(2 * x.numpy()))
    assert norms == pytest.approx([slope, 2 * slope])
    assert all(found.gradient(node) is not None for node in ancestors(g.node))
    assert all(row.backward_seconds > 0 for row in found.rows if row.gradient is not None)
