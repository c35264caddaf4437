"""Memory: which operation saves which arrays for the backward pass, how many bytes that is, and the peak of a step.

    with ag.memory_usage() as usage:
        loss = nn.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    print(usage)

       operation      place  result           saves for the backward pass      bytes
    1  conv2d         conv1  (8, 16, 32, 32)  x 96.0 KiB                    96.0 KiB
    2  relu           relu1  (8, 16, 32, 32)  out 512.0 KiB                512.0 KiB
    3  conv2d         conv2  (8, 16, 32, 32)  w (parameter), x (in 2)              –
    …
    saved for the backward pass: 1.3 MiB; parameters: 169.0 KiB
    peak: 2.8 MiB allocated at once during the block

"x (in 2)" is memory that row 2 counts already: the result of one operation is the argument that the next one saves.

What a rule names is saved from the recording of the operation until the backward pass leaves it (`core/primitive.py`,
`core/tape.py`). So the total rises through the forward pass and falls through the backward pass; the table shows the
moment at which it was largest, without what had been freed by then.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import ref

from ..core.observer import Observer, observed_by
from ..core.primitive import Primitive
from ..core.tape import Node, Pick, Value, ancestors
from ..moved import renamed
from ..showing import Shown
from .peak import Peak
from .snapshot import root_of, saved_arrays
from .table import in_bytes, table

VIEWS = {"reshape", "transpose", "getitem", "broadcast_to", "flip"}  # may return their argument's own memory


@dataclass(frozen=True)
class Saved:
    """One array that an operation saves.

    name: as the rules call it: an argument, `out`, or a by-product such as `switches`. nbytes: of the whole buffer that
    it keeps alive, which is larger than the array if that is a view. parameter: True for a leaf's own array, which
    exists without the graph too. counted_in: the index of the earlier row that saves the same buffer; None if it counts
    here.
    """

    name: str
    nbytes: int
    parameter: bool
    counted_in: int | None

    def __str__(self) -> str:
        if self.counted_in is not None:
            return f"{self.name} (in {self.counted_in + 1})"
        return f"{self.name} (parameter)" if self.parameter else f"{self.name} {in_bytes(self.nbytes)}"


@dataclass(frozen=True)
class Row:
    """One recorded operation, the path of the module that ran it (or its result's name), its result's shape."""

    operation: str
    place: str
    shape: tuple[int, ...]
    saved: tuple[Saved, ...]
    keeps = renamed("keeps", "saved")

    @property
    def nbytes(self) -> int:
        """Bytes that this operation is the first to save, parameters not counted."""
        return sum(array.nbytes for array in self.saved if array.counted_in is None and not array.parameter)


@dataclass
class MemoryUsage(Shown):
    """What operations save for the backward pass: a table when printed, numbers of bytes as attributes.

    Attributes:
        rows: the operations in the order of recording, each with operation, place, shape, saved and nbytes; of a block,
            those that had arrays saved when most was.
        peak_bytes: the most that was allocated at once during the block, above what there was at its beginning: the
            arrays of NumPy and, little beside them, the objects of Python, of all threads. None until the block ends,
            and of `saved`.
        saved_bytes: saved for the backward pass, every buffer once, parameters not counted.
        parameter_bytes: of the parameters among what is saved, each once.

    Example:
        >>> usage = ag.saved(ag.exp(Tensor([1.0, 2.0], requires_grad=True)).sum())
        >>> [(row.operation, row.nbytes) for row in usage.rows]
        [('exp', 16), ('sum', 0)]
    """

    rows: tuple[Row, ...] = ()
    peak_bytes: int | None = None
    kept_bytes = renamed("kept_bytes", "saved_bytes")

    @property
    def saved_bytes(self) -> int:
        """Bytes saved for the backward pass: every buffer once, parameters not counted."""
        return sum(row.nbytes for row in self.rows)

    @property
    def parameter_bytes(self) -> int:
        """Bytes of the parameters among what is saved, every one once."""
        saved = [array for row in self.rows for array in row.saved]
        return sum(array.nbytes for array in saved if array.counted_in is None and array.parameter)

    def __str__(self) -> str:
        rows = [
            (i, row.operation, row.place, row.shape, ", ".join(map(str, row.saved)) or "–", row.nbytes)
            for i, row in enumerate(self.rows, 1)
        ]
        total = f"saved for the backward pass: {in_bytes(self.saved_bytes)}"
        lines = [
            table(("", "operation", "place", "result", "saves for the backward pass", "bytes"), rows),
            f"{total}; parameters: {in_bytes(self.parameter_bytes)}",
        ]
        if self.peak_bytes is not None:
            lines.append(f"peak: {in_bytes(self.peak_bytes)} allocated at once during the block")
        return "\n".join(lines)


def saved(output: Any) -> MemoryUsage:
    """What the graph of a recorded result saves at this moment; nothing is run.

    After a backward pass the rows save nothing: the memory was given back.

    Arguments:
        output: a Tensor with a graph, or a sequence of them.
    Returns:
        A MemoryUsage with a row for each operation behind the output, oldest first.
    Raises:
        ValueError: if an output has no graph.

    Example:
        >>> x = Tensor(np.ones((8, 4)), requires_grad=True)
        >>> ag.saved(ag.exp(x).sum()).saved_bytes
        256
    """
    nodes = []
    for value in output if isinstance(output, list | tuple) else [output]:
        if not isinstance(value, Value) or value.node is None:
            raise ValueError(
                "saved: the output has no graph: no tensor with requires_grad=True went into it, "
                "or it was computed under no_grad(), or it was detached"
            )
        nodes.append(value.node)
    steps = [node for node in reversed(ancestors(*nodes)) if node.op is not None and not isinstance(node.op, Pick)]
    return MemoryUsage(_rows(_Entry(node, 0) for node in steps))


def kept(output: Any) -> MemoryUsage:
    """The old name of `saved`, for one release.

    Arguments:
        output: as in `saved`.
    Returns:
        What `saved` does, and a DeprecationWarning.

    Example:
        >>> import pytest
        >>> with pytest.warns(DeprecationWarning, match="kept is now saved"):
        ...     ag.kept(ag.exp(Tensor([1.0, 2.0], requires_grad=True))).saved_bytes
        16
    """
    warnings.warn("kept is now saved", DeprecationWarning, stacklevel=2)
    return saved(output)


@contextmanager
def memory_usage() -> Iterator[MemoryUsage]:
    """Measure what a block in this thread saves for the backward pass, when most is saved, and the peak of its memory.

    The peak is measured by `tracemalloc`, which is started for the block unless it runs already; it slows Python down,
    and its own peak is reset. Blocks can be nested. If other threads record, `tracemalloc` runs on after the block,
    since stopping it beside them can crash Python; a later block stops it.

    Returns:
        A context that gives a MemoryUsage, which is filled in when the block ends, also by an error. Of several
        training steps in a block it shows the one in which most was saved.

    Example:
        >>> x = Tensor(np.ones((8, 4)), requires_grad=True)
        >>> with ag.memory_usage() as usage:
        ...     ag.exp(x).sum().backward()
        >>> usage.saved_bytes, usage.peak_bytes >= 256
        (256, True)
    """
    usage, watch, peak = MemoryUsage(), _Watch(), Peak()
    try:
        peak.begin()
        with observed_by(watch):
            yield usage
    finally:
        try:
            usage.peak_bytes = peak.ended()
        except BaseException:  # it counts when the measuring has stopped
            peak.ended()
            raise
        usage.rows = watch.rows()


# ── what is saved ─────────────────────────────────────────────────────────────────────────────────────────────────────


def saved_by(nodes: Iterable[Node]) -> dict[Node, int]:
    """Bytes that each node is the first of these to save, in their order; parameters not counted."""
    seen: set[int] = set()
    found = {}
    for node in nodes:
        new = {id(root): 0 if own else root.nbytes for _, root, own in buffers_of(node) if id(root) not in seen}
        seen |= new.keys()
        found[node] = sum(new.values())
    return found


def buffers_of(node: Node) -> list[tuple[str, Any, bool]]:
    """What a node saves now: the name in its rules, the array whose buffer it is, and whether it is a parameter's own.

    Several nodes may save one buffer.
    """
    arrays = [*saved_arrays(node).items()]
    roots = [root_of(array) for _, array in arrays]
    return [
        (name, root, _is_parameter(node, name, array, root)) for (name, array), root in zip(arrays, roots, strict=True)
    ]


class _Entry:
    """A node's row, without keeping the node or its arrays alive."""

    def __init__(self, node: Node, number: int) -> None:
        assert node.op is not None
        self.number, self.operation, self.place, self.shape = number, node.op.name, node.name, node.shape
        self.saved = [(name, id(root), root.nbytes, own) for name, root, own in buffers_of(node)]
        self.buffers = {identity: 0 if parameter else nbytes for _, identity, nbytes, parameter in self.saved}


class _Watch(Observer):
    """The nodes recorded and not yet freed, and those that were when most was saved."""

    def __init__(self) -> None:
        self.open: dict[ref[Node], _Entry] = {}
        self.holders: dict[int, int] = {}  # buffer -> how many open nodes save it
        self.bytes = self.most = 0
        self.number = self.fullest = 0  # of the newest node, and of the newest when most was saved
        self.gone: list[_Entry] = []  # no longer open, but open when most was saved

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        if node is None:
            return
        self.number += 1
        entry = self.open[ref(node, self._leave)] = _Entry(node, self.number)
        for buffer, nbytes in entry.buffers.items():
            self.holders[buffer] = self.holders.get(buffer, 0) + 1
            self.bytes += nbytes if self.holders[buffer] == 1 else 0
        if self.bytes >= self.most:
            self.most, self.fullest = self.bytes, self.number
            self.gone.clear()

    def freed(self, node: Node) -> None:
        self._leave(ref(node))

    def _leave(self, reference: ref[Node]) -> None:
        entry = self.open.pop(reference, None)
        if entry is None:  # recorded before the block began
            return
        node = reference()
        entry.place = entry.place if node is None else node.name  # it may have been named after it was recorded
        if entry.number <= self.fullest:
            self.gone.append(entry)
        for buffer, nbytes in entry.buffers.items():
            self.holders[buffer] = self.holders.get(buffer, 1) - 1  # none if Ctrl-C came while it was counted in
            if self.holders[buffer] == 0:
                del self.holders[buffer]
                self.bytes -= nbytes

    def rows(self) -> tuple[Row, ...]:
        """The table as it was when most was saved. Ends the watch."""
        for reference in list(self.open):
            self._leave(reference)
        return _rows(sorted(self.gone, key=lambda entry: entry.number))


def _rows(entries: Iterable[_Entry]) -> tuple[Row, ...]:
    """Rows in which every buffer is counted where it is first saved."""
    first: dict[int, int] = {}
    rows = []
    for i, entry in enumerate(entries):
        saved = []
        for name, buffer, nbytes, parameter in entry.saved:
            saved.append(Saved(name, nbytes, parameter, first.get(buffer)))
            first.setdefault(buffer, i)
        rows.append(Row(entry.operation, entry.place or "", entry.shape, tuple(saved)))
    return tuple(rows)


def _is_parameter(node: Node, name: str, array: Any, root: Any) -> bool:
    """True if a saved argument is a leaf's own array, or a view of it."""
    if not isinstance(node.op, Primitive) or name not in node.op.args:
        return False
    parent = node.parents[node.op.args.index(name)]
    while parent is not None and parent.op is not None and parent.op.name in VIEWS and array is not root:
        parent = parent.parents[0]
    return parent is not None and parent.op is None and root.shape == parent.shape
