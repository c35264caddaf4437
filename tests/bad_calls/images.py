"""Convolution, pooling and normalisation of images: geometry, channels, dtypes."""

import numpy as np

import autograd_mini as ag

from .given import A, T, image


def pooled():
    return ag.max_pool2d(image(), kernel_size=2, return_indices=True)


CALLS = {
    "conv2d": {
        "kernel": lambda: ag.conv2d(image(), T(1, 2, 5, 4)),
        "dilated kernel": lambda: ag.conv2d(image(), T(1, 2, 1, 3), dilation=3, padding=1),
        "empty kernel": lambda: ag.conv2d(image(), T(1, 2, 0, 2)),
        "stride of 0": lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=0),
        "padding in words": lambda: ag.conv2d(image(), T(1, 2, 2, 2), padding="full"),
        "dilation of 0": lambda: ag.conv2d(image(), T(1, 2, 2, 2), dilation=0),
        "channels": lambda: ag.conv2d(image(), T(1, 3, 2, 2)),
        "of three axes": lambda: ag.conv2d(T(2, 4, 4), T(1, 2, 2, 2)),
        "filters of three axes": lambda: ag.conv2d(image(), T(2, 2, 2)),
        "bias": lambda: ag.conv2d(image(), T(5, 2, 2, 2), T(3)),
        "with complex filters": lambda: ag.conv2d(image(), np.ones((1, 2, 2, 2), complex)),
        "of channels last": lambda: ag.conv2d(T(1, 4, 4, 2), T(1, 2, 2, 2)),
        "of no channels": lambda: ag.conv2d(T(1, 0, 4, 4), T(1, 0, 2, 2)),
        "of no rows": lambda: ag.conv2d(T(1, 2, 0, 4), T(1, 2, 2, 2)),
        "no filters": lambda: ag.conv2d(image(), T(0, 2, 2, 2)),
        "bias of two axes": lambda: ag.conv2d(image(), T(1, 2, 2, 2), T(1, 1)),
        "bias in words": lambda: ag.conv2d(image(), T(1, 2, 2, 2), ["a"]),
        "stride of nan": lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=np.nan),
        "stride beyond counting": lambda: ag.conv2d(image(), T(1, 2, 2, 2), stride=10**30),
        "four paddings": lambda: ag.conv2d(image(), T(1, 2, 2, 2), padding=(1, 1, 1, 1)),
    },
    "conv_transpose2d": {
        "channels": lambda: ag.conv_transpose2d(image(), T(3, 2, 2, 2)),
        "bias": lambda: ag.conv_transpose2d(image(), T(2, 3, 2, 2), T(2)),
        "output_padding": lambda: ag.conv_transpose2d(image(), T(2, 3, 2, 2), stride=2, output_padding=2),
        "to nothing": lambda: ag.conv_transpose2d(image(1, 2, 1, 1), T(2, 3, 2, 2), padding=1),
        "of three axes": lambda: ag.conv_transpose2d(T(2, 4, 4), T(2, 3, 2, 2)),
        "empty kernel": lambda: ag.conv_transpose2d(image(), T(2, 1, 0, 2)),
        "stride of 0": lambda: ag.conv_transpose2d(image(), T(2, 1, 2, 2), stride=0),
        "dilation of 0": lambda: ag.conv_transpose2d(image(), T(2, 1, 2, 2), dilation=0),
    },
    "conv2d_filter": {
        "shapes": lambda: ag.conv2d_filter(image(), T(1, 5, 2, 2), kernel_size=2),
        "kernel": lambda: ag.conv2d_filter(image(), T(1, 5, 2, 2), kernel_size=6),
        "another batch": lambda: ag.conv2d_filter(image(), T(2, 5, 3, 3), kernel_size=2),
        "empty kernel": lambda: ag.conv2d_filter(image(), T(1, 5, 3, 3), kernel_size=0),
        "maps of three axes": lambda: ag.conv2d_filter(image(), T(5, 3, 3), kernel_size=2),
    },
    "max_pool2d": {
        "window": lambda: ag.max_pool2d(image(), kernel_size=5),
        "padding": lambda: ag.max_pool2d(image(), kernel_size=2, padding=2),
        "stride of 0": lambda: ag.max_pool2d(image(), kernel_size=2, stride=0),
        "empty window": lambda: ag.max_pool2d(image(), kernel_size=0),
        "of two axes": lambda: ag.max_pool2d(T(4, 4), kernel_size=2),
        "of complex numbers": lambda: ag.max_pool2d(np.ones((1, 1, 4, 4), complex), kernel_size=2),
        "of no channels": lambda: ag.max_pool2d(T(1, 0, 4, 4), kernel_size=2),
    },
    "avg_pool2d": {
        "padding": lambda: ag.avg_pool2d(image(), kernel_size=2, padding=3),
        "window": lambda: ag.avg_pool2d(image(), kernel_size=(2, 5)),
        "empty window": lambda: ag.avg_pool2d(image(), kernel_size=0),
        "stride of 0": lambda: ag.avg_pool2d(image(), kernel_size=2, stride=0),
        "of three axes": lambda: ag.avg_pool2d(T(2, 4, 4), kernel_size=2),
    },
    "max_unpool2d": {
        "indices": lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 3), int), kernel_size=2),
        "fractional indices": lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 4)), kernel_size=2),
        "index elsewhere": lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 4), int), kernel_size=2),
        "size": lambda: ag.max_unpool2d(image(), np.zeros((1, 2, 4, 4), int), kernel_size=2, output_size=(9, 12)),
        "without indices": lambda: ag.max_unpool2d(image(), None, kernel_size=2),
        "ragged indices": lambda: ag.max_unpool2d(image(), [[1], [1, 2]], kernel_size=2),
        "another window": lambda: ag.max_unpool2d(*pooled(), kernel_size=3),
        "another padding": lambda: ag.max_unpool2d(*pooled(), kernel_size=2, padding=1),
        "empty window": lambda: ag.max_unpool2d(*pooled(), kernel_size=0),
        "size of four axes": lambda: ag.max_unpool2d(*pooled(), kernel_size=2, output_size=(1, 2, 4, 4)),
        "size of nothing": lambda: ag.max_unpool2d(*pooled(), kernel_size=2, output_size=(0, 0)),
        "index below 0": lambda: ag.max_unpool2d(pooled()[0], np.full((1, 2, 2, 2), -1), kernel_size=2),
        "index beyond the image": lambda: ag.max_unpool2d(pooled()[0], np.full((1, 2, 2, 2), 99), kernel_size=2),
    },
    "batch_norm": {
        "mean": lambda: ag.batch_norm(T(5, 3), A(2), A(3) ** 2),
        "weight": lambda: ag.batch_norm(T(5, 3), A(3), A(3) ** 2, A(4)),
        "listed weight": lambda: ag.batch_norm(T(5, 3), A(3), A(3) ** 2, [1.0, 1.0]),
        "of a vector": lambda: ag.batch_norm(T(3), A(3), A(3)),
        "mean alone": lambda: ag.batch_norm(T(5, 3), A(3)),
        "of nothing": lambda: ag.batch_norm(T(0, 3)),
        "bias": lambda: ag.batch_norm(T(5, 3), bias=T(5)),
        "var of two axes": lambda: ag.batch_norm(T(5, 3), A(3), A(3, 1)),
        "weight in words": lambda: ag.batch_norm(T(5, 3), None, None, ["a", "b", "c"]),
        "weight of Tensors": lambda: ag.batch_norm(T(5, 3), None, None, [T(), T(), T()]),
        "eps below 0": lambda: ag.batch_norm(T(5, 3), eps=-1),
    },
}
