"""Why there is no gradient: the mistakes people make, and that what a program answers is what its gradients are."""

import copy
import re

import numpy as np
import pytest
from cases import every

import autograd_mini as ag
import nn
from autograd_mini import Tensor, no_grad, trace, why_no_grad

RNG = np.random.default_rng(0)
X = RNG.standard_normal(3)
V = Tensor(RNG.standard_normal(3), requires_grad=True, name="v")
HERE = r"at tests[\\/]test_why_no_grad.py:\d+, in .*"


def leaf(name="w", like=X):
    return Tensor(like + 0.5, requires_grad=True, name=name)


@pytest.fixture
def w():
    return leaf()


# ── a graph: there is a path ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_path_with_a_gradient_is_described_with_its_norm(w):
    loss = (w * [3.0, 4.0, 0.0]).sum()
    words = "'w' → multiply → sum; its gradient is not zero but of norm 5; loss.backward() adds it to .grad"
    assert why_no_grad(loss, w) == f"there is a path: {words}"
    assert w.grad is None  # asking left nothing
    loss.backward()
    assert w.grad.tolist() == [3, 4, 0]
    assert "has gone over it and freed what it saved: the gradient is there, of norm 5" in why_no_grad(loss, w)
    w.grad = None
    assert "grad(), or .grad was set to None afterwards, as zero_grad() does" in why_no_grad(loss, w)


def test_a_backward_pass_over_another_branch_is_not_taken_for_one_over_the_path(w):
    u = leaf("u")
    other = (u * u).sum()
    loss = other + (w * X).sum()
    other.backward()
    assert "its gradient is not zero" in why_no_grad(loss, w)
    assert "a backward pass has gone over it" in why_no_grad(other, u)
    assert "part of it was freed by the backward pass of another loss" in why_no_grad(loss, u)


def test_a_state_carried_over_from_a_loss_whose_backward_pass_ran_is_named(w):
    state = ag.tanh(w)
    state.sum().backward()
    loss = (state * X).sum()
    answer = why_no_grad(loss, w)
    assert re.search(rf"part of it was freed by the backward .* will fail at tanh, {HERE}.*tanh\(w\); detach", answer)
    with pytest.raises(RuntimeError, match="backward: tanh was already passed"):
        loss.backward()


def test_a_long_path_is_shortened_and_a_loss_of_several_elements_is_given_random_gradients(w):
    h = w
    for _ in range(2000):
        h = ag.sin(h)
    assert "'w' → sin → sin → sin → … 1994 more … → sin → sin → sin → sum;" in why_no_grad(h.sum(), w)
    assert "the loss being given random gradients; loss.backward(gradient) adds it" in why_no_grad(w * X, w)


ZEROS = {
    "a dead ReLU": (lambda w: ag.relu(w * 0 - 1), r"relu carries 0 back: none of its inputs is positive there, at"),
    "a ReLU that is dead where a gradient arrives": (
        lambda w: ag.relu(w[[1, 0]] * [0, 1] - [1, 0]) * np.array([1, 0]),
        r"relu carries 0 back: none of its inputs is positive there, at",
    ),
    "a factor 0": (lambda w: w * 0, r"multiply carries 0 back to its x: its y is 0, at"),
    "zeros as a factor": (lambda w: np.zeros((2, 3)) @ w, r"matmul carries 0 back to its b: its a is 0 ev"),
    "clip out of range": (lambda w: ag.clip(w, 50, 60), r"clip carries 0 back: all of its inputs there are out of its"),
    "where": (lambda w: ag.where(X > 9, w, X), r"where carries 0 back to its x: its condition chooses the other there"),
    "maximum": (lambda w: ag.maximum(w, 50.0), r"maximum carries 0 back to its x: the other is larger there, at"),
    "minimum": (lambda w: ag.minimum(-50.0, w), r"minimum carries 0 back to its y: the other is smaller there, at"),
    "a square": (lambda w: (w - w.numpy()) ** 2, r"power carries 0 back to its x: its x is 0 everywhere, at"),
    "saturation": (lambda w: ag.tanh(w + 200), r"tanh carries 0 back: its out is 1 everywhere, at"),
    "dropout of all": (
        lambda w: ag.dropout(w, 0.999, rng=0), "dropout carries 0 back to its x: all of its inputs there are dropped",
    ),
    "gradients that cancel": (lambda w: w - w, r"the leaf 'w' is reached by gradients that cancel$"),
}  # fmt: skip


