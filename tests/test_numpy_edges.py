"""Edges of NumPy's functions: ties, nan, infinities, zeros, nothing at all, complex numbers, integers, constants."""

import numpy as np
import pytest
import torch
from cases import every

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

nan, inf = np.nan, np.inf


def leaf(data):
    return Tensor(np.asarray(data, None if np.asarray(data).dtype.kind == "c" else float), requires_grad=True)


def slopes(function, *data):
    """The gradients of the sum of a function's result."""
    arrays = [leaf(d) for d in data]
    with np.errstate(all="ignore"):
        return [g.numpy() for g in grad(function(*arrays).sum(), arrays)]


def of_torch(function, *data):
    arrays = [torch.tensor(np.asarray(d, float), requires_grad=True) for d in data]
    return [g.numpy() for g in torch.autograd.grad(function(*arrays).sum(), arrays)]


# ── at single points ──────────────────────────────────────────────────────────────────────────────────────────────────

AT = [0.0, -0.0, 1.0, -1.0, 0.5, inf, -inf, nan]
ELEMENTWISE = {
    "tan": torch.tan, "arctan": torch.arctan, "sinh": torch.sinh, "cosh": torch.cosh, "arcsinh": torch.asinh,
    "arcsin": torch.asin, "arccos": torch.acos, "arctanh": torch.atanh, "arccosh": torch.acosh, "exp2": torch.exp2,
    "log2": torch.log2, "log10": torch.log10, "reciprocal": torch.reciprocal, "rsqrt": torch.rsqrt, "sinc": torch.sinc,
    "nan_to_num": torch.nan_to_num, "frac": torch.frac, "deg2rad": torch.deg2rad,
}  # fmt: skip
ELSEWHERE = {"sinc": (inf, -inf), "frac": (inf, -inf), "arctanh": (inf, -inf), "arccosh": (-1.0, -inf)}
"""Where PyTorch gives nan and we the limit, or it the limit and we nan."""


@every("name", ELEMENTWISE)
def test_at_zeros_ends_infinities_and_nan_values_and_slopes_are_those_of_torch(name):
    points = np.array([x for x in AT if x not in ELSEWHERE.get(name, ())])
    with np.errstate(all="ignore"):
        ours = getattr(ag, name)(points)
    np.testing.assert_allclose(ours, ELEMENTWISE[name](torch.tensor(points)).numpy(), rtol=1e-14)
    np.testing.assert_allclose(*slopes(getattr(ag, name), points), *of_torch(ELEMENTWISE[name], points), rtol=1e-13)


PAIRS = [
    ("hypot", torch.hypot, [0, 3, inf], [0, 4, 1]),
    ("arctan2", torch.atan2, [1, -1, 0], [0, 0, -1]),
    ("logaddexp", torch.logaddexp, [0, 1000, -inf, 3], [0, 0, 1, -inf]),
    ("fmax", torch.fmax, [1, 2, 3], [2, 1, nan]),
    ("fmin", torch.fmin, [1, 2, 3], [2, 1, nan]),
    ("remainder", torch.remainder, [7, -7, 7, 6], [2, 2, -2, 2]),
    ("fmod", torch.fmod, [7, -7, 7, 6], [2, 2, -2, 2]),
]


