"""Nets by name beside PyTorch in double precision: outputs, gradients, statistics, three steps of training.

`make nets` (python -m tests.nets_by_name) tries all, whole, at two sizes each; `test_nets_by_name` narrower ones.
"""

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

import torch_nets

import nn
from nn.models.mobilenet import EFFICIENT, MOBILE
from nn.models.resnet import Residual

CLASSES = 10
VGGS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2,) * 5, "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
RESNETS = {
    "resnet18": {"layers": (2, 2, 2, 2)},
    "resnet34": {"layers": (3, 4, 6, 3)},
    "resnet50": {"layers": (3, 4, 6, 3), "bottleneck": True},
    "resnet101": {"layers": (3, 4, 23, 3), "bottleneck": True},
    "resnet152": {"layers": (3, 8, 36, 3), "bottleneck": True},
    "resnext50_32x4d": {"layers": (3, 4, 6, 3), "bottleneck": True, "groups": 32},
}


def vgg(name, batch_norm, size, **made):
    return nn.VGG(name, input_shape=(3, size, size), batch_norm=batch_norm, **made)


def sized(make):
    """A builder of nets that take images of any size."""
    return lambda size, **made: make(**made)


WHOLE = {  # ours of a size; the same in PyTorch; two sizes of images, or lengths of sequences. Where batches are
    # normalised the last maps are 2×2 at least: over two numbers a channel even PyTorch is far from itself
    "alexnet": (sized(nn.alexnet), torch_nets.alexnet, (63, 80)),
    "zfnet": (sized(nn.zfnet), torch_nets.zfnet, (63, 77)),
    **{
        name + "_bn" * norm: (partial(vgg, name, norm), partial(torch_nets.vgg, blocks=row, normalised=norm), (32, 64))
        for name, row in VGGS.items()
        for norm in (False, True)
    },
    "squeezenet1_0": (sized(nn.squeezenet1_0), partial(torch_nets.squeezenet, pools={2, 6, 11}), (32, 65)),
    "squeezenet1_1": (sized(nn.squeezenet1_1), partial(torch_nets.squeezenet, pools={2, 5, 8}), (32, 65)),
    **{n: (sized(getattr(nn, n)), partial(torch_nets.resnet, **row), (33, 64)) for n, row in RESNETS.items()},
    "densenet121": (sized(nn.densenet121), partial(torch_nets.densenet, layers=(6, 12, 24, 16)), (64, 80)),
    "mobilenet_v2": (sized(nn.mobilenet_v2), partial(torch_nets.mobilenet, stages=MOBILE), (33, 64)),
    "efficientnet_lite0": (
        sized(partial(nn.EfficientNetLite, left_out=0.0)),
        partial(torch_nets.efficientnet_lite, stages=EFFICIENT),
        (64, 80),
    ),
    "unet": (sized(nn.unet), torch_nets.unet, (32, 45)),
    "vit_b_16": (
        lambda size, **made: nn.VisionTransformer(size, **made),
        partial(torch_nets.vit, patch=16, layers=12, heads=12),
        (32, 48),
    ),
    "gpt2": (
        lambda size, num_classes, **made: nn.GPT(500, 32, **made),
        partial(torch_nets.gpt, layers=12, heads=12),
        (7, 32),
    ),
}

_MOBILE = ((1, 8, 1, 1), (6, 12, 2, 2), (6, 12, 2, 1))
_EFFICIENT = ((1, 8, 1, 1, 3), (6, 12, 2, 2, 5), (6, 12, 2, 1, 5), (6, 16, 1, 2, 3))
NARROW = {
    "AlexNet": (sized(partial(nn.AlexNet, hidden=20)), torch_nets.alexnet, (63, 70)),
    "ZFNet": (sized(partial(nn.ZFNet, hidden=20)), torch_nets.zfnet, (63, 70)),
    **{
        f"VGG{' with batch norm' * norm}": (
            partial(vgg, "6 M 8x2 M 8 M | 12 12 10", norm),
            partial(torch_nets.vgg, blocks=(1, 2, 1), normalised=norm),
            (32, 40),
        )
        for norm in (False, True)
    },
    "SqueezeNet 1.0": (*WHOLE["squeezenet1_0"][:2], (32, 47)),
    "SqueezeNet 1.1": (*WHOLE["squeezenet1_1"][:2], (32, 47)),
    **{
        f"ResNet, {words}": (
            sized(partial(nn.ResNet, channels=8, **row)),
            partial(torch_nets.resnet, **{key: row[key] for key in row if key != "width_per_group"}),
            (33, 64),
        )
        for words, row in {
            "blocks of two": {"layers": (1, 2, 1, 2)},
            "bottlenecks": {"layers": (1, 2, 1, 1), "bottleneck": True},
            "groups": {"layers": (1, 2, 1, 1), "bottleneck": True, "groups": 4, "width_per_group": 16},
        }.items()
    },
    "DenseNet": (
        sized(partial(nn.DenseNet, (2, 3, 2), growth=4, channels=8)),
        partial(torch_nets.densenet, layers=(2, 3, 2)),
        (32, 45),
    ),
    "MobileNetV2": (
        sized(partial(nn.MobileNetV2, _MOBILE, channels=40)),
        partial(torch_nets.mobilenet, stages=_MOBILE),
        (32, 45),
    ),
    "EfficientNet-Lite": (
        sized(partial(nn.EfficientNetLite, _EFFICIENT, channels=40, left_out=0.0)),
        partial(torch_nets.efficientnet_lite, stages=_EFFICIENT),
        (32, 45),
    ),
    "U-Net": (sized(partial(nn.UNet, 3, 4)), torch_nets.unet, (32, 45)),
    "ViT": (
        lambda size, **made: nn.VisionTransformer(size, 8, layers=2, heads=3, features=12, hidden=20, **made),
        partial(torch_nets.vit, patch=8, layers=2, heads=3),
        (32, 40),
    ),
    "GPT": (
        lambda size, num_classes, **made: nn.GPT(30, 12, layers=2, heads=3, features=12, **made),
        partial(torch_nets.gpt, layers=2, heads=3),
        (5, 12),
    ),
}


