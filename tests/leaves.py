"""Tensors and a net that many tests begin with, and how those about reading ahead end."""

import threading

import numpy as np

import nn
from autograd_mini import Tensor


def random_leaf(*shape, seed=0, dtype=float, name=None):
    """A leaf of random numbers."""
    array = np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype)
    return Tensor(array, requires_grad=True, name=name)


def leaf_of(values, dtype=float, name=None):
    """A leaf of these values."""
    return Tensor(np.array(values, dtype), requires_grad=True, name=name)


def vector(*values, dtype=float, name=None):
    """A leaf with one axis."""
    return leaf_of(values, dtype, name)


def random_constant(*shape, dtype=np.float32):
    return Tensor(np.random.default_rng(1).standard_normal(shape).astype(dtype))


def small_net(dtype=np.float32):
    """Two convolutions and two linear layers, for images (N, 1, 8, 8)."""
    return nn.Sequential(
        conv1=nn.Conv2d(1, 4, 3, padding=1, rng=0, dtype=dtype), relu1=nn.ReLU(),
        conv2=nn.Conv2d(4, 2, 3, padding=1, rng=1, dtype=dtype), pool=nn.MaxPool2d(2), flat=nn.Flatten(),
        fc1=nn.Linear(2 * 4 * 4, 5, rng=2, dtype=dtype), relu2=nn.ReLU(), fc2=nn.Linear(5, 3, rng=3, dtype=dtype),
    )  # fmt: skip


def no_maker_is_left():
    """No thread makes batches ahead of their use: one may only just begin, and find that nobody reads."""
    while any(thread.name.startswith("ahead") for thread in threading.enumerate()):
        pass
