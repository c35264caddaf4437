"""The benchmark suite: its arithmetic, its warnings, its tables, and one tiny measurement through real processes."""

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
from tests.benchmarks import chart, exact, figures, inputs, machine, report, rounds, tasks, work_ours
from tests.benchmarks.__main__ import differing, main, run
from tests.benchmarks.groups import GROUPS, timed
from tests.benchmarks.quiet import Watch
from tests.benchmarks.sides import ROOT, SIDES, SideError, Worker

FOLDER = Path(__file__).parent / "benchmarks"


def made(section="training step", name="a net", **samples):
    """A row of made-up samples."""
    return figures.row(section, name, "s", {side.replace("_", "-"): values for side, values in samples.items()})


# ── arithmetic ──


def test_the_ratio_takes_the_memory_format_in_which_pytorch_is_faster():
    row = made(ours_numpy=[4.0, 2.0, 3.0], ours_fast=[1.0], torch_nchw=[9.0], torch_nhwc=[5.0, 6.0, 7.0])
    assert row["best"] == "torch-nhwc"
    assert row["ratios"] == {"ours-numpy": 2.0, "ours-fast": 6.0}
    assert row["least_ratios"] == {"ours-numpy": 2.5, "ours-fast": 5.0}
    assert row["sides"]["ours-numpy"] == {"median": 3.0, "min": 2.0, "max": 4.0, "samples": [4.0, 2.0, 3.0]}


def test_without_pytorch_there_is_no_ratio():
    row = made(ours_numpy=[4.0], mygrad=[8.0], torch_nchw=[])
    assert row["ratios"] == row["least_ratios"] == {}
    assert row["best"] is None
    assert "torch-nchw" not in row["sides"]


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
    first, second = np.empty((4, 3, 3, 3), np.float32), np.empty((4, 3, 3, 3), np.float32)
    inputs.fill(first, 2)
    inputs.fill(second, 2)
    np.testing.assert_array_equal(first, second)
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
    parity = rounds.compared({"ours-numpy": wrong, "ours-fast": right, "torch-nchw": right}, tolerance=1e-3)
    assert {name: found["same"] for name, found in parity.items()} == {
        "ours-numpy": False, "ours-fast": True, "torch-nchw": True,
    }  # fmt: skip
    row = {**made(), "parity": parity}
    assert differing({"groups": {"nets": {"rows": [row]}}}) == [
        "ours, pure NumPy differs from PyTorch NCHW in training step, a net"
    ]


def test_gradients_of_nets_may_deviate_more_than_logits():
    right = inputs.digest({"logits": np.ones(5), "gradient 0": np.ones(5)})
    for name, same in (("gradient 0", True), ("logits", False)):
        moved = right | inputs.digest({name: np.ones(5) * 1.02})
        assert rounds.compared({"torch-nchw": right, "ours-fast": moved}, 2e-3)["ours-fast"]["same"] is same
    half = right | inputs.digest({"gradient 0": np.ones(5) * 0.5})
    assert not rounds.compared({"torch-nchw": right, "ours-fast": half}, 2e-3)["ours-fast"]["same"]


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
        "torch-nchw": Scripted("torch-nchw", [1.0, 2.0], 1.0),
    }
    told = []
    row = rounds.measure(tasks.tiny()[0], team, rounds.Run(tuple(team), 3, quick=True, say=told.append))
    assert set(row["sides"]) == {"ours-fast", "torch-nchw"}
    assert row["ratios"] == {"ours-fast": 2.0}
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


def test_every_task_is_known_to_every_side_that_is_asked():
    from tests.benchmarks import work_others, work_torch

    kinds = {"work_ours": work_ours.KINDS, "work_torch": work_torch.KINDS,
             "autograd": work_others.AUTOGRAD, "mygrad": work_others.MYGRAD}  # fmt: skip
    for quick in (True, False):
        batch, image = tasks.growth(quick)
        alone = [make(quick) for make in (tasks.nets, tasks.convs, tasks.small, tasks.deconvnet)]
        for task in (task for group in (*alone, batch, image) for task in group):
            for side in task.sides:
                assert task.kind in kinds.get(side, kinds.get(SIDES[side].module, {})), (task.name, side)


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


