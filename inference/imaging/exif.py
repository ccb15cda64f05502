"""Reads a photo's EXIF: when, where and with which camera. Pillow and the standard library only.

EXIF comes from anybody's camera and editor, so nothing in it is believed unread: every
value is either plausible or None, and what a person would want to know about a value that
was thrown away is a finding. Tags: CIPA DC-008 (Exif 3.0).
"""

from __future__ import annotations

import math
import re
import struct
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from PIL import ExifTags, Image

from inference.imaging import xmp
from inference.types import Finding

# What Pillow raises on files whose EXIF is cut off, loops or lies about its lengths.
BROKEN_EXIF = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    struct.error,
)

_EARLIEST_YEAR = 1990  # digital photographs begin here; earlier ones are clocks never set
_ALTITUDES_M = (-500.0, 9000.0)  # shore of the Dead Sea to the top of Everest, with room
_TEXT_LENGTH = 100
_RANGES_M = (0.05, 5000.0)  # what laser range finders of drones can say
# Two statements of one focal length may differ by rounding.
_FOCAL_LENGTH_ROUNDING = 0.02
_MM_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # FocalPlaneResolutionUnit

_Tags = dict[int, Any]


@dataclass(frozen=True, slots=True)
class PhotoMetadata:
    """The plausible part of a photo's EXIF; None = not there or not believable.

    Attributes:
        orientation: 1 to 8 as stored in the file; the decoded pixels are already upright.
        captured_local: local time of the camera, ISO 8601 without zone.
        captured_offset: that time's offset from UTC, such as ``+02:00``.
        gps_utc: time of the GPS fix, ISO 8601 with ``+00:00``.
        latitude, longitude: WGS84 degrees, south and west negative; both or neither.
        altitude_m: above sea level, metres.
        focal_length_mm: None where the photo names two that differ (a finding says so).
        focal_length_35mm: the focal length that gives the same view on 36 x 24 mm film, mm.
        pixel_pitch_mm: distance of the sensor's pixels, from FocalPlaneXResolution.
        digital_zoom: 1 = none.
        camera_size_px: (width, height) that the camera wrote, as stored; an edited picture has
            another.
        range_m: of a drone's laser range finder to what the middle of the picture shows, metres.
        findings: what was thrown away and why.
    """

    orientation: int = 1
    captured_local: str | None = None
    captured_offset: str | None = None
    gps_utc: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    lens_model: str | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None
    pixel_pitch_mm: float | None = None
    digital_zoom: float | None = None
    camera_size_px: tuple[int, int] | None = None
    range_m: float | None = None
    findings: tuple[Finding, ...] = ()


def read_metadata(image: Image.Image) -> PhotoMetadata:
    """Read the metadata of an opened picture; its pixels are not decoded. Never raises."""
    findings: list[Finding] = []
    base, photo, gps = _read_tags(image, findings)
    packet = xmp.packet_of(image.info)
    captured_local, offset = _capture_time(base, photo, findings)
    latitude, longitude = _position(gps, findings)
    return PhotoMetadata(
        orientation=_orientation(image, base),
        captured_local=captured_local,
        captured_offset=offset,
        gps_utc=_gps_time(gps),
        latitude=latitude,
        longitude=longitude,
        altitude_m=_altitude(gps) if latitude is not None else None,
        camera_make=_text(base.get(ExifTags.Base.Make)),
        camera_model=_text(base.get(ExifTags.Base.Model)),
        lens_model=_text(photo.get(ExifTags.Base.LensModel)),
        focal_length_mm=_focal_length(base, photo, packet, findings),
        focal_length_35mm=_positive(photo.get(ExifTags.Base.FocalLengthIn35mmFilm)),
        pixel_pitch_mm=_pixel_pitch(photo),
        digital_zoom=_positive(photo.get(ExifTags.Base.DigitalZoomRatio)),
        camera_size_px=_camera_size(photo),
        range_m=_range(packet),
        findings=tuple(findings),
    )


