"""Where published deconvnets disagree, as options of the backward pass, with the paper's choice as default.

convention                     choices                                              default
un-ReLU (`rules`)              DECONVNET, GRADIENT, GUIDED, LINEAR                  DECONVNET
start value (`start`)          "activation", a number                               "activation"
which unit (`channel`,         the strongest position, a given (y, x),              the strongest
`position`)                    "all" of the channel
own ReLU (`after_relu`)        start behind the ReLU that follows, or before it;    behind it
                               "norm": also behind one that a batch norm precedes
overlapping unpool windows     "sum", as the adjoint does; "overwrite": the later   "sum"
(`overlap`)                    window, in row-major order; "max": the larger value
bias going back (`bias`)       "dropped", as the adjoint does; "subtracted" from    "dropped"
                               the signal before the transposed filter
display (`to_image`)           "percentile", "symmetric", "minmax", "clip"          "percentile"

Where one window's value stays, every window of the map has its say, those whose signal is 0 too: a later 0 overwrites,
and 0 is larger than what is negative. A bias is subtracted from the whole signal, where that is 0 too.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import isfinite, prod
from typing import Any, Literal

import numpy as np

from autograd_mini import Tensor, where
from autograd_mini.arguments import bare
from autograd_mini.core.observer import saving
from autograd_mini.core.tape import Node, Pick, Rules, ancestors
from autograd_mini.geometry import flat_indices
from autograd_mini.kernels.layout import Window
from autograd_mini.kernels.windows import positions
from autograd_mini.ops.arithmetic import matmul
from autograd_mini.ops.conv import conv_transpose, conv_transpose2d
from autograd_mini.ops.pool import unpool
from autograd_mini.ops.windows import unpool_at

from .errors import refusal
from .record import AfterRelu, Array
from .rules import DECONVNET, GUIDED, LINEAR, ceiling

Start = Literal["activation"] | float
Overlap = Literal["sum", "overwrite", "max"]
Bias = Literal["dropped", "subtracted"]


@dataclass(frozen=True)
class BackwardOptions:
    """One choice for each convention of the way back; raises ValueError for a choice that does not exist."""

    rules: Rules = field(default_factory=lambda: DECONVNET)
    start: Start = "activation"
    after_relu: AfterRelu = True
    overlap: Overlap = "sum"
    bias: Bias = "dropped"

    def __post_init__(self) -> None:
        start: Any = self.start
        rules: Any = self.rules or {}
        after: Any = self.after_relu
        if not isinstance(rules, Mapping) or not all(isinstance(given, Mapping) for given in rules.values()):
            raise refusal(
                TypeError,
                f"rules must be a rule set such as vis.DECONVNET, a mapping of mappings, not {self.rules!r:.60}",
            )
        if not isinstance(self.after_relu, bool) and not (isinstance(after, str) and after == "norm"):
            raise refusal(TypeError, f"after_relu must be True, False or 'norm', not {self.after_relu!r}")
        number = isinstance(start, int | float | np.number) and type(start) is not bool and isfinite(start)
        if not number and not (isinstance(start, str) and start == "activation"):
            raise refusal(ValueError, f"start must be 'activation' or a finite number, not {start!r}")
        if self.overlap not in ("sum", "overwrite", "max"):
            raise refusal(ValueError, f"overlap must be 'sum', 'overwrite' or 'max', not {self.overlap!r}")
        if self.bias not in ("dropped", "subtracted"):
            raise refusal(ValueError, f"bias must be 'dropped' or 'subtracted', not {self.bias!r}")

    def idle(self, value: Tensor) -> bool:
        """Whether none of the operations whose rules are replaced stands between the images and a recorded value."""
        assert value.node is not None
        return not any(self._replaces(node) for node in ancestors(value.node))

    def without_effect(self, value: Tensor) -> str:
        """What there is to say of rules that do nothing on the way from a recorded value, "" where they do all.

        Where everything between is linear, or chooses, as pooling does, the four rule sets are one and the same.
        """
        assert value.node is not None
        replaced, nodes = (
            [op for op in self._replaced() if op != "clip" or not self._known()],
            [node for node in ancestors(value.node) if node.op is not None],
        )
        true = "the true derivative holds for"
        if not replaced:
            return ""
        if self.idle(value):
            others = {node.op.name for node in nodes if _bends(node)}
            if others or not self._known():
                bent = f"; {true} {', '.join(sorted(others))}" if others else ""
                return f"stands none of {', '.join(replaced)}, and the picture is the plain gradient{bent}"
        elif rectifiers := {node.op.name for node in nodes if not self._replaces(node) and _rectifies(node)}:
            names = ", ".join(sorted(rectifiers))
            return f"stands {names}, for which the true derivative holds; the rules replace {', '.join(replaced)}"
        return ""

    def _known(self) -> bool:
        return self.rules in (DECONVNET, GUIDED, LINEAR)

    def _replaces(self, node: Node) -> bool:
        """Whether a rule is another than the true one for what an operation did."""
        name = "" if node.op is None else node.op.name
        return name in self._replaced() and (name != "clip" or not self._known() or ceiling(node) is not None)

    def _replaced(self) -> list[str]:
        return [getattr(op, "name", op) for op in self.rules or {}]

    def backward_rules(self) -> Rules:
        """The rules of the backward pass: those given, and those by which overlaps and biases are treated as chosen.

        Raises ValueError if a given rule would have to be two things at once.
        """
        merged = {getattr(op, "name", op): dict(given) for op, given in (self.rules or {}).items()}
        chosen = {**_OVERLAPS[self.overlap], **_BIASES[self.bias]}
        for op, rule in chosen.items():
            if "x" in merged.get(op, ()):
                option = f"overlap={self.overlap!r}" if op.startswith("max_pool") else f"bias={self.bias!r}"
                raise refusal(
                    ValueError, f"rules give {op} a rule for 'x', and {option} another one; choose one of the two"
                )
            merged.setdefault(op, {})["x"] = rule
        return merged


def _bends(node: Node) -> bool:
    """Whether an operation is made of pieces, or is a curve."""
    assert node.op is not None
    if isinstance(node.op, Pick):  # one of several results: the node of all of them tells
        return False
    return bool(node.op.branch.names) or node.op.kind == "elementwise" or node.op.name == "where"


def _rectifies(node: Node) -> bool:
    """Whether an operation cuts its argument off at a number, as a ReLU does."""
    assert node.op is not None
    constants = node.parents[1:] if node.op.name == "where" else node.parents
    return node.op.name == "clip" or (node.op.name in ("maximum", "fmax", "where") and None in constants)


def saving_for(rules: Rules) -> AbstractContextManager[None]:
    """Have operations save what these rules name: a node saves what its own rules name, not what replacing ones do.

    (Rules that make no sense are left for `grad` to refuse.)
    """
    given = {op: [rule for rule in by_argument.values() if callable(rule)] for op, by_argument in rules.items()}
    context: AbstractContextManager[None] = saving(
        {op: tuple(name for rule in them for name in inspect.signature(rule).parameters) for op, them in given.items()}
    )
    return context


# ── what the options do to the backward pass ─────────────────────────────────────────────────────────────────────────


def winners(switches: Array, shape: tuple[int, ...], window: Any, values: Array | None = None) -> Array:
    """Which windows keep their value where several point to one pixel: one each, the others lose.

    switches (N, C, Hout, Wout) of pooling maps of `shape` (N, C, H, W) -> bool (N, C, Hout, Wout). Windows write one
    after the other and the last to write wins: in row-major order, or, given values, from the smallest to the largest.
    """
    maps, windows = shape[0] * shape[1], prod(switches.shape[2:])
    places = (
        flat_indices(switches, shape, window) if isinstance(window, Window) else positions(switches, shape[2:], window)
    )
    pixels = places.reshape(maps, windows)
    if values is None:
        turns = np.broadcast_to(np.arange(windows), pixels.shape)
    else:
        turns = np.argsort(values.reshape(maps, windows), axis=1, kind="stable")
    last = np.empty((maps, prod(shape[2:])), np.int64)
    np.put_along_axis(last, np.take_along_axis(pixels, turns, 1), turns, 1)  # of several written, the last one stays
    wins: Array = np.take_along_axis(last, pixels, 1) == np.arange(windows)
    return wins.reshape(switches.shape)


def _later_window(g: Any, switches: Any, shape: Any, *, window: Any) -> Any:
    return unpool.bind(where(winners(switches, shape, window), g, 0), switches, size=shape[2:], window=window)


def _larger_value(g: Any, switches: Any, shape: Any, *, window: Any) -> Any:
    wins = winners(switches, shape, window, bare(g))
    return unpool.bind(where(wins, g, 0), switches, size=shape[2:], window=window)


def _later_sliding(g: Any, switches: Any, shape: Any, *, window: Any) -> Any:
    return unpool_at.bind(where(winners(switches, shape, window), g, 0), switches, size=shape[2:], window=window)


def _larger_sliding(g: Any, switches: Any, shape: Any, *, window: Any) -> Any:
    wins = winners(switches, shape, window, bare(g))
    return unpool_at.bind(where(wins, g, 0), switches, size=shape[2:], window=window)


def _grouped_less_bias(g: Any, w: Any, b: Any, shape: Any, *, geometry: Any) -> Any:
    signal = g if b is None else g - b.reshape((1, -1, *[1] * (len(shape) - 2)))
    return conv_transpose.bind(signal, w, size=shape[2:], geometry=geometry)


def _conv_less_bias(g: Any, w: Any, b: Any, shape: Any, *, geometry: Any) -> Any:
    signal = g if b is None else g - b.reshape((1, -1, 1, 1))
    return conv_transpose2d.bind(signal, w, size=shape[2:], geometry=geometry)


def _linear_less_bias(g: Any, w: Any, b: Any) -> Any:
    return matmul.bind(g if b is None else g - b, w)


_OVERLAPS: dict[str, dict[str, Any]] = {
    "sum": {},
    "overwrite": {"max_pool2d": _later_window, "max_pool": _later_sliding},
    "max": {"max_pool2d": _larger_value, "max_pool": _larger_sliding},
}
_BIASES: dict[str, dict[str, Any]] = {
    "dropped": {},
    "subtracted": {"conv2d": _conv_less_bias, "conv": _grouped_less_bias, "linear": _linear_less_bias},
}
