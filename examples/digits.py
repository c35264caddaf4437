"""Handwritten digits, the whole way: train the net of the report's listing 5.3, evaluate it, draw it, look inside it.

Run with `python -m examples.digits`; open out/digits/index.html afterwards.
"""

import argparse
from pathlib import Path

import numpy as np

import nn
import vis
from autograd_mini import Tensor, get_num_threads, render

from . import charts
from . import digits_page as page
from .pages import write_page

DATA = Path(__file__).parent / "data" / "mnist_5k.npz"


def digits_net(rng: np.random.Generator) -> nn.Sequential:
    """Listing 5.3: 1,199,882 parameters, nearly all of them in fc_1. Dropout's p is the probability of dropping."""
    return nn.Sequential(
        conv_1=nn.Conv2d(1, 32, 3, rng=rng),
        relu_1=nn.ReLU(),
        conv_2=nn.Conv2d(32, 64, 3, rng=rng),
        relu_2=nn.ReLU(),
        maxpool_1=nn.MaxPool2d(2),
        drop_1=nn.Dropout(0.25, rng=rng),
        flat_1=nn.Flatten(),
        fc_1=nn.Linear(9216, 128, rng=rng),
        relu_3=nn.ReLU(),
        drop_2=nn.Dropout(0.5, rng=rng),
        fc_2=nn.Linear(128, 10, rng=rng),
    )


def shifted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each image moved by up to one pixel in each direction: more to learn from than 4,000 fixed ones."""
    moves = rng.integers(-1, 2, (len(images), 2))
    return np.stack([np.roll(image, move, (1, 2)) for image, move in zip(images, moves, strict=True)])


def load_digits(train: int, seed: int) -> tuple[nn.Subset, nn.Subset]:
    """4,000 digits to train and 1,000 to test (or fewer to train), stratified, (N, 1, 28, 28) in [0, 1]."""
    with np.load(DATA, allow_pickle=False) as file:
        images, labels = file["images"], file["labels"].astype(int)
    data = nn.ArrayData(images[:, None].astype(np.float32) / 255, labels)
    training, test = nn.split(data, 0.8, seed=seed)
    return (training if train >= len(training) else nn.split(training, train / len(training), seed=seed)[0]), test


def main(argv: list[str] | None = None) -> float:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3, help="first learning rate of Adam, falling along a cosine")
    parser.add_argument("--train", type=int, default=4000, help="how many of the 4,000 training digits to use")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/digits"))
    parser.add_argument("--back", help="the address of a page that this one is to lead back to")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)

    training, test = load_digits(args.train, args.seed)
    rng = np.random.default_rng(args.seed)
    model = digits_net(rng)
    optimizer = nn.Adam(model.parameters(), lr=args.lr)
    learner = nn.Learner(model, nn.cross_entropy, optimizer)
    print(f"{len(training)} digits to train, {len(test)} to test, {get_num_threads()} threads")
    schedule = nn.CosineAnnealingLR(optimizer, T_max=args.epochs)
    moving = nn.Augmented(training, shifted)
    learner.fit(
        moving, epochs=args.epochs, batch_size=args.batch_size, validation=test, schedule=schedule, seed=args.seed
    )
    seconds = sum(epoch["seconds"] for epoch in learner.history.epochs)

    logits = learner.predict(test)
    predicted = logits.argmax(1)
    right = int((predicted == test.labels).sum())
    low, high = charts.wilson(right, len(test))
    print(f"test accuracy {right / len(test):.2%} ({right} of {len(test)}; 95 % interval {low:.1%} to {high:.1%})")

    model.save(args.out / "digits.safetensors")
    reloaded = digits_net(np.random.default_rng(args.seed + 1)).load(args.out / "digits.safetensors")
    same = bool((nn.Learner(reloaded).predict(test) == logits).all())
    print(f"weights saved, reloaded and {'identical' if same else 'DIFFERENT'} in what they predict")

    inputs = test.inputs(np.arange(len(test)))
    digit = Tensor(inputs[:1], requires_grad=True, name="digit")
    loss = nn.cross_entropy(model(digit), test.labels[:1])
    try:
        graph = render(loss, args.out / "graph.svg", inputs=digit).name
        render(vis.mirror_graph(model, inputs[:1], "fc_1"), args.out / "mirror.svg")
    except RuntimeError as error:
        graph = str(error)
    first_of_each = inputs[[np.flatnonzero(test.labels == digit)[0] for digit in range(10)]]
    pictures = {
        "features.png": page.pictures_of_features(model, first_of_each),
        "rules.png": page.pictures_of_rules(model, digits_net(np.random.default_rng(args.seed + 2)), first_of_each),
        "mistakes.png": page.pictures_of_mistakes(inputs, test.labels, predicted),
    }
    for name, picture in pictures.items():
        picture.save(args.out / name)
    charts.learning_chart(learner.history, args.out / "learning.svg", "test")
    charts.confusion_chart(test.labels, predicted, [str(digit) for digit in range(10)], args.out / "confusion.svg")
    written = write_page(
        args.out / "index.html", "digits.html", accuracy=right / len(test), low=low, high=high, right=right,
        test=len(test), train=len(training), wrong=len(test) - right, seconds=seconds, same=same, graph=graph,
        summary=str(model.summary(inputs[:1])), back=args.back,
        parameters=sum(p.size for p in model.parameters()), args=vars(args), history=learner.history.epochs,
    )  # fmt: skip
    print(f"everything is in {written}")
    return right / len(test)


if __name__ == "__main__":
    main()
