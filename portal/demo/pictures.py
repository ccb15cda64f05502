"""The demo's plan for the renderer: which face, when, and how far its cracks have grown.

Every width is known. Dates count backwards from the day the demo was made, so that the history
always ends a few days ago.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from assets.models import InspectionKind
from portal.demo.portfolio import STRUCTURES, Structure

PX = (1440, 1080)  # 1.6 megapixels
WALK, DRONE, ROPE = InspectionKind("walk"), InspectionKind("drone"), InspectionKind("rope")
# Days before the demo's first day of the regular visits.
TWICE_A_YEAR = (724, 541, 360, 178, 6)
YEARLY = (716, 352, 11)


@dataclass(frozen=True, slots=True)
class Growing:
    """One crack over the visits of its face.

    Attributes:
        at: where it began, as shares of the face's width and height.
        length_mm: at the first and at the last visit.
        widths_mm: at each visit; 0 = not there yet.
    """

    seed: int
    at: tuple[float, float]
    heading_deg: float
    length_mm: tuple[float, float]
    widths_mm: tuple[float, ...]
    branches: int = 0


@dataclass(frozen=True, slots=True)
class Face:
    """A piece of concrete that is photographed again and again from about the same place.

    Attributes:
        days_ago: of each visit.
        scale_known: whether whoever took the pictures knew the millimetres per pixel.
        moved_at: the visit whose picture shows another piece of the same element instead.
        dark_at: the visit whose picture failed.
        card_at: where a marker card was taped up at the last visit, as shares of the face's width
            and height: that picture carries its scale itself.
    """

    code: str
    element: str
    preset: str
    seed: int
    gsd_mm_per_px: float
    days_ago: tuple[int, ...]
    cracks: tuple[Growing, ...] = ()
    kind: InspectionKind = WALK
    scale_known: bool = True
    moved_at: int | None = None
    dark_at: int | None = None
    card_at: tuple[float, float] | None = None


FACES: tuple[Face, ...] = (
    Face("BR-0417", "Pier 2 east face", "bridge_pier", 21, 0.25, TWICE_A_YEAR, (
        Growing(211, (0.36, 0.22), 82, (120, 205), (0.35, 0.44, 0.58, 0.76, 0.98)),
        Growing(212, (0.74, 0.62), 64, (85, 110), (0.0, 0.25, 0.27, 0.30, 0.34)),
    ), card_at=(0.05, 0.66)),
    Face("BR-0417", "Deck", "bridge_deck", 22, 0.4, YEARLY[1:]),
    Face("DM-0031", "Monolith 7, downstream face", "dam", 31, 0.45, TWICE_A_YEAR, (
        Growing(311, (0.48, 0.16), 97, (260, 400), (0.68, 0.86, 1.08, 1.34, 1.62), branches=1),
    ), kind=ROPE),
    Face("DM-0031", "Gallery, level 2", "tunnel", 32, 0.35, YEARLY[1:], (
        Growing(321, (0.3, 0.55), 15, (190, 200), (0.55, 0.57)),
    )),
    Face("TN-0104", "Lining, km 1.240", "tunnel", 41, 0.35, TWICE_A_YEAR[1:], (
        Growing(411, (0.25, 0.3), 40, (200, 225), (0.50, 0.54, 0.60, 0.66)),
        Growing(412, (0.72, 0.35), 102, (150, 155), (1.32, 1.34, 1.37, 1.39)),
    )),
    Face("BR-0733", "Deck soffit, span 3", "bridge_soffit", 51, 0.2, TWICE_A_YEAR[1:], (
        Growing(511, (0.42, 0.34), 28, (110, 130), (0.24, 0.25, 0.26, 0.28)),
    )),
    Face("BD-0205", "Column C4, level 1", "exposed_concrete", 61, 0.25, YEARLY, (
        Growing(611, (0.55, 0.25), 88, (150, 160), (0.40, 0.41, 0.42)),
    ), card_at=(0.12, 0.3)),
    Face("BR-0801", "Abutment east", "abutment", 71, 0.4, YEARLY, (
        Growing(711, (0.4, 0.3), 75, (210, 300), (0.75, 1.0, 1.4)),
    ), scale_known=False),
    Face("DM-0055", "Spillway pier 2", "spillway", 81, 0.4, TWICE_A_YEAR[2:], (
        Growing(811, (0.5, 0.3), 70, (210, 240), (0.80, 0.88, 0.95)),
    ), moved_at=2),
    Face("DM-0055", "Downstream face, block 5", "dam", 82, 0.45, YEARLY[1:], kind=DRONE),
    Face("RW-0402", "Panel 6", "retaining_wall", 91, 0.4, YEARLY[1:]),
    Face("RW-0402", "Panel 11", "retaining_wall", 92, 0.4, YEARLY[1:], (
        Growing(921, (0.6, 0.3), 110, (180, 200), (0.70, 0.74)),
    )),
    Face("BR-0522", "Arch springing south", "bridge_pier", 101, 0.3, (529, 164), (
        Growing(1011, (0.3, 0.4), 30, (150, 165), (0.46, 0.52)),
    ), kind=ROPE),
    Face("BR-0522", "Deck soffit", "bridge_soffit", 102, 0.25, (529, 164)),
    Face("BR-0610", "Pier 3 north face", "bridge_pier", 111, 0.4, (602, 231), (
        Growing(1111, (0.5, 0.2), 85, (220, 290), (1.05, 1.48)),
    )),
    Face("BR-0610", "Box girder web", "facade", 112, 0.25, (231,)),
    Face("DM-0042", "Crest", "bridge_deck", 121, 0.4, (488, 120), (
        Growing(1211, (0.35, 0.45), 12, (230, 240), (0.66, 0.70)),
    ), kind=DRONE),
    Face("DM-0042", "Spillway chute", "spillway", 122, 0.45, (120,), dark_at=0, kind=DRONE),
    Face("DM-0063", "Training wall", "abutment", 131, 0.4, (655, 291), (
        Growing(1311, (0.62, 0.28), 98, (190, 215), (0.60, 0.69)),
    )),
    Face("DM-0063", "Intake tower", "dam", 132, 0.45, (291,), kind=DRONE),
    Face("TN-0112", "Lining, block 118", "tunnel", 141, 0.3, (420, 55), (
        Growing(1411, (0.4, 0.5), 55, (140, 150), (0.38, 0.40)),
    )),
    Face("TN-0120", "Lining, km 0.480", "tunnel", 151, 0.3, (380, 33)),
    Face("BD-0211", "Facade west", "facade", 161, 0.25, (445, 77), (
        Growing(1611, (0.45, 0.3), 80, (120, 130), (0.32, 0.35)),
    ), scale_known=False),
    Face("CV-0303", "Barrel, left wall", "retaining_wall", 171, 0.35, (310, 24), (
        Growing(1711, (0.3, 0.6), 5, (200, 240), (0.85, 1.02)),
    )),
    Face("BR-0733", "Column 4", "bridge_pier", 52, 0.3, (178,)),
    Face("BD-0205", "Slab, level 2", "bridge_soffit", 62, 0.25, (11,), (
        Growing(621, (0.3, 0.5), 20, (130, 130), (0.5,)),
    )),
    Face("TN-0104", "Portal north", "abutment", 42, 0.4, (178,)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlannedPhoto:
    """One picture to render and to send.

    Attributes:
        render: its entry in the renderer's plan (see ``inference/render/plan.py``).
        gsd_mm_per_px: what is told with the upload; None = the scale is not known.
    """

    name: str
    code: str
    element: str
    kind: InspectionKind
    held_on: dt.date
    captured_local: dt.datetime
    gsd_mm_per_px: float | None
    render: dict[str, Any]


def plan_photos(today: dt.date) -> list[PlannedPhoto]:
    """All pictures of the demo, in the order in which they were taken."""
    photos = [
        _photo(face, number, visit, today)
        for number, face in enumerate(FACES)
        for visit in range(len(face.days_ago))
    ]
    return sorted(photos, key=lambda photo: (photo.captured_local, photo.name))


def _photo(face: Face, number: int, visit: int, today: dt.date) -> PlannedPhoto:
    structure = next(one for one in STRUCTURES if one.code == face.code)
    chance = random.Random(face.seed * 100 + visit)  # noqa: S311  a picture, not a secret
    held_on = today - dt.timedelta(days=face.days_ago[visit])
    taken = dt.datetime.combine(held_on, dt.time(9, 20)) + dt.timedelta(minutes=7 * number)
    offset = taken.replace(tzinfo=ZoneInfo(structure.time_zone)).strftime("%z")
    name = f"{face.code}_{_plain(face.element)}_{held_on.isoformat()}.jpg"
    moved = visit == face.moved_at
    view = _view(chance, dark=visit == face.dark_at)
    scale = round(face.gsd_mm_per_px / view["zoom"], 4)
    carded = face.card_at is not None and visit == len(face.days_ago) - 1
    return PlannedPhoto(
        name=name,
        code=face.code,
        element=face.element,
        kind=face.kind,
        held_on=held_on,
        captured_local=taken,
        gsd_mm_per_px=scale if face.scale_known and not carded else None,
        render={
            "file": name,
            "scene": {
                "width_px": PX[0],
                "height_px": PX[1],
                "gsd_mm_per_px": face.gsd_mm_per_px,
                "surface": {"preset": face.preset, "seed": face.seed + (5000 if moved else 0)},
                "cards": [_card(face, structure, chance)] if carded else [],
            },
            "cracks": [
                crack
                for growing in face.cracks
                if (crack := _crack(growing, visit, face, moved)) is not None
            ],
            "view": view,
            "exif": {
                "captured_local": taken.isoformat(timespec="seconds"),
                "offset": f"{offset[:3]}:{offset[3:]}",
                "latitude": round(structure.latitude + chance.uniform(-1e-4, 1e-4), 6),
                "longitude": round(structure.longitude + chance.uniform(-1e-4, 1e-4), 6),
            },
        },
    )


def _card(face: Face, structure: Structure, chance: random.Random) -> dict[str, Any]:
    """A card of the structure, taped up not quite straight."""
    assert face.card_at is not None
    at_mm = [
        round(share * pixels * face.gsd_mm_per_px, 1)
        for share, pixels in zip(face.card_at, PX, strict=True)
    ]
    printed = {"asset": structure.code, "element": face.element, "url": "https://demo.example/send"}
    return {"at_mm": at_mm, "turn_deg": round(chance.gauss(0, 3), 2), **printed}


def _crack(growing: Growing, visit: int, face: Face, moved: bool) -> dict[str, Any] | None:
    width_mm = growing.widths_mm[visit]
    if width_mm <= 0:
        return None
    grown = visit / max(1, len(growing.widths_mm) - 1)
    first, last = growing.length_mm
    return {
        "seed": growing.seed + (5000 if moved else 0),
        "start_mm": [
            round(share * pixels * face.gsd_mm_per_px, 1)
            for share, pixels in zip(growing.at, PX, strict=True)
        ],
        "heading_deg": growing.heading_deg,
        "length_mm": round(first + (last - first) * grown, 1),
        "width_mm": width_mm,
        "forward_share": 0.75,
        "edge_damage": 0.15,
        "branches": growing.branches,
    }


def _view(chance: random.Random, *, dark: bool) -> dict[str, Any]:
    """Somebody who tries to stand where the last one stood, on another day."""
    view = {
        "seed": chance.randrange(2**31),
        "shift_mm": [round(chance.gauss(0, 4), 2), round(chance.gauss(0, 4), 2)],
        "rotation_deg": round(chance.gauss(0, 0.7), 3),
        "zoom": round(1 + chance.uniform(-0.02, 0.03), 4),
        "tilt_x_deg": round(chance.gauss(0, 0.8), 3),
        "tilt_y_deg": round(chance.gauss(0, 0.8), 3),
        "light_azimuth_deg": round(chance.uniform(60, 140), 1),
        "light_gradient": round(chance.uniform(0.05, 0.3), 3),
        "exposure": round(chance.uniform(0.9, 1.1), 3),
        "blur_sigma_px": round(chance.uniform(0.6, 0.9), 3),
        "noise": round(chance.uniform(1.2, 2.4), 2),
    }
    return view | {"exposure": 0.02, "noise": 4.0} if dark else view


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
