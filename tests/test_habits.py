"""What people from NumPy and PyTorch do on the first day: it works, or it says why not; nothing is lost in silence."""

import inspect
import re
from operator import attrgetter

import numpy as np
import pytest
from internals import bare

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor, grad, no_grad
from autograd_mini.elsewhere import CALLED, FUNCTIONS, function_here
from autograd_mini.elsewhere import NAMES as AG_NAMES
from autograd_mini.names_elsewhere import TORCH
from autograd_mini.ops.kinds import ROWS
from nn.elsewhere import FIT, LEARNERS, MODULES, NAMES
from vis.moved import ELSEWHERE as VIS


def leaf(data, name=None):
    return Tensor(np.asarray(data, float), requires_grad=True, name=name)


# ── NumPy's functions ──


# ── masks, indices, copies ──


def test_a_mask_of_comparisons_combined_is_an_index():
    x = leaf([-1.0, 0.5, 2.0])
    np.testing.assert_array_equal(grad(x[(x > 0) & (x < 1)].sum(), x), [0, 1, 0])


def test_an_empty_list_picks_nothing_and_an_integer_tensor_is_an_index():
    x = leaf([1.0, 2.0, 3.0])
    assert x[[]].shape == (0,)
    assert [10, 20, 30][Tensor(1)] == 20
    np.testing.assert_array_equal(x[Tensor(0) : Tensor(2)], [1, 2])
    with pytest.raises(TypeError, match="index: only one integer"):
        [1, 2][Tensor(1.0)]


def test_writing_into_a_tensor_is_refused_with_advice():
    with pytest.raises(TypeError, match="setitem: the tape may need"):
        leaf([1.0])[0] = 2


def test_an_index_changed_after_the_forward_pass_does_no_harm():
    x, index = leaf([1.0, 2.0, 3.0]), np.array([0, 1])
    y = x[index]
    index[:] = 2
    np.testing.assert_array_equal(grad(y.sum(), x), [1, 1, 0])


def test_data_can_be_replaced_on_a_leaf_and_is_copied():
    w, array = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    w.data = array
    with no_grad():
        w += 1
    np.testing.assert_array_equal(array, [3, 4])
    np.testing.assert_array_equal(w, [4, 5])
    w.data = Tensor([7.0])
    assert isinstance(w.data, np.ndarray)
    assert w.requires_grad


# ── two backward passes over one graph ──


def test_a_gradient_can_be_taken_in_two_stages():
    x = leaf([1.0, 2.0])
    h = x * x
    h.backward(grad((h * 3).sum(), h))
    np.testing.assert_array_equal(x.grad, 6 * x.numpy())
    h = x * x
    h.sum().backward()
    np.testing.assert_array_equal(grad((h * 3).sum(), h), [3, 3])


def test_a_replaced_rules_own_array_is_neither_written_into_nor_handed_out():
    mine, x = np.ones(3), leaf(np.ones(3))
    constant = {"relu": {"x": lambda g: mine}}
    got = grad((ag.relu(x) + x * 2).sum(), x, rules=constant)
    np.testing.assert_array_equal(got, [3, 3, 3])
    alone = grad(ag.relu(x).sum(), x, rules=constant)
    alone.numpy()[:] = 5
    np.testing.assert_array_equal(mine, 1)


def test_a_rule_that_would_lose_the_second_derivative_says_so():
    x = leaf([1.0, -1.0])
    numbers = {"relu": {"x": lambda g: np.where(bare(g) > 0, bare(g), 0)}}
    y = (ag.relu(x) ** 2).sum()
    assert grad(y, x, rules=numbers, retain_graph=True).shape == (2,)
    with pytest.raises(TypeError, match="relu returned ndarray, so the second derivative would be lost"):
        grad(y, x, rules=numbers, create_graph=True)
    dressed = {"relu": {"x": lambda g: Tensor(g) * 2}}
    np.testing.assert_array_equal(grad(ag.relu(x).sum(), x, rules=dressed), [2, 2])


