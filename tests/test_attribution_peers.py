"""Every way of looking beside Captum's, zennit's, or its formula in PyTorch: on equal weights, in double precision."""

import numpy as np
import pytest
from cases import every

import vis

pytest.importorskip("torch", reason="PyTorch is not installed (the extra `test`)")
pytest.importorskip("captum.attr", reason="Captum is not installed (the extra `test`)")

import attribution_peers as peers

ALLOWED = 1e-7
"""Of the largest value. Most differ by 1e-15; zennit and Captum add 1e-6 to what a mean over a map is divided by."""


@every("row", peers.ROWS, ids=[row.name for row in peers.ROWS])
def test_a_way_of_looking_gives_the_picture_that_others_give(row):
    assert row.difference() <= ALLOWED


@pytest.mark.parametrize("method", peers.RELEVANCE)
def test_relevance_is_zennits(method):
    rows = [row for row in peers.rows_of_zennit() if row.method == method]
    if not rows:
        pytest.skip("zennit is not installed")
    assert len(rows) == 2
    for row in rows:
        assert row.difference() <= ALLOWED


def test_every_method_is_compared():
    compared = {type(row.ours_method).__name__ for row in peers.ROWS}
    own = {
        name
        for name in vis.__all__
        if isinstance(getattr(vis, name), type) and issubclass(getattr(vis, name), vis.Attribution)
    }
    assert own - compared == {"Attribution", "MirroredNetwork"}  # the protocol, and Projection's twin, see test_vis


def test_the_comparison_can_fail():
    row = peers.ROWS[0]
    other = peers.on_squeezenet("another class", "", vis.Projection(vis.GUIDED, start=1.0), row.theirs_method)
    assert other.difference() > 0.05
    assert np.isfinite(row.difference())
