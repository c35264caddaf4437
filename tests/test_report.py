"""The report: a folder that opens from disk; what it shows is what was computed; written whole or not at all."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from nets import assert_state, images, state_of
from PIL import Image

import autograd_mini as ag
import nn
import vis
from vis.receptive import places_inside
from vis.report.panels import compared
from vis.targets import telling_layers

EVIL = "</script><img src=x onerror=alert(1)>"
CLASSES = ["cat & dog", EVIL, "bird"]
LOOKED = {"deconvnet": vis.DECONVNET, "guided": vis.GUIDED, "gradient": vis.GRADIENT}


def small_net(classes=3):
    given = {"rng": np.random.default_rng(4)}
    return nn.Sequential(
        conv1=nn.Conv2d(3, 5, 3, padding=1, **given), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(5, 6, 3, **given), relu2=nn.ReLU(),
        flat=nn.Flatten(), fc=nn.Linear(6 * 6 * 6, classes, **given),
    )  # fmt: skip


def some_images(n=2, channels=3):
    return np.random.default_rng(7).random((n, channels, 16, 16), np.float32)


def data_of(page):
    text = Path(page).read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def units_of(page):
    """(number of the image, layer, unit) of all that a page tells."""
    for n, image in enumerate(data_of(page)["images"]):
        for layer, told in zip(data_of(page)["layers"], image["layers"], strict=True):
            yield from ((n, layer, unit) for unit in told["units"])


def pixels(page, source):
    return np.asarray(Image.open(Path(page).parent / source))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A report of two images with names that are markup: the net, the images, the page."""
    net, images = small_net(), some_images()
    figures = {EVIL: vis.Figure(Image.new("RGB", (30, 20), "red"), caption="all <b>red</b>")}
    options = {"channels": 3, "classes": CLASSES, "names": ["first", EVIL], "figures": figures, "size": 6, "stride": 5}
    return net, images, vis.report(net, images, tmp_path_factory.mktemp("report") / "seen", **options)


@pytest.fixture
def opened(browser, written):
    """The report in Chromium. There must be no errors, and no requests for anything but files beside the page."""
    page = browser.chromium.new_page(viewport={"width": 1100, "height": 800}, offline=True)
    wrong = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    # a picture that another takes the place of before it is read is let go of; a missing one is ERR_FILE_NOT_FOUND
    page.on("requestfailed", lambda request: request.failure == "net::ERR_ABORTED" or wrong.append(request.url))
    beside = written[2].parent.as_uri()
    page.on("request", lambda request: request.url.startswith((beside, "data:")) or wrong.append(request.url))
    page.goto(written[2].as_uri())
    yield page
    page.evaluate("for (const image of document.images) image.loading = 'eager'")
    seen = "Array.from(document.images).filter(image => image.checkVisibility())"
    page.wait_for_function(f"{seen}.every(image => image.complete && image.naturalWidth > 0)")
    page.close()
    assert wrong == []


# ── what it says is what was computed ──


def test_the_folder_holds_a_page_its_pictures_and_nothing_else(written):
    _, _, page = written
    data = data_of(page)
    assert page.name == "index.html"
    files = {path.relative_to(page.parent).as_posix() for path in page.parent.rglob("*") if path.is_file()}
    told = set(re.findall(r'"src": "([^"]+)"', json.dumps(data))) | {"pictures/figure0.png"}
    assert files == told | {"index.html", ".vis-report"}
    assert data["layers"] == ["relu1", "relu2"]
    assert [image["name"] for image in data["images"]] == ["first", EVIL]


def test_units_and_their_maps_are_the_strongest(written):
    net, images, page = written
    chosen = {}
    for n, layer, unit in units_of(page):
        recorded = vis.record(net, images[n : n + 1])
        maps = recorded.named[layer].numpy()[0]
        inside = np.where(places_inside(recorded, recorded.named[layer]), maps, -np.inf)  # those that see no padding
        chosen.setdefault((n, layer), []).append(unit["channel"])
        assert chosen[n, layer] == np.argsort(-inside.max(axis=(1, 2)))[: len(chosen[n, layer])].tolist()
        of_channel, strongest = maps[unit["channel"]], inside[unit["channel"]]
        assert (unit["y"], unit["x"]) == np.unravel_index(strongest.argmax(), strongest.shape)
        np.testing.assert_allclose(unit["activation"], strongest.max(), rtol=1e-5)
        assert unit["map"]["on"] == (of_channel > 0).sum()
        drawn = vis.to_image(of_channel, display="heat", scale=float(of_channel.max()))
        np.testing.assert_array_equal(pixels(page, unit["map"]["src"]), np.asarray(drawn))
        field = vis.receptive_field(net, images, layer, (unit["y"], unit["x"])).clipped(16, 16)
        assert unit["field"] == [field.top, field.left, field.bottom, field.right]
    assert {len(channels) for channels in chosen.values()} == {3}
    assert [told["shape"] for told in data_of(page)["images"][0]["layers"]] == [[5, 16, 16], [6, 6, 6]]


