"""Primitives: a function on arrays, the rules of its derivative, and a row in `PRIMITIVES`, the one registry.

A rule *is given what it names*. Its first argument is `g`, the gradient of the output. After that it may name

- an array argument of the forward function;
- `out`, the result, or a by-product that the forward function returned beside it;
- `shape`, the shape of the argument it differentiates by;
- of a variadic argument `index`, the array's number, and `others`, a tuple of all its arrays, in which those that no
  other array's gradient needs are None;
- after a star, any parameter.

Signatures are read once, when the rule is defined; a name that is none of these is refused there, in a sentence. *What
no rule names is not saved.*

    @primitive
    def multiply(x, y): return x * y
    multiply.defvjp(x=lambda g, y: g * y, y=lambda g, x: g * x)      # saves y for x's sake, x for y's, never the result

A joint rule, given without a name, returns the gradients of all arguments that have no rule of their own, in one pass;
it may name `wanted`, a tuple of booleans: which gradients are asked for. Of several floating outputs the rule's first
parameter is the gradient of the first; those of the others are called `g_` and the output's name. An output that
nothing depends on has a gradient of zeros. Outputs whose number depends on the call have one name with a star,
`outputs=("*parts",)`, and the rule's first parameter is a tuple of all their gradients.

Called on bare arrays a primitive is its forward function. Called with a `Value` among its arguments it gives a `Value`,
and leaves a node if a gradient can flow through it. Rules are written with operators and other primitives, so they too
work on arrays (fast) and on Values (recorded, hence differentiable again).

Calling an operation follows the row's signature: defaults are filled in, and a parameter whose annotation has a
`normalise` is brought into the one form that forward and rules expect. `bind` takes that form and trusts it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from keyword import iskeyword
from typing import Any

import numpy as np
from numpy import ndarray  # of NumPy's attributes Python has no cache

from .observer import State, current
from .tape import Kind, Node, Pick, Rules, Shape, Value, place

PRIMITIVES: dict[str, Primitive] = {}
"""Every primitive by its name."""

FOREIGN: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = []
"""Wrappers for the forward functions of other people's primitives."""

REFUSED: list[Callable[[str, inspect.Signature, dict[str, Any]], Exception]] = []
"""What makes the error for a call that lacks an argument, or names one that is not there; the last one counts."""

_LISTS = (list, tuple)
_PLAIN = frozenset({ndarray, float, int, bool, complex})
_FLOATING, _REAL = "fc", "fiub"
_MEANT = {"shape", "wanted"}  # in a rule


@dataclass(slots=True)
class Rule:
    """How to carry `g` back to one argument, or to all, and what the function is given."""

    function: Callable[..., Any]
    names: tuple[str, ...]  # positional, after g: arrays of the node, shape, index, wanted, other outputs' gradients
    params: tuple[str, ...]  # keyword-only: parameters of the forward call
    others: bool = False  # of several arguments under one name those that gradients of others need


