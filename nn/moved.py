"""Import paths of the release before: they work for one more, and warn."""

import sys

from autograd_mini.moved import Moved

from .elsewhere import NAMES

MOVED = {
    "checking": ("functional_call",),
    "checkpoint": tuple(f"training.{room}" for room in ("checkpoint", "generators", "lock", "interruption")),
    "folder": ("data.folder",),
    "learner": ("training.learner",),
    "notebook": ("inspect.notebook",),
    "optim": ("schedules",),
    "preprocessing": ("data.preprocessing",),
    "pretrained": ("models.pretrained",),
    "rehearsal": ("inspect.dry_run",),
    "run": ("training.training_state",),
    "squeezenet": ("models.squeezenet",),
    "summary": ("inspect.summary",),
    "vgg": ("models.vgg",),
    "weights": ("io.weights",),
    "writing": ("io.safetensors_io",),
}
"""Where what a room held is now, by the room's old name; of `optim`, the schedules."""

ROOMS = Moved("nn", MOVED, {"rehearse": "dry_run"}, NAMES)
sys.modules["nn.squeezenet"] = ROOMS.room("squeezenet")  # `nn.squeezenet` is a function: importing would hide it
