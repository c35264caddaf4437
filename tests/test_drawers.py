"""The table of graph drawers: DOT texts read right, names and shapes counted strictly, each drawer in its process."""

import importlib.util

import numpy as np
import pytest
from cases import every

import nn
from autograd_mini import to_graphviz
from tests.drawings import __main__ as drawings
from tests.drawings import drawers
from tests.drawings.__main__ import CHAIN_HEADINGS, Process, Way, chain_cells, table
from tests.drawings.dot_text import Drawing, named, read, read_by_dot, shaped, shapes_in

EVERYTHING = r"""// a drawing of everything that drawers write
strict digraph "a name" {
	graph [rankdir=TB label=""]
	node [shape=box]; edge [fontsize=9]
	size="12,12" bgcolor=transparent
	free
	"with \"quotes\"" [label="line one\nline two, with \\ and \"words\"" shape=box]
	140497717077296 [label="features.0.weight
 (64, 3, 3, 3)" fillcolor=lightblue]
	subgraph cluster_outer {
		label="outer box" style=rounded
		inner_1 [label=<<TABLE><TR><TD>Conv2d<BR/>depth:2</TD><TD>a &lt; b</TD></TR></TABLE>>]
		subgraph cluster_inner {
			graph [label=inner]
			deep [label="deep -> \N"]
		}
	}
	free -> inner_1:port:n -> deep [label=" 1×64×7 float32 "]
	free -> inner_1 [label=" 1×64×7 float32 "]
	late -> "with \"quotes\"" [dir=none]
	/* a label may come
	after the edge */
	late [label=LATE]
}
"""


def in_order(drawing):
    """Nodes with the spaces of their labels as one, and edges in an order of their own."""
    nodes = {name: (" ".join(label.split()), boxes) for name, (label, boxes) in drawing.nodes.items()}
    return nodes, sorted(drawing.edges)


def test_every_node_label_box_and_edge_of_a_text_is_read():
    nodes, edges = in_order(read(EVERYTHING))
    assert nodes == {
        "free": ("free", ()),
        'with "quotes"': ('line one line two, with \\ and "words"', ()),
        "140497717077296": ("features.0.weight (64, 3, 3, 3)", ()),
        "inner_1": ("Conv2d depth:2 a < b", ("outer box",)),
        "deep": ("deep -> deep", ("outer box", "inner")),
        "late": ("LATE", ()),
    }
    assert edges == [
        ("free", "inner_1", " 1×64×7 float32 "),
        ("inner_1", "deep", " 1×64×7 float32 "),
        ("late", 'with "quotes"', ""),
    ]


def test_only_a_strict_graph_has_an_edge_once():
    text = "digraph { a -> b; a -> b; b -> a }"
    assert len(read(text).edges) == 3
    assert len(read(f"strict {text}").edges) == 2


def test_an_undirected_graph_and_nodes_in_two_boxes_are_read():
    drawing = read("graph G { subgraph cluster_a { label=A; x } x -- y; subgraph { y } { z } }")
    assert drawing == Drawing({"x": ("x", ("A",)), "y": ("y", ("",)), "z": ("z", ("",))}, [("x", "y", "")])


@pytest.mark.parametrize("text", ["digraph { a [label=<<b>open</b>] }", "digraph { a % b }", 'digraph { "open }'])
def test_what_is_no_dot_is_refused(text):
    with pytest.raises(ValueError, match=r"not (closed|DOT): "):
        read(text)


def small_net():
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), flat=nn.Flatten(), fc=nn.Linear(32, 3, rng=1))
    outer = nn.Sequential(body=net, head=nn.Linear(3, 2, rng=2))
    return outer, nn.cross_entropy(outer(np.ones((2, 1, 6, 6), np.float32)), np.array([0, 1]))


@pytest.mark.parametrize("text", [EVERYTHING, "ours"], ids=["by hand", "ours"])
def test_graphviz_reads_the_same(text):
    text = to_graphviz(small_net()[1], legend=True).source if text == "ours" else text
    by_dot = read_by_dot(text)
    if by_dot is None:
        pytest.skip("there is no `dot` program to compare with")
    assert in_order(by_dot) == in_order(read(text))


@every(
    ("label", "boxes", "count"),
    [
        ("features.0.weight\n (64, 3, 3, 3)", (), 1),  # a parameter's whole name
        ("conv2d\nfeatures.0", (), 1),
        ("features\n13 conv2d", (), 1),
        ("conv2d\nconv1", ("features",), 1),  # whole together with its box
        ("conv2d\nconv1", ("a net", "features\n2 layers", "not a name"), 1),
        ("add\nconv1", ("blocks", "0"), 1),  # … or with several
        ("conv2d\nconv1", (), 0),  # which one?
        ("conv2d\nconv1", ("Sequential",), 0),
        ("weight\n (64, 3, 3, 3)", (), 0),
        ("ConvolutionBackward0", (), 0),
        ("Conv2d depth:2", ("features",), 0),
        ("features.conv10", (), 0),  # another name, though it begins alike
        ("my.features.conv1", (), 0),
    ],
)
def test_only_whole_names_count(label, boxes, count):
    names = {"features", "features.0", "features.0.weight", "features.conv1", "features.conv1.weight", "blocks.0.conv1",
             "blocks", "blocks.0"}  # fmt: skip
    assert named(Drawing({"n": (label, boxes)}, []), names) == count


