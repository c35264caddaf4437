"""Operations, a row each, by kind. Importing this package fills `PRIMITIVES` and `ROWS`; its names are the rows'."""

from typing import TYPE_CHECKING, Any

from .kinds import ROWS

if TYPE_CHECKING:
    from .functions import *  # noqa: F403
else:
    from . import (
        activation,
        arithmetic,
        axes,
        bessel,
        border,
        channels,
        choose,
        cofunctions,
        comparison,
        complex,
        conv,
        counting,
        creation,
        decompositions,
        dropout,
        einsum,
        elementwise,
        exponential,
        fft,
        fft_axes,
        gamma,
        incomplete,
        inverses,
        join,
        linalg,
        loss,
        matrices,
        normalise,
        norms,
        order,
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
        special,
        spectra,
        statistics,
        trigonometry,
        update,
    )

    __all__ = [name for name in ROWS if "." not in name]
    globals().update({name: ROWS[name].function for name in __all__})


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no operation {name!r}")
