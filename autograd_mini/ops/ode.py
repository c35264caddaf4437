"""Ordinary differential equations, solved by SciPy; gradients by the adjoint equation.

With y' = f(y, t, p) and a = ∂L/∂y, going back in time: a' = −aᵀ ∂f/∂y, and ∂L/∂p collects aᵀ ∂f/∂p. That is an equation
of the same kind, for (y, a, ∂L/∂p) together, and is solved as such from each time to the one before; y starts anew each
time from the solution. Solving it is an operation too, so that there are derivatives of every order.
"""

from collections.abc import Callable
from contextvars import copy_context
from math import prod
from typing import Annotated, Any
from warnings import catch_warnings

import numpy as np

from ..arguments import Flag, Parameter, Plain, bare, is_real, is_whole
from ..core.gradient import grad
from ..core.observer import State, current, enable_grad, is_grad_enabled
from ..core.primitive import operand
from ..core.tape import Value, ancestors
from ..core.tensor import Tensor
from ..kernels.quiet import quiet
from .elementwise import floating
from .from_scipy import scipys
from .kinds import definition, op
from .reduce import sum
from .shape import concatenate, flatten, reshape, stack

Arguments = Annotated[Any, Parameter(None, "Sequence[Tensor | ArrayLike]")]
Values = Annotated[Any, Parameter(None, "Tensor | ArrayLike")]
Tolerance = Annotated[Any, Parameter(None, "float | None")]
Count = Annotated[Any, Parameter(None, "int")]

_DONE = "Integration successful."


@op(public=False)
def odeint(*arrays: Any, func: Any, how: Any) -> Any:
    """y at the times t, from y₀ at the first. arrays: y₀ (D,), t (T,), and what else func is given -> (T, D)."""
    y0, t, *args = arrays
    rest = [Tensor(a) for a in args]

    def rate(y: Any, at: float) -> Any:
        return bare(_rate(func, Tensor(y), Tensor(at), rest))

    def solved() -> Any:
        current.set(State(enabled=False))  # what runs in the solver is no step of the program's
        with quiet(under="ignore"), catch_warnings(action="ignore", category=its_warning):
            return solver(rate, y0, t, full_output=True, **how)

    solver, its_warning = scipys("odeint", "integrate"), scipys("ODEintWarning", "integrate")
    if len(t) == 1:
        return y0[None].copy()
    found, notes = copy_context().run(solved)
    if notes["message"] != _DONE:
        words = "func changes too fast, or the tolerances are too fine; a larger mxstep lets it go on"
        raise ValueError(f"SciPy's solver gave up between t = {t[0]:.6g} and {t[-1]:.6g}: {words}")
    return found.astype(y0.dtype, copy=False)


def _rate(func: Any, y: Any, t: Any, args: Any) -> Any:
    """dy/dt. Raises ValueError unless func gives as many numbers as there are in y."""
    return _in_shape(func(y, t, *args), y.shape)


def _in_shape(found: Any, shape: tuple[int, ...]) -> Any:
    given = np.shape(found)
    if given != shape:
        raise ValueError(f"func gave {given} for y {shape}; it must give dy/dt, in y's shape")
    return found if isinstance(found, Value) and found.node is not None else np.asarray(bare(found))


def _of_a_line(func: Any, shape: tuple[int, ...]) -> Callable[..., Any]:
    """The rate of y's numbers one after another."""
    return lambda y, t, *args: reshape(_in_shape(func(reshape(y, shape), t, *args), shape), y.shape)


def _apart(x: Any) -> Any:
    """x as a leaf or a step that no other argument comes from, so that the derivative by it is the partial one."""
    if isinstance(x, Value) and x.node is not None:
        return reshape.bind(x, shape=x.node.shape)
    return Tensor(bare(x), requires_grad=True)


def _adjoint(func: Any, d: int, wanted: tuple[bool, ...]) -> Callable[..., Any]:
    """The rate of (y, a, ∂L/∂p of the wanted arguments, one after another)."""

    def rate(state: Any, t: Any, *args: Any) -> Any:
        recorded = is_grad_enabled() and any(isinstance(x, Value) and x.node is not None for x in (state, t, *args))
        with enable_grad():
            y, a = _apart(state[:d]), state[d : 2 * d]
            given = [_apart(arg) if asked else arg for arg, asked in zip(args, wanted, strict=True)]
            inputs = [y, *(arg for arg, asked in zip(given, wanted, strict=True) if asked)]
            f = _rate(func, y, t, given)
            found = [None] * len(inputs)
            if isinstance(f, Value):
                found = grad(f, inputs, a if recorded else bare(a), create_graph=recorded, allow_unused=True)
            f = f if recorded else bare(f)
            grads = [np.zeros(x.shape) if g is None else g for x, g in zip(inputs, found, strict=True)]
            return concatenate([f, *(-flatten(g) for g in grads)])

    return rate


def _back(g: Any, arrays: Any, out: Any, wanted: Any, *, func: Any, how: Any) -> list[Any]:
    """The gradients; tolerances are relative to the largest number in g, so that they are as exact for a small one."""
    _, power = np.frexp(np.max(np.abs(bare(g)), initial=0))
    scale = float(np.ldexp(1.0, power))
    found = _carried(g / scale, arrays, out, wanted, func, how)
    return [None if grad is None else grad * scale for grad in found]


