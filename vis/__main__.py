"""`python -m vis PHOTO… --net squeezenet`: look into a net with your own photographs; writes a page to open from disk.

python -m vis cat.jpg                                        SqueezeNet, ten layers, the nine strongest channels
python -m vis photos/ --layer fire9 --top 9 --out seen       and the nine photos to which each channel responds most
python -m vis cat.jpg --net vgg16 --weights vgg16.safetensors   or resnet18, mobilenet_v2, …: nets by name
python -m vis cat.jpg --net my_net.safetensors               any net of nn's that `save` wrote, torchvision's, Keras's
python -m vis cat.jpg --net my_net.onnx --classes names.txt  any net that takes photographs; --help says the rest
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograd_mini import nn
from nn.models.by_name import CLASSES, TORCHVISION
from nn.models.recognised import BUILDERS

from . import patches, report
from .predictions import observe
from .record import find_layer, record
from .report.pages import MARKER

ON_PAGE = 12  # photographs that a page shows, each with all its layers


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command, look, write; 0 if something was written, 2 with a sentence if not."""
    parser = argparse.ArgumentParser(
        prog="python -m vis", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="pictures, or folders of pictures")
    add_options(parser)
    parser.add_argument("--layer", action="append", metavar="NAME", help="layers to look at, by default about ten")
    parser.add_argument("--channels", type=int, default=9, help="how many of the strongest channels a photo and layer")
    parser.add_argument("--top", type=int, default=9, help="photos for each channel that responds most (of several)")
    parser.add_argument("--out", type=Path, default=Path("out/vis"), help="folder for the page")
    parser.add_argument("--no-occlusion", action="store_true", help="leave out the sliding square, which takes longest")
    parser.add_argument("--no-sanity", action="store_true", help="leave out the pictures from randomised weights")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    try:
        found = chosen(args)
        photos = readable(found_photos(args.photos), found.net)
        logits, _ = observe(found.net, photos.inputs(np.arange(1)))
        classes = named_classes(found.classes, logits.shape[1])
        if not args.quiet:
            print(f"{found.words}: {told(found.net.preprocess)}")
        args.out.parent.mkdir(parents=True, exist_ok=True)
        print(look(found.net, photos, classes, args))
    except (OSError, ValueError, TypeError, KeyError, IndexError, ImportError) as error:
        print(f"vis: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
        return 2
    return 0


def look(net: Any, photos: nn.Pictures, classes: list[str] | None, args: argparse.Namespace) -> Path:
    """Write the page; of several photographs and named layers, also what each strong channel responds to most."""
    first = photos.inputs(np.arange(min(len(photos), ON_PAGE)))
    if args.classes is None and classes and np.shape(record(net, first[:1]).outputs[0])[1:] != (len(classes),):
        classes = None  # ImageNet's names are not this net's
    figures = {}
    if len(photos) > 1 and args.layer and args.top > 0:
        for layer in args.layer:
            values = find_layer(record(net, first[:1]), layer).numpy()
            strongest = np.argsort(-values.reshape(*values.shape[:2], -1).max(axis=(0, 2)), kind="stable")[:4]
            figures[f"top {args.top} of {layer}"] = patches(
                net, photos, layer, channels=sorted(map(int, strongest)), k=min(args.top, len(photos)),
                progress=not args.quiet,
            )  # fmt: skip
    if len(photos) > ON_PAGE:
        print(f"the page shows the first {ON_PAGE} of {len(photos)} photographs")
    return report(
        net, first, args.out, layers=args.layer, channels=args.channels, classes=classes, figures=figures,
        names=[file.name for file in photos.files[:ON_PAGE]], data=photos if len(photos) > 1 and args.top > 0 else None,
        top=max(args.top, 1), occlusion=not args.no_occlusion,
        sanity=not args.no_sanity, progress=not args.quiet,
    )  # fmt: skip


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
        return nn.imagenet_classes() if count == CLASSES else None
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
        return Chosen(BUILDERS[name](weights), f"{name} with the weights of {weights}")
    path = Path(name)
    if not path.is_file():
        raise FileNotFoundError(
            f"--net {name!r} is neither squeezenet, nor another net by its name, nor a file of weights"
        )
    if path.suffix.lower() == ".onnx":
        return _of_onnx(path)
    net = nn.read_net(path)
    shape: tuple[int, ...] = getattr(net, "input_shape", ())
    if getattr(net, "preprocess", None) is None and len(shape) == 3 and shape[0] == 3 and shape[1] == shape[2]:
        net.preprocess = nn.Preprocessing(int(shape[1]))  # as nn.ImageFolder gives photographs, from 0 to 1
    kind, parameters = type(net).__name__, sum(p.size for p in net.parameters())
    return Chosen(net, f"the {kind} of {path.name}, with {parameters:,} parameters")


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


# ── photographs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def found_photos(paths: Sequence[Path]) -> list[Path]:
    """The files given, and the pictures in the folders given, in order of their names."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += told_of(path)
        elif path.is_file():
            found.append(path)
        else:
            raise FileNotFoundError(f"there is no photo and no folder {path}")
    if not found:
        raise ValueError(f"there are no pictures in {', '.join(map(str, paths))}")
    return found


def told_of(folder: Path) -> list[Path]:
    """The pictures in a folder but for those that a report wrote; these, and other kinds of pictures, are told."""
    passed: list[tuple[Path, str]] = []
    files = nn.pictures_in(folder, passed)
    own = {marker.parent for marker, _ in passed if marker.name == MARKER}
    others = [file for file, _ in passed if not file.name.startswith(".") and is_called_an_image(file)]
    for place in sorted(own):
        print(f"vis: passed over: {place} holds a report of this program", file=sys.stderr)
    for file in sorted(others):
        print(f"vis: passed over: {file} is a kind of picture that cannot be read", file=sys.stderr)
    return [file for file in files if own.isdisjoint([file.parent, *file.parents])]


def is_called_an_image(file: Path) -> bool:
    """Whether a file's name says that it is a picture, of whatever kind."""
    return (mimetypes.guess_type(file.name)[0] or "").startswith("image/")


def readable(files: Sequence[Path], net: Any) -> nn.Pictures:
    """Those that are pictures; of the others each is named, with what is wrong. Raises ValueError if none is left."""
    photos = nn.Pictures(files, preprocess=net.preprocess, unreadable="skip")
    for file, why in photos.skipped:
        print(f"vis: passed over: {file} {why}", file=sys.stderr)
    if not len(photos):
        raise ValueError("none of the files is a picture that can be read")
    return photos


if __name__ == "__main__":
    sys.exit(main())
