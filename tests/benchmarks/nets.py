"""The nets that are measured: what each is made of, written once for PyTorch and JAX, beside this project's own.

A function takes an engine w, whose layers make their weights when they are first called, by this project's names, and
images or what stands for them. Layers of w: conv, conv_transpose, linear, norm (batch), lstm, transformer; and what has
no weights: relu, relu6, leaky, tanh, max_pool, mean (over positions), flatten, concatenate, dropout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .inputs import Array, labels, normal

REPORT = "8x2 M 16x2 M 32x3 M 64x3 M | 4096 4096 2"
VGG16 = "64x2 M 128x2 M 256x3 M 512x3 M 512x3 M | 4096 4096 1000"
SMALL = "16x2 M 32x2 M 64x2 M | 128 10"


def vgg(w: Any, x: Any, line: str) -> Any:
    """As `nn.VGG` reads a line."""
    features, classifier = line.split("|")
    block, number = 1, 0
    for word in features.split():
        if word == "M":
            x, block, number = w.max_pool(x, 2), block + 1, 0
            continue
        out, _, times = word.partition("x")
        for _ in range(int(times or 1)):
            number += 1
            x = w.relu(w.conv(f"features.conv{block}_{number}", x, int(out), 3, padding=1))
    x, widths = w.flatten(x), classifier.split()
    for i, width in enumerate(widths, 1):
        x = w.linear(f"classifier.fc{i}", x, int(width))
        x = w.dropout(w.relu(x), 0.5) if i < len(widths) else x
    return x


def digits(w: Any, x: Any) -> Any:
    """The net of examples/digits.py."""
    x = w.relu(w.conv("conv_2", w.relu(w.conv("conv_1", x, 32, 3)), 64, 3))
    x = w.flatten(w.dropout(w.max_pool(x, 2), 0.25))
    return w.linear("fc_2", w.dropout(w.relu(w.linear("fc_1", x, 128)), 0.5), 10)


def mlp(w: Any, x: Any) -> Any:
    return w.linear("fc3", w.relu(w.linear("fc2", w.relu(w.linear("fc1", x, 256)), 256)), 10)


def resnet18(w: Any, x: Any) -> Any:
    x = w.relu(w.norm("bn1", w.conv("conv1", x, 64, 7, stride=2, padding=3, bias=False)))
    x = w.max_pool(x, 3, 2, 1)
    for i, width in enumerate((64, 128, 256, 512), 1):
        for j in range(2):
            at, stride = f"layer{i}.{j}", 2 if i > 1 and j == 0 else 1
            y = w.conv(f"{at}.conv1", x, width, 3, stride=stride, padding=1, bias=False)
            y = w.relu(w.norm(f"{at}.bn1", y))
            y = w.norm(f"{at}.bn2", w.conv(f"{at}.conv2", y, width, 3, padding=1, bias=False))
            if stride == 2:
                x = w.conv(f"{at}.downsample.0", x, width, 1, stride=2, bias=False)
                x = w.norm(f"{at}.downsample.1", x)
            x = w.relu(y + x)
    return w.linear("fc", w.mean(x), 1000)


MOBILE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet(w: Any, x: Any) -> Any:
    def unit(at: str, x: Any, out: int, kernel: int, stride: int = 1, groups: int = 1) -> Any:
        y = w.conv(f"{at}.0", x, out, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)
        return w.relu6(w.norm(f"{at}.1", y))

    x, into, number = unit("features.0", x, 32, 3, 2), 32, 0
    for expansion, out, count, first in MOBILE:
        for stride in (first, *[1] * (count - 1)):
            number += 1
            at, y, place = f"features.{number}.conv", x, 0
            if expansion > 1:
                y, place = unit(f"{at}.0", y, into * expansion, 1), 1
            y = unit(f"{at}.{place}", y, into * expansion, 3, stride, into * expansion)
            y = w.norm(f"{at}.{place + 2}", w.conv(f"{at}.{place + 1}", y, out, 1, bias=False))
            x, into = x + y if (stride, into) == (1, out) else y, out
    x = w.mean(unit(f"features.{number + 1}", x, 1280, 1))
    return w.linear("classifier.1", w.dropout(x, 0.2), 1000)


FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


def squeezenet(w: Any, x: Any) -> Any:
    """As `nn.SqueezeNet`."""
    x = w.max_pool(w.relu(w.conv("conv1", x, 64, 3, stride=2, padding=1)), 3, 2)
    for number, (squeezed, out) in enumerate(FIRES, 2):
        x = w.relu(w.conv(f"fire{number}.squeeze1x1", x, squeezed, 1))
        one = w.relu(w.conv(f"fire{number}.expand1x1", x, out, 1))
        three = w.relu(w.conv(f"fire{number}.expand3x3", x, out, 3, padding=1))
        x = w.concatenate([one, three])
        x = w.max_pool(x, 3, 2) if number in (3, 5) else x
    return w.mean(w.relu(w.conv("conv10", w.dropout(x, 0.5), 1000, 1)))


def dcgan(w: Any, z: Any) -> Any:
    """A generator of 64×64 pictures from z (N, 100, 1, 1), and what its discriminator says of them, two logits."""
    x = w.relu(w.norm("g.bn0", w.conv_transpose("g.up0", z, 512, 4, bias=False)))
    for i, width in enumerate((256, 128, 64), 1):
        x = w.conv_transpose(f"g.up{i}", x, width, 4, stride=2, padding=1, bias=False)
        x = w.relu(w.norm(f"g.bn{i}", x))
    x = w.tanh(w.conv_transpose("g.up4", x, 3, 4, stride=2, padding=1, bias=False))
    x = w.leaky(w.conv("d.conv0", x, 64, 4, stride=2, padding=1, bias=False))
    for i, width in enumerate((128, 256, 512), 1):
        x = w.conv(f"d.conv{i}", x, width, 4, stride=2, padding=1, bias=False)
        x = w.leaky(w.norm(f"d.bn{i}", x))
    return w.flatten(w.conv("d.conv4", x, 2, 4))


def unet(w: Any, x: Any) -> Any:
    """A quarter of the paper's widths; the logits of all pixels as rows."""

    def twice(at: str, x: Any, width: int) -> Any:
        for i in (0, 3):
            x = w.conv(f"{at}.double_conv.{i}", x, width, 3, padding=1, bias=False)
            x = w.relu(w.norm(f"{at}.double_conv.{i + 1}", x))
        return x

    maps = [twice("inc", x, 16)]
    for i in range(1, 5):
        maps.append(twice(f"down{i}.maxpool_conv.1", w.max_pool(maps[-1], 2), 16 << i))
    x = maps.pop()
    for i in range(1, 5):
        up = w.conv_transpose(f"up{i}.up", x, 16 << 4 - i, 2, stride=2)
        x = twice(f"up{i}.conv", w.concatenate([maps.pop(), up]), 16 << 4 - i)
    return w.pixels(w.conv("outc.conv", x, 2, 1))


