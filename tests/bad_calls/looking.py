"""Looking into nets: units, images, pictures, pages."""

import numpy as np
from PIL import Image

import autograd_mini as ag
import nn
import vis
from autograd_mini import PRIMITIVES, Tensor

from .given import A, T, folder, images, net, taken, two_layers, ways


def picture():
    return Image.new("L", (4, 4))


def one():
    return images(1)


def page():
    return folder() / "page"


def constant(x):
    return Tensor(np.ones((1, 2)), requires_grad=True).named("a")


def cut(x):
    return Tensor(x.numpy()).named("cut")


def difference(x):
    big = x * x
    return (big - big).named("difference")


def spiked():
    x = images(4)
    x[3, 1, 0, 0] = 1e30
    return x


def many():
    parts = {f"conv{n}": nn.Conv2d(3, 3, 1, rng=0) for n in range(1, 9)}
    return nn.Sequential(features=nn.Sequential(**parts))


class Ragged:
    def __len__(self):
        return 2

    def inputs(self, positions):
        return [np.zeros((3, 8 + n, 8), np.float32) for n in positions]


def curved():
    return nn.Sequential(conv=nn.Conv2d(3, 2, 3, rng=0), sigmoid=nn.Sigmoid(), after=nn.Conv2d(2, 2, 3, rng=0))


def two_convs():
    return nn.Sequential(conv=nn.Conv2d(3, 2, 3, rng=0), relu=nn.ReLU(), after=nn.Conv2d(2, 2, 3, rng=0))


def across(layer="conv", **options):
    model = net()
    vis.across_checkpoints(model, {"a": model.state_dict()}, images(), layer, **options)


def entered(block):
    with block:
        pass


RECORDED = {
    "of no images": {"images": None}, "of bytes": {"images": np.ones((1, 3, 8, 8), np.uint8)},
    "of one image": {"images": images()[0]}, "of an empty batch": {"images": images()[:0]},
    "of nan": {"images": images() * np.nan}, "of ragged images": {"images": [[1.0], [1.0, 2.0]]},
    "of five axes": {"images": images()[None]}, "of text": {"images": np.full((1, 3, 8, 8), "a")},
    "of complex numbers": {"images": images() + 1j},
}  # fmt: skip

PROJECTED = {
    "from no such layer": {"layer": "conv9"}, "from None": {"layer": None},
    "from a channel that is not there": {"channel": 9}, "from channel -1": {"channel": -1},
    "from a fraction of a channel": {"channel": 1.5}, "from a channel in words": {"channel": "a"},
    "from beyond the map": {"position": (9, 9)}, "from beyond a vector": {"layer": "fc", "position": (1, 0)},
    "from a position in words": {"position": "every"}, "from one number as position": {"position": 3},
    "from a fraction of a position": {"position": (1.5, 0)}, "of one image": {"images": images()[0]},
    "by rules in words": {"rules": "deconvnet"}, "starting from words": {"start": "x"},
    "starting from nan": {"start": np.nan}, "by no such overlap": {"overlap": "mean"},
    "by no such bias": {"bias": "kept"}, "behind a ReLU in words": {"after_relu": "yes"}, "from a number": {"layer": 2},
    "starting from True": {"start": True}, "starting from an array": {"start": np.ones(3)},
    "by no overlap": {"overlap": None}, "by bias True": {"bias": True},
}  # fmt: skip

FIELDS = {
    "of no such layer": {"layer": "zz"}, "beyond the map": {"position": (9, 9)},
    "at a position in words": {"position": "middle"}, "of a channel that is not there": {"channel": 9},
    "of a fraction of a channel": {"channel": 1.5}, "of a shape of two axes": {"images": (8, 8)},
    "of a shape of no rows": {"images": (3, 0, 8)}, "of no images": {"images": None},
    "left of the map": {"position": (0, -1)}, "at one number": {"position": 3}, "of one image": {"images": images()[0]},
    "of integers": {"images": np.ones((1, 3, 8, 8), int)},
}  # fmt: skip

