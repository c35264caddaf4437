"""A small convolutional net trained step by step beside the same net in PyTorch; optimisers and schedules alone."""

import json
import math

import numpy as np
import pytest
import torch
from test_layers import one_torch_thread  # noqa: F401  (a fixture)

import autograd_mini as ag
import nn
from autograd_mini import Tensor

F64 = np.float64


OPTIMIZERS = {
    "SGD": {"lr": 0.05},
    "SGD with momentum": {"lr": 0.02, "momentum": 0.9},
    "SGD with momentum and weight decay": {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.01},
    "SGD with weight decay alone": {"lr": 0.05, "weight_decay": 0.1},
    "SGD with Nesterov": {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.01, "nesterov": True},
    "Adam": {"lr": 0.01},
    "Adam with everything set": {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.05},
    "AdamW": {"lr": 0.01},
    "AdamW with a strong decay": {"lr": 0.02, "weight_decay": 0.5},
    "Adam with AMSGrad": {"lr": 0.01, "amsgrad": True, "betas": (0.8, 0.9)},
    "AdamW with AMSGrad": {"lr": 0.01, "amsgrad": True, "betas": (0.8, 0.9)},
    "RMSprop": {"lr": 0.01},
    "RMSprop with everything set": {
        "lr": 0.01,
        "alpha": 0.9,
        "eps": 1e-4,
        "weight_decay": 0.05,
        "momentum": 0.8,
        "centered": True,
    },
    "RMSprop centred": {"lr": 0.01, "centered": True},
    "Adagrad": {"lr": 0.05},
    "Adagrad with everything set": {
        "lr": 0.05,
        "lr_decay": 0.1,
        "weight_decay": 0.05,
        "initial_accumulator_value": 0.1,
        "eps": 1e-4,
    },
}


def optimizers(name, ours, theirs):
    """Our optimiser and PyTorch's of the same options, each over its own parameters."""
    kind = name.partition(" ")[0]
    return getattr(nn, kind)(ours, **OPTIMIZERS[name]), getattr(torch.optim, kind)(theirs, **OPTIMIZERS[name])


EPOCHS, BATCH = 5, 8


CONV_NET = [
    ("Conv2d", (2, 4, 3), {"padding": 1}), ("ReLU", (), {}), ("Conv2d", (4, 6, 3), {"stride": 2, "padding": 1}),
    ("ReLU", (), {}), ("MaxPool2d", (2,), {}), ("Flatten", (), {}), ("Linear", (6 * 2 * 2, 10), {}), ("ReLU", (), {}),
    ("Linear", (10, 3), {}),
]  # fmt: skip
NORMALISED = [  # a bias before the normalisation has no gradient
    ("Conv2d", (2, 3, 3), {"bias": False}), ("BatchNorm2d", (3,), {}), ("ReLU", (), {}), ("AvgPool2d", (2,), {}),
    ("Flatten", (), {}), ("Linear", (3 * 3 * 3, 3), {}),
]  # fmt: skip


def nets(layers):
    """A net of these layers here, and its twin in PyTorch with the same weights."""
    rng = np.random.default_rng(11)
    own = {"Conv2d": {"rng": rng, "dtype": F64}, "Linear": {"rng": rng, "dtype": F64}, "BatchNorm2d": {"dtype": F64}}
    ours = nn.Sequential(
        *[getattr(nn, kind)(*given, **options, **own.get(kind, {})) for kind, given, options in layers]
    )
    theirs = torch.nn.Sequential(*[getattr(torch.nn, kind)(*given, **options) for kind, given, options in layers])
    state = {name: torch.tensor(array.copy()) for name, array in ours.state_dict().items()}
    theirs.double().load_state_dict(state, strict=False)
    return ours, theirs


def data(count=32):
    rng = np.random.default_rng(12)
    return rng.standard_normal((count, 2, 8, 9)), rng.integers(0, 3, count)


