"""A classifier from tensor operations alone, no `nn`: two spirals, the graph of the loss, trained weights.

Run with `python -m examples.tensors_only`.
"""

import argparse
from pathlib import Path

import numpy as np

from autograd_mini import Tensor, grad, logsumexp, no_grad, relu, render


def spirals(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count) % 2
    angle = rng.uniform(0.5, 3 * np.pi, count)
    turn = angle + np.pi * labels
    points = np.stack([angle * np.cos(turn), angle * np.sin(turn)], axis=1) / 5
    return points + 0.05 * rng.standard_normal(points.shape), labels


def leaf(rng: np.random.Generator, name: str, *shape: int) -> Tensor:
    return Tensor(rng.standard_normal(shape) * (2 / shape[0]) ** 0.5, requires_grad=True, name=name)


def main(argv: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/tensors_only"))
    args = parser.parse_args(argv)
    rng = np.random.default_rng(args.seed)
    points, labels = spirals(400, rng)
    w1, w2, w3 = leaf(rng, "w1", 3, 32), leaf(rng, "w2", 32, 32), leaf(rng, "w3", 32, 2)
    x = Tensor(np.column_stack([points, np.ones(len(points))]))  # a column of ones stands for the bias

    def logits_of(x: Tensor) -> Tensor:
        h1 = relu(x @ w1).named("hidden1")
        h2 = relu(h1 @ w2).named("hidden2")
        return (h2 @ w3).named("logits")

    velocity = [np.zeros(w.shape) for w in (w1, w2, w3)]
    for step in range(args.steps):
        logits = logits_of(x)
        loss = (logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]).mean().named("loss")
        if step == 0:
            args.out.mkdir(parents=True, exist_ok=True)
            print("graph drawn to", render(loss, args.out / "graph.svg"))
        with no_grad():
            for w, v, g in zip((w1, w2, w3), velocity, grad(loss, [w1, w2, w3]), strict=True):
                v += g - 0.1 * v  # momentum 0.9
                w -= 0.05 * v
    accuracy = float((logits_of(x).numpy().argmax(1) == labels).mean())
    print(f"loss {loss.item():.4f}, accuracy {accuracy:.1%} after {args.steps} steps")
    return accuracy


if __name__ == "__main__":
    main()
