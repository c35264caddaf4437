"""Fourier transforms: NumPy's values and dtypes, exact adjoints, PyTorch's gradients, differences of both orders."""

import inspect

import numpy as np
import pytest
import scipy.signal
import torch

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck
from autograd_mini.ops.kinds import ROWS

F = ag.fft
RNG = np.random.default_rng
REAL_ONLY = ("rfft", "ihfft", "rfftn", "rfft2")
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
NORMS = (None, "backward", "ortho", "forward")


def drawn(complex_too, *shape, seed=0):
    rng = RNG([seed, *shape])
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if complex_too else x


def leaf(x):
    return Tensor(x, requires_grad=True)


def kinds(name):
    return [False] if name in REAL_ONLY else [False, True]


CASES = [
    pytest.param(name, complex_too, shape, {"n": n, "axis": axis, "norm": norm}, id=f"{name} {complex_too} {n} {norm}")
    for name in ONE
    for complex_too in kinds(name)
    for shape, axis in [((5,), -1), ((3, 4, 2), 1)]
    for n in (None, 1, 2, 4, 7)
    for norm in NORMS[n is not None :]
] + [
    pytest.param(name, complex_too, (3, 4, 5), {**how, "norm": norm}, id=f"{name} {complex_too} {how} {norm}")
    for name in SEVERAL
    for complex_too in kinds(name)
    for how in [{}, {"s": (2, 7)}, {"axes": (0, 1)}, {"s": (6, 3), "axes": (2, 0)}, {"s": (5, 4), "axes": (-1, 1)}]
    for norm in (None, "ortho")
    if "s" not in how or "axes" in how or not name.endswith("n")  # NumPy warns of s without axes
]


def product(x, y):
    """The real inner product."""
    return np.vdot(x, y).real


@pytest.mark.parametrize(("name", "complex_too", "shape", "how"), CASES)
def test_values_are_numpys_by_either_name_and_gradients_the_exact_adjoint(name, complex_too, shape, how):
    x, ours, theirs = drawn(complex_too, *shape), getattr(F, name), getattr(np.fft, name)
    right = theirs(x, **how)
    for found in (ours(leaf(x), **how), theirs(leaf(x), **how), ours(x, **how)):
        np.testing.assert_array_equal(getattr(found, "_array", found), right, strict=True)
    y = drawn(right.dtype.kind == "c", *right.shape, seed=1)
    t = leaf(x)
    back = grad(ours(t, **how), t, y).numpy()
    assert back.dtype == x.dtype
    np.testing.assert_allclose(product(right, y), product(x, back), rtol=1e-12, atol=1e-12)


FEW = [
    case for case in CASES if case.values[3].get("norm") in (None, "ortho") and case.values[3].get("n") in (None, 4, 7)
]


@pytest.mark.parametrize(("name", "complex_too", "shape", "how"), FEW)
def test_gradients_are_those_of_pytorch(name, complex_too, shape, how):
    x = drawn(complex_too, *shape)
    theirs, ours = torch.tensor(x, requires_grad=True), leaf(x)
    names = {"axis": "dim", "axes": "dim"}
    other = getattr(torch.fft, name)(theirs, **{names.get(key, key): value for key, value in how.items()})
    found = getattr(F, name)(ours, **how)
    scale = 1 + np.arange(found.size).reshape(found.shape)
    loss = ag.sum(scale * ag.absolute(found) ** 3)  # a real loss
    (right,) = torch.autograd.grad((torch.tensor(scale) * other.abs() ** 3).sum(), theirs)
    np.testing.assert_allclose(grad(loss, ours), right.resolve_conj(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "complex_too"), [(name, complex_too) for name in (*ONE, *SEVERAL) for complex_too in kinds(name)]
)
def test_gradients_of_both_orders_agree_with_differences(name, complex_too):
    for shape, how in [((3, 4), {}), ((2, 3), {"n": 4, "axis": 0} if name in ONE else {"s": (4, 2), "axes": (0, 1)})]:
        x = leaf(drawn(complex_too, *shape))
        assert gradcheck(lambda x, how=how: getattr(F, name)(x, **how), x)
        assert gradgradcheck(lambda x, how=how: ag.absolute(getattr(F, name)(x, **how)) ** 4, x)


def test_the_transforms_are_linear_and_have_their_own_tangents():
    for name in ("fft", "ifft", "rfft", "irfft"):
        op, x, t = getattr(F, name), drawn(False, 4), drawn(False, 4, seed=1)
        assert op.kind == "linear"
        params = {"n": 5, "axis": 0, "norm": "ortho"}
        np.testing.assert_array_equal(op.jvp((t,), (x,), params, None), op.bind(t, **params))


