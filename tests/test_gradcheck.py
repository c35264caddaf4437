"""The checker itself: right rules pass, wrong ones are caught and described; what it takes, and what it reports."""

import re
from types import MappingProxyType

import numpy as np
import pytest
from gradchecks import caught, every_mode, named
from leaves import leaf_of
from leaves import random_leaf as leaf

import autograd_mini as ag
from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck, no_grad

either_float = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def off_by(broken, relative):
    return broken(named("wave", lambda x: np.sin(x)), x=lambda g, x: g * ag.cos(x) * (1 + relative))


def test_a_softmax_without_its_sum_is_caught_though_an_all_ones_cotangent_is_blind_to_it(broken):
    def softmax_without_sum(x):
        e = np.exp(x)
        return e / e.sum(axis=1, keepdims=True)

    op, x = broken(softmax_without_sum, x=lambda g, out: g * 0), leaf(2, 3)
    one, other = (ag.grad(f(x), x, np.ones((2, 3))) for f in (op, ag.softmax))
    np.testing.assert_allclose(one, other, atol=1e-15)
    caught(op, x)


def test_one_wrong_entry_among_many_is_caught_and_named(broken):
    wrong = np.ones((4, 5))
    wrong[2, 3] = 1.5
    op = broken(named("copied", lambda x: x * 1), x=lambda g: g * wrong)
    first = "1 of 400 entries of ∂output 0/∂input 0 differ\n"
    second = r".* ∂output\[2, 3\]/∂input\[2, 3\]: analytic 1\.5, numeric 1, ratio 1\.5"
    with pytest.raises(GradcheckError, match=first + second):
        gradcheck(op, leaf(4, 5))


def test_inputs_and_their_grads_are_left_as_they_were():
    x, c = leaf(2, 2), Tensor(np.ones((2, 2)))
    before = x.numpy().copy()
    gradcheck(lambda x, c: (x * c) ** 3, [x, c])
    np.testing.assert_array_equal(x, before)
    assert x.grad is None


# ── the report ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_report_says_what_was_compared():
    report = gradcheck(lambda x, y: ag.tanh(x @ y), [leaf(2, 3), leaf(3, 4)])
    assert report
    assert (report.mode, report.eps, report.by_steps, report.steps) == ("full", 1e-6, 0, 2)
    assert (report.entries, report.inputs, report.kinks) == (2 * 4 * (6 + 12), (6, 12), {})
    assert report.evaluations > 2 * 18
    assert report.seconds > 0
    assert report.worst_error < 1e-8
    assert 0 < report.worst_relative < 1e-8


def test_the_error_is_given_in_units_of_the_largest_slope_too():
    report = gradcheck(lambda x: 1000 * ag.sin(x), leaf_of([0.3]))
    assert report.worst_error == pytest.approx(report.worst_relative * 1000 * np.cos(0.3), rel=1e-6)


@pytest.mark.parametrize(
    ("function", "inputs", "options", "what", "more"),
    [
        (
            lambda x, y: ag.tanh(x @ y), [leaf(2, 3), leaf(3, 4)], {"mode": "projected", "projections": 5},
            "10 projections onto 18 elements", "",
        ),
        (
            lambda x: ag.relu(x) - ag.relu(-x), leaf_of([0, 2]), {}, "4 entries",
            " stencils that crossed a kink: relu 2; 1 settled step by step;",
        ),
    ],
)  # fmt: skip
def test_the_report_in_words(function, inputs, options, what, more):
    text = rf"<gradcheck passed: {what}, worst error \S+ \(\S+ relative\) with ε = 1e-06;{more} \S+ s>"
    assert re.fullmatch(text, repr(gradcheck(function, inputs, **options)))


@every_mode
def test_the_same_seed_gives_the_same_report_and_another_seed_other_directions(mode):
    fn, inputs = lambda x, y: ag.relu(x @ y), [leaf(2, 3), leaf(3, 4)]
    fields = lambda seed: {**vars(gradcheck(fn, inputs, mode=mode, seed=seed)), "seconds": None}
    assert fields(3) == fields(3)
    assert mode == "full" or fields(3) != fields(4)


# ── tolerances ────────────────────────────────────────────────────────────────────────────────────────────────────────


@every_mode
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
def test_scaling_a_function_or_its_inputs_changes_no_verdict(broken, scale, size, mode):
    slope = lambda g, x, factor=1.0: factor * g * x * (2 * size + x) / (size + x) ** 2
    x = leaf_of(size * np.random.default_rng(0).uniform(0.5, 2, (3,)))
    op = broken(named("rational", lambda x: x * x / (size + x)), x=lambda g, x: slope(g, x))
    assert gradcheck(lambda x: scale * op(x), x, mode=mode)
    op.defvjp(x=lambda g, x: slope(g, x, 1.001))
    caught(lambda x: scale * op(x), x, mode=mode)


