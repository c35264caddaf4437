"""nn: modules, layers, losses, optimisers, data and a learner, built on autograd_mini alone.

Read on in this order: io (opening, safetensors_io, pickles, torch_file, hdf5_file, matching, weights), inspect
(notebook, summary, dry_run), data (preprocessing, transforms, datasets, splits, folder, segmentation),
substitution, running, init, parts, hooks, module, layers, fusion, containers, sequential, models (by_name, pretrained,
vgg, squeezenet, alexnet, resnet, densenet, mobilenet, unet, vit, gpt), losses, optim, schedules, training (generators,
checkpoint, lock, interruption, training_state, learner), functional_call.
"""

# ruff: noqa: F403 (rooms say what of them is public)

from typing import TYPE_CHECKING

from . import data, layers, losses, models, optim, schedules, training
from .containers import ModuleDict, ModuleList
from .data import *
from .functional_call import functional_call, gradcheck
from .hooks import gradient_hook
from .init import Parameter, he_normal, he_uniform, normal, xavier_normal, xavier_uniform, zeros
from .inspect import Summary
from .io import Match, read_notes, read_state, write_state
from .layers import *
from .losses import *
from .models import *
from .module import Module
from .moved import ROOMS
from .optim import *
from .schedules import *
from .sequential import Sequential
from .training import *

if not TYPE_CHECKING:  # who checks types is to know of no name but these
    __getattr__ = ROOMS.room

__all__ = [
    "Match", "Module", "ModuleDict", "ModuleList", "Parameter", "Sequential", "Summary", "functional_call", "gradcheck",
    "gradient_hook", "he_normal", "he_uniform", "normal", "read_notes", "read_state", "write_state", "xavier_normal",
    "xavier_uniform", "zeros",
]  # fmt: skip
__all__ += data.__all__
__all__ += layers.__all__
__all__ += losses.__all__
__all__ += models.__all__
__all__ += optim.__all__
__all__ += schedules.__all__
__all__ += training.__all__
