"""Tracing: a function is run, and every operation that it calls becomes a call of a program.

The tracer is an observer. It recognises what a call was given by identity: a Tensor by its node, an array by itself.
A Tensor that it has not seen is a leaf; an array or a number is a constant. The function is run twice, because only a
second run shows what differs from run to run; what effects changed is restored in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from weakref import ref

import numpy as np

from ..core.observer import Observer, State, current, enable_grad, observed_by
from ..core.tape import Node, Pick, Value
from ..core.tensor import Tensor
from ..observe.lines import Place, calling_line, calling_place, format_place
from ..observe.memory import buffers_of
from ..observe.snapshot import root_of, same
from ..ops.kinds import EFFECTS
from .calls import Call, Constant, Kind, Leaf, Result, flat, mapped
from .effects import generators_of


class TraceError(RuntimeError):
    """A traced function does what no program can express: it depends on values, or differs from run to run.

    Example:
        >>> ag.trace(lambda x: x if x.sum() > 0 else -x, np.ones(2))
        Traceback (most recent call last):
        autograd_mini.program.tracing.TraceError: trace: ... asks what the elements of a Tensor are...
    """


class Tracer(Observer):
    """Makes a call of every operation that runs."""

    needs_values = True

    def __init__(self, given: Sequence[Any], names: Sequence[str]) -> None:
        arrays = [np.array(x) for x in given]  # copies: what the function holds is a constant
        self.inputs = [Tensor(x, x.dtype.kind in "fc", name) for x, name in zip(arrays, names, strict=True)]
        self.kinds = tuple(Kind(x.shape, x.dtype) for x in self.inputs)
        self.calls: list[Call] = []
        self.nodes: dict[Node, int] = {}  # result by node; holding them keeps their identity
        self.arrays: dict[int, tuple[int, Any]] = {}  # and by array
        self.leaves: dict[int, Leaf] = {}  # by number
        self.tensors: dict[int, Tensor] = {}  # likewise, held while this is
        self.names: dict[str, int] = {}  # of leaves, and how many have asked for each
        self.inside: dict[int, Constant] = {}  # of leaves that the function makes
        self.constants: dict[int, tuple[Constant, Any, Place | None]] = {}  # by array: it, and the line that took it
        self.gradients: dict[Node, Any] = {}  # what .grad of inputs and leaves was before
        self.made: list[Node | None] = []  # by call
        self.flowing: set[int] = set()  # results that a gradient flows through
        self.outputs: Any = None
        self.args: Sequence[Any] = ()
        self.running: Any = None
        self.ended: TraceError | None = None
        self.count = 0
        self.seen: set[int] = set()  # buffers met so far
        self.saved: set[int] = set()  # and saved
        self.fresh: set[int] = set()  # buffers that calls have made
        for x in self.inputs:
            self._enter(x._array, x.node)
            self.seen.add(id(root_of(x._array)))

    def run(self, function: Callable[..., Any]) -> None:
        """Run it, and note what it returned, with results by number."""
        with enable_grad(), observed_by(self):
            try:
                outputs = function(*self.inputs)
            except Exception:
                if self.ended is not None:  # somebody on the way made another error of it
                    raise self.ended from None
                raise
        if self.ended is not None:
            raise self.ended
        for node, before in self.gradients.items():
            if node.grad is not before:
                name = f" of {node.name!r}" * bool(node.name)
                raise TraceError(f"trace: the function changes .grad{name}; use grad(…, create_graph=True)")
        self.outputs = mapped(outputs, self._output)

    def _output(self, value: Any) -> Any:
        if value is not None and not isinstance(value, Value):
            raise TypeError(f"trace: the function must return Tensors, not {type(value).__name__}")
        return self._argument(value)

    # ── events ──

    def calling(self, op: Any, args: Any) -> None:
        """Note the operation and what it is given."""
        self.running, self.args = op, args

    def computed(self, op: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Make a call of it."""
        args = tuple(map(self._argument, self.args))
        self.running, self.args = None, ()
        results = (out, *byproducts)
        known = {id(root_of(array)) for array in arrays if isinstance(array, np.ndarray)}
        self.fresh |= {id(root_of(result)) for result in results} - known
        self.calls.append(
            Call(
                op, args, {name: _copied(value) for name, value in params.items()},
                tuple(self._enter(result) for result in results),
                tuple(Kind(result.shape, result.dtype) for result in results),
                current.get().scope, None, calling_place(), current.get().enabled,
                sum(root.nbytes for root in map(root_of, results) if _is_new(root, self.seen)), 0,
            )
        )  # fmt: skip
        self.made.append(None)

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Note the node, by which results are recognised."""
        if node is not None:
            self.made[-1] = node
            first, *_ = self.calls[-1].results
            self.nodes[node] = first
            self.flowing |= {first + i for i, pick in enumerate(node.outputs) if pick} if node.outputs else {first}

    def failed(self, op: Any, args: Any, error: Exception) -> None:
        """Note that no operation is running."""
        self.running = None

    def exposed(self, value: Any, writing: bool | None) -> None:
        """End the trace, unless an effect changes what it holds."""
        if self.running is not None and self.running.name in EFFECTS:
            return
        self._end(
            "asks what the elements of a Tensor are, and a program goes the same way whatever they are; use where()"
            if writing is None
            else "writes into a Tensor; compute a new one"
            if writing
            else _BARE
        )

    def arrived(self, node: Any, g: Any) -> None:
        """End the trace in a backward pass that is not recorded."""
        if not current.get().enabled:
            self._end("runs a backward pass that is not recorded; use grad(…, create_graph=True)")

    def _end(self, words: str) -> None:
        line = calling_line()
        self.ended = self.ended or TraceError(f"trace: {'the function' if line is None else line} {words}")
        raise self.ended

    # ── what is what ──

    def _enter(self, array: Any, node: Node | None = None) -> int:
        """A number for a result."""
        number, self.count = self.count, self.count + 1
        self.arrays[id(array)] = number, array
        if node is not None:
            self.nodes[node] = number
            self.gradients[node] = node.grad
            self.flowing.add(number)
        return number

    def _argument(self, value: Any) -> Result | Constant:
        """What a call was given, as the program knows it."""
        array = getattr(value, "_array", value)
        node = value.node if isinstance(value, Value) else None
        if node is not None:
            number = self._number(node)
            if number is not None:
                return Result(number)
            if node.op is not None:
                self._end(
                    "goes on with a Tensor that was computed before, whose gradient would be lost; make it an input"
                )
        known = self.arrays.get(id(array)) if node is None else None
        if known is not None:
            return Result(known[0], known[0] in self.flowing)
        if isinstance(value, Tensor):
            return Result(self._leaf(getattr(value, "stand_in", value)))
        return self._constant(value)

    def _constant(self, value: Any) -> Constant:
        """A copy, the same for an array that is given again, unless it was written into since."""
        if not isinstance(value, np.ndarray):
            return Constant(value)
        if id(root_of(value)) in self.fresh:  # a view of a result
            self._end(_BARE)
        known, *_ = self.constants.get(id(value), (None,))
        if known is None or not same(known.value, value):
            known = Constant(value.copy("K"))
        self.constants[id(value)] = known, value, calling_place()
        return known

    def _number(self, node: Node) -> int | None:
        """The number of a result by its node, of one of several by what picks it."""
        if isinstance(node.op, Pick) and node not in self.nodes:
            joint = self.nodes.get(node.parents[0])  # type: ignore[arg-type]
            return None if joint is None else joint + node.op.index
        return self.nodes.get(node)

    def _leaf(self, tensor: Tensor) -> int:
        """A number for a Tensor from outside."""
        number = self._enter(tensor._array, tensor.node)
        self.seen.add(id(root_of(tensor._array)))
        self.saved.add(id(root_of(tensor._array)))
        name, kind = self._unlike(tensor.name or "leaf"), Kind(tensor.shape, tensor.dtype)
        self.leaves[number] = Leaf(number, ref(tensor), name, kind, tensor.requires_grad)
        self.tensors[number] = tensor
        return number

    def _unlike(self, name: str) -> str:
        """A name for a leaf, with a number if others have it."""
        count = self.names.get(name, 0) + 1
        while (numbered := f"{name}#{count}" if count > 1 else name) in self.names:
            count += 1
        self.names |= {numbered: 1, name: count}
        return numbered

    # ── at the end ──

    def compare(self, other: Tracer) -> None:
        """Raise TraceError if another run of the same function did otherwise.

        A leaf that is another Tensor there was made by the function itself: it is a constant.
        """
        for one, two in zip(self.calls, other.calls, strict=False):
            if one.op is not two.op or len(one.args) != len(two.args):
                raise TraceError(f"trace: run twice, the function calls {_at(one)}, then {_at(two)} instead; {_TWICE}")
            for i, (a, b) in enumerate(zip(one.args, two.args, strict=True)):
                if not self._same(a, b, other):
                    raise TraceError(f"trace: {_at(one)}: its {one.op.arg(i)} differs from run to run; {_TWICE}")
            for rng, again in zip(generators_of(one), generators_of(two), strict=False):
                if rng is not again and rng.bit_generator.state == again.bit_generator.state:
                    raise TraceError(f"trace: {_at(one)}: its generator is seeded anew in every run; make it outside")
            if not same(_plain(one.params), _plain(two.params)):
                raise TraceError(f"trace: {_at(one)}: its parameters differ from run to run; {_TWICE}")
        if len(self.calls) != len(other.calls):
            more = max(self.calls, other.calls, key=len)[min(len(self.calls), len(other.calls))]
            raise TraceError(f"trace: run twice, the function calls {_at(more)} once only; {_TWICE}")
        ours, theirs = flat(self.outputs), flat(other.outputs)
        if len(ours) != len(theirs) or not all(self._same(a, b, other) for a, b in zip(ours, theirs, strict=True)):
            raise TraceError(f"trace: what the function returns differs from run to run; {_TWICE}")

    def _same(self, a: Result | Constant, b: Result | Constant, other: Tracer) -> bool:
        """True if what a call was given, or the function returned, is the same in another run."""
        ours, theirs = (run.tensors.get(getattr(x, "number", -1)) for run, x in ((self, a), (other, b)))
        if isinstance(a, Result) and ours is not None and theirs is not None and ours is not theirs:
            self.inside[a.number] = made = Constant(Tensor(ours._array.copy("K")), ours.name or "")
            a, b = made, Constant(theirs)
        if isinstance(a, Constant) and isinstance(b, Constant):
            return same(a.value, b.value)
        return isinstance(a, Result) and isinstance(b, Result) and a.number == b.number

    def finished(self) -> tuple[tuple[Leaf, ...], tuple[Call, ...], Any]:
        """Leaves, calls and outputs. Raises TraceError if a constant looks into the memory of a leaf."""
        roots = {id(root_of(tensor._array)) for number, tensor in self.tensors.items() if number not in self.inside}
        for _, array, place in self.constants.values():
            if id(root_of(array)) in roots:
                where = "" if place is None else f"{format_place(place)} "
                raise TraceError(f"trace: {where}{_BARE}")
        calls = []
        for call, node in zip(self.calls, self.made, strict=True):
            args = tuple(map(self._outside, call.args))
            name = node.name if node is not None and node.name != call.path else None
            saved = 0 if node is None else sum(root.nbytes for root in self._saved(node))
            calls.append(replace(call, args=args, name=name, saved_bytes=saved))
        leaves = tuple([leaf for number, leaf in self.leaves.items() if number not in self.inside])
        return leaves, tuple(calls), mapped(self.outputs, self._outside)

    def _outside(self, arg: Result | Constant) -> Result | Constant:
        """The same argument, as a constant if the function made it."""
        return self.inside.get(arg.number, arg) if isinstance(arg, Result) else arg

    def _saved(self, node: Node) -> list[Any]:
        """The buffers that a node is the first to save."""
        return [root for _, root, _ in buffers_of(node) if _is_new(root, self.saved)]


@contextmanager
def untraced() -> Iterator[bool]:
    """Keep tracers around the block from observing it; gives True if there are any."""
    state = current.get()
    blocks = tuple([block for block in state.blocks if not isinstance(block.get("observer"), Tracer)])
    token = current.set(State(scope=state.scope).within(*blocks))
    try:
        yield len(blocks) < len(state.blocks)
    finally:
        current.reset(token)


def _is_new(root: Any, met: set[int]) -> bool:
    """True if a buffer, which lives as long as this, was not met before; from now on it was."""
    new = id(root) not in met
    met.add(id(root))
    return new


_BARE = "takes the bare array of a Tensor, and what NumPy makes of it is not in the program; use operations"


def _at(call: Call) -> str:
    return f"{call.op.name} at {call.line}" if call.place else str(call.op.name)


_TWICE = "what differs would be fixed in the program: compute it by operations, draw it by dropout, or make it an input"


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters to compare: a value that can only be compared by identity is represented by its class."""
    simple = (bool, int, float, str, tuple, list, dict, np.ndarray, type(None))
    return {name: value if isinstance(value, simple) else type(value) for name, value in params.items()}


def _copied(value: Any) -> Any:
    """Arrays copied, at any depth of tuples, lists and dicts; Tensors and generators are what they are."""
    return mapped(value, lambda x: x.copy("K") if isinstance(x, np.ndarray) else x)
