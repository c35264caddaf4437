"""`to_onnx`: what functions and nets compute, in ONNX Runtime to equal numbers, under their own names."""

import json
from itertools import groupby

import numpy as np
import onnx
import pytest
from cases import every
from nets_by_name import CLASSES, NARROW, data, shaken
from onnx_rows import ran, share, told
from rows import TABLE

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, Tensor
from autograd_mini.onnx.writing import file
from autograd_mini.onnx.writing.graph import RULES
from autograd_mini.onnx.writing.unwritten import UNWRITTEN
from autograd_mini.program.calls import flat

RNG = np.random.default_rng(0)


def close(ours, theirs, rtol=1e-4):
    ours = ours.numpy()
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_allclose(theirs, ours, rtol=rtol, atol=rtol * np.abs(ours).max())


def written(net, *inputs, **how):
    return ag.to_onnx(net, inputs, **how)


# ── operations ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_row_of_every_operation_is_equal_in_onnx_runtime_or_refused_by_a_listed_name(capsys):
    firsts = [next(rows) for _, rows in groupby(TABLE, key=lambda row: row.name)]
    counts, refused = share(firsts, 21)
    with capsys.disabled():
        print(f"\n{told(counts)}")
    assert set(refused) <= set(UNWRITTEN) | {"cast", "add_along_axis", "digitize", "pool", "pool_at", "unpool"}
    assert counts["equal"] > 3 * counts["refused"]


@pytest.mark.parametrize("opset", [17, 23])
def test_older_and_newer_versions_of_the_operators_do(opset):
    counts, _ = share(TABLE[::23], opset)
    assert counts["equal"] > 3 * counts["refused"]


def test_every_primitive_has_a_rule_or_a_reason_and_none_has_both():
    ours = {name for name, op in PRIMITIVES.items() if op.__module__.startswith("autograd_mini")}
    assert ours - {*RULES} - {*UNWRITTEN} == set()
    assert {*RULES} & {*UNWRITTEN} == set()
    assert ({*RULES} | {*UNWRITTEN}) - ours == set()


# ── nets ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def narrow(name):
    make, _, (size, _) = NARROW[name]
    net = shaken(make(size, num_classes=CLASSES, init=nn.zeros, dtype=np.float32)).eval()
    x, _ = data(net, size)
    return net, x if x.dtype.kind == "i" else x.astype(np.float32)


@every("name", NARROW)
def test_nets_by_name_are_equal_in_onnx_runtime_for_any_batch(name):
    net, x = narrow(name)
    model = written(net, x, dynamic_batch=True)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    for many in (x, np.concatenate([x, x[:1], x])):
        close(net(many), ran(model, many)[0])


@every("name", NARROW)
def test_a_nets_initializers_are_its_state_dict_and_its_nodes_are_called_after_its_modules(name):
    net, x = narrow(name)
    model = written(net, x)
    held = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    state = net.state_dict()
    for path, array in state.items():
        if not path.endswith("num_batches_tracked"):
            np.testing.assert_array_equal(held[path], array, err_msg=path)
    paths = {path for path, _ in net.named_modules()}
    for node in model.graph.node:
        path = node.name.strip("/").rpartition("/")[0].replace("/", ".")
        assert path in paths, node.name


@every("name", NARROW)
def test_nets_by_name_come_back_with_equal_outputs_and_gradients(name, tmp_path):
    net, x = narrow(name)
    ag.to_onnx(net, x, tmp_path / "net.onnx", dynamic_batch=True)
    back = nn.from_onnx(tmp_path / "net.onnx").eval()
    pair = [Tensor(x, requires_grad=x.dtype.kind == "f") for _ in range(2)]
    outputs = [one(y) for one, y in zip((net, back), pair, strict=True)]
    weights = np.random.default_rng(1).standard_normal(outputs[0].shape).astype(np.float32)
    for y in outputs:
        (y * weights).sum().backward()
    close(outputs[0], outputs[1].numpy())
    if x.dtype.kind == "f":
        close(pair[0].grad, pair[1].grad.numpy(), 1e-3)
    theirs = {tensor.numpy().tobytes(): tensor.grad for tensor in back.parameters()}  # names may be others
    for tensor in net.parameters():
        close(tensor.grad, theirs[tensor.numpy().tobytes()].numpy(), 1e-3)


def test_a_residual_block_is_read_as_such():
    net = nn.ResNet((1, 1, 1, 1), channels=4, num_classes=3, rng=0)
    model = written(net, RNG.standard_normal((1, 3, 32, 32)).astype(np.float32))
    block = [node for node in model.graph.node if node.name.startswith("/layer2/0/")]
    assert [node.op_type for node in block] == [
        "Conv", "BatchNormalization", "Relu", "Conv", "BatchNormalization", "Conv", "BatchNormalization", "Add", "Relu"
    ]  # fmt: skip
    assert block[0].name == "/layer2/0/conv1/Conv"
    assert block[0].input[1] == "layer2.0.conv1.weight"
    assert block[0].output[0] == "/layer2/0/conv1/Conv_output_0"


def test_a_module_is_written_in_evaluation_mode_and_stays_in_its_own():
    net = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5, rng=0)).train()
    x = np.ones((2, 3), np.float32)
    before = {key: value.copy() for key, value in net.state_dict().items()}
    model = written(net, x)
    assert net.training
    assert net[1].training
    assert all(np.array_equal(before[key], value) for key, value in net.state_dict().items())
    close(net.eval()(x), ran(model, x)[0])


