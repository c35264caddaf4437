"""A small convolutional net trained step by step beside the same net in PyTorch; optimisers and schedules alone."""

import math

import numpy as np
import pytest
import torch

import autograd_mini as ag
import nn
from autograd_mini import Tensor

F64 = np.float64


@pytest.fixture(autouse=True, scope="module")
def one_torch_thread():
    """Arrays this small are not worth sharing out."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Every case: our optimiser and PyTorch's, made from a list of parameters.
OPTIMIZERS = {
    "SGD": (lambda p: nn.SGD(p, lr=0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
    "SGD with momentum": (
        lambda p: nn.SGD(p, lr=0.02, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
    ),
    "SGD with momentum and weight decay": (
        lambda p: nn.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.01),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, weight_decay=0.01),
    ),
    "SGD with weight decay alone": (
        lambda p: nn.SGD(p, lr=0.05, weight_decay=0.1),
        lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1),
    ),
    "Nesterov": (
        lambda p: nn.SGD(p, lr=0.02, momentum=0.8, weight_decay=0.01, nesterov=True),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.8, weight_decay=0.01, nesterov=True),
    ),
    "Adam": (lambda p: nn.Adam(p, lr=0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    "Adam with everything set": (
        lambda p: nn.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.05),
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.05),
    ),
    "AdamW": (lambda p: nn.AdamW(p, lr=0.01), lambda p: torch.optim.AdamW(p, lr=0.01)),
    "AdamW with a strong decay": (
        lambda p: nn.AdamW(p, lr=0.02, weight_decay=0.5),
        lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.5),
    ),
}

EPOCHS, BATCH = 5, 8


def our_net():
    rng = np.random.default_rng(11)
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, rng=rng, dtype=F64),
        nn.ReLU(),
        nn.Conv2d(4, 6, 3, stride=2, padding=1, rng=rng, dtype=F64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6 * 2 * 2, 10, rng=rng, dtype=F64),
        nn.ReLU(),
        nn.Linear(10, 3, rng=rng, dtype=F64),
    )


def their_net(ours):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(4, 6, 3, stride=2, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(6 * 2 * 2, 10),
        torch.nn.ReLU(),
        torch.nn.Linear(10, 3),
    ).double()
    net.load_state_dict({name: torch.tensor(array.copy()) for name, array in ours.state_dict().items()})
    return net


def data(count=32):
    rng = np.random.default_rng(12)
    return rng.standard_normal((count, 2, 8, 9)), rng.integers(0, 3, count)


def assert_equal_weights(ours, theirs):
    # The two nets add up in another order, so each of the twenty steps leaves a few roundings of 2⁻⁵³ ≈ 1e-16 in
    # weights of size 1. Measured: 4e-15 at most. The absolute part, 25 times that, is for weights close to 0.
    wanted = {name: tensor.numpy() for name, tensor in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(wanted)
    for name, array in ours.state_dict().items():
        np.testing.assert_allclose(array, wanted[name], rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_net_has_the_weights_of_its_twin_in_pytorch_after_every_epoch(name):
    make_ours, make_theirs = OPTIMIZERS[name]
    ours = our_net()
    theirs = their_net(ours)
    start = {key: array.copy() for key, array in ours.state_dict().items()}
    optimizer, twin = make_ours(ours.parameters()), make_theirs(theirs.parameters())
    x, y = data()
    order = np.random.default_rng(13)
    for _ in range(EPOCHS):
        chosen = order.permutation(len(x))
        for first in range(0, len(x), BATCH):
            batch = chosen[first : first + BATCH]
            optimizer.zero_grad()
            loss = nn.cross_entropy(ours(Tensor(x[batch])), y[batch])
            loss.backward()
            optimizer.step()
            twin.zero_grad()
            wanted = torch.nn.functional.cross_entropy(theirs(torch.tensor(x[batch])), torch.tensor(y[batch]))
            wanted.backward()
            twin.step()
            np.testing.assert_allclose(loss.item(), wanted.item(), rtol=1e-9)
        assert_equal_weights(ours, theirs)
    for key, array in ours.state_dict().items():
        assert np.abs(array - start[key]).max() > 1e-3, f"{key} has not moved, so nothing was compared"


def test_a_learner_trains_a_net_as_the_loop_written_out_in_pytorch_does():
    ours = our_net()
    theirs = their_net(ours)
    x, y = data(30)  # the last batch has 6 rows
    learner = nn.Learner(ours, nn.cross_entropy, nn.SGD(ours.parameters(), lr=0.05, momentum=0.9))
    history = learner.fit(x, y, epochs=EPOCHS, batch_size=BATCH, shuffle=False, progress=False)
    twin = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    losses, accuracies = [], []
    for _ in range(EPOCHS):
        total, right = 0.0, 0
        for first in range(0, len(x), BATCH):
            inputs, labels = torch.tensor(x[first : first + BATCH]), torch.tensor(y[first : first + BATCH])
            twin.zero_grad()
            logits = theirs(inputs)
            loss = torch.nn.functional.cross_entropy(logits, labels)
            loss.backward()
            twin.step()
            total += loss.item() * len(labels)
            right += int((logits.argmax(1) == labels).sum())
        losses.append(total / len(x))
        accuracies.append(right / len(x))
    assert_equal_weights(ours, theirs)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-9)
    np.testing.assert_array_equal(history["accuracy"], accuracies)


def test_a_net_with_batch_normalisation_has_the_weights_and_statistics_of_its_twin():
    rng = np.random.default_rng(14)
    ours = nn.Sequential(
        nn.Conv2d(2, 3, 3, rng=rng, bias=False, dtype=F64),  # a bias before the normalisation has no gradient
        nn.BatchNorm2d(3, dtype=F64),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(3 * 3 * 3, 3, rng=rng, dtype=F64),
    )
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3, bias=False),
        torch.nn.BatchNorm2d(3),
        torch.nn.ReLU(),
        torch.nn.AvgPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(3 * 3 * 3, 3),
    ).double()
    theirs.load_state_dict({k: torch.tensor(a.copy()) for k, a in ours.state_dict().items()}, strict=False)
    optimizer = nn.SGD(ours.parameters(), lr=0.1, momentum=0.5)
    twin = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.5)
    x, y = data()
    for _ in range(EPOCHS):
        for first in range(0, len(x), BATCH):
            batch = slice(first, first + BATCH)
            optimizer.zero_grad()
            nn.cross_entropy(ours(Tensor(x[batch])), y[batch]).backward()
            optimizer.step()
            twin.zero_grad()
            torch.nn.functional.cross_entropy(theirs(torch.tensor(x[batch])), torch.tensor(y[batch])).backward()
            twin.step()
        wanted = {k: v.numpy() for k, v in theirs.state_dict().items() if not k.endswith("num_batches_tracked")}
        assert ours.state_dict().keys() == wanted.keys()
        for key, array in ours.state_dict().items():
            np.testing.assert_allclose(array, wanted[key], rtol=1e-9, atol=1e-13, err_msg=key)
    logits = nn.Learner(ours).predict(x)
    with torch.no_grad():
        np.testing.assert_allclose(logits, theirs.eval()(torch.tensor(x)).numpy(), rtol=1e-9, atol=1e-13)


# ── optimisers alone ──────────────────────────────────────────────────────────────────────────────────────────────────


def gradients(steps=20, size=7):
    return np.random.default_rng(15).standard_normal((steps, size))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_moves_a_vector_as_pytorch_does_for_twenty_steps(name):
    make_ours, make_theirs = OPTIMIZERS[name]
    start = np.linspace(-2, 2, 7)
    p, q = Tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    optimizer, twin = make_ours([p]), make_theirs([q])
    for g in gradients():
        p.grad, q.grad = g, torch.tensor(g)
        optimizer.step()
        twin.step()
        # the same few operations on the same numbers, in another order: some roundings a step
        np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-12, atol=1e-14)
    assert optimizer.steps == 20


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_parameter_without_a_gradient_is_skipped_as_in_pytorch(name):
    make_ours, make_theirs = OPTIMIZERS[name]
    start = np.linspace(-2, 2, 7)
    p = [Tensor(start, requires_grad=True) for _ in range(2)]
    q = [torch.tensor(start, requires_grad=True) for _ in range(2)]
    optimizer, twin = make_ours(p), make_theirs(q)
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
        for i in range(2):
            np.testing.assert_allclose(p[i].numpy(), q[i].detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_keeps_float32_and_leaves_the_gradient_alone(name):
    p = Tensor(np.linspace(-2, 2, 7).astype(np.float32), requires_grad=True)
    array, g = p.data, Tensor(np.ones(7, np.float32))
    optimizer = OPTIMIZERS[name][0]([p])
    for _ in range(3):
        p.grad = g
        optimizer.step()
    assert p.data is array
    assert p.dtype == np.float32
    np.testing.assert_array_equal(g.numpy(), 1)


def test_an_optimiser_never_writes_into_the_array_a_parameter_was_made_from():
    start = np.ones(3)
    p = Tensor(start, requires_grad=True)
    p.grad = np.ones(3)
    nn.SGD([p], lr=0.5).step()
    np.testing.assert_array_equal(start, 1)
    np.testing.assert_array_equal(p.numpy(), 0.5)


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


# ── schedules ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SCHEDULES = {
    "StepLR": (
        lambda o: nn.StepLR(o, 3, 0.5),
        lambda o: torch.optim.lr_scheduler.StepLR(o, 3, 0.5),
    ),
    "StepLR by default": (lambda o: nn.StepLR(o, 4), lambda o: torch.optim.lr_scheduler.StepLR(o, 4)),
    "ExponentialLR": (
        lambda o: nn.ExponentialLR(o, 0.8),
        lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.8),
    ),
    "CosineAnnealingLR": (
        lambda o: nn.CosineAnnealingLR(o, 12),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 12),
    ),
    "CosineAnnealingLR down to a floor": (
        lambda o: nn.CosineAnnealingLR(o, 5, eta_min=0.01),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 5, eta_min=0.01),
    ),
    "WarmupLR": (  # ours rises from 1/(n+1), PyTorch's LinearLR from a factor one names
        lambda o: nn.WarmupLR(o, 4),
        lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1 / 5, total_iters=4),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_gives_the_learning_rates_of_pytorch(name):
    make_ours, make_theirs = SCHEDULES[name]
    start = np.ones(3)
    p, q = Tensor(start, requires_grad=True), torch.tensor(start, requires_grad=True)
    optimizer, twin = nn.SGD([p], lr=0.3), torch.optim.SGD([q], lr=0.3)
    schedule, other = make_ours(optimizer), make_theirs(twin)
    rates = []
    for g in gradients(size=3):
        # absolute part: a cosine that has come down to 0 is π's rounding there, 0.3 · 1e-16
        np.testing.assert_allclose(optimizer.lr, twin.param_groups[0]["lr"], rtol=1e-12, atol=1e-16)
        rates.append(optimizer.lr)
        p.grad, q.grad = g, torch.tensor(g)
        optimizer.step()
        twin.step()
        schedule.step()
        other.step()
    np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-12)
    assert len(set(rates)) > 1


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
    for dtype in (torch.float32, torch.float64):
        theirs = report_net_in_torch(report_net(), dtype)
        optimizer = torch.optim.SGD(theirs.parameters(), lr=1e-3, momentum=0.9)
        losses = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            outputs = theirs(torch.from_numpy(images).to(dtype))
            loss = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(labels))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
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
