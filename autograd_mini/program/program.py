"""A program: what a function computed, as a value to run again, differentiate, print, count and compare.

    program = ag.trace(lambda x, w: relu(x @ w).sum(), x, w)
    program(x, w)                   the same again, or another x of the same shape and dtype
    program.vjp()(x, w, 1.0)        the backward pass, a program too
    print(program)                  call by call, with lines, multiply-adds and bytes
    print(program.diff(other))      what another one does otherwise

It is a list of calls (`calls.py`). A call names what it was given: results by number, leaves by reference, constants by
copy. Shapes, dtypes and the branches that Python took are fixed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..arguments import bare
from ..core.gradient import grad
from ..core.observer import current, no_grad, rescoped
from ..core.primitive import operand
from ..core.tape import Value
from ..core.tensor import Tensor
from ..showing import Shown
from .calls import Call, Constant, Kind, Leaf, Result, flat, mapped
from .effects import effects_undone
from .listing import changes, listed
from .tracing import TraceError, Tracer, untraced


@dataclass(eq=False, repr=False)
class Program(Shown):
    """What a function computed, as a value; `ag.trace` makes it.

    Called with arrays or Tensors of the shapes and dtypes that it was traced with, it gives what the function would. If
    an argument or a leaf requires a gradient the calls are recorded, and `backward` and `grad` work on the results.
    `vjp()` is the backward pass as a program; `diff(other)` compares two programs; `print` shows a table of the calls.

    Attributes:
        function: the function that was traced. It holds the Tensors that the program refers to.
        names: what the inputs are called.
        inputs: shape and dtype of each input; inputs are numbered from 0.
        leaves: Tensors from outside the function, each once, by reference.
        calls: the operations that ran, in order.
        outputs: what the function returned, with results by number.
        examples: the arrays it was traced with.
        untried: what the function raises on their elements in another order. It is then traced in this order only, and
            what depends on values may not have been seen; empty if it goes through.
        multiply_adds: how many running it takes.
        nbytes: bytes of all results, every buffer once.
        saved_bytes: saved for the backward pass, every buffer once, leaves not counted.

    Example:
        >>> program = ag.trace(lambda x: (x * x).sum(), np.ones(3))
        >>> [call.op.name for call in program.calls], program.saved_bytes
        (['multiply', 'sum'], 24)
        >>> (g,), leaves, outputs = program.vjp()(np.arange(3.0), 1.0)
        >>> g.numpy()
        array([0., 2., 4.])
    """

    function: Callable[..., Any]  # held, so that the leaves that belong to it live as long as the program
    names: tuple[str, ...]
    inputs: tuple[Kind, ...]
    leaves: tuple[Leaf, ...]
    calls: tuple[Call, ...]
    outputs: Any
    examples: tuple[Any, ...]
    untried: str = ""
    _last: list[list[int]] = field(init=False)  # by call, what is not needed after it
    _kinds: dict[int, Kind] = field(init=False)
    _names: dict[int, str] = field(init=False)  # of leaves

    def __post_init__(self) -> None:
        self._names = {leaf.number: leaf.name for leaf in self.leaves}
        made = ((n, kind) for call in self.calls for n, kind in zip(call.results, call.kinds, strict=True))
        self._kinds = {**dict(enumerate(self.inputs)), **{leaf.number: leaf.kind for leaf in self.leaves}, **dict(made)}
        last = {arg.number: i for i, call in enumerate(self.calls) for arg in call.args if isinstance(arg, Result)}
        wanted = {result.number for result in flat(self.outputs) if isinstance(result, Result)}
        self._last = [[] for _ in self.calls]
        for number, i in last.items():
            if number not in wanted:
                self._last[i].append(number)

    def __call__(self, *inputs: Any) -> Any:
        """Run the program.

        Raises ValueError for another number of inputs, other shapes or dtypes, TypeError for what is no array;
        RuntimeError if a leaf is gone, has another shape or dtype, or requires a gradient and did not.
        """
        values: dict[int, Any] = dict(enumerate(self._given(inputs)))
        values |= {leaf.number: self._current(leaf) for leaf in self.leaves}
        scope = current.get().scope
        try:
            for call, done in zip(self.calls, self._last, strict=True):
                rescoped(call.path)
                if call.recorded:
                    self._run(call, values)
                else:
                    with no_grad():
                        self._run(call, values)
                for number in done:
                    del values[number]
        finally:
            rescoped(scope)
        return mapped(self.outputs, lambda entry: _returned(entry, values))

    def _given(self, inputs: Sequence[Any]) -> Iterator[Any]:
        if len(inputs) != len(self.inputs):
            raise ValueError(f"program: it was traced with {len(self.inputs)} inputs, not {len(inputs)}")
        for i, (given, kind) in enumerate(zip(inputs, self.inputs, strict=True)):
            value: Any = given if isinstance(given, Value) else Tensor(operand(f"program: input {i}", given))
            if (value.shape, value.dtype) != (kind.shape, kind.dtype):
                found = Kind(value.shape, value.dtype)
                words = f"input {i} is {found}, but it was traced with {kind}"
                raise ValueError(f"program: {words}; trace the function again for other shapes and dtypes")
            yield value

    def _current(self, leaf: Leaf) -> Tensor:
        tensor = leaf.tensor()
        if tensor is None:
            words = "is no more: another took its place; trace the function again"
            raise RuntimeError(f"program: the leaf {leaf.name!r} {words}")
        if (found := Kind(tensor.shape, tensor.dtype)) != leaf.kind:
            words = f"is {found} now, but was {leaf.kind}; trace the function again"
            raise RuntimeError(f"program: the leaf {leaf.name!r} {words}")
        if tensor.requires_grad and not leaf.requires_grad:
            words = "requires a gradient now, and did not when the function was traced; trace it again"
            raise RuntimeError(f"program: the leaf {leaf.name!r} {words}")
        return tensor

    def _run(self, call: Call, values: dict[int, Any]) -> None:
        found = call.op.bind(*[_taken(arg, values) for arg in call.args], **call.params)
        results = found if isinstance(found, tuple) else (found,)
        for number, result in zip(call.results, results, strict=True):
            value = result if isinstance(result, Value) else Tensor.made(result, None)
            if call.name is not None and value.node is not None:
                value.node.name = call.name
            values[number] = value

    # ── its derivative ──

    def vjp(self) -> Program:
        """The backward pass, as a program of the inputs and a gradient for each floating output, in order.

        It returns the gradients of the inputs, those of the leaves by name, and the outputs: (inputs, leaves, outputs).
        None stands for what is not floating, requires no gradient, or does not influence the outputs. The forward pass
        is part of it, with its effects. Raises ValueError if no gradient flows through an output; TypeError for an
        operation whose rules are not made of operations.

            back = ag.trace(lambda x: (x * x).sum(), np.ones(3)).vjp()
            (g,), leaves, outputs = back(np.arange(3.0), 1.0)          # g is Tensor([0., 2., 4.])
        """
        rng, kinds = np.random.default_rng(0), map(self.kind_of, flat(self.outputs))
        random = [
            rng.standard_normal(kind.shape).astype(kind.dtype) for kind in kinds if kind and kind.dtype.kind in "fc"
        ]
        with np.errstate(all="ignore"), untraced(), effects_undone(self.calls):
            given = (*self.examples, *random)
            traced = _traced(self._backward, given, _names(self._backward, given))
        places = [*(call.place for call in self.calls), *[None] * (len(traced.calls) - len(self.calls))]
        traced.calls = tuple([replace(c, place=place) for c, place in zip(traced.calls, places, strict=True)])
        return traced

    def _backward(self, *given: Any) -> Any:
        inputs, gradients = given[: len(self.inputs)], given[len(self.inputs) :]
        outputs = self(*inputs)
        ends = [output for output in flat(outputs) if output is not None and output.dtype.kind in "fc"]
        for output in ends:
            if output.node is None:
                words = "no gradient flows through it; have the function leave it out"
                raise ValueError(f"vjp: of an output {Kind(output.shape, output.dtype)} {words}")
        if not ends:
            raise ValueError("vjp: there is no floating output")
        leaves = {leaf.name: tensor for leaf in self.leaves if (tensor := self._current(leaf)).requires_grad}
        asked = [x for x in (*inputs, *leaves.values()) if x.node is not None]
        found = dict(
            zip(map(id, asked), grad(ends, asked, [*gradients], create_graph=True, allow_unused=True), strict=True)
        )
        of_leaves = {name: found[id(tensor)] for name, tensor in leaves.items()}
        return tuple(found.get(id(x)) for x in inputs), of_leaves, outputs

    def diff(self, other: Program) -> str:
        """What another program does otherwise: its calls beside these, − left out, + added; "" if nothing."""
        return changes(self, other)

    def __str__(self) -> str:
        return listed(self)

    __repr__ = __str__

    # ── what it costs ──

    def multiply_adds_of(self, call: Call) -> int:
        """How many multiply-adds a call takes, as its operation says; only products say so."""
        shapes = [None if (kind := self.kind_of(arg)) is None else kind.shape for arg in call.args]
        return call.op.multiply_adds(call.kinds[0].shape, shapes, call.params) or 0

    @property
    def multiply_adds(self) -> int:
        """How many multiply-adds running it takes."""
        return sum(map(self.multiply_adds_of, self.calls))

    @property
    def nbytes(self) -> int:
        """Bytes of all results, every buffer once."""
        return sum(call.nbytes for call in self.calls)

    @property
    def saved_bytes(self) -> int:
        """Bytes saved for the backward pass, every buffer once, leaves not counted."""
        return sum(call.saved_bytes for call in self.calls)

    def called(self, arg: Result | Constant) -> str:
        """The name of an argument: a leaf's own, a result's number, a constant's value or shape."""
        if isinstance(arg, Result) and arg.number in self._names:
            return f"{self._names[arg.number]}{' detached' * arg.detached}"
        return str(arg)

    def kind_of(self, arg: Result | Constant) -> Kind | None:
        """The shape and dtype of an argument; None if it is None."""
        if isinstance(arg, Constant):
            array = np.asarray(getattr(arg.value, "_array", arg.value))
            return None if arg.value is None else Kind(array.shape, array.dtype)
        return self._kinds[arg.number]


