"""Two graphs on one drawing: a backward pass beside its forward pass, a net beside its mirror, and what changed."""

import re

import dot
import numpy as np
from dot import words
from graphs import Residual, backward, changed, loss_of, mirrored, small_vgg

import vis
from autograd_mini import Tensor, grad, graph_diff, relu, to_graphviz


def edges(drawing):
    """(source, target, attributes) for each edge, as written, by words."""
    called = words(drawing)
    return [(called[a], called[b], looks) for a, b, looks in dot.edges(drawing)]


def pairs(drawing):
    """What is drawn at one height, by words."""
    called = words(drawing)
    same = re.findall(r"\{\n\t+rank=same\n\t+(\w+)\n\t+(\w+)\n\t+\}", drawing.source)
    return {(called[a], called[b]) for a, b in same}


def test_the_deconvnet_is_drawn_upwards_beside_the_layers_it_mirrors():
    drawing = mirrored()
    assert pairs(drawing) == {
        (f"{name} · {forward}", f"{name} · {back}")
        for name, forward, back in [
            ("conv1_1", "conv2d", "conv_transpose2d"), ("relu1_1", "relu", "relu"),
            ("conv1_2", "conv2d", "conv_transpose2d"), ("relu1_2", "relu", "relu"),
            ("pool1", "max_pool2d", "unpool"), ("conv2_1", "conv2d", "conv_transpose2d"), ("relu2_1", "relu", "relu"),
        ]
    }  # fmt: skip
    links = {(a, b) for a, b, looks in edges(drawing) if "style=dotted" in looks}
    assert links == {pair for pair in pairs(drawing) if "relu" not in pair[0]}  # the same filters, the same switches
    upwards = [(a, b) for a, b, looks in edges(drawing) if "dir=back" in looks]
    assert ("conv1_1 · conv_transpose2d", "relu1_1 · relu") in upwards
    assert len(upwards) == 6
    assert ("unit · where", "relu2_1 · relu") in {(a, b) for a, b, _ in edges(drawing)}


def test_the_drawn_mirror_ends_in_the_projection_itself():
    rng = np.random.default_rng(1)
    net, images = small_vgg(), rng.standard_normal((1, 3, 16, 16)).astype(np.float32)
    for rules, rule in ((vis.DECONVNET, "relu"), (vis.GRADIENT, "gate")):
        called = words(vis.mirror_graph(net, images, "features.conv1_2", rules=rules))
        assert list(called.values())[-2:] == [f"relu1_1 · {rule}", "conv1_1 · conv_transpose2d"]


def test_a_model_of_bare_tensor_operations_is_mirrored_too():
    w = Tensor(np.random.default_rng(0).standard_normal((3, 4)), requires_grad=True, name="w")

    def model(x):
        return relu(x @ w).named("hidden")

    drawing = vis.mirror_graph(model, np.ones((2, 3)), "hidden")
    assert {"matmul", "hidden · relu", "unit · where"} <= set(words(drawing).values())
    assert "label=backward" in drawing.source


def test_a_recorded_backward_pass_is_in_a_box_of_its_own_and_the_forward_pass_comes_first():
    drawing = backward()
    source = drawing.source
    assert source.count("subgraph cluster_backward {") == 1
    before, _, inside = source.partition("subgraph cluster_backward {")
    assert all(forward in before for forward in ("conv2d", "max_pool2d", "cross_entropy"))
    for step in ("conv2d_filter", "unpool", "cross_entropy_back", "gate"):
        assert (step in inside, step in before.replace("max_unpool", "")) == (True, False)
    assert ("fc · linear", "matmul") in pairs(drawing)  # in the box of the steps back through fc
    across = [(a, b, looks) for a, b, looks in edges(drawing) if "constraint=false" in looks]
    assert {(a, b) for a, b, _ in across} == {
        ("images", "conv · conv2d_filter"), ("pool · max_pool2d", "pool · unpool"),
        ("fc · linear", "cross_entropy_back"), ("fc · linear", "matmul"), ("flat · reshape", "matmul"),
    }  # fmt: skip
    assert not any(" label=" in looks or looks.startswith("label=") for _, _, looks in across)


