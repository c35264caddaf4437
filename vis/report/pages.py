"""A page and its pictures as one folder that opens from disk, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from autograd_mini.files import whole_folder

from ..errors import refusal

MARKER = ".vis-report"
"""The file that tells a report's folder from others: the names of all that was written into it."""

TEMPLATES = Path(__file__).with_name("templates")
_PASSED_OVER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # what file managers leave in any folder they show


@contextmanager
def new_folder(out: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to write into, hidden beside `out`; it takes that place when the block is left without an error.

    Until then what is at `out` stays as it is, and after an error or an interruption nothing else is left. Only a
    folder that is empty, or that holds a report and nothing but it, is replaced. Raises FileNotFoundError if there is
    no folder to write into, FileExistsError for anything else at `out`, PermissionError where writing is forbidden.
    """
    target = Path(os.path.realpath(out))
    _check(target, out)
    with ExitStack() as stack:
        try:
            unfinished = stack.enter_context(whole_folder(target))
        except OSError as error:
            raise refusal(type(error), f"{os.fspath(out)!r} cannot be written: {error.strerror}") from error
        yield unfinished
        written = sorted(path.relative_to(unfinished).as_posix() for path in unfinished.rglob("*") if path.is_file())
        (unfinished / MARKER).write_text("\n".join([*written, MARKER]) + "\n", encoding="utf-8")
        _check(target, out)  # again: writing may have taken minutes


def _check(target: Path, out: str | os.PathLike[str]) -> None:
    """Raise unless `target` can be written: nothing is there, or an empty folder, or a report and nothing else."""
    said = repr(os.fspath(out))
    if not target.name:
        raise refusal(FileExistsError, f"{said} is not a place for a folder of its own")
    if not target.parent.is_dir():
        raise refusal(FileNotFoundError, f"there is no folder {str(target.parent)!r} to write {target.name!r} into")
    if not os.path.lexists(target):
        return
    if not target.is_dir():
        raise refusal(FileExistsError, f"{said} is a file; a report needs a folder of its own")
    try:
        held = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    except OSError as error:
        raise refusal(type(error), f"{said} cannot be read: {error.strerror}") from error
    if not held and not any(target.iterdir()):
        return
    if MARKER not in held:
        raise refusal(FileExistsError, f"{said} holds something else than a report and is left as it is")
    written = set((target / MARKER).read_text(encoding="utf-8").splitlines())
    if others := sorted(name for name in held - written if name.rpartition("/")[2] not in _PASSED_OVER):
        raise refusal(FileExistsError, f"{said} is left as it is, for no report wrote {others[0]!r} in it")


class PictureFiles:
    """Writes pictures into a folder, some at a time beside what else is computed; all are there when a block ends.

    Compressing one takes about as long as the backward pass that it shows.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool = ThreadPoolExecutor(2)
        self._pending: list[Future[None]] = []

    def __enter__(self) -> PictureFiles:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=error[0] is not None)
        if error[0] is None:
            self.wait()

    def write(self, picture: Image.Image, name: str) -> str:
        """Write a picture as .png under a name in the folder; returns where it is, as the page says it.

        Lightly compressed: a signal's noise becomes hardly smaller for three times the work.
        """
        self._pending.append(self._pool.submit(picture.save, self.folder / name, compress_level=1))
        return f"{self.folder.name}/{name}"

    def wait(self) -> None:
        """Until all that were begun are written; raises what went wrong."""
        pending, self._pending = self._pending, []
        for one in pending:
            one.result()


def template(name: str) -> Any:
    """A template of this package, in which no value is markup; `render(values)` fills it.

    Raises ImportError without jinja2 (the extra `report`).
    """
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # here, so that importing vis stays quick
    except ImportError as error:
        raise refusal(ImportError, "the page needs jinja2; pip install 'autograd-mini[report]' brings it") from error
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "ensure_ascii": False}
    return environment.get_template(name)
