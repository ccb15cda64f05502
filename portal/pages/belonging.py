"""Tells people who belong to no organisation so, in place of empty lists."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assets.models import Membership
from portal.pages.doors import View, signed_in
from portal.pages.shell import Shell


def member_somewhere(view: View) -> View:
    """Decorator of views for members of an organisation; others get a page that says what to do.

    It makes no query that the frame of a page does not make anyway.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if Shell.of(request).memberships else _told(request)

    return signed_in(door)


def _told(request: HttpRequest) -> HttpResponse:
    """The page of somebody who left, was removed, or is switched off wherever they belonged."""
    off = Membership.objects.filter(user=request.user, deactivated_at__isnull=False)
    names = off.order_by("organisation__name").values_list("organisation__name", flat=True)
    return render(request, "account/no_organisation.html", {"switched_off_in": list(names)})
