"""A line's widths in templates: ``{% load widths %}``, ``line|stated``, ``{% spread … %}``."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from assets import coverage
from assets.kept.width_facts import WidthFacts, width_facts
from assets.models import Measurement
from portal.templatetags.hairline import width
from portal.width_budget import Stated, StatedWidths, best_widths
from portal.wording import number

register = template.Library()


@register.filter
def stated(line: Measurement) -> StatedWidths | None:
    """The widths of a line in the best unit; None where none was measured."""
    return best_widths(line)


@register.filter
def widthfacts(line: Measurement) -> WidthFacts:
    """The further stored facts about a line's widths."""
    return width_facts(line.width_facts)


@register.filter
def expanded(part: Stated) -> float | None:
    """U = 2u of a width."""
    return coverage.expanded(part.u)


@register.simple_tag
def length_spread(facts: WidthFacts) -> str:
    """U of a length, as far as the scale makes it; whole millimetres from 1 on, empty for none."""
    spread = coverage.expanded(facts.length_u_mm)
    if spread is None:
        return ""
    return number(spread, 0 if spread >= 1 else 1)


@register.simple_tag
def spread(part: Stated, unit: str, size: str = "") -> SafeString:
    """One of the widths with its expanded uncertainty: ``{% spread widths.p95 widths.unit %}``."""
    return width(**{unit: part.value, "u" if unit == "mm" else "px_u": part.u}, size=size)
