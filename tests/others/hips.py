"""HIPS autograd's own tests on our operations: `python -m tests.others.hips SUITE`, as `make hips SUITE=…` runs it.

SUITE is the folder of tests of its source package. Modules of ours stand in for `autograd` and all that the tests
import of it: NumPy's functions are NumPy's own, called on Tensors; what takes derivatives is made of `grad`; and
`check_grads` is `gradcheck` and `gradgradcheck` of one random projection, as HIPS has it, to nearer tolerances.

HIPS's gradient of a real function of a complex number is ∂L/∂Re − i ∂L/∂Im, the conjugate of ours.
"""

import contextlib
import functools
import importlib
import itertools
import re
import sys
import types
import warnings
from collections import Counter

import numpy as np
import pytest

import autograd_mini as ag
from autograd_mini import Tensor

INNER = {
    "test_wrapped_name_and_docs": "compares HIPS's docstrings",
    "test_unimplemented_falseyness": "takes HIPS's rules away",
}
"""Tests that look at HIPS's inner parts without a call by which the stand-ins could tell."""

OTHERWISE = {
    "test_odeint": "a gradient by adaptive steps is right to their tolerance; gradcheck wants more",
    "test_rfftn_odd_not_implemented": "expects that HIPS lacks it; it is here",
    **dict.fromkeys(
        ["test_grad_through_dataarray_binary_ufunc", "test_grad_through_box_times_dataarray_holding_box"],
        "a Tensor times an xarray is a Tensor here, whose `data` is a constant, as in PyTorch",
    ),
    **dict.fromkeys(
        [f"test_custom_where_dtypes[{given}]" for given in ("int-True-1-2", "float-True-3.0-4.0", "float-False-1-2.0",
                                                            "list-True-x3-y3")],
        "HIPS's own where keeps Python's types; this is NumPy's",
    ),
}  # fmt: skip
"""Tests of what is otherwise here on purpose."""

REAL_ONLY = ("test_systematic.py::test_max", "test_systematic.py::test_min")
"""Tests whose complex arguments are left out: complex numbers have no order here, as in PyTorch."""


# ── containers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def leaves_of(x):
    """The numbers and arrays in nested lists, tuples and dicts, and how to put others in their places."""
    if isinstance(x, dict):
        keys = list(x)
        found, rebuild = leaves_of([x[key] for key in keys])
        return found, lambda new: dict(zip(keys, rebuild(new), strict=True))
    if not isinstance(x, list | tuple):
        return [x], lambda new: new[0]
    parts = [leaves_of(entry) for entry in x]
    ends = [0, *itertools.accumulate(len(found) for found, _ in parts)]
    make = (lambda entries: type(x)(*entries)) if hasattr(x, "_fields") else type(x)

    def rebuild(new):
        return make([put(new[a:b]) for (_, put), (a, b) in zip(parts, itertools.pairwise(ends), strict=True)])

    return [leaf for found, _ in parts for leaf in found], rebuild


def carries(x):
    return any(isinstance(leaf, Tensor) for leaf in leaves_of(x)[0])


def bare(x):
    """With the arrays, or NumPy's numbers, of the Tensors in it."""
    found, rebuild = leaves_of(x)
    return rebuild([leaf.numpy()[()] if isinstance(leaf, Tensor) else leaf for leaf in found])


def conjugated(x):
    return x.conj() if getattr(getattr(x, "dtype", None), "kind", "f") == "c" else x


# ── derivatives ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Tracing:
    """How deep we are in functions that are being differentiated: at depth 0 the user gets arrays."""

    depth = 0
    real_only = False


@contextlib.contextmanager
def tracing():
    Tracing.depth += 1
    try:
        yield
    finally:
        Tracing.depth -= 1


def given_back(x, *inner):
    return x if Tracing.depth or any(map(carries, inner)) else bare(x)


def watched(leaf):
    """A Tensor of its own to differentiate with respect to; one that is itself being differentiated stays a result."""
    if isinstance(leaf, Tensor) and leaf.requires_grad:
        return leaf + 0.0
    array = np.asarray(bare(leaf))
    if array.dtype.kind not in "fc":
        raise TypeError(f"a derivative is with respect to floating numbers, not {type(leaf).__name__}")
    return Tensor(array, requires_grad=True)


