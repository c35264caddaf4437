"""⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for every linear pair, to rounding, with random x and y.

How far apart the two sides may be is derived, not guessed. Every entry of Ax is a sum of at most n products, each
addition and multiplication rounded by at most u = eps/2 of its size: an error of at most n·u·|A||x|, and likewise for
Aᵀy. With both inner products taken in float64 the sides differ by no more than

    n·eps·⟨|A||x|, |y|⟩        n ≤ the number of elements of x and y together

where |A| is the same map with the absolute values of everything it multiplies by.
"""

import builtins

import numpy as np
import pytest
from table import CONV_AXES, POOL_AXES, TABLE, convolved, is_float, planes, pooled

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, grad
from autograd_mini.arguments import bare
from autograd_mini.kernels.layout import Geometry, Window

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
in_numpy_and_compiled = pytest.mark.usefixtures("kernels")
every_linear_row = pytest.mark.parametrize("row", [row for row in TABLE if row.linear], ids=str)


def dot(a, b):
    return float(np.sum(np.asarray(bare(a), np.float64) * np.asarray(bare(b), np.float64)))


def assert_adjoint(left, right, scale, elements, dtype):
    """`scale` is ⟨|A||x|, |y|⟩."""
    # float64 inner products round too, once for each element, which only float64 data can notice
    np.testing.assert_allclose(left, right, rtol=0, atol=2 * elements * np.finfo(dtype).eps * scale)


def summed_to(g, shape):
    """Broadcasting undone, by hand."""
    g = np.asarray(g)
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def magnitudes(arrays):
    return [np.abs(a) if is_float(a) else builtins.abs(a) if isinstance(a, int | float) else a for a in arrays]


# ── the table's linear primitives ─────────────────────────────────────────────────────────────────────────────────────


@every_dtype
@every_linear_row
def test_a_linear_primitive_stands_beside_its_adjoint(row, dtype):
    for group in row.linear:
        arrays = row.arrays(dtype)
        out = row(*arrays)
        y = np.random.default_rng(5).standard_normal(np.shape(out)).astype(dtype)
        back = {i: summed_to(row.adjoint[i](y, *arrays, **row.params), arrays[i].shape) for i in group}
        size = {
            i: summed_to(np.abs(row.adjoint[i](np.abs(y), *magnitudes(arrays), **row.params)), arrays[i].shape)
            for i in group
        }
        scale = builtins.sum(dot(np.abs(arrays[i]), size[i]) for i in group)
        elements = builtins.sum(arrays[i].size for i in group) + y.size
        right = builtins.sum(dot(arrays[i], back[i]) for i in group)
        assert_adjoint(dot(out, y), right, scale, elements, dtype)


@every_dtype
@every_linear_row
def test_what_the_backward_pass_carries_back_is_the_adjoint(row, dtype):
    arrays = row.arrays(dtype)
    inputs = [Tensor(a, requires_grad=True) if is_float(a) else a for a in arrays]
    out = row(*inputs)
    y = np.random.default_rng(6).standard_normal(out.shape).astype(dtype)
    linear_in = sorted({i for group in row.linear for i in group})
    carried = grad(out, [inputs[i] for i in linear_in], y)
    for i, g in zip(linear_in, carried, strict=True):
        want = summed_to(row.adjoint[i](y, *arrays, **row.params), arrays[i].shape)
        size = summed_to(np.abs(row.adjoint[i](np.abs(y), *magnitudes(arrays), **row.params)), arrays[i].shape)
        # entry by entry: two ways to add the same products up, each within n·u of the sum of their sizes
        tolerance = (y.size + arrays[i].size) * np.finfo(dtype).eps * size
        assert np.all(np.abs(g.numpy() - want) <= tolerance), str(row)


