"""Convolution (one trilinear form, three faces), pooling (its kinks are at ties), what is done to each channel."""

import numpy as np
import torch
import torch.nn.functional as F

from autograd_mini.kernels.layout import Geometry, Window

from .geometry import (
    add_up,
    collect,
    convolve,
    convolved,
    flat_places,
    hand_out,
    paint,
    pool_by_maximum,
    pooled,
    put_back,
    switches,
)
from .row import apart, case, constant, kink, normal, nothing, positive, row

# fmt: off


def both(n):
    return (n, n) if isinstance(n, int) else tuple(n)


# ── convolution ───────────────────────────────────────────────────────────────────────────────────────────────────────


def geometry(stride=1, padding=0, dilation=1):
    return Geometry(both(stride), both(padding), both(dilation))


def conv(x, w, b=None, **how):
    out = convolve(x, w, geometry(**how))
    return out if b is None else out + b[:, None, None]


def conv_transpose(y, w, b=None, output_padding=0, **how):
    size = [(n - 1) * s + d * (k - 1) + 1 - 2 * p + extra for n, k, extra, s, p, d in
            zip(y.shape[2:], w.shape[2:], both(output_padding), *geometry(**how), strict=True)]
    out = paint(y, w, tuple(size), geometry(**how))
    return out if b is None else out + b[:, None, None]


def filters_in_torch(x, y, kernel_size, **how):
    w = torch.zeros((y.shape[1], x.shape[1], *both(kernel_size)), dtype=x.dtype, requires_grad=True)
    return torch.autograd.grad(F.conv2d(x, w, **how), w, y, create_graph=True)[0]


