"""A net beside its mirror, drawn: the way from the images to a unit, and the deconvnet's way back to the pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd_mini as ag
from autograd_mini import grad, where
from autograd_mini.core.tape import Rules

from ..options import BackwardOptions, Bias, Overlap, saving_for
from ..record import Position, after_own_relu, choose_units, find_layer, named_in_errors, record
from ..rules import DECONVNET

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
    after_relu: bool = True,
    overlap: Overlap = "sum",
    bias: Bias = "dropped",
    **options: Any,
) -> Digraph:
    """Draw the net up to a layer, and beside it the backward pass that projects a unit of it back to the pixels.

    What is drawn is the pass itself, recorded as `project` takes it with these rules: each step beside the one it
    mirrors, dotted lines where it uses the same filters and the same switches. Arguments and errors are those of
    `project`; the other options those of `autograd_mini.to_graphviz` (constants are hidden unless `hide` says what is).
    Gives a `graphviz.Digraph` for `autograd_mini.render`. Source: the report, Figures 4.1 and 6.1.
    """
    how = BackwardOptions(rules, "activation", after_relu, overlap, bias)
    rules = how.backward_rules()
    with saving_for(rules):
        recorded = record(model, images, enough=how.reached(layer))
    value = find_layer(recorded, layer)
    if after_relu:
        value = after_own_relu(recorded, value)
    unit = where(choose_units(value.numpy(), channel, position), value, 0).named("unit")
    projection = grad(value, recorded.images, unit, rules=rules, create_graph=True)
    return ag.to_graphviz([value, projection], recorded.images, **{"hide": ("constant",), **options})
