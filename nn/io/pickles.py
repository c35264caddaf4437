"""Pickles taken apart without running anything: plain containers, and notes of which tensor is where."""

from __future__ import annotations

from collections.abc import Callable, Sized
from pickletools import genops
from reprlib import repr
from typing import IO, Any, NamedTuple, cast

MOST_STEPS = 500_000
"""How many instructions a pickle may have: each makes one small object, or copies objects that count as many.

A net's state has some 20 instructions an array.
"""


class Storage(NamedTuple):
    """Where PyTorch keeps numbers: what kind they are (None: bytes), under which key, how many (`length`)."""

    kind: str | None
    key: str
    length: int


class Stored(NamedTuple):
    """A tensor: a view of a storage, in numbers; perhaps its conjugate or its negative."""

    storage: Storage
    kind: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    is_conjugate: bool = False
    is_negative: bool = False


class Named(NamedTuple):
    """What a pickle asks for by module and name, and may have: nothing is imported for it."""

    name: str


def taken_apart(pickle: IO[bytes], storages: dict[str, Storage] | None = None) -> Any:
    """What the next pickle of a stream holds: containers, numbers, words, and a `Stored` for each tensor.

    The standard library's `pickletools` tells the instructions apart; what they mean is written here, for those that
    make data. Sets become lists, subclasses of dicts dicts. Raises ValueError for a pickle that asks for anything but
    what `REBUILT` names, before it has been given to it.

    storages: where to write down each storage by its key.
    """
    stack: list[Any] = []
    below: list[list[Any]] = []
    memo: dict[int, Any] = {}
    steps = 0
    try:
        for opcode, given, _ in genops(pickle):
            if (steps := steps + 1) > MOST_STEPS:
                raise ValueError(f"its pickle has more than {MOST_STEPS:,} instructions")
            name, argument = opcode.name, cast(Any, given)
            if name in _PUSHED:
                stack.append(argument)
            elif name == "STOP":
                return stack.pop()
            elif name == "MARK":
                below.append(stack)
                stack = []
            elif name in _GATHERED:
                items, stack = stack, below.pop()
                _GATHERED[name](stack, items)
            elif name in _DONE:
                _DONE[name](stack)
            elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
                memo[len(memo) if argument is None else argument] = stack[-1]
            elif name in ("GET", "BINGET", "LONG_BINGET"):
                stack.append(memo[argument])
            elif name in ("REDUCE", "NEWOBJ"):
                arguments, named = stack.pop(), stack.pop()
                while named == _AROUND:  # a tensor with attributes: what makes it, and what it is made of
                    named, _, arguments, _ = arguments
                steps += sum(len(part) for part in arguments if isinstance(part, Sized))  # what may be copied
                stack.append(_rebuilt(named, arguments) if steps <= MOST_STEPS else None)
            elif name == "BINPERSID":
                storage = _storage(*stack.pop())
                stack.append(storage)
                if storages is not None:
                    storages[storage.key] = storage
            elif name == "GLOBAL":
                stack.append(_admitted(*argument.rsplit(" ", 1)))
            elif name not in ("PROTO", "FRAME"):
                raise ValueError(f"it uses {name}, which weights do without")
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"its pickle makes no sense: {type(error).__name__}: {error!s:.200}") from error
    raise ValueError("its pickle has no end")


def _admitted(module: Any, name: Any) -> Named:
    if not isinstance(module, str) or not isinstance(name, str):
        raise ValueError("it asks for what is no name")
    full = f"{module}.{name}".replace("torch.cuda.", "torch.")
    if full in REBUILT or full in _STORAGES or full.removeprefix("torch.") in _NUMBERS or full in _INERT:
        return Named(full)
    raise ValueError(f"it asks for {full!s:.200}, which is no part of an array")


# ── instructions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _put_in(held: dict[Any, Any], items: list[Any]) -> None:
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, str | int | float | bytes | None):  # a tuple of tuples of … is hashed by recursion
            raise ValueError(f"it has a {type(key).__name__} for a key")
        held[key] = value


def _made_dict(items: list[Any]) -> dict[Any, Any]:
    held: dict[Any, Any] = {}
    _put_in(held, items)
    return held


def _build(stack: list[Any]) -> None:
    """An ordered dict's own attributes, such as `_metadata`, say nothing of arrays."""
    stack.pop()
    if not isinstance(stack[-1], dict | Named):
        raise ValueError(f"it sets attributes of a {type(stack[-1]).__name__}")


def _storage(word: Any, named: Any, key: Any, _: Any, count: Any, *rest: Any) -> Storage:
    if word != "storage" or not isinstance(key, str) or not _is_count(count) or any(part is not None for part in rest):
        raise ValueError("it refers to what is no storage")
    return Storage(_STORAGES[named.name], key, count)


def _set_item(stack: list[Any]) -> None:
    value, key = stack.pop(), stack.pop()
    _put_in(stack[-1], [key, value])


def _append(stack: list[Any]) -> None:
    value = stack.pop()
    _extend(stack, [value])


def _extend(stack: list[Any], items: list[Any]) -> None:
    if not isinstance(stack[-1], list):
        raise ValueError(f"it appends to a {type(stack[-1]).__name__}")
    stack[-1].extend(items)


