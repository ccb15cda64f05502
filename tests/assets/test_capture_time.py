"""The capture time of a photo, from the best source that can be believed."""

from __future__ import annotations

import datetime as dt

import pytest

from assets.models import Photo
from assets.services.analysis import record_analysis
from assets.services.capture_time import capture_time
from assets.services.records import PhotoFacts
from tests.factories import (
    analyse,
    facts_at,
    hold,
    make_asset,
    make_inspection,
    make_photo,
    make_record,
)

UPLOAD = dt.datetime(2025, 6, 1, 12, tzinfo=dt.UTC)
NOON = "2025-05-20T12:00:00"
AHEAD = "2031-05-20T12:00:00"


@pytest.mark.parametrize(
    ("local", "offset", "gps", "zone", "expected", "source"),
    [
        (NOON, "+02:00", None, "UTC", "2025-05-20T10:00:00", "offset"),
        (NOON, "-07:00", None, "UTC", "2025-05-20T19:00:00", "offset"),
        (NOON, "Z", None, "Europe/Berlin", "2025-05-20T12:00:00", "offset"),
        (NOON, "+02:00", "2025-05-20T10:00:03", "UTC", "2025-05-20T10:00:00", "offset"),
        (NOON, None, "2025-05-20T10:00:03", "UTC", "2025-05-20T10:00:03", "gps"),
        (NOON, None, "2025-05-20T10:00:03Z", "UTC", "2025-05-20T10:00:03", "gps"),
        (NOON, "rubbish", "2025-05-20T10:00:03+00:00", "UTC", "2025-05-20T10:00:03", "gps"),
        (NOON, None, None, "Europe/Berlin", "2025-05-20T10:00:00", "asset_zone"),
        ("2025-01-20T12:00:00", None, None, "Europe/Berlin", "2025-01-20T11:00:00", "asset_zone"),
        (NOON, None, None, "Pacific/Auckland", "2025-05-20T00:00:00", "asset_zone"),
        ("2025-05-20T12:00:00.250", None, None, "UTC", "2025-05-20T12:00:00.250", "asset_zone"),
        # Not believable: unset clocks, nonsense, a day after the upload.
        (None, None, None, "UTC", None, "upload"),
        ("0000:00:00 00:00:00", None, None, "UTC", None, "upload"),
        ("1980-01-01T00:00:00", None, None, "UTC", None, "upload"),
        (AHEAD, "+00:00", None, "UTC", None, "upload"),
        (AHEAD, "+00:00", "2025-05-20T10:00:00", "UTC", "2025-05-20T10:00:00", "gps"),
        ("", "+02:00", "", "UTC", None, "upload"),
    ],
)  # fmt: skip
def test_sources(local, offset, gps, zone, expected, source):
    facts = PhotoFacts(captured_local=local, captured_offset=offset, gps_utc=gps)

    moment, found = capture_time(facts=facts, time_zone=zone, received_at=UPLOAD)

    assert found == source
    assert moment == (dt.datetime.fromisoformat(f"{expected}+00:00") if expected else UPLOAD)
    assert moment.utcoffset() == dt.timedelta(0)


@pytest.mark.django_db
def test_the_assets_zone_holds_for_a_clock_without_one(organisation):
    dam = make_asset(organisation, time_zone="America/Denver")
    photo = make_photo(make_inspection(dam))

    record_analysis(
        claim=hold(photo),
        result=make_record(),
        facts=PhotoFacts(
            captured_local=NOON,
            latitude=-33.9,
            longitude=151.2,
            altitude_m=12.5,
            camera_make="Maker\x00\x00",
            camera_model="M" * 200,
            lens_model=None,
            focal_length_mm=4.2,
            findings=[{"code": "gps_odd", "sentence": "s", "remedy": "r"}],
            thumbnail="thumbnails/a.webp",
            tiles_folder="tiles/a",
            tiles_max_zoom=3,
        ),
    )

    row = Photo.objects.get()
    assert row.captured_at == dt.datetime(2025, 5, 20, 18, tzinfo=dt.UTC)
    assert (row.captured_local, row.captured_at_source) == (NOON, "asset_zone")
    assert (row.latitude, row.longitude, row.position_source) == (-33.9, 151.2, "photo")
    assert (row.camera_make, row.camera_model, row.lens_model) == ("Maker", "M" * 80, "")
    assert row.findings[0]["code"] == "gps_odd" and row.tiles_max_zoom == 3
    dam.refresh_from_db()
    assert dam.last_seen_at == row.captured_at


@pytest.mark.django_db
def test_without_facts_the_time_of_upload_stays(visit):
    photo = make_photo(visit)

    analyse(photo, 0.2)

    row = Photo.objects.get()
    assert (row.captured_at, row.captured_at_source) == (photo.captured_at, "upload")
    assert facts_at().captured_local is None