def test_gradients_of_a_recorded_backward_pass_are_tensors_of_their_own():
    p, q = leaf([1.0]), leaf([2.0])
    (p + q).sum().backward(create_graph=True)
    p.grad.data[:] = 9
    np.testing.assert_array_equal(q.grad, [1])


# ── numbers ──


def test_sigmoid_and_division_keep_their_precision_at_the_ends():
    x = Tensor(np.array([-20.0, -80.0, 0.0, 20.0, 1000.0, -1000.0], np.float32))
    exact = 1 / (1 + np.exp(-np.array([-20.0, -80.0, 0.0, 20.0, 1000.0, -700.0])))
    np.testing.assert_allclose(ag.sigmoid(x)[:5], exact[:5], rtol=3e-7)
    assert ag.sigmoid(x)[5].item() == 0
    a, b = (Tensor(np.array([1e-25], np.float32), requires_grad=True) for _ in range(2))
    np.testing.assert_allclose(grad((a / b).sum(), b), [-1e25], rtol=1e-6)


def test_clip_keeps_integers():
    assert ag.clip(np.array([1, 5]), 0, 3).dtype.kind == "i"


# ── nets ──


def test_frozen_layers_are_left_alone_by_the_usual_recipe():
    net = nn.Sequential(body=nn.Linear(3, 4, rng=0), relu=nn.ReLU(), head=nn.Linear(4, 2, rng=1))
    for p in net["body"].parameters():
        p.requires_grad = False
    before = net["body"].weight.numpy().copy()
    learner = nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))
    learner.fit(np.ones((4, 3), np.float32), np.array([0, 1, 0, 1]), epochs=2, progress=False)
    np.testing.assert_array_equal(net["body"].weight, before)
    assert len(learner.optimizer.params) == 2
    assert set(net.state_dict()) == {"body.weight", "body.bias", "head.weight", "head.bias"}


def test_a_layer_may_insist_on_its_mode():
    class Frozen(nn.BatchNorm2d):
        def train(self, mode=True):
            return super().train(False)

    net = nn.Sequential(bn=Frozen(2), drop=nn.Dropout(0.5)).train()
    assert not net["bn"].training
    assert net["drop"].training


def test_tensors_and_modules_in_nested_containers_are_trained_and_stored_results_are_not_saved():
    class Net(nn.Module):
        def __init__(self):
            self.scales = [leaf([1.0]), {"inner": leaf([2.0])}]
            self.grid = [[nn.Linear(2, 2, rng=0)]]

        def forward(self, x):
            self.hidden = self.grid[0][0](x) * self.scales[0]
            return self.hidden

    net = Net()
    net(np.ones((1, 2)))
    names = ["scales.0", "scales.1.inner", "grid.0.0.weight", "grid.0.0.bias"]
    assert sorted(dict(net.named_parameters())) == sorted(names)
    assert net.scales[1]["inner"].name == "scales.1.inner"


def test_a_second_fit_shuffles_anew_and_the_whole_is_repeatable():
    def orders():
        seen = []

        class Spy(nn.ArrayData):
            def inputs(self, positions):
                seen.append(positions.tolist())
                return super().inputs(positions)

        net = nn.Linear(2, 2, rng=0)
        learner = nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))
        for _ in range(2):
            data = Spy(np.ones((20, 2), np.float32), np.arange(20) % 2)
            learner.fit(data, epochs=1, batch_size=20, progress=False)
        return seen

    first, second = orders()
    assert first != second
    assert orders() == [first, second]


def test_a_schedule_after_a_schedule_counts_from_the_same_first_rate():
    optimizer = nn.SGD([leaf([1.0])], lr=1.0)
    schedule = nn.CosineAnnealingLR(optimizer, 2)
    schedule.step()
    schedule.step()
    assert optimizer.lr == 0
    nn.CosineAnnealingLR(optimizer, 2).step()
    np.testing.assert_allclose(optimizer.lr, 0.5)


