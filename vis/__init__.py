"""vis: looking into convolutional nets by backward passes. A model is anything whose activations carry names.

Read on in this order: errors, rules, relevance, record, receptive/ (what sees what), options, targets, predictions,
figures/ (pictures), attribution/ (its protocol, ways of looking, what questions them), wanted/, report/ (a page).
"""

from typing import TYPE_CHECKING

from .attribution.ablation import RISE, FeatureAblation
from .attribution.averaged import ExpectedGradients, IntegratedGradients, SmoothGrad
from .attribution.deconvnet import DeconvNet, MirroredLayer, MirroredNetwork
from .attribution.faithfulness import Faithfulness, faithfulness
from .attribution.gradcam import GradCAM, GradCAMPlusPlus, GuidedGradCAM
from .attribution.gradient import Gradient
from .attribution.input_times_gradient import InputTimesGradient
from .attribution.invariance import Invariance, invariance
from .attribution.lrp import LRP
from .attribution.mirror import mirror_graph
from .attribution.occlusion import Occlusion, occlusion
from .attribution.patches import patches
from .attribution.projection import Projection, project
from .attribution.protocol import Attribution, Target
from .attribution.randomised import randomised
from .attribution.reconstructions import across_checkpoints, reconstructions, side_by_side
from .attribution.sanity import Sanity, sanity_check
from .attribution.squares import SlidingSquare
from .attribution.top_activations import TopActivations, top_activations
from .figures.figure import Figure
from .figures.pictures import common_scale, grid, overlay, to_image
from .figures.similarity import Similarity, similarity
from .figures.unrolled import Unrolled, unrolled
from .moved import ROOMS
from .receptive import ReceptiveField, receptive_field
from .record import activations, record
from .relevance import lrp_alpha_beta, lrp_composite, lrp_epsilon, lrp_flat, lrp_gamma, lrp_wsquare, lrp_zbox, lrp_zplus
from .report import report
from .rules import DECONVNET, GRADIENT, GUIDED, LINEAR
from .wanted.descent import Wanted, activation_maximization, feature_inversion
from .wanted.sheets import feature_maps, filters

if not TYPE_CHECKING:  # who checks types is to know of no name but these
    __getattr__ = ROOMS.room

__all__ = [
    "DECONVNET",
    "GRADIENT",
    "GUIDED",
    "LINEAR",
    "LRP",
    "RISE",
    "Attribution",
    "DeconvNet",
    "ExpectedGradients",
    "Faithfulness",
    "FeatureAblation",
    "Figure",
    "GradCAM",
    "GradCAMPlusPlus",
    "Gradient",
    "GuidedGradCAM",
    "InputTimesGradient",
    "IntegratedGradients",
    "Invariance",
    "MirroredLayer",
    "MirroredNetwork",
    "Occlusion",
    "Projection",
    "ReceptiveField",
    "Sanity",
    "Similarity",
    "SlidingSquare",
    "SmoothGrad",
    "Target",
    "TopActivations",
    "Unrolled",
    "Wanted",
    "across_checkpoints",
    "activation_maximization",
    "activations",
    "common_scale",
    "faithfulness",
    "feature_inversion",
    "feature_maps",
    "filters",
    "grid",
    "invariance",
    "lrp_alpha_beta",
    "lrp_composite",
    "lrp_epsilon",
    "lrp_flat",
    "lrp_gamma",
    "lrp_wsquare",
    "lrp_zbox",
    "lrp_zplus",
    "mirror_graph",
    "occlusion",
    "overlay",
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
    "unrolled",
]
