"""Primitives: a function on arrays, the rules of its derivative, and a row in `PRIMITIVES`, the one registry.

A rule *is given what it names*. Its first argument is `g`, the gradient of the output. After that it may name any array
argument of the forward function; `out`, the result; a by-product the forward function returned beside the result;
`shape`, the shape of the argument it differentiates by; `index`, which of a variadic argument's arrays that is; and,
after a star, any parameter. Signatures are read once, when the rule is defined, and a name that means nothing fails
there with a sentence. *What no rule names is not saved.*

    @primitive
    def multiply(x, y): return x * y
    multiply.defvjp(x=lambda g, y: g * y, y=lambda g, x: g * x)      # saves y for x's sake, x for y's, never the result

A joint rule, given without a name, returns the gradients of all arguments at once; it may name `wanted`, a tuple that
says which. Where an operation has several floating outputs a rule names the gradients of the others `g_` and the name.

Called on bare arrays a primitive is its forward function. Called with a `Value` among its arguments it gives a `Value`,
and leaves a node behind if a gradient can flow through it. Rules are written with operators and other primitives, so
they too work on arrays (fast) and on Values (recorded, hence differentiable again).

Calling an operation follows the row's signature: defaults are filled in, and a parameter whose annotation knows how to
`normalise` it is brought into the one form that forward and rules expect. `bind` takes that form and trusts it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from .observer import State, current
from .tape import Node, Pick, Rules, Value, place

PRIMITIVES: dict[str, Primitive] = {}
"""Every primitive by its name."""

FOREIGN: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = []
"""What is put around forward functions that are not this project's own."""

_LISTS = (list, tuple)
_PLAIN = frozenset({np.ndarray, float, int, bool, type(None)})
_FLOATING, _REAL = "fc", "fiub"


@dataclass(slots=True)
class Rule:
    """How to carry `g` back to one argument, or to all, and what that takes."""

    function: Callable[..., Any]
    names: tuple[str, ...]  # positional, after g: arrays of the node, shape, index, wanted, other outputs' gradients
    params: tuple[str, ...]  # keyword-only: parameters of the forward call