def test_targets_that_are_no_labels_are_split_as_one_class():
    data = nn.ArrayData(np.zeros((100, 2)), np.random.default_rng(0).standard_normal(100))
    first, second = nn.split(data, 0.9)
    assert (len(first), len(second)) == (90, 10)
    assert not set(first.positions) & set(second.positions)
    assert [len(part) for part in nn.split(nn.ArrayData(np.zeros((10, 2)), np.eye(10)), 0.5)] == [5, 5]


def test_augmented_inputs_keep_their_dtype():
    data = nn.ArrayData(np.zeros((4, 2), np.float32), np.arange(4))
    noisy = nn.Augmented(data, lambda x: x + np.random.default_rng(0).standard_normal(x.shape))
    assert noisy.inputs(np.arange(4)).dtype == np.float32


# ── looking ──


def two_heads(x):
    w = np.random.default_rng(0).standard_normal((3, 1, 3, 3))
    hidden = ag.relu(ag.conv2d(x, w).named("conv"))
    return {"sum": hidden.sum(axis=(1, 2, 3)), "max": hidden.max(axis=(1, 2, 3))}


def test_a_model_of_several_outputs_can_be_looked_into():
    x = np.random.default_rng(1).standard_normal((2, 1, 6, 6))
    picture = vis.project(two_heads, x, "conv")
    assert picture.shape == x.shape
    np.testing.assert_allclose(picture, vis.DeconvNet(two_heads).project(x, "conv"), rtol=1e-12, atol=1e-14)


def test_a_position_may_be_a_list_or_an_array():
    x = np.random.default_rng(1).standard_normal((2, 1, 6, 6))
    wanted = vis.project(two_heads, x, "conv", channel=1, position=(1, 2), start=1.0, after_relu=False)
    for position in ([1, 2], np.array([1, 2])):
        got = vis.project(two_heads, x, "conv", channel=1, position=position, start=1.0, after_relu=False)
        np.testing.assert_array_equal(got, wanted)


# ── names of PyTorch's and NumPy's for parameters ──

X, Y = np.arange(6.0).reshape(2, 3) + 1, np.full((2, 3), 2.0)
ELSEWHERE = [  # the operation, PyTorch's call, what we call each parameter
    (
        "sum",
        lambda t: t.sum(input=t.tensor(X), dim=0, keepdim=True),
        {"input": "x", "dim": "axis", "keepdim": "keepdims"},
    ),
    ("var", lambda t: t.var(t.tensor(X), dim=1, correction=1), {"dim": "axis", "correction": "ddof"}),
    ("max", lambda t: t.amax(t.tensor(X), dim=(0, 1)), {"dim": "axis"}),
    ("add", lambda t: t.add(t.tensor(X), other=t.tensor(Y)), {"other": "y"}),
    ("power", lambda t: t.pow(t.tensor(X), exponent=3), {"exponent": "y"}),
    ("matmul", lambda t: t.matmul(t.tensor(X), other=t.tensor(Y.T)), {"other": "b"}),
    ("where", lambda t: t.where(t.tensor(X > 2), input=t.tensor(X), other=t.tensor(Y)), {"input": "x", "other": "y"}),
    ("concatenate", lambda t: t.concatenate([t.tensor(X), t.tensor(Y)], dim=1), {"dim": "axis"}),
    ("logsumexp", lambda t: t.logsumexp(t.tensor(X), dim=1), {"dim": "axis"}),
    ("softmax", lambda t: t.softmax(t.tensor(X), dim=0), {"dim": "axis"}),
    ("tril", lambda t: t.tril(t.tensor(X), diagonal=1), {"diagonal": "k"}),
    ("diagonal", lambda t: t.diagonal(t.tensor(X), offset=1), {}),
    ("flip", lambda t: t.flip(t.tensor(X), dims=(0, 1)), {"dims": "axis"}),
    ("permute_dims", lambda t: t.permute(t.tensor(X), dims=(1, 0)), {"dims": "axes"}),
    ("broadcast_to", lambda t: t.broadcast_to(t.tensor(X), size=(4, 2, 3)), {"size": "shape"}),
    ("linear", lambda t: t.nn.functional.linear(t.tensor(X), weight=t.tensor(Y)), {"weight": "w"}),
    ("polygamma", lambda t: t.polygamma(1, input=t.tensor(X)), {"input": "x"}),
    ("gammainc", lambda t: t.special.gammainc(input=t.tensor(X), other=t.tensor(Y)), {"input": "a", "other": "x"}),
]


