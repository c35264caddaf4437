"""Rules that are wrong only where the backward pass is recorded (`create_graph=True`): every check finds them."""

import numpy as np
import pytest
from gradchecks import Applied, caught, every_mode, named
from leaves import leaf_of
from leaves import random_leaf as leaf

import autograd_mini as ag
import nn
from autograd_mini import GradcheckError, Tensor, check_adjoint, gradcheck, gradgradcheck, primitive

every_check = pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
SAID = "the rule gives another gradient where g is a Tensor (create_graph=True) than on bare arrays: "


def found(check, fn, inputs, **options):
    """What the error names; its reason must be that the rule gives another gradient."""
    error = caught(fn, inputs, check, **options)
    assert str(error).startswith(f"{check.__name__}: a rule misbehaves: {SAID}")
    assert error.diagnosis.startswith(SAID)
    return error.operation, error.argument


def if_recorded(g, factor):
    return factor if isinstance(g, Tensor) else 1.0


@every_mode
@every_check
@pytest.mark.parametrize("factor", [2.0, 1 + 1e-9], ids=["twice", "a thousand-millionth more"])
def test_a_rule_that_is_wrong_on_tensors_only_is_found(broken, check, mode, factor):
    op = broken(named("squared", lambda x: x * x), x=lambda g, x: g * 2 * x * if_recorded(g, factor))
    assert found(check, lambda x: ag.sin(op(ag.exp(x))), leaf(3), mode=mode) == ("squared", "x")


@every_mode
@every_check
def test_so_it_is_for_the_second_argument(broken, check, mode):
    wrong = lambda g, x: -g * x if isinstance(g, Tensor) else g * x
    op = broken(named("product", lambda x, y: x * y), x=lambda g, y: g * y, y=wrong)
    x, y = leaf(4), leaf(3, 4, seed=1)
    assert found(check, op, [x, y], mode=mode) == ("product", "y")
    assert gradcheck(lambda x: op(x, y.numpy()), x, mode=mode)  # the right one alone


@every_mode
@every_check
def test_so_it_is_for_a_rule_that_is_given_a_by_product(check, mode, registry):
    def largest(x):
        at = x.argmax(axis=1)[:, None]
        return np.take_along_axis(x, at, axis=1), at

    def spread(g, at, shape):
        mask = np.arange(shape[1]) == at
        return g * (~mask if isinstance(g, Tensor) else mask)

    op = primitive(byproducts=("at",))(largest)
    op.defvjp(x=spread)
    assert found(check, lambda x: op(x)[0], leaf(3, 4), mode=mode) == ("largest", "x")


@every_check
def test_so_it_is_in_single_precision_only(broken, check):
    wrong = lambda g: g * 3 * if_recorded(g, 1 + 1e-4 * (g.dtype == np.float32))
    op = broken(named("tripled", lambda x: 3 * x), x=wrong)
    assert check(op, leaf(50))
    assert found(check, op, leaf(50, dtype=np.float32)) == ("tripled", "x")


@every_check
@pytest.mark.parametrize(
    "rule",
    [
        lambda g: g if isinstance(g, Tensor) and g.requires_grad else g / 2,
        lambda g: g if isinstance(g, Tensor) and not g.requires_grad else g / 2,
        lambda g: g if ag.is_grad_enabled() else g / 2,
    ],
    ids=["a recorded g", "a constant g", "steps are recorded"],
)
def test_so_it_is_if_it_depends_on_what_is_recorded(broken, check, rule):
    op, x = broken(named("halved", lambda x: x / 2), x=rule), leaf(3)
    assert ag.grad(op(x).sum(), x).numpy()[0] == 0.5
    assert found(check, op, x) == ("halved", "x")


def test_it_is_found_inside_a_model_with_the_path_of_its_layer(broken):
    op = broken(named("wave", lambda x: np.sin(x)), x=lambda g, x: g * ag.cos(x) * if_recorded(g, 2.0))
    net = nn.Sequential(fc=nn.Linear(3, 2, rng=0), act=Applied(op))
    with pytest.raises(GradcheckError, match="create_graph") as raised:
        nn.gradcheck(net, np.ones((2, 3), np.float32))
    assert (raised.value.operation, raised.value.layer) == ("wave", "act")


def test_it_is_found_by_the_adjoint_too(broken):
    w = np.random.default_rng(1).standard_normal((3, 4))
    mixed = named("mixed", lambda x: x @ w)
    assert check_adjoint(broken(mixed, x=lambda g: g @ w.T), leaf(2, 3))
    wrong = broken(mixed, x=lambda g: g @ w.T * if_recorded(g, 2.0))
    assert found(check_adjoint, wrong, leaf(2, 3)) == ("mixed", "x")


def doubled_in_place(g):
    g.numpy()[...] *= 2
    return g * 1


@pytest.mark.parametrize(
    ("on_tensors", "said"),
    [
        (
            lambda g: 2 * g[:2],
            "the rule returns shape (2,) where g is a Tensor (create_graph=True); the argument has shape (4,)",
        ),
        (
            lambda g: (2 * g).astype(np.float32),
            "the rule returns float32 where g is a Tensor (create_graph=True) for an argument that is float64",
        ),
        (
            doubled_in_place,
            "the rule writes into g where g is a Tensor (create_graph=True), which other rules still need",
        ),
    ],
)
def test_the_properties_of_every_rule_are_asked_of_it_there_too(broken, on_tensors, said):
    rule = lambda g: 2 * g if isinstance(g, np.ndarray) else on_tensors(g)
    error = caught(broken(named("doubled", lambda x: 2 * x), x=rule), leaf(4))
    assert (error.operation, error.argument, error.diagnosis) == ("doubled", "x", said)


# ── and no false alarms ───────────────────────────────────────────────────────────────────────────────────────────────


@every_mode
def test_a_rule_of_bare_arrays_passes_at_first_order(broken, mode):
    rule = lambda g, x: np.multiply(np.asarray(g), 3 * np.asarray(x) ** 2)
    assert gradcheck(broken(named("cubed", lambda x: x**3), x=rule), leaf(3), mode=mode)


@every_mode
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_rule_that_is_computed_otherwise_on_tensors_passes_within_its_own_rounding(broken, mode, dtype):
    def rule(g, x):
        if isinstance(g, np.ndarray):
            return g * (np.expm1(x) + x * np.exp(x))
        return g * (ag.exp(x) - 1 + x * ag.exp(x))  # whose digits cancel near 0

    op, x = broken(named("grown", lambda x: np.expm1(x) * x), x=rule), leaf_of([1e-5, 1e-6, -1e-5], dtype)
    recorded, bare = (ag.grad(op(x).sum(), x, create_graph=c).numpy() for c in (True, False))
    assert np.abs(recorded - bare).max() > 1e3 * np.finfo(dtype).eps * np.abs(bare).max()  # more than a few units
    assert gradcheck(op, x, mode=mode)


def test_an_infinite_slope_is_the_same_one_recorded():
    assert gradcheck(ag.sqrt, leaf_of(0.0))
