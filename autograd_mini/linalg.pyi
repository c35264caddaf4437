"""The operations of ag.linalg; written by `make stubs`, not by hand."""
# mypy: disable-error-code=overload-overlap

from collections.abc import Sequence
from typing import Any, Literal, overload

from numpy.typing import DTypeLike, NDArray

from .core.methods import ArrayLike
from .core.tensor import Tensor

__all__ = [
    "cholesky",
    "cholesky_solve",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "lstsq",
    "lu",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_banded",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vector_norm",
]

@overload
def solve(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The solution of the linear systems A X = B. a (..., n, n), b (..., n, k) -> (..., n, k)."""

@overload
def solve(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def solve(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def solve_triangular(
    a: Tensor,
    b: Tensor | ArrayLike,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
) -> Tensor:
    """The solution of triangular systems T X = B, SciPy's `solve_triangular`. a (..., n, n), b (..., n, k) -> X."""

@overload
def solve_triangular(
    a: ArrayLike,
    b: ArrayLike,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
) -> NDArray[Any]: ...
@overload
def solve_triangular(
    a: ArrayLike,
    b: Tensor,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
) -> Tensor: ...
@overload
def cholesky_solve(b: Tensor, c: Tensor | ArrayLike, upper: bool = False) -> Tensor:
    """The solution of A X = B from A's Cholesky factor; PyTorch's `cholesky_solve`."""

@overload
def cholesky_solve(b: ArrayLike, c: ArrayLike, upper: bool = False) -> NDArray[Any]: ...
@overload
def cholesky_solve(b: ArrayLike, c: Tensor, upper: bool = False) -> Tensor: ...
@overload
def solve_banded(l_and_u: Sequence[int], ab: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The solution of a banded system A X = B, SciPy's `solve_banded`. ab (l + u + 1, n), b (n, k) -> (n, k)."""

@overload
def solve_banded(l_and_u: Sequence[int], ab: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def solve_banded(l_and_u: Sequence[int], ab: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def solve_sylvester(a: Tensor, b: Tensor | ArrayLike, q: Tensor | ArrayLike) -> Tensor:
    """The solution of Sylvester's equation A X + X B = Q, SciPy's. a (..., m, m), b (..., n, n), q (..., m, n) -> X."""

@overload
def solve_sylvester(a: ArrayLike, b: ArrayLike, q: ArrayLike) -> NDArray[Any]: ...
@overload
def solve_sylvester(a: ArrayLike, b: Tensor | ArrayLike, q: Tensor | ArrayLike) -> Tensor: ...
@overload
def cholesky(a: Tensor, *, upper: bool = False) -> Tensor:
    """The Cholesky factor L of A = L Lᴴ, a lower triangle. a (..., n, n) -> (..., n, n)."""

@overload
def cholesky(a: ArrayLike, *, upper: bool = False) -> NDArray[Any]: ...
@overload
def qr(a: Tensor, mode: Literal["reduced", "complete", "r"] = "reduced") -> tuple[Tensor, Tensor]:
    """The factors of A = Q R: Q has orthonormal columns, R is upper triangular."""

@overload
def qr(a: ArrayLike, mode: Literal["reduced", "complete", "r"] = "reduced") -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def lu(a: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The factors of A = P L U with pivots, SciPy's `lu`. a (..., m, n) -> (..., m, m), (..., m, k), (..., k, n)."""

@overload
def lu(a: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...
@overload
def inv(a: Tensor) -> Tensor:
    """The inverse matrix A⁻¹. a (..., n, n) -> (..., n, n)."""

@overload
def inv(a: ArrayLike) -> NDArray[Any]: ...
@overload
def tensorsolve(a: Tensor, b: Tensor | ArrayLike, axes: int | Sequence[int] | None = None) -> Tensor:
    """The solution x of the tensor equation Σ a · x = b over x's axes. a (Q, S), b (Q) -> x (S)."""

@overload
def tensorsolve(a: ArrayLike, b: ArrayLike, axes: int | Sequence[int] | None = None) -> NDArray[Any]: ...
@overload
def tensorsolve(a: ArrayLike, b: Tensor, axes: int | Sequence[int] | None = None) -> Tensor: ...
@overload
def tensorinv(a: Tensor, ind: int = 2) -> Tensor:
    """The inverse of a tensor as a map from its last axes to its first `ind` ones. a (Q, S) -> (S, Q)."""

@overload
def tensorinv(a: ArrayLike, ind: int = 2) -> NDArray[Any]: ...
@overload
def det(a: Tensor) -> Tensor:
    """The determinant. a (..., n, n) -> (...)."""

@overload
def det(a: ArrayLike) -> NDArray[Any]: ...
@overload
def slogdet(a: Tensor) -> tuple[Tensor, Tensor]:
    """The determinant as its sign and the logarithm of its size, which cannot overflow."""

@overload
def slogdet(a: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def eigh(a: Tensor, UPLO: Literal["L", "U"] = "L") -> tuple[Tensor, Tensor]:
    """The eigenvalues and orthonormal eigenvectors of Hermitian matrices. a (..., n, n) -> (..., n), (..., n, n)."""

@overload
def eigh(a: ArrayLike, UPLO: Literal["L", "U"] = "L") -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def eigvalsh(a: Tensor, UPLO: Literal["L", "U"] = "L") -> Tensor:
    """The eigenvalues of Hermitian matrices. a (..., n, n) -> (..., n)."""

@overload
def eigvalsh(a: ArrayLike, UPLO: Literal["L", "U"] = "L") -> NDArray[Any]: ...
@overload
def eig(a: Tensor) -> tuple[Tensor, Tensor]:
    """The eigenvalues and eigenvectors of square matrices. a (..., n, n) -> (..., n), (..., n, n)."""

@overload
def eig(a: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]: ...
@overload
def eigvals(a: Tensor) -> Tensor:
    """The eigenvalues of square matrices, in no order. a (..., n, n) -> (..., n)."""

@overload
def eigvals(a: ArrayLike) -> NDArray[Any]: ...
@overload
def svd(
    a: Tensor,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """The singular value decomposition A = U diag(S) Vᴴ. a (..., m, n) -> (..., m, k), (..., k), (..., k, n)."""

@overload
def svd(
    a: ArrayLike,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]: ...
@overload
def svdvals(x: Tensor) -> Tensor:
    """The singular values in descending order. x (..., m, n) -> (..., k) with k = min(m, n)."""

@overload
def svdvals(x: ArrayLike) -> NDArray[Any]: ...
@overload
def pinv(
    a: Tensor,
    rcond: Tensor | ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: Tensor | ArrayLike | None = None,
) -> Tensor:
    """The Moore–Penrose pseudo-inverse A⁺. a (..., m, n) -> (..., n, m)."""

@overload
def pinv(
    a: ArrayLike,
    rcond: ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: ArrayLike | None = None,
) -> NDArray[Any]: ...
@overload
def pinv(
    a: ArrayLike,
    rcond: Tensor | ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: Tensor | ArrayLike | None = None,
) -> Tensor: ...
@overload
def lstsq(
    a: Tensor,
    b: Tensor | ArrayLike,
    rcond: Tensor | ArrayLike | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The least-squares solution of A X ≈ B, of least norm if there are several. a (m, n), b (m, k) -> (n, k), …."""

@overload
def lstsq(
    a: ArrayLike,
    b: ArrayLike,
    rcond: ArrayLike | None = None,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]: ...
@overload
def lstsq(
    a: ArrayLike,
    b: Tensor | ArrayLike,
    rcond: Tensor | ArrayLike | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]: ...
@overload
def matrix_power(a: Tensor, n: int) -> Tensor:
    """The power Aⁿ of square matrices, by repeated squaring. a (..., k, k) -> (..., k, k)."""

@overload
def matrix_power(a: ArrayLike, n: int) -> NDArray[Any]: ...
@overload
def expm(a: Tensor) -> Tensor:
    """The matrix exponential Σ Aᵏ / k!, SciPy's `expm`. a (..., n, n) -> (..., n, n)."""

@overload
def expm(a: ArrayLike) -> NDArray[Any]: ...
@overload
def sqrtm(a: Tensor) -> Tensor:
    """The principal square root S of S S = A, SciPy's `sqrtm`. a (..., n, n) -> (..., n, n)."""

@overload
def sqrtm(a: ArrayLike) -> NDArray[Any]: ...
@overload
def matmul(a: Tensor, b: Tensor | ArrayLike) -> Tensor:
    """The matrix product a @ b, of stacks of matrices one by one. a (..., m, n), b (..., n, p) -> (..., m, p)."""

@overload
def matmul(a: ArrayLike, b: ArrayLike) -> NDArray[Any]: ...
@overload
def matmul(a: ArrayLike, b: Tensor) -> Tensor: ...
@overload
def matrix_transpose(x: Tensor) -> Tensor:
    """The last two axes exchanged; PyTorch's `mT`. x (..., m, n) -> (..., n, m)."""

@overload
def matrix_transpose(x: ArrayLike) -> NDArray[Any]: ...
@overload
def multi_dot(arrays: Sequence[Tensor]) -> Tensor:
    """The product of several matrices, in the order with the fewest multiplications. (a, b), (b, c), … -> (a, z)."""

@overload
def multi_dot(arrays: Sequence[ArrayLike]) -> NDArray[Any]: ...
@overload
def multi_dot(arrays: Sequence[Tensor | ArrayLike]) -> Tensor: ...
@overload
def cross(x1: Tensor, x2: Tensor | ArrayLike, *, axis: int = -1) -> Tensor:
    """The vector product of vectors in space. x1, x2 (..., 3) -> (..., 3)."""

@overload
def cross(x1: ArrayLike, x2: ArrayLike, *, axis: int = -1) -> NDArray[Any]: ...
@overload
def cross(x1: ArrayLike, x2: Tensor, *, axis: int = -1) -> Tensor: ...
@overload
def outer(x1: Tensor, x2: Tensor | ArrayLike) -> Tensor:
    """All products of elements of two vectors. x1 (m,), x2 (n,) -> (m, n)."""

@overload
def outer(x1: ArrayLike, x2: ArrayLike) -> NDArray[Any]: ...
@overload
def outer(x1: ArrayLike, x2: Tensor) -> Tensor: ...
@overload
def diagonal(x: Tensor, *, offset: int = 0) -> Tensor:
    """The diagonals of matrices. x (..., m, n) -> (..., k)."""

@overload
def diagonal(x: ArrayLike, *, offset: int = 0) -> NDArray[Any]: ...
@overload
def trace(x: Tensor, *, offset: int = 0, dtype: DTypeLike | None = None) -> Tensor:
    """The sums along diagonals of matrices. x (..., m, n) -> (...)."""

@overload
def trace(x: ArrayLike, *, offset: int = 0, dtype: DTypeLike | None = None) -> NDArray[Any]: ...
@overload
def norm(
    x: Tensor,
    ord: float | str | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
) -> Tensor:
    """A norm of vectors or of matrices; by default the root of the sum of squares. x (...) -> (...)."""

@overload
def norm(
    x: ArrayLike,
    ord: float | str | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
) -> NDArray[Any]: ...
@overload
def vector_norm(
    x: Tensor,
    *,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    ord: float | str | None = 2,
) -> Tensor:
    """A norm (Σ|x|ᵖ)¹ᐟᵖ over the given axes, by default all. x (...) -> (...)."""

@overload
def vector_norm(
    x: ArrayLike,
    *,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    ord: float | str | None = 2,
) -> NDArray[Any]: ...
@overload
def matrix_norm(x: Tensor, *, keepdims: bool = False, ord: float | str | None = "fro") -> Tensor:
    """A norm of matrices, by default Frobenius's. x (..., m, n) -> (...)."""

@overload
def matrix_norm(x: ArrayLike, *, keepdims: bool = False, ord: float | str | None = "fro") -> NDArray[Any]: ...
@overload
def cond(x: Tensor, p: float | str | None = None) -> Tensor:
    """The condition number ‖A‖ ‖A⁻¹‖; by default of the 2-norm, from singular values. x (..., m, n) -> (...)."""

@overload
def cond(x: ArrayLike, p: float | str | None = None) -> NDArray[Any]: ...
@overload
def matrix_rank(
    A: Tensor,
    tol: Tensor | ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: Tensor | ArrayLike | None = None,
) -> Tensor:
    """The number of singular values above a tolerance. A (..., m, n) -> (...)."""

@overload
def matrix_rank(
    A: ArrayLike,
    tol: ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: ArrayLike | None = None,
) -> NDArray[Any]: ...
@overload
def matrix_rank(
    A: ArrayLike,
    tol: Tensor | ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: Tensor | ArrayLike | None = None,
) -> Tensor: ...
