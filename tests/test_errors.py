"""Bad calls, one a row: the exact type of the error, and a message that names the operation, the shapes, the rule."""

import re

import numpy as np
import pytest

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, Tensor, is_grad_enabled, primitive


@pytest.fixture(autouse=True)
def registry_as_it_was():
    """Primitives defined by a test do not outlive it."""
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)


def A(*shape):  # noqa: N802 (an array)
    return np.random.default_rng(0).standard_normal(shape)


def T(*shape, name=None):  # noqa: N802 (a tensor)
    return Tensor(A(*shape), requires_grad=True, name=name)


# ── calls that take more than an expression ───────────────────────────────────────────────────────────────────────────


def backward_twice():
    loss = (T(3) * T(3)).sum()
    loss.backward()
    loss.backward()


def backward_twice_named():
    hidden = (T(3) * T(3)).named("hidden")
    hidden.sum().backward()
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


def in_place(change, name=None):
    x = T(3, name=name)
    change(x)


def add_in_place(x):
    x += 1


def subtract_in_place(x):
    x -= 1


def multiply_in_place(x):
    x *= 2


def divide_in_place(x):
    x /= 2


def add_too_much_in_place():
    x = T(3)
    with ag.no_grad():
        x += np.ones(4)


def define(function, **rules):
    made = primitive(function)
    made.defvjp(**rules)
    return made


def half(x):
    return x / 2


def scaled(x, *, factor):
    return x * factor


def with_a_default(x, y=1):
    return x * y


def with_a_default_parameter(x, *, factor=2):
    return x * factor


def with_a_mixture(x, *others):
    return x


def backward_through(rule):
    define(half, x=rule)(T(3)).backward(np.ones(3))


def relu(x):
    return x


def optimizer():
    return nn.SGD([T(3)], lr=0.1)


def two_layers():
    return nn.Sequential(a=nn.Linear(2, 3, rng=0), b=nn.Linear(3, 2, rng=1))


def image(*shape):
    return T(*(shape or (1, 2, 4, 4)))


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────

TypeOrValue = (TypeError, ValueError)

