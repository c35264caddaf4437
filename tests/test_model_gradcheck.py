"""`nn.gradcheck`: whole models and every layer are checked, and left as they were."""

import random
import re

import numpy as np
import pytest
from gradchecks import Applied, every_mode, named

import autograd_mini as ag
import nn
from autograd_mini import GradcheckError, Tensor

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def normal(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def snapshot(model):
    return {name: (t, t.numpy(), t.numpy().copy(), t.node, t.grad) for name, t, _ in model.named_tensors()}


def assert_untouched(model, before):
    now = snapshot(model)
    assert now.keys() == before.keys()
    for name, (tensor, array, values, node, grad) in now.items():
        was = before[name]
        assert all(a is b for a, b in zip((tensor, array, node, grad), (*was[:2], *was[3:]), strict=True))
        np.testing.assert_array_equal(values, was[2])


# ── layers in every mode (every layer in one: test_layer_table) ───────────────────────────────────────────────────────

# class -> (layer of a dtype, shape of its input)
LAYERS = {
    nn.Linear: (lambda dtype: nn.Linear(3, 4, rng=0, dtype=dtype), (2, 3)),
    nn.Conv2d: (lambda dtype: nn.Conv2d(2, 3, (3, 2), 2, 1, rng=0, dtype=dtype), (2, 2, 5, 4)),
    nn.ConvTranspose2d: (lambda dtype: nn.ConvTranspose2d(2, 3, 3, 2, 1, 1, rng=0, dtype=dtype), (2, 2, 3, 3)),
    nn.LayerNorm: (lambda dtype: nn.LayerNorm(3, dtype=dtype), (2, 3)),
    nn.BatchNorm2d: (lambda dtype: nn.BatchNorm2d(3, dtype=dtype), (2, 3, 3, 2)),
}


@every_mode
@every_dtype
@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_a_layer_with_parameters_passes_in_every_mode_and_so_does_its_input(kind, dtype, mode):
    make, shape = LAYERS[kind]
    layer, x = make(dtype), Tensor(normal(*shape, dtype=dtype), requires_grad=True)
    before = snapshot(layer)
    report = nn.gradcheck(layer, x, mode=mode)
    assert report.inputs == (*(p.size for p in layer.parameters()), x.size)
    assert report.mode == mode
    assert report.worst_relative < 1e-5
    assert_untouched(layer, before)
    assert x.grad is None


WITHOUT = [
    nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Flatten(), nn.ReLU(), nn.LeakyReLU(), nn.Sigmoid(), nn.Tanh(), nn.Softmax(),
    nn.Dropout(0.0),
]  # fmt: skip


@every_dtype
@pytest.mark.parametrize("layer", WITHOUT, ids=lambda layer: type(layer).__name__)
def test_layers_without_parameters_pass_behind_one_that_has_some(layer, dtype):
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, rng=0, dtype=dtype), layer)
    assert nn.gradcheck(net, normal(2, 1, 4, 4, dtype=dtype))
    assert nn.gradcheck(net, normal(1, 1, 4, 4, dtype=dtype), mode="full")


@every_mode
@every_dtype
def test_losses_are_differentiated_where_given(dtype, mode):
    net = nn.Sequential(nn.Linear(3, 5, rng=0, dtype=dtype), nn.Tanh(), nn.Linear(5, 4, rng=1, dtype=dtype))
    x, labels, targets = normal(6, 3, dtype=dtype), np.array([0, 3, 1, 1, 2, 0]), normal(6, 4, seed=1, dtype=dtype)
    sizes = sum(p.size for p in net.parameters())
    for loss in (lambda y: nn.cross_entropy(y, labels), lambda y: nn.mse_loss(y, targets)):
        assert nn.gradcheck(net, x, loss=loss, mode=mode).entries == (sizes if mode == "full" else 3 * 4)
    if mode == "full":
        assert nn.gradcheck(net, x, mode=mode).entries == 24 * sizes  # each output by itself


# ── models ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def small_vgg(dtype, **options):
    return nn.VGG("4 M 6 M | 10 3", input_shape=(2, 8, 8), rng=0, dtype=dtype, **options)


@pytest.mark.parametrize(
    ("training", "dropout", "dtype"),
    [(True, 0.0, np.float64), (True, 0.5, np.float32), (False, 0.0, np.float32), (False, 0.5, np.float64)],
)
def test_a_vgg_with_batch_norm_passes_and_its_running_statistics_stay(training, dropout, dtype):
    net = small_vgg(dtype, batch_norm=True, dropout=dropout)
    net(normal(4, 2, 8, 8, seed=5, dtype=dtype))  # statistics other than 0 and 1
    net.train(training)
    before = snapshot(net)
    report = nn.gradcheck(net, normal(4, 2, 8, 8, dtype=dtype), loss=lambda y: nn.cross_entropy(y, [0, 1, 2, 1]))
    assert report.entries == 3 * len(net.parameters())
    assert_untouched(net, before)
    assert net.training is training


