"""Charts of a training by matplotlib, and how sure an accuracy is."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nn

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
except ImportError:
    sys.exit("this example draws charts by matplotlib; pip install 'autograd-mini[report]' brings it")


def learning_chart(history: nn.History, path: Path, held_out: str, marks: Mapping[float, str] | None = None) -> None:
    """Loss and accuracy by epoch, of training and validation. marks: what happened when, as vertical lines."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axes, key in ((left, "loss"), (right, "accuracy")):
        axes.plot(history["epoch"], history[key], "o-", ms=4, color="#35618f", label=f"training {key} (as trained)")
        axes.plot(
            history["epoch"], history[f"validation_{key}"], "s--", ms=4, color="#b5651d", label=f"{held_out} {key}"
        )
        for epoch, event in (marks or {}).items():
            axes.axvline(epoch, ls=":", color="grey", label=event)
        axes.set(xlabel="epoch", ylabel=key)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    write(figure, path)


def confusion_chart(labels: np.ndarray, predicted: np.ndarray, names: Sequence[str], path: Path) -> None:
    """How often each class was classified as which."""
    counts = np.zeros((len(names), len(names)), int)
    np.add.at(counts, (labels, predicted), 1)
    side = min(9.0, 3.2 + 0.2 * len(names))
    figure, axes = plt.subplots(figsize=(side, 0.9 * side), layout="constrained")
    axes.imshow(np.sqrt(counts), cmap="Blues")  # the square root, so that single mistakes show
    for (i, j), count in np.ndenumerate(counts):
        if count:
            dark = count > 0.4 * counts.max()
            axes.text(j, i, str(count), ha="center", va="center", color="white" if dark else "black")
    ticks = range(len(names))
    axes.set(xlabel="taken for", ylabel="is", xticks=ticks, yticks=ticks, xticklabels=names, yticklabels=names)
    write(figure, path)


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % confidence interval of a proportion (Wilson 1927)."""
    from scipy.stats import binomtest  # here, since it takes a second to import

    low, high = binomtest(right, count).proportion_ci(method="wilson")
    return float(low), float(high)


DARK = "<style>@media (prefers-color-scheme: dark) { svg { filter: invert(1) hue-rotate(180deg) } }</style>"
"""Light and dark change places, and every colour stays the one it is."""


def write(figure: Any, path: Path) -> Path:
    """A figure as a file, in a folder that is made if need be; where it is. An .svg has no ground, and a dark form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = path.suffix == ".svg"
    figure.savefig(path, transparent=drawn)
    plt.close(figure)
    if drawn:
        text = path.read_text(encoding="utf-8")
        begin = text.index(">", text.index("<svg")) + 1
        path.write_text(text[:begin] + DARK + text[begin:], encoding="utf-8")
    return path
