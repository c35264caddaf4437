"""Random programs beside PyTorch: of every primitive, drawn the same again, and no wrong rule passes them unseen."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from internals import Value

import autograd_mini as ag
from tests.programs.by_row import BY_ROW
from tests.programs.comparing import OURS, follows, many, together
from tests.programs.operations import OPERATIONS
from tests.programs.rounding import numbers
from tests.reliability import programs

SHORT = 120


@pytest.fixture
def change(monkeypatch):
    """Put something in the place of a primitive's rule: it is given the rule, and then what the rule is given."""

    def changed(name, arg, wrong):
        op = ag.PRIMITIVES[name]
        if arg in op.rules:
            function = op.rules[arg].function
            rule = replace(op.rules[arg], function=lambda *given, **params: wrong(function, *given, **params))
            monkeypatch.setitem(op.rules, arg, rule)
            return
        joint, i = op.joint.function, op.args.index(arg)

        def of_all(*given, **params):
            found = [*joint(*given, **params)]
            if found[i] is not None:
                found[i] = wrong(lambda *given, **params: joint(*given, **params)[i], *given, **params)
            return found

        for implementation in op._implementations:
            monkeypatch.setattr(implementation, "joint", replace(op.joint, function=of_all))

    return changed


def only(*names):
    """The operations whose names begin so."""
    return [operation for operation in OPERATIONS if operation.name.startswith(names)]


def caught(check=together, **how):
    """What a short run says of the first program that fails, drawn anew if Hypothesis in another release draws none."""
    runs = (many(SHORT, seed, check, shrink=False, **how).failures for seed in range(3))
    return next(failures[0] for failures in runs if failures)


def a_little_more(rule, *given, **params):
    return rule(*given, **params) * (1 + 1e-6)


