"""Identity of cracks: what the machine decides, and what it leaves to people."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import replace

import pytest

from assets.errors import DomainError
from assets.models import Alert, Analysis, Asset, Defect, DefectState, Event, Identity, Measurement
from assets.services.analysis import record_analysis
from assets.services.identity import identify, merge_defects
from assets.services.identity_rules import carry_over, decide
from assets.services.known_views import defect_numbers, known_views
from assets.services.queue import retry_photo
from assets.services.records import MatchOutdated, MatchProposal
from assets.services.scale import set_photo_scale
from tests.factories import (
    analyse,
    hold,
    make_asset,
    make_element,
    make_inspection,
    make_photo,
    make_record,
    match_now,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def laid_upon(visit):
    """A match against everything there is."""
    return functools.partial(match_now, visit)


@pytest.fixture
def fits_nowhere(laid_upon):
    return functools.partial(laid_upon, registered=False)


def defects():
    return list(Defect.objects.order_by("number"))


@pytest.mark.parametrize(
    ("match", "knows_defects", "expected"),
    [
        (MatchProposal(), False, ["new", "new", "new"]),
        (MatchProposal(), True, ["unmatched"] * 3),
        (MatchProposal(registered=True), True, ["new"] * 3),
        (MatchProposal(registered=True, pairs={1: 7}), True, ["new", "matched", "new"]),
        (
            MatchProposal(registered=True, pairs={1: 7}, new=frozenset({0})),
            True,
            ["new", "matched", "unmatched"],
        ),
        (MatchProposal(registered=True, new=frozenset()), True, ["unmatched"] * 3),
        (MatchProposal(registered=True, new=frozenset()), False, ["new"] * 3),
        (MatchProposal(registered=True, pairs={0: 7}), False, ["matched", "new", "new"]),
    ],
)
def test_the_rules(match, knows_defects, expected):
    decisions = decide(3, match, knows_defects)

    assert [decision.identity for decision in decisions] == expected
    assert [decision.defect_id for decision in decisions] == [
        match.pairs.get(ordinal) for ordinal in range(3)
    ]


def test_measuring_again_needs_the_same_lines():
    with pytest.raises(ValueError, match="each stored line"):
        carry_over([], 1)


def test_a_view_laid_upon_an_earlier_one_continues_its_cracks(visit, laid_upon):
    first, second = make_photo(visit), make_photo(visit)
    analyse(first, 0.2, at="2023-05-01T00:00:00")
    (defect,) = defects()

    registration = {"analysis": Analysis.objects.get().pk, "inliers": 80, "residual_px": 0.7}
    analysis = analyse(
        second,
        0.1,
        0.35,
        at="2025-05-01T00:00:00",
        match=laid_upon(pairs={1: defect.pk}, registration=registration),
    )

    old, new = defects()
    assert (old.pk, old.severity, old.width_mm) == (defect.pk, "CS2", 0.35)
    assert (new.number, new.severity) == (2, "CS1")
    assert list(analysis.measurements.values_list("defect", "identity")) == [
        (new.pk, Identity.NEW),
        (old.pk, Identity.MATCHED),
    ]
    assert analysis.registration == registration


def test_a_late_upload_changes_the_beginning_not_the_end(visit, laid_upon):
    latest, old = make_photo(visit), make_photo(visit)
    analyse(latest, 0.5, at="2025-05-01T00:00:00")
    (defect,) = defects()

    analyse(old, 0.1, at="2023-05-01T00:00:00", match=laid_upon(pairs={0: defect.pk}))

    defect.refresh_from_db()
    assert defect.first_seen_at == dt.datetime(2023, 5, 1, tzinfo=dt.UTC)
    assert defect.last_seen_at == dt.datetime(2025, 5, 1, tzinfo=dt.UTC)
    assert (defect.width_mm, defect.severity) == (0.5, "CS2")
    assert defect.latest_measurement.analysis.photo == latest
    assert Asset.objects.get().last_seen_at == defect.last_seen_at


def test_a_photo_without_a_scale_does_not_hide_the_grade(visit, laid_upon):
    graded, ungraded = make_photo(visit), make_photo(visit)
    analyse(graded, 1.5, at="2024-05-01T00:00:00")
    (defect,) = defects()

    analyse(ungraded, None, at="2025-05-01T00:00:00", match=laid_upon(pairs={0: defect.pk}))

    defect.refresh_from_db()
    assert (defect.severity, defect.width_mm, defect.width_px) == ("CS3", 1.5, 4.0)
    assert defect.latest_measurement.analysis.photo == ungraded
    assert Asset.objects.get().worst_level == 3


def test_what_fits_nowhere_waits_for_a_person(visit, fits_nowhere):
    analyse(make_photo(visit), 0.2)

    for _ in range(2):
        analyse(make_photo(visit), 0.4, 0.5, match=fits_nowhere())

    notice = Alert.objects.get(rule="unmatched")
    assert (notice.inspection, notice.defect, notice.count) == (visit, None, 2)
    assert Measurement.objects.filter(identity="unmatched", defect=None).count() == 4
    assert Defect.objects.count() == 1
    assert Asset.objects.get().worst_level == 1, "undecided lines do not count"


def test_another_element_has_cracks_of_its_own(visit, bridge):
    analyse(make_photo(visit), 0.2)

    analyse(make_photo(visit, element=make_element(bridge, "Pier 3")), 0.4)

    assert [defect.number for defect in defects()] == [1, 2]
    assert not Alert.objects.filter(rule="unmatched").exists()


def test_known_views_are_those_whose_lines_are_settled(
    visit, django_assert_num_queries, laid_upon, fits_nowhere
):
    first = make_photo(visit)
    kept = analyse(first, 0.2, at="2023-05-01T00:00:00")
    clean = analyse(make_photo(visit), at="2024-05-01T00:00:00", match=laid_upon())
    undecided = analyse(make_photo(visit), 0.3, at="2025-05-01T00:00:00", match=fits_nowhere())
    waiting = make_photo(visit)

    with django_assert_num_queries(4):
        known = known_views(waiting)

    assert known.basis == 2, "two photos brought lines"
    assert [view.analysis_id for view in known.views] == [kept.pk, clean.pk], "those with lines"
    assert not undecided.view.is_usable
    assert known.has_defects and known.views[1].lines == ()
    (line,) = known.views[0].lines
    assert defect_numbers([line.defect_id]) == {line.defect_id: 1}
    assert line.centreline_px[0] == (10.0, 20.0)
    assert known.views[0].features == b"features"
    assert known_views(first).views[0].photo_id == first.pk, "its own view comes first"
    assert not known_views(first).has_defects


@pytest.mark.parametrize("odd", [7, "a line", [[1, 2], [3]], {"x": 1}], ids=repr)
def test_a_view_with_a_line_that_cannot_be_read_is_no_known_view(visit, laid_upon, odd):
    damaged = analyse(make_photo(visit), 0.2, at="2023-05-01T00:00:00")
    sound = analyse(make_photo(visit), 0.3, at="2024-05-01T00:00:00", match=laid_upon())
    damaged.measurements.update(centreline_px=odd)

    views = known_views(make_photo(visit)).views

    assert [view.analysis_id for view in views] == [sound.pk]


def test_analysing_again_keeps_what_lies_on_the_old_lines(visit, ines, laid_upon):
    photo = make_photo(visit)
    old = analyse(photo, 0.2, 0.4)
    first, second = defects()
    type(photo).objects.filter(pk=photo.pk).update(state="failed")
    photo.refresh_from_db()
    retry_photo(photo=photo, actor=ines)

    # The newer network sees the second crack, not the first, and one more.
    new = analyse(photo, 0.45, 0.1, match=laid_upon(pairs={0: second.pk}))

    old.refresh_from_db()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (old.is_current, new.is_current) == (False, True)
    assert (first.state, first.latest_measurement) == (DefectState.CLOSED, None)
    assert (second.state, second.width_mm) == (DefectState.OPEN, 0.45)
    assert Defect.objects.count() == 3
    assert not Alert.objects.filter(defect=first, resolved_at=None).exists()
    assert Asset.objects.get().worst_defect == second


def test_a_scale_given_later_measures_the_same_cracks_again(visit, ines, rings):
    photo = make_photo(visit)
    analyse(photo, None, None)
    before = defects()
    assert Asset.objects.get().worst_level == -1

    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)
    photo.refresh_from_db()
    assert (photo.state, photo.work) == ("queued", "measure")
    analysis = analyse(photo, 0.2, 1.3)

    photo.refresh_from_db()
    assert photo.state == "done" and defects() == before
    assert [defect.severity for defect in defects()] == ["CS1", "CS3"]
    assert set(analysis.measurements.values_list("identity", flat=True)) == {"carried"}
    assert Analysis.objects.filter(is_current=False).count() == 1
    assert Asset.objects.get().worst_level == 3


def test_decided_as_a_new_crack(visit, emil, fits_nowhere):
    analyse(make_photo(visit), 0.2)
    analyse(make_photo(visit), 0.4, match=fits_nowhere())
    line = Measurement.objects.get(defect=None)

    defect = identify(sight=line, actor=emil, reason="Other side of the joint.")

    line.refresh_from_db()
    assert (line.defect, line.identity, defect.number, defect.severity) == (
        defect,
        Identity.PERSON,
        2,
        "CS2",
    )
    assert Alert.objects.get(rule="unmatched").resolved_at is not None
    assert Alert.objects.get(rule="first_seen", defect=defect).severity == "CS2"
    assert Asset.objects.get().worst_defect == defect
    event = Event.objects.get(verb="measurement.decided")
    assert (event.actor, event.reason) == (emil, "Other side of the joint.")
    assert event.after["new"] is True


def test_decided_as_the_same_crack(visit, emil, fits_nowhere):
    analyse(make_photo(visit), 0.2, at="2023-05-01T00:00:00")
    (defect,) = defects()
    analyse(make_photo(visit), 0.4, at="2025-05-01T00:00:00", match=fits_nowhere())
    line = Measurement.objects.get(defect=None)

    identify(sight=line, actor=emil, defect=defect)

    defect.refresh_from_db()
    assert (defect.width_mm, defect.severity) == (0.4, "CS2")
    assert Alert.objects.get(rule="worsened").defect == defect
    with pytest.raises(DomainError) as refused:
        identify(sight=line, actor=emil, defect=defect)
    assert refused.value.code == "conflict"


def test_decisions_stay_on_the_asset(visit, organisation, emil):
    analyse(make_photo(visit), 0.2)
    elsewhere = make_asset(organisation)
    analyse(make_photo(make_inspection(elsewhere)), 0.2)
    theirs = Defect.objects.get(asset=elsewhere)
    line = Measurement.objects.exclude(defect=theirs).get()

    with pytest.raises(DomainError) as refused:
        identify(sight=line, defect=theirs, actor=emil)
    assert refused.value.code == "defect_elsewhere"
    with pytest.raises(DomainError) as refused:
        merge_defects(defect=line.defect, into=theirs, actor=emil)
    assert refused.value.code == "defect_elsewhere"


def test_merged_cracks_have_one_history(visit, emil, laid_upon):
    analyse(make_photo(visit), 0.2, at="2023-05-01T00:00:00")
    analyse(make_photo(visit), 0.5, at="2025-05-01T00:00:00", match=laid_upon())
    first, second = defects()

    merge_defects(defect=second, into=first, actor=emil, reason="One crack.")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.merged_into, second.latest_measurement) == (
        DefectState.MERGED,
        first,
        None,
    )
    assert (first.width_mm, first.measurements.count()) == (0.5, 2)
    assert list(Alert.objects.filter(resolved_at=None).values_list("defect", flat=True)) == [
        first.pk
    ]
    assert (Asset.objects.get().worst_defect, Asset.objects.get().open_defects) == (first, 1)
    with pytest.raises(DomainError) as refused:
        merge_defects(defect=first, into=second, actor=emil)
    assert refused.value.code == "defect_not_open"
    with pytest.raises(DomainError) as refused:
        merge_defects(defect=first, into=first, actor=emil)
    assert refused.value.code == "same_defect"


def test_a_match_with_a_crack_merged_meanwhile_goes_to_its_heir(visit, emil, laid_upon):
    analyse(make_photo(visit), 0.2, 0.3)
    first, second = defects()
    match = laid_upon(pairs={0: second.pk})
    merge_defects(defect=second, into=first, actor=emil)

    photo = make_photo(visit)
    held = hold(photo)
    with pytest.raises(MatchOutdated):
        record_analysis(claim=held, result=make_record(0.3), match=match)
    # It names the merged crack still; one that was given a line of another part may.
    now = replace(match, basis=laid_upon().basis)
    analysis = record_analysis(claim=held, result=make_record(0.3), match=now)

    assert analysis.measurements.get().defect == first


def test_moving_the_only_line_closes_the_crack_it_leaves(visit, emil):
    analyse(make_photo(visit), 0.2, 1.4)
    first, second = defects()

    identify(sight=second.measurements.get(), defect=first, actor=emil, reason="Same line.")

    second.refresh_from_db()
    first.refresh_from_db()
    assert second.state == DefectState.CLOSED
    assert not Alert.objects.filter(defect=second, resolved_at=None).exists()
    assert (first.width_mm, first.severity) == (1.4, "CS3"), "the widest line of the photo"
    assert Asset.objects.get().worst_defect == first

    third = identify(sight=first.measurements.get(width_mm_p95=1.4), defect=None, actor=emil)
    first.refresh_from_db()
    assert (third.number, third.severity, first.severity) == (3, "CS3", "CS1")


def test_a_line_of_the_past_cannot_be_decided(visit, emil, ines):
    photo = make_photo(visit)
    analyse(photo, None)
    old = Measurement.objects.get()
    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)
    analyse(photo, 0.2)

    with pytest.raises(DomainError) as refused:
        identify(sight=old, defect=None, actor=emil)
    assert refused.value.code == "conflict"
