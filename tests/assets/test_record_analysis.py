"""Recording a result: once, whole, and only by who holds the claim."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from assets.findings import Finding, say
from assets.models import Alert, Analysis, Defect, Event, Identity, Measurement, PhotoState
from assets.services.analysis import record_analysis, record_rejection
from assets.services.records import MatchOutdated, MatchProposal
from tests.factories import (
    analyse,
    facts_at,
    hold,
    make_crack_line,
    make_photo,
    make_record,
    match_now,
)

pytestmark = pytest.mark.django_db

BLURRED = Finding("blurred", {"edge_width_px": 9.24, "limit_px": 8.0})


def test_first_photo_begins_a_crack_for_each_line(visit, pier, alice):
    photo = make_photo(visit, by=alice)

    analysis = analyse(photo, 0.2, None, at="2025-05-20T10:00:00")

    photo.refresh_from_db()
    bridge = type(visit.asset).objects.get(pk=visit.asset_id)
    defects = list(Defect.objects.order_by("number"))
    assert photo.state == PhotoState.DONE
    assert photo.captured_at == dt.datetime(2025, 5, 20, 10, tzinfo=dt.UTC)
    assert [defect.number for defect in defects] == [1, 2]
    assert [defect.severity for defect in defects] == ["CS1", ""]
    assert {defect.element for defect in defects} == {pier}
    assert defects[0].width_mm == pytest.approx(0.2)
    assert [row.identity for row in analysis.measurements.all()] == [Identity.NEW] * 2
    assert bridge.worst_level == 1 and bridge.worst_defect == defects[0]
    assert bridge.open_defects == 2
    assert bridge.last_seen_at == photo.captured_at
    assert [alert.severity for alert in Alert.objects.order_by("defect__number")] == ["CS1", ""]
    assert list(Event.objects.values_list("seq", flat=True)) == list(range(1, 7))


def test_recording_twice_writes_one_analysis(visit):
    photo = make_photo(visit)
    held = hold(photo)

    first = record_analysis(claim=held, result=make_record(0.2))
    second = record_analysis(claim=held, result=make_record(0.2))

    assert first is not None and second is None
    assert Analysis.objects.count() == Defect.objects.count() == Alert.objects.count() == 1


def test_a_stale_attempt_cannot_record(visit, settings):
    settings.LEASE_S = -1
    photo = make_photo(visit)
    slept, awake = hold(photo), hold(photo)

    assert record_analysis(claim=slept, result=make_record(0.2)) is None
    assert record_rejection(claim=slept, reasons=[BLURRED]) is False
    assert record_analysis(claim=awake, result=make_record(0.2)) is not None
    assert Analysis.objects.get().attempt == awake.attempt == slept.attempt + 1


def test_a_match_that_missed_a_view_is_outdated(visit):
    first, second = make_photo(visit), make_photo(visit)
    held = hold(second)
    analyse(first, 0.2)

    with pytest.raises(MatchOutdated):
        record_analysis(claim=held, result=make_record(0.2), match=MatchProposal())

    defect = Defect.objects.get()
    match = match_now(visit, pairs={0: defect.pk})
    assert record_analysis(claim=held, result=make_record(0.2), match=match) is not None
    assert Measurement.objects.filter(defect=defect).count() == 2


def test_a_rejected_photo_says_why(visit):
    photo = make_photo(visit)

    record_rejection(
        claim=hold(photo),
        reasons=[Finding("too_dark", {"case": "black", "black_share": 0.93}), BLURRED],
        facts=facts_at("2025-05-20T10:00:00"),
    )

    photo.refresh_from_db()
    assert (photo.state, photo.reason_code) == ("rejected", "too_dark")
    assert [reason["code"] for reason in photo.reasons] == ["too_dark", "blurred"]
    assert photo.reasons[0]["values"] == {"case": "black", "black_share": 0.93}
    assert photo.lease_until is None and not Analysis.objects.exists()
    assert Event.objects.filter(verb="photo.rejected", subject_id=photo.pk).exists()


def test_lines_are_graded_by_the_rule_set_of_the_owner(visit, organisation):
    organisation.rule_set = "kistec_rc"
    organisation.save()

    analysis = analyse(make_photo(visit), 0.05, 0.35, 1.2, None)

    rows = analysis.measurements.order_by("ordinal")
    assert analysis.rule_set == "kistec_rc"
    assert [row.severity for row in rows] == ["a", "c", "e", ""]
    assert [row.level for row in rows] == [0, 2, 4, None]


def test_too_thin_is_told_in_terms_of_the_rule_set_of_the_owner(visit):
    thin = {"code": "too_thin", "values": {}}
    lines = [
        replace(make_crack_line(None), not_measurable=thin, width_px=None, mm_per_px=mm_per_px)
        for mm_per_px in (0.8, 0.1, None)
    ]

    analysis = analyse(make_photo(visit), cracks=lines)

    told = [row.not_measurable for row in analysis.measurements.order_by("ordinal")]
    assert told[0]["code"] == "pixels_too_coarse" and "AASHTO" in say(told[0]).sentence
    assert told[1:] == [thin, thin]
