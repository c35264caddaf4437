"""PyTorch's samples of its own operations (OpInfo), on ours: `python -m tests.others.opinfo`, as `make opinfo` runs it.

For each operation that both have, each of PyTorch's sample calls is made of ours; values, the gradient of a random
combination of the results, and the gradient of a random combination of that gradient are compared, in float64 and,
where both take it, complex128. Each sample is tried again with its arrays in Fortran's order, as every other element of
a longer array, or as one row repeated, by turns. A sample counts as the same, as wrong, or as one that cannot be
expressed by a call here.
"""

import argparse
import re
import sys
import types
import unittest
import warnings
from collections import Counter, defaultdict

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

RTOL, COARSE = 1e-7, 1e-5
"""The second where PyTorch's own digits end there: its Bessel functions."""

REFUSED = re.compile(
    "which has 0 axes|do not go together|must be a number|must be an integer of at least 0|output_padding .* stride|"
    "have no derivative|is no derivative|does not broadcast to|has no channel axis|the result needs|must have x's axes|"
    "output_size must be|is out of range for shape .0,.|b must have as many rows as a|doesn't match the broadcast shape"
)
"""What NumPy and we refuse and PyTorch takes: axes of a number, odd settings, vectors that are a choice."""


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
    def call(x, dim=None, keepdim=False, **rest):
        return f(x, axes(x, dim), keepdim, **rest)

    return call


def along(f):
    return lambda x, dim=-1, **rest: f(x, dim, **rest) if x.ndim else f(ag.reshape(x, (1,)), 0, **rest).reshape(())


