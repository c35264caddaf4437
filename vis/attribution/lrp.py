"""Layer-wise relevance propagation: one backward pass by the rule sets of `relevance.py`, layer by layer if need be.

    relevance of the unit = its value ──► shared out layer by layer ──► of the pixels: images · g

Rule sets are by operation, as everywhere; where those of some layers differ (`layers`, `lowest`), an observer notes
which layer the pass is entering, and the rule looks up what holds there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from PIL import Image

from autograd_mini import PRIMITIVES, grad
from autograd_mini.core.observer import Observer, observed_by
from autograd_mini.core.tape import Node, Rules, ancestors

from ..errors import named_in_errors, refusal
from ..figures.pictures import to_image
from ..options import BackwardOptions, saving_for
from ..record import Array
from ..relevance import CONVOLUTIONS, DENSE, LowestLayers, lrp_composite
from .protocol import Attribution, Target

BETWEEN = ("reshape", "transpose", "pad", "getitem", "concatenate")
"""What may stand between the images and the lowest layers: numbers in other places."""


@dataclass(frozen=True)
class LRP(Attribution):
    """Layer-wise relevance propagation: the unit's value, shared out among its inputs, layer by layer to the pixels.

    By default the composite of z⁺ for convolutions and ε for dense layers. Relevance is kept but for what biases, ε and
    shifts of batch norms take: of a net with batch norms look into `nn.folded(net, x)`.

    Arguments:
        rules: a rule set, such as `lrp_epsilon()` or a `lrp_composite(…)` of two.
        lowest: a rule for the layers that see the images, `lrp_flat()`, `lrp_wsquare()` or `lrp_zbox(low, high)`; None
            takes what holds elsewhere.
        layers: rule sets by the layer's name, which may have wild cards (`features.conv5_*`); the first that fits holds
            instead of `rules`.
        after_relu: look behind the layer's own ReLU where one alone takes it on.
    Raises:
        TypeError: for what are no rules.
        ValueError: when called, for names that no layer has, and for a lowest layer behind something else than
            numbers in other places.
    Source: Bach et al. 2015, "On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance
        Propagation"; Montavon et al. 2019.

    Example:
        >>> net, x = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU()), np.ones((1, 1, 4, 4), np.float32)
        >>> relevance = vis.LRP(vis.lrp_zplus())(net, x, "relu")
        >>> bool(abs(relevance.sum() - vis.activations(net, x)["relu"].max()) < 1e-5)
        True
    """

    rules: Rules = field(default_factory=lrp_composite)
    lowest: LowestLayers | None = None
    layers: Mapping[str, Rules] = field(default_factory=dict)
    after_relu: bool = True

    def __post_init__(self) -> None:
        lowest: Any = self.lowest
        layers: Any = self.layers
        if lowest is not None and not isinstance(lowest, LowestLayers):
            words = "must be lrp_flat(), lrp_wsquare(), lrp_zbox(low, high) or None"
            raise refusal(TypeError, f"LRP: lowest {words}, not a {type(lowest).__name__}")
        if not isinstance(layers, Mapping):
            raise refusal(TypeError, f"LRP: layers must be rule sets by name, not {type(layers).__name__}")
        with named_in_errors("LRP"):
            for rules in (self.rules, *self.layers.values()):
                BackwardOptions(rules)

    def saving(self) -> AbstractContextManager[None]:
        """What any of the rules names."""
        return saving_for(self._dispatched(dict))

    def caution(self, target: Target) -> str:
        """Batch norms, beside rules that weigh contributions by their sign."""
        by_sign = [getattr(rule, "by_sign", False) for rules in self._all() for rule in _each(rules)]
        norms = [node for node in _ways(target) if node.op.name in ("channel_affine", "batch_norm")]
        if not norms or not any(by_sign):
            return ""
        words = "is the layer before it not weighed with; nn.folded(net, x) takes one into the other"
        return f"what the batch norm {norms[-1].name!r} shifts and scales {words}"

    def backward(self, target: Target, retain_graph: bool = False) -> Array:
        """One backward pass by the rules; with retain_graph others can follow over the same recorded pass."""
        entered, lowest = _Entered(), self._lowest(target)
        unused = [name for name in self.layers if not any(_fits(node, name) for node in _ways(target))]
        if unused:
            raise refusal(ValueError, f"no layer between the images and {target.layer!r} is called {unused[0]!r}")

        def holding() -> Rules:
            if entered.node in lowest:
                assert self.lowest is not None
                return self.lowest.rules
            return self._of(entered.node)

        plain = self.lowest is None and not self.layers
        rules = self.rules if plain else self._dispatched(holding)
        ones = target.units.astype(target.value.dtype)
        with nullcontext() if plain else observed_by(entered):
            back = grad(target.value, target.recorded.images, ones, rules=rules, retain_graph=retain_graph).numpy()
        relevance: Array = target.images * back if self.lowest is None else back
        return relevance

    def picture(self, model: Any, signal: Array, *, scale: float | None = None, zoom: int = 1) -> Image.Image:
        """The channels' mean: a pixel's colours share its relevance. Grey is 0, white and black ±scale."""
        return to_image(signal.mean(axis=0), scale=scale, zoom=zoom)

    def _of(self, node: Node) -> Rules:
        """What holds in a layer that is none of the lowest."""
        return _by_name(next((rules for name, rules in self.layers.items() if _fits(node, name)), self.rules))

    def _all(self) -> list[Rules]:
        every = [self.rules, *self.layers.values(), *([] if self.lowest is None else [self.lowest.rules])]
        return [_by_name(rules) for rules in every]

    def _dispatched(self, holding: Callable[[], Rules]) -> Rules:
        """Rules that look up, each time, which rule set holds."""
        found: dict[str, dict[str, Any]] = {}
        every = self._all()
        for op, arg in dict.fromkeys((op, arg) for rules in every for op, given in rules.items() for arg in given):
            candidates = [rules[op][arg] for rules in every if arg in rules.get(op, {})]
            found.setdefault(op, {})[arg] = _looked_up(op, arg, candidates, holding)
        return found

    def _lowest(self, target: Target) -> set[Node]:
        """The nodes of the layers that see the images; none if they have no rule of their own."""
        found: set[Node] = set()
        if self.lowest is None:
            return found
        raw: set[Node | None] = {target.recorded.images.node}
        for node in reversed(_ways(target)):
            if raw.isdisjoint(node.parents):
                continue
            if node.op.name in (*CONVOLUTIONS, *DENSE) and node.parents[0] in raw:
                found.add(node)
            elif node.op.name in BETWEEN:
                raw.add(node)
            else:
                words = f"{node.op.name} stands between the images and the lowest layers"
                raise refusal(ValueError, f"{words}; take it out of the net, or leave out lowest=…")
        return found


class _Entered(Observer):
    """The node whose rules run."""

    node: Node

    def entering(self, node: Node) -> None:
        self.node = node


def _ways(target: Target) -> list[Node]:
    """The nodes between the images and the unit, newest first."""
    assert target.value.node is not None
    nodes, reached = ancestors(target.value.node), {target.recorded.images.node}
    for node in reversed(nodes):
        if not reached.isdisjoint(node.parents):
            reached.add(node)
    return [node for node in nodes if node in reached and node.op is not None]


def _fits(node: Node, name: str) -> bool:
    return node.name is not None and fnmatchcase(node.name, name)


def _by_name(rules: Rules) -> Rules:
    return {getattr(op, "name", op): given for op, given in rules.items()}


def _each(rules: Rules) -> list[Any]:
    return [rule for given in rules.values() for rule in given.values()]


def _looked_up(op: str, arg: str, candidates: list[Any], holding: Callable[[], Rules]) -> Any:
    """A rule that is given what any of the candidates, or the operation's own rule, names."""
    own = PRIMITIVES[op].rules.get(arg)
    if own is None:
        raise refusal(ValueError, f"{op} has no rule for {arg!r} alone that could hold in other layers")
    names: dict[str, inspect.Parameter] = {}
    for function in (*candidates, own.function):
        _, *rest = inspect.signature(function).parameters.values()
        names |= {parameter.name: parameter for parameter in rest}
    first = inspect.Parameter("g", inspect.Parameter.POSITIONAL_ONLY)
    ordered = sorted(names.values(), key=lambda parameter: parameter.kind)
    places = [parameter.name for parameter in ordered if parameter.kind is not parameter.KEYWORD_ONLY]

    def rule(g: Any, *given: Any, **params: Any) -> Any:
        there = {**dict(zip(places, given, strict=True)), **params}
        function = holding().get(op, {}).get(arg, own.function)
        _, *rest = inspect.signature(function).parameters.values()
        ahead = [there[p.name] for p in rest if p.kind is not p.KEYWORD_ONLY]
        return function(g, *ahead, **{p.name: there[p.name] for p in rest if p.kind is p.KEYWORD_ONLY})

    rule.__signature__ = inspect.Signature([first, *ordered])  # type: ignore[attr-defined]
    return rule
