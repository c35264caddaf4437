"""What a row of the table is, and how its inputs are drawn."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
import torch

from autograd_mini import PRIMITIVES, concatenate, flatten
from autograd_mini.ops.kinds import ROWS

Array = np.ndarray


@dataclass(frozen=True)
class Draw:
    """One argument, drawn anew for every use."""

    of: Callable[[np.random.Generator], Any]
    text: str

    def __call__(self, rng: np.random.Generator) -> Any:
        return self.of(rng)


@dataclass(frozen=True)
class Case:
    draws: tuple[Draw, ...]
    params: dict[str, Any]
    called: str


@dataclass(frozen=True)
class Kink:
    """The subgradients by every array where the function has a kink, for a gradient of ones."""

    arrays: tuple[Any, ...]
    slopes: tuple[Any, ...]
    params: dict[str, Any]
    as_torch: bool  # PyTorch's are the same


@dataclass(frozen=True, eq=False)
class Row:
    """An operation on one kind of input. `call`, `oracle` and `torch` take (*arrays, **params) as users give them.

    Floating and complex arrays are the ones a gradient must reach; integers, booleans, text, None and Python numbers
    are constants. Where a result is not unique, or an argument has to be of a kind that no single element may leave,
    the operation is tried within a function that is so: `around`, of any library's arrays.
    """

    name: str
    case: str
    draws: tuple[Draw, ...]
    params: dict[str, Any]
    oracle: Callable[..., Any]  # in NumPy or in loops; the array, or a tuple of those that there are
    torch: Callable[..., Any] | None  # the same function of PyTorch
    linear: tuple[tuple[int, ...], ...]  # groups of arrays in which, the others fixed, it is linear: ((0,), (1,))
    maps: bool  # feature maps in, feature maps out: channels-last memory is kept
    flat: bool  # no gradient flows
    bound: bool  # the primitive itself, with its parameters in their one form
    packed: Callable[..., tuple[Any, ...]]  # arrays into arguments: `listed`, if one argument is a list of them
    around: Callable[..., Any]  # (function, *arrays, **params), computed with the function
    ties: bool  # lines that are equal are at a kink, or lower a rank
    made: bool  # a Tensor is made whatever it is given
    least: Any  # the least precise dtype of the result
    otherwise: bool  # computed by other steps where a gradient is recorded, which round otherwise
    once: bool  # there is no second derivative

    def arrays(self, dtype: Any = np.float64) -> list[Any]:
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [narrowed(draw(rng), dtype) for draw in self.draws]

    def by(self, function: Callable[..., Any], arrays: Sequence[Any]) -> list[Any]:
        """What a function gives that is called as the operation is, as a list."""
        found = self.around(lambda *given, **how: function(*self.packed(*given), **how), *arrays, **self.params)
        return [*found] if isinstance(found, tuple | list) else [found]

    def results(self, *arrays: Any) -> list[Any]:
        """What calling it gives, as a list."""
        return self.by(self.call, arrays)

    def floating(self, *arrays: Any) -> list[Any]:
        """The results without by-products; with several results, the floating ones."""
        return differentiable(self.results(*arrays))

    def __call__(self, *arrays: Any) -> Any:
        """The result; several in one line, all elements one after another."""
        results = self.floating(*arrays)
        return results[0] if len(results) == 1 else concatenate([flatten(result) for result in results])

    def expected(self, *arrays: Any) -> Any:
        """What the oracle gives, in the form of `__call__`."""
        results = differentiable(self.by(self.oracle, arrays))
        return results[0] if len(results) == 1 else np.concatenate([np.ravel(r) for r in results])

    def in_torch(self, *tensors: Any) -> Any:
        """What PyTorch's function gives, in the form of `__call__`."""
        results = [r for r in self.by(self.torch, tensors) if hasattr(r, "is_floating_point")]
        results = [results[0], *(r for r in results[1:] if r.is_floating_point() or r.is_complex())]
        return results[0] if len(results) == 1 else torch.cat([r.reshape(-1) for r in results])

    @property
    def chance(self) -> bool:
        """Whether random numbers are drawn, in the order of the arrays' memory."""
        return self.params.get("rng") is not None

    @property
    def call(self) -> Callable[..., Any]:
        return PRIMITIVES[self.name].bind if self.bound else ROWS[self.name].function

    @cached_property
    def count(self) -> int:
        """How many results there are."""
        return len(self.floating(*self.arrays()))

    @cached_property
    def size(self) -> int:
        """How many elements the result has."""
        return int(np.size(self.expected(*self.arrays())))

    @cached_property
    def direct(self) -> bool:
        """Whether the call records one step, of the arrays themselves."""
        from autograd_mini import Tensor

        if self.flat or self.count > 1:
            return False
        given = [Tensor(a, requires_grad=True) if is_float(a) else a for a in self.arrays()]
        node = self(*given).node
        nodes, count = tuple(getattr(a, "node", None) for a in given), len(node.parents)
        return node.op.name == self.name and node.parents == nodes[:count] and {*nodes[count:]} <= {None}

    def __str__(self) -> str:
        return f"{self.name}-{self.case}".replace(" ", "_")


TABLE: list[Row] = []
KINKS: list[tuple[Row, Kink]] = []


def alone(function: Callable[..., Any], *arrays: Any, **params: Any) -> Any:
    return function(*arrays, **params)


def doubled(function: Callable[..., Any], *arrays: Any, **params: Any) -> Any:
    """Behind another step: what has nothing to do gives the array itself."""
    return function(*(2 * x for x in arrays), **params)


def one_by_one(*arrays: Any) -> tuple[Any, ...]:
    return arrays


