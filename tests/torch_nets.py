"""Nets by name in PyTorch, as functions of weights under torchvision's names, written from the papers' tables."""

from functools import partial
from itertools import count, repeat

import numpy as np
import torch

F = torch.nn.functional


class Weights:
    """A state in PyTorch, and the layers that look their weights up in it. Dropout there is none.

    seen: the names that were looked up. eps, momentum: of batch normalisations.
    """

    def __init__(self, state, buffers, eps=1e-5, momentum=0.1):
        self.tensors = {name: torch.tensor(np.array(array)) for name, array in state.items()}
        self.parameters = {
            name: tensor.requires_grad_() for name, tensor in self.tensors.items() if name not in buffers
        }
        self.seen, self.training, self.how = set(), False, {"eps": eps, "momentum": momentum}

    def __getitem__(self, name):
        self.seen.add(name)
        return self.tensors[name]

    def both(self, name):
        """Weight and bias."""
        return self[f"{name}.weight"], self[f"{name}.bias"] if f"{name}.bias" in self.tensors else None

    def conv(self, name, x, stride=1, padding=0, groups=1):
        return F.conv2d(x, *self.both(name), stride=stride, padding=padding, groups=groups)

    def norm(self, name, x):
        running = self[f"{name}.running_mean"], self[f"{name}.running_var"]
        return F.batch_norm(x, *running, *self.both(name), training=self.training, **self.how)

    def layer_norm(self, name, x, eps):
        weight, bias = self.both(name)
        return F.layer_norm(x, weight.shape, weight, bias, eps)

    def linear(self, name, x):
        return F.linear(x, *self.both(name))


def mean(x):
    return x.mean((2, 3))


def vgg(w, x, blocks, normalised=False):
    """blocks: how many convolutions each has."""
    numbers = count()
    for block in blocks:
        for _ in range(block):
            x = w.conv(f"features.{next(numbers)}", x, padding=1)
            x = F.relu(w.norm(f"features.{next(numbers)}", x) if normalised else x)
            next(numbers)
        x = F.max_pool2d(x, 2)
        next(numbers)
    return head(w, x.flatten(1), (0, 3, 6))


def head(w, x, numbers):
    """Linear layers called classifier.0 and so on, with ReLUs between them."""
    *hidden, last = numbers
    for i in hidden:
        x = F.relu(w.linear(f"classifier.{i}", x))
    return w.linear(f"classifier.{last}", x)


def alexnet(w, x):
    for i, stride, padding in ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)):
        x = F.relu(w.conv(f"features.{i}", x, stride, padding))
        x = F.max_pool2d(x, 3, 2) if i in (0, 3, 10) else x
    return head(w, F.adaptive_avg_pool2d(x, 6).flatten(1), (1, 4, 6))


def zfnet(w, x):
    for i, (stride, padding) in enumerate(((2, 1), (2, 0), (1, 1), (1, 1), (1, 1)), 1):
        x = F.relu(w.conv(f"conv{i}", x, stride, padding))
        if i < 3:
            x = F.local_response_norm(F.max_pool2d(x, 3, 2, ceil_mode=True), 5, 5e-4, 0.75, 2.0)
    x = F.adaptive_avg_pool2d(F.max_pool2d(x, 3, 2), 6).flatten(1)
    return w.linear("fc8", F.relu(w.linear("fc7", F.relu(w.linear("fc6", x)))))


def squeezenet(w, x, pools):
    """pools: the numbers of layers that are none of fire."""
    x = F.relu(w.conv("features.0", x, 2))
    for i in range(2, 13):
        if i in pools:
            x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            continue
        squeezed = F.relu(w.conv(f"features.{i}.squeeze", x))
        sides = w.conv(f"features.{i}.expand1x1", squeezed), w.conv(f"features.{i}.expand3x3", squeezed, 1, 1)
        x = F.relu(torch.cat(sides, 1))
    return mean(F.relu(w.conv("classifier.1", x)))


def resnet(w, x, layers, bottleneck=False, groups=1):
    x = F.max_pool2d(F.relu(w.norm("bn1", w.conv("conv1", x, 2, 3))), 3, 2, 1)
    for i, depth in enumerate(layers, 1):
        for j in range(depth):
            at, stride = f"layer{i}.{j}", 2 if i > 1 and j == 0 else 1
            rows = [(1, 1, 0, 1), (2, stride, 1, groups), (3, 1, 0, 1)] if bottleneck else [(1, stride, 1), (2, 1, 1)]
            y = x
            for k, *geometry in rows:
                y = w.norm(f"{at}.bn{k}", w.conv(f"{at}.conv{k}", y, *geometry))
                y = F.relu(y) if k < len(rows) else y
            if f"{at}.downsample.0.weight" in w.tensors:
                x = w.norm(f"{at}.downsample.1", w.conv(f"{at}.downsample.0", x, stride))
            x = F.relu(x + y)
    return w.linear("fc", mean(x))


def densenet(w, x, layers):
    def step(x, at, k, **geometry):
        return w.conv(f"{at}.conv{k}", F.relu(w.norm(f"{at}.norm{k}", x)), **geometry)

    x = F.max_pool2d(F.relu(w.norm("features.norm0", w.conv("features.conv0", x, 2, 3))), 3, 2, 1)
    for i, depth in enumerate(layers, 1):
        maps = [x]
        for j in range(1, depth + 1):
            at = f"features.denseblock{i}.denselayer{j}"
            maps.append(step(step(torch.cat(maps, 1), at, 1), at, 2, padding=1))
        x = torch.cat(maps, 1)
        if i < len(layers):
            x = F.avg_pool2d(step(x, f"features.transition{i}", ""), 2)
    return w.linear("classifier", mean(F.relu(w.norm(f"features.norm{len(layers) + 1}", x))))