@every("make", {
    "LSTM": lambda: nn.LSTM(3, 4, 2, bidirectional=True, rng=0), "GRU": lambda: nn.GRU(3, 4, 2, rng=0),
    "RNN": lambda: nn.RNN(3, 4, nonlinearity="relu", batch_first=True, rng=0),
}.values(), ids=["LSTM", "GRU", "RNN"])  # fmt: skip
def test_recurrent_layers_are_onnx_own(make):
    net, x = make(), RNG.standard_normal((5, 2, 3)).astype(np.float32)
    model = written(net, x)
    assert type(net).__name__ in {node.op_type for node in model.graph.node}
    for ours, theirs in zip(flat(net(x)), ran(model, x), strict=True):
        close(ours, theirs)


@every("make", {
    "LSTM": lambda: nn.LSTM(8, 4, batch_first=True, rng=0),
    "GRU": lambda: nn.GRU(8, 4, 2, batch_first=True, bidirectional=True, rng=0),
    "attention": lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=0),
}.values(), ids=["LSTM", "GRU", "attention"])  # fmt: skip
def test_sequences_come_in_batches_of_any_length(make):
    net = make().eval()
    model = written(net, RNG.standard_normal((2, 5, 8)).astype(np.float32), dynamic_batch=True)
    x = RNG.standard_normal((7, 5, 8)).astype(np.float32)
    for ours, theirs in zip(flat(net(Tensor(x))), ran(model, x), strict=True):
        close(ours, theirs)


def test_pools_and_their_inverse_are_equal():
    def function(x):
        y, places = ag.max_pool2d(x, kernel_size=2, return_indices=True)
        return ag.max_unpool2d(y * 2, places, kernel_size=2)

    x = RNG.permutation(64).reshape(1, 1, 8, 8).astype(np.float32)
    close(function(Tensor(x)), ran(written(function, x), x)[0])


def test_the_backward_pass_is_a_program_that_can_be_written_too():
    w = Tensor(RNG.standard_normal((3, 4)).astype(np.float32), requires_grad=True, name="w")
    back = ag.trace(lambda x: ag.relu(x @ w).sum(), np.ones((2, 3), np.float32)).vjp()
    x, one = RNG.standard_normal((2, 3)).astype(np.float32), np.float32(1)
    model = ag.to_onnx(lambda x, g: back(x, g)[0][0], (x, one))
    close(back(x, one)[0][0], ran(model, x, np.asarray(one))[0])


# ── names, metadata, files ────────────────────────────────────────────────────────────────────────────────────────────


def test_names_are_those_given_those_of_tensors_and_of_parameters():
    function = lambda image, mask: {"a": ag.exp(image).named("shine"), "b": (image * mask, image)}
    x = np.ones((1, 2), np.float32)
    model = written(function, x, x)
    assert [put.name for put in model.graph.input] == ["image", "mask"]
    assert [out.name for out in model.graph.output] == ["shine", "output_1", "output_2"]
    model = written(function, x, x, input_names=["u", "v"], output_names=["p", "q", "r"])
    assert [put.name for put in model.graph.input] == ["u", "v"]
    assert [out.name for out in model.graph.output] == ["p", "q", "r"]


def test_metadata_stands_in_the_file_and_so_does_what_a_net_sees(tmp_path):
    net = nn.SqueezeNet(num_classes=2, rng=0)
    ag.to_onnx(net, np.zeros((1, 3, 64, 64), np.float32), tmp_path / "net.onnx", metadata={"classes": ["cat", "dog"]})
    held = {prop.key: prop.value for prop in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert json.loads(held["classes"]) == ["cat", "dog"]
    assert nn.Preprocessing.of_note(held["preprocess"]) == net.preprocess


def test_weights_beyond_the_formats_limit_stand_in_a_file_beside_it(tmp_path, monkeypatch):
    import onnxruntime

    monkeypatch.setattr(file, "LARGEST", 100)
    net, x, path = nn.Linear(20, 3, rng=0), np.ones((1, 20), np.float32), tmp_path / "net.onnx"
    for _ in range(2):  # the first one's weights go with it
        ag.to_onnx(net, x, path)
        assert len([*tmp_path.iterdir()]) == 2
    onnx.checker.check_model(str(path), full_check=True)
    close(net(x), onnxruntime.InferenceSession(str(path)).run(None, {"x": x})[0])


def test_a_file_that_is_there_stays_whole_when_the_function_is_refused(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"before")
    with pytest.raises(ValueError, match="svd"):
        ag.to_onnx(lambda x: ag.linalg.svd(x)[1], np.eye(2, dtype=np.float32), path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("net.onnx", b"before")]


# ── batches ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lengths_that_grow_with_the_batch_are_computed():
    def function(x):
        n = x.shape[0]
        y = ag.concatenate([x, np.zeros((n, 1), np.float32)], 1).reshape((n * 2, 2))
        return y[1:] * n, x.mean(), ag.broadcast_to(x[:1], x.shape), x.reshape((-1,))

    x = RNG.standard_normal((2, 3)).astype(np.float32)
    model = written(function, x, dynamic_batch=True)
    for n in (1, 2, 7):
        x = RNG.standard_normal((n, 3)).astype(np.float32)
        for ours, theirs in zip(function(Tensor(x)), ran(model, x), strict=True):
            close(ours, theirs)


@every("function, words", {
    "a square of the batch": (lambda x: ag.broadcast_to(x.sum(), (x.shape[0] ** 2,)), "for a batch of 2"),
    "other steps": (lambda x: x if x.shape[0] == 2 else ag.exp(x), "fix its length"),
    "another constant": (lambda x: x * np.sqrt(x.shape[0]), "another constant for a batch of 2"),
}.values(), ids=["square", "steps", "constant"])  # fmt: skip
def test_what_depends_on_the_batch_otherwise_is_refused(function, words):
    with pytest.raises(ValueError, match=words):
        written(function, np.ones((2, 3), np.float32), dynamic_batch=True)
