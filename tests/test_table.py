"""Properties of every row of the table: values, derivatives, peers, dtypes, memory, and whose arrays are whose."""

import builtins
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from internals import Observer, ancestors, observed_by
from rows import KINKS, TABLE, is_float, narrowed

import autograd_mini as ag
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
)  # fmt: skip
from autograd_mini.ops.kinds import ROWS

ELSEWHERE = {"dropout_mask", "track_moments"}  # they have effects: test_program
ELSEWHERE |= {"positions_of", "switches_of"}  # of integers alone: test_oracles
OURS = {name: op for name, op in PRIMITIVES.items() if op.__module__.startswith("autograd_mini.")}
SMOOTH = [row for row in TABLE if not row.flat]

# rooms whose operations have a table of their own, with oracles of their own: of SciPy, mpmath, NumPy and PyTorch
FAMILIES = {
    "test_complex test_constants": "complex",
    "test_special": "from_scipy special gamma bessel incomplete",
    "test_stats": "stats",
    "numpy_cases test_numpy_edges test_constants test_array_api": """
        trigonometry exponential rounding comparison running axes join cofunctions order choose update statistics border
        products sampled creation counting search reduce sort arithmetic shape scan elementwise
    """,
    "test_linalg": "linalg inverses decompositions spectra norms matrices",
    "test_fft": "fft fft_axes",
    "test_activations": "activation dropout softmax",
    "test_conv_nd": "conv conv_nd",
    "test_pools": "pool_nd adaptive pool windows",
    "test_resampling": "resample patches interpolate grid",
    "test_attention": "attention",
    "test_recurrent": "recurrent",
    "test_normalise": "normalise",
    "test_embedding": "embedding",
    "test_losses test_ctc": "regression similarity ctc focal loss",
}
TRIED_IN = {room: file for file, rooms in FAMILIES.items() for room in rooms.split()}


def family(operation):
    """The text of the tests of the operation's family; nothing where operations have rows."""
    room = operation.__module__.removeprefix("autograd_mini.").removeprefix("ops.").partition(".")[0]
    files = TRIED_IN.get(room, "").split()
    return "".join((Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8") for file in files)


def every(rows):
    return pytest.mark.parametrize("row", rows, ids=str)


every_row, every_smooth_row = every(TABLE), every(SMOOTH)
every_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64], ids=["half", "single", "double"])


def tensors(arrays):
    """The floating arrays as leaves, the constants as they are."""
    return [Tensor(a, requires_grad=True) if is_float(a) else a for a in arrays]


def leaves(inputs):
    return [x for x in inputs if isinstance(x, Tensor)]


def cotangent(shape, dtype=np.float64, seed=7):
    """Random, never all ones: ones are blind to whatever sums to zero."""
    return np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


def gradients(row, arrays, g=None, **options):
    """The result and the gradients of all leaves."""
    inputs = tensors(arrays)
    out = row(*inputs)
    g = cotangent(out.shape, out.dtype) if g is None else g
    return out, grad(out, leaves(inputs), g, **options)


# ── the table is complete ─────────────────────────────────────────────────────────────────────────────────────────────


class Calls(Observer):
    """Every call of a primitive: (operation, arrays, parameters, result, further results)."""

    def __init__(self):
        self.made = []

    def computed(self, op, arrays, params, out, others):
        self.made.append((op, arrays, params, out, others))


@cache
def calls_of(row):
    calls = Calls()
    with observed_by(calls):
        out = row(*tensors(row.arrays()))
    return calls.made, [] if out.node is None else [node for node in ancestors(out.node) if node.op is not None]


@cache
def computed():
    """The primitives that rows compute, and of each the arguments that a gradient goes back to."""
    found = {}
    for row in TABLE:
        made, nodes = calls_of(row)
        for op, *_ in made:
            found.setdefault(op.name, set())
        for node in nodes:
            if node.op.name in OURS:
                for i, parent in enumerate(node.parents):
                    found[node.op.name] |= {node.op.args[0 if node.op.variadic else i]} if parent is not None else set()
    return found


