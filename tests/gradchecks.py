"""What the tests of the gradient checkers share: operations of their own, and the error of a failing check."""

import inspect
from pathlib import Path

import pytest

import nn
from autograd_mini import GradcheckError, gradcheck

every_mode = pytest.mark.parametrize("mode", ["full", "projected"])


def named(name, function):
    """The function under a name, which is that of the primitive made of it."""
    function.__name__ = name
    return function


def caught(fn, inputs, check=gradcheck, **options):
    """The error that the check raises."""
    with pytest.raises(GradcheckError) as raised:
        check(fn, inputs, **options)
    return raised.value


def line_of(function, words):
    """`file:line, in ` of the line of a function that begins with the words."""
    lines, first = inspect.getsourcelines(function)
    (at,) = [first + i for i, line in enumerate(lines) if line.strip().startswith(words)]
    return f"{Path(inspect.getsourcefile(function)).name}:{at}, in "


class Applied(nn.Module):
    """An operation as a layer."""

    def __init__(self, op):
        self.op = op

    def forward(self, x):
        return self.op(x)
