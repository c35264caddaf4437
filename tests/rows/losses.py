"""Losses beside PyTorch's: of two arrays of one shape, of classes, of vectors, and of sequences."""

import itertools

import numpy as np
import torch.nn.functional as F
from scipy import special

from .row import Draw, apart, case, constant, dims, normal, row

# fmt: off

REDUCTIONS = ("none", "mean", "sum")
SMOOTHED = {"label_smoothing": 0.1}
log_softmax = special.log_softmax


def uniform(low, high, *shape):
    return Draw(lambda rng: np.asarray(rng.uniform(low, high, shape)), f"{low} to {high} " + "x".join(map(str, shape)))


def reduced(loss):
    """A loss of every element, put together."""
    def of(*given, reduction="mean", **how):
        found = loss(*given, **how)
        return {"none": found, "mean": found.mean(), "sum": found.sum()}.get(reduction, found.sum() / len(found))

    return of


def in_torch(name):
    """PyTorch's of that name, put together here: one of its means warns."""
    def of(*given, reduction=None, **how):
        found = dims(getattr(F, name))(*given, **how) if reduction is None else getattr(F, name)(
            *given, **how, reduction="none")
        return {"mean": found.mean, "sum": found.sum, "batchmean": lambda: found.sum() / len(found)}.get(
            reduction, lambda: found)()

    return of


def loss(name, oracle, *arrays, **how):
    row(name, *(case(*arrays, reduction=reduction, **how) for reduction in REDUCTIONS), oracle=reduced(oracle),
        torch=in_torch(name))


X, Y, P = normal(2, 3), normal(2, 3), uniform(0.1, 0.9, 2, 3)
loss("l1_loss", lambda x, t: np.abs(x - t), X, Y)
loss("mse_loss", lambda x, t: (x - t) ** 2, X, Y)
huber = lambda x, t, d: np.where(np.abs(x - t) < d, (x - t) ** 2 / 2, d * (np.abs(x - t) - d / 2))
loss("huber_loss", lambda x, t, delta: huber(x, t, delta), X, Y, delta=0.7)
loss("smooth_l1_loss", lambda x, t, beta: huber(x, t, beta) / beta, X, Y, beta=0.7)
loss("smooth_l1_loss", lambda x, t, beta: np.abs(x - t), X, Y, beta=0.0)
loss("kl_div", lambda x, t: t * (np.log(t) - x), X, P)
loss("kl_div", lambda x, t, log_target: np.exp(t) * (t - x), X, Y, log_target=True)
row("kl_div", case(X, P, reduction="batchmean"), oracle=reduced(lambda x, t: t * (np.log(t) - x)),
    torch=in_torch("kl_div"))
loss("poisson_nll_loss", lambda x, t: np.exp(x) - t * x, X, uniform(0.2, 5, 2, 3))
stirling = lambda t: np.where(t > 1, t * np.log(t) - t + np.log(2 * np.pi * t) / 2, 0)
loss("poisson_nll_loss", lambda x, t, **how: x - t * np.log(x + 1e-8) + stirling(t), uniform(0.5, 2, 2, 3),
     uniform(1.2, 5, 2, 3), log_input=False, full=True)
gaussian = lambda x, t, v: (np.log(v) + (x - t) ** 2 / v) / 2
loss("gaussian_nll_loss", gaussian, X, Y, uniform(0.2, 2, 2, 3))
loss("gaussian_nll_loss", lambda x, t, v, full: gaussian(x, t, v[:, None]) + np.log(2 * np.pi) / 2, X, Y,
     uniform(0.2, 2, 2), full=True)
entropy = lambda p, t: -t * np.log(p) - (1 - t) * np.log(1 - p)
loss("binary_cross_entropy", entropy, P, uniform(0.1, 0.9, 2, 3))
loss("binary_cross_entropy_with_logits", lambda x, t: np.logaddexp(0, x) - t * x, X, P)
W = np.random.default_rng(0).uniform(0.5, 2, (3,))
row("binary_cross_entropy", case(P, P, uniform(0.5, 2, 3)), linear="2",
    oracle=lambda p, t, w: np.mean(w * entropy(p, t)))
