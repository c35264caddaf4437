"""The operators and methods of Tensor; written by `make stubs`, not by hand."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..ops.update import At
from .aliases import ArrayLike as ArrayLike
from .aliases import Index as Index
from .aliases import SupportsArray as SupportsArray
from .tape import Value
from .tensor import Tensor as Tensor

class Methods(Value):
    """What the rooms above put on Tensor."""

    __slots__ = ()

    @property
    def T(self) -> Tensor:  # noqa: N802 (NumPy's name)
        """All axes reversed."""

    @property
    def mT(self) -> Tensor:  # noqa: N802 (NumPy's name)
        """The last two axes exchanged: the transposed matrix, or stack of matrices."""

    @property
    def real(self) -> Tensor:
        """The real part; what is real as it is."""

    @property
    def imag(self) -> Tensor:
        """The imaginary part; 0 of what is real."""

    @property
    def at(self) -> At:
        """Elements by their places, for a new Tensor in which they are others: `t.at[0].set(1.0)`."""

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """The same elements, in row-major order, in another shape."""

    def transpose(self, *axes: int | Sequence[int] | None) -> Tensor:
        """The axes in another order."""

    @property
    def device(self) -> str:
        """Where the elements are: "cpu", the processor's memory."""

    def to_device(self, device: str) -> Tensor:
        """This Tensor: there is one device, the processor's memory."""

    def __array_namespace__(self) -> Any: ...
    def detach(self) -> Tensor:
        """The same array as a constant: no gradient flows through it."""

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""

    def summary(self) -> Any:
        """The steps it was computed by, as a table to print: names, shapes, parameters, bytes saved, multiply-adds."""

    def _repr_svg_(self) -> str | None:
        """Its graph, for notebooks; None without one, if it is too large for a page, or if nothing here can draw."""

    def _repr_html_(self) -> str:
        """Its value, and its graph below it, for notebooks."""

    def square(self) -> Tensor:
        """x², elementwise. x (...) -> (...)."""

    def exp(self) -> Tensor:
        """The exponential eˣ, elementwise. x (...) -> (...)."""

    def expm1(self) -> Tensor:
        """The exponential less one, eˣ − 1, elementwise. x (...) -> (...)."""

    def log(self) -> Tensor:
        """The natural logarithm, elementwise. x (...) -> (...)."""

    def log1p(self) -> Tensor:
        """The natural logarithm of 1 + x, elementwise. x (...) -> (...)."""

    def sqrt(self) -> Tensor:
        """The square root √x, elementwise. x (...) -> (...)."""

    def sin(self) -> Tensor:
        """The sine, elementwise, of x in radians. x (...) -> (...)."""

    def cos(self) -> Tensor:
        """The cosine, elementwise, of x in radians. x (...) -> (...)."""

    def tanh(self) -> Tensor:
        """The hyperbolic tangent, elementwise. x (...) -> (...)."""

    def sigmoid(self) -> Tensor:
        """The logistic function 1 / (1 + e⁻ˣ), elementwise, SciPy's `expit`. x (...) -> (...)."""

    def abs(self) -> Tensor:
        """The absolute value |x|, elementwise. x (...) -> (...)."""

    def sign(self) -> Tensor:
        """The sign of x, elementwise: -1, 0 or 1; of complex numbers x / |x|, and 0 of 0. x (...) -> (...)."""

    def relu(self) -> Tensor:
        """The larger of x and 0, elementwise. x (...) -> (...)."""

    def clip(
        self,
        low: Tensor | ArrayLike | None = None,
        high: Tensor | ArrayLike | None = None,
        *,
        a_min: Any = None,
        a_max: Any = None,
        min: Any = None,
        max: Any = None,
    ) -> Tensor:
        """The numbers limited to [low, high], elementwise; PyTorch's `clamp`. x (...) -> (...)."""

    def astype(self, dtype: DTypeLike) -> Tensor:
        """The numbers in another dtype, PyTorch's `to`. x (...) -> (...)."""

    def roll(self, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Tensor:
        """The elements moved along axes; what leaves at one end enters at the other. x (...) -> (...)."""

    def split(self, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
        """The array cut along an axis into several; PyTorch's `tensor_split`. x (n, ...) -> parts (m, ...)."""

    def flatten(self, start_axis: int = 0) -> Tensor:
        """The axes from `start_axis` on made one, in row-major order; NumPy's `ravel`. x (a, b, c) -> (abc,)."""

    def expand_dims(self, axis: int | Sequence[int]) -> Tensor:
        """New axes of length 1; PyTorch's `unsqueeze`. x (a, b) -> (1, a, b) for axis 0."""

    def squeeze(self, axis: int | Sequence[int] | None = None) -> Tensor:
        """Axes of length 1 removed. x (1, a, 1) -> (a,)."""

    def tile(self, reps: int | Sequence[int]) -> Tensor:
        """Copies of x side by side, reps[i] of them along axis i. x (a, b) -> (a·reps[0], b·reps[1])."""

    def sum(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The sum over the given axes, by default all. x (...) -> (...)."""

    def max(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The largest element over the given axes, by default all; PyTorch's `amax`. x (...) -> (...)."""

    def min(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The smallest element over the given axes, by default all; PyTorch's `amin`. x (...) -> (...)."""

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The position of the first largest element along an axis. x (..., n, ...) -> (...)."""

    def mean(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The arithmetic mean Σx / n over the given axes, by default all. x (...) -> (...)."""

    def var(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: float = 0) -> Tensor:
        """The variance Σ(x − mean)² / (n − ddof) over the given axes, by default all. x (...) -> (...)."""

    def std(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: float = 0) -> Tensor:
        """The standard deviation √var over the given axes, by default all. x (...) -> (...)."""

    def lerp(self, y: Tensor | ArrayLike, weight: Tensor | ArrayLike) -> Tensor:
        """From x to y by a share of the way, x + weight·(y − x), elementwise; PyTorch's name."""

    def conjugate(self) -> Tensor:
        """The complex conjugate Re x − i·Im x, elementwise. x (...) -> (...)."""

    def conj(self) -> Tensor:
        """The complex conjugate Re x − i·Im x, elementwise. x (...) -> (...)."""

    def hardshrink(self, lambd: float = 0.5) -> Tensor:
        """The numbers outside [−λ, λ], and 0 for those inside, elementwise. x (...) -> (...)."""

    def prelu(self, weight: Tensor | ArrayLike) -> Tensor:
        """A leaky ReLU whose slope below 0 is learned: x where x > 0, else weight · x. x (N, C, ...) -> (N, C, ...)."""

    def argsort(self, axis: int | None = -1) -> Tensor:
        """The positions of the elements in ascending order along an axis. x (...) -> (...)."""

    def sort(self, axis: int | None = -1, *, descending: bool = False) -> Tensor:
        """The elements in ascending order along an axis. x (...) -> (...)."""

    def softmax(self, axis: int = -1) -> Tensor:
        """The softmax eˣ / Σeˣ along an axis. x (...) -> (...)."""

    def log_softmax(self, axis: int = -1) -> Tensor:
        """The logarithm of the softmax, x − log Σeˣ along an axis. x (...) -> (...)."""

    def logsumexp(self, axis: int | Sequence[int] | None = -1, keepdims: bool = False) -> Tensor:
        """The logarithm log Σeˣ along axes, without overflow; SciPy's name. x (..., n, ...) -> (...)."""

    def cumsum(self, axis: int | None = None) -> Tensor:
        """The running sum along an axis: Σ xⱼ over j ≤ i. x (...) -> (...)."""

    def diff(
        self,
        n: int = 1,
        axis: int = -1,
        prepend: Tensor | ArrayLike | None = None,
        append: Tensor | ArrayLike | None = None,
    ) -> Tensor:
        """The differences x[i + 1] − x[i] along an axis, n times. x (..., m, ...) -> (..., m − n, ...)."""

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Two axes exchanged; PyTorch's `transpose`. x (..., m, ..., n, ...) -> (..., n, ..., m, ...)."""

    def permute_dims(self, axes: Any) -> Tensor:
        """The axes in another order, the array API's and PyTorch's way to say `transpose`. x (a, b, c) -> (c, a, b)."""

    def ravel(self, order: Any = "C") -> Tensor:
        """All elements in one line. x (...) -> (n,)."""

    def repeat(self, repeats: int | ArrayLike, axis: int | None = None) -> Tensor:
        """Each element several times in a row along an axis. x (..., n, ...) -> (..., m, ...)."""

    def unflatten(self, axis: int, sizes: int | Sequence[int]) -> Tensor:
        """One axis cut into several; PyTorch's name. x (..., n, ...) -> (..., *sizes, ...)."""

    def exp2(self) -> Tensor:
        """The power 2ˣ, elementwise. x (...) -> (...)."""

    def log2(self) -> Tensor:
        """The logarithm to base 2, elementwise. x (...) -> (...)."""

    def log10(self) -> Tensor:
        """The logarithm to base 10, elementwise. x (...) -> (...)."""

    def cbrt(self) -> Tensor:
        """The cube root, elementwise, of negative numbers too. x (...) -> (...)."""

    def reciprocal(self) -> Tensor:
        """The reciprocal 1 / x, elementwise. x (...) -> (...)."""

    def rsqrt(self) -> Tensor:
        """The reciprocal of the square root 1 / √x, elementwise; PyTorch's name. x (...) -> (...)."""

    def floor(self) -> Tensor:
        """The largest integer not above x, elementwise. x (...) -> (...)."""

    def ceil(self) -> Tensor:
        """The smallest integer not below x, elementwise. x (...) -> (...)."""

    def rint(self) -> Tensor:
        """The nearest integer, of two the even one, elementwise. x (...) -> (...)."""

    def trunc(self) -> Tensor:
        """The nearest integer towards 0, elementwise. x (...) -> (...)."""

    def signbit(self) -> Tensor:
        """Whether the sign is minus, of −0 too, elementwise. x (...) -> (...)."""

    def round(self, decimals: int = 0) -> Tensor:
        """x rounded to so many decimals, of two nearest to the even one, elementwise. x (...) -> (...)."""

    def frac(self) -> Tensor:
        """What is left of x without its integer, x − trunc(x), elementwise; PyTorch's name. x (...) -> (...)."""

    def nan_to_num(self, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
        """Numbers in the place of nan and infinities, elementwise. x (...) -> (...)."""

    def tan(self) -> Tensor:
        """The tangent, elementwise, of x in radians. x (...) -> (...)."""

    def arcsin(self) -> Tensor:
        """The arcsine, elementwise, in radians. x (...) -> (...)."""

    def asin(self) -> Tensor:
        """The arcsine, elementwise, in radians. x (...) -> (...)."""

    def arccos(self) -> Tensor:
        """The arccosine, elementwise, in radians. x (...) -> (...)."""

    def acos(self) -> Tensor:
        """The arccosine, elementwise, in radians. x (...) -> (...)."""

    def arctan(self) -> Tensor:
        """The arctangent, elementwise, in radians. x (...) -> (...)."""

    def atan(self) -> Tensor:
        """The arctangent, elementwise, in radians. x (...) -> (...)."""

    def sinh(self) -> Tensor:
        """The hyperbolic sine, elementwise. x (...) -> (...)."""

    def cosh(self) -> Tensor:
        """The hyperbolic cosine, elementwise. x (...) -> (...)."""

    def arcsinh(self) -> Tensor:
        """The inverse hyperbolic sine, elementwise. x (...) -> (...)."""

    def asinh(self) -> Tensor:
        """The inverse hyperbolic sine, elementwise. x (...) -> (...)."""

    def arccosh(self) -> Tensor:
        """The inverse hyperbolic cosine, elementwise. x (...) -> (...)."""

    def acosh(self) -> Tensor:
        """The inverse hyperbolic cosine, elementwise. x (...) -> (...)."""

    def arctanh(self) -> Tensor:
        """The inverse hyperbolic tangent, elementwise. x (...) -> (...)."""

    def atanh(self) -> Tensor:
        """The inverse hyperbolic tangent, elementwise. x (...) -> (...)."""

    def sinc(self) -> Tensor:
        """The cardinal sine sin(πx) / (πx), 1 at 0, elementwise. x (...) -> (...)."""

    def deg2rad(self) -> Tensor:
        """Degrees in radians, elementwise: x · π / 180. x (...) -> (...)."""

    def rad2deg(self) -> Tensor:
        """Radians in degrees, elementwise: x · 180 / π. x (...) -> (...)."""

    def cumprod(self, axis: int | None = None) -> Tensor:
        """The running product along an axis: Π xⱼ over j ≤ i. x (...) -> (...)."""

    def logcumsumexp(self, axis: int = -1) -> Tensor:
        """The logarithm of the running sum of exponentials, without overflow; PyTorch's name. x (...) -> (...)."""

    def prod(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The product over the given axes, by default all. x (...) -> (...)."""

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The position of the first smallest element along an axis. x (..., n, ...) -> (...)."""

    def count_nonzero(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """How many elements are not 0, over the given axes, by default all. x (...) -> (...)."""

    def any(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """Whether an element is true, not 0, over the given axes, by default all. x (...) -> (...)."""

    def all(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """Whether all elements are true, not 0, over the given axes, by default all. x (...) -> (...)."""

    def quantile(
        self,
        q: float | ArrayLike,
        axis: int | Sequence[int] | None = None,
        *,
        method: str = "linear",
        keepdims: bool = False,
    ) -> Tensor:
        """The quantiles of x at given levels over the given axes, by default all. x (...) -> (*q, ...)."""

    def median(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The median over the given axes, by default all; of two in the middle their mean. x (...) -> (...)."""

    def unbind(self, axis: int = 0) -> tuple[Tensor, ...]:
        """The parts along an axis, without it; PyTorch's `unbind`. x (n, ...) -> n × (...)."""

    def chunk(self, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
        """Cut along an axis into parts of one length, the last one shorter; PyTorch's name."""

    def take(self, indices: int | ArrayLike, axis: int | None = None, *, mode: Any = "raise") -> Tensor:
        """Elements by their places along an axis; PyTorch's `index_select`. x (..., n, ...) -> (..., *indices, ...)."""

    def masked_fill(self, mask: int | ArrayLike, value: Tensor | ArrayLike) -> Tensor:
        """x with a value where a mask holds; PyTorch's name for `where(mask, value, x)`. x (...) -> (...)."""

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """A diagonal of two axes, as the last axis. x (m, n, ...) -> (..., k)."""

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """The sum of a diagonal of two axes; NumPy's and PyTorch's `trace`. x (n, n, ...) -> (...)."""

    def tril(self, k: int = 0) -> Tensor:
        """The lower triangle of matrices, 0 above the diagonal. x (..., m, n) -> same."""

    def triu(self, k: int = 0) -> Tensor:
        """The upper triangle of matrices, 0 below the diagonal. x (..., m, n) -> same."""

    def gather(self, axis: int, indices: ArrayLike) -> Tensor:
        """Along an axis the elements at places that differ from line to line; PyTorch's name. x (...) -> (...)."""

    def scatter(self, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
        """x with values at places along an axis that differ from line to line; PyTorch's name. x (...) -> (...)."""

    def scatter_add(self, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
        """x with values added at places along an axis that differ from line to line; PyTorch's name."""

    def index_add(self, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
        """x with parts added at places along an axis; PyTorch's name. x (..., n, ...) -> (..., n, ...)."""

    def index_copy(self, axis: int, indices: ArrayLike, values: Tensor | ArrayLike) -> Tensor:
        """x with other parts at places along an axis; PyTorch's name. x (..., n, ...) -> (..., n, ...)."""

    def copy(self) -> Tensor:
        """The same elements in memory of their own; PyTorch's `clone`. x (...) -> (...)."""

    def argpartition(self, kth: int | Sequence[int], axis: int | None = -1, kind: Any = "introselect") -> Tensor:
        """The positions of the elements, of which those at kth are as in sorted order."""

    def topk(self, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Tensor, Tensor]:
        """The k largest elements along an axis, and where they are; PyTorch's name."""

    def kthvalue(self, k: int, axis: int = -1, keepdims: bool = False) -> tuple[Tensor, Tensor]:
        """The k-th smallest element along an axis, and where it is; PyTorch's name. x (..., n, ...) -> (...), (...)."""

    def dot(self, b: Tensor | ArrayLike) -> Tensor:
        """NumPy's dot: sums of products over one axis. a (..., n), b (..., n, p) -> (..., ..., p)."""

    def erf(self) -> Tensor:
        """The error function 2/√π · ∫₀ˣ e^(−t²) dt, elementwise."""

    def erfc(self) -> Tensor:
        """The complementary error function 1 − erf(x), elementwise."""

    def erfinv(self) -> Tensor:
        """The inverse of erf, elementwise."""

    def logit(self) -> Tensor:
        """The logarithm of the odds, log(x / (1 − x)), the inverse of sigmoid, elementwise."""

    def xlogy(self, y: Tensor | ArrayLike) -> Tensor:
        """The product x · log y, 0 where x is 0, elementwise."""

    def gammaln(self) -> Tensor:
        """The logarithm of the gamma function's absolute value, log |Γ(x)|, elementwise."""

    def lgamma(self) -> Tensor:
        """The logarithm of the gamma function's absolute value, log |Γ(x)|, elementwise."""

    def digamma(self) -> Tensor:
        """The digamma function ψ(x), the derivative of log Γ(x), elementwise."""

    def i0(self) -> Tensor:
        """The modified Bessel function of the first kind of order 0, I₀(x), elementwise."""

    def __add__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __radd__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __sub__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rsub__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __mul__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rmul__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __truediv__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rtruediv__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __pow__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rpow__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __matmul__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rmatmul__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __getitem__(self, index: Index) -> Tensor: ...
    def __iadd__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __isub__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __imul__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __itruediv__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __lt__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __le__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __gt__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __ge__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __and__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __or__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __xor__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __lshift__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rshift__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __floordiv__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __mod__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __divmod__(self, other: Tensor | ArrayLike) -> tuple[Tensor, Tensor]: ...
    def __rand__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __ror__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rxor__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rlshift__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rrshift__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rfloordiv__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rmod__(self, other: Tensor | ArrayLike) -> Tensor: ...
    def __rdivmod__(self, other: Tensor | ArrayLike) -> tuple[Tensor, Tensor]: ...
    def __invert__(self) -> Tensor: ...
    def __round__(self, digits: int = 0) -> Tensor: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]  # elements are compared
    def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]  # elements are compared
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __index__(self) -> int: ...
    def __int__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __format__(self, spec: str) -> str: ...
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, np.dtype[np.generic]]: ...
    def __array_function__(self, func: Any, types: Iterable[type], args: Any, kwargs: Any) -> Any: ...
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any: ...
    def __float__(self) -> Tensor: ...
    def __complex__(self) -> Tensor: ...
    def __dlpack__(self) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    __pandas_priority__: int
