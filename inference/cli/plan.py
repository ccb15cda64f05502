"""``python -m inference plan``: plans which widths a camera can grade from which distance."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.cli._scale_options import distance_m

if TYPE_CHECKING:
    from inference.capture_plan import CapturePlan, PlannedCamera, StandardSeen

MOST_PX = 1_000_000  # along one side of a frame
HELP = "Plan photos: which crack widths a camera can grade from a distance, or from which distance."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    camera = parser.add_argument_group("camera, one of")
    camera.add_argument("--camera", metavar="NAME",
                        help="name of a camera; `list` lists the known ones")  # fmt: skip
    camera.add_argument("--photo", type=Path, metavar="FILE",
                        help="an unedited photo by the camera")  # fmt: skip
    camera.add_argument("--profile", type=Path, metavar="FILE",
                        help="a camera profile that `calibrate-camera` wrote")  # fmt: skip
    camera.add_argument("--sensor-mm", type=float, metavar="W",
                        help="longer side of the sensor, millimetres; needs --image-px and "
                        "--focal-mm")  # fmt: skip
    camera.add_argument("--image-px", type=_pair, metavar="WxH",
                        help="width x height of its pictures, pixels")  # fmt: skip
    camera.add_argument("--focal-mm", type=float, metavar="F",
                        help="focal length, millimetres; also for a --camera with "
                        "interchangeable lenses")  # fmt: skip
    camera.add_argument("--focal-35mm", type=float, metavar="F",
                        help="35 mm equivalent focal length, as phones state it; needs "
                        "--image-px")  # fmt: skip
    parser.add_argument("--distance", type=distance_m, metavar="M",
                        help="distance from the camera to the surface, metres")  # fmt: skip
    parser.add_argument("--grade", type=float, metavar="MM",
                        help="narrowest crack width to grade, millimetres; the plan says the "
                        "distance")  # fmt: skip
    parser.add_argument("--standard", default="all", metavar="KEY",
                        help="key of a rule set (default: all)")  # fmt: skip
    parser.add_argument("--element", type=_metres, metavar="WxH",
                        help="width x height of the surface, metres; the plan says how many "
                        "photos cover it")  # fmt: skip
    parser.add_argument("--overlap", type=float, default=0.3, metavar="SHARE",
                        help="share of a photo that the next one repeats "
                        "(default: 0.3)")  # fmt: skip
    parser.add_argument("--px-across", type=float, default=3.0, metavar="N",
                        help="pixels across a crack that a good width needs "
                        "(default: 3)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Print the plan; 1 where the camera or a number is not possible."""
    from assets.severity import DESIGN_GUIDES, RULE_SETS
    from inference.capture_plan import distance_to_grade, plan_capture
    from inference.measure.scale.sensors import SENSORS

    if args.camera == "list":
        for sensor in SENSORS:
            lens = f"{sensor.focal_mm:g} mm" if sensor.focal_mm else "lenses to change"
            print(f"{sensor.name}: {sensor.image_px[0]} × {sensor.image_px[1]} px, {lens}")
        return 0
    try:
        camera = _camera(args)
        standards = {**RULE_SETS, **DESIGN_GUIDES}
        if args.standard != "all" and args.standard not in standards:
            raise ValueError(
                f"There is no rule set {args.standard!r}. Known are {', '.join(standards)}."
            )
        keys = standards if args.standard == "all" else [args.standard]
        if (args.distance is None) == (args.grade is None):
            raise ValueError("Give --distance in metres, or --grade with a width in mm.")
        if not (args.px_across > 0):
            raise ValueError("--px-across is above 0.")
        far_m = args.distance
        if far_m is None:
            far_m = distance_to_grade(camera, args.grade, args.px_across)
        plan = plan_capture(
            camera, far_m, [standards[key] for key in keys],
            element_m=args.element, overlap=args.overlap, px_across=args.px_across,
        )  # fmt: skip
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(as_json(plan), allow_nan=False))
    else:
        print("\n".join(_in_words(plan, args.grade)))
    return 0


def as_json(plan: CapturePlan) -> dict[str, Any]:
    """The plan as plain values; lengths in metres, widths in millimetres."""
    plain = asdict(plan)
    if plan.frames is not None:
        plain["frames"]["total"] = plan.frames.total
    return plain


