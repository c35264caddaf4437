"""Schedules: an optimiser's learning rates, epoch by epoch or step by step."""

from .curves import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    StepLR,
)
from .schedule import Schedule
from .sequences import ReduceLROnPlateau, SequentialLR, WarmupLR

__all__ = [
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR",
    "OneCycleLR", "PolynomialLR", "ReduceLROnPlateau", "Schedule", "SequentialLR", "StepLR", "WarmupLR",
]  # fmt: skip
