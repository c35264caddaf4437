"""Modules: what their parts are called, which modes they are in, how weights are kept; VGG nets and initialisers."""

import copy
import json
import os
import re
import threading

import numpy as np
import pytest
import safetensors.numpy
from cases import every
from internals import FRESH, activation_hook, ancestors, here
from nets import state_of

import autograd_mini as ag
import nn
from autograd_mini import Tensor

# ── modules to look into ──────────────────────────────────────────────────────────────────────────────────────────────


class Block(nn.Module):
    def __init__(self, rng=0):
        self.conv = nn.Conv2d(2, 2, 3, padding=1, rng=rng)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, x):
        return ag.relu(self.norm(self.conv(x)))


class Net(nn.Module):
    """Parts in attributes, a list, a tuple and a dict, a tensor of its own, and things that are no parts."""

    def __init__(self):
        rng = np.random.default_rng(3)
        self.scale = Tensor(np.ones(1, np.float32), requires_grad=True)
        self.stem = Block(rng)
        self.blocks = [Block(rng), nn.ReLU(), Block(rng)]
        self.pools = (nn.MaxPool2d(2), "not a module")
        self.heads = {"left": nn.Linear(8, 2, rng=rng), "right": nn.Linear(8, 3, rng=rng), "count": 2}
        self.size = 4

    def forward(self, x):
        x = self.stem(x * self.scale)
        for block in self.blocks:
            x = block(x)
        x = ag.flatten(self.pools[0](x), 1)
        return self.heads["left"](x), self.heads["right"](x)


class Twice(nn.Module):
    def __init__(self):
        self.first = nn.Linear(3, 3, rng=0)
        self.again = self.first
        self.last = nn.Sequential(self.first, nn.Linear(3, 3, rng=1))

    def forward(self, x):
        return self.last(self.again(self.first(x)))


class Tied(nn.Module):
    """Two layers with one weight."""

    def __init__(self):
        self.a, self.b = nn.Linear(3, 3, rng=0), nn.Linear(3, 3, rng=1)
        self.b.weight = self.a.weight

    def forward(self, x):
        return self.b(self.a(x))


def picture(*shape):
    return Tensor(np.random.default_rng(1).standard_normal(shape).astype(np.float32))


def paths(module):
    return [path for path, _ in module.named_modules()]


