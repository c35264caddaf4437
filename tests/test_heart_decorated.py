"""Functions under no_grad and enable_grad: methods, generators, coroutines and asynchronous generators."""

import asyncio
import contextlib
import gc
import inspect

import pytest
from internals import leaf, run_tasks

from autograd_mini import Tensor, enable_grad, is_grad_enabled, no_grad

pytestmark = pytest.mark.usefixtures("nothing_stays")


class Decorated:
    @no_grad()
    def method(self):
        return is_grad_enabled()

    @classmethod
    @no_grad
    def of_class(cls):
        return is_grad_enabled()

    @staticmethod
    @no_grad()
    def static():
        return is_grad_enabled()

    @property
    @no_grad()
    def read(self):
        return is_grad_enabled()


def test_methods_of_every_kind_and_functions_that_call_themselves_can_be_decorated():
    @no_grad()
    def down(n):
        return down(n - 1) if n else is_grad_enabled()

    one = Decorated()
    calls = [one.method, Decorated.of_class, one.static, lambda: one.read, lambda: down(5)]
    assert [(call(), is_grad_enabled()) for call in calls] == [(False, True)] * 5
    assert Decorated.method.__name__ == "method"


@pytest.mark.parametrize("given", [3, False, "no", int, Tensor])
def test_what_is_no_function_is_refused(given):
    with pytest.raises(TypeError, match=r"no_grad: takes a function or nothing, not \w+"):
        no_grad(given)


def test_each_step_of_a_generator_is_inside_and_its_caller_is_not():
    seen = []

    @no_grad()
    def outputs(x):
        try:
            given = yield (x * 2).requires_grad
            seen.append(given)
            yield is_grad_enabled()
            yield 1
        except KeyError:
            yield is_grad_enabled()
        finally:
            seen.append(is_grad_enabled())
        return "done"

    steps = outputs(leaf([1.0]))
    assert next(steps) is False
    assert is_grad_enabled()
    assert steps.send("sent") is False
    assert steps.throw(KeyError) is False
    assert is_grad_enabled()
    with pytest.raises(StopIteration) as ended:
        next(steps)
    assert ended.value.value == "done"
    assert seen == ["sent", False]


@pytest.mark.parametrize("end", ["closed", "dropped", "an error"])
def test_a_generator_ends_inside(end):
    seen = []

    @no_grad
    def stepping():
        try:
            yield 1
        finally:
            seen.append(is_grad_enabled())

    steps = stepping()
    next(steps)
    if end == "closed":
        steps.close()
    elif end == "dropped":
        del steps
        gc.collect()
    else:
        with pytest.raises(ZeroDivisionError):
            steps.throw(ZeroDivisionError)
    assert seen == [False]
    assert is_grad_enabled()


def test_generators_take_turns_and_are_contexts_too():
    @no_grad()
    def off():
        while True:
            yield is_grad_enabled()

    @enable_grad()
    def on():
        while True:
            yield is_grad_enabled()

    pairs = zip(off(), on(), off(), strict=True)
    with no_grad():
        assert next(pairs) == next(pairs) == (False, True, False)
    assert next(pairs) == (False, True, False)

    @contextlib.contextmanager
    @no_grad()
    def block():
        yield is_grad_enabled()

    with block() as inside:
        assert (inside, is_grad_enabled()) == (False, True)


def test_a_coroutine_is_inside_from_its_first_step_to_its_last():
    @no_grad()
    async def working():
        before = is_grad_enabled()
        await asyncio.sleep(0)
        return before, is_grad_enabled()

    async def beside():
        task = asyncio.create_task(working())
        seen = [is_grad_enabled()]
        await asyncio.sleep(0)
        return [*seen, is_grad_enabled(), await task]

    assert inspect.iscoroutinefunction(working)
    assert run_tasks(beside()) == [True, True, (False, False)]


def test_each_step_of_an_asynchronous_generator_is_inside_and_its_caller_is_not():
    seen = []

    @no_grad()
    async def stepping():
        try:
            given = yield is_grad_enabled()
            await asyncio.sleep(0)
            seen.append(given)
            yield is_grad_enabled()
        except KeyError:
            yield is_grad_enabled()
        finally:
            seen.append(is_grad_enabled())

    async def stepped():
        steps = stepping()
        found = [await anext(steps), is_grad_enabled(), await steps.asend("sent"), is_grad_enabled()]
        found += [await steps.athrow(KeyError), is_grad_enabled()]
        await steps.aclose()
        whole = [step async for step in stepping()]
        return found, whole, is_grad_enabled()

    assert run_tasks(stepped()) == ([False, True] * 3, [False, False], True)
    assert seen == ["sent", False, None, False]
