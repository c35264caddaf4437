"""What operations cost and carry: seconds, multiply-adds, saved bytes, gradients, and the lines that called them.

    with ag.profile() as profile:
        loss = nn.cross_entropy(model(images), labels)
        loss.backward()
    print(profile)                                    # a table
    ag.render(loss, "loss.svg", profile=profile)      # the same on the drawing

Nothing is measured outside the block, and nothing costs anything there. Inside, every recorded operation is timed, and
each gradient is measured as it arrives: where it becomes zero, nothing before it learns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from ..core.observer import Observer, current, observed_by
from ..core.tape import Node, Value
from ..moved import renamed
from ..showing import Shown
from .constants import Constants, KnownConstant, Link, nobody
from .lines import calling_line
from .memory import buffers_of
from .snapshot import root_of
from .table import in_seconds, in_thousands, table

_HEADING = ("operation", "place", "result", "calls", "forward", "backward", "multiply-adds", "saved", "‖∇‖", "line")


@dataclass(frozen=True)
class Gradient:
    """A gradient in three numbers.

    norm: √Σg², nan if an element is. zeros: the share of elements that are exactly 0, 1 of none at all. finite: no
    element is inf or nan.
    """

    norm: float
    zeros: float
    finite: bool

    @classmethod
    def of(cls, array: Any) -> Gradient:
        """Measure an array, of any shape and size."""
        with np.errstate(all="ignore"):  # what is too small beside the largest to be squared does not count
            sizes = np.abs(np.asarray(getattr(array, "_array", array)).ravel("K"))
            largest = float(sizes.max(initial=0))
            zeros = 1.0 if not sizes.size else (sizes.size - int(np.count_nonzero(sizes))) / sizes.size
            if not np.isfinite(largest) or not largest:
                return cls(largest, zeros, bool(np.isfinite(largest)))
            shares = sizes / sizes.dtype.type(largest)
            return cls(largest * float(np.sqrt(np.sum(np.square(shares), dtype=np.float64))), zeros, True)

    def __str__(self) -> str:
        if not self.finite:
            return "not finite"
        return f"{self.norm:.3g}" if self.norm else "0"


@dataclass
class Measured:
    """One operation that ran.

    place: the path of the module that ran it, or its result's name. seconds: of the operation alone, without recording.
    backward_seconds: of its rules in the backward pass, None before. saved_bytes: of what it is the first to save,
    parameters not counted. gradient: what arrived at its result; None before it does, and if none does. constants: of
    the arguments that take no gradient, by number, shape and dtype, or the value if it is one number. line: where in
    the user's code it was called.
    """

    operation: str
    place: str
    shape: tuple[int, ...]
    seconds: float
    multiply_adds: int
    saved_bytes: int
    constants: dict[int, str]
    line: str | None
    backward_seconds: float | None = None
    gradient: Gradient | None = None
    kept_bytes = renamed("kept_bytes", "saved_bytes")


class Profile(Observer, Shown):
    """What `profile` measured; printed, it is a table.

    Attributes:
        rows: the operations in the order in which they ran, each with operation, place, shape, seconds,
            backward_seconds, multiply_adds, saved_bytes, constants, gradient and line.
        ran_backward: True if a backward pass reached a tensor inside the block.

    Example:
        >>> with ag.profile() as profile:
        ...     y = ag.matmul(Tensor(np.ones((2, 3)), requires_grad=True), np.ones((3, 4)))
        >>> profile.rows[0].operation, profile.rows[0].multiply_adds, profile.ran_backward
        ('matmul', 24, False)
    """

    ran_backward = False
    walked = renamed("walked", "ran_backward")

    def __init__(self) -> None:
        self._rows: list[Measured] = []
        self._of: WeakKeyDictionary[Node, Measured] = WeakKeyDictionary()
        self._gradients: WeakKeyDictionary[Node, Gradient] = WeakKeyDictionary()
        self._left: WeakKeyDictionary[Node, dict[int, Link]] = WeakKeyDictionary()
        self._constants: WeakKeyDictionary[Node, dict[int, KnownConstant]] = WeakKeyDictionary()
        self._arrays = Constants()
        self._names: dict[int, tuple[str | None, Link]] = {}  # by the id of an argument's array, and its node
        self._results: dict[int, tuple[Link, Link]] = {}  # id of a result or its buffer -> it, and whose it is
        self._saver: dict[int, Link] = {}  # id of a buffer -> who was the first to save it
        self._since: WeakKeyDictionary[Node, float] = WeakKeyDictionary()  # when the backward pass arrived there
        self._began = self._seconds = 0.0  # of the operation that runs, or ran last

    @property
    def rows(self) -> list[Measured]:
        """The operations in the order they ran, under the names that they have by now."""
        self._learn_names()
        return self._rows

    def _learn_names(self) -> None:
        for node in list(self._of):
            self.of(node)

    def of(self, node: Node) -> Measured | None:
        """The row of a node; None if it was recorded outside the block, or is a leaf."""
        found = self._of.get(node)
        if found is not None:
            found.place = node.name or ""  # it may have been named after it was recorded
        return found

    def gradient(self, node: Node) -> Gradient | None:
        """The gradient that arrived at a node, or leaf, in the last backward pass that reached it."""
        return self._gradients.get(node)

    def constants(self, node: Node) -> dict[int, KnownConstant] | None:
        """The arguments of a node, by number, that take no gradient; None if it was recorded outside the block."""
        return self._constants.get(node)

    def detached(self, node: Node) -> dict[int, Node]:
        """The arguments, by number, that are a recorded result's array without its graph, or a view of it; and that
        result.

        It was detached, or taken by NumPy; arguments to which the operation lets no gradient flow are left out.
        """
        return {i: source for i, link in self._left.get(node, {}).items() if (source := link()) is not None}

    # ── what it observes ──

    def calling(self, op: Any, args: Any) -> None:
        """Note when an operation begins, and what its arguments are called."""
        values = [arg for arg in args if isinstance(arg, Value)]
        self._names = {
            id(v._array): (v._name, nobody) if v.node is None else (v.node.name, ref(v.node)) for v in values
        }
        self._began = perf_counter()

    def computed(self, op: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Note how long it took, and what it computed, which may be a constant."""
        self._seconds = perf_counter() - self._began
        given = [array for array in arrays if array is not None]
        arguments = [self._arrays.of(array, *self._names.get(id(array), (None, nobody))) for array in given]
        for result in (out, *byproducts):
            if isinstance(result, np.ndarray):
                self._arrays.computed(result, op.name, current.get().scope or "", arguments)

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """Note an operation."""
        if node is None:
            return
        seconds = self._seconds
        for parent in node.parents:
            if parent is not None:
                self.of(parent)  # it has its name by now, and may be gone before it is asked for
        parents = (*node.parents, *[None] * (len(arrays) - len(node.parents)))
        given = [(i, array) for i, array in enumerate(arrays) if parents[i] is None and array is not None]
        constants = self._constants[node] = {i: self._arrays.of(array) for i, array in given}
        self._arrays.of(out, node=ref(node))
        row = self._of[node] = Measured(
            op.name,
            node.name or "",
            node.shape,
            seconds,
            op.multiply_adds(node.shape, [None if a is None else np.shape(a) for a in arrays], params) or 0,
            sum(root.nbytes for _, root, own in buffers_of(node) if self._saves_first(node, root) and not own),
            {i: constant.words for i, constant in constants.items()},
            calling_line(),
        )
        self._rows.append(row)
        links = {i: link for i, array in given if _flows(op, i) and (link := self._source(array)) is not nobody}
        if links:
            self._left[node] = links
        self._remember(out, node, arrays)

    def _remember(self, out: Any, node: Node, arrays: Sequence[Any]) -> None:
        """Note which node's result an array is, and its buffer, unless that is the buffer of an argument it views."""
        root, known = root_of(out), (ref(out), ref(node))
        self._results[id(out)] = known
        before, _ = self._results.get(id(root), (nobody, nobody))
        given = (root_of(array) for array in arrays if isinstance(array, np.ndarray))
        if before() is out or not any(root is other for other in given):
            self._results[id(root)] = known

    def _saves_first(self, node: Node, root: Any) -> bool:
        """True unless the node that saved this buffer first does so still, which keeps it alive, and with it its id."""
        first = self._saver.get(id(root), nobody)()
        if first is not None and first.saved is not None:
            return False
        self._saver[id(root)] = ref(node)
        return True

    def _source(self, array: Any) -> Link:
        """The node whose result an array is, or looks into."""
        for candidate in (array, root_of(array)) if isinstance(array, np.ndarray) else ():
            result, node = self._results.get(id(candidate), (nobody, nobody))
            if result() is not None:  # then its buffer is not used again yet, and the id is its own still
                return node
        return nobody

    def arrived(self, node: Node, g: Any) -> None:
        """Note a gradient, and the time at which the backward pass came here."""
        parts = [part._array if isinstance(part, Value) else part for part in (g if node.outputs else [g])]
        if node.outputs:  # each has arrived at its own pick; here they are one
            gradient = Gradient.of(np.concatenate([np.ravel(part) for part in parts if part is not None]))
        else:
            gradient = self._gradients[node] = Gradient.of(parts[0])
        row = self.of(node)
        if row is not None:
            row.gradient = gradient
        self.ran_backward = True
        self._since[node] = perf_counter()

    def left(self, node: Node) -> None:
        """Note how long the backward pass was here."""
        now, row = perf_counter(), self._of.get(node)
        if row is not None:
            row.backward_seconds = (row.backward_seconds or 0.0) + now - self._since[node]

    # ── what it looks like ──

    def __str__(self) -> str:
        ran = self.rows
        groups: dict[tuple[str, str, tuple[int, ...], str | None], list[Measured]] = {}
        for row in ran:
            groups.setdefault((row.operation, row.place, row.shape, row.line), []).append(row)
        rows = [
            (*key, len(calls), *_sums(calls), calls[-1].saved_bytes, calls[-1].gradient, (line or "").split(", in ")[0])
            for (*key, line), calls in groups.items()
        ]
        forward, backward, cost = _sums(ran)
        total = f"{len(ran):,} operations: {in_seconds(forward)} forward, {in_seconds(backward or 0.0)} backward, "
        return f"{table(_HEADING, rows)}\n{total}{in_thousands(cost)} multiply-adds forward"


