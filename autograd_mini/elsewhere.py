"""Names of PyTorch's and NumPy's that no function, method or parameter has here, and what each is called instead."""

import inspect
from typing import Any, NoReturn

from .core.primitive import REFUSED, Primitive, call_as, caller
from .names_elsewhere import TORCH
from .ops.kinds import ROWS

OPERATOR = "write t {} u"
OF_THE_ARRAY = "t.numpy().{} is that of the bare array"
IN_PLACE = "nothing changes a Tensor in place; write t = t.{}(...), or t.at[index].set(values) for single elements"

CALLED: dict[str, str] = {
    "view": "t.reshape(shape)", "view_as": "t.reshape(u.shape)", "reshape_as": "t.reshape(u.shape)",
    "permute": "t.transpose(axes)", "t": "t.T", "unsqueeze": "t.expand_dims(axis)",
    "movedim": "autograd_mini.moveaxis(t, …)",
    "expand": "autograd_mini.broadcast_to(t, shape)", "expand_as": "autograd_mini.broadcast_to(t, u.shape)",
    "clone": "t.copy()", "flip": "autograd_mini.flip(t, axis)", "repeat_interleave": "t.repeat(repeats, axis)",
    "to": "t.astype(dtype)", "type": "t.astype(dtype)", "type_as": "t.astype(u.dtype)", "half": "t.astype(np.float16)",
    "float": "t.astype(np.float32)", "double": "t.astype(np.float64)", "int": "t.astype(np.int32)",
    "long": "t.astype(np.int64)", "bool": "t.astype(bool)",
    "dim": "t.ndim", "ndimension": "t.ndim", "numel": "t.size", "nelement": "t.size", "grad_fn": "t.node",
    "amax": "t.max(axis)", "amin": "t.min(axis)", "clamp": "t.clip(low, high)", "ptp": "autograd_mini.ptp(t)",
    "index_select": "t.take(indices, axis)", "masked_select": "t[mask]", "narrow": "t[start:end]", "unfold":
    "autograd_mini.sliding_window_view(t, …)", "nonzero": "np.nonzero(t)", "flat": "t.ravel()",
    "requires_grad_": "t.requires_grad = True", "detach_": "t.detach()", "zero_": "t.data[...] = 0, under no_grad()",
    "fill": "autograd_mini.full_like(t, value)", "fill_": "t.data[...] = value, under no_grad()",
    "zero_grad": "t.grad = None",
    "new_zeros": "autograd_mini.zeros(shape)", "new_ones": "autograd_mini.ones(shape)", "new_tensor": "Tensor(data)",
    "new_full": "autograd_mini.full(shape, value)", "copy_": "t.data[...] = u, under no_grad()", "pow_": "t = t ** u",
    "eval": "t.numpy()", "assign": "t.data = value", "render":
    "autograd_mini.render(t, path)", "value": "t.numpy()", "put": "t.at[index].set(values)", "partition":
    "autograd_mini.partition(t, kth)", "choose": "autograd_mini.choose(t, choices)", "compress":
    "autograd_mini.compress(mask, t)", "register_hook": "nn.gradient_hook(t, hook)",
}  # fmt: skip
"""By name: what to write."""

SENTENCES: dict[str, str] = {
    **dict.fromkeys(["cpu", "cuda", "pin_memory"], "there is one device, the processor's memory; leave it out"),
    **dict.fromkeys(["contiguous", "is_contiguous", "stride"], "layouts are of no matter here; leave it out"),
    **{name: OPERATOR.format(sign) for sign, names in {
        "+": "add", "-": "sub subtract", "*": "mul multiply", "/": "div divide true_divide", "**": "pow",
        "@": "matmul mm bmm mv",
        "%": "remainder", "//": "floor_divide", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
    }.items() for name in names.split()},
    **{name: OF_THE_ARRAY.format(name) for name in (
        "nbytes", "itemsize", "strides", "flags", "base", "tobytes", "tofile", "byteswap", "setflags",
    )},
}  # fmt: skip
"""By name: what to do, where that is more than another name."""


FUNCTIONS: dict[str, str] = {
    "cat": "concatenate", "clamp": "clip", "movedim": "moveaxis", "swapdims": "swapaxes", "inverse": "linalg.inv",
    "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative", "mm": "matmul",
    "bmm": "matmul", "ne": "not_equal", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal",
    "as_tensor": "Tensor", "from_numpy": "Tensor", "tensor": "Tensor",
}  # fmt: skip
"""By a function's name elsewhere, beside those of `TORCH`: its name here."""


