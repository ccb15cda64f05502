"""``python -m inference models``: every family with its size, with torch and without."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("torch")

from inference.__main__ import main
from inference.networks import registry
from inference.networks.registry import FAMILIES

pytestmark = pytest.mark.torch


@pytest.fixture
def few(monkeypatch):
    """Three families: counting all takes seconds."""
    chosen = {name: FAMILIES[name] for name in ("mobilenet_unet", "vgg16", "resnet50")}
    monkeypatch.setattr(registry, "FAMILIES", chosen)


def test_families_are_listed_with_their_sizes(few, capsys):
    assert main(["models"]) == 0
    said = capsys.readouterr().out
    # Parameters with two classes, and multiply-accumulates of 512 x 512 pixels.
    assert "vgg16                   134.27 M      80.30 GMAC  VGG-16" in said
    assert "resnet50                 23.51 M      21.35 GMAC" in said
    (line,) = [each for each in said.splitlines() if each.startswith("    mobilenet_unet")]
    assert "2.01 M       2.74 GMAC" in line
    assert "(shipped as trace-edge" in line


def test_json_has_models_and_families(few, capsys):
    assert main(["models", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["default"] in {card["name"] for card in listed["models"]}
    by_name = {family["name"]: family for family in listed["families"]}
    assert by_name["vgg16"]["task"] == "classification"
    assert by_name["vgg16"]["parameters"] == 134_268_738
    assert by_name["vgg16"]["shipped_as"] == []
    assert "trace-edge" in by_name["mobilenet_unet"]["shipped_as"]


def test_without_torch_it_says_what_is_missing():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from inference.__main__ import main; sys.exit(main(['models']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "trace-edge" in done.stdout
    assert "segformer            not counted     not counted  SegFormer" in done.stdout
    assert "torch is not installed. Install the training set" in done.stderr
