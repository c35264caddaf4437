"""What is special about single operations, beyond the properties of `test_table`: beside NumPy and PyTorch."""

import inspect

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from cases import every
from rows import TABLE, is_float

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, grad, gradcheck, gradgradcheck

RNG = np.random.default_rng


def leaf(*shape, dtype=np.float64, seed=0):
    return Tensor(RNG(seed).standard_normal(shape).astype(dtype), requires_grad=True)


def drawn(*shapes, seed=0, of=np.asarray):
    rng = np.random.default_rng(seed)
    return [of(np.asarray(rng.standard_normal(shape))) for shape in shapes]


def assert_same(ours, theirs, *arrays):
    """ours(*tensors) and theirs(*tensors) have the same values and carry the same gradients back to every array."""
    mine = [Tensor(a, requires_grad=True) for a in arrays]
    other = [torch.tensor(a, requires_grad=True) for a in arrays]
    have, want = ours(*mine), theirs(*other)
    assert have.shape == tuple(want.shape)
    assert have.dtype == np.float64
    np.testing.assert_allclose(have, want.detach(), rtol=1e-9, atol=1e-12)
    y = np.asarray(np.random.default_rng(99).standard_normal(have.shape))
    for one, two in zip(grad(have, mine, y), torch.autograd.grad(want, other, torch.tensor(y)), strict=True):
        assert one.shape == tuple(two.shape)
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


# ── operators, and what they are given ────────────────────────────────────────────────────────────────────────────────

OPERATORS = {
    "sum": lambda x, y: x + y,
    "difference": lambda x, y: x - y,
    "product": lambda x, y: x * y,
    "quotient": lambda x, y: x / y,
    "power": lambda x, y: x**y,
    "numbers on the left": lambda x, y: (2 + x) * (1 - y) + 3 / x + 2**y,
    "numbers on the right": lambda x, y: (x + 2) * (y - 1) + x / 3 + y**2,
    "negative": lambda x, y: -x + +y,
    "a long way": lambda x, y: ((x * y + x) / (y * y + 1) - x**3) ** 2,
    "one twice": lambda x, y: x * x + y / y,
}


@every("function", OPERATORS.values(), ids=OPERATORS)
@every("shapes", [((2, 3), (2, 3)), ((2, 1), (3,)), ((), (2, 3)), ((4, 1, 3), (2, 1))], ids=str)
def test_operators(function, shapes):
    assert_same(function, function, *drawn(*shapes, of=lambda a: np.abs(a) + 0.5))


def test_a_bare_array_on_the_left_gives_a_tensor():
    (x, y) = drawn((2, 3), (3,))
    for function in (lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b):
        assert_same(lambda y, f=function: f(x, y), lambda y, f=function: f(torch.tensor(x), y), y)


def test_a_product_with_a_bare_array_on_either_side():
    a, b = drawn((2, 3), (3, 4))
    assert_same(lambda b: a @ b, lambda b: torch.tensor(a) @ b, b)
    assert_same(lambda a: a @ b, lambda a: a @ torch.tensor(b), a)


def test_indexing_by_a_tensor():
    (x,) = drawn((4, 3))
    assert_same(lambda x: x[Tensor([0, 0, 2])], lambda x: x[torch.tensor([0, 0, 2])], x)
    assert_same(lambda x: x[x > 0], lambda x: x[x > 0], x)


def test_joining_a_constant():
    a, b = drawn((2, 3), (4, 3))
    assert_same(lambda a: ag.concatenate([b, a]), lambda a: torch.cat([torch.tensor(b), a]), a)


def test_transposes_are_attributes():
    (x,) = drawn((2, 3, 4))
    assert_same(lambda x: x.T, lambda x: x.permute(2, 1, 0), x)
    assert_same(lambda x: x.mT, lambda x: x.mT, x)


# ── reductions, order, parts ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_of_several_largest_the_first_has_the_position_that_counts(axis):
    x = RNG(1).integers(0, 3, (3, 4, 5)).astype(float)
    np.testing.assert_array_equal(ag.argmax(x, axis=axis), np.argmax(x, axis=axis))


def test_softmax_survives_logits_that_overflow():
    x = np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4 + 1]])
    assert_same(ag.softmax, lambda x: torch.softmax(x, -1), x)
    assert_same(ag.log_softmax, lambda x: torch.log_softmax(x, -1), x)
    assert_same(ag.logsumexp, lambda x: torch.logsumexp(x, -1), x)