def _read_tags(image: Image.Image, findings: list[Finding]) -> tuple[_Tags, _Tags, _Tags]:
    """The main, the photo and the GPS directory, each empty where it cannot be read."""
    directories: list[_Tags] = [{}, {}, {}]
    damaged = False
    # Some damage raises, some only warns.
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exif = image.getexif()
            directories[0] = dict(exif)
            directories[1] = dict(exif.get_ifd(ExifTags.IFD.Exif))
            directories[2] = dict(exif.get_ifd(ExifTags.IFD.GPSInfo))
        except BROKEN_EXIF:
            damaged = True
    if damaged or caught:
        findings.append(Finding("exif_unreadable"))
    return directories[0], directories[1], directories[2]


def _focal_length(base: _Tags, photo: _Tags, packet: str, findings: list[Finding]) -> float | None:
    """The focal length where all who name one agree."""
    named = (
        photo.get(ExifTags.Base.FocalLength),
        base.get(ExifTags.Base.FocalLength),  # editors write it into the wrong directory
        xmp.number_of(packet, "exif:FocalLength"),
    )
    lengths = [length for value in named if (length := _positive(value)) is not None]
    if not lengths:
        return None
    if max(lengths) > min(lengths) * (1 + _FOCAL_LENGTH_ROUNDING):
        findings.append(_two_lengths(min(lengths), max(lengths)))
        return None
    limits = photo.get(ExifTags.Base.LensSpecification)
    parts = [_positive(part) for part in limits[:2]] if isinstance(limits, tuple | list) else []
    if len(parts) == 2 and parts[0] is not None and parts[1] is not None:
        shortest, longest = min(parts[0], parts[1]), max(parts[0], parts[1])
        rounding = 1 + _FOCAL_LENGTH_ROUNDING
        if not shortest / rounding <= lengths[0] <= longest * rounding:
            findings.append(
                Finding(
                    "focal_length_contradiction",
                    {
                        "case": "lens",
                        "focal_mm": lengths[0],
                        "shortest_mm": shortest,
                        "longest_mm": longest,
                    },
                )
            )
            return None
    return lengths[0]


def _two_lengths(one_mm: float, other_mm: float) -> Finding:
    return Finding(
        "focal_length_contradiction",
        {"case": "two_lengths", "one_mm": one_mm, "other_mm": other_mm},
    )


def _pixel_pitch(photo: _Tags) -> float | None:
    per_unit = _positive(photo.get(ExifTags.Base.FocalPlaneXResolution))
    unit = photo.get(ExifTags.Base.FocalPlaneResolutionUnit, 2)
    if per_unit is None or unit not in _MM_PER_UNIT:
        return None
    pitch_mm = _MM_PER_UNIT[unit] / per_unit
    # From the finest sensors of phones to the coarsest of early cameras.
    return pitch_mm if 0.0004 <= pitch_mm <= 0.05 else None


def _camera_size(photo: _Tags) -> tuple[int, int] | None:
    width = _positive(photo.get(ExifTags.Base.ExifImageWidth))
    height = _positive(photo.get(ExifTags.Base.ExifImageHeight))
    return None if width is None or height is None else (int(width), int(height))


def _range(packet: str) -> float | None:
    """Distance by the laser range finder of a DJI drone, where it had an echo."""
    status = xmp.property_of(packet, "drone-dji:LRFStatus")
    if status is not None and status.lower() != "normal":
        return None
    found = xmp.number_of(packet, "drone-dji:LRFTargetDistance")
    return found if found is not None and _RANGES_M[0] <= found <= _RANGES_M[1] else None


def _orientation(image: Image.Image, base: _Tags) -> int:
    # HEIC pixels arrive upright, and the opener keeps the stored value beside them.
    stored = image.info.get("original_orientation") or base.get(ExifTags.Base.Orientation)
    return stored if isinstance(stored, int) and 1 <= stored <= 8 else 1


