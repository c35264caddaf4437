"""Is it a cat? Recipes, doubts and the page, on small pictures made here; what goes wrong is said, nothing is lost."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import autograd_mini as ag
import nn
from examples.cats import __main__ as cats
from examples.cats import doubts, page, recipes, training

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two classes that differ in what is in the middle: stripes or a disc, on noise of any colour."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    y, x = np.mgrid[:140, :160]
    inside = (y - 70) ** 2 + (x - 80) ** 2 < 50**2
    for name in ("cat", "other"):
        (folder / name).mkdir()
        for i in range(20):
            pixels = rng.integers(0, 60, (140, 160, 3)) + rng.integers(0, 90, 3)
            mark = inside & (x // 10 % 2 == 0) if name == "cat" else inside
            pixels[mark] += 100
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{i}.jpg", quality=90)
    return folder


def copied(files, folder):
    folder.mkdir(parents=True)
    for file in files:
        shutil.copy(file, folder)


@pytest.fixture(scope="module")
def written(photos, tmp_path_factory):
    """The page after two epochs of the scratch recipe, with files that cannot be read and pictures to try it on."""
    folder, out = tmp_path_factory.mktemp("more"), tmp_path_factory.mktemp("out") / "cats"
    shutil.copytree(photos, folder / "data")
    (folder / "data" / "cat" / "cut<b>.jpg").write_bytes((photos / "cat" / "0.jpg").read_bytes()[:2000])
    (folder / "data" / "other" / "empty.png").touch()
    for name in ("cat", "dog"):
        copied(list((photos / "cat").iterdir())[:3], folder / "test" / name)
    asked = [str(folder / "test"), "felines=cat", "dogs=other"]
    for name in ("felines", "dogs"):
        copied(sorted((photos / "cat").iterdir())[:2], folder / "test" / name)
    options = ["--data", str(folder / "data"), "--test", *asked, "--recipe", "scratch", "--epochs", "2"]
    assert cats.main([*options, "--out", str(out), "--seeds", "2", "--quiet"]) == 0
    return out


@pytest.fixture(scope="module")
def text(written):
    """The page's text, its white space folded."""
    return " ".join((written / "index.html").read_text(encoding="utf-8").split())


# ── the page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_that_the_page_shows_is_there(written, text):
    shown = re.findall(r'src="([^"]+)"', text)
    assert {"learning.svg", "confusion.svg", "reconstructions.png", "occlusion.png", "mirror.svg"} <= set(shown)
    for name in shown:
        assert (written / name).stat().st_size > 500, name
    assert "Caution: in data like these the classes usually come from different sources" in text


def test_the_page_says_what_was_reached_and_how_sure_that_is(text):
    right, count = map(int, re.search(r"(\d+) of (\d+) validation pictures \(95 % confidence", text).groups())
    assert count == 4
    assert f"{100 * right / count:.1f} % right" in text
    for words in ("Every seed", "36 pictures to train", "with the middle half hidden", "the weights that did best in"):
        assert words in text
    rows = re.findall(r"<tr><td>(\d)</td><td>([\d.]+) %</td><td>(\d)</td>", text)
    assert [seed for seed, _, _ in rows] == ["0", "1"]


def test_files_that_were_passed_over_are_named_and_their_names_are_text(text):
    for words in ("40 pictures in 2 classes: cat, other.", "2 files were passed over", "cut&lt;b&gt;.jpg"):
        assert words in text
    assert "cut<b>" not in text
    assert "empty.png: cannot be read as an image" in text


def test_pictures_of_other_kinds_are_counted_by_what_they_were_taken_for(text):
    row = r"<td>{}</td><td>{}</td><td>{}</td><td>(\d)</td><td>(\d)</td><td>{}</td>"
    sure = r"[\d.]+ % \((\d) of {}; [\d.]+ to [\d.]+ %\)"
    rights = 0
    for name, is_a, count in (("cat", "cat", 3), ("dogs", "other", 2), ("felines", "cat", 2)):
        cat, other, right = map(int, re.search(row.format(name, is_a, count, sure.format(count)), text).groups())
        assert cat + other == count
        assert right == (cat if is_a == "cat" else other)
        rights += right
    cat, other = map(int, re.search(row.format("dog", "of none of the classes", 3, "–"), text).groups())
    assert cat + other == 3
    assert f"({rights} of 7; " in text
    assert "The mean of the classes' accuracies" in text


