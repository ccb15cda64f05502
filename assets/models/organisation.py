"""Organisations, and memberships with their roles."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from assets.models.scope import ScopedQuerySet, scoped
from assets.severity import DEFAULT_RULE_SET


class Organisation(models.Model):
    """The owner of structures. Everything belongs to exactly one."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    rule_set = models.CharField(max_length=40, default=DEFAULT_RULE_SET)
    stale_after_days = models.PositiveIntegerField(
        _("days after which an asset counts as not inspected lately"), default=730
    )
    second_factor_required = models.BooleanField(
        _("every member signs in with a second factor"), default=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = scoped("pk")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """The role of a member; ``portal.access`` has the actions of each role."""

    OWNER = "owner", _("Owner")
    INSPECTOR = "inspector", _("Inspector")
    ENGINEER = "engineer", _("Engineer")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


class MembershipQuerySet(ScopedQuerySet):
    """Memberships; those that were switched off stay, and let nobody in."""

    organisation_path = "organisation"

    def active(self) -> MembershipQuerySet:
        """Those that let their person in: not switched off, and neither is the account."""
        return self.filter(deactivated_at__isnull=True, user__is_active=True)

    def active_of(self, user: Any) -> MembershipQuerySet:
        """The memberships by which ``user``, an active account, sees and acts."""
        return self.filter(user_id=user.pk, deactivated_at__isnull=True)


class Membership(models.Model):
    """One person's role in one organisation. It begins when the person accepts an invitation."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)
    deactivated_at = models.DateTimeField(_("switched off at"), null=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["user__email"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"], name="one_role_a_person_and_organisation"
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Invitation(models.Model):
    """An address asked to join an organisation. It gives nothing until its person accepts.

    The link carries a secret of which only the hash is kept. At most one invitation of an
    organisation to an address is open at a time.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True)

    objects = scoped("organisation")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation_an_address",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invited_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"
