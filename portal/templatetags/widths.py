"""A line's widths in templates: ``{% load widths %}``, ``line|stated``, ``{% spread … %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from assets import coverage
from assets.models import Measurement
from portal.templatetags.hairline import width
from portal.width_budget import Stated, StatedWidths, best_widths, left_out
from portal.wording import number

register = template.Library()


@register.filter
def stated(line: Measurement) -> StatedWidths | None:
    """The widths of a line in the best unit; None where none was measured."""
    return best_widths(line)


@register.filter
def leftout(line: Measurement) -> list[dict[str, Any]]:
    """Stretches of a line without a width, in the unit of its widths."""
    return left_out(line, "mm") or left_out(line, "px")


@register.filter
def expanded(part: Stated) -> float | None:
    """U = 2u of a width."""
    return coverage.expanded(part.u)


@register.simple_tag
def length_spread(line: Measurement) -> str:
    """U of a length, as far as the scale makes it; whole millimetres from 1 on."""
    spread = coverage.expanded(float(line.width_facts["length_u_mm"]))
    return number(spread, 0 if spread >= 1 else 1)


@register.simple_tag
def spread(part: Stated, unit: str, size: str = "") -> SafeString:
    """One of the widths with its expanded uncertainty: ``{% spread widths.p95 widths.unit %}``."""
    return width(**{unit: part.value, "u" if unit == "mm" else "px_u": part.u}, size=size)
