"""Attention layers: several heads that look at one another's values, and the encoder of a transformer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import generator
from autograd_mini.core.primitive import operand

from ..init import Initialiser, Rng, weight_and_bias, xavier_uniform
from ..module import Module
from .dropout import Dropout
from .kinds import Kind
from .linear import Linear
from .normalisation import LayerNorm

__all__ = [
    "MultiheadAttention", "TransformerEncoder", "TransformerEncoderLayer",
]  # fmt: skip

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": ag.relu, "gelu": ag.gelu}


def _joined(masks: list[Any]) -> Any:
    """Masks of several kinds as one for `scaled_dot_product_attention`, True where one may look, or numbers to add."""
    masks = [~mask if mask.dtype.kind == "b" else mask for mask in masks]
    if all(mask.dtype.kind == "b" for mask in masks):
        return None if not masks else masks[0] if len(masks) == 1 else masks[0] & masks[1]
    added = [ag.where(mask, 0.0, -np.inf) if mask.dtype.kind == "b" else mask for mask in masks]
    return added[0] if len(added) == 1 else added[0] + added[1]


def _weights(q: Any, k: Any, mask: Any, is_causal: bool) -> Any:
    """softmax(q kᵀ / √E + mask), zeros where all keys are masked. q (..., L, E), k (..., S, E) -> (..., L, S)."""
    scores = ag.matmul(q, k.mT) * (q.shape[-1] ** -0.5)
    if is_causal:
        scores = ag.where(np.tri(*scores.shape[-2:]) > 0, scores, -np.inf)
    if mask is None:
        return ag.softmax(scores)
    scores = ag.where(mask, scores, -np.inf) if mask.dtype.kind == "b" else scores + ag.astype(mask, scores.dtype)
    some = ag.any(ag.not_equal(scores, -np.inf), axis=-1, keepdims=True)
    return ag.where(some, ag.softmax(ag.where(some, scores, 0.0)), 0.0)


class MultiheadAttention(Kind):
    """Several heads, each with projections of its own: softmax(Q Kᵀ / √d) V, joined and projected.

    query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> output (L, N, embed_dim), weights (N, L, S); with
    `batch_first` N comes first, and it may be missing. Parameters: in_proj_weight (3 · embed_dim, embed_dim), or
    q_proj_weight, k_proj_weight and v_proj_weight where the sizes differ; in_proj_bias; out_proj.weight, out_proj.bias.
    The call takes key_padding_mask (N, S) and attn_mask (L, S) or (N · num_heads, L, S): booleans, True where nobody
    may look, or numbers that are added to the scores; `is_causal` hides the keys behind each query. A
    query whose keys are all hidden gets weights of zero. Without `need_weights` nothing of the size L · S is made, and
    weights are None; with it they are the mean over heads, or each head's (N, num_heads, L, S) without
    `average_attn_weights`.

    Arguments:
        embed_dim: of queries and results; num_heads must divide it.
        num_heads: how many heads there are.
        dropout: the probability with which weights are dropped while training, 0 ≤ p < 1.
        bias: whether the projections have biases.
        kdim, vdim: of keys and values; None for embed_dim.
        batch_first: whether N is the first axis.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a probability, an initialiser or a dtype that means nothing.
    Source: Vaswani et al. 2017, section 3.2.2.

    Example:
        >>> attention, x = nn.MultiheadAttention(8, 2, batch_first=True, rng=0), np.ones((1, 5, 8))
        >>> y, weights = attention(x, x, x)
        >>> y.shape, weights.shape, weights.numpy()[0, 0].round(3)
        ((1, 5, 8), (1, 5, 5), array([0.2, 0.2, 0.2, 0.2, 0.2]))
    """

    embed_dim: int
    num_heads: int
    dropout: float
    batch_first: bool
    kdim: int
    vdim: int
    q_proj_weight: Tensor

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        rng: Rng = None,
        init: Initialiser = xavier_uniform,
        dtype: Any = np.float32,
    ) -> None:
        self._whole(embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ValueError(f"MultiheadAttention: {num_heads} heads must divide embed_dim {embed_dim}")
        self._dropping(dropout=dropout)
        self.rng = generator("MultiheadAttention", rng)
        self._flag("bias", bias)
        self._flags(batch_first=batch_first)
        sizes = {name: embed_dim if n is None else n for name, n in (("kdim", kdim), ("vdim", vdim))}
        self._whole(**sizes)
        made = (self.rng, init, dtype)
        shapes = {"q": embed_dim, "k": sizes["kdim"], "v": sizes["vdim"]}
        if set(shapes.values()) == {embed_dim}:
            shape, count = (3 * embed_dim, embed_dim), 3 * embed_dim if bias else None
            self.in_proj_weight, self.in_proj_bias = weight_and_bias("MultiheadAttention", shape, count, *made)
        else:
            for letter, n in shapes.items():
                own, _ = weight_and_bias("MultiheadAttention", (embed_dim, n), None, *made)
                setattr(self, f"{letter}_proj_weight", own)
            zeros = np.zeros(3 * embed_dim, self.q_proj_weight.dtype) if bias else None
            self.in_proj_bias = None if zeros is None else Tensor(zeros, requires_grad=True, name="in_proj_bias")
        self.out_proj = Linear(embed_dim, embed_dim, bias, rng=self.rng, init=init, dtype=dtype)

    def extra_repr(self) -> str:
        """The layer's arguments."""
        return f"{self.embed_dim}, {self.num_heads}, dropout={self.dropout}, batch_first={self.batch_first}"

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """What the heads see, and with which weights."""
        name, same = "MultiheadAttention", query is key is value
        query, key, value = (
            operand(f"{name}: {what}", x)
            for what, x in zip(("query", "key", "value"), (query, key, value), strict=True)
        )
        single = len(query.shape) == 2
        for what, x, n in (("query", query, self.embed_dim), ("key", key, self.kdim), ("value", value, self.vdim)):
            if len(x.shape) != (2 if single else 3) or x.shape[-1] != n:
                order = "(L, features)" if single else "(N, L, features)" if self.batch_first else "(L, N, features)"
                raise ValueError(f"{name}: {what} {x.shape} must be {order} with {n} features")
        q, k, v = self._projected(query, key, value, same)
        q, k, v = (self._heads(x, single) for x in (q, k, v))  # (N, H, L, E / H)
        n, length, count = q.shape[0], q.shape[2], k.shape[2]
        mask = _joined(self._masks(attn_mask, key_padding_mask, single, n, length, count))
        p = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            weights = ag.dropout(_weights(q, k, mask, is_causal), p, rng=self.rng)
            heads = ag.matmul(weights, v)
            weights = ag.mean(weights, axis=1) if average_attn_weights else weights
            weights = weights[0] if single else weights
        else:
            heads = ag.scaled_dot_product_attention(q, k, v, mask, p, is_causal, rng=self.rng)
        joined = ag.permute_dims(heads, (0, 2, 1, 3) if self.batch_first or single else (2, 0, 1, 3))
        joined = joined.reshape((*joined.shape[:2], self.embed_dim))
        return self.out_proj(joined[0] if single else joined), weights

    def _projected(self, query: Any, key: Any, value: Any, same: bool) -> tuple[Any, Any, Any]:
        """Queries, keys and values of all heads side by side."""
        e, bias = self.embed_dim, self.in_proj_bias
        if same and hasattr(self, "in_proj_weight"):
            return tuple(ag.split(ag.linear(query, self.in_proj_weight, bias), 3, axis=-1))  # type: ignore[return-value]
        parts = [slice(i * e, (i + 1) * e) for i in range(3)]
        if hasattr(self, "in_proj_weight"):
            weights = [self.in_proj_weight[part] for part in parts]
        else:
            weights = [getattr(self, f"{letter}_proj_weight") for letter in "qkv"]
        biases = [None if bias is None else bias[part] for part in parts]
        q, k, v = (ag.linear(*three) for three in zip((query, key, value), weights, biases, strict=True))
        return q, k, v

    def _heads(self, x: Any, single: bool) -> Any:
        """(N, L, E) or (L, N, E) or (L, E) as (N, H, L, E / H)."""
        x = x[None] if single else x
        x = x.reshape((*x.shape[:2], self.num_heads, self.embed_dim // self.num_heads))
        return ag.permute_dims(x, (0, 2, 1, 3) if self.batch_first or single else (1, 2, 0, 3))

    def _masks(self, attn: Any, padding: Any, single: bool, n: int, length: int, count: int) -> list[Any]:
        """The masks that there are, as they broadcast to (N, H, L, S)."""
        found, h = [], self.num_heads
        if attn is not None:
            attn = operand("MultiheadAttention: attn_mask", attn)
            if attn.shape not in ((length, count), (n * h, length, count)):
                raise ValueError(
                    f"MultiheadAttention: attn_mask {attn.shape} must be {(length, count)} or {(n * h, length, count)}"
                )
            found.append(attn if len(attn.shape) == 2 else attn.reshape((n, h, length, count)))
        if padding is not None:
            padding = operand("MultiheadAttention: key_padding_mask", padding)
            wanted = (count,) if single else (n, count)
            if padding.shape != wanted:
                raise ValueError(f"MultiheadAttention: key_padding_mask {padding.shape} must be {wanted}")
            found.append(padding.reshape((n, 1, 1, count)))
        for mask in found:
            if mask.dtype.kind not in "bf":
                raise TypeError(f"MultiheadAttention: masks must be booleans or floating numbers, not {mask.dtype}")
        return found


class TransformerEncoderLayer(Kind):
    """Attention of a sequence to itself, then two linear layers, each added to what it was given and normalised.

    src (L, N, d_model), with `batch_first` (N, L, d_model) -> same. The call takes src_mask and src_key_padding_mask,
    which are MultiheadAttention's attn_mask and key_padding_mask, and is_causal.

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

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=0)
        >>> layer(np.ones((1, 5, 8)), is_causal=True).shape
        (1, 5, 8)
    """

    d_model: int
    nhead: int
    dim_feedforward: int
    norm_first: bool

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
        drawn: Any = {"rng": generator("TransformerEncoderLayer", rng), "init": init, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **drawn)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **drawn)
        self.dropout = Dropout(dropout, rng=drawn["rng"])
        self.linear2 = Linear(dim_feedforward, d_model, bias, **drawn)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1, self.dropout2 = Dropout(dropout, rng=drawn["rng"]), Dropout(dropout, rng=drawn["rng"])

    def extra_repr(self) -> str:
        """The layer's arguments."""
        sizes = f"{self.d_model}, {self.nhead}, dim_feedforward={self.dim_feedforward}"
        return f"{sizes}, activation={self.activation!r}, norm_first={self.norm_first}"

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """The sequence, each element having seen the others."""
        masks = (src_key_padding_mask, False, src_mask, True, is_causal)

        def look(x: Any) -> Any:
            return self.dropout1(self.self_attn(x, x, x, *masks)[0])

        def think(x: Any) -> Any:
            act = ACTIVATIONS[self.activation] if isinstance(self.activation, str) else self.activation
            return self.dropout2(self.linear2(self.dropout(act(self.linear1(x)))))

        if self.norm_first:
            x: Tensor = src + look(self.norm1(src))
            x = x + think(self.norm2(x))
        else:
            x = self.norm1(src + look(src))
            x = self.norm2(x + think(x))
        return x


class TransformerEncoder(Kind):
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

    num_layers: int

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        for what, part in (("encoder_layer", encoder_layer), ("norm", norm)):
            if not isinstance(part, Module) and (what != "norm" or part is not None):
                raise TypeError(f"TransformerEncoder: {what} must be a Module, not {type(part).__name__}")
        self._whole(num_layers=num_layers)
        rngs = [getattr(part, "rng", None) for _, part in encoder_layer.named_modules()]
        kept = {id(rng): rng for rng in rngs if rng is not None}  # one stream of numbers for all of the copies
        self.layers = [copy.deepcopy(encoder_layer, dict(kept)) for _ in range(num_layers)]
        self.norm = norm

    def extra_repr(self) -> str:
        """Nothing: its layers are printed."""
        return ""

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Tensor:
        """The sequence behind the last layer."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        y: Tensor = src if self.norm is None else self.norm(src)
        return y
