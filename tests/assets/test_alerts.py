"""Alerts: the rules as a table, one open alert for each crack and rule."""

from __future__ import annotations

import pytest

from assets.errors import DomainError
from assets.models import Alert, Analysis, Defect, Event
from assets.selectors.alerts import bell_count, latest_seq, list_alerts, unacknowledged
from assets.services.alerts import acknowledge
from assets.services.analysis import record_analysis
from assets.services.scale import set_photo_scale
from tests.factories import analyse, hold, make_element, make_photo, make_record, match_now
from tests.threads import at_once

pytestmark = pytest.mark.django_db

NO_SCALE = None


def see(visit, year, width_mm):
    """One more photo of the same crack, taken in ``year``, uploaded now."""
    photo = make_photo(visit)
    defect = Defect.objects.first()
    match = match_now(visit, pairs={0: defect.pk} if defect else {})
    analyse(photo, width_mm, at=f"{year}-05-01T00:00:00", match=match)
    return photo


def said():
    """Open alerts as (rule, grade before, grade)."""
    return [
        (alert.rule, alert.previous_severity, alert.severity)
        for alert in Alert.objects.filter(resolved_at=None).order_by("rule")
    ]


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        # (year of capture, width in mm) in the order of upload; thresholds 0.30 and 1.27 mm
        ([(2023, 0.2)], [("first_seen", "", "CS1")]),
        ([(2023, NO_SCALE)], [("first_seen", "", "")]),
        ([(2023, 0.2), (2024, 0.25)], [("first_seen", "", "CS1")]),
        (
            [(2023, 0.2), (2024, 0.4)],
            [("first_seen", "", "CS1"), ("worsened", "CS1", "CS2")],
        ),
        (
            [(2023, 0.2), (2024, 0.4), (2025, 1.4)],
            [("first_seen", "", "CS1"), ("worsened", "CS2", "CS3")],
        ),
        # It looks better: no alert, and what was raised stays until somebody settles it.
        ([(2023, 0.4), (2024, 0.2)], [("first_seen", "", "CS2")]),
        (
            [(2023, 0.2), (2024, 0.4), (2025, 0.2)],
            [("first_seen", "", "CS1"), ("worsened", "CS1", "CS2")],
        ),
        # Old pictures that come in late say nothing new about today.
        ([(2025, 0.2), (2023, 0.4)], [("first_seen", "", "CS1")]),
        ([(2025, 0.4), (2023, 0.2)], [("first_seen", "", "CS2")]),
        # A grade that comes later goes into the first alert.
        ([(2023, NO_SCALE), (2024, 0.4)], [("first_seen", "", "CS2")]),
        # A photo without a scale between two with one changes nothing.
        (
            [(2023, 0.2), (2024, NO_SCALE), (2025, 0.4)],
            [("first_seen", "", "CS1"), ("worsened", "CS1", "CS2")],
        ),
        ([(2023, 0.4), (2024, NO_SCALE)], [("first_seen", "", "CS2")]),
    ],
)
def test_rules(visit, sights, expected):
    for year, width_mm in sights:
        see(visit, year, width_mm)

    assert said() == expected
    assert Defect.objects.count() == 1


def test_getting_worse_once_more_updates_the_open_alert(visit, mia):
    see(visit, 2023, 0.2)
    see(visit, 2024, 0.4)
    alert = Alert.objects.get(rule="worsened")
    acknowledge(alert=alert, actor=mia, note="Sealing ordered.")

    third = see(visit, 2025, 1.4)

    again = Alert.objects.get(rule="worsened")
    assert (again.pk, again.severity, again.level, again.width_mm) == (alert.pk, "CS3", 3, 1.4)
    assert again.photo == third and again.acknowledged_at is None
    assert again.opened_at == alert.opened_at and again.updated_at > alert.updated_at


