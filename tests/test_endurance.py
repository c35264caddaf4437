"""That the promises of long and concurrent runs can be broken: each attempt, given something broken, says so."""

import signal
import threading

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.kernels import parallel
from autograd_mini.kernels.parallel import spread
from tests.reliability import endurance, freed, interruptions, sameness, threads, training, workers
from tests.reliability.child import python, ran

LARGE = float(parallel.SMALL)


def test_a_leak_of_one_object_a_step_is_seen():
    kept = []
    small = training.BareTraining(0)

    def leaking():
        small.step()
        kept.append(Tensor(np.ones(2)))

    _, _, problems = endurance.growth(leaking, 60)
    assert any("objects of autograd_mini.core.tensor.Tensor" in problem for problem in problems)
    assert any(problem.startswith("arrays hold +1,600 bytes") for problem in problems)
    _, _, problems = endurance.growth(small.step, 60)
    assert problems == []


def test_a_circle_a_step_is_seen():
    def circle():
        around = []
        around.append(around)

    _, _, problems = endurance.growth(circle, 60)
    assert any(problem.startswith("only the garbage collector found") for problem in problems)


def test_the_line_finds_a_slope_and_its_error():
    x = np.arange(100.0)
    assert endurance.line(x, 3 * x + 1) == pytest.approx((3, 0), abs=1e-12)
    noise = np.random.default_rng(0).standard_normal(100)
    slope, error = endurance.line(x, noise)
    assert 0 < abs(slope) < 4 * error


def test_a_graph_in_a_circle_is_seen():
    def circle():
        x = Tensor(np.ones(3), requires_grad=True)
        (x * x).sum().backward(create_graph=True)  # the one circle there is: `backward` says so
        return x

    with freed.counting_only():
        assert "Tensor" in freed.remains(circle)
        assert freed.remains(freed.net) == ""


def test_an_array_that_somebody_keeps_is_seen():
    kept = []

    def keeping():
        y = ag.exp(Tensor(np.ones(3), requires_grad=True))
        kept.append(y._array)
        return y

    with freed.counting_only():
        assert freed.remains(keeping) == "1 ndarray"


def test_a_lost_gradient_is_seen(monkeypatch):
    def careless(output, gradient=None, *, create_graph=False, retain_graph=False):
        node = next(node for node in threads.ancestors(output.node) if node.op is None)
        before = node.grad
        threading.Event().wait(1e-4)  # another thread adds its own meanwhile
        node.grad = Tensor(np.ones((3, 4)) + (0 if before is None else before.numpy()))

    monkeypatch.setattr("autograd_mini.core.tensor.backward", careless)
    assert threads.shared_leaves(0) != []


def test_a_wrong_gradient_of_a_shared_graph_is_seen(monkeypatch):
    right = ag.grad
    turn = iter(range(100))
    monkeypatch.setattr(ag, "grad", lambda *args, **kwargs: right(*args, retain_graph=True) + (next(turn) == 2))
    assert len(threads.one_graph(0)) == 1


def test_a_switch_that_all_threads_share_is_seen(monkeypatch):
    class Shared:
        enabled, place, listener, ledgers = True, None, None, ()

    monkeypatch.setattr(threads, "is_grad_enabled", lambda: Shared.enabled)
    with threads.tracing():
        assert threads.watches_apart(0) != []


def test_recursion_in_a_long_chain_would_be_told(monkeypatch):
    assert "no_such_attempt" in ran("tests.reliability.endurance", "no_such_attempt", 10, 0)["failures"][0]
    assert endurance.straight(20) == (20, "")
    monkeypatch.setattr(Tensor, "backward", lambda self: None)
    assert endurance.straight(20)[1] == "the gradient is None, not 3"


