"""The benchmark suite: its arithmetic, its warnings, its tables, and one tiny measurement through real processes."""

import importlib
import json
import math
import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import every

from examples.digits import digits_net
from tests.benchmarks import chart, exact, figures, inputs, machine, markdown, report, rounds, tasks, work_ours
from tests.benchmarks.__main__ import differing, main, run
from tests.benchmarks.groups import GROUPS, timed
from tests.benchmarks.nets import NETS
from tests.benchmarks.operations import NAMES, read
from tests.benchmarks.quiet import Watch
from tests.benchmarks.sides import ROOT, SIDES, SideError, Worker

FOLDER = Path(__file__).parent / "benchmarks"


def made(section="training step", name="a net", **samples):
    """A row of made-up samples."""
    return figures.row(section, name, "s", {side.replace("_", "-"): values for side, values in samples.items()})


# ── arithmetic ──


def test_the_ratio_takes_the_memory_format_in_which_an_opponent_is_faster():
    row = made(ours_numpy=[4.0, 2.0, 3.0], ours_fast=[1.0], torch=[9.0], torch_cl=[5.0, 6.0, 7.0], torch_kept=[0.5])
    assert row["ratios"] == {
        "PyTorch": {"ours-numpy": 2.0, "ours-fast": 6.0}, "malloc kept": {"ours-numpy": 1 / 6, "ours-fast": 0.5},
    }  # fmt: skip
    assert row["least_ratios"]["PyTorch"] == {"ours-numpy": 2.5, "ours-fast": 5.0}
    assert row["sides"]["ours-numpy"] == {"median": 3.0, "min": 2.0, "max": 4.0, "samples": [4.0, 2.0, 3.0]}
    assert row["noise"] == 0.5


def test_without_an_opponent_there_is_no_ratio():
    row = made(ours_numpy=[4.0], torch=[])
    assert row["ratios"] == row["least_ratios"] == {}
    assert "torch" not in row["sides"]


def test_the_mean_of_ratios_is_geometric():
    assert figures.mean([0.5, 2.0]) == pytest.approx(1)
    assert figures.mean([4.0, 4.0, 0.5]) == pytest.approx(2)
    assert math.isnan(figures.mean([]))


def test_growth_is_the_slope_between_two_sizes():
    assert figures.slope((1, 100.0), (5, 300.0)) == 50.0


@every(
    ("number", "unit", "text"),
    [(2.5, "s", "2.50 s"), (0.0123, "s", "12.3 ms"), (0.123, "s", "123 ms"), (4.5e-6, "s", "4.50 µs"),
     (2.71e9, "bytes", "2.71 GB"), (73.4e6, "bytes", "73.4 MB"), (-2e6, "bytes", "-2.00 MB"), (0.0, "s", "0.00 µs")],
)  # fmt: skip
def test_numbers_are_written_in_three_figures(number, unit, text):
    assert figures.written(number, unit) == text


# ── equal work, equal results ──


def test_both_sides_get_the_same_numbers():
    shape = (4, 3, 3, 3)
    np.testing.assert_array_equal(inputs.weights("conv.weight", shape), inputs.weights("conv.weight", shape))
    assert not np.array_equal(inputs.weights("conv.weight", shape), inputs.weights("other.weight", shape))
    np.testing.assert_array_equal(inputs.normal("x", (2, 3)), inputs.normal("x", (2, 3)))
    assert not np.array_equal(inputs.normal("x", (2, 3)), inputs.normal("g", (2, 3)))


def test_a_digest_does_not_depend_on_memory_format_but_on_every_number():
    maps = inputs.normal("maps", (2, 3, 8, 8))
    same = inputs.digest({"y": work_ours.maps(maps)})
    assert inputs.deviations(inputs.digest({"y": maps}), same)["y"] < 1e-6
    wrong = maps.copy()
    wrong[1, 2, 7, 7] += 100
    assert inputs.deviations(same, inputs.digest({"y": wrong}))["y"] > 0.1


