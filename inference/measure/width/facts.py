"""Widths as plain numbers, with the widest place and the terms of the uncertainty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from inference.types import CrackMeasurement, UncertaintyTerms, WidthStatistics

DECIMALS = 4
# Terms that grow with the width itself; fit and repeatability do not.
PROPORTIONAL = ("floor", "blur", "curve", "scale", "plane")


def profile_of(crack: CrackMeasurement) -> dict[str, Any] | None:
    """Widths along the line; with a scale also in millimetres, each by the scale at its place."""
    profile = crack.profile
    if profile is None:
        return None
    kept: dict[str, Any] = {
        "position_px": _numbers(profile.position_px),
        "width_px": _numbers(profile.width_px),
        "u_px": _numbers(profile.u_px),
    }
    local = None if crack.surface is None else crack.surface.profile
    if local is not None:
        kept["position_mm"] = _numbers(local.position_mm)
        kept["width_mm"], kept["u_mm"] = _numbers(local.width_mm), _numbers(local.u_mm)
    return kept


def facts_of(crack: CrackMeasurement, kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """Further facts about a crack's widths, for people who ask how sure they are.

    Args:
        kept: the profile as :func:`profile_of` gives it.

    Returns:
        ``left_out``: stretches without a width, each with the code of its reason and where it lies;
        ``px`` and ``mm``: ``p50_u``, ``max_u``, the ``terms`` of u, the 95 % ``interval`` of p95;
        ``max_at_px``, ``max_at_mm``: the widest place along the line; ``length_u_mm``. What is not
        known is not there.
    """
    facts: dict[str, Any] = {}
    if kept is not None and crack.profile is not None and crack.profile.left_out:
        whole = {"px": crack.trace.length_px, "mm": crack.length_mm}
        facts["left_out"] = _stretches(crack.profile.left_out, kept, whole)
    for unit, statistics in (("px", crack.width_px), ("mm", crack.width_mm)):
        if statistics is not None:
            facts[unit] = _of_unit(statistics, _u_at_widest(statistics, kept, unit))
    widest = crack.width_mm or crack.width_px
    if widest is not None and widest.max_at_px is not None:
        facts["max_at_px"] = _number(widest.max_at_px)
    surface = crack.surface
    if surface is not None:
        facts["length_u_mm"] = _number(surface.length_u_mm)
        if surface.max_at_mm is not None:
            facts["max_at_mm"] = _number(surface.max_at_mm)
    return facts


def _of_unit(statistics: WidthStatistics, max_u: float | None) -> dict[str, Any]:
    told: dict[str, Any] = {"max_u": max_u}
    terms = statistics.terms
    if terms is not None:
        told["p50_u"] = _number(_at_width(terms, statistics.p50 / statistics.p95).combined)
        told["terms"] = {term.name: _number(getattr(terms, term.name)) for term in fields(terms)}
    if statistics.interval is not None:
        told["interval"] = _numbers(statistics.interval)
    return told


def _at_width(terms: UncertaintyTerms, share: float) -> UncertaintyTerms:
    """The budget of a width that is ``share`` of the one that the terms are of."""
    return UncertaintyTerms(
        **{
            term.name: getattr(terms, term.name) * (share if term.name in PROPORTIONAL else 1.0)
            for term in fields(terms)
        }
    )


def _u_at_widest(
    statistics: WidthStatistics, kept: Mapping[str, Any] | None, unit: str
) -> float | None:
    """The widest place is one run: its own standard uncertainty, no less than that of the p95."""
    if kept is None or statistics.max_at_px is None or f"u_{unit}" not in kept:
        return None
    places = np.array(kept["position_px"], np.float64)
    nearest = int(np.argmin(np.abs(places - statistics.max_at_px)))
    u = kept[f"u_{unit}"][nearest]
    return None if u is None else _number(max(u, statistics.u))


def _stretches(
    left_out: Sequence[str], kept: Mapping[str, Any], whole: Mapping[str, float | None]
) -> list[dict[str, Any]]:
    """Each run of places that were left out for the same reason, from where to where it reaches.

    Args:
        whole: length of the line by unit.
    """
    runs: list[tuple[int, int, str]] = []
    for place, code in enumerate(left_out):
        if code and runs and runs[-1][1] == place - 1 and runs[-1][2] == code:
            runs[-1] = (runs[-1][0], place, code)
        elif code:
            runs.append((place, place, code))
    found = []
    for first, last, code in runs:
        told: dict[str, Any] = {"code": code}
        for unit in ("px", "mm"):
            at, length = kept.get(f"position_{unit}"), whole[unit]
            if at is None or length is None:
                continue
            # Half-way to the neighbours: a place stands for what is around it.
            low = 0.5 * (at[first] + at[first - 1]) if first > 0 else 0.0
            high = 0.5 * (at[last] + at[last + 1]) if last + 1 < len(at) else length
            told[f"from_{unit}"], told[f"to_{unit}"] = _number(low), _number(high)
        found.append(told)
    return found


def _numbers(values: Iterable[Any]) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: Any) -> float | None:
    """A finite number for JSON; None for what was left out."""
    number = float(value)
    return round(number, DECIMALS) if math.isfinite(number) else None
