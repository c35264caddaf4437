"""Depthwise convolution, compiled: each channel by filters of its own, row after row; channels are innermost.

Images are (N, D, H, W, C), filters (kd, kh, kw, C). Three products are added up before a sum is stored.
"""

from __future__ import annotations

from . import loop


@loop
def _one(out, a, w):  # type: ignore[no-untyped-def]
    """out (C,) += a · w."""
    for c in range(len(out)):
        out[c] += a[c] * w[c]


@loop
def _three(out, a, b, c, u, v, w):  # type: ignore[no-untyped-def]
    """out (C,) += a·u + b·v + c·w."""
    for k in range(len(out)):
        out[k] += a[k] * u[k] + b[k] * v[k] + c[k] * w[k]


@loop
def correlate(x, w, b, out, stride, padding, dilation, first, last):  # type: ignore[no-untyped-def]
    """Rows first … last - 1 of out (N, Do, Ho, Wo, C) = x (N, D, H, W, C) ⋆ w (kd, kh, kw, C), plus b (C,)."""
    (depth, height, width), (deep, high, wide) = x.shape[1:4], w.shape[:3]
    reach = (wide - 1) * dilation[2]
    for row in range(first, last):
        n, rest = divmod(row, out.shape[1] * out.shape[2])
        i, j = divmod(rest, out.shape[2])
        sums = out[n, i, j]
        sums[:] = b
        for t in range(deep):
            front = i * stride[0] + t * dilation[0] - padding[0]
            if front < 0 or front >= depth:
                continue
            for u in range(high):
                top = j * stride[1] + u * dilation[1] - padding[1]
                if top < 0 or top >= height:
                    continue
                line, taps = x[n, front, top], w[t, u]
                for k in range(out.shape[3]):
                    left, total, v = k * stride[2] - padding[2], sums[k], 0
                    if left >= 0 and left + reach < width:
                        while v + 2 < wide:
                            at = left + v * dilation[2]
                            second, third = at + dilation[2], at + 2 * dilation[2]
                            _three(total, line[at], line[second], line[third], taps[v], taps[v + 1], taps[v + 2])
                            v += 3
                    while v < wide:
                        at = left + v * dilation[2]
                        if 0 <= at < width:
                            _one(total, line[at], taps[v])
                        v += 1


@loop
def transposed(y, w, out, stride, padding, dilation, first, last):  # type: ignore[no-untyped-def]
    """Rows first … last - 1 of out (N, D, H, W, C): y (N, Do, Ho, Wo, C), each value painting w (kd, kh, kw, C)."""
    (depth, height, width), (deep, high, wide) = y.shape[1:4], w.shape[:3]
    for row in range(first, last):
        n, rest = divmod(row, out.shape[1] * out.shape[2])
        i, j = divmod(rest, out.shape[2])
        line = out[n, i, j]
        line[:] = 0
        for t in range(deep):
            front = i + padding[0] - t * dilation[0]
            if front < 0 or front % stride[0] or front // stride[0] >= depth:
                continue
            for u in range(high):
                top = j + padding[1] - u * dilation[1]
                if top < 0 or top % stride[1] or top // stride[1] >= height:
                    continue
                maps, taps = y[n, front // stride[0], top // stride[1]], w[t, u]
                for k in range(width):
                    for v in range(wide):
                        at = k * stride[2] + v * dilation[2] - padding[2]
                        if 0 <= at < out.shape[3]:
                            _one(line[at], maps[k], taps[v])


@loop
def filters(x, y, part, total, stride, padding, dilation, first, last):  # type: ignore[no-untyped-def]
    """Add to total (kd, kh, kw, C) what rows first … last - 1 of y (N, Do, Ho, Wo, C) and x (N, D, H, W, C) make of it.

    part: scratch of the same shape, in which a row is summed.
    """
    (depth, height, width), (deep, high, wide) = x.shape[1:4], total.shape[:3]
    outputs = y.shape[3]
    for row in range(first, last):
        n, rest = divmod(row, y.shape[1] * y.shape[2])
        i, j = divmod(rest, y.shape[2])
        maps = y[n, i, j]
        for t in range(deep):
            front = i * stride[0] + t * dilation[0] - padding[0]
            if front < 0 or front >= depth:
                continue
            for u in range(high):
                top = j * stride[1] + u * dilation[1] - padding[1]
                if top < 0 or top >= height:
                    continue
                line = x[n, front, top]
                for v in range(wide):
                    start, step = v * dilation[2] - padding[2], stride[2]
                    sums = part[t, u, v]
                    sums[:] = 0
                    k = 0 if start >= 0 else -(start // step)
                    end = min(outputs, (width - 1 - start) // step + 1)
                    while k + 2 < end:
                        at = start + k * step
                        second, third = at + step, at + 2 * step
                        _three(sums, line[at], line[second], line[third], maps[k], maps[k + 1], maps[k + 2])
                        k += 3
                    while k < end:
                        _one(sums, line[start + k * step], maps[k])
                        k += 1
                    goal = total[t, u, v]
                    for c in range(len(goal)):
                        goal[c] += sums[c]
