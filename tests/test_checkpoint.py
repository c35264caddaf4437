"""Checkpoints: a training interrupted anywhere ends as if it had not been, bit for bit; nothing is half-written."""

import json
import os
import re
import shutil
import signal
import threading

import numpy as np
import pytest

import nn
from tests.reliability import interruptible


def learner(kind="sgd", seed=0):
    return interruptible.learner(kind, seed)


def fit(learner, checkpoint=None, **options):
    unasked = {"resume": False, "every": None} if checkpoint else {}
    return interruptible.fit(learner, checkpoint, **unasked | options)


def refused(learner, path, words, **options):
    """A training that does not go on from a file says so in these words, and changes nothing."""
    before = results(learner)
    with pytest.raises(ValueError, match=words):
        fit(learner, checkpoint=path, resume=True, **options)
    assert_same(results(learner), before)


def results(learner):
    """What must be the same: weights, statistics, what the optimiser remembers, and all that was counted."""
    told = [{k: v for k, v in epoch.items() if "second" not in k} for epoch in learner.history.epochs]
    arrays = {**learner.model.state_dict(), **learner.optimizer.state_dict()}
    return {name: np.array(array) for name, array in arrays.items()}, told


def assert_same(found, wanted):
    assert found[1] == wanted[1]
    assert found[0].keys() == wanted[0].keys()
    for name, array in wanted[0].items():
        np.testing.assert_array_equal(found[0][name], array, err_msg=name)


# ── going on ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("seed", [3, "of the model"])
def test_from_every_checkpoint_training_ends_as_if_it_had_never_stopped(tmp_path, monkeypatch, optimizer, seed):
    def ended(given=0, **options):
        made = learner(optimizer, given)
        fit(made, seed=made.model["drop1"].rng if isinstance(seed, str) else seed, **options)
        return results(made)

    wanted, path, kept, replace = ended(), tmp_path / "run", [], os.replace

    def keep(source, target):
        replace(source, target)
        kept.append(shutil.copy(target, tmp_path / f"kept{len(kept)}"))

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", keep)
        assert_same(ended(checkpoint=path, every=1), wanted)
    assert len(kept) == 3 * 5 + 3  # 5 batches an epoch, and one more when the epoch is validated
    for file in kept:
        assert_same(ended(8, checkpoint=file, resume=True), wanted)


def test_a_finished_training_is_not_trained_further(tmp_path):
    path = tmp_path / "run"
    whole = learner()
    fit(whole, checkpoint=path)
    again = learner(seed=8)
    assert fit(again, checkpoint=path, resume=True).epochs == whole.history.epochs
    assert_same(results(again), results(whole))
    longer = learner(seed=8)
    assert len(fit(longer, epochs=5, checkpoint=path, resume=True)) == 5


def test_without_a_file_to_go_on_from_training_starts(tmp_path, capsys):
    plain, resumed = learner(), learner()
    fit(plain)
    fit(resumed, checkpoint=tmp_path / "run", resume=True, progress=True)
    assert_same(results(resumed), results(plain))
    assert "going on" not in capsys.readouterr().out
    fit(learner(), epochs=4, checkpoint=tmp_path / "run", resume=True, progress=True)
    assert f"going on from {tmp_path / 'run'}: epoch 4, batch 1" in capsys.readouterr().out


# ── stopping ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def press(times=1):
    for _ in range(times):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("steps", [1, 3, 5, 6, 11])
def test_ctrl_c_ends_training_after_the_step_it_is_in_and_loses_nothing(tmp_path, steps):
    path, whole, stopped, again = tmp_path / "run", learner(), learner(), learner(seed=8)
    fit(whole)
    step = stopped.step
    stopped.step = lambda *args: (press(stopped.optimizer.steps == steps - 1), step(*args))[1]  # in the midst of it
    with pytest.raises(KeyboardInterrupt, match=r"it is all in .*run"):
        fit(stopped, checkpoint=path)
    assert stopped.optimizer.steps == steps
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    fit(again, checkpoint=path, resume=True)
    assert_same(results(again), results(whole))


def test_the_seconds_before_an_interruption_count_in_the_epoch(tmp_path):
    path, stopped, again = tmp_path / "run", learner(), learner()
    step = stopped.step
    stopped.step = lambda *args: (press(), step(*args))[1]
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, path, epochs=1)
    position = nn.read_checkpoint(path).position | {"seconds": 1000.0}
    nn.write_checkpoint(path, stopped.model, stopped.optimizer, stopped.schedule, position)
    assert fit(again, path, epochs=1, resume=True)["seconds"][0] > 1000


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_pressed_twice_does_not_wait_and_without_a_checkpoint_it_is_what_it_always_is(tmp_path, times):
    stopped, calls = learner(), []
    stopped.step = lambda *args: calls.append(press(times)) or (0.0, np.zeros((4, 3)))
    with pytest.raises(KeyboardInterrupt):
        fit(stopped, **({"checkpoint": tmp_path / "run"} if times == 2 else {}))
    assert len(calls) == 2 - times  # of steps that came to their end
    assert not [*tmp_path.iterdir()]


