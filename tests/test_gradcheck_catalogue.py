"""The catalogue of broken derivative rules, through our checker and through others', side by side: `make gradcheck`.

First the catalogue proves itself, in plain NumPy: every right rule agrees with finite differences, every broken one
really is broken. Then the table: for each kind of bug how many each checker finds, and what it says of the right rules.
"""

import numpy as np
import pytest
from cases import every
from catalogue import CATALOGUE, InNumPy, differentiable
from checkers import CHECKERS, our_inputs, ours
from operations import ALL

import autograd_mini as ag
from tests.programs import alarms as small
from tests.programs.characters import CHARACTERS

KINDS = list(dict.fromkeys(entry.kind for entry in CATALOGUE))
FAMILIES = sorted({entry.family for entry in CATALOGUE} - set(KINDS))  # "second order" is both
PEERS = [checker.name for checker in CHECKERS if not checker.name.startswith("ours")]
each_entry = every("entry", CATALOGUE, ids=str)


@pytest.fixture
def shown(request):
    """Whether what tests print is shown."""
    return request.config.getoption("capture") == "no"


# ── the catalogue proves itself ───────────────────────────────────────────────────────────────────────────────────────


def called(entry, right=True):
    """The operations of an entry, each with the arrays it receives there and its result."""
    o = InNumPy(entry.operations(right))
    entry.function(right)(o, *entry.arrays())
    return o, o.calls


def slopes(one, i, g, arrays, eps=1e-6):
    """Σ g · ∂out/∂arrays[i], by two-sided differences."""
    found = np.empty(arrays[i].shape)
    for place in np.ndindex(found.shape):
        ends = []
        for side in (eps, -eps):
            moved = [np.array(array) for array in arrays]
            moved[i][place] += side
            ends.append(np.asarray(one.forward(*moved)))
        found[place] = np.sum(g * (ends[0] - ends[1])) / (2 * eps)
    return found


@each_entry
def test_with_the_right_rules_in_place_each_agrees_with_finite_differences(entry):
    o, calls = called(entry)
    rng = np.random.default_rng(1)
    for one, arrays, out in calls:  # which grow meanwhile: some rules call further operations
        g = rng.standard_normal(np.shape(out))
        for i in differentiable(arrays):
            given = [np.array(array) for array in arrays]
            functions = [o] if one.again else []
            got = one.rules[one.args[i]](*functions, g.copy(), np.array(out), *given)
            want = slopes(one, i, g, arrays)
            assert got.shape == want.shape
            assert got.dtype == np.float64
            np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6 * max(1, np.abs(want).max()))
            for before, after in zip(arrays, given, strict=True):
                np.testing.assert_array_equal(before, after)


def test_every_operation_is_used_and_no_entry_twice():
    assert {one.name for one in ALL} == {one.name for entry in CATALOGUE for one in entry.operations(right=True)}
    assert len({entry.name for entry in CATALOGUE}) == len(CATALOGUE) == 181
    assert not {one.name for one in ALL} & set(ag.PRIMITIVES)


@each_entry
def test_a_broken_entry_is_broken(entry):
    if entry.composition_wrong:
        assert depends_otherwise(entry)
    elif entry.forward:
        assert forward_misbehaves(entry)
    elif entry.order == 1:
        assert rule_misbehaves(entry)
    else:
        assert wrong_only_at_second_order(entry)


def depends_otherwise(entry):
    """Not all of what the result depends on is on the tape."""
    o, _ = called(entry, right=False)
    moved = [array + 0.1 for array in entry.arrays()]
    all_of_it = entry.function(right=True)(InNumPy(entry.operations(right=True)), *moved)
    on_tape = entry.function(right=False)(InNumPy(entry.operations(right=False), o.constants), *moved)
    return np.abs(all_of_it - on_tape).max() > 1e-3


def forward_misbehaves(entry):
    """It changes what it is given, or its result changes from one call to the next."""
    given = entry.arrays()
    first, second = entry.forward(*given), entry.forward(*entry.arrays())
    return changed(entry.arrays(), given) or not np.array_equal(first, second)


def rule_misbehaves(entry):
    """It gives something else than the right rule, or not always the same, or changes what it is given."""
    right, wrong = entry.operation.rules[entry.argument], entry.wrong
    _, calls = called(entry)
    _, arrays, out = next(call for call in calls if call[0].name == entry.operation.name)
    if wrong is None:
        return np.abs(right(np.ones(np.shape(out)), out, *arrays)).max() > 1e-3
    rng = np.random.default_rng(2)
    for _ in range(3):
        given = [2 * rng.standard_normal(np.shape(out)), np.array(out), *map(np.array, arrays)]
        want = right(*map(np.array, given))
        copies = [np.array(array) for array in given]
        got, again = wrong(*copies), wrong(*map(np.array, given))
        if got.shape != want.shape or got.dtype != want.dtype or changed(given, copies):
            return True
        if not np.array_equal(got, again) or not np.allclose(got, want, rtol=1e-9, atol=1e-12):
            return True
    return False


