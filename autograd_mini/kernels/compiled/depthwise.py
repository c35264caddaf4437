"""Depthwise convolution, compiled: each channel by filters of its own, row after row; channels are innermost.

Images are (N, D, H, W, C), filters (kd, kh, kw, C). Three products are added up before a sum is stored. Where the
stride along a row is 1, several pixels are one run of numbers; for that the filters come repeated, (kd, kh, kw, r·C).
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
    """Rows first … last - 1 of out (N, Do, Ho, Wo, C) = x (N, D, H, W, C) ⋆ w (kd, kh, kw, r·C), plus b (C,)."""
    (depth, height, width), (deep, high, wide), (outputs, channels) = x.shape[1:4], w.shape[:3], out.shape[3:]
    reach, step, together = (wide - 1) * dilation[2], dilation[2] * channels, w.shape[3] // channels
    for row in range(first, last):
        n, rest = divmod(row, out.shape[1] * out.shape[2])
        i, j = divmod(rest, out.shape[2])
        sums = out[n, i, j]
        sums[:] = b
        flat = sums.reshape(-1)
        for t in range(deep):
            front = i * stride[0] + t * dilation[0] - padding[0]
            if front < 0 or front >= depth:
                continue
            for u in range(high):
                top = j * stride[1] + u * dilation[1] - padding[1]
                if top < 0 or top >= height:
                    continue
                line, taps = x[n, front, top].reshape(-1), w[t, u]
                k = 0
                while k < outputs:
                    left, v, run = k * stride[2] - padding[2], 0, channels
                    if left >= 0 and left + reach < width:
                        if stride[2] == 1:
                            run = min(outputs - k, width - reach - left, together) * channels
                        total = flat[k * channels : k * channels + run]
                        while v + 2 < wide:
                            at = (left + v * dilation[2]) * channels
                            second, third = at + step, at + 2 * step
                            _three(
                                total, line[at : at + run], line[second : second + run], line[third : third + run],
                                taps[v, :run], taps[v + 1, :run], taps[v + 2, :run],
                            )  # fmt: skip
                            v += 3
                    total = flat[k * channels : k * channels + run]
                    while v < wide:
                        at = left + v * dilation[2]
                        if 0 <= at < width:
                            _one(total, line[at * channels : at * channels + run], taps[v, :run])
                        v += 1
                    k += run // channels


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
def filters(x, y, sums, total, stride, padding, dilation, first, last):  # type: ignore[no-untyped-def]
    """Add to total (kd, kh, kw, C) what rows first … last - 1 of y (N, Do, Ho, Wo, C) and x (N, D, H, W, C) make of it.

    sums: scratch (r·C,), in which a row is summed.
    """
    (depth, height, width), (deep, high, wide), (outputs, channels) = x.shape[1:4], total.shape[:3], y.shape[3:]
    together = len(sums) // channels if stride[2] == 1 else 1
    run = together * channels
    for row in range(first, last):
        n, rest = divmod(row, y.shape[1] * y.shape[2])
        i, j = divmod(rest, y.shape[2])
        maps = y[n, i, j]
        for tap in range(deep * high):
            t, u = divmod(tap, high)
            front = i * stride[0] + t * dilation[0] - padding[0]
            top = j * stride[1] + u * dilation[1] - padding[1]
            if front < 0 or front >= depth or top < 0 or top >= height:
                continue
            line, flat = x[n, front, top].reshape(-1), maps.reshape(-1)
            for v in range(wide):
                start, step = v * dilation[2] - padding[2], stride[2]
                sums[:] = 0
                k = 0 if start >= 0 else -(start // step)
                end = min(outputs, (width - 1 - start) // step + 1)
                while k + 3 * together <= end:
                    at, here = (start + k * step) * channels, k * channels
                    second, third = at + together * step * channels, at + 2 * together * step * channels
                    _three(
                        sums[:run], line[at : at + run], line[second : second + run], line[third : third + run],
                        flat[here : here + run], flat[here + run : here + 2 * run],
                        flat[here + 2 * run : here + 3 * run],
                    )  # fmt: skip
                    k += 3 * together
                while k < end:
                    many = min(together, end - k) * channels
                    at, here = (start + k * step) * channels, k * channels
                    _one(sums[:many], line[at : at + many], flat[here : here + many])
                    k += many // channels
                goal = total[t, u, v]
                for r in range(together):
                    for c in range(channels):
                        goal[c] += sums[r * channels + c]