@pytest.mark.parametrize("how", ZEROS)
def test_a_gradient_of_exactly_zero_comes_with_the_step_that_made_it_so(how, w):
    function, words = ZEROS[how]
    answer = why_no_grad(function(w).sum(), w)
    assert re.search(f"there is a path: .*; but its gradient is exactly 0: {words}", answer)
    assert "cancel" in words or re.search(f"{HERE}{re.escape('lambda w')}", answer)
    assert ag.grad(function(w).sum(), w).numpy().any() == np.False_


def test_the_first_of_two_zeros_on_a_path_is_named_and_one_on_each_path(w):
    answer = why_no_grad((ag.relu(w * 0 - 1) * 0).sum(), w)
    assert "multiply carries 0 back" in answer
    assert "relu carries" not in answer
    answer = why_no_grad((ag.relu(w * 0 - 1) + w * 0).sum(), w)
    assert "but its gradient is exactly 0, from several steps on:\n" in answer
    assert "\n  relu carries 0 back" in answer
    assert "\n  multiply carries 0 back" in answer


def test_weights_of_zero_come_with_their_layers_path_and_a_factor_too_small_with_its_value():
    net = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 1, rng=1))
    net[2].weight.data[...] = 0
    answer = why_no_grad((net(np.ones((5, 3), np.float32)) + 1).mean(), net[0].weight)
    assert "linear (2) carries 0 back to its x: its w is 0 everywhere, at" in answer
    half, small = Tensor(np.ones(3, np.float16), requires_grad=True, name="half"), np.float16(1e-4)
    assert "multiply carries 0 back to its x: its y is 0.0001" in why_no_grad((half * small * small).sum(), half)


def test_no_elements_give_no_gradient():
    empty = Tensor(np.ones((0, 3)), requires_grad=True)
    for loss, leaf_ in ((empty.sum(), empty), ((V[3:] * 2).sum(), V)):
        assert why_no_grad(loss, leaf_).endswith("but its gradient is exactly 0: no elements are on the way")


def test_a_gradient_that_is_not_finite_and_a_pass_that_fails_are_reported(w):
    with np.errstate(all="ignore"):
        assert "its gradient is not finite: detect_anomaly()" in why_no_grad(ag.log(w * 0).sum(), w)
    loss = (w * w).sum()
    w.data[0] = 7
    assert "but the backward pass fails: backward: multiply saved 'w'" in why_no_grad(loss, w)


def test_a_result_has_no_grad_unless_it_retains_it(w):
    scaled = w * 0.1  # the leaf is w; scaled is what the user calls a parameter
    answer = why_no_grad((scaled * X).sum(), scaled)
    assert "w is a result, and backward leaves .grad on leaves only: call retain_grad() on it before" in answer
    assert "it is that of multiply, at" in answer
    scaled.retain_grad()
    assert "loss.backward() adds it to .grad" in why_no_grad((scaled * X).sum(), scaled)


def test_a_leaf_frozen_since_still_gets_its_gradient(w):
    loss = (w * X).sum()
    w.requires_grad = False
    answer = why_no_grad(loss, w)
    assert "its gradient is not zero" in answer
    assert answer.endswith("; 'w' does not require a gradient any more: its requires_grad was set to False")


# ── a graph: there is none ────────────────────────────────────────────────────────────────────────────────────────────


def under_no_grad(w):
    with no_grad():
        return w * X


MEMORY = (
    r"multiply takes what lies in the memory of 'w' as its x, a constant: detach\(\), .data or numpy\(\) gave it, at"
)
MAY = r"all end at the leaf 'v'. What else goes into it are constants, and 'w' may have become one of them .*:"
ELEMENTS = r"multiply takes a constant with the same elements as 'w'"
ENDS = {
    "detach": (lambda w: w.detach() * V, MEMORY),
    "data": (lambda w: w.data * V, MEMORY),
    "numpy, reshaped": (lambda w: w.numpy().reshape(3, 1) * V, MEMORY),
    "Tensor of it": (lambda w: Tensor(w) * V, MEMORY),
    "a copy": (lambda w: w.numpy().copy() * V, f"{ELEMENTS}, a copy"),
    "a list and back": (lambda w: np.array(w.tolist()) * V, ELEMENTS),
    "no_grad": (lambda w: under_no_grad(w) * V, rf"{MAY}\n  multiply takes its x, 3 float64, at"),
    "sign": (lambda w: ag.sign(w) * V, rf"{MAY}\n  multiply takes its x, 3 float64, at"),
    "item": (lambda w: w.sum().item() * V, rf"{MAY}\n  multiply takes its x, -?\d+\.\d+, at"),
    "detached and added": (lambda w: w.detach() + V, rf"{MAY}\n  add takes its x, which it did not save, at"),
    "nothing of it": (lambda w: V * V, r"all end at the leaf 'v', and no other array goes into it$"),
}


