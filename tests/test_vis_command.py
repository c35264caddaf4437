"""`python -m vis`: photographs of every kind in, a page out, or one sentence."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nn
from vis.__main__ import found_photos, load_net, main

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


def test_a_file_of_weights_says_by_its_names_which_net_it_is(tmp_path):
    assert isinstance(load_net(str(DATA / "squeezenet1_1.safetensors")), nn.SqueezeNet)
    nn.write_state({"features.0.weight": np.zeros((64, 3, 3, 3), np.float32)}, tmp_path / "half.safetensors")
    with pytest.raises(
        ValueError, match=r"half\.safetensors holds 1 array \(features\.0\.weight\) and does not say of which net"
    ):
        load_net(str(tmp_path / "half.safetensors"))
