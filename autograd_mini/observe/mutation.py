"""The mutation check: no gradient is silently wrong because an array was changed between forward and backward pass.

The backward pass needs saved arrays as they were. NumPy lets whoever holds an array write into it, or change its
shape, strides or dtype in place, so the check knows who holds what. An intermediate result that never left the engine
costs nothing. A buffer is *exposed* once `.data`, `.numpy()` or `np.asarray` gave it away, or a primitive of the user's
took or returned it. Before a node's rules run, each array that it saved is compared with what it was:

- exposed when it was saved, or the user's own (a constant): with its checksum. Time: one pass over the array when it is
  saved and one before its rules run. Memory: 64 bits.
- exposed after it was saved: with a snapshot of the buffer, taken before whoever asked could write, and only where the
  saved array lies. Up to 1 MiB that is a copy, exact to the byte; beyond, a checksum for each 4 KiB, so that a change
  beside a saved part is taken for a change of that part only if it lies in the same 4 KiB. Time: one pass over the
  buffer at its first exposure, and one over the stretch that a saved array spans before its node's rules run. Memory:
  as much as the buffer, or 0.2 % of it, until it is freed, or exposed again when nothing saved it.

    y = x * w                  saves w
    w.data[0] = 5              exposed while saved: the snapshot is taken before the line can write
    y.sum().backward()         RuntimeError: … names w, multiply, and both lines
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from sys import getrefcount, maxsize
from typing import Any

import numpy as np
from numpy import ndarray  # of NumPy's attributes Python has no cache

from ..core.observer import Observer, observe_everywhere
from ..core.primitive import FOREIGN
from ..core.tape import place
from ..kernels.settings import OFF, switched
from .lines import Place, calling_place, format_place
from .snapshot import (
    EXPOSED,
    SNAPSHOTS,
    Layout,
    Snapshot,
    changed_part,
    checksum,
    expose_buffer,
    layout_of,
    root_of,
    saved_arrays,
)


class _Settings:
    on = os.environ.get("AUTOGRAD_MINI_GUARD", "1").lower() not in OFF


class _Here(threading.local):
    forward_may_write = False


_settings, _here = _Settings(), _Here()


def is_guarded() -> bool:
    """True if the backward pass makes sure that the arrays it uses are what they were when they were saved.

    Returns:
        A bool, of all threads; True unless switched off by `set_guarded` or AUTOGRAD_MINI_GUARD=0 in the environment.

    Example:
        >>> ag.is_guarded()
        True
    """
    return _settings.on


def set_guarded(enabled: bool) -> None:
    """Switch the mutation check on or off, for all threads.

    On, `backward` and `grad` raise RuntimeError if an array that they need was changed since the forward pass, through
    `.data`, a view, or your own NumPy array; it names the array, the operation that saved it, and both lines. Off, the
    gradient is then wrong in silence, and operations are recorded about one microsecond faster each. What is exposed or
    recorded while it is off is not checked later. AUTOGRAD_MINI_GUARD=0 in the environment switches it off from the
    beginning.

    Arguments:
        enabled: True or False.
    Returns:
        None.
    Raises:
        TypeError: for what is no bool.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = x * x
        >>> x.data[0] = 5
        >>> y.sum().backward()
        Traceback (most recent call last):
        RuntimeError: backward: multiply saved its y, (2,) float64, at ...; the values were changed since...
    """
    _settings.on = switched("set_guarded", enabled)
    observe_everywhere(MUTATION_CHECK, _settings.on)


@contextmanager
def forward_may_write() -> Iterator[None]:
    """Let forward functions write into arguments in the block, in this thread: gradcheck finds that itself."""
    before, _here.forward_may_write = _here.forward_may_write, True
    try:
        yield
    finally:
        _here.forward_may_write = before


# ── users' forward functions ──────────────────────────────────────────────────────────────────────────────────────────


def checked(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A user's forward function, which raises RuntimeError if it writes into an argument, also if it fails midway.

    It may keep its arguments and write later, so they count as exposed. A call takes a snapshot of every argument's
    buffer and compares it: two passes over it.
    """

    @wraps(forward)
    def called(*arrays: Any, **params: Any) -> Any:
        if not _settings.on:
            return forward(*arrays, **params)
        given = [(array, root_of(array)) for array in arrays if isinstance(array, ndarray)]
        before = {id(root): Snapshot(root) for _, root in given}
        for array, root in given:
            before[id(root)].add(array)

        def refuse_writing(error: Exception | None) -> None:
            if not _here.forward_may_write and any(before[id(root)].changed(array, root) for array, root in given):
                raise RuntimeError(
                    f"{forward.__name__}: forward wrote into an argument, which others may need as it was; "
                    "let it work on a copy"
                ) from error

        try:
            result = forward(*arrays, **params)
        except Exception as error:
            refuse_writing(error)
            raise
        finally:
            for array, _ in given:
                expose_buffer(array, lambda root: before[id(root)])
        refuse_writing(None)
        return result

    return called


# ── the observer ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _references(value: Any) -> int:
    """How many references there are to a Value's array and its buffer: `_ALONE` if only the Value's own."""
    base = value._array.base
    if base is None:
        return getrefcount(value._array)
    return getrefcount(value._array) + getrefcount(base) if base is root_of(base) else maxsize


class _Holder:
    def __init__(self, data: Any) -> None:
        self._array = data


_ALONE = {False: _references(_Holder(np.empty(1))), True: _references(_Holder(np.empty(2)[1:]))}


Saved = tuple[Layout, int, str | None]
"""What an array was when it was saved, layout and checksum, and what it is called if it is a constant."""