def _camera(args: argparse.Namespace) -> PlannedCamera:
    from inference.capture_plan import PlannedCamera, camera_of_35mm, camera_of_sensor
    from inference.measure.scale.profiles import load_profile
    from inference.measure.scale.sensors import sensor_named

    given = [
        name
        for name, value in (
            ("--camera", args.camera), ("--profile", args.profile), ("--photo", args.photo),
            ("--sensor-mm", args.sensor_mm), ("--focal-35mm", args.focal_35mm),
        )
        if value is not None
    ]  # fmt: skip
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} name more than one camera. Give one of them.")
    if args.camera is not None:
        sensor = sensor_named(args.camera)
        focal_mm = sensor.focal_mm if args.focal_mm is None else args.focal_mm
        if focal_mm is None:
            raise ValueError(f"The {sensor.name} has lenses to change: give --focal-mm.")
        return camera_of_sensor(sensor.name, sensor.width_mm, sensor.image_px, focal_mm)
    if args.profile is not None:
        profile = load_profile(args.profile)
        named = " ".join(part for part in (profile.camera_make, profile.camera_model) if part)
        focal_px = (profile.focal_px[0] * profile.focal_px[1]) ** 0.5
        return PlannedCamera(named or args.profile.name, profile.image_size_px, focal_px)
    if args.photo is not None:
        return _camera_of_photo(args.photo)
    if args.image_px is not None and args.focal_35mm is not None:
        return camera_of_35mm(
            f"{args.focal_35mm:g} mm (35 mm terms)", args.focal_35mm, args.image_px
        )
    if None not in (args.image_px, args.sensor_mm, args.focal_mm):
        return camera_of_sensor(
            f"{args.focal_mm:g} mm on {args.sensor_mm:g} mm", args.sensor_mm, args.image_px,
            args.focal_mm,
        )  # fmt: skip
    raise ValueError(
        "Which camera? Give --camera, --photo, --profile, or --sensor-mm, --image-px and "
        "--focal-mm, or --focal-35mm and --image-px."
    )


def _camera_of_photo(path: Path) -> PlannedCamera:
    from assets.findings import say
    from inference.capture_plan import PlannedCamera
    from inference.imaging.decode import PictureError, decode_picture
    from inference.measure.scale.camera import focal_length
    from inference.measure.scale.lens import stored_size

    try:
        picture = decode_picture(path)
    except PictureError as problem:
        raise ValueError(f"{path}: {problem}") from problem
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}.") from problem
    upright = (int(picture.pixels.shape[1]), int(picture.pixels.shape[0]))
    focal, why = focal_length(picture.metadata, upright)
    if focal is None:
        told = say(why[-1])
        raise ValueError(f"{path}: {told.sentence} {told.remedy}")
    data = picture.metadata
    named = " ".join(part for part in (data.camera_make, data.camera_model) if part) or path.name
    size = stored_size(upright, data.orientation)
    return PlannedCamera(named, size, focal.px, focal.nominal_mm or 0.0)


def _in_words(plan: CapturePlan, grade_mm: float | None) -> list[str]:
    camera, gsd = plan.camera, plan.gsd_mm_per_px
    lines = [
        f"{camera.name}, {camera.image_px[0]} × {camera.image_px[1]} px, at {plan.distance_m:.3g} m"
    ]
    if grade_mm is not None:
        lines.append(f"  {grade_mm:g} mm is graded from {plan.distance_m:.3g} m or closer.")
    lines += [
        f"  pixel size      {gsd:.3g} mm",
        f"  frame covers    {plan.cover_m[0]:.3g} × {plan.cover_m[1]:.3g} m",
        f"  widths told     well from {plan.good_from_mm:.2g} mm; from "
        f"{plan.measurable_from_mm:.2g} mm where the crack is sharp and dark",
    ]
    if plan.frames is not None:
        frames = plan.frames
        held = "upright" if frames.turned else "level"
        lines.append(
            f"  frames          {frames.total} ({frames.across} across × {frames.down} down, "
            f"camera {held}) for {frames.element_m[0]:g} × {frames.element_m[1]:g} m with "
            f"{plan.overlap:.0%} overlap"
        )
    for standard in plan.standards:
        lines.append(f"  {standard.title}: {_told_in_all(standard)}")
        for limit in standard.limits:
            answer = {"yes": "told apart", "borderline": "borderline", "no": "not told apart"}
            lines.append(
                f"    {limit.code:<6} from {limit.from_mm:g} mm   {limit.px_across:5.1f} px   "
                f"± {limit.U_mm:.2g} mm   {answer[limit.told_apart]}"
            )
    return lines


def _told_in_all(standard: StandardSeen) -> str:
    """The narrowest limit that is told apart here, and from where all are."""
    narrowest = next(
        (limit for limit in standard.limits if limit.from_mm == standard.smallest_told_mm), None
    )
    here = (
        "no limit is told apart"
        if narrowest is None
        else f"told apart from {narrowest.from_mm:g} mm ({narrowest.code}) on"
    )
    if standard.distance_m <= 0:
        return f"{here}; some limits lie too close to be told apart by a photo"
    return f"{here}; all from {standard.distance_m:.3g} m or closer"


def _pair(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        width = height = 0
    if not 1 <= min(width, height) <= max(width, height) <= MOST_PX:
        raise argparse.ArgumentTypeError(f"a size is like 5280x3956, not {text!r}")
    return width, height


def _metres(text: str) -> tuple[float, float]:
    try:
        width, height = (float(part) for part in text.lower().split("x"))
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"a size is like 12x3.5, not {text!r}") from problem
    return width, height
