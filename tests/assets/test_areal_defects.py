"""Spalling, corrosion, leakage and efflorescence: identity, grade, alerts and numbers."""

from __future__ import annotations

import functools

import pytest

from assets.errors import DomainError
from assets.models import Alert, Asset, Defect, Event, Measurement, Photo, Region, ViewFeatures
from assets.services.identity import identify, merge_defects
from assets.services.identity_rules import decide_areas
from assets.services.known_views import known_views
from assets.services.queue import retry_photo
from assets.services.records import MatchOutdated, MatchProposal
from assets.services.scale import set_photo_scale
from assets.services.sights import sights
from tests.factories import analyse, make_photo, make_region, match_now

pytestmark = pytest.mark.django_db

SPRING, AUTUMN = "2023-05-01T00:00:00", "2025-09-01T00:00:00"


@pytest.fixture
def laid_upon(visit):
    return functools.partial(match_now, visit)


@pytest.fixture
def fits_nowhere(laid_upon):
    return functools.partial(laid_upon, registered=False)


def only() -> Defect:
    return Defect.objects.get()


@pytest.mark.parametrize(
    ("match", "known", "expected"),
    [
        (MatchProposal(), set(), ["new", "new"]),
        (MatchProposal(), {"spalling"}, ["unmatched", "new"]),
        (MatchProposal(registered=True, area_pairs={0: 7}), {"spalling"}, ["matched", "new"]),
        (
            MatchProposal(registered=True, new_areas=frozenset({1})),
            {"spalling", "leakage"},
            ["unmatched", "new"],
        ),
        # Ordinals of lines say nothing about regions.
        (MatchProposal(pairs={0: 7}), {"spalling"}, ["unmatched", "new"]),
    ],
)
def test_the_rules(match, known, expected):
    decisions = decide_areas(["spalling", "leakage"], match, known)

    assert [decision.identity for decision in decisions] == expected


def test_a_first_region_begins_a_defect_and_tells(visit):
    analyse(make_photo(visit), regions=[make_region(100.0)], at=SPRING)

    defect, region = only(), Region.objects.get()
    assert (defect.kind, str(defect), defect.severity, defect.level) == (
        "spalling", "Spalling 1", "CS2", 2,
    )  # fmt: skip
    assert (defect.area_mm2, defect.area_mm2_u, defect.extent_mm) == (5000.0, 200.0, 100.0)
    assert (defect.latest_region, defect.latest_measurement, defect.width_mm) == (
        region, None, None,
    )  # fmt: skip
    assert (region.identity, region.ordinal, region.severity, region.level) == (
        "new", 0, "CS2", 2,
    )  # fmt: skip
    assert (region.photo, region.is_current) == (region.analysis.photo, True)
    assert region.captured_at == region.photo.captured_at
    alert = Alert.objects.get()
    assert (alert.rule, alert.level, alert.area_mm2, alert.extent_mm, alert.width_mm) == (
        "first_seen", 2, 5000.0, 100.0, None,
    )  # fmt: skip
    asset = Asset.objects.get()
    assert (asset.worst_defect, asset.worst_level, asset.open_defects) == (defect, 2, 1)
    told = Event.objects.get(verb="defect.first_seen").after
    assert told["kind"] == "spalling"


def test_a_spall_that_grew_beyond_six_inches_has_worsened(visit, laid_upon):
    analyse(make_photo(visit), regions=[make_region(152.4)], at=SPRING)
    defect = only()
    assert defect.severity == "CS2", "six inches are the last that is fair"

    grown = make_region(152.5)
    match = laid_upon(area_pairs={0: defect.pk})
    analyse(make_photo(visit), regions=[grown], at=AUTUMN, match=match)

    defect.refresh_from_db()
    assert (defect.severity, defect.level, defect.extent_mm) == ("CS3", 3, 152.5)
    worse = Alert.objects.get(rule="worsened")
    assert (worse.previous_severity, worse.severity, worse.extent_mm) == ("CS2", "CS3", 152.5)
    assert Asset.objects.get().worst_level == 3


def test_a_late_picture_raises_nothing(visit, laid_upon):
    analyse(make_photo(visit), regions=[make_region(100.0)], at=AUTUMN)
    match = laid_upon(area_pairs={0: only().pk})
    analyse(make_photo(visit), regions=[make_region(300.0)], at=SPRING, match=match)

    defect = only()
    assert (defect.severity, defect.extent_mm) == ("CS2", 100.0)
    assert defect.first_seen_at.year == 2023
    assert not Alert.objects.filter(rule="worsened").exists()


