"""Calibrated cameras that a visit may name: the files that ``calibrate-camera`` wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from portal.wording import plain_number

KIND = "hairline-camera-profile"


@dataclass(frozen=True, slots=True)
class NamedProfile:
    """A profile's name (its file without the ending) and the camera that it is of."""

    name: str
    camera: str


def camera_profiles() -> list[NamedProfile]:
    """Those in the folder of the settings, by name; what cannot be read is left out.

    The workers read the profiles themselves: where they keep them elsewhere, the list is empty.
    """
    found = []
    try:
        files = sorted(Path(settings.CAMERA_PROFILES).glob("*.json"))
    except OSError:
        return []
    for path in files:
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(held, dict) and held.get("kind") == KIND:
            found.append(NamedProfile(path.stem, _camera(held)))
    return found


def _camera(held: dict[str, object]) -> str:
    parts = [str(held[name]) for name in ("camera_model", "lens_model") if held.get(name)]
    focal_mm = held.get("focal_length_mm")
    if isinstance(focal_mm, int | float) and focal_mm:
        parts.append(f"{plain_number(focal_mm)} mm")
    return ", ".join(parts)
