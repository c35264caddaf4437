"""Recurrent layers, beside PyTorch's and a loop."""

import numpy as np
import torch
from scipy import special

from .row import case, normal, nothing, row


def unrolled(step):
    """A layer from one step: (what inputs give, what states give, state …) -> states."""

    def layer(x, w, u, b=None, c=None, *first, lengths=None, reverse=False, **how):
        h, outs = u.shape[1], []
        states = [np.zeros((len(x), h)) if state is None else state for state in first or [None]]
        times, ends = range(x.shape[1]), np.full(len(x), x.shape[1]) if lengths is None else np.array(lengths)
        for t in reversed(times) if reverse else times:
            runs = (t < ends)[:, None]
            z, a = (v @ m.T + (0 if d is None else d) for v, m, d in ((x[:, t], w, b), (states[0], u, c)))
            states = [np.where(runs, new, old) for new, old in zip(step(z, a, *states, **how), states, strict=True)]
            outs.append(np.where(runs, states[0], 0))
        return (np.stack(outs[::-1] if reverse else outs, 1), *states)

    return layer


@unrolled
def plain(z, a, h, nonlinearity="tanh"):
    return (np.tanh(z + a) if nonlinearity == "tanh" else np.maximum(z + a, 0),)


@unrolled
def gated(z, a, h):
    (z_r, z_u, z_n), (a_r, a_u, a_n) = np.split(z, 3, 1), np.split(a, 3, 1)
    u = special.expit(z_u + a_u)
    return ((1 - u) * np.tanh(z_n + special.expit(z_r + a_r) * a_n) + u * h,)


@unrolled
def remembering(z, a, h, c):
    i, f, g, o = np.split(z + a, 4, 1)
    c = special.expit(f) * c + special.expit(i) * np.tanh(g)
    return special.expit(o) * np.tanh(c), c


def in_torch(layer):
    def called(x, w, u, b, c, *first, **how):
        first = [state[None] for state in first]
        out, *last = layer(x, first if len(first) > 1 else first[0], [w, u, b, c], True, 1, 0.0, True, False, True)
        return out, *(state[0] for state in last)

    return called


for name, gates, states, oracle, theirs in (
    ("rnn", 1, 1, plain, torch.rnn_tanh),
    ("gru", 3, 1, gated, torch.gru),
    ("lstm", 4, 2, remembering, torch.lstm),
):
    inputs, first = (normal(2, 3, 2), normal(2 * gates, 2), normal(2 * gates, 2)), [normal(2, 2)] * states
    biases = (normal(2 * gates), normal(2 * gates))
    row(name, case(*inputs, *biases, *first), oracle=oracle, torch=in_torch(theirs), otherwise=True)
    row(name, case(*inputs, nothing, nothing, *first), case(*inputs, *biases, *first, reverse=True),
        case(*inputs, *biases, *first, lengths=[2, 3]), oracle=oracle, otherwise=True)  # fmt: skip
row("rnn", case(*inputs[:1], normal(2, 2), normal(2, 2), nothing, nothing, normal(2, 2), nonlinearity="relu"),
    oracle=plain, otherwise=True)  # fmt: skip
