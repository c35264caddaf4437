"""Programs: what was traced runs again, forward and backward, to the same bits; the rest is refused."""

import random
import threading
import tracemalloc

import numpy as np
import pytest
from cases import every
from internals import ancestors
from leaves import leaf_of

import autograd_mini as ag
import nn
from autograd_mini import Tensor, TraceError, no_grad, trace

RNG = np.random.default_rng(0)


def same_bits(a, b):
    a, b = a.numpy(), b.numpy()
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


# ── nets ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Residual(nn.Module):
    def __init__(self):
        self.one, self.two = (nn.Conv2d(4, 4, 3, padding=1, rng=seed) for seed in (0, 1))
        self.norm = nn.BatchNorm2d(4)

    def forward(self, x):
        return ag.relu(x + self.two(ag.relu(self.norm(self.one(x)))))


class Attention(nn.Module):
    def __init__(self, width=8):
        self.q, self.k, self.v, self.out = (nn.Linear(width, width, rng=seed) for seed in range(4))
        self.mlp = nn.Sequential(
            nn.Linear(width, 16, rng=5), nn.ReLU(), nn.Dropout(0.2, rng=3), nn.Linear(16, width, rng=6)
        )

    def forward(self, x):
        weights = ag.softmax(self.q(x) @ self.k(x).mT / np.float32(np.sqrt(8)), -1).named("weights")
        h = x + self.out(weights @ self.v(x))
        normal = (h - h.mean(-1, keepdims=True)) / ag.sqrt(h.var(-1, keepdims=True) + 1e-5)
        return normal + self.mlp(normal)


class Recurrent(nn.Module):
    def __init__(self, inputs=3, width=4):
        self.x, self.h, self.width = nn.Linear(inputs, 4 * width, rng=0), nn.Linear(width, 4 * width, rng=1), width

    def forward(self, x):
        h = c = np.zeros((x.shape[0], self.width), np.float32)
        for step in range(x.shape[1]):
            i, f, g, o = ag.split(self.x(x[:, step]) + self.h(h), 4, 1)
            c = ag.sigmoid(f) * c + ag.sigmoid(i) * ag.tanh(g)
            h = ag.sigmoid(o) * ag.tanh(c)
        return h


