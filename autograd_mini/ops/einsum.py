"""Sums of products by Einstein's convention, whose gradients are again such sums."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np

from ..arguments import bare
from ..core.primitive import call_as, operand, told_kind
from ..core.tape import Value
from ..kernels.quiet import quiet
from .arithmetic import matmul
from .elementwise import cast
from .kinds import conjugated, op
from .precision import in_single
from .reduce import sum
from .shape import getitem, reshape, transpose

Terms = tuple[str, ...]
"""The letters of each operand's axes."""

CALLS = 1 << 9  # that are remembered: subscripts are read once

# ── pairs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _plan(terms: Terms, out: str, sizes: dict[str, int]) -> tuple[tuple[int, int], ...]:
    """Which two operands to multiply at each step, in NumPy's greedy order; the product goes to the list's end."""
    if len(terms) == 2:
        return ((0, 1),)
    shaped = [np.broadcast_to(np.float64(0), [sizes[letter] for letter in term]) for term in terms]
    path = np.einsum_path(f"{','.join(terms)}->{out}", *shaped, optimize="greedy")[0][1:]
    pairs: list[tuple[int, int]] = []
    count = len(terms)
    for step in path:
        *_, j = chosen = sorted(step)
        for i in reversed(chosen[:-1]):  # the product of those from behind is now the last
            pairs.append((i, j))
            count -= 1
            j = count - 1
    return tuple(pairs)


def _steps(terms: Terms, out: str, plan: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, str, str, str]]:
    """For each pair of the plan: where both are, their letters, and those of their product that are still needed."""
    left = [*terms]
    for i, j in plan:
        y, x = left.pop(j), left.pop(i)
        needed = {*out}.union(*left)
        left.append("".join(letter for letter in dict.fromkeys(x + y) if letter in needed) if left else out)
        yield i, j, x, y, left[-1]


Axes = tuple[int, ...]


@lru_cache(CALLS)
def _as_matrices(x_term: str, y_term: str, out: str) -> tuple[int, int, int, Axes, Axes, Axes] | None:
    """How two operands make stacks of matrices: how many letters both share with the result, how many rows have and
    how many are summed over; the order of axes of either operand and of the result. None if they make none.
    """
    batch = [letter for letter in out if letter in x_term and letter in y_term]
    rows, columns = ([letter for letter in out if letter in term and letter not in batch] for term in (x_term, y_term))
    inner = [letter for letter in x_term if letter not in out]
    if not inner or not (rows or columns):
        return None
    a = tuple(x_term.index(letter) for letter in (*batch, *rows, *inner))
    b = tuple(y_term.index(letter) for letter in (*batch, *inner, *columns))
    found = [*batch, *rows, *columns]
    return len(batch), len(rows), len(inner), a, b, tuple(found.index(letter) for letter in out)


def _pair(x: Any, y: Any, x_term: str, y_term: str, out: str) -> Any:
    """The product of two operands: of matrices, by BLAS, where there are rows or columns."""
    how = _as_matrices(x_term, y_term, out)
    if how is None:
        with quiet(under="ignore"):
            return np.einsum(f"{x_term},{y_term}->{out}", x, y)
    many, rows, inner, of_x, of_y, order = how
    a, b, ends = x.transpose(of_x), y.transpose(of_y), (many + rows, many + inner)
    shape = (*a.shape[: ends[0]], *b.shape[ends[1] :])
    lead, n = (prod(shape[:many]),) * (many > 0), prod(a.shape[ends[0] :])
    left = a.reshape(*lead, prod(a.shape[many : ends[0]]), n)
    product = matmul.forward(left, b.reshape(*lead, n, prod(b.shape[ends[1] :])))
    return product.reshape(shape).transpose(order)


# ── the operation ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _cost(terms: Terms, out: str, plan: Any, sizes: dict[str, int]) -> int:
    """Multiply-adds: pair by pair, one for each combination of the two operands' letters."""
    pairs = _steps(terms, out, plan)
    return int(np.sum([prod(sizes[letter] for letter in {*x, *y}) for _, _, x, y, _ in pairs]))


@op(cost=_cost, analytic=True, takes_complex=True, numpy={np.einsum: ("optimize",)})
@in_single
def einsum(*operands: Any, terms: Terms, out: str, plan: Any, sizes: dict[str, int]) -> Any:
    """The products, summed over the letters that are not in `out`. (...), (...) -> (...).

    Each letter stands in at least two of the terms and `out`, and in each at most once.
    """
    left = [*operands]
    for i, j, x, y, kept in _steps(terms, out, plan):
        second, first = left.pop(j), left.pop(i)
        left.append(_pair(first, second, x, y, kept))
    return left[0]


