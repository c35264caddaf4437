"""The sides, and the parent's end of a side's process: a line of JSON asks, a line of JSON answers."""

from __future__ import annotations

import json
import os
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
    """Who does the work: a label for tables, the module that knows how, what its `start` is given, and settings in the
    environment of its process."""

    label: str
    module: str
    how: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


# glibc's malloc keeps what is freed for the next step, as our buffers do; otherwise large arrays are new pages
MALLOC_KEPT = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
SIDES = {
    "ours-numpy": Side("ours, pure NumPy", "work_ours", {"compiled": False}),
    "ours-fast": Side("ours, fast", "work_ours", {"compiled": True}),
    "torch": Side("PyTorch NCHW", "work_torch", {"channels_last": False}),
    "torch-cl": Side("PyTorch channels_last", "work_torch", {"channels_last": True}),
    "torch-kept": Side("PyTorch NCHW, malloc kept", "work_torch", {"channels_last": False}, MALLOC_KEPT),
    "torch-cl-kept": Side("PyTorch channels_last, malloc kept", "work_torch", {"channels_last": True}, MALLOC_KEPT),
    "torch-compile": Side("torch.compile", "work_torch", {"channels_last": True, "compiled": True}, MALLOC_KEPT),
    "jax": Side("JAX jit", "work_jax"),
    "onnxruntime": Side("ONNX Runtime", "work_served", {"runtime": "onnxruntime"}),
    "openvino": Side("OpenVINO", "work_served", {"runtime": "openvino"}),
    "captum": Side("Captum", "work_captum"),
}
OURS = ("ours-numpy", "ours-fast")
OPPONENTS = {
    "PyTorch": ("torch", "torch-cl"),
    "malloc kept": ("torch-kept", "torch-cl-kept"),
    "torch.compile": ("torch-compile",),
    "JAX": ("jax",),
    "ONNX Runtime": ("onnxruntime",),
    "OpenVINO": ("openvino",),
    "Captum": ("captum",),
}  # whose best side counts


class SideError(Exception):
    """A side could not do what it was asked, with its own words."""


class Worker:
    """A fresh process of one side. Between requests it is blocked, waiting for a line."""

    def __init__(self, name: str, threads: int | None = None) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT,
            env=os.environ | SIDES[name].environment,
        )  # fmt: skip
        self.send(do="hello", threads=threads)

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