def assert_equal_weights(ours, theirs):
    # The two nets add up in another order, so each of the twenty steps leaves a few roundings of 2⁻⁵³ ≈ 1e-16 in
    # weights of size 1. Measured: 4e-15 at most. The absolute part, 25 times that, is for weights close to 0.
    wanted = {k: v.numpy() for k, v in theirs.state_dict().items() if not k.endswith("num_batches_tracked")}
    assert list(ours.state_dict()) == list(wanted)
    for name, array in ours.state_dict().items():
        np.testing.assert_allclose(array, wanted[name], rtol=1e-9, atol=1e-13, err_msg=name)


def trained_in_torch(theirs, twin, x, y):
    """One step there: the loss, and how many were right."""
    twin.zero_grad()
    logits, labels = theirs(torch.tensor(x)), torch.tensor(y)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    twin.step()
    return loss.item(), int((logits.argmax(1) == labels).sum())


@pytest.mark.parametrize(
    ("layers", "name"), [*((CONV_NET, name) for name in OPTIMIZERS), (NORMALISED, "SGD with momentum")]
)
def test_a_net_has_the_weights_and_statistics_of_its_twin_in_pytorch_after_every_epoch(layers, name):
    ours, theirs = nets(layers)
    start = {key: array.copy() for key, array in ours.state_dict().items()}
    optimizer, twin = optimizers(name, ours.parameters(), theirs.parameters())
    x, y = data()
    order = np.random.default_rng(13)
    for _ in range(EPOCHS):
        for batch in order.permutation(len(x)).reshape(-1, BATCH):
            optimizer.zero_grad()
            loss = nn.cross_entropy(ours(Tensor(x[batch])), y[batch])
            loss.backward()
            optimizer.step()
            np.testing.assert_allclose(loss.item(), trained_in_torch(theirs, twin, x[batch], y[batch])[0], rtol=1e-9)
        assert_equal_weights(ours, theirs)
    for key, array in ours.state_dict().items():
        assert np.abs(array - start[key]).max() > 1e-3, f"{key} has not moved, so nothing was compared"
    with torch.no_grad():
        logits = theirs.eval()(torch.tensor(x)).numpy()
    np.testing.assert_allclose(nn.Learner(ours).predict(x), logits, rtol=1e-9, atol=1e-12)


def test_a_learner_trains_a_net_as_the_loop_written_out_in_pytorch_does():
    ours, theirs = nets(CONV_NET)
    x, y = data(30)  # the last batch has 6 rows
    optimizer, twin = optimizers("SGD with momentum", ours.parameters(), theirs.parameters())
    learner = nn.Learner(ours, nn.cross_entropy, optimizer)
    history = learner.fit(x, y, epochs=EPOCHS, batch_size=BATCH, shuffle=False, progress=False)
    losses, accuracies = [], []
    for _ in range(EPOCHS):
        total, right = 0.0, 0
        for first in range(0, len(x), BATCH):
            labels = y[first : first + BATCH]
            loss, count = trained_in_torch(theirs, twin, x[first : first + BATCH], labels)
            total, right = total + loss * len(labels), right + count
        losses.append(total / len(x))
        accuracies.append(right / len(x))
    assert_equal_weights(ours, theirs)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-9)
    np.testing.assert_array_equal(history["accuracy"], accuracies)


# ── optimisers alone ──────────────────────────────────────────────────────────────────────────────────────────────────