@pytest.mark.parametrize("other", [{"z": np.zeros(3)}, {"y": np.zeros(4)}, {"y": np.full(3, np.nan)}, {}])
def test_other_names_shapes_and_nan_deviate_infinitely(other):
    assert math.inf in inputs.deviations(inputs.digest({"y": np.zeros(3)}), inputs.digest(other)).values()


def test_a_side_that_computes_something_else_is_found_out():
    right, wrong = inputs.digest({"y": np.ones(5)}), inputs.digest({"y": np.ones(5) * 1.01})
    parity = rounds.compared({"ours-numpy": wrong, "ours-fast": right, "torch": right}, tasks.tiny()[0])
    assert {name: found["same"] for name, found in parity.items()} == {
        "ours-numpy": False, "ours-fast": True, "torch": True,
    }  # fmt: skip
    row = {**made(), "parity": parity}
    assert differing({"groups": {"nets": {"rows": [row]}}}) == [
        "ours, pure NumPy differs from PyTorch NCHW in training step, a net"
    ]


def test_gradients_of_nets_may_deviate_more_than_losses():
    task = next(task for task in tasks.nets(False) if task.name.startswith("VGG-16"))
    right = inputs.digest({"losses": np.ones(5), "gradient 0": np.ones(5)})
    for name, same in (("gradient 0", True), ("losses", False)):
        moved = right | inputs.digest({name: np.ones(5) * 1.02})
        assert rounds.compared({"torch": right, "ours-fast": moved}, task)["ours-fast"]["same"] is same
    half = right | inputs.digest({"gradient 0": np.ones(5) * 0.5})
    assert not rounds.compared({"torch": right, "ours-fast": half}, task)["ours-fast"]["same"]


def test_a_gradient_that_is_only_rounding_is_measured_by_the_largest():
    def digest(small, large):
        return inputs.digest({"gradient bias": np.full(5, small), "gradient weight": np.full(5, large)})

    assert inputs.deviations(digest(1e-7, 1.0), digest(-1e-7, 1.0))["gradient bias"] < 1e-3
    assert inputs.deviations(digest(1e-2, 1.0), digest(2e-2, 1.0))["gradient bias"] == pytest.approx(1)


class Scripted:
    """A worker that answers from a table instead of a process."""

    alive, process = True, type("Process", (), {"pid": 0})

    def __init__(self, name, numbers, seconds):
        self.name, self.seconds, self.runs = name, seconds, 0
        self.replies = {"prepare": {}, "check": {"digest": inputs.digest({"y": np.array(numbers)})}, "drop": {}}

    def ask(self, do, **request):
        if do == "warm":
            return {"seconds": self.seconds, "repeats": 1}
        if do == "run":
            self.runs += 1
            return {"seconds": self.seconds}
        return self.replies[do]


def test_no_speed_of_wrong_results_is_told(monkeypatch):
    monkeypatch.setattr(rounds, "PAUSE", 0)
    team = {
        "ours-numpy": Scripted("ours-numpy", [1.0, 2.5], 0.1),
        "ours-fast": Scripted("ours-fast", [1.0, 2.0], 0.5),
        "torch": Scripted("torch", [1.0, 2.0], 1.0),
    }
    told = []
    row = rounds.measure(tasks.tiny()[0], team, rounds.Run(tuple(team), 3, quick=True, say=told.append))
    assert set(row["sides"]) == {"ours-fast", "torch"}
    assert row["ratios"] == {"PyTorch": {"ours-fast": 2.0}}
    assert team["ours-numpy"].runs == 0
    assert "WRONG" in told[0]
    assert "pure NumPy" in told[0]


def test_the_digits_net_is_the_one_of_the_example():
    assert repr(work_ours.digits_net()) == repr(digits_net(np.random.default_rng(0)))


