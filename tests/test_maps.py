"""Maps over elements: in pieces, compiled and in threads, what NumPy says in one line, in whatever memory."""

import functools
import itertools
import warnings

import numpy as np
import pytest
from cases import every

import autograd_mini as ag
import nn
from autograd_mini import Tensor, grad
from autograd_mini.kernels import maps, pieces, steps
from autograd_mini.kernels.buffers import LARGE
from autograd_mini.kernels.layout import assign
from autograd_mini.kernels.sums import RUN

every_dtype = every("dtype", [np.float32, np.float64], ids=["float32", "float64"])

LARGE_SHAPE, SMALL_SHAPE = (5, 24, 53, 47), (2, 3, 5, 7)
every_size = every("shape", [LARGE_SHAPE, SMALL_SHAPE], ids=["large", "small"])

LAYOUTS = {  # an array of the same numbers that lies differently
    "C": lambda a: a,
    "channels-last": lambda a: a.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
    "transposed": lambda a: a.T.copy().T,
    "images last": lambda a: np.moveaxis(np.moveaxis(a, 0, -1).copy(), -1, 0),
    "sliced": lambda a: np.repeat(a, 2, axis=2)[:, :, ::2],
    "cut out": lambda a: np.pad(a, ((0, 0), (1, 2), (0, 1), (3, 0)))[:, 1:-2, :-1, 3:],
    "reversed": lambda a: a[:, ::-1].copy()[:, ::-1],
    "broadcast": lambda a: np.broadcast_to(a[:, :1], a.shape),
    "not to be written to": lambda a: frozen(a),
}
every_layout = every("layout", LAYOUTS)
PAIRS = [("C", "C"), ("channels-last", "channels-last"), ("transposed", "transposed"), ("C", "channels-last"),
         ("cut out", "C"), ("images last", "reversed"), ("broadcast", "channels-last"), ("C", "broadcast"),
         ("not to be written to", "C")]  # fmt: skip
every_pair = every(("one", "two"), PAIRS)


def frozen(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def numbers(shape, dtype, seed=0):
    """Of either sign, zeros of either sign among them."""
    return drawn(shape, seed).astype(dtype)


@functools.cache
def drawn(shape, seed):
    rng = np.random.default_rng(seed)
    a, luck = rng.standard_normal(shape), rng.random(shape)
    a[luck < 0.01] = 0.0
    a[luck > 0.99] = -0.0
    return a


def order(a):
    """The axes that are no mere ones, from the slowest to the fastest."""
    return sorted((axis for axis in range(a.ndim) if a.shape[axis] > 1), key=lambda axis: -abs(a.strides[axis]))


def assert_lies_as(out, x):
    assert order(out) == order(x)
    assert out.transpose(order(x)).flags.c_contiguous  # without holes, wherever there were some


def test_the_large_shape_is_large():
    assert np.prod(LARGE_SHAPE) * 4 >= LARGE > np.prod(SMALL_SHAPE) * 8
    assert np.prod(LARGE_SHAPE) % pieces.PIECE  # the last piece is shorter


# ── relu, gate, dropout ───────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every_size
@every_layout
def test_relu_is_the_larger_of_each_number_and_zero(kernels, layout, shape, dtype):
    x = LAYOUTS[layout](numbers(shape, dtype))
    before = x.copy()
    out = maps.relu(x)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, np.maximum(x, 0))
    np.testing.assert_array_equal(x, before)
    assert not np.may_share_memory(out, x)
    if x.nbytes >= LARGE and layout != "broadcast":
        assert_lies_as(out, x)


@every_dtype
@every_size
@every_pair
def test_gate_lets_through_where_the_other_is_not_zero(kernels, one, two, shape, dtype):
    g, y = LAYOUTS[one](numbers(shape, dtype, 1)), LAYOUTS[two](numbers(shape, dtype, 2))
    out = maps.gate(g, y)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, np.where(y != 0, g, 0))
    if g.nbytes >= LARGE and one != "broadcast":
        assert_lies_as(out, g)


