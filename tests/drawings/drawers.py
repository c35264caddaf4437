"""The graph drawers, each in a process of its own: `python -m tests.drawings.drawers NAME` answers lines of JSON.

hello                  versions, or what is missing
prepare what params    compute a graph to be drawn, "net" or "chain", unless it is there already
text options           the DOT text
time options           seconds to the DOT text; `after` is the part of them after a run of the model, where one is made
picture options        an SVG by the drawer's own means -> the number of bytes
names                  what a user calls the net's modules and parameters
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.serving import serve

CHANNELS = "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M"  # Simonyan & Zisserman's D
WIDTHS = (512 * 7 * 7, 4096, 4096, 1000)
IMAGE, LABELS = (1, 3, 224, 224), [3]


class Ours:
    """This project, on its own VGG-16, whose layers are called features.conv1_1, …"""

    packages = ("numpy", "graphviz")

    def start(self) -> dict[str, str]:
        import autograd_mini as ag
        import nn

        self.ag, self.nn = ag, nn
        return {"autograd-mini": ag.__version__}

    def net(self) -> None:
        net = self.nn.VGG("vgg16", rng=0).eval()
        self.known = [name for name, _ in (*net.named_modules(), *net.named_parameters())]
        self.output = self.nn.cross_entropy(net(np.ones(IMAGE, np.float32)), np.array(LABELS))

    def chain(self, length: int) -> None:
        y = self.ag.Tensor(np.ones(3), requires_grad=True)
        for _ in range(length // 2):
            y = self.ag.tanh(self.ag.sin(y))
        self.output = y.sum()

    def draw(self, **options: Any) -> str:
        source: str = self.ag.to_graphviz(self.output, **options).source
        return source

    def picture(self, **options: Any) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            return self.ag.render(self.output, Path(folder) / "graph.svg", **options).read_bytes()


class Torchviz:
    """torchviz, on the same net in PyTorch with torchvision's structure."""

    packages = ("torchviz", "torch", "graphviz")

    def start(self) -> dict[str, str]:
        import torch
        import torchviz

        self.torch, self.drawer = torch, torchviz
        return {}

    def net(self) -> None:
        self.model = vgg16().eval()
        self.known = [name for name, _ in (*self.model.named_modules(), *self.model.named_parameters())]
        self.inputs = [self.torch.ones(IMAGE), self.torch.tensor(LABELS)]
        self.output = self.model(*self.inputs)

    def chain(self, length: int) -> None:
        self.model = chain(length)
        self.inputs = [self.torch.ones(3, requires_grad=True)]
        self.output = self.model(*self.inputs)

    def digraph(self, **options: Any) -> Any:
        sys.setrecursionlimit(options.pop("frames", 1000))  # Python's own default
        return self.drawer.make_dot(self.output, params=dict(self.model.named_parameters()), **options)

    def draw(self, **options: Any) -> str:
        source: str = self.digraph(**options).source
        return source

    def picture(self, **options: Any) -> bytes:
        picture: bytes = self.digraph(**options).pipe(format="svg")
        return picture


class Torchview(Torchviz):
    """torchview, which runs the model itself, without recording gradients."""

    packages = ("torchview", "torch", "graphviz")

    def start(self) -> dict[str, str]:
        import torch
        import torchview
        from torchview.computation_graph import ComputationGraph

        self.torch, self.drawer = torch, torchview
        fill = ComputationGraph.fill_visual_graph

        def timed(graph: Any) -> None:
            self.filling = time.perf_counter()  # the model has run
            fill(graph)

        ComputationGraph.fill_visual_graph = timed  # type: ignore[method-assign, assignment]
        return {}

    def net(self) -> None:
        super().net()
        with self.torch.device("meta"):  # shapes only: nothing is computed
            self.shadow = vgg16().eval(), [self.torch.ones(IMAGE), self.torch.tensor(LABELS)]

    def digraph(self, **options: Any) -> Any:
        options.setdefault("device", "cpu")
        model, inputs = self.shadow if options["device"] == "meta" else (self.model, self.inputs)
        return self.drawer.draw_graph(model, input_data=inputs, **options).visual_graph


DRAWERS: dict[str, Callable[[], Any]] = {"ours": Ours, "torchviz": Torchviz, "torchview": Torchview}


def vgg16() -> Any:
    """torchvision's structure: features, avgpool, classifier. With labels the loss, as a model that trains itself."""
    import torch
    from torch import nn

    class VGG(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            features: list[nn.Module] = []
            channels = 3
            for word in CHANNELS.split():
                if word == "M":
                    features.append(nn.MaxPool2d(2, 2))
                else:
                    features += [nn.Conv2d(channels, int(word), 3, padding=1), nn.ReLU(inplace=True)]
                    channels = int(word)
            self.features = nn.Sequential(*features)
            self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
            layers = [nn.Linear(inputs, outputs) for inputs, outputs in pairwise(WIDTHS)]
            between = [[nn.ReLU(inplace=True), nn.Dropout(0.5)] for _ in layers[1:]]
            hidden = [part for layer, more in zip(layers, between, strict=False) for part in (layer, *more)]
            self.classifier = nn.Sequential(*hidden, layers[-1])

        def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
            logits = self.classifier(torch.flatten(self.avgpool(self.features(images)), 1))
            return logits if labels is None else nn.functional.cross_entropy(logits, labels)

    return VGG()


def chain(length: int) -> Any:
    """A module that runs so many operations one after another, and a sum."""
    import torch

    class Chain(torch.nn.Module):
        def forward(self, y: torch.Tensor) -> torch.Tensor:
            for _ in range(length // 2):
                y = torch.tanh(torch.sin(y))
            return y.sum()

    return Chain()


class Desk:
    """What a process does with each request."""

    def __init__(self, name: str) -> None:
        self.drawer = DRAWERS[name]()
        self.prepared: tuple[str, dict[str, Any]] | None = None

    def hello(self) -> dict[str, Any]:
        try:
            own = self.drawer.start()
            return {"versions": own | {package: version(package) for package in self.drawer.packages}}
        except ImportError as error:  # PackageNotFoundError is one
            return {"missing": str(error)}

    def prepare(self, what: str, **params: Any) -> dict[str, Any]:
        if self.prepared != (what, params):
            getattr(self.drawer, what)(**params)
            self.prepared = what, params
        return {}

    def names(self) -> dict[str, Any]:
        return {"names": [name for name in self.drawer.known if name]}

    def text(self, **options: Any) -> dict[str, Any]:
        return {"text": self.drawer.draw(**options)}

    def time(self, **options: Any) -> dict[str, Any]:
        gc.collect()
        started = time.perf_counter()
        self.drawer.draw(**options)
        ended = time.perf_counter()
        filling = getattr(self.drawer, "filling", None)
        return {"seconds": ended - started, "after": None if filling is None else ended - filling}

    def picture(self, **options: Any) -> dict[str, Any]:
        picture = self.drawer.picture(**options)
        if b"</svg>" not in picture:
            raise ValueError(f"no SVG: {picture[:40]!r}")
        return {"bytes": len(picture)}


if __name__ == "__main__":
    serve(lambda: Desk(sys.argv[1]))
