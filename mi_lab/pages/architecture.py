"""Fig. 6: the supervised autoencoder as an SVG, drawn from the sizes of its layers."""

from html import escape
from typing import NamedTuple

_BLOCKS = (1, 2, 4, 8)  # widths of the groups in units of the first, each but the first half as large a picture
_WIDE, _HIGH, _GAP = 92, 44, 22
_TOP, _MIDDLE, _BOTTOM = 20, 90, 160


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
    """The encoder, and behind its prelogits the pretext's head above and the decoder below. Fits light and dark pages.

    ``classes`` are the pretext's; ``hidden`` the decoder's hidden layers, none for a linear one.
    """
    encoder, decoder = encoder_layers(width), decoder_layers(hidden)
    head = Layer("logits", (classes,))
    split = _x(len(encoder))
    boxes = [_box(layer, _x(i), _MIDDLE) for i, layer in enumerate(encoder)]
    boxes += [_box(head, split, _TOP), *(_box(layer, split + _x(i), _BOTTOM) for i, layer in enumerate(decoder))]
    arrows = [_arrow(_x(i) - _GAP, _MIDDLE, _x(i), _MIDDLE) for i in range(1, len(encoder))]
    arrows += [_arrow(split - _GAP, _MIDDLE, split, row) for row in (_TOP, _BOTTOM)]
    arrows += [_arrow(split + _x(i) - _GAP, _BOTTOM, split + _x(i), _BOTTOM) for i in range(1, len(decoder))]
    after = (split + _x(1), split + _x(len(decoder)))
    losses = [_text("cross-entropy of the pretext's labels", after[0], _TOP), _text("+ λ · L2", after[1], _BOTTOM)]
    right = max(after[0] + 250, after[1] + 70)
    told = "; ".join(f"{layer.name} {_shape(layer)}" for layer in [*encoder, head, *decoder])
    return f"""\
<div class="mi-table"><div tabindex="0" role="region" aria-label="the supervised autoencoder, drawn">
<svg viewBox="0 0 {right} 215" width="{right}" role="img" aria-labelledby="fig-6-title fig-6-desc" \
fill="none" stroke="currentColor" font-size="13">
<title id="fig-6-title">Supervised autoencoder</title>
<desc id="fig-6-desc">One encoder, two outputs. {escape(told)}.</desc>
{"".join([*boxes, *arrows, *losses])}
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


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    start, end = y + _HIGH // 2, to_y + _HIGH // 2
    tip = f"M{to_x - 6} {end - 4}L{to_x} {end}L{to_x - 6} {end + 4}"
    return f'<path d="M{x} {start}L{to_x - 6} {end}H{to_x}{tip}"/>'


def _text(text: str, x: int, y: int) -> str:
    return f'<text fill="currentColor" stroke="none" x="{x}" y="{y + 27}">{escape(text)}</text>'


def _shape(layer: Layer) -> str:
    return " × ".join(map(str, layer.shape))