CALLS = {
    # shapes of two arrays
    "add": (ValueError, r"^add: \(2, 3\) and \(2, 4\): .* 3 and 4 differ on axis -1", lambda: T(2, 3) + T(2, 4)),
    "add on the left": (ValueError, r"^add: \(2,\) and \(3,\): .* 2 and 3 differ", lambda: A(2) + T(3)),
    "add of arrays": (ValueError, r"^add: \(2,\) and \(3,\): .* 2 and 3 differ", lambda: ag.add(A(2), A(3))),
    "np.add": (ValueError, r"^add: \(2,\) and \(3,\): .* 2 and 3 differ", lambda: np.add(T(2), A(3))),
    "subtract": (
        ValueError,
        r"^subtract: \(4, 3\) and \(2, 3\): .* 2 and 4 differ .* -2",
        lambda: T(4, 3) - A(2, 3),
    ),
    "multiply": (ValueError, r"^multiply: \(5,\) and \(3,\): .* 3 and 5 differ on axis -1", lambda: T(5) * T(3)),
    "divide": (ValueError, r"^divide: \(3,\) and \(4,\): .* 3 and 4 differ on axis -1", lambda: T(3) / T(4)),
    "power": (ValueError, r"^power: \(3,\) and \(2,\): .* 2 and 3 differ on axis -1", lambda: T(3) ** T(2)),
    "maximum": (ValueError, r"^maximum: \(3,\) and \(4,\): .* 3 and 4 differ", lambda: ag.maximum(T(3), T(4))),
    "minimum": (ValueError, r"^minimum: \(3,\) and \(4,\): .* 3 and 4 differ", lambda: ag.minimum(T(3), T(4))),
    "where": (ValueError, r"^where: \(3,\) and \(4,\) and \(3,\): .* 3 and 4", lambda: ag.where(A(3) > 0, T(4), T(3))),
    "less": (ValueError, r"^less: .*\(2,\) and \(3,\)", lambda: T(2) < T(3)),
    "equal": (ValueError, r"^equal: .*\(2,\) and \(3,\)", lambda: T(2) == T(3)),
    "np.less": (ValueError, r"^less: .*\(2,\) and \(3,\)", lambda: np.less(T(2), A(3))),
    "matmul": (ValueError, r"^matmul: \(2, 3\) @ \(4, 5\): .* \(3\) .* \(4\)$", lambda: T(2, 3) @ T(4, 5)),
    "matmul of vectors": (ValueError, r"^matmul: \(3,\) @ \(4,\): .* \(3\) .* \(4\)$", lambda: T(3) @ T(4)),
    "matmul of a scalar": (ValueError, r"^matmul: \(\) @ \(3,\): a scalar", lambda: T() @ T(3)),
    "matmul of stacks": (
        ValueError,
        r"^matmul: \(2, 3, 4\) .* \(5, 4, 6\).* 2 and 5 ",
        lambda: T(2, 3, 4) @ T(5, 4, 6),
    ),
    "linear": (ValueError, r"^linear: x \(2, 3\) and w \(4, 5\): ", lambda: ag.linear(T(2, 3), T(4, 5))),
    "linear of a scalar": (ValueError, r"^linear: x \(\) and w \(2, 3\): ", lambda: ag.linear(T(), T(2, 3))),
    "linear's bias": (ValueError, r"^linear: b \(3,\) .* 4 .*\(4, 2\)$", lambda: ag.linear(T(5, 2), T(4, 2), T(3))),
    "linear's listed bias": (ValueError, r"^linear: b \(2,\) .* 4 ", lambda: ag.linear(T(5, 2), T(4, 2), [1.0, 2.0])),
    "mse_loss": (ValueError, r"^mse_loss: .*\(2, 1\) and targets \(2,\)", lambda: nn.mse_loss(T(2, 1), A(2))),
    "batch_norm's mean": (
        ValueError,
        r"^batch_norm: mean \(2,\) .* x \(5, 3\)$",
        lambda: ag.batch_norm(T(5, 3), A(2), A(3) ** 2),
    ),
    "batch_norm's weight": (
        ValueError,
        r"^batch_norm: weight \(4,\) .* x \(5, 3\)$",
        lambda: ag.batch_norm(T(5, 3), A(3), A(3) ** 2, A(4)),
    ),
    "batch_norm's listed weight": (
        ValueError,
        r"^batch_norm: weight \(2,\) .* x \(5, 3\)$",
        lambda: ag.batch_norm(T(5, 3), A(3), A(3) ** 2, [1.0, 1.0]),
    ),
    "batch_norm of a vector": (ValueError, r"^batch_norm: x \(3,\) ", lambda: ag.batch_norm(T(3), A(3), A(3))),
    "BatchNorm2d's channels": (
        ValueError,
        r"^BatchNorm2d: x \(2, 4, 2, 2\) .* C = 3 ",
        lambda: nn.BatchNorm2d(3)(T(2, 4, 2, 2)),
    ),
    "BatchNorm2d of one element": (
        ValueError,
        r"^BatchNorm2d: x \(1, 3, 1, 1\) ",
        lambda: nn.BatchNorm2d(3)(T(1, 3, 1, 1)),
    ),
    # geometry
    "conv2d's kernel": (
        ValueError,
        r"^conv2d: .* 5×4 .* 5 pixels, but x \(1, 2, 4, 4\) .* 4 high$",
        lambda: ag.conv2d(image(), T(1, 2, 5, 4)),
    ),
    "conv2d's dilated kernel": (
        ValueError,
        r"^conv2d: .* 1×3 with dilation 3 .* 7 pixels, but x \(1, 2, 4, 4\) with padding 1 is only 4 \+ 2·1 = 6 wide$",
        lambda: ag.conv2d(image(), T(1, 2, 1, 3), dilation=3, padding=1),
    ),
    "conv2d's empty kernel": (ValueError, r"^conv2d: .* 0×2", lambda: ag.conv2d(image(), T(1, 2, 0, 2))),
    "conv2d's stride of 0": (
        ValueError,
        r"^conv2d: stride must be an integer of at least 1 or a pair of them, not 0$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=0),
    ),
    "conv2d's fractional stride": (
        TypeOrValue,
        r"^conv2d: stride must be .* not 1\.5$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=1.5),
    ),
    "conv2d's stride None": (
        TypeOrValue,
        r"^conv2d: stride must be .* not None$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=None),
    ),
    "conv2d's stride True": (
        ValueError,
        r"^conv2d: stride must be .* not True$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=True),
    ),
    "conv2d's three strides": (
        ValueError,
        r"^conv2d: stride must be .* not \(1, 2, 3\)$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=(1, 2, 3)),
    ),
    "conv2d's negative padding": (
        ValueError,
        r"^conv2d: padding must be an integer of at least 0 or a pair of them, not \(0, -1\)$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), padding=(0, -1)),
    ),
    "conv2d's padding in words": (
        ValueError,
        r"^conv2d: padding must be .* not 'same'$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), padding="same"),
    ),
    "conv2d's dilation of 0": (
        ValueError,
        r"^conv2d: dilation must be an integer of at least 1 or a pair of them, not 0$",
        lambda: ag.conv2d(image(), T(1, 2, 2, 2), dilation=0),
    ),
    "conv2d's channels": (
        ValueError,
        r"^conv2d: x \(1, 2, 4, 4\) has 2 channels .* w \(1, 3, 2, 2\) expect 3$",
        lambda: ag.conv2d(image(), T(1, 3, 2, 2)),
    ),
    "conv2d of three axes": (
        ValueError,
        r"^conv2d: x \(N, C, H, W\) must have 4 axes, not the 3 of shape \(2, 4, 4\)$",
        lambda: ag.conv2d(T(2, 4, 4), T(1, 2, 2, 2)),
    ),
    "conv2d's filters of three axes": (
        ValueError,
        r"^conv2d: w \(K, C, kh, kw\) must have 4 axes, not the 3 of shape \(2, 2, 2\)$",
        lambda: ag.conv2d(image(), T(2, 2, 2)),
    ),
    "conv2d's bias": (
        ValueError,
        r"^conv2d: b \(3,\) .* 5 filters, w \(5, 2, 2, 2\)$",
        lambda: ag.conv2d(image(), T(5, 2, 2, 2), T(3)),
    ),
    "conv_transpose2d's channels": (
        ValueError,
        r"^conv_transpose2d: y \(1, 2, 4, 4\) has 2 channels but w \(3, 2, 2, 2\) has 3 filters$",
        lambda: ag.conv_transpose2d(image(), T(3, 2, 2, 2)),
    ),
    "conv_transpose2d's bias": (
        ValueError,
        r"^conv_transpose2d: b \(2,\) .* 3 channels of w \(2, 3, 2, 2\)$",
        lambda: ag.conv_transpose2d(image(), T(2, 3, 2, 2), T(2)),
    ),
    "conv_transpose2d's output_padding": (
        ValueError,
        r"^conv_transpose2d: output_padding \(2, 2\) must be smaller than the stride \(2, 2\)$",
        lambda: ag.conv_transpose2d(image(), T(2, 3, 2, 2), stride=2, output_padding=2),
    ),
    "conv_transpose2d to nothing": (
        ValueError,
        r"^conv_transpose2d: y \(1, 2, 1, 1\) with w \(2, 3, 2, 2\), padding \(1, 1\) leaves an image of 0×0$",
        lambda: ag.conv_transpose2d(image(1, 2, 1, 1), T(2, 3, 2, 2), padding=1),
    ),
    "conv_transpose2d of three axes": (
        ValueError,
        r"^conv_transpose2d: y .* not the 3 of shape \(2, 4, 4\)$",
        lambda: ag.conv_transpose2d(T(2, 4, 4), T(2, 3, 2, 2)),
    ),
    "conv2d_filter": (
        ValueError,
        r"^conv2d_filter: .* x \(1, 2, 4, 4\) to maps \(1, K, 3, 3\), not y \(1, 5, 2, 2\)$",
        lambda: ag.conv2d_filter(image(), T(1, 5, 2, 2), kernel_size=2),
    ),
    "conv2d_filter's kernel": (
        ValueError,
        r"^conv2d_filter: .* 6×6 .* x \(1, 2, 4, 4\)",
        lambda: ag.conv2d_filter(image(), T(1, 5, 2, 2), kernel_size=6),
    ),
    "max_pool2d's window": (
        ValueError,
        r"^max_pool2d: .* 5×5 .* x \(1, 2, 4, 4\) with padding 0 is only 4",
        lambda: ag.max_pool2d(image(), kernel_size=5),
    ),
    "max_pool2d's padding": (
        ValueError,
        r"^max_pool2d: padding \(2, 2\) must be smaller than kernel_size \(2, 2\)",
        lambda: ag.max_pool2d(image(), kernel_size=2, padding=2),
    ),
    "max_pool2d's stride of 0": (
        ValueError,
        r"^max_pool2d: stride must be an integer of at least 1 or a pair of them, not 0$",
        lambda: ag.max_pool2d(image(), kernel_size=2, stride=0),
    ),
    "max_pool2d's empty window": (
        ValueError,
        r"^max_pool2d: kernel_size must be an integer of at least 1 or a pair of them, not 0$",
        lambda: ag.max_pool2d(image(), kernel_size=0),
    ),
    "max_pool2d's fractional window": (
        TypeOrValue,
        r"^max_pool2d: kernel_size must be .* not 2\.0$",
        lambda: ag.max_pool2d(image(), kernel_size=2.0),
    ),
    "max_pool2d of two axes": (
        ValueError,
        r"^max_pool2d: x .* not the 2 of shape \(4, 4\)$",
        lambda: ag.max_pool2d(T(4, 4), kernel_size=2),
    ),
    "avg_pool2d's padding": (
        ValueError,
        r"^avg_pool2d: padding \(3, 3\) must be smaller than kernel_size \(2, 2\)",
        lambda: ag.avg_pool2d(image(), kernel_size=2, padding=3),
    ),
    "avg_pool2d's window": (
        ValueError,
        r"^avg_pool2d: .* 2×5 .* x \(1, 2, 4, 4\) .* 4 wide$",
        lambda: ag.avg_pool2d(image(), kernel_size=(2, 5)),
    ),
    "max_unpool2d's indices": (
        ValueError,
        r"^max_unpool2d: indices \(1, 2, 4, 3\) .* y \(1, 2, 4, 4\)$",
        lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 3), int), kernel_size=2),
    ),
    "max_unpool2d's fractional indices": (
        ValueError,
        r"^max_unpool2d: indices .* of float64 must be integers",
        lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 4)), kernel_size=2),
    ),
    "max_unpool2d's index elsewhere": (
        ValueError,
        r"^max_unpool2d: the index 0 at \(0, 0, 0, 1\) .* kernel_size \(2, 2\), stride \(2, 2\) and padding \(0, 0\)",
        lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 4), int), kernel_size=2),
    ),
    "max_unpool2d's size": (
        ValueError,
        r"^max_unpool2d: pooling 9×12 with .* does not give maps like y \(1, 2, 4, 4\)$",
        lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 4), int), kernel_size=2, output_size=(9, 12)),
    ),
    # dtypes and data
    "Tensor of text": (TypeError, r"^Tensor: .* <U3 ", lambda: Tensor("abc")),
    "Tensor of complex numbers": (TypeError, r"^Tensor: .* complex128 ", lambda: Tensor([1j])),
    "Tensor of objects": (TypeError, r"^Tensor: .* object ", lambda: Tensor([object()])),
    "Tensor of None": (TypeError, r"^Tensor: .* object ", lambda: Tensor(None)),
    "Tensor of dates": (TypeError, r"^Tensor: .* datetime64", lambda: Tensor(np.array(["2020-01-01"], "M8[D]"))),
    "Tensor of ragged lists": (TypeOrValue, r"^Tensor: ", lambda: Tensor([[1.0, 2.0], [3.0]])),
    "Tensor of integers with a gradient": (TypeError, r"^Tensor: .* int64$", lambda: Tensor([1], requires_grad=True)),
    "Tensor of booleans with a gradient": (TypeError, r"^Tensor: .* bool$", lambda: Tensor([True], requires_grad=True)),
    "requires_grad set on integers": (
        TypeError,
        r"^Tensor: .* int64$",
        lambda: setattr(Tensor([1]), "requires_grad", True),
    ),
    "conv2d of text": (TypeError, r"^conv2d: x .* <U1", lambda: ag.conv2d(np.full((1, 2, 4, 4), "a"), T(1, 2, 2, 2))),
    "conv2d with complex filters": (
        TypeError,
        r"^conv2d: w .* complex128",
        lambda: ag.conv2d(image(), np.ones((1, 2, 2, 2), complex)),
    ),
    "add of text": (TypeError, r"^add: ", lambda: T(2) + "a"),
    "add of None": (TypeError, r"^add: \(2,\)", lambda: T(2) + None),
    "add of a complex number": (TypeError, r"^add: .*complex", lambda: T(2) + 1j),
    "exp of text": (TypeError, r"^exp: \(1,\): ", lambda: ag.exp(["a"])),
    "astype of a complex type": (TypeError, r"^astype: .*complex", lambda: T(2).astype(complex)),
    "astype of text": (TypeError, r"^astype: .*(str|<U)", lambda: T(2).astype(str)),
    "astype of nonsense": (TypeError, r"^astype: .*nonsense", lambda: T(2).astype("nonsense")),
    "relu of nothing": (TypeError, r"^relu: (?!:).*missing", lambda: ag.relu()),
    "relu of two": (TypeError, r"^relu: \(2,\) and \(3,\): .* takes 1 ", lambda: ag.relu(T(2), T(3))),
    "item": (ValueError, r"^item: shape \(2, 3\) has 6 elements, not one$", lambda: T(2, 3).item()),
    "bool": (ValueError, r"^(bool|item): .*\(2, 3\)", lambda: bool(T(2, 3))),
    "len": (TypeError, r"^len: a tensor of shape \(\) has no length$", lambda: len(T())),
    "np.floor": (TypeError, r"^np\.floor is not recorded on the tape", lambda: np.floor(T(3))),
    "np.add.reduce": (TypeError, r"^np\.add\.reduce is not recorded on the tape", lambda: np.add.reduce(T(3))),
    # labels
    "cross_entropy's high label": (
        ValueError,
        r"^cross_entropy: label 2 at position 1 .* number of classes, 2$",
        lambda: nn.cross_entropy(T(2, 2), [0, 2]),
    ),
    "cross_entropy's negative label": (
        ValueError,
        r"^cross_entropy: label -1 at position 0 must be at least 0",
        lambda: nn.cross_entropy(T(2, 2), [-1, 1]),
    ),
    "cross_entropy's float labels": (
        TypeError,
        r"^cross_entropy: labels must be integers.* not float64$",
        lambda: nn.cross_entropy(T(2, 2), [0.0, 1.0]),
    ),
    "cross_entropy's nan": (
        TypeError,
        r"^cross_entropy: .* float64; nan is among them$",
        lambda: nn.cross_entropy(T(2, 2), [0.0, np.nan]),
    ),
    "cross_entropy's booleans": (
        TypeError,
        r"^cross_entropy: labels must be integers.* not bool$",
        lambda: nn.cross_entropy(T(2, 2), [True, False]),
    ),
    "cross_entropy's number of labels": (
        ValueError,
        r"^cross_entropy: logits \(3, 2\) and labels \(4,\)",
        lambda: nn.cross_entropy(T(3, 2), np.zeros(4, int)),
    ),
    "cross_entropy's column of labels": (
        ValueError,
        r"^cross_entropy: labels must have shape \(N,\), not \(2, 1\)$",
        lambda: nn.cross_entropy(T(2, 2), [[0], [1]]),
    ),
    "cross_entropy of a vector": (
        ValueError,
        r"^cross_entropy: logits must have shape \(N, classes\), not \(2,\)$",
        lambda: nn.cross_entropy(T(2), [0, 1]),
    ),
    "cross_entropy of no rows": (
        ValueError,
        r"^cross_entropy: logits \(0, 2\) and labels \(0,\)",
        lambda: nn.cross_entropy(T(0, 2), np.zeros(0, int)),
    ),
    # walking back
    "backward of many elements": (ValueError, r"^backward: the output has shape \(3,\)", lambda: (T(3) * 2).backward()),
    "backward of a named output": (
        ValueError,
        r"^backward: the output 'hidden' has shape \(3,\)",
        lambda: (T(3) * 2).named("hidden").backward(),
    ),
    "backward with a gradient of another shape": (
        ValueError,
        r"^backward: the gradient has shape \(4,\), but the output has \(3,\)$",
        lambda: (T(3) * 2).backward(np.ones(4)),
    ),
    "backward with a gradient that would broadcast": (
        ValueError,
        r"^backward: the gradient has shape \(\), but the output has \(3,\)$",
        lambda: (T(3) * 2).backward(1.0),
    ),
    "backward with text": (TypeOrValue, r"^backward: ", lambda: (T() * 2).backward("a")),
    "backward twice": (RuntimeError, r"^backward: \w+ was already walked .* retain_graph=True", backward_twice),
    "backward twice, named": (RuntimeError, r"^backward: multiply \(hidden\) was already walked", backward_twice_named),
    "grad twice": (RuntimeError, r": \w+ was already walked .* retain_graph=True", grad_twice),
    "backward of a constant": (RuntimeError, r"^backward: the output has no graph", lambda: Tensor(1.0).backward()),
    "backward of a named constant": (
        RuntimeError,
        r"^backward: the output 'c' has no graph",
        lambda: Tensor(1.0, name="c").backward(),
    ),
    "backward under no_grad": (RuntimeError, r"^backward: .* no_grad\(\)", backward_of_what_was_not_recorded),
    "backward of what was detached": (RuntimeError, r"^backward: .* detached$", lambda: (T() * 2).detach().backward()),
    "grad of an unused input": (
        RuntimeError,
        r"^grad: the outputs do not depend on input 1; allow_unused=True gives None for it$",
        lambda: ag.grad((x := T()) * 2, [x, T(3)]),
    ),
    "grad of an unused named input": (
        RuntimeError,
        r"^grad: the outputs do not depend on input 0 'w'; allow_unused=True gives None for it$",
        lambda: ag.grad(T() * 2, T(3, name="w")),
    ),
    "grad of an array": (TypeError, r"^grad: input 0 must be a Tensor, not ndarray$", lambda: ag.grad(T() * 2, [A(3)])),
    "grad of a number": (TypeError, r"^grad: .*float", lambda: ag.grad(T() * 2, 3.0)),
    "grad of a constant": (
        RuntimeError,
        r"^grad: input 0 'c' does not require a gradient",
        lambda: ag.grad(T() * 2, Tensor(1.0, name="c")),
    ),
    "grad from a number": (TypeError, r"^grad: .*float", lambda: ag.grad(3.0, T())),
    "grad from nothing": (ValueError, r"^grad: there are no outputs$", lambda: ag.grad([], T())),
    "grad's number of gradients": (
        ValueError,
        r"^grad: 2 outputs need as many grad_outputs, not 1$",
        lambda: ag.grad([T() * 2, T() * 2], T(), [np.ones(())]),
    ),
    "grad's shape of a gradient": (
        ValueError,
        r"^grad: the gradient has shape \(2,\), but the output has \(3,\)$",
        lambda: ag.grad(T(3) * 2, T(3), np.ones(2)),
    ),
    "grad set to another shape": (ValueError, r"^grad: shape \(4,\) .*\(3,\)$", lambda: setattr(T(3), "grad", A(4))),
    "grad set on a constant": (RuntimeError, r"^grad: ", lambda: setattr(Tensor([1.0]), "grad", A(1))),
    "retain_grad of a constant": (RuntimeError, r"^retain_grad: ", lambda: Tensor([1.0]).retain_grad()),
    "requires_grad of a result": (
        RuntimeError,
        r"^requires_grad of a recorded result",
        lambda: setattr(T(3) * 2, "requires_grad", False),
    ),
    "data of a result": (
        AttributeError,
        r"^the data of the recorded result 'hidden' cannot be replaced",
        lambda: setattr((T(3) * 2).named("hidden"), "data", A(3)),
    ),
    # in place
    "+=": (RuntimeError, r"^add: the leaf 'w' .* under no_grad\(\)", lambda: in_place(add_in_place, name="w")),
    "-=": (RuntimeError, r"^subtract: the leaf .* under no_grad\(\)", lambda: in_place(subtract_in_place)),
    "*=": (RuntimeError, r"^multiply: the leaf .* under no_grad\(\)", lambda: in_place(multiply_in_place)),
    "/=": (RuntimeError, r"^divide: the leaf .* under no_grad\(\)", lambda: in_place(divide_in_place)),
    "+= of another shape": (ValueError, r"^add: .*\(3,\) and \(4,\)", add_too_much_in_place),
    # shapes and axes
    "reshape": (
        ValueError,
        r"^reshape: shape \(2, 3\) has 6 elements and cannot become \(4, 2\)$",
        lambda: T(2, 3).reshape(4, 2),
    ),
    "reshape with -1": (ValueError, r"^reshape: .*\(2, 3\) .*\(-1, 4\)$", lambda: T(2, 3).reshape(-1, 4)),
    "reshape with two -1": (ValueError, r"^reshape: .*\(2, 3\) .*\(-1, -1\)$", lambda: T(2, 3).reshape(-1, -1)),
    "reshape with -2": (ValueError, r"^reshape: .*\(2, 3\).*\(-2, -3\)", lambda: T(2, 3).reshape(-2, -3)),
    "reshape to fractions": (TypeOrValue, r"^reshape: .*\(2, 3\)", lambda: T(2, 3).reshape(2.0, 3.0)),
    "reshape to text": (TypeOrValue, r"^reshape: .*\(2, 3\)", lambda: T(2, 3).reshape("a")),
    "transpose with an axis twice": (
        ValueError,
        r"^transpose: axes \(0, 0\) .*\(2, 3\)",
        lambda: T(2, 3).transpose(0, 0),
    ),
    "transpose with too few axes": (ValueError, r"^transpose: axes \(0,\) .*\(2, 3\)", lambda: T(2, 3).transpose(0)),
    "transpose with an axis too large": (
        ValueError,
        r"^transpose: axes \(0, 3\) .*\(2, 3\)",
        lambda: T(2, 3).transpose(0, 3),
    ),
    "transpose with an axis too small": (
        ValueError,
        r"^transpose: axes \(0, -3\) .*\(2, 3\)",
        lambda: T(2, 3).transpose(0, -3),
    ),
    "mT": (ValueError, r"^mT: shape \(3,\) ", lambda: T(3).mT),
    "squeeze": (ValueError, r"^squeeze: axis 0 of shape \(2, 1\) has length 2, not 1$", lambda: T(2, 1).squeeze(0)),
    "squeeze out of range": (ValueError, r"^squeeze: axis 5 .*\(2, 1\)", lambda: T(2, 1).squeeze(5)),
    "expand_dims": (ValueError, r"^expand_dims: axis 4 is out of range", lambda: T(2).expand_dims(4)),
    "flatten": (ValueError, r"^flatten: axis 5 .*\(2, 3\)", lambda: T(2, 3).flatten(5)),
    "broadcast_to": (ValueError, r"^broadcast_to: \(2, 3\).*\(2, 4\)", lambda: ag.broadcast_to(T(2, 3), (2, 4))),
    "broadcast_to fewer axes": (ValueError, r"^broadcast_to: \(2, 3\).*\(3,\)", lambda: ag.broadcast_to(T(2, 3), (3,))),
    "flip": (ValueError, r"^flip: axis 3 .*\(2,\)", lambda: ag.flip(T(2), 3)),
    "concatenate": (
        ValueError,
        r"^concatenate: \(2, 3\) and \(2, 4\) must agree on every axis but axis 0$",
        lambda: ag.concatenate([T(2, 3), T(2, 4)]),
    ),
    "concatenate of unequal axes": (
        ValueError,
        r"^concatenate: \(2,\) and \(2, 3\) ",
        lambda: ag.concatenate([T(2), T(2, 3)]),
    ),
    "concatenate of nothing": (ValueError, r"^concatenate: there is nothing to join$", lambda: ag.concatenate([])),
    "concatenate out of range": (
        ValueError,
        r"^concatenate: axis 1 .*\(2,\)",
        lambda: ag.concatenate([T(2), T(2)], axis=1),
    ),
    "stack": (ValueError, r"^stack: shapes \(2,\) and \(3,\) must be equal$", lambda: ag.stack([T(2), T(3)])),
    "stack of nothing": (ValueError, r"^stack: there is nothing", lambda: ag.stack([])),
    "stack out of range": (ValueError, r"^stack: axis 3 .*\(2,\)", lambda: ag.stack([T(2), T(2)], axis=3)),
    "pad by less than nothing": (ValueError, r"^pad: .* not -1$", lambda: ag.pad(T(2, 3), -1)),
    "pad by fractions": (ValueError, r"^pad: .* not 1\.5$", lambda: ag.pad(T(2, 3), 1.5)),
    "pad by too many pairs": (ValueError, r"^pad: .*\(2, 3\)", lambda: ag.pad(T(2, 3), ((1, 1), (1, 1), (1, 1)))),
    "getitem": (IndexError, r"^getitem: \(3,\): index 5 ", lambda: T(3)[5]),
    "getitem of too many": (IndexError, r"^getitem: \(3,\): too many indices", lambda: T(3)[0, 0]),
    "getitem by text": (IndexError, r"^getitem: \(3,\): only integers", lambda: T(3)["a"]),
    "getitem by a mask": (IndexError, r"^getitem: \(3,\): boolean index", lambda: T(3)[np.array([True, False])]),
    "sum": (ValueError, r"^sum: axis 2 is out of range for shape \(2, 3\)", lambda: T(2, 3).sum(2)),
    "sum over an axis twice": (ValueError, r"^sum: axis \(0, -2\) names an axis twice$", lambda: T(2, 3).sum((0, -2))),
    "sum over text": (TypeOrValue, r"^sum: .*'a'", lambda: T(2, 3).sum("a")),
    "sum over a fraction": (TypeOrValue, r"^sum: .*1\.0", lambda: T(2, 3).sum(1.0)),
    "mean": (ValueError, r"^mean: axis -2 .*\(2,\)", lambda: T(2).mean(-2)),
    "mean of nothing": (ValueError, r"^mean: shape \(0,\) has no elements", lambda: T(0).mean()),
    "var": (ValueError, r"^var: .* ddof=1$", lambda: T(1).var(ddof=1)),
    "std": (ValueError, r"^std: axis 2 .*\(2,\)", lambda: T(2).std(2)),
    "std of one": (ValueError, r"^std: .* ddof=1$", lambda: T(1).std(ddof=1)),
    "max": (ValueError, r"^max: axis 3 .*\(2,\)", lambda: T(2).max(3)),
    "max of nothing": (ValueError, r"^max: shape \(0,\) has no elements along axis \(0,\)", lambda: T(0).max()),
    "argmax": (ValueError, r"^argmax: axis 3 .*\(2,\)", lambda: T(2).argmax(3)),
    "softmax": (ValueError, r"^softmax: axis 1 .*\(2,\)", lambda: T(2).softmax(1)),
    "softmax over two axes": (TypeOrValue, r"^softmax: .*\(0, 1\)", lambda: T(2, 3).softmax((0, 1))),
    "log_softmax": (ValueError, r"^log_softmax: axis 1 .*\(2,\)", lambda: T(2).log_softmax(1)),
    "logsumexp": (ValueError, r"^logsumexp: axis 1 .*\(2,\)", lambda: T(2).logsumexp(1)),
    "clip": (ValueError, r"^clip: low and high are both None", lambda: T(2).clip()),
    # parameters
    "dropout of everything": (ValueError, r"^dropout: .* 0 ≤ p < 1; got 1$", lambda: ag.dropout(T(2), 1)),
    "dropout of less than nothing": (ValueError, r"^dropout: .* got -0\.1$", lambda: ag.dropout(T(2), -0.1)),
    "dropout of nan": (ValueError, r"^dropout: .* got nan$", lambda: ag.dropout(T(2), np.nan)),
    "Dropout of everything": (ValueError, r"^Dropout: .* 0 ≤ p < 1; got 1\.0$", lambda: nn.Dropout(1.0)),
    "set_num_threads(0)": (ValueError, r"^set_num_threads: .* at least 1, not 0$", lambda: ag.set_num_threads(0)),
    "set_num_threads(1.5)": (ValueError, r"^set_num_threads: .* not 1\.5$", lambda: ag.set_num_threads(1.5)),
    "set_num_threads(True)": (ValueError, r"^set_num_threads: .* not True$", lambda: ag.set_num_threads(True)),
    "gradcheck in no mode": (
        ValueError,
        r"^gradcheck: mode must be one of 'full', 'projected', not 'fast'",
        lambda: ag.gradcheck(ag.exp, Tensor(np.ones(2), requires_grad=True), mode="fast"),
    ),
    "gradcheck with no step": (
        ValueError,
        r"^gradcheck: eps must be larger than 0, and finite, not 0",
        lambda: ag.gradcheck(ag.exp, Tensor(np.ones(2), requires_grad=True), eps=0),
    ),
    "gradcheck where the function is not finite": (
        ValueError,
        r"^gradcheck: output 0\[1\] is not finite at the given inputs",
        lambda: ag.gradcheck(ag.log, Tensor([1.0, 0.0], requires_grad=True)),
    ),
    "check_adjoint of a square": (
        ValueError,
        r"^check_adjoint: the function is not linear in input 0",
        lambda: ag.check_adjoint(lambda x: x * x, Tensor(np.ones(2), requires_grad=True)),
    ),
    "gradcheck of constants": (ValueError, r"^gradcheck: no input requires", lambda: ag.gradcheck(ag.exp, Tensor(1.0))),
    # optimisers and schedules
    "SGD of nothing": (ValueError, r"^SGD: there are no parameters", lambda: nn.SGD([], lr=0.1)),
    "SGD with lr 0": (ValueError, r"^SGD: the learning rate .* not 0$", lambda: nn.SGD([T(3)], lr=0)),
    "SGD with lr nan": (ValueError, r"^SGD: the learning rate .* not nan$", lambda: nn.SGD([T(3)], lr=np.nan)),
    "SGD with lr inf": (ValueError, r"^SGD: the learning rate .* not inf$", lambda: nn.SGD([T(3)], lr=np.inf)),
    "SGD with momentum 1": (ValueError, r"^SGD: momentum .* not 1$", lambda: nn.SGD([T(3)], lr=1, momentum=1)),
    "SGD with weight_decay -1": (
        ValueError,
        r"^SGD: weight_decay .* not -1$",
        lambda: nn.SGD([T(3)], lr=1, weight_decay=-1),
    ),
    "SGD with nesterov alone": (ValueError, r"^SGD: nesterov needs", lambda: nn.SGD([T(3)], lr=1, nesterov=True)),
    "SGD of an array": (TypeError, r"^SGD: parameters must be leaf Tensors", lambda: nn.SGD([A(3)], lr=1)),
    "SGD of a constant": (
        ValueError,
        r"^SGD: there are no parameters .* none .* requires",
        lambda: nn.SGD([Tensor(A(3))], lr=1),
    ),
    "SGD of a result": (TypeError, r"^SGD: parameters must be leaf Tensors", lambda: nn.SGD([T(3) * 2], lr=1)),
    "SGD of a parameter twice": (ValueError, r"^SGD: .*twice", lambda: nn.SGD([p := T(3), p], lr=1)),
    "Adam's betas": (ValueError, r"^Adam: betas .* not \(0\.9, 1\.0\)$", lambda: nn.Adam([T(3)], betas=(0.9, 1.0))),
    "Adam's only beta": (ValueError, r"^Adam: betas .* not \(0\.9,\)$", lambda: nn.Adam([T(3)], betas=(0.9,))),
    "Adam's eps": (ValueError, r"^Adam: eps .* not -1$", lambda: nn.Adam([T(3)], eps=-1)),
    "AdamW's lr": (ValueError, r"^AdamW: the learning rate .* not -1$", lambda: nn.AdamW([T(3)], lr=-1)),
    "StepLR's step_size": (ValueError, r"^StepLR: step_size .* not 0$", lambda: nn.StepLR(optimizer(), 0)),
    "CosineAnnealingLR's T_max": (
        ValueError,
        r"^CosineAnnealingLR: T_max .* not 0$",
        lambda: nn.CosineAnnealingLR(optimizer(), 0),
    ),
    # layers and modules
    "Linear's sizes": (ValueError, r"^Linear: .*\(3, 0\)", lambda: nn.Linear(0, 3)),
    "Conv2d's sizes": (ValueError, r"^Conv2d: .*\(1, 1, 0, 0\)", lambda: nn.Conv2d(1, 1, 0)),
    "Conv2d's fractional kernel": (TypeOrValue, r"^Conv2d: .*3\.0", lambda: nn.Conv2d(1, 1, 3.0)),
    "Conv2d's three kernel sizes": (ValueError, r"^Conv2d: .*\(3, 3, 3\)", lambda: nn.Conv2d(1, 1, (3, 3, 3))),
    "BatchNorm2d's channels of 0": (ValueError, r"^BatchNorm2d: .*0", lambda: nn.BatchNorm2d(0)),
    "VGG's classes": (ValueError, r"^VGG: .*0", lambda: nn.VGG("2 | 3", input_shape=(1, 4, 4), num_classes=0)),
    "Sequential of text": (TypeError, r"^Sequential: '0' is a str, not a module$", lambda: nn.Sequential("relu")),
    "Sequential of a function": (TypeError, r"^Sequential: 'f' is a Primitive", lambda: nn.Sequential(f=ag.relu)),
    "Sequential of half a pair": (TypeOrValue, r"^Sequential: ", lambda: nn.Sequential(("relu",))),
    "Sequential with a name twice": (
        ValueError,
        r"^Sequential: two layers are called 'a'$",
        lambda: nn.Sequential(("a", nn.ReLU()), a=nn.ReLU()),
    ),
    "Sequential's missing layer": (
        AttributeError,
        r"^Sequential has no attribute or layer 'c'$",
        lambda: two_layers().c,
    ),
    "Flatten": (ValueError, r"^flatten: axis 7 .*\(2, 3\)", lambda: nn.Flatten(7)(T(2, 3))),
    "load_state_dict": (
        ValueError,
        r"(?s)^load: the state .* left unchanged:.* b\.bias: the model has \(2,\), the state lacks it",
        lambda: two_layers().load_state_dict({"a.weight": A(3, 2)}),
    ),
    "load": (FileNotFoundError, r"nowhere\.safetensors", lambda: two_layers().load("nowhere.safetensors")),
    "ArrayData": (
        ValueError,
        r"^data: inputs \(3, 2\) and labels \(2,\)",
        lambda: nn.ArrayData(A(3, 2), A(2)),
    ),
    "ArrayData of numbers": (TypeOrValue, r"^data: .*\(\)", lambda: nn.ArrayData(3, 4)),
    # defining primitives
    "primitive with a default": (
        TypeError,
        r"^primitive with_a_default: 'y' has a default; primitives have none$",
        lambda: primitive(with_a_default),
    ),
    "primitive with a default parameter": (
        TypeError,
        r"^primitive with_a_default_parameter: 'factor' has a default",
        lambda: primitive(with_a_default_parameter),
    ),
    "primitive with arrays and more": (
        TypeError,
        r"^primitive with_a_mixture: \*others must be the only array argument$",
        lambda: primitive(with_a_mixture),
    ),
    "primitive of a name that is taken": (
        TypeError,
        r"^primitive relu: autograd_mini\.ops\.elementwise already has one of that name; choose another$",
        lambda: primitive(relu),
    ),
    "rule that asks for an unknown array": (
        TypeError,
        r"^half: the rule for 'x' asks for 'y', which is not there; after g it may name out, shape, x,",
        lambda: define(half, x=lambda g, y: g * y),
    ),
    "rule that asks for an unknown parameter": (
        TypeError,
        r"^scaled: the rule for 'x' asks for 'scale', .* after a star factor$",
        lambda: define(scaled, x=lambda g, *, scale: g * scale),
    ),
    "rule that asks for a parameter before the star": (
        TypeError,
        r"^scaled: the rule for 'x' asks for 'factor', .* after a star factor$",
        lambda: define(scaled, x=lambda g, factor: g * factor),
    ),
    "rule that asks for nothing": (TypeError, r"^half: the rule for 'x' ", lambda: define(half, x=lambda: 1)),
    "rule for an unknown argument": (
        TypeError,
        r"^half\.defvjp: there is no argument 'y'; there are x$",
        lambda: define(half, y=lambda g: g),
    ),
    "rule that is missing": (
        NotImplementedError,
        r"^half has no rule for 'x': give one with half\.defvjp\(x=…\), or declare ",
        lambda: define(half)(T(3)),
    ),
    "rule that returns another shape": (
        ValueError,
        r"^backward: a rule of half returned a gradient of shape \(2,\) for an argument of shape \(3,\)",
        lambda: backward_through(lambda g: g[:2]),
    ),
    "rule that returns fewer axes": (
        ValueError,
        r"^backward: a rule of half returned a gradient of shape \(\) for an argument of shape \(3,\)",
        lambda: backward_through(lambda g: g.sum()),
    ),
    "rule that returns a number": (
        TypeOrValue,
        r"^backward: a rule of half ",
        lambda: backward_through(lambda g: 1.0),
    ),
    "rule that returns nothing": (
        TypeOrValue,
        r"^backward: a rule of half ",
        lambda: backward_through(lambda g: None),
    ),
    "replaced rule that asks for what was not kept": (
        RuntimeError,
        r"^backward: the rule given for relu asks for 'x', which was not kept",
        lambda: ag.grad(ag.relu(x := T(3)).sum(), x, rules={"relu": {"x": lambda g, x: g * x}}),
    ),
    "replaced rule that asks for an unknown name": (
        TypeError,
        r"^relu: the rule for 'x' asks for 'y', which is not there",
        lambda: ag.grad(ag.relu(x := T(3)).sum(), x, rules={"relu": {"x": lambda g, y: g}}),
    ),
}
# What Python and NumPy say of code that a user has not written.
RAW = re.compile(
    r"operands could not be broadcast|object is not iterable|has no attribute '(shape|ndim|dtype)'|to unpack"
    r"|has no len\(|truth value|inhomogeneous|remapped|unknown dimension"
)


