"""Training: a learner, its history, and checkpoints from which an interrupted run goes on."""

from .checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from .history import History
from .learner import Learner
from .metrics import confusion_matrix, f1_score, mean_absolute_error, roc_auc, top_k_accuracy
from .rate_finder import RateSearch
from .stops import StopTraining

__all__ = [
    "Checkpoint", "History", "Learner", "RateSearch", "StopTraining", "confusion_matrix", "f1_score",
    "mean_absolute_error", "read_checkpoint", "roc_auc", "top_k_accuracy", "write_checkpoint",
]  # fmt: skip
