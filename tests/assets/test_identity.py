"""Which crack is it? What the machine decides, and what it leaves to people."""

from __future__ import annotations

import datetime as dt

import pytest

from assets.errors import DomainError
from assets.models import Alert, Analysis, Asset, Crack, CrackState, Event, Identity, Measurement
from assets.services.identity import decide_unmatched, merge_cracks, move_measurement
from assets.services.identity_rules import carry_over, decide
from assets.services.known_views import crack_numbers, known_views, view_features
from assets.services.queue import retry_photo
from assets.services.records import MatchProposal
from assets.services.scale import set_photo_scale
from tests.factories import (
    analyse,
    make_asset,
    make_element,
    make_inspection,
    make_photo,
)

pytestmark = pytest.mark.django_db


def basis():
    return list(Analysis.objects.filter(is_current=True).values_list("pk", flat=True))


def laid_upon(**fields):
    """A match against everything there is."""
    return MatchProposal(basis=basis(), registered=True, **fields)


def fits_nowhere():
    return MatchProposal(basis=basis(), registered=False)


def cracks():
    return list(Crack.objects.order_by("number"))


@pytest.mark.parametrize(
    ("match", "knows_cracks", "expected"),
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
def test_the_rules(match, knows_cracks, expected):
    decisions = decide(3, match, knows_cracks)

    assert [decision.identity for decision in decisions] == expected
    assert [decision.crack_id for decision in decisions] == [
        match.pairs.get(ordinal) for ordinal in range(3)
    ]


def test_measuring_again_needs_the_same_lines():
    with pytest.raises(ValueError, match="each stored line"):
        carry_over([], 1)


def test_a_view_laid_upon_an_earlier_one_continues_its_cracks(visit):
    first, second = make_photo(visit), make_photo(visit)
    analyse(first, 0.2, at="2023-05-01T00:00:00")
    (crack,) = cracks()

    registration = {"analysis": basis()[0], "inliers": 80, "residual_px": 0.7}
    analysis = analyse(
        second,
        0.1,
        0.35,
        at="2025-05-01T00:00:00",
        match=laid_upon(pairs={1: crack.pk}, registration=registration),
    )

    old, new = cracks()
    assert (old.pk, old.severity, old.width_mm) == (crack.pk, "CS2", 0.35)
    assert (new.number, new.severity) == (2, "CS1")
    assert list(analysis.measurements.values_list("crack", "identity")) == [
        (new.pk, Identity.NEW),
        (old.pk, Identity.MATCHED),
    ]
    assert analysis.registration == registration


def test_a_late_upload_changes_the_beginning_not_the_end(visit):
    latest, old = make_photo(visit), make_photo(visit)
    analyse(latest, 0.5, at="2025-05-01T00:00:00")
    (crack,) = cracks()

    analyse(old, 0.1, at="2023-05-01T00:00:00", match=laid_upon(pairs={0: crack.pk}))

    crack.refresh_from_db()
    assert crack.first_seen_at == dt.datetime(2023, 5, 1, tzinfo=dt.UTC)
    assert crack.last_seen_at == dt.datetime(2025, 5, 1, tzinfo=dt.UTC)
    assert (crack.width_mm, crack.severity) == (0.5, "CS2")
    assert crack.latest_measurement.analysis.photo == latest
    assert Asset.objects.get().last_seen_at == crack.last_seen_at


def test_a_photo_without_a_scale_does_not_hide_the_grade(visit):
    graded, ungraded = make_photo(visit), make_photo(visit)
    analyse(graded, 1.5, at="2024-05-01T00:00:00")
    (crack,) = cracks()

    analyse(ungraded, None, at="2025-05-01T00:00:00", match=laid_upon(pairs={0: crack.pk}))

    crack.refresh_from_db()
    assert (crack.severity, crack.width_mm, crack.width_px) == ("CS3", 1.5, 4.0)
    assert crack.latest_measurement.analysis.photo == ungraded
    assert Asset.objects.get().worst_level == 3


def test_what_fits_nowhere_waits_for_a_person(visit):
    analyse(make_photo(visit), 0.2)

    for _ in range(2):
        analyse(make_photo(visit), 0.4, 0.5, match=fits_nowhere())

    notice = Alert.objects.get(rule="unmatched")
    assert (notice.inspection, notice.crack, notice.count) == (visit, None, 2)
    assert Measurement.objects.filter(identity="unmatched", crack=None).count() == 4
    assert Crack.objects.count() == 1
    assert Asset.objects.get().worst_level == 1, "undecided lines do not count"


def test_another_element_has_cracks_of_its_own(visit, bridge):
    analyse(make_photo(visit), 0.2)

    analyse(make_photo(visit, element=make_element(bridge, "Pier 3")), 0.4)

    assert [crack.number for crack in cracks()] == [1, 2]
    assert not Alert.objects.filter(rule="unmatched").exists()


def test_known_views_are_those_whose_lines_are_settled(visit, django_assert_num_queries):
    first = make_photo(visit)
    kept = analyse(first, 0.2, at="2023-05-01T00:00:00")
    clean = analyse(make_photo(visit), at="2024-05-01T00:00:00", match=laid_upon())
    undecided = analyse(make_photo(visit), 0.3, at="2025-05-01T00:00:00", match=fits_nowhere())
    waiting = make_photo(visit)

    with django_assert_num_queries(4):
        known = known_views(waiting.pk)

    assert set(known.basis) == {kept.pk, clean.pk, undecided.pk}
    assert [view.analysis_id for view in known.views] == [clean.pk, kept.pk], "latest first"
    assert known.has_cracks and known.views[0].lines == ()
    (line,) = known.views[1].lines
    assert crack_numbers([line.crack_id]) == {line.crack_id: 1}
    assert line.centreline_px[0] == [10.0, 20.0]
    assert view_features(kept.pk) == b"features"
    assert known_views(first.pk).views[0].photo_id == first.pk, "its own view comes first"
    assert not known_views(first.pk).has_cracks


def test_analysing_again_keeps_what_lies_on_the_old_lines(visit, ines):
    photo = make_photo(visit)
    old = analyse(photo, 0.2, 0.4)
    first, second = cracks()
    type(photo).objects.filter(pk=photo.pk).update(state="failed")
    photo.refresh_from_db()
    retry_photo(photo=photo, actor=ines)

    # The newer network sees the second crack, not the first, and one more.
    new = analyse(photo, 0.45, 0.1, match=laid_upon(pairs={0: second.pk}))

    old.refresh_from_db()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (old.is_current, new.is_current) == (False, True)
    assert (first.state, first.latest_measurement) == (CrackState.CLOSED, None)
    assert (second.state, second.width_mm) == (CrackState.OPEN, 0.45)
    assert Crack.objects.count() == 3
    assert not Alert.objects.filter(crack=first, resolved_at=None).exists()
    assert Asset.objects.get().worst_crack == second


def test_a_scale_given_later_measures_the_same_cracks_again(visit, ines, rings):
    photo = make_photo(visit)
    analyse(photo, None, None)
    before = cracks()
    assert Asset.objects.get().worst_level == -1

    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)
    photo.refresh_from_db()
    assert (photo.state, photo.work) == ("queued", "measure")
    analysis = analyse(photo, 0.2, 1.3)

    photo.refresh_from_db()
    assert photo.state == "done" and cracks() == before
    assert [crack.severity for crack in cracks()] == ["CS1", "CS3"]
    assert set(analysis.measurements.values_list("identity", flat=True)) == {"carried"}
    assert Analysis.objects.filter(is_current=False).count() == 1
    assert Asset.objects.get().worst_level == 3


