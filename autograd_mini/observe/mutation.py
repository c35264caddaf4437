"""The guard: whether what the tape keeps is still what it was, so that no gradient is silently wrong.

The walk back needs arrays of the way forward as they were. NumPy lets whoever holds an array write into it, so the
guard knows who may: an intermediate result that never left the engine is safe and costs nothing. An array is *out* once
`.data`, `.numpy()` or `np.asarray` gave it away. What is out when the tape keeps it, and what the user brought along (a
constant's own array), gets a seal: 64 bits that say what it holds. What goes out while the tape keeps it is sealed
then. The walk looks at the seals before it uses the arrays:

    y = x * w                  keeps w
    w.data[0] = 5              w goes out while it is kept: sealed before the line can write
    y.sum().backward()         RuntimeError: … names w, multiply, and both lines
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial, wraps
from sys import getrefcount, maxsize
from typing import Any

import numpy as np
from xxhash import xxh3_64_intdigest

from ..core.observer import Observer, observe_everywhere
from ..core.primitive import FOREIGN
from ..kernels.buffers import tell_of_reuse
from ..kernels.settings import OFF, switched
from .lines import Place, calling_place, told

Seals = dict[str, tuple[int, str | None]]
"""By the name under which an array is kept: what it holds, and what a constant is called."""


class Out:
    """A buffer that somebody outside may hold: who gave it away last, and what it held if the tape kept it by then."""

    __slots__ = ("buffer", "seal", "where")

    def __init__(self, buffer: weakref.ref[Any], seal: int | None, where: Place | None) -> None:
        self.buffer, self.seal, self.where = buffer, seal, where


class _Guard:
    """The switch, and every buffer that is out, by its id for as long as it lives."""

    def __init__(self) -> None:
        self.on = os.environ.get("AUTOGRAD_MINI_GUARD", "1").lower() not in OFF
        self.out: dict[int, Out] = {}
        self.watched: dict[int, Out] = {}  # those of them with a seal


guard = _Guard()


def is_guarded() -> bool:
    """True if the walk back makes sure that the arrays it uses are still what they were when they were kept."""
    return guard.on


def set_guarded(enabled: bool) -> None:
    """Switch the guard on or off, for all threads.

    On, `backward` and `grad` raise RuntimeError when an array that they need was changed since the way forward, through
    `.data`, a view, or the user's own NumPy array, and name it, the operation that kept it, and both lines. Off, the
    gradient is wrong in silence; operations are recorded one to two microseconds faster each.
    AUTOGRAD_MINI_GUARD=0 in the environment switches it off from the beginning.
    """
    guard.on = switched("set_guarded", enabled)
    observe_everywhere(MUTATION_CHECK, guard.on)


def root_of(array: Any) -> Any:
    """The array whose buffer this one looks into: itself, unless it is a view."""
    root, base = array, getattr(array, "base", None)
    while base is not None:
        root = base if isinstance(base, np.ndarray) else root
        base = getattr(base, "base", None)
    return root


def seal_of(array: Any) -> int:
    """64 bits that say what an array holds, element by element, in whatever order it lies in memory."""
    with suppress(ValueError, TypeError, BufferError):  # what lies in one piece, in C's order
        return xxh3_64_intdigest(array)
    if array.dtype.hasobject:
        return 0  # nothing of numbers
    if 0 in array.strides and array.size:  # repeated elements, once
        array = array[tuple(slice(None) if stride else slice(1) for stride in array.strides)]
    return xxh3_64_intdigest(array.ravel("K").view(np.uint8))


def unharming(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Somebody else's forward function, which raises RuntimeError if it writes into an argument."""

    @wraps(forward)
    def guarded(*arrays: Any, **params: Any) -> Any:
        looks = guard.on and not _here.lets_forward_write
        before = [seal_of(array) for array in arrays if isinstance(array, np.ndarray)] if looks else None
        result = forward(*arrays, **params)
        if before is not None and before != [seal_of(array) for array in arrays if isinstance(array, np.ndarray)]:
            raise RuntimeError(
                f"{forward.__name__}: forward wrote into an argument, which others may need as it was; "
                "let it work on a copy"
            )
        return result

    return guarded


class _Here(threading.local):
    """In this thread."""

    lets_forward_write = False


_here = _Here()


@contextmanager
def forward_may_write() -> Iterator[None]:
    """Inside the block no forward function is watched, in this thread: gradcheck finds out itself, and tells more."""
    before, _here.lets_forward_write = _here.lets_forward_write, True
    try:
        yield
    finally:
        _here.lets_forward_write = before


# ── going out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def take_back(buffer: Any) -> None:
    """A buffer that nobody looks into any more is about to be used for something else."""
    guard.out.pop(id(buffer), None)
    guard.watched.pop(id(buffer), None)


tell_of_reuse(take_back)