@pytest.mark.parametrize(("narrow", "wide"), [(np.float32, np.complex64), (np.float16, np.complex64)])
def test_single_precision_stays_single(narrow, wide):
    x = leaf(drawn(False, 6).astype(narrow))
    for y in (F.fft(x), F.rfft(x), F.ihfft(x), F.fft2(x.reshape(2, 3))):
        assert y.dtype == wide
        back = grad(ag.sum(ag.absolute(y)), x)
        assert back.dtype == narrow
        assert np.isfinite(back.numpy()).all()
    assert F.irfft(F.rfft(x)).dtype == F.hfft(x).dtype == np.float32
    z = leaf(drawn(True, 6).astype(np.complex64))
    assert F.fft(z).dtype == grad(ag.sum(ag.absolute(F.irfft(z))), z).dtype == np.complex64


def test_of_integers_and_under_no_gradient_it_is_a_constant():
    for x in (Tensor([1, 2, 3]), Tensor([1.0, 2.0, 3.0])):
        y = F.rfft(x)
        assert y.node is None
        np.testing.assert_array_equal(y.numpy(), np.fft.rfft(x.numpy()))


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda x: x[::-1], lambda x: np.broadcast_to(x[:1], x.shape)])
def test_memory_layouts_make_no_difference(layout):
    x = layout(drawn(False, 4, 6))
    for name in ("fft2", "rfft2", "irfft2"):
        t = leaf(x)
        y = getattr(F, name)(t)
        np.testing.assert_array_equal(y.numpy(), getattr(np.fft, name)(np.ascontiguousarray(x)))
        back = grad(ag.sum(ag.absolute(y) ** 2), t).numpy()
        again = leaf(np.ascontiguousarray(x))
        np.testing.assert_allclose(back, grad(ag.sum(ag.absolute(getattr(F, name)(again)) ** 2), again), atol=1e-12)


def test_of_no_rows_there_is_nothing():
    x = leaf(np.zeros((0, 4)))
    for name in ("fft", "rfft", "irfft", "hfft"):
        y = getattr(F, name)(x)
        np.testing.assert_array_equal(y.numpy(), getattr(np.fft, name)(x.numpy()), strict=True)
        assert grad(y, x, np.zeros(y.shape, y.dtype)).shape == (0, 4)
    assert F.fft(leaf(np.zeros((2, 0))), n=3).numpy().tolist() == [[0, 0, 0]] * 2


def test_nothing_is_saved():
    for name in ("fft", "rfft", "ifft", "irfft"):
        assert not getattr(F, name)(leaf(drawn(False, 4))).node.saved


# ── shifts and frequencies ──


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
@pytest.mark.parametrize("axes", [None, 0, (1,), (0, -1), ()])
def test_shifts_are_numpys_and_undo_each_other(name, axes):
    x = leaf(drawn(False, 3, 4, 5))
    for found in (getattr(F, name)(x, axes), getattr(np.fft, name)(x, axes=axes)):
        np.testing.assert_array_equal(found.numpy(), getattr(np.fft, name)(x.numpy(), axes))
    np.testing.assert_array_equal(F.ifftshift(F.fftshift(x, axes), axes).numpy(), x.numpy())
    assert gradcheck(lambda x: getattr(F, name)(x, axes), x)


@pytest.mark.parametrize("n", [1, 2, 5, 8, 49])
def test_frequencies_are_numpys_to_the_bit_and_carry_the_gradient_of_the_spacing(n):
    for name in ("fftfreq", "rfftfreq"):
        for d in (1.0, 0.1, 3):
            np.testing.assert_array_equal(getattr(F, name)(n, d), getattr(np.fft, name)(n, d), strict=True)
        assert gradcheck(lambda d, name=name: getattr(F, name)(n, d), leaf(np.array(0.5)))


