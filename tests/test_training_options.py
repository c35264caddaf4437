"""What people ask of a training: gradients in parts, clipped, not finite; calls, patience, metrics, averages, logs."""

import csv
import sys
import types
from functools import partial

import numpy as np
import pytest
import torch
from nets import assert_state, state_of

import nn
from autograd_mini import Tensor


def data(count=40, dtype=np.float64):
    rng = np.random.default_rng(3)
    return rng.standard_normal((count, 4)).astype(dtype), rng.integers(0, 3, count)


def net(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        a=nn.Linear(4, 8, rng=rng, dtype=dtype), relu=nn.ReLU(), drop=nn.Dropout(0.2, rng=rng),
        b=nn.Linear(8, 3, rng=rng, dtype=dtype),
    )  # fmt: skip


def learner(model=None, kind=nn.SGD, lr=0.1, **options):
    model = net() if model is None else model
    return nn.Learner(model, nn.cross_entropy, kind(model.parameters(), lr=lr, **options))


def fit(trained, epochs=3, **options):
    x, y = data()
    return trained.fit(x, y, epochs=epochs, batch_size=16, **{"progress": False, "validation": (x, y)} | options)


def all_of(trained):
    """Weights, what the optimiser remembers and the rates, and the history without its times."""
    told = [{k: v for k, v in epoch.items() if "second" not in k} for epoch in trained.history.epochs]
    arrays = {**trained.model.state_dict(), **trained.optimizer.state_dict()}
    return {name: np.array(array).tolist() for name, array in arrays.items()}, told


# ── gradients ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_batch_in_parts_gives_the_bits_of_the_whole_batch_where_sums_are_exact():
    def trained(accumulate):
        model = nn.Linear(3, 2, dtype=np.float64)
        model.weight.data[...], model.bias.data[...] = np.arange(6).reshape(2, 3), 0
        made = nn.Learner(model, nn.mse_loss, nn.SGD(model.parameters(), lr=2.0**-7))
        x = np.arange(48.0).reshape(16, 3) % 5
        history = made.fit(x, x[:, :2], epochs=2, batch_size=8, accumulate=accumulate, progress=False)
        return made, history["loss"]

    whole, losses = trained(1)
    for parts in (2, 4, 8):
        found, parted = trained(parts)
        assert_state(found.model, state_of(whole.model))
        assert parted == losses
        assert found.optimizer.steps == whole.optimizer.steps == 4


