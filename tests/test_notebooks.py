"""The notebooks run, show results and not the names of classes, and what shows itself does so in a screen's height."""

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd_mini as ag
import nn
import vis
from autograd_mini import progress, showing

nbformat = pytest.importorskip("nbformat")
ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def outputs(book):
    return [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_runs_from_its_first_cell_to_its_last(path, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").symlink_to(ROOT / "examples" / "data")
    book = nbformat.read(path, 4)
    assert not outputs(book), "what it shows is not kept"
    where = {"metadata": {"path": str(tmp_path / "notebooks")}}
    nbclient.NotebookClient(book, timeout=600, resources=where).execute()
    for output in outputs(book):
        assert output.output_type != "error"
        data = output.get("data", {})
        if {"text/html", "image/png", "application/vnd.jupyter.widget-view+json"} & {*data}:
            continue
        assert not re.search(r"<[\w.]+ (object )?at 0x", data.get("text/plain", "")), data
    shown = "".join(output.get("data", {}).get("text/html", "") for output in outputs(book))
    assert shown.count("<svg") + shown.count("<pre") + shown.count("<table") > 0


def test_notebooks_are_on_no_screen_wider_than_the_page():
    for path in NOTEBOOKS:
        book = nbformat.read(path, 4)
        for line in "\n".join(cell.source for cell in book.cells if cell.cell_type == "code").splitlines():
            assert len(line) <= 110, line


def results():
    rng = np.random.default_rng(0)
    x, labels = rng.random((40, 1, 8, 8), np.float32), np.arange(40) % 3
    net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU(), flat=nn.Flatten(), fc=nn.Linear(72, 3, rng=0))
    learner = nn.Learner(net, nn.cross_entropy, nn.SGD(net.parameters(), lr=0.1))
    with ag.profile() as profile, ag.memory_usage() as usage:
        loss = nn.cross_entropy(net(x), labels)
        loss.backward()
    yield profile
    yield usage
    yield loss.summary()
    yield learner.find_lr(x, labels, steps=3)
    yield learner.fit(x, labels, epochs=2, progress=False)
    yield vis.top_activations(net, x, "relu", k=3)
    yield nn.ArrayData(x, labels)
    yield nn.split(nn.ArrayData(x, labels), 0.5)[0]
    yield nn.gradcheck(net, x[:2])
    yield net.load_state_dict(net.state_dict())
    yield ag.trace(net, x)


def test_what_comes_back_shows_itself_as_text_in_one_width_or_a_picture():
    for result in results():
        html = result._repr_html_()
        assert "<pre" in html or "<img" in html, type(result)
        assert "object at 0x" not in html
        if "<pre" in html:
            assert "font-family:monospace" in html
            assert "overflow:auto" in html


def test_what_shows_itself_escapes_what_it_says():
    data = nn.ArrayData(np.zeros(2), [0, 1])
    data.classes = ["<b>", "&"]
    assert "&lt;b&gt; 1, &amp; 1" in data._repr_html_()
    assert showing.as_picture(b"", 'a "<b>"').count("<") == 1


def test_data_say_what_they_hold():
    x = np.zeros((6, 3, 8, 8), np.uint8)
    data = nn.ArrayData(x, [0, 0, 1, 1, 1, 2])
    assert repr(data) == "ArrayData: 6 examples of 3 classes: 0 2, 1 3, 2 1"
    assert "<img" in data._repr_html_()
    assert repr(nn.ArrayData(np.zeros(1), [0.5])) == "ArrayData: 1 example"
    assert "<img" not in nn.ArrayData(np.zeros((3, 4)), [0, 1, 2])._repr_html_()
    assert repr(nn.ArrayData(np.zeros(40), np.arange(40))).endswith("11 1, …")


def test_a_drawing_is_shown_whole_and_a_very_high_one_is_scrolled():
    assert showing.as_drawing('<svg width="90pt" height="400pt">').startswith('<svg style="max-width:100%;max-height')
    assert "overflow:auto" in showing.as_drawing('<svg width="90pt" height="4000pt">')


def test_a_bar_is_shown_in_a_notebook_and_in_no_other_program(monkeypatch, capsys):
    assert not progress.is_notebook()
    assert progress.bar(3, "img", "words", True).disable
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())))
    assert progress.is_notebook()
    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    progress._kind.cache_clear()
    with progress.bar(3, "img", "words", True) as shown:
        assert not shown.disable
        shown.update(1)
    assert "words" in capsys.readouterr().err
    assert progress.bar(3, "img", "words", False).disable
    progress._kind.cache_clear()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert not progress.is_notebook()  # IPython in a terminal
