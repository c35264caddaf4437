"""Graphs that are drawn again and again: the golden DOT texts in tests/golden are theirs.

`python -m tests.graphs` writes those texts anew; read the difference before you commit it.
"""

from pathlib import Path

import numpy as np

import nn
import vis
from autograd_mini import Tensor, grad, graph_diff, profile, relu, to_graphviz
from examples.digits import digits_net

GOLDEN = Path(__file__).parent / "golden"


class Residual(nn.Module):
    """Blocks in a list with sums between them, and a layer used twice."""

    def __init__(self, blocks=4):
        rng = np.random.default_rng(0)
        self.blocks = [
            nn.Sequential(conv1=nn.Conv2d(2, 2, 1, rng=rng), relu=nn.ReLU(), conv2=nn.Conv2d(2, 2, 1, rng=rng))
            for _ in range(blocks)
        ]
        self.stem = nn.Conv2d(2, 2, 1, rng=rng)
        self.shared = nn.Linear(2, 2, rng=rng)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = relu(x + block(x))
        return self.shared(self.shared(x.mean(axis=(2, 3))))


def residual(**options):
    x = Tensor(np.ones((1, 2, 3, 3), np.float32), requires_grad=True, name="x")
    return to_graphviz(Residual()(x), **options)


def loss_of_a_small_net():
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), flat=nn.Flatten(), fc=nn.Linear(32, 3, rng=1))
    x = Tensor(np.ones((2, 1, 6, 6), np.float32), requires_grad=True, name="digits")
    return nn.cross_entropy(net(x), np.array([0, 2]))


def worked_example(**options):
    """The report's fully connected layer, section 3.1.1."""
    x = Tensor([[0.1, 0.5]], requires_grad=True, name="x")
    w = Tensor([[0.15, 0.20], [0.25, 0.30]], requires_grad=True, name="w")
    b = Tensor([0.35, 0.45], requires_grad=True, name="b")
    y = (x @ w + b).named("Ŷ")
    return to_graphviz((0.5 * ((y - np.array([[0.01, 0.99]])) ** 2).sum()).named("ℓ"), **options)


def loss_of(net, shape, classes=2):
    """The loss of zeros, in evaluation mode."""
    images = Tensor(np.zeros(shape, np.float32), requires_grad=True, name="images")
    return nn.cross_entropy(net.eval()(images), np.zeros(shape[0], int)), images


def digits(**options):
    loss, images = loss_of(digits_net(np.random.default_rng(0)), (1, 1, 28, 28))
    return to_graphviz(loss, images, **options)


def report(**options):
    loss, images = loss_of(nn.VGG("report", init=nn.zeros), (1, 3, 224, 224))
    return to_graphviz(loss, images, **options)


def vgg16(**options):
    loss, images = loss_of(nn.VGG("vgg16", init=nn.zeros), (1, 3, 224, 224))
    return to_graphviz(loss, images, **options)


def small_vgg(line="8x2 M 16 M | 32 10", **options):
    return nn.VGG(line, input_shape=(3, 16, 16), rng=0, **options)


def mirrored(**options):
    """A small VGG beside its deconvnet."""
    images = np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype(np.float32)
    return vis.mirror_graph(small_vgg(), images, "features.conv2_1", **options)


def backward(**options):
    """A loss and the backward pass over it, recorded."""
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), pool=nn.MaxPool2d(2), flat=nn.Flatten(),
                        fc=nn.Linear(8, 3, rng=1))  # fmt: skip
    images = Tensor(np.ones((2, 1, 6, 6), np.float32), requires_grad=True, name="images")
    loss = nn.cross_entropy(net(images), np.array([0, 2]))
    return to_graphviz([loss, *grad(loss, [net["conv"].weight, net["fc"].weight], create_graph=True)], **options)


def changed(**options):
    """A net, and the same with a layer more and a wider one."""
    before, after = (
        loss_of(small_vgg(line), (1, 3, 16, 16))[0] for line in ("8x2 M 16 M | 32 10", "8x2 M 16x2 M | 48 10")
    )
    return graph_diff(before, after, **options)


def dying(**options):
    """A classifier whose hidden layer is dead, profiled: the gradient ends there, and at what was detached."""
    x = Tensor(-np.ones((5, 3)), name="x")
    w1, w2 = (Tensor(np.ones(shape), requires_grad=True, name=name) for shape, name in (((3, 4), "w1"), ((4, 2), "w2")))
    with profile() as found:
        hidden = relu(x @ w1).named("hidden")
        out = hidden @ w2
        loss = (out + out.detach()).sum().named("loss")
        loss.backward()
    return to_graphviz(loss, profile=found, show=("gradients", "bytes", "multiply_adds"), **options)


GRAPHS = {
    "worked_example": worked_example,
    "worked_example_left_to_right": lambda: worked_example(rankdir="LR"),
    "residual": lambda: residual(fold=False),
    "residual_folded": lambda: residual(fold=True),
    "digits": digits,
    "report": report,
    "vgg16": vgg16,
    "vgg16_depth_1": lambda: vgg16(depth=1),
    "vgg16_folded": lambda: vgg16(fold=True),
    "mirror": mirrored,
    "backward": backward,
    "changed": changed,
}
"""Drawings whose text is kept."""

if __name__ == "__main__":
    for name, draw in GRAPHS.items():
        print((GOLDEN / f"{name}.dot").write_text(draw().source, encoding="utf-8"), name)
