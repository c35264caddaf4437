"""The namespace `ag.fft`: numpy.fft on Tensors. The rooms `fft` and `fft_axes` of `ops` hold the operations."""

from .ops.kinds import ROWS

_own = {name.removeprefix("fft."): row.function for name, row in ROWS.items() if name.startswith("fft.")}
globals().update(_own)
__all__ = [*_own]
