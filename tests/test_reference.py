"""The page of public names: each is there with its example, and a docstring that names what is not there is told."""

import importlib.util
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import autograd_mini as ag
import nn

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_is_on_the_page_with_its_example(reference):
    page = reference.page()
    sections = dict(re.findall(r'<section id="([\w.]+)">(.*?)(?=<section id=|</main>)', page, re.DOTALL))
    for where, package in reference.PACKAGES.items():
        for name in package.__all__:
            text = unescape(re.sub(r"<.*?>", "", sections[f"{where}.{name}"]))
            thing = getattr(package, name)
            doc = (thing.__doc__ or "") if callable(thing) else ""
            if "Example:" in doc:
                assert ">>> " in text, name
            first = doc.strip().split("\n")[0].replace("`", "")
            assert first in text, name
    assert not re.search(r"object at 0x|&lt;function", page)
    for name in set(re.findall(r'href="#([\w.]+)"', page)):
        assert name in sections


def test_a_docstring_that_names_what_is_not_there_is_told(reference, monkeypatch):
    assert reference.faults() == []
    monkeypatch.setattr(nn.Linear, "__doc__", "As `ag.relu`, not as `nn.frobnicate` or `ag.linalg.nothing`.")
    assert reference.faults() == [
        "nn.Linear: there is no nn.frobnicate", "nn.Linear: there is no ag.linalg.nothing",
    ]  # fmt: skip


def test_it_is_written_by_one_command(tmp_path):
    done = subprocess.run([sys.executable, ROOT / "docs" / "reference.py", tmp_path], capture_output=True, text=True)
    assert not done.returncode, done.stderr
    assert ag.__version__ in (tmp_path / "reference.html").read_text(encoding="utf-8")
