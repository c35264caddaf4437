"""How this project looks into SqueezeNet, by Captum's conventions where Captum does the same."""

from __future__ import annotations

from typing import Any

import numpy as np

import vis

from . import work_ours
from .nets import NETS
from .work import Work

RULES = {"deconvnet": vis.DECONVNET, "guided": vis.GUIDED, "gradient": vis.GRADIENT}


class Looking(Work):
    """Pixels behind one class, what a sliding square takes from it, or the images that excite channels most."""

    def __init__(self, method: str, batch: int, target: int, size: int = 0, stride: int = 0) -> None:
        self.net = work_ours.filled(work_ours.NETS["SqueezeNet"]()).eval()
        self.images, self.method, self.target = NETS["SqueezeNet"].inputs(batch)[0], method, target
        self.square = {"size": size, "stride": stride, "batch_size": 8}

    def results(self) -> dict[str, Any]:
        if self.method == "occlusion":
            vis.occlusion(self.net, self.images, target=self.target, **self.square)
            return {"pictures": np.array(len(self.images))}
        if self.method == "top activations":
            vis.top_activations(self.net, self.images, "fire9", batch_size=8)
            return {"pictures": np.array(len(self.images))}
        project = vis.project(self.net, self.images, "logits", channel=self.target, start=1.0, after_relu=False,
                              rules=RULES[self.method])  # fmt: skip
        return {"pictures": project}
