"""The checker itself: right rules pass, wrong ones are caught and described."""

import re

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import GradcheckError, Tensor, gradcheck, gradgradcheck, no_grad
from autograd_mini.arguments import bare


def leaf(*shape, seed=0, dtype=np.float64):
    return Tensor(np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype), requires_grad=True)


def test_a_right_rule_passes_and_the_report_is_true():
    report = gradcheck(lambda x, y: ag.tanh(x @ y), [leaf(2, 3), leaf(3, 4)])
    assert report
    assert report.entries == 2 * 4 * (6 + 12)
    assert report.worst_error < 1e-8
    assert repr(report).startswith("<gradcheck passed: 144 entries")


@pytest.mark.parametrize(
    ("what", "forward", "rule"),
    [
        ("sign", lambda x: np.sin(x), lambda g, x: -g * ag.cos(x)),
        ("factor two", lambda x: x * x, lambda g, x: g * x),
        ("zero", lambda x: np.exp(x), lambda g: g * 0),
        ("small", lambda x: np.sin(x), lambda g, x: g * ag.cos(x) * 1.001),
        ("transposed", lambda x: x.T * 1, lambda g: g),
        ("nan", lambda x: x * 1, lambda g: g * np.nan),
    ],
)
def test_a_wrong_rule_is_caught(broken, what, forward, rule):
    def op(x):
        return forward(x)

    op = broken(op, x=rule)
    with pytest.raises(GradcheckError, match="entries of ∂output 0/∂input 0 differ"):
        gradcheck(op, leaf(3, 3))


def test_a_softmax_without_its_sum_is_caught_though_an_all_ones_cotangent_is_blind_to_it(broken):
    def softmax_without_sum(x):
        e = np.exp(x)
        return e / e.sum(axis=1, keepdims=True)

    op = broken(softmax_without_sum, x=lambda g, out: g * 0)
    x = leaf(2, 3)
    np.testing.assert_allclose(
        ag.grad(op(x), x, np.ones((2, 3))), ag.grad(ag.softmax(x), x, np.ones((2, 3))), atol=1e-15
    )
    with pytest.raises(GradcheckError):
        gradcheck(op, x)


def test_one_wrong_entry_among_many_is_caught_and_named(broken):
    def copied(x):
        return x * 1

    wrong = np.ones((4, 5))
    wrong[2, 3] = 1.5
    op = broken(copied, x=lambda g: g * wrong)
    first = "1 of 400 entries of ∂output 0/∂input 0 differ\n"
    second = r".* ∂output\[2, 3\]/∂input\[2, 3\]: analytic 1\.5, numeric 1, ratio 1\.5"
    with pytest.raises(GradcheckError, match=first + second):
        gradcheck(op, leaf(4, 5))


def test_a_wrong_second_derivative_is_caught(broken):
    def squared(x):
        return x * x

    # the first derivative is right, but made of bare arrays: the second is lost
    op = broken(squared, x=lambda g, x: 2 * g * bare(x))
    gradcheck(op, leaf(3))
    with pytest.raises(GradcheckError):
        gradgradcheck(op, leaf(3))


def test_a_gradient_missing_where_the_function_moves_is_caught():
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.detach() * 2 + x * 0, leaf(2))


def test_functions_of_several_outputs_are_checked_in_each(broken):
    def halved(x):
        return x / 2

    op = broken(halved, x=lambda g: g)
    with pytest.raises(GradcheckError, match="∂output 1/∂input 0"):
        gradcheck(lambda x: (ag.sin(x), op(x)), leaf(2))
    assert gradcheck(lambda x: (ag.sin(x), x / 2), leaf(2))


def test_inputs_and_their_grads_are_left_as_they_were():
    x, c = leaf(2, 2), Tensor(np.ones((2, 2)))
    before = x.numpy().copy()
    gradcheck(lambda x, c: (x * c) ** 3, [x, c])
    np.testing.assert_array_equal(x, before)
    assert x.grad is None


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(ValueError, match="no input requires a gradient"):
        gradcheck(ag.sin, Tensor([1.0]))
    with pytest.raises(ValueError, match="input 0 is int64, and only floating Tensors can"):
        gradcheck(ag.sin, Tensor([1, 2]))


