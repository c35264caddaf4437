"""What the sources do not do: unpickle, evaluate, or start a shell; read off their syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

from .promise import Outcome

ROOT = Path(__file__).parents[2]
PACKAGES = ("autograd_mini", "nn", "vis", "examples")
MODULES = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "jsonpickle", "code"}
CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pandas.read_pickle", "yaml.load"}
OWN = {
    "autograd_mini/core/primitive.py": ("calls exec", "calls compile"),
    "autograd_mini/kernels/compiled/cache.py": ("imports pickle",),
}
"""An operation's signature is compiled where it is defined: names that Python has read already, and nothing else. What
this user's kernels were compiled to is machine code that is there to be run; a sum tells what was spoiled."""
WITH = {"np.load": ("allow_pickle", False), "read_array": ("allow_pickle", False), "torch.load": ("weights_only", True)}


def no_pickle(cases: int, seed: int) -> Outcome:
    """Each case a file; all of them, however many are asked for."""
    outcome = Outcome()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            place = str(path.relative_to(ROOT))
            found = [
                (line, what)
                for line, what in forbidden(path.read_text(encoding="utf-8"))
                if what not in OWN.get(place, ())
            ]
            outcome.failures += [f"{place}:{line}: {what}" for line, what in found]
            outcome.cases += 1
    return outcome


def forbidden(source: str) -> list[tuple[int, str]]:
    """The lines of a source that do such a thing, and which."""
    found = []
    imports_by_name = "import_module" in source  # then no string may be the name of one
    for node in ast.walk(ast.parse(source)):
        if imports_by_name and isinstance(node, ast.Constant) and str(node.value).partition(".")[0] in MODULES:
            found.append((node.lineno, f"may import {node.value}"))
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [(node.lineno, f"imports {name}") for name in names if name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.Call):
            found += [(node.lineno, what) for what in _called(node)]
    return found


def _called(node: ast.Call) -> list[str]:
    name, given = ast.unparse(node.func), {word.arg: word.value for word in node.keywords}
    found = [f"calls {name}"] if name in CALLS else []
    for function, (argument, value) in WITH.items():
        is_it = name.endswith(f".{function}") or name in (function, function.replace("np.", "numpy."))
        if is_it and not (isinstance(it := given.get(argument), ast.Constant) and it.value is value):
            found.append(f"calls {name} without {argument}={value}")
    shell = given.get("shell")
    if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        found.append(f"calls {name} with a shell")
    return found
