"""Checking derivatives: the rules' Jacobian beside the one that two-sided differences give, entry by entry, in float64.

    ∂f/∂x ≈ (f(x + ε) − f(x − ε)) / 2ε          the report, section 2, Numerical Differentiation

The whole Jacobian is compared, one row a result and one column an input element, so nothing can cancel: an all-ones
cotangent, say, is blind to a softmax whose gradient is missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .differentiate import grad
from .functional import sum
from .tensor import Tensor


class GradcheckError(AssertionError):
    """A gradient that differs from the finite differences."""


@dataclass(frozen=True)
class GradcheckReport:
    """What was compared, and how close it was. True in a condition: a failing check raises instead."""

    entries: int
    worst_error: float  # the largest |analytic − numeric|
    eps: float

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<gradcheck passed: {self.entries} entries, worst error {self.worst_error:.2g} with ε = {self.eps:g}>"


def gradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
) -> GradcheckReport:
    """Compare the gradients of `fn(*inputs)` with two-sided differences, the whole Jacobian.

    fn: takes the inputs, returns a Tensor or a sequence of them. inputs: Tensors; those that require a gradient are
    checked and must be float64. An entry passes if |analytic − numeric| ≤ atol + rtol · |numeric|. `inputs` are left
    as they were. Returns a report, which is true.

    Raises GradcheckError naming the worst entry, analytic, numeric and their ratio; TypeError for inputs that are not
    float64; ValueError if none requires a gradient, or if `fn` returns nothing to compare.
    Source: the report, section 3.1.1, Numerical Verification.
    """
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient, so there is nothing to check")
    for i in checked:
        if given[i].dtype != np.float64:
            raise TypeError(f"gradcheck: input {i} is {given[i].dtype}; differences of ε = {eps:g} need float64")

    def outputs_at(arrays: dict[int, Any]) -> list[Any]:
        """The outputs, with the checked inputs replaced by fresh leaves, so that the caller's graph is not touched."""
        leaves = {i: Tensor(array, requires_grad=True) for i, array in arrays.items()}
        result = fn(*[leaves.get(i, x) for i, x in enumerate(given)])
        return [*(result if isinstance(result, list | tuple) else [result]), leaves]

    at = {i: given[i].numpy() for i in checked}
    *outputs, leaves = outputs_at(at)
    if not any(isinstance(output, Tensor) and output.dtype.kind == "f" for output in outputs):
        raise ValueError("gradcheck: fn returned no floating Tensor to compare; was the graph lost on the way?")
    entries, worst = 0, 0.0
    for k, output in enumerate(outputs):
        if not isinstance(output, Tensor) or output.dtype.kind != "f":
            continue
        analytic = {i: np.zeros((output.size, at[i].size)) for i in checked}
        for row in range(output.size if output.requires_grad else 0):
            seed = np.zeros(output.shape)
            seed.flat[row] = 1
            wanted = [leaves[i] for i in checked]
            gradients = grad(output, wanted, seed, retain_graph=True, allow_unused=True)
            for i, g in zip(checked, gradients, strict=True):
                analytic[i][row] = 0 if g is None else g.numpy().ravel()
        for i in checked:
            numeric = np.empty_like(analytic[i])
            for column, place in enumerate(itertools.product(*map(range, at[i].shape))):
                ends = []
                for side in (eps, -eps):
                    moved = at[i].copy()
                    moved[place] += side
                    ends.append((moved[place], outputs_at({**at, i: moved})[k].numpy().ravel()))
                # what was really stepped, after rounding
                numeric[:, column] = (ends[0][1] - ends[1][1]) / (ends[0][0] - ends[1][0])
            entries += numeric.size
            worst = max(worst, _compare(analytic[i], numeric, i, k, at[i].shape, output.shape, atol, rtol, eps))
    return GradcheckReport(entries, worst, eps)


def gradgradcheck(
    fn: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    seed: int = 0,
) -> GradcheckReport:
    """Second order: gradcheck of the gradients of `fn`, each output weighted by seeded random numbers.

    Arguments, result and errors are those of `gradcheck`.
    """
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    checked = [i for i, x in enumerate(given) if isinstance(x, Tensor) and x.requires_grad]

    def gradients(*xs: Any) -> Any:
        rng = np.random.default_rng(seed)
        result = fn(*xs)
        outputs = [y for y in (result if isinstance(result, list | tuple) else [result]) if y.requires_grad]
        total = [sum(y * rng.standard_normal(y.shape)) for y in outputs]
        found = grad(total, [xs[i] for i in checked], create_graph=True, allow_unused=True)
        return [Tensor(np.zeros(xs[i].shape)) if g is None else g for i, g in zip(checked, found, strict=True)]

    return gradcheck(gradients, given, eps=eps, atol=atol, rtol=rtol)


def _compare(
    analytic: Any,
    numeric: Any,
    i: int,
    k: int,
    in_shape: tuple[int, ...],
    out_shape: tuple[int, ...],
    atol: float,
    rtol: float,
    eps: float,
) -> float:
    """The largest error. Raises GradcheckError if an entry is out of tolerance; nan agrees with nothing."""
    error = np.abs(analytic - numeric)
    wrong = ~(error <= atol + rtol * np.abs(numeric))
    if not wrong.any():
        return float(error.max(initial=0.0))
    excess = np.where(np.isnan(error), np.inf, error / (atol + rtol * np.abs(numeric)))
    row, column = np.unravel_index(np.argmax(excess), error.shape)
    a, n = analytic[row, column], numeric[row, column]
    ratio = f", ratio {a / n:.6g}" if n else ""
    raise GradcheckError(
        f"gradcheck: {wrong.sum()} of {error.size} entries of ∂output {k}/∂input {i} differ. The worst is "
        f"∂output{_place(row, out_shape)}/∂input{_place(column, in_shape)}: analytic {a:.8g}, numeric {n:.8g}{ratio} "
        f"(ε = {eps:g}, atol = {atol:g}, rtol = {rtol:g})"
    )


def _place(flat: Any, shape: tuple[int, ...]) -> str:
    return str([int(i) for i in np.unravel_index(flat, shape)]) if shape else ""
