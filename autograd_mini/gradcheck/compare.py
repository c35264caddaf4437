"""Analytic beside numeric: every entry of the Jacobian, or seeded projections of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .differences import IMAGINARY, Differences, Slopes
from .target import Run

RTOL = 1e-6
NOTHING = float(np.finfo(float).eps) ** 2


@dataclass(frozen=True)
class Tolerance:
    """An entry passes if it is within atol + rtol · |entry| of the interval of slopes, beside the error of the slopes.

    `atol` None means one hundred-millionth of the scale: of the largest slope from that input to that element of the
    output, or from that element of the input to that output, whichever is smaller. So scaling a function, or a part of
    it, changes nothing (down to slopes of 1e-30, which cannot be distinguished from zero).
    """

    atol: float | None
    rtol: float

    def allowed(self, analytic: Any, low: Any, high: Any, scale: Any) -> Any:
        """How far an entry may be from its interval."""
        absolute = 1e-8 * scale + NOTHING if self.atol is None else self.atol
        sizes = np.fmax(np.maximum(np.abs(low), np.abs(high)), np.where(np.isfinite(analytic), np.abs(analytic), 0))
        return absolute + self.rtol * sizes


@dataclass(frozen=True)
class Mismatch:
    """One entry that differs: ∂(element `row` of output)/∂(element `column` of input), flat within each."""

    output: int
    row: int
    input: int
    column: int
    analytic: float
    numeric: float
    allowed: float
    eps: float

    @property
    def ratio(self) -> float | None:
        """analytic / numeric, or None where numeric is 0."""
        return self.analytic / self.numeric if self.numeric else None


@dataclass
class Comparison:
    """What was compared and what came of it."""

    entries: int = 0
    worst: float = 0.0  # the largest distance of an analytic entry from its interval, where that is known
    worst_relative: float = 0.0  # the same in units of the largest slope from that input to that output
    kinks: Counter[str] = field(default_factory=Counter)  # operation -> entries whose first stencil crossed its branch
    wrong: Mismatch | None = None  # the worst of those that certainly differ
    differing: int = 0
    together: Mismatch | None = None  # entries on a kink that are right one by one, but not together
    doubtful: int = 0  # neither agreed nor certainly wrong: on a kink, or hidden by the function's rounding
    jacobian: Any = None  # (analytic, low, high) where every entry was compared

    def note(self, error: float, size: float) -> None:
        """Note the error of one projection whose terms are of the given size."""
        self.worst = max(self.worst, error)
        self.worst_relative = max(self.worst_relative, error / size if size else 0.0)


def jacobian(run: Run) -> Any:
    """The rules' Jacobian, outputs × inputs; 0 where no gradient arrives."""
    rows = np.zeros((run.vector.size, sum(leaf.size for leaf in run.leaves)))
    for row in range(len(rows)):
        seed = np.zeros(len(rows))
        seed[row] = 1
        rows[row] = run.gradient(seed)
    return rows


# ── every entry ───────────────────────────────────────────────────────────────────────────────────────────────────────


def full(run: Run, differences: Differences, analytic: Any, tolerance: Tolerance) -> Comparison:
    """Compare every entry. Columns that disagree at the first step are looked at again with better ones."""
    done = Comparison(entries=analytic.size)
    columns = list(_columns(run))
    low, high, error = (np.empty_like(analytic) for _ in range(3))
    on_kink, bend = np.zeros(len(columns), bool), np.zeros(analytic.shape)

    def enter(j: int, slopes: Slopes) -> None:
        low[:, j], high[:, j], error[:, j], on_kink[j] = slopes.low, slopes.high, slopes.error, slopes.on_kink
        bend[:, j] = 0 if slopes.bend is None else slopes.bend

    for j, (i, flat, scale) in enumerate(columns):
        slopes = differences.along(unit(run, i, flat), scale)
        enter(j, slopes)
        if slopes.kink:
            done.kinks[slopes.kink] += len(analytic)
    scales = _scales(run, analytic, low, high)

    def beyond_allowed(j: Any) -> Any:
        """How far each entry of a column is outside."""
        return excess(analytic[:, j], low[:, j], high[:, j], error[:, j], scales[:, j], tolerance)

    beyond = np.stack([beyond_allowed(j) for j in range(len(columns))], axis=1) if columns else np.zeros(analytic.shape)
    coarse = (error > 1e-4 * scales) & (scales > 0)
    coarse |= (error > 0) & _unmoved(run, differences, scales)
    again: Any = np.flatnonzero(((beyond > 1) | coarse).any(axis=0))
    explained = BackwardRounding(run, differences.seed)
    for j in sorted(again, key=lambda j: -beyond[:, j].max()):
        if not on_kink[j]:
            i, flat, scale = columns[j]
            size = abs(float(run.leaves[i].numpy().flat[flat]))
            slopes = differences.refined(unit(run, i, flat), scale, tiny=size if size < 1e-3 else 0.0)
            enter(j, slopes)
            if slopes.on_kink and slopes.kink:
                done.kinks[slopes.kink] += len(analytic)
            scales[:, j] = np.maximum(scales[:, j], np.where(scales[:, j] > 0, 0, np.abs(low[:, j])))
            beyond[:, j] = beyond_allowed(j)
        outside = beyond[:, j] > 1
        unclear = on_kink[j] | ~np.isfinite(low[:, j]) | ((error[:, j] > 1e-2 * scales[:, j]) & (scales[:, j] > 0))
        unclear &= ~np.isnan(analytic[:, j])
        done.doubtful += int((unclear & (outside | ~on_kink[j])).sum())
        sure = outside & ~unclear
        while sure.any():
            row = int(np.argmax(np.where(sure, beyond[:, j], -1)))
            numeric = nearest(analytic[row, j], low[row, j], high[row, j])
            if explained(row, j, abs(analytic[row, j] - numeric)):
                sure[row] = False
                done.doubtful += 1
                continue
            allowed = tolerance.allowed(analytic[row, j], low[row, j], high[row, j], scales[row, j]) + error[row, j]
            done.wrong = mismatch(
                run, row, columns[j][0], columns[j][1], analytic[row, j], numeric, allowed, differences.eps
            )
            done.differing = int((beyond[:, ~on_kink] > 1).sum())
            break
        if done.wrong is not None:
            break
    done.doubtful += int((on_kink & (high - low > 1e-6 * scales) & (beyond <= 1)).sum())
    if done.wrong is None and on_kink.any():
        _jointly(run, differences, analytic, on_kink, bend, tolerance, done)
    _note_worst(run, done, analytic, low, high, np.isfinite(low) & ~on_kink & (error <= 1e-2 * scales))
    done.jacobian = analytic, low, high
    return done