SOUGHT = {
    "k of 0": {"k": 0}, "of no such layer": {"layer": "zz"}, "of an empty data set": {"data": images()[:0]},
    "of a number": {"data": 3}, "of text": {"data": "ab"}, "of a channel that is not there": {"channels": [9]},
    "of fractions of channels": {"channels": [0.5]}, "of no channels": {"channels": []},
    "in batches of 0": {"batch_size": 0}, "of nan in a later batch": {"data": [images(), images() * np.nan]},
    "of images of two sizes": {"data": [images(), images(size=6)]}, "of integers": {"data": np.ones((1, 3, 8, 8), int)},
    "of a channel below 0": {"channels": [-1]}, "k of 2.0": {"k": 2.0}, "of no batches": {"data": []},
    "of an empty batch alone": {"data": iter([images()[:0]])}, "of one image": {"data": images()[0]},
}  # fmt: skip

PATCHES = {
    "k of 0": {"k": 0}, "of a channel that is not there": {"channels": [9]}, "of no channels": {"channels": []},
    "of data that are gone": {"data": iter([images()])}, "of two-channel images": {"data": images(channels=2)},
    "of no such scale": {"scale": "x"}, "of no such display": {"display": "x"}, "of a side of 0": {"side": 0},
    "of a number as top": {"top": 3}, "of no such layer": {"layer": "zz"},
    "of an empty data set": {"data": images()[:0]}, "of a list of batches": {"data": [images()]},
    "of one image": {"data": images()[0]}, "by no such overlap": {"overlap": "mean"},
}  # fmt: skip

SHOWN = {
    "by no such display": {"display": "x"}, "to a scale below 0": {"scale": -1}, "to a scale in words": {"scale": "a"},
    "to a scale it has none of": {"display": "minmax", "scale": 1},
    "between limits that are exchanged": {"display": "clip", "limits": (1, 0)},
    "between one limit": {"display": "clip", "limits": 1}, "zoomed by 0": {"zoom": 0},
    "zoomed by a fraction": {"zoom": 1.5}, "to a scale of nan": {"scale": np.nan},
    "clipped to a scale": {"display": "clip", "scale": 2.0},
    "between equal limits": {"display": "clip", "limits": (1, 1)},
}  # fmt: skip

OCCLUDED = {
    "of no such layer": {"layer": "zz"}, "of a channel that is not there": {"layer": "conv", "channel": 9},
    "of a channel of no layer": {"channel": 1}, "by a square larger than the image": {"size": 99},
    "by a square of 0": {"size": 0}, "by a fraction of a square": {"size": 1.5}, "by three sizes": {"size": (1, 2, 3)},
    "by a stride of 0": {"stride": 0}, "by a colour in words": {"fill": "grey"},
    "by two colours of three": {"fill": [1.0, 2.0]}, "of a class that is not there": {"target": 9},
    "of a fraction of a class": {"target": 0.5}, "of three classes for one image": {"target": [0, 1, 2]},
    "by no such measure": {"measure": "x"}, "in batches of 0": {"batch_size": 0},
    "of integers": {"images": np.ones((1, 3, 8, 8), int)}, "of nan": {"images": images() * np.nan},
    "by a square too wide": {"size": (3, 11)}, "by a square of True": {"size": True},
    "by a stride back": {"stride": (1, -2)}, "by a colour of nan": {"fill": np.nan},
    "of a channel below 0": {"layer": "conv", "channel": -1}, "of a class in words": {"target": "cat"},
    "of None": {"images": None}, "of a path": {"images": "chelsea.png"},
    "of bytes": {"images": np.ones((1, 3, 8, 8), np.uint8)}, "of no images": {"images": images()[:0]},
}  # fmt: skip

MOVED = {
    "to no such transform": {"transform": "flip"}, "of no layers": {"layers": []}, "of None layers": {"layers": None},
    "of no such layer": {"layers": "zz"}, "by nan": {"amounts": [np.nan]}, "by no amounts": {"amounts": []},
    "scaled to nothing": {"transform": "scale", "amounts": [0]}, "in batches of a fraction": {"batch_size": 1.5},
    "by amounts that are no list": {"amounts": 3}, "by amounts in words": {"amounts": ["a"]},
    "by a colour in words": {"fill": "grey"}, "of a class that is not there": {"target": 9},
    "in batches of 0": {"batch_size": 0}, "of None": {"images": None},
}  # fmt: skip

