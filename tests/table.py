"""The table: at least one row for every primitive, saying how to try it and what is known about it.

A row's float arrays are the ones a gradient must reach; integers, booleans and Python numbers are constants. Inputs are
drawn anew for every use, in float64, from the row's own name, so adding a row changes no other. They stay at least
0.02 away from every kink (ties, zeros, bounds), far beyond the steps of a finite difference.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from autograd_mini import PRIMITIVES, concatenate, flatten
from autograd_mini.kernels.layout import Geometry, Window

Array = np.ndarray
Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Row:
    name: str  # of the primitive
    case: str
    draws: tuple[Draw, ...]
    params: dict[str, Any]
    # the same function on torch tensors: (*arrays, **params) -> tensor
    torch: Callable[..., Any] | None
    # the groups of arrays in which, the others fixed, the primitive is linear: ((0,), (1,)) for a product
    linear: tuple[tuple[int, ...], ...]
    # array -> adjoint, spelled out with the counterpart: (g, *arrays, **params) -> array; broadcasting is undone later
    adjoint: dict[int, Callable[..., Any]]
    maps: bool  # feature maps in, feature maps out: channels-last memory is kept
    flat: bool  # no gradient flows

    def arrays(self, dtype: Any = np.float64) -> list[Any]:
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [a.astype(dtype) if is_float(a) else a for a in (draw(rng) for draw in self.draws)]

    def __call__(self, *arrays: Any) -> Any:
        results = self.floating(*arrays)
        return results[0] if len(results) == 1 else concatenate([flatten(result) for result in results])

    def floating(self, *arrays: Any) -> list[Any]:
        """The results without by-products; with several results, the floating ones."""
        found = PRIMITIVES[self.name].bind(*arrays, **self.params)
        results = [*found] if isinstance(found, tuple | list) else [found]
        return [results[0], *(r for r in results[1:] if r.dtype.kind == "f")]

    @property
    def count(self) -> int:
        """How many results there are; of several the tests see one line, of all elements one after another."""
        return len(self.floating(*self.arrays()))

    def __str__(self) -> str:
        return f"{self.name}-{self.case}".replace(" ", "_")


def is_float(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def normal(*shape: int) -> Draw:
    return lambda rng: np.asarray(rng.standard_normal(shape))


def positive(*shape: int) -> Draw:
    return lambda rng: np.asarray(rng.uniform(0.5, 2, shape))


def apart(*shape: int, shift: float = 0.0) -> Draw:
    """Shuffled odd multiples of 0.05, so that no two are closer than 0.1 and none is 0; `shift` by less than 0.05."""
    n = int(np.prod(shape))
    return lambda rng: np.asarray((rng.permutation(n).reshape(shape) - n // 2) * 0.1 + 0.05 + shift)


def mask(*shape: int) -> Draw:
    return lambda rng: rng.random(shape) < 0.5


def constant(value: Any) -> Draw:
    return lambda rng: np.array(value) if isinstance(value, list) else value


def switches(shape: tuple[int, ...], window: Window) -> Draw:
    """For every window any place of it that is inside the image: u·kw + v."""

    def draw(rng: np.random.Generator) -> Array:
        out = np.empty(shape[:2] + pooled(shape, window), np.uint8)
        for n, c, i, j in np.ndindex(out.shape):
            inside = [u * window.kernel_size[1] + v for u, v, _, _ in places(i, j, shape[2:], window)]
            out[n, c, i, j] = rng.choice(inside)
        return out

    return draw


def places(i: int, j: int, size: tuple[int, ...], window: Window) -> Iterator[tuple[int, int, int, int]]:
    """The places (u, v) of window (i, j), each with the pixel it looks at; only those inside the image."""
    (kh, kw), (sh, sw), (ph, pw) = window
    for u, v in itertools.product(range(kh), range(kw)):
        row, column = i * sh + u - ph, j * sw + v - pw
        if 0 <= row < size[0] and 0 <= column < size[1]:
            yield u, v, row, column


def pooled(shape: tuple[int, ...], window: Window) -> tuple[int, int]:
    height, width = (len(range(0, n + 2 * p - k + 1, s)) for n, k, s, p in zip(shape[2:], *window, strict=True))
    return height, width


def convolved(size: tuple[int, ...], kernel: tuple[int, ...], geometry: Geometry) -> tuple[int, int]:
    height, width = (
        len(range(0, n + 2 * p - d * (k - 1), s)) for n, k, s, p, d in zip(size, kernel, *geometry, strict=True)
    )
    return height, width


# ── all small geometries of one axis: (length, kernel, stride, padding[, dilation]) ───────────────────────────────────

CONV_AXES = [
    (n, k, s, p, d)
    for n, k, s, p, d in itertools.product(range(1, 6), range(1, 4), range(1, 4), range(5), range(1, 3))
    if d * (k - 1) + 1 <= n + 2 * p
]
POOL_AXES = [
    (n, k, s, p)
    for n, k, s in itertools.product(range(1, 7), range(1, 5), range(1, 5))
    for p in range(k)
    if k <= n + 2 * p
]


def planes(axes: list[Any], seed: int) -> list[tuple[tuple[int, int], ...]]:
    """Every geometry once vertically and once horizontally, each with a partner of the same list: pairs of pairs."""
    partners = np.random.default_rng(seed).permutation(len(axes))
    return [tuple(zip(axes[i], axes[j], strict=True)) for i, j in enumerate(partners)]


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────────

TABLE: list[Row] = []
PRODUCTS = {"conv2d", "conv_transpose2d", "conv2d_filter", "matmul", "linear", "einsum"}
"""What takes multiply-adds."""


def row(
    name: str,
    case: str,
    *draws: Draw,
    torch: Callable[..., Any] | None = None,
    linear: tuple[tuple[int, ...], ...] = (),
    adjoint: dict[int, Callable[..., Any]] | None = None,
    maps: bool = False,
    flat: bool = False,
    **params: Any,
) -> None:
    TABLE.append(Row(name, case, draws, params, torch, linear, adjoint or {}, maps, flat))


def alike(g: Any, *arrays: Any, **params: Any) -> Any:
    return g


def op(name: str) -> Callable[..., Any]:
    return PRIMITIVES[name].bind


# elementwise, one argument; the kinks of absolute and relu are at 0, and `apart` stays away from it
for name, theirs, draw in [
    ("absolute", torch.abs, apart),
    ("exp", torch.exp, normal),
    ("expm1", torch.expm1, normal),
    ("log", torch.log, positive),
    ("log1p", torch.log1p, positive),
    ("sqrt", torch.sqrt, positive),
    ("square", torch.square, normal),
    ("flat_root", torch.sqrt, positive),
    ("sin", torch.sin, normal),
    ("cos", torch.cos, normal),
    ("tanh", torch.tanh, normal),
    ("sigmoid", torch.sigmoid, normal),
    ("relu", torch.relu, apart),
]:
    row(name, "scalar", draw(), torch=theirs)
    row(name, "matrix", draw(3, 4), torch=theirs)
    row(name, "maps", draw(2, 3, 2, 2), torch=theirs, maps=True)
let_through = {0: lambda g, x, y: g * (y != 0)}
results = lambda *shape: lambda rng: rng.integers(-2, 3, shape)  # whole numbers: no gradient is expected there
row("gate", "maps", normal(2, 3, 2, 2), results(2, 3, 2, 2), linear=((0,),), adjoint=let_through, maps=True)
row("gate", "scalar", normal(), results(), linear=((0,),), adjoint=let_through)
row("sign", "maps", apart(2, 3, 2, 2), torch=torch.sign, maps=True, flat=True)
row("negative", "scalar", normal(), torch=torch.neg, linear=((0,),), adjoint={0: lambda g, x: -g})
row("negative", "maps", normal(2, 3, 2, 2), torch=torch.neg, linear=((0,),), adjoint={0: lambda g, x: -g}, maps=True)
for slope in (0.2, 0.0, -0.5, 1.5):
    row("leaky_relu", f"slope {slope}", apart(2, 3, 2, 2), torch=F.leaky_relu, maps=True, negative_slope=slope)
for low, high in ((-0.4, 0.6), (None, 0.3), (-0.2, None)):  # `apart` keeps 0.05 from these bounds
    theirs = lambda x, *, low, high: torch.clamp(x, low, high)
    row("clip", f"{low} to {high}", apart(2, 3, 2, 2), torch=theirs, maps=True, low=low, high=high)

# elementwise, two arguments; the kinks of maximum and minimum are at ties, which the shift avoids
together = {"linear": ((0, 1),), "adjoint": {0: alike, 1: alike}}
apiece = {"linear": ((0, 1),), "adjoint": {0: alike, 1: lambda g, x, y: -g}}
product = {"linear": ((0,), (1,)), "adjoint": {0: lambda g, x, y: g * y, 1: lambda g, x, y: g * x}}
quotient = {"linear": ((0,),), "adjoint": {0: lambda g, x, y: g / y}}
for name, theirs, first, second, known in [
    ("add", torch.add, normal, normal, together),
    ("subtract", torch.subtract, normal, normal, apiece),
    ("multiply", torch.multiply, normal, normal, product),
    ("divide", torch.divide, normal, positive, quotient),
    ("power", torch.pow, positive, normal, {}),
    ("maximum", torch.maximum, apart, lambda *shape: apart(*shape, shift=0.025), {}),
    ("minimum", torch.minimum, apart, lambda *shape: apart(*shape, shift=0.025), {}),
]:
    row(name, "scalars", first(), second(), torch=theirs, **known)
    row(name, "maps", first(2, 3, 2, 2), second(2, 3, 2, 2), torch=theirs, maps=True, **known)
    row(name, "row and column", first(1, 4), second(3, 1), torch=theirs, **known)
    row(name, "missing axes", first(4), second(2, 3, 4), torch=theirs, **known)
    row(name, "channel vector", first(2, 3, 2, 2), second(1, 3, 1, 1), torch=theirs, maps=True, **known)
    row(name, "scalar on the left", first(), second(2, 3), torch=theirs, **known)
row("add", "a number", normal(3), constant(2), torch=torch.add)
row("subtract", "a number", normal(3), constant(0.5), torch=torch.subtract)
row("subtract", "from a number", constant(0.5), normal(3), torch=lambda x, y: x - y)
by_number = {"linear": ((0,),), "adjoint": {0: lambda g, x, y: g * y}}
row("multiply", "by a number", normal(3), constant(-3.0), torch=torch.multiply, **by_number)
row("divide", "by a number", normal(3), constant(4), torch=torch.divide, **quotient)
row("divide", "a number", constant(2), positive(3), torch=lambda x, y: x / y)
row("divide", "by negative", normal(3), lambda rng: -rng.uniform(0.5, 2, 3), torch=torch.divide, **quotient)
row("maximum", "of a number", apart(2, 3), constant(0.1), torch=lambda x, y: torch.clamp(x, min=y))
row("minimum", "of a number", apart(2, 3), constant(0.1), torch=lambda x, y: torch.clamp(x, max=y))
for exponent in (3, 2, 1, 0, -1, 0.5, -1.5):
    draw = positive if exponent % 1 else apart  # whole exponents: negative bases too
    row("power", f"exponent {exponent}", draw(2, 3), constant(exponent), torch=torch.pow)
row("power", "of a number", constant(2.5), normal(2, 3), torch=torch.pow)
sides = {
    "linear": ((1, 2),),
    "adjoint": {1: lambda g, c, x, y: np.where(c, g, 0), 2: lambda g, c, x, y: np.where(c, 0, g)},
}
row("where", "matrix", mask(3, 4), normal(3, 4), normal(3, 4), torch=torch.where, **sides)
row("where", "maps", mask(2, 3, 2, 2), normal(2, 3, 2, 2), normal(2, 3, 2, 2), torch=torch.where, maps=True, **sides)
row("where", "broadcast", mask(3, 1), normal(1, 4), normal(2, 1, 1), torch=torch.where, **sides)
row("where", "condition wider", mask(2, 3, 4), normal(4), normal(), torch=torch.where, **sides)
row("where", "a number", mask(3, 4), normal(3, 4), constant(0.5), torch=torch.where)
kept = {
    "torch": lambda x, mask, *, scale: x * mask * scale,
    "linear": ((0,),),
    "adjoint": {0: lambda g, x, mask, *, scale: g * mask * scale},
}
row("dropout", "matrix", normal(3, 4), mask(3, 4), scale=2.5, **kept)
row("dropout", "maps", normal(2, 3, 2, 2), mask(2, 3, 2, 2), maps=True, scale=1.25, **kept)
row(
    "cast",
    "to float64",
    normal(2, 3, 2, 2),
    torch=lambda x, *, dtype: x.to(torch.float64),
    linear=((0,),),
    adjoint={0: alike},
    maps=True,
    dtype=np.dtype(np.float64),
)

# products
laws = {"linear": ((0,), (1,)), "adjoint": {0: lambda g, a, b: g @ b.mT, 1: lambda g, a, b: a.mT @ g}}
row("matmul", "matrices", normal(2, 3), normal(3, 4), torch=torch.matmul, **laws)
row("matmul", "row by column", normal(1, 3), normal(3, 1), torch=torch.matmul, **laws)
row("matmul", "stacks", normal(2, 2, 3), normal(2, 3, 2), torch=torch.matmul, **laws)
row("matmul", "stack by matrix", normal(2, 2, 3), normal(3, 2), torch=torch.matmul, **laws)
row("matmul", "matrix by stack", normal(2, 3), normal(2, 3, 2), torch=torch.matmul, **laws)
row("matmul", "broadcast stacks", normal(2, 1, 2, 3), normal(3, 3, 2), torch=torch.matmul, **laws)
layer = {0: lambda g, x, w, b: g @ w, 1: lambda g, x, w, b: g.T @ x, 2: lambda g, x, w, b: g.sum(axis=0)}
row("linear", "bias", normal(4, 3), normal(2, 3), normal(2), torch=F.linear, linear=((0, 2), (1, 2)), adjoint=layer)
row("linear", "no bias", normal(4, 3), normal(2, 3), constant(None), torch=F.linear, linear=((0,), (1,)), adjoint=layer)


def spelled_in_torch(*arrays: Any, terms: Any, out: str, plan: Any, sizes: Any) -> Any:
    return torch.einsum(f"{','.join(terms)}->{out}", *arrays)


def without(entries: Any, i: int) -> list[Any]:
    return [*entries[:i], *entries[i + 1 :]]


for terms, out, plan in [
    (("ij", "jk"), "ik", ((0, 1),)),
    (("bij", "kbj"), "kbi", ((0, 1),)),
    (("ij", "ij"), "", ((0, 1),)),
    (("ij", "ij"), "j", ((0, 1),)),
    (("ij", "ij"), "ji", ((0, 1),)),
    (("i", "kj"), "jik", ((0, 1),)),
    (("", "ij"), "ij", ((0, 1),)),
    (("ij", "jk", "kb"), "bi", ((1, 2), (0, 1))),
    (("ij", "i", "ki", "j"), "k", ((0, 3), (0, 2), (0, 1))),
]:
    sizes = {"i": 2, "j": 3, "k": 2, "b": 2}
    by_terms = {
        i: lambda g, *arrays, terms, out, i=i, **_: np.einsum(
            f"{','.join([out, *without(terms, i)])}->{terms[i]}", g, *without(arrays, i)
        )
        for i in range(len(terms))
    }
    row(
        "einsum",
        f"{','.join(terms)} to {out}",
        *(normal(*(sizes[letter] for letter in term)) for term in terms),
        torch=spelled_in_torch,
        linear=tuple((i,) for i in range(len(terms))),
        adjoint=by_terms,
        terms=terms,
        out=out,
        plan=plan,
        sizes=sizes,
    )

for shape in ((4, 3), (3, 3), (2, 3, 2), (2, 1)):
    factors = lambda x: torch.cat([factor.flatten() for factor in torch.linalg.qr(x)])
    row("qr", f"of {shape}", normal(*shape), torch=factors)
    by_matrix = {1: lambda g, a, b: np.linalg.solve(a.mT, g)}
    well = lambda rng, shape=shape: rng.uniform(-0.5, 0.5, (*shape[:-1], shape[-2])) + 2 * np.eye(shape[-2])
    row("solve", f"for {shape}", well, normal(*shape), torch=torch.linalg.solve, linear=((1,),), adjoint=by_matrix)


# reductions; the kinks of max and min are at ties
def spread(g: Array, x: Array, *, axis: tuple[int, ...], keepdims: bool) -> Array:
    return np.broadcast_to(np.reshape(g, [1 if i in axis else n for i, n in enumerate(x.shape)]), x.shape)


def reduced(function: Any) -> Any:
    return function and (lambda x, *, axis, keepdims: function(x, axis, keepdims))


for case, shape, axis, keepdims in [
    ("all", (2, 3), (0, 1), False),
    ("all kept", (2, 3), (0, 1), True),
    ("first", (2, 3, 2), (0,), False),
    ("middle kept", (2, 3, 2), (1,), True),
    ("outer two", (2, 3, 2), (0, 2), False),
    ("channels", (2, 3, 2, 2), (0, 2, 3), False),
    ("of a scalar", (), (), False),
    ("no axis", (2, 3), (), False),  # torch takes () for all axes, so it is not asked
]:
    how = {"axis": axis, "keepdims": keepdims}
    theirs = {"sum": torch.sum, "max": torch.amax, "min": torch.amin} if axis else {}
    row("sum", case, normal(*shape), torch=reduced(theirs.get("sum")), linear=((0,),), adjoint={0: spread}, **how)
    row("max", case, apart(*shape), torch=reduced(theirs.get("max")), **how)
    row("min", case, apart(*shape), torch=reduced(theirs.get("min")), **how)
for axis, keepdims in ((None, False), (0, False), (2, True)):
    theirs = lambda x, *, axis, keepdims: torch.argmax(x, axis, keepdims)
    row("argmax", f"axis {axis}", apart(2, 3, 2), torch=theirs, flat=True, axis=axis, keepdims=keepdims)

for axis in (None, 0, 2):
    theirs = lambda x, *, axis: torch.argsort(x.reshape(-1), 0) if axis is None else torch.argsort(x, axis)
    row("argsort", f"axis {axis}", apart(2, 3, 2), torch=theirs, flat=True, axis=axis)
row("detach", "matrix", normal(2, 3), torch=lambda x: x.detach(), flat=True)


# running sums and differences
def backwards(x: Any, axis: int | None) -> Any:
    return np.flip(np.cumsum(np.flip(x, axis or 0), axis or 0), axis or 0)


for axis, shape in ((0, (4,)), (1, (2, 3, 2)), (2, (2, 1, 3)), (None, (2, 3)), (None, ())):
    theirs = lambda x, *, axis: x.reshape(-1).cumsum(0) if axis is None else x.cumsum(axis)
    back = {0: lambda g, x, *, axis: backwards(g, axis).reshape(np.shape(x))}
    row("cumsum", f"axis {axis} of {shape}", normal(*shape), torch=theirs, linear=((0,),), adjoint=back, axis=axis)

for n, axis, shape in ((1, 0, (4,)), (2, 1, (2, 4, 2)), (3, 0, (3, 2)), (0, 1, (2, 3))):
    theirs = lambda x, *, n, axis: x.diff(n, axis)
    as_matrix = lambda x, n, axis: np.diff(np.eye(x.shape[axis]), n, 0)
    back = {0: lambda g, x, *, n, axis, m=as_matrix: np.moveaxis(np.moveaxis(g, axis, -1) @ m(x, n, axis), -1, axis)}
    row("diff", f"{n} times on axis {axis}", normal(*shape), torch=theirs, linear=((0,),), adjoint=back, n=n, axis=axis)

# softmax and the loss on top of it
for axis, shape in ((1, (2, 3)), (0, (3, 2)), (1, (2, 3, 2)), (1, (2, 3, 2, 2)), (0, (1,))):
    case, maps = f"axis {axis} of {len(shape)}", len(shape) == 4
    row("softmax", case, normal(*shape), torch=lambda x, *, axis: x.softmax(axis), maps=maps, axis=axis)
    row("log_softmax", case, normal(*shape), torch=lambda x, *, axis: x.log_softmax(axis), maps=maps, axis=axis)
    row("logsumexp", case, normal(*shape), torch=lambda x, *, axis: x.logsumexp(axis, keepdim=True), axis=axis)
row("cross_entropy", "batch", normal(4, 3), constant([2, 0, 1, 0]), torch=F.cross_entropy)
row("cross_entropy", "one", normal(1, 5), constant([3]), torch=F.cross_entropy)
theirs = lambda p, labels: p - F.one_hot(labels, p.shape[1])
row("less_one_hot", "batch", normal(4, 3), constant([2, 0, 1, 0]), torch=theirs)

# shapes
for case, shape, new in [("flatten", (2, 3, 2), (12,)), ("split", (6,), (2, 1, 3)), ("to scalar", (1, 1), ())]:
    row(
        "reshape",
        case,
        normal(*shape),
        torch=lambda x, *, shape: x.reshape(shape),
        linear=((0,),),
        adjoint={0: lambda g, x, *, shape: g.reshape(x.shape)},
        shape=new,
    )
for axes in ((1, 0), (2, 0, 1), (0, 2, 3, 1), ()):
    row(
        "transpose",
        f"axes {axes}",
        normal(*(2, 3, 4, 2)[: len(axes)]),
        torch=lambda x, *, axes: x.permute(axes),
        linear=((0,),),
        adjoint={0: lambda g, x, *, axes: np.moveaxis(g, range(len(axes)), axes)},  # axis i came from axes[i]
        axes=axes,
    )
for case, shape, new in [
    ("rows", (1, 3), (4, 3)),
    ("new axes", (3,), (2, 2, 3)),
    ("scalar", (), (2, 3)),
    ("inner", (2, 1, 3), (2, 4, 3)),
    ("same", (2, 3), (2, 3)),
]:
    row(
        "broadcast_to",
        case,
        normal(*shape),
        torch=lambda x, *, shape: x.broadcast_to(shape),
        linear=((0,),),
        adjoint={0: alike},
        shape=new,
    )


def indexed(x: Any, *, index: Any) -> Any:
    return x[tuple(map(as_torch, index)) if type(index) is tuple else as_torch(index)]


def index_added(y: Any, *, shape: tuple[int, ...], index: Any) -> Any:
    """One by one, at the flat positions that the index picks."""
    picked = np.arange(np.prod(shape)).reshape(shape)[index]
    zeros = torch.zeros(int(np.prod(shape)), dtype=y.dtype)
    return zeros.index_add(0, torch.tensor(picked.ravel()), y.reshape(-1)).reshape(shape)


def as_torch(a: Any) -> Any:
    return torch.tensor(a) if isinstance(a, np.ndarray) else a


for case, index in {
    "number": 1,
    "slices": (slice(1, 3), slice(None), 0),
    "steps": (slice(None, None, 2), slice(2, None)),
    "backwards": (slice(None, None, -1), slice(2, None, -2)),
    "new axes": (None, ..., 1, None),
    "one element": (1, 2, 0),
    "repeated": np.array([0, 2, 0, 3, 0]),
    "pairs": (np.array([[0, 1], [1, 0]]), np.array([[2, 0], [0, 2]])),
    "mixed": (np.array([3, 3, 1]), slice(0, 2), np.array([1, 1, 0])),
    "negative": (np.array([-1, 0, -1]),),
    "mask": np.arange(24).reshape(4, 3, 2) % 5 < 2,
    "mask of one axis": (slice(None), np.array([True, False, True])),
    "nothing": np.array([], int),
    "everything": ...,
}.items():
    row(
        "getitem",
        case,
        normal(4, 3, 2),
        torch=None if case == "backwards" else indexed,  # torch has no negative steps
        linear=((0,),),
        adjoint={0: lambda g, x, *, index: op("index_add")(g, shape=x.shape, index=index)},
        index=index,
    )
    row(
        "index_add",
        case,
        normal(*np.empty((4, 3, 2))[index].shape),
        torch=index_added,
        linear=((0,),),
        adjoint={0: lambda g, y, *, shape, index: g[index]},
        shape=(4, 3, 2),
        index=index,
    )
for width in (((1, 2), (0, 3)), ((0, 0), (2, 1))):
    theirs = lambda x, *, pad_width, value: F.pad(x, (*pad_width[1], *pad_width[0]), value=value)
    cut = lambda g, x, *, pad_width, value: g[
        tuple(slice(a, a + n) for (a, _), n in zip(pad_width, x.shape, strict=True))
    ]
    row(
        "pad",
        f"zeros {width}",
        normal(2, 3),
        torch=theirs,
        linear=((0,),),
        adjoint={0: cut},
        pad_width=width,
        value=0.0,
    )
    row("pad", f"a number {width}", normal(2, 3), torch=theirs, pad_width=width, value=1.5)
for axis in ((0,), (0, 2), (0, 1, 2), ()):
    theirs = lambda x, *, axis: x.flip(axis)
    again = lambda g, x, *, axis: np.flip(g, axis)
    row("flip", f"axes {axis}", normal(2, 3, 2), torch=theirs, linear=((0,),), adjoint={0: again}, axis=axis)


def rolled_in_torch(x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...] | None) -> Any:
    return x.roll(sum(shift)) if axis is None else x.roll(shift * (len(axis) // len(shift)), axis)


for shift, axis in (((1,), (0,)), ((-2, 1), (2, 0)), ((3,), (0, 1)), ((1, 1), (0, 0)), ((2,), None), ((1, 4), None)):
    back = lambda g, x, *, shift, axis: np.roll(g, [-by for by in shift], axis)
    known = {"linear": ((0,),), "adjoint": {0: back}}
    row("roll", f"{shift} along {axis}", normal(2, 3, 2), torch=rolled_in_torch, **known, shift=shift, axis=axis)


def added_in_torch(y: Any, indices: Any, *, shape: tuple[int, ...], axis: int | None) -> Any:
    """One by one, at the flat positions that the indices pick."""
    places = np.take_along_axis(np.arange(np.prod(shape)).reshape(shape), indices.numpy(), axis)
    zeros = torch.zeros(int(np.prod(shape)), dtype=y.dtype)
    return zeros.index_add(0, torch.tensor(places.ravel()), y.reshape(-1)).reshape(shape)


def taken_in_torch(x: Any, indices: Any, *, axis: int | None) -> Any:
    return torch.take_along_dim(x, indices if axis is None else indices % x.shape[axis], axis)  # which has none below 0


for case, shape, indices, axis in [
    ("some twice", (2, 3), np.array([[2, 0, 2, 2], [1, 1, 0, 2]]), 1),
    ("from behind", (3, 2), np.array([[-1, 0], [1, -3]]), 0),
    ("the same of all", (2, 3, 2), np.array([[[0], [2]]]), 1),
    ("for all of one", (1, 3), np.array([[0, 1], [2, 2]]), 1),
    ("in one line", (2, 3), np.array([5, 0, 5]), None),
    ("nothing", (2, 3), np.empty((0, 3), int), 0),
]:
    picked = np.take_along_axis(np.empty(shape), indices, axis).shape
    there = {0: lambda g, x, indices, *, axis: op("add_along_axis")(g, indices, shape=x.shape, axis=axis)}
    back = {0: lambda g, y, indices, *, shape, axis: np.take_along_axis(g, indices, axis)}
    at = lambda rng, indices=indices: indices.copy()
    known = {"torch": taken_in_torch, "linear": ((0,),), "adjoint": there}
    row("take_along_axis", case, normal(*shape), at, **known, axis=axis)
    known = {"torch": added_in_torch, "linear": ((0,),), "adjoint": back}
    row("add_along_axis", case, normal(*picked), at, **known, shape=shape, axis=axis)

for ends, axis, shape in (((1, 3), 0, (4, 2)), ((2,), 1, (2, 3)), ((2, 2, 3), 1, (2, 3)), ((0,), 0, (2,))):
    theirs = lambda x, *, ends, axis: torch.cat([part.flatten() for part in x.tensor_split(ends, axis)])
    sizes = [part.shape for part in np.split(np.empty(shape), ends, axis)]
    cuts = np.cumsum([np.prod(size, dtype=int) for size in sizes])[:-1]
    known = {
        "linear": ((0,),),
        "adjoint": {
            0: lambda g, x, *, ends, axis, sizes=sizes, cuts=cuts: np.concatenate(
                [part.reshape(size) for part, size in zip(np.split(g, cuts), sizes, strict=True)], axis
            )
        },
    }
    row("split", f"before {ends} on axis {axis}", normal(*shape), torch=theirs, **known, ends=ends, axis=axis)


def joined(axis: int, *shapes: tuple[int, ...]) -> None:
    ends = np.cumsum([shape[axis] for shape in shapes])
    starts = (0, *map(int, ends[:-1]))
    row(
        "concatenate",
        f"{len(shapes)} on axis {axis} of {len(shapes[0])}",
        *(normal(*shape) for shape in shapes),
        torch=lambda *arrays, axis, starts: torch.cat(arrays, axis),
        linear=(tuple(range(len(shapes))),),
        adjoint={i: lambda g, *_, axis, starts, i=i: np.split(g, starts[1:], axis)[i] for i in range(len(shapes))},
        axis=axis,
        starts=starts,
    )


joined(0, (2, 3), (1, 3), (4, 3))
joined(1, (3, 2), (3, 5))
joined(1, (2, 3, 2, 2), (2, 1, 2, 2))
joined(0, (3,))
joined(0, (2, 3, 2), (0, 3, 2), (1, 3, 2))


# each channel by its own numbers, and batch normalisation
def by_channel(v: Any, x: Any) -> Any:
    return v.reshape((-1, *[1] * (x.ndim - 2)))


def over_channels(z: Any) -> Any:
    return z.sum((0, *range(2, z.ndim)))


def affine_in_torch(x: Any, c: Any, a: Any, b: Any, y: Any, k: Any) -> Any:
    out = (x if c is None else x - by_channel(c, x)) * by_channel(a, x)
    out = out if b is None else out + by_channel(b, x)
    return out if y is None else out + y * by_channel(k, x)


def moments_in_torch(x: Any, known: Any = None) -> Any:
    axes = (0, *range(2, x.ndim))
    return torch.stack([x.mean(axes), x.var(axes, correction=0)])


images_and_numbers = {
    0: lambda g, x, c, a, b, y, k: g * by_channel(a, x),
    1: lambda g, x, c, a, b, y, k: -a * over_channels(g),
    2: lambda g, x, c, a, b, y, k: over_channels(g * (x if c is None else x - by_channel(c, x))),
    3: lambda g, x, c, a, b, y, k: over_channels(g),
    4: lambda g, x, c, a, b, y, k: g * by_channel(k, x),
    5: lambda g, x, c, a, b, y, k: over_channels(g * y),
}
nothing = constant(None)
for case, groups, draws in [
    ("blended", ((0, 1, 3, 4), (2, 3, 5)), (normal(3), normal(3), normal(3), normal(2, 3, 2, 2), normal(3))),
    ("normalised", ((0, 1, 3), (2, 3)), (normal(3), normal(3), normal(3), nothing, nothing)),
    ("scaled", ((0,), (2,)), (nothing, normal(3), nothing, nothing, nothing)),
]:
    row(
        "channel_affine",
        case,
        normal(2, 3, 2, 2),
        *draws,
        torch=affine_in_torch,
        linear=groups,
        adjoint={i: images_and_numbers[i] for group in groups for i in group},
        maps=True,
    )
vectors = (normal(3), normal(3), normal(3), nothing, nothing)
row("channel_affine", "rows", normal(4, 3), *vectors, torch=affine_in_torch)
for case, shape, centre in [
    ("maps", (2, 3, 2, 2), normal(3)),
    ("rows", (4, 3), normal(3)),
    ("as it is", (2, 3, 4), nothing),
]:
    row(
        "channel_sums",
        case,
        normal(*shape),
        normal(*shape),
        centre,
        torch=lambda y, x, c: torch.stack(
            [over_channels(y), over_channels(y * (x if c is None else x - by_channel(c, x)))]
        ),
        linear=((0,),),
        adjoint={
            0: lambda g, y, x, c: by_channel(g[0], x) + by_channel(g[1], x) * (x if c is None else x - by_channel(c, x))
        },
    )
for shape in ((2, 3, 2, 2), (4, 3), (2, 1, 3)):
    row("moments", f"of {len(shape)} axes", normal(*shape), nothing, torch=moments_in_torch)


def normalised_in_torch(x: Any, w: Any, b: Any, known: Any, *, eps: float) -> Any:
    return F.batch_norm(x, None, None, w, b, training=True, eps=eps)


row(
    "normalise",
    "maps",
    normal(2, 3, 2, 2),
    normal(3),
    normal(3),
    nothing,
    torch=normalised_in_torch,
    maps=True,
    eps=1e-3,
)
row("normalise", "rows", normal(4, 3), normal(3), nothing, nothing, torch=normalised_in_torch, eps=1e-5)
row("normalise", "alone", normal(2, 3, 4), nothing, nothing, nothing, torch=normalised_in_torch, eps=0.1)


# convolution: one trilinear form, three faces
def images_in_torch(y: Any, w: Any, *, size: tuple[int, int], geometry: Geometry) -> Any:
    smallest = (
        (n - 1) * s + d * (k - 1) + 1 - 2 * p for n, k, s, p, d in zip(y.shape[2:], w.shape[2:], *geometry, strict=True)
    )
    extra = tuple(n - m for n, m in zip(size, smallest, strict=True))
    return F.conv_transpose2d(y, w, None, geometry.stride, geometry.padding, extra, 1, geometry.dilation)


def filters_in_torch(x: Any, y: Any, *, size: tuple[int, int], geometry: Geometry) -> Any:
    w = torch.zeros((y.shape[1], x.shape[1], *size), dtype=x.dtype, requires_grad=True)
    return torch.autograd.grad(F.conv2d(x, w, None, *geometry), w, y, create_graph=True)[0]


def convolution(case: str, x_shape: Any, w_shape: Any, geometry: Geometry) -> None:
    image, kernel = x_shape[2:], w_shape[2:]
    x, w = normal(*x_shape), normal(*w_shape)
    y = normal(x_shape[0], w_shape[0], *convolved(image, kernel, geometry))
    to_maps = lambda x, w: op("conv2d")(x, w, None, geometry=geometry)
    to_image = lambda y, w: op("conv_transpose2d")(y, w, size=image, geometry=geometry)
    to_filters = lambda x, y: op("conv2d_filter")(x, y, size=kernel, geometry=geometry)
    row(
        "conv2d",
        case,
        x,
        w,
        constant(None),
        torch=lambda x, w, b, *, geometry: F.conv2d(x, w, b, *geometry),
        linear=((0,), (1,)),
        adjoint={0: lambda g, x, w, b, **_: to_image(g, w), 1: lambda g, x, w, b, **_: to_filters(x, g)},
        maps=True,
        geometry=geometry,
    )
    row(
        "conv2d",
        f"{case} with bias",
        x,
        w,
        normal(w_shape[0]),
        torch=lambda x, w, b, *, geometry: F.conv2d(x, w, b, *geometry),
        linear=((0, 2), (1, 2)),
        adjoint={
            0: lambda g, x, w, b, **_: to_image(g, w),
            1: lambda g, x, w, b, **_: to_filters(x, g),
            2: lambda g, x, w, b, **_: g.sum(axis=(0, 2, 3)),
        },
        maps=True,
        geometry=geometry,
    )
    row(
        "conv_transpose2d",
        case,
        y,
        w,
        torch=images_in_torch,
        linear=((0,), (1,)),
        adjoint={0: lambda g, y, w, **_: to_maps(g, w), 1: lambda g, y, w, **_: to_filters(g, y)},
        maps=True,
        size=image,
        geometry=geometry,
    )
    row(
        "conv2d_filter",
        case,
        x,
        y,
        torch=filters_in_torch,
        linear=((0,), (1,)),
        adjoint={0: lambda g, x, y, **_: to_image(y, g), 1: lambda g, x, y, **_: to_maps(x, g)},
        size=kernel,
        geometry=geometry,
    )


convolution("plain", (2, 2, 4, 3), (3, 2, 2, 2), Geometry((1, 1), (0, 0), (1, 1)))
convolution("padded", (1, 2, 3, 4), (3, 2, 3, 2), Geometry((1, 1), (1, 2), (1, 1)))
convolution("strided", (2, 2, 5, 4), (2, 2, 3, 2), Geometry((2, 3), (1, 1), (1, 1)))
convolution("dilated", (1, 2, 5, 6), (3, 2, 2, 3), Geometry((1, 1), (1, 0), (3, 2)))
convolution("strided and dilated", (1, 2, 6, 5), (3, 2, 3, 2), Geometry((2, 2), (2, 0), (1, 3)))
convolution("padding beyond kernel", (1, 2, 2, 3), (2, 2, 1, 2), Geometry((2, 1), (2, 4), (1, 2)))
convolution("stride does not divide", (1, 2, 6, 5), (2, 2, 2, 2), Geometry((3, 2), (0, 1), (1, 1)))
convolution("points", (2, 3, 2, 2), (4, 3, 1, 1), Geometry((1, 1), (0, 0), (1, 1)))


# pooling; the kinks of max_pool2d are at ties
def flat_places(switches: Any, width: int, window: Window) -> Any:
    """Switches as flat positions in a plane of that width, for torch."""
    _, _, i, j = np.ogrid[tuple(map(slice, switches.shape))]
    u, v = np.divmod(np.asarray(switches, int), window.kernel_size[1])
    (sh, sw), (ph, pw) = window.stride, window.padding
    return torch.tensor((i * sh + u - ph) * width + j * sw + v - pw).flatten(2)


def max_pool_in_torch(x: Any, *, window: Window) -> Any:
    """Torch refuses a padding above half the window, so the border, which never wins, is put there by hand."""
    (top, left), never = window.padding, -torch.inf
    return F.max_pool2d(F.pad(x, (left, left, top, top), value=never), window.kernel_size, window.stride)


def unpool_in_torch(y: Any, switches: Any, *, size: tuple[int, int], window: Window) -> Any:
    zeros = torch.zeros((*y.shape[:2], size[0] * size[1]), dtype=y.dtype)
    return zeros.scatter_add(2, flat_places(switches, size[1], window), y.flatten(2)).unflatten(2, size)


def ones(x: Any, window: Window) -> Any:
    """Filters that add up each channel by itself."""
    return torch.ones((x.shape[1], 1, *window.kernel_size), dtype=x.dtype)


def sum_unpool_in_torch(y: Any, *, size: tuple[int, int], window: Window) -> Any:
    extra = tuple(n - (m - 1) * s - k + 2 * p for n, m, k, s, p in zip(size, y.shape[2:], *window, strict=True))
    return F.conv_transpose2d(y, ones(y, window), None, window.stride, window.padding, extra, y.shape[1])


def pooling(case: str, shape: Any, window: Window) -> None:
    size, chosen = shape[2:], switches(shape, window)
    x, y = normal(*shape), normal(*shape[:2], *pooled(shape, window))
    row("max_pool2d", case, apart(*shape), torch=max_pool_in_torch, maps=True, window=window)
    row(
        "pool",
        case,
        x,
        chosen,
        torch=lambda x, s, *, window: x.flatten(2).gather(2, flat_places(s, x.shape[3], window)).reshape(s.shape),
        linear=((0,),),
        adjoint={0: lambda g, x, switches, *, window: op("unpool")(g, switches, size=size, window=window)},
        maps=True,
        window=window,
    )
    row(
        "unpool",
        case,
        y,
        chosen,
        torch=unpool_in_torch,
        linear=((0,),),
        adjoint={0: lambda g, y, switches, *, size, window: op("pool")(g, switches, window=window)},
        maps=True,
        size=size,
        window=window,
    )
    row(
        "sum_pool2d",
        case,
        x,
        torch=lambda x, *, window: F.conv2d(x, ones(x, window), None, window.stride, window.padding, 1, x.shape[1]),
        linear=((0,),),
        adjoint={0: lambda g, x, *, window: op("sum_unpool2d")(g, size=size, window=window)},
        maps=True,
        window=window,
    )
    row(
        "sum_unpool2d",
        case,
        y,
        torch=sum_unpool_in_torch,
        linear=((0,),),
        adjoint={0: lambda g, y, *, size, window: op("sum_pool2d")(g, window=window)},
        maps=True,
        size=size,
        window=window,
    )


pooling("tiles", (2, 3, 4, 6), Window((2, 3), (2, 3), (0, 0)))
pooling("overlapping", (1, 2, 4, 5), Window((3, 2), (1, 1), (0, 0)))
pooling("overlapping and padded", (1, 2, 5, 4), Window((3, 3), (2, 1), (1, 2)))
pooling("stride does not divide", (2, 2, 6, 5), Window((2, 2), (3, 2), (0, 0)))
pooling("gaps", (1, 2, 5, 6), Window((1, 2), (3, 3), (0, 1)))
pooling("one column", (1, 2, 3, 2), Window((3, 2), (1, 1), (0, 0)))
