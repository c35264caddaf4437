"""Layers and modules: sizes, geometry, parts, weights."""

import numpy as np

import autograd_mini as ag
import nn

from .given import A, T, folder, given, image, taken, two_layers, ways


class NoForward(nn.Module):
    """Does not say what it computes."""


class GivesNothing(nn.Module):
    def forward(self, x):
        ag.exp(x)


def one_path():
    return given(nn.Sequential(("a", nn.Sequential(b=nn.Linear(3, 4, rng=0))), ("a.b", nn.Linear(4, 5, rng=0))))


class Loop(nn.Module):
    def forward(self, x):
        return self.inner(x)


def looped():
    loop = Loop()
    loop.inner = loop
    return loop


def vgg(config="2 M | 3", shape=(1, 4, 4), **options):
    return given(nn.VGG(config, input_shape=shape, **{"rng": 0, **options}))


def weights_of_another():
    nn.Linear(2, 2, rng=0).save(path := folder() / "a.safetensors")
    return path


VGGS = {
    "classes": {"num_classes": 0}, "classes True": {"num_classes": True}, "of None": {"config": None},
    "of a list": {"config": [2, "M", 3]}, "of nothing": {"config": ""}, "of two axes": {"shape": (4, 4)},
    "of no shape": {"shape": None}, "of fractional pixels": {"shape": (1, 4.0, 4)},
    "of no channels": {"shape": (0, 4, 4)}, "dropout of 2": {"dropout": 2},
    "dropout in words": {"config": "2 M | 4 3", "dropout": "a"}, "rng in words": {"rng": "a"},
    "more pooling than pixels": {"config": "2 M 2 M 2 M | 3"},
}  # fmt: skip


