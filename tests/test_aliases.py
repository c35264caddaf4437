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


@pytest.mark.parametrize("first", ["", "autograd_mini."])
@pytest.mark.parametrize("name", ["nn", "vis"])
def test_importing_a_room_under_the_longer_name_hides_nothing(name, first):
    """A function may have a room's name, as `vis.report` and `vis.occlusion`, which was a room once."""
    program = f"""
import importlib, pkgutil, sys
package = importlib.import_module("{first}{name}")
held = [(of, dict(vars(of))) for of in sys.modules.values() if of.__name__.partition(".")[0] == "{name}"]
rooms = [room.name for room in pkgutil.walk_packages(package.__path__, "{name}.") if "__main__" not in room.name]
rooms += [f"{name}.{{room}}" for room in package.moved.MOVED]
for room in rooms:
    names = [room, f"autograd_mini.{{room}}"]
    one, other = map(importlib.import_module, names if "{first}" == "" else names[::-1])
    assert one is other, room
hidden = [(of.__name__, key) for of, before in held for key in before if vars(of)[key] is not before[key]]
assert not hidden, hidden
print(sum(callable(getattr(package, room.rpartition(".")[2], None)) for room in rooms))
"""
    assert int(run(ROOT, "-W", "ignore", "-c", program)) > 0


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
