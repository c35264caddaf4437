"""Rules that are wrong only where the backward pass is recorded (`create_graph=True`): every check finds them."""

import numpy as np
import pytest

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, GradcheckError, Tensor, check_adjoint, gradcheck, gradgradcheck, primitive

every_check = pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
every_mode = pytest.mark.parametrize("mode", ["full", "projected"])
SAID = "the rule gives another gradient where g is a Tensor (create_graph=True) than on bare arrays: "


def leaf(*shape, seed=0, dtype=np.float64):
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype), requires_grad=True)


def blamed(check, fn, inputs, **options):
    with pytest.raises(GradcheckError) as caught:
        check(fn, inputs, **options)
    error = caught.value
    assert str(error).startswith(f"{check.__name__}: a rule misbehaves: ")
    return error.operation, error.argument, error.diagnosis


def if_recorded(g, factor):
    return factor if isinstance(g, Tensor) else 1.0


@every_mode
@every_check
@pytest.mark.parametrize("factor", [2.0, 1 + 1e-9], ids=["twice", "a thousand-millionth more"])
def test_a_rule_that_is_wrong_on_tensors_only_is_found(broken, check, mode, factor):
    def squared(x):
        return x * x

    op = broken(squared, x=lambda g, x: g * 2 * x * if_recorded(g, factor))
    operation, argument, said = blamed(check, lambda x: ag.sin(op(ag.exp(x))), leaf(3), mode=mode)
    assert (operation, argument) == ("squared", "x")
    assert said.startswith(SAID)


@every_mode
@every_check
def test_so_it_is_for_the_second_argument(broken, check, mode):
    def product(x, y):
        return x * y

    op = broken(product, x=lambda g, y: g * y, y=lambda g, x: -g * x if isinstance(g, Tensor) else g * x)
    x, y = leaf(4), leaf(3, 4, seed=1)
    operation, argument, said = blamed(check, op, [x, y], mode=mode)
    assert (operation, argument) == ("product", "y")
    assert said.startswith(SAID)
    assert gradcheck(lambda x: op(x, y.numpy()), x, mode=mode)  # the right one alone


@every_mode
@every_check
def test_so_it_is_for_a_rule_that_is_given_a_by_product(check, mode):
    def largest(x):
        at = x.argmax(axis=1)[:, None]
        return np.take_along_axis(x, at, axis=1), at

    op = primitive(byproducts=("at",))(largest)

    def spread(g, at, shape):
        mask = np.arange(shape[1]) == at
        return g * (~mask if isinstance(g, Tensor) else mask)

    op.defvjp(x=spread)
    try:
        found = blamed(check, lambda x: op(x)[0], leaf(3, 4), mode=mode)
    finally:
        PRIMITIVES.pop("largest")
    assert found[:2] == ("largest", "x")
    assert found[2].startswith(SAID)


@every_check
def test_so_it_is_in_single_precision_only(broken, check):
    def tripled(x):
        return 3 * x

    op = broken(tripled, x=lambda g: g * 3 * if_recorded(g, 1 + 1e-4 * (g.dtype == np.float32)))
    assert check(op, leaf(50))
    operation, argument, said = blamed(check, op, leaf(50, dtype=np.float32))
    assert (operation, argument) == ("tripled", "x")
    assert said.startswith(SAID)


@every_check
@pytest.mark.parametrize(
    "wrong", [lambda g: g.requires_grad, lambda g: not g.requires_grad], ids=["a recorded g", "a constant g"]
)
def test_so_it_is_if_it_minds_whether_g_is_differentiated(broken, check, wrong):
    def halved(x):
        return x / 2

    op = broken(halved, x=lambda g: g / 2 if isinstance(g, np.ndarray) or not wrong(g) else g)
    assert blamed(check, op, leaf(3))[:2] == ("halved", "x")


