"""Reads the members of the organisations to which a person belongs."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from assets.models import Invitation, Membership, Organisation
from assets.services.member_rules import KEEPERS


def list_organisations(user: Any) -> QuerySet[Organisation]:
    """The person's organisations by name."""
    return Organisation.objects.visible_to(user).order_by("name")


def list_members(user: Any, *, organisation: Organisation | None = None) -> QuerySet[Membership]:
    """Members with their accounts, by organisation and address."""
    members = Membership.objects.visible_to(user).select_related("user", "organisation")
    if organisation is not None:
        members = members.filter(organisation=organisation)
    return members.order_by("organisation__name", "user__email")


def list_open_invitations(user: Any, organisations: QuerySet[Organisation]) -> QuerySet[Invitation]:
    """Invitations that are neither accepted nor withdrawn, expired ones too.

    Each row has ``holds``: whether its inviter may still change the members.
    """
    keepers = Membership.objects.active().filter(
        organisation=OuterRef("organisation"), user=OuterRef("invited_by"), role__in=KEEPERS
    )
    return (
        Invitation.objects.visible_to(user)
        .filter(organisation__in=organisations, accepted_at=None, revoked_at=None)
        .select_related("organisation", "invited_by")
        .annotate(holds=Exists(keepers))
        .order_by("organisation__name", "email")
    )