@pytest.mark.parametrize("name", ROWS)
def test_every_operation_has_a_row_or_is_in_the_table_of_its_family(name):
    names = {other for other, row in ROWS.items() if row.function is ROWS[name].function}  # its aliases too
    text = family(ROWS[name].function)
    short = {re.sub(r"\dd$", "", other.rpartition(".")[2]) for other in names}  # of one to three axes by one test
    assert names & {row.name for row in TABLE} or any(re.search(rf"\b{word}(\dd)?(\b|\{{)", text) for word in short)


@pytest.mark.parametrize("name", sorted(OURS.keys() - ELSEWHERE))
def test_every_primitive_and_each_of_its_rules_is_reached_by_a_row(name):
    rules = {arg for arg in OURS[name].args if OURS[name].rules.get(arg, OURS[name].joint) is not None}
    if name in computed() or not family(OURS[name]):
        assert computed()[name] >= rules


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_what_has_no_row_lets_no_gradient_through(name):
    assert {*PRIMITIVES[name].rules.values()} == {None}


def test_a_row_is_drawn_the_same_every_time_and_no_two_rows_are_called_the_same():
    for row in TABLE:
        for one, two in zip(row.arrays(), row.arrays(), strict=True):
            np.testing.assert_array_equal(one, two)
    assert len({*map(str, TABLE)}) == len(TABLE)


# ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@every_row
def test_values_are_the_oracles_and_bare_arrays_give_bare_arrays(row):
    arrays = row.arrays()
    bare, clothed, right = row(*arrays), row(*tensors(arrays)), row.expected(*arrays)
    assert isinstance(bare, np.ndarray | np.generic)
    assert isinstance(clothed, Tensor)
    assert bare.dtype == clothed.dtype == np.asarray(right).dtype
    np.testing.assert_array_equal(bare, clothed.numpy(), strict=np.ndim(bare) > 0)
    np.testing.assert_allclose(bare, right, rtol=1e-10, atol=1e-12, strict=np.ndim(bare) > 0)
    assert len(row.results(*arrays)) == len(row.results(*tensors(arrays)))
    assert row(*(Tensor(a) if is_float(a) else a for a in arrays)).node is None  # a constant leaves nothing behind
    with ag.no_grad():
        assert row(*tensors(arrays)).node is None


def peer(row):
    """NumPy's own function, where the oracle is one."""
    function = getattr(row.oracle, "peer", row.oracle)
    public = isinstance(function, np.ufunc) or (getattr(function, "__module__", "") or "").startswith("numpy")
    return function if public and not row.bound else None


@every([row for row in TABLE if peer(row)])
def test_numpys_function_of_tensors_is_the_operation_and_loses_no_gradient(row):
    inputs = tensors(row.arrays())
    found = peer(row)(*([inputs] if row.listed else inputs), **row.params)
    results = [*found] if isinstance(found, tuple | list) else [found]
    for one, other in zip(results, row.results(*inputs), strict=True):
        assert isinstance(one, Tensor)
        np.testing.assert_array_equal(one, other.numpy(), strict=True)
        assert one.requires_grad == other.requires_grad == (not row.flat)
        if not row.flat:
            g = cotangent(one.shape)
            both = (grad(result, leaves(inputs), g, retain_graph=True) for result in (one, other))
            for a, b in zip(*both, strict=True):
                np.testing.assert_array_equal(a, b.numpy())


@every([row for row in TABLE if peer(row) and row.name != "power"])
def test_of_integers_it_is_what_numpy_gives_and_a_constant(row):
    whole = [np.asarray(np.floor(10 * a)).astype(int) if is_float(a) else a for a in row.arrays()]
    given = [Tensor(a) if isinstance(a, np.ndarray) and a.dtype.kind == "i" else a for a in whole]
    found, right = row(*given), row.expected(*whole)
    assert isinstance(found, Tensor)
    assert not found.requires_grad
    assert found.dtype == right.dtype
    np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)


