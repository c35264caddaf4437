"""What the digits example shows: charts by matplotlib, projections by `vis`, a page by jinja2."""

import math
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image

import nn
import vis

matplotlib.use("Agg")
from matplotlib import pyplot as plt

ZOOM = 3


def learning_chart(history: nn.History, path: Path) -> None:
    """Loss and accuracy by epoch, training beside test."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axes, key in ((left, "loss"), (right, "accuracy")):
        axes.plot(history["epoch"], history[key], "o-", color="#35618f", label=f"training {key} (dropout on)")
        axes.plot(history["epoch"], history[f"validation_{key}"], "s--", color="#b5651d", label=f"test {key}")
        axes.set(xlabel="epoch", ylabel=key)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    _write(figure, path)


def confusion_chart(labels: np.ndarray, predicted: np.ndarray, path: Path) -> None:
    """How often each digit was read as which."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, predicted), 1)
    figure, axes = plt.subplots(figsize=(5, 4.4), layout="constrained")
    axes.imshow(np.sqrt(counts), cmap="Blues")  # the square root, so that single mistakes show
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axes.text(j, i, str(count), ha="center", va="center", color="white" if count > 40 else "black")
    axes.set(xlabel="read as", ylabel="digit", xticks=range(10), yticks=range(10))
    _write(figure, path)


def pictures_of_features(model: nn.Module, digits: np.ndarray) -> Image.Image:
    """For each digit, the strongest channel of each layer (the strongest unit of fc_1) projected back to the pixels."""
    columns = [[vis.to_image(digit, display="clip", zoom=ZOOM) for digit in digits]]
    captions = [["digit"] * len(digits)]
    for layer, position in (("conv_1", "all"), ("conv_2", "all"), ("maxpool_1", "all"), ("fc_1", None)):
        pictures, scale = _column(vis.project(model, digits, layer, position=position))
        columns.append(pictures)
        captions.append([f"{layer}\n±{scale:.2g}"] * len(digits))
    return _rows(columns, captions)


def pictures_of_rules(model: nn.Module, untrained: nn.Module, digits: np.ndarray) -> Image.Image:
    """The strongest unit of fc_1 by three rules for the ReLU, and by the deconvnet of a net with random weights."""
    columns = [[vis.to_image(digit, display="clip", zoom=ZOOM) for digit in digits]]
    captions = [["digit"] * len(digits)]
    trained = vis.project(model, digits, "fc_1")
    for name, net, rules in (
        ("deconvnet", model, vis.DECONVNET),
        ("gradient", model, vis.GRADIENT),
        ("guided", model, vis.GUIDED),
        ("random weights", untrained, vis.DECONVNET),
    ):
        projected = vis.project(net, digits, "fc_1", rules=rules)
        alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(projected, trained, strict=True)]
        columns.append(_column(projected)[0])
        captions.append([f"{name}\nr = {r:.2f}" for r in alike])
    return _rows(columns, captions)


def pictures_of_mistakes(digits: np.ndarray, labels: np.ndarray, predicted: np.ndarray, most: int = 30) -> Image.Image:
    """The first digits that were read wrongly, each with what it is and what it was read as."""
    wrong = np.flatnonzero(predicted != labels)[:most]
    if not len(wrong):
        return vis.grid([Image.new("L", (1, 1))], ["none"])
    shown = [vis.to_image(digits[i], display="clip", zoom=ZOOM) for i in wrong]
    return vis.grid(shown, [f"{labels[i]} read as {predicted[i]}" for i in wrong], columns=10)


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % confidence interval of a proportion (Wilson 1927)."""
    z, p = 1.96, right / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - half, middle + half


def _column(signals: np.ndarray) -> tuple[list[Image.Image], float]:
    """One column of a figure: all its pictures by one scale, and that scale."""
    scale = vis.common_scale(list(signals))
    return [vis.to_image(signal, scale=scale, zoom=ZOOM) for signal in signals], scale


def _rows(columns: list[list[Image.Image]], captions: list[list[str]]) -> Image.Image:
    """Columns laid on their side: one row for each kind of picture."""
    return vis.grid([p for c in columns for p in c], [t for c in captions for t in c], columns=len(columns[0]))


def _write(figure: Any, path: Path) -> None:
    figure.savefig(path)
    plt.close(figure)
