"""Layers: each is its fields and one line of mathematics. Images and feature maps are (N, C, H, W).

Layers with weights take `rng` (a NumPy Generator or a seed; fresh randomness if None), `init` for the weight (biases
begin at 0) and `dtype`. Share one Generator among a net's layers and the whole net is reproducible.
"""

# ruff: noqa: F403 (each room says what of it is public)

from . import (
    activation,
    attention,
    convolution,
    dropout,
    embedding,
    linear,
    normalisation,
    padding,
    pooling,
    recurrent,
    resampling,
)
from .activation import *
from .attention import *
from .convolution import *
from .dropout import *
from .embedding import *
from .linear import *
from .normalisation import *
from .padding import *
from .pooling import *
from .recurrent import *
from .resampling import *

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += convolution.__all__
__all__ += dropout.__all__
__all__ += embedding.__all__
__all__ += linear.__all__
__all__ += normalisation.__all__
__all__ += padding.__all__
__all__ += pooling.__all__
__all__ += recurrent.__all__
__all__ += resampling.__all__
