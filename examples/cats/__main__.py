"""Is it a cat? The report's experiment on your own pictures. DIR has one folder a class: DIR/cat/…, DIR/noncat/…

python -m examples.cats --data DIR                         the report's recipe; open out/cats/index.html afterwards
python -m examples.cats --data DIR --recipe scratch        better, from the same pictures alone
python -m examples.cats --data DIR --recipe transfer       better still, from a net that was trained on ImageNet
python -m examples.cats --data DIR --seeds 5               five trainings: how much is luck
python -m examples.cats --data DIR --resume                go on after Ctrl-C or a crash
python -m examples.cats --data DIR --test MORE cats=cat dogs=other   try it on MORE/cats and MORE/dogs, with intervals
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .doubts import Trial, places_of, tested
from .page import result, show
from .recipes import RECIPES
from .training import prepare, train, unfinished


def main(argv: list[str] | None = None) -> int:
    """Train, evaluate, look, write; 0 if all was done, 2 with a sentence if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.cats", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="a folder with one folder of pictures a class")
    parser.add_argument(
        "--test", nargs="+", metavar="DIR|NAME=CLASS",
        help="pictures from elsewhere to try it on: folders of such folders, and what those are that are called "
        "otherwise, as dogs=other",
    )  # fmt: skip
    parser.add_argument("--recipe", choices=RECIPES, default="report")
    parser.add_argument("--epochs", type=int, help="by default what the recipe says")
    parser.add_argument("--seed", type=int, default=0, help="of the weights, the order, and which pictures validate")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from --seed on")
    parser.add_argument("--vgg16", type=Path, metavar="WEIGHTS", help="torchvision's or Keras's, to look into beside")
    parser.add_argument("--resume", action="store_true", help="go on with a training that was interrupted")
    parser.add_argument("--out", type=Path, default=Path("out/cats"))
    parser.add_argument("--quiet", action="store_true", help="no progress")
    args = parser.parse_args(argv)
    for name in ("epochs", "seeds"):
        if (number := getattr(args, name)) is not None and number < 1:
            parser.error(f"--{name} must be at least 1, not {number}")
    places = {seed: args.out / f"{args.recipe}-seed{seed}" for seed in range(args.seed, args.seed + args.seeds)}
    try:
        for place in places.values():
            if not args.resume and (lost := unfinished(place)):
                raise FileExistsError(f"{place} holds {lost}: go on with --resume, or choose another --out")
        results = []
        for seed, place in places.items():
            experiment = prepare(RECIPES[args.recipe], args.data, seed, place)
            if seed == args.seed:
                first = experiment
                places_of(
                    args.test or [], experiment.classes
                )  # what is wrong with them is said before hours of training
                tell_skipped(experiment.data.skipped)
                counts = f"{len(experiment.training)} pictures to train, {len(experiment.validation)} to validate"
                print(f"{counts}: {', '.join(experiment.classes)}", flush=True)
            train(experiment, args.epochs, resume=args.resume, progress=not args.quiet)
            results.append(result(experiment))
            told = results[-1]
            print(
                f"seed {seed}: best {told.accuracy:.1%} in epoch {told.best_epoch}, last {told.last:.1%}, "
                f"{told.epoch_seconds:.1f} s an epoch; weights in {experiment.best}", flush=True,
            )  # fmt: skip
        trial = tested(first.learner, args.test, first.classes) if args.test else None
        for line in told_of(trial) if trial else []:
            print(line)
        page = show(first, results, args.out, trial, args.vgg16)
    except (OSError, ValueError) as error:
        kept = [str(place) for place in places.values() if (place / "best.safetensors").exists()]
        print(f"cats: {error}", file=sys.stderr)
        if kept:
            print(f"cats: the last good weights are in {', '.join(kept)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(f"\ncats: {stopped or 'interrupted'}; --resume goes on", file=sys.stderr)
        return 130
    print(f"everything is in {page}")
    return 0


def told_of(trial: Trial) -> list[str]:
    """What became of pictures from elsewhere, a line for each folder and one for all."""
    lines = []
    for one in trial.folders:
        taken = ", ".join(f"{name} {count}" for name, count in one.taken_for.items())
        lines.append(f"test: {one.name}: " + (f"{one.score} right" if one.score else f"of no class; taken for {taken}"))
    if trial.together:
        even = f"; the mean of the classes is {trial.balanced:.1%}" if trial.balanced is not None else ""
        lines.append(f"test: together {trial.together} right{even}")
    return lines


def tell_skipped(skipped: list[tuple[Path, str]]) -> None:
    """Which files are passed over, and why; many of them in part."""
    for file, why in skipped[:20]:
        print(f"passed over: {file} {why}", file=sys.stderr)
    if len(skipped) > 20:
        print(f"… and {len(skipped) - 20} more; the page lists them all", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
