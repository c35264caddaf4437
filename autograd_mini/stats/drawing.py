"""Random numbers as operations: a program that was traced draws them again, and samples carry gradients."""

from typing import Any

import numpy as np

from ..arguments import Plain, generator, is_whole
from ..core.primitive import operand
from ..core.tape import Value
from ..ops.elementwise import cast, log
from ..ops.incomplete import gamma_quantile_slope
from ..ops.kinds import op

_EFFECT = "draws random numbers"


@op(public=False, effect=_EFFECT)
def noise(like: Any, *, law: Plain, size: Plain, rng: Plain) -> Any:
    """Numbers of a law without parameters, by its name in NumPy's Generator, in the dtype of `like`. -> size."""
    return np.asarray(getattr(rng, law)(size=size), like.dtype)


@op(public=False, effect=_EFFECT)
def counts(*parameters: Any, law: Plain, size: Plain, rng: Plain) -> Any:
    """Integers of a law, by its name in NumPy's Generator, with these parameters. -> size."""
    return np.asarray(getattr(rng, law)(*parameters, size=size))


@op(public=False, effect=_EFFECT)
def standard_gamma(a: Any, *, size: Plain, rng: Plain) -> Any:
    """Numbers of the gamma distribution of shape a > 0. a (...) broadcasts to size -> size.

    The gradient in `a` is that of the quantile at which each number lies.
    Source: Figurnov et al. 2018, "Implicit reparameterization gradients".
    """
    return np.asarray(rng.standard_gamma(a, size), a.dtype)


noise.defvjp(like=None)
counts.defvjp(parameters=None)
standard_gamma.defvjp(a=lambda g, a, out: g * gamma_quantile_slope.bind(a, out))


def log_gamma_sample(a: Any, size: tuple[int, ...], rng: np.random.Generator) -> Any:
    """The logarithm of such numbers, which does not underflow for small `a`: that of shape a + 1, and log(u) / a."""
    e = noise.bind(a, law="standard_exponential", size=size, rng=rng)
    return log(standard_gamma.bind(a + 1, size=size, rng=rng)) - e / a


def together(name: str, *given: Any) -> list[Any]:
    """Arguments as floating arrays: Python's numbers and integers take on the dtype of their company."""
    found = [x if type(x) in (int, float) else operand(name, x) for x in given]
    floats = [x.dtype for x in found if getattr(getattr(x, "dtype", None), "kind", "") == "f"]
    dtype = np.result_type(*floats) if floats else np.dtype(np.float64)
    return [_floating(name, x, dtype) for x in found]


def _floating(name: str, x: Any, dtype: Any) -> Any:
    if type(x) in (int, float):
        return np.asarray(x, dtype)
    if x.dtype.kind == "c":
        raise TypeError(f"{name}: takes real numbers, not {x.dtype}")
    return x if x.dtype.kind == "f" else cast.bind(x, dtype=dtype)


def drawing(name: str, size: Any, rng: Any, given: list[Any]) -> tuple[list[Any], tuple[int, ...], np.random.Generator]:
    """Parameters as arrays, the shape of what is to be drawn, by default theirs, and the generator.

    Where one is a Value, all are, so that every draw is known to whoever observes.
    """
    dtype = next((x.dtype for x in given if hasattr(x, "dtype")), np.dtype(np.float64))
    arrays = [x if hasattr(x, "dtype") else np.asarray(x, dtype) for x in given]
    kind = next((type(x) for x in arrays if isinstance(x, Value)), None)
    if kind is not None:
        arrays = [x if isinstance(x, Value) else kind.made(x, None) for x in arrays]
    whole = np.broadcast_shapes(*(x.shape for x in arrays))
    shape = whole if size is None else sized(size)
    if not all(is_whole(n, 0) for n in shape):
        raise TypeError(f"{name}: size must be an integer or a tuple of them, of at least 0, not {size!r}")
    try:
        fits = np.broadcast_shapes(whole, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: parameters of shape {whole} do not broadcast to size {shape}")
    return arrays, shape, generator(name, rng)


def sized(size: Any, *more: int) -> tuple[int, ...]:
    """A size as a tuple, with more lengths behind it."""
    return (*(size if isinstance(size, tuple | list) else (size,)), *more)
