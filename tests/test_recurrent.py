"""Recurrent layers: PyTorch's values and gradients, packed sequences, both directions, second derivatives, nodes."""

import numpy as np
import pytest
import torch
from cases import every
from conftest import needs_numba

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck, no_grad
from autograd_mini.core.tape import ancestors
from autograd_mini.kernels import recurrent

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
N, T, D, H = 3, 5, 4, 2
LENGTHS = {"whole": None, "packed": [2, 5, 3]}

every_layer = pytest.mark.parametrize("name", GATES)
every_lengths = pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS)
every_way = pytest.mark.parametrize("reverse", [False, True], ids=["forth", "back"])


def drawn(name, dtype=np.float64, n=N, t=T, d=D, h=H, seed=0):
    """The arguments of a layer by name: x, weights, biases and first states."""
    rng, g = np.random.default_rng(seed), GATES[name]
    shapes = {"x": (n, t, d), "weight_ih": (g * h, d), "weight_hh": (g * h, h), "bias_ih": (g * h,),
              "bias_hh": (g * h,), "h0": (n, h), **({"c0": (n, h)} if name == "lstm" else {})}  # fmt: skip
    return {what: rng.standard_normal(shape).astype(dtype) for what, shape in shapes.items()}


def leaves(given):
    return {what: Tensor(array, requires_grad=True) for what, array in given.items()}


def weights_of_results(name, dtype=np.float64):
    """Factors of all results, whose sum is a loss."""
    rng = np.random.default_rng(1)
    return [rng.standard_normal(s).astype(dtype) for s in [(N, T, H), *[(N, H)] * (1 + (name == "lstm"))]]


def loss_of(name, given, factors=None, **how):
    results = getattr(ag, name)(**given, **how)
    return sum((r * f).sum() for r, f in zip(results, factors or weights_of_results(name), strict=True))


def theirs(name, given, lengths, reverse, nonlinearity="tanh"):
    """PyTorch's results and gradients: the layer of both directions has the reversed one."""
    how = {"nonlinearity": nonlinearity} if name == "rnn" else {}
    layer = getattr(torch.nn, name.upper())(D, H, batch_first=True, bidirectional=reverse, **how).double()
    side, weights = "_reverse" * reverse, ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    with torch.no_grad():
        for what in weights:
            getattr(layer, f"{what}_l0{side}").copy_(torch.tensor(given[what]))
    leaf = {what: torch.tensor(a, requires_grad=True) for what, a in given.items() if what not in weights}
    first = [torch.stack([leaf[s]] * (1 + reverse)) for s in ("h0", "c0") if s in leaf]
    x = leaf["x"]
    if lengths is not None:
        x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, last = layer(x, tuple(first) if name == "lstm" else first[0])
    if lengths is not None:
        out, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
    results = [out[..., H * reverse :], *[s[-1] for s in (last if name == "lstm" else [last])]]
    sum((r * torch.tensor(f)).sum() for r, f in zip(results, weights_of_results(name), strict=True)).backward()
    grads = {what: (leaf[what] if what in leaf else getattr(layer, f"{what}_l0{side}")).grad for what in given}
    return [r.detach().numpy() for r in results], {what: g.numpy() for what, g in grads.items()}


@every_layer
@every_lengths
@every_way
def test_values_and_gradients_are_pytorchs(name, lengths, reverse):
    given = drawn(name)
    results, grads = theirs(name, given, lengths, reverse)
    ours = leaves(given)
    for result, expected in zip(getattr(ag, name)(**ours, lengths=lengths, reverse=reverse), results, strict=True):
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-9, atol=1e-12)
    loss_of(name, ours, lengths=lengths, reverse=reverse).backward()
    for what, expected in grads.items():
        np.testing.assert_allclose(ours[what].grad.numpy(), expected, rtol=1e-9, atol=1e-12, err_msg=what)


@every_lengths
def test_the_plain_cell_with_relu_is_pytorchs(lengths):
    given = drawn("rnn")
    results, grads = theirs("rnn", given, lengths, False, "relu")
    ours = leaves(given)
    np.testing.assert_allclose(ag.rnn(**ours, lengths=lengths, nonlinearity="relu")[0].numpy(), results[0], rtol=1e-9)
    loss_of("rnn", ours, lengths=lengths, nonlinearity="relu").backward()
    for what, expected in grads.items():
        np.testing.assert_allclose(ours[what].grad.numpy(), expected, rtol=1e-9, atol=1e-12, err_msg=what)


