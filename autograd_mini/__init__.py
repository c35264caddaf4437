"""autograd-mini: reverse-mode automatic differentiation, readable in an evening.

"The report" in docstrings is Xiaozhe Yao, Implementing Deconvolution to Visualize and Understand Convolutional Neural
Networks, University of Zurich, 2020.

Read on in this order: tape, primitives, ops, shaping, functional, spatial, differentiate, operators, guard, memory,
profiling, anomaly, graph, tensor, gradcheck.
"""

from . import concurrency as concurrency
from . import methods as methods  # puts operators and methods on Tensor
from .core.gradient import grad
from .core.observer import enable_grad, is_grad_enabled, no_grad
from .core.primitive import PRIMITIVES, Primitive, primitive
from .core.tensor import Tensor
from .functional import (
    argmax,
    astype,
    clip,
    dropout,
    leaky_relu,
    linear,
    log_softmax,
    logsumexp,
    matmul,
    max,
    mean,
    min,
    softmax,
    std,
    sum,
    var,
)
from .gradcheck import AdjointReport, GradcheckError, GradcheckReport, check_adjoint, gradcheck, gradgradcheck
from .graph import graph_diff, render, to_graphviz
from .kernels.buffers import empty_cache
from .kernels.parallel import get_num_threads, set_num_threads
from .kernels.settings import is_compiled, is_winograd, set_compiled, set_winograd
from .observe.anomaly import detect_anomaly
from .observe.memory import MemoryUsage, kept, memory_usage
from .observe.mutation import is_guarded, set_guarded
from .observe.profiler import Profile, profile
from .ops.arithmetic import add, divide, multiply, negative, power, subtract
from .ops.elementwise import (
    absolute,
    cos,
    exp,
    gate,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    sign,
    sin,
    sqrt,
    tanh,
    where,
)
from .shaping import (
    broadcast_to,
    concatenate,
    expand_dims,
    flatten,
    flip,
    getitem,
    matrix_transpose,
    pad,
    reshape,
    squeeze,
    stack,
    transpose,
)
from .spatial import avg_pool2d, batch_norm, conv2d, conv2d_filter, conv_transpose2d, max_pool2d, max_unpool2d

abs = absolute

__version__ = "0.1.0"
__all__ = [
    "PRIMITIVES",
    "AdjointReport",
    "GradcheckError",
    "GradcheckReport",
    "MemoryUsage",
    "Primitive",
    "Profile",
    "Tensor",
    "abs",
    "absolute",
    "add",
    "argmax",
    "astype",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "check_adjoint",
    "clip",
    "concatenate",
    "conv2d",
    "conv2d_filter",
    "conv_transpose2d",
    "cos",
    "detect_anomaly",
    "divide",
    "dropout",
    "empty_cache",
    "enable_grad",
    "exp",
    "expand_dims",
    "flatten",
    "flip",
    "gate",
    "get_num_threads",
    "getitem",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph_diff",
    "is_compiled",
    "is_grad_enabled",
    "is_guarded",
    "is_winograd",
    "kept",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "matrix_transpose",
    "max",
    "max_pool2d",
    "max_unpool2d",
    "maximum",
    "mean",
    "memory_usage",
    "min",
    "minimum",
    "multiply",
    "negative",
    "no_grad",
    "pad",
    "power",
    "primitive",
    "profile",
    "relu",
    "render",
    "reshape",
    "set_compiled",
    "set_guarded",
    "set_num_threads",
    "set_winograd",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "sqrt",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "tanh",
    "to_graphviz",
    "transpose",
    "var",
    "where",
]