@pytest.mark.parametrize(("name", "theirs", "x", "y"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_functions_of_two_arguments_at_their_edges_are_those_of_torch(name, theirs, x, y):
    known = of_torch(theirs, x, y)
    if name == "hypot":  # at the origin theirs is nan, and at infinity
        known = [np.array([0, 0.6, 1]), np.array([0, 0.8, 0])]
        x, y = [0, 3, 1e300], [0, 4, 1]
    for ours, k in zip(slopes(getattr(ag, name), x, y), known, strict=True):
        np.testing.assert_allclose(ours, k, rtol=1e-13, atol=1e-15)


def test_the_angle_and_the_length_of_nothing_have_slope_0():
    for function in (ag.hypot, ag.arctan2):
        np.testing.assert_array_equal(slopes(function, [0.0], [0.0]), [[0.0], [0.0]])


def test_equal_infinities_share_the_gradient_of_logaddexp():
    assert [g.tolist() for g in slopes(ag.logaddexp, [inf, -inf], [inf, -inf])] == [[0.5, 0.5], [0.5, 0.5]]


def test_tied_elements_share_a_gradient_and_nan_beside_a_number_has_none():
    assert [g.tolist() for g in slopes(ag.fmax, [1.0, nan, nan], [1.0, 2.0, nan])] == [[0.5, 0, 0.5], [0.5, 1, 0.5]]
    assert slopes(ag.nanmax, [3.0, nan, 3.0])[0].tolist() == [0.5, 0, 0.5]
    assert slopes(lambda x: ag.ptp(x), [2.0, 2.0])[0].tolist() == [0, 0]


def test_beyond_a_bound_that_is_an_array_the_gradient_goes_to_the_bound():
    x, low, high = slopes(lambda x, low, high: ag.clip(x, low, high), [-2, 0, 1, 5], [-1, 0, 0, 0], [1, 1, 1, 3])
    assert (x.tolist(), low.tolist(), high.tolist()) == ([0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1])
    np.testing.assert_array_equal(np.clip(leaf([1.0]), np.array([nan]), None).numpy(), [nan])


def test_a_mean_a_variance_and_a_softmax_of_nothing_are_numpys():
    nothing = leaf(np.zeros((0, 3)))
    for function in (ag.mean, ag.var, ag.std, ag.nanmean):
        np.testing.assert_array_equal(function(nothing, axis=0).numpy(), [nan] * 3)
        assert grad(function(nothing, axis=0).sum(), nothing).shape == (0, 3)
    np.testing.assert_array_equal(ag.logsumexp(nothing, axis=0).numpy(), [-inf] * 3)
    assert ag.softmax(nothing, axis=0).shape == ag.log_softmax(nothing, axis=0).shape == (0, 3)
    assert (ag.prod(nothing).item(), ag.nansum(nothing).item(), ag.any(nothing).item(), ag.all(nothing).item()) == (
        1.0, 0.0, False, True,
    )  # fmt: skip


NOTHING = {
    "cumprod": lambda x: ag.cumprod(x, 0), "cummax": lambda x: ag.cummax(x, 1),
    "sort": lambda x: ag.sort(x, 0, descending=True),
    "logcumsumexp": lambda x: ag.logcumsumexp(x, 0), "diff": lambda x: ag.ediff1d(x),
    "repeat": lambda x: ag.repeat(x, 2, 0),
    "tril": ag.tril, "take": lambda x: ag.take(x, np.zeros((2, 0), int)), "concatenate": lambda x: ag.append(x, [1.0]),
    "pad": lambda x: ag.pad(x, 1, constant_values=((1, 2), (3, 4))), "resize": lambda x: ag.resize(x, (2, 2)),
    "vstack": lambda x: ag.vstack([x, x]), "outer": lambda x: ag.outer(x, x),
    "tensordot": lambda x: ag.tensordot(x, x.T, 1),
    "select": lambda x: ag.select([x > 0], [x], 1.0), "unwrap": lambda x: ag.unwrap(x, axis=1), "nanprod": ag.nanprod,
    "segment_sum": lambda x: ag.segment_sum(x, np.zeros(0, int), 3), "at": lambda x: x.at[:].add(1.0),
    "arctan2": lambda x: ag.arctan2(x, x), "topk": lambda x: ag.topk(x, 0, 0)[0], "kron": lambda x: ag.kron(x, x),
}  # fmt: skip


@every("name", NOTHING)
def test_arrays_without_elements_have_gradients_without_elements(name):
    x = leaf(np.zeros((0, 3)))
    found = NOTHING[name](x)
    assert grad(found.sum(), x).shape == (0, 3)


SCALARS = [
    "tan",
    "arcsin",
    "arcsinh",
    "exp2",
    "log2",
    "cbrt",
    "reciprocal",
    "sinc",
    "nan_to_num",
    "frac",
    "sec",
    "arccot",
    "prod",
    "cumprod",
    "nansum",
    "nanmean",
    "nanstd",
    "median",
    "ptp",
    "average",
    "ravel",
    "atleast_3d",
    "copy",
    "percentile",
]


@every("name", SCALARS)
def test_a_number_is_an_array_without_axes(name):
    def function(x):
        return ag.percentile(x, 30) if name == "percentile" else getattr(ag, name)(x)

    gradcheck(function, leaf(0.4))
    gradgradcheck(function, leaf(0.4))
    given = (30,) if name == "percentile" else ()
    if hasattr(np, name):
        np.testing.assert_allclose(function(leaf(0.4)).numpy(), getattr(np, name)(0.4, *given))
        assert function(leaf(0.4)).shape == np.shape(getattr(np, name)(np.float64(0.4), *given))


def test_far_from_zero_and_near_it_nothing_is_lost():
    near = np.array([1e-9, -1e-5, 0.3, 0.499999, 0.500001])
    exact = [np.float64(slope) for slope in torch.autograd.functional.jacobian(
        lambda x: torch.sinc(x.to(torch.float64)), torch.tensor(near[2:])).diagonal()]  # fmt: skip
    np.testing.assert_allclose(slopes(ag.sinc, near)[0][2:], exact, rtol=1e-11)
    np.testing.assert_allclose(slopes(ag.sinc, near)[0][:2], -(np.pi**2) / 3 * near[:2], rtol=1e-8)
    assert slopes(ag.sinc, 1e-9)[0] == slopes(ag.sinc, [1e-9])[0][0]
    assert slopes(ag.arcsinh, [1e200])[0] == [1e-200]
    np.testing.assert_allclose(slopes(ag.hypot, [3e200], [4e200]), [[0.6], [0.8]])
    np.testing.assert_allclose(slopes(ag.arctan2, [1e-200], [1e-200]), [[5e199], [-5e199]])
    np.testing.assert_allclose(slopes(ag.arccos, [1 - 1e-14]), -1 / np.sqrt(2e-14), rtol=2e-2)


# ── complex numbers ───────────────────────────────────────────────────────────────────────────────────────────────────

Z = np.array([0.3 + 0.4j, -0.7 + 0.2j, 0.9 - 0.5j])
COMPLEX = {
    "tan": torch.tan, "arcsin": torch.asin, "arccos": torch.acos, "arctan": torch.atan, "sinh": torch.sinh,
    "cosh": torch.cosh, "arcsinh": torch.asinh, "arccosh": torch.acosh, "arctanh": torch.atanh, "log2": torch.log2,
    "log10": torch.log10, "reciprocal": torch.reciprocal, "rsqrt": torch.rsqrt, "sign": torch.sgn, "angle": torch.angle,
    "prod": torch.prod, "cumprod": lambda z: torch.cumprod(z, 0), "ravel": torch.ravel, "flipud": torch.flipud,
    "tril": torch.tril, "diag": torch.diag, "nansum": torch.nansum, "copy": torch.clone, "average": torch.mean,
}  # fmt: skip


@every("name", COMPLEX)
def test_gradients_of_complex_numbers_are_those_of_torch(name):
    data = Z if name != "tril" else np.outer(Z, Z)
    z, other = leaf(data), torch.tensor(data, requires_grad=True)
    ours = getattr(ag, name)(z)
    theirs = (torch.sum if name == "nansum" else COMPLEX[name])(other)
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-13)
    weights = np.cos(np.arange(ours.size)).reshape(ours.shape) * (1 - 0.5j)
    loss = ag.real((ours * weights).sum())
    known = torch.real((theirs * torch.tensor(weights)).sum())
    (mine,) = grad(loss, [z], create_graph=True)
    (their,) = torch.autograd.grad(known, [other], create_graph=True)
    np.testing.assert_allclose(mine.numpy(), their.detach().resolve_conj().numpy(), rtol=1e-11, atol=1e-14)
    if their.requires_grad:
        again = grad(ag.real(mine * mine.conj()).sum(), z).numpy()
        (twice,) = torch.autograd.grad(torch.real(their * their.conj()).sum(), [other])
        np.testing.assert_allclose(again, twice.resolve_conj().numpy(), rtol=1e-9, atol=1e-12)


PRODUCTS = {
    "dot": lambda m, x, y: m.dot(x, y), "vdot": lambda m, x, y: m.vdot(x, y), "inner": lambda m, x, y: m.inner(x, y),
    "outer": lambda m, x, y: m.outer(x, y), "kron": lambda m, x, y: m.kron(x, y),
    "cross": lambda m, x, y: m.cross(x, y),
    "vecdot": lambda m, x, y: m.vecdot(x, y), "tensordot": lambda m, x, y: m.tensordot(x, y, 1),
    "convolve": lambda m, x, y: m.convolve(x, y), "correlate": lambda m, x, y: m.correlate(x, y, "full"),
    "cov": lambda m, x, y: m.cov(x, y), "where": lambda m, x, y: m.where([True, False, True], x, y),
    "insert": lambda m, x, y: m.insert(x, 1, y), "linspace": lambda m, x, y: m.linspace(x, y, 3),
    "average": lambda m, x, y: m.average(x, weights=y),
}  # fmt: skip


@every("name", PRODUCTS)
def test_products_of_complex_numbers_have_numpys_values_and_right_gradients(name):
    x, y = leaf(Z), leaf(Z[::-1] * 2j)
    found = PRODUCTS[name](ag, x, y)
    np.testing.assert_allclose(found.numpy(), PRODUCTS[name](np, x.numpy(), y.numpy()), rtol=1e-13)
    gradcheck(lambda x, y: PRODUCTS[name](ag, x, y), [x, y])
    gradgradcheck(lambda x, y: PRODUCTS[name](ag, x, y), [x, y])


def test_the_real_part_alone_is_left_where_the_imaginary_one_is_rounding():
    z = leaf([1 + 1e-16j, 2 - 1e-17j])
    assert ag.real_if_close(z).dtype == np.float64 == np.real_if_close(z).dtype
    assert ag.real_if_close(leaf([1 + 1j])).dtype == np.complex128
    assert grad(ag.real_if_close(z).sum(), z).numpy().tolist() == [1, 1]
    assert ag.angle(leaf([1j]), deg=True).item() == 90 == np.angle(leaf([1j]), deg=True).item()


# ── integers, booleans, constants ─────────────────────────────────────────────────────────────────────────────────────

WHOLE = np.array([[3, -1, 2], [0, 7, -4]])
WHOLES = [
    "tan",
    "floor",
    "ceil",
    "rint",
    "trunc",
    "prod",
    "cumprod",
    "nansum",
    "nanmax",
    "median",
    "ptp",
    "fliplr",
    "ravel",
    "diag",
    "tril",
    "copy",
    "cumsum",
]

INTEGERS = {
    name: lambda m, x, f=name: getattr(m, f)(x)
    for name in WHOLES
} | {
    "remainder": lambda m, x: m.remainder(x, 3), "floor_divide": lambda m, x: m.floor_divide(x, 2),
    "clip": lambda m, x: m.clip(x, 0, 2), "round": lambda m, x: m.round(x), "mean": lambda m, x: m.mean(x),
    "hypot": lambda m, x: m.hypot(x, 2), "heaviside": lambda m, x: m.heaviside(x, 1),
    "pad": lambda m, x: m.pad(x, 1, "mean"),
    "linear_ramp": lambda m, x: m.pad(x, 2, "linear_ramp"), "repeat": lambda m, x: m.repeat(x, 2, axis=0),
    "take": lambda m, x: m.take(x, [0, 1]), "gcd": lambda m, x: np.gcd(x, 2),
    "bitwise_and": lambda m, x: m.bitwise_and(x, 3),
    "left_shift": lambda m, x: m.left_shift(x, 1), "invert": lambda m, x: m.invert(x),
    "argmin": lambda m, x: m.argmin(x, axis=1),
    "count_nonzero": lambda m, x: m.count_nonzero(x, axis=0), "any": lambda m, x: m.any(x, axis=0),
    "all": lambda m, x: m.all(x),
    "logical_not": lambda m, x: m.logical_not(x), "less": lambda m, x: m.less(x, 2), "unique": lambda m, x: m.unique(x),
    "digitize": lambda m, x: m.digitize(x, [0, 2]), "isclose": lambda m, x: m.isclose(x, 2),
    "nextafter": lambda m, x: m.nextafter(x, 9.0),
    "histogram": lambda m, x: m.histogram(x + 0, 3)[0], "signbit": lambda m, x: m.signbit(x),
    "isnan": lambda m, x: m.isnan(x),
    "nanargmax": lambda m, x: m.nanargmax(x), "nanargmin": lambda m, x: m.nanargmin(x, axis=1),
}  # fmt: skip


@every("name", INTEGERS)
@every("dtype", [np.int64, np.uint8, bool])
def test_integers_and_booleans_give_what_numpy_gives_and_are_constants(name, dtype):
    data = np.abs(WHOLE).astype(dtype) if dtype is not np.int64 else WHOLE
    try:
        known = INTEGERS[name](np, data)
    except TypeError:
        with pytest.raises(TypeError, match=r"^\w+: "):
            INTEGERS[name](ag, Tensor(data))
        return
    found = INTEGERS[name](ag, Tensor(data))
    np.testing.assert_array_equal(found.numpy(), known)
    assert (found.dtype, found.requires_grad) == (known.dtype, False)
    np.testing.assert_array_equal(INTEGERS[name](np, Tensor(data)), known)


FLAT = {
    "floor": lambda x: ag.floor(x), "round": lambda x: round(x, 1), "x // y": lambda x: x // 0.3, "sign": ag.sign,
    "argmin": ag.argmin, "argsort": ag.argsort, "isclose": lambda x: ag.isclose(x, x),
    "heaviside": lambda x: ag.heaviside(x, 0.5),
    "count_nonzero": ag.count_nonzero, "digitize": lambda x: ag.digitize(x, [0.0, 1.0]),
    "one_hot": lambda x: ag.one_hot([1, 0], 3),
    "zeros_like": ag.zeros_like, "argpartition": lambda x: ag.argpartition(x, 1),
    "isin": lambda x: ag.isin(x, [1.0]),
    "logical_and": lambda x: ag.logical_and(x, x), "invert": lambda x: ~(x > 0),
}  # fmt: skip


@every("name", FLAT)
def test_what_has_no_derivative_is_a_constant(name):
    found = FLAT[name](leaf([0.4, 1.3, -0.7]))
    assert not getattr(found, "requires_grad", False)


# ── methods ───────────────────────────────────────────────────────────────────────────────────────────────────────────

METHODS = {
    "swapaxes": (0, 1), "ravel": (), "repeat": (2, 1), "take": ([0, 3],), "compress": None, "trace": (),
    "diagonal": (), "dot": ([1.0, 2.0],),
    "prod": (0,), "cumprod": (1,), "any": (), "all": (1,), "round": (1,), "clip": (-0.5, 0.5), "copy": (), "conj": (),
    "argmin": (1,),
    "sort": (0,), "argsort": (1,), "median": (0,), "quantile": (0.3,), "tril": (),
    "masked_fill": ([[True], [False]], 3.0), "unbind": (),
    "topk": (1,), "frac": (), "lerp": (2.0, 0.25), "tile": (2,), "sinh": (), "sign": (), "kthvalue": (1,),
    "logcumsumexp": (), "nan_to_num": (), "floor": (), "trunc": (), "gather": (1, [[0], [1]]),
    "scatter_add": (1, [[0], [1]], 2.0),
    "index_add": (0, [1], [[1.0, 2.0]]), "index_copy": (0, [1], [[1.0, 2.0]]),
}  # fmt: skip
FUNCTIONS = {"trace": "matrix_trace", "unbind": "unstack"}


@every("name", [name for name, given in METHODS.items() if given is not None])
def test_a_method_is_the_function(name):
    x, given = leaf([[0.7, -1.2], [0.1, 2.6]]), METHODS[name]
    ours, function = getattr(x, name)(*given), getattr(ag, FUNCTIONS.get(name, name))(x, *given)
    for found, known in zip(*((f if isinstance(f, tuple) else [f]) for f in (ours, function)), strict=True):
        np.testing.assert_array_equal(found.numpy(), known.numpy())


def test_an_item_is_found_by_its_place():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    assert (x.item(3), x.item(1, 0), x.item((0, 1)), x[0, 0].item()) == (4.0, 3.0, 2.0, 1.0)
    with pytest.raises(ValueError, match=r"^item: shape \(2, 2\) has 4 elements, not one$"):
        x.item()


def test_rounding_and_dividing_are_pythons():
    x = leaf([7.5, -7.5])
    assert (round(x).tolist(), round(x, 0).tolist(), (x // 2).tolist(), (-x % 4).tolist()) == (
        [8, -8],
        [8, -8],
        [3, -4],
        [0.5, 3.5],
    )
    quotient, rest = divmod(x, 2.0)
    assert (quotient.requires_grad, rest.requires_grad) == (False, True)
    assert grad((20.0 % x).sum(), x).numpy().tolist() == [-2.0, 3.0]


# ── elements updated ──────────────────────────────────────────────────────────────────────────────────────────────────

UPDATES = {
    "set": lambda x, v: x.at[1:].set(v), "add": lambda x, v: x.at[[0, 0, 2]].add(v),
    "subtract": lambda x, v: x.at[0].subtract(v[0]),
    "multiply": lambda x, v: x.at[..., 1].multiply(v), "divide": lambda x, v: x.at[[1, 2]].divide(v),
    "get": lambda x, v: x.at[1].get() * v,
    "power": lambda x, v: abs(x).at[1].power(abs(v)), "max": lambda x, v: x.at[:2].max(v),
    "min": lambda x, v: x.at[:2].min(v),
    "apply": lambda x, v: x.at[x > 0].apply(lambda e: e * e) + v, "mask": lambda x, v: x.at[x > 0].set(v.sum()),
    "set twice": lambda x, v: x.at[[1, 1]].set(ag.stack([v, 2 * v])),
    "scatter": lambda x, v: ag.scatter(x, 1, [[0], [1]], v[:2].reshape((2, 1))),
    "scatter_add": lambda x, v: ag.scatter_add(x, 0, [[0, 1, 0]], v.reshape((1, 3))),
    "index_add": lambda x, v: ag.index_add(x, 0, [2, 2], ag.stack([v, v])),
    "index_copy": lambda x, v: ag.index_copy(x, 1, [0], v.reshape((3, 1))),
    "gather": lambda x, v: ag.gather(x, 0, [[0, 1, 0]]) * v,
    "segment_sum": lambda x, v: ag.segment_sum(x, [1, 0, 1]) * v,
    "segment_mean": lambda x, v: ag.segment_mean(x, [3, 0, 3]) * v,
    "segment_max": lambda x, v: ag.segment_max(x, [1, 0, 1]) + v,
    "segment_min": lambda x, v: ag.segment_min(x, [1, 0, 1]) * v,
}  # fmt: skip


@every("name", UPDATES)
def test_updated_elements_have_right_derivatives_of_both_orders(name):
    rng = np.random.default_rng(7)
    x, v = leaf(rng.permutation(np.linspace(-2, 2.1, 9)).reshape(3, 3)), leaf([0.37, -1.13, 2.71])
    gradcheck(UPDATES[name], [x, v])
    gradgradcheck(UPDATES[name], [x, v])


@pytest.mark.parametrize(
    "index", [1, slice(None), (Ellipsis, 0), [0, 2], ([0, 0], [1, 1]), None, np.array([True, False, True])], ids=str
)
def test_a_tensor_is_updated_as_numpy_writes_into_an_array(index):
    x, values = np.arange(9.0).reshape(3, 3), np.full(np.empty((3, 3))[index].shape, 10.0)
    for name, write in (
        ("set", lambda a: a.__setitem__(index, values)),
        ("add", lambda a: np.add.at(a, index, values)),
    ):
        known = x.copy()
        write(known)
        np.testing.assert_array_equal(getattr(Tensor(x).at[index], name)(values).numpy(), known)


# ── functions of branches ─────────────────────────────────────────────────────────────────────────────────────────────


def test_where_with_functions_computes_each_on_its_own_elements():
    x = leaf([-1.0, 0.0, 4.0])
    y = ag.where(x > 0, lambda v: ag.sqrt(v), lambda v: v * v, of=x)
    assert (y.tolist(), grad(y.sum(), x).numpy().tolist()) == ([1, 0, 2], [-2, 0, 0.25])
    z = ag.where(x > 0, lambda v, w: v * w, 5.0, of=[x, leaf(3.0)])
    assert z.tolist() == [5, 5, 12]


def test_array_joins_nested_lists_of_tensors():
    x, y = leaf(2.0), leaf([1.0, 3.0])
    made = ag.array([[x, 1], [x * x, 0.5]])
    assert made.tolist() == [[2, 1], [4, 0.5]]
    assert grad(made.sum(), x).item() == 5
    assert ag.array([y, [1, 2]]).shape == (2, 2)
    assert ag.array([Tensor(np.float32(1)), 2.5]).dtype == np.float32
    assert ag.array([1, 2], dtype=np.float32).dtype == np.float32


def test_new_tensors_are_numpys():
    for name, given in {
        "zeros": ((2, 3),), "ones": (3,), "full": ((2,), 7), "eye": (2, 3, 1), "identity": (2,), "tri": (2, 3, 1),
        "arange": (1, 7, 2),
        "linspace": (0, 1, 5), "logspace": (0, 2, 3), "geomspace": (1, 8, 4),
    }.items():  # fmt: skip
        ours, known = getattr(ag, name)(*given), getattr(np, name)(*given)
        np.testing.assert_allclose(ours.numpy(), known, rtol=1e-14)
        assert (type(ours), ours.dtype) == (Tensor, known.dtype), name
    assert ag.arange(3).tolist() == [0, 1, 2]
    assert ag.ones((2,), np.float32).dtype == ag.zeros_like(Tensor(np.float32([1]))).dtype == np.float32
    for spaced in (ag.linspace, ag.logspace, ag.geomspace):
        assert spaced(Tensor(np.float32(1)), Tensor(np.float32(2)), 3).dtype == np.float32
    assert [part.tolist() for part in ag.linspace(0, 4, 5, retstep=True)] == [[0, 1, 2, 3, 4], 1.0]


def test_numpys_further_arguments_are_carried_out():
    x = leaf([[3.0, -1.0], [2.0, 5.0]])
    assert np.vstack([x, x], dtype=np.float32).dtype == np.float32
    assert np.concatenate([x, x], dtype=np.float32).dtype == ag.stack([x, x], dtype=np.float32).dtype == np.float32
    assert np.cumprod(x, 0, np.float32).dtype == np.nansum(x, dtype=np.float32).dtype == np.float32
    assert np.sort(x, kind="heapsort").tolist() == np.sort(x).tolist() == [[-1, 3], [2, 5]]
    assert ag.sort(x, axis=None, descending=True).tolist() == [5, 3, 2, -1]
    assert np.pad(x, 1, "constant", constant_values=(1, 2)).shape == (4, 4)
    assert np.vecdot(x, x, axis=0).tolist() == [13, 26]
    assert np.round(x, decimals=1).tolist() == x.tolist()
    assert np.prod(x, initial=2.0).item() == -60
    for refused in (
        lambda: np.nansum(x, where=[True, False]), lambda: np.sort(x, order="f"),
        lambda: np.quantile(x, 0.5, weights=x),
        lambda: np.pad(x, 1, "empty"), lambda: np.median(x, out=np.zeros(())), lambda: np.add.reduceat(x, [0]),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="recorded on the tape"):
            refused()


def test_largest_and_smallest_are_chosen_in_order_with_their_places():
    x = leaf([[3.0, nan, 1.0, 3.0]])
    values, places = ag.topk(x, 3)
    np.testing.assert_array_equal(values.numpy(), [[nan, 3, 3]])
    assert places.tolist() == [[1, 0, 3]]
    assert ag.topk(leaf([3.0, 1.0, 2.0]), 2, largest=False)[0].tolist() == [1, 2]
    assert grad(ag.kthvalue(leaf([3.0, 1.0]), 1)[0], leaf([3.0, 1.0]), allow_unused=True) is None
    assert ag.partition(leaf([[3.0, 1.0, 2.0]]), [0, 1], axis=None).tolist() == [1, 2, 3]


def test_the_first_of_equal_elements_has_their_gradient():
    x = leaf([5.0, 3.0, 5.0])
    assert grad(ag.unique(x).sum(), x).tolist() == [1, 1, 0]
    counts = ag.unique(leaf([[1.0, 2.0], [1.0, 2.0]]), axis=0, return_counts=True)[1]
    assert (counts.tolist(), counts.requires_grad) == ([2], False)


# ── messages ──────────────────────────────────────────────────────────────────────────────────────────────────────────

X = Tensor(np.zeros((2, 3)))
BAD = {
    "swapaxes: axis 2 is out of range for shape (2, 3), which has 2 axes": lambda: X.swapaxes(0, 2),
    "moveaxis: (0, 1) and (0,) must be equally many axes, each of them once": lambda: ag.moveaxis(X, (0, 1), (0,)),
    "rot90: axes must be two different axes, not (0, 1, 1)": lambda: ag.rot90(X, 1, (0, 1, 1)),
    "rollaxis: start 5 is out of range for shape (2, 3), which has 2 axes": lambda: ag.rollaxis(X, 0, 5),
    "fliplr: shape (3,) has no columns": lambda: ag.fliplr(X[0]),
    "ravel: order must be 'C', 'F', 'A' or 'K', not 'X'": lambda: X.ravel("X"),
    "broadcast_arrays: (2, 3) and (2,) do not broadcast": lambda: ag.broadcast_arrays(X, np.zeros(2)),
    "meshgrid: indexing must be 'xy' or 'ij', not 'yx'": lambda: ag.meshgrid(X[0], indexing="yx"),
    "repeat: (2,) repeats do not go with axis 1 of shape (2, 3)": lambda: X.repeat([1, 2], 1),
    "repeat: repeats must be integers, not 1.5": lambda: X.repeat(1.5),
    "unflatten: sizes (2, 2) do not make up axis 1 of shape (2, 3)": lambda: X.unflatten(1, (2, 2)),
    "vstack: (2, 3) and (2,), as (2, 3) and (1, 2), must agree on every axis but axis 0": lambda: ag.vstack(
        [X, [1.0, 2.0]]
    ),
    "block: lists must not be empty, and all be nested equally deep": lambda: ag.block([[X], X]),
    "hsplit: shape () has fewer than 1 axes": lambda: ag.hsplit(Tensor(1.0), 2),
    "chunk: there must be an integer of at least 1 chunks, not 0": lambda: X.chunk(0),
    "insert: values (2, 2) do not go into (2, 3) at 0": lambda: ag.insert(X, 0, np.zeros((2, 2)), 0),
    "take: place 9 is out of range for axis 1 of shape (2, 3)": lambda: X.take([9], 1),
    "take: indices must be integers, not float64": lambda: X.take([0.5]),
    "choose: numbers must be from 0 to 0, not 0 to 2": lambda: ag.choose([0, 2], [X[0, :2]]),
    "select: 1 conditions do not go with 2 choices": lambda: ag.select([X > 0], [X, X]),
    "where: takes a condition alone, or with x and y both": lambda: ag.where(X > 0, X),
    "where: of=… says which Tensor the functions are functions of": lambda: ag.where(X > 0, ag.exp, X),
    "masked_fill: the mask must be made of booleans, not float64": lambda: X.masked_fill(X, 0.0),
    "diagonal: axis1 and axis2 must be different, not both 0": lambda: X.diagonal(0, 0, 0),
    "at: values (2,) do not broadcast to the elements' shape (3,)": lambda: X.at[0].set([1.0, 2.0]),
    "at: multiply names the element (0, 0) twice; only add, subtract and set may": lambda: X.at[[0, 0]].multiply(2.0),
    "at: float64 does not go into int64; astype makes room": lambda: Tensor([1, 2]).at[0].set(0.5),
    "gather: indices (2,) must have x's axes, (2, 3), and be no longer beside axis 1": lambda: X.gather(1, [0, 1]),
    "segment_sum: segment_ids (3,) must be one for each part of data (2, 3)": lambda: ag.segment_sum(X, [0, 1, 1]),
    "dot: (2, 3) and (2, 3): the axes summed over have lengths 3 and 2": lambda: ag.dot(X, X),
    "tensordot: axes must be a number of axes, or a pair of axes of a and b, not 0.5": lambda: ag.tensordot(X, X, 0.5),
    "cross: (3, 2) and (3, 2): vectors must have three elements, not 2 and 2": lambda: ag.cross(X.T, X.T),
    "cdist: (2, 3) and (2, 2) must be points (..., n, k) of one dimension k": lambda: ag.cdist(X, X[:, :2]),
    "quantile: levels must be from 0 to 1, not 2": lambda: ag.quantile(X, 2),
    "median: shape (0,) has no elements along axis (0,), so there is no median": lambda: ag.median(Tensor(np.zeros(0))),
    "interp: xp (2,) and fp (3,) must be (n,) both, with at least one place": lambda: ag.interp(X, [0, 1], [0, 1, 2]),
    "gradient: axis 0 of shape (1,) is too short; it takes 2 elements": lambda: ag.gradient(Tensor([1.0])),
    "convolve: mode must be 'full', 'same' or 'valid', not 'half'": lambda: ag.convolve(X[0], X[0], "half"),
    "convolve: a (2, 3) must be one line (n,) of at least one element": lambda: ag.convolve(X, X[0]),
    "average: weights (2,) must have x's shape (2, 3), or that of its axes (1,)": lambda: ag.average(X, 1, [1.0, 1.0]),
    "average: the weights add up to 0": lambda: ag.average(X, weights=X),
    "clip: low, a_min and min are one thing, and high, a_max and max; give one of them": lambda: X.clip(0, min=1),
    "clip: low and high are both None, so there is nothing to clip to": lambda: X.clip(),
    "pad: mode must be one of constant, edge, reflect, symmetric, wrap, linear_ramp, maximum, mean, median, minimum, "
    "not 'odd'": lambda: ag.pad(X, 1, "odd"),
    "pad: axis 0 of shape (0,) has no elements for a border of mode 'edge'": lambda: ag.pad(np.zeros(0), 1, "edge"),
    "pad: end_values must be one, a pair, or a pair for each axis of shape (2, 3), not [1, 2, 3]": lambda: ag.pad(
        X, 1, "linear_ramp", end_values=[1, 2, 3]
    ),
    "topk: k must be from 0 to 3, the length of axis 1, not 4": lambda: X.topk(4),
    "kthvalue: k must be from 1 to 3, the length of axis 1, not 0": lambda: X.kthvalue(0),
    "partition: position 3 is out of range for axis 1 of shape (2, 3)": lambda: ag.partition(X, 3),
    "bincount: weights (2,) must be one for each number of x (3,)": lambda: ag.bincount([0, 1, 1], [1.0, 2.0]),
    "bincount: x must be integers, not float64": lambda: ag.bincount(X[0]),
    "one_hot: (2,): index 2 must be at least 0 and below the number of classes, 2": lambda: ag.one_hot([0, 2], 2),
    "linspace: num must be an integer of at least 0, not -1": lambda: ag.linspace(0, 1, -1),
    "geomspace: no end may be 0": lambda: ag.geomspace(0, 1),
    "zeros: the shape must be integers of at least 0, not -1": lambda: ag.zeros(-1),
    "array: () and (2,) make no array; lists must be equally long": lambda: ag.array([X[0, 0], X[0, :2]]),
    "round: (2, 3): decimals must be an integer, not 0.5": lambda: X.round(0.5),
    "logsumexp: axis 2 is out of range for shape (2, 3), which has 2 axes": lambda: ag.logsumexp(X, (0, 2)),
    "matmul: (2, 3) @ (2, 3): the last axis of the first (3) must be as long as the second-to-last axis of the second "
    "(2)": lambda: ag.piecewise(X, [np.ones((2, 3), bool)], [lambda x: X @ X]),
    "add_sequence: takes two arrays or more, not 1": lambda: ag.add_sequence(X),
}


@every("words", BAD)
def test_a_bad_call_says_what_is_wrong_with_which_shapes(words):
    with pytest.raises((ValueError, TypeError, IndexError, ZeroDivisionError)) as caught:
        BAD[words]()
    assert str(caught.value) == words


NAMES = {
    "view": "view: that is t.reshape(shape) here",
    "unsqueeze": "unsqueeze: that is t.expand_dims(axis) here",
    "float": "float: that is t.astype(np.float32) here",
    "cuda": "cuda: there is one device, the processor's memory; leave it out",
    "matmul": "matmul: write t @ u",
    "add_": "add_: write t = t + u",
    "exp_": "exp_: nothing changes a Tensor in place; write t = t.exp(...), or t.at[index].set(values) for single "
    "elements",
    "nbytes": "nbytes: t.numpy().nbytes is that of the bare array",
    "ptp": "ptp: that is autograd_mini.ptp(t) here",
    "frobnicate": "'Tensor' object has no attribute 'frobnicate'",
}


@every("name", NAMES)
def test_a_name_of_another_library_says_what_it_is_called_here(name):
    with pytest.raises(AttributeError) as caught:
        getattr(X, name)
    assert str(caught.value) == NAMES[name]
    assert not hasattr(X, name)


def test_what_a_name_is_called_here_is_there():
    from autograd_mini.elsewhere import CALLED, SENTENCES

    assert not [name for name in (*CALLED, *SENTENCES) if hasattr(Tensor, name)]
    for words in CALLED.values():
        home, _, rest = words.partition(".")
        name = rest.partition("(")[0].partition(" ")[0].partition("[")[0]
        if home in ("t", "autograd_mini") and name.isidentifier():
            assert hasattr({"t": X, "autograd_mini": ag}[home], name), words


@pytest.mark.parametrize("method", ["linear", "weibull", "hazen", "median_unbiased"])
def test_a_quantile_has_a_gradient_in_its_level_too(method):
    x, q = leaf(np.array([0.3, -1.0, 2.5, 0.9, 4.0])), leaf(np.array([0.13, 0.42, 0.88]))
    assert gradcheck(lambda x, q: ag.quantile(x, q, method=method), [x, q])
    assert gradgradcheck(lambda x, q: ag.percentile(x, 100 * q, method=method), [x, q])
    known = np.quantile(x.numpy(), q.numpy(), method=method)
    np.testing.assert_allclose(ag.quantile(x, q, method=method).numpy(), known, rtol=1e-12)
    assert not ag.quantile(x.detach(), q, method="lower").requires_grad


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: ag.delete(x, 5), IndexError, "delete: (2,): index 5 is out of bounds for axis 0 with size 2"),
        (lambda x: ag.insert(x, 5, 0.0), IndexError, "insert: (2,): index 5 is out of bounds for axis 0 with size 2"),
        (lambda x: ag.unwrap(x + 1j), TypeError, "unwrap: (2,): is not defined for complex128"),
        (lambda x: ag.histogram(x, -1), ValueError, "histogram: (2,): `bins` must be positive, when an integer"),
        (lambda x: ag.histogram(x, "a"), ValueError, "histogram: (2,): 'a' is not a valid estimator for `bins`"),
    ],
)
def test_where_numpy_refuses_the_operation_is_named(call, kind, words):
    with pytest.raises(kind) as caught:
        call(Tensor([1.0, 2.0]))
    assert str(caught.value) == words


