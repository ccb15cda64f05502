"""Writes a rendering as a camera would: JPEG with EXIF, and the truth beside it.

The picture is the last of the files to appear, complete: whoever waits for it may read all.
"""

from __future__ import annotations

import datetime
import io
import json
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from inference.render.camera import FOCAL_LENGTH_PER_WIDTH
from inference.render.specs import RenderedPhoto, check
from inference.types import RgbImage

RENDERER = "Hairline Renderer"
DESCRIPTION = "Rendered picture of concrete, not a photograph"
# EXIF 2.32 tag numbers (CIPA DC-008).
IMAGE_DESCRIPTION, MAKE, MODEL, ORIENTATION, SOFTWARE, DATE_TIME = 270, 271, 272, 274, 305, 306
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
DATE_TIME_ORIGINAL, OFFSET_TIME, OFFSET_TIME_ORIGINAL = 0x9003, 0x9010, 0x9011
FOCAL_LENGTH, FOCAL_LENGTH_35MM, LENS_MODEL = 0x920A, 0xA405, 0xA434


@dataclass(frozen=True, slots=True)
class CaptureData:
    """The capture data that a camera writes into EXIF.

    Attributes:
        captured_local: local date and time, ``2025-03-14T10:20:30``; None = none written.
        offset: of that from UTC, ``+01:00``; None = none written.
        latitude, longitude: WGS84 degrees, north and east positive; both or neither.
        altitude_m: metres above sea level.
        camera: the model's name.
    """

    captured_local: str | None = None
    offset: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    camera: str = RENDERER

    def __post_init__(self) -> None:
        if self.captured_local is not None:
            check(
                _is_local_time(self.captured_local),
                "captured_local is a local date and time such as 2025-03-14T10:20:30 without a "
                f"zone, not {self.captured_local!r}.",
            )
        if self.offset is not None:
            check(_is_offset(self.offset), f"offset is such as +01:00, not {self.offset!r}.")
        check(
            (self.latitude is None) == (self.longitude is None),
            "latitude and longitude are given together or not at all.",
        )
        if self.latitude is not None and self.longitude is not None:
            check(
                abs(self.latitude) <= 90 and abs(self.longitude) <= 180,
                f"latitude is within 90 and longitude within 180 degrees, not "
                f"{self.latitude!r}, {self.longitude!r}.",
            )


def jpeg_bytes(pixels: RgbImage, quality: int, capture: CaptureData | None = None) -> bytes:
    """Encode a picture (H, W, 3) with its EXIF."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(
        stream, "JPEG", quality=quality, exif=exif_of(capture or CaptureData())
    )
    return stream.getvalue()


def exif_of(capture: CaptureData) -> Image.Exif:
    """The EXIF block that says all of ``capture``."""
    exif = Image.Exif()
    exif[IMAGE_DESCRIPTION], exif[SOFTWARE] = DESCRIPTION, RENDERER
    exif[MAKE], exif[MODEL], exif[ORIENTATION] = RENDERER, capture.camera, 1
    focal_35mm = round(36 * FOCAL_LENGTH_PER_WIDTH)  # 35 mm film is 36 mm wide
    details = exif.get_ifd(EXIF_IFD)
    details.update(
        {LENS_MODEL: RENDERER, FOCAL_LENGTH_35MM: focal_35mm, FOCAL_LENGTH: IFDRational(focal_35mm)}
    )
    if capture.captured_local is not None:
        moment = datetime.datetime.fromisoformat(capture.captured_local)
        written = moment.strftime("%Y:%m:%d %H:%M:%S")
        exif[DATE_TIME] = written
        details[DATE_TIME_ORIGINAL] = written
    if capture.offset is not None:
        details[OFFSET_TIME] = details[OFFSET_TIME_ORIGINAL] = capture.offset
    if capture.latitude is not None and capture.longitude is not None:
        gps = exif.get_ifd(GPS_IFD)
        gps[0] = b"\x02\x03\x00\x00"
        gps[1], gps[2] = "N" if capture.latitude >= 0 else "S", _sexagesimal(capture.latitude)
        gps[3], gps[4] = "E" if capture.longitude >= 0 else "W", _sexagesimal(capture.longitude)
        if capture.altitude_m is not None:
            gps[5] = b"\x00" if capture.altitude_m >= 0 else b"\x01"
            gps[6] = IFDRational(round(abs(capture.altitude_m) * 100), 100)
    return exif


def write_photo(
    photo: RenderedPhoto,
    path: Path,
    *,
    quality: int = 92,
    capture: CaptureData | None = None,
    with_truth: bool = True,
    about: dict[str, Any] | None = None,
) -> None:
    """Write ``path`` and, beside it, ``<stem>.mask.png`` and ``<stem>.json`` (the truth).

    Args:
        about: more to keep in the truth file, such as the scene's description.

    Raises:
        OSError: the folder cannot be written.
    """
    if with_truth:
        _, mask = cv2.imencode(".png", photo.mask)
        _replace(path.with_name(f"{path.stem}.mask.png"), mask.tobytes())
        truth = json.dumps(truth_of(photo, path.name) | (about or {}), separators=(",", ":"))
        _replace(path.with_suffix(".json"), truth.encode())
    _replace(path, jpeg_bytes(photo.pixels, quality, capture))


def truth_of(photo: RenderedPhoto, file_name: str) -> dict[str, Any]:
    """The truth about a picture as plain data."""
    height, width = photo.mask.shape
    return {
        "file": file_name,
        "image_size_px": [width, height],
        "gsd_mm_per_px": photo.gsd_mm_per_px,
        "total_length_mm": round(photo.total_length_mm, 3),
        "cracks": [
            {
                "name": crack.name,
                "width_mm_p95": round(crack.width_mm_p95, 4),
                "length_mm": round(crack.length_mm, 3),
                "length_px": round(crack.length_px, 3),
                "centreline_px": [[round(float(x), 2), round(float(y), 2)]
                                  for x, y in crack.centreline_px],
                "width_mm_along": [round(w, 4) for w in crack.width_mm_along],
            }
            for crack in photo.cracks
        ],
    }  # fmt: skip


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _sexagesimal(degrees: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes and seconds to a ten-thousandth of a second (3 mm on the ground)."""
    units = round(Fraction(abs(degrees)) * 3600 * 10_000)
    whole, rest = divmod(units, 3600 * 10_000)
    minutes, seconds = divmod(rest, 60 * 10_000)
    return IFDRational(whole), IFDRational(minutes), IFDRational(seconds, 10_000)


def _is_local_time(text: str) -> bool:
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is None and len(text) >= 16
    except ValueError:
        return False


def _is_offset(text: str) -> bool:
    try:
        datetime.datetime.strptime(text, "%z")
    except ValueError:
        return False
    return len(text) == 6
