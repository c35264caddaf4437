"""The operations as functions; written by `make stubs`, not by hand."""
# mypy: disable-error-code=overload-overlap

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..core.aliases import ArrayLike, Index
from ..core.tensor import Tensor
from .search import UniqueAllResult, UniqueCountsResult, UniqueInverseResult

__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "add",
    "add_sequence",
    "affine_grid",
    "all",
    "allclose",
    "alpha_dropout",
    "angle",
    "any",
    "append",
    "arange",
    "arccos",
    "arccosh",
    "arccot",
    "arccoth",
    "arccsc",
    "arccsch",
    "arcsec",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argpartition",
    "argsort",
    "around",
    "array",
    "array_equal",
    "array_split",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "average",
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
    "bincount",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "block",
    "broadcast_arrays",
    "broadcast_to",
    "cbrt",
    "cdist",
    "ceil",
    "celu",
    "channel_shuffle",
    "choose",
    "chunk",
    "clip",
    "column_stack",
    "compress",
    "concat",
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
    "convolve",
    "copy",
    "copysign",
    "corrcoef",
    "correlate",
    "cos",
    "cosh",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cot",
    "coth",
    "count_nonzero",
    "cov",
    "cross",
    "cross_entropy",
    "csc",
    "csch",
    "ctc_loss",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "deg2rad",
    "degrees",
    "delete",
    "diag",
    "diagflat",
    "diagonal",
    "diff",
    "digamma",
    "digitize",
    "divide",
    "divmod",
    "dot",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "dsplit",
    "dstack",
    "ediff1d",
    "einsum",
    "elu",
    "embedding",
    "embedding_bag",
    "empty",
    "empty_like",
    "entr",
    "equal",
    "erf",
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "exp",
    "exp2",
    "expand_dims",
    "expit",
    "expm1",
    "extract",
    "eye",
    "fabs",
    "fftconvolve",
    "fix",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "focal_loss",
    "fold",
    "frac",
    "frexp",
    "full",
    "full_like",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gammasgn",
    "gate",
    "gather",
    "gaussian_nll_loss",
    "gelu",
    "geomspace",
    "getitem",
    "global_avg_pool",
    "global_max_pool",
    "glu",
    "gradient",
    "greater",
    "greater_equal",
    "grid_sample",
    "group_norm",
    "gru",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "heaviside",
    "hinge_embedding_loss",
    "histogram",
    "hsplit",
    "hstack",
    "huber_loss",
    "hypot",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "identity",
    "imag",
    "index_add",
    "index_copy",
    "inner",
    "insert",
    "instance_norm",
    "interp",
    "interpolate",
    "invert",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "jv",
    "k0",
    "k1",
    "kl_div",
    "kron",
    "kthvalue",
    "kv",
    "l1_loss",
    "layer_norm",
    "ldexp",
    "leaky_relu",
    "left_shift",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linear",
    "linspace",
    "local_response_norm",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logsigmoid",
    "logspace",
    "logsumexp",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "lstm",
    "margin_ranking_loss",
    "masked_fill",
    "matmul",
    "matrix_trace",
    "matrix_transpose",
    "matvec",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "maximum",
    "mean",
    "median",
    "meshgrid",
    "min",
    "minimum",
    "mish",
    "mod",
    "modf",
    "moveaxis",
    "mse_loss",
    "multi_margin_loss",
    "multi_matmul",
    "multigammaln",
    "multilabel_soft_margin_loss",
    "multiply",
    "multiply_sequence",
    "nan_to_num",
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
    "ndtr",
    "ndtri",
    "negative",
    "nextafter",
    "nll_loss",
    "nonzero",
    "normalize",
    "not_equal",
    "odeint",
    "one_hot",
    "ones",
    "ones_like",
    "outer",
    "pad",
    "pairwise_distance",
    "partition",
    "percentile",
    "permute_dims",
    "piecewise",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "polygamma",
    "pow",
    "power",
    "prelu",
    "prod",
    "psi",
    "ptp",
    "qr",
    "quantile",
    "rad2deg",
    "radians",
    "ravel",
    "real",
    "real_if_close",
    "reciprocal",
    "relu",
    "relu6",
    "remainder",
    "repeat",
    "reshape",
    "resize",
    "rgamma",
    "right_shift",
    "rint",
    "rms_norm",
    "rnn",
    "roll",
    "rollaxis",
    "rot90",
    "round",
    "rrelu",
    "rsqrt",
    "scaled_dot_product_attention",
    "scatter",
    "scatter_add",
    "searchsorted",
    "sec",
    "sech",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_sum",
    "select",
    "selu",
    "sigmoid",
    "sign",
    "signbit",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "sliding_window_view",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmax_focal_loss",
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
    "std_mean",
    "stdtr",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tanhshrink",
    "tensordot",
    "threshold",
    "tile",
    "topk",
    "transpose",
    "trapezoid",
    "tri",
    "tril",
    "triplet_margin_loss",
    "triu",
    "true_divide",
    "trunc",
    "unflatten",
    "unfold",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "unwrap",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "vecdot",
    "vecmat",
    "vsplit",
    "vstack",
    "where",
    "xlog1py",
    "xlogy",
    "y0",
    "y1",
    "yn",
    "yv",
    "zeros",
    "zeros_like",
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
    """The sign of x, elementwise: -1, 0 or 1; of complex numbers x / |x|, and 0 of 0. x (...) -> (...)."""

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
def clip(
    x: Tensor,
    low: Tensor | ArrayLike | None = None,
    high: Tensor | ArrayLike | None = None,
    *,
    a_min: Any = None,
    a_max: Any = None,
    min: Any = None,
    max: Any = None,
) -> Tensor:
    """The numbers limited to [low, high], elementwise; PyTorch's `clamp`. x (...) -> (...)."""

@overload
def clip(
    x: ArrayLike,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    *,
    a_min: Any = None,
    a_max: Any = None,
    min: Any = None,
    max: Any = None,
) -> NDArray[Any]: ...
@overload
def clip(
    x: ArrayLike,
    low: Tensor | ArrayLike | None = None,
    high: Tensor | ArrayLike | None = None,
    *,
    a_min: Any = None,
    a_max: Any = None,
    min: Any = None,
    max: Any = None,
) -> Tensor: ...
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
def where(condition: Tensor, x: Tensor | ArrayLike = ..., y: Tensor | ArrayLike = ..., *, of: Any = None) -> Tensor:
    """The elements of x where the condition holds, those of y elsewhere. condition, x, y (...) -> (...)."""

@overload
def where(condition: ArrayLike, x: ArrayLike = ..., y: ArrayLike = ..., *, of: Any = None) -> NDArray[Any]: ...
@overload
def where(
    condition: ArrayLike,
    x: Tensor | ArrayLike = ...,
    y: Tensor | ArrayLike = ...,
    *,
    of: Any = None,
) -> Tensor: ...
@overload
def astype(x: Tensor, dtype: DTypeLike) -> Tensor:
    """The numbers in another dtype, PyTorch's `to`. x (...) -> (...)."""

@overload
def astype(x: ArrayLike, dtype: DTypeLike) -> NDArray[Any]: ...
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
def flip(x: Tensor, axis: int | Sequence[int] | None = None) -> Tensor:
    """The elements in reverse order along the given axes, by default all. x (...) -> (...)."""

