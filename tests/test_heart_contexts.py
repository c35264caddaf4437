"""Contexts: recording, observers and scopes belong to the thread or the task."""

import asyncio
import contextvars
import threading

import numpy as np
import pytest
from internals import Observer, here, leaf, observed_by, rescoped, run_tasks

import autograd_mini as ag
from autograd_mini import Tensor, enable_grad, is_grad_enabled, no_grad

pytestmark = pytest.mark.usefixtures("nothing_stays")


# ── blocks ──


@pytest.mark.parametrize(("outer", "inner"), [(no_grad, enable_grad), (no_grad, no_grad), (enable_grad, no_grad)])
def test_blocks_left_in_another_order_take_back_what_they_changed_and_no_more(outer, inner):
    a, b = outer(), inner()
    a.__enter__()
    b.__enter__()
    assert is_grad_enabled() == (inner is enable_grad)
    a.__exit__(None, None, None)
    assert is_grad_enabled() == (inner is enable_grad)
    b.__exit__(None, None, None)
    assert is_grad_enabled()


def test_one_block_can_be_entered_again_inside_itself_and_none_left_that_was_not_entered():
    block = no_grad()
    with block:
        with block, enable_grad(), block:
            assert not is_grad_enabled()
        enable_grad().__exit__(None, None, None)
        assert not is_grad_enabled()
    assert is_grad_enabled()
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert is_grad_enabled()


# ── threads and contexts ──


def test_blocks_observers_and_scopes_are_not_those_of_other_threads():
    before, found = rescoped("here"), []
    try:
        with no_grad(), observed_by(Observer()):
            thread = threading.Thread(target=lambda: found.append((here(), leaf([1.0]) * 2)))
            thread.start()
            thread.join()
            inside = here()
    finally:
        rescoped(before)
    ((there, recorded),) = found
    assert (there["recording"], there["the observers"], there["the scope"]) == (True, (), None)
    assert recorded.requires_grad
    assert (inside["recording"], inside["the scope"]) == (False, "here")


def test_a_copied_context_keeps_what_held_when_it_was_copied():
    before = contextvars.copy_context()
    with no_grad():
        inside = contextvars.copy_context()
        assert before.run(is_grad_enabled)
    assert not inside.run(is_grad_enabled)


def test_a_block_entered_in_a_context_belongs_to_it():
    context, block = contextvars.copy_context(), no_grad()
    context.run(block.__enter__)
    assert is_grad_enabled()
    block.__exit__(None, None, None)  # not entered here
    assert not context.run(is_grad_enabled)
    context.run(block.__exit__, None, None, None)
    assert context.run(is_grad_enabled)


def test_the_mutation_check_is_switched_for_every_thread_at_once():
    begun, switched, found = threading.Event(), threading.Event(), []

    def train():
        for _ in range(2):
            constant = np.ones(1)
            loss = (leaf([1.0]) * Tensor(constant)).sum()
            constant[:] = 3
            try:
                loss.backward()
                found.append("silent")
            except RuntimeError:
                found.append("observed")
            begun.set()
            assert switched.wait(600)

    thread = threading.Thread(target=train)
    thread.start()
    try:
        assert begun.wait(600)
        with no_grad(), ag.profile():  # whatever holds here
            ag.set_guarded(False)
            switched.set()
            thread.join()
    finally:
        ag.set_guarded(True)
    assert found == ["observed", "silent"]


# ── tasks ──


def test_a_tasks_block_is_not_anothers():
    w = leaf([1.0, 2.0, 3.0])

    async def evaluate(go_on):
        with no_grad():
            await go_on.wait()
            return is_grad_enabled()

    async def train(go_on):
        square = (w * w).sum()
        await asyncio.sleep(0)
        cube = (w * w * w).sum()
        go_on.set()
        (square + cube).backward()

    async def both():
        go_on = asyncio.Event()
        return await asyncio.gather(evaluate(go_on), train(go_on))

    assert run_tasks(both()) == [False, None]
    np.testing.assert_array_equal(w.grad, 2 * w.numpy() + 3 * w.numpy() ** 2)


def test_tasks_whose_blocks_end_in_another_order_leave_recording_on():
    async def waiting(begun, until):
        with no_grad():
            begun.set()
            await until.wait()
        return is_grad_enabled()

    async def crossed():
        begun, first, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
        one = asyncio.create_task(waiting(begun, first))
        await begun.wait()
        other = asyncio.create_task(waiting(asyncio.Event(), second))
        await asyncio.sleep(0)
        first.set()
        results = [await one]
        second.set()
        return [*results, await other, is_grad_enabled()]

    assert run_tasks(crossed()) == [True, True, True]


def test_a_task_begins_with_what_holds_where_it_is_made():
    async def making():
        async def looking():
            return is_grad_enabled()

        with no_grad():
            task = asyncio.create_task(looking())
        return await task, is_grad_enabled()

    assert run_tasks(making()) == (False, True)