@every_mode
def test_the_tolerances_given_are_those_used(broken, mode):
    op, x = off_by(broken, 1e-3), leaf_of([0.3])
    assert gradcheck(op, x, rtol=2e-3, mode=mode)
    assert gradcheck(op, x, rtol=0, atol=4e-2, mode=mode)
    for too_little in ({"rtol": 5e-4}, {"rtol": 0, "atol": 1e-6}, {"rtol": 0}):
        caught(op, x, mode=mode, **too_little)


def test_the_step_given_is_the_one_used(broken):
    report = gradcheck(ag.sin, leaf_of([0.3]), eps=1e-2, rtol=1e-3)
    assert report.eps == 1e-2
    assert report.worst_error == pytest.approx(1e-4 / 6 * np.cos(0.3), rel=1e-3)  # h²·f‴/6
    assert "(ε = 0.01, allowed" in str(caught(off_by(broken, 0.1), leaf_of([0.3]), eps=1e-2))


# ── complex steps ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_off_by_a_hundred_millionth_or_two_is_found_where_the_formula_holds_for_complex_numbers(broken):
    op = off_by(broken, 2e-8)
    assert gradcheck(op, leaf(3))  # for all that differences can show
    op.analytic = True
    error = caught(op, leaf(3))
    assert re.search(r"ratio 1\.0000000[12]", str(error))
    assert error.operation == "wave"
    assert gradcheck(op, leaf(3), rtol=1e-6)  # whoever names a tolerance gets that one
    op.defvjp(x=lambda g, x: g * ag.cos(x))
    assert gradcheck(op, leaf(3))


@every_mode
def test_a_log_softmax_that_has_saturated_is_right(mode):
    for check in (gradcheck, gradgradcheck):
        assert check(ag.log_softmax, leaf_of([29.2, 2.2, 1.0]), mode=mode)


# ── low precision ─────────────────────────────────────────────────────────────────────────────────────────────────────


@every_mode
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_right_functions_pass_in_low_precision(dtype, mode):
    fn = lambda x, y: ag.sum(ag.log_softmax(ag.relu(x @ y), axis=1) ** 2)
    report = gradcheck(fn, [leaf(4, 5, dtype=dtype), leaf(5, 3, seed=1, dtype=dtype)], mode=mode)
    assert report.eps == 1e-6  # the differences are taken in float64
    assert report.worst_relative < 1e-6


@every_mode
@pytest.mark.parametrize(("inner", "off"), [(np.float32, 0.01), (np.float16, 0.2)])
def test_a_function_that_computes_in_low_precision_inside_passes_and_an_error_of_some_percent_is_found(
    broken, inner, off, mode
):
    right, wrong = off_by(broken, 0), off_by(broken, off)
    fn = lambda op: lambda x: ag.tanh(op(x.astype(inner)) * 2)
    for x in (leaf(3, 4), leaf(3, 4, dtype=np.float32)):
        assert gradcheck(fn(right), x, mode=mode).eps == pytest.approx(np.cbrt(np.finfo(inner).eps))
        assert caught(fn(wrong), x, mode=mode).operation == "wave"


@every_mode
def test_a_rule_that_is_wrong_in_float32_only_is_found(broken, mode):
    wrong = lambda g, x: g * x * (1.001 if g.dtype == np.float32 else 1)
    op = broken(named("times", lambda x, y: x * y), x=lambda g, y: g * y, y=wrong)
    inputs = lambda dtype: [leaf(3, dtype=dtype), leaf(3, seed=1, dtype=dtype)]
    assert gradcheck(op, inputs(float), mode=mode)
    error = caught(op, inputs(np.float32), mode=mode)
    assert (error.operation, error.argument) == ("times", "y")
    assert error.diagnosis.startswith("in float32 the rule gives something else than in float64: ")


def test_a_forward_that_is_wrong_in_float32_only_is_found(broken):
    forward = lambda x: x * x * (np.float32(1.001) if x.dtype == np.float32 else 1)
    op = broken(named("times", forward), x=lambda g, x: 2 * g * x)
    assert gradcheck(op, leaf(3))
    error = caught(op, leaf(3, dtype=np.float32))
    assert (error.operation, error.argument) == ("times", None)
    assert error.diagnosis.startswith("in float32 it computes something else than in float64: ")


def test_long_doubles_are_not_taken_for_low_precision():
    assert gradcheck(ag.sin, leaf(3, dtype=np.longdouble))


# ── what functions may take and give ──────────────────────────────────────────────────────────────────────────────────


