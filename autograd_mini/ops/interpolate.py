"""Images of another size: a sparse matrix for each axis."""

from collections.abc import Sequence
from math import floor
from typing import Any

from ..arguments import is_real, is_whole
from ..kernels.resample import Axis
from .elementwise import floating
from .kinds import definition
from .resample import resample

MODES = {
    "nearest": ("nearest", (1, 2, 3)),
    "nearest-exact": ("nearest-exact", (1, 2, 3)),
    "area": ("area", (1, 2, 3)),
    "linear": ("linear", (1,)),
    "bilinear": ("linear", (2,)),
    "trilinear": ("linear", (3,)),
    "bicubic": ("cubic", (2,)),
}
"""For each mode what is done along an axis, and for how many axes of pixels there is one."""


@definition
def interpolate(
    x: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
    antialias: bool = False,
) -> Any:
    """Images of another size. x (N, C, ...) -> (N, C, *size).

    "nearest" takes pixel ⌊i·n / m⌋ for pixel i of m, "nearest-exact" the one whose centre is nearest; "linear",
    "bilinear" and "trilinear" weigh the 2 pixels around a place on each axis, "bicubic" 4; "area" is the mean of a
    window, as in adaptive_avg_pool2d.

    Arguments:
        x: (N, C, ...), images with one to three axes of pixels.
        size: of the images to make, an integer or one for each axis; None if there is a scale_factor.
        scale_factor: by what to multiply the size, a number or one for each axis; it also says where the pixels are.
        mode: "nearest", "nearest-exact", "area", "linear" (one axis), "bilinear", "bicubic" (two), "trilinear" (three).
        align_corners: whether the centres of the corner pixels stay where they are, instead of the image's edges.
        antialias: whether the filter of "bilinear" and "bicubic" gets wider where images get smaller.
    Returns:
        (N, C, *size), in x's dtype; with `scale_factor` the size is ⌊n · factor⌋.
    Raises:
        ValueError: for both or neither of size and scale_factor, for what is below 1 pixel, and for a mode that
            there is not, not for so many axes, or not with align_corners or antialias.
        TypeError: for data that are not real numbers.
    Source: Keys 1981 for "bicubic", with a = −0.75, anti-aliased −0.5.

    Example:
        >>> ag.interpolate(np.array([[[0.0, 2.0]]]), size=4, mode="linear")
        array([[[0. , 0.5, 1.5, 2. ]]])
    """
    (x,) = floating("interpolate", (), x=x)
    axes = len(x.shape) - 2
    if not 1 <= axes <= 3 or 0 in x.shape[1:]:
        raise ValueError(f"interpolate: x {x.shape} must be (N, C, ...) with one to three axes of pixels, none empty")
    along, allowed = MODES.get(mode, ("", ()))
    if axes not in allowed:
        known = ", ".join(name for name, (_, there) in MODES.items() if axes in there)
        raise ValueError(f"interpolate: for x {x.shape} mode must be one of {known}, not {mode!r}")
    if align_corners and along not in ("linear", "cubic"):
        raise ValueError(f"interpolate: mode {mode!r} has no align_corners")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: mode {mode!r} has no antialias")
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: one of size and scale_factor must be given, and not both")
    what, given = ("size", size) if scale_factor is None else ("scale_factor", scale_factor)
    each: Any = tuple(given) if isinstance(given, tuple | list) else (given,) * axes
    good = is_whole if scale_factor is None else is_real
    if len(each) != axes or not all(good(n) and n > 0 for n in each):
        kind = "an integer of at least 1" if scale_factor is None else "a number above 0"
        raise ValueError(f"interpolate: {what} must be {kind}, or one for each of the {axes} axes, not {given!r}")
    plans = []
    for n, wished in zip(x.shape[2:], each, strict=True):
        m = int(wished) if scale_factor is None else floor(n * wished)
        if m < 1:
            raise ValueError(f"interpolate: scale_factor {given!r} leaves no pixel of x {x.shape}")
        between = (n - 1) / (m - 1) if m > 1 else 0
        step = between if align_corners else n / m if scale_factor is None else 1 / wished
        plans.append(Axis(along, n, m, float(step), bool(align_corners), bool(antialias)))
    return resample.bind(x, axes=tuple(plans))
