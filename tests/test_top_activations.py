"""The images that excite each channel most: beside sorting all of them, streamed from data of every kind."""

import sys
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from internals import Observer, observed_by

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor


def images(count, *shape, seed=0):
    """Whole numbers: every way to sum them gives the same, and ties come about."""
    return np.random.default_rng(seed).integers(-3, 4, (count, *shape)).astype(np.float32)


def whole_net(channels=3):
    rng = np.random.default_rng(1)

    def whole(shape, generator, dtype):
        return rng.integers(-2, 3, shape).astype(dtype)

    return nn.Sequential(
        conv1=nn.Conv2d(channels, 4, 3, padding=1, init=whole), relu1=nn.ReLU(), pool=nn.MaxPool2d(2),
        conv2=nn.Conv2d(4, 5, 3, init=whole), relu2=nn.ReLU(), drop=nn.Dropout(0.5), flat=nn.Flatten(),
        fc=nn.Linear(5 * 3 * 2, 6, init=whole),
    )  # fmt: skip


def sorted_out(values, k):
    """The same by sorting everything: (values, images, positions)."""
    maps = values if values.ndim == 4 else values[:, :, None, None]
    found = [[], [], []]
    for c in range(maps.shape[1]):
        units = [(float(image[c].max()), n, np.argwhere(image[c] == image[c].max())[0]) for n, image in enumerate(maps)]
        best = sorted(units, key=lambda unit: (-unit[0], unit[1]))[:k]
        for column, entries in zip(found, zip(*best, strict=True), strict=True):
            column.append(entries)
    return tuple(np.array(column) for column in found)


