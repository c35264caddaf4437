"""The checker on kinks: what lies between the one-sided slopes passes, everything else is caught, and each is named."""

import numpy as np
import pytest
from cases import every
from gradchecks import caught, every_mode, named
from internals import linear_relu
from leaves import leaf_of

import autograd_mini as ag
import nn
from autograd_mini import gradcheck
from autograd_mini.arguments import bare

NEAR = (0.0, 1e-12, 1e-9, 1e-8, 1e-7, 1e-6)
near = pytest.mark.parametrize("d", NEAR)


def about_zero(d):
    return [d, 1.3, -d, -0.7]


def tied_pool(d):
    """Windows of 2×2, the first with two maxima, the second with four, d apart."""
    return [[[[3, 3 + d, 1, 1 + d], [0, 1, 1 - d, 1 + 2 * d]]]]


# name -> (function, the primitive whose kink it is, values that are d away from it)
KINKED = {
    "relu": (ag.relu, "relu", about_zero),
    "abs": (ag.abs, "absolute", about_zero),
    "leaky": (lambda x: ag.leaky_relu(x, 0.1), "leaky_relu", about_zero),
    "clip": (lambda x: ag.clip(x, -1, 2), "clip", lambda d: [2 + d, 1.3, -1 - d, -0.7, 5, -5]),
    "maximum": (lambda x: ag.maximum(x, [0.5, 1.0]), "maximum", lambda d: [0.5 + d, 1 - d]),
    "maximum of both": (lambda x: ag.maximum(x[:2], x[2:]), "maximum", lambda d: [0.5, 1, 0.5 + d, 3]),
    "minimum": (lambda x: ag.minimum(x, [0.5, 1.0]), "minimum", lambda d: [0.5 + d, 1 - d]),
    "max": (lambda x: ag.max(x, axis=1), "max", lambda d: [[2, 2 + d, 1], [0, -d, 0]]),
    "min": (lambda x: ag.min(x, axis=1), "min", lambda d: [[2, 2 + d, 3], [0, -d, 0]]),
    "max_pool2d": (lambda x: ag.max_pool2d(x, kernel_size=2), "max_pool2d", tied_pool),
    "where": (lambda x: ag.where(x > 0, 3 * x, x), "where", about_zero),
    "a fused relu": (lambda x: linear_relu(x, np.eye(2), np.zeros(2)), "relu", lambda d: [[d, 1.0], [-1.0, -d]]),
}


@every_mode
@near
@every("name", KINKED)
def test_ties_and_near_ties_pass(name, d, mode):
    function, _, values = KINKED[name]
    assert gradcheck(function, leaf_of(values(d)), mode=mode)


@every("name", KINKED)
def test_a_kink_is_reported_with_the_name_of_its_operation(name):
    function, operation, values = KINKED[name]
    report = gradcheck(function, leaf_of(values(0.0)))
    assert list(report.kinks) == [operation]
    assert f"stencils that crossed a kink: {operation} {report.kinks[operation]}" in repr(report)


def test_every_entry_whose_stencil_crosses_is_counted():
    report = gradcheck(ag.relu, leaf_of([0.0, 3e-7, 1.0, -1.0, 2e-6]))
    assert report.kinks == {"relu": 2 * 5}  # two columns of five entries
    assert gradcheck(ag.relu, leaf_of([1.0, -1.0])).kinks == {}


def test_a_kink_inside_a_net_is_reported_with_its_layer():
    net = nn.Sequential(first=nn.Tanh(), act=nn.LeakyReLU())
    assert gradcheck(net, leaf_of([0.0, 1.0])).kinks == {"leaky_relu (act)": 2}


# ── what is no slope of either side, nor between them ─────────────────────────────────────────────────────────────────


def own_relu(broken, at_zero):
    op = broken(
        named("own_relu", lambda x: np.maximum(x, 0)),
        x=lambda g, x: g * np.where(bare(x) == 0, at_zero, bare(x) > 0),
    )
    op.defbranch(lambda x: x > 0)
    return op


@pytest.mark.parametrize("at_zero", [0.0, 0.3, 0.5, 1.0])
def test_a_subgradient_between_the_one_sided_slopes_passes(broken, at_zero):
    assert gradcheck(own_relu(broken, at_zero), leaf_of([0.0, 1.3, -0.7]))


@every_mode
@pytest.mark.parametrize("at_zero", [1.5, 1.001, -0.001, -0.1, -1.0, np.nan, np.inf])
def test_a_gradient_outside_the_one_sided_slopes_is_caught(broken, at_zero, mode):
    op = own_relu(broken, at_zero)
    error = caught(lambda x: 2 * op(x), leaf_of([1.3, 0.0, -0.7]), mode=mode)
    assert (error.operation, error.argument) == ("own_relu", "x")
    assert gradcheck(op, leaf_of([1.3, -0.7]), mode=mode)  # nothing is the matter away from the kink


