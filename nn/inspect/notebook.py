"""What a notebook shows: tables with a heading for each row and column, and a model as a tree that folds.

Colours are the page's own, so that it can be read on a light and on a dark one; every word is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from autograd_mini.observe.table import FIGURES

OPEN = 2  # levels of a tree that are unfolded at first


def as_table(caption: str, rows: Sequence[Sequence[str]], depths: Sequence[int], below: Iterable[str]) -> str:
    """A table: the heading first, each row's first cell what it is about, indented by its depth; then lines of text."""
    heading, *body = rows
    styles = [
        f"text-align:{'right' if word in FIGURES else 'left'};padding:.15em .8em;white-space:nowrap" for word in heading
    ]
    lines = [
        '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">',
        f'<caption style="text-align:left">{escape(caption)}</caption>',
        "<thead>",
        _row(
            [
                _cell('th scope="col"', word, f"{style};border-bottom:1px solid")
                for word, style in zip(heading, styles, strict=True)
            ]
        ),
        "</thead>",
        "<tbody>",
    ]
    for (name, *words), depth in zip(body, depths, strict=True):
        indented = f"{styles[0]};padding-left:{0.8 + 1.2 * depth:.1f}em;font-weight:normal"
        cells = [_cell("td", word, style) for word, style in zip(words, styles[1:], strict=True)]
        lines.append(_row([_cell('th scope="row"', name, indented), *cells]))
    return "\n".join([*lines, "</tbody>", "</table>", f"<p>{'<br>'.join(map(escape, below))}</p>"])


def _row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _cell(tag: str, word: str, style: str) -> str:
    return f'<{tag} style="{style}">{escape(word)}</{tag[:2]}>'


def as_tree(module: Any) -> str:
    """A module with its parts inside it, their arguments and how many parameters each holds; nothing is run."""
    return f'<div style="line-height:1.5">{_branch(module, "", "", 0, {})}</div>'


def _branch(module: Any, name: str, path: str, depth: int, shown: dict[int, str]) -> str:
    """One module, folded if it has parts and stands deep; one that was shown before is referred to."""
    called = f"<code>{escape(name)}</code>: " if name else ""
    kind = escape(type(module).__name__)
    if id(module) in shown:
        return f"<div>{called}{kind}, the same as {escape(shown[id(module)]) or 'the whole'}</div>"
    shown[id(module)] = path
    arguments = escape(module.extra_repr())
    count = sum(parameter.size for parameter in module.parameters())
    parts = [
        f"<li>{_branch(part, inner, f'{path}.{inner}' if path else inner, depth + 1, shown)}</li>"
        for inner, part in module.children()
    ]
    held = f' <span style="opacity:.75">{count:,} parameter{"s" * (count != 1)}</span>' if count or not name else ""
    line = f"{called}{kind}{f'({arguments})' if arguments or not parts else ''}{held}"
    if not parts:
        return f"<div>{line}</div>"
    return (
        f"<details{' open' * (depth < OPEN)}><summary>{line}</summary>"
        f'<ul role="list" style="list-style:none;margin:0;padding-left:1.5em">{"".join(parts)}</ul></details>'
    )
