"""Small pictures out of stored results, as HTML that needs no JavaScript."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from mi_lab.ground.extras import require
from mi_lab.pages.provenance import provenance
from mi_lab.results.store import Result


class Picture(NamedTuple):
    """Pixels, uint8 (height, width) or (height, width, 3), and what a reader without eyes is told of them."""

    pixels: np.ndarray
    alt: str
    caption: str = ""


def from_flat(values: Sequence[float], channels: int) -> np.ndarray:
    """Pixels of a square image that a result holds flat, channel by channel."""
    size = round((len(values) / channels) ** 0.5)
    pixels = np.array(values, dtype=np.uint8).reshape(channels, size, size)
    return pixels[0] if channels == 1 else np.moveaxis(pixels, 0, 2)


def filters_of(values: Sequence[float], channels: int = 3, size: int = 3) -> list[np.ndarray]:
    """The stem's filters as pictures: grey is 0, and the largest weight of the layer the end of the scale."""
    weights = np.array(values).reshape(-1, channels, size, size)
    scaled = np.rint(127.5 + 127.5 * weights / np.abs(weights).max()).astype(np.uint8)
    return [np.moveaxis(one, 0, 2) for one in scaled]


def picture_rows(rows: Sequence[tuple[str, Sequence[Picture]]], result: Result | None = None) -> str:
    """HTML of rows of pictures, each with a title, and one provenance line, or none where the page made them itself."""
    source = f'<p class="mi-provenance">{provenance(result)}</p>' if result else ""
    body = "".join(
        f'<div class="mi-pictures"><p>{escape(title)}</p>{"".join(map(_figure, pictures))}</div>'
        for title, pictures in rows
    )
    return f'<div class="mi-picture-rows">{body}{source}</div>'


def _figure(picture: Picture) -> str:
    require("PIL")
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    height, width = picture.pixels.shape[:2]
    label = f"<span>{escape(picture.caption)}</span>" if picture.caption else ""
    return (
        f'<span class="mi-picture"><img src="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'alt="{escape(picture.alt)}">{label}</span>'
    )