def _note_worst(run: Run, done: Comparison, analytic: Any, low: Any, high: Any, clear: Any) -> None:
    """The largest error among the entries for which it is known, as it is and beside the largest slope of its block."""
    distance = np.where(clear, np.maximum(np.maximum(low - analytic, analytic - high), 0), 0)
    done.worst = float(distance.max(initial=0.0))
    for block in _blocks(run):
        largest = float(np.abs(low[block][clear[block]]).max(initial=0))
        done.worst_relative = max(
            done.worst_relative, float(distance[block].max(initial=0)) / largest if largest else 0
        )


def _jointly(
    run: Run, differences: Differences, analytic: Any, on_kink: Any, bend: Any, tolerance: Tolerance, done: Comparison
) -> None:
    """Move elements on a kink together: each of two tied maxima may have the whole gradient, but not both.

    Checked for outputs that are convex in all these elements, or concave in all: there the gradient along every
    direction lies between the one-sided slopes. Three random directions are tried.
    """
    rng = np.random.default_rng(differences.seed)
    bends = bend[:, on_kink]
    noise = differences.rounding[:, None]
    one_way = (bends >= -noise).all(axis=1) | (bends <= noise).all(axis=1)
    rows = np.zeros(len(analytic), bool)
    for _ in range(3):
        v = np.where(on_kink, rng.uniform(0.5, 1, len(on_kink)) * rng.choice([-1, 1], len(on_kink)), 0)
        size = np.abs(analytic) @ np.abs(v)
        off = one_way.copy()
        for closer in (1.0, 1e-2):  # what is curved looks straight from closer by
            slopes = differences.one_sided(run.split(v), closer, None)
            off &= excess(analytic @ v, slopes.low, slopes.high, slopes.error, size, Tolerance(None, 1e-5)) > 1
            off &= np.isfinite(slopes.low)
            if not off.any():
                break
        if off.any():
            row = int(np.argmax(off))
            j = int(np.argmax(np.where(on_kink, np.abs(analytic[row] * bend[row]), -1)))
            i, flat, _ = list(_columns(run))[j]
            rows |= off
            if done.together is None:
                a, low, high = float(analytic[row] @ v), float(slopes.low[row]), float(slopes.high[row])
                done.together = mismatch(
                    run, row, i, flat, a, nearest(a, low, high), slopes.error[row], differences.eps
                )
    done.doubtful = max(done.doubtful, int(rows.sum()))  # most of them have been counted one by one


def _columns(run: Run) -> Iterator[tuple[int, int, float]]:
    """Every element of every input: which it is, and the scale of a step that moves it alone."""
    for i, leaf in enumerate(run.leaves):
        for flat, x in enumerate(leaf.numpy().flat):
            yield i, flat, max(1.0, abs(float(x)))


def unit(run: Run, i: int, flat: int) -> list[Any]:
    """The direction in which one element of one input grows."""
    direction: list[Any] = [None] * len(run.leaves)
    direction[i] = np.zeros(run.leaves[i].shape)
    direction[i].flat[flat] = 1
    return direction


def _scales(run: Run, analytic: Any, low: Any, high: Any) -> Any:
    """The scale of each entry, the smaller of two sizes.

    They are the largest slope from its input to its element of the output, and from its element of the input to its
    output.
    """
    sizes = np.nan_to_num(np.fmax(np.fmax(np.abs(low), np.abs(high)), np.abs(analytic)), nan=0, posinf=0)
    scales = np.zeros_like(sizes)
    for rows, columns in _blocks(run):
        block = sizes[rows, columns]
        if block.size:
            scales[rows, columns] = np.minimum(block.max(axis=0), block.max(axis=1, keepdims=True))
    return scales


