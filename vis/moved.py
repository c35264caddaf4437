"""Import paths of the release before: they work for one more, and warn."""

import sys

from autograd_mini.moved import Moved

MOVED = {
    "activations": ("record", "errors"),
    "answers": ("predictions",),
    "conventions": ("options",),
    "deconvnet": ("attribution.projection", "attribution.deconvnet"),
    "figure": ("figures.figure",),
    "figures": ("attribution.reconstructions",),
    "invariance": ("attribution.invariance",),
    "mirror": ("attribution.mirror",),
    "occlusion": ("attribution.occlusion", "attribution.squares"),
    "pages": ("report.pages",),
    "panels": ("report.panels",),
    "patches": ("attribution.patches",),
    "pictures": ("figures.pictures",),
    "randomised": ("attribution.randomised",),
    "reach": ("receptive.dependence",),
    "sanity": ("attribution.sanity",),
    "similarity": ("figures.similarity",),
    "top": ("attribution.top_activations",),
    "tour": ("report.image_report",),
    "units": ("targets", "report.image_report"),
}
"""Where what a room held is now, by the room's old name."""

RENAMED = {
    "Conventions": "BackwardOptions",
    "Tour": "ImageReport",
    "told_conventions": "format_options",
    "told_square": "format_square",
}
"""What things are called now, by their old names."""

ELSEWHERE = {
    "Saliency": "vis.project(net, x, 'logits', rules=vis.GRADIENT)", "saliency": "vis.project(net, x, 'logits', "
    "rules=vis.GRADIENT)", "GuidedBackprop": "vis.project(net, x, layer, rules=vis.GUIDED)", "GuidedBackpropagation":
    "vis.project(net, x, layer, rules=vis.GUIDED)", "Deconvolution": "vis.project(net, x, layer)", "deconv":
    "vis.project(net, x, layer)", "deconvnet": "vis.project(net, x, layer)", "InputXGradient":
    "vis.InputTimesGradient()", "show": "vis.grid(pictures), which a notebook shows", "imshow": "vis.to_image(picture)",
    "plot": "vis.grid(pictures).save(path)", "save": "vis.grid(pictures).save(path)",
    "get_activations": "vis.activations(net, x)",
}  # fmt: skip
"""By a name of Captum's and others': what to write."""

ROOMS = Moved("vis", MOVED, RENAMED, ELSEWHERE)
for _room in ("activations", "invariance", "occlusion", "patches", "randomised", "similarity"):
    sys.modules[f"vis.{_room}"] = ROOMS.room(_room)  # a function has the name: importing would hide it
