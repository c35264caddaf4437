"""The pool of threads: every share once, errors arrive, nesting and other threads do no harm, BLAS is given back."""

import os
import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

import autograd_mini as ag
from autograd_mini import Tensor, get_num_threads, set_num_threads
from autograd_mini.kernels import parallel
from autograd_mini.kernels.parallel import spread
from autograd_mini.kernels.product import product


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    before = get_num_threads()
    set_num_threads(request.param)
    yield request.param
    set_num_threads(before)


def blas_threads():
    return [library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()]


LARGE = float(parallel.SMALL)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 7])
def test_shares_cover_everything_once_and_come_back_in_order(threads, count):
    shares = spread(lambda first, last: list(range(first, last)), count, LARGE)
    assert [i for share in shares for i in share] == list(range(count))
    assert len(shares) == max(1, min(threads, count))


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
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((8, 8, 20, 20)).astype(np.float32)
    w = Tensor(rng.standard_normal((16, 8, 3, 3)).astype(np.float32), requires_grad=True)
    (ag.conv2d(x, w, padding=1) ** 2).mean().backward()
    return w.grad.numpy()


def test_several_threads_at_once_get_what_each_gets_alone(threads):
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_computes_the_same():
    expected = gradient_of_a_convolution(0)
    child = os.fork()
    if child == 0:
        same = np.array_equal(gradient_of_a_convolution(0), expected)
        os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
