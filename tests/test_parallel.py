"""The pool of threads: every share once, errors arrive, nesting and other threads do no harm, BLAS is given back."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import numpy as np
import pytest
from cases import every
from conftest import needs_numba
from direct import is_approximate
from internals import conv2d_relu
from leaves import no_maker_is_left
from threadpoolctl import ThreadpoolController

import autograd_mini as ag
import nn
from autograd_mini import Tensor, get_num_threads, set_num_threads
from autograd_mini.kernels import ahead, parallel
from autograd_mini.kernels.ahead import made_ahead
from autograd_mini.kernels.layout import Geometry
from autograd_mini.kernels.parallel import each, spread
from autograd_mini.kernels.product import product, stacked
from tests.reliability.child import ROOT
from tests.reliability.interruptions import LateError, at_every_moment, late


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = get_num_threads()
    set_num_threads(request.param)
    yield request.param
    set_num_threads(before)


@pytest.fixture
def two_threads():
    before = get_num_threads()
    set_num_threads(2)
    yield
    set_num_threads(before)


def at_once(*works):
    """Do all of these in threads of their own."""
    workers = [threading.Thread(target=work) for work in works]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


# NumPy's, and not what SciPy brings when other tests use it: no kernel calls that
PROGRAM = (
    "import numpy, threadpoolctl; print(*(found['filepath'] for found in threadpoolctl.threadpool_info()), sep='\\n')"
)
OURS = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True).stdout.splitlines()


def blas_threads():
    libraries = ThreadpoolController().select(user_api="blas").info()
    found = [library["num_threads"] for library in libraries if library["filepath"] in OURS]
    assert found
    return found


LARGE = float(parallel.SMALL)


@every("count", [0, 1, 2, 5, 7])
def test_shares_cover_everything_once_in_order_and_little_work_stays_in_the_calling_thread(threads, count):
    shares = spread(lambda first, last: list(range(first, last)), count, LARGE)
    assert [i for share in shares for i in share] == list(range(count))
    assert len(shares) == max(1, min(threads, count))
    assert spread(lambda first, last: threading.get_ident(), count, LARGE - 1) == [threading.get_ident()]


@every("least", [1, 3, 100])
@every("cost", [LARGE, LARGE - 1], ids=["much", "little"])
@every("count", [0, 1, 2, 5, 7, 100])
def test_pieces_cover_everything_once_whoever_takes_them(threads, count, cost, least):
    done = []
    each(lambda first, last: done.append((first, last)), count, cost, least)
    assert sorted(i for first, last in done for i in range(first, last)) == list(range(count))
    first = sorted(done)
    each(lambda a, b: done.append((a, b)), count, cost, least)
    assert sorted(done[len(first) :]) == first  # the pieces are the same each time
    assert max(len(first), 1) <= max(6 * threads if cost >= LARGE else 1, 1)


@pytest.mark.parametrize(("share_out", "count"), [(each, 12), (spread, 4)], ids=["pieces", "shares"])
def test_an_error_in_any_part_reaches_the_caller_and_the_pool_goes_on(threads, share_out, count):
    for bad in range(count):

        def work(first, last, bad=bad):
            if first <= bad < last:
                raise ZeroDivisionError(bad)

        with pytest.raises(ZeroDivisionError, match=str(bad)):
            share_out(work, count, LARGE)
    done = []
    share_out(lambda first, last: done.append(last - first), count, LARGE)
    assert sum(done) == count


def test_work_inside_a_share_is_in_the_same_shares_all_of_them_in_the_same_thread(threads):
    def outer(first, last):
        me = threading.get_ident()
        return [(me, spread(lambda a, b: (threading.get_ident(), a, b), 6, LARGE)) for _ in range(first, last)]

    alone = [(a, b) for _, a, b in spread(lambda a, b: (0, a, b), 6, LARGE)]
    for share in spread(outer, 4, LARGE):
        for me, inner in share:
            assert inner == [(me, a, b) for a, b in alone]


def test_blas_works_alone_inside_and_is_given_back_afterwards(threads):
    before = blas_threads()
    seen = spread(lambda first, last: blas_threads(), 4, LARGE)
    assert all(count == 1 for share in seen for count in share)
    assert blas_threads() == before


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2", True])
def test_the_number_of_threads_is_what_was_set_and_what_is_none_is_refused(threads, bad):
    with pytest.raises(ValueError, match="set_num_threads: the number of threads must be an integer of at least 1"):
        set_num_threads(bad)
    assert get_num_threads() == threads


@every("shape", [(3, 4, 5), (300, 200, 90), (70, 200, 400), (1, 3000, 1000), (1000, 3000, 1), (900, 1, 700), (5, 1, 7)])
@every("dtype", [np.float32, np.float64])
def test_the_shared_product_is_the_product(threads, shape, dtype):
    m, n, p = shape
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((m, n)).astype(dtype), rng.standard_normal((p, n)).astype(dtype).T
    got = product(a, b)
    assert got.dtype == dtype
    # n terms of size about 1, each rounded
    np.testing.assert_allclose(got, a.astype(float) @ b.astype(float), atol=8 * n * np.finfo(dtype).eps)
    np.testing.assert_array_equal(got, product(a, b))


@every("shapes", [
    ((6, 150, 200), (6, 200, 170)), ((3, 4, 150, 200), (4, 200, 170)), ((5, 1, 150, 200), (3, 200, 170)),
    ((150, 200), (7, 200, 170)), ((1, 150, 200), (7, 200, 170)), ((700, 600), (600,)), ((600,), (4, 600, 700)),
    ((4, 700, 600), (600,)), ((0, 150, 200), (200, 170)), ((600, 700), (700, 800)),
])  # fmt: skip
@every("dtype", [np.float32, np.float64])
def test_stacks_of_products_are_numpys(threads, shapes, dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    got = stacked(a, b)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, a.astype(float) @ b.astype(float), atol=8 * a.shape[-1] * np.finfo(dtype).eps)
    np.testing.assert_array_equal(got, stacked(a, b))


def gradient_of_a_convolution(seed):
    """Of two layers: the first by a direct way or by neighbours, the second by Winograd's algorithm."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((8, 8, 20, 20)).astype(np.float32)
    w, v = (
        Tensor(rng.standard_normal(s).astype(np.float32), requires_grad=True) for s in ((16, 8, 3, 3), (16, 16, 3, 3))
    )
    hidden = ag.max_pool2d(conv2d_relu(x, w, padding=1), kernel_size=2)
    (ag.conv2d(hidden, v, padding=1) ** 2).mean().backward()
    return np.concatenate([w.grad.numpy(), v.grad.numpy()], axis=1)


