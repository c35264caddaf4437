"""Normalisation, attention and tables of rows, beside PyTorch's."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy import special

from .row import case, constant, normal, row

# fmt: off


def standard(x, axes, eps=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def by_channel(found, w, b=None):
    line = (-1, *[1] * (found.ndim - 2))
    return found * w.reshape(line) + (0 if b is None else b.reshape(line))


def last(shape):
    return tuple(range(-len(np.atleast_1d(shape)), 0))


def over_shape(x, normalized_shape, w=1.0, b=0.0, eps=1e-5):
    return standard(x, last(normalized_shape), eps) * w + b


def in_torch(function):
    """PyTorch's, which takes a tuple of lengths."""
    return lambda x, shape, *rest, **how: function(x, tuple(np.atleast_1d(shape).tolist()), *rest, **how)


row("layer_norm", case(normal(3, 4), constant(4)), case(normal(2, 2, 3), constant((2, 3)), normal(2, 3), normal(2, 3)),
    case(normal(2, 4), constant(4), normal(4), eps=0.1), case(normal(0, 3), constant(3)), oracle=over_shape,
    torch=in_torch(F.layer_norm))


def over_root(x, shape, w=1.0, eps=2.0**-52):
    return x / np.sqrt((x * x).mean(last(shape), keepdims=True) + eps) * w


row("rms_norm", case(normal(3, 4), constant(4)), torch=in_torch(F.rms_norm), oracle=over_root)
row("rms_norm", case(normal(2, 2, 3), constant((2, 3)), normal(2, 3), eps=0.01), oracle=over_root, linear="2",
    torch=in_torch(F.rms_norm))


def in_groups(x, groups, w=None, b=None):
    found = standard(x.reshape(len(x), groups, -1), 2).reshape(x.shape)
    return found if w is None else by_channel(found, w, b)


row("group_norm", case(normal(2, 6), constant(2)), case(normal(2, 4, 3), constant(2), normal(4), normal(4)),
    case(normal(1, 4, 2, 2), constant(1), normal(4)), oracle=in_groups, torch=F.group_norm)
row("instance_norm", normal(2, 3, 5), oracle=lambda x: standard(x, 2), torch=F.instance_norm)
row("instance_norm", case(normal(2, 2, 3, 2), normal(2), normal(2)),
    oracle=lambda x, w, b: by_channel(standard(x, (2, 3)), w, b),
    torch=lambda x, w, b: F.instance_norm(x, None, None, w, b))


def beside(x, size, alpha=1e-4, beta=0.75, k=1.0):
    channels, sums = x.shape[1], np.zeros_like(x)
    for c in range(channels):
        sums[:, c] = (x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1] ** 2).sum(1)
    return x / (k + alpha * sums / size) ** beta


row("local_response_norm", case(normal(2, 4, 2), size=3), case(normal(1, 5, 2, 2), size=4, alpha=0.5, beta=0.6, k=2.0),
    case(normal(2, 3, 2), size=9), oracle=beside, torch=F.local_response_norm)


def unit(x, p=2.0, axis=1, eps=1e-12):
    sizes = np.abs(x).max(axis, keepdims=True) if p == np.inf else (np.abs(x) ** p).sum(axis, keepdims=True) ** (1 / p)
    return x / np.maximum(sizes, eps)


row("normalize", normal(3, 2), case(normal(2, 2, 3), axis=(0, -1)), *(case(normal(3, 2), p=p, axis=0) for p in
    (1, 3.5, np.inf)), case(normal(3, 2), eps=100.0), oracle=unit, ties=True,
    torch=lambda x, p=2.0, axis=1, eps=1e-12: F.normalize(x, p, axis, eps))
for shape in ((4, 3), (2, 2, 3), (2, 2, 2, 2, 1)):
    row("batch_norm", case(normal(*shape), normal(shape[1]), normal(shape[1])),
        around=lambda f, x, w, b: f(x, weight=w, bias=b),
        oracle=lambda x, weight, bias: by_channel(standard(x, (0, *range(2, x.ndim))), weight, bias),
        torch=lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True))

