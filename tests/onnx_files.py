"""Small ONNX files, made here: what several tests read."""

import numpy as np
from onnx import helper, numpy_helper


def value(name, shape, kind=1):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, arrays=None, opset=18, functions=(), domains=()):
    """A model, as its bytes. nodes: made here or (operator, inputs, outputs, attributes)."""
    made = [helper.make_node(node[0], node[1], node[2], **(node[3] if len(node) > 3 else {})) if isinstance(node, tuple)
            else node for node in nodes]  # fmt: skip
    held = [numpy_helper.from_array(array, name) for name, array in (arrays or {}).items()]
    graph = helper.make_graph(made, "net", inputs, outputs, held)
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions)).SerializeToString()


def conv_net(opset=18):
    """A convolution, a batch norm and a ReLU in a module, a pool, dropout, a linear layer: PyTorch's way of naming."""
    rng = np.random.default_rng(0)
    block = "layer1.0"
    arrays = {
        f"{block}.conv.weight": rng.standard_normal((4, 3, 3, 3)), f"{block}.conv.bias": rng.standard_normal(4),
        f"{block}.bn.weight": rng.uniform(0.5, 1, 4), f"{block}.bn.bias": rng.standard_normal(4),
        f"{block}.bn.running_mean": rng.standard_normal(4), f"{block}.bn.running_var": rng.uniform(0.5, 1, 4),
        "fc.weight": rng.standard_normal((5, 64)), "fc.bias": rng.standard_normal(5),
    }  # fmt: skip
    names = [*arrays]
    nodes = [
        helper.make_node("Conv", ["x", *names[:2]], ["a"], "/layer1/layer1.0/conv/Conv", kernel_shape=[3, 3],
                         pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["a", *names[2:6]], ["b"], "/layer1/layer1.0/bn/BatchNormalization"),
        helper.make_node("Relu", ["b"], ["c"], "/layer1/layer1.0/relu/Relu"),
        helper.make_node("MaxPool", ["c"], ["d"], "/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Dropout", ["d"], ["e"], "/drop/Dropout"),
        helper.make_node("Flatten", ["e"], ["f"], "/Flatten"),
        helper.make_node("Gemm", ["f", *names[6:]], ["y"], "/fc/Gemm", transB=1),
    ]  # fmt: skip
    single = {name: array.astype(np.float32) for name, array in arrays.items()}
    return model(nodes, [value("x", ["N", 3, 8, 8])], [value("y", ["N", 5])], single, opset)
