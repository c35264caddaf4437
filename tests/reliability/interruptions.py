"""A signal at every moment at which Python listens: what is left behind, and what training gives after it.

Its handler presses Ctrl-C, raises an error of its own, or evaluates a net. Python looks for signals when a function
begins, after a call and at the end of a loop's turn. A trace function counts those moments in the project's own code
and in the context managers of the standard library, and calls the handler at the k-th. Every eighth time a real signal
comes instead, from a timer, wherever it meets the program.
"""

from __future__ import annotations

import contextlib
import dis
import signal
import sys
import tracemalloc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from autograd_mini import Tensor, enable_grad, no_grad
from autograd_mini.kernels import ahead, parallel
from nn import running, substitution
from nn.data import batches
from tests.internals import here, restart

from .child import ROOT
from .promise import Outcome
from .training import ConvTraining, trained

OURS = (*(str(ROOT / package) for package in ("autograd_mini", "nn")), contextlib.__file__)


def interrupted_anywhere(cases: int, seed: int) -> Outcome:
    """Interruptions of the programs in turn."""
    evaluating = Evaluating()
    rng = np.random.default_rng(seed)
    outcome = Outcome()
    right, before = digest_after_a_step(), state()
    whole = ConvTraining(0)
    whole.step()
    moments = {name: counted(program) for name, program in PROGRAMS.items()}
    for i in range(cases):
        name = [*PROGRAMS][i % len(PROGRAMS)]
        handler = (pressed, late, evaluating)[i // len(PROGRAMS) % 3]
        moment = int(rng.integers(1, moments[name] + 1))
        training = ConvTraining(0)
        how = f"{name}, {handler.__name__}" + (f" at moment {moment}" if i % 8 else " by a signal")
        seconds = float(rng.uniform(1e-4, 1e-2))
        where = interrupt(lambda: PROGRAMS[name](training), moment if i % 8 else 0, seconds, handler)  # noqa: B023
        outcome.cases += 1
        wrong = [f"{key} is {now}, not {before[key]}" for key, now in state().items() if now != before[key]]
        wrong += ["the interruption was lost"] if where.startswith("which ended") else []
        wrong += evaluating.problems()
        if name in ONE_STEP and (half := torn(training, gradients(whole))):
            wrong.append(f"the gradient of {', '.join(half)} is half done")
        if len({part.training for _, part in training.model.named_modules()}) > 1 or not training.model.training:
            wrong.append("the model was left in evaluation mode")
        if (now := digest_after_a_step()) != right:
            wrong.append(f"a step of training gives {now}, not {right}")
        outcome.failures += [f"{how}, {where}: {problem}" for problem in wrong]
        if wrong:
            restore()
    outcome.measured = f"{sum(moments.values()):,} moments in {len(PROGRAMS)} programs"
    return outcome


# ── the handlers ──────────────────────────────────────────────────────────────────────────────────────────────────────


class LateError(Exception):
    """What a handler raises that allows only so long."""


def pressed(*_: object) -> None:
    """Ctrl-C."""
    raise KeyboardInterrupt


def late(*_: object) -> None:
    """An error like any other."""
    raise LateError


class Evaluating:
    """Runs a net, whose outputs are the same bits at any time."""

    __name__ = "evaluating"

    def __init__(self) -> None:
        rng = np.random.default_rng(2)
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1, rng=rng), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1, rng=rng)
        )
        self.images = rng.standard_normal((8, 3, 32, 32)).astype(np.float32)
        self.differ = 0
        self.right = b""
        self()

    def __call__(self, *_: object) -> None:
        with no_grad():
            found = self.net(Tensor(self.images)).numpy().tobytes()
        self.right = self.right or found
        self.differ += found != self.right

    def problems(self) -> list[str]:
        """Since asked last."""
        differ, self.differ = self.differ, 0
        return ["the handler's net gave other bits"] if differ else []


# ── the programs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def stepping(training: ConvTraining) -> None:
    """A step of training."""
    training.step()


def watched(training: ConvTraining) -> None:
    """A step under a memory watch and a profile."""
    with ag.memory_usage(), ag.profile():
        training.step()


def switched(training: ConvTraining) -> None:
    """Recording off and on again, inside one another, and evaluation mode."""
    x = Tensor(np.ones((2, 3, 16, 16), np.float32))
    with no_grad(), training.model.evaluating():
        training.model(x)
        with enable_grad(), no_grad():
            training.model[0](x)


def read_ahead(training: ConvTraining) -> None:
    """Batches made ahead by a thread."""
    for inputs, _ in batches(training.data, 8, 0, ahead=2):
        training.model(Tensor(inputs))


def differentiated_twice(training: ConvTraining) -> None:
    """A recorded backward pass."""
    out = training.model(Tensor(training.data.values[:4]))
    first = ag.grad((out * out).sum(), training.model.parameters(), create_graph=True)
    ag.grad(sum((g * g).sum() for g in first), training.model.parameters())


def fitted(training: ConvTraining) -> None:
    """An epoch."""
    learner = nn.Learner(training.model, optimizer=training.optimizer)
    learner.fit(training.data, epochs=1, batch_size=16, progress=False, validation=training.data)


