"""NumPy's functions on Tensors: they mean what NumPy means, take NumPy's arguments, and lose no gradient in silence."""

import inspect
import math
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from cases import every

import autograd_mini as ag
from autograd_mini import GradientLostWarning, Tensor, grad, gradcheck, no_grad
from autograd_mini.numpy_functions import CONSTANT, INSTEAD, LOOKS, NUMPY, UnsupportedError, as_numpy_calls


def leaf(*data, dtype=float):
    return Tensor(np.array(data[0] if len(data) == 1 else data, dtype), requires_grad=True)


def square():
    return leaf([[1.5, -2.0], [3.0, 0.5]])


MASK = np.array([[True, False], [True, True]])
MASKED = np.ma.array([1.0, 2.0], mask=[True, False])
CONST = Tensor([[1.0, 2.0], [3.0, 4.0]])


# ── NumPy's own signatures: the value is NumPy's, the gradient is checked by differences ──

CALLS = {
    "sum, by position": lambda x: np.sum(x, 0, np.float64),
    "sum, dtype": lambda x: np.sum(x, dtype=np.float32),
    "sum, keepdims": lambda x: np.sum(x, 1, None, None, True),
    "sum, initial": lambda x: np.sum(x, axis=1, initial=2.0),
    "sum, where": lambda x: np.sum(x, axis=0, where=MASK),
    "sum, where broadcast": lambda x: np.sum(x, where=MASK[0]),
    "add.reduce": lambda x: np.add.reduce(x),
    "add.reduce, axis": lambda x: np.add.reduce(x, axis=1, keepdims=True),
    "mean, by position": lambda x: np.mean(x, 0, None),
    "mean, dtype": lambda x: np.mean(x, 0, np.float32),
    "mean, where": lambda x: np.mean(x, axis=1, where=MASK),
    "mean, where and keepdims": lambda x: np.mean(x, keepdims=True, where=MASK),
    "var, by position": lambda x: np.var(x, 0, None, None, 1),
    "var, correction": lambda x: np.var(x, axis=1, correction=1),
    "var, dtype": lambda x: np.var(x, dtype=np.float32),
    "std, ddof": lambda x: np.std(x, axis=1, ddof=1, keepdims=True),
    "max, initial": lambda x: np.max(x, axis=1, initial=2.0),
    "max, where": lambda x: np.max(x, axis=0, initial=-9.0, where=~MASK),
    "amax": lambda x: np.amax(x, 1),
    "min, initial": lambda x: np.min(x, initial=0.0),
    "min, where": lambda x: np.min(x, axis=1, initial=9.0, where=MASK),
    "amin": lambda x: np.amin(x, axis=0, keepdims=True),
    "clip, a_min and a_max": lambda x: np.clip(x, a_min=0, a_max=2),
    "clip, min and max": lambda x: np.clip(x, min=-1.0, max=1.0),
    "clip, max alone": lambda x: np.clip(x, max=1.0),
    "clip, out=None": lambda x: np.clip(x, 0, 2, out=None),
    "clip, an array": lambda x: np.clip(x, np.array([0.0, -1.0]), None),
    "clip, arrays": lambda x: np.clip(x, np.array([[0.0], [1.0]]), np.array([1.0, 2.0])),
    "clip, of nothing": lambda x: np.clip(x),
    "pad, mode": lambda x: np.pad(x, 1, mode="constant"),
    "pad, by position": lambda x: np.pad(x, ((0, 1), (2, 0)), "constant"),
    "pad, constant_values": lambda x: np.pad(x, 1, constant_values=5),
    "concatenate, axis=None": lambda x: np.concatenate([x, np.ones(3)], axis=None),
    "concatenate, dtype": lambda x: np.concatenate((x, x), 1, dtype=np.float32),
    "stack, by position": lambda x: np.stack([x, x * 2], -1),
    "reshape, order": lambda x: np.reshape(x, (1, 4), order="F"),
    "reshape, one number": lambda x: np.reshape(x, -1, "F"),
    "reshape, by name": lambda x: np.reshape(x, shape=(4, 1)),
    "ravel": lambda x: np.ravel(x),
    "ravel, order": lambda x: np.ravel(x, order="F"),
    "transpose, axes": lambda x: np.transpose(x, axes=np.array([1, 0])),
    "permute_dims": lambda x: np.permute_dims(x, (1, 0)),
    "matrix_transpose": lambda x: np.matrix_transpose(x),
    "swapaxes": lambda x: np.swapaxes(x[None], 0, -1),
    "moveaxis": lambda x: np.moveaxis(x[None, :, None], [0, -1], [-1, 1]),
    "moveaxis, one": lambda x: np.moveaxis(x[None], 0, 2),
    "broadcast_to": lambda x: np.broadcast_to(x, shape=(3, 2, 2)),
    "broadcast_to, a number": lambda x: np.broadcast_to(x[0, :1], 4),
    "dot": lambda x: np.dot(x, x),
    "dot, constant first": lambda x: np.dot(np.eye(2) * 3, x),
    "dot, vectors": lambda x: np.dot(x[0], x[1]),
    "dot, a number": lambda x: np.dot(2.0, x),
    "astype": lambda x: np.astype(x, np.float32),
    "positive": lambda x: np.positive(x),
    "fabs": lambda x: np.fabs(x),
    "true_divide": lambda x: np.true_divide(x, 2),
    "maximum of an array on the left": lambda x: np.maximum(np.ones((2, 2)), x),
}  # fmt: skip