def trained(seed):
    """What two steps of training make of a net."""
    rng = np.random.default_rng(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, rng=rng), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1, rng=rng), nn.ReLU(),
        nn.MaxPool2d(2), nn.Dropout(0.5, rng=rng), nn.Flatten(), nn.Linear(16 * 16 * 16, 10, rng=rng),
    )  # fmt: skip
    optimizer = nn.SGD(net.parameters(), 0.1, momentum=0.9)
    for _ in range(2):
        loss = nn.cross_entropy(net(rng.standard_normal((8, 3, 32, 32)).astype(np.float32)), rng.integers(0, 10, 8))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [p.numpy() for p in net.parameters()]


@pytest.mark.parametrize(
    ("compute", "count", "times"), [(gradient_of_a_convolution, 4, 3), (trained, 2, 1)], ids=["gradients", "training"]
)
def test_several_threads_at_once_get_what_each_gets_alone(kernels, threads, compute, count, times):
    alone, together = [compute(seed) for seed in range(count)], [None] * count

    def work(seed):
        for _ in range(times):
            together[seed] = compute(seed)

    at_once(*(partial(work, seed) for seed in range(count)))
    for ones, others in zip(alone, together, strict=True):
        for one, other in zip(ones, others, strict=True):
            np.testing.assert_array_equal(one, other)