def assert_same_bits(state, wanted):
    bits, others = (
        [(name, array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()]
        for arrays in (state, wanted)
    )
    assert bits == others


# ── parts and their paths ─────────────────────────────────────────────────────────────────────────────────────────────


def test_parts_are_called_by_attribute_list_position_and_dict_key():
    block = ["", ".conv", ".norm"]
    stem, first, last = ([f"{path}{part}" for part in block] for path in ("stem", "blocks.0", "blocks.2"))
    assert paths(Net()) == ["", *stem, *first, "blocks.1", *last, "pools.0", "heads.left", "heads.right"]


def test_parts_and_parameters_that_come_or_change_between_calls_are_found_by_the_next():
    class Growing(nn.Module):
        def __init__(self):
            self.blocks = [nn.Linear(3, 3, rng=0)]
            self.scale = Tensor(np.ones(3, np.float32), requires_grad=True)

        def forward(self, x):
            for block in self.blocks:
                x = block(x) * self.scale
            return x

    net, x = Growing(), picture(2, 3)
    net(x)
    assert [name for name, _ in net.named_parameters()] == ["scale", "blocks.0.weight", "blocks.0.bias"]
    net.blocks.append(nn.Linear(3, 3, rng=1))
    net.scale = Tensor(np.full(3, 2, np.float32), requires_grad=True)
    net.blocks[0].weight = Tensor(np.eye(3, dtype=np.float32), requires_grad=True)
    names = {node.name for node in ancestors(net(x).node)}
    assert names >= {"scale", "blocks.0.weight", "blocks.0", "blocks.1", "blocks.1.bias"}
    del net.blocks[0]
    assert paths(net) == ["", "blocks.0"]
    assert {node.name for node in ancestors(net(x).node)} >= {"blocks.0.weight", "blocks.0"}


def test_parameters_and_buffers_are_the_very_tensors_in_order_of_definition_and_buffers_are_told_apart():
    trainable = ["conv.weight", "conv.bias", "norm.weight", "norm.bias"]
    buffers = ["norm.running_mean", "norm.running_var"]
    named = [(name, is_buffer) for name, _, is_buffer in Block().named_tensors()]
    assert named == [(name, name in buffers) for name in trainable + buffers]
    assert [name for name, _ in Block().named_parameters()] == trainable
    net = Net()
    assert [name for name, _ in net.named_parameters()][:3] == ["scale", "stem.conv.weight", "stem.conv.bias"]
    assert all(a is b for a, (_, b) in zip(net.parameters(), net.named_parameters(), strict=True))
    assert net.parameters()[0] is net.scale
    assert net.heads["right"].bias in set(net.parameters())


def test_a_layer_used_twice_is_counted_once_and_named_by_its_first_place():
    net = Twice()
    assert paths(net) == ["", "first", "last", "last.1"]
    names = [f"{path}.{name}" for path in ("first", "last.1") for name in ("weight", "bias")]
    assert [name for name, _ in net.named_parameters()] == [*net.state_dict()] == names
    recorded = [node.name for node in ancestors(net(picture(2, 3)).node) if node.op is not None]
    assert recorded == ["last.1", "first", "first", "first"]


def test_a_weight_shared_by_two_layers_is_counted_once_and_receives_both_gradients():
    net = Tied()
    assert [name for name, _ in net.named_parameters()] == ["a.weight", "a.bias", "b.bias"]
    x = picture(4, 3)
    net(x).sum().backward()
    w = net.a.weight.numpy().astype(np.float64)
    inner = x.numpy() @ w.T
    ones = np.ones((4, 3))
    by_hand = (ones @ w).T @ x.numpy() + ones.T @ inner  # through the first use, and through the second
    # float32 against float64: a few roundings of 2⁻²⁴ of terms of size 10
    np.testing.assert_allclose(net.a.weight.grad.numpy(), by_hand, rtol=1e-5, atol=1e-5)


def test_a_module_that_holds_itself_is_walked_once():
    net = Block()
    net.me = net
    assert paths(net) == ["", "conv", "norm"]


def test_a_deep_copy_is_independent():
    net = Net()
    twin = copy.deepcopy(net)
    before = state_of(net)
    for parameter in twin.parameters():
        parameter.data[...] = 7
    assert_same_bits(net.state_dict(), before)
    assert paths(twin) == paths(net)


def test_zero_grad_forgets_every_gradient():
    net = Tied()
    net(picture(2, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_forward_may_take_several_arguments_and_keywords():
    class Sum(nn.Module):
        def forward(self, a, b, *, times):
            return (a + b) * times

    assert Sum()(Tensor(1.0), Tensor(2.0), times=3).item() == 9


# ── Sequential ────────────────────────────────────────────────────────────────────────────────────────────────────────


def layers():
    return nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1)


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (lambda a, b, c: nn.Sequential(a, b, c), ["0", "1", "2"]),
        (lambda a, b, c: nn.Sequential(into=a, bend=b, out=c), ["into", "bend", "out"]),
        (lambda a, b, c: nn.Sequential(("into", a), ("bend", b), ("out", c)), ["into", "bend", "out"]),
        (lambda a, b, c: nn.Sequential(a, ("bend", b), out=c), ["0", "bend", "out"]),
    ],
    ids=["by number", "by keyword", "by pairs", "mixed"],
)
def test_layers_of_a_sequential_are_named_in_any_of_three_ways(make, keys):
    a, b, c = layers()
    net = make(a, b, c)
    assert paths(net) == ["", *keys]
    assert [name for name, _ in net.named_parameters()][:2] == [f"{keys[0]}.weight", f"{keys[0]}.bias"]
    assert [*net] == [a, b, c]
    assert len(net) == 3
    assert net[keys[1]] is getattr(net, keys[1]) is net[1] is b
    assert net[-1] is c
    x = picture(5, 3)
    np.testing.assert_array_equal(net(x).numpy(), c(b(a(x))).numpy())


