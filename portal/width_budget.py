"""The stated widths of a crack and the terms of their ±, for pages and API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.kept.width_facts import Unit, width_facts
from assets.models import Measurement

# What each term of the budget is, in a word and in a sentence.
NAMES: dict[str, Promise] = {
    "fit": _("Grain and noise"),
    "floor": _("Darkness inside"),
    "blur": _("Blur"),
    "curve": _("Camera's tone curve"),
    "repeatability": _("Another photo"),
    "rounding": _("JPEG"),
    "scale": _("Scale"),
    "plane": _("Tilt and flatness"),
}
SENTENCES: dict[str, Promise] = {
    "fit": _("how well the edges stand out from the grain of the concrete"),
    "floor": _("how much light comes back out of the crack, which the blur hides"),
    "blur": _("how sharp lens and camera are"),
    "curve": _("how the camera turns light into numbers"),
    "repeatability": _("what another photo of the same crack would change"),
    "rounding": _("what the file's compression took of the crack, and was given back"),
    "scale": _("how well millimetres per pixel are known"),
    "plane": _("tilt, and how far the surface leaves the plane of the scale"),
}
# Why a stretch of a crack has no width.
REASONS: dict[str, Promise] = {
    "end": _("end of the crack"),
    "junction": _("another crack close by"),
    "picture_edge": _("edge of the picture"),
    "filled": _("filled, or too faint"),
    "broken_edge": _("broken edge or pore"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the budget.

    Attributes:
        u: standard uncertainty in the unit of the width.
        share: of the variance, 0 to 1.
    """

    code: str
    u: float
    share: float

    @property
    def name(self) -> Promise:
        """In a word or two."""
        return NAMES[self.code]

    @property
    def sentence(self) -> Promise:
        """The term's meaning in words."""
        return SENTENCES[self.code]

    @property
    def percent(self) -> float:
        """Its share, 0 to 100."""
        return 100.0 * self.share


@dataclass(frozen=True, slots=True)
class Stated:
    """A width and its standard uncertainty; None where that was not kept."""

    value: float
    u: float | None


@dataclass(frozen=True, slots=True)
class StatedWidths:
    """The widths of one crack in one unit; ``p95`` is the one that is graded.

    Attributes:
        interval: (low, high) that holds the p95 in 95 % of cases; None where it was not kept.
        budget: terms of the uncertainty of the p95, the largest first; empty where not kept.
    """

    unit: str
    p50: Stated
    p95: Stated
    max: Stated
    interval: tuple[float, float] | None
    budget: tuple[Term, ...]


def stated_widths(line: Measurement, unit: Unit) -> StatedWidths | None:
    """The widths of a measured line in ``mm`` or ``px``; None where there are none."""
    p50, p95, widest, u = (
        getattr(line, f"width_{unit}_{part}") for part in ("p50", "p95", "max", "u")
    )
    if p95 is None:
        return None
    kept = width_facts(line.width_facts).of(unit)
    return StatedWidths(
        unit=unit,
        p50=Stated(p50, kept.p50_u),
        p95=Stated(p95, u),
        max=Stated(widest, kept.max_u),
        interval=kept.interval,
        budget=_budget(kept.terms),
    )


def best_widths(line: Measurement) -> StatedWidths | None:
    """In millimetres where there is a scale, else in pixels."""
    return stated_widths(line, "mm") or stated_widths(line, "px")


def _budget(terms: Mapping[str, float]) -> tuple[Term, ...]:
    whole = sum(u**2 for u in terms.values())
    if whole <= 0:
        return ()
    rows = (Term(code, u, u**2 / whole) for code, u in terms.items() if code in NAMES and u > 0)
    return tuple(sorted(rows, key=lambda term: -term.share))


def left_out(line: Measurement, unit: Unit) -> list[dict[str, Any]]:
    """Stretches without a width: {"code", "reason", "from", "to"}, along the line in ``unit``."""
    return [
        {
            "code": stretch.code,
            "reason": reason_of(stretch.code),
            "from": ends[0],
            "to": ends[1],
        }
        for stretch in width_facts(line.width_facts).left_out
        if (ends := stretch.ends(unit)) is not None
    ]


def reason_of(code: str) -> str:
    """Why a stretch has no width, in words; a code of a newer worker as it is."""
    return str(REASONS.get(code, code))
