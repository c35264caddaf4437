"""PyTorch's samples of its own operations (OpInfo), on ours: `python -m tests.others.opinfo`, as `make opinfo` runs it.

For each operation that both have, each of PyTorch's sample calls is made of ours; values, the gradient of a random
combination of the results, and the gradient of a random combination of that gradient are compared, in float64 and,
where both take it, complex128. Each sample is tried again with its arrays in Fortran's order, as every other element of
a longer array, or as one row repeated, by turns. A sample counts as the same, as wrong, or as one that cannot be
expressed by a call here.
"""

import argparse
import random
import re
import sys
import types
import unittest
import warnings
from collections import Counter, defaultdict
from itertools import islice

import numpy as np

import autograd_mini as ag
from autograd_mini import Tensor

from .opinfo_calls import CALLS, SET_ASIDE, InexpressibleError, by_name

RTOL, COARSE = 1e-7, 1e-5
"""The second where PyTorch's own digits end there: its Bessel functions."""

SEED = 1234
"""Of the generators before each sample, as PyTorch's own tests have it."""

REFUSED = re.compile(
    "which has 0 axes|do not go together|must be a number|must be an integer of at least 0|output_padding .* stride|"
    "have no derivative|is no derivative|does not broadcast to|has no channel axis|the result needs|must have x's axes|"
    "there must be at least one channel|output_size must be|is out of range for shape .0,.|"
    "b must have as many rows as a|doesn't match the broadcast shape"
)
"""What NumPy and we refuse and PyTorch takes: axes of a number, odd settings, vectors that are a choice."""


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


NOWHERE = ("device", "memory_format", "requires_grad", "driver")
"""Arguments of PyTorch's that make no difference to a value."""

LAYOUTS = ("contiguous", "Fortran", "strided", "repeated")


def arranged(array, layout):
    """The same elements in memory in another way; "repeated" has its first row at every place."""
    if layout == "Fortran" and array.ndim:
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
        wide = {torch.float32: torch.float64, torch.complex64: torch.complex128}  # to compare more digits
        array = arranged(x.to(wide.get(x.dtype, x.dtype)).numpy(force=True), layout)
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
    inputs, rtol = [], COARSE if "bessel" in op.name else RTOL
    hermitian = getattr(op.gradcheck_wrapper, "__name__", "") == "gradcheck_wrapper_hermitian_input"
    wrapped = op
    if op.name in ("nn.functional.ctc_loss", "cholesky_solve"):  # behind what PyTorch's own gradient is right of
        wrapped = lambda *args, **kwargs: op.gradcheck_wrapper(op, *args, **kwargs)
    if hermitian:
        wrapped = lambda x, *args, **kwargs: op((x + x.mH) / 2, *args, **kwargs)
    if op.name == "svd":  # but for phases
        sample.output_process_fn_grad = lambda found: (abs(found[0]), found[1], abs(found[2]))
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
        found = call(first, *rest, **mapped(convert, {k: v for k, v in kwargs.items() if k not in NOWHERE}))
        found = [y for y in flat(tidied(sample, found)) if isinstance(y, Tensor | np.ndarray | np.generic)]
    except (InexpressibleError, TypeError, AttributeError, NotImplementedError) as error:
        return "inexpressible", str(error).splitlines()[0]
    except Exception as error:
        return outcome(error)
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


def samples_of(torch, op, dtype, seed):
    """Those of `op.sample_inputs`, which also looks through the stack, and seeds every device, before each of them."""
    torch.default_generator.manual_seed(seed)
    samples = iter(op.sample_inputs_func(op, "cpu", dtype, op.supports_autograd))
    while True:
        torch.default_generator.manual_seed(SEED)
        random.seed(SEED)
        np.random.seed(SEED)  # noqa: NPY002
        try:
            yield next(samples)
        except StopIteration:
            return


def spread(samples, most):
    """At most so many of them, from the first to the last at even distances; of one, no others are made."""
    samples = [*islice(samples, 1 if most == 1 else None)]
    return samples if most is None or len(samples) <= most else [samples[i * len(samples) // most] for i in range(most)]


def names_of(op):
    """What it is called, with its variant, and by which name the call here is found."""
    name = f"{op.name}{op.variant_test_name and ' '}{op.variant_test_name}"
    return name, name if name in CALLS or name in SET_ASIDE else op.name


def run(only=None, most=None, seed=0):
    """By operation, how many samples came out how, and the words of those that were not the same."""
    import torch

    table, words = defaultdict(Counter), defaultdict(Counter)
    for op in operations():
        name, key = names_of(op)
        call = by_name(key)
        if call is None or (only and op.name not in only):
            continue
        for dtype in (torch.float64, torch.complex128):
            if dtype not in op.dtypes:
                continue
            rng = np.random.default_rng(seed)
            try:
                samples = spread(samples_of(torch, op, dtype, seed), most)
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
    parser.add_argument("--most", type=int, default=100, help="samples of each operation and dtype")
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
    if not options.only:
        keys = {key for _, key in map(names_of, operations())}
        absent = [key for key in keys if key not in SET_ASIDE and by_name(key) is None]
        print("\nset aside:")
        for name in sorted(keys & SET_ASIDE.keys()):
            print(f"  {name}: {SET_ASIDE[name]}")
        print(f"\nnot here ({len(absent)}): {', '.join(sorted(absent))}")
    tried_here = total["same"] + total["wrong"] + total["inexpressible"]
    names = {name.partition(" ")[0] for name, counts in table.items() if counts["same"]}
    share = (total["same"] + total["wrong"]) / max(tried_here, 1)
    print(f"\n{len(names)} operations, {tried_here} samples: {total['same']} same, {total['order 2']} to second order, "
          f"{total['wrong']} wrong, {total['inexpressible']} inexpressible ({share:.1%} expressible)")  # fmt: skip
    sys.exit(bool(total["wrong"]))


if __name__ == "__main__":
    main()
