"""Random programs of right operations, run alike by this engine, PyTorch and HIPS autograd, to count false alarms.

A program is straight-line: a few small inputs, 2 to 8 steps, each one operation on earlier values, and one or two of
the values as outputs. Its rules are right, so a checker that objects to it raises a false alarm. `programs` draws them,
`false_alarms` counts.

What is left out, judged by the forward values alone, never by a checker:

- values that are not finite, or beyond 1e4 (`ceiling`): differences of them say little, whatever the rules;
- singular slopes: log, sqrt, division, powers that are no whole number ≥ 0, std and batch_norm take arguments (or
  variances) of at least 1e-3;
- jumps: `where(x > y, a, b)` with two different sides has no derivative where x = y, so the sample stays farther than
  1e-5 from there, in the compared values and in the inputs.

Kinks are kept, exactly at the sample and as near to it as can be: there the function is continuous and its rules give a
subgradient. Composed subgradients need not be one: relu(x) − relu(−x) is x, of slope 1, and autodiff rightly gives 0
at 0. So programs are told apart by their `character`, the first of these that holds:

exact kink      a kinked step is at its kink, up to rounding, and leaves it when the inputs move by 1e-5
near kink       a kinked step changes its piece when the inputs move by 1e-5, farther than the usual stencils do
badly scaled    inputs of magnitudes from 1e-3 to 1e3 side by side
generic         none of that

The inputs move one by one and all together. In float32 these 1e-5 are 1e-2, as differences there take longer steps. A
tie that lasts however the inputs move (relu of what relu made 0, the maximum of an array and itself) is no kink.
"""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from internals import conv2d_relu, cross_entropy, dropout, flat_indices, linear_relu

import autograd_mini as ag
from autograd_mini.kernels.layout import Geometry, Window

try:
    import autograd.numpy as anp
    from autograd.builtins import tuple as hips_tuple
    from autograd.extend import defvjp
    from autograd.extend import primitive as hips_primitive
    from autograd.test_util import check_grads
except ImportError:  # an optional package: without it the other two engines still compare
    anp = None

Array = np.ndarray
Shape = tuple[int, ...]
Taken = tuple[tuple[int, ...], dict[str, Any]]

CHARACTERS = ("generic", "near kink", "exact kink", "badly scaled")
GRID = (-1.0, -0.5, 0.0, 0.5, 1.0)  # where inputs, bounds and thresholds meet
FLOOR = 1e-3  # least argument of log, sqrt, division, …
CEILING = 1e4  # largest magnitude of a value, unless asked for more
REACH = {"float64": 1e-5, "float32": 1e-2}  # how far from the sample kinks are looked for, and jumps kept away
ROUNDING = 1e-13  # relative: what is closer is at its kink
IN, BETWEEN, OUT = 40, 48, 20  # entries: of all inputs, of a value, of all outputs


@dataclass(frozen=True)
class Operation:
    name: str
    # which values it is applied to, and its parameters
    take: Callable[[Draft], Taken]
    # the same function three times: (*values, **params) -> value
    ours: Callable[..., Any]
    torch: Callable[..., Any]
    hips: Callable[..., Any]
    # (*arrays, **params) -> numbers whose signs say on which piece of the function the arrays are; 0 at a kink
    gaps: Callable[..., Any] | None
    # the same where the pieces do not meet
    jumps: Callable[..., Any] | None
    # whether the slope is regular: (*arrays, **params) -> bool
    safe: Callable[..., bool] | None


@dataclass(frozen=True)
class Step:
    operation: Operation
    operands: tuple[int, ...]
    params: dict[str, Any]

    def __str__(self) -> str:
        given = [f"v{i}" for i in self.operands]
        given += [f"{k}={v.tolist() if isinstance(v, Array) else v!r}" for k, v in self.params.items()]
        return f"{self.operation.name}({', '.join(given)})"


@dataclass(frozen=True, repr=False)
class Program:
    seed: int
    index: int
    drawn: str  # how the inputs were drawn: a key of INPUTS
    character: str
    arrays: tuple[Array, ...]  # the inputs: values 0, 1, …
    steps: tuple[Step, ...]  # the values after them
    outputs: tuple[int, ...]
    ceiling: float = CEILING

    def run(self, engine: str, inputs: Sequence[Any]) -> list[Any]:
        """All values, inputs first. On bare arrays "ours" is plain NumPy."""
        values = list(inputs)
        for step in self.steps:
            values.append(getattr(step.operation, engine)(*(values[i] for i in step.operands), **step.params))
        return values

    def ours(self, *tensors: Any) -> Any:
        return self._results("ours", tensors, tuple)

    def torch(self, *tensors: Any) -> Any:
        return self._results("torch", tensors, tuple)

    def hips(self, *arrays: Any) -> Any:
        return self._results("hips", arrays, hips_tuple)

    def _results(self, engine: str, inputs: Sequence[Any], together: Callable[[Any], Any]) -> Any:
        values = self.run(engine, inputs)
        return values[self.outputs[0]] if len(self.outputs) == 1 else together([values[i] for i in self.outputs])

    @property
    def operations(self) -> set[str]:
        return {step.operation.name for step in self.steps}

    @property
    def source(self) -> str:
        lines = [f"v{i} = {array.dtype}({array.tolist()})" for i, array in enumerate(self.arrays)]
        lines += [f"v{i} = {step}" for i, step in enumerate(self.steps, len(self.arrays))]
        return "\n".join([*lines, f"return {', '.join(f'v{i}' for i in self.outputs)}"])

    def astype(self, dtype: Any) -> Program | None:
        """The same with inputs rounded to float32, looked at from farther away; None if it is not legitimate there."""
        rounded = replace(self, arrays=tuple(array.astype(dtype) for array in self.arrays))
        character = examined(rounded)
        return character and replace(rounded, character=character)

    def __repr__(self) -> str:
        return f"<program {self.index} of seed {self.seed}: {self.character}, {self.drawn}\n{self.source}\n>"


