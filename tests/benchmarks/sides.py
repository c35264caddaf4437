"""The sides, and the parent's end of a side's process: a line of JSON asks, a line of JSON answers."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Side:
    """Who does the work: a label for tables, the module that knows how, and what its `start` is given."""

    label: str
    module: str
    how: dict[str, Any] = field(default_factory=dict)


SIDES = {
    "ours-numpy": Side("ours, pure NumPy", "work_ours", {"compiled": False}),
    "ours-fast": Side("ours, fast", "work_ours", {"compiled": True}),
    "torch-nchw": Side("PyTorch NCHW", "work_torch", {"channels_last": False}),
    "torch-nhwc": Side("PyTorch channels_last", "work_torch", {"channels_last": True}),
    "autograd": Side("HIPS autograd", "work_others", {"package": "autograd"}),
    "mygrad": Side("MyGrad", "work_others", {"package": "mygrad"}),
}


class SideError(Exception):
    """A side could not do what it was asked, with its own words."""


class Worker:
    """A fresh process of one side. Between requests it is blocked, waiting for a line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT,
        )  # fmt: skip
        self.send(do="hello")

    def greet(self) -> dict[str, Any]:
        """The answer to the hello that was sent when the process began: several workers begin side by side."""
        self.about = self.receive()
        return self.about

    def send(self, **request: Any) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise SideError(self._gone()) from None

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SideError(self._gone())
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise SideError(reply["error"])
        return reply

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """One request and its answer. Raises SideError for an error there, or a process that is gone."""
        self.send(do=do, **request)
        return self.receive()

    def _gone(self) -> str:
        code = self.process.wait()
        why = " (killed: was there enough memory?)" if code == -9 else ""
        return f"the process of {SIDES[self.name].label} ended with status {code}{why}"

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """End the process: its input ends, so it does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