class Primitive:
    """A differentiable operation; made by `@primitive`, completed by `defvjp`."""

    call: Callable[..., Any]  # what users call; see `call_as`

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        outputs: tuple[str, ...] = ("out",),
        module: str,
        name: str,
        takes_complex: bool | None = None,
    ) -> None:
        self.own = module.startswith("autograd_mini.")
        self.forward = forward
        for wrap in () if self.own else FOREIGN:
            self.forward = wrap(self.forward)
        self.name, self.__name__, self.__qualname__ = name, name, getattr(forward, "__name__", name)
        self.__doc__ = forward.__doc__
        self.__module__ = module
        self.__signature__ = signature_of(name, forward)
        self.outputs, self.byproducts = outputs, outputs[1:]
        self.takes_complex = (
            not self.own if takes_complex is None else takes_complex
        )  # False if its rules hold for real numbers only
        self.rules: dict[str, Rule | None] = {}
        self.joint: Rule | None = None
        self._branch: Rule | None = None  # which piece of the function each element is on
        self._cost: Rule | None = None  # how many multiply-adds it takes
        self.analytic = False  # True if forward, as it is written, is right for complex arguments too
        self.jvp: Callable[..., Any] | None = None  # (tangents, arrays, params, out) -> tangent of the result, by kind
        args, params, self.variadic = [], [], False
        for parameter in self.__signature__.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                raise TypeError(f"primitive {name}: parameters must be named one by one, not **{parameter.name}")
            if parameter.kind is parameter.KEYWORD_ONLY or _normaliser(parameter):
                params.append(parameter.name)
            else:
                args.append(parameter.name)
                self.variadic |= parameter.kind is parameter.VAR_POSITIONAL
        if self.variadic and len(args) > 1:
            raise TypeError(f"primitive {name}: *{args[-1]} must be the only array argument")
        if not args:
            raise TypeError(f"primitive {name}: there is no array argument")
        self.args, self.params, self._arity = tuple(args), tuple(params), len(args)
        self._implementations = [self]  # and others that compute the same result
        self._survey()

    # ── defining ──

    def defvjp(self, joint: Callable[..., Any] | None = None, /, **rules: Callable[..., Any] | None) -> None:
        """Give the rule for each argument: `relu.defvjp(x=lambda g, out: g * (out > 0))`; or a joint one for all.

        A rule returns the vector-Jacobian product: the gradient with respect to that argument. None declares that no
        gradient flows to it. Raises TypeError if a rule is given for, or asks for, something the primitive lacks.
        """
        for arg, function in rules.items():
            if arg not in self.args:
                raise TypeError(f"{self.name}.defvjp: there is no argument {arg!r}; there are {', '.join(self.args)}")
            self.rules[arg] = None if function is None else self.read(arg, function)
        if joint is not None:
            rule = self.read("all arguments", joint)
            for implementation in self._implementations:
                implementation.joint = rule
        for implementation in self._implementations:
            implementation._survey()

    def defbranch(self, branch: Callable[..., Any]) -> None:
        """Say which piece of a function with kinks each element is on: `relu.defbranch(lambda x: x > 0)`.

        The gradient check takes no difference across two pieces. `branch` names what it needs, as a rule does but
        without g, and returns an array that changes only where the piece does; integer and boolean arguments and
        by-products count as pieces by themselves. Raises TypeError if it asks for what the primitive lacks.
        """
        rule = self._asking("branch", branch, ("out", *self.args, *self.params))
        for implementation in self._implementations:
            implementation._branch = rule

    def defcost(self, multiply_adds: Callable[..., int]) -> None:
        """Say how many multiply-adds a call takes: `matmul.defcost(lambda out, a: prod(out) * a[-1])`.

        The function names arguments, or `out`, and is given their shapes (of several in *args, the first's). Two
        floating operations (FLOPs) make one multiply-add. Only products say so; what passes over its elements
        once or twice counts as nothing. Raises TypeError if it asks for what the primitive lacks.
        """
        rule = self._asking("cost", multiply_adds, ("out", *self.args))
        for implementation in self._implementations:
            implementation._cost = rule

    def multiply_adds(self, out: tuple[int, ...], shapes: Sequence[tuple[int, ...] | None]) -> int | None:
        """What `defcost` says for a result and arguments of these shapes, 0 if it says nothing; None if it would need
        a shape that is not known.
        """
        if self._cost is None:
            return 0
        there = {"out": out, **dict(zip(self.args, shapes, strict=False))}
        given = [there.get(name) for name in self._cost.names]
        return None if None in given else int(self._cost.function(*given))

    def branch_of(self, arrays: Sequence[Any], params: Mapping[str, Any], out: Any) -> Any:
        """The piece that each element is on, as `defbranch` says; None if there is one piece only."""
        if self._branch is None:
            return None
        there = {"out": out, **dict(zip(self.args, arrays, strict=False)), **params}
        return self._branch.function(**{name: there[name] for name in self._branch.names})

    def implementation(self, forward: Callable[..., Any]) -> Primitive:
        """The same operation, its result computed another way: on the tape it goes by this one's name and rules."""
        other = _made(forward, self.outputs, self.__module__, self.name, self.takes_complex)
        other.rules, other.joint, other._implementations = self.rules, self.joint, self._implementations
        other._branch, other._cost, other.analytic, other.jvp = self._branch, self._cost, self.analytic, self.jvp
        self._implementations.append(other)
        other._survey()
        return other

    @property
    def canonical(self) -> Primitive:
        """The operation itself, computed the first way."""
        return self._implementations[0]

    def _asking(self, what: str, function: Callable[..., Any], known: tuple[str, ...]) -> Rule:
        """A function that is given what it names, out of what is known."""
        names = tuple(inspect.signature(function).parameters)
        for name in names:
            if name not in known:
                raise TypeError(
                    f"{self.name}.def{what}: the {what} asks for {name!r}, which is not there; there are "
                    f"{', '.join(known)}"
                )
        return Rule(function, names, ())

    def _survey(self) -> None:
        """What recording has to know of the rules: which arrays they name, for which argument; whether all have one."""
        there = (*self.outputs, *self.args)
        own = [(i, self.rules.get(arg)) for i, arg in enumerate(self.args)]
        self._named = [  # the argument's number, None if always; the name; its place, -1 for all of *args
            (None if self.variadic else i, name, -1 if self.variadic and name in self.args else there.index(name))
            for i, rule in [(None, self.joint), *own]
            for name in getattr(rule, "names", ())
            if name in there
        ]
        self._all_ruled = self.joint is not None or None not in map(self.rules.get, self.args)

    def read(self, arg: str, function: Callable[..., Any]) -> Rule:
        """Read a rule's signature: what it names is what it will be given."""
        parameters = [*inspect.signature(function).parameters.values()]
        if not parameters:
            raise TypeError(f"{self.name}: the rule for {arg!r} takes nothing; it must take g, the gradient")
        first, *rest = parameters
        names = tuple(p.name for p in rest if p.kind is not p.KEYWORD_ONLY)
        params = tuple(p.name for p in rest if p.kind is p.KEYWORD_ONLY)
        others = [f"g_{output}" for output in self.byproducts]
        known = {*self.outputs, "shape", *others, *self.args, *(["index"] if self.variadic else [])}
        if arg not in self.args:  # a joint rule
            known = {*self.outputs, *others, *self.args, "wanted"}
        if first.name != "g" and first.name in {*known, *self.params}:
            raise TypeError(
                f"{self.name}: the rule for {arg!r} must take g, the gradient, before anything else; its first "
                f"argument is {first.name!r}"
            )
        for name in (*(n for n in names if n not in known), *(p for p in params if p not in self.params)):
            raise TypeError(
                f"{self.name}: the rule for {arg!r} asks for {name!r}, which is not there; after {first.name} it may "
                f"name {', '.join(sorted(known))}, and after a star {', '.join(self.params) or 'nothing'}"
            )
        return Rule(function, names, params)

    # ── recording ──

    def bind(self, *args: Any, **params: Any) -> Any:
        """The result for arguments in their one form: a Value if an argument is one, else a bare array.

        By-products, if any, follow as arrays; what is floating among them is an output, and a Value too.
        """
        if len(args) != self._arity and not self.variadic:
            return self.call(*args, **params)  # arrays by name, or some are missing
        kind: type[Value] | None = None
        arrays: list[Any] = []
        parents: list[Node | None] = []
        for arg in args:
            if isinstance(arg, Value):
                kind = type(arg)
                arrays.append(arg._data)
                parents.append(arg.node)
            else:
                arrays.append(arg if type(arg) in _PLAIN else plain(self.name, arg))
                parents.append(None)
        if kind is None:
            try:
                return self.forward(*arrays, **params)
            except (ValueError, TypeError, IndexError, MemoryError) as error:
                raise explained(self.name, error, arrays) from error
        state = current.get()
        observers = state.observers
        for see in observers.calling:
            see(self, args)
        try:
            out = self.forward(*arrays, **params)
        except (ValueError, TypeError, IndexError, MemoryError) as error:
            for see in observers.failed:
                see(self, args, error)
            raise explained(self.name, error, arrays) from error
        others: list[Any] = []
        if self.byproducts:
            out, *others = self._several(out)
        if type(out) is not np.ndarray:
            if isinstance(out, _LISTS):
                raise TypeError(f"{self.name}: forward returned {len(out)} results; `outputs` must name them")
            out = np.asarray(out)
        for see in observers.computed:
            see(self, arrays, params, out, others)
        node = None
        if out.dtype.kind in _FLOATING or (others and any(o.dtype.kind in _FLOATING for o in others)):
            if out.dtype.kind == "c" and not self.takes_complex:
                raise TypeError(f"{self.name}: the result would be {out.dtype}, not real numbers")
            if state.enabled and any(parents):
                node = self._record(args, arrays, parents, params, out, others, state)
        elif out.dtype.kind not in "iub":
            raise TypeError(f"{self.name}: the result would be {out.dtype}, not real numbers")
        if node is not None and node.outputs:
            return tuple(self._output(k, result, node, kind) for k, result in enumerate((out, *others)))
        value = kind.made(out, node)
        return (value, *(kind.made(o, None) if o.dtype.kind in _FLOATING else o for o in others)) if others else value

    __call__ = bind

    def _several(self, results: Any) -> Any:
        if not isinstance(results, _LISTS) or len(results) != len(self.outputs):
            found = f"{len(results)} results" if isinstance(results, _LISTS) else f"one {told_kind(results)}"
            raise TypeError(
                f"{self.name}: forward returned {found}, but there are to be {len(self.outputs)}: "
                f"{', '.join(self.outputs)}"
            )
        return [r if type(r) is np.ndarray else np.asarray(r) for r in results]

    def _output(self, k: int, result: Any, node: Node, kind: type[Value]) -> Any:
        """One of several outputs: a Value with a pick of its own, or a bare array if no gradient can flow."""
        if node.outputs[k] is None:
            return result
        pick = Pick(k, self.outputs[k])
        return kind.made(result, Node(result.shape, result.dtype, pick, (node,), {}, None, node.name))

    def _record(
        self,
        args: Sequence[Any],
        arrays: list[Any],
        parents: list[Node | None],
        params: dict[str, Any],
        out: Any,
        others: list[Any],
        state: State,
    ) -> Node | None:
        observers = state.observers
        if not self._all_ruled:
            parents = [parent and self._ruled(i, parent) for i, parent in enumerate(parents)]
            if not any(parents):
                for see in observers.recorded:
                    see(None, self, args, arrays, params, out, others)
                return None
        there = (out, *others, *arrays)
        saved: dict[str, Any] = {}
        for i, name, position in self._named:
            if i is None or parents[i] is not None:
                saved[name] = there[position] if position >= 0 else tuple(arrays)
        if state.saving and self.name in state.saving:
            names = {**dict(zip(self.args, arrays, strict=False)), **dict(zip(self.outputs, there, strict=False))}
            for name in state.saving[self.name]:
                if name in names:
                    saved.setdefault(name, names[name])
        while arrays[len(parents) - 1] is None:  # an optional argument that was not given is no part of the graph
            del parents[-1]
        node = Node(out.shape, out.dtype, self, tuple(parents), saved, params, state.scope)
        if others and any(o.dtype.kind in _FLOATING for o in others):
            node.outputs = tuple((o.shape, o.dtype) if o.dtype.kind in _FLOATING else None for o in (out, *others))
        for see in observers.recorded:
            note = see(node, self, args, arrays, params, out, others)
            if note is not None:
                if node.notes is None:
                    node.notes = {}
                node.notes[see.__self__] = note  # type: ignore[attr-defined]  # bound methods have it
        return node

    def _ruled(self, i: int, parent: Node) -> Node | None:
        """The node of argument i, if its rule lets a gradient flow there."""
        arg = self.args[0 if self.variadic else i]
        if arg not in self.rules:
            raise NotImplementedError(
                f"{self.name} has no rule for {arg!r}: give one with {self.name}.defvjp({arg}=…), "
                f"or declare that no gradient flows there with {self.name}.defvjp({arg}=None)"
            )
        return None if self.rules[arg] is None else parent

    # ── backward ──

    def vjp(
        self, node: Node, g: Any, wanted: Sequence[Node | None], rules: Rules | None, kind: type[Value] | None
    ) -> list[Any]:
        """Carry `g` from the node's result to the wanted arguments, by the caller's rules or else by our own."""
        if node.saved is None:
            raise RuntimeError(
                f"backward: what {self.name}{place(node)} saved was freed while it was needed, by another thread's "
                "backward pass; go back over a graph in one thread at a time"
            )
        replaced = None if rules is None else rules.get(self.name)
        grads: list[Any] = [None] * len(wanted)
        if self.joint is not None:
            given = [p is not None and not (replaced and self.arg(i) in replaced) for i, p in enumerate(wanted)]
            if any(given):
                found = self._apply(self.joint, node, g, tuple(given), None, kind)
                if not isinstance(found, _LISTS) or len(found) != len(wanted):
                    raise TypeError(
                        f"backward: the joint rule of {self.name}{place(node)} must return a gradient for each of its "
                        f"{len(wanted)} arguments, None where none is wanted"
                    )
                grads = [grad if asked else None for grad, asked in zip(found, given, strict=True)]
                wanted = [None if asked else parent for parent, asked in zip(wanted, given, strict=True)]
        for i, parent in enumerate(wanted):
            if parent is not None:
                arg = self.args[0 if self.variadic else i]
                rule = replaced[arg] if replaced is not None and arg in replaced else self.rules[arg]
                grads[i] = self._apply(rule, node, g, i, parent, kind)
        return grads

    def arg(self, i: int) -> str:
        """What argument i is called."""
        return self.args[0 if self.variadic else i]

    def _apply(self, rule: Any, node: Node, g: Any, which: Any, parent: Node | None, kind: type[Value] | None) -> Any:
        """Call a rule with what it names. which: the argument's number, or a joint rule's `wanted`."""
        saved: Any = node.saved
        given: list[Any] = []
        for name in rule.names:
            if name in saved:
                given.append(saved[name] if kind is None else self._value(name, saved[name], node, kind))
            elif name == "shape":
                given.append(parent.shape)  # type: ignore[union-attr]
            elif name in ("index", "wanted"):
                given.append(which)
            elif name[:2] == "g_":
                given.append(g[self.outputs.index(name[2:])] if node.outputs else None)
            else:
                raise RuntimeError(
                    f"backward: the rule given for {self.name}{place(node)} asks for {name!r}, which was not saved, "
                    f"because no rule of {self.name}'s own names it"
                )
        if node.outputs:
            g = self._checked(rule, node, g)
        if not rule.params:
            return rule.function(g, *given)
        return rule.function(g, *given, **{name: node.params[name] for name in rule.params})

    def _checked(self, rule: Rule, node: Node, g: list[Any]) -> Any:
        """The first output's gradient; those of all others must be named by the rule or be zero."""
        for k, output in enumerate(self.outputs[1:], 1):
            if f"g_{output}" not in rule.names and g[k] is not None and np.any(getattr(g[k], "_data", g[k])):
                raise TypeError(
                    f"backward: a gradient arrives at {output!r} of {self.name}{place(node)}, and no rule names "
                    f"g_{output}; it would be lost"
                )
        return g[0]

    def _value(self, name: str, array: Any, node: Node, kind: type[Value]) -> Any:
        """A saved array as a Value again, tied to its node, so that the rule's own steps can be recorded."""
        if array is None:
            return None
        if name in self.outputs:
            if node.outputs:
                return self._output(self.outputs.index(name), array, node, kind)
            return kind.made(array, node) if name == self.outputs[0] else array
        if self.variadic:
            return tuple(a if p is None else kind.made(a, p) for a, p in zip(array, node.parents, strict=True))
        i = self.args.index(name)
        owner = node.parents[i] if i < len(node.parents) else None
        return array if owner is None else kind.made(array, owner)

    def __reduce__(self) -> str:
        return self.__qualname__  # pickled and copied by name: there is one of each

    def __repr__(self) -> str:
        return f"<primitive {self.name}{self.__signature__}>"