def transformer(w: Any, x: Any) -> Any:
    """One encoder layer of width 256 with 8 heads, and a class by the mean of the tokens."""
    return w.linear("fc", w.transformer("block", x, heads=8).mean(1), 10)


def lstm(w: Any, x: Any) -> Any:
    """One layer over 50 steps, and a class by its last output. x (steps, batch, 128)."""
    return w.linear("fc", w.lstm("lstm", x, 128)[-1], 10)


@dataclass(frozen=True)
class Net:
    """A function of an engine and images; the images' shape without and with the batch; and how many classes."""

    function: Callable[..., Any]
    shape: tuple[int, ...]
    classes: int

    def inputs(self, batch: int, side: int | None = None) -> tuple[Array, Array]:
        """Images, and labels. side: of images of another size."""
        shape = self.shape if side is None else (self.shape[0], side, side)
        if self.function is lstm:
            return normal("images", (shape[0], batch, shape[1])), labels(self.classes, batch)
        many = batch * shape[1] * shape[2] if self.function is unet else batch
        return normal("images", (batch, *shape)), labels(self.classes, many)


NETS = {
    "VGG-16": Net(partial(vgg, line=VGG16), (3, 224, 224), 1000),
    "the report's net": Net(partial(vgg, line=REPORT), (3, 224, 224), 2),
    "small VGG": Net(partial(vgg, line=SMALL), (3, 64, 64), 10),
    "digits": Net(digits, (1, 28, 28), 10),
    "ResNet-18": Net(resnet18, (3, 224, 224), 1000),
    "MobileNetV2": Net(mobilenet, (3, 224, 224), 1000),
    "SqueezeNet": Net(squeezenet, (3, 227, 227), 1000),
    "DCGAN": Net(dcgan, (100, 1, 1), 2),
    "U-Net": Net(unet, (3, 64, 64), 2),
    "transformer block": Net(transformer, (128, 256), 10),
    "LSTM, 50 steps": Net(lstm, (50, 128), 10),
    "MLP": Net(mlp, (784,), 10),
}
