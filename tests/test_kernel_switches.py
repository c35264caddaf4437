"""Kernels with and without Numba, switched by hand or by the environment, in processes of their own."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import needs_numba

import autograd_mini as ag

ROOT = Path(__file__).parent.parent

WORK = """
import numpy as np
import autograd_mini as ag
import nn

rng = np.random.default_rng(0)
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1, rng=rng), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1, rng=rng), nn.ReLU(),
    nn.Conv2d(32, 32, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5, rng=rng),
    nn.Flatten(), nn.Linear(32 * 16 * 16, 10, rng=rng),
)
images, labels = rng.standard_normal((4, 3, 32, 32)).astype(np.float32), rng.integers(0, 10, 4)
for optimizer in (nn.SGD(net.parameters(), 0.01, momentum=0.9), nn.Adam(net.parameters(), 0.001)):
    loss = nn.cross_entropy(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
assert np.isfinite(nn.cross_entropy(net(images), labels).item())
"""


def run(script, **environment):
    """What the script prints, line by line, in a new process with these variables and none of ours."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AUTOGRAD_MINI", "NUMBA"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        cwd=ROOT, env=inherited | environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# ── without Numba ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_works_where_numba_is_not_installed():
    script = f"""
import sys
sys.modules["numba"] = None  # which makes every import of it fail
{WORK}
assert not ag.is_compiled()
try:
    ag.set_compiled(True)
except ImportError as error:
    print(error)
assert not ag.is_compiled()
ag.set_compiled(False)
assert ag.conv2d(np.ones((1, 16, 8, 8)), np.ones((16, 16, 3, 3))).shape == (1, 16, 6, 6)
"""
    (said,) = run(script)
    assert said.startswith("set_compiled: ")
    assert "pip install 'autograd-mini[fast]'" in said


def test_the_environment_cannot_switch_on_what_is_not_installed_and_asking_imports_nothing():
    script = 'import sys; sys.modules["numba"] = None\nimport autograd_mini as ag; print(ag.is_compiled())'
    assert run(script, AUTOGRAD_MINI_COMPILED="1") == ["False"]
    script = "import sys, nn, vis, autograd_mini as ag; ag.is_compiled(); print({'numba', 'llvmlite'} & {*sys.modules})"
    assert run(script) == ["set()"]


@pytest.mark.parametrize("off", ["0", "off"])
def test_the_environment_switches_the_compiled_kernels_off(off):
    said = run(f"import sys\n{WORK}\nprint(ag.is_compiled(), 'numba' in sys.modules)", AUTOGRAD_MINI_COMPILED=off)
    assert said == ["False False"]


# ── the environment ───────────────────────────────────────────────────────────────────────────────────────────────────

SWITCHES = "import autograd_mini as ag; print(ag.is_compiled(), ag.is_winograd())"


@needs_numba
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "True True"),
        ({"AUTOGRAD_MINI_COMPILED": "1", "AUTOGRAD_MINI_WINOGRAD": "1"}, "True True"),
        ({"AUTOGRAD_MINI_COMPILED": "False"}, "False True"),
        ({"AUTOGRAD_MINI_COMPILED": "no"}, "False True"),
        ({"AUTOGRAD_MINI_WINOGRAD": "0"}, "True False"),
        ({"AUTOGRAD_MINI_COMPILED": "0", "AUTOGRAD_MINI_WINOGRAD": "OFF"}, "False False"),
    ],
    ids=str,
)
def test_the_environment_says_what_is_on_from_the_beginning(environment, said):
    assert run(SWITCHES, **environment) == [said]


@needs_numba
def test_what_the_environment_switched_off_may_be_switched_on():
    script = f"{SWITCHES}\nag.set_compiled(True); ag.set_winograd(True); {SWITCHES}"
    said = run(script, AUTOGRAD_MINI_COMPILED="0", AUTOGRAD_MINI_WINOGRAD="0")
    assert said == ["False False", "True True"]


def test_switches_are_what_was_set(kernels):
    assert ag.is_compiled() == (kernels == "compiled")
    for setting in (False, True):
        ag.set_winograd(setting)
        assert ag.is_winograd() is setting
    ag.set_compiled(False)
    assert ag.is_compiled() is False


# ── compiling is announced ────────────────────────────────────────────────────────────────────────────────────────────

ANNOUNCED = """
import logging
import numpy as np
import autograd_mini as ag

class Said(logging.Handler):
    def emit(self, record):
        print(record.levelname, record.name, record.getMessage())

logging.getLogger("autograd_mini").addHandler(Said())
logging.getLogger("autograd_mini").propagate = False

from autograd_mini.kernels import maps, steps
p = np.ones(4, np.float32)
steps.sgd(p, p.copy(), p.copy(), 0.5, 0.5, 0.0, False)
maps.column_sums(np.ones((4, 3), np.float32))
print(*p)
"""


@needs_numba
def test_compiling_is_announced_once_and_what_was_compiled_is_cached(tmp_path):
    said, *rest = run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path))
    assert said.startswith("WARNING autograd_mini autograd_mini: compiling kernels")
    assert rest == ["0.25 0.25 0.25 0.25"]  # and nothing else, though two loops were compiled
    cached = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.kernel")}
    assert len(cached) >= 2
    assert run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path)) == rest
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.kernel")} == cached


@needs_numba
def test_code_that_is_not_ours_may_be_compiled_in_silence(tmp_path):
    script = ANNOUNCED.partition("from autograd_mini.kernels")[0] + textwrap.dedent("""
        import autograd_mini.kernels.compiled
        import numba
        double = numba.njit(lambda x: 2 * x)
        print(double(4))
    """)
    assert run(script, NUMBA_CACHE_DIR=str(tmp_path)) == ["8"]


