"""Connectionist temporal classification: the likelihood of labels over all their alignments with a longer sequence.

Labels l₁ … l_S with blanks between and around them are 2S + 1 states; an alignment goes from the first or second to the
last or last but one, each step staying, going on, or skipping a blank between labels that differ. Here log p is
(T, N, C), and states are (N, 2S + 1); what lies beyond a sequence's own lengths does not count.

The loss −log Σ e^(Σ log p) has the gradient −γ, γ being how probable each class is at each time given the labels; its
second derivative is the covariance of what alignments collect, computed forwards and backwards like γ itself.
"""

from typing import Any

import numpy as np

from ..arguments import Flag, Plain, Whole, array_of, is_whole
from ..core.primitive import operand
from ..kernels.quiet import quiet
from .elementwise import floating, where
from .kinds import definition, op
from .loss import Reduction, reduced
from .precision import in_single

Array = np.ndarray[Any, Any]


class _Lattice:
    """The states of a batch, their classes, and which step may skip one."""

    def __init__(self, labels: Array, times: Array, lengths: Array, blank: int) -> None:
        n, longest = labels.shape
        self.classes = np.full((n, 2 * longest + 1), blank)
        self.classes[:, 1::2] = labels
        self.times, self.last = times, 2 * lengths
        apart = (self.classes[:, 2:] != self.classes[:, :-2]) & (self.classes[:, 2:] != blank)
        self.skip = np.pad(apart, ((0, 0), (2, 0)))[:, : self.classes.shape[1]]
        at = np.arange(self.classes.shape[1])
        self.inside = at <= self.last[:, None]
        self.ends = self.inside & (at >= self.last[:, None] - 1)
        self.starts = self.inside & (at < 2)

    def scores(self, logs: Array, t: int) -> Array:
        """log p of each state's class at a time. (N, 2S + 1)."""
        return np.where(self.inside, np.take_along_axis(logs[t], self.classes, 1), -np.inf)

    def before(self, a: Array) -> Array:
        """For each state what the three states before it have. (N, K) -> (3, N, K)."""
        one = np.pad(a, ((0, 0), (1, 0)), constant_values=-np.inf)[:, :-1]
        two = np.pad(a, ((0, 0), (2, 0)), constant_values=-np.inf)[:, : a.shape[1]]
        return np.stack([a, one, np.where(self.skip, two, -np.inf)])

    def after(self, a: Array) -> Array:
        """For each state what the three states after it have. (N, K) -> (3, N, K)."""
        one = np.pad(a, ((0, 0), (0, 1)), constant_values=-np.inf)[:, 1:]
        two = np.pad(np.where(self.skip, a, -np.inf), ((0, 0), (0, 2)), constant_values=-np.inf)[:, 2:]
        return np.stack([a, one, two[:, : a.shape[1]]])


def _total(a: Array, v: Array | None) -> tuple[Array, Array | None]:
    """log Σ eᵃ over the first axis, and its derivative along v."""
    top = a.max(axis=0)
    top = np.where(np.isfinite(top), top, 0)
    e = np.exp(a - top)
    total = e.sum(axis=0)
    with quiet(divide="ignore"):
        logs = np.log(total) + top
    return logs, None if v is None else np.where(e > 0, e * v, 0).sum(axis=0) / np.where(total > 0, total, 1)


def _shifted(step: Any, v: Array | None) -> Array | None:
    """A derivative moved as its states are; nothing comes from outside."""
    if v is None:
        return None
    with np.errstate(invalid="ignore"):
        moved = step(v)
    return np.where(np.isfinite(moved), moved, 0)


def _forward(logs: Array, lattice: _Lattice, tangent: Array | None = None) -> Any:
    """log α (T, N, K), log likelihood (N,), and the derivatives of both along a tangent (T, N, C) of log p."""
    count, n = logs.shape[:2]
    alpha = np.full((count, n, lattice.classes.shape[1]), -np.inf, logs.dtype)
    moved = None if tangent is None else np.zeros(alpha.shape, logs.dtype)
    final = np.full(lattice.classes.shape, -np.inf)
    final_moved = np.zeros(final.shape)
    for t in range(count):
        if t == 0:
            reached, drift = np.where(lattice.starts, 0.0, -np.inf), None if moved is None else np.zeros(final.shape)
        else:
            reached, drift = _total(
                lattice.before(alpha[t - 1]), _shifted(lattice.before, None if moved is None else moved[t - 1])
            )
        alpha[t] = reached + lattice.scores(logs, t)
        if moved is not None and tangent is not None:
            moved[t] = drift + np.take_along_axis(tangent[t], lattice.classes, 1)
        here = (lattice.times == t + 1)[:, None] & lattice.ends
        final = np.where(here, alpha[t], final)
        if moved is not None:
            final_moved = np.where(here, moved[t], final_moved)
    likelihood, change = _total(final.T, None if moved is None else final_moved.T)
    empty = lattice.times == 0
    return alpha, np.where(empty, np.where(lattice.last == 0, 0.0, -np.inf), likelihood), moved, change