def _carried(g: Any, arrays: Any, out: Any, wanted: Any, func: Any, how: Any) -> list[Any]:
    y0, t, *args = arrays
    d, asked = len(bare(y0)), tuple(wanted[2:])
    p: Any = np.zeros(_size(args, asked))
    a, times, solve = g[-1], [None] * len(t), _adjoint(func, d, asked)
    for i in range(len(t) - 1, 0, -1):
        times[i] = sum(g[i] * _rate_at(func, out[i], t[i], args)) if wanted[1] else None
        back = concatenate([out[i], a, p])
        if bare(t[i]) != bare(t[i - 1]):
            back = odeint.bind(back, stack([t[i], t[i - 1]]), *args, func=solve, how=how)[1]
        if i == 1 and wanted[1]:
            times[0] = -sum(back[d : 2 * d] * _rate_at(func, out[0], t[0], args))
        a, p = back[d : 2 * d] + g[i - 1], back[2 * d :]
    grads, start = list[Any](), 0
    for arg, is_asked in zip(args, asked, strict=True):
        size = prod(arg.shape)
        grads.append(reshape(p[start : start + size], arg.shape) if is_asked else None)
        start += size * is_asked
    dt = stack([0.0 * t[0] if time is None else time for time in times]) if wanted[1] else None
    return [a if wanted[0] else None, dt, *grads]


def _size(args: Any, asked: tuple[bool, ...]) -> int:
    """How many numbers the wanted arguments have together."""
    return int(np.sum([prod(arg.shape) for arg, is_asked in zip(args, asked, strict=True) if is_asked], initial=0))


def _rate_at(func: Any, y: Any, t: Any, args: Any) -> Any:
    y, t, *args = (x if isinstance(x, Value) else Tensor(x) for x in (y, t, *args))
    return _rate(func, y, t, args)


odeint.defvjp(_back)

# ── called ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@definition(name="odeint")
def integrated(
    func: Plain,
    y0: Values,
    t: Values,
    args: Arguments = (),
    *,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    mxstep: Count = 0,
    tfirst: Flag = False,
) -> Any:
    """The solution of y' = f(y, t, …) from y at the first time; SciPy's `odeint`. y0 (...), t (T,) -> (T, ...).

    It is computed in double precision. Gradients are solutions of the adjoint equation, to the same tolerances: with
    respect to y0, t and args, of every order. What func reads beside these is a constant, and may carry no gradient.

    Arguments:
        func: f(y, t, *args), called with Tensors, y (...) and t (), which gives dy/dt, (...).
        y0: (...), y at the first time: a number, a vector, or a batch of them.
        t: (T,), times, rising or falling.
        args: arrays and numbers that f takes besides.
        rtol, atol: how large an error may be, relative and absolute; None for SciPy's 1.49e-8.
        mxstep: how many steps there may be between two times; 0 for SciPy's 500.
        tfirst: whether f takes t before y.
    Returns:
        (T, ...), y at each time, in y0's dtype.
    Raises:
        ValueError: for shapes that do not fit, for times that turn back, and where the solver gives up.
        TypeError: if f is no function, or reads a Tensor that requires a gradient and is not among args.
        ImportError: if SciPy is not installed.
    Source: Chen et al. 2018, appendix C.

    Example:
        >>> rate = Tensor(0.5, requires_grad=True)
        >>> y = ag.odeint(lambda y, t, k: -k * y, [1.0], [0.0, 2.0], (rate,))
        >>> np.round([y[-1].item(), ag.grad(y[-1], rate).item()], 6)  # exp(-2k), and its slope -2 exp(-2k)
        array([ 0.367879, -0.735759])
    """
    if not callable(func):
        raise TypeError(f"odeint: func must be a function f(y, t, *args), not {type(func).__name__}")
    given = args if isinstance(args, tuple | list) else (args,)
    rest = [operand(f"odeint: args[{i}]", arg) for i, arg in enumerate(given)]
    y0, t = floating("odeint", (), y0=y0, t=t)
    if len(t.shape) != 1 or not t.shape[0] or not prod(y0.shape):
        raise ValueError(f"odeint: t {t.shape} must be (T,), and neither it nor y0 {y0.shape} empty")
    steps = np.diff(bare(t))
    if not (np.all(steps >= 0) or np.all(steps <= 0)):
        raise ValueError(f"odeint: the times t {t.shape} must rise, or fall, from each to the next")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not (is_real(value) and value > 0):
            raise ValueError(f"odeint: {name} must be a number above 0, or None, not {value!r}")
    if not is_whole(mxstep, 0):
        raise ValueError(f"odeint: mxstep must be an integer of at least 0, not {mxstep!r}")
    equation = (lambda y, t, *rest: func(t, y, *rest)) if tfirst else func
    if is_grad_enabled():
        _refuse_others(equation, y0, t, rest)
    how = {"rtol": rtol, "atol": atol, "mxstep": int(mxstep)}
    if len(y0.shape) == 1:
        return odeint.bind(y0, t, *rest, func=equation, how=how)
    found = odeint.bind(flatten(y0), t, *rest, func=_of_a_line(equation, y0.shape), how=how)
    return reshape(found, (*t.shape, *y0.shape))


def _refuse_others(func: Any, y0: Any, t: Any, args: Any) -> None:
    """Raise TypeError if func reads a Tensor whose gradient would be lost."""
    own = [Tensor(np.array(bare(x)), requires_grad=bare(x).dtype.kind in "fc") for x in (y0, t[0], *args)]
    found = _rate(func, own[0], own[1], own[2:])
    nodes = {x.node for x in own}
    others = [n for n in ancestors(found.node) if n.op is None] if isinstance(found, Value) and found.node else []
    for node in others:
        if node not in nodes:
            words = f"a Tensor {node.shape}{f' ({node.name})' if node.name else ''} that requires a gradient"
            raise TypeError(f"odeint: func reads {words} and is not among args; the gradient would be lost")
