"""Nets folded for inference: the same outputs to rounding, without the batch norms and ReLUs that were taken in."""

import numpy as np
import pytest
from nets_by_name import shaken

import autograd_mini as ag
import nn

KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.ReLU)


def drawn(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def left(net):
    """The names of batch norms and ReLUs that compute something."""
    return [name for name, part in net.named_modules() if type(part) in KINDS]


def assert_folds(net, x, stay=(), rtol=1e-10):
    """The copy gives the same, of the batch norms and ReLUs by attribute only these stay, and the net is as it was."""
    state, modes = {n: a.copy() for n, a in net.state_dict().items()}, [m.training for _, m in net.named_modules()]
    copy = nn.folded(net, x)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, state[name])
    assert modes == [m.training for _, m in net.named_modules()]
    assert type(copy) is type(net)
    want, found = net.copy().eval()(x).numpy(), copy(x).numpy()
    np.testing.assert_allclose(found, want, rtol=0, atol=rtol * np.abs(want).max())
    assert found.dtype == want.dtype
    assert not any(p.requires_grad for p in copy.parameters())
    fused = {f"{name}.1" for name, part in copy.named_modules() if type(part) is nn.Sequential and len(part) == 2}
    assert {*left(copy)} - fused == {*stay}
    return copy


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("made", "size", "stay"),
    [
        (lambda **how: nn.ResNet((1, 2, 1, 1), channels=8, **how), 33, "relu2 of blocks"),
        (lambda **how: nn.ResNet((1, 1, 1, 1), True, 4, 16, channels=8, **how), 33, "relu3 of blocks"),
        (lambda **how: nn.VGG("6 M 8x2 | 12 10", input_shape=(3, 32, 32), batch_norm=True, **how), 32, ""),
        (lambda **how: nn.UNet(3, 4, **how), 32, ""),
    ],
    ids=["ResNet", "ResNeXt", "VGG", "U-Net"],
)
def test_a_net_by_name_has_no_batch_norm_left_and_the_same_outputs(made, size, stay, dtype):
    net = shaken(made(rng=0, dtype=dtype))
    named = [name for name, part in net.named_modules() if type(part) is nn.ReLU and name.endswith(stay[:5]) and stay]
    copy = assert_folds(net, drawn(2, 3, size, size, dtype=dtype), named, 1e-10 if dtype == np.float64 else 1e-4)
    assert not [part for _, part in copy.named_modules() if isinstance(part, nn.BatchNorm2d)]


class Block(nn.Module):
    """Layers as attributes, and what is done with them."""

    def __init__(self, way, **parts):
        self.way = way
        vars(self).update(parts)

    def forward(self, x):
        return self.way(self, x)


def conv(**how):
    return nn.Conv2d(3, 4, 3, padding=1, rng=0, dtype=np.float64, **how)


def norm(kind=nn.BatchNorm2d, n=4, **how):
    layer = kind(n, dtype=np.float64, **how)
    if layer.running_mean is not None:
        layer.running_mean.data[...] = drawn(n, seed=1)
        layer.running_var.data[...] = drawn(n, seed=2) ** 2 + 0.5
    if layer.weight is not None:
        layer.weight.data[...] = drawn(n, seed=3)
        layer.bias.data[...] = drawn(n, seed=4)
    return layer


def parts():
    return {"conv": conv(), "norm": norm(), "relu": nn.ReLU()}


X = drawn(2, 3, 6, 5)
STAY = {  # what goes on with the results of a layer beside the batch norm, or the ReLU
    "the sum with what is normalised": (lambda b, x: [y := b.conv(x), b.norm(y) + y][1], ["norm", "relu"]),
    "the sum with what is rectified": (lambda b, x: [y := b.norm(b.conv(x)), b.relu(y) + y][1], ["relu"]),
    "the same batch norm of other things": (
        lambda b, x: b.relu(b.norm(b.conv(x))) + b.norm(b.other(x)),
        ["norm", "relu"],
    ),
    "the same ReLU of other things": (lambda b, x: b.relu(b.relu(b.norm(b.conv(x))) - 1), ["relu"]),
    "something between": (lambda b, x: b.relu(2 * b.norm(2 * b.conv(x))), ["norm", "relu"]),
    "nothing": (lambda b, x: b.conv(x) + b.relu(x[:, :1]) + b.norm(b.other(x)), ["relu"]),
    "a function that rectifies": (lambda b, x: ag.relu(b.norm(b.conv(x))), []),
    "all, twice": (lambda b, x: b.relu(b.norm(b.conv(x))) - b.relu(b.norm(b.conv(2 * x))), []),
    "dropout": (lambda b, x: b.relu(b.norm(b.drop(b.conv(x)))), []),
}