@every([row for row in TABLE if not row.bound and hasattr(Tensor, row.name)])
def test_the_method_is_the_function(row):
    x, *others = tensors(row.arrays())
    if row.name in ("reshape", "transpose"):  # which take numbers one by one
        whole = row.params.values()
        ways = [getattr(x, row.name)(*whole)]
        ways += [getattr(x, row.name)(*given) for given in whole if isinstance(given, tuple | list) and given]
    else:
        ways = [getattr(x, row.name)(*others, **row.params)]
    for found in ways:
        found = found if isinstance(found, tuple | list) else [found]
        for one, other in zip(found, row.results(x, *others), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.requires_grad == other.requires_grad


def test_every_method_of_an_operation_is_tried():
    tried = {row.name for row in TABLE if not row.bound and hasattr(Tensor, row.name)}
    assert {name for row in ROWS.values() if not family(row.function) for name in row.methods} <= tried


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────────────


@every_smooth_row
def test_gradients_of_both_orders_agree_with_two_sided_differences(row):
    inputs = tensors(row.arrays())
    report = gradcheck(row, inputs)
    assert report.entries == row(*inputs).size * builtins.sum(x.size for x in leaves(inputs))
    mode = "projected" if row.torch else "full"  # PyTorch's of second order are compared entry by entry
    assert gradgradcheck(row, inputs, mode=mode)  # by the inputs, and by what comes back


@every([row for row in TABLE if row.torch])
def test_values_and_gradients_of_both_orders_equal_those_of_torch(row):
    ours = tensors(row.arrays())
    theirs = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in row.arrays()]
    wanted = [t.requires_grad_() for t, a in zip(theirs, ours, strict=True) if isinstance(a, Tensor)]
    have, want = row(*ours), row.torch(*([theirs] if row.listed else theirs), **row.params)
    assert have.shape == tuple(want.shape)
    np.testing.assert_allclose(have, want.detach(), rtol=1e-9, atol=1e-12)
    if row.flat:
        return
    g = cotangent(have.shape)
    first = grad(have, leaves(ours), g, create_graph=True)
    expected = torch.autograd.grad(want, wanted, torch.tensor(g), create_graph=True)
    seeds = [cotangent(one.shape, seed=i) for i, one in enumerate(first)]
    for one, right in zip(first, expected, strict=True):
        assert one.shape == tuple(right.shape)
        np.testing.assert_allclose(one, right.detach(), rtol=1e-9, atol=1e-12)
    once = [(one, right, seed) for one, right, seed in zip(first, expected, seeds, strict=True) if one.requires_grad]
    if once and all(right.requires_grad for _, right, _ in once):
        ones, rights, seeds = zip(*once, strict=True)
        second = grad([*ones], leaves(ours), [*seeds], allow_unused=True)
        expected = torch.autograd.grad(rights, wanted, [*map(torch.tensor, seeds)], allow_unused=True)
        for one, right in zip(second, expected, strict=True):
            one, right = (0 if a is None else np.asarray(a.detach()) for a in (one, right))
            np.testing.assert_allclose(one + 0 * right, right + 0 * one, rtol=1e-8, atol=1e-10)


@every_smooth_row
def test_a_recorded_backward_pass_gives_the_same_numbers(row):
    (_, plain), (_, recorded) = (gradients(row, row.arrays(), create_graph=again) for again in (False, True))
    for one, other in zip(plain, recorded, strict=True):
        np.testing.assert_array_equal(one, other.numpy())


@every([row for row in TABLE if row.flat])
def test_no_gradient_flows_through_what_is_flat(row):
    inputs = tensors(row.arrays())
    assert leaves(inputs)
    assert not row(*inputs).requires_grad


