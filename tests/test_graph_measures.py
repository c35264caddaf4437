"""Measures on the drawing: gradients and where they end, bytes, time, multiply-adds, shades."""

import re

import dot
import numpy as np
import pytest
from graphs import dying, loss_of_a_small_net, small_vgg

import autograd_mini as ag
import nn
from autograd_mini import Tensor, profile, saved, to_graphviz


def labels(drawing):
    """Every vertex of a node: its key, and its words, line by line, and looks."""
    return {key: found for key, found in dot.vertices(drawing).items() if key.startswith("n")}


def vertex(drawing, word):
    """The lines and looks of the one vertex that is called so, or else does so."""
    for part in (0, -1):
        found = [(lines, looks) for lines, looks in labels(drawing).values() if lines[0].split(" · ")[part] == word]
        if found:
            break
    (only,) = found
    return only


def profiled(net=None, shape=(2, 3, 16, 16)):
    net = net or small_vgg().eval()
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    with profile() as found:
        loss = nn.cross_entropy(net(Tensor(x)), np.zeros(shape[0], int))
        loss.backward()
    return net, loss, found


def test_norms_of_gradients_stand_beside_parameters_and_results():
    net, loss, found = profiled()
    drawing = to_graphviz(loss, profile=found, show="gradients")
    lines, _ = vertex(drawing, "fc2")
    weight = net.classifier["fc2"].weight
    assert lines[1] == f"weight 10×32  ‖∇‖ {np.linalg.norm(weight.grad.numpy()):.3g}"
    x = Tensor(np.random.default_rng(0).standard_normal((2, 3, 16, 16)).astype(np.float32))
    hidden = net.features(x)
    hidden.retain_grad()
    nn.cross_entropy(net.classifier(hidden), np.zeros(2, int)).backward()
    lines, _ = vertex(drawing, "pool2")
    assert lines[1:] == [f"‖∇‖ {np.linalg.norm(hidden.grad.numpy()):.3g}"]
    assert vertex(drawing, "cross_entropy")[0][-1] == "‖∇‖ 1"


def test_the_edge_at_which_a_gradient_became_zero_is_marked_and_no_other():
    drawing = dying()
    marked = re.findall(r'^\t(n\w+) -> (n\w+) \[label=" ([^"]*) ".*penwidth=2', drawing.source, re.MULTILINE)
    words = dot.words(drawing)
    assert {(words[a], words[b]) for a, b, _ in marked} == {("matmul", "hidden · relu"), ("w2", "matmul")}
    assert all(label.endswith(r"∇ = 0") for _, _, label in marked)
    assert vertex(drawing, "w1")[0] == ["w1", "∇ = 0"]
    assert "dashed" in vertex(drawing, "w1")[1]
    assert vertex(drawing, "loss")[0][-1] == "‖∇‖ 1"


def test_what_was_detached_is_drawn_and_a_leaf_behind_it_has_no_gradient():
    w = Tensor(np.ones(3), requires_grad=True, name="w")
    v = Tensor(np.ones(3), requires_grad=True, name="v")
    with profile() as found:
        hidden = (w * 2).named("hidden")
        loss = (hidden.detach() * v).sum()
        loss.backward()
    plain, drawn = to_graphviz(loss), to_graphviz(loss, profile=found)
    assert "hidden" not in plain.source
    assert vertex(drawn, "w")[0] == ["w", "no gradient"]
    called = dot.words(drawn)
    (link,) = (looks for a, b, looks in dot.edges(drawn) if (called[a], called[b]) == ("hidden · multiply", "multiply"))
    assert r"float64 \n detached " in link
    assert vertex(drawn, "v")[0][1].startswith("‖∇‖ ")


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_gradient_that_is_not_finite_is_marked(value):
    x = Tensor(np.array([0.0, 1.0]), requires_grad=True, name="x")
    with profile() as found, np.errstate(all="ignore"):
        loss = (np.sqrt(x) * np.array([value, 1.0])).sum()
        loss.backward()
    drawing = to_graphviz(loss, profile=found, show="gradients")
    assert vertex(drawing, "x")[0] == ["x", "∇ not finite"]
    assert 'style="filled,bold"' in vertex(drawing, "x")[1]


def test_without_a_profile_leaves_show_their_gradients_and_results_none():
    used, unused = (Tensor(np.array([3.0, 4.0]), requires_grad=True, name=name) for name in ("used", "unused"))
    loss = (used * used + unused).sum()
    before = to_graphviz(loss, show="gradients").source
    assert before == to_graphviz(loss).source  # no backward pass has been here
    ag.grad(loss, used, retain_graph=True)
    assert to_graphviz(loss, show="gradients").source == before  # grad leaves no .grad
    loss.backward()
    drawing = to_graphviz(loss, show="gradients")
    assert vertex(drawing, "used")[0] == ["used", "‖∇‖ 10"]
    unused.grad = None
    drawing = to_graphviz(loss, show="gradients")
    assert vertex(drawing, "unused")[0] == ["unused", "no gradient"]
    assert vertex(drawing, "add")[0] == ["add"]


