"""A net beside its mirror, drawn: the way from the images to a unit, and the deconvnet's way back to the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_mini as ag
from autograd_mini import grad, where
from autograd_mini.core.tape import Rules

from ..errors import named_in_errors
from ..options import Bias, Overlap
from ..record import AfterRelu, Position
from ..rules import DECONVNET
from .projection import Projection

if TYPE_CHECKING:
    from graphviz import Digraph


@named_in_errors("mirror_graph")
def mirror_graph(
    model: Any,
    images: Any,
    layer: str,
    *,
    channel: int | None = None,
    position: Position = None,
    rules: Rules = DECONVNET,
    after_relu: AfterRelu = True,
    overlap: Overlap = "sum",
    bias: Bias = "dropped",
    **options: Any,
) -> Digraph:
    """Draw the net up to a layer, and beside it the backward pass that projects a unit of it back to the pixels.

    What is drawn is the pass itself, recorded as `project` takes it with these rules: each step beside the one it
    mirrors, dotted lines where it uses the same filters and the same switches.

    Arguments:
        model, images, layer, channel, position, rules, after_relu, overlap, bias: as for `project`.
        options: those of `autograd_mini.to_graphviz` (constants are hidden unless `hide` says what is).
    Returns:
        A `graphviz.Digraph`, for `autograd_mini.render`.
    Raises:
        KeyError, IndexError, TypeError, ValueError: as `project` does.
    Source: the report, Figures 4.1 and 6.1.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), pool=nn.MaxPool2d(2))
        >>> drawing = vis.mirror_graph(net, np.ones((1, 1, 6, 6), np.float32), "pool")
        >>> [word in drawing.source for word in ("max_pool2d", "unpool", "conv_transpose2d")]
        [True, True, True]
    """
    how = Projection(rules, "activation", after_relu, overlap, bias)
    target = how.target(model, recorded := how.record(model, images, layer), layer, channel, position)
    unit = where(target.units, target.value, 0).named("unit")
    back = grad(target.value, recorded.images, unit, rules=how.backward_rules(), create_graph=True)
    return ag.to_graphviz([target.value, back], recorded.images, **{"hide": ("constant",), **options})
