"""Bring your own net: what an ONNX file is, what it says of a photograph, its drawing, and what it looks at.

Run with `python -m examples.your_net model.onnx photo.jpg`; open out/your_net/index.html afterwards. What the net wants
to see is told by options, by the file, or else as torchvision's nets have it: --help says more. Without a file a small
net is written first, as PyTorch, Keras or `ag.to_onnx` would write one, so that there is something to bring.
"""

import argparse
from pathlib import Path

import numpy as np

import autograd_mini as ag
import nn
import vis
from vis.__main__ import add_options, chosen, named_classes, told
from vis.predictions import observe, probabilities

PHOTO = Path(__file__).parent / "data" / "chelsea.png"


def written(path: Path) -> Path:
    """SqueezeNet as a file of its own, with what it wants to see and the names of its classes."""
    net = nn.squeezenet("imagenet")
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.zeros((1, 3, 227, 227), np.float32)
    ag.to_onnx(net, image, path, dynamic_batch=True, metadata={"classes": nn.imagenet_classes()})
    return path


def main(argv: list[str] | None = None) -> Path:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, help="an .onnx file")
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTO)
    parser.add_argument("--out", type=Path, default=Path("out/your_net"))
    add_options(parser)
    args = parser.parse_args(argv)

    # what it is
    args.net = str(args.model or written(args.out.parent / "squeezenet.onnx"))
    found = chosen(args)
    net = found.net
    x = net.preprocess(args.photo)[None]
    print(f"{found.words}: {told(net.preprocess)}")
    print(net.summary(x.shape))

    # what it says
    logits, _ = observe(net, x)
    classes = named_classes(found.classes, logits.shape[1]) or [f"class {i}" for i in range(logits.shape[1])]
    shares = probabilities(logits)[0]
    best = np.argsort(-shares)[:3]
    print(f"{args.photo.name}: {', '.join(f'{classes[i]} {shares[i]:.2f}' for i in best)}")

    # its drawing, and what it looks at
    args.out.parent.mkdir(parents=True, exist_ok=True)
    page = vis.report(net, x, args.out, classes=classes, names=[args.photo.name], occlusion=False, sanity=False)
    ag.render(net(x), page.parent / "net.svg", depth=1)
    print(f"everything is in {page}, and the net in {page.parent / 'net.svg'}")
    return page


if __name__ == "__main__":
    main()