_SEED = "there is no global seed; layers, losses and data take rng= or seed="
_DTYPE = "NumPy's: np.{}"
_ONE_DEVICE = "left out: there is one device, the processor's memory"
_DRAWN = "Tensor(rng.{}), with rng = np.random.default_rng(seed)"

NAMES: dict[str, str] = {
    **{name: _DTYPE.format(name) for name in (
        "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "complex64", "complex128",
    )},
    "double": _DTYPE.format("float64"), "half": _DTYPE.format("float16"), "long": _DTYPE.format("int64"),
    "bfloat16": _DTYPE.format("float16"), "randn": _DRAWN.format("standard_normal(shape)"), "rand": _DRAWN.format(
    "random(shape)"), "randint": _DRAWN.format("integers(low, high, shape)"), "normal": _DRAWN.format(
    "normal(mean, std, shape)"), "randperm": _DRAWN.format("permutation(n)"), "random": "NumPy's: np.random",
    "manual_seed": _SEED, "seed": _SEED, "PRNGKey": _SEED, "Generator": "NumPy's: np.random.default_rng(seed)",
    "Variable": "Tensor(data, requires_grad=True)", "variable": "Tensor(data, requires_grad=True)", "constant":
    "Tensor(data)", "Parameter": "Tensor(data, requires_grad=True), or nn.Parameter",
    "optim": "nn: nn.SGD, nn.Adam, …", "autograd": "grad, backward and gradcheck of "
    "autograd_mini itself", "functional": "autograd_mini itself", "numpy": "NumPy's own functions take Tensors",
    "save": "net.save(path), or nn.write_state(arrays, path)", "load": "net.load(path), or nn.read_state(path)",
    "device": _ONE_DEVICE, "cuda": _ONE_DEVICE, "backends": _ONE_DEVICE, "to_device": _ONE_DEVICE, "set_grad_enabled":
    "a block: with no_grad(): or with enable_grad():", "inference_mode": "no_grad()", "stop_gradient": "t.detach()",
    "is_tensor": "isinstance(t, Tensor)", "jit": "trace(function, *inputs), a program", "compile": "trace(function, "
    "*inputs), a program", "function": "trace(function, *inputs), a program", "make_fx": "trace(function, *inputs)",
    "GradientTape": "every operation on Tensors is recorded; then grad(loss, tensors)", "value_and_grad":
    "loss = f(x), then grad(loss, x)", "vjp": "grad(y, x, v), or trace(f, x).vjp()", "elementwise_grad":
    "grad(y.sum(), x)", "jacobian": "a row a call: grad(y[i], x, retain_graph=True)", "hessian": "a row a call: "
    "grad(g[i], x, retain_graph=True), with g = grad(loss, x, create_graph=True)", "backward": "loss.backward()",
    "make_dot": "render(loss, 'loss.svg')", "set_default_dtype": "t.astype(dtype), net.to(dtype)", "summary":
    "net.summary(shape)", "Module": "nn.Module", "Linear": "nn.Linear", "Sequential": "nn.Sequential",
}  # fmt: skip
"""By a name of the package's that others have: what to write."""


def function_here(name: str) -> str | None:
    """The function that PyTorch calls so, or that is in one of our rooms; None if there is none, or we do not know."""
    rooms = (f"{room}{name}" for room in ("", "linalg.", "fft.", "special."))
    theirs = (ours for ours, named in TORCH.items() if named.rpartition(".")[2] == name)
    return FUNCTIONS.get(name) or next((known for known in (*rooms, *theirs) if known in ROWS), None)


def no_function(name: str) -> str:
    """What is said of a name that the package does not have."""
    ours = function_here(name)
    here = f"; here: {NAMES[name]}" if name in NAMES else f"; that is {ours} here" if ours else ""
    return f"module 'autograd_mini' has no attribute {name!r}{here}"


def missing(tensor: Any, name: str) -> NoReturn:
    """The error for an attribute that is not there: what it is called here, if it is a name of PyTorch's or NumPy's."""
    words = f"'Tensor' object has no attribute {name!r}"
    if name in CALLED:
        words = f"{name}: that is {CALLED[name]} here"
    elif name in SENTENCES:
        words = f"{name}: {SENTENCES[name]}"
    elif name.endswith("_") and hasattr(type(tensor), name[:-1]):
        words = f"{name}: {IN_PLACE.format(name[:-1])}"
    elif name.removesuffix("_") in SENTENCES:
        words = f"{name}: {SENTENCES[name.removesuffix('_')].replace('write t', 'write t = t')}"
    elif ours := function_here(name):
        words = f"{name}: that is autograd_mini.{ours}(t, …) here"
    raise AttributeError(words, name=name, obj=tensor)


