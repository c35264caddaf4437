"""Nets for the command: by name, out of a file of weights, out of an ONNX file; and what each wants to see."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import nn
from nn import models
from nn.models.by_name import CLASSES, TORCHVISION

BUILDERS = {name for name in models.__all__ if name.islower()} - {"squeezenet", "gpt2", "unet", "imagenet_classes"}


@dataclass
class Chosen:
    """A net that is ready to look into. words: what was recognised, for the user. classes: names, if they are known."""

    net: Any
    words: str
    classes: list[str] | None = None


def add_options(parser: argparse.ArgumentParser) -> None:
    """What a command is told about its net and about photographs."""
    parser.add_argument("--net", default="squeezenet", help="squeezenet, vgg16, …; a file of weights, or an .onnx file")
    parser.add_argument("--weights", type=Path, help="the file of weights for --net vgg16, … (or another squeezenet)")
    parser.add_argument("--classes", type=Path, help="a file with a name of a class on each line")
    seen = parser.add_argument_group(
        "what the net wants to see", "by default what its file says, else what torchvision's nets want: RGB from 0 "
        "to 1 less (0.485, 0.456, 0.406), over (0.229, 0.224, 0.225)",
    )  # fmt: skip
    seen.add_argument("--size", type=int, help="pixels a side; by default the input's of the net")
    seen.add_argument("--mean", type=_three, metavar="R,G,B", help="what is taken off, a number a channel")
    seen.add_argument("--std", type=_three, metavar="R,G,B", help="what is divided by, a number a channel")
    seen.add_argument("--order", choices=["rgb", "bgr"], help="of the channels, of mean and std too")
    seen.add_argument("--range", type=int, choices=[1, 255], help="what white is, before the mean is taken off")


def _three(text: str) -> tuple[float, ...]:
    numbers = tuple(float(word) for word in text.split(","))
    if len(numbers) not in (1, 3):
        raise argparse.ArgumentTypeError(f"{text!r} is neither one number nor three with commas between")
    return numbers * (3 // len(numbers))


def chosen(args: argparse.Namespace) -> Chosen:
    """The net that the options name, with its `preprocess`. Raises OSError, ValueError and the like in a sentence."""
    found = _found(args.net, args.weights)
    given = {"size": args.size, "mean": args.mean, "std": args.std, "scale": args.range}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if args.order is not None:
        changes["bgr"] = args.order == "bgr"
    pre = getattr(found.net, "preprocess", None) or _usual(found.net)
    found.net.preprocess = replace(pre, **changes) if changes else pre
    if args.classes is not None:
        found.classes = args.classes.read_text(encoding="utf-8").splitlines()
    return found


def told(pre: Any) -> str:
    """What a net is shown, in a line."""
    order, whole = "BGR" if pre.bgr else "RGB", f"{pre.scale:g}"
    way = "the middle of the photograph" if pre.resize == "crop" else "the photograph, stretched"
    less = "" if not any(pre.mean) else f", less {_words(pre.mean)}"
    over = "" if set(pre.std) == {1.0} else f", over {_words(pre.std)}"
    return f"it sees {way} at {pre.size}×{pre.size}, {order} from 0 to {whole}{less}{over}"


def _words(numbers: Sequence[float]) -> str:
    return f"({', '.join(f'{n:g}' for n in numbers)})"


def named_classes(classes: list[str] | None, count: int) -> list[str] | None:
    """Names for so many classes: ImageNet's if they may be those. Raises ValueError for another number of names."""
    if classes is None:
        return models.imagenet_classes() if count == CLASSES else None
    if len(classes) != count:
        raise ValueError(f"there are {len(classes)} names of classes, and the net has {count} logits")
    return classes


def _usual(net: Any) -> Any:
    """What torchvision's nets want, at the size that the net's input has."""
    shape = getattr(net, "input_shape", None)
    if shape is None:
        return TORCHVISION
    if len(shape) != 3 or shape[0] != 3 or shape[1] != shape[2]:
        raise ValueError(f"the net takes {shape}; photographs become (3, size, size) only")
    return replace(TORCHVISION, size=int(shape[1]))


# ── by name, by weights, by file ──────────────────────────────────────────────────────────────────────────────────────