def test_training_in_another_thread_leaves_signals_alone(tmp_path):
    trained, again = learner(), learner(seed=8)
    thread = threading.Thread(target=fit, args=(trained,), kwargs={"checkpoint": tmp_path / "run"})
    thread.start()
    thread.join()
    assert len(trained.history) == 3
    fit(again, checkpoint=tmp_path / "run", resume=True)
    assert_same(results(again), results(trained))


@pytest.mark.parametrize("where", ["write", "fsync"])
def test_a_full_disk_stops_training_and_leaves_the_last_good_checkpoint(tmp_path, monkeypatch, where):
    path = tmp_path / "run"
    fit(learner(), epochs=1, checkpoint=path)
    before = path.read_bytes()

    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, where, full)
    again = learner()
    with pytest.raises(OSError, match="No space left"):
        fit(again, epochs=2, checkpoint=path, resume=True)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


# ── the best ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_best_weights_are_those_of_the_epoch_that_did_best_in_validation(tmp_path):
    best, states = tmp_path / "best.safetensors", []
    trained = learner()
    history = fit(
        trained, epochs=8, best=best, seed=4,
        on_epoch=lambda _: states.append({k: v.copy() for k, v in trained.model.state_dict().items()}),
    )  # fmt: skip
    merits = list(zip(history["validation_accuracy"], -np.array(history["validation_loss"]), strict=True))
    chosen = merits.index(max(merits))
    assert chosen != len(merits) - 1  # else any epoch's would do
    found = nn.read_state(best)
    for name, array in states[chosen].items():
        np.testing.assert_array_equal(found[name], array)


def test_where_there_is_no_accuracy_the_best_loss_counts(tmp_path):
    x = np.linspace(-1, 1, 12)[:, None]
    model = nn.Sequential(fc=nn.Linear(1, 1, rng=0, dtype=np.float64))
    trained = nn.Learner(model, nn.mse_loss, nn.SGD(model.parameters(), lr=0.9))
    losses = trained.fit(
        x, 3 * x, epochs=5, validation=(x, -2 * x), progress=False, best=tmp_path / "best", shuffle=False
    )["validation_loss"]
    model.load(tmp_path / "best")
    np.testing.assert_allclose(trained.evaluate(x, -2 * x)["loss"], min(losses))


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────────────────────


def another():
    made, model = learner(), nn.Sequential(fc=nn.Linear(3, 2, rng=0))
    made.model, made.optimizer = model, nn.SGD(model.parameters(), 0.05, momentum=0.9)
    made.schedule = nn.StepLR(made.optimizer, 2)
    return made


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (another, {}, r"fc\.bias: the model has"),
        (lambda: learner("adam"), {}, r"Adam: the state has 'velocity\.0', which this optimiser has no place for"),
        (learner, {"schedule": None}, "was written with a schedule"),
        (learner, {"batch_size": 5}, "was written of other batches"),
        (learner, {"shuffle": False}, "was written of other batches"),
        (learner, {"seed": np.random.Generator(np.random.MT19937(3))}, "there is no such state of a MT19937"),
    ],
)
def test_nothing_changes_when_a_checkpoint_is_of_something_else(tmp_path, make, options, words):
    fit(learner(), epochs=1, checkpoint=tmp_path / "run")
    refused(make(), tmp_path / "run", words, **options)


@pytest.mark.parametrize("keep", [0, 7, 100, 1000, -1])
def test_a_torn_checkpoint_is_refused_by_name(tmp_path, keep):
    path = tmp_path / "run"
    fit(learner(), epochs=1, checkpoint=path)
    path.write_bytes(path.read_bytes()[:keep])
    refused(learner(), path, "run is not a whole safetensors file")


@pytest.mark.parametrize(
    "note",
    ["", "[]", "{}", "null", '{"position": 3, "generators": {}, "schedule": null}',
     '{"position": {}, "generators": {}, "schedule": "x"}', "[" * 100_000],
)  # fmt: skip
def test_a_checkpoint_that_says_nothing_of_itself_is_refused(tmp_path, note):
    path = tmp_path / "run"
    nn.write_state({"model.w": np.zeros(3)}, path, {"checkpoint": note})
    with pytest.raises(ValueError, match=r"^checkpoint: what .*run says of itself cannot be read"):
        nn.read_checkpoint(path)


def test_what_the_release_before_noted_of_one_schedule_is_read(tmp_path):
    def made():
        model = nn.Linear(2, 1, rng=0)
        optimizer = nn.SGD(model.parameters(), 0.8)
        return model, optimizer, nn.ExponentialLR(optimizer, 0.5)

    model, optimizer, schedule = made()
    schedule.step(), schedule.step()
    nn.write_checkpoint(tmp_path / "run", model, optimizer, schedule)
    notes = nn.read_notes(tmp_path / "run")
    about = json.loads(notes["checkpoint"])
    assert about.pop("schedules") == [{"count": 2}]
    note = json.dumps(about | {"schedule": 2})
    nn.write_state(nn.read_state(tmp_path / "run"), tmp_path / "older", {"checkpoint": note})
    other, optimizer, schedule = made()
    nn.read_checkpoint(tmp_path / "older").restore(other, optimizer, schedule)
    schedule.step()
    assert optimizer.lr == 0.1


