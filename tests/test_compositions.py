"""Random compositions: drawn the same every time, of every operation, and computed alike by all three engines."""

import warnings
from collections import Counter

import compositions
import numpy as np
import pytest
import torch
from compositions import (
    CHARACTERS,
    CHECKERS,
    IN,
    OPERATIONS,
    OUT,
    REACH,
    Operation,
    Program,
    Step,
    examined,
    false_alarms,
    programs,
)

import autograd_mini as ag


@pytest.fixture(scope="module")
def hundred():
    return programs(100, seed=1)


@pytest.fixture(scope="module")
def thousand():
    return programs(1000)


@pytest.fixture
def quiet_hips():
    hips = pytest.importorskip("autograd", reason="HIPS autograd is not installed (the extra `bench`)")
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.filterwarnings("ignore", "Output seems independent of input")  # a power of 0
        yield hips


def listed(result):
    return list(result) if isinstance(result, tuple) else [result]


def leaves(program):
    return [ag.Tensor(x, requires_grad=True) for x in program.arrays]


def torch_leaves(program):
    return [torch.tensor(x, requires_grad=True) for x in program.arrays]


def assert_close(got, expected, program, rtol):
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    assert np.shape(got) == np.shape(expected), program
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * scale, err_msg=repr(program))


def seeds_of(program, outputs):
    rng = np.random.default_rng(program.index)
    return [rng.standard_normal(y.shape) for y in outputs]


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_draws_the_same_programs(hundred):
    again = [compositions.program.__wrapped__(1, index) for index in range(20)]  # drawn anew, not remembered
    other = programs(20, seed=2)
    assert [repr(p) for p in again] == [repr(p) for p in hundred[:20]]
    assert [p.source for p in other] != [p.source for p in again]


def test_every_operation_occurs_and_every_character_often_enough(thousand):
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names) >= 60
    counted = Counter(name for program in thousand for name in program.operations)
    assert set(counted) == set(names)
    assert len({name for program in thousand[:300] for name in program.operations}) >= 60
    characters = Counter(program.character for program in thousand)
    assert set(characters) == set(CHARACTERS)
    assert min(characters.values()) > len(thousand) / 10


def test_programs_are_small_and_finite(thousand):
    for program in thousand:
        assert 2 <= len(program.steps) <= 8
        assert sum(x.size for x in program.arrays) <= IN
        outputs = [np.asarray(y) for y in listed(program.ours(*program.arrays))]
        assert sum(y.size for y in outputs) <= OUT
        assert all(np.isfinite(y).all() for y in outputs)


def test_a_listing_tells_inputs_steps_and_outputs(hundred):
    text = repr(hundred[0])
    assert "program 0 of seed 1" in text
    assert hundred[0].character in text
    assert all(str(step) in text for step in hundred[0].steps)


# ── character ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def made(name, *arrays, drawn="grid", **params):
    """A program of one step."""
    operation = next(operation for operation in OPERATIONS if operation.name == name)
    inputs = tuple(np.asarray(x, np.float64) for x in arrays)
    return Program(0, 0, drawn, "", inputs, (Step(operation, tuple(range(len(inputs))), params),), (len(inputs),))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (made("relu", [0.0, 1.0]), "exact kink"),
        (made("relu", [3e-7, 1.0]), "near kink"),
        (made("relu", [0.5, 1.0]), "generic"),
        (made("relu", [500.0, 1e-3], drawn="scaled"), "badly scaled"),
        (made("clip", [0.5], low=-0.5, high=0.5), "exact kink"),
        (made("max", [1.0, 1.0, 0.0], axis=None, keepdims=False), "exact kink"),
        (made("max", [1.0, 0.0, 0.0], axis=None, keepdims=False), "generic"),  # a tie below the maximum
        (made("min", [[1.0, 0.0], [1.0 + 1e-6, 2.0]], axis=0, keepdims=False), "near kink"),
        (made("where x > y, x, y", [0.5], [0.5]), "exact kink"),
        (made("where x > y", [0.5], [0.5], [1.0], [0.0]), None),  # a jump
        (made("where x > y", [0.5], [0.5 - 1e-6], [1.0], [0.0]), None),
        (made("where x > y", [0.5], [0.0], [1.0], [0.0]), "generic"),
        (made("log", [0.0, 1.0]), None),
        (made("divide", [1.0], [0.0]), None),
        (made("std", [1.0, 1.0], axis=None, keepdims=False), None),
        (made("exp", [20.0]), None),
    ],
    ids=lambda value: value.source.splitlines()[-2] if isinstance(value, Program) else str(value),
)
def test_a_program_is_legitimate_and_of_one_character(program, expected):
    assert examined(program) == expected


def test_maxima_of_windows_know_their_ties():
    window = {"kernel_size": (2, 2), "stride": (1, 1), "padding": (1, 1)}
    image = np.arange(9.0).reshape(1, 1, 3, 3)
    assert examined(made("max_pool2d", image, **window)) == "generic"
    image[0, 0, 0, :2] = -5.0  # below all others, and tied where the border leaves nothing else
    assert examined(made("max_pool2d", image, **window)) == "exact kink"