class Primitive:
    """A differentiable operation; made by `@primitive`, completed by `defvjp`.

    Attributes:
        name: its name in `PRIMITIVES`, in messages and in rules.
        forward: the function on arrays.
        args: the names of its array arguments.
        params: the names of its other parameters.
        outputs: the names of its results.
        byproducts: the names of the results after the first.
        rules: the rule of each argument, None where no gradient flows.
        joint: the rule for all arguments, or None.
        analytic: whether forward is right for complex arguments too.
        call: the function that calling it calls.

    Example:
        >>> ag.matmul.args, ag.cumsum.params, ag.PRIMITIVES["exp"] is ag.exp
        (('a', 'b'), ('axis',), True)
    """

    __slots__ = ("__call__", "__dict__", "__weakref__")
    __call__: Callable[..., Any]  # in a slot: calling the operation calls what is there, without a step between
    __signature__: inspect.Signature
    call: Callable[..., Any]  # the same as a function, which a class takes for a method

    def __init__(self, forward: Any, name: str, module: str, outputs: Any, takes_complex: bool | None = None) -> None:
        self.own = module.startswith("autograd_mini.")
        self.forward = forward if self.own else reduce(lambda function, wrap: wrap(function), FOREIGN, forward)
        called = "" if isinstance(forward, np.ufunc) else getattr(forward, "__name__", "")
        self.name, self.__name__, self.__module__ = name, name, module
        self.__qualname__ = called if called.isidentifier() else name.rpartition(".")[2]
        self.open = outputs[0].startswith("*")  # as many outputs as forward returns
        self.outputs, self.byproducts = tuple(word.removeprefix("*") for word in outputs), outputs[1:]
        self.takes_complex = not self.own if takes_complex is None else takes_complex  # if its rules hold for them too
        self.rules: dict[str, Rule | None] = {}
        self.joint: Rule | None = None
        # which piece of the function each element is on, and how many multiply-adds it takes
        self.branch, self._cost = Rule(lambda: None, (), ()), Rule(lambda: 0, (), ())
        self.analytic, self.kind = False, ""  # if forward is right for complex arguments too; "elementwise", "linear"
        self.jvp: Callable[..., Any] | None = None  # (tangents, arrays, params, out) -> tangent of the result, by kind
        signature = signature_of(name, forward)
        parameters = [*signature.parameters.values()]
        args = [p for p in parameters if p.kind is not p.KEYWORD_ONLY and not _normaliser(p)]
        self.args, self.params = tuple(p.name for p in args), tuple(p.name for p in parameters if p not in args)
        self.variadic, self._arity = any(p.kind is p.VAR_POSITIONAL for p in args), len(args)
        names = [*map(str, (*self.outputs, *self.args))]
        odd = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
        if odd is not None:
            raise TypeError(f"primitive {name}: parameters must be named one by one, not **{odd}")
        if not args or (self.variadic and len(args) > 1):
            words = f"*{args[-1].name} must be the only array argument" if args else "there is no array argument"
            raise TypeError(f"primitive {name}: {words}")
        for word in names:
            if names.count(word) > 1 or word in _MEANT or not word.isidentifier():
                words = "in a rule that means something else, or nothing"
                raise TypeError(f"primitive {name}: no argument or output can be called {word!r}: {words}")
        self.canonical, self._implementations = self, [self]  # the operation itself; and others that compute the same
        self._survey()
        call_as(self, caller(name, forward, self.bind, signature))
        if not any(p.default is not p.empty or _normaliser(p) for p in parameters):
            self.__call__ = self.bind  # there is nothing to do before it

    # ── defining ──

    def defvjp(self, joint: Callable[..., Any] | None = None, /, **rules: Callable[..., Any] | None) -> None:
        """Give the rule for each argument: `relu.defvjp(x=lambda g, out: g * (out > 0))`; or a joint one for all.

        Arguments:
            joint: a function that returns the gradients of all arguments that have no rule of their own.
            rules: for each argument a function that returns its vector-Jacobian product, the gradient with respect to
                it; None declares that no gradient flows to it.
        Raises:
            TypeError: for a rule of, or one that names, something that the primitive does not have.
        """
        joint_rule = self.joint if joint is None else self.read("all arguments", joint)
        if joint is not None:
            self.rules.clear()
        for arg, function in rules.items():
            if arg not in self.args:
                raise TypeError(f"{self.name}.defvjp: there is no argument {arg!r}; there are {', '.join(self.args)}")
            self.rules[arg] = None if function is None else self.read(arg, function)
        self._define("joint", joint_rule)

    def defbranch(self, branch: Callable[..., Any]) -> None:
        """Say which piece of a function with kinks each element is on: `relu.defbranch(lambda x: x > 0)`.

        The gradient check takes no difference across two pieces. Integer and boolean arguments and by-products count as
        pieces by themselves.

        Arguments:
            branch: a function that names what it needs, as a rule does but without g, and returns an array that differs
                between pieces only.
        Raises:
            TypeError: for one that names something that the primitive does not have.
        """
        self._define("branch", self._asking("branch", branch, ("out", *self.args, *self.params)))

    def defcost(self, multiply_adds: Callable[..., int]) -> None:
        """Say how many multiply-adds a call takes: `matmul.defcost(lambda out, a: prod(out) * a[-1])`.

        A multiply-add is two floating operations (FLOPs). Only products have a cost; one or two passes over the
        elements count as nothing.

        Arguments:
            multiply_adds: a function that names arguments or `out`, and is given their shapes (of *args the first
                one's), and parameters, and is given their values.
        Raises:
            TypeError: for one that names something that the primitive does not have.
        """
        self._define("_cost", self._asking("cost", multiply_adds, ("out", *self.args, *self.params)))

    def multiply_adds(self, out: Shape, shapes: Sequence[Shape | None], params: Any = ()) -> int | None:
        """The multiply-adds of a call, as `defcost` says; 0 without it, None if it names a shape that is not known.

        Arguments:
            out: the shape of the result.
            shapes: those of the arguments, None for one that is not known.
            params: the parameters by name.
        """
        there = {"out": out, **dict(zip(self.args, shapes, strict=False)), **dict(params)}
        given = [there.get(name) for name in self._cost.names]
        return None if any(one is None for one in given) else int(self._cost.function(*given))

    def branch_of(self, arrays: Sequence[Any], params: Mapping[str, Any], out: Any) -> Any:
        """The piece that each element is on, as `defbranch` says; None if there is one piece only."""
        there = {"out": out, **dict(zip(self.args, arrays, strict=False)), **params}
        return self.branch.function(**{name: there[name] for name in self.branch.names})

    def implementation(self, forward: Callable[..., Any]) -> Primitive:
        """The same operation with another forward function; its nodes have this one's name and rules."""
        other = Primitive(forward, self.name, self.__module__, self.outputs)
        for fact in vars(self).keys() - {"forward", "call", "__qualname__", "__doc__", "__signature__"}:
            setattr(other, fact, getattr(self, fact))
        self._implementations.append(other)
        return other

    def _asking(self, what: str, function: Callable[..., Any], known: tuple[str, ...]) -> Rule:
        """A function that is given what it names, which must be known."""
        names = tuple(inspect.signature(function).parameters)
        for name in {*names} - {*known}:
            words = f"the {what} asks for {name!r}, which is not there; there are {', '.join(known)}"
            raise TypeError(f"{self.name}.def{what}: {words}")
        return Rule(function, names, ())

    def _define(self, fact: str, rule: Rule | None) -> None:
        """Set a rule for all implementations."""
        for implementation in self._implementations:
            setattr(implementation, fact, rule)
            implementation._survey()

    def _survey(self) -> None:
        """Note for recording which arrays the rules name, for which argument, and whether each argument has a rule."""
        there = (*self.outputs, *self.args)
        rules = [(None, self.joint), *((i, self.rules.get(arg)) for i, arg in enumerate(self.args))]
        named = [(i, name, rule) for i, rule in rules if rule is not None for name in rule.names if name in there]
        # the argument whose rule asks, if it matters; the name; its place, the last for what gradients of others need
        places = [-1 if rule.others and name in self.args else there.index(name) for _, name, rule in named]
        self._named = [(None if self.variadic else i, name, k) for (i, name, _), k in zip(named, places, strict=True)]
        self._only = self._arity == 1 and not (self.variadic or self.joint) and self.rules.get(self.args[0]) is not None
        self._all_ruled = None not in [self.rules.get(arg, self.joint) for arg in self.args]

    def read(self, arg: str, function: Callable[..., Any]) -> Rule:
        """Read a rule's signature: what it names is what it will be given."""
        what = f"{self.name}: the rule for {arg!r}"
        try:
            first, *rest = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            raise TypeError(f"{what} must be a function that takes g, the gradient, before anything else") from None
        names = tuple(p.name for p in rest if p.kind is not p.KEYWORD_ONLY)
        params = tuple(p.name for p in rest if p.kind is p.KEYWORD_ONLY)
        known = {*(() if self.open else self.outputs), *self.args, *(f"g_{output}" for output in self.byproducts)}
        known |= {"wanted"} if arg not in self.args else {"shape", "index"} if self.variadic else {"shape"}
        known |= {"others"} if self.variadic else set()
        if first.name in {*known, *self.params, *_MEANT}:
            words = f"its first argument is {first.name!r}, which means something else"
            raise TypeError(f"{what} must take g, the gradient, before anything else; {words}")
        for name in (*(n for n in names if n not in known), *(p for p in params if p not in self.params)):
            words = f"name {', '.join(sorted(known))}, and after a star {', '.join(self.params) or 'nothing'}"
            raise TypeError(f"{what} asks for {name!r}, which is not there; after {first.name} it may {words}")
        others = self.variadic and "others" in names
        return Rule(function, tuple(self.args[0] if others and n == "others" else n for n in names), params, others)

    # ── recording ──

    def bind(self, *args: Any, **params: Any) -> Any:
        """The result for normalised arguments: a Value if an argument is one, else a bare array.

        By-products, if any, follow as arrays; floating ones are outputs, and Values too.
        """
        if (len(args) != self._arity and not self.variadic) or (params and not self.params):
            return self.call(*args, **params)  # arrays by name; or one is missing, or a parameter that is not there
        kind: type[Value] | None = None
        arrays: list[Any] = [*args]
        parents: list[Node | None] = [None] * len(args)
        for i, arg in enumerate(args):
            if type(arg) not in _PLAIN and isinstance(arg, Value):  # of an array the second takes longer
                kind, arrays[i], parents[i] = type(arg), arg._array, arg.node
            elif type(arg) not in _PLAIN and (arg is not None or not i):
                arrays[i] = plain(self.name, arg)
        if kind is not None:
            state = current.get()
            for see in state.observers.calling:
                see(self, args)
        try:
            out = self.forward(*arrays, **params)
        except (ValueError, TypeError, IndexError, MemoryError, AttributeError) as error:
            for see in state.observers.failed if kind is not None else ():
                see(self, args, error)
            raise explained(self.name, error, arrays) from error
        if kind is None:
            return out
        others: list[Any] = []
        if self.byproducts or self.open:
            out, *others = self._several(out)
        elif type(out) is not ndarray:
            out = self._array(out)
        for see in state.observers.computed:
            see(self, arrays, params, out, others)
        flows = (out.dtype.kind == "f" and not others) or self._flows((out, *others))
        node = None
        if flows and state.enabled and any(parents):
            node = self._record(args, arrays, parents, params, out, others, state)
        return self._outputs((out, *others), node, kind) if others or self.open else kind.made(out, node)

    def _array(self, result: Any) -> Any:
        """What forward returned as an array."""
        made = None if isinstance(result, _LISTS) else np.asarray(result)
        if made is None or made.dtype.kind not in "fciub":
            several = f"{len(result)} results; `outputs` must name them" if made is None else told_kind(result)
            raise TypeError(f"{self.name}: forward returned {several}{', not an array' * (made is not None)}")
        return made

    def _several(self, results: Any) -> Any:
        count, names = len(results) if isinstance(results, _LISTS) else 1, self.outputs
        if not (isinstance(results, _LISTS) and count and (self.open or count == len(names))):
            found = f"{count} result{'s' * (count > 1)}, but there are to be {len(names)}: {', '.join(names)}"
            raise TypeError(f"{self.name}: forward returned {found}")
        return [r if type(r) is ndarray else self._array(r) for r in results]

    def _flows(self, results: Sequence[Any]) -> bool:
        """Whether there is a floating result. Raises TypeError for what is no number, or may not be complex."""
        for result in results:
            if result.dtype.kind not in (_REAL + "c" if self.takes_complex else _REAL):
                raise TypeError(f"{self.name}: the result would be {result.dtype}, not real numbers")
        return any(result.dtype.kind in _FLOATING for result in results)

    def _outputs(self, results: Sequence[Any], node: Any, kind: type[Value]) -> tuple[Any, ...]:
        return tuple([self._output(k, result, node, kind) for k, result in enumerate(results)])

    def _output(self, k: int, result: Any, node: Any, kind: type[Value]) -> Any:
        """One of several results: a Value if it is floating, or one of any number of them; else the array."""
        if result.dtype.kind not in _FLOATING:
            return kind.made(result, None) if self.open else result
        return kind.made(result, node.outputs[k].node(node) if node is not None and node.outputs else node)

    def _record(self, args: Any, arrays: Any, parents: Any, params: Any, out: Any, others: Any, state: State) -> Any:
        """The node of a call, or None if no gradient can flow through it."""
        if not self._all_ruled:
            parents = [*map(self._ruled, range(len(parents)), parents)]
            if not any(parents):
                for see in state.observers.recorded:
                    see(None, self, args, arrays, params, out, others)
                return None
        results: list[Any] = [(out, *others)] if self.open else [out, *others]
        there = [*results, tuple(arrays), _others(arrays, parents)] if self.variadic else [*results, *arrays]
        saved: dict[str, Any] = {}
        for i, name, k in self._named:
            if i is None or parents[i] is not None:
                saved[name] = there[k]
        if state.saving:
            names = dict(zip((*self.outputs, *self.args), there, strict=False))
            for name in names.keys() & state.saving.get(self.name, ()):
                saved.setdefault(name, names[name])
        while arrays[len(parents) - 1] is None:  # an optional argument that was not given is no part of the graph
            del parents[-1]
        node = Node(out.shape, out.dtype, self, tuple(parents), saved, params, state.scope)
        if self.open or (others and any(other.dtype.kind in _FLOATING for other in others)):
            node.outputs = tuple(map(self._pick, range(1 + len(others)), (out, *others)))
        for see in state.observers.recorded:
            note = see(node, self, args, arrays, params, out, others)
            if note is not None:
                node.notes = {see.__self__: note} if node.notes is None else {**node.notes, see.__self__: note}
        return node

    def _pick(self, k: int, result: Any) -> Pick | None:
        output = f"{self.outputs[0]}[{k}]" if self.open else self.outputs[k]
        pick = Pick(k, f"{self.name}.{output}", result.shape, result.dtype)
        return pick if result.dtype.kind in _FLOATING else None

    def _ruled(self, i: int, parent: Node | None) -> Node | None:
        """The node of argument i, or None if its rule lets no gradient flow there."""
        if parent is None:
            return None
        arg = self.arg(i)
        if arg not in self.rules and self.joint is None:
            words = f"or declare that no gradient flows there with {self.name}.defvjp({arg}=None)"
            what = f"{self.name} has no rule for {arg!r}: give one with {self.name}.defvjp({arg}=…)"
            raise NotImplementedError(f"{what}, {words}")
        return None if self.rules.get(arg, self.joint) is None else parent

    # ── backward ──

    def vjp(self, node: Node, g: Any, wanted: Sequence[Any], rules: Rules | None, kind: Kind) -> list[Any]:
        """Carry `g` from the node's result to the wanted arguments, by the caller's rules or else by its own."""
        if rules is None and self._only:
            return [self._apply(self.rules[self.args[0]], node, g, 0, wanted[0], kind)]
        own: Mapping[str, Any] = self.rules if rules is None else {**self.rules, **rules.get(self.name, {})}
        grads: list[Any] = [None] * len(wanted)
        if self.joint is not None:
            grads, wanted = self._jointly(own, node, g, wanted, kind)
        for i, parent in enumerate(wanted):
            if parent is not None:
                grads[i] = self._apply(own[self.args[0 if self.variadic else i]], node, g, i, parent, kind)
        return grads

    def _jointly(self, own: Any, node: Node, g: Any, wanted: Sequence[Any], kind: Kind) -> tuple[list[Any], list[Any]]:
        """The gradients of the wanted arguments that the joint rule is for, and what else is wanted."""
        count = len(wanted) if self.variadic else len(self.args)
        asked = [i < len(wanted) and wanted[i] is not None and self.arg(i) not in own for i in range(count)]
        found = self._apply(self.joint, node, g, tuple(asked), None, kind) if any(asked) else [None] * count
        if not isinstance(found, _LISTS) or len(found) != count:
            words = f"must return a gradient for each of its {count} arguments, None where none is wanted"
            raise TypeError(f"backward: the joint rule of {self.name}{place(node)} {words}")
        rest = [None if given else parent for given, parent in zip(asked, wanted, strict=False)]
        return [found[i] if asked[i] else None for i in range(len(wanted))], rest

    def arg(self, i: int) -> str:
        """The name of argument i."""
        return self.args[0 if self.variadic else i]

    def _apply(self, rule: Any, node: Node, g: Any, which: Any, parent: Node | None, kind: Kind) -> Any:
        """Call a rule with what it names. which: the argument's number, or a joint rule's `wanted`."""
        saved = node.saved
        if saved is None:
            words = "by another thread's backward pass; go back over a graph in one thread at a time"
            raise RuntimeError(f"backward: what {self.name}{place(node)} saved was freed while it was needed, {words}")
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
                words = f"asks for {name!r}, which was not saved, because no rule of {self.name}'s own names it"
                raise RuntimeError(f"backward: the rule given for {self.name}{place(node)} {words}")
        if node.outputs:
            for k, output in enumerate(self.byproducts, 1):
                if f"g_{output}" not in rule.names and g[k] is not None and np.any(getattr(g[k], "_array", g[k])):
                    words = f"of {self.name}{place(node)}, and no rule names g_{output}; it would be lost"
                    raise TypeError(f"backward: a gradient arrives at {output!r} {words}")
            g = tuple(g) if self.open else g[0]
        params = {}
        for name in rule.params:
            params[name] = node.params[name]
        return rule.function(g, *given, **params)

    def _value(self, name: str, array: Any, node: Node, kind: type[Value]) -> Any:
        """A saved array as a Value again, with its node if it has one, so that the rule's own steps are recorded."""
        if name in self.outputs:
            result = self._output(self.outputs.index(name), array, node, kind)
            return kind.made(result, None) if isinstance(result, ndarray) else result
        nodes = node.parents
        if self.variadic:
            return tuple([kind.made(a, p) if isinstance(a, ndarray) else a for a, p in zip(array, nodes, strict=True)])
        i = self.args.index(name)
        return kind.made(array, nodes[i] if i < len(nodes) else None) if isinstance(array, ndarray) else array

    def __reduce__(self) -> str:
        return self.__qualname__  # pickled and copied by name: there is one of each

    def __repr__(self) -> str:
        return f"<primitive {self.name}{self.__signature__}>"


