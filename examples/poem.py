"""Poe's "The Raven" (1845) as numbers, and how well it is guessed by who only counts."""

from pathlib import Path

import numpy as np

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
