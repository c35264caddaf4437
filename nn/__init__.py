"""nn: modules, layers, losses, optimisers, data and a learner, built on autograd_mini alone.

Read on in this order: io (safetensors_io, weights), inspect (notebook, summary, dry_run), data (preprocessing,
datasets, folder), substitution, running, module, init, layers, fusion, sequential, models (pretrained, vgg,
squeezenet), losses, optim, schedules, training (generators, checkpoint, lock, interruption, training_state, learner),
functional_call.
"""

# ruff: noqa: F405 (the layers)

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
from .io import read_notes, read_state, write_state
from .layers import *  # noqa: F403 (layers are many; it says which)
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
    "CELU", "ELU", "GELU", "GLU", "SELU", "SGD", "VGG", "Adam", "AdamW", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AlphaDropout", "ArrayData",
    "Augmented", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "Bilinear",
    "ChannelShuffle", "Checkpoint", "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d",
    "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d",
    "ConvTranspose3d", "CosineAnnealingLR", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Embedding",
    "EmbeddingBag", "ExponentialLR", "Flatten", "Fold", "GlobalAverage", "GroupNorm", "Hardshrink", "Hardsigmoid",
    "Hardswish", "Hardtanh", "History", "Identity", "ImageFolder", "InstanceNorm1d", "InstanceNorm2d",
    "InstanceNorm3d", "LPPool1d", "LPPool2d", "LPPool3d", "LayerNorm", "LeakyReLU", "Learner", "Linear",
    "LocalResponseNorm", "LogSigmoid", "LogSoftmax", "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d",
    "MaxUnpool2d", "MaxUnpool3d", "Mish", "Module", "MultiheadAttention", "Optimizer", "PReLU", "Pictures",
    "PixelShuffle", "PixelUnshuffle", "Preprocessing", "RMSNorm", "RReLU", "ReLU", "ReLU6", "ReflectionPad1d",
    "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "Schedule",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "Softmin", "Softplus", "Softshrink", "Softsign", "SqueezeNet",
    "StepLR", "Subset", "Summary", "Tanh", "Tanhshrink", "Threshold", "TransformerEncoder",
    "TransformerEncoderLayer", "Unflatten", "Unfold", "Upsample", "WarmupLR", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
    "batches", "cross_entropy", "functional_call", "gradcheck", "he_normal", "he_uniform", "mse_loss", "normal",
    "pictures_in", "read_checkpoint", "read_image", "read_notes", "read_state", "split", "squeezenet",
    "write_checkpoint", "write_state", "xavier_normal", "xavier_uniform", "zeros",
]  # fmt: skip
