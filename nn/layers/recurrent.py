"""Recurrent layers: one or several, one after another, along sequences; and their single steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import autograd_mini as ag
from autograd_mini.arguments import generator
from autograd_mini.core.primitive import operand

from ..init import Initialiser, Rng, normal, weight_and_bias
from .kinds import Kind

__all__ = [
    "GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell",
]  # fmt: skip


class _Gates(Kind):
    """Weights of the inputs and of the states, those of all gates below one another."""

    gates: ClassVar[int]
    compute: ClassVar[Callable[..., Any]]
    input_size: int
    hidden_size: int

    def _grow(self, suffix: str, into: int, bias: bool, rng: Any, init: Any, dtype: Any) -> None:
        """Make the weights and biases of one layer in one direction."""
        name, rows = type(self).__name__, self.gates * self.hidden_size
        shapes, count = ((rows, into), (rows, self.hidden_size)), rows if bias else None
        made = zip(*[weight_and_bias(name, shape, count, rng, init, dtype) for shape in shapes], strict=True)
        for what, pair in zip(("weight", "bias"), made, strict=True):
            for source, tensor in zip(("ih", "hh"), pair, strict=True):
                setattr(self, f"{what}_{source}{suffix}", tensor)

    def _weights(self, suffix: str) -> list[Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [getattr(self, name + suffix) for name in names]

    def _settings(self) -> dict[str, Any]:
        return {}


class _Recurrent(_Gates):
    """Layers along sequences, one after another.

    The call takes x, the first states (num_layers · directions, N, hidden_size), None for zeros, and `lengths` (N,),
    how many steps each sequence has; it gives the states of the last layer after each step, zeros after a sequence's
    end, and the last states of all layers. N may be missing.

    Parameters, with _l0, _l1, … for each layer, and _reverse for the way back: weight_ih, weight_hh, and bias_ih,
    bias_hh, which begin with 0, or None.

    Arguments:
        input_size, hidden_size: how many numbers a step of x and a state have.
        num_layers: how many layers there are.
        bias: whether there are biases.
        batch_first: whether N is the first axis of x and of what comes out.
        dropout: the probability of dropping while training between layers, 0 ≤ p < 1.
        bidirectional: whether each layer goes from both ends, and its states are joined.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a probability, an initialiser or a dtype that means nothing.
    """

    num_layers: int
    dropout: float
    batch_first: bool
    bidirectional: bool

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        rng: Rng = None,
        init: Initialiser = normal,
        dtype: Any = np.float32,
    ) -> None:
        self._whole(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        self._flags(bias=bias, batch_first=batch_first, bidirectional=bidirectional)
        self._dropping(dropout=dropout)
        self.rng = generator(type(self).__name__, rng)
        for k, suffixes in enumerate(self._suffixes()):
            into = hidden_size * len(suffixes) if k else input_size
            for suffix in suffixes:
                self._grow(suffix, into, bias, self.rng, init, dtype)

    def _suffixes(self) -> list[list[str]]:
        """What the parameters of each layer end in, for each direction."""
        ways = ("", "_reverse") if self.bidirectional else ("",)
        return [[f"_l{k}{way}" for way in ways] for k in range(self.num_layers)]

    def _passed(self, x: Any, lengths: Any, **states: Any) -> tuple[Any, list[Any]]:
        """The states of the last layer, and for each kind of state the last ones of all."""
        name = type(self).__name__
        x = operand(name, x)
        if len(x.shape) not in (2, 3) or x.shape[-1] != self.input_size:
            order = "(N, T, D)" if self.batch_first else "(T, N, D)"
            raise ValueError(f"{name}: x {x.shape} must be {order} or (T, D) with D = {self.input_size}")
        single = len(x.shape) == 2
        x = x[None] if single else x if self.batch_first else ag.swapaxes(x, 0, 1)
        directions = 1 + self.bidirectional
        form = (self.num_layers * directions, x.shape[0], self.hidden_size)
        for what, state in states.items():
            own = None if state is None else operand(f"{name}: {what}", state)
            own = own[:, None] if own is not None and single and len(own.shape) == 2 else own
            if own is not None and own.shape != form:
                raise ValueError(f"{name}: {what} {own.shape} must be {form[::2] if single else form}")
            states[what] = own
        last: list[list[Any]] = [[] for _ in states]
        for k, suffixes in enumerate(self._suffixes()):
            if k:
                x = ag.dropout(x, self.dropout, training=self.training, rng=self.rng)
            outs = []
            for way, suffix in enumerate(suffixes):
                first = {what: None if s is None else s[k * directions + way] for what, s in states.items()}
                how: Any = {**first, **self._settings(), "lengths": lengths, "reverse": bool(way)}
                out, *ends = type(self).compute(x, *self._weights(suffix), **how)
                outs.append(out)
                for those, end in zip(last, ends, strict=True):
                    those.append(end)
            x = outs[0] if len(outs) == 1 else ag.concatenate(outs, axis=-1)
        found = [ag.stack(those) if len(those) > 1 else ag.expand_dims(those[0], 0) for those in last]
        if single:
            return x[0], [s[:, 0] for s in found]
        return x if self.batch_first else ag.swapaxes(x, 0, 1), found

    def forward(self, x: Any, h0: Any = None, lengths: Any = None) -> tuple[Any, Any]:
        """The states of the last layer after each step, and the last states of all layers."""
        out, (last,) = self._passed(x, lengths, h0=h0)
        return out, last


class RNN(_Recurrent):
    """Plain recurrent layers along sequences: h' = f(W x + b + U h + c).

    x (T, N, input_size), with `batch_first` (N, T, input_size) -> (T, N, hidden_size), (num_layers, N, hidden_size).

    Arguments:
        input_size, hidden_size: how many numbers a step of x and a state have.
        num_layers: how many layers there are.
        nonlinearity: f, "tanh" or "relu".
        bias: whether there are biases.
        batch_first: whether N is the first axis of x and of what comes out.
        dropout: the probability of dropping while training between layers, 0 ≤ p < 1.
        bidirectional: whether each layer goes from both ends, and its states are joined.
        rng: a Generator or a seed, from which weights are drawn, and what is dropped.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Source: Elman 1990.

    Example:
        >>> states, last = nn.RNN(3, 4, rng=0)(np.ones((5, 2, 3)))
        >>> states.shape, last.shape
        ((5, 2, 4), (1, 2, 4))
    """

    gates, compute = 1, ag.rnn
    nonlinearity: str

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, rng: Rng = None,
        init: Initialiser = normal, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self._choice("nonlinearity", nonlinearity, ("tanh", "relu"))
        sizes = (input_size, hidden_size, num_layers)
        super().__init__(*sizes, bias, batch_first, dropout, bidirectional, rng=rng, init=init, dtype=dtype)

    def _settings(self) -> dict[str, Any]:
        return {"nonlinearity": self.nonlinearity}


class GRU(_Recurrent):
    """Layers of gated recurrent units along sequences.

    x (T, N, input_size), with `batch_first` (N, T, input_size) -> (T, N, hidden_size), (num_layers, N, hidden_size).
    The gates of the weights are r, u and n, as in `autograd_mini.gru`.

    Source: Cho et al. 2014.

    Example:
        >>> states, last = nn.GRU(3, 4, 2, bidirectional=True, rng=0)(np.ones((5, 2, 3)))
        >>> states.shape, last.shape
        ((5, 2, 8), (4, 2, 4))
    """

    gates, compute = 3, ag.gru


class LSTM(_Recurrent):
    """Layers of long short-term memories along sequences.

    x (T, N, input_size), with `batch_first` (N, T, input_size) -> (T, N, hidden_size), and a pair of states and cells
    (num_layers, N, hidden_size), as the first ones are given. The gates of the weights are i, f, g and o, as in
    `autograd_mini.lstm`.

    Source: Hochreiter and Schmidhuber 1997.

    Example:
        >>> states, (last, cells) = nn.LSTM(3, 4, batch_first=True, rng=0)(np.ones((2, 5, 3)), lengths=[5, 3])
        >>> states.shape, cells.shape, states.numpy()[1, 3:].any()
        ((2, 5, 4), (1, 2, 4), np.False_)
    """

    gates, compute = 4, ag.lstm

    def forward(self, x: Any, state: Any = None, lengths: Any = None) -> tuple[Any, tuple[Any, Any]]:
        """The states of the last layer after each step, and the last states and cells of all layers."""
        h0, c0 = _two(type(self).__name__, state)
        out, (h, c) = self._passed(x, lengths, h0=h0, c0=c0)
        return out, (h, c)


def _two(name: str, state: Any) -> tuple[Any, Any]:
    if state is None:
        return None, None
    if not isinstance(state, tuple | list) or len(state) != 2:
        raise TypeError(f"{name}: the state must be a pair, states and cells, not {type(state).__name__}")
    return state[0], state[1]


# ── single steps ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Cell(_Gates):
    """One step.

    Parameters: weight_ih (gates · hidden_size, input_size), weight_hh; bias_ih, bias_hh, which begin with 0, or None.

    Arguments:
        input_size, hidden_size: how many numbers an input and a state have.
        bias: whether there are biases.
        rng: a Generator or a seed, from which weights are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.
    Raises:
        ValueError, TypeError: for sizes, an initialiser or a dtype that means nothing.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, rng: Rng = None, init: Initialiser = normal,
        dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self._whole(input_size=input_size, hidden_size=hidden_size)
        self._flags(bias=bias)
        self._grow("", input_size, bias, generator(type(self).__name__, rng), init, dtype)

    def _step(self, x: Any, **states: Any) -> list[Any]:
        x = operand(type(self).__name__, x)
        if len(x.shape) != 2 or x.shape[-1] != self.input_size:
            raise ValueError(f"{type(self).__name__}: x {x.shape} must be (N, D) with D = {self.input_size}")
        found = type(self).compute(x[:, None], *self._weights(""), **states, **self._settings())
        return [*found[1:]]

    def forward(self, x: Any, h: Any = None) -> Any:
        """The next state."""
        return self._step(x, h0=h)[0]


