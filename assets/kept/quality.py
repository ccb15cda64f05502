"""Reads the stored quality of a photo: whether it was fit to search and to measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.kept.values import numbers_by_name, object_of, truth


@dataclass(frozen=True, slots=True)
class KeptQuality:
    """The two answers; None: not kept.

    Attributes:
        reasons: findings as the row holds them; :func:`assets.findings.say` reads any.
        metrics: by name with its unit; None for what is no number.
    """

    fit_to_detect: bool | None
    fit_to_measure: bool | None
    reasons: Any
    metrics: Mapping[str, float | None]


def quality(kept: Any) -> KeptQuality:
    """The column ``quality`` of an analysis."""
    facts = object_of(kept)
    return KeptQuality(
        fit_to_detect=truth(facts.get("fit_to_detect")),
        fit_to_measure=truth(facts.get("fit_to_measure")),
        reasons=facts.get("reasons"),
        metrics=numbers_by_name(facts.get("metrics")),
    )
