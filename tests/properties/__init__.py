"""What holds for every row of the table, in groups: each group is one test of an operation, over all its rows."""

from . import adjoints, derivatives, dtypes, memory, programs, values
from .holding import PROPERTIES

__all__ = ["PROPERTIES", "adjoints", "derivatives", "dtypes", "memory", "programs", "values"]