def fails(call, kinds):
    """The error of a call, which must be exactly of the given kind: a subclass would say that something else failed."""
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    with pytest.raises(Exception) as caught:  # its type is compared below
        call()
    assert type(caught.value) in kinds, repr(caught.value)
    return caught.value


@pytest.mark.parametrize("name", CALLS)
def test_a_bad_call_fails_with_its_name_its_shapes_and_the_rule(name):
    kinds, message, call = CALLS[name]
    error = fails(call, kinds)
    assert re.search(message, str(error)), str(error)
    assert not RAW.search(str(error)), str(error)
    assert is_grad_enabled()


# ── some messages in full ─────────────────────────────────────────────────────────────────────────────────────────────

MESSAGES = {
    "add": "add: (2, 3) and (2, 4): these shapes do not broadcast; compared from the right, 3 and 4 differ on axis -1 "
    "and neither is 1",
    "matmul": "matmul: (2, 3) @ (4, 5): the last axis of the first (3) must be as long as the second-to-last axis of "
    "the second (4)",
    "linear": "linear: x (2, 3) and w (4, 5): w must be (out, in) and x end in the same `in`",
    "conv2d's kernel": "conv2d: a kernel of 5×4 with dilation 1 reaches over 5 pixels, but x (1, 2, 4, 4) with padding "
    "0 is only 4 + 2·0 = 4 high",
    "conv2d's channels": "conv2d: x (1, 2, 4, 4) has 2 channels but the filters w (1, 3, 2, 2) expect 3",
    "max_pool2d's padding": "max_pool2d: padding (2, 2) must be smaller than kernel_size (2, 2), so that no window is "
    "all padding",
    "max_unpool2d's index elsewhere": "max_unpool2d: the index 0 at (0, 0, 0, 1) lies outside that value's window; are "
    "kernel_size (2, 2), stride (2, 2) and padding (0, 0) those of the pooling?",
    "cross_entropy's high label": "cross_entropy: label 2 at position 1 must be at least 0 and below the number of "
    "classes, 2",
    "backward of many elements": "backward: the output has shape (3,); only one of one element can do without a "
    "gradient. Pass one of that shape, or reduce the output with sum() or mean()",
    "backward twice, named": "backward: multiply (hidden) was already walked and its arrays were given back; pass "
    "retain_graph=True to the first walk if a second one follows",
    "backward under no_grad": "backward: the output has no graph: no tensor with requires_grad=True went into it, or "
    "it was computed under no_grad(), or it was detached",
    "+=": "add: the leaf 'w' requires a gradient and can be changed in place only under no_grad(); to record the step, "
    "write x = x + y",
    "rule that asks for an unknown parameter": "scaled: the rule for 'x' asks for 'scale', which is not there; after g "
    "it may name out, shape, x, and after a star factor",
    "rule that returns another shape": "backward: a rule of half returned a gradient of shape (2,) for an argument of "
    "shape (3,); it must have, or broadcast from, the argument's shape",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_reads_exactly_so(name):
    kinds, _, call = CALLS[name]
    assert str(fails(call, kinds)) == MESSAGES[name]


# ── what an error leaves behind ───────────────────────────────────────────────────────────────────────────────────────


def test_a_walk_that_fails_touches_no_gradient():
    broken = define(half, x=lambda g: g[:2])
    good, bad = T(3), T(3)
    good.grad = np.ones(3)
    with pytest.raises(ValueError, match=r"^backward: a rule of half"):
        (good * 2 + broken(bad)).sum().backward()
    np.testing.assert_array_equal(good.grad.numpy(), 1)
    assert bad.grad is None


def test_recording_is_as_it_was_after_a_walk_that_fails():
    broken = define(half, x=lambda g: g[:2])
    for enabled in (True, False):
        y = broken(T(3))
        with ag.enable_grad() if enabled else ag.no_grad():
            for create_graph in (True, False):
                with pytest.raises(ValueError, match=r"^backward: a rule of half"):
                    y.backward(np.ones(3), create_graph=create_graph, retain_graph=True)
                assert is_grad_enabled() == enabled


def test_a_primitive_that_is_refused_is_not_entered():
    for function in (with_a_default, with_a_mixture):
        with pytest.raises(TypeError):
            primitive(function)
        assert function.__name__ not in PRIMITIVES
    with pytest.raises(TypeError):
        primitive(relu)
    assert PRIMITIVES["relu"] is ag.relu


def test_the_number_of_threads_is_as_it_was_after_a_refusal():
    before = ag.get_num_threads()
    with pytest.raises(ValueError):
        ag.set_num_threads(0)
    assert ag.get_num_threads() == before


def test_an_error_inside_a_layer_keeps_its_type_and_message():
    x = T(1, 2, 4, 4)
    with pytest.raises(ValueError) as alone:
        nn.Conv2d(3, 1, 2, rng=0)(x)
    with pytest.raises(ValueError) as inside:
        nn.Sequential(conv=nn.Conv2d(3, 1, 2, rng=0))(x)
    assert str(alone.value) == str(inside.value)
    assert type(inside.value) is ValueError
    assert inside.value.__notes__ == ["in conv: Conv2d(3, 1, (2, 2), stride=1, padding=0)"]
