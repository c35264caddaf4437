"""Modules in drawings: names given inside them, classes, one box for each call, cells that repeat."""

import copy
import pickle

import dot
import numpy as np
import pytest
from dot import boxes
from internals import ancestors

import nn
from autograd_mini import Tensor, concatenate, grad, relu, tanh, to_graphviz
from autograd_mini.observe.module_calls import ModuleCall, calls_of


def words(drawing):
    """The words in every vertex, in order."""
    return [*dot.labels(drawing).values()]


class Block(nn.Module):
    def __init__(self, is_named):
        self.a, self.b, self.is_named = nn.Linear(8, 8, rng=0), nn.Linear(8, 8, rng=1), is_named

    def forward(self, x):
        h = relu(self.a(x)) * 2
        return x + self.b(h.named("attention") if self.is_named else h)


class Blocks(nn.Module):
    def __init__(self, is_named=True, count=4):
        self.blocks = [Block(is_named) for _ in range(count)]

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class Cell(nn.Module):
    def __init__(self):
        self.ih, self.hh = nn.Linear(4, 8, rng=0), nn.Linear(8, 8, rng=1)

    def forward(self, x, h):
        return tanh(self.ih(x) + self.hh(h))


class Recurrent(nn.Module):
    """A cell called for every step, of which all inputs may be taken before the first."""

    def __init__(self, ahead=False):
        self.cell, self.head, self.ahead = Cell(), nn.Linear(8, 2, rng=2), ahead

    def forward(self, x):
        h, steps = np.zeros((3, 8), np.float32), range(x.shape[1])
        taken = [x[:, t] for t in steps] if self.ahead else None
        for t in steps:
            h = self.cell(taken[t] if self.ahead else x[:, t], h)
        return self.head(h)


def recurrent(steps, leaf=True, ahead=False):
    x = np.ones((3, steps, 4), np.float32)
    return Recurrent(ahead)(Tensor(x, requires_grad=True, name="x") if leaf else x)


# ── names ──


def test_a_name_given_inside_a_module_stays_inside_it():
    x = np.ones((2, 8), np.float32)
    plain, named = (Blocks(is_named)(x).sum() for is_named in (False, True))
    for options in ({}, {"depth": 1}, {"depth": 2}, {"fold": True}):
        drawings = [to_graphviz(end, **options) for end in (plain, named)]
        assert len(words(drawings[0])) == len(words(drawings[1])), options
        assert boxes(drawings[0]) == boxes(drawings[1])
    assert "attention · multiply" in words(to_graphviz(named))
    assert boxes(to_graphviz(named)) == ["blocks", *"0123"]


def test_a_name_begins_with_the_path_of_the_module_that_it_is_given_in():
    seen = []

    class Naming(nn.Module):
        def forward(self, x):
            h = (x * 2).named("hidden")
            seen.append(Tensor([1.0]).named("mask").name)
            return h

    x = Tensor([1.0], requires_grad=True)
    assert nn.Sequential(body=Naming())(x).name == "body.hidden"
    assert Naming()(x).name == "hidden"  # nothing is around the outermost module
    assert seen == ["body.mask", "mask"]
    assert (x * 2).named("hidden").name == "hidden"


def test_a_name_is_text_that_knows_its_calls_also_in_copies():
    end = Blocks()(np.ones((2, 8), np.float32))
    for one in (end, pickle.loads(pickle.dumps(end)), copy.deepcopy(end)):
        calls = {node.name: calls_of(node.name) for node in ancestors(one.node)}
        names = {name: {path: call.module for path, call in found.items()} for name, found in calls.items()}
        assert names["blocks.1.attention"] == {"blocks.1": "Block"}
        assert names["blocks.1.a"] == {"blocks.1": "Block", "blocks.1.a": "Linear"}
        assert to_graphviz(one, depth=2).source == to_graphviz(end, depth=2).source
    assert calls_of("blocks.1") == calls_of(None) == {}
    assert ModuleCall("a.b") == "a.b"


# ── classes ──


def test_a_box_that_is_closed_is_called_by_its_module_and_its_class():
    images = Tensor(np.ones((2, 8)), requires_grad=True, name="images")
    drawn = words(to_graphviz(nn.Sequential(body=Blocks(), head=nn.Linear(8, 2, rng=0))(images), depth=1))
    assert [word.split(r"\n")[0] for word in drawn] == ["images", "body · Blocks", "head · linear"]  # all that it does
    drawn = words(to_graphviz(Blocks()(np.ones((2, 8))), depth=2))
    assert [word.split(r"\n")[0] for word in drawn if "Block" in word] == [f"{i} · Block" for i in range(4)]


