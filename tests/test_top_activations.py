"""The images that excite each channel most: beside sorting all of them, streamed from data of every kind."""

import sys
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import Watching, assert_state, state_of

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


@pytest.mark.parametrize("ahead", [False, True])
def test_a_data_set_is_asked_once_for_each_image_in_order_ahead_if_it_can_be(ahead):
    class Asked:
        """A data set that says what it was asked for, and by which thread."""

        readable_ahead = ahead

        def __init__(self, x):
            self.x, self.asked, self.by = x, [], set()

        def __len__(self):
            return len(self.x)

        def inputs(self, positions):
            self.by.add(threading.current_thread().name)
            self.asked.append(list(positions))
            return self.x[positions]

    net, x = whole_net(), images(10, 3, 10, 8)
    data = Asked(x)
    top = vis.top_activations(net, data, "relu2", k=5, batch_size=4)
    assert_same(top, sorted_out(vis.activations(net, x)["relu2"], 5))
    assert data.by == {"ahead_0" if ahead else threading.current_thread().name}
    assert data.asked == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool", "conv2", "flat", "fc"])
@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_streaming_finds_what_sorting_everything_finds(layer, batch_size):
    net, x = whole_net(), images(23, 3, 10, 8)
    top = vis.top_activations(net, x, layer, k=5, batch_size=batch_size)
    assert top.positions.shape == (*top.values.shape, 2)
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
    x = np.random.default_rng(seed).integers(-2, 1, shape).astype(np.float64)
    top = vis.top_activations(lambda t: (t * 2.0).named("twice"), x, "twice", k=k, batch_size=batch_size)
    assert top.values.shape == (shape[1], min(k, shape[0]))
    assert_same(top, sorted_out(2 * x, k))


@pytest.mark.parametrize("channels", [[4, 0, 2], np.array([3])])
def test_chosen_channels_come_in_the_order_they_are_given(channels):
    net, x = whole_net(), images(12, 3, 10, 8)
    top = vis.top_activations(net, x, "relu2", k=3, channels=channels, batch_size=5)
    np.testing.assert_array_equal(top.channels, channels)
    assert_same(top, [found[channels] for found in sorted_out(vis.activations(net, x)["relu2"], 3)])


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


# ── data of every kind ────────────────────────────────────────────────────────────────────────────────────────────────


def kinds(x):
    data = nn.ArrayData(x, np.arange(len(x)))
    yield Tensor(x)
    yield data
    yield nn.batches(data, 4)
    yield [x[:3], x[3:4], x[4:4], x[4:]]
    yield [list(x[:3]), list(x[3:])]
    yield (x[n : n + 1] for n in range(len(x)))
    yield ([x[n : n + 1], np.array([n])] for n in range(len(x)))


def test_arrays_data_sets_and_batches_give_the_same():
    net, x = whole_net(), images(11, 3, 10, 8)
    expected = sorted_out(vis.activations(net, x)["relu1"], 3)
    for data in kinds(x):
        assert_same(vis.top_activations(net, data, "relu1", k=3, batch_size=4), expected)


def test_a_folder_of_photographs_is_read_a_batch_at_a_time(tmp_path):
    from PIL import Image

    for n, name in enumerate(("a/0.png", "a/1.png", "b/2.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (9, 9), (80 * n, 0, 0)).save(tmp_path / name)
    folder = nn.ImageFolder(tmp_path, 8)
    top = vis.top_activations(lambda t: (t * 1).named("colour"), folder, "colour", k=2, batch_size=2)
    np.testing.assert_array_equal(top.images, [[2, 1], [0, 1], [0, 1]])
    np.testing.assert_allclose(top.values[0], [160 / 255, 80 / 255], rtol=1e-6)


# ── what it leaves alone ──────────────────────────────────────────────────────────────────────────────────────────────


def test_it_runs_in_evaluation_mode_and_leaves_the_model_as_it_was():
    net, x = whole_net().train(), images(6, 3, 10, 8)
    before = state_of(net)
    top = vis.top_activations(net, x, "fc", k=3)
    assert net.training
    assert net["drop"].training
    assert_same(top, sorted_out(vis.activations(net, x)["fc"], 3))
    assert_state(net, before)


def test_nothing_is_recorded_but_one_image_to_find_the_layer():
    model = Watching(whole_net())
    vis.top_activations(model, images(20, 3, 10, 8), "fc", k=3, batch_size=10)
    assert model.calls == [(True, 1), (False, 10), (False, 10)]
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
        batches = (images(8, 3, 60, 48, seed=n) for n in range(count))
        tracemalloc.start()
        vis.top_activations(net, batches, "relu1", k=4)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(2)  # what is made once; beside images of this size, what the interpreter keeps of small objects is little
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
