"""PyTorch's modules taken over whole, and Keras's through a file: equal outputs and gradients, names, modes."""

import numpy as np
import pytest
import torch

import nn
from autograd_mini import Tensor


class Net(torch.nn.Module):
    """A residual block, a functional ReLU, batch norm, and a head."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv1, self.bn1 = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False), torch.nn.BatchNorm2d(8)
        self.body = torch.nn.Sequential(torch.nn.Conv2d(8, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Dropout(0.5))
        self.fc = torch.nn.Linear(8, 5)

    def forward(self, x):
        h = torch.relu(self.bn1(self.conv1(x)))
        return self.fc((h + self.body(h)).mean((2, 3)))


@pytest.fixture(scope="module")
def pair():
    module = Net().train()
    module.bn1.running_mean += 0.3
    return module, nn.from_torch(module, np.zeros((2, 3, 12, 12), np.float32))


@pytest.mark.parametrize("n", [1, 2, 5])
def test_outputs_and_gradients_are_equal_for_any_batch(pair, n):
    module, net = pair
    assert module.training, "it is in the mode it was in"
    x = np.random.default_rng(n).standard_normal((n, 3, 12, 12)).astype(np.float32)
    ours, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    module.eval()
    y, other = net(ours), module(theirs)
    np.testing.assert_allclose(y.numpy(), other.detach().numpy(), rtol=1e-5, atol=1e-6)
    net.zero_grad()
    module.zero_grad()
    (y * y).sum().backward()
    (other * other).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-4, atol=1e-5)
    known = {name: tensor.grad.numpy() for name, tensor in net.named_parameters() if tensor.grad is not None}
    for name, tensor in module.named_parameters():
        np.testing.assert_allclose(known[name], tensor.grad.numpy(), rtol=1e-4, atol=1e-4, err_msg=name)
    module.train()


def test_the_net_has_numbers_of_its_own(pair):
    module, net = pair
    before = net.fc.weight.numpy().copy()
    with torch.no_grad():
        module.fc.weight += 1
    np.testing.assert_array_equal(net.fc.weight.numpy(), before)
    with torch.no_grad():
        module.fc.weight -= 1


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match=r"from_torch: the module must be a torch\.nn\.Module, not function"):
        nn.from_torch(lambda x: x, np.ones(3))


class Branching(torch.nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def test_what_pytorch_cannot_trace_is_one_sentence():
    with pytest.raises(ValueError, match="from_torch: PyTorch cannot write the module: ") as told:
        nn.from_torch(Branching(), np.ones((2, 3), np.float32))
    assert "\n" not in str(told.value)


def test_a_net_of_keras_comes_through_its_own_export(tmp_path):
    keras = pytest.importorskip("keras")
    layers = [keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    model.export(tmp_path / "net.onnx", format="onnx")
    x = np.random.default_rng(0).standard_normal((2, 8, 8, 3)).astype(np.float32)
    found = nn.from_onnx(tmp_path / "net.onnx")(x).numpy()
    np.testing.assert_allclose(found, np.asarray(model(x)), rtol=1e-4, atol=1e-5)
