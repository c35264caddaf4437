"""Forward and backward beside HIPS autograd, operation by operation: `python -m tests.others.speed`.

Each operation that both have, on arrays of 10 and of 10,000 elements, in turns, each side by its own functions; the
ratio is HIPS's best time over ours, so that above 1 ours is faster. What is slower comes first. It is the processor's
time that counts, so that what else runs on the machine matters little. Each graph is of one operation and a sum, so a
call of `grad` itself is most of the time for 10 elements: the row of `sum` tells what that costs.
"""

import argparse
import time
import warnings

import numpy as np

import autograd_mini as ag

SIDE = {10: (5, 2), 10_000: (100, 100)}

FUNCTIONS = [
    "absolute",
    "add",
    "angle",
    "append",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_to",
    "clip",
    "concatenate",
    "conj",
    "cos",
    "cosh",
    "cross",
    "cumsum",
    "deg2rad",
    "diff",
    "divide",
    "dot",
    "einsum",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "fabs",
    "fliplr",
    "flipud",
    "fmax",
    "fmin",
    "hsplit",
    "hypot",
    "imag",
    "inner",
    "kron",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mod",
    "moveaxis",
    "multiply",
    "nan_to_num",
    "negative",
    "outer",
    "pad",
    "power",
    "prod",
    "rad2deg",
    "radians",
    "ravel",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "roll",
    "rollaxis",
    "rot90",
    "sin",
    "sinc",
    "sinh",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "tan",
    "tanh",
    "tensordot",
    "trace",
    "transpose",
    "tril",
    "triu",
    "var",
    "vsplit",
    "vstack",
    "where",
    "linalg.cholesky",
    "linalg.det",
    "linalg.eigh",
    "linalg.inv",
    "linalg.norm",
    "linalg.pinv",
    "linalg.slogdet",
    "linalg.solve",
    "linalg.svd",
    "fft.fft",
    "fft.fft2",
    "fft.fftn",
    "fft.fftshift",
    "fft.ifft",
    "fft.ifft2",
    "fft.ifftn",
    "fft.ifftshift",
    "fft.irfft",
    "fft.irfft2",
    "fft.irfftn",
    "fft.rfft",
    "fft.rfft2",
    "fft.rfftn",
    "special.beta",
    "special.betainc",
    "special.betaln",
    "special.digamma",
    "special.erf",
    "special.erfc",
    "special.erfinv",
    "special.expit",
    "special.gamma",
    "special.gammainc",
    "special.gammaincc",
    "special.gammaln",
    "special.i0",
    "special.i1",
    "special.iv",
    "special.j0",
    "special.j1",
    "special.jn",
    "special.logit",
    "special.logsumexp",
    "special.multigammaln",
    "special.polygamma",
    "special.psi",
    "special.rgamma",
    "special.y0",
    "special.y1",
    "special.yn",
    "stats.norm.cdf",
    "stats.norm.logcdf",
    "stats.norm.logpdf",
    "stats.norm.pdf",
    "stats.norm.logsf",
    "stats.t.logpdf",
    "stats.t.pdf",
    "stats.gamma.logpdf",
    "stats.gamma.pdf",
    "stats.beta.logpdf",
    "stats.beta.pdf",
    "stats.chi2.logpdf",
    "stats.chi2.pdf",
    "stats.poisson.logpmf",
]

TWO = {
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "arctan2",
    "fmax",
    "fmin",
    "maximum",
    "minimum",
    "mod",
    "remainder",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "append",
    "special.beta",
    "special.betaln",
}