@every("call", CALLS.values(), ids=CALLS)
def test_a_call_as_numpy_has_it_gives_numpys_value_and_is_recorded(call):
    x = square()
    y, right = call(x), call(x.numpy())
    assert isinstance(y, Tensor)
    assert y.dtype == right.dtype
    np.testing.assert_allclose(y, right, rtol=1e-6 if y.dtype == np.float32 else 1e-15)
    if y.dtype == np.float64:
        gradcheck(call, x)
    else:
        assert grad(y.sum(), x).dtype == np.float64


@every("call", CALLS.values(), ids=CALLS)
def test_the_same_call_without_a_gradient_gives_the_same_numbers(call):
    constant = square().detach()
    np.testing.assert_allclose(call(constant), call(constant.numpy()), rtol=1e-6)
    with no_grad():
        assert call(square()).is_leaf


def test_bounds_of_clip_receive_their_gradient():
    x, low = leaf(0.0, 1.0, 2.0), leaf(1.0, 1.0, 1.0)
    of_x, of_low = grad(np.clip(x, low, None).sum(), [x, low])
    np.testing.assert_array_equal(of_x, [0, 1, 1])  # the bound belongs to the inside
    np.testing.assert_array_equal(of_low, [1, 0, 0])
    np.testing.assert_array_equal(np.clip(x, np.array([np.nan, 0, 3]), None), [np.nan, 1, 3])


def test_what_an_operation_here_lacks_is_numpys_own_where_no_gradient_is_lost():
    x = CONST
    for call in (
        lambda x: np.pad(x, 1, mode="reflect"), lambda x: np.sum(x, dtype=int), lambda x: np.var(x, where=MASK),
        lambda x: np.max(x[:0], initial=0.0), lambda x: np.dot(x, np.ones((2, 2, 2))),
        lambda x: np.reshape(x, 4, order="A"), lambda x: np.exp(x, dtype=np.float32),
        lambda x: np.add.reduce(x, dtype=int),
    ):  # fmt: skip
        found, right = call(x), call(x.numpy())
        assert isinstance(found, Tensor)
        assert found.dtype == right.dtype
        np.testing.assert_array_equal(found, right)
    out = np.empty(2)
    assert np.sum(x, 0, out=out) is out
    np.testing.assert_array_equal(out, [4, 6])


