"""PyTorch's twins of nets that the tests of `vis` look into, with the same weights."""

from functools import cache

import numpy as np
import torch
from nets import chelsea, squeezenet

import autograd_mini as ag
import nn
from nn.models.squeezenet import FIRES


class Net(torch.nn.Module):
    """A function of the images and of these modules."""

    def __init__(self, forward, *parts):
        super().__init__()
        self.of, self.parts = forward, torch.nn.ModuleList(parts)

    def forward(self, x):
        return self.of(x, *self.parts)


def mean_of_maps():
    """(N, C, H, W) -> (N, C)."""
    return torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())


class Fire(torch.nn.Module):
    def __init__(self, channels, squeezed, expanded):
        super().__init__()
        self.squeeze1x1 = torch.nn.Conv2d(channels, squeezed, 1)
        self.relu_squeeze1x1 = torch.nn.ReLU()
        self.expand1x1 = torch.nn.Conv2d(squeezed, expanded, 1)
        self.relu_expand1x1 = torch.nn.ReLU()
        self.expand3x3 = torch.nn.Conv2d(squeezed, expanded, 3, padding=1)
        self.relu_expand3x3 = torch.nn.ReLU()

    def forward(self, x):
        x = self.relu_squeeze1x1(self.squeeze1x1(x))
        return torch.cat([self.relu_expand1x1(self.expand1x1(x)), self.relu_expand3x3(self.expand3x3(x))], 1)


def in_pytorch(state, **layers):
    """The layers one after another, with a state of ours."""
    net = torch.nn.Sequential()
    for name, layer in layers.items():
        net.add_module(name, layer)
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    net.to(next(iter(tensors.values())).dtype).load_state_dict(tensors)
    return net.eval()


@cache
def squeezenets(dtype=np.float32):
    """Ours, PyTorch's, a photograph as both see it, and what it is to them."""
    ours, x = squeezenet(dtype), chelsea().astype(dtype)
    relu, pool, conv = torch.nn.ReLU, torch.nn.MaxPool2d, torch.nn.Conv2d
    layers = {"conv1": conv(3, 64, 3, 2, 1), "relu1": relu(), "pool1": pool(3, 2)}
    channels = 64
    for number, (squeezed, expanded) in FIRES.items():
        layers[f"fire{number}"] = Fire(channels, squeezed, expanded)
        channels = 2 * expanded
        if number in (3, 5):
            layers[f"pool{number}"] = pool(3, 2)
    layers |= {"conv10": conv(channels, 1000, 1), "relu10": relu(), "logits": mean_of_maps()}
    theirs = in_pytorch(ours.state_dict(), **layers)
    return ours, theirs, x, int(ours(ag.Tensor(x)).numpy().argmax())


@cache
def random_vggs(dtype=np.float32):
    """A small VGG of ours with biases and random weights, PyTorch's of the same, and two random images."""
    rng = np.random.default_rng(6)
    ours = nn.VGG("6x2 M 8x2 M | 20 5", input_shape=(3, 13, 15), rng=rng, dtype=dtype).eval()
    for name, parameter in ours.named_parameters():
        if name.endswith("bias"):
            parameter.data[:] = 0.2 * rng.standard_normal(parameter.shape)
    conv, relu, pool, linear = torch.nn.Conv2d, torch.nn.ReLU, torch.nn.MaxPool2d, torch.nn.Linear
    layers = {}
    for block, channels, out in ((1, 3, 6), (2, 6, 8)):
        layers |= {f"conv{block}_1": conv(channels, out, 3, padding=1), f"relu{block}_1": relu()}
        layers |= {f"conv{block}_2": conv(out, out, 3, padding=1), f"relu{block}_2": relu(), f"pool{block}": pool(2)}
    layers |= {"flat": torch.nn.Flatten(), "fc1": linear(72, 20), "relu1": relu(), "drop1": torch.nn.Dropout(0.5)}
    layers |= {"fc2": linear(20, 5)}
    state = {name.split(".", 1)[1]: array for name, array in ours.state_dict().items()}
    return ours, in_pytorch(state, **layers), rng.standard_normal((2, 3, 13, 15)).astype(dtype)
