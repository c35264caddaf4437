"""What a Learner is given to train on: classes that differ, a last batch of one, data of other libraries."""

from types import SimpleNamespace

import numpy as np
import pytest
from leaves import no_maker_is_left
from nets import assert_state, state_of
from PIL import Image

import nn
from nn.data.adapter import as_dataset

# ── classes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Named(nn.ArrayData):
    """Numbers of classes with names."""

    def __init__(self, *classes):
        super().__init__(np.arange(8.0, dtype=np.float32)[:, None], np.arange(8) % len(classes))
        self.classes = [*classes]


def line(classes=3):
    net = nn.Linear(1, classes, rng=0)
    return nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))


def test_validation_on_other_classes_than_those_trained_on_is_refused_with_both_lists():
    training, learner = Named("ant", "bee", "cat"), line()
    before = state_of(learner.model)
    for others in (Named("bee", "cat"), Named("bee", "ant", "cat"), nn.Subset(Named("ant", "bee"), [0, 1])):
        with pytest.raises(ValueError) as caught:
            learner.fit(training, epochs=1, validation=others, progress=False)
        assert str(caught.value) == (
            f"fit: the classes trained on are ['ant', 'bee', 'cat']; those to evaluate on are {others.classes}"
        )
    assert_state(learner.model, before)
    for fine in (Named("ant", "bee", "cat"), nn.ArrayData(training.values, training.labels)):
        learner.fit(training, epochs=1, validation=fine, progress=False)
    many = [*map(str, range(20))]
    with pytest.raises(
        ValueError, match=r"^evaluate: the classes trained on are \['ant', 'bee', 'cat'\]; those to evaluate"
    ):
        learner.evaluate(Named("bee", "cat"))
    learner.evaluate(Named("ant", "bee", "cat"))
    with pytest.raises(ValueError, match=r"'11'\] and 8 more; those .* '11'\] and 7 more$"):
        learner.fit(Named(*many), epochs=1, validation=Named(*many[:-1]), progress=False)


# ── the last batch ────────────────────────────────────────────────────────────────────────────────────────────────────


def of_one_pixel(*layers):
    """A net that has one number a channel and example where it normalises."""
    rng = np.random.default_rng(0)
    conv, head = nn.Conv2d(3, 4, 2, rng=rng), nn.Linear(4, 3, rng=rng)
    net = nn.Sequential(conv, *layers, nn.ReLU(), nn.Flatten(), head)
    return nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))


def pixels(count):
    return np.random.default_rng(0).standard_normal((count, 3, 2, 2)).astype(np.float32), np.arange(count) % 3


