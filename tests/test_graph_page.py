"""The page on which modules open and close: what it shows at first, by mouse and by keyboard, light, dark, printed."""

import json
import re

import numpy as np
import pytest
from graphs import loss_of_a_small_net
from test_graph_calls import Blocks, recurrent

import nn
from autograd_mini import Tensor, profile, relu, render

SHOWN = """() => [...document.querySelectorAll("main svg g.vertex, main svg g.group")].map(g => {
  const {left, top, right, bottom} = g.querySelector(".shape").getBoundingClientRect();
  return {words: g.getAttribute("aria-label"), box: [left, top, right, bottom], open: g.getAttribute("aria-expanded"),
          texts: [...g.querySelectorAll("text")].map(t => t.getBoundingClientRect()).map(b => [b.left, b.right])};
})"""


def opened(browser, path, **options):
    """The page in the browser, with what goes wrong in its script as errors."""
    page = browser.chromium.new_page(offline=True, **options)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.as_uri())
    return page


def expanded(page):
    return {thing["words"].split(",")[0]: thing["open"] for thing in page.evaluate(SHOWN) if thing["open"]}


def data_of(path):
    return json.loads(re.search(r'id="data">(.*?)</script>', path.read_text(encoding="utf-8"), re.DOTALL)[1])


@pytest.fixture
def blocks(tmp_path):
    net = nn.Sequential(body=Blocks(), head=nn.Linear(8, 2, rng=0))
    return render(net(np.ones((2, 8), np.float32)).sum(), tmp_path / "net.html", depth=1)


def test_modules_are_closed_at_a_depth_and_open_and_close_on_a_click(browser, blocks):
    with opened(browser, blocks) as page:
        assert expanded(page) == {"body · Blocks": "false"}
        (said,) = (thing["words"] for thing in page.evaluate(SHOWN) if thing["open"])
        assert said == "body · Blocks, 8 linear, 4 relu, 4 multiply, 4 add, 576 parameters"
        page.click("[aria-expanded=false]")
        assert expanded(page)["body · Blocks"] == "true"
        for _ in range(2):  # the list of blocks, the first of them
            page.locator("[aria-expanded=false]").first.click()
        assert "a · linear" in "".join(page.locator("main text").all_text_contents())
        page.locator("[aria-expanded=true] .bar").first.click()
        assert expanded(page) == {"body · Blocks": "false"}


def test_the_keyboard_opens_and_closes_and_stays_where_it_was(browser, blocks):
    with opened(browser, blocks) as page:
        page.focus("[data-group]")
        group = page.evaluate("document.activeElement.dataset.group")
        for key, state in (("Enter", "true"), (" ", "false"), ("Enter", "true")):
            page.keyboard.press(key)
            focused = "[document.activeElement.dataset.group, document.activeElement.ariaExpanded]"
            assert page.evaluate(focused) == [group, state]
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "button"
        assert page.evaluate("document.activeElement.dataset.group") != group


def test_buttons_open_level_by_level_and_close_all(browser, blocks):
    with opened(browser, blocks) as page:
        counts = [len(page.evaluate(SHOWN))]
        while page.is_enabled("#more"):
            page.click("#more")
            counts.append(len(page.evaluate(SHOWN)))
        assert counts == sorted(set(counts))
        assert len(counts) == 4  # the body, its list of blocks, each block
        page.click("#close")
        assert len(page.evaluate(SHOWN)) == counts[0]


@pytest.mark.parametrize("end", [lambda: recurrent(4), lambda: Blocks()(np.ones((2, 8))), loss_of_a_small_net])
def test_nothing_overlaps_and_words_stay_in_their_shapes(browser, tmp_path, end):
    with opened(browser, render(end(), tmp_path / "net.html")) as page:
        while page.is_enabled("#more"):
            page.click("#more")
        things = [thing for thing in page.evaluate(SHOWN) if thing["open"] != "true"]
        assert len(things) > 3
        for i, one in enumerate(things):
            for left, right in one["texts"]:
                assert one["box"][0] <= left <= right <= one["box"][2], one["words"]
            for other in things[:i]:
                (a, b, c, d), (e, f, g, h) = one["box"], other["box"]
                assert c <= e or g <= a or d <= f or h <= b, (one["words"], other["words"])


