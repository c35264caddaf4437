"""A ResNet-18 that others have trained, made to tell your own pictures apart. DIR has a folder a class: DIR/cat/…

python -m examples.resnet --weights resnet18.pth --data DIR     torchvision's weights, or any others of its names
python -m examples.resnet                                       as it is: drawn pictures, a body that knows nothing

First the body is frozen and a new last layer learns what to make of it; then all learns, the body at a tenth of the
rate, until validation finds it no better for five epochs.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import autograd_mini as ag
import nn
import vis

from . import charts


def draw_pictures(folder: Path, count: int, rng: np.random.Generator, side: int = 64) -> Path:
    """So many pictures of either class: dots, or stripes, more or less upright, dark on light; returns the folder."""
    for kind in ("dotted", "striped"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            ground, ink = (tuple(map(int, rng.integers(low, low + 96, 3))) for low in (160, 0))
            picture, gap = Image.new("RGB", (2 * side, 2 * side), ground), int(rng.integers(10, 22))
            pen = ImageDraw.Draw(picture)
            for x in range(0, 2 * side, gap):
                if kind == "striped":
                    pen.line((x, 0, x, 2 * side), ink, width=gap // 2)
                for y in range(0, 2 * side, gap) if kind == "dotted" else ():
                    pen.ellipse((x, y, x + 0.7 * gap, y + 0.7 * gap), ink)
            edge = side // 2
            turned = picture.rotate(rng.uniform(-20, 20)).crop((edge, edge, edge + side, edge + side))
            turned.save(folder / kind / f"{number:03}.png")
    return folder


def optimizer_of(net: nn.Module, rate: float) -> nn.AdamW:
    """Of what is not frozen: the last layer at this rate, the body at a tenth of it; norms and biases do not decay."""
    groups = nn.parameter_groups(net, {"fc.*": {"lr": rate}}, decay_vectors=False)
    return nn.AdamW(groups, lr=rate / 10, weight_decay=0.05)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="a .pth or .safetensors file; without one they are drawn")
    parser.add_argument("--data", type=Path, help="a folder with one folder of pictures a class")
    parser.add_argument(
        "--epochs", type=int, default=20, help="at most so many with all learning, after 2 of one layer"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="fewer, smaller pictures and fewer epochs")
    parser.add_argument("--out", type=Path, default=Path("out/resnet"))
    args = parser.parse_args(argv)
    rng = np.random.default_rng(args.seed)
    folder = args.data or draw_pictures(args.out / "drawn", 48 if args.quick else 96, rng)
    size = 32 if args.quick else 224 if args.data else 64
    photos = nn.ImageFolder(folder, preprocess=replace(nn.ResNet.preprocess, size=size), unreadable="skip")
    training, validation = nn.split(photos, 0.75, seed=args.seed)
    net = nn.resnet18(num_classes=len(photos.classes), rng=rng)
    if args.weights:
        print(net.load(args.weights, missing="keep"))  # all but the last layer, which is for other classes
    net.preprocess = photos.preprocess

    flips = [nn.transforms.RandomHorizontalFlip(), nn.transforms.RandomRotation(10)]
    varied = nn.Augmented(training, nn.transforms.Compose(flips))
    learner, best = nn.Learner(net), args.out / "best.safetensors"
    for epochs, learning in ((2, ("fc.*",)), (4 if args.quick else args.epochs, ("*",))):
        net.requires_grad_(False).requires_grad_(True, *learning)
        learner.optimizer = optimizer_of(net, 3e-3)
        learner.fit(varied, epochs=epochs, batch_size=16, validation=validation, best=best, patience=5, seed=args.seed)

    found = nn.resnet18(best, num_classes=len(photos.classes))
    logits = nn.Learner(found).predict(validation)
    right = np.mean(logits.argmax(1) == validation.labels)
    print(
        f"{right:.1%} of {len(validation)} right by the weights of epoch {learner.history.best()['epoch']}, in {best}"
    )
    charts.learning_chart(
        learner.history, args.out / "learning.svg", "validation", {2.5: "from here on all layers learn"}
    )
    chosen = np.random.default_rng(args.seed).permutation(len(validation))[:16]
    pictures = [
        vis.to_image(picture, display="clip", zoom=2) for picture in net.preprocess.shown(validation.inputs(chosen))
    ]
    told = [f"{photos.classes[row.argmax()]} {row.max():.0%}" for row in ag.softmax(logits[chosen], -1)]
    vis.grid(pictures, told, columns=8).save(args.out / "told.png")
    print(f"learning.svg and told.png are in {args.out}")


if __name__ == "__main__":
    main()