# ── the report ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_report_says_what_was_compared():
    report = gradcheck(lambda x, y: ag.tanh(x @ y), [leaf(2, 3), leaf(3, 4)])
    assert (report.mode, report.eps, report.by_steps, report.steps) == ("full", 1e-6, 0, 2)
    assert report.inputs == (6, 12)
    assert report.kinks == {}
    assert report.evaluations > 2 * 18
    assert report.seconds > 0
    assert 0 < report.worst_relative < 1e-8


def test_the_error_is_given_in_units_of_the_largest_slope_too():
    report = gradcheck(lambda x: 1000 * ag.sin(x), Tensor([0.3], requires_grad=True))
    assert report.worst_error == pytest.approx(report.worst_relative * 1000 * np.cos(0.3), rel=1e-6)


def test_the_report_of_projections_says_so():
    report = gradcheck(lambda x, y: ag.tanh(x @ y), [leaf(2, 3), leaf(3, 4)], mode="projected", projections=5)
    assert (report.mode, report.entries) == ("projected", 5 * 2)
    assert re.fullmatch(
        r"<gradcheck passed: 10 projections onto 18 elements, worst error \S+ \(\S+ relative\) with ε = 1e-06; \S+ s>",
        repr(report),
    )


def test_the_report_of_entries_says_so_and_counts_kinks_and_steps():
    report = gradcheck(lambda x: ag.relu(x) - ag.relu(-x), Tensor([0.0, 2.0], requires_grad=True))
    assert re.fullmatch(
        r"<gradcheck passed: 4 entries, worst error \S+ \(\S+ relative\) with ε = 1e-06; "
        r"stencils that crossed a kink: relu 2; 1 settled step by step; \S+ s>",
        repr(report),
    )


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_the_same_seed_gives_the_same_report_and_another_seed_other_directions(mode):
    fn, inputs = lambda x, y: ag.relu(x @ y), [leaf(2, 3), leaf(3, 4)]
    fields = lambda seed: {**vars(gradcheck(fn, inputs, mode=mode, seed=seed)), "seconds": None}
    assert fields(3) == fields(3)
    if mode == "projected":
        assert fields(3) != fields(4)


# ── tolerances ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
def test_scaling_a_function_or_its_inputs_changes_no_verdict(broken, scale, size, mode):
    def rational(x):
        return x * x / (size + x)

    def slope(g, x, factor=1.0):
        return factor * g * x * (2 * size + x) / (size + x) ** 2

    x = Tensor(size * np.random.default_rng(0).uniform(0.5, 2, (3,)), requires_grad=True)
    op = broken(rational, x=lambda g, x: slope(g, x))
    assert gradcheck(lambda x: scale * op(x), x, mode=mode)
    op.defvjp(x=lambda g, x: slope(g, x, 1.001))
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: scale * op(x), x, mode=mode)


def off_by(broken, relative):
    def wave(x):
        return np.sin(x)

    return broken(wave, x=lambda g, x: g * ag.cos(x) * (1 + relative))


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_the_tolerances_given_are_those_used(broken, mode):
    op, x = off_by(broken, 1e-3), Tensor([0.3], requires_grad=True)
    assert gradcheck(op, x, rtol=2e-3, mode=mode)
    assert gradcheck(op, x, rtol=0, atol=4e-2, mode=mode)
    for too_little in ({"rtol": 5e-4}, {"rtol": 0, "atol": 1e-6}, {"rtol": 0}):
        with pytest.raises(GradcheckError):
            gradcheck(op, x, mode=mode, **too_little)


def test_the_step_given_is_the_one_used(broken):
    report = gradcheck(ag.sin, Tensor([0.3], requires_grad=True), eps=1e-2, rtol=1e-3)
    assert report.eps == 1e-2
    assert report.worst_error == pytest.approx(1e-4 / 6 * np.cos(0.3), rel=1e-3)  # h²·f‴/6
    with pytest.raises(GradcheckError, match=r"\(ε = 0.01, allowed"):
        gradcheck(off_by(broken, 0.1), Tensor([0.3], requires_grad=True), eps=1e-2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "fast"}, "mode must be one of 'full', 'projected', not 'fast'"),
        ({"eps": 0}, "eps must be larger than 0, and finite, not 0"),
        ({"eps": np.nan}, "eps must be larger than 0, and finite, not nan"),
        ({"atol": -1e-9}, "atol must be at least 0, and finite, not -1e-09"),
        ({"rtol": np.nan}, "rtol must be at least 0, and finite, not nan"),
        ({"projections": 0}, "projections must be an integer of at least 1, not 0"),
        ({"projections": 1.5}, "projections must be an integer of at least 1, not 1.5"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message):
    with pytest.raises(ValueError, match=re.escape(f"gradcheck: {message}")):
        gradcheck(ag.sin, leaf(2), **options)
    with pytest.raises(ValueError, match=re.escape(f"gradgradcheck: {message}")):
        gradgradcheck(ag.sin, leaf(2), **options)


