"""The floor plan: rooms, what each imports, and how high above the ground it stands. `python -m tests.house` prints it.

A room is a file; a folder of files is one room too, in which the files of that folder stand.
"""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent

# the order of reading is the order of importing: a room may import from those before it; a folder comes after its rooms
PLAN = {
    "autograd_mini": """
        core. methods observer tape primitive gradient tensor
        copies arguments files moved showing
        kernels. limits settings quiet parallel ahead buffers layout product im2col toeplitz winograd compiled
        kernels.compiled. cache team vectors products direct tiles winograd depthwise exponential lines maps steps pool
        kernels.compiled. channels rows recurrent
        kernels. pieces sums maps steps rows channels outliers conv depthwise conv_nd pool windows resample patches
        kernels. points recurrent
        geometry concurrency
        ops. kinds complex elementwise former precision shape scan sort trigonometry exponential rounding comparison
        ops. running axes join cofunctions order dropout reduce softmax choose update statistics border
        ops. arithmetic channels conv conv_nd resample windows pool_nd adaptive pool patches interpolate grid
        ops. products sampled creation counting search
        ops. einsum linalg inverses decompositions spectra norms matrices fft fft_axes
        ops. from_scipy special gamma bessel incomplete ode
        ops. activation normalise attention embedding entropy loss regression similarity ctc focal recurrent
        special linalg fft
        stats. drawing kinds continuous discrete multivariate
        observe. lines module_calls table snapshot constants mutation peak memory profiler zero_times_inf anomaly
        observe. promotion activations
        numpy_functions numpy_protocol operators progress
        program. calls effects tracing listing program paths zeros why
        graph. model traced order reading failure fold repeat measures diff mirror renderers drawing dot page listing
        graph. notebook
        array_api. dtypes info creation functions linalg fft
        names_elsewhere elsewhere methods
        onnx.reading. graph arrays file operators running elements shapes places reductions windows normalising resizing
        onnx.reading. images recurrent attention control losses signals chance records
        onnx.writing. graph elementwise arithmetic special activation reductions shapes indexing layers pools recurrent
        onnx.writing. normalising unwritten batch file export
        onnx
        gradcheck. options parts trace target differences compare projections diagnosis rule_properties low_precision
        gradcheck. trap localize chance report first_run check adjoint
        aliases nn vis stubs operations_page
    """,
    "nn": """
        elsewhere moved
        io. opening safetensors_io pickles torch_file hdf5_file matching weights
        inspect. notebook summary dry_run
            data. preprocessing showing
        data.transforms. protocol geometry colour
        data. datasets splits folder segmentation adapter
        substitution running init making parts hooks module
        layers. kinds linear convolution pooling padding resampling normalisation dropout activation
        layers. embedding attention transformer recurrent
        fusion containers sequential folding
        onnx. scope naming layers part building net torch_module
        models. by_name pretrained vgg squeezenet alexnet resnet densenet mobilenet unet vit gpt recognised reading
        losses. functions modules
        optim. optimizer descent adam adaptive lbfgs groups averaging
        schedules. schedule curves cycles sequences
        training. generators checkpoint lock interruption history metrics training_state stops logs options stepping
        training. rate_finder learner
        functional_call
    """,
    "vis": """
        moved errors rules relevance record
        receptive. dependence
        options targets predictions
        figures. pictures scales figure charts similarity unrolled
        attribution. protocol projection gradient input_times_gradient gradcam deconvnet mirror reconstructions squares
        attribution. occlusion invariance
        attribution. top_activations patches randomised averaged ablation faithfulness lrp sanity
        wanted. canvas descent sheets
        report. pages panels story neighbours image_report asked
        __main__
    """,
}


def order(package):
    """The rooms of a package in the order of the plan, each folder behind the last of its rooms."""
    lines = [line.split() for line in PLAN[package].strip().splitlines()]
    folders = [line[0].removesuffix(".") if line[0].endswith(".") else "" for line in lines]
    found = []
    for i, (folder, line) in enumerate(zip(folders, lines, strict=True)):
        found += [f"{folder}.{room}" for room in line[1:]] if folder else line
        if folder and folder not in folders[i + 1 :] and folder not in found:
            found.append(folder)
    return found


