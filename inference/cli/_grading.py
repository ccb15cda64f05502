"""Grades measured cracks for the command line, which has no register."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from assets.severity import DEFAULT_RULE_SET, Graded, grade_area, graded, pixels_too_coarse
from inference.types import Analysis, CrackMeasurement, NotMeasurable


@dataclass(frozen=True, slots=True)
class GradedAnalysis:
    """An analysis in terms of a rule set.

    Attributes:
        analysis: its cracks without a width say where the pixels are too coarse for the rule set.
        grades: of each of its cracks.
        region_states: condition state of each of its regions; None = ungraded.
    """

    analysis: Analysis
    grades: tuple[Graded, ...]
    region_states: tuple[str | None, ...] = ()

    @property
    def levels(self) -> list[int | None]:
        """Severity level of each crack, 0 to 4; None = ungraded."""
        return [grade.level for grade in self.grades]


def grade_analysis(analysis: Analysis, rule_set: str = DEFAULT_RULE_SET) -> GradedAnalysis:
    """Grades every crack and every region.

    Args:
        rule_set: a key of :data:`assets.severity.RULE_SETS`; KeyError where unknown.
    """
    cracks = tuple(_in_terms_of(crack, rule_set) for crack in analysis.cracks)
    grades = tuple(
        Graded()
        if crack.width_mm is None
        else graded(crack.width_mm.p95, crack.width_mm.u, rule_set)
        for crack in cracks
    )
    states = tuple(
        grade_area(region.kind, region.surface.extent_mm if region.surface else None, rule_set)
        for region in analysis.regions
    )
    return GradedAnalysis(replace(analysis, cracks=cracks), grades, states)


def _in_terms_of(crack: CrackMeasurement, rule_set: str) -> CrackMeasurement:
    if crack.not_measurable is None or crack.surface is None:
        return crack
    coarse = pixels_too_coarse(crack.not_measurable.code, crack.surface.mm_per_px, rule_set)
    if coarse is None:
        return crack
    return replace(crack, not_measurable=NotMeasurable("pixels_too_coarse", asdict(coarse)))