def test_a_slice_of_a_sequential_shares_its_layers_and_their_keys():
    a, b, c = layers()
    net = nn.Sequential(into=a, bend=b, out=c)
    head = net[:2]
    assert paths(head) == ["", "into", "bend"]
    assert head["into"] is a
    np.testing.assert_array_equal(net[2:](head(picture(5, 3))).numpy(), net(picture(5, 3)).numpy())


def test_a_sequential_of_nothing_is_the_identity():
    assert nn.Sequential()(x := picture(2, 3)) is x
    assert nn.Sequential().parameters() == []


def test_a_module_shows_its_parts():
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3), rest=nn.Sequential(nn.ReLU()))
    assert repr(net) == (
        "Sequential(\n  (conv): Conv2d(1, 2, (3, 3), stride=1, padding=0)\n"
        "  (rest): Sequential(\n    (0): ReLU()\n  )\n)"
    )


# ── names of what is recorded ─────────────────────────────────────────────────────────────────────────────────────────


def test_results_parameters_and_buffers_carry_the_path_of_the_module_that_made_them():
    conv = nn.Sequential(conv=nn.Conv2d(2, 3, 3, rng=0), relu=nn.ReLU(), pool=nn.MaxPool2d(2))
    y = nn.Sequential(features=conv, flatten=nn.Flatten(), head=nn.Linear(12, 2, rng=0))(picture(1, 2, 6, 6))
    recorded = [(node.op.name, node.name) for node in ancestors(y.node) if node.op is not None]
    assert recorded == [
        ("linear", "head"), ("reshape", "flatten"), ("max_pool2d", "features.pool"), ("relu", "features.relu"),
        ("conv2d", "features.conv"),
    ]  # fmt: skip
    net = Net()
    net(picture(1, 2, 4, 4))
    assert all(tensor.name == name for name, tensor, _ in net.named_tensors())


def test_operations_of_a_module_itself_carry_its_own_path_and_a_module_called_alone_has_none():
    y = nn.Sequential(block=Block())(picture(1, 2, 4, 4))
    assert (y.node.op.name, y.name) == ("relu", "block")
    layer = nn.Linear(3, 2, rng=0)
    assert layer(picture(1, 3)).name is None
    assert [p.name for p in layer.parameters()] == ["weight", "bias"]


def test_a_part_called_from_outside_is_named_from_itself_and_again_from_the_whole():
    net = nn.Sequential(inner=nn.Sequential(fc=nn.Linear(3, 3, rng=0)))
    assert net.inner(picture(1, 3)).name == "fc"
    assert net(picture(1, 3)).name == "inner.fc"
    assert net.inner.fc.weight.name == "inner.fc.weight"


def test_every_named_result_is_announced_once_to_whoever_listens():
    net = nn.Sequential(features=nn.Sequential(conv=nn.Conv2d(2, 3, 3, rng=0), relu=nn.ReLU()), flat=nn.Flatten())
    heard = []
    with activation_hook(lambda name, value: heard.append((name, value.shape))), ag.no_grad():
        net(picture(1, 2, 4, 4))
    maps = [(name, (1, 3, 2, 2)) for name in ("features.conv", "features.relu", "features")]
    assert heard == [*maps, ("flat", (1, 12))]


def test_a_module_made_while_running_is_named_and_announced_by_the_part_it_runs_in():
    class Inline(nn.Module):
        def forward(self, x):
            return nn.ReLU()(x)

    heard = []
    with activation_hook(lambda name, _: heard.append(name)):
        y = nn.Sequential(bend=Inline())(Tensor(np.ones(2), requires_grad=True))
    assert y.name == "bend"
    assert heard == ["bend"]


