"""Every layer beside PyTorch's: outputs, and the gradients of input, weight and bias, with equal weights in float64."""

import itertools

import numpy as np
import pytest
import torch
from cases import every

import autograd_mini as ag
import nn
from autograd_mini import Tensor

F64 = np.float64


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread():
    """Arrays this small are not worth sharing out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def close(ours, theirs, *, rtol=1e-9, atol=1e-12):
    # the absolute part is for sums that cancel: their rounding error is relative to the terms, not to the sum
    np.testing.assert_allclose(ours, np.asarray(theirs.detach()), rtol=rtol, atol=atol)


def give_weights(ours, theirs):
    """Random weights for both, so that a bias that begins at 0 or a scale that begins at 1 cannot hide anything."""
    rng = np.random.default_rng(7)
    given = dict(ours.named_parameters())
    wanted = dict(theirs.named_parameters())
    assert {name: p.shape for name, p in given.items()} == {name: tuple(p.shape) for name, p in wanted.items()}
    with torch.no_grad():
        for name, parameter in given.items():
            parameter.data[...] = rng.standard_normal(parameter.shape)
            wanted[name].copy_(torch.tensor(parameter.numpy()))


def assert_equal_layers(ours, theirs, array, seed=0):
    """Compare outputs and every gradient, for a random gradient of the output."""
    theirs = theirs.double()
    give_weights(ours, theirs)
    x, z = Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)
    y, wanted = ours(x), theirs(z)
    assert y.dtype == F64
    close(y, wanted)
    g = np.random.default_rng(seed).standard_normal(y.shape)
    y.backward(g)
    wanted.backward(torch.tensor(g))
    close(x.grad, z.grad)
    for name, parameter in ours.named_parameters():
        close(parameter.grad, theirs.get_parameter(name).grad)


def images(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def pair(n):
    return n if isinstance(n, tuple) else (n, n)


# ── linear ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@every("bias", [True, False])
@every("shape", [(4, 5), (1, 5), (5,), (2, 3, 5), (2, 3, 4, 5), (0, 3, 5)])
def test_linear_equals_pytorch_for_any_leading_axes(shape, bias):
    ours = nn.Linear(5, 3, bias=bias, dtype=F64)
    assert_equal_layers(ours, torch.nn.Linear(5, 3, bias=bias), images(*shape))


def test_linear_of_no_features_is_the_bias():
    x, w = Tensor(np.zeros((2, 3, 0)), requires_grad=True), Tensor(np.zeros((4, 0)), requires_grad=True)
    y = ag.linear(x, w, np.arange(4.0))
    np.testing.assert_array_equal(y.numpy(), np.broadcast_to(np.arange(4.0), (2, 3, 4)))
    assert [g.shape for g in ag.grad(y.sum(), [x, w])] == [x.shape, w.shape]


# ── convolution ───────────────────────────────────────────────────────────────────────────────────────────────────────

SIZES = [(7, 7), (8, 5)]
KERNELS = [1, 3, (2, 3)]
STRIDES = [1, 2, (2, 3)]
PADDINGS = [0, 1, (2, 1)]
DILATIONS = [1, 2, (1, 2)]


def reach(kernel, dilation):
    return tuple(d * (k - 1) + 1 for k, d in zip(pair(kernel), pair(dilation), strict=True))


def fits(size, kernel, padding, dilation):
    return all(r <= n + 2 * p for r, n, p in zip(reach(kernel, dilation), size, pair(padding), strict=True))


CONVOLUTIONS = [c for c in itertools.product(SIZES, KERNELS, STRIDES, PADDINGS, DILATIONS) if fits(c[0], c[1], *c[3:])]
TRANSPOSED = [
    (size, kernel, stride, padding, dilation)
    for size, kernel, stride, padding, dilation in itertools.product(
        [(3, 4), (1, 2)], KERNELS, STRIDES, PADDINGS, DILATIONS
    )
    if all(
        s * (n - 1) + r - 2 * p > 0
        for s, n, r, p in zip(pair(stride), size, reach(kernel, dilation), pair(padding), strict=True)
    )
]


def test_the_sweeps_hold_non_square_and_non_divisible_geometries():
    assert len(CONVOLUTIONS) > 100
    assert len(TRANSPOSED) > 60
    assert any((n + 2 * p - k) % s for (n, _), k, s, p, _ in CONVOLUTIONS if type(k) is type(s) is type(p) is int)


@every(("size", "kernel", "stride", "padding", "dilation"), CONVOLUTIONS)
def test_conv2d_equals_pytorch(size, kernel, stride, padding, dilation):
    ours = nn.Conv2d(3, 4, kernel, stride, padding, dilation, dtype=F64)
    theirs = torch.nn.Conv2d(3, 4, kernel, stride, padding, dilation)
    assert_equal_layers(ours, theirs, images(2, 3, *size))


@every(
    ("count", "channels", "filters", "size", "kernel", "stride", "padding", "dilation"),
    [
        (3, 2, 3, (3, 3), 3, 1, 4, 1),  # more padding than kernel
        (3, 2, 3, (1, 1), 3, 2, 1, 1),
        (3, 2, 3, (5, 9), (5, 9), 1, 0, 1),  # one window
        (3, 2, 3, (6, 6), 2, 5, 0, 1),  # pixels that no window sees
        (3, 2, 3, (9, 4), (4, 1), (1, 3), (0, 2), (2, 1)),
        (3, 2, 3, (40, 33), 3, 1, 1, 1),  # more than one block of patches
        (1, 1, 1, (6, 5), 3, 1, 1, 1),
        (2, 1, 5, (6, 5), 3, 1, 1, 1),
        (2, 5, 1, (6, 5), 3, 1, 1, 1),
        (5, 16, 8, (6, 5), 3, 1, 1, 1),
    ],
)
def test_conv2d_without_a_bias_equals_pytorch_at_the_edges_of_geometry_and_for_any_number_of_channels(
    count, channels, filters, size, kernel, stride, padding, dilation
):
    given = (channels, filters, kernel, stride, padding, dilation)
    theirs = torch.nn.Conv2d(*given, bias=False)
    assert_equal_layers(nn.Conv2d(*given, bias=False, dtype=F64), theirs, images(count, channels, *size))


@every(("size", "kernel", "stride", "padding", "dilation"), TRANSPOSED)
def test_conv_transpose2d_equals_pytorch(size, kernel, stride, padding, dilation):
    given = (3, 4, kernel, stride, padding)
    ours = nn.ConvTranspose2d(*given, dilation=dilation, dtype=F64)
    assert_equal_layers(ours, torch.nn.ConvTranspose2d(*given, dilation=dilation), images(2, 3, *size))


@every("bias", [True, False])
@every(
    ("stride", "padding", "output_padding", "dilation"),
    [(2, 0, 1, 1), (2, 1, (1, 0), 1), ((3, 2), 1, (2, 1), 1), (3, (2, 0), 2, (1, 2)), ((1, 4), 0, (0, 3), 2)],
)
def test_conv_transpose2d_equals_pytorch_with_output_padding(stride, padding, output_padding, dilation, bias):
    ours = nn.ConvTranspose2d(2, 3, 3, stride, padding, output_padding, dilation=dilation, bias=bias, dtype=F64)
    theirs = torch.nn.ConvTranspose2d(2, 3, 3, stride, padding, output_padding, dilation=dilation, bias=bias)
    assert_equal_layers(ours, theirs, images(2, 2, 4, 3))


# ── pooling ───────────────────────────────────────────────────────────────────────────────────────────────────────────

POOLS = [
    case
    for case in itertools.product([(6, 6), (7, 9)], [2, 3, (2, 3)], [None, 1, 2, (3, 2)], [0, 1])
    if all(2 * case[3] <= k for k in pair(case[1]))  # PyTorch refuses a padding above half the window
]


def assert_equal_maxima(array, *window):
    """Values, gradients, and where each stood."""
    assert_equal_layers(nn.MaxPool2d(*window), torch.nn.MaxPool2d(*window), array)
    _, indices = nn.MaxPool2d(*window, return_indices=True)(Tensor(array))
    _, wanted = torch.nn.MaxPool2d(*window, return_indices=True)(torch.tensor(array))
    np.testing.assert_array_equal(indices.numpy(), wanted.numpy())


@every(("size", "kernel", "stride", "padding"), POOLS)
def test_pooling_equals_pytorch(size, kernel, stride, padding):
    window, x = (kernel, stride, padding), images(2, 3, *size)
    assert_equal_maxima(x, *window)
    assert_equal_layers(nn.AvgPool2d(*window), torch.nn.AvgPool2d(*window), x)


@pytest.mark.parametrize("window", [(2, None, 0), (3, 1, 1), ((2, 3), (1, 2), (1, 0))])
def test_of_tied_maxima_the_first_in_row_major_order_wins_as_in_pytorch(window):
    assert_equal_maxima(np.random.default_rng(0).integers(0, 3, (2, 3, 7, 8)).astype(F64), *window)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 2, 2), ((4, 2), 1, (3, 1)), ((2, 5), None, (1, 4))])
def test_pooling_with_more_padding_than_pytorch_allows_equals_pooling_a_padded_image(kernel, stride, padding):
    vertical, horizontal = pair(padding)
    border = (horizontal, horizontal, vertical, vertical)
    largest = torch.nn.Sequential(torch.nn.ConstantPad2d(border, -torch.inf), torch.nn.MaxPool2d(kernel, stride))
    average = torch.nn.Sequential(torch.nn.ConstantPad2d(border, 0.0), torch.nn.AvgPool2d(kernel, stride))
    assert_equal_layers(nn.MaxPool2d(kernel, stride, padding), largest, images(2, 3, 7, 6))
    assert_equal_layers(nn.AvgPool2d(kernel, stride, padding), average, images(2, 3, 7, 6))


def assert_equal_results(ours, theirs, inputs):
    """Compare two functions of arrays: outputs and every gradient, for a random gradient of the output."""
    xs, zs = [Tensor(a, requires_grad=True) for a in inputs], [torch.tensor(a, requires_grad=True) for a in inputs]
    y, wanted = ours(*xs), theirs(*zs)
    close(y, wanted)
    g = images(*y.shape, seed=3)
    y.backward(g)
    wanted.backward(torch.tensor(g))
    for x, z in zip(xs, zs, strict=True):
        close(x.grad, z.grad)


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 1, 5, 7)])
@pytest.mark.parametrize("kernel", [2, (2, 3)])
def test_max_unpool2d_equals_pytorch(shape, kernel):
    _, indices = torch.nn.MaxPool2d(kernel, return_indices=True)(torch.tensor(images(*shape)))
    assert_equal_results(
        lambda y: nn.MaxUnpool2d(kernel)(y, indices.numpy(), output_size=shape[2:]),
        lambda z: torch.nn.MaxUnpool2d(kernel)(z, indices, output_size=shape[2:]),
        [images(*indices.shape, seed=2)],
    )


def test_unpooling_puts_the_maxima_back_and_adds_up_where_windows_overlap():
    x = Tensor(images(2, 3, 6, 8))
    values, indices = nn.MaxPool2d((3, 2), return_indices=True)(x)
    back = nn.MaxUnpool2d((3, 2))(values, indices).numpy()
    assert np.count_nonzero(back) == values.size
    np.testing.assert_array_equal(back[back != 0], x.numpy()[back != 0])
    one = np.zeros((1, 1, 5, 5))
    one[0, 0, 2, 2] = 1  # the maximum of all four windows
    found = nn.MaxUnpool2d(3, stride=2)(*nn.MaxPool2d(3, stride=2, return_indices=True)(Tensor(one)))
    np.testing.assert_array_equal(found.numpy(), 4 * one)


# ── batch normalisation ───────────────────────────────────────────────────────────────────────────────────────────────


def norms(momentum=0.1, eps=1e-5):
    return nn.BatchNorm2d(3, eps, momentum, dtype=F64), torch.nn.BatchNorm2d(3, eps, momentum).double()


@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (2, 3, 1, 1), (1, 3, 2, 1)])
def test_batch_norm_equals_pytorch_while_training(shape):
    assert_equal_layers(*norms(), 3 + 2 * images(*shape))


def test_batch_norm_equals_pytorch_in_evaluation():
    ours, theirs = (layer.eval() for layer in norms(eps=1e-3))
    given = {"running_mean": images(3), "running_var": images(3, seed=5) ** 2}
    for name, array in given.items():
        getattr(ours, name).data[...] = array
        getattr(theirs, name).copy_(torch.tensor(array))
    assert_equal_layers(ours, theirs, images(4, 3, 5, 6))
    for name, array in given.items():
        np.testing.assert_array_equal(getattr(ours, name).numpy(), array)


@pytest.mark.parametrize("momentum", [0.1, 0.5, 1.0])
def test_running_statistics_equal_pytorch_after_every_batch(momentum):
    ours, theirs = norms(momentum)
    for batch in range(6):
        x = images(2 + batch, 3, 4, 3, seed=batch) * (1 + batch) + batch
        ours(Tensor(x))
        theirs(torch.tensor(x))
        close(ours.running_mean, theirs.running_mean)
        close(ours.running_var, theirs.running_var)
    x = images(2, 3, 4, 3, seed=99)
    close(ours.eval()(Tensor(x)), theirs.eval()(torch.tensor(x)))


def test_running_statistics_are_no_part_of_the_graph_and_keep_their_dtype():
    layer = nn.BatchNorm2d(3)
    layer(Tensor(images(2, 3, 4, 4).astype(np.float32), requires_grad=True)).sum().backward()
    for buffer in (layer.running_mean, layer.running_var):
        assert not buffer.requires_grad
        assert buffer.dtype == np.float32


# ── elementwise and shapes ────────────────────────────────────────────────────────────────────────────────────────────


@every("scale", [1, 30])
@every(
    ("kind", "given"),
    [("ReLU", ()), ("LeakyReLU", ()), ("LeakyReLU", (0.3,)), ("Sigmoid", ()), ("Tanh", ()), ("Softmax", (-1,)),
     ("LogSoftmax", (-1,)), ("LogSoftmax", (1,)),
     ("Softmax", (1,)), ("Flatten", ()), ("Flatten", (0,)), ("Flatten", (2,)), ("Flatten", (-2,)), ("Dropout", (0.5,))],
)  # fmt: skip
def test_layers_without_weights_equal_pytorch(kind, given, scale):
    ours, theirs = getattr(nn, kind)(*given).eval(), getattr(torch.nn, kind)(*given).eval()
    assert_equal_layers(ours, theirs, scale * images(2, 3, 4, 5))
    if "ReLU" in kind:  # the slope at the kink
        assert_equal_layers(ours, theirs, np.array([-1.0, -0.0, 0.0, 1.0]))


# ── dropout while training ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_drops_with_probability_p_and_scales_the_rest(p):
    n = 100_000
    x = 1 + np.abs(images(n))
    y = nn.Dropout(p, rng=0)(Tensor(x)).numpy()
    dropped = y == 0
    assert abs(dropped.mean() - p) < 5 * np.sqrt(p * (1 - p) / n)  # five standard deviations of a binomial mean
    np.testing.assert_allclose(y[~dropped], x[~dropped] / (1 - p), rtol=1e-15)
    neighbours = np.corrcoef(dropped[1:], dropped[:-1])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(n)  # elements are dropped independently


def test_dropout_repeats_for_a_seed_and_differs_from_call_to_call_also_where_a_generator_is_shared():
    x = Tensor(np.ones(200))
    first, other, rng = nn.Dropout(0.5, rng=1), nn.Dropout(0.5, rng=2), np.random.default_rng(1)
    a, b = first(x).numpy(), first(x).numpy()
    np.testing.assert_array_equal([nn.Dropout(0.5, rng=rng)(x).numpy() for _ in range(2)], [a, b])
    assert (a != b).any()
    assert (other(x).numpy() != a).any()


@pytest.mark.parametrize("layer", [nn.Dropout(0.7).eval(), nn.Dropout(0.0)], ids=["evaluating", "p = 0"])
def test_dropout_that_drops_nothing_is_the_identity_bit_for_bit(layer):
    x = images(3, 4)
    np.testing.assert_array_equal(layer(Tensor(x)).numpy(), x)


# ── dtypes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

LAYERS = {
    "Linear": lambda **kw: nn.Linear(6, 2, **kw),
    "Conv2d": lambda **kw: nn.Conv2d(4, 3, 3, padding=1, **kw),
    "Conv2d strided": lambda **kw: nn.Conv2d(4, 3, 2, stride=2, **kw),
    "ConvTranspose2d": lambda **kw: nn.ConvTranspose2d(4, 3, 3, **kw),
    "ConvTranspose2d strided": lambda **kw: nn.ConvTranspose2d(4, 3, 3, stride=2, **kw),
    "BatchNorm2d": lambda **kw: nn.BatchNorm2d(4, **kw),
    "BatchNorm2d evaluating": lambda **kw: nn.BatchNorm2d(4, **kw).eval(),
    "MaxPool2d": lambda **_: nn.MaxPool2d(2),
    "AvgPool2d": lambda **_: nn.AvgPool2d(2),
    "Dropout": lambda **_: nn.Dropout(0.5),
    "Dropout evaluating": lambda **_: nn.Dropout(0.5).eval(),
    **{
        kind.__name__: lambda kind=kind, **_: kind()
        for kind in (nn.ReLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softmax, nn.LogSoftmax, nn.Flatten)
    },
}


@every("make", LAYERS.values(), ids=LAYERS.keys())
def test_layers_are_float32_unless_told_otherwise_and_keep_the_dtype_they_are_given(make):
    for options, dtype in (({}, np.float32), ({"dtype": np.float64}, np.float64)):
        layer = make(**options)
        x = Tensor(images(2, 4, 6, 6).astype(dtype), requires_grad=True)
        y = layer(x)
        y.backward(np.ones(y.shape))
        found = [y, x.grad, *layer.parameters(), *(p.grad for p in layer.parameters())]
        assert {t.dtype for t in found} == {np.dtype(dtype)}


@pytest.mark.parametrize("stride", [1, 2])
def test_a_float32_convolution_is_wrong_by_rounding_only(stride):
    layer = nn.Conv2d(8, 5, 3, stride=stride, padding=1, rng=0)
    x = images(2, 8, 9, 9).astype(np.float32)
    y = layer(Tensor(x)).numpy()
    weight = torch.tensor(layer.weight.numpy()).double()
    exact, terms = (
        torch.nn.functional.conv2d(f(torch.tensor(x).double()), f(weight), stride=stride, padding=1).numpy()
        for f in (lambda a: a, torch.abs)
    )
    # a sum of n products in any order is off by no more than n · u · Σ|terms|, u = 2⁻²⁴ (Higham 2002, section 3.1)
    bound = (8 * 9 + 1) * 2.0**-24 * terms
    np.testing.assert_array_less(np.abs(y - exact), bound)


@pytest.mark.parametrize("make", [LAYERS["Conv2d"], LAYERS["ConvTranspose2d strided"], LAYERS["MaxPool2d"]])
def test_a_layer_computes_the_same_from_channels_last_memory(make):
    layer = make(dtype=F64)
    x = images(2, 4, 6, 6)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    assert last.strides != x.strides
    # the order of summation may follow the memory
    np.testing.assert_allclose(layer(Tensor(last)).numpy(), layer(Tensor(x)).numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("make", [LAYERS["Linear"], LAYERS["Conv2d"], LAYERS["ConvTranspose2d"]])
def test_layers_repeat_for_a_seed_and_biases_begin_at_zero(make):
    first, second, other = make(rng=5), make(rng=5), make(rng=6)
    np.testing.assert_array_equal(first.weight.numpy(), second.weight.numpy())
    assert (first.weight.numpy() != other.weight.numpy()).any()
    np.testing.assert_array_equal(first.bias.numpy(), 0)
    shared = np.random.default_rng(5)
    assert (make(rng=shared).weight.numpy() != make(rng=shared).weight.numpy()).any()


# ── losses ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [(5,), (4, 3), (2, 3, 4, 4)])
def test_mse_loss_equals_pytorch(shape):
    assert_equal_results(nn.mse_loss, torch.nn.functional.mse_loss, [images(*shape), images(*shape, seed=2)])


# ── what layers look like ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Linear(3, 2), "Linear(3, 2)"),
        (nn.Linear(3, 2, bias=False), "Linear(3, 2, bias=False)"),
        (nn.Conv2d(3, 8, (1, 3), 2, 1), "Conv2d(3, 8, (1, 3), stride=2, padding=1)"),
        (nn.ConvTranspose2d(8, 3, 2, 2), "ConvTranspose2d(8, 3, (2, 2), stride=2, padding=0)"),
        (nn.ConvTranspose2d(2, 3, 1, bias=False), "ConvTranspose2d(2, 3, (1, 1), stride=1, padding=0, bias=False)"),
        (nn.MaxPool2d(2), "MaxPool2d(2, stride=2, padding=0)"),
        (nn.BatchNorm2d(4), "BatchNorm2d(4, eps=1e-05, momentum=0.1)"),
        (nn.Dropout(0.3), "Dropout(p=0.3)"),
        (nn.ReLU(), "ReLU()"),
    ],
)
def test_a_layer_shows_its_arguments(layer, text):
    assert repr(layer) == text
