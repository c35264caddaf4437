"""Each axis of an image mapped by a sparse matrix, of which the adjoint is of the same kind."""

from typing import Any

from ..kernels import resample as kernels
from ..kernels.resample import Axis
from .kinds import linear
from .precision import in_single


def _back(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    return tuple(axis._replace(adjoint=not axis.adjoint) for axis in axes)


@linear(lambda g, *, axes: resample.bind(g, axes=_back(axes)), public=False)
@in_single
def resample(x: Any, *, axes: tuple[Axis, ...]) -> Any:
    """x with each axis of pixels mapped as its `Axis` says. x (N, C, ...) -> (N, C, ...)."""
    return kernels.resample(x, axes)