def test_ten_thousand_steps_are_boxes_at_first_and_no_box_holds_more_than_can_be_read(browser, tmp_path):
    y = Tensor(np.ones(3), requires_grad=True, name="x")
    for _ in range(5000):
        y = np.sin(y) * 2.0
    path = render(y.sum(), tmp_path / "chain.html")
    data = data_of(path)
    assert len(data["vertices"]) == 15_002
    assert max(len(group["things"]) for group in data["groups"]) <= 101  # 50 steps, a constant to every other, a leaf
    with opened(browser, path) as page:
        assert len(page.evaluate(SHOWN)) < 10
        assert all(re.fullmatch(r"[\d,]+ steps.*", thing["words"]) for thing in page.evaluate(SHOWN))
        tops = [thing["box"][1] for thing in page.evaluate(SHOWN)]
        assert len(set(tops)) == len(tops)  # one after another
        page.locator("[aria-expanded=false]").first.click()
        page.locator("[aria-expanded=false]").first.click()
        assert "sin" in page.locator("main text").all_text_contents()


def test_edges_lead_down_whatever_is_open(browser, tmp_path):
    with opened(browser, render(recurrent(5), tmp_path / "net.html", depth=1)) as page:
        for is_open in (False, True):
            if is_open:
                page.click("#more")
            ends = page.evaluate(
                """() => [...document.querySelectorAll(".edge")].map(path => {
                     const long = path.getTotalLength();
                     return [path.getPointAtLength(0).y, path.getPointAtLength(long).y]; })"""
            )
            assert ends
            assert all(start < stop for start, stop in ends)


def test_the_page_is_whole_by_itself_and_names_are_the_text_they_are(browser, tmp_path):
    name = "</script><script>document.title = 'hacked'</script>"
    x = Tensor([1.0], requires_grad=True, name=name)
    with opened(browser, render(relu(x), tmp_path / "a<b>&.html")) as page:
        assert page.title() == "a<b>&"
        assert name in page.locator("main text").all_text_contents()
        assert set(browser.outside_links(page)) == {"script: an element"}


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_in_light_and_dark(browser, tmp_path, dark):
    from test_golden_graphs import luminance

    path = render(loss_of_a_small_net(), tmp_path / "net.html")
    with opened(browser, path, color_scheme="dark" if dark else "light") as page:
        pairs = page.evaluate(
            """() => [...document.querySelectorAll("g.vertex")].flatMap(g => [...g.querySelectorAll("text")].map(t =>
                 [getComputedStyle(g.querySelector(".shape")).fill, getComputedStyle(t).fill]))"""
        )
        assert (luminance_of(page.evaluate("getComputedStyle(document.body).backgroundColor"), luminance) < 0.1) == dark
        for shape, words in pairs:
            one, other = sorted(luminance_of(colour, luminance) for colour in (shape, words))
            assert (other + 0.05) / (one + 0.05) >= 4, (shape, words)


def luminance_of(colour, luminance):
    return luminance("#" + "".join(f"{int(channel):02x}" for channel in re.findall(r"\d+", colour)[:3]))


def test_on_paper_it_is_light_and_without_buttons(browser, blocks):
    with opened(browser, blocks, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert not page.is_visible("#more")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_measures_are_on_the_page_too(tmp_path):
    x = Tensor(np.ones((2, 3)), requires_grad=True, name="x")
    with profile() as found:
        loss = (relu(x) * 2).sum()
        loss.backward()
    data = data_of(render(loss, tmp_path / "x.html", profile=found, shade="time", hide="constant"))
    assert {vertex["kind"] for vertex in data["vertices"]} == {"parameter", "operation", "loss"}
    assert any("shade" in vertex for vertex in data["vertices"])
    assert any("‖∇‖" in line["words"] for vertex in data["vertices"] for line in vertex["lines"])


def test_a_page_lies_in_no_other_direction(tmp_path):
    with pytest.raises(TypeError, match="rankdir"):
        render(loss_of_a_small_net(), tmp_path / "x.html", rankdir="LR")
    assert list(tmp_path.iterdir()) == []