def test_without_a_scale_the_last_known_numbers_stay(visit, laid_upon):
    analyse(make_photo(visit), regions=[make_region(200.0)], at=SPRING)
    match = laid_upon(area_pairs={0: only().pk})
    analyse(make_photo(visit), regions=[make_region()], at=AUTUMN, match=match)

    defect = only()
    assert (defect.severity, defect.extent_mm, defect.last_seen_at.year) == ("CS3", 200.0, 2025)
    assert defect.latest_region.extent_mm is None


@pytest.mark.parametrize("kind", ["corrosion", "leakage", "efflorescence"])
def test_some_kinds_are_graded_by_being_there(visit, kind):
    analyse(make_photo(visit), regions=[make_region(kind=kind)])

    defect = only()
    assert (defect.kind, defect.severity, defect.extent_mm) == (kind, "CS2", None)


def test_the_largest_piece_on_a_photo_speaks(visit, laid_upon):
    analyse(make_photo(visit), regions=[make_region(100.0)], at=SPRING)
    match = laid_upon(area_pairs={0: only().pk, 1: only().pk})
    pieces = [make_region(90.0), make_region(160.0, x=80)]
    analyse(make_photo(visit), regions=pieces, at=AUTUMN, match=match)

    assert (only().extent_mm, only().severity) == (160.0, "CS3")


def test_however_many_photos_show_it_the_last_grade_is_found(visit, laid_upon):
    analyse(make_photo(visit), regions=[make_region(200.0)], at=SPRING)
    pk = only().pk
    for day in range(1, 20):
        match = laid_upon(area_pairs={0: pk})
        at = f"2024-01-{day:02}T00:00:00"
        analyse(make_photo(visit), regions=[make_region()], at=at, match=match)

    seen = sights(only())
    assert seen is not None and seen.last.captured_at.year == 2024
    assert [sight.extent_mm for sight in seen.graded] == [200.0]
    assert seen.measured is not None and seen.measured.extent_mm == 200.0


def test_a_region_that_fits_nowhere_awaits_a_person(visit, emil, fits_nowhere):
    analyse(make_photo(visit), regions=[make_region(100.0)], at=SPRING)
    known = only()
    analysis = analyse(
        make_photo(visit), regions=[make_region(160.0)], at=AUTUMN, match=fits_nowhere()
    )

    region = analysis.regions.get()
    assert (region.defect, region.identity) == (None, "unmatched")
    assert Alert.objects.get(rule="unmatched", resolved_at=None).count == 1
    assert not ViewFeatures.objects.get(analysis=analysis).is_usable

    identify(sight=analysis.regions.get(), actor=emil, defect=known, reason="same corner")

    with pytest.raises(DomainError) as refused:
        identify(sight=region, actor=emil)  # as somebody else read it before
    assert refused.value.code == "conflict"
    region.refresh_from_db()
    known.refresh_from_db()
    assert (region.defect, region.identity, known.severity) == (known, "person", "CS3")
    assert not Alert.objects.filter(rule="unmatched", resolved_at=None).exists()
    assert Alert.objects.filter(rule="worsened", resolved_at=None).exists()
    assert ViewFeatures.objects.get(analysis=analysis).is_usable
    event = Event.objects.get(verb="region.decided")
    assert (event.subject_type, event.subject_id) == ("region", region.pk)


def test_a_known_crack_does_not_make_a_person_decide_on_a_spall(visit, fits_nowhere):
    analyse(make_photo(visit), 0.4, at=SPRING)
    analyse(make_photo(visit), regions=[make_region(100.0)], at=AUTUMN, match=fits_nowhere())

    assert list(Region.objects.values_list("identity", flat=True)) == ["new"]


def test_a_spall_is_no_crack(visit, emil, laid_upon):
    analyse(make_photo(visit), 0.4, regions=[make_region(100.0)], at=SPRING)
    crack, spall = Defect.objects.order_by("number")
    assert [crack.kind, spall.kind] == ["crack", "spalling"]

    region = Region.objects.get()
    with pytest.raises(DomainError) as merged:
        merge_defects(defect=spall, into=crack, actor=emil)
    with pytest.raises(DomainError) as moved:
        identify(sight=region, defect=crack, actor=emil)
    assert [merged.value.code, moved.value.code] == ["other_kind", "other_kind"]
    region.refresh_from_db()
    assert region.defect == spall
    with pytest.raises(ValueError, match="cannot be"):
        analyse(
            make_photo(visit), regions=[make_region()], match=laid_upon(area_pairs={0: crack.pk})
        )


