"""A promise: one sentence, and a function that tries it on so many cases and lists the failures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """What trying a promise gave.

    cases: how many were tried. failures: a sentence for each that failed, enough to repeat it (its seed or its bytes).
    measured: figures worth a column ("RSS slope 0.1 kB a step"), or nothing.
    """

    cases: int = 0
    failures: list[str] = field(default_factory=list)
    measured: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Promise:
    """words: what is promised, one sentence. attempt: (cases, seed) -> Outcome. short, long: cases in the tests, and in
    the recorded run. area: the heading it stands under.
    """

    area: str
    words: str
    attempt: Callable[[int, int], Outcome]
    short: int
    long: int

    @property
    def key(self) -> str:
        """What `--only` and the tests call it: the name of the function that tries it."""
        return self.attempt.__name__

    def kept(self, cases: int, seed: int = 0) -> Outcome:
        """Try it, and say how long that took."""
        begun = time.perf_counter()
        outcome = self.attempt(cases, seed)
        outcome.seconds = time.perf_counter() - begun
        return outcome
