"""A net out of an ONNX file: a module like any other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_mini.arguments import array_of, generator
from autograd_mini.core.observer import current, rescoped
from autograd_mini.core.tape import Value
from autograd_mini.observe.module_calls import ModuleCall
from autograd_mini.onnx.reading import File, Graph, read
from autograd_mini.onnx.reading.operators import check_known
from autograd_mini.onnx.reading.running import FAULTS, told

from ..fusion import fused
from ..init import Rng
from ..module import Module
from .building import Builder, Step, all_parts
from .naming import Path
from .scope import Scope


class OnnxNet(Scope):
    """The net of an ONNX file, whose parts have the file's names: `net["layer1"]`, `net.layer1`, `net.fc.weight`.

    Nodes that are layers here are those layers; others are parts by the function of their operator. It is called with
    the file's inputs in their order or by their names, and gives its outputs, one by itself and several in a tuple.
    `nn.from_onnx` makes it.

    Arguments:
        file: what `autograd_mini.onnx.reading.read` gives.
        rng: a Generator or a seed, for dropout and for random operators without a seed.
    Raises:
        ValueError: for arrays and nodes that mean nothing, naming the node.

    Example:
        >>> from onnx.parser import parse_model
        >>> text = '<ir_version: 8, opset_import: ["": 18]> net (float[N] x) => (float[N] y) {y = Relu(x)}'
        >>> net = nn.from_onnx(parse_model(text).SerializeToString())
        >>> net, net(np.array([-1.0, 2.0], np.float32))
        (OnnxNet(the given bytes: x → y
          (y): ReLU()
        ), array([0., 2.], dtype=float32))
    """

    def __init__(self, file: File, rng: Rng = None) -> None:
        super().__init__()
        self.file = File(file.path, Graph(file.graph.name, file.graph.inputs, file.graph.outputs, []), file.opsets)
        built = Builder(file, generator("from_onnx", rng)).built()
        self._inside = built.parts._inside
        for name, value in vars(built.parts).items():
            if name != "_inside":
                setattr(self, name, value)
        self.steps, self.held, self.constants = tuple(built.steps), built.held, _Constants(built.constants)
        self.eval()

    @property
    def input_names(self) -> tuple[str, ...]:
        """What the inputs are called."""
        return tuple(one.name for one in self.file.graph.inputs)

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """The shape of one example, if the net has one input and the file tells; what `summary()` takes."""
        given = self.file.graph.inputs
        shape = given[0].shape if len(given) == 1 else None
        return None if not shape or not all(isinstance(n, int) for n in shape[1:]) else shape[1:]  # type: ignore[return-value]

    @property
    def input_dtype(self) -> np.dtype[Any]:
        """The dtype of the first input: of the parameters, if both are floats."""
        given = self.file.graph.inputs
        dtype = np.dtype(np.float32) if not given or given[0].dtype is None else given[0].dtype
        own = [tensor.dtype for tensor in self.parameters()] if dtype.kind == "f" else []
        return np.result_type(*own) if own else dtype

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """The file's outputs."""
        values = dict(self.constants.arrays)
        values.update(self._given(inputs, named))
        parts = all_parts(self._inside)
        for name, (path, called) in self.held.items():
            values[name] = self._array(parts, path, called)
        calls: dict[Path, Any] = {(): current.get().scope}
        try:
            self._run(values, parts, calls)
        finally:
            rescoped(calls[()])
        outputs = tuple(values[name] for name in self.file.graph.outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def _run(self, values: dict[str, Any], parts: Mapping[Path, Module], calls: dict[Path, Any]) -> None:
        """Every step. calls: of the modules that a file only tells of, by path; the steps are recorded in them."""
        where, done = f"from_onnx: {self.file.path}", set[int]()
        for i, step in enumerate(self.steps):
            if i in done:
                continue
            for k in range(1, len(step.path)):
                path = step.path[:k]
                if path not in calls:
                    calls[path] = ModuleCall(".".join(path), "Scope", calls[path[:-1]])
            rescoped(calls[step.path[:-1]])
            try:
                after = None if step.alone is None else self.steps[step.alone]
                part = parts[step.path]
                both = None if after is None else fused(part, parts[after.path])
                if both is not None and after is not None and step.alone is not None:
                    done.add(step.alone)
                    _put(values, after, both(values[step.given[0]]))
                    _forget(values, after)
                else:
                    _put(values, step, part(*(values[name] if name else None for name in step.given)))
            except FAULTS as error:
                raise told(error, where, step.node) from error
            _forget(values, step)

    def _array(self, parts: Mapping[Path, Module], path: Path, called: str) -> Any:
        """A parameter; a buffer's bare array. None where what had it is replaced by what has none."""
        owner: Any = parts.get(path)
        if owner is None:
            owner = self
            for name in path:
                owner = owner._inside[name]
        tensor = getattr(owner, called, None)
        if tensor is None or called not in owner.buffers:
            return tensor
        return tensor._array

    def _given(self, inputs: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs by name. Raises TypeError and ValueError for what the file does not ask for."""
        where, wanted = f"{self.file.path}", self.file.graph.inputs
        names = [one.name for one in wanted]
        odd = [name for name in named if name not in names[len(inputs) :]]
        found = dict(zip(names, inputs, strict=False)) | dict(named)
        if odd or len(inputs) > len(names) or len(found) < len(names):
            raise TypeError(
                f"{where}: the net takes {', '.join(names) or 'nothing'}, not {len(inputs)} inputs"
                + f" and {', '.join(named)}" * bool(named)
            )
        lengths: dict[str, tuple[int, str]] = {}
        for one in wanted:
            x = found[one.name]
            if not isinstance(x, Value | np.ndarray):
                x = found[one.name] = array_of(x)
            if (
                one.dtype is not None
                and one.dtype.kind != x.dtype.kind
                and {one.dtype.kind, x.dtype.kind} != {"i", "u"}
            ):
                raise TypeError(f"{where}: the input {one.name!r} is of {one.dtype}, not of {x.dtype}")
            if one.shape is None:
                continue
            fits = len(x.shape) == len(one.shape)
            for i, (n, m) in enumerate(zip(x.shape, one.shape, strict=False)):
                if isinstance(m, str):
                    fits = fits and lengths.setdefault(m, (n, one.name))[0] == n
                elif m is not None and i:  # as many examples as there are
                    fits = fits and n == m
            if not fits:
                raise ValueError(
                    f"{where}: the input {one.name!r} of {x.shape} is not of the file's shape "
                    f"({', '.join('any' if m is None else str(m) for m in one.shape)})"
                )
        return found

    def extra_repr(self) -> str:
        """The file, and what goes in and comes out."""
        return (
            f"{os.path.basename(self.file.path)}: {', '.join(self.input_names)} → {', '.join(self.file.graph.outputs)}"
        )


class _Constants:
    """Arrays that are no state: in a holder, so that they are not looked for among parts."""

    def __init__(self, arrays: dict[str, Any]) -> None:
        self.arrays = arrays


def _put(values: dict[str, Any], step: Step, results: Any) -> None:
    outputs = step.node.outputs
    if len(outputs) == 1 or not isinstance(results, tuple | list):
        results = (results,)
    if any(outputs[len(results) :]):
        raise ValueError(f"it gives {len(results)} results, and {len(outputs)} are wanted")
    values.update((name, result) for name, result in zip(outputs, results, strict=False) if name)


def _forget(values: dict[str, Any], step: Step) -> None:
    for name in step.over:
        values.pop(name, None)


def from_onnx(path: Any, *, rng: Rng = None) -> OnnxNet:
    """The net of an ONNX file, as a module to use, train, check, draw and look into.

    Its parts have the file's names, `/layer1/0/conv1` is `layer1.0.conv1`; the file's arrays are parameters, or buffers
    where they are statistics, integers or settings. It comes in evaluation mode, in which it gives what the file says;
    in training mode dropout drops and batch normalisation uses the batch's statistics. Lengths that the file fixes are
    checked, but for the first axis: batches may be of any size that the file's own reshapes allow. bfloat16 becomes
    float32. Nothing in a file is run.

    Arguments:
        path: of the file, beside which its external data are; or its bytes.
        rng: a Generator or a seed, for dropout and for random operators without a seed.
    Returns:
        An OnnxNet, a Module.
    Raises:
        ValueError: for what is no ONNX file, or damaged, or for an opset below 7, naming the node.
        FileNotFoundError: if there is no such file, or none of its external data.
        NotImplementedError: for operators that are not known, how often and where; `ag.onnx.implement` adds one.
        ModuleNotFoundError: without the package `onnx`, the extra of that name.

    Example:
        >>> nn.from_onnx(b"words")
        Traceback (most recent call last):
        ValueError: from_onnx: the given bytes: this is no ONNX file
    """
    file = read(path)
    check_known(file, f"from_onnx: {file.path}")
    return OnnxNet(file, rng)
