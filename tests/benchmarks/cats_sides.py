"""The report's experiment on each side: the same pictures, weights and batches, in this project and in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import autograd_mini as ag
import nn
from examples.cats.recipes import RECIPES

from . import nets

RECIPE = RECIPES["report"]


class Ours:
    """This project's side."""

    name = "ours"

    def __init__(self, net: nn.VGG, dropout: bool) -> None:
        self.learner = nn.Learner(net, nn.cross_entropy, RECIPE.optimizer(net))
        for _, part in net.named_modules():
            if isinstance(part, nn.Dropout) and not dropout:
                part.p = 0.0

    def train(self, batches: Iterator[Any]) -> list[float]:
        """One epoch; the loss of every step."""
        self.learner.model.train()
        return [self.learner.step(x, y)[0] for x, y in batches]

    def right(self, batches: Iterator[Any]) -> float:
        """The share that is classified rightly."""
        with ag.no_grad(), self.learner.model.evaluating():
            hits = [self.learner.model(ag.Tensor(x)).numpy().argmax(1) == y for x, y in batches]
        return float(np.concatenate(hits).mean())


class Torch:
    """PyTorch's side: the same net from the same weights."""

    name = "PyTorch"

    def __init__(self, net: nn.VGG, dropout: bool, seed: int = 0) -> None:
        from . import work_torch  # here, so that the other side's process does without

        self.work, torch = work_torch, work_torch.torch
        work_torch.start(channels_last=True)
        torch.manual_seed(seed)
        self.layers = work_torch.Layers()
        self.layers.drops = dropout
        for name, parameter in net.named_parameters():
            self.layers.parameters[name] = work_torch.formatted(parameter.numpy().copy()).requires_grad_()
        parameters = list(self.layers.parameters.values())
        self.optimizer = torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, fused=True)

    def net(self, x: Any) -> Any:
        return nets.vgg(self.layers, self.work.formatted(x), nets.REPORT)

    def train(self, batches: Iterator[Any]) -> list[float]:
        """One epoch; the loss of every step."""
        self.layers.training = True
        losses = []
        for x, y in batches:
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.work.F.cross_entropy(self.net(x), self.work.torch.from_numpy(y))
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return losses

    def right(self, batches: Iterator[Any]) -> float:
        """The share that is classified rightly."""
        self.layers.training = False
        with self.work.torch.inference_mode():
            hits = [self.net(x).argmax(1).numpy() == y for x, y in batches]
        return float(np.concatenate(hits).mean())


class Data:
    """The pictures of one seed, parted and shuffled as `examples.cats` does."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.net = RECIPE.net(2, np.random.default_rng(seed))
        self.training, self.validation = nn.split(RECIPE.training(folder, self.net), 0.9, seed=seed)
        self.seed = seed

    def epochs(self) -> Iterator[Iterator[Any]]:
        """The batches of one epoch after the other."""
        rng = np.random.default_rng([self.seed, 0])
        while True:
            yield nn.batches(self.training, RECIPE.batch_size, rng)

    def held_out(self) -> Iterator[Any]:
        """The validation batches."""
        return nn.batches(self.validation, 60)
