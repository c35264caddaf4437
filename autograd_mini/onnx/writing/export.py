"""`to_onnx`: what a function computes, as an ONNX file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ...arguments import bare
from ...core.observer import no_grad
from ...core.primitive import operand
from ...program.calls import Call, Constant, Result, flat
from ...program.program import Program, trace
from ...program.tracing import TraceError
from . import activation as activation  # rooms are imported for their rules
from . import indexing as indexing
from . import layers as layers
from . import normalising as normalising
from . import pools as pools
from . import recurrent as recurrent
from . import reductions as reductions
from . import shapes as shapes
from . import special as special
from .batch import Batch, compared
from .file import INSTALL, packaged, write
from .graph import RULES, Dim, Graph, Made, UnwrittenError, Var, element, refusal
from .unwritten import UNWRITTEN

OPSET = 21
OLDEST = 17


def to_onnx(
    function: Callable[..., Any],
    inputs: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_batch: bool = False,
    opset: int = OPSET,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Write what a function or a module computes as an ONNX file, as ONNX Runtime, Netron and others read it.

    The function is traced (`trace`): shapes and branches are fixed. Tensors that it takes from outside, as a module its
    parameters, are initializers under their own names; nodes are called after the module that runs them, as
    /layer1/0/conv1/Conv. A module is written in evaluation mode, and is afterwards in the mode it was in. The model is
    checked by `onnx.checker`; an operation that ONNX's operators cannot express is refused by its name and line.
    ONNX Runtime computes convolutions in float32 only.

    Arguments:
        function: takes Tensors and returns a Tensor, or tuples, lists and dicts of them; such as a module.
        inputs: an array, or a tuple of them, to trace the function with.
        path: of the file, written whole or not at all; weights of 2 GB and more stand in a file beside it. None: the
            model is only returned.
        input_names: of the inputs; None for the names of Tensors and of the function's parameters.
        output_names: of the outputs; None for the names that Tensors were given, else output, or output_0, …
        dynamic_batch: whether the first axis of every input, the same for all, may have any length. The function is
            then traced for two lengths.
        opset: the version of ONNX's operators, from 17 on.
        metadata: text by name, for the file's reader; other values are written as JSON. A net's `preprocess` is put
            there by itself.
    Returns:
        The model, an `onnx.ModelProto`.
    Raises:
        ValueError: for an operation that cannot be written, another opset, and wrong numbers of names or inputs.
        TraceError: as `trace` does.
        ModuleNotFoundError: without the package onnx.
        OSError: as the system does.
    Source: Open Neural Network Exchange, operators of versions 17 to 23.

    Example:
        >>> model = ag.to_onnx(lambda x: ag.relu(x * 2), np.ones((1, 3), np.float32))
        >>> [node.op_type for node in model.graph.node]
        ['Mul', 'Relu']
    """
    try:
        import onnx
    except ImportError:
        raise ModuleNotFoundError(INSTALL) from None
    newest = onnx.defs.onnx_opset_version()
    if isinstance(opset, bool) or not isinstance(opset, int) or not OLDEST <= opset <= newest:
        raise ValueError(
            f"to_onnx: opset must be from {OLDEST} to {newest}, the newest of this package onnx, not {opset!r}"
        )
    given = [*inputs] if isinstance(inputs, tuple | list) else [inputs]
    arrays = [np.asarray(bare(operand(f"to_onnx: input {i}", x))) for i, x in enumerate(given)]
    names = None if input_names is None else _checked("input_names", input_names, len(arrays), "inputs")
    evaluating = getattr(function, "evaluating", nullcontext)
    with evaluating(), no_grad():
        programs = _programs(function, arrays, dynamic_batch)
    graph, values, outputs = _written(programs, names, opset)
    called = _output_names(programs[0], outputs, output_names)
    try:
        ends, version = [*zip(called, outputs, strict=True)], sys.modules[__package__.partition(".")[0]].__version__
        model = packaged(graph, values, ends, _texts(function, metadata), version)
    except UnwrittenError as error:
        raise refusal("the function", None, str(error)) from None
    if path is not None:
        write(model, Path(path))
    return model


