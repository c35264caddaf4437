"""A ReLU in the same pass as the layer before it gives the very bits of the two apart; and looking changes no bit."""

import numpy as np
import pytest
from internals import Observer, observed_by

import autograd_mini as ag
import nn
from autograd_mini import Tensor

ODD = [np.nan, -0.0, 0.0, np.inf, -np.inf, 1e-45, -1e-45, 3e38, -3e38]


class Everything(Observer):
    """Needs every value, so that nothing is fused."""

    needs_values = True


def odd(*shape, dtype, seed=0):
    """Normal numbers, and among them whatever floating numbers can be."""
    rng = np.random.default_rng(seed)
    array = rng.standard_normal(shape)
    array.flat[rng.choice(array.size, min(array.size // 2, len(ODD)), replace=False)] = ODD[: array.size // 2]
    return array.astype(dtype)


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    kind = f"u{a.itemsize}"
    nan = np.isnan(a)
    np.testing.assert_array_equal(nan, np.isnan(b))
    np.testing.assert_array_equal(np.where(nan, 0, a).view(kind), np.where(nan, 0, b).view(kind))


def layer(name, dtype):
    rng = np.random.default_rng(1)
    if name == "linear":
        return nn.Linear(6, 5, rng=rng, dtype=dtype), odd(4, 6, dtype=dtype)
    if name == "conv":
        return nn.Conv2d(3, 4, 3, padding=1, rng=rng, dtype=dtype), odd(2, 3, 12, 12, dtype=dtype)
    if name == "large conv":
        return nn.Conv2d(8, 16, 3, padding=1, rng=rng, dtype=dtype), odd(4, 8, 40, 40, dtype=dtype)
    if name == "strided conv":
        return nn.Conv2d(3, 4, 5, stride=2, rng=rng, dtype=dtype), odd(2, 3, 15, 15, dtype=dtype)
    norm = nn.BatchNorm2d(3, dtype=dtype)
    return norm.train(name == "batch norm"), odd(4, 3, 6, 6, dtype=dtype)


LAYERS = ["linear", "conv", "large conv", "strided conv", "batch norm", "batch norm, evaluating"]


@pytest.mark.parametrize("winograd", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_a_fused_pair_equals_the_two_apart_bit_for_bit(kernels, name, dtype, winograd):
    ag.set_winograd(winograd)
    found = []
    for apart in (False, True):
        part, array = layer(name, dtype)
        net, x = nn.Sequential(part, nn.ReLU()), Tensor(array, requires_grad=True)
        net.training = part.training
        with np.errstate(all="ignore"):
            if apart:
                with observed_by(Everything()):
                    y = net(x)
            else:
                y = net(x)
            g = np.random.default_rng(2).standard_normal(y.shape).astype(dtype)
            y.backward(g)
        found.append([y.numpy(), x.grad.numpy(), *(p.grad.numpy() for p in net.parameters())])
        relu, before = y.node.op, y.node.parents[0].op
        assert (relu.name, relu is relu.canonical) == ("relu", apart)  # or this would compare a thing with itself
        assert before.name in ("linear", "conv2d", "normalise", "channel_affine")
    for one, two in zip(*found, strict=True):
        same_bits(one, two)


def test_whoever_needs_every_value_sees_what_the_layer_gave_before_its_relu():
    seen = []

    class Values(Observer):
        needs_values = True

        def computed(self, op, arrays, params, out, byproducts):
            seen.append((op.name, float(out.min())))

    net = nn.Sequential(nn.Linear(3, 3, rng=0), nn.ReLU())
    x = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    with observed_by(Values()):
        net(Tensor(x))
    assert [name for name, _ in seen] == ["linear", "relu"]
    assert seen[0][1] < 0 <= seen[1][1]


def watched_ways():
    yield "nobody", lambda run: run()

    def within(manager):
        def ran(run):
            with manager():
                return run()

        return ran

    yield "memory", within(ag.memory_usage)
    yield "profile", within(ag.profile)
    yield "anomalies", within(ag.detect_anomaly)
    yield "all values", within(lambda: observed_by(Everything()))

    def unchecked(run):
        ag.set_guarded(False)
        try:
            return run()
        finally:
            ag.set_guarded(True)

    yield "no mutation check", unchecked


@pytest.mark.parametrize("create_graph", [False, True])
def test_looking_changes_no_bit_of_any_result(kernels, create_graph):
    def run():
        net = nn.VGG("4x2 M 8x2 M | 16 3", input_shape=(3, 16, 16), batch_norm=True, rng=0)
        x = Tensor(np.random.default_rng(1).standard_normal((4, 3, 16, 16)).astype(np.float32), requires_grad=True)
        loss = nn.cross_entropy(net(x), [0, 1, 2, 0])
        grads = ag.grad(loss, [x, *net.parameters()], create_graph=create_graph)
        return [loss.numpy(), *(g.numpy() for g in grads), *net.state_dict().values()]

    results = {name: around(run) for name, around in watched_ways()}
    for name, arrays in results.items():
        for one, two in zip(results["nobody"], arrays, strict=True):
            assert one.tobytes() == two.tobytes(), name