def assert_projected(page, net, images, **options):
    """Every projection on a page is the one that `project` gives."""
    ranks = {}
    for n, layer, unit in units_of(page):
        ranks[n, layer] = ranks.get((n, layer), -1) + 1
        told = list(LOOKED.values())[: 3 if ranks[n, layer] < 3 else 1]  # weaker channels have the first way alone
        for rules, projection in zip(told, unit["projections"], strict=True):
            how = {"channel": unit["channel"], "rules": rules, "inside": True, **options}
            signal = vis.project(net, images[n : n + 1], layer, **how)[0]
            white = np.percentile(np.abs(signal[signal != 0]), 99) if signal.any() else 0
            np.testing.assert_allclose(projection["scale"], white, rtol=1e-5)
            np.testing.assert_allclose([projection["low"], projection["high"]], [signal.min(), signal.max()], rtol=1e-5)
            np.testing.assert_array_equal(pixels(page, projection["src"]), np.asarray(vis.to_image(signal)))


def test_every_projection_is_the_one_that_project_gives(written):
    net, images, page = written
    assert [way["key"] for way in data_of(page)["ways"]] == list(LOOKED)
    assert_projected(page, net, images)


def test_the_conventions_that_are_asked_for_are_used_and_written_down(tmp_path):
    net, images = small_net(), some_images(1)
    options = {"start": 2.0, "after_relu": False, "overlap": "max", "bias": "subtracted", "inside": False}
    shows = {"layers": ["relu2", "conv2"], "channels": 6, "occlusion": False, "sanity": False}
    page = vis.report(net, images, tmp_path / "seen", **shows, **options)
    assert_projected(page, net, images, **options)
    for _, layer, unit in units_of(page):
        values = vis.activations(net, images)[layer][0, unit["channel"]]
        assert unit["map"]["signed"] == (values.min() < 0)
        if values.min() < 0:  # grey is zero
            np.testing.assert_array_equal(
                pixels(page, unit["map"]["src"]), np.asarray(vis.to_image(values, display="symmetric"))
            )
    assert {layer for _, layer, unit in units_of(page) if unit["map"]["signed"]} == {"conv2"}
    text = page.read_text(encoding="utf-8")
    for words in (
        "2, not the activation",
        "Before the layer",
        "keep the larger value",
        "is subtracted before",
        "are taken, too",
    ):
        assert words in text
    assert "it was not asked for" in text


def test_occlusion_maps_are_those_of_vis_occlusion(written):
    net, images, page = written
    for n, layer, unit in units_of(page):
        found = vis.occlusion(net, images[n], layer=layer, channel=unit["channel"], size=6, stride=5)
        left, bare, told = found.activation[0], found.unoccluded.activation[0], unit["occlusion"]
        np.testing.assert_allclose(
            [told["least"], told["most"], told["bare"]], [left.min(), left.max(), bare], rtol=1e-4
        )
        assert told["box"] == found.boxes[np.unravel_index(left.argmin(), left.shape)].tolist()
        low, high = min(0, left.min()), max(left.max(), bare)
        there = pixels(page, told["src"])[1, 1]  # under the first square
        np.testing.assert_allclose(there, 255 * (left[0, 0] - low) / (high - low), atol=1)
    for n, image in enumerate(data_of(page)["images"]):
        found, told = vis.occlusion(net, images[n], size=6, stride=5), image["occlusion"]
        bare = found.unoccluded.probability[0]
        low, high = min(bare, found.probability[0].min()), max(bare, found.probability[0].max())
        expected = [found.probability[0].min(), bare, low, high]
        told_of_it = [told["probability"][key] for key in ("least", "bare", "black", "white")]
        np.testing.assert_allclose(told_of_it, expected, rtol=1e-4)
        levels = pixels(page, told["probability"]["src"])
        np.testing.assert_allclose(levels[1, 1], 255 * (found.probability[0, 0, 0] - low) / (high - low), atol=1)
        counts = {entry["name"]: entry["places"] for entry in told["predicted"]["legend"]}
        assert counts == Counter(CLASSES[k] for k in found.predicted.ravel())
        assert told["target"] == CLASSES[found.target[0]]


def test_scores_are_the_probabilities_of_the_net(written):
    net, images, page = written
    for image, expected in zip(data_of(page)["images"], ag.softmax(net(images).detach(), axis=1).numpy(), strict=True):
        assert [score["name"] for score in image["scores"]] == [CLASSES[k] for k in np.argsort(-expected)]
        np.testing.assert_allclose([score["probability"] for score in image["scores"]], -np.sort(-expected), rtol=1e-4)