@every_linear_row
def test_the_adjoint_of_the_adjoint_is_the_map_itself(row):
    for group in row.linear:
        inputs = [Tensor(a, requires_grad=True) if is_float(a) else a for a in row.arrays()]
        out = row(*inputs)
        g = Tensor(np.random.default_rng(8).standard_normal(out.shape), requires_grad=True)
        there = grad(out, [inputs[i] for i in group], g, create_graph=True)
        back = grad(there, g, [inputs[i] for i in group])
        np.testing.assert_allclose(back, out, rtol=1e-12, atol=1e-12)  # sums of a few numbers of order one


# beside the sum that moves with x stands one that does not, so its line misses 0; and what multiplies w was centred, so
# the magnitudes of x do not bound it
STRAIGHT_ONLY = {("channel_sums", 1), ("channel_sums", 2), ("normalise", 1), ("normalise", 2)}


def affine_positions():
    """Where every row of a primitive is affine in an array, the others fixed: found by trying, not by declaration."""
    found = {}
    for row in TABLE:
        if row.flat:
            continue
        arrays = row.arrays()
        for i, a in enumerate(arrays):
            if not is_float(a) or not a.size:
                continue
            rng = np.random.default_rng(3)
            # positive, so that logarithms and roots stay defined, and far apart, so that kinks are crossed
            one, two, three = (rng.uniform(0.1, 9, a.shape) for _ in range(3))
            at = lambda x, i=i, arrays=arrays, row=row: row(*arrays[:i], x, *arrays[i + 1 :])
            straight = np.allclose(at(one + two - three), at(one) + at(two) - at(three), rtol=1e-9, atol=1e-9)
            found.setdefault((row.name, i), []).append(straight)
    return sorted(place for place, straight in found.items() if all(straight) and place not in STRAIGHT_ONLY)


def test_every_linear_primitive_declares_its_adjoint():
    with np.errstate(invalid="ignore"):  # `one + two - three` may be negative, where log, sqrt and power are nan
        affine = affine_positions()
    assert len(affine) > 50
    for name, position in affine:
        rows = [row for row in TABLE if row.name == name]
        assert any(position in row.adjoint for row in rows), (name, position)
        assert any(position in group for row in rows for group in row.linear), (name, position)


# ── convolution and pooling over all small geometries ─────────────────────────────────────────────────────────────────


@in_numpy_and_compiled
@every_dtype
@pytest.mark.parametrize("seed", [1, 2])
def test_the_three_faces_of_convolution_are_one_form(seed, dtype):
    rng = np.random.default_rng(seed)
    for size, kernel, stride, padding, dilation in planes(CONV_AXES, seed):
        geometry = Geometry(stride, padding, dilation)
        x = rng.standard_normal((2, 3, *size)).astype(dtype)
        w = rng.standard_normal((8, 3, *kernel)).astype(dtype)
        y = rng.standard_normal((2, 8, *convolved(size, kernel, geometry))).astype(dtype)
        maps = PRIMITIVES["conv2d"].bind(x, w, None, geometry=geometry)
        images = PRIMITIVES["conv_transpose2d"].bind(y, w, size=size, geometry=geometry)
        filters = PRIMITIVES["conv2d_filter"].bind(x, y, size=kernel, geometry=geometry)
        assert maps.dtype == images.dtype == filters.dtype == dtype
        scale = dot(PRIMITIVES["conv2d"].bind(np.abs(x), np.abs(w), None, geometry=geometry), np.abs(y))
        elements = x.size + y.size
        assert_adjoint(dot(maps, y), dot(x, images), scale, elements, dtype)
        assert_adjoint(dot(maps, y), dot(w, filters), scale, elements + w.size, dtype)


