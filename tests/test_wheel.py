"""The wheel: what it has to have, and that the command runs from it, in a folder that is not the repository's."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("autograd_mini", "nn", "vis")
INSTALLED_AS = {**dict.fromkeys(PACKAGES, "."), "examples": "autograd_mini"}
"""Folders of the repository, and where an installed one stands."""
LEFT_OUT = {"__pycache__", "gallery"}
"""What Python made, and pictures that documents show: no program reads them."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the repository: nothing is left in it."""
    folder = tmp_path_factory.mktemp("wheel")
    for package in INSTALLED_AS:
        shutil.copytree(ROOT / package, folder / "copy" / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "copy" / name)
    build = f"from setuptools import build_meta; print(build_meta.build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=folder / "copy", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_a_wheel_has_every_file_of_the_packages_and_nothing_else(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        (Path(where) / path.relative_to(ROOT)).as_posix()
        for folder, where in INSTALLED_AS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not LEFT_OUT.intersection(path.parts)
    }
    assert held == wanted


def test_the_command_runs_from_a_wheel_in_any_folder(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    (tmp_path / "elsewhere").mkdir()
    photo = shutil.copy(ROOT / "examples/data/chelsea.png", tmp_path / "elsewhere/cat.png")
    command = [sys.executable, "-m", "vis", Path(photo).name, "--layer", "fire9", "--no-occlusion", "--no-sanity"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run(command, cwd=tmp_path / "elsewhere", env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "SqueezeNet 1.1, trained on ImageNet: it sees the photograph, stretched at 227×227, BGR" in done.stdout
    page = tmp_path / "elsewhere/out/vis/index.html"
    assert "Egyptian cat" in page.read_text(encoding="utf-8")
