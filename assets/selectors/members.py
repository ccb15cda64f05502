"""Who belongs to the organisations that a person belongs to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from assets.models import Membership, Organisation


def list_organisations(user: Any) -> QuerySet[Organisation]:
    """The person's organisations by name."""
    return Organisation.objects.visible_to(user).order_by("name")


def list_members(user: Any, *, organisation: Organisation | None = None) -> QuerySet[Membership]:
    """Members with their accounts, by organisation and address."""
    members = Membership.objects.visible_to(user).select_related("user", "organisation")
    if organisation is not None:
        members = members.filter(organisation=organisation)
    return members.order_by("organisation__name", "user__email")
