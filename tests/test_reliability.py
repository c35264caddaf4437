"""Every promise of SECURITY.md, tried on a few cases; `make reliability` tries them at length."""

import pytest

from tests.reliability.promises import PROMISES


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.key)
def test_a_promise_is_kept(promise):
    outcome = promise.kept(promise.short)
    assert outcome.failures == []
    assert outcome.cases >= promise.short
