"""Nets out of ONNX files: names, weights, modes, drawings, gradients; and what is refused, in which words."""

import copy
import os
import pickle

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper, numpy_helper  # noqa: E402

import autograd_mini as ag  # noqa: E402
import nn  # noqa: E402
import vis  # noqa: E402
from autograd_mini import Tensor  # noqa: E402
from autograd_mini.onnx.reading.operators import OPERATORS  # noqa: E402
from tests import onnx_nets  # noqa: E402
from tests.onnx_files import conv_net, model, value  # noqa: E402

X = np.random.default_rng(1).standard_normal((2, 3, 8, 8)).astype(np.float32)


def net():
    return nn.from_onnx(conv_net(), rng=0)


def runtime(octets, *inputs):
    """What ONNX Runtime gives."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(octets, providers=["CPUExecutionProvider"])
    return session.run(None, {one.name: x for one, x in zip(session.get_inputs(), inputs, strict=True)})


# ── a module ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_parts_and_tensors_have_the_names_of_the_file():
    found = net()
    paths = [name for name, _ in found.named_modules() if name]
    assert paths == [
        "layer1",
        "layer1.0",
        "layer1.0.conv",
        "layer1.0.bn",
        "layer1.0.relu",
        "pool",
        "drop",
        "Flatten",
        "fc",
    ]
    assert [name for name, _ in found.named_parameters()] == [
        "layer1.0.conv.weight", "layer1.0.conv.bias", "layer1.0.bn.weight", "layer1.0.bn.bias", "fc.weight", "fc.bias",
    ]  # fmt: skip
    assert {"layer1.0.bn.running_mean", "layer1.0.bn.running_var"} <= set(found.state_dict())
    assert isinstance(found.layer1["0"].conv, nn.Conv2d)
    assert found["layer1"][0].bn is found.layer1["0"].bn
    assert found.input_shape == (3, 8, 8)


def test_it_gives_what_onnx_runtime_gives_and_batches_of_any_size():
    for x in (X, X[:1]):
        np.testing.assert_allclose(net()(x).numpy(), runtime(conv_net(), x)[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(net()(x=X).numpy(), net()(X).numpy())


def test_modes_change_dropout_and_batch_norm_and_nothing_else():
    found = net()
    assert not found.training
    quiet = found(X).numpy()
    before = found.layer1["0"].bn.running_mean.numpy().copy()
    loud = found.train()(X).numpy()
    assert np.abs(loud - quiet).max() > 0.1
    assert np.abs(found.layer1["0"].bn.running_mean.numpy() - before).max() > 0.01


def test_it_is_saved_loaded_copied_pickled_and_trained(tmp_path):
    found = net()
    wanted = found(X).numpy().copy()
    found.save(tmp_path / "net.safetensors")
    for other in (copy.deepcopy(found), pickle.loads(pickle.dumps(found)), found.copy()):
        for parameter in other.parameters():
            parameter.data[...] = 0
        assert np.abs(other(X).numpy() - wanted).max() > 0.1
        np.testing.assert_array_equal(other.load(tmp_path / "net.safetensors")(X).numpy(), wanted)
    labels = np.array([0, 3])
    learner = nn.Learner(found, nn.cross_entropy, nn.SGD(found.parameters(), lr=0.05))
    losses = [float(learner.step(X, labels)[0]) for _ in range(12)]
    assert losses[-1] < 0.7 * losses[0]


def test_it_is_folded_summarised_drawn_and_traced():
    found = net()
    folded = nn.folded(found, X)
    assert type(folded.layer1["0"].conv) is nn.Sequential
    assert type(folded.layer1["0"].bn) is nn.Identity
    np.testing.assert_allclose(folded(X).numpy(), found(X).numpy(), rtol=1e-4, atol=1e-5)
    text = str(found.summary())
    assert "layer1" in text
    assert "input: (1, 3, 8, 8) float32" in text
    source = ag.to_graphviz(found(X)).source
    assert 'label="layer1' in source or "layer1" in source
    assert "conv2d" in source
    program = ag.trace(found, X)
    np.testing.assert_array_equal(program(X).numpy(), found(X).numpy())


def test_its_gradients_are_right_and_units_are_projected_to_the_pixels():
    found = net()
    assert len(nn.gradcheck(found.double(), X.astype(np.float64), projections=1).inputs) == 6
    found = net()
    for rules in (vis.DECONVNET, vis.GRADIENT):
        pictures = vis.project(found, X, "layer1.0.relu", rules=rules)
        assert pictures.shape == X.shape
        assert np.abs(pictures).max() > 0
    assert vis.receptive_field(found, X[:1], "pool", (1, 1))


def test_what_is_fused_has_the_bits_of_what_is_not():
    found, seen = net(), []
    rng = np.random.default_rng(0)
    nodes = [("Conv", ["x", "w"], ["a"]), ("Relu", ["a"], ["y"])]
    octets = model(nodes, [value("x", [1, 2, 5, 5])], [value("y", None)],
                   {"w": rng.standard_normal((3, 2, 3, 3)).astype(np.float32)})  # fmt: skip
    small, x = nn.from_onnx(octets), rng.standard_normal((1, 2, 5, 5)).astype(np.float32)
    y = small(x)
    small[next(iter(small))].register_forward_hook(lambda *_: seen.append(1))
    np.testing.assert_array_equal(small(x).numpy(), y.numpy())
    assert seen
    assert found.extra_repr() == "the given bytes: x → y"


def test_a_layer_that_is_called_twice_is_one_layer():
    array = np.random.default_rng(0).standard_normal((2, 2, 3, 3)).astype(np.float32)
    how = {"pads": [1, 1, 1, 1]}
    nodes = [("Conv", ["x", "conv.weight"], ["a"], how), ("Conv", ["a", "conv.weight"], ["y"], how)]
    octets = model(nodes, [value("x", [1, 2, 4, 4])], [value("y", None)], {"conv.weight": array})
    found, x = nn.from_onnx(octets), np.ones((1, 2, 4, 4), np.float32)
    assert [name for name, _ in found.named_parameters()] == ["conv.weight"]
    np.testing.assert_allclose(found(x).numpy(), runtime(octets, x)[0], rtol=1e-4, atol=1e-5)


def test_tied_weights_of_two_operators_are_one_parameter():
    array = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    nodes = [
        ("Gather", ["emb.weight", "i"], ["a"]),
        ("Transpose", ["emb.weight"], ["t"]),
        ("MatMul", ["a", "t"], ["y"]),
    ]
    octets = model(nodes, [value("i", ["N"], 7)], [value("y", None)], {"emb.weight": array})
    found, i = nn.from_onnx(octets), np.array([4, 0])
    assert [name for name, _ in found.named_parameters()] == ["emb.weight"]
    np.testing.assert_allclose(found(i).numpy(), array[i] @ array.T, rtol=1e-5)
    found(i).sum().backward()
    assert np.abs(np.asarray(found.parameters()[0].grad)).min() > 0


def test_settings_and_integers_are_buffers_and_statistics_are_not_trained():
    nodes = [("Clip", ["x", "low", "high"], ["a"]), ("Mul", ["a", "scale"], ["b"]), ("Reshape", ["b", "shape"], ["y"])]
    arrays = {
        "low": np.float32(-1),
        "high": np.float32(1),
        "scale": np.ones((2, 1), np.float32),
        "shape": np.array([6]),
    }
    found = nn.from_onnx(
        model(nodes, [value("x", [2, 3])], [value("y", None)], {k: np.asarray(v) for k, v in arrays.items()})
    )
    assert len(found.parameters()) == 1
    assert len(found.state_dict()) == 4
    np.testing.assert_array_equal(found(np.full((2, 3), 3, np.float32)).numpy(), np.ones(6))


def test_control_flow_functions_and_operators_of_ones_own_carry_gradients():
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Mul", ["s", "w"], ["s2"])], "body",
        [value("i", [], 7), value("go", [], 9), value("s", None)], [value("on", [], 9), value("s2", None)],
    )  # fmt: skip
    twice = helper.make_function(
        "my.own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    nodes = [
        helper.make_node("Loop", ["n", "", "x"], ["a"], body=body),
        helper.make_node("Twice", ["a"], ["b"], domain="my.own"),
        helper.make_node("Cube", ["b"], ["y"], domain="my.own"),
    ]  # fmt: skip
    arrays = {"n": np.array(3), "w": np.array([2.0, 3.0], np.float32)}
    octets = model(nodes, [value("x", [2])], [value("y", None)], arrays,
                   functions=[twice], domains=["my.own"])  # fmt: skip
    with pytest.raises(
        NotImplementedError, match=r"^the given bytes|from_onnx: the given bytes: .* my\.own\.Cube \(1×, first in 'y'\)"
    ):
        nn.from_onnx(octets)
    ag.onnx.implement("Cube", lambda x: x**3, domain="my.own")
    try:
        x = Tensor(np.array([1.0, 2.0], np.float32), requires_grad=True)
        y = nn.from_onnx(octets)(x)
    finally:
        del OPERATORS["my.own", "Cube"]
    np.testing.assert_allclose(y.numpy(), [16**3, 108**3], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(ag.grad(y.sum(), x).numpy()), [3 * 16**3, 3 * 54**3 * 4], rtol=1e-6)


@pytest.mark.parametrize("opset", [7, 8, 9, 10, 11, 12, 13, 15, 18, 21, 28])
def test_the_opset_says_what_an_operator_means(opset):
    found = nn.from_onnx(model([("Softmax", ["x"], ["y"])], [value("x", [2, 3, 4])], [value("y", None)], opset=opset))
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    axes = (2,) if opset >= 13 else (1, 2)
    wanted = np.exp(x) / np.exp(x).sum(axes, keepdims=True)
    np.testing.assert_allclose(np.asarray(found(x.astype(np.float32))), wanted, rtol=1e-5)


# ── the reference nets ────────────────────────────────────────────────────────────────────────────────────────────────


def test_squeezenet_of_the_package_does_everything_that_a_net_does():
    assert onnx_nets.tried("squeezenet", parts=2).inputs


@pytest.mark.parametrize("name", ["densenet121", "shufflenet"])
def test_reference_nets_give_the_outputs_recorded(name):
    found, x, wanted = onnx_nets.read(name)
    np.testing.assert_allclose(found(x).numpy(), wanted, rtol=1e-3, atol=1e-7)


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────


def external(location, **more):
    proto = onnx.ModelProto.FromString(conv_net())
    tensor = proto.graph.initializer[0]
    octets = tensor.raw_data
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, word in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=str(word))
    return proto.SerializeToString(), octets


def test_numbers_in_another_file_are_read_and_no_file_outside_the_folder(tmp_path):
    folder = tmp_path / "net"
    folder.mkdir()
    octets, weights = external("w.bin", offset=8, length=432)
    (folder / "net.onnx").write_bytes(octets)
    with pytest.raises(
        FileNotFoundError, match=r"net\.onnx: the array 'layer1\.0\.conv\.weight': .* 'w\.bin', which is not there"
    ):
        nn.from_onnx(folder / "net.onnx")
    (folder / "w.bin").write_bytes(b"\0" * 8 + weights)
    np.testing.assert_array_equal(nn.from_onnx(folder / "net.onnx")(X).numpy(), net()(X).numpy())
    (folder / "w.bin").write_bytes(weights)
    with pytest.raises(ValueError, match=r"its 432 bytes are said to be 432 from byte 8 of 'w\.bin', which has 432"):
        nn.from_onnx(folder / "net.onnx")
    (tmp_path / "w.bin").write_bytes(weights)
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    for place in ("../w.bin", str(tmp_path / "w.bin"), "link.bin", "", "x/../../w.bin"):
        (folder / "net.onnx").write_bytes(external(place)[0])
        with pytest.raises(
            ValueError, match=r"net\.onnx: the array 'layer1\.0\.conv\.weight': .* no file in the folder"
        ):
            nn.from_onnx(folder / "net.onnx")
    os.mkfifo(folder / "pipe")
    (folder / "net.onnx").write_bytes(external("pipe")[0])
    with pytest.raises(ValueError, match="is a pipe or a device, not a file"):
        nn.from_onnx(folder / "net.onnx")
    with pytest.raises(ValueError, match="it is not known in which folder that is"):
        nn.from_onnx(octets)


X1 = [value("x", [2])]
Y1 = [value("y", None)]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (model([("Neg", ["x"], ["y"])], X1, Y1, opset=6), "written for opset 6, and 7 is the oldest that is read"),
        (model([("Neg", ["x"], ["y"])], X1, Y1, opset=99), "written for opset 99, and 28 is the newest that is known"),
        (model([("Add", ["x", "b"], ["a"]), ("Neg", ["a"], ["b"])], X1, [value("b", None)]),
         r"node 'a' \(Add\) needs its own result, by way of 2 nodes in a circle|node 'b' \(Neg\) needs its own result"),
        (model([("Add", ["x", "z"], ["y"])], X1, Y1), r"node 'y' \(Add\) takes 'z', and nothing gives it"),
        (model([("Neg", ["x"], ["y"])], [value("x", [2], 8)], Y1),
         "the input 'x': dtype string is none that is read here"),
        (model([("Constant", [], ["y"], {"value": numpy_helper.from_array(np.array([b"a"], object))})], [], Y1),
         r"node 'y' \(Constant\): the array 'value': dtype string"),
        (model([("Neg", ["x"], ["abc"]), ("Neg", ["abc"], ["y"])], X1, Y1).replace(b"abc", b"\xff\xfe\xfd"),
         r"it is damaged: the name b'\\xff\\xfe\\xfd' is no text"),
        (model([("Neg", ["x"], [])], X1, Y1), r"node '' \(Neg\) gives nothing"),
        (b"", "this is no ONNX file; it has no graph"),
        (conv_net()[:-60], "this is no ONNX file"),
    ],
    ids=["opset", "new opset", "circle", "missing value", "dtype of an input", "dtype of a constant", "no text",
         "no result", "empty", "cut"],
)  # fmt: skip
def test_files_that_are_no_nets_are_refused_in_one_sentence(tmp_path, octets, words):
    (tmp_path / "net.onnx").write_bytes(octets)
    with pytest.raises(ValueError, match=rf"^from_onnx: .*net\.onnx: .*(?:{words})") as caught:
        nn.from_onnx(tmp_path / "net.onnx")
    assert "\n" not in str(caught.value)


def test_operators_that_are_missing_are_counted_and_named():
    octets = model(
        [("Neg", ["x"], ["a"]), ("Odd", ["a"], ["b"]), ("Odd", ["b"], ["c"]), ("Rare", ["c"], ["y"])], X1, Y1
    )
    with pytest.raises(NotImplementedError) as caught:
        nn.from_onnx(octets)
    assert str(caught.value) == (
        "from_onnx: the given bytes: of its operators these are not known: Odd (2×, first in 'b'), Rare (1×, first in "
        "'y'); ag.onnx.implement(name, function) adds one"
    )


def test_inputs_that_do_not_fit_are_refused_with_both_shapes():
    found = net()
    with pytest.raises(ValueError, match=r"the input 'x' of \(2, 3, 8, 9\) is not of the file's shape \(N, 3, 8, 8\)"):
        found(np.zeros((2, 3, 8, 9), np.float32))
    with pytest.raises(ValueError, match=r"the input 'x' of \(3, 8, 8\) is not of the file's shape"):
        found(np.zeros((3, 8, 8), np.float32))
    with pytest.raises(TypeError, match="the input 'x' is of float32, not of uint8"):
        found(np.zeros((2, 3, 8, 8), np.uint8))
    with pytest.raises(TypeError, match="the net takes x, not 2 inputs"):
        found(X, X)
    with pytest.raises(TypeError, match="the net takes x, not 0 inputs and z"):
        found(z=X)


def test_an_error_within_names_the_node_and_the_file(tmp_path):
    octets = model([("Neg", ["x"], ["a"]), ("MatMul", ["a", "w"], ["y"])], [value("x", ["N", "M"])], Y1,
                   {"w": np.ones((3, 2), np.float32)})  # fmt: skip
    (tmp_path / "net.onnx").write_bytes(octets)
    found = nn.from_onnx(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match=r"^from_onnx: .*net\.onnx: node 'y' \(MatMul\): matmul: .*\(2, 4\).*\(3, 2\)"):
        found(np.ones((2, 4), np.float32))


def test_what_is_no_path_and_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"from_onnx: there is no file '.*none\.onnx'"):
        ag.from_onnx(tmp_path / "none.onnx")
    with pytest.raises(TypeError, match="from_onnx: takes the path of a file or its bytes, not int"):
        ag.from_onnx(3)
    with pytest.raises(TypeError, match="implement: 'A' needs a function of its inputs, not int"):
        ag.onnx.implement("A", 3)
