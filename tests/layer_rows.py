"""Every layer, a row each: how it is made, PyTorch's own, and what both are given. `test_layer_table` tries them."""

from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
import torch

import nn


@dataclass(frozen=True)
class Row:
    name: str
    given: tuple
    inputs: tuple  # shapes of normal numbers, or arrays as they are
    options: dict = field(default_factory=dict)
    theirs: Any = None  # PyTorch's layer, where it is called otherwise
    draws: bool = False  # random numbers while training
    first: bool = False  # only the first of several results has a gradient

    @property
    def id(self):
        options = [f"{key}={value}" for key, value in self.options.items()]
        return f"{self.name}({', '.join([*map(str, self.given), *options])})"

    def ours(self, dtype=np.float64, **more):
        kind = getattr(nn, self.name)
        weights = {"dtype": dtype} if "dtype" in signature(kind).parameters else {}
        return kind(*self.given, **self.options, **weights, **more)

    def pytorch(self):
        layer = self.theirs or getattr(torch.nn, self.name)(*self.given, **self.options)
        return layer.double()

    def arrays(self, dtype=np.float64, seed=0):
        rng = np.random.default_rng(seed)
        return [a if isinstance(a, np.ndarray) else rng.standard_normal(a).astype(dtype) for a in self.inputs]


