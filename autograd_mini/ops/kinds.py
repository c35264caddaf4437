"""Rows: everything about an operation in one place, by kind.

A kind knows what follows from the mathematics, so that a row says only what is its own:

    log1p  = elementwise(np.log1p, lambda x: 1 / (1 + x), "log(1 + x) …")   derivative: vjp, jvp, second order
    cumsum = linear(adjoint=lambda g, *, axis: …)(cumsum)                   adjoint: the jvp is the operation itself
    matmul = op(matmul); matmul.defvjp(a=…, b=…)                            by hand, where the mathematics is the point
    mean   = definition(mean)                                               made of others: no rule of its own

`ROWS` lists what users call: functions of the package, methods of Tensor and what NumPy calls them come from there.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MethodType
from typing import Any

import numpy as np

from ..core.primitive import Primitive, caller, primitive, signature_of


@dataclass(frozen=True)
class Row:
    """An operation as users call it, its names on Tensor, and NumPy's functions that it stands for.

    numpy: of each function those of its arguments that make no difference here, as how an array is sorted.
    """

    function: Callable[..., Any]
    methods: tuple[str, ...]
    numpy: dict[Any, tuple[str, ...]]


ROWS: dict[str, Row] = {}
"""By name, in the order of definition."""

KINDS: dict[str, str] = {}
"""Of primitives, by name, what is known from their kind: "elementwise" or "linear"."""

EFFECTS: dict[str, str] = {}
"""Of primitives, by name, what running one does beside giving its result, in a few words."""

_HERE = __name__


def op(
    forward: Any = None,
    doc: str | None = None,
    /,
    *,
    name: str | None = None,
    byproducts: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    methods: Iterable[str] = (),
    numpy: Iterable[Any] = (),
    aliases: Iterable[str] = (),
    public: bool = True,
    analytic: bool = False,
    kink: Callable[..., Any] | None = None,
    cost: Callable[..., int] | None = None,
    takes_complex: bool = False,
    effect: str | None = None,
) -> Any:
    """A row by hand: a function on arrays that has the user's signature; its rules follow with `defvjp`.

    public: whether the package exports it, under its aliases too. methods: its names on Tensor. numpy: NumPy's
    functions that it stands for, with arguments of the same names (`Row`); what NumPy has beyond them is refused where
    it is given, but for dtype. A ufunc's row stands for the ufunc. analytic: forward, as it is written, is right for
    complex arguments too. takes_complex: so are its rules, where a complex array is on the tape. kink: which piece of
    the function each element is on (`Primitive.defbranch`). cost: multiply-adds (`Primitive.defcost`). effect: what
    running it does beside giving its result, to what its parameters hold.
    """
    module = _definer()

    def enter(function: Any) -> Primitive:
        made: Primitive = primitive(
            byproducts=byproducts, outputs=outputs, name=name, module=module, takes_complex=takes_complex
        )(function)
        made.analytic = analytic
        if doc is not None:
            made.__doc__ = made.call.__doc__ = doc
        if kink is not None:
            made.defbranch(kink)
        if cost is not None:
            made.defcost(cost)
        if effect is not None:
            EFFECTS[made.name] = effect
        if public:
            own = (function,) if isinstance(function, np.ufunc) else ()
            row = Row(made, tuple(methods), _by_function(own) | _by_function(numpy))
            ROWS.update(dict.fromkeys((made.name, *aliases), row))
        return made

    return enter if forward is None else enter(forward)


def elementwise(
    forward: Any = None,
    derivative: Callable[..., Any] | None = None,
    doc: str | None = None,
    /,
    *,
    product: Callable[..., Any] | None = None,
    analytic: bool | None = None,
    **rest: Any,
) -> Any:
    """A function of single elements of one array, from its derivative: f'(x), of what it names (x, out, parameters).

    product: what stands for g · f'(x) where the product itself would be wrong (inf · 0) or slow.
    """
    smooth = analytic if analytic is not None else "kink" not in rest

    def enter(function: Any) -> Primitive:
        made: Primitive = op(function, doc, analytic=smooth, **rest)
        KINDS[made.name] = "elementwise"
        arg = made.args[0]
        rule = product or _times(derivative)
        made.defvjp(**{arg: rule})
        read: Any = made.rules[arg]

        def jvp(tangents: Any, arrays: Any, params: Any, out: Any) -> Any:
            there = {**dict(zip(made.args, arrays, strict=False)), "out": out}
            given = [there[name] for name in read.names]
            return read.function(tangents[0], *given, **{name: params[name] for name in read.params})

        made.jvp = jvp
        return made

    return enter if forward is None else enter(forward)


def linear(adjoint: Callable[..., Any] | None = None, **rest: Any) -> Any:
    """An operation that is linear in its first argument (or in all of *args together), from its adjoint."""

    def enter(function: Any) -> Primitive:
        made: Primitive = op(function, analytic=True, takes_complex=True, **rest)
        KINDS[made.name] = "linear"
        if adjoint is not None:
            made.defvjp(**{made.args[0]: adjoint})

        def jvp(tangents: Any, arrays: Any, params: Any, out: Any) -> Any:
            given = tangents if made.variadic else (tangents[0], *arrays[1:])
            return made.bind(*given, **params)

        made.jvp = jvp
        return made

    return enter


def definition(
    function: Any = None, /, *, name: str | None = None, methods: Iterable[str] = (), numpy: Iterable[Any] = ()
) -> Any:
    """What is made of other operations: called like a row, its parameters normalised, under its own name in errors."""

    def enter(function: Any) -> Callable[..., Any]:
        title = name or function.__name__
        called: Callable[..., Any] = caller(title, function, function, signature_of(title, function))
        ROWS[title] = Row(called, tuple(methods), _by_function(numpy))
        return called

    return enter if function is None else enter(function)


def by(name: str, function: Callable[..., Any], implementation: Any) -> Callable[..., Any]:
    """The function that users call `name`, from one whose first argument is what computes it: one signature for all."""
    given = MethodType(function, implementation)
    called: Callable[..., Any] = caller(name, given, partial(function, implementation), signature_of(name, given))
    called.__signature__ = inspect.signature(given)  # type: ignore[attr-defined]  # with its annotations
    return called


def _by_function(numpy: Iterable[Any]) -> dict[Any, tuple[str, ...]]:
    return dict(numpy) if isinstance(numpy, Mapping) else dict.fromkeys(numpy, ())


def _times(derivative: Callable[..., Any] | None) -> Callable[..., Any]:
    """The rule g · f'(…), which is given what the derivative names."""
    if derivative is None:
        raise TypeError("elementwise: a row needs its derivative, or the product with it")
    named = [*inspect.signature(derivative).parameters.values()]

    def rule(g: Any, *given: Any, **params: Any) -> Any:
        return g * derivative(*given, **params)

    g = inspect.Parameter("g", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rule.__signature__ = inspect.Signature([g, *named])  # type: ignore[attr-defined]
    return rule


def _definer() -> str:
    """The module in which a row is being defined."""
    depth = 1
    while (name := sys._getframe(depth).f_globals["__name__"]) == _HERE:
        depth += 1
    module: str = name
    return module