def changed(before, after):
    return not all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def wrong_only_at_second_order(entry):
    """The same first derivatives as with the right rules, other second ones, or none."""
    firsts, seconds = zip(*(derivatives(entry, right) for right in (True, False)), strict=True)
    for want, got in zip(*firsts, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
    return seconds[1] is None or any(np.abs(a - b).max() > 1e-3 for a, b in zip(*seconds, strict=True))


def derivatives(entry, right):
    """The gradients by the inputs, and the gradients of those by the inputs and by g; None where they cannot be had."""
    rng = np.random.default_rng(3)
    with ours(entry.operations(right)) as o:
        inputs = our_inputs(entry.arrays())
        y = entry.function(right)(o, *inputs)
        g = ag.Tensor(rng.standard_normal(y.shape), requires_grad=True)
        first = [one.numpy() for one in ag.grad(y, inputs, g, retain_graph=True)]
        seeds = [rng.standard_normal(one.shape) for one in first]
        try:
            second = ag.grad(ag.grad(y, inputs, g, create_graph=True), [*inputs, g], seeds, allow_unused=True)
        except TypeError as error:
            if "the second derivative would be lost" not in str(error):
                raise
            return first, None
        return first, [np.zeros(1) if one is None else one.numpy() for one in second]


# ── five checkers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def verdicts(checker, entries=CATALOGUE):
    """[(entry, verdict on the right rule, verdict on the broken one)]."""
    return [(entry, checker(entry, right=True), checker(entry)) for entry in entries]


def is_found(right, broken):
    """An alarm that sounds for the right rule too is no finding."""
    return broken.found and not right.found


def count(rows, of=None):
    """(found, all) of a kind of bug, or of a family of operations, or of everything."""
    chosen = [is_found(right, broken) for entry, right, broken in rows if of in (None, entry.kind, entry.family)]
    return sum(chosen), len(chosen)


def named(rows, what):
    """(right, asked) over the entries that were found and have something to name."""
    said = [getattr(broken, what) for _, right, broken in rows if is_found(right, broken)]
    return sum(one is True for one in said), sum(one is not None for one in said)


def alarms(rows):
    return [entry.name for entry, right, _ in rows if right.found]


def table(verdicts):
    names = list(verdicts)
    line = lambda title, cells: f"{title:32}" + "".join(f"{cell:>17}" for cell in cells)
    of = lambda pair: "{}/{}".format(*pair)
    lines = ["", line("broken rules found", names)]
    lines += [line(kind, [of(count(verdicts[name], kind)) for name in names]) for kind in KINDS]
    lines += ["", *(line(family, [of(count(verdicts[name], family)) for name in names]) for family in FAMILIES), ""]
    lines += [line("all", [of(count(verdicts[name])) for name in names])]
    lines += [line("alarms for right rules", [of((len(alarms(verdicts[name])), len(CATALOGUE))) for name in names])]
    for title, what in (("the operation named", "named_operation"), ("the argument named", "named_argument")):
        said = [named(verdicts[name], what) for name in names]
        lines += [line(title, [of(pair) if pair[1] else "does not say" for pair in said])]
    seconds = [sum(right.seconds + broken.seconds for _, right, broken in rows) for rows in verdicts.values()]
    lines += [line("seconds", [f"{one:.1f}" for one in seconds])]
    for name, rows in verdicts.items():
        missed = [f"{entry.kind} | {entry.name}" for entry, right, broken in rows if not is_found(right, broken)]
        lines += ["", f"missed by {name}:", *(f"    {one}" for one in missed or ["nothing"])]
        lines += [f"    false alarm: {one}" for one in alarms(rows)]
        for what in ("operation", "argument"):
            lines += [
                f"    wrong {what} named: {entry.kind} | {entry.name} ({type(broken.error).__name__})"
                for entry, _, broken in rows
                if getattr(broken, f"named_{what}") is False
            ]
    return "\n".join([*lines, ""])


@pytest.mark.parametrize("ours", [checker for checker in CHECKERS if checker.names], ids=lambda one: one.name)
def test_ours_finds_every_broken_rule_and_names_it_and_raises_no_alarm_for_right_ones(ours):
    rows = verdicts(ours)
    assert [entry.name for entry, right, broken in rows if not is_found(right, broken)] == []
    assert alarms(rows) == []
    for what in ("named_operation", "named_argument"):
        right, asked = named(rows, what)
        assert asked > 100
        assert right >= 0.95 * asked


def test_no_other_checker_finds_more_of_a_kind(shown):
    """One entry of each kind is tried; all of them, with the table, where what tests print is shown."""
    firsts = {entry.kind: entry for entry in reversed(CATALOGUE)}.values()
    found = {checker.name: verdicts(checker, CATALOGUE if shown else firsts) for checker in CHECKERS}
    if shown:
        print(table(found))
    for kind in KINDS:
        assert count(found["ours, full"], kind)[0] >= max(count(found[peer], kind)[0] for peer in PEERS), kind


# ── right rules, composed at random ───────────────────────────────────────────────────────────────────────────────────

CEILING = 1e6  # of the values inside a program: with so large ones, a difference's rounding error begins to tell


def test_ours_raises_no_alarm_for_random_compositions(request, shown):
    """Where what tests print is shown, others are tried too, and counted in a table."""
    checkers = {name: check for name, check in small.CHECKERS.items() if shown or name.startswith("ours")}
    counts, alarmed = small.false_alarms(request.config.getoption("--programs"), checkers=checkers, ceiling=CEILING)
    names = list(counts)
    line = lambda title, cells: f"{title:32}" + "".join(f"{cell:>17}" for cell in cells)
    total = lambda name: tuple(map(sum, zip(*counts[name].values(), strict=True)))
    lines = ["", line("false alarms, right rules composed", names)]
    lines += [line(kind, ["{}/{}".format(*counts[name][kind]) for name in names]) for kind in CHARACTERS]
    lines += [line("all", ["{}/{}".format(*total(name)) for name in names]), ""]
    print("\n".join(lines))
    for name in names:
        if name.startswith("ours"):
            assert alarmed[name] == []
            assert all(checked for _, checked in counts[name].values())
