"""HIPS autograd under this engine's names: its NumPy, and what it lacks. Convolutions and pooling are borrowed."""

from __future__ import annotations

from functools import cache
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.builtins import tuple as together  # noqa: F401  (several results of a function that is differentiated)
from autograd.extend import defvjp
from autograd.extend import primitive as hips_primitive

import autograd_mini as ag
from autograd_mini.kernels.layout import Geometry, Window

from .images import transposed


def __getattr__(name: str) -> Any:
    return getattr(anp, name)


def value(x: Any) -> Any:
    """The bare array."""
    while hasattr(x, "_value"):
        x = x._value
    return x


@cache
def borrowed(name: str) -> Any:
    """A primitive of HIPS autograd that computes and goes back by our kernels and rules, on bare arrays."""
    ours = ag.PRIMITIVES[name]

    def forward(*args: Any, **params: Any) -> Any:
        result = ours.forward(*args, **params)
        return result[0] if ours.byproducts else result

    def vjp(i: int) -> Any:
        def made(out: Any, *args: Any, **params: Any) -> Any:
            there = {"out": out, "shape": np.shape(args[i]), **dict(zip(ours.args, args, strict=True))}
            if ours.byproducts:
                there |= dict(zip(ours.byproducts, ours.forward(*args, **params)[1:], strict=True))
            rule = ours.rules[ours.args[i]]
            given = [there[key] for key in rule.names]
            return lambda g: rule.function(g, *given, **{key: params[key] for key in rule.params})

        return made

    primitive = hips_primitive(forward)
    defvjp(primitive, *(vjp(i) if ours.rules[arg] else None for i, arg in enumerate(ours.args)))
    return primitive


def sigmoid(x: Any) -> Any:
    return (anp.tanh(x / 2) + 1) / 2


def relu(x: Any) -> Any:
    return anp.where(x > 0, x, 0.0 * x)


def leaky_relu(x: Any, slope: float) -> Any:
    return anp.where(x > 0, x, slope * x)


def gate(x: Any, y: Any) -> Any:
    return anp.where(y != 0, x, 0.0 * x)


def dropout(x: Any, mask: Any, *, scale: float) -> Any:
    return x * mask * scale


def linear(x: Any, w: Any, b: Any = 0.0) -> Any:
    return anp.matmul(x, w.T) + b


def linear_relu(*xwb: Any) -> Any:
    return relu(linear(*xwb))


def qr(a: Any) -> Any:
    """R alone, by Gram and Schmidt, with a positive diagonal."""
    rows = []
    for j in range(min(a.shape[-2:])):
        q = a[..., :, j] / anp.sqrt(anp.sum(a[..., :, j] ** 2, -1, keepdims=True))
        rows.append(anp.sum(q[..., :, None] * a, -2))
        a = a - q[..., :, None] * rows[-1][..., None, :]
    return None, anp.stack(rows, -2)


def log_softmax(x: Any, axis: int) -> Any:
    return x - logsumexp(x, axis, keepdims=True)


def softmax(x: Any, axis: int) -> Any:
    return anp.exp(log_softmax(x, axis))


def logsumexp(x: Any, axis: int, *, keepdims: bool) -> Any:
    top = anp.max(x, axis, keepdims=True)
    y = anp.log(anp.sum(anp.exp(x - top), axis, keepdims=True)) + top
    return y if keepdims else anp.sum(y, axis)


def cross_entropy(x: Any, labels: Any) -> Any:
    return -anp.mean(log_softmax(x, 1)[np.arange(len(labels)), labels])


def take_along_axis(x: Any, at: Any, axis: int) -> Any:
    index = [*np.indices(at.shape)]
    index[axis] = at
    return x[tuple(index)]


def sort(x: Any, axis: int) -> Any:
    return take_along_axis(x, np.argsort(value(x), axis, kind="stable"), axis)


