"""Tensor: the Value that users have, with data, gradient and name. Operators and methods come from the rows."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .gradient import backward, called
from .observer import announce, current, expose
from .primitive import operand
from .tape import Node, Value

if TYPE_CHECKING:
    from .methods import ArrayLike, Methods, SupportsArray
else:
    Methods = Value


class Tensor(Methods):
    """An array that remembers how it was computed, so that gradients can be carried back to what it came from.

    Operators, indexing and NumPy's functions (`np.exp(t)`) are recorded; `t.numpy()` gives the bare array.

    Arguments:
        data: numbers in any dtype: anything `np.asarray` takes. A Python float gives float64.
        requires_grad: whether it is a leaf, to which `backward` adds `.grad`. Its data are then a copy,
            floating or complex.
        name: what drawings and messages call it.
    Raises:
        TypeError: for data that are not numbers, and for a gradient of integers.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        Tensor([2., 4., 6.])
    """

    __slots__ = ()

    def __init__(
        self, data: Tensor | ArrayLike | SupportsArray, requires_grad: bool = False, name: str | None = None
    ) -> None:
        if not isinstance(requires_grad, (bool, np.bool_)):
            raise TypeError(
                f"Tensor: requires_grad must be True or False, not {requires_grad!r}; a dtype is the data's"
            )
        array = expose(data, None) if isinstance(data, Value) else operand("Tensor", data)
        self.node, self._leaf, self._name, self._array = None, None, name, array
        self.requires_grad = requires_grad

    # ── what it is ──

    @property
    def data(self) -> np.ndarray[Any, Any]:
        """The bare array. A leaf or constant can be given another one: a leaf copies it, and it must be floating.

        If it is changed between the forward pass and a backward pass that needs it, the backward pass raises an error.
        """
        return expose(self)  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: Tensor | ArrayLike | SupportsArray) -> None:
        if value is self._array:  # t.data -= … ends here
            return
        if self.node is not None and self.node.op is not None:
            raise AttributeError(f"data: the recorded result{called(self)} cannot be given others; detach it first")
        other, node = Tensor(value, requires_grad=self.requires_grad, name=self.name), self.node or self._leaf
        if node is not None and (other.shape != self.shape or other.dtype.kind not in "fc"):
            words = f"of shape {self.shape} has been given {other.dtype} data of shape {other.shape}"
            node.retains_grad = f"the leaf{called(self)} {words}; compute again what was computed from it before"
            self.node, self._leaf = other.node, None
        elif node is not None and other.dtype != self.dtype:  # what was computed before ends here too, in the new dtype
            node.dtype, node.grad = other.dtype, None
        self._array = other._array  # a backward pass over what was computed before still ends here

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self._array.dtype

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self._array.shape)

    @property
    def size(self) -> int:
        """How many elements there are."""
        return int(self._array.size)

    @property
    def requires_grad(self) -> bool:
        """True if a gradient can flow here: a leaf made so, or a recorded result. Can be set on leaves.

        Results recorded before it was set to False still carry their gradient here.
        """
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if wanted == (self.node is not None):
            return
        if self.node is not None and self.node.op is not None:
            raise RuntimeError("requires_grad of a recorded result cannot be changed; detach() gives a constant")
        if wanted and self._array.dtype.kind not in "fc":
            raise TypeError(f"Tensor: only floating data can require a gradient, not {self._array.dtype}")
        if wanted:
            self._array = self._array.copy("K")  # optimisers write into leaves: never into the caller's array
            self.node, self._leaf = self._leaf or Node(self._array.shape, self._array.dtype), None
            self.node.name = self._name
        elif self.node is not None:
            self._name, self._leaf, self.node = self.node.name, self.node, None

    @property
    def is_leaf(self) -> bool:
        """True if no operation made it."""
        return self.node is None or self.node.op is None

    @property
    def grad(self) -> Tensor | None:
        """The sum of what `backward` has added, or None. Can be set to None or an array of the same shape.

        A recorded result has one only after `retain_grad`; reading it without warns.
        """
        node = self.node or self._leaf
        found: Tensor | None = None if node is None else node.grad
        if found is None and node is not None and node.op is not None and not node.retains_grad:
            who = f"the recorded result{called(self) or f' of {node.op.name}'}"
            words = "call retain_grad() on it before backward(), or ask the leaf it was computed from"
            warnings.warn(f"grad: {who} keeps no gradient; {words}", UserWarning, stacklevel=2)
        return found

    @grad.setter
    def grad(self, value: Tensor | ArrayLike | None) -> None:
        given: Any = value if value is None or isinstance(value, Value) else Tensor.made(operand("grad", value), None)
        if given is not None and given.shape != self.shape:
            raise ValueError(f"grad: shape {given.shape} does not fit a tensor of shape {self.shape}")
        if given is not None and given.dtype.kind == "c" != self.dtype.kind:
            raise TypeError(f"grad: {given.dtype} does not fit a tensor of {self.dtype}")
        node = self.node or self._leaf
        if node is not None:
            fits = given is None or (isinstance(given, Tensor) and given.dtype == self.dtype)
            node.grad = given if fits else Tensor(given._array.astype(self.dtype))
        elif given is not None:
            raise RuntimeError("grad: this tensor does not require a gradient")

    def retain_grad(self) -> None:
        """Let `backward` set `.grad` of this result too, not only of leaves.

        Raises:
            RuntimeError: for a constant.
        """
        if self.node is None:
            raise RuntimeError("retain_grad: this tensor does not require a gradient")
        self.node.retains_grad = True

    @property
    def name(self) -> str | None:
        """What drawings and messages call it: the user's name, or the path of the module that made it."""
        return self._name if self.node is None else self.node.name

    def named(self, name: str) -> Self:
        """Give this tensor a name, for drawings and messages.

        Arguments:
            name: the name; inside a module the module's path is put before it: `blocks.0.hidden`.
        Returns:
            This tensor.

        Example:
            >>> hidden = ag.relu(Tensor([-1.0, 2.0])).named("hidden")
            >>> hidden
            Tensor([0., 2.], name='hidden')
        """
        scope = current.get().scope
        self._name = name = scope + f".{name}" if scope else name
        if self.node is not None:
            self.node.name = name
        announce(name, self)
        return self

    def item(self, *index: Any) -> float | int | bool:  # or complex, which few programs want to be warned of
        """One element as a Python number: the only one, or the one at an index.

        Arguments:
            index: its place in row-major order, or a place for each axis.
        Returns:
            A float, int, bool or complex.
        Raises:
            ValueError: for another number of elements, without an index.
            IndexError: for an index out of range.
        """
        if self.size != 1 and not index:
            raise ValueError(f"item: shape {self.shape} has {self.size} elements, not one")
        return expose(self, None).item(*index)  # type: ignore[no-any-return]

    def numpy(self) -> np.ndarray[Any, Any]:
        """The bare array, not a copy; see `data`."""
        return self.data

    def backward(
        self, gradient: Tensor | ArrayLike | None = None, *, create_graph: bool = False, retain_graph: bool = False
    ) -> None:
        """Add this tensor's gradient to `.grad` of every leaf it was computed from.

        Arguments:
            gradient: an array of this tensor's shape; one of one element needs none.
            create_graph: whether the gradients are recorded, so that they can be differentiated again.
            retain_graph: whether the saved arrays stay for another pass; else they are freed, unless `create_graph`.
        Returns:
            None.
        Raises:
            ValueError: for a missing or ill-shaped gradient.
            RuntimeError: for a tensor without a graph, and for a graph that was freed.

        Example:
            >>> x = Tensor([1.0, 2.0], requires_grad=True)
            >>> (x * x).backward(np.array([1.0, 10.0]))
            >>> x.grad
            Tensor([ 2., 40.])
        """
        backward(self, gradient, create_graph=create_graph, retain_graph=retain_graph)

    def __repr__(self) -> str:
        text = np.array2string(self._array, separator=", ", prefix="Tensor(", threshold=60)
        extras = [f"dtype={self.dtype}"] * (self.dtype != np.float64)
        extras += ["requires_grad=True"] * self.requires_grad + [f"name={self.name!r}"] * bool(self.name)
        return f"Tensor({', '.join([text, *extras])})"
