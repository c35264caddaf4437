"""Losses beside PyTorch's: values, gradients and second derivatives, reductions, weights, edges, dtypes, errors."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradgradcheck

REDUCTIONS = ["none", "mean", "sum"]


def normal(*shape):
    return lambda rng: np.asarray(rng.standard_normal(shape))


def between(low, high, *shape):
    return lambda rng: np.asarray(rng.uniform(low, high, shape))


def sign(*shape):
    return lambda rng: rng.choice([-1.0, 1.0], shape)


pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean':UserWarning")  # PyTorch's, of kl_div


def drawn(draws, seed=0):
    rng = np.random.default_rng(seed)
    return [draw(rng) for draw in draws]


# name: draws of what has gradients, arguments that come after these, options
CASES = {
    "l1_loss": ([normal(3, 4), normal(3, 4)], {}),
    "mse_loss": ([normal(3, 4), normal(3, 4)], {}),
    "huber_loss": ([normal(3, 4), normal(3, 4)], {"delta": 0.7}),
    "smooth_l1_loss": ([normal(3, 4), normal(3, 4)], {"beta": 0.7}),
    "smooth_l1_loss, 0": ([normal(3, 4), normal(3, 4)], {"beta": 0.0}),
    "kl_div": ([normal(3, 4), between(0.1, 1, 3, 4)], {}),
    "kl_div, logarithms": ([normal(3, 4), normal(3, 4)], {"log_target": True}),
    "poisson_nll_loss": ([normal(3, 4), between(0, 5, 3, 4)], {}),
    "poisson_nll_loss, full": ([between(0.5, 2, 3, 4), between(0, 5, 3, 4)], {"log_input": False, "full": True}),
    "gaussian_nll_loss": ([normal(3, 4), normal(3, 4), between(0.1, 2, 3, 4)], {}),
    "gaussian_nll_loss, full": ([normal(3, 4), normal(3, 4), between(0.1, 2, 3)], {"full": True}),
    "gaussian_nll_loss, one": ([normal(3, 4), normal(3, 4), between(0.1, 2, 3, 1)], {}),
    "binary_cross_entropy": ([between(0.1, 0.9, 3, 4), between(0.1, 0.9, 3, 4)], {}),
    "binary_cross_entropy_with_logits": ([normal(3, 4), between(0, 1, 3, 4)], {}),
    "multilabel_soft_margin_loss": ([normal(3, 4), between(0, 1, 3, 4)], {}),
    "soft_margin_loss": ([normal(3, 4)], {}, [sign(3, 4)]),
    "margin_ranking_loss": ([normal(5), normal(5), sign(5)], {"margin": 0.3}),
    "hinge_embedding_loss": ([between(0, 2, 5)], {"margin": 0.8}, [sign(5)]),
    "cosine_embedding_loss": ([normal(5, 3), normal(5, 3)], {"margin": -0.2}, [sign(5)]),
    "cosine_embedding_loss, one": ([normal(3), normal(3)], {}, [sign()]),
    "triplet_margin_loss": ([normal(5, 3), normal(5, 3), normal(5, 3)], {}),
    "triplet_margin_loss, swap": ([normal(5, 3), normal(5, 3), normal(5, 3)], {"swap": True, "p": 3.0, "margin": 2.0}),
    "cross_entropy of probabilities": ([normal(3, 4, 2), between(0, 1, 3, 4, 2)], {"label_smoothing": 0.1}),
    "cross_entropy of probabilities, one": ([normal(4), between(0, 1, 4)], {}),
}
PLAIN = {
    "cosine_similarity": ([normal(3, 4, 2), normal(3, 4, 2)], {}),
    "cosine_similarity, broadcast": ([normal(3, 1, 4), normal(2, 4)], {"axis": -1}),
    "pairwise_distance": ([normal(3, 4), normal(3, 4)], {}),
    "pairwise_distance, 1": ([normal(3, 4), normal(4)], {"p": 1.0, "keepdims": True}),
    "pairwise_distance, inf": ([normal(3, 4), normal(3, 4)], {"p": np.inf}),
}
ALL = [(name, reduction) for name in CASES for reduction in REDUCTIONS] + [(name, None) for name in PLAIN]
every = pytest.mark.parametrize(("name", "reduction"), ALL, ids=[f"{n}-{r}" for n, r in ALL])
SAYS = {"axis": "dim", "keepdims": "keepdim"}


def pair(name, reduction):
    """Ours, PyTorch's, and the arrays that have gradients."""
    draws, given, *rest = {**CASES, **PLAIN}[name]
    arrays = drawn(draws)
    labels = [a.astype(int) for a in drawn(rest[0], seed=4)] if rest else []
    given = given | ({} if reduction is None else {"reduction": reduction})
    called = name.partition(",")[0].partition(" ")[0]
    theirs = {SAYS.get(word, word): value for word, value in given.items()}
    return (
        lambda *x: getattr(ag, called)(*x, *labels, **given),
        lambda *x: getattr(F, called)(*x, *(torch.tensor(a).to(x[0].dtype) for a in labels), **theirs),
        arrays,
    )


