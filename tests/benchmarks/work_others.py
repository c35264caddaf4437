"""How HIPS autograd and MyGrad do the tasks that they have operations for. Both are optional packages.

HIPS autograd convolves through SciPy, for minutes where the others need milliseconds, and is not asked to. MyGrad has
convolution and pooling, whose gradient takes too long to wait for; its digits net and its SGD are written here, from
its operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from .inputs import Array
from .work import Work, kinds

KINDS: dict[str, Callable[..., Work]] = {}  # filled by start, with one library's


def start(package: str) -> dict[str, Any]:
    """Import the library, or raise ImportError; what there is to know about it."""
    __import__(package)
    KINDS.update({"autograd": AUTOGRAD, "mygrad": MYGRAD}[package])
    return {"versions": {package: version(package)}}


class Autograd:
    """HIPS autograd; relu is maximum(h, 0) there."""

    def leaf(self, array: Array, wanted: bool, filters: bool) -> Array:
        return array

    def gradient(self, array: Array) -> Array:
        return array

    def array(self, result: Any) -> Array:
        return np.asarray(result)

    def both(self, compute: Callable[..., Any], leaves: Sequence[Any], wanted: Sequence[int], g: Any) -> list[Any]:
        from autograd import make_vjp

        vjp, out = make_vjp(compute, tuple(wanted))(*leaves)
        return [out, *vjp(g)]

    def linear(self, x: Any, w: Any, b: Any) -> Any:
        import autograd.numpy as anp

        return anp.dot(x, w.T) + b

    def chain(self, length: int) -> Callable[..., Any]:
        import autograd.numpy as anp

        def compute(h: Any, w: Any, b: Any) -> Any:
            for _ in range(length):
                h = anp.maximum(anp.matmul(h, w) * 0.5 + b, 0)
            return h

        return compute


class Mygrad(Autograd):
    def alone(self, compute: Callable[..., Any], leaves: Sequence[Any]) -> Any:
        import mygrad as mg

        with mg.no_autodiff:
            return compute(*(mg.tensor(array, copy=False) for array in leaves)).data

    def both(self, compute: Callable[..., Any], leaves: Sequence[Any], wanted: Sequence[int], g: Any) -> list[Any]:
        import mygrad as mg

        tensors = [mg.tensor(array, copy=False, constant=i not in wanted) for i, array in enumerate(leaves)]
        out = compute(*tensors)
        out.backward(g)
        return [out.data, *(tensors[i].grad for i in wanted)]

    def linear(self, x: Any, w: Any, b: Any) -> Any:
        import mygrad as mg

        return mg.matmul(x, w.T) + b

    def chain(self, length: int) -> Callable[..., Any]:
        import mygrad as mg
        from mygrad.nnet.activations import relu

        def compute(h: Any, w: Any, b: Any) -> Any:
            for _ in range(length):
                h = relu(mg.matmul(h, w) * 0.5 + b)
            return h

        return compute

    def conv2d(self, stride: int, padding: int) -> Callable[..., Any]:
        from mygrad.nnet.layers import conv_nd

        return lambda x, w, b: conv_nd(x, w, stride=stride, padding=padding) + b.reshape(1, -1, 1, 1)

    def max_pool2d(self, x: Any) -> Any:
        from mygrad.nnet.layers import max_pool

        return max_pool(x, (2, 2), 2)

    class Model:
        """The digits net."""

        SHAPES = ((32, 1, 3, 3), (32,), (64, 32, 3, 3), (64,), (128, 9216), (128,), (10, 128), (10,))

        def __init__(self, line: str, shape: list[int]) -> None:
            import mygrad as mg

            if line != "digits":
                raise NotImplementedError("MyGrad is asked for the digits net alone")
            self.parameters = [mg.tensor(np.empty(size, np.float32), copy=False) for size in self.SHAPES]
            self.arrays = [parameter.data for parameter in self.parameters]

        def ready(self, images: Array, labels: Array) -> None:
            self.velocities = [np.zeros_like(array) for array in self.arrays]
            self.x, self.labels, self.draw = images, labels, np.random.default_rng(0)

        def dropping(self, on: bool) -> None:
            self.drops = on

        def dropout(self, x: Any, p: float) -> Any:
            if not self.drops:
                return x
            return x * ((self.draw.random(x.shape, dtype=np.float32) >= p) * np.float32(1 / (1 - p)))

        def computed(self) -> Any:
            from mygrad.nnet.activations import relu
            from mygrad.nnet.layers import conv_nd, max_pool

            w1, b1, w2, b2, w3, b3, w4, b4 = self.parameters
            x = relu(conv_nd(self.x, w1, stride=1) + b1.reshape(1, -1, 1, 1))
            x = max_pool(relu(conv_nd(x, w2, stride=1) + b2.reshape(1, -1, 1, 1)), (2, 2), 2)
            x = self.dropout(x, 0.25).reshape(len(self.x), -1)
            return self.dropout(relu(x @ w3.T + b3), 0.5) @ w4.T + b4

        def logits(self) -> Array:
            import mygrad as mg

            with mg.no_autodiff:
                return self.computed().data

        def step(self) -> float:
            from mygrad.nnet.losses import softmax_crossentropy

            loss = softmax_crossentropy(self.computed(), self.labels)
            loss.backward()
            for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
                velocity *= 0.9
                velocity += parameter.grad
                parameter.data -= np.float32(1e-5) * velocity
            return float(loss.data)

        def gradients(self) -> list[Array]:
            return [parameter.grad for parameter in self.parameters]


AUTOGRAD = kinds(Autograd(), "linear", "chain")
MYGRAD = kinds(Mygrad(), "linear", "chain", "conv", "pool", "net")