def _part(x: Any, axis: int, part: slice) -> Any:
    return x[(*[slice(None)] * (axis % x.ndim), part)]


def split(x: Any, at: list[int], axis: int) -> Any:
    return [_part(x, axis, slice(None, at[0])), _part(x, axis, slice(at[0], None))]


def diff(x: Any, n: int, axis: int, *, prepend: Any) -> Any:
    joined = anp.concatenate([prepend, x], axis)
    return _part(joined, axis, slice(1, None)) - _part(joined, axis, slice(None, -1))


def flip(x: Any, axis: Any) -> Any:
    return x[tuple(slice(None, None, -1 if a in axis else 1) for a in range(x.ndim))]


def flatten(x: Any, axis: int) -> Any:
    return anp.reshape(x, (*x.shape[: axis % x.ndim], -1))


def matrix_transpose(x: Any) -> Any:
    return anp.swapaxes(x, -1, -2)


def pad(x: Any, width: Any, by: float) -> Any:
    return anp.pad(x, width, mode="constant", constant_values=by)


def tile(x: Any, reps: Any) -> Any:
    reps = (reps,) if isinstance(reps, int) else reps
    x = anp.reshape(x, (*[1] * (len(reps) - x.ndim), *x.shape))
    for axis, times in zip(range(-len(reps), 0), reps, strict=True):
        x = anp.concatenate([x] * times, axis)
    return x


def broadcast_to(x: Any, shape: Any) -> Any:
    return x + np.zeros(shape)


def conv2d(x: Any, w: Any, b: Any = None, **geometry: Any) -> Any:
    return borrowed("conv2d")(x, w, b, geometry=Geometry(**geometry))


def conv2d_relu(*xwb: Any, **geometry: Any) -> Any:
    return relu(conv2d(*xwb, **geometry))


def conv_transpose2d(y: Any, w: Any, b: Any = None, *, output_padding: Any, **geometry: Any) -> Any:
    size = transposed(y.shape[2:], w.shape[2:], output_padding=output_padding, **geometry)
    out = borrowed("conv_transpose2d")(y, w, size=size, geometry=Geometry(**geometry))
    return out if b is None else out + anp.reshape(b, (1, -1, 1, 1))


def conv2d_filter(x: Any, y: Any, *, kernel_size: Any, **geometry: Any) -> Any:
    return borrowed("conv2d_filter")(x, y, size=kernel_size, geometry=Geometry(**geometry))


def max_pool2d(x: Any, **window: Any) -> Any:
    return borrowed("max_pool2d")(x, window=Window(**window))


def avg_pool2d(x: Any, **window: Any) -> Any:
    return borrowed("sum_pool2d")(x, window=Window(**window)) / float(np.prod(window["kernel_size"]))


def max_unpool2d(y: Any, switches: Any, *, kernel_size: int) -> Any:
    n, maps, height, width = y.shape
    size = (kernel_size * height, kernel_size * width)
    chosen = np.eye(size[0] * size[1])[switches.reshape(n, maps, -1)]
    return anp.reshape(anp.einsum("nci,ncij->ncj", anp.reshape(y, (n, maps, -1)), chosen), (n, maps, *size))


def batch_norm(
    x: Any, mean: Any = None, var: Any = None, weight: Any = None, bias: Any = None, *, return_statistics: bool = False
) -> Any:
    axes, line = (0, *range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
    if mean is None:
        mean = anp.mean(x, axes)
        var = anp.mean((x - anp.reshape(mean, line)) ** 2, axes)
    y = (x - anp.reshape(mean, line)) / anp.sqrt(anp.reshape(var, line) + 1e-5)
    y = y if weight is None else y * anp.reshape(weight, line)
    y = y if bias is None else y + anp.reshape(bias, line)
    return (y, mean, var) if return_statistics else y


def batch_norm_relu(x: Any, *, weight: Any) -> Any:
    return relu(batch_norm(x, weight=weight))
