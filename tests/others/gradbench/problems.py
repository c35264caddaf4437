"""GradBench's inputs as arrays, and results as the answers it expects: a class an eval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import formulas

Array = Any
Answer = Callable[[Callable[[], Any]], Any]
CAMERA, POINT = 11, 3


def floats(numbers: Any) -> Array:
    return np.asarray(numbers, dtype=np.float64)


class Problem:
    """An eval's input: `formula` of `arrays`, which are differentiated, with constants; `functions` it may ask for."""

    formula: Callable[..., Any]
    arrays: list[Array]
    constants: dict[str, Any]
    functions: dict[str, str]

    def function(self, library: Any) -> Callable[..., Any]:
        """The formula with this library's arrays for constants."""
        c = SimpleNamespace(**{
            name: library.array(constant) if isinstance(constant, np.ndarray) else constant
            for name, constant in self.constants.items()
        })  # fmt: skip
        return lambda xp, *arrays: type(self).formula(xp, c, *arrays)

    def derivative(self, library: Any, function: Callable[..., Any]) -> Callable[..., Any]:
        made: Callable[..., Any] = library.gradient(function)
        return made

    def prepared(self, library: Any, name: str) -> Callable[[], Any]:
        """What is timed: the function of that name, ready to be computed."""
        function = self.function(library)
        compute = library.value(function) if self.functions[name] == "value" else self.derivative(library, function)
        return lambda: compute(*self.arrays)

    def answer(self, library: Any, name: str, result: Any) -> Any:
        """A result as the suite wants it."""
        return self.told_value(library, result) if self.functions[name] == "value" else self.told(library, result)

    def told_value(self, library: Any, result: Any) -> Any:
        return library.numpy(result).tolist()

    def told(self, library: Any, result: Any) -> Any:
        return [library.numpy(part).tolist() for part in result]


JACOBIAN = {"objective": "value", "jacobian": "derivative"}


