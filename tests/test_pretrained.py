"""Pretrained nets: SqueezeNet and its photographs; VGG weights from torchvision and Keras, every array in its place."""

import ast
import itertools
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from nets import assert_state, state_of
from PIL import Image

import autograd_mini as ag
import nn
import vis
from nn.models.pretrained import translate

torch = pytest.importorskip("torch")
F = torch.nn.functional

ROOT = Path(__file__).parent.parent
DATA = ROOT / "examples" / "data"
WEIGHTS = ROOT / "nn/models/data/squeezenet1_1.safetensors"
CLASSES = nn.imagenet_classes()
RULES = {"gradient": vis.GRADIENT, "deconvnet": vis.DECONVNET, "guided": vis.GUIDED}

TORCHVISION = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
KERAS = {"bgr": True, "scale": 255.0, "mean": (103.939, 116.779, 123.68)}


# ── the same in PyTorch ───────────────────────────────────────────────────────────────────────────────────────────────


class Rectify(torch.nn.Module):
    """A ReLU whose way back is one of the three rules."""

    rule = "gradient"

    def forward(self, x):
        mask = (x > 0).to(x.dtype).detach()
        return _Straight.apply(x, BACK[self.rule](mask)) if x.requires_grad else x.clamp(min=0)


BACK = {
    "gradient": lambda mask: lambda g: g * mask,
    "deconvnet": lambda mask: lambda g: g.clamp(min=0),
    "guided": lambda mask: lambda g: g.clamp(min=0) * mask,
}


class _Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, back):
        ctx.back = back
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        return ctx.back(g), None


def torch_vgg(line, maps, hidden, classes, batch_norm):
    """torchvision's VGG as it is written there, with widths, input and classes to choose."""
    layers, channels, made = [], 3, torch.nn
    for entry in line:
        if entry == "M":
            layers += [made.MaxPool2d(kernel_size=2, stride=2)]
            continue
        conv = made.Conv2d(channels, entry, kernel_size=3, padding=1)
        layers += [conv, made.BatchNorm2d(entry), Rectify()] if batch_norm else [conv, Rectify()]
        channels = entry
    classifier = made.Sequential(
        made.Linear(channels * maps[0] * maps[1], hidden), Rectify(), made.Dropout(),
        made.Linear(hidden, hidden), Rectify(), made.Dropout(), made.Linear(hidden, classes),
    )  # fmt: skip
    parts = {"features": made.Sequential(*layers), "avgpool": made.AdaptiveAvgPool2d(maps), "flat": made.Flatten()}
    return made.Sequential(OrderedDict(**parts, classifier=classifier))


DEPTHS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}


