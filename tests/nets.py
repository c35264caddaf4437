"""Small nets and images that the tests of `vis` look into."""

import numpy as np

import nn


def images(*shape, dtype=np.float64):
    """Standard normal numbers, the same for the same shape."""
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def trained(dtype=np.float64):
    """A classifier of 16×16 pixels with biases and scales of its own, as training leaves them."""
    rng = np.random.default_rng(4)
    net = nn.Sequential(
        conv1=nn.Conv2d(3, 6, 3, padding=1, rng=rng, dtype=dtype), relu1=nn.ReLU(),
        conv2=nn.Conv2d(6, 8, 3, padding=1, rng=rng, dtype=dtype), bn=nn.BatchNorm2d(8, dtype=dtype), relu2=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        top=nn.Sequential(
            conv3=nn.Conv2d(8, 5, 3, rng=rng, dtype=dtype), relu3=nn.ReLU(),
            flat=nn.Flatten(), fc=nn.Linear(5 * 6 * 6, 4, rng=rng, dtype=dtype),
        ),
    )  # fmt: skip
    rng = np.random.default_rng(9)
    for _, parameter in net.named_parameters():
        if parameter.ndim == 1:
            parameter.data[...] = rng.standard_normal(parameter.shape)
    return net
