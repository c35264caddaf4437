"""Layers: each is its fields and one line of mathematics. Images and feature maps are (N, C, H, W).

Layers with weights take `rng` (a NumPy Generator or a seed; fresh randomness if None), `init` for the weight (biases
begin at 0) and `dtype`. Share one Generator among a net's layers and the whole net is reproducible.
"""

# ruff: noqa: F403 (each room says what of it is public)

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
from .transformer import *
