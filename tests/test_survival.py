"""Training survives: what the promises' trials catch when it does not, and what is written, cleaned up and held."""

import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import nn
from nn.io import safetensors_io
from nn.training import checkpoint
from tests.reliability import survival
from tests.reliability.child import ONE_THREAD, ran
from tests.reliability.interruptible import fit, learner

ROOT = Path(__file__).parent.parent

# ── a training that does not survive is caught ────────────────────────────────────────────────────────────────────────

# what the process runs before it tries the promise, and what is said then
AT_CALLS = """
import random
random.Random.random = lambda self: 0.9  # kills come at calls of the writing only, which the seed alone decides
"""
IN_PLACE = f"""{AT_CALLS}
import os
from nn.io import safetensors_io
def in_place(target):
    name = str(target)
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), name
safetensors_io._new_temporary = in_place
os.replace = lambda source, target: None
"""
NO_GENERATORS = f"""{AT_CALLS}
from nn.training import checkpoint, training_state
checkpoint.set_generator_states = training_state.set_generator_states = lambda model, states: None
"""
LEFTOVERS = f"""{AT_CALLS}
from nn.io import safetensors_io
safetensors_io._remove_abandoned = lambda target: None
"""
NO_LOCK = """
from contextlib import nullcontext
import nn.training.learner
nn.training.learner.held = nullcontext
"""
NO_WAITING = """
from contextlib import nullcontext
import nn.training.learner
from nn.training.checkpoint import Interruption
nn.training.learner.interruption_waits = lambda: nullcontext(Interruption())
from tests.reliability import training_stops
training_stops.WATCHED = (nn.optim.__file__,)  # where it matters
"""
SILENT = """
import os
write = os.write
def quiet(handle, part):
    try:
        return write(handle, part)
    except OSError:
        return len(part)
os.write = quiet
"""


@pytest.mark.parametrize(
    ("attempt", "cases", "broken", "words"),
    [
        ("killed", 4, IN_PLACE, "does not load"),
        ("killed", 3, NO_GENERATORS, "its end is not, bit for bit"),
        ("killed", 4, LEFTOVERS, "are left"),
        ("two_processes", 1, NO_LOCK, "the second was not refused"),
        ("interrupted", 4, NO_WAITING, "the state is not that after a whole step"),
        ("disk_full", 2, SILENT, "a full disk was not reported"),
    ],
    ids=["written in place", "without generators", "nothing is cleaned up", "no lock", "no waiting", "silent"],
)
def test_a_training_that_does_not_survive_is_caught(attempt, cases, broken, words):
    room = "training_child" if attempt in ("killed", "two_processes") else "training_stops"
    failures = ran(f"tests.reliability.{room}", attempt, cases, 0, broken, **ONE_THREAD)["failures"]
    assert any(words in failure for failure in failures), failures


def test_damage_that_is_loaded_is_caught(monkeypatch):
    monkeypatch.setattr(nn.io.weights, "check_digest", lambda *_: None)
    assert "is loaded as another state" in survival.torn(200, 0).failures[0]


def test_going_on_without_a_word_is_caught(monkeypatch):
    monkeypatch.setattr(warnings, "warn", lambda *_, **__: None)
    assert "its warnings are []" in survival.last_good(3, 0).failures[0]


def test_a_place_that_shows_to_be_unwritable_only_after_training_is_caught(monkeypatch):
    monkeypatch.setattr(nn.training.learner, "check_place", lambda path: None)
    assert any("1 steps" in failure for failure in survival.read_only(20, 0).failures)


