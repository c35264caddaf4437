"""What a model's parts are and cost: every number against another way to it, nothing left changed, its two looks."""

import re
import threading
from contextlib import nullcontext
from html.parser import HTMLParser
from weakref import ref

import numpy as np
import pytest
from cases import every
from internals import here

import autograd_mini as ag
import nn
from autograd_mini import Tensor

# ── models to look into ───────────────────────────────────────────────────────────────────────────────────────────────


class Block(nn.Module):
    """A convolution and functional operations around it."""

    def __init__(self, rng=0):
        self.conv = nn.Conv2d(4, 4, 3, padding=1, rng=rng)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return ag.relu(self.norm(self.conv(x)) + x)


class Net(nn.Module):
    """Parts in attributes, a list and a dict, one of them nested, a tensor of its own, and a part that does not run."""

    def __init__(self):
        self.scale = Tensor(np.ones(1, np.float32), requires_grad=True)
        self.stem = nn.Conv2d(3, 4, 3, padding=1, rng=0)
        self.blocks = [Block(1), [Block(2), nn.MaxPool2d(2)]]
        self.heads = {"left": nn.Linear(64, 2, rng=3), "right": nn.Linear(64, 3, rng=4), "unused": nn.Linear(5, 5)}

    def forward(self, x):
        x = self.stem(x * self.scale)
        for block in (self.blocks[0], *self.blocks[1]):
            x = block(x)
        x = ag.flatten(x, 1)
        return self.heads["left"](x), self.heads["right"](x)


class Shared(nn.Module):
    """One layer on maps of two sizes, and one used twice on the same."""

    def __init__(self):
        self.head = nn.Conv2d(2, 3, 1, rng=0)
        self.mix = nn.Linear(6, 6, rng=1)
        self.again = self.mix

    def forward(self, x):
        maps = self.head(x), self.head(x[:, :, ::2, ::2])
        pooled = [m.sum((2, 3)) for m in maps]
        return self.again(self.mix(ag.concatenate(pooled, 1)))


class Both(nn.Module):
    """Two inputs, and a product that is no part's."""

    def __init__(self, dtype=np.float32):
        self.a, self.b = nn.Linear(3, 4, rng=0, dtype=dtype), nn.Linear(5, 4, rng=1, dtype=dtype)

    def forward(self, x, y):
        return ag.tanh(self.a(x)) @ self.b(y).T


def small(**options):
    return nn.VGG("4x2 M 6 M | 10 3", input_shape=(2, 8, 8), rng=0, **options)


def sequential():
    return nn.Sequential(
        conv=nn.Conv2d(2, 4, 3, padding=1, rng=0), relu=nn.ReLU(), pool=nn.MaxPool2d(2), flat=nn.Flatten(),
        drop=nn.Dropout(0.5, rng=5), fc=nn.Linear(64, 3, rng=1),
    )  # fmt: skip


def picture(*shape, dtype=np.float32):
    return np.random.default_rng(1).standard_normal(shape).astype(dtype)


def by_path(summary):
    found = {row.path: row for row in summary.rows}
    assert len(found) == len(summary.rows)
    return found


TOTALS = "parameters", "parameter_bytes", "trainable", "buffers", "buffer_bytes", "saved_bytes", "multiply_adds"


def assert_totals_are_sums(summary):
    for name in TOTALS:
        assert getattr(summary, name) == sum(getattr(row, name) for row in summary.rows), name


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_printed_table_of_a_small_net(kernels):
    assert str(sequential().summary((1, 2, 8, 8))) == (
        "layer    kind        output        parameters    saved  multiply-adds\n"
        "(model)  Sequential  (1, 3)                 –        –              –\n"
        "  conv   Conv2d      (1, 4, 8, 8)          76    512 B         4.61 k\n"
        "  relu   ReLU        (1, 4, 8, 8)           –  1.0 KiB              –\n"
        "  pool   MaxPool2d   (1, 4, 4, 4)           –     64 B              –\n"
        "  flat   Flatten     (1, 64)                –        –              –\n"
        "  drop   Dropout     (1, 64)                –        –              –\n"
        "  fc     Linear      (1, 3)               195    256 B            192\n"
        "parameters: 271 (1.1 KiB), all trainable\n"
        "saved for the backward pass: 1.8 KiB\n"
        "multiply-adds: 4,800\n"
        "input: (1, 2, 8, 8) float32"
    )


def test_every_number_of_a_row_is_the_one_counted_by_hand(kernels):
    rows = by_path(sequential().summary((5, 2, 8, 8)))
    maps, pooled = 5 * 4 * 8 * 8, 5 * 4 * 4 * 4
    # the images, the rectified maps, a byte for each switch, and the flattened maps, which no other operation keeps
    counted = dict.fromkeys(rows, (0, 0, 0)) | {
        "conv": (4 * 2 * 3 * 3 + 4, maps * 2 * 3 * 3, 5 * 2 * 8 * 8 * 4), "relu": (0, 0, maps * 4),
        "pool": (0, 0, pooled), "fc": (64 * 3 + 3, 5 * 64 * 3, pooled * 4),
    }  # fmt: skip
    assert {p: (row.parameters, row.multiply_adds, row.saved_bytes) for p, row in rows.items()} == counted


