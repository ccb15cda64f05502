"""Reads what a measured line stores about its widths, beside the percentiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assets.kept.values import list_of, number, object_of, size, text

Unit = Literal["px", "mm"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the line without a width, along it from its first point.

    Attributes:
        code: of :data:`assets.budget.LEFT_OUT`, or one of a newer worker.
        from_mm, to_mm: None without a scale.
    """

    code: str
    from_px: float | None
    to_px: float | None
    from_mm: float | None
    to_mm: float | None

    def ends(self, unit: Unit) -> tuple[float, float] | None:
        """(from, to) in one unit; None where one of them was not kept."""
        first, last = (self.from_px, self.to_px) if unit == "px" else (self.from_mm, self.to_mm)
        return None if first is None or last is None else (first, last)


@dataclass(frozen=True, slots=True)
class WidthUncertainty:
    """Of the widths in one unit, in that unit; None or empty: not kept.

    Attributes:
        p50_u, max_u: standard uncertainties of median and maximum.
        interval: (low, high) that holds the p95 in 95 % of cases.
        terms: name of :data:`assets.budget.TERMS` -> standard uncertainty.
    """

    p50_u: float | None = None
    max_u: float | None = None
    interval: tuple[float, float] | None = None
    terms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WidthFacts:
    """None or empty: not kept.

    Attributes:
        max_at_px, max_at_mm: how far along the line it is widest.
        length_u_mm: standard uncertainty of the length that comes from the scale.
    """

    max_at_px: float | None
    max_at_mm: float | None
    length_u_mm: float | None
    left_out: tuple[Stretch, ...]
    px: WidthUncertainty
    mm: WidthUncertainty

    def of(self, unit: Unit) -> WidthUncertainty:
        """The uncertainties in one unit."""
        return self.px if unit == "px" else self.mm


def width_facts(kept: Any) -> WidthFacts:
    """The column ``width_facts`` of a measurement."""
    facts = object_of(kept)
    return WidthFacts(
        max_at_px=size(facts.get("max_at_px")),
        max_at_mm=size(facts.get("max_at_mm")),
        length_u_mm=size(facts.get("length_u_mm")),
        left_out=tuple(
            stretch
            for one in list_of(facts.get("left_out"))
            if (stretch := _stretch(object_of(one))) is not None
        ),
        px=_uncertainty(facts.get("px")),
        mm=_uncertainty(facts.get("mm")),
    )


def _stretch(kept: Mapping[str, Any]) -> Stretch | None:
    code = text(kept.get("code"))
    ends = {name: size(kept.get(name)) for name in ("from_px", "to_px", "from_mm", "to_mm")}
    return Stretch(code, **ends) if code else None


def _uncertainty(kept: Any) -> WidthUncertainty:
    facts = object_of(kept)
    terms = {str(name): size(u) for name, u in object_of(facts.get("terms")).items()}
    return WidthUncertainty(
        p50_u=size(facts.get("p50_u")),
        max_u=size(facts.get("max_u")),
        interval=_interval(facts.get("interval")),
        terms={name: u for name, u in terms.items() if u is not None},
    )


def _interval(kept: Any) -> tuple[float, float] | None:
    match list_of(kept):
        case [one, other]:
            low, high = number(one), number(other)
            if low is not None and high is not None and low <= high:
                return low, high
    return None