def test_errors_are_measured_beside_the_definition_of_a_convolution():
    def off_by_a_half(x, w, g):
        padded = np.pad(x.astype(float), ((0, 0), (0, 0), (1, 1), (1, 1)))
        maps, filters = np.full((1, 3, 4, 4), 0.5), np.zeros(w.shape)
        for k, i, j in np.ndindex(3, 4, 4):
            window = padded[0, :, i : i + 3, j : j + 3]
            maps[0, k, i, j] += (window * w[k]).sum()
            filters[k] += window * g[0, k, i, j]
        return maps, filters

    found = exact.errors(off_by_a_half, channels=2, filters=3, side=4, batch=1)
    assert found["forward"]["absolute"] == pytest.approx(0.5)
    assert found["weight gradient"]["absolute"] < 1e-12


@pytest.mark.parametrize("quick", [True, False])
def test_every_task_is_known_to_every_side_that_is_asked(quick):
    kinds = {}
    for side in SIDES.values():
        try:
            kinds[side.module] = importlib.import_module(f"tests.benchmarks.{side.module}").KINDS
        except ImportError:  # a package that is not installed
            continue
    assert {"work_ours", "work_torch"} <= set(kinds)
    made = [make(quick) for make in (tasks.operations, tasks.nets, tasks.evaluations, tasks.looking, tasks.scaling)]
    for task in (task for group in (*made, *tasks.growth(quick)) for task in group):
        for side in task.sides:
            assert task.kind in kinds.get(SIDES[side].module, [task.kind]), (task.name, side)
        if task.kind == "net":
            assert task.params["name"] in NETS


@pytest.mark.parametrize("quick", [True, False])
def test_every_task_has_a_name_of_its_own(quick):
    groups = [make(quick) for make in (tasks.operations, tasks.nets, tasks.evaluations, tasks.looking)]
    every_task = [task for group in (*groups, *tasks.growth(quick)) for task in group]
    assert len({(task.section, task.name) for task in every_task}) == len(every_task)


@pytest.mark.parametrize("kind", sorted({name.split("/")[0] for name in NAMES}))
def test_operations_are_the_same_as_pytorchs(kind):
    from tests.benchmarks import work_torch

    small = {"conv": "2x4x9/8/3/s2p1d2", "convT": "2x4x6/8/4/s2p1", "linear": "3x5x4", "avgpool": "2x4x8/3,2,1",
             "maxpool": "2x4x8/3,2,1", "bneval": "2x4x5", "bntrain": "2x4x5", "concat": "2x4x5", "pad": "2x4x5",
             "fancy": "6x3/9", "cross_entropy": "6x5", "max": "6x5/1", "mean": "2x3x4x5/0,2,3", "sum": "6x5/all",
             "transpose": "2x3x4/2,0,1", "var": "6x5/1", "matmul": "2x3x4/2x4x5", "add": "6x5/6x1", "mul": "6x5/5",
             "div": "6x5/6x5"}  # fmt: skip
    name = f"{kind}/{small.get(kind, '6x5' if kind in ('reshape', 'slice', 'softmax', 'log_softmax') else '1e2')}"
    for backward in (False, True):
        found = [
            inputs.digest(module.KINDS["operation"](name=name, backward=backward).check())
            for module in (work_ours, work_torch)
        ]
        assert len(found[0]) > backward
        assert max(inputs.deviations(*found).values()) < 1e-5


def test_an_operation_of_no_known_kind_is_refused():
    with pytest.raises(ValueError, match="poetry/3x4: there is no operation 'poetry'"):
        read("poetry/3x4")


@pytest.mark.parametrize("name", ["digits", "MLP", "LSTM, 50 steps", "small VGG"])
def test_a_net_learns_as_pytorchs_does(name):
    from tests.benchmarks import work_torch

    found = [
        inputs.digest(module.KINDS["net"](name=name, batch=2, train=True).check()) for module in (work_ours, work_torch)
    ]
    assert len(found[0]) > 4
    assert max(inputs.deviations(*found).values()) < 1e-4


