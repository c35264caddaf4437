"""The pictures of docs/looking.md: every way of looking on the same photographs, what questions them, what units want.

Run with `python -m examples.looking_gallery` (ten minutes); `--vgg16 weights` (torchvision's or Keras's) makes the
report's figures 6.2 and 6.3 too.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import nn
import vis
from vis.figures.figure import shown

HERE = Path(__file__).parent
DATA, OUT = HERE / "data", HERE.parent / "docs" / "looking"
FORWARD = {
    "occlusion": vis.SlidingSquare(40, 20, "mean"),
    "feature ablation": vis.FeatureAblation(8, "mean"),
    "RISE": vis.RISE(400, fill="mean"),
}
AVERAGED = {
    "SmoothGrad": vis.SmoothGrad(16, batch_size=8),
    "integrated gradients": vis.IntegratedGradients(16, batch_size=8),
}
WAYS = {
    "gradient": vis.Gradient(),
    "input times gradient": vis.InputTimesGradient(),
    "deconvnet": vis.Projection(vis.DECONVNET, start=1.0),
    "guided": vis.Projection(vis.GUIDED, start=1.0),
    **AVERAGED,
    "Grad-CAM": vis.GradCAM("fire9"),
    "Grad-CAM++": vis.GradCAMPlusPlus("fire9"),
    "guided Grad-CAM": vis.GuidedGradCAM("fire9"),
    "LRP epsilon": vis.LRP(vis.lrp_epsilon()),
    "LRP z+, epsilon": vis.LRP(),
    "LRP alpha 2, beta 1, flat": vis.LRP(vis.lrp_composite(vis.lrp_alpha_beta()), vis.lrp_flat()),
    **FORWARD,
}
HEAT = (vis.GradCAM, vis.GradCAMPlusPlus, vis.SlidingSquare, vis.FeatureAblation, vis.RISE)


def ways(net, x: np.ndarray, methods: dict, title: str, columns: int = 8) -> Image.Image:
    """A photograph and what each way shows of its class, signed pictures to the 99th percentile."""
    photo = shown(net, x)[0]
    pictures, captions = [vis.to_image(photo, display="clip")], [title]
    for name, method in methods.items():
        signal = method(net, x, "logits")[0]
        if type(method) in HEAT:
            heat = signal - signal.min() if isinstance(method, vis.RISE) else signal
            pictures.append(vis.overlay(photo, heat))
        else:
            drawn = signal.mean(axis=0) if isinstance(method, vis.LRP) else signal
            scale = vis.common_scale([drawn[drawn != 0]], percentile=99)
            pictures.append(method.picture(net, signal, scale=scale))
        captions.append(name)
    return vis.grid(pictures, captions, columns=columns)


def wanted(net, photo: np.ndarray, classes: list[str]) -> Image.Image:
    """Classes as SqueezeNet would have them, and what layers still know of a photograph."""
    found = [
        (vis.activation_maximization(net, "logits", c, size=160, steps=96).picture, classes[c]) for c in (285, 967, 309)
    ]
    found += [(shown(net, photo[None])[0], "a photograph")]
    layers = ("fire3", "fire6", "fire9")
    found += [(vis.feature_inversion(net, photo, layer, steps=96).picture, f"of {layer}'s code") for layer in layers]
    pictures = [vis.to_image(picture, display="clip").resize((170, 170)) for picture, _ in found]
    return vis.grid(pictures, [words for _, words in found], columns=len(found))


def of_vgg16(weights: str, squeezenet, photos: list[Image.Image]) -> None:
    """The report's figures: layer by layer, photographs cut out and squashed, and beside another net."""
    net = nn.vgg16(weights).eval()
    net.preprocess = nn.Preprocessing(224, bgr=True, scale=255.0, mean=(103.939, 116.779, 123.68))
    layers = ["features.conv1_2", "features.conv2_2", "features.conv3_3", "features.conv4_3", "features.conv5_3"]
    for resize in ("crop", "stretch"):
        squashed = nn.Preprocessing(224, bgr=True, scale=255.0, mean=(103.939, 116.779, 123.68), resize=resize)
        net.preprocess = squashed
        x = np.stack([squashed(photo) for photo in photos])
        save(vis.reconstructions(net, x, layers, scale="layer").picture, f"figure_6_2_{resize}.jpg")
    nets = {"SqueezeNet": squeezenet, "VGG-16": net}
    inputs = {name: np.stack([one.preprocess(photo) for photo in photos[:2]]) for name, one in nets.items()}
    shown_layers = {"SqueezeNet": ["fire2", "fire3", "fire5", "fire7", "fire9"], "VGG-16": layers}
    save(vis.side_by_side(nets, inputs, shown_layers, scale="layer").picture, "figure_6_3.jpg")


def save(picture: Image.Image, name: str) -> None:
    picture.convert("RGB").save(OUT / name, quality=80)
    print(OUT / name, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--vgg16", metavar="weights", help="a file with VGG-16's weights")
    given = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    net, classes = nn.squeezenet(DATA / "squeezenet1_1.safetensors"), (DATA / "imagenet_classes.txt").read_text()
    photos = [Image.open(DATA / name).convert("RGB") for name in ("chelsea.png", "coffee.png")]
    cat, coffee = (net.preprocess(photo)[None] for photo in photos)
    if given.vgg16:
        of_vgg16(given.vgg16, net, photos)
    save(vis.filters(net, zoom=8).picture, "filters.png")
    save(vis.feature_maps(net, cat, "fire3", most=32, columns=8, zoom=2).picture, "maps.png")
    save(vis.unrolled([[1.0, 2.0], [3.0, 4.0]], (3, 3)).figure().picture, "unrolled.png")
    save(ways(net, cat, WAYS, "Egyptian cat"), "cat.jpg")
    save(ways(net, coffee, WAYS, "espresso"), "coffee.jpg")
    few = {name: WAYS[name] for name in ("gradient", "integrated gradients", "guided", "Grad-CAM", "LRP z+, epsilon")}
    save(vis.faithfulness(net, cat, "logits", few, fill="mean").figure().picture, "faithfulness.png")
    with vis.randomised(net):
        save(ways(net, cat, {**few, "deconvnet": WAYS["deconvnet"]}, "random weights", 7), "random.jpg")
    save(wanted(net, cat[0], classes.splitlines()), "wanted.jpg")


if __name__ == "__main__":
    main()
