"""Operations, a row each, by kind. Importing this package fills `PRIMITIVES` and `ROWS`; its names are the rows'."""

from typing import TYPE_CHECKING, Any

from .kinds import ROWS

if TYPE_CHECKING:
    from .functions import *  # noqa: F403
else:
    from . import (
        arithmetic,
        axes,
        bessel,
        channels,
        choose,
        comparison,
        complex,
        conv,
        creation,
        elementwise,
        exponential,
        join,
        gamma,
        incomplete,
        linalg,
        loss,
        pool,
        products,
        reduce,
        rounding,
        running,
        sampled,
        scan,
        shape,
        softmax,
        sort,
        statistics,
        trigonometry,
        update,
        special,
    )

    globals().update({name: row.function for name, row in ROWS.items()})
    __all__ = [*ROWS]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no operation {name!r}")