# ── definition ────────────────────────────────────────────────────────────────────────────────────────────────────────


def signature_of(name: str, function: Any) -> inspect.Signature:
    """A forward function's signature, with annotations as objects. A ufunc's arguments are called x, y, z."""
    if isinstance(function, np.ufunc):
        names = "xyzuvw"[: function.nin]
        return inspect.Signature([inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names])
    try:
        return inspect.signature(function, eval_str=True)
    except NameError:  # annotations are words that mean nothing where they stand
        return inspect.signature(function)
    except (TypeError, ValueError):
        words = "has no signature that names its arguments; wrap it in a function"
        raise TypeError(f"primitive {name}: {function!r} {words}") from None


def _normaliser(parameter: inspect.Parameter) -> Any:
    """The part of a parameter's annotation that can `normalise` it, of Annotated[…, it]; None without one."""
    return next((m for m in getattr(parameter.annotation, "__metadata__", ()) if hasattr(m, "normalise")), None)


def caller(name: str, function: Any, bind: Any, signature: inspect.Signature, failed: Any = None) -> Any:
    """Compile the function that users call: the signature's defaults, parameters normalised, then `bind`.

    failed: what to raise for an error of `bind`, from the name, the error and the arrays.
    """
    word = name.rpartition(".")[2]
    scope: dict[str, Any] = {"_bind": bind, "_op": operand, "_nd": ndarray, "_name": name, "_failed": failed}
    scope["_bad"], scope["_Value"], parameters = REFUSED, Value, [*signature.parameters.values()]
    more = "*_more" * (inspect.Parameter.VAR_POSITIONAL not in [p.kind for p in parameters])
    declared, given, odd = list[str](), list[str](), f"_odd{more.replace('*', ' or ')}"
    arrays = [p for p in parameters if p.kind is not p.KEYWORD_ONLY and not _normaliser(p)]
    first = arrays[0].name if arrays and arrays[0].kind is not inspect.Parameter.VAR_POSITIONAL else None
    check = f"    if not isinstance({first}, _Value) and type({first}) is not _nd: {first} = _op(_name, {first}, @)\n"
    check *= first is not None and (bind is function or any(map(_normaliser, parameters)))
    for i, p in enumerate(parameters):
        star, normaliser = "*" * (p.kind is p.VAR_POSITIONAL), _normaliser(p)
        scope[f"_d{i}"], scope[f"_n{i}"] = p.default, getattr(normaliser, "normalise", None)
        declared.append(f"{star}{p.name}" + f"=_d{i}" * (not star))
        odd += f" or {p.name} is _d{i}" * (p.default is p.empty and not star)
        value = f"_n{i}(_name, {p.name!r}, {p.name}, {first})" if scope[f"_n{i}"] else p.name
        given.append(f"{star}{p.name}" if p in arrays else f"{p.name}={value}")
    declared[(n := sum(p.kind is not p.KEYWORD_ONLY for p in parameters)) : n] = [more] * bool(more)
    body, data = f"return _bind({', '.join(given)})", ", ".join(word.partition("=")[0] for word in declared)
    check = f"    if {odd}: raise _bad[-1](_name, called.__signature__, locals())\n{check.replace('@', data)}"
    body = body if failed is None else f"try: {body}\n    except Exception as e: raise _failed(_name, e, [{data}])"
    exec(_compiled(f"def called({', '.join(declared)}, **_odd):\n{check}    {body}"), scope)
    called, file = scope["called"], f"{__file__.rpartition('primitive')[0]}<{name}>"  # a room of ours
    called.__code__ = called.__code__.replace(co_filename=file, co_name=word, co_qualname=word)
    called.__doc__, called.__module__ = function.__doc__, getattr(function, "__module__", None) or ""
    called.__name__, called.__qualname__, called.__wrapped__ = word, word, function  # annotations stay there
    called.__signature__ = inspect.Signature([p.replace(annotation=p.empty) for p in parameters])
    return called


