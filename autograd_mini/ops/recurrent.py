"""Recurrent layers over sequences: the plain cell, GRU and LSTM, each a product of all inputs and one step besides.

The gates' order and the places of the biases are PyTorch's. A layer's own equations stand in `_rnn_cell`, `_gru_cell`
and `_lstm_cell`, written with operations: they are what a backward pass that is recorded goes back through, for second
derivatives. The kernels compute the same, and their gradient, in fewer passes.
"""

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Annotated, Any

import numpy as np

from ..arguments import Flag, Parameter, array_of
from ..core.gradient import grad
from ..core.primitive import operand
from ..core.tape import Value
from ..kernels import recurrent
from ..kernels.quiet import quiet
from .arithmetic import linear
from .elementwise import floating, relu, sigmoid, tanh, where
from .kinds import definition, op
from .precision import in_single
from .shape import flip, getitem, parted, reshape, stack, transpose

Lengths = Annotated[Any, Parameter(None, "ArrayLike | None")]
Nonlinearity = Annotated[Any, Parameter(None, 'Literal["tanh", "relu"]')]
Optional = Annotated[Any, Parameter(None, "Tensor | ArrayLike | None")]

# ── the cells: z is what an input gives to the gates, a what the state gives ──────────────────────────────────────────


def _rnn_cell(z: Any, a: Any, h: Any, *, relu_: bool) -> Any:
    return relu(z + a) if relu_ else tanh(z + a)


def _gru_cell(z: Any, a: Any, h: Any) -> Any:
    (z_r, z_u, z_n), (a_r, a_u, a_n) = parted(z, 3, axis=1), parted(a, 3, axis=1)
    r, u = sigmoid(z_r + a_r), sigmoid(z_u + a_u)
    n = tanh(z_n + r * a_n)
    return (1 - u) * n + u * h


