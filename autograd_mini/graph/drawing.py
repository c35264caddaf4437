"""A `graphviz.Digraph` that needs no `dot` program for SVG and PNG: Graphviz as WebAssembly draws it too."""

from __future__ import annotations

from typing import Any

from graphviz import Digraph

from .renderers import picture


class Drawing(Digraph):  # type: ignore[misc]
    """A Digraph that draws itself without the `dot` program, in a notebook or through `pipe`."""

    def pipe(self, format: str | None = None, *args: Any, encoding: str | None = None, **options: Any) -> Any:  # noqa: A002
        """The picture in a format ("svg", "png", "pdf"), as bytes, or as text with an encoding.

        Other arguments are those of `graphviz.Digraph.pipe` and go to the `dot` program. Raises RuntimeError if nothing
        here can draw the format.
        """
        if args or options or (self.engine or "dot") != "dot":
            return super().pipe(format, *args, encoding=encoding, **options)
        found = picture(self.source, format or self.format)
        return found if encoding is None else found.decode(encoding)
