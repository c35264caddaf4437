"""⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for convolution and pooling in every small geometry, to rounding, with random x and y.

How far apart the two sides may be is derived, not guessed. Every entry of Ax is a sum of at most n products, each
addition and multiplication rounded by at most u = eps/2 of its size: an error of at most n·u·|A||x|, and likewise for
Aᵀy. With both inner products taken in float64 the sides differ by no more than

    n·eps·⟨|A||x|, |y|⟩        n ≤ the number of elements of x and y together

where |A| is the same map with the absolute values of everything it multiplies by. `test_table` has the other pairs.
"""

import numpy as np
import pytest
from rows import CONV_AXES, POOL_AXES, convolved, planes, pooled

import autograd_mini as ag
from autograd_mini import PRIMITIVES, Tensor, grad
from autograd_mini.arguments import bare
from autograd_mini.kernels.layout import Geometry, Window

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
in_numpy_and_compiled = pytest.mark.usefixtures("kernels")


def dot(a, b):
    return float(np.sum(np.asarray(bare(a), np.float64) * np.asarray(bare(b), np.float64)))


def assert_adjoint(left, right, scale, elements, dtype):
    """`scale` is ⟨|A||x|, |y|⟩."""
    # float64 inner products round too, once for each element, which only float64 data can notice
    np.testing.assert_allclose(left, right, rtol=0, atol=2 * elements * np.finfo(dtype).eps * scale)


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
