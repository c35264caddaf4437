"""ONNX files read: every claim that a file makes is looked at before it is believed. Nothing in a file is run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from ...files import open_file
from .arrays import Budget, array_of, dtype_of, shape_of
from .graph import Array, File, Given, Graph, Node, ordered

OLDEST, NEWEST = 7, 28
"""Sets of operators: the first in which arithmetic broadcasts as NumPy's does, and the last whose meaning is known."""
MOST_NODES = 300_000
"""So many nodes at most, functions written out: a few lines can ask for any number."""
_ONNX = ("", "ai.onnx")


def read(path: Any, begin: str = "from_onnx: ") -> File:
    """The net of an ONNX file, or of the bytes of one.

    Arguments:
        path: of the file; or its bytes, which cannot have arrays in other files.
        begin: what sentences that refuse it begin with.
    Returns:
        The File.
    Raises:
        ValueError: for what is no net, or damaged, saying where.
        FileNotFoundError: if there is no such file, or one of its arrays' is not there.
        ModuleNotFoundError: without the package `onnx`.
    """
    try:
        from onnx import ModelProto
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{begin}reading ONNX files needs: pip install 'autograd-mini[onnx]'") from error
    folder = None
    if isinstance(path, bytes | bytearray | memoryview):
        where, octets = f"{begin}the given bytes", bytes(path)
    elif isinstance(path, str | os.PathLike):
        if not os.path.exists(path):
            raise FileNotFoundError(f"{begin}there is no file {os.fspath(path)!r}")
        where, folder = f"{begin}{os.fspath(path)}", os.path.dirname(os.path.abspath(path))
        with open_file(path, begin) as file:
            octets = file.read()
    else:
        raise TypeError(f"{begin}takes the path of a file or its bytes, not {type(path).__name__}")
    model = ModelProto()
    try:
        model.ParseFromString(octets)
    except Exception as error:  # of whatever class this version of Protocol Buffers has
        raise ValueError(f"{where}: this is no ONNX file") from error
    if not model.HasField("graph"):
        raise ValueError(f"{where}: this is no ONNX file; it has no graph")
    return _Reader(where, folder, model, len(octets)).file(where.removeprefix(begin))