def test_every_operation_of_our_drawing_is_named_and_nothing_else_is():
    net, loss = small_net()
    drawing = read(to_graphviz(loss).source)
    assert named(drawing, {name for name, _ in net.named_modules() if name}) == 5
    assert len(drawing.nodes) > 5
    assert named(drawing, {"another.net"}) == 0


def test_shapes_are_told_in_brackets_or_with_crosses():
    assert shapes_in("Conv2d\ninput: (1, 3, 224, 224)\noutput: (1, 64, 224, 224)") == {
        (1, 3, 224, 224),
        (1, 64, 224, 224),
    }
    assert shapes_in("conv2d\nweight 64×3×3×3\nbias 64\n1,792 parameters") == {(64, 3, 3, 3)}
    assert shapes_in("target\n (1)") == shapes_in("(1,)") == {(1,)}
    assert shapes_in("Linear\n ()") == set()


def test_only_labels_with_shapes_of_the_net_count():
    nodes = {"a": ("weight (64, 3, 3, 3)", ()), "b": ("stride: (1, 1)", ()), "c": ("relu", ())}
    drawing = Drawing(nodes, [("a", "b", " 1×64×7×7 float32 "), ("b", "c", "")])
    assert shaped(drawing, {(64, 3, 3, 3), (1, 64, 7, 7)}) == (1, 1)


def test_the_shapes_of_the_net_are_those_of_vgg16():
    found = drawings.shapes()
    filters = {shape for shape in found if shape[2:] == (3, 3)}
    maps = {shape for shape in found if len(shape) == 4} - filters
    assert sorted(shape[:2] for shape in filters) == [
        (64, 3), (64, 64), (128, 64), (128, 128), (256, 128), (256, 256), (512, 256), (512, 512)
    ]  # fmt: skip
    assert maps == {
        (1, 3, 224, 224), (1, 64, 224, 224), (1, 64, 112, 112), (1, 128, 112, 112), (1, 128, 56, 56),
        (1, 256, 56, 56), (1, 256, 28, 28), (1, 512, 28, 28), (1, 512, 14, 14), (1, 512, 7, 7),
    }  # fmt: skip
    assert {(1, 25088), (4096, 25088), (1000, 4096), (1, 1000), (1000,)} <= found


@pytest.mark.parametrize(
    ("name", "options", "nodes"),
    [
        ("ours", {"fold": False}, 12),  # the leaf, ten operations, their sum
        ("torchviz", {}, 14),  # … the leaf's accumulator and the result
        ("torchview", {"hide_module_functions": False}, 13),  # … and the result
    ],
)
def test_each_drawer_draws_ten_operations_in_a_process_of_its_own(name, options, nodes):
    if name != "ours":
        for package in ("torch", name):
            if importlib.util.find_spec(package) is None:
                pytest.skip(f"{package} is not installed (the extra `bench`)")
    with Process(name) as process:
        assert "versions" in process.greet()
        process.ask("prepare", what="chain", length=10)
        drawing = read(process.ask("text", **options)["text"])
        reply = process.ask("time", **options)
    assert len(drawing.nodes) == nodes
    assert len(drawing.edges) == nodes - 1
    assert reply["seconds"] > 0
    assert (reply["after"] is None) == (name != "torchview")


def test_a_drawer_that_is_not_installed_or_fails_has_a_row_that_says_so(monkeypatch):
    class Absent:
        def start(self):
            raise ModuleNotFoundError("No module named 'torchviz'")

    monkeypatch.setitem(drawers.DRAWERS, "torchviz", Absent)
    abouts = {"torchviz": drawers.Desk("torchviz").hello(), "torchview": {}, "ours": {}}
    ways = [Way("torchviz", "torchviz"), Way("torchview", "torchview"), Way("ours", "ours")]
    times = [{"seconds": seconds, "after": None} for seconds in (0.3, 0.1, 0.2)]
    figures = {"nodes": 1200, "edges": 3, "times": times, "text": "×"}
    rows = [{}, {"failed": "RecursionError: too\ndeep|wide"}, figures]
    assert table(CHAIN_HEADINGS, ways, rows, chain_cells, abouts).splitlines()[2:] == [
        "| torchviz | not installed: No module named 'torchviz' |  |  |  |",
        r"| torchview | failed: RecursionError: too deep\|wide |  |  |  |",
        "| ours | 1,200 | 3 | 200 ms | 2 |",
    ]


def test_what_was_needed_after_the_run_of_a_model_is_told_apart():
    times = [{"seconds": seconds, "after": seconds / 100} for seconds in (0.3, 0.1, 0.2)]
    cells = chain_cells({"nodes": 1, "edges": 0, "times": times, "text": "ab"})
    assert cells == ["1", "0", "200 ms, 2.00 ms after the run", "2"]


def test_what_a_drawer_cannot_do_is_noted_in_its_row():
    with Process("ours") as process:
        process.greet()
        row = {}
        assert drawings.tried(row, {"ours": process}, Way("ours", "ours"), "prepare", what="poem") is None
        assert "poem" in row["failed"]
        assert drawings.tried(row, {"ours": process}, Way("ours", "ours"), "hello") is None
        assert drawings.tried({}, {"ours": process}, Way("ours", "ours"), "hello") is not None
