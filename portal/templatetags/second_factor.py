"""Where a person goes after setting up a second factor: ``{% load second_factor %}``."""

from __future__ import annotations

from typing import Any

from django import template

from portal.sign_in.set_up import wanted_address

register = template.Library()


@register.simple_tag(takes_context=True)
def wanted(context: dict[str, Any]) -> str:
    """``{% wanted as address %}``: the path that the page was asked to lead to; may be empty."""
    return wanted_address(context["request"])


@register.filter
def fours(secret: str) -> str:
    """``secret|fours``: groups of four characters, as they are typed from a screen."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