@every_layer
@every_lengths
@every_way
def test_derivatives_of_both_orders_are_those_of_differences(name, lengths, reverse):
    given = leaves(drawn(name, n=3, t=5, d=2, h=2))
    function = lambda *arrays: loss_of(name, dict(zip(given, arrays, strict=True)), lengths=lengths, reverse=reverse)
    gradcheck(function, list(given.values()))
    gradgradcheck(function, list(given.values()), mode="projected")


@every_layer
def test_second_derivatives_are_right_where_one_argument_comes_from_another(name):
    """As in a stack of layers that share weights, or a sequence in two halves."""
    given = leaves(drawn(name, d=H))

    def twice(*arrays):
        named = dict(zip(given, arrays, strict=True))
        out, *last = getattr(ag, name)(**named)
        states = dict(zip(("h0", "c0"), last, strict=False))
        return loss_of(name, {**named, "x": out * named["x"], **states})

    gradgradcheck(twice, list(given.values()), mode="projected")


def test_derivatives_of_the_plain_cell_with_relu_are_those_of_differences():
    given = leaves(drawn("rnn"))
    function = lambda *arrays: loss_of("rnn", dict(zip(given, arrays, strict=True)), nonlinearity="relu")
    gradcheck(function, list(given.values()))
    gradgradcheck(function, list(given.values()), mode="projected")


@every_layer
def test_what_is_left_out_is_zero(name):
    given = drawn(name)
    zeros = {what: np.zeros_like(a) for what, a in given.items() if what not in ("x", "weight_ih", "weight_hh")}
    few = {what: given[what] for what in ("x", "weight_ih", "weight_hh")}
    for short, long in zip(getattr(ag, name)(**few), getattr(ag, name)(**{**given, **zeros}), strict=True):
        np.testing.assert_array_equal(short, long)
    only = Tensor(given["weight_hh"], requires_grad=True)
    assert np.isfinite(grad(loss_of(name, {**few, "weight_hh": only}), only).numpy()).all()


@every_layer
def test_a_packed_sequence_is_as_if_it_were_alone(name):
    given, lengths = drawn(name), [2, 5, 3]
    out, *last = getattr(ag, name)(**given, lengths=lengths)
    per_example = ("x", "h0", "c0")
    for i, length in enumerate(lengths):
        alone = {what: a[i : i + 1] if what in per_example else a for what, a in given.items()}
        alone["x"] = alone["x"][:, :length]
        own, *end = getattr(ag, name)(**alone)
        np.testing.assert_allclose(out[i, :length], own[0], rtol=1e-12)
        assert not out[i, length:].any()
        for a, b in zip(last, end, strict=True):
            np.testing.assert_allclose(a[i], b[0], rtol=1e-12)


@every_layer
def test_single_precision_stays_and_half_is_computed_in_single(name):
    exact = getattr(ag, name)(**drawn(name))[0]
    for dtype, tolerance in ((np.float32, 1e-5), (np.float16, 2e-2)):
        given = leaves(drawn(name, dtype))
        results = getattr(ag, name)(**given)
        assert {r.dtype for r in results} == {np.dtype(dtype)}
        np.testing.assert_allclose(results[0].numpy(), exact, atol=tolerance)
        loss_of(name, given, weights_of_results(name, dtype)).backward()
        assert {t.grad.dtype for t in given.values()} == {np.dtype(dtype)}


@every_layer
def test_a_long_sequence_leaves_as_few_nodes_as_a_short_one(name):
    def nodes(t):
        return len(ancestors(getattr(ag, name)(**leaves(drawn(name, t=t)))[0].node))

    assert nodes(3) == nodes(300)