class MutationCheck(Observer):
    """Notes the user's line and checksums of what others may change at each node, and compares before its rules run."""

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> Any:
        """The user's line, what is saved that others may hold, and the constants, by number, saved or not.

        Others may hold exposed arrays, constants, and all that is saved for a user's own primitive, whose results are
        exposed.
        """
        if node is None:
            return None
        if op.own and all(node.parents) and not (EXPOSED and _is_any_exposed(node.saved)):
            return calling_place(_CALLER), _NOTHING, _NONE
        saved, constants = _saved(node, op, args), {}
        for result in () if op.own else (out, *byproducts):
            expose_buffer(result)
        for i, parent in enumerate(node.parents):
            if parent is None:
                a = arrays[i]
                constants[i] = (a.shape, a.dtype) if type(a) is ndarray else a
        return calling_place(_CALLER), saved, constants

    def entering(self, node: Any) -> None:
        """Raise RuntimeError if a saved array is not what it was."""
        note = None if node.notes is None else node.notes.get(self)
        if note is None or not (note[1] or SNAPSHOTS):
            return
        for name, array in _arrays(node).items():
            part = layout = None
            if (before := note[1].get(name)) is not None:
                layout = before[0]
                part = changed_part(layout, array) or (None if checksum(array) == before[1] else "values")
            elif (taken := SNAPSHOTS.get(id(root := root_of(array)))) is not None:
                layout, part = taken.layouts.get(id(array)), taken.changed(array, root)
            if part is not None:
                raise RuntimeError(_explanation(node, name, part, layout or layout_of(array)))

    def exposed(self, value: Any, writing: bool | None) -> None:
        """Expose the buffer, with a snapshot if something may have saved it.

        What nobody else holds needs no snapshot, and writing into it now does not expose it.
        """
        if writing is None:
            return
        alone = _references(value) <= _ALONE[value._array.base is not None]  # before anything here holds it too
        if alone:
            SNAPSHOTS.pop(id(root_of(value._array)), None)
        if not (alone and writing):
            expose_buffer(value._array, None if alone else Snapshot)


MUTATION_CHECK = MutationCheck()
_CALLER = 4  # frames from `calling_place` to whoever called the operation: `recorded`, `_record` and `bind` lie between
_NOTHING: dict[str, Saved] = {}
_NONE: dict[int, Any] = {}


def _is_any_exposed(saved: dict[str, Any]) -> bool:
    """Whether others may hold one of these arrays; also for several under one name."""
    for array in saved.values():
        if type(array) is not ndarray or id(array if array.base is None else root_of(array)) in EXPOSED:
            return True
    return False


def _saved(node: Any, op: Any, args: Sequence[Any]) -> dict[str, Saved]:
    """The arrays of a new node that others may hold, by name."""
    saved, names, parents = node.saved, op.args, node.parents
    if op.variadic or not op.own:
        saved, names = _arrays(node), _names(node)
    found = {}
    for name, array in saved.items():
        if isinstance(array, ndarray):
            i = names.index(name) if name in names else len(parents)
            constant = i < len(parents) and parents[i] is None
            if constant or not op.own or id(array if array.base is None else root_of(array)) in EXPOSED:
                called = getattr(args[i], "_name", None) if constant else None
                found[name] = layout_of(array), checksum(array), called
    return found or _NOTHING


def _names(node: Any) -> Sequence[str]:
    """What the arguments of a node are called."""
    op: Any = node.op
    return [f"{op.args[0]}[{i}]" for i in range(len(node.parents))] if op.variadic else op.args[: len(node.parents)]


def _arrays(node: Any) -> dict[str, Any]:
    """The arrays that a node's rules are given, by name: what it saved, and parameters of a user's own primitive."""
    found: dict[str, Any] = saved_arrays(node)
    if not node.op.own:
        asked = (node.op.rules.get(node.op.arg(i)) for i, parent in enumerate(node.parents) if parent is not None)
        for rule in filter(None, (node.op.joint, *asked)):
            found |= {name: node.params[name] for name in rule.params if isinstance(node.params[name], ndarray)}
    return found


def line_of(node: Any) -> Place | None:
    """The line of the user's code at which a node was recorded; None if the mutation check was off."""
    note = None if node.notes is None else node.notes.get(MUTATION_CHECK)
    line: Place | None = None if note is None else note[0]
    return line


def constants_of(node: Any) -> dict[int, Any]:
    """The arguments of a node that took no gradient, by number: numbers, or shape and dtype of arrays.

    They are known also where nobody saved them. None stands for an argument that was not given.
    """
    note = None if node.notes is None else node.notes.get(MUTATION_CHECK)
    return {} if note is None else note[2]


def _explanation(node: Any, name: str, part: str, layout: Layout) -> str:
    """What was changed, what saved it, and where. layout: of the array, as it was."""
    line, saved, _ = node.notes[MUTATION_CHECK]
    op, names, (dtype, shape, *_) = node.op, _names(node), layout
    owner = node if name == op.outputs[0] else node.parents[names.index(name)] if name in names else None
    called = owner.name if owner is not None else saved[name][2] if name in saved else None
    who = f"{called!r}, which is its {name}" if called and called != node.name else f"its {name}"
    words = f"backward: {op.name}{place(node)} saved {who}, {shape} {dtype}"
    words += "" if line is None else f", at {format_place(line)}"
    words += f"; {'the values were' if part == 'values' else f'its {part} was'} changed since"
    known = EXPOSED.get(id(root_of(_arrays(node)[name])))
    if known is not None and known.line is not None:
        words += f"; the array was last exposed at {format_place(known.line)}"
    return f"{words}. Change it after the backward pass, or change a copy; set_guarded(False) switches this check off"


FOREIGN.append(checked)
observe_everywhere(MUTATION_CHECK, _settings.on)
