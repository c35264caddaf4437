"""Gradient checks: derivatives by the rules beside finite differences, on kinks too, and which step is wrong.

    ∂f/∂x ≈ (f(x + ε) − f(x − ε)) / 2ε          the report, section 2, Numerical Differentiation

Read on in this order: options, trace (what a run did), target (the function under check), differences (slopes, kinks
and rounding), compare (every entry), projections, diagnosis, rule_properties, low_precision (float32), trap (0 · inf),
localize (which step), chance (random numbers), report, first_run, check, adjoint.
"""

from .adjoint import AdjointReport, check_adjoint
from .check import gradcheck, gradgradcheck
from .report import GradcheckError, GradcheckReport

__all__ = ["AdjointReport", "GradcheckError", "GradcheckReport", "check_adjoint", "gradcheck", "gradgradcheck"]
