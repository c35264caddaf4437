"""`nn.functional_call`: other tensors for one call, in its context alone; everywhere else the model has its own."""

import asyncio
import contextvars
import copy
import os
import pickle
import re
import threading

import numpy as np
import pytest
from internals import run_tasks
from test_model_gradcheck import assert_untouched, normal, snapshot

import autograd_mini as ag
import nn
from autograd_mini import Tensor
from nn import substitution
from tests.reliability.interruptions import at_every_moment, late


def test_functional_call_runs_the_model_with_other_tensors_or_results_and_puts_its_own_back():
    net, x = nn.Sequential(fc=nn.Linear(2, 2, rng=0, dtype=float)), normal(3, 2)
    w = Tensor(normal(2, 2, seed=3), requires_grad=True)
    before = snapshot(net)
    for factor, given in ((1, w), (3, 3 * w)):
        out = nn.functional_call(net, {"fc.weight": given}, x)
        np.testing.assert_array_equal(out, ag.linear(x, given, net["fc"].bias))
        np.testing.assert_allclose(ag.grad(ag.sum(out), w), factor * np.ones((2, 3)) @ x, rtol=1e-12)
        assert_untouched(net, before)


def test_functional_call_passes_keywords_on_and_replaces_buffers():
    x = normal(1, 1, 5, 5)
    maxima, indices = ag.max_pool2d(x, kernel_size=2, return_indices=True)
    out = nn.functional_call(nn.MaxUnpool2d(2), {}, maxima, indices, output_size=(5, 5))
    assert out.shape == x.shape
    norm = nn.BatchNorm2d(2, dtype=float).eval()
    image = normal(1, 2, 2, 2)
    half = nn.functional_call(norm, {"running_var": Tensor(np.full(2, 4.0))}, image)
    np.testing.assert_allclose(half, image / 2, rtol=1e-5)


def test_functional_call_refuses_what_does_not_fit_and_restores_everything_after_an_error():
    net, x = nn.Sequential(fc=nn.Linear(2, 3, rng=0, dtype=float)), normal(3, 2)
    before = snapshot(net)
    for parameters, kind, message in (
        ({"fc.wait": Tensor([1.0])}, ValueError, "the model has no 'fc.wait'; it has fc.weight, fc.bias"),
        ({"fc.bias": Tensor([1.0])}, ValueError, "'fc.bias' has shape (1,); the model's is (3,)"),
        ({"fc.bias": np.ones(3)}, TypeError, "'fc.bias' must be a Tensor, not ndarray"),
    ):
        with pytest.raises(kind, match=re.escape(f"functional_call: {message}")):
            nn.functional_call(net, {"fc.weight": Tensor(np.ones((3, 2))), **parameters}, x)
        assert_untouched(net, before)
    with pytest.raises(ValueError, match="linear"):
        nn.functional_call(net, {"fc.weight": Tensor(np.ones((3, 2)))}, normal(3, 5))
    assert_untouched(net, before)


# ── nobody else sees it ───────────────────────────────────────────────────────────────────────────────────────────────


class Meanwhile(nn.Module):
    """A linear layer, in the midst of whose call something else is done."""

    def __init__(self, act=lambda: None):
        self.fc = nn.Linear(2, 2, rng=0, dtype=float)
        self.act = act

    def forward(self, x):
        self.act()
        return self.fc(x)


def other(value=100.0):
    return Tensor(np.full((2, 2), float(value)), requires_grad=True)


def in_thread(act):
    found = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    thread.join()
    return found[0]


def assert_nothing_is_left(net):
    assert {type(tensor) for _, tensor, _ in net.named_tensors()} == {Tensor}
    assert substitution._calls == set()
    assert substitution._lent == {}


def test_another_thread_that_runs_the_model_meanwhile_computes_with_its_own_weights():
    x = normal(3, 2)
    net = Meanwhile()
    right, before = net.fc(x).numpy(), snapshot(net)
    found = []
    net.act = lambda: found.append(in_thread(lambda: net.fc(x).numpy()))
    out = nn.functional_call(net, {"fc.weight": other()}, x)
    np.testing.assert_array_equal(found[0], right)
    np.testing.assert_allclose(out, x @ np.full((2, 2), 100.0) + net.fc.bias.numpy(), rtol=1e-12)
    assert_untouched(net, before)
    assert_nothing_is_left(net)


def test_threads_at_once_each_compute_with_their_own_tensors():
    together = threading.Barrier(4)
    net = Meanwhile(lambda: together.wait(600))
    x, own = normal(3, 2), net.fc.weight
    found, others = {}, [other(i) for i in range(3)]

    def work(i):
        for _ in range(20):
            tensors = {"fc.weight": others[i]} if i < 3 else {}
            y = nn.functional_call(net, tensors, x)
            ag.sum(y).backward()
            found.setdefault(i, []).append(y.numpy())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, weight in enumerate([*others, own]):
        for y in found[i]:
            np.testing.assert_array_equal(y, ag.linear(x, weight, net.fc.bias).numpy())
        np.testing.assert_allclose(weight.grad, 20 * np.ones((2, 3)) @ x, rtol=1e-12)
    assert_nothing_is_left(net)


