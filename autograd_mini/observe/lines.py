"""The line of the user's code that is running: messages, tables and drawings name it beside an operation."""

from __future__ import annotations

import linecache
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType

_ROOT = Path(__file__).parents[2]
_OWN = tuple(str(_ROOT / package) + os.sep for package in ("autograd_mini", "nn", "vis"))
_INSTALLED = re.compile(rf"[\\/](site|dist)-packages[\\/]|^{re.escape(os.path.dirname(os.__file__))}|^<frozen ")
_own: set[str] = set()  # files that are known to be this project's
_others: set[str] = set()

Place = tuple[CodeType, int]
"""A code object and the position of an instruction in it: cheap to note, and it keeps no frame alive."""


def calling_place(depth: int = 1) -> Place | None:
    """The code and instruction of the innermost frame outside this project's packages; None if there is none.

    depth: how many frames are known to be this project's, this one included.
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        if code.co_filename in _own:
            frame = frame.f_back
        elif code.co_filename in _others:
            return code, frame.f_lasti
        else:
            (_own if code.co_filename.startswith(_OWN) else _others).add(code.co_filename)
    return None


def is_users(code: CodeType) -> bool:
    """True if code belongs neither to this project, nor to an installed package, nor to Python's own library."""
    return not code.co_filename.startswith(_OWN) and not _INSTALLED.search(code.co_filename)


def user_frame(frame: FrameType) -> FrameType:
    """The innermost frame, from this one on, outside this project, installed packages and Python's own library.

    The given frame if there is none.
    """
    found: FrameType | None = frame
    while found is not None:
        if is_users(found.f_code):
            return found
        found = found.f_back
    return frame


def format_place(place: Place) -> str:
    """A place as `file:line, in function: code`."""
    code, instruction = place
    line = next((n for start, end, n in code.co_lines() if start <= instruction < end and n), code.co_firstlineno)
    text = linecache.getline(code.co_filename, line).strip()
    path = Path(code.co_filename)
    with suppress(ValueError, OSError):  # elsewhere, or the working directory is gone
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}, in {code.co_name}{f': {text}' if text else ''}"


def calling_line() -> str | None:
    """The innermost frame outside this project's packages, as `format_place` writes it; None if there is none."""
    place = calling_place()
    return None if place is None else format_place(place)
