"""Recurrent layers: sequences of unequal length, first states and both directions beside PyTorch's packed ones."""

import numpy as np
import pytest
import torch
from internals import ancestors

import nn
from autograd_mini import Tensor


def pair(kind, layers, bidirectional, batch_first=False, seed=0):
    rng = np.random.default_rng(seed)
    how = {"num_layers": layers, "bidirectional": bidirectional, "batch_first": batch_first}
    ours, theirs = getattr(nn, kind)(3, 4, dtype=float, **how), getattr(torch.nn, kind)(3, 4, **how).double()
    state = {name: torch.tensor(rng.standard_normal(tuple(p.shape)) / 2) for name, p in theirs.state_dict().items()}
    theirs.load_state_dict(state)
    ours.load_state_dict({name: tensor.numpy() for name, tensor in state.items()})
    return ours, theirs


def both(*shape, seed=1):
    array = np.random.default_rng(seed).standard_normal(shape)
    return Tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def close(ours, theirs):
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-9, atol=1e-11)


def states(found):
    return [*found] if isinstance(found, tuple) else [found]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_sequences_of_unequal_length_and_first_states_equal_pytorchs_packed_ones(kind, layers, bidirectional):
    ours, theirs = pair(kind, layers, bidirectional, batch_first=True)
    (x, z), lengths = both(4, 6, 3), [6, 1, 4, 4]
    first = [both(layers * (1 + bidirectional), 4, 4, seed=i) for i in range(2 if kind == "LSTM" else 1)]
    given, wanted = ([h[i] for h in first] for i in (0, 1))
    y, last = ours(x, tuple(given) if kind == "LSTM" else given[0], lengths)
    packed = torch.nn.utils.rnn.pack_padded_sequence(z, lengths, batch_first=True, enforce_sorted=False)
    out, end = theirs(packed, tuple(wanted) if kind == "LSTM" else wanted[0])
    padded, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=6)
    close(y, padded)
    for a, b in zip(states(last), states(end), strict=True):
        close(a, b)
    sum((t * t).sum() for t in (y, *states(last))).backward()
    sum((t * t).sum() for t in (padded, *states(end))).backward()
    for a, b in zip((x, *given), (z, *wanted), strict=True):
        close(a.grad, b.grad)
    for name, parameter in ours.named_parameters():
        close(parameter.grad, theirs.get_parameter(name).grad)


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_one_sequence_without_a_batch_equals_pytorchs(kind):
    ours, theirs = pair(kind, 2, True)
    x, z = both(5, 3)
    (y, last), (out, end) = ours(x), theirs(z)
    close(y, out)
    for a, b in zip(states(last), states(end), strict=True):
        close(a, b)


@pytest.mark.parametrize("steps", [2, 50])
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_a_layer_is_at_most_ten_nodes_on_the_tape_however_many_steps_there_are(kind, steps):
    counts = []
    for layers in (1, 2):
        net = getattr(nn, kind)(3, 3, layers, rng=0)
        out, _ = net(Tensor(np.ones((steps, 2, 3), np.float32), requires_grad=True))
        counts.append(sum(node.op is not None for node in ancestors(out.node)))
    assert counts[1] - counts[0] <= 10
    assert counts[0] <= 10


def test_dropout_falls_between_layers_while_training_only():
    x = np.random.default_rng(0).standard_normal((5, 2, 3))
    one, two = nn.GRU(3, 4, 2, dropout=0.5, rng=0, dtype=float), nn.GRU(3, 4, 2, rng=0, dtype=float)
    assert (one(x)[0].numpy() != two(x)[0].numpy()).any()
    np.testing.assert_array_equal(one.eval()(x)[0].numpy(), two(x)[0].numpy())
    alone = nn.GRU(3, 4, 1, dropout=0.9, rng=0, dtype=float)
    np.testing.assert_array_equal(alone(x)[0].numpy(), alone.eval()(x)[0].numpy())
