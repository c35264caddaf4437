"""How much of what others offer is here, by name: HIPS autograd, MyGrad, the array API, PyTorch's most used, tinygrad.

`peers/` lists each one's names, and behind `=` what it is called here where that is another name. A count says that
the name is there; that it computes the same is what the tables of operations and the others' own tests say.
"""

from functools import reduce
from pathlib import Path

import pytest

import autograd_mini as ag
import nn

PEERS = Path(__file__).parent / "peers"
OPERATORS = {
    "[]": "__getitem__", "+": "__pos__", "+=": "__iadd__", "-=": "__isub__", "*=": "__imul__", "/=": "__itruediv__",
    "==": "__eq__", "!=": "__ne__", ">": "__gt__", "<": "__lt__", ">=": "__ge__", "<=": "__le__",
}  # fmt: skip
LEAST = {"hips": 1.0, "mygrad": 1.0, "array_api": 1.0, "torch": 0.85, "tinygrad": 0.9}
"""The share of each one's names that is here at least."""


def names_of(peer):
    lines = (PEERS / f"{peer}.txt").read_text(encoding="utf-8").splitlines()
    return [tuple(line.partition(" = ")[::2]) for line in lines if not line.startswith("#")]


def is_there(name, ours):
    """Whether a peer's name, or what it is called here, is a function of ours, a method of Tensor or a layer."""
    path = ours or name.removeprefix("numpy.").removeprefix("scipy.").removeprefix("mygrad.").removeprefix("array.")
    path = path.removeprefix("ndarray.")
    if path in OPERATORS:
        return hasattr(ag.Tensor, OPERATORS[path])
    ends = [path, path.rpartition(".")[2]] if "stats." not in path else [path]
    homes = (ag, ag.linalg, ag.fft, getattr(ag, "array_api", None), getattr(ag, "special", None), ag.Tensor, nn)
    return any(held(home, end) for end in ends for home in homes if home is not None)


def held(home, path):
    try:
        reduce(getattr, path.split("."), home)
    except AttributeError:
        return False
    return True


def lacking(peer):
    return [name for name, ours in names_of(peer) if not is_there(name, ours)]


@pytest.mark.parametrize("peer", LEAST)
def test_what_a_peer_offers_is_here(peer):
    names, missing = names_of(peer), lacking(peer)
    assert 1 - len(missing) / len(names) >= LEAST[peer], missing


def test_a_name_that_nobody_has_is_not_here():
    assert not is_there("numpy.frobnicate", "")
    assert not is_there("numpy.sum", "frobnicate")


if __name__ == "__main__":
    for peer in LEAST:
        missing = lacking(peer)
        print(f"{peer}: {len(names_of(peer)) - len(missing)} of {len(names_of(peer))}; {', '.join(missing)}")