class Counted(nn.Identity):
    """Passes on what it is given, and notes how many examples there are."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(len(x))
        return super().forward(x)


def sizes_of(count, norm, **options):
    watch = Counted()
    learner = of_one_pixel(norm, watch)
    history = learner.fit(*pixels(count), epochs=1, batch_size=8, progress=False, **options)
    return watch.seen, history


def test_a_last_example_by_itself_joins_the_batch_before_it_where_the_batch_is_normalised():
    assert sizes_of(17, nn.BatchNorm2d(4))[0] == [8, 9]
    assert sizes_of(18, nn.BatchNorm2d(4))[0] == [8, 8, 2]
    assert sizes_of(17, nn.GroupNorm(2, 4))[0] == [8, 8, 1]
    with pytest.raises(ValueError, match=r"^BatchNorm2d: x \(1, 4, 1, 1\) has one element a channel"):
        sizes_of(1, nn.BatchNorm2d(4))


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.GroupNorm])
def test_a_smaller_last_batch_can_be_left_out(norm):
    sizes, history = sizes_of(21, norm(4) if norm is nn.BatchNorm2d else norm(2, 4), drop_last=True)
    assert sizes == [8, 8]
    assert history["images_per_second"][0] == pytest.approx(16 / history["seconds"][0])
    with pytest.raises(ValueError, match=r"^fit: 7 examples make no batch of 8, and drop_last leaves it out$"):
        sizes_of(7, nn.Identity(), drop_last=True)


@pytest.mark.parametrize("drop_last", [False, True])
def test_training_goes_on_from_a_checkpoint_where_the_last_batch_is_larger_or_left_out(tmp_path, drop_last):
    """Of batches of 8 and 9, or of 8 and 8."""

    def trained(epochs, stop=None, **options):
        learner = of_one_pixel(nn.BatchNorm2d(4))
        plain, steps = learner.step, []

        def step(*given):
            if len(steps) == stop:
                raise RuntimeError("stopped")
            steps.append(1)
            return plain(*given)

        learner.step = step
        try:
            learner.fit(*pixels(17), epochs=epochs, batch_size=8, drop_last=drop_last, progress=False, **options)
        except RuntimeError:
            return None
        return state_of(learner.model)

    whole, kept = trained(2), {"checkpoint": tmp_path / "run", "every": 1}
    for stop in (1, 2, 3):
        assert trained(2, stop, **kept) is None
        again = trained(2, resume=True, **kept)
        for name, value in whole.items():
            np.testing.assert_array_equal(again[name], value)
        with pytest.raises(ValueError, match="was written of other batches"):
            of_one_pixel(nn.BatchNorm2d(4)).fit(
                *pixels(17), epochs=2, batch_size=8, drop_last=not drop_last, resume=True, progress=False, **kept
            )
        for file in tmp_path.iterdir():
            file.unlink()


# ── reading ahead ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_training_is_the_same_however_many_threads_read_and_wherever_it_was_interrupted(tmp_path):
    x, y = pixels(21)
    noisy = nn.Augmented(nn.ArrayData(x, y), lambda x, rng: x + rng.standard_normal(x.shape))

    def trained(stop=None, **options):
        learner = of_one_pixel(nn.Identity())
        if stop is not None:
            plain, left = learner.step, iter(range(stop))
            learner.step = lambda *given: plain(*given) if next(left, None) is not None else pressed()
        learner.fit(noisy, epochs=3, batch_size=4, progress=False, **options)
        return [*state_of(learner.model).values()]

    def pressed():
        raise KeyboardInterrupt

    whole = trained()
    for workers in (1, 3):
        kept = {"workers": workers, "checkpoint": tmp_path / f"run{workers}", "every": 1}
        with pytest.raises(KeyboardInterrupt):
            trained(stop=9, **kept)
        no_maker_is_left()
        np.testing.assert_equal(trained(workers=workers), whole)
        np.testing.assert_equal(trained(resume=True, **kept), whole)


# ── data of others ────────────────────────────────────────────────────────────────────────────────────────────────────


X = np.random.default_rng(0).standard_normal((12, 3)).astype(np.float32)
Y = np.arange(12) % 2


class Mapped:
    """As PyTorch's Dataset is: a length and examples by position."""

    def __init__(self, labelled=True):
        self.labelled = labelled

    def __len__(self):
        return len(X)

    def __getitem__(self, i):
        if not 0 <= i < len(X):
            raise IndexError(i)
        return (X[i], Y[i]) if self.labelled else X[i]


class Streamed:
    """Of no known length, and not to be had by position, as PyTorch's IterableDataset says by raising."""

    def __getitem__(self, i):
        raise NotImplementedError

    def __iter__(self):
        return zip(X, Y, strict=True)


class Column(list):
    """A list that is cut like one."""


class HuggingFace:
    """As one of Hugging Face's datasets is."""

    column_names = ("image", "label")
    features = {"image": object(), "label": SimpleNamespace(names=["cat", "dog"])}  # noqa: RUF012 (as theirs)

    def __len__(self):
        return len(X)

    def __getitem__(self, key):
        if isinstance(key, str):
            return Column(Y.tolist()) if key == "label" else [*X]
        return {"image": X[key], "label": int(Y[key])}


