"""The pool of threads: every share once, errors arrive, nesting and other threads do no harm, BLAS is given back."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from direct import is_approximate
from threadpoolctl import ThreadpoolController

import autograd_mini as ag
import nn
from autograd_mini import Tensor, get_num_threads, set_num_threads
from autograd_mini.kernels import parallel
from autograd_mini.kernels.layout import Geometry
from autograd_mini.kernels.parallel import each, spread
from autograd_mini.kernels.product import product


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = get_num_threads()
    set_num_threads(request.param)
    yield request.param
    set_num_threads(before)


def blas_libraries():
    return {
        library["filepath"]: library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()
    }


# NumPy's, and not what SciPy brings when other tests use it: no kernel calls that
PROGRAM = (
    "import numpy, threadpoolctl; print(*(found['filepath'] for found in threadpoolctl.threadpool_info()), sep='\\n')"
)
OURS = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True).stdout.splitlines()


def blas_threads():
    found = [count for path, count in blas_libraries().items() if path in OURS]
    assert found
    return found


LARGE = float(parallel.SMALL)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 7])
def test_shares_cover_everything_once_and_come_back_in_order(threads, count):
    shares = spread(lambda first, last: list(range(first, last)), count, LARGE)
    assert [i for share in shares for i in share] == list(range(count))
    assert len(shares) == max(1, min(threads, count))


@pytest.mark.parametrize("least", [1, 3, 100])
@pytest.mark.parametrize("cost", [LARGE, LARGE - 1], ids=["much", "little"])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 7, 100])
def test_pieces_cover_everything_once_whoever_takes_them(threads, count, cost, least):
    done = []
    each(lambda first, last: done.append((first, last)), count, cost, least)
    assert sorted(i for first, last in done for i in range(first, last)) == list(range(count))
    first = sorted(done)
    each(lambda a, b: done.append((a, b)), count, cost, least)
    assert sorted(done[len(first) :]) == first  # the pieces are the same each time
    assert max(len(first), 1) <= max(6 * threads if cost >= LARGE else 1, 1)


def test_an_error_in_any_piece_reaches_the_caller_and_the_pool_goes_on(threads):
    for bad in range(12):

        def work(first, last, bad=bad):
            if first <= bad < last:
                raise ZeroDivisionError(bad)

        with pytest.raises(ZeroDivisionError, match=str(bad)):
            each(work, 12, LARGE)
    done = []
    each(lambda first, last: done.append(last - first), 12, LARGE)
    assert sum(done) == 12


def test_little_work_stays_in_the_calling_thread(threads):
    assert spread(lambda first, last: threading.get_ident(), 10, LARGE - 1) == [threading.get_ident()]


def test_an_error_in_any_share_reaches_the_caller_and_the_pool_goes_on(threads):
    for bad in range(4):

        def work(first, last, bad=bad):
            if first <= bad < last:
                raise ZeroDivisionError(bad)

        with pytest.raises(ZeroDivisionError, match=str(bad)):
            spread(work, 4, LARGE)
    assert sum(spread(lambda first, last: last - first, 4, LARGE)) == 4


def test_work_inside_a_share_is_not_shared_out_again(threads):
    def outer(first, last):
        return [spread(lambda a, b: (threading.get_ident(), b - a), 6, LARGE) for _ in range(first, last)]

    for share in spread(outer, 4, LARGE):
        for inner in share:
            assert [size for _, size in inner] == [6]


def test_blas_works_alone_inside_and_is_given_back_afterwards(threads):
    before = blas_threads()
    seen = spread(lambda first, last: blas_threads(), 4, LARGE)
    assert all(count == 1 for share in seen for count in share)
    assert blas_threads() == before


def test_the_number_of_threads_is_what_was_set(threads):
    assert get_num_threads() == threads


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_is_none_is_refused(bad):
    before = get_num_threads()
    with pytest.raises(ValueError, match="set_num_threads: the number of threads must be an integer of at least 1"):
        set_num_threads(bad)
    assert get_num_threads() == before


@pytest.mark.parametrize("shape", [(3, 4, 5), (300, 200, 90), (70, 200, 400), (1, 3000, 1000), (1000, 3000, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_shared_product_is_the_product(threads, shape, dtype):
    m, n, p = shape
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((m, n)).astype(dtype), rng.standard_normal((p, n)).astype(dtype).T
    got = product(a, b)
    assert got.dtype == dtype
    # n terms of size about 1, each rounded
    np.testing.assert_allclose(got, a.astype(float) @ b.astype(float), atol=8 * n * np.finfo(dtype).eps)
    np.testing.assert_array_equal(got, product(a, b))


def gradient_of_a_convolution(seed):
    """Of two layers: the first by a direct way or by neighbours, the second by Winograd's algorithm."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((8, 8, 20, 20)).astype(np.float32)
    w, v = (
        Tensor(rng.standard_normal(s).astype(np.float32), requires_grad=True) for s in ((16, 8, 3, 3), (16, 16, 3, 3))
    )
    hidden = ag.max_pool2d(ag.conv2d(x, w, padding=1, rectify=True), kernel_size=2)
    (ag.conv2d(hidden, v, padding=1) ** 2).mean().backward()
    return np.concatenate([w.grad.numpy(), v.grad.numpy()], axis=1)


def test_several_threads_at_once_get_what_each_gets_alone(kernels, threads):
    alone = [gradient_of_a_convolution(seed) for seed in range(4)]
    together = [None] * 4

    def train(seed):
        for _ in range(3):
            together[seed] = gradient_of_a_convolution(seed)

    workers = [threading.Thread(target=train, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


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


def test_two_nets_trained_at_once_become_what_each_becomes_alone(kernels, threads):
    alone = [trained(seed) for seed in range(2)]
    together = [None] * 2
    workers = [
        threading.Thread(target=lambda seed=seed: together.__setitem__(seed, trained(seed))) for seed in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for one, other in zip(alone, together, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def computed(way):
    """Maps, rectified, and filters by that way; enough work to be shared out."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((5, 21, 22, 16)).astype(np.float32)
    w, y = rng.standard_normal((16, 16, 3, 3)).astype(np.float32), rng.standard_normal(x.shape).astype(np.float32)
    geometry = Geometry((1, 1), (1, 1), (1, 1))
    assert y.size * 16 * 9 > parallel.SMALL
    return way.correlate(x, w, w[:, 0, 0, 0], (21, 22), geometry, True), way.filters(x, y, (3, 3), geometry)


def test_every_way_repeats_to_the_bit_with_the_same_number_of_threads(way, threads):
    first = computed(way)
    for _ in range(3):
        for one, two in zip(first, computed(way), strict=True):
            np.testing.assert_array_equal(one, two)


def test_every_way_is_the_same_to_rounding_with_any_number_of_threads(way, threads):
    several = computed(way)
    set_num_threads(1)
    for one, two in zip(several, computed(way), strict=True):
        # sums of 144 products, and of 2310, of numbers of order one
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-2 if is_approximate(way) else 2e-4)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_computes_the_same(kernels):
    expected = gradient_of_a_convolution(0)
    child = os.fork()
    if child == 0:
        same = np.array_equal(gradient_of_a_convolution(0), expected)
        os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