@every_smooth_row
def test_tangents_that_follow_from_the_kind_agree_with_differences(row):
    h = 1e-6
    for op, arrays, params, out, others in calls_of(row)[0]:
        if op.jvp is None or not is_float(arrays[0]):
            continue
        count = len(arrays) if op.variadic else 1
        along = [cotangent(a.shape, seed=i) for i, a in enumerate(arrays[:count])]
        moved = lambda by, op=op, arrays=arrays, params=params, along=along: op.forward(
            *(a + by * t for a, t in zip(arrays, along, strict=False)), *arrays[len(along) :], **params
        )
        found = op.jvp([*along, *[None] * (len(arrays) - count)], arrays, params, (out, *others) if others else out)
        there, back = moved(h), moved(-h)
        several = isinstance(there, tuple)
        for one, a, b in zip(*((found, there, back) if several else ([found], [there], [back])), strict=True):
            np.testing.assert_allclose(one, (a - b) / (2 * h), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("row", "kink"), KINKS, ids=[f"{row.name}-{kink.params}" for row, kink in KINKS])
def test_at_a_kink_the_subgradient_is_that_of_the_table(row, kink):
    """The table stands in `ops/elementwise.py`."""
    inputs = [Tensor(np.array(a, float), requires_grad=True) for a in kink.arrays]
    with np.errstate(divide="ignore"):
        out = row.call(*inputs, **kink.params)
        found = grad(out, inputs, np.ones(out.shape))
    for one, slopes in zip(found, kink.slopes, strict=True):
        np.testing.assert_array_equal(one, np.array(slopes, float))
    if kink.as_torch:
        theirs = [torch.tensor(x.numpy(), requires_grad=True) for x in inputs]
        y = row.torch(*theirs, **kink.params)
        for one, right in zip(found, torch.autograd.grad(y, theirs, torch.ones(y.shape).double()), strict=True):
            np.testing.assert_allclose(one, right, rtol=1e-15)


# ── linear operations: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ ─────────────────────────────────────────────────────────────────────────────


def matrix_of(row, group, arrays):
    """A, column by column, from the oracle: its results for unit vectors."""
    columns = []
    for i in group:
        for place in np.ndindex(arrays[i].shape):
            given = [np.zeros(a.shape) if j in group else a for j, a in enumerate(arrays)]
            given[i][place] = 1
            columns.append(np.ravel(row.expected(*given)))
    return np.array(columns).reshape(len(columns), row.size).T


def magnitude(a):
    return np.abs(a) if is_float(a) else a


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["single", "double"])
@every([row for row in TABLE if row.linear])
def test_what_a_linear_operation_carries_back_is_its_adjoint(row, dtype):
    """Forward Ax and back Aᵀy, with A from the oracle; and their products, to a bound that is derived.

    Every entry is a sum of at most n products, each addition and multiplication rounded by at most u = eps/2 of its
    size: an error of at most n·u·|A||x|, and likewise for Aᵀy. |A| is made of the sizes of all that it multiplies by.
    """
    for group in row.linear:
        inputs = tensors(row.arrays(dtype))
        arrays = [x.numpy() if isinstance(x, Tensor) else x for x in inputs]
        out = row(*inputs)
        y = cotangent(out.shape, dtype)
        back = grad(out, [inputs[i] for i in group], y)
        wide = [narrowed(a, np.float64) for a in arrays]
        matrix = matrix_of(row, group, wide)
        sizes = np.maximum(np.abs(matrix), np.abs(matrix_of(row, group, [magnitude(a) for a in wide])))
        x, b = (np.concatenate([np.ravel(part) for part in parts]) for parts in ([wide[i] for i in group], back))
        flat, eps = np.ravel(out).astype(float), (x.size + y.size + 4) * np.finfo(dtype).eps
        assert np.all(np.abs(flat - matrix @ x) <= eps * (sizes @ np.abs(x)))
        assert np.all(np.abs(b - matrix.T @ y.ravel()) <= eps * (sizes.T @ np.abs(y.ravel())))
        scale = np.abs(y.ravel()) @ sizes @ np.abs(x)
        np.testing.assert_allclose(flat @ y.ravel().astype(float), x @ b.astype(float), rtol=0, atol=2 * eps * scale)


