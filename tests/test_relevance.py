"""Layer-wise relevance propagation: what is kept, where rules hold, batch norms, residual sums, what is refused.

That the rules are zennit's and the papers' is in `test_attribution_peers`.
"""

import warnings

import numpy as np
import pytest
from nets import images, trained

import autograd_mini as ag
import nn
import vis


class Residual(nn.Module):
    """Two residual blocks without biases: all relevance is kept."""

    def __init__(self, activation=nn.ReLU, bias=False):
        given = {"rng": np.random.default_rng(8), "dtype": np.float64, "bias": bias, "padding": 1}
        self.stem = nn.Conv2d(3, 6, 3, **given)
        self.one, self.two = nn.Conv2d(6, 6, 3, **given), nn.Conv2d(6, 6, 3, **given)
        self.act1, self.act2, self.act3, self.pool = activation(), activation(), activation(), nn.MaxPool2d(2)
        self.fc = nn.Linear(6, 4, rng=3, dtype=np.float64, bias=bias)

    def forward(self, x):
        h = self.act1(self.stem(x))
        h = self.act2(self.one(h) + h)
        h = self.pool(self.act3(self.two(h) + h))
        return self.fc(ag.mean(h, axis=(2, 3)))


RULES = {
    "ε": vis.LRP(vis.lrp_epsilon(1e-9)),
    "γ": vis.LRP(vis.lrp_gamma(0.5, epsilon=1e-9)),
    "z⁺": vis.LRP(vis.lrp_zplus(epsilon=1e-9)),
    "αβ": vis.LRP(vis.lrp_alpha_beta(epsilon=1e-9)),
    "flat": vis.LRP(vis.lrp_composite(vis.lrp_zplus(epsilon=1e-9)), vis.lrp_flat(epsilon=1e-9)),
    "w²": vis.LRP(vis.lrp_zplus(epsilon=1e-9), vis.lrp_wsquare(epsilon=1e-9)),
    "zᴮ": vis.LRP(vis.lrp_zplus(epsilon=1e-9), vis.lrp_zbox(-5.0, 5.0, epsilon=1e-9)),
}


@pytest.mark.parametrize("rule", RULES)
def test_without_biases_all_relevance_arrives_at_the_pixels_through_residual_sums_too(rule):
    net, x = Residual(), images(2, 3, 12, 12)
    values = vis.activations(net, x)["fc"].max(axis=1)
    relevance = RULES[rule](net, x, "fc")
    allowed = 1e-5 if rule not in ("γ", "αβ") else 1e-2  # where a unit has no positive part its share is lost
    np.testing.assert_allclose(relevance.sum(axis=(1, 2, 3)), values, rtol=allowed)


def test_a_saturated_relu6_passes_relevance_on():
    net, x = Residual(nn.ReLU6), 9 * images(1, 3, 12, 12)
    named = vis.activations(net, x)
    assert (named["act1"] == 6).any()
    relevance = vis.LRP(vis.lrp_epsilon(1e-9))(net, x, "fc")
    np.testing.assert_allclose(relevance.sum(), named["fc"].max(), rtol=1e-5)
    gradient = vis.InputTimesGradient()(net, x, "fc")
    assert abs(gradient.sum() - named["fc"].max()) > 0.01 * named["fc"].max()


def test_with_a_small_epsilon_it_is_input_times_gradient():
    net, x = trained(), images(2, 3, 16, 16)
    np.testing.assert_allclose(
        vis.LRP(vis.lrp_epsilon(0.0))(net, x, "top.fc"),
        vis.InputTimesGradient()(net, x, "top.fc"),
        rtol=1e-9,
        atol=1e-12,
    )


def test_rule_sets_are_given_to_grad_and_project_as_any_other():
    net, x = trained(), images(1, 3, 16, 16)
    rules = vis.lrp_composite(vis.lrp_gamma(), vis.lrp_epsilon(0.1))
    signal = vis.project(net, x, "top.relu3", rules=rules, start=1.0)
    with pytest.warns(UserWarning, match="the batch norm 'bn'"):
        relevance = vis.LRP(rules)(net, x, "top.relu3")
    np.testing.assert_array_equal(relevance, x * signal)


# ── where which rule holds ──