def test_rows_are_the_modules_in_their_order_with_their_place_in_the_tree():
    net = Net()
    rows = net.summary((2, 3, 8, 8)).rows
    assert [(row.path, row.kind) for row in rows] == [(p, type(m).__name__) for p, m in net.named_modules()]
    assert [(row.depth, row.name) for row in rows] == [
        (0, ""), (1, "stem"), (1, "blocks.0"), (2, "conv"), (2, "norm"), (1, "blocks.1.0"), (2, "conv"), (2, "norm"),
        (1, "blocks.1.1"), (1, "heads.left"), (1, "heads.right"), (1, "heads.unused"),
    ]  # fmt: skip
    assert [(row.path, row.kind, row.shape) for row in nn.ReLU().summary((2, 3)).rows] == [("", "ReLU", (2, 3))]
    alike = nn.Sequential(a=nn.Sequential(b=nn.ReLU()), ab=nn.ReLU(), a_c=nn.Sequential(d=nn.ReLU()))
    assert [(row.depth, row.name) for row in alike.summary((2,)).rows] == [
        (0, ""), (1, "a"), (2, "b"), (1, "ab"), (1, "a_c"), (2, "d"),
    ]  # fmt: skip


def test_keys_with_dots_that_give_two_parts_one_path_lose_no_number():
    net = nn.Sequential(("a", nn.Sequential(b=nn.Linear(3, 4))), ("a.b", nn.Linear(4, 5)))
    summary = net.summary((1, 3))
    assert [(row.path, row.shape, row.multiply_adds) for row in summary.rows] == [
        ("", (1, 5), 0), ("a", (1, 4), 0), ("a.b", (1, 4), 12), ("a.b", (1, 5), 20)
    ]  # fmt: skip
    assert summary.parameters == 3 * 4 + 4 + 4 * 5 + 5


def test_a_part_that_does_not_run_has_a_dash_for_its_shape_and_is_counted_among_the_parameters():
    summary = Net().summary((2, 3, 8, 8))
    unused = by_path(summary)["heads.unused"]
    assert (unused.uses, unused.shape, unused.parameters) == (0, None, 30)
    assert re.search(r"^  heads\.unused +Linear +– +30 +– +–$", str(summary), re.MULTILINE)


def test_a_part_used_several_times_has_one_row_with_the_numbers_of_all_times(kernels):
    summary = Shared().summary((2, 2, 4, 4))
    rows = by_path(summary)
    assert [*rows] == ["", "head", "mix"]
    head, mix = rows["head"], rows["mix"]
    assert (head.uses, head.shapes, mix.uses, mix.shapes) == (2, [(2, 3, 4, 4), (2, 3, 2, 2)], 2, [(2, 6)])
    assert (head.multiply_adds, mix.multiply_adds) == (2 * 3 * (4 * 4 + 2 * 2) * 2, 2 * (2 * 6 * 6))
    assert (head.parameters, mix.parameters, mix.saved_bytes) == (3 * 2 + 3, 6 * 6 + 6, 2 * (2 * 6 * 4))
    assert "Conv2d × 2  (2, 3, 4, 4); (2, 3, 2, 2)" in str(summary)
    assert "Linear × 2  (2, 6) " in str(summary)


def test_operations_of_a_containers_own_forward_are_counted_in_its_row(kernels):
    net = nn.Sequential(Block())
    rows = by_path(net.summary((2, 4, 5, 5)))
    assert rows["0"].saved_bytes == 2 * 4 * 5 * 5 * 4  # relu's result; add keeps nothing
    assert rows["0.conv"].saved_bytes == 2 * 4 * 5 * 5 * 4  # the input
    assert rows[""].saved_bytes == 0
    rows = by_path(Both().summary((6, 3), (7, 5)))
    assert {path: row.multiply_adds for path, row in rows.items()} == {"": 6 * 7 * 4, "a": 6 * 3 * 4, "b": 7 * 5 * 4}


def test_a_module_that_is_no_registered_part_is_counted_where_it_is_called():
    class Hidden(nn.Module):
        def __init__(self):
            self.inner = nn.Sequential(nn.ReLU())
            self.lent = {"secret"}  # a set is not looked into

        def forward(self, x):
            return self.inner(nn.Linear(3, 4, rng=0)(x))

    rows = by_path(nn.Sequential(Hidden()).summary((2, 3)))
    assert [*rows] == ["", "0", "0.inner", "0.inner.0"]
    assert rows["0"].multiply_adds == 2 * 3 * 4


