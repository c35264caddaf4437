"""Five gradient checkers behind one face, each with the defaults it comes with, to be tried on the same broken rules.

    ours, full        autograd_mini.gradcheck(fn, inputs)
    ours, projected   the same with mode="projected"
    torch             torch.autograd.gradcheck(fn, inputs)
    torch, fast       the same with fast_mode=True
    HIPS              autograd.test_util.check_grads(fn, modes=["rev"], order=1), for each argument of floats

and for entries that are wrong at second order gradgradcheck (ours, torch's) and check_grads(…, order=2), which looks
at mixed derivatives only if it is given the arguments together, so then it is given them both ways.

An engine carries out an entry's operations: `function(entry, right)` gives a function of its own values, `inputs` its
own inputs. Rules are NumPy functions, so each engine wraps them as it would anybody's own operation.
"""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import autograd.builtins
import autograd.extend
import autograd.numpy
import autograd.test_util
import autograd.tracer
import numpy as np
import torch
from catalogue import Broken, differentiable
from operations import Operation
from torch.autograd.gradcheck import GradcheckError as TorchGradcheckError

import autograd_mini as ag
from autograd_mini import PRIMITIVES


@dataclass(frozen=True)
class Verdict:
    """What a checker says of an entry."""

    error: Exception | None
    seconds: float
    named_operation: bool | None = None  # None: the checker does not say, or there is nothing to name
    named_argument: bool | None = None

    @property
    def found(self) -> bool:
        return self.error is not None


@dataclass(frozen=True)
class Checker:
    name: str
    build: Callable[[tuple[Operation, ...]], Any]  # a context that gives `o`, the engine's operations by name
    inputs: Callable[[list[Any]], list[Any]]  # arrays as the engine's values
    check: Callable[[Callable[..., Any], list[Any], int], Any]  # (function, inputs, order), raises what it finds
    alarm: type[Exception]  # what it raises for a wrong gradient; anything else on a right rule is a broken adapter
    names: bool = False  # the error says which operation and which argument

    def __call__(self, entry: Broken, right: bool = False) -> Verdict:
        """Run the check. Whatever it raises on a broken rule counts as found: the test sees to it that the same entry
        with the right rule raises nothing. A warning is no finding, even where warnings are errors."""
        error = None
        started = time.perf_counter()
        with self.build(entry.operations(right)) as o, warnings.catch_warnings():
            if not right:
                warnings.simplefilter("ignore")
            composition = entry.function(right)
            inputs = self.inputs(entry.arrays())
            try:
                self.check(lambda *values: composition(o, *values), inputs, entry.order)
            except Exception as raised:
                error = raised
        seconds = time.perf_counter() - started
        if right and error is not None and not isinstance(error, self.alarm):
            raise error
        if error is None or right or entry.blamed is None or not self.names:
            return Verdict(error, seconds)
        operation = getattr(error, "operation", None) == entry.blamed
        argument = operation and getattr(error, "argument", None) == entry.argument
        return Verdict(error, seconds, operation, None if entry.argument is None else argument)


def _forward(one: Operation) -> Callable[..., Any]:
    """The forward function under the operation's name."""

    def forward(*arrays: Any) -> Any:
        return one.forward(*arrays)

    forward.__name__ = one.name
    forward.__signature__ = inspect.signature(one.forward)
    return forward


# ── ours ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def ours(operations: tuple[Operation, ...]) -> Iterator[Any]:
    """Each operation as a primitive; off the register again afterwards."""
    o = SimpleNamespace(sin=ag.sin, bare=lambda x: x.data if isinstance(x, ag.Tensor) else x)
    try:
        for one in operations:
            setattr(o, one.name, _primitive(one, o))
        yield o
    finally:
        for one in operations:
            PRIMITIVES.pop(one.name, None)


def _primitive(one: Operation, o: Any) -> Any:
    made = ag.primitive(_forward(one))
    made.defvjp(**{arg: rule and _asking_for_all(rule, one, o) for arg, rule in one.rules.items()})
    return made