@pytest.mark.parametrize("accumulate", [2, 3, 7, 100])
def test_a_batch_in_parts_is_the_whole_batch_also_when_the_last_ones_are_smaller(accumulate):
    models = [nn.Sequential(a=nn.Linear(4, 8, rng=0, dtype=np.float64), b=nn.Linear(8, 3, rng=1, dtype=np.float64))
              for _ in range(2)]  # fmt: skip
    losses = [
        fit(learner(model), accumulate=parts)["loss"] for model, parts in zip(models, (1, accumulate), strict=True)
    ]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-12)
    for name, array in models[0].state_dict().items():
        np.testing.assert_allclose(models[1].state_dict()[name], array, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("how", ["norm", "value"])
def test_gradients_are_clipped_before_each_step(how):
    x, y = data()
    x = 30 * x
    found, wanted = nn.Linear(4, 3, rng=0, dtype=np.float64), nn.Linear(4, 3, rng=0, dtype=np.float64)
    options = {f"clip_{how}": 0.5}
    learner(found).fit(x, y, epochs=2, batch_size=16, shuffle=False, progress=False, **options)
    optimizer, clip = nn.SGD(wanted.parameters(), lr=0.1), getattr(nn, f"clip_grad_{how}")
    clipped = 0
    for _ in range(2):
        for first in range(0, len(x), 16):
            optimizer.zero_grad()
            nn.cross_entropy(wanted(Tensor(x[first : first + 16])), y[first : first + 16]).backward()
            before = wanted.weight.grad.numpy().copy()
            clip(wanted.parameters(), 0.5)
            clipped += (wanted.weight.grad.numpy() != before).any()
            optimizer.step()
    assert clipped > 3
    assert_state(found, state_of(wanted))


# ── what is not finite ────────────────────────────────────────────────────────────────────────────────────────────────


class Blows(nn.Module):
    """Takes the logarithm of a weight that training brings below 0, or the root of one that it brings to 0."""

    def __init__(self, what):
        self.scale, self.what = Tensor(np.array([0.25, 1.0, 1.0]), requires_grad=True, name="scale"), what
        self.norm, self.drop = nn.BatchNorm1d(3, affine=False, dtype=np.float64), nn.Dropout(0.5, rng=1)

    def forward(self, x):
        x = self.drop(self.norm(x))
        if self.what == "loss":
            return x * 0 + self.scale.log()
        return (
            x * 0 + (self.scale - self.scale.detach()).sqrt() + self.scale
            if self.scale.data[0] < 0.1
            else self.scale + x * 0
        )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("what", "last", "words"),
    [("loss", 2, r"^step 3: the loss is nan\. log, called at .*test_training_options\.py:\d+.* gave nan"),
     ("gradient", 3, r"^step 4: the gradient of scale is not finite\. backward: the rule of sqrt .* gave inf")],
)  # fmt: skip
def test_what_is_not_finite_ends_training_before_that_step_and_names_the_step_and_the_operation(
    tmp_path, what, last, words
):
    x, twin = np.random.default_rng(0).standard_normal((4, 3)), None
    for steps in (last, 9):
        model = Blows(what)
        made = nn.Learner(model, lambda out, _: out.sum() / 4, nn.SGD(model.parameters(), lr=0.05, momentum=0.5))
        options = {"batch_size": 4, "checkpoint": tmp_path / f"run{steps}", "progress": False}
        if steps == last:
            twin = made
            made.fit(x, x, epochs=last, **options)
        else:
            with pytest.raises(FloatingPointError, match=words):
                made.fit(x, x, epochs=9, **options)
    assert all_of(made) == all_of(twin)
    assert made.optimizer.steps == last
    assert made.model.drop.rng.bit_generator.state == twin.model.drop.rng.bit_generator.state
    held, other = (nn.read_checkpoint(tmp_path / f"run{steps}") for steps in (last, 9))
    np.testing.assert_equal(held.weights, other.weights)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_training_goes_on_with_what_is_not_finite_if_that_is_asked_for():
    x, model = np.random.default_rng(0).standard_normal((4, 3)), Blows("loss")
    made = nn.Learner(model, lambda out, _: out.sum() / 4, nn.SGD(model.parameters(), lr=0.05))
    history = made.fit(x, x, epochs=9, batch_size=4, progress=False, on_nonfinite="continue", clip_norm=1e9)
    assert np.isnan(history["loss"][-1])
    assert len(history) == 9


def test_an_epoch_whose_validation_loss_is_not_finite_is_never_the_best(tmp_path):
    made, best, states = learner(), tmp_path / "best", []

    def breaks(numbers):
        states.append(state_of(made.model))
        made.model.b.bias.data[0] = np.nan  # the largest of outputs with a nan would be class 0

    history = fit(made, epochs=3, best=best, on_epoch=breaks, on_nonfinite="continue")
    assert np.isfinite(history["validation_loss"]).tolist() == [True, False, False]
    assert history["validation_accuracy"][1:] == [0, 0]
    assert history.best()["epoch"] == 1
    np.testing.assert_equal(nn.read_state(best), states[0])
    with pytest.raises(ValueError, match=r"^best: no epoch has a validation loss that is finite$"):
        nn.History(history.epochs[1:]).best()


def test_rows_of_nan_are_not_counted_right():
    logits = np.array([[np.nan, 1.0], [np.nan, np.nan], [2.0, np.nan], [2.0, 1.0]])
    assert nn.Learner(nn.Flatten()).evaluate(logits, np.zeros(4, int))["accuracy"] == 0.25
    assert nn.confusion_matrix(logits, np.zeros(4, int)).tolist() == [[1, 0], [0, 0]]
    assert nn.top_k_accuracy(logits, np.zeros(4, int), 2) == 0.25


# ── parameters of another model ───────────────────────────────────────────────────────────────────────────────────────


