"""Fig. 6: the supervised autoencoder as an SVG, drawn from the sizes of its layers."""

from html import escape
from typing import NamedTuple

_BLOCKS = (1, 2, 4, 8)  # widths of the groups in units of the first, each but the first half as large a picture
_WIDE, _HIGH, _GAP = 92, 44, 22
_ROWS = (10, 84, 158)  # the encoder; back below it, the head and the decoder


class Layer(NamedTuple):
    """A box: its name, and the shape of one image behind it."""

    name: str
    shape: tuple[int, ...]


def encoder_layers(width: int, channels: int = 3, size: int = 32) -> list[Layer]:
    """From the image to the prelogits of a ResNet18 or PlainNet18 whose first group has that width."""
    groups = [Layer(f"B{i + 1}", (width * m, size >> i, size >> i)) for i, m in enumerate(_BLOCKS)]
    stem = Layer("B0", (width, size, size))
    return [Layer("image x", (channels, size, size)), stem, *groups, Layer("prelogits", (8 * width,))]


def decoder_layers(hidden: tuple[int, ...], channels: int = 3, size: int = 32) -> list[Layer]:
    """From behind the prelogits to the image given back."""
    inner = [Layer(f"hidden {i + 1}", (units,)) for i, units in enumerate(hidden)]
    return [*inner, Layer("x given back", (channels, size, size))]


def supervised_autoencoder_svg(width: int, classes: int, hidden: tuple[int, ...] = ()) -> str:
    """The encoder from left to right; below it, back to the left, the pretext's head and the decoder.

    ``classes`` are the pretext's; ``hidden`` the decoder's hidden layers, none for a linear one. Fits light and dark
    pages, and is no wider than their text.
    """
    encoder, decoder, head = encoder_layers(width), decoder_layers(hidden), [Layer("logits", (classes,))]
    last, (top, *below) = len(encoder) - 1, _ROWS
    parts = [_box(layer, _x(i), top) for i, layer in enumerate(encoder)]
    parts += [_arrow(f"M{_x(i) - _GAP} {top + _HIGH // 2}", _x(i), 1) for i in range(1, last + 1)]
    losses = ("cross-entropy of the pretext's labels", "+ λ · L2")
    for row, layers, loss in zip(below, (head, decoder), losses, strict=True):
        middle = row + _HIGH // 2
        parts.append(_arrow(f"M{_x(last) + _WIDE // 2} {top + _HIGH}V{middle}", _x(last) - _GAP, -1))
        for i, layer in enumerate(layers, 1):
            parts.append(_box(layer, _x(last - i), row))
            if i > 1:
                parts.append(_arrow(f"M{_x(last - i + 1)} {middle}", _x(last - i + 1) - _GAP, -1))
        end = _x(last - len(layers)) - _GAP
        parts.append(
            f'<text fill="currentColor" stroke="none" text-anchor="end" x="{end}" y="{middle + 5}">{loss}</text>'
        )
    told = "; ".join(f"{layer.name} {_shape(layer)}" for layer in [*encoder, *head, *decoder])
    right = _x(len(encoder)) - _GAP
    return f"""\
<div class="mi-table"><div tabindex="0" role="group" aria-label="the supervised autoencoder, drawn">
<svg viewBox="0 0 {right} 212" width="{right}" role="img" aria-labelledby="fig-6-title fig-6-desc" \
fill="none" stroke="currentColor" font-size="13">
<title id="fig-6-title">Supervised autoencoder</title>
<desc id="fig-6-desc">One encoder, two outputs. {escape(told)}.</desc>
{"".join(parts)}
</svg></div></div>"""


def _x(place: int) -> int:
    return place * (_WIDE + _GAP)


def _box(layer: Layer, x: int, y: int) -> str:
    name, shape = escape(layer.name), _shape(layer)
    middle = x + _WIDE / 2
    return (
        f'<rect x="{x + 1}" y="{y}" width="{_WIDE - 2}" height="{_HIGH}" rx="4"/>'
        f'<g fill="currentColor" stroke="none" text-anchor="middle"><text x="{middle}" y="{y + 18}">{name}</text>'
        f'<text x="{middle}" y="{y + 35}" font-size="11">{shape}</text></g>'
    )


def _arrow(path: str, x: int, towards: int) -> str:
    """A line that goes on from the end of ``path`` to x, with its tip to the right (1) or to the left (-1)."""
    back = -6 * towards
    return f'<path d="{path}H{x}m{back} -4l{-back} 4l{back} 4"/>'


def _shape(layer: Layer) -> str:
    return " × ".join(map(str, layer.shape))