def test_the_sanity_check_shows_the_same_unit_from_random_weights(written):
    net, images, page = written
    measured, strongest = 0, set()
    for n, layer, unit in units_of(page):
        first = (n, layer) not in strongest
        strongest.add((n, layer))
        assert all(("random" in projection) == first for projection in unit["projections"])
        if not first:
            continue
        x, place = images[n : n + 1], {"channel": unit["channel"], "position": (unit["y"], unit["x"])}
        trained = vis.project(net, x, layer, **place)[0]
        start = float(vis.activations(net, x)[layer][0, unit["channel"], unit["y"], unit["x"]])
        with vis.randomised(net, rng=0):
            other = vis.project(net, x, layer, start=start, **place)[0]
        check = unit["projections"][0]["random"]
        np.testing.assert_array_equal(pixels(page, check["src"]), np.asarray(vis.to_image(other)))
        top, left, bottom, right = unit["field"]
        if other.any() and min(bottom - top, right - left) >= 3:
            alike = vis.similarity(trained[:, top:bottom, left:right], other[:, top:bottom, left:right])
            np.testing.assert_allclose([check["ssim"], check["rank"]], alike, rtol=1e-4)
            assert f"SSIM of {alike.ssim:.2f}" in check["verdict"]
            measured += 1
    assert measured >= 2


@pytest.mark.parametrize("top_left", [(0, 0), (0, 6), (5, 3), (7, 7)])
def test_a_small_field_is_grown_inside_the_image_to_be_compared(top_left):
    a, b = np.random.default_rng(2).standard_normal((2, 3, 8, 8))
    top, left = top_left
    told = compared(a, b, vis.ReceptiveField(top, left, top + 1, left + 1))
    rows, columns = (slice(start, start + 3) for start in np.clip([top - 1, left - 1], 0, 5))
    np.testing.assert_allclose(told["ssim"], vis.similarity(a[:, rows, columns], b[:, rows, columns]).ssim, rtol=1e-5)


def test_what_cannot_be_compared_is_said_not_measured():
    some, none, field = np.random.default_rng(2).standard_normal((3, 8, 8)), np.zeros((3, 8, 8)), (0, 0, 8, 8)
    for a, b, words in (
        (some, none, "with the random weights"),
        (none, some, "with the trained weights"),
        (none, none, "with either weights"),
        (some[:, :2], some[:, :2], "too small"),
        (some, np.ones_like(some), "no ranks to compare"),
    ):
        told = compared(a, b, vis.ReceptiveField(*field).clipped(*a.shape[1:]))
        assert words in told["verdict"]
        assert told["rank"] is None
        assert (told["ssim"] is None) == (words != "no ranks to compare")


def test_the_net_is_left_as_it_was(tmp_path):
    net = small_net().train()
    before = state_of(net)
    quick(tmp_path / "seen", net=net, sanity=True)
    assert_state(net, before)
    assert net.training


def test_the_page_begins_with_grad_cam_of_the_most_probable_class(written):
    net, images, page = written
    for n, image in enumerate(data_of(page)["images"]):
        x, looks = images[n : n + 1], image["looks"]
        best = int(net(x).numpy().argmax())
        assert (looks["target"], looks["layer"], looks["places"]) == (CLASSES[best], "relu2", [6, 6])
        heat = vis.GradCAM("relu2")(net, x, "fc", channel=best)[0]
        assert looks["empty"] == (not heat.any())
        expected = vis.overlay(images[n], heat)
        np.testing.assert_allclose(pixels(page, looks["src"]).astype(int), np.asarray(expected).astype(int), atol=1)


def test_each_layer_is_told_in_one_picture_of_all_its_channels_and_one_of_the_strongest(written):
    net, images, page = written
    for n, image in enumerate(data_of(page)["images"]):
        for layer, told in zip(data_of(page)["layers"], image["layers"], strict=True):
            story = told["story"]
            assert story["channel"] == told["units"][0]["channel"]
            for key, channel in (("all", "all"), ("strongest", story["channel"])):
                signal = vis.project(net, images[n : n + 1], layer, channel=channel, position="all", inside=True)[0]
                np.testing.assert_array_equal(pixels(page, story[key]["src"]), np.asarray(vis.to_image(signal)))


def test_channels_that_stand_for_classes_carry_their_names(tmp_path):
    def named(net, **options):
        page = quick(tmp_path / "seen", net=net, classes=["cat", "dog", "bird"], channels=3, **options)
        return {unit["channel"]: unit["name"] for _, _, unit in units_of(page)}

    assert named(small_net(), layers=["fc"]) == {0: "cat", 1: "dog", 2: "bird"}
    assert set(named(small_net(), layers=["relu2"]).values()) == {""}
    last = nn.Sequential(
        conv=nn.Conv2d(3, 3, 3, rng=0), relu=nn.ReLU(), mean=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten()
    )
    assert named(last, layers=["relu"]) == {0: "cat", 1: "dog", 2: "bird"}  # each logit is its map's mean
    other = nn.Sequential(conv=nn.Conv2d(3, 3, 3, rng=0), relu=nn.ReLU(), mean=nn.AdaptiveAvgPool2d(1),
                          flat=nn.Flatten(), fc=nn.Linear(3, 3, rng=1))  # fmt: skip
    assert set(named(other, layers=["relu"]).values()) == {""}


