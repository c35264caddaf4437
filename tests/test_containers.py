"""Lists, dicts and sequences of modules: edited like those of Python, with the names that PyTorch gives."""

import copy

import numpy as np
import pytest
import torch

import nn
from autograd_mini import Tensor


def tiny(n):
    return nn.Linear(1, 1, rng=n)


def names(container):
    return [name for name, _ in container.children()]


EDITS = {
    "append": lambda net, layer: net.append(layer),
    "insert": lambda net, layer: net.insert(1, layer),
    "extend": lambda net, layer: net.extend([layer]),
    "put": lambda net, layer: net.__setitem__(1, layer),
    "put from behind": lambda net, layer: net.__setitem__(-1, layer),
    "take out": lambda net, layer: net.__delitem__(0),
    "take several out": lambda net, layer: net.__delitem__(slice(1, None)),
    "pop": lambda net, layer: net.pop(1),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_an_edited_container_has_the_layers_and_names_that_pytorchs_has(kind, edit):
    layers, theirs = [nn.ReLU(), nn.Tanh(), nn.Sigmoid()], [torch.nn.ReLU(), torch.nn.Tanh(), torch.nn.Sigmoid()]
    ours = nn.Sequential(*layers) if kind == "Sequential" else nn.ModuleList(layers)
    wanted = torch.nn.Sequential(*theirs) if kind == "Sequential" else torch.nn.ModuleList(theirs)
    edit(ours, nn.GELU())
    edit(wanted, torch.nn.GELU())
    found = [(name, type(layer).__name__) for name, layer in ours.children()]
    assert found == [(name, type(layer).__name__) for name, layer in wanted.named_children()]


def test_layers_with_names_of_their_own_keep_them():
    net = nn.Sequential(nn.ReLU(), act=nn.Tanh())
    net["fc"] = tiny(0)
    assert names(net.insert(0, nn.ReLU())) == ["0", "1", "act", "fc"]
    net["act"] = nn.Sigmoid()
    assert (names(net), type(net[2])) == (["0", "1", "act", "fc"], nn.Sigmoid)
    del net["1"]
    assert names(net.extend(nn.Sequential(last=nn.ReLU()))) == ["0", "act", "fc", "last"]
    assert net(np.ones((2, 1))).shape == (2, 1)


def test_inserting_counts_from_behind_as_in_a_list():
    assert [type(layer) for layer in nn.ModuleList([nn.ReLU(), nn.Tanh()]).insert(-1, nn.GELU())] == [
        nn.ReLU, nn.GELU, nn.Tanh
    ]  # fmt: skip


def test_an_edit_that_is_refused_changes_nothing():
    net = nn.Sequential(a=nn.ReLU())
    for edit in (lambda: net.append("relu"), lambda: net.extend([nn.ReLU(), None]), lambda: net.insert("a", nn.ReLU()),
                 lambda: net.__setitem__("forward", nn.ReLU()), lambda: net.__setitem__(3, nn.ReLU()),
                 lambda: net.__delitem__("b"), lambda: net.pop(1)):  # fmt: skip
        with pytest.raises((TypeError, ValueError, KeyError, IndexError)):
            edit()
    assert names(net) == ["a"]


def test_a_part_of_a_sequence_is_a_sequence_in_the_same_mode():
    class Own(nn.Sequential):
        def forward(self, x):
            return 2 * super().forward(x)

    net = Own(nn.ReLU(), nn.Tanh(), nn.Sigmoid()).eval()
    part = net[1:]
    assert (type(part), names(part), part.training) == (Own, ["1", "2"], False)


def test_a_dict_of_modules_is_a_dict():
    heads = nn.ModuleDict([("left", tiny(0)), ("right", tiny(1))])
    assert ([*heads.keys()], len(heads), "left" in heads) == (["left", "right"], 2, True)
    heads["up"] = tiny(2)
    heads.update({"left": tiny(3)})
    assert [name for name, _ in heads.items()] == ["left", "right", "up"]
    assert next(iter(heads.values())) is heads.left is heads["left"]
    assert heads.pop("right") is not None
    del heads["up"]
    assert [name for name, _ in heads.named_parameters()] == ["left.weight", "left.bias"]


def test_parameters_in_containers_have_the_paths_that_pytorch_gives():
    class Net(nn.Module):
        def __init__(self):
            self.blocks = nn.ModuleList([nn.ModuleDict({"fc": tiny(0)}), tiny(1)])

    assert [name for name, _ in Net().named_parameters()] == [
        "blocks.0.fc.weight", "blocks.0.fc.bias", "blocks.1.weight", "blocks.1.bias"
    ]  # fmt: skip


def test_parameters_are_chosen_and_frozen_by_their_paths():
    net = nn.Sequential(a=tiny(0), b=tiny(1))
    assert net.select("*.bias") == [net.a.bias, net.b.bias]
    assert net.select("b.*", "*.weight") == [net.a.weight, net.b.weight, net.b.bias]
    with pytest.raises(ValueError, match=r"no parameter's path matches 'c\.\*'; there are a\.weight, a\.bias"):
        net.select("c.*")
    net.requires_grad_(False, "a.*")
    assert [p.requires_grad for p in net.parameters()] == [False, False, True, True]
    assert all(p.requires_grad for p in net.requires_grad_().parameters())


def test_apply_goes_from_the_innermost_parts_outwards():
    net, seen = nn.Sequential(a=nn.Sequential(b=nn.ReLU())), []
    assert net.apply(seen.append) is net
    assert seen == [net.a.b, net.a, net]


def test_precision_is_changed_as_a_whole_and_statistics_stay_single_at_least():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, rng=0), nn.BatchNorm2d(2))
    for change, own, remembered in (("half", "f2", "f4"), ("double", "f8", "f8"), ("float", "f4", "f4")):
        assert getattr(net, change)() is net
        assert {p.dtype for p in net.parameters()} == {np.dtype(own)}
        assert {net[1].running_mean.dtype, net[1].running_var.dtype} == {np.dtype(remembered)}
        x = Tensor(np.ones((2, 1, 4, 4), own))
        net(x).sum().backward()
        assert all(p.grad.dtype == own for p in net.parameters())
    assert net.to("cpu") is net
    with pytest.raises(TypeError, match="to: there is one device, the processor's memory, and not 'cuda'"):
        net.to("cuda")
    with pytest.raises(TypeError, match="dtype must be a floating dtype"):
        net.to("int8")


