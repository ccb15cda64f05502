"""The size of an areal defect in templates: ``{% load areas %}``, ``{% size … %}``.

``{% defect_size defect %}`` is the size that any defect is graded by: a crack's width, else this.
"""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from assets.models import Defect
from portal.templatetags.hairline import width
from portal.wording import area_words, extent_words

register = template.Library()


@register.simple_tag(name="size")
def extent_and_area(
    extent_mm: float | None = None,
    area_mm2: float | None = None,
    area_mm2_u: float | None = None,
    size: str = "",
) -> SafeString:
    """The largest extent of a defect, which it is graded by, and its area with its U.

    Args:
        extent_mm, area_mm2: None where there is no scale.
        area_mm2_u: standard uncertainty of the area; shown as U = 2u.
        size: ``""``, ``"l"`` or ``"xl"``, as of a width.
    """
    if extent_mm is None or area_mm2 is None:
        return format_html('<span class="sm muted">{}</span>', _("no scale"))
    return format_html(
        '<span class="wm {}"><b>{}</b> <span class="unit">{}</span></span> '
        '<span class="sm nowrap">{}</span>',
        size,
        extent_words(extent_mm),
        "mm",
        area_words(area_mm2, area_mm2_u),
    )


@register.simple_tag
def defect_size(defect: Defect, size: str = "") -> SafeString:
    """The size by which a defect is graded, with its U: width of a crack, else extent and area.

    Args:
        defect: with ``latest_measurement`` loaded, or one query is made for it.
        size: ``""``, ``"l"`` or ``"xl"``, as of a width.
    """
    if not defect.is_crack:
        extent = extent_and_area(defect.extent_mm, defect.area_mm2, defect.area_mm2_u, size)
        return format_html("<span>{}</span>", extent)
    latest = defect.latest_measurement
    return width(
        mm=defect.width_mm,
        u=defect.width_mm_u,
        px=defect.width_px,
        px_u=latest.width_px_u if latest else None,
        size=size,
    )