def test_another_thread_trains_the_model_meanwhile():
    net = Meanwhile()
    optimizer = nn.SGD(net.parameters(), 0.5)
    net.act = lambda: in_thread(lambda: (ag.sum(net.fc(normal(3, 2))).backward(), optimizer.step()))
    want = net.fc.weight.numpy() - 0.5 * np.ones((2, 3)) @ normal(3, 2)
    w = other()
    out = nn.functional_call(net, {"fc.weight": w}, normal(3, 2))
    np.testing.assert_allclose(net.fc.weight, want, rtol=1e-12)
    np.testing.assert_array_equal(w, np.full((2, 2), 100.0))
    np.testing.assert_allclose(ag.grad(ag.sum(out), w), np.ones((2, 3)) @ normal(3, 2), rtol=1e-12)


@pytest.mark.parametrize("where", [lambda act: act(), in_thread], ids=["the call itself", "another thread"])
def test_states_files_copies_and_pickles_made_meanwhile_are_of_the_models_own(where, tmp_path):
    net, made = Meanwhile(), []
    right = net.fc.weight.numpy().copy()

    def act():
        net.save(tmp_path / "net.safetensors")
        twins = copy.deepcopy(net.fc), pickle.loads(pickle.dumps(net.fc))
        made.extend([net.state_dict()["fc.weight"], nn.read_state(tmp_path / "net.safetensors")["fc.weight"]])
        made.extend([*(twin.weight.numpy() for twin in twins), copy.copy(net.fc.weight).numpy()])
        assert {(type(twin.weight), twin.weight.requires_grad) for twin in twins} == {(Tensor, True)}

    net.act = lambda: where(act)
    nn.functional_call(net, {"fc.weight": 2 * other()}, normal(3, 2))
    np.testing.assert_array_equal(made, [right] * 5)


def test_tasks_that_take_turns_each_compute_with_their_own_tensors():
    net, x, found = Meanwhile(), normal(3, 2), {}
    begun = []
    net.act = lambda: begun.append(asyncio.create_task(later()))

    async def later():
        return net.fc(x).numpy()

    async def work(i):
        for _ in range(3):
            found.setdefault(i, []).append(nn.functional_call(net, {"fc.weight": other(i)}, x).numpy())
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(*(work(i) for i in range(3)))
        return [await task for task in begun]

    for y in run_tasks(main()):  # begun inside a call, and run when it is over
        np.testing.assert_array_equal(y, net.fc(x))
    for i in range(3):
        for y in found[i]:
            np.testing.assert_array_equal(y, ag.linear(x, other(i), net.fc.bias))


def test_a_context_copied_inside_a_call_has_the_models_own_when_the_call_is_over_also_while_others_run():
    net, x, kept, found = Meanwhile(), normal(3, 2), [], []
    net.act = lambda: kept.append(contextvars.copy_context())
    nn.functional_call(net, {"fc.weight": other()}, x)
    net.act = lambda: found.append(kept[0].run(lambda: net.fc(x)))
    nn.functional_call(net, {"fc.weight": other(3)}, x)
    np.testing.assert_array_equal(found[0], net.fc(x))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_process_forked_while_another_thread_makes_a_call_has_a_model_like_any_other():
    begun, release = threading.Event(), threading.Event()
    net, x = Meanwhile(lambda: (begun.set(), release.wait(600))), normal(3, 2)
    right = net.fc(x).numpy()
    thread = threading.Thread(target=lambda: nn.functional_call(net, {"fc.weight": other()}, x))
    thread.start()
    begun.wait(600)
    child = os.fork()
    if child == 0:
        os._exit(0 if type(net.fc.weight) is Tensor and np.array_equal(net.fc(x), right) else 1)
    release.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ── calls inside one another ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_inside_a_call_replaces_what_it_names_and_leaves_the_rest_replaced():
    x, found = normal(3, 2), []
    net = Meanwhile()
    bias = Tensor(np.array([5.0, 6.0]))
    net.act = lambda: found.extend(
        [nn.functional_call(net.fc, {"bias": bias}, x), nn.functional_call(net.fc, {"weight": other(2)}, x), net.fc(x)]
    )
    out = nn.functional_call(net, {"fc.weight": 2 * other(1)}, x)
    weights, biases = (2 * other(1), other(2), 2 * other(1)), (bias, net.fc.bias, net.fc.bias)
    for y, w, b in zip([*found, out], [*weights, weights[0]], [*biases, net.fc.bias], strict=True):
        np.testing.assert_array_equal(y, ag.linear(x, w, b))
    assert_nothing_is_left(net)


