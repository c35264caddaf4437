"""CTC: PyTorch's losses and gradients, likelihoods counted out alignment by alignment, second derivatives, edges."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad

REDUCTIONS = ["none", "mean", "sum"]
CASES = {
    "padded": ([[1, 2, 2, 1], [3, 3, 9, 9], [2, 9, 9, 9]], [7, 6, 5], [4, 2, 1], 0),
    "in one line": ([1, 2, 2, 1, 3, 3, 2], [7, 6, 5], [4, 2, 1], 0),
    "another blank": ([[0, 2, 1], [1, 1, 0], [0, 1, 0]], [7, 7, 7], [3, 3, 2], 3),
    "without labels": ([[1], [2], [9]], [4, 7, 6], [1, 1, 0], 0),
}


def drawn(case, time=7):
    targets, times, lengths, blank = CASES[case]
    x = np.random.default_rng(0).standard_normal((time, 3, 4))
    return x, np.minimum(np.array(targets), 3), np.array(times), np.array(lengths), blank


def counted(p, labels, blank):
    """The likelihood of labels, the sum over all sequences of classes that collapse to them."""
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        collapsed = [c for c, _ in itertools.groupby(path) if c != blank]
        total += np.prod(p[np.arange(len(p)), path]) if collapsed == list(labels) else 0
    return total


@pytest.mark.parametrize(("time", "labels"), [(1, [1]), (4, [1, 2]), (5, [1, 1]), (3, [2, 2]), (3, []), (2, [1, 2])])
def test_a_likelihood_is_the_sum_over_alignments(time, labels):
    p = np.random.default_rng(0).dirichlet(np.ones(3), time)
    loss = ag.ctc_loss(np.log(p), np.array(labels, int), time, len(labels), reduction="none")
    assert np.exp(-loss) == pytest.approx(counted(p, labels, 0), rel=1e-12)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_losses_and_gradients_behind_a_log_softmax_are_those_of_pytorch(case, reduction):
    x, targets, times, lengths, blank = drawn(case)
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    have = ag.ctc_loss(ag.log_softmax(mine), targets, times, lengths, blank, reduction)
    want = F.ctc_loss(
        F.log_softmax(other, -1), *map(torch.tensor, (targets, times, lengths)), blank=blank, reduction=reduction
    )
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=1e-10)
    v = np.asarray(np.random.default_rng(1).standard_normal(have.shape))
    (theirs,) = torch.autograd.grad(want, other, torch.tensor(v))
    np.testing.assert_allclose(grad(have, mine, v).numpy(), theirs, rtol=1e-9, atol=1e-12)


def test_labels_that_do_not_fit_have_an_infinite_loss_or_none():
    x = np.log(np.full((2, 2, 3), 1 / 3))
    targets, lengths = np.array([[1, 1], [1, 2]]), np.array([2, 2])
    loss = ag.ctc_loss(x, targets, 2, lengths, reduction="none")
    assert loss[0] == np.inf
    assert np.isfinite(loss[1])
    mine, other = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    have = ag.ctc_loss(ag.log_softmax(mine), targets, 2, lengths, zero_infinity=True)
    want = F.ctc_loss(
        F.log_softmax(other, -1), torch.tensor(targets), torch.tensor([2, 2]), torch.tensor(lengths), zero_infinity=True
    )
    assert have.item() == pytest.approx(want.item())
    (theirs,) = torch.autograd.grad(want, other)
    np.testing.assert_allclose(grad(have, mine).numpy(), theirs, atol=1e-12)


def test_long_sequences_neither_underflow_nor_overflow():
    x = 10 * np.random.default_rng(0).standard_normal((2000, 1, 5))
    labels = np.random.default_rng(1).integers(1, 5, (1, 300))
    have = ag.ctc_loss(ag.log_softmax(x), labels, 2000, 300)
    want = F.ctc_loss(F.log_softmax(torch.tensor(x), -1), torch.tensor(labels), (2000,), (300,))
    assert have == pytest.approx(want.item(), rel=1e-10)


def test_single_stays_single_and_a_sequence_may_be_alone():
    x, targets, times, lengths, blank = drawn("padded")
    for dtype in (np.float32, np.float16):
        one = Tensor(x[:, 0].astype(dtype), requires_grad=True)
        loss = ag.ctc_loss(one, targets[0], times[0], lengths[0], blank, "none")
        assert loss.shape == ()
        assert loss.dtype == grad(loss, one).dtype == dtype
    assert ag.ctc_loss(np.zeros((3, 0, 4)), np.zeros((0, 2), int), 3, 2, reduction="none").shape == (0,)


x = np.zeros((4, 2, 3))
BAD = {
    "log_probs (4,) must be (T, N, C), or (T, C)": lambda: ag.ctc_loss(np.zeros(4), [1], 4, 1),
    "blank 3 must be one of the 3 classes": lambda: ag.ctc_loss(x, [[1], [1]], 4, 1, 3),
    "an input of length 5 is longer than log_probs (4, 2, 3)": lambda: ag.ctc_loss(x, [[1], [1]], 5, 1),
    "target_lengths (3,) must be one number of at least 0 for each of the 2 sequences": lambda: ag.ctc_loss(
        x, [[1], [1]], 4, [1, 1, 1]
    ),
    "targets (2, 1) must be (N, S) with S of at least 2, or all 3 labels in one line": lambda: ag.ctc_loss(
        x, [[1], [1]], 4, [1, 2]
    ),
    "labels must be at least 0 and below the number of classes, 3": lambda: ag.ctc_loss(x, [[1], [3]], 4, 1),
    "targets must be integers, not float64": lambda: ag.ctc_loss(x, [[1.0], [1.0]], 4, 1),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_calls_are_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError)) as error:
        BAD[message]()
    assert str(error.value) == f"ctc_loss: {message}"
