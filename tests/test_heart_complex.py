"""Complex numbers on the tape: from real numbers, through users' own operations, to a real loss.

The gradient of a real loss is ∂L/∂Re + i·∂L/∂Im; what is real gets the real part.
"""

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import GradcheckError, Tensor, grad, gradcheck, gradgradcheck, primitive

pytestmark = pytest.mark.usefixtures("registry")


def leaf(data):
    return Tensor(np.asarray(data, float), requires_grad=True)


class Own:
    """Operations on complex numbers that somebody wrote."""

    def __init__(self):
        self.rfft = primitive(lambda x: np.fft.rfft(x), name="spectrum")
        self.back = primitive(lambda z, *, n: n * np.fft.irfft(z * weights(n), n), name="rfft_back")
        self.rfft.defvjp(x=lambda g, shape: self.back(g, n=shape[0]))
        self.back.defvjp(z=lambda g: self.rfft(g))
        self.abs2 = primitive(lambda z: z.real**2 + z.imag**2, name="abs2")
        self.abs2.defvjp(z=lambda g, z: self.times(2 * g, z))
        self.times = primitive(lambda a, z: a * z, name="times")
        self.times.defvjp(
            a=lambda g, z: self.times(g, self.conjugate(z)), z=lambda g, a: self.times(g, self.conjugate(a))
        )
        self.conjugate = primitive(lambda z: np.conj(z), name="conjugate")
        self.conjugate.defvjp(z=lambda g: self.conjugate(g))


def weights(n):
    """What makes the inverse transform the adjoint of the transform: the first and last of an even n count once."""
    found = np.full(n // 2 + 1, 0.5)
    found[0] = 1
    if n % 2 == 0:
        found[-1] = 1
    return found


@pytest.fixture
def own():
    return Own()


X = np.array([0.3, -1.2, 0.7, 2.0, -0.4, 0.9])


def numeric(fn, x, h=1e-6):
    units = np.eye(len(x))
    return [(fn(Tensor(x + h * e)).item() - fn(Tensor(x - h * e)).item()) / (2 * h) for e in units]


# ── gradients ──


def test_the_energy_of_a_transform_has_the_right_real_gradient(own):
    def energy(x):
        return own.abs2(own.rfft(x)).sum()

    x = leaf(X)
    assert own.rfft(x).dtype == np.complex128
    found = grad(energy(x), x)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, numeric(energy, X), rtol=1e-7, atol=1e-8)


def test_gradients_of_a_complex_result_used_twice_add_up_in_complex(own):
    def twice(x):
        z = own.rfft(x)
        return own.abs2(z).sum() + (own.abs2(own.times(np.array([1j, 2, 1 + 1j, 3]), z)) * np.arange(4.0)).sum()

    x = leaf(X)
    np.testing.assert_allclose(grad(twice(x), x), numeric(twice, X), rtol=1e-7, atol=1e-7)
    recorded = grad(twice(x), x, create_graph=True)
    np.testing.assert_allclose(recorded, grad(twice(x), x), rtol=1e-12, atol=1e-12)


def test_the_gradient_of_a_complex_result_is_complex(own):
    x = leaf(X)
    z = own.rfft(x)
    z.retain_grad()
    loss = own.abs2(z).sum()
    np.testing.assert_allclose(grad(loss, z, retain_graph=True), 2 * np.fft.rfft(X))
    loss.backward()
    np.testing.assert_allclose(z.grad, 2 * np.fft.rfft(X))


def test_a_real_argument_of_a_complex_product_gets_the_real_part(own):
    a, x = leaf([2.0, -1.0, 0.5, 3.0]), leaf(X)

    def loss(a, x):
        return own.abs2(own.times(a, own.rfft(x)) + own.rfft(x)).sum()

    ga, gx = grad(loss(a, x), [a, x])
    assert (ga.dtype, gx.dtype) == (np.float64, np.float64)
    np.testing.assert_allclose(ga, numeric(lambda a: loss(a, x), a.numpy()), rtol=1e-6, atol=1e-7)