@every_dtype
@every_size
@every_pair
def test_dropout_scales_what_it_keeps(kernels, one, two, shape, dtype):
    x = LAYOUTS[one](numbers(shape, dtype, 3))
    mask = LAYOUTS[two](np.random.default_rng(4).random(shape) < 0.6)
    out = maps.dropout(x, mask, 1 / 0.6)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, np.where(mask, x * dtype(1 / 0.6), 0))
    if x.nbytes >= LARGE and one != "broadcast":
        assert_lies_as(out, x)


@every_dtype
@every_size
def test_what_is_closed_lets_neither_infinity_nor_nan_through(kernels, shape, dtype):
    x = numbers(shape, dtype)
    rng = np.random.default_rng(5)
    for value in (np.nan, np.inf, -np.inf):
        x[rng.random(shape) < 0.1] = value
    for y in (numbers(shape, dtype, 6), np.full(shape, -np.inf, dtype), np.full(shape, np.nan, dtype)):
        np.testing.assert_array_equal(maps.gate(x, y), np.where(y != 0, x, 0))
    mask = rng.random(shape) < 0.5
    out = maps.dropout(x, mask, 2.0)
    np.testing.assert_array_equal(out, np.where(mask, x * 2, 0))
    assert not out[~mask].any()
    g = np.full(shape, np.nan, dtype)
    assert not maps.gate(g, np.zeros(shape, dtype)).any()
    assert np.isnan(maps.gate(g, np.full(shape, np.inf, dtype))).all()


@every_dtype
@every_size
def test_nan_passes_a_relu_and_so_does_its_gradient(kernels, shape, dtype):
    x = numbers(shape, dtype)
    where = np.random.default_rng(7).random(shape) < 0.1
    x[where] = np.nan
    x[0, 0, 0, :2] = np.inf, -np.inf
    leaf = Tensor(x, requires_grad=True)
    out = ag.relu(leaf)
    np.testing.assert_array_equal(out, np.maximum(x, 0))
    assert np.isnan(out.numpy()[where]).sum() == np.isnan(x).sum() > 0
    np.testing.assert_array_equal(grad(out, leaf, np.ones(shape, dtype)), np.where(x <= 0, 0, 1))


@every("mask", [bool, np.float16, np.float32, np.float64, np.int32, np.int64])
@every_size
def test_a_gate_opens_by_any_kind_of_number(kernels, shape, mask):
    g, y = numbers(shape, np.float32), numbers(shape, np.float32, 1)
    y = y != 0 if mask is bool else y.astype(mask)
    out = maps.gate(g, y)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, np.where(y != 0, g, 0))


@every("kind", [np.dtype(np.float32).newbyteorder(), np.longdouble], ids=["other order", "long double"])
@every_size
def test_floats_of_any_kind_are_mapped_right(kernels, shape, kind):
    x, y = numbers(shape, kind), numbers(shape, kind, 1)
    np.testing.assert_array_equal(maps.relu(x), np.maximum(x, 0))
    np.testing.assert_array_equal(maps.gate(x, y), np.where(y != 0, x, 0))
    np.testing.assert_array_equal(maps.dropout(x, y > 0, 2.0), np.where(y > 0, x * 2, 0))


def test_half_precision_stays_half(kernels):
    x, y = numbers((10, *LARGE_SHAPE[1:]), np.float16), numbers((10, *LARGE_SHAPE[1:]), np.float16, 1)
    assert x.nbytes >= LARGE
    for out, want in (
        (maps.relu(x), np.maximum(x, 0)),
        (maps.gate(x, y), np.where(y != 0, x, np.float16(0))),
        (maps.dropout(x, y > 0, 2.0), np.where(y > 0, x * np.float16(2), np.float16(0))),
    ):
        assert out.dtype == np.float16
        np.testing.assert_array_equal(out, want)


