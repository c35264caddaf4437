"""The array API standard on Tensors, beside NumPy, which keeps it too; and code that others wrote against it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import every

import autograd_mini as ag
from autograd_mini import GradientLostWarning, Tensor, grad, gradcheck, gradgradcheck, no_grad
from autograd_mini import array_api as xp

ROOT = Path(__file__).parents[1]
RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
POSITIVE, INSIDE = np.abs(X) + 0.5, np.tanh(X)
SQUARE = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
SYMMETRIC = SQUARE @ SQUARE.mT
WHOLE, OTHER = RNG.integers(-9, 9, (3, 4)), RNG.integers(1, 5, (3, 4))
PLACES = np.array([2, 0, 2])

words = str.split

# a call in either namespace, its arrays, and whether a gradient flows through it
CASES = {
    **{
        name: (lambda xp, x, name=name: getattr(xp, name)(x), [X], True)
        for name in words("abs asinh atan conj cos cosh exp expm1 negative positive real sin sinh square tan tanh")
    },
    **{
        name: (lambda xp, x, name=name: getattr(xp, name)(x), [POSITIVE], True)
        for name in words("log log10 log1p log2 reciprocal sqrt")
    },
    **{name: (lambda xp, x, name=name: getattr(xp, name)(x), [INSIDE], True) for name in words("acos asin atanh")},
    "acosh": (lambda xp, x: xp.acosh(x), [POSITIVE + 1], True),
    **{
        name: (lambda xp, x, name=name: getattr(xp, name)(x), [X], False)
        for name in words("ceil floor isfinite isinf isnan round sign signbit trunc logical_not")
    },
    "imag": (lambda xp, x: xp.imag(x), [X + 1j * Y], True),
    **{
        name: (lambda xp, x, y, name=name: getattr(xp, name)(x, y), [X, Y], True)
        for name in words("add atan2 copysign divide hypot logaddexp maximum minimum multiply remainder subtract")
    },
    "pow": (lambda xp, x, y: xp.pow(x, y), [POSITIVE, Y], True),
    **{
        name: (lambda xp, x, y, name=name: getattr(xp, name)(x, y), [X, Y], False)
        for name in words("equal floor_divide greater greater_equal less less_equal logical_and logical_or logical_xor")
    },
    **{
        name: (lambda xp, x, y, name=name: getattr(xp, name)(x, y), [WHOLE, OTHER], False)
        for name in words("bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor floor_divide")
    },
    "nextafter": (lambda xp, x, y: xp.nextafter(x, y), [X, Y], True),
    "not_equal": (lambda xp, x, y: xp.not_equal(x, y), [WHOLE, OTHER], False),
    "bitwise_invert": (lambda xp, x: xp.bitwise_invert(x), [WHOLE], False),
    "clip by numbers": (lambda xp, x: xp.clip(x, -0.5, 0.75), [X], True),
    "clip by one": (lambda xp, x: xp.clip(x, max=0.75), [X], True),
    "clip by arrays": (lambda xp, x, y: xp.clip(x, y - 0.5, y + 0.5), [X, Y], True),
    "clip by nothing": (lambda xp, x: xp.clip(x), [X], True),
    "where": (lambda xp, x, y: xp.where(x > 0, x, y), [X, Y], True),
    "where with a number": (lambda xp, x: xp.where(x > 0, x, 2.0), [X], True),
    # shapes
    "broadcast_arrays": (lambda xp, x, y: xp.broadcast_arrays(x, y[:, :1]), [X, Y], True),
    "broadcast_to": (lambda xp, x: xp.broadcast_to(x, (2, 3, 4)), [X], True),
    "concat": (lambda xp, x, y: xp.concat([x, y], axis=1), [X, Y], True),
    "concat of all elements": (lambda xp, x, y: xp.concat((x, y[0]), axis=None), [X, Y], True),
    "expand_dims by several": (lambda xp, x: xp.expand_dims(x, axis=(0, -1)), [X], True),
    "expand_dims": (lambda xp, x: xp.expand_dims(x, axis=-1), [X], True),
    "flip": (lambda xp, x: xp.flip(x, axis=1), [X], True),
    "meshgrid": (lambda xp, x: xp.meshgrid(x[0], x[1], indexing="ij"), [X], True),
    "moveaxis": (lambda xp, x: xp.moveaxis(x, (0, 2), (1, 0)), [SQUARE], True),
    "permute_dims": (lambda xp, x: xp.permute_dims(x, (2, 0, 1)), [SQUARE], True),
    "repeat": (lambda xp, x: xp.repeat(x, 2, axis=1), [X], True),
    "reshape": (lambda xp, x: xp.reshape(x, (4, -1)), [X], True),
    "roll": (lambda xp, x: xp.roll(x, (1, 2), axis=(0, 1)), [X], True),
    "squeeze": (lambda xp, x: xp.squeeze(x[:, :1], 1), [X], True),
    "stack": (lambda xp, x, y: xp.stack([x, y], axis=1), [X, Y], True),
    "tile": (lambda xp, x: xp.tile(x, (2, 1)), [X], True),
    "unstack": (lambda xp, x: xp.unstack(x, axis=1), [X], True),
    "matrix_transpose": (lambda xp, x: xp.matrix_transpose(x), [SQUARE], True),
    "tril": (lambda xp, x: xp.tril(x, k=1), [SQUARE], True),
    "triu": (lambda xp, x: xp.triu(x, k=-1), [SQUARE], True),
    "take": (lambda xp, x: xp.take(x, xp.asarray(PLACES), axis=1), [X], True),
    "take_along_axis": (lambda xp, x: xp.take_along_axis(x, xp.asarray(PLACES[:, None]), axis=1), [X], True),
    "nonzero": (lambda xp, x: xp.nonzero(x > 0), [X], False),
    "argmax": (lambda xp, x: xp.argmax(x, axis=1, keepdims=True), [X], False),
    "argmin": (lambda xp, x: xp.argmin(x), [X], False),
    "count_nonzero": (lambda xp, x: xp.count_nonzero(x, axis=1, keepdims=True), [WHOLE], False),
    "searchsorted": (lambda xp, x, y: xp.searchsorted(xp.sort(x[0]), y, side="right"), [X, Y], False),
    "all": (lambda xp, x: xp.all(x, axis=(0, 1)), [WHOLE], False),
    "any": (lambda xp, x: xp.any(x, axis=1, keepdims=True), [WHOLE], False),
    # order and distinct elements
    "isin": (lambda xp, x, y: xp.isin(x, y, invert=True), [WHOLE, OTHER], False),
    "sort": (lambda xp, x: xp.sort(x, axis=0), [X], True),
    "argsort": (lambda xp, x: xp.argsort(x, stable=True), [WHOLE], False),
    "unique_values": (lambda xp, x: xp.unique_values(x), [X], True),
    "unique_counts": (lambda xp, x: tuple(xp.unique_counts(x)), [WHOLE], False),
    "unique_inverse": (lambda xp, x: tuple(xp.unique_inverse(x)), [WHOLE], False),
    "unique_all": (lambda xp, x: tuple(xp.unique_all(x)), [WHOLE], False),
    # statistics
    "max": (lambda xp, x: xp.max(x, axis=(0, 1)), [X], True),
    "min": (lambda xp, x: xp.min(x, axis=0, keepdims=True), [X], True),
    "mean": (lambda xp, x: xp.mean(x, axis=1, keepdims=True), [X], True),
    "prod": (lambda xp, x: xp.prod(x, axis=1), [X], True),
    "sum": (lambda xp, x: xp.sum(x, axis=1, keepdims=True), [X], True),
    "sum in another dtype": (lambda xp, x: xp.sum(x, dtype=np.float32), [WHOLE], False),
    "sum of bytes in bytes": (lambda xp, x: xp.sum(x, dtype=np.int8), [WHOLE.astype(np.int8) * 50], False),
    "sum of bytes": (lambda xp, x: xp.sum(x), [WHOLE.astype(np.int8)], False),
    "prod of bytes in bytes": (lambda xp, x: xp.prod(x, dtype=np.uint8), [OTHER.astype(np.uint8)], False),
    "std": (lambda xp, x: xp.std(x, axis=1, correction=1), [X], True),
    "std, corrected by a fraction": (lambda xp, x: xp.std(x, axis=1, correction=0.5), [X], True),
    "var": (lambda xp, x: xp.var(x, axis=(0, 1), correction=1.0, keepdims=True), [X], True),
    "var, corrected by a fraction": (lambda xp, x: xp.var(x, axis=0, correction=1.5), [X], True),
    "var, corrected upwards": (lambda xp, x: xp.var(x, correction=-1), [X], True),
    "cumulative_sum": (lambda xp, x: xp.cumulative_sum(x, axis=1, include_initial=True), [X], True),
    "cumulative_sum of a line": (lambda xp, x: xp.cumulative_sum(x[0]), [X], True),
    "cumulative_sum of bytes": (lambda xp, x: xp.cumulative_sum(x[0], dtype=np.int8), [WHOLE.astype(np.int8)], False),
    "cumulative_prod": (lambda xp, x: xp.cumulative_prod(x, axis=0, include_initial=True), [X], True),
    "diff": (lambda xp, x, y: xp.diff(x, axis=0, prepend=y[:1], append=y[1:2]), [X, Y], True),
    # matrices
    "matmul": (lambda xp, x: xp.matmul(x, x), [SQUARE], True),
    "tensordot": (lambda xp, x, y: xp.tensordot(x, y, axes=((0,), (0,))), [X, Y], True),
    "vecdot": (lambda xp, x, y: xp.vecdot(x, y, axis=-1), [X, Y], True),
    "linalg.cholesky": (lambda xp, x: xp.linalg.cholesky(x @ x.mT + 1), [SQUARE], True),
    "linalg.cholesky, upper": (lambda xp, x: xp.linalg.cholesky(x @ x.mT + 1, upper=True), [SQUARE], True),
    "linalg.cross": (lambda xp, x: xp.linalg.cross(x, x + x[0]), [SQUARE], True),
    "linalg.det": (lambda xp, x: xp.linalg.det(x), [SQUARE], True),
    "linalg.diagonal": (lambda xp, x: xp.linalg.diagonal(x, offset=1), [SQUARE], True),
    "linalg.eig": (lambda xp, x: xp.linalg.eig(x).eigenvalues + 0j, [SYMMETRIC], True),
    "linalg.eigvals": (lambda xp, x: xp.linalg.eigvals(x) + 0j, [SYMMETRIC], True),
    "linalg.eigh": (lambda xp, x: xp.linalg.eigh(x + x.mT).eigenvalues, [SQUARE], True),
    "linalg.eigvalsh": (lambda xp, x: xp.linalg.eigvalsh(x + x.mT), [SQUARE], True),
    "linalg.inv": (lambda xp, x: xp.linalg.inv(x), [SQUARE], True),
    "linalg.matmul": (lambda xp, x: xp.linalg.matmul(x, x), [SQUARE], True),
    "linalg.matrix_norm": (lambda xp, x: xp.linalg.matrix_norm(x, ord="nuc"), [SQUARE], True),
    "linalg.matrix_power": (lambda xp, x: xp.linalg.matrix_power(x, 3), [SQUARE], True),
    "linalg.matrix_rank": (lambda xp, x: xp.linalg.matrix_rank(x, rtol=1e-3), [SQUARE], False),
    "linalg.outer": (lambda xp, x: xp.linalg.outer(x[0], x[1]), [X], True),
    "linalg.pinv": (lambda xp, x: xp.linalg.pinv(x, rtol=1e-9), [X], True),
    "linalg.qr": (lambda xp, x: tuple(xp.linalg.qr(x)), [SQUARE], True),
    "linalg.slogdet": (lambda xp, x: xp.linalg.slogdet(x).logabsdet, [SQUARE], True),
    "linalg.solve": (lambda xp, x: xp.linalg.solve(x, x.mT), [SQUARE], True),
    "linalg.svd": (lambda xp, x: xp.linalg.svd(x, full_matrices=False).S, [X], True),
    "linalg.svdvals": (lambda xp, x: xp.linalg.svdvals(x), [X], True),
    "linalg.tensordot": (lambda xp, x, y: xp.linalg.tensordot(x, y), [X, Y], True),
    "linalg.trace": (lambda xp, x: xp.linalg.trace(x, offset=1), [SQUARE], True),
    "linalg.vecdot": (lambda xp, x, y: xp.linalg.vecdot(x, y), [X, Y], True),
    "linalg.vector_norm": (lambda xp, x: xp.linalg.vector_norm(x, axis=1, ord=3, keepdims=True), [X], True),
    **{
        f"fft.{name}": (lambda xp, x, name=name: getattr(xp.fft, name)(x, n=5, axis=0, norm="ortho"), [X], True)
        for name in words("fft ifft rfft irfft hfft ihfft")
    },
    **{
        f"fft.{name}": (lambda xp, x, name=name: getattr(xp.fft, name)(x, s=(2, 5), axes=(0, 1)), [X], True)
        for name in words("fftn ifftn rfftn irfftn")
    },
    "fft.fftshift": (lambda xp, x: xp.fft.fftshift(x, axes=1), [X], True),
    "fft.ifftshift": (lambda xp, x: xp.fft.ifftshift(x), [X], True),
    "fft.fftfreq": (lambda xp: xp.fft.fftfreq(5, d=0.5, device="cpu"), [], False),
    "fft.rfftfreq": (lambda xp: xp.fft.rfftfreq(5, d=0.5), [], False),
    # creation
    "arange": (lambda xp: xp.arange(2, 9, 3, dtype=np.float32), [], False),
    "arange to an end": (lambda xp: xp.arange(4), [], False),
    "asarray of lists": (lambda xp: xp.asarray([[1, 2], [3, 4]]), [], False),
    "asarray of nothing": (lambda xp: xp.asarray([], dtype=np.int32), [], False),
    "asarray of a number": (lambda xp: xp.asarray(1.5, dtype=np.float32), [], False),
    "eye": (lambda xp: xp.eye(3, 4, k=1, dtype=np.int32), [], False),
    "full": (lambda xp: xp.full((2, 3), 7), [], False),
    "full_like": (lambda xp, x: xp.full_like(x, 7, dtype=np.int8), [X], False),
    "linspace": (lambda xp: xp.linspace(0.0, 1.0, num=5, endpoint=False), [], False),
    "ones": (lambda xp: xp.ones(3, dtype=np.bool), [], False),
    "ones_like": (lambda xp, x: xp.ones_like(x), [WHOLE], False),
    "zeros": (lambda xp: xp.zeros((2, 0)), [], False),
    "zeros_like": (lambda xp, x: xp.zeros_like(x, dtype=np.float32), [WHOLE], False),
    "astype": (lambda xp, x: xp.astype(x, np.float32), [WHOLE], False),
}


def parts(result):
    return [*result] if isinstance(result, list | tuple) else [result]


@every(("call", "arrays", "flows"), CASES.values(), ids=CASES)
def test_a_function_of_the_standard_gives_numpys_numbers_shapes_and_dtypes(call, arrays, flows):
    for given in (arrays, [a.astype({"f": np.float32, "c": np.complex64}.get(a.dtype.kind, a.dtype)) for a in arrays]):
        ours, theirs = parts(call(xp, *map(Tensor, given))), parts(call(np, *given))
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert isinstance(one, Tensor)
            assert (one.shape, one.dtype) == (np.shape(other), np.asarray(other).dtype)
            rough = other.dtype.itemsize < 8 or other.dtype == np.complex64
            np.testing.assert_allclose(one.numpy(), other, rtol=3e-5 if rough else 1e-12, atol=1e-5 if rough else 1e-12)


@every(("call", "arrays"), [c[:2] for c in CASES.values() if c[2]], ids=[n for n in CASES if CASES[n][2]])
def test_a_function_of_the_standard_has_gradients_of_both_orders(call, arrays):
    for check in (gradcheck, gradgradcheck):
        assert check(lambda *given: call(xp, *given), [Tensor(a, requires_grad=True) for a in arrays])


@every(("call", "arrays"), [c[:2] for c in CASES.values() if not c[2] and c[1]])
def test_what_has_no_derivative_gives_constants(call, arrays):
    given = [Tensor(a, requires_grad=a.dtype.kind in "fc") for a in arrays]
    for one in parts(call(xp, *given)):
        assert not one.requires_grad


def test_every_name_of_the_standard_is_in_the_namespace():
    names = (ROOT / "tests/peers/array_api.txt").read_text(encoding="utf-8").split("\n")
    names = [line.partition(" = ")[0] for line in names if line and not line.startswith("#")]
    missing = []
    for name in names:
        attribute = name.removeprefix("array.")
        homes = (Tensor,) if attribute != name else (xp, xp.linalg, xp.fft)
        missing += [name] * (not any(hasattr(home, attribute) for home in homes))
    assert not missing


def test_a_tensor_leads_to_the_namespace_of_every_version_it_keeps():
    x = Tensor([1.0])
    assert x.__array_namespace__() is xp is ag.array_api
    assert x.__array_namespace__(api_version="2022.12") is xp
    assert xp.__array_api_version__ == "2024.12"
    with pytest.raises(ValueError, match=r"^__array_namespace__: the versions of the standard are .*, not '1999.12'$"):
        x.__array_namespace__(api_version="1999.12")


def test_the_namespace_is_imported_when_it_is_asked_for():
    program = "import sys, autograd_mini as ag; assert 'autograd_mini.array_api' not in sys.modules; ag.array_api.sum"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_numpys_functions_of_the_standards_names_are_recorded():
    x = Tensor(X, requires_grad=True)
    for call in (
        lambda x: np.unique_values(x), lambda x: np.unique_all(x).values, lambda x: np.concat([x, x]),
        lambda x: np.cumulative_sum(x, axis=0, include_initial=True), lambda x: np.cumulative_prod(x, axis=1),
        lambda x: np.pow(x, 2), lambda x: np.permute_dims(x, (1, 0)), lambda x: ag.pow(ag.concat([x, x]), 3),
    ):  # fmt: skip
        assert call(x).requires_grad
        np.testing.assert_allclose(call(x).numpy(), call(X))
        assert gradcheck(call, [x])


# ── where the standard says more than NumPy does ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["int8", "uint8", "float64", "bool"])
def test_descending_order_keeps_equal_elements_in_theirs(dtype):
    x = np.array([[2, 1, 2, 0], [0, 0, 1, 1]]).astype(dtype)
    order = xp.argsort(Tensor(x), descending=True).numpy()
    np.testing.assert_array_equal(order, np.argsort(-x.astype(int), axis=-1, kind="stable"))
    np.testing.assert_array_equal(xp.sort(Tensor(x), descending=True), np.take_along_axis(x, order, -1))
    assert xp.argsort(xp.zeros((2, 0)), descending=True).shape == (2, 0)


def test_a_sorted_elements_gradient_goes_to_where_it_was():
    x = Tensor([3.0, 1.0, 2.0], requires_grad=True)
    assert grad(xp.sort(x, descending=True), x, np.array([1.0, 2.0, 3.0])).tolist() == [1.0, 3.0, 2.0]


def test_the_first_of_equal_elements_gets_the_gradient_of_the_distinct_one():
    x = Tensor([[2.0, 1.0], [2.0, np.nan]], requires_grad=True)
    found = xp.unique_all(x)
    assert grad(found.values, x, np.array([1.0, 10.0, 100.0])).tolist() == [[10.0, 1.0], [0.0, 100.0]]
    assert [part.tolist() for part in found[1:]] == [[1, 0, 3], [[1, 0], [1, 2]], [1, 2, 1]]
    assert [xp.unique_values(xp.zeros(0)).shape, xp.unique_counts(xp.asarray(5)).counts.tolist()] == [(0,), [1]]


def test_a_mean_and_a_variance_of_nothing_are_nan():
    for function in (xp.mean, xp.var, xp.std):
        assert np.isnan(function(xp.zeros((0,))).item())
        assert function(xp.zeros((2, 0)), axis=1, keepdims=True).shape == (2, 1)
    assert xp.var(xp.asarray([1.0, 3.0]), correction=2).item() == np.inf


@every("a", [np.inf, -np.inf, np.nan, 0.0, -0.0, 7.0, -7.5])
@every("b", [np.inf, -np.inf, np.nan, 2.0, -2.0])
def test_a_quotient_rounded_down_is_the_standards_at_infinity_and_pythons_elsewhere(a, b):
    finite = np.isfinite(a) and np.isfinite(b)
    with np.errstate(invalid="ignore"):
        want = a // b if finite else np.floor(np.divide(a, b))
    for found in (
        Tensor([a]) // Tensor([b]),
        Tensor([a]) // b,
        a // Tensor([b]),
        xp.floor_divide(Tensor([a]), Tensor([b])),
    ):
        np.testing.assert_array_equal(found, [want])
        assert np.signbit(found.numpy()[0]) == np.signbit(want) or np.isnan(want)


def test_signs_and_exponentials_of_complex_numbers_are_the_standards():
    z = np.array([3 + 4j, -0.0 - 0.0j, 2j])
    np.testing.assert_allclose(xp.sign(Tensor(z)).numpy(), [0.6 + 0.8j, 0, 1j])
    assert gradcheck(xp.sign, [Tensor(np.array([3 + 4j, -1 + 2j]), requires_grad=True)])
    with np.errstate(invalid="ignore"):
        found = xp.expm1(
            Tensor(np.array([complex(np.inf, 0), complex(-np.inf, np.inf), complex(-0.0, 0), 1e-12 + 0j]))
        ).numpy()
    np.testing.assert_array_equal(found, [complex(np.inf, 0), -1, 0, np.expm1(1e-12)])
    assert not np.signbit(found.real[2])
    assert gradcheck(xp.expm1, [Tensor(np.array([0.3 + 0.2j, 0j]), requires_grad=True)])


def test_a_python_number_changes_no_dtype_and_others_are_promoted():
    for dtype in ("int8", "uint16", "float32", "complex64"):
        x = xp.ones(2, dtype=dtype)
        assert {(x + 1).dtype, (2 * x).dtype, (x - 1).dtype, (x**2).dtype, xp.add(x, 1).dtype} == {np.dtype(dtype)}
    assert (xp.ones(2, dtype="int8") + xp.ones(2, dtype="uint8")).dtype == xp.int16
    assert (xp.ones(2, dtype="float32") * 1j).dtype == xp.complex64
    single = xp.ones(2, dtype="float32")
    assert xp.clip(single, 0.5, single * 2).dtype == xp.clip(single, single, 2.5).dtype == xp.float32
    x = xp.asarray([5, 6])
    before = x
    x //= 2
    x <<= 3
    x |= 1
    x **= 2
    assert (x.tolist(), before.tolist()) == ([289, 625], [5, 6])


# ── dtypes, devices, capabilities ─────────────────────────────────────────────────────────────────────────────────────


def test_dtypes_have_limits_kinds_and_common_ones():
    info, whole = xp.finfo(xp.float32), xp.iinfo(xp.zeros(1, dtype="int16"))
    assert (info.bits, info.max, info.eps) == (32, float(np.finfo("float32").max), 2.0**-23)
    assert xp.finfo(xp.complex128).dtype == xp.float64 == xp.finfo(Tensor([1.0])).dtype
    assert {type(number) for number in (info.eps, info.max, info.min, info.smallest_normal)} == {float}
    assert (whole.bits, whole.max, whole.min, whole.dtype) == (16, 32767, -32768, xp.int16)
    assert xp.isdtype(xp.uint8, ("bool", "integral"))
    assert not xp.isdtype(xp.float32, "integral")
    assert xp.can_cast(xp.int8, xp.int16)
    assert not xp.can_cast(xp.zeros(1), xp.float32)
    assert xp.result_type(xp.float32, 2.0, xp.zeros(1, dtype="int8")) == xp.float32


def test_the_namespace_tells_what_it_can_do():
    info = xp.__array_namespace_info__()
    assert info.capabilities() == {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}
    assert (info.default_device(), info.devices()) == ("cpu", ["cpu"])
    for kind, dtype in info.default_dtypes(device="cpu").items():
        made = {"real floating": 1.0, "complex floating": 1j}.get(kind, 1)
        assert xp.asarray(made).dtype == dtype
    assert [*info.dtypes(kind=("bool", "real floating"))] == ["bool", "float32", "float64"]
    assert len(info.dtypes()) == 13
    assert info.dtypes(kind="numeric")["int8"] == np.int8


X1 = Tensor([1.0, 2.0])
GRADIENT = Tensor([1.0, 2.0], requires_grad=True)
BAD = {
    "astype: the only device is 'cpu', not 'gpu'": lambda: xp.astype(X1, xp.int8, device="gpu"),
    "zeros: the only device is 'cpu', not 'gpu'": lambda: xp.zeros(2, device="gpu"),
    "to_device: the only device is 'cpu', not 'gpu'": lambda: X1.to_device("gpu"),
    "to_device: the processor has no streams, and 3 was given": lambda: X1.to_device("cpu", stream=3),
    "dtypes: the kinds are bool, signed integer, unsigned integer, real floating, complex floating, integral, numeric, "
    "not 'text'": lambda: xp.__array_namespace_info__().dtypes(kind="text"),
    "asarray: list cannot become a Tensor of float64 without a copy": lambda: xp.asarray([1.0], copy=False),
    "asarray: Tensor cannot become a Tensor of int8 without a copy": lambda: xp.asarray(X1, dtype="int8", copy=False),
    "reshape: (4, 3) cannot become (12,) without a copy": lambda: xp.reshape(Tensor(X).T, 12, copy=False),
    "expand_dims: axis 2 is out of range for the 2 axes that (2,) is to have": lambda: xp.expand_dims(X1, 2),
    "cumulative_sum: shape (3, 4) has 2 axes; give the axis": lambda: xp.cumulative_sum(Tensor(X)),
    "nonzero: shape () has no axes to have positions along": lambda: xp.nonzero(Tensor(1.0)),
    "setitem: the tape may need a Tensor as it is; use where() or t.at[...].set(v)": lambda: assign(GRADIENT, 0, 1.0),
    "setitem: what is assigned would lose its gradient; use t.at[...].set(v)": lambda: assign(
        Tensor([1.0]), 0, GRADIENT[0]
    ),
    "setitem: shape (2,): index 5 is out of bounds for axis 0 with size 2": lambda: assign(Tensor([1.0, 2.0]), 5, 1.0),
    "__dlpack__: the Tensor carries a gradient, which would be lost; give t.detach()": lambda: xp.from_dlpack(GRADIENT),
}


def assign(tensor, index, value):
    tensor[index] = value


@every("message", BAD)
def test_a_bad_call_is_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError, IndexError, BufferError)) as caught:
        BAD[message]()
    assert str(caught.value) == message


# ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_asarray_copies_where_it_is_told_to_and_keeps_gradients():
    x, array = Tensor([1.0, 2.0]), np.array([1.0, 2.0])
    assert xp.asarray(x) is x is xp.asarray(x, copy=False, dtype=xp.float64)
    for given in (x, array):
        apart = xp.asarray(given, copy=True)
        apart[0] = 9.0
        assert given[0] == 1.0
    shared = xp.asarray(array)
    shared[0] = 9.0
    assert array[0] == 9.0
    w = Tensor(3.0, requires_grad=True)
    assert grad(xp.astype(w, xp.float32) * 2, w).tolist() == 2.0
    assert grad(xp.sum(xp.asarray([w, 2 * w, 1.0]) * xp.asarray(w, copy=True)), w).item() == 3 * 6 + 1


def test_astype_and_reshape_share_memory_only_where_they_may():
    x = Tensor(X.copy())
    assert xp.astype(x, xp.float64, copy=False) is x
    for apart in (xp.astype(x, xp.float64), xp.reshape(x, (-1,), copy=True), xp.positive(x), xp.clip(x)):
        assert not np.shares_memory(apart.numpy(), x.numpy())
    assert np.shares_memory(xp.reshape(x, (-1,), copy=False).numpy(), x.numpy())


def test_arrays_go_to_other_libraries_and_come_from_them():
    x = Tensor(X.copy())
    assert x.__dlpack_device__() == (1, 0)
    for other in (torch.from_dlpack(x), np.from_dlpack(x), xp.from_dlpack(x)):
        np.testing.assert_array_equal(np.asarray(other), X)
        assert np.shares_memory(np.asarray(other), x.numpy())
    t = torch.arange(3.0)
    taken = xp.from_dlpack(t, device="cpu")
    taken[0] = 5.0
    assert (t[0].item(), taken.dtype) == (5.0, xp.float32)
    apart = xp.from_dlpack(t, copy=True)
    apart[0] = 7.0
    assert t[0].item() == 5.0
    for take in (torch.from_dlpack, np.from_dlpack):
        with pytest.raises(BufferError, match="carries a gradient"):
            take(Tensor(X, requires_grad=True))


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_constant_can_be_written_into_as_numpy_does():
    ours, theirs = xp.zeros((3, 4)), np.zeros((3, 4))
    mask = X > 0
    for index, value in (
        ((0, 1), 5.0), (slice(1), X[0]), ((..., -1), 2), (mask, 7.0), (Ellipsis, Y),
        ((mask.any(1), 0), Y[mask.any(1), 0]), ((slice(None, None, 2), slice(3, None, -1)), X[:2]), (2, 1.5),
    ):  # fmt: skip
        theirs[index] = value
        wrapped = tuple(map(wrap, index)) if isinstance(index, tuple) else wrap(index)
        ours[wrapped] = wrap(value)
        np.testing.assert_array_equal(ours.numpy(), theirs)


def wrap(x):
    return Tensor(x) if isinstance(x, np.ndarray) else x


def test_what_a_backward_pass_needs_is_found_changed():
    x, c = Tensor([1.0, 2.0], requires_grad=True), xp.asarray([3.0, 4.0])
    c[0] = 5.0
    y = xp.sum(x * c)
    assert grad(y, x, retain_graph=True).tolist() == [5.0, 4.0]
    c[0] = 6.0
    with pytest.raises(RuntimeError, match="the values were changed since"):
        grad(y, x)
    hidden = x * c
    z = xp.sum(xp.exp(hidden) * hidden)
    hidden.detach()[0] = 0.0
    with pytest.raises(RuntimeError, match="the values were changed since"):
        grad(z, x)


def test_a_leaf_is_written_into_under_no_grad_only_and_a_result_never():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with no_grad():
        x[0] = 5.0
        x[1] = x[0]
        with pytest.raises(TypeError, match="setitem: the tape may need"):
            ag.enable_grad()(lambda: assign(x * 1.0, 0, 1.0))()
    assert x.tolist() == [5.0, 5.0]


def test_a_program_with_a_write_is_not_traced():
    def writing(x):
        c = xp.zeros(2)
        c[0] = 1.0
        return x * c

    with pytest.raises(ag.TraceError, match="writes into a Tensor"):
        ag.trace(writing, Tensor([1.0, 2.0]))


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_element_is_a_number_of_every_kind():
    x = xp.asarray(3)
    assert (complex(x), float(x), int(x), bool(x), [0, 1, 2, 3][x]) == (3 + 0j, 3.0, 3, True, 3)
    assert complex(xp.asarray(1 + 2j)) == 1 + 2j
    with pytest.raises(TypeError):
        float(xp.asarray(1 + 2j))
    with pytest.warns(GradientLostWarning, match="became a number"):
        complex(Tensor(1.0, requires_grad=True))


# ── other people's functions ──────────────────────────────────────────────────────────────────────────────────────────

CHILD = """
import sys, warnings
import numpy as np
import autograd_mini as ag
from autograd_mini import Tensor
{imports}
X = np.random.default_rng(0).normal(size=(4, 3))
warnings.simplefilter("error", ag.GradientLostWarning)
CALLS = {{
{calls}
}}
for name, call in CALLS.items():
    np.testing.assert_allclose(call(Tensor(X)).numpy(), call(X), rtol=1e-9, atol=1e-12)
    assert ag.gradcheck(call, [Tensor(X, requires_grad=True)]), name
    print(name)
