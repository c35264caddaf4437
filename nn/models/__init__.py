"""Nets by name: VGG and SqueezeNet, with weights trained elsewhere."""

from .squeezenet import GlobalAverage, SqueezeNet, squeezenet
from .vgg import VGG

__all__ = [
    "VGG",
    "GlobalAverage",
    "SqueezeNet",
    "squeezenet",
]
