"""Graphs and programs: drawn the same twice; run again, forward and backward, to the same bits."""

from __future__ import annotations

import numpy as np
from rows import is_float
from rows.row import Row

import autograd_mini as ag
from autograd_mini import Tensor, trace, why_no_grad

from .holding import cotangent, holds, smooth, tensors


@holds(smooth)
def a_graph_of_it_can_be_drawn(row: Row) -> None:
    out = row(*tensors(row.arrays()))
    text = str(ag.to_graphviz(out))
    assert out.node.op.name.partition(".")[0] in text
    assert text == str(ag.to_graphviz(out))


def same_bits(a: Tensor, b: Tensor) -> bool:
    a, b = a.numpy(), b.numpy()
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


LOOKS = {
    "average", "cumprod", "cumulative_prod", "geomspace", "histogram", "interp", "median", "nanprod", "pad",
    "percentile", "piecewise", "prod", "quantile", "unique", "unique_all", "unique_counts", "unique_inverse",
    "unique_values",
}  # fmt: skip
"""What looks at elements on the way, there or back: of some arguments there is no program, and `trace` says so."""


def traceable(row: Row) -> bool:
    return smooth(row) and not row.chance and not row.once


@holds(lambda row: traceable(row) and row.name not in LOOKS)
def traced_it_runs_again_forward_and_backward_to_the_same_bits(row: Row) -> None:
    arrays = row.arrays()
    floating = [i for i, array in enumerate(arrays) if is_float(array)]

    def computed(*given: Tensor) -> tuple[Tensor, ...]:
        whole = dict(enumerate(arrays)) | dict(zip(floating, given, strict=True))
        results = row.results(*whole.values())
        return tuple(result for result in results if isinstance(result, Tensor) and result.node is not None)

    program = trace(computed, *(arrays[i] for i in floating))
    back = program.vjp()
    others = [draw(np.random.default_rng(9)) for draw in row.draws]
    given = [Tensor(others[i], requires_grad=True) for i in floating]
    outputs = computed(*given)
    cotangents = [cotangent(output.shape, output.dtype) for output in outputs]
    expected = ag.grad(list(outputs), given, cotangents, allow_unused=True)
    again = program(*(Tensor(x.numpy(), requires_grad=True) for x in given))
    assert all(map(same_bits, outputs, again))
    found, left, outputs_again = back(*(x.numpy() for x in given), *cotangents)
    assert left == {}
    assert all(map(same_bits, outputs, outputs_again))
    for i, (g, e) in enumerate(zip(found, expected, strict=True)):
        assert (g is None) == (e is None)
        assert g is None or same_bits(g, e) or (row.otherwise and np.allclose(g, e, rtol=1e-12))
        answer = why_no_grad(program, i)
        assert answer.startswith("there is a path" if g is not None else ("no gradient", f"input {i} is")), answer