def test_a_mask_that_does_not_fit_is_refused_as_by_numpy():
    wide = np.ones((3, 2, 2), bool)
    for call in (lambda x: np.sum(x, where=wide), lambda x: np.mean(x, where=wide)):
        for x, words in ((square(), r"where= \(3, 2, 2\) does not broadcast to \(2, 2\)"), (square().numpy(), None)):
            with pytest.raises(ValueError, match=words):
                call(x)


# ── what is not recorded ──

LOSING = {
    "nanmedian": lambda x: np.nanmedian(x, axis=0),
    "polyval, constant first": lambda x: np.polyval(CONST[0], x),
    "union1d": lambda x: np.union1d(CONST, x),
    "a dict of options": lambda x: np.apply_along_axis(lambda row, scale: row, 0, CONST, {"by": [x]}),
    "a keyword": lambda x: np.histogram(CONST, weights=x),
    "histogram of a chosen number of bins": lambda x: np.histogram(x, "auto"),
    "histogram, densities": lambda x: np.histogram(x, density=True),
    "copyto": lambda x: np.copyto(np.zeros((2, 2)), x),
    "a ufunc": lambda x: np.spacing(x),
    "accumulate": lambda x: np.hypot.accumulate(x),
    "reduceat": lambda x: np.add.reduceat(x, [0]),
    "at": lambda x: np.add.at(np.zeros((2, 2)), [0, 1], x),
    "out=": lambda x: np.exp(x, out=np.empty((2, 2))),
    "out= by position": lambda x: np.exp(x, np.empty((2, 2))),
    "out= of a function": lambda x: np.sum(x, out=np.empty(())),
    "out= of the constant's": lambda x: np.add(CONST, x, out=np.empty((2, 2))),
    "array +=": lambda x: exec("a = np.ones((2, 2)); a += x", {"np": np, "x": x}),
    "where=": lambda x: np.log(x, where=MASK),
    "reduce, out=": lambda x: np.add.reduce(x, out=np.empty(2)),
    "array[...] =": lambda x: exec("a = np.ones((2, 2)); a[...] = x", {"np": np, "x": x}),
    "array[i] = list": lambda x: exec("a = np.ones((1, 2, 2)); a[:] = [x]", {"np": np, "x": x}),
    "masked array": lambda x: np.ma.array(x),
    "masked product": lambda x: np.ma.multiply(x, MASKED),
    "masked exp": lambda x: np.ma.exp(x),
    "masked, on the left": lambda x: MASKED * x,
}  # fmt: skip


@every("call", LOSING.values(), ids=LOSING)
def test_what_would_lose_a_gradient_is_refused_whichever_argument_carries_it(call):
    with pytest.raises(TypeError, match=r"not recorded on the tape|would be lost|hidden elements would count"):
        call(square())


@every("name", [name for name in LOSING if "masked" not in name and name != "where="])
def test_the_same_is_numpys_own_under_no_grad(name):
    x = leaf([[2.0, 1.0], [1.0, 3.0]])
    with no_grad():
        found, right = LOSING[name](x), LOSING[name](x.numpy())
    for ours, theirs in zip(found, right, strict=True) if isinstance(right, tuple) else [(found, right)]:
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            np.testing.assert_array_equal(ours, theirs)


def test_an_element_written_into_an_array_is_refused_and_a_number_is_not():
    w, r = leaf(1.0, 2.0, 3.0), np.zeros(3)
    with pytest.raises(ValueError) as caught:  # NumPy's own, for what is raised while it asks for a number
        r[1] = w[1] * w[0]
    assert "an array keeps no gradient" in str(caught.value.__cause__)
    np.testing.assert_array_equal(r, 0)
    for i in range(3):
        r[i] = (w[i] * w[0]).item()
    r[1] = w.detach()[2]
    np.testing.assert_array_equal(r, [1, 3, 3])


def test_out_may_never_be_a_tensor():
    for given in (square(), CONST):
        for call in (lambda t: np.exp(np.ones((2, 2)), out=t), lambda t: np.add(t, 1, out=t),
                     lambda t: np.sum(np.ones((2, 2)), 0, out=t), lambda t: np.add.at(t, 0, 1)):  # fmt: skip
            with pytest.raises(TypeError, match="writes into a Tensor"):
                call(given)


