"""Files are data: damaged and hostile weights, checkpoints and pictures end in one clear sentence."""

from __future__ import annotations

from .escaping import names_escaped
from .fuzzing import fuzzed
from .places import path_escapes
from .promise import Outcome, Promise
from .sources import no_pickle

AREA = "Files are data"


def weights_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled .safetensors and .npz files, read and loaded."""
    return fuzzed("weights", cases, seed)


def checkpoints_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled checkpoints, restored and gone on from."""
    return fuzzed("checkpoints", cases, seed)


def pictures_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled pictures, read and passed over."""
    return fuzzed("pictures", cases, seed)


def memory_claims(cases: int, seed: int) -> Outcome:
    """Small files that claim much."""
    return fuzzed("claims", cases, seed)


PROMISES: list[Promise] = [
    Promise(
        AREA,
        "Spoiled weights are read as arrays or refused in a sentence with the file's name; the model is then as it was",
        weights_fuzzed,
        short=500,
        long=400_000,
    ),
    Promise(
        AREA,
        "Spoiled checkpoints are gone on from or refused, and then model, optimiser and generators are as they were",
        checkpoints_fuzzed,
        short=500,
        long=350_000,
    ),
    Promise(
        AREA,
        "Spoiled pictures are read or refused in a sentence with the file's name, or passed over with the reason",
        pictures_fuzzed,
        short=500,
        long=250_000,
    ),
    Promise(
        AREA,
        "Small files that claim much are refused before memory is taken for it (64 MiB at most)",
        memory_claims,
        short=120,
        long=10_000,
    ),
    Promise(
        AREA,
        "Names are only ever words on pages and in drawings, whatever characters they have",
        names_escaped,
        short=25,
        long=2_000,
    ),
    Promise(
        AREA,
        "Nothing is written outside the folder that was named, and what is read there is reached by no circle of links",
        path_escapes,
        short=60,
        long=3_000,
    ),
    Promise(AREA, "No source unpickles, evaluates text or starts a shell", no_pickle, short=100, long=100),
]
