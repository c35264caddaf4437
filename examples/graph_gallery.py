"""The drawings of the gallery: from the report's worked example to VGG-16, what they show one by one."""

from collections.abc import Iterator
from typing import Any

import numpy as np

import nn
import vis
from autograd_mini import Tensor, grad, graph_diff, profile, to_graphviz

from .digits import digits_net
from .graph_models import Residual, ResidualBlock, clipped_step, failed_pass, images, lstm


def first_program() -> tuple[Tensor, Any]:
    """Five lines: data, two weights, a loss and its gradients."""
    with profile() as found:
        x = Tensor([[0.5, 1.0], [1.5, -1.0], [2.0, 0.5]], name="x")
        w = Tensor([[0.3], [-0.2]], requires_grad=True, name="w")
        b = Tensor([0.1], requires_grad=True, name="b")
        loss = ((x @ w + b - Tensor([[1.0], [0.0], [1.0]], name="y")) ** 2).mean().named("loss")
        loss.backward()
    return loss, found


def worked_example() -> Tensor:
    x = Tensor([[0.1, 0.5]], requires_grad=True, name="x")
    w = Tensor([[0.15, 0.20], [0.25, 0.30]], requires_grad=True, name="w")
    b = Tensor([0.35, 0.45], requires_grad=True, name="b")
    y = (x @ w + b).named("Ŷ")
    return (0.5 * ((y - np.array([[0.01, 0.99]])) ** 2).sum()).named("ℓ")


def dying_net() -> tuple[Tensor, Any]:
    """A hidden layer that no input switches on."""
    rng = np.random.default_rng(0)
    net = nn.Sequential(fc1=nn.Linear(4, 8, rng=rng), relu1=nn.ReLU(), fc2=nn.Linear(8, 3, rng=rng))
    net["fc1"].bias.data -= 100.0
    with profile() as found:
        loss = nn.cross_entropy(net(images(5, 4)), np.array([0, 1, 2, 0, 1])).named("loss")
        loss.backward()
    return loss, found


def drawings() -> Iterator[tuple[str, str, Any]]:
    """File name, caption, drawing."""
    loss, found = first_program()
    yield (
        "first_program",
        "A first program of five lines: values, shapes and gradients, from a profile.",
        to_graphviz(loss, profile=found, show="gradients"),
    )
    error = failed_pass()
    yield "failed", "A forward pass that failed: render(error) draws up to the step that raised.", to_graphviz(error)
    yield "program", "A traced function, comparisons and constants too: render(program).", to_graphviz(clipped_step())
    yield "worked_example", "The report's worked example, section 3.1.1.", to_graphviz(worked_example(), legend=True)
    x = images(1, 1, 28, 28)
    digits = digits_net(np.random.default_rng(0)).eval()
    yield (
        "digits",
        "The digits net of listing 5.3, from the images to the loss.",
        to_graphviz(nn.cross_entropy(digits(x), np.array([7])), x),
    )
    x = images(1, 3, 16, 16)
    yield (
        "residual",
        "Repeated blocks drawn once, and a layer used twice: fold=True.",
        to_graphviz(Residual()(x), x, fold=True),
    )
    x = images(2, 8, 16, 16)
    yield "residual_block", "One residual block, in training mode.", to_graphviz(nn.Sequential(ResidualBlock(8))(x), x)
    yield (
        "lstm",
        "A recurrent net over twelve steps, its cell drawn once: fold=True.",
        to_graphviz(lstm(12), fold=True),
    )
    yield "lstm_steps", "The same over three steps, a cell for each: depth=1.", to_graphviz(lstm(3), depth=1)
    vgg, x = nn.VGG("vgg16", init=nn.zeros).eval(), images(1, 3, 224, 224)
    loss = nn.cross_entropy(vgg(x), np.array([0]))
    yield "vgg16_depth_1", "VGG-16, modules only: depth=1.", to_graphviz(loss, x, depth=1)
    yield "vgg16", "VGG-16, every operation.", to_graphviz(loss, x)
    loss, found = dying_net()
    yield (
        "gradients",
        ("Why is this gradient zero? A profile on the drawing: it ends at relu1, which no input switches on."),
        to_graphviz(loss, profile=found, show="gradients", legend=True),
    )
    report, x = nn.VGG("report", rng=0).eval(), images(1, 3, 224, 224)
    loss = nn.cross_entropy(report(x), np.array([0]))
    yield (
        "bytes",
        "What the report's net saves for the backward pass, and its multiply-adds.",
        to_graphviz(loss, x, show=("bytes", "multiply_adds"), shade="bytes", legend=True),
    )
    weights = [digits["conv_1"].weight, digits["fc_2"].weight]
    loss = nn.cross_entropy(digits(images(1, 1, 28, 28)), np.array([7]))
    yield (
        "backward",
        "The backward pass, recorded (create_graph=True), beside the forward pass.",
        to_graphviz([loss, *grad(loss, weights, create_graph=True)]),
    )
    yield (
        "mirror_digits",
        "The digits net beside its deconvnet (the report's Figure 4.1).",
        vis.mirror_graph(digits, images(1, 1, 28, 28).numpy(), "fc_1"),
    )
    yield (
        "mirror_report",
        "The report's net beside its deconvnet (Figure 6.1).",
        vis.mirror_graph(report, x.numpy(), "features.conv4_3"),
    )
    before, after = (
        nn.cross_entropy(nn.VGG(line, input_shape=(3, 16, 16), rng=0).eval()(images(1, 3, 16, 16)), np.array([0]))
        for line in ("8x2 M 16 M | 32 10", "8x2 M 16x2 M | 48 10")
    )
    yield "diff", "Two versions of a net: a layer was added, one made wider.", graph_diff(before, after)
