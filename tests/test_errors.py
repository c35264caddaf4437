"""Bad calls, one a row: the exact type of the error and its exact message, and that nothing is half-written."""

import re

import numpy as np
import pytest
from cases import every
from internals import FRESH, Changed, Observer, here, observed_by, rescoped

import autograd_mini as ag
import nn
from autograd_mini import PRIMITIVES, Tensor, is_grad_enabled, primitive
from autograd_mini.ops.kinds import ROWS as OPERATIONS
from tests.bad_calls import GOLDEN, ROWS
from tests.bad_calls.by_row import bad_calls
from tests.bad_calls.given import T, given, optimizer, two_layers
from tests.bad_calls.golden import read, written
from tests.bad_calls.own import define, half, relu, with_a_mixture
from tests.bad_calls.tried import begins, tried
from tests.reliability import calls

MESSAGES = read(GOLDEN.read_text(encoding="utf-8"))
RAW = re.compile(
    r"operands could not be broadcast|object is not (iterable|callable)|has no attribute '(shape|ndim|dtype)'|to unpack"
    r"|has no len\(|truth value|inhomogeneous|remapped|unknown dimension|ufunc|not supported between"
    r"|unsupported operand| at 0x|/tmp|torch\."
)
"""What Python and NumPy say of code that a user has not written, and what is another the next time."""


@every(("called", "how", "call"), ROWS, ids=[f"{called}: {how}" for called, how, _ in ROWS])
def test_a_bad_call_says_exactly_what_is_written_and_leaves_everything_as_it_was(called, how, call):
    outcome = tried(call)
    assert (outcome.kind, outcome.message) == MESSAGES[f"{called}: {how}"]
    assert outcome.left == []
    assert begins(outcome.message, called)
    assert not RAW.search(outcome.message)


@every(("name", "how", "call", "words"), bad_calls, ids=lambda one: f"{one[0]}: {one[1]}")
def test_a_bad_call_of_a_common_kind_names_the_operation_and_what_is_wrong_with_it(name, how, call, words):
    """In one sentence, without what Python and NumPy say of code that a user has not written."""
    outcome = tried(call)
    assert outcome.kind in ("TypeError", "ValueError", "IndexError")
    assert outcome.left == []
    assert begins(outcome.message, OPERATIONS[name].function.__name__)
    assert re.search(words, outcome.message)
    assert not RAW.search(outcome.message)
    assert not re.search(r"\. [A-Z]|\n|\.$", outcome.message)


def test_the_file_of_messages_holds_every_bad_call_and_nothing_else():
    assert len(ROWS) >= 900
    assert len(bad_calls()) >= 1000
    assert list(MESSAGES) == [f"{called}: {how}" for called, how, _ in ROWS]


def test_what_is_written_is_read_again():
    found = [("add", "badly", tried(lambda: T(2) + T(3))), ("load", "so", tried(lambda: lacking_two()))]
    kinds = [(outcome.kind, outcome.message) for _, _, outcome in found]
    assert read(written(found)) == dict(zip(["add: badly", "load: so"], kinds, strict=True))
    assert kinds[1][1].count("\n") == 4


def lacking_two():
    two_layers().load_state_dict({})


# ── the check can fail ────────────────────────────────────────────────────────────────────────────────────────────────


def kept_with(monkeypatch, call, kind, message):
    """What the promise says of one row."""
    monkeypatch.setattr(calls, "ROWS", [("add", "badly", call)])
    monkeypatch.setattr(calls, "read", lambda text: {"add: badly": (kind, message)})
    return calls.bad_calls(1, 0).failures


GOOD = "add: (2,) and (3,): these shapes do not broadcast; compared from the right, 2 and 3 differ on axis -1 and "
GOOD += "neither is 1"


def test_a_row_as_it_is_written_is_no_failure(monkeypatch):
    assert kept_with(monkeypatch, lambda: T(2) + T(3), "ValueError", GOOD) == []


@pytest.mark.parametrize(
    ("call", "kind", "message", "told"),
    [
        (lambda: T(2) + T(2), "ValueError", GOOD, "ends in None"),
        (lambda: T(2) + T(3), "TypeError", GOOD, "is written"),
        (lambda: T(2) + T(3), "ValueError", f"{GOOD}.", "is written"),
        (lambda: T(2) * T(3), "ValueError", GOOD.replace("add", "multiply"), "does not begin with add"),
    ],
)
def test_another_error_is_caught(monkeypatch, call, kind, message, told):
    assert told in kept_with(monkeypatch, call, kind, message)[0]


def data_written(leaf):
    leaf._array[0] = 5


def gradient_written(leaf):
    leaf.grad._array[0] = 5


def gradient_dropped(leaf):
    leaf.grad = None


def array_exchanged(leaf):
    leaf._array = leaf._array.astype(np.float32)


