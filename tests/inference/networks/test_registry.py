"""Families by name, their options, and the pretrained weights of local files."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

torch = pytest.importorskip("torch")

from safetensors.torch import save_file  # noqa: E402

from inference.networks import registry  # noqa: E402
from inference.networks.registry import FAMILIES, Family, build_network, find_family  # noqa: E402
from inference.networks.state_files import load_weights, read_state  # noqa: E402
from inference.training.ship.operations import count_family, count_operations  # noqa: E402


def test_unknown_family_gets_the_known_ones():
    with pytest.raises(ValueError, match=r"no network family 'unett'\. Known families: .*unet"):
        find_family("unett")


def test_options_that_a_family_does_not_take_are_named():
    with pytest.raises(ValueError, match="does not take these options"):
        build_network("mobilenet_unet", depth=50)
    with pytest.raises(ValueError, match="Give 4 decoder widths"):
        build_network("mobilenet_unet", widths=[8, 8])


def test_a_backbone_of_another_network_is_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save({"first_conv.0.weight": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match=r"other\.pth is not a MobileNetV2"):
        build_network("mobilenet_unet").load_backbone(path)


def test_a_backbone_fills_the_encoder(tmp_path):
    from torchvision.models import mobilenet_v2

    torch.manual_seed(2)
    given = mobilenet_v2(weights=None)
    path = tmp_path / "backbone.pth"
    torch.save({name: value.half() for name, value in given.state_dict().items()}, path)
    network = build_network("mobilenet_unet")
    network.load_backbone(path)
    first = network.encoder[0][0][0].weight
    torch.testing.assert_close(first, given.features[0][0].weight.half().float())
    last = network.encoder[4][3].conv[2].weight
    torch.testing.assert_close(last, given.features[17].conv[2].weight.half().float())


def test_listing_the_families_needs_no_torch():
    code = (
        "import sys; from inference.networks.registry import FAMILIES; len(FAMILIES);"
        "print(sorted({'torch', 'torchvision', 'segmentation_models_pytorch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_families_of_both_tasks_are_there():
    tasks = {name: family.task for name, family in FAMILIES.items()}
    for name in ("vgg16", "vgg19", "resnet50", "resnet101", "inception_v3", "mobilenet_v2",
                 "mobilenet_v3_small", "mobilenet_v3_large"):  # fmt: skip
        assert tasks[name] == "classification"
    for name in ("unet", "unet_plus_plus", "fcn", "deeplabv3plus", "deepcrack", "cracksegnet",
                 "segformer", "mobilenet_unet"):  # fmt: skip
        assert tasks[name] == "segmentation"


def test_a_family_for_another_task_joins_by_a_module_and_an_entry(monkeypatch):
    module = ModuleType("made_up_detector")
    module.build = lambda *, boxes=3: torch.nn.Conv2d(3, 5 * boxes, 1)
    monkeypatch.setitem(sys.modules, "made_up_detector", module)
    entry = Family("boxes", "detection", "A detector", "nowhere", "made_up_detector", {"boxes": 2})
    monkeypatch.setattr(registry, "FAMILIES", {**FAMILIES, "boxes": entry})
    assert find_family("boxes").task == "detection"
    assert build_network("boxes").out_channels == 10
    assert build_network("boxes", boxes=4).out_channels == 20
    assert count_family("boxes", 64).macs_per_tile == 3 * 10 * 64 * 64


def test_a_family_whose_library_is_missing_says_so(monkeypatch):
    entry = Family("exotic", "segmentation", "", "", "inference.networks.not_there")
    monkeypatch.setattr(registry, "FAMILIES", {"exotic": entry})
    with pytest.raises(ValueError, match=r"needs the package .*not_there, which is not"):
        build_network("exotic")


@pytest.mark.parametrize(
    ("family", "options", "sentence"),
    [
        ("unet", {"encoder": "resnet999"}, "no encoder 'resnet999'"),
        ("segformer", {"encoder": "tu-nothing"}, "no encoder 'tu-nothing'"),
        ("fcn", {"depth": 34}, "50 or 101, not 34"),
        ("resnet50", {"depth": 18}, "50 or 101, not 18"),
        ("vgg16", {"depth": 11}, "16 or 19, not 11"),
        ("mobilenet_v2", {"width": 9}, "from 0.1 to 2, not 9"),
        ("mobilenet_v2", {"version": "v4"}, "not 'v4'"),
    ],
)
def test_options_out_of_range_get_a_sentence(family, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_network(family, **options)


def test_operations_are_those_of_the_convolutions():
    network = torch.nn.Conv2d(3, 8, 3, padding=1)
    counted = count_operations(network, 32)
    assert counted.parameters == 8 * 3 * 9 + 8
    assert counted.macs_per_tile == 8 * 3 * 9 * 32 * 32


def test_a_family_is_counted_without_computing():
    # 13 convolutions and 3 linear layers, as the paper adds them up (Table 2: 138 M with 1000
    # classes, of which 4.1 M are the last layer's).
    assert count_family("vgg16", 512).parameters == 134_268_738
    # Its constructor needs numbers, so it goes another way.
    assert 3.5e6 < count_family("segformer", 512).parameters < 4e6


@pytest.mark.parametrize("name", ["unet", "mobilenet_v2", "mobilenet_unet"])
@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_a_backbone_comes_from_either_kind_of_file(name, kind, tmp_path):
    from torchvision.models import mobilenet_v2

    given = {key: value.half() for key, value in mobilenet_v2(weights=None).state_dict().items()
             if not key.endswith("num_batches_tracked")}  # fmt: skip
    path = tmp_path / f"backbone.{kind}"
    if kind == "pth":
        torch.save(given, path)
    else:
        save_file(given, path)
    network = build_network(name)
    network.load_backbone(path)
    wanted = given["features.0.0.weight"].float()
    first = next(value for value in network.state_dict().values() if value.shape == wanted.shape)
    torch.testing.assert_close(first, wanted)


@pytest.mark.parametrize(("name", "source"), [
    ("resnet50", "resnet50"), ("fcn", "resnet50"), ("deepcrack", "vgg16_bn"),
    ("cracksegnet", "vgg16_bn"), ("inception_v3", "inception_v3"),
])  # fmt: skip
def test_torchvision_state_dicts_fit_their_families(name, source, tmp_path):
    import torchvision.models

    # Only shapes and names matter: numbers are never made.
    with torch.device("meta"):
        state = getattr(torchvision.models, source)(weights=None).state_dict()
    path = tmp_path / f"{source}.pth"
    torch.save({key: torch.ones(()).expand(value.shape) for key, value in state.items()}, path)
    network = build_network(name)
    network.load_backbone(path)
    loaded = {id(parameter) for parameter in network.encoder_parameters()}
    assert loaded
    for parameter in network.parameters():
        if id(parameter) in loaded:
            assert bool((parameter == 1).all())


def test_whole_weights_of_another_architecture_are_refused_unchanged(tmp_path):
    other = build_network("mobilenet_unet", widths=[8, 8, 8, 8])
    path = tmp_path / "weights.safetensors"
    save_file(other.state_dict(), path)
    network = build_network("mobilenet_unet")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    sentence = r"weights\.safetensors is not a MobileNetUnet .*: \d+ tensors of another shape \(dec"
    with pytest.raises(ValueError, match=sentence):
        load_weights(network, path)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name])
    fitting = build_network("mobilenet_unet", widths=[8, 8, 8, 8])
    load_weights(fitting, path)
    torch.testing.assert_close(fitting.head[1].weight, other.head[1].weight)


@pytest.mark.parametrize("name", ["given.pth", "given.safetensors"])
def test_files_that_hold_no_weights_are_named(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ValueError, match="There is no weights file"):
        read_state(path)
    path.write_bytes(b"rubbish")
    with pytest.raises(ValueError, match=f"{name} cannot be read as weights"):
        read_state(path)


def test_a_file_of_numbers_is_no_state_dict(tmp_path):
    path = tmp_path / "given.pth"
    torch.save({"step": 3}, path)
    with pytest.raises(ValueError, match=r"given\.pth holds no state dict"):
        read_state(path)


def test_pickled_code_is_never_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    path = tmp_path / "trap.pth"
    torch.save({"weight": Trap()}, path)
    with pytest.raises(ValueError, match=r"trap\.pth cannot be read as weights"):
        read_state(path)
    assert not (tmp_path / "sprung").exists()


def test_a_checkpoint_gives_its_averaged_network(tmp_path):
    path = tmp_path / "checkpoint.pt"
    averaged, trained = {"a": torch.ones(2)}, {"a": torch.zeros(2)}
    torch.save({"step": 7, "network": trained, "averaged": averaged}, path)
    torch.testing.assert_close(read_state(path)["a"], averaged["a"])
