"""Rows: everything about an operation in one place, by kind.

A kind knows what follows from the mathematics, so that a row says only what is its own:

    log1p  = elementwise(np.log1p, lambda x: 1 / (1 + x), "log(1 + x) …")   derivative: vjp, jvp, second order
    cumsum = linear(adjoint=lambda g, *, axis: …)(cumsum)                   adjoint: the jvp is the operation itself
    matmul = op(matmul); matmul.defvjp(a=…, b=…)                            by hand, where the mathematics is the point
    mean   = definition(mean)                                               made of others: no rule of its own

`ROWS` lists the operations that users call: the package's functions, Tensor's methods and the table of NumPy's
functions are made from it.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from traceback import walk_tb
from types import MethodType
from typing import Any

import numpy as np
from numpy import ndarray  # of NumPy's attributes Python has no cache

from ..core.primitive import PRIMITIVES, Primitive, caller, clash, explained, primitive, signature_of
from ..core.tape import Value
from ..kernels.maps import by_threads, keeps_precision
from ..kernels.pieces import SHARED


@dataclass(frozen=True)
class Row:
    """An operation as users call it, the names of its methods, and the NumPy functions that it stands for.

    numpy: for each function those of its arguments that make no difference here, such as the algorithm of a sort.
    """

    function: Callable[..., Any]
    methods: tuple[str, ...]
    numpy: dict[Any, tuple[str, ...]]


ROWS: dict[str, Row] = {}
"""By name, in the order of definition; of one within a namespace `linalg.inv`."""

EFFECTS: dict[str, str] = {}
"""What running a primitive does beside giving its result, by its name, in a few words."""

_BLOCKS = """Arguments:
    x: real numbers.
Returns:
    As many numbers, in x's dtype if that is floating."""
"""Of the docstring of a function of single elements that explains no arguments itself."""

_HERE, _COMPLEX = __name__, np.dtype(complex)


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
    within: str = "",
    public: bool = True,
    analytic: bool = False,
    kink: Callable[..., Any] | None = None,
    cost: Callable[..., int] | None = None,
    takes_complex: bool = False,
    effect: str | None = None,
) -> Any:
    """A function on arrays as an operation that has its signature; the rules follow with `defvjp`.

    Arguments:
        forward: the function; without it `op` is a decorator.
        doc: its docstring if it has none that says what it does here, as a ufunc.
        name: the operation's name if it is not the function's.
        byproducts, outputs: as for `primitive`.
        methods: its names on Tensor.
        numpy: NumPy's functions that it stands for (`Row`), whose arguments have the same names; those that it lacks
            are refused where they are given, except dtype. The row of a ufunc stands for the ufunc.
        aliases: further names in the package.
        within: the package's namespace that exports it, "linalg" or "fft", if it is not the package itself.
        public: whether the package exports it.
        analytic: whether forward, as it is written, is right for complex arguments too.
        kink: which piece of the function each element is on (`Primitive.defbranch`).
        cost: multiply-adds (`Primitive.defcost`).
        takes_complex: whether its rules hold for a complex array on the tape.
        effect: what running it changes beside giving its result, in a few words.
    Returns:
        The operation, a `Primitive`.
    """
    module = _definer()

    def enter(function: Any) -> Primitive:
        made: Primitive = primitive(
            byproducts=byproducts, outputs=outputs, name=name, module=module, takes_complex=takes_complex
        )(function)
        if isinstance(function, np.ufunc) and keeps_precision(function):
            made.forward = partial(by_threads, function)
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
            ROWS.update({(f"{within}.{made.name}" if within else made.name): row, **dict.fromkeys(aliases, row)})
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
    """A function of single elements of one array, from its derivative f'(x), which names what it needs.

    The derivative may name x, out and parameters. product: the rule itself, where g · f'(x) would be wrong (inf · 0) or
    slow. A smooth one takes complex numbers too: the derivative is that of an analytic function, whose conjugate a rule
    by hand has to take. A docstring with an example but without arguments gets the kind's own blocks.
    """
    smooth = analytic if analytic is not None else "kink" not in rest

    def enter(function: Any) -> Primitive:
        words = inspect.cleandoc(doc or function.__doc__ or "")
        if "Arguments:" not in words:
            head = "Source:" if "Source:" in words else "Example:"
            words = words.replace(head, f"{_BLOCKS}\n{head}" if head == "Source:" else f"{_BLOCKS}\n\n{head}", 1)
        made: Primitive = op(function, words, analytic=smooth, **{"takes_complex": smooth, **rest})
        made.kind = "elementwise"
        arg = made.args[0]
        rule = product or _times(derivative)
        made.defvjp(**{arg: rule})
        read: Any = made.rules[arg]

        def jvp(tangents: Any, arrays: Any, params: Any, out: Any) -> Any:
            there = {**dict(zip(made.args, arrays, strict=False)), "out": out}
            given = [there[name] for name in read.names]
            forth = conjugated(tangents[0])  # t · f' = conj(conj(t) · conj(f'))
            found = conjugated(read.function(forth, *given, **{name: params[name] for name in read.params}))
            return found if getattr(out, "dtype", np.dtype(float)).kind == "c" else found.real

        made.jvp = jvp
        return made

    return enter if forward is None else enter(forward)


