"""What the digits example shows: the features that a digit excites, projected back to the pixels by `vis`."""

import numpy as np
from PIL import Image

import nn
import vis

ZOOM = 3


def pictures_of_features(model: nn.Module, digits: np.ndarray) -> Image.Image:
    """For each digit, the strongest channel of each layer (the strongest unit of fc_1) projected back to the pixels."""
    columns = [[vis.to_image(digit, display="clip", zoom=ZOOM) for digit in digits]]
    captions = [["digit"] * len(digits)]
    for layer, position in (("conv_1", "all"), ("conv_2", "all"), ("maxpool_1", "all"), ("fc_1", None)):
        pictures, scales = _column(vis.project(model, digits, layer, position=position))
        columns.append(pictures)
        captions.append([f"{layer}\n±{scale:.2g}" for scale in scales])
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
    """The first digits that were classified wrongly, each with its label and the prediction."""
    wrong = np.flatnonzero(predicted != labels)[:most]
    if not len(wrong):
        return vis.grid([Image.new("L", (1, 1))], ["none"])
    shown = [vis.to_image(digits[i], display="clip", zoom=ZOOM) for i in wrong]
    return vis.grid(shown, [f"{labels[i]} read as {predicted[i]}" for i in wrong], columns=10)


def _column(signals: np.ndarray) -> tuple[list[Image.Image], list[float]]:
    """One row of a figure: its pictures, each to a scale of its own, and these."""
    scales = [vis.common_scale([signal]) for signal in signals]
    return [vis.to_image(s, scale=scale, zoom=ZOOM) for s, scale in zip(signals, scales, strict=True)], scales


def _rows(columns: list[list[Image.Image]], captions: list[list[str]]) -> Image.Image:
    """The columns as rows: one row for each kind of picture."""
    return vis.grid([p for c in columns for p in c], [t for c in captions for t in c], columns=len(columns[0]))
