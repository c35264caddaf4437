"""Which kernels may run: compiled loops (the extra `fast`), and Winograd's algorithm for 3×3 convolutions."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

OFF = ("0", "off", "no", "false")


class _Settings:
    """Both are on unless switched off, here or by the environment of the process."""

    compiled: bool | None = None  # None until asked the first time
    winograd: bool = os.environ.get("AUTOGRAD_MINI_WINOGRAD", "1").lower() not in OFF


_settings = _Settings()


def is_compiled() -> bool:
    """True if the kernels' inner loops run compiled: Numba is installed (the extra `fast`), and nobody switched it off.

    AUTOGRAD_MINI_COMPILED=0 in the environment switches it off from the beginning.
    """
    if _settings.compiled is None:
        wished = os.environ.get("AUTOGRAD_MINI_COMPILED", "1").lower() not in OFF
        _settings.compiled = wished and find_spec("numba") is not None
    return _settings.compiled


def set_compiled(enabled: bool) -> None:
    """Switch the compiled kernels on or off; results are the same to rounding.

    Raises ImportError if they are to be on and Numba is not installed.
    """
    if switched("set_compiled", enabled) and find_spec("numba") is None:
        raise ImportError("set_compiled: the compiled kernels need Numba: pip install 'autograd-mini[fast]'")
    _settings.compiled = bool(enabled)


def is_winograd() -> bool:
    """True if 3×3 convolutions may take Winograd's algorithm where it is faster."""
    return _settings.winograd


def set_winograd(enabled: bool) -> None:
    """Switch Winograd's algorithm for 3×3 convolutions on or off. Off, each result is a plain sum of products.

    On, results in float32 are off by about 1e-4 of their spread at worst (float64: 1e-13), several times more than a
    plain sum's rounding, and a nan or inf in the input spoils every output of the 4×4 tiles that see it, not only those
    of the pixels around it.
    AUTOGRAD_MINI_WINOGRAD=0 in the environment switches it off from the beginning.
    """
    _settings.winograd = switched("set_winograd", enabled)


def switched(name: str, enabled: Any) -> bool:
    """True or False as somebody gave it. Raises TypeError, as `name`, for anything else: "no" is not False."""
    if not isinstance(enabled, bool):
        raise TypeError(f"{name}: takes True or False, not {enabled!r}")
    return enabled
