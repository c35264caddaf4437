"""What the package's `grad`, `no_grad` and `primitive` take and give, for editors and type checkers."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, overload

from .methods import Cotangents, Replacements
from .observer import Changed, Function
from .primitive import Primitive
from .tensor import Tensor

@overload
def grad(  # type: ignore[overload-overlap]  # a Tensor can be iterated over, but is one input
    outputs: Tensor | Iterable[Tensor],
    inputs: Tensor,
    grad_outputs: Cotangents = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    allow_unused: Literal[False] = False,
    rules: Replacements = None,
) -> Tensor:
    """The gradient of the outputs with respect to the inputs: Σ grad_outputs · ∂outputs/∂inputs."""

@overload
def grad(  # type: ignore[overload-overlap]
    outputs: Tensor | Iterable[Tensor],
    inputs: Tensor,
    grad_outputs: Cotangents = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    allow_unused: bool,
    rules: Replacements = None,
) -> Tensor | None: ...
@overload
def grad(
    outputs: Tensor | Iterable[Tensor],
    inputs: Iterable[Tensor],
    grad_outputs: Cotangents = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    allow_unused: Literal[False] = False,
    rules: Replacements = None,
) -> tuple[Tensor, ...]: ...
@overload
def grad(
    outputs: Tensor | Iterable[Tensor],
    inputs: Iterable[Tensor],
    grad_outputs: Cotangents = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    allow_unused: bool,
    rules: Replacements = None,
) -> tuple[Tensor | None, ...]: ...
@overload
def no_grad(function: None = None) -> Changed:
    """Record nothing inside: `with no_grad(): …`, or `@no_grad` above a function. Affects this thread or task only."""

@overload
def no_grad(function: Function) -> Function: ...
@overload
def primitive(forward: Callable[..., Any], /, *, name: str | None = None) -> Primitive:
    """Make a function on arrays a differentiable operation and enter it in `PRIMITIVES`."""

@overload
def primitive(
    *,
    byproducts: tuple[str, ...] = (),
    outputs: tuple[str, ...] = (),
    name: str | None = None,
    takes_complex: bool | None = None,
    module: str | None = None,
) -> Callable[[Callable[..., Any]], Primitive]: ...