class Formula(torch.nn.Module):
    """A function of PyTorch's as a layer."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


def row(name, given, *inputs, theirs=None, draws=False, first=False, **options):
    return Row(name, given, inputs, options, theirs, draws, first)


rng = np.random.default_rng(1)
SIDES = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
MAPS = {n: (2, 4, *sides) for n, sides in SIDES.items()}
MODES = ("zeros", "reflect", "replicate", "circular")
PADS = ("Zero", "Reflection", "Replication", "Circular")
WORDS = ["ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "Mish", "SELU", "Hardswish", "Softsign",
         "Tanhshrink", "LogSigmoid", "GELU", "LeakyReLU", "ELU", "CELU", "Hardtanh", "Softplus", "Softshrink",
         "Hardshrink", "Identity"]  # fmt: skip

ROWS = [
    # ── convolutions ──
    *(row(f"Conv{n}d", (4, 6, 3, 2, 1, 2, 2, False), MAPS[n]) for n in SIDES),
    *(row(f"Conv{n}d", (4, 2, 3), MAPS[n], padding="same", padding_mode=mode) for n in SIDES for mode in MODES),
    *(row(f"Conv{n}d", (4, 8, 2), MAPS[n], padding="valid", groups=4) for n in SIDES),
    row("Conv2d", (4, 3, (2, 3), (1, 2), (0, 2), (2, 1)), MAPS[2], padding_mode="reflect"),
    row("Conv2d", (4, 3, (4, 2), 1, "same", (1, 3)), MAPS[2]),
    *(row(f"ConvTranspose{n}d", (4, 6, 3, 2, 1, 1, 2, True, 2), MAPS[n]) for n in SIDES),
    *(row(f"ConvTranspose{n}d", (4, 3, 2), MAPS[n], bias=False) for n in SIDES),
    # ── pools ──
    *(row(f"MaxPool{n}d", (3, 2, 1), MAPS[n]) for n in SIDES),
    *(row(f"MaxPool{n}d", (2, 2, 1, 2), MAPS[n], ceil_mode=True) for n in SIDES),
    *(row(f"MaxPool{n}d", (2,), MAPS[n], return_indices=True, first=True) for n in SIDES),
    *(row(f"AvgPool{n}d", (3, 2, 1), MAPS[n], ceil_mode=True, count_include_pad=False) for n in SIDES),
    *(row(f"AvgPool{n}d", (2,), MAPS[n], ceil_mode=True) for n in SIDES),
    row("AvgPool2d", ((3, 2), None, (1, 0)), MAPS[2], divisor_override=5),
    *(row(f"LPPool{n}d", (2, 2), MAPS[n], stride=1) for n in SIDES),
    *(row(f"AdaptiveAvgPool{n}d", (3,), MAPS[n]) for n in SIDES),
    *(row(f"AdaptiveMaxPool{n}d", (3,), MAPS[n], return_indices=True, first=True) for n in SIDES),
    row("AdaptiveAvgPool2d", ((None, 3),), MAPS[2]),
    row("MaxUnpool1d", (2,), (1, 1, 2), np.array([[[0, 3]]])),
    row("MaxUnpool2d", (2,), (1, 1, 2, 2), np.array([[[[0, 3], [9, 14]]]])),
    row("MaxUnpool3d", ((1, 2, 2),), (1, 1, 1, 1, 2), np.array([[[[[5, 2]]]]])),
    # ── borders, pixels, windows ──
    *(row(f"{kind}Pad{n}d", (1,), MAPS[n]) for kind in PADS for n in SIDES),
    *(row(f"{kind}Pad{n}d", (tuple(range(2 * n))[::-1],), (2, 3, *[7] * n)) for kind in PADS for n in SIDES),
    *(row(f"ConstantPad{n}d", (2, 1.5), MAPS[n]) for n in SIDES),
    row("Upsample", (), MAPS[1], scale_factor=2),
    row("Upsample", ((9, 5),), MAPS[2], mode="bicubic", align_corners=True),
    row("Upsample", (), MAPS[2], scale_factor=(2, 1.5), mode="bilinear", align_corners=False),
    row("PixelShuffle", (2,), MAPS[2]),
    row("PixelUnshuffle", (2,), (2, 3, 4, 6)),
    row("ChannelShuffle", (2,), MAPS[2]),
    row("Unfold", ((2, 3), 1, (1, 0), 2), MAPS[2]),
    row("Fold", ((5, 6), 2, 1, 1, (2, 1)), (2, 12, 21)),
    # ── norms ──
    *(row(f"BatchNorm{n}d", (4,), MAPS[n]) for n in SIDES),
    *(row(f"BatchNorm{n}d", (4, 1e-3, None), MAPS[n]) for n in SIDES),
    *(row(f"BatchNorm{n}d", (4,), MAPS[n], affine=False, track_running_stats=False) for n in SIDES),
    row("BatchNorm1d", (4,), (5, 4), momentum=0.3),
    *(row(f"InstanceNorm{n}d", (4,), MAPS[n]) for n in SIDES),
    *(row(f"InstanceNorm{n}d", (4, 1e-3, 0.3, True, True), MAPS[n]) for n in SIDES),
    row("LayerNorm", ((3, 4),), (2, 3, 4)),
    row("LayerNorm", (4, 1e-3), (2, 3, 4), bias=False),
    row("LayerNorm", (4,), (2, 4), elementwise_affine=False),
    row("RMSNorm", (4,), (2, 3, 4)),
    row("RMSNorm", ([3, 4], 1e-3), (2, 3, 4), elementwise_affine=False),
    row("GroupNorm", (2, 4), MAPS[2]),
    row("GroupNorm", (4, 4), (3, 4), affine=False),
    row("LocalResponseNorm", (3,), MAPS[2]),
    # ── activations ──
    *(row(word, (), (3, 4, 5)) for word in WORDS),
    # PyTorch's own multiplies gradients by a sixth in single precision
    row("Hardsigmoid", (), (3, 4), theirs=Formula(lambda x: torch.nn.functional.relu6(x + 3) / 6)),
    row("GELU", ("tanh",), (3, 4)),
    row("LeakyReLU", (0.3,), (3, 4)),
    row("ELU", (0.5,), (3, 4)),
    row("CELU", (0.5,), (3, 4)),
    row("Hardtanh", (-0.5, 0.7), (3, 4)),
    row("Softplus", (2.0, 1.0), (3, 4)),
    row("Softshrink", (0.2,), (3, 4)),
    row("Hardshrink", (0.2,), (3, 4)),
    row("Threshold", (0.1, 20.0), (3, 4)),
    row("PReLU", (), (3, 4, 5)),
    row("PReLU", (4,), (3, 4, 5)),
    row("RReLU", (0.1, 0.3), (3, 4), draws=True),
    *(row(word, (1,), (3, 4, 5)) for word in ("Softmax", "LogSoftmax", "Softmin", "GLU")),
    # ── linear ──
    row("Linear", (5, 3), (2, 4, 5)),
    row("Linear", (5, 3, False), (5,)),
    row("Bilinear", (3, 4, 2), (5, 3), (5, 4)),
    row("Flatten", (), MAPS[3]),
    row("Unflatten", (1, (2, 2)), MAPS[2]),
    # ── what is left out ──
    *(row(f"Dropout{n or ''}{'d' if n else ''}", (0.3,), MAPS[n or 1], draws=True) for n in range(4)),
    row("AlphaDropout", (0.3,), (3, 4), draws=True),
    # ── tables ──
    row("Embedding", (7, 3), rng.integers(0, 7, (4, 5))),
    row("Embedding", (7, 3), rng.integers(0, 7, (4, 5)), padding_idx=-2),
    *(row("EmbeddingBag", (7, 3), rng.integers(0, 7, (4, 5)), mode=mode) for mode in ("mean", "sum", "max")),
    row("EmbeddingBag", (7, 3), np.array([1, 2, 2, 0]), np.array([0, 3]), padding_idx=2),
    # ── recurrent ──
    row("RNN", (3, 4), (5, 2, 3), first=True),
    row("RNN", (3, 4, 2, "relu"), (5, 2, 3), first=True, bias=False),
    row("GRU", (3, 4, 2), (2, 5, 3), first=True, batch_first=True, bidirectional=True),
    row("GRU", (3, 4), (5, 3), first=True, bias=False),
    row("LSTM", (3, 4, 2), (5, 2, 3), first=True),
    row("LSTM", (3, 4), (2, 5, 3), first=True, batch_first=True, bidirectional=True),
    row("RNNCell", (3, 4, True, "relu"), (2, 3), (2, 4)),
    row("GRUCell", (3, 4), (2, 3), (2, 4)),
    row("LSTMCell", (3, 4, False), (2, 3), first=True),
    # ── attention ──
    row("MultiheadAttention", (8, 2), (4, 3, 8), (5, 3, 8), (5, 3, 8), first=True),
    row("MultiheadAttention", (8, 4, 0.0, False), (3, 4, 8), (3, 5, 6), (3, 5, 2), first=True, kdim=6, vdim=2,
        batch_first=True),
    row("TransformerEncoderLayer", (8, 2, 12, 0.0), (4, 3, 8)),
    row("TransformerEncoderLayer", (8, 2, 12, 0.0, "gelu"), (4, 3, 8), norm_first=True, batch_first=True, bias=False),
    row("TransformerDecoderLayer", (8, 2, 12, 0.0), (4, 3, 8), (5, 3, 8)),
    row("TransformerDecoderLayer", (8, 2, 12, 0.0, "gelu"), (4, 3, 8), (4, 5, 8), norm_first=True, batch_first=True,
        bias=False),
    row("Transformer", (8, 2, 1, 2, 12, 0.0), (5, 3, 8), (4, 3, 8)),
]  # fmt: skip