def _product(operands: Sequence[Any], terms: Terms, out: str, sizes: dict[str, int]) -> Any:
    return einsum.bind(*operands, terms=terms, out=out, plan=_plan(terms, out, sizes), sizes=sizes)


def _gradients(
    g: Any, others: Sequence[Any], wanted: Sequence[bool], *, terms: Terms, out: str, sizes: dict[str, int]
) -> list[Any]:
    """The gradient of each wanted operand: the product of g and all other operands, with that operand's letters."""

    def but(i: int, of: Sequence[Any]) -> list[Any]:
        return [*of[:i], *of[i + 1 :]]

    return [
        _product([g, *map(conjugated, but(i, others))], (out, *but(i, terms)), term, sizes) if asked else None
        for i, (term, asked) in enumerate(zip(terms, wanted, strict=True))
    ]


einsum.defvjp(_gradients)


# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _einsum(subscripts: str, *operands: Any) -> Any:
    """The sum of products that the subscripts spell. (...), (...) -> (...).

    As NumPy has it: letters that are not behind the arrow are summed over; without an arrow the result has those that
    occur once, in alphabetical order; a letter twice in one operand is its diagonal; "..." stands for all further axes,
    which broadcast, as axes of length 1 do. Half precision is added up in single.

    Arguments:
        subscripts: a letter for each axis of each operand and of the result: "ij,jk->ik" is the matrix product; or the
            first operand, if each is followed by a list of numbers that stand for its axes, and those of the result.
        operands: numbers, an array for each term of the subscripts. A Python number changes no dtype.
    Returns:
        The sums, in the dtype that the operands have in common.
    Raises:
        ValueError: for subscripts and operands that do not go together.
        TypeError: for subscripts that are neither text nor such lists, and for a complex result of Tensors.

    Example:
        >>> a, b = Tensor([1.0, 2.0], requires_grad=True), Tensor([3.0, 4.0], requires_grad=True)
        >>> outer = ag.einsum("i,j->ij", a, b)
        >>> outer.numpy(), ag.grad(outer.sum(), a).numpy()
        (array([[3., 4.],
               [6., 8.]]), array([7., 7.]))
    """
    first: Any = subscripts
    if not isinstance(first, str):
        subscripts, operands = _spelled([first, *operands])
    given = [operand("einsum", x) for x in operands]
    terms, out, known = _read(subscripts, tuple([x.shape for x in given]))
    sizes = {**known}
    weak = [x if type(x) in (int, float, complex) else y.dtype for x, y in zip(operands, given, strict=True)]
    dtype = np.result_type(*weak)  # a Python number changes no dtype
    kind = next((type(x) for x in given if isinstance(x, Value)), None)
    if dtype.kind not in "fc":
        found = np.einsum(subscripts, *(bare(x).astype(dtype) for x in given))
        return found if kind is None else kind.made(np.asarray(found), None)
    given = [x if x.dtype == dtype else cast.bind(x, dtype=dtype) for x in given]
    pairs = [_plain(x, term, sizes) for x, term in zip(given, terms, strict=True)]
    whole = [*out, *(letter for _, term in pairs for letter in term)]
    pairs = [_summed(x, term, {letter for letter in term if whole.count(letter) == 1}) for x, term in pairs]
    if len(pairs) == 1:
        ((x, term),) = pairs
        return transpose.bind(x, axes=tuple(term.index(letter) for letter in out))
    return _product([x for x, _ in pairs], tuple(term for _, term in pairs), out, sizes)


call_as(einsum, _einsum)


def _spelled(given: list[Any]) -> tuple[str, tuple[Any, ...]]:
    """The letters for labels of axes that stand in lists behind the operands, and the operands."""
    operands, labels, last = given[0:-1:2], given[1::2], given[-1:] * (len(given) % 2)
    found = {label for axes in (*labels, *last) if isinstance(axes, list | tuple) for label in axes if label is not ...}
    lists = len(operands) and all(isinstance(axes, list | tuple) for axes in (*labels, *last))
    if not lists or not all(isinstance(label, int | np.integer) and 0 <= label < 52 for label in found):
        raise TypeError(
            f"einsum: the subscripts come first, as text like 'ij,jk->ik', not {told_kind(given[0])}; or a list of "
            "labels of axes, integers from 0 to 51, behind each operand"
        )
    letters = {**dict(zip(sorted(found), sorted(ascii_letters), strict=False)), ...: "..."}
    terms = ["".join(letters[label] for label in axes) for axes in (*labels, *last)]
    return ",".join(terms[: len(operands)]) + "->" * len(last) + "".join(terms[len(operands) :]), tuple(operands)