# ── definition ────────────────────────────────────────────────────────────────────────────────────────────────────────


def signature_of(name: str, function: Any) -> inspect.Signature:
    """A forward function's signature, its annotations as objects. A ufunc's arguments are called x, y, z."""
    if isinstance(function, np.ufunc):
        names = "xyzuvw"[: function.nin]
        return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])
    try:
        return inspect.signature(function, eval_str=True)
    except NameError:  # annotations are words that mean nothing where they stand
        return inspect.signature(function)
    except (TypeError, ValueError):
        raise TypeError(
            f"primitive {name}: {function!r} has no signature that names its arguments; wrap it in a function"
        ) from None


def _normaliser(parameter: inspect.Parameter) -> Any:
    """What an annotation says of how to normalise a parameter: Annotated[…, something with `normalise`]."""
    return next((m for m in getattr(parameter.annotation, "__metadata__", ()) if hasattr(m, "normalise")), None)


def caller(name: str, function: Any, bind: Callable[..., Any], signature: inspect.Signature) -> Callable[..., Any]:
    """Compile the function that users call: the signature's defaults, parameters normalised, then `bind`."""
    scope: dict[str, Any] = {"_bind": bind, "_operand": operand, "_ndarray": np.ndarray}
    declared, given, lines = [], [], []
    parameters = [*signature.parameters.values()]
    arrays = [p for p in parameters if p.kind is not p.KEYWORD_ONLY and not _normaliser(p)]
    first = arrays[0].name if arrays and arrays[0].kind is not inspect.Parameter.VAR_POSITIONAL else None
    if first and (bind is function or any(map(_normaliser, parameters))):
        lines.append(f"if type({first}) is not _ndarray: {first} = _operand({name!r}, {first})")
    starred = False
    for i, p in enumerate(parameters):
        if p.kind is p.KEYWORD_ONLY and not starred:
            starred = True
            declared.append("*")
        starred |= p.kind is p.VAR_POSITIONAL
        scope[f"_d{i}"], scope[f"_n{i}"] = p.default, getattr(_normaliser(p), "normalise", None)
        declared.append(
            f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name if p.default is p.empty else f"{p.name}=_d{i}"
        )
        value = f"_n{i}({name!r}, {p.name!r}, {p.name}, {first})" if scope[f"_n{i}"] else p.name
        given.append(f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name if p in arrays else f"{p.name}={value}")
    body = "".join(f"    {line}\n" for line in lines)
    source = f"def {name}({', '.join(declared)}):\n{body}    return _bind({', '.join(given)})"
    exec(compile(source, f"{__file__.rpartition('primitive')[0]}<{name}>", "exec"), scope)  # a room of ours
    called: Callable[..., Any] = scope[name]
    called.__doc__, called.__module__ = function.__doc__, getattr(function, "__module__", None) or ""
    called.__wrapped__ = function  # type: ignore[attr-defined]  # functions have attributes; its annotations stay there
    bare = [p.replace(annotation=p.empty) for p in parameters]
    called.__signature__ = inspect.Signature(bare)  # type: ignore[attr-defined]
    return called