def size(x):
    """Real numbers in it."""
    return sum(np.size(bare(leaf)) * (1 + np.iscomplexobj(bare(leaf))) for leaf in leaves_of(x)[0])


def ones(x, value=1.0):
    found, rebuild = leaves_of(x)
    return rebuild([np.full(np.shape(bare(leaf)), value, np.asarray(bare(leaf)).dtype) for leaf in found])


def vjp_of(fun, x):
    """The value of fun, and the function that carries a cotangent back to x."""
    given, rebuild = leaves_of(x)
    inside = [watched(leaf) for leaf in given]
    with tracing():
        y = fun(rebuild(inside))
    results = leaves_of(y)[0]

    def vjp(g):
        pairs = [
            (result, conjugated(back if isinstance(back, Tensor) else np.asarray(back, bare(result).dtype)))
            for result, back in zip(results, leaves_of(g)[0], strict=True)
            if isinstance(result, Tensor) and result.requires_grad
        ]
        found = [None] * len(inside)
        if pairs:
            reached, cotangents = zip(*pairs, strict=True)
            found = ag.grad(reached, inside, cotangents, create_graph=True, allow_unused=True)
        back = [np.zeros_like(bare(i)) if g is None else conjugated(g) for i, g in zip(inside, found, strict=True)]
        return given_back(rebuild(back), g)

    return vjp, y


def nary(unary):
    """unary(fun, x) as HIPS calls it: unary(fun, argnum)(*args, **kwargs), where argnum is a number or several."""

    @functools.wraps(unary)
    def operator(fun, argnum=0, *more, **options):
        def called(*args, **kwargs):
            def of(x):
                new = list(args)
                for i, value in [(argnum, x)] if isinstance(argnum, int) else zip(argnum, x, strict=True):
                    new[i] = value
                return fun(*new, **kwargs)

            of.__name__ = getattr(fun, "__name__", "function")
            x = args[argnum] if isinstance(argnum, int) else tuple(args[i] for i in argnum)
            return unary(of, x, *more, **options)

        called.__name__ = f"{unary.__name__}_of_{getattr(fun, '__name__', 'function')}_wrt_argnum_{argnum}"
        return called

    return operator


def unary_make_vjp(fun, x):
    vjp, y = vjp_of(fun, x)
    return vjp, given_back(y)


def unary_make_jvp(fun, x):
    """By carrying back twice: vjp is linear in g, and its own vjp is the jvp."""

    def jvp(v):
        with tracing():
            vjp, y = vjp_of(fun, x)
            twice, _ = vjp_of(vjp, ones(y, 0.0))
            forward = twice(v)
        return given_back((y, forward), v)

    return jvp


def scalar(y):
    if size(y) != 1 or np.asarray(bare(y)).dtype.kind == "b":
        raise TypeError("grad is of functions with one real number as a result")
    return y


@nary
def grad(fun, x):
    vjp, y = vjp_of(fun, x)
    return vjp(ones(scalar(y)))


@nary
def value_and_grad(fun, x):
    vjp, y = vjp_of(fun, x)
    return given_back(scalar(y)), vjp(ones(y))


@nary
def elementwise_grad(fun, x):
    vjp, y = vjp_of(fun, x)
    if np.iscomplexobj(bare(y)):
        raise TypeError("elementwise_grad is of functions with real results")
    return vjp(ones(y))


@nary
def deriv(fun, x):
    return unary_make_jvp(fun, x)(ones(x))[1]


@nary
def jacobian(fun, x):
    vjp, y = vjp_of(fun, x)
    shape = np.shape(bare(y))
    rows = [vjp(row.reshape(shape)) for row in np.eye(int(np.prod(shape)))]
    return np.reshape(np.stack(rows), shape + np.shape(bare(x)))


@nary
def hessian(fun, x):
    return jacobian(jacobian(fun))(x)


@nary
def holomorphic_grad(fun, x):
    return grad(lambda x: np.real(fun(x)))(x)


@nary
def make_hvp(fun, x):
    return unary_make_vjp(grad(fun), x)


@nary
def grad_and_aux(fun, x):
    vjp, (y, more) = vjp_of(fun, x)
    return vjp((ones(y), ones(more, 0.0))), given_back(more)


def hessian_tensor_product(fun, argnum=0):
    return grad(lambda *args: np.tensordot(grad(fun, argnum)(*args[:-1]), args[-1], np.ndim(args[-1])), argnum)


