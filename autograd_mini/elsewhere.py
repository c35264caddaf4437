"""Names of PyTorch's and NumPy's methods that Tensor does not have, and what each is called here."""

from typing import Any, NoReturn

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
    "fill": "autograd_mini.full_like(t, value)", "put": "t.at[index].set(values)", "partition":
    "autograd_mini.partition(t, kth)", "choose": "autograd_mini.choose(t, choices)", "compress":
    "autograd_mini.compress(mask, t)", "register_hook": "an autograd_mini.core.observer.Observer",
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
    raise AttributeError(words, name=name, obj=tensor)
