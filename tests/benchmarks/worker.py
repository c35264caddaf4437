"""One side's process: `python -m tests.benchmarks.worker SIDE` answers requests, a line of JSON each, and waits.

hello threads                    what this side is: versions, threads (as many as cores, unless given), BLAS
prepare kind params              make the task's data
check                            do it once; a digest of every result
warm turn                        do it twice, and settle how often a turn of so many seconds repeats it
run                              one turn -> seconds of one repetition
drop                             forget the task
peak                             the most memory this process has ever held, in bytes
accuracy shape winograd          float32 errors of a convolution
limits size                      operations a second of a matrix product, bytes a second copied
cost                             operations and bytes of this project's training step
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import sys
import time
import traceback
from typing import Any

from .machine import peak
from .serving import plainly, serve
from .sides import SIDES


class Desk:
    """What a worker does with each request."""

    def __init__(self, name: str) -> None:
        self.side, self.work, self.repeats = SIDES[name], None, 1

    def hello(self, threads: int | None = None) -> dict[str, Any]:
        how = {} if threads is None else {"threads": threads}
        try:
            self.module: Any = importlib.import_module(f"{__package__}.{self.side.module}")
            about = self.module.start(**self.side.how, **how)
        except ImportError as error:
            return {"missing": str(error)}
        return {**about, "blas": _blas(), "peak": peak(), "pid": os.getpid()}

    def prepare(self, kind: str, params: dict[str, Any]) -> dict[str, Any]:
        if self.work is not None:
            self.drop()
        if kind not in self.module.KINDS:
            raise NotImplementedError(f"{self.side.label} does not do {kind!r}")
        self.work = self.module.KINDS[kind](**params)
        return {}

    def check(self) -> dict[str, Any]:
        from . import inputs

        return {"digest": inputs.digest(self.work.check())}  # type: ignore[union-attr]

    def warm(self, turn: float) -> dict[str, Any]:
        self.repeats = 1
        for _ in range(2):
            seconds = self.run()["seconds"]
        self.repeats = max(1, min(2000, math.ceil(turn / seconds)))
        return {"seconds": seconds, "repeats": self.repeats}

    def run(self) -> dict[str, Any]:
        work: Any = self.work
        if self.repeats > 1:
            work.run()  # wakes the threads and fills the caches: the work itself is what counts, not the pause before
        started = time.perf_counter()
        for _ in range(self.repeats):
            value = work.run()
        seconds = (time.perf_counter() - started) / self.repeats
        if value is not None and not math.isfinite(value):
            raise FloatingPointError(f"{self.side.label} computed {value}")
        return {"seconds": seconds}

    def drop(self) -> dict[str, Any]:
        self.work = None
        gc.collect()
        return {}

    def peak(self) -> dict[str, Any]:
        return {"bytes": peak()}

    def limits(self, size: int) -> dict[str, Any]:
        from .roofline import limits

        return limits(size)

    def cost(self) -> dict[str, Any]:
        from .roofline import cost

        return cost(self.work)

    def accuracy(self, shape: dict[str, int], winograd: bool) -> dict[str, Any]:
        from .exact import errors

        return errors(lambda x, w, g: self.module.convolve(x, w, g, winograd), **shape)


def _blas() -> list[dict[str, Any]]:
    from threadpoolctl import threadpool_info

    kept = ("internal_api", "version", "architecture", "num_threads", "threading_layer")
    return [{key: info[key] for key in kept if key in info} for info in threadpool_info()]


def placed(error: Exception) -> str:
    """An error in a line, and where it was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{plainly(error)} ({os.path.basename(last.filename)}:{last.lineno})"


def main() -> None:
    serve(lambda: Desk(sys.argv[1]), placed)


if __name__ == "__main__":
    main()