def gradients(steps=20, size=7):
    return np.random.default_rng(15).standard_normal((steps, size))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_moves_vectors_as_pytorch_does_and_skips_those_without_a_gradient(name):
    start = np.linspace(-2, 2, 7)
    p = [Tensor(start, requires_grad=True) for _ in range(2)]
    q = [torch.tensor(start, requires_grad=True) for _ in range(2)]
    optimizer, twin = optimizers(name, p, q)
    for step, g in enumerate(gradients()):
        optimizer.zero_grad()
        twin.zero_grad()
        for i in range(2):
            if i == 0 or step % 3 == 1:  # the second learns at every third step, and not at the first
                p[i].grad, q[i].grad = g, torch.tensor(g)
        before = p[1].numpy().copy()
        optimizer.step()
        twin.step()
        assert (p[1].numpy() != before).any() == (step % 3 == 1)
        for i in range(2):  # the same few operations on the same numbers, in another order: some roundings a step
            np.testing.assert_allclose(p[i].numpy(), q[i].detach().numpy(), rtol=1e-12, atol=1e-14)
    assert optimizer.steps == 20


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_keeps_float32_and_leaves_the_gradient_and_what_a_parameter_was_made_from_alone(name):
    start = np.linspace(-2, 2, 7, dtype=np.float32)
    p = Tensor(start, requires_grad=True)
    array, g = p.data, Tensor(np.ones(7, np.float32))
    optimizer, _ = optimizers(name, [p], [torch.zeros(1, requires_grad=True)])
    for _ in range(3):
        p.grad = g
        optimizer.step()
    assert p.data is array
    assert p.dtype == np.float32
    assert (p.numpy() != start).all()
    np.testing.assert_array_equal(start, np.linspace(-2, 2, 7, dtype=np.float32))
    np.testing.assert_array_equal(g.numpy(), 1)


def test_gradients_add_up_until_they_are_forgotten():
    p = Tensor(np.ones(3), requires_grad=True)
    optimizer = nn.SGD([p], lr=0.5)
    for expected in (2, 4):
        (2 * p).sum().backward()
        np.testing.assert_array_equal(p.grad.numpy(), expected)
    optimizer.zero_grad()
    assert p.grad is None
    optimizer.step()
    np.testing.assert_array_equal(p.numpy(), 1)


def test_a_gradient_that_does_not_fit_is_refused_before_any_parameter_moves():
    p, q = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    p.grad, q.grad = np.ones(3), np.ones(3)
    q.data = np.ones(4)
    q.node.grad = Tensor(np.ones(3))
    optimizer = nn.SGD([p, q], lr=0.5, momentum=0.9)
    with pytest.raises(ValueError, match=r"^SGD: parameter 1 \(4,\) has a gradient of shape \(3,\)$"):
        optimizer.step()
    np.testing.assert_array_equal(p.numpy(), 1)
    assert optimizer.steps == 0
    assert optimizer.memory == {}


# ── groups and clipping ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_groups_have_settings_of_their_own_as_in_pytorch(kind):
    own = {"SGD": {"momentum": 0.9}, "RMSprop": {"momentum": 0.9}, "Adagrad": {"lr_decay": 0.1}}
    own = own.get(kind, {"betas": (0.5, 0.6)})
    p, q = [], []
    for module, tensors in ((nn, p), (torch.optim, q)):
        make = (lambda: Tensor(np.ones(5), requires_grad=True)) if module is nn else (
            lambda: torch.ones(5, dtype=torch.float64, requires_grad=True))  # fmt: skip
        tensors += [make() for _ in range(4)]
        groups = [{"params": tensors[:2]}, {"params": tensors[2:3], "lr": 0.01, "weight_decay": 0.1},
                  {"params": tensors[3], **own}]  # fmt: skip
        tensors.append(getattr(module, kind)(groups, lr=0.05))
    for g in gradients(10, 20):
        for part, ours, theirs in zip(np.split(g, 4), p, q, strict=False):
            ours.grad, theirs.grad = part, torch.tensor(part)
        p[-1].step(), q[-1].step()
    for ours, theirs in zip(p[:-1], q[:-1], strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-12, atol=1e-14)
    assert len({tuple(tensor.numpy()) for tensor in p[1:4]}) == 3


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, np.inf])
@pytest.mark.parametrize("max_norm", [1.0, 1e3])
def test_gradients_are_clipped_by_norm_as_in_pytorch_and_no_array_of_others_is_written_to(max_norm, norm_type, dtype):
    parts = [np.random.default_rng(i).standard_normal((3, i + 1)).astype(dtype) for i in range(3)]
    p = [Tensor(np.ones_like(part), requires_grad=True) for part in parts]
    q = [torch.ones(part.shape, dtype=getattr(torch, np.dtype(dtype).name), requires_grad=True) for part in parts]
    for ours, theirs, part in zip(p, q, parts, strict=True):
        ours.grad, theirs.grad = part, torch.tensor(part)
    before = [part.copy() for part in parts]
    rtol = 1e-12 if dtype == np.float64 else 8 * np.finfo(dtype).eps  # a few roundings in the precision of gradients
    wanted = torch.nn.utils.clip_grad_norm_(q, max_norm, norm_type).item()
    np.testing.assert_allclose(nn.clip_grad_norm(p, max_norm, norm_type), wanted, rtol=rtol)
    for ours, theirs, part, was in zip(p, q, parts, before, strict=True):
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=rtol)
        assert ours.grad.dtype == dtype
        np.testing.assert_array_equal(part, was)