@contextmanager
def profile() -> Iterator[Profile]:
    """Measure every operation recorded in a block, and the backward passes over them, in this thread.

    Seconds are of one run: a first one may include compilation, so the next is the better measure. No graph is kept
    alive.

    Returns:
        A context that gives a Profile, which fills as the block runs; `to_graphviz` and `render` draw it.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> with ag.profile() as profile:
        ...     ag.relu(x).sum().backward()
        >>> [(row.operation, str(row.gradient)) for row in profile.rows]
        [('relu', '1.41'), ('sum', '1')]
    """
    found = Profile()
    try:
        with observed_by(found):
            yield found
    finally:
        found._learn_names()  # the graph may be gone when they are asked for


def _flows(op: Any, i: int) -> bool:
    """False if the operation declares that no gradient flows to its argument i, whatever it is."""
    return op.rules.get(op.args[0 if op.variadic else i], _flows) is not None


def _sums(rows: Sequence[Measured]) -> tuple[float, float | None, int]:
    """Seconds forward, seconds backward, None where no backward pass was, and multiply-adds."""
    backward = [row.backward_seconds for row in rows if row.backward_seconds is not None]
    seconds = sum((row.seconds for row in rows), 0.0)
    return seconds, sum(backward, 0.0) if backward else None, sum(row.multiply_adds for row in rows)