@every([row for row in TABLE if row.linear])
def test_the_adjoint_of_the_adjoint_is_the_map_itself(row):
    for group in row.linear:
        inputs = tensors(row.arrays())
        out = row(*inputs)
        g = Tensor(cotangent(out.shape, seed=8), requires_grad=True)
        there = grad(out, [inputs[i] for i in group], g, create_graph=True)
        back = grad(there, g, [inputs[i] for i in group])
        np.testing.assert_allclose(back, out, rtol=1e-12, atol=1e-12)  # sums of a few numbers of order one


def test_what_is_linear_is_declared():
    """Found by trying, with the oracle: f(a + b) = f(a) + f(b) in every row of an operation."""
    found = {}
    with np.errstate(invalid="ignore"):
        for row in SMOOTH:
            arrays = row.arrays()
            for i, a in enumerate(arrays):
                if is_float(a) and a.size and row.size:
                    # positive, so that logarithms and roots stay defined, and far apart, so that kinks are crossed
                    one, two = (np.random.default_rng(seed).uniform(0.1, 9, a.shape) for seed in (3, 4))
                    at = lambda x, i=i, arrays=arrays, row=row: row.expected(*arrays[:i], x, *arrays[i + 1 :])
                    straight = np.allclose(at(one - two), at(one) - at(two), rtol=1e-9, atol=1e-9)
                    found.setdefault((row.name, i), []).append((straight, any(i in group for group in row.linear)))
    linear = {place: [declared for _, declared in ways] for place, ways in found.items() if all(s for s, _ in ways)}
    assert len(linear) > 40
    assert [place for place, declared in linear.items() if not all(declared)] == []


# ── dtypes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_IN_HALF = {"solve", "moments", "channel_sums"}  # whose results are in single, or which LAPACK computes


@every_dtype
@every_smooth_row
def test_the_dtype_of_the_inputs_is_that_of_values_and_gradients(row, dtype):
    if dtype == np.float16 and row.name in NOT_IN_HALF:
        return
    own = row.params.get("dtype", dtype)
    for options in ({}, {"create_graph": True}):
        out, found = gradients(row, row.arrays(dtype), **options)
        assert out.dtype == own
        assert {g.dtype for g in found} == {np.dtype(dtype)}
    inputs = tensors(row.arrays(dtype))  # Python numbers around it change nothing
    out = 0.5 - 2 * row(*(1.0 * x + 0 if isinstance(x, Tensor) else x for x in inputs)) / 3
    assert out.dtype == own
    assert {g.dtype for g in grad(out, leaves(inputs), cotangent(out.shape))} == {np.dtype(dtype)}


@every_smooth_row
def test_single_and_double_precision_agree_to_that_of_single(row):
    # the same numbers in both: rounded to single first. An entry is a sum of at most `terms` products, each rounded to
    # one part in 2**24, but of magnitudes up to `scale`: cancellation makes the error relative to that, not to the
    # entry. The factor 16 covers the few roundings that a transcendental function adds.
    single = row.arrays(np.float32)
    g = cotangent((row.size,) if row.count > 1 else np.shape(row(*single)), np.float32)
    wide = [narrowed(a, np.float64) for a in single]
    (have, narrow), (want, right) = gradients(row, single, g), gradients(row, wide, g.astype(float))
    terms = max(1, *(a.size for a in single if is_float(a)), have.size)
    for one, other in [(have, want), *zip(narrow, right, strict=True)]:
        scale = np.abs(other.numpy()).max(initial=1)
        np.testing.assert_allclose(one, other, rtol=0, atol=16 * terms * 2.0**-24 * scale)


# ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def channels_last(array):
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) if array.ndim == 4 else array


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


