"""Reductions, and running sums and differences along one axis; the kinks of max and min are at ties."""

import numpy as np
import torch

from .row import apart, case, kink, normal, row

# fmt: off

AXES = [
    ((2, 3), {}), ((2, 3), {"keepdims": True}), ((2, 3, 2), {"axis": 0}), ((2, 3, 2), {"axis": 1, "keepdims": True}),
    ((2, 3, 2), {"axis": -1}), ((2, 3, 2), {"axis": (2, 0)}), ((2, 3, 2), {"axis": (-1, -3), "keepdims": True}),
    ((2, 3, 2), {"axis": [0, 1, 2]}), ((2, 3, 2, 2), {"axis": (0, 2, 3)}), ((), {}),
]


def cases(draw, **more):
    return [case(draw(*shape), **how, **more) for shape, how in AXES]


def in_numpy(function):
    """NumPy's function, which takes no list of axes."""

    def of(x, axis=None, keepdims=False, **more):
        return function(x, tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims, **more)

    of.peer = function
    return of


def in_torch(function):
    def of(x, axis=None, keepdims=False, ddof=None):
        more = {} if ddof is None else {"correction": ddof}
        return function(x, tuple(range(x.ndim)) if axis is None else axis, keepdim=keepdims, **more)

    return of


row("sum", *cases(normal), oracle=in_numpy(np.sum), torch=in_torch(torch.sum), linear="0")
row("sum", case(normal(2, 3), axis=()), case(normal(0, 3), axis=0), oracle=np.sum, linear="0")  # () is all to PyTorch
row("mean", *cases(normal), oracle=in_numpy(np.mean), torch=in_torch(torch.mean), linear="0")
for ddof in (0, 1):
    several = cases(normal, **({"ddof": ddof} if ddof else {}))[: -1 if ddof else None]
    row("var", *several, oracle=in_numpy(np.var), torch=in_torch(lambda x, *a, correction=0, **more: torch.var(
        x, *a, correction=correction, **more)))
    spread = [one for one in several if one.draws[0].text != "()"]
    row("std", *spread, oracle=in_numpy(np.std), torch=in_torch(lambda x, *a, correction=0, **more: torch.std(
        x, *a, correction=correction, **more)), kinks=(kink([2.0, 2.0], slopes=[0.0, 0.0], ddof=ddof),))

ties = [[1.0, 1, 0, 1], [2, 2, 2, 2], [0, 1, 0, 0]]
by_rows = [[1 / 3, 1 / 3, 0, 1 / 3], [1 / 4] * 4, [0, 1, 0, 0]]
by_all = [[0] * 4, [1 / 4] * 4, [0] * 4]
row("max", *cases(apart), ties=True, oracle=in_numpy(np.max), torch=in_torch(torch.amax),
    kinks=(kink(ties, slopes=by_rows, axis=1), kink(ties, slopes=by_all), kink(ties, slopes=by_all, axis=(0, 1))))
ties = [[-x for x in line] for line in ties]
row("min", *cases(apart), ties=True, oracle=in_numpy(np.min), torch=in_torch(torch.amin),
    kinks=(kink(ties, slopes=by_rows, axis=1), kink(ties, slopes=by_all), kink(ties, slopes=by_all, axis=(0, 1))))
row("max", case(apart(2, 3), axis=()), ties=True, oracle=np.max)
row("min", case(apart(2, 3), axis=()), ties=True, oracle=np.min)
row("argmax", apart(2, 3, 2), *(case(apart(2, 3, 2), axis=axis, keepdims=k) for axis in (None, 0, 2, -2)
    for k in (False, True)), oracle=np.argmax, torch=lambda x, axis=None, keepdims=False: torch.argmax(
    x, axis, keepdims), flat=True)

row("cumsum", normal(2, 3), case(normal()), *(case(normal(*shape), axis=axis) for axis, shape in
    ((0, (4,)), (1, (2, 3, 2)), (-1, (2, 1, 3)), (None, (2, 3)), (0, (0, 3)))), oracle=np.cumsum, linear="0",
    torch=lambda x, axis=None: x.reshape(-1).cumsum(0) if axis is None else x.cumsum(axis))
row("diff", normal(2, 2, 3), case(normal(4), n=1, axis=0), case(normal(2, 4, 2), n=2, axis=1),
    case(normal(3, 2), n=3, axis=0), case(normal(2, 3), n=0), case(normal(2, 3), n=5), case(normal(0, 3), axis=0),
    oracle=np.diff, torch=lambda x, n=1, axis=-1: x.diff(n, axis), linear="0")
ends = np.arange(6.0).reshape(2, 3).astype(np.float16)
row("diff", case(normal(2, 3), axis=0, prepend=ends, append=0.5, called="joined"), oracle=np.diff,
    torch=lambda x, axis, prepend, append: x.diff(
        1, axis, torch.tensor(prepend).double(), torch.full((1, 3), append).double()))
row("diff", case(normal(2, 3), n=2, prepend=1, append=ends, called="twice and joined"), oracle=np.diff,
    torch=lambda x, n, prepend, append: x.diff(n, -1, torch.ones(2, 1).double(), torch.tensor(append).double()))
row("diff", case(normal(2, 3), n=0, prepend=ends, called="no time"), oracle=np.diff)
