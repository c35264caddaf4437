"""Ways of looking beside others', on equal weights: rows for `test_attribution_peers` and for the table in the docs.

`python -m tests.attribution_peers` prints the table, with `--write` into docs/looking.md. A row gives our picture and
the other; what Captum does not have comes from a few lines of PyTorch (`attribution_formulas`).
"""

import sys
import types
import warnings
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import torch
from attribution_formulas import (
    by_alpha_beta,
    by_box,
    by_epsilon,
    by_gamma,
    by_squares,
    grad_cam_plus_plus,
    layer_by_layer,
    rise,
    stretched,
)
from captum import attr
from captum.attr._utils import lrp_rules
from torch.nn import functional as F
from torch_twins import random_vggs, squeezenets

import vis

NOISE, MASKS, STEPS = 6, 5, 8
"""So many images go through a net for one picture: enough to tell, few enough to wait for."""


@dataclass(frozen=True)
class Row:
    """One comparison: what is compared, with whom, on which net; our method, and a function that gives their picture.

    nets() gives our net, theirs, the images, and the class; layer: what our net calls its logits.
    """

    method: str
    peer: str
    net: str
    ours_method: Any
    theirs_method: Any
    nets: Any
    layer: str

    @property
    def name(self):
        return f"{self.method}, {self.peer}, {self.net}"

    def difference(self):
        """The largest difference, as a share of the largest value of theirs."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Captum says that it sets hooks
            ours_net, theirs_net, x, target = self.nets()
            theirs = self.theirs_method(theirs_net, x, target).detach().numpy()
        ours = self.ours_method(ours_net, x, self.layer, channel=target)
        assert ours.shape == theirs.shape
        assert np.abs(theirs).max() > 0
        return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def captum():
    return f"Captum {version('captum')}"


def in_pytorch():
    return f"formula in PyTorch {version('torch').partition('+')[0]}"


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

GRID = np.arange(227) * 4 // 227
FEATURES = GRID[:, None] * 4 + GRID
BACKGROUND = np.random.default_rng(5).standard_normal((4, 3, 227, 227))


def on_squeezenet(method, peer, ours, theirs):
    return Row(method, peer, "SqueezeNet, a photograph", ours, theirs, partial(squeezenets, np.float64), "logits")


def on_vgg(method, peer, ours, theirs):
    nets = lambda: (*random_vggs(np.float64), 3)
    return Row(method, peer, "random VGG, noise", ours, theirs, nets, "classifier.fc2")


def attributed(made, **options):
    """Captum's method of a net, asked about a class."""
    return lambda net, x, cat: made(net).attribute(torch.tensor(x), target=cat, **options)


def layer_attributed(net, x, cat):
    method = attr.LayerGradCam(net, net.get_submodule("fire9"))
    return stretched(method.attribute(torch.tensor(x), target=cat, relu_attributions=True), x)


def guided_attributed(net, x, cat):
    method = attr.GuidedGradCam(net, net.get_submodule("fire9"))
    return method.attribute(torch.tensor(x), target=cat, interpolate_mode="bilinear")


def with_noise(net, x, cat):
    """Captum's noise tunnel, given the noise that `vis.SmoothGrad` draws."""
    drawn = np.random.default_rng(0).standard_normal((NOISE, *x.shape[1:])) * (0.1 * np.ptp(x))
    noise = torch.tensor(drawn)
    with mock.patch.object(torch, "normal", return_value=noise):
        tunnel = attr.NoiseTunnel(attr.Saliency(net))
        return tunnel.attribute(torch.tensor(x), nt_samples=NOISE, stdevs=1.0, target=cat, abs=False)


def with_baselines(net, x, cat):
    """Captum's gradient SHAP without noise, given the draws of `vis.ExpectedGradients`."""
    draw = np.random.default_rng(0)
    chosen = draw.integers(len(BACKGROUND), size=NOISE)
    shares = draw.random(NOISE)
    still = lambda mean, deviation: torch.zeros_like(deviation)
    with (
        mock.patch.object(np.random, "choice", return_value=chosen),
        mock.patch.object(np.random, "uniform", return_value=shares),
        mock.patch.object(torch, "normal", still),
    ):
        method = attr.GradientShap(net)
        return method.attribute(torch.tensor(x), torch.tensor(BACKGROUND), n_samples=NOISE, target=cat)


