"""Parts of a page that are the same for everybody: ``{% unchanging "shell/keys.html" %}``.

Drawn once a process for each language and each set of the values named, then remembered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST_PIECES = 256


@register.simple_tag
def unchanging(name: str, **values: Any) -> SafeString:
    """The template ``name`` with nothing but ``values``: ``{% unchanging "…" place=place %}``.

    It sees neither the request nor the person, so it cannot show one what belongs to another. The
    values must be few and hashable: places, switches, not rows.
    """
    return _drawn(name, get_language(), tuple(sorted(values.items())))


@lru_cache(maxsize=MOST_PIECES)
def _drawn(name: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return render_to_string(name, dict(values))
