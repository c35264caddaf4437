"""Where files are written and read: inside the folder that was named, whatever names files hold."""

from __future__ import annotations

import io
import os
import random
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import autograd_mini as ag
import nn
import vis

from .promise import Outcome

NAMES = (
    "../x", "../../x", "/x", "a/b", "a/../../x", "..", ".", "~", "~/x", "$HOME", "x\n", "-rf", "\\..\\x", "C:\\x",
    "x" * 200, "con", "x;y", "`y`", "$(y)", "*", "?", "x.svg/../../y", "%2e%2e/x", "․․/x", "file:///x",
    "..../x", "a//b",
)  # fmt: skip
OUTSIDE = (9, 200, 90)  # a colour that nothing inside has


def _tree(folder: Path) -> dict[str, Any]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if not path.is_dir()} | {
        f"{path}/": None for path in folder.rglob("*") if path.is_dir()
    }


def _names(rng: random.Random, outside: Path) -> str:
    return rng.choice((*NAMES, str(outside / "x"), f"../outside/{rng.randrange(9)}", "../outside/canary"))


def _archive(rng: random.Random, inside: Path, outside: Path) -> str | None:
    """An .npz whose members are called like places elsewhere: names, and no more."""
    names = list({_names(rng, outside) for _ in range(4)})
    content = io.BytesIO()
    np.save(content, np.ones(2))
    with zipfile.ZipFile(inside / "w.npz", "w") as archive:
        for name in names:
            archive.writestr(f"{name}.npy", content.getvalue())
    found = nn.read_state(inside / "w.npz")
    return None if len(found) == len(names) else f"of {names} there are {list(found)}"


def _weights(rng: random.Random, inside: Path, outside: Path) -> str | None:
    """Layers that are called so, saved, read and loaded."""
    name = _names(rng, outside)
    model = nn.Sequential(**{name.replace(".", "·"): nn.Linear(2, 1)})
    model.save(inside / "w.safetensors")
    model.load(inside / "w.safetensors")
    nn.write_state({name: np.ones(1)}, inside / "v.safetensors", {name: name})
    return None if list(nn.read_state(inside / "v.safetensors")) == [name] else f"{name!r} is not what was written"


def _drawing(rng: random.Random, inside: Path, outside: Path) -> str | None:
    """A graph of such names, as a file."""
    name = _names(rng, outside)
    out = nn.Sequential(**{name.replace(".", "·"): nn.ReLU()})(ag.Tensor(np.ones(2), requires_grad=True, name=name))
    ag.render(out, inside / "drawn.dot")
    return None


def _folder(rng: random.Random, inside: Path, outside: Path) -> str | None:
    """Links in a folder of pictures: files and classes by links, no folders deeper, and so no circles."""
    root = inside / "pictures"
    for name in ("one", "two"):
        (root / name / "deep").mkdir(parents=True)
        Image.new("RGB", (4, 4), "red").save(root / name / "deep" / "a.png")
        Image.new("RGB", (4, 4), "blue").save(root / name / "b.png")
    places = {
        "circle": root, "circle.png": root / "one" / "circle.png", "out": outside, "out.png": outside, "up": Path(".."),
        "self": Path("."), "nowhere.png": outside / "nothing.png", "device.png": Path("/dev/zero"),
    }  # fmt: skip
    for link, target in rng.sample(sorted(places.items()), 5):
        (root / "one" / link).symlink_to(target)
    with redirect_stdout(io.StringIO()):  # what is passed over is told
        data = nn.ImageFolder(root, size=4, unreadable="skip")
    pictures = data.inputs(np.arange(len(data)))
    if len(data) != 4:
        return f"there are four pictures, not {[*map(str, data.files)]}"
    seen = {tuple(np.round(picture[:, 0, 0] * 255).astype(int)) for picture in pictures}
    return f"a picture from outside was read: {seen}" if OUTSIDE in seen else None


def _report(rng: random.Random, inside: Path, outside: Path) -> str | None:
    """A page about such layers, classes, images and figures."""
    name = _names(rng, outside)
    model = nn.Sequential(**{name.replace(".", "·"): nn.Conv2d(3, 2, 3), "flat": nn.Flatten(), "end": nn.Linear(8, 2)})
    figures = {name: vis.Figure(Image.new("RGB", (4, 4)), caption=name)}
    image = np.random.default_rng(0).random((1, 3, 4, 4), np.float32)
    called = {"classes": [name, name], "names": [name], "title": name}
    vis.report(model, image, inside / "page", figures=figures, size=2, stride=2, **called)
    return None


KINDS: tuple[tuple[Callable[[random.Random, Path, Path], str | None], int], ...] = (
    (_archive, 6), (_weights, 6), (_drawing, 6), (_folder, 4), (_report, 1),
)  # fmt: skip


def path_escapes(cases: int, seed: int) -> Outcome:
    """Each case one of these in a folder of its own, beside one in which nothing may change."""
    rng, outcome = random.Random(seed), Outcome()
    turns = [kind for kind, often in KINDS for _ in range(often)]
    for number in range(cases):
        kind, state = turns[number % len(turns)], rng.getrandbits(32)
        with tempfile.TemporaryDirectory() as folder:
            inside, outside = Path(folder, "inside"), Path(folder, "outside")
            inside.mkdir()
            outside.mkdir()
            Image.new("RGB", (4, 4), OUTSIDE).save(outside / "canary.png")
            before, here = _tree(outside), sorted(os.listdir("."))
            try:
                said = kind(random.Random(state), inside, outside)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            if _tree(outside) != before or sorted(os.listdir(folder)) != ["inside", "outside"]:
                said = f"something was written outside: {sorted(_tree(Path(folder)))}"
            if sorted(os.listdir(".")) != here:
                said = "something was written where the program was started"
        outcome.tried(f"{kind.__name__}, state {state}", said)
    return outcome
