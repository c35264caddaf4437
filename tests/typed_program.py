"""A program as users write it, with types and without a mistake: `test_types` runs it, and has it checked."""

# pyright: strict

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

import autograd_mini as ag
import nn
from autograd_mini import Tensor, enable_grad, grad, no_grad, relu


class Classifier(nn.Module):
    def __init__(self, rng: np.random.Generator) -> None:
        self.conv = nn.Conv2d(1, 4, 3, padding=1, rng=rng)
        self.norm = nn.BatchNorm2d(4)
        self.top = nn.Sequential(nn.Flatten(), nn.Linear(4 * 4 * 4, 3, rng=rng), nn.ReLU())

    def forward(self, x: Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor]:
        features = relu(self.norm(self.conv(x))) * scale
        return self.top(features), features


@no_grad
def accuracy(net: Classifier, images: Tensor, labels: NDArray[np.int64]) -> float:
    logits, _ = net(images, scale=1.0)
    return float((logits.argmax(axis=1) == labels).astype(np.float64).mean())


@enable_grad()
def penalties(parameters: list[Tensor]) -> Iterator[Tensor]:
    for p in parameters:
        yield (p**2).sum() / 2


def descend(parameters: list[Tensor], loss: Tensor, rate: float) -> None:
    for p, g in zip(parameters, grad(loss, parameters), strict=True):
        p.data -= rate * g.numpy()


def curvature(f: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    slope = grad(f(at), at, create_graph=True)
    return grad(slope.sum(), at)


def cubes(t: Tensor) -> Tensor:
    return (t**3).sum()


def main() -> tuple[float, float]:
    rng = np.random.default_rng(0)
    images = Tensor(rng.normal(size=(6, 1, 4, 4)).astype(np.float32))
    labels = rng.integers(0, 3, 6)
    net = Classifier(rng)
    with ag.profile() as measured, ag.memory_usage() as memory:
        logits, features = net(images)
        loss = nn.cross_entropy(logits, labels)
        for penalty in penalties(net.parameters()):
            loss = loss + 1e-4 * penalty
        descend(net.parameters(), loss, 0.1)
    print(f"{loss:.3f}", measured, memory.peak_bytes, features.shape[1:], accuracy(net, images, labels))

    weights: NDArray[np.float64] = rng.normal(size=(3, 2))
    x = Tensor([[1.0, 2.0, 3.0]], requires_grad=True, name="x")
    y = (x @ weights).named("y")
    z = weights.T @ x.T + 1 - y.mT
    pooled, where = ag.max_pool2d(features.detach(), kernel_size=2, return_indices=True)
    unpooled = ag.max_unpool2d(pooled, where, kernel_size=2)
    joined = ag.concatenate([unpooled.flatten(1), np.ones((6, 2), np.float32)], axis=1)
    chosen = ag.where(joined > 0, joined, 0.0)[:, [0, -1]].mean(axis=(0, 1))
    plain: NDArray[np.float64] = ag.softmax(weights, axis=0)
    total = y.exp().sum() + z.sum(keepdims=False) + chosen.astype(np.float64) + Tensor(plain).max()
    total.backward(retain_graph=True)
    if x.grad is not None:
        x.grad = x.grad * 2
    unused = grad(y.sum(), [x, Tensor(1.0, requires_grad=True)], allow_unused=True)
    assert unused[1] is None
    bent = curvature(cubes, x)
    report = ag.gradcheck(cubes, x)
    return bent[0, 1].item(), report.worst_error


if __name__ == "__main__":
    print(main())