def _posterior(logs: Array, lattice: _Lattice, tangent: Array | None = None) -> Array:
    """γ (T, N, C), how probable each class is at each time; or its derivative along a tangent of log p."""
    alpha, likelihood, moved, change = _forward(logs, lattice, tangent)
    out = np.zeros(logs.shape, logs.dtype)
    beta = np.full(alpha.shape[1:], -np.inf, logs.dtype)
    drift = None if tangent is None else np.zeros(beta.shape, logs.dtype)
    known = np.isfinite(likelihood)[:, None]
    rows = np.arange(logs.shape[1])[:, None]
    for t in range(logs.shape[0] - 1, -1, -1):
        if t + 1 < logs.shape[0]:
            ahead = beta + lattice.scores(logs, t + 1)
            along = None
            if drift is not None and tangent is not None:
                along = drift + np.take_along_axis(tangent[t + 1], lattice.classes, 1)
            beta, drift = _total(lattice.after(ahead), _shifted(lattice.after, along))
        ending = (lattice.times == t + 1)[:, None]
        beta = np.where(ending, np.where(lattice.ends, 0.0, -np.inf), beta)
        drift = None if drift is None else np.where(ending, 0.0, drift)
        there = known & (t < lattice.times)[:, None] & np.isfinite(alpha[t]) & np.isfinite(beta)
        gamma = np.exp(np.where(there, alpha[t] + beta - np.where(known, likelihood[:, None], 0), -np.inf))
        if moved is not None:
            gamma = gamma * np.where(there, moved[t] + drift - change[:, None], 0)
        np.add.at(out[t], (rows, lattice.classes), gamma)
    return out


# ── the operation ─────────────────────────────────────────────────────────────────────────────────────────────────────


@op(public=False)
@in_single
def ctc(logs: Any, labels: Any, times: Any, lengths: Any, *, blank: Plain) -> Any:
    """−log of the labels' likelihood. logs (T, N, C), labels (N, S), times, lengths (N,) -> (N,)."""
    with quiet(under="ignore"):
        return (-_forward(logs, _Lattice(labels, times, lengths, blank))[1]).astype(logs.dtype)


@op(public=False)
@in_single
def ctc_posterior(logs: Any, labels: Any, times: Any, lengths: Any, *, blank: Plain) -> Any:
    """γ, how probable each class is at each time given the labels. (T, N, C); 0 where the labels do not fit."""
    with quiet(under="ignore"):
        return _posterior(logs, _Lattice(labels, times, lengths, blank))


@op(public=False)
@in_single
def ctc_covariance(v: Any, logs: Any, labels: Any, times: Any, lengths: Any, *, blank: Plain) -> Any:
    """The derivative of γ along v, which is linear in v and its own adjoint. v (T, N, C) -> (T, N, C)."""
    with quiet(under="ignore"):
        return _posterior(logs, _Lattice(labels, times, lengths, blank), v)


_CONSTANT: dict[str, None] = {"labels": None, "times": None, "lengths": None}
ctc.defvjp(
    logs=lambda g, logs, labels, times, lengths, *, blank: (
        -g.reshape((1, *g.shape, 1)) * ctc_posterior.bind(logs, labels, times, lengths, blank=blank)
    ),
    **_CONSTANT,
)
ctc_posterior.defvjp(
    logs=lambda g, logs, labels, times, lengths, *, blank: ctc_covariance.bind(
        g, logs, labels, times, lengths, blank=blank
    ),
    **_CONSTANT,
)
ctc_covariance.defvjp(
    v=lambda g, logs, labels, times, lengths, *, blank: ctc_covariance.bind(
        g, logs, labels, times, lengths, blank=blank
    ),
    **_CONSTANT,
)


