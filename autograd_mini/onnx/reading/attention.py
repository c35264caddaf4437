"""ONNX's attention, rotary positions, and the linear attention of recurrent states."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .arrays import dtype_of
from .elements import kept
from .operators import operator
from .running import Call


def _heads(x: Any, heads: int | None, what: str) -> Any:
    """(N, L, heads · size) as (N, heads, L, size)."""
    if x.ndim == 4:
        return x
    if not heads or x.ndim != 3:
        raise ValueError(f"{what} {x.shape} needs four axes, or three and a number of heads")
    n, length, size = x.shape
    return f.transpose(f.reshape(x, (n, length, heads, size // heads)), (0, 2, 1, 3))


def _packed(x: Any) -> Any:
    n, heads, length, size = x.shape
    return f.reshape(f.transpose(x, (0, 2, 1, 3)), (n, length, heads * size))


def _shared(x: Any, heads: int) -> Any:
    """Keys or values for so many heads of queries, each for its group of them."""
    return x if x.shape[1] == heads else f.repeat(x, heads // x.shape[1], 1)


@operator("Attention")
def _attention(
    q: Any, k: Any, v: Any, mask: Any = None, past_key: Any = None, past_value: Any = None, filled: Any = None, *,
    is_causal: int = 0, q_num_heads: int | None = None, kv_num_heads: int | None = None, scale: float | None = None,
    softcap: float = 0.0, softmax_precision: int | None = None, qk_matmul_output_mode: int = 0,
    left_window_size: int = -1, right_window_size: int = -1, call: Call,
) -> Any:  # fmt: skip
    packed, dtype = q.ndim == 3, q.dtype
    q, k, v = _heads(q, q_num_heads, "Q"), _heads(k, kv_num_heads, "K"), _heads(v, kv_num_heads, "V")
    before = 0 if past_key is None else past_key.shape[2]
    k = k if past_key is None else f.concatenate((past_key, k), 2)
    v = v if past_value is None else f.concatenate((past_value, v), 2)
    present, lines, keys = (k, v), q.shape[2], k.shape[2]
    root = sqrt(1 / sqrt(q.shape[-1]) if scale is None else scale)
    scores = f.matmul(kept(q * root, dtype), f.swapaxes(kept(_shared(k, q.shape[1]) * root, dtype), -1, -2))
    shown = [scores]
    if softcap:
        scores = kept(softcap * f.tanh(scores / softcap), dtype)
    shown.append(scores)
    seen = _allowed(lines, keys, before, filled, is_causal, left_window_size, right_window_size)
    if mask is not None and mask.dtype.kind == "b":
        boolean = np.asarray(bare(mask))
        beyond = [(0, 0)] * (boolean.ndim - 1) + [(0, keys - boolean.shape[-1])]
        seen = seen & np.pad(boolean, beyond)
    elif mask is not None:
        beyond = [(0, 0)] * (mask.ndim - 1) + [(0, keys - mask.shape[-1])]
        scores = scores + kept(f.pad(mask, tuple(beyond), value=-np.inf) if beyond[-1][1] else mask, dtype)
    if not np.all(seen):
        scores = f.where(seen, scores, np.array(-np.inf, dtype))
    shown.append(scores)
    wide = kept(scores, dtype if softmax_precision is None else dtype_of(softmax_precision))
    none = np.isneginf(np.asarray(bare(wide))).all(-1, keepdims=True)
    if none.any():
        wide = f.where(none, np.zeros((), wide.dtype), wide)
    shares = kept(f.softmax(wide, -1), dtype)
    shares = f.where(none, np.zeros((), dtype), shares) if none.any() else shares
    shown.append(shares)
    found = f.matmul(shares, _shared(v, q.shape[1]))
    return (_packed(found) if packed else found), *present, shown[qk_matmul_output_mode]


def _allowed(lines: int, keys: int, before: int, filled: Any, causal: int, left: int, right: int) -> Any:
    """Which key each query may see, by places alone: (lines, keys), or with a batch and an axis of heads before."""
    place, key = np.arange(lines)[:, None] + before, np.arange(keys)[None]
    seen = np.ones((lines, keys), bool)
    if filled is not None:
        many = np.asarray(bare(filled)).reshape(-1, 1, 1, 1)
        seen = np.broadcast_to(key < many, (len(many), 1, lines, keys))
        place = np.arange(lines)[:, None] + (many - lines)
    if causal:
        seen = seen & (key <= place)
    if left >= 0:
        seen = seen & (key >= place - left)
    if right >= 0:
        seen = seen & (key <= place + right)
    return seen


@operator("FlexAttention", domain="ai.onnx.preview")
def _flex_attention(
    q: Any, k: Any, v: Any, *, scale: float | None = None, softmax_precision: int | None = None, score_mod: Any = None,
    prob_mod: Any = None, call: Call,
) -> Any:  # fmt: skip
    wide = np.promote_types(q.dtype, np.float32) if softmax_precision is None else dtype_of(softmax_precision)
    scores = f.matmul(kept(q, wide), f.swapaxes(kept(_shared(k, q.shape[1]), wide), -1, -2))
    scores = scores * (1 / sqrt(q.shape[-1]) if scale is None else scale)
    scores = kept(scores, wide) if score_mod is None else call.run(score_mod, kept(scores, wide))[0]
    shares = f.softmax(scores, -1)
    shares = shares if prob_mod is None else call.run(prob_mod, shares)[0]
    return kept(f.matmul(shares, kept(_shared(v, q.shape[1]), wide)), q.dtype)


@operator("RotaryEmbedding")
def _rotary(
    x: Any, cos: Any, sin: Any, places: Any = None, *, interleaved: int = 0, num_heads: int = 0,
    rotary_embedding_dim: int = 0,
) -> Any:  # fmt: skip
    packed = x.ndim == 3
    x = _heads(x, num_heads, "X")
    turned = rotary_embedding_dim or x.shape[-1]
    if places is not None:
        cos, sin = (f.take(one, np.asarray(bare(places)), 0) for one in (cos, sin))
    if cos.shape[-1] != turned // 2 or sin.shape[-1] != turned // 2:
        raise ValueError(f"cosines {cos.shape} and sines {sin.shape} are not of {turned // 2} angles")
    cos, sin = f.expand_dims(cos, (1,)), f.expand_dims(sin, (1,))
    first = slice(0, turned, 2) if interleaved else slice(0, turned // 2)
    second = slice(1, turned, 2) if interleaved else slice(turned // 2, turned)
    a, b = f.getitem(x, (..., first)), f.getitem(x, (..., second))
    real, other = cos * a - sin * b, sin * a + cos * b
    if interleaved:
        rotated = f.reshape(f.stack((real, other), -1), (*x.shape[:-1], turned))
    else:
        rotated = f.concatenate((real, other), -1)
    found = rotated if turned == x.shape[-1] else f.concatenate((rotated, f.getitem(x, (..., slice(turned, None)))), -1)
    return _packed(found) if packed else found


@operator("LinearAttention")
def _linear_attention(
    q: Any, k: Any, v: Any, state: Any = None, decay: Any = None, beta: Any = None, *, q_num_heads: int,
    kv_num_heads: int, scale: float = 0.0, update_rule: str = "gated_delta", chunk_size: int = 64,
) -> Any:  # fmt: skip
    if update_rule not in ("linear", "gated", "delta", "gated_delta"):
        raise ValueError(f"there is no update_rule {update_rule!r}")
    dtype = q.dtype
    q, k, v = _heads(q, q_num_heads, "query"), _heads(k, kv_num_heads, "key"), _heads(v, kv_num_heads, "value")
    n, heads, steps, size = k.shape
    factor = scale or 1 / sqrt(size)
    now = np.zeros((n, heads, size, v.shape[-1]), dtype) if state is None else state
    gates = None if decay is None or "gated" not in update_rule else f.exp(_heads(decay, heads, "decay"))
    rates = None if beta is None or "delta" not in update_rule else f.transpose(beta, (0, 2, 1))
    lines = []
    for t in range(steps):
        key, value = (f.expand_dims(f.getitem(one, (slice(None), slice(None), t)), (-1,)) for one in (k, v))
        if gates is not None:
            now = now * f.expand_dims(f.getitem(gates, (slice(None), slice(None), t)), (-1,))
        new = f.swapaxes(value, -1, -2)
        if rates is not None:
            new = new - f.matmul(f.swapaxes(key, -1, -2), now)
            new = new * f.reshape(f.getitem(rates, (..., t)), (n, -1, 1, 1))
        now = now + key * new
        query = f.expand_dims(f.getitem(q, (slice(None), slice(None), t)), (-2,))
        lines.append(f.matmul(query * factor, _shared(now, q.shape[1])))
    return _packed(kept(f.concatenate(lines, 2), dtype)), kept(now, dtype)
