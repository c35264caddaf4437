"""Hooks on modules and gradients: what they see and replace, how they go; without any nothing is different."""

import pickle

import numpy as np
import pytest
import torch
from internals import ancestors

import autograd_mini as ag
import nn
from autograd_mini import Tensor


def pair():
    ours = nn.Sequential(nn.Linear(3, 4, rng=0, dtype=float), nn.Tanh(), nn.Linear(4, 2, rng=1, dtype=float))
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
    theirs.load_state_dict({name: torch.tensor(array) for name, array in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((5, 3))
    return ours, theirs, Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)


def close(ours, theirs):
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-12)


def test_hooks_see_and_replace_what_pytorchs_do():
    seen = []
    ours, theirs, x, z = pair()
    for net in (ours, theirs):
        own = []
        net[0].register_forward_pre_hook(lambda module, args: args[0] * 2)
        net[1].register_forward_hook(lambda module, args, result, own=own: own.append(("after", args[0], result)))
        net[1].register_forward_hook(lambda module, args, result: result * 3)
        net[2].register_full_backward_hook(lambda module, into, out, own=own: own.append(("back", into[0], out[0])))
        net[2].register_full_backward_hook(lambda module, into, out: (into[0] * 5,))
        seen.append(own)
    y, w = ours(x), theirs(z)
    close(y, w)
    y.sum().backward()
    w.sum().backward()
    close(x.grad, z.grad)
    for (what, *tensors), (same, *others) in zip(*seen, strict=True):
        assert what == same
        for a, b in zip(tensors, others, strict=True):
            close(a, b)
    assert [what for what, *_ in seen[0]] == ["after", "back"]


@pytest.mark.parametrize("kind", ["forward_pre", "forward", "full_backward"])
def test_a_hook_goes_when_it_is_removed_or_its_block_ends_and_nothing_is_left(kind):
    net, _, x, _ = pair()
    calls = []
    handle = getattr(net[0], f"register_{kind}_hook")(lambda *given: calls.append(given[0]))
    net(x).sum().backward()
    handle.remove()
    handle.remove()
    net(x).sum().backward()
    with getattr(net[0], f"register_{kind}_hook")(lambda *given: calls.append(given[0])):
        net(x).sum().backward()
    net(x).sum().backward()
    assert calls == [net[0], net[0]]
    assert "_hooks" not in vars(net[0])
    assert pickle.loads(pickle.dumps(net))(x).tolist() == net(x).tolist()


@pytest.mark.parametrize("which", [0, 1])
def test_a_layer_with_a_hook_is_not_fused_and_its_hook_sees_what_it_gives(which):
    net, x = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU()), Tensor(np.random.default_rng(0).standard_normal((5, 3)))
    plain, seen = net(x), []
    with net[which].register_forward_hook(lambda module, args, result: seen.append((args[0], result))):
        np.testing.assert_array_equal(net(x).numpy(), plain.numpy())
    ((given, result),) = seen
    linear = ag.linear(x, net[0].weight, net[0].bias)
    np.testing.assert_array_equal(result.numpy(), (linear if which == 0 else plain).numpy())
    np.testing.assert_array_equal(given.numpy(), (x if which == 0 else linear).numpy())


def test_a_module_without_hooks_records_what_it_did():
    net, _, x, _ = pair()
    names = [node.op.name for node in ancestors(net(x).node) if node.op is not None]
    assert names == ["linear", "tanh", "linear"]


def test_a_backward_hook_sees_second_derivatives_too_and_gradients_where_no_input_has_one():
    net, _, x, _ = pair()
    orders = []
    with net[0].register_full_backward_hook(lambda module, into, out: orders.append((into[0], out[0].requires_grad))):
        slope = ag.grad((net(x) ** 2).sum(), x, create_graph=True)
        ag.grad(slope.sum(), x)
        net(x.numpy()).sum().backward()
    assert [needs for _, needs in orders[:1]] == [True]
    assert orders[-1] == (None, False)
    np.testing.assert_allclose(orders[0][0].numpy(), slope.numpy())


def test_a_gradient_hook_sees_and_replaces_the_gradient_of_what_is_computed_from_it():
    x, seen = Tensor([1.0, 2.0], requires_grad=True), []
    y = nn.gradient_hook(x, seen.append)
    z = nn.gradient_hook(y * y, lambda g: 10 * g)
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [20.0, 40.0])
    np.testing.assert_array_equal(seen[0].numpy(), x.grad.numpy())
    assert nn.gradient_hook(Tensor([1.0]), seen.append).tolist() == [1.0]
    assert len(seen) == 1
