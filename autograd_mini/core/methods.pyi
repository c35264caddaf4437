"""The operators and methods of Tensor; written by `make stubs`, not by hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .tape import Value
from .tensor import Tensor as Tensor

_Entry_co = TypeVar("_Entry_co", covariant=True)

class _Nested(Protocol[_Entry_co]):
    """A list or tuple, nested or not; no text."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> _Entry_co | _Nested[_Entry_co]: ...
    def __contains__(self, entry: object, /) -> bool: ...
    def __iter__(self) -> Iterator[_Entry_co | _Nested[_Entry_co]]: ...
    def __reversed__(self) -> Iterator[_Entry_co | _Nested[_Entry_co]]: ...
    def count(self, entry: Any, /) -> int: ...
    def index(self, entry: Any, /) -> int: ...

class SupportsArray(Protocol):
    """What NumPy makes an array of: a column of a table, another library's tensor."""

    def __array__(self) -> np.ndarray[Any, Any]: ...

ArrayLike: TypeAlias = NDArray[Any] | np.generic | float | _Nested[NDArray[Any] | np.generic | float]
"""Real numbers, one or many, of which none is a Tensor."""

_Place: TypeAlias = int | np.integer[Any] | slice | EllipsisType | NDArray[Any] | Tensor | _Nested[int] | None
Index: TypeAlias = _Place | tuple[_Place, ...]
"""What stands in brackets."""

Cotangents: TypeAlias = Tensor | ArrayLike | Sequence[Tensor | ArrayLike | None] | None
"""Gradients to begin a backward pass with."""