def _lstm_cell(z: Any, a: Any, h: Any, c: Any) -> tuple[Any, Any]:
    i, f, g, o = parted(z + a, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def _unrolled(cell: Callable[..., Any], z: Any, states: tuple[Any, ...], w: Any, b: Any, mask: Any) -> tuple[Any, ...]:
    """What a kernel computes, of operations: for each state its values after all steps."""
    found: list[Any] = []
    for t in range(z.shape[0]):
        after = cell(z[t], linear(states[0], w, b), *states)
        after = after if isinstance(after, tuple) else (after,)
        if mask is not None:
            after = tuple(where(mask[t], new, old) for new, old in zip(after, states, strict=True))
        states = after
        found.append(states)
    sequences = [stack(steps) for steps in zip(*found, strict=True)]
    return tuple(s if mask is None else where(mask, s, 0) for s in sequences)


def _through(cell: Callable[..., Any], gradients: tuple[Any, ...], args: tuple[Any, ...], wanted: Any) -> list[Any]:
    """The gradients of a kernel's arguments (z, states …, w, b, mask), recorded.

    Each argument is a step of its own, from which no other one comes: the derivatives are partial.
    """
    args = tuple(reshape.bind(x, shape=x._array.shape) if isinstance(x, Value) else x for x in args)
    z, *states, w, b, mask = args
    sequences = _unrolled(cell, z, tuple(states), w, b, mask)
    asked = [arg for arg, is_asked in zip(args, wanted, strict=True) if is_asked]
    found = iter(grad(sequences, asked, gradients, create_graph=True))
    return [next(found) if is_asked else None for is_asked in wanted]


def _is_recorded(*arrays: Any) -> bool:
    return any(isinstance(x, Value) for x in arrays)


# ── the steps: z (T, N, gates · H), states (N, H), w (gates · H, H), b (gates · H,), mask (T, N, 1) ───────────────────


def _work(out: Any, w: Any) -> int:
    return int(prod(out)) * int(w[0])


@op(public=False, cost=_work, kink=lambda out, relu_: out > 0 if relu_ else None)
def rnn_steps(z: Any, h: Any, w: Any, b: Any, mask: Any, *, relu_: bool) -> Any:
    """h' = f(z + h wᵀ + b), step by step; f is tanh or ReLU. -> (T, N, H)."""
    with quiet(under="ignore"):
        return recurrent.rnn(z, h, w, b, mask, relu_)


@op(public=False, cost=_work)
def gru_steps(z: Any, h: Any, w: Any, b: Any, mask: Any) -> Any:
    """The states of gated recurrent units, gates r, u, n. -> (T, N, H)."""
    with quiet(under="ignore"):
        return recurrent.gru(z, h, w, b, mask)


@op(public=False, cost=_work, outputs=("out", "cells"))
def lstm_steps(z: Any, h: Any, c: Any, w: Any, b: Any, mask: Any) -> Any:
    """The states and cells of long short-term memories, gates i, f, g, o. -> (T, N, H), (T, N, H)."""
    with quiet(under="ignore"):
        return recurrent.lstm(z, h, c, w, b, mask)


def _rnn_back(g: Any, z: Any, h: Any, w: Any, b: Any, mask: Any, out: Any, wanted: Any, *, relu_: bool) -> list[Any]:
    if _is_recorded(g, z, h, w, b):
        return _through(partial(_rnn_cell, relu_=relu_), (g,), (z, h, w, b, mask), wanted)
    with quiet(under="ignore"):
        return [*recurrent.rnn_back(g, h, w, b, mask, out, relu_), None]


def _gru_back(g: Any, z: Any, h: Any, w: Any, b: Any, mask: Any, out: Any, wanted: Any) -> list[Any]:
    if _is_recorded(g, z, h, w, b):
        return _through(_gru_cell, (g,), (z, h, w, b, mask), wanted)
    with quiet(under="ignore"):
        return [*recurrent.gru_back(g, z, h, w, b, mask, out), None]


def _lstm_back(
    g: Any, g_cells: Any, z: Any, h: Any, c: Any, w: Any, b: Any, mask: Any, out: Any, cells: Any, wanted: Any
) -> list[Any]:
    if _is_recorded(g, g_cells, z, h, c, w, b):
        return _through(_lstm_cell, (g, g_cells), (z, h, c, w, b, mask), wanted)
    with quiet(under="ignore"):
        return [*recurrent.lstm_back(g, g_cells, z, h, c, w, b, mask, out, cells), None]


rnn_steps.defvjp(_rnn_back, mask=None)
gru_steps.defvjp(_gru_back, mask=None)
lstm_steps.defvjp(_lstm_back, mask=None)

# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition
def rnn(
    x: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Optional = None,
    bias_hh: Optional = None,
    h0: Optional = None,
    *,
    nonlinearity: Nonlinearity = "tanh",
    lengths: Lengths = None,
    reverse: Flag = False,
) -> tuple[Any, Any]:
    """A plain recurrent layer: h' = f(x w_ihᵀ + b_ih + h w_hhᵀ + b_hh), along a sequence.

    Half precision is computed in single.

    Arguments:
        x: (N, T, D), sequences.
        weight_ih, weight_hh: (H, D) and (H, H), the weights of inputs and states.
        bias_ih, bias_hh: (H,), or None.
        h0: (N, H), the first states; None for zeros.
        nonlinearity: f, "tanh" or "relu".
        lengths: (N,), how many steps each sequence has, at least one; None for T. States stay after the last, and what
            comes out is 0.
        reverse: whether it goes from the last step to the first.
    Returns:
        (N, T, H), the states after each step, and (N, H), the last ones.
    Raises:
        ValueError: for shapes and lengths that do not go together, and for another nonlinearity.
        TypeError: for data that are not real numbers.

    Example:
        >>> x = np.ones((1, 3, 1))
        >>> states, last = ag.rnn(Tensor(x), [[1.0]], [[0.5]], nonlinearity="relu")
        >>> states.numpy().ravel(), last.numpy()
        (array([1.  , 1.5 , 1.75]), array([[1.75]]))
    """
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"rnn: nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
    given = _Given("rnn", 1, x, weight_ih, weight_hh, bias_ih, bias_hh, lengths, reverse, h0=h0)
    states, last = given.results(rnn_steps, relu_=nonlinearity == "relu")
    return states, last


@definition
def gru(
    x: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Optional = None,
    bias_hh: Optional = None,
    h0: Optional = None,
    *,
    lengths: Lengths = None,
    reverse: Flag = False,
) -> tuple[Any, Any]:
    """A layer of gated recurrent units along a sequence, PyTorch's: the gates r, u, n.

    r, u = σ(…), n = tanh(x w_ihᵀ + b_ih + r · (h w_hhᵀ + b_hh)), and h' = (1 − u) · n + u · h. Half precision is
    computed in single.

    Arguments:
        x: (N, T, D), sequences.
        weight_ih, weight_hh: (3H, D) and (3H, H), the weights of inputs and states, gate after gate.
        bias_ih, bias_hh: (3H,), or None.
        h0: (N, H), the first states; None for zeros.
        lengths: (N,), how many steps each sequence has, at least one; None for T. States stay after the last, and what
            comes out is 0.
        reverse: whether it goes from the last step to the first.
    Returns:
        (N, T, H), the states after each step, and (N, H), the last ones.
    Raises:
        ValueError: for shapes and lengths that do not go together.
        TypeError: for data that are not real numbers.
    Source: Cho et al. 2014, with the reset gate behind the product.

    Example:
        >>> x = Tensor(np.ones((1, 2, 1)), requires_grad=True)
        >>> states, last = ag.gru(x, np.zeros((3, 1)), np.zeros((3, 1)), h0=[[1.0]])
        >>> states.numpy().ravel()  # u is one half
        array([0.5 , 0.25])
    """
    given = _Given("gru", 3, x, weight_ih, weight_hh, bias_ih, bias_hh, lengths, reverse, h0=h0)
    states, last = given.results(gru_steps)
    return states, last


@definition
def lstm(
    x: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Optional = None,
    bias_hh: Optional = None,
    h0: Optional = None,
    c0: Optional = None,
    *,
    lengths: Lengths = None,
    reverse: Flag = False,
) -> tuple[Any, Any, Any]:
    """A layer of long short-term memories along a sequence, PyTorch's: the gates i, f, g, o.

    i, f, o = σ(…) and g = tanh(…) of x w_ihᵀ + b_ih + h w_hhᵀ + b_hh; c' = f · c + i · g, and h' = o · tanh(c'). Half
    precision is computed in single.

    Arguments:
        x: (N, T, D), sequences.
        weight_ih, weight_hh: (4H, D) and (4H, H), the weights of inputs and states, gate after gate.
        bias_ih, bias_hh: (4H,), or None.
        h0, c0: (N, H), the first states and cells; None for zeros.
        lengths: (N,), how many steps each sequence has, at least one; None for T. States stay after the last, and what
            comes out is 0.
        reverse: whether it goes from the last step to the first.
    Returns:
        (N, T, H), the states after each step; (N, H), the last ones; and (N, H), the last cells.
    Raises:
        ValueError: for shapes and lengths that do not go together.
        TypeError: for data that are not real numbers.
    Source: Hochreiter and Schmidhuber 1997; the forget gate, Gers et al. 2000.

    Example:
        >>> states, last, cells = ag.lstm(np.ones((1, 2, 1)), np.zeros((4, 1)), np.zeros((4, 1)), c0=[[1.0]])
        >>> cells  # halved twice
        array([[0.25]])
    """
    given = _Given("lstm", 4, x, weight_ih, weight_hh, bias_ih, bias_hh, lengths, reverse, h0=h0, c0=c0)
    states, last, cells = given.results(lstm_steps)
    return states, last, cells


class _Given:
    """A layer's arguments, of which it is made sure that they go together."""

    def __init__(
        self, name: str, gates: int, x: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any,
        lengths: Any, reverse: Any, **states: Any,
    ) -> None:  # fmt: skip
        given = {"x": x, "weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
        optional = ("bias_ih", "bias_hh", *states)
        x, w, u, b, c, *first = floating(name, optional, **given, **states)
        if len(x.shape) != 3:
            raise ValueError(f"{name}: x {x.shape} must be (N, T, D)")
        (n, time, d), h = x.shape, u.shape[-1] if u.shape else 0
        if not time or not h:
            raise ValueError(f"{name}: x {x.shape} and weight_hh {u.shape} must have at least one step and one unit")
        forms = {"weight_ih": (gates * h, d), "weight_hh": (gates * h, h), "bias_ih": (gates * h,)}
        forms |= {"bias_hh": (gates * h,), **dict.fromkeys(states, (n, h))}
        for (what, form), array in zip(forms.items(), (w, u, b, c, *first), strict=True):
            if array is not None and array.shape != form:
                raise ValueError(
                    f"{name}: {what} {array.shape} must be {form}, for x {x.shape} and weight_hh {u.shape}"
                )
        self.x, self.w, self.u, self.b, self.c, self.reverse = x, w, u, b, c, bool(reverse)
        self.first = [np.zeros((n, h), x.dtype) if state is None else state for state in first]
        self.lengths = None if lengths is None else _lengths(name, lengths, n, time)

    def in_order(self, x: Any) -> Any:
        """x (T, N, …) with the steps of each sequence in the order in which they are gone through; and back again."""
        if not self.reverse:
            return x
        if self.lengths is None:
            return flip.bind(x, axis=(0,))
        step = np.arange(x.shape[0])[:, None]
        return getitem.bind(
            x, index=(np.where(step < self.lengths, self.lengths - 1 - step, step), np.arange(len(self.lengths)))
        )

    def results(self, steps: Any, **how: Any) -> Any:
        """The states after each step, and of each kind of state the last."""
        given = (self.x, self.w, self.u, self.b, self.c, *self.first)
        return _computed(*given, layer=self, steps=steps, **how)


@in_single
def _computed(
    x: Any, w: Any, u: Any, b: Any, c: Any, *first: Any, layer: _Given, steps: Any, **how: Any
) -> tuple[Any, ...]:
    time, n = x.shape[1], x.shape[0]
    z = linear(layer.in_order(transpose(x, (1, 0, 2))), w, b)
    mask = None if layer.lengths is None else (np.arange(time)[:, None] < layer.lengths)[..., None]
    found = steps.bind(z, *first, u, c, mask, **how)
    sequences = found if isinstance(found, tuple) else (found,)
    end = time - 1 if layer.lengths is None else (layer.lengths - 1, np.arange(n))
    last = [getitem.bind(s, index=end) for s in sequences]
    return transpose(layer.in_order(sequences[0]), (1, 0, 2)), *last


def _lengths(name: str, lengths: Any, n: int, time: int) -> Any:
    array = array_of(operand(f"{name}: lengths", lengths))
    if array.dtype.kind not in "iu" or array.shape != (n,):
        raise ValueError(
            f"{name}: lengths must be {n} integers, one for each sequence, not {array.dtype} {array.shape}"
        )
    if n and not 1 <= array.min() <= array.max() <= time:
        words = f"from 1 to the {time} steps there are, not {array.min()} to {array.max()}"
        raise ValueError(f"{name}: lengths must be {words}")
    return array.astype(np.intp)
