"""The states of random generators: as JSON can hold them, and put back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..module import Module


def generator_states(model: Module) -> dict[str, Any]:
    """The states of the generators that modules hold as attributes (dropout's), each once, by path."""
    return {name: generator_state(rng) for name, rng in _generators(model).items()}


def set_generator_states(model: Module, states: Mapping[str, Any]) -> None:
    """Put a model's generators in states that `generator_states` gave."""
    for name, rng in _generators(model).items():
        set_generator_state(rng, states[name])


def check_generator_states(model: Module, states: Mapping[str, Any], source: str) -> None:
    """Raise ValueError unless the states are those of such generators as the model holds."""
    held = _generators(model)
    if set(states) != set(held):
        raise ValueError(f"checkpoint: {source} has generators {sorted(states)}, the model has {sorted(held)}")
    for name, rng in held.items():
        check_generator_state(rng, states[name])


def generator_state(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a Generator, as JSON can hold it."""
    held: dict[str, Any] = json.loads(json.dumps(rng.bit_generator.state, default=lambda array: array.tolist()))
    return held


def set_generator_state(rng: np.random.Generator, state: Any) -> None:
    """Put a Generator in a state that `generator_state` gave. Raises ValueError for what is none."""

    def arrays(held: Any) -> Any:
        if isinstance(held, list):
            return np.array(held, np.uint64)
        return {key: arrays(value) for key, value in held.items()} if isinstance(held, dict) else held

    try:
        rng.bit_generator.state = arrays(state)
    except (TypeError, ValueError, KeyError, OverflowError, IndexError) as error:
        kind = type(rng.bit_generator).__name__
        raise ValueError(f"checkpoint: there is no such state of a {kind}: {str(state)[:80]} ({error})") from error


def check_generator_state(rng: np.random.Generator, state: Any) -> None:
    """Raise ValueError unless the state is one of such a Generator, which stays as it is."""
    set_generator_state(np.random.Generator(type(rng.bit_generator)()), state)


def _generators(model: Module) -> dict[str, np.random.Generator]:
    """The generators that modules hold as attributes, each once, by path."""
    found: dict[int, tuple[str, np.random.Generator]] = {}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, np.random.Generator):
                found.setdefault(id(value), (f"{path}.{name}" if path else name, value))
    return dict(found.values())
