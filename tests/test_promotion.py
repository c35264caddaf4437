"""The observer that finds where single precision turns into double."""

import numpy as np
import pytest

import autograd_mini as ag
import nn
from autograd_mini import Tensor

X = np.ones((2, 3), np.float32)


def net(dtype):
    return nn.Sequential(first=nn.Linear(3, 4, rng=0), relu=nn.ReLU(), head=nn.Linear(4, 2, rng=0, dtype=dtype))


def test_the_operation_the_module_and_the_line_are_named():
    with pytest.raises(TypeError) as caught, ag.detect_promotion():
        net(np.float64)(Tensor(X))
    assert str(caught.value).startswith("linear (head), called at ")
    assert "test_promotion.py" in str(caught.value)
    assert "gave float64 of float32 and float64 and float64" in str(caught.value)


@pytest.mark.parametrize(
    ("dtype", "call"),
    [
        (np.float32, lambda x: nn.cross_entropy(net(np.float32)(x), np.array([0, 1])).backward()),
        (np.float32, lambda x: 2.5 * x + np.arange(3)[None].astype(np.int8)),
        (np.float32, lambda x: x.astype(np.float64).sum()),
        (np.float64, lambda x: (x * np.float64(3)).sum()),
        (np.float16, lambda x: x.mean() + x.std()),
    ],
)
def test_what_keeps_its_dtype_or_says_astype_is_left_alone(dtype, call):
    x = Tensor(X.astype(dtype), requires_grad=True)
    with ag.detect_promotion():
        call(x)


def test_a_real_number_may_become_complex_of_the_same_precision():
    doubled = ag.primitive(lambda x: x * np.complex64(1j), name="turned")
    doubled.defvjp(x=None)
    try:
        with ag.detect_promotion():
            assert doubled(Tensor(X)).dtype == np.complex64
    finally:
        del ag.PRIMITIVES["turned"]


def test_outside_the_block_nothing_is_looked_at():
    with ag.detect_promotion():
        pass
    assert (Tensor(X) * np.ones(3)).dtype == np.float64
