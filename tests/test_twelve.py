"""Sums, order, parts and products by letters beyond the table: as users call them, beside NumPy and PyTorch."""

import inspect

import numpy as np
import pytest
import torch
from table import TABLE, is_float

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, grad, gradcheck, gradgradcheck, no_grad
from autograd_mini.ops.kinds import KINDS

RNG = np.random.default_rng


def leaf(*shape, dtype=np.float64, seed=0):
    return Tensor(RNG(seed).standard_normal(shape).astype(dtype), requires_grad=True)


AT = np.array([[2, 0, 2, 1], [1, 1, 0, -1]])

# as the package's function, as NumPy's, and as a method where there is one; of a matrix (2, 3)
CALLS = {
    "log1p": lambda f, x: f.log1p(x * x),
    "expm1": lambda f, x: f.expm1(x),
    "square": lambda f, x: f.square(x),
    "cumsum": lambda f, x: f.cumsum(x),
    "cumsum, last axis": lambda f, x: f.cumsum(x, axis=-1),
    "diff": lambda f, x: f.diff(x),
    "diff, twice": lambda f, x: f.diff(x, 2, axis=1),
    "diff, no time": lambda f, x: f.diff(x, 0, prepend=x),
    "diff, longer than there is": lambda f, x: f.diff(x, 5),
    "diff, joined": lambda f, x: f.diff(x, axis=0, prepend=x, append=0.5),
    "diff, twice and joined": lambda f, x: f.diff(x, n=2, prepend=1, append=x * 2),
    "roll": lambda f, x: f.roll(x, 2),
    "roll, several in one line": lambda f, x: f.roll(x, (1, 3)),
    "roll, along an axis": lambda f, x: f.roll(x, -1, axis=1),
    "roll, along axes": lambda f, x: f.roll(x, (1, 2), (0, -1)),
    "roll, the same along axes": lambda f, x: f.roll(x, 1, axis=(1, 0)),
    "roll, along an axis twice": lambda f, x: f.roll(x, (1, 1), (1, 1)),
    "tile": lambda f, x: f.tile(x, 2),
    "tile, along both": lambda f, x: f.tile(x, (2, 3)),
    "tile, along a new axis": lambda f, x: f.tile(x, (2, 1, 2)),
    "tile, no time": lambda f, x: f.tile(x, (0, 2)),
    "tile, once": lambda f, x: f.tile(x, ()),
    "sort": lambda f, x: f.sort(x),
    "sort, first axis": lambda f, x: f.sort(x, axis=0),
    "sort, in one line": lambda f, x: f.sort(x, axis=None),
    "take_along_axis": lambda f, x: f.take_along_axis(x, AT, axis=1),
    "take_along_axis, in one line": lambda f, x: f.take_along_axis(x, np.array([5, 0, 5]), axis=None),
    "split": lambda f, x: f.split(x, 3, axis=1)[1],
    "split, before places": lambda f, x: f.split(x, [1, -1], 1)[0],
    "split, beyond the end": lambda f, x: f.split(x, np.array([1, 7]))[1],
    "split, in one part": lambda f, x: f.split(x, [])[0],
    "einsum": lambda f, x: f.einsum("ij,kj->ik", x, x),
}
METHODS = ("log1p", "expm1", "square", "cumsum", "diff", "roll", "tile", "sort", "split")


class Methods:
    """`f.sort(x, axis=0)` as x.sort(axis=0)."""

    def __getattr__(self, name):
        return lambda x, *args, **params: getattr(x, name)(*args, **params)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_values_are_numpys_whichever_way_it_is_called(call):
    x = leaf(2, 3)
    right = call(np, x.numpy())
    for found in (call(ag, x), call(np, x)):
        assert isinstance(found, Tensor)
        assert found.requires_grad
        assert found.dtype == right.dtype
        np.testing.assert_allclose(found, right, rtol=1e-13, atol=1e-15)
    bare = call(ag, x.numpy())
    assert isinstance(bare, np.ndarray)
    np.testing.assert_allclose(bare, right, rtol=1e-13, atol=1e-15)
    with no_grad():
        assert not call(ag, x).requires_grad