@every_layer
def test_under_no_grad_and_on_arrays_the_same_comes_out(name):
    given = drawn(name)
    with_grad = getattr(ag, name)(**leaves(given))
    with no_grad():
        without = getattr(ag, name)(**leaves(given))
    for a, b, c in zip(with_grad, without, getattr(ag, name)(**given), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        np.testing.assert_array_equal(a.numpy(), c)


@needs_numba
@every("sizes", [(5, 3, 6), (5, 1, 8), (4, 9, 40), (2, 37, 24), (1, 3, 16), (3, 0, 8), (50, 32, 128)], ids=str)
@every("biased", [True, False])
def test_compiled_steps_of_an_lstm_are_as_exact_as_numpys_and_take_any_memory(threads, sizes, biased):
    (t, n, h), rng = sizes, np.random.default_rng(0)
    shapes = [(t, n, 4 * h), (n, h), (n, h), (4 * h, h), (4 * h,), (t, n, h), (t, n, h)]
    given = [rng.standard_normal(shape) / np.sqrt(h) for shape in shapes]

    def computed(dtype, compiled, changed=lambda a: a):
        before = ag.is_compiled()
        ag.set_compiled(compiled)
        z, first, cell, w, b, g, g_cells = (changed(a.astype(dtype)) for a in given)
        b = b if biased else None
        out, cells = recurrent.lstm(z, first, cell, w, b, None)
        back = recurrent.lstm_back(g, g_cells, z, first, cell, w, b, None, out, cells)
        ag.set_compiled(before)
        return [a for a in (out, cells, *back) if a is not None]

    def otherwise(a):
        """Read-only, and in another order in memory."""
        a = np.asfortranarray(a)
        a.flags.writeable = False
        return a

    exact, numpys, ours = computed(np.float64, False), computed(np.float32, False), computed(np.float32, True)
    for a, b, c in zip(exact, numpys, ours, strict=True):
        errors = [np.abs(found - a).max(initial=0) for found in (b, c)]
        assert c.dtype == np.float32
        assert errors[1] <= 3 * errors[0] + 4e-7 * np.abs(a).max(initial=0)
    for count in (1, 3):
        threads(count)
        for a, b in zip(computed(np.float32, True), computed(np.float32, True, otherwise), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    threads(2)
    for a, b in zip(ours, computed(np.float32, True), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


def test_an_lstm_of_nan_and_of_infinities_gives_what_numpy_gives(kernels):
    given = drawn("lstm", np.float32, h=8)
    given["x"][0, 1, 0], given["c0"][1, 2], given["x"][2, 2, 1] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        out, _, cells = ag.lstm(**given)
        want, _, want_cells = ag.lstm(**{what: a.astype(np.float64) for what, a in given.items()})
    np.testing.assert_allclose(out, want, atol=1e-5)
    np.testing.assert_allclose(cells, want_cells, rtol=1e-4, atol=1e-5)


def test_large_gates_saturate_without_a_warning():
    given = {what: 1e4 * a for what, a in drawn("lstm", np.float32).items()}
    out, _, _ = ag.lstm(**given)
    assert np.isfinite(out).all()


BAD = {
    "x of two axes": ({"x": np.ones((T, D))}, "gru: x (5, 4) must be (N, T, D)"),
    "no step": ({"x": np.ones((N, 0, D))}, "gru: x (3, 0, 4) and weight_hh (6, 2) must have at least one step and one"),
    "inputs' weights": ({"weight_ih": np.ones((4, D))}, "gru: weight_ih (4, 4) must be (6, 4), for x (3, 5, 4) and w"),
    "states' weights": ({"weight_hh": np.ones((5, H))}, "gru: weight_hh (5, 2) must be (6, 2), for x (3, 5, 4) and w"),
    "a bias": ({"bias_hh": np.ones(4)}, "gru: bias_hh (4,) must be (6,), for x (3, 5, 4) and weight_hh (6, 2)"),
    "first states": (
        {"h0": np.ones((1, N, H))},
        "gru: h0 (1, 3, 2) must be (3, 2), for x (3, 5, 4) and weight_hh (6, 2)",
    ),
    "too few lengths": ({"lengths": [1, 2]}, "gru: lengths must be 3 integers, one for each sequence, not int64 (2,)"),
    "fractions": ({"lengths": [1.0, 2, 3]}, "gru: lengths must be 3 integers, one for each sequence, not float64 (3,)"),
    "a length of 0": ({"lengths": [0, 2, 3]}, "gru: lengths must be from 1 to the 5 steps there are, not 0 to 3"),
    "a length too long": ({"lengths": [1, 2, 6]}, "gru: lengths must be from 1 to the 5 steps there are, not 1 to 6"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_does_not_go_together_is_refused(what):
    change, words = BAD[what]
    with pytest.raises(ValueError) as error:
        ag.gru(**{**drawn("gru"), **change})
    assert str(error.value).startswith(words)


def test_another_nonlinearity_and_other_data_are_refused():
    with pytest.raises(ValueError, match=r"^rnn: nonlinearity must be 'tanh' or 'relu', not 'sigmoid'$"):
        ag.rnn(**drawn("rnn"), nonlinearity="sigmoid")
    with pytest.raises(TypeError, match=r"^lstm: x has dtype complex128; it must hold real numbers$"):
        ag.lstm(**{**drawn("lstm"), "x": np.ones((N, T, D), complex)})