def test_small_numbers_are_not_lost():
    x = Tensor([1e-20, -1e-20, 1e-9], requires_grad=True)
    np.testing.assert_allclose(ag.log1p(x), [1e-20, -1e-20, 1e-9 - 5e-19], rtol=1e-15)
    np.testing.assert_allclose(ag.expm1(x), [1e-20, -1e-20, 1e-9 + 5e-19], rtol=1e-15)
    far = Tensor([-50.0], requires_grad=True)
    np.testing.assert_allclose(grad(ag.expm1(far), far), np.exp([-50.0]), rtol=1e-15)  # where eˣ − 1 is −1


def test_half_precision_is_added_up_in_single():
    x = Tensor(np.full(5000, 1, np.float16), requires_grad=True)
    y = ag.cumsum(x)
    assert y.dtype == np.float16
    assert y[-1].item() == 5000  # in half, 2048 + 1 is 2048
    assert grad(y, x, np.ones(5000, np.float16))[0].item() == 5000


def test_a_python_number_beside_x_changes_no_dtype():
    x = leaf(3, dtype=np.float32)
    assert ag.diff(x, prepend=0, append=1.5).dtype == np.float32
    assert ag.einsum(",i->i", 2.0, x).dtype == np.float32
    assert ag.einsum("i,i", np.arange(3, dtype=np.int8), x).dtype == np.float32


@pytest.mark.parametrize("kind", ["quicksort", "stable", None])
def test_equal_elements_keep_their_order_and_nan_goes_last(kind):
    x = Tensor([2.0, 1.0, np.nan, 1.0, 2.0, 1.0], requires_grad=True)
    y = np.sort(x, kind=kind)
    np.testing.assert_array_equal(y, np.sort(x.numpy()))
    g = np.arange(6.0)
    theirs = torch.tensor(x.numpy(), requires_grad=True)
    (expected,) = torch.autograd.grad(torch.sort(theirs, stable=True)[0], theirs, torch.tensor(g))
    np.testing.assert_array_equal(grad(y, x, g), expected)
    np.testing.assert_array_equal(expected, [3, 0, 5, 1, 4, 2])


def test_on_a_tie_the_gradient_of_sort_is_between_the_slopes():
    x = Tensor([[0.5, 0.5, -1.0], [2.0, 0.0, 0.0]], requires_grad=True)
    assert gradcheck(lambda x: ag.sort(x) * np.arange(3.0), x).kinks["take_along_axis"]


def test_an_element_taken_twice_receives_both_gradients():
    x = leaf(3)
    g = np.array([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(grad(ag.take_along_axis(x, [2, 0, 2]), x, g), [10, 0, 101])


def test_one_rule_carries_the_gradients_of_all_parts(monkeypatch):
    x, calls = leaf(1000), []
    op = PRIMITIVES["split"]
    rule = op.rules["x"]
    carried = lambda g, **params: calls.append(len(g)) or rule.function(g, **params)
    monkeypatch.setitem(op.rules, "x", type(rule)(carried, rule.names, rule.params))
    ag.sum(ag.concatenate(ag.split(x, 500)[::-1]) * np.arange(1000.0)).backward()
    assert calls == [500]
    np.testing.assert_array_equal(x.grad, np.arange(1000.0).reshape(500, 2)[::-1].ravel())


def test_nothing_is_saved_that_no_gradient_needs():
    x = leaf(4, 3)
    for y in (ag.cumsum(x), ag.diff(x), ag.roll(x, 1), ag.split(x, 2)[0].node.parents[0], ag.tile(x, 2)):
        node = y if not isinstance(y, Tensor) else y.node
        assert node.saved == {}
    assert list(ag.sort(x).node.saved) == ["indices"]
    assert list(ag.qr(x)[0].node.parents[0].saved) == ["q", "r"]
    assert list(ag.expm1(x).node.saved) == list(ag.square(x).node.saved) == ["x"]


# ── einsum ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shapes", [((0, 3), (3, 4)), ((2, 0), (0, 4)), ((2, 3), (3, 0)), ((2, 0), (1, 4))])
def test_einsum_over_nothing_is_zeros(shapes):
    xs = [leaf(*shape) for shape in shapes]
    y = ag.einsum("ij,jk->ik", *xs)
    np.testing.assert_array_equal(y, np.einsum("ij,jk->ik", *[x.numpy() for x in xs]), strict=True)
    for g, x in zip(grad(y, xs, np.ones(y.shape)), xs, strict=True):
        np.testing.assert_array_equal(g, np.zeros(x.shape))


def test_one_rule_gives_the_gradients_of_all_operands_that_are_asked_for(monkeypatch):
    op, calls = PRIMITIVES["einsum"], []
    rule = op.joint

    def carried(g, others, wanted, **params):
        calls.append(wanted)
        return rule.function(g, others, wanted, **params)

    monkeypatch.setattr(op, "joint", type(rule)(carried, rule.names, rule.params, rule.others))
    a, b, c = leaf(2, 3), leaf(3, 4), leaf(4, 2)
    y = ag.sum(ag.einsum("ij,jk,kl->il", a, b, c))
    grad(y, [a, b, c], retain_graph=True)
    grad(y, [b], retain_graph=True)
    assert calls == [(True, True, True), (False, True, False)]
    ag.einsum("ij,jk->", a, b.detach()).backward()
    assert calls[2:] == [(True, False)]


def test_of_two_operands_only_what_the_others_gradient_needs_is_saved():
    a, b = leaf(2, 3), leaf(3, 4)
    saved = lambda *xs: [x is not None for x in ag.einsum("ij,jk", *xs).node.saved["operands"]]
    assert saved(a, b) == [True, True]
    assert saved(a, b.detach()) == [False, True]
    assert saved(a.numpy(), b) == [True, False]


def test_multiply_adds_are_those_of_the_pairs_that_are_multiplied():
    counted = {
        ("ij,jk->ik", (2, 3), (3, 4)): 24,
        ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)): 120,
        ("ij,ij->", (2, 3), (2, 3)): 6,
        ("i,j->ij", (2,), (3,)): 6,
        ("ij,jk,kl->il", (2, 30), (30, 4), (4, 5)): 240 + 40,  # not the other way round, which takes 600 + 300
        ("ijj,jk->k", (2, 3, 3), (3, 4)): 12,  # the diagonal is taken and added up before
        ("ij->j", (2, 3)): 0,
    }
    with ag.profile() as found:
        for subscripts, *shapes in counted:
            ag.einsum(subscripts, *[leaf(*shape) for shape in shapes])
    told = [row.multiply_adds for row in found.rows if row.operation == "einsum"]
    assert told == [count for count in counted.values() if count]