def test_bytes_on_the_drawing_are_those_of_the_memory_table():
    loss = loss_of_a_small_net()
    rows = {row.operation: row.nbytes for row in saved(loss).rows}
    drawing = to_graphviz(loss, show="bytes")
    written = {lines[0].split(" · ")[-1]: [line for line in lines if line.startswith("saves ")]
               for lines, _ in labels(drawing).values()}  # fmt: skip
    for operation, nbytes in rows.items():
        assert written[operation] == ([f"saves {nbytes} B"] if nbytes else [])
    assert sum(rows.values()) == saved(loss).saved_bytes > 0


def test_bytes_of_a_graph_that_gave_its_memory_back_are_refused_with_what_to_do():
    loss = loss_of_a_small_net()
    loss.backward()
    with pytest.raises(ValueError, match=r"given this graph's memory back.*draw before backward\(\).*profile=…"):
        to_graphviz(loss, show="bytes")
    with pytest.raises(ValueError, match="memory back"):
        to_graphviz(loss, shade="bytes")


def test_multiply_adds_are_known_without_a_profile_and_summed_over_modules():
    _, loss, found = profiled()
    single = to_graphviz(loss, show="multiply_adds")
    assert vertex(single, "conv1_1")[0][-1] == f"{2 * 8 * 16 * 16 * 3 * 9 / 1000:.3g} k multiply-adds"
    assert vertex(single, "fc2")[0][-1] == f"{2 * 32 * 10} multiply-adds"
    assert vertex(single, "relu1_1")[0] == ["relu1_1 · relu"]
    whole = to_graphviz(loss, show="multiply_adds", depth=1)
    total = sum(row.multiply_adds for row in found.rows if row.place.startswith("features"))
    assert vertex(whole, "features")[0][-1] == f"{total / 1e3:.3g} k multiply-adds"


def test_time_needs_a_profile_and_shows_both_directions():
    _, loss, found = profiled()
    drawing = to_graphviz(loss, profile=found, show="time")
    for lines, looks in labels(drawing).values():
        if "shape=ellipse" not in looks:
            assert re.fullmatch(r"→ [\d.]+(e\+?\d+)? (s|ms|µs)  ← [\d.]+(e\+?\d+)? (s|ms|µs)", lines[-1]), lines


def test_a_profile_shows_everything_unless_asked_for_less_and_names_the_lines_of_code():
    _, loss, found = profiled()
    drawing = to_graphviz(loss, profile=found)
    lines, looks = vertex(drawing, "conv2_1")
    assert re.fullmatch(
        r"conv2_1 · conv2d\|weight 16×8×3×3  ‖∇‖ \S+\|bias 16  ‖∇‖ \S+\|1,168 parameters\|‖∇‖ \S+\|"
        r"→ \S+ \S+  ← \S+ \S+\|saves \S+ \S+\|\S+ k multiply-adds",
        "|".join(lines),
    )
    assert "test_graph_measures.py:" in looks
    assert "in profiled: loss = nn.cross_entropy(net(Tensor(x))" in looks
    quiet = to_graphviz(loss, profile=found, show=())
    assert not [lines for lines, _ in labels(quiet).values() if "‖∇‖" in "".join(lines)]
    assert "test_graph_measures.py:" in quiet.source
    assert len(vertex(quiet, "2×3×16×16 float32")[0]) == 1


def test_shades_go_from_white_to_orange_with_the_measure():
    _, loss, found = profiled()
    drawing = to_graphviz(loss, profile=found, shade="multiply_adds", show=())
    fills = {
        lines[0]: re.search(r'fillcolor="(#\w+)"', looks)[1]
        for lines, looks in labels(drawing).values()
        if "fillcolor" in looks
    }
    costs = {f"{row.place.split('.')[-1]} · {row.operation}": row.multiply_adds for row in found.rows}
    heaviest = max(costs, key=costs.get)
    assert fills[heaviest] == "#fdae61"
    assert fills["relu1_1 · relu"] == "#ffffff"
    green = {name: int(fill[3:5], 16) for name, fill in fills.items() if name in costs}
    ranked = sorted(green, key=costs.get)
    assert [green[name] for name in ranked] == sorted(green.values(), reverse=True)


def test_repeated_blocks_show_the_range_of_their_gradients_and_the_sum_of_their_costs():
    with profile() as found:
        y = Tensor(np.full(3, 0.5), requires_grad=True, name="x")
        for _ in range(5):
            y = np.tanh(y)
        loss = y.sum()
        loss.backward()
    drawing = to_graphviz(loss, profile=found, fold=True, show="gradients")
    lines, _ = vertex(drawing, "tanh  × 5")
    low, high = re.fullmatch(r"‖∇‖ ([\d.]+) … ([\d.]+)", lines[1]).groups()
    norms = [row.gradient.norm for row in found.rows if row.operation == "tanh"]
    np.testing.assert_allclose([float(low), float(high)], [min(norms), max(norms)], rtol=5e-3)


def test_a_profile_of_another_program_knows_nothing_and_says_so():
    with profile() as found:
        loss_of_a_small_net()
    drawing = to_graphviz(loss_of_a_small_net(), profile=found)
    assert not {*"→∇"} & {*drawing.source}