def _tuple(count: int) -> Callable[[list[Any]], None]:
    def gather(stack: list[Any]) -> None:
        if len(stack) < count:
            raise ValueError("it takes more than there is")
        items = [stack.pop() for _ in range(count)]
        stack.append(tuple(reversed(items)))

    return gather


def _stack_global(stack: list[Any]) -> None:
    name, module = stack.pop(), stack.pop()
    stack.append(_admitted(module, name))


_PUSHED = {
    "NONE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES",
    "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
"""Instructions whose argument is the value; NONE has none, which is None."""

_GATHERED: dict[str, Callable[[list[Any], list[Any]], None]] = {
    "TUPLE": lambda stack, items: stack.append(tuple(items)),
    "FROZENSET": lambda stack, items: stack.append(tuple(items)),
    "LIST": lambda stack, items: stack.append(items),
    "DICT": lambda stack, items: stack.append(_made_dict(items)),
    "APPENDS": _extend,
    "ADDITEMS": _extend,
    "SETITEMS": lambda stack, items: _put_in(stack[-1], items),
    "POP_MARK": lambda stack, items: None,
}
"""Instructions that take all that has come since a mark."""

_DONE: dict[str, Callable[[list[Any]], object]] = {
    "NEWTRUE": lambda stack: stack.append(True),
    "NEWFALSE": lambda stack: stack.append(False),
    "EMPTY_TUPLE": lambda stack: stack.append(()),
    "EMPTY_LIST": lambda stack: stack.append([]),
    "EMPTY_SET": lambda stack: stack.append([]),
    "EMPTY_DICT": lambda stack: stack.append({}),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "APPEND": _append,
    "SETITEM": _set_item,
    "POP": lambda stack: stack.pop(),
    "DUP": lambda stack: stack.append(stack[-1]),
    "STACK_GLOBAL": _stack_global,
    "BUILD": _build,
}
"""Instructions that work on the stack."""


# ── what may be asked for ─────────────────────────────────────────────────────────────────────────────────────────────


def _is_count(number: object) -> bool:
    return type(number) is int and number >= 0


def _tensor(storage: Storage, offset: int, shape: Any, strides: Any, *rest: Any, kind: str | None = None) -> Stored:
    """rest: whether it wants a gradient, its hooks, and perhaps what is to be done lazily: conjugate, negate."""
    kind, lazily = kind or storage.kind, rest[2] if len(rest) > 2 and isinstance(rest[2], dict) else {}
    if not isinstance(storage, Storage) or kind is None:
        raise ValueError("it makes a tensor of what is no storage of numbers")
    if not isinstance(shape, tuple) or not isinstance(strides, tuple) or len(shape) != len(strides):
        raise ValueError(f"it has a tensor of shape {repr(shape)} and strides {repr(strides)}")
    if not all(map(_is_count, (offset, *shape, *strides))):
        raise ValueError(f"it has a tensor of shape {repr(shape)}, strides {repr(strides)} at {repr(offset)}")
    return Stored(storage, kind, offset, shape, strides, lazily.get("conj") is True, lazily.get("neg") is True)


def _tensor_of_bytes(storage: Storage, offset: int, shape: Any, strides: Any, *rest: Any) -> Stored:
    """As `_tensor`, of a dtype that comes fourth from the strides."""
    wants, hooks, named, *more = rest
    if not isinstance(named, Named) or named.name.removeprefix("torch.") not in _NUMBERS:
        raise ValueError("it makes a tensor of numbers of no kind")
    return _tensor(storage, offset, shape, strides, wants, hooks, *more, kind=named.name.removeprefix("torch."))


def _itself(first: Any, *_: Any) -> Any:
    return first


REBUILT: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": lambda pairs=(): _made_dict([value for pair in pairs for value in pair]),
    "collections.defaultdict": lambda *_: {},
    "_codecs.encode": lambda text, encoding: text.encode("latin1"),
    "torch.Size": tuple,
    "builtins.set": list,
    "__builtin__.set": list,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_bytes,
    "torch._utils._rebuild_parameter": _itself,
    "torch._utils._rebuild_parameter_with_state": _itself,
}
"""What a pickle may call, and what is done instead."""

_AROUND = Named("torch._tensor._rebuild_from_type_v2")

_INERT = {
    _AROUND.name,
    "torch.Tensor", "torch._tensor.Tensor", "torch.nn.parameter.Parameter", "torch.strided", "torch.device",
    "builtins.dict", "argparse.Namespace", "numpy.dtype", "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar", "pathlib.PosixPath", "pathlib.Path",
}  # fmt: skip
"""What training programs keep beside weights: it stays a name, whatever is made of it."""

_KINDS_OF_STORAGE = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64",
    "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool", "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
}  # fmt: skip
_STORAGES = {f"torch.{name}Storage": kind for name, kind in _KINDS_OF_STORAGE.items()} | {
    "torch.storage.UntypedStorage": None,
    "torch.UntypedStorage": None,
}
_NUMBERS = {*_KINDS_OF_STORAGE.values(), "uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"}


def _rebuilt(named: Any, arguments: Any) -> Any:
    if not isinstance(named, Named) or not isinstance(arguments, tuple):
        raise ValueError(f"it calls a {type(named).__name__}")
    if named.name in _INERT:
        return named
    if named.name not in REBUILT:
        raise ValueError(f"it calls {named.name}")
    return REBUILT[named.name](*arguments)
