"""The checker of pictures is itself checked: it finds planted faults of a few pixels and passes what can be read."""

import re
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from picture_flaws import dense, ends, grown, inside
from PIL import Image

# Pictures in px, drawn by hand. A word's width is stated, so that it is the same in every font.


def svg(*parts, width=400, height=200):
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><g class="graph"><title>G</title>{"".join(parts)}</g></svg>'
    )


def word(x, y, words="HHHH", width=40, more=""):
    """A word around x, on the line y: letters of about 10 px."""
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-family="Helvetica,sans-serif" font-size="14" '
        f'textLength="{width}" lengthAdjust="spacingAndGlyphs" {more}>{words}</text>'
    )


def box(left, top, right, bottom, more='fill="none" stroke="black"'):
    return f'<polygon {more} points="{left},{top} {right},{top} {right},{bottom} {left},{bottom} {left},{top}"/>'


def oval(x, y, rx, ry, more='fill="none" stroke="black"'):
    return f'<ellipse {more} cx="{x}" cy="{y}" rx="{rx}" ry="{ry}"/>'


def path(d, more='fill="none" stroke="black"'):
    return f'<path {more} d="{d}"/>'


def group(kind, title, *drawn):
    escaped = title.replace("&", "&amp;").replace(">", "&gt;")
    return f'<g class="{kind}"><title>{escaped}</title><g><a xlink:title="said">{"".join(drawn)}</a></g></g>'


def node(title, x, y, *drawn, words="HHHH"):
    """A box of 60 × 30 px around (x, y), if nothing else is drawn."""
    return group("node", title, *(drawn or (box(x - 30, y - 15, x + 30, y + 15), word(x, y + 5, words))))


def edge(title, d, *drawn):
    return group("edge", title, path(d), *drawn)


def cluster(title, outline, *drawn):
    return group("cluster", f"cluster_{title}", outline, *drawn)


def arrow(x, y):
    """The head of an edge that comes down to (x, y)."""
    return f'<polygon fill="black" stroke="black" points="{x - 4},{y - 9} {x},{y} {x + 4},{y - 9} {x - 4},{y - 9}"/>'


