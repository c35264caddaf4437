"""ONNX's recurrent layers, step by step, with whatever activations a node names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ... import ops as f
from ...arguments import bare
from .operators import operator

Activation = Callable[[Any], Any]
_DEFAULT = {"Affine": (1.0, 0.0), "LeakyRelu": (0.01, 0.0), "ThresholdedRelu": (1.0, 0.0), "ScaledTanh": (1.0, 1.0),
            "HardSigmoid": (0.2, 0.5), "Elu": (1.0, 0.0)}  # fmt: skip
_ACTIVATIONS: dict[str, Callable[[Any, float, float], Any]] = {
    "relu": lambda x, a, b: f.relu(x),
    "tanh": lambda x, a, b: f.tanh(x),
    "sigmoid": lambda x, a, b: f.sigmoid(x),
    "affine": lambda x, a, b: a * x + b,
    "leakyrelu": lambda x, a, b: f.leaky_relu(x, a),
    "thresholdedrelu": lambda x, a, b: f.threshold(x, a, 0.0),
    "scaledtanh": lambda x, a, b: a * f.tanh(b * x),
    "hardsigmoid": lambda x, a, b: f.clip(a * x + b, 0.0, 1.0),
    "elu": lambda x, a, b: f.elu(x, a),
    "softsign": lambda x, a, b: f.softsign(x),
    "softplus": lambda x, a, b: f.softplus(x),
}


def _activated(name: str, a: float, b: float, x: Any) -> Any:
    return _ACTIVATIONS[name](x, a, b)


def _activations(names: Sequence[str], alpha: Any, beta: Any) -> list[Activation]:
    """The functions that a node names; alpha and beta are of those that take any, in a row."""
    alphas, betas = [*(alpha or ())], [*(beta or ())]
    found: list[Activation] = []
    two = ("affine", "scaledtanh", "hardsigmoid")
    for name in names:
        key, (a, b) = name.lower(), _DEFAULT.get(name, (1.0, 0.0))
        if key not in _ACTIVATIONS:
            raise ValueError(f"there is no activation {name!r}")
        if name in _DEFAULT:
            a = alphas.pop(0) if alphas else a
            b = betas.pop(0) if betas and key in two else b
        found.append(partial(_activated, key, a, b))
    return found


class _Layer:
    """One of the recurrent operators: how many gates it has, what its activations are, and one step of it."""

    def __init__(self, gates: int, default: Sequence[str], states: int = 1) -> None:
        self.gates, self.default, self.states = gates, default, states

    def __call__(
        self, step: Callable[..., tuple[Any, ...]], x: Any, w: Any, r: Any, b: Any, lengths: Any, begin: Sequence[Any],
        peepholes: Any, *, direction: str = "forward", activations: Any = None, activation_alpha: Any = None,
        activation_beta: Any = None, clip: float | None = None, layout: int = 0, hidden_size: int = 0,
    ) -> list[Any]:  # fmt: skip
        """(all states (T, directions, N, H), the last of each)."""
        x = f.swapaxes(x, 0, 1) if layout else x
        steps, batch, size = x.shape[0], x.shape[1], r.shape[-1]
        ways = w.shape[0]
        if direction not in ("forward", "reverse", "bidirectional") or ways != 1 + (direction == "bidirectional"):
            raise ValueError(f"direction {direction!r} does not go with weights of {ways} directions")
        named = _activations(activations or [*self.default] * ways, activation_alpha, activation_beta)
        each = len(self.default)
        zeros = np.zeros((batch, size), x.dtype)
        alive = None
        if lengths is not None:
            alive = np.arange(steps)[:, None] < np.asarray(bare(lengths)).reshape(1, -1)
        all_states, ends = [], []
        for way in range(ways):
            own = [None if one is None else f.getitem(f.swapaxes(one, 0, 1) if layout else one, way) for one in begin]
            states = tuple(zeros if one is None else one for one in own)
            gates = f.matmul(x, f.transpose(f.getitem(w, way), (1, 0)))
            wb, rb = (None, None) if b is None else f.split(f.getitem(b, way), 2)
            more = {"bias": wb, "recurrent_bias": rb, "peepholes": None if peepholes is None else f.getitem(
                peepholes, way), "functions": named[way * each : (way + 1) * each],
                "limit": (lambda z: z) if not clip else (lambda z: f.clip(z, -clip, clip))}  # fmt: skip
            matrix = f.getitem(r, way)
            line: list[Any] = [None] * steps
            back = direction == "reverse" or way == 1
            for t in range(steps)[::-1] if back else range(steps):
                new = step(f.getitem(gates, t), matrix, *states, **more)
                if alive is not None:
                    keep = alive[t][:, None]
                    states = tuple(f.where(keep, one, old) for one, old in zip(new, states, strict=True))
                    line[t] = f.where(keep, new[0], np.zeros((), x.dtype))
                else:
                    states, line[t] = new, new[0]
            all_states.append(f.stack(line, 0) if steps else np.zeros((0, batch, size), x.dtype))
            ends.append(states)
        y = f.stack(all_states, 1)
        last = [f.stack([states[i] for states in ends], 0) for i in range(self.states)]
        if layout:
            return [f.transpose(y, (2, 0, 1, 3)), *(f.swapaxes(one, 0, 1) for one in last)]
        return [y, *last]


def _plus(z: Any, *biases: Any) -> Any:
    for bias in biases:
        z = z if bias is None else z + bias
    return z


def _rnn_step(z: Any, r: Any, h: Any, *, bias: Any, recurrent_bias: Any, functions: Any, limit: Any, **_: Any) -> Any:
    (act,) = functions
    return (act(limit(_plus(z + f.matmul(h, f.transpose(r, (1, 0))), bias, recurrent_bias))),)


def _gru_step(
    z: Any, r: Any, h: Any, *, bias: Any, recurrent_bias: Any, functions: Any, limit: Any, after: bool = False, **_: Any
) -> Any:
    act, last = functions
    z = _plus(z, bias)
    r_z, r_r, r_h = f.split(r, 3, 0)
    b_z, b_r, b_h = (None,) * 3 if recurrent_bias is None else f.split(recurrent_bias, 3)
    z_z, z_r, z_h = f.split(z, 3, 1)
    update = act(limit(_plus(z_z + f.matmul(h, f.transpose(r_z, (1, 0))), b_z)))
    reset = act(limit(_plus(z_r + f.matmul(h, f.transpose(r_r, (1, 0))), b_r)))
    if after:
        new = reset * _plus(f.matmul(h, f.transpose(r_h, (1, 0))), b_h)
    else:
        new = _plus(f.matmul(reset * h, f.transpose(r_h, (1, 0))), b_h)
    return ((1 - update) * last(limit(z_h + new)) + update * h,)


def _lstm_step(
    z: Any, r: Any, h: Any, c: Any, *, bias: Any, recurrent_bias: Any, peepholes: Any, functions: Any, limit: Any,
    coupled: bool = False,
) -> Any:  # fmt: skip
    act, inner, outer = functions
    i, o, forget, cell = f.split(_plus(z + f.matmul(h, f.transpose(r, (1, 0))), bias, recurrent_bias), 4, 1)
    p_i, p_o, p_f = (None,) * 3 if peepholes is None else f.split(peepholes, 3)
    i = act(limit(i if p_i is None else i + p_i * c))
    forget = 1 - i if coupled else act(limit(forget if p_f is None else forget + p_f * c))
    new = forget * c + i * inner(limit(cell))
    return act(limit(o if p_o is None else o + p_o * new)) * outer(new), new


@operator("RNN")
def _rnn(x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, h: Any = None, **how: Any) -> Any:
    return _Layer(1, ("Tanh",))(_rnn_step, x, w, r, b, lengths, [h], None, **how)


@operator("GRU")
def _gru(
    x: Any,
    w: Any,
    r: Any,
    b: Any = None,
    lengths: Any = None,
    h: Any = None,
    *,
    linear_before_reset: int = 0,
    **how: Any,
) -> Any:
    if linear_before_reset and _is_plain(how, ("Sigmoid", "Tanh")) and lengths is None:
        return _by_layer(f.gru, (1, 0, 2), x, w, r, b, [h], how)

    def step(*given: Any, **more: Any) -> Any:
        return _gru_step(*given, after=bool(linear_before_reset), **more)

    return _Layer(3, ("Sigmoid", "Tanh"))(step, x, w, r, b, lengths, [h], None, **how)


@operator("LSTM")
def _lstm(
    x: Any, w: Any, r: Any, b: Any = None, lengths: Any = None, h: Any = None, c: Any = None, peepholes: Any = None,
    *, input_forget: int = 0, **how: Any,
) -> Any:  # fmt: skip
    if peepholes is None and not input_forget and lengths is None and _is_plain(how, ("Sigmoid", "Tanh", "Tanh")):
        return _by_layer(f.lstm, (0, 2, 3, 1), x, w, r, b, [h, c], how)

    def step(*given: Any, **more: Any) -> Any:
        return _lstm_step(*given, coupled=bool(input_forget), **more)

    return _Layer(4, ("Sigmoid", "Tanh", "Tanh"), 2)(step, x, w, r, b, lengths, [h, c], peepholes, **how)


def _is_plain(how: dict[str, Any], usual: tuple[str, ...]) -> bool:
    """Whether a layer is one of those that have a kernel of their own."""
    named = tuple(how.get("activations") or usual)
    return not how.get("clip") and not how.get("layout") and named in (usual, usual * 2)


def _by_layer(
    layer: Any, order: tuple[int, ...], x: Any, w: Any, r: Any, b: Any, begin: list[Any], how: dict[str, Any]
) -> Any:
    """What an operation here computes, whose gates stand in another order, and whose batch comes first."""
    direction, size = how.get("direction", "forward"), r.shape[-1]
    if w.shape[0] != 1 + (direction == "bidirectional"):
        raise ValueError(f"direction {direction!r} does not go with weights of {w.shape[0]} directions")
    rows = np.concatenate([np.arange(i * size, (i + 1) * size) for i in order])
    lines, ends = [], []
    for way in range(w.shape[0]):
        biases = [] if b is None else f.split(f.getitem(b, way), 2)
        given = [f.take(one, rows, 0) for one in (f.getitem(w, way), f.getitem(r, way), *biases)]
        states = [None if one is None else f.getitem(one, way) for one in begin]
        given += [None] * (4 - len(given))
        line, *last = layer(f.swapaxes(x, 0, 1), *given, *states, reverse=direction == "reverse" or way == 1)
        lines.append(f.swapaxes(line, 0, 1))
        ends.append(last)
    return [f.stack(lines, 1), *(f.stack([*one], 0) for one in zip(*ends, strict=True))]