def with_others(training: ConvTraining) -> None:
    """The model with the tensors of another in place of its own, and in the midst of that with its own bias again."""
    model = training.model
    others = {path: Tensor(np.copy(array)) for path, array in ConvTraining(1).model.state_dict().items()}
    held = np.concatenate([array.ravel() for array in model.state_dict().values()])
    x = Tensor(training.data.values[:4])
    with model.evaluating():
        nn.functional_call(model, others, x)
        nn.functional_call(Nested(model), {f"model.{path}": other for path, other in others.items()}, x)
    if not np.array_equal(held, np.concatenate([array.ravel() for array in model.state_dict().values()])):
        raise RuntimeError("the model has other weights")


class Nested(nn.Module):
    """Runs its model with another bias in the midst of a call."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def forward(self, x: Any) -> Any:
        """x (N, 3, H, W) -> what the model returns."""
        return nn.functional_call(self.model, {"0.bias": Tensor(np.zeros(16, np.float32))}, x)


PROGRAMS: dict[str, Callable[[ConvTraining], None]] = {
    program.__name__: program
    for program in (stepping, watched, switched, read_ahead, differentiated_twice, fitted, with_others)
}
ONE_STEP = ("stepping", "watched")


# ── interrupting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def counted(program: Callable[[ConvTraining], None]) -> int:
    """How many moments a program has; once run before, so that what is made once is made."""
    program(ConvTraining(0))
    watch = Watch(0)
    training = ConvTraining(0)
    watch.run(lambda: program(training))
    return watch.seen


def interrupt(act: Callable[[], None], moment: int, seconds: float, handler: Callable[..., None] = pressed) -> str:
    """Run it and call the handler at the moment, or, if that is 0, after so long; where that interrupted it."""
    watch = Watch(moment, handler)
    try:
        if moment:
            watch.run(act)
        else:
            signal.signal(signal.SIGALRM, handler)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                act()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except (KeyboardInterrupt, LateError) as error:
        frames, trace = [], error.__traceback__
        while trace is not None:
            frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"in {' '.join(frame for frame in frames[-4:] if not frame.startswith(Path(__file__).name))}"
    except Exception as error:
        return f"which ended as {error!r}"
    return "which went on" if isinstance(handler, Evaluating) else "which had ended by then"


def at_every_moment(act: Callable[[], None], handler: Callable[..., None], after: Callable[[], None] = list) -> int:
    """Run it with the handler called at the first moment, at the second, …, and `after` each; how many there are."""
    moment = 0
    while True:
        moment += 1
        watch = Watch(moment, handler)
        with contextlib.suppress(LateError):
            watch.run(act)
        after()
        if watch.seen < moment:
            return moment - 1


class Watch:
    """A trace function that counts moments and calls a signal's handler at one of them."""

    def __init__(self, moment: int, handler: Callable[..., None] = pressed) -> None:
        self.moment, self.handler, self.seen = moment, handler, 0
        self.last: dict[FrameType, int] = {}

    def run(self, act: Callable[[], None]) -> None:
        """Run it, watched."""
        sys.settrace(self.entered)
        try:
            act()
        finally:
            sys.settrace(None)
            self.last.clear()  # frames know this watch

    def entered(self, frame: FrameType, event: str, given: Any) -> Any:
        """A function begins."""
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.count()
        return self.stepped

    def stepped(self, frame: FrameType, event: str, given: Any) -> Any:
        """An instruction is about to run."""
        if event == "opcode":
            if self.last.get(frame, -1) in listened_after(frame.f_code):
                self.last[frame] = frame.f_lasti
                self.count()
            self.last[frame] = frame.f_lasti
        elif event == "return":
            self.last.pop(frame, None)
        return self.stepped

    def count(self) -> None:
        """A moment."""
        self.seen += 1
        if self.seen == self.moment:
            self.handler()


@cache
def listened_after(code: CodeType) -> frozenset[int]:
    """Where in the code the instructions are after which Python looks for signals."""
    return frozenset(
        found.offset for found in dis.get_instructions(code) if found.opname.startswith(("CALL", "JUMP_BACKWARD"))
    )


# ── what is left ──────────────────────────────────────────────────────────────────────────────────────────────────────


def state() -> dict[str, Any]:
    """What a process has that outlives a step."""
    pool = parallel._pool
    return {
        **here(),
        "the running module": running.running(),
        "tracing": tracemalloc.is_tracing(),
        "the memory watches": len(ag.observe.peak.Peak.running),
        "holding BLAS": len(pool.holders),
        "the threads of BLAS": [library.get_num_threads() for library in parallel._blas()],
        "being inside a share": pool.inside.yes,
        "the lock": ag.observe.peak.Peak.lock.locked(),
        "the calls with other tensors": len(substitution._calls),
        "the readers of what is made ahead": len(ahead._readers),
    }


def restore() -> None:
    """After a failure: so that the next case is not blamed."""
    restart()
    running._running.set(None)
    ag.observe.peak.Peak.running.clear()
    if tracemalloc.is_tracing():
        tracemalloc.stop()
        ag.observe.peak.Peak.started = False
    parallel._pool.inside.yes = False
    for holder in list(parallel._pool.holders):
        parallel._let_go_of_blas(holder)


def gradients(training: ConvTraining) -> dict[str, Any]:
    """Of every parameter that has one."""
    return {path: p.grad.numpy().copy() for path, p in training.model.named_parameters() if p.grad is not None}


def torn(training: ConvTraining, right: dict[str, Any]) -> list[str]:
    """Parameters whose gradient is neither the right one nor none."""
    return [path for path, g in gradients(training).items() if not np.array_equal(g, right[path])]


def digest_after_a_step() -> str:
    """The bits of fresh training."""
    try:
        return trained(1, 1)
    except Exception as error:
        return repr(error)
