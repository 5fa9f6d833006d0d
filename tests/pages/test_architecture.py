import xml.etree.ElementTree as ElementTree

import torch

from mi_lab.pages.chapters.architecture import decoder_layers, encoder_layers, supervised_autoencoder_svg
from mi_lab.representation.encoders import make_encoder
from mi_lab.representation.reconstruction import NON_LINEAR, make_decoder


def test_the_boxes_have_the_shapes_of_the_model():
    encoder = make_encoder("resnet18", 4, 3, width=8).eval()
    image = torch.zeros(1, 3, 32, 32)
    with torch.inference_mode():
        levels = encoder._levels(image)
        prelogits = encoder.prelogits(image)
    wanted = [tuple(x.shape[1:]) for x in (image, *levels, prelogits)]
    assert [layer.shape for layer in encoder_layers(8)] == wanted
    for hidden in ((), NON_LINEAR):
        linear = [m for m in make_decoder(hidden, 64, 3072) if isinstance(m, torch.nn.Linear)]
        drawn = [int(torch.tensor(layer.shape).prod()) for layer in decoder_layers(hidden)]
        assert drawn == [m.out_features for m in linear]


def test_the_drawing_is_well_formed_and_told_in_words():
    for hidden in ((), NON_LINEAR):
        html = supervised_autoencoder_svg(16, 4, hidden)
        tree = ElementTree.fromstring(html)
        svg = tree.find(".//svg")
        assert svg.get("role") == "img" and len(svg.findall(".//rect")) == 9 + len(hidden)
        described = svg.find("desc").text
        assert "prelogits 128" in described and "logits 4" in described and "x given back 3 × 32 × 32" in described
        texts = [(float(t.get("x")), float(t.get("y"))) for t in svg.findall(".//text")]
        right, bottom = map(float, svg.get("viewBox").split()[2:])
        assert all(0 <= x < right and 0 <= y < bottom for x, y in texts)
        boxes = [tuple(float(r.get(k)) for k in ("x", "y", "width", "height")) for r in svg.findall(".//rect")]
        assert all(x >= 0 and x + w <= right and y + h <= bottom for x, y, w, h in boxes)
        assert right <= 790  # a chapter's column; what stands right of it would have to be found by scrolling