def test_a_gradient_outside_is_caught_where_the_primitive_does_not_tell_its_branches(broken):
    op = own_relu(broken, 1.5)
    op.defbranch(lambda: None)
    caught(op, leaf_of([1.3, 0.0, -0.7]))


def test_a_wrong_rule_is_caught_although_other_entries_are_on_the_kink(broken):
    forward = named("leaning", lambda x: np.where(x > 0, x, 0.1 * x))
    op = broken(forward, x=lambda g, x: g * np.where(bare(x) > 0, 1, 0.2))
    op.defbranch(lambda x: x > 0)
    error = caught(op, leaf_of([0.0, 0.0, 0.0, -1.0]))
    assert (error.analytic, error.numeric) == (pytest.approx(0.2), pytest.approx(0.1))
    assert gradcheck(op, leaf_of([0.0, 2.0]))  # 0.2 is between 0.1 and 1


# ── where no interval decides ─────────────────────────────────────────────────────────────────────────────────────────


def test_kinks_that_cancel_are_decided_step_by_step(broken):
    cancelling = lambda op: lambda x: op(x) - op(-x)  # is x, though its gradient at 0 is 0
    report = gradcheck(cancelling(ag.relu), leaf_of([0.0, 1.0]))
    assert (report.by_steps, report.kinks) == (1, {"relu": 2})
    assert caught(cancelling(own_relu(broken, 1.5)), leaf_of([0.0, 1.0])).operation == "own_relu"


def largest(broken, rule):
    op = broken(named("largest", lambda x: x.max()), x=rule)
    op.defbranch(lambda x, out: x == out)
    return op


@pytest.mark.parametrize("values", [[1.0, 1.0], [1.0, 1.0, 0.5], [2.0, 2.0, 2.0]])
def test_each_of_the_tied_maxima_given_the_whole_gradient_is_caught(broken, values):
    tied = lambda x, out: np.asarray(x) == np.asarray(out)
    error = caught(largest(broken, lambda g, x, out: g * tied(x, out)), leaf_of(values))
    assert "tied elements together receive more" in str(error)
    assert (error.operation, error.argument) == ("largest", "x")
    assert gradcheck(largest(broken, lambda g, x, out: g * tied(x, out) / np.sum(tied(x, out))), leaf_of(values))


def test_the_first_of_the_tied_maxima_may_be_given_the_whole_gradient(broken):
    first = largest(broken, lambda g, x: g * (np.arange(3) == np.argmax(np.asarray(x))))
    assert gradcheck(first, leaf_of([1.0, 1.0, 0.5]))


# ── kinks that the trace does not show, or shows as another function ──────────────────────────────────────────────────

MASKS = [
    lambda x: x * (x.numpy() > 0),
    lambda x: x * (x.numpy() > 0).astype(float),
    lambda x: x * np.where(x.numpy() > 0, 1.0, 0.3),
]


@every_mode
@near
@every("function", MASKS, ids=["booleans", "floats", "leaky"])
def test_a_mask_made_in_numpy_passes_on_its_kink(function, d, mode):
    assert gradcheck(function, leaf_of([d, 1.0, -d, -1.0]), mode=mode)


@pytest.mark.parametrize("x", [1e5, 1e6, 1e7, 1e8])
@every_mode
def test_a_function_that_curves_fast_is_not_taken_for_one_with_a_kink(broken, mode, x):
    op = broken(named("wave", lambda x: np.sin(x)), x=lambda g, x: g * ag.cos(x))
    assert gradcheck(op, leaf_of([x, 1.0]), mode=mode).kinks == {}  # a step of 1e-6 of x may be many radians
    op.defvjp(x=lambda g, x: 1.001 * g * ag.cos(x))
    caught(op, leaf_of([min(x, 1e7)]), mode=mode)  # beyond, rounding leaves too little


@near
def test_a_choice_in_python_passes_near_its_switch(d):
    def chosen(x):
        return ag.exp(x) if x.numpy().sum() > 0 else ag.exp(x) * 1.0  # other operations, the same values

    assert gradcheck(chosen, leaf_of([1.0, d - 1.0]))
    assert gradcheck(chosen, leaf_of([1.0, -d - 1.0]), mode="projected")


def test_a_choice_in_python_between_two_functions_that_meet_passes():
    chosen = lambda x: 3 * x if x.numpy() > 0 else ag.sin(x)
    assert gradcheck(chosen, leaf_of(0.0)).kinks == {"the function itself, which runs other operations": 1}


