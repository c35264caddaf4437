"""The page of operations: what it says is so, beside calls, NumPy, PyTorch and the list of ONNX's operators."""

import re
import warnings
from functools import cache, reduce

import numpy as np
import pytest
import torch
from others.random_calls import NOT_CALLED, Draw, drawn_call, floating

import autograd_mini as ag
from autograd_mini import Tensor, operations_page
from autograd_mini.names_elsewhere import ONNX, TORCH
from autograd_mini.numpy_functions import NUMPY
from autograd_mini.ops.kinds import ROWS

OURS = {name: row for name, row in ROWS.items() if row.function.__module__.startswith("autograd_mini.")}

FALSE_FRIENDS = {
    "equal": "whether all are equal: array_equal",
    "median": "the lower of two in the middle",
    "resize": "in place",
    "select": "one index of an axis",
    "split": "into parts of a length, here into a number of parts",
    "take": "of the array in one line; index_select takes an axis",
    "transpose": "two axes exchanged",
    "repeat": "tile",
    "max": "with the places; amax is without",
    "min": "with the places; amin is without",
}
"""PyTorch's functions of a name that means something else here."""

DEFAULTS = {
    **{name: {"correction": 0} for name in ("std", "var", "std_mean", "var_mean")},
    "softmin": {"dim": -1},
    **{name: {"align_corners": False} for name in ("affine_grid", "grid_sample")},
}
"""What PyTorch's functions are given for another default of theirs."""

ARRAYS = {"instance_norm": ["input", "weight", "bias"]}
"""What PyTorch's functions call the arrays, where others stand between them."""

OPSET_21 = """
    Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization Bernoulli
    BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im
    Compress Concat ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT
    DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand
    EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool
    Greater GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity
    If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log
    LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean
    MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg NegativeLogLikelihoodLoss
    NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement OptionalHasElement Or PRelu Pad Pow QLinearConv
    QLinearMatMul QuantizeLinear RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal
    ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare
    RegexFullMatch Relu Reshape Resize ReverseSequence RoiAlign Round STFT Scan ScatterElements ScatterND Selu
    SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink
    Sigmoid Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split
    SplitToSequence Sqrt Squeeze StringConcat StringNormalizer StringSplit Sub Sum Tan Tanh TfIdfVectorizer
    ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Where Xor
""".split()  # noqa: SIM905 (a list of words is read more easily)


def theirs(path):
    """PyTorch's function by its name on the page."""
    home, _, rest = path.partition(".")
    return reduce(getattr, rest.split("."), {"torch": torch, "Tensor": torch.Tensor}[home])


@cache
def lines():
    """The page's cells, by each name of an operation."""
    found = {}
    for text in operations_page.page().splitlines():
        cells = [cell.strip() for cell in text.split("|")[1:-1]]
        if len(cells) == 6 and cells[0].startswith("`"):
            for name in re.findall(r"`([a-z_][\w.]*)`", cells[0]):
                assert name not in found, name
                found[name] = cells[1:]
    return found


def test_the_committed_page_is_what_the_rows_say():
    written = operations_page.PAGE.read_text(encoding="utf-8")
    assert written == operations_page.page(), "`make stubs` writes it anew"


def test_every_operation_is_in_one_line_under_all_its_names():
    assert lines().keys() == OURS.keys()
    assert lines()["abs"] == lines()["absolute"]


@pytest.mark.parametrize("table", [TORCH, ONNX], ids=["PyTorch", "ONNX"])
def test_a_name_elsewhere_is_that_of_one_of_our_operations_once(table):
    assert table.keys() <= OURS.keys()
    functions = [OURS[name].function for name in table]
    assert len({*map(id, functions)}) == len(functions)


def test_operators_of_onnx_are_on_its_list():
    assert {*ONNX.values()} <= {*OPSET_21}


def test_pytorch_has_what_is_named_and_what_it_has_by_our_name_is_named_or_a_false_friend():
    for path in TORCH.values():
        assert callable(theirs(path)) or path == "Tensor.mT", path
    homes = {"linalg": [torch.linalg], "fft": [torch.fft], "": [torch, torch.nn.functional, torch.special]}
    for names in {
        id(row.function): [n for n, r in OURS.items() if r.function is row.function] for row in OURS.values()
    }.values():
        named = next((TORCH[name] for name in names if name in TORCH), "")
        own = [n for n in names for home in homes[n.rpartition(".")[0]] if hasattr(home, n.rpartition(".")[2])]
        strangers = [name for name in own if name in FALSE_FRIENDS]
        assert bool(own) <= bool(named or strangers), names
        if own and not strangers:
            assert named.rpartition(".")[2] in [name.rpartition(".")[2] for name in own], (names, named)


