"""Learner: brings a model, a loss, an optimiser and data together, batch by batch."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext, suppress
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_mini import Tensor, no_grad
from autograd_mini.arguments import check_whole, is_real
from autograd_mini.progress import bar, say

from ..data.adapter import as_dataset
from ..data.datasets import batches, check_classes, classes_of, weights_of
from ..elsewhere import LEARNERS, lacking, told_of_options
from ..io.safetensors_io import check_place
from ..layers.normalisation import least_batch
from ..losses.functions import cross_entropy
from ..losses.modules import counted, label_check
from ..module import Module
from ..optim import EMA, Optimizer, clip_grad_norm, clip_grad_value
from ..schedules import Schedule
from .history import History
from .interruption import Interruption, interruption_waits
from .lock import held
from .logs import log_to, say_epoch
from .metrics import Totals, check_numbers, metrics_of
from .options import (
    check_average,
    check_made_of,
    check_options,
    pair_of,
    schedules_of,
)
from .rate_finder import RateSearch, put_back_after, rates_between, searched
from .stepping import check_reached, first_anomaly, gradients, not_finite, whole
from .stops import Callback, StopTraining, callbacks_of, called, unfinished
from .training_state import Loader, Run

Array = np.ndarray[Any, Any]
Loss = Callable[[Any, Any], Any]


class Learner:
    """Fits, evaluates and applies a model.

    `history` grows with every epoch. Accuracy is reported where targets are integer labels and outputs (N, classes).
    Losses are means over the whole epoch, of labels by the weights of their classes; a label that a cross-entropy or an
    `nll_loss` is told to ignore counts in nothing. A model or a loss that returns something else than is said here
    raises TypeError once it is called.

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
        check_made_of(model, loss, optimizer)
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.history = History()
        self.classes: list[str] | None = None  # that it was trained on

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise lacking(self, name, LEARNERS)

    @told_of_options
    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        epochs: int,
        batch_size: int = 32,
        validation: Any = None,
        schedule: Schedule | Sequence[Schedule] | None = None,
        shuffle: bool = True,
        drop_last: bool = False,
        workers: int | None = None,
        seed: int | np.random.Generator = 0,
        progress: bool = True,
        on_batch: Callback | Sequence[Callback] | None = None,
        on_epoch: Callback | Sequence[Callback] | None = None,
        best: str | os.PathLike[str] | None = None,
        patience: int | None = None,
        metrics: Any = None,
        average: EMA | None = None,
        accumulate: int = 1,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        weights: Any = None,
        on_nonfinite: str = "raise",
        log: str | os.PathLike[str] | None = None,
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
            schedule: one or several, stepped after each epoch or each step, as they count.
            shuffle: whether each epoch goes through the data in another order.
            drop_last: whether a last batch that is smaller is left out. If it is one example, and the model has a
                BatchNorm, it joins the batch before it: one example may have no variance.
            workers: how many threads read batches ahead of training; by default one, of data such as pictures on disk.
                However many there are, batches and what they draw are the same.
            seed: of the shuffling, together with how many epochs there were before, so that a second fit goes on in a
                new order; or a Generator.
            progress: show a bar with loss, accuracy and images per second.
            on_batch: one function or several, called after each step with its numbers: epoch, batch, step, loss, lr. If
                one returns True, or raises StopTraining, training ends, and all that was learnt is kept.
            on_epoch: the same after each epoch, with what goes into the history.
            best: a file for the weights of the epoch that does best in validation: by accuracy, by loss among equals.
            patience: how many epochs in a row may do no better in validation than the best before, by accuracy, by loss
                among equals; then training ends, and with `best` the model has those weights again, from that file.
            metrics: what else is counted in validation, over the whole data set at once: names ("f1", "roc_auc", "mae",
                "top_5" of any number), functions (outputs, targets) -> a number, or a dict of functions.
            average: an EMA of the model, updated after each step. What is validated and kept as the best is the model
                with its weights; the model's own go on.
            accumulate: in how many parts a batch passes through the model, one after the other: what the whole batch
                would give, in less memory. The loss must be a mean; batch statistics are those of the parts.
            clip_norm: the largest norm of all gradients together (`clip_grad_norm`).
            clip_value: the largest magnitude in a gradient (`clip_grad_value`).
            weights: (N,), how likely each example is drawn: each epoch draws as many as there are, with replacement.
            on_nonfinite: "raise" ends training before a step whose loss or gradients are not finite, in a sentence that
                names the step and the first operation; "continue" goes on.
            log: a .csv file, or a folder for TensorBoard, written after each epoch.
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
            FloatingPointError: for a loss or a gradient that is not finite.
        """
        if self.optimizer is None:
            raise ValueError("fit: this Learner was made without an optimizer")
        given = locals()
        data = as_dataset("fit", x, y)
        held_out = None if validation is None else as_dataset("fit: validation", *pair_of(validation))
        check_options(data, held_out, self.loss, given)
        schedules, asked = schedules_of(schedule, self.optimizer), metrics_of("fit", metrics)
        after_batch, after_epoch = callbacks_of("on_batch", on_batch), callbacks_of("on_epoch", on_epoch)
        check_average(average, self.model)
        if weights is not None:
            weights_of("fit", weights, len(data))
        self.classes = classes_of(data)
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng([seed, len(self.history)])
        unchecked = [part.labels for part in (data, held_out) if part is not None]
        if best is not None:
            check_place(best)
        with ExitStack() as stack:
            interruption = stack.enter_context(interruption_waits())
            if checkpoint is not None:
                stack.enter_context(held(checkpoint))
            options = (drop_last, least_batch(self.model), workers, weights)
            loader = Loader(data, batch_size, rng if shuffle else None, *options)
            run = Run((self.model, self.optimizer, schedules), self.history, loader, checkpoint, every, average)
            if resume and run.resume() and progress:
                say(f"going on from {checkpoint}: epoch {len(self.history) + 1}, batch {run.batch + 1}")
            write = stack.enter_context(log_to(log, len(self.history)))
            stack.enter_context(unfinished(run.stop))
            last, how = run.first + epochs, (accumulate, clip_norm, clip_value, on_nonfinite)
            while len(self.history) < last and not self._is_patient_no_more(run.first, patience):
                started = time.perf_counter()
                numbers = self._epoch(run, last, progress, unchecked, how, after_batch, interruption)
                unchecked = []
                with nullcontext() if average is None else average.swapped():
                    if held_out is not None:
                        found = self.evaluate(held_out, batch_size=batch_size, metrics=asked, workers=workers)
                        numbers |= {f"validation_{key}": value for key, value in found.items()}
                    check_numbers(numbers)
                    self.history.epochs.append(numbers)
                    if best is not None and self.history.since_best() == 0:
                        self.model.save(best)
                if progress:
                    say_epoch(numbers, (last - len(self.history)) * (time.perf_counter() - started))
                ends = called(after_epoch, numbers)
                for one in schedules:
                    one.end_epoch(numbers)
                write(self.history)
                run.end_epoch(interruption.asked)
                if ends:
                    break
            if best is not None and self._is_patient_no_more(run.first, patience) and os.path.exists(best):
                self.model.load(best)
        return self.history

    def step(
        self,
        x: Any,
        y: Any,
        unchecked: Sequence[Array] = (),
        accumulate: int = 1,
        clip_norm: float | None = None,
        clip_value: float | None = None,
        on_nonfinite: str = "raise",
    ) -> tuple[float, Any]:
        """One update on one batch: all or nothing if an error is raised.

        Arguments:
            x, y: inputs (B, ...) and targets (B, ...).
            unchecked: labels of later batches, held against the number of classes as soon as the outputs tell it.
            accumulate, clip_norm, clip_value, on_nonfinite: as for `fit`.
        Returns:
            The batch's loss, and the outputs it had.
        Raises:
            ValueError: without an optimiser, or if it holds parameters of another model.
            FloatingPointError: for a loss or a gradient that is not finite.
        """
        optimizer = self.optimizer
        if optimizer is None:
            raise ValueError("step: this Learner was made without an optimizer")
        state = [*self.model.named_tensors()]
        labels, done = iter(unchecked), list[tuple[float, Array]]()

        def forward(inputs: Any) -> Tensor:
            outputs = self._outputs(inputs)
            if outputs.ndim > 1 and (check := label_check(self.loss)) is not None:
                for later in labels:
                    check(later, outputs.shape[1])
            return outputs

        def computed() -> tuple[float, Array]:
            optimizer.zero_grad()
            for _, tensor, _ in state:
                tensor.grad = None  # frozen parts too, which the optimiser does not know
            return gradients(forward, self._loss, x, y, accumulate, lambda part: counted(self.loss, part)[1])

        def closure() -> float:
            found = computed()
            if not done:
                if on_nonfinite == "raise" and (what := not_finite(found[0], state)) is not None:
                    put_back()
                    raise FloatingPointError(f"step {optimizer.steps + 1}: {what}. {first_anomaly(computed)}")
                if len(unchecked):
                    check_reached(optimizer, self.model)
                done.append(found)
            if clip_norm is not None:
                with suppress(FloatingPointError) if on_nonfinite == "continue" else nullcontext():
                    clip_grad_norm(optimizer.params, clip_norm)
            if clip_value is not None:
                clip_grad_value(optimizer.params, clip_value)
            return found[0]

        with whole(self.model, state) as put_back:
            if optimizer.needs_closure:
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
        return done[0]

    @told_of_options
    def evaluate(
        self, x: Any, y: Any = None, *, batch_size: int = 128, metrics: Any = None, workers: int | None = None
    ) -> dict[str, Any]:
        """The mean loss, and the accuracy where there is one, in evaluation mode.

        Arguments:
            x, y: as for `fit`.
            batch_size: examples a pass.
            metrics: as for `fit`; of functions whatever they return.
            workers: as for `fit`.
        Returns:
            {"loss": …, "accuracy": …}, and the metrics by name.
        Raises:
            ValueError: for data of classes with other names than those trained on.
        """
        data, asked = as_dataset("evaluate", x, y), metrics_of("evaluate", metrics)
        check_classes("evaluate", self.classes, classes_of(data))
        total, kept = Totals(), list[tuple[Array, Array]]()
        with no_grad(), self.model.evaluating():
            for inputs, targets in batches(data, batch_size, workers=workers):
                outputs = self._outputs(inputs)
                of = counted(self.loss, targets)
                total.add(self._loss(outputs, targets).item(), outputs._array, targets, of)
                if asked:
                    rows = slice(None) if of[0] is None or of[0].ndim > 1 else of[0]
                    kept.append((outputs._array[rows], targets[rows]))
        every = [np.concatenate(parts) for parts in zip(*kept, strict=True)]
        return total.means() | {name: metric(*every) for name, metric in asked.items()}

    @told_of_options
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

    def find_lr(
        self,
        x: Any,
        y: Any = None,
        *,
        start: float = 1e-7,
        end: float = 10.0,
        steps: int = 100,
        batch_size: int = 32,
        seed: int = 0,
    ) -> RateSearch:
        """Try rates from the lowest to the highest, a step each; model, generators and optimiser are as before then.

        Arguments:
            x, y: as for `fit`.
            start, end: the first rate and the last, if the loss does not diverge before.
            steps: how many, at least 3; the data are gone through as often as that takes.
            batch_size: examples a step.
            seed: of the order.
        Returns:
            A RateSearch: rates, losses, a suggestion, and `plot()`.
        Raises:
            ValueError: for numbers out of range.
        Source: Smith 2017, section 3.3.
        """
        if self.optimizer is None:
            raise ValueError("find_lr: this Learner was made without an optimizer")
        if not (is_real(start) and is_real(end) and 0 < start < end < math.inf):
            raise ValueError(f"find_lr: start must be above 0 and below end, not {start} and {end}")
        check_whole("find_lr", "steps", steps, 3)
        data, optimizer, rng = as_dataset("find_lr", x, y), self.optimizer, np.random.default_rng(seed)
        least = least_batch(self.model)
        coming = chain.from_iterable(batches(data, batch_size, rng, least=least) for _ in repeat(None))

        unchecked = [(data.labels,)]

        def loss_at(rate: float) -> float:
            optimizer.lr = rate
            return self.step(*next(coming), unchecked.pop() if unchecked else (), on_nonfinite="continue")[0]

        with put_back_after(self.model, optimizer):
            self.model.train()
            return searched(rates_between(start, end, steps), loss_at)

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

    def _is_patient_no_more(self, first: int, patience: int | None) -> bool:
        return patience is not None and self.history.since_best(first) >= patience

    def _epoch(
        self,
        run: Run,
        last: int,
        shown: bool,
        unchecked: Sequence[Array],
        how: tuple[Any, ...],
        after_batch: Sequence[Callback],
        interruption: Interruption,
    ) -> dict[str, float]:
        assert self.optimizer is not None
        number, total, count = len(self.history) + 1, run.total, run.loader.count()
        started = time.perf_counter() - run.seconds
        self.model.train()
        with bar(count, "img", f"epoch {number}/{last}", shown, total.count) as shown_so_far:
            for inputs, targets in run.batches():
                rate = self.optimizer.lr
                loss, outputs = self.step(inputs, targets, unchecked, *how)
                unchecked = ()
                total.add(loss, outputs, targets, counted(self.loss, targets))
                shown_so_far.update(len(targets))
                shown_so_far.set_postfix({key: f"{value:.4f}" for key, value in total.means().items()}, refresh=False)
                run.took_step()
                run.end_step(time.perf_counter() - started, interruption.asked)
                told = {"epoch": number, "batch": run.batch, "step": self.optimizer.steps, "loss": loss, "lr": rate}
                if called(after_batch, told):
                    raise StopTraining
        seconds = time.perf_counter() - started
        timing = {"seconds": seconds, "images_per_second": total.count / seconds, "lr": self.optimizer.lr}
        return {"epoch": number, **total.means(), **timing}