class RNNCell(_Cell):
    """One step of a plain recurrent layer: h' = f(W x + b + U h + c).

    x (N, input_size), h (N, hidden_size) or None for zeros -> (N, hidden_size).

    Arguments:
        input_size, hidden_size: how many numbers an input and a state have.
        bias: whether there are biases.
        nonlinearity: f, "tanh" or "relu".
        rng: a Generator or a seed, from which weights are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array.
        dtype: of the parameters, a floating one.

    Example:
        >>> nn.RNNCell(3, 4, rng=0)(np.ones((2, 3))).shape
        (2, 4)
    """

    gates, compute = 1, ag.rnn
    nonlinearity: str

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *, rng: Rng = None,
        init: Initialiser = normal, dtype: Any = np.float32,
    ) -> None:  # fmt: skip
        self._choice("nonlinearity", nonlinearity, ("tanh", "relu"))
        super().__init__(input_size, hidden_size, bias, rng=rng, init=init, dtype=dtype)

    def _settings(self) -> dict[str, Any]:
        return {"nonlinearity": self.nonlinearity}


class GRUCell(_Cell):
    """One step of a gated recurrent unit.

    x (N, input_size), h (N, hidden_size) or None for zeros -> (N, hidden_size).

    Source: Cho et al. 2014.

    Example:
        >>> nn.GRUCell(3, 4, rng=0)(np.ones((2, 3))).shape
        (2, 4)
    """

    gates, compute = 3, ag.gru


class LSTMCell(_Cell):
    """One step of a long short-term memory.

    x (N, input_size), and a pair of states and cells (N, hidden_size) or None for zeros -> such a pair.

    Source: Hochreiter and Schmidhuber 1997.

    Example:
        >>> h, c = nn.LSTMCell(3, 4, rng=0)(np.ones((2, 3)))
        >>> h.shape, c.shape
        ((2, 4), (2, 4))
    """

    gates, compute = 4, ag.lstm

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        """The next state and cell."""
        h0, c0 = _two("LSTMCell", state)
        h, c = self._step(x, h0=h0, c0=c0)
        return h, c