# ── convolution ──


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [((5,), (3,), None), ((3,), (5,), None), ((4, 5), (3, 2), None), ((2, 6), (2, 3), 1), ((2, 6), (1, 3), (1,))],
)
@pytest.mark.parametrize("complex_too", [False, True])
def test_fftconvolve_is_scipys_with_gradients_of_both_orders(first, second, axes, mode, complex_too):
    x, y = drawn(False, *first), drawn(complex_too, *second, seed=1)
    if mode == "valid" and axes == 1 and first[1] < second[1]:
        return
    right = scipy.signal.fftconvolve(x, y, mode, axes)
    np.testing.assert_allclose(ag.fftconvolve(leaf(x), leaf(y), mode, axes).numpy(), right, atol=1e-12)
    assert gradcheck(lambda x, y: ag.fftconvolve(x, y, mode, axes), [leaf(x), leaf(y)])
    assert gradgradcheck(lambda x, y: ag.fftconvolve(x, y, mode, axes), [leaf(x), leaf(y)])


# ── what is refused, and as what it is called ──


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: F.fft(x, n=0), ValueError, "fft: n must be an integer of at least 1, not 0"),
        (lambda x: F.rfft(x, n=2.0), ValueError, "rfft: n must be an integer of at least 1, not 2.0"),
        (lambda x: np.fft.ifft(x, axis=2), ValueError,
         "ifft: axis 2 is out of range for shape (2, 3), which has 2 axes"),
        (lambda x: F.fft(x, axis=None), TypeError, "fft: the axis must be an integer, not None"),
        (lambda x: F.irfft(x, norm="both"), ValueError,
         'irfft: norm must be "backward", "ortho" or "forward", not \'both\''),
        (lambda x: F.fft(x[:0], axis=0), ValueError, "fft: shape (0, 3): axis 0, of length 0, has no elements; give n"),
        (lambda x: F.irfft(x[:1], axis=0), ValueError,
         "irfft: shape (1, 3): axis 0, of length 1, is too short for a half spectrum; give n"),
        (lambda x: F.rfft(x * 1j), TypeError,
         "rfft: takes real numbers, not complex128; take a.real, or another transform"),
        (lambda x: F.ihfft(x * 1j), TypeError,
         "ihfft: takes real numbers, not complex128; take a.real, or another transform"),
        (lambda x: F.rfft2(x * 1j), TypeError,
         "rfft2: takes real numbers, not complex128; take a.real, or another transform"),
        (lambda x: F.fftn(x, s=(2, 3, 4)), ValueError, "fftn: shape (2, 3) has fewer axes than s has lengths, 3"),
        (lambda x: F.fftn(x, s=(2, 3), axes=(0,)), ValueError,
         "fftn: shape (2, 3): 2 lengths (2, 3) for 1 axes"),
        (lambda x: F.fft2(x, s=3), ValueError, "fft2: s must be a sequence of integers, not 3"),
        (lambda x: F.rfftn(x, axes=()), ValueError, "rfftn: shape (2, 3): there must be at least one axis"),
        (lambda x: F.fft2(x[0]), ValueError, "fft2: axis -2 is out of range for shape (3,), which has 1 axes"),
        (lambda x: F.fftshift(x, 5), ValueError,
         "fftshift: axis 5 is out of range for shape (2, 3), which has 2 axes"),
        (lambda x: F.fftfreq(0), ValueError, "fftfreq: n must be an integer of at least 1, not 0"),
        (lambda x: F.rfftfreq(2.5), ValueError, "rfftfreq: n must be an integer of at least 1, not 2.5"),
        (lambda x: np.fft.fft(x, out=np.zeros((2, 3), complex)), TypeError,
         "np.fft.fft: with out= it is not recorded on the tape, and the gradient would be lost; leave that out, or "
         "give t.detach()"),
        (lambda x: ag.fftconvolve(x, x[0]), ValueError,
         "fftconvolve: (2, 3) and (3,): both must have equally many axes"),
        (lambda x: ag.fftconvolve(x, x, "half"), ValueError,
         'fftconvolve: mode must be "full", "same" or "valid", not \'half\''),
        (lambda x: ag.fftconvolve(x, np.ones((3, 2)), "valid"), ValueError,
         'fftconvolve: (2, 3) and (3, 2): for "valid" one must be at least as long as the other on every axis'),
    ],
)  # fmt: skip
def test_bad_calls_are_refused_in_a_sentence(call, kind, message):
    with pytest.raises(kind) as caught:
        call(leaf(drawn(False, 2, 3)))
    assert str(caught.value) == message


def test_signatures_are_numpys_but_for_out():
    for name, row in ROWS.items():
        if not name.startswith("fft."):
            continue
        ours, right = (inspect.signature(f).parameters for f in (row.function, getattr(np.fft, name[4:])))
        assert [*ours] == [p for p in right if p not in ("out", "device")]
        assert [ours[p].default for p in ours] == [right[p].default for p in ours]
