"""Ctrl-C at every moment at which Python listens: what is left behind, and what training gives after it.

Python looks for signals when a function begins, after a call and at the end of a loop's turn. A trace function counts
those moments in the project's own code and in the context managers of the standard library, and raises at the k-th.
Every eighth time a real signal comes instead, from a timer, wherever it meets the program.
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
from autograd_mini.kernels import buffers, parallel
from nn import module
from nn.data import batches
from tests.internals import here, restart

from .child import ROOT, in_child
from .promise import Outcome
from .training import ConvTraining, trained

OURS = (*(str(ROOT / package) for package in ("autograd_mini", "nn")), contextlib.__file__)


def interrupted_anywhere(cases: int, seed: int) -> Outcome:
    """Interruptions of the programs in turn, in a process of its own."""
    return in_child("interruptions", "interrupted", cases, seed)


def interrupted(cases: int, seed: int) -> Outcome:
    """What `interrupted_anywhere` runs."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    rng = np.random.default_rng(seed)
    outcome = Outcome()
    right, before = digest_after_a_step(), state()
    whole = ConvTraining(0)
    whole.step()
    moments = {name: counted(program) for name, program in PROGRAMS.items()}
    for i in range(cases):
        name = [*PROGRAMS][i % len(PROGRAMS)]
        moment = int(rng.integers(1, moments[name] + 1))
        training = ConvTraining(0)
        how = f"{name} at moment {moment}" if i % 8 else f"{name} by a signal"
        where = interrupt(lambda: PROGRAMS[name](training), moment if i % 8 else 0, float(rng.uniform(1e-4, 1e-2)))  # noqa: B023
        outcome.cases += 1
        wrong = [f"{key} is {now}, not {before[key]}" for key, now in state().items() if now != before[key]]
        wrong += ["the interruption was lost"] if where.startswith("which ended") else []
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
    """A recorded walk."""
    out = training.model(Tensor(training.data.values[:4]))
    first = ag.grad((out * out).sum(), training.model.parameters(), create_graph=True)
    ag.grad(sum((g * g).sum() for g in first), training.model.parameters())


def fitted(training: ConvTraining) -> None:
    """An epoch."""
    learner = nn.Learner(training.model, optimizer=training.optimizer)
    learner.fit(training.data, epochs=1, batch_size=16, progress=False, validation=training.data)


PROGRAMS: dict[str, Callable[[ConvTraining], None]] = {
    program.__name__: program for program in (stepping, watched, switched, read_ahead, differentiated_twice, fitted)
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


def interrupt(act: Callable[[], None], moment: int, seconds: float) -> str:
    """Run it and interrupt it at the moment, or, if that is 0, after so long; where that was."""
    watch = Watch(moment)
    try:
        if moment:
            watch.run(act)
        else:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            try:
                act()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as error:
        frames, trace = [], error.__traceback__
        while trace is not None:
            frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"in {' '.join(frame for frame in frames[-4:] if not frame.startswith(Path(__file__).name))}"
    except Exception as error:
        return f"which ended as {error!r}"
    return "which had ended by then"


class Watch:
    """A trace function that counts moments and raises KeyboardInterrupt at one of them."""

    def __init__(self, moment: int) -> None:
        self.moment, self.seen = moment, 0
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
            raise KeyboardInterrupt


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
        "the running module": module._running.paths,
        "tracing": tracemalloc.is_tracing(),
        "the memory watches": len(ag.observe.memory._Peak.running),
        "holding BLAS": len(pool.holders),
        "the threads of BLAS": [library.get_num_threads() for library in parallel._blas()],
        "being inside a share": getattr(pool.inside, "yes", False),
        "the locks": [lock.locked() for lock in (pool.lock, buffers._buffers.lock, ag.observe.memory._Peak.lock)],
    }


def restore() -> None:
    """After a failure: so that the next case is not blamed."""
    restart()
    module._running.paths = None
    ag.observe.memory._Peak.running.clear()
    if tracemalloc.is_tracing():
        tracemalloc.stop()
        ag.observe.memory._Peak.started = False
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