def residual_net():
    blocks = [nn.Conv2d(3, 4, 3, rng=4), Residual(), Residual(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Flatten()]
    return nn.Sequential(*blocks, nn.Linear(36, 5, rng=7))


NETS = {
    "residual": (residual_net, (2, 3, 14, 14)),
    "attention": (lambda: nn.Sequential(Attention(), Attention(), nn.Flatten(), nn.Linear(40, 3, rng=8)), (2, 5, 8)),
    "LSTM": (lambda: nn.Sequential(Recurrent(), nn.Linear(4, 3, rng=3)), (2, 6, 3)),
    "VGG": (lambda: nn.VGG("8x2 M 16x2 M | 64 10", input_shape=(3, 16, 16), rng=0), (3, 3, 16, 16)),
}


def held(net):
    """Everything that running the net may change, to compare and to restore."""
    generators = [part.rng for _, part in net.named_modules() if isinstance(part, nn.Dropout)]
    return [tensor.numpy().copy() for _, tensor, _ in net.named_tensors()], [g.bit_generator.state for g in generators]


def restore(net, state):
    for (_, tensor, _), array in zip(net.named_tensors(), state[0], strict=True):
        tensor.data[...] = array
    dropouts = [part for _, part in net.named_modules() if isinstance(part, nn.Dropout)]
    for part, generator in zip(dropouts, state[1], strict=True):
        part.rng.bit_generator.state = generator


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("training", [True, False])
def test_a_net_and_its_backward_pass_run_again_to_the_same_bits_with_other_weights_and_images(name, training):
    make, shape = NETS[name]
    net = make().train(training)
    loss = lambda x, labels: nn.cross_entropy(net(x), labels)
    draw = lambda seed: np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    before = held(net)
    program = trace(loss, draw(0), np.arange(shape[0]) % 3)
    once = held(net)
    restore(net, before)
    loss(draw(0), np.arange(shape[0]) % 3)
    np.testing.assert_equal(held(net), once)  # traced, the effects came about once
    back = program.vjp()
    np.testing.assert_equal(held(net), once)  # and here not at all
    for parameter in net.parameters():
        parameter.data *= np.float32(1.1)
    images, labels, state = draw(1), (np.arange(shape[0]) + 1) % 3, held(net)

    def passed(function):
        restore(net, state)
        x = Tensor(images, requires_grad=True)
        net.zero_grad()
        out = function(x, labels)
        out.backward()
        return [out, x.grad, *(parameter.grad for parameter in net.parameters())], held(net)

    ((out, g, *of_parameters), after), (again, after_again) = passed(loss), passed(program)
    assert all(map(same_bits, [out, g, *of_parameters], again))
    np.testing.assert_equal(after_again, after)
    restore(net, state)
    (found, _), of_leaves, outputs = back(images, labels, np.float32(1))
    names = [name for name, _ in net.named_parameters()]
    assert {*of_leaves} == {*names}
    assert all(map(same_bits, [outputs, found, *(of_leaves[name] for name in names)], [out, g, *of_parameters]))


def test_a_derivative_of_the_backward_pass_is_a_program_too():
    cube = trace(lambda x: (x * x * x).sum(), np.ones(3))
    second = trace(lambda x: cube.vjp()(x, 1.0)[0][0].sum(), np.ones(3)).vjp()
    (g,), _, _ = second(np.array([1.0, 2.0, 3.0]), 1.0)
    assert g.tolist() == [6.0, 12.0, 18.0]


# ── leaves, constants, detached results ───────────────────────────────────────────────────────────────────────────────


def test_leaves_are_referred_to_and_constants_are_copied():
    w, array = leaf_of([1, 1, 1], name="w"), np.ones(3)
    program = trace(lambda x: x * w + array, np.ones(3))
    w.data[...], array[...] = 5, 7
    assert program(np.ones(3)).tolist() == [6, 6, 6]
    assert [leaf.name for leaf in program.leaves] == ["w"]


def test_tensors_made_by_the_function_are_constants_which_are_copied_when_returned():
    program = trace(lambda x: x * Tensor([1.0, 2.0]) + ag.exp(Tensor([0.0, 0.0])), np.ones(2))
    assert program.leaves == ()
    assert program([3.0, 3.0]).tolist() == [4, 7]
    program = trace(lambda x: (x * 1, Tensor([1.0, 2.0])), np.ones(2))
    program(np.ones(2))[1].data[...] = 9
    assert program(np.ones(2))[1].tolist() == [1, 2]


def test_leaves_of_one_name_are_distinguished_whatever_their_names():
    named = [leaf_of([k, k], name=name) for k, name in enumerate(["w#2", "w", "w"], 1)]
    program = trace(lambda x: (x * named[0] * named[1] * named[2]).sum(), np.ones(2))
    assert [leaf.name for leaf in program.leaves] == ["w#2", "w", "w#3"]
    _, leaves, _ = program.vjp()(np.ones(2), 1.0)
    assert {name: g.tolist() for name, g in leaves.items()} == {"w#2": [6, 6], "w": [3, 3], "w#3": [2, 2]}


@pytest.mark.parametrize("how", ["detach", "no_grad", "detach of a leaf"])
def test_no_gradient_flows_where_none_flowed(how):
    w = Tensor([2.0, 3.0], requires_grad=True)

    def function(x):
        if how == "no_grad":
            with no_grad():
                y = x * w
        else:
            y = (x * w).detach() if how == "detach" else x * w.detach()
        return (x * y).sum()

    program = trace(function, np.ones(2))
    for f in (function, program):
        x = Tensor([1.0, 4.0], requires_grad=True)
        f(x).backward()
        assert x.grad.tolist() == ([2, 12] if how != "detach of a leaf" else [4, 24]), f
        assert w.grad is None
    w.data[...] = 1
    assert program([1.0, 1.0]).item() == 2


def test_a_frozen_leaf_is_still_referred_to_on_the_way_back():
    w = Tensor([2.0, 3.0])
    back = trace(lambda x: (x * w).sum(), np.ones(2)).vjp()
    w.data[...] = 7
    (g,), leaves, _ = back(np.ones(2), 1.0)
    assert g.tolist() == [7, 7]
    assert leaves == {}


def test_outputs_keep_their_structure():
    program = trace(lambda x: {"a": [x, x + 1], "b": (x * 2, None)}, np.ones(2))
    found = program([1.0, 2.0])
    assert (found["a"][1].tolist(), found["b"][0].tolist(), found["b"][1]) == ([2, 3], [2, 4], None)


def test_names_and_paths_are_those_of_the_function():
    net = NETS["attention"][0]()
    program = trace(net, np.zeros(NETS["attention"][1], np.float32))
    names = lambda output: [node.name for node in ancestors(output.node)]
    assert names(program(np.ones((2, 5, 8), np.float32))) == names(net(np.ones((2, 5, 8), np.float32)))


# ── stand-ins, shared memory ──────────────────────────────────────────────────────────────────────────────────────────


def gradients(function, given, leaves):
    """What a function gives for an input, and the gradients of the input and of leaves."""
    x = Tensor(given, requires_grad=True)
    for leaf in leaves:
        leaf.grad = None
    out = function(x)
    out.sum().backward()
    return [out, x.grad, *(leaf.grad for leaf in leaves)]


def replays(function, traced_with, given, leaves=()):
    """Whether a program gives the bits that its function gives, and all gradients."""
    expected, found = (gradients(f, given, leaves) for f in (function, trace(function, traced_with)))
    return all(a is b is None or same_bits(a, b) for a, b in zip(expected, found, strict=True))


ONES, OTHER = np.ones((2, 3)), RNG.standard_normal((2, 3))


def test_what_stands_in_for_a_parameter_is_the_leaf():
    layer = nn.Linear(3, 3, rng=0)
    other = Tensor(RNG.standard_normal((3, 3)).astype(np.float32), requires_grad=True, name="other")
    function = lambda x: nn.functional_call(layer, {"weight": other}, x)
    ones, images = ONES.astype(np.float32), OTHER.astype(np.float32)
    assert replays(function, ones, images, [other, layer.bias])
    program = trace(function, ones)
    assert program.leaves[0].tensor() is other
    other.data[...] = 2
    assert same_bits(program(images), function(Tensor(images)))
    program = trace(layer, ones)  # and the other way around: it runs where another stands in
    model = nn.Sequential(layer)
    model.forward = program
    assert same_bits(nn.functional_call(model, {"0.weight": other}, images), function(Tensor(images)))


@pytest.mark.parametrize("first", ["the constant", "the leaf"])
def test_a_leaf_and_a_constant_of_the_same_memory_are_distinguished(first):
    w = Tensor(OTHER + 2, requires_grad=True, name="w")
    constant = w.detach()
    function = (lambda x: x * constant * w) if first == "the constant" else (lambda x: x * w * constant)
    assert replays(function, ONES, OTHER, [w])


def test_tied_weights_are_one_leaf():
    net = nn.Sequential(nn.Linear(3, 3, rng=0), nn.ReLU(), nn.Linear(3, 3, rng=1))
    net[2].weight = net[0].weight
    images = OTHER.astype(np.float32)
    assert replays(net, ONES.astype(np.float32), images, [*net.parameters()])
    assert [leaf.name for leaf in trace(net, images).leaves] == ["0.weight", "0.bias", "2.bias"]


def test_an_array_that_looks_into_a_leaf_is_not_copied_in_silence():
    w = leaf_of(OTHER)
    row = w.data[0]
    with pytest.raises(TraceError, match=r"test_program.py:\d+, .* takes the bare array of a Tensor"):
        trace(lambda x: x * row + w, ONES)


def test_the_places_of_maxima_are_in_the_program_and_back():
    def function(x):
        values, places = ag.max_pool2d(x, kernel_size=2, return_indices=True)
        return ag.max_unpool2d(values * values, places, kernel_size=2), places

    images, others = (RNG.standard_normal((2, 3, 4, 4)) for _ in range(2))
    program = trace(function, images)
    for found, expected in zip(program(others), function(Tensor(others)), strict=True):
        assert isinstance(found, Tensor)
        assert same_bits(found, expected)
    assert replays(lambda x: function(x)[0], images, others)


BESIDE = {  # functions whose rules compute with a result that carries no gradient
    "a detached result": lambda x: (x * 2).detach() @ x,
    "signs": lambda x: ag.sign(x).mT @ x,
    "a mask": lambda x: ag.where(x > 0, x * x, -x) @ (x > 0.5).astype(float),
    "a permutation": lambda x: ag.linalg.lu(x[:2])[2],
    "the sign of a determinant": lambda x: ag.linalg.slogdet(x @ x.mT)[0] * x,
    "places of maxima": lambda x: ag.max_pool2d(x[None, None], kernel_size=2),
    "sorted": lambda x: ag.sort(x, 0) @ ag.argsort(x, 0).mT.astype(float),
}


@pytest.mark.parametrize("function", BESIDE.values(), ids=BESIDE)
def test_a_backward_pass_follows_results_that_carry_no_gradient(function):
    traced_with, given = np.random.default_rng(0).standard_normal((2, 4, 4))
    back, x = trace(function, traced_with).vjp(), Tensor(given, requires_grad=True)
    out = function(x)
    g = np.random.default_rng(1).standard_normal(out.shape)
    (found,), _, again = back(given, g)
    assert same_bits(again, out)
    np.testing.assert_allclose(found, ag.grad(out, x, g), rtol=1e-12)


def test_a_backward_pass_is_made_of_examples_that_the_function_takes(registry):
    @ag.primitive
    def root_of_positive(x):
        if (x < 0).any():
            raise ValueError("there is no root")
        return np.sqrt(x)

    root_of_positive.defvjp(x=lambda g, out: g / (2 * out))
    program = trace(lambda x: root_of_positive(ag.log(x)).sum(), np.array([2.0, 3.0]))
    with ag.detect_anomaly():
        (g,), _, _ = program.vjp()(np.array([np.e, np.e]), 1.0)
    np.testing.assert_allclose(g, 0.5 / np.e)


# ── what no program can express ───────────────────────────────────────────────────────────────────────────────────────

W = leaf_of([1, 2], name="w")
OUTSIDE = W * 2
ASKS = {
    "if": lambda x: x * 2 if x.sum() > 0 else x,
    "while": lambda x: x * 2 if bool(x.sum()) else x,
    "item": lambda x: x * x.sum().item(),
    "float": lambda x: x * float(x.sum().detach()),
    "int": lambda x: x * int(x.sum().detach()),
    "tolist": lambda x: x * x.tolist()[0],
    "format": lambda x: x * len(f"{x.sum():.3f}"),
    "an index": lambda x: x[x.detach() > 0],
    "np.argsort": lambda x: x[np.argsort(x)],
    "np.nanargmax": lambda x: x * np.nanargmax(x),
    "np.allclose": lambda x: x * np.allclose(x, 1.0),
    "max of Python": lambda x: max(x[0], x[1]),
    "a leaf": lambda x: x * W.item() if W.shape == () else x * W.sum().item(),
}
TAKES = {
    "numpy": lambda x: x * np.sin(x.numpy()),
    "data": lambda x: x * x.data,
    "np.asarray": lambda x: x * np.asarray(x.detach()),
    "np.polyval": lambda x: x * np.polyval(x.detach(), 2.0),
    "data of a leaf": lambda x: x * W.data,
}


@every(
    ("function", "words"),
    [(f, "asks what the elements of a Tensor are") for f in ASKS.values()]
    + [(f, "takes the bare array of a Tensor") for f in TAKES.values()],
    ids=[*ASKS, *TAKES],
)
def test_what_depends_on_values_or_is_made_by_numpy_ends_tracing_with_the_line(function, words):
    with pytest.raises(TraceError, match=rf"test_program.py:{function.__code__.co_firstlineno}, .* {words}"):
        trace(function, np.array([1.0, 2.0]))


def test_who_catches_the_error_gets_no_program_either():
    def function(x):
        try:
            return x * x.sum().item()
        except RuntimeError:
            return x

    with pytest.raises(TraceError, match="asks what the elements"):
        trace(function, np.ones(2))


def test_writing_into_a_tensor_and_one_computed_before_end_tracing():
    w = leaf_of([1, 1])

    def step(x):
        with no_grad():
            w.__isub__(0.1)
        return x * w

    with pytest.raises(TraceError, match="writes into a Tensor"):
        trace(step, np.ones(2))
    assert w.tolist() == [1, 1]
    with pytest.raises(TraceError, match="was computed before, whose gradient would be lost; make it an input"):
        trace(lambda x: x * OUTSIDE, np.ones(2))


GENERATOR = np.random.default_rng(0)
RANDOM = {
    "a fresh generator": lambda x: x * np.random.default_rng().standard_normal(2),
    "np.random": lambda x: x * np.random.rand(2),  # noqa: NPY002
    "random": lambda x: x * random.random(),
    "a generator of one's own": lambda x: x + GENERATOR.standard_normal(2),
    "a Tensor": lambda x: x + Tensor(GENERATOR.standard_normal(2)),
    "a leaf": lambda x: x + Tensor(GENERATOR.standard_normal(2), requires_grad=True),
    "a parameter": lambda x: ag.clip(x, 0, random.random()),
    "another operation": lambda x: ag.exp(x) if GENERATOR.random() < 0.15 else ag.sin(x),
    "one operation more": lambda x: ag.sin(x)[:1] * 2 if GENERATOR.integers(2) else ag.sin(x)[:1],
    "an input's own array": lambda x: x * (x._array * 2),  # taken unseen
}


@pytest.mark.parametrize("how", RANDOM)
def test_random_numbers_are_not_fixed_in_silence(how):
    global GENERATOR
    GENERATOR = np.random.default_rng(3)  # whose first two draws differ in all of these
    with pytest.raises(TraceError, match=r"(?s)(differs? from run to run|run twice).* would be fixed in the program"):
        trace(RANDOM[how], np.array([1.0, 2.0]))


def test_a_generator_seeded_in_the_function_is_not_drawn_on_from_in_silence():
    with pytest.raises(TraceError, match=r"dropout_mask at .*: its generator is seeded anew in every run; make it out"):
        trace(lambda x: ag.dropout(x, 0.5, rng=0), np.ones(9))
    masks = {tuple(program(np.ones(99)).tolist()) for program in [trace(ag.dropout, np.ones(99))] for _ in range(3)}
    assert len(masks) == 3  # without a seed


def test_a_generator_given_to_a_users_operation_is_restored(registry):
    @ag.primitive
    def jittered(x, *, rng):
        return x + rng.random()

    jittered.defvjp(x=lambda g: g)
    rng, other = np.random.default_rng(0), np.random.default_rng(0)
    program = trace(lambda x: jittered(x, rng=rng), np.ones(2))
    jittered(np.ones(2), rng=other)  # tracing drew once
    program.vjp()  # and this not at all
    assert program(np.ones(2)).tolist() == jittered(np.ones(2), rng=other).tolist()


@pytest.mark.parametrize("returned", ["the gradient", "something else"])
def test_a_backward_pass_that_is_not_recorded_ends_tracing(returned):
    def function(x):
        g = ag.grad((x * x * W).sum(), x)
        return g if returned == "the gradient" else x * g

    line = function.__code__.co_firstlineno + 1
    with pytest.raises(TraceError, match=rf"test_program.py:{line}, .* runs a backward pass that is not recorded"):
        trace(function, np.ones(2))
    assert replays(lambda x: ag.grad((x * x * W).sum(), x, create_graph=True), np.ones(2), np.array([3.0, 4.0]), [W])


def test_gradients_left_behind_and_other_results_end_tracing():
    def function(x):
        (x * W).sum().backward(create_graph=True)
        return x * 2

    with pytest.raises(TraceError, match=r"the function changes .grad.*; use grad\(…, create_graph=True\)"):
        trace(function, np.ones(2))
    W.grad = None
    for other in (
        lambda x: (x * 2, Tensor(GENERATOR.standard_normal(2))),
        lambda x: [x * 2] * int(GENERATOR.integers(1, 1000)),
    ):
        with pytest.raises(TraceError, match="what the function returns differs from run to run"):
            trace(other, np.ones(2))


def test_tracing_in_a_program_that_is_traced_is_of_other_values():
    inner = lambda x: trace(lambda y: y * 2, np.ones(2))(x)
    assert trace(inner, np.ones(2))([3.0, 4.0]).tolist() == [6, 8]
    with pytest.raises(TraceError, match="asks what the elements of a Tensor are"):
        trace(lambda x: trace(lambda y: y * 2, x)(x), np.ones(2))


def test_dropout_draws_anew_and_once_for_each_run():
    program, eager, ones = trace(nn.Dropout(0.5, rng=0), np.ones(100)), nn.Dropout(0.5, rng=0), np.ones(100)
    eager(Tensor(ones))  # tracing drew once
    masks = [program(ones).numpy() for _ in range(2)]
    assert not np.array_equal(*masks)
    np.testing.assert_array_equal(masks, [eager(Tensor(ones)).numpy() for _ in range(2)])


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda x: None, TypeError, "the function returned no Tensor"),
        (lambda x: 3.0, TypeError, "must return Tensors, not float"),
        (lambda x: (x, "word"), TypeError, "must return Tensors, not str"),
        (lambda x: x + np.ones(3), ValueError, r"^add: \(2,\) and \(3,\)"),
    ],
)
def test_what_is_no_tensor_cannot_be_returned_and_an_error_of_the_functions_own_is_its_own(function, error, message):
    with pytest.raises(error, match=message):
        trace(function, np.ones(2))
    with pytest.raises(TypeError, match="trace: input 1: takes arrays of real numbers, not"):
        trace(lambda x, y: function(x), np.ones(2), "word")


