"""Rule sets for looking back: the backward pass with another rule for the ReLU. Give them to `project` or to `grad`.

picture                    ReLU going back          source
gradient (saliency)        g · (out > 0)            Simonyan et al. 2013
deconvnet                  relu(g)                  Zeiler & Fergus 2014; the report, section 3.2.3
guided backpropagation     relu(g) · (out > 0)      Springenberg et al. 2015
linear                     g                        none: the transposed filters and the switches alone

A ReLU6 that stands at 6 is on: only its true derivative is 0 there. `clip(x, 0, …)`, as which nets from elsewhere
have both, is a ReLU too; with another lower bound it has its true derivative. So have `maximum(x, 0)` and `where`, of
which a warning tells.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from autograd_mini import PRIMITIVES, gate, relu, where
from autograd_mini.core.tape import Node, Rules

RECTIFIERS = {"relu": inf, "relu6": 6.0}
"""Operations that are ReLUs, and how large what they give can get."""


def ceiling(node: Node) -> float | None:
    """How large what a ReLU gives can get; None of another operation."""
    name = "" if node.op is None else node.op.name
    if name != "clip" or not _from_0(node.params["low"]):
        return RECTIFIERS.get(name)
    high = node.params["high"]
    return inf if high is None else float(np.max(high))


def _from_0(low: Any) -> bool:
    return low is not None and not np.any(low)


def _of_clip(rule: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A rule for clips at 0; for others the true one."""
    true: Any = PRIMITIVES["clip"].rules["x"]

    def ruled(g: Any, x: Any, *, low: Any, high: Any) -> Any:
        return rule(g, x) if _from_0(low) else true.function(g, x, low=low, high=high)

    return ruled


GRADIENT: Rules = {}
"""The true derivative."""

DECONVNET: Rules = {
    **{name: {"x": lambda g: relu(g)} for name in RECTIFIERS},
    "clip": {"x": _of_clip(lambda g, x: relu(g))},
}
"""ReLU of the signal; what the unit did going forward does not matter."""

GUIDED: Rules = {
    **{name: {"x": lambda g, out: gate(relu(g), out)} for name in RECTIFIERS},
    "clip": {"x": _of_clip(lambda g, x: where(x > 0, relu(g), 0))},
}
"""ReLU of the signal, and let it pass only where the unit was on."""

LINEAR: Rules = {
    **{name: {"x": lambda g: g} for name in RECTIFIERS},
    "clip": {"x": _of_clip(lambda g, x: g)},
}
"""Let the signal pass as it is: no un-ReLU at all."""
