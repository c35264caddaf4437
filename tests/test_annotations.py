"""Annotations of shapes and dtypes by jaxtyping take Tensors."""

import numpy as np
import pytest

from autograd_mini import Tensor

jaxtyping = pytest.importorskip("jaxtyping")


def test_a_tensor_is_checked_by_its_shape_and_dtype():
    rows = jaxtyping.Float[Tensor, "n 3"]
    assert isinstance(Tensor(np.zeros((2, 3))), rows)
    assert isinstance(Tensor(np.zeros((2, 3), np.float32)), jaxtyping.Float32[Tensor, "2 3"])
    assert not isinstance(Tensor(np.zeros((2, 4))), rows)
    assert not isinstance(Tensor(np.zeros((2, 3), int)), rows)
    assert isinstance(Tensor(np.zeros((2, 3), int)), jaxtyping.Int[Tensor, "..."])
    assert not isinstance(np.zeros((2, 3)), rows)
