"""`python -m vis PHOTO… --net squeezenet`: look into a net with your own photographs; writes a page to open from disk.

python -m vis cat.jpg                                        SqueezeNet, ten layers, the strongest channel of each
python -m vis photos/ --layer fire9 --top 9 --out seen       and the nine photos that each channel responds to most
python -m vis cat.jpg --net vgg16 --weights vgg16.safetensors   or resnet18, mobilenet_v2, …: nets by name
python -m vis cat.jpg --net my_net.safetensors               any net of nn's that `save` wrote, torchvision's, Keras's
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd_mini import nn

from . import patches, report
from .record import find_layer, record

DATA = Path(__file__).parents[1] / "examples" / "data"
BUILDERS = {name for name in vars(nn)["models"].__all__ if name.islower()} - {"squeezenet", "gpt2", "unet", "read_net"}
ON_PAGE = 12  # photographs that a page shows, each with all its layers


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command, look, write; 0 if something was written, 2 with a sentence if not."""
    parser = argparse.ArgumentParser(
        prog="python -m vis", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="pictures, or folders of pictures")
    parser.add_argument("--net", default="squeezenet", help="squeezenet, vgg16, resnet18, …, or a file of weights")
    parser.add_argument("--weights", type=Path, help="the file of weights for --net vgg16, … (or another squeezenet)")
    parser.add_argument("--classes", type=Path, help="a file with a name of a class on each line")
    parser.add_argument("--layer", action="append", metavar="NAME", help="layers to look at, by default about ten")
    parser.add_argument("--channels", type=int, default=1, help="how many of the strongest channels a photo and layer")
    parser.add_argument("--top", type=int, default=9, help="photos for each channel that responds most (of several)")
    parser.add_argument("--out", type=Path, default=Path("out/vis"), help="folder for the page")
    parser.add_argument("--no-occlusion", action="store_true", help="leave out the sliding square, which takes longest")
    parser.add_argument("--no-sanity", action="store_true", help="leave out the pictures from randomised weights")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    try:
        net = load_net(args.net, args.weights)
        classes = read_classes(args.classes)
        photos = readable(found_photos(args.photos), net)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        print(look(net, photos, classes, args))
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
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
        names=[file.name for file in photos.files[:ON_PAGE]], occlusion=not args.no_occlusion,
        sanity=not args.no_sanity, progress=not args.quiet,
    )  # fmt: skip


def load_net(name: str, weights: Path | None = None) -> Any:
    """A net by its name or by its file of weights, ready to look into."""
    if name == "squeezenet":
        path = weights or DATA / "squeezenet1_1.safetensors"
        if not path.is_file():
            raise FileNotFoundError(f"there are no weights at {path}; say where they are with --weights FILE")
        return nn.squeezenet(path)
    if name in BUILDERS:
        if weights is None:
            raise ValueError(f"--net {name} needs --weights FILE, as torchvision's .pth or .safetensors is one")
        return getattr(nn, name)(weights)
    path = Path(name)
    if not path.is_file():
        raise FileNotFoundError(
            f"--net {name!r} is neither squeezenet, nor another net by its name, nor a file of weights"
        )
    net = nn.read_net(path)
    if getattr(net, "preprocess", None) is None:
        shape: tuple[int, ...] = getattr(net, "input_shape", ())
        if len(shape) != 3 or shape[0] != 3:
            raise ValueError(
                f"--net {name} does not say what photographs it wants to see; give it a net.preprocess, such as "
                "nn.Preprocessing(224), and save it again"
            )
        print(f"{name}: photographs as nn.ImageFolder gives them, {shape[1]}×{shape[1]} pixels from 0 to 1")
        net.preprocess = nn.Preprocessing(shape[1])
    return net


def read_classes(path: Path | None) -> list[str] | None:
    """Names of classes, one a line: ImageNet's unless others are given; None if there are none to be had."""
    chosen = path or DATA / "imagenet_classes.txt"
    if path is None and not chosen.is_file():
        return None
    return chosen.read_text(encoding="utf-8").splitlines()


def found_photos(paths: Sequence[Path]) -> list[Path]:
    """The files given, and the pictures in the folders given, in order of their names."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += nn.pictures_in(path)
        elif path.is_file():
            found.append(path)
        else:
            raise FileNotFoundError(f"there is no photo and no folder {path}")
    if not found:
        raise ValueError(f"there are no pictures in {', '.join(map(str, paths))}")
    return found


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
