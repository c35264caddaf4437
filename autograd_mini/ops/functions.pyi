"""The operations as functions; written by `make stubs`, not by hand."""
# mypy: disable-error-code=overload-overlap

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..core.aliases import ArrayLike, Index
from ..core.tensor import Tensor

__all__ = [
    "abs",
    "absolute",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "add",
    "affine_grid",
    "alpha_dropout",
    "angle",
    "argmax",
    "astype",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "beta",
    "betainc",
    "betaincc",
    "betaln",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "broadcast_to",
    "celu",
    "channel_shuffle",
    "clip",
    "concatenate",
    "conj",
    "conjugate",
    "conv1d",
    "conv2d",
    "conv2d_filter",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cos",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "cumsum",
    "diff",
    "digamma",
    "divide",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "einsum",
    "elu",
    "embedding",
    "embedding_bag",
    "entr",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp",
    "expand_dims",
    "expit",
    "expm1",
    "fftconvolve",
    "flatten",
    "flip",
    "fold",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gammasgn",
    "gate",
    "gaussian_nll_loss",
    "gelu",
    "getitem",
    "global_avg_pool",
    "global_max_pool",
    "glu",
    "grid_sample",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hinge_embedding_loss",
    "huber_loss",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "imag",
    "instance_norm",
    "interpolate",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "jv",
    "k0",
    "k1",
    "kl_div",
    "kv",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "lgamma",
    "linear",
    "local_response_norm",
    "log",
    "log1p",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsigmoid",
    "logsumexp",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "matmul",
    "matrix_transpose",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multigammaln",
    "multilabel_soft_margin_loss",
    "multiply",
    "ndtr",
    "ndtri",
    "negative",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "polygamma",
    "power",
    "prelu",
    "psi",
    "qr",
    "real",
    "relu",
    "relu6",
    "reshape",
    "rgamma",
    "rms_norm",
    "roll",
    "rrelu",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "sort",
    "sparsemax",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stdtr",
    "subtract",
    "sum",
    "take_along_axis",
    "tanh",
    "tanhshrink",
    "threshold",
    "tile",
    "transpose",
    "triplet_margin_loss",
    "unfold",
    "var",
    "where",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yn",
    "yv",
    "zeta",
]

@overload
def square(x: Tensor) -> Tensor:
    """x², elementwise. x (...) -> (...)."""

@overload
def square(x: ArrayLike) -> NDArray[Any]: ...
@overload
def exp(x: Tensor) -> Tensor:
    """The exponential eˣ, elementwise. x (...) -> (...)."""

@overload
def exp(x: ArrayLike) -> NDArray[Any]: ...
@overload
def expm1(x: Tensor) -> Tensor:
    """The exponential less one, eˣ − 1, elementwise. x (...) -> (...)."""