class Calls:
    """PyTorch's place in a call: notes by what names an operation's parameters were given."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, name):
        return self if name in ("nn", "functional", "special") else self.call

    def tensor(self, data):
        return data

    def call(self, *args, **named):
        return args, named


@pytest.mark.parametrize(("name", "call", "ours"), ELSEWHERE, ids=[name for name, _, _ in ELSEWHERE])
def test_a_parameter_by_its_name_elsewhere_is_told_the_name_that_means_the_same_here(name, call, ours):
    torch = pytest.importorskip("torch")
    operation, (args, named) = getattr(ag, name), call(Calls(name))
    for theirs, what in ours.items():
        with pytest.raises(TypeError) as error:
            operation(*args, **{theirs: named[theirs]})
        assert re.match(rf"{name}\(\) has no parameter {theirs}; it is {what} here(, as in NumPy)?$", str(error.value))
    told = operation(*args, **{ours.get(theirs, theirs): value for theirs, value in named.items()})
    np.testing.assert_allclose(told, call(torch).numpy(), rtol=1e-9)


def test_a_method_is_told_the_same():
    with pytest.raises(TypeError, match=r"^sum\(\) has no parameter dim; it is axis here, as in NumPy$"):
        leaf(X).sum(dim=1)
    with pytest.raises(TypeError, match=r"^var\(\) has no parameter unbiased; ddof=1 is unbiased=True here, "):
        leaf(X).var(unbiased=True)
    with pytest.raises(TypeError, match=r"^Tensor.transpose\(\) got an unexpected keyword argument 'dim0'$"):
        leaf(X).transpose(dim0=1)


@pytest.mark.parametrize("name", ROWS)
def test_every_operation_refuses_a_name_that_is_not_there_and_tells_only_of_parameters_that_are(name):
    operation = ROWS[name].function
    known = inspect.signature(operation).parameters
    needed = [p for p in known.values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    given = {p.name: X for p in needed}
    for odd in (
        "frobnicate",
        "dim",
        "keepdim",
        "other",
        "input",
        "weight",
        "size",
        "diagonal",
        "out",
        "a",
        "x",
        "index",
    ):
        if odd in known:
            continue
        with pytest.raises(TypeError) as error:
            operation(**given, **{odd: 1})
        words = str(error.value)
        assert words.startswith(f"{operation.__name__}() has no parameter {odd}; "), words
        told = re.search(r"; it is (\w+) here", words)
        assert told is None or (told[1] in known and odd != "frobnicate")


def test_too_many_arguments_and_one_that_is_lacking_are_told_in_the_same_voice():
    with pytest.raises(TypeError, match=r"^sum\(\) takes 3 positional arguments \(x, axis, keepdims\), not 4$"):
        ag.sum(X, 0, True, 5)
    with pytest.raises(TypeError, match=r"^conv2d\(\) lacks w$"):
        ag.conv2d(X)
    with pytest.raises(
        TypeError, match=r"^max_pool2d\(\) takes 1 positional argument \(x\), not 2; by name it takes kernel_size, "
    ):
        ag.max_pool2d(X, 2)
    with pytest.raises(TypeError, match=r"^exp\(\) has no parameter dtype; t.astype\(dtype\) converts the result$"):
        ag.exp(X, dtype=np.float32)


def test_a_function_by_its_name_elsewhere_is_told_its_name_here():
    told = {"cat": "concatenate", "unsqueeze": "expand_dims", "solve": "linalg.solve", "mm": "matmul"}
    for name, ours in told.items():
        words = f"module 'autograd_mini' has no attribute '{name}'; that is {ours} here"
        with pytest.raises(AttributeError, match=f"^{re.escape(words)}$"):
            getattr(ag, name)
    with pytest.raises(AttributeError, match=r"^module 'autograd_mini' has no attribute 'frobnicate'$"):
        ag.frobnicate
    with pytest.raises(AttributeError, match=r"^norm: that is autograd_mini.linalg.norm\(t, …\) here$"):
        leaf(X).norm()
    for name in {*FUNCTIONS, *(theirs.rpartition(".")[2] for theirs in TORCH.values())}:
        ours = function_here(name)
        assert ours is None or attrgetter(ours)(ag) is not None


# ── names of PyTorch's and Keras's for layers, nets and training ──

NN_NAMES = [
    (lambda: nn.Dense(10), r"module 'nn' has no attribute 'Dense'; here: nn.Linear\(inputs, outputs\)"),
    (lambda: nn.functional.relu, r"module 'nn' has no attribute 'functional'; here: its functions are those of "),
    (lambda: nn.init.kaiming_normal_, r"module 'nn.init' has no attribute 'kaiming_normal_'; here: layers take init="),
    (lambda: nn.frobnicate, r"module 'nn' has no attribute 'frobnicate'$"),
    (lambda: nn.Linear(2, 2).cuda(), r"Linear has no attribute 'cuda'; here: there is one device"),
    (lambda: nn.Sequential().fit, r"Sequential has no attribute 'fit'; here: nn.Learner\(net, loss, optimizer\).fit"),
    (lambda: nn.Linear(2, 2).frobnicate, r"Linear has no attribute 'frobnicate'$"),
    (lambda: learner().train, r"Learner has no attribute 'train'; here: fit\(x, y, epochs=…\)"),
    (
        lambda: ag.randn,
        r"module 'autograd_mini' has no attribute 'randn'; here: Tensor\(rng.standard_normal\(shape\)\)",
    ),
    (lambda: ag.manual_seed, r"module 'autograd_mini' has no attribute 'manual_seed'; here: there is no global seed"),
    (lambda: vis.GuidedBackprop, r"module 'vis' has no attribute 'GuidedBackprop'; here: .*rules=vis.GUIDED"),
]


def learner():
    net = nn.Linear(2, 2, rng=0)
    return nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))


@pytest.mark.parametrize(("ask", "words"), NN_NAMES, ids=[words[:40] for _, words in NN_NAMES])
def test_a_name_that_others_have_leads_to_the_one_here(ask, words):
    with pytest.raises(AttributeError, match=f"^{words}"):
        ask()


NN_ARGUMENTS = [
    (lambda: nn.Conv2d(3, 8, 3, device="cpu"), "Conv2d: there is no argument 'device'; there is one device"),
    (lambda: nn.Linear(3, 8, units=2), "Linear: there is no argument 'units'; it is out_features here"),
    (lambda: nn.ReLU(frobnicate=1), "ReLU: there is no argument 'frobnicate'; its arguments are none"),
    (lambda: nn.ReLU(True), "ReLU: takes no arguments"),
    (lambda: nn.Adam([], learning_rate=1), "Adam: there is no argument 'learning_rate'; it is lr here"),
    (lambda: nn.SGD(nn.ReLU(), lr=1), "SGD: params must be a sequence of Tensors, not ReLU; give its parameters()"),
    (
        lambda: nn.Learner(nn.ReLU(), "mse"),
        "Learner: the loss must be a function of outputs and targets, not str; losses",
    ),
    (
        lambda: nn.Learner(nn.ReLU(), nn.mse_loss, nn.Adam),
        "Learner: the optimizer must be an Optimizer, not its class; ",
    ),
    (lambda: nn.Linear(2, 2).to("cuda"), "to: there is one device, the processor's memory, and not 'cuda'"),
    (lambda: learner().fit(X, callbacks=[]), "fit: there is no argument 'callbacks'; functions go to on_epoch="),
    (lambda: learner().fit(X, None, 3), "fit: only x and y go by their places; write epochs= and so on"),
    (
        lambda: learner().fit(X, frobnicate=1),
        "fit: there is no argument 'frobnicate'; its arguments are x, y, epochs, ",
    ),
    (lambda: learner().evaluate(X, X, verbose=0), "evaluate: there is no argument 'verbose'; its arguments are x, y, "),
]


@pytest.mark.parametrize(("call", "words"), NN_ARGUMENTS, ids=[words[:40] for _, words in NN_ARGUMENTS])
def test_an_argument_that_others_have_leads_to_the_one_here(call, words):
    with pytest.raises(TypeError) as error:
        call()
    assert str(error.value).startswith(words), str(error.value)


def test_what_is_told_of_names_names_what_is_there():
    parameters = inspect.signature(nn.Learner.fit).parameters
    for told in FIT.values():
        for name in re.findall(r"it is (\w+)=", told):
            assert name in parameters, told
    here = {"nn": nn, "np": np, "vis": vis, "autograd_mini": ag}
    every = [
        *NAMES.values(),
        *MODULES.values(),
        *LEARNERS.values(),
        *AG_NAMES.values(),
        *CALLED.values(),
        *VIS.values(),
    ]
    for told in every:
        for package, path in re.findall(r"\b(nn|np|vis|autograd_mini)\.((?:\w+\.)*\w+)", told):
            assert attrgetter(path)(here[package]) is not None, told
    for name in NAMES:
        assert name not in nn.__all__
    for name in AG_NAMES:
        assert name not in ag.__all__
    for name in VIS:
        assert name not in vis.__all__


# ── the gradient check takes arrays ──


def test_arrays_are_checked_where_no_tensor_requires_a_gradient():
    x, w = np.arange(6.0).reshape(2, 3) / 7, np.ones((3, 2), np.float32)
    assert ag.gradcheck(lambda x, w: ag.tanh(x @ w), [x, w]).inputs == (6, 6)
    assert ag.gradcheck(lambda x: (x * x).sum(), x).inputs == (6,)
    assert ag.gradgradcheck(lambda x: (x**3).sum(), [x]).inputs[0] == 6
    assert ag.check_adjoint(lambda x: 2 * x, x).pairs == 3
    assert ag.gradcheck(lambda z: (z * z).real, np.array([1.0 + 2.0j])).inputs == (2,)
    one = Tensor(x, requires_grad=True)
    assert ag.gradcheck(lambda x, w: x @ w, [one, w]).inputs == (6,)  # a Tensor says what is checked
    assert ag.gradcheck(lambda x, n: x * n.sum(), [x, np.arange(3)]).inputs == (6,)  # integers are constants
    with pytest.raises(ValueError, match=r"give arrays of floating numbers, or Tensors with requires_grad=True$"):
        ag.gradcheck(lambda n: n * 2, [np.arange(3)])


def test_a_check_of_a_net_that_drops_says_how_to_check_it():
    net, x = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Dropout(0.5, rng=1)), np.ones((2, 3))
    assert nn.gradcheck(net, x)
    with pytest.raises(
        ag.GradcheckError, match=r"in evaluation mode, a net is checked inside `with net\.evaluating\(\):`"
    ):
        ag.gradcheck(lambda x: net(x), x)
    with net.evaluating():
        assert ag.gradcheck(lambda x: net(x), x)