def test_an_optimiser_of_another_model_or_of_a_layer_that_was_replaced_is_told():
    for case in ("another", "replaced"):
        model, other = net(), net()
        made = nn.Learner(model, nn.cross_entropy, nn.SGD((other if case == "another" else model).parameters(), lr=0.1))
        if case == "replaced":
            model["b"] = nn.Linear(8, 3, rng=5, dtype=np.float64)
        before = state_of(model)
        count = {"another": 4, "replaced": 2}[case]
        with pytest.raises(
            ValueError, match=f"^fit: {count} of the optimizer's 4 parameters are not the model's, and no"
        ):
            fit(made)
        assert_state(model, before)
    # one of the loss's own is none of the model's, and a gradient reaches it
    model, own = net(), Tensor(np.ones(()), requires_grad=True)
    made = nn.Learner(model, lambda out, y: nn.cross_entropy(out, y) * own, nn.SGD([*model.parameters(), own], lr=0.1))
    fit(made)
    assert own.item() != 1
    frozen = net()
    made = learner(frozen)
    frozen["a"].requires_grad_(False)  # after the optimiser was made
    fit(made)


# ── calls, and an end before the last epoch ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", ["returns", "raises"])
@pytest.mark.parametrize("where", ["on_batch", "on_epoch", "the loss"])
def test_training_ends_when_it_is_told_to_and_goes_on_from_there_to_the_same_bits(tmp_path, where, way):
    def ends(numbers):
        if way == "raises":
            raise nn.StopTraining
        return True

    whole, made = learner(momentum=0.9), learner(momentum=0.9)
    fit(whole, schedule=nn.ExponentialLR(whole.optimizer, 0.9, by="step"))
    schedule = nn.ExponentialLR(made.optimizer, 0.9, by="step")
    options = {"checkpoint": tmp_path / "run", "schedule": schedule}
    if where == "the loss":
        made.loss = lambda out, y: ends(None) if made.optimizer.steps == 4 else nn.cross_entropy(out, y)
        if way == "returns":
            pytest.skip("a loss returns losses")
    else:
        last = {"on_batch": lambda n: n["step"] == 4, "on_epoch": lambda n: n["epoch"] == 2}[where]
        options[where] = [lambda n: None, lambda n: ends(n) if last(n) else n["epoch"]]
    history = fit(made, **options)
    assert (len(history), made.optimizer.steps) == ((2, 6) if where == "on_epoch" else (1, 4))
    other = learner(net(8), momentum=0.9)
    schedule = nn.ExponentialLR(other.optimizer, 0.9, by="step")
    fit(other, checkpoint=tmp_path / "run", resume=True, schedule=schedule)
    assert all_of(other) == all_of(whole)


def test_what_is_called_after_a_batch_is_told_its_numbers():
    told, made = [], learner()
    history = fit(made, epochs=2, on_batch=told.append, schedule=nn.ExponentialLR(made.optimizer, 0.5, by="step"))
    assert [(n["epoch"], n["batch"]) for n in told] == [(epoch, batch) for epoch in (1, 2) for batch in (1, 2, 3)]
    assert [n["step"] for n in told] == [1, 2, 3, 4, 5, 6]
    assert [n["lr"] for n in told] == [0.1 * 0.5**i for i in range(6)]
    sizes = np.array([16, 16, 8])
    np.testing.assert_allclose(sizes @ [n["loss"] for n in told[:3]] / 40, history["loss"][0], rtol=1e-12)


@pytest.mark.parametrize("again", [False, True], ids=["at once", "resumed"])
def test_patience_ends_training_and_the_best_weights_are_back(tmp_path, again):
    x, y = data()
    made, states = learner(lr=0.5), []
    options = {"best": tmp_path / "best", "patience": 3, "validation": (x, 2 - y), "checkpoint": tmp_path / "run",
               "on_epoch": lambda _: states.append(state_of(made.model))}  # fmt: skip
    history = fit(made, epochs=50, **options)
    best = history.best()["epoch"]
    assert len(history) == best + 3 < 50
    if again:
        made = learner(net(7), lr=0.5)
        assert len(fit(made, epochs=50, resume=True, **options)) == len(history)
    assert_state(made.model, states[best - 1])


def test_patience_needs_no_file_and_then_leaves_the_last_weights():
    x, y = data()
    made, states = learner(lr=0.5), []
    history = fit(made, 50, patience=3, validation=(x, 2 - y), on_epoch=lambda _: states.append(state_of(made.model)))
    assert len(history) == history.best()["epoch"] + 3 < 50
    assert_state(made.model, states[-1])


# ── what counts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def weighted(**settings):
    return nn.CrossEntropyLoss(**settings)