POSITION = ["first", "history", "batch", "total", "order", "data"]


@pytest.mark.parametrize(  # of seconds any number will do
    ("part", "wrong"), [("seconds", "lacking"), *((part, how) for part in POSITION for how in ("lacking", "odd"))]
)
def test_a_position_that_makes_no_sense_is_refused(tmp_path, part, wrong):
    path = tmp_path / "run"
    fit(learner(), epochs=1, checkpoint=path)
    state, note = nn.read_state(path), json.loads(nn.read_notes(path)["checkpoint"])
    if wrong == "lacking":
        del note["position"][part]
    else:
        note["position"][part] = 1.5
    nn.write_state(state, path, {"checkpoint": json.dumps(note)})
    refused(learner(), path, "^fit: |^checkpoint: ")


def test_weights_alone_are_no_checkpoint_and_options_ask_for_one_another(tmp_path):
    learner().model.save(tmp_path / "w")
    with pytest.raises(ValueError, match=r"^checkpoint: .*w holds weights alone; Module\.load takes them$"):
        nn.read_checkpoint(tmp_path / "w")
    for options, words in (
        ({"resume": True}, "resume and every are of a checkpoint; give checkpoint="),
        ({"every": 3}, "resume and every are of a checkpoint; give checkpoint="),
        ({"checkpoint": tmp_path / "run", "every": 0}, "every must be an integer of at least 1, not 0"),
        ({"best": "b", "validation": None}, "which weights are best shows in validation; give validation="),
    ):
        with pytest.raises(ValueError, match=f"^fit: {words}$"):
            fit(learner(), **options)


# ── the optimiser's own state ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["MT19937", "Philox", "SFC64", "PCG64", "PCG64DXSM"])
def test_generators_of_every_kind_go_on_where_they_were(tmp_path, kind):
    def made(seed):
        rng = np.random.Generator(getattr(np.random, kind)(seed))
        return nn.Sequential(fc=nn.Linear(2, 2, rng=0), drop=nn.Dropout(0.5, rng=rng))

    model = made(1)
    model["drop"].rng.integers(0, 5, 7, np.uint32)  # half a word is left over
    nn.write_checkpoint(tmp_path / "run", model, nn.SGD(model.parameters(), 0.1))
    other = made(2)
    nn.read_checkpoint(tmp_path / "run").restore(other, nn.SGD(other.parameters(), 0.1))
    np.testing.assert_array_equal(*(m["drop"].rng.integers(0, 9, 100, np.uint32) for m in (model, other)))


class Noisy(nn.Module):
    """Noise from generators in a list, in a dict of tuples, and of the older kind."""

    def __init__(self, seed):
        self.fc = nn.Linear(4, 2, rng=0)
        self.rngs = [np.random.default_rng(seed)]
        self.more = {"inside": (np.random.default_rng(seed + 1), self.rngs[0])}
        self.old = [np.random.RandomState(seed), np.random.RandomState(np.random.PCG64(seed))]

    def forward(self, x):
        rngs = (*self.rngs, *self.more["inside"], *self.old)
        return self.fc(x + sum(rng.standard_normal(x.shape) for rng in rngs).astype(np.float32))


def test_generators_wherever_a_module_holds_them_go_on_where_they_were(tmp_path):
    def trained(name, *times):
        for seed, epochs in enumerate(times):  # the second one begins with other generators
            net = Noisy(seed)
            learner = nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))
            options = {"checkpoint": tmp_path / name, "resume": True, "progress": False}
            learner.fit(np.ones((8, 4), np.float32), np.arange(8) % 2, epochs=epochs, batch_size=4, **options)
        return net.fc.weight.numpy()

    np.testing.assert_array_equal(trained("whole", 4), trained("parted", 2, 4))


def test_an_optimiser_takes_no_state_that_does_not_fit():
    optimizer = learner("adam").optimizer
    state = optimizer.state_dict()
    for changed, words in (
        ({"first.99": np.zeros(3)}, "has 'first.99', which this optimiser has no place for"),
        ({"first.x": np.zeros(3)}, "has 'first.x', which this optimiser has no place for"),
        ({"velocity.0": np.zeros(3)}, "has 'velocity.0', which this optimiser has no place for"),
        ({"first.0": np.zeros(3)}, "first.0 (3,) is of parameter 0, which is (3, 2, 3, 3)"),
        ({"count.0": np.zeros((), int)}, "the state lacks first.0, second.0"),
        ({"lr": np.zeros(2)}, "the state lacks lr"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            optimizer.load_state_dict({**state, **changed})
        assert optimizer.memory == {}