def test_in_evaluation_mode_dropout_and_batch_normalisation_are_what_they_are_there():
    net = small(batch_norm=True)
    rows = by_path(net.summary((3, 2, 8, 8)))
    assert (rows["classifier.drop1"].shape, rows["classifier.drop1"].saved_bytes) == ((3, 10), 0)
    assert (rows["features.bn1_1"].shape, rows["features.bn1_1"].buffers) == ((3, 4, 8, 8), 8)
    assert not net.features.bn1_1.running_mean.numpy().any()


# ── numbers against other ways to them ────────────────────────────────────────────────────────────────────────────────


def vgg_by_formula(line, channels, size):
    """Parameters and multiply-adds of an image, from the line of configuration alone."""
    parameters = cost = 0
    convolutions, widths = line.split("|")
    for word in convolutions.split():
        if word == "M":
            size //= 2
            continue
        out, _, times = word.partition("x")
        for _ in range(int(times or 1)):
            parameters += int(out) * (channels * 9 + 1)
            cost += int(out) * size * size * channels * 9
            channels = int(out)
    inputs = channels * size * size
    for width in map(int, widths.split()):
        parameters += width * (inputs + 1)
        cost += width * inputs
        inputs = width
    return parameters, cost


def test_vgg16_has_the_published_parameters_and_the_multiply_adds_of_the_formula():
    by_formula = vgg_by_formula("64x2 M 128x2 M 256x3 M 512x3 M 512x3 M | 4096 4096 1000", 3, 224)
    assert by_formula == (138_357_544, 15_470_264_320)
    with ag.profile() as profile:
        summary = nn.VGG("vgg16", init=nn.zeros).summary()
    assert (summary.parameters, summary.multiply_adds) == by_formula
    assert str(profile).endswith(" 15.5 G multiply-adds forward")
    assert summary.inputs == ("(1, 3, 224, 224) float32",)
    assert summary.rows[0].shape == (1, 1000)
    assert_totals_are_sums(summary)


@pytest.mark.parametrize("line", ["4 | 3", "8x2 M 16x2 M 5 M | 7 9 4", "3x1 M 4 | 6 2"])
def test_any_vgg_has_the_parameters_and_multiply_adds_of_the_formula(line):
    summary = nn.VGG(line, input_shape=(2, 16, 16), rng=0).summary((3, 2, 16, 16))
    parameters, cost = vgg_by_formula(line, 2, 16)
    assert (summary.parameters, summary.multiply_adds) == (parameters, 3 * cost)


MODELS = {
    "sequential": (sequential, [(3, 2, 8, 8)]),
    "vgg": (small, [(3, 2, 8, 8)]),
    "vgg with batch normalisation": (lambda: small(batch_norm=True), [(3, 2, 8, 8)]),
    "vgg in float64": (lambda: small(dtype=np.float64), [(3, 2, 8, 8)]),
    "net": (Net, [(2, 3, 8, 8)]),
    "shared": (Shared, [(2, 2, 4, 4)]),
    "two inputs": (Both, [(6, 3), (7, 5)]),
    "transposed": (lambda: nn.Sequential(nn.ConvTranspose2d(2, 3, 3, stride=2), nn.Tanh()), [(2, 2, 4, 4)]),
}


@pytest.mark.parametrize("name", MODELS)
def test_numbers_of_each_place_and_totals_are_those_of_the_model_the_memory_table_and_the_profile(kernels, name):
    make, shapes = MODELS[name]
    net = make().eval()
    dtype = net.parameters()[0].dtype
    with ag.profile() as profile, ag.memory_usage() as usage:
        output = net(*[Tensor(picture(*shape, dtype=dtype)) for shape in shapes])
    summary, buffers = net.summary(*shapes), [t for _, t, is_buffer in net.named_tensors() if is_buffer]
    assert summary.saved_bytes == ag.saved(output).saved_bytes > 0
    assert summary.multiply_adds == sum(row.multiply_adds for row in profile.rows) > 0
    counted = [(sum(t.size for t in found), sum(t.data.nbytes for t in found)) for found in (net.parameters(), buffers)]
    of_summary = (summary.parameters, summary.parameter_bytes), (summary.buffers, summary.buffer_bytes)
    assert [*of_summary] == counted
    assert summary.trainable == summary.parameters
    assert_totals_are_sums(summary)
    del output
    if name not in ("shared", "sequential"):  # where a part's saved arrays are all its own
        for row in summary.rows:
            assert row.saved_bytes == sum(told.nbytes for told in usage.rows if told.place == row.path), row.path
            assert row.multiply_adds == sum(r.multiply_adds for r in profile.rows if r.place == row.path), row.path


