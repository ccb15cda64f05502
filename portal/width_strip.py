"""The strip below a photo: the width along one crack, and its widest place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from assets.coverage import expanded
from assets.kept.profile import Profile, profile
from assets.kept.width_facts import Unit, width_facts
from assets.models import Analysis, Measurement
from assets.severity import RuleSet
from portal.width_budget import Stated, left_out, stated_widths
from portal.wording import number, width_decimals

MOST_POINTS = 240  # more than this no screen can show

Values = Sequence[float | None]


def width_strip(
    line: Measurement, analysis: Analysis, rules: RuleSet | None
) -> dict[str, Any] | None:
    """The profile of a line for the viewer's script; None where no width was measured.

    Returns:
        ``unit``; in it ``along``, ``width`` and ``U``, null where a width was left out;
        ``along_px`` for the place on the photo; ``widest``, an index; ``pin``, the widest place of
        the statistics in words; ``left_out``, stretches with their reasons (see
        ``portal.width_budget.left_out``); ``limits`` of the rule set; ``sentence`` for people who
        do not see the strip.
    """
    kept_profile = profile(line.profile)
    if kept_profile is None:
        return None
    along_px = kept_profile.px.position
    along, width, u, unit = _columns(kept_profile, analysis)
    kept = _thinned(width)
    widths = [width[i] for i in kept]
    stated = stated_widths(line, unit)
    widest = _widest(line, kept, widths, along_px)
    at = along[kept[widest]]
    # The stated maximum is freed of what one grain makes of one place; older rows do not have it.
    most = stated.max if stated else Stated(widths[widest] or 0.0, u[kept[widest]])
    pin = _words(most, at, unit)
    return {
        "unit": unit,
        "along_px": [_rounded(along_px[i], 1) for i in kept],
        "along": [_rounded(along[i], 2) for i in kept],
        "width": [_rounded(value, 4) for value in widths],
        "U": [_rounded(expanded(u[i]), 4) for i in kept],
        "widest": widest,
        "pin": _("Widest place: %(width)s, %(at)s from its first end") % pin,
        "left_out": left_out(line, unit),
        "limits": _limits(rules) if unit == "mm" else [],
        "sentence": _sentence(line, pin),
    }


def _widest(line: Measurement, kept: Sequence[int], widths: Values, along_px: Values) -> int:
    """Index of the widest place: that of the statistics where it was kept, else of the profile."""
    at_px = width_facts(line.width_facts).max_at_px
    measured = [i for i in range(len(kept)) if widths[i] is not None]
    if at_px is None:
        return max(measured, key=lambda i: widths[i] or 0.0)
    return min(measured, key=lambda i: abs((along_px[kept[i]] or 0.0) - at_px))


def _columns(kept: Profile, analysis: Analysis) -> tuple[Values, Values, Values, Unit]:
    """(along, width, u) in the unit of the widths, which is named last."""
    if kept.mm is not None:
        return kept.mm.position, kept.mm.width, kept.mm.u, "mm"
    along_px, width_px, u_px = kept.px.position, kept.px.width, kept.px.u
    gsd = analysis.gsd_mm_per_px
    if gsd is None:
        return along_px, width_px, u_px, "px"
    # Written down before profiles were kept in millimetres: one scale for the whole picture then.
    share = analysis.gsd_u_relative or 0.0
    in_mm = [None if w is None else w * gsd for w in width_px]
    u_mm = [
        None if w is None or u is None else gsd * float((u**2 + (w * share) ** 2) ** 0.5)
        for w, u in zip(width_px, u_px, strict=True)
    ]
    return [None if at is None else at * gsd for at in along_px], in_mm, u_mm, "mm"


def _thinned(width: Values) -> list[int]:
    """Indices of what is drawn: of each stretch its widest place, so that no peak is lost."""
    step = -(-len(width) // MOST_POINTS)
    stretches = (range(i, min(i + step, len(width))) for i in range(0, len(width), step))
    return [max(stretch, key=lambda i: width[i] or 0.0) for stretch in stretches]


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)


def _limits(rules: RuleSet | None) -> list[dict[str, Any]]:
    if rules is None:
        return []
    return [
        {"code": code, "mm": limit_mm, "level": rules.state(code).level}
        for code, limit_mm in rules.thresholds_mm()
    ]


def _words(most: Stated, at: float | None, unit: str) -> dict[str, str]:
    half = expanded(most.u) if most.u else None
    decimals = width_decimals(most.value, half, unit)
    spread = f" ± {number(half, decimals)}" if half else ""
    return {
        "width": f"{number(most.value, decimals)}{spread} {unit}",
        "at": f"{number(at or 0.0, 0)} {unit}",
    }


def _sentence(line: Measurement, pin: dict[str, str]) -> str:
    name = _("crack %(n)d") % {"n": line.defect.number} if line.defect else _("this line")
    words = {"name": name, **pin}
    return _("Width along %(name)s: widest at %(at)s from its first end, %(width)s.") % words
