"""Functions that compute in float32 or float16: every step and every rule beside itself in float64.

The rules are checked in float64, where differences are sharp. What low precision adds is rounding, or a kernel of
its own that is wrong. So each step is run once more in float64 on the very arrays it had, and so is each of its rules;
by the chain rule nothing else is left. How far rounding may take the two apart is measured: in float64 again, every
argument (of a rule: g) is moved by up to a unit of the low precision, u, and the result spreads by s. A sum of n terms
rounded at every addition strays further than one whose terms are rounded once, by √n in the mean (Higham and Mary, A
new approach to probabilistic rounding error analysis, 2019). Allowed is 8·√n·s; at least what rounding leaves of g, or
of the result, where terms of that size cancel inside the step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.tape import Node, Pick
from .rule_properties import REFUSED, RuleError
from .trace import Step, Trace, is_float, rounded, vjp

REPLAYS = 3


def check_low_precision(trace: Trace, seed: int) -> None:
    """Compare every step of a run in low precision with itself in float64. Raises RuleError."""
    rng = np.random.default_rng(seed)
    for step in trace.steps:
        if step.node is None or step.op.name == "cast":
            continue
        dtype = step.out.dtype
        unit = float(np.finfo(dtype).eps)
        if unit <= np.finfo(np.float64).eps:
            continue

        def forward(shaken: bool, step: Step = step, unit: float = unit) -> Any:
            return step.result([_wide(a, rng if shaken else None, unit) for a in step.arrays], forward=True)

        off = _strays(step.out, forward, unit, max(map(np.size, step.arrays)))
        if off is not None:
            raise RuleError(step, None, f"in {dtype} it computes something else than in float64: {off}")
        g = step.cotangent(rng)
        for i, parent in enumerate(step.parents):
            if parent is None:
                continue

            def backward(shaken: bool, step: Step = step, unit: float = unit, i: int = i, g: Any = g) -> Any:
                node = step.node
                assert node is not None
                saved = {name: _wide(a, None, unit) for name, a in (node.saved or {}).items()}
                wide = Node(node.shape, np.dtype(float), node.op, node.parents, saved, node.params)
                wide.outputs = tuple(p and Pick(p.index, p.name, p.shape, np.dtype(float)) for p in step.picks)
                return np.asarray(vjp(step, i, _wide(g, rng if shaken else None, unit), wide))

            with REFUSED:
                found = np.asarray(vjp(step, i, g.copy()))
                sizes = [np.abs(a).max(initial=0) for a in (step.node.saved or {}).values() if is_float(a)]
                floor = unit * np.abs(g).max(initial=0) * max(sizes, default=1)
                off = _strays(found, backward, unit, max(g.size, int(np.prod(parent.shape))), floor)
                if off is not None:
                    words = f"in {dtype} the rule gives something else than in float64: {off}"
                    raise RuleError(step, i, words)


def _wide(array: Any, rng: np.random.Generator | None, unit: float) -> Any:
    if not is_float(array):
        return array
    wide = array.astype(np.float64)
    return wide if rng is None else rounded(wide, unit, rng)


def _strays(found: Any, again: Any, unit: float, terms: int, floor: float = 0.0) -> str | None:
    """How a result in low precision differs from the one in float64, if by more than rounding explains."""
    exact = np.asarray(again(False))
    if not np.isfinite(found).all():
        return None if not np.isfinite(exact.astype(np.asarray(found).dtype)).all() else "it is not finite"
    spread = max(float(np.abs(np.asarray(again(True)) - exact).max(initial=0)) for _ in range(REPLAYS))
    size = float(np.abs(exact).max(initial=0))
    allowed = 8 * np.sqrt(terms) * max(spread, unit * size, floor, float(np.finfo(found.dtype).tiny))
    off = np.abs(found - exact)
    worst = int(np.argmax(off)) if off.size else 0
    if not off.size or off.flat[worst] <= allowed:
        return None
    return f"{np.asarray(found).flat[worst]:.8g} beside {exact.flat[worst]:.8g}, and rounding explains {allowed:.2g}"
