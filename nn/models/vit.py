"""Vision transformer: an image is a sequence of squares, which look at one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.core.primitive import operand

from ..init import Initialiser, Rng, normal, xavier_uniform
from ..io.matching import Translated
from ..layers import GELU, Conv2d, LayerNorm, MultiheadAttention
from ..module import Module
from ..sequential import Sequential
from .by_name import TORCHVISION, Factory, by_name

__all__ = [
    "VisionTransformer", "vit_b_16",
]  # fmt: skip


class EncoderBlock(Module):
    """Attention, then two linear layers; what either is given is normalised, and added to what it gives.

    (N, L, E) -> same. Source: Dosovitskiy et al. 2021, equations 2 and 3.
    """

    def __init__(self, make: Factory, features: int, heads: int, hidden: int, dropout: float) -> None:
        self.ln_1 = LayerNorm(features, 1e-6, dtype=make.dtype)
        self.self_attention = MultiheadAttention(features, heads, batch_first=True, **make.drawn)
        self.dropout, self.ln_2 = make.drop(dropout), LayerNorm(features, 1e-6, dtype=make.dtype)
        self.mlp = Sequential(
            make.linear(features, hidden), GELU(), make.drop(dropout), make.linear(hidden, features), make.drop(dropout)
        )

    def forward(self, x: Any) -> Tensor:
        """The sequence, each element having seen the others."""
        y = self.ln_1(x)
        x = x + self.dropout(self.self_attention(y, y, y, need_weights=False)[0])
        result: Tensor = x + self.mlp(self.ln_2(x))
        return result


class Encoder(Module):
    """Places added to a sequence, then blocks and a normalisation. (N, L, E) -> same."""

    def __init__(self, make: Factory, length: int, layers: int, features: int, *sizes: Any) -> None:
        places = normal((length, features), make.rng, make.dtype, std=0.02)[None]
        self.pos_embedding = Tensor(places, requires_grad=True, name="pos_embedding")
        self.dropout = make.drop(sizes[-1])
        blocks = {f"encoder_layer_{i}": EncoderBlock(make, features, *sizes) for i in range(layers)}
        self.layers, self.ln = Sequential(**blocks), LayerNorm(features, 1e-6, dtype=make.dtype)

    def forward(self, x: Any) -> Tensor:
        """The sequence behind the last block."""
        return self.ln(self.layers(self.dropout(x + self.pos_embedding)))


class VisionTransformer(Module):
    """A classifier that is a transformer over squares of an image, and one token more, which says what is seen.

    x (N, 3, H, W), of the size that `image_size` says -> logits (N, num_classes). Names are torchvision's, whose
    weights fit: class_token, conv_proj, encoder.pos_embedding, encoder.layers.encoder_layer_0.ln_1, …, heads.head.

    Arguments:
        image_size: pixels a side.
        patch_size: pixels a side of a square, which divides it.
        layers, heads, features, hidden: how many blocks there are, heads in each, numbers for each square, and numbers
            between the two linear layers of a block.
        dropout: the probability of dropping.
        num_classes: how many logits there are.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Dosovitskiy et al. 2021, table 1.

    Example:
        >>> net = nn.VisionTransformer(32, 8, layers=2, heads=2, features=12, hidden=24, num_classes=10, rng=0)
        >>> net(np.zeros((1, 3, 32, 32))).shape, net.encoder.pos_embedding.shape
        ((1, 10), (1, 17, 12))
    """

    preprocess = TORCHVISION

    def __init__(
        self,
        image_size: int = 224,
        patch_size: int = 16,
        *,
        layers: int = 12,
        heads: int = 12,
        features: int = 768,
        hidden: int = 3072,
        dropout: float = 0.0,
        num_classes: int = 1000,
        rng: Rng = None,
        init: Initialiser = xavier_uniform,
        dtype: Any = np.float32,
    ) -> None:
        make = Factory("VisionTransformer", rng, init, dtype)
        make.whole(image_size=image_size, patch_size=patch_size, layers=layers, heads=heads, features=features)
        if image_size % patch_size:
            raise ValueError(f"VisionTransformer: patch_size {patch_size} must divide image_size {image_size}")
        if features % heads:
            raise ValueError(f"VisionTransformer: {heads} heads must divide the {features} features")
        self.input_shape = (3, image_size, image_size)
        self.class_token = Tensor(np.zeros((1, 1, features), dtype), requires_grad=True, name="class_token")
        self.conv_proj = Conv2d(3, features, patch_size, patch_size, **make.drawn)
        count = (image_size // patch_size) ** 2
        self.encoder = Encoder(make, count + 1, layers, features, heads, hidden, dropout)
        self.heads = Sequential(head=make.linear(features, num_classes))

    def forward(self, x: Any) -> Tensor:
        """The logits of images x (N, 3, H, W)."""
        x = operand("VisionTransformer", x)
        if x.shape[1:] != self.input_shape:
            wanted = ", ".join(map(str, self.input_shape))
            raise ValueError(f"VisionTransformer: images {x.shape} must be (N, {wanted})")
        x = ag.flatten(self.conv_proj(x), 2).mT
        token = ag.broadcast_to(self.class_token, (len(x), 1, x.shape[2]))
        return self.heads(self.encoder(ag.concatenate([token, x], axis=1))[:, 0])

    def _translated(self, state: Mapping[str, Any]) -> Translated:
        """A state of ours; torchvision's first ones called the linear layers of a block otherwise."""
        ours = {name: name.replace("mlp.linear_1.", "mlp.0.").replace("mlp.linear_2.", "mlp.3.") for name in state}
        return Translated({ours[name]: value for name, value in state.items()}, {ours[name]: name for name in state})


@by_name
def vit_b_16(**drawn: Any) -> VisionTransformer:
    """ViT-B/16, with 86,567,656 parameters, for images of 224×224 pixels.

    Source: Dosovitskiy et al. 2021, table 1.

    Example:
        >>> len(nn.vit_b_16(init=nn.zeros).encoder.layers)
        12
    """
    return VisionTransformer(**drawn)
