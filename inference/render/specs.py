"""The description of a picture to render, and its truth: frozen values, no pixels.

The scene is a flat concrete face. Places on it are millimetres from the top-left corner of the
*reference picture* (x right, y down): the picture that a camera takes square on at the scene's
scale. A :class:`ViewSpec` says how another camera stands, so that one face can be photographed
again years later from almost the same place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from assets import scale_range
from assets.marker_cards.layouts import NUMBERS, SIZES
from inference.types import Mask, Polyline, RgbImage

CONCRETES = ("grey", "cool", "warm", "light", "dark", "wet", "painted")
FINISHES = ("smooth", "formed", "plaster", "rough", "exposed", "brushed")
BOARDS = ("none", "vertical", "horizontal")
MASONRIES = ("none", "brick", "block", "tile")


class SpecError(ValueError):
    """A scene, view or plan that cannot be rendered; the message says what to change."""


def check(condition: bool, sentence: str) -> None:
    """Raise :class:`SpecError` with ``sentence`` unless ``condition`` holds."""
    if not condition:
        raise SpecError(sentence)


@dataclass(frozen=True, slots=True)
class SurfaceSpec:
    """The concrete itself and what has happened to it.

    Strengths are 0 (absent) to 1 (strong). The same spec always gives the same face.

    Attributes:
        concrete: tone, one of :data:`CONCRETES`.
        finish: texture, one of :data:`FINISHES`.
        mottling: cloudiness of the grey; ``grain``: sand and cement grain.
        pores: bugholes.
        boards: direction of the formwork boards, one of :data:`BOARDS`.
        board_mm: width of a board.
        panel_mm: (width, height) of formwork panels with joints between them, or None.
        tie_holes: whether the panels have tie holes.
        stains, streaks, efflorescence, moss, rust: weathering.
        patches: number of repaired patches; ``scratches``: number of scratches.
        dark_joint: an open, straight construction joint crosses the face.
        masonry: units with joints instead of one cast face, one of :data:`MASONRIES`.
    """

    seed: int
    concrete: str = "grey"
    finish: str = "formed"
    mottling: float = 0.5
    grain: float = 0.5
    pores: float = 0.3
    boards: str = "none"
    board_mm: float = 120.0
    panel_mm: tuple[float, float] | None = None
    tie_holes: bool = False
    stains: float = 0.3
    streaks: float = 0.2
    efflorescence: float = 0.0
    moss: float = 0.0
    rust: float = 0.0
    patches: int = 0
    scratches: int = 0
    dark_joint: bool = False
    masonry: str = "none"

    def __post_init__(self) -> None:
        check(
            self.concrete in CONCRETES,
            f"concrete is one of {', '.join(CONCRETES)}, not {self.concrete!r}.",
        )
        check(
            self.finish in FINISHES,
            f"finish is one of {', '.join(FINISHES)}, not {self.finish!r}.",
        )
        check(self.boards in BOARDS, f"boards is one of {', '.join(BOARDS)}, not {self.boards!r}.")
        check(
            self.masonry in MASONRIES,
            f"masonry is one of {', '.join(MASONRIES)}, not {self.masonry!r}.",
        )
        for name in (
            "mottling", "grain", "pores", "stains", "streaks", "efflorescence", "moss", "rust",
        ):  # fmt: skip
            value = getattr(self, name)
            check(0 <= value <= 1, f"{name} is between 0 and 1, not {value!r}.")
        check(self.board_mm > 0, f"board_mm is above 0, not {self.board_mm!r}.")
        check(
            self.panel_mm is None or min(self.panel_mm) > 0,
            f"panel_mm is a width and a height above 0, not {self.panel_mm!r}.",
        )
        check(
            self.patches >= 0 and self.scratches >= 0, "patches and scratches are counts from 0 on."
        )


@dataclass(frozen=True, slots=True)
class CrackSpec:
    """One crack as it is on one day.

    The path depends on ``seed``, ``start_mm`` and ``heading_deg`` only, and is followed outwards
    from ``start_mm``: the same crack with a larger ``length_mm`` has the same path and more of it.

    Attributes:
        start_mm: (x, y) where it began; it grows from there.
        heading_deg: general direction, 0 = right, 90 = down.
        length_mm: length along the curve.
        width_mm: its 95th percentile width along the line.
        forward_share: share of the length that lies ahead of ``start_mm``; the rest behind it.
        tortuosity: 0 a ruler line, 0.5 usual, 1 very jagged.
        taper: how it closes towards its tips: 2 = elliptic opening, larger = blunter.
        waviness: variation of the width along the line, 0..1.
        floor_reflectance: light coming back out of it, relative to the face beside it.
        edge_damage: chipped and bevelled edges, 0..1.
        efflorescence: white crust beside it, 0..1; ``damp``: dark moist halo, 0..1.
        branches: number of branches; each is a crack of its own in the truth.
        waypoints_mm: a given course instead of start and heading (joints, map cracking); the
            crack is followed from the first point for ``length_mm`` or to the course's end.
        name: carried into the truth.
    """

    seed: int
    start_mm: tuple[float, float]
    heading_deg: float
    length_mm: float
    width_mm: float
    forward_share: float = 0.6
    tortuosity: float = 0.5
    taper: float = 3.0
    waviness: float = 0.5
    floor_reflectance: float = 0.12
    edge_damage: float = 0.3
    efflorescence: float = 0.0
    damp: float = 0.0
    branches: int = 0
    waypoints_mm: tuple[tuple[float, float], ...] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check(self.length_mm > 0, f"A crack's length_mm is above 0, not {self.length_mm!r}.")
        check(self.width_mm > 0, f"A crack's width_mm is above 0, not {self.width_mm!r}.")
        check(
            all(map(math.isfinite, (*self.start_mm, self.heading_deg))),
            "A crack's start_mm and heading_deg are finite numbers.",
        )
        for name in ("forward_share", "tortuosity", "waviness", "edge_damage", "efflorescence",
                     "damp"):  # fmt: skip
            value = getattr(self, name)
            check(0 <= value <= 1, f"A crack's {name} is between 0 and 1, not {value!r}.")
        check(
            0 <= self.floor_reflectance < 0.9,
            f"floor_reflectance is from 0 to below 0.9, not {self.floor_reflectance!r}.",
        )
        check(self.taper >= 1, f"taper is 1 or more, not {self.taper!r}.")
        check(self.branches >= 0, f"branches is a count from 0 on, not {self.branches!r}.")
        check(
            self.waypoints_mm is None or len(self.waypoints_mm) >= 2,
            "waypoints_mm needs at least two points.",
        )


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """Something in front of or painted on the face: a cable, a pipe, graffiti, chalk, a shadow.

    A ``name`` is sprayed letters, ``sealant`` an elastic joint, ``bar_shadow``, ``wire_shadow``
    and ``branch_shadow`` what stands or hangs before the face in the sun.

    ``kind`` is one of :data:`OBJECT_KINDS`; everything else about it follows from the seed.
    A ``border`` is where the face ends and something else begins: sky, ground, another wall.
    """

    kind: str
    seed: int

    def __post_init__(self) -> None:
        check(self.kind in OBJECT_KINDS, f"An object's kind is one of {', '.join(OBJECT_KINDS)}.")


OBJECT_KINDS = (
    "cable", "pipe", "border", "graffiti", "chalk", "label",
    "leaf_shadow", "edge_shadow", "window_light",
    "name", "sealant", "bar_shadow", "wire_shadow", "branch_shadow",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardSpec:
    """One of our marker cards, taped flat on the face.

    Attributes:
        at_mm: (x, y) of its top left corner. turn_deg: clockwise about it.
        size: ``a5`` or ``credit-card``. number: 1 to 8.
        url, asset, element: what is printed beside the markers; empty: nothing.
    """

    at_mm: tuple[float, float]
    turn_deg: float = 0.0
    size: str = "credit-card"
    number: int = 1
    url: str = ""
    asset: str = ""
    element: str = ""

    def __post_init__(self) -> None:
        check(self.size in SIZES, f"A card is {' or '.join(SIZES)}, not {self.size}.")
        first, last = NUMBERS[0], NUMBERS[-1]
        check(
            first <= self.number <= last,
            f"Cards are numbered {first} to {last}, not {self.number}.",
        )
        check(all(map(math.isfinite, (*self.at_mm, self.turn_deg))), "A card's place is a number.")


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """A face of concrete with its cracks: what is there, whoever looks.

    Attributes:
        width_px, height_px: size of the reference picture.
        gsd_mm_per_px: its scale.
        cards: marker cards on the face.
        margin_px: how much face is made beyond the reference picture, for shifted views.
    """

    width_px: int
    height_px: int
    gsd_mm_per_px: float
    surface: SurfaceSpec
    cracks: tuple[CrackSpec, ...] = ()
    objects: tuple[ObjectSpec, ...] = ()
    margin_px: int = 0
    cards: tuple[CardSpec, ...] = ()

    def __post_init__(self) -> None:
        check(
            16 <= self.width_px <= 12000 and 16 <= self.height_px <= 12000,
            f"A picture is 16 to 12000 px wide and high, not {self.width_px}x{self.height_px}.",
        )
        check(
            scale_range.MM_PER_PX.holds(self.gsd_mm_per_px),
            f"gsd_mm_per_px is from {scale_range.MM_PER_PX.least:g} to "
            f"{scale_range.MM_PER_PX.most:g}, not {self.gsd_mm_per_px!r}.",
        )
        check(self.margin_px >= 0, f"margin_px is 0 or more, not {self.margin_px!r}.")

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the reference picture on the face."""
        return self.width_px * self.gsd_mm_per_px, self.height_px * self.gsd_mm_per_px


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """How the picture is taken: where the camera stands, the light and the camera itself.

    Attributes:
        shift_mm: what is at the picture's centre, relative to the centre of the reference picture.
        rotation_deg: roll; ``zoom``: above 1 is nearer (scale becomes gsd / zoom).
        tilt_x_deg, tilt_y_deg: camera off the face's normal, up/down and left/right.
        light_azimuth_deg: where the light comes from, 0 = right, 90 = top.
        light_relief: how raking it is, 0 (overcast) to 1.
        light_gradient, vignette: unevenness, 0..1; ``exposure``: factor on the light.
        white_balance: gains of red, green, blue.
        blur_sigma_px: the optics' blur; ``motion_blur_px``: camera shake.
        noise: sensor noise, standard deviation in 1/255 at mid grey; ``chroma_noise`` of it.
        sharpening: unsharp mask of the camera, 0 none.
        jpeg_quality: of the written file; None = none.
    """

    seed: int = 0
    shift_mm: tuple[float, float] = (0.0, 0.0)
    rotation_deg: float = 0.0
    zoom: float = 1.0
    tilt_x_deg: float = 0.0
    tilt_y_deg: float = 0.0
    light_azimuth_deg: float = 120.0
    light_relief: float = 0.5
    light_gradient: float = 0.2
    vignette: float = 0.15
    exposure: float = 1.0
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_sigma_px: float = 0.8
    motion_blur_px: float = 0.0
    noise: float = 2.0
    chroma_noise: float = 0.4
    sharpening: float = 0.0
    jpeg_quality: int | None = 92

    def __post_init__(self) -> None:
        check(self.zoom > 0.2, f"zoom is above 0.2, not {self.zoom!r}.")
        check(
            abs(self.tilt_x_deg) <= 40 and abs(self.tilt_y_deg) <= 40,
            "tilt_x_deg and tilt_y_deg are within 40 degrees of square on.",
        )
        check(self.blur_sigma_px >= 0, f"blur_sigma_px is 0 or more, not {self.blur_sigma_px!r}.")
        check(self.noise >= 0, f"noise is 0 or more, not {self.noise!r}.")
        check(
            self.jpeg_quality is None or 1 <= self.jpeg_quality <= 100,
            f"jpeg_quality is 1 to 100, not {self.jpeg_quality!r}.",
        )


@dataclass(frozen=True, slots=True)
class CrackTruth:
    """A crack as it stands in one picture: the visible part, known exactly.

    Attributes:
        centreline_px: (N, 2) float32 in the upright picture, about 1 px apart.
        width_mm_along: width at each of these points.
        width_mm_p95: 95th percentile of it.
        length_mm: length of the visible part along the curve.
        length_px: the same in pixels of this picture.
    """

    name: str
    centreline_px: Polyline
    width_mm_along: tuple[float, ...]
    width_mm_p95: float
    length_mm: float
    length_px: float


@dataclass(frozen=True, slots=True)
class RenderedPhoto:
    """A picture and the truth about it.

    Attributes:
        pixels: (H, W, 3) uint8 sRGB.
        mask: (H, W) uint8, 255 where a crack is (hidden parts are not).
        cracks: every visible crack and branch.
        gsd_mm_per_px: scale at the picture's centre.
    """

    pixels: RgbImage
    mask: Mask
    cracks: tuple[CrackTruth, ...]
    gsd_mm_per_px: float
    total_length_mm: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total_length_mm", sum(c.length_mm for c in self.cracks))