def test_a_large_product_by_letters_is_the_matrix_product():
    a, b = leaf(300, 200, dtype=np.float32), leaf(200, 250, dtype=np.float32)
    np.testing.assert_allclose(ag.einsum("ij,jk->ki", a, b), (a.numpy() @ b.numpy()).T, rtol=1e-4, atol=1e-4)
    many, more = leaf(3, 4, 40, 30), leaf(3, 4, 50, 30)
    np.testing.assert_allclose(
        ag.einsum("bhqd,bhkd->bhqk", many, more), many.numpy() @ more.numpy().mT, rtol=1e-12, atol=1e-12
    )


# ── qr ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_factor_may_be_used_alone():
    x = leaf(4, 3)
    assert gradcheck(lambda x: ag.qr(x).Q, x)
    assert gradcheck(lambda x: ag.qr(x).R, x)
    assert gradgradcheck(lambda x: ag.sum(ag.square(ag.qr(x).R)), x)


def test_the_factors_multiplied_have_the_gradient_of_the_matrix_itself():
    x, g = leaf(2, 4, 3), RNG(1).standard_normal((2, 4, 3))
    q, r = ag.qr(x)
    np.testing.assert_allclose(grad(q @ r, x, g), g, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_qr_in_narrow_dtypes_is_narrow(dtype):
    x = leaf(4, 2, dtype=dtype)
    q, r = ag.qr(x)
    assert q.dtype == r.dtype == dtype
    assert grad(ag.sum(r), x).dtype == dtype
    np.testing.assert_allclose(q @ r, x.numpy(), atol=4 * np.finfo(dtype).eps * 4)


def test_a_matrix_that_is_not_of_full_rank_is_factored_but_not_differentiated():
    columns = RNG(0).standard_normal((2, 4, 3))
    columns[1, :, 2] = columns[1, :, 0] - 2 * columns[1, :, 1]
    x = Tensor(columns, requires_grad=True)
    q, r = ag.qr(x)
    np.testing.assert_allclose(q @ r, columns, atol=1e-14)
    with pytest.raises(ValueError, match=r"qr: R\[1, 2, 2\] is .*not of full rank"):
        ag.sum(r).backward()


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_a_matrix_with_what_is_not_finite_is_not_called_one_of_lower_rank(odd):
    x = leaf(3, 2)
    x.data[1, 0] = odd
    with np.errstate(all="ignore"):
        _, r = ag.qr(x)
        assert not np.isfinite(r.numpy()).all()
        assert not np.isfinite(grad(ag.sum(r), x).numpy()).all()


# ── images ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unpool_of_the_size_that_tiles_make():
    (x,) = drawn((2, 3, 6, 4))
    values, indices = ag.max_pool2d(x, kernel_size=2, return_indices=True)
    there = torch.tensor(indices)
    assert_same(
        lambda y: ag.max_unpool2d(y, Tensor(indices), kernel_size=2), lambda y: F.max_unpool2d(y, there, 2), values
    )


@pytest.mark.parametrize("shape", [(4, 3, 5, 2), (6, 3), (4, 3, 7)], ids=str)
def test_batch_normalisation_by_the_batch(shape):
    axes = tuple(i for i in range(len(shape)) if i != 1)
    assert_same(
        lambda x, w, b: ag.batch_norm(x, x.mean(axes), x.var(axes), w, b, eps=1e-3),
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-3),
        *drawn(shape, (3,), (3,)),
    )


