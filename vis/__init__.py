"""vis: looking into convolutional nets with the tape's own walk. A model is anything whose activations carry names.

Read on in this order: rules, activations, reach, receptive, top, conventions, deconvnet, mirror, pictures, figure,
patches, answers, occlusion, invariance, similarity, randomised, sanity, units, figures, pages, panels, tour, report.
"""

from .activations import activations, record
from .deconvnet import DeconvNet, MirroredLayer, project
from .figure import Figure
from .figures import across_checkpoints, reconstructions, side_by_side
from .invariance import Invariance, invariance
from .mirror import mirror_graph
from .occlusion import Occlusion, occlusion
from .patches import patches
from .pictures import common_scale, grid, to_image
from .randomised import randomised
from .receptive import ReceptiveField, receptive_field
from .report import report
from .rules import DECONVNET, GRADIENT, GUIDED, LINEAR
from .sanity import Sanity, sanity_check
from .similarity import Similarity, similarity
from .top import TopActivations, top_activations

__all__ = [
    "DECONVNET",
    "GRADIENT",
    "GUIDED",
    "LINEAR",
    "DeconvNet",
    "Figure",
    "Invariance",
    "MirroredLayer",
    "Occlusion",
    "ReceptiveField",
    "Sanity",
    "Similarity",
    "TopActivations",
    "across_checkpoints",
    "activations",
    "common_scale",
    "grid",
    "invariance",
    "mirror_graph",
    "occlusion",
    "patches",
    "project",
    "randomised",
    "receptive_field",
    "reconstructions",
    "record",
    "report",
    "sanity_check",
    "side_by_side",
    "similarity",
    "to_image",
    "top_activations",
]