def their_names(net):
    """What torchvision calls the arrays of a net, by our names."""
    names = {name: name for name in net.state_dict()}
    if isinstance(net, nn.VGG):
        places = {f"features.{layer}": f"features.{i}" for i, layer in enumerate(net.features.layers)}
        places |= {f"classifier.{layer}": f"classifier.{i - 1}" for i, layer in enumerate(net.classifier.layers)}
        names = {name: f"{places[at]}.{what}" for name in names for at, _, what in [name.rpartition(".")]}
    return names


def shaken(net):
    """Give every array numbers of its own, and leave out dropout.

    What residual blocks add is scaled down: 50 of them, normalised over few numbers, would make training chaotic.
    """
    rng = np.random.default_rng(3)
    for name, array in net.state_dict().items():
        if name.endswith("running_var"):
            array[...] = rng.uniform(0.5, 2, array.shape)
        elif array.ndim == 1:
            array[...] += rng.normal(0, 0.1, array.shape)
        elif not array.any():
            array[...] = rng.normal(0, array[0].size ** -0.5, array.shape)
    for _, part in net.named_modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
        if isinstance(part, Residual):
            part.state_dict()[f"bn{part.count}.weight"][...] *= 0.1
    return net


def data(net, size):
    """Two images of so many pixels a side, or sequences of such a length, and what is to be said of them."""
    rng = np.random.default_rng(size)
    if isinstance(net, nn.GPT):
        tokens = rng.integers(0, len(net.transformer.wte.weight), (2, size + 1))
        return tokens[:, :-1], tokens[:, 1:].ravel()
    x = rng.standard_normal((2, 3, size, size))
    return x, rng.integers(0, 2, 2 * size * size if isinstance(net, nn.UNet) else 2)


def by_class(logits):
    """Logits with the classes last, as a matrix."""
    if len(logits.shape) == 4:
        logits = logits.permute(0, 2, 3, 1) if isinstance(logits, torch.Tensor) else logits.transpose(0, 2, 3, 1)
    return logits.reshape((-1, logits.shape[-1]))


def furthest(ours, theirs):
    """How far arrays are apart, in parts of their largest element, or of a thousandth of the largest in all of them."""
    theirs = {name: values.detach().numpy() for name, values in theirs.items()}
    least = 1e-3 * max(np.abs(values).max() for values in theirs.values())
    return max(np.abs(ours[n] - theirs[n]).max() / max(np.abs(theirs[n]).max(), least) for n in theirs)


def apart(make, theirs, size, steps=3):
    """How far ours and PyTorch's net are apart: in outputs, losses, gradients, and numbers held after so many steps."""
    net = shaken(make(size, num_classes=CLASSES, init=nn.zeros, dtype=np.float64))
    names = their_names(net)
    buffers = {names[name] for name, _, is_buffer in net.named_tensors() if is_buffer}
    how = {"eps": 1e-3, "momentum": 0.01} if isinstance(net, nn.EfficientNetLite) else {}
    w = torch_nets.Weights({names[name]: array for name, array in net.state_dict().items()}, buffers, **how)
    x, y = data(net, size)
    tx, ty = torch.tensor(x), torch.tensor(y)
    found = {"output": furthest({"": net.eval()(x).numpy()}, {"": theirs(w, tx)})}
    assert w.seen == {*names.values()}, "every array has a use"
    net.train()
    w.training = True
    ours, other = (kind(given, lr=1e-3, momentum=0.9) for kind, given in (
        (nn.SGD, net.parameters()), (torch.optim.SGD, w.parameters.values())
    ))  # fmt: skip
    for step in range(steps):
        net.zero_grad()
        other.zero_grad()
        loss = nn.cross_entropy(by_class(net(x)), y)
        loss.backward()
        twin = torch.nn.functional.cross_entropy(by_class(theirs(w, tx)), ty)
        twin.backward()
        if step == 0:
            grads = {names[name]: parameter.grad for name, parameter in net.named_parameters()}
            found["gradients"] = furthest(grads, {name: tensor.grad for name, tensor in w.parameters.items()})
        found["loss"] = max(found.get("loss", 0.0), abs(loss.item() - twin.item()) / abs(twin.item()))
        ours.step()
        other.step()
    found["numbers held"] = furthest({names[name]: array for name, array in net.state_dict().items()}, w.tensors)
    return found


def main():
    """Every net, whole, at both sizes; the last line says how far apart the furthest are."""
    torch.set_num_threads(1)
    most = 0.0
    for name, (make, theirs, sizes) in WHOLE.items():
        for size in sizes:
            begin = time.process_time()
            found = apart(make, theirs, size)
            most = max(most, *found.values())
            told = ", ".join(f"{what} {value:.1e}" for what, value in found.items())
            print(f"{name} {size}: {told}; {time.process_time() - begin:.0f} s of CPU", flush=True)
    print(f"furthest apart: {most:.1e}")
    return most > 1e-9


if __name__ == "__main__":
    sys.exit(main())
