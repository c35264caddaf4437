"""Learner: what fit, evaluate and predict do to a model, what they report, and what an error leaves behind."""

import copy
import io
import re
import sys
from contextlib import nullcontext
from itertools import chain

import numpy as np
import pytest
from nets import assert_state, state_of

import nn
from autograd_mini import Tensor, is_grad_enabled

# ── a problem and a model ─────────────────────────────────────────────────────────────────────────────────────────────


def xor(count=64):
    """Points in the plane: class 1 where the signs of the coordinates differ. No straight line parts them."""
    x = np.random.default_rng(0).uniform(-1, 1, (count, 2)).astype(np.float32)
    x += 0.2 * np.sign(x)
    return x, (x[:, 0] * x[:, 1] < 0).astype(np.int64)


def mlp(seed=0, dropout=0.0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(nn.Linear(2, 16, rng=rng), nn.ReLU(), nn.Dropout(dropout, rng=rng), nn.Linear(16, 2, rng=rng))


def learner(model=None, loss=nn.cross_entropy, **options):
    model = mlp() if model is None else model
    return nn.Learner(model, loss, nn.Adam(model.parameters(), lr=0.02, **options))


def stripes(count=40):
    """Pictures of horizontal (0) and vertical (1) stripes in noise."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, count)
    x = rng.normal(0, 0.3, (count, 1, 6, 6)).astype(np.float32)
    x[labels == 0, :, ::2, :] += 1
    x[labels == 1, :, :, ::2] += 1
    return x, labels


def conv_net(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        conv=nn.Conv2d(1, 4, 3, rng=rng), norm=nn.BatchNorm2d(4), relu=nn.ReLU(), pool=nn.MaxPool2d(2),
        flat=nn.Flatten(), drop=nn.Dropout(0.2, rng=rng), fc=nn.Linear(16, 2, rng=rng),
    )  # fmt: skip


class Recorder:
    """A data set that writes down which positions it was asked for."""

    def __init__(self, x, y):
        self.values, self.labels, self.asked = x, y, []

    def __len__(self):
        return len(self.labels)

    def inputs(self, positions):
        self.asked.append(positions.tolist())
        return self.values[positions]


# ── learning ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_fit_learns_a_problem_that_no_line_can_part():
    x, y = xor()
    trained = learner()
    history = trained.fit(x, y, epochs=30, batch_size=16, progress=False)
    losses = history["loss"]
    assert losses[-1] < 0.1 < 0.5 < losses[0]
    assert history["accuracy"][-1] == trained.evaluate(x, y)["accuracy"] == 1
    np.testing.assert_array_equal(trained.predict(x).argmax(1), y)
    fresh, labels = xor(200)
    assert trained.evaluate(fresh[64:], labels[64:])["accuracy"] > 0.95


def test_fit_learns_pictures_with_a_convolutional_net():
    x, y = stripes()
    trained = learner(conv_net())
    trained.fit(x[:30], y[:30], epochs=12, batch_size=8, progress=False)
    assert trained.evaluate(x[30:], y[30:])["accuracy"] == 1


def test_fit_learns_a_line_by_mean_squared_error_and_reports_no_accuracy(capfd):
    x = np.random.default_rng(0).standard_normal((50, 3))
    y = x @ [[2.0], [-1.0], [0.5]] + 3
    model = nn.Linear(3, 1, rng=0, dtype=np.float64)
    trained = nn.Learner(model, nn.mse_loss, nn.SGD(model.parameters(), lr=0.1))
    history = trained.fit(x, y, epochs=60, batch_size=10, validation=(x, y))
    np.testing.assert_allclose(model.weight.numpy(), [[2, -1, 0.5]], rtol=1e-6)  # noiseless: it converges to the line
    np.testing.assert_allclose(model.bias.numpy(), [3], rtol=1e-6)
    shown = "".join(capfd.readouterr())
    assert "loss" in shown
    assert not any("accuracy" in key for key in (*history.epochs[0], *trained.evaluate(x, y), shown))


def test_integer_targets_of_a_regression_are_no_classes():
    class Flat(nn.Linear):
        def forward(self, x):
            return super().forward(x).reshape(-1)

    history = learner(Flat(2, 1, rng=0), nn.mse_loss).fit(*xor(), epochs=1, progress=False)
    assert "accuracy" not in history.epochs[0]


# ── history ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_has_one_row_an_epoch_and_grows_from_fit_to_fit():
    x, y = xor()
    trained = learner()
    first = trained.fit(x, y, epochs=2, progress=False)
    assert first is trained.history
    trained.fit(x, y, epochs=1, progress=False)
    assert first["epoch"] == [1, 2, 3]
    assert len(first) == len(first["loss"]) == 3
    for epoch in first.epochs:
        assert epoch.keys() == {"epoch", "loss", "accuracy", "seconds", "images_per_second", "lr"}
        assert epoch["seconds"] > 0
        np.testing.assert_allclose(epoch["images_per_second"] * epoch["seconds"], len(x), rtol=1e-12)
        assert all(isinstance(value, int | float) for value in epoch.values())


def test_the_loss_of_an_epoch_is_the_mean_over_examples_not_over_batches():
    x, y = xor(10)
    model = mlp()
    trained = nn.Learner(model, nn.cross_entropy, nn.SGD(model.parameters(), lr=1e-30))  # too slow to move
    history = trained.fit(x, y, epochs=1, batch_size=7, shuffle=False, progress=False)
    whole = nn.cross_entropy(model(Tensor(x)), y).item()
    # float32 losses of two batches against one of all
    np.testing.assert_allclose(history["loss"], [whole], rtol=1e-6)
    np.testing.assert_allclose(trained.evaluate(x, y, batch_size=7)["loss"], whole, rtol=1e-6)
    assert history["accuracy"] == [trained.evaluate(x, y, batch_size=3)["accuracy"]]


@pytest.mark.parametrize("as_data_set", [False, True])
def test_validation_is_what_evaluate_says_after_each_epoch_and_changes_nothing_that_is_learnt(as_data_set):
    x, y = stripes()
    held_out = nn.ArrayData(x[30:], y[30:]) if as_data_set else (x[30:], y[30:])
    (trained, without), seen = (learner(conv_net()) for _ in range(2)), []
    options = {"epochs": 3, "batch_size": 4, "progress": False}

    def evaluated(numbers):
        seen.append((numbers, trained.evaluate(x[30:], y[30:], batch_size=4)))

    history = trained.fit(x[:30], y[:30], validation=held_out, on_epoch=evaluated, **options)
    assert [numbers for numbers, _ in seen] == history.epochs
    for key in ("loss", "accuracy"):
        assert history[f"validation_{key}"] == [found[key] for _, found in seen]
    assert len(set(history["validation_loss"])) == 3
    without.fit(x[:30], y[:30], **options)
    assert_state(trained.model, without.model.state_dict())


def test_a_schedule_is_stepped_after_each_epoch():
    trained = learner()
    schedule = nn.ExponentialLR(trained.optimizer, 0.5)
    history = trained.fit(*xor(), epochs=3, schedule=schedule, progress=False)
    np.testing.assert_allclose([*history["lr"], trained.optimizer.lr], [0.02, 0.01, 0.005, 0.0025], rtol=1e-15)


# ── order and seeds ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_fits_with_the_same_seeds_give_the_same_weights_bit_for_bit():
    x, y = stripes()
    first, second, other = (learner(conv_net()) for _ in range(3))
    for trained, seed in ((first, 5), (second, np.random.default_rng(5)), (other, 6)):
        trained.fit(x, y, epochs=3, batch_size=8, seed=seed, progress=False)
    assert_state(first.model, second.model.state_dict())
    assert first.history["loss"] == second.history["loss"]
    assert (first.model.fc.weight.numpy() != other.model.fc.weight.numpy()).any()


def test_every_epoch_sees_every_example_once_in_a_new_order_or_in_the_order_they_come():
    data = Recorder(*xor(20))
    learner().fit(data, epochs=2, batch_size=8, progress=False)
    assert [len(batch) for batch in data.asked] == [8, 8, 4] * 2
    first, second = [*chain(*data.asked[:3])], [*chain(*data.asked[3:])]
    assert sorted(first) == sorted(second) == [*range(20)] not in (first, second)
    assert first != second
    data.asked.clear()
    learner().fit(data, epochs=2, batch_size=8, shuffle=False, progress=False)
    assert data.asked == [[*range(8)], [*range(8, 16)], [*range(16, 20)]] * 2


# ── modes ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Watcher(nn.Module):
    """Passes its input on and notes the mode and whether anything is recorded."""

    def __init__(self):
        self.fc, self.seen = nn.Linear(2, 2, rng=0), []

    def forward(self, x):
        self.seen.append((self.training, is_grad_enabled()))
        return self.fc(x)


def test_fit_trains_and_evaluate_and_predict_evaluate_without_recording():
    x, y = xor(8)
    model = Watcher().eval()
    trained = learner(model)
    trained.fit(x, y, epochs=1, batch_size=4, validation=(x, y), progress=False)
    assert model.seen == [(True, True), (True, True), (False, False), (False, False)]
    assert model.training
    model.seen.clear()
    trained.evaluate(x, y, batch_size=8)
    trained.predict(x, batch_size=8)
    assert model.seen == [(False, False)] * 2
    assert is_grad_enabled()


@pytest.mark.parametrize("call", [lambda t, x, y: t.evaluate(x, y), lambda t, x, y: t.predict(x)])
@pytest.mark.parametrize("channels", [1, 2], ids=["well", "with an error"])
def test_evaluate_and_predict_leave_modes_and_statistics_as_they_were(call, channels):
    x, y = stripes()
    trained = learner(conv_net())
    trained.model.drop.eval()
    before, modes = state_of(trained.model), [m.training for _, m in trained.model.named_modules()]
    with pytest.raises(ValueError, match=r"^conv2d: ") if channels == 2 else nullcontext():
        call(trained, np.repeat(x, channels, 1), y)
    assert [m.training for _, m in trained.model.named_modules()] == modes
    assert set(modes) == {True, False}
    assert is_grad_enabled()
    assert_state(trained.model, before)


# ── evaluate and predict ──────────────────────────────────────────────────────────────────────────────────────────────


def test_predict_gives_the_outputs_of_the_evaluating_model_row_by_row():
    x, y = stripes()
    trained = learner(conv_net())
    trained.fit(x, y, epochs=1, progress=False)
    with trained.model.evaluating():
        whole = trained.model(Tensor(x)).numpy()
    for batch_size in (7, 40, 1000):
        outputs = trained.predict(x, batch_size=batch_size)
        assert (type(outputs), outputs.dtype) == (np.ndarray, np.float32)
        np.testing.assert_allclose(outputs, whole, rtol=1e-5, atol=1e-6)  # float32, other batches: other roundings
    np.testing.assert_array_equal(trained.predict(nn.ArrayData(x, y)), trained.predict(x))


def test_evaluate_counts_what_is_right():
    logits = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]])
    found = nn.Learner(nn.Flatten()).evaluate(logits, np.array([0, 1, 1, 0]), batch_size=3)
    assert found["accuracy"] == 0.5
    shift = np.log(np.exp(logits).sum(1))
    np.testing.assert_allclose(found["loss"], (shift - [2, 3, 0, 0]).mean(), rtol=1e-12)


def test_fit_takes_parts_of_a_data_set():
    data = nn.ArrayData(*xor())
    parts = nn.split(data, 0.75, seed=0)
    arrays = [(data.values[part.positions], data.labels[part.positions]) for part in parts]
    from_parts, from_arrays = learner(), learner()
    from_parts.fit(parts[0], epochs=2, validation=parts[1], progress=False)
    from_arrays.fit(*arrays[0], epochs=2, validation=arrays[1], progress=False)
    assert_state(from_parts.model, from_arrays.model.state_dict())
    assert from_parts.history["validation_loss"] == from_arrays.history["validation_loss"]


# ── what is printed ───────────────────────────────────────────────────────────────────────────────────────────────────


class Bare:
    """Where a program with windows writes: no file."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("err", [lambda: None, closed, Bare], ids=["none", "closed", "bare"])
@pytest.mark.parametrize("out", [lambda: None, closed, Bare], ids=["none", "closed", "bare"])
def test_training_shows_its_progress_where_there_is_something_to_show_it_on(out, err, monkeypatch):
    x, y = xor()
    monkeypatch.setattr(sys, "stdout", out())
    monkeypatch.setattr(sys, "stderr", err())
    history = learner().fit(x, y, epochs=2, validation=(x, y))
    assert len(history) == 2
    if isinstance(sys.stdout, Bare):
        assert sys.stdout.text.count("epoch") == 2
    if isinstance(sys.stderr, Bare):
        assert sys.stderr.text == ""


def test_without_progress_nothing_is_printed(capfd):
    learner().fit(*xor(), epochs=2, validation=xor(), progress=False)
    assert capfd.readouterr() == ("", "")


def test_progress_shows_epoch_loss_accuracy_and_images_a_second(capfd):
    trained = learner()
    history = trained.fit(*xor(), epochs=2, validation=xor())
    out, err = capfd.readouterr()
    lines = out.strip().splitlines()
    assert len(lines) == 2
    for line, numbers in zip(lines, history.epochs, strict=True):
        assert line == (
            f"epoch {numbers['epoch']}, loss {numbers['loss']:.4f}, accuracy {numbers['accuracy']:.4f}, "
            f"validation loss {numbers['validation_loss']:.4f}, "
            f"validation accuracy {numbers['validation_accuracy']:.4f}, "
            f"{numbers['images_per_second']:.0f} images/s, {numbers['seconds']:.1f} s"
        )
    assert err == ""  # the bar is for terminals


def test_on_a_terminal_a_bar_counts_the_images_of_each_epoch(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    learner().fit(*xor(), epochs=2, progress=True)
    shown = terminal.getvalue()
    for number in (1, 2):
        assert re.search(rf"\repoch {number}/2: .* 0/64 \[.*img/s", shown)
    terminal.truncate(0)
    learner().fit(*xor(), epochs=1, progress=False)
    assert terminal.getvalue() == ""


# ── all or nothing ────────────────────────────────────────────────────────────────────────────────────────────────────

OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01),
}


