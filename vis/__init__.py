"""vis: looking into convolutional nets with the tape's own walk. A model is anything whose activations carry names.

Read on in this order: rules, activations, deconvnet, mirror, pictures, figure.
"""

from .activations import activations, record
from .deconvnet import DeconvNet, MirroredLayer, project
from .figure import Figure
from .figures import across_checkpoints, reconstructions, side_by_side
from .mirror import mirror_graph
from .pictures import common_scale, grid, to_image
from .rules import DECONVNET, GRADIENT, GUIDED

__all__ = [
    "DECONVNET",
    "GRADIENT",
    "GUIDED",
    "DeconvNet",
    "Figure",
    "MirroredLayer",
    "across_checkpoints",
    "activations",
    "common_scale",
    "grid",
    "mirror_graph",
    "project",
    "reconstructions",
    "record",
    "side_by_side",
    "to_image",
]
