"""Calls of PyTorch's operations, as calls of ours: by PyTorch's name, with PyTorch's arguments."""

import numpy as np

import autograd_mini as ag


class InexpressibleError(Exception):
    """There is no such call here."""


def no(condition, what):
    if condition:
        raise InexpressibleError(what)


# ── the same calls here ───────────────────────────────────────────────────────────────────────────────────────────────


def complexes(results):
    """PyTorch's eigenvalues are complex even where all are real."""
    return tuple(x * (1 + 0j) for x in results)


def axes(x, dim):
    """PyTorch's `dim` of reductions: an empty list means all axes."""
    if dim is None or (isinstance(dim, list | tuple) and not dim) or not x.ndim:
        return None
    return dim if isinstance(dim, int) else tuple(dim)


def reduction(f):
    def call(x, dim=None, keepdim=False, dtype=None, **rest):
        return f(x if dtype is None else ag.astype(x, dtype), axes(x, dim), keepdim, **rest)

    return call


def with_axis(f):
    """Of a number as of an array of one element, whose axis PyTorch lets it have."""

    def call(x, *args, **kwargs):
        if x.ndim:
            return f(x, *args, **kwargs)
        lines = [ag.reshape(a, (1,)) if getattr(a, "shape", None) == () else a for a in args]
        found = f(ag.reshape(x, (1,)), *lines, **kwargs)
        return tuple(y.reshape(()) for y in found) if isinstance(found, tuple) else found.reshape(())

    return call


def along(f):
    """Along an axis, with `dtype=`, to which x is brought first."""
    return with_axis(lambda x, dim=-1, dtype=None: f(x if dtype is None else ag.astype(x, dtype), dim))


def spread(f):
    def call(x, dim=None, unbiased=None, keepdim=False, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = (1 if correction is None else correction) if unbiased is None else int(unbiased)
        return f(x, axes(x, dim), keepdim, ddof=ddof)

    return call


def extreme(f, either):
    """PyTorch's max: of all, along an axis (its places too), or of two arrays."""

    def call(x, dim=None, keepdim=False, other=None):
        if not isinstance(dim, int | None) or other is not None:
            return either(x, dim if other is None else other)
        return f(x, axes(x, dim), keepdim)

    return call


def scaled(f):
    return lambda x, y, alpha=1: f(x, y if alpha == 1 else ag.multiply(y, alpha))


def division(x, y, rounding_mode=None):
    found = ag.divide(x, y)
    return {None: lambda q: q, "floor": ag.floor, "trunc": ag.trunc}[rounding_mode](found)


def shape_of(sizes):
    return tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes


def padded(x, pad, mode="constant", value=None):
    """Negative widths cut off."""
    pairs = [*zip(pad[::2], pad[1::2], strict=True)]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + [(max(a, 0), max(b, 0)) for a, b in pairs[::-1]]
    mode = {"replicate": "edge", "circular": "wrap"}.get(mode, mode)
    added = lambda x: ag.pad(x, widths, mode, **({"value": value or 0.0} if mode == "constant" else {}))
    x = x if mode == "wrap" else added(x)  # goes round what is left
    for i, (a, b) in enumerate(pairs):
        x = x[(..., slice(max(-a, 0), x.shape[-1 - i] - max(-b, 0)), *[slice(None)] * i)] if min(a, b) < 0 else x
    return added(x) if mode == "wrap" else x


def expanded(x, *sizes):
    sizes = shape_of(sizes)
    old = (None,) * (len(sizes) - x.ndim) + x.shape
    return ag.broadcast_to(x, tuple(o if n == -1 else n for o, n in zip(old, sizes, strict=True)))


def narrowed(x, dim, start, length):
    start = int(start)
    start += x.shape[dim] * (start < 0)
    return x[(slice(None),) * (dim % x.ndim) + (slice(start, start + length),)]


def of_list(f):
    return lambda xs, dim=0: f(xs, dim)


def sections(f):
    return lambda x, n, *rest: f(x, n if isinstance(n, int) else list(n), *rest)


def by_sizes(x, sizes, dim=0):
    if isinstance(sizes, int):
        return ag.split(x, list(range(sizes, x.shape[dim], sizes)), dim)
    return ag.split(x, list(np.cumsum(sizes))[:-1], dim)


def scattered(x, dim, index, src, reduce=None):
    no(reduce is not None, "reduce")
    return ag.scatter(x, dim, index, src)


def place(x, dim, index):
    return (slice(None),) * (dim % x.ndim) + (index,)


def normed(x, ord=None, dim=None, keepdim=False):  # noqa: A002
    return ag.linalg.norm(x, ord, tuple(dim) if isinstance(dim, list) else dim, keepdim)


def clipped(x, min=None, max=None):  # noqa: A002
    if all(bound is None or isinstance(bound, int | float) for bound in (min, max)):
        return ag.clip(x, min, max)
    x = x if min is None else ag.maximum(x, min)
    return x if max is None else ag.minimum(x, max)


def batched(f, axes):
    """Of images without a batch, which PyTorch takes too, as of a batch of one."""

    def call(x, *args, **kwargs):
        return f(x, *args, **kwargs) if np.ndim(x) == axes + 2 else f(x[None], *args, **kwargs)[0]

    return call


def pooled(f, axes, *places):
    """With PyTorch's positional arguments in these places; of images without a batch too."""
    each = lambda n: (tuple(n) if len(n) > 1 else n[0]) if isinstance(n, list | tuple) else n

    def call(x, *args, **kwargs):
        given = dict(zip(places, args, strict=False)) | kwargs
        return f(x, **{k: each(v) for k, v in given.items() if not (k == "stride" and v in (None, (), []))})

    def whole(x, *args, **kwargs):
        if np.ndim(x) == axes + 2:
            return call(x, *args, **kwargs)
        found = call(x[None], *args, **kwargs)
        return tuple(y[0] for y in found) if isinstance(found, tuple) else found[0]

    return whole


def unpooled(f, axes):
    """`output_size` may be a whole shape; images without a batch."""

    def call(x, indices, kernel_size, stride=None, padding=0, output_size=None):
        size = output_size and tuple(output_size)[-axes:]
        lines = np.reshape(indices, (-1, int(np.prod(indices.shape[-axes:]))))
        no(
            any(len(np.unique(line)) < len(line) for line in lines),
            "a place that two windows chose, where ours adds up",
        )
        single = np.ndim(x) == axes + 1
        x, indices = (x[None], indices[None]) if single else (x, indices)
        places = ("indices", "kernel_size", "stride", "padding", "output_size")
        found = pooled(f, axes, *places)(x, indices, kernel_size, stride, padding, size)
        return found[0] if single else found

    return call


def convolution(f, axes):
    def call(x, w, b=None, stride=1, padding=0, *rest, **more):
        if f.__name__.startswith("conv_transpose"):
            given = dict(zip(("output_padding", "groups", "dilation"), rest, strict=False)) | more
        else:
            given = dict(zip(("dilation", "groups"), rest, strict=False)) | more
        each = lambda n: tuple(n) * (axes if len(n) == 1 else 1) if isinstance(n, tuple | list) else n
        groups = given.pop("groups", 1)
        given = {k: each(v) for k, v in given.items()}
        return f(x, w, b, stride=each(stride), padding=each(padding), groups=groups, **given)

    return batched(call, axes)


def triangular(a, b, upper, left=True, unitriangular=False):
    if left:
        return ag.linalg.solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular)
    return ag.linalg.solve_triangular(a.mT, b.mT, lower=upper, unit_diagonal=unitriangular).mT


