"""`grad` and `backward`: the user's two ways to start the backward pass. Both check their arguments first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from . import tape
from .observer import Changed, current, rescoped
from .primitive import _REAL, PRIMITIVES, Primitive, operand
from .tape import Node, Rules, Value, backward_pass


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    allow_unused: bool = False,
    rules: Any = None,
) -> Any:
    """The gradient of the outputs with respect to the inputs: Σ grad_outputs · ∂outputs/∂inputs.

    Arguments:
        outputs: a Tensor, or a sequence of Tensors.
        inputs: a Tensor, or a sequence of Tensors: leaves or results.
        grad_outputs: an array shaped as the output, or a sequence of them; outputs of one element need none.
        create_graph: whether the gradient is recorded, so that it can be differentiated again.
        retain_graph: whether the saved arrays stay for another pass; else they are freed, unless `create_graph`.
        allow_unused: whether an input that the outputs do not depend on gets None; else it is an error.
        rules: rules that replace an operation's own in this pass, {operation or its name: {argument: rule}}, which is
            how a deconvnet looks back (`vis.DECONVNET`).
    Returns:
        A Tensor shaped as the input; a tuple of them for a sequence of inputs.
    Raises:
        RuntimeError: for an output without a graph, for a graph that was freed, and for an unused input.
        ValueError: for a missing or ill-shaped grad_outputs, and for rules of what does not exist.
        TypeError: for outputs and inputs that are not Tensors, and rules that are not functions.

    Example:
        >>> x = Tensor([1.0, 2.0], requires_grad=True)
        >>> slope = ag.grad((x ** 3).sum(), x, create_graph=True)
        >>> slope.numpy(), ag.grad(slope.sum(), x).numpy()  # 3x², 6x
        (array([ 3., 12.]), array([ 6., 12.]))
        >>> ag.grad(ag.relu(x).sum(), x, rules={"relu": {"x": lambda g: 10 * g}}).numpy()
        array([10., 10.])
    """
    single = isinstance(inputs, Value)
    targets = (inputs,) if single else _sequence("grad: inputs must be a Tensor or a sequence of Tensors", inputs)
    nodes: list[Node] = []
    for i, value in enumerate(targets):
        if not isinstance(value, Value):
            raise TypeError(f"grad: input {i} must be a Tensor, not {type(value).__name__}")
        if value.node is None:
            words = f"grad: input {i}{called(value)} does not require a gradient; requires_grad=True makes it"
            raise RuntimeError(words)
        nodes.append(value.node)
    found = _passed("grad", outputs, grad_outputs, nodes, rules, create_graph, retain_graph)
    results, again = [*map(found.get, nodes)], len({*nodes}) < len(nodes)
    for i, g in enumerate(results):
        if g is None and not allow_unused:
            words = f"{called(targets[i])}; allow_unused=True gives None for it"
            raise RuntimeError(f"grad: the outputs do not depend on input {i}{words}")
        if g is not None and again:  # each result is an array of its own
            results[i] = g.made(g._array.copy("K"), g.node)
    return results[0] if single else tuple(results)


def backward(output: Any, gradient: Any = None, *, create_graph: bool = False, retain_graph: bool = False) -> None:
    """Add the gradient of `output` to `.grad` of every leaf it was computed from. `Tensor.backward` calls it.

    No `.grad` is touched unless the whole pass succeeds. With `create_graph`, `.grad` refers to the graph, which refers
    to the leaf: only `.grad = None` or the garbage collector opens that circle; `grad` makes none.

    Arguments:
        output: a Tensor.
        gradient: an array shaped as the output; one of one element needs none.
        create_graph, retain_graph: as for `grad`.
    Raises:
        RuntimeError, ValueError, TypeError: as `grad` does.
    """
    found = _passed("backward", output, gradient, None, None, create_graph, retain_graph)
    for node in found:
        if isinstance(node.retains_grad, str):
            raise RuntimeError(f"backward: {node.retains_grad}")
    accumulate(list(found), list(found.values()))


def add_up(nodes: list[Node], values: list[Any]) -> None:
    """Add to each node's `.grad`: to all or to none, since no signal interrupts the last line, which runs in C."""
    sums = [v if node.grad is None else node.grad + v for node, v in zip(nodes, values, strict=True)]
    deque(map(setattr, nodes, repeat("grad"), sums), maxlen=0)


accumulate = add_up
"""What `backward` adds with; replaced where several threads compute, by one with a lock."""