def test_a_large_gelu_is_right_in_its_tail_too_and_so_is_its_slope(kernels):
    ndtr = pytest.importorskip("scipy.special").ndtr
    x = np.linspace(-14, 14, np.prod(LARGE_SHAPE), dtype=np.float32).reshape(LARGE_SHAPE)
    t, wide = Tensor(x, requires_grad=True), x.astype(np.float64)
    y, exact = ag.gelu(t), wide * ndtr(wide)
    places = np.abs(y.numpy() - exact) / np.spacing(np.abs(exact).astype(np.float32))
    assert places.max() <= (2 if kernels == "compiled" else 10)
    slope = ndtr(wide) + wide * np.exp(-wide * wide / 2) / np.sqrt(2 * np.pi)
    assert np.abs(grad(y.sum(), t).numpy() - slope).max() <= 2 * np.finfo(np.float32).eps
    special = np.array([np.inf, np.nan, 0.0, -0.0, 100.0, -100.0], np.float32)
    many = np.tile(special, LARGE // special.nbytes + 1)
    np.testing.assert_array_equal(ag.gelu(many)[: special.size], ag.gelu(special))
    assert np.array_equal(np.signbit(ag.gelu(many)[: special.size]), np.signbit(ag.gelu(special)))
    far = Tensor(np.tile(np.array([-3e38, 3e38, -1e20, 1e20], np.float32), LARGE), requires_grad=True)
    np.testing.assert_array_equal(grad(ag.gelu(far), far, np.ones(far.shape, np.float32)), far.numpy() > 0)


def test_a_result_never_shares_memory_with_an_argument(kernels):
    x = np.abs(numbers(LARGE_SHAPE, np.float32)) + 1  # nothing to change
    for out in (maps.relu(x), maps.gate(x, x), maps.dropout(x, x > 0, 1.0)):
        np.testing.assert_array_equal(out, x)
        assert not np.may_share_memory(out, x)


# ── sums of columns ───────────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every("shape", [(6, 31, 29, 24), (300, 1), (1, 300), (257, 33), (5000, 7), (1, 1)], ids=str)
def test_column_sums_are_the_sums_of_columns(kernels, shape, dtype):
    x = numbers(shape, dtype)
    out = maps.column_sums(x)
    assert out.shape == shape[-1:]
    assert out.dtype == dtype
    rows = x.reshape(-1, shape[-1]).astype(float)
    bound = len(rows) * np.finfo(dtype).eps * np.abs(rows).sum(axis=0)
    assert np.all(np.abs(out - rows.sum(axis=0)) <= bound)


def test_the_sums_over_no_rows_are_zero(kernels):
    np.testing.assert_array_equal(maps.column_sums(np.zeros((0, 4, 5, 3), np.float32)), np.zeros(3))


def test_long_sums_lose_little_to_rounding(kernels):
    x = np.full((1 << 20, 3), 0.1, np.float32)
    error = abs(maps.column_sums(x) / (x[0].astype(float) * len(x)) - 1).max()
    # compiled, in runs whose sums are added up in double; else in runs of runs of runs
    assert error <= (1 if kernels == "compiled" else 3) * RUN * np.finfo(np.float32).eps / 2


def test_the_gradient_of_a_bias_is_the_same_in_either_memory(kernels):
    g = numbers((4, 24, 33, 31), np.float32)
    want = g.sum(axis=(0, 2, 3), dtype=float)
    for layout in ("C", "channels-last", "transposed", "sliced"):
        got = Tensor(LAYOUTS[layout](g)).sum(axis=(0, 2, 3))
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-2)


# ── steps of the optimisers ───────────────────────────────────────────────────────────────────────────────────────────


def stepped_by_sgd(p, g, v, lr, momentum, decay, nesterov):
    p, g, v = (a.astype(np.longdouble) for a in (p, g, v))
    step = g + decay * p
    v = momentum * v + step
    return p - lr * (step + momentum * v if nesterov else v), v


def stepped_by_adam(p, g, m, v, *, rate, betas, root, eps, decay, shrink):
    p, g, m, v = (a.astype(np.longdouble) for a in (p, g, m, v))
    g = g + decay * p
    m, v = betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g * g
    return p * shrink - rate * m / (np.sqrt(v) / root + eps), m, v


def close(got, want, dtype):
    """To the rounding of a handful of operations on numbers of order one, and constants of that dtype."""
    assert got.dtype == dtype
    np.testing.assert_allclose(got, want.astype(float), rtol=0, atol=40 * np.finfo(dtype).eps)


LINES = [("C", "C"), ("channels-last", "C"), ("transposed", "transposed"), ("C", "cut out"), ("sliced", "broadcast")]
every_line = every(
    ("one", "two", "shape"), [(*line, LARGE_SHAPE) for line in LINES] + [("C", "C", SMALL_SHAPE)], ids=str
)