@every_check
def test_so_it_is_if_it_minds_whether_steps_are_recorded(broken, check):
    def halved(x):
        return x / 2

    op = broken(halved, x=lambda g: g if ag.is_grad_enabled() else g / 2)
    x = leaf(3)
    assert ag.grad(op(x).sum(), x).numpy()[0] == 0.5
    assert ag.grad(op(x).sum(), x, create_graph=True).numpy()[0] == 1
    assert blamed(check, op, x)[:2] == ("halved", "x")


def test_it_is_found_inside_a_model_with_the_path_of_its_layer(broken):
    def wave(x):
        return np.sin(x)

    op = broken(wave, x=lambda g, x: g * ag.cos(x) * if_recorded(g, 2.0))

    class Wave(nn.Module):
        def forward(self, x):
            return op(x)

    net = nn.Sequential(fc=nn.Linear(3, 2, rng=0), act=Wave())
    with pytest.raises(GradcheckError, match="create_graph") as caught:
        nn.gradcheck(net, np.ones((2, 3), np.float32))
    assert (caught.value.operation, caught.value.layer) == ("wave", "act")


def test_it_is_found_by_the_adjoint_too(broken):
    w = np.random.default_rng(1).standard_normal((3, 4))

    def mixed(x):
        return x @ w

    right, wrong = (lambda g: g @ w.T), (lambda g: g @ w.T * if_recorded(g, 2.0))
    assert check_adjoint(broken(mixed, x=right), leaf(2, 3))
    operation, argument, said = blamed(check_adjoint, broken(mixed, x=wrong), leaf(2, 3))
    assert (operation, argument) == ("mixed", "x")
    assert said.startswith(SAID)


@pytest.mark.parametrize(
    ("said", "rule"),
    {
        "the rule returns shape (2,) where g is a Tensor (create_graph=True); the argument has shape (4,)": (
            lambda g: 2 * g if isinstance(g, np.ndarray) else 2 * g[:2]
        ),
        "the rule returns float32 where g is a Tensor (create_graph=True) for an argument that is float64": (
            lambda g: 2 * g if isinstance(g, np.ndarray) else (2 * g).astype(np.float32)
        ),
        "the rule writes into g where g is a Tensor (create_graph=True), which other rules still need": (
            lambda g: 2 * g if isinstance(g, np.ndarray) else doubled_in_place(g)
        ),
    }.items(),
)
def test_manners_are_asked_of_it_there_too(broken, said, rule):
    def doubled(x):
        return 2 * x

    assert blamed(gradcheck, broken(doubled, x=rule), leaf(4)) == ("doubled", "x", said)


def doubled_in_place(g):
    g.numpy()[...] *= 2
    return g * 1


# ── and no false alarms ───────────────────────────────────────────────────────────────────────────────────────────────


@every_mode
def test_a_rule_of_bare_arrays_passes_at_first_order(broken, mode):
    def cubed(x):
        return x**3

    op = broken(cubed, x=lambda g, x: np.multiply(np.asarray(g), 3 * np.asarray(x) ** 2))
    assert gradcheck(op, leaf(3), mode=mode)


@every_mode
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_rule_that_is_computed_otherwise_on_tensors_passes_within_its_own_rounding(broken, mode, dtype):
    def grown(x):
        return np.expm1(x) * x

    def rule(g, x):
        if isinstance(g, np.ndarray):
            return g * (np.expm1(x) + x * np.exp(x))
        return g * (ag.exp(x) - 1 + x * ag.exp(x))  # whose digits cancel near 0

    x = Tensor(np.array([1e-5, 1e-6, -1e-5], dtype), requires_grad=True)
    recorded = ag.grad(broken(grown, x=rule)(x).sum(), x, create_graph=True).numpy()
    bare = ag.grad(broken(grown, x=rule)(x).sum(), x).numpy()
    assert np.abs(recorded - bare).max() > 1e3 * np.finfo(dtype).eps * np.abs(bare).max()  # more than a few units
    assert gradcheck(broken(grown, x=rule), x, mode=mode)


def test_an_infinite_slope_is_the_same_one_recorded():
    x = Tensor(np.array(0.0), requires_grad=True)
    assert gradcheck(ag.sqrt, x)