def test_the_backward_pass_of_a_backward_pass_goes_down_again():
    x = Tensor([0.3, 0.4], requires_grad=True, name="x")
    (first,) = grad(np.tanh(np.sin(x).named("wave")).named("bent").sum(), [x], create_graph=True)
    second = grad(first.sum(), x, create_graph=True)
    assert "cluster_backward.backward.bent" in to_graphviz(second).source
    levels = [looks for _, _, looks in dot.edges(to_graphviz(second))]
    assert any("dir=back" in looks for looks in levels)
    assert any("dir=back" not in looks and "constraint=false" not in looks for looks in levels)


def test_at_a_depth_the_backward_pass_folds_like_the_modules_it_went_through():
    called = words(mirrored(depth=1))
    assert sorted(called.values()) == ["features", "features · Sequential", "images", "unit · where"]
    folded = backward(depth=1)
    assert "cross_entropy_back" in words(folded).values()  # the loss's own rule: no module ran it
    assert {"fc · linear", "conv · conv2d_filter"} <= set(words(folded).values())  # all that their modules do


# ── what changed ──────────────────────────────────────────────────────────────────────────────────────────────────────


def shallow_and_deep():
    return [loss_of(small_vgg(line), (1, 3, 16, 16))[0] for line in ("8x2 M 16 M | 32 10", "8x2 M 16x2 M | 32 10")]


def marks(drawing):
    return sorted(text for text in words(drawing).values() if text[:2] in ("+ ", "− ", "~ "))


def test_a_layer_more_is_added_and_a_wider_one_changed_with_what_it_was():
    drawing = changed(legend=False)
    assert marks(drawing) == [
        "+ conv2_2 · conv2d", "+ relu2_2 · relu", "~ fc1 · linear", "~ fc2 · linear", "~ relu1 · relu"
    ]  # fmt: skip
    assert r"1×48 float32, was 1×32 float32\nwas weight 32×256, bias 32" in drawing.source
    assert [(a, b) for a, b, looks in edges(drawing) if "style=dashed" in looks and "#d55e00" in looks] == [
        ("relu2_1 · relu", "pool2 · max_pool2d")
    ]
    assert [(a, b) for a, b, looks in edges(drawing) if "style=bold" in looks] == [
        ("relu2_1 · relu", "+ conv2_2 · conv2d"),
        ("+ conv2_2 · conv2d", "+ relu2_2 · relu"),
        ("+ relu2_2 · relu", "pool2 · max_pool2d"),
    ]


def test_the_same_two_graphs_the_other_way_round_take_away_what_was_added():
    before, after = shallow_and_deep()
    there, back = graph_diff(before, after, legend=False), graph_diff(after, before, legend=False)
    assert marks(there) == ["+ conv2_2 · conv2d", "+ relu2_2 · relu"]
    assert marks(back) == ["− conv2_2 · conv2d", "− relu2_2 · relu"]
    assert len(words(there)) == len(words(back))


def test_a_graph_and_itself_do_not_differ():
    def loss():
        return Residual()(Tensor(np.ones((1, 2, 3, 3), np.float32), requires_grad=True, name="x"))

    drawing = graph_diff(loss(), loss(), legend=False)
    assert marks(drawing) == []
    assert drawing.source == to_graphviz(loss(), fold=False).source


def test_another_operation_under_the_same_name_and_another_shape_of_a_leaf_are_changes():
    x = Tensor([1.0], requires_grad=True, name="x")
    drawing = graph_diff(np.sin(x).named("wave"), np.cos(x).named("wave"), legend=False)
    assert marks(drawing) == ["~ wave · cos"]
    assert r"was sin" in drawing.source
    a, b = (Tensor(np.ones((2, n)), requires_grad=True, name="w") for n in (3, 4))
    assert r"~ w\n2×4 float64, was 2×3 float64" in graph_diff(a.sum(), b.sum(), legend=False).source


def test_a_diff_takes_the_options_of_a_drawing():
    assert marks(graph_diff(*shallow_and_deep(), depth=1, legend=False)) == ["~ features · Sequential"]


def test_ten_thousand_steps_are_compared():
    def chain(length):
        y = Tensor(np.ones(2), requires_grad=True, name="x")
        for _ in range(length):
            y = np.sin(y) * 2.0
        return y.sum()

    drawing = graph_diff(chain(2500), chain(2501), legend=False)
    assert sum(text.startswith("+ ") for text in words(drawing).values()) == 3  # sin, multiply and its constant
