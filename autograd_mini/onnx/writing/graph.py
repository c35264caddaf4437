"""The graph of an ONNX file as it is written: values, nodes, and the table of what an operation becomes.

A rule of the table is given the graph and the operation's arguments as values, and returns the result, of nodes that it
adds: `graph.Softmax(x, axis=1)` adds one, values have Python's operators. Types and the names of nodes are the graph's
concern: a result is cast to the dtype that the operation gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...observe.lines import Place, format_place

Array = np.ndarray[Any, Any]

RULES: dict[str, Callable[..., Any]] = {}
"""By primitive, what it is written as: (graph, *values, **parameters) -> value, or a tuple of them."""


class UnwrittenError(ValueError):
    """What ONNX, or the chosen version of its operators, cannot express; the words go behind the operation's name."""


class Dim:
    """A length that depends on the batch: factor · n + more."""

    def __init__(self, factor: int, more: int) -> None:
        self.factor, self.more = factor, more

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dim) and (self.factor, self.more) == (other.factor, other.more)

    def __hash__(self) -> int:
        return hash((self.factor, self.more))

    def __str__(self) -> str:
        factor, more = f"{self.factor}*" * (self.factor != 1), f" + {self.more}" * (self.more != 0)
        return f"{factor}batch{more}"

    __repr__ = __str__

    def _refuse(self, *_: Any) -> Any:
        raise UnwrittenError(
            f"goes by the length {self}, which is not known before the net runs; fix the batch's length"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __mod__ = __index__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = _refuse


Length = int | Dim


class Made(NamedTuple):
    """The call that a value is the result of."""

    op: str
    args: tuple[Any, ...]
    params: Mapping[str, Any]


class Var:
    """A value of the graph. array: of a constant or of a leaf; shape: where it is known; made: of what call it is."""

    def __init__(
        self, graph: Graph, dtype: Any, array: Array | None = None, *, name: str = "", is_leaf: bool = False,
        words: str = "",
    ) -> None:  # fmt: skip
        self.graph, self.dtype, self.array, self.name, self.is_leaf = graph, np.dtype(dtype), array, name, is_leaf
        self.shape: Any = None if array is None else array.shape
        self.made: Made | None = None
        self.number: Any = None  # a Python number, whose dtype is the other operand's
        self.last: Var | None = None  # by which it is known if it is not written: a last element, places
        self.ends: Array | None = None  # where that is, of sequences of different lengths
        self.words = words  # why it is not given

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def constant(self) -> Array | None:
        """Its array, if it is a constant."""
        return None if self.is_leaf else self.array

    def __add__(self, other: Any) -> Var:
        return self.graph.pair("Add", self, other)

    def __radd__(self, other: Any) -> Var:
        return self.graph.pair("Add", other, self)

    def __sub__(self, other: Any) -> Var:
        return self.graph.pair("Sub", self, other)

    def __rsub__(self, other: Any) -> Var:
        return self.graph.pair("Sub", other, self)

    def __mul__(self, other: Any) -> Var:
        return self.graph.pair("Mul", self, other)

    def __rmul__(self, other: Any) -> Var:
        return self.graph.pair("Mul", other, self)

    def __truediv__(self, other: Any) -> Var:
        return self.graph.pair("Div", self, other)

    def __rtruediv__(self, other: Any) -> Var:
        return self.graph.pair("Div", other, self)

    def __pow__(self, other: Any) -> Var:
        return self.graph.pair("Pow", self, other)

    def __neg__(self) -> Var:
        return self.graph.Neg(self)

    def __lt__(self, other: Any) -> Var:
        return self.graph.pair("Less", self, other)

    def __le__(self, other: Any) -> Var:
        return self.graph.pair("LessOrEqual", self, other)

    def __gt__(self, other: Any) -> Var:
        return self.graph.pair("Greater", self, other)

    def __ge__(self, other: Any) -> Var:
        return self.graph.pair("GreaterOrEqual", self, other)

    def __and__(self, other: Any) -> Var:
        return self.graph.pair("And", self, other)

    def __or__(self, other: Any) -> Var:
        return self.graph.pair("Or", self, other)

    def __xor__(self, other: Any) -> Var:
        return self.graph.pair("Xor", self, other)

    def __invert__(self) -> Var:
        return self.graph.Not(self)

    def equals(self, other: Any) -> Var:
        """Where the two are equal."""
        return self.graph.pair("Equal", self, other)


class Node:
    """An operator of the graph, where it came from, and the values it takes and gives."""

    def __init__(self, op: str, inputs: Sequence[Var | None], outputs: Sequence[Var], attributes: Any, where: Any):
        self.op, self.inputs, self.outputs, self.attributes, self.where = op, inputs, outputs, attributes, where
        self.name = ""


_BOOLEAN = {"And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or", "Xor"}
_PLACES = {"MaxPool", "TopK"}  # whose second result are indices
_WHOLE = {"ArgMax", "ArgMin", "NonZero", "Shape", "Size"}


class Graph:
    """Nodes in order, and the constants that they take.

    Attributes:
        opset: the version of ONNX's operators.
        nodes: those added so far.
        path: the module that runs, and the line it was called from: where nodes that are added come from.
        out: the dtype of the running operation's first result.
        lengths: by Dim, the value that holds it.
    """

    def __init__(self, opset: int) -> None:
        self.opset, self.nodes = opset, list[Node]()
        self.path: str | None = None
        self.place: Place | None = None
        self.out: Any = np.dtype(np.float32)
        self.shape: Any = ()
        self.first: Var | None = None  # an input whose first axis is the batch
        self._constants: dict[Any, Var] = {}
        self._length: Var | None = None

    # ── nodes ──

    def add(self, op: str, *inputs: Any, outputs: int = 1, dtype: Any = None, **attributes: Any) -> tuple[Var, ...]:
        """Add a node; Python numbers among its inputs are constants in the dtype of the first value."""
        first = next((x for x in inputs if isinstance(x, Var)), None)
        if dtype is None:
            named = np.bool_ if op in _BOOLEAN else np.int64 if op in _WHOLE else None
            dtype = named or (inputs[1].dtype if op == "Where" else first.dtype if first else self.out)
        given = [x if isinstance(x, Var | None) else self.number(x, first.dtype if first else dtype) for x in inputs]
        made = tuple([Var(self, dtype) for _ in range(outputs)])
        if op in _PLACES and outputs == 2:
            made[1].dtype = np.dtype(np.int64)
        attributes = {name: value for name, value in attributes.items() if value is not None}
        self.nodes.append(Node(op, given, made, attributes, (self.path, self.place)))
        return made

    def __getattr__(self, op: str) -> Callable[..., Var]:
        """A node by the name of its operator, and its one result."""
        if not op[0].isupper():
            raise AttributeError(op)
        return lambda *inputs, **attributes: self.add(op, *inputs, **attributes)[0]

    def pair(self, op: str, x: Any, y: Any) -> Var:
        """A node of two values, of which one may be a Python number."""
        like = (x if isinstance(x, Var) else y).dtype
        return self.add(op, *(v if isinstance(v, Var) else self.number(v, like) for v in (x, y)))[0]

    def where(self, condition: Var, x: Any, y: Any) -> Var:
        """x where the condition holds, elsewhere y; Python numbers are of the other's dtype."""
        like = next((v.dtype for v in (x, y) if isinstance(v, Var)), self.out)
        given = [v if isinstance(v, Var) else self.number(v, like) for v in (x, y)]
        if like == np.bool_:
            return self.cast(self.Where(condition, *(self.cast(v, np.uint8) for v in given)), np.bool_)
        return self.Where(condition, *given)

    def cast(self, x: Var, dtype: Any) -> Var:
        """The same numbers in a dtype."""
        if x.dtype == dtype:
            return x
        if x.constant is not None:
            return self.array(x.constant.astype(dtype))
        made = self.add("Cast", x, dtype=dtype, to=element(dtype))[0]
        made.shape = x.shape
        return made

    def since(self, version: int, words: str) -> None:
        """Raise UnwrittenError if the chosen version of the operators is older."""
        if self.opset < version:
            raise UnwrittenError(
                f"{words}, since version {version} of ONNX's operators; the one chosen is {self.opset}"
            )

    # ── constants ──

    def array(self, values: Any, dtype: Any = None) -> Var:
        """A constant; equal ones are one."""
        array = np.asarray(values, dtype)
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if array.nbytes > 1 << 16:
            return Var(self, array.dtype, array)
        key = (array.dtype, array.shape, array.tobytes())
        return self._constants.setdefault(key, Var(self, array.dtype, array))

    def number(self, value: Any, dtype: Any = None) -> Var:
        """A constant of no axes."""
        return self.array(np.asarray(value, dtype or self.out))

    def ints(self, values: Iterable[int]) -> Var:
        """A line of integers, as shapes and axes are."""
        return self.array([int(n) for n in values], np.int64)

    # ── shapes ──

    def sizes(self, shape: Sequence[Length]) -> Var:
        """A shape as a value; lengths that depend on the batch are computed."""
        if not any(isinstance(n, Dim) for n in shape):
            return self.ints(shape)  # type: ignore[arg-type]
        return self.Concat(*(self.length(n) for n in shape), axis=0)

    def length(self, n: Length) -> Var:
        """A length as a line of one integer."""
        if not isinstance(n, Dim):
            return self.ints([n])
        if self.first is None:
            raise UnwrittenError("goes by the batch's length, and no input has one")
        whole = self.add("Shape", self.first, start=0, end=1)[0]
        scaled = whole if n.factor == 1 else whole * self.ints([n.factor])
        return scaled if not n.more else scaled + self.ints([n.more])

    def reshape(self, x: Var, shape: Sequence[Length]) -> Var:
        """The same elements in another shape; one length that depends on the batch is left to be found."""
        free = [i for i, n in enumerate(shape) if isinstance(n, Dim)]
        if len(free) == 1 and 0 not in shape:
            made = self.Reshape(x, self.ints(-1 if isinstance(n, Dim) else n for n in shape))
        else:
            made = self.Reshape(x, self.sizes(shape), allowzero=1 if 0 in shape else None)
        made.shape = None if -1 in shape else tuple(shape)
        return made

    def unsqueeze(self, x: Var, *axes: int) -> Var:
        """x with axes of length 1."""
        return self.Unsqueeze(x, self.ints(axes)) if axes else x

    def squeeze(self, x: Var, *axes: int) -> Var:
        """x without axes of length 1."""
        return self.Squeeze(x, self.ints(axes)) if axes else x

    def slice(self, x: Var, axis: int, start: int, stop: int, step: int = 1) -> Var:
        """A part of an axis."""
        return self.Slice(x, self.ints([start]), self.ints([stop]), self.ints([axis]), self.ints([step]))

    def reduce(self, op: str, x: Var, axes: Iterable[int] | None, keepdims: bool) -> Var:
        """A reduction over axes; before version 18 of the operators they are an attribute."""
        axes, keep = None if axes is None else [int(i) for i in axes], int(keepdims)
        if axes == []:
            return x
        if op != "ReduceSum" and self.opset < 18:
            return self.add(op, x, axes=axes, keepdims=keep)[0]
        return self.add(op, x, None if axes is None else self.ints(axes), keepdims=keep)[0]


_ELEMENTS = {
    "float32": 1, "uint8": 2, "int8": 3, "uint16": 4, "int16": 5, "int32": 6, "int64": 7, "bool": 9, "float16": 10,
    "float64": 11, "uint32": 12, "uint64": 13,
}  # fmt: skip


def element(dtype: Any) -> int:
    """ONNX's number of a dtype."""
    if np.dtype(dtype).name not in _ELEMENTS:
        raise UnwrittenError(f"has {np.dtype(dtype)} among its numbers, which ONNX's operators do not take")
    return _ELEMENTS[np.dtype(dtype).name]


def written(*names: str, plain: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a rule for operations. All floating arguments are cast to the dtype of the result, unless it is plain."""

    def enter(rule: Callable[..., Any]) -> Callable[..., Any]:
        def alike(graph: Graph, *args: Any, **params: Any) -> Any:
            kind = graph.out.kind
            return rule(graph, *(_alike(graph, x) if kind == "f" else x for x in args), **params)

        RULES.update(dict.fromkeys(names, rule if plain else alike))
        return rule

    return enter


def _alike(graph: Graph, x: Any) -> Any:
    """A floating value in the dtype of the result; integers, which may be indices, as they are."""
    if not isinstance(x, Var) or x.dtype == graph.out or x.dtype.kind != "f":
        return x
    made = graph.cast(x, graph.out)
    made.made = x.made
    return made


def refusal(name: str, line: Place | None, words: str) -> ValueError:
    """The error for an operation that is not written."""
    at = "" if line is None else f"; it is called at {format_place(line)}"
    return ValueError(f"to_onnx: {name} {words}{at}")