def test_tensors_of_the_model_itself_can_change_places():
    net = nn.Sequential(a=nn.Linear(2, 2, rng=0, dtype=float), b=nn.Linear(2, 2, rng=1, dtype=float))
    x, a, b = normal(3, 2), net["a"], net["b"]
    out = nn.functional_call(net, {"a.weight": b.weight, "b.weight": a.weight}, x)
    np.testing.assert_array_equal(out, ag.linear(ag.linear(x, b.weight, a.bias), a.weight, b.bias))
    found = ag.grad(ag.sum(out), [a.weight, b.weight])
    want = ag.grad(ag.sum(ag.linear(ag.linear(x, b.weight, a.bias), a.weight, b.bias)), [a.weight, b.weight])
    for one, two in zip(found, want, strict=True):
        np.testing.assert_array_equal(one, two)


def test_what_is_returned_of_a_replaced_tensor_is_the_other_and_what_is_computed_of_it_a_tensor_like_any():
    class Direct(nn.Module):
        def __init__(self):
            self.w = Tensor(np.ones(3), requires_grad=True)

        def forward(self):
            return [self.w, self.w + 1, self.w[1:], self.w.detach(), self.w.sum(), {"w": (self.w, 3)}]

    net, w = Direct(), Tensor(np.arange(3.0), requires_grad=True)
    results = nn.functional_call(net, {"w": w})
    assert results[0] is w
    assert results.pop() == {"w": (w, 3)}
    assert {type(result) for result in results} == {Tensor}
    np.testing.assert_array_equal(results[1], [1, 2, 3])
    assert results[4].item() == 3


def test_data_and_requires_grad_set_inside_a_call_are_gone_with_it_and_a_state_loaded_is_the_models_own():
    net, w = Meanwhile(), other()
    before, x = snapshot(net), normal(3, 2)

    def act():
        net.fc.weight.data = np.zeros((2, 2))
        net.fc.weight.requires_grad = False
        np.testing.assert_array_equal(net.fc.weight, np.zeros((2, 2)))

    net.act = act
    out = nn.functional_call(net, {"fc.weight": w}, x)
    np.testing.assert_array_equal(out, np.broadcast_to(net.fc.bias.numpy(), (3, 2)))
    assert_untouched(net, before)
    net.act = lambda: net.load_state_dict({name: np.full_like(a, 7) for name, a in net.state_dict().items()})
    nn.functional_call(net, {"fc.weight": w}, x)
    np.testing.assert_array_equal(w, np.full((2, 2), 100.0))
    np.testing.assert_array_equal(net.fc.weight, np.full((2, 2), 7.0))


def test_what_a_model_sets_in_its_context_stays_set():
    variable = contextvars.ContextVar("variable", default=0)
    net = Meanwhile(lambda: variable.set(variable.get() + 1))
    for _ in range(2):
        nn.functional_call(net, {"fc.weight": other()}, normal(3, 2))
    assert variable.get() == 2


# ── interruptions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whatever_is_raised_at_any_moment_of_a_call_the_model_computes_with_its_own_afterwards():
    net, x = Meanwhile(), normal(3, 2)
    right, before = net(x).numpy(), snapshot(net)

    def after():
        np.testing.assert_array_equal(net(x), right)
        assert_untouched(net, before)
        nn.functional_call(net, {}, x)
        assert_nothing_is_left(net)

    assert at_every_moment(lambda: nn.functional_call(net, {"fc.weight": other()}, x), late, after) > 100


def test_a_signal_handler_that_makes_a_call_at_any_moment_of_one_changes_neither():
    net, x = Meanwhile(), normal(3, 2)
    one, two = (ag.linear(x, other(value), net.fc.bias).numpy() for value in (1, 2))
    before, found = snapshot(net), []

    def handler():
        np.testing.assert_array_equal(nn.functional_call(net, {"fc.weight": other(2)}, x), two)

    def act():
        found.append(nn.functional_call(net, {"fc.weight": other(1)}, x).numpy())

    assert at_every_moment(act, handler, lambda: assert_nothing_is_left(net)) > 100
    for y in found:
        np.testing.assert_array_equal(y, one)
    assert_untouched(net, before)


@pytest.mark.parametrize("kind", ["generator", "coroutine", "async_generator"])
def test_a_model_that_would_compute_when_the_call_is_over_is_refused(kind):
    class Later(Meanwhile):
        def forward(self, x):
            def generator():
                yield self.fc(x)

            async def coroutine():
                return self.fc(x)

            async def async_generator():
                yield self.fc(x)

            return locals()[kind]()

    with pytest.raises(TypeError, match=f"functional_call: the model returned a {kind}, which would run when"):
        nn.functional_call(Later(), {"fc.weight": other()}, normal(3, 2))