def tensor_jacobian_product(fun, argnum=0):
    return jacobian(lambda *args: np.tensordot(args[-1], fun(*args[:-1]), np.ndim(args[-1])), argnum)


def make_ggnvp(fun, g=lambda x: 0.5 * np.sum(x**2, axis=-1), f_argnum=0):
    @nary
    def ggnvp(fun, x):
        vjp, y = unary_make_vjp(fun, x)
        return lambda v: vjp(make_hvp(g)(y)[0](unary_make_jvp(fun, x)(v)[1]))

    return ggnvp(fun, f_argnum)


# ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@nary
def check_grads(fun, x, modes=("fwd", "rev"), order=2):
    given, rebuild = leaves_of(x)
    if Tracing.real_only and any(map(np.iscomplexobj, map(bare, given))):
        return None
    inputs = [watched(leaf) for leaf in given]

    def flat(*values):
        with tracing():
            results = [y for y in leaves_of(fun(rebuild([*values])))[0] if np.asarray(bare(y)).dtype.kind in "fc"]
        return [y if isinstance(y, Tensor) else Tensor(np.asarray(y)) for y in results]

    flat.__name__ = fun.__name__
    if not any(y.requires_grad for y in flat(*inputs)):  # ours would refuse to check a constant
        return unmoved(flat, inputs)
    for check, name in [(ag.gradcheck, fun.__name__), (ag.gradgradcheck, f"vjp_{fun.__name__}")][:order]:
        try:
            check(
                flat, [Tensor(value.numpy(), requires_grad=True) for value in inputs], mode="projected", projections=1
            )
        except AssertionError as error:
            raise AssertionError(f"Derivative (VJP) check of {name} failed: {error}") from error
    return None


def unmoved(fun, inputs):
    """A function without a derivative must not move in a small neighbourhood."""
    beside = [Tensor(value.numpy() + 1e-6) for value in inputs]
    for y, z in zip(fun(*inputs), fun(*beside), strict=True):
        np.testing.assert_array_equal(y.numpy(), z.numpy(), "the result moves, but carries no gradient")


def combo_check(fun, *args, **kwargs):
    def check(*choices, **named):
        for chosen in itertools.product(*choices):
            for values in itertools.product(*named.values()):
                check_grads(fun, *args, **kwargs)(*chosen, **dict(zip(named, values, strict=True)))

    return check


def scalar_close(a, b):
    return abs(a - b) < 1e-6 or abs(a - b) / abs(a + b) < 1e-6


