"""The operations as functions; written by `make stubs`, not by hand."""
# mypy: disable-error-code=overload-overlap

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..core.methods import ArrayLike, Index
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
    "angle",
    "argmax",
    "astype",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "broadcast_to",
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
    "cumsum",
    "diff",
    "divide",
    "dropout",
    "einsum",
    "exp",
    "expand_dims",
    "expm1",
    "flatten",
    "flip",
    "fold",
    "gate",
    "getitem",
    "global_avg_pool",
    "global_max_pool",
    "grid_sample",
    "imag",
    "interpolate",
    "leaky_relu",
    "linear",
    "log",
    "log1p",
    "log_softmax",
    "logsumexp",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
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
    "multiply",
    "negative",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "power",
    "qr",
    "real",
    "relu",
    "reshape",
    "roll",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "take_along_axis",
    "tanh",
    "tile",
    "transpose",
    "unfold",
    "var",
    "where",
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
def einsum(subscripts: str, *operands: Tensor) -> Tensor:
    """The sum of products that the subscripts spell. (...), (...) -> (...)."""

@overload
def einsum(subscripts: str, *operands: ArrayLike) -> NDArray[Any]: ...
@overload
def einsum(subscripts: str, *operands: Tensor | ArrayLike) -> Tensor: ...
@overload
def qr(x: Tensor) -> tuple[Tensor, Tensor]:
    """The factors of A = Q R: Q has orthonormal columns, R is upper triangular."""

@overload
def qr(x: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]: ...
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