# one of each kind
SAMPLE = [
    ("conv2d", "w"), ("conv_transpose2d", "y"), ("max_pool2d", "x"), ("sum_pool2d", "x"), ("normalise", "x"),
    ("matmul", "b"), ("linear", "b"), ("softmax", "x"), ("cross_entropy", "logits"),
    ("power", "x"), ("divide", "y"), ("getitem", "x"), ("concatenate", "arrays"), ("gate", "g"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arg"), SAMPLE)
def test_a_rule_that_is_off_by_a_millionth_is_caught_in_the_short_run(change, name, arg):
    change(name, arg, a_little_more)
    assert re.search(r"(gradient|second order) by v\d", caught())


@pytest.mark.parametrize(
    ("name", "arg", "begun"),
    [
        ("channel_sums", "y", "batch_norm"),
        ("sum_unpool2d", "y", "avg_pool2d"),
        ("unpool", "y", "max_pool2d"),
        ("index_add", "y", "lists"),
    ],
)
def test_so_is_one_that_only_a_second_derivative_reaches(change, name, arg, begun):
    change(name, arg, a_little_more)
    assert "second order by" in caught(operations=only(begun, "tanh", "*"))


@pytest.mark.parametrize(("name", "arg"), [("hypot", "x"), ("erf", "x"), ("cumprod", "x"), ("gelu", "x")])
def test_a_wrong_rule_of_any_operation_is_caught_in_programs_of_its_rows(change, name, arg):
    change(name, arg, a_little_more)
    some = [operation for operation in BY_ROW if operation.name.startswith((f"{name}-", "add-", "softmax-"))]
    assert re.search(r"(gradient|second order) by v\d", caught(operations=some))


def test_a_rule_that_loses_the_second_derivative_is_caught(change):
    def half_detached(rule, g, out):
        return g * (1 - out * (out.detach() if isinstance(out, Value) else out))

    change("tanh", "x", half_detached)
    assert "second order by" in caught()


def test_another_subgradient_at_a_tie_is_caught(change):
    change("maximum", "x", lambda rule, g, x, y: ag.where(x >= y, g, 0))
    change("maximum", "y", lambda rule, g, x, y: ag.where(x < y, g, 0))
    assert "gradient by" in caught(operations=only("maximum", "*", "sum"))


def test_a_wrong_value_is_caught(monkeypatch):
    right = ag.PRIMITIVES["logsumexp"].forward
    monkeypatch.setattr(ag.PRIMITIVES["logsumexp"], "forward", lambda x, axis: right(x, axis=axis) + 1e-6)
    assert "value v" in caught()


def test_what_fails_is_made_small_and_printed_as_python_that_repeats_it(change, monkeypatch):
    change("sin", "x", a_little_more)
    few = [operation for operation in OPERATIONS if operation.name in ("sin", "+", "sum")]
    text = many(SHORT, 0, together, operations=few).failures[0]
    assert "ag.sin(v" in text
    assert "torch.sin(t" in text
    script = text[text.index("import torch") :]
    assert script.count("\nv") <= 4
    before = ag.is_compiled(), ag.is_winograd(), ag.get_num_threads()
    try:
        with pytest.raises(AssertionError, match="by v"):
            exec(script, {})
        monkeypatch.undo()
        exec(script, {})
    finally:
        ag.set_compiled(before[0])
        ag.set_winograd(before[1])
        ag.set_num_threads(before[2])


def test_an_operation_that_fails_on_bare_arrays_is_a_failure_with_its_program(monkeypatch):
    def torn(x):
        raise ZeroDivisionError("torn")

    monkeypatch.setattr(ag.PRIMITIVES["exp"], "forward", torn)
    few = [operation for operation in only("exp", "+", "sum") if "ag.expm1" not in operation.ours]  # its rule calls exp
    assert re.search(r"torn(.|\n)*= ag\.exp\(v", caught(operations=few))


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_operation_and_primitive_occurs_and_programs_are_of_every_kind():
    drawn, occurred = [], set()

    def here(program):
        drawn.append(program)
        numbers(program, "float64")

    for seed in range(10):
        found = many(100, seed, here)
        assert not found.failures
        occurred |= set(found.occurred)
        names = {name for program in drawn for name in program.operations}
        if occurred == OURS and len(names) == len(OPERATIONS):
            break
    assert occurred == OURS
    assert names == {operation.name for operation in OPERATIONS}
    steps = [step for program in drawn for step in program.steps.values()]
    inputs = [given for program in drawn for given in program.inputs.values()]
    assert len({given.layout for given in inputs}) == 5
    assert len({given.kind for given in inputs}) == 3
    assert any(given.array.size == 0 for given in inputs)
    assert len({program.settings for program in drawn}) == 8
    assert any(step.unrecorded for step in steps)
    assert any(len(program.outputs) > 1 for program in drawn)
    assert any(program.retained for program in drawn)
    lengths = {len(program.steps) for program in drawn}
    assert lengths >= set(range(1, 13))


def test_the_same_seed_draws_the_same_programs():
    def drawn(seed):
        found = []
        many(20, seed, found.append)
        return [repr(program) for program in found]

    assert drawn(3) == drawn(3) != drawn(4)


def test_a_primitive_that_never_occurs_breaks_the_promise(monkeypatch):
    monkeypatch.setattr(programs, "OURS", OURS | {"nonesuch"})
    monkeypatch.setattr(programs, "ENOUGH", 5)
    outcome = programs.programs_agree(5, 0)
    assert "nonesuch" in outcome.failures[0]


# ── float32 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_result_that_is_not_float32_is_caught(monkeypatch):
    right = ag.PRIMITIVES["tanh"].forward
    monkeypatch.setattr(ag.PRIMITIVES["tanh"], "forward", lambda x: right(np.float64(x)))
    assert "float64" in caught(follows)


def test_a_rule_that_computes_in_half_precision_is_caught(change):
    def halved(rule, g, *given):
        exact = rule(g, *given)
        return exact if exact.dtype == np.float64 else ag.astype(ag.astype(exact, np.float16), np.float32)

    change("multiply", "x", halved)
    assert "rounding may do" in caught(follows)


def test_threads_and_kernels_are_put_back():
    before = ag.is_compiled(), ag.is_winograd(), ag.get_num_threads(), torch.get_num_threads()
    many(5, 0, together)
    assert (ag.is_compiled(), ag.is_winograd(), ag.get_num_threads(), torch.get_num_threads()) == before
