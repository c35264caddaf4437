"""Primitives and their rules, by kind. Importing this package fills `PRIMITIVES`."""

from . import arithmetic, channels, conv, elementwise, loss, pool, reduce, shape, softmax

__all__ = ["arithmetic", "channels", "conv", "elementwise", "loss", "pool", "reduce", "shape", "softmax"]
