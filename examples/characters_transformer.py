"""A transformer that learns to write, character by character, from one poem: Poe's "The Raven".

Two blocks of causal attention, written in functions of `ag`; the last two stanzas are held out.
Run with `python -m examples.characters_transformer`.
"""

import argparse
from pathlib import Path

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor

from .model_charts import learning_curves
from .poem import counted, split_poem, written

WIDTH, HEADS, BLOCKS, LENGTH, BATCH = 64, 4, 2, 64, 16


class Transformer:
    """Logits of the next character at every position. ids (N, L) -> (N, L, characters)."""

    def __init__(self, characters: int, rng: np.random.Generator) -> None:
        def weight(*shape: int, scale: float = 0.02) -> Tensor:
            return Tensor((scale * rng.standard_normal(shape)).astype(np.float32), requires_grad=True)

        self.characters, self.positions = weight(characters, WIDTH), weight(LENGTH, WIDTH)
        sizes = {"qkv": (3, 1), "mix": (1, 1), "up": (4, 1), "down": (1, 4)}  # out and in, times the width
        draw = lambda out, into: weight(out * WIDTH, into * WIDTH, scale=(into * WIDTH) ** -0.5)
        self.blocks = [{name: draw(*size) for name, size in sizes.items()} for _ in range(BLOCKS)]

    def parameters(self) -> list[Tensor]:
        """All weights, for an optimiser."""
        return [self.characters, self.positions, *(w for block in self.blocks for w in block.values())]

    def __call__(self, ids: np.ndarray) -> Tensor:
        """The logits."""
        n, length = ids.shape
        x = ag.embedding(ids, self.characters) + self.positions[:length]
        for w in self.blocks:
            qkv = ag.linear(ag.layer_norm(x, WIDTH), w["qkv"]).reshape(n, length, 3, HEADS, WIDTH // HEADS)
            q, k, v = ag.unstack(qkv.transpose(2, 0, 3, 1, 4))  # (N, heads, L, width of a head) each
            seen = ag.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + ag.linear(seen.transpose(0, 2, 1, 3).reshape(n, length, WIDTH), w["mix"])
            x = x + ag.linear(ag.gelu(ag.linear(ag.layer_norm(x, WIDTH), w["up"])), w["down"])
        return ag.linear(ag.layer_norm(x, WIDTH), self.characters)


def loss_of(net: Transformer, ids: np.ndarray) -> Tensor:
    """Nats a character. ids (N, L + 1): each but the first is to be guessed from those before it."""
    return ag.cross_entropy(net(ids[:, :-1]).transpose(0, 2, 1), ids[:, 1:])


def windows(ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return ids[starts[:, None] + np.arange(LENGTH + 1)]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/characters_transformer"))
    args = parser.parse_args(argv)
    rng = np.random.default_rng(args.seed)
    alphabet, training, held_out = split_poem()
    net = Transformer(len(alphabet), rng)
    optimizer = nn.AdamW(net.parameters(), lr=3e-3, weight_decay=0.1)
    unseen, losses, validation = windows(held_out, np.arange(0, len(held_out) - LENGTH, LENGTH)), [], {}
    for step in range(args.steps + 1):
        if step % 25 == 0:
            with ag.no_grad():
                validation[step] = loss_of(net, unseen).item()
        optimizer.zero_grad()
        loss = loss_of(net, windows(training, rng.integers(0, len(training) - LENGTH, BATCH)))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    alone, pairs = counted(training, held_out)
    print(f"nats a character, training: {losses[0]:.3f} at first, {np.mean(losses[-25:]):.3f} at last")
    print(f"held out: {min(validation.values()):.3f} at best; by counted pairs {pairs:.3f}, characters {alone:.3f}")
    print(written(net, "Once upon", alphabet, 300, LENGTH, rng))
    levels = {"every character alike": np.log(len(alphabet)), "characters counted": alone, "pairs counted": pairs}
    print("drawn to", learning_curves(losses, validation, levels, args.out / "characters_transformer.svg"))


if __name__ == "__main__":
    main()
