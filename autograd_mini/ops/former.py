"""A keyword of earlier releases, which still works and warns."""

import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from .elementwise import relu
from .kinds import ROWS

Given = ParamSpec("Given")
Result = TypeVar("Result")


def relu_keyword(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function with the keyword `rectify`: True applies relu to its result, of several to the first."""

    @wraps(function)
    def called(*args: Any, **params: Any) -> Any:
        if "rectify" not in params:
            return function(*args, **params)
        level, frame = 1, sys._getframe()
        while frame.f_back is not None and frame.f_globals["__name__"].partition(".")[0] in ("autograd_mini", "nn"):
            level, frame = level + 1, frame.f_back
        warnings.warn("rectify: put relu around the result, or a ReLU behind it", DeprecationWarning, stacklevel=level)
        wanted, result = params.pop("rectify"), function(*args, **params)
        if not wanted:
            return result
        return (relu(result[0]), *result[1:]) if isinstance(result, tuple) else relu(result)

    name = function.__name__
    if name in ROWS and ROWS[name].function is function:
        ROWS[name] = replace(ROWS[name], function=called)
    return called