@pytest.mark.parametrize("spoil", [data_written, gradient_written, gradient_dropped, array_exchanged])
def test_a_leaf_that_a_bad_call_changes_is_caught(monkeypatch, spoil):
    def call():
        leaf = T(2)
        spoil(leaf)
        leaf + T(3)

    assert kept_with(monkeypatch, call, "ValueError", GOOD) == ["add: badly: Tensor is not what it was"]


def mode_changed():
    two_layers().eval()


def parameter_moved():
    two_layers()["a"].weight._array[0] = 5


def momentum_remembered():
    optimizer(momentum=0.9).step()


def rate_remembered():
    nn.StepLR(optimizer(), 1)


def array_written():
    given(np.ones(3))[0] = 2


@pytest.mark.parametrize("spoil", [mode_changed, parameter_moved, momentum_remembered, rate_remembered, array_written])
def test_a_model_an_optimiser_or_an_array_that_a_bad_call_changes_is_caught(monkeypatch, spoil):
    def call():
        spoil()
        T(2) + T(3)

    assert "is not what it was" in kept_with(monkeypatch, call, "ValueError", GOOD)[0]


LEFT = []  # so that no block ends because it is dropped


def recording_left_off():
    LEFT.append(Changed(enabled=False))
    LEFT[-1].__enter__()


def observer_left():
    LEFT.append(observed_by(Observer()))
    LEFT[-1].__enter__()


def scope_left():
    rescoped("somewhere")


@pytest.mark.parametrize("spoil", [recording_left_off, observer_left, scope_left])
def test_a_switch_or_observer_that_a_bad_call_leaves_is_caught_and_put_back(monkeypatch, spoil):
    def call():
        spoil()
        np.add(1, 2)
        raise ValueError(GOOD)

    assert "is not what it was" in kept_with(monkeypatch, call, "ValueError", GOOD)[0]
    assert here() == FRESH


# ── what an error leaves behind ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def registry_as_it_was():
    """Primitives defined by a test do not outlive it."""
    before = dict(PRIMITIVES)
    yield
    PRIMITIVES.clear()
    PRIMITIVES.update(before)


def test_a_backward_pass_that_fails_touches_no_gradient():
    broken = define(half, x=lambda g: g[:2])
    good, bad = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    good.grad = np.ones(3)
    with pytest.raises(ValueError, match=r"^backward: a rule of half"):
        (good * 2 + broken(bad)).sum().backward()
    np.testing.assert_array_equal(good.grad.numpy(), 1)
    assert bad.grad is None


def test_recording_is_as_it_was_after_a_backward_pass_that_fails():
    broken = define(half, x=lambda g: g[:2])
    for enabled in (True, False):
        y = broken(T(3))
        with ag.enable_grad() if enabled else ag.no_grad():
            for create_graph in (True, False):
                with pytest.raises(ValueError, match=r"^backward: a rule of half"):
                    y.backward(np.ones(3), create_graph=create_graph, retain_graph=True)
                assert is_grad_enabled() == enabled


def test_a_primitive_that_is_refused_is_not_entered():
    with pytest.raises(TypeError):
        primitive(with_a_mixture)
    assert with_a_mixture.__name__ not in PRIMITIVES


def test_an_operation_whose_name_is_taken_goes_by_its_modules_name_too():
    mine = primitive(relu)
    assert PRIMITIVES["relu"] is ag.relu
    assert mine.name == f"{relu.__module__}.relu"
    assert PRIMITIVES[mine.name] is mine
    with pytest.raises(NotImplementedError, match=rf"{mine.name} has no rule for 'x'"):
        mine(T(2))
    mine.defvjp(x=lambda g: 3 * g)
    x = T(2)
    rules = {mine: {"x": lambda g: 5 * g}}
    for by, slopes in (({}, [3, 1]), (rules, [5, 1]), ({"relu": {"x": lambda g: 7 * g}}, [3, 7])):
        for result, slope in zip((mine(x), ag.relu(x + 3)), slopes, strict=True):
            found = ag.grad(result.sum(), x, rules=by)
            np.testing.assert_array_equal(found, [slope] * 2)


def test_the_number_of_threads_is_as_it_was_after_a_refusal():
    before = ag.get_num_threads()
    with pytest.raises(ValueError):
        ag.set_num_threads(0)
    assert ag.get_num_threads() == before


def test_an_error_inside_a_layer_keeps_its_type_and_message():
    x = T(1, 2, 4, 4)
    with pytest.raises(ValueError) as alone:
        nn.Conv2d(3, 1, 2, rng=0)(x)
    with pytest.raises(ValueError) as inside:
        nn.Sequential(conv=nn.Conv2d(3, 1, 2, rng=0))(x)
    assert str(alone.value) == str(inside.value)
    assert type(inside.value) is ValueError
    assert inside.value.__notes__ == ["in conv: Conv2d(3, 1, (2, 2), stride=1, padding=0)"]
