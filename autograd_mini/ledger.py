"""The ledger: whoever wants to know what is computed, kept and carried back is told of it here, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call of an operation, as it ran. `node` is None if no gradient flows on through it."""

    op: Any
    node: Any
    arrays: Sequence[Any]
    params: Mapping[str, Any]
    out: Any
    byproducts: Sequence[Any]
    seconds: float


class Ledger:
    """Whoever wants to know what is computed, kept and carried back in this thread; it is told inside `watched_by`."""

    def computed(self, call: Call, place: str | None) -> None:
        """An operation has run on Values, in the module of this path; whether it is recorded, is not known yet."""

    def recorded(self, call: Call) -> None:
        """An operation has run on arguments that a gradient reaches."""

    def arrived(self, node: Any, g: Any) -> None:
        """The walk back has reached a node, and its gradient is whole: an array, or a Value if the walk is recorded."""

    def pulled(self, node: Any, argument: int, g: Any, pulled: Any) -> None:
        """A rule has carried a gradient to an argument."""

    def departed(self, node: Any) -> None:
        """The walk has run a node's rules. Not told where there are none to run, nor if one of them fails."""

    def given_back(self, node: Any) -> None:
        """The walk has left a node and is about to drop what it keeps."""
