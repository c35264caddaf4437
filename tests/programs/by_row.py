"""Operations of random programs that are made of the rows of the table: every one with a peer in PyTorch.

A row's arrays are drawn where its function is smooth. A value x of a program comes in beside them: its elements, over
and over in the array's shape, as a + tanh(x) / 200, which stays there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch

import autograd_mini as ag
from tests.rows import TABLE, is_float
from tests.rows.row import Row, differentiable

from . import operands as o
from .operations import Operation

SHARE = 0.005  # far below the distance that inputs of rows have from kinks


def beside(array: Any, x: Any) -> Any:
    """An array moved by the elements of a value of either side."""
    places = np.arange(array.size).reshape(array.shape) % np.prod(x.shape, dtype=int)
    if isinstance(x, torch.Tensor):
        return torch.tensor(array) + SHARE * torch.tanh(x.reshape(-1)[torch.tensor(places)])
    return array + SHARE * ag.tanh(ag.reshape(x, -1)[places])


def in_row(label: str, *values: Any) -> Any:
    """A row's call, its arrays moved by values."""
    row, rest = LABELLED[label], iter(values)
    theirs = isinstance(values[0], torch.Tensor)
    constant: Any = lambda x: torch.tensor(x) if theirs and isinstance(x, np.ndarray) else x
    given = [beside(a, next(rest)) if is_float(a) else constant(a) for a in row.arrays()]
    if not theirs:
        return row(*given)
    with torch.enable_grad():  # some peers are gradients themselves
        out = row.in_torch(*given)
    return out if torch.is_grad_enabled() else out.detach()


@cache
def fits(row: Row) -> bool:
    """Whether all that goes in and comes out of it are real numbers, and PyTorch has both derivatives."""
    arrays = [a for a in row.arrays() if is_float(a)]
    if not arrays or not all(a.dtype == np.float64 and a.size for a in arrays):
        return False
    results = differentiable(row.by(row.oracle, row.arrays()))
    if not all(np.asarray(r).dtype == np.float64 and np.size(r) for r in results):
        return False
    given = [torch.tensor(a, requires_grad=is_float(a)) if isinstance(a, np.ndarray) else a for a in row.arrays()]
    wanted = [t for t in given if isinstance(t, torch.Tensor) and t.requires_grad]
    try:
        out = row.in_torch(*given)
        cotangent = torch.ones_like(out, requires_grad=True)
        first = torch.autograd.grad(out, wanted, cotangent, create_graph=True)
        torch.autograd.grad(sum(g.sum() for g in first), [*wanted, cotangent], allow_unused=True)
    except RuntimeError:  # "not implemented", in so many words
        return False
    return True


def taken(row: Row) -> Callable[[Any], o.Taken]:
    def take(d: Any) -> o.Taken:
        if not fits(row):
            raise o.UnfitError
        return tuple(d.take() for a in row.arrays() if is_float(a)), {"label": str(row)}

    return take


LABELLED = {str(row): row for row in TABLE if row.torch and not (row.flat or row.once or row.chance)}
CALL = "in_row({label!r}, {all})"
BY_ROW = [Operation(label, taken(row), CALL, CALL) for label, row in LABELLED.items()]