for x_shape, w_shape, how in [
    ((2, 2, 4, 3), (3, 2, 2, 2), {}),
    ((1, 2, 3, 4), (3, 2, 3, 2), {"padding": (1, 2)}),
    ((2, 2, 5, 4), (2, 2, 3, 2), {"stride": (2, 3), "padding": 1}),
    ((1, 2, 5, 6), (3, 2, 2, 3), {"padding": (1, 0), "dilation": (3, 2)}),
    ((1, 2, 6, 5), (3, 2, 3, 2), {"stride": 2, "padding": [2, 0], "dilation": (1, 3)}),
    ((1, 2, 2, 3), (2, 2, 1, 2), {"stride": (2, 1), "padding": (2, 4), "dilation": (1, 2)}),
    ((1, 2, 6, 5), (2, 2, 2, 2), {"stride": (3, 2), "padding": (0, 1)}),
    ((2, 3, 2, 2), (4, 3, 1, 1), {}),
]:
    plain, kernel = geometry(**how), w_shape[2:]
    size = convolved(x_shape[2:], kernel, plain)
    x, y, w = normal(*x_shape), normal(x_shape[0], w_shape[0], *size), normal(*w_shape)
    row("conv2d", case(x, w, **how), oracle=conv, torch=F.conv2d, linear="0 1", maps=True)
    row("conv2d", case(x, w, normal(w_shape[0]), **how), oracle=conv, torch=F.conv2d, linear="02 12", maps=True)
    row("conv2d_filter", case(x, y, kernel_size=kernel, **how), linear="0 1", torch=filters_in_torch,
        oracle=lambda x, y, kernel_size, **how: collect(x, y, both(kernel_size), geometry(**how)))
    axes = zip(x_shape[2:], kernel, *plain, strict=True)
    rest = tuple((n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in axes)
    how = {**how, "output_padding": rest} if any(rest) else how
    row("conv_transpose2d", case(y, w, **how), oracle=conv_transpose, torch=F.conv_transpose2d, linear="0 1", maps=True)
    row("conv_transpose2d", case(y, w, normal(w_shape[1]), **how), oracle=conv_transpose, torch=F.conv_transpose2d,
        linear="02 12", maps=True)

# ── pooling ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def window(kernel_size, stride=None, padding=0):
    return Window(both(kernel_size), both(kernel_size if stride is None else stride), both(padding))


def max_pool_in_torch(x, **how):
    """PyTorch refuses a padding above half the window, so the border, which never wins, is put there by hand."""
    kernel, stride, (top, left) = window(**how)
    return F.max_pool2d(F.pad(x, (left, left, top, top), value=-torch.inf), kernel, stride)


def ones(x, window):
    """Filters that add up each channel by itself."""
    return torch.ones((x.shape[1], 1, *window.kernel_size), dtype=x.dtype)


def summed_in_torch(x, window):
    return F.conv2d(x, ones(x, window), None, window.stride, window.padding, 1, x.shape[1])


def handed_out_in_torch(y, size, window):
    extra = tuple(n - (m - 1) * s - k + 2 * p for n, m, k, s, p in zip(size, y.shape[2:], *window, strict=True))
    return F.conv_transpose2d(y, ones(y, window), None, window.stride, window.padding, extra, y.shape[1])


def at(places, size):
    return torch.tensor(np.asarray(places).reshape(*places.shape[:2], -1)), size[0] * size[1]


def unpooled_in_torch(y, places, size):
    index, count = at(places, size)
    return torch.zeros((*y.shape[:2], count), dtype=y.dtype).scatter_add(2, index, y.flatten(2)).unflatten(2, size)


tie = kink([[[[5.0, 5, 1, 0], [5, 5, 1, 1]]]], slopes=[[[[1, 0, 1, 0], [0, 0, 0, 0]]]], kernel_size=2)
for shape, how in [
    ((2, 3, 4, 6), {"kernel_size": (2, 3)}),
    ((1, 2, 4, 5), {"kernel_size": (3, 2), "stride": 1}),
    ((1, 2, 5, 4), {"kernel_size": 3, "stride": (2, 1), "padding": (1, 2)}),
    ((2, 2, 6, 5), {"kernel_size": 2, "stride": (3, 2)}),
    ((1, 2, 5, 6), {"kernel_size": (1, 2), "stride": 3, "padding": (0, 1)}),
    ((1, 2, 3, 2), {"kernel_size": [3, 2], "stride": 1}),
    ((2, 1, 5, 4), {"kernel_size": (5, 4)}),
]:
    w, size = window(**how), shape[2:]
    small, chosen = normal(*shape[:2], *pooled(shape, w)), switches(shape, w)
    row("max_pool2d", case(apart(*shape), **how), ties=True,
        oracle=lambda x, **how: pool_by_maximum(x, window(**how))[0], torch=max_pool_in_torch, maps=True,
        kinks=(tie,) if size == (4, 6) else ())
    row("avg_pool2d", case(normal(*shape), **how), linear="0", maps=True,
        oracle=lambda x, **how: add_up(x, window(**how)) / np.prod(window(**how).kernel_size),
        torch=lambda x, **how: summed_in_torch(x, window(**how)) / np.prod(window(**how).kernel_size))
    row("pool", case(normal(*shape), chosen, window=w), linear="0", maps=True,
        oracle=lambda x, s, window: np.take_along_axis(x.reshape(*x.shape[:2], -1), flat_places(
            s, x.shape[3], window).reshape(*s.shape[:2], -1), 2).reshape(s.shape),
        torch=lambda x, s, window: x.flatten(2).gather(2, at(flat_places(s.numpy(), x.shape[3], window), (1, 1))[0])
        .reshape(s.shape))
    row("unpool", case(small, chosen, size=size, window=w), linear="0", maps=True,
        oracle=lambda y, s, size, window: put_back(y, flat_places(s, size[1], window), size),
        torch=lambda y, s, size, window: unpooled_in_torch(y, flat_places(s.numpy(), size[1], window), size))
    places = constant(flat_places(chosen(np.random.default_rng(0)), size[1], w))
    row("max_unpool2d", case(small, places, output_size=size, called=f"{shape}", **how), linear="0", maps=True,
        oracle=lambda y, places, output_size, **how: put_back(y, places, output_size),
        torch=lambda y, places, output_size, **how: unpooled_in_torch(y, places.numpy(), output_size))
    row("sum_pool2d", case(normal(*shape), window=w), oracle=add_up, torch=summed_in_torch, linear="0", maps=True)
    row("sum_unpool2d", case(small, size=size, window=w), oracle=hand_out, torch=handed_out_in_torch, linear="0",
        maps=True)

# ── channels ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_channel(v, x):
    return v.reshape((-1, *[1] * (x.ndim - 2)))


def over_channels(z):
    return z.sum((0, *range(2, z.ndim)))


def affine(x, c, a, b, y, k):
    out = (x if c is None else x - by_channel(c, x)) * by_channel(a, x)
    out = out if b is None else out + by_channel(b, x)
    return out if y is None else out + y * by_channel(k, x)


def stacked(parts):
    return (torch if isinstance(parts[0], torch.Tensor) else np).stack(parts)


def sums(y, x, c):
    return stacked([over_channels(y), over_channels(y * (x if c is None else x - by_channel(c, x)))])


def moments(x, known=None):
    mean = over_channels(x) / (x.shape[0] * x[0, 0].reshape(-1).shape[0])
    centred = x - by_channel(mean, x)
    return stacked([mean, over_channels(centred * centred) / (x.shape[0] * x[0, 0].reshape(-1).shape[0])])


def normalised(x, mean=None, var=None, weight=None, bias=None, eps=1e-5):
    mean, var = moments(x) if mean is None else (mean, var)
    out = (x - by_channel(mean, x)) / by_channel((var + eps) ** 0.5, x)
    out = out if weight is None else out * by_channel(weight, x)
    return out if bias is None else out + by_channel(bias, x)


def in_its_own(x, w, b, known, eps):
    return normalised(x, None, None, w, b, eps)


images, numbers = normal(2, 3, 2, 2), normal(3)
row("channel_affine", case(images, numbers, numbers, numbers, images, numbers, called="blended"), oracle=affine,
    torch=affine, linear="0134 235", maps=True)
row("channel_affine", case(images, numbers, numbers, numbers, nothing, nothing, called="normalised"), oracle=affine,
    torch=affine, linear="013 23", maps=True)
row("channel_affine", case(images, nothing, numbers, nothing, nothing, nothing, called="scaled"), oracle=affine,
    torch=affine, linear="0 2", maps=True)
row("channel_affine", case(normal(4, 3), numbers, numbers, numbers, nothing, nothing), oracle=affine, torch=affine)
row("channel_sums", case(images, images, numbers), case(normal(4, 3), normal(4, 3), numbers),
    case(normal(2, 3, 4), normal(2, 3, 4), nothing), oracle=sums, torch=sums, linear="0")
row("moments", *(case(normal(*shape), nothing) for shape in ((2, 3, 2, 2), (4, 3), (2, 1, 3))), oracle=moments,
    torch=moments)
row("normalise", case(images, numbers, numbers, nothing, eps=1e-3),
    case(normal(4, 3), numbers, nothing, nothing, eps=1e-5),
    case(normal(2, 3, 4), nothing, nothing, nothing, eps=0.1), oracle=in_its_own, torch=in_its_own, maps=True)
row("batch_norm", case(images), case(normal(4, 3), eps=0.1), case(images, nothing, nothing, numbers),
    case(normal(4, 3, 2), nothing, nothing, numbers, numbers, eps=1e-3), case(images, numbers, positive(3)),
    case(images, numbers, positive(3), numbers, numbers), oracle=normalised, torch=normalised, maps=True)
