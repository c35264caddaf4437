"""The one seam: what happens in the heart is told to observers, event by event, and what holds in which context.

An observer overrides the events it wants; an event that nobody overrides costs an empty loop. Observers look: they
write into no node and no array, so their order is of no importance, and nothing they do changes a result. What an
observer returns from `recorded` is kept for it at `node.notes[observer]`.

    calling ─► computed ─► recorded        forward; failed if the operation raised
    arrived ─► entering ─► carried ─► left ─► freed                backward, node by node
    named, exposed                         a value got a name; its array is handed to somebody
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar, overload
from weakref import WeakSet

Function = TypeVar("Function", bound=Callable[..., Any])


class Observer:
    """Override the events to observe. g is an array, or a Value if the backward pass is recorded."""

    needs_values = False
    """True if every value must be there as if each operation had run by itself: then no two are fused."""

    def calling(self, op: Any, args: Any) -> None:
        """An operation is about to run on these arguments, of which at least one is a Value."""

    def computed(self, op: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> None:
        """An operation has run; whether it will be recorded is not known yet."""

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> Any:
        """An operation has run on arguments that require a gradient. `node` is None if no gradient flows through it.

        What is returned, unless None, is kept at `node.notes[self]`.
        """

    def failed(self, op: Any, args: Any, error: Exception) -> None:
        """An operation raised an error."""

    def arrived(self, node: Any, g: Any) -> None:
        """The backward pass has reached a node, and its gradient is whole (a list if it has several outputs)."""

    def entering(self, node: Any) -> None:
        """The backward pass is about to run a node's rules on what it saved."""

    def carried(self, node: Any, g: Any, grads: Any) -> None:
        """A node's rules have run: `grads` holds a gradient for each parent, None where none was wanted."""

    def left(self, node: Any) -> None:
        """The gradients of a node have been handed to its parents."""

    def freed(self, node: Any) -> None:
        """What a node saved is about to be dropped."""

    def named(self, name: str, value: Any) -> None:
        """A value got a name: from a module's call, or from `Tensor.named`."""

    def exposed(self, value: Any, writing: bool) -> None:
        """A value's array is handed out. writing: to one who writes into it now and lets go of it, else for good."""


EVENTS = tuple(name for name, member in vars(Observer).items() if inspect.isfunction(member))


class Observers:
    """For each event the bound methods of those observers that override it."""

    __slots__ = ("__weakref__", "needs_values", "own", *EVENTS)

    def __init__(self, own: tuple[Observer, ...] = ()) -> None:
        self.own = own
        self.gather()
        _everywhere.add(self)

    def gather(self) -> None:
        """Look up the methods, those of the process's observers first."""
        everyone = (*_default, *self.own)
        self.needs_values = any(observer.needs_values for observer in everyone)
        for event in EVENTS:
            overriding = [o for o in everyone if getattr(type(o), event) is not getattr(Observer, event)]
            setattr(self, event, tuple(getattr(observer, event) for observer in overriding))

    def __getattr__(self, event: str) -> tuple[Callable[..., Any], ...]:
        raise AttributeError(f"observers have no event {event!r}")


_default: list[Observer] = []
_everywhere: WeakSet[Observers] = WeakSet()


def observe_everywhere(observer: Observer, wanted: bool) -> None:
    """Make an observer one of the process's own, in every context, or no longer one."""
    if wanted and observer not in _default:
        _default.append(observer)
    elif not wanted and observer in _default:
        _default.remove(observer)
    for observers in list(_everywhere):
        observers.gather()


# ── the context: of a thread, of a task ───────────────────────────────────────────────────────────────────────────────


class State:
    """What holds here. A change makes another State, so contexts that share one do not disturb each other."""

    __slots__ = ("blocks", "enabled", "observers", "saving", "scope")

    def __init__(
        self,
        enabled: bool,
        scope: str | None,
        observers: Observers,
        saving: dict[str, tuple[str, ...]],
        blocks: tuple[dict[str, Any], ...],
    ) -> None:
        self.enabled = enabled  # whether operations are recorded
        self.scope = scope  # path of the module that runs: names the nodes it makes
        self.observers = observers
        self.saving = saving  # what nodes save beyond what rules name: names by operation
        self.blocks = blocks  # what `changed` blocks around here change, outermost first

    def with_blocks(self, blocks: tuple[dict[str, Any], ...]) -> State:
        """The same inside these blocks."""
        enabled, own = True, []
        saving: dict[str, tuple[str, ...]] = {}
        for block in blocks:
            enabled = block.get("enabled", enabled)
            own += [block["observer"]] if "observer" in block else []
            for op, names in block.get("saving", {}).items():
                saving[op] = (*saving.get(op, ()), *names)
        observers = self.observers if own == [*self.observers.own] else Observers(tuple(own))
        return State(enabled, self.scope, observers, saving, blocks)