def test_two_threads_name_their_own_results():
    nets = {key: nn.Sequential((key, nn.Linear(3, 3, rng=0))) for key in ("left", "right")}
    meeting, found = threading.Barrier(2, timeout=600), {}

    class Wait(nn.Module):
        def forward(self, x):
            meeting.wait()  # both threads are inside a module now
            return x * 2

    def run(key):
        net = nn.Sequential((key + "_wait", Wait()), (key, nets[key][0]))
        found[key] = net(Tensor(np.ones((1, 3), np.float32), requires_grad=True)).name

    threads = [threading.Thread(target=run, args=(key,)) for key in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"left": "left", "right": "right"}


# ── errors say where ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_names_the_layer_it_happened_in_once():
    net = nn.Sequential(features=nn.Sequential(conv=nn.Conv2d(3, 8, 3, rng=0), relu=nn.ReLU()))
    with pytest.raises(ValueError, match=r"^conv2d: ") as caught:
        net(picture(1, 2, 6, 6))
    assert caught.value.__notes__ == ["in features.conv: Conv2d(3, 8, (3, 3), stride=1, padding=0)"]


def test_after_an_error_names_begin_anew():
    net = nn.Sequential(fc=nn.Linear(3, 2, rng=0))
    with pytest.raises(ValueError, match=r"^linear: "):
        net(picture(1, 4))
    assert here() == FRESH
    assert nn.Linear(3, 2, rng=0)(picture(1, 3)).name is None
    assert net(picture(1, 3)).name == "fc"


# ── modes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_modules_begin_in_training_mode_and_train_and_eval_reach_every_part_and_no_other_module():
    net, other = Net(), Net()
    for change, mode in ((lambda: net, True), (net.eval, False), (net.train, True), (lambda: net.train(False), False)):
        assert change() is net
        assert {module.training for _, module in net.named_modules()} == {mode}
    assert all(module.training for _, module in other.named_modules())


@pytest.mark.parametrize("fails", [False, True])
def test_evaluating_restores_the_mode_of_every_part_even_after_an_error(fails):
    net = Net()
    net.stem.eval()
    net.blocks[2].norm.training = False
    before = {path: module.training for path, module in net.named_modules()}
    try:
        with net.evaluating():
            assert not any(module.training for _, module in net.named_modules())
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert {path: module.training for path, module in net.named_modules()} == before
    assert set(before.values()) == {True, False}


def test_evaluation_changes_no_statistics():
    net = Block()
    net(picture(2, 2, 4, 4))
    before = state_of(net)
    with net.evaluating():
        net(picture(2, 2, 4, 4))
    assert_same_bits(net.state_dict(), before)
    net(picture(2, 2, 4, 4))
    assert (net.norm.running_mean.numpy() != before["norm.running_mean"]).any()


# ── state ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def trained():
    """A net whose buffers are no longer what they began as."""
    net = Net()
    net(picture(3, 2, 4, 4))
    return net


def test_state_dict_holds_the_arrays_themselves():
    net = Net()
    state = net.state_dict()
    assert [*state] == [name for name, _, _ in net.named_tensors()]
    assert state["stem.conv.weight"] is net.stem.conv.weight.numpy()
    assert "stem.norm.running_var" in state


def test_load_state_dict_copies_and_keeps_the_arrays_that_optimisers_hold():
    source, net = trained(), Net()
    arrays = net.state_dict()
    net.load_state_dict(source.state_dict())
    assert_same_bits(net.state_dict(), source.state_dict())
    for name, array in net.state_dict().items():
        assert array is arrays[name]
        assert not np.shares_memory(array, source.state_dict()[name])


