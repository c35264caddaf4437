"""The report's worked examples, number for number: sections 3.1.1, 3.1.2, 3.1.3, 3.2.1 and 3.2.2."""

import numpy as np
import pytest

import nn
from autograd_mini import (
    PRIMITIVES,
    GradcheckError,
    Tensor,
    conv2d,
    conv2d_filter,
    conv_transpose2d,
    grad,
    gradcheck,
    linear,
    matmul,
    max_pool2d,
    max_unpool2d,
    reshape,
    sum,
)

# The report's decimals are no binary fractions: values of order one and a handful of operations, a few times 1e-16 off
EXACTLY = {"rtol": 0, "atol": 1e-15}

# ── 3.1.1 fully connected ─────────────────────────────────────────────────────────────────────────────────────────────

EPSILON = 0.01
# a difference of two losses, each within 1e-16, divided by 2ε; the loss is quadratic, so there is no other error
BY_DIFFERENCES = {"rtol": 0, "atol": 2e-16 / (2 * EPSILON)}
TARGET = np.array([[0.01, 0.99]])
G = np.array([[0.48, -0.37]])
OF_W = [[0.048, -0.037], [0.24, -0.185]]
OF_B = [0.48, -0.37]
OF_X = [[-0.002, 0.009]]


def start():
    x = Tensor([[0.1, 0.5]], requires_grad=True, name="X")
    w = Tensor([[0.15, 0.20], [0.25, 0.30]], requires_grad=True, name="w")
    b = Tensor([0.35, 0.45], requires_grad=True, name="b")
    return x, w, b


def loss(x, w, b):
    difference = x @ w + b - TARGET
    return sum(difference * difference) / 2


def test_the_output_the_loss_and_the_gradient_between_them_of_the_fully_connected_example():
    x, w, b = start()
    y = x @ w + b
    np.testing.assert_allclose(y, [[0.49, 0.62]], **EXACTLY)
    np.testing.assert_allclose(linear(x, w.T, b), [[0.49, 0.62]], **EXACTLY)
    np.testing.assert_allclose(loss(x, w, b), 0.18365, **EXACTLY)
    np.testing.assert_allclose(grad(sum((y - TARGET) ** 2) / 2, y), G, **EXACTLY)


def by_backward(x, w, b):
    loss(x, w, b).backward()
    return x.grad, w.grad, b.grad


@pytest.mark.parametrize(
    "gradients",
    [
        lambda x, w, b: grad(loss(x, w, b), [x, w, b]),
        by_backward,
        lambda x, w, b: grad(linear(x, w.T, b), [x, w, b], G),
        lambda x, w, b: (G @ w.numpy().T, x.numpy().T @ G, G.sum(axis=0)),
    ],
    ids=["tensor operations", "backward", "the fused layer", "Law 2 and Law 1"],
)
def test_the_gradients_of_the_fully_connected_example(gradients):
    for found, expected in zip(gradients(*start()), (OF_X, OF_W, OF_B), strict=True):
        np.testing.assert_allclose(found, expected, **EXACTLY)


def ends(which, place, besides):
    """The losses on either side of one number, perhaps with another one left at its right end."""
    losses = []
    for side in (-EPSILON, EPSILON):
        arrays = [t.numpy().copy() for t in start()]
        arrays[which][place] += side
        if besides is not None:
            arrays[which][besides] += EPSILON
        losses.append(loss(*map(Tensor, arrays)).item())
    return losses


# two pairs of the report, for w22 and b2, were taken with w21 and b1 left at their right ends; the slope is the same
@pytest.mark.parametrize(
    ("which", "place", "besides", "left", "right", "slope"),
    [
        (1, (0, 0), None, 0.1831705, 0.1841305, 0.048),
        (1, (0, 1), None, 0.1840205, 0.1832805, -0.037),
        (1, (1, 0), None, 0.1812625, 0.1860625, 0.24),
        (1, (1, 1), None, 0.1855125, 0.1818125, -0.185),
        (1, (1, 1), (1, 0), 0.187925, 0.184225, -0.185),
        (2, (0,), None, 0.1789, 0.1885, 0.48),
        (2, (1,), None, 0.1874, 0.18, -0.37),
        (2, (1,), (0,), 0.19225, 0.18485, -0.37),
        (0, (0, 0), None, 0.183673125, 0.183633125, -0.002),
        (0, (0, 1), None, 0.183567625, 0.183747625, 0.009),
    ],
    ids=["w11", "w12", "w21", "w22", "w22 beside w21", "b1", "b2", "b2 beside b1", "x1", "x2"],
)
def test_the_two_sided_differences_of_the_report(which, place, besides, left, right, slope):
    losses = ends(which, place, besides)
    np.testing.assert_allclose(losses, [left, right], **EXACTLY)
    np.testing.assert_allclose((losses[1] - losses[0]) / (2 * EPSILON), slope, **BY_DIFFERENCES)


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_gradcheck_with_the_epsilon_of_the_report(mode):
    # a quadratic has no third derivative, so even so wide a step leaves only rounding; a projection adds eight slopes
    atol = BY_DIFFERENCES["atol"] * (1 if mode == "full" else 8)
    report = gradcheck(loss, start(), eps=EPSILON, rtol=0, atol=atol, mode=mode)
    assert report.eps == EPSILON
    assert report.entries == (8 if mode == "full" else 9)
    assert report.worst_error <= atol


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradcheck_of_the_layer_with_the_epsilon_of_the_report(dtype, mode):
    x, w, b = start()
    layer = nn.Linear(2, 2, dtype=dtype)
    layer.weight.data, layer.bias.data = w.numpy().T.astype(dtype), b.numpy().astype(dtype)
    image = Tensor(x.numpy().astype(dtype), requires_grad=True)
    half = lambda y: sum((y - TARGET.astype(dtype)) ** 2) / 2
    report = nn.gradcheck(layer, image, loss=half, eps=EPSILON, rtol=0, atol=1e-13, mode=mode)
    assert report.inputs == (4, 2, 2)
    assert report.eps == EPSILON


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_one_wrong_number_of_the_report_would_be_found_with_its_epsilon(mode):
    op, slip = PRIMITIVES["matmul"], np.array([[1, 1], [1, -0.185 / -0.1849]])
    right = op.rules["b"].function
    op.defvjp(b=lambda g, a: right(g, a) * slip)
    try:
        with pytest.raises(GradcheckError) as caught:
            gradcheck(loss, start(), eps=EPSILON, rtol=1e-9, atol=1e-12, mode=mode)
    finally:
        op.defvjp(b=right)
    assert (caught.value.operation, caught.value.argument) == ("matmul", "b")
    assert caught.value.numeric == pytest.approx(-0.185)