# ── complex steps ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_off_by_a_hundred_millionth_or_two_is_found_where_the_formula_holds_for_complex_numbers(broken):
    op = off_by(broken, 2e-8)
    assert gradcheck(op, leaf(3))  # for all that differences can show
    op.analytic = True
    with pytest.raises(GradcheckError, match=r"ratio 1\.0000000[12]") as caught:
        gradcheck(op, leaf(3))
    assert caught.value.operation == "wave"
    assert gradcheck(op, leaf(3), rtol=1e-6)  # whoever names a tolerance gets that one
    op.defvjp(x=lambda g, x: g * ag.cos(x))
    assert gradcheck(op, leaf(3))


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_a_log_softmax_that_has_saturated_is_right(mode):
    x = Tensor([29.2, 2.2, 1.0], requires_grad=True)
    assert gradcheck(ag.log_softmax, x, mode=mode)
    assert gradgradcheck(ag.log_softmax, x, mode=mode)


# ── narrow dtypes ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_right_functions_pass_in_narrow_dtypes(dtype, mode):
    fn = lambda x, y: ag.sum(ag.log_softmax(ag.relu(x @ y), axis=1) ** 2)
    report = gradcheck(fn, [leaf(4, 5, dtype=dtype), leaf(5, 3, seed=1, dtype=dtype)], mode=mode)
    assert report.eps == 1e-6  # the differences are taken in float64
    assert report.worst_relative < 1e-6


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("inner", [np.float32, np.float16])
def test_a_function_that_computes_in_a_narrow_dtype_inside_passes_and_an_error_of_some_percent_is_found(
    broken, inner, mode
):
    def wave(x):
        return np.sin(x)

    op, off = broken(wave, x=lambda g, x: g * ag.cos(x)), 0.01 if inner is np.float32 else 0.2
    fn = lambda x: ag.tanh(op(x.astype(inner)) * 2)
    for x in (leaf(3, 4), leaf(3, 4, dtype=np.float32)):
        report = gradcheck(fn, x, mode=mode)
        assert report.eps == pytest.approx(np.cbrt(np.finfo(inner).eps))
        op.defvjp(x=lambda g, x: g * ag.cos(x) * (1 + off))
        with pytest.raises(GradcheckError) as caught:
            gradcheck(fn, x, mode=mode)
        assert caught.value.operation == "wave"
        op.defvjp(x=lambda g, x: g * ag.cos(x))


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_a_rule_that_is_wrong_in_float32_only_is_found(broken, mode):
    def times(x, y):
        return x * y

    wrong = lambda g, x: g * x * (1.001 if g.dtype == np.float32 else 1)
    op = broken(times, x=lambda g, y: g * y, y=wrong)
    assert gradcheck(op, [leaf(3), leaf(3, seed=1)], mode=mode)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(op, [leaf(3, dtype=np.float32), leaf(3, seed=1, dtype=np.float32)], mode=mode)
    assert (caught.value.operation, caught.value.argument) == ("times", "y")
    assert caught.value.diagnosis.startswith("in float32 the rule gives something else than in float64: ")


def test_a_forward_that_is_wrong_in_float32_only_is_found(broken):
    def times(x):
        return x * x * (np.float32(1.001) if x.dtype == np.float32 else 1)

    op = broken(times, x=lambda g, x: 2 * g * x)
    assert gradcheck(op, leaf(3))
    with pytest.raises(GradcheckError) as caught:
        gradcheck(op, leaf(3, dtype=np.float32))
    assert (caught.value.operation, caught.value.argument) == ("times", None)
    assert caught.value.diagnosis.startswith("in float32 it computes something else than in float64: ")


