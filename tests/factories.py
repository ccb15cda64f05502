"""Rows and values for tests, as plain functions: every argument has a plausible default."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from assets.cells import cell_of
from assets.models import (
    Asset,
    Element,
    Inspection,
    Membership,
    Organisation,
    Photo,
    Priority,
    User,
)
from assets.services.analysis import record_analysis
from assets.services.intake import store_photo
from assets.services.queue import PhotoClaim, take_photo
from assets.services.records import (
    AnalysisRecord,
    MatchProposal,
    MeasuredCrack,
    MeasuredRegion,
    PhotoFacts,
    Widths,
)

_counter = itertools.count(1)


def make_organisation(name: str = "") -> Organisation:
    n = next(_counter)
    return Organisation.objects.create(name=name or f"Owner {n}", slug=f"owner-{n}")


def make_user(email: str = "", *, name: str = "", password: str | None = "letmein") -> User:
    return User.objects.create_user(
        email or f"person{next(_counter)}@example.org", password, name=name
    )


def make_member(organisation: Organisation, role: str, email: str = "", name: str = "") -> User:
    user = make_user(email, name=name)
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


def make_asset(organisation: Organisation, **fields: Any) -> Asset:
    """An asset with its whole-structure element, in Cologne unless told otherwise."""
    n = next(_counter)
    values: dict[str, Any] = {
        "code": f"BR-{n:05d}",
        "name": f"Bridge {n}",
        "kind": "bridge",
        "latitude": 50.94,
        "longitude": 6.96,
        "time_zone": "Europe/Berlin",
        **fields,
    }
    values.setdefault("map_cell", cell_of(values["latitude"], values["longitude"]))
    asset = Asset.objects.create(organisation=organisation, **values)
    Element.objects.create(asset=asset, name="Whole structure", is_whole=True)
    return asset


def make_element(asset: Asset, name: str = "Pier 2, east face") -> Element:
    return Element.objects.create(asset=asset, name=name)


def make_inspection(asset: Asset, **fields: Any) -> Inspection:
    values: dict[str, Any] = {"kind": "walk", "held_on": dt.date(2025, 5, 20), **fields}
    return Inspection.objects.create(asset=asset, **values)


def picture_bytes(
    *, size: tuple[int, int] = (160, 140), seed: int = 0, kind: str = "JPEG", **options: Any
) -> bytes:
    """A small picture of its own: another seed, other bytes."""
    image = Image.effect_noise(size, 12 + seed % 50).convert("RGB")
    image.putpixel((0, 0), (seed % 256, seed // 256 % 256, 7))
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def upload(data: bytes | None = None, *, name: str = "IMG_0001.JPG") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes() if data is None else data)


def make_photo(
    inspection: Inspection,
    *,
    by: User | None = None,
    data: bytes | None = None,
    element: Element | None = None,
    gsd_mm_per_px: float | None = None,
    priority: int = Priority.PERSON,
) -> Photo:
    """A photo taken in by the real service, with content of its own."""
    content = picture_bytes(seed=next(_counter)) if data is None else data
    stored = store_photo(
        inspection=inspection,
        file=upload(content),
        uploaded_by=by,
        original_name="IMG_0001.JPG",
        gsd_mm_per_px=gsd_mm_per_px,
        element=element,
        priority=priority,
    )
    return stored.photo


def make_crack_line(
    width_mm: float | None = None, *, width_px: float = 4.0, y: float = 50.0
) -> MeasuredCrack:
    """One measured line across the picture; ``width_mm`` None: no scale."""
    in_mm = None if width_mm is None else Widths(width_mm * 0.8, width_mm, width_mm * 1.2, 0.02)
    why = {"code": "no_scale", "values": {}}
    return MeasuredCrack(
        centreline_px=[[10.0, y], [60.0, y + 4.0], [120.0, y + 2.0]],
        length_px=111.0,
        length_mm=None if width_mm is None else 55.5,
        width_px=Widths(width_px * 0.8, width_px, width_px * 1.2, 0.3),
        width_mm=in_mm,
        profile={"position_px": [0.0, 20.0], "width_px": [width_px, None], "u_px": [0.3, None]},
        orientation_deg=177.5,
        confidence=0.9,
        not_measurable=why if width_mm is None else None,
    )


def make_region(
    extent_mm: float | None = None,
    *,
    kind: str = "spalling",
    side_px: float = 40.0,
    x: float = 20.0,
) -> MeasuredRegion:
    """One square region; ``extent_mm`` None: no scale."""
    right, low = x + side_px, 20.0 + side_px
    area_mm2 = None if extent_mm is None else extent_mm**2 / 2
    return MeasuredRegion(
        kind=kind,
        outline_px=[[x, 20.0], [right, 20.0], [right, low], [x, low]],
        area_px=side_px**2,
        confidence=0.8,
        area_mm2=area_mm2,
        area_mm2_u=None if area_mm2 is None else 0.04 * area_mm2,
        extent_mm=extent_mm,
        extent_mm_u=None if extent_mm is None else 0.02 * extent_mm,
    )


def make_record(*widths_mm: float | None, **fields: Any) -> AnalysisRecord:
    """A result with one line for each width given (None: a line without a width in mm)."""
    values: dict[str, Any] = {
        "model_name": "trace-edge",
        "model_sha256": "0" * 64,
        "model_runtime": "onnx-cpu",
        "model_terms": "For tests.",
        "threshold": 0.5,
        "image_width_px": 160,
        "image_height_px": 140,
        "gsd_mm_per_px": 0.5 if any(w is not None for w in widths_mm) else None,
        "gsd_u_relative": 0.02,
        "gsd_source": "",
        "quality": {"fit_to_detect": True, "fit_to_measure": True, "reasons": [], "metrics": {}},
        "crack_density": 0.0,
        "crack_density_unit": "px/Mpx",
        "features": b"features",
        "key_points": 500,
        "cracks": [make_crack_line(w, y=20.0 + 20 * i) for i, w in enumerate(widths_mm)],
        **fields,
    }
    return AnalysisRecord(**values)


def facts_at(captured_local: str = "", offset: str = "+00:00", **fields: Any) -> PhotoFacts:
    """Facts of a photo taken at ``captured_local`` (UTC unless told otherwise)."""
    return PhotoFacts(
        width_px=160,
        height_px=140,
        captured_local=captured_local or None,
        captured_offset=offset if captured_local else None,
        **fields,
    )


def match_now(visit: Inspection, *, registered: bool = True, **fields: Any) -> MatchProposal:
    """A match against all that is known at this time of the part that the visit is of."""
    element = visit.element or visit.asset.elements.get(is_whole=True)
    element.refresh_from_db(fields=["views_version"])
    return MatchProposal(basis=element.views_version, registered=registered, **fields)


def hold(photo: Photo) -> PhotoClaim:
    """The claim on exactly this photo."""
    held = take_photo(photo, "test worker")
    assert held is not None, "it does not wait"
    return held


def analyse(
    photo: Photo,
    *widths_mm: float | None,
    at: str = "",
    match: MatchProposal | None = None,
    **fields: Any,
) -> Any:
    """Claims the photo and records a result for it, as a worker would."""
    facts = facts_at(at) if at else None
    return record_analysis(
        claim=hold(photo), result=make_record(*widths_mm, **fields), match=match, facts=facts
    )
