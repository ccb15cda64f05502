"""Plans photos before a visit: what a camera sees from which distance. Pure arithmetic.

Formulas (the planner's page does the same in the browser):

- Focal length in pixels: ``F = f · n / s`` with the focal length f and the sensor's side s in mm
  and n pixels along it; from a 35 mm equivalent over the diagonal,
  ``F = f35 · sqrt(w² + h²) / 43.267``.
- Pixel size on the surface: ``gsd = (Z - f) / F``, Z being the distance in mm. A calibrated F
  holds at its focus, so there f counts as 0.
- Distance for a pixel size: ``Z = gsd · F + f``.
- A frame covers ``gsd · w`` by ``gsd · h``. Frames along a side of length L with the overlap o:
  1 where ``L <= c``, else ``1 + ceil((L - c) / (c · (1 - o)))``, c being what one frame covers.
- A limit between two states, at the width W: ``W / gsd`` pixels. From :data:`GOOD_PX` on states
  are told apart; from :data:`FEWEST_PX` on only where the crack is sharp, dark and clean, and then
  only where ``U = 2 · sqrt((U_PX · gsd)² + (U_SCALE · W)²)`` is at most half the way to the next
  limit (or to 0); below, not at all.

Source of 3 pixels across: the resolution budget that the field works with (Zollini 2020: GSD of a
third of the width); of ``U_PX``: this instrument's width benchmark.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from assets.coverage import COVERAGE_FACTOR, expanded
from assets.scale_range import DISTANCES_M
from assets.severity import RuleSet

FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
GOOD_PX, FEWEST_PX = 3.0, 1.0
# Standard uncertainty of a width of a few pixels, and of the scale from a marker card.
U_PX, U_SCALE = 0.10, 0.01
OVERLAP = 0.3

YES, BORDERLINE, NO = "yes", "borderline", "no"


@dataclass(frozen=True, slots=True)
class PlannedCamera:
    """A camera as far as planning needs it.

    Attributes:
        image_px: (width, height) of a frame.
        focal_px: focal length in pixels.
        focal_mm: as engraved; 0 for a calibrated ``focal_px``.
    """

    name: str
    image_px: tuple[int, int]
    focal_px: float
    focal_mm: float = 0.0

    def __post_init__(self) -> None:
        sound = all(map(math.isfinite, (*self.image_px, self.focal_px, self.focal_mm)))
        if not sound or min(*self.image_px, self.focal_px) <= 0 or self.focal_mm < 0:
            raise ValueError(
                f"The camera {self.name!r} has no possible sensor, frame and focal length. All "
                "are above 0."
            )


def camera_of_sensor(
    name: str, sensor_width_mm: float, image_px: tuple[int, int], focal_mm: float
) -> PlannedCamera:
    """A camera from its sensor's longer side and its focal length.

    Raises:
        ValueError: for what is not above 0.
    """
    if not (sensor_width_mm > 0 and focal_mm > 0):
        raise ValueError("A sensor and a focal length are millimetres above 0.")
    return PlannedCamera(name, image_px, focal_mm * max(image_px) / sensor_width_mm, focal_mm)


def camera_of_35mm(name: str, focal_35mm: float, image_px: tuple[int, int]) -> PlannedCamera:
    """A camera from its 35 mm equivalent; phones have lenses so short that f counts as 0."""
    if not focal_35mm > 0:
        raise ValueError("A focal length is millimetres above 0.")
    return PlannedCamera(name, image_px, focal_35mm * math.hypot(*image_px) / FILM_DIAGONAL_MM)


def gsd_mm_per_px(camera: PlannedCamera, distance_m: float) -> float:
    """Pixel size on a surface that faces the camera.

    Raises:
        ValueError: for a distance that is not possible.
    """
    distance_mm = 1000.0 * distance_m
    if not DISTANCES_M.holds(distance_m):
        raise ValueError(
            f"A distance of {distance_m:g} m is not possible. Give metres between "
            f"{DISTANCES_M.least:g} and {DISTANCES_M.most:g}."
        )
    if distance_mm <= 2.0 * camera.focal_mm:
        raise ValueError(
            f"At {distance_m:g} m a lens of {camera.focal_mm:g} mm cannot be in focus. Give a "
            f"distance above {2 * camera.focal_mm / 1000:g} m."
        )
    return (distance_mm - camera.focal_mm) / camera.focal_px


def distance_m_for(camera: PlannedCamera, gsd: float) -> float:
    """The distance at which a pixel covers that many millimetres."""
    if not gsd > 0:
        raise ValueError("A pixel covers more than 0 mm.")
    return (gsd * camera.focal_px + camera.focal_mm) / 1000.0


def distance_to_grade(camera: PlannedCamera, width_mm: float, px_across: float = GOOD_PX) -> float:
    """The farthest distance, metres, at which a crack of this width covers this many pixels."""
    if not (math.isfinite(width_mm) and width_mm > 0 and px_across > 0):
        raise ValueError(f"A crack width is millimetres above 0, not {width_mm:g}.")
    return distance_m_for(camera, width_mm / px_across)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit between two states, seen with a certain pixel size.

    Attributes:
        code: the state that begins at ``from_mm``.
        told_apart: ``yes``, ``borderline`` or ``no``.
        U_mm: expected expanded uncertainty of a width there (k = 2).
    """

    code: str
    from_mm: float
    px_across: float
    U_mm: float
    told_apart: str


