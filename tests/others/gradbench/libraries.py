"""How each library computes and differentiates a function of arrays: its namespace and four kinds of derivatives.

A function takes the namespace and the library's arrays. What is made of it takes NumPy's arrays and gives the
library's: `value`; `gradient` of a scalar; `rows`, the gradients of each result's sum, as a Jacobian of blocks needs
them; `columns`, a Jacobian times each of some directions; `newton`, a gradient and the sums of the Hessian's rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import numpy as np

Array = Any
Function = Callable[..., Any]


def looped(stack: Callable[..., Any]) -> Function:
    """scan(step, carried, given, times) -> (carried, made), of a step(carried, one of given) -> (carried, made)."""

    def scan(step: Function, carried: Any, given: Any, times: int | None = None) -> tuple[Any, Any]:
        made = []
        for i in range(len(given) if times is None else times):
            carried, new = step(carried, None if given is None else given[i])
            made.append(new)
        return carried, None if given is None else stack(made, axis=0)

    return scan


class Ours:
    """This project. A column of a Jacobian is the gradient of a gradient: a vjp is linear in what it is given."""

    name = "ours"

    def __init__(self) -> None:
        import autograd_mini as ag

        self.ag, self.version = ag, ag.__version__
        names = ("exp", "log", "sqrt", "sin", "cos", "tanh", "sum", "sigmoid", "logsumexp", "concatenate", "stack",
                 "swapaxes")  # fmt: skip
        self.xp = SimpleNamespace(**{name: getattr(ag, name) for name in names}, least=ag.min, scan=looped(ag.stack))

    def array(self, array: Array) -> Array:
        return array

    def leaves(self, arrays: Sequence[Array]) -> list[Array]:
        return [self.ag.Tensor(array, requires_grad=True) for array in arrays]

    def numpy(self, result: Any) -> Array:
        return result.numpy()

    def value(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            with self.ag.no_grad():
                return function(self.xp, *(self.ag.Tensor(array) for array in arrays))

        return computed

    def gradient(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            leaves = self.leaves(arrays)
            return self.ag.grad(function(self.xp, *leaves), leaves)

        return computed

    def rows(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            leaves = self.leaves(arrays)
            results = function(self.xp, *leaves)
            return [self.ag.grad(result.sum(), leaves, retain_graph=True, allow_unused=True) for result in results]

        return computed

    def columns(self, function: Function, directions: Sequence[Sequence[Array]]) -> Function:
        def computed(*arrays: Array) -> Any:
            leaves = self.leaves(arrays)
            out = function(self.xp, *leaves)
            seed = self.ag.Tensor(np.ones(out.shape), requires_grad=True)
            back = self.ag.grad(out, leaves, seed, create_graph=True)
            return [self.ag.grad(list(back), seed, list(direction), retain_graph=True) for direction in directions]

        return computed

    def newton(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            (leaf,) = self.leaves(arrays)
            gradient = self.ag.grad(function(self.xp, leaf), leaf, create_graph=True)
            return gradient, self.ag.grad(gradient.sum(), leaf)

        return computed


class Autograd:
    """HIPS autograd. Its vjp is made once for all rows, its columns by its forward mode."""

    name = "autograd"

    def __init__(self) -> None:
        import autograd
        import autograd.numpy as anp
        from autograd.scipy import special

        self.autograd, self.version = autograd, version("autograd")
        names = ("exp", "log", "sqrt", "sin", "cos", "tanh", "sum", "concatenate", "stack", "swapaxes")
        self.xp = SimpleNamespace(
            **{name: getattr(anp, name) for name in names}, least=anp.min, sigmoid=special.expit,
            logsumexp=special.logsumexp, scan=looped(anp.stack),
        )  # fmt: skip

    def array(self, array: Array) -> Array:
        return array

    def numpy(self, result: Any) -> Array:
        return np.asarray(result)

    def value(self, function: Function) -> Function:
        return lambda *arrays: function(self.xp, *arrays)

    def gradient(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            places = tuple(range(len(arrays)))
            return self.autograd.grad(lambda *given: function(self.xp, *given), places)(*arrays)

        return computed

    def rows(self, function: Function) -> Function:
        from autograd.builtins import tuple as recorded_tuple

        def computed(*arrays: Array) -> Any:
            places = tuple(range(len(arrays)))
            vjp, out = self.autograd.make_vjp(lambda *given: recorded_tuple(function(self.xp, *given)), places)(*arrays)
            none = [np.zeros_like(result) for result in out]
            return [
                vjp(tuple(np.ones_like(out[i]) if i == j else zeros for j, zeros in enumerate(none)))
                for i in range(len(out))
            ]

        return computed

    def columns(self, function: Function, directions: Sequence[Sequence[Array]]) -> Function:
        def computed(*arrays: Array) -> Any:
            from autograd.builtins import tuple as recorded_tuple

            jvp = self.autograd.differential_operators.make_jvp_reversemode(lambda given: function(self.xp, *given), 0)(
                recorded_tuple(arrays)
            )
            return [jvp(tuple(direction)) for direction in directions]

        return computed

    def newton(self, function: Function) -> Function:
        def computed(array: Array) -> Any:
            def gradient(given: Array) -> Any:
                return self.autograd.grad(lambda x: function(self.xp, x))(given)

            vjp, found = self.autograd.make_vjp(gradient)(array)
            return found, vjp(np.ones_like(array))

        return computed


class Torch:
    """PyTorch, without compiling; columns by forward mode, all at once."""

    name = "torch"

    def __init__(self) -> None:
        import torch

        self.torch, self.version = torch, torch.__version__
        torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
        names = ("exp", "log", "sqrt", "sin", "cos", "tanh", "sum", "sigmoid", "swapaxes")
        self.xp = SimpleNamespace(
            **{name: getattr(torch, name) for name in names},
            least=lambda x, axis: torch.amin(x, axis),
            logsumexp=lambda x, axis: torch.logsumexp(x, axis),
            concatenate=lambda parts, axis: torch.cat(parts, axis),
            stack=lambda parts, axis: torch.stack(parts, axis),
            scan=looped(torch.stack),
        )

    def array(self, array: Array) -> Array:
        return self.torch.from_numpy(array)

    def leaves(self, arrays: Sequence[Array]) -> list[Array]:
        return [self.torch.from_numpy(array).requires_grad_() for array in arrays]

    def numpy(self, result: Any) -> Array:
        return result.detach().numpy()

    def value(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            with self.torch.inference_mode():
                return function(self.xp, *map(self.array, arrays))

        return computed

    def gradient(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            leaves = self.leaves(arrays)
            return self.torch.autograd.grad(function(self.xp, *leaves), leaves)

        return computed

    def rows(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            leaves = self.leaves(arrays)
            return [
                self.torch.autograd.grad(result.sum(), leaves, retain_graph=True, allow_unused=True)
                for result in function(self.xp, *leaves)
            ]

        return computed

    def columns(self, function: Function, directions: Sequence[Sequence[Array]]) -> Function:
        func = self.torch.func
        stacked = tuple(self.torch.from_numpy(np.stack(parts)) for parts in zip(*directions, strict=True))

        def computed(*arrays: Array) -> Any:
            given = tuple(map(self.array, arrays))

            def along(*direction: Any) -> Any:
                return func.jvp(lambda *x: function(self.xp, *x), given, direction)[1]

            return list(func.vmap(along)(*stacked))

        return computed

    def newton(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            (leaf,) = self.leaves(arrays)
            (gradient,) = self.torch.autograd.grad(function(self.xp, leaf), leaf, create_graph=True)
            return gradient, self.torch.autograd.grad(gradient.sum(), leaf)[0]

        return computed


class Jax:
    """JAX, everything compiled whole; columns by forward mode, all at once."""

    name = "jax"

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        self.jax, self.version = jax, jax.__version__
        jax.config.update("jax_enable_x64", True)
        names = ("exp", "log", "sqrt", "sin", "cos", "tanh", "sum", "concatenate", "stack", "swapaxes")
        self.xp = SimpleNamespace(
            **{name: getattr(jnp, name) for name in names}, least=jnp.min, sigmoid=jax.nn.sigmoid,
            logsumexp=jax.scipy.special.logsumexp, scan=jax.lax.scan,
        )  # fmt: skip
        self.array = jnp.asarray

    def numpy(self, result: Any) -> Array:
        return np.asarray(result)

    def compiled(self, function: Function) -> Function:
        """Jitted, and waited for."""
        jitted = self.jax.jit(function)
        return lambda *arrays: self.jax.block_until_ready(jitted(*arrays))

    def value(self, function: Function) -> Function:
        return self.compiled(lambda *arrays: function(self.xp, *arrays))

    def gradient(self, function: Function) -> Function:
        return self.compiled(
            lambda *arrays: self.jax.grad(lambda *x: function(self.xp, *x), tuple(range(len(arrays))))(*arrays)
        )

    def rows(self, function: Function) -> Function:
        def computed(*arrays: Array) -> Any:
            out, vjp = self.jax.vjp(lambda *x: function(self.xp, *x), *arrays)
            return [
                vjp(tuple(self.xp.exp(0 * r) if i == j else 0 * r for j, r in enumerate(out))) for i in range(len(out))
            ]

        return self.compiled(computed)

    def columns(self, function: Function, directions: Sequence[Sequence[Array]]) -> Function:
        stacked = tuple(np.stack(parts) for parts in zip(*directions, strict=True))

        def computed(*arrays: Array) -> Any:
            def along(*direction: Any) -> Any:
                return self.jax.jvp(lambda *x: function(self.xp, *x), arrays, direction)[1]

            return self.jax.vmap(along)(*stacked)

        return self.compiled(computed)

    def newton(self, function: Function) -> Function:
        def computed(array: Array) -> Any:
            gradient = self.jax.grad(lambda x: function(self.xp, x))
            return self.jax.jvp(gradient, (array,), (self.array(np.ones(array.shape)),))

        return self.compiled(computed)


LIBRARIES: dict[str, Callable[[], Any]] = {library.name: library for library in (Ours, Torch, Autograd, Jax)}
