"""Charts of what the models of the examples have learnt, by matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .charts import plt, write

BLUE, BROWN = "#35618f", "#b5651d"


def gaussian_process_chart(
    measured: tuple[np.ndarray, np.ndarray], curves: dict[str, np.ndarray], surface: tuple[np.ndarray, ...],
    path: np.ndarray, true: np.ndarray, out: Path,
) -> Path:  # fmt: skip
    """The posterior beside measurements, and the log marginal likelihood over length scale and noise.

    curves: by name times, truth, and the posterior's mean and deviation. surface: length scales, noises, values.
    path: the hyperparameters (amplitude, length scale, noise) step by step; true: those that the truth was drawn with.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", width_ratios=(3, 2))
    times, mean, deviation = curves["times"], curves["mean"], curves["deviation"]
    band = mean - 2 * deviation, mean + 2 * deviation
    left.fill_between(times, *band, color=BLUE, alpha=0.2, lw=0, label="mean ± 2 standard deviations")
    left.plot(times, mean, color=BLUE, label="posterior mean")
    left.plot(times, curves["truth"], "--", color=BROWN, label="the function itself")
    left.plot(*measured, "k.", label=f"{len(measured[0])} noisy measurements")
    left.set(xlabel="time / h", ylabel="temperature / °C", title="What the measurements say")
    left.margins(y=0.25)
    left.legend(loc="lower center", ncols=2)
    lengths, noises, values = surface
    levels = right.contourf(lengths, noises, np.maximum(values - values.max(), -40), 20)
    figure.colorbar(levels, ax=right, label="log marginal likelihood − its largest")
    right.plot(path[:, 1], path[:, 2], "w.-", label="L-BFGS, along the gradient")
    right.plot(true[1], true[2], "*", color="#ff7f0e", ms=13, label="what it was drawn with")
    right.set(xlabel="length scale / h", ylabel="noise / °C", xscale="log", yscale="log", title="How they were found")
    for axis, ticks in ((right.xaxis, [0.5, 1, 2, 5, 10]), (right.yaxis, [0.2, 0.5, 1, 2])):
        axis.set_ticks(ticks, map(str, ticks))
        axis.minorticks_off()
    right.legend(loc="lower left", facecolor="#444444", labelcolor="white")
    return write(figure, out)


def flow_chart(
    x: np.ndarray, start: np.ndarray, flow: dict[str, tuple[np.ndarray, np.ndarray]], force: dict[str, np.ndarray],
    out: Path,
) -> Path:  # fmt: skip
    """A flow at the times it was measured, and the force that drives it.

    flow: what was measured and what was computed, by the time. force: the truth, what was found and its deviation.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    left.plot(x, start, ":", color="grey", label="t = 0 s")
    for i, (time, (measured, computed)) in enumerate(flow.items()):
        color = plt.get_cmap("viridis")(0.85 * i / len(flow))
        left.plot(x, measured, ".", color=color, alpha=0.5)
        left.plot(x, computed, color=color, label=f"t = {time} s")
    left.set(
        xlabel="x / rad",
        ylabel="velocity u / (rad/s)",
        title="The flow: computed (lines) and measured (points)",
    )
    left.legend(ncols=3)
    band = force["found"] - 2 * force["deviation"], force["found"] + 2 * force["deviation"]
    right.fill_between(x, *band, color=BLUE, alpha=0.3, lw=0, label="± 2 standard deviations")
    right.plot(x, force["found"], color=BLUE, label="found")
    right.plot(x, force["truth"], "--", color=BROWN, label="in truth")
    right.plot(x, 0 * x, ":", color="grey", label="before learning")
    right.set(xlabel="x / rad", ylabel="force f / (rad/s²)", title="The force that drives it")
    right.legend(ncols=2)
    for axes in (left, right):
        axes.set_xticks([0, np.pi, 2 * np.pi], ["0", "π", "2π"])
        axes.margins(y=0.3)
    return write(figure, out)


def learning_curves(
    losses: Sequence[float], validation: Mapping[int, float], levels: Mapping[str, float], out: Path
) -> Path:
    """The loss of every step, that on held-out text, and what simpler ways of guessing cost there.

    validation: by the step. levels: by what stands beside each.
    """
    figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    axes.plot(losses, color=BLUE, lw=0.7, alpha=0.6, label="training, each batch")
    axes.plot(validation.keys(), validation.values(), "s-", ms=4, color=BROWN, label="held-out stanzas")
    for name, level in levels.items():
        axes.axhline(level, ls=":", color="grey")
        axes.annotate(name, (1, level), xycoords=("axes fraction", "data"), xytext=(-4, 3), textcoords="offset points",
                      ha="right", color="#444444")  # fmt: skip
    axes.set(
        xlabel="step",
        ylabel="loss / nats a character",
        title="A transformer learns a poem",
        ylim=(0, 1.1 * max(losses)),
    )
    axes.legend(loc="lower left")
    return write(figure, out)
