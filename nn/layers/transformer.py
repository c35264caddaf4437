"""Transformers: layers that attend and think, stacks of them, an encoder with a decoder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import check_whole, generator

from ..init import Initialiser, Rng, xavier_uniform
from ..module import Module
from .attention import MultiheadAttention
from .dropout import Dropout
from .kinds import Kind
from .linear import Linear
from .normalisation import LayerNorm

__all__ = [
    "Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": ag.relu, "gelu": ag.gelu}


class _Layer(Kind):
    """What the layers of a transformer have in common: parts, each added to what it was given and normalised.

    Arguments:
        d_model: how many features there are.
        nhead: how many heads.
        dim_feedforward: how many features there are between the two linear layers.
        dropout: the probability of dropping while training, 0 ≤ p < 1.
        activation: between the linear layers, "relu", "gelu", or a function.
        layer_norm_eps: of the normalisations.
        batch_first: whether N is the first axis.
        norm_first: whether what goes in is normalised, instead of the sum.
        bias: whether linear layers and normalisations have biases.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Vaswani et al. 2017, section 3.1; with `norm_first`, Xiong et al. 2020.
    """

    attends: ClassVar[tuple[str, ...]] = ("self_attn",)
    """What its attention layers are called."""

    d_model: int
    nhead: int
    dim_feedforward: int
    norm_first: bool
    self_attn: MultiheadAttention

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        rng: Rng = None,
        init: Initialiser = xavier_uniform,
        dtype: Any = np.float32,
    ) -> None:
        self._whole(d_model=d_model, nhead=nhead, dim_feedforward=dim_feedforward)
        self._flags(norm_first=norm_first)
        if not callable(activation):
            self._choice("activation", activation, ACTIVATIONS)
        self.activation = activation
        drawn: Any = {"rng": generator(type(self).__name__, rng), "init": init, "dtype": dtype}
        for name in self.attends:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **drawn))
        self.linear1 = Linear(d_model, dim_feedforward, bias, **drawn)
        self.dropout = Dropout(dropout, rng=drawn["rng"])
        self.linear2 = Linear(dim_feedforward, d_model, bias, **drawn)
        for i in range(len(self.attends) + 1):
            setattr(self, f"norm{i + 1}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
            setattr(self, f"dropout{i + 1}", Dropout(dropout, rng=drawn["rng"]))

    def extra_repr(self) -> str:
        """The layer's arguments."""
        sizes = f"{self.d_model}, {self.nhead}, dim_feedforward={self.dim_feedforward}"
        return f"{sizes}, activation={self.activation!r}, norm_first={self.norm_first}"

    def _through(self, x: Any, *parts: Callable[[Any], Any]) -> Any:
        """Each part's result added to what it was given, and normalised."""
        for i, part in enumerate((*parts, self._think), 1):
            norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
            x = x + dropout(part(norm(x))) if self.norm_first else norm(x + dropout(part(x)))
        return x

    def _think(self, x: Any) -> Any:
        act = ACTIVATIONS[self.activation] if isinstance(self.activation, str) else self.activation
        return self.linear2(self.dropout(act(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then two linear layers, each added to what it was given and normalised.

    src (L, N, d_model), with `batch_first` (N, L, d_model) -> same. The call takes src_mask and src_key_padding_mask,
    which are MultiheadAttention's attn_mask and key_padding_mask, and is_causal.

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=0)
        >>> layer(np.ones((1, 5, 8)), is_causal=True).shape
        (1, 5, 8)
    """

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """The sequence, each element having seen the others."""
        masks = (src_key_padding_mask, False, src_mask, True, is_causal)
        y: Tensor = self._through(src, lambda x: self.self_attn(x, x, x, *masks)[0])
        return y


class TransformerDecoderLayer(_Layer):
    """Attention to itself, to an encoder's results, two linear layers, each added to what it was given and normalised.

    tgt (T, N, d_model), memory (S, N, d_model), with `batch_first` N first -> as tgt. The call takes tgt_mask (T, T),
    memory_mask (T, S), tgt_key_padding_mask (N, T) and memory_key_padding_mask (N, S), which are MultiheadAttention's,
    tgt_is_causal and memory_is_causal.

    Example:
        >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True, rng=0)
        >>> layer(np.ones((1, 3, 8)), np.ones((1, 5, 8)), tgt_is_causal=True).shape
        (1, 3, 8)
    """

    attends = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence, each element having seen the others and the memory."""
        own = (tgt_key_padding_mask, False, tgt_mask, True, tgt_is_causal)
        others = (memory_key_padding_mask, False, memory_mask, True, memory_is_causal)
        y: Tensor = self._through(
            tgt,
            lambda x: self.self_attn(x, x, x, *own)[0],
            lambda x: self.multihead_attn(x, memory, memory, *others)[0],
        )
        return y


class _Stack(Kind):
    """Layers of a transformer one after another, which begin as copies of one."""

    num_layers: int

    def _copies(self, what: str, layer: Any, num_layers: int, norm: Any) -> None:
        """Keep so many copies of a layer, which draw from its generators what is dropped, and a norm or None."""
        for said, part in ((what, layer), ("norm", norm)):
            if not isinstance(part, Module) and (said != "norm" or part is not None):
                raise TypeError(f"{type(self).__name__}: {said} must be a Module, not {type(part).__name__}")
        self._whole(num_layers=num_layers)
        rngs = [getattr(part, "rng", None) for _, part in layer.named_modules()]
        kept = {id(rng): rng for rng in rngs if rng is not None}  # one stream of numbers for all of the copies
        self.layers = [copy.deepcopy(layer, dict(kept)) for _ in range(num_layers)]
        self.norm = norm

    def extra_repr(self) -> str:
        """Nothing: its layers are printed."""
        return ""

    def _behind(self, x: Any, *others: Any, **named: Any) -> Tensor:
        """What the last layer gives, normalised if that is wanted; each layer is given the others too."""
        for layer in self.layers:
            x = layer(x, *others, **named)
        y: Tensor = x if self.norm is None else self.norm(x)
        return y


class TransformerEncoder(_Stack):
    """Several encoder layers one after another, which begin as copies of one.

    src (L, N, d_model), with the layer's `batch_first` (N, L, d_model) -> same. The call takes mask and
    src_key_padding_mask, as the layer does, and is_causal.

    Arguments:
        encoder_layer: the layer that is copied; the copies draw what is dropped from its generators.
        num_layers: how many copies there are.
        norm: a layer for the result, or None.
    Raises:
        ValueError, TypeError: for what is no layer, and no number of them.
    Source: Vaswani et al. 2017, section 3.1.

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=0)
        >>> nn.TransformerEncoder(layer, 3, nn.LayerNorm(8))(np.ones((1, 5, 8))).shape
        (1, 5, 8)
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        self._copies("encoder_layer", encoder_layer, num_layers, norm)

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Tensor:
        """The sequence behind the last layer."""
        return self._behind(src, mask, src_key_padding_mask, is_causal)


class TransformerDecoder(_Stack):
    """Several decoder layers one after another, which begin as copies of one and see the same memory.

    tgt (T, N, d_model), memory (S, N, d_model), with the layer's `batch_first` N first -> as tgt. The call takes masks
    as the layer does.

    Arguments:
        decoder_layer: the layer that is copied; the copies draw what is dropped from its generators.
        num_layers: how many copies there are.
        norm: a layer for the result, or None.
    Raises:
        ValueError, TypeError: for what is no layer, and no number of them.
    Source: Vaswani et al. 2017, section 3.1.

    Example:
        >>> layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True, rng=0)
        >>> nn.TransformerDecoder(layer, 3)(np.ones((1, 3, 8)), np.ones((1, 5, 8)), tgt_is_causal=True).shape
        (1, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        self._copies("decoder_layer", decoder_layer, num_layers, norm)

    def forward(self, tgt: Any, memory: Any, *masks: Any, **named: Any) -> Tensor:
        """The sequence behind the last layer."""
        return self._behind(tgt, memory, *masks, **named)


class Transformer(Kind):
    """An encoder, and a decoder that sees its results.

    src (S, N, d_model), tgt (T, N, d_model), with `batch_first` N first -> as tgt. The call takes src_mask, tgt_mask,
    memory_mask, src_key_padding_mask, tgt_key_padding_mask and memory_key_padding_mask, as TransformerEncoderLayer and
    TransformerDecoderLayer do, src_is_causal, tgt_is_causal and memory_is_causal. Embeddings, places and the last
    linear layer are the caller's.

    Arguments:
        d_model, nhead: features and heads of all layers.
        num_encoder_layers, num_decoder_layers: how many layers there are, with a LayerNorm behind the last.
        dim_feedforward, dropout, activation: as TransformerEncoderLayer takes them.
        custom_encoder, custom_decoder: modules that take their places, or None.
        layer_norm_eps, batch_first, norm_first, bias: as TransformerEncoderLayer takes them.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for arguments that mean nothing.
    Source: Vaswani et al. 2017, section 3.1.

    Example:
        >>> net = nn.Transformer(8, 2, 1, 1, 16, batch_first=True, rng=0)
        >>> net(np.ones((1, 5, 8)), np.ones((1, 3, 8)), tgt_is_causal=True).shape
        (1, 3, 8)
    """

    d_model: int
    nhead: int
    batch_first: bool
    encoder: Module
    decoder: Module

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
        dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable[[Any], Any] = "relu",
        custom_encoder: Module | None = None, custom_decoder: Module | None = None, layer_norm_eps: float = 1e-5,
        batch_first: bool = False, norm_first: bool = False, bias: bool = True,
        *, rng: Rng = None, init: Initialiser = xavier_uniform, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self._whole(d_model=d_model, nhead=nhead)
        self._flags(batch_first=batch_first)
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        drawn: Any = {"rng": generator("Transformer", rng), "init": init, "dtype": dtype}
        for what, given, count, stack, layer in (
            ("encoder", custom_encoder, num_encoder_layers, TransformerEncoder, TransformerEncoderLayer),
            ("decoder", custom_decoder, num_decoder_layers, TransformerDecoder, TransformerDecoderLayer),
        ):
            if not isinstance(given, Module | None):
                raise TypeError(f"Transformer: custom_{what} must be a Module or None, not {type(given).__name__}")
            if given is None:
                norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
                check_whole("Transformer", f"num_{what}_layers", count, 1)
                given = stack(layer(*sizes, **drawn), count, norm)
            setattr(self, what, given)

    def extra_repr(self) -> str:
        """Its sizes; its layers are printed."""
        return f"{self.d_model}, {self.nhead}, batch_first={self.batch_first}"

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool = False,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """What the decoder makes of `tgt`, having seen what the encoder made of `src`."""
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        paddings = (tgt_key_padding_mask, memory_key_padding_mask)
        y: Tensor = self.decoder(tgt, memory, tgt_mask, memory_mask, *paddings, tgt_is_causal, memory_is_causal)
        return y

    @staticmethod
    def generate_square_subsequent_mask(sz: int) -> Any:
        """A mask to be added that hides what comes later: 0 on the diagonal and before it, −inf behind it. (sz, sz).

        Arguments:
            sz: the length of the sequence.
        Returns:
            A float32 array.
        Raises:
            ValueError: for what is no length.

        Example:
            >>> nn.Transformer.generate_square_subsequent_mask(2)
            array([[  0., -inf],
                   [  0.,   0.]], dtype=float32)
        """
        check_whole("generate_square_subsequent_mask", "sz", sz, 1)
        return np.triu(np.full((sz, sz), -np.inf, np.float32), 1)
