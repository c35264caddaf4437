"""autograd-mini: reverse-mode automatic differentiation, readable in an evening.

"The report" in docstrings is Xiaozhe Yao, Implementing Deconvolution to Visualize and Understand Convolutional Neural
Networks, University of Zurich, 2020.

Read on in this order: core (tape, observer, primitive, gradient, tensor), arguments, geometry, ops, numpy_protocol,
observe, program, graph, gradcheck; the kernels last.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import concurrency as concurrency
from . import copies as copies
from . import fft as fft
from . import linalg as linalg
from . import methods as methods  # puts operators and methods on Tensor
from . import moved as moved  # import paths of before
from . import special as special
from . import stats as stats
from .core.observer import enable_grad, is_grad_enabled
from .core.primitive import PRIMITIVES, Primitive
from .core.tensor import Tensor
from .gradcheck import AdjointReport, GradcheckError, GradcheckReport, check_adjoint, gradcheck, gradgradcheck
from .kernels.buffers import empty_cache
from .kernels.parallel import get_num_threads, set_num_threads
from .kernels.settings import is_compiled, is_winograd, set_compiled, set_winograd
from .numpy_protocol import GradientLostWarning
from .observe.anomaly import detect_anomaly
from .observe.mutation import is_guarded, set_guarded
from .observe.promotion import detect_promotion
from .ops import *  # noqa: F403 (the rows)
from .ops.kinds import ROWS as _ROWS

if TYPE_CHECKING:
    from .core.signatures import grad, no_grad, primitive
    from .graph import graph_diff, render, to_graphviz
    from .observe.memory import MemoryUsage, kept, memory_usage, saved
    from .observe.profiler import Profile, profile
    from .onnx import from_onnx, to_onnx
    from .program import Program, TraceError, trace, why_no_grad
else:
    from .core.gradient import grad
    from .core.observer import no_grad
    from .core.primitive import primitive

__version__ = "0.1.0"
__all__ = [
    "PRIMITIVES",
    "AdjointReport",
    "GradcheckError",
    "GradcheckReport",
    "GradientLostWarning",
    "MemoryUsage",
    "Primitive",
    "Profile",
    "Program",
    "Tensor",
    "TraceError",
    "check_adjoint",
    "detect_anomaly",
    "detect_promotion",
    "empty_cache",
    "enable_grad",
    "from_onnx",
    "get_num_threads",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph_diff",
    "is_compiled",
    "is_grad_enabled",
    "is_guarded",
    "is_winograd",
    "kept",
    "memory_usage",
    "no_grad",
    "primitive",
    "profile",
    "render",
    "saved",
    "set_compiled",
    "set_guarded",
    "set_num_threads",
    "set_winograd",
    "to_graphviz",
    "to_onnx",
    "trace",
    "why_no_grad",
    *(name for name in _ROWS if "." not in name),
]

_LATER = {
    "MemoryUsage": "observe.memory",
    "Program": "program",
    "TraceError": "program",
    "Profile": "observe.profiler",
    "from_onnx": "onnx",
    "graph_diff": "graph",
    "kept": "observe.memory",
    "memory_usage": "observe.memory",
    "profile": "observe.profiler",
    "render": "graph",
    "saved": "observe.memory",
    "to_graphviz": "graph",
    "to_onnx": "onnx",
    "trace": "program",
    "why_no_grad": "program",
}
"""Which room has what a program that only computes does not need: imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name in ("array_api", "nn", "vis"):
        return import_module(f".{name}", __name__)
    if name not in _LATER:
        told = globals().get("elsewhere")  # not there yet while rooms are imported
        raise AttributeError(told.no_function(name) if told else name, name=name)
    found = globals()[name] = getattr(import_module(f".{_LATER[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