def test_shapes_and_parameters_are_those_of_the_same_layers_in_torch():
    torch = pytest.importorskip("torch")
    layers = [
        ("Conv2d", (3, 8, 3), {"stride": 2, "padding": 1}),
        ("Conv2d", (8, 6, 5), {"padding": 2, "dilation": 2, "bias": False}),
        ("BatchNorm2d", (6,), {}),
        ("LeakyReLU", (), {}),
        ("AvgPool2d", (2,), {}),
        ("ConvTranspose2d", (6, 4, 4), {"stride": 2, "padding": 1}),
        ("MaxPool2d", (3,), {"stride": 2, "padding": 1}),
        ("Flatten", (), {}),
        ("Linear", (4 * 2 * 2, 7), {}),
        ("Dropout", (0.5,), {}),
        ("Sigmoid", (), {}),
    ]
    ours = nn.Sequential(*[getattr(nn, kind)(*args, **options) for kind, args, options in layers])
    theirs = torch.nn.Sequential(*[getattr(torch.nn, kind)(*args, **options) for kind, args, options in layers]).eval()
    rows = ours.summary((2, 3, 17, 15)).rows[1:]
    x = torch.zeros(2, 3, 17, 15)
    for row, layer in zip(rows, theirs, strict=True):
        x = layer(x)
        assert row.kind == type(layer).__name__
        assert row.shape == tuple(x.shape), row.path
        assert row.parameters == sum(p.numel() for p in layer.parameters()), row.path
        assert row.buffers == sum(b.numel() for b in layer.buffers() if b.is_floating_point()), row.path


def test_tensors_count_once_where_they_come_first_in_the_row_of_the_module_that_holds_them():
    class Bag(nn.Module):
        buffers = ("grid",)

        def __init__(self):
            self.weights = [Tensor(np.ones(n, np.float32), requires_grad=True) for n in (2, 3)]
            self.more = {"deep": {"er": Tensor(np.ones(4, np.float32), requires_grad=True)}}
            self.grid, self.index = Tensor(np.ones(5, np.float64)), Tensor(np.arange(6))

        def forward(self, x):
            return x * self.weights[1]

    rows = by_path(nn.Sequential(bag=Bag()).summary((1, 3)))
    assert (rows["bag"].parameters, rows["bag"].parameter_bytes) == (2 + 3 + 4, 36)
    assert (rows["bag"].buffers, rows["bag"].buffer_bytes) == (5 + 6, 5 * 8 + 6 * 8)
    assert rows[""].parameters == 0
    net = nn.Sequential(a=nn.Linear(3, 3, rng=0), b=nn.Linear(3, 3, rng=1))
    net.b.weight = net.a.weight
    summary = net.summary((2, 3))
    assert [row.parameters for row in summary.rows] == [0, 12, 3]
    assert (summary.parameters, summary.parameter_bytes) == (15, 60)


def test_what_a_forward_pass_computes_and_drops_is_multiplied_but_not_kept():
    class Wasteful(nn.Module):
        def __init__(self):
            self.used, self.dropped = nn.Linear(3, 4, rng=0), nn.Linear(3, 50, rng=1)

        def forward(self, x):
            ag.tanh(self.dropped(x))
            return self.used(x)

    summary = Wasteful().summary((2, 3))
    assert [(row.path, row.multiply_adds) for row in summary.rows] == [("", 0), ("used", 24), ("dropped", 300)]
    assert (summary.saved_bytes, summary.rows[0].saved_bytes) == (2 * 3 * 4, 0)


def test_tensors_of_the_model_and_leaves_from_elsewhere_are_not_among_what_is_kept():
    elsewhere = Tensor(np.ones(3, np.float32), requires_grad=True)

    class Scale(nn.Module):
        buffers = ("fixed",)

        def __init__(self):
            self.own, self.fixed = Tensor(np.ones(3, np.float32), requires_grad=True), Tensor(np.ones(3, np.float32))

        def forward(self, x):
            x = x * self.own.detach() * self.fixed.numpy()
            return x * elsewhere * np.full(3, 2, np.float32)

    assert Scale().summary((2, 3)).saved_bytes == 2 * 3 * 4 + 3 * 4  # what elsewhere is multiplied by, and the twos


# ── frozen layers, and models without parameters ──────────────────────────────────────────────────────────────────────


def frozen(net, part):
    for parameter in net[part].parameters():
        parameter.requires_grad = False
    return net


def test_a_frozen_layer_is_seen_whole_and_told_apart():
    summary = frozen(sequential(), "conv").summary((5, 2, 8, 8))
    rows = by_path(summary)
    assert (rows["conv"].parameters, rows["conv"].trainable) == (76, 0)
    assert (summary.parameters, summary.trainable) == (271, 195)
    assert "parameters: 271 (1.1 KiB), 195 of them trainable\n" in str(summary)
    assert summary.multiply_adds == sequential().summary((5, 2, 8, 8)).multiply_adds
    assert rows["conv"].saved_bytes == 0  # its images would be kept for the filters' gradient alone
    assert rows["relu"].saved_bytes == 5 * 4 * 8 * 8 * 4


