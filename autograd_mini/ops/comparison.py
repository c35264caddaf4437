"""Comparisons, logic and bits: what is true of single elements, or of their bits. Constants all."""

import numpy as np

from .kinds import constant

# fmt: off
equal = constant(np.equal, "Whether x is y", "[1.0, 2.0], [1.0, 3.0]", "[ True, False]")
not_equal = constant(np.not_equal, "Whether x is not y", "[1.0, 2.0], [1.0, 3.0]", "[False,  True]")
less = constant(np.less, "Whether x is below y", "[1.0, 2.0], [2.0, 2.0]", "[ True, False]")
less_equal = constant(np.less_equal, "Whether x is at most y", "[1.0, 3.0], [1.0, 2.0]", "[ True, False]")
greater = constant(np.greater, "Whether x is above y", "[1.0, 3.0], [1.0, 2.0]", "[False,  True]")
greater_equal = constant(np.greater_equal, "Whether x is at least y", "[1.0, 1.0], [1.0, 2.0]", "[ True, False]")

logical_and = constant(np.logical_and, "Whether x and y are true", "[1, 1], [1, 0]", "[ True, False]")
logical_or = constant(np.logical_or, "Whether x or y is true", "[1, 0], [0, 0]", "[ True, False]")
logical_xor = constant(np.logical_xor, "Whether x alone or y alone is true", "[1, 1], [1, 0]", "[False,  True]")
logical_not = constant(np.logical_not, "Whether x is not true", "[1, 0]", "[False,  True]")
isnan = constant(np.isnan, "Whether x is nan", "[1.0, np.nan]", "[False,  True]")
isinf = constant(np.isinf, "Whether x is infinite", "[1.0, -np.inf]", "[False,  True]")
isfinite = constant(np.isfinite, "Whether x is a finite number", "[1.0, np.nan]", "[ True, False]")

bitwise_and = constant(np.bitwise_and, "The bits that x and y have", "[6, 1], [3, 3]", "[2, 1]")
bitwise_or = constant(np.bitwise_or, "The bits that x or y has", "[6, 1], [3, 3]", "[7, 3]")
bitwise_xor = constant(np.bitwise_xor, "The bits that x alone or y alone has", "[6, 1], [3, 3]", "[5, 2]")
invert = constant(np.invert, "The bits that x lacks", "[0, 5]", "[-1, -6]", aliases=["bitwise_not", "bitwise_invert"])
left_shift = constant(
    np.left_shift, "The bits of x moved up by y places", "[1, 3], [2, 1]", "[4, 6]", aliases=["bitwise_left_shift"]
)
right_shift = constant(
    np.right_shift, "The bits of x moved down by y places", "[4, 7], [2, 1]", "[1, 3]", aliases=["bitwise_right_shift"]
)
# fmt: on
