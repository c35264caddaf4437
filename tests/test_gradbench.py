"""GradBench's formulas on tiny inputs: values beside their definitions, derivatives beside differences."""

import io
import json
import sys
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.transform import Rotation

from tests.others.gradbench import tool
from tests.others.gradbench.__main__ import apart, table
from tests.others.gradbench.libraries import LIBRARIES
from tests.others.gradbench.problems import PROBLEMS

RNG = np.random.default_rng(0)
D, K, N = 3, 2, 4
BONES = 3 + 4 * 5  # wrist, forearm and palm beside four of each finger
GMM = {"d": D, "k": K, "n": N, "m": 2, "gamma": 1.3, "x": RNG.normal(size=(N, D)).tolist(),
       "alpha": RNG.normal(size=K).tolist(), "mu": RNG.uniform(size=(K, D)).tolist(),
       "q": RNG.normal(size=(K, D)).tolist(), "l": RNG.normal(size=(K, 3)).tolist()}  # fmt: skip
BA = {"n": 2, "m": 3, "p": 4, "cam": [-0.7, 0.4, 0.5, 0.1, 0.2, 0.3, 2.0, 0.4, 0.6, 0.02, 0.01], "x": [0.2, -0.1, 3.0],
      "w": 0.4, "feat": [0.5, 0.9]}  # fmt: skip
LSTM = {"main_params": RNG.random((4, 12)).tolist(), "extra_params": RNG.random((3, 3)).tolist(),
        "state": RNG.random((4, 3)).tolist(), "sequence": RNG.integers(0, 2, (5, 3)).tolist()}  # fmt: skip
ODE = {"x": [0.9, 0.8, 1.1, 0.7], "s": 3}
KMEANS = {"points": RNG.random((9, 2)).tolist(), "centroids": [[0.2, 0.2], [0.8, 0.3], [0.5, 0.9]]}


def hand(complicated):
    """Three vertices on a hand whose bones hang from one another."""
    rng = np.random.default_rng(1)
    matrices = np.tile(np.eye(4), (2, BONES, 1, 1)) + 0.1 * rng.normal(size=(2, BONES, 4, 4)) * [[1], [1], [1], [0]]
    model = {"bone_names": [f"bone {i}" for i in range(BONES)], "parents": [-1, *range(BONES - 1)],
             "base_relatives": matrices[0].tolist(), "inverse_base_absolutes": matrices[1].tolist(),
             "base_positions": np.c_[rng.normal(size=(3, 3)), np.ones(3)].tolist(),
             "weights": rng.random((3, BONES)).tolist(), "triangles": [[0, 1, 2], [2, 0, 1]],
             "is_mirrored": True}  # fmt: skip
    data = {"model": model, "correspondences": [1, 0], "points": rng.normal(size=(2, 3)).tolist()}
    return {"theta": (0.3 * rng.normal(size=26)).tolist(), "data": data,
            "us": rng.random((2, 2)).tolist() if complicated else []}  # fmt: skip


INPUTS = {"gmm": GMM, "ba": BA, "ht": hand(False), "ht complicated": hand(True), "lstm": LSTM, "ode": ODE,
          "kmeans": KMEANS}  # fmt: skip


def asked(name, function, library="ours"):
    return tool.evaluate(LIBRARIES[library](), {"module": name.split()[0], "function": function, "input": INPUTS[name]})