@pytest.mark.parametrize("name", STAY)
def test_a_layer_takes_in_what_alone_goes_on_with_its_results(name):
    way, stay = STAY[name]
    net = Block(way, **parts(), other=conv(bias=False), drop=nn.Dropout(0.5, rng=0))
    for made in (net, net.copy().eval(), net.copy().requires_grad_(False)):
        copy = assert_folds(made, X, [*stay, *["relu"] * (name == "a function that rectifies")])
    assert "relu" in vars(copy)


@pytest.mark.parametrize(
    ("layer", "kind", "shape"),
    [
        (lambda: nn.Linear(3, 4, rng=0, dtype=np.float64), nn.BatchNorm1d, (5, 3)),
        (lambda: nn.Linear(3, 4, False, rng=0, dtype=np.float64), nn.BatchNorm1d, (5, 3)),
        (lambda: nn.Conv1d(3, 4, 3, rng=0, dtype=np.float64), nn.BatchNorm1d, (2, 3, 7)),
        (lambda: nn.Conv3d(3, 4, 2, rng=0, dtype=np.float64), nn.BatchNorm3d, (2, 3, 4, 4, 3)),
        (lambda: nn.Conv2d(3, 6, 3, groups=3, padding="same", padding_mode="reflect", rng=0, dtype=np.float64),
         nn.BatchNorm2d, (2, 3, 5, 5)),
    ],
    ids=["Linear", "without bias", "Conv1d", "Conv3d", "in groups"],
)  # fmt: skip
@pytest.mark.parametrize("how", [{}, {"affine": False}, {"track_running_stats": False}], ids=str)
def test_every_layer_of_channels_takes_in_its_batch_norm(layer, kind, shape, how):
    made = layer()
    net = nn.Sequential(layer=made, norm=norm(kind, len(made.weight), **how))
    assert_folds(net, drawn(*shape), ["norm"] if "track_running_stats" in how else [])


def test_what_has_a_forward_of_its_own_or_is_looked_at_stays_as_it_is():
    class Own(nn.BatchNorm2d):
        def forward(self, x):
            return super().forward(x) + 1

    own = Own(4, dtype=np.float64)
    net = Block(STAY["all, twice"][0], **parts() | {"norm": own})
    assert isinstance(nn.folded(net, X).norm, Own)
    net = Block(STAY["all, twice"][0], **parts())
    with net.norm.register_forward_hook(lambda *_: None):
        assert isinstance(nn.folded(net, X).norm, nn.BatchNorm2d)


def test_several_outputs_are_compared_and_a_value_that_is_one_is_kept():
    net = Block(lambda b, x: {"maps": [y := b.conv(x)][0], "end": b.relu(b.norm(y))}, **parts())
    copy, want = nn.folded(net, X), net.copy().eval()(X)
    for name, value in copy(X).items():
        np.testing.assert_allclose(value.numpy(), want[name].numpy(), rtol=1e-10, atol=1e-12)
    assert isinstance(copy.norm, nn.BatchNorm2d)


def test_a_value_used_outside_the_tape_is_told():
    net = Block(lambda b, x: b.norm([y := b.conv(x)][0]) + y.detach(), **parts())
    with pytest.raises(ValueError, match=r"^folded: the copy does not give what the net gives; is a value used "):
        nn.folded(net, X)
    with pytest.raises(TypeError, match=r"^folded: the model must be a Module, not function$"):
        nn.folded(lambda x: x, X)