# Faults by how far a thing is moved, in px: at −3 all is well, at 3 there is one flaw.
FAULTS = {
    r"“HHHH” of node a “HHHH” reaches [0-3]\.\d px outside its node": lambda by: [
        node("a", 0, 0, box(50, 50, 150, 90), word(130 + by, 75))
    ],
    r"“HHHH” of node round “HHHH” reaches [0-3]\.\d px outside its node": lambda by: [
        node("round", 0, 0, oval(100, 100, 60, 25), word(139.5 + by, 105))
    ],
    r"“HHHH” of node below “HHHH” reaches [0-3]\.\d px outside its node": lambda by: [
        node("below", 0, 0, box(50, 50, 150, 90), word(100, 90 + by))
    ],
    r"“HHHH” of node cells “HHHH” reaches [0-3]\.\d px outside its node": lambda by: [
        node("cells", 0, 0, box(50, 50, 200, 90), box(50, 50, 120, 90), word(100 + by, 75))
    ],
    r"“HHHH” of cluster c reaches [0-3]\.\d px outside its cluster": lambda by: [
        cluster("c", box(50, 50, 150, 90, 'fill="#eee" stroke="none"'), word(130 + by, 75))
    ],
    r"“HHHH” of edge a->b reaches [0-3]\.\d px outside the picture": lambda by: [
        edge("a->b", "M 300,20 L 300,180", word(380 + by, 100))
    ],
    r"“HHHH” of graph G reaches [0-3]\.\d px outside the picture": lambda by: [word(100, 200 + by)],
    r"node a reaches 3\.0 px outside the picture": lambda by: [node("a", 0, 0, box(-by, 50, 50, 90))],
    r"“HHHH” of edge a->b and “NNNN” of edge c->d overlap by [0-3]\.\d × \d+\.\d px": lambda by: [
        edge("a->b", "M 20,20 L 20,180", word(100 + by, 100)),
        edge("c->d", "M 300,20 L 300,180", word(137.5, 100, "NNNN")),
    ],
    r"“HHHH” of edge a->b and “HH” of edge a->b overlap by \d+\.\d × [0-3]\.\d px": lambda by: [
        edge("a->b", "M 20,20 L 20,180", word(100, 97 + by), word(100, 107, "HH"))
    ],
    r"“HHHH” of edge a->b lies over node c": lambda by: [
        edge("a->b", "M 20,20 L 20,180", word(100 + by, 100)),
        node("c", 0, 0, box(120, 80, 180, 120)),
    ],
    r"“HHHH” of cluster k lies over node c “HH”": lambda by: [
        cluster("k", box(10, 10, 390, 190), word(100, 40 + by)),
        node("c", 0, 0, box(60, 40, 180, 120), word(120, 80, "HH")),
    ],
    r"edge a->b runs through “HHHH” of edge a->b": lambda by: [edge("a->b", "M 120,20 L 120,180", word(100 + by, 100))],
    r"edge a->b runs through “HH” of edge c->d": lambda by: [
        edge("a->b", "M 20,20 C 120,20 120,180 20,180"),  # at its widest at x = 95
        edge("c->d", "M 300,20 L 300,180", word(115 - by, 105, "HH")),
    ],
    r"the outline of cluster k runs through “HHHH” of edge a->b": lambda by: [
        cluster("k", path("M 10,20 C 10,10 10,10 20,10 L 110,10 C 120,10 120,10 120,20 L 120,180 L 10,180 L 10,20")),
        edge("a->b", "M 70,20 L 70,180", word(100 + by, 100)),
    ],
    r"a line in node r “HHHH” runs through “HHHH” of node r “HHHH”": lambda by: [
        node("r", 0, 0, box(50, 50, 200, 90), '<polyline fill="none" stroke="black" points="120,50 120,90"/>',
             word(100 + by, 75))
    ],
    r"edge a->b runs through node c “HHHH”": lambda by: [  # past a corner, aslant
        node("a", 40, 20), node("b", 360, 180), node("c", 200, 140), edge("a->b", f"M 70,{61 + by} L 270,{141 + by}")
    ],
    r"edge a->b runs through node c “HHHH” ": lambda by: [
        node("c", 0, 0, oval(200, 100, 40, 20), word(200, 105)), edge("a->b", f"M 20,{80 + by} L 380,{80 + by}")
    ],
    r"the outline of cluster k runs through node c “HHHH”": lambda by: [
        node("c", 200, 100), cluster("k", box(10, 10, 170 + by, 190))
    ],
    r"node a “HHHH” and node b “HHHH” overlap": lambda by: [node("a", 100, 100), node("b", 160 - by, 100)],
    r"node a “HHHH” and node b “HHHH” overlap ": lambda by: [
        node("a", 0, 0, oval(100, 100, 40, 20), word(100, 105)),
        node("b", 0, 0, oval(180 - by, 100, 40, 20), word(180 - by, 105)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("sentence", FAULTS)
def test_a_fault_of_three_pixels_is_found_and_three_pixels_of_air_are_not(browser, sentence):
    assert browser.flaws(svg(*FAULTS[sentence](-3))) == []
    found = browser.flaws(svg(*FAULTS[sentence](3)))
    assert len(found) == 1, found
    assert re.fullmatch(sentence.strip(), found[0])


def test_a_text_up_against_the_line_around_it_touches_it(browser):
    stop = node("a", 0, 0, box(50, 50, 150, 90), word(100, 60.5))  # letters of about 10 px from the top line down
    assert browser.flaws(svg(stop)) == ["“HHHH” of node a “HHHH” touches the outline of its node"]


def test_a_node_within_a_node_overlaps_it(browser):
    found = browser.flaws(svg(node("a", 0, 0, box(20, 20, 300, 180)), node("b", 100, 100)))
    assert "node a and node b “HHHH” overlap" in found
    assert len(found) == 2
    assert "“HHHH” of node b “HHHH” lies over node a" in found


def test_every_picture_of_a_page_is_looked_at_and_a_flaw_is_said_once(browser):
    fine, cut = svg(node("a", 100, 100)), svg(word(100, 203), word(100, 203, more='fill="red"'))
    with browser.page_with(fine + cut) as page:
        found = browser.flaws(page)
        assert browser.texts(page) == ["HHHH"] * 3
    assert len(found) == 2
    assert sum("outside the picture" in flaw for flaw in found) == 1
    assert sum("overlap" in flaw for flaw in found) == 1


READABLE = {
    "an edge from border to border, its label beside it": [
        node("a", 100, 30), node("b", 100, 150),
        edge("a->b", "M 100,45 C 100,80 100,100 100,126", arrow(100, 135), word(126, 90)),
    ],
    "an edge that reaches into the nodes it joins, by port": [
        node("a", 100, 30, box(70, 15, 130, 45)), node("b", 100, 150, box(70, 135, 130, 165)),
        edge("a:out:s->b:in", "M 100,40 L 100,140"),
    ],
    "lines of text as close as they are set": [
        node("a", 0, 0, box(50, 20, 150, 90), *(word(100, 38 + 14 * i, "Hpqg") for i in range(3)))
    ],
    "two circles around a text, both the node's own": [
        node("a", 0, 0, oval(100, 100, 40, 25), oval(100, 100, 45, 30), word(100, 105))
    ],
    "a record": [
        node("a", 0, 0, box(50, 50, 200, 90), '<polyline fill="none" stroke="black" points="120,50 120,90"/>',
             word(85, 75), word(160, 75))
    ],
    "a note": [
        node("a", 0, 0, '<polygon fill="#fdf0d0" stroke="black" points="192,50 50,50 50,90 200,90 200,58 192,50"/>',
             '<polyline fill="none" stroke="black" points="192,50 192,58 200,58"/>', word(120, 75))
    ],
    "a box in three dimensions": [
        node("a", 0, 0, '<polygon fill="none" stroke="black" points="160,50 49,50 45,54 45,86 156,86 160,82 160,50"/>',
             '<polyline fill="none" stroke="black" points="156,54 45,54"/>',
             '<polyline fill="none" stroke="black" points="156,54 156,86"/>', word(100, 78))
    ],
    "a cylinder": [
        node("a", 0, 0, path("M 154,53 C 154,48 46,48 46,53 L 46,87 C 46,92 154,92 154,87 L 154,53"),
             path("M 154,53 C 154,58 46,58 46,53"), word(100, 78))
    ],
    "a box within a box, each with its title": [
        cluster("out", box(10, 10, 390, 190), word(40, 28)),
        cluster("in", box(30, 40, 370, 180), word(60, 58)), node("a", 200, 100),
    ],
    "an edge into a box": [
        cluster("k", box(10, 60, 390, 190)), node("a", 100, 120), node("b", 100, 30),
        edge("b->a", "M 100,45 L 100,105"),
    ],
    "round shapes whose boxes overlap": [
        node("a", 0, 0, oval(100, 70, 50, 25), word(100, 75)), node("b", 0, 0, oval(185, 105, 50, 25), word(185, 110))
    ],
    "an edge through the corner of a round shape's box": [
        node("c", 0, 0, oval(200, 100, 60, 30), word(200, 105)), edge("a->b", "M 120,100 L 180,60")
    ],
    "lines that are not drawn": [
        node("a", 100, 100), cluster("k", box(50, 50, 100, 150, 'fill="none" stroke="transparent"')),
        cluster("l", box(50, 50, 100, 150, 'fill="#eee" stroke="none"')),
        cluster("m", box(50, 50, 100, 150, 'fill="none" stroke="red" stroke-opacity="0"')),
        group("edge", "c->d", path("M 20,100 L 300,100", 'fill="none" stroke="red" visibility="hidden"')),
    ],
    "spaces around a label, which a line may cross": [
        edge("a->b", "M 100,20 L 100,180",
             '<text x="85" y="100" font-size="14">&#160;&#160;&#160;&#160;&#160;&#160;&#160;&#160;label</text>')
    ],
    "text that is nobody's shape": [node("plain", 0, 0, word(100, 100))],
}  # fmt: skip


@pytest.mark.parametrize("what", READABLE)
def test_what_can_be_read_has_no_flaws(browser, what):
    assert browser.flaws(svg(*READABLE[what])) == []


def test_the_font_is_as_wide_as_the_browser_draws_it(browser):
    """A box made for a narrow font holds the word in it, not in the wide one that is shown."""
    letters = lambda width: svg(
        node("a", 0, 0, box(50, 50, 50 + width, 90), f'<text x="56" y="75" font-size="14">{"m" * 20}</text>')
    )
    with browser.page_with(letters(350)) as page:
        width = page.evaluate("document.querySelector('text').getBBox().width")
    assert browser.flaws(letters(width + 12)) == []
    (flaw,) = browser.flaws(letters(width - 4))
    assert 7 < float(re.fullmatch(r"“m{20}” of node a “m{20}” reaches (.*) px outside its node", flaw)[1]) <= 10


def test_the_box_of_a_text_is_where_its_ink_is(browser, tmp_path):
    words = ["–", "aeo", "Hpg", "weight 64×3×3×3", "‖∇‖ ≈ 0.5", "  _j^ ", "&#160;&#160;x"]
    picture = svg(
        *(f'<text x="20" y="{25 + 30 * i}" font-size="14">{w}</text>' for i, w in enumerate(words)), height=240
    )
    browser.screenshot(picture, tmp_path / "ink.png")
    boxes = [text["box"] for text in browser.read(picture)[0]["texts"]]
    assert len(boxes) == len(words)
    dark = np.array(Image.open(tmp_path / "ink.png").convert("L")) < 200
    for i, found in enumerate(boxes):
        rows, columns = np.nonzero(dark[5 + 30 * i : 35 + 30 * i, :400])
        seen = [columns.min(), rows.min() + 5 + 30 * i, columns.max() + 1, rows.max() + 1 + 5 + 30 * i]
        np.testing.assert_allclose(found, seen, atol=1.1, err_msg=words[i])  # whole pixels, some of them pale


@pytest.mark.parametrize("transform", ["rotate(90)", "scale(2)", "translate(30 7) scale(0.5)"])
def test_pictures_may_be_turned_and_scaled(browser, transform):
    turned = lambda text_at: (
        f'<svg width="400" height="400" viewBox="-200 -200 400 400"><g class="graph" transform="{transform}">'
        f"{node('a', 0, 0, box(-40, -20, 40, 20), word(text_at, 5))}</g></svg>"
    )
    assert browser.flaws(turned(0)) == []
    (flaw,) = browser.flaws(turned(30))
    assert "outside its node" in flaw


def test_texts_are_listed_as_they_are_read(browser):
    hidden = ('display="none"', 'visibility="hidden"', 'opacity="0"', 'fill="none"', 'fill-opacity="0"')
    picture = svg(
        node("a", 100, 30, words="1 &lt; 2 &amp; 3"),
        word(100, 80, " \n  two&#160;&#160;words "),
        '<text x="20" y="110"> </text><desc>no text</desc><defs><text>nor this</text></defs>',
        *(word(200, 100, "hidden", more=how) for how in hidden),
        f'<g opacity="0">{word(200, 100, "hidden")}</g>',
        '<text x="20" y="150">näme <tspan font-weight="bold">∂ℓ</tspan></text>',
    )
    assert browser.texts(picture) == ["1 < 2 & 3", "two words", "näme ∂ℓ"]


OUTSIDE = {
    "a xlink:href": '<a xlink:href="https://example.org/">{}</a>',
    "a href": '<a href="page.html">{}</a>',
    "image href": '<image href="//example.org/a.png" width="9" height="9"/>',
    "use xlink:href": '<use xlink:href="other.svg#shape"/>',
    "img src": '<foreignObject width="9" height="9"><img src="a.png"></foreignObject>',
    "img srcset": '<foreignObject width="9" height="9"><img srcset="a.png 2x"></foreignObject>',
    "rect fill": '<rect width="9" height="9" fill="url(paints.svg#red)"/>',
    "rect style": "<rect width='9' height='9' style='fill: url( \"https://example.org/#red\" )'/>",
    "style": "<style>@font-face { font-family: f; src: url(https://example.org/f.woff) }</style>",
    "style ": "<style>@import 'https://example.org/a.css';</style>",
    "script": "<script>document.title = 'run'</script>",
    "rect onclick": '<rect width="9" height="9" onclick="alert(1)"/>',
    "a href ": '<a href="javascript:alert(1)">{}</a>',
}


@pytest.mark.parametrize("where", OUTSIDE)
def test_whatever_leads_out_of_a_picture_or_is_a_script_is_listed(browser, where):
    (found,) = browser.outside_links(svg(OUTSIDE[where].replace("{}", word(100, 100))))
    assert found.partition(": ")[0] == where.strip()


def test_what_stays_within_the_picture_leads_nowhere(browser):
    inner = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/SVG/1.1/svg11.dtd">',
        '<linearGradient id="g"><stop offset="0"/></linearGradient><rect width="9" height="9" fill="url(#g)"/>',
        '<a xlink:href="#g" xlink:title="see https://example.org/ or url(http://example.org)"><text>http://a.b</text></a>',
        '<image href="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="1" height="1"/>',
    )
    assert browser.outside_links(inner[0] + svg(*inner[1:])) == []


def test_no_page_reaches_the_network(browser):
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"127.0.0.1:{server.server_port}"
            pulls = f'<image href="http://{address}/image" width="9" height="9"/>'
            with browser.page_with(svg(pulls)) as page:
                refused = page.evaluate(f"fetch('http://{address}/fetch').then(() => false, () => true)")
            connection = HTTPConnection(address)
            connection.request("GET", "/direct")
            connection.getresponse().close()
            connection.close()
        finally:
            server.shutdown()
            thread.join()
    assert refused
    assert asked == ["/direct"]


def test_a_screenshot_holds_the_whole_picture_on_a_light_or_dark_ground(browser, tmp_path):
    picture = svg(box(1990, 1490, 2000, 1500, 'fill="red"'), width=2000, height=1500)
    for dark in (False, True):
        with browser.page_with(picture, dark=dark) as page:
            browser.screenshot(page, tmp_path / "whole.png")
        image = Image.open(tmp_path / "whole.png").convert("RGB")
        assert image.size == (2000, 1500)
        assert image.getpixel((1995, 1495)) == (255, 0, 0)
        ground = image.getpixel((10, 10))
        assert max(ground) < 60 if dark else ground == (255, 255, 255)


def test_the_ends_of_an_edge_are_read_from_its_title():
    names = {"a", "b", "a:b", "x->y", "n--1"}
    assert ends("a->b", names) == {"a", "b"}
    assert ends("a--b", names) == {"a", "b"}
    assert ends("a->a", names) == {"a"}
    assert ends("a:b:s->b:n", names) == {"a:b", "b"}
    assert ends("x->y->a:in:w", names) == {"x->y", "a"}
    assert ends("n--1->x->y", names) == {"n--1", "x->y"}
    assert ends("a->nobody", names) == set()


def test_points_are_inside_shapes_with_dents_too():
    arrow_head = np.array([[0.0, 0.0], [10.0, 5.0], [0.0, 10.0], [4.0, 5.0]])
    points = np.array([[5.0, 5.0], [3.0, 5.0], [1.0, 1.0], [9.0, 1.0], [-1.0, 5.0], [1.0, 9.0]])
    assert inside(points, arrow_head).tolist() == [True, False, True, False, False, True]
    np.testing.assert_allclose(grown(arrow_head, 5.0), arrow_head * 2 - 5)
    line = dense(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0], [3.0, 14.0]]))
    steps = np.hypot(*np.diff(line, axis=0).T)
    assert steps.max() <= 0.5
    np.testing.assert_allclose(steps.sum(), 15.0, rtol=0.01)  # a corner is cut