def by_definition(name):
    """The function again, by SciPy or in loops."""
    given = {key: np.array(value) if isinstance(value, list) else value for key, value in INPUTS[name].items()}
    match name:
        case "gmm":
            precisions = []
            for q, lower in zip(given["q"], given["l"], strict=True):
                triangle = np.diag(np.exp(q))
                triangle[[1, 2, 2], [0, 0, 1]] = lower
                precisions.append(triangle.T @ triangle)
            shares = np.exp(given["alpha"]) / np.exp(given["alpha"]).sum()
            mixed = sum(
                share * stats.multivariate_normal(mu, np.linalg.inv(p)).pdf(given["x"])
                for share, mu, p in zip(shares, given["mu"], precisions, strict=True)
            )
            prior = stats.wishart(D + given["m"] + 1, np.eye(D) / given["gamma"] ** 2)
            return np.log(mixed).sum() + sum(prior.logpdf(p) for p in precisions)
        case "ba":
            camera = given["cam"]
            x, y, z = Rotation.from_rotvec(camera[:3]).apply(given["x"] - camera[3:6])
            square = (x / z) ** 2 + (y / z) ** 2
            plane = np.array([x, y]) / z * (1 + camera[9] * square + camera[10] * square**2) * camera[6] + camera[7:9]
            errors = given["w"] * (plane - given["feat"])
            return {"reproj_error": {"elements": errors.tolist(), "repeated": 4},
                    "w_err": {"element": 1 - given["w"] ** 2, "repeated": 4}}  # fmt: skip
        case "lstm":
            return lstm_in_loops(**given)
        case "ode":  # four stages are exact for polynomials of degree 4
            x = given["x"]
            return [np.prod(x[: i + 1]) * 2 ** (i + 1) / [1, 2, 6, 24][i] for i in range(4)]
        case "kmeans":
            return sum(min(((p - c) ** 2).sum() for c in given["centroids"]) for p in given["points"])
    return posed(**INPUTS[name])


def lstm_in_loops(main_params, extra_params, state, sequence):
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    state, total = state.copy(), 0.0
    for now, following in pairwise(sequence):
        x = now * extra_params[0]
        for i in (0, 2):
            h, w, b = state[i], main_params[i].reshape(4, 3), main_params[i + 1].reshape(4, 3)
            state[i + 1] = state[i + 1] * sigmoid(x * w[0] + b[0]) + sigmoid(h * w[1] + b[1]) * np.tanh(h * w[3] + b[3])
            x = state[i] = sigmoid(x * w[2] + b[2]) * np.tanh(state[i + 1])
        y = x * extra_params[1] + extra_params[2]
        total += (following * (y - np.log(np.exp(y).sum() + 2))).sum()
    return -total / (sequence.shape[1] * (len(sequence) - 1))


def posed(theta, data, us):
    model, at = data["model"], iter(range(6, 26))
    angles = np.zeros((BONES, 3))
    for finger in range(5):
        for joint in range(3):
            bone = 2 + 4 * finger + joint
            angles[bone, 0] = theta[next(at)]
            if joint == 0:
                angles[bone, 1] = theta[next(at)]
    absolutes, total = [], np.zeros((3, 3))
    for i, (x, z, y) in enumerate(angles):
        turn = np.eye(4)
        turn[:3, :3] = Rotation.from_euler("xyz", [x, y, z]).as_matrix()
        relative = np.array(model["base_relatives"][i]) @ turn
        absolutes.append(relative if i == 0 else absolutes[model["parents"][i]] @ relative)
        carried = absolutes[i] @ model["inverse_base_absolutes"][i] @ np.transpose(model["base_positions"])
        total += carried[:3] * np.array(model["weights"])[:, i]
    total[0] *= -1
    vertices = Rotation.from_rotvec(theta[:3]).apply(total.T) + theta[3:6]
    errors = []
    for i, (which, point) in enumerate(zip(data["correspondences"], data["points"], strict=True)):
        touched = vertices[which]
        if us:
            a, b, c = (vertices[corner] for corner in model["triangles"][which])
            touched = us[i][0] * a + us[i][1] * b + (1 - us[i][0] - us[i][1]) * c
        errors += (point - touched).tolist()
    return errors


@pytest.mark.parametrize("name", INPUTS)
def test_values_are_those_of_the_definition(name):
    value = next(iter(PROBLEMS[name.split()[0]].functions))
    found = asked(name, value)
    assert found["success"]
    assert apart(by_definition(name), found["output"]) < 1e-13
    assert len(found["timings"]) == 1


