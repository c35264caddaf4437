"""Random calls of every operation, as `make random-calls CALLS=100000` runs them.

Shapes, memory layouts, dtypes and parameters are drawn at random, parameters by what their annotations say. A call is
either refused with an error that begins with the operation's name, or computed; then the gradient, and the gradient of
the gradient, along random directions are compared with differences, and value and gradient with PyTorch's where it has
a function of that name on the same arrays. Where two differences of different steps disagree (at a kink, or beside a
pole) nothing can be said, and the call counts as unstable.
"""

import argparse
import re
import sys
import warnings
from collections import Counter, defaultdict

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor
from autograd_mini.arguments import Parameter
from autograd_mini.ops.kinds import ROWS

NOT_CALLED = """
    empty empty_like array resize arange linspace logspace geomspace full zeros ones eye identity tri fft.fftfreq
    fft.rfftfreq one_hot bincount argpartition bitwise_and bitwise_or bitwise_xor invert bitwise_not bitwise_invert
    left_shift bitwise_left_shift right_shift bitwise_right_shift
"""
"""What comes out is not determined, is of no array, or of integers only: there is nothing to differentiate."""

UNIT, INNER, ABOVE_0, ABOVE_1 = (0.05, 0.95), (-0.9, 0.9), (0.2, 4.0), (1.1, 5.0)
DOMAINS = {
    name: domains
    for names, *domains in (
        ("arcsin asin arccos acos arctanh atanh erfinv", INNER),
        ("arccosh acosh arcsec arccsc arccoth", ABOVE_1),
        ("logit ndtri arcsech", UNIT),
        ("erfcinv", (0.1, 1.9)),
        ("log log2 log10 sqrt rsqrt y0 y1 k0 k1 gamma gammaln digamma psi zeta entr", ABOVE_0),
        ("log1p", (-0.8, 4.0)),
        ("pow power float_power", ABOVE_0, None),
        ("gammainc gammaincc beta betaln", ABOVE_0, ABOVE_0),
        ("xlogy", None, ABOVE_0),
        ("xlog1py", None, (-0.8, 4.0)),
        ("kl_div", None, UNIT),
        ("binary_cross_entropy", UNIT, UNIT),
    )
    for name in names.split()
}
"""From where to where the real arguments of nine calls in ten are drawn; in the tenth they may be outside."""

WIDE = {"float_power", "interp", "insert"}
"""Double precision by their definition, or by the lists of numbers that they are given here."""

NOT_TORCH = {
    "var",
    "std",
    "median",
    "sort",
    "max",
    "min",
    "nextafter",
    "quantile",
    "cov",
    "corrcoef",
    "nanmedian",
    "round",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "alpha_dropout",
    "rrelu",
    "gumbel_softmax",
    "cross",
    "split",
    "gradient",
    "transpose",
    "take",
    "flip",
    "roll",
    "tile",
    "repeat",
    "cumsum",
    "cumprod",
    "cummax",
    "cummin",
    "trace",
    "logcumsumexp",
    "softmax",
    "log_softmax",
    "softmin",
    "glu",
    "prelu",
    "threshold",
    "aminmax",
    "topk",
    "kthvalue",
    "outer",
    "dot",
    "inner",
    "vander",
    "gamma",
    "beta",
    "logsumexp",
    "squeeze",
    "expand_dims",
    "meshgrid",
    "unstack",
    "sign",
    "zeta",
    "frexp",
    "normalize",
    "copy",
    "diff",
    "histogram",
    "fix",
    "vdot",
    "stack",
    "concatenate",
    "nanquantile",
    "batch_norm",
    "cdist",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "rms_norm",
    "local_response_norm",
    "normal",
    "prod",
    "bitwise_not",
    "multigammaln",
    "average",
    "isin",
    "kron",
    "tensordot",
    "ravel",
    "where",
    "argmax",
    "argmin",
}
"""Names whose function has another meaning, other defaults or other arguments in PyTorch."""


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LAYOUTS = ("contiguous", "Fortran", "strided", "reversed", "repeated", "read-only")


def laid_out(array, layout):
    if layout == "Fortran":
        return np.asfortranarray(array)
    if layout == "strided" and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if layout == "reversed" and array.ndim:
        return np.flip(np.flip(array, 0).copy(), 0)
    if layout == "repeated" and array.ndim and array.size:
        return np.broadcast_to(array[:1], array.shape)
    if layout == "read-only":
        array = array.copy()
        array.flags.writeable = False
    return array


