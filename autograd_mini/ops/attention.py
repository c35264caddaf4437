"""Scaled dot-product attention in memory that grows with the length, not with its square.

Forward and backward pass go over blocks of queries. A block sees all its keys at once, so that its softmax is the plain
one; nothing of a block is saved, and the backward pass computes its weights again. A rule that is recorded, for second
derivatives, is made of operations on the whole matrix of weights.

Here queries are (B, G, L, E) and keys (B, S, E): the G heads of a group have their keys and values in common.
"""

from collections.abc import Iterator
from math import prod, sqrt
from typing import Annotated, Any

import numpy as np

from ..arguments import Flag, Parameter, Plain, Real, Rng, generator, is_real
from ..core.primitive import operand
from ..core.tape import Value
from ..kernels.parallel import each, spread
from .arithmetic import matmul
from .elementwise import floating, where
from .kinds import definition, op
from .precision import in_single
from .reduce import sum
from .shape import broadcast_to
from .softmax import softmax

BLOCK = 1 << 17  # weights that stay in the cache
ROWS = 64  # queries of a block at least, so that products are of matrices

Block = tuple[slice, slice, int]
"""Examples, queries, and how many keys these may look at."""
Scale = Annotated[Any, Parameter(None, "float | None")]

# ── a block ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _blocks(q: Any, k: Any, causal: bool, first: int, last: int) -> Iterator[Block]:
    """The blocks of some examples, each with as many queries whatever examples these are."""
    (_, group, length, _), count = q.shape, k.shape[1]
    width = max(1, group * count)
    rows = max(1, min(length, max(BLOCK // width, ROWS)))
    step = max(1, BLOCK // (rows * width))
    for begin in range(first, last, step):
        for start in range(0, length, rows):
            stop = min(start + rows, length)
            yield slice(begin, min(begin + step, last)), slice(start, stop), min(count, stop) if causal else count


def _flat(x: Any) -> Any:
    """The queries of all heads of a group in one line. (b, G, r, n) -> (b, G·r, n)."""
    return x.reshape(x.shape[0], x.shape[1] * x.shape[2], x.shape[3])


def _masked(mask: Any, block: Block, batch: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """The block's part of a mask (*batch, G, L, S) whose lengths may be 1. -> (b, G, r, n), or what broadcasts."""
    examples, rows, n = block
    part = mask if mask.shape[-1] == 1 else mask[..., :n]
    part = part if mask.shape[-2] == 1 else part[..., rows, :]
    part = np.broadcast_to(part, (*batch, *part.shape[-3:]))
    return part[np.unravel_index(np.arange(examples.start, examples.stop), batch)] if batch else part[None]


def _weights(q: Any, k: Any, mask: Any, block: Block, batch: Any, scale: float, causal: bool) -> Any:
    """The softmax of a block's scores; zeros where all keys are masked. (b, G, r, n)."""
    examples, rows, n = block
    part = q[examples, :, rows]
    s = np.matmul(_flat(part), k[examples, :n].swapaxes(1, 2)).reshape(*part.shape[:3], n)
    s *= scale
    if causal and n > rows.start + 1:
        np.copyto(s, -np.inf, where=np.arange(n) > np.arange(rows.start, rows.stop)[:, None])
    if mask is not None:
        own = _masked(mask, block, batch, s.shape)
        if own.dtype.kind == "b":
            np.copyto(s, -np.inf, where=~own)
        else:
            s += own
    top = s.max(axis=-1, keepdims=True, initial=-np.inf)
    top[top == -np.inf] = 0
    s -= top
    np.exp(s, out=s)
    total = s.sum(axis=-1, keepdims=True)
    total[total == 0] = 1
    s /= total
    return s


def _dropped(p: float, seed: Any, block: Block, shape: tuple[int, ...], dtype: Any) -> Any:
    """What the weights of a block are multiplied by: 0 with probability p, else 1 / (1 − p)."""
    examples, rows, _ = block
    kept = np.empty(shape, dtype)
    for part, example in zip(kept, range(examples.start, examples.stop), strict=True):
        draws = np.random.default_rng([int(seed), example, rows.start]).random(shape[1:], np.float32)
        np.greater_equal(draws, p, out=part, casting="unsafe")
    kept /= dtype.type(1 - p)
    return kept


def _work(q: Any, k: Any, v: Any) -> int:
    """Multiply-adds of the forward pass."""
    return prod((*q[:3], k[1], k[2] + v[2]))


# ── the operation ─────────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False, effect="draws random numbers")
def drawn_seed(x: Any, *, rng: Plain) -> Any:
    """A seed, from which the same numbers can be drawn again. x (...) -> ()."""
    return np.asarray(rng.integers(1 << 62))


drawn_seed.defvjp(x=None)


@op(public=False, cost=_work)
def attention(
    q: Any, k: Any, v: Any, mask: Any, seed: Any, *, batch: Plain, scale: Plain, causal: Plain, p: Plain
) -> Any:  # fmt: skip
    """softmax(q kᵀ · scale + mask) v. q (B, G, L, E), k (B, S, E), v (B, S, F), mask (*batch, G, L, S) -> (B, G, L, F).

    batch: axes of B. A mask's lengths may be 1. seed: of the weights dropped, each with probability p.
    """
    out = np.empty((*q.shape[:3], v.shape[2]), np.result_type(q, k, v))
    blocks = [*_blocks(q, k, causal, 0, len(q))]

    def share(first: int, last: int) -> None:
        for block in blocks[first:last]:
            examples, rows, n = block
            w = _weights(q, k, mask, block, batch, scale, causal)
            if p:
                w *= _dropped(p, seed, block, w.shape, w.dtype)
            out[examples, :, rows] = np.matmul(_flat(w), v[examples, :n]).reshape(*w.shape[:3], v.shape[2])

    each(share, len(blocks), _work(q.shape, k.shape, v.shape))
    return out


def _back(
    g: Any, q: Any, k: Any, v: Any, mask: Any, seed: Any, wanted: Any,
    *, batch: tuple[int, ...], scale: float, causal: bool, p: float,
) -> list[Any]:  # fmt: skip
    """The gradients of q, k, v and of a mask that is added: with weights W and their gradient H, those of the scores

    are W ∘ (H − Σ W∘H), the sum taken over each query's keys.
    """
    how: dict[str, Any] = {"batch": batch, "scale": scale, "causal": causal, "p": p}
    if any(isinstance(x, Value) for x in (g, q, k, v, mask)):
        return _recorded(g, q, k, v, mask, seed, **how)
    dq, dk, dv = (np.zeros(x.shape, g.dtype) for x in (q, k, v))
    dmask = np.zeros(mask.shape, g.dtype) if wanted[3] else None

    def share(first: int, last: int) -> None:
        for block in _blocks(q, k, causal, first, last):
            examples, rows, n = block
            w, own = _weights(q, k, mask, block, batch, scale, causal), _flat(g[examples, :, rows])
            h = np.matmul(own, v[examples, :n].swapaxes(1, 2)).reshape(w.shape)
            used = w
            if p:
                kept = _dropped(p, seed, block, w.shape, w.dtype)
                used, h = w * kept, h * kept
            dv[examples, :n] += np.matmul(_flat(used).swapaxes(1, 2), own)
            h -= np.einsum("...n,...n->...", w, h)[..., None]
            h *= w
            if dmask is not None:
                _add(dmask, h, block, batch)
            h *= scale
            dq[examples, :, rows] = np.matmul(_flat(h), k[examples, :n]).reshape(*h.shape[:3], q.shape[3])
            dk[examples, :n] += np.matmul(_flat(h).swapaxes(1, 2), _flat(q[examples, :, rows]))

    def whole(*_: int) -> None:  # examples may have a mask in common
        share(0, len(q))

    spread(share if dmask is None else whole, len(q) if dmask is None else 1, 2 * _work(q.shape, k.shape, v.shape))
    return [dq, dk, dv, dmask, None]


def _add(dmask: Any, h: Any, block: Block, batch: tuple[int, ...]) -> None:
    """Add the gradient of a block's scores to that of the mask, summed where the mask's length is 1."""
    examples, rows, n = block
    for part, b in zip(h, range(examples.start, examples.stop), strict=True):
        place = np.unravel_index(b, batch) if batch else ()
        own = dmask[tuple(i if m > 1 else 0 for i, m in zip(place, dmask.shape, strict=False))]
        single = tuple(a for a in range(3) if own.shape[a] == 1)
        own[:, rows if own.shape[1] > 1 else slice(None), : n if own.shape[2] > 1 else 1] += part.sum(
            single, keepdims=True
        )


def _recorded(
    g: Any, q: Any, k: Any, v: Any, mask: Any, seed: Any, *, batch: Any, scale: float, causal: bool, p: float
) -> list[Any]:
    """The same gradients, of operations."""
    (_, group, length, _), count = q.shape, k.shape[1]
    whole = (*batch, group, length, count)
    queries, own = q.reshape((*batch, *q.shape[1:])), g.reshape((*batch, *g.shape[1:]))
    keys, values = k.reshape((*batch, 1, *k.shape[1:])), v.reshape((*batch, 1, *v.shape[1:]))
    s, allowed = matmul.bind(queries, keys.mT) * scale, np.ones(whole, bool)
    if causal:
        allowed &= np.tri(length, count, dtype=bool)
    if mask is not None:
        bare = getattr(mask, "_array", mask)
        open_ = bare if bare.dtype.kind == "b" else bare != -np.inf
        allowed &= open_
        s = s if bare.dtype.kind == "b" else s + where(open_, mask, 0)
    some = allowed.any(axis=-1, keepdims=True)
    w = where(some, softmax.bind(where(allowed | ~some, s, -np.inf), axis=len(whole) - 1), 0) if s.size else s
    h, used = matmul.bind(own, values.mT), w
    if p:
        kept = np.zeros((q.shape[0], *whole[-3:]), w.dtype)
        for block in _blocks(q, k, causal, 0, len(kept)):
            examples, rows, n = block
            kept[examples, :, rows, :n] = _dropped(p, seed, block, (*kept[examples, :, rows].shape[:3], n), w.dtype)
        kept = kept.reshape(whole)
        used, h = w * kept, h * kept
    h = w * (h - sum.bind(w * h, axis=(len(whole) - 1,), keepdims=True))
    heads = (len(batch),)
    dq, dk = scale * matmul.bind(h, keys), scale * sum.bind(matmul.bind(h.mT, queries), axis=heads, keepdims=False)
    dv = sum.bind(matmul.bind(used.mT, own), axis=heads, keepdims=False)
    return [dq.reshape(q.shape), dk.reshape(k.shape), dv.reshape(v.shape), h, None]


attention.defvjp(_back, seed=None)


@in_single
def _attended(q: Any, k: Any, v: Any, mask: Any, seed: Any, **how: Any) -> Any:
    return attention.bind(q, k, v, mask, seed, **how)


@definition
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: Real = 0.0,
    is_causal: Flag = False,
    scale: Scale = None,
    *,
    rng: Rng = None,
) -> Any:
    """The values weighted by how well their keys match each query: softmax(q kᵀ · scale + mask) v.

    Memory is linear in the length, in the backward pass too, except for a mask's own and for second derivatives. A
    query whose keys are all masked gets zeros. Half precision is computed in single.

    Arguments:
        query: (..., H, L, E), or (L, E).
        key: (..., K, S, E), or (S, E). Of fewer heads than the queries' each serves H / K neighbouring ones.
        value: (..., K, S, F), or (S, F).
        attn_mask: broadcasts to (..., H, L, S): booleans, True where a query may look at a key, or numbers that are
            added to the scores; None for no mask.
        dropout_p: the probability with which each weight is dropped, 0 ≤ p < 1; the others are scaled by 1 / (1 − p).
        is_causal: whether query i may look at keys up to the i-th only; a mask then holds besides.
        scale: a number; None for 1 / √E.
        rng: a NumPy Generator, or the seed of one; None for another one each time.
    Returns:
        (..., H, L, F), in the dtype that query, key and value have in common; half if the query is.
    Raises:
        ValueError: for shapes that do not go together, and unless 0 ≤ p < 1.
        TypeError: for data that are not real numbers, and an rng that is neither Generator nor seed.
    Source: Vaswani et al. 2017, equation 1; the blocks are a simpler form of Dao et al. 2022.

    Example:
        >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> ag.scaled_dot_product_attention(Tensor([[0.0, 0.0], [100.0, 0.0]]), keys, np.array([[2.0], [4.0]])).numpy()
        array([[3.],
               [2.]])
    """
    name = "scaled_dot_product_attention"
    query, key, value = floating(name, (), query=query, key=key, value=value)
    if not (is_real(dropout_p) and 0 <= dropout_p < 1):
        raise ValueError(f"{name}: dropout_p is the probability of dropping, 0 ≤ p < 1; got {dropout_p}")
    if scale is not None and not is_real(scale):
        raise TypeError(f"{name}: scale must be a number or None, not {scale!r}")
    lead, group = _fit(name, query.shape, key.shape, value.shape)
    (length, e), count = query.shape[-2:], key.shape[-2]
    batch = (*lead[:-1], lead[-1] // group) if lead else ()
    mask = None if attn_mask is None else _fit_mask(name, attn_mask, (*lead, length, count), batch, group)
    scale = 1 / sqrt(max(e, 1)) if scale is None else float(scale)
    many = prod(batch)
    q = _spread(query, (*lead, length, e)).reshape((many, group, length, e))
    k, v = (_spread(x, (*batch, *x.shape[-2:])).reshape((many, *x.shape[-2:])) for x in (key, value))
    seed = drawn_seed.bind(query, rng=generator(name, rng)) if dropout_p else None
    out = _attended(q, k, v, mask, seed, batch=batch, scale=scale, causal=bool(is_causal), p=float(dropout_p))
    return out.reshape((*lead, length, value.shape[-1]))


def _spread(x: Any, shape: tuple[int, ...]) -> Any:
    return x if x.shape == shape else broadcast_to.bind(x, shape=shape)


def _fit(name: str, q: tuple[int, ...], k: tuple[int, ...], v: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The axes before queries and features, and how many heads have their keys in common."""
    if min(len(q), len(k), len(v)) < 2:
        raise ValueError(f"{name}: query {q}, key {k} and value {v} must be (..., length, features)")
    if q[-1] != k[-1]:
        raise ValueError(f"{name}: query {q} and key {k} must have equally many features, not {q[-1]} and {k[-1]}")
    if k[-2] != v[-2]:
        raise ValueError(f"{name}: key {k} and value {v} must be equally many, not {k[-2]} and {v[-2]}")
    try:
        pairs = np.broadcast_shapes(k[:-2], v[:-2])
        heads, few = (q[-3] if len(q) > 2 else 1), (pairs[-1] if pairs else 1)
        group = heads // few if few and heads > few and heads % few == 0 else 1
        lead = np.broadcast_shapes(q[:-2], (*pairs[:-1], few * group) if pairs else ())
    except ValueError:
        words = "their axes before the last two must broadcast, or the key's heads divide the query's"
        raise ValueError(f"{name}: query {q}, key {k} and value {v}: {words}") from None
    return lead, group


def _fit_mask(name: str, mask: Any, whole: tuple[int, ...], batch: tuple[int, ...], group: int) -> Any:
    """The mask with as many axes as (*batch, G, L, S), its lengths equal to these or 1."""
    mask = operand(f"{name}: attn_mask", mask)
    if mask.dtype.kind not in "bf":
        raise TypeError(f"{name}: attn_mask must be booleans or floating numbers, not {mask.dtype}")
    try:
        fits = np.broadcast_shapes(mask.shape, whole) == whole
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: attn_mask {mask.shape} must broadcast to {whole}")
    shape = (*[1] * (max(len(whole), 3) - len(mask.shape)), *mask.shape)
    heads = (shape[-3] // group, group) if shape[-3] > 1 else (1, 1)
    shape = (*shape[:-3], *heads, *shape[-2:])
    return mask.reshape(shape if batch else shape[1:])
