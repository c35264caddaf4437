"""Operations, a row each, by kind. Importing this package fills `PRIMITIVES` and `ROWS`; its names are the rows'."""

from typing import TYPE_CHECKING, Any

from .kinds import ROWS

if TYPE_CHECKING:
    from .functions import *  # noqa: F403
else:
    # isort: off
    from . import arithmetic, channels, complex, conv, elementwise, linalg, loss, pool, reduce, scan  # noqa: F401
    from . import shape, softmax, sort, special, gamma, bessel, incomplete  # noqa: F401
    # isort: on

    globals().update({name: row.function for name, row in ROWS.items()})
    __all__ = [*ROWS]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no operation {name!r}")
