"""Functions that are called during training, and ways in which they end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Callback = Callable[[dict[str, float]], Any]


class StopTraining(Exception):  # noqa: N818 (it is no error)
    """Raised by a function that `fit` calls, it ends training: what was learnt and counted is kept.

    Example:
        >>> net = nn.Linear(1, 1, rng=0)
        >>> def enough(numbers):
        ...     if numbers["epoch"] == 2:
        ...         raise nn.StopTraining
        >>> learner = nn.Learner(net, nn.mse_loss, nn.SGD(net.parameters(), lr=0.1))
        >>> len(learner.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=9, on_epoch=enough, progress=False))
        2
    """


def callbacks_of(name: str, given: Any) -> tuple[Callback, ...]:
    """One function, several, or none. Raises TypeError."""
    functions = (
        () if given is None else (given,) if callable(given) or not isinstance(given, Sequence) else tuple(given)
    )
    for function in functions:
        if not callable(function):
            unit = name.removeprefix("on_")
            raise TypeError(
                f"fit: {name} must be a function of {'an' if unit == 'epoch' else 'a'} {unit}'s numbers, not "
                f"{type(function).__name__}"
            )
    return functions


def called(functions: Sequence[Callback], numbers: dict[str, float]) -> bool:
    """Call all of them; whether one of them ends training, by returning True or raising StopTraining."""
    ends = False
    for function in functions:
        try:
            ends |= function(numbers) is True
        except StopTraining:
            ends = True
    return ends


@contextmanager
def unfinished(ends: Callable[[], Any]) -> Iterator[None]:
    """StopTraining raised inside the block, in a step or in the data, ends it; `ends` is called then."""
    try:
        yield
    except StopTraining:
        ends()
