"""The house: rooms import only from rooms above them, stay small, say what they hold, and importing is quick to do."""

import ast
import inspect
import re
import subprocess
import sys

import pytest
from house import PLAN, ROOT, docstring_lines, import_graph, imported, levels, lines_of_code, order, repeated, rooms

from autograd_mini.ops.kinds import ROWS

PACKAGES = {"autograd_mini": set(), "nn": {"autograd_mini"}, "vis": {"autograd_mini"}}
FACES = ("__init__", "kernels", "kernels.compiled")  # which import nothing, or everything
EVERY = [(package, room, path) for package in PLAN for room, path in rooms(package)]


@pytest.mark.parametrize("package", PLAN)
def test_a_room_imports_only_from_rooms_above_it(package):
    plan = order(package)
    for room, path in rooms(package):
        if room in FACES:
            continue
        assert room in plan, f"{package}.{room} has no place in the floor plan"
        for top, target in imported(path):
            if top == package and target and not (room == "ops" and target.startswith("ops.")):
                assert plan.index(target) < plan.index(room), f"{package}.{room} imports {target}, which is below it"


def test_folders_stand_at_most_fourteen_high_and_neither_they_nor_files_import_in_a_circle():
    heights = levels(import_graph(folders=True))
    assert max(heights.values()) <= 14, max(heights, key=heights.get)
    assert max(levels(import_graph(folders=False)).values()) >= max(heights.values())


def test_the_levels_of_a_graph_are_its_longest_chains():
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"vis"}, "vis": {"b"}}
    assert levels(graph) == {"c": 1, "b": 2, "a": 3, "vis": 2, "d": 3}
    with pytest.raises(ValueError, match="cycle"):
        levels({"a": {"b"}, "b": {"a"}})


def test_packages_use_only_the_packages_they_stand_on():
    ours = {*PACKAGES, "examples", "tests", "torch"}
    for package, room, path in EVERY:
        brought = {"nn"} if room == "__main__" else set()  # the command brings nets and pictures together
        brought |= {"torch"} if room == "onnx.torch_module" else set()  # the one room that takes PyTorch's modules
        tops = {top for top, _ in imported(path)} & ours
        assert tops <= {package} | PACKAGES[package] | brought, f"{package}.{room}"


def test_the_heart_knows_numpy_and_itself_and_kernels_know_nothing_of_the_heart():
    for path in (ROOT / "autograd_mini/core").glob("*.py"):
        for top, target in imported(path):
            allowed = top == "numpy" or top in sys.stdlib_module_names or target.startswith("core.")
            assert allowed, f"{path}: {top} {target}"
            assert top not in ("threading", "signal", "time", "asyncio"), path
    for path in (ROOT / "autograd_mini/kernels").glob("*.py"):
        assert all(target.startswith("kernels") for top, target in imported(path) if top == "autograd_mini")


def test_the_heart_can_be_read_in_an_evening():
    assert sum(len(lines_of_code(path)) for path in (ROOT / "autograd_mini/core").glob("*.py")) <= 1000


def test_no_eight_lines_stand_twice():
    # two stubs are written by hand; in the others, which are made from rows, what one row says stands in several ways
    by_hand = [ROOT / f"autograd_mini/core/{name}.pyi" for name in ("aliases", "signatures")]
    paths = [*(path for _, _, path in EVERY), *by_hand]
    assert repeated(paths, 7) == []


def test_lines_that_stand_twice_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("house.ROOT", tmp_path)
    block = [f"a{i} = {i}" for i in range(8)]
    (tmp_path / "one.py").write_text("import os\n" + "\n".join(block) + "\nb = (\n)\n")
    (tmp_path / "two.py").write_text("\n\n# words\n".join(["c = 1", *block]))
    (tmp_path / "three.py").write_text("\n".join(["import os", *block[1:]]))
    paths = [tmp_path / f"{name}.py" for name in ("one", "two", "three")]
    assert repeated(paths, 7) == [("one.py", 2, "two.py", 4)]
    assert repeated(paths, 8) == []


def test_every_room_says_in_its_first_line_what_is_in_it():
    for package, room, path in EVERY:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert len(docstring.partition("\n")[0]) > 20, f"{package}.{room}"


def test_rooms_stay_small():
    for package, room, path in EVERY:
        text = path.read_text(encoding="utf-8")  # docstrings, whose form asks for examples, are read one at a time
        lines = len(text.splitlines()) - len(docstring_lines(text))
        heart = room.startswith("core.")  # which has a budget of its own
        assert lines <= (500 if heart else 310), f"{package}.{room} has {lines} lines: it is asking to be two rooms"


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


def test_no_pickle_is_used_but_for_machine_code():
    found = {
        path.name
        for package in (*PLAN, "examples")
        for _, path in rooms(package)
        if {top for top, _ in imported(path)} & {"pickle", "dill", "joblib", "shelve", "marshal"}
    }
    assert found == {"cache.py"}
