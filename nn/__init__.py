"""nn: modules, layers, losses, optimisers, data and a learner, built on autograd_mini alone.

Read on in this order: weights, notebook, summary, rehearsal, preprocessing, module, init, layers, fusion, sequential,
pretrained, vgg, squeezenet, losses, optim, data, folder, checkpoint, run, learner, checking.
"""

from .checking import functional_call, gradcheck
from .checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from .data import ArrayData, Augmented, Subset, batches, split
from .folder import ImageFolder, Pictures, pictures_in, read_image
from .init import he_normal, he_uniform, normal, xavier_normal, xavier_uniform, zeros
from .layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    MaxUnpool2d,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from .learner import Learner
from .losses import cross_entropy, mse_loss
from .module import Module
from .optim import SGD, Adam, AdamW, CosineAnnealingLR, ExponentialLR, Optimizer, Schedule, StepLR, WarmupLR
from .preprocessing import Preprocessing
from .run import History
from .sequential import Sequential
from .squeezenet import GlobalAverage, SqueezeNet, squeezenet
from .summary import Summary
from .vgg import VGG
from .weights import read_notes, read_state
from .writing import write_state

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