@pytest.mark.parametrize("edge_order", [1, 2])
def test_slopes_have_gradients_in_distances_and_places_too(edge_order):
    f, step, places = leaf(np.random.default_rng(0).standard_normal((4, 5))), leaf(0.7), leaf([0.0, 1.0, 2.5, 3.0, 7.0])
    call = lambda f, step, places: ag.gradient(f, step, places, edge_order=edge_order)
    known = np.gradient(f.numpy(), 0.7, places.numpy(), edge_order=edge_order)
    for found, right in zip(call(f, step, places), known, strict=True):
        np.testing.assert_allclose(found.numpy(), right, rtol=1e-12)
    assert gradcheck(call, [f, step, places])
    assert gradgradcheck(call, [f, step, places])


@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
def test_variances_may_be_reduced_by_a_number_that_is_not_whole(name):
    x = leaf([1.0, 2.0, 4.0])
    np.testing.assert_allclose(getattr(ag, name)(x, ddof=1.5).item(), getattr(np, name)(x.numpy(), ddof=1.5))
    assert gradcheck(lambda x: getattr(ag, name)(x, ddof=1.5), [x])


def test_the_distance_of_order_0_is_the_number_of_differences():
    x, y = np.array([[0.0, 1.0], [2.0, 2.0]]), np.array([[0.0, 2.0], [0.0, 1.0], [3.0, 3.0]])
    assert ag.cdist(Tensor(x), y, 0).tolist() == torch.cdist(torch.tensor(x), torch.tensor(y), 0).tolist()


