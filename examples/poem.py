"""Poe's "The Raven" (1845) as numbers, how well it is guessed by who only counts, and how a net writes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd_mini as ag

POEM = Path(__file__).parent / "data" / "raven.txt"


def split_poem() -> tuple[list[str], np.ndarray, np.ndarray]:
    """The poem's characters in order, and by their numbers in it all stanzas but two, and the last two."""
    stanzas = POEM.read_text(encoding="utf-8").split("\n\n")
    alphabet = sorted(set("".join(stanzas)))
    numbers = lambda part: np.array([alphabet.index(c) for c in "\n\n".join(part)])
    return alphabet, numbers(stanzas[:-2]), numbers(stanzas[-2:])


def counted(training: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """Nats a character of the held-out text for who has counted characters, and for who has counted pairs of them."""
    size = training.max() + 1
    pairs = np.zeros((size, size))
    np.add.at(pairs, (training[:-1], training[1:]), 1)
    single = (pairs.sum(1) + 0.1) / (pairs.sum() + 0.1 * size)
    following = (pairs + single) / (pairs.sum(1, keepdims=True) + 1)  # of a pair never seen as much as of its second
    return -np.log(single[held_out[1:]]).mean(), -np.log(following[held_out[:-1], held_out[1:]]).mean()


def written(
    net: Callable[[np.ndarray], Any], start: str, alphabet: list[str], count: int, sees: int, rng: np.random.Generator
) -> str:
    """This text and more, each character drawn by its probability to the power 1 / 0.7.

    net: ids (1, L) -> logits (1, L, characters) of what follows each, L of at most `sees`.
    """
    ids = [alphabet.index(c) for c in start]
    for _ in range(count):
        with ag.no_grad():
            p = ag.softmax(net(np.array([ids[-sees:]]))[0, -1] / 0.7).numpy().astype(float)
        ids.append(int(rng.choice(len(p), p=p / p.sum())))
    return "".join(alphabet[i] for i in ids)