LAYOUTS = {  # the same numbers, lying otherwise
    "Fortran": np.asfortranarray,
    "channels-last": channels_last,
    "every other": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "cut out": lambda a: np.pad(a, 1)[(slice(1, -1),) * a.ndim],
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape) if len(a) else a,
    "read-only": frozen,
}
TIES = {"max", "min", "sort", "max_pool2d", "maximum", "minimum", "qr", "solve"}
"""Equal lines are at a kink of these, or make a matrix of lower rank."""


@every([row for row in SMOOTH if not row.chance])
def test_however_arrays_lie_in_memory_the_numbers_are_the_same(row):
    arrays = row.arrays()
    for name, layout in LAYOUTS.items():
        if name == "broadcast" and row.name in TIES:
            continue
        lay = lambda a, layout=layout: layout(a) if np.ndim(a) else frozen(a)
        laid = [lay(a) if is_float(a) else a for a in arrays]
        plain = [a.copy() if is_float(a) else a for a in laid]
        g = lay(cotangent(np.shape(row(*plain))))
        (have, there), (want, right) = gradients(row, laid, g), gradients(row, plain, g.copy())
        # the order of the sums may differ: a few roundings of numbers of order one
        for one, other in [(have, want), *zip(there, right, strict=True)]:
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12, err_msg=name)


@every([row for row in TABLE if row.maps])
def test_channels_last_maps_stay_channels_last(row):
    inputs = tensors([channels_last(a) if isinstance(a, np.ndarray) else a for a in row.arrays()])
    out = row(*inputs)
    carried = [] if row.flat else grad(out, leaves(inputs)[:1], channels_last(cotangent(out.shape)))
    for result in (out, *carried):
        assert result.numpy().transpose(0, 2, 3, 1).flags.c_contiguous


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
def test_returned_gradients_belong_to_the_caller(row):
    for factor in (None, 2.0):  # at once, and through another step
        inputs = tensors(row.arrays())
        out = row(*inputs) if factor is None else factor * row(*inputs)
        g = cotangent(out.shape)
        found = [t.numpy() for t in grad(out, leaves(inputs), g)]
        others = [g, out.numpy(), *(x.numpy() for x in leaves(inputs))]
        for i, array in enumerate(found):
            assert array.flags.writeable
            assert not any(np.shares_memory(array, other) for other in (*others, *found[:i]))
            counted = np.arange(array.size, dtype=array.dtype).reshape(array.shape)
            array[...] = counted  # a broadcast array would keep the last number everywhere
            np.testing.assert_array_equal(array, counted)


@every_smooth_row
def test_arguments_used_twice_receive_both_gradients(row):
    for one_factor, other_factor in ((None, None), (2.0, 3.0)):  # at once, and through another step
        inputs = tensors(row.arrays())
        outputs = [row(*inputs) if f is None else row(*inputs) * f for f in (one_factor, other_factor)]
        seeds = [cotangent(out.shape, seed=i) for i, out in enumerate(outputs)]
        ones, others = (grad(o, leaves(inputs), g, retain_graph=True) for o, g in zip(outputs, seeds, strict=True))
        for have, one, other in zip(grad(outputs, leaves(inputs), seeds), ones, others, strict=True):
            # one addition, rounded once, in either order; of several steps, some in another order
            np.testing.assert_allclose(have, one.numpy() + other.numpy(), rtol=0 if row.direct else 1e-13, atol=1e-15)


@every_smooth_row
def test_a_graph_of_it_can_be_drawn(row):
    out = row(*tensors(row.arrays()))
    text = str(ag.to_graphviz(out))
    assert out.node.op.name.partition(".")[0] in text
    assert text == str(ag.to_graphviz(out))


def test_by_products_are_bare_arrays():
    window = next(row.params["window"] for row in TABLE if row.name == "pool")
    values, switches = PRIMITIVES["max_pool2d"].bind(Tensor(np.ones((1, 1, 6, 6))), window=window)
    assert isinstance(values, Tensor)
    assert type(switches) is np.ndarray
    assert switches.dtype.kind == "u"


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
