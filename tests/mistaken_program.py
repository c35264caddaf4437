"""A program in which every line marked `mistake` has one, for `test_types`: checkers must find these and no others."""

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor, grad, no_grad, relu


@no_grad()
def doubled(x: Tensor, times: int) -> Tensor:
    return x * 2 * times


class Net(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Linear(2, "three")  # mistake

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x, rectified=True)  # mistake


def program(x: Tensor, array: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> str:
    net = Net()
    (array @ x).tangent()  # mistake
    loss = net(x).sum()
    loss.bacward()  # mistake
    relu("text")  # mistake
    relu(array).backward()  # mistake
    x.sum(axis="rows")  # mistake
    x.mean(axes=0)  # mistake
    ag.softmax(x, axes=1)  # mistake
    ag.stack([x, x], axis="last")  # mistake
    ag.concatenate([x, None])  # mistake
    ag.max_pool2d(x, kernel_size=2, return_indices=True).mean()  # mistake
    ag.conv2d(x, x, strides=2)  # mistake
    x["first"]  # mistake
    x + "three"  # mistake
    x.shape = (2, 3)  # mistake
    x.grad.numpy()  # mistake
    grad(loss, [x]).shape  # mistake
    grad(loss)  # mistake
    grad(loss, x, allow_unused=True).shape  # mistake
    doubled(x, "three")  # mistake
    net(x, 3)  # mistake
    net(x).relu().sigmoid(2)  # mistake
    nn.Sequential(net, nn.ReLU())(x).bacward()  # mistake
    nn.cross_entropy(loss, [0]).backwards()  # mistake
    with ag.profile() as measured:
        measured.rowes  # mistake
    Tensor({1: 2})  # mistake
    for row in x:
        row.appended()  # mistake
    return loss.item()  # mistake