def _asking_for_all(rule: Callable[..., Any], one: Operation, o: Any) -> Callable[..., Any]:
    """The rule under a signature that names the result and every argument: that is how a primitive's rule asks."""

    def asking(*given: Any) -> Any:
        return rule(o, *given) if one.again else rule(*given)

    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
    asking.__signature__ = inspect.Signature([inspect.Parameter(name, positional) for name in ("g", "out", *one.args)])
    return asking


def our_inputs(arrays: list[Any]) -> list[Any]:
    return [ag.Tensor(array, requires_grad=array.dtype.kind == "f") for array in arrays]


def passing(*checks: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """A check by the first of two functions, of second order by the other; what they return must be true."""

    def check(function: Callable[..., Any], inputs: list[Any], order: int) -> None:
        assert checks[order - 1](function, inputs, **options)

    return check


# ── PyTorch ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def torchs(operations: tuple[Operation, ...]) -> Iterator[Any]:
    """Each operation as a torch.autograd.Function, which goes over to NumPy and back."""
    o = SimpleNamespace(sin=torch.sin, bare=lambda x: x.detach())
    for one in operations:
        setattr(o, one.name, _function(one, o).apply)
    yield o


def _function(one: Operation, o: Any) -> Any:
    class Made(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *values: Any) -> Any:
            # a copy, so that no result shares memory with an input unbeknown to PyTorch
            out = torch.from_numpy(np.array(one.forward(*(value.detach().numpy() for value in values))))
            ctx.save_for_backward(out, *values)
            return out

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            saved = ctx.saved_tensors
            if one.again:
                return tuple(rule and rule(o, g, *saved) for rule in one.rules.values())
            given = [value.detach().numpy() for value in (g, *saved)]
            rules = one.rules.values()
            return tuple(rule and torch.from_numpy(np.array(rule(*given))) for rule in rules)

    Made.__name__ = one.name
    return Made


def torch_inputs(arrays: list[Any]) -> list[Any]:
    return [torch.from_numpy(array).requires_grad_(array.dtype.kind == "f") for array in arrays]


# ── HIPS autograd ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def hips(operations: tuple[Operation, ...]) -> Iterator[Any]:
    """Each operation as a primitive of autograd's."""
    o = SimpleNamespace(sin=autograd.numpy.sin, bare=_unboxed)
    for one in operations:
        made = autograd.extend.primitive(_forward(one))
        autograd.extend.defvjp(made, *(rule and _maker(rule, one, o) for rule in one.rules.values()))
        setattr(o, one.name, made)
    yield o


def _maker(rule: Callable[..., Any], one: Operation, o: Any) -> Callable[..., Any]:
    if one.again:
        return lambda out, *arrays: lambda g: rule(o, g, out, *arrays)
    return lambda out, *arrays: lambda g: rule(g, out, *arrays)


def _unboxed(x: Any) -> Any:
    while autograd.tracer.isbox(x):
        x = autograd.tracer.getval(x)
    return x


def hips_check(function: Callable[..., Any], inputs: list[Any], order: int) -> None:
    def of_tuples(*values: Any) -> Any:
        result = function(*values)
        return autograd.builtins.tuple(result) if isinstance(result, tuple) else result

    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002  its directions are drawn from NumPy's old generator
    try:
        floats = differentiable(inputs)
        for argument in (*floats, tuple(floats)) if order > 1 and len(floats) > 1 else floats:
            autograd.test_util.check_grads(of_tuples, argument, modes=["rev"], order=order)(*inputs)
    finally:
        np.random.set_state(before)  # noqa: NPY002


OURS, TORCHS = (ag.gradcheck, ag.gradgradcheck), (torch.autograd.gradcheck, torch.autograd.gradgradcheck)
CHECKERS = [
    Checker("ours, full", ours, our_inputs, passing(*OURS), ag.GradcheckError, True),
    Checker("ours, projected", ours, our_inputs, passing(*OURS, mode="projected"), ag.GradcheckError, True),
    Checker("torch", torchs, torch_inputs, passing(*TORCHS), TorchGradcheckError),
    Checker("torch, fast", torchs, torch_inputs, passing(*TORCHS, fast_mode=True), TorchGradcheckError),
    Checker("HIPS", hips, list, hips_check, AssertionError),
]
