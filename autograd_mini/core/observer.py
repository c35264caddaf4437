"""The one seam: what happens in the heart reaches observers, event by event, and what holds in which context.

An observer overrides the events it wants; an event that nobody overrides costs an empty loop. Observers look: they
write into no node and no array, so their order is of no importance, and nothing they do changes a result. What an
observer returns from `recorded` is stored for it at `node.notes[observer]`.

    calling ─► computed ─► recorded        forward; failed if the operation raised
    arrived ─► entering ─► carried ─► left ─► freed                backward, node by node
    named, exposed                         a value got a name; its array is handed to somebody
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakSet

Blocks = tuple[dict[str, Any], ...]
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

        What is returned, unless None, is stored at `node.notes[self]`.
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

    def exposed(self, value: Any, writing: bool | None) -> None:
        """A value's array is handed out for good. writing: to one who writes into it now and lets go of it.

        None: only what its elements are is asked, by `if t > 0` or `t.item()`.
        """


EVENTS = tuple(name for name, member in vars(Observer).items() if inspect.isfunction(member))


class Observers:
    """For each event the bound methods of those observers that override it."""

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
    if wanted != (observer in _default):
        (_default.append if wanted else _default.remove)(observer)
    for observers in list(_everywhere):
        observers.gather()


# ── the context: of a thread, of a task ───────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class State:
    """What holds here. A change makes another State, so contexts that share one do not disturb each other."""

    enabled: bool = True  # whether operations are recorded
    observers: Observers = field(default_factory=Observers)
    saving: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what nodes save beyond what their rules name
    blocks: Blocks = ()  # what changes that around here, outermost first
    scope: str | None = None  # path of the module that runs: names the nodes it makes

    def within(self, blocks: Blocks) -> State:
        """The same inside these blocks."""
        enabled = [True, *(change["enabled"] for change in blocks if "enabled" in change)][-1]
        own = tuple(change["observer"] for change in blocks if "observer" in change)
        saving: dict[str, tuple[str, ...]] = {}
        for op, names in (pair for change in blocks for pair in change.get("saving", {}).items()):
            saving[op] = (*saving.get(op, ()), *names)
        observers = self.observers if own == self.observers.own else Observers(own)
        return State(enabled, observers, saving, blocks, self.scope)


current: ContextVar[State] = ContextVar("autograd_mini", default=State())  # noqa: B039 (it is never changed)


class Changed:
    """Another state inside: `with Changed(enabled=False): …`, or above a function, a generator or a coroutine function.

    What a generator's caller does between its steps is not inside.
    """

    def __init__(self, **change: Any) -> None:
        self.change = change

    def __enter__(self) -> None:
        blocks = current.get().blocks
        self._within((*blocks, self.change), blocks)

    def __exit__(self, *error: Any) -> None:
        """Take back this change and no other, in whatever order blocks are left; a generator may be dropped late."""
        blocks = current.get().blocks
        places = [i for i, change in enumerate(blocks) if change is self.change]
        if places:  # and not in a context in which it was not entered
            self._within(left := (*blocks[: places[-1]], *blocks[places[-1] + 1 :]), left)

    __del__ = __exit__  # nobody left it: a signal's exception came just before

    def _within(self, blocks: Blocks, otherwise: Blocks) -> None:
        """Change what holds here to what holds inside these blocks; inside others if a signal's exception comes."""
        try:
            current.set(current.get().within(blocks))
        except BaseException:
            current.set(current.get().within(otherwise))
            raise

    def __call__(self, function: Function) -> Function:
        """The function, inside."""
        if not callable(function) or isinstance(function, type):
            raise TypeError(f"no_grad: takes a function or nothing, not {type(function).__name__}")

        def called(*args: Any, **kwargs: Any) -> Any:
            with Changed(**self.change):
                return function(*args, **kwargs)

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with Changed(**self.change):
                return await function(*args, **kwargs)

        inside: Any = awaited if inspect.iscoroutinefunction(function) else called
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            steps = self._steps if inspect.isgeneratorfunction(function) else self._async_steps
            inside = lambda *args, **kwargs: steps(function(*args, **kwargs))
        return wraps(function)(inside)  # type: ignore[return-value]  # which keeps its signature

    def _steps(self, inner: Any) -> Any:
        """A generator each step of which runs inside, and nothing of its caller's."""
        resume, given = inner.send, None
        while True:
            try:
                with Changed(**self.change):
                    result = resume(given)
            except StopIteration as stop:
                return stop.value
            try:
                resume, given = inner.send, (yield result)
            except BaseException as error:  # thrown in, or GeneratorExit as it is closed
                resume, given = inner.throw, error

    async def _async_steps(self, inner: Any) -> Any:
        resume, given = inner.asend, None
        while True:
            try:
                with Changed(**self.change):
                    result = await resume(given)
            except StopAsyncIteration:
                return
            try:
                resume, given = inner.asend, (yield result)
            except BaseException as error:
                resume, given = inner.athrow, error


def rescoped(scope: str | None) -> str | None:
    """Name what is recorded from now on after another module path; gives the one before."""
    state = current.get()
    current.set(State(state.enabled, state.observers, state.saving, state.blocks, scope))
    return state.scope


def no_grad(function: Any = None) -> Any:
    """Record nothing inside: `with no_grad(): …`, or `@no_grad` above a function. Affects this thread or task only."""
    inside = Changed(enabled=False)
    return inside if function is None else inside(function)


def enable_grad() -> Changed:
    """Record again inside a `no_grad` block. Affects this thread or task only."""
    return Changed(enabled=True)


def is_grad_enabled() -> bool:
    """True if operations on tensors that require a gradient are recorded here."""
    return current.get().enabled


def observed_by(observer: Observer) -> Any:
    """`with observed_by(observer): …` shows it everything that happens inside, in this thread or task."""
    return Changed(observer=observer)


def saving(names: dict[str, tuple[str, ...]]) -> Any:
    """`with saving({"relu": ("out",)}): …` has nodes save more than their own rules name: what replacing rules need.

    names: of arguments, by-products or `out`, by the operation's name.
    """
    return Changed(saving=names)


def expose(value: Any, writing: bool | None = False) -> Any:
    """A value's bare array, for whoever may hold it for good, or (`writing`) writes into it now and lets go of it.

    writing=None: for whoever only looks at its elements, and has what is then done depend on them.
    """
    for see in current.get().observers.exposed:
        see(value, writing)
    return value._array


def announce(name: str, value: Any) -> None:
    """Say that a value is now known by a name."""
    for see in current.get().observers.named:
        see(name, value)
