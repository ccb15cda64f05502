"""Texts that no database keeps are refused in a sentence, before anything is written."""

from __future__ import annotations

import pytest

from assets.errors import DomainError
from assets.models import Alert, Event, Photo
from assets.services.alerts import acknowledge
from assets.services.identity import merge_defects
from assets.services.inspections import edit_inspection, open_inspection
from assets.services.portfolio import create_asset, edit_asset
from assets.services.review import settle_review
from assets.texts import sound_text
from tests.factories import analyse, make_photo

UNSOUND = ["a\0b", "half \ud83d", "x" * 10_001]


@pytest.mark.parametrize("text", UNSOUND)
def test_every_service_that_keeps_a_text_refuses_it(visit, bridge, emil, text):
    photo = make_photo(visit)
    analyse(photo, 0.2, 0.4)
    Photo.objects.filter(pk=photo.pk).update(needs_review=True)
    one, other = bridge.defects.order_by("number")
    said = Event.objects.count()
    asset = {"kind": "dam", "code": "D", "name": "Dam", "latitude": 1.0, "longitude": 2.0}
    calls = {
        "note": lambda: acknowledge(alert=Alert.objects.first(), actor=emil, note=text),
        "reason": lambda: settle_review(photo=photo, actor=emil, reason=text),
        "why": lambda: merge_defects(defect=one, into=other, actor=emil, reason=text),
        "material": lambda: edit_asset(asset=bridge, actor=emil, material=text),
        "new": lambda: create_asset(
            organisation=bridge.organisation, actor=emil, **{**asset, "note": text}
        ),
        "visit": lambda: open_inspection(asset=bridge, actor=emil, kind="walk", note=text),
        "title": lambda: edit_inspection(inspection=visit, actor=emil, title=text),
    }
    for name, call in calls.items():
        with pytest.raises(DomainError) as refusal:
            call()
        assert refusal.value.code == "invalid", name
        assert refusal.value.hint.endswith("."), name
    assert Event.objects.count() == said


def test_blanks_around_a_text_are_taken_away():
    assert sound_text("  measured on site\n", field="reason") == "measured on site"