def spread(f):
    def call(x, dim=None, unbiased=None, keepdim=False, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = (1 if correction is None else correction) if unbiased is None else int(unbiased)
        no(ddof != int(ddof), "a correction that is not whole")
        return f(x, axes(x, dim), keepdim, ddof=int(ddof))

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
    no(any(p < 0 for p in pad), "negative padding")
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    mode = {"replicate": "edge", "circular": "wrap"}.get(mode, mode)
    return ag.pad(x, widths, mode, **({"value": value or 0.0} if mode == "constant" else {}))


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


def max_pooled(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    no(np.any(np.not_equal(dilation, 1)) or ceil_mode, "dilation, ceil_mode")
    return ag.max_pool2d(x, kernel_size=kernel_size, stride=stride or None, padding=padding)


def avg_pooled(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    no(ceil_mode or divisor_override or not count_include_pad, "ceil_mode, divisor_override, count_include_pad=False")
    return ag.avg_pool2d(x, kernel_size=kernel_size, stride=stride or None, padding=padding)


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


def in_dtype(f):
    """With `dtype=`, to which x is brought first."""
    return lambda x, dim, dtype=None: f(x if dtype is None else ag.astype(x, dtype), dim)


def batch_normed(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    return ag.batch_norm(x, *((None, None) if training else (mean, var)), weight, bias, eps=eps)


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
    "norm": None,
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
    "softmax": in_dtype(ag.softmax),
    "log_softmax": in_dtype(ag.log_softmax),
    "nn.functional.softmin": in_dtype(ag.softmin),
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
    "squeeze": lambda x, dim=None: (
        ag.squeeze(x)
        if dim is None
        else ag.squeeze(x, tuple(d for d in ([dim] if isinstance(dim, int) else dim) if x.ndim and x.shape[d] == 1))
    ),
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
    "index_select": lambda x, dim, i: ag.take(x, i, dim) if x.ndim else no(True, "an axis of a number"),
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
    "block_diag": None,
    "diag_embed": None,
    "linalg.diagonal": lambda x, offset=0, dim1=-2, dim2=-1: ag.diagonal(x, offset, dim1, dim2),
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: ag.diagonal(x, offset, dim1, dim2),
    "diagonal_copy": lambda x, offset=0, dim1=0, dim2=1: ag.diagonal(x, offset, dim1, dim2),
    "trace": lambda x: ag.matrix_trace(x),
    "tril": lambda x, diagonal=0: ag.tril(x, diagonal),
    "triu": lambda x, diagonal=0: ag.triu(x, diagonal),
    "diagflat": lambda x, offset=0: ag.diagflat(x, offset),
    "diag": lambda x, diagonal=0: ag.diag(x, diagonal),
    "where": lambda x, c, y: ag.where(c, x, y),
    "masked_fill": ag.masked_fill,
    "gather": lambda x, dim, i: ag.gather(x, dim, i),
    "masked_select": lambda x, m: ag.getitem(*ag.broadcast_arrays(x, m)) if np.shape(m) != x.shape else x[m],
    "scatter": scattered,
    "scatter_add": scattered and (lambda x, d, i, v: ag.scatter_add(x, d, i, v)),
    "index_add": lambda x, d, i, v, alpha=1: ag.index_add(x, d, i, v if alpha == 1 else alpha * v),
    "index_copy": lambda x, d, i, v: ag.index_copy(x, d, i, v),
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
    "linalg.solve": lambda a, b, left=True: (
        ag.linalg.solve(a, b) if left and (np.ndim(b) != np.ndim(a) - 1 or np.ndim(a) == 2) else no(True, "left=False")
    ),
    "linalg.solve_triangular": triangular,
    "linalg.inv_ex": None,
    "linalg.svd": lambda a, full_matrices=True: ag.linalg.svd(a, full_matrices),
    "linalg.multi_dot": ag.linalg.multi_dot,
    "linalg.cond": lambda a, p=None: ag.linalg.cond(a, p),
    "linalg.eigh": lambda a, UPLO="L": ag.linalg.eigh(a, UPLO),
    "linalg.tensorsolve": lambda a, b, dims=None: ag.linalg.tensorsolve(a, b, dims),
    "linalg.pinv": lambda a, hermitian=False, rcond=None, rtol=None: ag.linalg.pinv(
        a, hermitian=hermitian, rcond=rcond, rtol=rtol
    ),
    "linalg.vander": lambda x, N=None: ag.vander(x, N, True) if x.ndim == 1 else no(True, "several rows"),
    "pinverse": lambda a: ag.linalg.pinv(a),
    "cholesky": lambda a, upper=False: ag.linalg.cholesky(a, upper=upper),
    "linalg.lu": lambda a, pivot=True: ag.linalg.lu(a) if pivot else no(True, "without pivots"),
    "svd": None,
    "round": lambda x, decimals=0: ag.round(x, decimals),
    "nn.functional.pad": padded,
    "constant_pad_nd": lambda x, pad, value=0: padded(x, pad, value=value),
    "nn.functional.max_pool2d": batched(max_pooled, 2),
    "nn.functional.avg_pool2d": batched(avg_pooled, 2),
    **{
        f"nn.functional.{kind}{n}d": convolution(getattr(ag, f"{kind}{n}d"), n)
        for kind in ("conv", "conv_transpose")
        for n in (1, 2, 3)
    },
    "nn.functional.layer_norm": ag.layer_norm,
    "nn.functional.rms_norm": ag.rms_norm,
    "nn.functional.group_norm": ag.group_norm,
    "nn.functional.instance_norm": None,
    "nn.functional.normalize": lambda x, p=2.0, dim=1, eps=1e-12: ag.normalize(x, p, dim, eps),
    "linalg.pinv singular": lambda a, b: ag.linalg.pinv(a @ b.mT),
    "linalg.matrix_rank": None,
    "topk": lambda x, k, dim=-1, largest=True, sorted=True: ag.topk(x, k, dim, largest, sorted),  # noqa: A006
    "kthvalue": lambda x, k, dim=-1, keepdim=False: ag.kthvalue(x, k, dim, keepdim),
    "isin": None,
    "argsort": None,
    "histogram": None,
    "bmm triton_optimized": None,
    "linalg.eig": lambda a: complexes(ag.linalg.eig(a)),
    "linalg.eigvals": lambda a: ag.linalg.eigvals(a) * (1 + 0j),
    "nn.functional.batch_norm": batch_normed,
    "nn.functional.glu": along(ag.glu),
    "nn.functional.gelu": lambda x, approximate="none": ag.gelu(x, approximate),
    "nn.functional.dropout": None,
    "nn.functional.dropout2d": None,
    "nn.functional.dropout3d": None,
    "nn.functional.alpha_dropout": None,
    "nn.functional.rrelu": None,
    "nn.functional.mse_loss": None,
    "nn.functional.tanhshrink": ag.tanhshrink,
    "nn.functional.max_unpool2d": None,
    "empty": None,
    "empty_like": None,
    "stft": None,
    "arange": None,
    "linspace": None,
    "logspace": None,
    "full": None,
    "eye": None,
    "ones": None,
    "zeros": None,
    "corrcoef": ag.corrcoef,
    "acosh": ag.acosh,
    "equal": None,
    "nextafter": None,
    **dict.fromkeys(["nn.functional.embedding", "nn.functional.embedding_bag"]),  # the table first
    "nn.functional.ctc_loss": None,  # PyTorch's gradient is that behind a log-softmax
    "nn.functional.multi_margin_loss": None,  # of one row without its axis
    "median": None,
    "full_like": None,
    "ones_like": None,
    "zeros_like": None,
    "linalg.lstsq": None,
    "nn.functional.one_hot": None,
}
"""By PyTorch's name, where ours differs in names, in the order of arguments, or in meaning; None: not tried."""

_COMPARISONS = {"eq": "equal", "ne": "not_equal", "lt": "less", "gt": "greater"}
_COMPARISONS |= {"le": "less_equal", "ge": "greater_equal"}
_SHIFTS = {f"bitwise_{side}_shift": f"{side}_shift" for side in ("left", "right")}
CALLS |= {name: getattr(ag, ours) for name, ours in {**_COMPARISONS, **_SHIFTS}.items()}


def by_name(name):
    """The operation of that name here, or the call in `CALLS`; None without."""
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


# ── samples ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def operations():
    """PyTorch's table of its operations. It imports a package of tests, of which it needs one class."""
    if "expecttest" not in sys.modules:
        sys.modules["expecttest"] = types.ModuleType("expecttest")
        sys.modules["expecttest"].TestCase = unittest.TestCase
    from torch.testing._internal.common_methods_invocations import op_db

    return op_db


def mapped(f, x):
    """f on all that is in lists, tuples and dicts."""
    if isinstance(x, dict):
        return {key: mapped(f, value) for key, value in x.items()}
    if isinstance(x, list | tuple) and not hasattr(x, "dtype"):
        return [mapped(f, value) for value in x] if isinstance(x, list) else tuple(mapped(f, value) for value in x)
    return f(x)


def flat(x):
    found = []
    mapped(found.append, x)
    return found


LAYOUTS = ("contiguous", "Fortran", "strided", "repeated")


def arranged(array, layout):
    """The same elements in memory in another way; "repeated" has its first row at every place."""
    if layout == "Fortran":
        return np.asfortranarray(array)
    if layout == "strided" and array.ndim:
        wide = np.repeat(array, 2, axis=-1)
        return wide[..., ::2]
    if layout == "repeated" and array.ndim and array.size:
        return np.broadcast_to(array[:1], array.shape)
    return array


def there(torch, op, sample, arrays, layout):
    """PyTorch's side; arrays takes the inputs that it differentiates."""
    ours = {}

    def given(x):
        if not isinstance(x, torch.Tensor):
            return x
        array = arranged(x.numpy(force=True), layout)
        wanted = x.requires_grad and array.dtype.kind in "fc"
        fresh = torch.from_numpy(np.array(array)).requires_grad_(wanted)
        ours[id(fresh)] = (fresh, array)
        if wanted:
            arrays.append((fresh, array))
        return fresh

    args = mapped(given, (sample.input, *sample.args))
    kwargs = mapped(given, sample.kwargs)
    results = [y for y in flat(tidied(sample, op(*args, **kwargs))) if isinstance(y, torch.Tensor)]
    return ours, args, kwargs, results


def tidied(sample, results):
    return sample.output_process_fn_grad(results) if sample.output_process_fn_grad else results


def here(x, ours, of_id, torch):
    if isinstance(x, torch.Tensor):
        _fresh, array = ours[id(x)]
        return of_id.get(id(x), array)
    if isinstance(x, torch.dtype):
        return np.dtype(str(x).removeprefix("torch."))
    if isinstance(x, torch.Size):
        return tuple(x)
    no(isinstance(x, torch.memory_format | torch.layout | torch.Generator), type(x).__name__)
    return x


def same(ours, theirs, what, rtol=RTOL):
    """None, or what differs. A derivative that is nan in PyTorch, as at the kinks of norms, is no answer to compare."""
    a, b = (np.asarray(x.numpy() if isinstance(x, Tensor) else x) for x in (ours, theirs))
    if a.shape != b.shape:
        return f"{what}: shape {a.shape}, PyTorch's is {b.shape}"
    if b.dtype.kind in "fc" and a.dtype.kind in "fc":
        rtol = max(rtol, 1e3 * float(np.finfo(b.dtype).eps))
        if what != "value":
            a, b = a[~np.isnan(b)], b[~np.isnan(b)]
        scale = np.abs(b[np.isfinite(b)]).max(initial=1)
        if not np.allclose(a, b, rtol, rtol * 1e-2 * scale, equal_nan=True):
            return f"{what}: {brief(a)}, PyTorch's is {brief(b)}"
        return None
    return None if np.array_equal(a, b) else f"{what}: {brief(a)}, PyTorch's is {brief(b)}"


def brief(x):
    return np.array2string(x.ravel()[:6], precision=6, threshold=6)


def randoms(rng, like):
    real = rng.standard_normal(np.shape(like))
    kind = like.numpy(force=True).dtype
    return np.asarray(real + 1j * rng.standard_normal(np.shape(like)) if kind.kind == "c" else real, kind)


def gradients(torch, results, inputs, cotangents, create):
    pairs = [(y, g) for y, g in zip(results, cotangents, strict=True) if y.requires_grad]
    if not pairs:
        return [None] * len(inputs)
    ys, gs = zip(*pairs, strict=True)
    return torch.autograd.grad(ys, inputs, [torch.from_numpy(g) for g in gs], create_graph=create, allow_unused=True)


def our_gradients(results, inputs, cotangents, create):
    pairs = [(y, g) for y, g in zip(results, cotangents, strict=True) if isinstance(y, Tensor) and y.requires_grad]
    if not pairs:
        return [None] * len(inputs)
    ys, gs = zip(*pairs, strict=True)
    return ag.grad(list(ys), inputs, list(gs), create_graph=create, allow_unused=True)


def zeros_for(found, like):
    return [np.zeros_like(x) if g is None else g for g, x in zip(found, like, strict=True)]


def outcome(error, order=""):
    """Of a call that raised."""
    how = "inexpressible" if REFUSED.search(str(error)) else "wrong"
    return how, f"{order}{type(error).__name__}: {error}".splitlines()[0]


def tried(torch, op, call, sample, layout, rng):
    """How a sample comes out, "same", "wrong", "inexpressible" or "refused there", and the order compared, or why."""
    single = any(x.dtype == torch.float32 for x in flat((sample.args, sample.kwargs)) if isinstance(x, torch.Tensor))
    inputs, rtol = [], 5e-3 if single else COARSE if "bessel" in op.name else RTOL
    hermitian = getattr(op.gradcheck_wrapper, "__name__", "") == "gradcheck_wrapper_hermitian_input"
    wrapped = op if not hermitian else lambda x, *args, **kwargs: op((x + x.mH) / 2, *args, **kwargs)
    try:
        ours, args, kwargs, theirs = there(torch, wrapped, sample, inputs, layout)
    except Exception as error:  # PyTorch refuses a view or layout of its own sample
        return "refused there", str(error).splitlines()[0]
    wanted = [Tensor(np.asarray(array), requires_grad=True) for _, array in inputs]
    of_id = {id(fresh): tensor for (fresh, _), tensor in zip(inputs, wanted, strict=True)}
    convert = lambda x: here(x, ours, of_id, torch)
    try:
        first, *rest = mapped(convert, args)
        first = (first + ag.conjugate(first).mT) / 2 if hermitian else first
        found = call(first, *rest, **mapped(convert, {k: v for k, v in kwargs.items() if k != "device"}))
        found = [y for y in flat(tidied(sample, found)) if isinstance(y, Tensor | np.ndarray | np.generic)]
    except (InexpressibleError, TypeError, AttributeError, NotImplementedError) as error:
        return "inexpressible", str(error).splitlines()[0]
    except Exception as error:
        return "inexpressible" if REFUSED.search(
            str(error)
        ) else "wrong", f"{type(error).__name__}: {error}".splitlines()[0]
    if len(found) < len(theirs):
        theirs = [y for y in theirs if y.dtype.is_floating_point or y.dtype.is_complex][: len(found)] or theirs[:1]
    pairs = list(zip(found, theirs, strict=False))
    for y, z in pairs:
        if (
            isinstance(y, Tensor | np.ndarray)
            and y.dtype.kind in "fc"
            and not (z.is_floating_point() or z.is_complex())
        ):
            return "inexpressible", "another dtype"
        if words := same(y, z.numpy(force=True), "value", rtol):
            return "wrong", words
    theirs = [z for _, z in pairs]
    if not inputs or not any(z.requires_grad for z in theirs):
        return "same", 0
    leaves = [fresh for fresh, _ in inputs]
    cotangents = [randoms(rng, z) for z in theirs]
    try:
        first = gradients(torch, theirs, leaves, cotangents, True)
    except RuntimeError as error:
        return "refused there", str(error).splitlines()[0]
    try:
        own = our_gradients([y for y, _ in pairs], wanted, cotangents, True)
    except Exception as error:
        return outcome(error, "gradient: ")
    bare = [array for _, array in inputs]
    for y, z in zip(zeros_for(own, bare), zeros_for(first, bare), strict=True):
        if words := same(y, z.numpy(force=True) if isinstance(z, torch.Tensor) else z, "gradient", rtol):
            return "wrong", words
    again = [(y, z) for y, z in zip(own, first, strict=True) if y is not None and z is not None]
    if not again or not any(z.requires_grad for _, z in again):
        return "same", 1
    directions = [randoms(rng, z) for _, z in again]
    try:
        second = gradients(torch, [z for _, z in again], leaves, directions, False)
    except RuntimeError:  # no second derivative there
        return "same", 1
    try:
        own = our_gradients([y for y, _ in again], wanted, directions, False)
    except Exception as error:
        return outcome(error, "second: ")
    for y, z in zip(zeros_for(own, bare), zeros_for(second, bare), strict=True):
        if words := same(y, z.numpy(force=True) if isinstance(z, torch.Tensor) else z, "second", rtol):
            return "wrong", words
    return "same", 2


def layout_of(op, i):
    """Of each sample's second trial. Equal rows would be singular matrices, and ties of what is chosen."""
    from torch.testing._internal.opinfo.core import BinaryUfuncInfo, UnaryUfuncInfo

    return LAYOUTS[1 + i % (3 if isinstance(op, UnaryUfuncInfo | BinaryUfuncInfo) else 2)]


def run(only=None, most=None, seed=0):
    """By operation, how many samples came out how, and the words of those that were not the same."""
    import torch

    table, words = defaultdict(Counter), defaultdict(Counter)
    for op in operations():
        name = f"{op.name}{op.variant_test_name and ' '}{op.variant_test_name}"
        call = by_name(name if name in CALLS else op.name)
        if call is None or (only and op.name not in only):
            continue
        for dtype in (torch.float64, torch.complex128):
            if dtype not in op.dtypes:
                continue
            torch.manual_seed(seed)
            rng = np.random.default_rng(seed)
            try:
                samples = [*op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd)][:most]
            except Exception as error:
                words[name][f"no samples: {error}"] += 1
                continue
            for i, sample in enumerate(samples):
                for layout in ("contiguous", layout_of(op, i)):
                    state = torch.random.get_rng_state()
                    how, why = tried(torch, op, call, sample, layout, rng)
                    torch.random.set_rng_state(state)
                    if how == "inexpressible" and dtype.is_complex and ("complex" in str(why)):
                        continue  # of real numbers here
                    table[name][how] += 1
                    if how == "same":
                        table[name][f"order {why}"] += 1
                    else:
                        words[name][f"{how}, {str(dtype)[6:]}, {layout}: {why}"] += 1
    return table, words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=lambda text: text.split(","), help="PyTorch's names, with commas between")
    parser.add_argument("--most", type=int, default=50, help="samples of each operation and dtype")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    table, words = run(options.only, options.most)
    total = Counter()
    for name, counts in table.items():
        total.update(counts)
        told = ", ".join(f"{n} {how}" for how, n in counts.items())
        print(f"{name:45} {told}")
        for why, n in sorted(words[name].items(), key=lambda told: (not told[0].startswith("wrong"), -told[1]))[:6]:
            print(f"      {n} × {why[:230]}")
    tried_here = total["same"] + total["wrong"] + total["inexpressible"]
    names = {name.partition(" ")[0] for name, counts in table.items() if counts["same"]}
    share = (total["same"] + total["wrong"]) / max(tried_here, 1)
    print(f"\n{len(names)} operations, {tried_here} samples: {total['same']} same, {total['order 2']} to second order, "
          f"{total['wrong']} wrong, {total['inexpressible']} inexpressible ({share:.1%} expressible)")  # fmt: skip
    sys.exit(bool(total["wrong"]))


if __name__ == "__main__":
    main()