# ── the environment ──


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPENBLAS_CORETYPE", "Haswell"), ("OPENBLAS_L2_SIZE", "1024"), ("OPENBLAS_NUM_THREADS", "1"),
     ("OMP_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("MKL_DEBUG_CPU_TYPE", "5")],
)  # fmt: skip
def test_settings_that_hold_a_side_back_are_named_with_what_lifts_them(name, value):
    found = machine.warnings({name: value, "HOME": "/"}, available=4)
    assert len(found) == 1
    assert found[0].startswith(f"{name}={value} ")
    assert f"env -u {name} " in found[0]


def test_settings_that_change_nothing_are_not_warned_of():
    assert machine.warnings({"OMP_NUM_THREADS": "4", "PATH": "/bin", "OPENBLAS_VERBOSE": "2"}, available=4) == []


def test_other_programs_are_seen():
    quiet = Watch([])
    if quiet.others() is None:
        pytest.skip("this system does not tell how busy it is")
    program = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\nsys.stdin.read()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stranger:
        unknowing, knowing = Watch([]), Watch([stranger.pid])
        stranger.stdout.readline()
        unseen, seen = unknowing.others(), knowing.others()
        stranger.stdin.close()
    assert unseen > seen


# ── tables and files ──


def test_a_line_has_the_medians_of_better_formats_and_ratios_under_its_heading():
    row = made(ours_numpy=[0.5], ours_fast=[0.25], torch=[2.0], torch_cl=[1.0], jax=[0.125])
    line = report.line(row, row["sides"])
    assert line.split() == ["a", "net", "500", "ms", "250", "ms", "1.00", "s", "4.00", "125", "ms", "0.50"]
    heading = report.heading("training step", row["sides"]).splitlines()
    assert heading[0].split() == [*"training step ours NumPy ours fast PyTorch ratio JAX ratio".split()]  # noqa: SIM905
    assert len(heading[0]) == len(heading[1]) == len(line)
    assert "others" not in line


def test_a_line_tells_who_is_missing_and_what_disturbed():
    row = {**made(ours_numpy=[1.0, 2.0, 2.0], torch=[1.0]), "others": 0.5}
    line = report.line(row, ["ours-numpy", "ours-fast", "torch"])
    assert "2.00 s*" in line
    assert "–" in line
    assert line.endswith("others took 50% of the CPU")


def test_low_ratios_are_counted_and_named_the_lowest_first():
    rows = [made("single operations, forward", name, ours_fast=[1.0], torch=[ratio])
            for name, ratio in (("add", 4.0), ("conv", 0.7), ("relu", 0.25))]  # fmt: skip
    first, second = report.summary(rows)
    assert first.strip() == ("PyTorch / ours fast: geometric mean 0.89 of 3 rows, 2 below 1, 2 below 0.8, 1 below 0.5")
    assert second.strip() == "below 0.8: 0.25 relu forward; 0.70 conv forward"
    assert list(report.summary([made(ours_fast=[1.0])])) == []


def results_of(**groups):
    about = {"cpu": "a processor", "cores": 2, "versions": {"python": "3", "numpy": "2"}, "date": "2026-01-01",
             "system": "Linux", "sides": {}}  # fmt: skip
    return {"machine": about, "options": {"quick": True, "rounds": 3}, "seconds": 120.0, "missing": ["jax"],
            "groups": groups}  # fmt: skip


