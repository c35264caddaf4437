"""Every promise of SECURITY.md, tried on a few cases; `make reliability` tries them at length."""

import pytest

from tests.reliability.__main__ import main
from tests.reliability.promises import PROMISES


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.key)
def test_a_promise_is_kept(promise):
    outcome = promise.kept(promise.short)
    assert outcome.failures == []
    assert outcome.cases >= promise.short


def test_a_run_prints_and_writes_a_row_for_each_promise_that_was_chosen(tmp_path, capsys):
    assert main(["--only", "reading_is_quiet,no_pickle", "--share", "0.001", "--out", str(tmp_path / "record.md")]) == 0
    lines = (tmp_path / "record.md").read_text(encoding="utf-8").splitlines()
    assert [line.split("|")[1].strip() for line in lines[6:]] == [
        "**Silently wrong becomes loud**", "Reading arrays, and writing before and after, is never an error",
        "**Files are data**", "No source unpickles, evaluates text or starts a shell",
    ]  # fmt: skip
    assert capsys.readouterr().out.count("kept  ") == 2