def test_broadcasting_is_undone_for_complex_gradients_too(own):
    x, scale = leaf(X), leaf([1.5])

    def loss(scale):
        return own.abs2(own.times(scale, own.rfft(x))).sum()

    for create_graph in (False, True):
        found = grad(loss(scale), scale, create_graph=create_graph)
        assert (found.shape, found.dtype) == ((1,), np.float64)
        np.testing.assert_allclose(found, numeric(loss, scale.numpy()), rtol=1e-6)


def test_a_complex_result_takes_a_complex_seed_and_asks_for_one(own):
    x = leaf(X)
    seed = np.array([1, 1j, 2 - 1j, 0])
    right = own.back.forward(seed, n=6)
    np.testing.assert_allclose(grad(own.rfft(x), x, seed), right)
    np.testing.assert_allclose(grad(own.rfft(x), x, Tensor.made(seed, None), create_graph=True), right)
    np.testing.assert_allclose(grad(own.rfft(x), x, np.ones(4)), own.back.forward(np.ones(4), n=6))
    with pytest.raises(ValueError, match=r"the output has shape \(\) and is complex; only one of one element"):
        own.rfft(x)[0].backward()


def test_second_derivatives_through_complex_numbers_are_right(own):
    def quartic(x):
        return (own.abs2(own.rfft(x)) ** 2).sum()

    x = leaf(X)
    slope = grad(quartic(x), x, create_graph=True)
    direction = np.array([1.0, -2.0, 0.5, 0.0, 3.0, 1.0])
    along = grad((slope * direction).sum(), x)

    h = 1e-5
    ahead, behind = (grad(quartic(at), at).numpy() for at in (leaf(X + h * direction), leaf(X - h * direction)))
    np.testing.assert_allclose(along, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-6)


# ── operations of the package on what is complex ──


def test_linear_operations_of_the_package_go_on_with_complex_numbers(own):
    def loss(x):
        z = own.rfft(x)
        moved = ag.concatenate([z[1:].reshape(3, 1).transpose(), -ag.flip(z[:3]).reshape(1, 3)], axis=0)
        return own.abs2((moved - ag.pad(moved, ((0, 0), (1, 0)))[:, :3]).sum(axis=0)).sum()

    assert gradcheck(loss, leaf(X))
    assert gradgradcheck(loss, leaf(X))


def test_operations_whose_rules_are_for_real_numbers_refuse_complex_ones(own):
    z = own.rfft(leaf(X))
    for call in (lambda: ag.relu(z), lambda: ag.maximum(z, 0), lambda: z.max(), lambda: ag.clip(z, 0, 1)):
        with pytest.raises(TypeError, match="complex128"):
            call()


# ── the gradient check ──


def test_functions_that_are_complex_inside_are_checked(own):
    def loss(x):
        z = own.rfft(x)
        return own.abs2(own.times(x[:4], z)).sum() + own.abs2(z)

    assert gradcheck(loss, leaf(X))
    assert gradgradcheck(loss, leaf(X))


def test_a_wrong_rule_on_complex_numbers_is_found_and_what_cannot_be_judged_is_named(own):
    own.times.defvjp(z=lambda g, a: own.times(g, a))  # not conjugated
    factor = np.array([1j, 2, 1 + 1j, 3])
    with pytest.raises(GradcheckError, match=r"nothing is known of spectrum, times, add, abs2") as caught:
        gradcheck(lambda x: own.abs2(own.times(factor, own.rfft(x)) + own.rfft(x)).sum(), leaf(X))
    assert caught.value.operation is None


def test_a_rule_on_complex_numbers_that_writes_into_g_is_found(own):
    def rule(g):
        g *= 1j
        return g

    own.conjugate.defvjp(z=rule)
    with pytest.raises(GradcheckError, match="the rule writes into g"):
        gradcheck(lambda x: own.abs2(own.conjugate(own.rfft(x))).sum(), leaf(X))
