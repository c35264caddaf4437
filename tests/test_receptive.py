"""Receptive fields: what is outside changes no bit of a unit, and each border of the box matters."""

import itertools

import numpy as np
import pytest
from cases import every
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import TABLE, is_float

import autograd_mini as ag
import nn
import vis
from autograd_mini import PRIMITIVES, Tensor
from vis.receptive import places_inside
from vis.receptive.dependence import everything, seeing, seen_of

# ── one step: the sets of each primitive beside what changing an element changes ──────────────────────────────────────

# with these values fixed, they do not read all that they may read: a mask or a switch hides it
CHOOSERS = {"dropout", "gate", "where", "pool", "unpool"}


DIRECT = (row for row in TABLE if row.direct and row.name not in ("multigammaln", "imag"))
"""The two refuse what is out of their domain, and numbers that are real."""


def read(row, i):
    """(results, elements of argument i), True where changing the element changes the result."""
    arrays = row.arrays()
    before = np.ravel(row(*arrays))
    changes = np.zeros((before.size, arrays[i].size), bool)
    for j, step in itertools.product(range(arrays[i].size), (0.011, -0.011, 9.0, -9.0, 1e4)):  # no kink is within 0.02
        moved = [a.copy() if k == i else a for k, a in enumerate(arrays)]
        moved[i].reshape(-1)[j] += step
        with np.errstate(all="ignore"):
            after = np.ravel(row(*moved))
        changes[:, j] |= (after != before) & ~(np.isnan(after) & np.isnan(before))
    return changes


@every("row", DIRECT, ids=str)
def test_what_a_result_sees_is_what_changes_it(row):
    arrays = row.arrays()
    tensors = [Tensor(a, requires_grad=True) if is_float(a) else a for a in arrays]
    node = row(*tensors).node
    for i, parent in enumerate(node.parents):
        if parent is None:
            continue
        changes = read(row, i)
        # at a border not every tap of a filter is on the image; x⁰ and the softmax of one number see nothing
        larger = row.name in CHOOSERS or seeing(row.name) is everything
        larger = larger or (i and "conv" in row.name) or row.case in ("exponent 0", "axis 0 of 1")
        for j in np.random.default_rng(7).permutation(len(changes))[:25]:
            unit = np.zeros(node.shape, bool)
            unit.reshape(-1)[j] = True
            seen = np.broadcast_to(seen_of(node, i, unit), parent.shape).ravel()
            assert not (changes[j] & ~seen).any(), f"argument {i}: result {j} reads what it is said not to see"
            if not larger:
                np.testing.assert_array_equal(seen, changes[j], f"argument {i}, result {j}")


def test_no_step_from_an_image_to_a_unit_counts_as_seeing_all():
    own = {name for name, op in PRIMITIVES.items() if op.__module__.startswith("autograd_mini.")}
    blunt = {name for name in own if seeing(name) is everything} - {row.name for row in TABLE if row.flat}
    assert blunt & {"conv2d", "linear", "normalise", "max_pool2d", "exp", "flat_root", "flip", "pad"} == set()
    assert blunt >= {"conv2d_filter", "cross_entropy"}  # of which no unit is made


# ── whole nets ────────────────────────────────────────────────────────────────────────────────────────────────────────

small = st.integers(1, 3)
pairs = st.tuples(small, small)
convolutions = st.tuples(
    st.just("conv"), pairs, st.tuples(st.integers(1, 2), st.integers(1, 2)), st.tuples(st.integers(0, 2), small),
    st.tuples(st.integers(1, 2), st.integers(1, 2)), st.integers(2, 5),
)  # fmt: skip
poolings = st.tuples(st.sampled_from(["max", "average"]), pairs, pairs, st.integers(0, 1))
deconvolutions = st.tuples(st.just("deconv"), pairs, pairs, st.integers(0, 1))
movements = st.sampled_from(
    [("crop",), ("pad",), ("flip",), ("turn",), ("norm",), ("split",), ("mean",), ("relu",), ("tanh",), ("leaky",)]
)
steps = st.deferred(lambda: st.one_of(convolutions, convolutions, poolings, deconvolutions, movements, branches))
branches = st.tuples(st.sampled_from(["join", "add"]), st.lists(steps, max_size=2), st.lists(steps, max_size=2))
plans = st.lists(steps, min_size=1, max_size=5)


def apply(plan, x, rng):
    """The net of a plan: steps that do not fit the maps are left out."""
    for step in plan:
        try:
            x = one(step, x, rng)
        except ValueError:
            continue
    return x


