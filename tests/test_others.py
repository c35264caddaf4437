"""Other libraries' samples, and random calls, a few of each; at length they are targets of their own (`others`)."""

from collections import Counter

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor

RNG = np.random.default_rng(0)


def leaf(*shape, imaginary=False):
    x = RNG.uniform(0.2, 0.9, shape)
    return Tensor(x + 1j * RNG.standard_normal(shape) if imaginary else x, requires_grad=True)


def test_random_calls_of_every_operation_have_the_derivatives_that_differences_have():
    from others.random_calls import run

    table, faults = run(500)
    assert not faults
    total = sum(table.values(), Counter())
    unstable = sum(n for how, n in total.items() if how.startswith("unstable"))
    assert total["second"] > 100
    assert unstable < 0.05 * (total["first"] + total["second"])


@pytest.mark.filterwarnings("ignore")
def test_samples_that_pytorch_has_of_its_operations_come_out_the_same_here():
    pytest.importorskip("torch")
    from others.opinfo import run

    with np.errstate(all="ignore"):
        table, words = run(most=1)
    wrong = {name: words[name] for name, counts in table.items() if counts["wrong"]}
    assert not wrong
    assert sum(counts["same"] > 0 for counts in table.values()) >= 150


class TestHips:
    """The stand-ins themselves, without the tests that they are for."""

    def test_grad_of_a_function_of_containers_has_their_form(self):
        from others import hips

        found = hips.grad(lambda d: np.sum(np.sin(d["a"])) + d["b"][0] ** 2)(
            {"a": np.array([0.5, 1.0]), "b": (3.0, 1.0)}
        )
        np.testing.assert_allclose(found["a"], np.cos([0.5, 1.0]))
        assert found["b"] == (6.0, 0.0)

    def test_a_gradient_of_a_complex_number_is_the_conjugate_of_ours(self):
        from others import hips

        z = Tensor(1.0 + 2.0j, requires_grad=True)
        assert ag.grad(ag.real(z**2), z).item() == 2 - 4j
        assert hips.grad(lambda z: np.real(z**2))(1.0 + 2.0j) == 2 + 4j

    def test_a_wrong_rule_is_found_at_either_order(self):
        from others import hips

        own = hips.OwnPrimitive(lambda x: x * 2.0)
        hips.defvjp(own, lambda out, x: lambda g: g * 2.001)
        with pytest.raises(AssertionError, match=r"\(VJP\) check of "):
            hips.check_grads(own)(1.0)


def test_cov_carries_the_gradient_of_its_weights():
    x, w, often = leaf(3, 5), leaf(5), np.array([1, 2, 1, 3, 1])
    for more in ({}, {"fweights": often}, {"ddof": 0}, {"fweights": often, "bias": True}):
        np.testing.assert_allclose(ag.cov(x, aweights=w, **more).numpy(), np.cov(x.numpy(), aweights=w.numpy(), **more))
        assert ag.gradcheck(lambda x, w, more=more: ag.cov(x, aweights=w, **more), [x, w])
        assert ag.gradgradcheck(lambda x, w, more=more: ag.cov(x, aweights=w, **more), [x, w])


@pytest.mark.parametrize("name", ["nanvar", "nanstd"])
def test_variances_of_complex_numbers_are_those_of_distances(name):
    z = leaf(3, 4, imaginary=True)
    np.testing.assert_allclose(getattr(ag, name)(z, 1).numpy(), getattr(np, name)(z.numpy(), 1))
    assert ag.gradcheck(lambda z: getattr(ag, name)(z, 1), [z])
    assert ag.gradgradcheck(lambda z: getattr(ag, name)(z, 1), [z])


def test_sigmoid_of_complex_numbers_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    z = Tensor(np.array([1 + 2j, -3 + 0.5j, 40j, -800 + 1j, 800 - 1j]), requires_grad=True)
    other = torch.tensor(z.numpy()[:3], requires_grad=True)
    np.testing.assert_allclose(ag.sigmoid(z).numpy()[:3], torch.sigmoid(other).detach().numpy())
    np.testing.assert_allclose(ag.sigmoid(z).numpy()[3:], [0, 1], atol=1e-300)
    assert ag.gradcheck(ag.sigmoid, [leaf(4, imaginary=True)])
    assert ag.gradgradcheck(ag.sigmoid, [leaf(4, imaginary=True)])


@pytest.mark.parametrize("part", ["angle", "imag", "real"])
def test_parts_of_real_numbers_are_checked_although_their_rules_make_complex_ones(part):
    assert ag.gradcheck(getattr(ag, part), [leaf(3)])


def test_exponents_of_single_numbers_are_arrays():
    mantissa, exponent = ag.frexp(Tensor(6.0))
    assert exponent.numpy().shape == () == mantissa.numpy().shape
    assert exponent.numpy() == 3


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (([0, 1], [1, 2], [0, 2]), "ij,jk->ik"),
        (([0, 1], [1, 2]), "ij,jk"),
        (([..., 5], [5, 51], [..., 51]), "...i,ij->...j"),
        (([3, 3], [3, 1]), "ii,ij"),
    ],
)
def test_einsum_takes_lists_of_labels_behind_the_operands(labels, text):
    a, b = leaf(3, 3), leaf(3, 3)
    call = lambda a, b: np.einsum(a, labels[0], b, labels[1], *labels[2:])
    np.testing.assert_allclose(call(a, b).numpy(), ag.einsum(text, a, b).numpy())
    np.testing.assert_allclose(call(a, b).numpy(), call(a.numpy(), b.numpy()))
    assert ag.gradcheck(call, [a, b])


@pytest.mark.parametrize("shapes", [((), (2, 2)), ((2,), (2,)), ((3,), (2, 2)), ((2,), ())])
def test_products_of_vectors_and_matrices_refuse_what_is_neither(shapes):
    x, y = (leaf(*shape) for shape in shapes)
    with pytest.raises(ValueError, match=r"^vecmat: \(.*\) and \(.*\) must be \(\.\.\., m\) and \(\.\.\., m, n\)$"):
        ag.vecmat(x, y)
    with pytest.raises(ValueError, match=r"^matvec: \(.*\) and \(.*\) must be \(\.\.\., m, n\) and \(\.\.\., n\)$"):
        ag.matvec(y, x)