def _taken(entry: Any, values: Mapping[int, Any]) -> Any:
    if isinstance(entry, Result):
        value = values[entry.number]
        return value.detach() if entry.detached and isinstance(value, Tensor) else value
    return entry.value if isinstance(entry, Constant) else entry


def _returned(entry: Any, values: Mapping[int, Any]) -> Any:
    """An output; a constant is copied, since the caller may write into it."""
    value = _taken(entry, values)
    return Tensor(value._array.copy("K")) if isinstance(entry, Constant) and isinstance(value, Tensor) else value


def trace(function: Callable[..., Any], *inputs: Any) -> Program:
    """Record what `function(*inputs)` computes, as a `Program`.

    Tensors that the function takes from outside, as a module its parameters, are leaves: the program refers to them.
    Arrays and numbers are constants: the program has copies. Shapes, dtypes and modes (`training`) are fixed. Random
    draws of dropout and running statistics of batch normalisation are effects: the program has them too; other random
    numbers are refused.

    The function runs twice, the second time on the elements of its inputs in another order: a constant that differs
    then depends on values. Effects happen once.

    Arguments:
        function: is given Tensors, of which the floating ones require a gradient; returns a Tensor, or tuples, lists
            and dicts of Tensors.
        *inputs: arrays or Tensors.
    Returns:
        A Program.
    Raises:
        TraceError: where the function depends on values (`if t > 0`, `t.item()`, an array that NumPy makes of
            `t.data`), writes into a Tensor, uses a result computed outside, runs a backward pass that is not recorded,
            or does otherwise in the second run; and if it is called in a function that is being traced and has effects.
            It names the line.
        TypeError: for an input that is no array, and for a function that returns what is no Tensor.

    Example:
        >>> program = ag.trace(lambda x: (x * x).sum(), np.ones(3))
        >>> program(np.arange(3.0)).item()
        5.0
    """
    arrays = [bare(operand(f"trace: input {i}", given)) for i, given in enumerate(inputs)]
    with untraced() as is_nested:
        program = _traced(function, arrays, _names(function, inputs))
    if is_nested and any(call.effect for call in program.calls):
        raise TraceError("trace: a traced function traces another, whose effects would be lost; trace that one before")
    return program