LOSSES = {
    "ignored": (lambda: weighted(ignore_index=1), {"ignore_index": 1}),
    "ignored by default": (lambda: nn.cross_entropy, {}),
    "ignored by a part": (lambda: partial(nn.cross_entropy, ignore_index=1), {"ignore_index": 1}),
    "of weights": (lambda: weighted(weight=[0.5, 2.0, 3.0]), {"weight": torch.tensor([0.5, 2, 3])}),
    "ignored, of weights, smoothed": (
        lambda: weighted(weight=[0.5, 2.0, 3.0], ignore_index=1, label_smoothing=0.1),
        {"ignore_index": 1, "weight": torch.tensor([0.5, 2, 3]), "label_smoothing": 0.1},
    ),
}


def labels_with_some_ignored(loss, count=40):
    x, y = data(count)
    y[3:9] = 1 if "ignore_index" in LOSSES[loss][1] else -100  # a whole batch of two among them
    return x, y


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_told_to_be_ignored_count_in_nothing_and_means_are_those_of_one_batch(loss):
    made, settings = LOSSES[loss]
    settings = {key: value.double() if key == "weight" else value for key, value in settings.items()}
    x, y = labels_with_some_ignored(loss)
    ignored = settings.get("ignore_index", -100)
    model = net().eval()
    outputs = model(x).numpy()
    want = torch.nn.functional.cross_entropy(torch.tensor(outputs), torch.tensor(y), **settings).item()
    kept = y != ignored
    right = (outputs.argmax(1) == y)[kept].mean()
    for batch_size in (40, 7, 2):
        found = nn.Learner(model, made()).evaluate(x, y, batch_size=batch_size, metrics="top_1")
        np.testing.assert_allclose([found["loss"], found["accuracy"], found["top_1"]], [want, right, right], rtol=1e-12)
    trained = nn.Learner(model, made(), nn.SGD(model.parameters(), lr=1e-300))
    model.layers["drop"].p = 0.0
    history = trained.fit(x, y, epochs=1, batch_size=10, shuffle=False, progress=False)
    np.testing.assert_allclose([history["loss"][0], history["accuracy"][0]], [want, right], rtol=1e-12)


def test_where_nothing_counts_there_is_no_number():
    x, _ = data(6)
    found = nn.Learner(net()).evaluate(x, np.full(6, -100))
    assert np.isnan(found["loss"])
    assert np.isnan(found["accuracy"])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("accumulate", [2, 3, 7])
def test_a_batch_in_parts_is_the_whole_batch_also_when_labels_count_unequally(loss, accumulate):
    x, y = labels_with_some_ignored(loss, 20)

    def gradients(parts):
        model = net()
        model.layers["drop"].p = 0.0
        trained = nn.Learner(model, LOSSES[loss][0](), nn.SGD(model.parameters(), lr=1e-300))
        found, _ = trained.step(x, y, accumulate=parts)
        return [found, *[p.grad.numpy() for p in model.parameters()]]

    for one, other in zip(gradients(1), gradients(accumulate), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-10, atol=1e-14)


def test_pixels_told_to_be_ignored_count_in_nothing():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 3, 5, 5)), rng.integers(0, 2, (4, 5, 5))
    y[0] = y[1, :3] = 255
    model = nn.Conv2d(3, 2, 1, rng=0, dtype=np.float64)
    loss = weighted(ignore_index=255)
    want = loss(model(x), y).item()
    for batch_size in (1, 3, 4):
        np.testing.assert_allclose(nn.Learner(model, loss).evaluate(x, y, batch_size=batch_size)["loss"], want)


# ── schedules ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def schedules(optimizer):
    return [
        nn.OneCycleLR(optimizer, 0.3, 9),
        nn.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5, factor=0.5),
        nn.ExponentialLR(optimizer, 0.9),
    ]


def test_schedules_of_steps_epochs_and_a_metric_go_on_from_every_checkpoint_to_the_same_bits(tmp_path):
    import shutil

    whole, made, kept = learner(kind=nn.RMSprop, lr=0.01), learner(kind=nn.RMSprop, lr=0.01), []

    def keep(numbers):
        kept.append(shutil.copy(tmp_path / "run", tmp_path / f"kept{len(kept)}"))

    fit(whole, schedule=schedules(whole.optimizer))
    assert len({epoch["lr"] for epoch in whole.history.epochs}) == 3
    fit(made, schedule=schedules(made.optimizer), checkpoint=tmp_path / "run", every=1, on_batch=keep)
    assert all_of(made) == all_of(whole)
    assert len(kept) == 9
    for file in kept:
        other = learner(net(4), nn.RMSprop, lr=0.01)
        fit(other, schedule=schedules(other.optimizer), checkpoint=file, resume=True)
        assert all_of(other) == all_of(whole)


