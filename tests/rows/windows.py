"""Convolution, pools, patches, interpolation and grids along one to three axes, beside PyTorch's."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F

from autograd_mini.kernels.layout import Sliding

from .losses import uniform
from .row import apart, case, constant, normal, positive, row

# fmt: off


def bare(tensor):
    return tensor.detach().numpy()


def by_torch(function):
    """PyTorch's function as an oracle, which is another library's code."""
    def of(*arrays, **how):
        given = [torch.tensor(np.ascontiguousarray(a)) if isinstance(a, np.ndarray) else a for a in arrays]
        found = function(*given, **how)
        return tuple(map(bare, found)) if isinstance(found, tuple) else bare(found)

    return of


def beside(name, *cases, theirs=None, **how):
    theirs = theirs or getattr(F, name)
    row(name, *cases, oracle=by_torch(theirs), torch=theirs, **how)


# ── convolution ───────────────────────────────────────────────────────────────────────────────────────────────────────


def windows_of(x, kernel, stride, padding, dilation):
    """(n, c, *places, *kernel), from the padded array."""
    axes = len(kernel)
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    sizes = [(x.shape[2 + i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1 for i in range(axes)]
    out = np.zeros((*x.shape[:2], *sizes, *kernel))
    for at in np.ndindex(*sizes):
        there = tuple(slice(i * s, i * s + d * (k - 1) + 1, d)
                      for i, s, d, k in zip(at, stride, dilation, kernel, strict=True))
        out[(slice(None), slice(None), *at)] = x[(slice(None), slice(None), *there)]
    return out


def convolved(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    axes = x.ndim - 2
    stride, padding, dilation = (np.broadcast_to(value, axes).tolist() for value in (stride, padding, dilation))
    seen = windows_of(x, w.shape[2:], stride, padding, dilation)
    each, parts = len(w) // groups, []
    for g in range(groups):
        channels = slice(g * w.shape[1], (g + 1) * w.shape[1])
        over = (1, *range(-axes, 0)), (1, *range(2, 2 + axes))
        parts.append(np.tensordot(seen[:, channels], w[g * each : (g + 1) * each], over))
    out = np.moveaxis(np.concatenate(parts, -1), -1, 1)
    return out if b is None else out + b.reshape(-1, *[1] * axes)


STEPS = ({}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": 2, "groups": 2})
SIZES = {1: ((5,), (3,)), 2: ((4, 5), (2, 3)), 3: ((3, 4, 3), (2, 1, 2))}
for n, (size, kernel) in SIZES.items():
    there, back = getattr(F, f"conv{n}d"), getattr(F, f"conv_transpose{n}d")
    for how in STEPS if n == 1 else STEPS[1:] if n == 3 else STEPS[2:]:
        groups = how.get("groups", 1)
        arrays = normal(1, 2, *size), normal(2, 2 // groups, *kernel)
        row(f"conv{n}d", case(*arrays, **how), oracle=convolved, torch=there, linear="0 1")
        row(f"conv{n}d", case(*arrays, normal(2), **how), oracle=convolved, torch=there, linear="02 12")
        small, how = normal(1, 2, *(2, 3, 2)[:n]), {**how, "padding": min(how.get("padding", 0), n % 2)}
        beside(f"conv_transpose{n}d", case(small, arrays[1], **how), theirs=back, linear="0 1")
        beside(f"conv_transpose{n}d", case(small, arrays[1], normal(2), **how), theirs=back, linear="02 12")

# ── pools ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

for n, size in {1: (6,), 2: (4, 3), 3: (3, 4, 3)}.items():
    x = apart(1, 1, *size) if n == 3 else apart(1, 2, *size)
    for how in ({"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}):
        beside(f"max_pool{n}d", case(x, **how, return_indices=True), ties=True)
        beside(f"avg_pool{n}d", case(x, **how), linear="0")
    beside(f"max_pool{n}d", case(x, kernel_size=2, dilation=2, stride=1), ties=True)
    beside(f"avg_pool{n}d", case(x, kernel_size=2, padding=1, count_include_pad=False), linear="0")
    beside(f"lp_pool{n}d", *(case(positive(1, 1, *size), norm_type=p, kernel_size=2) for p in (1, 2, 3.5)))
    for to in (2, 1):
        beside(f"adaptive_max_pool{n}d", case(x, output_size=to, return_indices=to > 1), ties=True)
        beside(f"adaptive_avg_pool{n}d", case(x, output_size=to), linear="0")
    places = np.array({1: [1, 2, 0, 3], 2: [1, 6, 2, 5], 3: [1, 10, 6, 15]}[n]).reshape(1, 2, 2, *[1] * (n - 1))
    beside(f"max_unpool{n}d", case(normal(1, 2, 2, *[1] * (n - 1)), constant(places), kernel_size=2,
        output_size=(4, *[2] * (n - 1))), linear="0")
beside("global_avg_pool", normal(2, 2, 3, 2), theirs=lambda x: F.adaptive_avg_pool2d(x, 1), linear="0")
beside("global_max_pool", apart(2, 2, 3, 2), theirs=lambda x: F.adaptive_max_pool2d(x, 1), ties=True)

# ── patches, interpolation, grids ─────────────────────────────────────────────────────────────────────────────────────

for how in ({"kernel_size": (2, 3)}, {"kernel_size": (2, 2), "stride": (3, 2), "padding": (1, 2), "dilation": (2, 1)}):
    many = F.unfold(torch.zeros(1, 2, 4, 5), **how).shape
    beside("unfold", case(normal(1, 2, 4, 5), **how), linear="0")
    beside("fold", case(normal(*many), output_size=(4, 5), **how), linear="0")
beside("pixel_shuffle", case(normal(1, 8, 2, 1), upscale_factor=2), linear="0")
beside("pixel_unshuffle", case(normal(1, 2, 4, 2), downscale_factor=2), linear="0")
beside("channel_shuffle", case(normal(2, 6, 1, 2), groups=3), linear="0",
       theirs=lambda x, groups: x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2))
for shape, size, modes in (((4,), (7,), ("nearest", "linear", "area")), ((3, 4), (5, 2), (
        "nearest", "nearest-exact", "area", "bilinear", "bicubic")), ((2, 3, 2), (3, 2, 4), ("trilinear",))):
    for mode in modes:
        aligned = ({}, {"align_corners": True}) if "linear" in mode or mode == "bicubic" else ({},)
        smooth = ({"antialias": True},) if mode in ("bilinear", "bicubic") else ()
        beside("interpolate", *(case(normal(1, 2, *shape), size=size, mode=mode, **how) for how in (*aligned, *smooth)),
               linear="0")
beside("interpolate", *(case(normal(1, 1, 3, 4), scale_factor=factor, mode="bilinear") for factor in (1.7, (0.5, 2.0))),
       linear="0")
for size in ((1, 1, 2, 3), (1, 1, 2, 1, 2)):
    for align in (False, True):
        axes = len(size) - 2
        if 1 not in size[2:] or not align:
            beside("affine_grid", case(normal(1, axes, axes + 1), size=size, align_corners=align), linear="0")
GRIDS = [(2, mode) for mode in ("bilinear", "nearest", "bicubic")] + [(3, "bilinear"), (3, "nearest")]
for (axes, mode), padding in itertools.product(GRIDS, ("zeros", "border", "reflection")):
    how = {"mode": mode, "padding_mode": padding, "align_corners": padding == "border"}
    x, grid = normal(1, 1, *(3, 4, 2)[:axes]), uniform(-1.4, 1.4, 1, *(2, 2, 1)[:axes], axes)
    if mode != "nearest":
        row("grid_sample", case(x, grid, **how), oracle=by_torch(F.grid_sample), linear="0")
    else:
        still = np.random.default_rng(1).uniform(-1.4, 1.4, (1, *(2, 2, 1)[:axes], axes))
        row("grid_sample", case(x, called=f"{axes} nearest {padding}", **how), linear="0",
            oracle=by_torch(F.grid_sample), packed=lambda x, still=still: (x, still))
BOUNDED = {"n": 5, "align": True}
row("bounded", case(constant([[-1.3, 0.6, 3.2, 4.4]]), **BOUNDED, mode="border"), ties=True,
    oracle=lambda place, mode, n, align: np.clip(place, 0, n - 1))
row("pool_at", case(normal(1, 2, 4), constant(np.array([[[1, 0], [0, 1]]], np.uint8)),
    window=Sliding((2,), (2,), (0,), (1,)), called="at switches"), linear="0",
    oracle=lambda x, switches, window: np.take_along_axis(x.reshape(1, 2, 2, 2), switches[..., None], 3)[..., 0])
