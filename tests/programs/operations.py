"""What random programs are made of: each operation as the text of a call here and of the same call in PyTorch.

In a text {0}, {1}, … are the values it is applied to, {all} is all of them with commas between, and {name} is a
parameter. HIPS autograd runs the text written for this engine, under the names that `hips` gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_mini as ag

from . import images as i
from . import kinks as k
from . import operands as o


@dataclass(frozen=True)
class Operation:
    """One row of the table.

    take: what it is applied to. gaps: (*arrays, **params) -> numbers whose signs say on which piece of the function the
    arrays are, 0 at a kink; jumps: the same where the pieces do not meet. safe: whether the slope is regular. empty:
    whether it may be given arrays without elements. through: the operands that a gradient reaches. differences: whether
    a gradient checker may be asked about it; not of what leaves the tape, is float32 inside, or is empty.
    """

    name: str
    take: Callable[[Any], o.Taken]
    ours: str
    torch: str
    gaps: Callable[..., Any] | None = None
    jumps: Callable[..., Any] | None = None
    safe: Callable[..., Any] | None = None
    empty: bool = False
    through: tuple[int | None, int | None] = (None, None)
    differences: bool = True

    def call(self, side: str, names: Sequence[str], params: dict[str, Any]) -> str:
        literal = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in params.items()}
        return (self.torch if side == "torch" else self.ours).format(*names, all=", ".join(names), **literal)


OPERATIONS: list[Operation] = []


def row(name: str, take: Callable[[Any], o.Taken], ours: str, torch: str | None = None, **more: Any) -> None:
    """Enter an operation; where one text serves both sides, it is given once."""
    OPERATIONS.append(Operation(name, take, ours, torch or ours, **more))


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────────────────────────

for sign in "+-*":
    row(sign, o.two, f"{{0}} {sign} {{1}}", empty=True)
for name in ("exp", "expm1", "square", "sin", "cos", "tanh", "sigmoid"):
    row(name, o.one, f"ag.{name}({{0}})", f"torch.{name}({{0}})", empty=True)
row("/", o.quotient, "{0} / {1}", safe=lambda x, y: np.abs(y).min() >= k.FLOOR)
row("negative", o.one, "-{0}", empty=True)
row("shift", o.one_and(by=(*o.GRID, 2)), "{0} + {by}", empty=True)
row("scale", o.one_and(by=(-2, -1.0, 0.5, 3)), "{by} * {0}", empty=True)
row("from", o.one_and(by=(*o.GRID, 2)), "{by} - {0}", empty=True)
row("reciprocal", o.positive, "2 / {0}", safe=k.least)
row("whole numbers", o.whole, "{0} * np.array({counts})", "{0} * torch.tensor({counts})")
row("power", o.fixed_power, "{0} ** {exponent}",
    safe=lambda x, *, exponent: exponent in (0, 1, 2, 3) or k.least(x))  # fmt: skip
# an exponent of 0: PyTorch's slope in the base does not know that it grows with the exponent
row("power of both", o.of_positive, "{0} ** {1}", safe=lambda x, y: k.least(x) and np.all(y != 0))
row("exponential", o.one, "2.0 ** {0}")
row("matmul", o.factors, "{0} @ {1}", empty=True)
for out in ("...", "...ij", "ij..."):
    call = f"einsum('...i,...{'j' if 'j' in out else 'i'}->{out}', {{0}}, {{1}})"
    row(f"einsum to {out}", o.two_with_axes, f"ag.{call}", f"torch.{call}")
# the signs of R's rows are LAPACK's to choose: at a pivot of 0 they are not the same everywhere
row("qr", o.matrices, "ag.square(ag.qr({0})[1])", "torch.linalg.qr({0})[1] ** 2", safe=k.full_rank)
row("linear", o.affine, "ag.linear({all})", "F.linear({all})")
row("linear, rectified", o.affine, "linear_relu({all})", "torch.relu(F.linear({all}))", gaps=ag.linear)
row("log", o.positive, "ag.log({0})", "torch.log({0})", safe=k.least)
row("log1p", o.positive, "ag.log1p({0})", "torch.log1p({0})", empty=True)
row("sqrt", o.positive, "ag.sqrt({0})", "torch.sqrt({0})", safe=k.least)

# ── kinks, choices, and what leaves the tape ──────────────────────────────────────────────────────────────────────────

row("relu", o.one, "ag.relu({0})", "torch.relu({0})", gaps=k.itself, empty=True)
row("abs", o.one, "abs({0})", gaps=k.itself, empty=True)
row("sign", o.alike(2), "{0} * ag.sign({1})", "{0} * torch.sign({1})", jumps=lambda x, y: y, through=(0, 1))
row("gate", o.alike(2), "ag.gate({0}, {1})", "torch.where({1} != 0, {0}, 0.0)", jumps=lambda x, y: y,
    through=(0, 1))  # fmt: skip
row("leaky_relu", o.one_and(slope=(0.01, 0.2, -0.5)), "ag.leaky_relu({0}, {slope})", "F.leaky_relu({0}, {slope})",
    gaps=k.itself)  # fmt: skip
row("clip", o.bounded, "ag.clip({0}, {low}, {high})", "torch.clamp({0}, {low}, {high})", gaps=k.from_bounds)
for name in ("maximum", "minimum"):
    row(name, o.two, f"ag.{name}({{0}}, {{1}})", f"torch.{name}({{0}}, {{1}})", gaps=np.subtract, empty=True)
    row(f"{name}, partly tied", o.masked(2), f"ag.{name}({{0}}, ag.where(np.array({{mask}}), {{0}}, {{1}}))",
        f"torch.{name}({{0}}, torch.where(torch.tensor({{mask}}), {{0}}, {{1}}))",
        gaps=lambda x, y, *, mask: np.where(mask, 0, x - y))  # fmt: skip
row("at least", o.one_and(bound=o.GRID), "ag.maximum({0}, {bound})", "torch.maximum({0}, torch.tensor({bound}))",
    gaps=lambda x, *, bound: x - bound)  # fmt: skip
row("dropout", o.masked(1), "dropout({0}, np.array({mask}), scale=2.0)", "{0} * torch.tensor({mask}) * 2.0")
row("where", o.masked(2), "ag.where(np.array({mask}), {0}, {1})", "torch.where(torch.tensor({mask}), {0}, {1})")
row("where x > y", o.alike(4), "ag.where({0} > {1}, {2}, {3})", "torch.where({0} > {1}, {2}, {3})",
    jumps=lambda x, y, *_: x - y, through=(2, 4))  # fmt: skip
row("where x > y, x, y", o.alike(2), "ag.where({0} > {1}, {0}, {1})", "torch.where({0} > {1}, {0}, {1})",
    gaps=np.subtract)  # fmt: skip
row("where x > 0, x, x²", o.one, "ag.where({0} > 0, {0}, {0} * {0})", "torch.where({0} > 0, {0}, {0} * {0})",
    gaps=k.itself)  # fmt: skip
row("narrow, made wide", o.narrow, "ag.astype({0}, np.float64)", "{0}.to(torch.float64)", differences=False)
row("narrow beside wide", o.narrow_and, "{0} * {1}", differences=False)
row("detach", o.flowing, "ag.exp({0}.detach() * 0.5) * {0}", "torch.exp({0}.detach() * 0.5) * {0}", differences=False)

# ── along axes ────────────────────────────────────────────────────────────────────────────────────────────────────────

KEPT = "{axis}, keepdims={keepdims}"
row("sum", o.reduced, f"ag.sum({{0}}, {KEPT})", "torch.sum({0}, {dims}, {keepdims})", empty=True)
row("mean", o.reduced, f"ag.mean({{0}}, {KEPT})", "torch.mean({0}, {dims}, {keepdims})")
row("max", o.reduced, f"ag.max({{0}}, {KEPT})", "torch.amax({0}, {dims}, {keepdims})", gaps=k.lead_over)
row("min", o.reduced, f"ag.min({{0}}, {KEPT})", "torch.amin({0}, {dims}, {keepdims})",
    gaps=lambda x, **params: k.lead_over(-x, **params))  # fmt: skip
for name in ("var", "std"):
    row(name, o.with_freedom, f"ag.{name}({{0}}, {KEPT}, ddof={{ddof}})",
        f"torch.{name}({{0}}, {{dims}}, correction={{ddof}}, keepdim={{keepdims}})", safe=k.spread)  # fmt: skip
row("argmax", o.one, "ag.reshape({0}, -1)[ag.argmax({0})]", "{0}.reshape(-1)[torch.argmax({0})]",
    jumps=k.lead_of_all, safe=lambda x: np.all(k.lead_of_all(x) != 0))  # fmt: skip
row("cumsum", o.along, "ag.cumsum({0}, {axis})", "{0}.cumsum({axis})")
row("diff", o.along, "ag.diff({0}, 1, {axis}, prepend={0})", "{0}.diff(1, {axis}, prepend={0})")
row("softmax", o.along, "ag.softmax({0}, {axis})", "{0}.softmax({axis})")
row("log_softmax", o.along, "ag.log_softmax({0}, {axis})", "{0}.log_softmax({axis})")
row("logsumexp", o.along_or_kept, f"ag.logsumexp({{0}}, {KEPT})", "{0}.logsumexp({axis}, {keepdims})")
row("cross_entropy", o.labelled, "nn.cross_entropy({0}, np.array({labels}))",
    "F.cross_entropy({0}, torch.tensor({labels}))")  # fmt: skip
row("sort", o.along, "ag.sort({0}, {axis})", "torch.sort({0}, stable=True, dim={axis})[0]", gaps=k.order)

# ── images ────────────────────────────────────────────────────────────────────────────────────────────────────────────

GEOMETRY = "stride={stride}, padding={padding}, dilation={dilation}"
WINDOW = "kernel_size={kernel_size}, stride={stride}, padding={padding}"
row("conv2d", i.convolution, f"ag.conv2d({{all}}, {GEOMETRY})", f"F.conv2d({{all}}, {GEOMETRY})")
row("conv2d, rectified", i.convolution, f"conv2d_relu({{all}}, {GEOMETRY})",
    f"torch.relu(F.conv2d({{all}}, {GEOMETRY}))", gaps=ag.conv2d)  # fmt: skip
row("conv_transpose2d", i.transposed_convolution,
    f"ag.conv_transpose2d({{all}}, {GEOMETRY}, output_padding={{output_padding}})",
    f"F.conv_transpose2d({{all}}, {GEOMETRY}, output_padding={{output_padding}})")  # fmt: skip
row("conv2d_filter", i.images_and_maps, f"ag.conv2d_filter({{0}}, {{1}}, kernel_size={{kernel_size}}, {GEOMETRY})",
    "F.conv2d({0}.transpose(0, 1), {1}.transpose(0, 1), None, {dilation}, {padding}, {stride})"
    "[:, :, :{kernel_size[0]}, :{kernel_size[1]}].transpose(0, 1)")  # fmt: skip
row("max_pool2d", i.windows, f"ag.max_pool2d({{0}}, {WINDOW})", f"F.max_pool2d({{0}}, {WINDOW})",
    gaps=k.lead_in_windows)  # fmt: skip
row("avg_pool2d", i.windows, f"ag.avg_pool2d({{0}}, {WINDOW})", f"F.avg_pool2d({{0}}, {WINDOW})")
row("max_unpool2d", i.unpooled, "ag.max_unpool2d({0}, np.array({switches}), kernel_size=2)",
    "F.max_unpool2d({0}, torch.tensor({switches}), 2)")  # fmt: skip
# PyTorch takes an expanded weight, of stride 0, for one that lies element by element, and goes back beyond its end
row("batch_norm", i.normalized(2), "ag.batch_norm({0}, weight={1}, bias={2})",
    "F.batch_norm({0}, None, None, {1}.contiguous(), {2}, training=True)", safe=k.spread_in_channels)  # fmt: skip
row("batch_norm, rectified", i.normalized(1), "batch_norm_relu({0}, weight={1})",
    "torch.relu(F.batch_norm({0}, None, None, {1}.contiguous(), training=True))", safe=k.spread_in_channels,
    gaps=lambda x, w, **_: k.known(ag.batch_norm(x, weight=w)))  # fmt: skip
row("batch_norm, its own statistics", i.normalized(0), "ag.batch_norm({0}, return_statistics=True)[{which}]",
    "(None, {0}.mean({axes}), {0}.var({axes}, correction=0))[{which}]")  # fmt: skip
row("batch_norm, known statistics", i.normalized(4), "ag.batch_norm({0}, {1}, {2} * {2} + 0.5, {3}, {4})",
    "({0} - {1}.reshape({line})) / ({2} * {2} + 0.50001).sqrt().reshape({line}) * {3}.reshape({line})"
    " + {4}.reshape({line})")  # fmt: skip

# ── shapes and places ─────────────────────────────────────────────────────────────────────────────────────────────────

row("pad", o.bordered, "ag.pad({0}, {width}, {value})", "F.pad({0}, {flat}, value={value})", empty=True)
row("flip", o.some_axes, "ag.flip({0}, {axis})", "{0}.flip({axis})", empty=True)
row("roll", o.along, "ag.roll({0}, 2, {axis})", "{0}.roll(2, {axis})", empty=True)
row("tile", o.one_and(reps=(2, (2, 1), (1, 3), (2, 1, 1))), "ag.tile({0}, {reps})", "{0}.tile({reps})", empty=True)
row("split", o.along, "ag.concatenate(ag.split({0}, [1], {axis})[::-1], {axis})",
    "torch.cat(torch.tensor_split({0}, [1], {axis})[::-1], {axis})", empty=True)  # fmt: skip
row("concatenate", o.joined, "ag.concatenate([{all}], {axis})", "torch.cat([{all}], {axis})", empty=True)
row("stack", o.piled, "ag.stack([{all}], {axis})", "torch.stack([{all}], {axis})", empty=True)
row("reshape", o.reshaped, "ag.reshape({0}, {shape})", "{0}.reshape({shape})")
# PyTorch's flatten of one axis is the tensor itself, also under no_grad: of a view of it, it is another
row("flatten", o.along, "ag.flatten({0}, {axis})", "{0}.view_as({0}).flatten({axis})", empty=True)
row("transpose", o.permuted, "ag.transpose({0}, {axes})", "{0}.permute({axes})", empty=True)
row("matrix_transpose", o.matrices, "ag.matrix_transpose({0})", "{0}.mT", empty=True)
row("slices", o.sliced, "{0}[{index}]", empty=True)
row("slices backwards", o.backwards, "{0}[{index}]", "{0}.flip({axis})[{flipped}]", empty=True)
row("take_along_axis", o.placed, "ag.take_along_axis({0}, np.array({at}), {axis})",
    "torch.take_along_dim({0}, torch.tensor({at}), {axis})")  # fmt: skip
row("lists", o.picked, "{0}[{index}]")
row("mask", o.chosen, "{0}[np.array({mask})]", "{0}[torch.tensor({mask})]")
row("broadcast_to", o.enlarged, "ag.broadcast_to({0}, {shape})", "{0}.expand({shape})", empty=True)
row("expand_dims", o.new_axis, "ag.expand_dims({0}, {axis})", "{0}.unsqueeze({axis})", empty=True)
row("squeeze", o.thin, "ag.squeeze({0}, {axis})", "{0}.squeeze({axis})", empty=True)
row("none of it", o.of(o.with_axes), "{0}[:0]", empty=True, differences=False)

NAMED = {operation.name: operation for operation in OPERATIONS}
SELDOM = ("pool", "conv", "linear", "cross_entropy", "batch_norm", "argmax", "dropout", "sign", "qr")
"""What is drawn more often, for few values fit or few of its results are differentiated."""


def weighed(operations: Sequence[Operation], kinked: int = 1) -> list[Operation]:
    """Each operation as often as it is to be drawn; those with kinks `kinked` times."""
    seldom = lambda operation: 3 if any(part in operation.name for part in SELDOM) else 1
    return [each for each in operations for _ in range(max(seldom(each), kinked if each.gaps else 1))]
