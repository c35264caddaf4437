"""Names and import paths of the release before work for one more, and warn."""

import importlib
import sys

import numpy as np
import pytest
from cases import every
from internals import array_of

import autograd_mini as ag
import nn
import nn.moved
import vis.moved
from autograd_mini import moved

PATHS = [f"autograd_mini.{room}" for room in moved.MOVED]
PATHS += [f"nn.{room}" for room in nn.moved.MOVED if room not in ("optim", "squeezenet")]


@pytest.mark.parametrize("name", PATHS)
def test_an_old_import_path_works_and_warns(name, monkeypatch):
    package = importlib.import_module(name.partition(".")[0])
    monkeypatch.setattr(package, name.rpartition(".")[2], None, raising=False)  # which importing it sets
    sys.modules.pop(name, None)
    with pytest.warns(DeprecationWarning, match=f"{name} has moved to {package.__name__}"):
        importlib.import_module(name)
    sys.modules.pop(name, None)


@every(
    ("room", "old", "room_now", "now"),
    [
        ("autograd_mini.tape", "Value", "core.tape", "Value"),
        ("autograd_mini.tape", "watched_by", "core.observer", "observed_by"),
        ("autograd_mini.tape", "no_grad", "core.observer", "no_grad"),
        ("autograd_mini.ledger", "Ledger", "core.observer", "Observer"),
        ("autograd_mini.primitives", "Primitive", "core.primitive", "Primitive"),
        ("autograd_mini.errors", "is_whole", "arguments", "is_whole"),
        ("autograd_mini.functional", "softmax", "ops.softmax", "softmax"),
        ("autograd_mini.spatial", "conv2d", "ops.conv", "conv2d"),
        ("autograd_mini.memory", "memory_usage", "observe.memory", "memory_usage"),
        ("autograd_mini.memory", "Kept", "observe.memory", "Saved"),
        ("autograd_mini.gradcheck.blame", "Fault", "gradcheck.localize", "Fault"),
        ("autograd_mini.gradcheck.manners", "MannersError", "gradcheck.rule_properties", "RuleError"),
        ("autograd_mini.gradcheck.narrow", "check_narrow", "gradcheck.low_precision", "check_low_precision"),
        ("autograd_mini.gradcheck.subject", "Subject", "gradcheck.target", "Target"),
        ("nn.checking", "functional_call", "functional_call", "functional_call"),
        ("nn.checkpoint", "held", "training.lock", "held"),
        ("nn.folder", "pictures_in", "data.folder", "pictures_in"),
        ("nn.learner", "Learner", "training.learner", "Learner"),
        ("nn.rehearsal", "State", "inspect.dry_run", "State"),
        ("nn.rehearsal", "rehearse", "inspect.dry_run", "dry_run"),
        ("nn.run", "Run", "training.training_state", "Run"),
        ("nn.vgg", "CONFIGURATIONS", "models.vgg", "CONFIGURATIONS"),
        ("nn.weights", "read_with_notes", "io.weights", "read_with_notes"),
        ("nn.writing", "DIGEST", "io.safetensors_io", "DIGEST"),
    ],
)
def test_what_an_old_room_held_is_what_the_new_one_holds(room, old, room_now, now):
    sys.modules.pop(room, None)
    with pytest.warns(DeprecationWarning, match="has moved to"):
        held = importlib.import_module(room)
    package = room.partition(".")[0]
    assert getattr(held, old) is vars(importlib.import_module(f"{package}.{room_now}"))[now]
    with pytest.raises(AttributeError, match="it has moved to"):
        held.nothing_of_the_kind


def test_a_room_of_before_is_an_attribute_of_its_package(monkeypatch):
    monkeypatch.delattr(nn, "learner", raising=False)
    with pytest.warns(
        DeprecationWarning, match=r"^nn\.learner\.Learner is now nn\.training\.learner\.Learner$"
    ) as caught:
        assert nn.learner.Learner is nn.Learner
    assert caught[0].filename == __file__
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'nothing_of_the_kind'$"):
        nn.nothing_of_the_kind


def test_a_room_of_before_does_not_hide_the_function_of_its_name():
    with pytest.warns(DeprecationWarning, match=r"^nn\.squeezenet\.FIRES is now nn\.models\.squeezenet\.FIRES$"):
        from nn.squeezenet import FIRES
    assert FIRES is sys.modules["nn.models.squeezenet"].FIRES
    importlib.import_module("nn.squeezenet")
    assert nn.squeezenet is sys.modules["nn.models.squeezenet"].squeezenet


def test_schedules_are_found_where_optimisers_are():
    for name in ("Schedule", "StepLR", "ExponentialLR", "CosineAnnealingLR", "WarmupLR"):
        with pytest.warns(DeprecationWarning, match=rf"^nn\.optim\.{name} is now nn\.schedules\.{name}$") as caught:
            assert getattr(nn.optim, name) is getattr(nn, name)
        assert caught[0].filename == __file__
    with pytest.raises(AttributeError, match=r"^module 'nn\.optim' has no attribute 'nothing_of_the_kind'$"):
        nn.optim.nothing_of_the_kind