def optimizer_state(optimizer):
    """Everything an optimiser remembers but the parameters themselves."""
    held = vars(optimizer) | {"param_groups": [{**group, "params": None} for group in optimizer.param_groups]}
    return copy.deepcopy({key: value for key, value in held.items() if key != "params"})


def assert_same_optimizer_state(optimizer, wanted):
    found = optimizer_state(optimizer)
    assert found.keys() == wanted.keys()
    for key in wanted:
        np.testing.assert_equal(found[key], wanted[key], err_msg=key)


class ThirdBatchIsWider(Recorder):
    def inputs(self, positions):
        x = super().inputs(positions)
        return np.concatenate([x, x], axis=3) if len(self.asked) == 3 else x


def at_the_third(act):
    """Cross-entropy, but at its third call what `act` makes of the outputs."""
    calls = []

    def loss(outputs, labels):
        calls.append(1)
        return nn.cross_entropy(act(outputs) if len(calls) == 3 else outputs, labels)

    return loss


def raises(error):
    def act(outputs):
        raise error

    return act


def labels_with(bad):
    labels = stripes()[1].copy()
    labels[2 * 8 + 3] = bad
    return labels


FAILURES = {
    # what is wrong in the third of five batches: (data, loss, error, message)
    "a label out of range": lambda: (
        nn.ArrayData(stripes()[0], labels_with(2)),
        lambda outputs, labels: nn.cross_entropy(outputs, labels),  # a loss of the user's own: checked batch by batch
        ValueError,
        r"^cross_entropy: label 2 at position 3 must be at least 0 and below the number of classes, 2$",
    ),
    "a batch of another shape": lambda: (ThirdBatchIsWider(*stripes()), nn.cross_entropy, ValueError, r"^linear: "),
    **{
        name: lambda act=act, error=error, message=message: (
            nn.ArrayData(*stripes()), at_the_third(act), error, message,
        )
        for name, act, error, message in (
            ("a loss that fails", raises(ZeroDivisionError("no loss")), ZeroDivisionError, "no loss"),
            ("someone who stops it", raises(KeyboardInterrupt("stop")), KeyboardInterrupt, "stop"),
            ("a loss without a graph", Tensor.detach, RuntimeError, r"^backward: the output has no graph"),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("where", ["training", "validation"])
def test_a_label_out_of_range_anywhere_is_refused_before_anything_changes_and_training_may_go_on(where):
    x, y = stripes()
    labels, held_out = {"training": (labels_with(2), y), "validation": (y, labels_with(2))}[where]
    trained = learner(conv_net())
    before = state_of(trained.model)
    with pytest.raises(ValueError, match=r"^cross_entropy: label 2 at position 19 must be at least 0 and below .* 2$"):
        trained.fit(x, labels, epochs=1, batch_size=8, shuffle=False, validation=(x, held_out), progress=False)
    assert_state(trained.model, before)
    assert not trained.optimizer.memory
    assert len(trained.history) == 0
    trained.fit(x, y, epochs=12, batch_size=8, progress=False)
    assert trained.evaluate(x, y)["accuracy"] == 1
    assert trained.history["epoch"] == [*range(1, 13)]


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_step_that_fails_leaves_everything_as_the_step_before_it_did(failure, name):
    data, loss, error, message = FAILURES[failure]()
    options = {"epochs": 1, "batch_size": 8, "shuffle": False, "progress": False}
    trained, twin = (nn.Learner(net, loss, OPTIMIZERS[name](net.parameters())) for net in (conv_net(), conv_net()))
    with pytest.raises(error, match=message):
        trained.fit(data, **options)
    twin.loss, (x, y) = nn.cross_entropy, stripes()
    twin.fit(x[:16], y[:16], **options)
    assert_state(trained.model, twin.model.state_dict())
    assert (trained.model.norm.running_mean.numpy() != 0).any()
    assert_same_optimizer_state(trained.optimizer, optimizer_state(twin.optimizer))
    assert trained.optimizer.steps == 2
    assert len(trained.history) == 0


def test_one_step_gives_the_loss_and_the_outputs_from_before_the_update():
    x, y = xor(8)
    trained = learner()
    expected = trained.model(Tensor(x)).numpy().copy()
    loss, outputs = trained.step(x, y)
    np.testing.assert_array_equal(outputs, expected)
    assert loss == nn.cross_entropy(Tensor(expected), y).item()
    assert (trained.model(Tensor(x)).numpy() != expected).any()
