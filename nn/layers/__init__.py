"""Layers: each is its fields and one line of mathematics. Images and feature maps are (N, C, H, W).

Layers with weights take `rng` (a NumPy Generator or a seed; fresh randomness if None), `init` for the weight (biases
begin at 0) and `dtype`. Share one Generator among a net's layers and the whole net is reproducible.
"""

from .activation import LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from .convolution import Conv2d, ConvTranspose2d
from .dropout import Dropout
from .linear import Flatten, Linear
from .normalisation import BatchNorm2d
from .pooling import AvgPool2d, MaxPool2d, MaxUnpool2d

__all__ = [
    "AvgPool2d",
    "BatchNorm2d",
    "Conv2d",
    "ConvTranspose2d",
    "Dropout",
    "Flatten",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MaxPool2d",
    "MaxUnpool2d",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
