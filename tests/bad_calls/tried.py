"""A bad call, tried: which error it ends in, and what it leaves behind."""

import re
from dataclasses import dataclass

import numpy as np

import autograd_mini as ag
from autograd_mini import PRIMITIVES
from nn.running import running
from tests.internals import here, restart

from .given import in_words, tidy


@dataclass(frozen=True)
class Tried:
    """kind, message: of the error; None and nothing if there was none. left: what is not as it was, in words."""

    kind: str | None
    message: str
    left: list[str]

    def line(self, name):
        """The row of the golden file; further lines of a message stand below it, indented."""
        return f"{name} | {self.kind} | {self.message}".replace("\n", "\n    ")


def tried(call):
    """Make a call that must end in an error."""
    before, primitives = _world(), dict(PRIMITIVES)
    kind, message = None, ""
    with np.errstate(all="ignore"):
        settings = np.geterr()
        try:
            call()
        except Exception as error:  # its type is compared with the golden file's
            kind = type(error).__name__
            message = in_words(str(error.args[0]) if isinstance(error, KeyError) else str(error))
        left = [f"{what} is not what it was" for what, was in before.items() if _world()[what] != was]
        left += ["NumPy's error settings are not what they were"] * (np.geterr() != settings)
    if left:
        restart()
    PRIMITIVES.clear()
    PRIMITIVES.update(primitives)  # a row may define one of its own
    return Tried(kind, message, left + tidy())


def begins(message, called):
    """Whether a message begins with what was called, behind the number that an OSError begins with."""
    return re.match(rf"(\[Errno \d+\] )?{re.escape(called)}(?!\w)", message) is not None


def _world():
    return {
        **here(),
        "the module that runs": running(),
        "the number of threads": ag.get_num_threads(),
        "the choice of kernels": (ag.is_compiled(), ag.is_winograd()),
    }
