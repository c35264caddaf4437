"""A failed forward pass as a graph: what had been computed, and the operation that raised the error."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..core import primitive
from ..core.primitive import Primitive
from ..core.tape import Value
from ..observe.constants import in_words
from ..observe.lines import format_place, is_users
from ..observe.module_calls import ModuleCall, calls_of
from ..observe.table import format_shape
from .model import Edge, Graph, Vertex
from .reading import read

WIDTH = 44  # of the error's message, in characters


def failed(error: BaseException) -> Graph:
    """The steps behind the arguments of the operation that raised, and that operation, marked, with the message.

    Arguments are found in the error's traceback. Raises ValueError if it has no operation of a forward pass.
    """
    found = _failed_call(error)
    if found is None:
        words = "no operation of a forward pass is in its traceback"
        raise ValueError(f"to_graphviz: {type(error).__name__} cannot be drawn: {words}")
    name, given, path, place = found
    values = [value for _, value in given if isinstance(value, Value) and value.node is not None]
    graph = read(values) if values else Graph({}, [])
    keys = {top: vertex.key for vertex in graph.vertices.values() for top in (*vertex.nodes, *vertex.tops)}
    for vertex in graph.vertices.values():
        vertex.kind = "operation" if vertex.kind in ("result", "loss") else vertex.kind
    parts = tuple(path.split(".")) if path else ()
    lines = (type(error).__name__, *wrap(str(error), WIDTH))
    vertex = Vertex(
        "failed", "operation", name, path or "", path=parts[:-1], calls=calls_of(path), notes=lines, mark="failed",
        tip="" if place is None else format_place(place),
    )  # fmt: skip
    for i, (word, value) in enumerate(given):
        key = keys.get(value.node) if isinstance(value, Value) and value.node is not None else None
        if key is None:
            key, array = f"failed{i}", getattr(value, "_array", value)
            called = getattr(value, "_name", None) or ""
            graph.vertices[key] = Vertex(key, "constant", in_words(array), called, path=parts[:-1], tip=word)
            graph.edges.append(Edge(key, "failed"))
        else:
            graph.edges.append(Edge(key, "failed", format_shape(value.node.shape, value.node.dtype)))
    graph.vertices["failed"] = vertex
    return graph


Found = tuple[str, list[tuple[str, Any]], ModuleCall | None, tuple[CodeType, int] | None]


def _failed_call(error: BaseException) -> Found | None:
    """The operation that the user, or a module, called last; its arguments; the module's path; the user's line."""
    frames: list[tuple[FrameType, int]] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame, trace.tb_lasti))
        trace = trace.tb_next
    last = max((i for i, (frame, _) in enumerate(frames) if is_users(frame.f_code)), default=-1)
    place = (frames[last][0].f_code, frames[last][1]) if last >= 0 else None
    paths = [frame.f_locals.get("path") for frame, _ in frames]
    path = next((p for p in reversed(paths) if isinstance(p, ModuleCall)), None)
    for frame, _ in frames[last + 1 :]:
        found = _called(frame)
        if found is not None:
            return found[0], _arrays(found[1]), path, place
    for frame, _ in reversed(frames[last + 1 :]):  # refused before an operation was called, in its name
        words = frame.f_code.co_varnames[: frame.f_code.co_argcount]
        given = _arrays([(word, frame.f_locals.get(word)) for word in words])
        if any(isinstance(value, Value) for _, value in given):
            name = str(error).partition(":")[0]
            return name if name.isidentifier() else frame.f_code.co_name, given, path, place
    return None


def _called(frame: FrameType) -> tuple[str, Sequence[tuple[str, Any]]] | None:
    """The name and the arguments of an operation, if this frame is its call."""
    code, here = frame.f_code, frame.f_locals
    if code is Primitive.bind.__code__:
        op, args = here["self"], here["args"]
        return op.name, [(op.arg(min(i, len(op.args) - 1)), value) for i, value in enumerate(args)]
    room = primitive.__file__.rpartition("primitive")[0]
    if not code.co_filename.startswith(f"{room}<"):  # where calls of operations are compiled to
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = [(name, here[name]) for name in names]
    if code.co_flags & 0x04:  # *args
        rest = code.co_varnames[len(names)]
        given += [(rest, value) for value in here[rest]]
    return code.co_filename.removeprefix(f"{room}<").removesuffix(">"), given


def _arrays(given: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The arrays among arguments, and in lists of them."""
    found: list[tuple[str, Any]] = []
    for word, value in given:
        several = isinstance(value, list | tuple) and any(isinstance(one, Value | np.ndarray) for one in value)
        each = [(f"{word}[{i}]", one) for i, one in enumerate(value)] if several else [(word, value)]
        found += [(name, one) for name, one in each if isinstance(one, Value | np.ndarray)]
    return found
