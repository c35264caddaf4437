"""The table: for every operation the cases to try it on, and the same function of NumPy, in loops and of PyTorch.

Inputs are drawn anew for every use, in float64, from the row's own name, so that adding a row changes no other. An
operation of the package is called as users call it; one that is not public is called with its parameters in their one
form. A row for another operation:

    row("log1p", positive(3, 4), positive(), oracle=np.log1p, torch=torch.log1p)
    row("cumsum", case(normal(2, 3), axis=0), normal(4), oracle=np.cumsum, torch=torch.cumsum, linear="0")
"""

from . import (  # noqa: F401 (which fill the table)
    activations,
    arithmetic,
    densities,
    elementwise,
    fourier,
    images,
    layers,
    linalg,
    losses,
    matrices,
    pointwise,
    products,
    recurrent,
    reduce,
    shape,
    softmax,
    special,
    statistics,
    structure,
    windows,
)  # fmt: skip
from .geometry import CONV_AXES, POOL_AXES, convolved, places, planes, pooled
from .row import KINKS, TABLE, is_float, narrowed

__all__ = ["CONV_AXES", "KINKS", "POOL_AXES", "PRODUCTS", "TABLE", "WITHIN", "convolved", "is_float", "narrowed",
           "places", "planes", "pooled"]  # fmt: skip

PRODUCTS = {"conv2d", "conv_transpose2d", "conv2d_filter", "matmul", "linear", "einsum"}
"""What takes multiply-adds."""
WITHIN = {"conv", "conv_transpose", "conv_filter", "convolved", "correlated", "attention"}
WITHIN |= {"rnn_steps", "gru_steps", "lstm_steps"}
"""What takes them within other operations."""
