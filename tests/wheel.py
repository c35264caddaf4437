"""The wheel in an empty environment: built, installed with what it needs, the command run elsewhere (`make wheel`)."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*command, cwd):
    """Run a command and say so; what it prints is seen."""
    print("$", *command, flush=True)
    subprocess.run(list(map(str, command)), cwd=cwd, check=True)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "pip", "wheel", ROOT, "--no-deps", "--quiet", "-w", folder, cwd=folder)
        run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
        python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        found = next(folder.glob("*.whl"))
        run(python, "-m", "pip", "install", "--quiet", f"{found}[report,onnx]", cwd=folder)
        shutil.copy(ROOT / "examples/data/chelsea.png", folder / "cat.png")
        run(python, "-m", "vis", "cat.png", "--layer", "fire9", "--out", "seen", cwd=folder)
        write = "import numpy as np, nn, autograd_mini as ag; x = np.zeros((1, 3, 227, 227), np.float32); "
        run(
            python, "-c", write + "ag.to_onnx(nn.squeezenet('imagenet'), x, 'net.onnx', dynamic_batch=True)", cwd=folder
        )
        run(python, "-m", "vis", "cat.png", "--net", "net.onnx", "--out", "again", "--no-occlusion", cwd=folder)
        print("both pages were written by an installed wheel, outside the repository")


if __name__ == "__main__":
    main()