@in_numpy_and_compiled
@every_dtype
@pytest.mark.parametrize("seed", [1, 2])
def test_pool_and_unpool_are_adjoint(seed, dtype):
    rng = np.random.default_rng(seed)
    for size, *rest in planes(POOL_AXES, seed):
        window = Window(*rest)
        x = rng.standard_normal((2, 3, *size)).astype(dtype)
        _, switches = PRIMITIVES["max_pool2d"].bind(rng.standard_normal(x.shape), window=window)
        y = rng.standard_normal(switches.shape).astype(dtype)
        gathered = PRIMITIVES["pool"].bind(x, switches, window=window)
        back = PRIMITIVES["unpool"].bind(y, switches, size=size, window=window)
        assert gathered.dtype == back.dtype == dtype
        scale = dot(np.abs(gathered), np.abs(y))
        assert_adjoint(dot(gathered, y), dot(x, back), scale, x.size + y.size, dtype)


@every_dtype
@pytest.mark.parametrize("seed", [1, 2])
def test_sum_pool_and_sum_unpool_are_adjoint(seed, dtype):
    rng = np.random.default_rng(seed)
    for size, *rest in planes(POOL_AXES, seed):
        window = Window(*rest)
        x = rng.standard_normal((2, 3, *size)).astype(dtype)
        y = rng.standard_normal((2, 3, *pooled(x.shape, window))).astype(dtype)
        summed = PRIMITIVES["sum_pool2d"].bind(x, window=window)
        back = PRIMITIVES["sum_unpool2d"].bind(y, size=size, window=window)
        assert summed.dtype == back.dtype == dtype
        scale = dot(PRIMITIVES["sum_pool2d"].bind(np.abs(x), window=window), np.abs(y))
        assert_adjoint(dot(summed, y), dot(x, back), scale, x.size + y.size, dtype)


