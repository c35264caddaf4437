"""One test of many cases, where a test for each would take longer to set up than to run."""

import functools
import inspect

import pytest

SHOWN = 3  # errors of so many cases; of the others their names are enough


def named(case):
    return getattr(case, "__name__", None) or repr(case)


def every(arguments, cases, ids=named):
    """As `pytest.mark.parametrize`, but one test: it tries every case, then fails if any did, and says which.

    Fixtures are set up once, for all cases together. A decorated test can be decorated again: every pair is tried.
    Cases that take long to make come from a generator or a function: it runs when the test first does, not in every
    worker.
    """
    names = arguments.split(", ") if isinstance(arguments, str) else list(arguments)

    @functools.cache
    def labelled():
        found = list(cases() if callable(cases) else cases)
        labels = [f"{number} {ids(case)}" for number, case in enumerate(found)] if callable(ids) else list(ids)
        return list(zip(labels, found if len(names) > 1 else [(case,) for case in found], strict=True))

    def decorated(test):
        @functools.wraps(test)
        def trying(**fixtures):
            failed = []
            for label, case in labelled():
                try:
                    test(**fixtures, **dict(zip(names, case, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"in the case {label}")
                    failed.append((label, error))
            assert labelled(), "there are no cases"
            if failed:
                told = f"{len(failed)} of {len(labelled())} cases fail: {', '.join(label for label, _ in failed)}"
                raise BaseExceptionGroup(told, [error for _, error in failed[:SHOWN]])

        signature = inspect.signature(test)
        parameters = [one for name, one in signature.parameters.items() if name not in names]
        trying.__signature__ = signature.replace(parameters=parameters)
        return trying

    return decorated
