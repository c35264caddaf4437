"""Training survives: what the promises' trials catch when it does not, and what is written, cleaned up and held."""

import errno
import fcntl
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
from autograd_mini import files
from nn.training.interruption import interruption_waits
from nn.training.lock import held
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
import nn.training.lock
from autograd_mini import files
nn.training.lock.check_place = lambda path: None  # which would empty it
def in_place(target, make):
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    files.take(handle)
    return target, handle
files._new, files._remove_file = in_place, lambda path: None
os.replace = lambda source, target: None
"""
NO_GENERATORS = f"""{AT_CALLS}
from nn.training import checkpoint, training_state
checkpoint.set_generator_states = training_state.set_generator_states = lambda model, states: None
"""
LEFTOVERS = f"""{AT_CALLS}
from autograd_mini import files
files._remove_abandoned = lambda target: None
"""
NO_LOCK = """
from contextlib import nullcontext
import nn.training.learner
nn.training.learner.held = nullcontext
"""
NO_WAITING = """
from contextlib import nullcontext
import nn.training.learner
from nn.training.interruption import Interruption
nn.training.learner.interruption_waits = lambda: nullcontext(Interruption())
from tests.reliability import training_stops
training_stops.WATCHED = (nn.optim.descent.__file__, nn.optim.adam.__file__)  # where it matters
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


@pytest.mark.parametrize("name", ["__metadata__", "half a pair \ud800"])
def test_names_that_such_files_lack_are_refused_before_a_file_gets_its_name(tmp_path, name):
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
    for name, look in (("fsync", os.fstat), ("replace", lambda source, _: os.stat(source))):
        kept = getattr(os, name)

        def noted(*given, name=name, look=look, kept=kept):
            found = look(*given)
            told.append((name, found.st_ino, found.st_size))
            kept(*given)

        monkeypatch.setattr(os, name, noted)
    nn.write_state({"w": np.ones(1000)}, tmp_path / "w")
    found = (tmp_path / "w").stat()
    assert found.st_size > 8000
    assert told[:2] == [(name, found.st_ino, found.st_size) for name in ("fsync", "replace")]
    assert [entry[:2] for entry in told[2:]] == [("fsync", tmp_path.stat().st_ino)]


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
    of_a_living, handle = files._new(tmp_path / "w", files._make_file)
    others = [".w.lock", ".w.settings", "w.partial", ".w.0123456z.partial", ".other.01234567.partial", ".w.01.partial"]
    for name in [*others, ".w.01234567.partial"]:
        (tmp_path / name).touch()
    nn.write_state({}, tmp_path / "w")
    assert {file.name for file in tmp_path.iterdir()} == {*others, of_a_living.name, "w"}
    files.let_go(handle)
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


needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


def test_what_killed_writers_of_a_folder_left_is_removed_but_no_link_and_no_former_one_that_is_all_there_is(tmp_path):
    former = ".w.01234567.former"
    links = {".w.76543210.partial": former, ".w.00000000.partial": "precious"}
    for name in (".w.01234567.partial", former):
        (tmp_path / name / "inside").mkdir(parents=True)
    (tmp_path / "precious").touch()
    for link, to in links.items():
        (tmp_path / link).symlink_to(tmp_path / to)
    with files.whole_folder(tmp_path / "w") as folder:
        assert {file.name for file in tmp_path.iterdir()} == {former, "precious", *links, folder.name}
    with files.whole_folder(tmp_path / "w"):
        assert not (tmp_path / former).exists()
    assert {file.name for file in tmp_path.iterdir()} == {"w", "precious", *links}


@pytest.mark.parametrize("make", [files._make_file, files._make_folder])
def test_a_writer_whose_new_file_is_taken_for_an_abandoned_one_makes_another(tmp_path, monkeypatch, make):
    """Between making and holding it, another writer looks for abandoned ones."""
    opened, made = os.open, []

    def remove_first(name, *given):
        if not made and make is files._make_folder:
            os.rmdir(name)
        made.append(name)
        handle = opened(name, *given)
        if len(made) == 1:
            os.unlink(name)
        return handle

    monkeypatch.setattr(os, "open", remove_first)
    partial, handle = files._new(tmp_path / "w", make)
    monkeypatch.undo()
    files.let_go(handle)
    assert [str(partial)] == made[1:]
    assert partial.exists()


def test_a_folder_and_what_is_in_it_are_on_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino) or fsync(handle))
    with files.whole_folder(tmp_path / "w") as folder:
        (folder / "inner").mkdir()
        (folder / "inner/page").write_text("x")
        wanted = {path.stat().st_ino for path in (folder, folder / "inner", folder / "inner/page")}
        assert not synced
    assert set(synced[:3]) == wanted
    assert synced[3:] == [tmp_path.stat().st_ino]