def test_gradients_are_clipped_by_value_and_what_is_not_finite_has_no_norm():
    p = [Tensor(np.ones(3), requires_grad=True) for _ in range(2)]
    p[0].grad = np.array([3.0, -4.0, 0.5])
    nn.clip_grad_value(p, 1.0)
    np.testing.assert_array_equal(p[0].grad.numpy(), [1, -1, 0.5])
    p[1].grad = np.array([1.0, np.nan, 0.5])
    with pytest.raises(FloatingPointError, match=r"^clip_grad_norm: the norm of the gradients is nan"):
        nn.clip_grad_norm(p, 1.0)
    np.testing.assert_array_equal(p[0].grad.numpy(), [1, -1, 0.5])


# ── schedules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SCHEDULES = {
    "StepLR": {"step_size": 3, "gamma": 0.5},
    "StepLR by default": {"step_size": 4},
    "MultiStepLR": {"milestones": [3, 4, 11], "gamma": 0.5},
    "ExponentialLR": {"gamma": 0.8},
    "LambdaLR": {"lr_lambda": lambda n: 1 / (2 + n)},
    "LinearLR": {},
    "LinearLR downwards": {"start_factor": 1.0, "end_factor": 0.25, "total_iters": 9},
    "PolynomialLR": {},
    "PolynomialLR of a power": {"total_iters": 12, "power": 2.5},
    "CosineAnnealingLR": {"T_max": 12},
    "CosineAnnealingLR down to a floor": {"T_max": 5, "eta_min": 0.01},
    "CosineAnnealingWarmRestarts": {"T_0": 4},
    "CosineAnnealingWarmRestarts that take longer": {"T_0": 3, "T_mult": 2, "eta_min": 0.01},
    "ConstantLR": {},
    "ConstantLR for longer": {"factor": 0.7, "total_iters": 9},
    "MultiplicativeLR": {"lr_lambda": lambda n: 1 - 0.5 / n},
    "CyclicLR": {"base_lr": 0.1, "max_lr": 0.7, "step_size_up": 3},
    "CyclicLR half as high": {"base_lr": 0.1, "max_lr": 0.7, "step_size_up": 3, "step_size_down": 4,
                              "mode": "triangular2"},
    "CyclicLR that dies away": {"base_lr": 0.1, "max_lr": 0.7, "step_size_up": 4, "mode": "exp_range", "gamma": 0.9},
    "CyclicLR by a function": {"base_lr": 0.1, "max_lr": 0.7, "step_size_up": 4, "scale_fn": lambda n: 1 / (1 + n),
                               "scale_mode": "iterations"},
    "OneCycleLR": {"max_lr": 0.7, "total_steps": 20},
    "OneCycleLR along lines": {"max_lr": 0.7, "total_steps": 20, "pct_start": 0.4, "anneal_strategy": "linear"},
    "OneCycleLR from other rates": {"max_lr": 0.7, "total_steps": 20, "div_factor": 7.0, "final_div_factor": 3.0},
    "OneCycleLR of three phases": {"max_lr": 0.7, "epochs": 4, "steps_per_epoch": 5, "three_phase": True},
    "OneCycleLR of other momenta": {"max_lr": 0.7, "total_steps": 20, "base_momentum": 0.5, "max_momentum": 0.8},
    "OneCycleLR of the rate alone": {"max_lr": 0.7, "total_steps": 20, "cycle_momentum": False},
}  # fmt: skip
OF_GROUPS = {  # what is one of each group
    "LambdaLR": {"lr_lambda": [lambda n: 1 / (2 + n), lambda n: 1 / (1 + n), lambda n: 0.9**n]},
    "MultiplicativeLR": {"lr_lambda": [lambda n: 0.9, lambda n: 1 - 0.5 / n, lambda n: 1.01]},
    "CyclicLR": {"base_lr": [0.1, 0.2, 0.3], "max_lr": [0.4, 0.5, 0.9], "step_size_up": 7,
                 "base_momentum": [0.5, 0.6, 0.7]},
    "OneCycleLR": {"max_lr": [0.1, 0.7, 2.0], "total_steps": 50, "max_momentum": [0.9, 0.95, 0.97]},
}  # fmt: skip