def test_updates_by_hand_are_written_where_nothing_is_lost():
    p = leaf(1.0, 2.0)
    (p * p).sum().backward()
    p.data -= 0.1 * p.grad
    np.testing.assert_allclose(p, [0.8, 1.6])
    buffer = np.zeros(2)
    with no_grad():
        buffer += p
        np.multiply(p, 2, out=buffer)
    np.testing.assert_allclose(buffer, [1.6, 3.2])
    q = leaf(1.0, 2.0)
    (q**3).sum().backward(create_graph=True)  # now the gradient carries one itself
    with pytest.raises(TypeError, match=r"np\.subtract: with out="):
        q.data -= 0.1 * q.grad


def test_a_refusal_names_the_function_as_it_is_called():
    with pytest.raises(TypeError, match="use where or stack"):
        np.put(np.zeros(4), [0, 1, 2, 3], square())
    special = pytest.importorskip("scipy.special")
    with pytest.raises(TypeError, match=r"^exprel is not recorded on the tape"):
        special.exprel(square())
    np.testing.assert_array_equal(special.exprel(CONST), special.exprel(CONST.numpy()))


# ── constants ──


@every(
    "call",
    [
        np.argsort, np.argmax, np.argmin, np.nonzero, np.count_nonzero, np.isnan, np.signbit, np.floor, np.ceil,
        np.rint, np.trunc, np.round, np.sign, np.any, np.zeros_like, np.ones_like, np.linalg.matrix_rank,
        lambda x: np.searchsorted(np.arange(3.0), x), lambda x: np.digitize(x, [0.0, 1.0]), lambda x: np.allclose(x, x),
        lambda x: np.isclose(x, CONST.numpy()), lambda x: np.array_equal(x, x), lambda x: np.where(x > 0),
        lambda x: x // 2, lambda x: 7 // x, lambda x: np.greater(1.0, x), lambda x: np.logical_not(x),
        lambda x: np.round(x, 1), lambda x: np.ones(4) @ np.argsort(np.ravel(x)).reshape(4, 1),
    ],
)  # fmt: skip
def test_results_without_a_derivative_are_constants(call):
    x = square()
    found, right = call(x), call(x.numpy())
    for ours, theirs in zip(found, right, strict=True) if isinstance(right, tuple) else [(found, right)]:
        np.testing.assert_array_equal(ours, theirs)
        assert getattr(ours, "node", None) is None


@pytest.mark.parametrize("call", [np.floor, np.sign, np.isfinite, lambda t: t > 1, lambda t: t // 2])
def test_a_number_that_numpy_gives_is_an_array_without_axes(call):
    result = call(Tensor(2.5)).numpy()
    assert type(result) is np.ndarray
    assert result.shape == ()


def test_what_only_looks_does_not_let_the_array_go(tmp_path):
    from internals import EXPOSED

    x = square() * 1
    kept = x * x
    before = len(EXPOSED)
    assert (np.shape(x), np.ndim(x), np.size(x), np.size(x, 0)) == ((2, 2), 2, 4, 2)
    assert np.result_type(x, np.float32) == np.float64
    assert np.can_cast(x, np.float64)
    assert "1.5" in np.array2string(x) + np.array_str(x)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x=x)
    np.argsort(x), np.floor(x), np.isnan(x), x > 1, x // 2
    assert len(EXPOSED) == before
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x)
    assert np.load(tmp_path / "x.npz")["x"].shape == (2, 2)
    del kept


def test_round_gives_a_constant():
    for by, right in (((), [1, 2]), ((1,), [1.3, 2.5])):
        np.testing.assert_array_equal(round(leaf(1.26, 2.5), *by), right)


# ── operators mean what NumPy means ──

