"""Bad calls end in the exact error that the file of messages says, and leave everything as it was."""

from __future__ import annotations

from tests.bad_calls import GOLDEN, ROWS
from tests.bad_calls.golden import read
from tests.bad_calls.tried import begins, tried

from .promise import AREAS, Outcome, promise


@promise(
    AREAS[0],
    "A bad call ends in the exact error that is written down, and leaves arrays, gradients, models and switches as "
    "they were", short=len(ROWS), long=len(ROWS),
)  # fmt: skip
def bad_calls(cases: int, seed: int) -> Outcome:
    """Each of the first rows of the table: its error's type and message, whom it names, and what it leaves behind."""
    messages = read(GOLDEN.read_text(encoding="utf-8"))
    outcome = Outcome(cases=min(cases, len(ROWS)), measured=f"{len({called for called, _, _ in ROWS})} names")
    for called, how, call in ROWS[:cases]:
        row, found = f"{called}: {how}", tried(call)
        if (found.kind, found.message) != messages.get(row):
            outcome.failures.append(f"{row}: ends in {found.kind}: {found.message!r}; {messages.get(row)} is written")
        elif not begins(found.message, called):
            outcome.failures.append(f"{row}: the message does not begin with {called}: {found.message!r}")
        outcome.failures += [f"{row}: {left}" for left in found.left]
    return outcome