def pair(name, *, batch_norm=False, widths=(4, 6, 8, 10, 12), size=(64, 64), hidden=20, classes=7, dtype=np.float32):
    """A torchvision VGG with random weights and statistics, and ours of the same form that knows nothing of them."""
    torch.default_generator.manual_seed(len(name) + batch_norm)
    line = list(itertools.chain(*([w] * n + ["M"] for w, n in zip(widths, DEPTHS[name], strict=True))))
    theirs = torch_vgg(line, (size[0] // 32, size[1] // 32), hidden, classes, batch_norm).eval()
    for key, values in theirs.state_dict().items():
        if key.endswith("running_mean"):
            values.normal_(0, 0.1)
        elif key.endswith("running_var"):
            values.uniform_(0.5, 2)
        elif values.ndim == 4:
            torch.nn.init.kaiming_normal_(values, mode="fan_in")
    config = f"{' '.join(map(str, line))} | {hidden} {hidden} {classes}"
    ours = nn.VGG(config, input_shape=(3, *size), batch_norm=batch_norm, rng=0, dtype=dtype).eval()
    return (theirs.double() if dtype == np.float64 else theirs), ours


def pictures(count, height, width, dtype=np.float32):
    return np.random.default_rng(7).standard_normal((count, 3, height, width)).astype(dtype)


def assert_rounding_apart(ours, theirs):
    theirs = theirs.detach().numpy()
    assert theirs.std() > 0
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * np.abs(theirs).max())


# ── SqueezeNet ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def squeezenet():
    return nn.squeezenet(WEIGHTS)


def probabilities(net, photo, preprocess=None):
    """What the net makes of a photograph of examples/data: the probability of each class by name."""
    x = (preprocess or net.preprocess)(DATA / photo)
    values = ag.softmax(net(x[None]), 1).numpy()[0]
    np.testing.assert_allclose(values.sum(), 1, rtol=1e-5)
    return dict(zip(CLASSES, values.tolist(), strict=True))


def test_the_cat_is_a_cat_and_the_coffee_an_espresso(squeezenet):
    found = probabilities(squeezenet, "chelsea.png")
    best = {"Egyptian cat": 0.417, "tiger cat": 0.305, "tabby": 0.274}
    assert sorted(found, key=found.get)[:-4:-1] == [*best]
    np.testing.assert_allclose([found[name] for name in best], [*best.values()], rtol=0, atol=0.005)
    np.testing.assert_allclose(probabilities(squeezenet, "coffee.png")["espresso"], 0.9994, rtol=0, atol=0.0005)


def test_in_rgb_the_cat_is_still_a_cat_and_the_coffee_no_espresso(squeezenet):
    # the same means for the same colours: only the order of the channels is wrong
    rgb = nn.Preprocessing(227, scale=255.0, mean=(123.68, 116.779, 103.939), resize="stretch")
    np.testing.assert_array_equal(rgb(DATA / "coffee.png"), squeezenet.preprocess(DATA / "coffee.png")[::-1])
    coffee, cat = (probabilities(squeezenet, photo, rgb) for photo in ("coffee.png", "chelsea.png"))
    assert max(cat, key=cat.get) == "Egyptian cat"
    assert max(coffee, key=coffee.get) != "espresso"
    np.testing.assert_allclose(coffee["espresso"], 0.16, rtol=0, atol=0.02)


def test_the_whole_photograph_is_stretched_not_its_middle_cut_out(squeezenet):
    crop = nn.Preprocessing(227, **KERAS)
    assert squeezenet.preprocess == nn.Preprocessing(227, resize="stretch", **KERAS)
    cut = probabilities(squeezenet, "chelsea.png", crop)
    assert max(cut, key=cut.get) == "tiger cat"
    np.testing.assert_allclose(probabilities(squeezenet, "coffee.png", crop)["espresso"], 0.984, rtol=0, atol=0.004)


def torch_squeezenet(x, rule="gradient"):
    """SqueezeNet written out in PyTorch, padded as TensorFlow pads for 'same'; every activation by name."""
    weights = {name: torch.tensor(array).to(x.dtype) for name, array in nn.read_state(WEIGHTS).items()}
    seen = {}
    activation = Rectify()
    activation.rule = rule

    def conv(name, x, **geometry):
        seen[name] = F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **geometry)
        place, _, last = name.rpartition(".")
        relu = f"{place}.relu_{last}" if place else name.replace("conv", "relu")
        seen[relu] = activation(seen[name])
        return seen[relu]

    def same(size, kernel, stride):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2

    x = conv("conv1", F.pad(x, (*same(x.shape[3], 3, 2), *same(x.shape[2], 3, 2))), stride=2)
    x = seen["pool1"] = F.max_pool2d(x, 3, 2)
    for fire in range(2, 10):
        x = conv(f"fire{fire}.squeeze1x1", x)
        halves = conv(f"fire{fire}.expand1x1", x), conv(f"fire{fire}.expand3x3", x, padding=1)
        x = seen[f"fire{fire}"] = torch.cat(halves, 1)
        if fire in (3, 5):
            x = seen[f"pool{fire}"] = F.max_pool2d(x, 3, 2)
    seen["logits"] = conv("conv10", x).mean((2, 3))
    return seen


def test_every_activation_of_squeezenet_is_pytorchs_under_the_same_name(squeezenet):
    x = np.stack([squeezenet.preprocess(DATA / photo) for photo in ("chelsea.png", "coffee.png")])
    with torch.no_grad():
        theirs = torch_squeezenet(torch.tensor(x))
    ours = vis.activations(squeezenet, x)
    assert set(ours) == set(theirs)
    fire = ["squeeze1x1", "relu_squeeze1x1", "expand1x1", "relu_expand1x1", "expand3x3", "relu_expand3x3"]
    assert list(ours)[:10] == ["conv1", "relu1", "pool1", *(f"fire2.{part}" for part in fire), "fire2"]
    assert list(ours)[-4:] == ["fire9", "conv10", "relu10", "logits"]
    for name in ours:
        assert_rounding_apart(ours[name], theirs[name])
    assert ours["conv1"].shape == (2, 64, 114, 114)
    assert ours["logits"].shape == (2, 1000)


def assert_same_projection(net, x, layer, rule, value, tx, channel, position):
    """Ours, and PyTorch's way back through `value` of its input `tx`, from one unit of every image."""
    seed = torch.zeros_like(value)
    seed[:, channel, *(position or ())] = 1
    (expected,) = torch.autograd.grad(value, tx, seed, retain_graph=True)
    given = {"channel": channel, "position": position, "start": 1.0, "after_relu": False}
    found, most = vis.project(net, x, layer, rules=RULES[rule], **given), float(expected.abs().max())
    assert most > 0
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-8, atol=1e-10 * most)
    if rule == "deconvnet":
        mirrored = vis.DeconvNet(net).project(x, layer, **given)
        np.testing.assert_allclose(mirrored, found, rtol=1e-8, atol=1e-10 * most)


