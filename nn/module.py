"""Module: a function with parameters, whose parts know what they are called."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, Self, TypeVar, overload

import numpy as np

from autograd_mini import Tensor
from autograd_mini.arguments import CPU
from autograd_mini.core.observer import expose

from .data.preprocessing import Preprocessing
from .elsewhere import MODULES, lacking
from .hooks import Handle, register
from .init import floating
from .inspect.dry_run import dry_run
from .inspect.notebook import as_tree
from .inspect.summary import Summary
from .io.matching import Match, Translated, by_name, matched, under_own_names
from .io.opening import Array
from .io.safetensors_io import write_state
from .io.weights import read_with_notes
from .making import NOTE, description
from .parts import STATE, Parts, held_in
from .running import run_as
from .substitution import outside

Given = ParamSpec("Given")
Result_co = TypeVar("Result_co", covariant=True)


class _Forward(Protocol[Given, Result_co]):
    """What type checkers know of a call: it takes what `forward` takes and gives what that gives."""

    def forward(self, *args: Given.args, **kwargs: Given.kwargs) -> Result_co: ...


class Module(Parts):
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

    preprocess: Preprocessing | None

    def __init__(self) -> None:
        super().__init__()

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
        if isinstance(dtype, str) and dtype.startswith(("cuda", "mps", "gpu")):
            raise TypeError(f"to: there is one device, the processor's memory, and not {dtype!r}; leave it out")
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

    # ── weights ──

    def state_dict(self) -> dict[str, Array]:
        """Every parameter and buffer by path: the arrays themselves, not copies."""
        return outside(lambda: {name: tensor.numpy() for name, tensor in _by_path(self).items()})

    def load_state_dict(
        self,
        state: Mapping[str, Any],
        source: str = "the state",
        *,
        strict: bool = True,
        missing: Literal["refuse", "keep"] = "refuse",
    ) -> Match:
        """Copy arrays into the parameters and buffers of the same path, in the model's own dtype.

        Wrappings such as {"state_dict": …} are opened. Left out are prefixes that all names have and the model does not
        (`module.`, `model.`, `backbone.`, `_orig_mod.`), and counters of batches where the model has none. Tied weights
        may come under one of their names or under all of them, if they are equal.

        Arguments:
            state: arrays by path.
            source: what errors call it.
            strict: whether all must fit. If not, what fits is loaded, and the rest of the model stays as it is.
            missing: "keep" allows a state without some of the model's arrays, and with another shape in the layer that
                the model defines last, such as one for other classes; the model keeps its own.
        Returns:
            A Match; print it.
        Raises:
            ValueError: naming every path whose name or shape differs, both sides, where more differs than is allowed,
                and if nothing fits; then nothing is changed.
            TypeError: for what is no mapping.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"load_state_dict: takes a mapping of arrays by path, not {type(state).__name__}")
        if not isinstance(strict, bool) or missing not in ("refuse", "keep"):
            raise ValueError(
                f"load_state_dict: strict is True or False, missing 'refuse' or 'keep', not {strict!r}, {missing!r}"
            )
        try:
            held = by_name(state)
        except (TypeError, ValueError) as error:
            raise type(error)(f"load_state_dict: {error}") from error
        own = held_arrays(self, writing=True)
        given = self._translated(under_own_names(held, own))
        tied = partial(_path_of_the_same, self)
        match, found = matched(given, own, source, tied=tied, strict=strict, keep=missing == "keep")
        mine = {id(_root(array)) for array in own.values()}  # a state of the model's own arrays: two may swap places
        found = {name: array.copy() if id(_root(array)) in mine else array for name, array in found.items()}
        for name, array in found.items():
            own[name][...] = array
        if given.preprocess is not None:
            self.preprocess = given.preprocess
        return match

    def _translated(self, state: Mapping[str, Any]) -> Translated:
        """A state under this model's names; nets that are known under others' names say how those translate."""
        return Translated(state)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all parameters and buffers to a safetensors file (the report's `export`), whole or not at all.

        A `preprocess` that says how the model wants to see pictures is written too, and of nn's own nets what they are
        made of, so that `nn.read_net` needs nothing but the file.
        """
        _check_path("save", path)
        seen, made_of = getattr(self, "preprocess", None), description(self)
        notes = {"preprocess": seen.noted()} if isinstance(seen, Preprocessing) else {}
        if made_of is not None:
            notes[NOTE] = json.dumps(made_of)
        write_state(held_arrays(self), path, notes or None)

    @overload
    def load(self, path: str | os.PathLike[str]) -> Self: ...
    @overload
    def load(
        self, path: str | os.PathLike[str], *, strict: bool = True, missing: Literal["refuse", "keep"] = "refuse"
    ) -> Match: ...
    def load(
        self, path: str | os.PathLike[str], *, strict: bool = True, missing: Literal["refuse", "keep"] = "refuse"
    ) -> Self | Match:
        """Read parameters and buffers from a file of weights, as `read_state` does, and take them as `load_state_dict`.

        A `preprocess` that was saved with them becomes the model's.

        Arguments:
            path: the file.
            strict: whether all must fit. If not, what fits is loaded, and the rest of the model stays as it is.
            missing: "keep" allows a file without some of the model's arrays, and with another shape in the layer that
                the model defines last, such as one for other classes; the model keeps its own.
        Returns:
            The module, in which all is loaded; a Match, which tells what is, where less is allowed.
        Raises:
            FileNotFoundError: if there is none.
            ValueError: if it is damaged or does not fit, naming both sides; then nothing is changed.
        """
        _check_path("load", path)
        name = os.fspath(path)
        if not os.path.exists(path):
            raise FileNotFoundError(f"load: there is no file {name!r}")
        state, notes = read_with_notes(path)
        note = notes.get("preprocess")
        try:
            preprocess = None if note is None else Preprocessing.of_note(note)
        except ValueError as error:
            raise ValueError(f"load: {name}: {error}") from error
        match = self.load_state_dict(state, name, strict=strict, missing=missing)
        if preprocess is not None:
            self.preprocess = preprocess
        return self if strict and missing == "refuse" else match

    # ── what it looks like ──

    def summary(self, *inputs: Any) -> Summary:
        """Run the model once and show, part by part, what came out, what it holds, saves and computes.

        The model runs in evaluation mode and is left as it was. What is saved is for the backward pass to the
        parameters that can be trained and to floating inputs.

        Arguments:
            inputs: what the model is called with, each an array, a Tensor, or a shape with the batch first, for which
                zeros in the parameters' dtype are made, or in the model's `input_dtype` if it has one. None is needed
                where the model has an `input_shape`, as a VGG does: then it is a batch of one.
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

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise lacking(self, name, MODULES)

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


def held_arrays(model: Module, writing: bool = False) -> dict[str, Array]:
    """A model's `state_dict`, for a caller that lets go of the arrays at once: the tape need not watch them."""
    return outside(lambda: {name: expose(tensor, writing) for name, tensor in _by_path(model).items()})


def _path_of_the_same(model: Module, path: str) -> str | None:
    """Under which path `named_tensors` has a tensor that another path leads to; None where that leads to none."""

    def found() -> str | None:
        stack: list[tuple[Module, str]] = [(model, path)]
        while stack:
            module, rest = stack.pop()
            for name, value in (*held_in(vars(module).items(), STATE), *module.children()):
                if isinstance(value, Module) and rest.startswith(f"{name}."):
                    stack.append((value, rest[len(name) + 1 :]))
                elif name == rest:
                    return next((known for known, tensor in _by_path(model).items() if tensor is value), None)
        return None

    return outside(found)


def _root(array: Array) -> Array:
    """The array that others are views of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _by_path(model: Module) -> dict[str, Tensor]:
    """A model's tensors by path. Raises ValueError where two have one path, as keys with dots may bring about."""
    found: dict[str, Tensor] = {}
    for name, tensor, _ in model.named_tensors():
        if name in found:
            raise ValueError(f"state_dict: two tensors are called {name!r}; give the parts other names")
        found[name] = tensor
    return found