def _traced(function: Callable[..., Any], arrays: Sequence[Any], names: tuple[str, ...]) -> Program:
    first = Tracer(arrays, names)
    first.run(function)
    if all(isinstance(output, Constant) and output.value is None for output in flat(first.outputs)):
        raise TypeError("trace: the function returned no Tensor")
    with effects_undone(first.calls):
        second, untried = _again(function, arrays, names)
        first.compare(second)
    examples = tuple([x._array for x in first.inputs])
    return Program(function, names, first.kinds, *first.finished(), examples, untried)


def _names(function: Callable[..., Any], inputs: Sequence[Any]) -> tuple[str, ...]:
    """The names of the inputs: those of Tensors, else those of the function's parameters."""
    try:
        signature = inspect.signature(getattr(function, "forward", function))
        called = [
            p.name for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        called = []
    called += [f"input{i}" for i in range(len(called), len(inputs))]
    return tuple([getattr(x, "name", None) or name for x, name in zip(inputs, called, strict=False)])


def _again(function: Callable[..., Any], arrays: Sequence[Any], names: Sequence[str]) -> tuple[Tracer, str]:
    """A second run on the same elements in another order, or in this order if the function fails on another.

    With what it then raised there, in words.
    """
    try:
        with np.errstate(all="ignore"):
            second = Tracer([np.roll(array, 1) for array in arrays], names)
            second.run(function)
            return second, ""
    except Exception as error:
        untried = f"{type(error).__name__}: {error}"
    second = Tracer(arrays, names)
    second.run(function)
    return second, untried
