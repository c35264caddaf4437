"""The stubs that editors and type checkers read: what rows and live classes do, said in types. `make stubs`.

    core/methods.pyi     class Methods: the operators, protocols and methods that Tensor is given while it is imported
    ops/functions.pyi    every operation as a function: with a Tensor among the arguments a Tensor, of arrays an array
    linalg.pyi, fft.pyi  those of a namespace

What both are written with stands in core/aliases.pyi. Types come from annotations: a parameter's from `Parameter.hint`,
or what it is annotated with; an array is what is annotated Any and positional; `Any` as a result is a Tensor or an
array. Nothing imports this at run time.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import indent
from typing import Any

from . import Tensor
from .arguments import Parameter
from .core.primitive import Primitive, signature_of
from .ops.kinds import ROWS, Row

HERE = Path(__file__).parent
WIDTH = 120
HEAD = '"""{}; written by `make stubs`, not by hand."""\n'
EITHER, ARRAYS, ARRAY = "Tensor | ArrayLike", "ArrayLike", "NDArray[Any]"

PYTHONS = ("__module__", "__doc__", "__slots__", "__getattr__", "__slotnames__")  # there once a Tensor was copied

# what an unannotated parameter of an operator is, by its name, and what an operator gives that gives no Tensor
OPERANDS = {"other": EITHER, "index": "Index"}
RESULTS = {
    "__array_namespace__": "Any",
    "__array__": "np.ndarray[Any, np.dtype[np.generic]]",  # not of numbers, or `array * t` would seem to be an array
    "__array_function__": "Any",
    "__array_ufunc__": "Any",
    "__iter__": "Iterator[Tensor]",
    "__dlpack__": "Any",
    "__divmod__": "tuple[Tensor, Tensor]",
    "__hash__": "int",
    "__rdivmod__": "tuple[Tensor, Tensor]",
    "summary": "Any",
    "tolist": "Any",
}

MODULES = {
    name: module
    for module, names in {
        "collections.abc": "Iterator Sequence",
        "numpy.typing": "DTypeLike NDArray",
        "typing": "Any Literal overload",
        ".core.aliases": "ArrayLike Cotangents Index Replacements",
        ".core.tape": "Value",
        ".core.tensor": "Tensor",
    }.items()
    for name in names.split()
}
"""Where the names that stubs use come from; those that begin with a dot are this package's own."""


# ── types as text ─────────────────────────────────────────────────────────────────────────────────────────────────────


def hint(annotation: Any) -> str:
    """An annotation as text, its names without their modules, which `MODULES` gets to know."""
    found = next((m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Parameter)), None)
    if found is not None:
        return found.hint
    if annotation is inspect.Signature.empty:
        return "Any"
    return re.sub(r"((?:\w+\.)+)(\w+)", _short, inspect.formatannotation(annotation))


def _short(dotted: re.Match[str]) -> str:
    module, name = dotted[1].removesuffix("."), dotted[2]
    if module.partition(".")[0] == "numpy":
        return f"np.{'random.' if 'random' in module else ''}{name}"
    MODULES.setdefault(name, module.removeprefix("autograd_mini"))
    return name


def more_results(annotation: Any) -> int:
    """How many results a flag adds when it is True."""
    return next((m.more for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Parameter)), 0)


def doc_of(function: Any, margin: int) -> str:
    """A docstring's first line, its last sentences left out if it does not fit into a line behind the margin."""
    line = (inspect.getdoc(function) or "").partition("\n")[0].replace("\\", "\\\\")
    while margin + len(line) + len('""""""') > WIDTH and ". " in line:
        line = line.rpartition(". ")[0] + "."
    return line and f'"""{line}"""'


@dataclass
class Given:
    """A parameter of a stub: its name with stars, what it may be, and its default, if it has one."""

    name: str
    hint: str
    default: str = ""

    def __str__(self) -> str:
        return self.name + (self.hint and f": {self.hint}") + (self.default and f" = {self.default}")


def written(name: str, given: Iterable[Given], result: str, doc: str = "", margin: int = 0, remark: str = "") -> str:
    """A function's declaration, in the one layout that the formatter leaves as it is."""
    parameters = [str(one) for one in given]
    end = f") -> {result}:" + (f"{remark}\n    {doc}\n\n" if doc else f" ...{remark}\n")
    line = f"def {name}({', '.join(parameters)}"
    if margin + len(line) + len(end.partition("\n")[0]) > WIDTH:
        line = f"def {name}(\n" + "".join(f"    {one},\n" for one in parameters)
    return line + end


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def signature(name: str, function: Any) -> inspect.Signature:
    """The annotated signature of an operation, or of a member, as users call it."""
    return signature_of(name, inspect.unwrap(getattr(function, "call", function)))


