"""A dry run: a model runs once to be looked at, and everything it changed is put back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import ref

import numpy as np

from autograd_mini import Tensor, enable_grad
from autograd_mini.core.observer import Observer, current, observed_by
from autograd_mini.core.primitive import Primitive
from autograd_mini.core.tape import Node
from autograd_mini.observe.snapshot import root_of

from .summary import Row, Summary


def dry_run(model: Any, inputs: Sequence[Any]) -> Summary:
    """Run a module in evaluation mode and sum up what its parts are and did; see `Module.summary`."""
    given = _given(model, inputs)
    parts = [*model.named_modules()]
    rows = _rows_of(parts)
    _count_tensors(model, rows)
    costs = _Costs(rows[0])
    with _untouched(model) as frozen, model.evaluating(), enable_grad(), observed_by(costs):
        for (_, part), row in zip(parts, rows, strict=True):
            vars(part)["forward"] = _observed(part.forward, row, costs)
        try:
            with np.errstate(all="ignore"):  # zeros may be divided by
                output = model(*given)
        except Exception as error:
            if not inputs or not all(isinstance(entry, Tensor | np.ndarray) for entry in inputs):
                error.add_note(f"summary gave the model zeros, {_these(given)}; if it needs others, give arrays")
            raise
        costs.count_saved(given, model, frozen)
        del output  # until here the graph was whole
    return Summary(rows, [_these([entry]) for entry in given])


# ── what there is, and what goes in ───────────────────────────────────────────────────────────────────────────────────


def _rows_of(parts: Sequence[tuple[str, Any]]) -> list[Row]:
    """A row for each part, the outermost first, which says how deep in the tree it stands."""
    (_, outermost), *others = parts
    rows = [Row("", "", type(outermost).__name__, 0)]
    above: list[str] = []
    for path, part in others:
        while above and not path.startswith(f"{above[-1]}."):
            above.pop()
        name = path.removeprefix(f"{above[-1]}.") if above else path
        above.append(path)
        rows.append(Row(path, name, type(part).__name__, len(above)))
    return rows


def _count_tensors(model: Any, rows: Sequence[Row]) -> None:
    """Book every tensor on the module that holds it: the longest path that its own begins with."""
    by_path = {row.path: row for row in rows}
    for name, tensor, is_buffer in model.named_tensors():
        path = name.rpartition(".")[0]
        while path not in by_path:
            path = path.rpartition(".")[0]
        row = by_path[path]
        if is_buffer:
            row.buffers += tensor.size
            row.buffer_bytes += tensor._array.nbytes
        else:
            row.parameters += tensor.size
            row.parameter_bytes += tensor._array.nbytes
            row.trainable += tensor.size * tensor.requires_grad


def _given(model: Any, inputs: Sequence[Any]) -> list[Any]:
    """The inputs as the model gets them: floating ones as leaves, so that nothing computed of them is missed."""
    if not inputs:
        shape = getattr(model, "input_shape", None)
        if not _is_shape(shape):
            raise ValueError(
                f"summary: {type(model).__name__} has no input_shape, so say what goes in: "
                "arrays, or a shape with the batch first, summary((1, 3, 224, 224))"
            )
        inputs = [(1, *shape)]  # type: ignore[misc]
    dtype = next((parameter.dtype for parameter in model.parameters()), np.float32)
    dtype = getattr(model, "input_dtype", dtype)
    given = []
    for entry in inputs:
        if _is_shape(entry) and min(entry, default=0) >= 0:
            entry = np.zeros(entry, dtype)
        if not isinstance(entry, Tensor | np.ndarray):
            raise TypeError(
                f"summary: {entry!r:.60} is neither an array, nor a Tensor, nor a shape: a tuple of integers with the "
                "batch first, summary((1, 3, 224, 224))"
            )
        given.append(Tensor(entry, requires_grad=True) if entry.dtype.kind == "f" else entry)
    return given


def _is_shape(entry: Any) -> bool:
    return isinstance(entry, tuple) and all(isinstance(n, int | np.integer) for n in entry)


def _these(given: Sequence[Any]) -> str:
    return ", ".join(f"{entry.shape} {entry.dtype}" for entry in given)


# ── one forward pass, observed ────────────────────────────────────────────────────────────────────────────────────────


class _Costs(Observer):
    """Adds what every recorded operation costs to the row of the module whose forward is running."""

    def __init__(self, outermost: Row) -> None:
        self.running = [outermost]
        self.recorded_nodes: list[tuple[ref[Node], Row]] = []

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        if node is not None:
            row = self.running[-1]
            shapes = [None if array is None else np.shape(array) for array in arrays]
            row.multiply_adds += op.multiply_adds(node.shape, shapes, params) or 0
            self.recorded_nodes.append((ref(node), row))

    def count_saved(self, given: Sequence[Any], model: Any, frozen: Collection[Node]) -> None:
        """Count the bytes that nodes still there save, without what only gradients of frozen tensors would need."""
        from autograd_mini.observe.memory import buffers_of

        inputs = {id(root_of(entry._array)) for entry in given if isinstance(entry, Tensor)}
        seen = {id(root_of(tensor._array)) for _, tensor, _ in model.named_tensors()}
        carries = dict.fromkeys(frozen, False)
        for link, row in self.recorded_nodes:
            node = link()
            if node is None:
                continue
            onward = [i for i, parent in enumerate(node.parents) if parent is not None and carries.get(parent, True)]
            carries[node] = bool(onward)
            op: Any = node.op
            rules = [op.rules.get(op.arg(i)) or op.joint for i in onward] if isinstance(op, Primitive) else []
            named = {name for rule in rules if rule for name in rule.names}
            for name, root, is_leaf in buffers_of(node):
                if name in named and id(root) not in seen and (not is_leaf or id(root) in inputs):
                    seen.add(id(root))
                    row.saved_bytes += root.nbytes


def _observed(forward: Callable[..., Any], row: Row, costs: _Costs) -> Callable[..., Any]:
    """A part's forward that says when it runs and what it returned."""

    def observed(*args: Any, **kwargs: Any) -> Any:
        if costs not in current.get().observers.own:  # another thread runs the same model
            return forward(*args, **kwargs)
        costs.running.append(row)
        try:
            result = forward(*args, **kwargs)
        finally:
            costs.running.pop()
        row.uses += 1
        shape = _shape_of(result)
        if shape not in row.shapes:
            row.shapes.append(shape)
        return result

    return observed