@every_mode
def test_integers_plain_objects_and_constants_are_passed_on(mode):
    seen = []

    def fn(x, index, how, y, factor):
        seen.append((index.dtype, how, type(y), factor))
        return x[index] * y * factor if how == "product" else None

    index, y = Tensor([0, 2, 0]), np.ones(3)
    assert gradcheck(fn, [leaf(3), index, "product", y, 3], mode=mode)
    assert set(seen) == {(index.dtype, "product", np.ndarray, 3)}


OUTPUTS = {
    "∂output 1/∂input 0": lambda x, y: (x, y),
    "∂output 'b'/∂input 0": lambda x, y: {"a": x, "b": y, "count": 3},
    "∂output 'states'[1]/∂input 0": lambda x, y: {"value": x, "states": [x * 2, y]},
    "∂output 1['b'][0]/∂input 0": lambda x, y: (x, MappingProxyType({"a": x, "b": [y, (x * 3,)]})),
}


@every_mode
@pytest.mark.parametrize("words", OUTPUTS)
def test_each_of_several_outputs_is_checked_and_called_by_its_place(broken, mode, words):
    made, op = OUTPUTS[words], off_by(broken, 0.1)
    assert words in str(caught(lambda x: made(ag.sin(x), op(x)), leaf(2), mode=mode))
    assert gradcheck(lambda x: made(ag.sin(x), x / 2), leaf(2), mode=mode)
    assert gradgradcheck(lambda x: made(ag.sin(x), x * x * x), leaf(2), mode=mode)


def test_every_entry_of_nested_outputs_counts():
    assert gradcheck(lambda x: {"value": ag.sin(x), "states": [x * 2, (x * 3,)]}, leaf(2)).entries == 3 * 4


@every_mode
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_outputs_need_not_depend_on_every_input(check, mode):
    assert check(lambda x, y: [ag.sin(x), y * y * y, Tensor([1.0])], [leaf(2), leaf(3)], mode=mode)
    assert check(lambda x: Tensor([1.0]), leaf(2), mode=mode).worst_error == 0


@every_mode
def test_inputs_may_be_results_and_one_may_be_given_twice(mode):
    x = leaf(3)
    y = ag.exp(x)
    assert gradcheck(lambda a, b, c: a * b * c, [y, x, x], mode=mode).inputs == (3, 3, 3)
    assert y.node.grad is None
    assert x.grad is None


@every_mode
def test_a_check_inside_no_grad_is_one_all_the_same(broken, mode):
    op = off_by(broken, 0.1)
    with no_grad():
        assert gradcheck(ag.sin, leaf(2), mode=mode)
        caught(op, leaf(2), mode=mode)
        assert not ag.sin(leaf(2)).requires_grad


@every_mode
@either_float
def test_empty_arrays_pass_also_beside_others_which_are_checked(broken, mode, dtype):
    op = off_by(broken, 0.1)
    empty, other = leaf(0, 3, dtype=dtype), leaf(2, dtype=dtype)
    assert gradcheck(ag.sin, empty, mode=mode)
    assert gradcheck(ag.sum, empty, mode=mode)
    assert gradcheck(lambda x, y: ag.sum(x) + y, [empty, other], mode=mode)
    caught(lambda x, y: ag.sum(x) + op(y), [empty, other], mode=mode)


@every_mode
def test_scalars_are_checked(broken, mode):
    assert gradcheck(ag.sin, leaf(), mode=mode)
    assert gradgradcheck(ag.sin, leaf(), mode=mode)
    text = str(caught(off_by(broken, 0.1), leaf(), mode=mode))
    assert re.search(r"the worst is ∂output/∂input: analytic \S+, numeric \S+, ratio 1\.1", text)


@every_mode
@either_float
def test_the_order_of_memory_changes_nothing(mode, dtype):
    rng = np.random.default_rng(0)
    w = Tensor(np.asfortranarray(rng.standard_normal((2, 3, 3, 3)).astype(dtype)), requires_grad=True)
    last = np.ascontiguousarray(rng.standard_normal((1, 4, 4, 3)).astype(dtype)).transpose(0, 3, 1, 2)
    fn = lambda x, w: ag.max_pool2d(ag.tanh(ag.conv2d(x, w, padding=1)), kernel_size=2)
    reports = [gradcheck(fn, [Tensor(x, requires_grad=True), w], mode=mode) for x in (last, last.copy("C"))]
    assert reports[0].entries == reports[1].entries
    assert all(report.worst_relative < (1e-6 if mode == "full" else 1e-4) for report in reports)
    strided = Tensor(rng.standard_normal((4, 6)).astype(dtype)[::2, ::-3], requires_grad=True)
    assert gradcheck(lambda x: ag.tanh(x @ x.T), strided, mode=mode)


def test_a_function_whose_jacobian_is_beyond_memory_is_checked_by_projections():
    assert gradcheck(ag.sin, leaf(10_000), mode="projected")