def test_the_same_grade_again_leaves_the_acknowledgement(visit, mia):
    for year, width_mm in [(2022, 0.2), (2023, 0.4)]:
        see(visit, year, width_mm)
    acknowledge(alert=Alert.objects.get(rule="worsened"), actor=mia)

    see(visit, 2024, 0.2)
    see(visit, 2025, 0.5)

    again = Alert.objects.get(rule="worsened")
    assert again.width_mm == 0.5 and again.acknowledged_by == mia


def test_grade_a_is_a_grade_of_its_own(visit, organisation, mia):
    organisation.rule_set = "kistec_rc"
    organisation.save()
    see(visit, 2023, 0.05)
    see(visit, 2024, 0.2)
    assert said() == [("first_seen", "", "a"), ("worsened", "a", "b")]

    # From a to b on the same photo is worse too: what was in hand is not any longer.
    photo = make_photo(visit, element=make_element(visit.asset, "Abutment"))
    analyse(photo, 0.05)
    alert = Alert.objects.get(photo=photo)
    acknowledge(alert=alert, actor=mia)
    set_photo_scale(photo=photo, gsd_mm_per_px=0.6, actor=None)
    analyse(photo, 0.2)
    alert.refresh_from_db()
    assert (alert.severity, alert.level, alert.acknowledged_at) == ("b", 1, None)


def test_a_scale_given_later_grades_the_first_alert(visit, ines, mia):
    photo = see(visit, 2024, NO_SCALE)
    acknowledge(alert=Alert.objects.get(), actor=mia)

    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)
    analyse(photo, 1.4)

    alert = Alert.objects.get()
    assert (alert.rule, alert.severity, alert.width_mm) == ("first_seen", "CS3", 1.4)
    assert alert.acknowledged_at is None, "poor is news to who acknowledged ungraded"


def test_a_corrected_scale_takes_back_what_it_raised(visit, ines):
    see(visit, 2023, 0.2)
    photo = see(visit, 2024, 0.4)
    set_photo_scale(photo=photo, gsd_mm_per_px=0.25, actor=ines)

    analyse(photo, 0.2)

    assert said() == [("first_seen", "", "CS1")]
    assert Alert.objects.get(rule="worsened").resolved_at is not None
    assert Event.objects.filter(verb="alert.resolved", reason="measured again").exists()


def test_acknowledging_keeps_the_note_and_says_it_once(visit, alice, mia, otto, organisation):
    see(visit, 2024, 0.4)
    alert = Alert.objects.get()
    assert (bell_count(alice), bell_count(otto)) == (1, 0)

    acknowledge(alert=alert, actor=mia, note="  On the list.  ")
    acknowledge(alert=alert, actor=alice, note="Me too.")

    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.note) == (mia, "On the list.")
    assert bell_count(alice) == 0 and not unacknowledged(alice).exists()
    assert list(list_alerts(alice)) == [alert], "acknowledged is not resolved"
    assert Event.objects.filter(verb="alert.acknowledged").count() == 1
    assert latest_seq(alice) == {organisation.pk: Event.objects.count()}
    assert latest_seq(otto) == {}

    Alert.objects.update(resolved_at=alert.updated_at)
    with pytest.raises(DomainError) as refused:
        acknowledge(alert=alert, actor=mia)
    assert refused.value.code == "alert_resolved"


@pytest.mark.django_db(transaction=True)
def test_the_same_task_twice_at_once_makes_one_alert(visit):
    photo = make_photo(visit)
    held = hold(photo)

    def record():
        return record_analysis(claim=held, result=make_record(0.4))

    results = at_once(record, record)

    assert len([row for row in results if row]) == 1
    assert Analysis.objects.count() == Alert.objects.count() == Defect.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_photos_at_once_number_their_cracks_one_after_the_other(visit, bridge):
    pairs = []
    for n in range(2):
        photo = make_photo(visit, element=make_element(bridge, f"Pier {n}"))
        pairs.append(hold(photo))

    def record(held):
        return record_analysis(claim=held, result=make_record(0.4, 0.2))

    at_once(lambda: record(pairs[0]), lambda: record(pairs[1]))

    assert sorted(Defect.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    bridge.refresh_from_db()
    assert bridge.worst_level == 2
