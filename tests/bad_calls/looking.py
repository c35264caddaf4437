"""Looking into nets: units, images, pictures, pages."""

import numpy as np
from PIL import Image

import autograd_mini as ag
import nn
import vis
from autograd_mini import PRIMITIVES, Tensor

from .given import A, T, folder, images, net, taken, two_layers


def picture():
    return Image.new("L", (4, 4))


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


def across(layer="conv", **options):
    model = net()
    vis.across_checkpoints(model, {"a": model.state_dict()}, images(), layer, **options)


def entered(block):
    with block:
        pass


CALLS = {
    "record": {
        "of no model": lambda: vis.record(None, images()),
        "of no images": lambda: vis.record(net(), None),
        "of bytes": lambda: vis.record(net(), np.ones((1, 3, 8, 8), np.uint8)),
        "of one image": lambda: vis.record(net(), images()[0]),
        "of an empty batch": lambda: vis.record(net(), images()[:0]),
        "of nan": lambda: vis.record(net(), images() * np.nan),
        "of ragged images": lambda: vis.record(net(), [[1.0], [1.0, 2.0]]),
        "of a vector": lambda: vis.record(net(), A(10)),
        "of five axes": lambda: vis.record(net(), images()[None]),
        "of text": lambda: vis.record(net(), np.full((1, 3, 8, 8), "a")),
        "of complex numbers": lambda: vis.record(net(), images() + 1j),
    },
    "conv2d": {
        "by record of other channels": lambda: vis.record(net(), images(channels=1)),
    },
    "activations": {
        "of integers": lambda: vis.activations(net(), np.ones((1, 3, 8, 8), int)),
    },
    "project": {
        "from no such layer": lambda: vis.project(net(), images(), "conv9"),
        "from None": lambda: vis.project(net(), images(), None),
        "from a model without names": lambda: vis.project(lambda x: x * 2, images(), "a"),
        "from what does not depend on the images": lambda: vis.project(constant, images(), "a"),
        "from a channel that is not there": lambda: vis.project(net(), images(), "conv", channel=9),
        "from channel -1": lambda: vis.project(net(), images(), "conv", channel=-1),
        "from a fraction of a channel": lambda: vis.project(net(), images(), "conv", channel=1.5),
        "from a channel in words": lambda: vis.project(net(), images(), "conv", channel="a"),
        "from beyond the map": lambda: vis.project(net(), images(), "conv", position=(9, 9)),
        "from beyond a vector": lambda: vis.project(net(), images(), "fc", position=(1, 0)),
        "from a position in words": lambda: vis.project(net(), images(), "conv", position="every"),
        "from one number as position": lambda: vis.project(net(), images(), "conv", position=3),
        "from a fraction of a position": lambda: vis.project(net(), images(), "conv", position=(1.5, 0)),
        "of one image": lambda: vis.project(net(), images()[0], "conv"),
        "by rules in words": lambda: vis.project(net(), images(), "conv", rules="deconvnet"),
        "by two rules for one": lambda: vis.project(
            net(), images(), "conv", rules={"conv2d": {"x": lambda g: g}}, bias="subtracted"
        ),
        "starting from words": lambda: vis.project(net(), images(), "conv", start="x"),
        "starting from nan": lambda: vis.project(net(), images(), "conv", start=np.nan),
        "by no such overlap": lambda: vis.project(net(), images(), "conv", overlap="mean"),
        "by no such bias": lambda: vis.project(net(), images(), "conv", bias="kept"),
        "behind a ReLU in words": lambda: vis.project(net(), images(), "conv", after_relu="yes"),
        "from a path like many": lambda: vis.project(many(), images(), "features.conv9"),
        "from a number": lambda: vis.project(net(), images(), 2),
        "from what is cut off from the images": lambda: vis.project(cut, images(), "cut"),
        "from a sum": lambda: vis.project(lambda x: x.sum().named("sum"), images(), "sum"),
        "starting from True": lambda: vis.project(net(), images(), "conv", start=True),
        "starting from an array": lambda: vis.project(net(), images(), "conv", start=np.ones(3)),
        "by no overlap": lambda: vis.project(net(), images(), "conv", overlap=None),
        "by bias True": lambda: vis.project(net(), images(), "conv", bias=True),
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
    "receptive_field": {
        "of no such layer": lambda: vis.receptive_field(net(), (3, 8, 8), "zz"),
        "beyond the map": lambda: vis.receptive_field(net(), (3, 8, 8), "conv", (9, 9)),
        "at a position in words": lambda: vis.receptive_field(net(), (3, 8, 8), "conv", "middle"),
        "of a channel that is not there": lambda: vis.receptive_field(net(), (3, 8, 8), "conv", channel=9),
        "of a fraction of a channel": lambda: vis.receptive_field(net(), (3, 8, 8), "conv", channel=1.5),
        "of a shape of two axes": lambda: vis.receptive_field(net(), (8, 8), "conv"),
        "of a shape of no rows": lambda: vis.receptive_field(net(), (3, 0, 8), "conv"),
        "of no images": lambda: vis.receptive_field(net(), None, "conv"),
        "left of the map": lambda: vis.receptive_field(net(), (3, 8, 8), "conv", (0, -1)),
        "at one number": lambda: vis.receptive_field(net(), (3, 8, 8), "conv", 3),
        "of one image": lambda: vis.receptive_field(net(), images()[0], "conv"),
        "of integers": lambda: vis.receptive_field(net(), np.ones((1, 3, 8, 8), int), "conv"),
        "of a sum": lambda: vis.receptive_field(lambda x: x.sum().named("s"), (3, 8, 8), "s"),
    },
    "crop": {
        "of a vector": lambda: vis.ReceptiveField(0, 0, 1, 1).crop(A(3)),
    },
    "top_activations": {
        "k of 0": lambda: vis.top_activations(net(), images(), "conv", k=0),
        "of no such layer": lambda: vis.top_activations(net(), images(), "zz"),
        "of an empty data set": lambda: vis.top_activations(net(), images()[:0], "conv"),
        "of a number": lambda: vis.top_activations(net(), 3, "conv"),
        "of text": lambda: vis.top_activations(net(), "ab", "conv"),
        "of a channel that is not there": lambda: vis.top_activations(net(), images(), "conv", channels=[9]),
        "of fractions of channels": lambda: vis.top_activations(net(), images(), "conv", channels=[0.5]),
        "of no channels": lambda: vis.top_activations(net(), images(), "conv", channels=[]),
        "in batches of 0": lambda: vis.top_activations(net(), images(), "conv", batch_size=0),
        "of nan in a later batch": lambda: vis.top_activations(net(), [images(), images() * np.nan], "conv"),
        "of images of two sizes": lambda: vis.top_activations(net(), [images(), images(size=6)], "conv"),
        "of integers": lambda: vis.top_activations(net(), np.ones((1, 3, 8, 8), int), "conv"),
        "of a channel below 0": lambda: vis.top_activations(net(), images(), "conv", channels=[-1]),
        "k of 2.0": lambda: vis.top_activations(net(), images(), "conv", k=2.0),
        "of no batches": lambda: vis.top_activations(net(), [], "conv"),
        "of an empty batch alone": lambda: vis.top_activations(net(), iter([images()[:0]]), "conv"),
        "of ragged images": lambda: vis.top_activations(net(), Ragged(), "conv"),
        "of one image": lambda: vis.top_activations(net(), images()[0], "conv"),
        "of a sum": lambda: vis.top_activations(lambda x: x.sum().named("s"), images(), "s"),
        "of what is cut off from the images": lambda: vis.top_activations(cut, images(), "cut"),
        "of activations that are nan": lambda: vis.top_activations(difference, spiked(), "difference", batch_size=2),
        "of a layer that comes up in some batches only": lambda: vis.top_activations(
            lambda x: (x * 1).named("first") if len(x) < 3 else x, images(5), "first", batch_size=4
        ),
    },
    "patches": {
        "k of 0": lambda: vis.patches(net(), images(), "conv", channels=[0], k=0),
        "of a channel that is not there": lambda: vis.patches(net(), images(), "conv", channels=[9]),
        "of no channels": lambda: vis.patches(net(), images(), "conv", channels=[]),
        "of data that are gone": lambda: vis.patches(net(), iter([images()]), "conv", channels=[0]),
        "of two-channel images": lambda: vis.patches(net(), images(channels=2), "conv", channels=[0]),
        "of no such scale": lambda: vis.patches(net(), images(), "conv", channels=[0], scale="x"),
        "of no such display": lambda: vis.patches(net(), images(), "conv", channels=[0], display="x"),
        "of a side of 0": lambda: vis.patches(net(), images(), "conv", channels=[0], side=0),
        "of what another layer found": lambda: vis.patches(
            net(), images(), "conv", channels=[0], top=vis.top_activations(net(), images(), "relu")
        ),
        "of a number as top": lambda: vis.patches(net(), images(), "conv", channels=[0], top=3),
        "of no such layer": lambda: vis.patches(net(), images(), "zz", channels=[0]),
        "of an empty data set": lambda: vis.patches(net(), images()[:0], "conv", channels=[0]),
        "of a list of batches": lambda: vis.patches(net(), [images()], "conv", channels=[0]),
        "of one image": lambda: vis.patches(net(), images()[0], "conv", channels=[0]),
        "by no such overlap": lambda: vis.patches(net(), images(), "conv", channels=[0], overlap="mean"),
        "of other channels than were found": lambda: vis.patches(
            net(), images(), "conv", channels=[0, 1], top=vis.top_activations(net(), images(), "conv", channels=[0])
        ),
        "of none of the channels found": lambda: vis.patches(
            net(), images(), "conv", channels=[], top=vis.top_activations(net(), images(), "conv")
        ),
    },
    "to_image": {
        "of two channels": lambda: vis.to_image(A(2, 3, 4)),
        "of channels last": lambda: vis.to_image(A(8, 8, 3)),
        "of a batch": lambda: vis.to_image(images()),
        "of a vector": lambda: vis.to_image(A(3)),
        "of nothing": lambda: vis.to_image(A(0, 3)),
        "of nan": lambda: vis.to_image(np.full((3, 3), np.nan)),
        "of text": lambda: vis.to_image("a"),
        "of complex numbers": lambda: vis.to_image(A(3, 3) * 1j),
        "of objects": lambda: vis.to_image(np.full((3, 3), None)),
        "by no such display": lambda: vis.to_image(A(3, 3), display="x"),
        "to a scale below 0": lambda: vis.to_image(A(3, 3), scale=-1),
        "to a scale in words": lambda: vis.to_image(A(3, 3), scale="a"),
        "to a scale it has none of": lambda: vis.to_image(A(3, 3), display="minmax", scale=1),
        "between limits that are exchanged": lambda: vis.to_image(A(3, 3), display="clip", limits=(1, 0)),
        "between one limit": lambda: vis.to_image(A(3, 3), display="clip", limits=1),
        "zoomed by 0": lambda: vis.to_image(A(3, 3), zoom=0),
        "zoomed by a fraction": lambda: vis.to_image(A(3, 3), zoom=1.5),
        "to a scale of nan": lambda: vis.to_image(A(3, 3), scale=np.nan),
        "clipped to a scale": lambda: vis.to_image(A(3, 3), display="clip", scale=2.0),
        "between equal limits": lambda: vis.to_image(A(3, 3), display="clip", limits=(1, 1)),
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
    "occlusion": {
        "of no such layer": lambda: vis.occlusion(net(), images(1), layer="zz"),
        "of a channel that is not there": lambda: vis.occlusion(net(), images(1), layer="conv", channel=9),
        "of a channel of no layer": lambda: vis.occlusion(net(), images(1), channel=1),
        "by a square larger than the image": lambda: vis.occlusion(net(), images(1), size=99),
        "by a square of 0": lambda: vis.occlusion(net(), images(1), size=0),
        "by a fraction of a square": lambda: vis.occlusion(net(), images(1), size=1.5),
        "by three sizes": lambda: vis.occlusion(net(), images(1), size=(1, 2, 3)),
        "by a stride of 0": lambda: vis.occlusion(net(), images(1), stride=0),
        "by a colour in words": lambda: vis.occlusion(net(), images(1), fill="grey"),
        "by two colours of three": lambda: vis.occlusion(net(), images(1), fill=[1.0, 2.0]),
        "of a class that is not there": lambda: vis.occlusion(net(), images(1), target=9),
        "of a fraction of a class": lambda: vis.occlusion(net(), images(1), target=0.5),
        "of three classes for one image": lambda: vis.occlusion(net(), images(1), target=[0, 1, 2]),
        "by no such measure": lambda: vis.occlusion(net(), images(1), measure="x"),
        "in batches of 0": lambda: vis.occlusion(net(), images(1), batch_size=0),
        "of integers": lambda: vis.occlusion(net(), np.ones((1, 3, 8, 8), int)),
        "of no classifier": lambda: vis.occlusion(curved(), images(1)),
        "of no model": lambda: vis.occlusion(None, images(1)),
        "of nan": lambda: vis.occlusion(net(), images() * np.nan),
        "by a square too wide": lambda: vis.occlusion(net(), images(1), size=(3, 11)),
        "by a square of True": lambda: vis.occlusion(net(), images(1), size=True),
        "by a stride back": lambda: vis.occlusion(net(), images(1), stride=(1, -2)),
        "by a colour of nan": lambda: vis.occlusion(net(), images(1), fill=np.nan),
        "of a channel below 0": lambda: vis.occlusion(net(), images(1), layer="conv", channel=-1),
        "of a class in words": lambda: vis.occlusion(net(), images(1), target="cat"),
        "of None": lambda: vis.occlusion(net(), None),
        "of a path": lambda: vis.occlusion(net(), "chelsea.png"),
        "of bytes": lambda: vis.occlusion(net(), np.ones((1, 3, 8, 8), np.uint8)),
        "of no images": lambda: vis.occlusion(net(), images()[:0]),
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
    "MirroredNetwork": {
        "of what has no mirror": lambda: vis.MirroredNetwork()(curved(), images(), "after"),
    },
    "invariance": {
        "to no such transform": lambda: vis.invariance(net(), images(1), layers="conv", transform="flip"),
        "of no layers": lambda: vis.invariance(net(), images(1), layers=[]),
        "of None layers": lambda: vis.invariance(net(), images(1), layers=None),
        "of no such layer": lambda: vis.invariance(net(), images(1), layers="zz"),
        "by nan": lambda: vis.invariance(net(), images(1), layers="conv", amounts=[np.nan]),
        "by no amounts": lambda: vis.invariance(net(), images(1), layers="conv", amounts=[]),
        "scaled to nothing": lambda: vis.invariance(net(), images(1), layers="conv", transform="scale", amounts=[0]),
        "in batches of a fraction": lambda: vis.invariance(net(), images(1), layers="conv", batch_size=1.5),
        "by amounts that are no list": lambda: vis.invariance(net(), images(1), layers="conv", amounts=3),
        "by amounts in words": lambda: vis.invariance(net(), images(1), layers="conv", amounts=["a"]),
        "by a colour in words": lambda: vis.invariance(net(), images(1), layers="conv", fill="grey"),
        "of a class that is not there": lambda: vis.invariance(net(), images(1), layers="conv", target=9),
        "in batches of 0": lambda: vis.invariance(net(), images(1), layers="conv", batch_size=0),
        "of None": lambda: vis.invariance(net(), None, layers="conv"),
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
    "report": {
        "of nothing": lambda: vis.report(net(), [], folder() / "page"),
        "of None": lambda: vis.report(net(), None, folder() / "page"),
        "of a vector": lambda: vis.report(net(), A(3), folder() / "page"),
        "of integers": lambda: vis.report(net(), np.ones((1, 3, 8, 8), int), folder() / "page"),
        "of nan": lambda: vis.report(net(), images(1) * np.nan, folder() / "page"),
        "of pictures that the model cannot take": lambda: vis.report(net(), [picture()], folder() / "page"),
        "of no such layer": lambda: vis.report(net(), images(1), folder() / "page", layers=["zz"]),
        "of no layers": lambda: vis.report(net(), images(1), folder() / "page", layers=[]),
        "of 0 channels": lambda: vis.report(net(), images(1), folder() / "page", channels=0),
        "with too many names": lambda: vis.report(net(), images(1), folder() / "page", names=["a", "b"]),
        "with too few classes": lambda: vis.report(net(), images(1), folder() / "page", classes=["a"]),
        "with figures that are none": lambda: vis.report(net(), images(1), folder() / "page", figures={"a": picture()}),
        "by no such bias": lambda: vis.report(net(), images(1), folder() / "page", bias="x"),
        "to None": lambda: vis.report(net(), images(1), None),
        "to no folder": lambda: vis.report(net(), images(1), folder() / "no" / "page"),
        "onto other files": lambda: vis.report(net(), images(1), taken("page").parent),
        "of two channels": lambda: vis.report(net(), images(channels=2), folder() / "page"),
        "of an empty list of channels": lambda: vis.report(net(), images(1), folder() / "page", channels=[]),
        "of a channel that is not there": lambda: vis.report(net(), images(1), folder() / "page", channels=[9]),
        "with a figure that is a number": lambda: vis.report(net(), images(1), folder() / "page", figures={"a": 1}),
        "with figures in a list": lambda: vis.report(net(), images(1), folder() / "page", figures=[picture()]),
        "starting from words": lambda: vis.report(net(), images(1), folder() / "page", start="middle"),
        "by a square larger than the image": lambda: vis.report(net(), images(1), folder() / "page", size=99),
        "of a net that computes no numbers": lambda: vis.report(
            lambda x: (ag.relu(x) / 0.0).named("infinite"), images(1), folder() / "page"
        ),
    },
}
