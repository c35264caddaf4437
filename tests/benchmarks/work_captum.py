"""How Captum looks into SqueezeNet: its deconvnet, guided backpropagation, gradient and occlusion."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from captum import attr
from torch import nn

from . import inputs, work_torch
from .nets import FIRES, NETS
from .work import Work

METHODS: dict[str, Callable[[Any], Any]] = {
    "deconvnet": attr.Deconvolution,
    "guided": attr.GuidedBackprop,
    "gradient": attr.Saliency,
    "occlusion": attr.Occlusion,
}


def start() -> dict[str, Any]:
    """What there is to know about this side."""
    from importlib.metadata import version

    warnings.simplefilter("ignore")  # Captum tells of hooks at every call
    return {**work_torch.start(channels_last=False), "versions": {"captum": version("captum")}}


class Fire(nn.Module):
    def __init__(self, channels: int, squeezed: int, out: int) -> None:
        super().__init__()
        self.squeeze1x1, self.relu_squeeze1x1 = nn.Conv2d(channels, squeezed, 1), nn.ReLU()
        self.expand1x1, self.relu_expand1x1 = nn.Conv2d(squeezed, out, 1), nn.ReLU()
        self.expand3x3, self.relu_expand3x3 = nn.Conv2d(squeezed, out, 3, padding=1), nn.ReLU()

    def forward(self, x: Any) -> Any:
        x = self.relu_squeeze1x1(self.squeeze1x1(x))
        return torch.cat([self.relu_expand1x1(self.expand1x1(x)), self.relu_expand3x3(self.expand3x3(x))], 1)


def squeezenet() -> nn.Module:
    """The net in modules, where Captum finds its ReLUs."""
    layers: dict[str, nn.Module] = {"conv1": nn.Conv2d(3, 64, 3, 2, 1), "relu1": nn.ReLU(), "pool1": nn.MaxPool2d(3, 2)}
    channels = 64
    for number, (squeezed, out) in enumerate(FIRES, 2):
        layers[f"fire{number}"] = Fire(channels, squeezed, out)
        channels = 2 * out
        if number in (3, 5):
            layers[f"pool{number}"] = nn.MaxPool2d(3, 2)
    layers |= {"conv10": nn.Conv2d(channels, 1000, 1), "relu10": nn.ReLU(), "mean": nn.AdaptiveAvgPool2d(1)}
    net = nn.Sequential()
    for name, layer in {**layers, "logits": nn.Flatten()}.items():
        net.add_module(name, layer)
    for name, parameter in net.named_parameters():
        parameter.data = torch.from_numpy(inputs.weights(name, tuple(parameter.shape)))
    return net.eval()


class Looking(Work):
    """A method of looking at the pixels behind one class."""

    def __init__(self, method: str, batch: int, target: int, size: int = 0, stride: int = 0) -> None:
        self.images, self.target, self.method = NETS["SqueezeNet"].inputs(batch)[0], target, method
        self.attribution = METHODS[method](squeezenet())
        self.how: dict[str, Any] = {"abs": False} if method == "gradient" else {}
        if method == "occlusion":
            self.how = {"sliding_window_shapes": (3, size, size), "strides": (3, stride, stride),
                        "perturbations_per_eval": 8}  # fmt: skip

    def results(self) -> dict[str, Any]:
        found = self.attribution.attribute(torch.from_numpy(self.images), target=self.target, **self.how)
        if self.method == "occlusion":  # pictures of how a class falls are made otherwise here
            return {"pictures": torch.tensor(len(found))}
        return {"pictures": found.detach()}


KINDS: dict[str, Callable[..., Work]] = {"look": Looking}
