"""What is probably wrong with a rule, read off its Jacobian beside the true one: known patterns, surest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def diagnose(analytic: Any, numeric: Any, out: Shape, argument: Shape) -> str | None:
    """A sentence on how `analytic` (out elements × argument elements) is made from `numeric`, or None."""
    if np.isnan(analytic).any():
        return f"the rule gives nan, in {int(np.isnan(analytic).sum())} of {analytic.size} entries"
    if not numeric.size or not np.isfinite(numeric).all():
        return None
    if not analytic.any():
        return "the rule gives zero everywhere, yet the function moves"
    close = _closeness(numeric)
    for predicted, words in _patterns(analytic, numeric, out, argument):
        if predicted.shape == analytic.shape and close(analytic, predicted):
            return words
    return _some_entries(analytic, numeric, close)


def _closeness(numeric: Any) -> Any:
    atol = 1e-5 * np.abs(numeric).max()
    return lambda a, b: bool((np.abs(a - b) <= atol + 1e-4 * np.abs(b)).all())


def _patterns(a: Any, n: Any, out: Shape, argument: Shape) -> Iterator[tuple[Any, str]]:
    """The Jacobian that each mistake would make, and the mistake in words."""
    yield -n, "the sign is wrong: analytic = −numeric everywhere"
    weight = float((n * n).sum())
    factor = float((a * n).sum()) / weight if weight else 1.0
    if np.abs(a - factor * n).max() <= 1e-4 * np.abs(a).max():
        yield a, _factor(factor, n.shape)
    yield from _transposed(n, out, argument)
    yield from _one_slice(n, out)
    yield from _flipped(n, out, argument)
    yield from _shifted(a, n, out, argument)
    if len(n) == n.shape[1]:
        yield n.T, "the Jacobian itself is transposed: the rule carries gradients forwards"
        units = np.eye(len(n))
        if (np.abs(n - np.diag(np.diag(n))) <= 1e-9 * np.abs(n).max()).all():
            slopes = np.diag(n)
            if set(np.round(slopes, 9)) <= {0.0, 1.0}:
                yield units - np.diag(slopes), "the mask is inverted: the gradient passes where it should be held back"
                yield units, "the mask is missing: the gradient passes everywhere, as if the function were x itself"


def _factor(factor: float, shape: Shape) -> str:
    known = {2.0: "twice", 0.5: "half"}
    nearest = next((words for value, words in known.items() if abs(factor - value) < 1e-3 * value), None)
    if nearest:
        return f"the gradient is {nearest} what it should be, everywhere"
    inverse = 1 / factor if factor else np.inf
    for n, word in ((inverse, "1/"), (factor, "")):
        if n > 1.5 and abs(n - round(n)) < 1e-3 * n:
            what = "a mean in place of a sum" if word else "a sum in place of a mean"
            much = f"1/{round(n)} of" if word else f"{round(n)} times"
            return f"the gradient is {much} what it should be, everywhere: {what}, or a wrong scale?"
    return f"the gradient is {factor:.9g} times what it should be, everywhere"


def _transposed(n: Any, out: Shape, argument: Shape) -> Iterator[tuple[Any, str]]:
    whole = n.reshape(-1, *argument)
    for i in range(len(argument)):
        for j in range(i + 1, len(argument)):
            if argument[i] == argument[j] > 1:
                swapped = whole.swapaxes(i + 1, j + 1).reshape(n.shape)
                yield swapped, f"the gradient is transposed: axes {i} and {j} of the argument are exchanged"
    there = n.reshape(*out, -1)
    for i in range(len(out)):
        for j in range(i + 1, len(out)):
            if out[i] == out[j] > 1:
                yield there.swapaxes(i, j).reshape(n.shape), f"g is transposed: its axes {i} and {j} are exchanged"


def _one_slice(n: Any, out: Shape) -> Iterator[tuple[Any, str]]:
    """Only one slice of g arrives."""
    whole = n.reshape(*out, -1)
    for axis, length in enumerate(out):
        for k in {0, length - 1} if length > 1 else ():
            only = np.zeros_like(whole)
            at = (slice(None),) * axis + (k,)
            only[at] = whole[at]
            words = f"a sum over a broadcast axis is missing: of axis {axis} of g only slice {k} arrives"
            yield only.reshape(n.shape), words


def _flipped(n: Any, out: Shape, argument: Shape) -> Iterator[tuple[Any, str]]:
    for axes in ((-1,), (-2,), (-2, -1)):
        if len(argument) < -axes[0] or not n.any():
            continue
        of_argument = np.flip(n.reshape(-1, *argument), axes).reshape(n.shape)
        kernel = " (a flipped kernel?)" if len(argument) == 4 else ""
        yield of_argument, f"the gradient is in reverse order along {_axes(axes, argument)} of the argument{kernel}"
        if len(out) >= -axes[0]:
            of_g = np.flip(n.reshape(*out, -1), tuple(a - 1 for a in axes)).reshape(n.shape)
            yield of_g, f"g is in reverse order along {_axes(axes, out)}{kernel}"
            both = np.flip(of_argument.reshape(*out, -1), tuple(a - 1 for a in axes)).reshape(n.shape)
            if len(argument) > 2:  # one axis: a sum running the wrong way, whose Jacobian is transposed
                yield both, f"the kernel is flipped along {_axes(axes, argument)}"


def _axes(axes: tuple[int, ...], shape: Shape) -> str:
    numbers = [str(len(shape) + a) for a in axes]
    return f"ax{'is' if len(axes) == 1 else 'es'} {' and '.join(numbers)}"


def _shifted(a: Any, n: Any, out: Shape, argument: Shape) -> Iterator[tuple[Any, str]]:
    """Off by one along axes of the argument or of g: compared where both know the entry."""
    for shape, sizes, what in (
        ((len(a), *argument), argument, "the gradient"),
        ((*out, a.shape[1]), out, "g"),
    ):
        first = 1 if what == "the gradient" else 0
        for reach in ((-1,), (-2,), (-2, -1)):
            axes = [first + len(sizes) + r for r in reach if len(sizes) + r >= 0]
            if len(axes) < len(reach) or any(shape[axis] < 3 for axis in axes):
                continue
            for by in (1, -1):
                moved = np.roll(n.reshape(shape), [by] * len(axes), axes)
                edge = np.ones(shape, bool)
                for axis in axes:
                    rows = [slice(None)] * len(shape)
                    rows[axis] = 0 if by == 1 else -1  # type: ignore[call-overload]
                    edge[tuple(rows)] = False
                guess = np.where(edge, moved, a.reshape(shape)).reshape(n.shape)
                if not edge.any() or not moved[edge].any():
                    continue
                numbers = " and ".join(str(axis - first) for axis in axes)
                yield guess, f"{what} is shifted by {by:+d} along axis {numbers}: off by one, in the padding perhaps"


def _some_entries(a: Any, n: Any, close: Any) -> str | None:
    """A sentence where no single pattern explains everything."""
    scale = np.abs(n).max()
    off = ~(np.abs(a - n) <= 1e-5 * scale + 1e-4 * np.abs(n))
    if not off.any():
        return None
    wrong = int(off.sum())
    are, entries = ("is", "entry is") if wrong == 1 else ("are", "entries are")
    moves = np.abs(n) > 1e-7 * scale
    if not a[off].any():
        return f"{wrong} of {int(moves.sum())} entries that move {are} zero in the gradient; the others are right"
    if not moves[off].any():
        return f"{wrong} {entries} not zero although nothing moves there; the others are right"
    if close(np.sort(a.ravel()), np.sort(n.ravel())):
        return "the right numbers stand in the wrong places: a permutation"
    if wrong <= max(1, a.size // 10):
        return f"only {wrong} of {a.size} entries {are} wrong"
    return None
