"""Gradients beside differences along random directions, uᵀJv: a whole net in seconds; halving finds a wrong entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .compare import Comparison, Mismatch, Tolerance, excess, mismatch, nearest, unit
from .differences import Differences, across
from .target import Run


def projected(run: Run, differences: Differences, tolerance: Tolerance, projections: int, seed: int) -> Comparison:
    """Compare uᵀJv for random cotangents u and, input by input, random directions v.

    Every second direction gives elements of small gradient long steps, so that large ones do not hide them.
    """
    rng = np.random.default_rng(seed)
    done = Comparison()
    for p in range(projections):
        u = rng.standard_normal(run.vector.size)
        gradients = run.gradients(u)
        for i, leaf in enumerate(run.leaves):
            g = np.zeros(leaf.shape) if gradients[i] is None else gradients[i].astype(np.float64)
            x = np.where(np.isfinite(leaf.numpy()), leaf.numpy(), 0)
            v = rng.choice([-1.0, 1.0], leaf.shape) * np.maximum(1, np.abs(x))
            if p % 2:
                size = np.where(np.isfinite(g), np.abs(g), 0)
                typical = np.median(size[size > 0]) if (size > 0).any() else 1.0
                v = v * np.clip(typical / np.maximum(size, 1e-3 * typical), 1e-3, 1e3)
                v /= np.abs(v).max(initial=1e-300)
            done.entries += 1
            for gradient, direction in _parts(leaf.numpy(), g, v):
                verdict = _along(run, differences, tolerance, u, i, direction, gradient, done)
                if verdict is None:
                    done.doubtful += 1
                elif not verdict:
                    done.differing += 1
                    done.wrong = _located(run, differences, tolerance, u, i, direction, gradient)
                    return done
    return done


def _parts(x: Any, g: Any, v: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of gradient and direction: first all elements of finite gradient, then those of infinite gradient.

    Together ∞ − ∞ would hide the finite ones. Elements that are not finite do not move.
    """
    steep = np.isinf(g) & np.isfinite(x)
    moved = np.isfinite(x) & ~steep
    yield np.where(moved, g, 0), np.where(moved, v, 0)
    if steep.any():
        yield np.where(steep, g, 0), np.where(steep, np.abs(v) * np.sign(g), 0)


def _along(
    run: Run, differences: Differences, tolerance: Tolerance, u: Any, i: int, v: Any, g: Any, done: Comparison
) -> bool | None:
    """True if the projection agrees, False if it certainly does not, None if that cannot be decided."""
    direction = [v if k == i else None for k in range(len(run.leaves))]
    analytic = float((g * v)[v != 0].sum())
    scale = float(np.linalg.norm((g * v)[v != 0]))
    slopes = differences.along(direction)
    if slopes.kink:
        done.kinks[slopes.kink] += 1
    low, high = across(u, slopes)
    error = differences.noise(u) / slopes.step
    size = max(scale, abs(low), abs(high))
    if float(excess(analytic, low, high, error, size, tolerance)) <= 1 and (slopes.on_kink or error <= 1e-4 * size):
        if slopes.on_kink and high - low > 1e-6 * size:
            return None  # what is right by itself may hide in so wide an interval
        if not slopes.on_kink:
            done.note(max(low - analytic, analytic - high), size)
        return True
    if np.isnan(analytic):
        return False
    if slopes.on_kink:
        return None
    if not size and (differences.at(direction, 0.1).vector == run.vector).all():
        return True  # nothing moves, however long the step
    fine = differences.refined(direction, u=u)
    low, high, error = float(fine.low[0]), float(fine.high[0]), float(fine.error[0])
    size = max(scale, abs(low), abs(high))
    if not size:
        return True
    if fine.on_kink or not np.isfinite(low) or error > 1e-2 * size:
        return None
    done.note(max(low - analytic, analytic - high), size)
    if float(excess(analytic, low, high, error, size, tolerance)) <= 1:
        return True
    noise = run.gradient_noise(u, np.random.default_rng(differences.seed))
    if noise is not None and max(low - analytic, analytic - high) <= 30 * np.linalg.norm(run.split(noise)[i] * v):
        return None  # rounding in the backward pass explains it
    return False


def _located(run: Run, differences: Differences, tolerance: Tolerance, u: Any, i: int, v: Any, g: Any) -> Mismatch:
    """Halve the direction, then the cotangent, towards the larger disagreement, down to one entry."""

    def off(part: Any) -> float:
        masked = np.zeros(v.size)
        masked[part] = v.ravel()[part]
        direction = [masked.reshape(v.shape) if k == i else None for k in range(len(run.leaves))]
        low, high = across(u, differences.along(direction))
        a = float((g.ravel()[part] * masked[part]).sum())  # elsewhere there may be nan
        return _nan_is_inf(max(low - a, a - high))

    column = _halved(v.size, off)
    slopes = differences.along(unit(run, i, column), max(1.0, abs(float(run.leaves[i].numpy().flat[column]))))
    known: dict[bytes, float] = {}

    def analytic(w: Any) -> float:
        key = w.tobytes()
        if key not in known:
            found = run.gradients(w)[i]
            known[key] = 0.0 if found is None else float(found.flat[column])
        return known[key]

    def missed(part: Any) -> float:
        w = np.zeros(u.size)
        w[part] = u[part]
        low, high = across(w, slopes)
        a = analytic(w)
        return _nan_is_inf(max(low - a, a - high))

    row = _halved(u.size, missed)
    one = np.zeros(u.size)
    one[row] = 1
    a = analytic(one)
    allowed = tolerance.allowed(a, slopes.low[row], slopes.high[row], abs(slopes.high[row])) + slopes.error[row]
    return mismatch(run, row, i, column, a, nearest(a, slopes.low[row], slopes.high[row]), allowed, differences.eps)


def _halved(n: int, off: Callable[[Any], float]) -> int:
    part = np.arange(n)
    while len(part) > 1:
        halves = np.array_split(part, 2)
        part = max(halves, key=off)
    return int(part[0])


def _nan_is_inf(x: float) -> float:
    return np.inf if np.isnan(x) else x