@cache
def _compiled(source: str) -> Any:
    """Compiled once for all operations of the same signature, which makes importing them faster."""
    return compile(source, "<operation>", "exec")


def _others(arrays: Sequence[Any], parents: Sequence[Any]) -> tuple[Any, ...]:
    """The arrays that another one's gradient may need; None in place of the rest."""
    count = sum(parent is not None for parent in parents)
    return tuple([a if count > (p is not None) else None for a, p in zip(arrays, parents, strict=True)])


def call_as(op: Primitive, function: Callable[..., Any]) -> None:
    """Make calling the operation call this function, which ends in its `bind`; it becomes `op.call`."""
    op.__call__ = op.call = function
    function.__name__ = function.__qualname__ = op.name  # errors of Python's own name it
    op.__doc__, op.__signature__ = function.__doc__, inspect.signature(function)


def primitive(forward: Any = None, *, byproducts: Any = (), outputs: Any = (), name: Any = None, **own: Any) -> Any:
    """Make a function on arrays a differentiable operation and enter it in `PRIMITIVES`.

    If another module has an operation of that name, this one is entered, and called in messages and rules, by its
    module's name too (`mine.square`).

    Arguments:
        forward: a function whose array arguments are positional and whose parameters are keyword-only, or annotated
            with what normalises them. None if keywords follow: `@primitive(byproducts=("mask",))`.
        byproducts: the names of what forward returns after its result. Integers and booleans are constants; floating
            ones are outputs, whose gradients a rule may name.
        outputs: the names of all that forward returns, result included; one name with a star for any number.
        name: what a ufunc or lambda is to be called.
        own: takes_complex, whether its rules hold for complex arrays, and module, where it belongs.
    Returns:
        The operation, a `Primitive`; its rules follow by `defvjp`.
    Raises:
        TypeError: for anything but such a function, and for names that a rule could not use.

    Example:
        >>> @ag.primitive
        ... def cube(x):
        ...     return x ** 3
        >>> cube.defvjp(x=lambda g, x: 3 * g * x ** 2)
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> ag.grad(cube(x).sum(), x).numpy()
        array([ 3., 12.])
    """
    module = own.pop("module", None)
    where = module or sys._getframe(1).f_globals.get("__name__", "__main__")

    def enter(function: Callable[..., Any]) -> Primitive:
        if not callable(function):
            raise TypeError(f"primitive: takes a function on arrays, not {told_kind(function)}")
        called: Any = name or getattr(function, "__name__", "")
        if not called.isidentifier() or iskeyword(called):
            raise TypeError(f"primitive: {called or function!r} is no name for an operation; give one with name=…")
        home = where if module is not None or not hasattr(function, "__code__") else function.__module__ or where
        if called in PRIMITIVES and PRIMITIVES[called].__module__ != home:  # another module's keeps the short name
            called = f"{home}.{called}"
        made = Primitive(function, called, home, tuple(map(str, outputs)) or ("out", *byproducts), **own)
        PRIMITIVES[called] = made
        return made

    return enter if forward is None else enter(forward)