KINDS = ["?", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8", "c8", ">f4", ">i8"]

# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_written_is_a_safetensors_file_of_every_kind_of_number(tmp_path):
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 2, (3, 4))
    state = {kind: numbers.astype(kind) for kind in KINDS}
    state |= {"none": np.zeros((0, 3), np.float32), "one": np.array(3.5), "turned": rng.standard_normal((3, 5)).T}
    state |= {'a "name"\n': np.ones(1), "é": np.arange(3)}
    nn.write_state(state, tmp_path / "w", {"told": 'ünd "so"'})
    theirs = safetensors.numpy.load_file(tmp_path / "w")
    for found in (theirs, nn.read_state(tmp_path / "w")):
        assert found.keys() == state.keys()
        for name, array in state.items():
            assert found[name].dtype == array.dtype.newbyteorder("=")
            np.testing.assert_array_equal(found[name], array)
    assert nn.read_notes(tmp_path / "w") == {"told": 'ünd "so"'}
    nn.write_state({}, tmp_path / "empty")
    assert nn.read_state(tmp_path / "empty") == {}


def test_names_that_such_files_lack_are_refused_before_a_file_gets_its_name(tmp_path):
    for name in ("__metadata__", "half a pair \ud800"):
        with pytest.raises(ValueError):
            nn.write_state({name: np.zeros(2)}, tmp_path / "w")
        assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("kind", [np.longdouble, np.complex128, object, "U3", "M8[s]"])
def test_numbers_that_such_files_lack_are_refused_before_anything_is_written(tmp_path, kind):
    with pytest.raises(ValueError, match=r"^save: .*w cannot hold odd, which is of "):
        nn.write_state({"odd": np.zeros(2, kind)}, tmp_path / "w")
    assert not [*tmp_path.iterdir()]


def test_the_file_that_gets_the_name_is_on_disk_before_and_its_folder_after(tmp_path, monkeypatch):
    told = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle):
        found = os.fstat(handle)
        told.append(("fsync", found.st_ino, found.st_size))
        fsync(handle)

    def note_replace(source, target):
        found = os.stat(source)
        told.append(("replace", found.st_ino, found.st_size))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    nn.write_state({"w": np.ones(1000)}, tmp_path / "w")
    found = (tmp_path / "w").stat()
    assert found.st_size > 8000
    assert [what for what, _, _ in told] == ["fsync", "replace", "fsync"]
    assert told[0][1:] == told[1][1:] == (found.st_ino, found.st_size)
    assert told[2][1] == tmp_path.stat().st_ino


def test_a_file_of_others_has_no_digest_and_loads(tmp_path):
    safetensors.numpy.save_file({"w": np.ones(3)}, tmp_path / "w", {"format": "pt"})
    assert nn.read_state(tmp_path / "w")["w"].tolist() == [1, 1, 1]
    assert nn.read_notes(tmp_path / "w") == {"format": "pt"}


def test_a_checkpoint_without_a_digest_is_refused_and_told_what_to_do(tmp_path):
    path = tmp_path / "run"
    fit(learner("sgd"), path, epochs=1)
    safetensors.numpy.save_file(nn.read_state(path), path, nn.read_notes(path))  # as earlier versions wrote it
    with pytest.raises(ValueError, match="has no digest") as caught:
        nn.read_checkpoint(path)
    exec(str(caught.value).rpartition("anew: ")[2], {"nn": nn, "path": path})
    assert nn.read_checkpoint(path).position["batch"] == 0


def test_arrays_and_notes_of_two_files_are_not_mixed(tmp_path):
    """A file is replaced again and again while it is read."""
    path, stop = tmp_path / "w", threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            nn.write_state({"w": np.full(50, number)}, path, {"number": str(number)})

    nn.write_state({"w": np.zeros(50)}, path, {"number": "0"})
    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(300):
            arrays, notes = nn.io.weights.read_with_notes(path)
            assert set(arrays["w"].tolist()) == {int(notes["number"])}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [file.name for file in tmp_path.iterdir()] == ["w"]


def test_what_a_killed_writer_left_is_removed_but_nothing_else(tmp_path):
    handle, of_a_living = safetensors_io._new_temporary(tmp_path / "w")
    others = [".w.lock", ".w.settings", "w.partial", ".w.0123456z.partial", ".other.01234567.partial", ".w.01.partial"]
    for name in [*others, ".w.01234567.partial"]:
        (tmp_path / name).touch()
    nn.write_state({}, tmp_path / "w")
    assert {file.name for file in tmp_path.iterdir()} == {*others, Path(of_a_living).name, "w"}
    os.close(handle)
    nn.write_state({}, tmp_path / "w")
    assert {file.name for file in tmp_path.iterdir()} == {*others, "w"}


