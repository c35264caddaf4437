"""What was computed, as a value. Read on in this order: calls, tracing, listing, program."""

from .program import Program, trace
from .tracing import TraceError

__all__ = ["Program", "TraceError", "trace"]
