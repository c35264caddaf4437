"""⟨Ax, y⟩ = ⟨x, Aᵀy⟩: a linear map beside its adjoint, with random x and y and no ε, in any floating dtype.

How far apart the two sides may be is derived. An entry of Ax is a sum of at most n products; rounding changes it by
about √n·u·|A||x|, u = eps/2 (Higham and Mary, A new approach to probabilistic rounding error analysis, 2019), and the
errors of the entries, of either sign, add up like their squares. Likewise for Aᵀy. With both inner products taken in
float64 the sides differ by no more than

    16·√n·u·(‖|A||x| ∘ y‖₂ + ‖x ∘ |Aᵀ||y|‖₂)        n ≤ the number of elements of x and y together

where |A| is the same map with the absolute values of everything it multiplies by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.gradient import grad
from ..core.tensor import Tensor
from ..showing import Shown
from .compare import Tolerance
from .localize import Fault, precision, wrong_steps
from .options import check_counts, listed
from .report import GradcheckError
from .rule_properties import RuleError, check_recorded
from .target import Run, Target


@dataclass(frozen=True)
class AdjointReport(Shown):
    """The largest difference of ⟨Ax, y⟩ and ⟨x, Aᵀy⟩ that `check_adjoint` found. True in a condition.

    Attributes:
        pairs: how many pairs of x and y were compared, of all inputs together.
        worst: the largest difference, in units of what rounding allows; at most 1.
        dtype: of the inputs, "float32 and float64" if there are several.

    Example:
        >>> report = ag.check_adjoint(lambda x: 2 * x, Tensor([1.0, 2.0], requires_grad=True))
        >>> report.pairs, report.worst <= 1, report.dtype
        (3, True, 'float64')
    """

    pairs: int
    worst: float
    dtype: str

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<adjoint: {self.pairs} pairs in {self.dtype}, at most {self.worst:.2g} of the rounding allowed apart>"


def check_adjoint(
    op: Callable[..., Any], inputs: Tensor | np.ndarray[Any, Any] | Sequence[Any], *, pairs: int = 3, seed: int = 0
) -> AdjointReport:
    """Check ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for a function that is linear in each of its inputs, the others held fixed.

    Aᵀy is what the rules carry back from y. The rules must also give the same gradient with create_graph as without.

    Arguments:
        op: a primitive or another function of Tensors that returns one floating Tensor. A constant part (a bias) is
            subtracted, so the function may be affine.
        inputs: a Tensor, an array or a sequence. Those that require a gradient, or, if none does, floating arrays, are
            checked one after another, in their own dtypes.
        pairs: how many random pairs of x and y to compare for each input.
        seed: of the random numbers.
    Returns:
        An AdjointReport, which is true.
    Raises:
        GradcheckError: if the two sides differ by more than rounding explains, with the operation whose rule is wrong;
            if a rule gives another gradient with create_graph than without.
        ValueError: if no input requires a gradient, if the function is not linear in one that does, or has not one
            result.
        TypeError: if op is no function, or inputs neither a Tensor, nor an array, nor a sequence.

    Example:
        >>> x = Tensor(np.ones((1, 2, 5, 5)), requires_grad=True)
        >>> ag.check_adjoint(lambda x: ag.conv2d(x, np.ones((3, 2, 3, 3))), x)
        <adjoint: 3 pairs in float64, at most ... of the rounding allowed apart>
    """
    check_counts("check_adjoint", pairs=(pairs, 1), seed=(seed, 0))
    given = listed("check_adjoint", op, inputs)
    target = Target("check_adjoint", op, given)
    if not target.checked:
        raise ValueError("check_adjoint: no input requires a gradient, so there is nothing to check")
    rng = np.random.default_rng(seed)
    worst = 0.0
    with np.errstate(all="ignore"):  # what is not linear may not be defined at 0
        for i in range(len(target.checked)):
            for _ in range(pairs):
                worst = max(worst, _pair(target, i, rng, seed))
        try:
            check_recorded(target.run(lines=True).trace, seed)
        except RuleError as error:
            fault = Fault(error.step, error.argument, None, str(error))
            raise GradcheckError(f"check_adjoint: a rule misbehaves: {error}\n{fault}", fault) from None
    return AdjointReport(pairs * len(target.checked), worst, " and ".join(sorted({str(x.dtype) for x in target.point})))


def _pair(target: Target, i: int, rng: np.random.Generator, seed: int) -> float:
    point = target.point
    shape, dtype = point[i].shape, point[i].dtype
    zero, absolute = _map(target, i, point), _map(target, i, [*map(np.abs, point)], positive=True)
    one, two = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    x = (one + two).astype(dtype)
    out, run = zero(x)
    y = rng.standard_normal(out.shape).astype(run.outputs[0].dtype)
    n = x.size + y.size
    unit = max(precision(run), float(np.finfo(dtype).eps))
    size = absolute(np.abs(one) + np.abs(two))[0]
    parts = zero(one)[0] + zero(two)[0]
    strayed = 4 * n * unit * float(np.abs(size).max(initial=0)) + 1e-300
    if not (np.isfinite(out).all() and np.allclose(out, parts, rtol=0, atol=strayed)):
        raise ValueError(f"check_adjoint: the function is not linear in {target.called(i)}: A(x + z) is not Ax + Az")
    carried = grad(run.outputs[0], run.leaves, y, allow_unused=True)[i] if run.outputs[0].requires_grad else None
    back = np.zeros(shape) if carried is None else carried.numpy().astype(np.float64)
    left, right = float((out * y).sum()), float((x * back).sum())
    largest = absolute(np.abs(x))[1]  # |A||x|, beside the constant part, which is rounded too before it is taken off
    sizes = largest.gradients(np.abs(y).ravel())[i]
    errors = np.concatenate([largest.vector * y.ravel(), x.ravel() * (back if sizes is None else sizes).ravel()])
    allowed = 8 * float(np.sqrt(n)) * unit * float(np.linalg.norm(np.nan_to_num(errors.astype(np.float64))))
    if not abs(left - right) <= allowed:
        faults: list[Fault] = wrong_steps(
            target.run(lines=True).trace, Tolerance(None, 1e-6 if unit < 1e-10 else 1e-3), seed
        )
        raise GradcheckError(
            f"check_adjoint: by {target.called(i)}, ⟨Ax, y⟩ = {left:.10g} but ⟨x, Aᵀy⟩ = {right:.10g}: "
            f"{abs(left - right):.3g} apart, of which rounding explains {allowed:.3g}"
            + "".join(f"\n{f}" for f in faults),
            faults[0] if faults else None,
        )
    return float(abs(left - right) / allowed) if allowed else 0.0


def _map(target: Target, i: int, point: list[Any], positive: bool = False) -> Callable[[Any], tuple[Any, Run]]:
    """x -> Ax in float64, and the run that computed it: f(… x …) − f(… 0 …). With `positive`, of absolute values."""
    moved = (
        target.with_arrays([_absolute(a, x) for a, x in zip(target.arrays(), target.constants, strict=True)])
        if positive
        else target
    )
    run = moved.run([np.zeros_like(x) if k == i else x for k, x in enumerate(point)])
    if len(run.outputs) != 1:
        raise ValueError(f"check_adjoint: the function must have one floating result, not {len(run.outputs)}")
    constant = run.outputs[0].numpy().astype(np.float64)

    def apply(x: Any) -> tuple[Any, Run]:
        run = moved.run([x if k == i else other for k, other in enumerate(point)])
        return run.outputs[0].numpy().astype(np.float64) - constant, run

    return apply


def _absolute(array: Any, given: Any) -> Any:
    is_float = getattr(given, "dtype", np.dtype(object)).kind == "f"
    return np.abs(array) if is_float or isinstance(given, float) else array
