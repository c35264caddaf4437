"""The one seam, by which observers see every event of the engine; and the state of each context.

An observer overrides the events it wants; an event that nobody overrides costs an empty loop. Observers only look: they
write into no node and no array, so their order makes no difference, and no result changes. What an observer returns
from `recorded` is stored at `node.notes[observer]`.

    calling ─► computed ─► recorded        forward; failed if the operation raised
    arrived ─► entering ─► carried ─► left ─► freed                backward, node by node
    named, exposed                         a value gets a name; its array is handed out
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
        """An operation has run; it may or may not be recorded."""

    def recorded(self, node: Any, op: Any, args: Any, arrays: Any, params: Any, out: Any, byproducts: Any) -> Any:
        """An operation has run on arguments that require a gradient. `node` is None if no gradient flows through it.

        A returned note, unless None, is stored at `node.notes[self]`.
        """

    def failed(self, op: Any, args: Any, error: Exception) -> None:
        """An operation raised an error."""

    def arrived(self, node: Any, g: Any) -> None:
        """The backward pass has reached a node, whose gradient is complete (a list if it has several outputs)."""

    def entering(self, node: Any) -> None:
        """The backward pass is about to run a node's rules on what it saved."""

    def carried(self, node: Any, g: Any, grads: Any) -> None:
        """A node's rules have run: `grads` holds a gradient for each parent, None where none was wanted."""

    def left(self, node: Any) -> None:
        """A node's gradients have been added to its parents'."""

    def freed(self, node: Any) -> None:
        """The arrays that a node saved are about to be dropped."""

    def named(self, name: str, value: Any) -> None:
        """A value got a name: from a module's call, or from `Tensor.named`."""

    def exposed(self, value: Any, writing: bool | None) -> None:
        """A value's array is handed out, for good.

        writing: the receiver writes into it now and keeps no reference. None: only its elements are read, by `if t > 0`
        or `t.item()`.
        """


EVENTS = tuple(name for name, member in vars(Observer).items() if inspect.isfunction(member))


class Observers:
    """For each event the bound methods of the observers that override it."""

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


_default: list[Observer] = []
_everywhere: WeakSet[Observers] = WeakSet()


def observe_everywhere(observer: Observer, wanted: bool) -> None:
    """Add an observer to those of the process, which see every context, or remove it."""
    if wanted != (observer in _default):
        (_default.append if wanted else _default.remove)(observer)
    for observers in list(_everywhere):
        observers.gather()


# ── the context: of a thread, of a task ───────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class State:
    """The state of a context. It is replaced, never changed, so contexts that share one do not disturb each other."""

    enabled: bool = True  # whether operations are recorded
    observers: Any = field(default_factory=Observers)  # which has an attribute for each event
    saving: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what nodes save beyond what their rules name
    blocks: Blocks = ()  # what changes that around here, outermost first
    scope: str | None = None  # path of the module that runs: names the nodes it makes

    def within(self, *blocks: dict[str, Any]) -> State:
        """The state inside further blocks."""
        enabled, saving, own = self.enabled, self.saving, self.observers.own
        for change in blocks:
            enabled = change.get("enabled", enabled)
            own = (*own, change["observer"]) if "observer" in change else own
            for op, names in change.get("saving", {}).items():
                saving = {**saving, op: (*saving.get(op, ()), *names)}
        observers = self.observers if own is self.observers.own else Observers(own)
        return State(enabled, observers, saving, (*self.blocks, *blocks), self.scope)


current: ContextVar[State] = ContextVar("autograd_mini", default=State())  # noqa: B039 (it is never changed)


class Changed:
    """Another state inside: `with Changed(enabled=False): …`, or as a decorator.

    It decorates functions, generators and coroutine functions. The caller's code between a generator's steps is
    outside.
    """

    inside: State | None = None  # what it set

    def __init__(self, **change: Any) -> None:
        self.change = change

    def __enter__(self) -> None:
        self.outside = outside = current.get()
        self.inside = inside = outside.within(self.change)
        self._set(inside, outside)

    def __exit__(self, *error: Any) -> None:
        """Take back this change only. Blocks may be left in any order, as when a generator is dropped late."""
        state = current.get()
        if state is self.inside:  # nothing else has changed
            current.set(self.outside)
        elif places := [i for i, change in enumerate(state.blocks) if change is self.change]:
            left = (*state.blocks[: places[-1]], *state.blocks[places[-1] + 1 :])
            state = State(scope=state.scope).within(*left)  # and not in a context in which it was not entered
            self._set(state, state)

    __del__ = lambda self: current.get().blocks and self.__exit__()  # if a signal's exception kept it from being left

    def _set(self, state: State, otherwise: State) -> None:
        """Set the state; if a signal's exception interrupts that, the other one."""
        try:
            current.set(state)
        except BaseException:
            current.set(otherwise)
            raise

    def __call__(self, function: Function) -> Function:
        """The function, run inside."""
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
        """A generator whose steps run inside."""
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
    """Set the module path that recorded nodes are named after; returns the one before."""
    state = current.get()
    if scope != state.scope:
        current.set(State(state.enabled, state.observers, state.saving, state.blocks, scope))
    return state.scope


def no_grad(function: Any = None) -> Any:
    """Record nothing inside: `with no_grad(): …`, or `@no_grad` above a function.

    Results in it require no gradient, and no memory is kept for a backward pass. It holds for this thread or task only.

    Arguments:
        function: a function, generator or coroutine function to decorate; None for a block.
    Returns:
        A context manager, or the decorated function.
    Raises:
        TypeError: for anything else.

    Example:
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> with ag.no_grad():
        ...     w -= 0.5 * w  # a step by hand
        >>> w
        Tensor([0.5, 1. ], requires_grad=True)
    """
    inside = Changed(enabled=False)
    return inside if function is None else inside(function)


def enable_grad() -> Changed:
    """Record again inside a `no_grad` block.

    It holds for this thread or task only.

    Returns:
        A context manager, which may decorate functions too.

    Example:
        >>> x = Tensor(3.0, requires_grad=True)
        >>> with ag.no_grad():
        ...     with ag.enable_grad():
        ...         y = x * x
        >>> ag.grad(y, x).item()
        6.0
    """
    return Changed(enabled=True)


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require a gradient are recorded here.

    Returns:
        True, unless inside `no_grad`.

    Example:
        >>> with ag.no_grad():
        ...     ag.is_grad_enabled()
        False
    """
    return current.get().enabled


def observed_by(observer: Observer) -> Any:
    """`with observed_by(observer): …` shows the observer all events inside, of this thread or task."""
    return Changed(observer=observer)


def saving(names: dict[str, tuple[str, ...]]) -> Any:
    """`with saving({"relu": ("out",)}): …` makes nodes save more than their rules name, for rules that replace those.

    names: of arguments, by-products or `out`, by the operation's name.
    """
    return Changed(saving=names)


def expose(value: Any, writing: bool | None = False) -> Any:
    """A value's bare array, handed out for good.

    writing: the receiver writes into it now and keeps no reference. None: only its elements are read, and what is done
    next may depend on them.
    """
    for see in current.get().observers.exposed:
        see(value, writing)
    return value._array


def announce(name: str, value: Any) -> None:
    """Tell observers that a value has a name."""
    for see in current.get().observers.named:
        see(name, value)