def lrp_attributed(rule, dense=None):
    """Captum's LRP with a rule for convolutions and another for dense layers; what else there is passes all on."""

    def found(net, x, cat):
        for module in net.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.rule = rule()
            elif isinstance(module, torch.nn.Linear):
                module.rule = (dense or rule)()
            elif isinstance(module, torch.nn.Flatten):
                module.rule = lrp_rules.EpsilonRule()
        return attr.LRP(net).attribute(torch.tensor(x), target=cat)

    return found


def zennit_attributed(gradient, made):
    """zennit's relevance by a composite."""

    def found(net, x, cat):
        def seed(out):
            return out * F.one_hot(torch.full((len(x),), cat), out.shape[1])

        with gradient(model=net, composite=made()) as attributor:
            return attributor(torch.tensor(x), seed)[1]

    return found


def rows_of_captum():
    integrated = vis.IntegratedGradients(STEPS)
    smooth = vis.SmoothGrad(NOISE, 0.1)
    projection = lambda rules: vis.Projection(rules, start=1.0)
    square = {"sliding_window_shapes": (3, 76, 76), "strides": (3, 50, 50), "baselines": 0}
    yield from (
        on_squeezenet("gradient", captum(), vis.Gradient(), attributed(attr.Saliency, abs=False)),
        on_squeezenet("input × gradient", captum(), vis.InputTimesGradient(), attributed(attr.InputXGradient)),
        on_squeezenet("guided", captum(), projection(vis.GUIDED), attributed(attr.GuidedBackprop)),
        on_squeezenet("deconvnet", captum(), projection(vis.DECONVNET), attributed(attr.Deconvolution)),
        on_squeezenet("SmoothGrad", captum(), smooth, with_noise),
        on_squeezenet(
            "integrated gradients", captum(), integrated, attributed(attr.IntegratedGradients, n_steps=STEPS)
        ),
        on_squeezenet("expected gradients", captum(), vis.ExpectedGradients(BACKGROUND, NOISE), with_baselines),
        on_squeezenet("Grad-CAM", captum(), vis.GradCAM("fire9"), layer_attributed),
        on_squeezenet("guided Grad-CAM", captum(), vis.GuidedGradCAM("fire9"), guided_attributed),
        on_squeezenet("occlusion", captum(), vis.SlidingSquare(76, 50), attributed(attr.Occlusion, **square)),
        on_squeezenet(
            "feature ablation", captum(), vis.FeatureAblation(FEATURES),
            attributed(attr.FeatureAblation, feature_mask=torch.tensor(np.broadcast_to(FEATURES, (1, 3, 227, 227)))),
        ),
        on_squeezenet(
            "LRP-ε", captum(), vis.LRP(vis.lrp_epsilon(1e-6)), lrp_attributed(partial(lrp_rules.EpsilonRule, 1e-6))
        ),
        on_vgg("LRP-ε", captum(), vis.LRP(vis.lrp_epsilon(1e-2)), lrp_attributed(partial(lrp_rules.EpsilonRule, 1e-2))),
    )  # fmt: skip


PLUS, ALPHA_BETA, GAMMA = partial(by_alpha_beta, 1.0, 0.0), partial(by_alpha_beta, 2.0, 1.0), partial(by_gamma, 0.25)
RELEVANCE = {
    "LRP-ε": (vis.LRP(vis.lrp_epsilon()), by_epsilon, by_epsilon, None),
    "LRP-γ": (vis.LRP(vis.lrp_gamma()), GAMMA, GAMMA, None),
    "LRP-z⁺": (vis.LRP(vis.lrp_zplus()), PLUS, PLUS, None),
    "LRP-α2β1": (vis.LRP(vis.lrp_alpha_beta()), ALPHA_BETA, ALPHA_BETA, None),
    "LRP, z⁺ and ε": (vis.LRP(), PLUS, by_epsilon, None),
    "LRP, z⁺, ε and flat": (vis.LRP(lowest=vis.lrp_flat()), PLUS, by_epsilon, partial(by_squares, False)),
    "LRP, α2β1, ε and w²": (
        vis.LRP(vis.lrp_composite(vis.lrp_alpha_beta()), vis.lrp_wsquare()),
        ALPHA_BETA, by_epsilon, partial(by_squares, True),
    ),
    "LRP, γ, ε and zᴮ": (
        vis.LRP(vis.lrp_composite(vis.lrp_gamma()), vis.lrp_zbox(-4.0, 5.0)),
        GAMMA, by_epsilon, partial(by_box, -4.0, 5.0),
    ),
}  # fmt: skip
"""Ours; and the rules of convolutions, dense layers and the lowest layer in PyTorch."""