WITH = {
    "array_split": lambda f: lambda x: f(x, 2)[0],
    "split": lambda f: lambda x: f(x, [1])[0],
    "hsplit": lambda f: lambda x: f(x, [1])[0],
    "vsplit": lambda f: lambda x: f(x, [1])[0],
    "broadcast_to": lambda f: lambda x: f(x[:1], (3, x.shape[1])),
    "clip": lambda f: lambda x: f(x, 0.3, 0.6),
    "concatenate": lambda f: lambda x: f([x, x]),
    "stack": lambda f: lambda x: f([x, x]),
    "vstack": lambda f: lambda x: f([x, x]),
    "cross": lambda f: lambda x: f(x.reshape((-1,))[:9].reshape((3, 3)), np.ones((3, 3))),
    "dot": lambda f: lambda x: f(x, x.T),
    "matmul": lambda f: lambda x: f(x, x.T),
    "inner": lambda f: lambda x: f(x, x),
    "outer": lambda f: lambda x: f(x.reshape((-1,))[:100], x.reshape((-1,))[:100]),
    "einsum": lambda f: lambda x: f("ij,kj->ik", x, x),
    "kron": lambda f: lambda x: f(x[:5, :5], x[:2, :2]),
    "tensordot": lambda f: lambda x: f(x, x, 2),
    "expand_dims": lambda f: lambda x: f(x, 0),
    "moveaxis": lambda f: lambda x: f(x, 0, 1),
    "pad": lambda f: lambda x: f(x, 2, "constant"),
    "repeat": lambda f: lambda x: f(x, 2),
    "reshape": lambda f: lambda x: f(x, (-1,)),
    "roll": lambda f: lambda x: f(x, 1),
    "rollaxis": lambda f: lambda x: f(x, 1),
    "swapaxes": lambda f: lambda x: f(x, 0, 1),
    "where": lambda f: lambda x: f(CONDITION[x.shape], x, 2 * x),
    "arccosh": lambda f: lambda x: f(x + 1.5),
    "sort": lambda f: lambda x: f(x.reshape((-1,))),
    "linalg.solve": lambda f: lambda x: f(square(x), np.ones((*square(x).shape[0:1], 2))),
    **{f"linalg.{name}": (lambda f: lambda x: f(square(x))) for name in ("inv", "det", "pinv")},
    "linalg.slogdet": lambda f: lambda x: f(square(x))[1],
    "linalg.svd": lambda f: lambda x: f(square(x), False)[1],
    "linalg.cholesky": lambda f: lambda x: f(square(x) @ square(x).T),
    "linalg.eigh": lambda f: lambda x: f(square(x) @ square(x).T)[0],
    **{
        f"fft.{name}": (lambda f: lambda x: f(1j * x))
        for name in ("fft", "fft2", "fftn", "ifft", "ifft2", "ifftn", "irfft", "irfft2", "irfftn")
    },
    "special.gammainc": lambda f: lambda x: f(2.5, x),
    "special.gammaincc": lambda f: lambda x: f(2.5, x),
    "special.betainc": lambda f: lambda x: f(2.0, 3.0, x),
    "special.jn": lambda f: lambda x: f(2, x),
    "special.yn": lambda f: lambda x: f(2, x),
    "special.iv": lambda f: lambda x: f(2, x),
    "special.polygamma": lambda f: lambda x: f(1, x),
    "special.multigammaln": lambda f: lambda x: f(x + 2.0, 2),
    "stats.t.logpdf": lambda f: lambda x: f(x, 3.0),
    "stats.t.pdf": lambda f: lambda x: f(x, 3.0),
    "stats.gamma.logpdf": lambda f: lambda x: f(x, 2.0),
    "stats.gamma.pdf": lambda f: lambda x: f(x, 2.0),
    "stats.beta.logpdf": lambda f: lambda x: f(x, 2.0, 3.0),
    "stats.beta.pdf": lambda f: lambda x: f(x, 2.0, 3.0),
    "stats.chi2.logpdf": lambda f: lambda x: f(x, 3.0),
    "stats.chi2.pdf": lambda f: lambda x: f(x, 3.0),
    "stats.poisson.logpmf": lambda f: lambda x: f(3, x),
}
"""Calls with more than the array, by the name of the function."""

CALLED = {"trace": "linalg.trace"}
"""The names that are others here."""

CONDITION = {shape: np.resize([True, False, True], shape) for shape in SIDE.values()}


def square(x):
    """A well-conditioned matrix made of x, of a hundred rows at most."""
    n = min(x.shape)
    return x[:n, :n] + np.eye(n) * n


def looked_up(root, name):
    for part in name.split("."):
        root = getattr(root, part)
    return root


def sides(name):
    """The scalar function there and here, and its derivative with respect to x: each a function of an array."""
    import autograd
    import autograd.numpy as anp
    import autograd.scipy.special
    import autograd.scipy.stats

    theirs = looked_up(autograd.scipy if name.startswith(("special", "stats")) else anp, name)
    ours = looked_up(ag, CALLED.get(name, name))
    call = WITH.get(name) or ((lambda f: lambda x: f(x, x + 0.5)) if name in TWO else lambda f: f)
    there, here = call(theirs), call(ours)
    backward = autograd.grad(lambda x: anp.sum(anp.abs(there(x))) if complex_too(name) else anp.sum(there(x)))

    def own(x):
        t = ag.Tensor(x, requires_grad=True)
        y = here(t)
        return ag.grad(ag.sum(ag.abs(y)) if complex_too(name) else ag.sum(y), t)

    return backward, own


def complex_too(name):
    return name.startswith("fft.") or name in ("conj",)


def seconds(sides, x, rounds):
    """The best time of each, in turns."""
    times = []
    for side in sides:
        side(x)
        start = time.thread_time()
        side(x)
        times.append(max(1, int(0.002 / max(time.thread_time() - start, 1e-6))))
    best = [np.inf] * len(sides)
    for _ in range(rounds):
        for i, (side, count) in enumerate(zip(sides, times, strict=True)):
            start = time.thread_time()
            for _ in range(count):
                side(x)
            best[i] = min(best[i], (time.thread_time() - start) / count)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=lambda text: text.split(","), help="functions, with commas between")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    rng = np.random.default_rng(0)
    rows, apart = [], []
    for name in options.only or FUNCTIONS:
        found = []
        for shape in SIDE.values():
            x = rng.uniform(0.1, 0.9, shape)
            try:
                there, here = sides(name)
                a, b = there(x), here(x).numpy()
                if not np.allclose(a, b, 1e-5, 1e-8, equal_nan=True):
                    raise ValueError("the gradients differ")
                found.append(seconds([there, here], x, options.rounds))
            except Exception as error:
                apart.append(f"{name}: {type(error).__name__}: {str(error).splitlines()[0][:100]}")
                break
        else:
            ratios = [theirs / ours for theirs, ours in found]
            rows.append((min(ratios), name, ratios, found))
    print(f"{'':24}{'10 elements':>26}{'10,000 elements':>28}")
    for _, name, ratios, found in sorted(rows):
        told = (f"{ratio:10.2f} × ({ours * 1e6:9.1f} µs)" for ratio, (_, ours) in zip(ratios, found, strict=True))
        print(f"{name:24}{'  '.join(told)}")
    for i, many in enumerate(SIDE):
        fast = sum(ratios[i] >= 1 for _, _, ratios, _ in rows)
        print(f"{many} elements: {fast} of {len(rows)} at least as fast as HIPS's")
    for line in apart:
        print("not compared:", line)


if __name__ == "__main__":
    main()