@every_dtype
@every_line
@every(
    ("momentum", "decay", "nesterov"),
    [(0.0, 0.0, False), (0.0, 0.01, False), (0.9, 0.0, False), (0.9, 0.01, True)],
)
def test_a_step_of_sgd_is_its_formula(kernels, one, two, shape, dtype, momentum, decay, nesterov):
    p, g = LAYOUTS[one](numbers(shape, dtype, 1)), LAYOUTS[two](numbers(shape, dtype, 2))
    v = LAYOUTS[one](numbers(shape, dtype, 3)) if momentum else None
    want = stepped_by_sgd(p, g, np.zeros(shape) if v is None else v, 0.1, momentum, decay, nesterov)
    before = g.copy()
    steps.sgd(p, g, v, 0.1, momentum, decay, nesterov)
    close(p, want[0], dtype)
    if v is not None:
        close(v, want[1], dtype)
    np.testing.assert_array_equal(g, before)


@every_dtype
@every_line
@every(("decay", "shrink"), [(0.0, 1.0), (0.01, 1.0), (0.0, 0.99)], ids=["adam", "decay", "adamw"])
def test_a_step_of_adam_is_its_formula(kernels, one, two, shape, dtype, decay, shrink):
    p, g, m = (LAYOUTS[way](numbers(shape, dtype, i)) for i, way in enumerate((one, two, one)))
    v = LAYOUTS[one](np.abs(numbers(shape, dtype, 4)) + dtype(0.01))
    given = {"rate": 0.05, "betas": (0.9, 0.999), "root": 0.3, "eps": 1e-8, "decay": decay, "shrink": shrink}
    want = stepped_by_adam(p, g, m, v, **given)
    before = g.copy()
    steps.adam(p, g, m, v, **given)
    for got, expected in zip((p, m, v), want, strict=True):
        close(got, expected, dtype)
    np.testing.assert_array_equal(g, before)


def test_adam_stands_still_where_there_is_no_gradient_at_all(kernels):
    p, zero = numbers(LARGE_SHAPE, np.float32), lambda: np.zeros(LARGE_SHAPE, np.float32)
    before, m, v = p.copy(), zero(), zero()
    steps.adam(p, zero(), m, v, rate=0.1, betas=(0.9, 0.999), root=0.1, eps=1e-8, decay=0.0, shrink=1.0)
    np.testing.assert_array_equal(p, before)
    assert not m.any()
    assert not v.any()


OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, 0.1),
    "momentum": lambda p: nn.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    "Nesterov": lambda p: nn.SGD(p, 0.1, momentum=0.9, nesterov=True),
    "Adam": lambda p: nn.Adam(p, 0.01, weight_decay=0.01),
    "AdamW": lambda p: nn.AdamW(p, 0.01),
}


