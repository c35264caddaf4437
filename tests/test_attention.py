"""Scaled dot-product attention: PyTorch's values and gradients, second derivatives, masks, groups, linear memory."""

import sys
import tracemalloc

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

attend = ag.scaled_dot_product_attention


def drawn(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.standard_normal(shape)) for shape in shapes]


def a_mask(*shape, seed=3):
    mask = np.random.default_rng(seed).random(shape) < 0.6
    mask[..., 0] = True
    return mask


# name: shapes of q, k, v; what else is given
CASES = {
    "one head": ([(5, 3), (4, 3), (4, 2)], {}),
    "heads": ([(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3)], {}),
    "causal": ([(2, 3, 5, 4), (2, 3, 5, 4), (2, 3, 5, 4)], {"is_causal": True}),
    "causal, more keys": ([(2, 5, 4), (2, 8, 4), (2, 8, 4)], {"is_causal": True}),
    "causal, more queries": ([(2, 7, 4), (2, 3, 4), (2, 3, 4)], {"is_causal": True}),
    "scale": ([(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3)], {"scale": 0.3}),
    "mask (L, S)": ([(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3)], {"attn_mask": a_mask(5, 6)}),
    "mask (N, 1, 1, S)": ([(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3)], {"attn_mask": a_mask(2, 1, 1, 6)}),
    "mask (H, L, S)": ([(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3)], {"attn_mask": a_mask(3, 5, 6)}),
    "added": ([(2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3)], {"attn_mask": drawn((2, 3, 5, 6), seed=5)[0]}),
    "added, one head": ([(5, 4), (6, 4), (6, 3)], {"attn_mask": np.where(a_mask(5, 6), 0.5, -np.inf)}),
    "groups": ([(2, 6, 5, 4), (2, 2, 7, 4), (2, 2, 7, 3)], {}),
    "groups, causal": ([(6, 5, 4), (3, 5, 4), (3, 5, 3)], {"is_causal": True}),
    "groups, mask": ([(2, 6, 5, 4), (2, 2, 7, 4), (2, 2, 7, 3)], {"attn_mask": a_mask(2, 6, 5, 7)}),
    "groups of all": ([(2, 4, 5, 3), (2, 1, 5, 3), (2, 1, 5, 3)], {"attn_mask": a_mask(2, 1, 5, 5)}),
}
every = pytest.mark.parametrize("name", CASES)


@pytest.fixture(params=["one block", "small blocks"])
def blocks(request, monkeypatch):
    if request.param == "small blocks":
        room = sys.modules[attend.__module__]
        monkeypatch.setattr(room, "BLOCK", 8)
        monkeypatch.setattr(room, "ROWS", 2)


def theirs(q, k, v, given):
    given = {key: torch.tensor(x) if key == "attn_mask" else x for key, x in given.items()}
    if q.ndim == 2:
        return F.scaled_dot_product_attention(q[None], k[None], v[None], **given)[0]
    return F.scaled_dot_product_attention(q, k, v, **given, enable_gqa=q.shape[-3] != k.shape[-3])