def listed(*arrays: Any) -> tuple[Any, ...]:
    return (list(arrays),)


def row(
    name: str,
    *cases: Case | Draw,
    oracle: Callable[..., Any],
    torch: Callable[..., Any] | None = None,
    linear: str = "",
    kinks: tuple[Kink, ...] = (),
    maps: bool = False,
    flat: bool = False,
    bound: bool = False,
    packed: Callable[..., tuple[Any, ...]] = one_by_one,
    around: Callable[..., Any] = alone,
    ties: bool = False,
    made: bool = False,
    least: Any = np.float16,
    otherwise: bool = False,
    once: bool = False,
) -> None:
    """An operation and the cases to try it on. linear: the groups of positions, as "0 1" or, together, "01"."""
    groups = tuple(tuple(map(int, group)) for group in linear.split())
    bound = bound or name not in ROWS
    rows = []
    for one in cases:
        draws, params, called = (one.draws, one.params, one.called) if isinstance(one, Case) else ((one,), {}, "")
        there = {other.case for other in TABLE if other.name == name}
        called = called or " ".join([draw.text for draw in draws] + [f"{key}={params[key]}" for key in params])[:60]
        called = next(text for i in count() if (text := f"{called} {i}" if i else called) not in there)
        stays = maps and draws[0].text.count("x") == 3
        rows.append(Row(name, called, draws, params, oracle, torch, groups, stays, flat, bound, packed, around, ties,
                        made, least, otherwise, once))  # fmt: skip
        TABLE.append(rows[-1])
    KINKS.extend((rows[0], kink) for kink in kinks)


def case(*draws: Draw, called: str = "", **params: Any) -> Case:
    return Case(draws, params, called)


def kink(*arrays: Any, slopes: Any, as_torch: bool = True, **params: Any) -> Kink:
    """slopes: by the one array; by several, a tuple of theirs."""
    return Kink(arrays, slopes if isinstance(slopes, tuple) else (slopes,), params, as_torch)


def is_float(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind in "fc"


def narrowed(array: Any, dtype: Any) -> Any:
    """A floating or complex array in the precision of a floating dtype, anything else as it is."""
    if not is_float(array):
        return array
    return array.astype(np.result_type(dtype, np.complex64) if array.dtype.kind == "c" else dtype)


def differentiable(results: list[Any]) -> list[Any]:
    """The first result, and of further ones those that are floating."""
    return [results[0], *(r for r in results[1:] if getattr(r, "dtype", np.dtype(int)).kind in "fc")]


def dims(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of PyTorch by NumPy's words for its arguments."""
    theirs = {"axis": "dim", "axes": "dim", "keepdims": "keepdim", "ddof": "correction"}
    return lambda *tensors, **how: function(*tensors, **{theirs.get(word, word): value for word, value in how.items()})


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
# They stay at least 0.02 away from every kink (ties, zeros, bounds), far beyond the steps of a finite difference.


def shaped(*shape: int) -> str:
    return "x".join(map(str, shape)) or "()"


def normal(*shape: int) -> Draw:
    return Draw(lambda rng: np.asarray(rng.standard_normal(shape)), shaped(*shape))


def positive(*shape: int) -> Draw:
    return Draw(lambda rng: np.asarray(rng.uniform(0.5, 2, shape)), shaped(*shape))


def negative(*shape: int) -> Draw:
    return Draw(lambda rng: np.asarray(-rng.uniform(0.5, 2, shape)), f"-{shaped(*shape)}")


def apart(*shape: int, shift: float = 0.0) -> Draw:
    """Shuffled odd multiples of 0.05, so that no two are closer than 0.1 and none is 0; `shift` by less than 0.05."""
    n = int(np.prod(shape))
    of = lambda rng: np.asarray((rng.permutation(n).reshape(shape) - n // 2) * 0.1 + 0.05 + shift)
    return Draw(of, shaped(*shape))


def beside(*shape: int) -> Draw:
    """Apart from each other and from what `apart` draws."""
    return apart(*shape, shift=0.025)


def mask(*shape: int) -> Draw:
    return Draw(lambda rng: rng.random(shape) < 0.5, shaped(*shape))


def whole(*shape: int) -> Draw:
    """Small integers, 0 among them."""
    return Draw(lambda rng: rng.integers(-2, 3, shape), shaped(*shape))


def between(low: float, high: float, *shape: int) -> Draw:
    """Far from each other, from one bound to the other, in random order; none is 0, 1 or -1, nor nearly."""

    def of(rng: np.random.Generator) -> Array:
        places = np.linspace(low, high, max(int(np.prod(shape)), 1))[: int(np.prod(shape))]
        whole = np.isin(np.rint(places), (-1, 0, 1)) & (np.abs(places - np.rint(places)) < 0.03)
        return np.asarray(rng.permutation(np.where(whole, places + 0.05, places)).reshape(shape))

    return Draw(of, f"{low} to {high} {shaped(*shape)}")


def real(*shape: int) -> Draw:
    return between(-2.3, 2.2, *shape)


def inside(*shape: int) -> Draw:
    """Between -1 and 1."""
    return between(-0.83, 0.79, *shape)


def above(*shape: int) -> Draw:
    """Above 1."""
    return between(1.2, 3.1, *shape)


def complex_numbers(*shape: int) -> Draw:
    return Draw(lambda rng: np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape)),
                f"complex {shaped(*shape)}")  # fmt: skip


def constant(value: Any) -> Draw:
    return Draw(lambda rng: np.array(value) if isinstance(value, list | np.ndarray) else value, f"{value}")


nothing = constant(None)
