"""Small random programs: drawn the same every time, of every operation, and computed alike by all three engines."""

import warnings
from collections import Counter

import numpy as np
import pytest
from cases import every

import autograd_mini as ag
from tests.programs.alarms import CHECKERS, false_alarms
from tests.programs.characters import CHARACTERS, REACH, examined, in_float32
from tests.programs.comparing import IllPosedError, together
from tests.programs.drawing import IN, OUT, small_program, small_programs
from tests.programs.operations import NAMED, OPERATIONS, Operation
from tests.programs.program import NAMES, Input, Program, Step


@pytest.fixture(scope="module")
def hundred():
    return small_programs(100, seed=1)


@pytest.fixture(scope="module")
def thousand():
    return small_programs(1000)


@pytest.fixture
def quiet_hips():
    hips = pytest.importorskip("autograd", reason="HIPS autograd is not installed (the extra `bench`)")
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.filterwarnings("ignore", "Output seems independent of input")  # a power of 0
        yield hips


def listed(result):
    return list(result) if isinstance(result, tuple) else [result]


def assert_close(got, expected, program, rtol):
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    assert np.shape(got) == np.shape(expected), program
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * scale, err_msg=repr(program))


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_draws_the_same_programs(hundred):
    again = [small_program.__wrapped__(1, index) for index in range(20)]  # drawn anew, not remembered
    other = small_programs(20, seed=2)
    assert [repr(p) for p in again] == [repr(p) for p in hundred[:20]]
    assert [p.lines("ag") for p in other] != [p.lines("ag") for p in again]


def test_every_operation_occurs_and_every_character_often_enough(thousand):
    names = {operation.name for operation in OPERATIONS if operation.differences}
    assert len(NAMED) == len(OPERATIONS)
    assert len(names) >= 85
    assert {name for program in thousand for name in program.operations} == names
    assert len({name for program in thousand[:300] for name in program.operations}) >= 80
    characters = Counter(program.character for program in thousand)
    assert set(characters) == set(CHARACTERS)
    assert min(characters.values()) > len(thousand) / 10


def test_programs_are_small_and_finite(thousand):
    for program in thousand:
        assert 2 <= len(program.steps) <= 8
        assert sum(x.size for x in program.arrays) <= IN
        outputs = [np.asarray(y) for y in listed(program.function("arrays")(*program.arrays))]
        assert sum(y.size for y in outputs) <= OUT
        assert all(np.isfinite(y).all() for y in outputs)


def test_a_listing_is_python_that_runs(hundred):
    text = repr(hundred[0])
    assert "program 0 of seed 1" in text
    assert hundred[0].character in text
    listing, before = dict(NAMES), (ag.is_compiled(), ag.is_winograd(), ag.get_num_threads())
    try:
        exec(text, listing)
    finally:
        ag.set_compiled(before[0])
        ag.set_winograd(before[1])
        ag.set_num_threads(before[2])
    for i, value in enumerate(hundred[0].run("ag")):
        np.testing.assert_array_equal(listing[f"v{i}"].numpy(), value.numpy())


# ── character ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def made(name, *arrays, drawn="grid", **params):
    """A program of one step."""
    inputs = [Input(np.asarray(x, np.float64)) for x in arrays]
    step = Step(NAMED[name], tuple(range(len(inputs))), params)
    return Program((*inputs, step), (len(inputs),), title=drawn)


@every(
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
        (made("/", [1.0], [0.0]), None),
        (made("std", [1.0, 1.0], axis=None, keepdims=False, ddof=0), None),
        (made("exp", [20.0]), None),
        (made("sort", [1.0, 0.0, 1.0], axis=0), "exact kink"),
        (made("sort", [1.0, 0.0, 1.0 + 1e-6], axis=0), "near kink"),
        (made("sort", [1.0, 0.0, 2.0], axis=0), "generic"),
    ],
    ids=lambda value: value.lines("ag").splitlines()[-1] if isinstance(value, Program) else str(value),
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
    steps = Step(NAMED["relu"], (0,), {}), Step(NAMED["relu"], (1,), {})
    assert examined(Program((Input(np.array([-1.0, 0.5])), *steps), (2,))) == "generic"


def test_float32_looks_from_farther_away():
    program = made("relu", [REACH["float64"] * 100, 1.0])
    assert examined(program) == "generic"
    assert in_float32(program).character == "near kink"
    assert in_float32(program).arrays[0].dtype == np.float32


# ── the engines ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pytorch_computes_the_same_and_has_the_same_gradients_at_kinks_too(hundred):
    redrawn = 0
    for program in hundred:
        try:
            together(program)
        except IllPosedError:
            redrawn += 1
    assert redrawn <= 5


def test_hips_computes_the_same_and_has_the_same_gradients_away_from_exact_kinks(hundred, quiet_hips):
    for program in hundred:
        inputs, hips = [ag.Tensor(x, requires_grad=True) for x in program.arrays], program.function("hips")
        outputs = listed(program.function("ag")(*inputs))
        rng = np.random.default_rng(program.seed)
        seeds = [rng.standard_normal(y.shape) for y in outputs]
        for got, expected in zip(outputs, listed(hips(*program.arrays)), strict=True):
            assert_close(got.numpy(), np.asarray(expected), program, 1e-11)
        if program.character == "exact kink":  # other conventions: at a bound it stops the gradient
            continue

        def total(*arrays, hips=hips, seeds=seeds):
            result = hips(*arrays)
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
    ours, theirs = (
        "ag.sin({0}) * 0.5 + 0.5 * ag.sin({0}.detach())",
        "torch.sin({0}) * 0.5 + 0.5 * torch.sin({0}.detach())",
    )
    if name == "HIPS":  # which has no detach
        ours = "{0} * 0.5 + 0.5 * ag.value({0})"
    half = Step(Operation("sine of a half", None, ours, theirs), (0,), {})
    wrong = Program((Input(np.array([0.3, 0.9])), half), (1,))
    assert not CHECKERS[name](wrong)
