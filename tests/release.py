"""The wheel as a user gets it: built, installed in an empty environment outside this folder, and tried.

`make release`, or a part: RELEASE="--only command,onnx"
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from . import documents

ROOT = Path(__file__).parent.parent
MOST = 10 << 20
"""Bytes that the wheel may have."""
WITH_ONNX = "docs/your_net.md"  # needs the extra `onnx`
DOCUMENTS = ["README.md", *sorted({f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} - {WITH_ONNX})]
WRITE = """
import numpy as np
import autograd_mini as ag
from autograd_mini import nn
ag.to_onnx(nn.squeezenet("imagenet"), np.zeros((1, 3, 227, 227), np.float32), "net.onnx", dynamic_batch=True)
"""
EXAMPLES = ["worked_example", "own_primitive", "tensors_only", "gaussian_process"]
NO_REPOSITORY = ["test_habits.py", "test_tape.py", "test_learner.py", "test_module.py", "test_gradcheck.py",
                 "test_read_net.py"]  # fmt: skip
"""Tests of the packages alone, which are run beside the installed ones."""


def built(folder):
    """The wheel, in a folder; it must be small and hold all data."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    size, names = wheel.stat().st_size, zipfile.ZipFile(wheel).namelist()
    assert size < MOST, f"the wheel has {size:,} bytes"
    for part in ("squeezenet1_1.safetensors", "imagenet_classes.txt", "mnist_5k.npz", "py.typed", "LICENSE", ".ipynb"):
        assert any(name.endswith(part) for name in names), f"the wheel lacks {part}"
    print(f"{wheel.name}: {size / 2**20:.1f} MiB, {len(names)} files")
    return wheel


def tried(python, folder, *command):
    """Run a command of the new environment in a folder. Raises CalledProcessError with what it said."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    started = time.perf_counter()
    done = subprocess.run([python, *command], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    print(f"{' '.join(map(str, command))[-90:]}: {time.perf_counter() - started:.0f} s", flush=True)
    return done.stdout


def main():
    """Build, install, try."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="command,documents,examples,onnx,tests", help="parts, with commas between")
    parts = parser.parse_args().only.split(",")
    with tempfile.TemporaryDirectory(prefix="release-") as made:
        top = Path(made)
        wheel = built(top)
        subprocess.run([sys.executable, "-m", "venv", top / "venv"], check=True)
        python = top / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        tried(python, top, *install, f"{wheel}[report]")
        inside = tried(python, top, "-c", "import autograd_mini, nn, vis; print(autograd_mini.__file__)")
        assert str(top) in inside, inside
        if "command" in parts:
            (folder := top / "command").mkdir()
            documents.bring(folder, ROOT / "examples" / "data" / "chelsea.png")
            tried(python, folder, "-m", "vis", "cat.jpg", "--no-occlusion", "--quiet")
            assert (folder / "out" / "vis" / "index.html").is_file()
        if "documents" in parts:
            for name in DOCUMENTS:
                (folder := top / Path(name).stem).mkdir()
                documents.bring(folder, ROOT / "examples" / "data" / "chelsea.png")
                tried(python, folder, ROOT / "tests" / "documents.py", ROOT / name)
        if "examples" in parts:
            for name in EXAMPLES:
                tried(python, top, "-m", f"autograd_mini.examples.{name}")
            tried(python, top, "-m", "autograd_mini.examples.digits", "--epochs", "1", "--train", "500")
        if "onnx" in parts:
            tried(python, top, *install, f"{wheel}[report,onnx]")
            (folder := top / "onnx").mkdir()
            documents.bring(folder, ROOT / "examples" / "data" / "chelsea.png")
            tried(python, folder, ROOT / "tests" / "documents.py", ROOT / WITH_ONNX)
            tried(python, folder, "-c", WRITE)
            tried(python, folder, "-m", "vis", "cat.jpg", "--net", "net.onnx", "--out", "seen", "--no-occlusion")
            assert "Egyptian cat" in (folder / "seen" / "index.html").read_text(encoding="utf-8")
        if "tests" in parts:
            tried(python, top, *install, "pytest", "hypothesis", "safetensors")
            (folder := top / "tests").mkdir()
            for path in (ROOT / "tests").glob("*.py"):
                (folder / path.name).write_bytes(path.read_bytes())
            names = [str(folder / name) for name in NO_REPOSITORY]
            tried(python, folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, *names)
    print("the release does what the documents show")


if __name__ == "__main__":
    main()
