"""What recurrent layers are written as: ONNX's RNN, GRU and LSTM, whose gates have another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import numeric
from .graph import Graph, UnwrittenError, Var, written


def _weights(graph: Graph, w: Var, gates: int, order: tuple[int, ...]) -> Var:
    """(gates · H, …) -> (gates · H, …), the gates in another order."""
    if order == tuple(range(gates)):
        return w
    parts = graph.add("Split", w, graph.ints([w.shape[0] // gates] * gates), axis=0, outputs=gates)
    return graph.Concat(*(parts[i] for i in order), axis=0)


def _before(z: Var) -> tuple[Var, Var, Var | None] | None:
    """The inputs, weights and bias that what is given to the gates was made of, if it was made by a linear layer."""
    made = z.made
    if made is not None and made.op == "reshape" and (line := made.args[0].made) is not None and line.op == "linear":
        x, w, b = line.args
        if x.made is not None and x.made.op == "reshape" and (whole := x.made.args[0]).shape[:2] == z.shape[:2]:
            return whole, w, b
    return None


def _layer(
    graph: Graph, op: str, order: tuple[int, ...], z: Var, states: tuple[Var, ...], w: Var, b: Var | None, mask: Any,
    **attributes: Any,
) -> tuple[Var, ...]:  # fmt: skip
    """All states, and of each kind the last."""
    gates, hidden = len(order), w.shape[1]
    found = _before(z)
    given, into, bias = found if found is not None else (z, graph.array(np.eye(z.shape[2]), graph.out), None)
    into, w = (_weights(graph, numeric(graph, v), gates, order) for v in (into, w))
    nothing = graph.array(np.zeros(gates * hidden), graph.out)
    biases = [nothing if v is None else _weights(graph, numeric(graph, v), gates, order) for v in (bias, b)]
    lengths = None
    if mask is not None:
        if mask.constant is None:
            raise UnwrittenError("has a mask that is computed; ONNX takes how many steps each sequence has")
        lengths = graph.array(mask.constant.reshape(mask.shape[:2]).sum(axis=0), np.int32)
    first = [graph.unsqueeze(numeric(graph, state), 0) for state in states]
    steps, *last = graph.add(
        op, numeric(graph, given), graph.unsqueeze(into, 0), graph.unsqueeze(w, 0),
        graph.unsqueeze(graph.Concat(*biases, axis=0), 0), lengths, *first, outputs=1 + len(states),
        hidden_size=int(hidden), **attributes,
    )  # fmt: skip
    return graph.squeeze(steps, 1), *(graph.squeeze(v, 0) for v in last)


@written("rnn_steps")
def _rnn(graph: Graph, z: Var, h: Var, w: Var, b: Any, mask: Any, *, relu_: bool) -> Var:
    return _layer(graph, "RNN", (0,), z, (h,), w, b, mask, activations=["Relu" if relu_ else "Tanh"])[0]


@written("gru_steps")
def _gru(graph: Graph, z: Var, h: Var, w: Var, b: Any, mask: Any) -> Var:
    return _layer(graph, "GRU", (1, 0, 2), z, (h,), w, b, mask, linear_before_reset=1)[0]


@written("lstm_steps")
def _lstm(graph: Graph, z: Var, h: Var, c: Var, w: Var, b: Any, mask: Any) -> tuple[Var, Var]:
    states, _, last = _layer(graph, "LSTM", (0, 3, 1, 2), z, (h, c), w, b, mask)
    cells = Var(graph, graph.out, words="gives the cells after every step, and ONNX the last ones")
    cells.last, cells.ends = last, None if mask is None else mask.constant.reshape(mask.shape[:2]).sum(axis=0) - 1
    return states, cells
