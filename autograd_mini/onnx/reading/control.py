"""ONNX's control flow: branches and loops, whose bodies are graphs."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .operators import operator
from .running import Call
from .shapes import MOST

MOST_TURNS = 10_000_000


@operator("If")
def _if(condition: Any, *, then_branch: Any, else_branch: Any, call: Call) -> Any:
    return call.run(then_branch if _truth(condition) else else_branch)


def _truth(condition: Any) -> bool:
    value = np.asarray(bare(condition))
    if value.size != 1:
        raise ValueError(f"the condition {value.shape} is not one truth value")
    return bool(value.reshape(()))


@operator("Loop")
def _loop(most: Any = None, condition: Any = None, *carried: Any, body: Any, call: Call) -> Any:
    turns = MOST_TURNS if most is None else int(np.asarray(bare(most)).reshape(()))
    go_on = condition is None or _truth(condition)
    values, turn = [*carried], 0
    rows: list[list[Any]] = [[] for _ in body.outputs[1 + len(carried) :]]
    while go_on and turn < turns:
        if turn == MOST_TURNS:
            raise ValueError(f"it has run {MOST_TURNS:,} times, and does not end")
        again, *results = call.run(body, np.array(turn, np.int64), np.array(True), *values)
        values, turn, go_on = results[: len(carried)], turn + 1, _truth(again)
        for row, result in zip(rows, results[len(carried) :], strict=True):
            row.append(result)
    if len(rows) and not turn:
        return [*values, *(np.zeros((0,), np.float32) for _ in rows)]
    return [*values, *(f.stack(row, 0) for row in rows)]


@operator("Scan", since=9)
def _scan(
    *given: Any, body: Any, num_scan_inputs: int, scan_input_axes: Any = None, scan_input_directions: Any = None,
    scan_output_axes: Any = None, scan_output_directions: Any = None, call: Call,
) -> Any:  # fmt: skip
    states, lines = [*given[: len(given) - num_scan_inputs]], given[len(given) - num_scan_inputs :]
    axes = [*(scan_input_axes or [0] * len(lines))]
    back = [*(scan_input_directions or [0] * len(lines))]
    lengths = {line.shape[axis] for line, axis in zip(lines, axes, strict=True)}
    if len(lengths) != 1:
        raise ValueError(f"the scanned axes are of lengths {sorted(lengths)}, not of one")
    (steps,) = lengths
    rows: list[list[Any]] = [[] for _ in body.outputs[len(states) :]]
    for t in range(min(steps, MOST)):
        now = [
            f.take(line, steps - 1 - t if reverse else t, axis)
            for line, axis, reverse in zip(lines, axes, back, strict=True)
        ]
        results = call.run(body, *states, *now)
        states = results[: len(states)]
        for row, result in zip(rows, results[len(states) :], strict=True):
            row.append(result)
    behind = [*(scan_output_axes or [0] * len(rows))]
    turned = [*(scan_output_directions or [0] * len(rows))]
    stacked = (
        f.stack(row[::-1] if reverse else row, axis) for row, axis, reverse in zip(rows, behind, turned, strict=True)
    )
    return [*states, *stacked]


@operator("Scan", since=8)
def _scan_of_batches(
    lengths: Any, *given: Any, body: Any, num_scan_inputs: int, directions: Any = None, call: Call
) -> Any:
    """Of opset 8: each example of a batch by itself."""
    batch = given[0].shape[0]
    counts = None if lengths is None else np.asarray(bare(lengths))
    found = []
    for i in range(batch):
        own = [f.getitem(one, i) for one in given]
        if counts is not None:
            begin = len(own) - num_scan_inputs
            own[begin:] = [f.getitem(one, slice(0, int(counts[i]))) for one in own[begin:]]
        how = {"body": body, "num_scan_inputs": num_scan_inputs, "scan_input_directions": directions, "call": call}
        found.append(_scan(*own, **how))
    return [f.stack([*row], 0) for row in zip(*found, strict=True)]
