"""Learner: brings a model, a loss, an optimiser and data together, batch by batch."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np

from autograd_mini import Tensor, no_grad
from autograd_mini.arguments import check_whole, is_whole
from autograd_mini.core.observer import expose
from autograd_mini.progress import bar, say

from ..data.adapter import Loaded, as_dataset, is_examples
from ..data.datasets import batches, check_classes, classes_of
from ..io.safetensors_io import check_place
from ..layers.normalisation import least_batch
from ..losses.functions import cross_entropy
from ..losses.modules import label_check
from ..module import Module
from ..optim import Optimizer
from ..schedules import Schedule
from .interruption import Interruption, interruption_waits
from .lock import held
from .training_state import History, Loader, Run, Totals

Array = np.ndarray[Any, Any]
Loss = Callable[[Any, Any], Any]


class Learner:
    """Fits, evaluates and applies a model.

    `history` grows with every epoch. Accuracy is reported where targets are integer labels and outputs (N, classes). A
    model or a loss that returns something else than is said here raises TypeError once it is called.

    Arguments:
        model: a Module that returns a Tensor.
        loss: (outputs, targets) -> a Tensor of one element, the mean over the batch.
        optimizer: over the model's parameters; may be left out to evaluate only.
    Raises:
        TypeError: for what is no Module, loss or optimiser.
    Source: the report, section 5, Learner.

    Example:
        >>> x = np.linspace(-1, 1, 8)[:, None]
        >>> net = nn.Linear(1, 1, rng=0)
        >>> learner = nn.Learner(net, nn.mse_loss, nn.SGD(net.parameters(), lr=0.5))
        >>> history = learner.fit(x, 3 * x, epochs=20, progress=False)
        >>> learner.predict([[1.0]]).round(1)
        array([[3.]])
    """

    def __init__(self, model: Module, loss: Loss = cross_entropy, optimizer: Optimizer | None = None) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"Learner: the model must be a Module, not {type(model).__name__}")
        if not callable(loss):
            raise TypeError(f"Learner: the loss must be a function of outputs and targets, not {type(loss).__name__}")
        if optimizer is not None and not isinstance(optimizer, Optimizer):
            raise TypeError(f"Learner: the optimizer must be an Optimizer, not {type(optimizer).__name__}")
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.history = History()
        self.classes: list[str] | None = None  # that it was trained on

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        epochs: int,
        batch_size: int = 32,
        validation: Any = None,
        schedule: Schedule | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        workers: int | None = None,
        seed: int | np.random.Generator = 0,
        progress: bool = True,
        on_epoch: Callable[[dict[str, float]], Any] | None = None,
        best: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: int | None = None,
        resume: bool = False,
    ) -> History:
        """Train for some epochs.

        Ctrl-C ends training with KeyboardInterrupt after the step or the validation it is in; pressed twice, at once.
        An error inside a step leaves parameters, buffers and optimiser as they were before that step.

        Arguments:
            x, y: arrays of inputs (N, ...) and targets (N, ...), or one data set and nothing: one of `nn`'s, (input,
                target) pairs in a list or an iterator, which is read to its end and held, PyTorch's Dataset, Hugging
                Face's with images and labels, or a DataLoader, which makes its own batches.
            epochs: how many, at least 1.
            batch_size: examples a step.
            validation: a pair of arrays or a data set of any kind, evaluated after each epoch.
            schedule: stepped after each epoch.
            shuffle: whether each epoch goes through the data in another order.
            drop_last: whether a last batch that is smaller is left out. If it is one example, and the model has a
                BatchNorm, it joins the batch before it: one example may have no variance.
            workers: how many threads read batches ahead of training; by default one, of data such as pictures on disk.
                However many there are, batches and what they draw are the same.
            seed: of the shuffling, together with how many epochs there were before, so that a second fit goes on in a
                new order; or a Generator.
            progress: show a bar with loss, accuracy and images per second.
            on_epoch: called with each epoch's numbers.
            best: a file for the weights of the epoch that does best in validation: by accuracy, by loss among equals.
            checkpoint: a file for all that training stands on (`write_checkpoint`), written after each epoch, after
                every `every` steps, and when Ctrl-C is pressed. The one before is kept beside it as `….previous`.
            every: a number of steps.
            resume: go on from that file, if there is one, as if training had never stopped: with the same model,
                optimiser, schedule, data, batch size and seed the weights become the same, bit for bit. If it is
                damaged, a warning says so and training goes on from the one before.
        Returns:
            The history.
        Raises:
            ValueError, TypeError: for data or options that do not fit, before the model is touched.
            BlockingIOError: if another training, here or in another process, has the checkpoint.
            OSError: if a file cannot be written: before the first step, where that shows by then.
        """
        if self.optimizer is None:
            raise ValueError("fit: this Learner was made without an optimizer")
        data = as_dataset("fit", x, y)
        held_out = None if validation is None else as_dataset("fit: validation", *_pair(validation))
        check_classes("fit", classes_of(data), classes_of(held_out))
        if workers is not None:
            check_whole("fit", "workers", workers, 1)
        for what, number in (("epochs", epochs), ("batch_size", batch_size)):
            check_whole("fit", what, number, 1)
        if isinstance(data, Loaded) and (drop_last or checkpoint is not None):
            raise ValueError(
                "fit: a loader makes its own batches in its own order, so that fit can neither leave one out nor go on "
                "from a checkpoint as if it had never stopped; give its data set"
            )
        if drop_last and len(data) < batch_size:
            raise ValueError(f"fit: {len(data)} examples make no batch of {batch_size}, and drop_last leaves it out")
        if (check := label_check(self.loss)) is not None:
            for part in (data, held_out):
                if part is not None:
                    check(part.labels)
        if every is not None:
            check_whole("fit", "every", every, 1)
        if schedule is not None and not isinstance(schedule, Schedule):
            raise TypeError(f"fit: schedule must be a Schedule, not {type(schedule).__name__}")
        if schedule is not None and schedule.optimizer is not self.optimizer:
            raise ValueError("fit: schedule moves the learning rate of another optimizer than this Learner's")
        if on_epoch is not None and not callable(on_epoch):
            raise TypeError(f"fit: on_epoch must be a function of an epoch's numbers, not {type(on_epoch).__name__}")
        for what, path in (("best", best), ("checkpoint", checkpoint)):
            if path is not None and not isinstance(path, str | os.PathLike):
                raise TypeError(f"fit: {what} must be a str or a Path, not {type(path).__name__}")
        if not isinstance(seed, np.random.Generator) and not is_whole(seed, 0):
            raise ValueError(f"fit: seed must be an integer of at least 0 or a Generator, not {seed!r}")
        if best is not None and held_out is None:
            raise ValueError("fit: which weights are best shows in validation; give validation=")
        if checkpoint is None and (resume or every is not None):
            raise ValueError("fit: resume and every are of a checkpoint; give checkpoint=")
        self.classes = classes_of(data)
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng([seed, len(self.history)])
        unchecked = [part.labels for part in (data, held_out) if part is not None]
        if best is not None:
            check_place(best)
        with interruption_waits() as interruption, nullcontext() if checkpoint is None else held(checkpoint):
            least = least_batch(self.model)
            loader = Loader(data, batch_size, rng if shuffle else None, drop_last, least, workers)
            run = Run((self.model, self.optimizer, schedule), self.history, loader, checkpoint, every)
            if resume and run.resume() and progress:
                say(f"going on from {checkpoint}: epoch {len(self.history) + 1}, batch {run.batch + 1}")
            last = run.first + epochs
            while len(self.history) < last:
                started = time.perf_counter()
                numbers = self._epoch(run, last, progress, unchecked, interruption)
                unchecked = []
                if held_out is not None:
                    found = self.evaluate(held_out, batch_size=batch_size, workers=workers)
                    numbers |= {f"validation_{key}": value for key, value in found.items()}
                self.history.epochs.append(numbers)
                if best is not None and self.history.best() is numbers:
                    self.model.save(best)
                if progress:
                    _say(numbers, (last - len(self.history)) * (time.perf_counter() - started))
                if on_epoch is not None:
                    on_epoch(numbers)
                if schedule is not None:
                    schedule.step()
                run.end_epoch(interruption.asked)
        return self.history

    def step(self, x: Any, y: Any, unchecked: Sequence[Array] = ()) -> tuple[float, Any]:
        """One update on one batch: all or nothing if an error is raised.

        Arguments:
            x, y: inputs (B, ...) and targets (B, ...).
            unchecked: labels of later batches, held against the number of classes as soon as the outputs tell it.
        Returns:
            The batch's loss, and the outputs it had.
        Raises:
            ValueError: without an optimiser.
        """
        if self.optimizer is None:
            raise ValueError("step: this Learner was made without an optimizer")
        self.optimizer.zero_grad()
        state = [*self.model.named_tensors()]
        for _, tensor, _ in state:
            tensor.grad = None  # frozen parts too, which the optimiser does not know
        with _kept_on_error([tensor for _, tensor, is_buffer in state if is_buffer]):
            outputs = self._outputs(x)
            if unchecked and outputs.ndim > 1 and (check := label_check(self.loss)) is not None:
                for labels in unchecked:
                    check(labels, outputs.shape[1])
            loss = self._loss(outputs, y)
            loss.backward()
            self.optimizer.step()
        return loss.item(), outputs._array

    def evaluate(self, x: Any, y: Any = None, *, batch_size: int = 128, workers: int | None = None) -> dict[str, float]:
        """The mean loss, and the accuracy where there is one, in evaluation mode.

        Arguments:
            x, y: as for `fit`.
            batch_size: examples a pass.
            workers: as for `fit`.
        Returns:
            {"loss": …, "accuracy": …}.
        Raises:
            ValueError: for data of classes with other names than those trained on.
        """
        data = as_dataset("evaluate", x, y)
        check_classes("evaluate", self.classes, classes_of(data))
        total = Totals()
        with no_grad(), self.model.evaluating():
            for inputs, targets in batches(data, batch_size, workers=workers):
                outputs = self._outputs(inputs)
                total.add(self._loss(outputs, targets).item(), outputs._array, targets)
        return total.means()

    def predict(self, x: Any, *, batch_size: int = 128, workers: int | None = None) -> Array:
        """The model's outputs in evaluation mode; `.argmax(1)` gives the classes of logits.

        Arguments:
            x: an array (N, ...), or a data set of any kind that `fit` takes, with targets or without.
            batch_size: examples a pass.
            workers: as for `fit`.
        Returns:
            An array, one row an input.
        Raises:
            ValueError: if there is no input.
            TypeError: for what are no numbers.
        """
        data = as_dataset("predict", x, labelled=False)
        with no_grad(), self.model.evaluating():
            made = batches(data, batch_size, workers=workers)
            return np.concatenate([self._outputs(inputs)._array for inputs, _ in made])

    def _outputs(self, x: Any) -> Tensor:
        outputs = self.model(Tensor(x))
        if not isinstance(outputs, Tensor):
            raise TypeError(f"Learner: the model must return a Tensor, not {type(outputs).__name__}")
        return outputs

    def _loss(self, outputs: Tensor, targets: Any) -> Tensor:
        loss = self.loss(outputs, targets)
        if not isinstance(loss, Tensor) or loss.size != 1:
            odd = f"one of shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
            raise TypeError(
                f"Learner: the loss must return a Tensor of one element, the mean over the batch, not {odd}"
            )
        return loss

    def _epoch(
        self, run: Run, last: int, shown: bool, unchecked: Sequence[Array], interruption: Interruption
    ) -> dict[str, float]:
        assert self.optimizer is not None
        number, total, count = len(self.history) + 1, run.total, run.loader.count()
        started = time.perf_counter() - run.seconds
        self.model.train()
        with bar(count, "img", f"epoch {number}/{last}", shown, total.count) as shown_so_far:
            for inputs, targets in run.batches():
                loss, outputs = self.step(inputs, targets, unchecked)
                unchecked = ()
                total.add(loss, outputs, targets)
                shown_so_far.update(len(targets))
                shown_so_far.set_postfix({key: f"{value:.4f}" for key, value in total.means().items()}, refresh=False)
                run.end_step(time.perf_counter() - started, interruption.asked)
        seconds = time.perf_counter() - started
        timing = {"seconds": seconds, "images_per_second": total.count / seconds, "lr": self.optimizer.lr}
        return {"epoch": number, **total.means(), **timing}


@contextmanager
def _kept_on_error(buffers: list[Tensor]) -> Iterator[None]:
    """Put a model's buffers back if the step fails: a forward pass may already have changed them."""
    before = [(tensor, tensor._array.copy()) for tensor in buffers]
    try:
        yield
    except BaseException:
        for tensor, array in before:
            expose(tensor, writing=True)[...] = array
        raise


def _pair(validation: Any) -> tuple[Any, Any]:
    if not isinstance(validation, tuple | list) or is_examples(validation):
        return validation, None
    if len(validation) != 2:
        given = f"a {type(validation).__name__} of {len(validation)}"
        raise ValueError(f"fit: validation must be inputs and targets, or a data set, not {given}")
    return validation[0], validation[1]


def _say(numbers: dict[str, float], left: float) -> None:
    parts = [f"epoch {numbers['epoch']:.0f}"]
    parts += [f"{key.replace('_', ' ')} {numbers[key]:.4f}" for key in numbers if key.endswith(("loss", "accuracy"))]
    parts += [f"{numbers['images_per_second']:.0f} images/s, {numbers['seconds']:.1f} s"]
    if left >= 1:
        parts.append(f"{left / 60:.0f} min left" if left >= 90 else f"{left:.0f} s left")
    say(", ".join(parts))