def test_what_a_partly_frozen_model_keeps_is_what_the_memory_table_tells_but_for_the_models_own_tensors():
    for part in ("conv", "fc"):
        net = frozen(sequential(), part).eval()
        told = ag.saved(net(Tensor(picture(5, 2, 8, 8), requires_grad=True)))
        images = 5 * 2 * 8 * 8 * 4 * (part != "conv")  # a leaf's own array is not counted there
        own = net[part].weight.data.nbytes  # a constant, counted there, but in the model anyway
        assert net.summary((5, 2, 8, 8)).saved_bytes == told.saved_bytes + images - own


def test_frozen_layers_behind_integer_images_are_multiplied_and_keep_nothing():
    class Scaled(nn.Module):
        def __init__(self):
            self.body, self.head = nn.Conv2d(3, 4, 3, rng=0), nn.Linear(4, 2, rng=1)

        def forward(self, x):
            return self.head(ag.tanh(self.body(Tensor(np.asarray(x) / np.float32(255)))).mean((2, 3)))

    net = Scaled()
    for parameter in net.body.parameters():
        parameter.requires_grad = False
    images = np.arange(2 * 3 * 5 * 5, dtype=np.uint8).reshape(2, 3, 5, 5)
    summary = net.summary(images)
    rows = by_path(summary)
    assert rows["body"].multiply_adds == 2 * 4 * 3 * 3 * 3 * 9
    assert {path: row.saved_bytes for path, row in rows.items()} == {"": 0, "body": 0, "head": 2 * 4 * 4}
    assert summary.saved_bytes == ag.saved(net(images)).saved_bytes
    assert net.body.weight.node is None
    assert summary.inputs == ("(2, 3, 5, 5) uint8",)


def test_a_model_without_parameters_is_seen_whole():
    summary = nn.Sequential(nn.Tanh(), nn.MaxPool2d(2), nn.Flatten()).summary((2, 3, 4, 4))
    assert [(row.shape, row.saved_bytes) for row in summary.rows] == [
        ((2, 12), 0), ((2, 3, 4, 4), 2 * 3 * 4 * 4 * 4), ((2, 3, 2, 2), 2 * 3 * 2 * 2), ((2, 12), 0)
    ]  # fmt: skip
    assert "parameters: 0 (0 B)\nsaved" in str(summary)
    assert summary.inputs == ("(2, 3, 4, 4) float32",)


# ── what goes in, what comes out ──────────────────────────────────────────────────────────────────────────────────────


def test_inputs_may_be_arrays_tensors_shapes_or_a_mixture_and_the_numbers_are_the_same():
    x, y = picture(6, 3), picture(7, 5)
    given = [(6, 3), (7, 5)], [x, y], [Tensor(x), y], [(6, 3), Tensor(y, requires_grad=True)]
    (table,) = {str(Both().summary(*inputs)) for inputs in given}
    assert table.endswith("\ninput: (6, 3) float32, (7, 5) float32")


def test_zeros_are_of_the_parameters_dtype_and_the_bytes_double_in_float64():
    single, double = Both().summary((6, 3), (7, 5)), Both(np.float64).summary((6, 3), (7, 5))
    assert double.inputs == ("(6, 3) float64", "(7, 5) float64")
    assert double.saved_bytes == 2 * single.saved_bytes
    assert double.parameter_bytes == 2 * single.parameter_bytes
    assert (double.parameters, double.multiply_adds) == (single.parameters, single.multiply_adds)


def test_a_model_that_knows_its_input_shape_needs_no_input():
    assert small().summary().inputs == ("(1, 2, 8, 8) float32",)
    assert nn.VGG("2 | 3", input_shape=[1, 4, 4]).summary().inputs == ("(1, 1, 4, 4) float32",)
    net = sequential()
    net.input_shape = (2, 8, 8)
    assert str(net.summary()) == str(net.summary((1, 2, 8, 8)))


def test_inputs_given_are_neither_written_into_nor_tied_to_a_graph_and_zeros_make_no_warning():
    class Pushy(nn.Module):
        def forward(self, x):
            x.data[...] = 7
            return x / x.std() + ag.log(x)

    x = Tensor(picture(2, 3), requires_grad=True)
    before = x.numpy().copy()
    assert Pushy().summary(x).rows[0].shape == (2, 3)
    np.testing.assert_array_equal(x.numpy(), before)
    assert x.grad is None


