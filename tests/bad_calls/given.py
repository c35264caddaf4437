"""What bad calls are given: arrays, tensors, nets and folders, and a note of how each of them was."""

import shutil
import tempfile
from pathlib import Path

import numpy as np

import nn
from autograd_mini import Tensor

_noted = {}  # by identity: what is given, and how it was
_folders = []


def given(thing):
    """Note how an array, a Tensor, a Module, an Optimizer or a Schedule is now; a bad call must leave it so."""
    _noted[id(thing)] = thing, _state(thing)
    return thing


def folder():
    """A new empty folder, which messages call PATH."""
    _folders.append(Path(tempfile.mkdtemp()).resolve())
    return _folders[-1]


def taken(name):
    """A place where a folder is already."""
    (place := folder() / name).mkdir()
    return place


def A(*shape):  # noqa: N802 (an array)
    return given(np.random.default_rng(0).standard_normal(shape))


def T(*shape, name=None):  # noqa: N802 (a leaf, which has a gradient already)
    leaf = Tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True, name=name)
    leaf.grad = np.full(shape, 7.0)
    return given(leaf)


def image(*shape):
    return T(*(shape or (1, 2, 4, 4)))


def images(n=2, size=8, channels=3):
    return np.random.default_rng(0).random((n, channels, size, size), np.float32)


def two_layers():
    return given(nn.Sequential(a=nn.Linear(2, 3, rng=0), b=nn.Linear(3, 2, rng=1)))


def net(classes=5):
    """A small net of images (N, 3, 8, 8), dropout and batch normalisation in it."""
    return given(
        nn.Sequential(
            conv=nn.Conv2d(3, 4, 3, padding=1, rng=0),
            norm=nn.BatchNorm2d(4),
            relu=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flat=nn.Flatten(),
            drop=nn.Dropout(0.5, rng=0),
            fc=nn.Linear(64, classes, rng=0),
        )
    )


def optimizer(kind=nn.SGD, **options):
    leaf = T(3)
    return given(kind([leaf], **{"lr": 0.1, **options}))


def tidy():
    """What was changed, in words; the notes and the folders are gone afterwards."""
    changed = [f"{type(thing).__name__} is not what it was" for thing, was in _noted.values() if _state(thing) != was]
    left = [f"{path.name} was left behind" for place in _folders for path in place.rglob("*") if path.suffix == ".part"]
    _noted.clear()
    for place in _folders:
        shutil.rmtree(place)
    _folders.clear()
    return changed + left


def ways(call, options, **others):
    """{how: the call with these options, and with others, which functions make anew each time}."""

    def called(given):
        made = {name: value() if callable(value) else value for name, value in others.items() if name not in given}
        return call(**made, **given)

    return {how: lambda given=given: called(given) for how, given in options.items()}


def in_words(message):
    """A message without what differs from run to run: the folders' names."""
    for place in _folders:
        message = message.replace(str(place), "PATH")
    return message


def _state(thing):
    if thing is None or isinstance(thing, int | float):
        return repr(thing)
    if isinstance(thing, Tensor):
        return "tensor", _state(thing._array), _state(thing.grad), thing.requires_grad, id(thing.node)
    if isinstance(thing, nn.Module):
        tensors = [(name, _state(tensor)) for name, tensor, _ in thing.named_tensors()]
        return "module", tensors, [(name, type(part), part.training) for name, part in thing.named_modules()]
    if isinstance(thing, nn.Optimizer):
        held = {k: _state(v) for k, v in thing.state_dict().items()}
        return "optimizer", [*map(_state, thing.params)], held, [*thing.factors], len(thing.param_groups)
    if isinstance(thing, nn.Schedule):
        return "schedule", _state(thing.count), _state(thing.optimizer)
    return "array", thing.shape, thing.dtype.str, thing.tobytes()