def two_optimizers(lr=0.3):
    ours = nn.SGD([Tensor(np.ones(3), requires_grad=True)], lr=lr)
    return ours, torch.optim.SGD([torch.ones(3, requires_grad=True)], lr=lr)


def made(module, optimizer, *names):
    """Schedules of one library, each by the name of its row."""
    return [getattr(module, name.partition(" ")[0])(optimizer, **SCHEDULES[name]) for name in names]


def compared(ours, schedules, theirs, others, steps=20, **metrics):
    rates, wanted = [], []
    for i in range(steps):
        rates.append(ours.lr)
        wanted.append(theirs.param_groups[0]["lr"])
        theirs.step()
        for one in schedules:
            one.step(*metrics.get("metric", {}).get(i, ()))
        for other in others if i < steps - 1 else ():  # PyTorch's one-cycle ends there
            other.step(*metrics.get("metric", {}).get(i, ()))
    # absolute part: a cosine that has come down to 0 is π's rounding there, 0.3 · 1e-16
    np.testing.assert_allclose(rates, wanted, rtol=1e-12, atol=1e-16)
    assert len(set(rates)) > 1


@pytest.mark.filterwarnings("ignore:.*lr_scheduler")  # PyTorch's own words about the order of its calls
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_gives_the_learning_rates_of_pytorch(name):
    ours, theirs = two_optimizers()
    compared(ours, made(nn, ours, name), theirs, made(torch.optim.lr_scheduler, theirs, name))


def moved(optimizer):
    """Every group's rate, and its momentum or betas."""
    return [[group["lr"], *np.ravel(group.get("betas", group.get("momentum")))] for group in optimizer.param_groups]


@pytest.mark.filterwarnings("ignore:.*lr_scheduler")
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "given"), [*SCHEDULES.items(), *OF_GROUPS.items()])
def test_the_rates_and_momenta_of_three_groups_are_pytorchs(name, given, kind):
    rates, steps = (0.3, 0.02, 1.5), given.get("total_steps", 20 if "epochs" in given else 50)
    ours = getattr(nn, kind)([{"params": [Tensor(np.ones(2), requires_grad=True)], "lr": lr} for lr in rates], lr=0.1)
    theirs = getattr(torch.optim, kind)(
        [{"params": [torch.ones(2, requires_grad=True)], "lr": lr} for lr in rates], lr=0.1
    )
    mine, other = (
        getattr(module, name.partition(" ")[0])(optimizer, **given)
        for module, optimizer in ((nn, ours), (torch.optim.lr_scheduler, theirs))
    )
    for i in range(steps):
        # PyTorch's cosine goes by what was before, and adds up some rounding
        np.testing.assert_allclose(moved(ours), moved(theirs), rtol=1e-12, atol=1e-15, err_msg=f"step {i}")
        theirs.step()
        mine.step()
        if i < steps - 1:
            other.step()


