"""Module: a function with parameters, whose parts know what they are called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from fnmatch import fnmatchcase
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, Self, TypeVar, overload

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import CPU, array_of
from autograd_mini.core.observer import expose

from .data.preprocessing import Preprocessing
from .hooks import Handle, register
from .init import floating
from .inspect.dry_run import dry_run
from .inspect.notebook import as_tree
from .inspect.summary import Summary
from .io.safetensors_io import write_state
from .io.weights import Array, check_state, read_notes, read_state
from .running import run_as
from .substitution import outside

Given = ParamSpec("Given")
Result_co = TypeVar("Result_co", covariant=True)


class _Forward(Protocol[Given, Result_co]):
    """What type checkers know of a call: it takes what `forward` takes and gives what that gives."""

    def forward(self, *args: Given.args, **kwargs: Given.kwargs) -> Result_co: ...


class Module:
    """A function with parameters: give tensors and modules as attributes, and write `forward`.

    Parameters are the Tensor attributes, except integer ones and those named in the class's `buffers` (state that is
    saved but not trained); recorded results are no state. Parts are the Module attributes. Both may be inside lists,
    tuples and dicts. A part's path, `features.conv3_2`, names the nodes it records; the value it returns is announced
    under that name.

    Example:
        >>> class Scaled(nn.Module):
        ...     def __init__(self, part):
        ...         self.part, self.scale = part, Tensor(2.0, requires_grad=True)
        ...     def forward(self, x):
        ...         return self.scale * self.part(x)
        >>> [name for name, _ in Scaled(nn.Linear(3, 1)).named_parameters()]
        ['scale', 'part.weight', 'part.bias']
    """

    buffers: ClassVar[tuple[str, ...]] = ()
    training: bool = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; written by each kind of module, called through `module(x)`."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: it needs a forward method")

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        if "_hooks" in self.__dict__:
            return run_as(self, self.__dict__["_hooks"].around(self), *args, **kwargs)
        return run_as(self, self.forward, *args, **kwargs)

    if TYPE_CHECKING:

        def __call__(self: _Forward[Given, Result_co], *args: Given.args, **kwargs: Given.kwargs) -> Result_co:
            """What `forward` gives, with what it records named after this module's path."""
    else:
        __call__ = _call

    # ── parts ──

    def children(self) -> Iterator[tuple[str, Module]]:
        """The direct parts and their names."""
        return ((name, part) for name, part in _held(vars(self).items()) if isinstance(part, Module))

    def named_modules(self) -> Iterator[tuple[str, Module]]:
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
        stack: list[tuple[str, Module]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            held = _held(vars(module).items())
            yield path, module, held
            entries = held if type(module).children is Module.children else module.children()
            parts = [(f"{path}.{name}" if path else name, part) for name, part in entries if isinstance(part, Module)]
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
        """
        named = [*self.named_parameters()]
        for pattern in patterns:
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

    def apply(self, fn: Callable[[Module], Any]) -> Self:
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

    # ── hooks ──

    def register_forward_pre_hook(self, hook: Callable[[Any, tuple[Any, ...]], Any]) -> Handle:
        """Call hook(module, args) before each forward; what it returns, unless None, replaces the arguments."""
        return register(self, "before", "register_forward_pre_hook", hook)

    def register_forward_hook(self, hook: Callable[[Any, tuple[Any, ...], Any], Any]) -> Handle:
        """Call hook(module, args, result) after each forward; what it returns, unless None, replaces the result."""
        return register(self, "after", "register_forward_hook", hook)

    def register_full_backward_hook(self, hook: Callable[[Any, tuple[Any, ...], tuple[Any, ...]], Any]) -> Handle:
        """Call hook(module, grad_inputs, grad_outputs) in each backward pass.

        What it returns, unless None, replaces the gradients of the inputs, which are None for what carries none.
        """
        return register(self, "back", "register_full_backward_hook", hook)

    # ── precision and copies ──

    def to(self, dtype: Any) -> Self:
        """Give parameters a floating dtype, and buffers too, in single precision at least. Gradients are forgotten.

        Arguments:
            dtype: the dtype; "cpu", where everything is, changes nothing.
        Returns:
            The module.
        Raises:
            TypeError: for what is no floating dtype.
        """
        if isinstance(dtype, str) and dtype == CPU:
            return self
        kind = floating("to", dtype)
        for _, tensor, is_buffer in [*self.named_tensors()]:
            if tensor.dtype.kind == "f":
                tensor.data = tensor.numpy().astype(np.promote_types(kind, np.float32) if is_buffer else kind)
        return self

    def double(self) -> Self:
        """Everything in double precision."""
        return self.to(np.float64)

    def float(self) -> Self:
        """Everything in single precision."""
        return self.to(np.float32)

    def half(self) -> Self:
        """Parameters in half precision, buffers in single."""
        return self.to(np.float16)

    def copy(self) -> Self:
        """A module of its own with equal parameters and buffers."""
        return deepcopy(self)

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

    # ── modes ──

    def train(self, mode: bool = True) -> Self:
        """Training mode: dropout drops, batch normalisation uses and remembers the batch's statistics."""
        if not isinstance(mode, bool):
            raise TypeError(f"train: the mode must be True or False, not {mode!r}")
        for _, module in self.named_modules():
            if module is self or type(module).train is Module.train:
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

    # ── weights ──

    def state_dict(self) -> dict[str, Array]:
        """Every parameter and buffer by path: the arrays themselves, not copies."""
        return outside(lambda: {name: tensor.numpy() for name, tensor in _by_path(self).items()})

    def load_state_dict(self, state: Mapping[str, Any], source: str = "the state") -> None:
        """Copy arrays into the parameters and buffers of the same path, in the model's own dtype.

        Arguments:
            state: arrays by path.
            source: what errors call it.
        Raises:
            ValueError: naming every path whose name or shape differs, both sides; then nothing is changed.
            TypeError: for what is no mapping.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict: takes a mapping of arrays by path, not {type(state).__name__}")
        own = held_arrays(self, writing=True)
        check_state(state, own, source)
        mine = {id(array) for array in own.values()}  # a state made of the model's own arrays: two may swap places
        given = {name: np.copy(array_of(state[name])) if id(state[name]) in mine else state[name] for name in own}
        for name, array in own.items():
            array[...] = array_of(given[name])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all parameters and buffers to a safetensors file (the report's `export`), whole or not at all.

        A `preprocess` that says how the model wants to see pictures is written too.
        """
        _check_path("save", path)
        seen = getattr(self, "preprocess", None)
        write_state(held_arrays(self), path, {"preprocess": seen.noted()} if isinstance(seen, Preprocessing) else None)

    def load(self, path: str | os.PathLike[str]) -> Self:
        """Read parameters and buffers from a file of weights, as `read_state` does.

        A `preprocess` that was saved with them becomes the model's.

        Arguments:
            path: the file.
        Returns:
            The module.
        Raises:
            FileNotFoundError: if there is none.
            ValueError: if it is damaged or does not fit, naming both sides.
        """
        _check_path("load", path)
        if not os.path.exists(path):
            raise FileNotFoundError(f"load: there is no file {os.fspath(path)!r}")
        state, note = read_state(path), read_notes(path).get("preprocess")
        try:
            preprocess = None if note is None else Preprocessing.of_note(note)
        except ValueError as error:
            raise ValueError(f"load: {os.fspath(path)}: {error}") from error
        self.load_state_dict(state, os.fspath(path))
        if preprocess is not None:
            self.preprocess: Preprocessing | None = preprocess
        return self

    # ── what it looks like ──

    def summary(self, *inputs: Any) -> Summary:
        """Run the model once and show, part by part, what came out, what it holds, saves and computes.

        The model runs in evaluation mode and is left as it was. What is saved is for the backward pass to the
        parameters that can be trained and to floating inputs.

        Arguments:
            inputs: what the model is called with, each an array, a Tensor, or a shape with the batch first, for which
                zeros in the parameters' dtype are made. None is needed where the model has an `input_shape`, as a VGG
                does: then it is a batch of one.
        Returns:
            A Summary; print it.
        Raises:
            ValueError: without inputs and input_shape.
            TypeError: for what is no input.

        Example:
            >>> print(nn.Sequential(fc=nn.Linear(3, 2)).summary((1, 3)))
            layer    kind        output  parameters  saved  multiply-adds
            (model)  Sequential  (1, 2)           –      –              –
              fc     Linear      (1, 2)           8   12 B              6
            parameters: 8 (32 B), all trainable
            saved for the backward pass: 12 B
            multiply-adds: 6
            input: (1, 3) float32
        """
        return dry_run(self, inputs)

    def extra_repr(self) -> str:
        """The arguments to show between the parentheses of a layer's repr."""
        return ""

    @recursive_repr("… (itself)")
    def __repr__(self) -> str:
        parts = [f"  ({name}): {part!r}".replace("\n", "\n  ") for name, part in self.children()]
        inside = self.extra_repr() + ("\n" + "\n".join(parts) + "\n" if parts else "")
        return f"{type(self).__name__}({inside})"

    def _repr_html_(self) -> str:
        return as_tree(self)


if TYPE_CHECKING:
    from autograd_mini.core.methods import ArrayLike

    class Weightless(Module):
        """A layer without weights: of an array it makes an array."""

        @overload
        def __call__(self, x: Tensor) -> Tensor: ...
        @overload
        def __call__(self, x: ArrayLike) -> Array: ...
        def __call__(self, x: Any) -> Any:
            """A Tensor of a Tensor, an array of an array."""
else:
    Weightless = Module  # only type checkers need to know


def _check_path(name: str, path: Any) -> None:
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{name}: the path must be a str or a Path, not {type(path).__name__}")


def _put_back(modes: list[tuple[Module, bool]]) -> None:
    for module, mode in modes:
        module.training = mode


Held = list[tuple[str, Module | Tensor]]
Opened = tuple[str, Module, Held]

_STATE = (Module, Tensor)
_LISTS = (list, tuple)


def _held(entries: Iterable[tuple[Any, object]], path: str = "") -> Held:
    """The modules and tensors among named values, or in their lists, tuples and dicts at any depth, with paths."""
    found: Held = []
    for name, value in entries:
        if isinstance(value, _STATE):
            found.append((f"{path}{name}", value))
        elif isinstance(value, dict):
            found += _held(value.items(), f"{path}{name}.")
        elif isinstance(value, _LISTS):
            found += _held(enumerate(value), f"{path}{name}.")
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


def held_arrays(model: Module, writing: bool = False) -> dict[str, Array]:
    """A model's `state_dict`, for a caller that lets go of the arrays at once: the tape need not watch them."""
    return outside(lambda: {name: expose(tensor, writing) for name, tensor in _by_path(model).items()})


def _by_path(model: Module) -> dict[str, Tensor]:
    """A model's tensors by path. Raises ValueError where two have one path, as keys with dots may bring about."""
    found: dict[str, Tensor] = {}
    for name, tensor, _ in model.named_tensors():
        if name in found:
            raise ValueError(f"state_dict: two tensors are called {name!r}; give the parts other names")
        found[name] = tensor
    return found
