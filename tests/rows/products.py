"""Products of vectors, matrices and points."""

import numpy as np
import torch

from .row import between, case, complex_numbers, real, row

# fmt: off

T = torch
BOTH = (complex_numbers(3), complex_numbers(3))

for a, b in ((real(3), real(3)), (real(2, 3), real(3, 2)), (real(2, 3), real(3)), (real(2, 2, 3), real(2, 3, 2)),
             (real(), real(2)), BOTH):
    row("dot", case(a, b), oracle=np.dot, linear="0 1")
row("inner", case(real(2, 3), real(2, 2, 3)), case(*BOTH), oracle=np.inner, torch=T.inner, linear="0 1")
row("outer", case(real(2, 2), real(3)), case(*BOTH), oracle=np.outer, linear="0 1")
row("linalg.outer", case(real(2), real(3)), case(*BOTH), oracle=np.linalg.outer, torch=T.outer, linear="0 1")
row("vdot", case(real(2, 3), real(2, 3)), case(*BOTH), oracle=np.vdot, linear="0 1")
row("vecdot", case(real(2, 3), real(3)), case(real(3, 2), real(3, 2), axis=0), case(*BOTH), oracle=np.vecdot,
    linear="0 1")
row("matvec", case(real(2, 2, 3), real(3)), oracle=np.matvec, linear="0 1")
row("vecmat", case(real(2), real(3, 2, 3)), case(complex_numbers(2), complex_numbers(2, 3)), oracle=np.vecmat,
    linear="0 1")
row("tensordot", case(real(2, 2, 3), real(2, 3, 2)), case(real(2, 2, 3), real(3, 2, 2), axes=((0, 2), (1, 0))),
    case(*BOTH, axes=1), oracle=np.tensordot, linear="0 1")
row("kron", case(real(2, 2), real(3)), case(*BOTH), oracle=np.kron, torch=T.kron, linear="0 1")
row("cross", case(real(3, 2), real(3, 2), axis=0), case(*BOTH), oracle=np.cross, linear="0 1",
    torch=lambda x, y, axis=-1: T.linalg.cross(x, y, dim=axis))
row("linalg.cross", case(real(2, 3), real(2, 3)), oracle=np.linalg.cross, torch=T.linalg.cross, linear="0 1")
row("linalg.multi_dot", case(real(2, 3), real(3, 1), real(1, 2)), case(real(3), real(3, 2), real(2)),
    oracle=np.linalg.multi_dot, linear="0 1 2", packed=lambda *arrays: (arrays,))
points = lambda x, y, p=2.0: (np.abs(x[:, None] - y) ** p).sum(-1) ** (1 / p)
row("cdist", case(real(3, 2), between(2.5, 4.0, 2, 2)), case(real(3, 2), between(2.5, 4.0, 2, 2), p=3.0),
    oracle=points)
row("matmul", case(complex_numbers(2, 3), complex_numbers(3, 2)), oracle=np.matmul, torch=T.matmul, linear="0 1")
row("linear", case(complex_numbers(2, 2), complex_numbers(3, 2)), oracle=lambda x, w: x @ w.T,
    torch=T.nn.functional.linear, linear="0 1")
row("einsum", case(complex_numbers(2, 2), complex_numbers(3, 2)), oracle=np.einsum, torch=T.einsum, linear="0 1",
    packed=lambda x, y: ("ij,kj->ik", x, y))