@pytest.mark.parametrize("kind", [nn.SGD, nn.AdamW])
def test_a_cycled_momentum_goes_on_from_a_checkpoint_also_behind_a_warmup(tmp_path, kind):
    def one(steps):
        p = nn.Linear(1, 1, rng=0)
        optimizer = kind(p.parameters(), lr=0.1)
        schedule = nn.WarmupLR(optimizer, 3, nn.OneCycleLR(optimizer, 0.5, 10))
        for _ in range(steps):
            schedule.step()
        return p, optimizer, schedule

    nn.write_checkpoint(tmp_path / "run", *one(7))
    fresh = one(0)
    assert moved(fresh[1]) != moved(one(7)[1])
    nn.read_checkpoint(tmp_path / "run").restore(*fresh)
    assert moved(fresh[1]) == moved(one(7)[1])


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("SGD", {}, {"momentum": 0.9}), ("SGD", {}, {"momentum": 0.9, "nesterov": True}),
        ("SGD", {"momentum": 0.9}, {"momentum": 0.0}), ("RMSprop", {"momentum": 0.9}, {"momentum": 0.0}),
        ("RMSprop", {"centered": True}, {"centered": False}), ("Adam", {"amsgrad": True}, {"amsgrad": False}),
        ("Adam", {}, {"betas": (0.5, 0.99)}),
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_that_needs_memory_may_change_between_steps(kind, before, after):
    ours, theirs = Tensor(np.ones(3), requires_grad=True), torch.ones(3, requires_grad=True, dtype=torch.float64)
    mine, other = getattr(nn, kind)([ours], lr=0.01, **before), getattr(torch.optim, kind)([theirs], lr=0.01, **before)
    first = {key: mine.param_groups[0][key] for key in after}
    for i in range(9):
        if i in (3, 6):
            for optimizer in (mine, other):
                optimizer.param_groups[0].update(after if i == 3 else first)
        mine.zero_grad()
        other.zero_grad()
        (ours**3).sum().backward()
        (theirs**3).sum().backward()
        mine.step()
        other.step()
        np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-12)


def test_a_cycle_begun_in_the_middle_of_training_moves_momentum_that_there_was_not():
    ours, theirs = Tensor(np.ones(3), requires_grad=True), torch.ones(3, requires_grad=True, dtype=torch.float64)
    mine, other = nn.SGD([ours], lr=0.01), torch.optim.SGD([theirs], lr=0.01)
    schedules = []
    for i in range(9):
        if i == 2:
            schedules = [nn.OneCycleLR(mine, 0.02, 10), torch.optim.lr_scheduler.OneCycleLR(other, 0.02, 10)]
        mine.zero_grad()
        other.zero_grad()
        (ours**3).sum().backward()
        (theirs**3).sum().backward()
        for one in (mine, other, *schedules):
            one.step()
        np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-12)


def test_a_group_that_is_added_later_goes_on_from_its_rate_as_the_first_does():
    for name in ("ExponentialLR", "CosineAnnealingLR", "OneCycleLR", "MultiplicativeLR"):
        ours, _ = two_optimizers()
        (schedule,) = made(nn, ours, name)
        schedule.step()
        before = ours.lr
        ours.add_param_group({"params": [Tensor(np.ones(2), requires_grad=True)], "lr": 0.05})
        for _ in range(4):
            schedule.step()
            first, second = (group["lr"] for group in ours.param_groups)
            np.testing.assert_allclose(second / 0.05, first / before, rtol=1e-12)


def test_a_warmup_is_a_line_from_a_part_that_it_chooses():
    ours, theirs = two_optimizers()
    line = torch.optim.lr_scheduler.LinearLR(theirs, start_factor=1 / 5, total_iters=4)
    compared(ours, [nn.WarmupLR(ours, 4)], theirs, [line])


@pytest.mark.parametrize(
    "names",
    [("ExponentialLR", "StepLR"), ("LinearLR", "CosineAnnealingLR"), ("StepLR", "MultiStepLR", "LinearLR downwards")],
)
def test_several_schedules_of_one_optimiser_multiply_as_pytorchs_do(names):
    ours, theirs = two_optimizers()
    steps = 12  # PyTorch's cosine, which goes by what was before, does not rise again behind its end as the sum says
    compared(ours, made(nn, ours, *names), theirs, made(torch.optim.lr_scheduler, theirs, *names), steps)


def test_schedules_one_after_the_other_give_the_learning_rates_of_pytorch():
    ours, theirs = two_optimizers()
    names = ("LinearLR", "CosineAnnealingLR", "ExponentialLR")
    mine = nn.SequentialLR(ours, made(nn, ours, *names), [5, 11])
    other = torch.optim.lr_scheduler.SequentialLR(theirs, made(torch.optim.lr_scheduler, theirs, *names), [5, 11])
    compared(ours, [mine], theirs, [other])


