"""The small parts of the design language as tags: symbol, width, state bar, time, icon.

``{% load hairline %}``, then ``{% sev 3 %}``, ``{% width mm=… u=… px=… %}``, ``{% statebar … %}``,
``{% statecap … %}``, ``{% ago moment %}``, ``{% icon "map" %}``, ``{% spark points %}``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import cache, lru_cache
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, Select
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from assets.coverage import expanded
from assets.severity import (
    DEFAULT_RULE_SET,
    GRADES,
    NONE_OPEN,
    RULE_SETS,
    state_probabilities,
)
from portal.script_words import words_block
from portal.wording import level_name, number, significant, width_decimals

register = template.Library()

SYMBOLS: dict[int | str | None, str] = {
    **{level: f"s-{level}" for level in GRADES},
    NONE_OPEN: "s-none",
    "none": "s-none",
    "rev": "s-rev",
}


@cache
def _use(symbol: str) -> SafeString:
    return format_html('<use href="{}#{}"></use>', static("icons.svg"), symbol)


@register.simple_tag
@cache
def icon(name: str, css: str = "") -> SafeString:
    """A line icon, ``{% icon "search" "icon-small" %}``. Decoration: never announced."""
    return format_html('<svg class="icon {}" aria-hidden="true">{}</svg>', css, _use(f"i-{name}"))


@register.simple_tag
def sev(level: int | str | None, quiet: bool = False, css: str = "") -> SafeString:
    """The symbol of a severity level: 0 to 4; None or -1 = ungraded; -2 or ``"none"`` = no crack
    is open; ``"rev"`` = a person must look.

    ``quiet``: the level stands beside it in words, so a screen reader need not hear it twice.
    """
    return _symbol(level if level in SYMBOLS else None, "" if quiet else level_name(level), css)


@lru_cache(maxsize=512)
def _symbol(level: int | str | None, name: str, css: str) -> SafeString:
    drawing = _use(SYMBOLS.get(level, "s-nm"))
    if not name:
        return format_html('<svg class="symbol {}" aria-hidden="true">{}</svg>', css, drawing)
    return format_html(
        '<svg class="symbol {}" role="img" aria-label="{}">{}</svg>', css, name, drawing
    )


@register.filter
def levelname(level: int | str | None) -> str:
    """The level in words, such as "3 Poor"; "Ungraded" where there is none."""
    return level_name(level)


@register.filter
def levelclass(level: int | None) -> str:
    """The class that colours text by level: level-0 to level-4, nm or none."""
    if level == NONE_OPEN:
        return "none"
    return "nm" if level is None or level not in GRADES else f"level-{level}"


@register.simple_tag
def width(
    mm: float | None = None,
    u: float | None = None,
    px: float | None = None,
    px_u: float | None = None,
    size: str = "",
) -> SafeString:
    """A width and its expanded uncertainty, never one without the other.

    Args:
        mm: width, millimetres; None where there is no scale.
        u: its standard uncertainty, millimetres; shown as U = 2u.
        px: width in pixels, shown where ``mm`` is None.
        px_u: standard uncertainty of ``px``.
        size: ``""``, ``"l"`` or ``"xl"``.
    """
    value, uncertainty, unit = (mm, u, "mm") if mm is not None else (px, px_u, "px")
    if value is None:
        return format_html('<span class="sm muted">{}</span>', _("not measurable"))
    spread = expanded(uncertainty) if uncertainty else None
    decimals = width_decimals(value, spread, unit)
    if spread is None:
        return format_html(
            '<span class="wm {}"><b>{}</b> <span class="unit">{}</span></span>',
            size,
            number(value, decimals),
            unit,
        )
    return format_html(
        '<span class="wm {}"><b>{}</b> ± {} <span class="unit">{}</span></span>',
        size,
        number(value, decimals),
        number(spread, decimals),
        unit,
    )


def _shares(mm: float, u: float | None, rule_set: str) -> list[tuple[str, int, float]]:
    rules = RULE_SETS.get(rule_set, RULE_SETS[DEFAULT_RULE_SET])
    chances = state_probabilities(mm, u or 0.0, rules.key)
    return [(code, rules.state(code).level, share) for code, share in chances.items()]


@register.simple_tag
def statebar(
    mm: float | None, u: float | None, rule_set: str = DEFAULT_RULE_SET, size: str = ""
) -> SafeString:
    """The probability of each state as a bar. In words: ``statecap``."""
    if mm is None:
        return mark_safe("")
    left = 0.0
    parts: list[tuple[Any, ...]] = []
    for _code, level, share in _shares(mm, u, rule_set):
        if share >= 0.005:
            parts.append((f"{100 * left:.1f}%", f"{100 * share + 0.2:.1f}%", level))
        left += share
    bars = format_html_join(
        "", '<rect x="{}" width="{}" height="100%" class="fill-{}"></rect>', parts
    )
    return format_html('<svg class="pbar {}" aria-hidden="true">{}</svg>', size, bars)


@register.simple_tag
def statecap(mm: float | None, u: float | None, rule_set: str = DEFAULT_RULE_SET) -> SafeString:
    """The states above 1 % as symbol and percent, the likeliest first."""
    if mm is None:
        return mark_safe("")
    shares = sorted(_shares(mm, u, rule_set), key=lambda row: -row[2])
    parts = []
    for code, level, share in shares:
        if share < 0.01:
            continue
        percent = "> 99" if share > 0.99 else number(100 * share, 0)
        parts.append((sev(level, quiet=True), f"{code} {percent} %"))
    return format_html(
        '<span class="pcap">{}</span>', format_html_join("", "<span>{}{}</span>", parts)
    )


@register.simple_tag
def ago(moment: datetime | None, css: str = "") -> SafeString:
    """When it was: "6 min ago" below an hour, then the date; the exact time as title."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', _("never"))
    now = timezone.now()
    minutes = int((now - moment).total_seconds() // 60)
    if 0 <= minutes < 1:
        words = _("just now")
    elif 0 <= minutes < 60:
        words = ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    else:
        words = ""
    zone = timezone.get_current_timezone()
    return _time(moment, words, now.astimezone(zone).year, zone, get_language(), css)


@lru_cache(maxsize=4096)
def _time(
    moment: datetime, words: str, year: int, zone: tzinfo, language: str | None, css: str
) -> SafeString:
    """``moment`` in ``words``, or as a date without the year where it is ``year``.

    Remembered, because lists tell of the same moments again and again, and dates are slow to write.
    """
    local = moment.astimezone(zone)
    words = words or (_short_moment(local) if local.year == year else _day(local))
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        css,
        moment.isoformat(),
        formats.date_format(local, f"{formats.get_format('DATETIME_FORMAT')} T"),
        words,
    )


