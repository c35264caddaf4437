"""A small net and a bare net, trained from a seed: what the promises of this folder train, and compare bit by bit."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor

Array = np.ndarray[Any, Any]


class ConvTraining:
    """A convolutional net with batch normalisation and dropout, trained by Adam on batches shuffled anew.

    Wide enough that its kernels share their work among threads, and that Winograd's algorithm is taken if it may be.
    """

    def __init__(self, seed: int, *, size: int = 16, channels: int = 16, batch: int = 8) -> None:
        self.rng = np.random.default_rng(seed)
        self.model = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1, rng=self.rng), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, rng=self.rng), nn.ReLU(), nn.MaxPool2d(2),
            nn.Dropout(0.3, rng=self.rng), nn.Flatten(), nn.Linear(channels * (size // 2) ** 2, 10, rng=self.rng),
        )  # fmt: skip
        self.optimizer = nn.Adam(self.model.parameters(), 1e-3)
        images = self.rng.standard_normal((4 * batch, 3, size, size)).astype(np.float32)
        self.data = nn.ArrayData(images, self.rng.integers(0, 10, 4 * batch))
        self.batch = batch

    def step(self) -> float:
        """One update on a batch drawn anew."""
        positions = self.rng.integers(0, len(self.data), self.batch)
        loss = nn.cross_entropy(self.model(Tensor(self.data.inputs(positions))), self.data.labels[positions])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return float(loss.item())

    def arrays(self) -> list[Array]:
        """All that training has made: weights, running statistics, and what Adam remembers."""
        return [*self.model.state_dict().values(), *self.optimizer.state_dict().values()]


class BareTraining:
    """A multilayer perceptron of bare tensors, moved by plain gradient descent."""

    def __init__(self, seed: int, *, inputs: int = 20, hidden: int = 32) -> None:
        self.rng = np.random.default_rng(seed)
        self.weights = [
            Tensor(self.rng.standard_normal(shape) / np.sqrt(shape[0]), requires_grad=True)
            for shape in ((inputs, hidden), (hidden, hidden), (hidden, 1))
        ]

    def step(self) -> float:
        """One update on fresh examples of a sum of squares."""
        x = self.rng.standard_normal((16, self.weights[0].shape[0]))
        h = x
        for w in self.weights[:-1]:
            h = ag.tanh(h @ w)
        loss = (((h @ self.weights[-1])[:, 0] - (x**2).sum(1)) ** 2).mean()
        for w, g in zip(self.weights, ag.grad(loss, self.weights), strict=True):
            w.data -= 1e-3 * g.data
        return float(loss.item())

    def arrays(self) -> list[Array]:
        """The weights."""
        return [w.numpy() for w in self.weights]


def trained(seed: int, steps: int = 3, kind: type[ConvTraining] | type[BareTraining] = ConvTraining) -> str:
    """The digest of what some steps from a seed make, losses included: the same text for the same bits."""
    training = kind(seed)
    losses = [training.step() for _ in range(steps)]
    digest = hashlib.sha256(np.array(losses).tobytes())
    for array in training.arrays():
        digest.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