def test_a_checkpoint_of_another_training_is_no_previous_one(tmp_path):
    path, before = tmp_path / "run", tmp_path / "run.previous"
    fit(learner("sgd"), path, epochs=2)
    assert before.exists()
    fit(learner("adam"), path, epochs=1, resume=False, every=None)
    assert not before.exists()
    fit(learner("adam"), path, epochs=2)
    assert "first.0" in nn.read_checkpoint(before).memory  # Adam's


def test_saving_leaves_the_permissions_of_new_files_as_they_are(tmp_path):
    mask = os.umask(0o027)
    try:
        nn.write_state({}, tmp_path / "w")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(mask)
    assert (tmp_path / "w").stat().st_mode & 0o777 == 0o640


# ── who holds it ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_checkpoint_is_held_once_and_let_go_of(tmp_path):
    path = tmp_path / "run"
    with checkpoint.held(path):
        words = rf"^fit: another training, in process {os.getpid()}, has the checkpoint .*run$"
        with pytest.raises(BlockingIOError, match=words), checkpoint.held(path):
            pass
        with checkpoint.held(tmp_path / "other"):
            pass
    with pytest.raises(KeyError), checkpoint.held(path):
        raise KeyError
    with checkpoint.held(path):
        assert [file.name for file in tmp_path.iterdir()] == [".run.lock"]
    assert not [*tmp_path.iterdir()]


def test_what_a_killed_training_forked_does_not_hold_its_checkpoint(tmp_path):
    program = (
        "import os, sys, time\n"
        "os.register_at_fork(after_in_child=lambda: time.sleep(0.5))\n"  # a child that is slow to let go
        "from nn.training.checkpoint import held\n"
        "with held(sys.argv[1]):\n"
        "    if os.fork() == 0:\n        sys.stdin.read()\n        os._exit(0)\n"
        "    print('held', flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "run")],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == b"held\n"
        assert child.wait() == -signal.SIGKILL
        assert (tmp_path / ".run.lock").exists()
        with checkpoint.held(tmp_path / "run"):
            pass
        assert not [*tmp_path.iterdir()]


def test_a_lock_that_is_a_link_to_something_else_is_not_written_through(tmp_path):
    (tmp_path / "precious").write_text("as it was")
    (tmp_path / ".run.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=r"^save: .*run cannot be written: "), checkpoint.held(tmp_path / "run"):
        pass
    assert (tmp_path / "precious").read_text() == "as it was"


def test_where_there_are_no_locks_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "lock", lambda handle: None)
    monkeypatch.setattr(safetensors_io, "lock", lambda handle: None)
    (tmp_path / ".run.01234567.partial").touch()  # perhaps someone is writing it
    fit(learner("sgd"), tmp_path / "run", epochs=1)
    assert {file.name for file in tmp_path.iterdir()} == {"run", "run.previous", ".run.01234567.partial"}


# ── Ctrl-C ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_after_the_last_step_is_not_forgotten():
    with pytest.raises(KeyboardInterrupt), checkpoint.interruption_waits():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def press_twice():
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    raise AssertionError("the second one interrupts at once")


def test_ctrl_c_pressed_twice_at_the_very_end_leaves_the_handler_as_it_was():
    with pytest.raises(KeyboardInterrupt), checkpoint.interruption_waits():
        press_twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_killed_while_it_draws_its_bar_does_not_stop_the_others():
    program = (
        "import os, signal\n"
        "from autograd_mini import progress\n"
        "progress.bar(1, 'img', 'before', True).close()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    progress._kind().get_lock().acquire()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "os.waitpid(child, 0)\n"
        "progress.bar(1, 'img', 'after', True).close()\n"
        "print('went on')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    assert done.stdout == "went on\n"