def one(step, x, rng):
    kind, *rest = step
    channels, (height, width) = x.shape[1], x.shape[2:]
    if kind == "conv":
        kernel, stride, padding, dilation, out = rest
        w, b = rng.standard_normal((out, channels, *kernel)), rng.standard_normal(out)
        return ag.conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation)
    if kind == "deconv":
        kernel, stride, padding = rest
        out = ag.conv_transpose2d(x, rng.standard_normal((channels, 3, *kernel)), stride=stride, padding=padding)
        return out if out.size < 20_000 else x
    if kind in ("max", "average"):
        kernel, stride, padding = rest
        pool = ag.max_pool2d if kind == "max" else ag.avg_pool2d
        return pool(x, kernel_size=kernel, stride=stride, padding=min(padding, min(kernel) - 1))
    if kind in ("join", "add"):
        a, b = (apply(plan, x, rng) for plan in rest)
        if kind == "join":
            return ag.concatenate([a, b], axis=1)
        return a + b * 0.7 if a.shape == b.shape else x
    if kind == "split":
        return ag.concatenate([x[:, 1:] * 2, ag.flip(x[:, :1], axis=3)], axis=1)
    if kind == "norm":
        return ag.batch_norm(x, rng.standard_normal(channels), 1 + rng.random(channels))
    if kind == "mean":
        return x - 0.4 * ag.mean(x, 2, keepdims=True) if height > 2 else x
    return {
        "crop": lambda: x[:, :, 1:, : width - 1] if min(height, width) > 2 else x,
        "pad": lambda: ag.pad(x, ((0, 0), (0, 0), (1, 0), (2, 1))),
        "flip": lambda: ag.flip(x, axis=2),
        "turn": lambda: x.transpose((0, 1, 3, 2)),
        "relu": lambda: ag.relu(x),
        "tanh": lambda: ag.tanh(x * 0.3),
        "leaky": lambda: ag.leaky_relu(x, 0.3),
    }[kind]()


def net_of(plan, seed):
    return lambda x: apply(plan, x, np.random.default_rng(seed)).named("unit")


def unit_values(plan, seed, x, row, column):
    with ag.no_grad():
        return np.ascontiguousarray(net_of(plan, seed)(Tensor(x)).numpy()[..., row, column])


def check(plan, size, data, dtype):
    x = np.random.default_rng(1).standard_normal((1, 2, *size)).astype(dtype)
    shape = net_of(plan, 0)(Tensor(x)).shape
    row, column = data.draw(st.integers(0, shape[2] - 1)), data.draw(st.integers(0, shape[3] - 1))
    field = vis.receptive_field(net_of(plan, 0), x, "unit", (row, column))
    box = field.clipped(*size)
    assert (field.height > 0) == (box.height > 0)
    inside = np.zeros(size, bool)
    inside[box.top : box.bottom, box.left : box.right] = True

    before = unit_values(plan, 0, x, row, column)
    for seed in range(3):
        other = np.where(inside, x, np.random.default_rng(100 + seed).standard_normal(x.shape) * 10.0**seed)
        after = unit_values(plan, 0, other.astype(dtype), row, column)
        np.testing.assert_array_equal(before.view(np.uint8), after.view(np.uint8))
    edges = [
        (box.top, slice(None)),
        (box.bottom - 1, slice(None)),
        (slice(None), box.left),
        (slice(None), box.right - 1),
    ]
    for edge in edges if inside.any() else []:
        line = np.zeros(size, bool)
        line[edge] = True
        assert any(changes(plan, seed, x, line & inside, row, column) for seed in range(60)), (edge, box)