@pytest.fixture
def wave(broken):
    """A layer whose rule is off by one in a hundred."""
    return Applied(broken(named("wave", lambda x: np.sin(x)), x=lambda g, x: g * ag.cos(x) * 1.01))


@every_dtype
def test_a_wrong_rule_is_named_with_the_path_of_its_layer(wave, dtype):
    net = nn.Sequential(
        stem=nn.Conv2d(1, 2, 3, rng=0, dtype=dtype),
        block=nn.Sequential(act=wave, flat=nn.Flatten()),
        head=nn.Linear(8, 2, rng=1, dtype=dtype),
    )
    before = snapshot(net)
    with pytest.raises(GradcheckError) as raised:
        nn.gradcheck(net, normal(2, 1, 4, 4, dtype=dtype))
    error = raised.value
    assert (error.operation, error.argument, error.layer) == ("wave", "x", "block.act")
    assert re.search(r"gradchecks\.py:\d+, in forward: return self\.op\(x\)$", error.line)
    assert error.ratio == pytest.approx(1.01, abs=5e-3)
    assert re.search(r"input 0 \('stem.weight'\) differs\n", str(error))
    assert "to blame: wave in block.act, the rule for 'x'\n" in str(error)
    assert_untouched(net, before)


def test_a_shared_parameter_is_checked_once_through_all_its_uses():
    class Tied(nn.Module):
        def __init__(self):
            self.into, self.out = (nn.Linear(3, 3, rng=seed, dtype=float) for seed in (0, 1))
            self.out.weight = self.into.weight

        def forward(self, x):
            return self.out(ag.tanh(self.into(x)))

    net, x = Tied(), normal(2, 3)
    assert nn.gradcheck(net, x, mode="full").inputs == (9, 3, 3)
    w = Tensor(normal(3, 3, seed=4))
    want = ag.linear(ag.tanh(ag.linear(x, w, net.into.bias)), w, net.out.bias)
    np.testing.assert_allclose(nn.functional_call(net, {"into.weight": w}, x), want, rtol=1e-12)


def test_options_are_passed_on_and_gradients_that_are_there_stay():
    net = nn.Linear(2, 2, rng=0, dtype=float)
    ag.sum(net(normal(3, 2))).backward()
    before = snapshot(net)
    assert net.weight.grad is not None
    assert nn.gradcheck(net, normal(3, 2), projections=7).entries == 14
    assert nn.gradcheck(net, normal(3, 2), eps=1e-3).eps == 1e-3
    assert_untouched(net, before)


# ── random numbers ────────────────────────────────────────────────────────────────────────────────────────────────────


class Noisy(nn.Module):
    """Noise on its output, of whatever draws it."""

    def __init__(self, draw, **held):
        self.fc = nn.Linear(3, 4, rng=0, dtype=float)
        self.draw = draw
        vars(self).update(held)

    def forward(self, x):
        y = ag.tanh(self.fc(x))
        return y * (1 + self.draw(self, y.shape))


NOISY = {
    "a generator": (lambda m, shape: m.rng.standard_normal(shape), {"rng": np.random.default_rng}),
    "a generator in a dict in a list in a tuple": (
        lambda m, shape: m.held[0][1]["rng"].random(shape),
        {"held": lambda s: ([0, {"rng": np.random.default_rng(s)}],)},
    ),
    "a generator of another kind": (
        lambda m, shape: m.rng.random(shape), {"rng": lambda s: np.random.Generator(np.random.MT19937(s))},
    ),
    "an old generator": (lambda m, shape: m.rng.rand(*shape), {"rng": lambda s: np.random.RandomState(s)}),
}  # fmt: skip


@every_mode
@every_dtype
def test_dropout_in_training_drops_the_same_elements_in_every_run_and_goes_on_as_if_it_had_not_been_checked(
    dtype, mode
):
    nets = [small_vgg(dtype) for _ in range(2)]
    x = normal(2, 2, 8, 8, dtype=dtype)
    state = nets[0].classifier["drop1"].rng.bit_generator.state
    before = snapshot(nets[0])
    loss = lambda y: nn.cross_entropy(y, [0, 2])
    assert nn.gradcheck(nets[0], x, loss=loss, mode=mode).worst_relative < 1e-5
    assert nets[0].training
    assert nets[0].classifier["drop1"].rng.bit_generator.state == state
    assert_untouched(nets[0], before)
    np.testing.assert_array_equal(nets[0](x), nets[1](x))
    assert not np.array_equal(nets[0](x), nets[0](x))  # it does drop