def test_an_unpool_of_a_bare_array_by_indices_in_a_tensor_is_a_bare_array():
    (x,) = drawn((1, 1, 4, 4))
    values, indices = ag.max_pool2d(x, kernel_size=2, return_indices=True)
    found = ag.max_unpool2d(values, Tensor(indices), kernel_size=2)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, np.where(np.isin(x, values), x, 0))


def test_batch_normalisation_gives_the_statistics_of_the_batch():
    (x,) = drawn((4, 3, 2, 2))
    y, mean, var = ag.batch_norm(Tensor(x), return_statistics=True)
    np.testing.assert_array_equal(y, ag.batch_norm(x))
    np.testing.assert_allclose(mean, x.mean((0, 2, 3)), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(var, x.var((0, 2, 3)), rtol=1e-12)


def test_a_small_net_carries_every_gradient_back():
    shapes = ((2, 3, 8, 8), (4, 3, 3, 3), (4,), (5, 4, 3, 3), (6, 5 * 2 * 2), (6,))

    def ours(x, w1, b1, w2, w3, b3):
        h = ag.max_pool2d(ag.relu(ag.conv2d(x, w1, b1, padding=1)), kernel_size=2)
        h = ag.avg_pool2d(ag.tanh(ag.conv2d(h, w2, padding=1)), kernel_size=2)
        return ag.log_softmax(ag.linear(ag.flatten(h, 1), w3, b3))

    def theirs(x, w1, b1, w2, w3, b3):
        h = F.max_pool2d(torch.relu(F.conv2d(x, w1, b1, padding=1)), 2)
        h = F.avg_pool2d(torch.tanh(F.conv2d(h, w2, padding=1)), 2)
        return torch.log_softmax(F.linear(h.flatten(1), w3, b3), -1)

    assert_same(ours, theirs, *drawn(*shapes))


# ── kinks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("of", [ag.maximum, ag.minimum])
def test_a_tie_with_itself_or_a_number_halves_the_gradient_too(of):
    x = Tensor([1.0], requires_grad=True)
    assert grad(of(x, 1.0), x, np.ones(1)).item() == 0.5
    assert grad(of(x, x), x, np.ones(1)).item() == 1


def test_a_power_of_zero_has_its_mixed_second_derivative():
    x, y = ag.Tensor([1.5, 0.5, 2.0], requires_grad=True), ag.Tensor([0.0, 0.0, 3.0], requires_grad=True)
    by_x = ag.grad((x**y).sum(), x, create_graph=True)
    np.testing.assert_allclose(ag.grad(by_x.sum(), y), [1 / 1.5, 2.0, 4 + 12 * np.log(2)])  # PyTorch gives 0 where y is
    assert ag.gradgradcheck(ag.power, (x, y))


@pytest.mark.parametrize("kink", [ag.relu, ag.abs, lambda x: ag.clip(x, 0, 1), ag.leaky_relu])
def test_second_derivatives_at_a_kink_are_zero(kink):
    x = Tensor([0.0, 1.0, -1.0], requires_grad=True)
    slope = grad(ag.sum(kink(x) * x), x, create_graph=True)
    first = grad(ag.sum(kink(x)), x)
    # (f(x)·x)'' = f''·x + 2f': twice the slope chosen from the table, and nothing for the kink itself
    np.testing.assert_array_equal(grad(ag.sum(slope), x), 2 * first.numpy())


# ── signatures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_signatures_have_numpys_names_and_defaults():
    for name, theirs in [("cumsum", np.cumsum), ("diff", np.diff), ("roll", np.roll), ("sort", np.sort),
                         ("split", np.split), ("tile", np.tile)]:  # fmt: skip
        ours, right = inspect.signature(getattr(ag, name)).parameters, inspect.signature(theirs).parameters
        common = [p for p in list(right)[1:] if p in ours]
        assert [p for p in list(ours)[1:] if p in right] == common
        same = {p for p in common if ours[p].default is right[p].default or ours[p].default == right[p].default}
        assert {*common} - same <= {"prepend", "append"}  # whose default NumPy has its own word for
    assert all(not is_float(row.arrays()[1]) for row in TABLE if row.name == "take_along_axis")
