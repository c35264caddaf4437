"""One parametrised look at every row of the table: derivatives, PyTorch, dtypes, memory, and whose arrays are whose."""

import builtins

import numpy as np
import pytest
import torch
from table import TABLE, is_float

from autograd_mini import (
    PRIMITIVES,
    Tensor,
    argmax,
    astype,
    grad,
    gradcheck,
    gradgradcheck,
    max_pool2d,
    relu,
    sign,
    sum,
    where,
)

OURS = {name: op for name, op in PRIMITIVES.items() if op.__module__.startswith("autograd_mini.")}

every_row = pytest.mark.parametrize("row", TABLE, ids=str)
every_smooth_row = pytest.mark.parametrize("row", [row for row in TABLE if not row.flat], ids=str)
every_flat_row = pytest.mark.parametrize("row", [row for row in TABLE if row.flat], ids=str)
every_torch_row = pytest.mark.parametrize("row", [row for row in TABLE if row.torch], ids=str)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])


def tensors(arrays):
    """The float arrays as leaves, the constants as they are."""
    return [Tensor(a, requires_grad=True) if is_float(a) else a for a in arrays]


def leaves(inputs):
    return [x for x in inputs if isinstance(x, Tensor)]


def cotangent(shape, dtype=np.float64):
    """Random, never all ones: ones are blind to whatever sums to zero."""
    return np.asarray(np.random.default_rng(7).standard_normal(shape)).astype(dtype)


def channels_last(array):
    if np.ndim(array) != 4:
        return array
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def is_channels_last(array):
    return array.transpose(0, 2, 3, 1).flags.c_contiguous


def as_float(array):
    return array.astype(np.float64) if is_float(array) else array


# ── the table is complete ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", OURS)
def test_every_primitive_has_a_row(name):
    assert name in {row.name for row in TABLE}


@pytest.mark.parametrize("name", OURS)
def test_every_rule_is_reached_by_a_row(name):
    op = OURS[name]
    reached = {
        op.args[0] if op.variadic else op.args[i]
        for row in TABLE
        if row.name == name
        for i, array in enumerate(row.arrays())
        if is_float(array)
    }
    assert reached >= {arg for arg, rule in op.rules.items() if rule is not None}


@pytest.mark.parametrize("name", OURS)
def test_every_row_gives_every_parameter(name):
    assert all(set(row.params) == {*OURS[name].params} for row in TABLE if row.name == name)


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────────────


@every_smooth_row
def test_the_gradient_agrees_with_two_sided_differences(row):
    inputs = tensors(row.arrays())
    report = gradcheck(row, inputs)
    assert report.entries == row(*inputs).size * builtins.sum(x.size for x in leaves(inputs))


@every_smooth_row
def test_the_second_derivative_agrees_with_two_sided_differences(row):
    assert gradgradcheck(row, tensors(row.arrays()))  # by the inputs, and by what comes back


@every_torch_row
def test_values_and_gradients_equal_those_of_torch(row):
    inputs = tensors(row.arrays())
    theirs = [
        torch.tensor(a, requires_grad=True) if is_float(a) else torch.tensor(a) if isinstance(a, np.ndarray) else a
        for a in row.arrays()
    ]
    ours, expected = row(*inputs), row.torch(*theirs, **row.params)
    assert ours.shape == tuple(expected.shape)
    np.testing.assert_allclose(ours, expected.detach(), rtol=1e-9, atol=1e-12)
    if row.flat:
        return
    g = cotangent(ours.shape)
    wanted = [t for t in theirs if isinstance(t, torch.Tensor) and t.requires_grad]
    expected = torch.autograd.grad(expected, wanted, torch.tensor(g))
    for have, want in zip(grad(ours, leaves(inputs), g), expected, strict=True):
        assert have.shape == tuple(want.shape)
        np.testing.assert_allclose(have, want, rtol=1e-9, atol=1e-12)


@every_flat_row
def test_no_gradient_flows_through_what_is_flat(row):
    inputs = tensors(row.arrays())
    assert leaves(inputs)
    assert not row(*inputs).requires_grad


