"""A small GPT that learns to write, character by character, from one poem: Poe's "The Raven".

Two of its blocks, `nn.GPT`, trained by `nn.Learner`; characters_transformer does the same by bare operations. The last
two stanzas are held out. Run with `python -m examples.characters`.
"""

import argparse
from pathlib import Path

import numpy as np

import nn
from autograd_mini import Tensor

from .model_charts import learning_curves
from .poem import counted, split_poem, written

LENGTH, BATCH, WARM_UP = 64, 16, 40


def windows(ids: np.ndarray, every: int) -> nn.ArrayData:
    """Stretches of a text, one begun at every so manyth character: what is seen, and what comes after each of it."""
    stretches = np.lib.stride_tricks.sliding_window_view(ids, LENGTH + 1)[::every]
    return nn.ArrayData(stretches[:, :-1], stretches[:, 1:])


def nats(logits: Tensor, following: np.ndarray) -> Tensor:
    """Nats a character. logits (N, L, characters), following (N, L)."""
    return nn.cross_entropy(logits.transpose(0, 2, 1), following)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    parser.add_argument("--out", type=Path, default=Path("out/characters"))
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    epochs, best = 5 if args.quick else args.epochs, args.out / "best.safetensors"
    alphabet, training, held_out = split_poem()
    seen, unseen = windows(training, every=7), windows(held_out, every=LENGTH)
    net = nn.GPT(len(alphabet), LENGTH, layers=2, heads=4, features=64, dropout=0.1, rng=args.seed)
    optimizer = nn.AdamW(nn.parameter_groups(net, decay_vectors=False), lr=3e-3, weight_decay=0.1)
    steps = -(-len(seen) // BATCH)  # an epoch
    falling = nn.CosineAnnealingLR(optimizer, T_max=epochs * steps - WARM_UP, by="step")
    losses: list[float] = []
    history = nn.Learner(net, nats, optimizer).fit(
        seen, epochs=epochs, batch_size=BATCH, validation=unseen, seed=args.seed, best=best,
        schedule=nn.WarmupLR(optimizer, WARM_UP, then=falling), clip_norm=1.0, average=nn.EMA(net, decay=0.98),
        on_batch=lambda numbers: losses.append(numbers["loss"]),
    )  # fmt: skip
    net.load(best).eval()  # the average's weights after the epoch that did best
    alone, pairs = counted(training, held_out)
    print(f"nats a character, training: {losses[0]:.3f} at first, {np.mean(losses[-25:]):.3f} at last")
    least = history.best()["validation_loss"]
    print(f"held out: {least:.3f} at best; by counted pairs {pairs:.3f}, characters {alone:.3f}")
    print(written(net, "Once upon", alphabet, 300, LENGTH, np.random.default_rng(args.seed)))
    levels = {"every character alike": np.log(len(alphabet)), "characters counted": alone, "pairs counted": pairs}
    validation = {steps * (epoch + 1): loss for epoch, loss in enumerate(history["validation_loss"])}
    print("drawn to", learning_curves(losses, validation, levels, args.out / "characters.svg"))


if __name__ == "__main__":
    main()