class Draw:
    """One call's random choices."""

    def __init__(self, rng):
        self.rng = rng
        self.ndim = int(rng.choice([0, 1, 2, 3, 4], p=[0.1, 0.25, 0.35, 0.2, 0.1]))
        self.shape = tuple(int(n) for n in rng.choice([0, 1, 2, 3, 4], self.ndim, p=[0.03, 0.12, 0.35, 0.35, 0.15]))
        self.range = rng.choice(["normal", "unit", "positive", "far"], p=[0.45, 0.3, 0.2, 0.05])
        self.complex = rng.random() < 0.1
        self.inside = rng.random() < 0.9

    def numbers(self, shape, domain=None):
        rng = self.rng
        if domain is not None and self.inside and not self.complex:
            return np.asarray(rng.uniform(*domain, shape))
        x = {
            "normal": lambda: rng.standard_normal(shape),
            "unit": lambda: rng.uniform(0.1, 0.9, shape),
            "positive": lambda: rng.uniform(0.3, 3.0, shape),
            "far": lambda: rng.standard_normal(shape) * 20,
        }[self.range]()
        return np.asarray(x + 1j * rng.standard_normal(shape) if self.complex else x)

    def array(self, first=True, domain=None):
        """The first array has the call's shape; others one that broadcasts with it."""
        shape = self.shape
        if not first and self.rng.random() < 0.4:
            shape = tuple(1 if self.rng.random() < 0.4 else n for n in shape)
            shape = shape[int(self.rng.integers(len(shape) + 1)) :] if self.rng.random() < 0.4 else shape
        return laid_out(self.numbers(shape, domain), self.rng.choice(LAYOUTS))

    def axis(self):
        return int(self.rng.integers(-self.ndim, self.ndim)) if self.ndim else 0

    def parameter(self, p):
        """A value by the annotation's words and the parameter's name, or its default."""
        rng, marks = self.rng, getattr(p.annotation, "__metadata__", ())
        hint = next((m.hint for m in marks if isinstance(m, Parameter)), "")
        if "Generator" in hint:  # the same numbers each time
            return int(rng.integers(100))
        if p.default is not p.empty and rng.random() < 0.4:
            return p.default
        if hint == "bool":
            return bool(rng.integers(2))
        if literal := re.findall(r'"(\w+)"', hint):
            return str(rng.choice(literal))
        if "axis" in p.name or "axes" in p.name or p.name in ("source", "destination"):
            if "Sequence" in hint and self.ndim and rng.random() < 0.5:
                count = int(rng.integers(1, self.ndim + 1)) if "None" in hint or "axes" not in p.name else self.ndim
                return tuple(int(a) for a in rng.permutation(self.ndim)[:count])
            return self.axis()
        if "Sequence[Tensor" in hint:
            return [self.array() for _ in range(int(rng.integers(1, 4)))]
        if p.name in ("shape", "new_shape", "sizes") and "int" in hint:
            return self.shape[::-1]
        if hint.startswith("float"):
            return float(rng.uniform(0.2, 2))
        if hint.startswith("int"):
            return int(rng.integers(0, 4))
        return None if p.default is p.empty else p.default


def matrices(draw, square=True, extra=0.0):
    lead = draw.shape[:-2] if draw.ndim > 2 else ()
    n = int(draw.rng.integers(1, 5))
    m = n if square else int(draw.rng.integers(1, 5))
    x = draw.rng.standard_normal((*lead, n, m)) + extra * np.eye(n, m)
    return laid_out(x + 0.3j * draw.rng.standard_normal(x.shape) if draw.complex else x, draw.rng.choice(LAYOUTS[:4]))


def hermitian(f):
    """Of a matrix made Hermitian."""
    return lambda a: f((a + ag.conjugate(a).mT) / 2)


def of_matrix(name, f=None, square=True, extra=3.0):
    op = f or getattr(ag.linalg, name.rpartition(".")[2])
    return lambda draw: (op, [matrices(draw, square, extra)], {})


def two_matrices(op):
    def drawn(draw):
        a = matrices(draw, False)
        inner = a.shape[-1]
        b = draw.numbers((inner, int(draw.rng.integers(1, 5)))[: int(draw.rng.integers(1, 3))])
        return op, [a, b], {}

    return drawn


def positive(f):
    """Of a Hermitian matrix with eigenvalues from 1 on."""
    return lambda a: f(a @ ag.conjugate(a).mT + np.eye(a.shape[-1], dtype=a.dtype))


def at_number(op, low, high, *rest):
    """With a whole number, or another choice, behind the array."""

    def drawn(draw):
        n = int(draw.rng.integers(low, high)) if not rest else str(draw.rng.choice(rest))
        return lambda x: op(x, n), [draw.array()], {}

    return drawn


def system(op):
    def drawn(draw):
        a = matrices(draw, True, 4.0)
        return op, [a, draw.numbers((*a.shape[:-1], int(draw.rng.integers(1, 4))))], {}

    return drawn


