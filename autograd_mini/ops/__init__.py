"""Operations, a row each, by kind. Importing this package fills `PRIMITIVES` and `ROWS`; its names are the rows'."""

from typing import TYPE_CHECKING, Any

from .kinds import ROWS

if TYPE_CHECKING:
    from .functions import *  # noqa: F403
else:
    # isort: off
    from . import arithmetic, channels, complex, conv, elementwise, loss, pool, reduce, scan, shape, softmax, sort
    from . import axes, comparison, exponential, rounding, trigonometry, cofunctions, running, statistics, sampled
    from . import join, border, choose, update, creation, counting, order, products, search
    from . import einsum, linalg, inverses, decompositions, spectra, norms, matrices, fft, fft_axes
    from . import special, gamma, bessel, incomplete, ode
    from . import activation, attention, ctc, dropout, embedding, focal, normalise, recurrent, regression, similarity
    from . import conv_nd, windows, pool_nd, adaptive, resample, interpolate, patches, grid
    # isort: on

    __all__ = [name for name in ROWS if "." not in name]
    globals().update({name: ROWS[name].function for name in __all__})


def __getattr__(name: str) -> Any:
    raise AttributeError(f"there is no operation {name!r}")