def test_parts_of_a_data_set_that_excite_each_channel_are_shown_when_it_is_given(tmp_path):
    net, data = small_net(), some_images(7)
    page = quick(tmp_path / "seen", net=net, images=data[:2], data=data, top=4, channels=2)
    for _, layer, unit in units_of(page):
        top = vis.top_activations(net, data, layer, k=4, channels=[unit["channel"]], inside=True)
        told = unit["top"]
        np.testing.assert_allclose([told["most"], told["least"]], top.values[0, [0, -1]], rtol=1e-5)
        assert (told["count"], told["of"]) == (4, 7)
        assert pixels(page, told["src"]).shape[2] == 3
    assert not any("top" in unit for _, _, unit in units_of(quick(tmp_path / "none")))


# ── on the page ──


def shown(page):
    """What the page shows: its figures' pictures by the figure's name, and what a screen reader is told of them."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("figure[id]")].filter(f => f.checkVisibility()).map(
        f => [f.id, [...f.querySelectorAll("img")].map(image => [image.getAttribute("src"), image.alt])]))"""
    )


def buttons(page, group):
    return page.locator(f"#{group} button")


def pressed(page, group):
    """Which of a group's buttons is chosen."""
    return page.locator(f"#{group} > button").evaluate_all(
        "all => all.flatMap((one, i) => one.getAttribute('aria-pressed') === 'true' ? [i] : [])"
    )


def test_clicking_through_shows_every_image_layer_and_channel(opened, written):
    data = data_of(written[2])
    for n, image in enumerate(data["images"]):
        buttons(opened, "photos").nth(n).click()
        assert shown(opened)["input"][0][0] == image["src"]
        assert shown(opened)["looks"][0][0] == image["looks"]["src"]
        for index, (layer, told) in enumerate(zip(data["layers"], image["layers"], strict=True)):
            buttons(opened, "layers").nth(index).click()
            channels = buttons(opened, "channels")
            assert channels.count() == 3
            sources = "all => all.map(image => image.getAttribute('src'))"
            for i, unit in enumerate(told["units"]):
                of_card = channels.nth(i).locator("img").evaluate_all(sources)
                assert of_card[:2] == [image["src"], unit["map"]["src"]]
                channels.nth(i).click()
                assert (pressed(opened, "layers"), pressed(opened, "channels")) == ([index], [i])
                for k, name in enumerate(["Deconvnet", "Guided backpropagation", "Gradient"]):
                    buttons(opened, "ways").nth(k).click()
                    now, projection = shown(opened), unit["projections"][k]
                    assert now["field"][0][0] == image["src"]
                    assert now["map"][0][0] == unit["map"]["src"]
                    assert "seen" not in now or [source for source, _ in now["seen"]] == [
                        image["src"],
                        projection["src"],
                    ]
                    assert now["projection"][0][0] == projection["src"]
                    assert ("random" in now) == (i == 0)
                    if i == 0:
                        assert now["trained"][0][0] == projection["src"]
                        assert now["random"][0][0] == projection["random"]["src"]
                    assert now["occluded"][0][0] == unit["occlusion"]["src"]
                    assert now["predicted"][0][0] == image["occlusion"]["predicted"]["src"]
                    status = opened.get_by_role("status").inner_text()
                    for words in (image["name"], layer, f"channel {unit['channel']}", name.lower()):
                        assert words in status


def test_the_story_is_told_of_all_channels_or_the_strongest_for_one_picture_and_for_all(opened, written):
    images = data_of(written[2])["images"]
    sources = "all => all.map(image => image.getAttribute('src'))"
    for k, key in enumerate(["all", "strongest"]):
        buttons(opened, "stories").nth(k).click()
        of_each = [[layer["story"][key]["src"] for layer in image["layers"]] for image in images]
        assert opened.locator("#layers img").evaluate_all(sources) == of_each[0]
        assert opened.locator("#all td img").evaluate_all(sources) == [one for row in of_each for one in row]
    buttons(opened, "all").last.click()  # the last layer of the last image
    assert pressed(opened, "photos") == pressed(opened, "layers") == [1]


def test_pictures_say_their_numbers_to_those_who_do_not_see_them(opened, written):
    unit = data_of(written[2])["images"][0]["layers"][0]["units"][0]
    now = shown(opened)
    assert f"{unit['map']['on']} of them above zero" in now["map"][0][1]
    assert f"row {unit['y']}, column {unit['x']}" in now["map"][0][1]
    assert all(alt for pictures in now.values() for _, alt in pictures)
    assert opened.get_by_role("img").count() >= 10