@pytest.mark.parametrize(
    ("returned", "shape", "text"),
    [
        (lambda x: (x, x[0]), [(2, 3), (3,)], "(2, 3), (3,)"),
        (lambda x: [x, (x[0], x.sum())], [(2, 3), [(3,), ()]], "(2, 3), (3,), ()"),
        (lambda x: {"y": x, "mask": x.numpy() > 0}, {"y": (2, 3), "mask": (2, 3)}, "y (2, 3), mask (2, 3)"),
        (lambda x: (x,) * 5, [(2, 3)] * 5, "(2, 3), (2, 3), (2, 3), … (5)"),
        (lambda x: (x, None), [(2, 3), "NoneType"], "(2, 3), NoneType"),
        (lambda x: x.sum().item(), "float", "float"),
    ],
    ids=["tuple", "nested", "dict", "many", "with None", "a number"],
)
def test_the_shapes_of_several_results_are_joined(returned, shape, text):
    class Part(nn.Module):
        def forward(self, x):
            return returned(x)

    summary = nn.Sequential(part=Part()).summary((2, 3))
    assert by_path(summary)["part"].shape == shape
    assert f"Part        {text}  " in str(summary)


# ── nothing changes ───────────────────────────────────────────────────────────────────────────────────────────────────


class Restless(nn.Module):
    """Changes whatever a forward pass can change, in evaluation mode too; fails if told to."""

    buffers = ("count",)

    def __init__(self):
        self.norm, self.fc = nn.BatchNorm2d(2), nn.Linear(2, 3, rng=0)
        self.count = Tensor(np.zeros(1))
        self.drop = nn.Dropout(0.5, rng=np.random.default_rng(3))
        self.calls, self.fails = 0, False

    def train(self, mode=True):
        super().train(True)
        return self

    def forward(self, x):
        self.calls += 1
        self.count.data += 1
        self.last = ag.dropout(self.norm.train()(x), rng=self.drop.rng)
        if self.fails:
            raise RuntimeError("told to")
        return self.fc(self.last.mean((2, 3)).named("middle"))


def everything(net):
    tensors = [
        (name, t, t.data, t.numpy().tobytes(), t.node, t.name, t.grad, t.requires_grad)
        for name, t, _ in net.named_tensors()
    ]
    attributes = [{**vars(module)} for _, module in net.named_modules()]
    generators = [repr(m.rng.bit_generator.state) for _, m in net.named_modules() if isinstance(m, nn.Dropout)]
    return tensors, attributes, generators, here()


@pytest.mark.parametrize("fails", [False, True])
def test_a_summary_leaves_everything_as_it_was_by_an_error_too(fails):
    net = frozen(nn.Sequential(inner=Restless(), frozen=nn.Linear(3, 1, rng=1)), "frozen")
    net(picture(2, 2, 3, 3)).sum().backward()
    net.inner.fc.training = False
    net.inner.norm.weight.named("gamma")
    net.inner.fails = fails
    before = everything(net)
    with pytest.raises(RuntimeError, match="told to") if fails else nullcontext():
        assert net.summary((4, 2, 3, 3)).rows[0].shape == (4, 1)
    assert everything(net) == before
    assert net.inner.fc.weight.grad is not None


def test_a_buffer_that_cannot_be_written_into_is_let_be():
    class Fixed(nn.Module):
        buffers = ("grid",)

        def __init__(self):
            self.grid = Tensor(np.broadcast_to(np.float32(2), (2, 3)))

        def forward(self, x):
            return x * self.grid

    net = Fixed()
    assert (net.summary((2, 3)).buffers, net.grid.numpy().sum()) == (6, 12)


