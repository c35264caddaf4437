"""The house: rooms import only from rooms above them, every public name is explained, and importing is quick to do."""

import ast
import inspect
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import autograd_mini
import nn
import vis
from autograd_mini.ops.kinds import ROWS

ROOT = Path(__file__).parent.parent

# the order of reading is the order of importing: a room may import from those before it
FLOORS = [
    ["core.methods", "core.observer", "core.tape", "core.primitive", "core.gradient", "core.tensor", "core"],
    ["arguments", "moved"],
    [f"kernels.{room}" for room in ("settings", "quiet", "parallel", "ahead", "buffers", "layout", "product", "sums")],
    ["kernels.im2col", "kernels.toeplitz", "kernels.winograd", "kernels.compiled"],
    [
        f"kernels.compiled.{room}"
        for room in ("vectors", "products", "direct", "winograd", "depthwise", "maps", "pool", "channels")
    ],
    ["kernels.maps", "kernels.channels", "kernels.conv", "kernels.depthwise", "kernels.conv_nd", "kernels.pool"],
    ["geometry", "concurrency"],
    [f"ops.{room}" for room in ("kinds", "complex", "elementwise", "former", "precision", "shape", "scan", "sort")],
    [f"ops.{room}" for room in ("trigonometry", "exponential", "rounding", "comparison", "running", "axes", "join")],
    [f"ops.{room}" for room in ("cofunctions", "order")],
    [f"ops.{room}" for room in ("dropout", "reduce", "softmax", "loss", "choose", "update")],
    [f"ops.{room}" for room in ("statistics", "counting", "border")],
    [f"ops.{room}" for room in ("arithmetic", "channels", "conv", "pool", "products", "sampled", "creation")],
    [f"ops.{room}" for room in ("from_scipy", "special", "gamma", "bessel", "incomplete")],
    [f"ops.{room}" for room in ("einsum", "linalg", "inverses", "decompositions", "spectra")],
    [f"ops.{room}" for room in ("norms", "matrices", "fft", "fft_axes")],
    [f"ops.{room}" for room in ("activation", "normalise")],
    ["ops", "special", "linalg", "fft"],
    [f"stats.{room}" for room in ("drawing", "kinds", "continuous", "discrete", "multivariate")],
    ["stats"],
    [
        f"observe.{room}"
        for room in (
            "lines",
            "module_calls",
            "table",
            "snapshot",
            "constants",
            "mutation",
            "memory",
            "profiler",
            "anomaly",
            "activations",
        )
    ],
    ["observe", "numpy_functions", "numpy_protocol", "operators", "progress"],
    [f"program.{room}" for room in ("calls", "effects", "tracing", "listing", "program", "ways", "zeros", "why")],
    ["program"],
    [f"graph.{room}" for room in ("model", "traced", "order", "reading", "failure", "fold", "repeat", "measures")],
    [f"graph.{room}" for room in ("diff", "mirror", "renderers", "drawing", "dot", "page", "listing", "notebook")],
    ["graph", "methods"],
    [f"gradcheck.{room}" for room in ("options", "parts", "trace", "target", "differences", "compare", "projections")],
    [f"gradcheck.{room}" for room in ("diagnosis", "rule_properties", "low_precision", "trap", "localize")],
    [f"gradcheck.{room}" for room in ("chance", "report", "check", "adjoint")],
    ["gradcheck", "stubs"],
]
ORDER = {
    "autograd_mini": [room for floor in FLOORS for room in floor],
    "nn": [
        "moved",
        *(f"io.{room}" for room in ("safetensors_io", "weights")),
        "io",
        *(f"inspect.{room}" for room in ("notebook", "summary", "dry_run")),
        "inspect",
        *(f"data.{room}" for room in ("preprocessing", "datasets", "folder")),
        "data",
        "substitution",
        "module",
        "init",
        *(f"layers.{room}" for room in ("linear", "convolution", "pooling", "normalisation", "dropout", "activation")),
        "layers",
        "fusion",
        "sequential",
        *(f"models.{room}" for room in ("pretrained", "vgg", "squeezenet")),
        "models",
        "losses",
        "optim",
        "schedules",
        *(f"training.{room}" for room in ("checkpoint", "training_state", "learner")),
        "training",
        "functional_call",
    ],
    "vis": [
        "moved",
        "rules",
        "record",
        "receptive.dependence",
        "receptive",
        "options",
        "targets",
        "predictions",
        "figures.pictures",
        "figures.figure",
        "figures.similarity",
        "figures",
        "attribution.deconvnet",
        "attribution.mirror",
        "attribution.reconstructions",
        "attribution.occlusion",
        "attribution.invariance",
        "attribution.top_activations",
        "attribution.patches",
        "attribution.randomised",
        "attribution.sanity",
        "attribution",
        "report.pages",
        "report.panels",
        "report.image_report",
        "report",
        "__main__",
    ],
}
PACKAGES = {"autograd_mini": set(), "nn": {"autograd_mini"}, "vis": {"autograd_mini"}}


