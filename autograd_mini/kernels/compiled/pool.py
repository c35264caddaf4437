"""Pooling, compiled: a window's pixels are read once, in one pass over the image; channels are innermost."""

from __future__ import annotations

from .team import shared


@shared
def max_pool(x, values, switches, kernel, stride, padding, first, last):  # type: ignore[no-untyped-def]
    """values, switches (N, Hout, Wout, C) of x (N, H, W, C): the first maximum, and which pixel of its window it is.

    Rows first … last − 1 of all images' rows of the result.
    """
    (kh, kw), (height, width, channels) = kernel, x.shape[1:]
    for line in range(first, last):
        n, i = line // values.shape[1], line % values.shape[1]
        top = i * stride[0] - padding[0]
        for j in range(values.shape[2]):
            left = j * stride[1] - padding[1]
            best, chosen = values[n, i, j], switches[n, i, j]
            begun = False
            for u in range(max(0, -top), min(kh, height - top)):
                for v in range(max(0, -left), min(kw, width - left)):
                    pixel, offset = x[n, top + u, left + v], u * kw + v
                    if not begun:
                        for c in range(channels):
                            best[c] = pixel[c]
                            chosen[c] = offset
                        begun = True
                    else:
                        for c in range(channels):
                            # a nan beats every number, and the first nan stays
                            wins = (pixel[c] > best[c]) | ((pixel[c] != pixel[c]) & (best[c] == best[c]))
                            best[c] = pixel[c] if wins else best[c]
                            chosen[c] = offset if wins else chosen[c]


@shared
def unpool(y, switches, out, kernel, stride, padding, first, last):  # type: ignore[no-untyped-def]
    """out (N, H, W, C): y (N, Hout, Wout, C) where its switches point, zeros elsewhere, overlaps added.

    Images first … last − 1.
    """
    (kh, kw), (height, width, channels) = kernel, out.shape[1:]
    covered = kh == stride[0] and kw == stride[1] and padding[0] == 0 and padding[1] == 0
    for n in range(first, last):
        if not covered or height % kh or width % kw:
            out[n] = 0
        for i in range(y.shape[1]):
            top = i * stride[0] - padding[0]
            for j in range(y.shape[2]):
                left = j * stride[1] - padding[1]
                value, chosen = y[n, i, j], switches[n, i, j]
                for u in range(max(0, -top), min(kh, height - top)):
                    for v in range(max(0, -left), min(kw, width - left)):
                        pixel, offset = out[n, top + u, left + v], u * kw + v
                        if covered:  # every pixel belongs to one window, and is written once
                            for c in range(channels):
                                pixel[c] = value[c] if chosen[c] == offset else 0
                        else:
                            for c in range(channels):
                                pixel[c] += value[c] if chosen[c] == offset else 0


@shared
def sum_pool(x, out, kernel, stride, padding, first, last):  # type: ignore[no-untyped-def]
    """out (N, Hout, Wout, C): the sum over each window of x (N, H, W, C). Rows first … last − 1 of all images' rows."""
    (kh, kw), (height, width, channels) = kernel, x.shape[1:]
    for line in range(first, last):
        n, i = line // out.shape[1], line % out.shape[1]
        top = i * stride[0] - padding[0]
        for j in range(out.shape[2]):
            left, target = j * stride[1] - padding[1], out[n, i, j]
            if kh == 2 and kw == 2 and top >= 0 and left >= 0 and top + 2 <= height and left + 2 <= width:
                one, two = x[n, top, left], x[n, top, left + 1]
                three, four = x[n, top + 1, left], x[n, top + 1, left + 1]
                for c in range(channels):  # in one pass
                    target[c] = one[c] + two[c] + three[c] + four[c]
                continue
            target[:] = 0
            for u in range(max(0, -top), min(kh, height - top)):
                for v in range(max(0, -left), min(kw, width - left)):
                    pixel = x[n, top + u, left + v]
                    for c in range(channels):
                        target[c] += pixel[c]


@shared
def sum_unpool(y, out, kernel, stride, padding, first, last):  # type: ignore[no-untyped-def]
    """out (N, H, W, C): each pixel the sum of y (N, Hout, Wout, C) over the windows that it is in. Rows as above."""
    (kh, kw), (height, width, channels) = kernel, out.shape[1:]
    for line in range(first, last):
        n, down = line // height, line % height + padding[0]
        for column in range(width):
            across, pixel = column + padding[1], out[n, line % height, column]
            pixel[:] = 0
            for i in range(max(0, (down - kh) // stride[0] + 1), min(y.shape[1], down // stride[0] + 1)):
                for j in range(max(0, (across - kw) // stride[1] + 1), min(y.shape[2], across // stride[1] + 1)):
                    value = y[n, i, j]
                    for c in range(channels):
                        pixel[c] += value[c]


@shared
def pool(x, switches, out, kernel, stride, padding, first, last):  # type: ignore[no-untyped-def]
    """out (N, Hout, Wout, C): x (N, H, W, C) at the switches. Images first … last − 1."""
    kw, channels = kernel[1], x.shape[3]
    for n in range(first, last):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                target, chosen = out[n, i, j], switches[n, i, j]
                for c in range(channels):
                    u, v = chosen[c] // kw, chosen[c] % kw
                    target[c] = x[n, i * stride[0] - padding[0] + u, j * stride[1] - padding[1] + v, c]