# ── legitimate, and of which character ────────────────────────────────────────────────────────────────────────────────


def legitimate(step: Step, arrays: Sequence[Array], result: Array, ceiling: float, reach: float) -> bool:
    """Whether a checker may be asked about this step, by the values that go in and the one that comes out."""
    operation, params = step.operation, step.params
    return bool(
        result.size > 0
        and np.isfinite(result).all()
        and np.abs(result).max() <= ceiling
        and (operation.safe is None or operation.safe(*arrays, **params))
        and (operation.jumps is None or np.abs(operation.jumps(*arrays, **params)).min() > reach)
    )


def pieces(steps: Sequence[Step], values: Sequence[Array]) -> list[tuple[bool, Array]]:
    """For each step that kinks or jumps whether it jumps, and the signs of its gaps."""
    signs = []
    for step in steps:
        gaps = step.operation.gaps or step.operation.jumps
        if gaps:
            arrays = [values[i] for i in step.operands]
            gap = gaps(*arrays, **step.params)
            scale = max(1.0, *(float(np.abs(array).max()) for array in arrays))
            signs.append((step.operation.gaps is None, np.where(np.abs(gap) <= ROUNDING * scale, 0, np.sign(gap))))
    return signs


def moves(inputs: Sequence[Array], reach: float, seed: int) -> Iterator[list[Array]]:
    """The inputs with one entry a little larger or smaller, for every entry; then with all of them."""
    rng = np.random.default_rng(seed)
    sizes = [x.size for x in inputs]
    one_by_one = np.eye(sum(sizes))
    together = rng.choice([-1.0, 1.0], (4, sum(sizes)))
    for direction in np.concatenate([one_by_one, together]):
        for side in (reach, -reach):
            parts = np.split(side * direction, np.cumsum(sizes)[:-1])
            yield [x + part.reshape(x.shape) for x, part in zip(inputs, parts, strict=True)]


def examined(program: Program) -> str | None:
    """The program's character; None if it is not legitimate. Judged in float64, whatever the inputs are stored in."""
    inputs = [array.astype(np.float64) for array in program.arrays]
    reach = REACH[program.arrays[0].dtype.name]
    with np.errstate(all="ignore"):
        values = program.run("ours", inputs)
        for step, result in zip(program.steps, values[len(inputs) :], strict=True):
            if not legitimate(step, [values[i] for i in step.operands], np.asarray(result), program.ceiling, reach):
                return None
        last = max(
            (i for i, step in enumerate(program.steps, 1) if step.operation.gaps or step.operation.jumps), default=0
        )
        steps = program.steps[:last]
        leading = replace(program, steps=steps)  # as far as the last step that matters
        here = pieces(steps, values)
        exact = near = False
        jumping = any(jumps for jumps, _ in here)
        tied = any((signs == 0).any() for _, signs in here)
        for moved in moves(inputs, reach, program.index) if here else ():
            there = pieces(steps, leading.run("ours", moved))
            for (jumps, before), (_, after) in zip(here, there, strict=True):
                changed = before != after
                if jumps and changed.any():
                    return None
                exact |= bool((changed & (before == 0)).any())
                near |= bool(changed.any())
            if not jumping and (exact or (near and not tied)):
                break  # no further move can change the answer
    scaled = "badly scaled" if program.drawn == "scaled" else "generic"
    return "exact kink" if exact else "near kink" if near else scaled


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────

INPUTS: dict[str, Callable[[np.random.Generator, Shape], Any]] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "grid": lambda rng, shape: rng.choice(GRID, shape),
    "near grid": lambda rng, shape: (
        rng.choice(GRID, shape) + rng.choice([-1, 1], shape) * 10 ** rng.uniform(-7, -5, shape)
    ),
    "scaled": lambda rng, shape: rng.standard_normal(shape) * 10 ** rng.uniform(-3, 3, shape),
}
SHARES = (0.2, 0.3, 0.3, 0.2)  # kinked programs are a part only of those drawn to be

IMAGES = ((1, 1, 3, 3), (1, 1, 4, 4), (1, 2, 3, 3), (2, 1, 3, 3), (1, 1, 3, 5))
MATRICES = ((2, 3), (3, 2), (3, 1), (1, 4), (3, 3))
AXES = ((1,), (3,), (4,), *MATRICES, (2, 3, 2), (2, 1, 3))
ANY = ((), *AXES)


class UnfitError(Exception):
    """The operation drawn does not go with the values there are."""