def rooms(package):
    """Every module of a package by its dotted name, without the package's own name."""
    for path in sorted((ROOT / package).rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT / package).with_suffix("").parts)
        yield dotted.removesuffix(".__init__"), path


def imported(path, package):
    """(top-level package, room) for each import of ours in a file, at whatever depth."""
    here = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], ".".join(alias.name.split(".")[1:])
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level]] if node.level else []
            parts = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                full = [*parts, alias.name]
                is_room = (ROOT.joinpath(*full).with_suffix(".py")).exists() or ROOT.joinpath(*full).is_dir()
                yield parts[0], ".".join((full if is_room else parts)[1:])


@pytest.mark.parametrize("package", ORDER)
def test_a_room_imports_only_from_rooms_above_it(package):
    order = ORDER[package]
    for room, path in rooms(package):
        if room in ("__init__", "kernels", "kernels.compiled"):
            continue
        assert room in order, f"{package}.{room} has no place in the floor plan"
        for top, target in imported(path, package):
            if top == package and target and not (room == "ops" and target.startswith("ops.")):
                assert order.index(target) < order.index(room), f"{package}.{room} imports {target}, which is below it"


@pytest.mark.parametrize("package", ORDER)
def test_packages_use_only_the_packages_they_stand_on(package):
    for room, path in rooms(package):
        tops = {top for top, _ in imported(path, package)} & {
            "autograd_mini",
            "nn",
            "vis",
            "examples",
            "tests",
            "torch",
        }
        brought = {"nn"} if room == "__main__" else set()  # the command brings nets and pictures together
        assert tops <= {package} | PACKAGES[package] | brought, f"{package}.{room}"


def test_the_heart_knows_numpy_and_itself_and_kernels_know_nothing_of_the_heart():
    for path in (ROOT / "autograd_mini/core").glob("*.py"):
        for top, target in imported(path, "autograd_mini"):
            assert top == "numpy" or top in sys.stdlib_module_names or target.startswith("core."), (
                f"{path}: {top} {target}"
            )
            assert top not in ("threading", "signal", "time", "asyncio"), path
    for path in (ROOT / "autograd_mini/kernels").glob("*.py"):
        targets = {target for top, target in imported(path, "autograd_mini") if top == "autograd_mini"}
        assert all(target.startswith("kernels") for target in targets)


def docstring_lines(text):
    """The numbers of the lines of a program that belong to docstrings."""
    return {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }


def lines_of_code(path):
    """The lines of a file but for blank ones, comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    nothing = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in nothing
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - docstring_lines(text))


def test_the_heart_can_be_read_in_an_evening():
    assert sum(lines_of_code(path) for path in (ROOT / "autograd_mini/core").glob("*.py")) <= 1000


def test_every_room_says_in_its_first_line_what_is_in_it():
    for package in ORDER:
        for room, path in rooms(package):
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert docstring, f"{package}.{room}"
            assert len(docstring.splitlines()[0]) > 20, f"{package}.{room}"


def test_rooms_stay_small():
    for package in ORDER:
        for room, path in rooms(package):
            text = path.read_text(encoding="utf-8")  # docstrings, whose form asks for examples, are read one at a time
            lines = len(text.splitlines()) - len(docstring_lines(text))
            heart = room.startswith("core.")  # which has a budget of its own
            assert lines <= (500 if heart else 310), f"{package}.{room} has {lines} lines: it is asking to be two rooms"


@pytest.mark.parametrize("package", [autograd_mini, nn, vis])
def test_every_public_name_is_explained(package):
    for name in package.__all__:
        thing = getattr(package, name)
        if callable(thing):
            assert inspect.getdoc(thing), f"{package.__name__}.{name} has no docstring"


def test_operations_state_shapes():
    """In the first line, as x (...) -> (...), or of arguments and results one by one."""
    for name, row in ROWS.items():
        line, _, blocks = inspect.getdoc(row.function).partition("\n")
        one_by_one = re.search(r"Arguments:\n    \w+: \(.*Returns:\n    [^\n]*\(", blocks, re.DOTALL)
        assert "->" in line or one_by_one, name


def test_importing_brings_in_nothing_heavy():
    program = (
        "import sys, autograd_mini, nn, vis\n"
        "heavy = ('torch', 'matplotlib', 'numba', 'wasmtime', 'jinja2', 'graphviz', 'scipy')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_no_pickle_is_used_anywhere():
    for package in (*ORDER, "examples"):
        for _, path in rooms(package):
            tops = {top for top, _ in imported(path, package)}
            assert not tops & {"pickle", "dill", "joblib", "shelve", "marshal"}, path
