"""Ways of looking by their formulas in PyTorch: a few lines each, which know nothing of the tape."""

import numpy as np
import torch
from torch.nn import functional as F


def maps_and_slopes(net, name, x, target):
    held = []
    handle = net.get_submodule(name).register_forward_hook(lambda module, given, out: held.append(out))
    score = net(torch.tensor(x))[:, target].sum()
    handle.remove()
    return held[0], torch.autograd.grad(score, held[0])[0]


def grad_cam_plus_plus(net, name, x, target):
    maps, slopes = maps_and_slopes(net, name, x, target)
    below = 2 * slopes**2 + slopes**3 * maps.sum((2, 3), keepdim=True)
    weights = (slopes**2 / torch.where(below == 0, 1.0, below) * slopes.relu()).sum((2, 3), keepdim=True)
    return stretched((weights * maps).sum(1, keepdim=True).relu(), x)


def stretched(heat, x):
    return F.interpolate(heat, x.shape[2:], mode="bilinear").expand(x.shape)


def rise(net, x, target, n, size, p, seed):
    """Masks one by one, drawn as `vis.RISE` says that it draws."""
    draw, total = np.random.default_rng(seed), torch.zeros(x.shape[2:], dtype=torch.float64)
    cells = [-(-side // size) for side in x.shape[2:]]
    for _ in range(n):
        grid = torch.tensor(draw.random((1, size, size)) < p, dtype=torch.float64)[None]
        top, left = (int(draw.integers(cell)) for cell in cells)
        wide = F.interpolate(grid, [(size + 1) * cell for cell in cells], mode="bilinear")[0, 0]
        mask = wide[top : top + x.shape[2], left : left + x.shape[3]]
        with torch.no_grad():
            total += net(torch.tensor(x) * mask)[0, target] * mask
    return (total / (n * p)).expand(x.shape)


# ── layer-wise relevance propagation, layer by layer, relevance itself going back ─────────────────────────────────────


def shared(relevance, x, parts):
    """Relevance at a layer's result, shared among its inputs: parts are (share, inputs, functions of the inputs)."""
    total = torch.zeros_like(x)
    for share, pieces in parts:
        inputs = [piece.detach().clone().requires_grad_() for piece, _ in pieces]
        outs = [function(given) for given, (_, function) in zip(inputs, pieces, strict=True)]
        z = sum(outs)
        s = share * relevance / (z + 1e-6 * torch.where(z < 0, -1.0, 1.0))
        for given, slope in zip(inputs, torch.autograd.grad(outs, inputs, [s.detach()] * len(outs)), strict=True):
            total = total + given.detach() * slope
    return total


def layer_of(module, w, b):
    """The module's map with other weights."""
    if isinstance(module, torch.nn.Linear):
        return lambda x: F.linear(x, w, b)
    return lambda x: F.conv2d(x, w, b, module.stride, module.padding, module.dilation, module.groups)


def by_epsilon(module, x, relevance):
    return shared(relevance, x, [(1.0, [(x, module)])])


def by_alpha_beta(alpha, beta, module, x, relevance):
    up, down = ([p.clamp(min=0) for p in both(module)], [p.clamp(max=0) for p in both(module)])
    plus, minus = x.clamp(min=0), x.clamp(max=0)
    raising = [(plus, layer_of(module, *up)), (minus, layer_of(module, down[0], None))]
    lowering = [(plus, layer_of(module, *down)), (minus, layer_of(module, up[0], None))]
    return shared(relevance, x, [(alpha, raising)] + ([(-beta, lowering)] if beta else []))


def by_gamma(gamma, module, x, relevance):
    up, down = ([p + gamma * p.clamp(**kept) for p in both(module)] for kept in ({"min": 0}, {"max": 0}))
    plus, minus = x.clamp(min=0), x.clamp(max=0)
    out = module(x)
    risen = [(plus, layer_of(module, *up)), (minus, layer_of(module, down[0], None))]
    fallen = [(plus, layer_of(module, *down)), (minus, layer_of(module, up[0], None))]
    return shared(relevance, x, [((out > 0).to(x), risen), ((out < 0).to(x), fallen)])


def both(module):
    return module.weight.detach(), module.bias.detach()


def by_squares(squared, module, x, relevance):
    w, b = both(module)
    w, b = (w**2, b**2) if squared else (torch.ones_like(w), None)
    return shared(relevance, torch.ones_like(x), [(1.0, [(torch.ones_like(x), layer_of(module, w, b))])])


def by_box(low, high, module, x, relevance):
    w, _ = both(module)
    inputs = [given.clone().requires_grad_() for given in (x, torch.full_like(x, low), torch.full_like(x, high))]
    weights = (w, w.clamp(min=0), w.clamp(max=0))
    z, least, most = (layer_of(module, w, None)(given) for given, w in zip(inputs, weights, strict=True))
    denominator = z - least - most
    s = (relevance / (denominator + 1e-6 * torch.where(denominator < 0, -1.0, 1.0))).detach()
    slopes = torch.autograd.grad([z, least, most], inputs, [s, s, s])
    first, second, third = (given.detach() * slope for given, slope in zip(inputs, slopes, strict=True))
    return first - second - third


def layer_by_layer(net, x, target, convolutions, dense=by_epsilon, lowest=None):
    """Relevance of a class of a net of layers one after another, at the pixels."""
    steps, given = [], torch.tensor(x)
    for module in net:
        steps.append((module, given))
        given = module(given).detach()
    relevance = torch.zeros_like(given)
    relevance[:, target] = given[:, target]
    for i, (module, into) in reversed([*enumerate(steps)]):
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            rule = convolutions if isinstance(module, torch.nn.Conv2d) else dense
            relevance = (lowest if lowest and i == 0 else rule)(module, into, relevance)
        elif not isinstance(module, torch.nn.ReLU):  # places that change
            asked = into.clone().requires_grad_()
            relevance = torch.autograd.grad(module(asked), asked, relevance)[0]
    return relevance
