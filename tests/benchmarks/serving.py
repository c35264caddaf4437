"""A process that answers requests, a line of JSON each: the loop that a side and a graph drawer have in common."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def plainly(error: Exception) -> str:
    """An error in a line: its kind and what it says."""
    return f"{type(error).__name__}: {error}"


def serve(desk: Callable[[], Any], told: Callable[[Exception], str] = plainly) -> None:
    """Answer from the desk, whose methods are what can be asked for, until there are no more requests.

    desk: makes it, once nothing that libraries print can get among the answers. told: how an error is put in words.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes where it does no harm
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle: it ends this process
    answering = desk()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = getattr(answering, request.pop("do"))(**request)
        except Exception as error:
            reply = {"error": told(error)}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
