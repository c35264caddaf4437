"""Primitives and their rules, by kind. Importing this package fills `PRIMITIVES`."""

from . import arithmetic, conv, elementwise, loss, pool, reduce, shape, softmax

__all__ = ["arithmetic", "conv", "elementwise", "loss", "pool", "reduce", "shape", "softmax"]