class Draft:
    """A program in the making. Each step is computed at once, so that what follows can be chosen by values."""

    def __init__(self, rng: np.random.Generator, drawn: str, ceiling: float) -> None:
        self.rng, self.drawn, self.ceiling = rng, drawn, ceiling
        self.values: list[Array] = []
        self.made: list[Step | None] = []  # None for an input

    def any(self, options: Sequence[Any]) -> Any:
        return options[self.rng.integers(len(options))]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def take(
        self, fits: Callable[[Array], bool] = lambda v: True, fresh: Sequence[Shape] = ANY, new: float = 0.15
    ) -> int:
        """An earlier value that fits, the last ones rather than the first, or else a new input of a shape in fresh."""
        room = IN - sum(v.size for v, step in zip(self.values, self.made, strict=True) if step is None)
        shapes = [shape for shape in fresh if np.prod(shape) <= room]
        found = [i for i, v in enumerate(self.values) if fits(v)]
        if shapes and (not found or self.chance(new)):
            self.values.append(np.asarray(INPUTS[self.drawn](self.rng, self.any(shapes)), np.float64))
            self.made.append(None)
            return len(self.values) - 1
        if not found:
            raise UnfitError
        return found[-1] if self.chance(0.75) else self.any(found)

    def apply(self, operation: Operation, operands: tuple[int, ...], params: dict[str, Any]) -> int:
        step, arrays = Step(operation, operands, params), [self.values[i] for i in operands]
        result = np.asarray(operation.ours(*arrays, **params))
        if result.size > BETWEEN or not legitimate(step, arrays, result, self.ceiling, REACH["float64"]):
            raise UnfitError
        self.values.append(result)
        self.made.append(step)
        return len(self.values) - 1

    def positive(self) -> int:
        """A value with all entries positive: one there is, or |x| + 0.5, or x² + 0.5."""
        found = [i for i, v in enumerate(self.values) if v.min() >= FLOOR]
        if found and self.chance(0.7):
            return self.any(found)
        x = self.take()
        x = self.apply(*self.any([(ABSOLUTE, (x,), {}), (MULTIPLY, (x, x), {})]))
        return self.apply(SHIFT, (x,), {"by": 0.5})

    def attempt(self, operation: Operation) -> None:
        """Apply it to something, if it goes with anything."""
        before = len(self.values)
        try:
            self.apply(operation, *operation.take(self))
        except UnfitError:
            del self.values[before:], self.made[before:]

    def needed(self, outputs: Sequence[int]) -> set[int]:
        """The values that lead to the outputs."""
        found: set[int] = set()
        left = list(outputs)
        while left:
            i = left.pop()
            if i not in found:
                found.add(i)
                step = self.made[i]
                left += step.operands if step else ()
        return found

    def length(self) -> int:
        """How many steps lead to the last value."""
        return sum(self.made[i] is not None for i in self.needed([len(self.made) - 1])) if self.made else 0

    def finished(self, seed: int, index: int) -> Program | None:
        """The program that leads to the last value small enough, and perhaps to another, without idle steps."""
        small = [i for i, v in enumerate(self.values) if v.size <= OUT and self.made[i] is not None]
        if not small:
            return None
        outputs = [small[-1]]
        second = [i for i in small[:-1] if self.values[i].size <= OUT - self.values[small[-1]].size]
        if second and self.chance(0.25):
            outputs.append(self.any(second))
        needed = self.needed(outputs)
        inputs = [i for i in sorted(needed) if self.made[i] is None]
        steps = [i for i in sorted(needed) if self.made[i] is not None]
        if not 2 <= len(steps) <= 8:
            return None
        place = {old: new for new, old in enumerate([*inputs, *steps])}
        moved = [
            replace(step, operands=tuple(place[i] for i in step.operands)) for step in map(self.made.__getitem__, steps)
        ]
        arrays = tuple(self.values[i] for i in inputs)
        program = Program(
            seed, index, self.drawn, "", arrays, tuple(moved), tuple(place[i] for i in outputs), self.ceiling
        )
        character = examined(program)
        return character and replace(program, character=character)


@cache
def program(seed: int, index: int, ceiling: float = CEILING) -> Program:
    rng = np.random.default_rng((seed, index))
    drawn = str(rng.choice(list(INPUTS), p=SHARES))
    often = [operation for operation in OPERATIONS for _ in range(4 if operation.gaps else 1)]
    with np.errstate(all="ignore"):
        while True:
            draft = Draft(rng, drawn, ceiling)
            length = rng.integers(2, 9)
            for _ in range(60):
                if draft.length() >= length:
                    break
                draft.attempt(draft.any(often))
            if (made := draft.finished(seed, index)) is not None:
                return made


def programs(count: int, seed: int = 0, ceiling: float = CEILING) -> list[Program]:
    """Program i depends on the seed, the ceiling and i alone. A higher ceiling makes badly scaled ones worse."""
    return [program(seed, index, ceiling) for index in range(count)]


# ── HIPS autograd: what it lacks ──────────────────────────────────────────────────────────────────────────────────────


@cache
def borrowed(name: str) -> Any:
    """A primitive of HIPS autograd that computes and goes back by our kernels and rules, on bare arrays."""
    ours = ag.PRIMITIVES[name]

    def forward(*args: Any, **params: Any) -> Any:
        result = ours.forward(*args, **params)
        return result[0] if ours.byproducts else result

    def vjp(i: int) -> Any:
        def made(out: Any, *args: Any, **params: Any) -> Any:
            there = {"out": out, "shape": np.shape(args[i]), **dict(zip(ours.args, args, strict=True))}
            if ours.byproducts:
                there |= dict(zip(ours.byproducts, ours.forward(*args, **params)[1:], strict=True))
            rule = ours.rules[ours.args[i]]
            given = [there[key] for key in rule.names]
            return lambda g: rule.function(g, *given, **{key: params[key] for key in rule.params})

        return made

    primitive = hips_primitive(forward)
    defvjp(primitive, *(vjp(i) if ours.rules[arg] else None for i, arg in enumerate(ours.args)))
    return primitive


def numpys(name: str) -> Callable[..., Any]:
    return lambda *args, **params: getattr(anp, name)(*args, **params)


def hips_log_softmax(x: Any, *, axis: int) -> Any:
    return x - hips_logsumexp(x, axis=axis, keepdims=True)


def hips_logsumexp(x: Any, *, axis: int, keepdims: bool) -> Any:
    top = anp.max(x, axis, keepdims=True)
    y = anp.log(anp.sum(anp.exp(x - top), axis, keepdims=True)) + top
    return y if keepdims else anp.sum(y, axis)


def hips_batch_norm(x: Any, weight: Any, bias: Any) -> Any:
    axes = statistics_axes(x)
    line = (1, -1, *[1] * (len(x.shape) - 2))
    centred = x - anp.mean(x, axes, keepdims=True)
    y = centred / anp.sqrt(anp.mean(centred**2, axes, keepdims=True) + 1e-5)
    return y * anp.reshape(weight, line) + anp.reshape(bias, line)


def hips_conv2d(x: Any, w: Any, b: Any = None, **g: Any) -> Any:
    return borrowed("conv2d")(x, w, b, geometry=geometry(**g))


def hips_conv_transpose2d(y: Any, w: Any, b: Any = None, *, output_padding: Any, **g: Any) -> Any:
    s, p, d = geometry(**g)
    size = tuple(
        s[i] * (y.shape[2 + i] - 1) + d[i] * (w.shape[2 + i] - 1) + 1 - 2 * p[i] + output_padding[i] for i in (0, 1)
    )
    out = borrowed("conv_transpose2d")(y, w, size=size, geometry=geometry(**g))
    return out if b is None else out + anp.reshape(b, (1, -1, 1, 1))