# ── arguments and errors ──────────────────────────────────────────────────────────────────────────────────────────────

_KINDS: tuple[type[Exception], ...] = (np.linalg.LinAlgError, ValueError, IndexError, MemoryError, AttributeError)
_CAST = re.compile(r"^Cannot cast ufunc .* output from dtype\('(\w+)'\) to dtype\('(\w+)'\)")
RAGGED = "the data make no array; nested lists must be equally long"


def explained(name: str, error: Exception, arrays: Sequence[Any]) -> Exception:
    """An error of the same kind that names the operation, the shapes and the rule."""
    kind, text = next((kind for kind in _KINDS if isinstance(error, kind)), TypeError), str(error)
    shapes = [tuple(np.shape(array)) for array in arrays if array is not None]
    if isinstance(error, TypeError | ValueError | AttributeError) and (odd := _odd(arrays, "None" in text)):
        kind, text = TypeError, f"takes arrays of real numbers, not {odd}"
    elif "broadcast" in text and len(shapes) > 1:
        text = clash(shapes)
    elif cast := _CAST.search(text):
        text = f"the result would be {cast[1]}, which does not fit into {cast[2]}"
    elif "not supported for the input types" in text:
        text = f"is not defined for {' and '.join(str(getattr(a, 'dtype', type(a).__name__)) for a in arrays)}"
    elif "numpy boolean" in text:
        text = "booleans have no sign and no difference; astype makes numbers of them"
    return kind(": ".join([name, *([" and ".join(map(str, shapes))] if shapes else []), text]))