_START = State(True, None, Observers(), {}, ())
current: ContextVar[State] = ContextVar("autograd_mini", default=_START)


def _enter(change: dict[str, Any]) -> None:
    state = current.get()
    current.set(state.with_blocks((*state.blocks, change)))


def _leave(change: dict[str, Any]) -> None:
    """Take back one change and no other, in whatever order blocks are left; a generator may be dropped late."""
    state = current.get()
    kept = tuple(block for block in state.blocks if block is not change)
    if len(kept) < len(state.blocks):
        current.set(state.with_blocks(kept))


@contextmanager
def changed(**change: Any) -> Iterator[None]:
    """Another state inside the block."""
    _enter(change)
    try:
        yield
    finally:
        _leave(change)


def rescoped(scope: str | None) -> str | None:
    """Name what is recorded from now on after another module path; gives the one before."""
    state = current.get()
    current.set(State(state.enabled, scope, state.observers, state.saving, state.blocks))
    return state.scope


class _Switch:
    """`with no_grad(): …`, and `@no_grad()` above a function, a generator function or a coroutine function."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled

    def __enter__(self) -> None:
        _enter({"enabled": self.enabled, "switch": self})

    def __exit__(self, *error: Any) -> None:
        mine = [block for block in current.get().blocks if block.get("switch") is self]
        if mine:  # not in a context in which it was not entered
            _leave(mine[-1])

    def __call__(self, function: Function) -> Function:
        return self._around(function)  # type: ignore[no-any-return]  # `wraps` keeps its signature

    def _around(self, function: Any) -> Any:
        enabled = self.enabled
        if inspect.isgeneratorfunction(function):

            @wraps(function)
            def stepped(*args: Any, **kwargs: Any) -> Any:
                return _stepped(function(*args, **kwargs), enabled)

            return stepped
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with changed(enabled=enabled):
                    return await function(*args, **kwargs)

            return awaited

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with changed(enabled=enabled):
                return function(*args, **kwargs)

        return called


def _stepped(inner: Any, enabled: bool) -> Any:
    """A generator each step of which runs inside the switch, and nothing of its caller's."""
    resume, given = inner.send, None
    while True:
        try:
            with changed(enabled=enabled):
                result = resume(given)
        except StopIteration as stop:
            return stop.value
        try:
            resume, given = inner.send, (yield result)
        except GeneratorExit:
            inner.close()
            raise
        except BaseException as error:
            resume, given = inner.throw, error


@overload
def no_grad(function: None = None) -> _Switch: ...
@overload
def no_grad(function: Function) -> Function: ...
def no_grad(function: Any = None) -> Any:
    """Record nothing inside: `with no_grad(): …`, or `@no_grad` above a function. Affects this thread or task only."""
    if function is not None and not callable(function):
        raise TypeError(f"no_grad: takes a function or nothing, not {type(function).__name__}")
    return _Switch(False) if function is None else _Switch(False)(function)


def enable_grad() -> _Switch:
    """Record again inside a `no_grad` block. Affects this thread or task only."""
    return _Switch(True)


def is_grad_enabled() -> bool:
    """True if operations on tensors that require a gradient are recorded here."""
    return current.get().enabled


def observed_by(observer: Observer) -> Any:
    """`with observed_by(observer): …` tells it of everything that happens inside, in this thread or task."""
    return changed(observer=observer)


def saving(names: dict[str, tuple[str, ...]]) -> Any:
    """`with saving({"relu": ("out",)}): …` has nodes save more than their own rules name: what replacing rules need.

    names: of arguments, by-products or `out`, by the operation's name.
    """
    return changed(saving=names)


def expose(value: Any, writing: bool = False) -> Any:
    """A value's bare array, for whoever may hold it for good, or (`writing`) writes into it now and lets go of it."""
    for see in current.get().observers.exposed:
        see(value, writing)
    return value._data


def announce(name: str, value: Any) -> None:
    """Say that a value is now known by a name."""
    for see in current.get().observers.named:
        see(name, value)