def _shape_of(result: Any) -> Any:
    """The shape of a tensor or array, those in a list or dict likewise; of anything else what it is."""
    if isinstance(result, dict):
        return {key: _shape_of(value) for key, value in result.items()}
    if isinstance(result, list | tuple):
        return [_shape_of(value) for value in result]
    return result.shape if isinstance(result, Tensor | np.ndarray) else type(result).__name__


class State:
    """All that running a model may change, as it is now: `put_back` makes it so again.

    Attributes, and what is in their lists and dicts; arrays and buffers; names of tensors; the states of generators.
    """

    def __init__(self, model: Any) -> None:
        self.attributes = [(vars(part), dict(vars(part))) for _, part in model.named_modules()]
        values = [*_inside([value for _, before in self.attributes for value in before.values()])]
        self.lists = [(value, list(value)) for value in values if type(value) is list]
        self.dicts = [(value, dict(value)) for value in values if type(value) is dict]
        self.generators = [(rng, rng.bit_generator.state) for rng in values if isinstance(rng, np.random.Generator)]
        self.legacy = [(rng, rng.get_state()) for rng in values if isinstance(rng, np.random.RandomState)]
        tensors = [*model.named_tensors()]
        self.tensors = [(tensor, tensor._array, tensor.node, tensor.name) for _, tensor, _ in tensors]
        arrays = [tensor._array for _, tensor, is_buffer in tensors if is_buffer]
        arrays += [value for value in values if type(value) is np.ndarray]
        self.arrays = [(array, np.copy(array)) for array in arrays if array.flags.writeable]

    def put_back(self) -> None:
        """Make everything as it was; what a part has been given since is taken away."""
        for now, before in self.attributes:
            for name in now.keys() - before.keys():
                del now[name]
            now.update(before)
        for items, entries in self.lists:
            items[:] = entries
        for held, pairs in self.dicts:
            held.clear()
            held.update(pairs)
        for tensor, data, node, name in self.tensors:
            tensor._array, tensor.node = data, node
            if node is None:
                tensor._name = name
            else:
                node.name = name
        for array, copy in self.arrays:
            array[...] = copy
        for rng, state in self.generators:
            rng.bit_generator.state = state
        for legacy, words in self.legacy:
            legacy.set_state(words)


def _inside(values: Iterable[Any]) -> Iterator[Any]:
    """The values, and those in lists, tuples and dicts among them at any depth, each once."""
    seen: dict[int, Any] = {}
    stack = [*values]
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, list | tuple | dict):
            stack += value.values() if isinstance(value, dict) else value
    yield from seen.values()


@contextmanager
def _untouched(model: Any) -> Iterator[list[Node]]:
    """Run a model as if it had not been run. Inside, its tensors that require no gradient are leaves too, so that what
    is computed of them alone is recorded; gives their nodes.
    """
    state, frozen = State(model), []
    try:
        for tensor, data, node, name in state.tensors:
            if node is None and data.dtype.kind == "f":
                tensor.node = Node(data.shape, data.dtype)
                tensor.node.name = name
                frozen.append(tensor.node)
        yield frozen
    finally:
        state.put_back()
