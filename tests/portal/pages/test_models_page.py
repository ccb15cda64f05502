"""The page of the models: terms before figures, broken cards as a sentence, the API beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from assets.models import Inspection, User
from portal.model_cards import BrokenModel, ShippedModel, list_models
from tests.factories import analyse, make_photo
from tests.page_text import joined


def _figures(f1: float | None, n: int, **more: Any) -> dict[str, Any]:
    return {"n_images": n, "f1": f1, "precision": f1, "recall": f1, "n_clean_images": 0, **more}


CARD: dict[str, Any] = {
    "format": 2,
    "name": "trace-edge",
    "task": "segmentation",
    "title": "Crack masks on any processor.",
    "terms": "Trained on research-only pictures.",
    "date": "2026-11-22",
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "examined": {
        "date": "2026-11-29",
        "commit": "fedcba9876543210fedcba9876543210fedcba98",
        "sets": ["noncrack_walls", "cfd"],
    },
    "threshold": 0.54,
    "architecture": {"family": "unet", "title": "U-Net", "parameters": 2_011_060},
    "input": {"tile_px": 512},
    "files": [
        {"file": "model.onnx", "precision": "int8", "size_bytes": 2_415_599, "sha256": "ab" * 32}
    ],
    "quantisation": {"scheme": "static, per channel"},
    "speed": {"int8": {"ms": 41.2, "threads": 2, "processor": "x86_64, AVX2"}},
    "metrics": {
        "cfd": {
            "group": "roads",
            "int8": _figures(
                0.578,
                37,
                intervals={"f1": [0.55, 0.6]},
                mask_offset_px=[2, -1],
                f1_at_mask_offset=0.651,
            ),
            "float32": _figures(0.58, 37),
        },
        "deepcrack_256": {
            "group": "concrete",
            "int8": _figures(0.8437, 190, intervals={"f1": [0.8321, 0.8549]}),
            "float32": _figures(0.8451, 190),
        },
        "noncrack_walls": {
            "group": "concrete",
            "int8": _figures(
                None, 14, n_clean_images=14, n_clean_images_over_0_1_percent=2
            ),
            "float32": _figures(None, 14),
        },
    },
    "falls_short": ["2 of 14 crack-free pictures have more than 0.1 % marked."],
    "only_rendered": ["cables", "graffiti"],
    "trained_on": [
        {"set": "deepcrack_256", "n_training": 251, "terms": "non-commercial research only"}
    ],
    "false_alarms_by_kind": {"joint": {"n_images": 5, "n_images_over_0_1_percent": 1}},
    "confidence_calibration": {"test": {"concrete": {"ece": 0.034, "n_lines": 512}}},
    "patches": {
        "metrics": {
            "brickwork_cracks": {
                "group": "labelled",
                "n_patches": 1167,
                "accuracy": 0.9401,
                "precision": 0.93,
                "recall": 0.95,
                "f1": 0.9399,
                "intervals": {"accuracy": [0.911, 0.962]},
            }
        }
    },
    "split": "By photograph.",
}  # fmt: skip

SCREEN = CARD | {
    "name": "screen",
    "task": "classification",
    "title": "Skips clean tiles.",
    "input": {"patch_px": 128},
    "screening": {
        "all": {
            "n_mosaics": 18,
            "n_clean_tiles": 1851,
            "clean_tiles_skipped_share": 0.731,
            "crack_length_lost_share": 0.0012,
        }
    },
    "classes": ["no_crack", "crack"],
    "metrics": {
        "deepcrack_256": {
            "group": "concrete",
            "int8": {
                "n_patches": 1234, "accuracy": 0.981, "f1": 0.97, "precision": 0.96, "recall": 0.98,
                "intervals": {"accuracy": [0.975, 0.986]},
            },
        }
    },
    "confidence_calibration": None,
    "falls_short": [],
    "only_rendered": [],
}  # fmt: skip


@pytest.fixture
def models(settings: Any, tmp_path: Path) -> Path:
    """A folder with two good models."""
    folder = tmp_path / "weights"
    for card in (CARD, SCREEN):
        place = folder / card["name"]
        place.mkdir(parents=True)
        (place / "card.json").write_text(json.dumps(card), encoding="utf-8")
    (folder / "LICENSE").write_text("Terms.")
    settings.MODELS_FOLDER = folder
    settings.HAIRLINE_MODEL = ""
    return folder


@pytest.fixture
def page(client: Client, ines: User, models: Path) -> str:
    client.force_login(ines)
    return client.get("/models/").content.decode()


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.replace("<wbr>", "")))


def test_terms_come_before_figures(page: str) -> None:
    card = page[page.index('id="trace-edge"') :]
    assert card.index("research-only") < card.index("0.844")
    assert card.index("2 of 14 crack-free") < card.index("0.844")


def test_figures_have_their_n_and_interval(page: str) -> None:
    text = _text(page)
    assert "deepcrack_256 190 0.844 0.832 – 0.855" in text
    assert "no cracks: 2 of 14 with more than 0.1 % marked" in text
    assert "deepcrack_256 1,234 0.981 0.975 – 0.986" in text


def test_screening_says_what_it_spares_and_loses(page: str) -> None:
    assert "spares 73 % of 1,851 clean tiles and loses 0.12 % of the crack length" in page
    assert page.count("on 18 mosaics") == 1


def test_masks_that_lie_beside_their_cracks_are_said(page: str) -> None:
    assert "masks lie beside the cracks (x 2, y -1 px): F1 0.651 where they fit" in page
    assert page.count("masks lie beside") == 1


def test_concrete_stands_apart_from_roads(page: str) -> None:
    card = page[page.index('id="trace-edge"') :]
    concrete, roads = card.index(">Concrete<"), card.index(">Roads<")
    assert concrete < card.index(">deepcrack<wbr>") < roads < card.index(">cfd<wbr>")


def test_it_says_size_speed_hash_and_what_was_only_rendered(page: str) -> None:
    text = _text(page)
    assert "41 ms a tile of 512 px, int8, 2 threads, x86_64, AVX2" in text
    assert "ab" * 32 in text
    assert "Only ever seen in renderings, never in a photograph: cables, graffiti." in text
    assert "off by 0.034 on average, on 512 traced cracks" in text
    assert "Labelled patches brickwork_cracks 1,167 0.940 0.911 – 0.962 0.940" in text
    assert "non-commercial research only" in text


def test_it_says_when_the_figures_are_younger_than_the_weights(page: str) -> None:
    assert "Tested anew" in page
    assert (
        "2026-11-29, only cfd, noncrack_walls" in joined(page)
        and CARD["examined"]["commit"] in page
    )
    assert CARD["commit"] in page


def test_the_default_is_named_and_a_chosen_one_too(
    client: Client, ines: User, models: Path, settings: Any
) -> None:
    client.force_login(ines)
    assert "default on a processor" in client.get("/models/").content.decode()
    settings.HAIRLINE_MODEL = "screen"
    html = client.get("/models/").content.decode()
    assert "chosen here" in html
    assert "default on a processor" not in html


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "has no card.json"),
        ("{", "it is not valid"),
        ("[]", "lacks an entry"),
        ('{"name": "broken"}', "lacks an entry"),
        (json.dumps(CARD | {"threshold": "high"}), "it is not valid"),
        (json.dumps(CARD | {"metrics": {"cfd": {"float32": {}}}}), "lacks an entry"),
        (json.dumps(CARD | {"files": 7}), "lacks an entry"),
        ("[" * 100_000, "it is not valid"),
    ],
    ids=["none", "no JSON", "a list", "empty", "no number", "not shipped", "no files", "deep"],
)
def test_a_broken_card_is_a_sentence(
    client: Client, ines: User, models: Path, text: str | None, sentence: str
) -> None:
    (models / "broken").mkdir()
    if text is not None:
        (models / "broken" / "card.json").write_text(text, encoding="utf-8")
    client.force_login(ines)
    answer = client.get("/models/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in html
    assert "Restore inference/weights from the release." in html
    assert 'id="trace-edge"' in html
    names = {each["name"]: each["problem"] for each in client.get("/api/v1/models/").json()}
    assert sentence in names["broken"]
    assert names["screen"] is None


def test_words_of_a_card_are_no_markup(client: Client, ines: User, models: Path) -> None:
    card = CARD | {"terms": "<script>alert(1)</script>"}
    (models / "trace-edge" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    client.force_login(ines)
    assert "<script>alert" not in client.get("/models/").content.decode()


def test_no_folder_is_said(client: Client, ines: User, settings: Any, tmp_path: Path) -> None:
    settings.MODELS_FOLDER = tmp_path / "nothing"
    client.force_login(ines)
    assert "No model is installed" in client.get("/models/").content.decode()
    assert client.get("/api/v1/models/").json() == []


def test_the_api_gives_the_whole_card(client: Client, ines: User, models: Path) -> None:
    client.force_login(ines)
    edge = client.get("/api/v1/models/").json()[1]
    assert edge["name"] == "trace-edge"
    assert edge["files"] == CARD["files"]
    assert edge["card"] == CARD
    assert edge["problem"] is None


def test_the_shipped_cards_can_be_shown() -> None:
    found = list_models(Path(django_settings.BASE_DIR) / "inference" / "weights")
    assert found
    assert not [each for each in found if isinstance(each, BrokenModel)]
    for each in found:
        assert isinstance(each, ShippedModel)
        assert each.terms
        assert each.groups[0].title == "Concrete"


def test_photo_and_account_lead_here(client: Client, ines: User, visit: Inspection) -> None:
    photo = make_photo(visit)
    analyse(photo, 0.2)
    client.force_login(ines)
    html = client.get(f"/photos/{photo.pk}/").content.decode()
    assert re.search(r'href="/models/#[\w-]+"', html)
    assert 'href="/models/"' in client.get("/account/").content.decode()
