"""The demo's structures. Names are invented; places, years and materials are plausible."""

from __future__ import annotations

from dataclasses import dataclass

from assets.models import AssetKind

ORGANISATION, ORGANISATION_SLUG = "Demo Infrastructure", "demo"
OTHER_ORGANISATION, OTHER_SLUG = "Outside Works", "outside"

# By value: without Django's stubs a type checker takes members for what they are made of.
BRIDGE, DAM, TUNNEL = AssetKind("bridge"), AssetKind("dam"), AssetKind("tunnel")
BUILDING, CULVERT = AssetKind("building"), AssetKind("culvert")
RETAINING_WALL = AssetKind("retaining_wall")

RC, PSC, MASS = "reinforced concrete", "prestressed concrete", "mass concrete"

# AASHTO element numbers: 12 deck, 38 slab, 205 column, 210 pier wall, 215 abutment, 241 culvert.
DECK, SLAB, COLUMN, PIER, ABUTMENT, BARREL = 12, 38, 205, 210, 215, 241


@dataclass(frozen=True, slots=True)
class Structure:
    """One asset and its parts; ``elements`` are (name, AASHTO element number or None)."""

    kind: AssetKind
    code: str
    name: str
    latitude: float
    longitude: float
    year_built: int
    material: str
    time_zone: str
    elements: tuple[tuple[str, int | None], ...]
    note: str = ""


STRUCTURES: tuple[Structure, ...] = (
    Structure(
        BRIDGE, "BR-0417", "Lindmatt Bridge", 46.9312, 7.5124, 1968, RC, "Europe/Zurich",
        (("Deck", DECK), ("Pier 1 west face", PIER), ("Pier 2 east face", PIER)),
        "Three spans over a river with winter salt on the road above.",
    ),
    Structure(
        BRIDGE, "BR-0522", "Ponte de Vale Sereno", 41.1673, -7.8915, 1974, RC,
        "Europe/Lisbon", (("Arch springing south", None), ("Deck soffit", SLAB)),
    ),
    Structure(
        BRIDGE, "BR-0610", "Storvik Sound Bridge", 63.0842, 7.6631, 1989, PSC,
        "Europe/Oslo", (("Pier 3 north face", PIER), ("Box girder web", None)),
        "Marine exposure; the splash zone of pier 3 is inspected from a boat.",
    ),
    Structure(
        BRIDGE, "BR-0733", "Kellersgrund Viaduct", 50.3287, 7.8812, 1971, PSC,
        "Europe/Berlin", (("Deck soffit, span 3", SLAB), ("Column 4", COLUMN)),
    ),
    Structure(
        BRIDGE, "BR-0801", "Cedar Hollow Bridge", 40.8451, -77.6932, 1962, RC,
        "America/New_York", (("Abutment east", ABUTMENT), ("Deck", DECK)),
    ),
    Structure(
        DAM, "DM-0031", "Val d'Ombretta Dam", 46.2718, 10.9134, 1957, MASS,
        "Europe/Rome", (("Monolith 7, downstream face", None), ("Gallery, level 2", None)),
        "Gravity dam of 14 monoliths; monolith 7 is surveyed twice a year.",
    ),
    Structure(
        DAM, "DM-0042", "Presa de Pico Alto", 42.5594, 0.6241, 1963, MASS,
        "Europe/Madrid", (("Crest", None), ("Spillway chute", None)),
    ),
    Structure(
        DAM, "DM-0055", "Kuroiwa Dam", 36.5217, 137.6425, 1978, MASS, "Asia/Tokyo",
        (("Spillway pier 2", None), ("Downstream face, block 5", None)),
    ),
    Structure(
        DAM, "DM-0063", "Three Pines Dam", 43.9138, -122.3416, 1966, MASS,
        "America/Los_Angeles", (("Intake tower", None), ("Training wall", None)),
    ),
    Structure(
        TUNNEL, "TN-0104", "Tunnel du Col Vert", 45.1126, 5.9327, 1982, RC,
        "Europe/Paris", (("Lining, km 1.240", None), ("Portal north", None)),
    ),
    Structure(
        TUNNEL, "TN-0112", "Hohenstegg Tunnel", 47.1951, 10.7213, 1995, RC,
        "Europe/Vienna", (("Lining, block 118", None),),
    ),
    Structure(
        TUNNEL, "TN-0120", "Seongmun Tunnel", 37.3129, 128.6047, 2004, RC, "Asia/Seoul",
        (("Lining, km 0.480", None),),
    ),
    Structure(
        BUILDING, "BD-0205", "Northgate Car Park", 53.8012, -1.5387, 1971, RC,
        "Europe/London", (("Column C4, level 1", COLUMN), ("Slab, level 2", SLAB)),
    ),
    Structure(
        BUILDING, "BD-0211", "Harbour Court", 51.9083, 4.4751, 1986, RC,
        "Europe/Amsterdam", (("Facade west", None),),
    ),
    Structure(
        CULVERT, "CV-0303", "Millbeck Culvert", 54.6237, -3.0915, 1959, RC,
        "Europe/London", (("Barrel, left wall", BARREL),),
    ),
    Structure(
        RETAINING_WALL, "RW-0402", "Sonnhalde Wall", 47.9876, 7.8163, 1979, RC,
        "Europe/Berlin", (("Panel 6", None), ("Panel 11", None)),
    ),
)  # fmt: skip

OTHER_STRUCTURE = Structure(
    BRIDGE, "X-1", "Far Bank Footbridge", 56.1165, -3.9369, 1999, RC, "Europe/London",
    (("Deck", DECK),),
)  # fmt: skip