def check_equivalent(x, y):
    (left, _), (right, _) = leaves_of(bare(x)), leaves_of(bare(y))
    for a, b in zip(left, right, strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.asarray(a).dtype == np.asarray(b).dtype
        np.testing.assert_allclose(a, b, 1e-6, 1e-6)


# ── primitives of the tests' own ──────────────────────────────────────────────────────────────────────────────────────


class OwnPrimitive:
    """A function with rules of HIPS's form, vjpmaker(ans, *args)(g), as an operation of ours."""

    def __init__(self, fun):
        functools.update_wrapper(self, fun)
        self.fun, self.makers, self.argnums = fun, {}, ()

        def forward(*args, options):
            return np.asarray(fun(*args, **options))

        self.op = ag.primitive(name=f"own_{id(self)}")(forward)
        self.op.defvjp(args=lambda g, args, out, index, *, options: self.back(g, args, out, index, options))

    def back(self, g, args, out, index, options):
        if index not in self.makers:
            raise NotImplementedError(f"no vjp of {self.__name__} for argument {index}")
        return conjugated(self.makers[index](out, *args, **options)(conjugated(g)))

    def __call__(self, *args, **kwargs):
        return self.op(*args, options=kwargs) if any(map(carries, args)) else self.fun(*args, **kwargs)

    def defgrad(self, maker, argnum=0):
        self.makers[argnum] = maker

    def defvjp(self, rule, argnum=0):
        self.makers[argnum] = lambda out, *args: lambda g: rule(g, out, None, None, *args)

    def defvjp_is_zero(self, argnums=(0,)):
        for i in argnums:
            self.makers[i] = lambda out, *args: lambda g: g * 0


def defvjp(own, *makers, argnums=None):
    own.makers.update(zip(argnums or itertools.count(), makers, strict=False))


def quick_grad_check(fun, x, extra_args=()):
    check_grads(fun, order=1)(x, *extra_args)


RNG = np.random.default_rng(0)


class VectorSpace:
    """Nested containers as vectors; a complex number is two real ones."""

    def __init__(self, value):
        found, self.rebuild = leaves_of(bare(value))
        self.like = [np.asarray(leaf) for leaf in found]
        self.size, self.form = size(value), self.rebuild([(x.shape, x.dtype) for x in self.like])

    def __eq__(self, other):
        return self.form == other.form

    __hash__ = None

    def filled(self, make):
        """Of real parts, and imaginary ones where there are any."""
        return self.rebuild([make(x.shape) + (1j * make(x.shape) if x.dtype.kind == "c" else 0) for x in self.like])

    def zeros(self):
        return self.filled(np.zeros)

    def ones(self):
        return self.filled(np.ones)

    def randn(self):
        return self.filled(lambda shape: np.asarray(RNG.standard_normal(shape)))

    def standard_basis(self):
        for i, x in enumerate(self.like):
            for j, unit in itertools.product(range(x.size), (1, 1j) if x.dtype.kind == "c" else (1,)):
                new = [np.zeros(y.shape, y.dtype) for y in self.like]
                new[i].flat[j] = unit
                yield self.rebuild(new)

    def add(self, x, y):
        return self.rebuild([a + b for a, b in zip(leaves_of(x)[0], leaves_of(y)[0], strict=True)])

    def scalar_mul(self, x, a):
        return self.rebuild([leaf * a for leaf in leaves_of(x)[0]])

    def inner_prod(self, x, y):
        pairs = zip(leaves_of(x)[0], leaves_of(y)[0], strict=True)
        return sum(np.sum(np.real(np.conj(a) * b)) for a, b in pairs)


def checkpoint(fun):
    """Without its savings: what a checkpointed function computes."""
    return fun


def inner_part(name):
    def called(*args, **kwargs):
        pytest.skip(f"looks at HIPS's {name}")

    return called


def flatten(value):
    found, rebuild = leaves_of(value)
    shapes = [np.shape(leaf) for leaf in found]
    ends = [0, *itertools.accumulate(int(np.prod(shape)) for shape in shapes)]

    def unflatten(flat):
        pieces = zip(itertools.pairwise(ends), shapes, strict=True)
        return rebuild([np.reshape(flat[a:b], shape) if shape else flat[a] for (a, b), shape in pieces])

    return np.concatenate([np.ravel(leaf) for leaf in found]) if found else np.array([]), unflatten


# ── modules ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_a(x, kinds):
    """Whether x is of these types; a Tensor is an array."""
    of_array = kinds is np.ndarray or (isinstance(kinds, tuple) and np.ndarray in kinds)
    return isinstance(x, kinds) or (of_array and isinstance(x, Tensor))


def append(arr, values, axis=None):
    return np.append(array(arr), array(values), axis)


def array(data, *args, **kwargs):
    return ag.array(data, *args, **kwargs) if carries(data) else np.array(data, *args, **kwargs)


class Rows:
    """np.r_[…]: along the first axis."""

    def __getitem__(self, key):
        parts = key if isinstance(key, tuple) else (key,)
        return np.concatenate([np.atleast_1d(np.r_[part] if isinstance(part, slice) else part) for part in parts])


class Columns:
    """np.c_[…]: arrays of one axis are columns, joined along the last axis."""

    def __getitem__(self, key):
        parts = key if isinstance(key, tuple) else (key,)
        return np.concatenate([np.expand_dims(x, 1) if np.ndim(x) == 1 else x for x in parts], -1)


def of_tensors(function):
    """One of NumPy's functions on a list of Tensors, which NumPy would make a bare array of."""

    def called(a, *args, **kwargs):
        return function(array(a) if isinstance(a, list | tuple) else a, *args, **kwargs)

    return called


def beside(ours, theirs):
    """SciPy's functions, and ours of the same name where an argument is a Tensor."""

    def found(name):
        own, other = getattr(ours, name, None), getattr(theirs, name, None)
        if own is None and other is None:
            raise AttributeError(name)

        def called(*args, **kwargs):
            if not carries([*args, *kwargs.values()]):
                return (own if other is None else other)(*args, **kwargs)
            if own is None:
                raise NotImplementedError(f"missing: {name}")
            return own(*args, **kwargs)

        return called

    return found


def module(name, names=(), lookup=None):
    made = types.ModuleType(f"autograd{name and '.'}{name}")
    made.__dict__.update(names)
    made.__path__ = []
    if lookup is not None:
        made.__getattr__ = lookup
    sys.modules[made.__name__] = made
    parent, _, last = made.__name__.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)
    return made


