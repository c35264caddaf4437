"""What people from NumPy and PyTorch do on the first day: it works, or it says why not; nothing is lost in silence."""

import copy
import pickle

import numpy as np
import pytest
from internals import bare

import autograd_mini as ag
import nn
import vis
from autograd_mini import Tensor, grad, no_grad


def leaf(data, name=None):
    return Tensor(np.asarray(data, float), requires_grad=True, name=name)


# ── NumPy's functions ──


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x),
        lambda x: np.mean(x, axis=0),
        lambda x: np.max(x),
        lambda x: np.concatenate([x, x * 2]),
        lambda x: np.stack([x, x]),
        lambda x: np.reshape(x, (4,)),
        lambda x: np.transpose(x),
        lambda x: np.where(x > 0, x, 0),
        lambda x: np.clip(x, -1, 1),
        lambda x: np.expand_dims(x, 0),
        lambda x: np.maximum(x, 0.1),
        lambda x: np.exp(x),
    ],
)
def test_numpy_functions_that_we_have_are_recorded(call):
    x = leaf([[1.0, -2.0], [3.0, 0.5]])
    y = call(x)
    assert isinstance(y, Tensor)
    np.testing.assert_array_equal(y, call(x.numpy()))
    assert grad(y.sum(), x).shape == (2, 2)


@pytest.mark.parametrize("call", [lambda x: np.vander(x[0]), lambda x: np.array_split(x, 2)])
def test_numpy_functions_that_we_lack_refuse_instead_of_losing_the_gradient(call):
    x = leaf([[1.0, -2.0], [3.0, 0.5]])
    with pytest.raises(TypeError, match=r"np\.[\w.]+ is not recorded on the tape"):
        call(x)
    np.testing.assert_array_equal(call(x.detach()), call(x.numpy()))
    with no_grad():
        np.testing.assert_array_equal(call(x), call(x.numpy()))


def test_questions_about_a_tensor_are_answered_by_numpy():
    x = leaf([[1.0, -2.0]])
    assert np.shape(x) == (1, 2)
    assert np.ndim(x) == 2
    assert np.allclose(x, [[1, -2]])
    assert np.array_equal(x, x)


def test_a_list_of_tensors_is_refused_where_it_would_lose_their_gradients():
    with pytest.raises(TypeError, match="relu: a list of Tensors would lose their gradients; join them with stack"):
        ag.relu([leaf(1.0), leaf(2.0)])


# ── masks, indices, copies ──


def test_masks_combine_as_in_numpy():
    x = leaf([-1.0, 0.5, 2.0])
    inside = (x > 0) & (x < 1)
    np.testing.assert_array_equal(inside, [False, True, False])
    np.testing.assert_array_equal(~inside, [True, False, True])
    np.testing.assert_array_equal((x < 0) | inside, [True, True, False])
    np.testing.assert_array_equal(grad(x[inside].sum(), x), [0, 1, 0])


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


def test_primitives_pickle_and_copy_as_themselves():
    assert pickle.loads(pickle.dumps(ag.relu)) is ag.relu
    conv = ag.PRIMITIVES["conv2d"]
    assert pickle.loads(pickle.dumps(conv)) is conv
    y = copy.deepcopy(ag.relu(leaf([1.0, -1.0])))
    assert y.node.op is ag.relu


def test_no_grad_decorates_with_and_without_parentheses():
    @no_grad
    def double(x):
        return x * 2

    assert double(leaf([1.0])).node is None
    assert double.__name__ == "double"


def test_data_can_be_replaced_on_a_leaf_and_is_copied_and_checked():
    w, array = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    w.data = array
    with no_grad():
        w += 1
    np.testing.assert_array_equal(array, [3, 4])
    np.testing.assert_array_equal(w, [4, 5])
    with pytest.raises(TypeError, match="only floating data"):
        w.data = np.array([1, 2])
    w.data = Tensor([7.0])
    assert isinstance(w.data, np.ndarray)
    assert w.requires_grad


# ── two backward passes over one graph ──


def test_a_gradient_can_be_taken_in_two_stages():
    x = leaf([1.0, 2.0])
    h = x * x
    h.backward(grad((h * 3).sum(), h))
    np.testing.assert_array_equal(x.grad, 6 * x.numpy())
    x = leaf([1.0, 2.0])
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


def test_clip_keeps_integers_and_seeds_are_seeds():
    assert ag.clip(np.array([1, 5]), 0, 3).dtype.kind == "i"
    x = np.ones(1000)
    np.testing.assert_array_equal(ag.dropout(x, rng=0), ag.dropout(x, rng=0))
    assert (ag.dropout(x, rng=0) != ag.dropout(x, rng=1)).any()


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
    with pytest.raises(ValueError, match="WarmupLR: epochs must be an integer of at least 1, not -3"):
        nn.WarmupLR(optimizer, -3)


def test_targets_that_are_no_labels_are_split_as_one_class():
    data = nn.ArrayData(np.zeros((100, 2)), np.random.default_rng(0).standard_normal(100))
    first, second = nn.split(data, 0.9)
    assert (len(first), len(second)) == (90, 10)
    assert not set(first.positions) & set(second.positions)
    assert [len(part) for part in nn.split(nn.ArrayData(np.zeros((10, 2)), np.eye(10)), 0.5)] == [5, 5]


def test_augmented_inputs_keep_their_dtype_and_their_number():
    data = nn.ArrayData(np.zeros((4, 2), np.float32), np.arange(4))
    noisy = nn.Augmented(data, lambda x: x + np.random.default_rng(0).standard_normal(x.shape))
    assert noisy.inputs(np.arange(4)).dtype == np.float32
    with pytest.raises(ValueError, match="`change` made 1 inputs of 4"):
        nn.Augmented(data, lambda x: x[:1]).inputs(np.arange(4))


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


def test_a_position_may_be_a_list_or_an_array_and_nothing_else():
    x = np.random.default_rng(1).standard_normal((2, 1, 6, 6))
    wanted = vis.project(two_heads, x, "conv", channel=1, position=(1, 2), start=1.0, after_relu=False)
    for position in ([1, 2], np.array([1, 2])):
        got = vis.project(two_heads, x, "conv", channel=1, position=position, start=1.0, after_relu=False)
        np.testing.assert_array_equal(got, wanted)
    for bad in (3, (1, 2, 3), "all of it"):
        with pytest.raises(ValueError, match="position must be None"):
            vis.project(two_heads, x, "conv", position=bad)
    with pytest.raises(ValueError, match="start must be 'activation' or a finite number"):
        vis.project(two_heads, x, "conv", start="Activation")


def test_the_mirrored_network_refuses_what_it_would_get_wrong():
    x = np.random.default_rng(1).random((1, 1, 4, 4))
    with pytest.raises(NotImplementedError, match="no mirror for its denominator"):
        vis.DeconvNet(lambda z: (z / (z + 10.0)).named("h")).project(x, "h")
    with pytest.raises(NotImplementedError, match="broadcasts the images' side"):
        vis.DeconvNet(lambda z: (z * z.mean((2, 3), keepdims=True)).named("h")).project(x, "h")