def computed(way):
    """Maps, rectified, and filters by that way; enough work to be shared out."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((5, 21, 22, 16)).astype(np.float32)
    w, y = rng.standard_normal((16, 16, 3, 3)).astype(np.float32), rng.standard_normal(x.shape).astype(np.float32)
    geometry = Geometry((1, 1), (1, 1), (1, 1))
    assert y.size * 16 * 9 > parallel.SMALL
    return way.correlate(x, w, w[:, 0, 0, 0], (21, 22), geometry, True), way.filters(x, y, (3, 3), geometry)


def test_every_way_repeats_to_the_bit_and_is_the_same_to_rounding_with_any_number_of_threads(way, threads):
    several = computed(way)
    for _ in range(3):
        for one, two in zip(several, computed(way), strict=True):
            np.testing.assert_array_equal(one, two)
    set_num_threads(1)
    for one, two in zip(several, computed(way), strict=True):
        # sums of 144 products, and of 2310, of numbers of order one
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-2 if is_approximate(way) else 2e-4)


def in_fork(work):
    """How a forked process ends that does this: 0 if it is true. It does not wait forever for who is not there."""
    child = os.fork()
    if child == 0:
        signal.alarm(600)
        os._exit(0 if work() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
may_fork = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


# ── compiled loops ──

MUCH = 16 * LARGE


def counted(count, pieces_of=MUCH, least=1):
    """How often each of so many numbers was met by a compiled loop in pieces."""
    p, g, v = (np.zeros(count), np.ones(count), np.zeros(count))
    one, none = np.float64(1), np.float64(0)
    each(compiled_steps().sgd(p, g, v, one, none, none, False), count, pieces_of, least)
    return -p


def needs_memory(size, out, first, last):
    """To be compiled: writes how many numbers there was memory for."""
    room = np.empty(size)
    room[0] = size
    out[first:last] = room[0]


def compiled_steps():
    from autograd_mini.kernels.compiled import steps

    return steps


@needs_numba
@every("count", [0, 1, 2, 5, 7, 100, 1001])
def test_pieces_of_a_compiled_loop_are_each_done_once(threads, count):
    for cost in (1.0, float(parallel.SOON), LARGE, MUCH):
        for least in (1, 3, 1000):
            np.testing.assert_array_equal(counted(count, cost, least), 1)


@needs_numba
def test_many_threads_with_compiled_loops_at_once_do_each_its_own(threads):
    found = [[] for _ in range(4)]

    def work(mine):
        for k in range(200):
            mine.append(counted(64 + k).sum() == 64 + k)

    at_once(*(partial(work, mine) for mine in found))
    assert all(all(mine) and len(mine) == 200 for mine in found)
    assert not parallel._pool.board[list(parallel.PLACES[2:4])].any()  # nobody is inside, and the board is free


@needs_numba
@pytest.mark.usefixtures("two_threads")
def test_a_worker_joins_and_sleeps_when_there_is_nothing_more_to_do():
    deadline, joined = time.monotonic() + 600, False
    while not joined and time.monotonic() < deadline:
        counted(1 << 16)
        taken, pieces = parallel._pool.board[parallel.PLACES[1]], parallel._pool.board[parallel.PLACES[7]]
        joined = taken == pieces + 2  # two came and found no piece any more
    assert joined
    while not parallel._pool.asleep and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(parallel._pool.asleep) == 1
    assert spread(lambda first, last: first, 2, LARGE) == [0, 1]  # and wakes for what is no compiled loop
    np.testing.assert_array_equal(counted(1 << 16), 1)


@needs_numba
def test_a_compiled_loop_without_memory_says_so_and_the_next_one_runs(threads):
    from autograd_mini.kernels.compiled.team import shared

    out, hungry = np.zeros(4), shared(needs_memory)
    for cost in (1.0, MUCH):
        with pytest.raises(MemoryError, match="no memory left for what a compiled loop needs"):
            each(hungry(1 << 58, out), 4, cost)
    each(hungry(8, out), 4, MUCH)
    np.testing.assert_array_equal(out, 8)
    np.testing.assert_array_equal(counted(1001), 1)


@needs_numba
@forks
@may_fork
@pytest.mark.usefixtures("two_threads")
def test_a_process_forked_while_another_thread_is_in_a_compiled_loop_computes_the_next_one():
    parallel._pool.board[parallel.PLACES[3]] = 1  # as if that thread had taken the board
    try:
        assert in_fork(lambda: parallel._pool.board[parallel.PLACES[3]] == 0 and bool((counted(1001) == 1).all())) == 0
        np.testing.assert_array_equal(counted(1001), 1)  # whoever finds it taken does it alone
    finally:
        parallel._pool.board[parallel.PLACES[3]] = 0


@needs_numba
def test_a_program_ends_right_after_a_compiled_loop():
    program = """if True:
        import numpy as np
        import autograd_mini as ag
        x = np.ones(1 << 20, np.float32)
        for _ in range(3):
            ag.relu(x)
        print("the end")
    """
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=600)
        assert (done.returncode, done.stdout) == (0, "the end\n")


# ── signals ──


def sums_of_squares():
    """A kernel whose shares are sums, so that other shares would round otherwise."""
    values = np.random.default_rng(0).standard_normal(1001).astype(np.float32)
    return spread(lambda first, last: float(values[first:last] @ values[first:last]), len(values), LARGE)


@pytest.mark.usefixtures("two_threads")
def test_a_signal_handler_that_computes_at_any_moment_of_a_kernel_gets_the_same_bits_and_so_does_the_kernel():
    right, before = sums_of_squares(), blas_threads()
    found, within = [], []

    def handler():
        found.append(sums_of_squares())
        spread(lambda first, last: within.extend(blas_threads()), 2, LARGE)

    def act():
        found.append(sums_of_squares())

    def after():
        assert [sums == right for sums in found] == [True] * len(found)
        assert blas_threads() == before
        assert not parallel._pool.inside.yes
        found.clear()

    assert at_every_moment(act, handler, after) > 30
    assert set(within) == {1}


@pytest.mark.usefixtures("two_threads")
def test_a_signal_handler_that_waits_for_a_thread_that_computes_does_not_wait_forever():
    right, found = sums_of_squares(), []
    compute = lambda: found.append(sums_of_squares())
    at_every_moment(compute, lambda: at_once(compute))
    assert [sums == right for sums in found] == [True] * len(found)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("kernel", [sums_of_squares, lambda: spread(lambda first, last: None, 9, 1.0)])
def test_whatever_a_signal_handler_raises_at_any_moment_of_a_kernel_blas_is_free_afterwards(kernel):
    before = blas_threads()

    def after():
        assert parallel._pool.holders == set()
        assert blas_threads() == before
        assert not parallel._pool.inside.yes

    assert at_every_moment(kernel, late, after) > 15
    assert sums_of_squares() == sums_of_squares()


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("step", ["_let_go_of_blas", "_set_free", "_call_off"])
def test_a_kernel_interrupted_twice_leaves_nothing_that_the_next_one_does_not_put_right(step, monkeypatch):
    right, before = sums_of_squares(), blas_threads()
    with monkeypatch.context() as patched:
        patched.setattr(parallel, step, late)
        with contextlib.suppress(LateError):
            sums_of_squares()
        assert parallel._pool.holders == set()
        assert not parallel._pool.inside.yes
    assert sums_of_squares() == right
    assert blas_threads() == before


@pytest.mark.usefixtures("two_threads")
def test_the_number_of_threads_set_by_a_signal_handler_at_any_moment_of_a_kernel_is_that_of_blas_afterwards():
    numbers = itertools.cycle([2, 1])

    def after():
        assert {library.get_num_threads() for library in parallel._blas()} == {get_num_threads()}

    at_every_moment(sums_of_squares, lambda: set_num_threads(next(numbers)), after)


@pytest.mark.usefixtures("two_threads")
def test_more_threads_after_fewer_are_there_when_they_are_needed():
    for count in (1, 3, 2):
        set_num_threads(count)
        together = threading.Barrier(count)
        assert spread(lambda first, last: together.wait(600) < 9, count, LARGE) == [True] * count  # noqa: B023


# ── forks ──


@forks
@may_fork
def test_a_forked_process_computes_the_same(kernels):
    expected = gradient_of_a_convolution(0)
    assert in_fork(lambda: np.array_equal(gradient_of_a_convolution(0), expected)) == 0


@forks
@may_fork
@pytest.mark.usefixtures("two_threads")
def test_a_process_forked_in_the_midst_of_a_kernel_says_what_is_lost_and_computes_the_next_one():
    right, begun, release, parent = sums_of_squares(), threading.Event(), threading.Event(), os.getpid()
    children = []

    def work(first, last):
        if first:
            begun.set()
            release.wait(600)
        else:
            begun.wait(600)
            children.append(os.fork())
            if children[0]:
                release.set()
            else:
                signal.alarm(600)
        return last

    try:
        found = spread(work, 2, LARGE)
    except RuntimeError as error:
        if os.getpid() != parent:
            os._exit(0 if "forked while a thread was at work" in str(error) and sums_of_squares() == right else 1)
        raise
    if os.getpid() != parent:
        os._exit(2)
    assert found == [1, 2]
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0


@forks
@may_fork
@pytest.mark.usefixtures("two_threads")
def test_a_process_forked_while_another_thread_runs_a_kernel_has_blas_as_it_was():
    before, begun, release = blas_threads(), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: spread(lambda a, b: (begun.set(), release.wait(600)), 1, 1.0))
    thread.start()
    begun.wait(600)
    try:
        assert in_fork(lambda: blas_threads() == before and parallel._pool.holders == set()) == 0
    finally:
        release.set()
        thread.join()


# ── ahead ──


def numbers(count):
    return [lambda i=i: i for i in range(count)]


several = pytest.mark.parametrize("workers", [1, 3])


@several
def test_what_is_made_ahead_at_any_moment_of_reading_ahead_is_what_it_is_alone(workers):
    found = []
    read = lambda: found.append(list(made_ahead(numbers(4), 2, workers)))
    assert at_every_moment(read, read) > 20
    assert found == [[0, 1, 2, 3]] * len(found)


@several
def test_whatever_interrupts_reading_ahead_its_threads_end(workers):
    def after():
        no_maker_is_left()
        assert ahead._readers == set()

    assert at_every_moment(lambda: list(made_ahead(numbers(4), 2, workers)), late, after) > 20


def test_where_no_thread_can_be_begun_reading_ahead_says_so(monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        list(made_ahead(numbers(4), 2))


@forks
@may_fork
@several
def test_a_process_forked_in_the_midst_of_reading_ahead_does_not_wait_for_a_maker_that_it_lacks(workers):
    reader = made_ahead(numbers(9), 2, workers)
    assert next(reader) == 0

    def read_on():
        with pytest.raises(RuntimeError, match="forked while a thread was at work"):
            list(reader)
        return list(made_ahead(numbers(3), 2)) == [0, 1, 2]

    assert in_fork(read_on) == 0
    assert list(reader) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_several_threads_make_at_once_what_is_read_in_order_and_never_more_than_is_allowed():
    together, asked, gate = threading.Barrier(3), [], threading.Event()

    def make(i):
        asked.append(i)
        if i < 3:
            together.wait(600)  # three are being made at once, or nobody goes on
        if i == 3:
            gate.wait(600)
        return i

    reader = made_ahead([lambda i=i: make(i) for i in range(12)], 4, 3)
    assert [next(reader) for _ in range(3)] == [0, 1, 2]
    while len(asked) < 7:  # 4 … 6 are made while 3 is waited for
        pass
    assert sorted(asked) == [*range(7)]
    gate.set()
    assert list(reader) == [*range(3, 12)]


def test_an_error_is_raised_where_it_is_due_whichever_thread_had_it_and_no_thread_is_left():
    def make(i):
        if i % 4 == 2:
            raise ValueError(f"{i} cannot be made")
        return i

    reader = made_ahead([lambda i=i: make(i) for i in range(9)], 6, 3)
    assert [next(reader), next(reader)] == [0, 1]
    with pytest.raises(ValueError, match=r"^2 cannot be made$"):
        next(reader)
    no_maker_is_left()


def test_a_program_ends_in_the_midst_of_reading_ahead():
    program = """if True:
        import time
        from autograd_mini.kernels.ahead import made_ahead
        made = []
        reader = made_ahead([lambda i=i: (time.sleep(0.05), made.append(i)) for i in range(100)], 3)
        next(reader)
        print("the end")
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert (done.returncode, done.stdout, done.stderr) == (0, "the end\n", "")
