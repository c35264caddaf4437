"""`every`: one test of many cases tries them all, names those that fail, and shows the errors of the first."""

import pytest
from cases import SHOWN, every


def failures_of(test, **fixtures):
    """What the test says, and the notes of the errors that it shows."""
    with pytest.raises(BaseExceptionGroup) as raised:
        test(**fixtures)
    return raised.value.message, [error.__notes__[0] for error in raised.value.exceptions]


def test_every_case_is_tried_and_those_that_fail_are_named():
    tried = []

    @every("n", range(10), ids=lambda n: f"number {n}")
    def odd(n):
        tried.append(n)
        assert n % 2

    said, shown = failures_of(odd)
    assert tried == [*range(10)]
    assert said == "5 of 10 cases fail: 0 number 0, 2 number 2, 4 number 4, 6 number 6, 8 number 8"
    assert shown == [f"in the case {n} number {n}" for n in (0, 2, 4)]
    assert len(shown) == SHOWN


def test_an_error_that_is_not_raised_fails_its_case_alone():
    @every("call, error", [(lambda: 1 / 0, ZeroDivisionError), (int, ValueError)], ids=["raises", "does not"])
    def refused(call, error):
        with pytest.raises(error):
            call()

    assert failures_of(refused) == ("1 of 2 cases fail: does not", ["in the case does not"])


def test_pairs_of_cases_are_tried_and_fixtures_stay():
    found = []

    @every("one", "ab")
    @every("two", [1, 2])
    def test(one, two, fixture):
        found.append((one, two, fixture))

    test(fixture=None)
    assert found == [(one, two, None) for one in "ab" for two in (1, 2)]


def test_cases_of_a_generator_are_made_when_they_are_first_tried_and_once():
    made, tried = [], []

    @every("n", (made.append(n) or n for n in range(3)))
    def test(n):
        tried.append(n)

    assert not made
    test()
    test()
    assert (made, tried) == ([0, 1, 2], [0, 1, 2, 0, 1, 2])


def test_no_cases_are_a_failure():
    with pytest.raises(AssertionError, match="there are no cases"):
        every("n", [])(lambda n: None)()
