"""Checks and drawings: gradients, adjoints, graphs, threads."""

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor

from .given import A, T, folder, taken, two_layers


def leaf(*shape):
    return Tensor(np.ones(shape or (2,)), requires_grad=True)


class Yielding(nn.Module):
    def forward(self, x):
        yield x


CALLS = {
    "gradcheck": {
        "in no mode": lambda: ag.gradcheck(ag.exp, Tensor(np.ones(2), requires_grad=True), mode="fast"),
        "with no step": lambda: ag.gradcheck(ag.exp, Tensor(np.ones(2), requires_grad=True), eps=0),
        "where the function is not finite": lambda: ag.gradcheck(ag.log, Tensor([1.0, 0.0], requires_grad=True)),
        "of constants": lambda: ag.gradcheck(ag.exp, Tensor(1.0)),
        "of integers": lambda: ag.gradcheck(ag.exp, Tensor([1, 2])),
        "of lists": lambda: ag.gradcheck(ag.exp, [[1.0, 2.0]]),
        "of nothing": lambda: ag.gradcheck(ag.exp, []),
        "of None": lambda: ag.gradcheck(ag.exp, None),
        "of a dict": lambda: ag.gradcheck(ag.exp, {"x": leaf()}),
        "of no function": lambda: ag.gradcheck(None, leaf()),
        "of a function's name": lambda: ag.gradcheck("exp", leaf()),
        "of a function that returns nothing": lambda: ag.gradcheck(lambda x: None, leaf()),
        "of a function that returns an array": lambda: ag.gradcheck(lambda x: np.ones(2), leaf()),
        "of a function that returns integers": lambda: ag.gradcheck(lambda x: x.astype(int), leaf()),
        "at nan": lambda: ag.gradcheck(ag.exp, Tensor([np.nan], requires_grad=True)),
        "with a step in words": lambda: ag.gradcheck(ag.exp, leaf(), eps="a"),
        "with a step of nan": lambda: ag.gradcheck(ag.exp, leaf(), eps=np.nan),
        "with atol below 0": lambda: ag.gradcheck(ag.exp, leaf(), atol=-1),
        "with rtol in words": lambda: ag.gradcheck(ag.exp, leaf(), rtol="a"),
        "with no projections": lambda: ag.gradcheck(ag.exp, leaf(), projections=0),
        "with a fractional seed": lambda: ag.gradcheck(ag.exp, leaf(), seed=1.5),
        "of a Jacobian too large": lambda: ag.gradcheck(ag.exp, leaf(7000)),
        "of a model without parameters": lambda: nn.gradcheck(nn.ReLU(), T(2)),
        "of a model in no mode": lambda: nn.gradcheck(two_layers(), T(1, 2), mode="x"),
    },
    "check_adjoint": {
        "of a square": lambda: ag.check_adjoint(lambda x: x * x, Tensor(np.ones(2), requires_grad=True)),
        "of nothing": lambda: ag.check_adjoint(ag.exp, []),
        "of None": lambda: ag.check_adjoint(ag.exp, None),
        "of no function": lambda: ag.check_adjoint(None, leaf()),
        "with no pairs": lambda: ag.check_adjoint(lambda x: x * 2, leaf(), pairs=0),
        "with a seed below 0": lambda: ag.check_adjoint(lambda x: x * 2, leaf(), seed=-1),
        "of two results": lambda: ag.check_adjoint(lambda x: (x, x), leaf()),
        "of no result": lambda: ag.check_adjoint(lambda x: None, leaf()),
    },
    "set_num_threads": {
        "set_num_threads(0)": lambda: ag.set_num_threads(0),
        "set_num_threads(1.5)": lambda: ag.set_num_threads(1.5),
        "set_num_threads(True)": lambda: ag.set_num_threads(True),
        "to text": lambda: ag.set_num_threads("2"),
        "to None": lambda: ag.set_num_threads(None),
        "to less than nothing": lambda: ag.set_num_threads(-1),
    },
    "gradgradcheck": {
        "of integers": lambda: ag.gradgradcheck(ag.exp, Tensor([1])),
        "in no mode": lambda: ag.gradgradcheck(ag.exp, leaf(), mode="x"),
        "of None": lambda: ag.gradgradcheck(ag.exp, None),
    },
    "functional_call": {
        "with what the model lacks": lambda: nn.functional_call(two_layers(), {"c": T(2)}, T(1, 2)),
        "with an array": lambda: nn.functional_call(two_layers(), {"a.bias": A(3)}, T(1, 2)),
        "with another shape": lambda: nn.functional_call(two_layers(), {"a.bias": T(2)}, T(1, 2)),
        "of a model that returns a generator": lambda: nn.functional_call(Yielding(), {}, T(1, 2)),
    },
    "linear": {
        "inside functional_call": lambda: nn.functional_call(two_layers(), {"a.bias": T(3)}, T(1, 5)),
    },
    "saved": {
        "by a constant": lambda: ag.saved(Tensor(1.0)),
    },
    "summary": {
        "of a constant": lambda: Tensor(1.0).summary(),
        "of a model without a shape": lambda: two_layers().summary(),
        "of a model and text": lambda: two_layers().summary("a"),
        "of a model and a number": lambda: two_layers().summary(3),
        "of a model and a negative shape": lambda: two_layers().summary((-1, 2)),
    },
    "to_graphviz": {
        "constants without a profile": lambda: ag.to_graphviz(T() * 2, constants=True),
        "of a constant": lambda: ag.to_graphviz(Tensor(1.0)),
        "of None": lambda: ag.to_graphviz(None),
        "of nothing": lambda: ag.to_graphviz([]),
        "of a model": lambda: ag.to_graphviz(two_layers()),
        "from inputs that it does not depend on": lambda: ag.to_graphviz(T() * 2, T()),
        "to a depth of -1": lambda: ag.to_graphviz(T() * 2, depth=-1),
        "hiding what does not exist": lambda: ag.to_graphviz(T() * 2, hide="x"),
        "with no profile": lambda: ag.to_graphviz(T() * 2, profile=3),
    },
    "render": {
        "to another suffix": lambda: ag.render(T() * 2, folder() / "a.jpg"),
        "to no suffix": lambda: ag.render(T() * 2, folder() / "a"),
        "to no folder": lambda: ag.render(T() * 2, folder() / "no" / "a.svg"),
        "to None": lambda: ag.render(T() * 2, None),
        "onto a folder": lambda: ag.render(T() * 2, taken("a.dot")),
        "a page of a drawing": lambda: ag.render(ag.to_graphviz(T() * 2), folder() / "a.html"),
        "a page to no folder": lambda: ag.render(T() * 2, folder() / "no" / "a.html"),
        "a page from depth 0": lambda: ag.render(T() * 2, folder() / "a.html", depth=0),
    },
    "graph_diff": {
        "of a constant": lambda: ag.graph_diff(T() * 2, Tensor(1.0)),
        "of None": lambda: ag.graph_diff(T() * 2, None),
    },
}