def test_the_page_tells_all_and_readme_whole_steps_and_means(tmp_path):
    samples = {"ours_numpy": [1.0], "ours_fast": [0.5], "torch": [0.75], "torch_kept": [0.25]}
    results = results_of(
        operations={"rows": [made("single operations, forward", f"row {i}", **samples) for i in range(3)]},
        nets={"rows": [made("training step", "a net", **samples)]},
        memory={"rows": [figures.row("peak memory", "a net", "bytes", {"ours-fast": [1e9], "torch": [2e9]})]},
        roofline={"limits": [{"name": "a net", "side": "ours-fast", "seconds": 0.5, "operations": 1e9, "share": 0.4}]},
    )
    (tmp_path / "bench.json").write_text(json.dumps(results))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "performance.md").write_text(f"before\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n")
    markdown.main([str(tmp_path / "bench.json"), "--into", str(tmp_path)])
    page, readme = (tmp_path / "docs/speed.md").read_text(), (tmp_path / "docs" / "performance.md").read_text()
    assert "| row 2 | 1.00 s | 500 ms | 0.75, **1.50** | 0.25, 0.50 | 0% |" in page
    assert "| a net | – | 1.00 GB | –, **2.00** | 0% |" in page
    assert "| a net | ours, fast | 500 ms | 2 | 40% |" in page
    assert "a processor, 2 cores; numpy 2; 2026-01-01; quick sizes, 3 rounds, 2 minutes." in page
    assert "Not measured: JAX jit." in page
    assert readme.startswith("before\n") and readme.endswith("after\n") and "old" not in readme  # noqa: PT018
    assert "| training step: a net | 0.75, 0.25 | **1.50** | 0.50 |" in readme
    assert "| 3 single operations, forward, geometric mean | 0.75, 0.25 | **1.50** | 0.50 |" in readme
    assert "row 2" not in readme
    with pytest.raises(ValueError, match="no place for the table"):
        markdown.put_between("before", "table")


def test_readme_has_a_place_for_the_table():
    assert (
        markdown.put_between((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), "table").count(
            markdown.BEGIN
        )
        == 1
    )


def test_a_file_is_whole_or_not_there(tmp_path):
    report.save_json(tmp_path / "deep" / "a.json", {"one": 1})
    with pytest.raises(ValueError, match="JSON"):
        report.save_json(tmp_path / "deep" / "a.json", {"one": math.nan})
    assert json.loads((tmp_path / "deep" / "a.json").read_text()) == {"one": 1}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.json"]


def test_files_are_small_and_say_what_is_in_them():
    for path in FOLDER.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, path.name
        assert text.startswith('"""'), path.name
        assert len(text.splitlines()[0]) > 40, path.name


# ── processes ──


def test_an_unknown_group_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "nets,ntes"])
    assert f"there is no group ntes; groups are {', '.join(GROUPS)}" in capsys.readouterr().err


def test_an_unknown_side_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["--sides", "ours-fast,trochs"])
    assert f"there is no side trochs; sides are {', '.join(SIDES)}" in capsys.readouterr().err


def test_a_worker_tells_its_errors_and_its_end():
    with Worker("ours-numpy") as worker:
        assert worker.greet()["threads"] >= 1
        with pytest.raises(SideError, match="does not do 'poetry'"):
            worker.ask("prepare", kind="poetry", params={})
        assert worker.ask("peak")["bytes"] > 10_000_000
        worker.process.kill()
        with pytest.raises(SideError, match="ended with status"):
            worker.ask("peak")


def test_a_package_that_is_not_installed_is_left_out_with_a_sentence(monkeypatch):
    absent = SIDES["openvino"].__class__("Absent", "work_served", {"runtime": "a_package_nobody_wrote"})
    program = (
        "import sys; from tests.benchmarks import sides, worker\n"
        f"sides.SIDES['openvino'] = sides.{absent!r}\n"
        "sys.modules['onnx'] = sys; sys.argv = ['worker', 'openvino']; worker.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input='{"do": "hello"}\n', capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(done.stdout) == {"missing": "No module named 'a_package_nobody_wrote'"}


def test_a_tiny_run_measures_checks_and_writes_everything(tmp_path, capsys):
    def broken(run):
        raise RuntimeError("nothing to be done")

    groups = {"operations": lambda run: {"rows": timed(run, tasks.tiny())}, "growth": broken}
    sides = ("ours-numpy", "ours-fast", "torch", "torch-cl-kept")
    status = run(groups, tmp_path, rounds=2, quick=True, sides=sides)
    told = capsys.readouterr().out

    results = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert results["broken"] == {"growth": "RuntimeError: nothing to be done"}
    assert status == 1
    assert "the group growth broke" in told
    assert {"cpu", "cores", "versions", "sides", "date"} <= set(results["machine"])
    assert results["machine"]["sides"]["ours-numpy"]["blas"]

    (row,) = results["groups"]["operations"]["rows"]
    assert set(row["sides"]) <= set(sides)
    assert {"ours-numpy", "torch", "torch-cl-kept"} <= set(row["sides"])
    assert results["missing"] == [name for name in SIDES if name not in row["sides"]]
    assert row["failed"] == {}
    for name, side in row["sides"].items():
        assert row["parity"][name]["same"]
        assert len(side["samples"]) >= 2
        assert all(0 < sample < 10 for sample in side["samples"])
        assert side["min"] <= side["median"] <= side["max"]
    medians = {name: statistics.median(side["samples"]) for name, side in row["sides"].items()}
    for name, ratio in row["ratios"]["malloc kept"].items():
        assert ratio == pytest.approx(medians["torch-cl-kept"] / medians[name])
    assert set(row["ratios"]["PyTorch"]) == {name for name in medians if name.startswith("ours")}
    assert "conv/2x4x16/8/3/s1p1" in told
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]  # a chart is of nets