def _checked(what: str, names: Any, count: int, of: str) -> list[str]:
    if isinstance(names, str) or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"to_onnx: {what} must be a list of names, not {names!r}")
    if len(names) != count or len({*names}) != count:
        raise ValueError(f"to_onnx: {what} must be {count} different names, one for each of the {of}, not {[*names]}")
    return [*names]


def _texts(function: Any, metadata: Mapping[str, Any] | None) -> dict[str, str]:
    """Metadata as text, and how photographs become the net's input."""
    pre = getattr(function, "preprocess", None)
    known = {"preprocess": str(pre.noted())} if pre is not None and hasattr(pre, "noted") else {}
    given = {str(k): v if isinstance(v, str) else json.dumps(v) for k, v in (metadata or {}).items()}
    return {**known, **given}


# ── programs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _programs(function: Any, arrays: Sequence[Any], dynamic_batch: bool) -> list[Program]:
    """The program; for a batch of any length those of batches of three sizes."""
    if not dynamic_batch:
        return [_traced(function, arrays)]
    lengths = {len(x) if x.ndim else 0 for x in arrays}
    if len(lengths) != 1 or lengths == {0}:
        shapes = ", ".join(str(x.shape) for x in arrays)
        raise ValueError(f"to_onnx: for a dynamic batch the inputs must have one first length in common, not {shapes}")
    sizes = [max(2, *lengths) + more for more in (0, 1, 3)]
    return [_traced(function, [np.resize(x, (n, *x.shape[1:])) for x in arrays]) for n in sizes]


def _traced(function: Any, arrays: Sequence[Any]) -> Program:
    """The program; what `trace` refuses is said by this name."""
    try:
        return trace(function, *arrays)
    except (TraceError, TypeError) as error:
        if not str(error).startswith("trace: "):
            raise
        raise type(error)(f"to_onnx: {str(error).removeprefix('trace: ')}") from error


def _written(programs: Sequence[Program], names: Any, opset: int) -> tuple[Graph, list[Var], list[Var]]:
    """The graph of a program, its inputs and its outputs."""
    program, rows = programs[0], compared(programs)
    batch = Batch(tuple(p.inputs[0].shape[0] if len(programs) > 1 else 0 for p in programs))
    graph, made = Graph(opset), dict[int, Var]()
    for i, kinds in enumerate(zip(*(p.inputs for p in programs), strict=True)):
        made[i] = value = Var(graph, kinds[0].dtype, name=names[i] if names else program.names[i])
        value.shape = batch.shape([kind.shape for kind in kinds])
        graph.first = graph.first or (value if any(isinstance(n, Dim) for n in value.shape) else None)
    for leaf in program.leaves:
        tensor = program._current(leaf)
        made[leaf.number] = Var(graph, tensor.dtype, tensor._array, name=leaf.name, is_leaf=True)
    needed = _needed(program)
    for calls in rows:
        call = calls[0]
        if needed.isdisjoint(call.results):
            continue
        graph.path, graph.place, graph.out = call.path, call.place, call.kinds[0].dtype
        try:
            _call(graph, calls, batch, made)
        except UnwrittenError as error:
            raise refusal(call.op.name, call.place, str(error)) from None
    graph.path = graph.place = None
    ends = zip(*(flat(p.outputs) for p in programs), strict=True)
    return graph, [made[i] for i in range(len(program.inputs))], _outputs(graph, ends, batch, made)


def _needed(program: Program) -> set[int]:
    """The numbers of all that the outputs are computed from."""
    needed = {output.number for output in flat(program.outputs) if isinstance(output, Result)}
    for call in reversed(program.calls):
        if not needed.isdisjoint(call.results):
            needed |= {arg.number for arg in call.args if isinstance(arg, Result)}
    return needed


