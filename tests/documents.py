"""Runs the Python of documents as it stands, in an empty folder: `python tests/documents.py README.md docs/a.md`.

Blocks of one document share their names, in order. The folder gets what a reader is told to bring: a photograph of a
cat, `cat.jpg`, and two folders of pictures, `photos/cat` and `photos/other`. Needs nothing but the installed package.
"""

import re
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(text):
    """The number of the first line of each block of Python, and the block."""
    return [(text.count("\n", 0, found.start(1)) + 1, found[1]) for found in BLOCK.finditer(text)]


def bring(folder, photograph):
    """Put a reader's pictures into a folder: a photograph, and parts of it, upright and on their heads."""
    with Image.open(photograph) as picture:
        whole = picture.convert("RGB")
    whole.save(folder / "cat.jpg")
    rng = np.random.default_rng(0)
    for kind in ("cat", "other"):
        (folder / "photos" / kind).mkdir(parents=True)
        for n in range(12):
            left, top = (int(rng.integers(0, side - 160)) for side in whole.size)
            part = whole.crop((left, top, left + 160, top + 160))
            (part if kind == "cat" else part.rotate(180)).save(folder / "photos" / kind / f"{n}.jpg")


def run(path):
    """Run a document's blocks, one after another; an error names the line in the document."""
    text = Path(path).read_text(encoding="utf-8")
    names = {"__name__": "__main__"}
    for line, block in blocks(text):
        started = time.perf_counter()
        exec(compile("\n" * (line - 1) + block, str(path), "exec"), names)
        print(f"{Path(path).name}:{line} {time.perf_counter() - started:.1f} s", flush=True)


if __name__ == "__main__":
    for document in sys.argv[1:]:
        run(document)
