"""A finished graph as a file: names, what is needed, the package's own form, and a check."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...files import could_not_write, write_file
from .graph import Graph, Node, UnwrittenError, Var, element

LARGEST = 2_000_000_000
"""Bytes of a file of its own; larger weights stand in another one beside it, since the format ends at 2 GiB."""

INSTALL = "to_onnx needs the package onnx, which is not installed: pip install 'autograd-mini[onnx]'"


def packaged(
    graph: Graph, inputs: Sequence[Var], outputs: Sequence[tuple[str, Var]], metadata: Mapping[str, str], version: str
) -> Any:
    """The model as the package `onnx` has it, checked."""
    import onnx

    nodes = _needed(graph.nodes, [value for _, value in outputs])
    _name(nodes, inputs, outputs)
    held = _held(nodes)
    made = onnx.helper.make_graph(
        [_node(onnx, node) for node in nodes], "program", [_info(onnx, x) for x in inputs],
        [_info(onnx, value) for _, value in outputs],
        [onnx.numpy_helper.from_array(_native(x), x.name) for x in held],
        value_info=[_info(onnx, x) for node in nodes for x in node.outputs if x.shape is not None and x not in
                    {value for _, value in outputs}],
    )  # fmt: skip
    opset = [onnx.helper.make_opsetid("", graph.opset)]
    model = onnx.helper.make_model(
        made, opset_imports=opset, ir_version=onnx.helper.find_min_ir_version_for(opset), producer_name="autograd-mini",
        producer_version=version,
    )  # fmt: skip
    onnx.helper.set_model_props(model, dict(metadata))
    if sum(x.array.nbytes for x in held if x.array is not None) < LARGEST:
        onnx.checker.check_model(model, full_check=True)
    return model


def _needed(nodes: Sequence[Node], outputs: Sequence[Var]) -> list[Node]:
    """The nodes that the outputs depend on, in order."""
    wanted, found = {*outputs}, []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.outputs):
            found.append(node)
            wanted |= {x for x in node.inputs if x is not None}
    return found[::-1]


def _name(nodes: Sequence[Node], inputs: Sequence[Var], outputs: Sequence[tuple[str, Var]]) -> None:
    """Names of all values: inputs', outputs' and leaves' own; a node is called after its module and operator."""
    taken = {x.name for x in inputs} | {name for name, _ in outputs}
    leaves = {x for node in nodes for x in node.inputs if x is not None and x.is_leaf}
    for leaf in sorted(leaves, key=lambda x: x.name):
        leaf.name = _free(leaf.name, taken)
    for name, value in outputs:
        value.name = name
    chosen, counts = {value for _, value in outputs}, Counter[str]()
    for node in nodes:
        path = node.where[0] or ""
        base = f"/{path.replace('.', '/')}/{node.op}" if path else f"/{node.op}"
        node.name = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
        for i, x in enumerate(node.outputs):
            if x not in chosen:
                x.name = _free(x.name or f"{node.name}_output_{i}", taken)
    for x in _held(nodes):
        if not x.is_leaf:
            x.name = _free("constant", taken)


def _free(name: str, taken: set[str]) -> str:
    """A name that no other value has."""
    found, count = name, 1
    while found in taken:
        found, count = f"{name}_{count}", count + 1
    taken.add(found)
    return found


def _held(nodes: Sequence[Node]) -> list[Var]:
    """Leaves and constants that nodes take, each once."""
    made = {x for node in nodes for x in node.outputs}
    held = dict.fromkeys(x for node in nodes for x in node.inputs if x is not None and x.array is not None)
    for node in nodes:
        for x in node.inputs:
            if x is not None and x.words and x not in made:
                raise UnwrittenError(x.words)
    return [*held]


def _native(x: Var) -> Any:
    return np.asarray(x.array, x.dtype.newbyteorder("="), order="C")


def _node(onnx: Any, node: Node) -> Any:
    inputs = ["" if x is None else x.name for x in node.inputs]
    while inputs and not inputs[-1]:
        inputs.pop()
    return onnx.helper.make_node(node.op, inputs, [x.name for x in node.outputs], name=node.name, **node.attributes)


def _info(onnx: Any, x: Var) -> Any:
    shape = [n if isinstance(n, int) else str(n).replace(" ", "") for n in x.shape]
    return onnx.helper.make_tensor_value_info(x.name, element(x.dtype), shape)


# ── on disk ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(model: Any, path: Path) -> None:
    """Write a model; weights beyond the format's limit into a file beside it. What was there stays until then."""
    try:
        former = [*_beside(path)]
        if sum(len(held.raw_data) for held in model.graph.initializer) >= LARGEST:
            _move_out(model, path)
        write_file(path, [model.SerializeToString()])
        for file in former:
            with suppress(OSError):
                file.unlink()
    except OSError as error:
        raise could_not_write("to_onnx", path, error) from error


def _beside(path: Path) -> Iterator[Path]:
    """Files of weights that an earlier model of this name had."""
    yield from path.parent.glob(f"{path.name}.????????.data")


def _move_out(model: Any, path: Path) -> None:
    """Put the weights into a file of a new name, so that an interrupted writer spoils no earlier model."""
    location, parts, at = f"{path.name}.{secrets.token_hex(4)}.data", [], 0
    for held in model.graph.initializer:
        parts.append(held.raw_data)
        for key, value in (("location", location), ("offset", at), ("length", len(held.raw_data))):
            held.external_data.add(key=key, value=str(value))
        at += len(held.raw_data)
        held.data_location = type(held).EXTERNAL
        held.ClearField("raw_data")
    write_file(path.with_name(location), parts)
