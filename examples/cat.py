"""Look into a real net: SqueezeNet, trained on ImageNet, on a photograph of a cat. Writes a page to click through.

Run with `python -m examples.cat`; open out/cat/index.html afterwards.
"""

import argparse
from pathlib import Path

import numpy as np

import nn
import vis
from autograd_mini import softmax

DATA = Path(__file__).parent / "data"


def squeezenet() -> nn.SqueezeNet:
    """The net with its weights."""
    return nn.squeezenet("imagenet").eval()


def main(argv: list[str] | None = None) -> Path:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, default=[DATA / "chelsea.png"], help="other photographs")
    parser.add_argument("--out", type=Path, default=Path("out/cat"))
    parser.add_argument("--back", help="the address of a page that this one is to lead back to")
    args = parser.parse_args(argv)

    net = squeezenet()
    classes = nn.imagenet_classes()
    images = np.stack([net.preprocess(photo) for photo in args.photos])
    for photo, probabilities in zip(args.photos, softmax(net(images).detach(), axis=1).numpy(), strict=True):
        best = ", ".join(f"{classes[i]} {probabilities[i]:.2f}" for i in np.argsort(-probabilities)[:3])
        print(f"{photo.name}: {best}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    page = vis.report(
        net, images, args.out, classes=classes, names=[photo.name for photo in args.photos], back=args.back,
        progress=True,
    )  # fmt: skip
    print(f"everything is in {page}")
    return page


if __name__ == "__main__":
    main()
