"""The backward pass: what it starts from, what it is asked for, rules that fail on the way."""

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from .given import A, T, given, two_layers
from .own import define, half


def own(x):
    return x**3


RANDOM = np.random.default_rng(0)
own = define(own, x=lambda g, x: 3 * g * x**2)


def backward_twice():
    x = T(3)
    loss = (x * x).sum()
    loss.backward()
    given(x)
    loss.backward()


def backward_twice_named():
    x = T(3)
    hidden = (x * x).named("hidden")
    hidden.sum().backward()
    given(x)
    (hidden * 2).sum().backward()


def grad_twice():
    x = T(3)
    y = ag.exp(x).sum()
    ag.grad(y, x)
    ag.grad(y, x)


def backward_of_what_was_not_recorded():
    with ag.no_grad():
        loss = (T(3) * T(3)).sum()
    loss.backward()


def backward_through(rule):
    define(half, x=rule)(T(3)).backward(np.ones(3))


def walked_twice():
    x = T(3)
    y = x * 2
    y.sum().backward()
    given(x)
    (y * x).sum().backward()


def walked_after_grad():
    x = T(3)
    y = ag.exp(x).sum()
    ag.grad(y, x)
    y.backward()


def written(function, *arrays, **how):
    return ag.to_onnx(function, arrays, **how)


CALLS = {
    "to_onnx": {
        "of what ONNX has no operator for": lambda: written(lambda x: ag.linalg.svd(x)[1], np.eye(2)),
        "of complex numbers": lambda: written(lambda x: ag.abs(ag.fft.fft(x)), np.ones(4)),
        "of random numbers": lambda: written(lambda x: ag.dropout(x, 0.5, training=True, rng=RANDOM), np.ones(3)),
        "of an operation of one's own": lambda: written(own, np.ones(3)),
        "of what depends on values": lambda: written(lambda x: x if x.sum() > 0 else -x, np.ones(3)),
        "in too old a version": lambda: written(ag.exp, np.ones(3), opset=9),
        "with too few names": lambda: written(ag.add, np.ones(3), np.ones(3), input_names=["x"]),
        "with a name as text": lambda: written(ag.exp, np.ones(3), output_names="y"),
        "for batches of two lengths": lambda: written(ag.outer, np.ones(3), np.ones(2), dynamic_batch=True),
        "for a batch that is counted": lambda: written(
            lambda x: ag.broadcast_to(x.sum(), (x.shape[0] ** 2,)), np.ones((2, 1)), dynamic_batch=True
        ),
        "of text": lambda: written(ag.exp, "image"),
    },
    "backward": {
        "of many elements": lambda: (T(3) * 2).backward(),
        "of a named output": lambda: (T(3) * 2).named("hidden").backward(),
        "with a gradient of another shape": lambda: (T(3) * 2).backward(np.ones(4)),
        "with a gradient that would broadcast": lambda: (T(3) * 2).backward(1.0),
        "with text": lambda: (T() * 2).backward("a"),
        "twice": backward_twice,
        "twice, named": backward_twice_named,
        "of a constant": lambda: Tensor(1.0).backward(),
        "of a named constant": lambda: Tensor(1.0, name="c").backward(),
        "under no_grad": backward_of_what_was_not_recorded,
        "of what was detached": lambda: (T() * 2).detach().backward(),
        "rule that returns another shape": lambda: backward_through(lambda g: g[:2]),
        "rule that returns fewer axes": lambda: backward_through(lambda g: g.sum()),
        "rule that returns a number": lambda: backward_through(lambda g: 1.0),
        "rule that returns nothing": lambda: backward_through(lambda g: None),
        "replaced rule that asks for what was not kept": lambda: ag.grad(
            ag.relu(x := T(3)).sum(), x, rules={"relu": {"x": lambda g, x: g * x}}
        ),
        "grad twice": grad_twice,
        "with a complex gradient": lambda: (T(2) * 2).backward(np.ones(2) * 1j),
        "of integers": lambda: Tensor([1, 2]).sum().backward(),
        "of a comparison": lambda: (T(2) > 0).sum().backward(),
        "through integers": lambda: T(2).astype(int).sum().backward(),
        "of argmax": lambda: T(3).argmax().backward(),
        "twice, after the first walk left gradients": walked_twice,
        "after a gradient was taken by grad": walked_after_grad,
    },
    "grad": {
        "of an unused input": lambda: ag.grad((x := T()) * 2, [x, T(3)]),
        "of an unused named input": lambda: ag.grad(T() * 2, T(3, name="w")),
        "of an array": lambda: ag.grad(T() * 2, [A(3)]),
        "of a number": lambda: ag.grad(T() * 2, 3.0),
        "of a constant": lambda: ag.grad(T() * 2, Tensor(1.0, name="c")),
        "from a number": lambda: ag.grad(3.0, T()),
        "from nothing": lambda: ag.grad([], T()),
        "number of gradients": lambda: ag.grad([T() * 2, T() * 2], T(), [np.ones(())]),
        "shape of a gradient": lambda: ag.grad(T(3) * 2, T(3), np.ones(2)),
        "set to another shape": lambda: setattr(T(3), "grad", A(4)),
        "set on a constant": lambda: setattr(Tensor([1.0]), "grad", A(1)),
        "of None": lambda: ag.grad(T() * 2, None),
        "of text": lambda: ag.grad(T() * 2, "ab"),
        "of a dict": lambda: ag.grad(T() * 2, {"a": T()}),
        "from None": lambda: ag.grad(None, T()),
        "from text": lambda: ag.grad("ab", T()),
        "from a model": lambda: ag.grad(two_layers(), T()),
        "too many gradients": lambda: ag.grad([(x := T()) * 2], x, [1.0, 1.0]),
        "a listed gradient of another shape": lambda: ag.grad((x := T(3)) * 2, x, [1.0, 2.0]),
        "through argmax": lambda: ag.grad((x := T(3)).argmax(), x),
        "of a gradient that was not recorded": lambda: ag.grad(ag.grad((x := T()) ** 2, x), x),
        "with rules for what does not exist": lambda: ag.grad((x := T()) * 2, x, rules={"rel": {}}),
        "with a rule for an unknown argument": lambda: ag.grad((x := T()) * 2, x, rules={"relu": {"y": abs}}),
        "with a rule that is none": lambda: ag.grad((x := T()) * 2, x, rules={"relu": {"x": 3}}),
    },
    "retain_grad": {
        "of a constant": lambda: Tensor([1.0]).retain_grad(),
    },
}
