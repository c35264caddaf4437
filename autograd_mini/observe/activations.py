"""Activation hooks: a function is called with every value that gets a name, by a module's call or `Tensor.named`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ..core.observer import Observer, observed_by


class ActivationHook(Observer):
    """Calls a function with the name and the value of whatever is named."""

    def __init__(self, hook: Callable[[str, Any], None]) -> None:
        self.hook = hook

    def named(self, name: str, value: Any) -> None:
        """Call it."""
        self.hook(name, value)


def activation_hook(hook: Callable[[str, Any], None]) -> AbstractContextManager[None]:
    """Call `hook(name, value)` for every value named inside the block: by a module's call, or by `Tensor.named`."""
    context: AbstractContextManager[None] = observed_by(ActivationHook(hook))
    return context