@every_dtype
@every("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_three_steps_are_the_same_however_parameters_and_gradients_lie(kernels, make, dtype):
    results = []
    for one, two in (*LINES, ("channels-last", "transposed")):
        leaf = Tensor(LAYOUTS[one](numbers((6, 8, 3, 3), dtype, 1)), requires_grad=True)
        optimizer = make([leaf])
        for step in range(3):
            g = numbers((6, 8, 3, 3), dtype, step + 2)
            g[:] = g[:, :1]  # so that it may be broadcast
            leaf.grad = Tensor(LAYOUTS[two](g))
            optimizer.step()
        results.append(leaf.numpy().copy())
    for result in results:
        np.testing.assert_allclose(result, results[0], rtol=0, atol=20 * np.finfo(dtype).eps)


@every("count", [2, 3, 5])
def test_elements_are_the_same_to_the_bit_for_any_number_of_threads(kernels, threads, count):
    def results():
        p, g, v, m = (numbers(LARGE_SHAPE, np.float32, i) for i in range(4))
        out = [maps.relu(p), maps.gate(g, p), maps.dropout(g, p > 0, 1.5)]
        steps.sgd(p, g, v, 0.1, 0.9, 0.01, True)
        v *= v
        steps.adam(p, g, m, v, rate=0.1, betas=(0.9, 0.99), root=0.5, eps=1e-8, decay=0.1, shrink=0.9)
        return [*out, p, m, v]

    threads(1)
    alone = results()
    threads(count)
    for one, other in zip(alone, results(), strict=True):
        np.testing.assert_array_equal(one, other)


@every_layout
def test_dropout_drops_as_many_as_it_should_in_any_memory(kernels, layout):
    x = LAYOUTS[layout](np.ones(LARGE_SHAPE, np.float32))
    out = ag.dropout(x, 0.3, rng=np.random.default_rng(1))
    dropped = out == 0
    np.testing.assert_allclose(out[~dropped], 1 / 0.7, rtol=1e-6)
    # of n draws, within five standard deviations; and not the same in every channel or image
    assert abs(dropped.mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / x.size)
    for axes in ((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2)):
        count = x.size // np.prod([n for axis, n in enumerate(LARGE_SHAPE) if axis not in axes])
        assert np.all(np.abs(dropped.mean(axis=axes) - 0.3) < 6 * np.sqrt(0.3 * 0.7 / count))


# ── joined and copied ─────────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every_size
@every_pair
@every("axis", [0, 1, 3])
def test_joining_puts_arrays_side_by_side_however_they_lie(axis, one, two, shape, dtype):
    x, y = LAYOUTS[one](numbers(shape, dtype, 1)), LAYOUTS[two](numbers(shape, dtype, 2))
    out = pieces.joined((x, y, x[:0] if axis == 0 else x), axis)
    want = np.concatenate((x, y, x[:0] if axis == 0 else x), axis)
    assert out.dtype == dtype
    assert not np.may_share_memory(out, x)
    np.testing.assert_array_equal(out, want)


@every("kind", ["f4", "f8", "i4"])
@every_size
def test_joined_numbers_lie_in_the_order_of_bytes_of_this_machine(shape, kind):
    x = numbers(shape, np.float64).astype(np.dtype(kind).newbyteorder())
    out = ag.concatenate([x, x], axis=1)
    assert out.dtype == kind
    np.testing.assert_array_equal(out, np.concatenate([x, x], axis=1))


@every_dtype
@every_size
@every_layout
@every("width", [((0, 0), (0, 0), (1, 1), (2, 0)), ((1, 0), (0, 2), (0, 0), (0, 0))])
def test_padding_has_its_value_around_and_the_array_inside(layout, width, shape, dtype):
    x = LAYOUTS[layout](numbers(shape, dtype))
    out = ag.PRIMITIVES["pad"].bind(x, pad_width=width, value=7.0)
    np.testing.assert_array_equal(out, np.pad(x, width, constant_values=7))
    assert out.dtype == dtype


# ── arithmetic by several threads ─────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every_size
@every_pair
def test_arithmetic_is_numpys_to_the_bit_however_arrays_lie(threads, monkeypatch, one, two, shape, dtype):
    threads(3)
    monkeypatch.setattr(pieces, "SHARED", LARGE)
    x, y = LAYOUTS[one](numbers(shape, dtype, 1)), LAYOUTS[two](numbers(shape, dtype, 2))
    others = [y, y[:, :1], y[..., :1], y[0], y[:1, :, :1], y[0, 0, 0, 0], 2.5, 3]
    with np.errstate(all="ignore"):
        for ufunc in (np.add, np.subtract, np.multiply, np.divide):
            for other in others:
                for given in ((x, other), (other, x)):
                    out, want = maps.by_threads(ufunc, *given), ufunc(*given)
                    assert out.dtype == want.dtype == dtype
                    np.testing.assert_array_equal(out, want)
            for other in (True, 2j, np.float64(2), np.complex64(1j), np.int64(3)):
                for given in ((x, other), (other, x)):
                    out, want = maps.by_threads(ufunc, *given), ufunc(*given)
                    assert out.dtype == want.dtype
                    np.testing.assert_array_equal(out, want)
        for ufunc in (np.exp, np.sqrt, np.tanh):
            np.testing.assert_array_equal(maps.by_threads(ufunc, x), ufunc(x))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        maps.by_threads(np.divide, x, np.zeros_like(x))


def test_operations_on_large_arrays_are_of_the_kind_that_numpys_are(monkeypatch):
    monkeypatch.setattr(pieces, "SHARED", LARGE)
    x, y = (np.abs(numbers(LARGE_SHAPE, np.float32, seed)) + np.float32(0.1) for seed in (1, 2))
    for op in ag.PRIMITIVES.values():
        ufunc = getattr(np, op.name, None)
        if (
            isinstance(ufunc, np.ufunc)
            and not ufunc.signature
            and "f" * ufunc.nin in [kinds.partition("->")[0] for kinds in ufunc.types]
        ):
            with np.errstate(all="ignore"):
                found, want = op.bind(*(x, y)[: ufunc.nin]), ufunc(*(x, y)[: ufunc.nin])
            for one, other in zip(*(v if isinstance(v, tuple) else (v,) for v in (found, want)), strict=True):
                assert one.dtype == other.dtype, op.name
                np.testing.assert_array_equal(one, other)


# ── without a branch ──────────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every("shape", [LARGE_SHAPE, SMALL_SHAPE, (1, 1, 1, pieces.FEW - 1), (1, 1, 1, pieces.FEW)], ids=str)
@every_pair
def test_choices_are_numpys_to_the_bit(kernels, one, two, shape, dtype):
    x, y = LAYOUTS[one](numbers(shape, dtype, 1)).copy(), LAYOUTS[two](numbers(shape, dtype, 2))
    x.flat[:4] = np.nan, np.inf, -np.inf, -0.0
    mask = LAYOUTS[one](np.random.default_rng(3).random(shape) < 0.5)
    for given in ((mask, x, y), (mask, x, 0), (mask, 0, x), (mask, y, 0.5), (mask[:1], x, y)):
        out, want = maps.where(*given), np.where(*given)
        assert out.dtype == want.dtype
        np.testing.assert_array_equal(out, want)
        assert np.array_equal(np.signbit(out), np.signbit(want))
    for slope in (0.0, 0.01, 2.0, -1.0):
        with np.errstate(invalid="ignore"):
            out, want = maps.leak(y, x, slope), np.where(x > 0, y, dtype(slope) * y)
        np.testing.assert_array_equal(out, want)


@every_dtype
@every("shape", [LARGE_SHAPE, SMALL_SHAPE, (1, 1, 1, pieces.FEW - 1), (1, 1, 1, pieces.FEW)], ids=str)
@every_pair
def test_a_relu6_and_what_it_lets_through_are_numpys_to_the_bit(kernels, one, two, shape, dtype):
    g, x = LAYOUTS[one](numbers(shape, dtype, 1)).copy(), LAYOUTS[two](3 * numbers(shape, dtype, 2)).copy()
    g.flat[:4] = np.nan, np.inf, -np.inf, -0.0
    x.flat[-8:] = np.nan, np.inf, -np.inf, -0.0, 0, 6, np.nextafter(dtype(6), dtype(0)), -1
    for array in (g, x):
        array.flags.writeable = False
    y = maps.relu6(x)
    pairs = (y, np.minimum(maps.relu(x), dtype(6))), (maps.band(g, y, 0, 6), np.where((y > 0) & (y < 6), g, dtype(0)))
    for out, want in pairs:
        assert out.dtype == want.dtype
        np.testing.assert_array_equal(out, want)
        assert np.array_equal(np.signbit(out), np.signbit(want))


@every("shape", [LARGE_SHAPE, (1, pieces.FEW - 1), (1, pieces.FEW), (0,), (1,)], ids=str)
def test_sigmoid_and_silu_are_right_to_the_last_bits(kernels, shape):
    x = np.linspace(-110, 110, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    wide, step = x.astype(float), np.finfo(np.float32).eps
    exact = np.exp(np.minimum(wide, 0)) / (1 + np.exp(-np.abs(wide)))
    t = Tensor(x, requires_grad=True)
    s, y = ag.sigmoid(t), ag.silu(t)
    np.testing.assert_allclose(s.numpy(), exact, rtol=4 * step, atol=1.5e-45)
    if (
        kernels == "compiled" and x.size >= pieces.FEW
    ):  # in NumPy what is smaller than the smallest number with all its digits is 0
        np.testing.assert_allclose(y.numpy(), wide * exact, rtol=4 * step, atol=2e-43)
    slope = exact * (1 + wide * (1 - exact))
    np.testing.assert_allclose(grad(s.sum(), t).numpy(), exact * (1 - exact), rtol=0, atol=2 * step)
    # σ is rounded before it is taken off 1 and multiplied by an x of up to 17, from where it is 1
    np.testing.assert_allclose(grad(y.sum(), t).numpy(), slope, rtol=0, atol=17 * step)


def test_sigmoid_of_what_is_no_number_and_of_both_ends(kernels):
    for size in (6, pieces.FEW):
        x = np.resize(np.float32([np.nan, np.inf, -np.inf, 0.0, -0.0, -200]), size)
        np.testing.assert_array_equal(ag.sigmoid(x)[:6], np.float32([np.nan, 1, 0, 0.5, 0.5, 0]))


# ── one number for each row, or for each column ───────────────────────────────────────────────────────────────────────

ACROSS = [  # shapes, and the order of axes in memory; those of the last three have no loop
    ((300, 500), (500,), None), ((300, 500), (300, 1), None), ((20, 50, 200), (50, 200), None),
    ((20, 50, 200), (20, 50, 1), None), ((20, 50, 200), (20, 1, 1), None), ((1, 200, 301), (301,), None),
    ((8, 33, 20, 19), (1, 33, 1, 1), (0, 2, 3, 1)), ((8, 33, 20, 19), (8, 1, 20, 19), (0, 2, 3, 1)),
    ((300, 201), (201,), (1, 0)), ((301, 200), (301, 1), (1, 0)), ((7, 1, 9001), (9001,), None),
    ((200, 300), (1, 1), None), ((20, 50, 200), (1, 50, 1), None), ((20, 50, 200), (20, 1, 200), None),
]  # fmt: skip


@every_dtype
@every("ufunc", [np.add, np.subtract, np.multiply, np.divide], ids=lambda ufunc: ufunc.__name__)
@every(("shape", "other", "order"), ACROSS, ids=str)
def test_arithmetic_with_rows_and_columns_is_numpys_to_the_bit(kernels, ufunc, shape, other, order, dtype):
    x, y = numbers(shape, dtype), numbers(other, dtype, seed=1) + dtype(8)
    if order is not None:
        x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    with np.errstate(divide="ignore"):
        for given in ((x, y), (y, x), (x, y[..., ::-1])):
            found, want = maps.by_threads(ufunc, *given), ufunc(*given)
            np.testing.assert_array_equal(found, want)
            assert (found.dtype, found.strides) == (want.dtype, want.strides)


@every(("place", "column"), [((0, 0), np.inf), ((299, 499), 0.0), ((5, 7), np.nan)])
def test_of_what_is_not_finite_numpy_says_what_it_says_of_small_arrays(kernels, place, column):
    x, y = np.ones((300, 500), np.float32), np.ones(500, np.float32)
    x[place], y[place[1]] = np.float32(3e38), column
    for ufunc in (np.add, np.multiply, np.divide):
        with warnings.catch_warnings(record=True) as here:
            warnings.simplefilter("always")
            found = maps.by_threads(ufunc, x, 2 * y)
        with warnings.catch_warnings(record=True) as numpys:
            warnings.simplefilter("always")
            want = ufunc(x, 2 * y)
        np.testing.assert_array_equal(found, want)
        assert [str(warning.message) for warning in here] == [str(warning.message) for warning in numpys]


# ── copies ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@every("dtype", [np.float16, np.float32, np.float64, np.complex128])
@every("shape", [(301, 257), (5, 130, 129), (3, 40, 33, 130), (1, 2000), (130, 0), (130, 1), ()], ids=str)
def test_a_copy_has_every_element_whichever_axis_is_nearest_in_memory(shape, dtype):
    for axes in itertools.permutations(range(len(shape))):
        x = (np.arange(np.prod(shape, dtype=int)) % 2039).astype(dtype).reshape(shape).transpose(axes)
        for given in (x, x[::-1] if x.ndim else x, np.broadcast_to(x, (2, *x.shape))):
            out = np.full(given.shape, -1, dtype)
            assign(out, given)
            np.testing.assert_array_equal(out, given)


def test_a_border_lies_in_memory_as_what_it_surrounds():
    for axes in itertools.permutations(range(4)):
        x = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5).transpose(axes)
        padded = ag.pad(x, ((1, 0), (0, 2), (1, 1), (0, 0)))
        assert pieces.order_of(padded) == pieces.order_of(x)
        np.testing.assert_array_equal(padded, np.pad(x, ((1, 0), (0, 2), (1, 1), (0, 0))))
