"""Pictures of the trained net: figures 6.1, 6.2 and 6.3 of the report, occlusion, mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import nn
import vis
from autograd_mini import render

SHOWN = 3  # pictures in each figure
MOST = 24  # mistakes


def mistakes(model: Any, data: nn.Subset, predicted: np.ndarray, classes: Sequence[str]) -> Image.Image | None:
    """The pictures that are classified wrongly, each with its label and the prediction."""
    wrong = np.flatnonzero(predicted != data.labels)[:MOST]
    if not len(wrong):
        return None
    shown = [vis.to_image(model.preprocess.shown(x), display="clip").resize((112, 112)) for x in data.inputs(wrong)]
    words = [f"{classes[data.labels[i]]}\ntaken for {classes[predicted[i]]}" for i in wrong]
    return vis.grid(shown, words, columns=6)


def telling(data: nn.Subset, logits: np.ndarray, of: int) -> np.ndarray:
    """The pictures of one class that the net is surest of, (SHOWN, C, H, W)."""
    sure = logits[:, of] - np.delete(logits, of, axis=1).max(axis=1)
    members = np.flatnonzero(data.labels == of)
    return data.inputs(members[np.argsort(-sure[members], kind="stable")[:SHOWN]])


def architecture(model: Any, x: np.ndarray, path: Path) -> None:
    """Figure 6.1: the net beside the deconvnet that looks into it. Raises RuntimeError where nothing can draw."""
    layers = [name for name, value in vis.activations(model, x[:1]).items() if value.ndim == 4]
    render(vis.mirror_graph(model, x[:1], layers[-1]), path)


def reconstructions(model: Any, x: np.ndarray) -> vis.Figure:
    """Figure 6.2: what the strongest channel of each layer responds to."""
    return vis.reconstructions(model, x, position="all")


def occlusions(model: Any, x: np.ndarray, of: int, classes: Sequence[str]) -> vis.Figure:
    """Where a grey square makes the net miss the class."""
    return vis.occlusion(model, x, target=of).figure(classes=classes)


def beside_vgg16(model: Any, x: np.ndarray, weights: Path) -> vis.Figure:
    """Figure 6.3: the same pictures in a full VGG-16, trained on ImageNet."""
    full = nn.VGG("vgg16", init=nn.zeros).load(weights)
    if full.preprocess is None:
        raise ValueError(f"{weights} does not say what its net wants to see; torchvision's and Keras's weights do")
    photos = [model.preprocess.shown(one) for one in x]
    inputs = {"this net": x, "VGG-16": np.stack([full.preprocess(photo) for photo in photos])}
    return vis.side_by_side({"this net": model, "VGG-16": full}, inputs, position="all")