def rows_in_pytorch():
    yield on_squeezenet(
        "Grad-CAM++",
        in_pytorch(),
        vis.GradCAMPlusPlus("fire9"),
        lambda net, x, cat: grad_cam_plus_plus(net, "fire9", x, cat),
    )
    yield on_squeezenet(
        "RISE", in_pytorch(), vis.RISE(MASKS, 7, 0.5, rng=3), lambda net, x, cat: rise(net, x, cat, MASKS, 7, 0.5, 3)
    )
    for method, (ours, convolutions, dense, lowest) in RELEVANCE.items():
        how = {"convolutions": convolutions, "dense": dense, "lowest": lowest}
        yield on_vgg(method, in_pytorch(), ours, partial(layer_by_layer, **how))


def zennits():
    """zennit's rules and composites by the names of ours, {} where it is not installed.

    It imports torchvision's nets, for canonizers that nothing here needs: names alone stand in for them.
    """
    if find_spec("zennit") is None:
        return {}
    named = {"vgg": ("VGG",), "resnet": ("BasicBlock", "Bottleneck")}
    modules = {name: types.ModuleType(name) for name in ("torchvision", "torchvision.models")}
    for room, classes in named.items():
        modules[f"torchvision.models.{room}"] = types.ModuleType(room)
        for word in classes:
            setattr(modules[f"torchvision.models.{room}"], word, type(word, (torch.nn.Module,), {}))
    with mock.patch.dict(sys.modules, modules):
        from zennit import attribution, composites, rules

    def everywhere(rule):
        return lambda: composites.LayerMapComposite(
            [
                ((torch.nn.ReLU,), rules.Pass()),
                ((torch.nn.Conv2d, torch.nn.Linear), rule()),
                ((torch.nn.AdaptiveAvgPool2d,), rules.Norm()),
            ]
        )

    first = [((torch.nn.Conv2d,), rules.WSquare())]
    made = {
        "LRP-ε": everywhere(rules.Epsilon),
        "LRP-γ": everywhere(rules.Gamma),
        "LRP-z⁺": everywhere(rules.ZPlus),
        "LRP-α2β1": everywhere(rules.AlphaBeta),
        "LRP, z⁺ and ε": composites.EpsilonPlus,
        "LRP, z⁺, ε and flat": composites.EpsilonPlusFlat,
        "LRP, α2β1, ε and w²": partial(composites.EpsilonAlpha2Beta1Flat, first_map=first),
        "LRP, γ, ε and zᴮ": partial(composites.EpsilonGammaBox, -4.0, 5.0),
    }
    return {method: zennit_attributed(attribution.Gradient, composite) for method, composite in made.items()}


def rows_of_zennit():
    for method, made in zennits().items():
        for on in (on_squeezenet, on_vgg):
            yield on(method, f"zennit {version('zennit')}", RELEVANCE[method][0], made)


ROWS = [*rows_of_captum(), *rows_in_pytorch()]


def table():
    """The table of docs/looking.md: for each method with whom it was compared, and how far apart the pictures are."""
    lines = ["| method | compared with | on | largest difference, of the largest value |", "|---|---|---|---|"]
    for row in (*ROWS, *rows_of_zennit()):
        lines.append(f"| {row.method} | {row.peer} | {row.net} | {row.difference():.0e} |")
    return "\n".join(lines)


PAGE, MARKS = Path(__file__).parent.parent / "docs" / "looking.md", ("<!-- the table -->", "<!-- its end -->")


def main():
    """Print the table, or write it into the page."""
    if "--write" not in sys.argv:
        return print(table())
    text = PAGE.read_text(encoding="utf-8")
    (before, rest), start, end = text.split(MARKS[0]), *MARKS
    PAGE.write_text(f"{before}{start}\n{table()}\n{end}{rest.split(end)[1]}", encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