def _made(forward: Any, outputs: tuple[str, ...], module: str, name: str, takes_complex: bool | None) -> Primitive:
    """A primitive of a class of its own, so that calling it is calling its compiled function."""
    kind = type("Primitive", (Primitive,), {"__doc__": Primitive.__doc__, "__module__": Primitive.__module__})
    made: Primitive = kind(forward, outputs=outputs, module=module, name=name, takes_complex=takes_complex)
    parameters = made.__signature__.parameters.values()
    called = caller(name, forward, made.bind, made.__signature__)
    if any(p.default is not p.empty or _normaliser(p) for p in parameters):
        call_as(made, called)
    else:  # nothing to do before `bind`, which asks for it where arrays are given by name
        made.call, made.__signature__ = called, inspect.signature(called)
    return made


def call_as(op: Primitive, function: Callable[..., Any]) -> None:
    """Have an operation called as a function that ends in its `bind`; `op.call` is that function."""
    type(op).__call__ = staticmethod(function)  # type: ignore[method-assign]  # of a class made for this one operation
    op.call = function
    function.__name__ = op.name  # errors of Python's own name it
    op.__doc__, op.__signature__ = function.__doc__, inspect.signature(function)


@overload
def primitive(forward: Callable[..., Any], /, *, name: str | None = None) -> Primitive: ...
@overload
def primitive(
    *,
    byproducts: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    name: str | None = None,
    takes_complex: bool | None = None,
    module: str | None = None,
) -> Callable[[Callable[..., Any]], Primitive]: ...
def primitive(
    forward: Callable[..., Any] | None = None,
    *,
    byproducts: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    name: str | None = None,
    takes_complex: bool | None = None,
    module: str | None = None,
) -> Any:
    """Make a function on arrays a differentiable operation and enter it in `PRIMITIVES`.

    Array arguments are positional, parameters keyword-only or annotated with what normalises them. `byproducts` names
    what forward returns after its result (switches, masks); `outputs` names all that it returns. Of these, integers and
    booleans are constants, and floating ones are outputs, to which a rule may name the gradients. `name` is what a
    ufunc or lambda is to be called.

        @primitive
        def cube(x): return x ** 3
        cube.defvjp(x=lambda g, x: 3 * g * x ** 2)

    Raises TypeError if another module already defines a primitive of that name, and for what is no such function.
    """
    where: str = module or sys._getframe(1).f_globals.get("__name__", "__main__")

    def enter(function: Callable[..., Any]) -> Primitive:
        called = str(name or getattr(function, "__name__", ""))
        if not called.isidentifier():
            raise TypeError(f"primitive: {called or function!r} is no name for an operation; give one with name=…")
        names = outputs or ("out", *byproducts)
        home = getattr(function, "__module__", where) or where
        if isinstance(function, np.ufunc) or module is not None:
            home = where
        made = _made(function, names, home, called, takes_complex)
        taken = PRIMITIVES.get(called)
        if taken is not None and taken.__module__ != made.__module__:
            raise TypeError(f"primitive {called}: {taken.__module__} already has one of that name; choose another")
        PRIMITIVES[called] = made
        return made

    return enter if forward is None else enter(forward)


