"""Primitives of one's own: signatures, names, rules."""

from autograd_mini import primitive

from .given import T


def define(function, **rules):
    made = primitive(function)
    made.defvjp(**rules)
    return made


def half(x):
    return x / 2


def scaled(x, *, factor):
    return x * factor


def with_a_mixture(x, *others):
    return x


def relu(x):
    return x


CALLS = {
    "primitive": {
        "with arrays and more": lambda: primitive(with_a_mixture),
    },
    "half": {
        "rule that asks for an unknown array": lambda: define(half, x=lambda g, y: g * y),
        "rule that asks for nothing": lambda: define(half, x=lambda: 1),
        "rule that is missing": lambda: define(half)(T(3)),
    },
    "scaled": {
        "rule that asks for an unknown parameter": lambda: define(scaled, x=lambda g, *, scale: g * scale),
        "rule that asks for a parameter before the star": lambda: define(scaled, x=lambda g, factor: g * factor),
    },
    "half.defvjp": {
        "rule for an unknown argument": lambda: define(half, y=lambda g: g),
    },
}