def declared(parameters: Iterable[inspect.Parameter]) -> list[Given]:
    """Parameters for a stub, of arrays either kind; a lone star goes before those that are given by keyword."""
    found: list[Given] = []
    starred = False
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and not starred:
            found.append(Given("*", ""))
        starred |= p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        is_array = hint(p.annotation) == "Any" and p.annotation in (Any, p.empty) and p.kind is not p.KEYWORD_ONLY
        stars = "*" * (p.kind is p.VAR_POSITIONAL) + "**" * (p.kind is p.VAR_KEYWORD)
        kind = EITHER + (" | None" if p.default is None else "") if is_array else hint(p.annotation)
        found.append(Given(stars + p.name, kind, "" if p.default is p.empty else _default(p.default)))
    return found


def _default(value: Any) -> str:
    """A default as the formatter writes it; `...` for an object that only says that nothing was given."""
    return f'"{value}"' if isinstance(value, str) else "..." if type(value) is object else repr(value)


def _changed(given: list[Given], hints: dict[str, str], required: Iterable[str] = ()) -> list[Given]:
    """The same parameters, some of them of other types; those required lose their default."""
    return [Given(g.name, hints.get(g.name, g.hint), "" if g.name in required else g.default) for g in given]


def variants(given: list[Given]) -> Iterator[tuple[list[Given], bool]]:
    """The ways to give arrays, and whether Tensors come of it: the first a Tensor, arrays only, a Tensor elsewhere."""
    operands = [g for g in given if EITHER in g.hint]
    if not operands:
        yield given, True
        return
    first, *others = operands
    arrays = {g.name: g.hint.replace(EITHER, ARRAYS) for g in operands}
    yield _changed(given, {first.name: first.hint.replace(EITHER, "Tensor").removesuffix(" | None")}), True
    yield _changed(given, arrays), False
    if len(others) == 1 and not others[0].default:
        yield _changed(given, {first.name: arrays[first.name], others[0].name: "Tensor"}), True
    elif others:
        yield _changed(given, {first.name: arrays[first.name]}), True
    elif first.hint != EITHER or first.name.startswith("*"):  # several of both
        yield given, True


def overloads(
    parameters: list[inspect.Parameter], result: str, count: int, method: bool
) -> Iterator[tuple[list[Given], str]]:
    """Each way to call an operation, and what comes of it; a flag that asks for more results counts as a way."""
    flags = {p.name: more_results(p.annotation) for p in parameters if more_results(p.annotation)}
    given = declared(parameters)

    def results(kind: str, many: int) -> str:
        single = re.sub(r"\bAny\b", kind, result) if kind == "Tensor" else result.replace("Any", kind)
        return single if many == 1 else f"tuple[{', '.join([single] * many)}]"

    ways = [(given, True)] if method else [*variants(given)]
    for flag, more in [*flags.items()] or [("", 0)]:
        for way, tensors in ways:
            off = _changed(way, {flag: "Literal[False]"})
            yield off, results("Tensor" if tensors else ARRAY, count)
        for way, tensors in ways if flag else []:
            on = _changed(way, {flag: "Literal[True]"}, [flag])
            yield on, results("Tensor" if tensors else ARRAY, count + more)
        if flag:
            yield _changed(given, {}, [flag]), "Any"


def operation(name: str, row: Row, margin: int = 0, method: bool = False) -> str:
    """An operation as a function, or as a method of Tensor, which stands in place of the first array."""
    called = signature(name, row.function)
    parameters = [*called.parameters.values()]
    result = hint(called.return_annotation)
    count = 1
    if isinstance(row.function, Primitive) and hasattr(row.function.call, "__wrapped__") and result == "Any":
        count = len(row.function.outputs)  # called as it is written
        result = "tuple[Any, ...]" if row.function.open else result
    ways = [*overloads(parameters[method:], result, count, method)]
    text = ""
    for i, (given, gives) in enumerate(ways):
        doc = doc_of(row.function, margin + 4) if i == 0 else ""
        given = [Given("self", "")] * method + given
        text += "@overload\n" * (len(ways) > 1) + written(name, given, gives, doc, margin)
    return text