# ── running it ────────────────────────────────────────────────────────────────────────────────────────────────────────

PROGRAM = trace(lambda x, k: x * W + k, np.ones((3, 2)), np.arange(2))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([np.ones((3, 2))], "was traced with 2 inputs, not 1"),
        ([np.ones((4, 2)), [0, 1]], "input 0 is 4×2 float64, but it was traced with 3×2 float64; trace the function"),
        ([np.ones((3, 2), np.float32), [0, 1]], "input 0 is 3×2 float32, but it was traced with 3×2 float64"),
        ([np.ones((3, 2)), [0.0, 1.0]], "input 1 is 2 float64, but it was traced with 2 int64"),
    ],
)
def test_other_inputs_than_it_was_traced_with_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        PROGRAM(*given)


def test_a_leaf_that_was_replaced_is_missed_and_a_net_that_nobody_else_holds_lives_on():
    net = nn.Linear(2, 2, rng=0)
    program = trace(net, np.ones((1, 2), np.float32))
    net.weight = Tensor(np.ones((2, 2), np.float32), requires_grad=True)
    with pytest.raises(RuntimeError, match="the leaf 'weight' is no more: another took its place; trace the function"):
        program(np.ones((1, 2), np.float32))
    program = trace(nn.Linear(2, 2, rng=0), np.ones((1, 2), np.float32))
    assert program(np.ones((1, 2), np.float32)).shape == (1, 2)