@pytest.mark.parametrize("how", ENDS)
def test_where_no_path_leads_to_a_leaf_what_is_certain_or_may_be_is_said(how, w):
    function, words = ENDS[how]
    assert re.search(f"^no path leads from the loss to 'w': {words}", why_no_grad(function(w).sum(), w))


def test_what_a_graph_does_not_know_it_says_and_a_program_knows(w):
    function = lambda x: (under_no_grad(w) * V * x).sum()
    assert "why_no_grad(ag.trace(function, *inputs), w) tells exactly" in why_no_grad(function(X), w)
    answer = why_no_grad(trace(function, X), w)
    assert re.fullmatch(rf"no gradient flows to 'w': multiply runs under no_grad, {HERE} return w \* X", answer)


def test_a_graph_that_was_freed_has_no_constants_to_compare(w):
    loss = (w.detach() * V).sum()
    loss.backward()
    V.grad = None
    assert "A backward pass has freed what was saved; asked before it, more can be told" in why_no_grad(loss, w)


def test_many_equal_steps_are_listed_once(w):
    h = V
    for _ in range(50):
        h = h * 0.5 + X
    answer = why_no_grad(h.sum(), w)
    assert "add takes its y, which it did not save" in answer
    assert "(× 50)" in answer
    assert len(answer.splitlines()) == 3


NO_GRAPH = {
    "argmax": (lambda w: w.argmax(), "it holds int64, and no gradient flows through integers, as argmax, comparisons"),
    "accuracy": (lambda w: (w > 0).mean(), "through an operation without a gradient (argmax, sign, a comparison)"),
    "detach": (lambda w: w.detach(), "it looks into the array of 'w', as detach(), .data and numpy() give it"),
    "no_grad": (lambda w: under_no_grad(w).sum(), "Which of these it was is not known, since nothing was recorded"),
    "numpy": (lambda w: Tensor(np.sum(w.numpy() * 2)), "from bare arrays (.data, numpy(), item())"),
}


@pytest.mark.parametrize("how", NO_GRAPH)
def test_a_loss_without_a_graph_comes_with_the_reason(how, w):
    function, words = NO_GRAPH[how]
    answer = why_no_grad(function(w), w)
    assert answer.startswith("the loss has no graph: ")
    assert words in answer
    assert "this line" not in answer


def test_who_asks_under_no_grad_is_warned(w):
    with no_grad():
        assert "operations on this line are not recorded" in why_no_grad((w * X).sum(), w)


def test_a_loss_whose_requires_grad_was_set_by_hand_is_a_leaf(w):
    loss = (w.detach() * X).sum()
    loss.requires_grad = True  # silences backward, and nothing else
    words = "the loss is a leaf, computed from nothing: its requires_grad was set by hand"
    assert why_no_grad(loss, w) == f"no path leads from the loss to 'w': {words}"


def test_what_does_not_require_a_gradient_comes_with_where_it_is_used():
    labels = Tensor(np.arange(3))
    answer = why_no_grad((V * labels).sum(), labels)
    assert answer.startswith(
        "w does not require a gradient: it holds int64, and no gradient flows to integers; make it"
    )
    assert "\n  multiply takes what lies in the memory of w as its y" in answer
    constant = Tensor(X, name="images")
    words = "'images' does not require a gradient: it was made without requires_grad=True, or is a result without"
    assert why_no_grad((V * constant).sum(), constant).startswith(words)
    constant.requires_grad, frozen = True, leaf()
    frozen.requires_grad = False
    assert why_no_grad((V * frozen).sum(), frozen).startswith(
        "'w' does not require a gradient: its requires_grad was set to False\n  multiply takes what lies in the memory"
    )


def test_a_leaf_made_after_the_loss_has_no_part_in_it():
    loss = (V * X).sum()
    assert "'w' was made, or made to require a gradient, after the loss was computed" in why_no_grad(loss, leaf())


def test_loss_and_leaf_exchanged_are_noticed(w):
    loss = (w * X).sum()
    assert why_no_grad(w, loss).endswith("it is w that was computed from the loss; ask why_no_grad(w, loss)")
    assert why_no_grad(w, w) == "'w' is the loss itself"