def test_merged_spalls_are_one(visit, emil):
    pieces = [make_region(100.0), make_region(170.0, x=90)]
    analyse(make_photo(visit), regions=pieces, at=SPRING)
    one, other = Defect.objects.order_by("number")

    merge_defects(defect=other, into=one, actor=emil, reason="one spall")

    one.refresh_from_db()
    other.refresh_from_db()
    assert (other.state, other.merged_into, other.latest_region) == ("merged", one, None)
    assert (one.severity, one.extent_mm, one.regions.count()) == ("CS3", 170.0, 2)
    assert Asset.objects.get().open_defects == 1
    before = Event.objects.get(verb="defect.merged").before
    assert len(before["regions"]) == 1 and "measurements" not in before


def test_a_moved_region_begins_another_and_closes_what_is_left(visit, emil):
    analyse(make_photo(visit), regions=[make_region(100.0)])
    left, region = only(), Region.objects.get()

    begun = identify(sight=region, defect=None, actor=emil)

    left.refresh_from_db()
    assert (begun.kind, begun.extent_mm, left.state) == ("spalling", 100.0, "closed")
    assert not Alert.objects.filter(defect=left, resolved_at=None).exists()


def test_an_analysis_that_shows_it_no_more_closes_it(visit, laid_upon):
    photo = make_photo(visit)
    analyse(photo, regions=[make_region(100.0)])
    Photo.objects.filter(pk=photo.pk).update(state="failed")
    photo.refresh_from_db()
    retry_photo(photo=photo, actor=None)
    analyse(photo, match=laid_upon())

    defect, region = only(), Region.objects.get()
    assert (defect.state, defect.latest_region, region.is_current) == ("closed", None, False)
    assert Asset.objects.get().open_defects == 0


def test_measuring_again_carries_regions_over_with_new_millimetres(visit, alice):
    photo = make_photo(visit)
    analyse(photo, 0.4, regions=[make_region(), make_region(x=90)])
    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=alice)
    again = [make_region(100.0), make_region(200.0, x=90)]
    analysis = analyse(photo, 0.4, regions=again)

    assert list(analysis.regions.values_list("identity", "extent_mm", "severity")) == [
        ("carried", 100.0, "CS2"),
        ("carried", 200.0, "CS3"),
    ]
    assert Defect.objects.filter(kind="spalling", state="open").count() == 2
    first = Alert.objects.filter(rule="first_seen", defect__kind="spalling").order_by("pk")
    assert [alert.severity for alert in first] == ["CS2", "CS3"]


def test_measuring_again_must_not_lose_a_region(visit, alice):
    photo = make_photo(visit)
    analyse(photo, regions=[make_region()])
    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=alice)
    with pytest.raises(ValueError, match="each stored line and region"):
        analyse(photo)


def test_regions_count_where_a_match_is_overtaken(visit, laid_upon):
    early = laid_upon()
    analyse(make_photo(visit), regions=[make_region()], match=laid_upon())
    with pytest.raises(MatchOutdated):
        analyse(make_photo(visit), regions=[make_region()], match=early)
    assert Region.objects.count() == 1 and Measurement.objects.count() == 0


def test_known_views_carry_regions_where_they_are_asked_for(visit, django_assert_num_queries):
    analyse(make_photo(visit), regions=[make_region(100.0)], at=SPRING)
    photo = make_photo(visit)

    with django_assert_num_queries(4):
        known = known_views(photo)
    assert known.has_defects and [view.areas for view in known.views] == [()]
    with django_assert_num_queries(5):
        known = known_views(photo, with_areas=True)
    (area,) = known.views[0].areas
    assert (area.defect_id, area.kind, len(area.outline_px)) == (only().pk, "spalling", 4)
    assert ViewFeatures.objects.get().shows_lines


def test_an_unknown_kind_is_refused_before_anything_is_written(visit):
    with pytest.raises(ValueError, match="no kind of defect"):
        analyse(make_photo(visit), regions=[make_region(kind="graffiti")])
    assert not Region.objects.exists() and not Defect.objects.exists()
