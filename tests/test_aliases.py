"""`autograd_mini.nn` and `.vis` are `nn` and `vis`, also in a folder with files of those names."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import autograd_mini
import nn
import vis

ROOT = Path(__file__).parent.parent


def test_they_are_the_same_modules():
    assert autograd_mini.nn is nn
    assert autograd_mini.vis is vis
    assert importlib.import_module("autograd_mini.nn.layers.linear") is nn.layers.linear
    assert importlib.import_module("autograd_mini.vis.report") is importlib.import_module("vis.report")
    assert nn.layers.linear.__spec__.name == "nn.layers.linear"
    with pytest.raises(ModuleNotFoundError, match=r"nn\.frobnicate"):
        importlib.import_module("autograd_mini.nn.frobnicate")


def run(folder, *command):
    paths = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=paths, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout


def test_files_of_their_names_beside_a_program_are_in_nobodys_way(tmp_path):
    for name in ("nn", "vis"):
        (tmp_path / f"{name}.py").write_text(f"mine = {name!r}\n")
    (tmp_path / "main.py").write_text(
        "import nn as own, vis as own_vis\n"
        "from autograd_mini import nn, vis\n"
        "from autograd_mini.nn import Linear\n"
        "assert (own.mine, own_vis.mine) == ('nn', 'vis')\n"
        "net = nn.Sequential(fc=Linear(2, 3, rng=0))\n"
        "print(vis.activations(net, [[1.0, 2.0]])['fc'].shape)\n"
        "net.save('net.safetensors')\n"
        "print(nn.read_net('net.safetensors'))\n"
    )
    assert run(tmp_path, "main.py") == "(1, 3)\nSequential(\n  (fc): Linear(2, 3)\n)\n"


def test_the_command_has_a_name_of_its_own(tmp_path):
    (tmp_path / "vis.py").write_text("")
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    nn.VGG("4 M | 3", input_shape=(3, 8, 8), rng=0).save(tmp_path / "net.safetensors")
    told = run(tmp_path, "-m", "autograd_mini.vis", "grey.png", "--net", "net.safetensors", "--out", "seen", "--quiet")
    assert told.splitlines()[-1] == str(Path("seen/index.html"))
    assert (tmp_path / "seen" / "index.html").is_file()