def test_a_result_computed_again_is_not_the_one_that_the_loss_uses(w):
    answer = why_no_grad((w.reshape(3, 1) * X).sum(), w.reshape(3, 1))
    assert "w is a result of its own, of reshape, at" in answer
    assert answer.endswith("which the loss does not use; both are computed from the leaf 'w'")


def test_one_of_several_results_and_what_they_are_of(w):
    first, second = ag.split(w, [1])
    loss = (first * 2).sum()
    assert "w is a result of its own, of split, at" in why_no_grad(loss, second)
    assert "'w' → split → multiply → sum; its gradient is not zero but of norm 2" in why_no_grad(loss, w)


def test_a_leaf_given_data_of_another_shape_is_noticed(w):
    loss = (w * X).sum()
    w.data = np.ones(4)
    assert "the leaf 'w' of shape (3,) has been given float64 data of shape (4,); compute again" in why_no_grad(loss, w)


# ── nets ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

IMAGES = RNG.standard_normal((5, 3)).astype(np.float32)


def net():
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1))


def test_a_parameter_that_was_replaced_is_noticed_by_its_name():
    model = net()
    old = model[0].weight
    model(IMAGES)
    model[0].weight = Tensor(np.ones((4, 3), np.float32), requires_grad=True)  # the optimizer holds the old one
    answer = why_no_grad(model(IMAGES).sum(), old)
    assert "another leaf called '0.weight', 4×3 float32, is in it: perhaps one took the other's place" in answer
    program = trace(lambda x: model(x).sum(), IMAGES)
    with pytest.raises(ValueError, match=r"no such leaf as '0.weight': another leaf has its name, and one"):
        why_no_grad(program, old)


def test_a_copy_of_a_net_is_noticed():
    model = net()
    target = copy.deepcopy(model)  # whose parameters do not know their paths yet
    answer = why_no_grad(model(IMAGES).sum(), target[0].weight)
    assert "another leaf called '0.weight', 4×3 float32" in answer
    assert "another leaf called '2.weight'" not in answer


def test_two_nets_whose_parameters_have_the_same_names_are_not_taken_for_one():
    generator, critic = net(), nn.Sequential(nn.Linear(2, 1, rng=2))
    made = generator(IMAGES)
    answer = why_no_grad(critic(made.detach()).mean(), generator[0].weight)
    assert "perhaps one took the other's place" in answer
    assert "linear (0) takes its x, 5×2 float32, at" in answer  # which is what happened
    program = trace(lambda x: critic(generator(x).detach()).mean(), IMAGES)
    assert "detach lets no gradient through, at" in why_no_grad(program, generator[0].weight)


def test_a_target_network_under_no_grad():
    model, target = net(), net()

    def loss(x):
        with no_grad():
            goal = target(x)
        return ((model(x) - goal) ** 2).mean()

    program = trace(loss, IMAGES)
    answer = why_no_grad(program, target[2].weight)
    assert re.match(r"no gradient flows to '2.weight': linear \(2\) runs under no_grad, at .*: goal = t", answer)
    assert why_no_grad(program, model[2].weight).startswith("there is a path: '2.weight' → linear → subtract → power →")


def test_a_state_that_is_detached_at_every_step_ends_the_path_to_the_first():
    cell, start = nn.Linear(4, 4, rng=0), leaf("start", np.zeros((1, 4), np.float32))

    def loss(x):
        h = start
        for step in range(3):
            h = ag.tanh(cell(h.detach()) + x[step])
        return h.sum()

    program = trace(loss, np.ones((3, 1, 4), np.float32))
    assert re.match(r"no gradient flows to 'start': detach lets no gradient through, at", why_no_grad(program, start))
    assert why_no_grad(program, cell.weight).startswith("there is a path")


# ── a program ─────────────────────────────────────────────────────────────────────────────────────────────────────────

UNUSED = "what is computed from it has no part in the outputs"
PATHS = {
    "detach": (lambda x, w: x * w.detach(), r"detach lets no gradient through, at"),
    "argmax": (lambda x, w: x * w.argmax(), r"argmax gives int64, through which no gradient flows, at"),
    "comparison": (lambda x, w: x * (w > 0), r"greater gives bool, through which no gradient flows, at"),
    "integers": (lambda x, w: x * w.astype(int), r"cast gives int64, through which no gradient flows, at"),
    "sign": (lambda x, w: x * ag.sign(ag.exp(w)), r"sign lets no gradient through, at"),
    "rounding": (lambda x, w: x * np.floor(w), r"floor lets no gradient through, at"),
    "a condition": (lambda x, w: ag.where(w, x, 1), r"where lets no gradient through to its condition, at"),
    "several": (
        lambda x, w: x * w.detach() + ag.sign(w),
        r"each of its 2 ways ends:\n  detach lets .*\n  sign lets no gradient through, at",
    ),
    "not needed": (lambda x, w: (w * 2, x)[1], UNUSED + "; the last is multiply, at"),
    "detached, not needed": (lambda x, w: (w.detach() * 2, x)[1], UNUSED),
}


