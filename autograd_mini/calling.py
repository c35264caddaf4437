"""Which line of the user's code is running: what messages, tables and drawings name beside an operation."""

from __future__ import annotations

import linecache
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

_ROOT = Path(__file__).parents[1]
_OWN = tuple(str(_ROOT / package) + os.sep for package in ("autograd_mini", "nn", "vis"))


def calling_line() -> str | None:
    """The innermost frame outside this project's packages, as `file:line, in function: code`; None if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    if frame is None:
        return None
    code = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    path = Path(frame.f_code.co_filename)
    with suppress(ValueError, OSError):  # elsewhere, or the working directory is gone
        path = path.relative_to(Path.cwd())
    return f"{path}:{frame.f_lineno}, in {frame.f_code.co_name}{f': {code}' if code else ''}"
