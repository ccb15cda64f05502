"""The time at which a photo was taken, in UTC, from what the camera wrote; and its source."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from assets.models import CapturedAtSource
from assets.services.records import PhotoFacts

# A camera clock may run fast; a picture from the day after tomorrow has no usable clock at all.
CLOCK_TOLERANCE = dt.timedelta(hours=26)
# Digital cameras with EXIF begin in 1995; an unset clock says 1970 or 1980.
FIRST_BELIEVABLE = dt.datetime(1995, 1, 1, tzinfo=dt.UTC)


def capture_time(
    *, facts: PhotoFacts, time_zone: str, received_at: dt.datetime
) -> tuple[dt.datetime, str]:
    """The moment of capture (UTC) and where it comes from.

    Best first: the camera's clock with its offset, the time of the GPS fix, the camera's clock in
    the asset's time zone, the time of upload. What cannot be read, or lies before 1995 or after
    the upload, is passed over.
    """
    local = _parse(facts.captured_local)
    candidates: list[tuple[dt.datetime | None, str]] = [
        (_with_offset(local, facts.captured_offset), str(CapturedAtSource.OFFSET)),
        (_utc(_parse(facts.gps_utc)), str(CapturedAtSource.GPS)),
        (_in_zone(local, time_zone), str(CapturedAtSource.ASSET_ZONE)),
    ]
    for moment, source in candidates:
        if moment and FIRST_BELIEVABLE <= moment <= received_at + CLOCK_TOLERANCE:
            return moment, source
    return received_at, str(CapturedAtSource.UPLOAD)


def _parse(text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _with_offset(local: dt.datetime | None, offset: str | None) -> dt.datetime | None:
    if local is None:
        return None
    if local.tzinfo is not None:
        return local.astimezone(dt.UTC)
    if not offset:
        return None
    moment = _parse(f"{local.isoformat()}{offset.strip()}")
    return moment.astimezone(dt.UTC) if moment and moment.tzinfo else None


def _in_zone(local: dt.datetime | None, time_zone: str) -> dt.datetime | None:
    if local is None or local.tzinfo is not None:
        return None
    return local.replace(tzinfo=ZoneInfo(time_zone)).astimezone(dt.UTC)