# ── parameters ────────────────────────────────────────────────────────────────────────────────────────────────────────

PARAMETERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("dim", "dims"), ("axis", "axes")), "axes": ("axis",), "axis": ("axes",), "keepdim": ("keepdims",),
    "correction": ("ddof",), "dim0": ("axis1",), "dim2": ("axis2",), "start_dim": ("start_axis",),
    "size": ("shape",), "sizes": ("shape",), "weight": ("w",), "bias": ("b",), "diagonal": ("k", "offset"),
    "index": ("indices",), "indices": ("index",), "tensors": ("arrays",), "kernel": ("kernel_size",),
    "split_size_or_sections": ("indices_or_sections",),
}  # fmt: skip
"""By a parameter's name elsewhere: what it may be called here."""
FIRST = ("input", "self", "tensor", "a", "x", "x1", "arr", "array")
SECOND = ("other", "b", "y", "x2", "mat2", "vec2", "tensor2", "exponent")
"""What the first and second of two arrays are called elsewhere."""
ARRAYS = {"x", "y", "a", "b", "v", "x1", "x2", "in1", "in2", "m", "f", "p", "q", "A", "ar"}
ODD_ORDER = {"searchsorted": (), "where": ("x", "y"), "polygamma": ("x",), "compress": (), "extract": (), "choose": ()}
"""Where the first two parameters are not what these names mean elsewhere: the parameters that are."""
LEFT_OUT: dict[str, str] = {
    "out": "a result is a new array",
    "inplace": "a result is a new array",
    "dtype": "t.astype(dtype) converts the result",
    "device": "there is one device, the processor's memory",
    "requires_grad": "Tensor(data, requires_grad=True) makes a leaf",
}
"""By a parameter's name elsewhere: why there is none here."""


def refused(name: str, signature: inspect.Signature, given: dict[str, Any]) -> TypeError:
    """The error for a call that names a parameter that is not there, has too many arguments, or lacks one.

    given: what each parameter got, `Parameter.empty` where that is nothing; `_odd`, what was given by other names;
    `_more`, what was given beyond them.
    """
    parameters = signature.parameters.values()
    known = [p.name for p in parameters]
    for odd in given["_odd"]:
        ours, more = called_here(name, odd, known), ", as in NumPy" * (odd in ("dim", "dims", "keepdim", "correction"))
        listed = f"its parameters are {', '.join(known)}"
        words = LEFT_OUT.get(odd, listed) if ours is None else f"it is {ours} here{more}"
        if odd == "unbiased" and "ddof" in known:
            words = "ddof=1 is unbiased=True here, and ddof=0, the default, unbiased=False"
        return TypeError(f"{name}() has no parameter {odd}; {words}")
    if given.get("_more"):
        most = sum(p.kind is not p.KEYWORD_ONLY for p in parameters)
        words = f"{most} positional argument{'s' * (most != 1)} ({', '.join(known[:most])})"
        more = f"; by name it takes {', '.join(known[most:])}" * (len(known) > most)
        return TypeError(f"{name}() takes {words}, not {most + len(given['_more'])}{more}")
    lacking = [p.name for p in parameters if given[p.name] is p.empty]
    return TypeError(f"{name}() lacks {' and '.join(lacking)}")


def called_here(name: str, odd: str, known: list[str]) -> str | None:
    """What an operation calls a parameter that has another name elsewhere; None if it has none, or we do not know."""
    arrays = ODD_ORDER.get(name, known[:2])
    for names, ours in zip((FIRST, SECOND), arrays, strict=False):
        if odd in names and ours in ARRAYS:
            return ours
    return next((ours for ours in PARAMETERS.get(odd, ()) if ours in known), None)


REFUSED.append(refused)


def _is_compiled(function: Any) -> bool:
    """Whether calling a function ends in a signature that `caller` compiled, which refuses what it lacks itself."""
    while function is not None and not function.__code__.co_filename.endswith(">"):
        function = getattr(function, "__wrapped__", None)
    return function is not None


for row in ROWS.values():
    op = row.function
    if isinstance(op, Primitive) and not _is_compiled(op.call):
        by_hand, whole = op.call, inspect.signature(op.call)  # a function that calls `bind` itself
        bare = whole.replace(parameters=[p.replace(annotation=p.empty) for p in whole.parameters.values()])
        checked = caller(op.name, op, by_hand, bare)
        checked.__signature__ = whole
        vars(checked).pop("__wrapped__")
        vars(checked).update(vars(by_hand))  # what it wraps itself
        call_as(op, checked)