@definition
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: Whole = 0,
    reduction: Reduction = "mean",
    zero_infinity: Flag = False,
) -> Any:
    """The negative log-likelihood of labels under all their alignments with a sequence (CTC). (T, N, C) -> () or (N,).

    The gradient is that with respect to log_probs as they are; PyTorch's is already that behind a log-softmax, through
    which both give the same. There is a second derivative, and no third. Half precision is computed in single.

    Arguments:
        log_probs: (T, N, C) or (T, C), logarithms of probabilities.
        targets: (N, S), labels without blanks, padded; or all labels one after another, (Σ target_lengths,).
        input_lengths, target_lengths: (N,) or one number, how long each sequence is, and its labels are.
        blank: the class between labels.
        reduction: "none"; "mean", each loss divided by the number of its labels; or "sum".
        zero_infinity: whether labels that fit into no alignment have loss 0, and gradient 0, for inf.
    Returns:
        (N,) or (), the losses, or one number (), in log_probs' dtype if that is floating.
    Raises:
        ValueError: for shapes, lengths and labels that do not go together, and for other reductions.
        TypeError: for labels and lengths that are not integers.
    Source: Graves et al. 2006, section 4.

    Example:
        >>> p = np.array([[0.25, 0.75], [0.5, 0.5]])  # "1" is 11, 1 and a blank, or a blank and 1
        >>> loss = ag.ctc_loss(Tensor(np.log(p)), np.array([1]), 2, 1)
        >>> round(float(np.exp(-loss.item())), 6)  # ¾ · ½ + ¾ · ½ + ¼ · ½
        0.875
    """
    name = "ctc_loss"
    (logs,) = floating(name, (), log_probs=log_probs)
    single = len(logs.shape) == 2
    logs = logs.reshape((logs.shape[0], 1, logs.shape[1])) if single else logs
    if len(logs.shape) != 3:
        raise ValueError(f"{name}: log_probs {logs.shape} must be (T, N, C), or (T, C)")
    time, n, classes = logs.shape
    if not is_whole(blank, 0) or blank >= classes:
        raise ValueError(f"{name}: blank {blank!r} must be one of the {classes} classes")
    times, lengths = (
        _lengths(name, what, value, n)
        for what, value in (("input_lengths", input_lengths), ("target_lengths", target_lengths))
    )
    if n and times.max() > time:
        raise ValueError(f"{name}: an input of length {times.max()} is longer than log_probs {logs.shape}")
    labels = _padded(name, targets, lengths, classes)
    return _reduced(logs, labels, times, lengths, int(blank), reduction, zero_infinity, single)


@in_single
def _reduced(
    logs: Any, labels: Any, times: Any, lengths: Any, blank: int, how: str, zero_infinity: bool, single: bool
) -> Any:
    losses = ctc.bind(logs, labels, times, lengths, blank=blank)
    if zero_infinity:
        losses = where(getattr(losses, "_array", losses) == np.inf, 0, losses)
    if how == "mean":
        losses = losses / np.maximum(lengths, 1).astype(losses.dtype)
    return losses.reshape(()) if single and how == "none" else reduced(losses, how)


def _whole(name: str, what: str, value: Any) -> Array:
    array = array_of(operand(f"{name}: {what}", value))
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: {what} must be integers, not {array.dtype}")
    return array


def _lengths(name: str, what: str, value: Any, n: int) -> Array:
    array = _whole(name, what, value)
    if array.shape not in ((), (n,)) or (array < 0).any():
        raise ValueError(f"{name}: {what} {array.shape} must be one number of at least 0 for each of the {n} sequences")
    return np.broadcast_to(array, (n,))


def _padded(name: str, targets: Any, lengths: Array, classes: int) -> Array:
    """Labels (N, S), S the longest length; 0 beyond a sequence's own."""
    given, longest = _whole(name, "targets", targets), int(lengths.max(initial=0))
    inside = np.arange(longest) < lengths[:, None]
    labels = np.zeros(inside.shape, np.int64)
    if given.ndim == 2 and len(given) == len(lengths) and given.shape[1] >= longest:
        labels[inside] = given[:, :longest][inside]
    elif given.ndim == 1 and len(given) == lengths.sum():
        labels[inside] = given
    else:
        words = f"must be (N, S) with S of at least {longest}, or all {lengths.sum()} labels in one line"
        raise ValueError(f"{name}: targets {given.shape} {words}")
    if (labels < 0).any() or (labels >= classes).any():
        raise ValueError(f"{name}: labels must be at least 0 and below the number of classes, {classes}")
    return labels