# ── the average of the weights ────────────────────────────────────────────────────────────────────────────────────────


def test_the_average_is_pytorchs():
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    ours, theirs = nn.Linear(3, 2, rng=0, dtype=np.float64), torch.nn.Linear(3, 2).double()
    average, other = nn.EMA(ours, 0.7), AveragedModel(theirs, multi_avg_fn=get_ema_multi_avg_fn(0.7))
    rng = np.random.default_rng(0)
    for _ in range(10):
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            p.data[...] = rng.standard_normal(p.shape)
            q.data = torch.tensor(p.numpy().copy())
        average.update()
        other.update_parameters(theirs)
    own = state_of(ours)
    with average.swapped():
        for p, q in zip(ours.parameters(), other.module.parameters(), strict=True):
            np.testing.assert_allclose(p.numpy(), q.detach().numpy(), rtol=1e-12)
    assert_state(ours, own)
    with pytest.raises(ZeroDivisionError), average.swapped():
        raise ZeroDivisionError
    assert_state(ours, own)


def test_what_is_validated_and_kept_as_the_best_is_the_average_and_it_goes_on_from_a_checkpoint(tmp_path):
    def trained(*times, seed=0):
        for i, epochs in enumerate(times):
            made = learner(net(i))
            average = nn.EMA(made.model, 0.9)
            options = {"checkpoint": tmp_path / f"run{len(times)}", "resume": True, "best": tmp_path / "best"}
            fit(made, epochs=epochs, average=average, **options)
        return made, average

    (whole, average), (parted, other) = trained(3), trained(2, 3)
    assert all_of(whole) == all_of(parted)
    np.testing.assert_equal(average.state_dict(), other.state_dict())
    with average.swapped():
        assert whole.evaluate(*data(), batch_size=16)["loss"] == whole.history["validation_loss"][-1]
        if whole.history.best()["epoch"] == 3:
            np.testing.assert_equal(nn.read_state(tmp_path / "best"), state_of(whole.model))
    assert whole.evaluate(*data(), batch_size=16)["loss"] != whole.history["validation_loss"][-1]
    with pytest.raises(ValueError, match=r"was written with an average of the weights$"):
        fit(learner(), epochs=4, checkpoint=tmp_path / "run1", resume=True)


# ── metrics ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_hand(outputs, labels):
    """The metrics, each by its words."""
    order = np.argsort(-outputs, 1, kind="stable")
    taken, found = order[:, 0], {"top_2": np.mean([y in row[:2] for row, y in zip(order, labels, strict=True)])}
    scores, areas = [], []
    for k in range(outputs.shape[1]):
        right = sum((taken == k) & (labels == k))
        precision, recall = right / max(sum(taken == k), 1), right / sum(labels == k)
        scores.append(2 * precision * recall / (precision + recall) if right else 0)
        own, others = outputs[labels == k, k], outputs[labels != k, k]
        areas.append(np.mean([(a > b) + (a == b) / 2 for a in own for b in others]))
    return found | {"f1": np.mean(scores), "roc_auc": np.mean(areas)}


def test_metrics_are_counted_over_the_whole_data_set_whatever_the_batches():
    x, y = data(41)
    made = learner()
    made.model.a.weight.data[...] = made.model.a.weight.data.round(1)
    x = x.round(1)  # so that some outputs are equal
    wanted = by_hand(made.predict(x), y)
    for batch_size in (7, 41, 1):
        found = made.evaluate(x, y, batch_size=batch_size, metrics=[*wanted])
        for name, value in wanted.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)
    table = made.evaluate(x, y, metrics={"table": nn.confusion_matrix})["table"]
    taken = made.predict(x).argmax(1)
    assert table.tolist() == [[sum((y == i) & (taken == j)) for j in range(3)] for i in range(3)]
    with pytest.raises(TypeError, match=r"^fit: the metric 'confusion_matrix' must give a number, not ndarray$"):
        fit(made, metrics=nn.confusion_matrix)
    history = fit(made, metrics=["f1", nn.roc_auc])
    assert {"validation_f1", "validation_roc_auc"} < history.epochs[0].keys()


