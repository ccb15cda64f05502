"""Options for the scale of photos, and how the command line reports the scale."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets import scale_range

LONGEST_SHOWN = 40  # characters of what was typed

if TYPE_CHECKING:
    from inference.measure.scale import CameraProfile, ScaleInputs, ScaleResult


def add_scale_arguments(parser: argparse.ArgumentParser) -> None:
    """The options; the best scale of a photo wins: card, two points, number, camera."""
    group = parser.add_argument_group(
        "scale of the photos", "Hairline finds its own marker cards without any of these options."
    )
    group.add_argument("--mm-per-px", type=mm_per_px, metavar="F",
                       help="millimetres per pixel, measured by hand")  # fmt: skip
    group.add_argument("--marker-mm", type=marker_mm, metavar="MM",
                       help="side of the markers' black square, millimetres")  # fmt: skip
    group.add_argument("--marker-family", metavar="NAME",
                       help="family of the markers, such as aruco-4x4 or apriltag-36h11 "
                       "(default: the family of our cards)")  # fmt: skip
    group.add_argument("--ruler-mm", type=_ruler_mm, metavar="MM",
                       help="true length of the ruler printed on our card, "
                       "millimetres")  # fmt: skip
    group.add_argument("--no-card", action="store_true", help="do not look for marker cards")
    group.add_argument("--two-points", type=_two_points, metavar="X,Y,X,Y,MM",
                       help="two points of the upright photo in pixels, and the distance between "
                       "them in millimetres")  # fmt: skip
    group.add_argument("--distance", type=distance_m, metavar="M",
                       help="distance from the camera to the surface, metres; gives the scale "
                       "together with EXIF or a camera profile")  # fmt: skip
    group.add_argument("--camera-profile", type=Path, action="append", default=[], metavar="FILE",
                       help="profile that `calibrate-camera` wrote; may be given several "
                       "times")  # fmt: skip


def inputs_of(args: argparse.Namespace) -> ScaleInputs:
    """The scale inputs that the options give.

    Raises:
        ValueError: for a marker family that does not exist.
    """
    from assets.marker_cards.families import CARD_FAMILY
    from inference.measure.scale import CardRequest, ScaleInputs, TwoPoints
    from inference.measure.scale.families import dictionary

    request = None
    if any(given is not None for given in (args.marker_mm, args.marker_family, args.ruler_mm)):
        family = args.marker_family or CARD_FAMILY
        dictionary(family)
        request = CardRequest(family, args.marker_mm, args.ruler_mm)
    points = None
    if args.two_points is not None:
        x1, y1, x2, y2, length_mm = args.two_points
        points = TwoPoints((x1, y1), (x2, y2), length_mm)
    return ScaleInputs(
        card=request,
        look_for_cards=not args.no_card,
        two_points=points,
        mm_per_px=args.mm_per_px,
        mm_per_px_source="command_line",
        distance_m=args.distance,
    )


def profiles_of(args: argparse.Namespace) -> list[CameraProfile]:
    """The camera profiles of the options.

    Raises:
        ValueError: for a file that is none.
    """
    from inference.measure.scale import load_profile

    return [load_profile(path) for path in args.camera_profile]


def scale_as_json(result: ScaleResult) -> dict[str, Any] | None:
    """The scale as the command prints it; None where there is none."""
    from inference.measure.scale import PlaneScale

    scale = result.scale
    if scale is None:
        return None
    told: dict[str, Any] = {
        "source": scale.source,
        "gsd_mm_per_px": round(scale.gsd_mm_per_px, 7),
        "u": round(scale.u_relative * scale.gsd_mm_per_px, 7),
        "u_relative": round(scale.u_relative, 5),
    }
    if isinstance(scale, PlaneScale):
        told["tilt_deg"] = round(scale.tilt_deg, 1)
        told["distance_mm"] = round(scale.distance_mm, 1)
    if result.blur_px is not None:
        told["blur_px"] = round(result.blur_px, 3)
    if result.markers:
        told["markers"] = [
            {
                "family": marker.family,
                "id": marker.marker_id,
                "corners_px": [[round(float(x), 2), round(float(y), 2)]
                               for x, y in marker.corners_px],
            }
            for marker in result.markers
        ]  # fmt: skip
    return told


def mm_per_px(text: str) -> float:
    """Millimetres per pixel of an option.

    Raises:
        argparse.ArgumentTypeError: for what is none.
    """
    return _in_range(text, scale_range.MM_PER_PX, "millimetres per pixel", "0.25")


def distance_m(text: str) -> float:
    """Metres from the camera to the surface of an option.

    Raises:
        argparse.ArgumentTypeError: for what is none.
    """
    return _in_range(text, scale_range.DISTANCES_M, "metres", "3.5")


def marker_mm(text: str) -> float:
    """The side of a marker, millimetres, of an option.

    Raises:
        argparse.ArgumentTypeError: for what is none.
    """
    return _in_range(text, scale_range.MARKERS_MM, "millimetres", "40")


def _in_range(text: str, possible: scale_range.Range, what: str, example: str) -> float:
    value = possible.read(text)
    if value is None:
        raise argparse.ArgumentTypeError(
            f"{what} from {possible.least:g} to {possible.most:g}, such as {example}, not "
            f"{text[:LONGEST_SHOWN]!r}"
        )
    return value


def _ruler_mm(text: str) -> float:
    value = scale_range.read_number(text)
    if value is None or value <= 0:
        raise argparse.ArgumentTypeError(
            f"millimetres above 0, such as 90, not {text[:LONGEST_SHOWN]!r}"
        )
    return value


def _two_points(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != 5 or not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(
            "two points and a length are five numbers, such as 100,250,900,260,50, not "
            f"{text[:LONGEST_SHOWN]!r}"
        )
    if not scale_range.is_possible_length(numbers[4]):
        raise argparse.ArgumentTypeError(
            "the length between two points is above 0 and at most "
            f"{scale_range.MOST_LENGTH_MM:g} mm, not {numbers[4]:g}"
        )
    return numbers
