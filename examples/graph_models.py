"""What the gallery of graphs draws: residual blocks, a recurrent net, a pass that fails, a traced function."""

from typing import Any

import numpy as np

import nn
from autograd_mini import Program, Tensor, relu, sigmoid, tanh, trace, where


class Residual(nn.Module):
    """Four blocks with a shortcut around each, and a layer that is used twice."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.blocks = [
            nn.Sequential(conv1=nn.Conv2d(8, 8, 3, padding=1, rng=rng), relu=nn.ReLU(),
                          conv2=nn.Conv2d(8, 8, 3, padding=1, rng=rng))
            for _ in range(4)
        ]  # fmt: skip
        self.stem = nn.Conv2d(3, 8, 3, padding=1, rng=rng)
        self.shared = nn.Linear(8, 8, rng=rng)

    def forward(self, x: Any) -> Any:
        """(N, 3, H, W) -> (N, 8)."""
        x = self.stem(x)
        for block in self.blocks:
            x = relu(x + block(x))
        return self.shared(relu(self.shared(x.mean(axis=(2, 3)))))


class ResidualBlock(nn.Module):
    """Two convolutions with batch normalisation, and a shortcut around them."""

    def __init__(self, channels: int) -> None:
        rng = np.random.default_rng(0)
        self.conv1, self.norm1 = nn.Conv2d(channels, channels, 3, padding=1, rng=rng), nn.BatchNorm2d(channels)
        self.conv2, self.norm2 = nn.Conv2d(channels, channels, 3, padding=1, rng=rng), nn.BatchNorm2d(channels)

    def forward(self, x: Any) -> Any:
        """(N, C, H, W) -> (N, C, H, W)."""
        y = relu(self.norm1(self.conv1(x)))
        return relu(x + self.norm2(self.conv2(y)))


class LSTMCell(nn.Module):
    """One step of a long short-term memory."""

    def __init__(self, inputs: int, units: int) -> None:
        rng, self.units = np.random.default_rng(0), units
        self.from_input, self.from_state = (nn.Linear(n, 4 * units, rng=rng) for n in (inputs, units))

    def forward(self, x: Any, state: Any, memory: Any) -> Any:
        """(N, inputs), (N, units), (N, units) -> (N, units) twice."""
        gates = self.from_input(x) + self.from_state(state)
        forget, write, show, new = (gates[:, i * self.units : (i + 1) * self.units] for i in range(4))
        memory = (sigmoid(forget) * memory + sigmoid(write) * tanh(new)).named("memory")
        return (sigmoid(show) * tanh(memory)).named("state"), memory


class LSTM(nn.Module):
    """Reads a sequence and gives the scores of its classes."""

    def __init__(self, inputs: int, units: int, classes: int) -> None:
        self.cell, self.head, self.units = LSTMCell(inputs, units), nn.Linear(units, classes, rng=0), units

    def forward(self, x: Any) -> Any:
        """(N, steps, inputs) -> (N, classes)."""
        state = memory = np.zeros((len(x), self.units), np.float32)
        for t in range(x.shape[1]):
            state, memory = self.cell(x[:, t], state, memory)
        return self.head(state)


def lstm(steps: int) -> Tensor:
    """The loss of a sequence of so many steps."""
    sequence = Tensor(np.ones((2, steps, 3), np.float32), requires_grad=True, name="sequence")
    return nn.cross_entropy(LSTM(3, 8, 4)(sequence), np.array([0, 3]))


def images(*shape: int) -> Tensor:
    pixels = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return Tensor(pixels, requires_grad=True, name="images")


def failed_pass() -> Exception:
    """The error of a net whose last layer does not fit the maps before it."""
    layers = {"conv": nn.Conv2d(1, 4, 3, rng=0), "relu": nn.ReLU(), "pool": nn.MaxPool2d(2), "flatten": nn.Flatten()}
    net = nn.Sequential(**layers, fc=nn.Linear(4 * 4 * 4, 10, rng=1))
    try:
        net(images(2, 1, 8, 8))
    except ValueError as error:
        return error
    raise AssertionError("4·4·4 numbers are not 4·3·3")


def clipped_step() -> Program:
    """A function with comparisons and constants, which leave no gradient."""
    w = Tensor([[0.3, 0.1], [-0.2, 0.4]], requires_grad=True, name="w")

    def loss(x: Any, y: Any) -> Any:
        off = x @ w - y
        return where(abs(off) > 1, abs(off), off**2).sum()

    return trace(loss, np.ones((3, 2)), np.zeros((3, 2)))
