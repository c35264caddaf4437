"""What was computed, as a value.

Read on in this order: calls, effects, tracing, listing, program, paths, zeros, why.
"""

from .program import Program, trace
from .tracing import TraceError
from .why import why_no_grad

__all__ = ["Program", "TraceError", "trace", "why_no_grad"]