def test_folders_from_elsewhere_stand_for_the_classes_they_are_said_to(tmp_path):
    for name in ("more/cat", "more/dogs", "lynxes", "a=b/cat"):
        (tmp_path / name).mkdir(parents=True)
    more, lynxes, odd = str(tmp_path / "more"), str(tmp_path / "lynxes"), str(tmp_path / "a=b")
    found = lambda *asked: {place.name: is_a for place, is_a in doubts.places_of(asked, ["cat", "other"])}
    assert found(more) == {"cat": "cat", "dogs": None}
    assert found(more, "dogs=other", "cat=other") == {"cat": "other", "dogs": "other"}
    assert found(more, f"{lynxes}=cat") == {"cat": "cat", "dogs": None, "lynxes": "cat"}
    assert found(odd) == {"cat": "cat"}
    with pytest.raises(ValueError, match=r"^--test dogs=dog: there is no class 'dog'; the classes are cat, other$"):
        found(more, "dogs=dog")
    with pytest.raises(FileNotFoundError, match=r"^--test wolves=cat: there is no folder wolves$"):
        found(more, "wolves=cat")


class Says:
    """A learner whose net says one class to every picture."""

    model = type("Net", (), {"preprocess": nn.Preprocessing(8)})()

    def __init__(self, which):
        self.which = which

    def predict(self, pictures):
        return np.eye(2)[[self.which] * len(pictures)]


def test_a_net_that_always_says_cat_is_found_out_by_pictures_of_the_other_class_alone(tmp_path):
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for i in range(20):
            Image.new("RGB", (8, 8), "red").save(tmp_path / name / f"{i}.png")
    only = doubts.tested(Says(0), [f"{tmp_path / 'cats'}=cat"], ["cat", "other"])
    assert (only.together.share, only.balanced) == (1.0, None)
    both = doubts.tested(Says(0), [str(tmp_path), "cats=cat", "dogs=other"], ["cat", "other"])
    assert (both.together.right, both.together.count, both.balanced) == (20, 40, 0.5)
    told = cats.told_of(both)
    assert told[0] == "test: cats: 20 of 20, 100.0% (83.9% to 100.0%) right"
    assert told[-1] == "test: together 20 of 40, 50.0% (35.2% to 64.8%) right; the mean of the classes is 50.0%"


def test_the_best_weights_are_saved_and_give_the_accuracy_on_the_page(written, photos):
    experiment = training.prepare(recipes.RECIPES["scratch"], photos, 0, written / "scratch-seed0")
    experiment.model.load(experiment.best)
    history = nn.read_checkpoint(experiment.checkpoint).position["history"]
    best = nn.History(history).best()
    np.testing.assert_allclose(
        doubts.score(experiment.learner, experiment.validation).share, best["validation_accuracy"]
    )
    assert experiment.model.preprocess == recipes.scratch_net(2, np.random.default_rng(0)).preprocess


# ── interrupted, resumed, refused ─────────────────────────────────────────────────────────────────────────────────────


