"""Losses as layers beside PyTorch's, each way of reducing; cross-entropy's settings, which the learner knows too."""

from functools import partial

import numpy as np
import pytest
import torch

import nn
from autograd_mini import Tensor

rng = np.random.default_rng(0)
X, Y, P, Q = (*rng.standard_normal((2, 5, 3)), *rng.random((2, 5, 3)))
LABELS, SIGNS, W = rng.integers(0, 3, 5), np.sign(rng.standard_normal((5, 3))), rng.random(3) + 0.1
SOME = np.where(np.arange(5) == 1, -100, LABELS)

ROWS = [
    ("L1Loss", {}, [X, Y]),
    ("MSELoss", {}, [X, Y]),
    ("SmoothL1Loss", {"beta": 0.5}, [X, Y]),
    ("HuberLoss", {"delta": 0.5}, [X, Y]),
    ("CrossEntropyLoss", {}, [X, LABELS]),
    ("CrossEntropyLoss", {"weight": W, "label_smoothing": 0.1}, [X, SOME]),
    ("CrossEntropyLoss", {"ignore_index": 1}, [rng.standard_normal((2, 3, 4, 5)), rng.integers(0, 3, (2, 4, 5))]),
    ("CrossEntropyLoss", {"weight": W}, [X, P / P.sum(1, keepdims=True)]),
    ("NLLLoss", {"weight": W}, [X, LABELS]),
    ("BCELoss", {"weight": W}, [P, Q]),
    ("BCEWithLogitsLoss", {"weight": W, "pos_weight": W}, [X, Q]),
    ("KLDivLoss", {}, [X, P]),
    ("PoissonNLLLoss", {"full": True}, [X, 5 * P]),
    ("GaussianNLLLoss", {}, [X, Y, P + 0.1]),
    ("HingeEmbeddingLoss", {}, [X, SIGNS]),
    ("MarginRankingLoss", {"margin": 0.2}, [X, Y, SIGNS]),
    ("CosineEmbeddingLoss", {"margin": 0.1}, [X, Y, SIGNS[:, 0]]),
    ("TripletMarginLoss", {"swap": True}, [X, Y, P]),
    ("MultiMarginLoss", {"p": 2, "weight": W}, [X, LABELS]),
    ("MultiLabelSoftMarginLoss", {"weight": W}, [X, (SIGNS > 0) * 1.0]),
    ("SoftMarginLoss", {}, [X, SIGNS]),
]
ELSEWHERE = {"CTCLoss"}  # whose gradient PyTorch gives behind a log_softmax: test_ctc


def test_every_loss_has_a_row():
    losses = {name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "") == "nn.losses.modules"}
    assert losses == {name for name, *_ in ROWS} | ELSEWHERE


@pytest.mark.filterwarnings("ignore:reduction.*mean:UserWarning")  # of PyTorch, for KLDivLoss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("name", "settings", "arrays"), ROWS)
def test_a_loss_equals_pytorchs(name, settings, arrays, reduction):
    ours = getattr(nn, name)(reduction=reduction, **settings)
    given = {key: torch.tensor(value) if key.endswith("weight") else value for key, value in settings.items()}
    theirs = getattr(torch.nn, name)(reduction=reduction, **given)
    x, z = Tensor(arrays[0], requires_grad=True), torch.tensor(arrays[0], requires_grad=True)
    y, wanted = ours(x, *arrays[1:]), theirs(z, *map(torch.tensor, arrays[1:]))
    np.testing.assert_allclose(y.numpy(), wanted.detach().numpy(), rtol=1e-9, atol=1e-12)
    y.sum().backward()
    wanted.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), z.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert not ours.parameters()
    assert [*ours.state_dict()] == [*theirs.state_dict()]


def test_ctc_as_a_layer_is_the_function():
    logs = np.log(np.full((4, 1, 3), 1 / 3))
    given = (logs, np.array([[1, 2]]), [4], [2])
    assert nn.CTCLoss(blank=0, reduction="sum")(*given) == nn.ctc_loss(*given, 0, "sum")


SETTINGS = {
    "alone": nn.cross_entropy,
    "bound": partial(nn.cross_entropy, label_smoothing=0.1, ignore_index=2),
    "a layer": nn.CrossEntropyLoss(weight=W, ignore_index=2),
}


@pytest.mark.parametrize("loss", SETTINGS.values(), ids=SETTINGS.keys())
def test_the_learner_checks_labels_before_it_trains_whatever_the_settings(loss):
    net = nn.Linear(3, 3, rng=0)
    learner, before = nn.Learner(net, loss, nn.SGD(net.parameters(), lr=0.1)), net.weight.numpy().copy()
    for wrong, message in ((LABELS - 9, "label -"), (LABELS * 1.0, "labels must be integers")):
        with pytest.raises((TypeError, ValueError), match=message):
            learner.fit(X, wrong, epochs=1, progress=False)
    with pytest.raises(
        ValueError, match=r"label 3 at position 4 must be at least 0 and below the number of classes, 3"
    ):
        learner.fit(X, np.array([0, 1, 2, 1, 3]), epochs=1, batch_size=2, shuffle=False, progress=False)
    np.testing.assert_array_equal(net.weight.numpy(), before)
    assert learner.fit(X, LABELS, epochs=2, progress=False)["loss"][-1] > 0


def test_the_learner_takes_probabilities_and_ignored_labels():
    net = nn.Linear(3, 3, rng=0)
    learner = nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))
    history = learner.fit(X, P / P.sum(1, keepdims=True), epochs=1, progress=False)
    assert "accuracy" not in history.epochs[0]
    assert "accuracy" in learner.fit(X, SOME, epochs=1, progress=False).epochs[-1]