@dataclass(frozen=True, slots=True)
class StandardSeen:
    """A rule set's limits, seen with a certain pixel size.

    Attributes:
        smallest_told_mm: the narrowest limit that is told apart; None where none is.
        distance_m: the farthest at which all limits are told apart.
    """

    key: str
    title: str
    limits: tuple[Limit, ...]
    smallest_told_mm: float | None
    distance_m: float


@dataclass(frozen=True, slots=True)
class Frames:
    """The number of photos that cover an element."""

    element_m: tuple[float, float]
    across: int
    down: int
    turned: bool  # camera held upright

    @property
    def total(self) -> int:
        """Number of photos in all."""
        return self.across * self.down


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """The plan for one camera at one distance."""

    camera: PlannedCamera
    distance_m: float
    gsd_mm_per_px: float
    cover_m: tuple[float, float]
    good_from_mm: float
    measurable_from_mm: float
    standards: tuple[StandardSeen, ...]
    frames: Frames | None
    overlap: float


def plan_capture(
    camera: PlannedCamera,
    distance_m: float,
    rule_sets: Iterable[RuleSet],
    *,
    element_m: tuple[float, float] | None = None,
    overlap: float = OVERLAP,
    px_across: float = GOOD_PX,
) -> CapturePlan:
    """The plan for one distance.

    Args:
        element_m: (width, height) of the surface to photograph.
        overlap: share of a frame that the next one repeats, 0 to below 1.
        px_across: from how many pixels on a width is told well.

    Raises:
        ValueError: for a distance, an overlap or an element that is not possible.
    """
    gsd = gsd_mm_per_px(camera, distance_m)
    cover = (gsd * camera.image_px[0] / 1000.0, gsd * camera.image_px[1] / 1000.0)
    return CapturePlan(
        camera=camera,
        distance_m=distance_m,
        gsd_mm_per_px=gsd,
        cover_m=cover,
        good_from_mm=px_across * gsd,
        measurable_from_mm=FEWEST_PX * gsd,
        standards=tuple(see_standard(rules, gsd, camera, px_across) for rules in rule_sets),
        frames=None if element_m is None else frames_for(element_m, cover, overlap),
        overlap=overlap,
    )


def see_standard(
    rules: RuleSet, gsd: float, camera: PlannedCamera, px_across: float = GOOD_PX
) -> StandardSeen:
    """Which limits of a rule set are told apart with that pixel size."""
    limits = rules.thresholds_mm()
    widths = [0.0, *(width for _, width in limits)]
    seen = []
    for number, (code, width) in enumerate(limits):
        gap = width - widths[number]
        if number + 1 < len(limits):
            gap = min(gap, limits[number + 1][1] - width)
        U = expanded(math.hypot(U_PX * gsd, U_SCALE * width))
        px = width / gsd
        if px >= px_across and gap / 2 >= U:
            told = YES
        elif px >= FEWEST_PX and gap / 2 >= U:
            told = BORDERLINE
        else:
            told = NO
        seen.append(Limit(code, width, px, U, told))
    told_widths = [limit.from_mm for limit in seen if limit.told_apart == YES]
    return StandardSeen(
        rules.key,
        rules.title,
        tuple(seen),
        min(told_widths, default=None),
        _distance_for_all(rules, camera, px_across),
    )


def frames_for(
    element_m: tuple[float, float], cover_m: tuple[float, float], overlap: float = OVERLAP
) -> Frames:
    """Frames for an element, the camera held the way that needs fewer.

    Raises:
        ValueError: for sizes not above 0 or an overlap outside 0 … 0.95.
    """
    if not 0 <= overlap <= 0.95:
        raise ValueError(f"An overlap is a share from 0 to 0.95, not {overlap:g}.")
    if not (all(map(math.isfinite, element_m)) and min(element_m) > 0):
        raise ValueError("An element's width and height are metres above 0.")
    ways = []
    for turned in (False, True):
        wide, high = cover_m[::-1] if turned else cover_m
        across, down = _along(element_m[0], wide, overlap), _along(element_m[1], high, overlap)
        ways.append(Frames(element_m, across, down, turned))
    return min(ways, key=lambda frames: frames.total)


def _along(length_m: float, cover_m: float, overlap: float) -> int:
    # Sizes are typed with two digits: a frame that fits to a micrometre fits.
    if length_m <= cover_m + 1e-6:
        return 1
    return 1 + math.ceil((length_m - cover_m) / (cover_m * (1 - overlap)) - 1e-9)


def _distance_for_all(rules: RuleSet, camera: PlannedCamera, px_across: float) -> float:
    """The farthest distance at which every limit is ``yes``."""
    limits = rules.thresholds_mm()
    widths = [0.0, *(width for _, width in limits)]
    gsd = math.inf
    for number, (_, width) in enumerate(limits):
        gap = width - widths[number]
        if number + 1 < len(limits):
            gap = min(gap, limits[number + 1][1] - width)
        room = (gap / 2 / COVERAGE_FACTOR) ** 2 - (U_SCALE * width) ** 2
        gsd = min(gsd, width / px_across, math.sqrt(room) / U_PX if room > 0 else 0.0)
    return distance_m_for(camera, gsd) if 0 < gsd < math.inf else 0.0
