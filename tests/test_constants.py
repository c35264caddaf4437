"""Operations without derivative: NumPy's values as constants, of Tensors and of arrays, whatever carries a gradient."""

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor

X, Y = np.array([[0.0, -1.5, np.inf], [2.5, np.nan, -0.0]]), np.array([1.0, -1.5, -np.inf])
BITS_OF, OTHERS = np.array([[6, 1, -3], [0, 255, 12]]), np.array([3, 1, 2])


def test_aliases_are_the_same_operations():
    assert ag.bitwise_left_shift is ag.left_shift
    assert ag.bitwise_right_shift is ag.right_shift
    assert ag.bitwise_invert is ag.bitwise_not is ag.invert


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"less: \(2,\) and \(3,\): these shapes do not broadcast"):
        ag.less(Tensor(np.ones(2)), np.ones(3))


@pytest.mark.parametrize("name", ["ones_like", "zeros_like", "empty_like"])
def test_filled_arrays_take_shape_and_dtype(name):
    found = getattr(ag, name)(Tensor(np.ones((2, 3), np.float32), requires_grad=True))
    assert (found.shape, found.dtype, found.requires_grad) == ((2, 3), np.float32, False)
    if name != "empty_like":
        np.testing.assert_array_equal(found.numpy(), getattr(np, name)(np.ones((2, 3), np.float32)))


def test_questions_about_two_arrays_are_answered():
    x = Tensor(X, requires_grad=True)
    assert not ag.allclose(x, X)
    assert ag.allclose(x[0, :2], X[0, :2] + 1e-12)
    assert ag.array_equal(x[0], X[0])
    assert not ag.array_equal(x[0], X[1])


@pytest.mark.parametrize(("name", "shape"), [("atleast_1d", (1,)), ("atleast_2d", (1, 1)), ("atleast_3d", (1, 1, 1))])
def test_scalars_get_axes_and_keep_their_gradient(name, shape):
    x = Tensor(2.0, requires_grad=True)
    found = getattr(ag, name)(x)
    assert found.shape == shape
    assert ag.grad(found.sum(), x).item() == 1.0


def test_what_is_real_but_for_rounding_becomes_real():
    z = Tensor(np.array([1 + 1e-17j, 2.0]), requires_grad=True)
    assert ag.real_if_close(z).dtype == np.float64
    assert ag.real_if_close(Tensor(np.array([1 + 1j]))).dtype == np.complex128