def test_a_leaf_given_data_of_another_shape_or_unfrozen_is_refused():
    w = Tensor(np.ones(2), name="w")
    program = trace(lambda x: x * w, np.ones(2))
    w.requires_grad = True
    with pytest.raises(RuntimeError, match="the leaf 'w' requires a gradient now, and did not"):
        program(np.ones(2))
    w.requires_grad = False
    w.data = np.ones(3)
    with pytest.raises(RuntimeError, match="the leaf 'w' is 3 float64 now, but was 2 float64"):
        program(np.ones(2))


def test_a_program_runs_in_other_threads():
    net = NETS["VGG"][0]().eval()
    images = RNG.standard_normal((3, 3, 16, 16)).astype(np.float32)
    program, found = trace(net, images), []
    threads = [threading.Thread(target=lambda: found.append(program(images))) for _ in range(4)]
    for act in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            act(thread)
    assert [same_bits(out, net(images)) for out in found] == [True] * 4


def test_under_no_grad_nothing_is_recorded():
    with no_grad():
        assert PROGRAM(np.ones((3, 2)), np.arange(2)).node is None


def test_results_are_freed_when_they_are_not_needed_any_more():
    def deep(x):
        for _ in range(30):
            x = ag.sin(x)
        return x

    program, x = trace(deep, np.ones(100_000)), np.ones(100_000)
    tracemalloc.start()
    with no_grad():
        program(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * x.nbytes


# ── as a value ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_prints_as_a_table():
    program = trace(lambda x: ag.relu(x @ W.reshape(2, 1)).named("hidden").sum(), np.ones((3, 2)))
    assert str(program) == repr(program)
    lines = str(program).splitlines()
    assert lines[0].split() == ["operation", "given", "result", "module", "saved", "multiply-adds", "line"]
    for line, words in zip(
        lines[1:], ("%0  x", "w, shape=(2, 1)", "matmul", "“hidden”", "test_program.py:", "returns %"), strict=False
    ):
        assert words in line
    assert "reshape" in lines[2]
    assert lines[7].startswith("multiply-adds: 6; results: ")


def test_it_counts_what_the_summary_counts():
    net = nn.VGG("8x2 M 16x2 M | 64 10", input_shape=(3, 16, 16), rng=0).eval()
    program, summary = trace(net, np.zeros((1, 3, 16, 16), np.float32)), net.summary()
    assert program.multiply_adds == summary.multiply_adds
    assert program.saved_bytes == summary.saved_bytes


def test_every_buffer_counts_once():
    program = trace(lambda x: ag.exp(x).reshape(4, 25).T[::2], np.ones(100))
    assert program.nbytes == 800
    assert [call.nbytes for call in program.calls] == [800, 0, 0, 0]


def test_two_programs_are_compared():
    first, again, other = (trace(lambda x, f=f: f(x * 2).sum(), np.ones(3)) for f in (ag.relu, ag.relu, ag.tanh))
    assert first.diff(again) == ""
    assert [line.partition("(")[0] for line in first.diff(other).splitlines()] == [
        "  multiply", "− relu", "+ tanh", "  sum",
    ]  # fmt: skip


def test_constants_and_parameters_of_other_values_are_distinguished():
    for by in (lambda k: lambda x: x * k, lambda k: lambda x: ag.clip(x, 0, k), lambda k: lambda x: x * np.full(3, k)):
        one, same, other = (trace(by(k), np.ones(3)) for k in (2.0, 2.0, 3.0))
        assert one.diff(same) == ""
        assert len(one.diff(other).splitlines()) == 2


# ── a program of programs ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_made_in_a_traced_function_adds_nothing_but_its_results():
    cube = trace(lambda x: (x * x * x).sum(), np.ones(3))
    back = cube.vjp()
    inside = trace(lambda x: cube.vjp()(x, 1.0)[0][0].sum(), np.ones(3))
    outside = trace(lambda x: back(x, 1.0)[0][0].sum(), np.ones(3))
    assert inside.diff(outside) == ""
    traced = trace(lambda x: trace(lambda y: ag.sin(y) * y, np.ones(3))(x), np.ones(3))
    assert [call.op.name for call in traced.calls] == ["sin", "multiply"]


def test_a_backward_pass_made_in_a_traced_function_leaves_effects_as_they_are():
    net = nn.Sequential(nn.BatchNorm2d(2), nn.Dropout(0.5, rng=0))
    images = RNG.standard_normal((2, 2, 3, 3)).astype(np.float32)
    program = trace(net, images)
    state = held(net)
    function = lambda x, g: program.vjp()(x, g)[0][0]
    back = trace(function, images, np.ones_like(images))
    restore(net, state)
    expected, after = function(images, np.ones_like(images)), held(net)
    restore(net, state)
    assert same_bits(back(images, np.ones_like(images)), expected)
    np.testing.assert_equal(held(net), after)


def test_effects_of_a_function_traced_in_a_traced_function_are_not_lost_in_silence():
    drop = nn.Dropout(0.5, rng=0)
    with pytest.raises(TraceError, match="traces another, whose effects would be lost; trace that one before"):
        trace(lambda x: trace(drop, np.ones(3))(x), np.ones(3))


def test_what_the_function_raises_on_other_elements_is_told():
    a = np.array([[4.0, 1.0], [1.0, 0.9]])
    program = trace(lambda a: ag.linalg.cholesky(a).sum(), a)
    with pytest.raises(np.linalg.LinAlgError) as caught:
        ag.linalg.cholesky(np.roll(a, 1))
    assert program.untried == f"LinAlgError: {caught.value}"
    words = f"traced on these elements alone: in another order the function raises {program.untried}"
    assert str(program).endswith(words)
    free = trace(lambda a: ag.exp(a).sum(), a)
    assert free.untried == ""
    assert "alone" not in str(free)


@pytest.mark.parametrize("view", [lambda a: a[::-1], lambda a: a.reshape(1, 2, 2), lambda a: a[1:].T, np.asarray])
def test_a_view_of_a_bare_by_product_is_refused_and_the_by_product_itself_is_a_result(view, registry):
    halved = ag.primitive(byproducts=("whole",))(two_parts)
    halved.defvjp(x=lambda g: g)

    def of_it(x):
        part, whole = halved(x)
        return part * view(whole)

    x = np.array([[0.5, 1.25], [2.75, 3.5]])
    if view is np.asarray:
        program = trace(of_it, x)
        np.testing.assert_array_equal(program(10 * x).numpy(), of_it(Tensor(10 * x)).numpy())
    else:
        with pytest.raises(TraceError, match="takes the bare array of a Tensor"):
            trace(of_it, x)


def two_parts(x):
    return x % 1, np.floor(x).astype(int)