def _go_out(array: Any, kept: bool) -> None:
    root = root_of(array)
    key, known = id(root), guard.out.get(id(root))
    if known is None:
        made = Out(weakref.ref(root, partial(_gone, key)), seal_of(root) if kept else None, None)
        known = guard.out.setdefault(key, made)  # of two threads the first counts
        if known.seal is not None:
            guard.watched[key] = known
    known.where = calling_place()


def _gone(key: int, buffer: weakref.ref[Any]) -> None:
    for table in (guard.out, guard.watched):
        known = table.get(key)
        if known is not None and known.buffer is buffer:
            table.pop(key, None)


def _references(value: Any) -> int:
    """How many hold a Value's array, and its buffer if it is a view: `_ALONE` if only the Value does."""
    base = value._data.base
    if base is None:
        return getrefcount(value._data)
    return getrefcount(value._data) + getrefcount(base) if base is root_of(base) else maxsize


def _held_elsewhere(value: Any) -> bool:
    return _references(value) > _ALONE[value._data.base is not None]


class _Held:
    def __init__(self, data: Any) -> None:
        self._data = data


_ALONE = {False: _references(_Held(np.empty(1))), True: _references(_Held(np.empty(2)[1:]))}


# ── looking at the seals ──────────────────────────────────────────────────────────────────────────────────────────────


_NONE: Seals = {}  # the same for all that need none


def sealed(
    kept: Mapping[str, Any], names: Sequence[str], args: Sequence[Any], parents: Sequence[Any], foreign: bool
) -> Seals:
    """Seals for those of the kept arrays that others may hold: constants, what is out, and all that `foreign` code saw.

    names, args, parents: of the operation's arguments.
    """
    seals: Seals = {}
    some = None in parents
    if not (some or foreign or guard.out):
        return _NONE
    for name, array in kept.items():
        if isinstance(array, np.ndarray):
            i = names.index(name) if some and name in names else len(parents)
            constant = i < len(parents) and parents[i] is None
            if constant or foreign or id(array if array.base is None else root_of(array)) in guard.out:
                seals[name] = seal_of(array), getattr(args[i], "_name", None) if constant else None
    return seals or _NONE


def changed(kept: Mapping[str, Any], seals: Seals) -> str | None:
    """The name of the first kept array that is not what it was; None if all are."""
    for name, array in kept.items():
        if name in seals:
            if seal_of(array) != seals[name][0]:
                return name
        elif guard.watched:
            root = root_of(array)
            known = guard.watched.get(id(root))
            if known is not None and known.seal != seal_of(root):
                return name
    return None


class MutationCheck(Observer):
    """Seals what a new node saves and others may hold, and looks at the seals before its rules run."""

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> Any:
        """Note the line of the user's code, and the seals."""
        if node is None:
            return None
        return calling_place(), sealed(node.saved, op.args, args, node.parents, not op.own)

    def entering(self, node: Any) -> None:
        """Raise RuntimeError if a saved array is not what it was."""
        note = None if node.notes is None else node.notes.get(self)
        if note is not None and (note[1] or guard.watched) and (name := changed(node.saved_arrays(), note[1])):
            raise RuntimeError(explanation(node, name))

    def exposed(self, value: Any, writing: bool) -> None:
        """Seal what the tape saved of it; an array that is handed out for good is out from now on."""
        held = _held_elsewhere(value)  # before anything here holds it too
        if held or not writing:
            _go_out(value._data, held)


MUTATION_CHECK = MutationCheck()


def line_of(node: Any) -> Place | None:
    """The line of the user's code at which a node was recorded; None if the mutation check was off."""
    note = None if node.notes is None else node.notes.get(MUTATION_CHECK)
    line: Place | None = None if note is None else note[0]
    return line


def explanation(node: Any, name: str) -> str:
    """What was changed, who kept it, and where: for the walk's RuntimeError."""
    op, array = node.op, node.saved_arrays()[name]
    args = getattr(op, "args", ())
    owner = node if name == "out" else node.parents[args.index(name)] if name in args[: len(node.parents)] else None
    line, seals = node.notes[MUTATION_CHECK]
    called = seals.get(name, (0, None))[1] if owner is None else owner.name
    who = f"{called!r}, which is its {name}" if called and called != node.name else f"its {name}"
    words = f"backward: {op.name}{f' ({node.name})' if node.name else ''}"
    words += f" kept {who}, {array.shape} {array.dtype}"
    if line is not None:
        words += f", at {told(line)}"
    words += "; the values were changed since"
    known = guard.out.get(id(root_of(array)))
    if known is not None and known.where is not None:
        words += f"; the array was last handed out at {told(known.where)}"
    return f"{words}. Change it after the walk back, or change a copy; set_guarded(False) switches this check off"


FOREIGN.append(unharming)
observe_everywhere(MUTATION_CHECK, guard.on)