def test_a_state_left_by_an_interruption_is_seen(monkeypatch):
    def leaving(net):
        parallel._hold_blas("somebody")

    monkeypatch.setattr(interruptions, "PROGRAMS", {"leaving": leaving})
    handler = signal.getsignal(signal.SIGALRM)
    before = [library.get_num_threads() for library in parallel._blas()]
    try:
        outcome = interruptions.interrupted_anywhere(2, 0)
    finally:
        signal.signal(signal.SIGALRM, handler)
        parallel._let_go_of_blas("somebody")
    assert [library.get_num_threads() for library in parallel._blas()] == before
    assert any("holding BLAS is 1, not 0" in failure for failure in outcome.failures)


def test_half_a_gradient_is_seen():
    net, other = training.ConvTraining(0), training.ConvTraining(0)
    net.step()
    other.step()
    right = interruptions.gradients(other)
    assert interruptions.torn(net, right) == []
    net.model[0].weight.grad._array[0] = 0
    net.model[0].bias.grad = None
    assert interruptions.torn(net, right) == ["0.weight"]


def test_other_bits_of_another_process_are_seen(monkeypatch):
    digests = iter(["one", "one", "one", "other"])
    monkeypatch.setattr(sameness, "told", lambda order, runs, hashes: [("[1, 1, 1]", next(digests)) for _ in runs])
    outcome = sameness.same_bits(4, 0)
    assert outcome.cases == 4
    assert len(outcome.failures) == 1
    assert "gives other, another process one" in outcome.failures[0]


def test_a_worker_that_gives_other_bits_is_seen(monkeypatch):
    monkeypatch.setattr(workers, "in_process", lambda context, work, *given: "other")
    monkeypatch.setattr(workers, "pooled", lambda context, number: [])
    assert workers.beside_training(None, 0).startswith("workers gave ['other']")


# ── the pool of threads ──


@pytest.fixture
def two_threads():
    before = ag.get_num_threads()
    ag.set_num_threads(2)
    yield
    ag.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_no_share_runs_on_after_an_interruption():
    running, ended = threading.Event(), []

    def work(first, last):
        if first == 0:
            running.wait(600)
            raise KeyboardInterrupt
        running.set()
        threading.Event().wait(0.05)
        ended.append(first)

    with pytest.raises(KeyboardInterrupt):
        spread(work, 2, LARGE)
    assert ended == [1]
    assert parallel._pool.holders == set()


@pytest.mark.usefixtures("two_threads")
def test_shares_not_begun_when_one_fails_never_are():
    begun, release = threading.Event(), threading.Event()
    blocker = parallel.Share(lambda first, last: (begun.set(), release.wait(600)), 0, 1)
    others = [parallel.Share(lambda first, last: pytest.fail("it ran"), 0, 1)]
    parallel._hand_out([blocker, blocker])
    begun.wait(600)
    parallel._call_off(others)
    release.set()
    others[0].do()
    blocker.do()


@pytest.mark.usefixtures("two_threads")
def test_the_number_of_threads_set_while_a_kernel_runs_is_what_blas_has_afterwards():
    spread(lambda first, last: ag.set_num_threads(1), 1, 1.0)
    assert {library.get_num_threads() for library in parallel._blas()} == {1}


def test_blas_is_held_and_let_go_by_any_thread():
    before = workers.blas_threads()
    seen = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: seen.extend(spread(lambda a, b: workers.blas_threads(), 1, 1.0)))
        thread.start()
        thread.join()
        spread(lambda a, b: seen.append(workers.blas_threads()), 1, 1.0)
    assert seen == [[1] * len(before)] * 6
    assert workers.blas_threads() == before


def test_a_thread_trains_on_while_the_program_ends():
    program = (
        "import threading, time\n"
        "from tests.reliability.training import trained\n"
        "right = trained(0)\n"
        "def train():\n"
        "    threading.main_thread().join()\n"
        "    time.sleep(0.1)\n"
        "    print(trained(0) == right)\n"
        "threading.Thread(target=train).start()\n"
    )
    done = python(program)
    assert (done.stdout, done.stderr) == ("True\n", "")
