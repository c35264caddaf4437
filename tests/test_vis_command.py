"""`python -m vis`: photographs of every kind in, a page out, or one sentence."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import every
from nets_by_name import their_names
from PIL import Image

import autograd_mini as ag
import nn
from nn.models.recognised import BUILDERS, recognised
from vis.__main__ import add_options, chosen, found_photos, main, named_classes, told

ROOT = Path(__file__).parent.parent
DATA = ROOT / "examples" / "data"
QUICK = ["--quiet", "--no-occlusion", "--no-sanity"]


def photographs(folder):
    """A folder of pictures as people have them, and two files that are none."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (40, 60, 3), np.uint8)
    folder.mkdir()
    Image.fromarray(pixels).save(folder / "a plain.png")
    Image.fromarray(pixels).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(np.dstack([pixels, pixels[..., 0]])).save(folder / "alpha.png")
    turned = Image.Exif()
    turned[Image.ExifTags.Base.Orientation] = 6
    Image.fromarray(pixels).save(folder / "turned.jpg", exif=turned)
    Image.fromarray(pixels[:1, :1]).save(folder / "one pixel.png")
    (folder / "no picture.jpg").write_text("these are words", encoding="utf-8")
    (folder / "notes.txt").write_text("and these", encoding="utf-8")
    return folder


def test_a_folder_of_photographs_becomes_a_page_and_what_is_none_is_named(tmp_path, capsys):
    folder = photographs(tmp_path / "photos")
    assert main([str(folder), "--layer", "fire4", "--top", "2", "--out", str(tmp_path / "seen"), *QUICK]) == 0
    said = capsys.readouterr()
    assert said.err.count("passed over") == 1
    assert "no picture.jpg cannot be read as an image" in said.err
    page = (tmp_path / "seen" / "index.html").read_text(encoding="utf-8")
    for name in ("a plain.png", "cmyk.jpg", "alpha.png", "turned.jpg", "one pixel.png"):
        assert name in page
    assert "notes.txt" not in page
    assert "top 2 of fire4" in page


