"""Files are data: damaged and hostile weights, checkpoints and pictures end in one clear sentence."""

from __future__ import annotations

from .escaping import names_escaped
from .fuzzing import fuzzed
from .places import path_escapes
from .promise import AREAS, Outcome, promise
from .sources import no_pickle


@promise(
    AREAS[2],
    "Spoiled weights are read as arrays or refused in a sentence with the file's name; the model is then as it was",
    short=500, long=400_000,
)  # fmt: skip
def weights_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled .safetensors, .npz and .pth files, read and loaded."""
    return fuzzed("weights", cases, seed)


@promise(
    AREAS[2],
    "Spoiled checkpoints are gone on from or refused, and then model, optimiser and generators are as they were",
    short=500, long=350_000,
)  # fmt: skip
def checkpoints_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled checkpoints, restored and gone on from."""
    return fuzzed("checkpoints", cases, seed)


@promise(
    AREAS[2],
    "Spoiled pictures are read or refused in a sentence with the file's name, or passed over with the reason",
    short=500, long=250_000,
)  # fmt: skip
def pictures_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled pictures, read and passed over."""
    return fuzzed("pictures", cases, seed)


@promise(
    AREAS[2],
    "Spoiled ONNX files are read as nets or refused in a sentence with the file's name; nothing else is opened",
    short=500, long=100_000,
)  # fmt: skip
def nets_fuzzed(cases: int, seed: int) -> Outcome:
    """Spoiled ONNX files, read and made into nets."""
    return fuzzed("nets", cases, seed)


@promise(AREAS[2], "Small files that claim much are refused before memory is taken for it (64 MiB at most)",
         short=120, long=10_000)  # fmt: skip
def memory_claims(cases: int, seed: int) -> Outcome:
    """Small files that claim much."""
    return fuzzed("claims", cases, seed)


promise(AREAS[2], "Names are only ever words on pages and in drawings, whatever characters they have",
        short=25, long=2_000)(names_escaped)  # fmt: skip
promise(
    AREAS[2],
    "Nothing is written outside the folder that was named, and what is read there is reached by no circle of links",
    short=60, long=3_000,
)(path_escapes)  # fmt: skip
promise(AREAS[2], "No source unpickles, evaluates text or starts a shell", short=100, long=100)(no_pickle)