def install():
    """Put the stand-ins where the tests import from."""
    import scipy.linalg
    import scipy.signal
    import scipy.special
    import scipy.stats

    builtin = {"tuple": tuple, "list": list, "dict": dict, "isinstance": is_a, "type": type}
    inner = {n: inner_part(n) for n in ("const_graph", "SparseObject", "VSpace", "VJPNode", "JVPNode", "Box")}
    inner["vspace"] = VectorSpace
    ways = {"make_vjp": nary(unary_make_vjp), "make_jvp": nary(unary_make_jvp), "make_hvp": make_hvp}
    for f in (grad, value_and_grad, elementwise_grad, deriv, jacobian, hessian, holomorphic_grad, grad_and_aux,
              hessian_tensor_product, tensor_jacobian_product, make_ggnvp, checkpoint):  # fmt: skip
        ways[f.__name__] = f
    ways |= {"hessian_vector_product": hessian_tensor_product, "vector_jacobian_product": tensor_jacobian_product}
    own = {"primitive": OwnPrimitive, "defvjp": defvjp, "notrace_primitive": lambda f: lambda *a: f(*bare(a))}
    own |= {"isbox": lambda x: isinstance(x, Tensor), "primitive_vjps": {}, "defjvp": lambda *a, **k: None, **inner}
    checks = {f.__name__: f for f in (check_grads, combo_check, scalar_close, check_equivalent)}
    module("", ways | builtin | {"primitive": OwnPrimitive})
    module("builtins", builtin)
    module("differential_operators", ways)
    module("core", own | {"make_vjp": unary_make_vjp, "make_jvp": unary_make_jvp})
    module("tracer", own)
    module("extend", own)
    module("util", {"quick_grad_check": quick_grad_check})
    module("wrap_util", {"unary_to_nary": nary})
    module("test_util", checks)
    module("misc", inner | {"flatten": flatten})
    listed = {f: of_tensors(getattr(np, f)) for f in ("mean", "std", "var", "max", "min", "sum", "prod", "median")}
    here = {
        "__version__": np.__version__,
        "append": append,
        "array": array,
        "r_": Rows(),
        "c_": Columns(),
        "make_diagonal": diagonal_matrix,
        "where": where,
    }
    module("numpy", {n: getattr(np, n) for n in dir(np) if not n.startswith("_")} | listed | here)
    for room in ("linalg", "fft", "random"):
        module(f"numpy.{room}", {n: v for n, v in vars(getattr(np, room)).items() if not n.startswith("__")})
    sys.modules["autograd.numpy.linalg"].eigh = eigh_of_triangle
    sys.modules["autograd.numpy.linalg"].norm = of_tensors(np.linalg.norm)
    sys.modules["autograd.numpy.linalg"].T = lambda x: np.swapaxes(x, -1, -2)
    sys.modules["autograd.numpy.linalg"]._dot = functools.partial(np.einsum, "...ij,...jk->...ik")
    module("scipy")
    module("scipy.special", {}, beside(ag.special, scipy.special))
    module("scipy.linalg", {}, beside(ag.linalg, scipy.linalg))
    module("scipy.signal", {}, lambda name: convolve if name == "convolve" else getattr(scipy.signal, name))
    module("scipy.integrate", {"odeint": ag.odeint})
    module("scipy.stats")
    for name in ("beta", "chi2", "gamma", "norm", "poisson", "t", "multivariate_normal", "dirichlet"):
        module(f"scipy.stats.{name}", {}, beside(getattr(ag.stats, name), getattr(scipy.stats, name)))


def diagonal_matrix(D, offset=0, axis1=0, axis2=1):
    """HIPS's own function: the last axis as the diagonal of matrices."""
    return np.expand_dims(D, -1) * np.eye(np.shape(D)[-1])


def where(condition, x=None, y=None):
    """HIPS's own, which takes keywords."""
    return np.where(condition) if x is None else np.where(condition, x, y)