def test_the_area_under_the_curve_of_two_classes_is_one_number_however_the_scores_are_given():
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 5, 30).astype(float), rng.integers(0, 2, 30)
    wanted = np.mean([(a > b) + (a == b) / 2 for a in scores[labels == 1] for b in scores[labels == 0]])
    for given in (scores, scores[:, None], np.stack([-scores, scores], 1), np.stack([0 * scores, scores], 1)):
        np.testing.assert_allclose(nn.roc_auc(given, labels), wanted, rtol=1e-12)
    assert np.isnan(nn.roc_auc(np.where(scores == 2, np.nan, scores), labels))


# ── a rate that suits ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam])
def test_the_search_for_a_rate_leaves_everything_as_it_was_and_its_suggestion_learns(kind):
    made, x = learner(kind=kind, lr=1e-5), data(200)[0]
    y = x[:, :3].argmax(1)
    fit(made, epochs=1)
    made.model.eval()
    before, drawn = all_of(made), made.model["drop"].rng.bit_generator.state
    found = made.find_lr(x, y, batch_size=8, end=1e3)
    assert all_of(made) == before
    assert made.model["drop"].rng.bit_generator.state == drawn
    assert not made.model.training
    assert len(found.rates) == len(found.losses) > 10
    assert found.rates[0] == 1e-7
    made.optimizer.lr = found.suggestion
    losses = made.fit(x, y, epochs=10, batch_size=8, progress=False)["loss"]
    assert losses[-1] < 0.7 * losses[0]


# ── logs and drawings ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_table_of_a_training_has_every_epoch_also_when_it_is_resumed(tmp_path):
    made, path = learner(), tmp_path / "run.csv"
    fit(made, epochs=1, log=path, checkpoint=tmp_path / "run", validation=None)
    again = learner()
    fit(again, epochs=3, log=path, checkpoint=tmp_path / "run", resume=True)
    with path.open(newline="") as file:
        rows = [*csv.DictReader(file)]
    for row, epoch in zip(rows, again.history.epochs, strict=True):
        assert {key: float(value) for key, value in row.items() if value} == epoch
    with pytest.raises(FileNotFoundError, match=r"^log: there is no folder .*none$"):
        fit(made, log=tmp_path / "none" / "run.csv")


class Writer:
    """What tensorboardX's writer is asked for."""

    made = ()

    def __init__(self, folder, purge_step):
        self.folder, self.purge_step, self.scalars, self.closed = folder, purge_step, [], False
        Writer.made += (self,)

    def add_scalar(self, *scalar):
        self.scalars.append(scalar)

    def flush(self):
        self.flushed = len(self.scalars)

    def close(self):
        self.closed = True


def test_a_folder_is_for_tensorboards_own_writer(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"^fit: the log .*runs is not a \.csv file but a folder for TensorBoard"):
        fit(learner(), log=tmp_path / "runs")
    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=Writer))
    made = learner()
    fit(made, epochs=2, log=tmp_path / "runs")
    (writer,) = Writer.made
    assert (writer.folder, writer.purge_step, writer.closed, writer.flushed) == (
        str(tmp_path / "runs"),
        1,
        True,
        len(writer.scalars),
    )
    for i, epoch in enumerate(made.history.epochs, 1):
        assert {name: value for name, value, step in writer.scalars if step == i} == {
            name: value for name, value in epoch.items() if name != "epoch"
        }


def test_a_history_and_a_search_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    made = learner()
    history = fit(made, metrics="f1")
    axes = {axis.get_title(): axis for axis in history.plot().axes}
    assert list(axes) == ["loss", "accuracy", "lr", "f1"]
    own, validated = axes["loss"].lines
    assert own.get_ydata().tolist() == history["loss"]
    assert validated.get_ydata().tolist() == history["validation_loss"]
    figure = history.plot()
    figure.canvas.draw()
    rates = figure.axes[2]
    assert len(set(history["lr"])) == 1
    assert rates.get_ylim() == (0, 2 * history["lr"][0])
    assert [axis.yaxis.get_offset_text().get_text() for axis in figure.axes] == [""] * 4
    found = made.find_lr(*data(), steps=5)
    (axis,) = found.plot().axes
    assert axis.lines[0].get_xdata().tolist() == found.rates


# ── examples by weight ────────────────────────────────────────────────────────────────────────────────────────────────