def test_the_absolute_value_of_complex_numbers_is_flat_at_0_to_second_order():
    z = leaf([0j, 3 + 4j])
    slope = grad(ag.absolute(z).sum(), z, create_graph=True)
    np.testing.assert_allclose(slope.numpy(), [0, 0.6 + 0.8j], rtol=1e-15)
    assert grad(slope, z, [1 + 2j, 0]).tolist() == [0, 0]
    assert gradgradcheck(ag.absolute, [leaf([1 - 2j, 3 + 4j])])


def test_the_number_beside_x_moves_with_x():
    x, y = np.array([0.0, 1.0, -2.0, np.inf, 3.0]), np.array([1.0, 1.0, -np.inf, 0.0, np.nan])
    pair = [torch.tensor(a, requires_grad=True) for a in (x, y)]
    mine, far = leaf(x), leaf(y)
    found = ag.nextafter(mine, far)
    np.testing.assert_array_equal(found.numpy(), torch.nextafter(*pair).detach().numpy())
    assert grad(found.sum(), mine).tolist() == [1] * 5
    assert not ag.nextafter(x, far).requires_grad


# ── NumPy's calls that have no name of their own ──────────────────────────────────────────────────────────────────────

HERE = np.array([True, False, True])
CALLS = {
    "add.accumulate": lambda x: np.add.accumulate(x), "multiply.accumulate": lambda x: np.multiply.accumulate(x, 1),
    "add.reduce": lambda x: np.add.reduce(x, axis=1), "maximum.reduce": lambda x: np.maximum.reduce(x),
    "minimum.reduce": lambda x: np.minimum.reduce(x, axis=None, keepdims=True),
    "logaddexp.reduce": lambda x: np.logaddexp.reduce(x), "subtract.outer": lambda x: np.subtract.outer(x, x[0]),
    "hypot.outer": lambda x: np.hypot.outer(x[0], x[1]),
    "x % y": lambda x: x % 1.7, "x // y": lambda x: divmod(x, 1.7)[1],
    "positive": lambda x: np.positive(x) + x, "sum where": lambda x: np.sum(x, axis=1, where=HERE, initial=2.0),
    "prod where": lambda x: np.prod(x, where=HERE, initial=2.0), "mean where": lambda x: np.mean(x, 1, where=HERE),
    "max initial": lambda x: np.max(x, 1, initial=0.5), "var with correction": lambda x: np.var(x, correction=1),
    "nan_to_num of what is none": lambda x: np.nan_to_num(np.where(HERE, x, np.nan), nan=3.0, posinf=7.0),
    "ravel as it lies": lambda x: np.ravel(x, "K") + np.ravel(x, "A"),
}  # fmt: skip


