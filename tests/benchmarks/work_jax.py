"""How JAX does the nets: training steps and evaluations jitted whole. An optional package.

Running statistics of batch normalisation are not kept by its training steps, which saves it a little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import inputs
from .inputs import Array
from .nets import NETS
from .work import Work, kinds

MAPS = ("NCHW", "OIHW", "NCHW")


def start() -> dict[str, Any]:
    """What there is to know about this side."""
    return {"versions": {"jax": jax.__version__}}


class Layers:
    """The layers of `nets`; parameters are those given, or made when they are first called."""

    relu, tanh = staticmethod(jax.nn.relu), staticmethod(jnp.tanh)
    relu6, leaky = staticmethod(jax.nn.relu6), staticmethod(partial(jax.nn.leaky_relu, negative_slope=0.2))
    concatenate = staticmethod(partial(jnp.concatenate, axis=1))

    def __init__(self, parameters: dict[str, Any], making: bool, training: bool, key: Any) -> None:
        self.parameters, self.making, self.training, self.key = parameters, making, training, key

    def made(self, name: str, *shape: int) -> Any:
        if self.making and name not in self.parameters:
            self.parameters[name] = jnp.asarray(inputs.weights(name, shape))
        return self.parameters[name]

    def shifted(self, name: str, x: Any, bias: bool) -> Any:
        return x + self.made(f"{name}.bias", x.shape[1])[:, None, None] if bias else x

    def conv(
        self, name: str, x: Any, outputs: int, kernel: int, bias: bool = True, groups: int = 1, stride: int = 1,
        padding: int = 0,
    ) -> Any:  # fmt: skip
        w = self.made(f"{name}.weight", outputs, x.shape[1] // groups, kernel, kernel)
        y = lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2, dimension_numbers=MAPS,
                                     feature_group_count=groups)  # fmt: skip
        return self.shifted(name, y, bias)

    def conv_transpose(
        self, name: str, x: Any, outputs: int, kernel: int, bias: bool = True, stride: int = 1, padding: int = 0
    ) -> Any:
        w = self.made(f"{name}.weight", x.shape[1], outputs, kernel, kernel)
        border = [(kernel - 1 - padding, kernel - 1 - padding)] * 2
        flipped = jnp.flip(w, (2, 3)).transpose(1, 0, 2, 3)
        y = lax.conv_general_dilated(x, flipped, (1, 1), border, lhs_dilation=(stride, stride), dimension_numbers=MAPS)
        return self.shifted(name, y, bias)

    def linear(self, name: str, x: Any, outputs: int) -> Any:
        return x @ self.made(f"{name}.weight", outputs, x.shape[-1]).T + self.made(f"{name}.bias", outputs)

    def normalised(self, name: str, x: Any, axes: Sequence[int], at: Sequence[int], given: Any = None) -> Any:
        """x about its mean over axes, or about given ones, by its deviation; scaled and shifted along the axis `at`."""
        size = x.shape[at[0]]
        mean = x.mean(axes, keepdims=True) if given is None else given[0]
        var = ((x - mean) ** 2).mean(axes, keepdims=True) if given is None else given[1]
        shape = [size if i in at else 1 for i in range(x.ndim)]
        scale, shift = self.made(f"{name}.weight", size), self.made(f"{name}.bias", size)
        return (x - mean) * lax.rsqrt(var + 1e-5) * scale.reshape(shape) + shift.reshape(shape)

    def norm(self, name: str, x: Any) -> Any:
        return self.normalised(name, x, (0, 2, 3), (1,), None if self.training else (0.0, 1.0))

    def max_pool(self, x: Any, size: int, stride: int | None = None, padding: int = 0) -> Any:
        steps = (1, 1, stride or size, stride or size)
        border = ((0, 0), (0, 0), (padding, padding), (padding, padding))
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, size, size), steps, border)

    def mean(self, x: Any) -> Any:
        return x.mean((2, 3))

    def flatten(self, x: Any) -> Any:
        return x.reshape(len(x), -1)

    def pixels(self, x: Any) -> Any:
        return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])

    def dropout(self, x: Any, p: float) -> Any:
        if self.key is None:
            return x
        self.key, key = jax.random.split(self.key)
        return jnp.where(jax.random.bernoulli(key, 1 - p, x.shape), x / (1 - p), 0)

    def lstm(self, name: str, x: Any, size: int) -> Any:
        into, again = (
            self.made(f"{name}.weight_{of}_l0", 4 * size, n) for of, n in (("ih", x.shape[-1]), ("hh", size))
        )
        bias = self.made(f"{name}.bias_ih_l0", 4 * size) + self.made(f"{name}.bias_hh_l0", 4 * size)

        def step(state: Any, given: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(given + h @ again.T, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        none = jnp.zeros((x.shape[1], size), x.dtype)
        return lax.scan(step, (none, none), x @ into.T + bias)[1]

    def transformer(self, name: str, x: Any, heads: int) -> Any:
        n, t, d = x.shape
        weight, bias = (
            self.made(f"{name}.self_attn.in_proj_weight", 3 * d, d),
            self.made(f"{name}.self_attn.in_proj_bias", 3 * d),
        )
        q, k, v = (
            y.reshape(n, t, heads, d // heads).transpose(0, 2, 1, 3) for y in jnp.split(x @ weight.T + bias, 3, -1)
        )
        share = jax.nn.softmax(q @ k.swapaxes(-1, -2) / (d // heads) ** 0.5, -1)
        y = self.linear(f"{name}.self_attn.out_proj", (share @ v).transpose(0, 2, 1, 3).reshape(n, t, d), d)
        x = self.normalised(f"{name}.norm1", x + y, (2,), (2,))
        y = self.linear(f"{name}.linear2", jax.nn.relu(self.linear(f"{name}.linear1", x, 4 * d)), d)
        return self.normalised(f"{name}.norm2", x + y, (2,), (2,))


class Model:
    """A net of `nets`, and SGD, in one function of what changes."""

    def __init__(self, name: str, batch: int, side: int | None, train: bool) -> None:
        made, self.parameters = NETS[name], {}
        images, labels = made.inputs(batch, side)
        self.x, self.labels = jnp.asarray(images), jnp.asarray(labels)
        made.function(Layers(self.parameters, True, train, None), self.x)
        self.velocity = jax.tree.map(jnp.zeros_like, self.parameters)
        self.key, self.drops = jax.random.key(0), False

        def forward(parameters: Any, x: Any, key: Any) -> Any:
            return made.function(Layers(parameters, False, train, key), x)

        def loss(parameters: Any, x: Any, y: Any, key: Any) -> Any:
            shares = jax.nn.log_softmax(forward(parameters, x, key))
            return -jnp.take_along_axis(shares, y[:, None], 1).mean()

        def step(parameters: Any, velocity: Any, x: Any, y: Any, key: Any) -> Any:
            value, gradient = jax.value_and_grad(loss)(parameters, x, y, key)
            velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradient)
            return value, jax.tree.map(lambda p, v: p - 1e-5 * v, parameters, velocity), velocity, gradient

        self.forward = jax.jit(lambda parameters, x: forward(parameters, x, None))
        self.updated = jax.jit(lambda *given: step(*given)[:3], donate_argnums=(0, 1))
        self.checked = jax.jit(step)

    def dropping(self, on: bool) -> None:
        self.drops = on

    def logits(self) -> Array:
        return np.asarray(self.forward(self.parameters, self.x))

    def step(self) -> float:
        given = (self.parameters, self.velocity, self.x, self.labels)
        if self.drops:
            self.key, key = jax.random.split(self.key)
            value, self.parameters, self.velocity = self.updated(*given, key)
        else:
            value, self.parameters, self.velocity, self.gradient = self.checked(*given, None)
        return float(jax.block_until_ready(value))

    def gradients(self) -> dict[str, Array]:
        return {name: np.asarray(gradient) for name, gradient in self.gradient.items()}


class Engine:
    Model = Model


KINDS: dict[str, Callable[..., Work]] = {"net": kinds(Engine())["net"]}