def differences(problem, function):
    """The Jacobian (results, numbers) of a problem's function by central differences."""
    library, columns = LIBRARIES["ours"](), []
    compute = library.value(function(problem))
    for array in problem.arrays:
        for place in np.ndindex(array.shape):
            sides = []
            for step in (1e-6, -1e-6):
                moved = [other.copy() if other is array else other for other in problem.arrays]
                moved[next(i for i, other in enumerate(problem.arrays) if other is array)][place] += step
                sides.append(library.numpy(compute(*moved)).ravel())
            columns.append((sides[0] - sides[1]) / 2e-6)
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("name", INPUTS)
def test_derivatives_are_those_of_differences(name):
    module = name.split()[0]
    problem = PROBLEMS[module](INPUTS[name])
    found = asked(name, list(problem.functions)[1])["output"]
    if module == "kmeans":  # Newton's step leads to the mean of what is nearest
        points, centroids = np.array(KMEANS["points"]), np.array(KMEANS["centroids"])
        nearest = ((points[:, None] - centroids) ** 2).sum(2).argmin(1)
        expected = [c - points[nearest == i].mean(0) for i, c in enumerate(centroids)]
        assert apart(expected, found) < 1e-12
        return
    library = LIBRARIES["ours"]()
    if module == "ba":
        jacobian = differences(problem, lambda p: lambda xp, *x: xp.stack(p.function(library)(xp, *x), axis=0))
        sizes = np.cumsum([0, 4 * 11, 4 * 3])
        of_first = [jacobian[[0, 4], sizes[0] + i] for i in range(11)]
        of_first += [jacobian[[0, 4], sizes[1] + i] for i in range(3)] + [jacobian[[0, 4], sizes[2]]]
        assert apart(np.transpose(of_first).ravel(), found["vals"][:30]) < 1e-8
        assert found["vals"][30] == pytest.approx(-2 * BA["w"])
        assert found["rows"] == [*range(0, 15 * 9, 15), 121, 122, 123, 124, 124]
        assert found["cols"] == [*range(11), 22, 23, 24, 31, *range(11), 22, 23, 24, 31, 34]
        return
    jacobian = differences(problem, lambda p: p.function(library))
    match module:
        case "gmm":
            found = np.concatenate([np.ravel(found[part]) for part in ("alpha", "mu", "q", "l")])
        case "ode":
            jacobian = jacobian[-1]
        case "ht" if problem.arrays[1:]:  # each point has its own two numbers
            of_us = [[jacobian[row, 26 + 2 * (row // 3) + i] for i in (0, 1)] for row in range(6)]
            jacobian = np.concatenate([of_us, jacobian[:, :26]], axis=1)
    assert apart(np.squeeze(jacobian), found) < 1e-8


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # forward mode imports it
@pytest.mark.parametrize("library", ["torch", "autograd"])
@pytest.mark.parametrize("name", INPUTS)
def test_other_libraries_compute_the_same_by_the_same_formulas(name, library):
    pytest.importorskip(library)
    for function in PROBLEMS[name.split()[0]].functions:
        assert apart(asked(name, function)["output"], asked(name, function, library)["output"]) < 1e-12


def test_the_tool_speaks_the_protocol(monkeypatch, capsys):
    messages = [{"id": 0, "kind": "start"}, {"id": 1, "kind": "define", "module": "ode"},
                {"id": 2, "kind": "define", "module": "poetry"},
                {"id": 3, "kind": "evaluate", "module": "ode", "function": "primal", "input": ODE | {"min_runs": 3}},
                {"id": 4, "kind": "evaluate", "module": "ode", "function": "primal", "input": {}},
                {"id": 5, "kind": "analysis", "of": 3, "valid": True}]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["tool", "ours"])
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(json.dumps(message) + "\n" for message in messages)))
    tool.main()
    start, known, unknown, right, wrong, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert start["tool"] == "ours"
    assert (known["success"], unknown["success"]) == (True, False)
    assert len(right["timings"]) == 3
    assert not wrong["success"]
    assert "KeyError" in wrong["error"]
    assert last == {"id": 5}


def test_the_table_tells_ratios_and_whose_answers_were_judged():
    def row(function, ours, valid):
        return {"eval": "ode", "name": "n=1", "function": function, "seconds": {"ours": ours, "torch": 3e-3},
                "valid": valid, "apart": {"torch": 2e-16}}  # fmt: skip

    lines = list(table([row("primal", 1e-3, True), row("gradient", 2e-3, False)], ["torch", "jax"]))
    assert lines[-1] == "| ode n=1 | 1.00 | 2.00 | 2.0 | 3.00, 1.50 | –, – | NO, others within 2e-16 |"


@pytest.mark.parametrize(("one", "other"), [([1.0, 2.0], [1.0]), ({"a": 1.0}, {"a": 3.0}), (1.0, np.nan)])
def test_other_answers_are_apart(one, other):
    assert not apart(one, other) < 1e-3
