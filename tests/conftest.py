"""What many tests share: the kernels in NumPy and compiled, every way of a convolution, a number of threads."""

import functools
import gc
import importlib
import signal
from importlib.util import find_spec

import pytest
from browser import browser  # noqa: F401  (a fixture)
from internals import here

import autograd_mini as ag

NUMBA = find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not NUMBA, reason="Numba is not installed (the extra `fast`)")

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has Ctrl-C ignored in what it runs in the background


def in_turn(compiling):
    """What compiles a kernel, in one of the processes that run tests at a time: the next one finds it on disk."""
    from fcntl import LOCK_EX, LOCK_UN, flock

    from numba.core.compiler_lock import global_compiler_lock

    depth = 0  # of kernels that call kernels

    @functools.wraps(compiling)
    def alone(kernel, signature):
        nonlocal depth
        with global_compiler_lock, open(__file__) as lock:
            if not depth:
                flock(lock, LOCK_EX)
            depth += 1
            try:
                return compiling(kernel, signature)
            finally:
                depth -= 1
                if not depth:
                    flock(lock, LOCK_UN)

    return alone


if NUMBA and find_spec("fcntl") is not None:
    from numba.core.dispatcher import Dispatcher

    Dispatcher.compile = in_turn(Dispatcher.compile)


gc.disable()  # until all tests are collected


def pytest_collection_finish():
    """What is there before the first test, a million objects, the garbage collector need not look through each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_addoption(parser):
    parser.addoption(
        "--programs", type=int, default=100, help="random compositions that the gradient checkers are tried on"
    )


@pytest.fixture(params=["numpy", pytest.param("compiled", marks=needs_numba)])
def kernels(request):
    """Which kernels run: "numpy" or "compiled". The switches are put back afterwards, Winograd's too."""
    before = ag.is_compiled(), ag.is_winograd()
    ag.set_compiled(request.param == "compiled")
    yield request.param
    ag.set_compiled(before[0])
    ag.set_winograd(before[1])


@pytest.fixture
def nothing_stays():
    """What holds in this context is after the test what it was before."""
    before = here()
    yield
    assert here() == before


@pytest.fixture
def threads():
    """`set_num_threads`, undone afterwards."""
    before = ag.get_num_threads()
    yield ag.set_num_threads
    ag.set_num_threads(before)


def room_of(request):
    return importlib.import_module(f"autograd_mini.kernels.{request.param}")


WAYS = [
    "im2col",
    "toeplitz",
    "winograd",
    pytest.param("compiled.direct", marks=needs_numba),
    pytest.param("compiled.winograd", marks=needs_numba),
]
way = pytest.fixture(params=WAYS)(room_of)
"""The module of one way to convolve, each in turn."""


@pytest.fixture
def broken():
    """Make a primitive with a given rule, and take it off the register afterwards."""
    made = []

    def make(forward, **rules):
        op = ag.primitive(forward)
        op.defvjp(**rules)
        made.append(op.name)
        return op

    yield make
    for name in made:
        ag.PRIMITIVES.pop(name, None)


@pytest.fixture
def registry():
    """Every primitive that a test makes is off the register afterwards."""
    before = dict(ag.PRIMITIVES)
    yield ag.PRIMITIVES
    for name in ag.PRIMITIVES.keys() - before.keys():
        del ag.PRIMITIVES[name]
    ag.PRIMITIVES.update(before)