def test_a_tie_that_lasts_is_no_kink():
    relu = next(operation for operation in OPERATIONS if operation.name == "relu")
    steps = Step(relu, (0,), {}), Step(relu, (1,), {})
    assert examined(Program(0, 0, "grid", "", (np.array([-1.0, 0.5]),), steps, (2,))) == "generic"


def test_float32_looks_from_farther_away():
    program = made("relu", [REACH["float64"] * 100, 1.0])
    assert examined(program) == "generic"
    assert program.astype(np.float32).character == "near kink"
    assert program.astype(np.float32).arrays[0].dtype == np.float32


# ── the engines ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("part", range(4))
def test_pytorch_computes_the_same(hundred, part):
    for program in hundred[part::4]:
        for got, expected in zip(
            listed(program.ours(*leaves(program))), listed(program.torch(*torch_leaves(program))), strict=True
        ):
            assert_close(got.numpy(), expected.detach().numpy(), program, 1e-11)


def test_pytorch_has_the_same_gradients_at_kinks_too(hundred):
    for program in hundred:
        ours, theirs = leaves(program), torch_leaves(program)
        outputs, expected = listed(program.ours(*ours)), listed(program.torch(*theirs))
        seeds = seeds_of(program, outputs)
        found = ag.grad(outputs, ours, seeds, allow_unused=True)
        wanted = torch.autograd.grad(expected, theirs, [torch.tensor(s) for s in seeds], allow_unused=True)
        for x, got, g in zip(ours, found, wanted, strict=True):
            got = np.zeros(x.shape) if got is None else got.numpy()
            assert_close(got, np.zeros(x.shape) if g is None else g.numpy(), program, 1e-8)


def test_hips_computes_the_same_and_has_the_same_gradients_away_from_exact_kinks(hundred, quiet_hips):
    for program in hundred:
        inputs = leaves(program)
        outputs = listed(program.ours(*inputs))
        seeds = seeds_of(program, outputs)
        for got, expected in zip(outputs, listed(program.hips(*program.arrays)), strict=True):
            assert_close(got.numpy(), np.asarray(expected), program, 1e-11)
        if program.character == "exact kink":  # other conventions: at a bound it stops the gradient
            continue

        def total(*arrays, program=program, seeds=seeds):
            result = program.hips(*arrays)
            results = [result] if len(seeds) == 1 else [result[0], result[1]]
            return sum((y * s).sum() for y, s in zip(results, seeds, strict=True))

        found = ag.grad(outputs, inputs, seeds, allow_unused=True)
        for i, (x, got) in enumerate(zip(inputs, found, strict=True)):
            got = np.zeros(x.shape) if got is None else got.numpy()
            assert_close(got, quiet_hips.grad(total, i)(*program.arrays), program, 1e-8)


# ── counting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_alarms_are_counted_by_checker_and_character(hundred):
    exact = lambda program: program.character != "exact kink"
    counts, alarmed = false_alarms(40, 1, {"strict": exact, "lenient": lambda program: True})
    drawn = Counter(program.character for program in hundred[:40])
    assert counts["strict"] == {c: (drawn[c] if c == "exact kink" else 0, drawn[c]) for c in CHARACTERS}
    assert len(alarmed["strict"]) == drawn["exact kink"] > 0
    assert not alarmed["lenient"]
    assert sum(total for _, total in false_alarms(40, 1, {"any": exact}, np.float32)[0]["any"].values()) <= 40


@pytest.mark.parametrize("name", CHECKERS)
def test_no_checker_objects_to_generic_programs(hundred, name):
    if name == "HIPS":
        pytest.importorskip("autograd", reason="HIPS autograd is not installed (the extra `bench`)")
    generic = [program for program in hundred[:60] if program.character == "generic"]
    assert generic
    for program in generic:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # theirs are not the question
            assert CHECKERS[name](program), program


@pytest.mark.parametrize("name", CHECKERS)
def test_checkers_object_to_a_wrong_program(name):
    """Each checker is really asked: a program whose engine's gradient is wrong fails."""
    if name == "HIPS":
        pytest.importorskip("autograd", reason="HIPS autograd is not installed (the extra `bench`)")
    half = Operation(
        "sine of a half",
        None,
        lambda x: ag.sin(x) * 0.5 + ag.Tensor(0.5 * np.sin(x.numpy())),
        lambda x: torch.sin(x) * 0.5 + 0.5 * torch.sin(x.detach()),
        lambda x: x * 0.5 + 0.5 * getattr(x, "_value", x),
        None,
        None,
        None,
    )
    wrong = Program(0, 0, "normal", "generic", (np.array([0.3, 0.9]),), (Step(half, (0,), {}),), (1,))
    assert not CHECKERS[name](wrong)
