"""Primitives: a function on arrays, the rules of its derivative, and a row in `PRIMITIVES`, the one registry.

A rule *is given what it names*. Its first argument is `g`, the gradient of the output. After that it may name any array
argument of the forward function; `out`, the result; a by-product the forward function returned beside the result;
`shape`, the shape of the argument it differentiates by; `index`, which of a variadic argument's arrays that is; and,
after a star, any parameter. Signatures are read once, when the rule is defined, and a name that means nothing fails
there with a sentence. *What no rule names is not kept.*

    @primitive
    def multiply(x, y): return x * y
    multiply.defvjp(x=lambda g, y: g * y, y=lambda g, x: g * x)      # keeps y for x's sake, x for y's, never the result

Called on bare arrays a primitive is its forward function. Called with a `Value` among its arguments it gives a `Value`,
and leaves a node behind if a gradient can flow through it. Rules are written with operators and other primitives, so
they too work on arrays (fast) and on Values (recorded, hence differentiable again).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, overload

import numpy as np

from .calling import calling_place
from .errors import explained, operand
from .guard import guard, sealed, unharming
from .ledger import Call
from .tape import Node, Rules, Value, place, recording

PRIMITIVES: dict[str, Primitive] = {}
"""Every primitive by its name."""

_SEQUENCES = (list, tuple)


@dataclass(slots=True)
class Rule:
    """How to carry `g` back to one argument, and what that takes."""

    function: Callable[..., Any]
    names: tuple[str, ...]  # positional, after g: arrays of the node, or shape, or index
    params: tuple[str, ...]  # keyword-only: parameters of the forward call


class Primitive:
    """A differentiable operation; made by `@primitive`, completed by `defvjp`."""

    def __init__(self, forward: Callable[..., Any], byproducts: tuple[str, ...] = ()) -> None:
        self._own = forward.__module__.startswith("autograd_mini.")
        self.forward = forward if self._own else unharming(forward)
        self.name = self.__name__ = forward.__name__
        self.__doc__ = forward.__doc__
        self.__module__ = forward.__module__
        self.__signature__ = inspect.signature(forward)
        self.byproducts = byproducts
        self.rules: dict[str, Rule | None] = {}
        self._branch: Rule | None = None  # which piece of the function each element is on
        self._cost: Rule | None = None  # how many multiply-adds it takes
        self.analytic = False  # True if forward, as it is written, is right for complex arguments too
        args, params, self.variadic = [], [], False
        for parameter in self.__signature__.parameters.values():
            if parameter.default is not parameter.empty:
                raise TypeError(f"primitive {self.name}: {parameter.name!r} has a default; primitives have none")
            if parameter.kind is parameter.KEYWORD_ONLY:
                params.append(parameter.name)
            else:
                args.append(parameter.name)
                self.variadic |= parameter.kind is parameter.VAR_POSITIONAL
        if self.variadic and len(args) > 1:
            raise TypeError(f"primitive {self.name}: *{args[-1]} must be the only array argument")
        self.args, self.params = tuple(args), tuple(params)
        self._ways = [self]  # and others that compute the same result
        self._survey()

    # ── defining ──

    def defvjp(self, **rules: Callable[..., Any] | None) -> None:
        """Give the rule for each argument: `relu.defvjp(x=lambda g, out: g * (out > 0))`.

        A rule returns the vector-Jacobian product: the gradient with respect to that argument. None declares that no
        gradient flows to it. Raises TypeError if a rule is given for, or asks for, something the primitive lacks.
        """
        for arg, function in rules.items():
            if arg not in self.args:
                raise TypeError(f"{self.name}.defvjp: there is no argument {arg!r}; there are {', '.join(self.args)}")
            self.rules[arg] = None if function is None else self.read(arg, function)
        for way in self._ways:
            way._survey()

    def defbranch(self, branch: Callable[..., Any]) -> None:
        """Say which piece of a function with kinks each element is on: `relu.defbranch(lambda x: x > 0)`.

        The gradient check takes no difference across two pieces. `branch` names what it needs, as a rule does but
        without g, and returns an array that changes only where the piece does; integer and boolean arguments and
        by-products count as pieces by themselves. Raises TypeError if it asks for what the primitive lacks.
        """
        rule = self._asking("branch", branch, ("out", *self.args, *self.params))
        for way in self._ways:
            way._branch = rule

    def defcost(self, multiply_adds: Callable[..., int]) -> None:
        """Say how many multiply-adds a call takes: `matmul.defcost(lambda out, a: prod(out) * a[-1])`.

        The function names arguments, or `out`, and is given their shapes (of several in *args, the first's). Two
        floating operations (FLOPs) make one multiply-add. Only products are told so; what passes over its elements
        once or twice counts as nothing. Raises TypeError if it asks for what the primitive lacks.
        """
        rule = self._asking("cost", multiply_adds, ("out", *self.args))
        for way in self._ways:
            way._cost = rule

    def multiply_adds(self, out: tuple[int, ...], shapes: Sequence[tuple[int, ...] | None]) -> int | None:
        """What `defcost` says for a result and arguments of these shapes, 0 if it says nothing; None if it would need
        a shape that is not known.
        """
        if self._cost is None:
            return 0
        there = {"out": out, **dict(zip(self.args, shapes, strict=False))}
        given = [there.get(name) for name in self._cost.names]
        return None if None in given else int(self._cost.function(*given))

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

    def branch_of(self, arrays: Sequence[Any], params: Mapping[str, Any], out: Any) -> Any:
        """The piece that each element is on, as `defbranch` says; None if there is one piece only."""
        if self._branch is None:
            return None
        there = {"out": out, **dict(zip(self.args, arrays, strict=False)), **params}
        return self._branch.function(**{name: there[name] for name in self._branch.names})

    @property
    def canonical(self) -> Primitive:
        """The operation itself, computed the first way."""
        return self._ways[0]

    def _survey(self) -> None:
        """What recording has to know of the rules: which arrays they name, for which argument; whether all have one."""
        there = ("out", *self.byproducts, *self.args)
        self._named = [
            (i, name, there.index(name))
            for i, arg in enumerate(self.args)
            for name in getattr(self.rules.get(arg), "names", ())
            if name in there
        ]
        self._all_ruled = None not in map(self.rules.get, self.args)

    def read(self, arg: str, function: Callable[..., Any]) -> Rule:
        """Read a rule's signature: what it names is what it will be given."""
        if not inspect.signature(function).parameters:
            raise TypeError(f"{self.name}: the rule for {arg!r} takes nothing; it must take g, the gradient")
        first, *rest = inspect.signature(function).parameters.values()
        names = tuple(p.name for p in rest if p.kind is not p.KEYWORD_ONLY)
        params = tuple(p.name for p in rest if p.kind is p.KEYWORD_ONLY)
        known = {"out", "shape", *self.byproducts, *(("index",) if self.variadic else self.args)}
        for name in (*(n for n in names if n not in known), *(p for p in params if p not in self.params)):
            raise TypeError(
                f"{self.name}: the rule for {arg!r} asks for {name!r}, which is not there; after {first.name} it may "
                f"name {', '.join(sorted(known))}, and after a star {', '.join(self.params) or 'nothing'}"
            )
        return Rule(function, names, params)

    def computed_by(self, forward: Callable[..., Any]) -> Primitive:
        """The same operation, its result computed another way: on the tape it goes by this one's name and rules."""
        other = Primitive(forward, self.byproducts)
        other.name, other.rules, other._ways = self.name, self.rules, self._ways
        other._branch, other._cost, other.analytic = self._branch, self._cost, self.analytic
        self._ways.append(other)
        other._survey()
        return other

    # ── recording ──

    def __call__(self, *args: Any, **params: Any) -> Any:
        """The result; a Value if an argument is one, else a bare array. By-products, if any, follow as arrays."""
        kind: type[Value] | None = None
        arrays: list[Any] = []
        parents: list[Node | None] = []
        for arg in args:
            if isinstance(arg, Value):
                kind = type(arg)
                arrays.append(arg._data)
                parents.append(arg.node)
            else:
                arrays.append(
                    arg if type(arg) is np.ndarray or not isinstance(arg, _SEQUENCES) else operand(self.name, arg)
                )
                parents.append(None)
        began = 0.0
        if kind is not None:
            now = recording.__dict__  # this thread's: looking up each name by itself would cost as much again
            if now["ledgers"]:
                began = perf_counter()
        try:
            result = self.forward(*arrays, **params)
        except (ValueError, TypeError, IndexError, MemoryError) as error:
            raise explained(self.name, error, arrays) from error
        if kind is None:
            return result
        others: Sequence[Any] = ()
        if self.byproducts:
            result, *others = result
            for array in others:
                if array.dtype.kind not in "iub":
                    raise TypeError(
                        f"{self.name}: a by-product is {array.dtype}; no derivative flows through by-products, so "
                        "they must be integers or booleans"
                    )
        out = result if type(result) is np.ndarray else np.asarray(result)
        for ledger in now["ledgers"]:
            ledger.computed(Call(self, None, arrays, params, out, others, 0.0), now["place"])
        node = None
        if out.dtype.kind == "f":
            if now["enabled"] and any(parents):
                node = self._record(args, arrays, parents, params, out, others, now, began)
        elif out.dtype.kind not in "iub":
            raise TypeError(f"{self.name}: the result would be {out.dtype}, not real numbers")
        value = kind.made(out, node)
        return (value, *others) if others else value

    def _record(
        self,
        args: Sequence[Any],
        arrays: list[Any],
        parents: list[Node | None],
        params: dict[str, Any],
        out: Any,
        others: Sequence[Any],
        now: dict[str, Any],
        began: float,
    ) -> Node | None:
        seconds = perf_counter() - began if began else 0.0
        if not self._all_ruled:
            parents = [parent and self._ruled(i, parent) for i, parent in enumerate(parents)]
            if not any(parents):
                for ledger in now["ledgers"]:
                    ledger.recorded(Call(self, None, arrays, params, out, others, seconds))
                return None
        there = (out, *others, *arrays)
        kept: dict[str, Any] = {}
        for i, name, position in self._named:
            if parents[i] is not None or self.variadic:
                kept[name] = there[position]
        while arrays[len(parents) - 1] is None:  # an optional argument that was not given is no part of the graph
            del parents[-1]
        node = Node(out.shape, out.dtype, self, tuple(parents), kept, params, now["place"])
        if guard.on:
            node.line = calling_place()
        for ledger in now["ledgers"]:
            ledger.recorded(Call(self, node, arrays, params, out, others, seconds))
        if guard.on:  # only now: a ledger may have had more kept
            node.seals = sealed(kept, self.args, args, parents, not self._own)
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

    # ── walking back ──

    def pull(self, node: Node, argument: int, g: Any, rules: Rules | None, kind: type[Value] | None) -> Any:
        """Carry `g` from the node's result to one argument, by the caller's rule for it or else by our own."""
        arg = self.args[0 if self.variadic else argument]
        rule = self.rules[arg]
        if rules is not None and arg in rules.get(self.name, ()):
            rule = rules[self.name][arg]
        assert rule is not None
        kept = node.kept
        if kept is None:
            raise RuntimeError(
                f"backward: what {self.name}{place(node)} kept was given back while it was needed, by another thread's "
                "walk; walk a graph in one thread at a time"
            )
        given: list[Any] = []
        for name in rule.names:
            if name in kept:
                given.append(kept[name] if kind is None else self._value(name, kept[name], node, kind))
            elif name == "shape":
                given.append(node.parents[argument].shape)  # type: ignore[union-attr]
            elif name == "index":
                given.append(argument)
            else:
                raise RuntimeError(
                    f"backward: the rule given for {self.name}{place(node)} asks for {name!r}, which was not kept, "
                    f"because no rule of {self.name}'s own names it"
                )
        if not rule.params:
            return rule.function(g, *given)
        return rule.function(g, *given, **{name: node.params[name] for name in rule.params})

    def _value(self, name: str, array: Any, node: Node, kind: type[Value]) -> Any:
        """A kept array back in its clothes, tied to its node, so that the rule's own steps can be recorded."""
        if array is None or name in self.byproducts:
            return array
        owner = node if name == "out" else node.parents[self.args.index(name)]
        return array if owner is None else kind.made(array, owner)

    def __reduce__(self) -> str:
        return self.name  # pickled and copied by name: there is one of each

    def __repr__(self) -> str:
        return f"<primitive {self.name}{self.__signature__}>"


@overload
def primitive(forward: Callable[..., Any], /) -> Primitive: ...
@overload
def primitive(*, byproducts: tuple[str, ...]) -> Callable[[Callable[..., Any]], Primitive]: ...
def primitive(forward: Callable[..., Any] | None = None, *, byproducts: tuple[str, ...] = ()) -> Any:
    """Make a function on arrays a differentiable operation and enter it in `PRIMITIVES`.

    Array arguments are positional, parameters keyword-only, and nothing has a default. `byproducts` names what forward
    returns after its result (switches, masks): integers or booleans, since no derivative flows through them.

        @primitive
        def cube(x): return x ** 3
        cube.defvjp(x=lambda g, x: 3 * g * x ** 2)

    Raises TypeError if an argument has a default, or if another module already defines a primitive of that name.
    """

    def enter(function: Callable[..., Any]) -> Primitive:
        made = Primitive(function, byproducts)
        taken = PRIMITIVES.get(made.name)
        if taken is not None and taken.__module__ != made.__module__:
            raise TypeError(f"primitive {made.name}: {taken.__module__} already has one of that name; choose another")
        PRIMITIVES[made.name] = made
        return made

    return enter if forward is None else enter(forward)
