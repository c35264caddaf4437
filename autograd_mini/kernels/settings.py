"""Switches for the kernels: compiled loops (the extra `fast`), and Winograd's algorithm for 3×3 convolutions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from typing import Any

OFF = ("0", "off", "no", "false")


class _Settings:
    """Both are on unless switched off, by a call or by the environment of the process."""

    compiled: bool | None = None  # None until asked the first time
    winograd: bool = os.environ.get("AUTOGRAD_MINI_WINOGRAD", "1").lower() not in OFF


class _Compiling:
    """How long this process has been compiling kernels: what a clock of the work itself leaves out."""

    seconds = 0.0


_settings, compiling = _Settings(), _Compiling()
_plain: ContextVar[bool] = ContextVar("plain", default=False)


def is_compiled() -> bool:
    """Whether the kernels' inner loops run compiled.

    They do where Numba is installed (the extra `fast`), unless `set_compiled(False)` or AUTOGRAD_MINI_COMPILED=0 in the
    environment switches them off.

    Returns:
        True or False.

    Example:
        >>> before = ag.is_compiled()
        >>> ag.set_compiled(False)
        >>> ag.is_compiled()
        False
        >>> ag.set_compiled(before)
    """
    if _settings.compiled is None:
        wished = os.environ.get("AUTOGRAD_MINI_COMPILED", "1").lower() not in OFF
        _settings.compiled = wished and find_spec("numba") is not None
    return _settings.compiled


def set_compiled(enabled: bool) -> None:
    """Switch the compiled kernels on or off, for all threads.

    Results are the same to rounding.

    Arguments:
        enabled: True or False.
    Returns:
        None.
    Raises:
        ImportError: for True where Numba is not installed.
        TypeError: for anything but True and False.

    Example:
        >>> before = ag.is_compiled()
        >>> ag.set_compiled(False)  # pure NumPy
        >>> ag.relu(Tensor([-1.0, 2.0])).numpy()
        array([0., 2.])
        >>> ag.set_compiled(before)
    """
    if switched("set_compiled", enabled) and find_spec("numba") is None:
        raise ImportError("set_compiled: the compiled kernels need Numba: pip install 'autograd-mini[fast]'")
    _settings.compiled = bool(enabled)


def is_winograd() -> bool:
    """Whether 3×3 convolutions may take Winograd's algorithm where it is faster.

    They may, unless `set_winograd(False)` or AUTOGRAD_MINI_WINOGRAD=0 in the environment switches it off.

    Returns:
        True or False.

    Example:
        >>> before = ag.is_winograd()
        >>> ag.set_winograd(False)
        >>> ag.is_winograd()
        False
        >>> ag.set_winograd(before)
    """
    return _settings.winograd and not _plain.get()


@contextmanager
def plain_convolutions() -> Iterator[None]:
    """Convolve images by plain sums in this block of this context: equal pixels give equal bits, wherever they lie.

    Winograd's algorithm rounds by the place in its tile, and of equal numbers max-pooling then takes another than the
    first: in the flat parts of a photograph its switches would be chance.
    """
    before = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(before)


def is_plain() -> bool:
    """Whether equal pixels are to give equal bits."""
    return _plain.get()


def set_winograd(enabled: bool) -> None:
    """Switch Winograd's algorithm for 3×3 convolutions on or off, for all threads.

    Off, each result is a plain sum of products. On, results in float32 are off by about 1e-4 of their spread at worst
    (float64: 1e-13), several times more than a plain sum's rounding. Images in which a number is 4096 times as large as
    most, or nan or inf, are convolved plainly all the same, since it would spoil every output of the 4×4 tiles that see
    it, not only those of the pixels around it. In gradients it does.

    Arguments:
        enabled: True or False.
    Returns:
        None.
    Raises:
        TypeError: for anything but True and False.

    Example:
        >>> before = ag.is_winograd()
        >>> ag.set_winograd(False)
        >>> x = np.zeros((1, 1, 32, 32))
        >>> x[..., 0, 0] = np.nan
        >>> int(np.isnan(ag.conv2d(x, np.ones((1, 1, 3, 3)), padding=1)).sum())  # the pixels around it
        4
        >>> ag.set_winograd(before)
    """
    _settings.winograd = switched("set_winograd", enabled)


def switched(name: str, enabled: Any) -> bool:
    """The switch as given. Raises TypeError, as `name`, for anything but True and False: "no" is not False."""
    if not isinstance(enabled, bool):
        raise TypeError(f"{name}: takes True or False, not {enabled!r}")
    return enabled