def hips_unpool(y: Any, *, switches: Array) -> Any:
    size = (2 * y.shape[2], 2 * y.shape[3])
    return borrowed("unpool")(y, switches, size=size, window=SQUARES)


# ── gaps ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def lead(x: Array) -> Array:
    """By how much each entry of the last axis is ahead of all others there."""
    if x.shape[-1] < 2:
        return np.ones(x.shape)
    ordered = np.sort(x, axis=-1)
    first, second = ordered[..., -1:], ordered[..., -2:-1]
    return x - np.where((x == first) & (np.cumsum(x == first, axis=-1) == 1), second, first)


def lead_over(x: Array, *, axis: Any, keepdims: bool = False) -> Array:
    axes = [a % x.ndim for a in all_axes(x, axis)]
    rest = [a for a in range(x.ndim) if a not in axes]
    return lead(x.transpose(*rest, *axes).reshape(*[x.shape[a] for a in rest], -1))


def lead_in_windows(x: Array, *, kernel_size: Any, stride: Any, padding: Any) -> Array:
    bordered = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]], constant_values=-1e9)
    windows = np.lib.stride_tricks.sliding_window_view(bordered, kernel_size, axis=(2, 3))
    return lead(windows[:, :, :: stride[0], :: stride[1]].reshape(-1, kernel_size[0] * kernel_size[1]))


def from_bounds(x: Array, *, low: float | None, high: float | None) -> Array:
    return np.stack([x - bound for bound in (low, high) if bound is not None])


# ── which values an operation takes ───────────────────────────────────────────────────────────────────────────────────


def one(d: Draft) -> Taken:
    return (d.take(),), {}


def positive(d: Draft) -> Taken:
    return (d.positive(),), {}


def one_and(**options: Sequence[Any]) -> Callable[[Draft], Taken]:
    return lambda d: ((d.take(),), {key: d.any(values) for key, values in options.items()})


def bounded(d: Draft) -> Taken:
    low, high = d.any([(-0.5, 0.5), (0.0, 1.0), (None, 0.5), (-1.0, None)])
    return (d.take(),), {"low": low, "high": high}


def broadcasts(shape: Shape) -> Callable[[Array], bool]:
    def fits(v: Array) -> bool:
        try:
            return bool(np.prod(np.broadcast_shapes(v.shape, shape)) <= BETWEEN)
        except ValueError:
            return False

    return fits


def partner(d: Draft, x: int) -> int:
    """A value that broadcasts with x, either way."""
    shape = d.values[x].shape
    thin = tuple(1 if d.chance(0.5) else n for n in shape)
    return d.take(broadcasts(shape), [shape, thin, shape[1:], ()], new=0.3)


def two(d: Draft) -> Taken:
    x = d.take()
    return d.any([lambda y: (x, y), lambda y: (y, x)])(partner(d, x)), {}


def quotient(d: Draft) -> Taken:
    y = d.any([d.positive, lambda: d.take(lambda v: np.abs(v).min() >= FLOOR)])()
    return (partner(d, y), y), {}


def positive_power(d: Draft) -> Taken:
    x = d.positive()
    return (x, partner(d, x)), {}


def fixed_power(d: Draft) -> Taken:
    if d.chance(0.5):
        return (d.take(),), {"exponent": d.any([0, 1, 2, 3])}
    return (d.positive(),), {"exponent": d.any([-2, -1, -0.5, 0.5, 1.5])}


def like(d: Draft, x: int, new: float = 0.3) -> int:
    shape = d.values[x].shape
    return d.take(lambda v: v.shape == shape, [shape], new)


def alike(count: int) -> Callable[[Draft], Taken]:
    def take(d: Draft) -> Taken:
        x = d.take()
        return (x, *(like(d, x) for _ in range(count - 1))), {}

    return take


def masked(count: int) -> Callable[[Draft], Taken]:
    def take(d: Draft) -> Taken:
        operands, _ = alike(count)(d)
        return operands, {"mask": np.asarray(d.rng.random(d.values[operands[0]].shape) < 0.5)}

    return take


def with_axes(d: Draft) -> int:
    return d.take(lambda v: v.ndim > 0, (*AXES, IMAGES[0]))


def reduced(d: Draft) -> Taken:
    x = with_axes(d)
    n = d.values[x].ndim
    several = tuple(int(a) for a in d.rng.permutation(n)[: d.rng.integers(1, n + 1)])
    return (x,), {"axis": d.any([None, int(d.rng.integers(-n, n)), several]), "keepdims": d.chance(0.4)}


def along(d: Draft) -> Taken:
    x = with_axes(d)
    n = d.values[x].ndim
    return (x,), {"axis": int(d.rng.integers(-n, n))}


def along_or_kept(d: Draft) -> Taken:
    operands, params = along(d)
    return operands, params | {"keepdims": d.chance(0.4)}


def labelled(d: Draft) -> Taken:
    x = d.take(lambda v: v.ndim == 2, MATRICES)
    n, classes = d.values[x].shape
    return (x,), {"labels": d.rng.integers(0, classes, n)}


def factors(d: Draft) -> Taken:
    a = d.take(lambda v: 1 <= v.ndim <= 3, AXES)
    *batch, k = d.values[a].shape
    stack = tuple(batch[:-1])

    def fits(v: Array) -> bool:
        return v.shape == (k,) or (2 <= v.ndim <= 3 and v.shape[-2] == k and v.shape[:-2] in ((), stack))

    return (a, d.take(fits, [(k,), (k, 2), (k, 3), (*stack, k, 2)], new=0.3)), {}


