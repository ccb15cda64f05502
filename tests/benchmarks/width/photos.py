"""Photos of the printed target page: every line measured and compared with its known width."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.findings import say
from assets.marker_cards.layouts import card
from inference.imaging.decode import PictureError, decode_picture
from inference.imaging.jpeg_rounding import JpegRounding
from inference.measure.line.ridge import follow_darkness
from inference.measure.scale import to_millimetres
from inference.measure.scale.cards import read_cards
from inference.measure.scale.plane import PlaneScale
from inference.measure.width.widths import measure_widths
from inference.render.width_target import CARD_NUMBER, TargetLine, target_lines
from inference.types import RgbImage, WidthStatistics

# The ends of a line are left out: ink begins and ends round.
END_MM, MARGIN_PX = 3.0, 12.0


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A line of the page and what the instrument said: widths, or why there are none."""

    line: TargetLine
    mm_per_px: float
    width_mm: WidthStatistics | None
    refusal: str | None


def run(paths: Sequence[Path]) -> int:
    """Prints a table a photo and one over all; 1 where a photo could not be used."""
    failed, everything = False, []
    for path in paths:
        try:
            picture = decode_picture(path)
        except PictureError as problem:
            print(f"{path}: {problem}", file=sys.stderr)
            failed = True
            continue
        except OSError as problem:
            print(f"{path} cannot be read: {problem.strerror}.", file=sys.stderr)
            failed = True
            continue
        reading = read_cards(picture.pixels)
        if reading.scale is None:
            why = " ".join(f"{r.sentence} {r.remedy}" for r in map(say, reading.refusals))
            print(f"{path}: {why or 'the markers of the target page were not found.'}",
                  file=sys.stderr)  # fmt: skip
            failed = True
            continue
        lines = measure_target(picture.pixels, reading.scale, reading.blur_px, picture.rounding)
        print(f"\n{path}, tilt {reading.scale.tilt_deg:.0f}°, "
              f"blur {reading.blur_px or float('nan'):.2f} px")  # fmt: skip
        _show(lines)
        everything += lines
    if len(paths) > 1 and everything:
        print(f"\nAll {len(paths)} photos")
        _summary(everything)
    return int(failed)


def measure_target(
    pixels: RgbImage,
    scale: PlaneScale,
    blur_px: float | None = None,
    rounding: JpegRounding | None = None,
) -> list[MeasuredLine]:
    """Every line of the page that lies in the picture."""
    high, wide = pixels.shape[:2]
    layout = card("a5", CARD_NUMBER)
    # The plane's origin is the middle of the card's markers.
    middle_mm = np.concatenate([layout.corners_mm(marker) for marker in layout.markers]).mean(
        axis=0
    )
    found = []
    for line in target_lines():
        start, end = np.array(line.start_mm), np.array(line.end_mm)
        along = (end - start) / np.hypot(*(end - start))
        ends_mm = np.linspace(start + END_MM * along, end - END_MM * along, 200)
        points = scale.to_picture_px(ends_mm - middle_mm)
        inside = (points > MARGIN_PX).all(axis=1) & (
            points < [wide - MARGIN_PX, high - MARGIN_PX]
        ).all(axis=1)
        if inside.sum() < 40:
            continue
        path = follow_darkness(pixels, points[inside].astype(np.float32))
        widths, profile, why = measure_widths(pixels, path, (), blur_px, rounding)
        length_px = float(np.hypot(*np.diff(path, axis=0).T).sum())
        surface = to_millimetres(widths, length_px, scale, centreline=path, profile=profile)
        middle = points[inside][int(inside.sum()) // 2][None]
        direction = np.diff(points[inside], axis=0)[int(inside.sum()) // 2][None]
        across = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
        mm_per_px, _ = scale.mm_per_px_along(middle, across)
        found.append(
            MeasuredLine(line, float(mm_per_px[0]), surface.width_mm, why.code if why else None)
        )
    return found


def _show(lines: Sequence[MeasuredLine]) -> None:
    print(f"{'printed mm':>10} {'px':>6} {'measured mm':>12} {'U mm':>6} {'error mm':>9}")
    for each in lines:
        px = each.line.width_mm / each.mm_per_px
        if each.width_mm is None:
            print(f"{each.line.width_mm:10.2f} {px:6.2f} {each.refusal or '':>12}")
            continue
        error = each.width_mm.p50 - each.line.width_mm
        held = "" if abs(error) <= each.width_mm.U else "  outside U"
        print(f"{each.line.width_mm:10.2f} {px:6.2f} {each.width_mm.p50:12.3f} "
              f"{each.width_mm.U:6.3f} {error:+9.3f}{held}")  # fmt: skip
    _summary(lines)


def _summary(lines: Sequence[MeasuredLine]) -> None:
    measured = [(each.line.width_mm, each.width_mm) for each in lines if each.width_mm is not None]
    if not measured:
        print("No line could be measured: take the photo from closer.")
        return
    error = np.array([widths.p50 - truth for truth, widths in measured])
    held = np.mean([abs(w.p50 - truth) <= w.U for truth, w in measured])
    print(f"{len(measured)} of {len(lines)} lines measured: bias {error.mean():+.3f} mm, mean "
          f"absolute error {np.abs(error).mean():.3f} mm, ±U holds {held:.0%}")  # fmt: skip