@lru_cache(CALLS)
def _read(subscripts: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[list[str], str, dict[str, int]]:
    """The letters of each operand and of the result, with new ones for "...", and the length of each letter."""

    def refuse(words: str) -> ValueError:
        return ValueError(f"einsum: {subscripts!r}: {words}")

    text = "".join(subscripts.split())
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    odd = sorted({*text.replace("...", "").replace("->", "", 1)} - {*ascii_letters, *","})
    if odd or "," in right or any(term.count("...") > 1 for term in (*terms, right)):
        raise refuse(f"{odd[0] if odd else ',' if ',' in right else '...'!r} is out of place")
    if len(terms) != len(shapes):
        raise refuse(f"{len(terms)} term(s) do not go with {len(shapes)} operand(s)")
    spare = [letter for letter in ascii_letters if letter not in text]
    further = [len(shape) - len(term.replace("...", "")) for term, shape in zip(terms, shapes, strict=True)]
    for i, (term, n) in enumerate(zip(terms, further, strict=True)):
        if n < 0 or (n and "..." not in term):
            raise refuse(f"{term!r} does not fit operand {i} of shape {shapes[i]}")
    most = max(further)
    if most > len(spare):
        raise refuse("there are more axes than letters")
    dots = "".join(spare[:most])
    terms = [term.replace("...", dots[most - n :]) for term, n in zip(terms, further, strict=True)]
    whole = "".join(terms)
    if arrow:
        if dots and "..." not in right:
            raise refuse("the result needs '...' for the further axes")
        out = right.replace("...", dots)
    else:
        out = dots + "".join(sorted(letter for letter in {*whole} - {*dots} if whole.count(letter) == 1))
    for letter in out:
        if out.count(letter) > 1 or letter not in whole:
            raise refuse(f"{letter!r} is in the result {'twice' if letter in whole else 'and in no operand'}")
    return terms, out, _lengths(refuse, terms, shapes, dots)


def _lengths(refuse: Any, terms: list[str], shapes: Sequence[tuple[int, ...]], dots: str) -> dict[str, int]:
    """The length of each letter; 1 broadcasts, but not within one operand. dots: the letters that stand for "..."."""
    sizes: dict[str, int] = {}
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        for letter, n in zip(term, shape, strict=True):
            here, known = shape[term.index(letter)], sizes.get(letter, 1)
            if here != n or (n != known and 1 not in (n, known)):
                what = "an axis of '...'" if letter in dots else repr(letter)
                raise refuse(f"{what} is {here if here != n else known} and, in operand {i} of shape {shape}, {n}")
            sizes[letter] = n if known == 1 else known
    return sizes


def _plain(x: Any, term: str, sizes: dict[str, int]) -> tuple[Any, str]:
    """An operand without repeated letters, whose diagonal it takes, and without axes of length 1 that broadcast."""
    for letter in [*dict.fromkeys(term)]:
        count = term.count(letter)
        if count > 1:
            n, kept = x.shape[term.index(letter)], [k for k, other in enumerate(term) if other != letter]
            x = transpose.bind(x, axes=(*kept, *(k for k, other in enumerate(term) if other == letter)))
            x = reshape.bind(x, shape=(*x.shape[: len(kept)], n**count))
            step = int(np.sum([n**k for k in range(count)]))
            x, term = getitem.bind(x, index=(..., slice(None, None, step))), "".join(term[k] for k in kept) + letter
    kept = [k for k, letter in enumerate(term) if x.shape[k] == sizes[letter]]
    if len(kept) < len(term):
        x = reshape.bind(x, shape=tuple(x.shape[k] for k in kept))
    return x, "".join(term[k] for k in kept)


def _summed(x: Any, term: str, alone: set[str]) -> tuple[Any, str]:
    """An operand summed over the letters that occur nowhere else."""
    axes = tuple(k for k, letter in enumerate(term) if letter in alone)
    x = sum.bind(x, axis=axes, keepdims=False) if axes else x
    return x, "".join(letter for letter in term if letter not in alone)
