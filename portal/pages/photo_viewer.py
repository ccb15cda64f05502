"""The data of the photo viewer: lines along cracks, outlines of areal defects, labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assets.coverage import expanded
from assets.kept.values import points
from assets.models import Analysis, Measurement, Photo, Region
from assets.severity import RuleSet, rank
from portal.findings import said
from portal.pages.photo_scale import marks
from portal.width_strip import width_strip
from portal.wording import extent_words, number, width_decimals


def viewer(
    photo: Photo,
    analysis: Analysis | None,
    lines: Sequence[Measurement],
    regions: Sequence[Region],
    rules: RuleSet | None,
) -> dict[str, Any]:
    """What the viewer's script needs: size, tiles, scale, the lines with plates and profiles, the
    outlines with plates. ``key`` is that of the row in the list beside the picture.

    What has no place that can be read is not drawn; the list beside the picture has it.
    """
    tiles = reverse("photo-tile", args=[photo.pk, 999, 998, 997])
    return {
        "width": photo.width_px,
        "height": photo.height_px,
        "maxZoom": photo.tiles_max_zoom,
        "tiles": tiles.replace("999", "{z}").replace("998", "{x}").replace("997", "{y}"),
        "scale": marks(photo, analysis),
        "cracks": [
            {
                "key": f"measurement-{line.pk}",
                "level": line.level,
                "line": drawn,
                "label": _line_plate(line),
                "name": _("crack %(n)d") % {"n": line.defect.number}
                if line.defect
                else _("an unmatched line"),
                "strip": width_strip(line, analysis, rules) if analysis else None,
                "why": _why(line),
            }
            for line in lines
            if len(drawn := points(line.centreline_px)) > 1
        ],
        "regions": [
            {
                "key": f"region-{region.pk}",
                "level": region.level,
                "outline": drawn,
                "label": _region_plate(region),
            }
            for region in regions
            if len(drawn := points(region.outline_px)) > 2
        ],
    }


@dataclass(frozen=True, slots=True)
class DrawnLevel:
    """One severity level of the legend, and whether lines or outlines of it are drawn."""

    level: int | None
    lines: bool
    outlines: bool

    @property
    def key(self) -> str:
        """The end of its colour token's name."""
        return "nm" if self.level is None else str(self.level)


def legend(lines: Sequence[Measurement], regions: Sequence[Region]) -> list[DrawnLevel]:
    """The levels that are drawn on the photo, the worst first."""
    of_lines = {line.level for line in lines}
    of_regions = {region.level for region in regions}
    levels = sorted(of_lines | of_regions, key=rank, reverse=True)
    return [DrawnLevel(level, level in of_lines, level in of_regions) for level in levels]


def _line_plate(line: Measurement) -> str:
    """The label beside a line: number of the crack and its width."""
    name = str(line.defect.number) if line.defect else "?"
    if line.width_mm_p95 is not None:
        value, u, unit = line.width_mm_p95, line.width_mm_u, "mm"
    elif line.width_px_p95 is not None:
        value, u, unit = line.width_px_p95, line.width_px_u, "px"
    else:
        return f"{name}  {_('not measurable')}"
    decimals = width_decimals(value, expanded(u) if u else None, unit)
    spread = f" ± {number(expanded(u), decimals)}" if u else ""
    return f"{name}  {number(value, decimals)}{spread} {unit}"


def _region_plate(region: Region) -> str:
    """The label beside an outline: number of the defect and its largest extent."""
    name = str(region.defect.number) if region.defect else "?"
    if region.extent_mm is None:
        return f"{name}  {_('no scale')}"
    spread = expanded(region.extent_mm_u) if region.extent_mm_u else None
    return f"{name}  {extent_words(region.extent_mm, spread)} mm"


def _why(line: Measurement) -> dict[str, str] | None:
    if line.not_measurable is None:
        return None
    told = said(line.not_measurable)
    return {"sentence": told.sentence, "remedy": told.remedy}
