"""The page for people whom the provider did not sign in."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assets.errors import DomainError

log = structlog.get_logger(__name__)

# What is wrong -> how it is answered. Whatever is not here concerns the person: 403.
STATUSES = {
    "too_many": 429,
    "conflict": 409,
    "openid_stale": 400,
    "openid_away": 503,
    "openid_unreadable": 502,
    "openid_token": 502,
    "openid_clock": 502,
    "openid_rejected": 502,
    "outgoing_refused": 503,
    "outgoing_list_unreadable": 503,
    "secret_key_missing": 503,
    "secret_key_unreadable": 503,
    "secret_damaged": 503,
}


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The sentence, its remedy, and the way back."""
    log.info("openid_refused", code=error.code)
    status = STATUSES.get(error.code, 403)
    return render(request, "account/organisation_refused.html", {"error": error}, status=status)