def test_a_training_that_is_interrupted_goes_on_and_is_not_lost(photos, tmp_path, capsys):
    options = ["--data", str(photos), "--recipe", "scratch", "--epochs", "3"]
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    assert cats.main([*options, "--out", str(whole), "--quiet"]) == 0
    command = [sys.executable, "-m", "examples.cats", *options, "--out", str(parted)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    path = parted / "scratch-seed0" / "checkpoint.safetensors"
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130, error
    assert error.splitlines()[-1].endswith("; --resume goes on")
    done = len(nn.read_checkpoint(path).position["history"])
    assert 1 <= done <= 3

    if done < 3:
        capsys.readouterr()
        assert cats.main([*options, "--out", str(parted), "--quiet"]) == 2
        assert "go on with --resume, or choose another --out" in capsys.readouterr().err
    assert cats.main([*options, "--out", str(parted), "--quiet", "--resume"]) == 0
    for name in ("best", "checkpoint"):
        found, wanted = (nn.read_state(out / "scratch-seed0" / f"{name}.safetensors") for out in (parted, whole))
        assert found.keys() == wanted.keys()
        for key, array in wanted.items():
            np.testing.assert_array_equal(found[key], array, err_msg=key)


def test_a_full_disk_is_an_error_and_leaves_the_last_good_weights(photos, tmp_path, monkeypatch, capsys):
    options = ["--data", str(photos), "--recipe", "scratch", "--epochs", "3", "--out", str(tmp_path), "--quiet"]
    fsync, times = os.fsync, []

    def filling(handle):
        times.append(handle)
        if len(times) > 6:
            raise OSError(28, "No space left on device")
        fsync(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", filling)
        assert cats.main(options) == 2
    error = capsys.readouterr().err
    assert "No space left on device" in error
    assert f"the last good weights are in {tmp_path / 'scratch-seed0'}" in error
    assert nn.read_state(tmp_path / "scratch-seed0" / "best.safetensors")
    assert cats.main([*options, "--resume"]) == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--data", "{tmp}/nowhere"], "ImageFolder: there is no folder {tmp}/nowhere"),
        (["--data", "{photos}/cat"], "must hold a folder for each of at least two classes; there is none"),
        (["--data", "{photos}", "--test", "{tmp}/nowhere", "--epochs", "1"], "there is no folder {tmp}/nowhere"),
        (["--data", "{photos}", "--test", "{tmp}", "--epochs", "1"], "{tmp}: there are no pictures that can be read"),
        (["--data", "{photos}", "--out", "{photos}/cat/0.jpg"], "0.jpg"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(photos, tmp_path, capsys, options, words):
    given = [word.format(tmp=tmp_path, photos=photos) for word in options]
    where = [] if "--out" in given else ["--out", str(tmp_path / "out")]
    assert cats.main([*given, *where, "--recipe", "scratch", "--quiet"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("cats: ")
    assert words.format(tmp=tmp_path, photos=photos) in error


def test_a_class_of_two_pictures_is_in_both_parts(photos, tmp_path):
    for name, count in (("cat", 12), ("few", 2)):
        copied(list((photos / "cat").iterdir())[:count], tmp_path / name)
    experiment = training.prepare(recipes.RECIPES["scratch"], tmp_path, 0, tmp_path / "out")
    assert np.count_nonzero(experiment.training.labels) == np.count_nonzero(experiment.validation.labels) == 1


# ── recipes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reports_net_is_drawn_from_normal_distributions():
    net = recipes.report_net(2, np.random.default_rng(0))
    parameters = dict(net.named_parameters())
    assert sum(p.size for p in parameters.values()) == 68_293_610
    for name in ("features.conv4_3", "classifier.fc1", "classifier.fc2"):
        weight, bias = parameters[f"{name}.weight"].numpy(), parameters[f"{name}.bias"].numpy()
        inputs = weight[0].size
        np.testing.assert_allclose(weight.std(), (2 / inputs) ** 0.5, rtol=0.02)
        np.testing.assert_allclose(bias.std(), (1 / inputs) ** 0.5, rtol=0.3)
    optimizer = recipes.report_optimizer(net)
    assert [optimizer.settings[key] for key in ("lr", "momentum", "weight_decay")] == [1e-3, 0.9, 0]
    assert recipes.RECIPES["report"].batch_size == 36


def test_only_the_new_layer_of_the_pretrained_net_is_trained(photos, tmp_path):
    experiment = training.prepare(recipes.RECIPES["transfer"], photos, 0, tmp_path)
    before = {name: array.copy() for name, array in experiment.model.state_dict().items()}
    training.train(experiment, 1, resume=False, progress=False)
    whole = nn.read_state(recipes.WEIGHTS)
    for name, array in experiment.model.state_dict().items():
        assert (array == before[name]).all() == (not name.startswith("fc.")), name
        if not name.startswith("fc."):
            np.testing.assert_array_equal(array, whole[name].astype(np.float32))


def test_normalising_behind_the_pooling_is_the_same_function():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 8, 8))
    mean, deviation, scale, shift = rng.random(3), 1 + rng.random(3), 0.1 + rng.random(3), rng.random(3)
    after = ag.batch_norm(ag.max_pool2d(x, kernel_size=2), mean, deviation, weight=scale, bias=shift)
    before = ag.max_pool2d(ag.batch_norm(x, mean, deviation, weight=scale, bias=shift), kernel_size=2)
    np.testing.assert_allclose(after, before)


def test_varied_pictures_are_parts_of_the_given_ones():
    pictures = np.random.default_rng(0).random((40, 3, recipes.SIDE, recipes.SIDE), np.float32)
    before = pictures.copy()
    varied, again, other = (recipes.varied(pictures, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (varied.shape, varied.dtype) == ((40, 3, recipes.CROP, recipes.CROP), np.float32)
    np.testing.assert_array_equal(pictures, before)
    np.testing.assert_array_equal(varied, again)
    assert not np.array_equal(varied, other)
    windows = np.lib.stride_tricks.sliding_window_view(pictures[0], (recipes.CROP, recipes.CROP), (1, 2))
    alike = [
        abs(np.corrcoef(windows[:, i, j].ravel(), part.ravel())[0, 1])
        for i, j in np.ndindex(windows.shape[1:3])
        for part in (varied[0], varied[0][:, :, ::-1])
    ]
    assert max(alike) > 0.8


def test_mirrored_pictures_are_the_same_or_the_other_way_round():
    pictures = np.random.default_rng(0).random((20, 3, 4, 4), np.float32)
    mirrored = recipes.mirrored(pictures, np.random.default_rng(1))
    same, turned = ((mirrored == other).all(axis=(1, 2, 3)) for other in (pictures, pictures[..., ::-1]))
    assert (same ^ turned).all()
    assert 0 < same.sum() < len(same)


# ── doubts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_middle_half_is_hidden_or_shown_alone():
    x = np.random.default_rng(0).random((2, 3, 100, 120), np.float32)
    hidden, alone = doubts.middle_hidden(x), doubts.middle_alone(x)
    at_hidden, at_alone = hidden != x, alone != x
    assert (at_hidden ^ at_alone).all()
    assert at_hidden[0, 0].mean() == pytest.approx(0.5, abs=0.02)
    assert at_hidden[:, :, 50, 60].all()
    assert at_alone[:, :, 0, 0].all()
    np.testing.assert_allclose(hidden[1, 2, 50, 60], x[1, 2].mean(), rtol=1e-5)
    np.testing.assert_allclose(alone[1, 2, 0, 0], x[1, 2].mean(), rtol=1e-5)


def test_a_net_that_knows_the_border_alone_is_found_out():
    rng = np.random.default_rng(0)
    x, y = 0.1 * rng.standard_normal((40, 1, 10, 10)), rng.integers(0, 2, 40)
    x[:, 0, 0] += y[:, None]  # the source, not the object

    class Border(nn.Module):
        def forward(self, x):
            row = ag.mean(x[:, 0, 0], axis=1, keepdims=True) - ag.mean(x, axis=(1, 2, 3)).reshape((-1, 1))
            return ag.concatenate([0.3 - row, row - 0.3], axis=1)

    learner = nn.Learner(Border())
    data = nn.ArrayData(x, y)
    assert doubts.score(learner, data).share == 1
    assert doubts.score(learner, data, doubts.middle_hidden).share == 1
    assert doubts.score(learner, data, doubts.middle_alone).share == pytest.approx(np.mean(y == 0))


def test_the_interval_of_an_accuracy_is_wilsons():
    low, high = doubts.Score(102, 120).interval  # the report's 85 %
    np.testing.assert_allclose([low, high], [0.7753, 0.9027], atol=5e-4)


def test_vgg16_stands_beside_the_net_when_its_weights_are_given(photos, tmp_path, monkeypatch):
    from examples.cats import pictures

    small = nn.VGG("4 M 4 M | 8 10", input_shape=(3, 32, 32), rng=0)
    small.preprocess = nn.Preprocessing(32)
    small.save(tmp_path / "vgg.safetensors")
    made = nn.VGG
    monkeypatch.setattr(nn, "VGG", lambda line, **options: made("4 M 4 M | 8 10", input_shape=(3, 32, 32), **options))
    model = recipes.scratch_net(2, np.random.default_rng(0))
    x = np.stack([model.preprocess(file) for file in sorted((photos / "cat").iterdir())[:2]])
    figure = pictures.beside_vgg16(model, x, tmp_path / "vgg.safetensors")
    assert {name.partition(":")[0] for name in figure.data} == {"this net", "VGG-16"}
    made("4 M 4 M | 8 10", input_shape=(3, 32, 32)).save(tmp_path / "bare.safetensors")
    with pytest.raises(ValueError, match="does not say what its net wants to see"):
        pictures.beside_vgg16(model, x, tmp_path / "bare.safetensors")


def test_a_result_names_the_best_epoch_and_the_last(photos, tmp_path):
    experiment = training.prepare(recipes.RECIPES["scratch"], photos, 3, tmp_path)
    rows = [(0.5, 0.9, 4.0), (0.75, 0.5, 2.0), (0.75, 0.4, 3.0), (0.5, 0.1, 9.0)]
    experiment.learner.history.epochs += [
        {"epoch": i, "validation_accuracy": a, "validation_loss": loss, "seconds": s}
        for i, (a, loss, s) in enumerate(rows, 1)
    ]
    experiment.best_epoch = experiment.learner.history.best()
    assert page.result(experiment) == page.Result(3, 0.75, 3, 0.5, 3.5)
    plan = {"epochs": 5}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    assert training.unfinished(tmp_path) == ""
    (tmp_path / "checkpoint.safetensors").write_bytes(b"torn")
    assert training.unfinished(tmp_path).startswith("something that cannot be read (load: ")
