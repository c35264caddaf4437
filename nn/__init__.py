"""nn: modules, layers, losses, optimisers, data and a learner, built on autograd_mini alone.

Read on in this order: elsewhere (names of others); io (opening, safetensors_io, pickles, torch_file, hdf5_file,
matching, weights), inspect (notebook, summary, dry_run), data (preprocessing, transforms, datasets, splits, folder,
segmentation, adapter), substitution, running, init, making, parts, hooks, module, layers, fusion, containers,
sequential, folding, onnx (scope, naming, layers, part, building, net, torch_module), models (by_name, pretrained, vgg,
squeezenet, alexnet, resnet, densenet, mobilenet, unet, vit, gpt, recognised, reading), losses, optim (optimizer,
descent, adam, adaptive, groups, averaging, lbfgs), schedules (schedule, curves,
cycles, sequences), training (generators, checkpoint, lock, interruption, history, metrics, training_state, stops, logs,
options, stepping, rate_finder, learner), functional_call.
"""

# ruff: noqa: F403, F405 (rooms say what of them is public)

from typing import TYPE_CHECKING

from .containers import ModuleDict, ModuleList
from .data import *
from .folding import folded
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
from .onnx import OnnxNet, from_onnx, from_torch
from .optim import *
from .schedules import *
from .sequential import Sequential
from .training import *

if not TYPE_CHECKING:  # who checks types is to know of no name but these
    __getattr__ = ROOMS.room

__all__ = [
    "CELU", "ELU", "EMA", "GELU", "GLU", "GPT", "GRU", "LBFGS", "LSTM", "RNN", "SELU", "SGD", "VGG", "Adagrad",
    "Adam", "AdamW", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "AlexNet", "AlphaDropout", "ArrayData", "Augmented", "AvgPool1d",
    "AvgPool2d", "AvgPool3d", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d",
    "Bilinear", "CTCLoss", "ChannelShuffle", "Checkpoint", "CircularPad1d", "CircularPad2d", "CircularPad3d",
    "ConstantLR", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d",
    "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "CosineAnnealingLR", "CosineAnnealingWarmRestarts",
    "CosineEmbeddingLoss", "CrossEntropyLoss", "CyclicLR", "DenseNet", "Dropout", "Dropout1d", "Dropout2d",
    "Dropout3d", "EfficientNetLite", "Embedding", "EmbeddingBag", "ExponentialLR", "Flatten", "Fold", "GRUCell",
    "GaussianNLLLoss", "GlobalAverage", "GroupNorm", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh",
    "HingeEmbeddingLoss", "History", "HuberLoss", "Identity", "ImageFolder", "InstanceNorm1d", "InstanceNorm2d",
    "InstanceNorm3d", "KLDivLoss", "L1Loss", "LPPool1d", "LPPool2d", "LPPool3d", "LSTMCell", "LambdaLR",
    "LayerNorm", "LeakyReLU", "Learner", "Linear", "LinearLR", "LocalResponseNorm", "LogSigmoid", "LogSoftmax",
    "MSELoss", "MarginRankingLoss", "Match", "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d",
    "MaxUnpool3d", "Mish", "MobileNetV2", "Module", "ModuleDict", "ModuleList", "MultiLabelSoftMarginLoss",
    "MultiMarginLoss", "MultiStepLR", "MultiheadAttention", "MultiplicativeLR", "NLLLoss", "OneCycleLR", "OnnxNet",
    "Optimizer", "PReLU", "Parameter", "Pictures", "PixelShuffle", "PixelUnshuffle", "PoissonNLLLoss",
    "PolynomialLR", "Preprocessing", "RMSNorm", "RMSprop", "RNNCell", "RReLU", "RateSearch", "ReLU", "ReLU6",
    "ReduceLROnPlateau", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d",
    "ReplicationPad2d", "ReplicationPad3d", "ResNet", "Schedule", "Segmentation", "Sequential", "SequentialLR",
    "SiLU", "Sigmoid", "SmoothL1Loss", "SoftMarginLoss", "Softmax", "Softmin", "Softplus", "Softshrink",
    "Softsign", "SqueezeNet", "StepLR", "StopTraining", "Subset", "Summary", "Tanh", "Tanhshrink", "Threshold",
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder",
    "TransformerEncoderLayer", "TripletMarginLoss", "UNet", "Unflatten", "Unfold", "Upsample", "VisionTransformer",
    "WarmupLR", "ZFNet", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "alexnet", "batches", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "clip_grad_norm", "clip_grad_value", "confusion_matrix",
    "cosine_embedding_loss", "cross_entropy", "ctc_loss", "densenet121", "efficientnet_lite0", "f1_score",
    "focal_loss", "folded", "from_onnx", "from_torch", "functional_call", "gaussian_nll_loss", "gpt2", "gradcheck",
    "gradient_hook", "he_normal", "he_uniform", "hinge_embedding_loss", "huber_loss", "imagenet_classes", "kl_div",
    "l1_loss", "margin_ranking_loss",
    "mean_absolute_error", "mobilenet_v2", "mse_loss", "multi_margin_loss", "multilabel_soft_margin_loss",
    "nll_loss", "normal", "parameter_groups", "pictures_in", "poisson_nll_loss", "read_checkpoint", "read_image",
    "read_net",
    "read_notes", "read_state", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "roc_auc", "smooth_l1_loss", "soft_margin_loss", "softmax_focal_loss", "split", "squeezenet", "squeezenet1_0",
    "squeezenet1_1", "top_k_accuracy", "transforms", "triplet_margin_loss", "unet", "vgg11", "vgg11_bn", "vgg13",
    "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "vit_b_16", "write_checkpoint", "write_state",
    "xavier_normal", "xavier_uniform", "zeros", "zfnet",
]  # fmt: skip