@every("name", CALLS)
def test_a_call_of_numpys_is_recorded_with_right_derivatives_of_both_orders(name):
    x = leaf([[0.37, -1.13, 2.71], [1.4, 0.9, -0.62]])
    np.testing.assert_allclose(CALLS[name](x).numpy(), CALLS[name](x.numpy()), rtol=1e-13)
    gradcheck(CALLS[name], x)
    gradgradcheck(CALLS[name], x)


FAR = {
    "sech": ag.sech, "csch": ag.csch, "log_ndtr": ag.log_ndtr, "logcumsumexp": lambda x: ag.logcumsumexp(x)[-1],
}  # fmt: skip


@every("dtype", [np.float32, np.float64])
@every("name", [*FAR])
def test_far_from_zero_derivatives_of_both_orders_are_those_of_the_limit(name, dtype):
    slopes = {"log_ndtr": (800.0, 0.0, 0.0), "logcumsumexp": (-800.0, 1.0, 0.0)}
    where, slope, bend = slopes.get(name, (800.0, 0.0, 0.0))
    x = Tensor(np.full((1,), where, dtype), requires_grad=True)
    first = grad(FAR[name](x).sum(), x, create_graph=True)
    assert (first.item(), grad(first.sum(), x).item()) == (slope, bend)
    assert first.dtype == dtype


