"""Slopes of a function along a direction, by two-sided differences that avoid kinks, and their rounding error.

    D(h) = (f(x + h·d) − f(x − h·d)) / 2h                    error  h²·f‴/6 + noise/h

`noise` is the rounding error of f itself, measured in two ways; the larger counts. By random rounding (Vignes, A
stochastic arithmetic for reliable scientific computation, 1993): every step of f is run again with its arguments moved
by up to a unit in the last place, and the results spread. By fourth differences of f at a few points close together,
which leave nothing of a smooth function but its noise (Moré and Wild, Estimating computational noise, 2011).

A stencil across a kink mixes two slopes. The trace shows whether an operation took another branch at one of its ends;
then h shrinks until both ends are on the same piece as x. Where no h does that, x is on the kink, and the result is an
interval between the two one-sided slopes: every gradient inside it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .target import Arrays, Run, Target
from .trace import NotAnalyticError, crossing, is_float

REPLAYS = 6  # random roundings
POINTS = 12  # for the fourth differences
SAFETY = 6  # times what was measured is taken for the noise
SHRINK = (1.0, 1e-1, 1e-2, 1e-3)  # of ε, in search of a stencil that crosses no branch
LADDER = 10.0 ** -np.arange(1, 10.5, 0.5)  # steps to choose from where the first one decides nothing
IMAGINARY = 1e-60  # a complex step: far below any element, as nothing is subtracted


@dataclass
class Slopes:
    """The slope of every output along a direction: between `low` and `high`, within `error`."""

    low: Any
    high: Any
    error: Any
    step: float = np.inf  # rounding moves the slopes by noise/step
    kink: str | None = None  # the operation whose branch the first stencil crossed
    on_kink: bool = False  # no stencil found that does not: low and high are the one-sided slopes
    bend: Any = None  # on a kink: the right slope less the left one, positive where the function is convex


class Differences:
    """Slopes of the function under check around one point."""

    def __init__(self, target: Target, run: Run, eps: float, seed: int) -> None:
        self.target, self.run, self.eps, self.seed = target, run, eps, seed
        self.point = [leaf.numpy() for leaf in run.leaves]
        self.evaluations = 0
        rng = np.random.default_rng(seed)
        exact = run.again(self.point)
        again = [run.again(self.point, rng) - exact for _ in range(REPLAYS)]
        self.deviations = np.nan_to_num(np.array(again), posinf=0, neginf=0)
        self.residue = self._residue(rng)
        kinds = {run.outputs[i].dtype for i in range(len(run.outputs))}
        sizes = [np.abs(a).max(initial=0) for step in run.trace.steps if step.node for a in step.arrays if is_float(a)]
        self.inner = float(np.finfo(float).eps) * float(max(sizes, default=0.0))  # the last place inside a step
        self.floor = max((float(np.finfo(kind).eps) for kind in kinds), default=0.0) * np.abs(run.vector)
        self.rounding = self.noise()  # of every output

    def _residue(self, rng: np.random.Generator) -> Any:
        """Fourth differences, scaled to the standard deviation of the noise; none if a kink is between the points.

        Where elements are far below 1 a function may curve as much from point to point. Points spaced by those
        elements' own size then show what is noise, if they change the output at all.
        """
        sizes = [np.abs(x) for x in self.point]
        found = self._fourth([np.maximum(1, size) for size in sizes], rng)
        if any(((size > 0) & (size < 1e-3)).any() for size in sizes):
            close = _rms(self._fourth([np.where(size > 0, size, 1) for size in sizes], rng))
            found *= np.where(close > 0, np.minimum(1, close / np.maximum(_rms(found), 1e-300)), 1)
        return found

    def _fourth(self, sizes: list[Any], rng: np.random.Generator) -> Any:
        direction = [rng.uniform(0.5, 1, size.shape) * size for size in sizes]
        runs = [self.at(direction, 1e-4 * self.eps * k) for k in range(1, POINTS + 1)]
        if any(crossing(runs[0].trace, run.trace) for run in runs[1:]):
            return self.deviations[:0]
        return np.nan_to_num(np.diff([run.vector for run in runs], n=4, axis=0) / np.sqrt(70), posinf=0, neginf=0)

    def noise(self, u: Any = None) -> Any:
        """The rounding error of every output, or of Σ u · outputs."""
        if u is None:
            spread, residue, floor = self.deviations, self.residue, self.floor
        else:
            spread, residue, floor = self.deviations @ u, self.residue @ u, np.sqrt(((u * self.floor) ** 2).sum())
        return SAFETY * np.maximum(np.abs(spread).max(axis=0, initial=0), _rms(residue)) + floor

    def _defined(self, slope: Any, u: Any = None) -> Any:
        """The slope; nan where the function is not finite at the point itself: 1/x² has no slope at 0."""
        lost = ~np.isfinite(self.run.vector)
        return np.where(lost if u is None else (lost & (u != 0)).any(), np.nan, slope) if lost.any() else slope

    def at(self, direction: Arrays, t: float) -> Run:
        """The function run at distance t."""
        self.evaluations += 1
        return self.target.run(self.target.moved(self.point, direction, t))

    def along(self, direction: Arrays, scale: float = 1.0) -> Slopes:
        """The slopes with the first step of ε · scale, or a smaller one if that crosses a branch."""
        kink = None
        for shrink in SHRINK:
            h = self.eps * scale * shrink
            ends = self.at(direction, h), self.at(direction, -h)
            crossed = next((c for end in ends if (c := crossing(self.run.trace, end.trace))), None)
            if crossed is None:
                slope = self._defined((ends[0].vector - ends[1].vector) / (2 * h))
                if self._jumps(direction, h, *ends):
                    slope = np.full_like(slope, np.nan)
                return Slopes(slope, slope, self.rounding / h, h, kink)
            kink = kink or crossed
        return self.one_sided(direction, scale, kink)

    def _jumps(self, direction: Arrays, h: float, *ends: Run) -> bool:
        """True if the function is another at the point alone than on both sides, however close by.

        So are factors whose signs LAPACK chooses where an entry is exactly 0: no difference tells the slope there.
        """
        right, left = (np.abs(end.vector - self.run.vector) for end in ends)
        gap, apart = np.minimum(right, left), np.abs(ends[0].vector - ends[1].vector)
        wide = gap > np.maximum(10 * apart, 1e-3 * np.abs(self.run.vector) + 100 * self.rounding)
        if not wide.any():
            return False
        near = [np.abs(self.at(direction, side).vector - self.run.vector) for side in (1e-3 * h, -1e-3 * h)]
        return bool((np.minimum(*near) > 0.9 * gap)[wide].any())

    def one_sided(self, direction: Arrays, scale: float, kink: str | None) -> Slopes:
        """The slopes of the pieces on both sides, each continued to x by a parabola that leaves x itself out."""
        h, ends = self._pieces(direction, self.eps * scale)
        sides = [
            self._defined((2.5 * (two.vector - one.vector) - 1.5 * (three.vector - two.vector)) / side)
            for side, (one, two, three) in zip((h, -h), ends, strict=True)
        ]
        kink = kink or "an operation unknown"
        low, high, error = np.minimum(*sides), np.maximum(*sides), 8 * self.rounding / h
        return Slopes(low, high, error, h / 8, kink, on_kink=True, bend=sides[0] - sides[1])

    def _pieces(self, direction: Arrays, first: float) -> tuple[float, Any]:
        """Three points on either side, h apart, each side on one piece; h shrinks while a kink is between them."""
        tried = []
        for h in first * np.array(SHRINK):
            ends = [[self.at(direction, side * k) for k in (1, 2, 3)] for side in (h, -h)]
            if not any(crossing(one.trace, other.trace) for one, *others in ends for other in others):
                return h, ends
            tried.append((h, ends))
        return tried[0]

    def refined(self, direction: Arrays, scale: float = 1.0, u: Any = None, tiny: float = 0.0) -> Slopes:
        """The slopes, of each output or of Σ u · outputs, each with the step that suits it best.

        A step's error is estimated as noise/h plus the distance of its slope from those of the next larger and the next
        smaller step. A step is ruled out if a smaller one contradicts it by more than rounding allows: two steps across
        the same pole agree, and are both wrong. `tiny` is the size of an element far below 1, near which a function may
        curve on that scale.
        """
        steps = scale * LADDER
        if self._jumps(direction, steps[-1], *(self.at(direction, side) for side in (steps[-1], -steps[-1]))):
            lost = np.full(self.run.vector.shape if u is None else (1,), np.nan)
            return Slopes(lost, lost, np.zeros_like(lost))
        stencils: list[Any] = []
        kink = None
        for h in [*steps, *(h for h in tiny * LADDER if 0 < h < steps[-1])]:
            ends = self.at(direction, h), self.at(direction, -h)
            crossed = next((c for end in ends if (c := crossing(self.run.trace, end.trace))), None)
            kink = crossed or kink
            stencils.append(None if crossed else (h, ends[0].vector, ends[1].vector))
        vectors = [v for stencil in stencils if stencil is not None for v in stencil[1:]]
        grain = np.where(_still(vectors, self.run.vector), self.inner, _grain(vectors, self.run.vector))
        noise = self.noise(u) + (grain if u is None else np.sqrt(((u * grain) ** 2).sum()))
        sides, reach = self._sides(direction, scale, kink)
        tried: list[Any] = []  # slope and what rounding does to it, or None for a stencil that is of no use
        for stencil in stencils:
            if stencil is None or stencil[0] > reach:
                tried.append(None)
                continue
            h, *values = stencil
            right, left = values if u is None else (np.atleast_1d(u @ value) for value in values)
            tried.append((self._defined((right - left) / (2 * h), u), noise / h))
        best, error = _surest(tried)
        if best is None or not np.isfinite(error).any() or self._bent(sides, direction, scale, tiny):
            if u is None:
                return sides
            low, high = map(np.atleast_1d, across(u, sides))
            return Slopes(low, high, np.atleast_1d(noise / sides.step), sides.step, sides.kink, on_kink=True)
        return Slopes(best, best, error, kink=kink)

    def _sides(self, direction: Arrays, scale: float, kink: str | None) -> tuple[Slopes, float]:
        """The one-sided slopes, and the longest step that may be trusted.

        Slopes that differ, but do not from closer by, are of a function that curves fast (sin at a million) or has a
        kink nearby that no trace shows: then those from closer by count.
        """
        sides = self.one_sided(direction, scale, kink)
        bent = _apart(sides)
        for shrink in (*SHRINK[1:], 1e-4) if bent.any() else ():
            near = self.one_sided(direction, scale * shrink, kink)
            apart, size = near.high - near.low, np.fmax(np.abs(near.low), np.abs(near.high))
            closed = (apart < 0.1 * (sides.high - sides.low)) | (apart < 1e-3 * size)
            if closed[bent].all() and not _apart(near).any():
                return near, 3.2 * self.eps * scale * shrink  # the three points reach about as far
        return sides, np.inf

    def _bent(self, sides: Slopes, direction: Arrays, scale: float, tiny: float) -> bool:
        """True if the one-sided slopes differ by far more than rounding and curvature explain: a kink, declared or not.

        From closer by curvature vanishes, a kink does not.
        """
        apart = _apart(sides)
        for closer in (1e-2 * scale, 1e-4 * scale, tiny):
            if not apart.any():
                return False
            if not closer:
                continue
            near = self.one_sided(direction, closer, None)
            enough = np.fmax(1e-2 * (sides.high - sides.low), 1e-3 * np.minimum(np.abs(near.low), np.abs(near.high)))
            apart &= _apart(near) | ~(np.isfinite(near.low + near.high) & (100 * near.error <= enough))
        return bool(apart.any())

    def complex_slope(self, direction: Arrays) -> tuple[Any, Any] | None:
        """The slopes by complex steps, Im f(x + i·h·d)/h, and their spread under random rounding.

        They subtract nothing, so no digits are lost. None if a step's formula does not hold for complex numbers.
        Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998.
        """
        h, rng = IMAGINARY, np.random.default_rng(self.seed)
        moved = [x if d is None else x + 1j * h * d for x, d in zip(self.point, direction, strict=True)]
        try:
            slope = self.run.again(moved).imag / h
            others = [self.run.again(moved, rng).imag / h for _ in range(REPLAYS)]
        except (NotAnalyticError, TypeError, ValueError, AttributeError):
            return None
        least = np.finfo(float).tiny / h  # of smaller slopes nothing is left
        return slope, np.abs(np.array(others) - slope).max(axis=0, initial=0) + least


def _apart(sides: Slopes) -> Any:
    size = np.nanmax(np.fmax(np.abs(sides.low), np.abs(sides.high)), initial=0)
    return sides.high - sides.low > 1e-3 * size + 100 * sides.error


def _surest(tried: list[Any]) -> tuple[Any, Any]:
    """Element by element the slope of the smallest estimated error, and that error.

    Slopes that a smaller step contradicts are left out.
    """
    best: Any = None
    error: Any = None
    for k, one in enumerate(tried):
        if one is None:
            continue
        slope, rounding = one
        larger, smaller = (tried[n] if 0 <= n < len(tried) else None for n in (k - 1, k + 1))
        doubt = np.inf if larger is None else np.abs(slope - larger[0])
        doubt = rounding + (doubt if smaller is None else np.fmax(doubt, np.abs(slope - smaller[0])))
        for other in tried[k + 1 :]:
            if other is not None:
                doubt = np.where(np.abs(slope - other[0]) > doubt + other[1], np.inf, doubt)
        doubt = np.where(np.isfinite(doubt), doubt, np.inf)
        if best is None:
            best, error = slope, doubt
        else:
            best, error = np.where(doubt < error, slope, best), np.minimum(doubt, error)
    return best, error


def across(u: Any, slopes: Slopes) -> tuple[float, float]:
    """The interval of Σ u · slopes."""
    ends = u * slopes.low, u * slopes.high
    return float(np.minimum(*ends).sum()), float(np.maximum(*ends).sum())


def _rms(rows: Any) -> Any:
    return np.sqrt((rows**2).mean(axis=0)) if len(rows) else np.zeros(rows.shape[1:])


def _still(vectors: list[Any], like: Any) -> Any:
    """Where an output has the same value at every point, as 1 + e⁻⁵⁰ does: slopes so small cannot be seen in it."""
    return np.logical_and.reduce([v == like for v in vectors]) if vectors else np.zeros(like.shape, bool)


def _grain(vectors: list[Any], like: Any) -> Any:
    """The grid on which each output's values lie, where they change at all: 2⁻⁴⁸, say, for a small difference of two
    numbers near 16. It is coarser than their own last place where larger numbers have cancelled inside.
    """
    if not vectors:
        return np.zeros_like(like)
    values = np.stack(vectors)
    mantissa, exponent = np.frexp(np.where(np.isfinite(values), values, 0))
    whole = np.abs(mantissa * 2.0**53).astype(np.int64)
    lowest = np.ldexp((whole & -whole).astype(float), exponent - 53)
    lowest = np.where(whole > 0, lowest, np.inf).min(axis=0)
    return np.where((values != values[0]).any(axis=0) & np.isfinite(lowest), lowest, 0.0)