@pytest.mark.parametrize(
    "given",
    [{}, {"mode": "max"}, {"threshold_mode": "abs", "threshold": 0.3}, {"cooldown": 2}, {"min_lr": 0.1},
     {"mode": "max", "threshold": 0.2}, {"factor": 0.5, "cooldown": 1, "eps": 0.1}],
)  # fmt: skip
def test_a_plateau_gives_the_learning_rates_of_pytorch(given):
    ours, theirs = two_optimizers()
    given = {"patience": 1, "factor": 0.5} | given
    numbers = np.random.default_rng(3).uniform(0.5, 2, 20)
    compared(
        ours, [nn.ReduceLROnPlateau(ours, **given)],
        theirs, [torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **given)],
        metric={i: (number,) for i, number in enumerate(numbers.tolist())},
    )  # fmt: skip


@pytest.mark.parametrize("min_lr", [0.05, [0.0, 0.01, 0.6]], ids=str)
def test_a_plateau_has_a_floor_for_each_group_as_in_pytorch_and_goes_on_from_its_state(min_lr):
    def of_groups(module, p):
        return module.SGD([{"params": [p()], "lr": lr} for lr in (0.3, 0.02, 1.5)], lr=0.1)

    ours, again = (of_groups(nn, lambda: Tensor(np.ones(2), requires_grad=True)) for _ in range(2))
    theirs = of_groups(torch.optim, lambda: torch.ones(2, requires_grad=True))
    given = {"patience": 1, "factor": 0.5, "min_lr": min_lr, "eps": 1e-3}
    mine, resumed = (nn.ReduceLROnPlateau(optimizer, **given) for optimizer in (ours, again))
    other = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **given)
    for number in np.random.default_rng(3).uniform(0.5, 2, 50).tolist():
        mine.step(number)
        other.step(number)
        again.load_state_dict(ours.state_dict())
        resumed.load_state_dict(json.loads(json.dumps(mine.state_dict())))
        for optimizer in (ours, again):
            rates, wanted = ([group["lr"] for group in one.param_groups] for one in (optimizer, theirs))
            np.testing.assert_allclose(rates, wanted, rtol=1e-12)
    assert len({*wanted}) > 1


def test_what_is_not_finite_is_no_progress():
    optimizer = two_optimizers(1.0)[0]
    plateau = nn.ReduceLROnPlateau(optimizer, patience=1)
    for number in (np.nan, 2.0, -np.inf, np.nan):
        plateau.step(number)
    assert optimizer.lr == 0.1
    assert plateau.best == 2.0


def test_a_rate_set_by_hand_is_multiplied_from_then_on():
    for by_property in (True, False):
        optimizer = nn.SGD([{"params": [Tensor(np.ones(1), requires_grad=True)]}], lr=1.0)
        schedules = [nn.ExponentialLR(optimizer, 0.5), nn.PolynomialLR(optimizer, 4)]
        [schedule.step() for schedule in schedules]
        if by_property:
            optimizer.lr = 8.0
        else:
            optimizer.param_groups[0]["lr"] = 8.0
        schedules[0].step()
        assert optimizer.lr == 4.0
        nn.ExponentialLR(optimizer, 0.25).step()  # takes the place of those that have stepped
        assert optimizer.lr == 2.0