def test_examples_are_drawn_by_their_weights():
    x, y = data(40)
    seen = []

    class Told(nn.Linear):
        def forward(self, x):
            seen.extend(x.numpy()[:, 0].tolist())
            return super().forward(x)

    weights = np.where(np.arange(40) < 4, 1.0, 0.0)
    learner(Told(4, 3, rng=0, dtype=np.float64)).fit(x, y, epochs=5, batch_size=16, weights=weights, progress=False)
    assert len(seen) == 200
    assert set(seen) == set(x[:4, 0].tolist())


# ── L-BFGS ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def valley(x, y):
    """Rosenbrock's, of two parts."""
    return ((1 - x) ** 2).sum() + 100 * ((y - x**2) ** 2).sum()


def closures(**given):
    """Our optimiser and PyTorch's of the valley, each with its closure and its parameters."""
    found = []
    for module in (nn, torch.optim):
        if module is nn:
            p = [Tensor(np.array([-1.2, 0.3]), requires_grad=True), Tensor(np.array([1.0, 0.5]), requires_grad=True)]
        else:
            p = [torch.tensor(t.numpy().copy(), requires_grad=True) for t in found[0][2]]
        optimizer = module.LBFGS(p, **given)

        def closure(optimizer=optimizer, p=p):
            optimizer.zero_grad()
            loss = valley(*p)
            loss.backward()
            return loss

        found.append((optimizer, closure, p))
    return found


@pytest.mark.parametrize(
    "given",
    [
        {"lr": 1e-3},
        {"lr": 0.05, "max_iter": 7, "history_size": 3},
        {"lr": 0.02, "max_eval": 5},
        {"lr": 0.3, "max_iter": 1},
    ],
)
def test_lbfgs_moves_as_pytorchs_does(given):
    (ours, closure, p), (theirs, other, q) = closures(**given)
    for _ in range(10):
        assert np.isclose(ours.step(closure).item(), theirs.step(other).item(), rtol=1e-9)
        for mine, twin in zip(p, q, strict=True):  # each direction adds up some products in another order
            np.testing.assert_allclose(mine.numpy(), twin.detach().numpy(), rtol=1e-9)
    assert np.abs(p[0].numpy() - [-1.2, 0.3]).max() > 1e-3


def test_lbfgs_with_a_line_search_finds_the_bottom_of_the_valley_and_goes_on_from_its_state():
    pytest.importorskip("scipy")
    (ours, closure, p), (theirs, other, q) = closures(line_search_fn="strong_wolfe", max_iter=10)
    for _ in range(3):
        ours.step(closure)
    (parted, again, r), _ = closures(line_search_fn="strong_wolfe", max_iter=10)
    parted.load_state_dict({name: array.copy() for name, array in ours.state_dict().items()})
    for mine, twin in zip(p, r, strict=True):
        twin.data[...] = mine.numpy()
    for _ in range(12):
        ours.step(closure)
        parted.step(again)
        theirs.step(other)
    for mine, twin in zip(p, r, strict=True):
        np.testing.assert_array_equal(mine.numpy(), twin.numpy())
    # a change of the loss by less than tolerance_change, 1e-9, ends a step
    assert 0 <= valley(*p).item() < 1e-9
    assert 0 <= valley(*q).item() < 1e-9


def test_a_step_of_lbfgs_that_fails_moves_nothing():
    (ours, closure, p), _ = closures(lr=1e-3)
    ours.step(closure)
    before, calls = {name: array.copy() for name, array in ours.state_dict().items()}, []

    def fails():
        calls.append(1)
        if len(calls) == 4:
            raise ZeroDivisionError
        return closure()

    held = [t.numpy().copy() for t in p]
    with pytest.raises(ZeroDivisionError):
        ours.step(fails)
    for t, was in zip(p, held, strict=True):
        np.testing.assert_array_equal(t.numpy(), was)
    np.testing.assert_equal(ours.state_dict(), before)


def test_a_learner_trains_by_lbfgs_and_goes_on_from_a_checkpoint(tmp_path):
    def trained(*times):
        for seed, epochs in enumerate(times):
            made = learner(nn.Sequential(a=nn.Linear(4, 3, rng=seed, dtype=np.float64)), nn.LBFGS, lr=0.5, max_iter=4)
            fit(made, epochs, checkpoint=tmp_path / f"run{len(times)}", resume=True)
        return made

    whole, parted = trained(4), trained(2, 4)
    assert all_of(whole) == all_of(parted)
    assert whole.optimizer.steps == 12
    assert whole.history["loss"][-1] < whole.history["loss"][0]
