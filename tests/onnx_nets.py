"""The nine reference nets of the package `onnx`, whole: `make onnx` (python -m tests.onnx_nets [names]).

Each gives the outputs recorded with it, and is then filled with random weights, drawn, folded, summarised, saved and
loaded, checked in its gradients, and projected back to the pixels.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

import autograd_mini as ag
import nn
import vis

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
NETS = ("bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19",
        "zfnet512")  # fmt: skip


def read(name):
    """The net, and the outputs that the package recorded for the input that its tests give."""
    net = nn.from_onnx(FOLDER / f"light_{name}.onnx")
    found = onnx.TensorProto.FromString((FOLDER / f"light_{name}_output_0.pb").read_bytes())
    shape = net.file.graph.inputs[0].shape
    x = (np.arange(np.prod(shape), dtype=np.float64).reshape(shape) / np.prod(shape)).astype(np.float32)
    return net, x, numpy_helper.to_array(found)


def filled(net, seed=0):
    """The net with weights drawn at random: those of the files are one number everywhere."""
    rng = np.random.default_rng(seed)
    for parameter in net.parameters():
        shape = parameter.shape
        drawn = rng.standard_normal(shape, np.float32)
        parameter.data[...] = drawn * np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 1 + drawn / 10
    for name, tensor, is_buffer in net.named_tensors():
        if is_buffer and name.endswith(("running_mean", "running_var")):
            tensor.data[...] = rng.uniform(0.5, 1.5, tensor.shape)
    return net


def unsaturated(net, x):
    """The net with its last weights made smaller, until no class has all the probability: its gradients would be 0."""
    last = [parameter for parameter in net.parameters() if parameter.ndim > 1][-1]
    for _ in range(40):
        y = net(x).numpy().reshape(len(x), -1)
        if y.max() < 0.9 or not np.allclose(y.sum(axis=1), 1):
            return net
        last.data[...] /= 4
    raise AssertionError("one class keeps all the probability")


def exported_again(net, x, path):
    """What ONNX Runtime gives for the net written to a file; None where nothing writes nets."""
    if not hasattr(ag, "to_onnx"):
        return None
    import onnxruntime

    ag.to_onnx(net, x, path=path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def tried(name, parts=3):
    """Everything that is tried of one net; parts: of how many parameters the gradient is checked."""
    net, x, wanted = read(name)
    found = net(x).numpy()
    assert found.shape == wanted.shape, f"{found.shape} is not {wanted.shape}"
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-7)
    y = unsaturated(filled(net), x)(x)
    assert y.numpy().std() > 0
    before = y.numpy().copy()
    assert len(ag.to_graphviz(y).source) > 1000
    assert "multiply-adds" in str(net.summary(x))
    scale = np.abs(before).max()
    np.testing.assert_allclose(nn.folded(net, x)(x).numpy(), before, rtol=1e-3, atol=1e-4 * scale)
    with tempfile.TemporaryDirectory() as folder:
        again = exported_again(net, x, Path(folder) / "net.onnx")
        if again is not None:
            np.testing.assert_allclose(again.reshape(before.shape), before, rtol=1e-3, atol=1e-4 * scale)
        if sum(parameter.size for parameter in net.parameters()) < 3e7:
            net.save(Path(folder) / "net.safetensors")
            other = filled(nn.from_onnx(FOLDER / f"light_{name}.onnx"), seed=1).load(Path(folder) / "net.safetensors")
            np.testing.assert_array_equal(other(x).numpy(), before)
    layers = [path for path, part in net.named_modules() if isinstance(part, nn.ReLU)]
    pictures = vis.project(net, x, layers[2])
    assert pictures.shape == x.shape
    assert np.abs(pictures).max() > 0
    return gradients(net, x, parts)


def gradients(net, x, parts):
    """The gradient check of a few parameters, the last of which is the first layer's, in projected mode."""
    named = {name: tensor for name, tensor in net.named_parameters() if tensor.size < 100_000}
    chosen = {name: named[name] for name in [*named][:: -max(len(named) // parts, 1)][: parts - 1] + [*named][:1]}
    given = [ag.Tensor(tensor.numpy().astype(np.float64), requires_grad=True) for tensor in chosen.values()]
    double = net.double()

    def logits(*values):
        return nn.functional_call(double, dict(zip(chosen, values, strict=True)), x.astype(np.float64))

    y = logits(*given)
    asked = ag.grad(y, given, np.random.default_rng(0).standard_normal(y.shape))
    assert all(np.abs(g.numpy()).max() > 0 for g in asked), "there is no gradient to check"
    return ag.gradcheck(logits, given, mode="projected", projections=1)


def main(names):
    """Try nets by name, all by default."""
    for name in names or NETS:
        begun = time.perf_counter()
        report = tried(name)
        print(f"{name:13} {time.perf_counter() - begun:6.1f} s  {report}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
