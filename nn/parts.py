"""Parts: what a module holds, its parts and tensors by path, and what is done to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Self

from autograd_mini import Tensor
from autograd_mini.arguments import array_of

from .making import Made


class Parts(Made):
    """What a module holds: Tensors and modules that are attributes, also inside lists, tuples and dicts."""

    buffers: ClassVar[tuple[str, ...]] = ()
    training: bool = True

    # ── parts ──

    def children(self) -> Iterator[tuple[str, Parts]]:
        """The direct parts and their names."""
        return ((name, part) for name, part in held_in(vars(self).items(), STATE) if isinstance(part, Parts))

    def named_modules(self) -> Iterator[tuple[str, Parts]]:
        """This module (under the empty path) and every part of it, each once, by path."""
        return ((path, module) for path, module, _ in self._opened())

    def named_tensors(self) -> Iterator[tuple[str, Tensor, bool]]:
        """Every tensor once: its path, itself, and whether it is a buffer."""
        return _tensors(self._opened())

    def _opened(self) -> Iterator[Opened]:
        """This module and every part of it, each once: its path, itself, and what its attributes hold.

        Nothing is remembered from one time to the next: lists and dicts of parts change without telling.
        """
        seen: set[int] = set()
        stack: list[tuple[str, Parts]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            held = held_in(vars(module).items(), STATE)
            yield path, module, held
            entries = held if type(module).children is Parts.children else module.children()
            parts = [(f"{path}.{name}" if path else name, part) for name, part in entries if isinstance(part, Parts)]
            stack += reversed(parts)

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Every trainable tensor and its path, each once even if several parts share it."""
        return ((name, tensor) for name, tensor, is_buffer in self.named_tensors() if not is_buffer)

    def parameters(self) -> list[Tensor]:
        """Every trainable tensor, each once, in order of definition."""
        return [tensor for _, tensor in self.named_parameters()]

    def select(self, *patterns: str) -> list[Tensor]:
        """The parameters whose paths match a pattern: `net.select("*.bias")`, `net.select("features.*", "fc?.weight")`.

        Arguments:
            patterns: paths in which * stands for any text, ? for one character, and [ab] for one of these.
        Returns:
            The parameters, each once, in order of definition.
        Raises:
            ValueError: for a pattern that no path matches.
            TypeError: for what is no text.
        """
        named = [*self.named_parameters()]
        for pattern in patterns:
            if not isinstance(pattern, str):
                raise TypeError(f"select: a pattern is a path, such as '*.bias', not {pattern!r}")
            if not any(fnmatchcase(name, pattern) for name, _ in named):
                there = ", ".join(name for name, _ in named) or "none"
                raise ValueError(f"select: no parameter's path matches {pattern!r}; there are {there}")
        return [tensor for name, tensor in named if any(fnmatchcase(name, pattern) for pattern in patterns)]

    def requires_grad_(self, requires_grad: bool = True, *patterns: str) -> Self:
        """Say whether parameters are trained: all, or those whose paths match a pattern, as `select` finds them."""
        if not isinstance(requires_grad, bool):
            raise TypeError(f"requires_grad_: takes True or False, not {requires_grad!r}")
        for parameter in self.select(*patterns) if patterns else self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def apply(self, fn: Callable[[Parts], Any]) -> Self:
        """Call a function with every part, those within before those around them, and with this module last."""
        for _, module in reversed([*self.named_modules()]):
            fn(module)
        return self

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Give the module a Tensor that is saved but not trained; `buffers` names it.

        Without `persistent` it is not saved either: it is kept as the array that it holds.
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"register_buffer: the name must be that of an attribute, not {name!r}")
        if not persistent:
            setattr(self, name, None if tensor is None else array_of(tensor))
            return
        self.buffers = (*self.buffers, name)  # type: ignore[misc]  # of this module alone
        setattr(self, name, tensor if tensor is None or isinstance(tensor, Tensor) else Tensor(tensor, name=name))

    # ── modes ──

    def train(self, mode: bool = True) -> Self:
        """Training mode: dropout drops, batch normalisation uses and remembers the batch's statistics."""
        if not isinstance(mode, bool):
            raise TypeError(f"train: the mode must be True or False, not {mode!r}")
        for _, module in self.named_modules():
            if module is self or type(module).train is Parts.train:
                module.training = mode
            else:
                module.train(mode)  # a part with a mind of its own, such as a frozen layer
        return self

    def eval(self) -> Self:
        """Evaluation mode: dropout is the identity, batch normalisation uses what it remembers."""
        return self.train(False)

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Evaluation mode inside the block; afterwards every part is back in the mode it was in."""
        modes = [(module, module.training) for _, module in self.named_modules()]
        try:
            self.eval()
            yield
        finally:
            try:
                _put_back(modes)
            except BaseException:  # it counts when every part is back
                _put_back(modes)
                raise

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def _name_parts(self) -> dict[int, str]:
        """The path of every part; the tensors learn theirs on the way."""
        opened = [*self._opened()]
        for name, tensor, _ in _tensors(opened):
            if tensor.node is None:
                tensor._name = name
            else:
                tensor.node.name = name
        return {id(module): path for path, module, _ in opened}


def _put_back(modes: list[tuple[Parts, bool]]) -> None:
    for module, mode in modes:
        module.training = mode


Held = list[tuple[str, Parts | Tensor]]
Opened = tuple[str, Parts, Held]

STATE = (Parts, Tensor)
_LISTS = (list, tuple)


def held_in(entries: Iterable[tuple[Any, object]], kinds: tuple[type, ...], path: str = "") -> list[tuple[str, Any]]:
    """What is of some kinds among named values, or in their lists, tuples and dicts at any depth, with paths."""
    found: list[tuple[str, Any]] = []
    for name, value in entries:
        if isinstance(value, kinds):
            found.append((f"{path}{name}", value))
        elif isinstance(value, dict):
            found += held_in(value.items(), kinds, f"{path}{name}.")
        elif isinstance(value, _LISTS):
            found += held_in(enumerate(value), kinds, f"{path}{name}.")
    return found


def _tensors(opened: Iterable[Opened]) -> Iterator[tuple[str, Tensor, bool]]:
    """Every leaf or constant that the opened modules hold, each once: its path, itself, and whether it is a buffer."""
    seen: set[int] = set()
    for path, module, held in opened:
        for name, value in held:
            if isinstance(value, Tensor) and value.is_leaf and id(value) not in seen:
                seen.add(id(value))
                is_buffer = name in module.buffers or value.dtype.kind != "f"
                yield f"{path}.{name}" if path else name, value, is_buffer
