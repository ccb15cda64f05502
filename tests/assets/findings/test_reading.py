"""Findings put into words: of any age, language and unit, and whatever a row holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from assets.findings import Finding, Reader, code_of, say
from assets.findings.reading import NEWER_WORKER

BULGE = {"case": "bulge", "card": "a5", "card_number": 1, "bulge_mm": 5.2}


def test_code_and_values_become_the_sentence():
    finding = Finding("blurred", {"edge_width_px": np.float32(9.234), "limit_px": 8.0})
    told = say(finding)
    assert told.sentence == "Blurred: edges are 9.2 px wide; 8 px is the limit."
    assert told.remedy == "Hold the phone against the pier or add light."
    assert finding.as_stored() == {
        "code": "blurred", "values": {"edge_width_px": 9.234, "limit_px": 8.0},
    }  # fmt: skip
    assert Finding.from_stored(finding.as_stored()) == Finding(
        "blurred", {"edge_width_px": 9.234, "limit_px": 8.0}
    )


def test_what_json_and_databases_do_not_take_is_stored_as_plain_text():
    kept = Finding("two_points_no_length", {"given_mm": math.inf}).as_stored()
    assert kept["values"] == {"given_mm": "inf"}
    assert "cannot be inf mm" in say(kept).sentence
    odd = Finding("capture_time_nonsense", {"stated_time": "2\x00024\n" + "x" * 500}).as_stored()
    assert odd["values"]["stated_time"] == "2024" + "x" * 196


def test_what_follows_is_told_after_the_fact():
    why = Finding.of(Finding("card_bent", BULGE), leads_to="widths_in_pixels")
    assert say(why).sentence == (
        "The A5 card 1 is bent: it bulges by about 5 mm. So widths are in pixels and ungraded."
    )


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding("worker_lost", {"attempts": 1}), "broke off 1 time without"),
        (Finding("worker_lost", {"attempts": 3}), "broke off 3 times without"),
        (Finding("card_half_covered", {"case": "edges", "card": "marker", "card_number": 17}),
         "Part of the marker 17 is covered"),
        (Finding("unsupported_format", {"case": "other_kind", "kind": "psd"}),
         "This file is a Photoshop document."),
        (Finding("focal_length_contradiction", {
            "case": "in_pixels", "one": "pixel_pitch", "one_px": 6000.4, "one_focal_mm": 24.0,
            "one_pitch_um": 4.0, "other": "film_35mm", "other_px": 8333.0, "other_film_mm": 50.0}),
         "24 mm and a pixel pitch of 4.00 µm give 6,000 pixels, 50 mm in 35 mm terms give 8,333."),
    ],
    ids=lambda one: getattr(one, "code", ""),
)  # fmt: skip
def test_words_and_numbers(finding, text):
    assert text in say(finding).sentence


COARSE = Finding("pixels_too_coarse", {
    "pixel_mm": 0.8, "rule_set": "aashto_mbei_rc", "state": "CS2", "limit_mm": 0.3,
    "most_pixel_mm": 0.1,
})  # fmt: skip


def test_lengths_follow_the_readers_units():
    assert "a pixel covers 0.80 mm" in say(COARSE).sentence
    told = say(COARSE, Reader(units="in"))
    assert "a pixel covers 0.0315 in" in told.sentence and "from 0.0118 in on" in told.sentence
    given = Finding("distance_contradiction", {"given_m": 3.0, "measured_m": 9.1})
    assert "given is 9.84 ft" in say(given, Reader(units="in")).sentence
    lens = Finding("focal_length_contradiction",
                   {"case": "two_lengths", "one_mm": 24.0, "other_mm": 35.0})  # fmt: skip
    assert "24 mm and 35 mm" in say(lens, Reader(units="in")).sentence, "A lens stays in mm."


GERMAN = {
    "Blurred: edges are {edge_width_px} px wide; {limit_px} px is the limit.":
        "Unscharf: Kanten sind {edge_width_px} px breit; die Grenze liegt bei {limit_px} px.",
    "Hold the phone against the pier or add light.": "Halten Sie {das Telefon ruhig.",
    "The {card} is bent: it bulges by about {bulge_mm}.": "{card}: um {bulge_mm} gewölbt{x}.",
    "A5 card {number}": "A5-Karte {number}",
}  # fmt: skip


def test_language_and_decimal_sign_are_the_readers():
    german = Reader(
        translate=lambda text: GERMAN.get(text, text),
        number=lambda value, spec: format(value, spec).replace(".", ","),
    )
    told = say(Finding("blurred", {"edge_width_px": 9.25, "limit_px": 4.5}), german)
    assert told.sentence == "Unscharf: Kanten sind 9,2 px breit; die Grenze liegt bei 4,5 px."
    assert told.remedy == "Hold the phone against the pier or add light.", "a broken translation"
    assert say(Finding("card_bent", BULGE), german).sentence == "A5-Karte 1: um 5 mm gewölbt?."


def test_a_row_of_before_reads_as_it_did():
    before = {"code": "card_bent", "sentence": "The A5 card 1 is bent.", "remedy": "Glue it."}
    told = say(before)
    assert (told.code, told.sentence, told.remedy, told.values) == (
        "card_bent", "The A5 card 1 is bent.", "Glue it.", {},
    )  # fmt: skip
    assert Finding.from_stored(before) is None
    for odd in (None, 7, "card_bent", ["card_bent"], {"values": {}}, {"code": 7, "values": {}}):
        assert Finding.from_stored(odd) is None


@pytest.mark.parametrize(
    "stored",
    [
        {"code": "of_tomorrow", "values": {"depth_mm": 3.2}},
        {"code": "of_tomorrow", "values": {}},
        {"code": "of_tomorrow"},
        {"code": "too_dark", "values": {"case": "of_tomorrow", "share": 0.2}},
        {"code": "too_dark", "values": {"case": ["black"]}},
        {"code": "too_dark", "values": {}},
    ],
)
def test_what_a_newer_worker_says_is_shown_as_its_code(stored):
    told = say(stored)
    assert (told.code, told.sentence, told.remedy) == (
        stored["code"], stored["code"], NEWER_WORKER,
    )  # fmt: skip


@pytest.mark.parametrize("odd", [None, True, [1, 2], {"a": 1}, "", "wide", 1e400, -(10**400), {}])
def test_odd_and_missing_values_leave_a_sentence(odd):
    wide: dict[str, Any] = {"edge_width_px": odd, "limit_px": 8}
    for values in (wide, {"limit_px": 8}):
        told = say({"code": "blurred", "values": values})
        assert told.sentence.startswith("Blurred: edges are ")
        assert told.sentence.endswith(" px wide; 8 px is the limit.")
    for code, values in (
        ("worker_lost", {"attempts": odd}),
        ("card_bent", {**BULGE, "card": odd, "card_number": odd, "bulge_mm": odd}),
        ("pixels_too_coarse", {"rule_set": odd, "pixel_mm": odd, "leads_to": odd}),
    ):
        for reader in (Reader(), Reader(units="in")):
            told = say({"code": code, "values": values}, reader)
            assert told.sentence and told.remedy and "{" not in told.sentence


@pytest.mark.parametrize("stored", [None, 3, "card_bent", [], {}, {"code": 7}, {"values": 3}])
def test_what_is_no_finding_is_said_too(stored):
    told = say(stored)
    assert told.sentence and told.remedy == NEWER_WORKER
    assert code_of(stored) == ""
