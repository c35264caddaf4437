"""Every public name with its docstring and example, as one page of HTML: `python docs/reference.py out/docs`.

What is wrong in a docstring (a name in `backticks` that is not there, a block that is none) ends it with an error.
"""

import inspect
import re
import sys
from contextlib import suppress
from html import escape
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import autograd_mini as ag
import nn
import vis
from autograd_mini.files import write_file
from autograd_mini.ops.kinds import ROWS

PACKAGES = {
    "autograd_mini": ag, "autograd_mini.linalg": ag.linalg, "autograd_mini.fft": ag.fft,
    "autograd_mini.stats": ag.stats,
    "nn": nn, "nn.transforms": nn.transforms, "vis": vis,
}  # fmt: skip
BLOCKS = ("Arguments", "Attributes", "Returns", "Raises", "Source", "Example")
BLOCK = re.compile(rf"^({'|'.join(BLOCKS)}):(?: (.*))?$")
ENTRY = re.compile(r"^(\*{0,2}\w[\w*, ]*(?: \(.*?\))?):(?: |$)(.*)")
STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem 1fr }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box;
  border-right: 1px solid var(--line); font-size: .875rem }
nav input { width: 100%; box-sizing: border-box; margin-bottom: .75rem; padding: .35rem; font: inherit }
nav a { display: block; text-decoration: none; color: inherit; overflow-wrap: anywhere }
nav a:hover { text-decoration: underline } nav h2 { font-size: 1rem; margin: 1rem 0 .25rem }
main { padding: 1rem 2rem; max-width: 52rem; min-width: 0 }
section > h3 { font: 600 1rem/1.4 monospace; border-top: 1px solid var(--line); padding-top: 1rem;
  overflow-wrap: anywhere }
section section { margin-left: 1.5rem } section h4 { font: 600 .9rem/1.4 monospace; margin-bottom: .25rem }
pre { overflow: auto; padding: .6rem .8rem; background: color-mix(in srgb, currentColor 7%, transparent) }
code, pre { font-family: monospace; font-size: .9rem }
dt { font-family: monospace } dd { margin: 0 0 .3rem 1.5rem } dl { margin: .2rem 0 }
h5 { margin: .6rem 0 .2rem; font-size: .9rem } p { margin: .4rem 0 }
@media (max-width: 700px) { body { display: block } nav { position: static; height: 14rem } main { padding: 1rem } }
"""
FILTER = """
const field = document.querySelector("nav input");
field.addEventListener("input", () => {
  for (const link of document.querySelectorAll("nav a"))
    link.hidden = !link.textContent.toLowerCase().includes(field.value.toLowerCase());
});
"""


def inline(text: str) -> str:
    """Text with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def paragraphs(lines: list[str]) -> str:
    """Lines as paragraphs; those with a dash as a list."""
    made = []
    for part in "\n".join(lines).strip().split("\n\n"):
        if not part.startswith("- "):
            made.append(f"<p>{inline(' '.join(part.split()))}</p>")
            continue
        points = (f"<li>{inline(' '.join(p.split()))}</li>" for p in re.split(r"^- ", part, flags=re.MULTILINE)[1:])
        made.append(f"<ul>{''.join(points)}</ul>")
    return "".join(made)


def block(head: str, lines: list[str]) -> str:
    """A block of a docstring."""
    if head == "Example":
        return f"<pre>{escape(inspect.cleandoc(chr(10).join(['', *lines])))}</pre>"
    text = inspect.cleandoc("\n".join(["", *lines])).splitlines()
    entries: list[list[str]] = []
    for line in text:
        found = ENTRY.match(line) if head in ("Arguments", "Attributes", "Raises") else None
        if found:
            entries.append([found[1], found[2]])
        elif entries:
            entries[-1][1] += " " + line.strip()
        else:
            return f"<h5>{head}</h5>{paragraphs(text)}"
    items = (f"<dt>{escape(name)}</dt><dd>{inline(words)}</dd>" for name, words in entries)
    return f"<h5>{head}</h5><dl>{''.join(items)}</dl>"


def documented(text: str) -> str:
    """A docstring as HTML: its words, then its blocks."""
    words: list[str] = []
    blocks: list[tuple[str, list[str]]] = []
    for line in inspect.cleandoc(text).splitlines():
        head = BLOCK.match(line)
        if head:
            blocks.append((head[1], [head[2]] if head[2] else []))
        else:
            (blocks[-1][1] if blocks else words).append(line)
    return paragraphs(words) + "".join(block(head, lines) for head, lines in blocks)