def test_a_public_name_of_before_is_what_the_new_one_is_and_warns():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with ag.profile() as profile:
        y = ag.exp(x)
    net = nn.Linear(2, 3).summary((1, 2))
    usage, listing = ag.saved(y), y.summary()
    with pytest.warns(DeprecationWarning, match="^kept is now saved$"):
        assert ag.kept(y) == usage
    renamed = [(profile, "walked", "ran_backward", False), (usage.rows[0], "keeps", "saved", usage.rows[0].saved)]
    for holder, nbytes in ((usage, 16), (profile.rows[0], 16), (listing, 16), (listing.rows[1], 16), (net, 8)):
        renamed.append((holder, "kept_bytes", "saved_bytes", nbytes))
    renamed.append((net.rows[0], "kept_bytes", "saved_bytes", 8))
    for holder, old, now, value in renamed:
        with pytest.warns(DeprecationWarning, match=rf"^\w+\.{old} is now {now}$") as caught:
            assert getattr(holder, old) == getattr(holder, now) == value
        assert caught[0].filename == __file__


LOOKING = [  # rooms of `vis`, something that each held and where it is
    ("activations", "find_layer", "record"),
    ("answers", "target_classes", "predictions"),
    ("conventions", "winners", "options"),
    ("deconvnet", "project", "attribution.projection"),
    ("figure", "shown", "figures.figure"),
    ("figures", "reconstructions", "attribution.reconstructions"),
    ("invariance", "transformed", "attribution.invariance"),
    ("mirror", "mirror_graph", "attribution.mirror"),
    ("occlusion", "over_pixels", "attribution.occlusion"),
    ("pages", "new_folder", "report.pages"),
    ("panels", "Panels", "report.panels"),
    ("patches", "OUTSIDE", "attribution.patches"),
    ("pictures", "grid", "figures.pictures"),
    ("randomised", "layers_of", "attribution.randomised"),
    ("reach", "seeing", "receptive.dependence"),
    ("sanity", "Sanity", "attribution.sanity"),
    ("similarity", "normalised", "figures.similarity"),
    ("top", "images_at", "attribution.top_activations"),
    ("tour", "Panels", "report.image_report"),
    ("units", "units_of", "targets"),
]


def test_every_room_that_has_moved_is_looked_into():
    assert [room for room, _, _ in LOOKING] == list(vis.moved.MOVED)


@pytest.mark.parametrize(("room", "name", "now"), LOOKING)
def test_rooms_of_before_do_not_hide_what_is_called_as_they_were(room, name, now, monkeypatch):
    before = {public: getattr(vis, public) for public in vis.__all__}
    if room not in ("figures", *before):  # which are a room and functions still
        monkeypatch.delitem(sys.modules, f"vis.{room}", raising=False)
        monkeypatch.delitem(vars(vis), room, raising=False)
        with pytest.warns(DeprecationWarning, match=rf"^vis\.{room}\.{name} is now vis\.{now}\.{name}$"):
            assert getattr(getattr(vis, room), name) is vars(importlib.import_module(f"vis.{now}"))[name]
    with pytest.warns(DeprecationWarning, match=rf"^vis\.{room}(\.{name} is now| has moved to) vis\.{now}\b") as caught:
        exec(compile(f"from vis.{room} import {name} as held", __file__, "exec"), space := {})
    assert {warning.filename for warning in caught} == {__file__}
    assert space["held"] is vars(sys.modules[f"vis.{now}"])[name]
    assert {public: getattr(vis, public) for public in vis.__all__} == before


@pytest.mark.parametrize(("old", "now"), vis.moved.RENAMED.items())
def test_what_a_room_of_before_called_otherwise_comes_by_its_old_name(old, now):
    room = {"Conventions": "conventions", "Tour": "tour"}.get(old, "panels")
    where = importlib.import_module(f"vis.{dict(vis.moved.MOVED)[room][0]}")
    with pytest.warns(DeprecationWarning, match=rf"^vis\.{room}\.{old} is now {where.__name__}\.{now}$"):
        assert getattr(vis.moved.ROOMS.room(room), old) is vars(where)[now]


def test_nothing_of_ours_takes_an_old_path(recwarn):
    for name in ("autograd_mini", "nn", "vis"):
        importlib.import_module(name)
    assert not [w for w in recwarn if w.category is DeprecationWarning]


IMAGES = np.random.default_rng(0).standard_normal((2, 3, 4, 4)).astype(np.float32)
LINEAR, CONV, NORM = nn.Linear(4, 2, rng=0), nn.Conv2d(3, 2, 2, rng=0), nn.BatchNorm2d(3)


@pytest.mark.parametrize(
    ("function", "arrays"),
    [
        (ag.linear, (IMAGES, LINEAR.weight, LINEAR.bias)),
        (ag.conv2d, (IMAGES, CONV.weight)),
        (ag.batch_norm, (IMAGES,)),
        (LINEAR, (IMAGES,)),
        (CONV, (IMAGES,)),
        (NORM, (IMAGES,)),
        (CONV.forward, (IMAGES,)),
    ],
)
def test_rectify_warns_where_it_is_written_and_means_relu_of_the_result(function, arrays):
    for rectify in (True, False):
        with pytest.warns(DeprecationWarning, match="rectify: put relu around the result") as warned:
            found = function(*arrays, rectify=rectify)
        assert [warning.filename for warning in warned] == [__file__]
        plain = function(*arrays)
        np.testing.assert_array_equal(array_of(found), array_of(ag.relu(plain) if rectify else plain))
        assert type(found) is type(plain)
        assert array_of(plain).min() < 0


def test_rectify_leaves_statistics_as_they_are():
    with pytest.warns(DeprecationWarning, match="rectify"):
        y, *statistics = ag.batch_norm(IMAGES - 3, return_statistics=True, rectify=True)
    assert y.min() == 0
    np.testing.assert_array_equal(statistics, ag.batch_norm(IMAGES - 3, return_statistics=True)[1:])
    assert statistics[0].max() < 0
