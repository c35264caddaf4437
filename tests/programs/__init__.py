"""Random programs of right operations, run alike by this engine, PyTorch and HIPS autograd.

`operands` and `operations` say what programs are made of, `program` is their text, `drawing` draws them. They are used
in three ways: `comparing` (values, gradients and second derivatives beside PyTorch), `rounding` (float32 beside
float64), `alarms` (programs of several characters, to count gradient checkers' false alarms).
"""