def test_each_figure_declares_its_scale_and_contrast_changes_it(opened, written):
    projection = data_of(written[2])["images"][0]["layers"][0]["units"][0]["projections"][0]
    for i, times in enumerate((1, 2, 4)):
        buttons(opened, "contrasts").nth(i).click()
        caption = opened.locator("#projection figcaption").inner_text()
        told = float(re.search(r"white \+([\d.e+-]+)", caption)[1])
        np.testing.assert_allclose(told, projection["scale"] / times, rtol=5e-3)
        largest = float(re.search(r"the largest is ([\d.e+-]+)\.", caption)[1])
        np.testing.assert_allclose(largest, max(projection["high"], -projection["low"]), rtol=5e-3)
        style = opened.locator("#projection img").evaluate("image => getComputedStyle(image).filter")
        assert style == ("none" if times == 1 else f"contrast({times})")


def test_the_box_on_the_image_is_the_receptive_field(opened, written):
    unit = data_of(written[2])["images"][0]["layers"][1]["units"][0]
    opened.get_by_role("combobox", name="Layer").select_option("relu2")
    frame, mark = opened.locator("#field .frame").bounding_box(), opened.locator("#field .mark").bounding_box()
    inner = opened.locator("#field img").bounding_box()
    assert inner["width"] <= frame["width"] + 0.1
    top, left, bottom, right = unit["field"]
    expected = [left, top, right - left, bottom - top]
    got = [mark["x"] - inner["x"], mark["y"] - inner["y"], mark["width"], mark["height"]]
    np.testing.assert_allclose(got, np.array(expected) * inner["width"] / 16, atol=1)


def test_arrow_keys_move_through_channels_and_layers_whatever_was_clicked_before(opened, written):
    units = data_of(written[2])["images"][0]["layers"][0]["units"]
    order = [unit["channel"] for unit in units]

    def chosen():
        return int(re.search(r"channel (\d+), number", opened.get_by_role("status").inner_text())[1])

    assert chosen() == order[0]
    opened.keyboard.press("ArrowLeft")
    assert chosen() == order[2]  # round and round
    opened.keyboard.press("ArrowRight")
    for click in (
        "#ways button",
        "#contrasts button",
        "#stories button",
        "#channels button",
        "#all .scroll",
        "#input",
        "h1",
    ):
        opened.locator(click).first.click(position={"x": 3, "y": 3})
        before = order.index(chosen())
        opened.keyboard.press("ArrowRight")
        assert chosen() == order[(before + 1) % 3], click
    opened.get_by_role("combobox", name="Layer").select_option("relu2")
    opened.keyboard.press("Shift+ArrowRight")
    assert "layer relu1" in opened.get_by_role("status").inner_text()
    opened.keyboard.press("Alt+ArrowRight")
    assert chosen() == order[0]


def test_a_swipe_moves_through_channels_and_layers(opened, written):
    swipe = """([id, across, down]) => {
        const at = (x, y) => [new Touch({identifier: 1, target: document.body, clientX: x, clientY: y})];
        const send = (kind, touches) => document.getElementById(id).dispatchEvent(new TouchEvent(kind, touches));
        send("touchstart", {touches: at(200, 200)});
        send("touchend", {changedTouches: at(200 + across, 200 + down)});
    }"""
    for id, across, down, group, expected in (
        ("unit", -90, 10, "channels", [1]), ("unit", 90, 0, "channels", [0]), ("unit", -90, 80, "channels", [0]),
        ("unit", -20, 0, "channels", [0]), ("sheet", -90, 0, "layers", [1]), ("sheet", 90, 0, "layers", [0]),
    ):  # fmt: skip
        opened.evaluate(swipe, [id, across, down])
        assert pressed(opened, group) == expected


def test_everything_is_reached_by_tab_and_can_be_seen_to_be(opened):
    focused = (
        """() => [document.activeElement.closest("[id]").id, getComputedStyle(document.activeElement).outlineStyle]"""
    )
    reached = []
    for _ in range(40):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate(focused))
        if reached[-1][0] == "contrasts":
            break
    groups = list(dict.fromkeys(name for name, _ in reached))
    assert groups == [
        "photos", "stories", "layers", "all", "layer-before", "layer", "layer-after", "channels", "unit-before",
        "unit-after", "ways", "contrasts",
    ]  # fmt: skip
    assert {style for _, style in reached} == {"solid"}


def test_the_address_keeps_what_is_chosen(opened, written):
    unit = data_of(written[2])["images"][1]["layers"][1]["units"][2]
    asked = f"image=1&layer=relu2&channel={unit['channel']}"
    opened.goto(f"{written[2].as_uri()}#{asked}")
    assert shown(opened)["map"][0][0] == unit["map"]["src"]
    opened.get_by_role("button", name="Gradient").click()
    assert opened.evaluate("location.hash") == f"#{asked}&way=gradient"
    opened.reload()
    assert shown(opened)["projection"][0][0] == unit["projections"][2]["src"]
    opened.goto(f"{written[2].as_uri()}#image=99&layer=nowhere&channel=x")
    assert shown(opened)["map"][0][0] == data_of(written[2])["images"][0]["layers"][0]["units"][0]["map"]["src"]