# ── who holds it ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_checkpoint_is_held_once_and_let_go_of(tmp_path):
    path = tmp_path / "run"
    with held(path):
        words = rf"^fit: another training, in process {os.getpid()}, has the checkpoint .*run$"
        with pytest.raises(BlockingIOError, match=words), held(path):
            pass
        with held(tmp_path / "other"):
            pass
    with pytest.raises(KeyError), held(path):
        raise KeyError
    with held(path):
        assert [file.name for file in tmp_path.iterdir()] == [".run.lock"]
    assert not [*tmp_path.iterdir()]


def test_what_a_killed_training_forked_does_not_hold_its_checkpoint(tmp_path):
    program = (
        "import os, sys, time\n"
        "os.register_at_fork(after_in_child=lambda: time.sleep(0.5))\n"  # a child that is slow to let go
        "from nn.training.lock import held\n"
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
        with held(tmp_path / "run"):
            pass
        assert not [*tmp_path.iterdir()]


FORKS = [  # a block that holds something, with its words, and the files that are there inside it
    ("from nn.training.lock import held as block", {".w.lock"}),
    ("from autograd_mini.files import whole_folder\nblock = lambda path: whole_folder(Path(path))", {".w.?.partial"}),
]


@needs_forks
@pytest.mark.parametrize(("block", "inside"), FORKS, ids=["a checkpoint", "a folder"])
def test_a_fork_that_comes_to_the_end_of_a_block_lets_go_of_nothing_that_its_parent_holds(tmp_path, block, inside):
    program = (
        f"import os, re, sys\nfrom pathlib import Path\n{block}\nparent = os.getpid()\ntry:\n"
        "    with block(sys.argv[1]):\n"
        "        child = os.fork()\n"
        "        if not child:\n            raise InterruptedError\n"
        "        os.waitpid(child, 0)\n"
        "        print({re.sub('[0-9a-f]{8}', '?', name) for name in os.listdir(Path(sys.argv[1]).parent)})\n"
        "except InterruptedError:\n    os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "w")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{inside}\n"


@needs_forks
def test_a_fork_that_outlives_a_killed_writer_does_not_keep_what_that_left_behind(tmp_path):
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom autograd_mini.files import whole_folder\n"
        "with whole_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'page').touch()\n"
        "    into, out = os.pipe()\n"
        "    if os.fork() == 0:\n        os.write(out, b'!')\n        sys.stdin.read()\n        os._exit(0)\n"
        "    os.read(into, 1)\n    print('held', flush=True)\n    os.kill(os.getpid(), 9)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "w")], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"held\n"
        assert child.wait() == -signal.SIGKILL
        assert [file.suffix for file in tmp_path.iterdir()] == [".partial"]
        with files.whole_folder(tmp_path / "w"):
            pass
        assert [file.name for file in tmp_path.iterdir()] == ["w"]


@needs_forks
def test_ctrl_c_interrupts_a_fork_at_once_that_was_made_while_it_waits():
    program = (
        "import os, signal\nfrom nn.training.interruption import interruption_waits\n"
        "with interruption_waits() as heard:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n            signal.raise_signal(signal.SIGINT)\n"
        "        except KeyboardInterrupt:\n            os._exit(7)\n"
        "        os._exit(0)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), heard.asked)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "7 False\n"


def test_a_lock_that_is_a_link_to_something_else_is_not_written_through(tmp_path):
    (tmp_path / "precious").write_text("as it was")
    (tmp_path / ".run.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match=r"^save: .*run cannot be written: "), held(tmp_path / "run"):
        pass
    assert (tmp_path / "precious").read_text() == "as it was"


def no_locks(handle, how):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def test_where_there_are_no_locks_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", no_locks)
    (tmp_path / ".run.01234567.partial").touch()  # perhaps someone is writing it
    fit(learner("sgd"), tmp_path / "run", epochs=1)
    assert {file.name for file in tmp_path.iterdir()} == {"run", "run.previous", ".run.01234567.partial"}


# ── Ctrl-C ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_after_the_last_step_is_not_forgotten_and_leaves_the_handler_as_it_was(times):
    pressed = []

    def press():
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
            pressed.append(1)

    with pytest.raises(KeyboardInterrupt), interruption_waits():
        press()
    assert len(pressed) == 1  # the second one interrupts at once
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@needs_forks
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
