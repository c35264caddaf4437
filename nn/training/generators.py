"""The states of random generators: as JSON can hold them, and put back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..module import Module
from ..parts import held_in

Rng = np.random.Generator | np.random.RandomState


def generator_states(model: Module) -> dict[str, Any]:
    """The states of the generators that modules hold as attributes (dropout's), each once, by path."""
    return {name: generator_state(rng) for name, rng in _generators(model).items()}


def set_generator_states(model: Module, states: Mapping[str, Any]) -> None:
    """Put a model's generators in states that `generator_states` gave."""
    for name, rng in _generators(model).items():
        set_generator_state(rng, states[name])


def held_generators(model: Module) -> list[tuple[Rng, Any]]:
    """A model's generators, and the state of each as it is now."""
    return [
        (rng, rng.get_state(legacy=False) if isinstance(rng, np.random.RandomState) else rng.bit_generator.state)
        for rng in _generators(model).values()
    ]


def put_back_generators(held: list[tuple[Rng, Any]]) -> None:
    """Put generators back in the states that `held_generators` gave."""
    for rng, state in held:
        if isinstance(rng, np.random.RandomState):
            rng.set_state(state)
        else:
            rng.bit_generator.state = state


def check_generator_states(model: Module, states: Mapping[str, Any], source: str) -> None:
    """Raise ValueError unless the states are those of such generators as the model holds."""
    held = _generators(model)
    if set(states) != set(held):
        raise ValueError(f"checkpoint: {source} has generators {sorted(states)}, the model has {sorted(held)}")
    for name, rng in held.items():
        check_generator_state(rng, states[name])


def generator_state(rng: Rng) -> dict[str, Any]:
    """The state of a generator, as JSON can hold it."""
    state = rng.get_state(legacy=False) if isinstance(rng, np.random.RandomState) else rng.bit_generator.state
    held: dict[str, Any] = json.loads(json.dumps(state, default=lambda array: array.tolist()))
    return held


def set_generator_state(rng: Rng, state: Any) -> None:
    """Put a generator in a state that `generator_state` gave. Raises ValueError for what is none."""

    def arrays(held: Any) -> Any:
        if isinstance(held, list):
            return np.array(held, np.uint64)
        return {key: arrays(value) for key, value in held.items()} if isinstance(held, dict) else held

    try:
        if isinstance(rng, np.random.RandomState):
            rng.set_state(arrays(state))
        else:
            rng.bit_generator.state = arrays(state)
    except (TypeError, ValueError, KeyError, OverflowError, IndexError) as error:
        kind = type(rng if isinstance(rng, np.random.RandomState) else rng.bit_generator).__name__
        raise ValueError(f"checkpoint: there is no such state of a {kind}: {str(state)[:80]} ({error})") from error


def check_generator_state(rng: Rng, state: Any) -> None:
    """Raise ValueError unless the state is one of such a generator, which stays as it is."""
    kind = np.random.RandomState if isinstance(rng, np.random.RandomState) else np.random.Generator
    set_generator_state(kind(getattr(np.random, generator_state(rng)["bit_generator"])()), state)


def _generators(model: Module) -> dict[str, Rng]:
    """The generators that modules hold as attributes, or in lists, tuples and dicts of theirs, each once, by path."""
    found: dict[int, tuple[str, Rng]] = {}
    for path, module in model.named_modules():
        for name, value in held_in(vars(module).items(), (np.random.Generator, np.random.RandomState)):
            found.setdefault(id(value), (f"{path}.{name}" if path else name, value))
    return dict(found.values())