def windows(op, axes, transposed=False, filters=True):
    """Images, and filters that fit."""

    def drawn(draw):
        rng = draw.rng
        draw.complex = False
        groups = int(rng.integers(1, 3)) if filters else 1
        n, c, k = int(rng.integers(1, 3)), groups * int(rng.integers(1, 3)), groups * int(rng.integers(1, 3))
        size, u = [int(m) for m in rng.integers(4, 7, axes)], [int(m) for m in rng.integers(1, 4, axes)]
        x = laid_out(rng.standard_normal((n, c, *size)), rng.choice(LAYOUTS))
        stride, padding = int(rng.integers(1, 3)), int(rng.integers(0, 2))
        if not filters:
            return op, [x], {"kernel_size": tuple(u), "stride": stride, "padding": min(padding, min(u) // 2)}
        w = rng.standard_normal((c, k // groups, *u) if transposed else (k, c // groups, *u))
        dilation = int(rng.integers(1, 3)) if not transposed else 1
        given = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return op, [x, w, rng.standard_normal(k)], given

    return drawn


def chosen(op, values=False):
    """Elements by their places along an axis."""

    def drawn(draw):
        x = draw.array()
        if not x.ndim or not x.size:
            return op, [x], {}
        axis = draw.axis()
        n = x.shape[axis]
        if op is ag.take:
            return op, [x], {"indices": draw.rng.integers(-n, n, (2, 3)), "axis": axis}
        shape = [m if i != axis % x.ndim else int(draw.rng.integers(1, 4)) for i, m in enumerate(x.shape)]
        along = np.arange(n).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
        index = draw.rng.permuted(np.broadcast_to(along, x.shape), axis=axis)
        index = index[tuple(slice(m) for m in shape)]
        f = lambda x, *v: op(x, axis, index, *v)
        return f, [x, draw.numbers(index.shape)] if values else [x], {}

    return drawn


def rows_of(op):
    """Rows put at places of an axis."""

    def drawn(draw):
        x = draw.numbers((4, *draw.shape))
        i = draw.rng.permutation(4)[:2]
        return lambda x, v: op(x, 0, i, v), [x, draw.numbers((2, *draw.shape))], {}

    return drawn


def segments(op):
    def drawn(draw):
        ids = draw.rng.permutation([0, 1, 2, *draw.rng.integers(0, 3, 2)])
        return lambda x: op(x, ids, 3), [draw.numbers((5, *draw.shape))], {}

    return drawn


def spelled(draw):
    text = str(draw.rng.choice(["ij,jk->ik", "ij,ij->", "ii->i", "ij->ji", "...i,i->...", "ij,jk,kl", "ij,kj->ikj"]))
    sizes = dict(zip("ijkl", (2, 3, 2, 3), strict=True))
    terms = text.partition("->")[0].split(",")
    shapes = [(*(4,) * ("..." in term), *(sizes[letter] for letter in term.strip("."))) for term in terms]
    return lambda *xs: ag.einsum(text, *xs), [*map(draw.numbers, shapes)], {}


BAND, SQUARE = np.array([[0.0], [1.0], [0.0]]), 4 * np.eye(6).reshape((2, 3, 6))


def of_real(f, *shapes):
    """Of real arrays of these shapes, in some memory."""

    def drawn(draw):
        draw.complex = False
        return f, [laid_out(draw.rng.standard_normal(shape), draw.rng.choice(LAYOUTS[:4])) for shape in shapes], {}

    return drawn


def with_more(f, *more, **named):
    return lambda x: f(x, *more, **named)


def labelled(loss, reduced=True):
    """Scores of classes, with the right class of each row."""

    def drawn(draw):
        labels = draw.rng.integers(0, 4, 3)
        given = {"reduction": str(draw.rng.choice(["mean", "sum", "none"]))} if reduced else {}
        return lambda x: loss(x, labels, **given), [draw.rng.standard_normal((3, 4))], {}

    return drawn


def unpooled(n):
    """Maxima put back to where they were found."""

    def drawn(draw):
        x = draw.rng.standard_normal((2, 2, *(4, 6, 4)[:n]))
        y, places = getattr(ag, f"max_pool{n}d")(x, kernel_size=2, return_indices=True)
        return lambda y: getattr(ag, f"max_unpool{n}d")(y, places, kernel_size=2), [np.asarray(y)], {}

    return drawn


SPECIAL = {
    "matmul": two_matrices(ag.matmul),
    "linalg.matmul": two_matrices(ag.linalg.matmul),
    "dot": two_matrices(ag.dot),
    "einsum": spelled,
    "linalg.solve": system(ag.linalg.solve),
    "linalg.inv": of_matrix("inv"),
    "linalg.det": of_matrix("det"),
    "linalg.pinv": of_matrix("pinv", square=False),
    "linalg.expm": of_matrix("expm", extra=0.0),
    "linalg.sqrtm": of_matrix("sqrtm", positive(ag.linalg.sqrtm)),
    "linalg.cholesky": of_matrix("cholesky", positive(ag.linalg.cholesky)),
    "linalg.eigvalsh": of_matrix("eigvalsh", hermitian(ag.linalg.eigvalsh)),
    "linalg.eigh": of_matrix("eigh", hermitian(lambda a: ag.linalg.eigh(a)[0])),
    "linalg.svdvals": of_matrix("svdvals", square=False),
    "linalg.svd": of_matrix("svd", lambda a: ag.linalg.svd(a, False)[1], square=False),
    "linalg.qr": of_matrix("qr", lambda a: ag.linalg.qr(a)),
    "qr": of_matrix("qr", lambda a: ag.linalg.qr(a)),
    "linalg.slogdet": of_matrix("slogdet", lambda a: ag.linalg.slogdet(a)[1]),
    "linalg.lu": of_matrix("lu"),
    "linalg.eigvals": of_matrix("eigvals"),
    "linalg.cond": of_matrix("cond"),
    "linalg.matrix_power": of_matrix("matrix_power", lambda a: ag.linalg.matrix_power(a, 3)),
    "linalg.solve_triangular": system(lambda a, b: ag.linalg.solve_triangular(a, b, lower=True)),
    "linalg.lstsq": system(lambda a, b: ag.linalg.lstsq(a, b)[0]),
    "linalg.multi_dot": lambda d: (
        lambda *xs: ag.linalg.multi_dot(xs),
        [d.numbers((2, 3)), d.numbers((3, 4)), d.numbers((4, 2))],
        {},
    ),
    "multi_matmul": lambda d: (
        lambda *xs: ag.multi_matmul(xs),
        [d.numbers((2, 3)), d.numbers((3, 4)), d.numbers((4, 2))],
        {},
    ),
    "linalg.solve_sylvester": lambda d: (
        ag.linalg.solve_sylvester,
        [
            d.rng.standard_normal((3, 3)) + 3 * np.eye(3),
            d.rng.standard_normal((2, 2)) + 3 * np.eye(2),
            d.rng.standard_normal((3, 2)),
        ],
        {},
    ),
    "linalg.solve_banded": of_real(
        lambda a, b: ag.linalg.solve_banded((1, 1), a + 3 * BAND.astype(a.dtype), b), (3, 4), (4, 2)
    ),
    "linalg.tensorsolve": of_real(lambda a, b: ag.linalg.tensorsolve(a + SQUARE.astype(a.dtype), b), (2, 3, 6), (2, 3)),
    "linalg.tensorinv": of_real(lambda a: ag.linalg.tensorinv(a + SQUARE.astype(a.dtype)), (2, 3, 6)),
    "linalg.eig": of_matrix("eig", lambda a: ag.linalg.eig(a)[0]),
    "linalg.cholesky_solve": of_real(
        lambda b, c: ag.linalg.cholesky_solve(b, ag.tril(c) + 3 * np.eye(3, dtype=c.dtype)), (3, 2), (3, 3)
    ),
    "matvec": of_real(ag.matvec, (2, 3, 4), (4,)),
    "vecmat": of_real(ag.vecmat, (3,), (2, 3, 4)),
    "embedding": of_real(lambda w: ag.embedding([[0, 2], [1, 2]], w), (3, 4)),
    "embedding_bag": of_real(lambda w, s: ag.embedding_bag([0, 2, 1, 2], w, [0, 3], s, mode="sum"), (3, 4), (4,)),
    "nll_loss": labelled(ag.nll_loss),
    "cross_entropy": labelled(ag.cross_entropy),
    "multi_margin_loss": labelled(ag.multi_margin_loss),
    "focal_loss": labelled(lambda x, i, **rest: ag.focal_loss(ag.softmax(x, 1), i), False),
    "softmax_focal_loss": labelled(ag.softmax_focal_loss, False),
    **{
        name: of_real(
            lambda *xs, name=name: getattr(ag, name)(*xs, lengths=[4, 2]),
            (2, 4, 3),
            (2 * gates, 3),
            (2 * gates, 2),
            (2 * gates,),
            (2 * gates,),
            (2, 2),
        )
        for name, gates in (("rnn", 1), ("gru", 3), ("lstm", 4))
    },
    "odeint": of_real(
        lambda y, a: ag.odeint(lambda y, t, a: ag.sin(a @ y), y, [0.0, 0.4, 1.0], (a,), rtol=1e-11, atol=1e-11),
        (2,),
        (2, 2),
    ),
    "ctc_loss": of_real(lambda x: ag.ctc_loss(ag.log_softmax(x, -1), [[1, 2], [2, 2]], [5, 5], [2, 2]), (5, 2, 4)),
    "cosine_embedding_loss": of_real(lambda x, y: ag.cosine_embedding_loss(x, y, [1, -1, 1]), (3, 4), (3, 4)),
    "unflatten": of_real(lambda x: ag.unflatten(x, -1, (2, 3)), (4, 6)),
    **{f"{side}split": of_real(with_more(getattr(ag, f"{side}split"), 2), (4, 4, 4)) for side in "hvd"},
    "sliding_window_view": of_real(lambda x: ag.sliding_window_view(x, (2, 3)), (4, 5)),
    "partition": of_real(lambda x: ag.partition(x, 2), (2, 5)),
    "topk": of_real(lambda x: ag.topk(x, 2)[0], (2, 5)),
    "kthvalue": of_real(lambda x: ag.kthvalue(x, 2)[0], (2, 5)),
    "compress": of_real(lambda x: ag.compress([True, False, True], x, 0), (3, 4)),
    "choose": of_real(lambda *xs: ag.choose([0, 1, 1], xs), (3,), (2, 3)),
    "select": of_real(lambda *xs: ag.select([[True, False, False], [True, True, False]], xs, 0.5), (3,), (2, 3)),
    "piecewise": of_real(lambda x: ag.piecewise(x, [x.numpy() < 0], [ag.sin, ag.exp]), (3, 4)),
    "ldexp": at_number(ag.ldexp, 0, 4),
    "multigammaln": of_real(lambda x: ag.multigammaln(abs(x) + 1.5, 3), (3, 2)),
    "betainc": of_real(lambda x: ag.betainc(1.5, 2.5, ag.sigmoid(x)), (3, 2)),
    "betaincc": of_real(lambda x: ag.betaincc(1.5, 2.5, ag.sigmoid(x)), (3, 2)),
    "stdtr": of_real(lambda x: ag.stdtr(3.5, x), (3, 2)),
    "rms_norm": of_real(lambda x, w: ag.rms_norm(x, (4,), w), (2, 3, 4), (4,)),
    "instance_norm": of_real(ag.instance_norm, (2, 3, 4, 2), (3,), (3,)),
    "batch_norm": of_real(lambda x, w, b: ag.batch_norm(x, None, None, w, b), (4, 3, 2), (3,), (3,)),
    "local_response_norm": of_real(lambda x: ag.local_response_norm(x, 3), (2, 4, 3)),
    "dropout1d": of_real(lambda x: ag.dropout1d(x, rng=1), (2, 3, 4)),
    "dropout2d": of_real(lambda x: ag.dropout2d(x, rng=1), (2, 3, 4, 2)),
    "dropout3d": of_real(lambda x: ag.dropout3d(x, rng=1), (2, 3, 2, 2, 2)),
    "prelu": of_real(ag.prelu, (2, 3, 4), (3,)),
    "gradient": of_real(lambda f, h, x: ag.gradient(f, h, ag.cumsum(abs(x) + 0.3)), (3, 4), (), (4,)),
    "scaled_dot_product_attention": of_real(ag.scaled_dot_product_attention, (2, 3, 4), (2, 5, 4), (2, 5, 2)),
    "conv2d_filter": of_real(lambda x, y: ag.conv2d_filter(x, y, kernel_size=(2, 2)), (2, 3, 4, 5), (2, 2, 3, 4)),
    **{
        f"{kind}_pool{n}d": windows(getattr(ag, f"{kind}_pool{n}d"), n, filters=False)
        for kind in ("max", "avg")
        for n in (1, 2, 3)
    },
    **{
        f"lp_pool{n}d": of_real(with_more(getattr(ag, f"lp_pool{n}d"), 2, kernel_size=2), (2, 2, *(4, 5, 4)[:n]))
        for n in (1, 2, 3)
    },
    **{
        f"adaptive_{kind}_pool{n}d": of_real(
            with_more(getattr(ag, f"adaptive_{kind}_pool{n}d"), 2), (2, 2, *(5, 3, 4)[:n])
        )
        for kind in ("avg", "max")
        for n in (1, 2, 3)
    },
    **{f"max_unpool{n}d": unpooled(n) for n in (1, 2, 3)},
    "interpolate": lambda d: (
        with_more(
            ag.interpolate, int(d.rng.integers(2, 7)), None, str(d.rng.choice(["nearest", "bilinear", "bicubic"]))
        ),
        [d.rng.standard_normal((2, 2, 4, 3))],
        {},
    ),
    "unfold": of_real(lambda x: ag.unfold(x, kernel_size=2, padding=1), (2, 3, 4, 5)),
    "fold": of_real(lambda x: ag.fold(x, output_size=(3, 4), kernel_size=2), (2, 8, 6)),
    "pixel_shuffle": of_real(lambda x: ag.pixel_shuffle(x, 2), (2, 8, 2, 3)),
    "pixel_unshuffle": of_real(lambda x: ag.pixel_unshuffle(x, 2), (2, 2, 4, 6)),
    "channel_shuffle": of_real(lambda x: ag.channel_shuffle(x, 2), (2, 4, 2, 3)),
    "affine_grid": of_real(lambda x: ag.affine_grid(x, (2, 3, 4, 5)), (2, 2, 3)),
    "grid_sample": of_real(lambda x, grid: ag.grid_sample(x, ag.tanh(grid)), (2, 2, 4, 5), (2, 3, 2, 2)),
    "global_avg_pool": of_real(ag.global_avg_pool, (2, 3, 4, 2)),
    "global_max_pool": of_real(ag.global_max_pool, (2, 3, 4, 2)),
    "linear": lambda d: (ag.linear, [d.numbers((*d.shape[:-1], 3)), d.numbers((2, 3)), d.numbers(2)], {}),
    **{f"conv{n}d": windows(getattr(ag, f"conv{n}d"), n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": windows(getattr(ag, f"conv_transpose{n}d"), n, True) for n in (1, 2, 3)},
    "gather": chosen(ag.gather),
    "scatter": chosen(ag.scatter, values=True),
    "scatter_add": chosen(ag.scatter_add, values=True),
    "take": chosen(ag.take),
    "take_along_axis": chosen(lambda x, axis=0, i=0, *v: ag.take_along_axis(x, i, axis)),
    "index_add": rows_of(ag.index_add),
    "index_copy": rows_of(ag.index_copy),
    **{f"segment_{kind}": segments(getattr(ag, f"segment_{kind}")) for kind in ("sum", "mean", "max", "min")},
    "where": lambda d: (
        lambda x, y: ag.where(np.resize([True, False, True], d.shape), x, y),
        [d.array(), d.array(False)],
        {},
    ),
    "masked_fill": lambda d: (
        lambda x, v: ag.masked_fill(x, np.resize([True, False, True], d.shape), v),
        [d.array(), d.numbers(())],
        {},
    ),
    "getitem": lambda d: (lambda x: x[..., None, ::-1] if d.ndim else x[()], [d.array()], {}),
    "cdist": lambda d: (ag.cdist, [d.rng.standard_normal((3, 2)), d.rng.standard_normal((4, 2))], {}),
    "layer_norm": lambda d: (
        lambda x, w, b: ag.layer_norm(x, x.shape[-1:], w, b),
        [d.rng.standard_normal((2, 3, 4)), d.numbers(4), d.numbers(4)],
        {},
    ),
    "group_norm": lambda d: (
        lambda x, w, b: ag.group_norm(x, 2, w, b),
        [d.rng.standard_normal((2, 4, 3)), d.numbers(4), d.numbers(4)],
        {},
    ),
    "interp": lambda d: (
        lambda x, fp: ag.interp(x, [0.0, 0.5, 1.0], fp),
        [d.rng.uniform(0, 1, d.shape), d.rng.standard_normal(3)],
        {},
    ),
    "polygamma": at_number(lambda x, n: ag.polygamma(n, ag.abs(x) + 0.5), 0, 3),
    "roll": at_number(ag.roll, -2, 3),
    "tile": at_number(ag.tile, 1, 3),
    "repeat": at_number(ag.repeat, 1, 3),
    "expand_dims": at_number(ag.expand_dims, 0, 2),
    "chunk": at_number(ag.chunk, 1, 3),
    "rollaxis": at_number(ag.rollaxis, 0, 2),
    "vander": at_number(ag.vander, 1, 4),
    "swapaxes": at_number(lambda x, i: ag.swapaxes(x, i, -1), 0, 2),
    "moveaxis": at_number(lambda x, i: ag.moveaxis(x, i, -1), 0, 2),
    "permute_dims": at_number(lambda x, i: ag.permute_dims(x, tuple(range(x.ndim))[::i]), -1, 0),
    "yn": at_number(lambda x, n: ag.yn(n, ag.abs(x) + 0.5), 0, 3),
    "jn": at_number(lambda x, n: ag.jn(n, x), 0, 3),
    "yv": at_number(lambda x, n: ag.yv(n, ag.abs(x) + 0.5), 0, 3),
    "jv": at_number(lambda x, n: ag.jv(n, x), 0, 3),
    "iv": at_number(lambda x, n: ag.iv(n, x), 0, 3),
    "ive": at_number(lambda x, n: ag.ive(n, x), 0, 3),
    "kv": at_number(lambda x, n: ag.kv(n, ag.abs(x) + 0.5), 0, 3),
    "threshold": at_number(lambda x, n: ag.threshold(x, 0.1, n), 0, 3),
    "cov": lambda d: (ag.cov, [d.rng.standard_normal((3, 5))], {}),
    "corrcoef": lambda d: (ag.corrcoef, [d.rng.standard_normal((3, 5))], {}),
    "convolve": lambda d: (
        ag.convolve,
        [d.numbers(5), d.numbers(3)],
        {"mode": str(d.rng.choice(["full", "same", "valid"]))},
    ),
    "correlate": lambda d: (
        ag.correlate,
        [d.numbers(5), d.numbers(3)],
        {"mode": str(d.rng.choice(["full", "same", "valid"]))},
    ),
    "tensordot": lambda d: (ag.tensordot, [d.numbers((2, 3, 4)), d.numbers((3, 4, 2))], {}),
    "kron": lambda d: (ag.kron, [d.numbers((2, 3)), d.numbers((2, 2))], {}),
    "cross": lambda d: (ag.cross, [d.numbers((2, 3)), d.numbers((2, 3))], {}),
    "outer": lambda d: (ag.outer, [d.numbers(3), d.numbers(2)], {}),
    "clip": lambda d: (lambda x: ag.clip(x, -0.4, 0.6), [d.array()], {}),
    "pad": at_number(
        lambda x, mode: ag.pad(x, 2, mode),
        0,
        0,
        "constant",
        "edge",
        "reflect",
        "wrap",
        "symmetric",
        "linear_ramp",
        "mean",
    ),
    "delete": at_number(ag.delete, 0, 2),
    "insert": lambda d: (lambda x: ag.insert(x, 1, 2.0), [d.numbers((3, 2))], {}),
    "quantile": lambda d: (lambda x: ag.quantile(x, 0.3), [d.array()], {}),
    "percentile": lambda d: (lambda x: ag.percentile(x, 30.0), [d.array()], {}),
    "split": lambda d: (lambda x: ag.split(x, [1]), [d.array()], {}),
    "array_split": lambda d: (lambda x: ag.array_split(x, 2), [d.array()], {}),
    "reshape": lambda d: (lambda x: ag.reshape(x, d.shape[::-1]), [d.array()], {}),
    "broadcast_to": lambda d: (lambda x: ag.broadcast_to(x, (2, *d.shape)), [d.array()], {}),
}
"""Rows whose arguments must fit one another: what to call, with which arrays and parameters."""


def drawn_call(name, draw):
    """A function, its arrays and parameters."""
    if name in SPECIAL:
        return SPECIAL[name](draw)
    op = ROWS[name].function
    arrays, given, domains = [], {}, [*DOMAINS.get(name, ())]
    for p in op.__signature__.parameters.values():
        marks = getattr(p.annotation, "__metadata__", ())
        hint = next((m.hint for m in marks if isinstance(m, Parameter)), None)
        if hint is None and p.kind is not p.KEYWORD_ONLY and p.default is p.empty:
            if p.kind is p.VAR_POSITIONAL:
                arrays += [draw.array(False) for _ in range(int(draw.rng.integers(1, 4)))]
            else:
                arrays.append(draw.array(not arrays, domains.pop(0) if domains else None))
        elif hint is not None and (value := draw.parameter(p)) is not p.default:
            given[p.name] = value
    listed = [k for k, v in given.items() if isinstance(v, list) and v and isinstance(v[0], np.ndarray)]
    if listed and not arrays:  # a list of arrays comes first
        arrays = given.pop(listed[0])
        return (lambda *xs, **rest: op(list(xs), **rest)), arrays, given
    return op, arrays, given


# ── one call ──────────────────────────────────────────────────────────────────────────────────────────────────────────


NAMED = re.compile(r"[\w.]+[:(]|\w+ has no rule for")
"""How an error begins that says which operation it is about."""


class WrongError(AssertionError):
    """Something came out wrong."""


def floating(results):
    """The floating results, in order."""
    if isinstance(results, Tensor):
        return [results] if results.dtype.kind in "fc" else []
    return [y for part in results for y in floating(part)] if isinstance(results, list | tuple) else []


def inner(xs, ys):
    """Re Σ conj(x) y, the real product by which a gradient and a direction go together."""
    return float(sum(np.sum(np.conj(x) * y).real for x, y in zip(xs, ys, strict=True)))


def size_of(xs, ys):
    return float(sum(np.sum(np.abs(x) * np.abs(y)) for x, y in zip(xs, ys, strict=True)))


def randoms(rng, like):
    found = [np.asarray(rng.standard_normal(np.shape(x)), np.asarray(x).real.dtype) for x in like]
    return [
        v + 1j * v[::-1] if np.iscomplexobj(x) and v.ndim else v.astype(x.dtype)
        for x, v in zip(like, found, strict=True)
    ]


def slope(f, xs, directions, step):
    """Of f along directions, by central differences of three steps and Richardson's rule; and the doubt about it.

    The doubt is how far two such slopes are from one another, or by how much the slopes on both sides differ beyond
    what curvature explains, as they do at a kink, or what rounding of the values makes of it.
    """
    steps = (step, step / 2, step / 4)
    at = lambda h: f([x + h * v for x, v in zip(xs, directions, strict=True)])
    ahead, behind = [at(h) for h in steps], [at(-h) for h in steps]
    wide, near, nearest = ((a - b) / (2 * h) for a, b, h in zip(ahead, behind, steps, strict=True))
    one, two = (4 * near - wide) / 3, (4 * nearest - near) / 3
    here = f(xs)
    bends = [(a + b - 2 * here) / h for a, b, h in zip(ahead, behind, steps, strict=True)]
    rounding = np.spacing(abs(here)) / steps[-1]
    return two, max(abs(one - two), abs(2 * bends[1] - bends[0]), abs(2 * bends[2] - bends[1]), rounding)


def compared(what, analytic, f, xs, directions, size, step=1e-3):
    """Raises WrongError where a slope is not the difference; says why the difference cannot tell, if so."""
    numeric, doubt = slope(f, xs, directions, step)
    if not (np.isfinite(numeric) and np.isfinite(analytic)):
        return "not finite"
    if doubt > 1e-4 * (size + abs(numeric) + 1e-6):
        return "differences disagree"
    if abs(numeric - analytic) > 1e-6 * (size + abs(numeric)) + 20 * doubt + 1e-10:
        raise WrongError(f"{what}: {analytic:.9g}, by differences {numeric:.9g} (± {doubt:.1g})")
    return ""


def tried(name, seed):
    """How a call came out: "refused", "constant", "unstable: why", "first" or "second". Raises WrongError.

    Along some directions differences cannot see a kink, as of the median of equal numbers. So what disagrees is tried
    again a little further on, and is a kink if it agrees there.
    """
    try:
        return tried_at(name, seed, 0.0)
    except WrongError:
        if not any(tried_at(name, seed, shift) in ("first", "second") for shift in (1e-2, 3e-2, 1e-1)):
            raise
        return "unstable: right beside a kink"


def tried_at(name, seed, shift):
    """As `tried`, with the arrays moved by about `shift`."""
    rng = np.random.default_rng(seed)
    draw = Draw(rng)
    f, arrays, given = drawn_call(name, draw)
    if shift:
        arrays = [x + shift * np.random.default_rng(seed).standard_normal(x.shape) for x in arrays]
    single = not draw.complex and rng.random() < 0.1
    arrays = [x.astype(np.float32) if single else x for x in arrays]
    wanted = [i for i in range(len(arrays)) if rng.random() < 0.8] or [0] * bool(arrays)
    if not arrays:
        return "constant"

    def at(values):
        return [Tensor(x, requires_grad=i in wanted) for i, x in enumerate(values)]

    inputs = at(arrays)
    try:
        results = floating(f(*inputs, **given))
        ys = [y for y in results if y.requires_grad]
        us = randoms(rng, [y.numpy() for y in ys])
        leaves = [inputs[i] for i in wanted]
        gs = ag.grad(ys, leaves, us, create_graph=True, allow_unused=True) if ys else []
    except (ValueError, TypeError, IndexError, np.linalg.LinAlgError, NotImplementedError) as error:
        if not NAMED.match(str(error)):
            raise WrongError(f"an error that does not name the operation: {error}") from error
        return "refused"
    if not ys:
        return "constant"
    bare = [np.zeros_like(x.numpy()) if g is None else g.numpy() for g, x in zip(gs, leaves, strict=True)]
    for g, x in zip(bare, leaves, strict=True):
        if g.dtype != x.dtype or g.shape != x.shape:
            raise WrongError(f"a gradient of {g.dtype} {g.shape} for {x.dtype} {x.shape}")
    if single:  # too coarse for differences
        odd = [str(y.dtype) for y in ys if y.dtype not in (np.float32, np.complex64)]
        if odd and name not in WIDE:
            raise WrongError(f"float32 makes {odd[0]}")
        return "first"
    beside_torch(name, arrays, given, wanted, ys, us, bare)
    vs = randoms(rng, [x.numpy() for x in leaves])
    start = [x.numpy().copy() for x in leaves]

    def whole(values):
        new = list(arrays)
        for i, value in zip(wanted, values, strict=True):
            new[i] = value
        return at(new)

    def results_at(values):
        with ag.no_grad():
            found = floating(f(*whole(values), **given))
        kept = [y.numpy() for y, keep in zip(found, [y.requires_grad for y in results], strict=True) if keep]
        moved = any(y.shape != u.shape for y, u in zip(kept, us, strict=True))  # as many as are different, say
        return np.nan if moved else inner(us, kept)

    with np.errstate(all="ignore"):
        if why := compared("first order", inner(bare, vs), results_at, start, vs, size_of(bare, vs)):
            return f"unstable: {why}"
        linked = [(g, v) for g, v in zip(gs, vs, strict=True) if g is not None and g.requires_grad]
        if not linked:
            return "first"
        ws = randoms(rng, start)
        try:
            second = ag.grad([g for g, _ in linked], leaves, [v for _, v in linked], allow_unused=True)
        except (TypeError, np.linalg.LinAlgError) as error:
            if not NAMED.match(str(error)):
                raise
            return "first"
        found = [np.zeros_like(x) if g is None else g.numpy() for g, x in zip(second, start, strict=True)]

        def gradient_at(values):
            new = whole(values)
            ys = [y for y in floating(f(*new, **given)) if y.requires_grad]
            gs = ag.grad(ys, [new[i] for i in wanted], us, allow_unused=True)
            return float(sum(inner([g.numpy()], [v]) for g, v in zip(gs, vs, strict=True) if g is not None))

        if why := compared("second order", inner(found, ws), gradient_at, start, ws, size_of(found, ws)):
            return f"unstable: {why}"
    return "second"


def beside_torch(name, arrays, given, wanted, ys, us, gs):
    """Value and gradient of PyTorch's function of that name on the same arrays, where it is the same function."""
    if given or name in SPECIAL or name.rpartition(".")[2] in NOT_TORCH or len(ys) != 1 or "torch" not in sys.modules:
        return
    torch = sys.modules["torch"]
    rooms = [torch.linalg] if name.startswith("linalg.") else [torch.fft] if name.startswith("fft.") else []
    rooms = rooms or [torch, torch.special, torch.nn.functional]
    last = name.rpartition(".")[2]
    function = next((getattr(room, last) for room in rooms if hasattr(room, last)), None)
    if function is None or name.startswith(("atleast", "broadcast")):
        return
    try:
        xs = [torch.tensor(x.copy(), requires_grad=i in wanted) for i, x in enumerate(arrays)]
        y = function(*xs)
        back = torch.autograd.grad(y, [xs[i] for i in wanted], torch.tensor(us[0]), allow_unused=True)
    except Exception:  # other dtypes, other arguments
        return
    mine, other = ys[0].numpy(), y.detach().resolve_conj().numpy()
    if mine.shape != other.shape or mine.dtype != other.dtype:
        return
    pairs = [
        ("value", mine, other),
        *(("gradient", g, b.resolve_conj().numpy()) for g, b in zip(gs, back, strict=True) if b is not None),
    ]
    for what, a, b in pairs:
        good = np.isfinite(b) & np.isfinite(a) if what == "gradient" else ~np.isnan(b) & ~np.isnan(a)
        scale = np.abs(b[np.isfinite(b)]).max(initial=1)
        if not np.allclose(a[good], b[good], 1e-6, 1e-9 * scale):
            raise WrongError(f"{what} beside PyTorch: {a.ravel()[:4]}, not {b.ravel()[:4]}")


# ── running ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def run(calls, seed=0, only=None):
    """By row how its calls came out, and the faults, each with the row and the seed that repeats it."""
    names = [name for name in ROWS if name not in NOT_CALLED.split() and (not only or name in only)]
    table, faults = defaultdict(Counter), []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for call in range(calls):
            name, own = names[call % len(names)], seed + call
            try:
                how = tried(name, own)
            except Exception as error:
                how = "fault"
                faults.append((name, own, f"{type(error).__name__}: {error}".splitlines()[0]))
            table[name][how] += 1
    return table, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=lambda text: text.split(","), help="rows, with commas between")
    parser.add_argument("--table", action="store_true", help="how the calls of each operation came out")
    options = parser.parse_args()
    if not options.only or len(options.only) > 3:
        import torch

        torch.set_num_threads(1)
    table, faults = run(options.calls, options.seed, options.only)
    total = sum(table.values(), Counter())
    told = Counter(name for name, *_ in faults)
    shown = Counter()
    for name, seed, words in faults:
        shown[name] += 1
        if shown[name] <= 3:
            print(f"{name} (--only {name} --seed {seed} --calls 1; {told[name]} such): {words[:200]}")
    if options.table:
        for name, counts in sorted(table.items()):
            print(f"{name:30} {', '.join(f'{n} {how}' for how, n in counts.most_common())}")
    never = [name for name, counts in table.items() if not counts.keys() - {"refused", "fault"}]
    print(f"\nnever computed: {', '.join(never) or 'none'}")
    reasons = {how: n for how, n in total.items() if how.startswith("unstable")}
    total["unstable"] = sum(reasons.values())
    compared = total["first"] + total["second"] + total["unstable"]
    print(", ".join(f"{how}: {n}" for how, n in reasons.items()))
    print(
        f"{options.calls} calls of {len(table)} operations: {total['second']} compared to second order, "
        f"{total['first']} to first, {total['constant']} constants, {total['refused']} refused, "
        f"{total['unstable']} unstable ({total['unstable'] / max(compared, 1):.1%}), {total['fault']} faults"
    )
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
