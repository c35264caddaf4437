"""Types: what type checkers and editors read is what the live classes do, and enough to find a user's mistakes."""

import ast
import contextlib
import copy
import importlib.util
import inspect
import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typed_program

import autograd_mini as ag
from autograd_mini import stubs
from autograd_mini.arguments import Flag
from autograd_mini.ops import kinds
from autograd_mini.ops.kinds import ROWS, op

ROOT = Path(__file__).parent.parent
TYPED, MISTAKEN = ROOT / "tests" / "typed_program.py", ROOT / "tests" / "mistaken_program.py"


def functions_of(path):
    """{name: its declarations} of the functions in a stub, those of its last class included."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = {}
    for node in body + (body[-1].body if isinstance(body[-1], ast.ClassDef) else []):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node)
    return found


def parameters_of(node):
    given = node.args
    return [p.arg for p in [*given.posonlyargs, *given.args, *filter(None, [given.vararg]), *given.kwonlyargs]]


@pytest.mark.parametrize("path", stubs.STUBS, ids=lambda path: path.stem)
def test_a_committed_stub_is_what_the_live_classes_say(path):
    copy.copy(ag.Tensor(1.0))  # Python then remembers the slots on the class
    assert path.read_text(encoding="utf-8") == stubs.STUBS[path](), "`make stubs` writes it anew"


@pytest.mark.usefixtures("registry")
def test_operations_are_declared_with_what_they_give_and_for_mixtures_and_those_of_others_in_no_stub(monkeypatch):
    monkeypatch.setattr("autograd_mini.ops.kinds.ROWS", dict(ROWS))
    monkeypatch.setattr("autograd_mini.stubs.ROWS", own := kinds.ROWS)

    @op(outputs=("q", "r"))
    def split_in_two(x, mode: Flag = False):
        return x, x

    @op(outputs=("*rows",))
    def rows_of_all(*arrays, at: Flag = False):
        return arrays

    text = "".join(stubs.operation(name, own[name]) for name in ("split_in_two", "rows_of_all"))
    for declared in (
        "split_in_two(x: Tensor, mode: bool = False) -> tuple[Tensor, Tensor]",
        "split_in_two(x: ArrayLike, mode: bool = False) -> tuple[NDArray[Any], NDArray[Any]]",
        "rows_of_all(*arrays: ArrayLike, at: bool = False) -> tuple[NDArray[Any], ...]",
        "rows_of_all(*arrays: Tensor | ArrayLike, at: bool = False) -> tuple[Tensor, ...]",
    ):
        assert f"def {declared}: ..." in text
    assert "split_in_two" not in stubs.operations()


def test_every_declaration_of_an_operation_has_the_parameters_of_the_operation():
    declared = functions_of(ROOT / "autograd_mini/ops/functions.pyi")
    assert set(declared) == set(ag.ops.__all__)
    for name, ways in declared.items():
        own = [*inspect.signature(getattr(ag, name)).parameters]
        for way in ways:
            assert parameters_of(way) == own, name


def test_every_public_member_of_tensor_is_known_to_type_checkers():
    declared = {*functions_of(ROOT / "autograd_mini/core/methods.pyi")}
    tensor = ast.parse((ROOT / "autograd_mini/core/tensor.py").read_text(encoding="utf-8"))
    body = next(node for node in tensor.body if isinstance(node, ast.ClassDef) and node.name == "Tensor").body
    own = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    for name in vars(ag.Tensor):
        if not name.startswith("_"):
            assert name in declared | own, name
    assert {"__add__", "__rmatmul__", "__getitem__", "__eq__", "__array__", "T", "sum", "reshape"} <= declared
    assert not declared & own  # nothing is said twice


def test_importing_reads_no_stub_and_not_what_writes_them():
    program = """if True:
        import sys, autograd_mini, nn, vis
        print([m for m in sys.modules if m.endswith((".stubs", ".core.aliases", ".core.methods", ".ops.functions"))])
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_package_is_shipped_with_its_stubs_and_its_mark_of_being_typed():
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    for top in ("autograd_mini", "nn", "vis"):
        assert (ROOT / top / "py.typed").exists()
        assert "py.typed" in shipped["package-data"][top]
        for path in [*(ROOT / top).rglob("*.py"), *(ROOT / top).rglob("*.pyi")]:
            package = ".".join(path.parent.relative_to(ROOT).parts)
            assert package in shipped["packages"], package
            if path.suffix == ".pyi":
                assert any(path.match(pattern) for pattern in shipped["package-data"].get(package, [])), path


def test_the_program_without_a_mistake_runs():
    with contextlib.redirect_stdout(io.StringIO()):
        bent, error = typed_program.main()
    assert bent == 12.0  # of t³ at 2
    assert error < 1e-5


def planted():
    lines = MISTAKEN.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if line.endswith("# mistake")]


def test_mypy_finds_every_mistake_in_a_users_program_and_no_other():
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(TYPED), str(MISTAKEN)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert not done.stderr
    found = re.findall(r"^(.*?):(\d+): error: (.*)$", done.stdout, flags=re.MULTILINE)
    assert [entry for entry in found if not entry[0].endswith(MISTAKEN.name)] == []
    assert sorted({int(line) for _, line, _ in found}) == planted()


def test_pyright_finds_every_mistake_in_a_users_program_and_no_other():
    if importlib.util.find_spec("pyright") is None:
        pytest.skip("pyright is not installed; pip install 'pyright[nodejs]' brings it and all it needs")
    options = ["--outputjson", "--pythonpath", sys.executable]
    command = [sys.executable, "-m", "pyright", *options, str(TYPED), str(MISTAKEN)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    found = [
        (Path(entry["file"]), entry["range"]["start"]["line"] + 1, entry["message"])
        for entry in json.loads(done.stdout)["generalDiagnostics"]
        if entry["severity"] == "error"
    ]
    assert [entry for entry in found if entry[0] != MISTAKEN] == []
    assert sorted({line for _, line, _ in found}) == planted()