Replacements: TypeAlias = Mapping[Any, Mapping[str, Callable[..., Any]]] | None
"""Rules by operation, or its name, and argument."""

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

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """The same elements in another shape, given as numbers or as one tuple; one length may be -1."""

    def transpose(self, *axes: int | Sequence[int] | None) -> Tensor:
        """The axes in another order, given as numbers or as one tuple; reversed if none is given."""

    def detach(self) -> Tensor:
        """The same array as a constant: no gradient flows through it."""

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""

    def summary(self) -> Any:
        """The steps I was computed by, as a table: print it. Names, shapes, parameters, bytes saved, multiply-adds."""

    def _repr_svg_(self) -> str | None:
        """My graph, for notebooks; None if I have none, if it is too large for a page, or if nothing here can draw."""

    def _repr_html_(self) -> str:
        """My value, and my graph below it, for notebooks."""

    def square(self) -> Tensor:
        """x², elementwise. x (...) -> (...)."""

    def exp(self) -> Tensor:
        """eˣ, elementwise. x (...) -> (...)."""

    def expm1(self) -> Tensor:
        """eˣ − 1, elementwise, without losing small x. x (...) -> (...)."""

    def log(self) -> Tensor:
        """The natural logarithm, elementwise. x (...) -> (...). -inf at 0, nan below, as in NumPy."""

    def log1p(self) -> Tensor:
        """log(1 + x), elementwise, without losing small x. x (...) -> (...). -inf at -1, nan below."""

    def sqrt(self) -> Tensor:
        """√x, elementwise. x (...) -> (...). The slope at 0 is inf."""

    def sin(self) -> Tensor:
        """Sine, elementwise, x in radians. x (...) -> (...)."""

    def cos(self) -> Tensor:
        """Cosine, elementwise, x in radians. x (...) -> (...)."""

    def tanh(self) -> Tensor:
        """The hyperbolic tangent, elementwise. x (...) -> (...)."""

    def sigmoid(self) -> Tensor:
        """1 / (1 + e⁻ˣ), elementwise, without overflow or cancellation. x (...) -> (...)."""

    def abs(self) -> Tensor:
        """|x|, elementwise. x (...) -> (...). The subgradient at 0 is 0."""

    def relu(self) -> Tensor:
        """max(x, 0), elementwise. x (...) -> (...). The subgradient at 0 is 0. Source: the report, section 3.1.4."""

    def clip(self, low: float | None = None, high: float | None = None) -> Tensor:
        """x limited to [low, high]; None is no limit. x (...) -> (...). Raises ValueError if both are None."""

    def astype(self, dtype: DTypeLike) -> Tensor:
        """x in another dtype; the gradient returns in x's own. x (...) -> (...). Through integers no gradient flows."""

    def conjugate(self) -> Tensor:
        """Re x − i·Im x, elementwise; what is real as it is. x (...) -> (...)."""

    def conj(self) -> Tensor:
        """Re x − i·Im x, elementwise; what is real as it is. x (...) -> (...)."""

    def roll(self, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Tensor:
        """The elements moved along the axes, by default in one line; what leaves at one end enters at the other."""

    def split(self, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
        """x cut along an axis, into so many equal parts or before each of the given places."""

    def flatten(self, start_axis: int = 0) -> Tensor:
        """All axes from `start_axis` on made one, in row-major order. x (a, b, c) -> (abc,), or (a, bc) from axis 1."""

    def expand_dims(self, axis: int | Sequence[int]) -> Tensor:
        """New axes of length 1 at the given places of the result. x (a, b) -> (1, a, b) for axis 0."""

    def squeeze(self, axis: int | Sequence[int] | None = None) -> Tensor:
        """Axes of length 1 removed, by default all. x (1, a, 1) -> (a,)."""

    def tile(self, reps: int | Sequence[int]) -> Tensor:
        """x laid side by side reps[i] times along axis i. x (a, b) -> (a·reps[0], b·reps[1])."""

    def sum(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The sum over the given axes, by default all. x (...) -> (...) without them, or with length 1 there."""

    def max(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The largest element over the given axes, by default all. x (...) -> (...)."""

    def min(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The smallest element over the given axes, by default all. x (...) -> (...)."""

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The position of the first largest element, in all of x or along an axis. x (...) -> (...) of integers."""

    def mean(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The arithmetic mean over the given axes, by default all: Σx / n. x (...) -> (...) without them."""

    def var(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: int = 0) -> Tensor:
        """The variance Σ(x − mean)² / (n − ddof), as NumPy defines it. x (...) -> (...) without the axes."""

    def std(self, axis: int | Sequence[int] | None = None, keepdims: bool = False, *, ddof: int = 0) -> Tensor:
        """The standard deviation, √var. x (...) -> (...) without the axes. Where all are equal its subgradient is 0."""

    def softmax(self, axis: int = -1) -> Tensor:
        """eˣ / Σeˣ along the axis. x (...) -> (...), each line of which sums to 1. All -inf, or +inf, gives nan."""

    def log_softmax(self, axis: int = -1) -> Tensor:
        """(x − max x) − log Σeˣ⁻ᵐᵃˣ along the axis: what all have in common leaves no trace. x (...) -> (...)."""

    def logsumexp(self, axis: int = -1, keepdims: bool = False) -> Tensor:
        """log Σeˣ along the axis, without overflow. x (...) -> (...) without the axis, or with length 1 there."""

    def cumsum(self, axis: int | None = None) -> Tensor:
        """The sums of all elements up to each along the axis; by default of all in one line."""

    def diff(
        self,
        n: int = 1,
        axis: int = -1,
        prepend: Tensor | ArrayLike | None = None,
        append: Tensor | ArrayLike | None = None,
    ) -> Tensor:
        """x[i + 1] − x[i] along the axis, n times. x (..., m, ...) -> (..., m − n, ...), or none there if n > m."""

    def sort(self, axis: int | None = -1) -> Tensor:
        """The elements in ascending order along the axis, or all in one line, nan last. x (...) -> (...), or (n,)."""

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
    def __float__(self) -> float: ...
    def __dlpack__(self, **options: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    __pandas_priority__: int