def test_dropouts_that_share_a_generator_and_some_that_do_not_are_restored_together():
    rng = np.random.default_rng(4)
    drops = [nn.Dropout(0.5, rng=rng), nn.Dropout(0.3, rng=rng), nn.Dropout(0.5, rng=5)]
    states = [drop.rng.bit_generator.state for drop in drops]
    net = nn.Sequential(*(part for drop in drops for part in (nn.Linear(20, 20, rng=0, dtype=float), drop)))
    assert nn.gradcheck(net, normal(3, 20))
    assert [drop.rng.bit_generator.state for drop in drops] == states
    assert drops[0].rng is drops[1].rng is rng


@every_mode
@pytest.mark.parametrize("what", NOISY)
def test_a_module_that_draws_from_what_it_holds_is_given_the_same_numbers_in_every_run(what, mode):
    draw, held = NOISY[what]
    nets = [Noisy(draw, **{name: make(7) for name, make in held.items()}) for _ in range(2)]
    assert nn.gradcheck(nets[0], normal(2, 3), mode=mode)
    np.testing.assert_array_equal(nets[0](normal(2, 3)), nets[1](normal(2, 3)))


def test_a_loss_may_draw_from_the_models_generator():
    net = nn.Sequential(nn.Linear(3, 4, rng=0, dtype=float), nn.Dropout(0.5, rng=3))
    state = net[1].rng.bit_generator.state
    assert nn.gradcheck(net, normal(2, 3), loss=lambda y: (y * net[1].rng.random(y.shape)).sum())
    assert net[1].rng.bit_generator.state == state


@every_mode
def test_behind_dropout_a_wrong_rule_is_found_and_the_model_left_as_it_was(wave, mode):
    net = nn.Sequential(fc=nn.Linear(3, 9, rng=0, dtype=float), drop=nn.Dropout(0.5, rng=1), act=wave)
    before, state = snapshot(net), net["drop"].rng.bit_generator.state
    with pytest.raises(GradcheckError) as raised:
        nn.gradcheck(net, normal(2, 3), mode=mode)
    assert (raised.value.operation, raised.value.layer) == ("wave", "act")
    assert net["drop"].rng.bit_generator.state == state
    assert_untouched(net, before)


def test_whatever_a_run_changes_is_restored_after_it_so_that_the_next_one_is_the_same():
    class Restless(nn.Module):
        buffers = ("mean",)

        def __init__(self):
            self.fc = nn.Linear(3, 4, rng=0, dtype=float)
            self.mean = Tensor(np.zeros(4))
            self.total, self.calls, self.seen, self.by_name = np.zeros(4), 0, [], {"first": 1}

        def forward(self, x):
            y = self.fc(x)
            scale = 1 + self.calls + len(self.seen) + len(self.by_name) + self.total + self.mean.numpy()
            self.calls += 1
            self.seen.append(self.calls)
            self.by_name[self.calls] = self.late = self.calls
            self.total += 1
            self.mean.data += 1
            self.training = not self.training
            return y * np.array(scale) * (2 if self.training else 1)

    net, other = Restless(), Restless()
    before = snapshot(net)
    assert nn.gradcheck(net, normal(2, 3))
    assert_untouched(net, before)
    assert net.training
    assert (net.calls, net.seen, net.by_name, hasattr(net, "late")) == (0, [], {"first": 1}, False)
    np.testing.assert_array_equal(net.total, 0)
    np.testing.assert_array_equal(net(normal(2, 3)), other(normal(2, 3)))


ELSEWHERE = np.random.default_rng(0)
OF_OTHERS = {
    "np.random": lambda m, shape: np.random.rand(*shape),  # noqa: NPY002 (that is the point)
    "the module random": lambda m, shape: random.random(),
    "np.random and the module random": lambda m, shape: np.random.rand() + random.random(),  # noqa: NPY002
    None: lambda m, shape: np.random.default_rng().random(shape),
    "": lambda m, shape: ELSEWHERE.random(shape),
}


@every_mode
@pytest.mark.parametrize("source", OF_OTHERS)
def test_random_numbers_of_other_generators_are_refused_with_where_they_come_from_and_what_to_do(source, mode):
    net = Noisy(OF_OTHERS[source])
    with pytest.raises(GradcheckError) as raised:
        nn.gradcheck(net, normal(2, 3), mode=mode)
    first, advice, step, *_ = str(raised.value).split("\n")
    assert first.startswith("gradcheck: fn is not deterministic: the same inputs gave results that differ by ")
    assert advice == (f"it draws from {source}, shared by all and never put back: " if source else "") + (
        "draw random numbers from a generator that is made inside fn, np.random.default_rng(0), or in a module from "
        "one that it holds as an attribute: nn.gradcheck puts those back before every run. Without chance, in "
        "evaluation mode, a net is checked inside `with net.evaluating():`"
    )
    assert step == "to blame: multiply"
    net.draw, net.rng = (lambda m, shape: m.rng.random(shape)), np.random.default_rng(0)  # as it says
    assert nn.gradcheck(net, normal(2, 3), mode=mode)