def _blocks(run: Run) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of each output by each input."""
    top = 0
    for output in run.outputs:
        left = 0
        for leaf in run.leaves:
            yield slice(top, top + output.size), slice(left, left + leaf.size)
            left += leaf.size
        top += output.size


def _unmoved(run: Run, differences: Differences, scales: Any) -> Any:
    """Entries of blocks in which every slope is 0, though a long step changes the output: rounding hides them."""
    found = np.zeros(scales.shape, bool)
    moved: dict[int, Any] = {}
    inputs = [i for _ in run.outputs for i in range(len(run.leaves))]
    for i, (rows, columns) in zip(inputs, _blocks(run), strict=True):
        if scales[rows, columns].any() or not scales[rows, columns].size:
            continue
        if i not in moved:
            rng = np.random.default_rng(differences.seed)
            x = run.leaves[i].numpy()
            far: list[Any] = [None] * len(run.leaves)
            far[i] = rng.uniform(0.5, 1, x.shape) * np.maximum(1, np.abs(x))
            moved[i] = differences.at(far, 0.1).vector != run.vector
        found[rows, columns] = moved[i][rows, None]
    return found


class BackwardRounding:
    """Whether rounding in the backward pass explains an error; measured once for each row asked for."""

    def __init__(self, run: Run, seed: int) -> None:
        self.run, self.seed = run, seed
        self.noise: dict[int, Any] = {}

    def __call__(self, row: int, column: int, off: float) -> bool:
        """True if random rounding moves the entry about as far."""
        if row not in self.noise:
            one = np.zeros(self.run.vector.size)
            one[row] = 1
            self.noise[row] = self.run.gradient_noise(one, np.random.default_rng(self.seed))
        noise = self.noise[row]
        return noise is not None and bool(off <= 30 * noise[column])


def excess(analytic: Any, low: Any, high: Any, error: Any, scale: Any, tolerance: Tolerance) -> Any:
    """How far entries are outside their intervals, in units of what is allowed; inf for nan."""
    distance = np.maximum(np.maximum(low - analytic, analytic - high), 0)
    ratio = np.where(distance == 0, 0, distance / (tolerance.allowed(analytic, low, high, scale) + error))
    return np.where(np.isnan(ratio), np.inf, ratio)


def nearest(analytic: float, low: float, high: float) -> float:
    """The nearer end of the interval, `low` for nan."""
    return float(low if abs(analytic - low) <= abs(analytic - high) or np.isnan(analytic) else high)


def mismatch(
    run: Run, row: int, i: int, column: int, analytic: Any, numeric: Any, allowed: Any, eps: float
) -> Mismatch:
    """The Mismatch of an entry whose row counts through all outputs."""
    for k, output in enumerate(run.outputs):
        if row < output.size:
            return Mismatch(k, int(row), i, int(column), float(analytic), float(numeric), float(allowed), eps)
        row -= output.size
    raise IndexError(row)


# ── the same to rounding, where complex steps can be taken ────────────────────────────────────────────────────────────


def sharpened(run: Run, differences: Differences, analytic: Any, done: Comparison) -> None:
    """Compare along random directions by complex steps, to nine digits, if every step's formula allows it."""
    rng = np.random.default_rng(differences.seed)
    _, low, high = done.jacobian
    for _ in range(2):
        direction = [rng.choice([-1.0, 1.0], leaf.shape) for leaf in run.leaves]
        flat = np.concatenate([d.ravel() for d in direction])
        found = differences.complex_slope(direction)
        if found is None:
            return
        slope, spread = found
        size = np.abs(analytic) @ np.abs(flat)
        coarse = np.abs(slope - (low + high) @ flat / 2) > 1e-5 * size + 1e-5 * np.abs(slope)
        off = ~coarse & (np.abs(analytic @ flat - slope) > 1e-9 * size + 30 * spread + differences.floor + NOTHING)
        if off.any():
            _find_off(run, differences, analytic, int(np.argmax(off)), done)
            return


def _find_off(run: Run, differences: Differences, analytic: Any, row: int, done: Comparison) -> None:
    """The entry of a row that is furthest from its complex step, and further than its own rounding explains."""
    worst = 0.0
    one = np.zeros(len(analytic))
    one[row] = 1
    noise = run.gradient_noise(one, np.random.default_rng(differences.seed))
    if noise is None:
        return
    for j, (i, flat, _) in enumerate(_columns(run)):
        found = differences.complex_slope(unit(run, i, flat))
        if found is None:
            return
        slope, spread = found[0][row], found[1][row]
        allowed = 1e-9 * abs(slope) + 30 * (spread + noise[j]) + differences.floor[row] + NOTHING
        off = abs(analytic[row, j] - slope)
        if off > allowed and off > worst:
            worst, done.differing = off, done.differing + 1
            done.wrong = mismatch(run, row, i, flat, analytic[row, j], slope, allowed, IMAGINARY)