def test_decided_as_a_new_crack(visit, emil):
    analyse(make_photo(visit), 0.2)
    analyse(make_photo(visit), 0.4, match=fits_nowhere())
    line = Measurement.objects.get(crack=None)

    crack = decide_unmatched(measurement=line, actor=emil, reason="Other side of the joint.")

    line.refresh_from_db()
    assert (line.crack, line.identity, crack.number, crack.severity) == (
        crack,
        Identity.PERSON,
        2,
        "CS2",
    )
    assert Alert.objects.get(rule="unmatched").resolved_at is not None
    assert Alert.objects.get(rule="first_seen", crack=crack).severity == "CS2"
    assert Asset.objects.get().worst_crack == crack
    event = Event.objects.get(verb="measurement.decided")
    assert (event.actor, event.reason) == (emil, "Other side of the joint.")
    assert event.after["new"] is True


def test_decided_as_the_same_crack(visit, emil):
    analyse(make_photo(visit), 0.2, at="2023-05-01T00:00:00")
    (crack,) = cracks()
    analyse(make_photo(visit), 0.4, at="2025-05-01T00:00:00", match=fits_nowhere())
    line = Measurement.objects.get(crack=None)

    decide_unmatched(measurement=line, actor=emil, crack=crack)

    crack.refresh_from_db()
    assert (crack.width_mm, crack.severity) == (0.4, "CS2")
    assert Alert.objects.get(rule="worsened").crack == crack
    with pytest.raises(DomainError) as refused:
        decide_unmatched(measurement=line, actor=emil, crack=crack)
    assert refused.value.code == "conflict"