@in_numpy_and_compiled
@every_dtype
@pytest.mark.parametrize("stride", [1, 2, (3, 2)])
def test_the_three_faces_agree_on_shapes_of_many_blocks(stride, dtype):
    rng = np.random.default_rng(4)
    x = Tensor(rng.standard_normal((6, 16, 37, 29)).astype(dtype), requires_grad=True)
    w = Tensor(rng.standard_normal((24, 16, 3, 3)).astype(dtype), requires_grad=True)
    maps = ag.conv2d(x, w, stride=stride, padding=1)
    y = rng.standard_normal(maps.shape).astype(dtype)
    images, filters = grad(maps, [x, w], y)
    scale = dot(ag.conv2d(np.abs(x.numpy()), np.abs(w.numpy()), stride=stride, padding=1), np.abs(y))
    # an entry of the maps and of the images is a sum over 3·3 taps and the channels, one of the filters a sum over the
    # pixels of all maps: far fewer than all elements together
    assert_adjoint(dot(maps, y), dot(x, images), scale, 9 * (16 + 24), dtype)
    assert_adjoint(dot(maps, y), dot(w, filters), scale, 9 * 16 + y.size // 24, dtype)


# ── friendly functions: linear, or linear once their constants are chosen ─────────────────────────────────────────────

INDICES = np.array([[[[0, 3], [9, 11]], [[5, 2], [8, 15]]]])  # in a plane of 4×4, one in each tile of 2×2

LINEAR_FUNCTIONS = {
    "sum": lambda x: ag.sum(x, axis=(0, -1)),
    "mean": lambda x: ag.mean(x, axis=1, keepdims=True),
    "reshape": lambda x: ag.reshape(x, (4, -1)),
    "flatten": lambda x: ag.flatten(x, 1),
    "transpose": lambda x: ag.transpose(x, (2, 0, -1, 1)),
    "transpose all": lambda x: x.T,
    "matrix transpose": lambda x: x.mT,
    "expand_dims": lambda x: ag.expand_dims(x, (0, -1)),
    "squeeze": lambda x: ag.squeeze(x[:1]),
    "broadcast_to": lambda x: ag.broadcast_to(x[0], (3, 2, 4, 4)),
    "getitem": lambda x: x[..., [0, 2, 0], 1:],
    "getitem with a mask": lambda x: x[:, np.array([True, False])],
    "pad": lambda x: ag.pad(x, ((0, 0), (0, 1), (2, 1), (1, 0))),
    "flip": lambda x: ag.flip(x, (0, -1)),
    "concatenate": lambda x: ag.concatenate([x, 2.0 * x[:, :1], x], axis=1),
    "stack": lambda x: ag.stack([x, x[::-1]], axis=-1),
    "scaling": lambda x: 3 * x / 7 - x,
    "matmul on the left": lambda x: x @ np.random.default_rng(1).standard_normal((4, 3)),
    "matmul on the right": lambda x: np.random.default_rng(1).standard_normal((2, 5, 4)) @ x,
    "matmul by a vector": lambda x: x @ np.random.default_rng(1).standard_normal(4),
    "linear": lambda x: ag.linear(x, np.random.default_rng(1).standard_normal((3, 4))),
    "where": lambda x: ag.where(np.arange(4) % 2 == 0, x, -x),
    "dropout": lambda x: ag.dropout(x, 0.4, rng=np.random.default_rng(1)),
    "there and back in another dtype": lambda x: x.astype(np.float64) * 2,
    "conv2d": lambda x: ag.conv2d(x, np.random.default_rng(1).standard_normal((3, 2, 3, 2)), stride=2, padding=(1, 0)),
    "conv_transpose2d": lambda x: ag.conv_transpose2d(
        x, np.random.default_rng(1).standard_normal((2, 3, 3, 2)), stride=2, padding=1, output_padding=(0, 1)
    ),
    "avg_pool2d": lambda x: ag.avg_pool2d(x, kernel_size=3, stride=1, padding=1),
    "max_unpool2d": lambda x: ag.max_unpool2d(x[:1, :, :2, 2:], INDICES, kernel_size=2),
    "batch_norm with given statistics": lambda x: ag.batch_norm(
        x, np.zeros(2), np.array([0.5, 2.0]), np.array([-1.0, 3])
    ),
}


@every_dtype
@pytest.mark.parametrize("function", LINEAR_FUNCTIONS.values(), ids=LINEAR_FUNCTIONS)
def test_a_linear_function_carries_gradients_back_by_its_adjoint(function, dtype):
    rng = np.random.default_rng(9)
    x = Tensor(rng.standard_normal((2, 2, 4, 4)).astype(dtype), requires_grad=True)
    out = function(x)
    y = rng.standard_normal(out.shape).astype(out.dtype)
    back = grad(out, x, y, retain_graph=True)
    assert back.dtype == dtype
    # all entries of a map's matrix are at hand here: one row for each element of the output
    rows = [grad(out, x, row.reshape(out.shape), retain_graph=True).numpy().ravel() for row in np.eye(out.size)]
    scale = float(np.abs(y.ravel()) @ (np.abs(np.array(rows, np.float64)) @ np.abs(x.numpy().ravel())))
    assert scale > 1
    assert_adjoint(dot(out, y), dot(x, back), scale, x.size + y.size, dtype)


@pytest.mark.parametrize(("narrow", "wide"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_a_cast_and_the_cast_back_are_adjoint(narrow, wide):
    rng = np.random.default_rng(2)
    x = Tensor(rng.standard_normal((3, 4)).astype(narrow), requires_grad=True)
    out = x.astype(wide)
    y = rng.standard_normal((3, 4)).astype(wide)
    back = grad(out, x, y)
    assert out.dtype == wide
    assert back.dtype == narrow
    assert_adjoint(dot(out, y), dot(x, back), dot(np.abs(x), np.abs(y)), x.size + y.size, np.float32)


@in_numpy_and_compiled
def test_dropout_uses_one_mask_there_and_back():
    x = Tensor(np.random.default_rng(2).standard_normal((50, 40)), requires_grad=True)
    out = ag.dropout(x, 0.3, rng=np.random.default_rng(1))
    y = np.random.default_rng(3).standard_normal(x.shape)
    kept = out.numpy() != 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(grad(out, x, y), np.where(kept, y / 0.7, 0), rtol=1e-15, atol=0)
