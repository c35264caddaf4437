"""Fourier transforms: NumPy's values and dtypes, exact adjoints, PyTorch's gradients, differences of both orders."""

import inspect

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck
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


@pytest.mark.parametrize("n", [1, 2, 5, 8, 49])
def test_frequencies_are_numpys_to_the_bit_and_carry_the_gradient_of_the_spacing(n):
    for name in ("fftfreq", "rfftfreq"):
        for d in (1.0, 0.1, 3):
            np.testing.assert_array_equal(getattr(F, name)(n, d), getattr(np.fft, name)(n, d), strict=True)
        assert gradcheck(lambda d, name=name: getattr(F, name)(n, d), leaf(np.array(0.5)))


# ── convolution ──


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