def constant(ufunc: np.ufunc, sentence: str, given: str, result: str, **rest: Any) -> Primitive:
    """NumPy's function of single elements whose result has no derivative: a constant, known to whoever observes.

    given, result: the arguments of an example, lists of numbers with commas between, and the array that comes out.
    """
    names = "xyz"[: ufunc.nin]
    first, comma, further = given.partition("], ")
    call = f"ag.{ufunc.__name__}(Tensor({first}{comma.rstrip(', ')}){', ' * bool(comma)}{further})"
    doc = f"""{sentence}, elementwise. {", ".join(names)} (...) -> (...).

    No gradient flows through it.

    Arguments:
        {", ".join(names)}: numbers{"; the shapes broadcast" * (len(names) > 1)}.
    Returns:
        Constants, in the {"common " * (len(names) > 1)}shape.

    Example:
        >>> {call}.numpy()
        array({result})
    """
    made: Primitive = op(ufunc, inspect.cleandoc(doc), takes_complex=True, **rest)
    made.defvjp(**dict.fromkeys(made.args, None))
    return made


def linear(adjoint: Callable[..., Any] | None = None, **rest: Any) -> Any:
    """An operation that is linear in its first argument (or in all of *args together), from its adjoint."""

    def enter(function: Any) -> Primitive:
        made: Primitive = op(function, analytic=True, takes_complex=True, **rest)
        made.kind = "linear"
        if adjoint is not None:
            made.defvjp(**{made.args[0]: adjoint})

        def jvp(tangents: Any, arrays: Any, params: Any, out: Any) -> Any:
            given = tangents if made.variadic else (tangents[0], *arrays[1:])
            return made.bind(*given, **params)

        made.jvp = jvp
        return made

    return enter


def definition(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    methods: Iterable[str] = (),
    numpy: Iterable[Any] = (),
    within: str = "",
) -> Any:
    """A function made of other operations, called like one of them: parameters normalised, its own name in errors."""

    def enter(function: Any) -> Callable[..., Any]:
        title = name or function.__name__
        called: Callable[..., Any] = caller(title, function, function, signature_of(title, function), _told)
        ROWS[f"{within}.{title}" if within else title] = Row(called, tuple(methods), _by_function(numpy))
        return called

    return enter if function is None else enter(function)


_NAMED = re.compile(r"([\w.]+)(: |\(| has no rule)")  # how a message begins that says which operation it is about
_OURS = ("autograd_mini", "numpy", "scipy", "contextlib", "functools")  # whose functions definitions call
_SHAPES = re.compile(r"\([\d, ]*\)( and \([\d, ]*\))*: ")  # how it goes on if it says of which shapes


def _told(name: str, error: Exception, given: Sequence[Any]) -> Exception:
    """What a definition raises for an error inside it: it names the definition, and the shapes that it was given."""
    named, text = _NAMED.match(str(error)), str(error)
    if not isinstance(error, ValueError | TypeError | IndexError) or (named and not _is_step(name, named, error)):
        return error
    arrays: list[Any] = [getattr(x, "_array", x) for x in given if isinstance(x, Value | np.ndarray)]
    if named is None:
        told = explained(name, error, [] if not given or given[0] is None else arrays[:1])
    else:
        told = type(error)(_retold(name, text[named.end() :], [array.shape for array in arrays]))
    told.__cause__ = error
    return told


def _is_step(name: str, named: re.Match[str], error: Exception) -> bool:
    """Whether a message is about another operation, which the definition is made of; never one of a user's function."""
    for frame, _ in walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__", "autograd_mini").partition(".")[0] not in _OURS:
            return False
    steps = {"Tensor", *PRIMITIVES, *(each.rpartition(".")[2] for each in ROWS)}
    return named[1] != name and named[2] == ": " and named[1] in steps


def _retold(name: str, words: str, shapes: Sequence[tuple[int, ...]]) -> str:
    """An operation's message as one of the definition that is made of it."""
    inner = _SHAPES.match(words)
    rule = words[inner.end() :] if inner else words
    if "these shapes do not broadcast" in rule:
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            return f"{name}: {' and '.join(map(str, shapes))}: {clash(shapes)}"
        return f"{name}: {words}"
    if not shapes or any(str(shape) in rule for shape in shapes):
        return f"{name}: {rule}"
    return f"{name}: {' and '.join(map(str, shapes))}: {rule}"


def conjugated(x: Any) -> Any:
    """The complex conjugate, by which a rule's factor carries g back; what is real as it is."""
    return x.conjugate() if getattr(x, "dtype", _COMPLEX).kind == "c" else x


def times(x: Any, y: Any) -> Any:
    """The product x · y of Values or arrays; large arrays by several threads."""
    return x * y if isinstance(x, Value) or isinstance(y, Value) else by_threads(np.multiply, x, y)


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

    def rule(g: Any, *given: Any) -> Any:
        slope = derivative(*given)
        if type(slope) is ndarray and slope.nbytes < SHARED and slope.dtype.kind != "c":
            return g * slope
        return times(g, conjugated(slope))

    def rule_with_parameters(g: Any, *given: Any, **params: Any) -> Any:
        return times(g, conjugated(derivative(*given, **params)))

    if any(p.kind is p.KEYWORD_ONLY for p in named):
        rule = rule_with_parameters
    g = inspect.Parameter("g", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rule.__signature__ = inspect.Signature([g, *named])  # type: ignore[attr-defined]
    return rule


def _definer() -> str:
    """The module that is defining a row."""
    depth = 1
    while (name := sys._getframe(depth).f_globals["__name__"]) == _HERE:
        depth += 1
    module: str = name
    return module
