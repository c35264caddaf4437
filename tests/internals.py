"""The inner names that tests use, from wherever they live: the one place to change when rooms move."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from autograd_mini import Tensor, primitive
from autograd_mini.arguments import array_of as array_of
from autograd_mini.arguments import bare as bare
from autograd_mini.core import gradient as gradient
from autograd_mini.core.observer import EVENTS as EVENTS
from autograd_mini.core.observer import Changed as Changed
from autograd_mini.core.observer import Observer as Observer
from autograd_mini.core.observer import State as State
from autograd_mini.core.observer import current as current
from autograd_mini.core.observer import observed_by as observed_by
from autograd_mini.core.observer import rescoped as rescoped
from autograd_mini.core.observer import saving as saving
from autograd_mini.core.tape import BACKWARD as BACKWARD
from autograd_mini.core.tape import Node as Node
from autograd_mini.core.tape import Value as Value
from autograd_mini.core.tape import ancestors as ancestors
from autograd_mini.geometry import flat_indices as flat_indices
from autograd_mini.observe import profiler as profiler
from autograd_mini.observe.activations import activation_hook as activation_hook
from autograd_mini.observe.memory import Saved as Saved
from autograd_mini.observe.mutation import MUTATION_CHECK as MUTATION_CHECK
from autograd_mini.observe.profiler import Gradient as Gradient
from autograd_mini.observe.snapshot import EXPOSED as EXPOSED
from autograd_mini.observe.snapshot import SNAPSHOTS as SNAPSHOTS
from autograd_mini.observe.snapshot import checksum as checksum
from autograd_mini.observe.snapshot import root_of as root_of
from autograd_mini.ops.arithmetic import linear_by, linear_then_relu
from autograd_mini.ops.channels import batch_norm_by, channel_affine_then_relu, normalise_then_relu
from autograd_mini.ops.conv import conv2d_by, conv2d_then_relu
from autograd_mini.ops.dropout import dropout as dropout
from autograd_mini.ops.elementwise import relu_done
from autograd_mini.ops.loss import cross_entropy as cross_entropy


def leaf(data: Any, name: str | None = None) -> Tensor:
    """A Tensor of float64 that requires a gradient."""
    return Tensor(np.asarray(data, float), requires_grad=True, name=name)


def operation(forward: Any, joint: Any = None, /, *, name: str | None = None, outputs: Any = (), **rules: Any) -> Any:
    """A primitive and its rules in one call: for what a test needs once."""
    made = primitive(outputs=outputs, name=name or "operation")(forward)
    made.defvjp(*[joint] * (joint is not None), **rules)
    return made


def here() -> dict[str, object]:
    """What holds in this context: all that a step must leave as it was."""
    state = current.get()
    return {
        "recording": state.enabled,
        "the scope": state.scope,
        "the observers": state.observers.own,
        "what is saved": state.saving,
        "the blocks": state.blocks,
    }


FRESH = here()


def restart() -> None:
    """Make everything in this context as it is at the beginning."""
    current.set(State())


def run_tasks(main: Any) -> Any:
    """`asyncio.run(main)` in a thread of its own: a browser that tests drive keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, main).result()


def linear_relu(*arrays: Any) -> Any:
    """A ReLU fused into `linear`, as `nn.fusion` has it."""
    return relu_done.bind(linear_by(linear_then_relu, *arrays))


def conv2d_relu(*arrays: Any, **geometry: Any) -> Any:
    """A ReLU fused into `conv2d`."""
    return relu_done.bind(conv2d_by(conv2d_then_relu, *arrays, **geometry))


def batch_norm_relu(*arrays: Any, **more: Any) -> Any:
    """A ReLU fused into `batch_norm`."""
    return relu_done.bind(batch_norm_by((normalise_then_relu, channel_affine_then_relu), *arrays, **more))