def test_a_rate_set_by_hand_and_the_schedules_behind_it_go_on_from_a_checkpoint(tmp_path):
    def one(steps):
        p = nn.Linear(1, 1, rng=0)
        groups = [{"params": [tensor], "lr": lr} for tensor, lr in zip(p.parameters(), (0.1, 0.3), strict=True)]
        optimizer = nn.SGD(groups, lr=0.1)
        schedules = [nn.ExponentialLR(optimizer, 0.9), nn.CosineAnnealingLR(optimizer, 7, by="step"),
                     nn.ReduceLROnPlateau(optimizer, patience=0)]  # fmt: skip
        for i in range(steps):
            go(schedules)
            if i == 1:
                optimizer.lr = 0.7
        return p, optimizer, schedules

    def go(schedules):
        for schedule, given in zip(schedules, ((), (), (1.0,)), strict=True):
            schedule.step(*given)

    whole, parted, fresh = one(3), one(3), one(0)
    nn.write_checkpoint(tmp_path / "run", *parted)
    nn.read_checkpoint(tmp_path / "run").restore(*fresh)
    for _ in range(3):
        assert [group["lr"] for group in whole[1].param_groups] == [group["lr"] for group in fresh[1].param_groups]
        go(whole[2]), go(fresh[2])


def test_a_warmup_is_followed_by_the_schedule_it_was_given():
    optimizer = nn.SGD([Tensor(np.ones(1), requires_grad=True)], lr=1.0)
    schedule = nn.WarmupLR(optimizer, 3, then=nn.CosineAnnealingLR(optimizer, 4))
    rates = []
    for _ in range(8):
        rates.append(optimizer.lr)
        schedule.step()
    cosine = [(1 + math.cos(math.pi * i / 4)) / 2 for i in range(5)]
    np.testing.assert_allclose(rates, [0.25, 0.5, 0.75, *cosine], rtol=1e-12, atol=1e-16)


# ── the report's net in float32 ───────────────────────────────────────────────────────────────────────────────────────

STEPS = 20


def report_net_in_torch(ours, dtype):
    """The same layers with the same weights."""
    layers = []
    for layer in (*ours.features, *ours.classifier):
        if isinstance(layer, nn.Conv2d):
            out, into = layer.weight.shape[:2]
            layers.append(torch.nn.Conv2d(into, out, 3, padding=1))
        elif isinstance(layer, nn.Linear):
            layers.append(torch.nn.Linear(*layer.weight.shape[::-1]))
        elif not isinstance(layer, nn.Dropout):
            kind = {nn.ReLU: torch.nn.ReLU, nn.MaxPool2d: lambda: torch.nn.MaxPool2d(2), nn.Flatten: torch.nn.Flatten}
            layers.append(kind[type(layer)]())
    net = torch.nn.Sequential(*layers).to(dtype)
    with torch.no_grad():
        for theirs, mine in zip(net.parameters(), ours.parameters(), strict=True):
            theirs.copy_(torch.from_numpy(mine.numpy()))
    return net


def report_net():
    return nn.VGG("report", input_shape=(3, 48, 48), dropout=0.0, rng=1)


@pytest.fixture(scope="module")
def torch_curves():
    """Images, their labels, and PyTorch's losses in training on them, in float32 and float64."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((8, 3, 48, 48)).astype(np.float32)
    labels = rng.integers(0, 2, 8)
    curves = []
    for dtype, kind in ((torch.float32, np.float32), (torch.float64, F64)):
        theirs = report_net_in_torch(report_net(), dtype)
        optimizer = torch.optim.SGD(theirs.parameters(), lr=1e-3, momentum=0.9)
        losses = [trained_in_torch(theirs, optimizer, images.astype(kind), labels)[0] for _ in range(STEPS)]
        curves.append(np.array(losses))
    return images, labels, *curves


@pytest.mark.parametrize("winograd", [True, False], ids=["Winograd", "plain sums"])
def test_twenty_steps_of_the_report_net_follow_pytorchs_losses(kernels, winograd, torch_curves):
    ag.set_winograd(winograd)
    images, labels, narrow, exact = torch_curves
    net = report_net()
    optimizer = nn.SGD(net.parameters(), lr=1e-3, momentum=0.9)
    learner = nn.Learner(net, nn.cross_entropy, optimizer)
    losses = [learner.step(images, labels)[0] for _ in range(STEPS)]
    noise = np.abs(narrow - exact).max()
    assert exact[-1] < 0.9 * exact[0]  # it learns, so there is something to follow
    # Winograd's rounding is several times a plain sum's; PyTorch's own float32 curve says how much that does here
    assert np.abs(np.array(losses) - exact).max() <= 20 * noise + 1e-6
