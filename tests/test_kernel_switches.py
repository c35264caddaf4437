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
    cached = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")}
    assert len(cached) >= 2
    assert run(ANNOUNCED, NUMBA_CACHE_DIR=str(tmp_path)) == rest
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nbc")} == cached


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
        from numba.core import caching
        caching.CacheImpl._locator_classes = []
        for kind in caching.CacheImpl.__subclasses__():
            kind._locator_classes = []
    """
    assert run(textwrap.dedent(script) + ANNOUNCED)[-1] == "0.25 0.25 0.25 0.25"


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