row("binary_cross_entropy_with_logits", case(X, P, uniform(0.5, 2, 3), uniform(0.5, 2, 3)), linear="2",
    around=lambda f, x, t, w, more: f(x, t, w, pos_weight=more),
    oracle=lambda x, t, w, pos_weight: np.mean(
        w * (pos_weight * t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x))))
soft = lambda x, t: np.logaddexp(0, x) - t * x
loss("multilabel_soft_margin_loss", lambda x, t: np.mean(soft(x, t), -1), X, P)
row("multilabel_soft_margin_loss", case(X, P, uniform(0.5, 2, 3)), linear="2",
    oracle=lambda x, t, w: np.mean(w * soft(x, t)))

# ── pairs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

SIGNS = constant(np.array([1, -1, -1, 1], np.int8))
U, V, Z = normal(4, 3), normal(4, 3), normal(4, 3)


def cosine(x, y, axis=1, eps=1e-8):
    return (x * y).sum(axis) / np.maximum(np.linalg.norm(x, axis=axis) * np.linalg.norm(y, axis=axis), eps)


def distance(x, y, p=2.0, eps=1e-6, keepdims=False):
    return np.linalg.norm(x - y + eps, p, -1, keepdims=keepdims)


def triplet(a, positive, negative, margin=1.0, p=2.0, swap=False):
    away = distance(a, negative, p)
    away = np.minimum(away, distance(positive, negative, p)) if swap else away
    return np.maximum(distance(a, positive, p) - away + margin, 0)


loss("soft_margin_loss", lambda x, t: np.logaddexp(0, -t * x), apart(4), SIGNS)
loss("margin_ranking_loss", lambda x, y, t, margin: np.maximum(-t * (x - y) + margin, 0), apart(4),
     normal(4), SIGNS, margin=0.3)
loss("hinge_embedding_loss", lambda x, t, margin: np.where(t > 0, x, np.maximum(margin - x, 0)), uniform(0, 2, 4),
     SIGNS, margin=0.8)
loss("cosine_embedding_loss", lambda x, y, t, margin: np.where(t > 0, 1 - cosine(x, y), np.maximum(
    cosine(x, y) - margin, 0)), U, V, SIGNS, margin=-0.2)
loss("triplet_margin_loss", triplet, U, V, Z)
loss("triplet_margin_loss", triplet, U, V, Z, swap=True, p=3.0, margin=2.0)
row("cosine_similarity", case(normal(2, 3, 2), normal(2, 3, 2)), case(normal(3, 1, 4), normal(2, 4), axis=-1),
    oracle=cosine, torch=in_torch("cosine_similarity"))
row("pairwise_distance", case(U, V), case(U, normal(3), p=1.0, keepdims=True), case(U, V, p=np.inf), oracle=distance,
    torch=in_torch("pairwise_distance"), ties=True)

# ── classes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_classes(x, labels, w=None, reduction="mean", label_smoothing=0.0, ignore_index=-100, logs=log_softmax):
    """Class by class, pixel by pixel."""
    axis = int(x.ndim > 1)
    lines, flat = np.moveaxis(logs(x, axis), axis, -1).reshape(-1, x.shape[axis]), np.ravel(labels)
    w = np.ones(x.shape[axis]) if w is None else w
    each = np.zeros(len(flat))
    for i, label in enumerate(flat):
        if label != ignore_index:
            each[i] = -(1 - label_smoothing) * w[label] * lines[i, label]
            each[i] -= label_smoothing * (w * lines[i]).mean()
    total = sum(w[label] for label in flat if label != ignore_index)
    return {"none": each.reshape(np.shape(labels)), "sum": each.sum(), "mean": each.sum() / total}[reduction]


def picked(*given, **how):
    return of_classes(*given, **how, logs=lambda x, axis: x)


