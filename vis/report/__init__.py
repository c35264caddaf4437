"""A report: a folder with a page to look through images, layers and channels, without a server or a network."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autograd_mini import Tensor
from autograd_mini.arguments import array_of, is_whole
from autograd_mini.progress import bar

from ..attribution.projection import Projection
from ..errors import named_in_errors, refusal
from ..figures.figure import Figure
from ..options import Bias, Overlap, Start
from ..predictions import Fill, as_logits
from ..record import Array, Recorded, find_layer, value_of
from ..rules import DECONVNET, GRADIENT, GUIDED
from ..targets import telling_layers
from .image_report import ImageReport, recorded_for
from .pages import new_folder, template
from .panels import format_options

WAYS = (
    ("deconvnet", "Deconvnet", "the deconvnet", "each ReLU rectifies the signal (Zeiler & Fergus 2014)", DECONVNET),
    ("guided", "Guided backpropagation", "guided backpropagation", "each ReLU rectifies the signal and stays shut "
     "where it was off (Springenberg et al. 2015)", GUIDED),
    ("gradient", "Gradient", "the gradient", "each ReLU stays shut where it was off, as the derivative has it "
     "(Simonyan et al. 2013)", GRADIENT),
)  # fmt: skip


@named_in_errors("report")
def report(
    model: Any,
    images: Any,
    out: str | os.PathLike[str],
    *,
    layers: Sequence[str] | None = None,
    channels: int | Sequence[int] = 1,
    classes: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    figures: Mapping[str, Figure] | None = None,
    title: str | None = None,
    occlusion: bool = True,
    sanity: bool = True,
    start: Start = "activation",
    after_relu: bool = True,
    overlap: Overlap = "sum",
    bias: Bias = "dropped",
    size: int | tuple[int, int] | None = None,
    stride: int | tuple[int, int] | None = None,
    fill: Fill = 0.0,
    batch_size: int = 32,
    seed: int = 0,
    progress: bool = False,
) -> Path:
    """Write a page to look through images, layers and channels, and its pictures, into a folder.

    Its index.html opens from disk and asks nothing of any network. The way back is the deconvnet's; the page can switch
    it to guided backpropagation and to the gradient, and says which conventions it was made by.

    Arguments:
        model: any function of a Tensor whose activations carry names.
        images: model inputs (N, C, H, W), C 1 or 3, or one of them, (C, H, W); where the model has a `preprocess`, also
            pictures or their paths, one or several.
        out: the folder; one that holds an earlier report is replaced when the new one is complete, and nothing else is.
        layers: names, by default about ten, spread from first to last.
        channels: how many of the strongest of each image and layer, or which.
        classes, names: of all the net's classes, and of the images.
        figures: more Figures for the page, by name.
        title: the page's.
        occlusion: slide a square over each image, where the net gives logits (N, classes).
        sanity: show each projection from random weights too, where the model has weights.
        start, after_relu, overlap, bias: as for `project`.
        size, stride, fill, batch_size: the square's, as for `occlusion`.
        seed: of the random weights.
        progress: show a bar on a terminal.
    Returns:
        The page's path.
    Raises:
        KeyError, IndexError, TypeError, ValueError: for what makes no sense, as `project` and `occlusion` do.
        OSError: if the folder cannot be written.
        ImportError: without jinja2 (the extra `report`). After an error nothing is left.

    Example:
        >>> net = nn.Sequential(conv=nn.Conv2d(1, 2, 3, rng=0), relu=nn.ReLU())
        >>> page = vis.report(net, np.random.default_rng(0).random((1, 8, 8), np.float32), "seen", sanity=False)
        >>> page.as_posix(), "Deconvnet" in page.read_text(encoding="utf-8")
        ('seen/index.html', True)
    """
    ways = {key: Projection(rules, start, after_relu, overlap, bias) for key, *_, rules in WAYS}
    inputs, called = _inputs(model, images, names)
    wanted = _channels(channels)
    if figures is not None and not isinstance(figures, Mapping):
        raise refusal(TypeError, f"figures must be Figures by name, not {type(figures).__name__}")
    if not isinstance(out, str | os.PathLike):
        raise refusal(TypeError, f"out must be a str or a Path, not {type(out).__name__}")
    for name, figure in (figures or {}).items():
        if not isinstance(figure, Figure):
            raise refusal(TypeError, f"figures[{name!r}] must be a Figure, not {type(figure).__name__}")
    page = template("report.html")
    with new_folder(out) as folder:
        (folder / "pictures").mkdir()
        first = recorded_for(model, inputs[:1], ways)
        chosen = telling_layers(first) if layers is None else _distinct(layers, first)
        labels = _labels(first, classes)
        compares = sanity and callable(getattr(model, "named_parameters", None)) and any(model.named_parameters())
        square = {"size": size, "stride": stride, "fill": fill, "batch_size": batch_size, "progress": progress}
        reports = ImageReport(
            folder,
            model,
            chosen,
            wanted,
            labels,
            ways,
            seed if compares else None,
            square if occlusion and labels else None,
        )
        with _bar(len(inputs) * len(chosen), progress) as advance:
            pages = [
                reports.of(n, name, inputs[n : n + 1], first if n == 0 else None, advance)
                for n, name in enumerate(called)
            ]
        conventions = format_options({"start": start, "after_relu": after_relu, "overlap": overlap, "bias": bias})
        if all(ways["deconvnet"].idle(value_of(first, layer, after_relu)) for layer in chosen):
            conventions.insert(0, ("ReLU", "No layer shown stands behind one: all three ways are the plain gradient."))
        values = {
            "title": title or f"What {getattr(model, '__name__', type(model).__name__)} responds to",
            "data": {
                "ways": [dict(zip(("key", "name", "called", "how"), way, strict=False)) for way in WAYS],
                "layers": chosen,
                "images": pages,
            },
            "sanity": _about_sanity(sanity, compares, seed),
            "occlusion": _about_occlusion(occlusion, labels),
            "conventions": conventions + ([reports.about_square] if reports.about_square else []),
            "figures": _figures(folder, figures or {}),
        }
        (folder / "index.html").write_text(page.render(values), encoding="utf-8", errors="replace")  # names of files
    return Path(out) / "index.html"


# ── arguments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _inputs(model: Any, images: Any, names: Sequence[str] | None) -> tuple[Array, list[str]]:
    """Model inputs (N, C, H, W) and a name for each."""
    given = [images] if isinstance(images, str | os.PathLike | Image.Image) else images
    called: list[str] = []
    if not isinstance(given, np.ndarray | Tensor | Iterable):
        raise refusal(TypeError, f"images must be model inputs, or pictures or their paths, not {type(given).__name__}")
    if not isinstance(given, np.ndarray | Tensor):
        given = list(given)
        if any(isinstance(one, str | os.PathLike | Image.Image) for one in given):
            preprocess = getattr(model, "preprocess", None)
            if preprocess is None:
                raise refusal(
                    TypeError, "this model has no preprocess that makes inputs of pictures; give it (N, C, H, W)"
                )
            called = [Path(one).name if isinstance(one, str | os.PathLike) else "" for one in given]
            given = [preprocess(one) for one in given]
        if not given:
            raise refusal(ValueError, "there are no images")
        given = np.stack([array_of(one) for one in given])
    array = array_of(given)
    array = array[None] if array.ndim == 3 else array
    if array.ndim != 4 or not array.size or array.shape[1] not in (1, 3):
        raise refusal(
            ValueError, f"images {array.shape} must be (N, C, H, W) with 1 or 3 channels, and at least one of them"
        )
    if names is not None and len(names) != len(array):
        raise refusal(ValueError, f"{len(array)} images need as many names, not {len(names)}")
    called = called or [""] * len(array)
    chosen = called if names is None else [str(name) for name in names]
    return array, [name or f"image {n}" for n, name in enumerate(chosen)]


def _channels(channels: int | Sequence[int]) -> int | list[int]:
    if isinstance(channels, int | np.integer):
        if not is_whole(channels, 1):
            raise refusal(ValueError, f"channels must be at least 1, or a list of channels, not {channels!r}")
        return int(channels)
    chosen = list(dict.fromkeys(operator.index(channel) for channel in channels))
    if not chosen:
        raise refusal(ValueError, "the list of channels is empty")
    return chosen


def _distinct(layers: Sequence[str], recorded: Recorded) -> list[str]:
    """The named layers, each once. Raises as `project` does for those that are not there."""
    chosen = [layers] if isinstance(layers, str) else list(dict.fromkeys(layers))
    if not chosen:
        raise refusal(ValueError, "the list of layers is empty")
    for layer in chosen:
        find_layer(recorded, layer)
    return chosen


def _labels(recorded: Recorded, classes: Sequence[str] | None) -> list[str]:
    """A name for every class; none if the net gives no logits."""
    first: tuple[int, ...] = as_logits(recorded.outputs[0].numpy()).shape if len(recorded.outputs) == 1 else ()
    count = first[1] if len(first) == 2 and first[1] > 1 else 0
    if classes is not None and len(classes) != count:
        raise refusal(ValueError, f"{len(classes)} names are given for the {count} classes of this net")
    return [str(name) for name in classes] if classes is not None else [f"class {i}" for i in range(count)]


# ── what goes around the images ───────────────────────────────────────────────────────────────────────────────────────


def _about_sanity(asked: bool, compares: bool, seed: int) -> str:
    if compares:
        return (
            f"Random weights (seed {seed}) in all layers; the same image and the same unit, and the backward pass "
            "started from the same number."
        )
    return "There is no sanity check: " + ("this model has no weights." if asked else "it was not asked for.")


def _about_occlusion(asked: bool, labels: list[str]) -> str:
    why = "it was not asked for" if labels else "this net gives no logits (N, classes)"
    return "" if asked and labels else f"There is no occlusion: {why}."


def _figures(folder: Path, figures: Mapping[str, Figure]) -> list[dict[str, Any]]:
    """The figures' pictures written, and what the page says of them."""
    entries = []
    for i, (name, figure) in enumerate(figures.items()):
        figure.picture.save(folder / "pictures" / f"figure{i}.png")
        size = {"width": figure.picture.width, "height": figure.picture.height}
        words = {"name": name, "caption": figure.caption, "alt": f"{name}. {figure.caption}"}
        entries.append({"src": f"pictures/figure{i}.png", **size, **words})
    return entries


@contextmanager
def _bar(total: int, progress: bool) -> Iterator[Callable[[], None]]:
    with bar(total, "layer", "report", progress) as shown:

        def advance() -> None:
            shown.update()

        yield advance
