"""The standard's extension for linear algebra."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import linalg as _linalg
from .. import ops as f

AS_THEY_ARE = """
    cholesky cross det diagonal eigvalsh inv matmul matrix_norm matrix_power matrix_transpose outer pinv solve svdvals
    trace vector_norm
""".split()  # noqa: SIM905
globals().update({name: getattr(_linalg, name) for name in AS_THEY_ARE})
tensordot, vecdot = f.tensordot, f.vecdot


class EigResult(NamedTuple):
    """What `eig` gives."""

    eigenvalues: Any
    eigenvectors: Any


class EighResult(NamedTuple):
    """What `eigh` gives."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """What `qr` gives."""

    Q: Any
    R: Any


class SlogdetResult(NamedTuple):
    """What `slogdet` gives."""

    sign: Any
    logabsdet: Any


class SVDResult(NamedTuple):
    """What `svd` gives."""

    U: Any
    S: Any
    Vh: Any


def eig(x: Any, /) -> EigResult:
    """Complex eigenvalues and eigenvectors of square matrices."""
    return EigResult(*map(_complex, _linalg.eig(x)))


def eigvals(x: Any, /) -> Any:
    """Complex eigenvalues of square matrices."""
    return _complex(_linalg.eigvals(x))


def _complex(x: Any) -> Any:
    return f.astype(x, np.result_type(x.dtype, np.complex64))


def eigh(x: Any, /) -> EighResult:
    """Eigenvalues in ascending order, and eigenvectors, of symmetric or Hermitian matrices."""
    return EighResult(*_linalg.eigh(x))


def qr(x: Any, /, *, mode: Any = "reduced") -> QRResult:
    """An orthonormal matrix and an upper triangular one, whose product the matrix is."""
    return QRResult(*_linalg.qr(x, mode))


def slogdet(x: Any, /) -> SlogdetResult:
    """The sign of the determinant, and the logarithm of its magnitude."""
    return SlogdetResult(*_linalg.slogdet(x))


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular vectors and singular values: x = U diag(S) Vh."""
    return SVDResult(*_linalg.svd(x, full_matrices))


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """How many singular values are more than `rtol` of the largest."""
    return _linalg.matrix_rank(x, rtol=rtol)
