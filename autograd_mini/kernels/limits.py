"""Where functions have reached their limits, to the last bit of double precision."""

FAR = 40.0
"""Above it gelu is x, and below −40 it is 0."""
LOWEST = -800.0
"""Where e^x is 0."""
