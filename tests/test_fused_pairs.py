"""A ReLU in the same pass as the layer before it gives the very bits of the two apart; and looking changes no bit."""

from contextlib import contextmanager

import numpy as np
import pytest
from cases import every
from internals import Observer, ancestors, observed_by

import autograd_mini as ag
import nn
from autograd_mini import Tensor

ODD = [np.nan, -0.0, 0.0, np.inf, -np.inf, 1e-45, -1e-45, 3e38, -3e38]


class Everything(Observer):
    """Needs every value, so that nothing is fused."""

    needs_values = True


def odd(*shape, dtype, seed=0):
    """Normal numbers; but of the first entry nothing but zeros of either sign, of the second what is nearly zero, and
    among the last's in the first channel whatever floating numbers can be."""
    rng = np.random.default_rng(seed)
    array = rng.standard_normal(shape)
    with np.errstate(all="ignore"):
        array[0] *= 0
        array[1] *= 1e-30
        last = array[-1, :1] if array.ndim == 4 else array[-1:]
        last.flat[rng.choice(last.size, min(last.size // 2 + 1, len(ODD)), replace=False)] = ODD[: last.size // 2 + 1]
        return array.astype(dtype)


def same_bits(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    kind = f"u{a.itemsize}"
    nan = np.isnan(a)
    np.testing.assert_array_equal(nan, np.isnan(b))
    np.testing.assert_array_equal(np.where(nan, 0, a).view(kind), np.where(nan, 0, b).view(kind))


def odd_weights(part):
    """Whose biases are zeros below zero, so that a result may be one, but for the last."""
    if getattr(part, "bias", None) is not None:
        part.bias.data[:-1] = -0.0
    return part


def drawn(shape, rng, dtype):
    return rng.standard_normal(shape).astype(dtype)


def made(kind, *sizes, **options):
    return lambda **own: getattr(nn, kind)(*sizes, **options, **own)


def norm(dtype, **_):
    return nn.BatchNorm2d(3, dtype=dtype)


def wide_norm(dtype, **_):
    """Results of which some are above 6."""
    part = norm(dtype)
    part.weight.data[:] = 4
    return part


LAYERS = {
    "linear": (made("Linear", 6, 5), (7, 6)),
    "linear without a bias": (made("Linear", 6, 5, bias=False), (7, 6)),
    "linear of a vector": (made("Linear", 6, 5), (6,)),
    "linear of rows of rows": (made("Linear", 6, 5), (3, 2, 4, 6)),
    "large linear": (made("Linear", 9, 512), (600, 9)),
    "conv": (made("Conv2d", 3, 4, 3, padding=1), (3, 3, 12, 12)),
    "conv without a bias": (made("Conv2d", 3, 4, 3, bias=False), (3, 3, 12, 12)),
    "strided conv": (made("Conv2d", 3, 4, 5, stride=2), (3, 3, 15, 15)),
    "conv by patches": (made("Conv2d", 5, 3, 2, dilation=2), (3, 5, 9, 9)),
    "conv by neighbours": (made("Conv2d", 8, 8, 3, padding=1), (3, 8, 16, 16)),
    "conv by tiles": (made("Conv2d", 16, 32, 3, padding=1), (3, 16, 10, 10)),
    "large conv": (made("Conv2d", 8, 16, 3, padding=1), (4, 8, 80, 80)),
    "large conv by tiles": (made("Conv2d", 16, 16, 3, padding=1), (4, 16, 72, 72)),
    "conv in groups": (made("Conv2d", 4, 6, 3, padding=1, groups=2), (3, 4, 9, 9)),
    "conv of the same size": (made("Conv2d", 3, 4, 2, padding="same"), (3, 3, 9, 9)),
    "conv with a mirrored border": (made("Conv2d", 3, 4, 3, padding=1, padding_mode="reflect"), (3, 3, 9, 9)),
    "batch norm": (norm, (4, 3, 6, 6)),
    "large batch norm": (norm, (4, 3, 170, 170)),
    "batch norm before a ReLU6": (wide_norm, (4, 3, 6, 6)),
    "large batch norm before a ReLU6": (wide_norm, (4, 3, 170, 170)),
}


def activation(name):
    return nn.ReLU6() if name.endswith("ReLU6") else nn.ReLU()


def done(name):
    """What is recorded of it."""
    return type(activation(name)).__name__.lower()


def run(name, dtype, training, apart):
    """A layer and its ReLU, a step of them: result, gradients, buffers, and the operations they recorded."""
    make, shape = LAYERS[name]
    part = odd_weights(make(rng=np.random.default_rng(1), init=drawn, dtype=dtype))
    net = nn.Sequential(layer=part, act=activation(name)).train(training)
    x = Tensor(odd(*shape, dtype=dtype), requires_grad=True)
    with np.errstate(all="ignore"), observed_by(Everything()) if apart else observed_by(Observer()):
        y = net(x)
        g = np.random.default_rng(2).standard_normal(y.shape).astype(dtype)
        y.backward(g)
    steps = [(node.op.name, node.name) for node in ancestors(y.node) if node.op is not None]
    state = [value for key, value in net.state_dict().items() if "running" in key]
    return y, [y.numpy(), x.grad.numpy(), *(p.grad.numpy() for p in net.parameters()), *state], steps


@every("winograd", [True, False])
@every("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_a_fused_pair_equals_the_two_apart_bit_for_bit(kernels, name, dtype, winograd):
    ag.set_winograd(winograd)
    for training in (True, False) if "norm" in name else (True,):
        (one, fused, steps), (two, apart, ordinary) = (run(name, dtype, training, apart) for apart in (0, 1))
        for a, b in zip(fused, apart, strict=True):
            same_bits(a, b)
        assert steps == ordinary
        assert steps[0] == (done(name), "act")
        assert steps[1][1] == "layer"
        relus = [y.node.op is y.node.op.canonical for y in (one, two)]
        assert relus == [False, True]  # or this would compare a thing with itself


def small(name):
    make, shape = LAYERS[name]
    net = nn.Sequential(layer=make(rng=np.random.default_rng(1), init=drawn, dtype=np.float64), act=activation(name))
    return net, Tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True, name="x")


@pytest.mark.parametrize("evaluating", [False, True])
@pytest.mark.parametrize("name", [name for name in LAYERS if "large" not in name])
def test_whoever_looks_sees_two_steps_each_in_its_module(name, evaluating):
    seen = []
    for watched in (Observer(), Everything()):
        net, x = small(name)
        with observed_by(watched), ag.profile() as profile:
            y = net.train(not evaluating)(x)
        table = [(row.operation, row.place, row.multiply_adds, row.saved_bytes, row.line) for row in profile.rows]
        seen.append((table, str(ag.saved(y)), ag.to_graphviz(y).source, str(y.summary())))
    assert seen[0] == seen[1]
    operations = [row[:2] for row in seen[0][0]]
    assert operations[-1] == (done(name), "act")
    assert {place for _, place in operations[:-1]} == {"layer"}
    assert f'[label="act · {done(name)}' in seen[0][2]


@pytest.mark.parametrize("name", ["linear", "linear of rows of rows", "conv", "batch norm"])
def test_a_fused_pair_passes_the_gradient_check(name):
    net, x = small(name)
    assert nn.gradcheck(net, x)


def test_a_wrong_input_is_refused_as_by_the_layer_alone():
    said = []
    for watched in (Observer(), Everything()):
        net = nn.Sequential(fc=nn.Linear(3, 3, rng=0), act=nn.ReLU())
        with pytest.raises(ValueError, match=r"linear: x \(2, 4\)") as refused, observed_by(watched):
            net(np.zeros((2, 4)))
        said.append((str(refused.value), refused.value.__notes__))
    assert said[0] == said[1]


@pytest.mark.parametrize("how", ["instance", "class", "subclass"])
@pytest.mark.parametrize("which", [0, 1])
def test_a_forward_that_was_replaced_is_run(monkeypatch, which, how):
    net, calls = nn.Sequential(nn.Linear(3, 3, rng=0), nn.ReLU()), []
    right = net(np.ones((2, 3))).numpy()
    part = net[which]
    own = type(part).forward

    def spy(module, x):
        calls.append(module)
        return own(module, x)

    if how == "instance":
        part.forward = lambda x: spy(part, x)
    elif how == "class":
        monkeypatch.setattr(type(part), "forward", spy)
    else:
        part.__class__ = type("Spied", (type(part),), {"forward": spy})
    np.testing.assert_array_equal(net(np.ones((2, 3))).numpy(), right)
    assert calls == [part]


def test_another_layers_forward_is_run_in_a_layers_place():
    net, other = nn.Sequential(nn.Linear(3, 3, rng=0), nn.ReLU()), nn.Linear(3, 3, rng=1)
    net[0].forward = other.forward
    np.testing.assert_array_equal(net(np.ones((2, 3))).numpy(), ag.relu(other(np.ones((2, 3)))).numpy())


def test_whoever_needs_every_value_sees_what_the_layer_gave_before_its_relu():
    seen = []

    class Values(Everything):
        def computed(self, op, arrays, params, out, byproducts):
            seen.append((op.name, float(out.min())))

    net, x = small("linear")
    with observed_by(Values()):
        net(x)
    assert [name for name, _ in seen] == ["linear", "relu"]
    assert seen[0][1] < 0 <= seen[1][1]


@contextmanager
def unchecked():
    ag.set_guarded(False)
    try:
        yield
    finally:
        ag.set_guarded(True)


WATCHED = {
    "memory": ag.memory_usage,
    "profile": ag.profile,
    "anomalies": ag.detect_anomaly,
    "all values": lambda: observed_by(Everything()),
    "no mutation check": unchecked,
}


@pytest.mark.parametrize("create_graph", [False, True])
def test_looking_changes_no_bit_of_any_result(kernels, create_graph):
    def run():
        net = nn.VGG("4x2 M 8x2 M | 16 3", input_shape=(3, 16, 16), batch_norm=True, rng=0)
        x = Tensor(np.random.default_rng(1).standard_normal((4, 3, 16, 16)).astype(np.float32), requires_grad=True)
        loss = nn.cross_entropy(net(x), [0, 1, 2, 0])
        grads = ag.grad(loss, [x, *net.parameters()], create_graph=create_graph)
        return [loss.numpy(), *(g.numpy() for g in grads), *net.state_dict().values()]

    alone = [array.tobytes() for array in run()]
    for name, watched in WATCHED.items():
        with watched():
            assert [array.tobytes() for array in run()] == alone, name
