"""Pictures of graphs, opened in Chromium: labels that overlap or are cut, what is written, what leads out.

    def test_the_picture_can_be_read(browser):
        assert browser.flaws(svg) == []

A picture is an <svg> as Graphviz writes it. The browser lays it out and says in one call where everything came to lie;
picture_flaws finds what is wrong with that. Nothing here reaches the network, whatever a picture asks for.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from picture_flaws import flaws_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no name and no address is found: not by pages, not by Chromium itself
)

HTML = """<!doctype html><meta charset="utf-8"><title>picture</title>
<style>:root { color-scheme: light dark } body { margin: 0 } svg { display: block }</style>
"""

# Every picture as {frame, parts: [{kind, title, outlines, lines}], texts: [{words, box, part}]}, in px of the page.
# A text's box is its ink. The browser's own box reaches from the font's highest to its lowest point and holds spaces,
# so lines of text that are well apart overlap by pixels; a canvas tells the extent of the letters themselves.
READ = r"""() => {
  const KINDS = "g.node, g.edge, g.cluster, g.graph", SHAPES = "path, polygon, polyline, ellipse, circle, rect, line";
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const seen = element => element.checkVisibility({opacityProperty: true, visibilityProperty: true}) &&
    !element.closest("defs, symbol, marker, pattern, mask, clipPath");
  const painted = (element, what) => {
    const style = getComputedStyle(element), paint = style.getPropertyValue(what);
    return paint !== "none" && !/^rgba\(.*, 0\)$/.test(paint) && style.getPropertyValue(what + "-opacity") > 0;
  };
  const written = text => {
    const raw = text.textContent, kept = getComputedStyle(text).whiteSpace.startsWith("pre");
    return kept ? raw : raw.replace(/[ \t\r\n]+/g, " ").replace(/^ | $/g, "");  // other spaces are always kept
  };
  const mapped = (points, element) => {
    const {a, b, c, d, e, f} = element.getScreenCTM();
    return points.map(({x, y}) => [a * x + c * y + e, b * x + d * y + f]);
  };
  const traced = path => {  // halved until straight: as long as its chord, its middle on it. A point takes long to tell
    const points = [path.getPointAtLength(0)], length = path.getTotalLength();
    const far = (one, two) => Math.hypot(one.x - two.x, one.y - two.y);
    const walk = (from, start, to, end) => {
      const half = (from + to) / 2, there = path.getPointAtLength(half);
      const bent = far(there, {x: (start.x + end.x) / 2, y: (start.y + end.y) / 2}) > 0.2;
      if (to - from > 1 && (bent || to - from - far(start, end) > 0.02)) {
        walk(from, start, half, there);
        walk(half, there, to, end);
      } else points.push(end);
    };
    walk(0, points[0], length, path.getPointAtLength(length));
    return points;
  };
  const ink = text => {  // [left, top, right, bottom], null for one that leaves none
    const style = getComputedStyle(text), high = parseFloat(style.fontSize) / 100, count = text.getNumberOfChars();
    canvas.font = `${style.fontStyle} ${style.fontWeight} 100px ${style.fontFamily}`;
    const told = canvas.measureText(written(text));
    if (!(count && told.actualBoundingBoxLeft + told.actualBoundingBoxRight > 0)) return null;
    const {x, y} = text.getStartPositionOfChar(0), wide = (text.getEndPositionOfChar(count - 1).x - x) / told.width;
    const left = x - told.actualBoundingBoxLeft * wide, right = x + told.actualBoundingBoxRight * wide;
    const top = y - told.actualBoundingBoxAscent * high, bottom = y + told.actualBoundingBoxDescent * high;
    const corners = mapped([{x: left, y: top}, {x: right, y: top}, {x: left, y: bottom}, {x: right, y: bottom}], text);
    const [xs, ys] = [0, 1].map(axis => corners.map(corner => corner[axis]));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  };
  const part = group => {
    const kind = ["node", "edge", "cluster", "graph"].find(name => group.classList.contains(name));
    const outlines = [], lines = [];
    for (const shape of kind === "graph" ? [] : group.querySelectorAll(SHAPES)) {
      const stroked = painted(shape, "stroke");
      if (shape.closest(KINDS) !== group || !seen(shape) || !(stroked || painted(shape, "fill"))) continue;
      const points = mapped(shape.points ? [...shape.points] : traced(shape), shape);
      const open = kind === "edge" || /^(polyline|line)$/.test(shape.localName);
      if (!open) outlines.push(points);
      if (stroked && (open || kind === "cluster"))
        lines.push(shape.localName === "polygon" ? [...points, points[0]] : points);
    }
    return {kind, title: group.querySelector(":scope > title")?.textContent ?? "", outlines, lines};
  };
  return JSON.stringify([...document.querySelectorAll("svg")].filter(svg => !svg.parentElement.closest("svg")).map(
    svg => {
      const groups = [...svg.querySelectorAll(KINDS)], {left, top, right, bottom} = svg.getBoundingClientRect();
      const texts = [...svg.querySelectorAll("text")].filter(text => seen(text) && painted(text, "fill"));
      return {
        frame: [left, top, right, bottom],
        parts: groups.map(part),
        texts: texts.map(text => ({
          words: written(text).replace(/\s+/g, " ").trim(), box: ink(text), part: groups.indexOf(text.closest(KINDS)),
        })).filter(text => text.box),
      };
    }));
}"""

# Links by attribute, url() and @import in styles and in attributes that may hold one, scripts in either form.
OUTSIDE = r"""() => {
  const LINKS = /^(href|src|srcset|data|action|formaction|poster|background|ping)$/, WORDS = /^(title|alt|id|class)$/;
  const URLS = /url\(\s*(["']?)(.*?)\1\s*\)|@import\s+["'](.*?)["']/gi;
  const found = [], own = link => /^\s*(#|data:|$)/i.test(link);
  const look = (style, where) => {
    for (const [, , url, imported] of style.matchAll(URLS))
      if (!own(url ?? imported)) found.push(`${where}: ${url ?? imported}`);
  };
  for (const element of document.querySelectorAll("*")) {
    const tag = element.localName;
    if (tag === "script") found.push("script: an element");
    if (tag === "style") look(element.textContent, "style");
    for (const {name, localName, value} of element.attributes) {
      if (/^on/i.test(localName)) found.push(`${tag} ${name}: a script`);
      else if (!LINKS.test(localName)) WORDS.test(localName) || look(value, `${tag} ${name}`);
      else if (!own(value)) found.push(`${tag} ${name}: ${value}`);
    }
  }
  return found;
}"""


@dataclass(frozen=True)
class Browser:
    """Chromium without a window and without a network. Where a page is asked for, a picture's text will do too."""

    chromium: Chromium
    scratch: Page  # for pictures that are looked at and forgotten: a new page takes longer than they do

    def page_with(self, svg: str, dark: bool = False) -> Page:
        """A page that shows the picture as a notebook does: inside HTML, on a light or dark ground.

        It stays open until it is closed: `with browser.page_with(svg) as page`.
        """
        page = self.chromium.new_page(color_scheme="dark" if dark else "light", offline=True)
        page.set_content(HTML + svg)
        return page

    def screenshot(self, page_or_svg: Page | str, path: Path | str) -> None:
        """The whole page as a .png, however large."""
        self._showing(page_or_svg).screenshot(path=path, full_page=True)

    def flaws(self, page_or_svg: Page | str) -> list[str]:
        """What keeps the pictures on a page from being read, a sentence each; empty when all is well."""
        return [flaw for picture in self.read(page_or_svg) for flaw in flaws_of(picture)]

    def texts(self, page_or_svg: Page | str) -> list[str]:
        """Every line of text in the pictures that can be seen, as it is read, in the order of drawing."""
        return [text["words"] for picture in self.read(page_or_svg) for text in picture["texts"]]

    def outside_links(self, page_or_svg: Page | str) -> list[str]:
        """Everything that leads out of the page, and scripts: there are none in a picture that can be sent to anybody.

        Text that looks like a link is none, nor is data: or the name of a namespace.
        """
        found: list[str] = self._showing(page_or_svg).evaluate(OUTSIDE)
        return found

    def read(self, page_or_svg: Page | str) -> list[dict[str, Any]]:
        """Where everything lies in the pictures on a page, in px: see READ."""
        pictures: list[dict[str, Any]] = json.loads(self._showing(page_or_svg).evaluate(READ))
        return pictures

    def _showing(self, page_or_svg: Page | str) -> Page:
        if not isinstance(page_or_svg, str):
            return page_or_svg
        self.scratch.set_content(HTML + page_or_svg)
        return self.scratch


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one for all tests. Skips where it or Playwright is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip("Playwright is not installed: pip install playwright (the package alone, without its browsers)")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium: apt install chromium, or install Google Chrome")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=ARGUMENTS) as chromium,
    ):
        yield Browser(chromium, chromium.new_page(offline=True))