# ── dtypes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every_smooth_row
def test_the_dtype_of_the_inputs_is_that_of_values_and_gradients(row, dtype):
    inputs = tensors(row.arrays(dtype))
    out = row(*inputs)
    assert out.dtype == row.params.get("dtype", dtype)
    for g in grad(out, leaves(inputs), cotangent(out.shape), retain_graph=True):
        assert g.dtype == dtype
    recorded = grad(out, leaves(inputs), cotangent(out.shape, out.dtype), create_graph=True)
    assert [g.dtype for g in recorded] == [dtype] * len(recorded)


@every_dtype
@every_smooth_row
def test_python_scalars_around_it_change_no_dtype(row, dtype):
    inputs = tensors(row.arrays(dtype))
    out = 0.5 - 2 * row(*(1.0 * x + 0 if isinstance(x, Tensor) else x for x in inputs)) / 3
    assert out.dtype == row.params.get("dtype", dtype)
    for g in grad(out, leaves(inputs), cotangent(out.shape)):
        assert g.dtype == dtype


@every_smooth_row
def test_float32_and_float64_agree_to_the_precision_of_float32(row):
    # the same numbers in both: rounded to float32 first. An entry is a sum of at most `terms` products, each rounded
    # to one part in 2**24, but of magnitudes up to `scale`: cancellation makes the error relative to that, not to the
    # entry. The factor 16 covers the few roundings that a transcendental function adds.
    single = row.arrays(np.float32)
    narrow, wide = tensors(single), tensors([as_float(a) for a in single])
    ours, expected = row(*narrow), row(*wide)
    g = cotangent(ours.shape, np.float32)
    pairs = [(ours, expected)]
    pairs += zip(grad(ours, leaves(narrow), g), grad(expected, leaves(wide), as_float(g)), strict=True)
    terms = max(1, *(x.size for x in leaves(narrow)), ours.size)
    for have, want in pairs:
        scale = np.abs(want.numpy()).max(initial=1)
        np.testing.assert_allclose(have, want, rtol=0, atol=16 * terms * 2.0**-24 * scale)


# ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("row", [row for row in TABLE if any(np.ndim(a) == 4 for a in row.arrays())], ids=str)
def test_channels_last_memory_gives_the_same_numbers(row):
    arrays = row.arrays()
    plain, last = tensors(arrays), tensors([channels_last(a) for a in arrays])
    assert any(is_channels_last(x.numpy()) for x in last if isinstance(x, Tensor) and x.ndim == 4)
    # the order of the sums may differ: a few roundings of numbers of order one
    expected, have = row(*plain), row(*last)
    np.testing.assert_allclose(have, expected, rtol=1e-12, atol=1e-12)
    if row.flat:
        return
    g = cotangent(expected.shape)
    there = grad(have, leaves(last), channels_last(g))
    for have, want in zip(there, grad(expected, leaves(plain), g), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", [row for row in TABLE if row.maps], ids=str)
def test_channels_last_maps_stay_channels_last(row):
    inputs = tensors([channels_last(a) for a in row.arrays()])
    out = row(*inputs)
    assert is_channels_last(out.numpy())
    if row.flat:
        return
    carried = grad(out, leaves(inputs)[0], channels_last(cotangent(out.shape)))
    assert is_channels_last(carried.numpy())


@every_row
def test_bare_arrays_give_bare_arrays(row):
    arrays = row.arrays()
    bare, clothed = row(*arrays), row(*tensors(arrays))
    assert isinstance(bare, np.ndarray | np.generic)
    assert isinstance(clothed, Tensor)
    assert bare.dtype == clothed.dtype
    np.testing.assert_array_equal(bare, clothed.numpy(), strict=np.ndim(bare) > 0)


@every_row
def test_by_products_are_bare_arrays(row):
    result = PRIMITIVES[row.name].bind(*tensors(row.arrays()), **row.params)
    results = result if isinstance(result, tuple) else (result,)
    products = [a for a in results if not isinstance(a, Tensor)]
    assert len(products) == len(results) - row.count
    assert all(isinstance(a, np.ndarray) and a.dtype.kind in "iub" for a in products)


@every_row
def test_a_constant_tensor_leaves_no_node_behind(row):
    constants = [Tensor(a) if is_float(a) else a for a in row.arrays()]
    assert row(*constants).node is None


@every_smooth_row
def test_nobody_writes_into_arrays_that_are_not_theirs(row):
    arrays = row.arrays()
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arrays]
    inputs = tensors(arrays)
    out = row(*inputs)
    g = cotangent(out.shape)
    seed, result = g.copy(), out.numpy().copy()
    # now even an attempt to write fails, wherever the array is read-only already or made so here
    for array in (*arrays, *(x.numpy() for x in leaves(inputs)), out.numpy(), g):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    row(*arrays)
    row(*(Tensor(a) if is_float(a) else a for a in arrays))
    grad(out, leaves(inputs), g)
    np.testing.assert_array_equal(g, seed)
    np.testing.assert_array_equal(out, result)
    for array, x, kept in zip(arrays, inputs, before, strict=True):
        np.testing.assert_array_equal(array, kept)
        np.testing.assert_array_equal(x, kept)