@every
def test_values_and_derivatives_of_both_orders_are_those_of_pytorch(name, blocks):
    shapes, given = CASES[name]
    arrays = drawn(*shapes)
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    have = attend(*mine, **given)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        want = theirs(*other, given)
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=1e-10, atol=1e-13)
    (v,) = drawn(have.shape, seed=1)
    t = torch.autograd.grad(want, other, torch.tensor(v), create_graph=True)
    recorded = grad(have, mine, v, create_graph=True)
    for one, again, two in zip(grad(attend(*mine, **given), mine, v), recorded, t, strict=True):
        np.testing.assert_allclose(one.numpy(), two.detach(), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(again.numpy(), two.detach(), rtol=1e-9, atol=1e-12)
    second = grad(sum((a * a).sum() for a in recorded), mine)
    for one, two in zip(second, torch.autograd.grad(sum((a * a).sum() for a in t), other), strict=True):
        np.testing.assert_allclose(one.numpy(), two, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("shape", [(5, 6), (6,), (2, 1, 5, 6), (3, 5, 1), (2, 6, 1, 6), (1, 1, 1, 1)], ids=str)
def test_a_mask_that_is_added_has_a_gradient(shape, blocks):
    q, k, v = drawn((2, 6, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3))
    if shape == (3, 5, 1):
        q, k, v = drawn((2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 3))
    (m,) = drawn(shape, seed=7)
    mine = [Tensor(a, requires_grad=True) for a in (q, k, v, m)]
    other = [torch.tensor(a, requires_grad=True) for a in (q, k, v, m)]
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        want = F.scaled_dot_product_attention(
            *other[:3], attn_mask=other[3].expand(2, q.shape[1], 5, 6), enable_gqa=True
        )
    have = attend(*mine)
    np.testing.assert_allclose(have.numpy(), want.detach(), rtol=1e-10, atol=1e-13)
    (g,) = drawn(have.shape, seed=1)
    for one, two in zip(grad(have, mine, g), torch.autograd.grad(want, other, torch.tensor(g)), strict=True):
        np.testing.assert_allclose(one.numpy(), two, rtol=1e-9, atol=1e-12)
    assert gradcheck(attend, mine, mode="projected")
    assert gradgradcheck(attend, mine, mode="projected")


@pytest.mark.parametrize("added", [False, True])
def test_a_query_whose_keys_are_all_masked_gets_zeros_and_gives_none(added):
    arrays = drawn((3, 2), (4, 2), (4, 2))
    mask = a_mask(3, 4)
    mask[1] = False
    mask = np.where(mask, 0.0, -np.inf) if added else mask
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    for create_graph in (False, True):
        y = attend(*mine, mask)
        assert (y.numpy()[1] == 0).all()
        gradients = grad(y.sum(), mine, create_graph=create_graph)
        assert all(np.isfinite(g.numpy()).all() for g in gradients)
        assert (gradients[0].numpy()[1] == 0).all()
    assert gradgradcheck(lambda *x: attend(*x, mask), mine)


@pytest.mark.parametrize("shapes", [[(0, 3), (4, 3), (4, 2)], [(5, 3), (0, 3), (0, 2)], [(0, 2, 5, 3)] * 3], ids=str)
def test_nothing_to_look_at_gives_zeros(shapes):
    mine = [Tensor(a, requires_grad=True) for a in drawn(*shapes)]
    for create_graph in (False, True):
        y = attend(*mine)
        assert (y.numpy() == 0).all()
        assert y.shape == (*shapes[0][:-1], shapes[2][-1])
        assert [g.shape for g in grad(y.sum(), mine, create_graph=create_graph)] == [x.shape for x in mine]


def test_leading_axes_broadcast():
    q, k, v = drawn((2, 1, 3, 5, 4), (7, 3, 6, 4), (3, 6, 2))
    want = attend(
        np.broadcast_to(q, (2, 7, 3, 5, 4)), np.broadcast_to(k, (2, 7, 3, 6, 4)), np.broadcast_to(v, (2, 7, 3, 6, 2))
    )
    np.testing.assert_allclose(attend(q, k, v), want)
    mine = [Tensor(a, requires_grad=True) for a in (q, k, v)]
    assert [g.shape for g in grad(attend(*mine).sum(), mine)] == [q.shape, k.shape, v.shape]


def test_dropout_drops_weights_and_its_backward_pass_the_same_ones(blocks):
    arrays = drawn((2, 4, 6, 3), (2, 2, 5, 3), (2, 2, 5, 3))
    mine = [Tensor(a, requires_grad=True) for a in arrays]

    def f(*x):
        return attend(*x, dropout_p=0.4, rng=5)

    np.testing.assert_array_equal(f(*mine).numpy(), f(*arrays))
    assert gradcheck(f, mine, mode="projected")
    assert gradgradcheck(f, mine, mode="projected")
    y = f(*mine)
    g = drawn(y.shape)[0]
    for one, two in zip(grad(f(*mine), mine, g), grad(y, mine, g, create_graph=True), strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-12, atol=1e-14)


def test_dropped_weights_are_as_many_as_asked_for():
    q, k = np.zeros((1, 300, 2)), np.zeros((1, 400, 2))
    w = attend(q, k, np.eye(400)[None], dropout_p=0.3, rng=0) * 400
    np.testing.assert_allclose(np.unique(w.round(9)), [0, np.round(1 / 0.7, 9)])
    assert abs(np.mean(w == 0) - 0.3) < 0.01
    assert not (attend(q, k, np.eye(400)[None], dropout_p=0.3, rng=1) * 400 == w).all()


@pytest.mark.parametrize("causal", [False, True])
def test_memory_grows_with_the_length_and_not_with_its_square(causal):
    length = 4096
    mine = [Tensor(a.astype(np.float32), requires_grad=True) for a in drawn(*[(length, 8)] * 3)]

    def peak(f):
        tracemalloc.start()
        try:
            result = f()
            return tracemalloc.get_traced_memory()[1], result
        finally:
            tracemalloc.stop()

    grad(attend(*mine, is_causal=causal).sum(), mine)  # what is compiled is there
    forth, y = peak(lambda: attend(*mine, is_causal=causal))
    back, _ = peak(lambda: grad(y.sum(), mine))
    square = 4 * length**2
    assert max(forth, back) < square / 8


def test_no_weights_are_saved():
    mine = [Tensor(a, requires_grad=True) for a in drawn((50, 4), (60, 4), (60, 3))]
    saved = attend(*mine).node.parents[0].saved
    assert max(np.size(a) for a in saved.values()) == 240


one = np.ones
NAME = "scaled_dot_product_attention"
BAD = {
    "query (2,), key (2, 2) and value (2, 2) must be (..., length, features)": lambda: attend(
        one(2), one((2, 2)), one((2, 2))
    ),
    "query (4, 3) and key (5, 2) must have equally many features, not 3 and 2": lambda: attend(
        one((4, 3)), one((5, 2)), one((5, 2))
    ),
    "key (5, 3) and value (4, 3) must be equally many, not 5 and 4": lambda: attend(
        one((4, 3)), one((5, 3)), one((4, 3))
    ),
    "query (5, 4, 3), key (2, 4, 3) and value (2, 4, 3): their axes before the last two must broadcast, or the key's "
    "heads divide the query's": lambda: attend(one((5, 4, 3)), one((2, 4, 3)), one((2, 4, 3))),
    "attn_mask (3, 4) must broadcast to (4, 5)": lambda: attend(one((4, 3)), one((5, 3)), one((5, 3)), one((3, 4))),
    "attn_mask must be booleans or floating numbers, not int64": lambda: attend(
        one((4, 3)), one((5, 3)), one((5, 3)), one((4, 5), int)
    ),
    "dropout_p is the probability of dropping, 0 ≤ p < 1; got 1": lambda: attend(*[one((4, 3))] * 3, dropout_p=1),
    "scale must be a number or None, not 'x'": lambda: attend(*[one((4, 3))] * 3, scale="x"),
    "value has dtype complex128; it must hold real numbers": lambda: attend(*[one((4, 3))] * 2, 1j * one((4, 3))),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_calls_are_refused_in_a_sentence(message):
    with pytest.raises((ValueError, TypeError)) as error:
        BAD[message]()
    assert str(error.value) == f"{NAME}: {message}"