WHOLE, FLAGS = np.array([6, 3, 12]), np.array([True, False, True])
OPERATORS = {
    "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b, "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b, "//": lambda a, b: a // b, "%": lambda a, b: a % b,
    "divmod": lambda a, b: np.stack(divmod(a, b)),
}  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_bits_and_quotients_of_integers_are_numpys_on_either_side(operator):
    other, right = np.array([1, 2, 3]), operator(WHOLE, np.array([1, 2, 3]))
    pairs = [(Tensor(WHOLE), other), (WHOLE, Tensor(other)), (Tensor(WHOLE), Tensor(other)), (Tensor(WHOLE), [1, 2, 3])]
    for a, b in pairs:
        found = operator(a, b)
        assert isinstance(found, Tensor)
        assert found.dtype == right.dtype
        np.testing.assert_array_equal(found, right)
    np.testing.assert_array_equal(operator(Tensor(WHOLE), 2), operator(WHOLE, 2))
    np.testing.assert_array_equal(operator(20, Tensor(WHOLE)), operator(20, WHOLE))


def test_the_inverse_of_integers_and_of_masks():
    for x in (WHOLE, FLAGS):
        np.testing.assert_array_equal(~Tensor(x), ~x)
        np.testing.assert_array_equal(np.invert(Tensor(x)), ~x)


def test_masks_combine_with_arrays_and_with_pythons_own_on_either_side():
    mask = leaf(3.0, 1.0, 2.0) > 1  # whose elements are those of FLAGS
    for found, right in (
        (FLAGS & mask, FLAGS), (mask & FLAGS, FLAGS), (FLAGS | mask, FLAGS), (FLAGS ^ mask, [False] * 3),
        (True & mask, FLAGS), (False | mask, FLAGS), (mask ^ True, ~FLAGS), (np.bool_(True) & mask, FLAGS),
        (np.bitwise_or(FLAGS, mask), FLAGS), (np.logical_and(mask, FLAGS), FLAGS), (np.logical_or.reduce(mask), True),
        (~mask, ~FLAGS), ((mask & (leaf(3.0, 1.0, 2.0) < 3)), [False, False, True]),
    ):  # fmt: skip
        assert isinstance(found, Tensor)
        assert found.dtype == bool
        np.testing.assert_array_equal(found, right)


def test_floats_have_no_bits_as_in_numpy():
    for call in (lambda x: x & 1, lambda x: 1 | x, lambda x: ~x, lambda x: x << 1, lambda x: FLAGS ^ x):
        for x, words in ((leaf(1.0, 2.0, 3.0), "is not defined for"), (np.array([1.0, 2.0, 3.0]), None)):
            with pytest.raises(TypeError, match=words):
                call(x)


