"""What pages repeat, each once: ``{% load parts %}``. The markup stands in ``templates/parts/``.

Parts that hold text of the page are blocks: ``{% banner "error" %}…{% endbanner %}``.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

register = template.Library()

# What a banner is about, and the icon that says so where the page names none.
BANNER_ICONS = {"warning": "warn", "error": "warn", "info": "info"}


def _address(view: str, args: tuple[Any, ...], to: str) -> str:
    return reverse(view, args=args) if view else to


@register.inclusion_tag("parts/crumb.html")
def crumb(label: object, view: str = "", *args: object, to: str = "") -> dict[str, Any]:
    """One step of the way here: ``{% crumb asset.name "asset" asset.pk %}``.

    The view is named as in ``{% url %}``; ``to`` is an address. Without either it is this page.
    """
    return {"label": label, "address": _address(view, args, to)}


@register.inclusion_tag("parts/back.html")
def back(label: object, view: str = "", *args: object, to: str = "") -> dict[str, Any]:
    """The way back on a phone, in block ``back``; it is called as ``crumb`` is."""
    return {"label": label, "address": _address(view, args, to)}


@register.inclusion_tag("parts/page_title.html")
def pagetitle(title: object, says: object = "") -> dict[str, Any]:
    """The title of a page and a sentence about it, first in ``<header class="head">``.

    What the page offers to do comes after it, in ``<div class="actions">``.
    """
    return {"title": title, "says": says}


@register.inclusion_tag("parts/card_title.html")
def cardtitle(title: object) -> dict[str, Any]:
    """The head of a card that has nothing but a title: ``{% cardtitle _("Camera") %}``."""
    return {"title": title}


@register.simple_block_tag
def banner(content: SafeString, kind: str = "warning", icon: str = "", role: str = "status") -> str:
    """What is wrong or new, across the page: ``{% banner "error" role="alert" %}…{% endbanner %}``.

    Args:
        kind: ``"warning"``, ``"error"`` or ``"info"``.
        icon: of the sprite; each kind has its own.
        role: ``"alert"`` interrupts a screen reader.
    """
    values = {"content": content, "kind": kind, "icon": icon or BANNER_ICONS[kind], "role": role}
    return render_to_string("parts/banner.html", values)


@register.simple_block_tag
def nothing(content: SafeString, drawing: str = "") -> str:
    """What will appear here and how to make it appear: ``{% nothing "crack" %}…``.

    Args:
        drawing: a file of ``templates/parts/drawings/``; none where space is short.
    """
    drawing = f"parts/drawings/{drawing}.html" if drawing else ""
    return render_to_string("parts/empty_state.html", {"content": content, "drawing": drawing})


@register.simple_block_tag
def labelled(content: SafeString, control_id: str, label: object, hint: object = "") -> str:
    """A control written by hand with its label and hint; forms of Django have ``{% field %}``.

    ``{% labelled "paper" _("Paper") hint=_("In the printer.") %}<select id="paper">…``; a control
    with a hint says ``aria-describedby="paper-hint"``.
    """
    values = {"content": content, "id": control_id, "label": label, "hint": hint}
    return render_to_string("parts/labelled.html", values)


@register.inclusion_tag("parts/pagination.html")
def pagination(page: Page[Any], before: str, after: str, query: str = "") -> dict[str, Any]:
    """The pages of a list; nothing where there is only one.

    Args:
        page: the one shown.
        before: what the page before is called, such as "Newer".
        after: what the next one is called.
        query: what else the addresses keep, such as ``show=open``.
    """
    return {"page": page, "before": before, "after": after, "query": query}
