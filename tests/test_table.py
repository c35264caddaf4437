"""Every row of the table has every property of `properties`; the table holds every operation; what has no gradient."""

import numpy as np
import pytest
import torch
from properties import PROPERTIES
from properties.adjoints import straight
from properties.derivatives import calls_of
from properties.programs import (
    LOOKS,
    traceable,
    traced_it_runs_again_forward_and_backward_to_the_same_bits,
)
from properties.values import methods
from rows import KINKS, TABLE

from autograd_mini import (
    PRIMITIVES,
    Tensor,
    TraceError,
    argmax,
    astype,
    grad,
    max_pool2d,
    relu,
    sign,
    sum,
    where,
)  # fmt: skip
from autograd_mini.ops.kinds import EFFECTS, ROWS

ELSEWHERE = {*EFFECTS} - {"random_like"}  # test_program, test_stats, test_attention
ELSEWHERE |= {"positions_of", "switches_of"}  # of integers alone: test_oracles
ELSEWHERE |= {"odeint"}  # of functions, to tolerances: test_ode
ELSEWHERE |= {"straight_through"}  # whose gradient is that of another function: test_activations
ELSEWHERE |= {"bounded_slope", "floored"}  # steps of a rule and of an operator, through which no gradient flows
THIRD = {"cofactors_adjoint", "ctc_covariance", "gamma_quantile_bend"}  # of second derivatives: test_linalg, test_ctc
OURS = {name: op for name, op in PRIMITIVES.items() if op.__module__.startswith("autograd_mini.")}
BY_NAME = {name: [row for row in TABLE if row.name == name] for name in dict.fromkeys(row.name for row in TABLE)}


@pytest.mark.parametrize("group", PROPERTIES)
@pytest.mark.parametrize("name", BY_NAME)
def test_an_operation_has_every_property_in_every_row(name, group):
    for row in BY_NAME[name]:
        for each in PROPERTIES[group]:
            if each.of(row):
                try:
                    each.holds(row)
                except Exception as error:
                    error.add_note(f"{row}: {each.holds.__name__.replace('_', ' ')}")
                    raise


# ── the table is complete ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def computed():
    """The primitives that rows compute, there or back, and of each the arguments that a gradient goes back to."""
    found = {}
    for row in TABLE:
        made, nodes = calls_of(row)
        for op, *_ in made:
            found.setdefault(op.name, set())
        for node in nodes:
            if node.op.name not in OURS:
                continue
            for i, parent in enumerate(node.parents):
                reached = {node.op.args[0 if node.op.variadic else i]} if parent is not None else set()
                found.setdefault(node.op.name, set()).update(reached)
    return found


def test_every_operation_has_a_row():
    named = {ROWS[name].function for name in BY_NAME if name in ROWS}
    assert [name for name, row in ROWS.items() if row.function not in named] == ["odeint"]  # test_ode


def test_every_primitive_and_each_of_its_rules_is_reached_by_a_row(computed):
    missing = {}
    for name in OURS.keys() - ELSEWHERE - THIRD:
        rules = {arg for arg in OURS[name].args if OURS[name].rules.get(arg, OURS[name].joint) is not None}
        if name not in computed or rules - computed[name]:
            missing[name] = rules - computed.get(name, set())
    assert missing == {}


def test_every_method_of_an_operation_is_tried():
    tried = {name for row in TABLE for name in methods(row)}
    assert {name for row in ROWS.values() for name in row.methods} <= tried


def test_a_row_is_drawn_the_same_every_time_and_no_two_rows_are_called_the_same():
    for row in TABLE:
        for one, two in zip(row.arrays(), row.arrays(), strict=True):
            np.testing.assert_array_equal(one, two)
    assert len({*map(str, TABLE)}) == len(TABLE)