CALLS = {
    "BatchNorm2d": {
        "channels": lambda: nn.BatchNorm2d(3)(T(2, 4, 2, 2)),
        "of one element": lambda: nn.BatchNorm2d(3)(T(1, 3, 1, 1)),
        "channels of 0": lambda: nn.BatchNorm2d(0),
        "channels in words": lambda: nn.BatchNorm2d("a"),
        "channels True": lambda: nn.BatchNorm2d(True),
        "eps below 0": lambda: nn.BatchNorm2d(2, eps=-1),
        "momentum of 2": lambda: nn.BatchNorm2d(2, momentum=2),
        "momentum in words": lambda: nn.BatchNorm2d(2, momentum="a"),
        "affine None": lambda: nn.BatchNorm2d(2, affine=None),
        "of integers": lambda: nn.BatchNorm2d(2, dtype=int),
        "of None": lambda: given(nn.BatchNorm2d(2))(None),
        "of vectors": lambda: given(nn.BatchNorm2d(2))(T(4, 2)),
        "of a list of Tensors": lambda: given(nn.BatchNorm2d(2))([T(2, 4, 4)]),
        "of no images": lambda: given(nn.BatchNorm2d(2))(T(0, 2, 4, 4)),
    },
    "Dropout": {
        "of everything": lambda: nn.Dropout(1.0),
        "of a probability in words": lambda: nn.Dropout("a"),
        "of no probability": lambda: nn.Dropout(None),
        "with rng in words": lambda: nn.Dropout(0.5, rng="a"),
    },
    "Linear": {
        "sizes": lambda: nn.Linear(0, 3),
        "sizes in words": lambda: nn.Linear("a", 2),
        "fractional sizes": lambda: nn.Linear(2.0, 2),
        "size True": lambda: nn.Linear(True, 2),
        "size None": lambda: nn.Linear(2, None),
        "rng in words": lambda: nn.Linear(2, 2, rng="a"),
        "init in words": lambda: nn.Linear(2, 2, init="he"),
        "init of another shape": lambda: nn.Linear(2, 2, init=lambda shape, rng, dtype: np.zeros(3)),
        "init of nothing": lambda: nn.Linear(2, 2, init=lambda shape, rng, dtype: None),
        "of integers": lambda: nn.Linear(2, 2, dtype=int),
        "of a dtype that is none": lambda: nn.Linear(2, 2, dtype="nonsense"),
    },
    "Conv2d": {
        "sizes": lambda: nn.Conv2d(1, 1, 0),
        "fractional kernel": lambda: nn.Conv2d(1, 1, 3.0),
        "three kernel sizes": lambda: nn.Conv2d(1, 1, (3, 3, 3)),
        "stride of 0": lambda: nn.Conv2d(1, 1, 3, stride=0),
        "padding in other words": lambda: nn.Conv2d(1, 1, 3, padding="full"),
        "padding same with a stride": lambda: nn.Conv2d(1, 1, 3, 2, padding="same"),
        "padding below 0": lambda: nn.Conv2d(1, 1, 3, padding=-1),
        "groups that do not divide": lambda: nn.Conv2d(4, 6, 3, groups=4),
        "groups False": lambda: nn.Conv2d(1, 1, 3, 1, 0, 1, False),
        "bias in words": lambda: nn.Conv2d(1, 1, 3, bias="no"),
        "padding_mode that there is not": lambda: nn.Conv2d(1, 1, 3, padding_mode="mirror"),
        "dilation of 0": lambda: nn.Conv2d(1, 1, 3, dilation=0),
        "no kernel": lambda: nn.Conv2d(1, 1, None),
        "channels True": lambda: nn.Conv2d(True, 1, 3),
    },
    "VGG": ways(vgg, VGGS),
    "Sequential": {
        "of text": lambda: nn.Sequential("relu"),
        "of a function": lambda: nn.Sequential(f=ag.relu),
        "of half a pair": lambda: nn.Sequential(("relu",)),
        "with a name twice": lambda: nn.Sequential(("a", nn.ReLU()), a=nn.ReLU()),
        "missing layer": lambda: two_layers().c,
        "of a list": lambda: nn.Sequential([nn.ReLU()]),
        "of a dict": lambda: nn.Sequential({"a": nn.ReLU()}),
        "of a class": lambda: nn.Sequential(nn.ReLU),
        "of None": lambda: nn.Sequential(None),
        "of a numbered pair": lambda: nn.Sequential((0, nn.ReLU())),
        "with an empty name": lambda: nn.Sequential(("", nn.ReLU())),
        "with a layer called forward": lambda: nn.Sequential(forward=nn.ReLU()),
        "with a layer called layers": lambda: nn.Sequential(layers=nn.ReLU()),
        "with a layer called training": lambda: nn.Sequential(training=nn.ReLU()),
        "with a forward that returns nothing": lambda: nn.Sequential(GivesNothing(), nn.ReLU())(T(1, 2)),
        "missing key": lambda: two_layers()["c"],
        "missing number": lambda: two_layers()[5],
        "index of a fraction": lambda: two_layers()[1.5],
        "append a function": lambda: two_layers().append(ag.relu),
        "insert at a name": lambda: two_layers().insert("a", nn.ReLU()),
        "extend by text": lambda: two_layers().extend(["relu"]),
        "put in a place that there is not": lambda: two_layers().__setitem__(5, nn.ReLU()),
        "take out a name that there is not": lambda: two_layers().pop("c"),
        "put under a method's name": lambda: two_layers().__setitem__("append", nn.ReLU()),
    },
    "load": {
        "from nowhere": lambda: two_layers().load("nowhere.safetensors"),
        "from None": lambda: two_layers().load(None),
        "the weights of another net": lambda: two_layers().load(weights_of_another()),
        "from a mapping": lambda: two_layers().load({}),
    },
    "conv2d": {
        "by a layer of other channels": lambda: given(nn.Conv2d(3, 1, 3, rng=0))(image()),
        "by a layer of one image": lambda: given(nn.Conv2d(2, 1, 3, rng=0))(T(2, 4, 4)),
        "by a layer of None": lambda: given(nn.Conv2d(2, 1, 3, rng=0))(None),
    },
    "linear": {
        "by a model of other columns": lambda: two_layers()(T(3, 3)),
        "by a model of None": lambda: two_layers()(None),
        "by a model of text": lambda: two_layers()("a"),
        "by a model of a list of Tensors": lambda: two_layers()([T(2)]),
        "by a summary of other columns": lambda: two_layers().summary((1, 3)),
    },
    "ConvTranspose2d": {
        "sizes": lambda: nn.ConvTranspose2d(1, 0, 3),
        "stride of -1": lambda: nn.ConvTranspose2d(1, 1, 3, stride=-1),
        "output_padding": lambda: nn.ConvTranspose2d(1, 1, 3, output_padding=1),
    },
    "MaxPool2d": {
        "empty window": lambda: nn.MaxPool2d(0),
        "no window": lambda: nn.MaxPool2d(None),
        "fractional window": lambda: nn.MaxPool2d(2.0),
        "stride of 0": lambda: nn.MaxPool2d(2, 0),
        "padding": lambda: nn.MaxPool2d(2, padding=2),
    },
    "AvgPool2d": {
        "empty window": lambda: nn.AvgPool2d(0),
    },
    "MaxUnpool2d": {
        "empty window": lambda: nn.MaxUnpool2d(0),
    },
    "Flatten": {
        "from text": lambda: nn.Flatten("a"),
    },
    "LeakyReLU": {
        "with a slope in words": lambda: nn.LeakyReLU("a"),
        "with a slope True": lambda: nn.LeakyReLU(True),
    },
    "Softmax": {
        "over text": lambda: nn.Softmax("a"),
    },
    "LogSoftmax": {
        "over a number that is no integer": lambda: nn.LogSoftmax(1.5),
    },
    "softmax": {
        "by a layer over no axis": lambda: nn.Softmax(3)(T(2)),
    },
    "relu": {
        "by a layer of what pooling returns with indices": lambda: nn.Sequential(
            nn.MaxPool2d(2, return_indices=True), nn.ReLU()
        )(image()),
    },
    "NoForward": {
        "called": lambda: NoForward()(T(2)),
    },
    "Loop": {
        "that contains itself, called": lambda: looped()(T(1, 2)),
    },
    "train": {
        "in words": lambda: two_layers().train("no"),
        "with None": lambda: two_layers().train(None),
    },
    "state_dict": {
        "of two parts with one path": lambda: one_path().state_dict(),
        "of two parts with one path, to save": lambda: one_path().save(folder() / "a.safetensors"),
    },
    "load_state_dict": {
        "of None": lambda: two_layers().load_state_dict(None),
        "of a list": lambda: two_layers().load_state_dict([A(3)]),
        "of a path": lambda: two_layers().load_state_dict("weights.safetensors"),
        "a state that lacks paths": lambda: two_layers().load_state_dict({"a.weight": A(3, 2)}),
        "what is too much": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "c": A(2)}),
        "another shape": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "a.weight": A(2, 3)}),
        "words": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "b.bias": np.array(["a", "b"])}),
        "complex numbers": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "b.bias": A(2) * 1j}),
        "integers": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "b.bias": np.ones(2, int)}),
        "nothing for a path": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "b.bias": None}),
        "of ragged lists": lambda: (net := two_layers()).load_state_dict({**net.state_dict(), "b.bias": [[1], [1, 2]]}),
        "of ragged lists for no path": lambda: (net := two_layers()).load_state_dict(
            {**net.state_dict(), "c": [[1], [1, 2]]}
        ),
        "of None, by a VGG": lambda: vgg().load_state_dict(None),
        "of numbered arrays, by a VGG": lambda: vgg().load_state_dict({0: A(3)}),
        "of another VGG": lambda: vgg().load_state_dict(vgg("2 M | 4").state_dict()),
    },
    "save": {
        "to None": lambda: two_layers().save(None),
        "to no folder": lambda: two_layers().save(folder() / "no" / "a.safetensors"),
        "onto a folder": lambda: two_layers().save(taken("a.safetensors")),
    },
    "he_normal": {
        "of a vector": lambda: nn.he_normal((3,), 0),
        "of no inputs": lambda: nn.he_normal((3, 0), 0),
        "of text": lambda: nn.he_normal("ab", 0),
        "of integers": lambda: nn.he_normal((2, 3), 0, int),
        "of float16": lambda: nn.he_normal((2, 3), 0, np.float16),
        "with rng in words": lambda: nn.he_normal((2, 3), "a"),
    },
    "xavier_uniform": {
        "of nothing": lambda: nn.xavier_uniform((0, 0), 0),
    },
    "normal": {
        "with std below 0": lambda: nn.normal((2, 3), 0, std=-1),
        "with std of nan": lambda: nn.normal((2, 3), 0, std=np.nan),
    },
    "zeros": {
        "of less than nothing": lambda: nn.zeros((-1, 2), 0),
    },
}
