"""A report: a folder with a page to look through images, layers and channels, without a server or a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograd_mini.progress import bar

from ..attribution.projection import Projection
from ..errors import check_counts, named_in_errors
from ..figures.figure import Figure
from ..options import Bias, Overlap, Start
from ..predictions import Fill
from ..record import AfterRelu, Recorded, behind_norm, value_of
from ..rules import DECONVNET, GRADIENT, GUIDED
from ..targets import telling_layers
from .asked import channels_of, check_folder, distinct, inputs_of, labels_of
from .image_report import ImageReport, recorded_for
from .neighbours import neighbours
from .pages import PictureFiles, new_folder, template
from .panels import format_options
from .story import switches_tell

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
    channels: int | Sequence[int] = 9,
    classes: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    data: Any = None,
    top: int = 9,
    figures: Mapping[str, Figure] | None = None,
    title: str | None = None,
    back: str | None = None,
    occlusion: bool = True,
    sanity: bool = True,
    inside: bool = True,
    start: Start = "activation",
    after_relu: AfterRelu = True,
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

    It begins with what the net says and where it looks (Grad-CAM), then shows the whole net layer by layer; a layer as
    a sheet of its strongest channels; a channel in detail. Its index.html opens from disk and asks nothing of any
    network. The way back is the deconvnet's, or guided backpropagation's where most of the way leads through strided
    convolutions, of which no switches are left; the page can switch between these and the gradient, and says which
    conventions it was made by. What a net cannot be asked is left out, and the page says so.

    Arguments:
        model: any function of a Tensor whose activations carry names.
        images: model inputs (N, C, H, W), C 1 or 3, or one of them, (C, H, W); where the model has a `preprocess`, also
            pictures or their paths, one or several.
        out: the folder; one that holds an earlier report is replaced when the new one is complete, and nothing else is.
        layers: names, by default about ten, spread from first to last.
        channels: how many of the strongest of each image and layer, or which.
        classes, names: of all the net's classes, and of the images.
        data, top: a data set, as for `top_activations`, of which the so many parts are shown that excite each channel
            most.
        figures: more Figures for the page, by name.
        title, back: the page's, and the address of one that it is to lead back to.
        occlusion: slide a square over each image, where the net gives logits (N, classes).
        sanity: show projections of each layer's strongest channel from random weights too, where the model has weights.
        inside, start, after_relu, overlap, bias: as for `project`.
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
    behind = bool(after_relu)
    inputs, called = inputs_of(model, images, names)
    wanted = channels_of(channels)
    check_folder(figures, out)
    check_counts(top=top)
    page = template("report.html")
    with new_folder(out) as folder:
        (folder / "pictures").mkdir()
        first = recorded_for(model, inputs[:1], ways)
        chosen = telling_layers(first) if layers is None else distinct(layers, first)
        if after_relu == "norm":
            chosen = list(dict.fromkeys(behind_norm(first, layer) for layer in chosen))
        labels = labels_of(first, classes)
        order = list(WAYS) if switches_tell(first, chosen[-1]) else [WAYS[1], WAYS[0], WAYS[2]]
        ways = {key: ways[key] for key, *_ in order}
        compares = sanity and callable(getattr(model, "named_parameters", None)) and any(model.named_parameters())
        square = {"size": size, "stride": stride, "fill": fill, "batch_size": batch_size, "progress": progress}
        with PictureFiles(folder / "pictures") as files, _bar(len(inputs) * len(chosen), progress) as advance:
            reports = ImageReport(
                files, model, chosen, wanted, labels, ways, inside, seed if compares else None,
                square if occlusion and labels else None,
            )  # fmt: skip
            pages = [
                reports.of(n, name, inputs[n : n + 1], first if n == 0 else None, advance)
                for n, name in enumerate(called)
            ]
        if data is not None:
            shown = {
                layer: sorted({unit["channel"] for page in pages for unit in page["layers"][i]["units"]})
                for i, layer in enumerate(chosen)
            }
            again = recorded_for(model, inputs[:1], ways)
            found = neighbours(
                folder, model, data, again, shown, k=top, inside=inside, batch_size=batch_size, progress=progress
            )
            for one in pages:
                for layer, told in zip(chosen, one["layers"], strict=True):
                    for unit in told["units"]:
                        unit["top"] = found[layer][unit["channel"]]
        options = {"start": start, "after_relu": after_relu, "overlap": overlap, "bias": bias, "inside": inside}
        conventions = format_options(options)
        if all(ways["deconvnet"].idle(value_of(first, layer, behind)) for layer in chosen):
            conventions.insert(0, ("ReLU", "No layer shown stands behind one: all three ways are the plain gradient."))
        net = getattr(model, "__name__", type(model).__name__)
        values = {
            "title": title or f"What {net} sees",
            "back": back,
            "data": {
                "net": net,
                "ways": [dict(zip(("key", "name", "called", "how"), way, strict=False)) for way in order],
                "layers": chosen,
                "images": pages,
            },
            "notes": _notes(first, chosen, labels, pages),
            "sanity": _about_sanity(sanity, compares, seed),
            "occlusion": _about_occlusion(occlusion, labels),
            "conventions": conventions + ([reports.about_square] if reports.about_square else []),
            "figures": _figures(folder, figures or {}),
        }
        (folder / "index.html").write_text(page.render(values), encoding="utf-8", errors="replace")  # names of files
    return Path(out) / "index.html"


# ── what goes around the images ───────────────────────────────────────────────────────────────────────────────────────


def _notes(recorded: Recorded, layers: Sequence[str], labels: Sequence[str], pages: Sequence[Any]) -> list[str]:
    """What this net cannot be asked, a sentence each."""
    notes = []
    if not switches_tell(recorded, layers[-1]):
        notes.append(
            "The way back is guided backpropagation: this net shrinks its maps by strided convolutions more than by "
            "max-pooling, and without switches a deconvnet's picture owes little to the image."
        )
    if len(recorded.outputs) != 1:
        notes.append(f"This net gives {len(recorded.outputs)} results at once, so the page says nothing of classes.")
    elif not labels:
        notes.append("This net gives no logits (N, classes), so the page says nothing of classes.")
    elif not any(page["looks"] for page in pages):
        notes.append("No layer with maps comes before its classes, so there is no Grad-CAM.")
    if not any(recorded.named[layer].ndim == 4 and max(recorded.named[layer].shape[2:]) > 1 for layer in layers):
        notes.append("Its layers are vectors: a channel has one unit, which may see the whole picture.")
    return notes


def _about_sanity(asked: bool, compares: bool, seed: int) -> str:
    if compares:
        return (
            f"Random weights (seed {seed}) in all layers; the same image and the same unit, and the backward pass "
            "started from the same number. Compared is the strongest channel of each layer."
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
