"""`python -m vis PHOTO… --net squeezenet`: look into a net with your own photographs; writes a page to open from disk.

python -m vis cat.jpg                                        SqueezeNet, ten layers, the strongest channel of each
python -m vis photos/ --layer fire9 --top 9 --out seen       and the nine photos that each channel responds to most
python -m vis cat.jpg --net vgg16 --weights vgg16.safetensors   or resnet18, mobilenet_v2, …: nets by name
python -m vis cat.jpg --net my_net.pth                       a net by name, known by its arrays' names
python -m vis cat.jpg --net my_net.onnx --classes names.txt  any net that takes photographs; --help says the rest
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nn

from . import patches, report
from .nets import add_options, chosen, named_classes, told
from .predictions import observe
from .record import find_layer, record

ON_PAGE = 12  # photographs that a page shows, each with all its layers


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command, look, write; 0 if something was written, 2 with a sentence if not."""
    parser = argparse.ArgumentParser(
        prog="python -m vis", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="pictures, or folders of pictures")
    add_options(parser)
    parser.add_argument("--layer", action="append", metavar="NAME", help="layers to look at, by default about ten")
    parser.add_argument("--channels", type=int, default=1, help="how many of the strongest channels a photo and layer")
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
