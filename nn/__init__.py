"""nn: modules, layers, losses, optimisers, data and a learner, built on autograd_mini alone.

Read on in this order: io (opening, safetensors_io, pickles, torch_file, hdf5_file, matching, weights), inspect
(notebook, summary, dry_run), data (preprocessing, datasets, folder), substitution, running, module, init, layers,
fusion, sequential, models (pretrained, vgg, squeezenet), losses, optim, schedules, training (generators, checkpoint,
lock, interruption, training_state, learner), functional_call.
"""

from typing import TYPE_CHECKING

from .data import (
    ArrayData,
    Augmented,
    ImageFolder,
    Pictures,
    Preprocessing,
    Subset,
    batches,
    pictures_in,
    read_image,
    split,
)
from .functional_call import functional_call, gradcheck
from .init import he_normal, he_uniform, normal, xavier_normal, xavier_uniform, zeros
from .inspect import Summary
from .io import Match, read_notes, read_state, write_state
from .layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPool2d,
    MaxUnpool2d,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from .losses import cross_entropy, mse_loss
from .models import VGG, GlobalAverage, SqueezeNet, squeezenet
from .module import Module
from .moved import ROOMS
from .optim import SGD, Adam, AdamW, Optimizer
from .schedules import CosineAnnealingLR, ExponentialLR, Schedule, StepLR, WarmupLR
from .sequential import Sequential
from .training import Checkpoint, History, Learner, read_checkpoint, write_checkpoint

if not TYPE_CHECKING:  # who checks types is to know of no name but these
    __getattr__ = ROOMS.room

__all__ = [
    "SGD",
    "VGG",
    "Adam",
    "AdamW",
    "ArrayData",
    "Augmented",
    "AvgPool2d",
    "BatchNorm2d",
    "Checkpoint",
    "Conv2d",
    "ConvTranspose2d",
    "CosineAnnealingLR",
    "Dropout",
    "ExponentialLR",
    "Flatten",
    "GlobalAverage",
    "History",
    "ImageFolder",
    "LeakyReLU",
    "Learner",
    "Linear",
    "LogSoftmax",
    "Match",
    "MaxPool2d",
    "MaxUnpool2d",
    "Module",
    "Optimizer",
    "Pictures",
    "Preprocessing",
    "ReLU",
    "Schedule",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SqueezeNet",
    "StepLR",
    "Subset",
    "Summary",
    "Tanh",
    "WarmupLR",
    "batches",
    "cross_entropy",
    "functional_call",
    "gradcheck",
    "he_normal",
    "he_uniform",
    "mse_loss",
    "normal",
    "pictures_in",
    "read_checkpoint",
    "read_image",
    "read_notes",
    "read_state",
    "split",
    "squeezenet",
    "write_checkpoint",
    "write_state",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
