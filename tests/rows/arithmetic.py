"""Sums, products and powers of two arrays; matrix products."""

import numpy as np
import torch
import torch.nn.functional as F

from .elementwise import two
from .row import apart, case, constant, kink, negative, normal, nothing, positive, row

# fmt: off

row("add", *two(normal), oracle=np.add, torch=torch.add, linear="01", maps=True)
row("add", case(normal(3), constant(2)), oracle=np.add, torch=torch.add)
row("subtract", *two(normal), oracle=np.subtract, torch=torch.subtract, linear="01", maps=True)
row("subtract", case(normal(3), constant(0.5)), case(constant(0.5), normal(3)), oracle=np.subtract,
    torch=lambda x, y: x - y)
row("multiply", *two(normal), oracle=np.multiply, torch=torch.multiply, linear="0 1", maps=True)
row("multiply", case(normal(3), constant(-3.0)), oracle=np.multiply, torch=torch.multiply, linear="0")
row("divide", *two(normal, positive), case(normal(3), constant(4)), case(normal(3), negative(3)), oracle=np.divide,
    torch=torch.divide, linear="0", maps=True)
row("divide", case(constant(2), positive(3)), oracle=np.divide, torch=lambda x, y: x / y)
whole_powers = (kink([0.0], [float(n)], slopes=([s], [0.0])) for n, s in ((0, 0), (1, 1), (2, 0), (3, 0)))
row("power", *two(positive, normal), oracle=np.power, torch=torch.pow, maps=True, kinks=tuple(whole_powers))
row("power", *(case(apart(2, 3), constant(n), called=f"exponent {n}") for n in (3, 2, 1, 0, -1)),
    *(case(positive(2, 3), constant(n)) for n in (0.5, -1.5)), case(constant(2.5), normal(2, 3)), oracle=np.power,
    torch=torch.pow)

row(
    "matmul",
    *(
        case(normal(*a), normal(*b))
        for a, b in [
            ((2, 3), (3, 4)), ((1, 3), (3, 1)), ((2, 2, 3), (2, 3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)),
            ((2, 1, 2, 3), (3, 3, 2)), ((1, 2, 3), (3, 3, 1)), ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)),
            ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((2, 2, 2, 3), (3,)), ((1, 1), (1, 1)),
        ]
    ),
    oracle=np.matmul,
    torch=torch.matmul,
    linear="0 1",
)
row("linear", *(case(normal(*lead, 3), normal(2, 3), normal(2)) for lead in ((4,), (), (2, 2))),
    oracle=lambda x, w, b: x @ w.T + b, torch=F.linear, linear="02 12")
row("linear", case(normal(4, 3), normal(2, 3), nothing), case(normal(2, 2, 3), normal(2, 3)),
    oracle=lambda x, w, b=None: x @ w.T, torch=F.linear, linear="0 1")