def test_false_friends_are_pytorchs_names_and_are_not_on_the_page():
    for name in FALSE_FRIENDS:
        assert hasattr(torch, name) or hasattr(torch.Tensor, name)
        assert TORCH.get(name, "").rpartition(".")[2] != name


def drawn(name):
    """Twenty random calls of an operation: (function, arrays, parameters)."""
    for seed in range(20):
        yield drawn_call(name, Draw(np.random.default_rng(seed)))


@pytest.mark.filterwarnings("ignore::UserWarning")  # of PyTorch's, for shapes that broadcast
def test_what_pytorchs_function_gives_on_the_same_arrays_is_what_ours_gives():
    compared = set()
    for name, path in TORCH.items():
        if name in NOT_CALLED or "rng" in ROWS[name].function.__signature__.parameters:
            continue
        for f, arrays, given in drawn(name):
            if given or f is not ROWS[name].function:
                continue
            try:
                with np.errstate(all="ignore"):
                    copies, settings = [torch.tensor(a.copy()) for a in arrays], DEFAULTS.get(name, {})
                    named = dict(zip(ARRAYS.get(name, ()), copies, strict=False))
                    want = theirs(path)(*([] if named else copies), **named, **settings)
                    have = floating(f(*map(Tensor, arrays)))
            except (TypeError, ValueError, RuntimeError, IndexError, np.linalg.LinAlgError):
                continue  # other arguments
            if not isinstance(want, torch.Tensor) or len(have) != 1 or have[0].shape != tuple(want.shape):
                continue
            compared.add(name)
            close = np.allclose(have[0].numpy(), want.resolve_conj().numpy(), 1e-6, 1e-9, equal_nan=True)
            assert close, f"{name}: {path}"
    assert len(compared) >= 200


def test_what_carries_no_gradient_is_a_constant_on_the_page_and_nothing_else():
    carrying, constant = set(), set()
    for name in OURS.keys() - NOT_CALLED:
        for f, arrays, given in drawn(name):
            if any(a.dtype.kind == "c" for a in arrays):  # of which the sign carries a gradient, as the modulus does
                continue
            inputs = [Tensor(a, requires_grad=True) if a.dtype.kind == "f" else a for a in arrays]
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    results = floating(f(*inputs, **given))
            except (TypeError, ValueError, IndexError, np.linalg.LinAlgError, NotImplementedError):
                continue
            (carrying if any(y.requires_grad for y in results) else constant).add(name)
    said = {name for name, cells in lines().items() if cells[3] == "constant"}
    assert not carrying & said
    assert constant - carrying <= said
    assert len(carrying) > 0.8 * len(OURS.keys() - said)


def test_the_derivative_is_told_by_kind_and_by_the_arguments_that_have_rules():
    said = {name: cells[3] for name, cells in lines().items()}
    assert (said["exp"], said["cumsum"], said["mean"]) == ("elementwise", "linear", "definition")
    assert (said["matmul"], said["where"]) == ("rules: a, b", "rules: x, y")
    assert (said["einsum"], said["argmax"], said["zeros"]) == ("joint rule", "constant", "constant")


def test_subgradients_and_kinks_are_told():
    said = {name: cells[4] for name, cells in lines().items()}
    assert (said["relu"], said["clip"]) == ("at 0 is 0", "at a bound is 1")
    assert (said["maximum"], said["exp"], said["sign"]) == ("kinks", "", "")


def test_numpys_functions_that_operations_compute_are_on_the_page_by_a_name_that_numpy_has():
    named = {name for cells in lines().values() for name in re.findall(r"`np\.([\w.]+)`", cells[0])}
    functions = [reduce(getattr, name.split("."), np) for name in named]
    single = [f for f, how in NUMPY.items() if callable(how) and not getattr(f, "__self__", None)]
    assert {*single} - {*functions} <= {np.positive, np.amax, np.amin}  # the Tensor itself; names of max and min
    assert (lines()["concat"][0], lines()["linalg.inv"][0]) == ("`np.concatenate`", "`np.linalg.inv`")


def test_methods_are_those_of_tensors():
    page = operations_page.page()
    assert "| `absolute`, `abs`, `.abs` |" in page
    assert "| `reshape`, `.reshape` |" in page
    for method in re.findall(r"`\.(\w+)`", page):
        assert hasattr(ag.Tensor, method), method
