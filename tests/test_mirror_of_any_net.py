"""Operators of nets from elsewhere, looked into: the mirror is the rule, or the operation is refused by name."""

import itertools

import numpy as np
import pytest

import autograd_mini as ag
import nn
import vis

RULES = [vis.DECONVNET, vis.GRADIENT, vis.GUIDED, vis.LINEAR]


class Foreign(nn.Module):
    """Borders, slices, groups, dilations, partial windows, transposed filters, two ways of clipping."""

    def __init__(self):
        made = {"rng": np.random.default_rng(0)}
        self.one = nn.Conv2d(3, 8, 3, padding=1, **made)
        self.grouped = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4, **made)
        self.pool = nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)
        self.up = nn.ConvTranspose2d(8, 6, 2, stride=2, **made)
        self.mean = nn.AvgPool2d(2, 2, ceil_mode=True)
        self.last = nn.Conv2d(6, 5, 1, **made)

    def forward(self, x):
        x = ag.pad(x, ((0, 0), (0, 0), (1, 0), (0, 2)))
        x = ag.clip(self.one(x), 0, 6)
        x = self.pool(ag.clip(self.grouped(x), 0, None) - x[:, ::-1])
        x = ag.relu(self.up(x[:, :, 1:]))
        return self.last(self.mean(x)).named("end")


def data():
    return np.random.default_rng(1).standard_normal((2, 3, 11, 13)).astype(np.float32)


@pytest.mark.parametrize("rules", RULES, ids=["deconvnet", "gradient", "guided", "linear"])
def test_the_mirror_of_a_foreign_net_is_its_rules(rules):
    net, x = Foreign(), data()
    for overlap, bias in itertools.product(("sum", "overwrite", "max"), ("dropped", "subtracted")):
        how = {"rules": rules, "overlap": overlap, "bias": bias}
        one, other = vis.project(net, x, "end", **how), vis.DeconvNet(net).project(x, "end", **how)
        assert one.any()
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5 * np.abs(one).max())


def test_a_clip_at_0_is_a_relu_and_one_elsewhere_is_not():
    x = np.array([[-2.0, 3.0, 9.0]])
    for rules, name in zip(RULES, ("DECONVNET", "GRADIENT", "GUIDED", "LINEAR"), strict=True):
        clipped = lambda x: (ag.clip(x, 0, 6) * np.array([1.0, -1.0, 1.0])).named("end")
        six = lambda x: (ag.relu6(x) * np.array([1.0, -1.0, 1.0])).named("end")
        pictures = [vis.project(net, x, "end", rules=rules, position=None, channel=2) for net in (clipped, six)]
        np.testing.assert_array_equal(*pictures, err_msg=name)
    with pytest.warns(UserWarning, match="the picture is the plain gradient"):
        vis.project(lambda x: ag.clip(x, -1, 6).named("end"), x, "end")
    with pytest.raises(NotImplementedError, match=r"clip at .end. has no mirror"):
        vis.DeconvNet(lambda x: ag.clip(x, -1, 6).named("end")).project(x, "end")


@pytest.mark.parametrize("rectifier", [lambda x: ag.maximum(x, 0), lambda x: ag.where(x > 0, x, 0)])
def test_functional_rectifiers_beside_a_relu_are_told(rectifier):
    net = nn.Sequential(one=nn.Conv2d(3, 4, 3, rng=0), relu=nn.ReLU(), two=nn.Conv2d(4, 4, 3, rng=1))
    with pytest.warns(UserWarning, match="stands (maximum|where), for which the true derivative holds"):
        vis.project(lambda x: rectifier(net(x)).named("end"), data(), "end")


@pytest.mark.parametrize("curve", [ag.hardswish, ag.sigmoid, ag.gelu])
def test_curves_have_no_mirror_and_are_refused_by_name(curve):
    net = lambda x: curve(x).named("end")
    with pytest.raises(NotImplementedError, match=f"{curve.__name__}.* has no mirror; vis.project passes through it"):
        vis.DeconvNet(net).project(data(), "end")


def test_attention_is_passed_through_by_its_true_derivative_and_refused_by_the_mirror():
    net = nn.VisionTransformer(16, 8, layers=1, heads=2, features=8, hidden=8, num_classes=3, rng=0).eval()
    x = data()[:, :, :, :11].repeat(2, 3)[:, :, :1].repeat(16, 2)[..., :16]
    with pytest.warns(UserWarning, match="the true derivative holds for"):
        assert vis.project(net, x, "heads.head").any()
    with pytest.raises(NotImplementedError, match="has no mirror"):
        vis.DeconvNet(net).project(x, "heads.head")


def test_squeeze_and_excitation_is_passed_through_by_its_true_derivative():
    net = nn.Sequential(one=nn.Conv2d(3, 4, 3, rng=0), relu=nn.ReLU())
    gate = nn.Linear(4, 4, rng=1)

    def excited(x):
        x = net(x)
        return (x * ag.sigmoid(gate(ag.mean(x, (2, 3))))[:, :, None, None]).named("end")

    assert vis.project(excited, data(), "end").any()