def assert_same(top, expected):
    for got, wanted in zip((top.values, top.images, top.positions), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


# ── what is found ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pictures_on_disk_are_read_ahead_and_found_all_the_same():
    class Ahead:
        readable_ahead = True

        def __init__(self, x):
            self.x, self.by = x, set()

        def __len__(self):
            return len(self.x)

        def inputs(self, positions):
            self.by.add(threading.current_thread().name)
            return self.x[positions]

    net, x = whole_net(), images(23, 3, 10, 8)
    data = Ahead(x)
    top = vis.top_activations(net, data, "relu2", k=5, batch_size=4)
    assert_same(top, sorted_out(vis.activations(net, x)["relu2"], 5))
    assert data.by == {"ahead_0"}


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool", "conv2", "flat", "fc"])
@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_streaming_finds_what_sorting_everything_finds(layer, batch_size):
    net, x = whole_net(), images(23, 3, 10, 8)
    top = vis.top_activations(net, x, layer, k=5, batch_size=batch_size)
    assert_same(top, sorted_out(vis.activations(net, x)[layer], 5))
    assert top.layer == layer
    assert top.seen == 23
    np.testing.assert_array_equal(top.channels, np.arange(len(top.values)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 30), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    k=st.integers(1, 12), batch_size=st.integers(1, 9), seed=st.integers(0, 1000),
)  # fmt: skip
def test_ties_go_to_the_earlier_image_and_the_first_unit(shape, k, batch_size, seed):
    x = np.random.default_rng(seed).integers(0, 3, shape).astype(np.float64)
    top = vis.top_activations(lambda t: (t * 2.0).named("twice"), x, "twice", k=k, batch_size=batch_size)
    assert top.values.shape == (shape[1], min(k, shape[0]))
    assert_same(top, sorted_out(2 * x, k))


def test_each_image_comes_once_a_channel_by_its_strongest_unit():
    x = np.zeros((4, 1, 5, 5))
    x[2] = 9.0
    x[2, 0, 3, 1] = 10.0
    x[1, 0, 0, 4] = 1.0
    top = vis.top_activations(lambda t: (t + 0).named("same"), x, "same", k=3)
    np.testing.assert_array_equal(top.images, [[2, 1, 0]])
    np.testing.assert_array_equal(top.values, [[10, 1, 0]])
    np.testing.assert_array_equal(top.positions, [[[3, 1], [0, 4], [0, 0]]])


def test_chosen_channels_come_in_the_order_they_are_given():
    net, x = whole_net(), images(12, 3, 10, 8)
    every = vis.top_activations(net, x, "relu2", k=3)
    some = vis.top_activations(net, x, "relu2", k=3, channels=[4, 0, 2], batch_size=5)
    np.testing.assert_array_equal(some.channels, [4, 0, 2])
    assert_same(some, (every.values[[4, 0, 2]], every.images[[4, 0, 2]], every.positions[[4, 0, 2]]))
    one = vis.top_activations(net, x, "relu2", k=3, channels=np.array([3]))
    np.testing.assert_array_equal(one.values, every.values[[3]])


def test_negative_activations_are_sorted_too():
    x = -1.0 - np.arange(6.0).reshape(6, 1)
    top = vis.top_activations(lambda t: (t * 1.0).named("out"), x, "out", k=2, batch_size=4)
    np.testing.assert_array_equal(top.values, [[-1, -2]])
    np.testing.assert_array_equal(top.images, [[0, 1]])


def test_a_layer_used_again_is_found_by_the_name_that_record_gives_it():
    class Twice(nn.Module):
        def __init__(self):
            self.conv = nn.Conv2d(2, 2, 3, padding=1, rng=0)

        def forward(self, x):
            return self.conv(ag.relu(self.conv(x)))

    net, x = Twice(), images(7, 2, 6, 6)
    seen = vis.activations(net, x)
    assert list(seen) == ["conv", "conv#2"]
    for name, values in seen.items():
        top = vis.top_activations(net, x, name, k=2, batch_size=7)
        np.testing.assert_array_equal(top.images, sorted_out(values, 2)[1])
        np.testing.assert_allclose(top.values, sorted_out(values, 2)[0], rtol=1e-6)


def test_a_name_said_twice_of_one_value_is_one_name():
    def model(x):
        y = (x * 2).named("y").named("y")
        return (y + 1).named("y")

    x = images(5, 1, 3, 3)
    assert list(vis.activations(model, x)) == ["y", "y#2"]
    np.testing.assert_array_equal(vis.top_activations(model, x, "y#2", k=1).values, [[x.max() * 2 + 1]])


def test_a_layer_of_vectors_has_one_unit_a_channel():
    net, x = whole_net(), images(9, 3, 10, 8)
    top = vis.top_activations(net, x, "fc", k=4)
    assert top.positions.shape == (6, 4, 2)
    assert not top.positions.any()


# ── data of every kind ────────────────────────────────────────────────────────────────────────────────────────────────


class Asked:
    """A data set that says what it was asked for."""

    def __init__(self, x):
        self.x, self.asked = x, []

    def __len__(self):
        return len(self.x)

    def inputs(self, positions):
        self.asked.append(list(positions))
        return self.x[positions]


def kinds(x):
    data = nn.ArrayData(x, np.arange(len(x)))
    yield "tensor", Tensor(x), np.arange(len(x))
    yield "data", data, np.arange(len(x))
    yield "subset", nn.Subset(data, np.arange(len(x))[::-2]), np.arange(len(x))[::-2]
    yield "batches with labels", nn.batches(data, 4), np.arange(len(x))
    yield "list of batches", [x[:3], x[3:4], x[4:4], x[4:]], np.arange(len(x))
    yield "lists of images", [list(x[:3]), list(x[3:])], np.arange(len(x))
    yield "generator", (x[n : n + 1] for n in range(len(x))), np.arange(len(x))
    yield "generator of lists", ([x[n : n + 1], np.array([n])] for n in range(len(x))), np.arange(len(x))


def test_arrays_data_sets_and_batches_give_the_same():
    net, x = whole_net(), images(11, 3, 10, 8)
    for kind, data, order in kinds(x):
        top = vis.top_activations(net, data, "relu1", k=3, batch_size=4)
        expected = vis.top_activations(net, x[order], "relu1", k=3)
        np.testing.assert_array_equal(top.values, expected.values, kind)
        np.testing.assert_array_equal(top.images, expected.images, kind)
        np.testing.assert_array_equal(top.positions, expected.positions, kind)


def test_a_folder_of_photographs_is_read_a_batch_at_a_time(tmp_path):
    from PIL import Image

    for n, name in enumerate(("a/0.png", "a/1.png", "b/2.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (9, 9), (80 * n, 0, 0)).save(tmp_path / name)
    folder = nn.ImageFolder(tmp_path, 8)
    top = vis.top_activations(lambda t: (t * 1).named("colour"), folder, "colour", k=2, batch_size=2)
    np.testing.assert_array_equal(top.images, [[2, 1], [0, 1], [0, 1]])
    np.testing.assert_allclose(top.values[0], [160 / 255, 80 / 255], rtol=1e-6)


def test_a_data_set_is_asked_once_for_each_image_in_order():
    data = Asked(images(10, 3, 10, 8))
    vis.top_activations(whole_net(), data, "conv1", k=2, batch_size=4)
    assert data.asked == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


# ── what it leaves alone ──────────────────────────────────────────────────────────────────────────────────────────────


def test_it_runs_in_evaluation_mode_and_leaves_the_model_as_it_was():
    net, x = whole_net(), images(6, 3, 10, 8)
    net.train()
    before = {name: array.copy() for name, array in net.state_dict().items()}
    top = vis.top_activations(net, x, "fc", k=3)
    assert net.training
    assert net["drop"].training
    assert_same(top, sorted_out(vis.activations(net, x)["fc"], 3))
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_nothing_is_recorded_but_one_image_to_find_the_layer():
    recorded = []

    class Noting(Observer):
        def recorded(self, node, op, args, arrays, params, out, byproducts):
            recorded.append(out.shape[0])

    with observed_by(Noting()):
        vis.top_activations(whole_net(), images(20, 3, 10, 8), "fc", k=3, batch_size=10)
    assert recorded
    assert set(recorded) == {1}
    assert ag.is_grad_enabled()


def test_the_model_is_left_once_the_layer_is_there_even_if_it_catches_exceptions():
    after = []

    def model(x):
        try:
            h = (x * 2).named("early")
        except Exception:  # what a model catches is its own business
            h = x
        after.append(1)
        return h

    top = vis.top_activations(model, images(8, 1, 4, 4), "early", k=1, batch_size=2)
    assert top.values.shape == (1, 1)
    assert not after


def test_memory_does_not_grow_with_the_number_of_images():
    net = whole_net()

    def peak(count):
        batches = (images(8, 3, 10, 8, seed=n) for n in range(count))
        tracemalloc.start()
        vis.top_activations(net, batches, "relu1", k=4)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(2)  # what is made once
    few, many = peak(5), peak(100)
    assert many < 1.5 * few
    assert many > few / 1.5


def test_a_bar_is_shown_on_terminals_alone(capsys, monkeypatch):
    vis.top_activations(whole_net(), images(4, 3, 10, 8), "conv1", progress=True)
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""
    monkeypatch.setattr(sys, "stderr", None)  # of a program with windows, or a service
    vis.top_activations(whole_net(), images(4, 3, 10, 8), "conv1", progress=True)
    assert capsys.readouterr().out == ""


# ── bad input ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PART_NAN = images(6, 3, 10, 8)
PART_NAN[4, 1, 2, 2] = np.nan


def top(data, layer="conv1", **options):
    return vis.top_activations(whole_net(), data, layer, **options)


class Ragged:
    def __len__(self):
        return 2

    def inputs(self, positions):
        return [np.zeros((3, 8 + n, 8), np.float32) for n in positions]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda x: top(x, "conf1"), KeyError, "no activation is called 'conf1'; there are conv1"),
        (lambda x: top(x, channels=[0, 4]), IndexError, "channel 4 is out of range: the layer has 4 channels, 0 to 3"),
        (lambda x: top(x, channels=[-1]), IndexError, "channel -1 is out of range"),
        (lambda x: top(x, channels=[]), ValueError, "channels must be numbers of channels, at least one"),
        (lambda x: top(x, channels=[1.5]), ValueError, "channels must be numbers of channels"),
        (lambda x: top(x, k=0), ValueError, "k must be an integer of at least 1, not 0"),
        (lambda x: top(x, k=2.0), ValueError, "k must be an integer of at least 1, not 2.0"),
        (lambda x: top(x, batch_size=0), ValueError, "batch_size must be an integer of at least 1, not 0"),
        (lambda x: top(x[:0]), ValueError, "the data set is empty"),
        (lambda x: top([]), ValueError, "the data set is empty"),
        (lambda x: top(iter([x[:0]])), ValueError, "the data set is empty"),
        (lambda x: top([x, x[:, :, :9]]), ValueError, r"number 6 on are \(3, 9, 8\), those before \(3, 10, 8\)"),
        (lambda x: top(Ragged()), ValueError, r"must have one size, not \(3, 8, 8\), \(3, 9, 8\)"),
        (lambda x: top(PART_NAN), ValueError, "image 4 holds nan or inf"),
        (lambda x: top(PART_NAN, batch_size=3), ValueError, "image 4 holds nan or inf"),
        (lambda x: top(x[0]), ValueError, r"images\[None\]"),
        (lambda x: top(x.astype(int)), TypeError, "floating numbers"),
        (lambda x: top(7), TypeError, "data must be images .*, not int"),
        (lambda x: top("photos"), TypeError, "not str"),
        (lambda x: vis.top_activations(lambda t: t.sum().named("s"), x, "s"), ValueError, "has no channels"),
        (
            lambda x: vis.top_activations(lambda t: Tensor(t.numpy()).named("cut"), x, "cut"),
            ValueError,
            "does not depend on the images",
        ),
    ],
)
def test_bad_input_gets_one_clear_message(call, error, text):
    with pytest.raises(error, match=text):
        call(images(6, 3, 10, 8))


def test_an_activation_that_is_nan_is_named_with_its_image_and_channel():
    x = np.zeros((5, 2, 3, 3))
    x[3, 1, 0, 0] = 1e200

    def model(t):
        big = t * t
        return (big - big).named("difference")

    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ValueError, match="nan for image 3 in channel 1"):
        vis.top_activations(model, x, "difference", batch_size=2)


def test_a_model_that_does_not_come_to_the_layer_for_every_batch_is_refused():
    def model(x):
        return (x * 1).named("first") if x.shape[0] < 3 else x

    with pytest.raises(ValueError, match="did not come to 'first' for every batch"):
        vis.top_activations(model, images(5, 1, 2, 2), "first", batch_size=4)