def of_torch(kind):
    torch = pytest.importorskip("torch")
    from torch.utils import data

    class Set(data.Dataset):
        def __len__(self):
            return len(X)

        def __getitem__(self, i):
            return torch.from_numpy(X[i]), int(Y[i])

    class Stream(data.IterableDataset):
        def __iter__(self):
            return ((torch.from_numpy(x), int(y)) for x, y in zip(X, Y, strict=True))

    tensors = data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    made = {"Dataset": Set(), "IterableDataset": Stream(), "TensorDataset": tensors,
            "Subset": data.Subset(Set(), range(12)), "DataLoader": data.DataLoader(Set(), 5),
            "DataLoader of dicts": data.DataLoader([{"x": x, "y": y} for x, y in zip(X, Y, strict=True)], 5),
            "DataLoader of a stream": data.DataLoader(Stream(), 5)}  # fmt: skip
    return made[kind]


OTHERS = {
    "pairs": lambda: [*zip(X, Y, strict=True)],
    "dicts": lambda: [{"img": x, "fine_label": y} for x, y in zip(X, Y, strict=True)],
    "generator": lambda: zip(X, Y, strict=True),
    "by position": Mapped,
    "iterable": Streamed,
    "Hugging Face": HuggingFace,
    **{kind: lambda kind=kind: of_torch(kind) for kind in (
        "Dataset", "IterableDataset", "TensorDataset", "Subset", "DataLoader", "DataLoader of dicts",
        "DataLoader of a stream",
    )},
}  # fmt: skip


def two_ways():
    net = nn.Linear(3, 2, rng=0)
    return nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.5))


@pytest.mark.parametrize("kind", OTHERS)
def test_data_of_others_train_evaluate_and_predict_as_their_arrays_do(kind):
    ours, theirs = two_ways(), two_ways()
    in_order = {"epochs": 3, "batch_size": 5, "shuffle": False, "progress": False}
    ours.fit(X, Y, **in_order)
    if kind == "generator":  # each is read once
        theirs.fit(OTHERS[kind](), validation=OTHERS[kind](), **in_order)
    else:
        data = OTHERS[kind]()
        theirs.fit(data, validation=data, **in_order)
    np.testing.assert_equal(state_of(theirs.model), state_of(ours.model))
    assert theirs.history["validation_loss"][-1] == pytest.approx(ours.evaluate(X, Y, batch_size=5)["loss"])
    assert theirs.evaluate(OTHERS[kind]())["accuracy"] == ours.evaluate(X, Y)["accuracy"]
    np.testing.assert_allclose(theirs.predict(OTHERS[kind]()), ours.predict(X), rtol=1e-6)
    if not kind.startswith("DataLoader"):
        shuffled = in_order | {"shuffle": True}
        ours.fit(X, Y, **shuffled)
        theirs.fit(OTHERS[kind](), workers=3, **shuffled)
        np.testing.assert_equal(state_of(theirs.model), state_of(ours.model))


@pytest.mark.parametrize("kind", ["DataLoader", "DataLoader of a stream"])
def test_a_loader_keeps_its_batches_and_is_not_gone_on_with(kind, tmp_path, capfd):
    learner, loader = two_ways(), OTHERS[kind]()
    seen = []
    plain = learner.step
    learner.step = lambda x, *given: (seen.append(len(x)), plain(x, *given))[1]
    history = learner.fit(loader, epochs=1, batch_size=2)
    assert seen == [5, 5, 2]
    assert history["images_per_second"][0] == pytest.approx(12 / history["seconds"][0])
    assert "epoch 1, loss" in capfd.readouterr().out
    for options in ({"checkpoint": tmp_path / "run"}, {"drop_last": True}, {"weights": np.ones(12)}):
        with pytest.raises(ValueError, match=r"^fit: a loader makes its own batches in its own order, so"):
            learner.fit(loader, epochs=1, **options)


def test_a_loader_that_leaves_out_a_smaller_batch_says_how_many_examples_it_has():
    torch = pytest.importorskip("torch")
    assert as_dataset("fit", torch.utils.data.DataLoader(Mapped(), 5, drop_last=True)).count == 10
    assert as_dataset("fit", torch.utils.data.DataLoader(Mapped(), 5)).count == 12
    assert as_dataset("fit", OTHERS["DataLoader of a stream"]()).count is None


