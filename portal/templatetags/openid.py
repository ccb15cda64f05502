"""Template tags about signing in through the OpenID provider."""

from __future__ import annotations

from django import template

from portal.sign_in.openid.provider import is_configured, provider_name

register = template.Library()


@register.simple_tag
def organisation_sign_in() -> str:
    """The provider's name where there is one; else empty."""
    return provider_name() if is_configured() else ""