def test_decisions_stay_on_the_asset(visit, organisation, emil):
    analyse(make_photo(visit), 0.2)
    elsewhere = make_asset(organisation)
    analyse(make_photo(make_inspection(elsewhere)), 0.2)
    theirs = Crack.objects.get(asset=elsewhere)
    line = Measurement.objects.exclude(crack=theirs).get()

    with pytest.raises(DomainError) as refused:
        move_measurement(measurement=line, to_crack=theirs, actor=emil)
    assert refused.value.code == "crack_elsewhere"
    with pytest.raises(DomainError) as refused:
        merge_cracks(crack=line.crack, into=theirs, actor=emil)
    assert refused.value.code == "crack_elsewhere"


def test_merged_cracks_have_one_history(visit, emil):
    analyse(make_photo(visit), 0.2, at="2023-05-01T00:00:00")
    analyse(make_photo(visit), 0.5, at="2025-05-01T00:00:00", match=laid_upon())
    first, second = cracks()

    merge_cracks(crack=second, into=first, actor=emil, reason="One crack.")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, second.merged_into, second.latest_measurement) == (
        CrackState.MERGED,
        first,
        None,
    )
    assert (first.width_mm, first.measurements.count()) == (0.5, 2)
    assert list(Alert.objects.filter(resolved_at=None).values_list("crack", flat=True)) == [
        first.pk
    ]
    assert (Asset.objects.get().worst_crack, Asset.objects.get().open_cracks) == (first, 1)
    with pytest.raises(DomainError) as refused:
        merge_cracks(crack=first, into=second, actor=emil)
    assert refused.value.code == "crack_not_open"
    with pytest.raises(DomainError) as refused:
        merge_cracks(crack=first, into=first, actor=emil)
    assert refused.value.code == "same_crack"


def test_a_match_with_a_crack_merged_meanwhile_goes_to_its_heir(visit, emil):
    analyse(make_photo(visit), 0.2, 0.3)
    first, second = cracks()
    match = laid_upon(pairs={0: second.pk})
    merge_cracks(crack=second, into=first, actor=emil)

    analysis = analyse(make_photo(visit), 0.3, match=match)

    assert analysis.measurements.get().crack == first


def test_moving_the_only_line_closes_the_crack_it_leaves(visit, emil):
    analyse(make_photo(visit), 0.2, 1.4)
    first, second = cracks()

    move_measurement(
        measurement=second.measurements.get(), to_crack=first, actor=emil, reason="Same line."
    )

    second.refresh_from_db()
    first.refresh_from_db()
    assert second.state == CrackState.CLOSED
    assert not Alert.objects.filter(crack=second, resolved_at=None).exists()
    assert (first.width_mm, first.severity) == (1.4, "CS3"), "the widest line of the photo"
    assert Asset.objects.get().worst_crack == first

    third = move_measurement(
        measurement=first.measurements.get(width_mm_p95=1.4), to_crack=None, actor=emil
    )
    first.refresh_from_db()
    assert (third.number, third.severity, first.severity) == (3, "CS3", "CS1")


def test_a_line_of_the_past_cannot_be_decided(visit, emil, ines):
    photo = make_photo(visit)
    analyse(photo, None)
    old = Measurement.objects.get()
    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)
    analyse(photo, 0.2)

    with pytest.raises(DomainError) as refused:
        move_measurement(measurement=old, to_crack=None, actor=emil)
    assert refused.value.code == "conflict"