class GMM(Problem):
    formula, functions = staticmethod(formulas.gmm), JACOBIAN

    def __init__(self, given: dict[str, Any]) -> None:
        d, k, n, m, gamma = (given[name] for name in ("d", "k", "n", "m", "gamma"))
        self.arrays = [
            floats(given["alpha"]),
            floats(given["mu"]),
            floats(given["q"]),
            floats(given["l"]).reshape(k, -1),
        ]
        places = np.full((d, d), d + d * (d - 1) // 2)
        places[np.diag_indices(d)] = np.arange(d)
        columns, rows = np.triu_indices(d, 1)  # the lower triangle, column by column
        places[rows, columns] = d + np.arange(d * (d - 1) // 2)
        degrees = d + m + 1
        gammas = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((degrees - j) / 2) for j in range(d))
        constant = k * (degrees * d * math.log(gamma / math.sqrt(2)) - gammas) - n * d / 2 * math.log(2 * math.pi)
        self.constants = {"x": floats(given["x"]), "places": places.ravel(), "zero": np.zeros((k, 1)), "n": n, "m": m,
                          "gamma": gamma, "constant": constant, "sizes": (k, d)}  # fmt: skip

    def told(self, library: Any, result: Any) -> Any:
        parts = [library.numpy(part) for part in result]
        return {name: part.tolist() for name, part in zip(("alpha", "mu", "q", "l"), parts, strict=True)}


class BA(Problem):
    formula, functions = staticmethod(formulas.ba), JACOBIAN

    def __init__(self, given: dict[str, Any]) -> None:
        self.n, self.m, self.p = (given[name] for name in "nmp")
        observed = np.arange(self.p)
        self.camera, self.point = observed % self.n, observed % self.m
        cameras, points = np.tile(floats(given["cam"]), (self.n, 1)), np.tile(floats(given["x"]), (self.m, 1))
        self.arrays = [cameras[self.camera], points[self.point], np.full(self.p, float(given["w"]))]
        self.constants = {"features": np.tile(floats(given["feat"]), (self.p, 1))}

    def derivative(self, library: Any, function: Callable[..., Any]) -> Callable[..., Any]:
        """The Jacobian's numbers row by row: of each error, by its camera, its point and its weight."""
        rows = library.rows(function)

        def computed(*arrays: Array) -> tuple[Array, Array, Array]:
            by_x, by_y, by_weight = (
                [None if part is None else library.numpy(part) for part in row] for row in rows(*arrays)
            )
            values = np.empty((self.p, 2, CAMERA + POINT + 1))
            for i, row in enumerate((by_x, by_y)):
                values[:, i, :CAMERA], values[:, i, CAMERA:-1], values[:, i, -1] = row
            columns = np.empty(values.shape, int)
            columns[:, :, :CAMERA] = (CAMERA * self.camera[:, None] + np.arange(CAMERA))[:, None]
            points = CAMERA * self.n + POINT * self.point[:, None] + np.arange(POINT)
            columns[:, :, CAMERA:-1] = points[:, None]
            weights = CAMERA * self.n + POINT * self.m + np.arange(self.p)
            columns[:, :, -1] = weights[:, None]
            width = CAMERA + POINT + 1
            starts = np.concatenate([width * np.arange(2 * self.p + 1), 2 * self.p * width + 1 + np.arange(self.p)])
            return starts, np.concatenate([columns.ravel(), weights]), np.concatenate([values.ravel(), by_weight[2]])

        return computed

    def told_value(self, library: Any, result: Any) -> Any:
        x, y, weight = (library.numpy(part) for part in result)
        return {"reproj_error": {"elements": [float(x[0]), float(y[0])], "repeated": self.p},
                "w_err": {"element": float(weight[0]), "repeated": self.p}}  # fmt: skip

    def told(self, library: Any, result: Any) -> Any:
        """The first 30 and the last."""
        return {
            name: [*part[:30].tolist(), part[-1].item()]
            for name, part in zip(("rows", "cols", "vals"), result, strict=True)
        }


class HT(Problem):
    formula, functions = staticmethod(formulas.ht), JACOBIAN

    def __init__(self, given: dict[str, Any]) -> None:
        model, data = given["data"]["model"], given["data"]
        theta, us = floats(given["theta"]), floats(given["us"])
        bones = len(model["bone_names"])
        places = np.full((3 + bones, 3), len(theta))
        places[0], places[2] = range(3), range(3, 6)
        at = iter(range(6, len(theta)))
        for finger in range(5):
            for joint in range(3):
                row = 5 + 4 * finger + joint
                places[row, 0] = next(at)
                if joint == 0:
                    places[row, 1] = next(at)
        touched = np.asarray(data["correspondences"])
        self.arrays = [theta, us] if us.size else [theta]
        corners = np.asarray(model["triangles"])[touched].T if us.size else (touched, touched, touched)
        self.constants = {
            "zero": np.zeros(1), "places": places, "parents": [int(parent) for parent in model["parents"]],
            "base_relatives": floats(model["base_relatives"]), "row": np.tile([[[0.0, 0, 0, 1]]], (bones, 1, 1)),
            "column": np.zeros((bones, 3, 1)), "inverse_base_absolutes": floats(model["inverse_base_absolutes"]),
            "base_positions": floats(model["base_positions"]).T.copy(), "weights": floats(model["weights"]).T.copy(),
            "mirror": floats([[-1.0 if model["is_mirrored"] else 1.0], [1.0], [1.0]]),
            "points": floats(data["points"]).T.copy(), "first": corners[0], "second": corners[1], "third": corners[2],
        }  # fmt: skip

    def derivative(self, library: Any, function: Callable[..., Any]) -> Callable[..., Any]:
        """By both numbers of us, all points at once, since each error has its own; and by every part of theta."""
        theta = self.arrays[0]
        steps = [list(direction) for direction in np.eye(len(theta))]
        directions: list[Sequence[Array]] = [[floats(step)] for step in steps]
        if len(self.arrays) == 2:
            us = self.arrays[1]
            along = [[np.zeros_like(theta), np.tile(pair, (len(us), 1))] for pair in np.eye(2)]
            directions = [*along, *([*step, np.zeros_like(us)] for step in directions)]
        columns = library.columns(function, directions)
        return lambda *arrays: np.stack([library.numpy(column) for column in columns(*arrays)], axis=1)

    def told(self, library: Any, result: Any) -> Any:
        return result.tolist()


class LSTM(Problem):
    formula, functions = staticmethod(formulas.lstm), JACOBIAN

    def __init__(self, given: dict[str, Any]) -> None:
        self.arrays = [floats(given["main_params"]), floats(given["extra_params"])]
        self.constants = {"state": floats(given["state"]), "sequence": floats(given["sequence"]),
                          "layers": len(given["main_params"]) // 2}  # fmt: skip

    def told(self, library: Any, result: Any) -> Any:
        return np.concatenate([library.numpy(part).ravel() for part in result]).tolist()


class ODE(Problem):
    formula, functions = staticmethod(formulas.ode), {"primal": "value", "gradient": "derivative"}

    def __init__(self, given: dict[str, Any]) -> None:
        self.arrays = [floats(given["x"])]
        self.constants = {"steps": given["s"], "start": np.zeros(len(given["x"])), "one": np.ones(1)}

    def derivative(self, library: Any, function: Callable[..., Any]) -> Callable[..., Any]:
        made: Callable[..., Any] = library.gradient(lambda xp, x: function(xp, x)[-1])
        return made

    def told(self, library: Any, result: Any) -> Any:
        return library.numpy(result[0]).tolist()


class KMeans(Problem):
    formula, functions = staticmethod(formulas.kmeans), {"cost": "value", "dir": "derivative"}

    def __init__(self, given: dict[str, Any]) -> None:
        points = floats(given["points"])
        self.arrays = [floats(given["centroids"])]
        self.constants = {"points": points, "of_points": float((points * points).sum())}

    def derivative(self, library: Any, function: Callable[..., Any]) -> Callable[..., Any]:
        """Newton's step: the Hessian is diagonal, so the sums of its rows are the diagonal."""
        newton = library.newton(function)

        def computed(*arrays: Array) -> Any:
            gradient, diagonal = newton(*arrays)
            return gradient / diagonal

        return computed

    def told(self, library: Any, result: Any) -> Any:
        return library.numpy(result).tolist()


PROBLEMS: dict[str, type[Problem]] = {"gmm": GMM, "ba": BA, "ht": HT, "lstm": LSTM, "ode": ODE, "kmeans": KMeans}