def test_rules_by_layer_hold_in_these_layers_alone():
    net, x = Residual(bias=True), images(1, 3, 12, 12)
    epsilon, plus = vis.lrp_epsilon(0.3), vis.lrp_zplus()
    everywhere = vis.LRP(epsilon)(net, x, "fc")
    np.testing.assert_array_equal(vis.LRP(plus, layers={"*": epsilon})(net, x, "fc"), everywhere)
    np.testing.assert_array_equal(vis.LRP(epsilon, layers={"stem": epsilon})(net, x, "fc"), everywhere)
    mixed = vis.LRP(epsilon, layers={"stem": plus, "st*": epsilon})(net, x, "fc")
    back = vis.project(net, x, "fc", rules=epsilon, start=1.0)
    assert np.abs(mixed - x * back).max() > 0.01 * np.abs(mixed).max()
    recorded = vis.LRP(epsilon).record(net, x, "fc")
    seed = np.zeros(recorded.named["fc"].shape)
    seed[0, recorded.named["fc"].numpy().argmax()] = 1.0
    by_hand = ag.grad(recorded.named["fc"], recorded.named["stem"], seed, rules=epsilon).numpy()
    again = vis.LRP(plus).record(net, x, "stem")
    np.testing.assert_allclose(
        mixed, x * ag.grad(again.named["stem"], again.images, by_hand, rules=plus).numpy(), rtol=1e-9, atol=1e-12
    )


def test_a_lowest_rule_holds_in_every_layer_that_sees_the_images():
    given = {"rng": np.random.default_rng(1), "dtype": np.float64, "bias": False}
    one, two = nn.Conv2d(3, 4, 3, **given), nn.Conv2d(3, 4, 3, **given)

    def branches(x):
        padded = ag.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        return ag.relu(one(padded) + two(padded[:, :, ::-1])).sum(axis=(1, 2, 3)).reshape((-1, 1)).named("all")

    x = images(1, 3, 8, 8)
    relevance = vis.LRP(vis.lrp_epsilon(1e-9), vis.lrp_flat(epsilon=1e-9))(branches, x, "all")
    for channel in (1, 2):
        np.testing.assert_allclose(relevance[:, channel], relevance[:, 0])  # every pixel of a place has one share
    total = vis.activations(branches, x)["all"].item()
    assert 0.5 * total < relevance.sum() < 1.001 * total  # what padding is given is lost


def test_a_lowest_rule_is_refused_behind_what_changes_numbers():
    net = Residual()
    with pytest.raises(ValueError, match="LRP: multiply stands between the images and the lowest layers"):
        vis.LRP(lowest=vis.lrp_flat())(lambda x: net(x * 2.0), images(1, 3, 12, 12), "fc")


def test_rules_of_ones_own_and_operations_as_keys_hold_by_layer_too():
    net, x = Residual(), images(1, 3, 12, 12)
    doubled = {ag.relu: {"x": lambda g, out: 2 * g * (out > 0)}}
    found = vis.LRP(vis.lrp_epsilon(0.0), layers={"act1": doubled})(net, x, "fc")
    np.testing.assert_allclose(found, 2 * vis.InputTimesGradient()(net, x, "fc"), rtol=1e-9, atol=1e-12)


# ── batch norms ──


def test_of_a_batch_norm_one_is_told_to_fold_it_unless_the_rule_takes_no_heed_of_signs():
    net, x = trained(), images(1, 3, 16, 16)
    with pytest.warns(UserWarning, match=r"the batch norm 'bn' .* nn\.folded\(net, x\)"):
        vis.LRP()(net, x, "top.fc")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = vis.LRP(vis.lrp_epsilon(1e-12))(net, x, "top.fc")
        folded = nn.folded(net, x)
        vis.LRP()(folded, x, "top.fc")
    np.testing.assert_allclose(vis.LRP(vis.lrp_epsilon(1e-12))(folded, x, "top.fc"), plain, rtol=1e-6, atol=1e-9)


def test_attention_keeps_its_derivative_and_products_with_a_matrix_follow_the_rule():
    x, w = images(1, 4), images(4, 3)
    product = lambda x: (ag.relu(x) @ w).named("out")
    layer = lambda x: ag.linear(ag.relu(x), w.T).named("out")
    for rules in (vis.lrp_zplus(), vis.lrp_gamma(), vis.lrp_epsilon(0.1)):
        np.testing.assert_allclose(vis.LRP(rules)(product, x, "out"), vis.LRP(rules)(layer, x, "out"))
    stacked = lambda x: (x.reshape((1, 2, 2)) @ ag.relu(x).reshape((1, 2, 2))).reshape((1, 4)).named("out")
    np.testing.assert_allclose(vis.LRP(vis.lrp_zplus())(stacked, x, "out"), vis.InputTimesGradient()(stacked, x, "out"))


def test_random_weights_question_relevance():
    pytest.importorskip("skimage.metrics", reason="scikit-image is not installed")
    net = nn.folded(trained(), images(1, 3, 16, 16))
    method = vis.LRP(lowest=vis.lrp_flat())
    found = vis.sanity_check(net, images(1, 3, 16, 16), "top.fc", method=method, methods={})
    assert found.projections[0].any()
    assert (found.ssim[1:] < 0.999).any()