def same_as_pytorch(ours, theirs, arrays, second=True):
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    have, want = ours(*mine), theirs(*other)
    assert have.shape == tuple(want.shape)
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=1e-10, atol=1e-13)
    v = np.asarray(np.random.default_rng(9).standard_normal(have.shape))
    g = grad(have, mine, v, create_graph=second)
    t = torch.autograd.grad(want, other, torch.tensor(v), create_graph=second)
    for one, two in zip(g, t, strict=True):
        np.testing.assert_allclose(one.numpy(), two.detach(), rtol=1e-9, atol=1e-12)
    if second:
        flat = [None] * len(arrays)  # pieces of lines have no second derivative
        t, g = ([a for a in found if a.requires_grad] for found in (t, g))
        again = grad(sum((a * a).sum() for a in g), mine, allow_unused=True) if g else flat
        then = torch.autograd.grad(sum((a * a).sum() for a in t), other, allow_unused=True) if t else flat
        for a, one, two in zip(arrays, again, then, strict=True):
            zero = np.zeros(a.shape)
            np.testing.assert_allclose(
                zero if one is None else one.numpy(),
                zero if two is None else two.numpy(force=True),
                rtol=1e-8,
                atol=1e-10,
            )


@every
def test_values_and_derivatives_are_those_of_pytorch(name, reduction):
    same_as_pytorch(*pair(name, reduction))


ELEMENTS = ["l1_loss", "mse_loss", "huber_loss", "kl_div", "binary_cross_entropy_with_logits", "soft_margin_loss"]


@pytest.mark.parametrize("name", ELEMENTS)
def test_nothing_has_no_loss_and_a_mean_of_nan(name):
    x = np.zeros((0, 3))
    mine = Tensor(x, requires_grad=True)
    assert getattr(ag, name)(mine, x, reduction="none").shape == (0, 3)
    assert getattr(ag, name)(mine, x, reduction="sum").item() == 0
    mean = getattr(ag, name)(mine, x)
    assert np.isnan(mean.item())
    assert grad(mean, mine).shape == (0, 3)


# ── classes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SHAPES = [(4,), (5, 4), (2, 4, 3), (2, 4, 3, 2), (3, 1)]


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_cross_entropy_of_labels(shape, reduction, weighted, ignored, smoothing):
    rng = np.random.default_rng(0)
    axis = int(len(shape) > 1)
    x, classes = rng.standard_normal(shape), shape[axis]
    labels = np.asarray(rng.integers(0, classes, shape[:axis] + shape[axis + 1 :]))
    if ignored and labels.size > 1:
        labels.flat[1] = -100
    w = rng.uniform(0.5, 2, classes) if weighted else None
    given = {"reduction": reduction, "label_smoothing": smoothing}
    tw = None if w is None else torch.tensor(w)
    same_as_pytorch(
        lambda x: ag.cross_entropy(x, labels, w, **given),
        lambda x: F.cross_entropy(x, torch.tensor(labels), tw, **given),
        [x],
    )
    if not smoothing:
        same_as_pytorch(
            lambda x: ag.nll_loss(x, labels, w, reduction=reduction),
            lambda x: F.nll_loss(x, torch.tensor(labels), tw, reduction=reduction),
            [x],
            second=False,
        )