@pytest.mark.parametrize("rule", RULES)
def test_projections_through_squeezenet_are_those_of_pytorch(rule):
    net = nn.SqueezeNet(dtype=np.float64, init=nn.zeros)
    net.load_state_dict(nn.read_state(WEIGHTS))
    x = nn.Preprocessing(67, resize="stretch", **KERAS)(DATA / "chelsea.png")[None].astype(np.float64)
    tx = torch.tensor(x, requires_grad=True)
    seen = torch_squeezenet(tx, rule)
    for layer in ("fire3.expand3x3", "fire6", "logits"):
        value, channel, position = seen[layer], 281, None
        if value.ndim == 4:
            channel = int(value.flatten(2).amax(2).argmax())
            position = tuple(divmod(int(value[0, channel].argmax()), value.shape[3]))
        assert_same_projection(net, x, layer, rule, value, tx, channel, position)


def test_half_precision_on_disk_becomes_the_models_single_precision_exactly(squeezenet):
    stored = nn.read_state(WEIGHTS)
    state = squeezenet.state_dict()
    assert set(state) == set(stored)
    for name, array in state.items():
        assert stored[name].dtype == np.float16
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, stored[name].astype(np.float32))
    assert sum(parameter.size for parameter in squeezenet.parameters()) == 1_235_496


def test_squeezenet_takes_a_path_a_text_or_a_state_and_without_weights_a_seed(squeezenet):
    for weights in (str(WEIGHTS), nn.read_state(WEIGHTS), squeezenet.state_dict()):
        other = nn.squeezenet(weights)
        assert other["conv10"].weight.numpy() is not squeezenet["conv10"].weight.numpy()
        assert_state(other, squeezenet.state_dict())
    one, same, another = nn.squeezenet(rng=1), nn.squeezenet(rng=1), nn.squeezenet(rng=2)
    assert_state(one, same.state_dict())
    assert (one["conv1"].weight.numpy() != another["conv1"].weight.numpy()).any()
    assert one.preprocess == squeezenet.preprocess


def test_squeezenet_says_what_goes_in_sums_itself_up_and_refuses_weights_that_are_not_its_own(squeezenet):
    assert squeezenet.input_shape == (3, 227, 227)
    assert "1,235,496" in str(squeezenet.summary())
    assert squeezenet(np.zeros((1, 3, 29, 29), np.float32)).shape == (1, 1000)
    with pytest.raises(ValueError, match="max_pool2d"):
        squeezenet(np.zeros((1, 3, 28, 28), np.float32))
    state = nn.read_state(WEIGHTS)
    state["conv1.weights"] = state.pop("conv1.weight")
    with pytest.raises(ValueError, match=r"conv1\.weight: the model has .*\n  conv1\.weights: the state has"):
        nn.squeezenet(state)
    with pytest.raises(FileNotFoundError):
        nn.squeezenet("nowhere.safetensors")


# ── VGG from torchvision ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("batch_norm", [False, True], ids=["plain", "batch norm"])
@pytest.mark.parametrize("name", DEPTHS)
def test_a_torchvision_vgg_gives_the_same_logits_here(name, batch_norm):
    theirs, ours = pair(name, batch_norm=batch_norm)
    x = pictures(3, 64, 64)
    ours.load_state_dict(theirs.state_dict())
    assert_rounding_apart(ours(x), theirs(torch.tensor(x)))


def test_a_vgg11_of_full_width_and_size_gives_the_same_logits_here(tmp_path):
    theirs, ours = pair("vgg11", widths=(64, 128, 256, 512, 512), size=(224, 224), hidden=32, classes=10)
    safetensors.numpy.save_file({k: v.numpy() for k, v in theirs.state_dict().items()}, tmp_path / "w.safetensors")
    x = ours.load(tmp_path / "w.safetensors").preprocess(DATA / "chelsea.png")[None]
    with torch.no_grad():
        assert_rounding_apart(ours(x), theirs(torch.tensor(x)))