def eigh_of_triangle(a, UPLO="L"):
    """HIPS's gradient is of the triangle that is read; ours of the Hermitian matrix that the triangle stands for."""
    part, rest = (np.tril, -1) if UPLO == "L" else (np.triu, 1)
    return np.linalg.eigh(part(a) + np.conj(np.swapaxes(part(a, rest), -1, -2)), UPLO)


def convolve(A, B, axes=None, dot_axes=((), ()), mode="full"):
    """SciPy's; or over chosen axes, summed over those that go together, with all others side by side."""
    if axes is None:
        own = carries([A, B])
        return ag.fftconvolve(A, B, mode) if own else importlib.import_module("scipy.signal").convolve(A, B, mode)
    shapes, n = [np.shape(A), np.shape(B)], len(axes[0])
    rest = [[i for i in range(len(shapes[k])) if i not in (*axes[k], *dot_axes[k])] for k in (0, 1)]
    left, right = (
        np.reshape(
            np.transpose(x, (*rest[k], *dot_axes[k], *axes[k])),
            (*lead, *[shapes[k][i] for i in (*dot_axes[k], *axes[k])]),
        )
        for k, x, lead in (
            (0, A, (*[shapes[0][i] for i in rest[0]], *[1] * len(rest[1]))),
            (1, B, (*[1] * len(rest[0]), *[shapes[1][i] for i in rest[1]])),
        )
    )
    whole = ag.fftconvolve(left, right, "full", tuple(range(-n, 0))) if n else left * right
    for i, (a, b) in enumerate(zip(left.shape[-n:], right.shape[-n:], strict=True) if n else ()):
        start = {"full": 0, "valid": min(a, b) - 1, "same": (b - 1) // 2}[mode]
        length = {"full": a + b - 1, "valid": abs(a - b) + 1, "same": a}[mode]
        whole = whole[(..., slice(start, start + length), *[slice(None)] * (n - 1 - i))]
    first = len(rest[0]) + len(rest[1])
    return np.sum(whole, tuple(range(first, first + len(dot_axes[0])))) if dot_axes[0] else whole


# ── running ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Record:
    """What came of each test, and why."""

    def __init__(self):
        self.passed, self.failed, self.apart = [], {}, {}

    def pytest_collection_modifyitems(self, items):
        for item in items:
            words = [why for name, why in {**INNER, **OTHERWISE}.items() if item.nodeid.endswith(name)]
            if words:
                item.add_marker(pytest.mark.skip(words[0]))

    def pytest_runtest_setup(self, item):
        Tracing.real_only = item.nodeid.endswith(REAL_ONLY)

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.rpartition("/")[2]
        if report.skipped:
            self.apart[name] = report.longrepr[2].removeprefix("Skipped: ")
        elif report.failed:
            self.failed[name] = getattr(getattr(report.longrepr, "reprcrash", None), "message", str(report.longrepr))
        elif report.when == "call":
            self.passed.append(name)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed[report.nodeid] = str(report.longrepr).strip().splitlines()[-1]


def run(suite, *options):
    """Run the tests of a folder or file; what came of each."""
    install()
    record = Record()
    settings = ["-c", "/dev/null", "--rootdir", suite, "-p", "no:cacheprovider", "-q", "--no-header", "--no-summary"]
    with warnings.catch_warnings():
        pytest.main([suite, *settings, "-W", "ignore", *options], plugins=[record])
    return record


def main():
    if len(sys.argv) < 2:
        sys.exit("give the folder of HIPS autograd's tests: python -m tests.others.hips autograd-1.9.1/tests")
    record = run(*sys.argv[1:])
    print("\nnot applicable:")
    for name, why in sorted(record.apart.items()):
        print(f"  {name}: {why}")
    print("\nfailed:")
    causes = Counter()
    for name, why in sorted(record.failed.items()):
        line = re.sub(r"\s+", " ", why)[:260]
        causes[re.sub(r"\d+", "n", line[:70])] += 1
        print(f"  {name}: {line}")
    print("\ncauses:")
    for cause, count in causes.most_common():
        print(f"  {count:4} {cause}")
    print(f"\n{len(record.passed)} passed, {len(record.failed)} failed, {len(record.apart)} not applicable")
    sys.exit(bool(record.failed))


if __name__ == "__main__":
    main()