def rooms(package):
    """Every module of a package by its dotted name, without the package's own name."""
    for path in sorted((ROOT / package).rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT / package).with_suffix("").parts)
        yield dotted.removesuffix(".__init__"), path


@cache
def imported(path):
    """(top-level package, room) for each import in a file, at whatever depth."""
    here, found = path.relative_to(ROOT).with_suffix("").parts, []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(top, rest) for top, _, rest in (alias.name.partition(".") for alias in node.names)]
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level]] if node.level else []
            parts = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                full = [*parts, alias.name]
                is_room = ROOT.joinpath(*full).with_suffix(".py").exists() or ROOT.joinpath(*full).is_dir()
                found.append((parts[0], ".".join((full if is_room else parts)[1:])))
    return found


def import_graph(folders):
    """{room: the rooms it imports}, over all packages and in dotted names: files, or folders that are each one room."""
    graph = {}
    for package in PLAN:
        for room, path in rooms(package):
            here = _room(package, room, folders)
            there = {_room(top, target, folders) for top, target in imported(path) if top in PLAN}
            graph.setdefault(here, set()).update(there - {here})
    return graph


def _room(package, room, folders):
    if not folders and room and (ROOT / package / room.replace(".", "/")).is_dir():
        return f"{package}.{room}.__init__"
    room = room.partition(".")[0] if folders else room
    return package if room in ("", "__init__") else f"{package}.{room}"


def levels(graph):
    """{room: how many rooms there are in the longest chain from it to the ground}. CycleError where there is a circle.

    A package's face (`import nn`), which hands on the names of its rooms, is as high as the highest of them.
    """
    found = {}
    for room in TopologicalSorter(graph).static_order():
        found[room] = (room not in PLAN) + max((found[other] for other in graph.get(room, ())), default=0)
    return found


def docstring_lines(text):
    """The numbers of the lines of a program that belong to docstrings."""
    words = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr)]
    return _numbers(node for node in words if isinstance(getattr(node.value, "value", None), str))


def _numbers(nodes):
    return {line for node in nodes for line in range(node.lineno, node.end_lineno + 1)}


def lines_of_code(path, imports=True):
    """{number: line} of a file but for blank lines, comments and docstrings; perhaps without its imports."""
    text = path.read_text(encoding="utf-8")
    nothing = docstring_lines(text)
    if not imports:
        nothing |= _numbers(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom))
    lines = {number: line.strip() for number, line in enumerate(text.splitlines(), 1) if number not in nothing}
    return {number: line for number, line in lines.items() if line and not line.startswith("#")}


def repeated(paths, most):
    """Places where more than `most` lines in a row stand that stand elsewhere too: (file, line, file, line).

    Imports and lone punctuation count as nothing.
    """
    seen, last, found = {}, {}, []
    for path in paths:
        lines = [(n, line) for n, line in lines_of_code(path, imports=False).items() if any(map(str.isalnum, line))]
        for i in range(len(lines) - most):
            here = (str(path.relative_to(ROOT)), lines[i][0])
            there = seen.setdefault(tuple(line for _, line in lines[i : i + most + 1]), here)
            if there is not here:
                pair = (there[0], here[0])
                if last.get(pair) != i - 1:  # not the same run, one line on
                    found.append((*there, *here))
                last[pair] = i
    return found


def main():
    """Print the folders by level, highest first, each with what it imports; then how high the files stand."""
    graph = import_graph(folders=True)
    found = levels(graph)
    for room in sorted(found, key=lambda room: (-found[room], room)):
        print(f"{found[room]:3} {room:32} {' '.join(sorted(graph.get(room, ())))}")
    print(f"{max(levels(import_graph(folders=False)).values()):3} files above one another")


if __name__ == "__main__":
    main()