@pytest.mark.parametrize("batch_norm", [False, True], ids=["plain", "batch norm"])
@pytest.mark.parametrize("rule", RULES)
def test_projections_through_a_torchvision_vgg_are_those_of_pytorch(rule, batch_norm):
    theirs, ours = pair("vgg16", batch_norm=batch_norm, dtype=np.float64)
    ours.load_state_dict(theirs.state_dict())
    for module in theirs.modules():
        if isinstance(module, Rectify):
            module.rule = rule
    x = pictures(2, 64, 64, np.float64)
    tx = torch.tensor(x, requires_grad=True)
    convs = [module for module in theirs.features if isinstance(module, torch.nn.Conv2d)]
    kept = {}
    for number in (6, 12):  # conv3_3 and conv5_3
        convs[number].register_forward_hook(lambda module, given, out, number=number: kept.update({number: out}))
    kept["logits"] = theirs(tx)
    for key, layer, channel, position in (
        (6, "features.conv3_3", 5, (7, 9)), (12, "features.conv5_3", 3, (2, 1)), ("logits", "classifier.fc3", 4, None),
    ):  # fmt: skip
        assert_same_projection(ours, x, layer, rule, kept[key], tx, channel, position)


def test_layers_of_torchvision_are_found_by_their_numbers():
    net = nn.VGG("4x2 M 6x2 M 8x3 M 10x3 M 12x3 M | 20 20 7", input_shape=(3, 64, 64), rng=0)
    numbers = dict(zip(
        (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
        ("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "4_1", "4_2", "4_3", "5_1", "5_2", "5_3"),
        strict=True,
    ))  # fmt: skip
    for field in ("weight", "bias"):
        theirs = {f"features.{i}.{field}": f"features.conv{place}.{field}" for i, place in numbers.items()}
        theirs |= {f"classifier.{i}.{field}": f"classifier.fc{n}.{field}" for i, n in ((0, 1), (3, 2), (6, 3))}
        found = translate(theirs, [*net.features.layers], [*net.classifier.layers], net.maps, net.input_shape)
        assert found.state == {ours: ours for ours in theirs.values()}
        assert found.called == {ours: name for name, ours in theirs.items()}


def files(theirs, folder):
    """The same weights in every kind of file that torchvision's come in."""
    arrays = {name: values.numpy() for name, values in theirs.state_dict().items()}
    safetensors.numpy.save_file(arrays, folder / "vgg.safetensors")
    np.savez(folder / "vgg.npz", **arrays)
    torch.save(theirs.state_dict(), folder / "vgg.pth")
    torch.save({"epoch": 3, "state_dict": theirs.state_dict()}, folder / "vgg.pt")
    torch.save(theirs.state_dict(), folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.DataParallel(theirs).state_dict(), folder / "parallel.pth")
    torch.save(theirs.state_dict(), folder / "anything")
    np.savez_compressed(folder / "zipped.npz", **arrays)
    return ["vgg.safetensors", "vgg.npz", "vgg.pth", "vgg.pt", "legacy.pth", "parallel.pth", "anything", "zipped.npz"]


def test_weights_are_read_from_every_kind_of_file(tmp_path):
    theirs, ours = pair("vgg11", batch_norm=True)
    ours.load_state_dict(theirs.state_dict())
    expected, called = state_of(ours), files(theirs, tmp_path)
    assert sorted(called) == sorted(path.name for path in tmp_path.iterdir())
    for name in called:
        other = pair("vgg11", batch_norm=True)[1]
        assert (other.features["conv1_1"].weight.numpy() != expected["features.conv1_1.weight"]).any()
        assert other.load(tmp_path / name) is other
        assert_state(other, expected)
        assert other.preprocess == nn.Preprocessing(64, **TORCHVISION), name


def test_any_module_reads_these_files(tmp_path):
    layer = torch.nn.Linear(3, 2)
    torch.save(layer.half().state_dict(), tmp_path / "half.pth")
    torch.save(layer.bfloat16().state_dict(), tmp_path / "brain.pth")
    for name in ("half.pth", "brain.pth"):
        found = nn.Linear(3, 2).load(tmp_path / name)
        np.testing.assert_allclose(found.weight.numpy(), layer.float().weight.detach().numpy(), rtol=2**-7)
    np.savez(tmp_path / "plain.npz", weight=np.ones((2, 3)), bias=np.zeros(2))
    assert nn.Linear(3, 2).load(tmp_path / "plain.npz").weight.numpy().tolist() == [[1.0] * 3] * 2


def test_what_is_saved_is_read_again_whatever_the_file_is_called(tmp_path):
    net = nn.Linear(3, 2, rng=0)
    for name in ("w.safetensors", "w", "w.weights", "w.ckpt"):
        net.save(tmp_path / name)
        assert_state(nn.Linear(3, 2).load(tmp_path / name), net.state_dict())
    (tmp_path / "w").rename(tmp_path / "w.pth")
    assert_state(nn.Linear(3, 2).load(tmp_path / "w.pth"), net.state_dict())


@pytest.mark.parametrize("suffix", [".npz", ".npy", ".pth", ".pt", ".pkl", ".h5", ".keras", ".onnx", ".PTH"])
def test_nothing_is_saved_under_a_name_that_says_it_is_another_kind_of_file(tmp_path, suffix):
    net, path = nn.Linear(3, 2, rng=0), tmp_path / f"w{suffix}"
    words = rf"^save: .*w\{suffix} is a name for another kind of file; call it \.safetensors$"
    with pytest.raises(ValueError, match=words):
        net.save(path)
    learner = nn.Learner(net, nn.mse_loss, nn.SGD(net.parameters(), 0.1))
    with pytest.raises(ValueError, match=words):  # before the first step
        learner.fit(np.ones((2, 3)), np.ones((2, 2)), epochs=1, checkpoint=path, progress=False)
    assert not [*tmp_path.iterdir()]


def test_what_a_net_wants_to_see_is_saved_with_its_weights(tmp_path):
    net = nn.VGG("2 M | 3", input_shape=(3, 8, 8), rng=0)
    net.save(tmp_path / "plain.safetensors")
    assert nn.read_notes(tmp_path / "plain.safetensors").keys() == {"net"}  # what it is made of, and no preprocessing
    net.preprocess = nn.Preprocessing(8, **KERAS, std=(1.0, 2.0, 1 / 3))
    net.save(tmp_path / "w.safetensors")
    other = nn.VGG("2 M | 3", input_shape=(3, 8, 8), rng=1)
    assert other.load(tmp_path / "plain.safetensors").preprocess is None
    assert other.load(tmp_path / "w.safetensors").preprocess == net.preprocess
    assert other.load(tmp_path / "plain.safetensors").preprocess == net.preprocess  # that file says nothing of it


@pytest.mark.parametrize("note", ["", "{", "[]", "null", '{"size": 8, "more": 1}', '{"size": "8"}', "[" * 100_000])
def test_a_note_that_says_nothing_is_refused_before_the_weights_are_taken(tmp_path, note):
    net = nn.Linear(3, 2, rng=0)
    before = state_of(net)
    nn.write_state(nn.Linear(3, 2, rng=1).state_dict(), tmp_path / "w.safetensors", {"preprocess": note})
    with pytest.raises(ValueError):
        net.load(tmp_path / "w.safetensors")
    assert_state(net, before)


# ── VGG from Keras ────────────────────────────────────────────────────────────────────────────────────────────────────

SPELLINGS = {
    "kernel:0": ("{0}/kernel:0", "{0}/bias:0"),
    "W_1:0": ("{0}/{0}_W_1:0", "{0}/{0}_b_1:0"),
    "nested": ("{0}/{0}/kernel:0", "{0}/{0}/bias:0"),
    "dots": ("{0}.kernel", "{0}.bias"),
    "slashes": ("{0}/kernel", "{0}/bias"),
    "underscores": ("{0}_W", "{0}_b"),
    "of a model": ("vgg16/{0}/kernel:0", "vgg16/{0}/bias:0"),
    "made twice": ("{0}_1/kernel:0", "{0}_1/bias:0"),
    "third version": ("layers/{0}/vars/0", "layers/{0}/vars/1"),
}


def keras_weights(spelling, *, height=2, width=2, depths=(2, 2, 3, 3, 3), classes=7):
    """Random weights of a VGG as Keras keeps them: kernels (kh, kw, in, out), matrices (in, out), pixels (H, W, C)."""
    rng = np.random.default_rng(4)
    kernel, bias = SPELLINGS[spelling]
    state, channels = {}, 3
    for block, (depth, out) in enumerate(zip(depths, (4, 6, 8, 10, 12), strict=True), 1):
        for i in range(1, depth + 1):
            layer = f"block{block}_conv{i}"
            state[kernel.format(layer)] = rng.normal(0, (2 / 9 / channels) ** 0.5, (3, 3, channels, out))
            state[bias.format(layer)] = rng.normal(0, 0.1, out)
            channels = out
    into = height * width * channels
    for layer, out in (("fc1", 20), ("fc2", 20), ("predictions", classes)):
        state[kernel.format(layer)] = rng.normal(0, (2 / into) ** 0.5, (into, out))
        state[bias.format(layer)] = rng.normal(0, 0.1, out)
        into = out
    return {name: array.astype(np.float32) for name, array in state.items()}


def keras_logits(state, x, spelling, depths=(2, 2, 3, 3, 3)):
    """The forward pass of Keras's VGG over channels-last maps."""
    kernel, bias = SPELLINGS[spelling]
    h = torch.tensor(x)
    for block, depth in enumerate(depths, 1):
        for i in range(1, depth + 1):
            w, b = (torch.tensor(state[field.format(f"block{block}_conv{i}")]) for field in (kernel, bias))
            h = F.relu(F.conv2d(h, w.permute(3, 2, 0, 1), b, padding=1))
        h = F.max_pool2d(h, 2)
    h = h.permute(0, 2, 3, 1).reshape(len(h), -1)
    for layer in ("fc1", "fc2", "predictions"):
        h = h @ torch.tensor(state[kernel.format(layer)]) + torch.tensor(state[bias.format(layer)])
        h = h if layer == "predictions" else F.relu(h)
    return h


def small(name="vgg16", size=(64, 64), classes=7):
    line = " M ".join(f"{w}x{n}" for w, n in zip((4, 6, 8, 10, 12), DEPTHS[name], strict=True))
    return nn.VGG(f"{line} M | 20 20 {classes}", input_shape=(3, *size), rng=0).eval()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_keras_vgg_gives_the_same_logits_here(spelling):
    state, net, x = keras_weights(spelling), small(), pictures(2, 64, 64)
    net.load_state_dict(state)
    assert_rounding_apart(net(x), keras_logits(state, x, spelling))
    assert net.preprocess == nn.Preprocessing(64, **KERAS)


@pytest.mark.parametrize("size", [(64, 96), (128, 32), (32, 32)])
@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_the_rows_of_the_first_matrix_are_turned_whatever_the_shape_of_the_maps(tmp_path, name, size):
    state = keras_weights("kernel:0", height=size[0] // 32, width=size[1] // 32, depths=DEPTHS[name])
    np.savez(tmp_path / "vgg.npz", **state)
    net, x = small(name, size), pictures(2, *size)
    net.load(tmp_path / "vgg.npz")
    assert_rounding_apart(net(x), keras_logits(state, x, "kernel:0", DEPTHS[name]))
    assert (net.preprocess is None) == (size[0] != size[1])  # a photograph is made square


def test_one_linear_layer_is_first_and_last_at_once():
    net = nn.VGG("4 M | 5", input_shape=(3, 4, 6), rng=0)
    conv = {"block1_conv1/kernel": np.ones((3, 3, 3, 4)), "block1_conv1/bias": np.ones(4)}
    matrix = np.arange(24 * 5.0).reshape(24, 5)
    net.load_state_dict(conv | {"predictions/kernel": matrix, "predictions/bias": np.zeros(5)})
    found = net.classifier["fc1"].weight.numpy().reshape(5, 4, 2, 3)  # (out, C, H, W)
    np.testing.assert_array_equal(found.transpose(2, 3, 1, 0).reshape(24, 5), matrix)


# ── what a net of known origin wants to see ───────────────────────────────────────────────────────────────────────────


def test_a_vgg_wants_nothing_in_particular_until_weights_of_known_origin_or_the_user_say_so():
    theirs, net = pair("vgg11")
    own, mine = state_of(net), nn.Preprocessing(64, scale=2.0)
    for wants in (None, mine):
        net.preprocess = net.preprocess if wants is None else wants
        net.load_state_dict(own)
        assert net.preprocess is wants
    net.load_state_dict(theirs.state_dict())
    assert net.preprocess == nn.Preprocessing(64, **TORCHVISION)
    assert nn.VGG.preprocess is pair("vgg11")[1].preprocess is None


def test_torchvisions_nets_see_what_its_own_formula_makes():
    theirs, net = pair("vgg11")
    net.load_state_dict(theirs.state_dict())
    photo = Image.open(DATA / "coffee.png").resize((64, 64))
    pixels = torch.tensor(np.asarray(photo, np.float32)).permute(2, 0, 1) / 255
    mean, std = (torch.tensor(TORCHVISION[name]).reshape(3, 1, 1) for name in ("mean", "std"))
    np.testing.assert_allclose(net.preprocess(photo), ((pixels - mean) / std).numpy(), rtol=1e-5, atol=1e-6)


def test_grey_pictures_have_no_known_preprocessing():
    net = nn.VGG("4 M | 5", input_shape=(1, 4, 4), rng=0)
    linear, conv = torch.nn.Linear(16, 5), torch.nn.Conv2d(1, 4, 3)
    parts = {"features.0": conv, "classifier.0": linear}
    net.load_state_dict({f"{a}.{b}": v for a, part in parts.items() for b, v in part.state_dict().items()})
    np.testing.assert_array_equal(net.features["conv1_1"].weight.numpy(), conv.weight.detach().numpy())
    assert net.preprocess is None


# ── every array finds its place, or nothing happens ───────────────────────────────────────────────────────────────────


def torch_state(name="vgg11", **options):
    return {key: values.numpy() for key, values in pair(name, **options)[0].state_dict().items()}


def without(state, name):
    return {key: array for key, array in state.items() if key != name}


K = "block1_conv1/kernel:0"
WHOLE = {"vgg11": torch_state, "vgg16": lambda: keras_weights("kernel:0")}
"""Whole states by the net they are of; below, what is changed in them, and what is said."""

MISFITS = {
    "a missing array": (
        "vgg11", lambda s: without(s, "features.3.weight"),
        "features.conv2_1.weight: the model has (6, 4, 3, 3), the state lacks it",
    ),
    "an array too many": (
        "vgg11", lambda s: s | {"extra": np.zeros(3)}, "extra: the state has (3,), the model lacks it",
    ),
    "a layer too many": (
        "vgg11", lambda s: s | {"features.77.weight": np.zeros(3)},
        "features.77.weight: the state has (3,), the model lacks it",
    ),
    "other widths": (
        "vgg11", lambda s: s | {"features.0.weight": np.zeros((5, 3, 3, 3))},
        "features.conv1_1.weight (there features.0.weight): the model has (4, 3, 3, 3), the state has (5, 3, 3, 3)",
    ),
    "whole numbers": (
        "vgg11", lambda s: s | {"features.0.bias": np.zeros(4, int)},
        "features.conv1_1.bias (there features.0.bias): the state holds int64, not floating numbers",
    ),
    "other classes": (
        "vgg11", lambda s: torch_state(classes=9),
        "fc3.weight (there classifier.6.weight): the model has (7, 20), the state has (9, 20)\n"
        "  classifier.fc3.bias (there classifier.6.bias): the model has (7,), the state has (9,)",
    ),
    "a deeper net": (
        "vgg11", lambda s: torch_state("vgg16"),
        "features.2.weight: the state has (4, 4, 3, 3), the model lacks it",
    ),
    "batch normalisation": (
        "vgg11", lambda s: torch_state(batch_norm=True),
        "features.1.running_mean: the state has (4,), the model lacks it",
    ),
    "two arrays for one place": (
        "vgg11", lambda s: s | {"features.conv1_1.weight": np.zeros((4, 3, 3, 3))},
        "features.0.weight and features.conv1_1.weight are both features.conv1_1.weight",
    ),
    "Keras and an array missing": (
        "vgg16", lambda s: without(s, "fc2/bias:0"), "classifier.fc2.bias: the model has (20,), the state lacks it",
    ),
    "Keras and an array too many": (
        "vgg16", lambda s: s | {"block6_conv1/bias:0": np.zeros(3)},
        "block6_conv1/bias:0: the state has (3,), the model lacks it",
    ),
    "Keras and no such matrix": (
        "vgg16", lambda s: s | {"fc4/kernel:0": np.zeros((3, 2))},
        "fc4/kernel:0: the state has (2, 3), the model lacks it",
    ),
    "Keras and another size of picture": (
        "vgg16", lambda s: keras_weights("kernel:0", height=3),
        "classifier.fc1.weight (there fc1/kernel:0): the model has (20, 48), the state has (20, 72)",
    ),
    "Keras and a kernel of another size": (
        "vgg16", lambda s: s | {K: np.zeros((5, 5, 3, 4))},
        f"features.conv1_1.weight (there {K}): the model has (4, 3, 3, 3), the state has (4, 3, 5, 5)",
    ),
    "Keras and two spellings": (
        "vgg16", lambda s: s | {"block1_conv1.kernel": np.zeros((3, 3, 3, 4))},
        f"{K} and block1_conv1.kernel are both features.conv1_1.weight",
    ),
    "Keras and a set without the top": (
        "vgg16", lambda s: {k: v for k, v in s.items() if k.startswith("block")},
        "classifier.fc1.weight: the model has (20, 48), the state lacks it",
    ),
    "Keras and torchvision": (
        "vgg16", lambda s: without(s, "fc1/kernel:0") | {"classifier.0.weight": np.zeros((20, 48))},
        "some names are torchvision's and some Keras's",
    ),
    "Keras and ours": (
        "vgg16", lambda s: s | small().state_dict(),
        f"{K} and features.conv1_1.weight are both features.conv1_1.weight",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISFITS)
def test_weights_that_do_not_fit_are_refused_naming_both_sides_and_change_nothing(kind):
    name, change, message = MISFITS[kind]
    net = small(name)
    net.preprocess = mine = nn.Preprocessing(5)
    before = state_of(net)
    with pytest.raises(ValueError, match="left unchanged") as caught:
        net.load_state_dict(change(WHOLE[name]()))
    assert message in str(caught.value)
    assert_state(net, before)
    assert net.preprocess is mine


# ── files that are not what they seem ─────────────────────────────────────────────────────────────────────────────────


class Intruder:
    """An object that, when unpickled, would make a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.mkdir, (Path(self.path),)


RUNNING = {  # how a file holds what would run, and what is said of it
    "PyTorch": (lambda held, path: torch.save({"weight": held}, path), "PyTorch file of weights alone"),
    "old PyTorch": (
        lambda held, path: torch.save({"weight": held}, path, _use_new_zipfile_serialization=False),
        "PyTorch file of weights alone",
    ),
    "NumPy": (lambda held, path: np.savez(path, weight=np.array([held], object)), r"\.npz file of plain arrays"),
}


@pytest.mark.parametrize("kind", RUNNING)
def test_nothing_in_a_file_is_run(tmp_path, kind):
    (write, words), folder, layer = RUNNING[kind], tmp_path / "was here", nn.Linear(3, 2, rng=0)
    path, before = tmp_path / ("net.npz" if kind == "NumPy" else "net.pth"), state_of(layer)
    write(Intruder(folder), path)
    with pytest.raises(ValueError, match=rf"^load: .*net\.\w+ is not a whole {words}: ") as caught:
        layer.load(path)
    assert "\n" not in str(caught.value)
    assert not folder.exists()
    assert_state(layer, before)
    torch.load(path, weights_only=False) if kind != "NumPy" else np.load(path, allow_pickle=True)["weight"]
    assert folder.exists()  # as it would have been otherwise


@pytest.mark.parametrize(("suffix", "kind"), [(".pth", "PyTorch file"), (".npz", r"\.npz file")])
def test_damaged_files_of_other_kinds_are_refused_by_name(tmp_path, suffix, kind):
    path, layer = tmp_path / f"damaged{suffix}", nn.Linear(3, 2, rng=0)
    if suffix == ".pth":
        torch.save(torch.nn.Linear(3, 2).state_dict(), path)
    else:
        np.savez_compressed(path, weight=np.ones((2, 3)), bias=np.zeros(2))
    whole, before = path.read_bytes(), state_of(layer)
    halves = [b"", b"PK", whole[:5], whole[: len(whole) // 2], whole[:-1], b"text, no weights"]
    for part in (*halves, whole[:60] + bytes(30) + whole[90:]):
        path.write_bytes(part)
        words = rf"is not a whole {kind}" if part in halves else ""
        with pytest.raises(ValueError, match=rf"^load: .*damaged\.\w+ {words}"):
            layer.load(path)
        assert_state(layer, before)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ([torch.zeros(3)], r"holds a list, not arrays by name; save model\.state_dict\(\)$"),
        (torch.zeros(3), r"holds a Tensor, not arrays by name"),
        ({"weight": torch.zeros(2, 3), "epoch": 3}, r"holds more than arrays by name: epoch is a int; save"),
        ({0: torch.zeros(2, 3)}, r"takes a mapping of arrays by path, not names that are no text$"),
    ],
)
def test_a_file_of_pytorchs_without_a_state_is_refused(tmp_path, held, message):
    path = tmp_path / "net.pth"
    torch.save(held, path)
    with pytest.raises(
        ValueError, match=rf"^load: .*net\.pth is not a whole PyTorch file of weights alone: .*{message}"
    ):
        nn.Linear(3, 2).load(path)


def test_all_files_are_read_without_torch(tmp_path):
    """In a process that has none."""
    theirs, ours = pair("vgg11", batch_norm=True)
    ours.load_state_dict(theirs.state_dict())
    ours.save(tmp_path / "ours.safetensors")
    program = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import numpy as np, nn\n"
        "want, *states = map(nn.read_state, sys.argv[1:])\n"
        "net = nn.VGG('4 M 6 M 8x2 M 10x2 M 12x2 M | 20 20 7', input_shape=(3, 64, 64), batch_norm=True, rng=0)\n"
        "for state in states:\n"
        "    net.load_state_dict(state)\n"
        "    assert all(np.array_equal(array, want[name]) for name, array in net.state_dict().items())\n"
        "print(len(states))"
    )
    command = [
        sys.executable,
        "-c",
        program,
        *(str(tmp_path / n) for n in ["ours.safetensors", *files(theirs, tmp_path)]),
    ]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout == "8\n"


def test_files_are_only_ever_read_so_that_nothing_in_them_runs():
    asked, loads = set(), set()
    for path in sorted((ROOT / "nn").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(call.func) if isinstance(call, ast.Call) else ""
            if called.endswith("import_module") or called == "__import__":
                asked.add((path.name, ast.unparse(call.args[0])))
            if called in ("np.load", "torch.load"):
                given = {key.arg: ast.unparse(key.value) for key in call.keywords}
                loads.add((called, given.get("weights_only"), given.get("allow_pickle")))
    assert asked == set()
    assert loads == {("np.load", None, "False")}