def test_long_doubles_are_not_taken_for_a_narrow_dtype():
    assert gradcheck(ag.sin, leaf(3, dtype=np.longdouble))


# ── what functions may take and give ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_integers_plain_objects_and_constants_are_passed_on(mode):
    seen = []

    def fn(x, index, how, y, factor):
        seen.append((index.dtype, how, type(y), factor))
        return x[index] * y * factor if how == "product" else None

    index, y = Tensor([0, 2, 0]), np.ones(3)
    assert gradcheck(fn, [leaf(3), index, "product", y, 3], mode=mode)
    assert set(seen) == {(index.dtype, "product", np.ndarray, 3)}


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_outputs_in_a_dict_are_checked_in_each_and_called_by_their_keys(broken, mode):
    op = off_by(broken, 0.1)
    with pytest.raises(GradcheckError, match="∂output 'b'/∂input 0"):
        gradcheck(lambda x: {"a": ag.sin(x), "b": op(x)}, leaf(2), mode=mode)
    assert gradcheck(lambda x: {"a": ag.sin(x), "b": x * 2, "count": 3}, leaf(2), mode=mode)


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_outputs_inside_others_are_checked_too(broken, mode):
    op = off_by(broken, 0.1)
    with pytest.raises(GradcheckError, match=r"∂output 'states'\[1\]/∂input 0"):
        gradcheck(lambda x: {"value": ag.sin(x), "states": [x * 2, op(x)]}, leaf(2), mode=mode)
    assert gradcheck(lambda x: {"value": ag.sin(x), "states": [x * 2, (x * 3,)]}, leaf(2)).entries == 3 * 4
    assert gradgradcheck(lambda x: (ag.sin(x), [x * x * x]), leaf(2), mode=mode)


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_outputs_need_not_depend_on_every_input(check, mode):
    assert check(lambda x, y: [ag.sin(x), y * y * y, Tensor([1.0])], [leaf(2), leaf(3)], mode=mode)
    assert check(lambda x: Tensor([1.0]), leaf(2), mode=mode).worst_error == 0


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_inputs_may_be_results_and_one_may_be_given_twice(mode):
    x = leaf(3)
    y = ag.exp(x)
    assert gradcheck(lambda a, b, c: a * b * c, [y, x, x], mode=mode).inputs == (3, 3, 3)
    assert y.node.grad is None
    assert x.grad is None


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_a_check_inside_no_grad_is_one_all_the_same(broken, mode):
    op = off_by(broken, 0.1)
    with no_grad():
        assert gradcheck(ag.sin, leaf(2), mode=mode)
        with pytest.raises(GradcheckError):
            gradcheck(op, leaf(2), mode=mode)
        assert not ag.sin(leaf(2)).requires_grad


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_empty_arrays_pass_also_beside_others_which_are_checked(broken, mode, dtype):
    op = off_by(broken, 0.1)
    empty = leaf(0, 3, dtype=dtype)
    assert gradcheck(ag.sin, empty, mode=mode)
    assert gradcheck(ag.sum, empty, mode=mode)
    assert gradcheck(lambda x, y: ag.sum(x) + y, [empty, leaf(2, dtype=dtype)], mode=mode)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x, y: ag.sum(x) + op(y), [empty, leaf(2, dtype=dtype)], mode=mode)


@pytest.mark.parametrize("mode", ["full", "projected"])
def test_scalars_are_checked(broken, mode):
    assert gradcheck(ag.sin, leaf(), mode=mode)
    assert gradgradcheck(ag.sin, leaf(), mode=mode)
    with pytest.raises(GradcheckError, match=r"the worst is ∂output/∂input: analytic \S+, numeric \S+, ratio 1\.1"):
        gradcheck(off_by(broken, 0.1), leaf(), mode=mode)


@pytest.mark.parametrize("mode", ["full", "projected"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
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


def test_a_function_with_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="gradcheck: fn returned no floating Tensor to compare"):
        gradcheck(lambda x: x > 0, leaf(2))
    with pytest.raises(ValueError, match=r"gradcheck: output 0\[1\] is not finite at the given inputs"):
        gradcheck(lambda x: 1 / x, Tensor([1.0, 0.0], requires_grad=True))