def mobilenet(w, x, stages):
    def step(name, x, *geometry, number=1):
        at, _, i = name.rpartition(".")
        return w.norm(f"{at}.{int(i) + number}", w.conv(name, x, *geometry))

    x, into = F.relu6(step("features.0.0", x, 2, 1)), 32
    rows = [(e, out, stride if k == 0 else 1) for e, out, n, stride in stages for k in range(n)]
    for i, (expansion, out, stride) in enumerate(rows, 1):
        y, at, k = x, f"features.{i}.conv", 0
        if expansion > 1:
            y, k = F.relu6(step(f"{at}.0.0", y)), 1
        y = F.relu6(step(f"{at}.{k}.0", y, stride, 1, into * expansion))
        y = step(f"{at}.{k + 1}", y)
        x, into = x + y if (stride, into) == (1, out) else y, out
    x = F.relu6(step(f"features.{len(rows) + 1}.0", x))
    return w.linear("classifier.1", mean(x))


def efficientnet_lite(w, x, stages):
    def conv(name, x, kernel, stride=1, groups=1):
        before, behind = (kernel - stride) // 2, (kernel - stride + 1) // 2
        return w.conv(name, F.pad(x, (before, behind, before, behind)), stride, 0, groups)

    x, into, i = F.relu6(w.norm("_bn0", conv("_conv_stem", x, 3, 2))), 32, 0
    for expansion, out, n, first, kernel in stages:
        for stride in (first, *repeat(1, n - 1)):
            y, at = x, f"_blocks.{i}"
            if expansion > 1:
                y = F.relu6(w.norm(f"{at}._bn0", conv(f"{at}._expand_conv", y, 1)))
            y = F.relu6(w.norm(f"{at}._bn1", conv(f"{at}._depthwise_conv", y, kernel, stride, into * expansion)))
            y = w.norm(f"{at}._bn2", conv(f"{at}._project_conv", y, 1))
            x, into, i = x + y if (stride, into) == (1, out) else y, out, i + 1
    return w.linear("_fc", mean(F.relu6(w.norm("_bn1", conv("_conv_head", x, 1)))))


def unet(w, x):
    def twice(at, x):
        for i in (0, 3):
            x = F.relu(w.norm(f"{at}.double_conv.{i + 1}", w.conv(f"{at}.double_conv.{i}", x, 1, 1)))
        return x

    maps = [twice("inc", x)]
    for i in range(1, 5):
        maps.append(twice(f"down{i}.maxpool_conv.1", F.max_pool2d(maps[-1], 2)))
    x = maps.pop()
    for i in range(1, 5):
        x, beside = F.conv_transpose2d(x, *w.both(f"up{i}.up"), stride=2), maps.pop()
        (top, bottom), (left, right) = ((n // 2, n - n // 2) for n in (beside.shape[d] - x.shape[d] for d in (2, 3)))
        x = twice(f"up{i}.conv", torch.cat([beside, F.pad(x, (left, right, top, bottom))], 1))
    return w.conv("outc.conv", x)


def attention(w, x, at, into, out, heads, causal):
    """Queries, keys and values from one matrix, softmax written out."""
    n, length, features = x.shape
    q, k, v = F.linear(x, *into).reshape(n, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
    scores = q @ k.mT / (features // heads) ** 0.5
    if causal:
        scores = scores.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -torch.inf)
    return w.linear(f"{at}.{out}", (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, length, features))


def vit(w, x, patch, layers, heads):
    x = w.conv("conv_proj", x, patch).flatten(2).mT
    x = torch.cat([w["class_token"].expand(len(x), 1, -1), x], 1) + w["encoder.pos_embedding"]
    norm = partial(w.layer_norm, eps=1e-6)
    for i in range(layers):
        at = f"encoder.layers.encoder_layer_{i}"
        into = w[f"{at}.self_attention.in_proj_weight"], w[f"{at}.self_attention.in_proj_bias"]
        x = x + attention(w, norm(f"{at}.ln_1", x), f"{at}.self_attention", into, "out_proj", heads, causal=False)
        x = x + w.linear(f"{at}.mlp.3", F.gelu(w.linear(f"{at}.mlp.0", norm(f"{at}.ln_2", x))))
    return w.linear("heads.head", norm("encoder.ln", x)[:, 0])


def gpt(w, tokens, layers, heads):
    x = w["transformer.wte.weight"][tokens] + w["transformer.wpe.weight"][: tokens.shape[1]]
    norm = partial(w.layer_norm, eps=1e-5)
    for i in range(layers):
        at = f"transformer.h.{i}"
        into = w.both(f"{at}.attn.c_attn")
        x = x + attention(w, norm(f"{at}.ln_1", x), f"{at}.attn", into, "c_proj", heads, causal=True)
        wide = F.gelu(w.linear(f"{at}.mlp.c_fc", norm(f"{at}.ln_2", x)), approximate="tanh")
        x = x + w.linear(f"{at}.mlp.c_proj", wide)
    return norm("transformer.ln_f", x) @ w["transformer.wte.weight"].T
