"""ONNX's operators beside the cases of the package `onnx`: every data set, by a backend of ours."""

import os
import warnings
from collections import Counter

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import numpy_helper  # noqa: E402
from onnx.backend.test import loader  # noqa: E402

from autograd_mini import Tensor  # noqa: E402
from tests.cases import every  # noqa: E402
from tests.onnx_backend import Backend, TensorBackend  # noqa: E402

OTHER_TYPES = {8, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26}
"""Strings, and floats and integers of less than a byte's or half precision's bits, which are for quantisation."""
SET_ASIDE = {
    "quantisation": ("uantize", "QLinear", "MatMulInteger", "ConvInteger"),
    "sequences": ("Sequence",),
    "optional values": ("Optional",),
    "text": ("String", "RegexFullMatch"),
    "training": ("Adagrad", "Adam", "Momentum", "Gradient"),
}
EXCEPTIONS = {
    "_bf16": "each step of bfloat16 is rounded there; here it is computed in single, whose numbers are nearer",
    "bfloat16": "the same",
    "_to_BFLOAT16": "the type of an example is float32 here when that stands for bfloat16",
    "fp16": "half precision is added up in single here, and the numbers asked for are one in the last place away",
    "test_not_": "of opset 1, and 7 is the oldest that is read",
}
"""By a part of the name: why a case does not pass."""
FAILING = {
    "test_attention_3d_causal_bf16", "test_attention_3d_causal_bf16_expanded",
    "test_attention_4d_attn_mask_causal_bf16",
    "test_attention_4d_attn_mask_causal_bf16_expanded", "test_attention_4d_causal_bf16",
    "test_attention_4d_causal_bf16_expanded", "test_attention_4d_causal_fp16", "test_attention_4d_causal_fp16_expanded",
    "test_attention_4d_causal_padded_kv_bf16", "test_attention_4d_causal_padded_kv_bf16_expanded",
    "test_attention_4d_padded_kv_bf16", "test_attention_4d_padded_kv_bf16_expanded", "test_castlike_FLOAT_to_BFLOAT16",
    "test_celu_bfloat16", "test_celu_bfloat16_expanded", "test_linear_attention_fp16", "test_not_2d", "test_not_3d",
    "test_not_4d",
}  # fmt: skip


def operators(graph):
    """The operators of a graph and of those within."""
    for node in graph.node:
        yield node.op_type
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from operators(attribute.g)


def types(model):
    """The types of what goes in and comes out: numbers of tensors' dtypes, names of others."""
    for value in (*model.graph.input, *model.graph.output):
        kind = value.type.WhichOneof("value")
        yield value.type.tensor_type.elem_type if kind == "tensor_type" else kind


def why_not(model):
    """Why a case is none of ours; None if it is."""
    for reason, parts in SET_ASIDE.items():
        if any(part in name for name in operators(model.graph) for part in parts):
            return reason
    found = {*types(model)}
    return "types" if found & OTHER_TYPES or found & {"sequence_type", "optional_type"} else None


def proto(path):
    with open(path, "rb") as file:
        return numpy_helper.to_array(onnx.TensorProto.FromString(file.read()))


def data_sets(case):
    """(inputs, outputs) as arrays."""
    if case.data_sets is not None:
        for inputs, outputs in case.data_sets:
            yield tuple([numpy_helper.to_array(x) if isinstance(x, onnx.TensorProto) else np.asarray(x) for x in row]
                        for row in (inputs, outputs))  # fmt: skip
        return
    for folder in sorted(os.scandir(case.model_dir), key=lambda entry: entry.name):
        if folder.name.startswith("test_data"):
            names = sorted(os.listdir(folder), key=lambda name: (len(name), name))
            yield tuple([proto(os.path.join(folder.path, name)) for name in names if name.startswith(kind)]
                        for kind in ("input_", "output_"))  # fmt: skip


def in_single(array):
    """bfloat16 as float32, which stands for it here."""
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def cases():
    with warnings.catch_warnings():  # of how the package makes its cases
        warnings.simplefilter("ignore")
        found = loader.load_model_tests(kind="node")
    for case in found:
        model = case.model or onnx.load(os.path.join(case.model_dir, "model.onnx"))
        if why_not(model) is None:
            yield case, model


def differs(case, model, backend):
    """What is wrong with what a backend gives for a case; None if nothing is."""
    try:
        prepared = backend.prepare(model)
        for inputs, outputs in data_sets(case):
            with np.errstate(all="ignore"):
                found = prepared.run([in_single(x) for x in inputs])
            assert len(found) == len(outputs)
            for one, other in zip(found, map(in_single, outputs), strict=True):
                assert one.dtype == other.dtype, f"{one.dtype} is not {other.dtype}"
                assert one.shape == other.shape, f"{one.shape} is not {other.shape}"
                if "bernoulli" not in case.name:  # numbers drawn at random
                    np.testing.assert_allclose(one, other, rtol=case.rtol, atol=case.atol)
    except Exception as error:
        return f"{case.name}: {type(error).__name__}: {error}"
    return None


def test_all_cases_but_those_listed_give_the_numbers_recorded():
    found, count, by_operator = [], 0, Counter()
    for case, model in cases():
        count += 1
        wrong = differs(case, model, Backend)
        if (wrong is None) == (case.name in FAILING):
            found.append(wrong or f"{case.name} passes, and is listed")
        by_operator[model.graph.node[-1].op_type, wrong is None] += 1
    assert not found, "\n".join(found)
    assert count > 1600
    assert len(FAILING) <= 0.03 * count
    assert all(any(part in name for part in EXCEPTIONS) for name in FAILING)
    print(f"{count - len(FAILING)} of {count}")
    print(*(f"{name} {by_operator[name, True]}/{by_operator[name, True] + by_operator[name, False]}"
            for name in sorted({name for name, _ in by_operator})), sep=", ")  # fmt: skip


def test_with_inputs_on_the_tape_cases_give_the_same_numbers():
    found = []
    for case, model in cases():
        if case.name in FAILING or not any(kind in (1, 11) for kind in types(model)):
            continue
        if (wrong := differs(case, model, TensorBackend)) is not None:
            found.append(wrong)
    assert not found, "\n".join(found)


@every("name", ["Conv", "Relu", "Resize", "LSTM", "Attention", "Loop", "Einsum", "ScatterND"])
def test_the_backend_knows_an_operator(name):
    assert Backend.supports_operator(name)
    assert not Backend.supports_operator("NoSuch")


def test_a_gradient_flows_through_what_the_tape_recorded():
    node = onnx.helper.make_node("Gelu", ["x"], ["y"])
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "g", [value("x", 11, [3])], [value("y", 11, [3])])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)])
    x = Tensor(np.array([-1.0, 0.0, 2.0]), requires_grad=True)
    TensorBackend.prepare(model).run_on_tape([x])[0].sum().backward()
    np.testing.assert_allclose(
        x.grad.numpy() if isinstance(x.grad, Tensor) else x.grad, [-0.08331547, 0.5, 1.08523103], rtol=1e-6
    )