@overload
def expm1(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log(x: Tensor) -> Tensor:
    """The natural logarithm, elementwise. x (...) -> (...)."""

@overload
def log(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log1p(x: Tensor) -> Tensor:
    """The natural logarithm of 1 + x, elementwise. x (...) -> (...)."""

@overload
def log1p(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sqrt(x: Tensor) -> Tensor:
    """The square root √x, elementwise. x (...) -> (...)."""

@overload
def sqrt(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sin(x: Tensor) -> Tensor:
    """The sine, elementwise, of x in radians. x (...) -> (...)."""

@overload
def sin(x: ArrayLike) -> NDArray[Any]: ...
@overload
def cos(x: Tensor) -> Tensor:
    """The cosine, elementwise, of x in radians. x (...) -> (...)."""

@overload
def cos(x: ArrayLike) -> NDArray[Any]: ...
@overload
def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent, elementwise. x (...) -> (...)."""

@overload
def tanh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sigmoid(x: Tensor) -> Tensor:
    """The logistic function 1 / (1 + e⁻ˣ), elementwise, SciPy's `expit`. x (...) -> (...)."""

@overload
def sigmoid(x: ArrayLike) -> NDArray[Any]: ...
@overload
def absolute(x: Tensor) -> Tensor:
    """The absolute value |x|, elementwise. x (...) -> (...)."""

@overload
def absolute(x: ArrayLike) -> NDArray[Any]: ...
@overload
def abs(x: Tensor) -> Tensor:
    """The absolute value |x|, elementwise. x (...) -> (...)."""

@overload
def abs(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sign(x: Tensor) -> Tensor:
    """The sign of x, elementwise: -1, 0 or 1. x (...) -> (...)."""

@overload
def sign(x: ArrayLike) -> NDArray[Any]: ...
@overload
def relu(x: Tensor) -> Tensor:
    """The larger of x and 0, elementwise. x (...) -> (...)."""

@overload
def relu(x: ArrayLike) -> NDArray[Any]: ...
@overload
def gate(g: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The gradient that a ReLU lets through: g where y is not 0, else 0. g, y (...) -> (...)."""

@overload
def gate(g: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def gate(g: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """A leaky ReLU, elementwise: x where x > 0, else negative_slope · x. x (...) -> (...)."""

@overload
def leaky_relu(x: ArrayLike, negative_slope: float = 0.01) -> NDArray[Any]: ...
@overload
def clip(x: Tensor, low: float | None = None, high: float | None = None) -> Tensor:
    """The numbers limited to [low, high], elementwise; PyTorch's `clamp`. x (...) -> (...)."""

@overload
def clip(x: ArrayLike, low: float | None = None, high: float | None = None) -> NDArray[Any]: ...
@overload
def maximum(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The larger of x and y, elementwise; nan where one of them is. x, y (...) -> (...)."""

@overload
def maximum(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def maximum(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def minimum(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The smaller of x and y, elementwise; nan where one of them is. x, y (...) -> (...)."""

@overload
def minimum(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def minimum(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def where(condition: Tensor, x: Tensor | ArrayLike, y: Tensor | ArrayLike) -> Tensor:
    """The elements of x where the condition holds, those of y elsewhere. condition, x, y (...) -> (...)."""

@overload
def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def where(condition: ArrayLike, x: Tensor | ArrayLike, y: Tensor | ArrayLike) -> Tensor: ...
@overload
def astype(x: Tensor, dtype: DTypeLike) -> Tensor:
    """The numbers in another dtype, PyTorch's `to`. x (...) -> (...)."""

@overload
def astype(x: ArrayLike, dtype: DTypeLike) -> NDArray[Any]: ...
@overload
def dropout(
    x: Tensor,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """Each element set to 0 with probability p, the others scaled by 1 / (1 − p). x (...) -> (...)."""

@overload
def dropout(
    x: ArrayLike,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def conjugate(x: Tensor) -> Tensor:
    """The complex conjugate Re x − i·Im x, elementwise. x (...) -> (...)."""

@overload
def conjugate(x: ArrayLike) -> NDArray[Any]: ...
@overload
def conj(x: Tensor) -> Tensor:
    """The complex conjugate Re x − i·Im x, elementwise. x (...) -> (...)."""

@overload
def conj(x: ArrayLike) -> NDArray[Any]: ...
@overload
def real(x: Tensor) -> Tensor:
    """The real part, elementwise. x (...) -> (...)."""

@overload
def real(x: ArrayLike) -> NDArray[Any]: ...
@overload
def imag(x: Tensor) -> Tensor:
    """The imaginary part, elementwise. x (...) -> (...)."""

@overload
def imag(x: ArrayLike) -> NDArray[Any]: ...
@overload
def angle(x: Tensor) -> Tensor:
    """The angle in the complex plane, elementwise, in radians. x (...) -> (...)."""

@overload
def angle(x: ArrayLike) -> NDArray[Any]: ...
@overload
def reshape(x: Tensor, shape: int | Sequence[int]) -> Tensor:
    """The same elements, in row-major order, in another shape. x (...) -> (...)."""

@overload
def reshape(x: ArrayLike, shape: int | Sequence[int]) -> NDArray[Any]: ...
@overload
def transpose(x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    """The axes in another order; PyTorch's `permute`. x (...) -> (...)."""

@overload
def transpose(x: ArrayLike, axes: Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def broadcast_to(x: Tensor, shape: Sequence[int]) -> Tensor:
    """The array repeated to a larger shape by NumPy's rules; PyTorch's `expand`. x (1, a) -> (b, a)."""

@overload
def broadcast_to(x: ArrayLike, shape: Sequence[int]) -> NDArray[Any]: ...
@overload
def getitem(x: Tensor, index: Index) -> Tensor:
    """The elements x[index], by NumPy's basic and advanced indexing. x (...) -> (...)."""

@overload
def getitem(x: ArrayLike, index: Index) -> NDArray[Any]: ...
@overload
def pad(x: Tensor, pad_width: int | Sequence[int] | Sequence[Sequence[int]], value: float = 0.0) -> Tensor:
    """A border of one value around x. x (n, ...) -> (before + n + after, ...)."""

@overload
def pad(x: ArrayLike, pad_width: int | Sequence[int] | Sequence[Sequence[int]], value: float = 0.0) -> NDArray[Any]: ...
@overload
def flip(x: Tensor, axis: int | Sequence[int] | None = None) -> Tensor:
    """The elements in reverse order along the given axes, by default all. x (...) -> (...)."""

@overload
def flip(x: ArrayLike, axis: int | Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def concatenate(arrays: Sequence[Tensor], axis: int = 0) -> Tensor:
    """The arrays joined along an existing axis; PyTorch's `cat`. (a, c), (b, c) -> (a + b, c)."""

@overload
def concatenate(arrays: Sequence[ArrayLike], axis: int = 0) -> NDArray[Any]: ...
@overload
def concatenate(arrays: Sequence[Tensor | ArrayLike], axis: int = 0) -> Tensor: ...
@overload
def roll(x: Tensor, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Tensor:
    """The elements moved along axes; what leaves at one end enters at the other. x (...) -> (...)."""

@overload
def roll(x: ArrayLike, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """The array cut along an axis into several; PyTorch's `tensor_split`. x (n, ...) -> parts (m, ...)."""

@overload
def split(x: ArrayLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[NDArray[Any], ...]: ...
@overload
def flatten(x: Tensor, start_axis: int = 0) -> Tensor:
    """The axes from `start_axis` on made one, in row-major order; NumPy's `ravel`. x (a, b, c) -> (abc,)."""

@overload
def flatten(x: ArrayLike, start_axis: int = 0) -> NDArray[Any]: ...
@overload
def matrix_transpose(x: Tensor) -> Tensor:
    """The last two axes exchanged; PyTorch's `mT`. x (..., m, n) -> (..., n, m)."""

@overload
def matrix_transpose(x: ArrayLike) -> NDArray[Any]: ...
@overload
def expand_dims(x: Tensor, axis: int | Sequence[int]) -> Tensor:
    """New axes of length 1; PyTorch's `unsqueeze`. x (a, b) -> (1, a, b) for axis 0."""

@overload
def expand_dims(x: ArrayLike, axis: int | Sequence[int]) -> NDArray[Any]: ...
@overload
def squeeze(x: Tensor, axis: int | Sequence[int] | None = None) -> Tensor:
    """Axes of length 1 removed. x (1, a, 1) -> (a,)."""

@overload
def squeeze(x: ArrayLike, axis: int | Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def tile(x: Tensor, reps: int | Sequence[int]) -> Tensor:
    """Copies of x side by side, reps[i] of them along axis i. x (a, b) -> (a·reps[0], b·reps[1])."""

@overload
def tile(x: ArrayLike, reps: int | Sequence[int]) -> NDArray[Any]: ...
@overload
def stack(arrays: Sequence[Tensor], axis: int = 0) -> Tensor:
    """The arrays joined along a new axis. n × (a, b) -> (n, a, b) for axis 0."""

@overload
def stack(arrays: Sequence[ArrayLike], axis: int = 0) -> NDArray[Any]: ...
@overload
def stack(arrays: Sequence[Tensor | ArrayLike], axis: int = 0) -> Tensor: ...
@overload
def sum(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The sum over the given axes, by default all. x (...) -> (...)."""

@overload
def sum(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def max(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The largest element over the given axes, by default all; PyTorch's `amax`. x (...) -> (...)."""

@overload
def max(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def min(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The smallest element over the given axes, by default all; PyTorch's `amin`. x (...) -> (...)."""

@overload
def min(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def argmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The position of the first largest element along an axis. x (..., n, ...) -> (...)."""

@overload
def argmax(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def mean(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The arithmetic mean Σx / n over the given axes, by default all. x (...) -> (...)."""

@overload
def mean(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def var(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: int = 0) -> Tensor:
    """The variance Σ(x − mean)² / (n − ddof) over the given axes, by default all. x (...) -> (...)."""

@overload
def var(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: int = 0,
) -> NDArray[Any]: ...
@overload
def std(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: int = 0) -> Tensor:
    """The standard deviation √var over the given axes, by default all. x (...) -> (...)."""

@overload
def std(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: int = 0,
) -> NDArray[Any]: ...
@overload
def add(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The sum x + y, elementwise. x, y (...) -> (...)."""

@overload
def add(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def add(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def subtract(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The difference x − y, elementwise. x, y (...) -> (...)."""

@overload
def subtract(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def subtract(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def multiply(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The product x · y, elementwise. x, y (...) -> (...)."""

@overload
def multiply(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def multiply(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def divide(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The quotient x / y, elementwise. x, y (...) -> (...)."""

@overload
def divide(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def divide(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def power(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The power x ** y, elementwise. x, y (...) -> (...)."""

@overload
def power(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def power(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def negative(x: Tensor) -> Tensor:
    """The negative −x, elementwise. x (...) -> (...)."""

@overload
def negative(x: ArrayLike) -> NDArray[Any]: ...
@overload
def matmul(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The matrix product a @ b, of stacks of matrices one by one. a (..., m, n), b (..., n, p) -> (..., m, p)."""

@overload
def matmul(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def matmul(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def linear(x: Tensor, w: Tensor | ArrayLike, b: Tensor | ArrayLike | None = None) -> Tensor:
    """The fully connected layer x wᵀ + b."""

@overload
def linear(x: ArrayLike, w: ArrayLike, b: ArrayLike | None = None) -> NDArray[Any]: ...
@overload
def linear(x: ArrayLike, w: Tensor | ArrayLike, b: Tensor | ArrayLike | None = None) -> Tensor: ...
@overload
def batch_norm(
    x: Tensor,
    mean: Tensor | ArrayLike | None = None,
    var: Tensor | ArrayLike | None = None,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: Literal[False] = False,
) -> Tensor:
    """Each channel normalised by its mean and variance: (x − mean) / √(var + eps) · weight + bias."""

@overload
def batch_norm(
    x: ArrayLike,
    mean: ArrayLike | None = None,
    var: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def batch_norm(
    x: ArrayLike,
    mean: Tensor | ArrayLike | None = None,
    var: Tensor | ArrayLike | None = None,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: Literal[False] = False,
) -> Tensor: ...
@overload
def batch_norm(
    x: Tensor,
    mean: Tensor | ArrayLike | None = None,
    var: Tensor | ArrayLike | None = None,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: Literal[True],
) -> tuple[Tensor, Tensor, Tensor]: ...
@overload
def batch_norm(
    x: ArrayLike,
    mean: ArrayLike | None = None,
    var: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...
@overload
def batch_norm(
    x: ArrayLike,
    mean: Tensor | ArrayLike | None = None,
    var: Tensor | ArrayLike | None = None,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: Literal[True],
) -> tuple[Tensor, Tensor, Tensor]: ...
@overload
def batch_norm(
    x: Tensor | ArrayLike,
    mean: Tensor | ArrayLike | None = None,
    var: Tensor | ArrayLike | None = None,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    *,
    eps: float = 1e-05,
    return_statistics: bool,
) -> Any: ...
@overload
def conv2d(
    x: Tensor,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution y[n,k,i,j] = b[k] + Σ w[k,c,u,v] · x[n, c, s·i + d·u − p, s·j + d·v − p] of images x."""

@overload
def conv2d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> NDArray[Any]: ...
@overload
def conv2d(
    x: ArrayLike,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Tensor: ...
@overload
def conv_transpose2d(
    y: Tensor,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Tensor:
    """The adjoint of conv2d in its images, the report's "deconv": each value of a map adds its filter to the image."""

@overload
def conv_transpose2d(
    y: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> NDArray[Any]: ...
@overload
def conv_transpose2d(
    y: ArrayLike,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> Tensor: ...
@overload
def conv2d_filter(
    x: Tensor,
    y: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> Tensor:
    """The adjoint of conv2d in its filters: the gradient of ⟨conv2d(x, w), y⟩ with respect to w."""

@overload
def conv2d_filter(
    x: ArrayLike,
    y: ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> NDArray[Any]: ...
@overload
def conv2d_filter(
    x: ArrayLike,
    y: Tensor,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> Tensor: ...
@overload
def dropout1d(
    x: Tensor,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """Each channel set to 0 with probability p, the others scaled by 1 / (1 − p). x (N, C, L) -> (N, C, L)."""

@overload
def dropout1d(
    x: ArrayLike,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def dropout2d(
    x: Tensor,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """Each channel set to 0 with probability p, the others scaled by 1 / (1 − p). x (N, C, H, W) -> (N, C, H, W)."""

@overload
def dropout2d(
    x: ArrayLike,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def dropout3d(
    x: Tensor,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """Each channel set to 0 with probability p, the others scaled by 1 / (1 − p). x (N, C, D, H, W) -> the same."""

@overload
def dropout3d(
    x: ArrayLike,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def alpha_dropout(
    x: Tensor,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """Each element set to selu's lowest value with probability p, then all scaled and shifted. x (...) -> (...)."""

@overload
def alpha_dropout(
    x: ArrayLike,
    p: float = 0.5,
    *,
    training: bool = True,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def gelu(x: Tensor, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """The Gaussian error linear unit x · Φ(x), elementwise, with Φ the normal distribution. x (...) -> (...)."""

@overload
def gelu(x: ArrayLike, approximate: Literal["none", "tanh"] = "none") -> NDArray[Any]: ...
@overload
def silu(x: Tensor) -> Tensor:
    """The sigmoid linear unit x · σ(x), elementwise, also called swish. x (...) -> (...)."""

@overload
def silu(x: ArrayLike) -> NDArray[Any]: ...
@overload
def mish(x: Tensor) -> Tensor:
    """The gate x · tanh(log(1 + eˣ)), elementwise. x (...) -> (...)."""

@overload
def mish(x: ArrayLike) -> NDArray[Any]: ...
@overload
def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """A smooth ReLU, log(1 + e^(βx)) / β, elementwise. x (...) -> (...)."""

@overload
def softplus(x: ArrayLike, beta: float = 1.0, threshold: float = 20.0) -> NDArray[Any]: ...
@overload
def logsigmoid(x: Tensor) -> Tensor:
    """The logarithm of the logistic function, −log(1 + e⁻ˣ), elementwise, without overflow or cancellation."""

@overload
def logsigmoid(x: ArrayLike) -> NDArray[Any]: ...
@overload
def tanhshrink(x: Tensor) -> Tensor:
    """What is left without its hyperbolic tangent, x − tanh x, elementwise. x (...) -> (...)."""

@overload
def tanhshrink(x: ArrayLike) -> NDArray[Any]: ...
@overload
def softsign(x: Tensor) -> Tensor:
    """The bounded x / (1 + |x|), elementwise. x (...) -> (...)."""

@overload
def softsign(x: ArrayLike) -> NDArray[Any]: ...
@overload
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """The exponential linear unit: x where x > 0, else α (eˣ − 1), elementwise. x (...) -> (...)."""

@overload
def elu(x: ArrayLike, alpha: float = 1.0) -> NDArray[Any]: ...
@overload
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """The continuously differentiable ELU: x where x > 0, else α (e^(x/α) − 1), elementwise. x (...) -> (...)."""

@overload
def celu(x: ArrayLike, alpha: float = 1.0) -> NDArray[Any]: ...
@overload
def selu(x: Tensor) -> Tensor:
    """The self-normalising ELU λ · elu(x, α), λ = 1.0507…, α = 1.6732…, elementwise. x (...) -> (...)."""

@overload
def selu(x: ArrayLike) -> NDArray[Any]: ...
@overload
def hardtanh(x: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """The numbers limited to [min_val, max_val], elementwise. x (...) -> (...)."""

@overload
def hardtanh(x: ArrayLike, min_val: float = -1.0, max_val: float = 1.0) -> NDArray[Any]: ...
@overload
def relu6(x: Tensor) -> Tensor:
    """The numbers limited to [0, 6], elementwise. x (...) -> (...)."""

@overload
def relu6(x: ArrayLike) -> NDArray[Any]: ...
@overload
def hardsigmoid(x: Tensor) -> Tensor:
    """A sigmoid of lines, relu6(x + 3) / 6, elementwise. x (...) -> (...)."""

@overload
def hardsigmoid(x: ArrayLike) -> NDArray[Any]: ...
@overload
def hardswish(x: Tensor) -> Tensor:
    """A swish without exponentials, x · relu6(x + 3) / 6, elementwise. x (...) -> (...)."""

@overload
def hardswish(x: ArrayLike) -> NDArray[Any]: ...
@overload
def hardshrink(x: Tensor, lambd: float = 0.5) -> Tensor:
    """The numbers outside [−λ, λ], and 0 for those inside, elementwise. x (...) -> (...)."""

@overload
def hardshrink(x: ArrayLike, lambd: float = 0.5) -> NDArray[Any]: ...
@overload
def softshrink(x: Tensor, lambd: float = 0.5) -> Tensor:
    """The numbers moved towards 0 by λ, and 0 for those inside [−λ, λ], elementwise. x (...) -> (...)."""

@overload
def softshrink(x: ArrayLike, lambd: float = 0.5) -> NDArray[Any]: ...
@overload
def threshold(x: Tensor, threshold: float, value: float) -> Tensor:
    """The numbers above the threshold, and `value` for the others, elementwise. x (...) -> (...)."""

@overload
def threshold(x: ArrayLike, threshold: float, value: float) -> NDArray[Any]: ...
@overload
def prelu(x: Tensor, weight: Tensor | ArrayLike) -> Tensor:
    """A leaky ReLU whose slope below 0 is learned: x where x > 0, else weight · x. x (N, C, ...) -> (N, C, ...)."""

@overload
def prelu(x: ArrayLike, weight: ArrayLike) -> NDArray[Any]: ...
@overload
def prelu(x: ArrayLike, weight: Tensor) -> Tensor: ...
@overload
def rrelu(
    x: Tensor,
    lower: float = 0.125,
    upper: float = 0.3333333333333333,
    training: bool = False,
    *,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """A leaky ReLU whose slope is drawn for each element, x where x > 0, else slope · x. x (...) -> (...)."""

@overload
def rrelu(
    x: ArrayLike,
    lower: float = 0.125,
    upper: float = 0.3333333333333333,
    training: bool = False,
    *,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def glu(x: Tensor, axis: int = -1) -> Tensor:
    """The gated linear unit a · σ(b), a and b the halves of x along an axis. x (..., 2n, ...) -> (..., n, ...)."""

@overload
def glu(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def take_along_axis(x: Tensor, indices: Tensor | ArrayLike, axis: int | None = -1) -> Tensor:
    """The elements x[…, indices[…, j, …], …]; PyTorch's `take_along_dim`. x (..., n, ...) -> (..., m, ...)."""

@overload
def take_along_axis(x: ArrayLike, indices: ArrayLike, axis: int | None = -1) -> NDArray[Any]: ...
@overload
def take_along_axis(x: ArrayLike, indices: Tensor, axis: int | None = -1) -> Tensor: ...
@overload
def sort(x: Tensor, axis: int | None = -1) -> Tensor:
    """The elements in ascending order along an axis. x (...) -> (...)."""

@overload
def sort(x: ArrayLike, axis: int | None = -1) -> NDArray[Any]: ...
@overload
def embedding(
    indices: Tensor,
    weight: Tensor | ArrayLike,
    padding_idx: int | None = None,
    max_norm: Any = None,
) -> Tensor:
    """The rows of a table that the indices name. indices (...), weight (V, E) -> (..., E)."""

@overload
def embedding(
    indices: ArrayLike,
    weight: ArrayLike,
    padding_idx: int | None = None,
    max_norm: Any = None,
) -> NDArray[Any]: ...
@overload
def embedding(indices: ArrayLike, weight: Tensor, padding_idx: int | None = None, max_norm: Any = None) -> Tensor: ...
@overload
def one_hot(indices: Tensor, num_classes: int | None = None) -> Tensor:
    """A 1 at the place that each index names, among zeros. indices (...) -> (..., C)."""

@overload
def one_hot(indices: ArrayLike, num_classes: int | None = None) -> NDArray[Any]: ...
@overload
def embedding_bag(
    indices: Tensor,
    weight: Tensor | ArrayLike,
    offsets: Tensor | ArrayLike | None = None,
    per_sample_weights: Tensor | ArrayLike | None = None,
    mode: Literal["mean", "sum", "max"] = "mean",
    padding_idx: int | None = None,
    include_last_offset: bool = False,
) -> Tensor:
    """The rows of a table, bag by bag their mean, sum or maximum. weight (V, E) -> (B, E)."""

@overload
def embedding_bag(
    indices: ArrayLike,
    weight: ArrayLike,
    offsets: ArrayLike | None = None,
    per_sample_weights: ArrayLike | None = None,
    mode: Literal["mean", "sum", "max"] = "mean",
    padding_idx: int | None = None,
    include_last_offset: bool = False,
) -> NDArray[Any]: ...
@overload
def embedding_bag(
    indices: ArrayLike,
    weight: Tensor | ArrayLike,
    offsets: Tensor | ArrayLike | None = None,
    per_sample_weights: Tensor | ArrayLike | None = None,
    mode: Literal["mean", "sum", "max"] = "mean",
    padding_idx: int | None = None,
    include_last_offset: bool = False,
) -> Tensor: ...
@overload
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The softmax eˣ / Σeˣ along an axis. x (...) -> (...)."""

@overload
def softmax(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The logarithm of the softmax, x − log Σeˣ along an axis. x (...) -> (...)."""

@overload
def log_softmax(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def logsumexp(x: Tensor, axis: int = -1, keepdims: bool = False) -> Tensor:
    """The logarithm log Σeˣ along an axis, without overflow; SciPy's name. x (..., n, ...) -> (...)."""

@overload
def logsumexp(x: ArrayLike, axis: int = -1, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def softmin(x: Tensor, axis: int = -1) -> Tensor:
    """The softmax of −x along an axis. x (...) -> (...)."""

@overload
def softmin(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def sparsemax(x: Tensor, axis: int = -1) -> Tensor:
    """The nearest probabilities to x along an axis, many of which are 0: max(x − τ, 0). x (...) -> (...)."""

@overload
def sparsemax(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def gumbel_softmax(
    x: Tensor,
    tau: float = 1.0,
    hard: bool = False,
    axis: int = -1,
    *,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """A sample of a class by a softmax of x with Gumbel noise, so that gradients reach x. x (...) -> (...)."""

@overload
def gumbel_softmax(
    x: ArrayLike,
    tau: float = 1.0,
    hard: bool = False,
    axis: int = -1,
    *,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def cross_entropy(
    x: Tensor,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Literal["none", "mean", "sum"] = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross-entropy −Σ t · log softmax(x) of logits with classes, or probabilities t of classes."""

@overload
def cross_entropy(
    x: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Literal["none", "mean", "sum"] = "mean",
    label_smoothing: float = 0.0,
) -> NDArray[Any]: ...
@overload
def cross_entropy(
    x: ArrayLike,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Literal["none", "mean", "sum"] = "mean",
    label_smoothing: float = 0.0,
) -> Tensor: ...
@overload
def nll_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The negative log-likelihood of classes, −x at each label, of logarithms of probabilities."""

@overload
def nll_loss(
    x: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def nll_loss(
    x: ArrayLike,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    ignore_index: int = -100,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def multi_margin_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    p: int = 1,
    margin: float = 1.0,
    *,
    weight: Any = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """A hinge loss of classes: Σ max(0, margin − x[label] + x[j])^p / C over the other classes j."""

@overload
def multi_margin_loss(
    x: ArrayLike,
    target: ArrayLike,
    p: int = 1,
    margin: float = 1.0,
    *,
    weight: Any = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def multi_margin_loss(
    x: ArrayLike,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    *,
    weight: Any = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def binary_cross_entropy(
    x: Tensor,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The cross-entropy −t log x − (1 − t) log(1 − x) of probabilities x of "yes" with targets t."""

@overload
def binary_cross_entropy(
    x: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def binary_cross_entropy(
    x: ArrayLike,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def binary_cross_entropy_with_logits(
    x: Tensor,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
    *,
    pos_weight: Any = None,
) -> Tensor:
    """The cross-entropy of σ(x), x the logits of "yes", with targets t: −w t log σ(x) − (1 − t) log σ(−x)."""

@overload
def binary_cross_entropy_with_logits(
    x: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
    *,
    pos_weight: Any = None,
) -> NDArray[Any]: ...
@overload
def binary_cross_entropy_with_logits(
    x: ArrayLike,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
    *,
    pos_weight: Any = None,
) -> Tensor: ...
@overload
def multilabel_soft_margin_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The mean over classes of the cross-entropy of σ(x) with targets: of several labels at once."""

@overload
def multilabel_soft_margin_loss(
    x: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def multilabel_soft_margin_loss(
    x: ArrayLike,
    target: Tensor | ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def max_pool2d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor:
    """The largest element of each window."""

@overload
def max_pool2d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def max_pool2d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool2d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def max_pool2d(
    x: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, int] = 1,
    ceil_mode: bool = False,
    return_indices: bool,
) -> Any: ...
@overload
def max_unpool2d(
    y: Tensor,
    indices: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    output_size: tuple[int, int] | None = None,
) -> Tensor:
    """The pooled values back at the positions of their maxima, zeros elsewhere; overlaps add up."""

@overload
def max_unpool2d(
    y: ArrayLike,
    indices: ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    output_size: tuple[int, int] | None = None,
) -> NDArray[Any]: ...
@overload
def max_unpool2d(
    y: ArrayLike,
    indices: Tensor,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
    output_size: tuple[int, int] | None = None,
) -> Tensor: ...
@overload
def avg_pool2d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Tensor:
    """The mean of each window."""

@overload
def avg_pool2d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> NDArray[Any]: ...
@overload
def cumsum(x: Tensor, axis: int | None = None) -> Tensor:
    """The running sum along an axis: Σ xⱼ over j ≤ i. x (...) -> (...)."""

@overload
def cumsum(x: ArrayLike, axis: int | None = None) -> NDArray[Any]: ...
@overload
def diff(
    x: Tensor,
    n: int = 1,
    axis: int = -1,
    prepend: Tensor | ArrayLike | None = None,
    append: Tensor | ArrayLike | None = None,
) -> Tensor:
    """The differences x[i + 1] − x[i] along an axis, n times. x (..., m, ...) -> (..., m − n, ...)."""

@overload
def diff(
    x: ArrayLike,
    n: int = 1,
    axis: int = -1,
    prepend: ArrayLike | None = None,
    append: ArrayLike | None = None,
) -> NDArray[Any]: ...
@overload
def diff(
    x: ArrayLike,
    n: int = 1,
    axis: int = -1,
    prepend: Tensor | ArrayLike | None = None,
    append: Tensor | ArrayLike | None = None,
) -> Tensor: ...
@overload
def einsum(subscripts: str, *operands: Tensor) -> Tensor:
    """The sum of products that the subscripts spell. (...), (...) -> (...)."""

@overload
def einsum(subscripts: str, *operands: ArrayLike) -> NDArray[Any]: ...
@overload
def einsum(subscripts: str, *operands: Tensor | ArrayLike) -> Tensor: ...
@overload
def qr(a: Tensor, mode: Literal["reduced", "complete", "r"] = "reduced") -> tuple[Tensor, Tensor]:
    """The factors of A = Q R: Q has orthonormal columns, R is upper triangular."""

@overload
def qr(a: ArrayLike, mode: Literal["reduced", "complete", "r"] = "reduced") -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def fftconvolve(
    in1: Tensor,
    in2: Tensor | ArrayLike,
    mode: Literal["full", "same", "valid"] = "full",
    axes: int | Sequence[int] | None = None,
) -> Tensor:
    """The convolution of two arrays by Fourier transforms, SciPy's `fftconvolve`."""

@overload
def fftconvolve(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: Literal["full", "same", "valid"] = "full",
    axes: int | Sequence[int] | None = None,
) -> NDArray[Any]: ...
@overload
def fftconvolve(
    in1: ArrayLike,
    in2: Tensor,
    mode: Literal["full", "same", "valid"] = "full",
    axes: int | Sequence[int] | None = None,
) -> Tensor: ...
@overload
def erf(x: Tensor) -> Tensor:
    """The error function 2/√π · ∫₀ˣ e^(−t²) dt, elementwise."""

@overload
def erf(x: ArrayLike) -> NDArray[Any]: ...
@overload
def erfc(x: Tensor) -> Tensor:
    """The complementary error function 1 − erf(x), elementwise."""

@overload
def erfc(x: ArrayLike) -> NDArray[Any]: ...
@overload
def erfcx(x: Tensor) -> Tensor:
    """The scaled complementary error function e^(x²) · erfc(x), elementwise."""

@overload
def erfcx(x: ArrayLike) -> NDArray[Any]: ...
@overload
def erfinv(x: Tensor) -> Tensor:
    """The inverse of erf, elementwise."""

@overload
def erfinv(x: ArrayLike) -> NDArray[Any]: ...
@overload
def erfcinv(x: Tensor) -> Tensor:
    """The inverse of erfc, elementwise."""

@overload
def erfcinv(x: ArrayLike) -> NDArray[Any]: ...
@overload
def ndtr(x: Tensor) -> Tensor:
    """The distribution function of the standard normal distribution, Φ(x), elementwise."""

@overload
def ndtr(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log_ndtr(x: Tensor) -> Tensor:
    """The logarithm of the normal distribution function, log Φ(x), elementwise."""

@overload
def log_ndtr(x: ArrayLike) -> NDArray[Any]: ...
@overload
def ndtri(x: Tensor) -> Tensor:
    """The inverse of ndtr: the quantiles of the standard normal distribution, elementwise."""

@overload
def ndtri(x: ArrayLike) -> NDArray[Any]: ...
@overload
def expit(x: Tensor) -> Tensor:
    """The logistic function 1 / (1 + e⁻ˣ), elementwise, SciPy's `expit`. x (...) -> (...)."""

@overload
def expit(x: ArrayLike) -> NDArray[Any]: ...
@overload
def logit(x: Tensor) -> Tensor:
    """The logarithm of the odds, log(x / (1 − x)), the inverse of sigmoid, elementwise."""

@overload
def logit(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log_expit(x: Tensor) -> Tensor:
    """The logarithm of the logistic function, −log(1 + e⁻ˣ), elementwise, without overflow or cancellation."""

@overload
def log_expit(x: ArrayLike) -> NDArray[Any]: ...
@overload
def xlogy(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The product x · log y, 0 where x is 0, elementwise."""

@overload
def xlogy(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def xlogy(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def xlog1py(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The product x · log(1 + y), 0 where x is 0, elementwise."""

@overload
def xlog1py(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def xlog1py(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def entr(x: Tensor) -> Tensor:
    """The entropy's terms −x · log x, 0 at 0 and −inf below, elementwise."""

@overload
def entr(x: ArrayLike) -> NDArray[Any]: ...
@overload
def gamma(x: Tensor) -> Tensor:
    """The gamma function Γ(x), elementwise."""

@overload
def gamma(x: ArrayLike) -> NDArray[Any]: ...
@overload
def gammaln(x: Tensor) -> Tensor:
    """The logarithm of the gamma function's absolute value, log |Γ(x)|, elementwise."""

@overload
def gammaln(x: ArrayLike) -> NDArray[Any]: ...
@overload
def lgamma(x: Tensor) -> Tensor:
    """The logarithm of the gamma function's absolute value, log |Γ(x)|, elementwise."""

@overload
def lgamma(x: ArrayLike) -> NDArray[Any]: ...
@overload
def gammasgn(x: Tensor) -> Tensor:
    """The sign of the gamma function, 1 or −1, elementwise."""

@overload
def gammasgn(x: ArrayLike) -> NDArray[Any]: ...
@overload
def rgamma(x: Tensor) -> Tensor:
    """The reciprocal of the gamma function, 1/Γ(x), elementwise."""

@overload
def rgamma(x: ArrayLike) -> NDArray[Any]: ...
@overload
def digamma(x: Tensor) -> Tensor:
    """The digamma function ψ(x), the derivative of log Γ(x), elementwise."""

@overload
def digamma(x: ArrayLike) -> NDArray[Any]: ...
@overload
def psi(x: Tensor) -> Tensor:
    """The digamma function ψ(x), the derivative of log Γ(x), elementwise."""

@overload
def psi(x: ArrayLike) -> NDArray[Any]: ...
@overload
def polygamma(n: Tensor, x: Tensor | ArrayLike) -> Tensor:
    """The n-th derivative of the digamma function, elementwise."""

@overload
def polygamma(n: ArrayLike, x: ArrayLike) -> NDArray[Any]: ...
@overload
def polygamma(n: ArrayLike, x: Tensor) -> Tensor: ...
@overload
def zeta(x: Tensor, q: Tensor | ArrayLike) -> Tensor:
    """Hurwitz's zeta function Σₖ 1/(k + q)ˣ, k from 0, elementwise."""

@overload
def zeta(x: ArrayLike, q: ArrayLike) -> NDArray[Any]: ...
@overload
def zeta(x: ArrayLike, q: Tensor) -> Tensor: ...
@overload
def multigammaln(a: Tensor, d: int) -> Tensor:
    """The logarithm of the multivariate gamma function, log Γ_d(a), elementwise."""

@overload
def multigammaln(a: ArrayLike, d: int) -> NDArray[Any]: ...
@overload
def beta(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The beta function Γ(a)Γ(b)/Γ(a + b), elementwise."""

@overload
def beta(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def beta(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def betaln(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The logarithm of the beta function's absolute value, elementwise."""

@overload
def betaln(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def betaln(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def j0(x: Tensor) -> Tensor:
    """The Bessel function of the first kind of order 0, J₀(x), elementwise."""

@overload
def j0(x: ArrayLike) -> NDArray[Any]: ...
@overload
def j1(x: Tensor) -> Tensor:
    """The Bessel function of the first kind of order 1, J₁(x), elementwise."""

@overload
def j1(x: ArrayLike) -> NDArray[Any]: ...
@overload
def y0(x: Tensor) -> Tensor:
    """The Bessel function of the second kind of order 0, Y₀(x), elementwise."""

@overload
def y0(x: ArrayLike) -> NDArray[Any]: ...
@overload
def y1(x: Tensor) -> Tensor:
    """The Bessel function of the second kind of order 1, Y₁(x), elementwise."""

@overload
def y1(x: ArrayLike) -> NDArray[Any]: ...
@overload
def i0(x: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 0, I₀(x), elementwise."""

@overload
def i0(x: ArrayLike) -> NDArray[Any]: ...
@overload
def i1(x: Tensor) -> Tensor:
    """The modified Bessel function of the first kind of order 1, I₁(x), elementwise."""

@overload
def i1(x: ArrayLike) -> NDArray[Any]: ...
@overload
def k0(x: Tensor) -> Tensor:
    """The modified Bessel function of the second kind of order 0, K₀(x), elementwise."""

@overload
def k0(x: ArrayLike) -> NDArray[Any]: ...
@overload
def k1(x: Tensor) -> Tensor:
    """The modified Bessel function of the second kind of order 1, K₁(x), elementwise."""

@overload
def k1(x: ArrayLike) -> NDArray[Any]: ...
@overload
def jv(v: Tensor, z: Tensor | ArrayLike) -> Tensor:
    """The Bessel function of the first kind, Jᵥ(z), elementwise."""

@overload
def jv(v: ArrayLike, z: ArrayLike) -> NDArray[Any]: ...
@overload
def jv(v: ArrayLike, z: Tensor) -> Tensor: ...
@overload
def jn(v: Tensor, z: Tensor | ArrayLike) -> Tensor:
    """The Bessel function of the first kind, Jᵥ(z), elementwise."""

@overload
def jn(v: ArrayLike, z: ArrayLike) -> NDArray[Any]: ...
@overload
def jn(v: ArrayLike, z: Tensor) -> Tensor: ...
@overload
def yn(n: Tensor, x: Tensor | ArrayLike) -> Tensor:
    """The Bessel function of the second kind of an integer order, Yₙ(x), elementwise."""

@overload
def yn(n: ArrayLike, x: ArrayLike) -> NDArray[Any]: ...
@overload
def yn(n: ArrayLike, x: Tensor) -> Tensor: ...
@overload
def yv(v: Tensor, z: Tensor | ArrayLike) -> Tensor:
    """The Bessel function of the second kind, Yᵥ(z), elementwise."""

@overload
def yv(v: ArrayLike, z: ArrayLike) -> NDArray[Any]: ...
@overload
def yv(v: ArrayLike, z: Tensor) -> Tensor: ...
@overload
def iv(v: Tensor, z: Tensor | ArrayLike) -> Tensor:
    """The modified Bessel function of the first kind, Iᵥ(z), elementwise."""

@overload
def iv(v: ArrayLike, z: ArrayLike) -> NDArray[Any]: ...
@overload
def iv(v: ArrayLike, z: Tensor) -> Tensor: ...
@overload
def kv(v: Tensor, z: Tensor | ArrayLike) -> Tensor:
    """The modified Bessel function of the second kind, Kᵥ(z), elementwise."""

@overload
def kv(v: ArrayLike, z: ArrayLike) -> NDArray[Any]: ...
@overload
def kv(v: ArrayLike, z: Tensor) -> Tensor: ...
@overload
def ive(v: Tensor, z: Tensor | ArrayLike) -> Tensor:
    """The scaled modified Bessel function of the first kind, e^(−|z|) · Iᵥ(z), elementwise."""

@overload
def ive(v: ArrayLike, z: ArrayLike) -> NDArray[Any]: ...
@overload
def ive(v: ArrayLike, z: Tensor) -> Tensor: ...
@overload
def i0e(x: Tensor) -> Tensor:
    """The scaled modified Bessel function e^(−|x|) · I₀(x), elementwise."""

@overload
def i0e(x: ArrayLike) -> NDArray[Any]: ...
@overload
def i1e(x: Tensor) -> Tensor:
    """The scaled modified Bessel function e^(−|x|) · I₁(x), elementwise."""

@overload
def i1e(x: ArrayLike) -> NDArray[Any]: ...
@overload
def gammainc(a: Tensor, x: Tensor | ArrayLike) -> Tensor:
    """The regularised lower incomplete gamma function P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a), elementwise."""

@overload
def gammainc(a: ArrayLike, x: ArrayLike) -> NDArray[Any]: ...
@overload
def gammainc(a: ArrayLike, x: Tensor) -> Tensor: ...
@overload
def gammaincc(a: Tensor, x: Tensor | ArrayLike) -> Tensor:
    """The regularised upper incomplete gamma function Q(a, x) = 1 − P(a, x), elementwise."""

@overload
def gammaincc(a: ArrayLike, x: ArrayLike) -> NDArray[Any]: ...
@overload
def gammaincc(a: ArrayLike, x: Tensor) -> Tensor: ...
@overload
def betainc(a: Tensor, b: Tensor | ArrayLike, x: Tensor | ArrayLike) -> Tensor:
    """The regularised incomplete beta function I(a, b, x) = ∫₀ˣ tᵃ⁻¹ (1 − t)ᵇ⁻¹ dt / B(a, b), elementwise."""

@overload
def betainc(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> NDArray[Any]: ...
@overload
def betainc(a: ArrayLike, b: Tensor | ArrayLike, x: Tensor | ArrayLike) -> Tensor: ...
@overload
def betaincc(a: Tensor, b: Tensor | ArrayLike, x: Tensor | ArrayLike) -> Tensor:
    """The complement of the regularised incomplete beta function, 1 − I(a, b, x), elementwise."""

@overload
def betaincc(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> NDArray[Any]: ...
@overload
def betaincc(a: ArrayLike, b: Tensor | ArrayLike, x: Tensor | ArrayLike) -> Tensor: ...
@overload
def stdtr(df: Tensor, t: Tensor | ArrayLike) -> Tensor:
    """The distribution function of Student's t distribution, elementwise."""

@overload
def stdtr(df: ArrayLike, t: ArrayLike) -> NDArray[Any]: ...
@overload
def stdtr(df: ArrayLike, t: Tensor) -> Tensor: ...
@overload
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor | ArrayLike,
    value: Tensor | ArrayLike,
    attn_mask: Tensor | ArrayLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: np.random.Generator | int | None = None,
) -> Tensor:
    """The values weighted by how well their keys match each query: softmax(q kᵀ · scale + mask) v."""

@overload
def scaled_dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    attn_mask: ArrayLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: np.random.Generator | int | None = None,
) -> NDArray[Any]: ...
@overload
def scaled_dot_product_attention(
    query: ArrayLike,
    key: Tensor | ArrayLike,
    value: Tensor | ArrayLike,
    attn_mask: Tensor | ArrayLike | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    *,
    rng: np.random.Generator | int | None = None,
) -> Tensor: ...
@overload
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor | ArrayLike,
    input_lengths: Tensor | ArrayLike,
    target_lengths: Tensor | ArrayLike,
    blank: int = 0,
    reduction: Literal["none", "mean", "sum"] = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """The negative log-likelihood of labels under all their alignments with a sequence (CTC)."""

@overload
def ctc_loss(
    log_probs: ArrayLike,
    targets: ArrayLike,
    input_lengths: ArrayLike,
    target_lengths: ArrayLike,
    blank: int = 0,
    reduction: Literal["none", "mean", "sum"] = "mean",
    zero_infinity: bool = False,
) -> NDArray[Any]: ...
@overload
def ctc_loss(
    log_probs: ArrayLike,
    targets: Tensor | ArrayLike,
    input_lengths: Tensor | ArrayLike,
    target_lengths: Tensor | ArrayLike,
    blank: int = 0,
    reduction: Literal["none", "mean", "sum"] = "mean",
    zero_infinity: bool = False,
) -> Tensor: ...
@overload
def layer_norm(
    x: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Each example normalised over its last axes: (x − mean) / √(variance + eps) · weight + bias. x (...) -> (...)."""

@overload
def layer_norm(
    x: ArrayLike,
    normalized_shape: int | Sequence[int],
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    eps: float = 1e-05,
) -> NDArray[Any]: ...
@overload
def layer_norm(
    x: ArrayLike,
    normalized_shape: int | Sequence[int],
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    eps: float = 1e-05,
) -> Tensor: ...
@overload
def rms_norm(
    x: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | ArrayLike | None = None,
    eps: float | None = None,
) -> Tensor:
    """Each example divided by its root mean square over its last axes: x / √(mean x² + eps) · weight."""

@overload
def rms_norm(
    x: ArrayLike,
    normalized_shape: int | Sequence[int],
    weight: ArrayLike | None = None,
    eps: float | None = None,
) -> NDArray[Any]: ...
@overload
def rms_norm(
    x: ArrayLike,
    normalized_shape: int | Sequence[int],
    weight: Tensor | ArrayLike | None = None,
    eps: float | None = None,
) -> Tensor: ...
@overload
def group_norm(
    x: Tensor,
    num_groups: int,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Each group of channels of each example normalised: (x − mean) / √(variance + eps) · weight + bias."""

@overload
def group_norm(
    x: ArrayLike,
    num_groups: int,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    eps: float = 1e-05,
) -> NDArray[Any]: ...
@overload
def group_norm(
    x: ArrayLike,
    num_groups: int,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    eps: float = 1e-05,
) -> Tensor: ...
@overload
def instance_norm(
    x: Tensor,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Each channel of each example normalised: (x − mean) / √(variance + eps) · weight + bias."""

@overload
def instance_norm(
    x: ArrayLike,
    weight: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    eps: float = 1e-05,
) -> NDArray[Any]: ...
@overload
def instance_norm(
    x: ArrayLike,
    weight: Tensor | ArrayLike | None = None,
    bias: Tensor | ArrayLike | None = None,
    eps: float = 1e-05,
) -> Tensor: ...
@overload
def local_response_norm(x: Tensor, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Each number divided by its neighbours' in other channels: x / (k + α · mean of x² over `size` channels)^β."""

@overload
def local_response_norm(
    x: ArrayLike,
    size: int,
    alpha: float = 0.0001,
    beta: float = 0.75,
    k: float = 1.0,
) -> NDArray[Any]: ...
@overload
def normalize(x: Tensor, p: float = 2.0, axis: int | Sequence[int] = 1, eps: float = 1e-12) -> Tensor:
    """The numbers divided by their length along an axis, x / max(‖x‖, eps), which becomes 1. x (...) -> (...)."""

@overload
def normalize(x: ArrayLike, p: float = 2.0, axis: int | Sequence[int] = 1, eps: float = 1e-12) -> NDArray[Any]: ...
@overload
def l1_loss(x: Tensor, target: Tensor | ArrayLike, reduction: Literal["none", "mean", "sum"] = "mean") -> Tensor:
    """The absolute difference |x − target|. x, target (...) -> () or (...)."""

@overload
def l1_loss(x: ArrayLike, target: ArrayLike, reduction: Literal["none", "mean", "sum"] = "mean") -> NDArray[Any]: ...
@overload
def l1_loss(x: ArrayLike, target: Tensor, reduction: Literal["none", "mean", "sum"] = "mean") -> Tensor: ...
@overload
def mse_loss(x: Tensor, target: Tensor | ArrayLike, reduction: Literal["none", "mean", "sum"] = "mean") -> Tensor:
    """The squared difference (x − target)². x, target (...) -> () or (...)."""

@overload
def mse_loss(x: ArrayLike, target: ArrayLike, reduction: Literal["none", "mean", "sum"] = "mean") -> NDArray[Any]: ...
@overload
def mse_loss(x: ArrayLike, target: Tensor, reduction: Literal["none", "mean", "sum"] = "mean") -> Tensor: ...
@overload
def huber_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    reduction: Literal["none", "mean", "sum"] = "mean",
    delta: float = 1.0,
) -> Tensor:
    """Half the squared difference, ½d², or δ (|d| − ½δ) where |d| is above δ. x, target (...) -> () or (...)."""

@overload
def huber_loss(
    x: ArrayLike,
    target: ArrayLike,
    reduction: Literal["none", "mean", "sum"] = "mean",
    delta: float = 1.0,
) -> NDArray[Any]: ...
@overload
def huber_loss(
    x: ArrayLike,
    target: Tensor,
    reduction: Literal["none", "mean", "sum"] = "mean",
    delta: float = 1.0,
) -> Tensor: ...
@overload
def smooth_l1_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    reduction: Literal["none", "mean", "sum"] = "mean",
    beta: float = 1.0,
) -> Tensor:
    """The absolute difference less ½β, or ½d²/β where that is below β. x, target (...) -> () or (...)."""

@overload
def smooth_l1_loss(
    x: ArrayLike,
    target: ArrayLike,
    reduction: Literal["none", "mean", "sum"] = "mean",
    beta: float = 1.0,
) -> NDArray[Any]: ...
@overload
def smooth_l1_loss(
    x: ArrayLike,
    target: Tensor,
    reduction: Literal["none", "mean", "sum"] = "mean",
    beta: float = 1.0,
) -> Tensor: ...
@overload
def kl_div(
    x: Tensor,
    target: Tensor | ArrayLike,
    reduction: Literal["none", "mean", "batchmean", "sum"] = "mean",
    log_target: bool = False,
) -> Tensor:
    """The Kullback-Leibler divergence t (log t − x) of probabilities t from those whose logarithms are x."""

@overload
def kl_div(
    x: ArrayLike,
    target: ArrayLike,
    reduction: Literal["none", "mean", "batchmean", "sum"] = "mean",
    log_target: bool = False,
) -> NDArray[Any]: ...
@overload
def kl_div(
    x: ArrayLike,
    target: Tensor,
    reduction: Literal["none", "mean", "batchmean", "sum"] = "mean",
    log_target: bool = False,
) -> Tensor: ...
@overload
def poisson_nll_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-08,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The negative log-likelihood of counts under a Poisson distribution: eˣ − t x, or x − t log(x + eps)."""

@overload
def poisson_nll_loss(
    x: ArrayLike,
    target: ArrayLike,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-08,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def poisson_nll_loss(
    x: ArrayLike,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-08,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def gaussian_nll_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    var: Tensor | ArrayLike,
    full: bool = False,
    eps: float = 1e-06,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The loss of a normal distribution: ½ (log v + (x − t)² / v) with v = max(var, eps). x (...) -> () or (...)."""

@overload
def gaussian_nll_loss(
    x: ArrayLike,
    target: ArrayLike,
    var: ArrayLike,
    full: bool = False,
    eps: float = 1e-06,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def gaussian_nll_loss(
    x: ArrayLike,
    target: Tensor | ArrayLike,
    var: Tensor | ArrayLike,
    full: bool = False,
    eps: float = 1e-06,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def cosine_similarity(x1: Tensor, x2: Tensor | ArrayLike, axis: int = 1, eps: float = 1e-08) -> Tensor:
    """The cosine of the angle between vectors: x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)). (..., n, ...) -> (...)."""

@overload
def cosine_similarity(x1: ArrayLike, x2: ArrayLike, axis: int = 1, eps: float = 1e-08) -> NDArray[Any]: ...
@overload
def cosine_similarity(x1: ArrayLike, x2: Tensor, axis: int = 1, eps: float = 1e-08) -> Tensor: ...
@overload
def pairwise_distance(
    x1: Tensor,
    x2: Tensor | ArrayLike,
    p: float = 2.0,
    eps: float = 1e-06,
    keepdims: bool = False,
) -> Tensor:
    """The distance of vectors, (Σ |x1 − x2 + eps|^p)^(1/p). x1, x2 (..., n) -> (...)."""

@overload
def pairwise_distance(
    x1: ArrayLike,
    x2: ArrayLike,
    p: float = 2.0,
    eps: float = 1e-06,
    keepdims: bool = False,
) -> NDArray[Any]: ...
@overload
def pairwise_distance(
    x1: ArrayLike,
    x2: Tensor,
    p: float = 2.0,
    eps: float = 1e-06,
    keepdims: bool = False,
) -> Tensor: ...
@overload
def hinge_embedding_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    margin: float = 1.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The distance x where the target is 1, and max(0, margin − x) where it is −1."""

@overload
def hinge_embedding_loss(
    x: ArrayLike,
    target: ArrayLike,
    margin: float = 1.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def hinge_embedding_loss(
    x: ArrayLike,
    target: Tensor,
    margin: float = 1.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def margin_ranking_loss(
    x1: Tensor,
    x2: Tensor | ArrayLike,
    target: Tensor | ArrayLike,
    margin: float = 0.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """How far x1 fails to be above x2 by the margin: max(0, −t (x1 − x2) + margin). (...) -> () or (...)."""

@overload
def margin_ranking_loss(
    x1: ArrayLike,
    x2: ArrayLike,
    target: ArrayLike,
    margin: float = 0.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def margin_ranking_loss(
    x1: ArrayLike,
    x2: Tensor | ArrayLike,
    target: Tensor | ArrayLike,
    margin: float = 0.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def soft_margin_loss(
    x: Tensor,
    target: Tensor | ArrayLike,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The logistic loss log(1 + e^(−t x)) of scores x with targets t of 1 and −1."""

@overload
def soft_margin_loss(
    x: ArrayLike,
    target: ArrayLike,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def soft_margin_loss(x: ArrayLike, target: Tensor, reduction: Literal["none", "mean", "sum"] = "mean") -> Tensor: ...
@overload
def cosine_embedding_loss(
    x1: Tensor,
    x2: Tensor | ArrayLike,
    target: Tensor | ArrayLike,
    margin: float = 0.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """The cosine of two vectors, 1 − cos where t is 1, max(0, cos − margin) where it is −1. -> () or (N,)."""

@overload
def cosine_embedding_loss(
    x1: ArrayLike,
    x2: ArrayLike,
    target: ArrayLike,
    margin: float = 0.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def cosine_embedding_loss(
    x1: ArrayLike,
    x2: Tensor | ArrayLike,
    target: Tensor | ArrayLike,
    margin: float = 0.0,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor | ArrayLike,
    negative: Tensor | ArrayLike,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor:
    """How far a negative fails to be farther off than a positive: max(0, d(a, p) − d(a, n) + margin). -> ()."""

@overload
def triplet_margin_loss(
    anchor: ArrayLike,
    positive: ArrayLike,
    negative: ArrayLike,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> NDArray[Any]: ...
@overload
def triplet_margin_loss(
    anchor: ArrayLike,
    positive: Tensor | ArrayLike,
    negative: Tensor | ArrayLike,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-06,
    swap: bool = False,
    reduction: Literal["none", "mean", "sum"] = "mean",
) -> Tensor: ...
@overload
def conv1d(
    x: Tensor,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution y[n,k,i] = b[k] + Σ w[k,c,u] · x[n, c, s·i + d·u − p] of sequences x."""

@overload
def conv1d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> NDArray[Any]: ...
@overload
def conv1d(
    x: ArrayLike,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor: ...
@overload
def conv3d(
    x: Tensor,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of volumes x, as `conv2d` with depth as a third axis."""

@overload
def conv3d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> NDArray[Any]: ...
@overload
def conv3d(
    x: ArrayLike,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor: ...
@overload
def conv_transpose1d(
    y: Tensor,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """The adjoint of conv1d in its sequences: each value of a map adds its filter to the sequence."""

@overload
def conv_transpose1d(
    y: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> NDArray[Any]: ...
@overload
def conv_transpose1d(
    y: ArrayLike,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor: ...
@overload
def conv_transpose3d(
    y: Tensor,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """The adjoint of conv3d in its volumes: each value of a map adds its filter to the volume."""

@overload
def conv_transpose3d(
    y: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> NDArray[Any]: ...
@overload
def conv_transpose3d(
    y: ArrayLike,
    w: Tensor | ArrayLike,
    b: Tensor | ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor: ...
@overload
def max_pool1d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor:
    """The largest element of each window."""

@overload
def max_pool1d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def max_pool1d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool1d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def max_pool1d(
    x: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool,
) -> Any: ...
@overload
def max_pool3d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Tensor:
    """The largest element of each window."""

@overload
def max_pool3d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def max_pool3d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool3d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def max_pool3d(
    x: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool,
) -> Any: ...
@overload
def avg_pool1d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Tensor:
    """The mean of each window."""

@overload
def avg_pool1d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> NDArray[Any]: ...
@overload
def avg_pool3d(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Tensor:
    """The mean of each window."""

@overload
def avg_pool3d(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | str | tuple[int | tuple[int, int], ...] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> NDArray[Any]: ...
@overload
def lp_pool1d(
    x: Tensor,
    norm_type: float,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window, (Σ xᵖ)^(1/p)."""

@overload
def lp_pool1d(
    x: ArrayLike,
    norm_type: float,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> NDArray[Any]: ...
@overload
def lp_pool2d(
    x: Tensor,
    norm_type: float,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window, (Σ xᵖ)^(1/p)."""

@overload
def lp_pool2d(
    x: ArrayLike,
    norm_type: float,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> NDArray[Any]: ...
@overload
def lp_pool3d(
    x: Tensor,
    norm_type: float,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window, (Σ xᵖ)^(1/p)."""

@overload
def lp_pool3d(
    x: ArrayLike,
    norm_type: float,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    ceil_mode: bool = False,
) -> NDArray[Any]: ...
@overload
def max_unpool1d(
    y: Tensor,
    indices: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Tensor:
    """The pooled values back at the positions of their maxima, zeros elsewhere; overlaps add up."""

@overload
def max_unpool1d(
    y: ArrayLike,
    indices: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> NDArray[Any]: ...
@overload
def max_unpool1d(
    y: ArrayLike,
    indices: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Tensor: ...
@overload
def max_unpool3d(
    y: Tensor,
    indices: Tensor | ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Tensor:
    """The pooled values back at the positions of their maxima, zeros elsewhere; overlaps add up."""

@overload
def max_unpool3d(
    y: ArrayLike,
    indices: ArrayLike,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> NDArray[Any]: ...
@overload
def max_unpool3d(
    y: ArrayLike,
    indices: Tensor,
    *,
    kernel_size: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    output_size: Any = None,
) -> Tensor: ...
@overload
def adaptive_avg_pool1d(x: Tensor, output_size: Tensor | ArrayLike) -> Tensor:
    """The means of so many windows that cover the map."""

@overload
def adaptive_avg_pool1d(x: ArrayLike, output_size: ArrayLike) -> NDArray[Any]: ...
@overload
def adaptive_avg_pool1d(x: ArrayLike, output_size: Tensor) -> Tensor: ...
@overload
def adaptive_avg_pool2d(x: Tensor, output_size: Tensor | ArrayLike) -> Tensor:
    """The means of so many windows that cover the map."""

@overload
def adaptive_avg_pool2d(x: ArrayLike, output_size: ArrayLike) -> NDArray[Any]: ...
@overload
def adaptive_avg_pool2d(x: ArrayLike, output_size: Tensor) -> Tensor: ...
@overload
def adaptive_avg_pool3d(x: Tensor, output_size: Tensor | ArrayLike) -> Tensor:
    """The means of so many windows that cover the map."""

@overload
def adaptive_avg_pool3d(x: ArrayLike, output_size: ArrayLike) -> NDArray[Any]: ...
@overload
def adaptive_avg_pool3d(x: ArrayLike, output_size: Tensor) -> Tensor: ...
@overload
def adaptive_max_pool1d(x: Tensor, output_size: Tensor | ArrayLike, return_indices: Literal[False] = False) -> Tensor:
    """The maxima of so many windows that cover the map."""

@overload
def adaptive_max_pool1d(
    x: ArrayLike,
    output_size: ArrayLike,
    return_indices: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def adaptive_max_pool1d(x: ArrayLike, output_size: Tensor, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool1d(
    x: Tensor,
    output_size: Tensor | ArrayLike,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool1d(
    x: ArrayLike,
    output_size: ArrayLike,
    return_indices: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def adaptive_max_pool1d(x: ArrayLike, output_size: Tensor, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool1d(x: Tensor | ArrayLike, output_size: Tensor | ArrayLike, return_indices: bool) -> Any: ...
@overload
def adaptive_max_pool2d(x: Tensor, output_size: Tensor | ArrayLike, return_indices: Literal[False] = False) -> Tensor:
    """The maxima of so many windows that cover the map."""

@overload
def adaptive_max_pool2d(
    x: ArrayLike,
    output_size: ArrayLike,
    return_indices: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def adaptive_max_pool2d(x: ArrayLike, output_size: Tensor, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool2d(
    x: Tensor,
    output_size: Tensor | ArrayLike,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d(
    x: ArrayLike,
    output_size: ArrayLike,
    return_indices: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def adaptive_max_pool2d(x: ArrayLike, output_size: Tensor, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d(x: Tensor | ArrayLike, output_size: Tensor | ArrayLike, return_indices: bool) -> Any: ...
@overload
def adaptive_max_pool3d(x: Tensor, output_size: Tensor | ArrayLike, return_indices: Literal[False] = False) -> Tensor:
    """The maxima of so many windows that cover the map."""

@overload
def adaptive_max_pool3d(
    x: ArrayLike,
    output_size: ArrayLike,
    return_indices: Literal[False] = False,
) -> NDArray[Any]: ...
@overload
def adaptive_max_pool3d(x: ArrayLike, output_size: Tensor, return_indices: Literal[False] = False) -> Tensor: ...
@overload
def adaptive_max_pool3d(
    x: Tensor,
    output_size: Tensor | ArrayLike,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d(
    x: ArrayLike,
    output_size: ArrayLike,
    return_indices: Literal[True],
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def adaptive_max_pool3d(x: ArrayLike, output_size: Tensor, return_indices: Literal[True]) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d(x: Tensor | ArrayLike, output_size: Tensor | ArrayLike, return_indices: bool) -> Any: ...
@overload
def global_avg_pool(x: Tensor) -> Tensor:
    """The mean of each channel. x (N, C, ...) -> (N, C, 1, ...)."""

@overload
def global_avg_pool(x: ArrayLike) -> NDArray[Any]: ...
@overload
def global_max_pool(x: Tensor) -> Tensor:
    """The maximum of each channel. x (N, C, ...) -> (N, C, 1, ...)."""

@overload
def global_max_pool(x: ArrayLike) -> NDArray[Any]: ...
@overload
def interpolate(
    x: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
    antialias: bool = False,
) -> Tensor:
    """Images of another size. x (N, C, ...) -> (N, C, *size)."""

@overload
def interpolate(
    x: ArrayLike,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
    antialias: bool = False,
) -> NDArray[Any]: ...
@overload
def unfold(
    x: Tensor,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> Tensor:
    """The patches that a kernel meets, as columns of a matrix; im2col."""

@overload
def unfold(
    x: ArrayLike,
    *,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> NDArray[Any]: ...
@overload
def fold(
    y: Tensor,
    *,
    output_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> Tensor:
    """The adjoint of unfold: each column is added to the image where its patch was."""

@overload
def fold(
    y: ArrayLike,
    *,
    output_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> NDArray[Any]: ...
@overload
def pixel_shuffle(x: Tensor, upscale_factor: int) -> Tensor:
    """Channels made pixels: r² of them become a square of r×r. x (N, C·r², H, W) -> (N, C, H·r, W·r)."""

@overload
def pixel_shuffle(x: ArrayLike, upscale_factor: int) -> NDArray[Any]: ...
@overload
def pixel_unshuffle(x: Tensor, downscale_factor: int) -> Tensor:
    """Pixels made channels: the inverse of pixel_shuffle. x (N, C, H·r, W·r) -> (N, C·r², H, W)."""

@overload
def pixel_unshuffle(x: ArrayLike, downscale_factor: int) -> NDArray[Any]: ...
@overload
def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """The channels of each group spread over all groups. x (N, groups·C, ...) -> (N, C·groups, ...)."""

@overload
def channel_shuffle(x: ArrayLike, groups: int) -> NDArray[Any]: ...
@overload
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """The places that an affine map takes an image's pixels to, for grid_sample."""

@overload
def affine_grid(theta: ArrayLike, size: Sequence[int], align_corners: bool = False) -> NDArray[Any]: ...
@overload
def grid_sample(
    x: Tensor,
    grid: Tensor | ArrayLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Tensor:
    """Images at places of a grid. x (N, C, H, W), grid (N, Hg, Wg, 2) -> (N, C, Hg, Wg)."""

@overload
def grid_sample(
    x: ArrayLike,
    grid: ArrayLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> NDArray[Any]: ...
@overload
def grid_sample(
    x: ArrayLike,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Tensor: ...
