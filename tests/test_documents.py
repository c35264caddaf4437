"""The documents: every block of Python runs as it stands, in order; every link leads somewhere; README is short."""

import os
import re
import subprocess
import sys
from pathlib import Path

import documents
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERY = [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "tests/README.md"))]
WITH_CODE = [path for path in EVERY if documents.blocks(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", WITH_CODE, ids=[path.stem for path in WITH_CODE])
def test_every_block_of_python_runs_in_an_empty_folder(path, tmp_path):
    documents.bring(tmp_path, ROOT / "examples" / "data" / "chelsea.png")
    command = [sys.executable, ROOT / "tests" / "documents.py", path]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    ran = re.findall(rf"^{re.escape(path.name)}:(\d+) ", done.stdout, re.MULTILINE)
    assert list(map(int, ran)) == [line for line, _ in documents.blocks(path.read_text(encoding="utf-8"))]


def test_a_block_that_fails_names_its_line_in_the_document(tmp_path):
    (tmp_path / "page.md").write_text("# A page\n\n```python\nx = 1\n```\n\nwords\n\n```python\nx / 0\n```\n")
    command = [sys.executable, ROOT / "tests" / "documents.py", "page.md"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode
    assert 'File "page.md", line 10' in done.stderr
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("path", EVERY, ids=[str(path.relative_to(ROOT)) for path in EVERY])
def test_every_link_leads_somewhere(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (path.parent / link.partition("#")[0]).exists(), link


def test_readme_is_read_in_minutes_and_leads_to_every_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    for path in PAGES[1:]:
        assert f"(docs/{path.name})" in text, path.name


def test_there_is_a_fence_for_every_kind_of_block():
    for path in EVERY:
        for fence in re.findall(r"^```(\w*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert fence in ("", "python", "text"), f"{path.name}: {fence}"