def test_quotients_of_floats_are_constants_and_remainders_of_constants_are_numpys():
    x = leaf(7.5, -7.5)
    assert (x // 2).node is None
    np.testing.assert_array_equal(x // 2, [3, -4])
    np.testing.assert_array_equal(x.detach() % 2, [1.5, 0.5])


# ── other kinds of arrays ──


class Counted(np.ndarray):
    """An array of a class of the user's."""


@pytest.mark.parametrize("kind", [np.matrix, Counted, np.memmap], ids=["matrix", "a class of one's own", "memmap"])
def test_other_kinds_of_arrays_are_the_plain_arrays_they_hold(kind, tmp_path):
    if kind is np.memmap:
        other = np.memmap(tmp_path / "array", float, "w+", shape=(2, 2))
        other[:] = [[1, 2], [3, 4]]
    else:
        other = np.array([[1.0, 2.0], [3.0, 4.0]]).view(kind)
    plain = np.asarray(other)
    for call in (lambda w, m: w * m, lambda w, m: m * w, np.multiply, lambda w, m: np.multiply(m, w),
                 lambda w, m: m - w):  # fmt: skip
        w = leaf([[1.0, 5.0], [2.0, 1.0]])
        y = call(w, other)
        right = call(w.numpy(), plain)
        assert type(y.data) is np.ndarray
        np.testing.assert_array_equal(y, right)
        gradcheck(lambda w, call=call: call(w, other), w)
    np.testing.assert_array_equal(leaf([[1.0, 5.0]]) > other, [[False, True], [False, True]])
    assert type((leaf([[1.0, 5.0]]) > other).data) is np.ndarray
    np.testing.assert_array_equal(np.sum(leaf([[1.0, 1.0]]) @ other), 10)


class Table:
    """What converts itself to an array, as pandas' Series does."""

    __pandas_priority__ = 3000

    def __init__(self, numbers):
        self.numbers = numbers

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numbers, dtype)

    def __mul__(self, other):
        if getattr(other, "__pandas_priority__", 0) > self.__pandas_priority__:
            return NotImplemented
        return Table(self.numbers * np.asarray(other))


def test_what_converts_itself_to_an_array_is_an_operand_on_either_side():
    for call in (lambda w: w * Table([1.0, 2.0, 3.0]), lambda w: Table([1.0, 2.0, 3.0]) * w):
        w = leaf(1.0, 1.0, 1.0)
        np.testing.assert_array_equal(grad(call(w).sum(), w), [1, 2, 3])
    np.testing.assert_array_equal(leaf(1.0, 3.0) > Table([2.0, 2.0]), [False, True])


def test_a_series_of_pandas_is_an_operand_on_either_side():
    pd = pytest.importorskip("pandas")
    for call in (lambda w, s: w * s, lambda w, s: s * w, lambda w, s: np.multiply(s, w), lambda w, s: s + w - s):
        w = leaf(1.0, 1.0, 1.0)
        y = call(w, pd.Series([1.0, 2.0, 3.0]))
        assert isinstance(y, Tensor)
        y.sum().backward()
        assert w.grad is not None


def test_hidden_elements_of_a_masked_array_never_count():
    for call in (lambda t: t + MASKED, lambda t: t * MASKED, lambda t: np.add(MASKED, t), lambda t: t > MASKED,
                 lambda t: ag.matmul(t, MASKED)):  # fmt: skip
        for t in (leaf(1.0, 2.0), Tensor([1.0, 2.0])):
            with pytest.raises(TypeError, match="a masked array's hidden elements would count"):
                call(t)


# ── arrays and numbers made of Tensors ──


def lines_of(call):
    """Where each warning of a lost gradient points to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [(Path(w.filename).name, w.lineno) for w in caught if issubclass(w.category, GradientLostWarning)]


WARNED = {
    "asarray": lambda u: np.asarray(u),
    "array": lambda u: np.array([u, u]),
    "asarray in a dtype": lambda u: np.asarray(u, np.float32),
    "sum of a list": lambda u: np.sum([u, u]),
    "exp of a list": lambda u: np.exp([u]),
    "r_": lambda u: np.r_[u, u],
    "vectorize": lambda u: np.vectorize(lambda x: x)(u),
    "a method of an array": lambda u: np.ones(2).dot(u),
    "float": lambda u: float(u[0]),
    "math": lambda u: math.exp(u[0]),
    "fromiter": lambda u: np.fromiter(u, float),
    "a random generator": lambda u: np.random.default_rng(0).normal(u),
}


@pytest.mark.parametrize("call", WARNED.values(), ids=WARNED)
def test_a_gradient_that_ends_in_an_array_or_number_is_warned_of_at_the_users_line(call):
    found = lines_of(lambda: call(leaf(1.0, 2.0)))
    assert set(found) == {(Path(__file__).name, call.__code__.co_firstlineno)}
    assert lines_of(lambda: call(Tensor([1.0, 2.0]))) == []
    with no_grad():
        assert lines_of(lambda: call(leaf(1.0, 2.0))) == []


def test_scipys_functions_are_warned_of_at_the_users_line_too():
    stats, signal = pytest.importorskip("scipy.stats"), pytest.importorskip("scipy.signal")
    for call in (lambda u: stats.norm.logpdf(u), lambda u: signal.convolve(u, u)):
        found = lines_of(lambda call=call: call(leaf(1.0, 2.0)))
        assert set(found) == {(Path(__file__).name, call.__code__.co_firstlineno)}


def test_what_says_itself_that_the_gradient_ends_is_quiet():
    def explicit(u):
        u.data, u.numpy(), u.tolist(), u.detach(), u[0].item(), repr(u), f"{u[0]:.2f}", bool(u[0] > 0), int(u[0])
        np.testing.assert_allclose(u, u.numpy())
        np.asarray(u.detach()), float(u.detach()[0]), np.array(u.data), np.array_repr(u)

    assert lines_of(lambda: explicit(leaf(1.0, 2.0))) == []


def test_a_line_is_warned_of_once():
    program = (
        "import numpy as np\nfrom autograd_mini import Tensor\nu = Tensor([1.0], requires_grad=True)\n"
        "for _ in range(5):\n    np.asarray(u)\nfor _ in range(5):\n    np.array([u, u])\n"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=root)
    assert done.stderr.count("GradientLostWarning") == 2
    assert "<string>:5: GradientLostWarning: a Tensor that carries a gradient became an array" in done.stderr
    assert "t.numpy()" in done.stderr
    assert "stack" in done.stderr


def test_our_own_rooms_look_at_tensors_quietly():
    import nn
    import vis

    x = Tensor(np.random.default_rng(0).random((1, 3, 8, 8)), requires_grad=True)
    net = nn.Sequential(conv=nn.Conv2d(3, 2, 3, rng=0), relu=nn.ReLU())
    signal = vis.project(net, x, "conv")
    vis.to_image(x[0])
    vis.common_scale([x * 2])
    vis.similarity(x[0, 0], x[0, 1])
    vis.receptive_field(net, x, "conv").crop(x[0])
    net.load_state_dict(dict(net.named_parameters()))
    nn.cross_entropy(x[0, 0], np.zeros(8, int))
    nn.ArrayData(x, np.zeros(1, int))
    with ag.profile():
        (x * x).sum().backward(create_graph=True)
    assert signal.shape == x.shape


# ── other libraries' arrays ──


def test_torch_takes_a_constant_and_refuses_what_would_lose_a_gradient():
    torch = pytest.importorskip("torch")
    for array in (np.array([1.0, 2.0]), np.array(3.0), np.float32([[1]]), np.array([True, False]), np.arange(3)[::2]):
        for take in (torch.tensor, torch.as_tensor, torch.asarray, torch.from_dlpack):
            found = take(Tensor(array))
            assert found.shape == array.shape
            np.testing.assert_array_equal(found.numpy(), array)
    with pytest.raises(BufferError, match="carries a gradient"):
        torch.from_dlpack(leaf(1.0, 2.0))
    assert torch.from_dlpack(leaf(1.0, 2.0).detach()).tolist() == [1, 2]


def test_an_array_given_to_another_library_is_looked_after():
    x, w = Tensor([1.0, 2.0]), leaf(3.0, 4.0)
    torch = pytest.importorskip("torch")
    there = torch.from_dlpack(x)
    assert there.data_ptr() == x.data.ctypes.data
    y = x * w
    there[0] = 9
    with pytest.raises(RuntimeError, match="the values were changed since"):
        y.sum().backward()


# ── the table ──


def test_the_table_holds_functions_of_numpy_and_names_what_it_does_with_each():
    for function, how in NUMPY.items():
        assert callable(function)
        assert callable(how) or how in (CONSTANT, LOOKS), function
    assert not set(INSTEAD) & set(NUMPY)


def test_an_adaptor_has_numpys_own_parameters():
    for function, how in NUMPY.items():
        of_a_ufunc = isinstance(getattr(function, "__self__", None), np.ufunc)  # np.add.reduce
        if isinstance(function, np.ufunc) or of_a_ufunc or not callable(how) or function in (np.where, np.dot):
            continue
        theirs = {
            name: p
            for name, p in inspect.signature(function).parameters.items()
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        }
        ours = inspect.signature(how).parameters
        open_ended = any(p.kind is p.VAR_KEYWORD for p in ours.values())
        positional = [n for n, p in theirs.items() if p.kind is not p.KEYWORD_ONLY]
        if not positional:  # *arrays
            continue
        assert list(ours)[1 : len(positional)] == positional[1:], function
        assert open_ended or set(theirs) - {positional[0]} <= set(ours), function


def test_numpys_further_arguments_are_cast_to_of_no_matter_or_refused():
    def total(x, axis=None):
        return ag.sum(x, axis)

    found, x = as_numpy_calls(np.cumsum, total, ()), square()
    assert found(x, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(found(x, 0, None, None), [4.5, -1.5])
    for given in ({"out": CONST.numpy()}, {"dtype": int}):
        with pytest.raises(UnsupportedError):
            found(x, **given)
    ordered = as_numpy_calls(np.sort, total, ("kind", "stable"))
    np.testing.assert_array_equal(ordered(a=x, axis=0, kind="heapsort", stable=True), [4.5, -1.5])
    with pytest.raises(UnsupportedError, match="order="):
        ordered(x, order="f")
    assert as_numpy_calls(np.flip, ag.flip, ()) is ag.flip


def test_operations_of_the_users_own_are_one_line_in_the_table(monkeypatch, broken):
    def gap(x):
        return np.spacing(x)

    op = broken(gap, x=lambda g, x: g * 2.0**-52)  # on the average
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match=r"np\.spacing is not recorded"):
        np.spacing(x)
    monkeypatch.setitem(NUMPY, np.spacing, op)
    np.testing.assert_allclose(grad(np.spacing(x).sum(), x), [2.0**-52, 2.0**-52])


def test_the_first_argument_may_be_given_by_numpys_name():
    x = square()
    for function, name in ((np.tril, "m"), (np.cumprod, "a"), (np.diagonal, "a"), (np.flip, "m"), (np.sum, "a")):
        np.testing.assert_array_equal(function(**{name: x}), function(x))
        assert function(**{name: x}).requires_grad


# ── programs written for NumPy ──


def test_a_small_network_in_numpys_own_words_trains():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 2)), np.sign(rng.standard_normal(64))
    y = np.where(np.sum(x, axis=1) > 0, 1.0, -1.0) + 0 * y

    def loss(w, b, v):
        hidden = np.tanh(np.dot(x, w) + b)
        margin = y * np.dot(hidden, v)
        return np.mean(np.log(1 + np.exp(-margin))) + 1e-3 * np.sum(w**2)

    params = [Tensor(rng.standard_normal(s), requires_grad=True) for s in ((2, 8), (8,), (8,))]
    gradcheck(loss, params)
    first = loss(*params).item()
    for _ in range(100):
        for p, g in zip(params, grad(loss(*params), params), strict=True):
            p.data -= 0.5 * g
    assert loss(*params).item() < 0.2 * first


def test_a_gaussian_mixture_in_numpys_own_words_has_the_right_gradient():
    x = np.random.default_rng(1).standard_normal((20, 3))

    def log_likelihood(means, log_scales, weights):
        scaled = (np.expand_dims(x, 1) - means) / np.exp(log_scales)
        logs = np.sum(-0.5 * scaled**2 - log_scales, axis=-1) + weights
        top = np.max(logs, axis=1, keepdims=True)
        return np.sum(np.log(np.sum(np.exp(logs - top), axis=1)) + np.squeeze(top, 1))

    rng = np.random.default_rng(2)
    gradcheck(log_likelihood, [Tensor(rng.standard_normal(s), requires_grad=True) for s in ((2, 3), (2, 3), (2,))])


def test_code_without_a_module_is_warned_too():
    with pytest.warns(GradientLostWarning, match="became a number"):
        exec("float(t)", {"t": leaf(1.0)})


def test_tolerances_may_be_tensors():
    a, b = np.array([1.0, 2.0]), np.array([1.05, 2.5])
    for close in (np.isclose, ag.isclose):
        assert np.asarray(close(a, b, atol=Tensor(0.1), rtol=Tensor(0.0))).tolist() == [True, False]
    assert not np.allclose(a, b, atol=Tensor(0.1), rtol=Tensor(0.0))