def _capture_time(
    base: _Tags, photo: _Tags, findings: list[Finding]
) -> tuple[str | None, str | None]:
    """Local time and offset from the first of the three time stamps that says anything."""
    tags = ExifTags.Base
    stamps = (
        (photo.get(tags.DateTimeOriginal), photo.get(tags.OffsetTimeOriginal)),
        (photo.get(tags.DateTimeDigitized), photo.get(tags.OffsetTimeDigitized)),
        (base.get(tags.DateTime), photo.get(tags.OffsetTime)),
    )
    for stamp, offset in stamps:
        text = _text(stamp)
        if text is None or not re.search("[1-9]", text):
            continue  # "0000:00:00 00:00:00" and "    :  :  " mean unknown
        match = re.match(r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?", text)
        moment = _datetime(*(int(part or 0) for part in match.groups())) if match else None
        if moment is None or moment.year < _EARLIEST_YEAR:
            findings.append(Finding("capture_time_nonsense", {"stated_time": text}))
            continue
        return moment.isoformat(), _offset(offset)
    return None, None


def _datetime(*parts: int) -> datetime | None:
    try:
        return datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        return None


def _offset(value: Any) -> str | None:
    text = _text(value)
    if text in {"Z", "UTC"}:
        return "+00:00"
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text or "")
    if not match or int(match[3]) > 59 or int(match[2]) * 60 + int(match[3]) > 14 * 60:
        return None
    return f"{match[1]}{match[2]}:{match[3]}"


def _position(gps: _Tags, findings: list[Finding]) -> tuple[float | None, float | None]:
    """Latitude and longitude with the signs of their hemispheres, or neither."""
    tags = ExifTags.GPS
    if tags.GPSLatitude not in gps and tags.GPSLongitude not in gps:
        return None, None
    latitude = _degrees(gps.get(tags.GPSLatitude), gps.get(tags.GPSLatitudeRef), "NS", 90)
    longitude = _degrees(gps.get(tags.GPSLongitude), gps.get(tags.GPSLongitudeRef), "EW", 180)
    no_fix = _text(gps.get(tags.GPSStatus)) == "V"
    # 0, 0 lies in the Gulf of Guinea: what receivers write before they have a fix.
    if latitude is None or longitude is None or no_fix or latitude == longitude == 0:
        findings.append(Finding("gps_nonsense", {"case": "no_fix" if no_fix else "nowhere"}))
        return None, None
    return latitude, longitude


def _degrees(value: Any, hemisphere: Any, letters: str, limit: float) -> float | None:
    """Degrees, minutes and seconds as signed degrees; ``letters`` are the + and - hemisphere."""
    letter = (_text(hemisphere) or "?")[0].upper()
    parts = [_number(part) for part in (value if isinstance(value, tuple | list) else [value])]
    if letter not in letters or not 1 <= len(parts) <= 3:
        return None
    numbers = [part for part in parts if part is not None and part >= 0]
    if len(numbers) < len(parts) or any(part > 60 for part in numbers[1:]):
        return None
    degrees = sum(part / 60**place for place, part in enumerate(numbers))
    if degrees > limit:
        return None
    return degrees if letter == letters[0] else -degrees


def _altitude(gps: _Tags) -> float | None:
    altitude_m = _number(gps.get(ExifTags.GPS.GPSAltitude))
    if altitude_m is None:
        return None
    reference = gps.get(ExifTags.GPS.GPSAltitudeRef)
    if isinstance(reference, bytes):
        reference = reference[0] if reference else 0
    if reference in (1, 3):  # below sea level, below the ellipsoid
        altitude_m = -abs(altitude_m)
    return altitude_m if _ALTITUDES_M[0] <= altitude_m <= _ALTITUDES_M[1] else None


def _gps_time(gps: _Tags) -> str | None:
    date = re.match(
        r"(\d{4})[:\-](\d\d)[:\-](\d\d)", _text(gps.get(ExifTags.GPS.GPSDateStamp)) or ""
    )
    clock = gps.get(ExifTags.GPS.GPSTimeStamp)
    if not date or not isinstance(clock, tuple | list) or len(clock) != 3:
        return None
    numbers = [_number(part) for part in clock]
    day = _datetime(*(int(part) for part in date.groups()))
    if day is None or day.year < _EARLIEST_YEAR:
        return None
    hours, minutes, seconds = (-1.0 if part is None else part for part in numbers)
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    moment = day + timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return moment.isoformat(timespec="seconds") + "+00:00"


def _number(value: Any) -> float | None:
    """A finite float; rationals over 0 are none."""
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def _positive(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and number > 0 else None


def _text(value: Any) -> str | None:
    """Printable text without padding; databases refuse the NUL bytes that cameras pad with."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    printable = "".join(c for c in value.split("\0")[0] if c.isprintable())
    return printable.strip()[:_TEXT_LENGTH] or None
