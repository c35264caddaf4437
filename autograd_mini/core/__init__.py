"""The heart, in five files: tape, observer, primitive, gradient, tensor. It imports NumPy and itself."""