def test_a_side_is_given_its_environment_and_threads():
    with Worker("torch-kept", threads=1) as kept, Worker("torch") as usual:
        assert kept.greet()["threads"] == 1
        assert usual.greet()["threads"] == machine.cores()
        for worker, expected in ((kept, str(1 << 26)), (usual, None)):
            environment = Path(f"/proc/{worker.process.pid}/environ")
            if not environment.exists():
                pytest.skip("this system does not tell a process's environment")
            found = dict(word.split("=", 1) for word in environment.read_text().split("\0") if "=" in word)
            assert found.get("MALLOC_TOP_PAD_") == expected


def test_a_step_is_held_against_what_the_processor_can_do():
    with Worker("ours-numpy") as worker:
        worker.greet()
        limits = worker.ask("limits", size=64)
        assert min(limits.values()) > 0
        worker.ask("prepare", kind="net", params={"name": "MLP", "batch": 3, "train": True})
        cost = worker.ask("cost")
    weights = 784 * 256 + 256 * 256 + 256 * 10
    assert cost["operations"] == 6 * 3 * weights
    assert cost["bytes"] > 3 * 4 * weights


def test_the_chart_has_every_net_and_no_overlapping_text(tmp_path):
    samples = {"ours_numpy": [1.0], "ours_fast": [0.5], "torch_kept": [2.0], "torch_cl_kept": [1.5]}
    nets = [made(task.section, task.name, **samples) for task in tasks.nets(False)]
    evaluations = [made(task.section, task.name, **samples) for task in tasks.evaluations(False)]
    parts = chart.sections({"groups": {"nets": {"rows": nets}, "inference": {"rows": evaluations}}})
    assert [title for title, _ in parts] == ["training step", "inference"]
    assert [len(rows) for _, rows in parts] == [len(nets), len(evaluations)]
    assert chart.sections({"groups": {}}) == []

    nets[0]["ratios"]["malloc kept"]["ours-numpy"] = 0.95
    assert [path.name for path in chart.draw(results_of(nets={"rows": nets}), tmp_path)] == ["bench.svg", "bench.png"]
    assert (tmp_path / "bench.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
    figure = chart.figure(parts, "a machine")
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    texts = [text for axes in figure.axes for text in (*axes.texts, *axes.get_yticklabels())]
    texts += [*figure.texts, *figure.legends[0].get_texts(), figure.axes[-1].xaxis.label]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_text()]
    assert len(boxes) > 60
    line = figure.axes[0].transData.transform((1, 0))[0]
    numbers = [box for text, box in boxes if re.fullmatch(r"\d\.\d\d", text)]
    assert len(numbers) == 2 * sum(len(rows) for _, rows in parts)
    assert not [box for box in numbers if box.x0 < line < box.x1]
    for i, (name, box) in enumerate(boxes):
        assert box.x0 >= 0, name
        assert box.x1 <= figure.bbox.x1, name
        for other, second in boxes[:i]:
            overlaps = box.x0 < second.x1 and second.x0 < box.x1 and box.y0 < second.y1 and second.y0 < box.y1
            assert not overlaps, (name, other)
