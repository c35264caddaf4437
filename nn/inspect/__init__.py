"""A look at a model: what its parts are and cost, found by a dry run, as a table or for a notebook."""

from .summary import Row, Summary

__all__ = [
    "Row",
    "Summary",
]
