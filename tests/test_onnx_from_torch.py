"""Nets that PyTorch writes as ONNX files: outputs and every gradient, of blocks of ResNet, MobileNetV2 and a ViT."""

import io
import warnings

import numpy as np
import pytest

pytest.importorskip("onnx")
torch = pytest.importorskip("torch")

import autograd_mini as ag  # noqa: E402
import nn  # noqa: E402

T = torch.nn


class Residual(T.Module):
    """A block of ResNet's with a shortcut of its own."""

    def __init__(self, into, out, stride):
        super().__init__()
        self.conv1, self.bn1 = T.Conv2d(into, out, 3, stride, 1, bias=False), T.BatchNorm2d(out)
        self.relu = T.ReLU()
        self.conv2, self.bn2 = T.Conv2d(out, out, 3, 1, 1, bias=False), T.BatchNorm2d(out)
        self.downsample = T.Sequential(T.Conv2d(into, out, 1, stride, bias=False), T.BatchNorm2d(out))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class ResNet(T.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1, self.relu = T.Conv2d(3, 4, 7, 2, 3, bias=False), T.BatchNorm2d(4), T.ReLU()
        self.maxpool = T.MaxPool2d(3, 2, 1)
        self.layer1 = T.Sequential(Residual(4, 4, 1), Residual(4, 8, 2))
        self.avgpool, self.fc = T.AdaptiveAvgPool2d(1), T.Linear(8, 5)

    def forward(self, x):
        x = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Inverted(T.Module):
    """A block of MobileNetV2's."""

    def __init__(self, channels):
        super().__init__()
        wide = 3 * channels
        self.conv = T.Sequential(
            T.Conv2d(channels, wide, 1, bias=False), T.BatchNorm2d(wide), T.ReLU6(),
            T.Conv2d(wide, wide, 3, 1, 1, groups=wide, bias=False), T.BatchNorm2d(wide), T.ReLU6(),
            T.Conv2d(wide, channels, 1, bias=False), T.BatchNorm2d(channels),
        )  # fmt: skip

    def forward(self, x):
        return x + self.conv(x)


class ViT(T.Module):
    def __init__(self):
        super().__init__()
        self.conv_proj = T.Conv2d(3, 8, 4, 4)
        self.class_token = T.Parameter(torch.zeros(1, 1, 8))
        self.pos_embedding = T.Parameter(torch.zeros(1, 17, 8))
        self.encoder = T.TransformerEncoder(
            T.TransformerEncoderLayer(8, 2, 16, 0.1, "gelu", batch_first=True, norm_first=True), 2,
            T.LayerNorm(8), enable_nested_tensor=False,
        )  # fmt: skip
        self.head = T.Linear(8, 5)

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embedding
        return self.head(self.encoder(x)[:, 0])


def recurrent():
    return T.LSTM(6, 4, 2, batch_first=True, bidirectional=True)


def at_random(net):
    """Every parameter and statistic its own: the exporter writes equal ones once."""
    torch.manual_seed(0)
    for name, tensor in (*net.named_parameters(), *net.named_buffers()):
        if tensor.is_floating_point():
            tensor.data = torch.rand_like(tensor) + 0.5 if "var" in name else 0.4 * torch.randn_like(tensor)
    return net


def written(net, x, **options):
    """The file that PyTorch writes of a net in double precision."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own ways
        torch.onnx.export(net, (x,), file, dynamo=False, **options)
    return file.getvalue()


NETS = {
    "resnet": (ResNet, (2, 3, 32, 32)),
    "mobilenet": (lambda: T.Sequential(T.Conv2d(3, 4, 3, 2, 1), Inverted(4), Inverted(4)), (2, 3, 12, 12)),
    "vit": (ViT, (2, 3, 16, 16)),
    "lstm": (recurrent, (3, 5, 6)),
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("folding", [True, False], ids=["constants folded", "as trained"])
def test_outputs_and_gradients_are_pytorchs(name, folding):
    make, shape = NETS[name]
    net = at_random(make()).double().eval()
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    options = {} if folding else {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
    ours = nn.from_onnx(written(net, x, opset_version=17, **options))
    wanted = net(x)
    wanted = wanted[0] if isinstance(wanted, tuple) else wanted
    given = ag.Tensor(x.detach().numpy(), requires_grad=True)
    found = ours(given)
    found = found[0] if isinstance(found, tuple) else found
    np.testing.assert_allclose(found.numpy(), wanted.detach().numpy(), rtol=1e-9, atol=1e-9)
    weights = torch.randn_like(wanted)
    (wanted * weights).sum().backward()
    (found * weights.numpy()).sum().backward()
    np.testing.assert_allclose(as_array(given.grad), x.grad.numpy(), rtol=1e-9, atol=1e-9)
    theirs, mine = dict(net.named_parameters()), dict(ours.named_parameters())
    same = [key for key in theirs if key in mine and mine[key].shape == tuple(theirs[key].shape)]
    if name in ("resnet", "mobilenet") and not folding:
        assert set(same) == set(theirs) == set(mine)
    for key in same if name != "lstm" and not folding else ():
        np.testing.assert_allclose(
            as_array(mine[key].grad), theirs[key].grad.numpy(), rtol=1e-9, atol=1e-9, err_msg=key
        )


def as_array(x):
    return x.numpy() if isinstance(x, ag.Tensor) else np.asarray(x)


def test_a_net_as_trained_is_fine_tuned_with_its_batch_norms():
    net = at_random(ResNet()).eval()
    x = torch.randn(4, 3, 32, 32)
    octets = written(net, x, opset_version=17, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE,
                     dynamic_axes={"x": {0: "N"}}, input_names=["x"])  # fmt: skip
    ours = nn.from_onnx(octets)
    ours["fc"] = nn.Linear(8, 3, rng=0)
    labels = np.array([0, 1, 2, 0])
    learner = nn.Learner(ours, nn.cross_entropy, nn.Adam(ours.parameters(), lr=0.01))
    losses = [float(learner.step(x.numpy(), labels)[0]) for _ in range(60)]
    assert losses[-1] < 0.8 * losses[0]
    state = {name: tensor.numpy() for name, tensor in net.state_dict().items() if not name.startswith("fc.")}
    match = ours.load_state_dict(state, strict=False)
    assert "layer1.1.bn2.running_var" in ours.state_dict()
    assert match is not None