def test_what_is_linear_is_declared():
    found = {}
    for row in TABLE:
        for i, it_is in ({} if row.flat else straight(row)).items():
            found.setdefault((row.name, i), []).append((it_is, any(i in group for group in row.linear)))
    linear = {place: [declared for _, declared in ways] for place, ways in found.items() if all(s for s, _ in ways)}
    assert len(linear) > 40
    assert [place for place, declared in linear.items() if not all(declared)] == []


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_what_looks_at_elements_is_refused_by_trace(name):
    refused = 0
    for row in filter(traceable, BY_NAME[name]):
        try:
            traced_it_runs_again_forward_and_backward_to_the_same_bits(row)
        except (TraceError, AssertionError) as error:
            refused += isinstance(error, TraceError)
    assert refused


# ── kinks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("row", "kink"), KINKS, ids=[f"{row.name}-{kink.params}" for row, kink in KINKS])
def test_at_a_kink_the_subgradient_is_that_of_the_table(row, kink):
    """The table stands in `ops/elementwise.py`."""
    inputs = [Tensor(np.array(a, float), requires_grad=True) for a in kink.arrays]
    with np.errstate(divide="ignore"):
        out = row.call(*inputs, **kink.params)
        found = grad(out, inputs, np.ones(out.shape))
    for one, slopes in zip(found, kink.slopes, strict=True):
        np.testing.assert_array_equal(one, np.array(slopes, float))
    if kink.as_torch:
        theirs = [torch.tensor(x.numpy(), requires_grad=True) for x in inputs]
        y = row.torch(*theirs, **kink.params)
        for one, right in zip(found, torch.autograd.grad(y, theirs, torch.ones(y.shape).double()), strict=True):
            np.testing.assert_allclose(one, right, rtol=1e-15)


def test_by_products_are_bare_arrays():
    window = next(row.params["window"] for row in TABLE if row.name == "pool")
    values, switches = PRIMITIVES["max_pool2d"].bind(Tensor(np.ones((1, 1, 6, 6))), window=window)
    assert isinstance(values, Tensor)
    assert type(switches) is np.ndarray
    assert switches.dtype.kind == "u"


# ── what carries no gradient ──────────────────────────────────────────────────────────────────────────────────────────


def test_comparisons_carry_no_gradient():
    x, y = Tensor([1.0, 2.0], requires_grad=True), Tensor([2.0, 2.0], requires_grad=True)
    for result in (x < y, x <= y, x > y, x >= y, x == y, x != y, x < 1.5, x > 1.5):
        assert not result.requires_grad
        assert result.dtype == bool


def test_sign_and_argmax_carry_no_gradient():
    x = Tensor([[1.0, -2.0], [0.0, 3.0]], requires_grad=True)
    assert not sign(x).requires_grad
    assert not argmax(x).requires_grad
    assert not x.argmax(axis=1).requires_grad
    assert argmax(x).dtype.kind == "i"


def test_the_gradient_goes_around_a_sign():
    x = Tensor([1.5, -2.5], requires_grad=True)
    np.testing.assert_array_equal(grad(sum(x * sign(x)), x), [1, -1])


def test_integers_carry_no_gradient():
    x = Tensor([1.5, -2.5], requires_grad=True)
    whole = astype(x, np.int64)
    assert not whole.requires_grad
    np.testing.assert_array_equal(whole, [1, -2])
    with pytest.raises(TypeError, match="floating"):
        Tensor([1, 2], requires_grad=True)
    np.testing.assert_array_equal(grad(sum(x * Tensor([3, 4])), x), [3, 4])


def test_the_indices_of_a_pooling_carry_no_gradient():
    x = Tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    values, indices = max_pool2d(x, kernel_size=2, return_indices=True)
    assert values.requires_grad
    assert not indices.requires_grad
    assert indices.dtype.kind == "i"


def test_a_condition_carries_no_gradient():
    x = Tensor([1.0, -1.0, 0.0], requires_grad=True)
    out = where(x, 2.0, 3.0)
    assert not out.requires_grad
    np.testing.assert_array_equal(out, [2, 2, 3])


def test_a_value_stays_in_the_class_it_was_given():
    class Named(Tensor):
        __slots__ = ()

    assert type(relu(Named([1.0]))) is Named