for shape, labels in (((4,), 2), ((4, 3), [2, -100, 1, 0]), ((2, 3, 2), [[0, 2], [1, -100]])):
    weighed = case(normal(*shape), constant(np.array(labels)), uniform(0.5, 2, 4 if len(shape) == 1 else 3))
    for reduction in REDUCTIONS:
        how = {**weighed.params, "reduction": reduction}
        row("cross_entropy", case(*weighed.draws, **how, **SMOOTHED), oracle=of_classes)
        row("cross_entropy", case(*weighed.draws[:2], **how), oracle=of_classes, torch=F.cross_entropy)
        row("nll_loss", case(*weighed.draws, **how), oracle=picked, linear="0")
        row("nll_loss", case(*weighed.draws[:2], **how), oracle=picked, torch=F.nll_loss, linear="0")
row("cross_entropy", case(normal(2, 3, 2), uniform(0, 1, 2, 3, 2), label_smoothing=0.1), torch=F.cross_entropy,
    oracle=lambda x, t, label_smoothing: -(log_softmax(x, 1) * (0.9 * t + 0.1 / 3)).sum(1).mean())
row("cross_entropy", case(normal(4), uniform(0, 1, 4)), torch=F.cross_entropy,
    oracle=lambda x, t: -(log_softmax(x) * t).sum())


def margins(x, labels, p=1, margin=1.0, weight=None, reduction="mean"):
    lines = np.atleast_2d(x)
    each = [sum(max(0, margin - line[y] + line[j]) ** p * (1 if weight is None else weight[y])
                for j in range(len(line)) if j != y) / len(line)
            for line, y in zip(lines, np.ravel(labels), strict=True)]
    return {"none": np.reshape(each, np.shape(labels)), "mean": np.mean(each), "sum": np.sum(each)}[reduction]


for p, reduction in itertools.product((1, 2), REDUCTIONS):
    row("multi_margin_loss", case(normal(3, 4), constant([2, 0, 1]), p=p, margin=0.8, reduction=reduction),
        case(normal(4), constant(np.array(3)), p=p, reduction=reduction), oracle=margins)
row("multi_margin_loss", case(normal(3, 4), constant([2, 0, 1]), uniform(0.5, 2, 4)), oracle=margins, linear="2",
    around=lambda f, x, labels, w: f(x, labels, weight=w))
CLASSES = constant([0, 2, 1])
focal = lambda p, labels, alpha, gamma: (
    -alpha * (1 - p[np.arange(3), labels]) ** gamma * np.log(p[np.arange(3), labels]))
for gamma in (0.0, 0.5, 2.0):
    row("focal_loss", case(uniform(0.2, 0.7, 3, 3), CLASSES, alpha=0.7, gamma=gamma), oracle=focal)
    row("softmax_focal_loss", case(normal(3, 3), CLASSES, alpha=0.7, gamma=gamma),
        oracle=lambda x, *given, **how: focal(special.softmax(x, 1), *given, **how))

# ── sequences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def alignments(logs, targets, times, lengths, blank=0, reduction="mean"):
    """The sum over all sequences of classes that collapse to the labels."""
    found, start = [], 0
    for i, (time, length) in enumerate(zip(times, lengths, strict=True)):
        labels = targets[i][:length] if np.ndim(targets) == 2 else targets[start : start + length]
        start, total = start + length, 0.0
        for path in itertools.product(range(logs.shape[2]), repeat=time):
            if [c for c, _ in itertools.groupby(path) if c != blank] == [*labels]:
                total += np.exp(logs[np.arange(time), i, list(path)].sum())
        found.append(-np.log(total))
    means = np.array(found) / np.maximum(lengths, 1)
    return {"none": np.array(found), "sum": np.sum(found), "mean": means.mean()}[reduction]


for targets, times, lengths, how in (
    ([[1, 2], [2, 2]], [3, 4], [2, 2], {}), ([1, 1, 2, 1], [4, 3], [3, 1], {"reduction": "sum"}),
    ([[0, 1], [1, 9]], [2, 3], [2, 1], {"blank": 2, "reduction": "none"}), ([[1], [9]], [2, 4], [1, 0], {}),
):
    row("ctc_loss", case(normal(4, 2, 3), *map(constant, (targets, times, lengths)), **how), oracle=alignments)
