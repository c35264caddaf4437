"""Training: a learner, its history, and checkpoints from which an interrupted run goes on."""

from .checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from .learner import Learner
from .training_state import History

__all__ = [
    "Checkpoint",
    "History",
    "Learner",
    "read_checkpoint",
    "write_checkpoint",
]