class _Reader:
    """Reads one model."""

    def __init__(self, where: str, folder: str | None, model: Any, size: int) -> None:
        self.budget = Budget(size)
        self.where, self.folder, self.model = where, folder, model
        for one in model.functions:
            self.words(one.domain, one.name, *one.input, *one.output, *one.attribute)
            self.words(*(attribute.name for attribute in one.attribute_proto))
        self.words(model.producer_name, *(one.domain for one in model.opset_import))
        self.functions = {(_domain(one.domain), one.name): one for one in model.functions}
        self.arrays: dict[str, Array] = {}
        self.taken: dict[str, int] = {}
        self.count = 0

    def file(self, path: str) -> File:
        """All of it."""
        opsets = {_domain(one.domain): one.version for one in self.model.opset_import}
        version = opsets.setdefault("", 1)
        own = any(not _domain(node.domain) for node in self.model.graph.node)
        if version < OLDEST and own:
            raise ValueError(
                f"{self.where}: it is written for opset {version}, and {OLDEST} is the oldest that is read; "
                "onnx.version_converter brings it there"
            )
        if version > NEWEST:
            raise ValueError(
                f"{self.where}: it is written for opset {version}, and {NEWEST} is the newest that is known"
            )
        for domain, found in opsets.items():
            if found < 1:
                raise ValueError(f"{self.where}: opset {found} of domain {domain!r} is none")
        graph = self.graph(self.model.graph, {}, None)
        graph.arrays = self.arrays
        given = {one.name for one in graph.inputs} | set(self.arrays)
        for name in graph.free():
            if name not in given:
                user = next((node for node in graph.nodes if name in node.uses()), None)
                raise ValueError(
                    f"{self.where}: {'an output of the net' if user is None else user} takes {name!r}, and nothing "
                    "gives it"
                )
        return File(path, graph, opsets, self.model.producer_name)

    def refuse(self, words: str) -> ValueError:
        return ValueError(f"{self.where}: {words}")

    def words(self, *names: Any) -> None:
        """Refuse names that are no text: Protocol Buffers gives their bytes."""
        for name in names:
            if not isinstance(name, str):
                raise self.refuse(f"it is damaged: the name {name!r:.60} is no text")

    def graph(self, proto: Any, around: Mapping[str, str], function: Any) -> Graph:
        """A graph. around: what values around it are called here; function: whose attributes it may name."""
        names = dict(around)
        self.words(proto.name, *(one.name for row in (proto.initializer, proto.input, proto.output) for one in row))
        self.words(*(one.values.name for one in proto.sparse_initializer))
        for tensor in (*proto.initializer, *(one.values for one in proto.sparse_initializer)):
            if not tensor.name or (tensor.name in names and names[tensor.name] in self.arrays and names is not around):
                raise self.refuse(f"two arrays are called {tensor.name!r}" if tensor.name else "an array has no name")
            names[tensor.name] = self.own(tensor.name)
        for tensor in proto.initializer:
            self.arrays[names[tensor.name]] = self.array(tensor, f"the array {tensor.name!r}")
        for sparse in proto.sparse_initializer:
            self.arrays[names[sparse.values.name]] = self.sparse(sparse, f"the array {sparse.values.name!r}")
        held = {one.name for one in proto.initializer}
        inputs = [self.given(one, names) for one in proto.input if one.name not in held]
        nodes = self.nodes(proto.node, names, function)
        outputs = [names.get(one.name, one.name) for one in proto.output]
        graph = Graph(proto.name, inputs, outputs, nodes)
        ordered(graph, self.where)
        return graph

    def nodes(self, protos: Any, names: dict[str, str], function: Any) -> list[Node]:
        """Nodes, with functions written out. names: what values are called here, to which their results are added."""
        for proto in protos:
            self.words(proto.name, proto.op_type, proto.domain, *proto.input, *proto.output)
            self.words(*(word for one in proto.attribute for word in (one.name, one.ref_attr_name)))
            if not any(proto.output):
                raise self.refuse(f"node {proto.name!r} ({proto.op_type}) gives nothing")
            for name in proto.output:
                if name:
                    names[name] = self.own(name)
        found: list[Node] = []
        for proto in protos:
            self.count += 1
            if self.count > MOST_NODES:
                raise self.refuse(f"it has more than {MOST_NODES:,} nodes, functions written out")
            domain = _domain(proto.domain)
            taken = tuple(names.get(name, name) for name in proto.input)
            given = tuple(names[name] if name else "" for name in proto.output)
            called = f"node {proto.name or ''.join(proto.output[:1])!r} ({proto.op_type})"
            attributes = self.attributes(proto, names, function, called)
            node = Node(proto.name, proto.op_type, domain, taken, given, attributes, _scope(proto))
            inside = self.functions.get((domain, proto.op_type))
            found += [node] if inside is None else self.written_out(node, inside)
        return found

    def written_out(self, call: Node, function: Any) -> list[Node]:
        """The nodes of a function, for one call of it."""
        names = dict(zip(function.input, call.inputs, strict=False))
        names |= dict.fromkeys(function.input[len(call.inputs) :], "")
        given = dict(call.attributes)
        for one in function.attribute_proto:
            if one.name not in given:
                given[one.name] = self.attribute(one, {}, {}, str(call))
        self.functions.pop((call.domain, call.operator))  # a function must not contain itself
        found = self.nodes(function.node, names, given)
        self.functions[call.domain, call.operator] = function
        missing = [name for name in function.output if name not in names]
        if missing:
            raise self.refuse(f"{call}: the function gives {missing[0]!r}, which none of its nodes does")
        ends = zip((names[name] for name in function.output), call.outputs, strict=False)
        same = {inner: outer for inner, outer in ends if outer}
        alike = [Node("", "Identity", "", (inner,), (outer,), {}) for inner, outer in same.items()]
        named = [replace(node, name=f"{call.name}/{node.name or node.operator}", scope=call.scope) for node in found]
        return [*named, *alike]

    def own(self, name: str) -> str:
        """A name that nothing else in the file has."""
        found = name
        while (count := self.taken.get(found, 0)) and found:
            self.taken[name] = count + 1
            found = f"{name}#{self.taken[name]}"
        self.taken[found] = 1
        return found

    def given(self, one: Any, names: dict[str, str]) -> Given:
        """An input."""
        names[one.name] = self.own(one.name)
        kind = one.type.tensor_type
        if not one.type.HasField("tensor_type"):
            if one.type.WhichOneof("value") is None:
                return Given(names[one.name], None, None)
            raise self.refuse(f"the input {one.name!r} is no tensor but a {one.type.WhichOneof('value')[:-5]}")
        try:
            dtype = dtype_of(kind.elem_type) if kind.elem_type else None
        except ValueError as error:
            raise self.refuse(f"the input {one.name!r}: {error}") from None
        if not kind.HasField("shape"):
            return Given(names[one.name], dtype, None)
        self.words(*(dim.dim_param for dim in kind.shape.dim))
        shape = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None for dim in kind.shape.dim]
        return Given(names[one.name], dtype, tuple(shape))

    # ── attributes ──

    def attributes(self, proto: Any, names: dict[str, str], function: Any, called: str) -> dict[str, Any]:
        """What a node is set to."""
        found: dict[str, Any] = {}
        for one in proto.attribute:
            if not one.ref_attr_name:
                found[one.name] = self.attribute(one, names, function, called)
            elif function is not None and one.ref_attr_name in function:
                found[one.name] = function[one.ref_attr_name]
        return found

    def attribute(self, one: Any, names: dict[str, str], function: Any, called: str) -> Any:
        kind = one.type
        if kind == 1:
            return one.f
        if kind == 2:
            return one.i
        if kind == 3:
            return one.s.decode("utf-8", "replace")
        if kind == 4:
            return self.array(one.t, f"{called}: the array {one.name!r}")
        if kind == 5:
            return self.graph(one.g, names, function)
        if kind in (6, 7):
            return [*(one.floats if kind == 6 else one.ints)]
        if kind == 8:
            return [text.decode("utf-8", "replace") for text in one.strings]
        if kind == 9:
            return [self.array(t, f"{called}: an array of {one.name!r}") for t in one.tensors]
        if kind == 11:
            return self.sparse(one.sparse_tensor, f"{called}: the array {one.name!r}")
        raise self.refuse(f"{called}: its attribute {one.name!r} is of a kind that is not read here, {kind}")

    def array(self, proto: Any, called: str) -> Array:
        """An array of the file."""
        try:
            return array_of(proto, self.folder, self.budget)
        except (ValueError, TypeError, OSError) as error:
            kind = FileNotFoundError if isinstance(error, FileNotFoundError) else ValueError
            raise kind(f"{self.where}: {called}: {error}") from error

    def sparse(self, proto: Any, called: str) -> Array:
        """An array of which the file has the numbers that are not 0."""
        values, places = self.array(proto.values, called), self.array(proto.indices, called)
        try:
            shape = shape_of(proto.dims)
            self.budget.take(prod(shape) * values.itemsize)
            found = np.zeros(shape, values.dtype)
            index = tuple(places.T) if places.ndim == 2 else (places,)
            (found if places.ndim == 2 else found.reshape(-1))[index] = values
        except (ValueError, IndexError, MemoryError) as error:
            raise self.refuse(f"{called}: its places and its shape {tuple(proto.dims)} do not fit: {error}") from error
        return found


def _domain(name: str) -> str:
    return "" if name in _ONNX else name


def _scope(proto: Any) -> tuple[str, ...]:
    """The modules that a node ran in, as PyTorch's newer exporter notes them."""
    for entry in proto.metadata_props if hasattr(proto, "metadata_props") else ():
        if entry.key == "pkg.torch.onnx.name_scopes" and isinstance(entry.value, str) and len(entry.value) < 10_000:
            return tuple(part.strip().strip("'\"") for part in entry.value.strip("[]").split(",") if part.strip(" '\""))
    return ()
