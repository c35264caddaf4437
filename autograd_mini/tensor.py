"""Tensor: a Value wearing operators and methods. Every method is a primitive or a function of the rooms above."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any, Self

import numpy as np

from . import differentiate
from . import functional as f
from . import shaping as m
from .errors import operand
from .graph.listing import Listing
from .graph.notebook import as_svg
from .guard import hand_out
from .operators import Operators
from .ops import elementwise as e
from .tape import Node, Value, announce


def _real(name: str, data: Any) -> np.ndarray[Any, Any]:
    """Somebody's data as an array. Raises TypeError, as `name`, for what is no real number or would lose gradients."""
    array: np.ndarray[Any, Any] = operand(name, data)
    if array.dtype.kind == "c":
        raise TypeError(f"{name}: takes arrays of real numbers, not the dtype {array.dtype}")
    return array


class Tensor(Operators):
    """An array that remembers how it was computed, so that gradients can be carried back to what it came from.

    data: anything `np.asarray` takes; real numbers in any dtype (a Python float gives float64, as in NumPy).
    requires_grad: make it a leaf, to which `backward` adds `.grad`; its data are then a copy, floating only.
    name: how drawings and messages call it.

    Operators, indexing and `np.exp(t)`-like calls record on the tape; `np.asarray(t)` gives the bare array.
    Raises TypeError for data that are not real numbers, or a gradient asked of integers.
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = False, name: str | None = None) -> None:
        if not isinstance(requires_grad, bool | np.bool_):  # Tensor(data, np.float32) asks for something else
            raise TypeError(
                f"Tensor: requires_grad must be True or False, not {requires_grad!r}; a dtype is the data's"
            )
        array = data._data if isinstance(data, Value) else _real("Tensor", data)
        self.node = None
        self._name = name
        self._data = array
        self.requires_grad = requires_grad

    # ── what it is ──

    @property
    def data(self) -> Any:
        """The bare array. A leaf or constant can be given another: a leaf copies it, and it must be floating.

        Whoever writes into an array between the way forward and the walk back that needs it is told so by the walk.
        """
        return hand_out(self)

    @data.setter
    def data(self, value: Any) -> None:
        if value is self._data:  # t.data -= … ends here
            return
        if self.node is not None and self.node.op is not None:
            called = f" {self.name!r}" if self.name else ""
            raise AttributeError(f"data: the recorded result{called} cannot be given others; detach it first")
        other = Tensor(value, requires_grad=self.requires_grad, name=self.name)
        if other.shape != self.shape or other.dtype != self.dtype:
            self.node = other.node
        self._data = other._data  # a walk back over what was computed before still ends here

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        shape: tuple[int, ...] = self._data.shape
        return shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        dtype: np.dtype[Any] = self._data.dtype
        return dtype

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self._data.shape)

    @property
    def size(self) -> int:
        """How many elements there are."""
        return int(self._data.size)

    @property
    def T(self) -> Any:  # noqa: N802 (NumPy's name)
        """All axes reversed."""
        return m.transpose(self)

    @property
    def mT(self) -> Any:  # noqa: N802
        """The last two axes exchanged: the transposed matrix, or stack of matrices."""
        return m.matrix_transpose(self)

    @property
    def requires_grad(self) -> bool:
        """True if a gradient can flow here: a leaf made so, or a recorded result. Can be set on leaves."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted == (self.node is not None):
            return
        if self.node is not None and self.node.op is not None:
            raise RuntimeError("requires_grad of a recorded result cannot be changed; detach() gives a constant")
        if wanted and self._data.dtype.kind != "f":
            raise TypeError(f"Tensor: only floating data can require a gradient, not {self._data.dtype}")
        if wanted:
            self._data = self._data.copy("K")  # optimisers write into leaves: never into the caller's array
            self.node = Node(self._data.shape, self._data.dtype, name=self._name)
        elif self.node is not None:
            self._name, self.node = self.node.name, None

    @property
    def is_leaf(self) -> bool:
        """True if no operation made it."""
        return self.node is None or self.node.op is None

    @property
    def grad(self) -> Tensor | None:
        """What `backward` has added up so far; None before the first. Can be set to None or an array of my shape."""
        found: Tensor | None = None if self.node is None else self.node.grad
        return found

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None and not isinstance(value, Value):
            value = _real("grad", value)
        if value is not None and value.shape != self.shape:
            raise ValueError(f"grad: shape {value.shape} does not fit a tensor of shape {self.shape}")
        if self.node is None:
            if value is not None:
                raise RuntimeError("grad: this tensor does not require a gradient")
            return
        fits = value is None or (isinstance(value, Tensor) and value.dtype == self.dtype)
        self.node.grad = value if fits else Tensor(np.asarray(value, self.dtype))

    def retain_grad(self) -> None:
        """Let `backward` leave `.grad` on this result too, not only on leaves. Raises RuntimeError on a constant."""
        if self.node is None:
            raise RuntimeError("retain_grad: this tensor does not require a gradient")
        self.node.retains_grad = True

    @property
    def name(self) -> str | None:
        """How drawings and messages call it: given by the user, or the path of the module that made it."""
        return self._name if self.node is None else self.node.name

    def named(self, name: str) -> Self:
        """Give this tensor a name and return it: `h = relu(x @ w).named("hidden")`."""
        if self.node is None:
            self._name = name
        else:
            self.node.name = name
        announce(name, self)
        return self

    def item(self) -> float | int | bool:
        """The only element as a Python number. Raises ValueError if there are more."""
        if self.size != 1:
            raise ValueError(f"item: shape {self.shape} has {self.size} elements, not one")
        number: float | int | bool = self._data.item()
        return number

    def numpy(self) -> np.ndarray[Any, Any]:
        """The bare array, not a copy; see `data`."""
        array: np.ndarray[Any, Any] = hand_out(self)
        return array

    def detach(self) -> Tensor:
        """The same array as a constant: no gradient flows through it."""
        constant: Tensor = type(self).made(self._data, None)
        return constant

    def backward(self, gradient: Any = None, *, create_graph: bool = False, retain_graph: bool = False) -> None:
        """Add my gradient to `.grad` of every leaf I was computed from; see `autograd_mini.grad` for the rest.

        gradient: an array of my shape; may be left out if I have one element. Memory kept for the walk is given back
        unless `retain_graph`. Raises ValueError for a missing gradient, RuntimeError without a graph.
        """
        differentiate.backward(self, gradient, create_graph=create_graph, retain_graph=retain_graph)

    # ── methods: the functions of the rooms above, with the tensor first ──

    sum, mean, var, std, max, min, argmax = f.sum, f.mean, f.var, f.std, f.max, f.min, f.argmax
    softmax, log_softmax, logsumexp = f.softmax, f.log_softmax, f.logsumexp
    astype, clip, flatten, squeeze, expand_dims = f.astype, f.clip, m.flatten, m.squeeze, m.expand_dims

    def exp(self) -> Any:
        """eˣ, elementwise."""
        return e.exp(self)

    def log(self) -> Any:
        """The natural logarithm, elementwise."""
        return e.log(self)

    def sqrt(self) -> Any:
        """The square root, elementwise."""
        return e.sqrt(self)

    def sin(self) -> Any:
        """The sine, elementwise, in radians."""
        return e.sin(self)

    def cos(self) -> Any:
        """The cosine, elementwise, in radians."""
        return e.cos(self)

    def tanh(self) -> Any:
        """The hyperbolic tangent, elementwise."""
        return e.tanh(self)

    def sigmoid(self) -> Any:
        """1 / (1 + e⁻ˣ), elementwise."""
        return e.sigmoid(self)

    def relu(self) -> Any:
        """max(x, 0), elementwise."""
        return e.relu(self)

    def abs(self) -> Any:
        """|x|, elementwise."""
        return e.absolute(self)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, given as numbers or as one tuple; one length may be -1."""
        return m.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order, given as numbers or as one tuple; reversed if none is given."""
        return m.transpose(self, (axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes) or None)

    # ── Python's protocols ──

    def __len__(self) -> int:
        if not self._data.shape:
            raise TypeError("len: a tensor of shape () has no length")
        return int(self._data.shape[0])

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("setitem: the tape may need a Tensor as it is; use where(), or t.data[...] = v before a call")

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.size != 1:
            raise TypeError(f"index: only one integer can be one, not {self.dtype} of shape {self.shape}")
        return int(self._data.item())

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._data.tolist()

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(f"bool: shape {self.shape} has {self.size} elements, so it is neither true nor false")
        return bool(self._data.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __format__(self, spec: str) -> str:
        if spec and self.size != 1:
            raise TypeError(f"format: {spec!r} is for one number, and shape {self.shape} has {self.size}; use repr()")
        return format(self.item(), spec) if spec else repr(self)

    def summary(self) -> Listing:
        """The steps I was computed by, as a table: print it. Names, shapes, parameters, bytes kept, multiply-adds.

        Raises ValueError if I have no graph.
        """
        return Listing(self)

    def _repr_svg_(self) -> str | None:
        """My graph, for notebooks; None if I have none, if it is too large for a page, or if nothing here can draw."""
        return as_svg(self)

    def _repr_html_(self) -> str:
        """My value, and my graph below it, for notebooks."""
        svg = as_svg(self)
        words = f"<pre>{escape(repr(self))}</pre>"
        return words if svg is None else f'{words}<div style="max-height: 40em; overflow: auto">{svg}</div>'

    def __repr__(self) -> str:
        text = np.array2string(self._data, separator=", ", prefix="Tensor(", threshold=60)
        extras = [f"dtype={self.dtype}"] * (self.dtype != np.float64)
        extras += ["requires_grad=True"] * self.requires_grad + [f"name={self.name!r}"] * bool(self.name)
        return f"Tensor({', '.join([text, *extras])})"
