"""Random programs of right operations, run alike by this engine, PyTorch and HIPS autograd.

`operations` is the table of what programs are made of, `by_row` another one, of all rows that PyTorch has; `operands`
and `images` draw what they are applied to, `kinks` says where they are smooth. `program` is a program's text, `drawing`
draws it. Programs are used in three ways: `comparing` (values, gradients and second derivatives beside PyTorch),
`rounding` (float32 beside float64), `alarms` (programs of several characters, to count the false alarms of gradient
checkers).
"""