def affine(d: Draft) -> Taken:
    x = d.take(lambda v: v.ndim in (2, 3), (*MATRICES, (2, 1, 3)))
    width = d.values[x].shape[-1]
    w = d.take(lambda v: v.ndim == 2 and v.shape[1] == width, [(1, width), (2, width), (3, width)], new=0.4)
    return (x, w, *bias(d, len(d.values[w]))), {}


def bias(d: Draft, length: int) -> tuple[int, ...]:
    return (d.take(lambda v: v.shape == (length,), [(length,)]),) if d.chance(0.5) else ()


def image(d: Draft) -> int:
    return d.take(lambda v: v.ndim == 4, IMAGES)


def fitting(d: Draft, draw: Callable[[], Any], fits: Callable[[Any], bool]) -> Any:
    found = next(filter(fits, (draw() for _ in range(8))), None)
    if found is None:
        raise UnfitError
    return found


def drawn_geometry(d: Draft) -> dict[str, Any]:
    pair = lambda options: (d.any(options), d.any(options))
    return {"stride": pair([1, 1, 2, 3]), "padding": pair([0, 0, 1, 2]), "dilation": pair([1, 1, 2])}


def geometry(*, stride: Any, padding: Any, dilation: Any) -> Geometry:
    return Geometry(stride, padding, dilation)


