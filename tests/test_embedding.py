"""Rows of a table: PyTorch's values and gradients, padding, bags, and what is refused."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

WEIGHT = np.random.default_rng(0).standard_normal((7, 3))
FLAT = np.array([3, 1, 1, 6, 0, 3, 3, 2])


def beside(ours, theirs, *arrays):
    """Values and gradients of both, and derivatives of both orders beside differences."""
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    have, want = ours(*mine), theirs(*other)
    np.testing.assert_allclose(have.numpy(), want.detach())
    v = np.random.default_rng(1).standard_normal(have.shape)
    for one, two in zip(grad(have, mine, v), torch.autograd.grad(want, other, torch.tensor(v)), strict=True):
        np.testing.assert_allclose(one.numpy(), two, atol=1e-15)
    assert gradgradcheck(ours, mine)
    return mine


@pytest.mark.parametrize("padding", [None, 3, -7])
@pytest.mark.parametrize("shape", [(8,), (2, 4), (), (0,), (2, 0, 3)], ids=str)
def test_rows_are_looked_up(shape, padding):
    places = np.resize(FLAT, shape).astype(int)
    (w,) = beside(
        lambda w: ag.embedding(places, w, padding), lambda w: F.embedding(torch.tensor(places), w, padding), WEIGHT
    )
    if padding is None:
        assert gradcheck(lambda w: ag.embedding(Tensor(places), w), [w])


def test_many_gradients_of_one_row_are_summed_without_losing_digits():
    places, w = np.zeros(30000, int), Tensor(np.ones((2, 1), np.float16), requires_grad=True)
    g = grad(ag.embedding(places, w), w, np.ones((30000, 1), np.float16))
    assert g.numpy()[0, 0] == 30000
    assert g.dtype == np.float16


@pytest.mark.parametrize("classes", [None, 9])
def test_one_hot(classes):
    for places in (FLAT, FLAT.reshape(2, 4), np.int32(3)):
        want = F.one_hot(torch.tensor(places).long(), -1 if classes is None else classes)
        np.testing.assert_array_equal(ag.one_hot(places, classes), want)
    assert ag.one_hot(Tensor(FLAT)).dtype == np.int64


OFFSETS = [[0, 2, 5], [0, 0, 3, 8], [0]]


@pytest.mark.parametrize("padding", [None, 3])
@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
@pytest.mark.parametrize("offsets", [None, *OFFSETS], ids=str)
def test_bags(offsets, mode, padding):
    places = FLAT.reshape(2, 4) if offsets is None else FLAT
    at = None if offsets is None else np.array(offsets)
    there = None if offsets is None else torch.tensor(offsets)
    (w,) = beside(
        lambda w: ag.embedding_bag(places, w, at, mode=mode, padding_idx=padding),
        lambda w: F.embedding_bag(torch.tensor(places), w, there, mode=mode, padding_idx=padding),
        WEIGHT,
    )
    single = ag.embedding_bag(places, WEIGHT.astype(np.float16), at, mode=mode, padding_idx=padding)
    assert single.dtype == np.float16
    if offsets is not None:
        last = ag.embedding_bag(places, w, [*offsets, 8], None, mode, padding, True)
        np.testing.assert_array_equal(last.numpy(), ag.embedding_bag(places, w, at, None, mode, padding).numpy())


@pytest.mark.parametrize("padding", [None, 3])
def test_rows_of_a_bag_have_weights(padding):
    factors = np.random.default_rng(1).standard_normal(8)
    beside(
        lambda w, f: ag.embedding_bag(FLAT, w, np.array([0, 3]), f, "sum", padding),
        lambda w, f: F.embedding_bag(
            torch.tensor(FLAT), w, torch.tensor([0, 3]), mode="sum", per_sample_weights=f, padding_idx=padding
        ),
        WEIGHT,
        factors,
    )


BAD = {
    "embedding: index 7 must be at least 0 and below the number of rows, 7": lambda: ag.embedding([7], WEIGHT),
    "embedding: index -1 must be at least 0 and below the number of rows, 7": lambda: ag.embedding([-1], WEIGHT),
    "embedding: indices must be integers, not float64": lambda: ag.embedding([1.0], WEIGHT),
    "embedding: weight (7,) must be (rows, features)": lambda: ag.embedding([1], np.ones(7)),
    "embedding: padding_idx 7 must be an integer from -7 to 6": lambda: ag.embedding([1], WEIGHT, 7),
    "embedding: max_norm would write into the weight; normalise its rows before, as an operation": lambda: ag.embedding(
        [1], WEIGHT, None, 1.0
    ),
    "one_hot: (1,): index 3 must be at least 0 and below the number of classes, 3": lambda: ag.one_hot([3], 3),
    "one_hot: (0,): without indices num_classes must be given": lambda: ag.one_hot(np.zeros(0, int)),
    "embedding_bag: mode must be 'mean', 'sum' or 'max', not 'min'": lambda: ag.embedding_bag(
        [[1]], WEIGHT, mode="min"
    ),
    "embedding_bag: indices (1,) must be (B, n) without offsets, or (I,) with them": lambda: ag.embedding_bag(
        [1], WEIGHT
    ),
    "embedding_bag: offsets must be (B,), begin with 0, and ascend up to the 2 indices": lambda: ag.embedding_bag(
        [1, 2], WEIGHT, [1]
    ),
    "embedding_bag: offsets must be integers, not float64": lambda: ag.embedding_bag([1, 2], WEIGHT, [0.0]),
    "embedding_bag: per_sample_weights (1, 1) go with the mode 'sum', not 'mean', and with as many indices (1, 1)": (
        lambda: ag.embedding_bag([[1]], WEIGHT, None, [[1.0]])
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_calls_are_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError, IndexError)) as error:
        BAD[message]()
    assert str(error.value) == message
