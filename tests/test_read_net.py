"""Nets come back from their files alone, by what `save` noted or by their arrays; files that lie are refused."""

import json

import numpy as np
import pytest

import nn
from nn.making import NOTE
from vis.__main__ import _found

NETS = {
    "a VGG of one's own": lambda: nn.VGG("8x2 M 16 M | 12 3", input_shape=(3, 13, 13), batch_norm=True, rng=0),
    "SqueezeNet": lambda: nn.SqueezeNet(num_classes=5, rng=0),
    "torchvision's SqueezeNet": lambda: nn.squeezenet1_1(num_classes=5, rng=0),
    "a small residual net": lambda: nn.ResNet((1, 1, 1, 1), channels=8, num_classes=3, rng=0),
    "a language model": lambda: nn.GPT(10, 8, layers=1, heads=1, features=8, rng=0),
    "layers one after another": lambda: nn.Sequential(
        conv=nn.Conv2d(3, 4, np.int64(3), padding=1, rng=0), bn=nn.BatchNorm2d(4), relu=nn.ReLU(),
        top=nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5, rng=1), nn.Linear(16, 2, bias=False, rng=1)),
    ),
    "in double precision": lambda: nn.Sequential(nn.Linear(3, 2, rng=0, dtype=np.float64)),
}  # fmt: skip


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_a_net_comes_back_from_its_file_alone(make, tmp_path):
    net = make()
    net.save(tmp_path / "net.safetensors")
    back = nn.read_net(tmp_path / "net.safetensors")
    assert type(back) is type(net)
    assert not back.training
    assert repr(back) == repr(net)
    before, after = net.state_dict(), back.state_dict()
    assert [*before] == [*after]
    for name, array in before.items():
        assert after[name].dtype == array.dtype
        np.testing.assert_array_equal(after[name], array)
    back.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "net.safetensors").read_bytes()


@pytest.mark.parametrize("make", [nn.resnet18, nn.squeezenet1_1, nn.mobilenet_v2, nn.squeezenet])
def test_a_net_by_name_is_known_by_its_arrays(make, tmp_path):
    net = make(num_classes=7, rng=0)
    np.savez(tmp_path / "net.npz", **net.state_dict())
    back = nn.read_net(tmp_path / "net.npz")
    assert type(back) is type(net)
    assert len([*back.state_dict().values()][-1]) == 7


def test_a_vgg_is_known_by_its_arrays(tmp_path):
    net = nn.VGG("8x2 M 16 M | 12 3", input_shape=(1, 12, 12), batch_norm=True, rng=0).eval()
    np.savez(tmp_path / "net.npz", **net.state_dict())
    x = np.random.default_rng(0).random((2, 1, 12, 12), np.float32)
    back = nn.read_net(tmp_path / "net.npz")
    assert back.input_shape == (1, 12, 12)
    np.testing.assert_array_equal(back(x), net(x))


def test_a_layer_put_in_the_place_of_another_is_told(tmp_path):
    net = nn.VGG("8 M | 4 3", input_shape=(3, 8, 8), rng=0)
    net.classifier["fc2"] = nn.Linear(4, 9, rng=1)
    net.save(tmp_path / "net.safetensors")
    with pytest.raises(ValueError, match=r"fc2"):
        nn.read_net(tmp_path / "net.safetensors")


def test_a_net_of_ones_own_class_and_strange_arrays_say_what_to_do(tmp_path):
    class Own(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(2, 2, rng=0)

    for net in (Own(), nn.Sequential(Own())):
        net.save(tmp_path / "own.safetensors")
        assert NOTE not in nn.read_notes(tmp_path / "own.safetensors")
        with pytest.raises(ValueError, match=r"Make the net in Python, load the file with net\.load\(path\)"):
            nn.read_net(tmp_path / "own.safetensors")
    with pytest.raises(FileNotFoundError, match="read_net: there is no file"):
        nn.read_net(tmp_path / "none.safetensors")


LIES = {
    "no words of ours": "{",
    "another class": json.dumps({"class": "Popen", "args": ["ls"], "kwargs": {}}),
    "a module of nn that is no class": json.dumps({"class": "read_net", "args": ["ls"], "kwargs": {}}),
    "too large": json.dumps({"class": "Linear", "args": [10**9, 10**9], "kwargs": {}}),
    "too long": json.dumps({"class": "VGG", "args": ["8x100000000 M | 2"], "kwargs": {}}),
    "arguments that mean nothing": json.dumps({"class": "Linear", "args": [-1, 2], "kwargs": {}}),
    "endless": '{"class": "Sequential", "layers": ' + "[" * 100_000,
}


@pytest.mark.parametrize("note", LIES.values(), ids=LIES)
def test_a_description_that_lies_is_refused_in_a_sentence(note, tmp_path):
    nn.write_state({"w": np.zeros(3)}, tmp_path / "lie.safetensors", {NOTE: note})
    with pytest.raises(ValueError, match=r"read_net: .* describes no net of nn's: "):
        nn.read_net(tmp_path / "lie.safetensors")


def test_the_command_looks_into_a_saved_net_with_photographs_as_a_folder_of_images_gives_them(tmp_path):
    nn.VGG("8 M | 3", input_shape=(3, 16, 16), rng=0).save(tmp_path / "net.safetensors")
    assert _found(str(tmp_path / "net.safetensors"), None).net.preprocess == nn.Preprocessing(16)
