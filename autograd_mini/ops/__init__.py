"""Operations, a row each, by kind. Importing this package fills `PRIMITIVES` and `ROWS`; its names are the rows'."""

from typing import TYPE_CHECKING, Any

from .kinds import ROWS

if TYPE_CHECKING:
    from .functions import *  # noqa: F403
else:
    from . import (
        adaptive,
        arithmetic,
        channels,
        complex,
        conv,
        conv_nd,
        elementwise,
        grid,
        interpolate,
        linalg,
        loss,
        patches,
        pool,
        pool_nd,
        reduce,
        resample,
        scan,
        shape,
        softmax,
        sort,
        windows,
    )

    globals().update({name: row.function for name, row in ROWS.items()})
    __all__ = [*ROWS]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no operation {name!r}")