def _call(graph: Graph, calls: Sequence[Call], batch: Batch, made: dict[int, Var]) -> None:
    """Write one call, given as it was in every run; one of constants alone is computed."""
    call, name = calls[0], calls[0].op.name
    if call.effect is None and len(calls) == 1 and all(isinstance(a, Constant) for a in call.args):
        found = call.op.bind(*(getattr(a.value, "_array", a.value) for a in call.args), **call.params)  # type: ignore[union-attr]
        results = found if isinstance(found, tuple) else (found,)
        made |= {n: graph.array(bare(v)) for n, v in zip(call.results, results, strict=True)}
        return
    if name in UNWRITTEN or name not in RULES:
        own = "is an operation of your own; write it with others"
        raise UnwrittenError(f"cannot be written: {UNWRITTEN[name]}" if name in UNWRITTEN else own)
    element(call.kinds[0].dtype)
    shapes = [batch.shape([kind.shape for kind in kinds]) for kinds in zip(*(c.kinds for c in calls), strict=True)]
    graph.shape = shapes[0]
    args = [_argument(graph, each, batch, made) for each in zip(*(c.args for c in calls), strict=True)]
    params = {key: batch.value([c.params[key] for c in calls]) for key in call.params}
    found = RULES[name](graph, *args, **params)
    parts = found if isinstance(found, tuple) else (found,)
    for number, kind, shape, value in zip(call.results, call.kinds, shapes, parts, strict=False):
        if value.made is not None or value.array is not None or value in args:  # it is a value with a name already
            value = graph.Identity(value)
        if not value.words:
            value = graph.cast(value, kind.dtype)
        value.shape, value.made = shape, Made(name, tuple(args), params)
        made[number] = value
    if call.name is not None:
        made[call.results[0]].name = call.name


def _argument(graph: Graph, each: Sequence[Any], batch: Batch, made: dict[int, Var]) -> Any:
    """A value of the graph, of an argument as it was in every run."""
    first = each[0]
    if isinstance(first, Result):
        if first.number not in made:
            raise UnwrittenError("takes a by-product of another operation, which is not written")
        return made[first.number]
    if first.value is None:
        return None
    value, shape = batch.constant([constant.value for constant in each])
    if shape == ():
        size = graph.cast(graph.length(Dim(1, 0)), graph.out)
        return graph.squeeze(size, 0) * float(value)
    if shape is not None:
        spread = graph.Expand(graph.array(value), graph.sizes(shape))
        spread.shape = shape
        return spread
    array = np.asarray(getattr(value, "_array", value))
    element(array.dtype)
    if isinstance(value, bool | int | float):
        found = Var(graph, array.dtype, array)
        found.number = value
        return found
    return graph.array(array)


def _outputs(graph: Graph, ends: Iterable[Sequence[Any]], batch: Batch, made: dict[int, Var]) -> list[Var]:
    """The outputs as values of their own."""
    found: list[Var] = []
    for each in ends:
        if isinstance(each[0], Constant) and each[0].value is None:
            continue
        value = _argument(graph, each, batch, made)
        if value in found or value.array is not None or value.made is None:
            shape = value.shape
            value = graph.Identity(value)
            value.shape = shape
        found.append(value)
    return found


def _output_names(program: Program, outputs: Sequence[Var], names: Any) -> list[str]:
    if names is not None:
        return _checked("output_names", names, len(outputs), "outputs")
    taken = {*program.names}
    found: list[str] = []
    for i, value in enumerate(outputs):
        plain = "output" if len(outputs) == 1 else f"output_{i}"
        candidates = (f"{plain}{'_' * k}" for k in range(len(outputs) + len(taken) + 1))
        free = (name for name in (value.name, *candidates) if name and name not in taken)
        found += islice(free, 1)
        taken.add(found[-1])
    return found