def _day(moment: datetime) -> str:
    return formats.date_format(moment, "SHORT_DATE_FORMAT")


def _short_moment(moment: datetime) -> str:
    """Day and time of this year."""
    # Translators: a day of this year and a time: 1 Dec, 14:05.
    return _("%(day)s, %(time)s") % {
        "day": formats.date_format(moment, "MONTH_DAY_FORMAT"),
        "time": formats.time_format(moment, "TIME_FORMAT"),
    }


@register.filter
def moment(value: datetime | None) -> str:
    """A moment with its time zone: "1 Dec 2026, 14:05 CET"; empty for None."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return formats.date_format(local, f"{formats.get_format('SHORT_DATETIME_FORMAT')} T")


@register.simple_tag
def spark(points: Sequence[tuple[float, float, float]], rising: bool = False) -> SafeString:
    """A width over time, 92 × 26: line, uncertainty as a veil, last point.

    Args:
        points: (time in any unit, width, expanded uncertainty), oldest first. One point: no line.
        rising: the growth is significant.
    """
    rows = [row for row in points if row[1] is not None and math.isfinite(row[1])]
    if not rows:
        return mark_safe("")
    first, last = rows[0][0], rows[-1][0]
    low = min(width - uncertainty for _t, width, uncertainty in rows)
    high = max(width + uncertainty for _t, width, uncertainty in rows)
    height = (high - low) or 1.0

    def at(time: float, width: float) -> tuple[float, float]:
        x = 2 + 88 * (time - first) / (last - first) if last > first else 2
        return x, 23 - 20 * (width - low) / height

    def path(values: list[tuple[float, float]]) -> str:
        return " ".join("{:.1f},{:.1f}".format(*at(*value)) for value in values)

    veil = [(t, w - u) for t, w, u in rows] + [(t, w + u) for t, w, u in reversed(rows)]
    end_x, end_y = at(rows[-1][0], rows[-1][1])
    return format_html(
        '<svg class="spark {}" viewBox="0 0 92 26" aria-hidden="true">'
        '<polygon class="veil" points="{}"></polygon><polyline class="line" points="{}"></polyline>'
        '<circle class="last" cx="{}" cy="{}" r="2.6"></circle></svg>',
        "rising" if rising else "",
        path(veil),
        path([(t, w) for t, w, _u in rows]),
        f"{end_x:.1f}",
        f"{end_y:.1f}",
    )


@register.simple_tag
def control(bound: BoundField, unit: str = "") -> SafeString:
    """The control of a form field with our looks: class, error state, what describes it, unit."""
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        return bound.as_widget()
    described = [f"{bound.auto_id}-hint"] if bound.help_text else []
    attributes: dict[str, Any] = {"class": f"input {widget.attrs.get('class', '')}".strip()}
    if bound.errors:
        attributes["aria-invalid"] = "true"
        described.append(f"{bound.auto_id}-error")
    if widget.attrs.get("placeholder"):
        attributes["placeholder"] = ""  # allauth's repeat the label
    if described:
        attributes["aria-describedby"] = " ".join(described)
    drawn = bound.as_widget(attrs=attributes)
    if isinstance(widget, Select):
        return format_html('<span class="selectwrap">{}{}</span>', drawn, icon("chev"))
    if unit:
        return format_html(
            '<span class="unitwrap">{}<span class="unit">{}</span></span>', drawn, unit
        )
    return drawn


@register.inclusion_tag("form/field.html")
def field(
    bound: BoundField, label: str = "", unit: str = "", hint: str | None = None
) -> dict[str, Any]:
    """Label above, control, hint and error below: ``{% field form.name unit="mm/px" %}``."""
    return {
        "field": bound,
        "label": label or bound.label,
        "unit": unit,
        "hint": bound.help_text if hint is None else hint,
        "checkbox": isinstance(bound.field.widget, CheckboxInput),
    }


@register.inclusion_tag("form/errors.html")
def fielderrors(bound: BoundField) -> dict[str, Any]:
    """The errors of one field, each with a sign, below it."""
    return {"errors": bound.errors, "id": bound.auto_id}


@register.inclusion_tag("form/summary.html")
def errorsummary(form: BaseForm) -> dict[str, Any]:
    """All errors of a form on top of it, each a link to its field; it takes the focus."""
    rows = [{"error": error} for error in form.non_field_errors()]
    for bound in form:
        rows += [
            {"id": bound.id_for_label, "label": bound.label, "error": error}
            for error in bound.errors
        ]
    return {"rows": rows}


@register.filter
def safe_json(text: str) -> SafeString:
    """JSON that is text already, for a ``<script type="application/json">``."""
    escapes = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}
    return mark_safe(text.translate(escapes))  # noqa: S308  no sign of markup is left in it


@register.simple_tag
def words(script: str) -> SafeString:
    """The texts of a script, beside its ``<script src>``: ``{% words "upload" %}``."""
    return words_block(script)


@register.filter
def digits(value: float | None, count: int) -> str:
    """``value|digits:3``: the value with three significant digits; empty for None."""
    return "" if value is None else significant(value, count)


@register.filter
def getitem(mapping: dict[Any, Any], key: Any) -> Any:
    """``mapping|getitem:key``; None where it is not there."""
    return mapping.get(key)
