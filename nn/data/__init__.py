"""Data: sets of examples, in memory and in folders of pictures; parts, batches, and what nets want to see."""

from . import transforms
from .datasets import ArrayData, Augmented, Subset, batches
from .folder import ImageFolder, Pictures, pictures_in, read_image
from .preprocessing import Preprocessing
from .segmentation import Segmentation
from .splits import split

__all__ = [
    "ArrayData",
    "Augmented",
    "ImageFolder",
    "Pictures",
    "Preprocessing",
    "Segmentation",
    "Subset",
    "batches",
    "pictures_in",
    "read_image",
    "split",
    "transforms",
]
