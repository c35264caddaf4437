"""The report's algorithms 1 and 2 as it has them, loop by loop: what the kernels compute, and how slowly it could be.

Run with `python -m examples.loops`; a test holds the kernels to them.
"""

import argparse

import numpy as np

from autograd_mini import conv2d, max_pool2d


def direct_convolution(data: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """Algorithm 1. data (N, C, H, W), filters (K, C, Hf, Wf) -> (N, K, Hout, Wout)."""
    images, channels, height, width = data.shape
    maps, _, tall, wide = filters.shape
    output = np.zeros((images, maps, (height - tall) // stride + 1, (width - wide) // stride + 1))
    for n in range(images):
        for oy in range(output.shape[2]):
            for ox in range(output.shape[3]):
                for ok in range(maps):
                    for oh in range(tall):
                        for ow in range(wide):
                            for oc in range(channels):
                                pixel = data[n, oc, oy * stride + oh, ox * stride + ow]
                                output[n, ok, oy, ox] += pixel * filters[ok, oc, oh, ow]
    return output


def pooling_output(data: np.ndarray, window: tuple[int, int], stride: int) -> np.ndarray:
    """Algorithm 2. data (H, W) -> (⌊(H − Kh) / S⌋ + 1, ⌊(W − Kw) / S⌋ + 1)."""
    (height, width), (tall, wide) = data.shape, window
    output = np.full(((height - tall) // stride + 1, (width - wide) // stride + 1), -np.inf)
    for h in range(output.shape[0]):
        for w in range(output.shape[1]):
            for ih in range(tall):
                for iw in range(wide):
                    value = data[h * stride + ih, w * stride + iw]
                    if output[h, w] < value:
                        output[h, w] = value
    return output


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    rng = np.random.default_rng(0)
    data, filters = rng.standard_normal((2, 3, 12, 11)), rng.standard_normal((4, 3, 3, 2))
    for stride in (1, 2):
        off = np.abs(direct_convolution(data, filters, stride) - conv2d(data, filters, stride=stride)).max()
        print(f"algorithm 1, stride {stride}: the kernel differs by {off:.0e} at most")
        pooled = max_pool2d(data, kernel_size=(3, 2), stride=stride)
        same = np.array_equal(pooling_output(data[0, 0], (3, 2), stride), pooled[0, 0])
        print(f"algorithm 2, stride {stride}: the kernel gives {'the same numbers' if same else 'other numbers'}")


if __name__ == "__main__":
    main()
