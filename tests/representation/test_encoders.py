import pytest
import torch
import torchvision
from helpers import refused

from mi_lab.representation.encoders import make_encoder


def count(module, *, without=()):
    return sum(p.numel() for name, p in module.named_parameters() if not name.startswith(without))


def test_a_resnet_is_torchvisions_but_for_its_stem():
    ours, theirs = make_encoder("resnet18", 10, 3), torchvision.models.resnet18(num_classes=10)
    assert count(ours, without=("stem.",)) == count(theirs, without=("conv1.",))
    assert count(ours) - count(ours, without=("stem.",)) == 3 * 3 * 3 * 64  # a 3x3 convolution instead of 7x7


def test_a_resnet_computes_what_torchvisions_does():
    ours, theirs = make_encoder("resnet18", 10, 3).eval(), torchvision.models.resnet18(num_classes=10).eval()
    theirs.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    theirs.maxpool = torch.nn.Identity()
    # both hold the same parameters and buffers, in the same order
    theirs.load_state_dict(dict(zip(theirs.state_dict(), _in_their_order(ours), strict=True)))
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(images), theirs(images), atol=1e-4, rtol=1e-4)


def _in_their_order(ours):
    """Our tensors in the order of torchvision's: stem, blocks with their skip last, head."""
    yield from [*ours.stem.state_dict().values(), *ours.stem_norm.state_dict().values()]
    for group in ours.groups:
        for block in group:
            for part in (block.first, block.first_norm, block.second, block.second_norm, block.skip):
                yield from part.state_dict().values()
    yield from ours.head.state_dict().values()


def test_a_plainnet_is_a_resnet_without_skips():
    resnet, plain = make_encoder("resnet18", 10, 3), make_encoder("plainnet18", 10, 3)
    skips = sum(
        p.numel() for block in resnet.modules() if getattr(block, "skip", None) for p in block.skip.parameters()
    )
    assert skips > 0 and count(plain) == count(resnet) - skips
    assert not any(name.startswith("skip") or ".skip" in name for name, _ in plain.named_parameters())


@pytest.mark.parametrize("name", ["resnet18", "plainnet18"])
@pytest.mark.parametrize("width", [16, 64])
def test_every_tap_has_as_many_features_as_the_prelogits(name, width):
    encoder = make_encoder(name, 4, 3, width).eval()
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    found = encoder.features(images)
    assert list(found) == ["B0", "B1", "B2", "B3", "B4", "prelogits"] == list(encoder.taps)
    assert {tap: f.shape[1] for tap, f in found.items()} == encoder.sizes and set(encoder.sizes.values()) == {8 * width}
    torch.testing.assert_close(encoder.head(found["prelogits"]), encoder(images))


def test_the_lenet_has_the_features_of_the_report():
    encoder = make_encoder("lenet5", 10, 1)
    images = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(2))
    found = encoder.features(images)
    assert {tap: f.shape[1] for tap, f in found.items()} == {"L0": 1176, "L1": 784, "L2": 120} == dict(encoder.sizes)
    torch.testing.assert_close(encoder.head(found["L2"]), encoder(images))


def test_weights_follow_the_seed_and_leave_torchs_own_state_alone():
    state = torch.random.get_rng_state()
    one, same, other = (make_encoder("resnet18", 4, 3, 8, seed) for seed in (0, 0, 1))
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(one.stem.weight, same.stem.weight) and not torch.equal(one.stem.weight, other.stem.weight)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: make_encoder("resnet20", 4, 3), ("unknown architecture 'resnet20'", "'resnet18'")),
        (lambda: make_encoder("resnet18", 4, 3, 0), ("width must be a multiple of 8", "0 and 4")),
    ],
)
def test_what_is_unknown_is_refused(act, words):
    with refused(*words):
        act()