# ── members ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def member(name: str, thing: Any, margin: int) -> str:
    """A method or property that is no row's, from its annotations; an operator, from its parameters' names."""
    if not callable(thing) and not isinstance(thing, property):
        return f"{name}: {type(thing).__name__}\n"
    function = thing.fget if isinstance(thing, property) else thing
    called = signature(name, function)
    _, *parameters = called.parameters.values()
    given = [Given("self", "")]
    for one, p in zip(declared(parameters), [p for p in parameters if p.kind is not p.KEYWORD_ONLY], strict=False):
        if p.annotation is p.empty:
            one.hint = OPERANDS.get(p.name) or ("Any" if p.default is p.empty else type(p.default).__name__)
        elif p.annotation is Any:
            one.hint = "Any"
        given.append(one)
    result = RESULTS.get(name) or re.sub(r"^Any$", "Tensor", hint(called.return_annotation))
    remark = "  # type: ignore[override]  # elements are compared" if name in ("__eq__", "__ne__") else ""
    doc = "" if name.startswith("__") else doc_of(function, margin + 4)
    title = "@property\n" * isinstance(thing, property)
    if name != name.lower():
        remark = "  # noqa: N802 (NumPy's name)"
    return title + written(name, given, result, doc, margin, remark)


def _is_ours(name: str, thing: Any) -> bool:
    """Whether a member was put on Tensor from elsewhere, for others to use."""
    written_there = getattr(getattr(thing, "fget", thing), "__module__", None) == Tensor.__module__
    private = name.startswith("_") and not name.endswith("_")
    return not (written_there or private or name in PYTHONS)


def methods() -> str:
    """The text of core/methods.pyi."""
    rows = {method: (name, row) for name, row in ROWS.items() for method in row.methods}
    body = '    """What the rooms above put on Tensor."""\n\n    __slots__ = ()\n\n'
    for name, thing in vars(Tensor).items():
        if _is_ours(name, thing):
            text = operation(name, rows[name][1], 4, method=True) if name in rows else member(name, thing, 4)
            body += indent(text, "    ")
    text = _file("The operators and methods of Tensor", f"\nclass Methods(Value):\n{body}", "autograd_mini.core")
    handed_on = "".join(f"from .aliases import {name} as {name}\n" for name in ("ArrayLike", "Index", "SupportsArray"))
    text = text.replace("from .aliases import ArrayLike, Index\n", handed_on)  # to the file of Tensor and to `nn`
    return text.replace("import Tensor\n", "import Tensor as Tensor\n")


def operations(within: str = "") -> str:
    """The text of ops/functions.pyi, or of a namespace's stub."""
    ours = {name: row for name, row in ROWS.items() if row.function.__module__.startswith("autograd_mini.")}
    own = {name.rpartition(".")[2]: row for name, row in ours.items() if name.rpartition(".")[0] == within}
    body = "".join(operation(name, row) for name, row in own.items())
    names = "".join(f'    "{name}",\n' for name in sorted(own, key=_by_number))
    what = f"The operations of ag.{within}" if within else "The operations as functions"
    package = "autograd_mini" if within else "autograd_mini.ops"
    return _file(what, f"\n__all__ = [\n{names}]\n\n{body}", package)


def _by_number(name: str) -> list[Any]:
    """What sorts names as the linter wants them: log2 before log10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _file(title: str, body: str, package: str) -> str:
    """A stub: what it is, the imports that its text needs, the text."""
    words = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", re.sub(r'""".*?"""', "", body, flags=re.DOTALL)))
    wanted: dict[str, list[str]] = {}
    for name in sorted(words & {*MODULES}, key=lambda name: (not name[0].isupper(), name)):
        wanted.setdefault(_from(MODULES[name], package), []).append(name)
    lines = {module: f"from {module} import {', '.join(names)}" for module, names in wanted.items()}
    standard = [lines[m] for m in sorted(lines) if m[0] != "." and not m.startswith("numpy")]
    other = ["import numpy as np"] * ("np" in words) + [lines[m] for m in sorted(lines) if m.startswith("numpy")]
    own = [lines[m] for m in sorted(lines, key=lambda m: (-len(m) + len(m.lstrip(".")), m)) if m[0] == "."]
    overlap = "# mypy: disable-error-code=overload-overlap\n" if "overload" in words else ""
    groups = "\n\n".join("\n".join(group) for group in (standard, other, own) if group)
    return f"{HEAD.format(title)}{overlap}\n{groups}\n{body.rstrip()}\n"


def _from(module: str, package: str) -> str:
    """A module's name in an import statement of a stub in `package`."""
    room = "." + package.rpartition(".")[2]
    if module[0] != "." or package == "autograd_mini":
        return module
    return module.removeprefix(room) if module.startswith(f"{room}.") else f".{module}"


STUBS: dict[Path, Callable[[], str]] = {
    HERE / "core" / "methods.pyi": methods,
    HERE / "ops" / "functions.pyi": operations,
    HERE / "linalg.pyi": partial(operations, "linalg"),
    HERE / "fft.pyi": partial(operations, "fft"),
}
"""What makes the text of each stub."""


def main() -> None:
    """Write all stubs."""
    for path, text in STUBS.items():
        path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