def _found(name: str, weights: Path | None) -> Chosen:
    if name == "squeezenet":
        return Chosen(nn.squeezenet(weights or "imagenet"), "SqueezeNet 1.1, trained on ImageNet")
    if name in BUILDERS:
        if weights is None:
            raise ValueError(f"--net {name} needs --weights FILE, as torchvision's .pth or .safetensors is one")
        return Chosen(getattr(nn, name)(weights), f"{name} with the weights of {weights}")
    path = Path(name)
    if not path.is_file():
        raise FileNotFoundError(
            f"--net {name!r} is neither squeezenet, nor another net by its name, nor a file of weights"
        )
    return _of_onnx(path) if path.suffix.lower() == ".onnx" else _of_weights(path)


def _of_onnx(path: Path) -> Chosen:
    """A net with its own graph, and what the file says beside it."""
    net: Any = nn.from_onnx(path)
    notes = read_metadata(path)
    if "preprocess" in notes:
        net.preprocess = nn.Preprocessing.of_note(notes["preprocess"])
    parameters = sum(p.size for p in net.parameters())
    classes = json.loads(notes["classes"]) if "classes" in notes else None
    if classes is not None and not (isinstance(classes, list) and all(isinstance(c, str) for c in classes)):
        raise ValueError(f"{path}: its metadata's classes must be a list of names, not {notes['classes'][:80]}")
    return Chosen(net, f"the net of {path.name}, with {parameters:,} parameters", classes)


def read_metadata(path: Path) -> dict[str, str]:
    """The words that stand in an ONNX file by name; nothing of its weights is read."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    return {prop.key: prop.value for prop in model.metadata_props}


def _of_weights(path: Path) -> Chosen:
    """A known net, by the names and shapes of its arrays."""
    state = nn.read_state(path)
    name = recognised(state)
    if name is None:  # VGG-16's loader tells what is not its own, and turns Keras's
        name, net = "vgg16", nn.VGG("vgg16", init=nn.zeros).load(path)
    else:
        make: Any = getattr(nn, name)
        head = [*make(init=nn.zeros).state_dict()][-1].rpartition(".")[0] + ".weight"
        counts = [len(array) for key, array in state.items() if key.endswith(head)]
        net = make(path, num_classes=counts[0] if counts else CLASSES)
    return Chosen(net, f"{name}, known by the names of its {len(state)} arrays")


def recognised(state: Mapping[str, Any]) -> str | None:
    """The name of the net that a state belongs to, with torchvision's names or ours; None for others'."""
    shapes = {re.sub(r"^(module|model|net)\.", "", name): np.shape(array) for name, array in state.items()}
    if "conv10.weight" in shapes:
        return "squeezenet"
    for name, word in _BY_WORD.items():
        if any(word in key for key in shapes):
            return name
    if "fc8.weight" in shapes and "features.0.weight" not in shapes:
        return "zfnet"
    if "layer1.0.conv1.weight" in shapes:
        return _resnet(shapes)
    first = shapes.get("features.0.weight")
    if "features.3.squeeze.weight" in shapes and first is not None:
        return "squeezenet1_0" if first[-1] == 7 else "squeezenet1_1"
    if first is not None and len(first) == 4 and first[-1] == 11:
        return "alexnet"
    filters = sum(len(shape) == 4 and key.startswith("features") for key, shape in shapes.items())
    normal = "_bn" * any("running_mean" in key for key in shapes)
    return {n: f"vgg{n + 3}{normal}" for n in (8, 10, 13, 16)}.get(filters)


_BY_WORD = {
    "densenet121": "denseblock1.denselayer1.", "mobilenet_v2": "features.1.conv.0.0.weight", "vit_b_16": "conv_proj.",
    "efficientnet_lite0": "_blocks.0._depthwise_conv",
}  # fmt: skip
_RESNETS = {
    (2, False): "resnet18", (6, False): "resnet34", (6, True): "resnet50", (23, True): "resnet101",
    (36, True): "resnet152",
}  # fmt: skip


def _resnet(shapes: Mapping[str, Any]) -> str | None:
    """Which of the residual nets, by the blocks of its third layer."""
    blocks = len({key.split(".")[1] for key in shapes if key.startswith("layer3.")})
    deep = "layer1.0.conv3.weight" in shapes
    if deep and shapes["layer1.0.conv2.weight"][1] == 4:
        return "resnext50_32x4d" if blocks == 6 else None
    return _RESNETS.get((blocks, deep))
