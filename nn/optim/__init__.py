"""Optimisers change parameters in place by their gradients."""

from typing import TYPE_CHECKING

from ..moved import ROOMS
from .adam import Adam, AdamW
from .adaptive import Adagrad, RMSprop
from .averaging import EMA
from .descent import SGD
from .groups import clip_grad_norm, clip_grad_value, parameter_groups
from .lbfgs import LBFGS
from .optimizer import Optimizer

if not TYPE_CHECKING:  # schedules, which were here
    __getattr__ = ROOMS.names_of("optim")

__all__ = [
    "EMA", "LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop",
    "clip_grad_norm", "clip_grad_value", "parameter_groups",
]  # fmt: skip