REPORTED = {
    "of nothing": {"images": []}, "of None": {"images": None}, "of integers": {"images": np.ones((1, 3, 8, 8), int)},
    "of nan": {"images": images(1) * np.nan}, "of no such layer": {"layers": ["zz"]}, "of no layers": {"layers": []},
    "of 0 channels": {"channels": 0}, "with too many names": {"names": ["a", "b"]},
    "with too few classes": {"classes": ["a"]}, "by no such bias": {"bias": "x"}, "to None": {"out": None},
    "of two channels": {"images": images(channels=2)}, "of an empty list of channels": {"channels": []},
    "of a channel that is not there": {"channels": [9]}, "with a figure that is a number": {"figures": {"a": 1}},
    "starting from words": {"start": "middle"}, "by a square larger than the image": {"size": 99},
}  # fmt: skip


CALLS = {
    "record": ways(vis.record, RECORDED, model=net)
    | {
        "of no model": lambda: vis.record(None, images()),
        "of a vector": lambda: vis.record(net(), A(10)),
    },
    "conv2d": {
        "by record of other channels": lambda: vis.record(net(), images(channels=1)),
    },
    "activations": {
        "of integers": lambda: vis.activations(net(), np.ones((1, 3, 8, 8), int)),
    },
    "project": ways(vis.project, PROJECTED, model=net, images=images, layer="conv")
    | {
        "from a model without names": lambda: vis.project(lambda x: x * 2, images(), "a"),
        "from what does not depend on the images": lambda: vis.project(constant, images(), "a"),
        "by two rules for one": lambda: vis.project(
            net(), images(), "conv", rules={"conv2d": {"x": lambda g: g}}, bias="subtracted"
        ),
        "from a path like many": lambda: vis.project(many(), images(), "features.conv9"),
        "from what is cut off from the images": lambda: vis.project(cut, images(), "cut"),
        "from a sum": lambda: vis.project(lambda x: x.sum().named("sum"), images(), "sum"),
        "by two rules for one pooling": lambda: vis.project(
            net(), images(), "pool", rules={PRIMITIVES["max_pool2d"]: {"x": lambda g: g}}, overlap="max"
        ),
    },
    "DeconvNet": {
        "from no such layer": lambda: vis.DeconvNet(net()).project(images(), "zz"),
        "by rules of one's own": lambda: vis.DeconvNet(net()).project(images(), "conv", rules={"relu": {"x": abs}}),
        "of what has no mirror": lambda: vis.DeconvNet(curved()).project(images(), "after"),
        "layers from no such layer": lambda: vis.DeconvNet(net()).layers(images(), "zz"),
        "of what broadcasts the images": lambda: vis.DeconvNet(
            lambda x: (x + np.ones((2, 3, 8, 8))).named("a")
        ).project(images(1), "a"),
        "of the images' own statistics": lambda: vis.DeconvNet(
            lambda x: PRIMITIVES["channel_affine"](x, ag.mean(x, (0, 2, 3)), np.ones(3), None, None, None).named("a")
        ).project(images(), "a"),
        "of a denominator": lambda: vis.DeconvNet(lambda x: (1 / x).named("a")).project(images(), "a"),
        "by no such overlap": lambda: vis.DeconvNet(net()).project(images(), "conv", overlap="mean"),
    },
    "mirror_graph": {
        "of no such layer": lambda: vis.mirror_graph(net(), images(1), "zz"),
        "from beyond the map": lambda: vis.mirror_graph(net(), images(1), "relu", position=(9, 9)),
        "from a channel that is not there": lambda: vis.mirror_graph(net(), images(1), "relu", channel=9),
    },
    "to_graphviz": {
        "of text": lambda: ag.to_graphviz("loss"),
        "of a list of numbers": lambda: ag.to_graphviz([3.0]),
        "to a depth in words": lambda: ag.to_graphviz(T(3) * 2, depth="1"),
        "in no direction": lambda: ag.to_graphviz(T(3) * 2, rankdir="UP"),
        "showing what does not exist": lambda: ag.to_graphviz(T(3) * 2, show="colour"),
        "showing a number": lambda: ag.to_graphviz(T(3) * 2, show=3),
        "showing time without a profile": lambda: ag.to_graphviz(T(3) * 2, show="time"),
        "shaded by gradients": lambda: ag.to_graphviz(T(3) * 2, shade="gradients"),
        "shaded by time without a profile": lambda: ag.to_graphviz(T(3) * 2, shade="time"),
    },
    "graph_diff": {
        "to a depth of 0": lambda: ag.graph_diff(T(3) * 2, T(3) * 2, depth=0),
    },
    "receptive_field": ways(vis.receptive_field, FIELDS, model=net, images=(3, 8, 8), layer="conv")
    | {
        "of a sum": lambda: vis.receptive_field(lambda x: x.sum().named("s"), (3, 8, 8), "s"),
    },
    "crop": {
        "of a vector": lambda: vis.ReceptiveField(0, 0, 1, 1).crop(A(3)),
    },
    "top_activations": ways(vis.top_activations, SOUGHT, model=net, data=images, layer="conv")
    | {
        "of ragged images": lambda: vis.top_activations(net(), Ragged(), "conv"),
        "of a sum": lambda: vis.top_activations(lambda x: x.sum().named("s"), images(), "s"),
        "of what is cut off from the images": lambda: vis.top_activations(cut, images(), "cut"),
        "of activations that are nan": lambda: vis.top_activations(difference, spiked(), "difference", batch_size=2),
        "of a layer that comes up in some batches only": lambda: vis.top_activations(
            lambda x: (x * 1).named("first") if len(x) < 3 else x, images(5), "first", batch_size=4
        ),
    },
    "patches": ways(vis.patches, PATCHES, model=net, data=images, layer="conv", channels=[0])
    | {
        "of what another layer found": lambda: vis.patches(
            net(), images(), "conv", channels=[0], top=vis.top_activations(net(), images(), "relu")
        ),
        "of other channels than were found": lambda: vis.patches(
            net(), images(), "conv", channels=[0, 1], top=vis.top_activations(net(), images(), "conv", channels=[0])
        ),
        "of none of the channels found": lambda: vis.patches(
            net(), images(), "conv", channels=[], top=vis.top_activations(net(), images(), "conv")
        ),
    },
    "to_image": ways(vis.to_image, SHOWN, array=lambda: A(3, 3))
    | {
        "of heat in colours": lambda: vis.to_image(A(3, 3, 4), display="heat"),
        "of two channels": lambda: vis.to_image(A(2, 3, 4)),
        "of channels last": lambda: vis.to_image(A(8, 8, 3)),
        "of a batch": lambda: vis.to_image(images()),
        "of a vector": lambda: vis.to_image(A(3)),
        "of nothing": lambda: vis.to_image(A(0, 3)),
        "of nan": lambda: vis.to_image(np.full((3, 3), np.nan)),
        "of text": lambda: vis.to_image("a"),
        "of complex numbers": lambda: vis.to_image(A(3, 3) * 1j),
        "of objects": lambda: vis.to_image(np.full((3, 3), None)),
    },
    "common_scale": {
        "of nothing": lambda: vis.common_scale([]),
        "of empty arrays": lambda: vis.common_scale([A(0)]),
        "of text": lambda: vis.common_scale(["a"]),
        "of a percentile of 101": lambda: vis.common_scale([A(3)], percentile=101),
    },
    "grid": {
        "of nothing": lambda: vis.grid([]),
        "of arrays": lambda: vis.grid([A(3, 3)]),
        "of one picture": lambda: vis.grid(picture()),
        "with too many captions": lambda: vis.grid([picture()], ["a", "b"]),
        "with one caption": lambda: vis.grid([picture()], "a"),
        "in 0 columns": lambda: vis.grid([picture()], columns=0),
        "with a margin below 0": lambda: vis.grid([picture()], margin=-50),
    },
    "save": {
        "a figure to another suffix": lambda: vis.Figure(picture()).save(folder() / "a.xyz"),
        "a figure to no folder": lambda: vis.Figure(picture()).save(folder() / "no" / "a.png"),
        "a figure to None": lambda: vis.Figure(picture()).save(None),
        "a figure onto a folder": lambda: vis.Figure(picture()).save(taken("a.png")),
    },
    "similarity": {
        "of two sizes": lambda: vis.similarity(A(4, 4), A(5, 5)),
        "of too few pixels": lambda: vis.similarity(A(2, 2), A(2, 2)),
        "of nan": lambda: vis.similarity(np.full((4, 4), np.nan), A(4, 4)),
        "of text": lambda: vis.similarity("a", A(4, 4)),
        "of vectors": lambda: vis.similarity(A(8), A(8)),
    },
    "reconstructions": {
        "of no such layer": lambda: vis.reconstructions(net(), images(), ["zz"]),
        "of no layers": lambda: vis.reconstructions(net(), images(), []),
        "of a model without names": lambda: vis.reconstructions(lambda x: x * 2, images()),
        "by no such scale": lambda: vis.reconstructions(net(), images(), ["conv"], scale="x"),
        "of a percentile of 200": lambda: vis.reconstructions(net(), images(), ["conv"], percentile=200),
        "zoomed by 0": lambda: vis.reconstructions(net(), images(), ["conv"], zoom=0),
        "of integers": lambda: vis.reconstructions(net(), np.ones((1, 3, 8, 8), int)),
    },
    "side_by_side": {
        "of no nets": lambda: vis.side_by_side({}, images()),
        "of images of another net": lambda: vis.side_by_side({"a": net()}, {"b": images()}),
        "of layers of another net": lambda: vis.side_by_side({"a": net()}, images(), {"b": ["conv"]}),
    },
    "across_checkpoints": {
        "of none": lambda: vis.across_checkpoints(net(), {}, images(), "conv", channels=[0]),
        "of numbers": lambda: vis.across_checkpoints(net(), [1], images(), "conv", channels=[0]),
        "of a function": lambda: vis.across_checkpoints(lambda x: x, {"a": {}}, images(), "conv", channels=[0]),
        "of no channels": lambda: across(channels=[]),
        "of a channel that is not there": lambda: across(channels=[9]),
        "of no such layer": lambda: across("zz", channels=[0]),
    },
    "load_state_dict": {
        "a checkpoint that lacks all": lambda: vis.across_checkpoints(
            two_layers(), {"a": {}}, images(), "conv", channels=[0]
        ),
    },
    "occlusion": ways(vis.occlusion, OCCLUDED, model=net, images=one)
    | {
        "of no classifier": lambda: vis.occlusion(curved(), images(1)),
        "of no model": lambda: vis.occlusion(None, images(1)),
        "of two axes": lambda: vis.occlusion(net(), A(8, 8)),
        "of a sum": lambda: vis.occlusion(lambda x: x.sum(), images()),
        "of nothing computed": lambda: vis.occlusion(lambda x: None, images()),
        "of two classifiers": lambda: vis.occlusion(lambda x: (x.reshape((2, -1)), x.reshape((2, -1))), images()),
        "of one answer for all": lambda: vis.occlusion(lambda x: x.reshape((1, -1)), images()),
    },
    "figure": {
        "of an image that is not there": lambda: vis.occlusion(net(), images(1), size=4).figure(5),
        "with too few names": lambda: vis.occlusion(net(), images(1), size=4).figure(0, ["a"]),
        "of invariance with too few names": lambda: vis.invariance(net(), images(), layers="conv", amounts=[1]).figure(
            ["a"]
        ),
    },
    "attribution": {
        "with pixels between the squares": lambda: vis.occlusion(net(), images(1), size=2, stride=4).attribution(),
        "of what was not measured": lambda: vis.occlusion(net(), images(1), size=4).attribution("x"),
    },
    "SlidingSquare": {
        "with pixels between the squares": lambda: vis.SlidingSquare(2, 3)(net(), images(1), "conv"),
        "larger than the image": lambda: vis.SlidingSquare(17)(net(), images(1), "conv"),
        "of a colour in words": lambda: vis.SlidingSquare(fill="grey")(net(), images(1), "conv"),
        "in batches of 0": lambda: vis.SlidingSquare(batch_size=0)(net(), images(1), "conv"),
        "of vectors": lambda: vis.SlidingSquare()(nn.Sequential(fc=nn.Linear(3, 2, rng=0)), A(1, 3), "fc"),
        "of no such layer": lambda: vis.SlidingSquare()(net(), images(1), "zz"),
        "of a channel that is not there": lambda: vis.SlidingSquare()(net(), images(1), "conv", channel=9),
    },
    "GradCAM": {
        "of no such maps": lambda: vis.GradCAM("zz")(net(), images(1), "fc"),
        "of maps without places": lambda: vis.GradCAM("fc")(net(), images(1), "fc"),
        "of maps that come later": lambda: vis.GradCAM("fc")(net(), images(1), "conv"),
        "of the first maps": lambda: vis.GradCAM()(net(), images(1), "conv"),
        "of vectors": lambda: vis.GradCAM()(nn.Sequential(fc=nn.Linear(3, 2, rng=0)), A(1, 3), "fc"),
        "of maps in numbers": lambda: vis.GradCAM(3)(net(), images(1), "fc"),
    },
    "GuidedGradCAM": {"of no such maps": lambda: vis.GuidedGradCAM("zz")(net(), images(1), "fc")},
    "SmoothGrad": {
        "of a method in words": lambda: vis.SmoothGrad(method="gradient"),
        "of 0 copies": lambda: vis.SmoothGrad(n=0)(net(), images(1), "fc"),
        "of noise below 0": lambda: vis.SmoothGrad(sigma=-1.0)(net(), images(1), "fc"),
        "with a seed in words": lambda: vis.SmoothGrad(rng="a")(net(), images(1), "fc"),
    },
    "IntegratedGradients": {
        "at 0 places": lambda: vis.IntegratedGradients(0)(net(), images(1), "fc"),
        "from another shape": lambda: vis.IntegratedGradients(baseline=A(1, 3, 4, 4))(net(), images(1), "fc"),
        "from a colour in words": lambda: vis.IntegratedGradients(baseline="grey")(net(), images(1), "fc"),
        "of no such layer": lambda: vis.IntegratedGradients()(net(), images(1), "zz"),
    },
    "ExpectedGradients": {
        "of no background": lambda: vis.ExpectedGradients(A(0, 3, 8, 8))(net(), images(1), "fc"),
        "of a background of another size": lambda: vis.ExpectedGradients(A(2, 3, 4, 4))(net(), images(1), "fc"),
        "of integers": lambda: vis.ExpectedGradients(np.ones((2, 3, 8, 8), int))(net(), images(1), "fc"),
    },
    "FeatureAblation": {
        "of no features": lambda: vis.FeatureAblation(0)(net(), images(1), "fc"),
        "of features of another size": lambda: vis.FeatureAblation(np.ones((4, 4), int))(net(), images(1), "fc"),
        "of fractions of features": lambda: vis.FeatureAblation(A(8, 8))(net(), images(1), "fc"),
        "of vectors": lambda: vis.FeatureAblation()(nn.Sequential(fc=nn.Linear(3, 2, rng=0)), A(1, 3), "fc"),
    },
    "RISE": {
        "of 0 masks": lambda: vis.RISE(0)(net(), images(1), "fc"),
        "that never sees": lambda: vis.RISE(p=0.0)(net(), images(1), "fc"),
        "in cells of 0": lambda: vis.RISE(size=0)(net(), images(1), "fc"),
    },
    "faithfulness": {
        "of no methods": lambda: vis.faithfulness(net(), images(1), "fc", {}),
        "of a method in words": lambda: vis.faithfulness(net(), images(1), "fc", "gradient"),
        "of a picture of another size": lambda: vis.faithfulness(net(), images(1), "fc", {"a": A(1, 3, 4, 4)}),
        "of a method called random": lambda: vis.faithfulness(net(), images(1), "fc", {"random": vis.Gradient()}),
        "in 0 steps": lambda: vis.faithfulness(net(), images(1), "fc", vis.Gradient(), steps=0),
        "of no such layer": lambda: vis.faithfulness(net(), images(1), "zz", vis.Gradient()),
    },
    "LRP": {
        "by words": lambda: vis.LRP("epsilon"),
        "by a rule of the lowest layers": lambda: vis.LRP(vis.lrp_flat()),
        "with another rule set for the lowest": lambda: vis.LRP(lowest=vis.lrp_zplus()),
        "with layers in a list": lambda: vis.LRP(layers=[vis.lrp_zplus()]),
        "with a layer by words": lambda: vis.LRP(layers={"conv": "epsilon"}),
        "with no such layer": lambda: vis.LRP(layers={"conv9": vis.lrp_zplus()})(two_convs(), images(1), "after"),
        "with a lowest layer behind others": lambda: vis.LRP(lowest=vis.lrp_flat())(
            lambda x: (x * 2.0).named("twice"), images(1), "twice"
        ),
        "of rules for an operation without single ones": lambda: vis.LRP(
            layers={"conv": {"einsum": {"operands": lambda g: g}}}
        )(two_convs(), images(1), "after"),
    },
    "lrp_epsilon": {"below 0": lambda: vis.lrp_epsilon(-1.0), "in words": lambda: vis.lrp_epsilon("a")},
    "lrp_gamma": {"below 0": lambda: vis.lrp_gamma(-0.5)},
    "lrp_alpha_beta": {
        "not 1 apart": lambda: vis.lrp_alpha_beta(2.0, 2.0),
        "below 0": lambda: vis.lrp_alpha_beta(0.5, -0.5),
    },
    "lrp_zplus": {"below 0": lambda: vis.lrp_zplus(epsilon=-1.0)},
    "lrp_flat": {"below 0": lambda: vis.lrp_flat(epsilon=-1.0)},
    "lrp_wsquare": {"below 0": lambda: vis.lrp_wsquare(epsilon=-1.0)},
    "lrp_zbox": {
        "of a range that is none": lambda: vis.lrp_zbox(1.0, 0.0),
        "of nan": lambda: vis.lrp_zbox(0.0, np.nan),
        "of whole images": lambda: vis.lrp_zbox(A(3, 8, 8), A(3, 8, 8)),
    },
    "activation_maximization": {
        "of no such layer": lambda: vis.activation_maximization(net(), "zz", 0, size=8, steps=1),
        "of a channel that is not there": lambda: vis.activation_maximization(net(), "conv", 9, size=8, steps=1),
        "of no channel": lambda: vis.activation_maximization(net(), "conv", None, size=8),
        "beyond the map": lambda: vis.activation_maximization(net(), "conv", 0, size=8, position=(9, 9), steps=1),
        "of no size": lambda: vis.activation_maximization(net(), "conv", 0),
        "of a size in words": lambda: vis.activation_maximization(net(), "conv", 0, size="small"),
        "in 0 steps": lambda: vis.activation_maximization(net(), "conv", 0, size=8, steps=0),
        "at a rate below 0": lambda: vis.activation_maximization(net(), "conv", 0, size=8, lr=-1.0),
        "shifted by fractions": lambda: vis.activation_maximization(net(), "conv", 0, size=8, jitter=0.5),
    },
    "feature_inversion": {
        "of no such layer": lambda: vis.feature_inversion(net(), images(1), "zz", steps=1),
        "of two images": lambda: vis.feature_inversion(net(), images(2), "conv", steps=1),
        "of integers": lambda: vis.feature_inversion(net(), np.ones((1, 3, 8, 8), int), "conv"),
        "of a layer that is 0": lambda: vis.feature_inversion(lambda x: (x * 0.0).named("none"), images(1), "none"),
    },
    "filters": {
        "of no such layer": lambda: vis.filters(net(), "zz"),
        "of a net without": lambda: vis.filters(two_layers()),
        "of a model without parameters": lambda: vis.filters(lambda x: x),
    },
    "feature_maps": {
        "of no such layer": lambda: vis.feature_maps(net(), images(1), "zz"),
        "of a layer without": lambda: vis.feature_maps(net(), images(1), "fc"),
        "of an image that is not there": lambda: vis.feature_maps(net(), images(1), "conv", image=3),
        "of 0 maps": lambda: vis.feature_maps(net(), images(1), "conv", most=0),
    },
    "unrolled": {
        "of three axes": lambda: vis.unrolled(A(2, 2, 2), (3, 3)),
        "of words": lambda: vis.unrolled([["a"]], (3, 3)),
        "over one number": lambda: vis.unrolled(A(2, 2), 3),
        "larger than the image": lambda: vis.unrolled(A(4, 4), (3, 3)),
        "with a stride of 0": lambda: vis.unrolled(A(2, 2), (3, 3), stride=0),
    },
    "overlay": {
        "of two sizes": lambda: vis.overlay(A(3, 4, 4), A(5, 4)),
        "of an opacity of 2": lambda: vis.overlay(A(3, 4, 4), A(4, 4), opacity=2),
        "of a photograph of two axes too few": lambda: vis.overlay(A(4), A(4, 4)),
        "of nan": lambda: vis.overlay(A(3, 4, 4), np.full((4, 4), np.nan)),
        "zoomed by 0": lambda: vis.overlay(A(3, 4, 4), A(4, 4), zoom=0),
    },
    "MirroredNetwork": {
        "of what has no mirror": lambda: vis.MirroredNetwork()(curved(), images(), "after"),
    },
    "invariance": ways(vis.invariance, MOVED, model=net, images=one, layers="conv")
    | {
        "of two axes": lambda: vis.invariance(net(), A(8, 8), layers="conv"),
        "of no classifier": lambda: vis.invariance(curved(), images(1), layers="conv"),
    },
    "sanity_check": {
        "of no such layer": lambda: vis.sanity_check(net(), images(1), "zz"),
        "of a channel that is not there": lambda: vis.sanity_check(net(), images(1), "relu", channel=9),
        "with methods that are none": lambda: vis.sanity_check(net(), images(1), "relu", methods=3),
        "with a method in words": lambda: vis.sanity_check(net(), images(1), "relu", method="occlusion"),
        "with no such values": lambda: vis.sanity_check(net(), images(1), "relu", values="noise"),
        "with a part that is not there": lambda: vis.sanity_check(net(), images(1), "relu", parts=["bottom"]),
        "of integers": lambda: vis.sanity_check(net(), np.ones((1, 3, 8, 8), int), "relu"),
        "of a model without parameters": lambda: vis.sanity_check(lambda x: x, images(1), "relu"),
    },
    "randomised": {
        "without parameters": lambda: entered(vis.randomised(lambda x: x)),
        "down to no such layer": lambda: entered(vis.randomised(net(), until="zz")),
        "in no such order": lambda: entered(vis.randomised(net(), order=["zz"])),
        "by no such values": lambda: entered(vis.randomised(net(), values="x")),
        "with a seed below 0": lambda: entered(vis.randomised(net(), rng=-1)),
        "both until and only": lambda: entered(vis.randomised(net(), until="conv", only="fc")),
        "without weights": lambda: entered(vis.randomised(nn.ReLU())),
        "down to a layer without parameters": lambda: entered(vis.randomised(net(), only="relu")),
        "in an order of parts": lambda: entered(vis.randomised(many(), order=["features"])),
    },
    "report": ways(vis.report, REPORTED, model=net, images=one, out=page)
    | {
        "of a vector": lambda: vis.report(net(), A(3), page()),
        "of pictures that the model cannot take": lambda: vis.report(net(), [picture()], page()),
        "with figures that are none": lambda: vis.report(net(), images(1), page(), figures={"a": picture()}),
        "to no folder": lambda: vis.report(net(), images(1), folder() / "no" / "page"),
        "onto other files": lambda: vis.report(net(), images(1), taken("page").parent),
        "with figures in a list": lambda: vis.report(net(), images(1), page(), figures=[picture()]),
        "of a net that computes no numbers": lambda: vis.report(
            lambda x: (ag.relu(x) / 0.0).named("infinite"), images(1), folder() / "page"
        ),
    },
}