def signature_of(thing: object) -> str:
    """What a caller may pass, without annotations; nothing of what is not called."""
    if not callable(thing):
        return ""
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(…)"
    parts, named = [], False
    for p in found.parameters.values():
        if p.kind is p.KEYWORD_ONLY and not named:
            parts.append("*")
        named |= p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        parts += [f"{stars}{p.name}" + ("" if p.default is p.empty else f"={shown(p.default)}")] * (p.name != "self")
    return f"({', '.join(parts)})"


def shown(value: object) -> str:
    """A value in words: that of a public name by its name, of other things what kind they are of."""
    for package in PACKAGES.values():
        for name in package.__all__:
            if getattr(package, name) is value:
                return name
    words = getattr(value, "__name__", None) or repr(value)
    return "…" if " at 0x" in words else words[:60]


def methods(thing: type) -> list[tuple[str, object]]:
    """The public methods and properties that a class of ours defines itself."""
    return [
        (name, member.fget if isinstance(member, property) else member)
        for name, member in vars(thing).items()
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)) and member.__doc__
    ]


def is_ours(kind: type) -> bool:
    """Whether a class is one of the packages'."""
    return kind.__module__.partition(".")[0] in PACKAGES


def kept_of(where: str, name: str) -> str:
    """What a constant is: the words behind its definition in the source."""
    for path in sorted((Path(__file__).parent.parent / where.replace(".", "/")).rglob("*.py")):
        lines = path.read_text(encoding="utf-8")
        found = re.search(rf'^{name}\b[^\n]*?=.*?\n"""(.*?)"""', lines, re.DOTALL | re.MULTILINE)
        if found:
            return found[1]
    return type(getattr(PACKAGES[where], name)).__name__


def section(where: str, name: str, thing: object) -> str:
    """A public name."""
    text = inspect.getdoc(thing) if callable(thing) or name in ROWS else None
    words = (inspect.getdoc(type(thing)) or "").splitlines()[:1]  # of a value, as a distribution is, what it is
    body = documented(text) if text else paragraphs([*words] if is_ours(type(thing)) else [kept_of(where, name)])
    if inspect.isclass(thing):
        for called, member in methods(thing):
            shown = f"<h4>.{called}{escape(signature_of(member))}</h4>"
            body += f"<section>{shown}{documented(inspect.getdoc(member) or '')}</section>"
    title = f"{where.replace('autograd_mini', 'ag', 1)}.{name}"
    return f'<section id="{where}.{name}"><h3>{title}{escape(signature_of(thing))}</h3>{body}</section>'


def faults() -> list[str]:
    """Names of ours in docstrings' backticks that are not there."""
    found = []
    roots = {"ag": ag, "nn": nn, "vis": vis, "autograd_mini": ag}
    for where, package in PACKAGES.items():
        for name in package.__all__:
            text = inspect.getdoc(getattr(package, name)) or ""
            for root, path in re.findall(r"`(ag|nn|vis|autograd_mini)\.([A-Za-z_][\w.]*)", text):
                thing = roots[root]
                for part in path.split("."):
                    if not hasattr(thing, part) and inspect.ismodule(thing):
                        with suppress(ImportError):
                            import_module(f"{thing.__name__}.{part}")
                    thing = getattr(thing, part, None)
                if thing is None:
                    found.append(f"{where}.{name}: there is no {root}.{path}")
    return found


def page() -> str:
    """All of it."""
    links, sections = [], []
    for where, package in PACKAGES.items():
        links.append(f"<h2>{where}</h2>")
        first = (inspect.getdoc(package) or where).splitlines()[0]
        sections.append(f"<h2>{where}</h2><p>{inline(first)}</p>")
        for name in sorted(package.__all__, key=str.lower):
            links.append(f'<a href="#{where}.{name}">{name}</a>')
            sections.append(section(where, name, getattr(package, name)))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>autograd-mini: reference</title><style>{STYLE}</style>"
        f'<nav><input type="search" placeholder="find a name" aria-label="find a name">{"".join(links)}</nav>'
        f"<main><h1>autograd-mini {ag.__version__}</h1>{''.join(sections)}</main><script>{FILTER}</script></html>\n"
    )


def main(folder: str = "out/docs") -> None:
    """Write the page, or say what is wrong."""
    wrong = faults()
    if wrong:
        sys.exit("\n".join(wrong))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    write_file(target / "reference.html", [page().encode()])
    print(target / "reference.html")


if __name__ == "__main__":
    main(*sys.argv[1:])
