"""What random programs are made of: each operation as the text of a call here and of the same call in PyTorch.

In a text {0}, {1}, … are the values it is applied to, {all} is all of them with commas between, and {name} is a
parameter. How operands are chosen, and where an operation kinks, is shared with the compositions for gradient checkers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import compositions as c
from . import program_operands as p

BIGGER = ((2, 3, 6, 5), (1, 4, 7, 6), (3, 2, 5, 8), (1, 16, 6, 6))


@dataclass(frozen=True)
class Operation:
    """One row of the table; take, gaps, jumps and safe are those of a composition's operation.

    empty: whether it may be given arrays without elements. through: the operands that a gradient reaches.
    """

    name: str
    take: Callable[[Any], c.Taken]
    ours: str
    torch: str
    gaps: Callable[..., Any] | None = None
    jumps: Callable[..., Any] | None = None
    safe: Callable[..., Any] | None = None
    empty: bool = False
    through: tuple[int | None, int | None] = (None, None)

    def text(self, template: str, letter: str, operands: Sequence[int], params: dict[str, Any]) -> str:
        names = [f"{letter}{i}" for i in operands]
        literal = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in params.items()}
        return template.format(*names, all=", ".join(names), **literal)


OPERATIONS: list[Operation] = []


def row(name: str, take: Callable[[Any], c.Taken], ours: str, torch: str | None = None, **more: Any) -> None:
    """Enter an operation; where one text serves both sides, it is given once."""
    OPERATIONS.append(Operation(name, take, ours, torch or ours, **more))


def places(d: Any) -> c.Taken:
    """A value, an axis and positions along it, some of them twice."""
    (x,), params = c.along(d)
    shape = list(d.values[x].shape)
    n, shape[params["axis"]] = shape[params["axis"]], 2
    return (x,), {**params, "at": d.rng.integers(0, n, tuple(shape))}


def two_with_axes(d: Any) -> c.Taken:
    """Two values of one shape, which has an axis."""
    x = c.with_axes(d)
    return (x, c.like(d, x)), {}


def full_rank(x: Any) -> float:
    """The least singular value of the columns that QR begins with."""
    return float(np.linalg.svd(x[..., : x.shape[-2]], compute_uv=False).min(initial=1.0))


ITSELF = lambda x, *_, **__: x


def known(gap: c.Array) -> c.Array:
    """A gap whose own rounding may decide its sign, not a number where it does: then no two runs agree."""
    return np.where(np.abs(gap) < 1e-12 * np.abs(gap).max(initial=0.0), np.nan, gap)


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────

for sign in "+-*":
    row(sign, p.two, f"{{0}} {sign} {{1}}", empty=True)
for name in ("exp", "expm1", "square", "sin", "cos", "tanh", "sigmoid"):
    row(name, c.one, f"ag.{name}({{0}})", f"torch.{name}({{0}})", empty=True)
row("/", p.quotient, "{0} / {1}")
row("negative", c.one, "-{0}", empty=True)
row("shift", c.one_and(by=(*c.GRID, 2)), "{0} + {by}", empty=True)
row("scale", c.one_and(by=(-2, -1.0, 0.5, 3)), "{by} * {0}", empty=True)
row("from", c.one_and(by=(*c.GRID, 2)), "{by} - {0}", empty=True)
row("reciprocal", c.positive, "2 / {0}", safe=p.least)
row("whole numbers", p.whole, "{0} * np.array({counts})", "{0} * torch.tensor({counts})")
row("power", c.fixed_power, "{0} ** {exponent}",
    safe=lambda x, *, exponent: exponent in (0, 1, 2, 3) or p.least(x))  # fmt: skip
# an exponent of 0: PyTorch's slope in the base does not know that it grows with the exponent
row("power of both", p.of_positive, "{0} ** {1}", safe=lambda x, y: p.least(x) and np.all(y != 0))
row("exponential", c.one, "2.0 ** {0}")
row("matmul", p.factors, "{0} @ {1}", empty=True)
for out in ("...", "...ij", "ij..."):
    call = f"einsum('...i,...{'j' if 'j' in out else 'i'}->{out}', {{0}}, {{1}})"
    row(f"einsum to {out}", two_with_axes, f"ag.{call}", f"torch.{call}")
row("qr", c.matrices, "ag.qr({0})[1]", "torch.linalg.qr({0})[1]", safe=lambda x: full_rank(x) > 0.1)
row("linear", c.affine, "ag.linear({all})", "F.linear({all})")
row("linear, rectified", c.affine, "linear_relu({all})", "torch.relu(F.linear({all}))", gaps=c.ag.linear)
row("log", c.positive, "ag.log({0})", "torch.log({0})", safe=p.least)
row("log1p", c.positive, "ag.log1p({0})", "torch.log1p({0})", empty=True)
row("sqrt", c.positive, "ag.sqrt({0})", "torch.sqrt({0})", safe=p.least)
row("relu", c.one, "ag.relu({0})", "torch.relu({0})", gaps=ITSELF, empty=True)
row("abs", c.one, "abs({0})", gaps=ITSELF, empty=True)
row("sign", c.alike(2), "{0} * ag.sign({1})", "{0} * torch.sign({1})", jumps=lambda x, y: y,
    through=(0, 1))  # fmt: skip
row("gate", c.alike(2), "ag.gate({0}, {1})", "torch.where({1} != 0, {0}, 0.0)", jumps=lambda x, y: y,
    through=(0, 1))  # fmt: skip
row("leaky_relu", c.one_and(slope=(0.01, 0.2, -0.5)), "ag.leaky_relu({0}, {slope})", "F.leaky_relu({0}, {slope})",
    gaps=ITSELF)  # fmt: skip
row("clip", c.bounded, "ag.clip({0}, {low}, {high})", "torch.clamp({0}, {low}, {high})", gaps=c.from_bounds)
for name in ("maximum", "minimum"):
    row(name, p.two, f"ag.{name}({{0}}, {{1}})", f"torch.{name}({{0}}, {{1}})", gaps=np.subtract, empty=True)
    row(f"{name}, partly tied", c.masked(2), f"ag.{name}({{0}}, ag.where(np.array({{mask}}), {{0}}, {{1}}))",
        f"torch.{name}({{0}}, torch.where(torch.tensor({{mask}}), {{0}}, {{1}}))",
        gaps=lambda x, y, *, mask: np.where(mask, 0, x - y))  # fmt: skip
row("at least", c.one_and(bound=c.GRID), "ag.maximum({0}, {bound})", "torch.maximum({0}, torch.tensor({bound}))",
    gaps=lambda x, *, bound: x - bound)  # fmt: skip
row("dropout", c.masked(1), 'ag.PRIMITIVES["dropout"].bind({0}, np.array({mask}), scale=2.0)',
    "{0} * torch.tensor({mask}) * 2.0")  # fmt: skip
row("where", c.masked(2), "ag.where(np.array({mask}), {0}, {1})", "torch.where(torch.tensor({mask}), {0}, {1})")
row("where x > y", c.alike(4), "ag.where({0} > {1}, {2}, {3})", "torch.where({0} > {1}, {2}, {3})",
    jumps=lambda x, y, *_: x - y, through=(2, 4))  # fmt: skip
row("where positive", c.one, "ag.where({0} > 0, {0}, {0} * {0})", "torch.where({0} > 0, {0}, {0} * {0})", gaps=ITSELF)
row("narrow, made wide", p.narrow, "ag.astype({0}, np.float64)", "{0}.to(torch.float64)")
row("narrow beside wide", p.narrow_and, "{0} * {1}")
row("detach", lambda d: ((d.flowing(),), {}), "ag.exp({0}.detach() * 0.5) * {0}", "torch.exp({0}.detach() * 0.5) * {0}")
row("sum", p.reduced, "ag.sum({0}, {axis}, {keepdims})", "torch.sum({0}, {dims}, {keepdims})", empty=True)
row("mean", p.reduced, "ag.mean({0}, {axis}, {keepdims})", "torch.mean({0}, {dims}, {keepdims})")
row("max", p.reduced, "ag.max({0}, {axis}, {keepdims})", "torch.amax({0}, {dims}, {keepdims})",
    gaps=lambda x, *, axis, **_: c.lead_over(x, axis=axis))  # fmt: skip
row("min", p.reduced, "ag.min({0}, {axis}, {keepdims})", "torch.amin({0}, {dims}, {keepdims})",
    gaps=lambda x, *, axis, **_: c.lead_over(-x, axis=axis))  # fmt: skip
for name in ("var", "std"):
    row(name, p.with_freedom, f"ag.{name}({{0}}, {{axis}}, {{keepdims}}, ddof={{ddof}})",
        f"torch.{name}({{0}}, {{dims}}, correction={{ddof}}, keepdim={{keepdims}})", safe=p.spread)  # fmt: skip
row("argmax", c.one, "ag.reshape({0}, -1)[ag.argmax({0})]", "{0}.reshape(-1)[torch.argmax({0})]",
    jumps=p.sole, safe=lambda x: np.all(p.sole(x) != 0))  # fmt: skip
row("cumsum", c.along, "ag.cumsum({0}, {axis})", "{0}.cumsum({axis})")
row("diff", c.along, "ag.diff({0}, 1, {axis}, prepend={0})", "{0}.diff(1, {axis}, prepend={0})")
row("softmax", c.along, "ag.softmax({0}, {axis})", "{0}.softmax({axis})")
row("log_softmax", c.along, "ag.log_softmax({0}, {axis})", "{0}.log_softmax({axis})")
row("logsumexp", p.shares, "ag.logsumexp({0}, {axis}, {keepdims})", "{0}.logsumexp({axis}, {keepdims})")
row("cross_entropy", c.labelled, "nn.cross_entropy({0}, np.array({labels}))",
    "F.cross_entropy({0}, torch.tensor({labels}))")  # fmt: skip

GEOMETRY = "stride={stride}, padding={padding}, dilation={dilation}"
WINDOW = "kernel_size={kernel_size}, stride={stride}, padding={padding}"
row("conv2d", p.convolution, f"ag.conv2d({{all}}, {GEOMETRY})", f"F.conv2d({{all}}, {GEOMETRY})")
row("conv2d, rectified", p.convolution, f"conv2d_relu({{all}}, {GEOMETRY})",
    f"torch.relu(F.conv2d({{all}}, {GEOMETRY}))", gaps=c.ag.conv2d)  # fmt: skip
row("conv_transpose2d", c.transposed_convolution,
    f"ag.conv_transpose2d({{all}}, {GEOMETRY}, output_padding={{output_padding}})",
    f"F.conv_transpose2d({{all}}, {GEOMETRY}, output_padding={{output_padding}})")  # fmt: skip
row("conv2d_filter", c.images_and_maps, f"ag.conv2d_filter({{0}}, {{1}}, kernel_size={{kernel_size}}, {GEOMETRY})",
    "F.conv2d({0}.transpose(0, 1), {1}.transpose(0, 1), None, {dilation}, {padding}, {stride})"
    "[:, :, :{kernel_size[0]}, :{kernel_size[1]}].transpose(0, 1)")  # fmt: skip
row("max_pool2d", c.windows, f"ag.max_pool2d({{0}}, {WINDOW})", f"F.max_pool2d({{0}}, {WINDOW})",
    gaps=c.lead_in_windows)  # fmt: skip
row("avg_pool2d", c.windows, f"ag.avg_pool2d({{0}}, {WINDOW})", f"F.avg_pool2d({{0}}, {WINDOW})")
row("max_unpool2d", p.unpooled, "ag.max_unpool2d({0}, np.array({switches}), kernel_size=2)",
    "F.max_unpool2d({0}, torch.tensor({switches}), 2)")  # fmt: skip
# PyTorch takes an expanded weight, of stride 0, for one that lies element by element, and goes back beyond its end
row("batch_norm", p.normalized(2), "ag.batch_norm({0}, weight={1}, bias={2})",
    "F.batch_norm({0}, None, None, {1}.contiguous(), {2}, training=True)", safe=p.spread_in_channels)  # fmt: skip
row("batch_norm, rectified", p.normalized(1), "batch_norm_relu({0}, weight={1})",
    "torch.relu(F.batch_norm({0}, None, None, {1}.contiguous(), training=True))", safe=p.spread_in_channels,
    gaps=lambda x, w, **_: known(c.ag.batch_norm(x, weight=w)))  # fmt: skip
row("batch_norm, its own statistics", p.normalized(0), "ag.batch_norm({0}, return_statistics=True)[{which}]",
    "(None, {0}.mean({axes}), {0}.var({axes}, correction=0))[{which}]")  # fmt: skip
row("batch_norm, known statistics", p.normalized(4), "ag.batch_norm({0}, {1}, {2} * {2} + 0.5, {3}, {4})",
    "({0} - {1}.reshape({line})) / ({2} * {2} + 0.50001).sqrt().reshape({line}) * {3}.reshape({line})"
    " + {4}.reshape({line})")  # fmt: skip

row("pad", p.bordered, "ag.pad({0}, {width}, {value})", "F.pad({0}, {flat}, value={value})", empty=True)
row("flip", c.some_axes, "ag.flip({0}, {axis})", "{0}.flip({axis})", empty=True)
row("roll", c.along, "ag.roll({0}, 2, {axis})", "{0}.roll(2, {axis})", empty=True)
row("tile", c.one_and(reps=(2, (2, 1), (1, 3), (2, 1, 1))), "ag.tile({0}, {reps})", "{0}.tile({reps})", empty=True)
row("split", c.along, "ag.concatenate(ag.split({0}, [1], {axis})[::-1], {axis})",
    "torch.cat(torch.tensor_split({0}, [1], {axis})[::-1], {axis})", empty=True)  # fmt: skip
row("concatenate", c.joined, "ag.concatenate([{all}], {axis})", "torch.cat([{all}], {axis})", empty=True)
row("stack", c.piled, "ag.stack([{all}], {axis})", "torch.stack([{all}], {axis})", empty=True)
row("reshape", c.reshaped, "ag.reshape({0}, {shape})", "{0}.reshape({shape})")
# PyTorch's flatten of one axis is the tensor itself, also under no_grad: of a view of it, it is another
row("flatten", c.along, "ag.flatten({0}, {axis})", "{0}.view_as({0}).flatten({axis})", empty=True)
row("transpose", c.permuted, "ag.transpose({0}, {axes})", "{0}.permute({axes})", empty=True)
row("matrix_transpose", c.matrices, "{0}.mT", empty=True)
row("slices", c.sliced, "{0}[{index}]", empty=True)
row("slices backwards", p.backwards, "{0}[{index}]", "{0}.flip({axis})[{flipped}]", empty=True)
row("take_along_axis", places, "ag.take_along_axis({0}, np.array({at}), {axis})",
    "torch.take_along_dim({0}, torch.tensor({at}), {axis})")  # fmt: skip
row("sort", c.along, "ag.sort({0}, {axis})", "torch.sort({0}, stable=True, dim={axis})[0]",
    gaps=lambda x, *, axis: np.diff(np.sort(x, axis), axis=axis))  # fmt: skip
row("lists", c.picked, "{0}[{index}]")
row("mask", c.chosen, "{0}[np.array({mask})]", "{0}[torch.tensor({mask})]")
row("broadcast_to", c.enlarged, "ag.broadcast_to({0}, {shape})", "{0}.expand({shape})", empty=True)
row("expand_dims", c.new_axis, "ag.expand_dims({0}, {axis})", "{0}.unsqueeze({axis})", empty=True)
row("squeeze", c.thin, "ag.squeeze({0}, {axis})", "{0}.squeeze({axis})", empty=True)
row("none of it", lambda d: ((c.with_axes(d),), {}), "{0}[:0]", empty=True)

SELDOM = ("pool", "conv", "linear", "cross_entropy", "batch_norm", "argmax", "dropout", "sign", "qr")
"""What is drawn three times as often, for few values fit or few of its results are differentiated."""


def weighed(operations: Sequence[Operation]) -> list[Operation]:
    return [o for o in operations for _ in range(3 if any(part in o.name for part in SELDOM) else 1)]
