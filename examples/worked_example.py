"""The report's worked numbers, computed by the library: fully connected layer, convolution, deconv, pooling, unpooling.

Run with `python -m examples.worked_example`.
"""

import argparse

import numpy as np

import vis
from autograd_mini import Tensor, conv2d, conv_transpose2d, gradcheck, max_pool2d, max_unpool2d

from .loops import direct_convolution, pooling_output


def fully_connected() -> None:
    print("── Fully connected layer (report, section 3.1.1)")
    x = Tensor([[0.1, 0.5]], requires_grad=True, name="x")
    w = Tensor([[0.15, 0.20], [0.25, 0.30]], requires_grad=True, name="w")
    b = Tensor([0.35, 0.45], requires_grad=True, name="b")
    target = np.array([[0.01, 0.99]])

    def loss_of(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return 0.5 * ((x @ w + b - target) ** 2).sum()

    y = x @ w + b
    print(f"Ŷ = Xw + b = {show(y)}")
    y.retain_grad()
    loss = 0.5 * ((y - target) ** 2).sum()
    print(f"ℓ = ½ Σ(Ŷ − Y)² = {loss.item():.5f}")
    loss.backward()
    print(f"∇ = ∂ℓ/∂Ŷ = Ŷ − Y = {show(y.grad)}")
    print(f"∂ℓ/∂w = Xᵀ∇ = {show(w.grad)}   (Law 1)")
    print(f"∂ℓ/∂b = ∇ = {show(b.grad)}")
    print(f"∂ℓ/∂x = ∇wᵀ = {show(x.grad)}   (Law 2)")
    print(f"the same by two-sided differences with ε = 0.01: {gradcheck(loss_of, [x, w, b], eps=0.01)}\n")


def convolution() -> None:
    print("── Convolution and deconv (sections 3.1.2 and 3.2.1)")
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    w = np.array([[[[1.0, 2], [3, 4]]]])
    y = conv2d(x, w)
    print(f"sliding W = [[1, 2], [3, 4]] over X = 1…9: Y = {show(y[0, 0])}")
    print(f"the same by algorithm 1, loop by loop: {show(direct_convolution(x, w, 1)[0, 0])}")
    matrix = vis.unrolled(w, (3, 3))
    print(f"unrolled W*, 4×9:\n{matrix}")
    print(f"Y* = W* X* = {show(matrix.matrix @ x.ravel())}")
    print(f"deconv, (W*)ᵀ Y* = {show((matrix.matrix.T @ y.ravel()).reshape(3, 3))}")
    print(f"the same by conv_transpose2d: {show(conv_transpose2d(y, w)[0, 0])}\n")


def pooling() -> None:
    print("── Max-pooling and unpooling (sections 3.1.3 and 3.2.2)")
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    y, indices = max_pool2d(x, kernel_size=2, stride=1, return_indices=True)
    places = [tuple(map(int, np.unravel_index(i, (3, 3)))) for i in indices.ravel()]
    print(f"2×2 windows, stride 1, of 1…9: {show(y[0, 0])}, found at {places}")
    print(f"the same by algorithm 2, loop by loop: {show(pooling_output(x[0, 0], (2, 2), 1))}")
    print(f"unpooled: {show(max_unpool2d(y, indices, kernel_size=2, stride=1)[0, 0])}")


def show(array: object) -> str:
    return np.array2string(
        np.round(np.array(array.numpy() if isinstance(array, Tensor) else array), 5) + 0.0, separator=", "
    ).replace("\n", "")


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    fully_connected()
    convolution()
    pooling()


if __name__ == "__main__":
    main()