def test_a_tiny_number_has_its_angle():
    z = leaf(np.array([1e-200 + 1e-200j]))
    np.testing.assert_allclose(grad(ag.angle(z).sum(), z).numpy() * 1e-200, [-0.5 + 0.5j], rtol=1e-12)
    assert grad(ag.angle(x := leaf([1e-300, -1e-200])).sum(), x).numpy().tolist() == [0.0, 0.0]


def test_distances_and_covariances_of_half_precision_are_computed_in_single():
    x = np.array([[200.0, -150.0, 150.0, -100.0], [100.0, 150.0, -40.0, 80.0]], np.float16)
    for f in (lambda x: ag.cdist(x, 0 * x), ag.cov, ag.corrcoef):
        half, single = (Tensor(x.astype(dtype), requires_grad=True) for dtype in (np.float16, np.float32))
        y, z = f(half), f(single)
        assert y.dtype == np.float16
        np.testing.assert_allclose(y.numpy(), z.numpy().astype(np.float16), rtol=1e-3, atol=1e-3)
        g = [grad(out, of, (np.eye(*out.shape) / 8).astype(out.dtype)) for out, of in ((y, half), (z, single))]
        np.testing.assert_allclose(g[0].numpy(), g[1].numpy(), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i2", "i8", "u4", "u8", "?", "c16"])
@pytest.mark.parametrize("many", [3, 300, 10**6])
def test_long_arrays_are_put_in_the_order_of_numpys_stable_sort(dtype, many):
    rng = np.random.default_rng(many)
    for shape, axis in ((2500, 0), (2500, None), ((3, 1200), -1), ((1200, 3), 0), ((2, 1100, 2), 1), ((0, 1100), 1)):
        with np.errstate(over="ignore"):
            x = rng.integers(0, many, shape).astype(dtype)
        if x.dtype.kind == "f":
            for odd in (nan, -0.0, 0.0, inf, -inf):
                x.flat[rng.integers(0, x.size, x.size // 50) if x.size else []] = odd
        for laid in (x, np.asfortranarray(x), x[::-1]):
            order = ag.argsort(laid, axis)
            np.testing.assert_array_equal(order, np.argsort(laid, axis, kind="stable"))
            assert order.dtype == np.intp
    y, indices = rng.standard_normal(2500), rng.integers(-2500, 2500, 4000)
    x, g = leaf(y), rng.standard_normal(4000)
    expected = np.zeros(2500)
    np.add.at(expected, indices, g)
    for axis in (0, None):
        np.testing.assert_array_equal(grad(ag.take_along_axis(x, indices, axis), x, g).numpy(), expected)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c16"])
@pytest.mark.parametrize("chosen", [np.int64, np.int8, np.uint8])
def test_rows_taken_many_times_receive_every_gradient_as_numpy_adds_them(dtype, chosen):
    rng = np.random.default_rng(0)
    for shape, many in (((9, 40), 60), ((9, 5, 8), (7, 9)), ((9,), 2000), ((1, 300), 5)):
        low = 0 if chosen is np.uint8 else -shape[0]
        index = rng.integers(low, shape[0], many).astype(chosen)
        x = Tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True)
        g = rng.standard_normal(x.numpy()[index].shape).astype(dtype)
        wide = np.float32 if dtype == "f2" else dtype
        expected = np.zeros(shape, wide)
        np.add.at(expected, index, g.astype(wide))
        for taken in (index, index[::-1][::-1]):
            found = grad(x[taken], x, g).numpy()
            np.testing.assert_array_equal(found, expected.astype(dtype))
            assert found.dtype == dtype


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c16", "i8", "?"])
def test_a_column_times_a_row_is_their_outer_product(dtype):
    rng = np.random.default_rng(0)
    for m, p in ((700, 600), (2, 3), (600, 0), (1, 300_000)):
        a, b = (rng.integers(-3, 4, shape).astype(dtype) for shape in ((m, 1), (1, p)))
        found = ag.matmul(a, b)
        np.testing.assert_array_equal(found, np.matmul(a, b))
        assert found.dtype == dtype
    with pytest.raises(ValueError, match="matmul"):
        ag.matmul(np.ones((600, 1)), np.ones((600, 600)))
    tiny = np.full((600, 1), 1e-200)
    with np.errstate(all="raise"):
        assert not ag.matmul(tiny, tiny.T).any()
