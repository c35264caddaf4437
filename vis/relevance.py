"""Layer-wise relevance propagation as rule sets for looking back. Give them to `LRP`, to `project` or to `grad`.

The backward pass carries g = relevance / value. A layer out = W x + b whose contributions z are weighed by a rule has

    relevance of x = x · W̃ᵀ (g · out / z)      so g of x is W̃ᵀ (g · out / z), and the pixels' relevance images · g

so that only layers with weights, and activations, need rules. All else keeps its true derivative, and with it gets the
rule that the literature gives it: max-pooling sends all to the winner, averages, joins and residual sums share in
proportion to what each part brought in, ReLUs and reshapes pass relevance on. Shifts of batch normalisation absorb what
they brought in, as biases do (`nn.folded` takes them into the layers before them, where rules weigh them).

rule               z                                    W̃
lrp_epsilon        W x + b, ε further from 0            W
lrp_gamma          (W + γW⁺) x + b + γb⁺                W + γW⁺           (of negative x and out the signs change)
lrp_zplus          what is positive of W·x, b           the same part     (α = 1, β = 0)
lrp_alpha_beta     α: what is positive; β: negative     the same part, α times less β times the other
lrp_flat           1 for each x                         1                 lowest layers only
lrp_wsquare        W² + b²                              W²                lowest layers only
lrp_zbox           W x − W⁺ low − W⁻ high               the same three    lowest layers only

Source: Bach et al. 2015, "On Pixel-Wise Explanations …"; Montavon et al. 2019, "Layer-Wise Relevance Propagation: An
Overview"; for γ with negative numbers Andéol et al. 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_mini import maximum, minimum, where
from autograd_mini.arguments import array_of, bare, is_real
from autograd_mini.core.tape import Rules
from autograd_mini.ops.arithmetic import linear, matmul
from autograd_mini.ops.conv import conv, conv2d, conv_transpose, conv_transpose2d

from .errors import named_in_errors, refusal

Ahead = Callable[[Any, Any, Any], Any]
"""The layer: (x, w, b) -> out."""
Back = Callable[[Any, Any], Any]
"""Its adjoint: (signal at out, w) -> signal at x."""
Formula = Callable[[Any, Any, Any, Any, Any, Ahead, Back], Any]
"""A rule for any linear layer: (g, x, w, b, out, ahead, back) -> g at x, or relevance where it is of the lowest."""

CONVOLUTIONS, DENSE = ("conv2d", "conv"), ("linear", "matmul")
ACTIVATIONS = (
    "relu6", "sigmoid", "tanh", "silu", "gelu", "mish", "hardswish", "hardsigmoid", "softplus", "hardtanh", "softsign",
    "tanhshrink", "hardshrink",
)  # fmt: skip
"""Whose true derivative would not pass relevance on; that of relu and leaky_relu does."""


@dataclass(frozen=True)
class LowestLayers:
    """A rule for the layers that see the images themselves, for `LRP(lowest=…)`: it gives relevance, not g."""

    rules: Rules = field(repr=False)


@named_in_errors("lrp_epsilon")
def lrp_epsilon(epsilon: float = 1e-6, *, bias: bool = True) -> Rules:
    """LRP-ε: every input's share is what it brought in; ε, with the sign of the sum, absorbs what is weak.

    With a small ε that is input × gradient for nets of ReLUs and max-pooling.

    Arguments:
        epsilon: added to the size of each sum.
        bias: whether biases have their share, which is lost; else inputs share theirs.
    Returns:
        A rule set, for `LRP`, or for `grad` and `project`, whose signal is then relevance / image.
    Raises:
        ValueError: for an epsilon below 0.
    Source: Bach et al. 2015, equation 58.

    Example:
        >>> weights = np.array([[1.0, 1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[3.0, 1.0]])
        >>> vis.LRP(vis.lrp_epsilon())(net, x, "out").round(3)
        array([[3., 1.]])
    """
    _check("epsilon", epsilon)

    def formula(g: Any, x: Any, w: Any, b: Any, out: Any, ahead: Ahead, back: Back) -> Any:
        z = out if bias or b is None else ahead(x, w, None)
        return back(g * out / stabilised(z, epsilon), w)

    return _rules(formula)


@named_in_errors("lrp_gamma")
def lrp_gamma(gamma: float = 0.25, *, epsilon: float = 1e-6, bias: bool = True) -> Rules:
    """LRP-γ: positive contributions count 1 + γ times, which makes pictures calmer the larger γ is.

    Where an input or a result is negative, what has its sign is positive (Andéol et al. 2021).

    Arguments:
        gamma: how much more.
        epsilon, bias: as for `lrp_epsilon`.
    Returns:
        A rule set, as `lrp_epsilon` gives it.
    Raises:
        ValueError: for numbers below 0.
    Source: Montavon et al. 2019, section 10.2.2.

    Example:
        >>> weights = np.array([[1.0, -1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[3.0, 1.0]])
        >>> vis.LRP(vis.lrp_gamma(1.0))(net, x, "out").round(3)  # 2 · (6, −1) / 5
        array([[ 2.4, -0.4]])
    """
    _check("gamma", gamma)
    _check("epsilon", epsilon)

    def formula(g: Any, x: Any, w: Any, b: Any, out: Any, ahead: Ahead, back: Back) -> Any:
        b = b if bias else None
        (w_up, b_up), (w_down, b_down) = (
            [None if one is None else one + gamma * kept(one, 0) for one in (w, b)] for kept in (maximum, minimum)
        )
        relevance = g * out
        risen = where(out > 0, relevance, 0) / stabilised(_parts(ahead, x, w_up, b_up, w_down), epsilon)
        fallen = where(out < 0, relevance, 0)
        if not np.any(bare(fallen)):
            return _back(back, x, risen, w_up, w_down)
        fallen = fallen / stabilised(_parts(ahead, x, w_down, b_down, w_up), epsilon)
        return _back(back, x, risen, w_up, w_down) + _back(back, x, fallen, w_down, w_up)

    return _rules(formula, by_sign=True)


@named_in_errors("lrp_alpha_beta")
def lrp_alpha_beta(alpha: float = 2.0, beta: float = 1.0, *, epsilon: float = 1e-6, bias: bool = True) -> Rules:
    """LRP-αβ: positive contributions share α times the relevance, negative ones β times, with the other sign.

    Arguments:
        alpha, beta: α − β must be 1.
        epsilon, bias: as for `lrp_epsilon`.
    Returns:
        A rule set, as `lrp_epsilon` gives it.
    Raises:
        ValueError: for numbers below 0, or whose difference is not 1.
    Source: Bach et al. 2015, equation 60.

    Example:
        >>> weights = np.array([[1.0, -1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[3.0, 1.0]])
        >>> vis.LRP(vis.lrp_alpha_beta())(net, x, "out").round(3)  # 2 · 2 to what raises it, −1 · 2 to what lowers it
        array([[ 4., -2.]])
    """
    for what, number in (("alpha", alpha), ("beta", beta), ("epsilon", epsilon)):
        _check(what, number)
    if abs(alpha - beta - 1) > 1e-9:
        raise refusal(ValueError, f"alpha − beta must be 1, not {alpha:g} − {beta:g}")
    return _rules(_alpha_beta(alpha, beta, epsilon, bias), by_sign=True)


@named_in_errors("lrp_zplus")
def lrp_zplus(*, epsilon: float = 1e-6, bias: bool = True) -> Rules:
    """LRP-z⁺: positive contributions share all relevance, negative ones have none; αβ with α = 1 and β = 0.

    Arguments:
        epsilon, bias: as for `lrp_epsilon`.
    Returns:
        A rule set, as `lrp_epsilon` gives it.
    Raises:
        ValueError: for an epsilon below 0.
    Source: Montavon et al. 2017, "Explaining nonlinear classification decisions with deep Taylor decomposition".

    Example:
        >>> weights = np.array([[1.0, -1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[3.0, 1.0]])
        >>> vis.LRP(vis.lrp_zplus())(net, x, "out").round(3)
        array([[2., 0.]])
    """
    return lrp_alpha_beta(1.0, 0.0, epsilon=epsilon, bias=bias)


def lrp_composite(convolutions: Rules | None = None, dense: Rules | None = None) -> Rules:
    """A composite: one rule set for convolutions, another for dense layers.

    Arguments:
        convolutions: by default `lrp_zplus()`.
        dense: of linear layers and products with a matrix, by default `lrp_epsilon()`.
    Returns:
        A rule set, as `lrp_epsilon` gives it.
    Source: Kohlbrenner et al. 2020, "Towards Best Practice in Explaining Neural Network Decisions with LRP".

    Example:
        >>> sorted(vis.lrp_composite(vis.lrp_gamma(0.1)))[:4]
        ['conv', 'conv2d', 'gelu', 'hardshrink']
    """
    convolutions = lrp_zplus() if convolutions is None else convolutions
    dense = lrp_epsilon() if dense is None else dense
    return {**convolutions, **{op: rules for op, rules in dense.items() if op not in CONVOLUTIONS}}


@named_in_errors("lrp_flat")
def lrp_flat(*, epsilon: float = 1e-6) -> LowestLayers:
    """LRP-flat, for the lowest layers: every pixel that a unit sees has the same share.

    Arguments:
        epsilon: as for `lrp_epsilon`.
    Returns:
        What `LRP(lowest=…)` takes.
    Raises:
        ValueError: for an epsilon below 0.
    Source: Lapuschkin et al. 2019, "Unmasking Clever Hans predictors …", supplement.

    Example:
        >>> weights = np.array([[3.0, 1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[3.0, 1.0]])
        >>> vis.LRP(lowest=vis.lrp_flat())(net, x, "out").round(3)
        array([[5., 5.]])
    """

    _check("epsilon", epsilon)

    def formula(g: Any, x: Any, w: Any, b: Any, out: Any, ahead: Ahead, back: Back) -> Any:
        ones = np.ones_like(bare(w))
        return back(g * out / stabilised(ahead(np.ones_like(bare(x)), ones, None), epsilon), ones)

    return LowestLayers(_rules(formula))


@named_in_errors("lrp_wsquare")
def lrp_wsquare(*, epsilon: float = 1e-6, bias: bool = True) -> LowestLayers:
    """LRP-w², for the lowest layers: shares by the squares of the weights, whatever the pixels are.

    Arguments:
        epsilon, bias: as for `lrp_epsilon`.
    Returns:
        What `LRP(lowest=…)` takes.
    Raises:
        ValueError: for an epsilon below 0.
    Source: Montavon et al. 2017, section 4.2.

    Example:
        >>> weights = np.array([[3.0, 1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[3.0, 1.0]])
        >>> vis.LRP(lowest=vis.lrp_wsquare())(net, x, "out").round(3)
        array([[9., 1.]])
    """

    _check("epsilon", epsilon)

    def formula(g: Any, x: Any, w: Any, b: Any, out: Any, ahead: Ahead, back: Back) -> Any:
        squares = w * w
        z = ahead(np.ones_like(bare(x)), squares, b * b if bias and b is not None else None)
        return back(g * out / stabilised(z, epsilon), squares)

    return LowestLayers(_rules(formula))


@named_in_errors("lrp_zbox")
def lrp_zbox(low: Any, high: Any, *, epsilon: float = 1e-6) -> LowestLayers:
    """LRP-zᴮ, for the lowest layers: shares by how far pixels are from the ends of their range.

    Arguments:
        low, high: the least and the largest that a pixel can be at the model's input, one number or one a channel
            (those of a black and of a white photograph: `net.preprocess` of them).
        epsilon: as for `lrp_epsilon`.
    Returns:
        What `LRP(lowest=…)` takes.
    Raises:
        ValueError: for a range that is none, and for an epsilon below 0.
    Source: Montavon et al. 2017, section 4.3.

    Example:
        >>> weights = np.array([[3.0, -1.0]])
        >>> net, x = lambda x: ag.linear(x, weights).named("out"), np.array([[0.5, 0.5]])
        >>> vis.LRP(lowest=vis.lrp_zbox(0.0, 1.0))(net, x, "out").round(3)  # 1 · (1.5, 0.5) / 2
        array([[0.75, 0.25]])
    """
    _check("epsilon", epsilon)
    ends = [array_of(end) for end in (low, high)]
    finite = all(end.dtype.kind in "iuf" and end.ndim < 2 and np.isfinite(end).all() for end in ends)
    if not finite or not np.all(ends[0] <= ends[1]):
        raise refusal(ValueError, "low and high must be finite numbers, one or one a channel, and low the smaller")

    def formula(g: Any, x: Any, w: Any, b: Any, out: Any, ahead: Ahead, back: Back) -> Any:
        shape = (-1, *[1] * (len(x.shape) - 2))
        least, most = (np.broadcast_to(end.reshape(shape), x.shape).astype(x.dtype) for end in ends)
        up, down = maximum(w, 0), minimum(w, 0)
        z = ahead(x, w, None) - ahead(least, up, None) - ahead(most, down, None)
        s = g * out / stabilised(z, epsilon)
        return x * back(s, w) - least * back(s, up) - most * back(s, down)

    return LowestLayers(_rules(formula))


# ── what rules are made of ────────────────────────────────────────────────────────────────────────────────────────────


def stabilised(z: Any, epsilon: float) -> Any:
    """z, ε further from 0; 0 becomes ε."""
    return z + where(z < 0, -epsilon, epsilon).astype(z.dtype) if epsilon else where(z == 0, 1, z)


def _alpha_beta(alpha: float, beta: float, epsilon: float, bias: bool) -> Formula:
    def formula(g: Any, x: Any, w: Any, b: Any, out: Any, ahead: Ahead, back: Back) -> Any:
        up, down = maximum(w, 0), minimum(w, 0)
        b_up, b_down = (kept(b, 0) if bias and b is not None else None for kept in (maximum, minimum))
        relevance = g * out
        raising = alpha * relevance / stabilised(_parts(ahead, x, up, b_up, down), epsilon)
        if not beta:
            return _back(back, x, raising, up, down)
        lowering = beta * relevance / stabilised(_parts(ahead, x, down, b_down, up), epsilon)
        return _back(back, x, raising, up, down) - _back(back, x, lowering, down, up)

    return formula


def _parts(ahead: Ahead, x: Any, w: Any, b: Any, other: Any) -> Any:
    """What positive x give by w (and b), and negative ones by the other weights."""
    if not np.any(bare(x) < 0):
        return ahead(x, w, b)
    return ahead(maximum(x, 0), w, b) + ahead(minimum(x, 0), other, None)


def _back(back: Back, x: Any, signal: Any, w: Any, other: Any) -> Any:
    """A signal at the result, at the inputs: by w where they are positive, by the other weights where negative."""
    if not np.any(bare(x) < 0):
        return back(signal, w)
    return where(x < 0, back(signal, other), back(signal, w))


def _rules(formula: Formula, by_sign: bool = False) -> Rules:
    """A formula as the rules of each layer with weights; activations pass relevance on.

    by_sign: whether it weighs contributions by their sign, so that it matters how layers are cut (see `LRP.caution`).
    """
    found = {op: made(formula) for op, made in _MADE.items()}
    for given in found.values():
        for rule in given.values():
            rule.by_sign = by_sign
    return found | {op: {"x": _passed} for op in ACTIVATIONS}


def _passed(g: Any, x: Any, out: Any) -> Any:
    """All relevance of an activation's result is its input's."""
    return where(x == 0, 0, g * out / where(x == 0, 1, x))


def _conv2d(formula: Formula) -> dict[str, Any]:
    def rule(g: Any, x: Any, w: Any, b: Any, out: Any, shape: Any, *, geometry: Any) -> Any:
        return formula(
            g, x, w, b, out,
            lambda x, w, b: conv2d.bind(x, w, b, geometry=geometry),
            lambda g, w: conv_transpose2d.bind(g, w, size=shape[2:], geometry=geometry),
        )  # fmt: skip

    return {"x": rule}


def _conv(formula: Formula) -> dict[str, Any]:
    def rule(g: Any, x: Any, w: Any, b: Any, out: Any, shape: Any, *, size: Any, geometry: Any) -> Any:
        return formula(
            g, x, w, b, out,
            lambda x, w, b: conv.bind(x, w, b, size=size, geometry=geometry),
            lambda g, w: conv_transpose.bind(g, w, size=shape[2:], geometry=geometry),
        )  # fmt: skip

    return {"x": rule}


def _linear(formula: Formula) -> dict[str, Any]:
    def rule(g: Any, x: Any, w: Any, b: Any, out: Any) -> Any:
        return formula(g, x, w, b, out, linear.bind, lambda g, w: matmul.bind(g, w))

    return {"x": rule}


def _matmul(formula: Formula) -> dict[str, Any]:
    """x @ w with a matrix of weights; what is no such product, as in attention, keeps its true derivative."""

    def rule(g: Any, a: Any, b: Any, out: Any) -> Any:
        if len(b.shape) != 2 or len(a.shape) < 2:
            return matmul.bind(g, b.mT)
        return formula(g, a, b, None, out, lambda x, w, b: matmul.bind(x, w), lambda g, w: matmul.bind(g, w.mT))

    return {"a": rule}


_MADE = {"conv2d": _conv2d, "conv": _conv, "linear": _linear, "matmul": _matmul}


def _check(what: str, number: Any) -> None:
    if not (is_real(number) and 0 <= number < np.inf):
        raise refusal(ValueError, f"{what} must be a number of at least 0, not {number!r}")