def _passed(
    name: str, outputs: Any, gradients: Any, wanted: list[Node] | None, rules: Any, create_graph: bool, retain: bool
) -> dict[Node, Value]:
    """The gradients that a backward pass from the outputs finds, each a Tensor of its own."""
    seeds, kind = _seeds(name, outputs, gradients, create_graph)
    scope, rules = current.get().scope, None if rules is None else _by_name(rules)
    with Changed(enabled=create_graph), tape.quiet():
        try:
            found = backward_pass(seeds, wanted, rules, retain or create_graph, kind if create_graph else None)
        finally:
            rescoped(scope)
    for node, g in found.items():
        found[node] = kind.made(g._array.copy("K"), g.node) if create_graph else kind.made(g, None)
    return found


def _sequence(what: str, values: Any) -> list[Any]:
    if not isinstance(values, Iterable):
        raise TypeError(f"{what}, not {type(values).__name__}")
    return list(values)


def _seeds(name: str, outputs: Any, gradients: Any, create_graph: bool) -> tuple[dict[Node, Any], type[Value]]:
    """The pass's first gradients, one for each output's node, and the class of the outputs."""
    if isinstance(outputs, Value):
        return {outputs.node: _seed(name, outputs, gradients, create_graph)}, type(outputs)  # type: ignore[dict-item]
    outputs = _sequence(f"{name}: outputs must be a Tensor or a sequence of Tensors", outputs)
    if gradients is not None and not isinstance(gradients, list | tuple):
        raise TypeError(f"{name}: several outputs need a list of grad_outputs, not {type(gradients).__name__}")
    gradients = [None] * len(outputs) if gradients is None else gradients
    if not outputs:
        raise ValueError(f"{name}: there are no outputs")
    if len(gradients) != len(outputs):
        raise ValueError(f"{name}: {len(outputs)} outputs need as many grad_outputs, not {len(gradients)}")
    seeds: dict[Node, Any] = {}
    for value, g in zip(outputs, gradients, strict=True):
        if not isinstance(value, Value):
            raise TypeError(f"{name}: outputs must be Tensors, not {type(value).__name__}")
        seed, node = _seed(name, value, g, create_graph), value.node
        seeds[node] = seeds[node] + seed if node in seeds else seed  # type: ignore[index]
    return seeds, type(outputs[0])


def _seed(name: str, value: Value, g: Any, create_graph: bool) -> Any:
    shape, dtype = value._array.shape, value._array.dtype
    if value.node is None:
        words = "no tensor with requires_grad=True went into it, or it was computed under no_grad(), or it was detached"
        raise RuntimeError(f"{name}: the output{called(value)} has no graph: {words}")
    if g is not None:
        array = g._array if isinstance(g, Value) else operand(f"{name}: the gradient", g)
        if array.dtype.kind not in _REAL and dtype.kind != "c":
            raise TypeError(f"{name}: the gradient has dtype {array.dtype}; it must hold real numbers")
        if array.shape != shape:
            words = f"but the output{called(value)} has {shape}"
            raise ValueError(f"{name}: the gradient has shape {array.shape}, {words}")
    elif value._array.size == 1 and dtype.kind != "c":
        array = np.array(1, dtype, ndmin=len(shape))
    else:
        words = f"{' and is complex' * (dtype.kind == 'c')}; only one of one element can do without a gradient"
        mend = "Pass one of that shape, or reduce the output with sum() or mean()"
        raise ValueError(f"{name}: the output{called(value)} has shape {shape}{words}. {mend}")
    if create_graph:
        return g if isinstance(g, Value) else type(value).made(np.asarray(array, dtype), None)
    return np.asarray(array, dtype)


def called(value: Any) -> str:
    """The name of a value, for a message, or nothing."""
    return f" {name!r}" if (name := getattr(value.node, "name", value._name)) else ""


def _by_name(rules: Any) -> Rules | None:
    """Rules keyed by primitive or name, read and keyed by name. Raises ValueError for what does not exist."""
    read: dict[str, dict[str, Any]] = {}
    if not isinstance(rules, Mapping):
        raise TypeError(f"grad: rules must be a mapping of rules by operation, not {type(rules).__name__}")
    for key, given in rules.items():
        op = key if isinstance(key, Primitive) else PRIMITIVES.get(key)
        if op is None:
            from difflib import get_close_matches

            near = ", ".join(get_close_matches(str(key), PRIMITIVES) or PRIMITIVES)
            raise ValueError(f"grad: rules are given for {key!r}, but there is no such primitive; there are {near}")
        if not isinstance(given, Mapping):
            raise TypeError(f"grad: the rules of {op.name} must be a mapping by argument, not {type(given).__name__}")
        for arg, rule in given.items():
            if arg not in op.args:
                words = f"but its arguments are {', '.join(op.args)}"
                raise ValueError(f"grad: a rule is given for {op.name}'s {arg!r}, {words}")
            if not callable(rule):
                raise TypeError(f"grad: the rule given for {op.name}'s {arg!r} is {rule!r}, not a function")
            read.setdefault(op.name, {})[arg] = op.read(arg, rule)
    return read or None
