"""`check_adjoint`: right pairs pass in every dtype, wrong ones are found without an ε, others are refused."""

import numpy as np
import pytest
from cases import every
from gradchecks import caught, named
from leaves import random_leaf as leaf
from rows import TABLE, is_float

import autograd_mini as ag
from autograd_mini import GradcheckError, Tensor, check_adjoint

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
REAL = (row for row in TABLE if not any(map(np.iscomplexobj, (*row.arrays(), row.expected(*row.arrays())))))
ROWS = (row for row in REAL if "solve" not in row.name)
"""Real ones; the rounding of a solution grows with the condition."""
LINEAR = ((row, i) for row in ROWS for i in sorted({i for group in row.linear for i in group}))


@every_dtype
@every(("row", "i"), LINEAR, ids=lambda case: f"{case[0]}-{case[1]}")
def test_every_linear_primitive_passes_in_each_of_its_linear_arrays(row, i, dtype):
    inputs = [Tensor(a, requires_grad=k == i) if is_float(a) else a for k, a in enumerate(row.arrays(dtype))]
    report = check_adjoint(lambda *arrays: row(*arrays), inputs)
    assert report
    assert (report.pairs, report.dtype) == (3, np.dtype(dtype).name)
    assert 0 <= report.worst <= 1


@every_dtype
def test_every_input_that_requires_a_gradient_is_checked_and_left_as_it_was(dtype):
    inputs = [leaf(2, 3, 5, 5, dtype=dtype), leaf(4, 3, 3, 3, seed=1, dtype=dtype), leaf(4, seed=2, dtype=dtype)]
    before, constant = [x.numpy().copy() for x in inputs], np.ones((1, 4, 1, 1), dtype)
    fn = lambda x, w, b, c: ag.conv2d(x, w, b, padding=1) * c
    report = check_adjoint(fn, [*inputs, constant], pairs=2)
    assert report.pairs == 2 * 3
    assert repr(report) == (
        f"<adjoint: 6 pairs in {np.dtype(dtype).name}, at most {report.worst:.2g} of the rounding allowed apart>"
    )
    assert all(map(np.array_equal, before, inputs))
    assert (constant == 1).all()
    assert [x.grad for x in inputs] == [None] * 3


@every_dtype
def test_affine_functions_pass(dtype):
    x = leaf(3, 4, dtype=dtype)
    assert check_adjoint(lambda x: 3 * x.T - 7, x)
    assert check_adjoint(lambda x: ag.linear(x, np.ones((2, 4), dtype), np.full(2, 100, dtype)), x)


def test_a_function_that_does_not_depend_on_its_input_passes():
    assert check_adjoint(lambda x: Tensor([1.0, 2.0]), leaf(3)).worst == 0


def test_the_same_seed_gives_the_same_pairs():
    w = np.random.default_rng(1).standard_normal((30, 30))
    worst = lambda seed: check_adjoint(lambda x: x @ w, leaf(30, 30), seed=seed).worst
    assert worst(1) == worst(1)
    assert worst(1) != worst(2)


# ── wrong adjoints ────────────────────────────────────────────────────────────────────────────────────────────────────


def convolution(broken, dtype, shape, channels, error):
    """A convolution with a fixed filter, its rule off by a relative error in every entry."""
    w = np.random.default_rng(1).standard_normal((channels, shape[1], 3, 3)).astype(dtype)
    factor = np.asarray(1 + error, dtype)
    filtered = named("filtered", lambda x: ag.conv2d(x, w, padding=1))
    return broken(filtered, x=lambda g: ag.conv_transpose2d(g, w, padding=1) * factor)


# The bound lets every addition stray by √n units and the entries' errors add up like their squares, as do the entries
# of ⟨Ax, y⟩: so a hundredth of a per cent is seen in float32 for few elements and for many.
@pytest.mark.parametrize(("shape", "channels"), [((1, 1, 16, 16), 1), ((2, 3, 16, 16), 8)])
@pytest.mark.parametrize(("dtype", "seen", "unseen"), [(np.float32, 3e-4, 1e-5), (np.float64, 1e-12, 1e-14)])
def test_how_small_an_error_of_an_adjoint_is_found(broken, dtype, shape, channels, seen, unseen):
    x = leaf(*shape, dtype=dtype)
    assert check_adjoint(convolution(broken, dtype, shape, channels, 0), x).worst < 0.2
    assert check_adjoint(convolution(broken, dtype, shape, channels, unseen), x)
    with pytest.raises(GradcheckError, match=r"^check_adjoint: by input 0, ⟨Ax, y⟩ = \S+ but .* rounding explains \S+"):
        check_adjoint(convolution(broken, dtype, shape, channels, seen), x)


@every_dtype
def test_the_operation_whose_adjoint_is_wrong_is_named(broken, dtype):
    op = broken(named("doubled", lambda x: x * 2), x=lambda g: g * 3)
    inputs = [leaf(2, 3, dtype=dtype), leaf(2, 3, dtype=dtype)]
    error = caught(lambda x, y: ag.sum(x) + op(y).T, inputs, check_adjoint)
    assert (error.operation, error.argument) == ("doubled", "x")
    assert str(error).startswith("check_adjoint: by input 1, ⟨Ax, y⟩ = ")
    assert "to blame: doubled, the rule for 'x'" in str(error)


W = np.random.default_rng(1).standard_normal((2, 3, 3, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g: ag.conv_transpose2d(g, W[:, :, ::-1, ::-1].copy(), padding=1),
        lambda g: ag.flip(ag.conv_transpose2d(g, W, padding=1), 3),
        lambda g: 0 * ag.conv_transpose2d(g, W, padding=1),
        lambda g: np.nan * ag.conv_transpose2d(g, W, padding=1),
    ],
    ids=["flipped filter", "flipped", "zero", "nan"],
)
def test_a_wrong_adjoint_of_a_convolution_is_found_in_float32(broken, wrong):
    op = broken(named("filtered", lambda x: ag.conv2d(x, W, padding=1)), x=wrong)
    caught(op, leaf(1, 3, 16, 16, dtype=np.float32), check_adjoint)


def test_a_gradient_that_does_not_arrive_is_found():
    caught(lambda x: Tensor(2 * x.numpy()), leaf(3), check_adjoint)


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@pytest.mark.parametrize("function", [ag.sin, ag.abs, lambda x: x * x, lambda x: ag.relu(x) + x, lambda x: 1 / x])
def test_what_is_not_linear_is_refused(function, dtype):
    with pytest.raises(ValueError, match=r"not linear in input 0: A\(x \+ z\) is not Ax \+ Az"):
        check_adjoint(function, leaf(4, dtype=dtype))


def test_a_function_linear_in_each_input_may_be_checked_in_all_and_the_one_it_is_not_linear_in_is_named():
    assert check_adjoint(lambda x, y: x * y, [leaf(3), leaf(3, seed=1)]).pairs == 6
    with pytest.raises(ValueError, match="not linear in input 1"):
        check_adjoint(lambda x, y: x * y * y, [leaf(3), leaf(3, seed=1)])


def test_functions_of_two_results_and_inputs_without_a_gradient_are_refused():
    with pytest.raises(ValueError, match="check_adjoint: the function must have one floating result, not 2"):
        check_adjoint(lambda x: (x, 2 * x), leaf(3))
    with pytest.raises(ValueError, match="check_adjoint: no input requires a gradient, so there is nothing to check"):
        check_adjoint(lambda x: 2 * x, Tensor([1.0]))
