"""Attention layers: several heads that look at one another's values."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import generator
from autograd_mini.core.primitive import operand

from ..init import Initialiser, Rng, weight_and_bias, xavier_uniform
from .kinds import Kind
from .linear import Linear

__all__ = ["MultiheadAttention"]


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
        batch = 0 if self.batch_first else 1
        if key.shape[:-1] != value.shape[:-1] or (not single and key.shape[batch] != query.shape[batch]):
            raise ValueError(
                f"{name}: key {key.shape} and value {value.shape} must be equally many, in as many sequences as "
                f"query {query.shape}"
            )
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
