"""Projecting a unit back to the pixels: one backward pass over the recorded steps, by a rule set for the ReLU.

    forward    x ──► conv ──► relu ──► pool ──► the chosen unit
    project    ∂x ◄─ convᵀ ◄─ rule ◄── unpool ◄─ its activation, all others zero

By DECONVNET's rule that is Zeiler & Fergus's deconvnet, which `deconvnet.py` builds a second time as the paper has it.
Biases are dropped (the adjoint of adding a constant is the identity) and values added up where unpooling windows
overlap, unless asked otherwise: `options.py` lists the options. Source: Zeiler & Fergus 2014, section 2.1; the report,
section 3.2.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from autograd_mini import grad
from autograd_mini.core.tape import Rules

from ..errors import named_in_errors
from ..options import BackwardOptions, Bias, Overlap, Start, saving_for
from ..record import AfterRelu, Array, Channel, Position
from ..rules import DECONVNET
from .protocol import Attribution, Target


class Projection(BackwardOptions, Attribution):
    """Projecting by rules, as an Attribution: `vis.project` is a call of it.

    Arguments:
        rules: DECONVNET, GRADIENT, GUIDED, LINEAR or your own.
        start: "activation", the unit's own, or a number to start from.
        after_relu: start behind the layer's own ReLU where one alone takes it on.
        overlap: "sum", "overwrite" or "max": which values stay where unpooling windows overlap.
        bias: "dropped", or "subtracted" from the signal before the transposed filter.
    Raises:
        TypeError, ValueError: for choices that do not exist.
    Source: Zeiler & Fergus 2014, section 2.1.

    Example:
        >>> net, x = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU()), np.ones((1, 1, 4, 4), np.float32)
        >>> pictures = [vis.Projection(rules)(net, x, "relu") for rules in (vis.DECONVNET, vis.GUIDED)]
        >>> bool((pictures[0] == pictures[1]).all())  # a single ReLU, and the unit is on
        True
    """

    def saving(self) -> AbstractContextManager[None]:
        """What these rules name."""
        return saving_for(self.backward_rules())

    def caution(self, target: Target) -> str:
        """Rules that have no effect."""
        words = self.without_effect(target.value)
        return words and f"between the images and {target.layer!r} {words}"

    def backward(self, target: Target, retain_graph: bool = False) -> Array:
        """One backward pass by the rules; with retain_graph others can follow over the same recorded pass."""
        images, rules = target.recorded.images, self.backward_rules()
        back = grad(target.value, images, target.seed(self.start), rules=rules, retain_graph=retain_graph)
        signal: Array = back.numpy()
        return signal


@named_in_errors("project")
def project(
    model: Any,
    images: Any,
    layer: str,
    *,
    channel: Channel = None, position: Position = None, inside: bool = False, rules: Rules = DECONVNET,
    start: Start = "activation", after_relu: AfterRelu = True, overlap: Overlap = "sum", bias: Bias = "dropped",
) -> Array:  # fmt: skip
    """Project a unit of a layer back to the pixels: which part of each image made it respond, and how.

    A unit that is off (0 after its ReLU) gives a projection of zeros; one whose activation is negative (a logit)
    starts from that negative number, so its picture shows what lowers it. The rule sets replace the rule of `relu`
    alone: other rectifiers (`maximum(x, 0)`, `leaky_relu`) keep their true derivative, and in a net without ReLU all
    four give the same picture. A warning says so where such an operation stands on the way (a report's page, too).

    Arguments:
        model: any function of a Tensor whose activations carry names; it runs in evaluation mode.
        images: (N, C, H, W), or (N, C) for a model of vectors: floating array or Tensor.
        layer: the activation's name.
        channel: the unit's, by default that of the layer's strongest unit; "all" takes a unit of every channel.
        position: the unit's (y, x), by default the strongest of the channel; "all" takes the whole channel.
        inside: choose of those units only, and take as the whole channel those, whose receptive field lies inside the
            image (in deep layers, of which few units' does, its middle half): units that see padding may respond to it.
        rules: DECONVNET, GRADIENT, GUIDED or LINEAR, or your own, which may name any argument, by-product or result.
        start: "activation", the unit's own, or a number to start from.
        after_relu: start behind the layer's own ReLU where one alone takes it on; "norm": also where a batch
            normalisation stands between, behind which the layer's strongest unit may be off.
        overlap: where unpooling windows overlap their values are added ("sum"), or one of them stays: the later
            window's in row-major order ("overwrite") or the larger ("max", of negative ones the less negative).
        bias: that of convolutions and linear layers is "dropped", or "subtracted" from the whole signal before the
            transposed filter.
    Returns:
        An array shaped as the images, one projection an image.
    Raises:
        KeyError: for an unknown layer.
        IndexError: for a unit that is not there.
        TypeError, ValueError: for images that are none and for choices that do not exist.
    Source: Zeiler & Fergus 2014, section 2.1.

    Example:
        >>> double = lambda x: ag.relu(2 * x).named("out")
        >>> vis.project(double, np.array([[1.0, 3.0, -5.0]]), "out")  # the strongest unit, 6, by its weight, 2
        array([[ 0., 12.,  0.]])
    """
    how = Projection(rules, start, after_relu, overlap, bias)
    return how(model, images, layer, channel=channel, position=position, inside=inside)