# ── 3.1.2 convolution and 3.2.1 deconv ────────────────────────────────────────────────────────────────────────────────

X = np.arange(1.0, 10).reshape(1, 1, 3, 3)
W = np.array([[[[1.0, 2], [3, 4]]]])
Y = np.array([[[[37.0, 47], [67, 77]]]])
DECONV = [[[[37, 121, 94], [178, 500, 342], [201, 499, 308]]]]
UNROLLED = np.array([
    [1.0, 2, 0, 3, 4, 0, 0, 0, 0],
    [0, 1, 2, 0, 3, 4, 0, 0, 0],
    [0, 0, 0, 1, 2, 0, 3, 4, 0],
    [0, 0, 0, 0, 1, 2, 0, 3, 4],
])  # fmt: skip


def test_the_convolution_of_the_report_is_the_product_with_the_unrolled_filters():
    np.testing.assert_array_equal(conv2d(X, W), Y)
    np.testing.assert_array_equal(matmul(UNROLLED, X.reshape(9)), [37, 47, 67, 77])
    units = np.eye(9).reshape(9, 1, 3, 3)
    np.testing.assert_array_equal(conv2d(units, W).reshape(9, 4).T, UNROLLED)


def test_the_deconv_of_the_report_is_the_product_with_the_transposed_matrix_and_the_gradient_of_the_convolution():
    np.testing.assert_array_equal(conv_transpose2d(Y, W), DECONV)
    np.testing.assert_array_equal(reshape(Tensor(UNROLLED).T @ Y.reshape(4), (1, 1, 3, 3)), DECONV)
    units = np.eye(4).reshape(4, 1, 2, 2)
    np.testing.assert_array_equal(conv_transpose2d(units, W).reshape(4, 9), UNROLLED)
    x = Tensor(X, requires_grad=True)
    np.testing.assert_array_equal(grad(conv2d(x, W), x, Y), DECONV)


def test_the_gradient_of_the_filters_is_the_unrolled_one_folded_up():
    w = Tensor(W, requires_grad=True)
    unrolled = Tensor(UNROLLED, requires_grad=True)
    (by_unrolled,) = grad(unrolled @ X.reshape(9), [unrolled], Y.reshape(4))
    np.testing.assert_array_equal(by_unrolled, np.outer(Y, X))  # Law 2
    # a filter's number stands in four places of the matrix, which all are that one number
    places = np.array([[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]])
    folded = by_unrolled.numpy()[np.arange(4)[:, None], places].sum(axis=0).reshape(1, 1, 2, 2)
    np.testing.assert_array_equal(grad(conv2d(X, w), w, Y), folded)
    np.testing.assert_array_equal(conv2d_filter(X, Y, kernel_size=2), folded)


# ── 3.1.3 max-pooling and 3.2.2 unpooling ─────────────────────────────────────────────────────────────────────────────

POOLED = [[[[5, 6], [8, 9]]]]
UNPOOLED = [[[[0, 0, 0], [0, 5, 6], [0, 8, 9]]]]


def test_the_max_pooling_of_the_report():
    values, indices = max_pool2d(X, kernel_size=2, stride=1, return_indices=True)
    np.testing.assert_array_equal(values, POOLED)
    rows, columns = np.divmod(indices.ravel(), 3)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_the_unpooling_of_the_report_is_the_gradient_of_its_pooling():
    x = Tensor(X, requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, stride=1, return_indices=True)
    np.testing.assert_array_equal(max_unpool2d(values.detach(), indices, kernel_size=2, stride=1), UNPOOLED)
    np.testing.assert_array_equal(grad(values, x, values.numpy()), UNPOOLED)
