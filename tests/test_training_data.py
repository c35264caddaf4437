"""What a Learner is given to train on: classes that differ, a last batch of one, data sets of other libraries."""

import numpy as np
import pytest
from leaves import no_maker_is_left
from nets import assert_state, state_of

import nn

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
            f"fit: the classes are ['ant', 'bee', 'cat']; those of the data to validate on are {others.classes}"
        )
    assert_state(learner.model, before)
    for fine in (Named("ant", "bee", "cat"), nn.ArrayData(training.values, training.labels)):
        learner.fit(training, epochs=1, validation=fine, progress=False)
    many = [*map(str, range(20))]
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