def test_a_group_that_is_no_module_has_no_class():
    x = Tensor([1.0], requires_grad=True, name="Tensor")
    y = (np.sin(x).named("a.one") * 2).named("a.two")
    assert words(to_graphviz(y, depth=1)) == ["Tensor", r"a\n1 float64\n1 sin, 1 multiply"]


# ── one box a call ──


def test_a_module_called_again_is_another_box_and_its_parameters_stand_beside():
    drawing = to_graphviz(recurrent(3))
    assert boxes(drawing) == ["cell"] * 3
    assert [word for word in words(drawing) if word.startswith("cell.")] == [
        "cell.ih.weight", "cell.ih.bias", "cell.hh.weight", "cell.hh.bias"
    ]  # fmt: skip
    assert sum(word == "getitem" for word in words(drawing)) == 3


def test_at_a_depth_a_module_called_again_is_another_vertex():
    drawn = words(to_graphviz(recurrent(3), depth=1))
    assert [word for word in drawn if word.startswith("cell")] == [
        r"cell · Cell\n2 linear, 1 add, 1 tanh, called 3 times\n112 parameters"
    ] * 3
    shared = nn.Sequential(body=nn.Sequential(one=nn.Linear(8, 8, rng=0), two=nn.ReLU()))
    drawn = words(to_graphviz(shared(shared(np.ones((2, 8)))), depth=1))
    assert [word.split(r"\n")[-2] for word in drawn if word.startswith("body")] == [
        "1 linear, 1 relu, called 2 times"
    ] * 2


@pytest.mark.parametrize("options", [{}, {"depth": 1}])
@pytest.mark.parametrize("leaf", [True, False])
@pytest.mark.parametrize("ahead", [True, False])
def test_cells_of_a_recurrence_fold_to_one_with_all_that_goes_into_them(options, leaf, ahead):
    drawing = to_graphviz(recurrent(20, leaf, ahead), fold=True, **options)
    drawn = words(drawing)
    assert [word for word in drawn if word.startswith("getitem")] == ["getitem" + "  × 20" * ahead] * leaf
    assert "3×4 float32" + "  × 20" * bool(options) in drawn or leaf
    if options:
        alone = ahead or not leaf  # then it needs no box
        assert boxes(drawing) == ["× 20"] * (not alone)
        (cell,) = (word.split(r"\n") for word in drawn if word.startswith("cell"))
        said = ["2 linear, 1 add, 1 tanh, called 20 times", "112 parameters"]
        assert cell == ["cell · Cell" + "  × 20" * alone, *said]
    else:
        assert boxes(drawing) == ["× 20", "cell"]
        assert drawn.count("ih · linear") == drawn.count("hh · linear") == drawn.count("tanh") == 1
        assert drawn.count("3×8 float32") == 1  # the state before the first step


def test_what_differs_from_block_to_block_is_written_as_a_range_and_drawn_into_the_one_block():
    leaf = lambda name: Tensor(np.ones(3), requires_grad=True, name=name)
    y, weights, extra = leaf("x"), [leaf(f"w{i}") for i in range(5)], [np.exp(leaf(f"e{i}")) for i in range(5)]
    for i in range(5):
        y = np.sin(y * weights[i] * (i + 1)) + extra[i]
    drawing = to_graphviz(y.sum(), fold=True)
    assert sorted(words(drawing)) == [
        "1 … 5", "add", "e0 … e4  × 5", "exp  × 5", "multiply", "multiply", "sin", r"sum\nscalar float64", "w0 … w4",
        "x",
    ]  # fmt: skip
    assert boxes(drawing) == ["× 5"]
    assert drawing.source.count(" -> ") == 9


def test_two_stretches_of_the_same_cells_one_after_another_are_drawn_as_two():
    cell = Cell()

    class Twice(nn.Module):
        def __init__(self):
            self.cell = cell

        def forward(self, x):
            ends = []
            for start in (np.zeros((3, 8)), np.ones((3, 8))):
                h = start
                for t in range(6):
                    h = self.cell(x[:, t], h)
                ends.append(h)
            return concatenate(ends)

    drawing = to_graphviz(Twice()(Tensor(np.ones((3, 6, 4)), requires_grad=True, name="x")), fold=True)
    assert boxes(drawing) == ["× 2", "× 6", "cell"]
    assert words(drawing).count("getitem") == 1
    assert words(drawing).count("3×8 float64") == 1


def test_steps_stand_in_the_order_of_recording():
    x, w = (Tensor(np.ones(2), requires_grad=True, name=name) for name in "xw")
    late = np.cos(w)
    first = np.sin(x)
    assert words(to_graphviz(first * late)) == ["w", "cos", "x", "sin", r"multiply\n2 float64"]
    (gradient,) = grad((first * late).sum(), [x], create_graph=True)
    drawn = words(to_graphviz([first * late, gradient]))
    assert drawn.index("sin") < drawn.index(r"multiply\n2 float64")