def test_ways_that_a_weaker_channel_lacks_cannot_be_chosen(browser, tmp_path):
    path = quick(tmp_path / "seen", channels=5)
    assert [len(unit["projections"]) for _, layer, unit in units_of(path) if layer == "relu2"] == [3, 3, 3, 1, 1]
    asked = quick(tmp_path / "asked", channels=[4, 3, 2, 1], layers=["relu1"])
    assert {len(unit["projections"]) for _, _, unit in units_of(asked)} == {3}
    with browser.chromium.new_page(offline=True) as page:
        page.goto(path.as_uri())
        buttons(page, "ways").nth(2).click()
        for i, (way, disabled) in enumerate([("the gradient", False)] * 3 + [("the deconvnet", True)] * 2):
            buttons(page, "channels").nth(i).click()
            assert page.get_by_role("status").inner_text().endswith(f"Projected back by {way}.")
            assert buttons(page, "ways").nth(2).is_disabled() == disabled


def test_names_are_text_whatever_they_look_like(opened):
    buttons(opened, "photos").nth(1).click()
    assert EVIL in opened.get_by_role("status").inner_text()
    assert EVIL in opened.locator("#scores").inner_text()
    assert EVIL in opened.locator(".figures h3").inner_text()
    assert "all <b>red</b>" in opened.locator(".figures figcaption").inner_text()
    assert opened.locator("img[src=x], [onerror], figcaption b").count() == 0


def test_nothing_leads_out_of_the_folder(browser, opened):
    outside = [link for link in browser.outside_links(opened) if link != "script: an element"]
    assert all(re.fullmatch(r"img src: pictures/[\w.-]+\.png", link) for link in outside), outside
    assert "http" not in re.sub(r"<!--.*?-->", "", opened.content())


def test_a_page_leads_back_where_it_is_told_to(tmp_path):
    text = quick(tmp_path / "seen", back='../index.html"><b>').read_text(encoding="utf-8")
    assert text.count('<a href="../index.html&#34;&gt;&lt;b&gt;">') == 2
    assert "← back" not in quick(tmp_path / "alone").read_text(encoding="utf-8")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1200])
def test_it_fits_narrow_and_wide_light_and_dark(browser, written, tmp_path, dark, width):
    scheme = "dark" if dark else "light"
    with browser.chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 700}, offline=True) as page:
        page.goto(f"{written[2].as_uri()}#image=1")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", paper))) < 200) == dark
        browser.screenshot(page, tmp_path / "page.png")
    picture = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"))
    assert picture.shape[1] == width
    assert len(np.unique(picture @ [1 << 16, 1 << 8, 1])) > 200


# ── what may be given ──


def test_one_image_without_a_batch_and_one_of_one_channel_will_do(tmp_path):
    net = nn.Sequential(conv=nn.Conv2d(1, 3, 3), relu=nn.ReLU())
    page = vis.report(net, some_images(channels=1)[0], tmp_path / "seen")
    (image,) = data_of(page)["images"]
    assert image["name"] == "image 0"
    assert image["scores"] == []
    assert "occlusion" not in image
    assert "this net gives no logits" in page.read_text(encoding="utf-8")
    assert pixels(page, image["src"]).shape == (16, 16)


class Two(nn.Module):
    """A net of two inputs, which gives two results."""

    def __init__(self):
        self.conv, self.fc = nn.Conv2d(3, 4, 3, rng=0), nn.Linear(2, 4, rng=0)

    def forward(self, x, y):
        seen = self.conv(x) + self.fc(y).reshape((-1, 4, 1, 1))
        return {"seen": seen, "mean": seen.mean(axis=(2, 3))}


def test_of_a_net_that_cannot_be_asked_everything_the_rest_is_shown_and_said(tmp_path):
    vectors = nn.Sequential(flat=nn.Flatten(), fc1=nn.Linear(768, 9, rng=0), relu=nn.ReLU(), fc2=nn.Linear(9, 3, rng=0))
    page = vis.report(vectors, some_images(1), tmp_path / "vectors", size=8)
    data, text = data_of(page), page.read_text(encoding="utf-8")
    assert data["layers"] == ["fc1", "relu", "fc2"]
    assert [len(layer["units"]) for layer in data["images"][0]["layers"]] == [9, 9, 3]
    assert data["images"][0]["looks"] is None
    assert "so there is no Grad-CAM" in text
    assert "Its layers are vectors" in text
    net, y = Two(), np.ones((1, 2), np.float32)
    with pytest.raises(TypeError, match=r"^report: the model takes 2 inputs, x, y; .* as lambda x: model\(x, y\)$"):
        quick(tmp_path / "seen", net=net)
    page = quick(tmp_path / "seen", net=lambda x: net(x, y))
    assert "This net gives 2 results at once" in page.read_text(encoding="utf-8")
    assert data_of(page)["layers"] == ["conv"]
    with pytest.raises(
        ValueError, match=r"^report: no activation that carries a name is .*build the net of nn modules"
    ):
        quick(tmp_path / "unnamed", net=lambda x: ag.relu(x))
    assert not (tmp_path / "unnamed").exists()