@pytest.mark.parametrize("kind", [kind for kind in OTHERS if not kind.startswith("DataLoader")])
def test_training_on_data_of_others_goes_on_from_a_checkpoint(kind, tmp_path):
    options = {"batch_size": 5, "progress": False}
    whole, parts = two_ways(), two_ways()
    whole.fit(OTHERS[kind](), epochs=2, **options)
    with pytest.raises(KeyboardInterrupt):
        parts.fit(OTHERS[kind](), epochs=2, on_epoch=pressed, checkpoint=tmp_path / "run", every=1, **options)
    again = two_ways()
    again.fit(OTHERS[kind](), epochs=2, checkpoint=tmp_path / "run", resume=True, **options)
    np.testing.assert_equal(state_of(again.model), state_of(whole.model))


def pressed(numbers):
    raise KeyboardInterrupt


def test_labels_and_classes_of_others_are_known_before_training():
    data = as_dataset("fit", HuggingFace())
    assert (data.labels.tolist(), data.classes) == (Y.tolist(), ["cat", "dog"])
    first, rest = nn.split(data, 0.5)
    assert np.bincount(first.labels).tolist() == np.bincount(rest.labels).tolist() == [3, 3]
    with pytest.raises(ValueError, match=r"^fit: the classes trained on are \['cat', 'dog'\]; those to"):
        two_ways().fit(HuggingFace(), epochs=1, validation=Named("dog", "cat"), progress=False)
    named = Mapped()
    named.targets, named.classes = Y.tolist(), ["a", "b"]
    assert as_dataset("fit", named).labels.tolist() == Y.tolist()
    named.target_transform = lambda y: 1 - y
    assert as_dataset("fit", named).labels.shape == (12, 0)


def test_pictures_of_others_become_numbers_from_0_to_1():
    for picture, shape in (
        (Image.new("RGB", (4, 3), (255, 0, 0)), (3, 3, 4)),
        (Image.new("L", (4, 3), 255), (1, 3, 4)),
    ):
        inputs, targets = as_dataset("fit", [(picture, 1), (picture, 0)]).examples(np.arange(2))
        assert (inputs.shape, inputs.dtype, inputs.max()) == ((2, *shape), np.float32, 1)
        assert targets.tolist() == [1, 0]


def test_inputs_without_targets_are_enough_to_predict():
    learner = two_ways()
    expected = learner.predict(X)
    for given in (Mapped(labelled=False), iter(X), [{"x": x} for x in X], X.tolist(), [*map(tuple, X.tolist())], [*X]):
        np.testing.assert_allclose(learner.predict(given), expected, rtol=1e-6)
    torch = pytest.importorskip("torch")
    loader = torch.utils.data.DataLoader(torch.from_numpy(X), 5)
    np.testing.assert_array_equal(learner.predict(loader, batch_size=1), expected)
    two = nn.Learner(nn.Linear(2, 1, rng=0))
    np.testing.assert_array_equal(
        two.predict([(1.0, 2.0), (3.0, 4.0)]), two.predict(np.array([[1.0, 2.0], [3.0, 4.0]]))
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([{"photo": 1, "label": 0}], "an example has 'photo', 'label'; its input is looked for as image, img, "),
        ([{"image": [1.0], "kind": 0}], "an example has 'image', 'kind'; its target is looked for as label, labels, "),
        (iter([(1, 2, 3)]), "an example must be an input and a target, not 3 things$"),
        (iter([5.0]), "an example must be a pair, input and target, or a dict, not float$"),
        ([(np.zeros(3), 0), (np.zeros(4), 0)], r"inputs of one batch must have one shape, not \(3,\), \(4,\)$"),
        ([("words", 0)], "an example holds str, which is no array, number or picture$"),
        (iter([]), "the data set is empty$"),
        ("words", "inputs without targets; give x and y, or a data set$"),
        (3, "inputs without targets; give x and y, or a data set$"),
        ({"x": X}, "inputs without targets; give x and y, or a data set$"),
        (X, "inputs without targets; give x and y, or a data set$"),
    ],
)
def test_what_is_no_data_is_refused_in_a_sentence(given, message):
    with pytest.raises((TypeError, ValueError), match=f"^fit: {message}"):
        two_ways().fit(given, epochs=1, progress=False)