@needs_numba
def test_kernels_run_where_nothing_can_be_cached():
    """The package is not to be written to, and neither is a folder of the user's."""
    script = """
        from autograd_mini.kernels.compiled import cache
        cache._folders = lambda: [cache.Path(cache.__file__) / "in a file"]
    """
    assert run(textwrap.dedent(script) + ANNOUNCED)[-1] == "0.25 0.25 0.25 0.25"


@needs_numba
def test_kernels_are_cached_beside_the_sources_where_the_user_has_no_folder(tmp_path):
    shutil.copytree(ROOT / "autograd_mini", tmp_path / "autograd_mini", ignore=shutil.ignore_patterns("__pycache__"))
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + ANNOUNCED
    said, *_ = run(script, NUMBA_CACHE_DIR=str(Path(__file__) / "in a file"))
    assert said.startswith("WARNING autograd_mini autograd_mini: compiling kernels")
    assert list((tmp_path / "autograd_mini" / "kernels" / "compiled" / "__pycache__").rglob("*.kernel"))
    assert run(script, NUMBA_CACHE_DIR=str(Path(__file__) / "in a file")) == ["0.25 0.25 0.25 0.25"]


@needs_numba
def test_a_second_copy_of_the_sources_and_a_copied_folder_compile_nothing(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    run(ANNOUNCED, NUMBA_CACHE_DIR=str(first))
    shutil.copytree(first, second)
    copied = tmp_path / "autograd_mini"
    shutil.copytree(ROOT / "autograd_mini", copied, ignore=shutil.ignore_patterns("__pycache__"))
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{ANNOUNCED}\nprint(ag.__file__)"
    assert run(script, NUMBA_CACHE_DIR=str(second)) == ["0.25 0.25 0.25 0.25", str(copied / "__init__.py")]


@needs_numba
@pytest.mark.parametrize("source", ["limits.py", "parallel.py", "winograd.py", "compiled/exponential.py"])
def test_constants_of_other_files_are_compiled_anew_when_they_change(tmp_path, source):
    shutil.copytree(ROOT / "autograd_mini", tmp_path / "autograd_mini", ignore=shutil.ignore_patterns("__pycache__"))
    script = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from autograd_mini.kernels.compiled import cache
        print(cache.DIGEST, cache.__file__)
    """
    before = run(textwrap.dedent(script))
    changed = tmp_path / "autograd_mini" / "kernels" / source
    changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert str(tmp_path) in before[0]
    assert run(textwrap.dedent(script)) != before


@needs_numba
@pytest.mark.parametrize("spoiled", [b"", b"\x80", None])
def test_a_spoiled_file_of_the_cache_is_compiled_anew(tmp_path, spoiled):
    run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path))
    kept = sorted(tmp_path.rglob("*.kernel"))
    whole = [path.read_bytes() for path in kept]
    for path, data in zip(kept, whole, strict=True):
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if spoiled is None else spoiled)
    said, *rest = run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path))
    assert said.startswith("WARNING autograd_mini autograd_mini: compiling kernels")
    assert rest == ["0.25 0.25 0.25 0.25"]
    assert sorted(tmp_path.rglob("*.kernel")) == kept
    assert run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path)) == rest


@needs_numba
def test_what_older_sources_cached_is_removed_a_month_later(tmp_path):
    old, recent, foreign = (tmp_path / name for name in ("kernels-" + "0" * 16, "kernels-" + "1" * 16, "photographs"))
    for folder in (old, recent, foreign):
        folder.mkdir()
    for folder in (old, foreign):
        os.utime(folder, (0, 0))
    run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path))
    assert (old.exists(), recent.exists(), foreign.exists()) == (False, True, True)


@needs_numba
def test_time_in_which_kernels_are_compiled_is_no_time_of_a_bar():
    script = """
        import io, sys, time
        sys.stderr = type("Terminal", (io.StringIO,), {"isatty": lambda self: True})()
        from autograd_mini import progress
        from autograd_mini.kernels.settings import compiling
        with progress.bar(10, "batch", "epoch", True) as bar:
            compiling.seconds += 1000.0
            time.sleep(0.01)
            bar.start_t -= 1000.0  # as if they had passed
            bar.last_print_t -= 1000.0
            bar.update()
            print(0.01 <= time.time() - bar.start_t < 500.0)
    """
    assert run(textwrap.dedent(script)) == ["True"]


@needs_numba
def test_kernels_cached_elsewhere_are_forgotten_when_a_source_changes(tmp_path):
    """Numba looks at the file of a function alone; the sums of Winograd's loops stand in `vectors`."""
    shutil.copytree(ROOT / "autograd_mini", tmp_path / "autograd_mini", ignore=shutil.ignore_patterns("__pycache__"))
    script = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import logging; logging.getLogger("autograd_mini").setLevel("ERROR")
        import numpy as np
        from autograd_mini.kernels.compiled import tiles
        from autograd_mini.kernels.parallel import each
        carried = np.zeros(36 * (8 + tiles.GAP), np.float32)
        each(tiles.carry_filters(np.ones((8, 1, 3, 3), np.float32), carried), 1, 1.0)
        print(np.allclose(carried.sum(), 8 * tiles.FILTERS.sum() ** 2))
    """
    assert run(script, NUMBA_CACHE_DIR=str(tmp_path / "cache")) == ["True"]
    vectors = tmp_path / "autograd_mini" / "kernels" / "compiled" / "vectors.py"
    head, line, rest = vectors.read_text().partition("return self.builder.call(self.fma_function, [x, y, z])")
    assert line
    vectors.write_text(head + line.replace("[x, y, z]", "[self.builder.fadd(x, x), y, z]") + rest)
    assert run(script, NUMBA_CACHE_DIR=str(tmp_path / "cache")) == ["False"]