def convolved(size: Shape, kernel: Shape, *, stride: Any, padding: Any, dilation: Any) -> Shape:
    """Height and width of what comes out; below 1 if the kernel does not fit."""
    return tuple(
        (n + 2 * p - e * (k - 1) - 1) // s + 1
        for n, k, s, p, e in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def convolution(d: Draft) -> Taken:
    x = image(d)
    _, channels, *size = d.values[x].shape
    w = d.take(
        lambda v: v.ndim == 4 and v.shape[1] == channels and max(v.shape[2:]) <= 3,
        [(1, channels, 2, 2), (2, channels, 2, 1), (1, channels, 3, 3), (2, channels, 2, 2), (3, channels, 1, 1)],
        new=0.5,
    )
    kernel = d.values[w].shape[2:]
    params = fitting(d, lambda: drawn_geometry(d), lambda g: min(convolved(tuple(size), kernel, **g)) > 0)
    return (x, w, *bias(d, len(d.values[w]))), params


def transposed_convolution(d: Draft) -> Taken:
    y = image(d)
    maps = d.values[y].shape[1]
    w = d.take(
        lambda v: v.ndim == 4 and len(v) == maps and max(v.shape[2:]) <= 3,
        [(maps, 1, 2, 2), (maps, 2, 1, 2), (maps, 1, 3, 3), (maps, 1, 1, 1)],
        new=0.5,
    )
    params = drawn_geometry(d)
    params["output_padding"] = tuple(int(d.rng.integers(s)) for s in params["stride"])
    s, p, e = geometry(**{key: params[key] for key in ("stride", "padding", "dilation")})
    for i in (0, 1):
        n, k = d.values[y].shape[2 + i], d.values[w].shape[2 + i]
        if s[i] * (n - 1) + e[i] * (k - 1) + 1 - 2 * p[i] + params["output_padding"][i] < 1:
            raise UnfitError
    return (y, w, *bias(d, d.values[w].shape[1])), params


def images_and_maps(d: Draft) -> Taken:
    x = image(d)
    n, _, *size = d.values[x].shape
    kernel = (d.any([1, 2, 3]), d.any([1, 2]))
    g = fitting(d, lambda: drawn_geometry(d), lambda g: min(convolved(tuple(size), kernel, **g)) > 0)
    shape = convolved(tuple(size), kernel, **g)
    fits = lambda v: v.ndim == 4 and len(v) == n and v.shape[2:] == shape
    return (x, d.take(fits, [(n, 1, *shape), (n, 2, *shape)], new=0.5)), {"kernel_size": kernel, **g}


def windows(d: Draft) -> Taken:
    """Beside each other, overlapping, with holes between them; with a padding of at most half a window."""
    x = image(d)

    def draw() -> dict[str, Any]:
        kernel = (d.any([1, 2, 3]), d.any([2, 2, 3]))
        stride = d.any([kernel, (1, 1), (1, 2), (2, 3)])
        return {"kernel_size": kernel, "stride": stride, "padding": tuple(d.any(range(k // 2 + 1)) for k in kernel)}

    size = d.values[x].shape[2:]
    return (x,), fitting(
        d,
        draw,
        lambda g: (
            min(convolved(size, dilation=(1, 1), kernel=g["kernel_size"], stride=g["stride"], padding=g["padding"])) > 0
        ),
    )


def switched(d: Draft) -> Taken:
    y = d.take(lambda v: v.ndim == 4 and 4 * v.size <= BETWEEN, [(1, 1, 2, 2), (1, 2, 1, 2), (2, 1, 1, 2)])
    return (y,), {"switches": d.rng.integers(0, 4, d.values[y].shape).astype(np.uint8)}


def normalized(d: Draft) -> Taken:
    x = d.take(lambda v: v.ndim in (2, 4) and v.size > v.shape[1], (*MATRICES[:2], *IMAGES))
    channels = d.values[x].shape[1]
    vector = lambda: d.take(lambda v: v.shape == (channels,), [(channels,)], new=0.5)
    return (x, vector(), vector()), {}


def bordered(d: Draft) -> Taken:
    x = with_axes(d)
    width = [(int(a), int(b)) for a, b in d.rng.integers(0, 2, (d.values[x].ndim, 2))]
    return (x,), {"width": width, "value": d.any(GRID)}


def some_axes(d: Draft) -> Taken:
    x = with_axes(d)
    n = d.values[x].ndim
    return (x,), {"axis": tuple(int(a) for a in d.rng.permutation(n)[: d.rng.integers(1, n + 1)])}


def joined(d: Draft) -> Taken:
    x = with_axes(d)
    shape = d.values[x].shape
    axis = int(d.rng.integers(len(shape)))
    fits = lambda v: (
        v.ndim == len(shape) and all(a == axis or n == m for a, (n, m) in enumerate(zip(v.shape, shape, strict=True)))
    )
    others = [d.take(fits, [shape, (*shape[:axis], 1, *shape[axis + 1 :])], new=0.3) for _ in range(d.any([1, 2]))]
    return (x, *others), {"axis": axis}


def piled(d: Draft) -> Taken:
    operands, _ = alike(d.any([2, 3]))(d)
    return operands, {"axis": int(d.rng.integers(d.values[operands[0]].ndim + 1))}


def reshaped(d: Draft) -> Taken:
    x = d.take(fresh=(*ANY, *IMAGES))
    n = d.values[x].size
    shapes = [(n,), (1, n), (n, 1), (1, 1, n), *((k, n // k) for k in (2, 3, 4) if n % k == 0)]
    shapes += [(1, 1, k, n // k) for k in (2, 3, 4) if n % k == 0]
    return (x,), {"shape": d.any(shapes)}


def permuted(d: Draft) -> Taken:
    x = with_axes(d)
    return (x,), {"axes": tuple(int(a) for a in d.rng.permutation(d.values[x].ndim))}


def matrices(d: Draft) -> Taken:
    return (d.take(lambda v: v.ndim >= 2, (*MATRICES, *IMAGES)),), {}


def sliced(d: Draft) -> Taken:
    x = with_axes(d)
    index: list[Any] = []
    for n in d.values[x].shape:
        start = int(d.rng.integers(n))
        index.append(d.any([slice(None), slice(start, None), slice(None, start + 1), slice(None, None, 2), start - n]))
    if d.chance(0.2):
        index = [..., index[-1]]
    if d.chance(0.2):
        index.insert(0, None)
    return (x,), {"index": tuple(index)}


def picked(d: Draft) -> Taken:
    """Entries by lists of positions, some of them twice."""
    x = with_axes(d)
    shape = d.values[x].shape
    count = int(d.rng.integers(2, 5))
    lists = tuple(d.rng.integers(-n, n, count).tolist() for n in shape[: d.rng.integers(1, min(2, len(shape)) + 1)])
    return (x,), {"index": lists}


def chosen(d: Draft) -> Taken:
    x = with_axes(d)
    mask = d.rng.random(d.values[x].shape) < 0.6
    if not mask.any():
        raise UnfitError
    return (x,), {"mask": mask}


def enlarged(d: Draft) -> Taken:
    x = d.take()
    shape = tuple(d.any([2, 3]) if n == 1 else n for n in d.values[x].shape)
    return (x,), {"shape": d.any([shape, (2, *shape), (1, 3, *shape)])}


def thin(d: Draft) -> Taken:
    x = d.take(lambda v: 1 in v.shape, ((1, 3), (2, 1, 3)))
    return (x,), {"axis": d.any([a for a, n in enumerate(d.values[x].shape) if n == 1])}


def new_axis(d: Draft) -> Taken:
    x = d.take()
    n = d.values[x].ndim + 1
    return (x,), {"axis": int(d.rng.integers(-n, n))}


# ── the operations ────────────────────────────────────────────────────────────────────────────────────────────────────

OPERATIONS: list[Operation] = []
SQUARES = Window((2, 2), (2, 2), (0, 0))


def row(
    name: str,
    take: Callable[[Draft], Taken],
    ours: Callable[..., Any],
    torch: Callable[..., Any] | None = None,
    hips: Callable[..., Any] | None = None,
    *,
    gaps: Callable[..., Any] | None = None,
    jumps: Callable[..., Any] | None = None,
    safe: Callable[..., bool] | None = None,
) -> Operation:
    """Enter an operation; where one function serves all three engines, it is given once."""
    OPERATIONS.append(Operation(name, take, ours, torch or ours, hips or torch or ours, gaps, jumps, safe))
    return OPERATIONS[-1]


def all_axes(x: Any, axis: Any) -> tuple[int, ...]:
    return tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)


def statistics_axes(x: Any) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def at_least_floor(x: Array, *_: Any, **__: Any) -> bool:
    return bool(x.min() >= FLOOR)


# arithmetic
row("add", two, operator.add)
row("subtract", two, operator.sub)
MULTIPLY = row("multiply", two, operator.mul)
row("divide", quotient, operator.truediv, safe=lambda x, y: np.abs(y).min() >= FLOOR)
row("negative", one, operator.neg)
SHIFT = row("shift", one_and(by=GRID), lambda x, *, by: x + by)
row("scale", one_and(by=(-2.0, -1.0, 0.5, 3.0)), lambda x, *, by: by * x)
row("from", one_and(by=GRID), lambda x, *, by: by - x)
row("reciprocal", positive, lambda x: 2.0 / x, safe=at_least_floor)
row(
    "power",
    fixed_power,
    lambda x, *, exponent: x**exponent,
    safe=lambda x, *, exponent: exponent in (0, 1, 2, 3) or x.min() >= FLOOR,
)
row("power of both", positive_power, operator.pow, safe=at_least_floor)
row("exponential", one, lambda x: 2.0**x)
row("matmul", factors, operator.matmul)
row("linear", affine, ag.linear, F.linear, lambda x, w, *b: anp.matmul(x, w.T) + (b[0] if b else 0.0))
row(
    "linear, rectified",
    affine,
    linear_relu,
    lambda *xwb: torch.relu(F.linear(*xwb)),
    lambda x, w, *b: hips_relu(anp.matmul(x, w.T) + (b[0] if b else 0.0)),
    gaps=ag.linear,
)


# elementwise
def hips_relu(x: Any) -> Any:
    return anp.where(x > 0, x, 0.0 * x)


for name in ("exp", "sin", "cos", "tanh"):
    row(name, one, getattr(ag, name), getattr(torch, name), numpys(name))
row("sigmoid", one, ag.sigmoid, torch.sigmoid, lambda x: (anp.tanh(x / 2) + 1) / 2)
row("log", positive, ag.log, torch.log, numpys("log"), safe=at_least_floor)
row("sqrt", positive, ag.sqrt, torch.sqrt, numpys("sqrt"), safe=at_least_floor)
row("relu", one, ag.relu, torch.relu, hips_relu, gaps=lambda x: x)
ABSOLUTE = row("absolute", one, ag.absolute, torch.abs, numpys("abs"), gaps=lambda x: x)
row(
    "leaky_relu",
    one_and(negative_slope=(0.01, 0.2, -0.5)),
    ag.leaky_relu,
    F.leaky_relu,
    lambda x, *, negative_slope: anp.where(x > 0, x, negative_slope * x),
    gaps=lambda x, **_: x,
)
row(
    "clip",
    bounded,
    ag.clip,
    lambda x, *, low, high: torch.clamp(x, low, high),
    lambda x, *, low, high: anp.clip(x, low, high),
    gaps=from_bounds,
)
row("maximum", two, ag.maximum, torch.maximum, numpys("maximum"), gaps=np.subtract)
row("minimum", two, ag.minimum, torch.minimum, numpys("minimum"), gaps=np.subtract)
row(
    "at least",
    one_and(bound=GRID),
    lambda x, *, bound: ag.maximum(x, bound),
    lambda x, *, bound: torch.maximum(x, x.new_tensor(bound)),
    lambda x, *, bound: anp.maximum(x, bound),
    gaps=lambda x, *, bound: x - bound,
)
row(
    "dropout",
    masked(1),
    lambda x, *, mask: dropout(x, mask, scale=2.0),
    lambda x, *, mask: x * torch.from_numpy(mask) * 2.0,
    lambda x, *, mask: x * mask * 2.0,
)
row(
    "gate",
    masked(1),
    lambda x, *, mask: ag.gate(x, mask.astype(float)),
    lambda x, *, mask: x * torch.from_numpy(mask),
    lambda x, *, mask: x * mask,
)

# choices; a condition is computed from the values, or a fixed mask
row(
    "where",
    masked(2),
    lambda x, y, *, mask: ag.where(mask, x, y),
    lambda x, y, *, mask: torch.where(torch.from_numpy(mask), x, y),
    lambda x, y, *, mask: anp.where(mask, x, y),
)
row(
    "where x > y",
    alike(4),
    lambda x, y, a, b: ag.where(x > y, a, b),
    lambda x, y, a, b: torch.where(x > y, a, b),
    lambda x, y, a, b: anp.where(x > y, a, b),
    jumps=lambda x, y, a, b: x - y,
)
row(
    "where x > y, x, y",
    alike(2),
    lambda x, y: ag.where(x > y, x, y),
    lambda x, y: torch.where(x > y, x, y),
    lambda x, y: anp.where(x > y, x, y),
    gaps=np.subtract,
)
row(
    "where x > 0, x, x²",
    one,
    lambda x: ag.where(x > 0, x, x * x),
    lambda x: torch.where(x > 0, x, x * x),
    lambda x: anp.where(x > 0, x, x * x),
    gaps=lambda x: x,
)

# reductions
for name, theirs, kink in [
    ("sum", torch.sum, None),
    ("mean", torch.mean, None),
    ("max", torch.amax, lead_over),
    ("min", torch.amin, lambda x, **params: lead_over(-x, **params)),
]:
    row(
        name,
        reduced,
        getattr(ag, name),
        lambda x, *, axis, keepdims, theirs=theirs: theirs(x, dim=all_axes(x, axis), keepdim=keepdims),
        numpys(name),
        gaps=kink,
    )
for name, theirs in (("var", torch.var), ("std", torch.std)):
    row(
        name,
        reduced,
        getattr(ag, name),
        lambda x, *, axis, keepdims, theirs=theirs: theirs(x, dim=all_axes(x, axis), correction=0, keepdim=keepdims),
        numpys(name),
        safe=lambda x, *, axis, keepdims: bool(np.var(x, axis=axis).min() >= FLOOR),
    )
row(
    "softmax",
    along,
    ag.softmax,
    lambda x, *, axis: x.softmax(axis),
    lambda x, *, axis: anp.exp(hips_log_softmax(x, axis=axis)),
)
row("log_softmax", along, ag.log_softmax, lambda x, *, axis: x.log_softmax(axis), hips_log_softmax)
row(
    "logsumexp",
    along_or_kept,
    ag.logsumexp,
    lambda x, *, axis, keepdims: x.logsumexp(axis, keepdim=keepdims),
    hips_logsumexp,
)
row(
    "cross_entropy",
    labelled,
    lambda x, *, labels: cross_entropy(x, labels),
    lambda x, *, labels: F.cross_entropy(x, torch.from_numpy(labels)),
    lambda x, *, labels: -anp.mean(hips_log_softmax(x, axis=1)[np.arange(len(labels)), labels]),
)

# maps
row("conv2d", convolution, ag.conv2d, F.conv2d, hips_conv2d)
row(
    "conv2d, rectified",
    convolution,
    conv2d_relu,
    lambda *xwb, **g: torch.relu(F.conv2d(*xwb, **g)),
    lambda *xwb, **g: hips_relu(hips_conv2d(*xwb, **g)),
    gaps=ag.conv2d,
)
row("conv_transpose2d", transposed_convolution, ag.conv_transpose2d, F.conv_transpose2d, hips_conv_transpose2d)
row(
    "conv2d_filter",
    images_and_maps,
    ag.conv2d_filter,
    lambda x, y, *, kernel_size, stride, padding, dilation: F.conv2d(
        x.transpose(0, 1), y.transpose(0, 1), None, dilation, padding, stride
    )[:, :, : kernel_size[0], : kernel_size[1]].transpose(0, 1),
    lambda x, y, *, kernel_size, **g: borrowed("conv2d_filter")(x, y, size=kernel_size, geometry=geometry(**g)),
)
row(
    "max_pool2d",
    windows,
    ag.max_pool2d,
    F.max_pool2d,
    lambda x, **window: borrowed("max_pool2d")(x, window=Window(**window)),
    gaps=lead_in_windows,
)
row(
    "avg_pool2d",
    windows,
    ag.avg_pool2d,
    F.avg_pool2d,
    lambda x, **window: borrowed("sum_pool2d")(x, window=Window(**window)) / float(np.prod(window["kernel_size"])),
)
unpooled = lambda y, switches: flat_indices(switches, (*y.shape[:2], 2 * y.shape[2], 2 * y.shape[3]), SQUARES)
row(
    "max_unpool2d",
    switched,
    lambda y, *, switches: ag.max_unpool2d(y, unpooled(y, switches), kernel_size=2),
    lambda y, *, switches: F.max_unpool2d(y, torch.from_numpy(unpooled(y, switches)), 2),
    hips_unpool,
)
row(
    "batch_norm",
    normalized,
    lambda x, weight, bias: ag.batch_norm(
        x, ag.mean(x, statistics_axes(x)), ag.var(x, statistics_axes(x)), weight, bias
    ),
    lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True),
    hips_batch_norm,
    safe=lambda x, weight, bias: bool(np.var(x, axis=statistics_axes(x)).min() >= FLOOR),
)

# shapes
row(
    "pad",
    bordered,
    lambda x, *, width, value: ag.pad(x, width, value),
    lambda x, *, width, value: F.pad(x, list(itertools.chain(*reversed(width))), value=value),
    lambda x, *, width, value: anp.pad(x, width, mode="constant", constant_values=value),
)
row(
    "flip",
    some_axes,
    ag.flip,
    lambda x, *, axis: torch.flip(x, axis),
    lambda x, *, axis: x[tuple(slice(None, None, -1 if a in axis else 1) for a in range(x.ndim))],
)
row(
    "concatenate",
    joined,
    lambda *xs, axis: ag.concatenate(xs, axis),
    lambda *xs, axis: torch.cat(xs, axis),
    lambda *xs, axis: anp.concatenate(xs, axis),
)
row(
    "stack",
    piled,
    lambda *xs, axis: ag.stack(xs, axis),
    lambda *xs, axis: torch.stack(xs, axis),
    lambda *xs, axis: anp.stack(xs, axis),
)
row("reshape", reshaped, ag.reshape, torch.reshape, numpys("reshape"))
row(
    "flatten",
    along,
    lambda x, *, axis: ag.flatten(x, axis),
    lambda x, *, axis: x.flatten(axis),
    lambda x, *, axis: anp.reshape(x, (*x.shape[: axis % x.ndim], -1)),
)
row("transpose", permuted, ag.transpose, lambda x, *, axes: x.permute(axes), numpys("transpose"))
row("matrix_transpose", matrices, ag.matrix_transpose, lambda x: x.mT, lambda x: anp.swapaxes(x, -1, -2))
row("getitem, slices", sliced, ag.getitem, lambda x, *, index: x[index])
row("getitem, lists", picked, ag.getitem, lambda x, *, index: x[index])
row(
    "getitem, mask",
    chosen,
    lambda x, *, mask: ag.getitem(x, mask),
    lambda x, *, mask: x[torch.from_numpy(mask)],
    lambda x, *, mask: x[mask],
)
row(
    "broadcast_to",
    enlarged,
    ag.broadcast_to,
    lambda x, *, shape: x.expand(shape),
    lambda x, *, shape: x + np.zeros(shape),
)
row("expand_dims", new_axis, ag.expand_dims, lambda x, *, axis: x.unsqueeze(axis), numpys("expand_dims"))
row("squeeze", thin, ag.squeeze, lambda x, *, axis: x.squeeze(axis), numpys("squeeze"))


# ── the checkers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def passes_ours(program: Program, mode: str = "full") -> bool:
    try:
        return bool(ag.gradcheck(program.ours, [ag.Tensor(x, requires_grad=True) for x in program.arrays], mode=mode))
    except ag.GradcheckError:
        return False


def passes_torch(program: Program, fast: bool = False) -> bool:
    inputs = [torch.tensor(x, requires_grad=True) for x in program.arrays]
    with torch.random.fork_rng([]):
        torch.manual_seed(program.index)  # the fast mode draws directions
        return torch.autograd.gradcheck(program.torch, inputs, raise_exception=False, fast_mode=fast)


def passes_hips(program: Program) -> bool:
    before = np.random.get_state()  # noqa: NPY002  its directions are drawn from the global generator
    np.random.seed(program.index)  # noqa: NPY002
    try:
        check_grads(program.hips, modes=["rev"], order=1)(*program.arrays)
    except AssertionError:
        return False
    finally:
        np.random.set_state(before)  # noqa: NPY002
    return True


Checker = Callable[[Program], bool]
CHECKERS: dict[str, Checker] = {
    "ours, full": passes_ours,
    "ours, projected": lambda program: passes_ours(program, "projected"),
    "torch": passes_torch,
    "torch, fast": lambda program: passes_torch(program, fast=True),
    "HIPS": passes_hips,
}


def false_alarms(
    count: int,
    seed: int = 0,
    checkers: Mapping[str, Checker] = CHECKERS,
    dtype: Any = np.float64,
    ceiling: float = CEILING,
) -> tuple[dict[str, dict[str, tuple[int, int]]], dict[str, list[Program]]]:
    """checker -> character -> (alarms, programs checked), and checker -> the programs it objected to.

    A checker takes a program and says whether it passes. In another dtype the inputs are rounded to it first, and
    programs that become illegitimate by that are left out.
    """
    counts = {name: dict.fromkeys(CHARACTERS, (0, 0)) for name in checkers}
    alarmed: dict[str, list[Program]] = {name: [] for name in checkers}
    for drawn in programs(count, seed, ceiling):
        checked = drawn if dtype == np.float64 else drawn.astype(dtype)
        if checked is None:
            continue
        for name, checker in checkers.items():
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # theirs are not the question
                passed = checker(checked)
            alarms, total = counts[name][checked.character]
            counts[name][checked.character] = alarms + (not passed), total + 1
            if not passed:
                alarmed[name].append(checked)
    return counts, alarmed
