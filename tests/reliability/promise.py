"""A promise: one sentence, and a function that tries it on so many cases and lists the failures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .child import ran


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

    def tried(self, how: str, problem: str | None) -> None:
        """One more case, and what was wrong with it, if anything."""
        self.cases += 1
        if problem:
            self.failures.append(f"{how}: {problem}")


Attempt = Callable[[int, int], Outcome]
AREAS = ("Silently wrong becomes loud", "Training survives", "Files are data", "Long and concurrent", "The same answer",
         "Random programs beside PyTorch")  # fmt: skip
ENTERED: list[Promise] = []


@dataclass(frozen=True)
class Promise:
    """words: what is promised, one sentence. attempt: (cases, seed) -> Outcome. short, long: cases in the tests, and in
    the recorded run. area: the heading it stands under. apart: whether it is tried in a process of its own, and with
    which variables in its environment.
    """

    area: str
    words: str
    attempt: Attempt
    short: int
    long: int
    apart: Mapping[str, str] | None = None

    @property
    def key(self) -> str:
        """What `--only` and the tests call it: the name of the function that tries it."""
        return self.attempt.__name__

    def kept(self, cases: int, seed: int = 0) -> Outcome:
        """Try it, and say how long that took."""
        begun = time.perf_counter()
        if self.apart is None:
            outcome = self.attempt(cases, seed)
        else:
            outcome = Outcome(**ran(self.attempt.__module__, self.key, cases, seed, **self.apart))
        outcome.seconds = time.perf_counter() - begun
        return outcome


def promise(
    area: str, words: str, *, short: int, long: int, apart: Mapping[str, str] | None = None
) -> Callable[[Attempt], Attempt]:
    """Enter a promise: before the function that tries it."""

    def entered(attempt: Attempt) -> Attempt:
        ENTERED.append(Promise(area, words, attempt, short, long, apart))
        return attempt

    return entered