# ── attention ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def attended(q, k, v, attn_mask=None, is_causal=False, scale=None):
    if q.ndim > 2 and q.shape[-3] != k.shape[-3]:
        k, v = (np.repeat(x, q.shape[-3] // k.shape[-3], -3) for x in (k, v))
    scores = q @ k.mT * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        scores = np.where(np.tril(np.ones(scores.shape[-2:], bool)), scores, -np.inf)
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype == bool else scores + attn_mask
    return special.softmax(scores, -1) @ v


def attended_in_torch(q, k, v, attn_mask=None, **how):
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        more = {"enable_gqa": True} if q.ndim > 2 and q.shape[-3] != k.shape[-3] else {}
        lead = (slice(None),) * q.ndim if q.ndim > 2 else (None,)
        out = F.scaled_dot_product_attention(q[lead], k[lead], v[lead], attn_mask, **how, **more)
        return out if q.ndim > 2 else out[0]


SOME = constant(np.array([[True, False, True, True], [True, True, False, True], [True, True, True, False]]))
HEADS, GROUPS = (normal(2, 3, 2), normal(2, 4, 2), normal(2, 4, 1)), (normal(4, 3, 2), normal(2, 4, 2), normal(2, 4, 1))
row("scaled_dot_product_attention", case(normal(3, 2), normal(4, 2), normal(4, 1)), case(*HEADS), case(*HEADS, SOME),
    case(*HEADS, is_causal=True), case(*HEADS, scale=0.3), case(*GROUPS), case(*GROUPS, SOME),
    case(*GROUPS, is_causal=True), oracle=attended, torch=attended_in_torch, otherwise=True, linear="2")
row("scaled_dot_product_attention", case(*HEADS, normal(3, 4)), case(*HEADS, normal(2, 1, 4)),
    case(*HEADS, normal(1, 3, 1)), oracle=attended, otherwise=True, linear="2")

# ── rows of a table ───────────────────────────────────────────────────────────────────────────────────────────────────

PLACES = constant([3, 1, 1, 4, 0, 3])


def in_bags(places, w, offsets=None, per_sample_weights=None, mode="mean", padding_idx=None, include_last_offset=False):
    if offsets is None:
        bags = [*places]
    else:
        ends = [*offsets[1:]] if include_last_offset else [*offsets[1:], len(places)]
        bags = [places[a:b] for a, b in zip(offsets, ends, strict=False)]
    found, at = np.zeros((len(bags), w.shape[1])), 0
    for i, bag in enumerate(bags):
        factors = np.ones(len(bag)) if per_sample_weights is None else per_sample_weights[at : at + len(bag)]
        at += len(bag)
        lines = np.array([f * w[j] for f, j in zip(factors, bag, strict=True) if j != padding_idx])
        if len(lines):
            found[i] = {"mean": np.mean, "sum": np.sum, "max": np.max}[mode](lines, 0)
    return found


row("embedding", case(PLACES, normal(5, 2)), case(constant([[0, 2], [2, 1]]), normal(3, 2)), linear="1",
    oracle=lambda places, w: w[places],
    torch=F.embedding)
for mode in ("mean", "sum", "max"):
    for padding in (None, 3):
        row("embedding_bag", case(constant([[3, 1], [4, 4], [0, 3]]), normal(5, 2), mode=mode, padding_idx=padding),
            oracle=in_bags, torch=F.embedding_bag, ties=mode == "max")
        row("embedding_bag", case(PLACES, normal(5, 2), constant([0, 2, 2]), mode=mode, padding_idx=padding),
            case(PLACES, normal(5, 2), constant([0, 2, 6]), mode=mode, padding_idx=padding, include_last_offset=True),
            oracle=in_bags, torch=F.embedding_bag, ties=mode == "max")
row("embedding_bag", case(PLACES, normal(5, 2), constant([0, 3]), normal(6), mode="sum"), oracle=in_bags,
    linear="1 3")
row("one_hot", PLACES, case(PLACES, num_classes=7), flat=True,
    oracle=lambda places, num_classes=5: np.eye(num_classes, dtype=int)[places])
