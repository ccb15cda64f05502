"""Copies what decoding found about a photo into its row."""

from __future__ import annotations

from assets.models import Asset, Photo
from assets.services.capture_time import capture_time
from assets.services.records import PhotoFacts

# The columns that :func:`write_facts` sets.
FACTS = (
    "width_px",
    "height_px",
    "captured_local",
    "captured_at",
    "captured_at_source",
    "latitude",
    "longitude",
    "altitude_m",
    "focal_length_mm",
    "camera_make",
    "camera_model",
    "lens_model",
    "findings",
    "thumbnail",
    "tiles_folder",
    "tiles_max_zoom",
)


def write_facts(photo: Photo, facts: PhotoFacts, asset: Asset) -> None:
    """Takes over what decoding told about the photo; the caller saves :data:`FACTS`."""
    photo.width_px, photo.height_px = facts.width_px, facts.height_px
    photo.captured_local = _text(facts.captured_local, 32)
    photo.captured_at, photo.captured_at_source = capture_time(
        facts=facts, time_zone=asset.time_zone, received_at=photo.received_at
    )
    photo.latitude, photo.longitude = facts.latitude, facts.longitude
    photo.altitude_m, photo.focal_length_mm = facts.altitude_m, facts.focal_length_mm
    photo.camera_make = _text(facts.camera_make, 80)
    photo.camera_model = _text(facts.camera_model, 80)
    photo.lens_model = _text(facts.lens_model, 120)
    photo.findings = [dict(finding) for finding in facts.findings]
    photo.thumbnail, photo.tiles_folder = facts.thumbnail, facts.tiles_folder
    photo.tiles_max_zoom = facts.tiles_max_zoom


def _text(value: str | None, limit: int) -> str:
    # Cameras pad their names with NUL, which PostgreSQL refuses in text.
    return (value or "").replace("\x00", "").strip()[:limit]