def clash(shapes: Sequence[tuple[int, ...]]) -> str:
    """Why shapes do not broadcast."""
    for axis in range(1, 1 + max(map(len, shapes))):
        sizes = {shape[-axis] for shape in shapes if len(shape) >= axis} - {1}
        if len(sizes) > 1:
            lengths = " and ".join(map(str, sorted(sizes)))
            rule = f"compared from the right, {lengths} differ on axis {-axis} and neither is 1"
            return f"these shapes do not broadcast; {rule}"
    return f"together these shapes make {np.broadcast_shapes(*shapes)}, which does not fit into the first"


def told_kind(x: Any) -> str:
    """What a user gave, in a word: the dtype of an array, the type of anything else."""
    if isinstance(x, ndarray | np.generic):
        return f"the dtype {x.dtype}"
    module = type(x).__module__.partition(".")[0]
    return type(x).__name__ if module == "builtins" else f"{module}.{type(x).__name__}"


def _odd(arrays: Sequence[Any], none_too: bool) -> str | None:
    """The first argument that no operation takes, in a word, or None. None itself counts only if `none_too`."""
    for x in arrays:
        right = x.dtype.kind in "biufc" if isinstance(x, ndarray | np.generic) else isinstance(x, int | float | complex)
        if not right and (x is not None or none_too):
            return told_kind(x)
    return None


