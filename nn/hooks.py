"""Hooks: functions that see what goes into a module, what comes out, and the gradients of both, and may replace it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_mini import Tensor, primitive


@primitive(outputs=("*seen",))
def watched(*values: Any, hook: Any) -> list[Any]:
    """The values themselves; going back, all of their gradients go through `hook`. (...), … -> (...), …."""
    return list(values)


watched.defvjp(lambda g, *, hook: hook(g))


def gradient_hook(x: Tensor, hook: Callable[[Tensor], Any]) -> Tensor:
    """A Tensor whose gradient a function sees on its way back.

    Arguments:
        x: the Tensor.
        hook: (gradient) -> None, or what takes its place.
    Returns:
        x; what is computed from this one, and not from x itself, is seen.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = nn.gradient_hook(x, lambda g: g.clip(-1.0, 1.0))
        >>> ag.grad((5.0 * y).sum(), x).numpy()
        array([1., 1.])
    """
    if not callable(hook):
        raise TypeError(f"gradient_hook: the hook must be a function of the gradient, not {type(hook).__name__}")
    if x.node is None:
        return x
    y: Tensor = watched(x, hook=lambda g: _replaced(g, hook(_tensors(g)[0])))[0]
    return y


def _tensors(gradients: Any) -> tuple[Tensor, ...]:
    return tuple(g if isinstance(g, Tensor) else Tensor.made(g, None) for g in gradients)


def _replaced(gradients: Any, given: Any) -> Any:
    """The gradients, or what a hook gave instead, as the backward pass has them: arrays, or recorded Tensors."""
    if given is None:
        return gradients
    others = given if isinstance(given, tuple | list) else (given,)
    if len(others) != len(gradients):
        raise ValueError(f"a hook must return {len(gradients)} gradients in place of as many, not {len(others)}")
    pairs = zip(gradients, others, strict=True)
    return tuple(new if isinstance(g, Tensor) or not isinstance(new, Tensor) else new.numpy() for g, new in pairs)


class Handle:
    """What is returned for a hook: `remove()` takes it away again, and so does the end of a `with` block."""

    def __init__(self, owner: Any, kind: str) -> None:
        self._owner, self._kind = owner, kind

    def remove(self) -> None:
        """Take the hook away; a second time changes nothing."""
        hooks = vars(self._owner).get("_hooks")
        if hooks is not None and hooks.of[self._kind].pop(self, None) and not any(hooks.of.values()):
            del self._owner._hooks

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, in the order in which they came."""

    def __init__(self) -> None:
        self.of: dict[str, dict[Handle, Callable[..., Any]]] = {"before": {}, "after": {}, "back": {}}

    def around(self, module: Any) -> Callable[..., Any]:
        """The module's forward with everything that its hooks do."""
        before, after, back = ([*hooks.values()] for hooks in self.of.values())

        def forward(*args: Any, **kwargs: Any) -> Any:
            for hook in before:
                given = hook(module, args)
                args = args if given is None else given if isinstance(given, tuple) else (given,)
            args, leaving = _watched_back(module, back, args) if back else (args, None)
            result = module.forward(*args, **kwargs)
            for hook in after:
                given = hook(module, args, result)
                result = result if given is None else given
            return result if leaving is None else leaving(result)

        return forward


def register(module: Any, kind: str, name: str, hook: Any) -> Handle:
    """Add a hook to a module."""
    if not callable(hook):
        raise TypeError(f"{name}: a hook must be a function, not {type(hook).__name__}")
    if "_hooks" not in vars(module):
        module._hooks = Hooks()
    handle = Handle(module, kind)
    module._hooks.of[kind][handle] = hook
    return handle


def _watched_back(module: Any, hooks: list[Callable[..., Any]], args: tuple[Any, ...]) -> Any:
    """The arguments, and what to do with the results, so that the hooks see the gradients of both."""
    places = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.node is not None]
    seen: list[Any] = []

    def entering(g: Any) -> Any:
        found: Any = [None] * len(args)
        for i, one in zip(places, g, strict=True):
            found[i] = one
        for hook in hooks:
            own = tuple(one if one is None else _tensors([one])[0] for one in found)
            given = hook(module, own, _tensors(seen))
            if given is not None:
                others = given if isinstance(given, tuple | list) else (given,)
                found = [
                    old if old is None else _replaced([old], new)[0] for old, new in zip(found, others, strict=True)
                ]
        return tuple(found[i] for i in places)

    def leaving(result: Any) -> Any:
        results = result if isinstance(result, tuple | list) else (result,)
        carried = [i for i, y in enumerate(results) if isinstance(y, Tensor) and y.node is not None]

        def arrived(g: Any) -> Any:
            seen[:] = g
            if not places:
                for hook in hooks:
                    hook(module, (None,) * len(args), _tensors(g))
            return g

        if not carried:
            return result
        new = [*results]
        for i, y in zip(carried, watched(*[results[i] for i in carried], hook=arrived), strict=True):
            new[i] = y
        return type(result)(new) if isinstance(result, tuple | list) else new[0]

    if places:
        new = [*args]
        for i, x in zip(places, watched(*[args[i] for i in places], hook=entering), strict=True):
            new[i] = x
        args = tuple(new)
    return args, leaving
