"""Handwritten digits by a small residual net, from 4,000 of them that are never seen twice alike.

Every time that a digit is seen it is turned, sheared, moved, and bent as if by another hand. Run with
`python -m examples.digits_resnet`; out/digits_resnet has what it drew.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor

from . import charts
from .digits import load_digits
from .digits_page import ZOOM, pictures_of_mistakes

BATCH = 64


class Residual(nn.Module):
    """Two convolutions, whose result is added to what they are given. (N, C, H, W) -> (N, out, H/stride, W/stride)."""

    def __init__(self, into: int, out: int, stride: int, rng: np.random.Generator) -> None:
        conv = lambda channels, size, stride: nn.Conv2d(channels, out, size, stride, size // 2, bias=False, rng=rng)
        self.branch = nn.Sequential(
            conv1=conv(into, 3, stride),
            bn1=nn.BatchNorm2d(out),
            relu=nn.ReLU(),
            conv2=conv(out, 3, 1),
            bn2=nn.BatchNorm2d(out),
        )
        same = (into, 1) == (out, stride)
        self.shortcut = nn.Identity() if same else nn.Sequential(conv=conv(into, 1, stride), bn=nn.BatchNorm2d(out))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """The sum, rectified."""
        return self.relu(self.branch(x) + self.shortcut(x))


def residual_net(rng: np.random.Generator) -> nn.Sequential:
    """Three stages of 32, 64 and 128 channels, the mean of each, and one linear layer: 303,866 parameters."""
    return nn.Sequential(
        conv=nn.Conv2d(1, 16, 3, padding=1, bias=False, rng=rng), bn=nn.BatchNorm2d(16), relu=nn.ReLU(),
        stage1=Residual(16, 32, 2, rng), stage2=Residual(32, 64, 2, rng), stage3=Residual(64, 128, 2, rng),
        mean=nn.GlobalAverage(), fc=nn.Linear(128, 10, rng=rng),
    )  # fmt: skip


def by_another_hand(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each digit turned, scaled, sheared, moved and bent a little. (N, 1, H, W) -> same."""
    count = len(digits)
    matrices = np.eye(2, 3) + rng.normal(0, (0.1, 0.1, 0.08), (count, 2, 3))  # the last column moves, in half widths
    bends = rng.normal(0, 0.05, (count, 2, 5, 5))  # of 5 × 5 places, and between them by cubics
    with ag.no_grad():
        places = ag.affine_grid(matrices.astype(np.float32), digits.shape)
        bent = ag.interpolate(bends.astype(np.float32), size=digits.shape[2:], mode="bicubic")
        return ag.grid_sample(digits, places + bent.transpose(0, 2, 3, 1))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="600 digits, and four epochs")
    parser.add_argument("--out", type=Path, default=Path("out/digits_resnet"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)

    epochs = 4 if args.quick else args.epochs
    training, test = load_digits(600 if args.quick else 4000, args.seed)
    net = residual_net(np.random.default_rng(args.seed))
    optimizer = nn.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = epochs * -(-len(training) // BATCH)
    schedule = nn.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps)
    learner = nn.Learner(net, partial(nn.cross_entropy, label_smoothing=0.1), optimizer)
    started, computed = time.perf_counter(), time.process_time()
    varied = nn.Augmented(training, by_another_hand)
    learner.fit(varied, epochs=epochs, batch_size=BATCH, validation=test, schedule=schedule, seed=args.seed)
    seconds = f"{time.perf_counter() - started:.0f} s, {time.process_time() - computed:.0f} s of processors"

    predicted = learner.predict(test).argmax(1)
    right = int((predicted == test.labels).sum())
    low, high = charts.wilson(right, len(test))
    print(f"{sum(p.size for p in net.parameters()):,} parameters; {len(training)} digits {epochs} times in {seconds}")
    print(f"test accuracy {right / len(test):.2%} ({right} of {len(test)}; 95 % interval {low:.1%} to {high:.1%})")

    one_each = test.inputs([np.flatnonzero(test.labels == digit)[0] for digit in range(10)])
    rng = np.random.default_rng(args.seed)
    rows = [one_each, *(by_another_hand(one_each, rng) for _ in range(4))]
    captions = [name for name in ("as written", *["by another hand"] * 4) for _ in one_each]
    shown = [vis.to_image(digit, display="clip", zoom=ZOOM) for row in rows for digit in row]
    vis.grid(shown, captions, columns=len(one_each)).save(args.out / "hands.png")
    pictures_of_mistakes(test.inputs(np.arange(len(test))), test.labels, predicted).save(args.out / "mistakes.png")
    charts.learning_chart(learner.history, args.out / "learning.svg", "test")
    print(f"hands.png, mistakes.png and learning.svg are in {args.out}")


if __name__ == "__main__":
    main()