@every_mode
@near
def test_a_jump_nearby_does_no_harm(d, mode):
    jumping, by_sign = lambda x: x * 2 + (x.numpy() > 0), lambda x: x * 2 + ag.sign(x)
    assert gradcheck(jumping, leaf_of([d, 1.0, -d]), mode=mode)
    kinks = gradcheck(by_sign, leaf_of([d, 1.0, -d]), mode=mode).kinks
    assert set(kinks) <= {"sign"}
    assert d == 1e-6 or kinks


def test_a_wrong_rule_beside_a_jump_is_caught(broken):
    op = broken(named("halved", lambda x: x / 2), x=lambda g: g)
    assert caught(lambda x: op(x) + (x.numpy() > 0), leaf_of([0.0, 1e-9, 1.0])).operation == "halved"


# ── branches of one's own ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_branch_names_what_the_primitive_has(broken):
    def bent(x, *, at):
        return np.maximum(x, at)

    op = broken(bent, x=lambda g, x, *, at: g * (x > at))
    message = "bent.defbranch: the branch asks for 'g', which is not there; there are out, x, at"
    with pytest.raises(TypeError) as raised:
        op.defbranch(lambda g, x: x > 0)
    assert str(raised.value) == message
    assert op.branch_of([np.ones(2)], {"at": 0}, np.ones(2)) is None
    op.defbranch(lambda at, x, out: [x > at, out > 1])
    np.testing.assert_array_equal(op.branch_of([np.array([1.0, 3])], {"at": 2}, np.array([2.0, 3])), [[0, 1], [1, 1]])


def test_a_branch_is_shared_by_all_implementations_of_the_operation(broken):
    op = broken(named("bent", lambda x: np.maximum(x, 0)), x=lambda g, x: g * (x > 0))
    before = op.implementation(lambda x: np.where(x > 0, x, 0))
    op.defbranch(lambda x: x > 0)
    after = op.implementation(lambda x: x * (x > 0))
    for one in (op, before, after):
        assert one.canonical is op
        np.testing.assert_array_equal(one.branch_of([np.array([-1.0, 1])], {}, None), [False, True])
        assert gradcheck(lambda x, one=one: one(x), leaf_of([0.0, 1.0])).kinks == {"bent": 2}


def test_a_kink_so_slight_that_only_its_declaration_shows_it_shrinks_the_stencil(broken):
    forward = named("bent", lambda x: np.where(x > 0, (1 + 1e-5) * x, x))
    op, x = broken(forward, x=lambda g, x: g * np.where(np.asarray(x) > 0, 1 + 1e-5, 1)), leaf_of([3e-7])
    assert not gradcheck(op, x).kinks
    op.defbranch(lambda x: x > 0)
    declared = gradcheck(op, x)
    assert declared.kinks == {"bent": 1}
    assert declared.worst_error < 1e-9


def test_by_products_and_whole_numbers_are_branches_by_themselves(registry):
    peak = ag.primitive(byproducts=("place",))(named("peak", lambda x: (x.max(), np.argmax(x))))
    peak.defvjp(x=lambda g, x, place: g * (np.arange(2) == place))
    assert gradcheck(lambda x: peak(x)[0], leaf_of([1.0, 1.0 + 1e-7])).kinks == {"peak": 2}


# ── where the point alone is another function ─────────────────────────────────────────────────────────────────────────

FACTORS = {  # of these LAPACK gives each other signs as soon as what is 0 no longer is
    "qr's q": (lambda a: ag.linalg.qr(a)[0], [[0.5], [0.0]]),
    "qr's r": (lambda a: ag.linalg.qr(a)[1], [[1.0, 0.5], [0.0, 2.0]]),
    "svd's u": (lambda a: ag.linalg.svd(a)[0], [[3.0, 0.0], [0.0, 1.0]]),
    "a clipped square of r": (lambda a: ag.clip(ag.linalg.qr(a)[1] ** 2, None, 0.25), [[0.5], [0.0]]),
}


@every_mode
@every(("function", "point"), FACTORS.values(), ids=[*FACTORS])
def test_factors_whose_signs_lapack_chooses_raise_no_alarm(function, point, mode):
    assert gradcheck(function, leaf_of(point), mode=mode)


def test_no_difference_settles_a_slope_at_a_point_that_stands_apart(broken):
    forward = named("apart", lambda x: np.where(x == 0, 1.0, -1.0) * (x + 2))
    op = broken(forward, x=lambda g, x: g * np.where(np.asarray(x) == 0, 1.0, -1.0))
    assert gradcheck(op, leaf_of([0.0, 1.0]))
    flat = broken(named("flat", lambda x: x**2), x=lambda g, x: g * (2 * x + 1))  # where a function is flat it does
    assert caught(flat, leaf_of([0.0]))
