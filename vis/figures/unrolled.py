"""A convolution as the matrix that it is: W*, with which Y* = W* X* for unrolled images and maps.

W = b11 b12      W* = b11 b12  ·  b21 b22  ·   ·   ·   ·       a row for each unit of the maps,
    b21 b22            ·  b11 b12  ·  b21 b22  ·   ·   ·       a column for each pixel:
                       ·   ·   ·  b11 b12  ·  b21 b22  ·       its transpose is the deconv
                       ·   ·   ·   ·  b11 b12  ·  b21 b22
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autograd_mini.arguments import array_of, is_whole

from ..errors import check_counts, named_in_errors, refusal
from .figure import Array, Figure


@dataclass(frozen=True, eq=False)
class Unrolled:
    """The matrix of a convolution. Printed, it shows where no weight stands as a dot.

    Attributes:
        matrix: (K · Hout · Wout, C · H · W), W*.
        places: of the same shape, which weight stands there, counted along the filters; −1 where none does.
        size: (Hout, Wout), of the maps.

    Example:
        >>> print(vis.unrolled([[1.0, 2.0], [3.0, 4.0]], (3, 3)))
        1  2  ·  3  4  ·  ·  ·  ·
        ·  1  2  ·  3  4  ·  ·  ·
        ·  ·  ·  1  2  ·  3  4  ·
        ·  ·  ·  ·  1  2  ·  3  4
    """

    matrix: Array
    places: Array
    size: tuple[int, int]

    def __str__(self) -> str:
        cells = self._cells("·")
        width = max(map(len, cells.ravel()))
        return "\n".join("  ".join(cell.rjust(width) for cell in row) for row in cells)

    @named_in_errors("figure")
    def figure(self, zoom: int = 30) -> Figure:
        """The matrix, a square of so many pixels for each element; each weight has a colour of its own."""
        check_counts(zoom=zoom)
        rows, columns = self.matrix.shape
        sheet = Image.new("RGB", (columns * zoom + 1, rows * zoom + 1), "white")
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(max(zoom // 3, 6))
        weights = max(int(self.places.max()), 0) + 1
        cells = self._cells("")
        for (i, j), place in np.ndenumerate(self.places):
            shade = "white" if place < 0 else f"hsl({int(360 * place / weights)},60%,82%)"
            corner = (j * zoom, i * zoom)
            draw.rectangle((*corner, corner[0] + zoom, corner[1] + zoom), fill=shade, outline="#bbbbbb")
            draw.text(
                (corner[0] + zoom / 2, corner[1] + zoom / 2), str(cells[i, j]), fill="black", font=font, anchor="mm"
            )
        caption = f"W*, {rows}×{columns}: a row for each unit of the maps, a column for each pixel"
        return Figure(sheet, {"matrix": self.matrix}, None, caption)

    def _cells(self, nothing: str) -> Array:
        return np.array(
            [[f"{w:.3g}" if at >= 0 else nothing for w, at in zip(*row, strict=True)] for row in self._rows()]
        )

    def _rows(self) -> Any:
        return zip(self.matrix, self.places, strict=True)


@named_in_errors("unrolled")
def unrolled(w: Any, size: tuple[int, int], *, stride: int = 1, padding: int = 0) -> Unrolled:
    """The matrix W* of a small convolution: Y* = W* X* for images and maps unrolled from left to right, top to bottom.

    Arguments:
        w: (K, C, kh, kw), filters, or (kh, kw), one.
        size: (H, W), of the images.
        stride, padding: in pixels, the same along both axes.
    Returns:
        An Unrolled: the matrix, to be printed and drawn.
    Raises:
        TypeError, ValueError: for what are no filters, and for filters that are larger than the padded image.
    Source: the report, sections 3.1.2 and 3.2.1.

    Example:
        >>> W = vis.unrolled([[1.0, 2.0], [3.0, 4.0]], (3, 3)).matrix
        >>> (W @ np.arange(1.0, 10)).tolist(), (W.T @ [37.0, 47.0, 67.0, 77.0]).tolist()[:3]
        ([37.0, 47.0, 67.0, 77.0], [37.0, 121.0, 94.0])
    """
    given = array_of(w)
    filters = given[None, None] if given.ndim == 2 else given
    if given.dtype.kind not in "iuf" or filters.ndim != 4 or not filters.size:
        raise refusal(ValueError, f"w {given.dtype} {given.shape} must be numbers (K, C, kh, kw) or (kh, kw)")
    if not (isinstance(size, tuple | list) and len(size) == 2 and all(is_whole(n, 1) for n in size)):
        raise refusal(ValueError, f"size must be (height, width) in pixels, not {size!r}")
    if not is_whole(stride, 1) or not is_whole(padding, 0):
        raise refusal(ValueError, f"stride and padding must be numbers of pixels, not {stride!r} and {padding!r}")
    height, width = size
    maps, channels, tall, wide = filters.shape
    rows, columns = ((n + 2 * padding - k) // stride + 1 for n, k in ((height, tall), (width, wide)))
    if rows < 1 or columns < 1:
        raise refusal(
            ValueError, f"filters {tall}×{wide} are larger than the image {height}×{width} with its padding {padding}"
        )
    places = np.full((maps, rows, columns, channels, height, width), -1)
    for k, i, j, c, u, v in np.ndindex(maps, rows, columns, channels, tall, wide):
        y, x = i * stride + u - padding, j * stride + v - padding
        if 0 <= y < height and 0 <= x < width:
            places[k, i, j, c, y, x] = np.ravel_multi_index((k, c, u, v), filters.shape)
    places = places.reshape(maps * rows * columns, channels * height * width)
    return Unrolled(np.where(places < 0, 0, filters.ravel()[places]), places, (rows, columns))