@pytest.mark.parametrize("name", [name for name in CALLS if name.split(",")[0] in METHODS])
def test_methods_are_the_functions(name):
    x = leaf(2, 3)
    np.testing.assert_array_equal(CALLS[name](Methods(), x), CALLS[name](ag, x))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_gradients_of_both_orders_agree_with_differences_as_called(call):
    x = leaf(2, 3)
    y = call(ag, x)
    if y.size:
        assert gradcheck(lambda x: call(ag, x), x)
        assert gradgradcheck(lambda x: call(ag, x), x)
    else:
        np.testing.assert_array_equal(grad(y, x, np.empty(y.shape)), np.zeros((2, 3)))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_narrow_in_is_narrow_out_and_back(call, dtype):
    x = leaf(2, 3, dtype=dtype)
    y = call(ag, x)
    assert y.dtype == dtype
    assert grad(y, x, np.ones(y.shape, dtype)).dtype == dtype


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_of_integers_it_is_a_constant(call):
    whole = Tensor(np.array([[3, 1, 2], [1, 5, 1]]))
    found, right = call(ag, whole), call(np, whole.numpy())
    assert isinstance(found, Tensor)
    assert not found.requires_grad
    assert found.dtype == right.dtype
    np.testing.assert_allclose(found, right, rtol=1e-13)


def test_of_nothing_and_of_one_number():
    nothing, one = leaf(0, 3), leaf()
    for call in (
        lambda f, x: f.cumsum(x, 0),
        lambda f, x: f.cumsum(x),
        lambda f, x: f.diff(x, axis=0),
        lambda f, x: f.roll(x, 1, 0),
        lambda f, x: f.roll(x, 2),
        lambda f, x: f.tile(x, (2, 2)),
        lambda f, x: f.sort(x, 0),
        lambda f, x: f.take_along_axis(x, np.empty((0, 3), int), 0),
        lambda f, x: f.split(x, 2)[1],
        lambda f, x: f.einsum("ij,ik->jk", x, x),
        lambda f, x: f.linalg.qr(x)[1] if f is np else ag.qr(x)[1],
    ):
        np.testing.assert_array_equal(call(ag, nothing), call(np, nothing.numpy()), strict=True)
        assert grad(ag.sum(call(ag, nothing)), nothing).shape == (0, 3)
    for call in (
        lambda f, x: f.log1p(x * x),
        lambda f, x: f.cumsum(x),
        lambda f, x: f.sort(x, None),
        lambda f, x: f.tile(x, (2, 2)),
        lambda f, x: f.roll(x, 3),
        lambda f, x: f.einsum(",->", x, x),
        lambda f, x: f.take_along_axis(x, np.array([0, 0]), None),
    ):
        np.testing.assert_allclose(call(ag, one), call(np, one.numpy()))
        assert gradcheck(lambda x, call=call: call(ag, x), one)


# ── single operations ─────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── forward mode, by kind ─────────────────────────────────────────────────────────────────────────────────────────────

NAMES = ("log1p", "expm1", "square", "cumsum", "diff", "roll", "take_along_axis", "add_along_axis", "split")


@pytest.mark.parametrize("row", [row for row in TABLE if row.name in NAMES], ids=str)
def test_the_tangent_that_follows_from_the_kind_agrees_with_differences(row):
    op, arrays = PRIMITIVES[row.name], row.arrays()
    assert KINDS[row.name] in ("elementwise", "linear")
    tangent, h = RNG(1).standard_normal(arrays[0].shape), 1e-6
    results = lambda x: op.bind(x, *arrays[1:], **row.params)
    found = op.jvp([tangent, *[None] * (len(arrays) - 1)], arrays, row.params, results(arrays[0]))
    there, back = results(arrays[0] + h * tangent), results(arrays[0] - h * tangent)
    several = isinstance(found, tuple)
    for one, a, b in zip(*((found, there, back) if several else ([found], [there], [back])), strict=True):
        np.testing.assert_allclose(one, (a - b) / (2 * h), rtol=1e-7, atol=1e-8)


# ── einsum ────────────────────────────────────────────────────────────────────────────────────────────────────────────

