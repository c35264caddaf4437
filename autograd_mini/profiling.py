"""What a program's operations cost and carry: seconds, multiply-adds, kept bytes, gradients, and where they stand.

    with ag.profile() as profile:
        loss = nn.cross_entropy(model(images), labels)
        loss.backward()
    print(profile)                                    # a table
    ag.render(loss, "loss.svg", profile=profile)      # the same on the drawing

Outside the block nothing is measured and nothing costs anything. Inside, every operation that is recorded is timed, and
the walk back tells each node's gradient as it arrives: where it became zero is where learning stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from .calling import calling_line
from .memory import buffers_of, root_of
from .tables import in_bytes, in_seconds, in_thousands, table
from .tape import Ledger, Node, Value, watched_by


@dataclass(frozen=True)
class Gradient:
    """A gradient in three numbers.

    norm: √Σg², nan if an element is. zeros: the share of elements that are exactly 0. finite: no element is inf or nan.
    """

    norm: float
    zeros: float
    finite: bool

    @classmethod
    def of(cls, array: Any) -> Gradient:
        """Measure an array, of any shape and size."""
        sizes = np.abs(np.asarray(array).ravel("K"))
        largest = float(sizes.max(initial=0))
        if not np.isfinite(largest) or not largest:
            return cls(largest, float(np.mean(sizes == 0)) if sizes.size else 1.0, bool(np.isfinite(largest)))
        norm = largest * float(np.sqrt(np.sum(np.square(sizes / sizes.dtype.type(largest)), dtype=np.float64)))
        return cls(norm, 1 - np.count_nonzero(sizes) / sizes.size, True)

    def __str__(self) -> str:
        if not self.finite:
            return "not finite"
        return f"{self.norm:.3g}" if self.norm else "0"


@dataclass
class Measured:
    """One operation that ran.

    place: the path of the module that ran it, or its result's name. seconds: of the operation alone, without recording.
    backward_seconds: of its rules in the walk back, None before. kept_bytes: that it is the first to keep for the walk,
    parameters not counted. gradient: what arrived at its result, None before the walk or if none did. constants: shape
    and dtype, or the value if it is one number, of the arguments that take no gradient, by number. line: where in the
    user's code it was called.
    """

    operation: str
    place: str
    shape: tuple[int, ...]
    seconds: float
    multiply_adds: int
    kept_bytes: int
    constants: dict[int, str]
    line: str | None
    backward_seconds: float | None = None
    gradient: Gradient | None = None


class Profile(Ledger):
    """What `profile` found. `print` shows a table; `rows` are the operations in the order they ran."""

    def __init__(self) -> None:
        self.rows: list[Measured] = []
        self.walked = False
        self._of: WeakKeyDictionary[Node, Measured] = WeakKeyDictionary()
        self._gradients: WeakKeyDictionary[Node, Gradient] = WeakKeyDictionary()
        self._left: WeakKeyDictionary[Node, dict[int, ref[Node]]] = WeakKeyDictionary()
        self._results: dict[int, tuple[ref[Any], ref[Node]]] = {}  # id of an array -> itself, and whose result it is
        self._kept: dict[int, ref[Any]] = {}  # id of a buffer that some operation keeps -> itself
        self._open: tuple[ref[Node], int, float] | None = None  # the node that the walk is at, its depth, since when

    def of(self, node: Node) -> Measured | None:
        """What is known of a node on the tape; None if it was recorded outside the block, or is a leaf."""
        found = self._of.get(node)
        if found is not None:
            found.place = node.name or ""  # it may have been named after it was recorded
        return found

    def gradient(self, node: Node) -> Gradient | None:
        """The gradient that arrived at a node, or leaf, in the last walk that reached it."""
        return self._gradients.get(node)

    def detached(self, node: Node) -> dict[int, Node]:
        """Arguments, by number, that are a recorded result's own array without its graph: detached, or by NumPy."""
        return {i: source for i, link in self._left.get(node, {}).items() if (source := link()) is not None}

    # ── what the tape tells ──

    def recorded(
        self,
        op: Any,
        node: Node | None,
        arrays: Sequence[Any],
        params: Mapping[str, Any],
        out: Any,
        byproducts: Sequence[Any],
        seconds: float,
    ) -> None:
        """Note an operation."""
        if node is None:
            return
        parents = (*node.parents, *[None] * (len(arrays) - len(node.parents)))
        given = [(i, array) for i, array in enumerate(arrays) if parents[i] is None and array is not None]
        row = self._of[node] = Measured(
            op.name,
            node.name or "",
            node.shape,
            seconds,
            op.multiply_adds(node.shape, [None if array is None else np.shape(array) for array in arrays]) or 0,
            sum(root.nbytes for _, root, own in buffers_of(node) if not own and self._keeps_first(root)),
            {i: _told(array) for i, array in given},
            calling_line(),
        )
        self.rows.append(row)
        links = {i: link for i, array in given if (link := self._source(array)) is not None}
        if links:
            self._left[node] = links
        self._results[id(out)] = ref(out), ref(node)

    def _keeps_first(self, root: Any) -> bool:
        before, self._kept[id(root)] = self._kept.get(id(root)), ref(root)
        return before is None or before() is not root

    def _source(self, array: Any) -> ref[Node] | None:
        """The node whose result an array is, or looks into."""
        for candidate in (array, root_of(array)) if isinstance(array, np.ndarray) else ():
            known, node = self._results.get(id(candidate), (None, None))
            if known is not None and known() is candidate:
                return node
        return None

    def arrived(self, node: Node, g: Any) -> None:
        """Note a gradient, and that the walk has left the node it was at before."""
        now = perf_counter()
        self._leave(node.depth, now)
        gradient = self._gradients[node] = Gradient.of(g.data if isinstance(g, Value) else g)
        row = self.of(node)
        if row is not None:
            row.gradient = gradient
        self.walked = True
        self._open = ref(node), node.depth, perf_counter()

    def given_back(self, node: Node) -> None:
        """The walk is done with the node it was at."""
        self._leave(node.depth, perf_counter())

    def _leave(self, depth: int, now: float) -> None:
        if self._open is None:
            return
        (link, deeper, since), self._open = self._open, None
        node = link()
        row = None if node is None or deeper < depth else self._of.get(node)  # deeper: a walk broke off by an error
        if row is not None:
            row.backward_seconds = (row.backward_seconds or 0.0) + now - since

    # ── what it looks like ──

    def __str__(self) -> str:
        for node in list(self._of):
            self.of(node)
        groups: dict[tuple[str, str, tuple[int, ...]], list[Measured]] = {}
        for row in self.rows:
            groups.setdefault((row.operation, row.place, row.shape), []).append(row)
        rows = [
            ("operation", "place", "result", "calls", "forward", "backward", "multiply-adds", "keeps", "‖∇‖", "line")
        ]
        for (operation, place, shape), calls in groups.items():
            last, cost = calls[-1], sum(call.multiply_adds for call in calls)
            rows.append((
                operation, place, str(shape), str(len(calls)), in_seconds(sum(call.seconds for call in calls)),
                _or_dash([call.backward_seconds for call in calls], in_seconds),
                in_thousands(cost) if cost else "–", in_bytes(last.kept_bytes),
                "–" if last.gradient is None else str(last.gradient), (last.line or "").partition(",")[0],
            ))  # fmt: skip
        forward = sum(row.seconds for row in self.rows)
        backward = sum(row.backward_seconds or 0.0 for row in self.rows)
        cost = sum(row.multiply_adds for row in self.rows)
        total = f"{len(self.rows):,} operations: {in_seconds(forward)} forward, {in_seconds(backward)} backward, "
        return f"{table(rows, right=(3, 4, 5, 6, 7, 8))}\n{total}{in_thousands(cost)} multiply-adds forward"


@contextmanager
def profile() -> Iterator[Profile]:
    """Measure every operation recorded inside the block, and the walks back over them, in this thread.

    Gives a Profile, which fills as the block runs and can be printed, or handed to `to_graphviz` and `render`. It keeps
    no graph alive. Seconds are of one run: the first one may hold compilation, and the next is the better measure.
    """
    found = Profile()
    with watched_by(found):
        yield found


def _told(array: Any) -> str:
    """A constant in a word: its value if it is one number, else its shape and dtype."""
    given = np.asarray(array)
    if given.size == 1 and given.dtype.kind in "fiub":
        return f"{given.item():.6g}"
    return f"{'×'.join(map(str, given.shape)) or 'scalar'} {given.dtype}"


def _or_dash(values: Sequence[float | None], word: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    return word(sum(known)) if known else "–"