@pytest.mark.parametrize("how", PATHS)
def test_a_program_says_where_every_path_ends(how, w):
    function, words = PATHS[how]
    program = trace(lambda x: function(x, w).sum(), X)
    assert re.match(f"(?s)no gradient flows to 'w': {words}", why_no_grad(program, w))
    assert why_no_grad(program, 0).startswith("there is a path: input 0 → ")
    assert program.vjp()(X, 1.0)[1]["w"] is None


def test_paths_that_the_outputs_do_not_need_are_left_out(w):
    def function(x):
        ag.sign(w)
        return (x * w.detach()).sum()

    answer = why_no_grad(trace(function, X), w)
    assert "sign" not in answer.partition(", at")[0]
    assert "detach lets no gradient through" in answer


def test_a_constant_that_looks_into_a_leaf_ends_the_path(w):
    constant = w.detach()
    answer = why_no_grad(trace(lambda x: (w * 2, (x * constant).sum())[1], X), w)
    assert re.match("no gradient flows to 'w': multiply is given its bare array as y, at", answer)
    answer = why_no_grad(trace(lambda x: (x * 2, w * 2, constant)[::2], X), w)
    assert answer.startswith("no gradient flows to 'w': the function returns its bare array, or one of what")


def test_what_is_everywhere_the_same_is_not_taken_for_a_copy():
    ones = Tensor(np.ones(3), requires_grad=True, name="ones")
    loss = (V * np.ones(3)).sum()
    assert "the same elements" not in why_no_grad(loss, ones)


def test_inputs_are_asked_for_by_number(w):
    program = trace(lambda x, labels, unused: (w * x * labels).sum(), X, np.arange(3), X)
    words = "there is a path: input 0 → multiply → multiply → sum; whether the gradient is zero depends on values"
    assert why_no_grad(program, 0).startswith(words)
    assert why_no_grad(program, 1).startswith("input 1 is 3 int64: no gradient flows to integers")
    assert why_no_grad(program, 2) == "no gradient flows to input 2: no operation takes it, and it is not returned"


def test_a_frozen_leaf_of_a_program():
    frozen = Tensor(X, name="frozen")
    program = trace(lambda x: ((frozen * x).sum(), frozen.detach()), X)
    words = "its requires_grad is False; with requires_grad=True there would be a path"
    assert why_no_grad(program, frozen) == f"'frozen' does not require a gradient: {words}"
    program = trace(lambda x: (frozen.detach() * x).sum(), X)
    assert "is False; besides, detach lets no gradient through, at" in why_no_grad(program, frozen)


# ── bad calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PROGRAM = trace(lambda x: (x * V).sum(), X)
NUMBER = "the loss must be a Tensor or a Program, not float; of a number, as item() gives it, nothing is known"
NO_LEAF = "the program has no such leaf as {!r}: {}".format


@every(
    ("loss", "asked", "error", "message"),
    [
        (3.5, V, TypeError, NUMBER),
        (X, V, TypeError, "the loss must be a Tensor or a Program, not the dtype float64"),
        (V, X, TypeError, "w must be a Tensor, not the dtype float64"),
        (V, 0, TypeError, "w must be a Tensor, not int; numbers are those of a program's inputs"),
        (PROGRAM, "v", TypeError, "w must be a Tensor, or the number of an input, not str"),
        (PROGRAM, True, TypeError, "w must be a Tensor, or the number of an input, not bool"),
        (PROGRAM, 1, ValueError, "there is no input 1; the program has 1, from 0"),
        (PROGRAM, -1, ValueError, "there is no input -1"),
        (PROGRAM, leaf("u"), ValueError, NO_LEAF("u", "no operation took it; its leaves are v;")),
        (PROGRAM, leaf("v"), ValueError, NO_LEAF("v", "another leaf has its name, and one of the")),
    ],
)
def test_what_is_no_tensor_or_program_or_not_in_it_is_refused(loss, asked, error, message):
    with pytest.raises(error, match=f"^{re.escape(f'why_no_grad: {message}')}"):
        why_no_grad(loss, asked)
