"""Convolution of sequences and of volumes, and its adjoint; `conv` says what they are, and has those of images."""

from typing import Any

from ..geometry import IntOrSize, Padding
from .conv import convolved, convolved_back
from .kinds import definition


@definition
def conv1d(
    x: Any, w: Any, b: Any = None, *, stride: IntOrSize = 1, padding: Padding = 0,
    dilation: IntOrSize = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution y[n,k,i] = b[k] + Σ w[k,c,u] · x[n, c, s·i + d·u − p] of sequences x.

    The filters are not flipped: in signal processing this is a cross-correlation.

    Arguments:
        x: (N, C, W), sequences.
        w: (K, C / groups, kw), filters; filter k meets the channels of group ⌊k · groups / K⌋.
        b: (K,), a bias for each filter, or None.
        stride: an integer, in steps.
        padding: an integer, ((before, after),), or "same" or "valid"; "same" keeps the length at stride 1, its odd step
            behind.
        dilation: an integer, in steps.
        groups: in how many equal parts channels and filters fall; C of them for a depthwise convolution.
    Returns:
        (N, K, Wout) with Wout = ⌊(W + before + after − d(kw − 1) − 1) / s⌋ + 1.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide channels and filters, for a stride or
            dilation below 1, for "same" with a stride above 1, and for a kernel that reaches beyond what is padded.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.conv1d(np.array([[[1.0, 2.0, 4.0, 8.0]]]), np.array([[[-1.0, 1.0]]]), padding=((1, 0),))  # differences
        array([[[1., 1., 2., 4.]]])
    """
    return convolved("conv1d", 1, x, w, b, stride, padding, dilation, groups)


@definition
def conv3d(
    x: Any, w: Any, b: Any = None, *, stride: IntOrSize = 1, padding: Padding = 0,
    dilation: IntOrSize = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The convolution of volumes x, as `conv2d` with depth as a third axis.

    Arguments:
        x: (N, C, D, H, W), volumes.
        w: (K, C / groups, kd, kh, kw), filters; filter k meets the channels of group ⌊k · groups / K⌋.
        b: (K,), a bias for each filter, or None.
        stride: an integer or three (depth, vertical, horizontal).
        padding: the same, or a pair (before, after) for each axis, or "same" or "valid"; "same" keeps the size at
            stride 1, its odd voxel behind.
        dilation: an integer or three.
        groups: in how many equal parts channels and filters fall; C of them for a depthwise convolution.
    Returns:
        (N, K, Dout, Hout, Wout) with Dout = ⌊(D + before + after − d(kd − 1) − 1) / s⌋ + 1.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide channels and filters, for a stride or
            dilation below 1, for "same" with a stride above 1, and for a kernel that reaches beyond the padded volume.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.conv3d(np.ones((1, 1, 2, 3, 3)), np.ones((1, 1, 2, 2, 2)))[0, 0]
        array([[[8., 8.],
                [8., 8.]]])
    """
    return convolved("conv3d", 3, x, w, b, stride, padding, dilation, groups)


@definition
def conv_transpose1d(
    y: Any, w: Any, b: Any = None, *, stride: IntOrSize = 1, padding: Padding = 0, output_padding: IntOrSize = 0,
    dilation: IntOrSize = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The adjoint of conv1d in its sequences: each value of a map adds its filter to the sequence.

    Arguments:
        y: (N, K, Wy), maps.
        w: (K, C / groups, kw), filters, as conv1d has them.
        b: (C,), a bias for each channel, or None.
        stride: of conv1d, an integer.
        padding: of conv1d, an integer, or a pair (before, after) for each axis.
        output_padding: an integer, below the stride: which of the sizes that conv1d maps to y's is meant.
        dilation: of conv1d, an integer.
        groups: of conv1d, in how many equal parts channels and filters fall.
    Returns:
        (N, C, W) with W = s(Wy − 1) + d(kw − 1) + 1 − before − after + output_padding.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide the filters, for a stride or dilation
            below 1, for an output_padding that is not below the stride, and for a padding that leaves no sequence.
        TypeError: for data that are not real numbers.

    Example:
        >>> ag.conv_transpose1d(np.array([[[1.0, 10.0]]]), np.array([[[1.0, 2.0]]]), stride=2)
        array([[[ 1.,  2., 10., 20.]]])
    """
    return convolved_back("conv_transpose1d", 1, y, w, b, stride, padding, output_padding, dilation, groups)


@definition
def conv_transpose3d(
    y: Any, w: Any, b: Any = None, *, stride: IntOrSize = 1, padding: Padding = 0, output_padding: IntOrSize = 0,
    dilation: IntOrSize = 1, groups: int = 1,
) -> Any:  # fmt: skip
    """The adjoint of conv3d in its volumes: each value of a map adds its filter to the volume.

    Arguments:
        y: (N, K, Dy, Hy, Wy), maps.
        w: (K, C / groups, kd, kh, kw), filters, as conv3d has them.
        b: (C,), a bias for each channel, or None.
        stride: of conv3d, an integer or three (depth, vertical, horizontal).
        padding: of conv3d, an integer or three (depth, vertical, horizontal), or a pair (before, after) for each axis.
        output_padding: an integer or three (depth, vertical, horizontal), below the stride; it says
            which of the sizes that conv3d maps to y's is meant.
        dilation: of conv3d, an integer or three (depth, vertical, horizontal).
        groups: of conv3d, in how many equal parts channels and filters fall.
    Returns:
        (N, C, D, H, W) with D = s(Dy − 1) + d(kd − 1) + 1 − before − after + output_padding.
    Raises:
        ValueError: for shapes that do not fit, for groups that do not divide the filters, for a stride or dilation
            below 1, for an output_padding that is not below the stride, and for a padding that leaves no volume.
        TypeError: for data that are not real numbers.

    Example:
        >>> y, w = np.array([[[[[1.0]], [[10.0]]]]]), np.ones((1, 1, 2, 1, 1))
        >>> ag.conv_transpose3d(y, w)[0, 0, :, 0, 0]
        array([ 1., 11., 10.])
    """
    return convolved_back("conv_transpose3d", 3, y, w, b, stride, padding, output_padding, dilation, groups)
