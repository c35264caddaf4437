"""Recurrent cells over a sequence, forwards and backwards: z (T, N, gates · H) in, states (T, N, H) out.

z is what the inputs give to the gates, of all steps at once: x wᵀ + b, computed by whoever calls. Each step adds what
the state gives, h wᵀ + b. Backwards the gates of all steps are computed again, by one product of the states, and what
does not depend on the gradient is multiplied out; then the loop over time is a product and a few passes over (N, H),
and the weights' gradient is one product at its end. w (gates · H, H) has PyTorch's order of gates.

mask (T, N, 1) says which steps a sequence has: after its end the state stays, and what comes out is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .parallel import each
from .product import product
from .settings import is_compiled
from .sums import sums

Array = np.ndarray[Any, Any]
Optional = Array | None
COST = 32  # multiply-adds that take as long as a gate
ROWS = 8  # of examples at least that a thread takes
_SINGLE = np.dtype(np.float32)
Grads = tuple[Array, Array, Array, Optional]
"""Of z, of the first state, of w and of b."""


def _squash(x: Array) -> Array:
    """The logistic function, in place: ½ tanh(½ x) + ½, in which nothing overflows."""
    x *= 0.5
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5
    return x


def _gates(x: Array, h: int) -> list[Array]:
    """Views of the gates, each of h numbers."""
    return [x[..., i : i + h] for i in range(0, x.shape[-1], h)]


def _steps(z: Array, h: Array, w: Array, b: Optional, mask: Optional, step: Callable[..., Array]) -> Array:
    """The states after each step. step(t, a, h) -> the next state, where a is what h gives to the gates."""
    out = np.empty((*z.shape[:2], h.shape[1]), z.dtype)
    a = np.empty(z.shape[1:], z.dtype)
    for t in range(len(z)):
        np.matmul(h, w.T, out=a)
        if b is not None:
            a += b
        following = step(t, a, h)
        if mask is None:
            out[t] = h = following
        else:
            h = np.where(mask[t], following, h)
            np.multiply(h, mask[t], out=out[t])
    return out


def _before(first: Array, states: Array) -> Array:
    """The state before each step."""
    return np.concatenate([first[None], states[:-1]])


def _given(before: Array, w: Array, b: Optional) -> Array:
    """What the states give to the gates of all steps."""
    t, n, h = before.shape
    a = product(before.reshape(t * n, h), w.T).reshape(t, n, len(w))
    if b is not None:
        a += b
    return a


def _back(
    g: Array, before: Array, w: Array, b: Optional, mask: Optional, step: Callable[..., Optional]
) -> tuple[Array, Array, Array, Optional]:
    """The gradients of what the states give to the gates, of the first state, of w and of b.

    step(t, dh, d) writes the gradient of step t's gates into d, and returns what of dh goes to the state before on its
    own, None for nothing.
    """
    d = np.empty((*g.shape[:2], len(w)), w.dtype)
    dh = np.zeros(g.shape[1:], w.dtype)
    for t in range(len(g) - 1, -1, -1):
        here = dh + g[t] if mask is None else dh + g[t] * mask[t]
        kept = step(t, here, d[t])
        if mask is not None:
            d[t] *= mask[t]
            kept = np.where(mask[t], 0 if kept is None else kept, here)
        dh = d[t] @ w
        if kept is not None:
            dh += kept
    lines = d.reshape(-1, len(w))
    dw = product(lines.T, before.reshape(-1, before.shape[2]))
    return d, dh, dw, None if b is None else lines.sum(axis=0)


# ── the plain cell: h = f(z + h wᵀ + b) ───────────────────────────────────────────────────────────────────────────────


def rnn(z: Array, h: Array, w: Array, b: Optional, mask: Optional, relu: bool) -> Array:
    """The states of cells whose f is tanh or ReLU."""

    def step(t: int, a: Array, h: Array) -> Array:
        a += z[t]
        following: Array = np.maximum(a, 0) if relu else np.tanh(a)
        return following

    return _steps(z, h, w, b, mask, step)


def rnn_back(g: Array, h: Array, w: Array, b: Optional, mask: Optional, out: Array, relu: bool) -> Grads:
    """The gradients, from that of the states."""
    slope = (out > 0).astype(out.dtype) if relu else 1 - out * out

    def step(t: int, dh: Array, d: Array) -> None:
        np.multiply(dh, slope[t], out=d)

    return _back(g, _before(h, out), w, b, mask, step)


# ── GRU: r, u = σ(…), n = tanh(z + r · (h wᵀ + b)), h' = n + u · (h − n) ──────────────────────────────────────────────


def gru(z: Array, h: Array, w: Array, b: Optional, mask: Optional) -> Array:
    """The states of gated recurrent units; the gates are r, u (which keeps the state), n."""
    k = h.shape[1]

    def step(t: int, a: Array, h: Array) -> Array:
        gates = a[:, : 2 * k]
        gates += z[t, :, : 2 * k]
        r, u = _gates(_squash(gates), k)
        n = r * a[:, 2 * k :]
        n += z[t, :, 2 * k :]
        np.tanh(n, out=n)
        following: Array = h - n
        following *= u
        following += n
        return following

    return _steps(z, h, w, b, mask, step)


def gru_back(g: Array, z: Array, h: Array, w: Array, b: Optional, mask: Optional, out: Array) -> Grads:
    """The gradients, from that of the states."""
    k, before = h.shape[1], _before(h, out)
    a = _given(before, w, b)
    a[..., : 2 * k] += z[..., : 2 * k]
    _squash(a[..., : 2 * k])
    r, u, q = _gates(a, k)
    n = np.tanh(r * q + z[..., 2 * k :])
    to_n = (1 - u) * (1 - n * n)
    to_u = (before - n) * u * (1 - u)
    to_r = q * r * (1 - r)
    dz = np.empty(z.shape, z.dtype)

    def step(t: int, dh: Array, d: Array) -> Array:
        dr, du, dq = _gates(d, k)
        dn = dz[t, :, 2 * k :]
        np.multiply(dh, to_n[t], out=dn)
        np.multiply(dh, to_u[t], out=du)
        np.multiply(dn, to_r[t], out=dr)
        np.multiply(dn, r[t], out=dq)
        kept: Array = dh * u[t]
        return kept

    d, dh, dw, db = _back(g, before, w, b, mask, step)
    dz[..., : 2 * k] = d[..., : 2 * k]
    if mask is not None:
        dz *= mask
    return dz, dh, dw, db


# ── LSTM: i, f, o = σ(…), g = tanh(…), c' = f · c + i · g, h' = o · tanh(c') ──────────────────────────────────────────


def lstm(z: Array, h: Array, c: Array, w: Array, b: Optional, mask: Optional) -> tuple[Array, Array]:
    """The states and the cells of long short-term memories; the gates are i, f, g, o."""
    if (compiled := _compiled(z, h, c, w, mask)) is not None:
        return _lstm(compiled, z, h, c, w, b)
    k, cells = h.shape[1], np.empty((*z.shape[:2], h.shape[1]), z.dtype)

    def step(t: int, a: Array, h: Array) -> Array:
        nonlocal c
        a += z[t]
        i, f, g, o = _lstm_gates(a, k)
        following = f * c
        following += i * g
        c = following if mask is None else np.where(mask[t], following, c)
        cells[t] = c if mask is None else c * mask[t]
        state: Array = o * np.tanh(following)
        return state

    return _steps(z, h, w, b, mask, step), cells


def _lstm_gates(a: Array, k: int) -> list[Array]:
    _squash(a[..., : 2 * k])
    np.tanh(a[..., 2 * k : 3 * k], out=a[..., 2 * k : 3 * k])
    _squash(a[..., 3 * k :])
    return _gates(a, k)


def lstm_back(
    g: Array, g_cells: Array, z: Array, h: Array, c: Array, w: Array, b: Optional, mask: Optional, out: Array,
    cells: Array,
) -> tuple[Array, Array, Array, Array, Optional]:  # fmt: skip
    """The gradients of z, h, c, w and b, from those of the states and the cells."""
    if (compiled := _compiled(z, h, c, w, mask)) is not None:
        return _lstm_back(compiled, g, g_cells, z, h, c, w, b, out, cells)
    k, before, cells_before = h.shape[1], _before(h, out), _before(c, cells)
    a = _given(before, w, b)
    a += z
    i, f, n, o = _lstm_gates(a, k)
    squashed = np.tanh(cells)
    to_c, to_o = o * (1 - squashed * squashed), squashed * o * (1 - o)
    to_i, to_f, to_n = n * i * (1 - i), cells_before * f * (1 - f), i * (1 - n * n)
    dc = np.zeros(c.shape, z.dtype)

    def step(t: int, dh: Array, d: Array) -> None:
        nonlocal dc
        di, df, dn, do = _gates(d, k)
        here = dc + (g_cells[t] if mask is None else g_cells[t] * mask[t])
        whole = here + dh * to_c[t]
        for part, slope in ((di, to_i), (df, to_f), (dn, to_n)):
            np.multiply(whole, slope[t], out=part)
        np.multiply(dh, to_o[t], out=do)
        dc = whole * f[t] if mask is None else np.where(mask[t], whole * f[t], here)

    d, dh, dw, db = _back(g, before, w, b, mask, step)
    return d, dh, dc, dw, db


# ── LSTM, compiled ────────────────────────────────────────────────────────────────────────────────────────────────────


def _compiled(z: Array, h: Array, c: Array, w: Array, mask: Optional) -> Any:
    """The compiled steps, if there are some for sequences of these kinds: of single precision, states whole vectors."""
    if mask is not None or not z.size or h.shape[1] % 8 or not is_compiled():
        return None
    if any(a.dtype != _SINGLE for a in (z, h, c, w)):
        return None
    from .compiled import recurrent

    return recurrent


def _lstm(compiled: Any, z: Array, h: Array, c: Array, w: Array, b: Optional) -> tuple[Array, Array]:
    from .compiled.products import in_panels

    z, h, c, b = _own(z), _own(h), _own(c), np.zeros(len(w), _SINGLE) if b is None else _own(b)
    out, cells, a = (np.empty(shape, _SINGLE) for shape in ((*z.shape[:2], w.shape[1]),) * 2 + (z.shape[1:],))
    panels = in_panels(w[:, :, None, None])
    for t in range(len(z)):
        each(compiled.lstm_step(h, panels, b, z[t], c, a, cells[t], out[t]), len(c), a.size * w.shape[1], ROWS)
        h, c = out[t], cells[t]
    return out, cells


def _lstm_back(
    compiled: Any, g: Array, g_cells: Array, z: Array, h: Array, c: Array, w: Array, b: Optional, out: Array,
    cells: Array,
) -> tuple[Array, Array, Array, Array, Optional]:  # fmt: skip
    from .compiled.products import in_panels

    before, cells_before = _before(h, out), _before(c, cells)
    gates, g, g_cells, cells = _given(before, w, b), _own(g), _own(g_cells), _own(cells)
    rows = gates.reshape(-1, len(w))
    each(compiled.lstm_gates(rows, _own(z).reshape(rows.shape)), len(rows), COST * rows.size)
    d, dh, dc = np.empty_like(gates), np.zeros(h.shape, _SINGLE), np.zeros(c.shape, _SINGLE)
    panels, later = in_panels(w.T[:, :, None, None]), d[0, :0]
    for t in range(len(g) - 1, -1, -1):
        given = (later, panels, g[t], dh, g_cells[t], dc, gates[t], cells_before[t], cells[t], d[t])
        each(compiled.lstm_back_step(*given), len(dc), d[t].size * w.shape[1], ROWS)
        later = d[t]
    dh = product(later, w)
    lines = d.reshape(rows.shape)
    dw = product(lines.T, before.reshape(-1, before.shape[2]))
    return d, dh, dc, dw, None if b is None else sums(lines, (0,))


def _own(x: Array) -> Array:
    """Contiguous and of no other kind for the compiler."""
    return np.require(x, _SINGLE, ("C", "W"))