"""
THEIRS = {
    "scipy": """
        import scipy.fft, scipy.integrate, scipy.optimize, scipy.signal, scipy.special, scipy.stats
        ---
        special.softmax: lambda x: scipy.special.softmax(x, axis=0)
        special.xlogy: lambda x: scipy.special.xlogy(x, x * x + 1)
        stats.skew: lambda x: scipy.stats.skew(x, axis=0)
        stats.kurtosis: lambda x: scipy.stats.kurtosis(x, axis=0)
        stats.moment: lambda x: scipy.stats.moment(x, 3, axis=0)
        stats.gmean: lambda x: scipy.stats.gmean(x * x + 1, axis=0)
        stats.hmean: lambda x: scipy.stats.hmean(x * x + 1, axis=0)
        stats.sem: lambda x: scipy.stats.sem(x, axis=0)
        stats.circmean: lambda x: scipy.stats.circmean(x, axis=0)
        integrate.trapezoid: lambda x: scipy.integrate.trapezoid(x * x, axis=0)
        integrate.cumulative_trapezoid: lambda x: scipy.integrate.cumulative_trapezoid(x, axis=0)
        signal.fftconvolve: lambda x: scipy.signal.fftconvolve(x, x, axes=0)
        optimize.rosen: lambda x: scipy.optimize.rosen(x)
        fft.rfft: lambda x: abs(scipy.fft.rfft(x, axis=0))
    """,
    "einops": """
        from einops.array_api import rearrange, reduce, repeat
        ---
        rearrange: lambda x: rearrange(x * x, "(a b) c -> c (b a)", a=2)
        reduce: lambda x: reduce(x * x, "a b -> b", "mean")
        repeat: lambda x: repeat(x * x, "a b -> a b c", c=2)
    """,
    "array_api_extra": """
        import array_api_extra as xpx
        ---
        cov: lambda x: xpx.cov(x)
        kron: lambda x: xpx.kron(x, x)
        sinc: lambda x: xpx.sinc(x)
    """,
    "sklearn": """
        import sklearn
        from sklearn.decomposition import PCA
        from sklearn.metrics import pairwise
        sklearn.set_config(array_api_dispatch=True)
        ---
        polynomial_kernel: lambda x: pairwise.polynomial_kernel(x, x * x)
        euclidean_distances: lambda x: pairwise.euclidean_distances(x, x * x + 1)
        additive_chi2_kernel: lambda x: pairwise.additive_chi2_kernel(x * x, x * x + 1)
        PCA: lambda x: PCA(2, svd_solver="full").fit_transform(x)
    """,
}


@pytest.mark.parametrize("library", THEIRS)
def test_functions_that_others_wrote_for_any_array_library_have_gradients(library):
    pytest.importorskip(library)
    imports, calls = textwrap.dedent(THEIRS[library]).split("---")
    lines = [line.partition(": ") for line in calls.strip().splitlines()]
    program = CHILD.format(imports=imports, calls="".join(f'    "{name}": {call},\n' for name, _, call in lines))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == [name for name, *_ in lines], done.stderr[-2000:]