def test_a_line_has_every_median_and_both_ratios_under_its_heading():
    row = made(ours_numpy=[0.5], ours_fast=[0.25], torch_nchw=[2.0], torch_nhwc=[1.0])
    line = report.line(row, row["sides"])
    assert line.split() == ["a", "net", "500", "ms", "250", "ms", "2.00", "s", "1.00", "s", "2.00", "4.00"]
    heading = report.heading("training step", row["sides"]).splitlines()
    assert len(heading[0]) == len(heading[1]) == len(line)
    assert "others" not in line


def test_a_line_tells_who_is_missing_and_what_disturbed():
    row = {**made(ours_numpy=[1.0, 2.0, 2.0], torch_nchw=[1.0]), "others": 0.5}
    line = report.line(row, ["ours-numpy", "ours-fast", "torch-nchw"])
    assert "2.00 s*" in line
    assert "–" in line
    assert line.endswith("others took 50% of the CPU")


def test_the_headline_puts_memory_under_time():
    time_row = made(ours_numpy=[1.0], torch_nchw=[2.0])
    bytes_row = figures.row("training step, peak memory", "a net", "bytes", {"ours-numpy": [1e9], "torch-nchw": [3e9]})
    lines = report.headline({"nets": {"rows": [time_row]}, "memory": {"rows": [bytes_row]}})
    assert lines[1].startswith("a net, training step")
    assert lines[2].split()[:2] == ["peak", "memory"]
    assert lines[2].split()[-2:] == ["3.00", "–"]
    assert report.headline({}) == []


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
        main(["--only", "nets,cnvs"])
    assert f"there is no group cnvs; groups are {', '.join(GROUPS)}" in capsys.readouterr().err


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
    absent = SIDES["autograd"].__class__("Absent", "work_others", {"package": "a_package_nobody_wrote"})
    program = (
        "import sys; from tests.benchmarks import sides, worker\n"
        f"sides.SIDES['autograd'] = sides.{absent!r}\n"
        "sys.argv = ['worker', 'autograd']; worker.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input='{"do": "hello"}\n', capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(done.stdout) == {"missing": "No module named 'a_package_nobody_wrote'"}


def test_a_tiny_run_measures_checks_and_writes_everything(tmp_path, capsys):
    def broken(run):
        raise RuntimeError("nothing to be done")

    groups = {"convs": lambda run: {"rows": timed(run, tasks.tiny())}, "growth": broken}
    status = run(groups, tmp_path, rounds=2, quick=True)
    told = capsys.readouterr().out

    results = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert results["broken"] == {"growth": "RuntimeError: nothing to be done"}
    assert status == 1
    assert "the group growth broke" in told
    assert {"cpu", "cores", "versions", "sides", "date"} <= set(results["machine"])
    assert results["machine"]["sides"]["ours-numpy"]["blas"]

    (row,) = results["groups"]["convs"]["rows"]
    assert {"ours-numpy", "torch-nchw", "torch-nhwc"} <= set(row["sides"])
    assert row["failed"] == {}
    for name, side in row["sides"].items():
        assert row["parity"][name]["same"]
        assert len(side["samples"]) >= 2
        assert all(0 < sample < 10 for sample in side["samples"])
        assert side["min"] <= side["median"] <= side["max"]
    medians = {name: statistics.median(side["samples"]) for name, side in row["sides"].items()}
    best = min(medians["torch-nchw"], medians["torch-nhwc"])
    for name, ratio in row["ratios"].items():
        assert ratio == pytest.approx(best / medians[name])
    assert set(row["ratios"]) == {name for name in medians if name.startswith("ours")}
    assert "4→8 at 16²" in told

    assert (tmp_path / "bench.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bench.json", "bench.png", "bench.svg"]


def test_the_chart_has_every_net_and_convolution_and_no_overlapping_text(tmp_path):
    samples = {"ours_numpy": [1.0], "ours_fast": [0.5], "torch_nchw": [2.0], "torch_nhwc": [1.5]}
    nets = [made(task.section, task.name, **samples) for task in tasks.nets(False)]
    convs = [made(task.section, task.name, **samples) for task in tasks.convs(False)]
    results = {"groups": {"nets": {"rows": nets}, "convs": {"rows": convs}}}
    parts = chart.sections(results)
    assert [title for title, _ in parts][:2] == ["training step", "evaluation"]
    assert [len(rows) for _, rows in parts] == [3, 3, len(tasks.WIDE), len(tasks.NARROW), len(tasks.OTHER)]
    assert chart.sections({"groups": {}}) == []

    nets[0]["ratios"]["ours-numpy"] = 0.95
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
