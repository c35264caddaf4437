"""odeint: SciPy's solutions; gradients beside closed forms and differences, of both orders; what would be lost."""

import numpy as np
import pytest
from scipy.integrate import odeint as scipys

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck

TIGHT = {"rtol": 1e-12, "atol": 1e-12}


def leaf(data, dtype=np.float64):
    return Tensor(np.array(data, dtype), requires_grad=True)


def swing(y, t, k, push):
    """A pendulum that is pushed: neither linear nor the same at all times."""
    return ag.stack([y[1], -k * ag.sin(y[0]) + push[0] * ag.cos(push[1] * t)])


Y0, T, K, PUSH = np.array([0.5, -0.2]), np.array([0.0, 0.4, 1.0, 1.7]), np.array(1.3), np.array([0.3, 2.0])


def test_solutions_are_scipys():
    theirs = scipys(lambda y, t: [y[1], -1.3 * np.sin(y[0]) + 0.3 * np.cos(2.0 * t)], Y0, T)
    np.testing.assert_allclose(ag.odeint(swing, Y0, T, (K, PUSH)), theirs, rtol=1e-12)
    swapped = ag.odeint(lambda t, y, *args: swing(y, t, *args), Y0, T, (K, PUSH), tfirst=True)
    np.testing.assert_allclose(swapped, theirs, rtol=1e-12)


def test_gradients_are_those_of_differences():
    given = [leaf(a) for a in (Y0, T, K, PUSH)]
    g = np.random.default_rng(0).standard_normal((4, 2))
    loss = lambda y0, t, k, push: (ag.odeint(swing, y0, t, (k, push), **TIGHT) * g).sum()
    grads = grad(loss(*given), given)
    for i, found in enumerate(grads):
        for place in np.ndindex(found.shape):
            ends = []
            for step in (1e-5, -1e-5):
                arrays = [a.numpy().copy() for a in given]
                arrays[i][place] += step
                ends.append(loss(*arrays))
            np.testing.assert_allclose(found[place].item(), (ends[0] - ends[1]) / 2e-5, rtol=1e-6, atol=1e-8)


def decay(y, t, k):
    return -k * y


def test_derivatives_of_three_orders_are_those_of_the_closed_form():
    y0, t, k = leaf([2.0]), leaf([0.0, 1.5]), leaf(0.7)
    end = ag.odeint(decay, y0, t, (k,), **TIGHT)[1, 0]
    e = np.exp(-0.7 * 1.5)
    by_y, by_t, by_k = grad(end, [y0, t, k], create_graph=True)
    np.testing.assert_allclose(by_y.numpy(), [e], rtol=1e-8)
    np.testing.assert_allclose(by_t.numpy(), [1.4 * e, -1.4 * e], rtol=1e-8)
    np.testing.assert_allclose(by_k.item(), -3.0 * e, rtol=1e-8)
    second = grad(by_k, [y0, t, k], create_graph=True)
    np.testing.assert_allclose(second[0].numpy(), [-1.5 * e], rtol=1e-7)
    np.testing.assert_allclose(second[1].numpy(), [2 * e * (1 - 1.05), -2 * e * (1 - 1.05)], rtol=1e-6)
    np.testing.assert_allclose(second[2].item(), 4.5 * e, rtol=1e-7)
    np.testing.assert_allclose(grad(second[2], k).item(), -6.75 * e, rtol=1e-6)


def test_a_gradient_check_passes_where_tolerances_are_fine():
    y0, k = leaf([0.8]), leaf(0.6)
    gradcheck(lambda y0, k: ag.odeint(decay, y0, [0.0, 0.5], (k,), rtol=1e-13, atol=1e-13), [y0, k])


def test_a_small_gradient_is_as_exact_as_a_large_one():
    y0 = leaf([1.0])
    y = ag.odeint(decay, y0, [0.0, 1.0], (0.5,))
    for size in (1.0, 1e-12, 1e12):
        g = grad(y, y0, np.array([[0.0], [size]]), retain_graph=True)
        np.testing.assert_allclose(g.numpy() / size, [np.exp(-0.5)], rtol=1e-6)


def test_times_may_fall_be_repeated_or_be_one():
    y0 = leaf([1.0])
    back = ag.odeint(decay, y0, [1.0, 0.0], (0.5,))
    np.testing.assert_allclose(grad(back[1, 0], y0).numpy(), [np.exp(0.5)], rtol=1e-6)
    twice = ag.odeint(decay, y0, [0.0, 1.0, 1.0], (0.5,))
    np.testing.assert_allclose(grad(twice[1:].sum(), y0).numpy(), [2 * np.exp(-0.5)], rtol=1e-6)
    np.testing.assert_array_equal(grad(ag.odeint(decay, y0, [3.0], (0.5,)).sum(), y0).numpy(), [1.0])