def batch_normed(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    return ag.batch_norm(x, *((None, None) if training else (mean, var)), weight, bias, eps=eps)


def squeezed(x, dim=None):
    if dim is None:
        return ag.squeeze(x)
    return ag.squeeze(x, tuple(d for d in ([dim] if isinstance(dim, int) else dim) if x.ndim and x.shape[d] == 1))


def rows_of(f, x):
    """A function of a line, of each line along the last axis."""
    no(not x.ndim, "a number, whose axis PyTorch makes up")
    if x.ndim == 1:
        return f(x)
    found = [f(line) for line in ag.reshape(x, (-1, x.shape[-1]))]
    no(not found, "no line at all")
    found = ag.stack(found)
    return ag.reshape(found, (*x.shape[:-1], *found.shape[1:]))


def least_squares(a, b):
    if a.ndim == 2:
        return ag.linalg.lstsq(a, b)[0]
    found = [ag.linalg.lstsq(*pair)[0] for pair in zip(*(x.reshape((-1, *x.shape[-2:])) for x in (a, b)), strict=True)]
    return ag.reshape(ag.stack(found), (*a.shape[:-2], a.shape[-1], b.shape[-1]))


def solved(a, b, left=True):
    """PyTorch takes b for vectors where it has the shape of a without its last axis."""
    if np.ndim(b) == 1 or b.shape == a.shape[:-1]:
        return ag.linalg.solve(a, b[..., None])[..., 0]
    return ag.linalg.solve(a, b) if left else ag.linalg.solve(a.mT, b.mT).mT


def summed_to(x, shape):
    lead = x.ndim - len(shape)
    x = ag.sum(x, tuple(range(lead))) if lead else x
    thin = tuple(i for i, n in enumerate(shape) if n == 1 != x.shape[i])
    return ag.sum(x, thin, True) if thin else +x


def blocks_of(blocks):
    widths = [x.shape[1] for x in blocks]
    rows = [ag.pad(x, ((0, 0), (sum(widths[:i]), sum(widths[i + 1 :])))) for i, x in enumerate(blocks)]
    return ag.concatenate(rows, 0)


def embedded(x, offset=0, dim1=-2, dim2=-1):
    """The last axis as a diagonal of matrices."""
    n = x.shape[-1] + abs(offset)
    line = ag.pad(x, [(0, 0)] * (x.ndim - 1) + [(max(-offset, 0), max(offset, 0))])
    return ag.moveaxis(line[..., None] * np.eye(n, k=offset), (-2, -1), (dim1, dim2))


def middle(x, dim=None, keepdim=False):
    """PyTorch's median is the lower one of two in the middle."""
    if dim is None or not x.ndim:
        return ag.kthvalue(ag.reshape(x, (-1,)), (x.size + 1) // 2)[0]
    return ag.kthvalue(x, (x.shape[dim] + 1) // 2, dim, keepdim)


def searched(edges, x, out_int32=False, right=False, side=None, sorter=None):
    side = side or ("right" if right else "left")
    if np.ndim(edges) == 1:
        return ag.searchsorted(edges, x, side, sorter)
    rows = int(np.prod(x.shape[:-1]))
    lines = [None if a is None else np.reshape(a, (rows, a.shape[-1])) for a in (edges, x, sorter)]
    found = [
        ag.searchsorted(lines[0][i], lines[1][i], side, None if sorter is None else lines[2][i])
        for i in range(len(lines[0]))
    ]
    return np.reshape(np.stack(found), x.shape) if found else np.empty(x.shape, int)


def places_of(x):
    found = ag.nonzero(ag.atleast_1d(x))
    return np.stack([np.asarray(i) for i in found], -1) if x.ndim else np.empty((len(found[0]), 0), int)


def windows(x, dim, size, step):
    if not x.ndim:
        return ag.reshape(x, (1,))
    return ag.sliding_window_view(x, size, dim)[place(x, dim, slice(None, None, step))]


def into_mask(x, mask, v):
    return x.at[mask].set(ag.reshape(v, (-1,))[: int(np.sum(np.asarray(mask)))])


def sampled_by_number(x, grid, mode, border, align_corners):
    modes, borders = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    return ag.grid_sample(x, grid, modes[mode], borders[border], align_corners)


def resized(x, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, **rest):
    if recompute_scale_factor:
        scales = scale_factor if isinstance(scale_factor, list | tuple) else [scale_factor] * (x.ndim - 2)
        size, scale_factor = tuple(int(n * scale) for n, scale in zip(x.shape[2:], scales, strict=True)), None
    size = tuple(size) if isinstance(size, list | tuple) else size
    return ag.interpolate(x, size, scale_factor, mode, bool(align_corners), **rest)


def folded(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    found = ag.fold(x if x.ndim == 3 else x[None], output_size=output_size, kernel_size=kernel_size, stride=stride,
                    padding=padding, dilation=dilation)  # fmt: skip
    return found if x.ndim == 3 else found[0]


def looked_up(table, i, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    no(max_norm is not None or scale_grad_by_freq, "the table is scaled in place, or the gradient by counts")
    return ag.embedding(i, table, padding_idx)


def looked_up_bags(table, i, offsets=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean",
                   sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None):  # fmt: skip
    no(max_norm is not None or scale_grad_by_freq, "the table is scaled in place, or the gradient by counts")
    return ag.embedding_bag(i, table, offsets, per_sample_weights, mode, padding_idx, include_last_offset)


def instance_normed(x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
                    momentum=0.1, eps=1e-5):  # fmt: skip
    no(not use_input_stats, "without statistics of its own it is batch_norm")
    return ag.instance_norm(x, weight, bias, eps)


def attended(q, k, v, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False):
    no(dropout_p, "random numbers")
    return ag.scaled_dot_product_attention(q, k, v, attn_mask, 0.0, is_causal, scale)


def dropped(f):
    def call(x, p=0.5, training=True):
        no(training and p > 0, "random numbers, or none left")
        return f(x, p) if training else +x

    return call


CALLS = {
    "add": scaled(ag.add),
    "sub": scaled(ag.subtract),
    "rsub": lambda x, y, alpha=1: ag.subtract(y, ag.multiply(x, alpha)),
    "mul": ag.multiply,
    "div": division,
    "true_divide": ag.divide,
    "pow": ag.power,
    "neg": ag.negative,
    "__radd__": lambda x, y: y + x,
    "__rsub__": lambda x, y: y - x,
    "__rmul__": lambda x, y: y * x,
    "__rdiv__": lambda x, y: y / x,
    "__rpow__": lambda x, y: y**x,
    "__rmatmul__": lambda x, y: ag.matmul(y, x),
    "__rmod__": lambda x, y: ag.remainder(y, x),
    "__getitem__": lambda x, index: x[index],
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "t": ag.transpose,
    "positive": lambda x: +x,
    "rsqrt": lambda x: 1 / ag.sqrt(x),
    "float_power": ag.power,
    "lerp": lambda x, y, w: x + w * (y - x),
    "float": lambda x: ag.astype(x, np.float32),
    "double": lambda x: ag.astype(x, np.float64),
    "frac": lambda x: x - ag.trunc(x),
    "ldexp": lambda x, n: x * 2.0**n,
    "addcmul": lambda x, a, b, value=1: x + value * (a * b),
    "addcdiv": lambda x, a, b, value=1: x + value * (a / b),
    "addmm": lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b),
    "addmv": lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b),
    "addr": lambda x, a, b, beta=1, alpha=1: beta * x + alpha * ag.outer(a, b),
    "baddbmm": lambda x, a, b, beta=1, alpha=1: beta * x + alpha * (a @ b),
    "bmm": ag.matmul,
    "mm": ag.matmul,
    "mv": ag.matmul,
    "matrix_exp": ag.linalg.expm,
    "logdet": lambda x: ag.log(ag.linalg.det(x)),
    "conj_physical": ag.conjugate,
    "H": lambda x: ag.conj(x).mT,
    "mH": lambda x: ag.conj(x).mT,
    "mvlgamma": ag.multigammaln,
    "igamma": ag.gammainc,
    "igammac": ag.gammaincc,
    "clamp": clipped,
    "clamp_min": ag.maximum,
    "clamp_max": ag.minimum,
    "logit": lambda x, eps=None: ag.logit(x) if eps is None else ag.logit(ag.clip(x, eps, 1 - eps)),
    "special.bessel_j0": ag.j0,
    "special.bessel_j1": ag.j1,
    "special.bessel_y0": ag.y0,
    "special.bessel_y1": ag.y1,
    "special.modified_bessel_i0": ag.i0,
    "special.modified_bessel_i1": ag.i1,
    "special.modified_bessel_k0": ag.k0,
    "special.modified_bessel_k1": ag.k1,
    "polygamma": lambda x, n: ag.polygamma(n, x),
    "special.polygamma": lambda x, n: ag.polygamma(n, x),
    "special.log_ndtr": ag.log_ndtr,
    "nn.functional.logsigmoid": ag.logsigmoid,
    "nn.functional.mish": ag.mish,
    "sum": reduction(ag.sum),
    "mean": reduction(ag.mean),
    "nansum": reduction(ag.nansum),
    "nanmean": reduction(ag.nanmean),
    "prod": reduction(ag.prod),
    "amax": reduction(ag.max),
    "amin": reduction(ag.min),
    "logsumexp": reduction(ag.logsumexp),
    "var": spread(ag.var),
    "std": spread(ag.std),
    "max": extreme(ag.max, ag.maximum),
    "min": extreme(ag.min, ag.minimum),
    "aminmax": lambda x, dim=None, keepdim=False: (ag.min(x, axes(x, dim), keepdim), ag.max(x, axes(x, dim), keepdim)),
    "all": reduction(ag.all),
    "any": reduction(ag.any),
    "argmax": reduction(ag.argmax),
    "argmin": reduction(ag.argmin),
    "count_nonzero": reduction(ag.count_nonzero),
    "cumsum": along(ag.cumsum),
    "cumprod": along(ag.cumprod),
    "cummax": along(ag.cummax),
    "cummin": along(ag.cummin),
    "logcumsumexp": along(ag.logcumsumexp),
    "softmax": along(ag.softmax),
    "log_softmax": along(ag.log_softmax),
    "nn.functional.softmin": along(ag.softmin),
    "quantile": lambda x, q, dim=None, keepdim=False, interpolation="linear": ag.quantile(
        x, q, axes(x, dim), keepdims=keepdim, method=interpolation
    ),
    "std_mean": lambda x, *a, **k: (
        spread(ag.std)(x, *a, **k),
        ag.mean(x, axes(x, k.get("dim", a[0] if a and not isinstance(a[0], bool) else None)), k.get("keepdim", False)),
    ),
    "var_mean": lambda x, *a, **k: (
        spread(ag.var)(x, *a, **k),
        ag.mean(x, axes(x, k.get("dim", a[0] if a and not isinstance(a[0], bool) else None)), k.get("keepdim", False)),
    ),
    "sort": lambda x, dim=-1, descending=False, stable=False: (
        ag.flip(ag.sort(x, dim), dim) if descending and x.ndim else ag.sort(x, dim)
    ),
    "msort": lambda x: ag.sort(x, 0),
    "diff": lambda x, n=1, dim=-1, prepend=None, append=None: ag.diff(x, n, dim, prepend, append),
    "trapezoid": lambda y, x=None, dx=1.0, dim=-1: ag.trapezoid(y, x, dx, dim),
    "trapz": lambda y, x=None, dx=1.0, dim=-1: ag.trapezoid(y, x, dx, dim),
    "gradient": lambda f, spacing=None, dim=None, edge_order=1: ag.gradient(
        f,
        *([] if spacing is None else spacing if isinstance(spacing, list | tuple) else [spacing]),
        axis=None if dim is None else dim,
        edge_order=edge_order,
    ),
    "cov": lambda x, correction=1, fweights=None, aweights=None: ag.cov(
        x, ddof=correction, fweights=fweights, aweights=aweights
    ),
    "cdist": lambda x, y, p=2.0, compute_mode=None: ag.cdist(x, y, p),
    "dist": lambda x, y, p=2: ag.linalg.vector_norm(x - y, ord=p),
    "reshape": lambda x, *sizes: ag.reshape(x, shape_of(sizes)),
    "view": lambda x, *sizes: ag.reshape(x, shape_of(sizes)),
    "view_copy": lambda x, *sizes: ag.reshape(x, shape_of(sizes)),
    "reshape_as": lambda x, y: ag.reshape(x, y.shape),
    "view_as": lambda x, y: ag.reshape(x, y.shape),
    "expand": expanded,
    "expand_copy": expanded,
    "expand_as": lambda x, y: ag.broadcast_to(x, y.shape),
    "broadcast_to": expanded,
    "flatten": lambda x, start_dim=0, end_dim=-1: (
        ag.reshape(x, (*x.shape[:start_dim], -1, *x.shape[x.ndim + end_dim + 1 if end_dim < 0 else end_dim + 1 :]))
        if x.size and x.ndim
        else ag.reshape(x, (-1,))
        if not x.ndim
        else ag.flatten(x, start_dim)
        if end_dim in (-1, x.ndim - 1)
        else no(True, "an empty array, cut at end_dim")
    ),
    "unflatten": lambda x, dim, sizes: ag.unflatten(x, dim, sizes),
    "ravel": ag.ravel,
    "transpose": ag.swapaxes,
    "transpose_copy": ag.swapaxes,
    "permute": lambda x, *d: ag.transpose(x, shape_of(d)),
    "permute_copy": lambda x, *d: ag.transpose(x, shape_of(d)),
    "movedim": ag.moveaxis,
    "unsqueeze": ag.expand_dims,
    "unsqueeze_copy": ag.expand_dims,
    "flip": lambda x, *d, dims=None: (
        ag.flip(x, tuple(shape_of(d)) if dims is None else tuple(dims)) if (d and shape_of(d) != ()) or dims else +x
    ),
    "roll": lambda x, shifts, dims=None: ag.roll(x, shifts, dims if dims != () else None),
    "rot90": lambda x, k=1, dims=(0, 1): ag.rot90(x, k, dims),
    "tile": lambda x, *n: ag.tile(x, shape_of(n)),
    "repeat": lambda x, *n: ag.tile(x, shape_of(n)),
    "repeat_interleave": lambda x, repeats, dim=None, output_size=None: ag.repeat(x, repeats, dim),
    "clone": lambda x, **k: ag.copy(x),
    "contiguous": lambda x, **k: ag.copy(x),
    "narrow": narrowed,
    "narrow_copy": narrowed,
    "select": lambda x, dim, i: x[place(x, dim, i)],
    "index_select": lambda x, dim, i: ag.take(x, i, dim) if x.ndim else ag.take(ag.reshape(x, (1,)), i[0], 0),
    "take": lambda x, i: ag.take(x, i),
    "take_along_dim": lambda x, i, dim=None: ag.take_along_axis(x, i if dim is not None else i.ravel(), dim),
    "cat": of_list(ag.concatenate),
    "stack": of_list(ag.stack),
    "chunk": lambda x, n, dim=0: ag.chunk(x, n, dim),
    "split": by_sizes,
    "split_with_sizes": by_sizes,
    "unbind": lambda x, dim=0: tuple(ag.unstack(x, dim)),
    "unbind_copy": lambda x, dim=0: tuple(ag.unstack(x, dim)),
    "tensor_split": lambda x, n, dim=0: ag.array_split(
        x, n if isinstance(n, int) else [int(i) for i in np.ravel(n)] if np.ndim(n) else int(n), dim
    ),
    "hsplit": sections(ag.hsplit),
    "vsplit": sections(ag.vsplit),
    "dsplit": sections(ag.dsplit),
    "hstack": ag.hstack,
    "vstack": ag.vstack,
    "dstack": ag.dstack,
    "column_stack": ag.column_stack,
    "meshgrid": lambda x, *rest, indexing="ij": ag.meshgrid(
        *(x if isinstance(x, list | tuple) else (x, *rest)), indexing=indexing
    ),
    "broadcast_tensors": lambda x, *rest: ag.broadcast_arrays(x, *rest),
    "linalg.diagonal": lambda x, offset=0, dim1=-2, dim2=-1: ag.diagonal(x, offset, dim1, dim2),
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: ag.diagonal(x, offset, dim1, dim2),
    "diagonal_copy": lambda x, offset=0, dim1=0, dim2=1: ag.diagonal(x, offset, dim1, dim2),
    "trace": lambda x: ag.matrix_trace(x),
    "tril": lambda x, diagonal=0: ag.tril(x, diagonal),
    "triu": lambda x, diagonal=0: ag.triu(x, diagonal),
    "diagflat": lambda x, offset=0: ag.diagflat(x, offset),
    "diag": lambda x, diagonal=0: ag.diag(x, diagonal),
    "where": lambda x, c, y: ag.where(c, x, y),
    "masked_fill": lambda x, mask, v: ag.masked_fill(
        ag.broadcast_to(x, np.broadcast_shapes(x.shape, mask.shape)), mask, v
    ),
    **{
        f"atleast_{n}d": lambda *xs, f=f: f(*xs[0]) if isinstance(xs[0], list | tuple) else f(*xs)
        for n, f in {1: ag.atleast_1d, 2: ag.atleast_2d, 3: ag.atleast_3d}.items()
    },
    "gather": lambda x, dim, i: (
        ag.gather(x if x.ndim else ag.reshape(x, (1,)), dim, i) if np.ndim(i) else with_axis(ag.gather)(x, dim, i)
    ),
    "masked_select": lambda x, m: ag.getitem(*ag.broadcast_arrays(x, m)) if np.shape(m) != x.shape else x[m],
    "scatter": with_axis(scattered),
    "scatter_add": with_axis(ag.scatter_add),
    "index_add": with_axis(lambda x, d, i, v, alpha=1: ag.index_add(x, d, i, v if alpha == 1 else alpha * v)),
    "index_copy": with_axis(ag.index_copy),
    "nan_to_num": lambda x, nan=0.0, posinf=None, neginf=None: ag.nan_to_num(
        x, 0.0 if nan is None else nan, posinf, neginf
    ),
    "tensordot": lambda x, y, dims=2: ag.tensordot(x, y, dims),
    "einsum": lambda xs, equation: ag.einsum(equation, *xs),
    "dot": ag.dot,
    "cross": lambda x, y, dim=None: ag.cross(x, y, axis=-1 if dim is None else dim),
    "linalg.cross": lambda x, y, dim=-1: ag.linalg.cross(x, y, axis=dim),
    "linalg.vecdot": lambda x, y, dim=-1: ag.vecdot(x, y, axis=dim),
    "linalg.norm": normed,
    "linalg.vector_norm": lambda x,
    ord=2,  # noqa: A006
    dim=None,
    keepdim=False: ag.linalg.vector_norm(x, ord=ord, axis=axes(x, dim), keepdims=keepdim),
    "linalg.matrix_norm": lambda x, ord="fro", dim=(-2, -1), keepdim=False: normed(x, ord, dim, keepdim),  # noqa: A006
    **dict.fromkeys(("linalg.solve", "linalg.solve_ex"), solved),
    "linalg.solve_triangular": triangular,
    "linalg.svd": lambda a, full_matrices=True: ag.linalg.svd(a, full_matrices),
    "linalg.multi_dot": ag.linalg.multi_dot,
    "linalg.cond": lambda a, p=None: ag.linalg.cond(a, p),
    "linalg.eigh": lambda a, UPLO="L": ag.linalg.eigh(a, UPLO),
    "linalg.tensorsolve": lambda a, b, dims=None: ag.linalg.tensorsolve(a, b, dims),
    "linalg.pinv": lambda a, hermitian=False, rcond=None, rtol=None: ag.linalg.pinv(
        a, hermitian=hermitian, rcond=rcond, rtol=rtol
    ),
    "linalg.vander": lambda x, N=None: rows_of(lambda x: ag.vander(x, N, True), x),
    "pinverse": lambda a: ag.linalg.pinv(a),
    "cholesky": lambda a, upper=False: ag.linalg.cholesky(a, upper=upper),
    "linalg.lu": lambda a, pivot=True: ag.linalg.lu(a) if pivot else no(True, "without pivots"),
    "round": lambda x, decimals=0: ag.round(x, decimals),
    "nn.functional.pad": padded,
    "constant_pad_nd": lambda x, pad, value=0: padded(x, pad, value=value),
    **{
        f"nn.functional.{kind}_pool{n}d": pooled(getattr(ag, f"{kind}_pool{n}d"), n, *places.split())
        for kind, places in {
            "max": "kernel_size stride padding dilation ceil_mode return_indices",
            "avg": "kernel_size stride padding ceil_mode count_include_pad divisor_override",
            "adaptive_avg": "output_size",
            "adaptive_max": "output_size return_indices",
        }.items()
        for n in (1, 2, 3)
    },
    **{f"nn.functional.max_unpool{n}d": unpooled(getattr(ag, f"max_unpool{n}d"), n) for n in (1, 2, 3)},
    "nn.functional.unfold": pooled(ag.unfold, 2, "kernel_size", "dilation", "padding", "stride"),
    "nn.functional.fold": folded,
    **{
        f"nn.functional.{kind}{n}d": convolution(getattr(ag, f"{kind}{n}d"), n)
        for kind in ("conv", "conv_transpose")
        for n in (1, 2, 3)
    },
    "nn.functional.layer_norm": ag.layer_norm,
    "nn.functional.rms_norm": ag.rms_norm,
    "nn.functional.group_norm": ag.group_norm,
    "nn.functional.normalize": lambda x, p=2.0, dim=1, eps=1e-12: ag.normalize(x, p, dim, eps),
    "linalg.pinv singular": lambda a, b: ag.linalg.pinv(a @ b.mT),
    "topk": with_axis(lambda x, k, dim=-1, largest=True, sorted=True: ag.topk(x, k, dim, largest, sorted)),  # noqa: A006
    "kthvalue": with_axis(lambda x, k, dim=-1, keepdim=False: ag.kthvalue(x, k, dim, keepdim)),
    "linalg.eig": lambda a: complexes(ag.linalg.eig(a)),
    "linalg.eigvals": lambda a: ag.linalg.eigvals(a) * (1 + 0j),
    "nn.functional.batch_norm": batch_normed,
    "nn.functional.glu": along(ag.glu),
    "nn.functional.gelu": lambda x, approximate="none": ag.gelu(x, approximate),
    "nn.functional.tanhshrink": ag.tanhshrink,
    "corrcoef": ag.corrcoef,
    "acosh": ag.acosh,
    **{
        name: lambda x, *args, f=f, dtype=None, **rest: f(
            x, *args, **rest, **({} if dtype is None else {"dtype": dtype})
        )
        for name, f in {
            "arange": lambda start, *rest, end=None, **kind: ag.arange(
                start, *(rest if end is None else [end]), **kind
            ),
            "linspace": ag.linspace,
            "logspace": lambda a, b, n, base=10.0, **kind: ag.logspace(a, b, n, base=base, **kind),
            "eye": ag.eye,
            "ones": ag.ones,
            "zeros": ag.zeros,
            "full": ag.full,
            "full_like": ag.full_like,
            "ones_like": ag.ones_like,
            "zeros_like": ag.zeros_like,
            "scalar_tensor": ag.array,
        }.items()
    },
    "new_zeros": lambda x, shape, dtype=None, **rest: ag.zeros(tuple(shape), dtype=dtype or x.dtype),
    "new_ones": lambda x, shape, dtype=None, **rest: ag.ones(tuple(shape), dtype=dtype or x.dtype),
    "new_full": lambda x, shape, value, dtype=None, **rest: ag.full(tuple(shape), value, dtype=dtype or x.dtype),
    **{
        name: lambda x, dtype=dtype, **rest: ag.astype(x, dtype)
        for name, dtype in {
            "half": np.float16,
            "bool": bool,
            "byte": np.uint8,
            "char": np.int8,
            "short": np.int16,
            "int": np.int32,
            "long": np.int64,
            "cfloat": np.complex64,
            "cdouble": np.complex128,
        }.items()
    },
    **dict.fromkeys(("alias_copy", "resolve_conj", "resolve_neg"), lambda x: +x),
    "t_copy": ag.transpose,
    "squeeze_copy": squeezed,
    "squeeze": squeezed,
    "unsafe_chunk": lambda x, n, dim=0: ag.chunk(x, n, dim),
    "unsafe_split": by_sizes,
    "split_with_sizes_copy": by_sizes,
    "sum_to_size": lambda x, *sizes: summed_to(x, shape_of(sizes)),
    "complex": lambda a, b: a + 1j * b,
    "polar": lambda r, angle: r * ag.exp(1j * angle),
    "sgn": ag.sign,
    "view_as_real": lambda z: ag.stack([ag.real(z), ag.imag(z)], -1),
    "view_as_complex": lambda x: x[..., 0] + 1j * x[..., 1],
    "addbmm": lambda x, a, b, beta=1, alpha=1: beta * x + alpha * ag.sum(a @ b, 0),
    "block_diag": lambda *blocks: blocks_of([ag.atleast_2d(x) for x in blocks]),
    "diag_embed": embedded,
    "nn.functional.bilinear": lambda a, b, w, bias=None: (
        ag.einsum("...i,oij,...j->...o", a, w, b) + (0 if bias is None else bias)
    ),
    "cholesky_inverse": lambda c, upper=False: ag.linalg.inv((ag.conj(c).mT @ c) if upper else (c @ ag.conj(c).mT)),
    "cholesky_solve": lambda b, c, upper=False: ag.linalg.cholesky_solve(b, c, upper),
    "linalg.cholesky_ex": lambda a, upper=False: ag.linalg.cholesky(a, upper=upper),
    "linalg.inv_ex": lambda a: ag.linalg.inv(a),
    "linalg.matrix_rank": lambda a, tol=None, hermitian=False, atol=None, rtol=None: (
        ag.linalg.matrix_rank(a, atol, hermitian, rtol=rtol)
        if atol is None or rtol is None
        else no(True, "two tolerances")
    ),
    "triangular_solve": lambda b, a, upper=True, transpose=False, unitriangular=False: ag.linalg.solve_triangular(
        a.mT if transpose else a, b, lower=upper == transpose, unit_diagonal=unitriangular
    ),
    "linalg.lstsq": least_squares,
    "svd": lambda a, some=True, compute_uv=True: (
        (lambda u, s, vh: (u, s, ag.conj(vh).mT))(*ag.linalg.svd(a, not some))
        if compute_uv
        else no(True, "zeros for vectors")
    ),
    "norm": lambda x, p="fro", dim=None, keepdim=False, dtype=None: (
        ag.linalg.norm(x, p, tuple(dim) if isinstance(dim, list | tuple) else dim, keepdim)
        if p == "nuc"
        else ag.linalg.vector_norm(x, ord=2 if p == "fro" else p, axis=axes(x, dim), keepdims=keepdim)
    ),
    "isin": lambda x, y, **rest: ag.isin(x, y),
    "argsort": with_axis(lambda x, dim=-1, descending=False, stable=False: ag.argsort(-x if descending else x, dim)),
    "nextafter": ag.nextafter,
    "histogram": lambda x, bins, range=None, weight=None, density=False: ag.histogram(  # noqa: A006
        x, bins, range, density, weight
    ),
    "median": middle,
    "bucketize": lambda x, edges, out_int32=False, right=False: ag.searchsorted(edges, x, "right" if right else "left"),
    "searchsorted": searched,
    "nonzero": lambda x, as_tuple=False: ag.nonzero(ag.atleast_1d(x)) if as_tuple else places_of(x),
    "argwhere": lambda x: places_of(x),
    "unfold": windows,
    "unfold_copy": windows,
    "select_scatter": lambda x, v, dim, i: x.at[place(x, dim, i)].set(v),
    "slice": lambda x, dim=0, start=None, end=None, step=1: x[place(x, dim, slice(start, end, step))],
    "slice_scatter": lambda x, v, dim=0, start=None, end=None, step=1: x.at[place(x, dim, slice(start, end, step))].set(
        v
    ),
    "index_fill": with_axis(lambda x, dim, i, v: x.at[place(x, dim, i)].set(v.reshape(()) if np.ndim(v) else v)),
    "index_put": lambda x, i, v, accumulate=False: getattr(x.at[tuple(i)], "add" if accumulate else "set")(v),
    "put": lambda x, i, v, accumulate=False: getattr(
        ag.reshape(x, (-1,)).at[np.reshape(i, -1)], "add" if accumulate else "set"
    )(ag.reshape(v, (-1,))).reshape(x.shape),
    "masked_scatter": lambda x, mask, v: into_mask(*ag.broadcast_arrays(x, mask), v),
    "fill": lambda x, value: ag.full_like(x, value),
    **dict.fromkeys(["grid_sampler_2d", "grid_sampler_3d"], sampled_by_number),
    "nn.functional.interpolate": resized,
    "nn.functional.upsample_nearest": lambda x, size=None, scale_factor=None: resized(x, size, scale_factor),
    "nn.functional.upsample_bilinear": lambda x, size=None, scale_factor=None: resized(
        x, size, scale_factor, "bilinear", True
    ),
    "nn.functional.rrelu": lambda x, lower=1 / 8, upper=1 / 3, training=False: (
        ag.rrelu(x, lower, upper) if not training else no(True, "random numbers")
    ),
    **{
        f"nn.functional.{name}": dropped(getattr(ag, name))
        for name in ("dropout", "dropout2d", "dropout3d", "alpha_dropout")
    },
    "nn.functional.mse_loss": ag.mse_loss,
    "nn.functional.gaussian_nll_loss": lambda x, target, var, **rest: ag.gaussian_nll_loss(
        x, ag.broadcast_to(target, x.shape), var, **rest
    ),
    "nn.functional.nll_loss": lambda x, target, *args, **rest: ag.nll_loss(
        x, target.reshape(()) if x.ndim == 1 and target.size == 1 else target, *args, **rest
    ),
    "nn.functional.multi_margin_loss": lambda x, target, **rest: (
        ag.multi_margin_loss(x, target, **rest)
        if x.ndim == 2
        else ag.multi_margin_loss(x.reshape((1, -1)), target.reshape((1,)), **rest).reshape(())
    ),
    "nn.functional.ctc_loss": lambda x, *args, **rest: ag.ctc_loss(ag.log_softmax(x, -1), *args, **rest),
    "nn.functional.one_hot": lambda i, num_classes=-1: ag.one_hot(i, None if num_classes < 0 else num_classes),
    "nn.functional.embedding": looked_up,
    "nn.functional.embedding_bag": looked_up_bags,
    "nn.functional.instance_norm": instance_normed,
    "nn.functional.scaled_dot_product_attention": attended,
    "nn.functional.cosine_similarity": with_axis(lambda x, y, dim=1, eps=1e-8: ag.cosine_similarity(x, y, dim, eps)),
}
"""By PyTorch's name, where ours differs in names, in the order of arguments, or in meaning."""

SET_ASIDE = {
    **dict.fromkeys(["empty", "empty_like"], "what is in them is nobody's promise"),
    "bmm triton_optimized": "of graphics processors",
    "equal": "its result is Python's bool, of which there is nothing to compare",
    "stft": "there is no short-time Fourier transform here",
    "linspace tensor_overload": "as linspace, of tensors of one number, which are constants here",
    "logspace tensor_overload": "as logspace, of tensors of one number, which are constants here",
    "to": "of devices and memory formats; `half` and its like are compared",
    "item": "its result is a number of Python's",
}
"""By PyTorch's name, why a sample of an operation that is here too is not compared."""

_COMPARISONS = {"eq": "equal", "ne": "not_equal", "lt": "less", "gt": "greater"}
_COMPARISONS |= {"le": "less_equal", "ge": "greater_equal"}
_SHIFTS = {f"bitwise_{side}_shift": f"{side}_shift" for side in ("left", "right")}
CALLS |= {name: getattr(ag, ours) for name, ours in {**_COMPARISONS, **_SHIFTS}.items()}


def by_name(name):
    """The operation of that name here, or the call in `CALLS`; None without."""
    if name in SET_ASIDE:
        return None
    if name in CALLS:
        return CALLS[name]
    room, _, last = name.rpartition(".")
    if room not in ("", "linalg", "fft", "special", "nn.functional"):
        return None
    place = {"linalg": ag.linalg, "fft": ag.fft}.get(room, ag)
    found = getattr(place, last, None)
    if not callable(found) or last not in (place.__all__ if place is ag else dir(place)):
        return None
    several = room == "fft" and last.endswith(("n", "2", "shift"))

    def call(*args, dim=None, keepdim=None, **kwargs):
        kwargs |= {} if dim is None else {"axes" if several else "axis": dim}
        kwargs |= {} if keepdim is None else {"keepdims": keepdim}
        return found(*args, **kwargs)

    return call
