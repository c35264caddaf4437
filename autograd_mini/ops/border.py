"""Borders made of what they surround, and sides of different numbers: all that np.pad does.

The axes are padded one after another, as in NumPy, so that the border of a later one surrounds that of an earlier one.
"""

from typing import Annotated, Any

import numpy as np

from ..arguments import Parameter, Widths, bare
from ..core.tape import Value
from .kinds import definition
from .reduce import max, mean, min
from .shape import broadcast_to, concatenate, getitem
from .shape import pad as surrounded
from .statistics import median

Mode = Annotated[Any, Parameter(None, "str | float")]
Sides = Annotated[Any, Parameter(None, "float | ArrayLike")]
SidesOrNone = Annotated[Any, Parameter(None, "float | ArrayLike | None")]

STATISTICS = {"maximum": max, "mean": mean, "median": median, "minimum": min}
INDEXED = ("edge", "reflect", "symmetric", "wrap")
MODES = ("constant", *INDEXED, "linear_ramp", *STATISTICS)


@definition
def pad(
    x: Any, pad_width: Widths, mode: Mode = "constant", *, value: Sides = 0.0, constant_values: SidesOrNone = None,
    end_values: Sides = 0, stat_length: SidesOrNone = None, reflect_type: Mode = "even",
) -> Any:  # fmt: skip
    """A border around x. x (n, ...) -> (before + n + after, ...).

    Arguments:
        x: numbers, with at least one axis.
        pad_width: elements to add: an integer, a pair (before, after), a pair for each axis, or {axis: width}.
        mode: what is in the border. "constant": one value. "edge": the outermost element. "reflect", "symmetric": the
            mirrored elements, without the outermost or with it. "wrap": those of the other end. "linear_ramp": from the
            outermost element evenly to `end_values`. "maximum", "mean", "median", "minimum": of the elements along the
            axis. A number is the border's value.
        value: the number in a constant border; in an integer x it must be an integer.
        constant_values: the same by NumPy's name; also a pair (before, after), or a pair for each axis.
        end_values: where a ramp ends, in these forms.
        stat_length: of how many of the outermost elements the statistic is, in these forms; None for all.
        reflect_type: "even", or "odd" for elements that are mirrored at the outermost one's value too.
    Returns:
        The larger array, in x's dtype.
    Raises:
        ValueError: for widths that are not integers of at least 0 or do not fit x's axes, for x of shape (), an
            unknown mode, and a border of no elements.
        TypeError: for a value that x's dtype cannot hold, and numbers that carry a gradient, which would be lost.

    Example:
        >>> ag.pad(np.array([1.0, 2.0]), (1, 2)), ag.pad(np.array([1.0, 2.0, 3.0]), 2, "reflect")
        (array([0., 1., 2., 0., 0.]), array([3., 2., 1., 2., 3., 2., 1.]))
    """
    if not isinstance(mode, str):
        mode, value = "constant", mode
    if mode not in MODES:
        raise ValueError(f"pad: mode must be one of {', '.join(MODES)}, not {mode!r}")
    if reflect_type not in ("even", "odd"):
        raise ValueError(f"pad: reflect_type must be 'even' or 'odd', not {reflect_type!r}")
    value = value if constant_values is None else constant_values
    if mode == "constant" and not np.shape(value):
        return surrounded(x, pad_width, value.item() if isinstance(value, np.ndarray | np.generic) else value)
    ramp = mode == "linear_ramp"
    ends = _sides("end_values" if ramp else "constant_values", x, end_values if ramp else value)
    lengths = _sides("stat_length", x, [(n, n) for n in x.shape] if stat_length is None else stat_length)
    for axis, (before, after) in enumerate(pad_width):
        if (before or after) and not x.shape[axis] and mode != "constant":
            raise ValueError(f"pad: axis {axis} of shape {x.shape} has no elements for a border of mode {mode!r}")
    if x.dtype.kind not in "fc":
        more: Any = {"constant": {"constant_values": ends}, "linear_ramp": {"end_values": ends}}.get(mode, {})
        more |= {"stat_length": lengths} if mode in STATISTICS else {}
        more |= {"reflect_type": reflect_type} if mode in ("reflect", "symmetric") else {}
        found = np.pad(bare(x), pad_width, mode, **more)
        return type(x).made(found, None) if isinstance(x, Value) else found
    for axis, (before, after) in enumerate(pad_width):
        if mode in ("reflect", "symmetric") and reflect_type == "odd":
            x = _mirrored_oddly(x, axis, before, after, int(mode == "reflect"))
        elif mode in INDEXED and (before or after):
            places: Any = np.pad(np.arange(x.shape[axis]), (before, after), mode)
            x = getitem.bind(x, index=(*[slice(None)] * axis, places))
        elif before or after:
            sides = zip((before, after), ends[axis], lengths[axis], (False, True), strict=True)
            head, tail = (_side(x, axis, mode, *side) for side in sides)
            x = concatenate([head, x, tail], axis)
    return x


def _part(x: Any, axis: int, start: int | None, end: int | None, step: int | None = None) -> Any:
    return getitem.bind(x, index=(*[slice(None)] * axis, slice(start, end, step)))


def _side(x: Any, axis: int, mode: str, width: int, end: Any, length: Any, behind: bool) -> Any:
    """The border at one end of an axis: a constant, a statistic or a ramp."""
    shape, n = (*x.shape[:axis], width, *x.shape[axis + 1 :]), x.shape[axis]
    if mode == "constant" or not width:
        return np.full(shape, end, x.dtype)
    if mode in STATISTICS:
        count = int(np.minimum(length, n))
        chosen = _part(x, axis, n - count, n) if behind else _part(x, axis, 0, count)
        return broadcast_to.bind(STATISTICS[mode](chosen, axis, True), shape=shape)
    edge = _part(x, axis, n - 1, n) if behind else _part(x, axis, 0, 1)
    shares = (np.arange(width) / width)[:: -1 if behind else 1].astype(x.dtype)
    return end.astype(x.dtype) + (edge - end.astype(x.dtype)) * shares.reshape((-1, *[1] * (len(shape) - axis - 1)))


def _mirrored_oddly(x: Any, axis: int, before: int, after: int, skip: int) -> Any:
    """Twice the outermost element less the mirrored ones, again and again until the border is full.

    skip: 1 if the outermost element itself is not mirrored.
    """
    while before or after:
        n = x.shape[axis]
        if n == skip:
            return getitem.bind(x, index=(*[slice(None)] * axis, np.zeros(before + after + 1, np.intp)))
        first, last = int(np.minimum(before, n - skip)), int(np.minimum(after, n - skip))
        head = _part(_part(x, axis, skip, skip + first), axis, None, None, -1)
        tail = _part(_part(x, axis, n - skip - last, n - skip), axis, None, None, -1)
        head, tail = 2 * _part(x, axis, 0, 1) - head, 2 * _part(x, axis, n - 1, n) - tail
        x, before, after = concatenate([head, x, tail], axis), before - first, after - last
    return x


def _sides(what: str, x: Any, given: Any) -> Any:
    """(before, after) of an argument for each axis."""
    if isinstance(given, Value) and given.node is not None:
        raise TypeError(f"pad: the gradient of {what} would be lost; give {what}.detach()")
    try:
        return np.broadcast_to(np.asarray(bare(given)), (len(x.shape), 2))
    except ValueError:
        raise ValueError(
            f"pad: {what} must be one, a pair, or a pair for each axis of shape {x.shape}, not {given!r}"
        ) from None