def changes(plan, seed, x, line, row, column):
    """Whether other pixels on the line give another unit, with the weights and the image of this seed."""
    rng = np.random.default_rng(1000 + seed)
    x = rng.standard_normal(x.shape) * (0.5, 1, 3)[seed % 3]
    other = np.where(line, x + rng.standard_normal(x.shape) * (1, 5, 50)[seed // 3 % 3], x)
    return (unit_values(plan, seed, x, row, column) != unit_values(plan, seed, other, row, column)).any()


@pytest.mark.parametrize(("dtype", "examples"), [(np.float64, 120), (np.float32, 40)])
def test_in_any_net_nothing_outside_the_box_changes_a_bit_and_each_border_matters(kernels, dtype, examples):
    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(plan=plans, size=st.tuples(st.integers(5, 14), st.integers(5, 14)), data=st.data())
    def holds(plan, size, data):
        check(plan, size, data, dtype)

    holds()


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(size=st.tuples(st.integers(8, 20), st.integers(8, 20)), data=st.data())
def test_with_many_channels_no_bit_changes_either_unless_winograd_computes_it(kernels, size, data):
    rng = np.random.default_rng(3)
    w1, w2 = rng.standard_normal((16, 16, 3, 3)) / 12, rng.standard_normal((32, 16, 3, 3)) / 12

    def model(x):
        return ag.conv2d(ag.relu(ag.conv2d(x, w1, padding=1)), w2, padding=1).named("unit")

    x = rng.standard_normal((1, 16, *size))
    row, column = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    box = vis.receptive_field(model, x, "unit", (row, column)).clipped(*size)
    other = rng.standard_normal(x.shape)
    other[..., box.top : box.bottom, box.left : box.right] = box.crop(x)
    for winograd in (False, True):
        ag.set_winograd(winograd)
        with ag.no_grad():
            before, after = (model(Tensor(given)).numpy()[0, :, row, column] for given in (x, other))
        if winograd:
            np.testing.assert_allclose(after, before, rtol=0, atol=1e-12)
        else:
            np.testing.assert_array_equal(after, before)


# ── by hand ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ones(*shape):
    return np.ones(shape, np.float32)


def box_of(model, size, position=None, **options):
    field = vis.receptive_field(lambda x: model(x).named("unit"), (1, *size), "unit", position, **options)
    return field.top, field.left, field.bottom, field.right


@every(
    ("options", "position", "box"),
    [
        ({}, (0, 0), (0, 0, 3, 2)),
        ({}, (4, 2), (4, 2, 7, 4)),
        ({}, None, (4, 4, 7, 6)),  # by default the one in the middle of the map
        ({"stride": (3, 2)}, (1, 2), (3, 4, 6, 6)),
        ({"dilation": (2, 3)}, (1, 1), (1, 1, 6, 5)),
        ({"padding": (2, 1)}, (0, 0), (-2, -1, 1, 1)),
        ({"padding": (2, 1)}, (9, 9), (7, 8, 10, 10)),
        ({"padding": (2, 1)}, (11, 10), (9, 9, 12, 11)),
        ({"padding": (3, 2)}, (0, 5), (0, 0, 0, 0)),  # which is all that it sees
    ],
)
def test_a_convolution_sees_its_window_and_its_padding(options, position, box):
    assert box_of(lambda x: ag.conv2d(x, ones(1, 1, 3, 2), **options), (10, 10), position) == box


def test_vgg_16_has_the_receptive_fields_that_are_published():
    layers, number = [], 0
    for block in (2, 2, 3, 3, 3):
        for _ in range(block):
            number += 1
            layers += [(f"conv{number}", nn.Conv2d(1, 1, 3, padding=1)), (f"relu{number}", nn.ReLU())]
        layers.append((f"pool{number}", nn.MaxPool2d(2)))
    net = nn.Sequential(*layers)
    names = [name for name, _ in layers if "relu" not in name]
    fields = [vis.receptive_field(net, (1, 224, 224), name) for name in names]
    sizes = [3, 5, 6, 10, 14, 16, 24, 32, 40, 44, 60, 76, 92, 100, 132, 164, 196, 212]
    assert [field.height for field in fields] == sizes
    assert [field.width for field in fields] == sizes


def test_where_paths_meet_everything_that_either_sees_is_seen():
    def added(x):
        return ag.conv2d(x, ones(2, 1, 1, 5), padding=(0, 2)) + ag.conv2d(x, ones(2, 1, 5, 1), padding=(2, 0))

    def joined(x):
        parts = [ag.conv2d(x, ones(2, 1, 1, 5), padding=(0, 2)), ag.conv2d(x, ones(2, 1, 3, 1), padding=(1, 0))]
        return ag.concatenate(parts, axis=1)

    assert box_of(added, (12, 12), (6, 6)) == (4, 4, 9, 9)
    channels = {channel: box_of(joined, (12, 12), (6, 6), channel=channel) for channel in (None, 1, 2)}
    assert channels == {None: (5, 4, 8, 9), 1: (6, 4, 7, 9), 2: (5, 6, 8, 7)}


def conv(x, *shape, **geometry):
    return ag.conv2d(x, ones(*(shape or (1, 1, 3, 3))), **geometry)


def pooled(x):
    x = ag.max_pool2d(ag.relu(conv(x, 2, 1, 3, 3, padding=1)), kernel_size=3, stride=2, padding=1)
    return conv(x, 1, 2, 3, 3, padding=1)


def padded(x):
    return conv(ag.pad(x, ((0, 0), (0, 0), (1, 2), (3, 0))))


def deconv(x):
    return ag.conv_transpose2d(x, ones(1, 1, 4, 4), stride=2, padding=1)


def unpooled(x):
    y, indices = ag.max_pool2d(x, kernel_size=2, return_indices=True)
    return ag.max_unpool2d(y, indices, kernel_size=2)


def flat(x):
    return ag.linear(ag.flatten(conv(x, 2, 1, 3, 3, stride=2), 1), ones(5, 2 * 4 * 5))


@every(
    ("model", "size", "position", "box"),
    [
        (pooled, (20, 30), (4, 6), (4, 8, 13, 17)),  # 3 outputs of the pooling stand on 7 of its inputs, those on 9
        (pooled, (20, 30), (0, 14), (-4, 24, 5, 33)),  # keeping its size in the padding
        # the windows of stride 2 end at row 6: the last row, 7, is left over
        (lambda x: conv(conv(x, stride=2), padding=1), (8, 9), (2, 3), (2, 4, 7, 11)),
        # reads -1, 2 and 5: the first is padding that the dilated filter steps over, of the second the window is at 2
        (lambda x: conv(conv(x, 1, 1, 2, 2), dilation=3, padding=1), (12, 12), (0, 4), (2, 3, 7, 11)),
        (padded, (10, 10), (0, 0), (0, 0, 0, 0)),  # columns -3 to -1: no pixel at all
        (padded, (10, 10), (0, 1), (-1, -2, 2, 1)),
        (padded, (10, 10), (9, 8), (8, 5, 11, 8)),
        (deconv, (10, 10), (7, 7), (3, 3, 5, 5)),  # output 7 is painted by the inputs i with 0 <= 7 + 1 - 2i <= 3
        (deconv, (10, 10), (0, 19), (-1, 9, 1, 11)),
        (unpooled, (10, 10), (7, 4), (6, 4, 8, 6)),
        (flat, (10, 12), (0, 0), (0, 0, 9, 11)),  # all that the maps see
        (lambda x: ag.softmax(ag.mean(x, (2, 3))), (10, 12), None, (0, 0, 10, 12)),
        (lambda x: ag.flip(conv(x, 1, 1, 3, 1).transpose((0, 1, 3, 2)), axis=3), (9, 5), (4, 0), (6, 4, 9, 5)),
        (lambda x: x[:, :, 2:, ::2], (9, 9), (1, 3), (3, 6, 4, 7)),
    ],
)
def test_the_box_of_each_kind_of_step_is_the_one_found_by_hand(model, size, position, box):
    assert box_of(model, size, position) == box


def test_batch_norm_in_evaluation_and_dropout_see_one_pixel():
    net = nn.Sequential(norm=nn.BatchNorm2d(2), drop=nn.Dropout(0.5))
    net.train()
    assert vis.receptive_field(net, (2, 6, 6), "drop", (2, 3)) == vis.ReceptiveField(2, 3, 3, 4)
    assert net.training


def test_a_primitive_of_ones_own_counts_as_seeing_everything(broken):
    def doubled(x):
        return 2 * x

    double = broken(doubled, x=lambda g: 2 * g)
    assert box_of(double, (9, 7), (4, 3)) == (0, 0, 9, 7)
    assert box_of(lambda x: double(x[:, :, :5]), (9, 7), (4, 3)) == (0, 0, 5, 7)


def test_images_may_be_given_as_they_are_or_as_a_shape():
    net = nn.Sequential(conv=nn.Conv2d(3, 4, 5, stride=2))
    field = vis.ReceptiveField(2, 4, 7, 9)
    for images in (ones(2, 3, 9, 13), Tensor(ones(1, 3, 9, 13)), (3, 9, 13), [3, 9, 13], (8, 3, 9, 13)):
        assert vis.receptive_field(net, images, "conv", (1, 2)) == field


# ── boxes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_box_is_clipped_to_the_image_and_crops_it():
    field, image = vis.ReceptiveField(-2, 3, 4, 12), np.arange(3 * 5 * 8).reshape(3, 5, 8)
    assert (field.height, field.width) == (6, 9)
    assert field.clipped(5, 8) == vis.ReceptiveField(0, 3, 4, 8)
    for picture in (image, image[0]):
        np.testing.assert_array_equal(field.crop(picture), picture[..., 0:4, 3:8])
    assert np.shares_memory(field.crop(image), image)


def test_a_box_beside_the_image_is_empty_there():
    for field in (vis.ReceptiveField(-5, 0, -2, 4), vis.ReceptiveField(9, 0, 12, 4), vis.ReceptiveField(0, 0, 0, 0)):
        clipped = field.clipped(6, 6)
        assert clipped.height == 0
        assert field.crop(np.zeros((6, 6))).size == 0


# ── units that see no padding ─────────────────────────────────────────────────────────────────────────────────────────


def padded_net():
    given = {"padding": 1, "rng": np.random.default_rng(3)}
    return nn.Sequential(
        conv1=nn.Conv2d(2, 3, 3, **given), pool=nn.MaxPool2d(2), conv2=nn.Conv2d(3, 3, 3, **given),
        conv3=nn.Conv2d(3, 3, 3, stride=2, **given),
    ).to(np.float64)  # fmt: skip


@pytest.mark.parametrize(("layer", "stride"), [("conv1", 1), ("pool", 2), ("conv2", 2), ("conv3", 4)])
@pytest.mark.parametrize("size", [(40, 32), (41, 35)])  # of the latter no unit sees the last rows and columns
def test_units_see_no_padding_where_more_of_the_picture_around_it_changes_nothing(layer, stride, size):
    net, rng = padded_net(), np.random.default_rng(0)
    around = rng.standard_normal((6, 2, size[0] + 32, size[1] + 32))
    x = around[:, :, 16:-16, 16:-16].copy()
    alone, within = vis.activations(net, x)[layer], vis.activations(net, around)[layer]
    down, across = alone.shape[2:]
    first = 16 // stride
    same = np.isclose(alone, within[:, :, first : first + down, first : first + across], rtol=0, atol=1e-12).all((0, 1))
    x, recorded = x[:1], vis.record(net, x)
    np.testing.assert_array_equal(places_inside(recorded, recorded.named[layer]), same)
    assert 0.25 < same.mean() < 1
    strongest = np.where(same, alone[0], -np.inf)
    channel, i, j = map(int, np.unravel_index(strongest.argmax(), alone.shape[1:]))
    looked = vis.project(net, x, layer, inside=True)
    np.testing.assert_array_equal(looked, vis.project(net, x, layer, channel=channel, position=(i, j)))
    whole = vis.project(net, x, layer, channel=1, position="all", inside=True)
    each = [vis.project(net, x, layer, channel=1, position=(i, j)) for i, j in np.argwhere(same).tolist()]
    if layer in ("conv1", "conv2"):  # nothing is rectified on the way back: what comes back adds up
        np.testing.assert_allclose(whole, sum(each), atol=1e-9)


def test_of_deep_layers_the_middle_half_of_a_field_lies_inside_and_of_the_deepest_any():
    net, x = nn.Sequential(conv=nn.Conv2d(1, 1, 9, padding=4, rng=0)), np.ones((1, 1, 12, 12), np.float32)
    recorded = vis.record(net, x)
    found = places_inside(recorded, recorded.named["conv"])  # 4 × 4 of 12 × 12 see no padding, less than a quarter
    assert (found.any(1).nonzero()[0] == np.arange(2, 10)).all()
    assert found.sum() == 64
    recorded = vis.record(nn.Sequential(conv=nn.Conv2d(1, 1, 31, padding=15, rng=0)), x)
    assert places_inside(recorded, recorded.named["conv"]).all()
    recorded = vis.record(nn.Sequential(flat=nn.Flatten(), fc=nn.Linear(144, 2, rng=0)), x)
    assert places_inside(recorded, recorded.named["fc"]).tolist() == [[True]]


def test_every_channel_together_is_the_sum_of_each():
    net, x = padded_net(), np.random.default_rng(0).standard_normal((1, 2, 12, 10))
    each = [vis.project(net, x, "conv1", channel=c, position="all") for c in range(3)]
    np.testing.assert_allclose(vis.project(net, x, "conv1", channel="all", position="all"), sum(each), atol=1e-12)
    units = [vis.project(net, x, "conv1", channel=c) for c in range(3)]
    np.testing.assert_allclose(vis.project(net, x, "conv1", channel="all"), sum(units), atol=1e-12)
    by_mirror = vis.DeconvNet(net).project(x, "conv3", channel="all", position="all", inside=True)
    by_tape = vis.project(net, x, "conv3", channel="all", position="all", inside=True)
    np.testing.assert_allclose(by_mirror, by_tape, atol=1e-9)
