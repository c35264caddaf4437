"""The gradient check for a whole model: every parameter at once, called by its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

import numpy as np

import autograd_mini as ag
from autograd_mini import GradcheckReport, Tensor

from .inspect.dry_run import State
from .module import Module
from .substitution import computed_with, outside


def functional_call(model: Module, parameters: Mapping[str, Tensor], *args: Any, **kwargs: Any) -> Any:
    """Run a model with other tensors in place of its own.

    They stand in for this call alone: another thread or task that runs the model meanwhile computes with its own, and
    so does a thread that the model itself begins. `state_dict`, `save`, `load_state_dict`, copies and pickles are of
    the model's own at all times; a signal handler that runs the model in the midst of the call computes as the call
    does.

    Arguments:
        model: a Module.
        parameters: tensors by path, each of the shape of what it stands in for; the others stay.
        args, kwargs: what the model is called with.
    Returns:
        What the model returns.
    Raises:
        ValueError: for a path that the model lacks, or a shape that differs.
        TypeError: for what is no Tensor, and for a model that returns a generator or a coroutine, which would run when
            the call is over.

    Example:
        >>> fc, w = nn.Linear(2, 1), Tensor([[1.0, 10.0]], requires_grad=True)
        >>> nn.functional_call(fc, {"weight": w}, [[2.0, 3.0]]).backward(); w.grad.numpy()
        array([[2., 3.]])
    """
    own = outside(lambda: {name: tensor for name, tensor, _ in model.named_tensors()})
    for name, tensor in parameters.items():
        if name not in own:
            raise ValueError(f"functional_call: the model has no {name!r}; it has {', '.join(own)}")
        if not isinstance(tensor, Tensor):
            raise TypeError(f"functional_call: {name!r} must be a Tensor, not {type(tensor).__name__}")
        if tensor.shape != own[name].shape:
            raise ValueError(f"functional_call: {name!r} has shape {tensor.shape}; the model's is {own[name].shape}")
    pairs = [(own[name], tensor) for name, tensor in parameters.items()]
    result = computed_with(pairs, lambda: model(*args, **kwargs))
    if isinstance(result, _LATE):
        if not isinstance(result, AsyncGeneratorType):
            result.close()
        raise TypeError(
            f"functional_call: the model returned a {type(result).__name__}, which would run when the call is over, "
            "with the model's own tensors"
        )
    return _returned(result, {id(tensor): other for tensor, other in pairs})


def _returned(result: Any, others: Mapping[int, Tensor]) -> Any:
    """The result with what stood in for the model's own tensors in their place, for that is what they were."""
    if type(result) is dict:
        return {key: _returned(value, others) for key, value in result.items()}
    if type(result) in (list, tuple):
        return type(result)(_returned(value, others) for value in result)
    return others.get(id(result), result)


_LATE = GeneratorType, CoroutineType, AsyncGeneratorType


def gradcheck(
    model: Module, *inputs: Any, loss: Callable[[Any], Any] | None = None, mode: str = "projected", **options: Any
) -> GradcheckReport:
    """Check the gradients of every parameter of a model at given inputs.

    float32 models are checked in float64 and their float32 gradients against that. The model is checked in the mode it
    is in. In training, dropout drops the same elements in every run: the generators that its modules hold as
    attributes, also in lists and dicts, are put back before each. Afterwards the model is as it was: parameters,
    gradients, buffers, attributes, generators.

    Arguments:
        model: a Module.
        inputs: what it is called with; Tensors that require a gradient are checked too.
        loss: from what the model returns to what is differentiated, such as `lambda y: nn.cross_entropy(y, labels)`; by
            default the outputs themselves, each by itself.
        mode: "projected" checks every parameter, weights and biases one by one, along random directions; others as in
            `autograd_mini.gradcheck`.
        options: those of `autograd_mini.gradcheck`.
    Returns:
        A GradcheckReport.
    Raises:
        GradcheckError: with the layer's path, for a wrong gradient, also for random numbers of other generators.
        ValueError: for a model without parameters.

    Example:
        >>> net = nn.Sequential(fc=nn.Linear(3, 2, rng=0), tanh=nn.Tanh())
        >>> nn.gradcheck(net, np.ones((4, 3))).inputs  # 6 weights and 2 biases, and no error
        (6, 2)
    """
    parameters = dict(model.named_parameters())
    if not parameters:
        raise ValueError(f"gradcheck: {type(model).__name__} has no parameters to check")
    count = len(parameters)
    given = [Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs]
    buffers = {name: t for name, t, is_buffer in model.named_tensors() if is_buffer}
    state = State(model)

    def fn(*xs: Any) -> Any:
        replaced = dict(zip(parameters, xs[:count], strict=True))
        remembered = {name: Tensor(np.copy(t.numpy())) for name, t in buffers.items()}  # it may write into these
        try:
            result = functional_call(model, {**replaced, **remembered}, *xs[count:])
            return result if loss is None else loss(result)
        finally:
            state.put_back()

    leaves = [Tensor(p.numpy(), requires_grad=True, name=name) for name, p in parameters.items()]
    return ag.gradcheck(fn, [*leaves, *given], mode=mode, **options)
