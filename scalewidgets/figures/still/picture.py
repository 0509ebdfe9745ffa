"""Image glyphs: pixels through a colour mapper into a PNG written by hand."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from .colours import rgba
from .mappers import map_values
from .paints import finite
from .scales import Scale
from .svg import Node
from .text import box_anchor
from .values import Reader, Report

Pixels = npt.NDArray[np.uint8]


def png(pixels: Pixels) -> bytes:
    """Return a PNG of an array of shape (height, width, 4): indexed colours where there are few of them.

    There is no time, no text and no choice in it, so equal pixels give equal bytes.
    """
    height, width = pixels.shape[:2]
    colours, index = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    chunks: list[tuple[bytes, bytes]] = []
    if len(colours) <= 256:
        rows = index.reshape(height, width).astype(np.uint8)
        chunks.append((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)))
        chunks.append((b"PLTE", colours[:, :3].tobytes()))
        if (colours[:, 3] < 255).any():
            chunks.append((b"tRNS", colours[:, 3].tobytes()))
    else:
        rows = pixels.reshape(height, width * 4)
        chunks.append((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)))
    unfiltered = np.concatenate((np.zeros((height, 1), np.uint8), rows), axis=1)
    chunks += [(b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b"")]
    written = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def image_nodes(values: Reader, x: Scale, y: Scale, report: Report) -> list[Node]:
    """Draw ``Image`` and ``ImageRGBA``: one ``<image>`` a row, its pixels kept square-edged."""
    model = values.model
    anchor_x, anchor_y = box_anchor(model.anchor, "left", "bottom")
    lefts, bottoms = values.numbers("x"), values.numbers("y")
    widths, heights = values.numbers("dw"), values.numbers("dh")
    alphas = values.numbers("global_alpha")
    nodes: list[Node] = []
    for i, grid in enumerate(values.raw("image")):
        sx, sy = x.compute(lefts[i]), y.compute(bottoms[i])
        width = widths[i] if model.dw_units == "screen" else abs(x.compute(lefts[i] + widths[i]) - sx)
        height = heights[i] if model.dh_units == "screen" else abs(y.compute(bottoms[i] + heights[i]) - sy)
        if not finite(sx, sy, width, height) or width <= 0 or height <= 0:
            continue
        pixels = _pixels(model, np.asarray(grid), report)
        if pixels is None:
            continue
        vertical, _, horizontal = str(model.origin).partition("_")
        turned_x, turned_y = x.start > x.end, y.start > y.end
        if (vertical == "bottom") != turned_y:
            pixels = pixels[::-1]
        if (horizontal == "right") != turned_x:
            pixels = pixels[:, ::-1]
        left = sx - (1 - anchor_x if turned_x else anchor_x) * width
        top = sy - (1 - anchor_y if turned_y else anchor_y) * height
        alpha = alphas[i]
        data = base64.b64encode(png(np.ascontiguousarray(pixels))).decode("ascii")
        nodes.append(
            Node(
                "image",
                (
                    ("x", left),
                    ("y", top),
                    ("width", width),
                    ("height", height),
                    ("preserveAspectRatio", "none"),
                    ("opacity", None if alpha >= 1 else f"{alpha:.3g}"),
                    ("style", "image-rendering:pixelated"),
                    ("href", "data:image/png;base64," + data),
                ),
            )
        )
    return nodes


def _pixels(model: Any, grid: npt.NDArray[Any], report: Report) -> Pixels | None:
    if type(model).__name__ == "ImageRGBA":
        if grid.dtype == np.uint32 and grid.ndim == 2:
            return np.ascontiguousarray(grid.astype("<u4")).view(np.uint8).reshape(*grid.shape, 4)
        return grid.astype(np.uint8) if grid.ndim == 3 and grid.shape[2] == 4 else None
    if grid.ndim != 2 or not grid.size:
        return None
    mapper = model.color_mapper
    if type(mapper).__name__ not in ("LinearColorMapper", "LogColorMapper"):
        report(type(mapper).__name__)
        return None
    colours = map_values(mapper, grid.ravel().tolist())
    table = {colour: rgba(colour) for colour in dict.fromkeys(colours)}
    return np.array([table[c] for c in colours], dtype=np.uint8).reshape(*grid.shape, 4)