@overload
def flip(x: ArrayLike, axis: int | Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def concatenate(arrays: Sequence[Tensor], axis: int | None = 0, *, dtype: Any = None) -> Tensor:
    """The arrays joined along an existing axis; PyTorch's `cat`. (a, c), (b, c) -> (a + b, c)."""

@overload
def concatenate(arrays: Sequence[ArrayLike], axis: int | None = 0, *, dtype: Any = None) -> NDArray[Any]: ...
@overload
def concatenate(arrays: Sequence[Tensor | ArrayLike], axis: int | None = 0, *, dtype: Any = None) -> Tensor: ...
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
def stack(arrays: Sequence[Tensor], axis: int = 0, *, dtype: Any = None) -> Tensor:
    """The arrays joined along a new axis. n × (a, b) -> (n, a, b) for axis 0."""

@overload
def stack(arrays: Sequence[ArrayLike], axis: int = 0, *, dtype: Any = None) -> NDArray[Any]: ...
@overload
def stack(arrays: Sequence[Tensor | ArrayLike], axis: int = 0, *, dtype: Any = None) -> Tensor: ...
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
def var(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: float = 0) -> Tensor:
    """The variance Σ(x − mean)² / (n − ddof) over the given axes, by default all. x (...) -> (...)."""

@overload
def var(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 0,
) -> NDArray[Any]: ...
@overload
def std(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: float = 0) -> Tensor:
    """The standard deviation √var over the given axes, by default all. x (...) -> (...)."""

@overload
def std(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 0,
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
def true_divide(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The quotient x / y, elementwise. x, y (...) -> (...)."""

@overload
def true_divide(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def true_divide(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def power(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The power x ** y, elementwise. x, y (...) -> (...)."""

@overload
def power(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def power(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def float_power(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The power x ** y in double precision at least, elementwise. x, y (...) -> (...)."""

@overload
def float_power(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def float_power(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def lerp(x: Tensor, y: Tensor | ArrayLike, weight: Tensor | ArrayLike) -> Tensor:
    """From x to y by a share of the way, x + weight·(y − x), elementwise; PyTorch's name."""

@overload
def lerp(x: ArrayLike, y: ArrayLike, weight: ArrayLike) -> NDArray[Any]: ...
@overload
def lerp(x: ArrayLike, y: Tensor | ArrayLike, weight: Tensor | ArrayLike) -> Tensor: ...
@overload
def add_sequence(*arrays: Tensor) -> Tensor:
    """The sum of several arrays, elementwise; MyGrad's name. (...), (...) -> (...)."""

@overload
def add_sequence(*arrays: ArrayLike) -> NDArray[Any]: ...
@overload
def add_sequence(*arrays: Tensor | ArrayLike) -> Tensor: ...
@overload
def multiply_sequence(*arrays: Tensor) -> Tensor:
    """The product of several arrays, elementwise; MyGrad's name. (...), (...) -> (...)."""

@overload
def multiply_sequence(*arrays: ArrayLike) -> NDArray[Any]: ...
@overload
def multiply_sequence(*arrays: Tensor | ArrayLike) -> Tensor: ...
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
def angle(x: Tensor, deg: Any = False) -> Tensor:
    """The angle in the complex plane, elementwise, in radians or degrees. x (...) -> (...)."""

@overload
def angle(x: ArrayLike, deg: Any = False) -> NDArray[Any]: ...
@overload
def real_if_close(x: Tensor, tol: Any = 100) -> Tensor:
    """The real part if all imaginary parts are close to 0, else x as it is. x (...) -> (...)."""

@overload
def real_if_close(x: ArrayLike, tol: Any = 100) -> NDArray[Any]: ...
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
    """The logarithm of the logistic function, −log(1 + e⁻ˣ), elementwise. x (...) -> (...)."""

@overload
def logsigmoid(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log_expit(x: Tensor) -> Tensor:
    """The logarithm of the logistic function, −log(1 + e⁻ˣ), elementwise. x (...) -> (...)."""

@overload
def log_expit(x: ArrayLike) -> NDArray[Any]: ...
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
def argsort(x: Tensor, axis: int | None = -1) -> Tensor:
    """The positions of the elements in ascending order along an axis. x (...) -> (...)."""

@overload
def argsort(x: ArrayLike, axis: int | None = -1) -> NDArray[Any]: ...
@overload
def sort(x: Tensor, axis: int | None = -1, *, descending: bool = False) -> Tensor:
    """The elements in ascending order along an axis. x (...) -> (...)."""

@overload
def sort(x: ArrayLike, axis: int | None = -1, *, descending: bool = False) -> NDArray[Any]: ...
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
def logsumexp(x: Tensor, axis: int | Sequence[int] | None = -1, keepdims: bool = False) -> Tensor:
    """The logarithm log Σeˣ along axes, without overflow; SciPy's name. x (..., n, ...) -> (...)."""

@overload
def logsumexp(x: ArrayLike, axis: int | Sequence[int] | None = -1, keepdims: bool = False) -> NDArray[Any]: ...
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
def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged; PyTorch's `transpose`. x (..., m, ..., n, ...) -> (..., n, ..., m, ...)."""

@overload
def swapaxes(x: ArrayLike, axis1: int, axis2: int) -> NDArray[Any]: ...
@overload
def moveaxis(x: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes moved to other places, the others in their order; PyTorch's `movedim`. x (a, b, c) -> (b, c, a)."""

@overload
def moveaxis(x: ArrayLike, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray[Any]: ...
@overload
def rollaxis(x: Tensor, axis: int, start: int = 0) -> Tensor:
    """One axis moved to before another; `moveaxis` says the same more plainly. x (a, b, c) -> (c, a, b)."""

@overload
def rollaxis(x: ArrayLike, axis: int, start: int = 0) -> NDArray[Any]: ...
@overload
def permute_dims(x: Tensor, axes: Any) -> Tensor:
    """The axes in another order, the array API's and PyTorch's way to say `transpose`. x (a, b, c) -> (c, a, b)."""

@overload
def permute_dims(x: ArrayLike, axes: Any) -> NDArray[Any]: ...
@overload
def rot90(x: Tensor, k: int = 1, axes: int | Sequence[int] = (0, 1)) -> Tensor:
    """Turned by right angles in the plane of two axes, from the first to the second. x (m, n) -> (n, m)."""

@overload
def rot90(x: ArrayLike, k: int = 1, axes: int | Sequence[int] = (0, 1)) -> NDArray[Any]: ...
@overload
def fliplr(x: Tensor) -> Tensor:
    """The columns in reverse order. x (m, n, ...) -> same."""

@overload
def fliplr(x: ArrayLike) -> NDArray[Any]: ...
@overload
def flipud(x: Tensor) -> Tensor:
    """The rows in reverse order. x (m, ...) -> same."""

@overload
def flipud(x: ArrayLike) -> NDArray[Any]: ...
@overload
def ravel(x: Tensor, order: Any = "C") -> Tensor:
    """All elements in one line. x (...) -> (n,)."""

@overload
def ravel(x: ArrayLike, order: Any = "C") -> NDArray[Any]: ...
@overload
def atleast_1d(*arrays: Tensor) -> Tensor:
    """Arrays of at least 1 axis. () -> (1,)."""

@overload
def atleast_1d(*arrays: ArrayLike) -> NDArray[Any]: ...
@overload
def atleast_1d(*arrays: Tensor | ArrayLike) -> Tensor: ...
@overload
def atleast_2d(*arrays: Tensor) -> Tensor:
    """Arrays of at least 2 axes. (n,) -> (1, n)."""

@overload
def atleast_2d(*arrays: ArrayLike) -> NDArray[Any]: ...
@overload
def atleast_2d(*arrays: Tensor | ArrayLike) -> Tensor: ...
@overload
def atleast_3d(*arrays: Tensor) -> Tensor:
    """Arrays of at least 3 axes. (n,) -> (1, n, 1), (m, n) -> (m, n, 1)."""

@overload
def atleast_3d(*arrays: ArrayLike) -> NDArray[Any]: ...
@overload
def atleast_3d(*arrays: Tensor | ArrayLike) -> Tensor: ...
@overload
def broadcast_arrays(*arrays: Tensor) -> tuple[Tensor, ...]:
    """Arrays in the shape that they have in common by NumPy's rules. (...), (...) -> a tuple of (...)."""

@overload
def broadcast_arrays(*arrays: ArrayLike) -> tuple[NDArray[Any], ...]: ...
@overload
def broadcast_arrays(*arrays: Tensor | ArrayLike) -> tuple[Tensor, ...]: ...
@overload
def meshgrid(*xi: Tensor, indexing: Any = "xy", sparse: Any = False, copy: Any = True) -> tuple[Tensor, ...]:
    """Coordinates of a grid from those along its axes. (n,), (m,) -> (m, n), (m, n)."""

@overload
def meshgrid(
    *xi: ArrayLike,
    indexing: Any = "xy",
    sparse: Any = False,
    copy: Any = True,
) -> tuple[NDArray[Any], ...]: ...
@overload
def meshgrid(
    *xi: Tensor | ArrayLike,
    indexing: Any = "xy",
    sparse: Any = False,
    copy: Any = True,
) -> tuple[Tensor, ...]: ...
@overload
def repeat(x: Tensor, repeats: int | ArrayLike, axis: int | None = None) -> Tensor:
    """Each element several times in a row along an axis. x (..., n, ...) -> (..., m, ...)."""

@overload
def repeat(x: ArrayLike, repeats: int | ArrayLike, axis: int | None = None) -> NDArray[Any]: ...
@overload
def resize(x: Tensor, new_shape: int | Sequence[int]) -> Tensor:
    """The elements in row-major order, over and over, until another shape is full. x (...) -> new_shape."""

@overload
def resize(x: ArrayLike, new_shape: int | Sequence[int]) -> NDArray[Any]: ...
@overload
def unflatten(x: Tensor, axis: int, sizes: int | Sequence[int]) -> Tensor:
    """One axis cut into several; PyTorch's name. x (..., n, ...) -> (..., *sizes, ...)."""

@overload
def unflatten(x: ArrayLike, axis: int, sizes: int | Sequence[int]) -> NDArray[Any]: ...
@overload
def equal(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x is y, elementwise. x, y (...) -> (...)."""

@overload
def equal(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def equal(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def not_equal(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x is not y, elementwise. x, y (...) -> (...)."""

@overload
def not_equal(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def not_equal(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def less(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x is below y, elementwise. x, y (...) -> (...)."""

@overload
def less(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def less(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def less_equal(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x is at most y, elementwise. x, y (...) -> (...)."""

@overload
def less_equal(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def less_equal(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def greater(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x is above y, elementwise. x, y (...) -> (...)."""

@overload
def greater(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def greater(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def greater_equal(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x is at least y, elementwise. x, y (...) -> (...)."""

@overload
def greater_equal(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def greater_equal(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def logical_and(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x and y are true, elementwise. x, y (...) -> (...)."""

@overload
def logical_and(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def logical_and(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def logical_or(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x or y is true, elementwise. x, y (...) -> (...)."""

@overload
def logical_or(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def logical_or(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def logical_xor(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """Whether x alone or y alone is true, elementwise. x, y (...) -> (...)."""

@overload
def logical_xor(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def logical_xor(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def logical_not(x: Tensor) -> Tensor:
    """Whether x is not true, elementwise. x (...) -> (...)."""

@overload
def logical_not(x: ArrayLike) -> NDArray[Any]: ...
@overload
def isnan(x: Tensor) -> Tensor:
    """Whether x is nan, elementwise. x (...) -> (...)."""

@overload
def isnan(x: ArrayLike) -> NDArray[Any]: ...
@overload
def isinf(x: Tensor) -> Tensor:
    """Whether x is infinite, elementwise. x (...) -> (...)."""

@overload
def isinf(x: ArrayLike) -> NDArray[Any]: ...
@overload
def isfinite(x: Tensor) -> Tensor:
    """Whether x is a finite number, elementwise. x (...) -> (...)."""

@overload
def isfinite(x: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_and(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits that x and y have, elementwise. x, y (...) -> (...)."""

@overload
def bitwise_and(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_and(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def bitwise_or(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits that x or y has, elementwise. x, y (...) -> (...)."""

@overload
def bitwise_or(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_or(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def bitwise_xor(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits that x alone or y alone has, elementwise. x, y (...) -> (...)."""

@overload
def bitwise_xor(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_xor(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def invert(x: Tensor) -> Tensor:
    """The bits that x lacks, elementwise. x (...) -> (...)."""

@overload
def invert(x: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_not(x: Tensor) -> Tensor:
    """The bits that x lacks, elementwise. x (...) -> (...)."""

@overload
def bitwise_not(x: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_invert(x: Tensor) -> Tensor:
    """The bits that x lacks, elementwise. x (...) -> (...)."""

@overload
def bitwise_invert(x: ArrayLike) -> NDArray[Any]: ...
@overload
def left_shift(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits of x moved up by y places, elementwise. x, y (...) -> (...)."""

@overload
def left_shift(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def left_shift(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def bitwise_left_shift(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits of x moved up by y places, elementwise. x, y (...) -> (...)."""

@overload
def bitwise_left_shift(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_left_shift(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def right_shift(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits of x moved down by y places, elementwise. x, y (...) -> (...)."""

@overload
def right_shift(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def right_shift(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def bitwise_right_shift(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The bits of x moved down by y places, elementwise. x, y (...) -> (...)."""

@overload
def bitwise_right_shift(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def bitwise_right_shift(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def exp2(x: Tensor) -> Tensor:
    """The power 2ˣ, elementwise. x (...) -> (...)."""

@overload
def exp2(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log2(x: Tensor) -> Tensor:
    """The logarithm to base 2, elementwise. x (...) -> (...)."""

@overload
def log2(x: ArrayLike) -> NDArray[Any]: ...
@overload
def log10(x: Tensor) -> Tensor:
    """The logarithm to base 10, elementwise. x (...) -> (...)."""

@overload
def log10(x: ArrayLike) -> NDArray[Any]: ...
@overload
def cbrt(x: Tensor) -> Tensor:
    """The cube root, elementwise, of negative numbers too. x (...) -> (...)."""

@overload
def cbrt(x: ArrayLike) -> NDArray[Any]: ...
@overload
def reciprocal(x: Tensor) -> Tensor:
    """The reciprocal 1 / x, elementwise. x (...) -> (...)."""

@overload
def reciprocal(x: ArrayLike) -> NDArray[Any]: ...
@overload
def rsqrt(x: Tensor) -> Tensor:
    """The reciprocal of the square root 1 / √x, elementwise; PyTorch's name. x (...) -> (...)."""

@overload
def rsqrt(x: ArrayLike) -> NDArray[Any]: ...
@overload
def logaddexp(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The logarithm of a sum, log(eˣ + eʸ), elementwise. x, y (...) -> (...)."""

@overload
def logaddexp(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def logaddexp(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def logaddexp2(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The logarithm of a sum to base 2, log₂(2ˣ + 2ʸ). x, y (...) -> (...)."""

@overload
def logaddexp2(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def logaddexp2(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def remainder(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The remainder x − y·⌊x / y⌋, elementwise, with y's sign. x, y (...) -> (...)."""

@overload
def remainder(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def remainder(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def mod(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The remainder x − y·⌊x / y⌋, elementwise, with y's sign. x, y (...) -> (...)."""

@overload
def mod(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def mod(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def fmod(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The remainder with x's sign, x − y·trunc(x / y), elementwise. x, y (...) -> (...)."""

@overload
def fmod(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def fmod(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def floor(x: Tensor) -> Tensor:
    """The largest integer not above x, elementwise. x (...) -> (...)."""

@overload
def floor(x: ArrayLike) -> NDArray[Any]: ...
@overload
def ceil(x: Tensor) -> Tensor:
    """The smallest integer not below x, elementwise. x (...) -> (...)."""

@overload
def ceil(x: ArrayLike) -> NDArray[Any]: ...
@overload
def rint(x: Tensor) -> Tensor:
    """The nearest integer, of two the even one, elementwise. x (...) -> (...)."""

@overload
def rint(x: ArrayLike) -> NDArray[Any]: ...
@overload
def trunc(x: Tensor) -> Tensor:
    """The nearest integer towards 0, elementwise. x (...) -> (...)."""

@overload
def trunc(x: ArrayLike) -> NDArray[Any]: ...
@overload
def fix(x: Tensor) -> Tensor:
    """The nearest integer towards 0, elementwise. x (...) -> (...)."""

@overload
def fix(x: ArrayLike) -> NDArray[Any]: ...
@overload
def floor_divide(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The quotient rounded down, Python's x // y, elementwise. x, y (...) -> (...)."""

@overload
def floor_divide(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def floor_divide(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def signbit(x: Tensor) -> Tensor:
    """Whether the sign is minus, of −0 too, elementwise. x (...) -> (...)."""

@overload
def signbit(x: ArrayLike) -> NDArray[Any]: ...
@overload
def round(x: Tensor, decimals: int = 0) -> Tensor:
    """x rounded to so many decimals, of two nearest to the even one, elementwise. x (...) -> (...)."""

@overload
def round(x: ArrayLike, decimals: int = 0) -> NDArray[Any]: ...
@overload
def around(x: Tensor, decimals: int = 0) -> Tensor:
    """x rounded to so many decimals, of two nearest to the even one, elementwise. x (...) -> (...)."""

@overload
def around(x: ArrayLike, decimals: int = 0) -> NDArray[Any]: ...
@overload
def frac(x: Tensor) -> Tensor:
    """What is left of x without its integer, x − trunc(x), elementwise; PyTorch's name. x (...) -> (...)."""

@overload
def frac(x: ArrayLike) -> NDArray[Any]: ...
@overload
def modf(x: Tensor) -> tuple[Tensor, Tensor]:
    """The fractional and the integral part, both with x's sign, elementwise. x (...) -> two of (...)."""

@overload
def modf(x: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def ldexp(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The number x·2ʸ, elementwise. x, y (...) -> (...)."""

@overload
def ldexp(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def ldexp(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def frexp(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mantissa m and the exponent k of x = m·2ᵏ, ½ ≤ |m| < 1, elementwise. x (...) -> two of (...)."""

@overload
def frexp(x: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def fabs(x: Tensor) -> Tensor:
    """The absolute value |x| of real numbers, as floating ones, elementwise. x (...) -> (...)."""

@overload
def fabs(x: ArrayLike) -> NDArray[Any]: ...
@overload
def divmod(x: Tensor, y: Tensor | ArrayLike) -> tuple[Tensor, Tensor]:
    """The quotient rounded down and the remainder, elementwise. x, y (...) -> two of (...)."""

@overload
def divmod(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def divmod(x: ArrayLike, y: Tensor) -> tuple[Tensor, Tensor]: ...
@overload
def copysign(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The size of x with the sign of y, elementwise. x, y (...) -> (...)."""

@overload
def copysign(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def copysign(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def nextafter(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The number next to x on the way to y, elementwise. x, y (...) -> (...)."""

@overload
def nextafter(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def nextafter(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def heaviside(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The step function: 0 for x < 0, y at 0, 1 above, elementwise. x, y (...) -> (...)."""

@overload
def heaviside(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def heaviside(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def fmax(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The larger of x and y, elementwise; of a number and nan the number. x, y (...) -> (...)."""

@overload
def fmax(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def fmax(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def fmin(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The smaller of x and y, elementwise; of a number and nan the number. x, y (...) -> (...)."""

@overload
def fmin(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def fmin(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def nan_to_num(x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Numbers in the place of nan and infinities, elementwise. x (...) -> (...)."""

@overload
def nan_to_num(
    x: ArrayLike,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
) -> NDArray[Any]: ...
@overload
def tan(x: Tensor) -> Tensor:
    """The tangent, elementwise, of x in radians. x (...) -> (...)."""

@overload
def tan(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arcsin(x: Tensor) -> Tensor:
    """The arcsine, elementwise, in radians. x (...) -> (...)."""

@overload
def arcsin(x: ArrayLike) -> NDArray[Any]: ...
@overload
def asin(x: Tensor) -> Tensor:
    """The arcsine, elementwise, in radians. x (...) -> (...)."""

@overload
def asin(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arccos(x: Tensor) -> Tensor:
    """The arccosine, elementwise, in radians. x (...) -> (...)."""

@overload
def arccos(x: ArrayLike) -> NDArray[Any]: ...
@overload
def acos(x: Tensor) -> Tensor:
    """The arccosine, elementwise, in radians. x (...) -> (...)."""

@overload
def acos(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arctan(x: Tensor) -> Tensor:
    """The arctangent, elementwise, in radians. x (...) -> (...)."""

@overload
def arctan(x: ArrayLike) -> NDArray[Any]: ...
@overload
def atan(x: Tensor) -> Tensor:
    """The arctangent, elementwise, in radians. x (...) -> (...)."""

@overload
def atan(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sinh(x: Tensor) -> Tensor:
    """The hyperbolic sine, elementwise. x (...) -> (...)."""

@overload
def sinh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def cosh(x: Tensor) -> Tensor:
    """The hyperbolic cosine, elementwise. x (...) -> (...)."""

@overload
def cosh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arcsinh(x: Tensor) -> Tensor:
    """The inverse hyperbolic sine, elementwise. x (...) -> (...)."""

@overload
def arcsinh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def asinh(x: Tensor) -> Tensor:
    """The inverse hyperbolic sine, elementwise. x (...) -> (...)."""

@overload
def asinh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arccosh(x: Tensor) -> Tensor:
    """The inverse hyperbolic cosine, elementwise. x (...) -> (...)."""

@overload
def arccosh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def acosh(x: Tensor) -> Tensor:
    """The inverse hyperbolic cosine, elementwise. x (...) -> (...)."""

@overload
def acosh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arctanh(x: Tensor) -> Tensor:
    """The inverse hyperbolic tangent, elementwise. x (...) -> (...)."""

@overload
def arctanh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def atanh(x: Tensor) -> Tensor:
    """The inverse hyperbolic tangent, elementwise. x (...) -> (...)."""

@overload
def atanh(x: ArrayLike) -> NDArray[Any]: ...
@overload
def hypot(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The length √(x² + y²) of the vector (x, y), elementwise, without overflow. x, y (...) -> (...)."""

@overload
def hypot(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def hypot(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def arctan2(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The angle of the vector (y, x) to the first axis, elementwise, in radians. x, y (...) -> (...)."""

@overload
def arctan2(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def arctan2(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def atan2(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The angle of the vector (y, x) to the first axis, elementwise, in radians. x, y (...) -> (...)."""

@overload
def atan2(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def atan2(x: ArrayLike, y: Tensor) -> Tensor: ...
@overload
def sinc(x: Tensor) -> Tensor:
    """The cardinal sine sin(πx) / (πx), 1 at 0, elementwise. x (...) -> (...)."""

@overload
def sinc(x: ArrayLike) -> NDArray[Any]: ...
@overload
def deg2rad(x: Tensor) -> Tensor:
    """Degrees in radians, elementwise: x · π / 180. x (...) -> (...)."""

@overload
def deg2rad(x: ArrayLike) -> NDArray[Any]: ...
@overload
def radians(x: Tensor) -> Tensor:
    """Degrees in radians, elementwise: x · π / 180. x (...) -> (...)."""

@overload
def radians(x: ArrayLike) -> NDArray[Any]: ...
@overload
def rad2deg(x: Tensor) -> Tensor:
    """Radians in degrees, elementwise: x · 180 / π. x (...) -> (...)."""

@overload
def rad2deg(x: ArrayLike) -> NDArray[Any]: ...
@overload
def degrees(x: Tensor) -> Tensor:
    """Radians in degrees, elementwise: x · 180 / π. x (...) -> (...)."""

@overload
def degrees(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sec(x: Tensor) -> Tensor:
    """The secant 1 / cos x, elementwise. x (...) -> (...)."""

@overload
def sec(x: ArrayLike) -> NDArray[Any]: ...
@overload
def csc(x: Tensor) -> Tensor:
    """The cosecant 1 / sin x, elementwise. x (...) -> (...)."""

@overload
def csc(x: ArrayLike) -> NDArray[Any]: ...
@overload
def cot(x: Tensor) -> Tensor:
    """The cotangent 1 / tan x, elementwise. x (...) -> (...)."""

@overload
def cot(x: ArrayLike) -> NDArray[Any]: ...
@overload
def sech(x: Tensor) -> Tensor:
    """The hyperbolic secant 1 / cosh x, elementwise. x (...) -> (...)."""

@overload
def sech(x: ArrayLike) -> NDArray[Any]: ...
@overload
def csch(x: Tensor) -> Tensor:
    """The hyperbolic cosecant 1 / sinh x, elementwise. x (...) -> (...)."""

@overload
def csch(x: ArrayLike) -> NDArray[Any]: ...
@overload
def coth(x: Tensor) -> Tensor:
    """The hyperbolic cotangent 1 / tanh x, elementwise. x (...) -> (...)."""

@overload
def coth(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arcsec(x: Tensor) -> Tensor:
    """The inverse secant, arccos 1/x, elementwise. x (...) -> (...)."""

@overload
def arcsec(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arccsc(x: Tensor) -> Tensor:
    """The inverse cosecant, arcsin 1/x, elementwise. x (...) -> (...)."""

@overload
def arccsc(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arccsch(x: Tensor) -> Tensor:
    """The inverse of csch, arsinh 1/x, elementwise. x (...) -> (...)."""

@overload
def arccsch(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arccoth(x: Tensor) -> Tensor:
    """The inverse of coth, artanh 1/x, elementwise. x (...) -> (...)."""

@overload
def arccoth(x: ArrayLike) -> NDArray[Any]: ...
@overload
def arccot(x: Tensor) -> Tensor:
    """The inverse cotangent, arctan 1/x, π/2 at 0, elementwise. x (...) -> (...)."""

@overload
def arccot(x: ArrayLike) -> NDArray[Any]: ...
@overload
def cumprod(x: Tensor, axis: int | None = None) -> Tensor:
    """The running product along an axis: Π xⱼ over j ≤ i. x (...) -> (...)."""

@overload
def cumprod(x: ArrayLike, axis: int | None = None) -> NDArray[Any]: ...
@overload
def cummax(x: Tensor, axis: int = -1) -> Tensor:
    """The running maximum along an axis; NumPy's maximum.accumulate. x (...) -> (...)."""

@overload
def cummax(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def cummin(x: Tensor, axis: int = -1) -> Tensor:
    """The running minimum along an axis; NumPy's minimum.accumulate. x (...) -> (...)."""

@overload
def cummin(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def logcumsumexp(x: Tensor, axis: int = -1) -> Tensor:
    """The logarithm of the running sum of exponentials, without overflow; PyTorch's name. x (...) -> (...)."""

@overload
def logcumsumexp(x: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def prod(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The product over the given axes, by default all. x (...) -> (...)."""

@overload
def prod(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def argmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The position of the first smallest element along an axis. x (..., n, ...) -> (...)."""

@overload
def argmin(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def count_nonzero(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """How many elements are not 0, over the given axes, by default all. x (...) -> (...)."""

@overload
def count_nonzero(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def any(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """Whether an element is true, not 0, over the given axes, by default all. x (...) -> (...)."""

@overload
def any(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def all(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """Whether all elements are true, not 0, over the given axes, by default all. x (...) -> (...)."""

@overload
def all(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def quantile(
    x: Tensor,
    q: float | ArrayLike,
    axis: int | Sequence[int] | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """The quantiles of x at given levels over the given axes, by default all. x (...) -> (*q, ...)."""

@overload
def quantile(
    x: ArrayLike,
    q: float | ArrayLike,
    axis: int | Sequence[int] | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> NDArray[Any]: ...
@overload
def percentile(
    x: Tensor,
    q: float | ArrayLike,
    axis: int | Sequence[int] | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> Tensor:
    """The percentiles over the given axes, by default all: quantiles at levels in hundredths. x (...) -> (*q, ...)."""

@overload
def percentile(
    x: ArrayLike,
    q: float | ArrayLike,
    axis: int | Sequence[int] | None = None,
    *,
    method: str = "linear",
    keepdims: bool = False,
) -> NDArray[Any]: ...
@overload
def median(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The median over the given axes, by default all; of two in the middle their mean. x (...) -> (...)."""

@overload
def median(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def ptp(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The range, largest less smallest element, over the given axes, by default all. x (...) -> (...)."""

@overload
def ptp(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def average(
    x: Tensor,
    axis: int | Sequence[int] | None = None,
    weights: Tensor | ArrayLike | None = None,
    *,
    keepdims: bool = False,
) -> Tensor:
    """The weighted mean Σ w·x / Σ w over the given axes, by default all. x (...) -> (...)."""

@overload
def average(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    weights: ArrayLike | None = None,
    *,
    keepdims: bool = False,
) -> NDArray[Any]: ...
@overload
def average(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    weights: Tensor | ArrayLike | None = None,
    *,
    keepdims: bool = False,
) -> Tensor: ...
@overload
def var_mean(
    x: Tensor,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 1,
) -> tuple[Tensor, Tensor]:
    """The variance and the mean over the given axes, by default all; PyTorch's name. x (...) -> (...), (...)."""

@overload
def var_mean(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 1,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def std_mean(
    x: Tensor,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 1,
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean over the given axes, by default all. x (...) -> (...), (...)."""

@overload
def std_mean(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 1,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def nansum(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The sum of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nansum(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def nanprod(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The product of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nanprod(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def nanmean(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The mean of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nanmean(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def nanvar(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: float = 0) -> Tensor:
    """The variance of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nanvar(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 0,
) -> NDArray[Any]: ...
@overload
def nanstd(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: float = 0) -> Tensor:
    """The standard deviation of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nanstd(
    x: ArrayLike,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    *,
    ddof: float = 0,
) -> NDArray[Any]: ...
@overload
def nanmax(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The largest of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nanmax(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def nanmin(x: Tensor, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
    """The smallest of what is not nan over the given axes, by default all. x (...) -> (...)."""

@overload
def nanmin(x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def trapezoid(y: Tensor, x: Tensor | ArrayLike | None = None, dx: Any = 1.0, axis: int = -1) -> Tensor:
    """The integral of y along an axis by the trapezoidal rule. y (..., n, ...) -> (...)."""

@overload
def trapezoid(y: ArrayLike, x: ArrayLike | None = None, dx: Any = 1.0, axis: int = -1) -> NDArray[Any]: ...
@overload
def trapezoid(y: ArrayLike, x: Tensor | ArrayLike | None = None, dx: Any = 1.0, axis: int = -1) -> Tensor: ...
@overload
def interp(
    x: Tensor,
    xp: Tensor | ArrayLike,
    fp: Tensor | ArrayLike,
    left: float | None = None,
    right: float | None = None,
    period: float | None = None,
) -> Tensor:
    """Values between those known at places, on straight lines. x (...), xp (n,), fp (n,) -> (...)."""

@overload
def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: float | None = None,
    right: float | None = None,
    period: float | None = None,
) -> NDArray[Any]: ...
@overload
def interp(
    x: ArrayLike,
    xp: Tensor | ArrayLike,
    fp: Tensor | ArrayLike,
    left: float | None = None,
    right: float | None = None,
    period: float | None = None,
) -> Tensor: ...
@overload
def unwrap(p: Tensor, discont: float | None = None, axis: int = -1, *, period: Any = 6.283185307179586) -> Tensor:
    """Angles without jumps: whole periods added wherever neighbours differ by half of one or more. p (...) -> (...)."""

@overload
def unwrap(
    p: ArrayLike,
    discont: float | None = None,
    axis: int = -1,
    *,
    period: Any = 6.283185307179586,
) -> NDArray[Any]: ...
@overload
def ediff1d(
    ary: Tensor,
    to_end: Tensor | ArrayLike | None = None,
    to_begin: Tensor | ArrayLike | None = None,
) -> Tensor:
    """The differences of all elements in one line. ary (...) -> (n − 1,)."""

@overload
def ediff1d(ary: ArrayLike, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None) -> NDArray[Any]: ...
@overload
def ediff1d(
    ary: ArrayLike,
    to_end: Tensor | ArrayLike | None = None,
    to_begin: Tensor | ArrayLike | None = None,
) -> Tensor: ...
@overload
def gradient(f: Tensor, *varargs: Tensor | ArrayLike, axis: Any = None, edge_order: Any = 1) -> Tensor:
    """The slopes of sampled values along axes, by differences of neighbours; NumPy's `gradient`. f (...) -> (...)."""

@overload
def gradient(f: ArrayLike, *varargs: ArrayLike, axis: Any = None, edge_order: Any = 1) -> NDArray[Any]: ...
@overload
def gradient(f: ArrayLike, *varargs: Tensor, axis: Any = None, edge_order: Any = 1) -> Tensor: ...
@overload
def convolve(a: Tensor, v: Tensor | ArrayLike, mode: Any = "full") -> Tensor:
    """The convolution Σᵢ a[i]·v[k − i] of two lines. a (n,), v (m,) -> (k,)."""

@overload
def convolve(a: ArrayLike, v: ArrayLike, mode: Any = "full") -> NDArray[Any]: ...
@overload
def convolve(a: ArrayLike, v: Tensor, mode: Any = "full") -> Tensor: ...
@overload
def correlate(a: Tensor, v: Tensor | ArrayLike, mode: Any = "valid") -> Tensor:
    """The cross-correlation Σᵢ a[k + i]·v̄[i] of two lines. a (n,), v (m,) -> (k,)."""

@overload
def correlate(a: ArrayLike, v: ArrayLike, mode: Any = "valid") -> NDArray[Any]: ...
@overload
def correlate(a: ArrayLike, v: Tensor, mode: Any = "valid") -> Tensor: ...
@overload
def cov(
    m: Tensor,
    y: Tensor | ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Tensor | ArrayLike | None = None,
    aweights: Tensor | ArrayLike | None = None,
) -> Tensor:
    """The covariances of variables observed together. m (variables, n) -> (variables, variables)."""

@overload
def cov(
    m: ArrayLike,
    y: ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: ArrayLike | None = None,
    aweights: ArrayLike | None = None,
) -> NDArray[Any]: ...
@overload
def cov(
    m: ArrayLike,
    y: Tensor | ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Tensor | ArrayLike | None = None,
    aweights: Tensor | ArrayLike | None = None,
) -> Tensor: ...
@overload
def corrcoef(x: Tensor, y: Tensor | ArrayLike | None = None, rowvar: bool = True) -> Tensor:
    """The correlation coefficients of variables observed together. x (variables, n) -> (variables, variables)."""

@overload
def corrcoef(x: ArrayLike, y: ArrayLike | None = None, rowvar: bool = True) -> NDArray[Any]: ...
@overload
def corrcoef(x: ArrayLike, y: Tensor | ArrayLike | None = None, rowvar: bool = True) -> Tensor: ...
@overload
def vstack(arrays: Sequence[Tensor]) -> Tensor:
    """Joined along the first axis, lines as rows. [(a, c), (b, c)] -> (a + b, c)."""

@overload
def vstack(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def vstack(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
@overload
def hstack(arrays: Sequence[Tensor]) -> Tensor:
    """Joined along the second axis, lines end to end. [(a, b), (a, c)] -> (a, b + c)."""

@overload
def hstack(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def hstack(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
@overload
def dstack(arrays: Sequence[Tensor]) -> Tensor:
    """Joined along the third axis. [(a, b), (a, b)] -> (a, b, 2)."""

@overload
def dstack(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def dstack(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
@overload
def column_stack(arrays: Sequence[Tensor]) -> Tensor:
    """Joined along the second axis, lines as columns. [(a,), (a,)] -> (a, 2)."""

@overload
def column_stack(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def column_stack(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
@overload
def append(x: Tensor, values: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
    """Values put behind x along an axis; without one both in one line. x (n, ...), values (m, ...) -> (n + m, ...)."""

@overload
def append(x: ArrayLike, values: ArrayLike, axis: int | None = None) -> NDArray[Any]: ...
@overload
def append(x: ArrayLike, values: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def block(arrays: Sequence[Tensor]) -> Tensor:
    """Joined as nested lists lay them out. [[(a, b), (a, c)], [(d, b), (d, c)]] -> (a + d, b + c)."""

@overload
def block(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def block(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
@overload
def array_split(x: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    """Cut along an axis into parts, the first ones longer if need be. x (n, ...) -> parts (m, ...)."""

@overload
def array_split(x: ArrayLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[NDArray[Any], ...]: ...
@overload
def hsplit(x: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut along the second axis. x (...) -> parts (...)."""

@overload
def hsplit(x: ArrayLike, indices_or_sections: int | Sequence[int]) -> tuple[NDArray[Any], ...]: ...
@overload
def vsplit(x: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut along the first axis. x (...) -> parts (...)."""

@overload
def vsplit(x: ArrayLike, indices_or_sections: int | Sequence[int]) -> tuple[NDArray[Any], ...]: ...
@overload
def dsplit(x: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Cut along the third axis. x (...) -> parts (...)."""

@overload
def dsplit(x: ArrayLike, indices_or_sections: int | Sequence[int]) -> tuple[NDArray[Any], ...]: ...
@overload
def unstack(x: Tensor, axis: int = 0) -> tuple[Tensor, ...]:
    """The parts along an axis, without it; PyTorch's `unbind`. x (n, ...) -> n × (...)."""

@overload
def unstack(x: ArrayLike, axis: int = 0) -> tuple[NDArray[Any], ...]: ...
@overload
def chunk(x: Tensor, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
    """Cut along an axis into parts of one length, the last one shorter; PyTorch's name."""

@overload
def chunk(x: ArrayLike, chunks: int, axis: int = 0) -> tuple[NDArray[Any], ...]: ...
@overload
def delete(x: Tensor, obj: Index, axis: int | None = None) -> Tensor:
    """Without some places along an axis. x (..., n, ...) -> (..., m, ...)."""

@overload
def delete(x: ArrayLike, obj: Index, axis: int | None = None) -> NDArray[Any]: ...
@overload
def insert(x: Tensor, obj: Index, values: Tensor | ArrayLike, axis: int | None = None) -> Tensor:
    """Values put in before some places along an axis. x (..., n, ...) -> (..., m, ...)."""

@overload
def insert(x: ArrayLike, obj: Index, values: ArrayLike, axis: int | None = None) -> NDArray[Any]: ...
@overload
def insert(x: ArrayLike, obj: Index, values: Tensor, axis: int | None = None) -> Tensor: ...
@overload
def sliding_window_view(
    x: Tensor,
    window_shape: int | Sequence[int],
    axis: int | Sequence[int] | None = None,
) -> Tensor:
    """All windows of one shape, as further axes behind. x (n, ...) -> (n − w + 1, ..., w)."""

@overload
def sliding_window_view(
    x: ArrayLike,
    window_shape: int | Sequence[int],
    axis: int | Sequence[int] | None = None,
) -> NDArray[Any]: ...
@overload
def pad(
    x: Tensor,
    pad_width: int | Sequence[int] | Sequence[Sequence[int]],
    mode: str | float = "constant",
    *,
    value: float | ArrayLike = 0.0,
    constant_values: float | ArrayLike | None = None,
    end_values: float | ArrayLike = 0,
    stat_length: float | ArrayLike | None = None,
    reflect_type: str | float = "even",
) -> Tensor:
    """A border around x. x (n, ...) -> (before + n + after, ...)."""

@overload
def pad(
    x: ArrayLike,
    pad_width: int | Sequence[int] | Sequence[Sequence[int]],
    mode: str | float = "constant",
    *,
    value: float | ArrayLike = 0.0,
    constant_values: float | ArrayLike | None = None,
    end_values: float | ArrayLike = 0,
    stat_length: float | ArrayLike | None = None,
    reflect_type: str | float = "even",
) -> NDArray[Any]: ...
@overload
def take(x: Tensor, indices: int | ArrayLike, axis: int | None = None, *, mode: Any = "raise") -> Tensor:
    """Elements by their places along an axis; PyTorch's `index_select`. x (..., n, ...) -> (..., *indices, ...)."""

@overload
def take(x: ArrayLike, indices: int | ArrayLike, axis: int | None = None, *, mode: Any = "raise") -> NDArray[Any]: ...
@overload
def compress(condition: Tensor, a: Tensor | ArrayLike, axis: Any = None) -> Tensor:
    """What stands along an axis where a condition holds. a (..., n, ...) -> (..., m, ...)."""

@overload
def compress(condition: ArrayLike, a: ArrayLike, axis: Any = None) -> NDArray[Any]: ...
@overload
def compress(condition: ArrayLike, a: Tensor, axis: Any = None) -> Tensor: ...
@overload
def extract(condition: Tensor, arr: Tensor | ArrayLike) -> Tensor:
    """The elements where a condition holds, in one line. arr (...) -> (m,)."""

@overload
def extract(condition: ArrayLike, arr: ArrayLike) -> NDArray[Any]: ...
@overload
def extract(condition: ArrayLike, arr: Tensor) -> Tensor: ...
@overload
def select(
    condlist: Sequence[Tensor],
    choicelist: Sequence[Tensor | ArrayLike],
    default: Tensor | ArrayLike = 0,
) -> Tensor:
    """Elementwise, of the first of several conditions that holds its choice. n × (...), n × (...) -> (...)."""

@overload
def select(condlist: Sequence[ArrayLike], choicelist: Sequence[ArrayLike], default: ArrayLike = 0) -> NDArray[Any]: ...
@overload
def select(
    condlist: Sequence[ArrayLike],
    choicelist: Sequence[Tensor | ArrayLike],
    default: Tensor | ArrayLike = 0,
) -> Tensor: ...
@overload
def choose(a: int | ArrayLike, choices: Sequence[Tensor], *, mode: Any = "raise") -> Tensor:
    """Elementwise, of several arrays the one whose number stands there. a (...), n × (...) -> (...)."""

@overload
def choose(a: int | ArrayLike, choices: Sequence[ArrayLike], *, mode: Any = "raise") -> NDArray[Any]: ...
@overload
def choose(a: int | ArrayLike, choices: Sequence[Tensor | ArrayLike], *, mode: Any = "raise") -> Tensor: ...
@overload
def piecewise(x: Tensor, condlist: Sequence[Tensor | ArrayLike], funclist: Any) -> Tensor:
    """Several functions, each computed on the elements where its condition holds, and nowhere else."""

@overload
def piecewise(x: ArrayLike, condlist: Sequence[ArrayLike], funclist: Any) -> NDArray[Any]: ...
@overload
def piecewise(x: ArrayLike, condlist: Tensor, funclist: Any) -> Tensor: ...
@overload
def masked_fill(x: Tensor, mask: int | ArrayLike, value: Tensor | ArrayLike) -> Tensor:
    """x with a value where a mask holds; PyTorch's name for `where(mask, value, x)`. x (...) -> (...)."""

@overload
def masked_fill(x: ArrayLike, mask: int | ArrayLike, value: ArrayLike) -> NDArray[Any]: ...
@overload
def masked_fill(x: ArrayLike, mask: int | ArrayLike, value: Tensor) -> Tensor: ...
@overload
def diagonal(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """A diagonal of two axes, as the last axis. x (m, n, ...) -> (..., k)."""

@overload
def diagonal(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> NDArray[Any]: ...
@overload
def diag(v: Tensor, k: int = 0) -> Tensor:
    """A line on the diagonal of a matrix of 0, or a matrix's diagonal. v (n,) -> (n, n), (m, n) -> (k,)."""

@overload
def diag(v: ArrayLike, k: int = 0) -> NDArray[Any]: ...
@overload
def diagflat(v: Tensor, k: int = 0) -> Tensor:
    """All elements in one line on the diagonal of a matrix of 0. v (...) -> (n, n)."""

@overload
def diagflat(v: ArrayLike, k: int = 0) -> NDArray[Any]: ...
@overload
def matrix_trace(x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The sum of a diagonal of two axes; NumPy's and PyTorch's `trace`. x (n, n, ...) -> (...)."""

@overload
def matrix_trace(x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> NDArray[Any]: ...
@overload
def tril(x: Tensor, k: int = 0) -> Tensor:
    """The lower triangle of matrices, 0 above the diagonal. x (..., m, n) -> same."""

@overload
def tril(x: ArrayLike, k: int = 0) -> NDArray[Any]: ...
@overload
def triu(x: Tensor, k: int = 0) -> Tensor:
    """The upper triangle of matrices, 0 below the diagonal. x (..., m, n) -> same."""

@overload
def triu(x: ArrayLike, k: int = 0) -> NDArray[Any]: ...
@overload
def gather(x: Tensor, axis: int, indices: ArrayLike) -> Tensor:
    """Along an axis the elements at places that differ from line to line; PyTorch's name. x (...) -> (...)."""

@overload
def gather(x: ArrayLike, axis: int, indices: ArrayLike) -> NDArray[Any]: ...
@overload
def scatter(x: Tensor, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
    """x with values at places along an axis that differ from line to line; PyTorch's name. x (...) -> (...)."""

@overload
def scatter(x: ArrayLike, axis: int, indices: ArrayLike, values: ArrayLike) -> NDArray[Any]: ...
@overload
def scatter(x: ArrayLike, axis: int, indices: ArrayLike, values: Tensor) -> Tensor: ...
@overload
def scatter_add(x: Tensor, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
    """x with values added at places along an axis that differ from line to line; PyTorch's name. x (...) -> (...)."""

@overload
def scatter_add(x: ArrayLike, axis: int, indices: ArrayLike, values: ArrayLike) -> NDArray[Any]: ...
@overload
def scatter_add(x: ArrayLike, axis: int, indices: ArrayLike, values: Tensor) -> Tensor: ...
@overload
def index_add(x: Tensor, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
    """x with parts added at places along an axis; PyTorch's name. x (..., n, ...) -> (..., n, ...)."""

@overload
def index_add(x: ArrayLike, axis: int, indices: ArrayLike, values: ArrayLike) -> NDArray[Any]: ...
@overload
def index_add(x: ArrayLike, axis: int, indices: ArrayLike, values: Tensor) -> Tensor: ...
@overload
def index_copy(x: Tensor, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
    """x with other parts at places along an axis; PyTorch's name. x (..., n, ...) -> (..., n, ...)."""

@overload
def index_copy(x: ArrayLike, axis: int, indices: ArrayLike, values: ArrayLike) -> NDArray[Any]: ...
@overload
def index_copy(x: ArrayLike, axis: int, indices: ArrayLike, values: Tensor) -> Tensor: ...
@overload
def segment_sum(data: Tensor, segment_ids: ArrayLike, num_segments: Any = None) -> Tensor:
    """The sums of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...)."""

@overload
def segment_sum(data: ArrayLike, segment_ids: ArrayLike, num_segments: Any = None) -> NDArray[Any]: ...
@overload
def segment_mean(data: Tensor, segment_ids: ArrayLike, num_segments: Any = None) -> Tensor:
    """The means of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...)."""

@overload
def segment_mean(data: ArrayLike, segment_ids: ArrayLike, num_segments: Any = None) -> NDArray[Any]: ...
@overload
def segment_max(data: Tensor, segment_ids: ArrayLike, num_segments: Any = None) -> Tensor:
    """The largest of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...)."""

@overload
def segment_max(data: ArrayLike, segment_ids: ArrayLike, num_segments: Any = None) -> NDArray[Any]: ...
@overload
def segment_min(data: Tensor, segment_ids: ArrayLike, num_segments: Any = None) -> Tensor:
    """The smallest of parts that belong together. data (n, ...), segment_ids (n,) -> (num_segments, ...)."""

@overload
def segment_min(data: ArrayLike, segment_ids: ArrayLike, num_segments: Any = None) -> NDArray[Any]: ...
def array(entries: Any, dtype: DTypeLike | None = None) -> Tensor:
    """A Tensor of numbers, arrays, Tensors, or nested lists of them. [(...), (...)] -> (2, ...)."""

def full(shape: int | Sequence[int], fill_value: Tensor | float, dtype: DTypeLike | None = None) -> Tensor:
    """One number everywhere. -> shape."""

@overload
def full_like(x: Tensor, fill_value: Tensor | float, dtype: DTypeLike | None = None, *, shape: Any = None) -> Tensor:
    """One number everywhere, in another array's shape. x (...) -> (...)."""

@overload
def full_like(
    x: ArrayLike,
    fill_value: Tensor | float,
    dtype: DTypeLike | None = None,
    *,
    shape: Any = None,
) -> NDArray[Any]: ...
def zeros(shape: int | Sequence[int], dtype: DTypeLike | None = None) -> Tensor:
    """A Tensor of zeros. -> shape."""

@overload
def zeros_like(x: Tensor, dtype: DTypeLike | None = None, *, shape: Any = None) -> Tensor:
    """A Tensor of zeros in another array's shape. x (...) -> (...)."""

@overload
def zeros_like(x: ArrayLike, dtype: DTypeLike | None = None, *, shape: Any = None) -> NDArray[Any]: ...
def ones(shape: int | Sequence[int], dtype: DTypeLike | None = None) -> Tensor:
    """A Tensor of ones. -> shape."""

@overload
def ones_like(x: Tensor, dtype: DTypeLike | None = None, *, shape: Any = None) -> Tensor:
    """A Tensor of ones in another array's shape. x (...) -> (...)."""

@overload
def ones_like(x: ArrayLike, dtype: DTypeLike | None = None, *, shape: Any = None) -> NDArray[Any]: ...
def empty(shape: int | Sequence[int], dtype: DTypeLike | None = None) -> Tensor:
    """A Tensor of elements that mean nothing yet, which are zeros here. -> shape."""

@overload
def empty_like(x: Tensor, dtype: DTypeLike | None = None, *, shape: Any = None) -> Tensor:
    """A Tensor of elements that mean nothing yet, which are zeros here in another array's shape. x (...) -> (...)."""

@overload
def empty_like(x: ArrayLike, dtype: DTypeLike | None = None, *, shape: Any = None) -> NDArray[Any]: ...
def eye(N: Any, M: Any = None, k: Any = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Ones on a diagonal, zeros elsewhere. -> (N, M)."""

def identity(n: Any, dtype: DTypeLike | None = None) -> Tensor:
    """The square matrix with ones on its diagonal. -> (n, n)."""

def tri(N: Any, M: Any = None, k: Any = 0, dtype: DTypeLike | None = None) -> Tensor:
    """Ones on and below a diagonal, zeros above. -> (N, M)."""

def arange(start: Tensor | float, stop: Any = None, step: Any = 1, dtype: DTypeLike | None = None) -> Tensor:
    """Numbers in equal steps, the end left out. -> (n,)."""

def linspace(
    start: Tensor | float,
    stop: Tensor | float,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: DTypeLike | None = None,
    axis: Any = 0,
) -> Tensor:
    """Numbers evenly spaced from one to another. start, stop (...) -> (num, ...)."""

def logspace(
    start: Tensor | float,
    stop: Tensor | float,
    num: Any = 50,
    endpoint: Any = True,
    base: Any = 10.0,
    dtype: DTypeLike | None = None,
    axis: Any = 0,
) -> Tensor:
    """Powers of a base, their exponents evenly spaced. start, stop (...) -> (num, ...)."""

def geomspace(
    start: Tensor | float,
    stop: Tensor | float,
    num: Any = 50,
    endpoint: Any = True,
    dtype: DTypeLike | None = None,
    axis: Any = 0,
) -> Tensor:
    """Numbers from one to another, each the same multiple of the one before. start, stop (...) -> (num, ...)."""

@overload
def vander(x: Tensor, N: Any = None, increasing: Any = False) -> Tensor:
    """The powers of a line of numbers, a row each. x (n,) -> (n, N)."""

@overload
def vander(x: ArrayLike, N: Any = None, increasing: Any = False) -> NDArray[Any]: ...
@overload
def copy(x: Tensor) -> Tensor:
    """The same elements in memory of their own; PyTorch's `clone`. x (...) -> (...)."""

@overload
def copy(x: ArrayLike) -> NDArray[Any]: ...
@overload
def isclose(
    a: Tensor,
    b: Tensor | ArrayLike,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> Tensor:
    """Whether |a − b| ≤ atol + rtol·|b|, elementwise. a, b (...) -> (...)."""

@overload
def isclose(
    a: ArrayLike,
    b: ArrayLike,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> NDArray[Any]: ...
@overload
def isclose(a: ArrayLike, b: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor: ...
@overload
def allclose(
    a: Tensor,
    b: Tensor | ArrayLike,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = False,
) -> bool:
    """Whether all elements of a and b are close, as `isclose` has it. a, b (...) -> a bool."""

@overload
def allclose(a: ArrayLike, b: ArrayLike, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool: ...
@overload
def allclose(a: ArrayLike, b: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool: ...
@overload
def array_equal(a1: Tensor, a2: Tensor | ArrayLike, equal_nan: bool = False) -> bool:
    """Whether two arrays have one shape and equal elements. a1, a2 (...) -> a bool."""

@overload
def array_equal(a1: ArrayLike, a2: ArrayLike, equal_nan: bool = False) -> bool: ...
@overload
def array_equal(a1: ArrayLike, a2: Tensor, equal_nan: bool = False) -> bool: ...
@overload
def digitize(x: Tensor, bins: Tensor | ArrayLike, right: bool = False) -> Tensor:
    """In which bin each number is: how many of the edges are not above it. x (...), bins (n,) -> (...)."""

@overload
def digitize(x: ArrayLike, bins: ArrayLike, right: bool = False) -> NDArray[Any]: ...
@overload
def digitize(x: ArrayLike, bins: Tensor, right: bool = False) -> Tensor: ...
@overload
def bincount(x: Tensor, weights: Tensor | ArrayLike | None = None, minlength: Any = 0) -> Tensor:
    """How often each number from 0 on is there, or the sum of the weights that stand with it. x (n,) -> (m,)."""

@overload
def bincount(x: ArrayLike, weights: ArrayLike | None = None, minlength: Any = 0) -> NDArray[Any]: ...
@overload
def bincount(x: ArrayLike, weights: Tensor | ArrayLike | None = None, minlength: Any = 0) -> Tensor: ...
@overload
def histogram(
    a: Tensor,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Tensor | ArrayLike | None = None,
) -> tuple[Tensor, Tensor]:
    """How many numbers are in each bin, and the edges of the bins. a (...) -> (m,), (m + 1,)."""

@overload
def histogram(
    a: ArrayLike,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def histogram(
    a: ArrayLike,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Tensor | ArrayLike | None = None,
) -> tuple[Tensor, Tensor]: ...
@overload
def unique(
    ar: Tensor,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Tensor:
    """The different elements, or parts along an axis, in ascending order; more if asked for. ar (...) -> (m,)."""

@overload
def unique(
    ar: ArrayLike,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> NDArray[Any]: ...
@overload
def isin(element: Tensor, test_elements: Tensor | ArrayLike, *, invert: bool = False) -> Tensor:
    """Whether each element is one of others. element (...), test_elements (...) -> (...)."""

@overload
def isin(element: ArrayLike, test_elements: ArrayLike, *, invert: bool = False) -> NDArray[Any]: ...
@overload
def isin(element: ArrayLike, test_elements: Tensor, *, invert: bool = False) -> Tensor: ...
@overload
def nanargmax(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The position of the first largest element that is not nan. x (..., n, ...) -> (...)."""

@overload
def nanargmax(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def nanargmin(x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The position of the first smallest element that is not nan. x (..., n, ...) -> (...)."""

@overload
def nanargmin(x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> NDArray[Any]: ...
@overload
def argpartition(x: Tensor, kth: int | Sequence[int], axis: int | None = -1, kind: Any = "introselect") -> Tensor:
    """The positions of the elements, of which those at kth are as in sorted order. x (..., n, ...) -> (..., n, ...)."""

@overload
def argpartition(
    x: ArrayLike,
    kth: int | Sequence[int],
    axis: int | None = -1,
    kind: Any = "introselect",
) -> NDArray[Any]: ...
@overload
def partition(x: Tensor, kth: int | Sequence[int], axis: int | None = -1, kind: Any = "introselect") -> Tensor:
    """The elements along an axis, of which those at kth are as in sorted order. x (..., n, ...) -> (..., n, ...)."""

@overload
def partition(
    x: ArrayLike,
    kth: int | Sequence[int],
    axis: int | None = -1,
    kind: Any = "introselect",
) -> NDArray[Any]: ...
@overload
def topk(x: Tensor, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Tensor, Tensor]:
    """The k largest elements along an axis, and where they are; PyTorch's name."""

@overload
def topk(
    x: ArrayLike,
    k: int,
    axis: int = -1,
    largest: bool = True,
    sorted: bool = True,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def kthvalue(x: Tensor, k: int, axis: int = -1, keepdims: bool = False) -> tuple[Tensor, Tensor]:
    """The k-th smallest element along an axis, and where it is; PyTorch's name. x (..., n, ...) -> (...), (...)."""

@overload
def kthvalue(x: ArrayLike, k: int, axis: int = -1, keepdims: bool = False) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def dot(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """NumPy's dot: sums of products over one axis. a (..., n), b (..., n, p) -> (..., ..., p)."""

@overload
def dot(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def dot(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def inner(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The sums of products over the last axes. a (..., n), b (..., n) -> (..., ...)."""

@overload
def inner(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def inner(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def outer(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The product of each element with each. a (...), b (...) -> (m, n)."""

@overload
def outer(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def outer(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def vdot(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The inner product of all elements, the first one's conjugated. a (...), b (...) -> ()."""

@overload
def vdot(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def vdot(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def vecdot(x1: Tensor, x2: Tensor | ArrayLike, axis: int = -1) -> Tensor:
    """The inner products along an axis, the first one's elements conjugated. x1, x2 (..., n) -> (...)."""

@overload
def vecdot(x1: ArrayLike, x2: ArrayLike, axis: int = -1) -> NDArray[Any]: ...
@overload
def vecdot(x1: ArrayLike, x2: Tensor, axis: int = -1) -> Tensor: ...
@overload
def matvec(x1: Tensor, x2: Tensor | ArrayLike) -> Tensor:
    """Matrices times vectors. x1 (..., m, n), x2 (..., n) -> (..., m)."""

@overload
def matvec(x1: ArrayLike, x2: ArrayLike) -> NDArray[Any]: ...
@overload
def matvec(x1: ArrayLike, x2: Tensor) -> Tensor: ...
@overload
def vecmat(x1: Tensor, x2: Tensor | ArrayLike) -> Tensor:
    """Vectors, conjugated, times matrices. x1 (..., m), x2 (..., m, n) -> (..., n)."""

@overload
def vecmat(x1: ArrayLike, x2: ArrayLike) -> NDArray[Any]: ...
@overload
def vecmat(x1: ArrayLike, x2: Tensor) -> Tensor: ...
@overload
def tensordot(a: Tensor, b: Tensor | ArrayLike, axes: Any = 2) -> Tensor:
    """The sums of products over chosen axes. a (..., n), b (n, ...) -> (..., ...)."""

@overload
def tensordot(a: ArrayLike, b: ArrayLike, axes: Any = 2) -> NDArray[Any]: ...
@overload
def tensordot(a: ArrayLike, b: Tensor, axes: Any = 2) -> Tensor: ...
@overload
def kron(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The Kronecker product: each element of a times all of b. a (m, n), b (p, q) -> (m·p, n·q)."""

@overload
def kron(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def kron(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def cross(
    a: Tensor,
    b: Tensor | ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: Any = None,
) -> Tensor:
    """The cross product of vectors. a, b (..., 3) -> (..., 3)."""

@overload
def cross(
    a: ArrayLike,
    b: ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: Any = None,
) -> NDArray[Any]: ...
@overload
def cross(a: ArrayLike, b: Tensor, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Tensor: ...
@overload
def cdist(x1: Tensor, x2: Tensor | ArrayLike, p: Any = 2.0) -> Tensor:
    """The distances of each point of one set from each of another. x1 (..., m, k), x2 (..., n, k) -> (..., m, n)."""

@overload
def cdist(x1: ArrayLike, x2: ArrayLike, p: Any = 2.0) -> NDArray[Any]: ...
@overload
def cdist(x1: ArrayLike, x2: Tensor, p: Any = 2.0) -> Tensor: ...
@overload
def nonzero(x: Tensor) -> tuple[Tensor, ...]:
    """Where elements are not 0, as an array of positions for each axis. x (...) -> (n,), ..."""

@overload
def nonzero(x: ArrayLike) -> tuple[NDArray[Any], ...]: ...
@overload
def searchsorted(a: Tensor, v: Tensor | ArrayLike, side: Any = "left", sorter: Any = None) -> Tensor:
    """Where in an ascending line numbers would have to be put in. a (n,), v (...) -> (...)."""

@overload
def searchsorted(a: ArrayLike, v: ArrayLike, side: Any = "left", sorter: Any = None) -> NDArray[Any]: ...
@overload
def searchsorted(a: ArrayLike, v: Tensor, side: Any = "left", sorter: Any = None) -> Tensor: ...
@overload
def unique_all(x: Tensor) -> UniqueAllResult:
    """The distinct elements, and where and how often each is there. x (...) -> (m,), (m,), (...), (m,)."""

@overload
def unique_all(x: ArrayLike) -> UniqueAllResult: ...
@overload
def unique_counts(x: Tensor) -> UniqueCountsResult:
    """The distinct elements, and how often each is there. x (...) -> (m,), (m,)."""

@overload
def unique_counts(x: ArrayLike) -> UniqueCountsResult: ...
@overload
def unique_inverse(x: Tensor) -> UniqueInverseResult:
    """The distinct elements, and which of them each element is. x (...) -> (m,), (...)."""

@overload
def unique_inverse(x: ArrayLike) -> UniqueInverseResult: ...
@overload
def unique_values(x: Tensor) -> Tensor:
    """The distinct elements in ascending order. x (...) -> (m,)."""

@overload
def unique_values(x: ArrayLike) -> NDArray[Any]: ...
@overload
def cumulative_sum(
    x: Tensor,
    axis: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Tensor:
    """The sums of the first elements along an axis. x (..., n, ...) -> (..., n, ...)."""

@overload
def cumulative_sum(
    x: ArrayLike,
    axis: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> NDArray[Any]: ...
@overload
def cumulative_prod(
    x: Tensor,
    axis: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> Tensor:
    """The products of the first elements along an axis. x (..., n, ...) -> (..., n, ...)."""

@overload
def cumulative_prod(
    x: ArrayLike,
    axis: int | None = None,
    *,
    dtype: DTypeLike | None = None,
    include_initial: bool = False,
) -> NDArray[Any]: ...
@overload
def concat(arrays: Sequence[Tensor], axis: int | None = 0, *, dtype: Any = None) -> Tensor:
    """The arrays joined along an existing axis; PyTorch's `cat`. (a, c), (b, c) -> (a + b, c)."""

@overload
def concat(arrays: Sequence[ArrayLike], axis: int | None = 0, *, dtype: Any = None) -> NDArray[Any]: ...
@overload
def concat(arrays: Sequence[Tensor | ArrayLike], axis: int | None = 0, *, dtype: Any = None) -> Tensor: ...
@overload
def pow(x: Tensor, y: Tensor | ArrayLike) -> Tensor:
    """The power x ** y, elementwise. x, y (...) -> (...)."""

@overload
def pow(x: ArrayLike, y: ArrayLike) -> NDArray[Any]: ...
@overload
def pow(x: ArrayLike, y: Tensor) -> Tensor: ...
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
def multi_matmul(arrays: Sequence[Tensor]) -> Tensor:
    """The product of several matrices, in the order with the fewest multiplications. (a, b), (b, c), … -> (a, z)."""

@overload
def multi_matmul(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def multi_matmul(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
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
def odeint(
    func: Any,
    y0: Tensor,
    t: Tensor | ArrayLike,
    args: Sequence[Tensor | ArrayLike] = (),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    mxstep: int = 0,
    tfirst: bool = False,
) -> Tensor:
    """The solution of y' = f(y, t, …) from y at the first time; SciPy's `odeint`. y0 (...), t (T,) -> (T, ...)."""

@overload
def odeint(
    func: Any,
    y0: ArrayLike,
    t: ArrayLike,
    args: Sequence[ArrayLike] = (),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    mxstep: int = 0,
    tfirst: bool = False,
) -> NDArray[Any]: ...
@overload
def odeint(
    func: Any,
    y0: ArrayLike,
    t: Tensor | ArrayLike,
    args: Sequence[Tensor | ArrayLike] = (),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    mxstep: int = 0,
    tfirst: bool = False,
) -> Tensor: ...
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
def focal_loss(class_probs: Tensor, targets: Tensor | ArrayLike, alpha: float = 1.0, gamma: float = 0.0) -> Tensor:
    """The focal loss −α (1 − p)ᵞ log p of each row, p being its class's probability. (N, C), (N,) -> (N,)."""

@overload
def focal_loss(class_probs: ArrayLike, targets: ArrayLike, alpha: float = 1.0, gamma: float = 0.0) -> NDArray[Any]: ...
@overload
def focal_loss(class_probs: ArrayLike, targets: Tensor, alpha: float = 1.0, gamma: float = 0.0) -> Tensor: ...
@overload
def softmax_focal_loss(scores: Tensor, targets: Tensor | ArrayLike, alpha: float = 1.0, gamma: float = 0.0) -> Tensor:
    """The focal loss of the softmax of scores, without overflow. (N, C), (N,) -> (N,)."""

@overload
def softmax_focal_loss(
    scores: ArrayLike,
    targets: ArrayLike,
    alpha: float = 1.0,
    gamma: float = 0.0,
) -> NDArray[Any]: ...
@overload
def softmax_focal_loss(scores: ArrayLike, targets: Tensor, alpha: float = 1.0, gamma: float = 0.0) -> Tensor: ...
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
def rnn(
    x: Tensor,
    weight_ih: Tensor | ArrayLike,
    weight_hh: Tensor | ArrayLike,
    bias_ih: Tensor | ArrayLike | None = None,
    bias_hh: Tensor | ArrayLike | None = None,
    h0: Tensor | ArrayLike | None = None,
    *,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """A plain recurrent layer: h' = f(x w_ihᵀ + b_ih + h w_hhᵀ + b_hh), along a sequence."""

@overload
def rnn(
    x: ArrayLike,
    weight_ih: ArrayLike,
    weight_hh: ArrayLike,
    bias_ih: ArrayLike | None = None,
    bias_hh: ArrayLike | None = None,
    h0: ArrayLike | None = None,
    *,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def rnn(
    x: ArrayLike,
    weight_ih: Tensor | ArrayLike,
    weight_hh: Tensor | ArrayLike,
    bias_ih: Tensor | ArrayLike | None = None,
    bias_hh: Tensor | ArrayLike | None = None,
    h0: Tensor | ArrayLike | None = None,
    *,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]: ...
@overload
def gru(
    x: Tensor,
    weight_ih: Tensor | ArrayLike,
    weight_hh: Tensor | ArrayLike,
    bias_ih: Tensor | ArrayLike | None = None,
    bias_hh: Tensor | ArrayLike | None = None,
    h0: Tensor | ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """A layer of gated recurrent units along a sequence, PyTorch's: the gates r, u, n."""

@overload
def gru(
    x: ArrayLike,
    weight_ih: ArrayLike,
    weight_hh: ArrayLike,
    bias_ih: ArrayLike | None = None,
    bias_hh: ArrayLike | None = None,
    h0: ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def gru(
    x: ArrayLike,
    weight_ih: Tensor | ArrayLike,
    weight_hh: Tensor | ArrayLike,
    bias_ih: Tensor | ArrayLike | None = None,
    bias_hh: Tensor | ArrayLike | None = None,
    h0: Tensor | ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]: ...
@overload
def lstm(
    x: Tensor,
    weight_ih: Tensor | ArrayLike,
    weight_hh: Tensor | ArrayLike,
    bias_ih: Tensor | ArrayLike | None = None,
    bias_hh: Tensor | ArrayLike | None = None,
    h0: Tensor | ArrayLike | None = None,
    c0: Tensor | ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """A layer of long short-term memories along a sequence, PyTorch's: the gates i, f, g, o."""

@overload
def lstm(
    x: ArrayLike,
    weight_ih: ArrayLike,
    weight_hh: ArrayLike,
    bias_ih: ArrayLike | None = None,
    bias_hh: ArrayLike | None = None,
    h0: ArrayLike | None = None,
    c0: ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...
@overload
def lstm(
    x: ArrayLike,
    weight_ih: Tensor | ArrayLike,
    weight_hh: Tensor | ArrayLike,
    bias_ih: Tensor | ArrayLike | None = None,
    bias_hh: Tensor | ArrayLike | None = None,
    h0: Tensor | ArrayLike | None = None,
    c0: Tensor | ArrayLike | None = None,
    *,
    lengths: ArrayLike | None = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor, Tensor]: ...
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
