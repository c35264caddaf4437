"""Layers with sizes, geometries, settings and dtypes that mean nothing: all are refused when the layer is made."""

import numpy as np

import nn

from .given import T, given, two_layers, ways


def made(name, *first):
    """{how: the layer made with other arguments behind the first, or by name}."""

    def call(args=first, **options):
        return getattr(nn, name)(*args, **options)

    return lambda calls: ways(call, calls)


CALLS = {
    "Conv1d": made("Conv1d", 2, 2, 3)({
        "a kernel of two": {"args": (2, 2, (3, 3))}, "padding before 0": {"padding": ((-1, 0),)},
        "dilation of 0": {"dilation": 0}, "channels of 0": {"args": (0, 2, 3)},
    }),
    "Conv3d": made("Conv3d", 2, 2, 3)({
        "a kernel of two": {"args": (2, 2, (3, 3))}, "groups of 3": {"groups": 3}, "of integers": {"dtype": int},
    }),
    "ConvTranspose2d": made("ConvTranspose2d", 2, 2, 3)({
        "padding same": {"padding": "same"}, "groups of 3": {"groups": 3}, "groups in words": {"groups": "a"},
    }),
    "MaxPool2d": made("MaxPool2d", 2)({
        "padding same": {"padding": "same"}, "return_indices in words": {"return_indices": "yes"},
        "dilation of 0": {"dilation": 0}, "ceil_mode None": {"ceil_mode": None},
    }),
    "AvgPool1d": made("AvgPool1d", 2)({
        "two windows": {"args": ((2, 2),)}, "divisor of 0": {"divisor_override": 0}, "padding": {"padding": 2},
    }),
    "LPPool2d": made("LPPool2d")({"norm of 0": {"args": (0, 2)}, "window of 0": {"args": (2, 0)}}),
    "AdaptiveAvgPool2d": made("AdaptiveAvgPool2d")({
        "size of 0": {"args": (0,)}, "three sizes": {"args": ((1, 2, 3),)}, "fractional size": {"args": (1.5,)},
    }),
    "BatchNorm1d": made("BatchNorm1d", 2)({
        "momentum below 0": {"momentum": -0.1}, "tracking in words": {"track_running_stats": "no"},
    }) | {"of images": lambda: given(nn.BatchNorm1d(2))(T(2, 2, 4, 4))},
    "InstanceNorm2d": made("InstanceNorm2d", 2)({"momentum None": {"momentum": None}}) | {
        "of one pixel": lambda: given(nn.InstanceNorm2d(2))(T(2, 2, 1, 1)),
        "of other channels": lambda: given(nn.InstanceNorm2d(2))(T(2, 3, 4, 4)),
    },
    "LayerNorm": made("LayerNorm", 2)({
        "of no axes": {"args": ((),)}, "of a fraction": {"args": (2.5,)}, "eps in words": {"eps": "a"},
        "bias None": {"bias": None},
    }),
    "RMSNorm": made("RMSNorm", 2)({"eps below 0": {"eps": -1}, "of 0": {"args": (0,)}}),
    "GroupNorm": made("GroupNorm")({"groups that do not divide": {"args": (2, 3)}, "no groups": {"args": (0, 3)}}),
    "LocalResponseNorm": made("LocalResponseNorm", 3)({"size of 0": {"args": (0,)}, "beta in words": {"beta": "a"}}),
    "GELU": made("GELU")({"approximate in other words": {"args": ("erf",)}}),
    "ELU": made("ELU")({"alpha in words": {"args": ("a",)}}),
    "CELU": made("CELU")({"alpha of 0": {"args": (0,)}}),
    "Hardtanh": made("Hardtanh")({"bounds exchanged": {"args": (1, -1)}}),
    "Softshrink": made("Softshrink")({"lambd below 0": {"args": (-1,)}}),
    "PReLU": made("PReLU")({"no parameters": {"args": (0,)}, "init in words": {"init": "a"}}),
    "RReLU": made("RReLU")({"bounds exchanged": {"args": (0.3, 0.1)}}),
    "GLU": made("GLU")({"along text": {"args": ("a",)}}),
    "Bilinear": made("Bilinear", 2, 3, 4)({"features of 0": {"args": (2, 0, 4)}, "bias in words": {"bias": "a"}}),
    "Unflatten": made("Unflatten")({
        "sizes in words": {"args": (1, "ab")}, "axis of a fraction": {"args": (1.5, (2,))},
    }),
    "Dropout2d": made("Dropout2d")({"of everything": {"args": (1.0,)}}),
    "ZeroPad2d": made("ZeroPad2d")({"three widths": {"args": ((1, 2, 3),)}, "below 0": {"args": (-1,)}}),
    "ConstantPad1d": made("ConstantPad1d")({"value in words": {"args": (1, "a")}}),
    "Upsample": made("Upsample")({
        "nothing": {}, "size and factor": {"size": 2, "scale_factor": 2}, "size of 0": {"size": 0},
        "unknown mode": {"size": 2, "mode": "cubic"}, "nearest with corners": {"size": 2, "align_corners": True},
    }),
    "PixelShuffle": made("PixelShuffle")({"factor of 0": {"args": (0,)}}),
    "Unfold": made("Unfold", 2)({"stride of 0": {"stride": 0}, "window of three": {"args": ((2, 2, 2),)}}),
    "Fold": made("Fold", 4, 2)({"size of 0": {"args": (0, 2)}, "padding below 0": {"padding": -1}}),
    "Embedding": made("Embedding", 4, 3)({
        "no rows": {"args": (0, 3)}, "padding beyond the rows": {"padding_idx": 4}, "of integers": {"dtype": int},
    }),
    "EmbeddingBag": made("EmbeddingBag", 4, 3)({"unknown mode": {"mode": "median"}}),
    "MultiheadAttention": made("MultiheadAttention", 8, 2)({
        "heads that do not divide": {"args": (8, 3)}, "dropout of 1": {"dropout": 1}, "kdim of 0": {"kdim": 0},
    }) | {
        "of other features": lambda: given(nn.MultiheadAttention(8, 2, rng=0))(T(3, 2, 8), T(3, 2, 7), T(3, 2, 8)),
        "a mask of another length": lambda: given(nn.MultiheadAttention(8, 2, rng=0))(
            *[T(3, 2, 8)] * 3, attn_mask=np.ones((3, 4), bool)
        ),
        "a mask of integers": lambda: given(nn.MultiheadAttention(8, 2, rng=0))(
            *[T(3, 2, 8)] * 3, attn_mask=np.ones((3, 3), int)
        ),
        "a decoder's memory of another batch": lambda: given(nn.TransformerDecoderLayer(8, 2, 4, rng=0))(
            T(3, 2, 8), T(5, 1, 8)
        ),
        "a decoder's memory of other features": lambda: given(nn.TransformerDecoderLayer(8, 2, 4, rng=0))(
            T(3, 2, 8), T(5, 2, 6)
        ),
        "keys hidden for others": lambda: given(nn.MultiheadAttention(8, 2, rng=0))(
            *[T(3, 2, 8)] * 3, key_padding_mask=np.ones((3, 3), bool)
        ),
    },
    "TransformerEncoderLayer": made("TransformerEncoderLayer", 8, 2, 4)({
        "unknown activation": {"activation": "tanh"}, "norm_first in words": {"norm_first": "no"},
    }),
    "TransformerEncoder": made("TransformerEncoder")({
        "of a class": {"args": (nn.TransformerEncoderLayer, 2)},
    }),
    "TransformerDecoderLayer": made("TransformerDecoderLayer", 8, 2, 4)({
        "no features between": {"args": (8, 2, 0)}, "norm_first in words": {"norm_first": "no"},
    }),
    "TransformerDecoder": made("TransformerDecoder")({
        "of a class": {"args": (nn.TransformerDecoderLayer, 2)}, "no layers": {"args": (nn.Identity(), 0)},
    }),
    "Transformer": made("Transformer", 8, 2)({
        "no layers": {"num_decoder_layers": 0}, "batch_first in words": {"batch_first": "no"},
        "a number as encoder": {"custom_encoder": 3},
    }),
    "generate_square_subsequent_mask": {
        "of no length": lambda: nn.Transformer.generate_square_subsequent_mask(0),
    },
    "RNN": made("RNN", 3, 4)({"unknown nonlinearity": {"nonlinearity": "sin"}, "no layers": {"num_layers": 0}}),
    "GRU": made("GRU", 3, 4)({"dropout of 1": {"dropout": 1}, "batch_first in words": {"batch_first": "no"}}) | {
        "of other features": lambda: given(nn.GRU(3, 4, rng=0))(T(5, 2, 4)),
        "first states of another batch": lambda: given(nn.GRU(3, 4, rng=0))(T(5, 2, 3), T(1, 3, 4)),
    },
    "LSTM": made("LSTM", 3, 4)({"states of 0": {"args": (3, 0)}, "of integers": {"dtype": int}}) | {
        "first states without cells": lambda: given(nn.LSTM(3, 4, rng=0))(T(5, 2, 3), T(1, 2, 4)),
    },
    "lstm": {
        "by a layer, lengths of another batch": lambda: given(nn.LSTM(3, 4, rng=0))(T(5, 2, 3), lengths=[5]),
        "by a layer, longer than there are steps": lambda: given(nn.LSTM(3, 4, rng=0))(T(5, 2, 3), lengths=[5, 6]),
    },
    "GRUCell": made("GRUCell", 3, 4)({"bias None": {"bias": None}}) | {
        "of a sequence": lambda: given(nn.GRUCell(3, 4, rng=0))(T(5, 2, 3)),
    },
    "CrossEntropyLoss": made("CrossEntropyLoss")({
        "smoothing of 2": {"label_smoothing": 2}, "unknown reduction": {"reduction": "avg"},
        "ignoring a fraction": {"ignore_index": 1.5},
    }),
    "HuberLoss": made("HuberLoss")({"delta of 0": {"delta": 0}}),
    "MultiMarginLoss": made("MultiMarginLoss")({"p of 3": {"p": 3}}),
    "CTCLoss": made("CTCLoss")({"blank below 0": {"blank": -1}}),
    "ModuleList": made("ModuleList")({"of text": {"args": (["relu"],)}}),
    "ModuleDict": made("ModuleDict")({"with a module called keys": {"args": ({"keys": nn.ReLU()},)}}),
    "Tensor": made("Parameter")({"a Parameter of integers": {"args": ([1, 2],)}}),
    "select": {"a path that there is not": lambda: two_layers().select("c.*")},
    "requires_grad_": {"in words": lambda: two_layers().requires_grad_("no")},
    "to": {"integers": lambda: two_layers().to(int), "another device": lambda: two_layers().to("cuda")},
    "register_forward_hook": {"of text": lambda: two_layers().register_forward_hook("print")},
    "register_buffer": {"with a dot in its name": lambda: two_layers().register_buffer("a.b", T(2))},
    "gradient_hook": {"of text": lambda: nn.gradient_hook(T(2), "print")},
}  # fmt: skip