def test_a_bare_function_without_weights_has_no_sanity_check(tmp_path):
    weights = np.random.default_rng(0).standard_normal((4, 3, 3, 3))

    def edges(x):
        return ag.relu(ag.conv2d(x, weights)).named("edges")

    page = vis.report(edges, some_images().astype(np.float64), tmp_path / "seen", channels=[3, 1])
    data = data_of(page)
    assert data["layers"] == ["edges"]
    units = data["images"][1]["layers"][0]["units"]
    assert [unit["channel"] for unit in units] == [3, 1]
    assert "random" not in units[0]["projections"][0]
    text = page.read_text(encoding="utf-8")
    assert "this model has no weights" in text
    assert "<title>What edges sees</title>" in text


@pytest.mark.parametrize("groups", [1, 3])
def test_where_strided_convolutions_leave_no_switches_the_page_begins_with_guided_backpropagation(tmp_path, groups):
    given = {"padding": 1, "groups": groups, "rng": np.random.default_rng(4)}
    strided = nn.Sequential(conv1=nn.Conv2d(3, 6, 3, stride=2, **given), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
                            conv2=nn.Conv2d(6, 6, 3, stride=2, **given), relu2=nn.ReLU())  # fmt: skip
    page = quick(tmp_path / "strided", net=strided)
    data = data_of(page)
    assert [way["key"] for way in data["ways"]] == ["guided", "deconvnet", "gradient"]
    assert "The way back is guided backpropagation: this net shrinks" in page.read_text(encoding="utf-8")
    signal = vis.project(
        strided, some_images(1), "relu2", channel="all", position="all", inside=True, rules=vis.GUIDED
    )[0]
    told = data["images"][0]["layers"][1]["story"]["all"]
    np.testing.assert_array_equal(pixels(page, told["src"]), np.asarray(vis.to_image(signal)))
    pooled = quick(tmp_path / "pooled")
    assert data_of(pooled)["ways"][0]["key"] == "deconvnet"
    assert "The way back is guided" not in pooled.read_text(encoding="utf-8")


def test_a_net_without_relu_is_told_to_be_one(tmp_path):
    told = "No layer shown stands behind one: all three ways are the plain gradient."
    net = nn.Sequential(conv1=nn.Conv2d(3, 4, 3), pool1=nn.MaxPool2d(2), conv2=nn.Conv2d(4, 2, 3))
    assert told in vis.report(net, some_images(1), tmp_path / "linear").read_text(encoding="utf-8")
    assert told not in vis.report(small_net(), some_images(1), tmp_path / "net").read_text(encoding="utf-8")


def test_pictures_and_paths_go_through_the_models_preprocessing(tmp_path):
    net = small_net()
    net.preprocess = nn.Preprocessing(16, bgr=True, mean=(0.5, 0.4, 0.3))
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8))
    picture.save(tmp_path / "a cat.png")
    page = vis.report(net, [tmp_path / "a cat.png", picture], tmp_path / "seen", occlusion=False, sanity=False)
    told = data_of(page)["images"]
    assert [image["name"] for image in told] == ["a cat.png", "image 1"]
    for image in told:
        np.testing.assert_array_equal(pixels(page, image["src"]), np.asarray(picture))
        unit = image["layers"][0]["units"][0]
    signal = vis.project(net, net.preprocess(picture)[None], "relu1", channel=unit["channel"])[0]
    np.testing.assert_array_equal(
        pixels(page, unit["projections"][0]["src"]), np.asarray(vis.to_image(net.preprocess.colours(signal)))
    )


def test_the_logits_can_be_looked_at_too(tmp_path):
    page = vis.report(small_net(), some_images(1), tmp_path / "seen", layers=["relu2", "fc"], channels=[1], size=8)
    unit = data_of(page)["images"][0]["layers"][1]["units"][0]
    assert unit["channel"] == 1
    assert unit["field"] == [0, 0, 16, 16]
    assert unit["occlusion"]["bare"] == pytest.approx(unit["activation"], rel=1e-4)