# ── arguments and errors ──────────────────────────────────────────────────────────────────────────────────────────────

_KINDS: tuple[type[Exception], ...] = (ValueError, IndexError, MemoryError)
_CAST = re.compile(r"^Cannot cast ufunc .* output from dtype\('(\w+)'\) to dtype\('(\w+)'\)")
RAGGED = "the data make no array; nested lists must be equally long"


def explained(name: str, error: Exception, arrays: Sequence[Any]) -> Exception:
    """The same kind of error, saying which operation, which shapes and which rule."""
    kind = next((kind for kind in _KINDS if isinstance(error, kind)), TypeError)
    text = str(error)
    shapes = [tuple(np.shape(array)) for array in arrays if array is not None]
    if isinstance(error, TypeError | ValueError) and (odd := _odd(arrays, "None" in text)):
        kind, text = TypeError, f"takes arrays of real numbers, not {odd}"
    elif "broadcast" in text and len(shapes) > 1:
        text = clash(shapes)
    elif cast := _CAST.search(text):
        text = f"the result would be {cast[1]}, which does not fit into {cast[2]}"
    elif "not supported for the input types" in text:
        kinds = [str(getattr(array, "dtype", type(array).__name__)) for array in arrays]
        text = f"is not defined for {' and '.join(kinds)}"
    elif "numpy boolean" in text:
        text = "booleans have no sign and no difference; astype makes numbers of them"
    return kind(": ".join([name, *([" and ".join(map(str, shapes))] if shapes else []), text]))


