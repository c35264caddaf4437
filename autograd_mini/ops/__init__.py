"""Operations, a row each, by kind. Importing this package fills `PRIMITIVES` and `ROWS`; its names are the rows'."""

from typing import Any

from . import arithmetic, channels, conv, elementwise, loss, pool, reduce, shape, softmax  # noqa: F401
from .kinds import ROWS

globals().update({name: row.function for name, row in ROWS.items()})
__all__ = [*ROWS]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no operation {name!r}")