def test_layers_are_spread_through_the_net_and_behind_their_relus():
    recorded = vis.record(nn.VGG("4x2 M 4x3 M 8x3 M 8x3 M 8x3 | 10 3", input_shape=(3, 32, 32)), images(1, 3, 32, 32))
    names = telling_layers(recorded)
    assert len(names) == 10
    assert (names[0], names[-1]) == ("features.relu1_1", "features.relu5_3")
    assert all("relu" in name for name in names)
    expected = ["features.relu1_1", "features.relu3_2", "features.relu5_3"]
    assert telling_layers(recorded, most=3) == expected


def test_a_module_stands_for_its_parts():
    class Fire(nn.Module):
        def __init__(self, channels):
            self.squeeze, self.expand = nn.Conv2d(channels, 2, 1), nn.Conv2d(2, 4, 3, padding=1)
            self.relu = nn.ReLU()

        def forward(self, x):
            x = self.relu(self.squeeze(x))
            return ag.concatenate([self.relu(self.expand(x)), x], axis=1)

    net = nn.Sequential(**{f"fire{i}": Fire(3 if i == 0 else 6) for i in range(11)})
    assert telling_layers(vis.record(net, some_images(1)), most=11) == [f"fire{i}" for i in range(11)]
    assert len(telling_layers(vis.record(net, some_images(1)), most=20)) == 20


@pytest.mark.parametrize("changed", [{"channels": [9]}, {"layers": ["relu3"]}, {"size": 99}])
def test_what_is_refused_leaves_nothing(tmp_path, changed):
    with pytest.raises((ValueError, KeyError, IndexError)):
        vis.report(small_net(), some_images(), tmp_path / "seen", **changed)
    assert list(tmp_path.iterdir()) == []


# ── whole or not at all ──


def quick(out, images=None, net=None, **options):
    options = {"occlusion": False, "sanity": False, **options}
    return vis.report(net or small_net(), some_images(1) if images is None else images, out, **options)


def test_an_empty_folder_is_used_and_a_report_replaced_by_a_new_one(tmp_path):
    (tmp_path / "seen").mkdir()
    before = quick(tmp_path / "seen", some_images(2))
    assert quick(tmp_path / "seen", names=["another"]) == before
    assert [image["name"] for image in data_of(before)["images"]] == ["another"]
    assert not [path for path in before.parent.rglob("*") if "image1" in path.name]
    assert [path.name for path in tmp_path.iterdir()] == ["seen"]


def test_a_link_to_a_report_stays_a_link(tmp_path):
    quick(tmp_path / "real")
    (tmp_path / "seen").symlink_to(tmp_path / "real", target_is_directory=True)
    quick(tmp_path / "seen", names=["another"])
    assert (tmp_path / "seen").is_symlink()
    assert data_of(tmp_path / "real/index.html")["images"][0]["name"] == "another"


@pytest.mark.parametrize("interrupted", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("existing", [False, True])
def test_an_interruption_leaves_nothing_behind(tmp_path, interrupted, existing):
    if existing:
        quick(tmp_path / "seen", names=["the old one"])
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    passes = []

    def model(x):
        passes.append(x.shape)
        if len(passes) == 2:
            assert len(list(tmp_path.iterdir())) == 1 + existing  # it is being written, beside
            raise interrupted
        return ag.relu(ag.conv2d(x, np.ones((2, 3, 3, 3), np.float32))).named("sums")

    with pytest.raises(interrupted):
        vis.report(model, some_images(2), tmp_path / "seen")
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    if existing:
        assert data_of(tmp_path / "seen/index.html")["images"][0]["name"] == "the old one"


def test_if_the_last_move_fails_the_old_report_is_back(tmp_path, monkeypatch):
    quick(tmp_path / "seen", names=["the old one"])
    rename = Path.rename

    def fails(self, target):
        if self.suffix == ".partial":
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="no"):
        quick(tmp_path / "seen")
    assert [path.name for path in tmp_path.iterdir()] == ["seen"]
    assert data_of(tmp_path / "seen/index.html")["images"][0]["name"] == "the old one"


def test_what_is_no_report_is_left_as_it_is(tmp_path):
    (tmp_path / "folder").mkdir()
    quick(tmp_path / "mixed")
    mine = [tmp_path / name for name in ("file", "folder/notes.txt", "mixed/notes.txt")]
    for path in mine:
        path.write_text("mine")
    for name, words in (("file", "is a file"), ("folder", "something else than a report"), ("mixed", "notes.txt")):
        with pytest.raises(FileExistsError, match=words):
            quick(tmp_path / name)
    assert [path.read_text() for path in mine] == ["mine"] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "mixed"]


def test_a_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    for place in ("nowhere/seen", "file/seen"):
        with pytest.raises(FileNotFoundError, match=r"no folder .*' to write 'seen' into"):
            quick(tmp_path / place)

    def forbidden(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with pytest.raises(PermissionError, match=r"report: '.*seen' cannot be written: Permission denied"):
        quick(tmp_path / "seen")


def test_without_jinja2_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"autograd-mini\[report\]"):
        quick(tmp_path / "seen")
    assert list(tmp_path.iterdir()) == []