def clash(shapes: Sequence[tuple[int, ...]]) -> str:
    """What does not go together about shapes."""
    for axis in range(1, 1 + max(map(len, shapes))):
        sizes = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(sizes) > 1:
            lengths = " and ".join(map(str, sorted(sizes)))
            rule = f"compared from the right, {lengths} differ on axis {-axis} and neither is 1"
            return f"these shapes do not broadcast; {rule}"
    return f"together these shapes make {np.broadcast_shapes(*shapes)}, which does not fit into the first"


def told_kind(x: Any) -> str:
    """What somebody gave, in a word: the dtype of an array, the type of anything else."""
    if isinstance(x, np.ndarray | np.generic):
        return f"the dtype {x.dtype}"
    module = type(x).__module__.partition(".")[0]
    return type(x).__name__ if module == "builtins" else f"{module}.{type(x).__name__}"


def _odd(arrays: Sequence[Any], none_too: bool) -> str | None:
    """The first argument that no operation takes, in a word, if there is one; an optional one may be None."""
    for x in arrays:
        if x is None:
            if none_too:
                return "NoneType"
        elif not isinstance(x, np.ndarray | np.generic | bool | int | float) or (
            isinstance(x, np.ndarray | np.generic) and x.dtype.kind not in "biufc"
        ):
            return told_kind(x)
    return None


def operand(name: str, x: Any) -> Any:
    """A Value or array of numbers as it is; anything else as the array NumPy makes of it.

    np.matrix and other kinds of arrays are taken as the plain arrays they hold, so that * is elementwise. Raises
    TypeError, as `name`, for what are no numbers, for masked arrays and for lists of Tensors, ValueError for ragged
    lists.
    """
    if isinstance(x, Value):
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array's hidden elements would count; give a.filled(...)")
    if isinstance(x, _LISTS) and _holds_values(x):
        raise TypeError(f"{name}: a list of Tensors would lose their gradients; join them with stack first")
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{name}: {RAGGED}") from None
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: takes arrays of real numbers, not {told_kind(array if isinstance(x, _LISTS) else x)}")
    return array


def plain(name: str, x: Any) -> Any:
    """What NumPy would make an array of, as `operand` does; numbers, None and whatever else as they are."""
    takes = type(x) is not np.ndarray and not isinstance(x, np.generic)
    return operand(name, x) if takes and (isinstance(x, _LISTS) or hasattr(x, "__array__")) else x


def _holds_values(entries: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) or (isinstance(x, _LISTS) and _holds_values(x)) for x in entries)
