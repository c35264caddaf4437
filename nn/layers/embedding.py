"""Embedding layers: tables whose rows are looked up by integers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import is_whole
from autograd_mini.core.observer import expose

from ..init import Initialiser, Rng, normal, weight_and_bias
from .kinds import Kind

__all__ = [
    "Embedding", "EmbeddingBag",
]  # fmt: skip

standard_normal = partial(normal, std=1.0)


class _Table(Kind):
    """A table of rows."""

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None

    def _fill(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None, *made: Any) -> None:
        """Draw the rows; that of padding_idx is 0."""
        name = type(self).__name__
        self._whole(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not (is_whole(padding_idx) and -num_embeddings <= padding_idx < num_embeddings):
            most = num_embeddings - 1
            raise ValueError(
                f"{name}: padding_idx must be an integer from {-num_embeddings} to {most}, or None, not {padding_idx!r}"
            )
        self.padding_idx = None if padding_idx is None else int(padding_idx) % num_embeddings
        self.weight: Tensor
        self.weight, _ = weight_and_bias(name, (self.num_embeddings, self.embedding_dim), None, *made)
        if self.padding_idx is not None:
            expose(self.weight, writing=True)[self.padding_idx] = 0


class Embedding(_Table):
    """The rows of a table that integers name.

    indices (...) -> (..., embedding_dim). Parameter: weight (num_embeddings, embedding_dim).

    Arguments:
        num_embeddings: how many rows the table has.
        embedding_dim: how long they are.
        padding_idx: a row that begins with zeros and gets no gradient, or None.
        rng: a Generator or a seed, from which the rows are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array; by default normal with deviation 1.
        dtype: of the table, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a row, an initialiser or a dtype that means nothing.

    Example:
        >>> nn.Embedding(10, 3, padding_idx=0, rng=0)(np.array([[0, 5]])).numpy()[0, 0]
        array([0., 0., 0.], dtype=float32)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        rng: Rng = None,
        init: Initialiser = standard_normal,
        dtype: Any = np.float32,
    ) -> None:
        self._fill(num_embeddings, embedding_dim, padding_idx, rng, init, dtype)

    def forward(self, indices: Any) -> Any:
        """The rows."""
        return ag.embedding(indices, self.weight, self.padding_idx)


class EmbeddingBag(_Table):
    """The mean, sum or maximum of several rows of a table, that integers name.

    indices (B, n), or (I,) with offsets (B,) -> (B, embedding_dim). Parameter: weight (num_embeddings, embedding_dim).

    Arguments:
        num_embeddings: how many rows the table has.
        embedding_dim: how long they are.
        mode: "mean", "sum" or "max".
        include_last_offset: whether offsets have one more entry, the number of indices.
        padding_idx: a row that begins with zeros, counts for nothing and gets no gradient, or None.
        rng: a Generator or a seed, from which the rows are drawn.
        init: how they are drawn, (shape, rng, dtype) -> array; by default normal with deviation 1.
        dtype: of the table, a floating one.
    Raises:
        ValueError, TypeError: for sizes, a mode, a row, an initialiser or a dtype that means nothing.

    Example:
        >>> bag = nn.EmbeddingBag(10, 3, mode="sum", rng=0)
        >>> bag(np.array([1, 2, 4, 5]), np.array([0, 3])).shape
        (2, 3)
    """

    mode: str
    include_last_offset: bool

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        rng: Rng = None,
        init: Initialiser = standard_normal,
        dtype: Any = np.float32,
    ) -> None:
        self._choice("mode", mode, ("mean", "sum", "max"))
        self._flags(include_last_offset=include_last_offset)
        self._fill(num_embeddings, embedding_dim, padding_idx, rng, init, dtype)

    def forward(self, indices: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """What the bags give."""
        how: Any = (self.mode, self.padding_idx, self.include_last_offset)
        return ag.embedding_bag(indices, self.weight, offsets, per_sample_weights, *how)