def test_no_graph_outlives_a_summary():
    nodes = []

    class Keeps(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(3, 3, rng=0)

        def forward(self, x):
            self.last = self.fc(x)
            nodes.append(ref(self.last.node))
            return self.last

    net = Keeps()
    kept = net.summary((2, 3))
    assert len(nodes) == 1
    assert nodes[0]() is None
    assert kept.saved_bytes == 24


def test_a_summary_records_although_nothing_is_to_be_recorded_around_it():
    net = sequential()
    with ag.no_grad():
        summary = net.summary((1, 2, 8, 8))
        assert not ag.is_grad_enabled()
    assert str(summary) == str(net.summary((1, 2, 8, 8)))


def test_another_threads_use_of_the_model_is_not_counted():
    class Meeting(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(3, 4, rng=0)
            self.outside = True

        def forward(self, x):
            if self.outside:
                self.outside = False
                other = threading.Thread(target=lambda: self(Tensor(picture(5, 3))))
                other.start()
                other.join()
            return self.fc(x)

    row = by_path(Meeting().summary((2, 3)))["fc"]
    assert (row.uses, row.shapes, row.multiply_adds) == (1, [(2, 4)], 24)


def test_a_summary_asked_for_while_the_model_runs_tells_of_its_part():
    class Curious(nn.Module):
        def __init__(self):
            self.net = sequential()

        def forward(self, x):
            found.append(str(self.net.summary((1, 2, 8, 8))))
            return self.net(x)

    found = []
    rows = by_path(Curious().summary((1, 2, 8, 8)))
    assert found == [str(sequential().summary((1, 2, 8, 8)))]
    assert rows["net.conv"].uses == 2  # once to be looked at, once for the result


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shape", [None, 7, [2, 8, 8], nn.ReLU()])
def test_without_inputs_and_input_shape_it_is_said_what_to_pass(shape):
    net = sequential()
    net.input_shape = shape
    with pytest.raises(ValueError, match=r"^summary: Sequential has no input_shape, so say what goes in: arrays, or a"):
        net.summary()


@every("entry", [1, "x", [1, 2, 8, 8], (1, 2.0), (None, 3), (-1, 2, 8, 8), None])
def test_what_is_no_input_is_shown_and_it_is_said_what_would_be(entry):
    words = f"summary: {entry!r} is neither an array, nor a Tensor, nor a shape: a tuple of integers with the batch"
    with pytest.raises(TypeError, match=f"^{re.escape(words)}"):
        sequential().summary(entry)


def test_a_shape_that_a_layer_refuses_is_the_layers_own_error_with_its_path():
    net = nn.Sequential(body=nn.Sequential(conv=nn.Conv2d(3, 4, 3)))
    with pytest.raises(ValueError, match=r"^conv2d: .*\(1, 2, 8, 8\)") as caught:
        net.summary((1, 2, 8, 8))
    assert caught.value.__notes__ == [
        "in body.conv: Conv2d(3, 4, (3, 3), stride=1, padding=0)",
        "summary gave the model zeros, (1, 2, 8, 8) float32; if it needs others, give arrays",
    ]
    with pytest.raises(ValueError, match=r"^conv2d: ") as caught:
        net.summary(picture(1, 2, 8, 8))
    assert len(caught.value.__notes__) == 1
    net.input_shape = (1, 8, 8)
    with pytest.raises(ValueError, match=r"^conv2d: ") as caught:
        net.summary()
    assert caught.value.__notes__[1].startswith("summary gave the model zeros, (1, 1, 8, 8) float32;")


def test_a_model_that_needs_integers_says_so_when_given_zeros_and_runs_when_given_them():
    class Embedding(nn.Module):
        def __init__(self):
            self.table, self.fc = Tensor(picture(10, 4), requires_grad=True), nn.Linear(4, 2, rng=0)

        def forward(self, index):
            return self.fc(self.table[index])

    net = Embedding()
    with pytest.raises((IndexError, TypeError, ValueError)) as caught:
        net.summary((5,))
    assert "summary gave the model zeros, (5,) float32; if it needs others, give arrays" in caught.value.__notes__
    summary = net.summary(np.arange(5))
    assert [row.shape for row in summary.rows] == [(5, 2), (5, 2)]
    assert (summary.parameters, summary.multiply_adds) == (10 * 4 + 4 * 2 + 2, 5 * 4 * 2)
    assert summary.inputs == ("(5,) int64",)


# ── in a notebook ─────────────────────────────────────────────────────────────────────────────────────────────────────

NASTY = "</details><script>alert('&amp;')</script>"


class Elements(HTMLParser):
    """Every element as (tag, attributes, its own text and that of what is inside it), in the order they begin."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        element = [tag, dict(attrs), "", len(self.open)]
        self.found.append(element)
        if tag != "br":
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2] += data

    def tagged(self, tag):
        return [element for element in self.found if element[0] == tag]


def assert_it_fits_any_page(html):
    """Nothing from elsewhere, no colour of its own, nothing that runs."""
    elements = Elements(html)
    assert {element[0] for element in elements.found} <= {
        "div", "details", "summary", "ul", "li", "code", "span", "table", "caption", "thead", "tbody", "tr", "th", "td",
        "p", "br",
    }  # fmt: skip
    attributes = [(key, value) for _, attrs, *_ in elements.found for key, value in attrs.items()]
    assert {key for key, _ in attributes} <= {"style", "scope", "open", "role"}
    assert not re.search(r"color|background|url|#|rgb", " ".join(value or "" for _, value in attributes))
    return elements


def test_a_summary_in_a_notebook_is_a_table_with_headings_and_every_number_of_the_printed_one():
    summary = Net().summary((2, 3, 8, 8))
    elements = assert_it_fits_any_page(summary._repr_html_())
    columns = [element for element in elements.tagged("th") if element[1]["scope"] == "col"]
    names = [element for element in elements.tagged("th") if element[1]["scope"] == "row"]
    assert [element[2] for element in columns] == ["layer", "kind", "output", "parameters", "saved", "multiply-adds"]
    assert [element[2] for element in names] == [row.name or "(model)" for row in summary.rows]
    cells = [element[2] for element in elements.tagged("td")]
    printed, totals = str(summary).splitlines()[1:-4], str(summary).splitlines()[-4:]
    assert len(cells) == 5 * len(printed)
    for i, line in enumerate(printed):
        assert [names[i][2], *cells[5 * i : 5 * i + 5]] == re.split(r"  +", line.strip())
    assert elements.tagged("p")[0][2] == "".join(totals)
    assert elements.tagged("caption")[0][2] == "The layers of Net"


def test_numbers_are_aligned_to_the_right_and_names_indented_by_depth():
    summary = Net().summary((2, 3, 8, 8))
    elements = Elements(summary._repr_html_())
    sides = [re.search(r"text-align:(\w+)", element[1]["style"])[1] for element in elements.tagged("td")]
    assert sides == ["left", "left", "right", "right", "right"] * (len(sides) // 5)
    names = [element[1]["style"] for element in elements.tagged("th") if element[1]["scope"] == "row"]
    paddings = [float(re.search(r"padding-left:([\d.]+)em", style)[1]) for style in names]
    step = paddings[1] - paddings[0]
    assert step > 0
    assert [round((padding - paddings[0]) / step) for padding in paddings] == [row.depth for row in summary.rows]


def test_names_of_parts_and_classes_show_as_text_whatever_they_contain():
    inner = nn.Sequential(fc=nn.Linear(3, 3))
    inner.extra_repr = lambda: "<i>'3'</i>"
    net = type("<b>Net</b>", (nn.Sequential,), {})(**{NASTY: inner, "again": inner})
    summary = net.summary((1, 3))
    table = assert_it_fits_any_page(summary._repr_html_())
    names = [element[2] for element in table.tagged("th") if element[1]["scope"] == "row"]
    assert names == ["(model)", NASTY, "fc"]
    assert table.tagged("td")[0][2] == "<b>Net</b>"
    assert NASTY in str(summary)
    told = nn.Summary(summary.rows, ["<i>anything</i>"])
    assert assert_it_fits_any_page(told._repr_html_()).tagged("p")[0][2].endswith("input: <i>anything</i>")
    tree = assert_it_fits_any_page(net._repr_html_())
    assert [element[2] for element in tree.tagged("summary")] == [
        "<b>Net</b> 12 parameters",
        f"{NASTY}: Sequential(<i>'3'</i>) 12 parameters",
    ]
    assert tree.tagged("li")[-1][2] == f"again: Sequential, the same as {NASTY}"


def test_unprintable_characters_are_spelled_out_and_break_no_line():
    summary = nn.Sequential(("a\nb\x1b[31m", nn.Linear(3, 4))).summary((1, 3))
    assert "  a\\nb\\x1b[31m  Linear" in str(summary)
    assert len(str(summary).splitlines()) == 1 + 2 + 4


def as_list(net):
    return [element[2] for element in assert_it_fits_any_page(net._repr_html_()).tagged("li")]


def test_the_tree_of_a_model_shows_every_part_with_its_arguments_and_parameters_and_refers_to_what_comes_again():
    assert as_list(sequential()) == [
        "conv: Conv2d(2, 4, (3, 3), stride=1, padding=1) 76 parameters", "relu: ReLU()",
        "pool: MaxPool2d(2, stride=2, padding=0)", "flat: Flatten()", "drop: Dropout(p=0.5)",
        "fc: Linear(64, 3) 195 parameters",
    ]  # fmt: skip
    net = Shared()
    net.me = net
    assert as_list(net) == [
        "head: Conv2d(2, 3, (1, 1), stride=1, padding=0) 9 parameters", "mix: Linear(6, 6) 42 parameters",
        "again: Linear, the same as mix", "me: Shared, the same as the whole",
    ]  # fmt: skip


def test_the_tree_counts_what_is_inside_a_part_and_shared_tensors_once():
    elements = Elements(Net()._repr_html_())
    assert [element[2] for element in elements.tagged("summary")] == [
        "Net 780 parameters",
        "blocks.0: Block 156 parameters",
        "blocks.1.0: Block 156 parameters",
    ]
    assert sum(p.size for p in Net().parameters()) == 780
    tied = nn.Sequential(a=nn.Linear(3, 3), b=nn.Linear(3, 3))
    tied.b.weight = tied.a.weight
    assert Elements(tied._repr_html_()).tagged("summary")[0][2] == "Sequential 15 parameters"


def test_two_levels_of_the_tree_are_unfolded_and_deeper_ones_folded():
    elements = Elements(nn.Sequential(a=nn.Sequential(b=nn.Sequential(c=nn.Sequential(d=nn.ReLU()))))._repr_html_())
    assert ["open" in element[1] for element in elements.tagged("details")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("layer", "words"),
    [(nn.Linear(3, 4), "Linear(3, 4) 16 parameters"), (nn.ReLU(), "ReLU() 0 parameters"),
     (nn.Linear(1, 1, bias=False), "Linear(1, 1, bias=False) 1 parameter")],
)  # fmt: skip
def test_a_layer_alone_and_a_model_without_parameters_have_a_tree_too(layer, words):
    assert Elements(layer._repr_html_()).found[0][2] == words


def test_the_tree_runs_nothing_and_changes_nothing():
    net = nn.Sequential(fc=nn.Linear(3, 4, rng=0))
    net.fc.forward = net.forward = None  # nothing that could run
    before = everything(net)
    assert "fc" in net._repr_html_()
    assert everything(net) == before