def test_a_copy_is_equal_and_shares_nothing():
    net = nn.Sequential(fc=tiny(0))
    other = net.copy()
    other.fc.weight.data += 1
    assert (net.fc.weight.numpy() != other.fc.weight.numpy()).all()
    assert repr(copy.deepcopy(net)) == repr(other)


def test_a_registered_buffer_is_saved_and_not_trained():
    class Net(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.ones(2))
            self.register_buffer("mean", np.zeros(2))
            self.register_buffer("none", None)
            self.register_buffer("places", Tensor(np.arange(3.0)), persistent=False)

    net = Net()
    assert ([*net.state_dict()], len(net.parameters()), Net.buffers) == (["weight", "mean"], 1, ())
    assert not net.mean.requires_grad
    np.testing.assert_array_equal(net.places, [0, 1, 2])


def test_what_is_no_name_no_path_and_no_dtype_is_refused_in_a_sentence():
    layer = nn.Linear(2, 2)
    with pytest.raises(TypeError, match=r"^ModuleDict: a layer is called by text, not 1$"):
        nn.ModuleDict({1: layer})
    with pytest.raises(TypeError, match=r"^select: a pattern is a path, such as '\*\.bias', not 3$"):
        layer.select(3)
    with pytest.raises(TypeError, match=r"^to: dtype must be a floating dtype, not None$"):
        layer.to(None)
    assert layer.weight.dtype == np.float32