def test_if_all_labels_are_ignored_the_mean_is_nan_as_in_pytorch():
    x, labels = np.ones((2, 3)), np.array([-100, -100])
    assert np.isnan(F.cross_entropy(torch.tensor(x), torch.tensor(labels)).item())
    for w in (None, np.ones(3)):
        assert np.isnan(ag.cross_entropy(x, labels, w))
        assert ag.cross_entropy(x, labels, w, reduction="sum") == 0
    assert np.isnan(ag.cross_entropy(np.zeros((0, 3)), np.zeros(0, int)))
    assert ag.cross_entropy(x, np.array([7, 7]), ignore_index=7, reduction="sum") == 0


def test_an_ignored_row_gets_no_gradient_whatever_it_holds():
    x = Tensor([[0.0, 1.0], [-np.inf, np.inf]], requires_grad=True)
    with np.errstate(invalid="ignore"):
        loss = ag.nll_loss(x, np.array([0, -100]))
    np.testing.assert_array_equal(grad(loss, x).numpy(), [[-1, 0], [0, 0]])


def test_probabilities_of_classes_may_have_weights():
    rng = np.random.default_rng(0)
    x, t, w = rng.standard_normal((3, 4)), rng.dirichlet(np.ones(4), 3), rng.uniform(0.5, 2, 4)
    for reduction in REDUCTIONS:
        same_as_pytorch(
            lambda x, t: ag.cross_entropy(x, t, w, reduction=reduction),  # noqa: B023
            lambda x, t: F.cross_entropy(x, t, torch.tensor(w), reduction=reduction),  # noqa: B023
            [x, t],
        )


@pytest.mark.parametrize(("p", "weighted", "reduction"), [*itertools.product([1, 2], [False, True], REDUCTIONS)])
@pytest.mark.parametrize("shape", [(4,), (5, 4)], ids=str)
def test_multi_margin_loss(shape, p, weighted, reduction):
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal(shape), np.asarray(rng.integers(0, 4, shape[:-1]))
    w = rng.uniform(0.5, 2, 4) if weighted else None
    same_as_pytorch(
        lambda x: ag.multi_margin_loss(x, labels, p, 0.8, weight=w, reduction=reduction),
        lambda x: F.multi_margin_loss(
            x, torch.tensor(labels), p, 0.8, None if w is None else torch.tensor(w), reduction=reduction
        ),
        [x],
        second=False,
    )
    inputs = [Tensor(x, requires_grad=True)]
    assert gradgradcheck(lambda x: ag.multi_margin_loss(x, labels, p, 0.8, weight=w, reduction=reduction), inputs)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weights_of_yes_and_no(reduction):
    rng = np.random.default_rng(0)
    x, p, t = rng.standard_normal((5, 4)), rng.uniform(0.1, 0.9, (5, 4)), rng.uniform(0, 1, (5, 4))
    w, pos = rng.uniform(0.5, 2, 4), rng.uniform(0.5, 2, 4)
    tw, tp = torch.tensor(w), torch.tensor(pos)
    logits = F.binary_cross_entropy_with_logits
    same_as_pytorch(
        lambda x, t: ag.binary_cross_entropy_with_logits(x, t, w, reduction, pos_weight=pos),
        lambda x, t: logits(x, t, tw, reduction=reduction, pos_weight=tp),
        [x, t],
    )
    same_as_pytorch(
        lambda x, t: ag.binary_cross_entropy(x, t, w, reduction),
        lambda x, t: F.binary_cross_entropy(x, t, tw, reduction=reduction),
        [p, t],
    )
    same_as_pytorch(
        lambda x, t: ag.multilabel_soft_margin_loss(x, t, w, reduction),
        lambda x, t: F.multilabel_soft_margin_loss(x, t, tw, reduction=reduction),
        [x, t],
    )