SPELLED = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    (" i j , j k -> k i ", (2, 3), (3, 4)),
    ("ba", (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iji->ij", (2, 3, 2)),
    ("iii->i", (2, 2, 2)),
    ("ijij->", (2, 3, 2, 3)),
    ("i,i", (3,), (3,)),
    ("i,j->ji", (2,), (3,)),
    ("ij,ij->ji", (2, 3), (2, 3)),
    ("ij,ij->i", (2, 3), (2, 3)),
    ("ij,k->i", (2, 3), (4,)),
    ("ii,jj->ij", (2, 2), (3, 3)),
    ("aab,bc->ac", (3, 3, 2), (2, 2)),
    ("bij,bjk->bik", (2, 3, 2), (2, 2, 4)),
    ("bij,jk->bik", (2, 3, 2), (2, 4)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 2), (2, 2, 4, 2)),
    ("...ij,...jk->...ik", (2, 3, 2), (2, 4)),
    ("...ij,...jk", (3, 1, 2, 2), (2, 2, 2)),
    ("i...->...", (2, 3)),
    ("...,...", (2, 3), (3,)),
    ("ij,jk", (2, 3), (1, 2)),
    ("ij,ij->j", (1, 3), (2, 3)),
    ("i,i->", (1,), (3,)),
    ("ii,i->i", (3, 3), (1,)),
    (",ij->ij", (), (2, 3)),
    (",->", (), ()),
    ("", ()),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("i,j,k->kij", (2,), (3,), (2,)),
    ("ij,jk,ki", (2, 3), (3, 2), (2, 2)),
    ("ni,ij,nj->n", (2, 3), (3, 3), (2, 3)),
    ("abc,cd,de,eb->a", (2, 3, 2), (2, 2), (2, 2), (2, 3)),
    ("Ab,bA->A", (2, 3), (3, 2)),
]


@pytest.mark.parametrize(("subscripts", "shapes"), [(text, shapes) for text, *shapes in SPELLED], ids=str)
def test_einsum_is_that_of_numpy_and_torch_with_gradients_of_both_orders(subscripts, shapes):
    xs = [leaf(*shape, seed=i) for i, shape in enumerate(shapes)]
    y, right = ag.einsum(subscripts, *xs), np.einsum(subscripts, *[x.numpy() for x in xs])
    np.testing.assert_allclose(y, right, rtol=1e-12, atol=1e-14)
    assert y.shape == right.shape
    np.testing.assert_array_equal(np.einsum(subscripts, *xs, optimize=True), y)
    theirs = [torch.tensor(x.numpy(), requires_grad=True) for x in xs]
    g = RNG(9).standard_normal(y.shape)
    if subscripts:  # torch knows no empty ones
        expected = torch.autograd.grad(torch.einsum(subscripts.replace(" ", ""), *theirs), theirs, torch.tensor(g))
        for have, want in zip(grad(y, xs, g, retain_graph=True), expected, strict=True):
            np.testing.assert_allclose(have, want, rtol=1e-10, atol=1e-12)
    assert gradcheck(lambda *xs: ag.einsum(subscripts, *xs), xs)
    assert gradgradcheck(lambda *xs: ag.einsum(subscripts, *xs), xs)


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


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 1), (2, 4), (1, 3), (2, 4, 2), (2, 2, 3), (2, 1, 3, 2)])
def test_qr_has_numpys_signs_and_gradients_of_both_orders_tall_or_wide(shape):
    x = leaf(*shape)
    right = np.linalg.qr(x.numpy())
    for found in (ag.qr(x), np.linalg.qr(x)):
        np.testing.assert_allclose(found.Q, right.Q, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found.R, right.R, rtol=1e-12, atol=1e-14)
    q, r = ag.qr(x)
    theirs = torch.tensor(x.numpy(), requires_grad=True)
    g = [RNG(5).standard_normal(part.shape) for part in right]
    (expected,) = torch.autograd.grad(torch.linalg.qr(theirs), theirs, [torch.tensor(part) for part in g])
    np.testing.assert_allclose(grad([q, r], x, g), expected, rtol=1e-9, atol=1e-9)
    assert gradcheck(ag.qr, x)
    assert gradgradcheck(ag.qr, x)


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


def test_signatures_have_numpys_names_and_defaults():
    for name, theirs in [("cumsum", np.cumsum), ("diff", np.diff), ("roll", np.roll), ("sort", np.sort),
                         ("split", np.split), ("tile", np.tile)]:  # fmt: skip
        ours, right = inspect.signature(getattr(ag, name)).parameters, inspect.signature(theirs).parameters
        assert list(ours)[1:] == [p for p in list(right)[1:] if p in ours]
        same = {p for p in list(ours)[1:] if ours[p].default is right[p].default or ours[p].default == right[p].default}
        assert {*list(ours)[1:]} - same <= {"prepend", "append"}  # whose default NumPy has its own word for
    assert all(not is_float(row.arrays()[1]) for row in TABLE if row.name == "take_along_axis")
