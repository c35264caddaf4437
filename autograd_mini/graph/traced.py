"""A program as a graph: the nodes that its calls would leave, and what a profile would know of them."""

from __future__ import annotations

from typing import Any

from ..core.tape import Node, Pick
from ..observe.constants import KnownConstant, in_words
from ..observe.profiler import Gradient, Measured, Profile
from ..program import Program
from ..program.calls import Call, Result, flat


class Traced:
    """What `Profile` knows of a graph, for a program: constants, what was detached, lines, bytes and costs.

    inputs, results: nodes that stand for the program's. Calls that only have an effect are not behind a result.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._nodes: dict[int, Node] = {}
        self._rows: dict[Node, Measured] = {}
        self._left: dict[Node, dict[int, Node]] = {}
        self._constants: dict[Node, dict[int, KnownConstant]] = {}
        self._known: dict[int, KnownConstant] = {}  # by the identity of the program's, so one vertex for each
        self.inputs = []
        for i, (name, kind) in enumerate(zip(program.names, program.inputs, strict=True)):
            self.inputs.append(self._leaf(i, kind, name))
        for leaf in program.leaves:
            self._leaf(leaf.number, leaf.kind, leaf.name)
        for call in program.calls:
            self._step(call)
        outputs = [entry for entry in flat(program.outputs) if isinstance(entry, Result)]
        self.results = [self._nodes[entry.number] for entry in outputs]

    def of(self, node: Node) -> Measured | None:
        """What is known of a call; None of an input or a leaf."""
        return self._rows.get(node)

    def gradient(self, node: Node) -> Gradient | None:
        """Nothing: a program holds no values."""

    def constants(self, node: Node) -> dict[int, KnownConstant]:
        """The arguments of a call that take no gradient, by number."""
        return self._constants.get(node, {})

    def detached(self, node: Node) -> dict[int, Node]:
        """The arguments of a call that are results without their graph, by number, and the nodes of these results."""
        return self._left.get(node, {})

    def _leaf(self, number: int, kind: Any, name: str) -> Node:
        node = self._nodes[number] = Node(kind.shape, kind.dtype)
        node.name = name
        return node

    def _step(self, call: Call) -> None:
        parents: list[Node | None] = []
        left, constants = dict[int, Node](), dict[int, KnownConstant]()
        for i, arg in enumerate(call.args):
            parents.append(self._nodes[arg.number] if isinstance(arg, Result) and not arg.detached else None)
            if isinstance(arg, Result) and arg.detached:
                left[i] = self._nodes[arg.number]
            elif not isinstance(arg, Result) and arg.value is not None:
                constants[i] = self._known.setdefault(id(arg), KnownConstant(in_words(arg.value), arg.name))
        first, *others = call.kinds
        node = Node(first.shape, first.dtype, call.op, tuple(parents), {}, call.params)
        node.name = call.name or call.path
        self._left[node], self._constants[node] = left, constants
        self._rows[node] = Measured(
            call.op.name, node.name or "", first.shape, 0.0, self._program.multiply_adds_of(call), call.saved_bytes,
            {i: constant.words for i, constant in constants.items()}, call.line,
        )  # fmt: skip
        words = [f"{call.op.outputs[0]}[{k}]" for k in range(len(call.kinds))] if call.op.open else call.op.outputs
        named = zip(words, call.kinds, strict=True)
        floating = [kind.dtype.kind in "fc" for kind in others]
        picks = [Pick(k, f"{call.op.name}.{word}", kind.shape, kind.dtype) for k, (word, kind) in enumerate(named)]
        node.outputs = tuple(picks) if any(floating) or call.op.open else ()
        self._nodes[call.results[0]] = picks[0].node(node) if node.outputs else node
        for number, pick in zip(call.results[1:], picks[1:], strict=True):
            self._nodes[number] = pick.node(node)


Facts = Profile | Traced
"""What is known of a graph besides its nodes."""


def facts_of(output: Any, profile: Profile | None) -> Facts | None:
    """A program's own facts; else the profile, or None."""
    return Traced(output) if isinstance(output, Program) else profile