def test_probabilities_of_0_and_1_have_pytorchs_losses_and_gradients():
    p, t = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    mine, other = Tensor(p, requires_grad=True), torch.tensor(p, requires_grad=True)
    have, want = ag.binary_cross_entropy(mine, t), F.binary_cross_entropy(other, torch.tensor(t))
    assert have.item() == want.item() == 50
    (theirs,) = torch.autograd.grad(want, other)
    np.testing.assert_allclose(grad(have, mine).numpy(), theirs)


def test_large_logits_neither_overflow_nor_lose_digits():
    x, t = Tensor([-800.0, -50.0, 800.0], requires_grad=True), np.array([0.0, 0.0, 1.0])
    loss = ag.binary_cross_entropy_with_logits(x, t, reduction="sum")
    np.testing.assert_allclose(grad(loss, x).numpy(), [0, np.exp(-50), 0], rtol=1e-12, atol=0)


def test_edges_of_ranking_losses_are_pytorchs():
    zero, ones = np.zeros(3), np.ones(3)
    same_as_pytorch(
        lambda x: ag.margin_ranking_loss(x, zero, ones),
        lambda x: F.margin_ranking_loss(x, torch.tensor(zero), torch.tensor(ones)),
        [zero],
        second=False,
    )
    same_as_pytorch(lambda x: ag.l1_loss(x, zero), lambda x: F.l1_loss(x, torch.tensor(zero)), [zero], second=False)


def test_vectors_of_length_zero_and_small_variances_are_pytorchs():
    x = np.array([[0.0, 0.0], [1e-9, 0.0], [3.0, 4.0]])
    y = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    same_as_pytorch(ag.cosine_similarity, F.cosine_similarity, [x, y], second=False)
    v = np.array([0.0, 1e-9, 2.0])
    same_as_pytorch(ag.gaussian_nll_loss, F.gaussian_nll_loss, [x[:, 0], y[:, 0], v], second=False)


def test_a_divergence_may_be_that_of_a_batch():
    x, t = drawn([normal(3, 4), between(0.1, 1, 3, 4)])
    same_as_pytorch(
        lambda x, t: ag.kl_div(x, t, "batchmean"), lambda x, t: F.kl_div(x, t, reduction="batchmean"), [x, t]
    )
    assert ag.kl_div(np.zeros(2), np.array([0.0, 1.0]), "sum") == 0