def test_single_precision_comes_out_single():
    y0, k = leaf([1.0], np.float32), leaf(0.5, np.float32)
    y = ag.odeint(decay, y0, [0.0, 1.0], (k,))
    assert y.dtype == np.float32
    assert {g.dtype for g in grad(y.sum(), [y0, k])} == {np.dtype(np.float32)}


def test_a_batch_is_solved_as_one_vector_would_be():
    rng = np.random.default_rng(0)
    y0, w = rng.standard_normal((3, 2)), leaf(rng.standard_normal((2, 2)))
    g = rng.standard_normal((4, 3, 2))
    batch, line = leaf(y0), leaf(y0.reshape(-1))
    y = ag.odeint(lambda y, t, w: ag.tanh(y @ w) * t, batch, T, (w,), **TIGHT)
    z = ag.odeint(lambda y, t, w: (ag.tanh(y.reshape((3, 2)) @ w) * t).reshape(-1), line, T, (w,), **TIGHT)
    np.testing.assert_array_equal(y.numpy().reshape(4, 6), z.numpy())
    ours, theirs = grad(y, [batch, w], g, create_graph=True), grad(z, [line, w], g.reshape(4, 6), create_graph=True)
    np.testing.assert_array_equal(ours[0].numpy().reshape(-1), theirs[0].numpy())
    np.testing.assert_array_equal(ours[1].numpy(), theirs[1].numpy())
    np.testing.assert_allclose(
        grad((ours[0] * y0).sum(), w).numpy(), grad((theirs[0] * y0.reshape(-1)).sum(), w).numpy()
    )


def test_a_number_is_solved_as_it_is():
    y = ag.odeint(decay, leaf(2.0), [0.0, 1.0], (0.5,), **TIGHT)
    assert y.shape == (2,)
    np.testing.assert_allclose(y[1].item(), 2 * np.exp(-0.5), rtol=1e-9)


def test_what_func_reads_beside_its_arguments_may_carry_no_gradient():
    hidden = leaf(0.5)
    message = r"^odeint: func reads a Tensor \(\) that requires a gradient and is not among args; the gradient would be"
    with pytest.raises(TypeError, match=message):
        ag.odeint(lambda y, t: -hidden * y, leaf([1.0]), [0.0, 1.0])
    with ag.no_grad():
        ag.odeint(lambda y, t: -hidden * y, [1.0], [0.0, 1.0])
    ag.odeint(lambda y, t: -hidden.detach() * y, leaf([1.0]), [0.0, 1.0])


def test_what_runs_in_the_solver_is_no_step_of_the_program():
    y = ag.odeint(swing, leaf(Y0), T, (leaf(K), PUSH))
    assert y.node.op.name == "odeint"
    assert all(parent is None or parent.op is None for parent in y.node.parents)


BAD = {
    "no function": ((3.0, [1.0], [0.0, 1.0]), {}, TypeError, r"odeint: func must be a function f\(y, t, \*args\)"),
    "times a matrix": ((decay, [1.0], [[0.0, 1.0]], (1.0,)), {}, ValueError, r"odeint: t \(1, 2\) must be \(T,\), and"),
    "no y0": ((decay, np.ones((0, 2)), [0.0, 1.0], (1.0,)), {}, ValueError, r"odeint: .* neither it nor y0 \(0, 2\)"),
    "one of a batch": ((lambda y, t: y[0], np.ones((3, 2)), [0.0, 1.0]), {}, ValueError, r"gave \(2,\) for y \(3, 2\)"),
    "times that turn": ((decay, [1.0], [0.0, 2.0, 1.0], (1.0,)), {}, ValueError, r"odeint: the times t \(3,\)"),
    "rtol of 0": ((decay, [1.0], [0.0, 1.0], (1.0,)), {"rtol": 0}, ValueError, r"odeint: rtol must be a number"),
    "half a step": ((decay, [1.0], [0.0, 1.0], (1.0,)), {"mxstep": 0.5}, ValueError, r"odeint: mxstep must be"),
    "another shape": ((lambda y, t: y[:1], [1.0, 2.0], [0.0, 1.0]), {}, ValueError, r"func gave \(1,\) for y \(2,\)"),
    "a blow-up": ((lambda y, t: y * y, [1.0], [0.0, 2.0]), {}, ValueError, r"odeint: .* SciPy's solver gave up"),
    "text": ((decay, [1.0], [0.0, 1.0], ("a",)), {}, TypeError, r"odeint: args\[0\]: takes arrays of real"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_solved_is_refused_in_a_sentence(what):
    args, how, kind, message = BAD[what]
    with pytest.raises(kind, match=message):
        ag.odeint(*args, **how)