def operand(name: str, x: Any, *beside: Any) -> Any:
    """A Value or array of numbers as it is; of anything else, the array that NumPy makes of it.

    beside: arrays, of which the floating ones give a Python number its dtype; anything else counts for nothing.
    np.matrix and other kinds of arrays are taken as the plain arrays they hold, so that * is elementwise. Raises
    TypeError, as `name`, for what is not numbers, for masked arrays and for lists of Tensors, ValueError for ragged
    lists.
    """
    if isinstance(x, Value) or (type(x) is ndarray and x.dtype.kind in "biufc"):
        return x
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array's hidden elements would count; give a.filled(...)")
    if isinstance(x, _LISTS) and _holds_values(x):
        raise TypeError(f"{name}: a list of Tensors would lose their gradients; join them with stack first")
    kinds = [y.dtype for y in beside if isinstance(getattr(y, "dtype", None), np.dtype) and y.dtype.kind in _FLOATING]
    try:
        array = np.asarray(x, np.result_type(x, *kinds) if kinds and type(x) in (int, float, complex) else None)
    except ValueError:
        raise ValueError(f"{name}: {RAGGED}") from None
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name}: takes arrays of real numbers, not {told_kind(array if isinstance(x, _LISTS) else x)}")
    return array


def plain(name: str, x: Any) -> Any:
    """As `operand` for what NumPy makes an array of, also of no numbers; numbers and anything else as they are."""
    odd = x is None or isinstance(x, list | tuple | str | dict | set)
    return operand(name, x) if odd or (hasattr(x, "__array__") and not isinstance(x, np.generic)) else x


def _holds_values(entries: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) or (isinstance(x, _LISTS) and _holds_values(x)) for x in entries)
