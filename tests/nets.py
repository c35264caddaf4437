"""Nets and images that the tests of `vis` look into."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

import autograd_mini as ag
import nn
from autograd_mini import Tensor

DATA = Path(__file__).parent.parent / "examples/data"


def images(*shape, dtype=np.float64):
    """Standard normal numbers, the same for the same shape."""
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def state_of(net):
    """A copy of all numbers of a net, by name."""
    return {name: np.copy(array) for name, array in net.state_dict().items()}


def assert_state(net, before):
    """A net's numbers are bitwise what they were."""
    assert {name: a.tobytes() for name, a in net.state_dict().items()} == {n: a.tobytes() for n, a in before.items()}


@cache
def squeezenet(dtype=np.float32):
    """SqueezeNet with ImageNet's weights."""
    return nn.squeezenet("imagenet", dtype=dtype)


@cache
def chelsea():
    """The photograph of a cat as SqueezeNet sees it, (1, 3, 227, 227)."""
    return squeezenet().preprocess(Image.open(DATA / "chelsea.png"))[None]


def two_convs_then_pool(dtype=np.float64, seed=5):
    """A classifier of 12×10 pixels: a filter of two lengths, a stride, dropout."""
    given = {"rng": np.random.default_rng(seed), "dtype": dtype}
    return nn.Sequential(
        conv1=nn.Conv2d(3, 6, 3, padding=1, **given), relu1=nn.ReLU(), conv2=nn.Conv2d(6, 8, 3, **given),
        relu2=nn.ReLU(), pool=nn.MaxPool2d(2), conv3=nn.Conv2d(8, 5, (3, 2), stride=(2, 1), padding=1, **given),
        relu3=nn.ReLU(), flat=nn.Flatten(), drop=nn.Dropout(0.5), fc=nn.Linear(5 * 3 * 5, 4, **given),
    )  # fmt: skip


def trained(dtype=np.float64):
    """A classifier of 16×16 pixels with biases and scales of its own, as training leaves them."""
    given = {"rng": np.random.default_rng(4), "dtype": dtype}
    net = nn.Sequential(
        conv1=nn.Conv2d(3, 6, 3, padding=1, **given), relu1=nn.ReLU(), conv2=nn.Conv2d(6, 8, 3, padding=1, **given),
        bn=nn.BatchNorm2d(8, dtype=dtype), relu2=nn.ReLU(), pool=nn.MaxPool2d(2),
        top=nn.Sequential(
            conv3=nn.Conv2d(8, 5, 3, **given), relu3=nn.ReLU(), flat=nn.Flatten(), fc=nn.Linear(5 * 6 * 6, 4, **given)
        ),
    )  # fmt: skip
    rng = np.random.default_rng(9)
    for _, parameter in net.named_parameters():
        if parameter.ndim == 1:
            parameter.data[...] = rng.standard_normal(parameter.shape)
    return net


class Everything(nn.Module):
    """Biases everywhere, overlapping padded pools, a join, a layer used twice, a sum, a linear layer on top."""

    def __init__(self):
        given = {"rng": np.random.default_rng(8), "dtype": np.float64}
        self.stem = nn.Conv2d(3, 5, 3, stride=2, padding=1, **given)
        self.pool1 = nn.MaxPool2d(3, stride=1, padding=1)
        self.twice = nn.Conv2d(5, 5, 3, padding=1, **given)
        self.relu = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.plain = nn.Conv2d(10, 4, 1, bias=False, **given)
        self.flat = nn.Flatten()
        self.top = nn.Linear(4 * 4 * 3, 6, **given)
        for layer in (self.stem, self.twice, self.top):
            layer.bias.data[:] = given["rng"].standard_normal(layer.bias.shape)

    def forward(self, x):
        h = self.pool1(self.relu(self.stem(x)))
        once = self.relu(self.twice(h))
        again = self.relu(self.twice(once + h))
        return self.top(self.flat(self.plain(self.pool2(ag.concatenate([once, again], axis=1))))).named("logits")


def linear(shape, classes=3):
    """A model whose logits are linear in the pixels, and its weights (classes, C, H, W)."""
    weights = np.random.default_rng(0).standard_normal((classes, *shape))
    return lambda x: ag.matmul(x.reshape((len(x), -1)), Tensor(weights.reshape(classes, -1).T)), weights


class Watching:
    """A net that notes of each call whether it records, and on how many images it runs."""

    def __init__(self, net):
        self.net, self.evaluating, self.calls = net, net.evaluating, []

    def __call__(self, x):
        self.calls.append((ag.is_grad_enabled(), len(x)))
        return self.net(x)
