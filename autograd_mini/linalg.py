"""The namespace `ag.linalg`: numpy.linalg on Tensors, and what SciPy and PyTorch have beside it.

The rooms `linalg`, `inverses`, `decompositions`, `spectra`, `norms` and `matrices` of `ops` hold the operations.
"""

from numpy.linalg import LinAlgError as LinAlgError

from .ops.kinds import ROWS

_own = {name.removeprefix("linalg."): row.function for name, row in ROWS.items() if name.startswith("linalg.")}
globals().update(_own)
__all__ = [*_own]