def test_load_state_dict_takes_lists_and_tensors():
    layer = nn.Linear(2, 1, rng=0)
    layer.load_state_dict({"weight": [[3.0, 4.0]], "bias": Tensor([5.0])})
    np.testing.assert_array_equal(layer(picture(1, 2) * 0 + 1).numpy(), [[12]])


def test_weights_return_from_a_file_bit_for_bit_with_their_buffers(tmp_path):
    source, net = trained(), Net()
    source.save(tmp_path / "net.safetensors")
    before = state_of(source)
    assert net.load(tmp_path / "net.safetensors") is net
    assert_same_bits(net.state_dict(), before)
    assert_same_bits(source.state_dict(), before)
    x = picture(2, 2, 4, 4)
    for a, b in zip(net.eval()(x), source.eval()(x), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize(
    "value",
    [
        np.array([[np.nan, np.inf, -np.inf], [-0.0, np.finfo(np.float32).tiny, 1e-45]], np.float32),
        np.asfortranarray(np.arange(54, dtype=np.float32).reshape(3, 2, 3, 3)),
        np.array(3.5, np.float32),
        np.array([3]),
    ],
    ids=["special numbers", "another memory order", "no axes", "integers"],
)
def test_any_numbers_in_any_memory_order_survive_a_file(tmp_path, value):
    class Holder(nn.Module):
        def __init__(self, value):
            self.value = Tensor(value, requires_grad=value.dtype.kind == "f")

    Holder(value).save(tmp_path / "w")
    for empty in (np.zeros_like(value, order="C"), np.zeros_like(value)):
        assert_same_bits(Holder(empty).load(tmp_path / "w").state_dict(), {"value": value})


def test_the_file_is_an_ordinary_safetensors_file(tmp_path):
    net = trained()
    net.save(tmp_path / "w")
    wanted, found = net.state_dict(), safetensors.numpy.load_file(tmp_path / "w")
    assert_same_bits({name: found[name] for name in wanted}, wanted)
    safetensors.numpy.save_file(wanted, tmp_path / "v")
    assert_same_bits(Net().load(tmp_path / "v").state_dict(), wanted)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("own", [np.float32, np.float64])
def test_a_file_of_another_precision_is_read_in_the_precision_of_the_model(tmp_path, kind, own):
    layer = nn.Linear(3, 2, rng=0, dtype=own)
    values = {name: (array + np.pi).astype(kind) for name, array in layer.state_dict().items()}
    safetensors.numpy.save_file(values, tmp_path / "w")
    layer.load(tmp_path / "w")
    for name, array in layer.state_dict().items():
        assert array.dtype == own
        np.testing.assert_array_equal(array, values[name].astype(own))


def test_a_shared_weight_is_saved_once_and_returns_to_both_layers(tmp_path):
    source, net = Tied(), Tied()
    source.a.weight.data[...] = 5
    source.save(tmp_path / "w")
    assert [*safetensors.numpy.load_file(tmp_path / "w")] == sorted(["a.weight", "a.bias", "b.bias"])
    net.load(tmp_path / "w")
    assert net.b.weight is net.a.weight
    np.testing.assert_array_equal(net.b.weight.numpy(), 5)


# ── state that does not fit ───────────────────────────────────────────────────────────────────────────────────────────


def two_layers():
    return nn.Sequential(a=nn.Linear(2, 3, rng=0), b=nn.Linear(3, 2, rng=1))


MISFITS = {
    "a shape that would broadcast": (
        lambda s: s | {"a.bias": np.zeros(1)}, ["  a.bias: the model has (3,), the state has (1,)"],
    ),
    "all at once": (
        lambda s: {"a.weight": s["a.weight"], "a.bias": np.zeros(4), "b.weight": s["b.weight"], "d": np.zeros(1)},
        [
            "  b.bias: the model has (2,), the state lacks it", "  a.bias: the model has (3,), the state has (4,)",
            "  d: the state has (1,), the model lacks it",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("is_file", [False, True], ids=["a state", "a file"])
@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_refused_by_name_with_both_sides_and_changes_nothing(tmp_path, name, is_file):
    (change, lines), net = MISFITS[name], two_layers()
    before, path = state_of(net), str(tmp_path / "other.safetensors")
    state = change({key: array + 1 for key, array in before.items()})
    safetensors.numpy.save_file(state, path)
    with pytest.raises(ValueError) as caught:
        net.load(path) if is_file else net.load_state_dict(state)
    called, source = ("load", path) if is_file else ("load_state_dict", "the state")
    head, *found = str(caught.value).splitlines()
    assert head == f"{called}: {source} does not fit the model, which is left unchanged:"
    assert (sorted if is_file else list)(found) == (sorted if is_file else list)(
        [line.replace("the state", source) for line in lines]
    )
    assert_same_bits(net.state_dict(), before)


def test_a_long_list_of_differences_is_cut_short():
    net = nn.Sequential(*[nn.Linear(1, 1, rng=0) for _ in range(15)])
    with pytest.raises(ValueError) as caught:
        net.load_state_dict({})
    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 10 more"


# ── files that are damaged ────────────────────────────────────────────────────────────────────────────────────────────


def damaged_files():
    whole = safetensors.numpy.save(two_layers().state_dict())
    header = 8 + int.from_bytes(whole[:8], "little")
    return {
        "empty": b"",
        "half a length": whole[:5],
        "a length alone": whole[:8],
        "half a header": whole[: header // 2],
        "a header alone": whole[:header],
        "one byte short": whole[:-1],
        "one byte long": whole + b"\0",
        "text": b"This is a letter, not a file of weights.\n" * 20,
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "zeros": bytes(1000),
        "a header that is no JSON": whole[:8] + b"x" + whole[9:],
        "an unknown dtype": whole.replace(b'"F32"', b'"Q32"', 1),
        "a length beyond the file": (10**6).to_bytes(8, "little") + whole[8:],
    }


@pytest.mark.parametrize("name", damaged_files())
def test_a_damaged_file_is_refused_by_name_and_changes_nothing(tmp_path, name):
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(damaged_files()[name])
    net = two_layers()
    before = state_of(net)
    with pytest.raises(ValueError) as caught:
        net.load(path)
    assert str(caught.value).startswith(f"load: {path} is not a whole safetensors file: ")
    assert_same_bits(net.state_dict(), before)


def test_a_changed_bit_anywhere_in_the_header_is_noticed(tmp_path):
    path, net = tmp_path / "w", two_layers()
    whole = safetensors.numpy.save(net.state_dict())
    before = state_of(net)
    for place in range(8 + int.from_bytes(whole[:8], "little")):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=re.escape(str(path))):
            net.load(path)
        assert_same_bits(net.state_dict(), before)


def test_a_file_of_numbers_that_numpy_lacks_is_refused_by_name(tmp_path):
    header = json.dumps({"weight": {"dtype": "F8_E8M0", "shape": [1, 2], "data_offsets": [0, 2]}}).encode()
    (path := tmp_path / "powers.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(2))
    with pytest.raises(
        ValueError, match=r"powers\.safetensors .*'weight' holds numbers of kind F8_E8M0, which NumPy lac"
    ):
        nn.Linear(2, 1, bias=False).load(path)


# ── saving is all or nothing ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
@pytest.mark.parametrize("failure", [OSError("no space left on device"), KeyboardInterrupt()], ids=["full", "stopped"])
@pytest.mark.parametrize("old", [True, False], ids=["over an old file", "where there was none"])
def test_a_save_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, step, failure, old):
    path = tmp_path / "net.safetensors"
    if old:
        two_layers().save(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    net = two_layers()
    net.a.weight.data[...] = 9

    def fail(*_):
        raise failure

    with monkeypatch.context() as patched:
        patched.setattr(os, step, fail)
        with pytest.raises(type(failure)):
            net.save(path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    net.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["net.safetensors"]
    assert_same_bits(two_layers().load(path).state_dict(), net.state_dict())


# ── VGG ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("config", "count", "weighted"),
    [("report", 68_293_610, 13), ("vgg11", 132_863_336, 11), ("vgg13", 133_047_848, 13), ("vgg16", 138_357_544, 16),
     ("vgg19", 143_667_240, 19)],
)  # fmt: skip
def test_a_named_vgg_has_the_published_number_of_parameters_and_layers(config, count, weighted):
    net = nn.VGG(config, init=nn.zeros)
    assert sum(p.size for p in net.parameters()) == count
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for _, module in net.named_modules()) == weighted


def small(line="4x2 M 6 M | 10 3", **options):
    return nn.VGG(line, input_shape=(2, 8, 8), rng=0, **options)


def test_layers_of_a_vgg_are_called_by_block_and_number():
    features = ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1", "relu2_1", "pool2"]
    classifier = ["flatten", "fc1", "relu1", "drop1", "fc2"]
    parts = [("features", features), ("classifier", classifier)]
    assert paths(small()) == ["", *(path for part, names in parts for path in (part, *(f"{part}.{n}" for n in names)))]


@pytest.mark.parametrize(
    ("line", "shapes"),
    [
        ("4 | 3", [(4, 2, 3, 3), (3, 4 * 64)]),
        ("4 M | 3", [(4, 2, 3, 3), (3, 4 * 16)]),
        ("4 M 6 | 3", [(4, 2, 3, 3), (6, 4, 3, 3), (3, 6 * 16)]),
        ("4x2 6 M|7  3", [(4, 2, 3, 3), (4, 4, 3, 3), (6, 4, 3, 3), (7, 6 * 16), (3, 7)]),
        ("4x1 M 5 M 6 M | 3", [(4, 2, 3, 3), (5, 4, 3, 3), (6, 5, 3, 3), (3, 6)]),
    ],
)
def test_a_vgg_is_what_its_line_says(line, shapes):
    net = small(line)
    weights = [p.shape for name, p in net.named_parameters() if name.endswith("weight")]
    assert weights == shapes
    assert net(picture(2, 2, 8, 8)).shape == (2, 3)


def test_odd_sizes_are_rounded_down_by_each_pooling_and_the_number_of_classes_can_be_replaced():
    net = nn.VGG("2 M 2 M | 3", input_shape=(1, 11, 7), rng=0)
    assert net.classifier.fc1.weight.shape == (3, 2 * 2 * 1)
    assert net(picture(1, 1, 11, 7)).shape == (1, 3)
    assert small(num_classes=5).classifier.fc2.weight.shape == (5, 10)
    assert small("4 | 3", num_classes=5).classifier.fc1.weight.shape == (5, 256)


def test_batch_normalisation_stands_before_a_relu_and_dropout_after_each_hidden_linear_layer():
    net = small("4x2 M | 10 9 3", batch_norm=True, dropout=0.25)
    assert [*net.features.layers] == ["conv1_1", "bn1_1", "relu1_1", "conv1_2", "bn1_2", "relu1_2", "pool1"]
    assert net.features.bn1_2.weight.shape == (4,)
    drops = [(path, module.p) for path, module in net.named_modules() if isinstance(module, nn.Dropout)]
    assert drops == [("classifier.drop1", 0.25), ("classifier.drop2", 0.25)]


def test_a_vgg_repeats_for_a_seed_and_takes_dtype_and_initialiser():
    assert_same_bits(small().state_dict(), small().state_dict())
    net = small(dtype=np.float64, init=nn.zeros, batch_norm=True)
    for made, dtype in ((small(), np.float32), (net, np.float64)):
        assert {array.dtype for array in made.state_dict().values()} == {np.dtype(dtype)}
    assert not net.features.conv1_1.weight.numpy().any()


UNREADABLE = """
8 ; 8 M ; | 3 ; 8 | ; 8 | 2 | 3 ; M 8 | 2 ; 8 M M | 2 ; 8 K | 2 ; 8 m | 2 ; vgg17 ; 8xx2 | 2 ; x2 | 2 ; 8x0 | 2
8 8x0 | 2 ; 8x-1 8 | 2 ; 0 | 2 ; -8 | 2 ; 8.5 | 2 ; 8 | 0 ; 8 | -1 ; 8 | two
"""


@every("line", ["", *re.split(r" ; |\n", UNREADABLE.strip())])
def test_a_line_that_cannot_be_read_is_shown_with_an_example_and_the_names(line):
    with pytest.raises(ValueError) as caught:
        small(line)
    assert str(caught.value) == (
        f"VGG: cannot read {line!r}; a line looks like '8x2 M 16 M | 100 10', "
        "and names are report, vgg11, vgg13, vgg16, vgg19"
    )


# ── initialisers ──────────────────────────────────────────────────────────────────────────────────────────────────────

INITIALISERS = {
    # name: (initialiser, the variance it promises from fan_in and fan_out, fourth moment / variance²)
    "he_normal": (nn.he_normal, lambda i, o: 2 / i, 3),
    "he_uniform": (nn.he_uniform, lambda i, o: 2 / i, 9 / 5),
    "xavier_normal": (nn.xavier_normal, lambda i, o: 2 / (i + o), 3),
    "xavier_uniform": (nn.xavier_uniform, lambda i, o: 2 / (i + o), 9 / 5),
    "normal": (nn.normal, lambda i, o: 1 / i, 3),
}
SHAPES = {"linear": ((300, 200), 200, 300), "convolution": ((100, 70, 3, 2), 70 * 6, 100 * 6)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_has_the_mean_variance_and_form_it_promises(name, shape):
    init, promised, kurtosis = INITIALISERS[name]
    size, fan_in, fan_out = SHAPES[shape]
    w = init(size, np.random.default_rng(0), np.float64)
    variance = promised(fan_in, fan_out)
    # five standard deviations of a sample's mean, variance and (for these two forms, generously) kurtosis
    assert abs(w.mean()) < 5 * np.sqrt(variance / w.size)
    assert abs(w.var() / variance - 1) < 5 * np.sqrt((kurtosis - 1) / w.size)
    assert abs((w**4).mean() / variance**2 - kurtosis) < 5 * np.sqrt(96 / w.size)


def test_uniform_weights_stay_inside_their_bound_and_the_deviation_of_normal_can_be_given():
    w, bound = nn.he_uniform((300, 200), np.random.default_rng(0), np.float64), np.sqrt(6 / 200)
    assert bound * 0.999 < w.max() < bound
    assert -bound < w.min() < -bound * 0.999
    w = nn.normal((300, 200), np.random.default_rng(0), np.float64, std=0.01)
    assert abs(w.std() / 0.01 - 1) < 5 / np.sqrt(2 * w.size)


@every("dtype", [np.float32, np.float64])
@every("init", [*(entry[0] for entry in INITIALISERS.values()), nn.zeros])
def test_an_initialiser_has_the_dtype_it_is_asked_for_and_repeats_for_a_seed(init, dtype):
    first, second = (init((4, 5), np.random.default_rng(3), dtype) for _ in range(2))
    assert first.dtype == dtype
    assert first.shape == (4, 5)
    np.testing.assert_array_equal(first, second)
    assert init((4, 5), np.random.default_rng(3)).dtype == np.float32
    if init is nn.zeros:
        assert not first.any()
    else:
        assert (first != init((4, 5), np.random.default_rng(4), dtype)).any()


def test_a_layer_takes_any_function_as_its_initialiser():
    layer = nn.Conv2d(2, 3, 3, init=lambda shape, rng, dtype: np.full(shape, 0.5, dtype))
    np.testing.assert_array_equal(layer.weight.numpy(), np.full((3, 2, 3, 3), 0.5))
    assert layer.weight.dtype == np.float32