def test_one_photograph_from_the_command_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "vis", DATA / "chelsea.png", "--layer", "fire9", "--out", tmp_path / "seen", *QUICK],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == str(tmp_path / "seen" / "index.html")
    assert "Egyptian cat" in (tmp_path / "seen" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.jpg"], r"there is no photo and no folder missing\.jpg"),
        (["{photos}", "--net", "resnet"], r"--net 'resnet' is neither squeezenet, nor another net by its name, nor"),
        (["{photos}", "--net", "vgg16"], r"--net vgg16 needs --weights FILE"),
        (["{photos}", "--layer", "fire10"], r"no activation is called 'fire10'; there are fire9"),
        (["{photos}/notes.txt"], r"none of the files is a picture that can be read"),
        (["{empty}"], r"there are no pictures in"),
        (["{photos}", "--out", "{photos}"], r"holds something else than a report and is left as it is"),
        (["{photos}", "--weights", "{photos}/notes.txt"], r"notes\.txt is not a whole safetensors file"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(arguments, sentence, tmp_path, capsys):
    folder = photographs(tmp_path / "photos")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    filled = [argument.format(photos=folder, empty=tmp_path / "empty") for argument in arguments]
    out = [] if "--out" in arguments else ["--out", str(tmp_path / "seen")]
    assert main([*filled, *out, *QUICK]) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "passed over" not in line]
    assert len(said) == 1
    assert re.search(sentence, said[0])
    assert sorted(tmp_path.rglob("*")) == before


def test_hidden_files_are_passed_over_and_files_given_by_name_are_taken(tmp_path):
    (tmp_path / ".hidden").mkdir()
    for name in ("b.png", "a.PNG", ".hidden/c.png", ".d.png"):
        Image.new("RGB", (2, 2)).save(tmp_path / name, "png")
    assert [path.name for path in found_photos([tmp_path, tmp_path / ".d.png"])] == ["a.PNG", "b.png", ".d.png"]


def options(*arguments):
    """What the command makes of its options about the net."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return chosen(parser.parse_args(list(map(str, arguments))))


def test_a_report_is_not_taken_for_photographs_on_a_second_run(tmp_path, capsys):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    (tmp_path / "vector.svg").write_text("<svg/>", encoding="utf-8")
    for _ in range(2):
        assert main([str(tmp_path), "--layer", "fire2", "--out", str(tmp_path / "seen"), *QUICK]) == 0
    said = capsys.readouterr().err
    assert f"passed over: {tmp_path / 'seen'} holds a report of this program" in said
    assert said.count("vector.svg is a kind of picture that cannot be read") == 2
    assert (tmp_path / "seen" / "index.html").read_text(encoding="utf-8").count('"name": "red.png"') == 1
    assert main([str(tmp_path / "seen"), "--out", str(tmp_path / "other"), *QUICK]) == 2
    assert "there are no pictures in" in capsys.readouterr().err


def test_a_file_of_weights_says_by_its_names_which_net_it_is(tmp_path):
    found = options("--net", ROOT / "nn/models/data/squeezenet1_1.safetensors")
    assert isinstance(found.net, nn.SqueezeNet)
    assert found.words == "the SqueezeNet of squeezenet1_1.safetensors, with 1,235,496 parameters"
    nn.write_state({"features.0.weight": np.zeros((64, 3, 3, 3), np.float32)}, tmp_path / "half.safetensors")
    with pytest.raises(
        ValueError, match=r"half\.safetensors holds 1 array \(features\.0\.weight\) and does not say of which net"
    ):
        options("--net", tmp_path / "half.safetensors")


@every("name", BUILDERS)
def test_every_net_by_name_is_known_by_its_arrays(name):
    net = BUILDERS[name](init=nn.zeros)
    state = net.state_dict()
    assert recognised({f"module.{their}": state[our] for our, their in their_names(net).items()}) == name


def test_a_net_of_other_classes_is_loaded_with_them_from_pytorchs_file(tmp_path):
    state = nn.resnet18(num_classes=3, rng=0).state_dict()
    torch.save({key: torch.tensor(array) for key, array in state.items()}, tmp_path / "mine.pth")
    found = options("--net", tmp_path / "mine.pth", "--size", 64, "--mean", "0.5", "--std", "1,2,3", "--order", "bgr")
    assert found.words == "the ResNet of mine.pth, with 11,178,051 parameters"
    assert found.net.fc.weight.shape == (3, 512)
    pre = found.net.preprocess
    assert (pre.size, pre.mean, pre.std, pre.bgr) == (64, (0.5,) * 3, (1, 2, 3), True)
    assert "at 64×64, BGR from 0 to 1, less (0.5, 0.5, 0.5), over (1, 2, 3)" in told(pre)


def test_names_of_classes_are_as_many_as_logits():
    assert named_classes(None, 1000)[285] == "Egyptian cat"
    assert named_classes(None, 7) is None
    with pytest.raises(ValueError, match="2 names of classes, and the net has 3 logits"):
        named_classes(["cat", "dog"], 3)


def small_net():
    """A classifier with a functional ReLU, a softmax at its end, and a name for everything."""
    return nn.Sequential(
        stem=nn.Conv2d(3, 6, 3, stride=2, padding=1, rng=0), relu=nn.ReLU(), pool=nn.MaxPool2d(2),
        body=nn.Conv2d(6, 8, 3, padding=1, rng=1), act=nn.ReLU(), mean=nn.GlobalAverage(), head=nn.Linear(8, 3, rng=2),
        end=nn.Softmax(1),
    )  # fmt: skip


def test_an_onnx_file_is_looked_into_and_says_what_it_wants_to_see(tmp_path, capsys):
    net, folder = small_net(), photographs(tmp_path / "photos")
    net.preprocess = nn.Preprocessing(32, mean=(0.4, 0.5, 0.6), resize="stretch")
    classes = {"classes": ["cat", "dog", "bird"]}
    ag.to_onnx(net, np.zeros((1, 3, 32, 32), np.float32), tmp_path / "net.onnx", dynamic_batch=True, metadata=classes)
    found = options("--net", tmp_path / "net.onnx")
    assert found.net.preprocess == net.preprocess
    assert found.classes == ["cat", "dog", "bird"]
    seen = ["--out", str(tmp_path / "seen"), "--no-occlusion", "--no-sanity"]
    assert main([str(folder / "cmyk.jpg"), "--net", str(tmp_path / "net.onnx"), *seen]) == 0
    said = capsys.readouterr().out
    assert (
        "the net of net.onnx, with 635 parameters: it sees the photograph, stretched at 32×32, RGB from 0 to 1" in said
    )
    assert "bird" in (tmp_path / "seen" / "index.html").read_text(encoding="utf-8")


def test_an_onnx_file_without_notes_gets_imagenets_colours_and_its_own_size(tmp_path):
    ag.to_onnx(small_net(), np.zeros((1, 3, 48, 48), np.float32), tmp_path / "net.onnx")
    pre = options("--net", tmp_path / "net.onnx").net.preprocess
    assert (pre.size, pre.mean) == (48, (0.485, 0.456, 0.406))