one = np.ones
BAD = {
    "mse_loss: x (2,) and target (3,) must have one shape": lambda: ag.mse_loss(one(2), one(3)),
    "l1_loss: reduction must be 'none', 'mean' or 'sum', not 'max'": lambda: ag.l1_loss(one(2), one(2), "max"),
    "huber_loss: delta must be above 0, not 0": lambda: ag.huber_loss(one(2), one(2), delta=0),
    "smooth_l1_loss: beta must be at least 0, not -1": lambda: ag.smooth_l1_loss(one(2), one(2), beta=-1),
    "gaussian_nll_loss: var must be at least 0": lambda: ag.gaussian_nll_loss(one(2), one(2), -one(2)),
    "gaussian_nll_loss: var (3,) must have the shape of x (2,), but for the last axis, or be one number": lambda: (
        ag.gaussian_nll_loss(one(2), one(2), one(3))
    ),
    "binary_cross_entropy: x must be probabilities, from 0 to 1; logits go to ..._with_logits": (
        lambda: ag.binary_cross_entropy(2 * one(2), one(2))
    ),
    "cross_entropy: label 4 at position (1,) must be at least 0 and below the number of classes, 4": (
        lambda: ag.cross_entropy(one((2, 4)), np.array([0, 4]))
    ),
    "cross_entropy: labels (3,) must be (2,): x (2, 4) without the classes' axis": lambda: ag.cross_entropy(
        one((2, 4)), np.array([0, 1, 2])
    ),
    "cross_entropy: probabilities (2,) must have the shape of x (2, 4)": lambda: ag.cross_entropy(one((2, 4)), one(2)),
    "cross_entropy: weight (3,) must have one entry for each class of x (2, 4)": lambda: ag.cross_entropy(
        one((2, 4)), np.array([0, 1]), one(3)
    ),
    "cross_entropy: label_smoothing must be from 0 to 1, not 2": lambda: ag.cross_entropy(
        one((2, 4)), np.array([0, 1]), label_smoothing=2
    ),
    "nll_loss: labels must be integers, one class number each, not float64": lambda: ag.nll_loss(one((2, 4)), one(2)),
    "multi_margin_loss: p must be 1 or 2, not 3, and x (N, C) or (C,), not (2, 4)": lambda: ag.multi_margin_loss(
        one((2, 4)), np.array([0, 1]), 3
    ),
    "kl_div: reduction must be 'none', 'mean', 'batchmean' or 'sum', not 'x'": lambda: ag.kl_div(one(2), one(2), "x"),
    "pairwise_distance: p must be a number above 0, inf for the largest element, not 0": lambda: ag.pairwise_distance(
        one(2), one(2), 0
    ),
    "cosine_similarity: (2, 3) and (2, 4): these shapes do not broadcast; compared from the right, 3 and 4 differ on "
    "axis -1 and neither is 1": lambda: ag.cosine_similarity(one((2, 3)), one((2, 4))),
    "cosine_embedding_loss: x1 (2, 3), x2 (2, 3) and target (3,) must be (N, n), (N, n), (N,)": (
        lambda: ag.cosine_embedding_loss(one((2, 3)), one((2, 3)), one(3))
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_calls_are_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError)) as error:
        BAD[message]()
    assert str(error.value) == message


def test_the_cosine_of_a_vector_that_is_one_number_is_that_of_the_number_at_every_place():
    x = np.random.default_rng(0).standard_normal((4, 4))
    for axis, other in ((1, x[0, :1]), (0, x[0, :1]), (1, x[:, :1]), (0, x[0]), (1, x[0])):
        same_as_pytorch(lambda x, y, a=axis: ag.cosine_similarity(x, y, a),
                        lambda x, y, a=axis: F.cosine_similarity(x, y, a), [x, other])  # fmt: skip
    np.testing.assert_allclose(ag.cosine_similarity(Tensor(np.ones((2, 4))), np.ones(1)).numpy(), [1, 1])


def test_a_number_changes_no_dtype():
    x = Tensor(np.array([[0.3, -0.6], [0.7, 0.2]], np.float32), requires_grad=True)
    for y in (
        ag.lerp(x, 1.0, 0.25),
        x.lerp(x, 0.5),
        ag.prelu(x, 0.25),
        ag.cosine_similarity(x, 1.0),
        ag.margin_ranking_loss(x, 0.5, -1.0),
        ag.gaussian_nll_loss(x, np.zeros((2, 2), np.float32), 0.25),
    ):
        assert y.dtype == grad(y.sum(), x).dtype == np.float32


def test_one_variance_serves_all():
    x, t = np.random.default_rng(0).standard_normal((2, 4, 3))
    want = F.gaussian_nll_loss(torch.tensor(x), torch.tensor(t), 0.25, full=True)
    np.testing.assert_allclose(ag.gaussian_nll_loss(x, t, 0.25, full=True), want, rtol=1e-12)
    v = Tensor(0.25, requires_grad=True)
    (g,) = grad(ag.gaussian_nll_loss(x, t, v), [v])
    np.testing.assert_allclose(g.item(), np.mean(0.5 / 0.25 - 0.5 * (x - t) ** 2 / 0.25**2), rtol=1e-12)