@every_smooth_row
@pytest.mark.parametrize("path", ["at once", "through another step"])
def test_returned_gradients_belong_to_the_caller(row, path):
    inputs = tensors(row.arrays())
    out = row(*inputs) if path == "at once" else 2.0 * row(*inputs)
    g = cotangent(out.shape)
    gradients = [t.numpy() for t in grad(out, leaves(inputs), g)]
    others = [g, out.numpy(), *(x.numpy() for x in leaves(inputs))]
    for i, array in enumerate(gradients):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in (*others, *gradients[:i]))
        counted = np.arange(array.size, dtype=array.dtype).reshape(array.shape)
        array[...] = counted  # a broadcast array would keep the last number everywhere
        np.testing.assert_array_equal(array, counted)


@every_smooth_row
@pytest.mark.parametrize("path", ["at once", "through another step"])
def test_arguments_used_twice_receive_both_gradients(row, path):
    def outputs(inputs):
        return [row(*inputs), row(*inputs)] if path == "at once" else [2.0 * row(*inputs), row(*inputs) * 3.0]

    inputs = tensors(row.arrays())
    first, second = outputs(inputs)
    g, h = (np.random.default_rng(seed).standard_normal(first.shape) for seed in (1, 2))
    ones = grad(first, leaves(inputs), g, retain_graph=True)
    others = grad(second, leaves(inputs), h, retain_graph=True)
    together = grad([first, second], leaves(inputs), [g, h])
    for have, one, other in zip(together, ones, others, strict=True):
        # one addition, rounded once, in either order
        np.testing.assert_array_equal(have, one.numpy() + other.numpy())


# ── what carries no gradient ──────────────────────────────────────────────────────────────────────────────────────────


def test_comparisons_carry_no_gradient():
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([2.0, 2.0], requires_grad=True)
    for result in (x < y, x <= y, x > y, x >= y, x == y, x != y, x < 1.5, x > 1.5):
        assert not result.requires_grad
        assert result.dtype == bool


def test_sign_and_argmax_carry_no_gradient():
    x = Tensor([[1.0, -2.0], [0.0, 3.0]], requires_grad=True)
    assert not sign(x).requires_grad
    assert not argmax(x).requires_grad
    assert not x.argmax(axis=1).requires_grad
    assert argmax(x).dtype.kind == "i"


def test_the_gradient_goes_around_a_sign():
    x = Tensor([1.5, -2.5], requires_grad=True)
    np.testing.assert_array_equal(grad(sum(x * sign(x)), x), [1, -1])


def test_integers_carry_no_gradient():
    x = Tensor([1.5, -2.5], requires_grad=True)
    whole = astype(x, np.int64)
    assert not whole.requires_grad
    np.testing.assert_array_equal(whole, [1, -2])
    with pytest.raises(TypeError, match="floating"):
        Tensor([1, 2], requires_grad=True)
    np.testing.assert_array_equal(grad(sum(x * Tensor([3, 4])), x), [3, 4])


def test_the_indices_of_a_pooling_carry_no_gradient():
    x = Tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, return_indices=True)
    assert values.requires_grad
    assert not indices.requires_grad
    assert indices.dtype.kind == "i"


def test_a_condition_carries_no_gradient():
    x = Tensor([1.0, -1.0, 0.0], requires_grad=True)
    out = where(x, 2.0, 3.0)
    assert not out.requires_grad
    np.testing.assert_array_equal(out, [2, 2, 3])


def test_a_value_stays_in_the_class_it_was_given():
    class Named(Tensor):
        __slots__ = ()

    assert type(relu(Named([1.0]))) is Named


def test_a_row_is_drawn_the_same_every_time():
    for row in TABLE:
        for one, two in zip(row.arrays(), row.arrays(), strict=True):
            np.testing.assert_array_equal(one, two)
