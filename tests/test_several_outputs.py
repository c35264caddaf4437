"""Operations with as many outputs as the call makes: one joint node, one rule, all gradients in one tuple."""

import copy

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck, no_grad, primitive


def rows_of(x, w, *, times):
    """Each row of x times w, `times` over."""
    return [times * w * row for row in x]


def carried(g, x, w, wanted, *, times):
    assert isinstance(g, tuple)
    assert len(g) == len(x)
    up = ag.stack(list(g)) * times
    return up * w if wanted[0] else None, ag.sum(up * x, 0) if wanted[1] else None


@pytest.fixture
def op():
    made = primitive(outputs=("*rows",))(rows_of)
    made.defvjp(carried)
    yield made
    ag.PRIMITIVES.pop("rows_of")


def leaves(n):
    rng = np.random.default_rng(n)
    return [Tensor(rng.standard_normal(shape), requires_grad=True) for shape in ((n, 3), (3,))]


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_output_carries_its_gradient_at_both_orders(op, n):
    def fn(x, w):
        parts = op(x, w, times=2.0)
        assert isinstance(parts, tuple)
        assert len(parts) == n
        return parts

    assert gradcheck(fn, leaves(n))
    assert gradgradcheck(fn, leaves(n))


def test_an_output_that_nothing_depends_on_has_a_gradient_of_zeros(op):
    x, w = leaves(4)
    g = grad(ag.sum(op(x, w, times=3.0)[2]), x)
    expected = np.zeros((4, 3))
    expected[2] = 3 * w.numpy()
    np.testing.assert_allclose(g, expected)


def test_the_rule_runs_once_for_all_outputs_and_arguments(op):
    calls = []
    op.defvjp(lambda g, x, w, wanted, *, times: calls.append(wanted) or carried(g, x, w, wanted, times=times))
    x, w = leaves(3)
    ag.sum(ag.stack(list(op(x, w, times=1.0)))).backward()
    assert calls == [(True, True)]
    np.testing.assert_allclose(x.grad, np.tile(w.numpy(), (3, 1)))
    w.grad, w.requires_grad = None, False
    ag.sum(op(x, w, times=1.0)[0]).backward()
    assert calls[1:] == [(True, False)]


def test_bare_arrays_give_what_forward_gives_and_no_grad_constants(op):
    x, w = leaves(2)
    bare = op(x.numpy(), w.numpy(), times=1.0)
    np.testing.assert_array_equal(bare, rows_of(x.numpy(), w.numpy(), times=1.0))
    with no_grad():
        parts = op(x, w, times=1.0)
    assert all(isinstance(part, Tensor) and not part.requires_grad for part in parts)
    whole = op(Tensor([[1, 2], [3, 4]]), Tensor([1, 1]), times=2)
    assert all(isinstance(part, Tensor) and part.dtype.kind == "i" for part in whole)
    np.testing.assert_array_equal([part.numpy() for part in whole], [[2, 4], [6, 8]])


def test_outputs_are_called_by_their_number(op):
    x, w = leaves(2)
    parts = op(x, w, times=1.0)
    assert [part.node.op.name for part in parts] == ["rows_of.rows[0]", "rows_of.rows[1]"]
    assert "rows_of" in str(ag.to_graphviz(parts[1]))


def test_copies_of_one_output_and_of_all_have_the_graph(op):
    x, w = leaves(2)
    parts = op(x, w, times=1.0)
    expected = grad(parts[0] * parts[1], [x, w], np.ones(3), retain_graph=True)
    a, b, (one, two) = copy.deepcopy((x, w, parts))
    for have, want in zip(grad(one * two, [a, b], np.ones(3)), expected, strict=True):
        np.testing.assert_array_equal(have, want)


def test_a_rule_that_replaces_is_given_the_tuple_too(op):
    x, w = leaves(2)
    rules = {"rows_of": {"x": lambda g, *, times: ag.stack(list(g)) * times}}
    found = grad(op(x, w, times=2.0)[1], x, np.ones(3), rules=rules)
    np.testing.assert_array_equal(found, [[0, 0, 0], [2, 2, 2]])
    with pytest.raises(TypeError, match="asks for 'rows', which is not there"):
        grad(op(x, w, times=2.0)[1], x, np.ones(3), rules={"rows_of": {"x": lambda g, rows: g[0]}})


@pytest.mark.parametrize("wrong", [lambda x: x, lambda x: []])
def test_forward_must_return_several(wrong):
    broken = primitive(outputs=("*parts",), name="one_only")(wrong)
    try:
        with pytest.raises(TypeError, match=r"one_only: forward returned [01] result"):
            broken(Tensor([1.0, 2.0]))
    finally:
        ag.PRIMITIVES.pop("one_only")
